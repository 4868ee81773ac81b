//! From a client's first byte to a server connection that has got the client's start-up packet, unchanged.
//!
//! Authentication is left to the server: it asks, the client answers, the relay passes both on. No password is stored or seen.

use std::sync::Arc;
use std::sync::atomic::{Ordering, fence};
use std::time::{Duration, SystemTime};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::activity::Doing;
use super::shared::{Admission, ClientInfo, Shared};
use crate::error::{ClientError, Error, Result, sqlstate};
use crate::telemetry;
use crate::wire::error_response::ErrorFields;
use crate::wire::proxy_protocol;
use crate::wire::startup::{self, First, Startup};
use crate::wire::stream::Link;
use crate::wire::tag;

/// How long a client that was refused a session may take to close.
const LINGER: Duration = Duration::from_secs(2);
/// The most bytes that a client may send behind its start-up packet while it waits.
const LEFTOVER_BYTES: usize = 8 * 1024;

/// How a session gets its server connection.
pub trait Connect {
    /// The type of its stream.
    type Stream: Link;
    /// Opens a new connection.
    fn connect(&self) -> impl Future<Output = Result<Self::Stream>>;
}

/// A client that has sent its start-up packet.
#[derive(Debug)]
pub struct Greeted<C> {
    /// The client's stream, encrypted if the client asked for it.
    pub client: C,
    /// Its start-up packet.
    pub startup: Startup,
    /// The packet as it was sent.
    packet: Vec<u8>,
    /// Bytes that the client had sent behind its start-up packet.
    pub leftover: Vec<u8>,
    /// Its place among `listen.max_clients`.
    pub place: Admission,
}

fn unreachable(error: &Error) -> ClientError {
    ClientError::new(sqlstate::CONNECTION_FAILURE, "esclusa could not connect to the PostgreSQL server behind it")
        .detail(error.to_string())
        .hint("Is the server running? See upstream.address in esclusa.toml.")
}

/// PostgreSQL's own words (source, postmaster.c): the bytes could be an attacker's (CVE-2021-23222).
fn unencrypted_behind(request: &str) -> ClientError {
    ClientError::new(sqlstate::PROTOCOL_VIOLATION, format!("received unencrypted data after {request} request"))
        .detail("This could be either a client-software bug or evidence of an attempted man-in-the-middle attack.")
}

/// PostgreSQL's own words (source, postmaster.c): each kind of encryption can be asked for once.
fn asked_twice(code: u32) -> ClientError {
    let (major, minor) = (code >> 16, code & 0xffff);
    let message = format!("unsupported frontend protocol {major}.{minor}: server supports 3.0 to 3.0");
    ClientError::new(sqlstate::FEATURE_NOT_SUPPORTED, message)
}

/// A PROXY header from an address that is not trusted, or a second one: somebody pretends to be somebody else.
fn not_believed() -> ClientError {
    ClientError::new(sqlstate::PROTOCOL_VIOLATION, "a PROXY protocol header is not accepted here")
        .hint("The networks of load balancers stand in listen.proxy_protocol_from in esclusa.toml.")
}

fn too_many() -> ClientError {
    ClientError::new(sqlstate::TOO_MANY_CONNECTIONS, "sorry, too many clients already")
        .hint("See listen.max_clients in esclusa.toml.")
}

fn unencrypted() -> ClientError {
    ClientError::new(sqlstate::INVALID_AUTHORIZATION, "esclusa serves encrypted connections only")
}

/// Reads who the client is. `None` when it needs no session: it sent a cancel request, disconnected, or was refused.
pub async fn greet<C: Link, U: Connect>(mut client: C, upstream: &U, shared: &Arc<Shared>) -> Result<Option<Greeted<C>>> {
    let mut bytes = Vec::with_capacity(512);
    let tls = shared.tls.load_full();
    let tls = tls.as_ref().as_ref();
    // Each kind of encryption can be asked for once; after a refused one the other can be asked for, and after an accepted one
    // neither (source, postmaster.c, ProcessStartupPacket).
    let (mut tls_done, mut gss_done) = (false, false);
    loop {
        let Some(packet) = packet(&mut client, &mut bytes).await? else { return Ok(None) };
        let io = |e| Error::io("answering an encryption request", e);
        match startup::parse(&packet) {
            Some(First::Tls) if !tls_done => {
                let offered = tls.filter(|_| client.can_encrypt());
                (tls_done, gss_done) = (true, offered.is_some());
                match offered {
                    Some(tls) => {
                        client.write_all(b"S").await.map_err(io)?;
                        client = client.encrypt(tls).await.map_err(|e| Error::io("beginning TLS with a client", e))?;
                    }
                    None => client.write_all(b"N").await.map_err(io)?,
                }
                if !bytes.is_empty() {
                    tell(&mut client, &unencrypted_behind("SSL")).await;
                    return Ok(None);
                }
            }
            Some(First::Gss) if !gss_done => {
                (gss_done, tls_done) = (true, false);
                client.write_all(b"N").await.map_err(io)?;
                if !bytes.is_empty() {
                    tell(&mut client, &unencrypted_behind("GSSAPI encryption")).await;
                    return Ok(None);
                }
            }
            Some(First::Tls | First::Gss) => {
                let code = packet.get(4..).and_then(|c| c.first_chunk()).map_or(0, |c| u32::from_be_bytes(*c));
                tell(&mut client, &asked_twice(code)).await;
                return Ok(None);
            }
            Some(First::Cancel) => {
                shared.cancels(packet.get(8..).unwrap_or_default());
                if !is_held_back(shared, &packet).await {
                    cancel(upstream, &packet).await;
                }
                // Over TLS, a connection that ends without close_notify is an error to the client.
                let _ = client.shutdown().await;
                return Ok(None);
            }
            Some(First::Startup(_)) if tls.is_some_and(|t| t.required) && client.can_encrypt() => {
                tell(&mut client, &unencrypted()).await;
                return Ok(None);
            }
            // Everything else is answered by the server, in its own words.
            first => {
                let Some(place) = shared.admit() else {
                    telemetry::count("esclusa_clients_refused_total");
                    tell(&mut client, &too_many()).await;
                    return Ok(None);
                };
                let startup = if let Some(First::Startup(startup)) = first { startup } else { Startup::default() };
                return Ok(Some(Greeted { client, startup, packet, leftover: bytes, place }));
            }
        }
    }
}

