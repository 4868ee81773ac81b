//! The connection to the server behind the proxy: a socket, and TLS on it if the settings ask for it.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::steering::Steering;
use crate::config::Upstream;
use crate::error::{Error, Result};
use crate::wire::startup;
use crate::wire::stream::Stream;
use crate::wire::tls::Connector;

/// Connects. An error names the address.
pub(super) async fn connect(upstream: &Upstream, tls: &Connector) -> Result<Stream> {
    let stream = Stream::connect(&upstream.address, upstream.connect_timeout, upstream.connect_retry).await?;
    let secured = tokio::time::timeout(upstream.connect_timeout, stream.secure(&upstream.address, tls)).await;
    let slow = || Err(Error::io(format!("beginning TLS with {}", upstream.address), std::io::ErrorKind::TimedOut.into()));
    secured.unwrap_or_else(|_| slow())
}

/// Sends a cancel request for a server process, and waits until the server has handled it (manual, section 55.2.8).
pub(super) async fn cancel(steering: &Steering, key: &[u8]) -> Result<()> {
    const PATIENCE: Duration = Duration::from_secs(2);
    let settings = steering.shared.settings.load_full();
    let asked = async {
        let io = |e| Error::io("asking the server to cancel a statement", e);
        let mut server = connect(&settings.upstream, &steering.connector.load_full()).await?;
        server.write_all(&startup::cancel(key)).await.map_err(io)?;
        let mut nothing = [0; 8];
        while server.read(&mut nothing).await.unwrap_or(0) > 0 {}
        Ok(())
    };
    let slow = || Err(Error::io("asking the server to cancel a statement", std::io::ErrorKind::TimedOut.into()));
    tokio::time::timeout(PATIENCE, asked).await.unwrap_or_else(|_| slow())
}
