//! From the first byte of a client to a server connection that has got the client's start-up packet, as it was.
//!
//! Authentication is not ours: the server asks, the client answers, the relay passes both. No password is stored or seen.

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::Connect;
use crate::error::{ClientVisible, Error, Result, sqlstate};
use crate::telemetry;
use crate::wire::error_response::ErrorFields;
use crate::wire::startup::{self, First, Startup};

/// A client that is on its way to its server.
#[derive(Debug)]
pub struct Login<S> {
    /// What it asked for.
    pub startup: Startup,
    /// Its server connection, which has got the start-up packet.
    pub server: S,
    /// Bytes that the client had sent behind its start-up packet.
    pub leftover: Vec<u8>,
}

/// The server could not be reached.
struct Unreachable {
    detail: String,
}

impl ClientVisible for Unreachable {
    fn sqlstate(&self) -> &'static str {
        sqlstate::CONNECTION_FAILURE
    }
    fn message(&self) -> String {
        "esclusa could not connect to the PostgreSQL server behind it".into()
    }
    fn detail(&self) -> Option<String> {
        Some(self.detail.clone())
    }
    fn hint(&self) -> Option<String> {
        Some("Is the server running? See upstream.address in esclusa.toml.".into())
    }
}

/// What came before the start-up packet was none.
struct Violation(&'static str);

impl ClientVisible for Violation {
    fn sqlstate(&self) -> &'static str {
        sqlstate::PROTOCOL_VIOLATION
    }
    fn message(&self) -> String {
        self.0.into()
    }
}

/// No place is left.
struct TooMany;

impl ClientVisible for TooMany {
    fn sqlstate(&self) -> &'static str {
        sqlstate::TOO_MANY_CONNECTIONS
    }
    fn message(&self) -> String {
        "sorry, too many clients already".into()
    }
    fn hint(&self) -> Option<String> {
        Some("See listen.max_clients in esclusa.toml.".into())
    }
}

/// Answers a client for whom there is no place, once it has said who it is; a client that says nothing is closed.
pub async fn refuse_too_many<C: AsyncRead + AsyncWrite + Unpin>(client: std::io::Result<C>) {
    let Ok(mut client) = client else { return };
    let answered = async {
        let mut bytes = Vec::new();
        while let Ok(Some(packet)) = packet(&mut client, &mut bytes).await {
            match startup::parse(&packet) {
                Some(First::Tls | First::Gss) => client.write_all(b"N").await.unwrap_or_default(),
                _ => return tell(&mut client, &TooMany).await,
            }
        }
    };
    let _ = tokio::time::timeout(std::time::Duration::from_secs(2), answered).await;
}

/// `None` when the client needs no session: it cancelled a statement, or went away.
pub async fn login<C, U>(client: &mut C, upstream: &U) -> Result<Option<Login<U::Stream>>>
where
    C: AsyncRead + AsyncWrite + Unpin,
    U: Connect,
{
    let mut bytes = Vec::with_capacity(512);
    loop {
        let Some(packet) = packet(client, &mut bytes).await? else { return Ok(None) };
        match startup::parse(&packet) {
            Some(First::Tls | First::Gss) => {
                if !bytes.is_empty() {
                    // Unencrypted bytes behind the request could be an attacker's (CVE-2021-23222).
                    let violation = Violation("received unencrypted data after an encryption request");
                    tell(client, &violation).await;
                    return Ok(None);
                }
                client.write_all(b"N").await.map_err(|e| Error::io("answering an encryption request", e))?;
            }
            Some(First::Cancel) => {
                cancel(upstream, &packet).await;
                return Ok(None);
            }
            Some(First::Startup(startup)) => {
                let server = connect(client, upstream, &packet).await?;
                return Ok(Some(Login { startup, server, leftover: bytes }));
            }
            None => {
                tell(client, &Violation("invalid startup packet layout")).await;
                return Ok(None);
            }
        }
    }
}

/// Takes the next packet out of `bytes`, reading as much as it needs.
async fn packet<C: AsyncRead + AsyncWrite + Unpin>(client: &mut C, bytes: &mut Vec<u8>) -> Result<Option<Vec<u8>>> {
    loop {
        match startup::length(bytes) {
            Some(Ok(length)) if bytes.len() >= length => {
                let rest = bytes.split_off(length);
                return Ok(Some(std::mem::replace(bytes, rest)));
            }
            Some(Err(())) => {
                tell(client, &Violation("invalid length of startup packet")).await;
                return Ok(None);
            }
            _ => {}
        }
        let read = client.read_buf(bytes).await.map_err(|e| Error::io("reading a client's first packet", e))?;
        if read == 0 {
            return Ok(None);
        }
    }
}

async fn connect<C, U>(client: &mut C, upstream: &U, packet: &[u8]) -> Result<U::Stream>
where
    C: AsyncWrite + Unpin,
    U: Connect,
{
    let connected = async {
        let mut server = upstream.connect().await?;
        server.write_all(packet).await.map_err(|e| Error::io("sending the start-up packet", e))?;
        Ok(server)
    };
    match connected.await {
        Ok(server) => Ok(server),
        Err(error) => {
            telemetry::count("esclusa_upstream_failures_total");
            let error: Error = error;
            tell(client, &Unreachable { detail: error.to_string() }).await;
            Err(error)
        }
    }
}

/// Passes a cancel request on, and ends when the server has taken it: the client may send its next statement only then.
async fn cancel<U: Connect>(upstream: &U, packet: &[u8]) {
    let passed = async {
        let mut server = upstream.connect().await?;
        let io = |e| Error::io("passing a cancel request on", e);
        server.write_all(packet).await.map_err(io)?;
        // The server closes when the signal has been sent.
        let mut nothing = [0; 8];
        while server.read(&mut nothing).await.map_err(io)? > 0 {}
        Ok::<(), Error>(())
    };
    if let Err(error) = passed.await {
        tracing::warn!(%error, "a cancel request was lost");
    }
}

/// Sends a FATAL error; the client may be gone already.
async fn tell<C: AsyncWrite + Unpin>(client: &mut C, error: &dyn ClientVisible) {
    let mut out = Vec::new();
    ErrorFields::own("FATAL", error).write(&mut out, b'E');
    let _ = client.write_all(&out).await;
    let _ = client.shutdown().await;
}
