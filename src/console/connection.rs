//! One connection of the console, from its first byte to its last.
//!
//! pgwire's own loop (`process_socket`) is not used: it limits neither the size of a message nor (to our ten seconds) the time of a
//! log-in, it closes without an error when a message cannot be read, and a panic in one of its decoders ends the task, also without
//! an error. Its codec, its handlers and its dispatch are used.

use std::io;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use pgwire::api::{ClientInfo as _, DefaultClient, NoopHandler, PgWireConnectionState};
use pgwire::error::{PgWireError, PgWireResult};
use pgwire::messages::response::{GssEncResponse, SslResponse};
use pgwire::messages::{PgWireBackendMessage, PgWireFrontendMessage, SslNegotiationMetaMessage};
use pgwire::tokio::server::{PgWireMessageServerCodec, process_error, process_message};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite};
use tokio::time::Instant;
use tokio_util::codec::Framed;

use super::attempts::{Attempt, PENALTY};
use super::conversation::Conversation;
use super::encode;
use super::failure::Failure;
use super::guard::{FRAME_BYTES, Guard};
use super::service::Console;
use super::statement::Statement;
use crate::error::sqlstate;

/// A client that has not logged in after this time is disconnected.
const LOGIN_TIMEOUT: Duration = Duration::from_secs(10);

/// How long closing waits for the client to take the last error.
const FAREWELL_TIMEOUT: Duration = Duration::from_secs(1);

type Socket<S> = Framed<Guard<S>, PgWireMessageServerCodec<Arc<Statement>>>;

/// Serves one client until the client or the console ends the connection. Nothing that the client sends can end more than its own
/// connection.
pub(super) async fn serve<S>(stream: S, peer: SocketAddr, conversation: Conversation, console: Arc<Console>, attempt: Attempt)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + Sync + 'static,
{
    let client = DefaultClient::new(peer, false);
    client.session_extensions.insert(conversation);
    let mut socket = Framed::new(Guard::new(stream), PgWireMessageServerCodec::new(client));
    let ended = AssertUnwindSafe(converse(&mut socket, &console, attempt)).catch_unwind().await;
    let error = match ended {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(error),
        Err(_) => {
            // pgwire's decoders trust a body to be as long as its fields say, and panic if it is not. The panic hook has logged the
            // place.
            tracing::warn!(%peer, "a message of a console client could not be decoded");
            Some(encode::fatal(Failure::new(sqlstate::PROTOCOL_VIOLATION, "invalid message format")))
        }
    };
    let _ = tokio::time::timeout(FAREWELL_TIMEOUT, close(&mut socket, error)).await;
}

/// Sends the error, if there is one that the client can read, and closes.
async fn close<S: AsyncRead + AsyncWrite + Unpin>(socket: &mut Socket<S>, error: Option<PgWireError>) {
    let Some(error) = error.and_then(speakable) else {
        let _ = socket.close().await;
        return;
    };
    let last_words = encode::farewell(error);
    tracing::info!(error = %last_words, "a console client was closed");
    let _ = socket.send(PgWireBackendMessage::ErrorResponse(last_words.into())).await;
    let _ = socket.close().await;
    // If unread bytes were left in the socket, the system would reset the connection, and the client would lose the error.
    let mut rest = socket.get_mut().inner().take(4 * FRAME_BYTES as u64);
    let _ = tokio::io::copy(&mut rest, &mut tokio::io::sink()).await;
}

/// The error as it can be sent to the client; `None` when the socket itself has failed.
fn speakable(error: PgWireError) -> Option<PgWireError> {
    match error {
        // `guard` raises these, with a message for the client.
        PgWireError::IoError(error) if error.kind() == io::ErrorKind::InvalidData => {
            Some(encode::fatal(Failure::new(sqlstate::PROTOCOL_VIOLATION, error.to_string())))
        }
        PgWireError::IoError(_) => None,
        other => Some(other),
    }
}