/// Takes the next packet out of `bytes`, and reads as much as it needs.
async fn packet<C: AsyncRead + AsyncWrite + Unpin>(client: &mut C, bytes: &mut Vec<u8>) -> Result<Option<Vec<u8>>> {
    loop {
        match startup::length(bytes) {
            Some(Ok(length)) if bytes.len() >= length => {
                let rest = bytes.split_off(length);
                return Ok(Some(std::mem::replace(bytes, rest)));
            }
            Some(Err(())) if proxy_protocol::is_header(bytes) => {
                telemetry::count("esclusa_proxy_headers_refused_total");
                tell(client, &not_believed()).await;
                return Err(Error::refused("it sent a PROXY protocol header, which is not accepted from it"));
            }
            // PostgreSQL closes without an error: the other end may be no PostgreSQL client at all.
            Some(Err(())) => return Ok(None),
            _ => {}
        }
        let read = client.read_buf(bytes).await.map_err(|e| Error::io("reading a client's first packet", e))?;
        if read == 0 {
            return Ok(None);
        }
    }
}

/// Waits while the proxy is paused. False when the client has disconnected, or was killed.
pub(super) async fn let_in<C: Link>(greeted: &mut Greeted<C>, info: &ClientInfo, shared: &Shared) -> bool {
    let mut drained = std::pin::pin!(shared.drained());
    loop {
        fence(Ordering::SeqCst);
        if !shared.pause.is_held() {
            return true;
        }
        info.activity.changes_to(Doing::Paused, SystemTime::now());
        let is_ended = tokio::select! {
            () = info.told.notified() => info.is_killed(),
            () = &mut drained => true,
            read = greeted.client.read_buf(&mut greeted.leftover), if greeted.leftover.len() < LEFTOVER_BYTES => match read {
                Ok(n) if n > 0 => false,
                _ => return false,
            },
        };
        if is_ended {
            tell_end(&mut greeted.client).await;
            return false;
        }
        info.activity.changes_to(Doing::LoggingIn, SystemTime::now());
    }
}

/// Opens a server connection and sends it the client's start-up packet. If that fails the client is told why.
pub async fn connect<C: Link, U: Connect>(greeted: &mut Greeted<C>, upstream: &U) -> Result<U::Stream> {
    let connected = async {
        let mut server = upstream.connect().await?;
        server.write_all(&greeted.packet).await.map_err(|e| Error::io("sending the start-up packet", e))?;
        Ok(server)
    };
    match connected.await {
        Ok(server) => Ok(server),
        Err(error) => {
            telemetry::count("esclusa_upstream_failures_total");
            let error: Error = error;
            tell(&mut greeted.client, &unreachable(&error)).await;
            Err(error)
        }
    }
}

/// Whether a cancel request was for a statement that is held back here; it is then answered as a cancelled one.
async fn is_held_back(shared: &Shared, packet: &[u8]) -> bool {
    let client = startup::cancelled(packet).and_then(|key| shared.with_key(key));
    match client {
        Some(client) => client.cancel_held().await,
        None => false,
    }
}

/// Passes a cancel request to the server, and returns when the server has handled it: only then may the client send its next
/// statement.
async fn cancel<U: Connect>(upstream: &U, packet: &[u8]) {
    let passed = async {
        let mut server = upstream.connect().await?;
        let io = |e| Error::io("passing a cancel request on", e);
        server.write_all(packet).await.map_err(io)?;
        // The server closes when it has sent the signal. Over TLS some servers close without close_notify.
        let mut nothing = [0; 8];
        while server.read(&mut nothing).await.unwrap_or(0) > 0 {}
        let _ = server.shutdown().await;
        Ok::<(), Error>(())
    };
    if let Err(error) = passed.await {
        tracing::warn!(%error, "a cancel request was lost");
    }
}

/// Tells a client that the proxy ends, or that its session was killed.
pub(super) async fn tell_end<C: AsyncRead + AsyncWrite + Unpin>(client: &mut C) {
    tell(client, &ClientError::new(sqlstate::ADMIN_SHUTDOWN, "terminating connection due to administrator command")).await;
}

/// Sends a FATAL error; the client may be gone already. Closing a socket with unread bytes would reset the connection and lose the
/// error, so what the client still sends is read for a while.
pub async fn tell<C: AsyncRead + AsyncWrite + Unpin>(client: &mut C, error: &ClientError) {
    let out = ErrorFields::own("FATAL", error).frame(tag::server::ERROR);
    let told = async {
        client.write_all(&out).await?;
        client.shutdown().await?;
        let mut unread = [0; 512];
        while client.read(&mut unread).await? > 0 {}
        Ok::<(), std::io::Error>(())
    };
    let _ = tokio::time::timeout(LINGER, told).await;
}
