//! From the first byte of a client to a server connection that has got the client's start-up packet, as it was.
//!
//! Authentication is not ours: the server asks, the client answers, the relay passes both. No password is stored or seen.

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::Connect;
use crate::error::{ClientVisible, Error, Result, sqlstate};
use crate::telemetry;
use crate::wire::error_response::ErrorFields;
use crate::wire::startup::{self, First, Startup};
use crate::wire::stream::Link;
use crate::wire::tls::Acceptor;

/// A client that is on its way to its server.
#[derive(Debug)]
pub struct Login<C, S> {
    /// The client, encrypted if it asked for it.
    pub client: C,
    /// What it asked for.
    pub startup: Startup,
    /// Its server connection, which has got the start-up packet.
    pub server: S,
    /// Bytes that the client had sent behind its start-up packet.
    pub leftover: Vec<u8>,
}

/// An error that the proxy itself gives before a server is there.
struct Told {
    sqlstate: &'static str,
    message: String,
    detail: Option<String>,
    hint: Option<&'static str>,
}

impl Told {
    fn new(sqlstate: &'static str, message: &str) -> Self {
        Told { sqlstate, message: message.into(), detail: None, hint: None }
    }

    fn unreachable(error: &Error) -> Self {
        let mut told = Told::new(sqlstate::CONNECTION_FAILURE, "esclusa could not connect to the PostgreSQL server behind it");
        told.detail = Some(error.to_string());
        told.hint = Some("Is the server running? See upstream.address in esclusa.toml.");
        told
    }

    /// PostgreSQL's own words (source, postmaster.c): the bytes could be an attacker's (CVE-2021-23222).
    fn unencrypted_behind(request: &str) -> Self {
        let mut told = Told::new(sqlstate::PROTOCOL_VIOLATION, &format!("received unencrypted data after {request} request"));
        told.detail =
            Some("This could be either a client-software bug or evidence of an attempted man-in-the-middle attack.".into());
        told
    }

    fn too_many() -> Self {
        let mut told = Told::new(sqlstate::TOO_MANY_CONNECTIONS, "sorry, too many clients already");
        told.hint = Some("See listen.max_clients in esclusa.toml.");
        told
    }
}

impl ClientVisible for Told {
    fn sqlstate(&self) -> &'static str {
        self.sqlstate
    }
    fn message(&self) -> String {
        self.message.clone()
    }
    fn detail(&self) -> Option<String> {
        self.detail.clone()
    }
    fn hint(&self) -> Option<String> {
        self.hint.map(str::to_owned)
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
                _ => return tell(&mut client, &Told::too_many()).await,
            }
        }
    };
    let _ = tokio::time::timeout(std::time::Duration::from_secs(2), answered).await;
}

/// `None` when the client needs no session: it cancelled a statement, went away, or was told why it gets none.
pub async fn login<C: Link, U: Connect>(
    mut client: C,
    upstream: &U,
    tls: Option<&Acceptor>,
) -> Result<Option<Login<C, U::Stream>>> {
    let mut bytes = Vec::with_capacity(512);
    // Each kind of encryption can be asked for once (source, postmaster.c, ProcessStartupPacket).
    let (mut tls_done, mut gss_done) = (client.is_encrypted(), false);
    loop {
        let Some(packet) = packet(&mut client, &mut bytes).await? else { return Ok(None) };
        let io = |e| Error::io("answering an encryption request", e);
        match startup::parse(&packet) {
            Some(First::Tls) if !tls_done => {
                tls_done = true;
                match tls {
                    Some(tls) => {
                        client.write_all(b"S").await.map_err(io)?;
                        client = client.encrypt(tls).await.map_err(|e| Error::io("beginning TLS with a client", e))?;
                        gss_done = true;
                    }
                    None => client.write_all(b"N").await.map_err(io)?,
                }
                if !bytes.is_empty() {
                    tell(&mut client, &Told::unencrypted_behind("SSL")).await;
                    return Ok(None);
                }
            }
            Some(First::Gss) if !gss_done => {
                (gss_done, tls_done) = (true, false);
                client.write_all(b"N").await.map_err(io)?;
                if !bytes.is_empty() {
                    tell(&mut client, &Told::unencrypted_behind("GSSAPI encryption")).await;
                    return Ok(None);
                }
            }
            Some(First::Cancel) => {
                cancel(upstream, &packet).await;
                return Ok(None);
            }
            Some(First::Startup(_)) if tls.is_some_and(|t| t.required) && !client.is_encrypted() => {
                tell(&mut client, &Told::new(sqlstate::INVALID_AUTHORIZATION, "esclusa serves encrypted connections only")).await;
                return Ok(None);
            }
            // Whatever is none of these is for the server to judge, in its own words.
            first => {
                let startup = if let Some(First::Startup(startup)) = first { startup } else { Startup::default() };
                let server = connect(&mut client, upstream, &packet).await?;
                return Ok(Some(Login { client, startup, server, leftover: bytes }));
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
            // PostgreSQL closes without a word: what is there may be no client at all.
            Some(Err(())) => return Ok(None),
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
            tell(client, &Told::unreachable(&error)).await;
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
        // The server closes when the signal has been sent. Over TLS some servers do so without a farewell.
        let mut nothing = [0; 8];
        while server.read(&mut nothing).await.unwrap_or(0) > 0 {}
        let _ = server.shutdown().await;
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
