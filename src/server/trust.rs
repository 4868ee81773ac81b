//! Whether the server lets the proxy in without a password. PostgreSQL sees the proxy in the place of its clients: with `trust` for
//! the proxy's address, or `peer` for its user, every client of the proxy could log in as anybody.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::upstream;
use crate::catalog::database::{database_name, user_name};
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::wire::startup;
use crate::wire::tls::Connector;

/// AuthenticationOk (manual, section 55.7): tag, length, 0.
const LET_IN: [u8; 9] = [b'R', 0, 0, 0, 8, 0, 0, 0, 0];

/// An error if the server lets the control role in without proof, on the way that clients take. Without `control.url` nothing is
/// checked, because no user's name is known.
pub async fn require_proof(settings: &Settings) -> Result<()> {
    let (Some(user), Some(database)) = (user_name(&settings.control.url), database_name(&settings.control.url)) else {
        return Ok(());
    };
    if settings.upstream.accept_trust || !is_let_in(settings, &user, &database).await? {
        return Ok(());
    }
    Err(Error::Refused {
        message: format!("the server lets {user} in from here without a password, and so every client of the proxy as whoever it says it is"),
        detail: Some(format!("upstream.address is {}; its pg_hba.conf sees the proxy's address, and no client's", settings.upstream.address)),
        hint: Some(
            "ask for scram-sha-256 in the line of pg_hba.conf that the proxy meets (deploy/README.md); upstream.accept_trust = true serves all the same".into(),
        ),
    })
}

async fn is_let_in(settings: &Settings, user: &str, database: &str) -> Result<bool> {
    let io = |e| Error::io(format!("asking {} whether it wants a password", settings.upstream.address), e);
    let asked = async {
        let mut server = upstream::connect(&settings.upstream, &Connector::new(&settings.upstream, None)?).await?;
        server.write_all(&startup::packet(&[("user", user), ("database", database)])).await.map_err(io)?;
        let mut answer = [0; LET_IN.len()];
        server.read_exact(&mut answer).await.map_err(io)?;
        Ok(answer == LET_IN)
    };
    let slow = |_| io(std::io::ErrorKind::TimedOut.into());
    tokio::time::timeout(settings.upstream.connect_timeout * 2, asked).await.map_err(slow)?
}