/// Handles message by message; returns the error that ends the connection.
async fn converse<S>(socket: &mut Socket<S>, console: &Arc<Console>, attempt: Attempt) -> PgWireResult<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + Sync + 'static,
{
    let deadline = Instant::now() + LOGIN_TIMEOUT;
    let mut attempt = Some(attempt);
    loop {
        let logging_in = is_logging_in(socket.state());
        let message = if logging_in {
            let late = |_| encode::fatal(Failure::new(sqlstate::PROTOCOL_VIOLATION, "the log-in took longer than 10 s"));
            let evicted = async {
                match &attempt {
                    Some(attempt) => attempt.evicted().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                message = tokio::time::timeout_at(deadline, socket.next()) => message.map_err(late)?,
                () = evicted => {
                    let failure = Failure::new(sqlstate::TOO_MANY_CONNECTIONS, "another log-in from this address has taken this one's place");
                    return Err(encode::fatal(failure));
                }
            }
        } else {
            attempt = None;
            socket.next().await
        };
        let Some(message) = message else { return Ok(()) };
        match message? {
            PgWireFrontendMessage::Terminate(_) => return Ok(()),
            PgWireFrontendMessage::CancelRequest(request) => {
                console.waiting.cancel(request.pid, &request.secret_key);
                return Ok(());
            }
            PgWireFrontendMessage::SslNegotiation(request) => negotiate(socket, request).await?,
            message => {
                let handled = handle(socket, console, message, logging_in).await;
                if let (Err(error), Some(attempt)) = (&handled, &mut attempt)
                    && encode::is_of(error, sqlstate::INVALID_PASSWORD)
                {
                    attempt.fail();
                    tokio::time::sleep(PENALTY).await;
                }
                handled?;
            }
        }
    }
}

fn is_logging_in(state: PgWireConnectionState) -> bool {
    matches!(
        state,
        PgWireConnectionState::AwaitingSslRequest
            | PgWireConnectionState::AwaitingStartup
            | PgWireConnectionState::AuthenticationInProgress
    )
}

/// Refuses encryption; the client may go on in plain text on the same socket.
async fn negotiate<S>(socket: &mut Socket<S>, request: SslNegotiationMetaMessage) -> PgWireResult<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + Sync + 'static,
{
    let answer = match request {
        SslNegotiationMetaMessage::PostgresSsl(_) => PgWireBackendMessage::SslResponse(SslResponse::Refuse),
        SslNegotiationMetaMessage::PostgresGss(_) => PgWireBackendMessage::GssEncResponse(GssEncResponse::Refuse),
        SslNegotiationMetaMessage::None => {
            // pgwire has only peeked: the packet is still in the buffer.
            socket.set_state(PgWireConnectionState::AwaitingStartup);
            return Ok(());
        }
    };
    Ok(socket.send(answer).await?)
}

async fn handle<S>(
    socket: &mut Socket<S>,
    console: &Arc<Console>,
    message: PgWireFrontendMessage,
    logging_in: bool,
) -> PgWireResult<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + Sync + 'static,
{
    let is_extended = message.is_extended_query();
    let is_answered = matches!(message, PgWireFrontendMessage::Query(_) | PgWireFrontendMessage::Sync(_));
    let noop = Arc::new(NoopHandler);
    let (startup, simple, extended) = (console.clone(), console.clone(), console.clone());
    if let Err(error) = process_message(message, socket, startup, simple, extended, noop.clone(), noop).await {
        let error = encode::reworded(error);
        // Before log-in every error is fatal: `process_error` would answer it with ReadyForQuery.
        if logging_in || error.is_fatal() {
            return Err(error);
        }
        process_error(socket, error, is_extended).await?;
    }
    let conversation = socket.session_extensions().get::<Conversation>();
    if is_answered && conversation.is_some_and(|c| c.take_shutdown()) {
        console.admin.shutdown();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn attempt() -> Attempt {
        Arc::new(super::super::attempts::Attempts::default()).begin([127, 0, 0, 1].into()).await.unwrap()
    }

    fn own(is_own: bool) -> Conversation {
        Conversation::new(is_own, super::super::interrupt::Interrupt::default())
    }

    fn startup() -> Vec<u8> {
        let body = b"\0\x03\0\0user\0esclusa\0database\0esclusa\0\0";
        [&(body.len() as u32 + 4).to_be_bytes()[..], body].concat()
    }

    /// What the console answers to a client that sends these bytes and then nothing more.
    async fn answer(bytes: &[u8]) -> Vec<u8> {
        let (mut client, server) = tokio::io::duplex(1 << 16);
        let console = Arc::new(super::super::tests::console());
        let task = tokio::spawn(serve(server, "127.0.0.1:1".parse().unwrap(), own(true), console, attempt().await));
        tokio::io::AsyncWriteExt::write_all(&mut client, bytes).await.unwrap();
        tokio::io::AsyncWriteExt::shutdown(&mut client).await.unwrap();
        let mut out = Vec::new();
        client.read_to_end(&mut out).await.unwrap();
        task.await.unwrap();
        out
    }

    fn has(bytes: &[u8], part: &[u8]) -> bool {
        memchr::memmem::find(bytes, part).is_some()
    }

    #[tokio::test]
    async fn truncated_bodies_are_answered_and_end_one_connection() {
        // The length is right, and the body has fewer bytes than its fields need: for every message that has a body.
        for tag in *b"BCDEPQp" {
            for body in [
                &b""[..],
                b"\0",
                b"S",
                b"a\0",
                b"\0\0",
                b"\0\0\0\x01",
                b"\0\0\x7f\xff\x7f\xff",
                b"\0\0\0\0\0\x01\x7f\xff\xff\xff",
            ] {
                let frame = [&[tag][..], &(body.len() as u32 + 4).to_be_bytes(), body].concat();
                let out = answer(&[startup(), frame].concat()).await;
                assert!(out.starts_with(b"R\0\0\0\x08\0\0\0\0"), "{}: {body:?}", tag as char);
            }
        }
        let out = answer(&[&startup()[..], b"P\0\0\0\x05\0"].concat()).await;
        assert!(has(&out, b"C08P01\0Minvalid message format\0") && has(&out, b"SFATAL\0VFATAL\0"));
    }

    #[tokio::test]
    async fn unknown_messages_and_lengths_are_fatal() {
        for frame in [&b"?\0\0\0\x04"[..], b"F\0\0\0\x04", b"Q\xff\xff\xff\xff", b"Q\0\0\0\x03", b"Q\0\x20\0\0"] {
            let out = answer(&[&startup()[..], frame].concat()).await;
            assert!(has(&out, b"SFATAL\0VFATAL\0C08P01\0"), "{frame:?}");
        }
    }

    #[tokio::test]
    async fn requests_for_encryption_are_refused_and_the_socket_goes_on() {
        let tls = b"\0\0\0\x08\x04\xd2\x16\x2f";
        let gss = b"\0\0\0\x08\x04\xd2\x16\x30";
        let out = answer(&[&tls[..], gss, &startup(), b"Q\0\0\0\x05\0"].concat()).await;
        assert!(out.starts_with(b"NNR\0\0\0\x08\0\0\0\0"));
        assert!(out.ends_with(b"I\0\0\0\x04Z\0\0\0\x05I"));
    }

    #[tokio::test]
    async fn an_execute_for_all_rows_of_the_world_costs_nothing() {
        let frame = |tag: u8, body: &[u8]| [&[tag][..], &(body.len() as u32 + 4).to_be_bytes(), body].concat();
        for rows in [i32::MAX, -1, i32::MIN, 0, 1_000] {
            let execute = [b"\0", &rows.to_be_bytes()[..]].concat();
            let bytes = [
                startup(),
                frame(b'P', b"\0SHOW VERSION\0\0\0"),
                frame(b'B', b"\0\0\0\0\0\0\0\0"),
                frame(b'E', &execute),
                frame(b'S', b""),
            ];
            let out = answer(&bytes.concat()).await;
            assert!(out.ends_with(b"CSHOW 1\0Z\0\0\0\x05I") || has(&out, b"SHOW 1\0"), "{rows}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_says_nothing_is_closed() {
        let (mut client, server) = tokio::io::duplex(1 << 16);
        let console = Arc::new(super::super::tests::console());
        let began = Instant::now();
        serve(server, "127.0.0.1:1".parse().unwrap(), own(true), console, attempt().await).await;
        let mut out = Vec::new();
        client.read_to_end(&mut out).await.unwrap();
        assert!(has(&out, b"the log-in took longer than 10 s\0"));
        assert!((LOGIN_TIMEOUT..LOGIN_TIMEOUT * 2).contains(&began.elapsed()));
    }

    #[tokio::test]
    async fn a_client_without_a_place_is_told_so() {
        let (mut client, server) = tokio::io::duplex(1 << 16);
        let console = Arc::new(super::super::tests::console());
        let places = console.places.clone().try_acquire_many_owned(u32::try_from(super::super::service::CLIENTS).unwrap());
        tokio::io::AsyncWriteExt::write_all(&mut client, &startup()).await.unwrap();
        serve(server, "127.0.0.1:1".parse().unwrap(), own(true), console, attempt().await).await;
        drop(places);
        let mut out = Vec::new();
        client.read_to_end(&mut out).await.unwrap();
        assert!(has(&out, b"C53300\0") && !has(&out, b"R\0\0\0\x08\0\0\0\0"));
    }

    #[tokio::test]
    async fn without_a_users_file_another_user_of_this_machine_is_not_served() {
        let (mut client, server) = tokio::io::duplex(1 << 16);
        let console = Arc::new(super::super::tests::console());
        tokio::io::AsyncWriteExt::write_all(&mut client, &startup()).await.unwrap();
        serve(server, "127.0.0.1:1".parse().unwrap(), own(false), console, attempt().await).await;
        let mut out = Vec::new();
        client.read_to_end(&mut out).await.unwrap();
        assert!(has(&out, b"C28000\0") && has(&out, b"only root and the user that esclusa runs as"));
    }

    #[tokio::test]
    async fn without_a_users_file_only_this_machine_is_served() {
        let (mut client, server) = tokio::io::duplex(1 << 16);
        let console = Arc::new(super::super::tests::console());
        tokio::io::AsyncWriteExt::write_all(&mut client, &startup()).await.unwrap();
        serve(server, "192.0.2.7:1".parse().unwrap(), own(true), console, attempt().await).await;
        let mut out = Vec::new();
        client.read_to_end(&mut out).await.unwrap();
        assert!(has(&out, b"C28000\0"));
    }
}
