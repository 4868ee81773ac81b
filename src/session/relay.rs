//! Moves bytes between a client and its server, frame by frame, in place.
//!
//! Both directions are polled in one task, independently: a write that cannot proceed stops only the reading of its own direction.
//! (A loop that awaits a write to one side while it does not read the other deadlocks on 20,000 pipelined queries.) A frame that
//! passes is never copied and never held: contiguous bytes are sent with one write, and a value of 100 MB flows through a small
//! buffer.

mod direction;

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::Instant;

use super::conversation::{Conversation, ToClient, ToServer, Want};
use super::house::House;
use crate::error::{ClientError, sqlstate};
use crate::record::Tap;
use crate::wire::error_response::ErrorFields;
use crate::wire::frame::{self, HEADER_BYTES};
use crate::wire::tag::server;
use direction::{Direction, LARGE_BYTES};

/// The names at the start of a frame have to come within this length; PostgreSQL's own are 63 bytes at most.
const NAMES_BYTES: usize = 1024;
/// The longest server frame that is held whole to be read (errors, tags, parameters); longer ones pass unread.
const REPLY_BYTES: usize = 1024 * 1024;

/// Which side of a direction failed.
enum Broken {
    Client(io::Error),
    Server,
}

/// Why a relay ended.
#[derive(Debug)]
pub enum End {
    /// The server closed, and everything that it had sent was passed on.
    Server,
    /// A socket failed.
    Failed(io::Error),
    /// The log-in took too long.
    LoginTimeout,
    /// The proxy ends, and the session had no request and no transaction open.
    Drained,
}

/// Two sockets, and the bytes on their way between them.
#[derive(Debug)]
pub struct Relay<C, S, H> {
    client: C,
    server: S,
    conversation: Conversation<H>,
    to_server: Direction,
    to_client: Direction,
    /// The client has sent something that is no frame: what was there is sent to the server, and nothing more is read.
    poisoned: bool,
    /// A frame of the client's waits for answers of the server; nothing behind it is read.
    waiting: bool,
    /// An answer has come since.
    answered: bool,
    /// The proxy ends: the session closes as soon as no request and no transaction is open.
    draining: bool,
    /// The log-in is over.
    logged_in: bool,
    /// Sees all frames, if the session is recorded.
    tap: Option<Tap>,
}

impl<C, S, H> Relay<C, S, H>
where
    H: House,
    C: AsyncRead + AsyncWrite + Unpin,
    S: AsyncRead + AsyncWrite + Unpin,
{
    /// A relay whose server has got the start-up packet. `leftover` is what the client had sent behind that.
    pub fn new(client: C, server: S, conversation: Conversation<H>, leftover: Vec<u8>) -> Self {
        let to_server = Direction::holding(leftover);
        Relay {
            client,
            server,
            conversation,
            to_server,
            to_client: Direction::default(),
            poisoned: false,
            waiting: false,
            answered: false,
            draining: false,
            logged_in: false,
            tap: None,
        }
    }

    /// From now on the session is recorded.
    pub fn record(&mut self, tap: Option<Tap>) {
        self.tap = tap;
    }

    /// Runs until one side is gone. The log-in must be over at `deadline`. May be dropped and called again.
    pub async fn run(&mut self, deadline: Instant) -> End {
        let mut deadline = (!self.logged_in).then(|| Box::pin(tokio::time::sleep_until(deadline)));
        let end = poll_fn(|cx| {
            let end = self.poll(cx);
            if let Some(timer) = deadline.as_mut().filter(|_| end.is_pending()) {
                if self.conversation.is_logged_in() {
                    self.logged_in = true;
                    deadline = None;
                } else if timer.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(End::LoginTimeout);
                }
            }
            end
        })
        .await;
        if matches!(end, End::Drained) {
            self.end_with_admin_shutdown().await;
        }
        end
    }

    /// From now on the session ends as soon as no request and no transaction is open.
    pub fn drain(&mut self) {
        self.draining = true;
    }

    /// The proxy pauses (true), or resumes.
    pub fn hold(&mut self, held: bool) {
        self.conversation.hold(held);
    }

    /// A table is being cut over: a snapshot that the session keeps for nothing is given back.
    pub fn let_go(&mut self) {
        if self.poisoned {
            return;
        }
        if let Some(frames) = self.conversation.lets_go() {
            self.to_server.insert(&frames);
        }
    }

    /// Whether [`Relay::drain`] was called.
    pub fn is_draining(&self) -> bool {
        self.draining
    }

    /// Answers the statement that is held back as a cancelled one; false when none is, and the server has to be asked.
    pub fn cancel_held(&mut self) -> bool {
        self.waits_alone() && self.conversation.cancel_held()
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        loop {
            let end = self.poll_both(cx);
            if end.is_ready() || !std::mem::take(&mut self.answered) {
                return end;
            }
        }
    }

    fn poll_both(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        // The client's direction may fail or end because the client is gone; the session is over only when the server has closed
        // too.
        if !self.to_server.shut
            && let Poll::Ready(ended) = self.poll_to_server(cx)
        {
            self.to_server.shut = true;
            // A server that no longer reads may have sent the reason: its last frames are still read.
            if let Err(Broken::Client(error)) = ended {
                return Poll::Ready(End::Failed(error));
            }
        }
        match self.poll_to_client(cx) {
            Poll::Ready(Ok(())) => Poll::Ready(End::Server),
            Poll::Ready(Err(error)) => Poll::Ready(End::Failed(error)),
            Poll::Pending => {
                let quiet =
                    (self.to_server.is_quiet() || self.holds_back()) && self.to_client.is_quiet() && self.conversation.is_idle();
                if self.draining && quiet { Poll::Ready(End::Drained) } else { Poll::Pending }
            }
        }
    }

    /// Whether a frame of the client's waits for RESUME, and nothing before it is unanswered.
    fn holds_back(&self) -> bool {
        self.waits_alone() && self.conversation.is_resting()
    }

    /// Whether a frame of the client's waits, and nothing before it is unanswered.
    fn waits_alone(&self) -> bool {
        self.waiting && self.to_server.passing == 0 && !self.to_server.has_output()
    }

    fn poll_to_server(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        let server = |_| Broken::Server;
        let mut wanted = self.walk_client();
        loop {
            ready!(self.to_server.poll_write(cx, &mut self.server)).map_err(server)?;
            // A client that writes all before it reads can send some more than the frame that waits.
            let full = self.to_server.buffer.len() >= LARGE_BYTES;
            if self.to_server.finished && self.holds_back() {
                // The client has disconnected and would not hear what became of the statement: it is not begun.
                return Poll::Ready(Err(Broken::Client(io::ErrorKind::UnexpectedEof.into())));
            }
            if self.waiting && (full || self.to_server.finished) {
                return Poll::Pending;
            }
            if self.to_server.finished {
                // What is left of a frame came from the client: the server gets it, as on a direct connection.
                self.to_server.cleared = self.to_server.buffer.len();
                ready!(self.to_server.poll_write(cx, &mut self.server)).map_err(server)?;
                return Pin::new(&mut self.server).poll_shutdown(cx).map_err(server);
            }
            let n = ready!(self.to_server.poll_read(cx, &mut self.client, wanted)).map_err(Broken::Client)?;
            self.to_server.finished = n == 0;
            wanted = self.walk_client();
        }
    }

    /// Handles the client's frames that are complete enough; returns how many bytes the next one needs.
    fn walk_client(&mut self) -> usize {
        let needed = self.walk_client_frames();
        if let Some(tap) = &mut self.tap {
            tap.pass();
        }
        needed
    }

    fn walk_client_frames(&mut self) -> usize {
        self.waiting = false;
        let dir = &mut self.to_server;
        loop {
            if self.poisoned {
                // The frames before it are still sent; the rest is not.
                dir.buffer.truncate(dir.cleared);
                return 0;
            }
            if dir.passing > 0 {
                let begun = dir.cleared;
                dir.pass(dir.passing);
                if let Some(tap) = &mut self.tap {
                    tap.more(&dir.buffer[begun..dir.cleared]);
                }
            }
            if dir.dropping > 0 {
                dir.replace(dir.dropping, &[]);
            }
            let rest = &dir.buffer[dir.cleared..];
            if dir.passing > 0 || rest.is_empty() {
                return 0;
            }
            let header = match frame::header(rest) {
                None => return HEADER_BYTES,
                Some(Ok(header)) if frame::is_frontend_tag(header.tag) => header,
                Some(_) => {
                    // The server is to reject it in its own words, at its own moment.
                    dir.pass(HEADER_BYTES);
                    self.poisoned = true;
                    continue;
                }
            };
            let want = self.conversation.wants(header.tag, header.total);
            let needed = match want {
                Want::Nothing => HEADER_BYTES,
                Want::Body => header.total,
                Want::Names => header.total.min(NAMES_BYTES),
            };
            if rest.len() < needed {
                return needed;
            }
            let body = &rest[HEADER_BYTES..header.total.min(rest.len())];
            let decision = self.conversation.from_client(header.tag, body, want == Want::Body);
            if let Some(tap) = &mut self.tap
                && matches!(decision, ToServer::Pass | ToServer::Replace(_))
            {
                tap.frame(header.tag, &rest[..header.total.min(rest.len())]);
            }
            match decision {
                ToServer::Pass => dir.pass(header.total),
                ToServer::Replace(bytes) => dir.replace(header.total, &bytes),
                ToServer::First(bytes) => dir.replace(0, &bytes),
                ToServer::Answer(bytes) => {
                    dir.replace(header.total, &[]);
                    self.to_client.insert(&bytes);
                }
                ToServer::Tell(bytes) => self.to_client.insert(&bytes),
                ToServer::Wait => {
                    self.waiting = true;
                    return 0;
                }
            }
        }
    }

    fn poll_to_client(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut wanted = 0;
        loop {
            ready!(self.to_client.poll_write(cx, &mut self.client))?;
            if self.to_client.finished {
                if self.conversation.awaits_own_reply() {
                    // What is left is part of a reply to a request of our own.
                    self.to_client.buffer.truncate(self.to_client.cleared);
                }
                self.to_client.cleared = self.to_client.buffer.len();
                ready!(self.to_client.poll_write(cx, &mut self.client))?;
                return Pin::new(&mut self.client).poll_shutdown(cx);
            }
            // A reset is treated as an end: what came before it is still sent to the client.
            let n = ready!(self.to_client.poll_read(cx, &mut self.server, wanted)).unwrap_or(0);
            self.to_client.finished = n == 0;
            wanted = self.walk_server();
        }
    }

    fn walk_server(&mut self) -> usize {
        let needed = self.walk_server_frames();
        if self.conversation.is_to_let_go()
            && !self.poisoned
            && let Some(frames) = self.conversation.lets_go()
        {
            self.to_server.insert(&frames);
            self.answered = true;
        }
        needed
    }

    fn walk_server_frames(&mut self) -> usize {
        let dir = &mut self.to_client;
        loop {
            if dir.passing > 0 {
                dir.pass(dir.passing);
            }
            let rest = &dir.buffer[dir.cleared..];
            if dir.passing > 0 || rest.is_empty() {
                return 0;
            }
            let header = match frame::header(rest) {
                None => return HEADER_BYTES,
                Some(Ok(header)) => header,
                // Not a frame: the server is no PostgreSQL, or speaks another version of the protocol. The client gets it as it is.
                Some(Err(_)) => {
                    dir.pass(dir.buffer.len() - dir.cleared);
                    return 0;
                }
            };
            let read = self.conversation.wants_reply(header.tag) && header.total <= REPLY_BYTES;
            if read && rest.len() < header.total {
                return header.total;
            }
            let body = if read { &rest[HEADER_BYTES..header.total] } else { &[] };
            // The frame that waits for an answer may be decided about.
            self.answered |= self.waiting;
            let decision = self.conversation.from_server(header.tag, body);
            if let Some(tap) = &mut self.tap
                && !matches!(decision, ToClient::Swallow | ToClient::Again(_))
            {
                tap.answered(header.tag, body);
            }
            match decision {
                ToClient::Replace(bytes) => dir.replace(header.total, &bytes),
                ToClient::First(bytes) => {
                    dir.replace(0, &bytes);
                    dir.pass(header.total);
                }
                ToClient::Again(bytes) => {
                    dir.replace(header.total, &[]);
                    self.to_server.insert(&bytes);
                    self.answered = true;
                }
                ToClient::Swallow if read || rest.len() >= header.total => dir.replace(header.total, &[]),
                // A frame that is too long to be read is no answer to a question of ours.
                ToClient::Pass | ToClient::Swallow => dir.pass(header.total),
            }
        }
    }

    /// The session has ended.
    pub fn ended(&mut self) {
        self.conversation.ended();
    }

    /// Tells the client that an administrator ended the session, if it is between two frames, and closes both sides.
    pub async fn end_with_admin_shutdown(&mut self) {
        const PATIENCE: Duration = Duration::from_secs(1);
        // Terminate lets the server end in order; it rolls back an open transaction either way.
        let between_frames = self.to_server.passing == 0 && !self.to_server.has_output();
        if between_frames {
            let _ = tokio::time::timeout(PATIENCE, self.server.write_all(b"X\0\0\0\x04")).await;
        }
        if self.to_client.passing == 0 {
            let error = ClientError::new(sqlstate::ADMIN_SHUTDOWN, "terminating connection due to administrator command");
            let out = ErrorFields::own("FATAL", &error).frame(server::ERROR);
            let told = async {
                // A frame that is partly sent has to be completed first.
                poll_fn(|cx| self.to_client.poll_write(cx, &mut self.client)).await?;
                self.client.write_all(&out).await?;
                self.client.shutdown().await?;
                // Closing a socket with unread bytes would reset the connection and lose the error. A client that was held may have
                // sent more.
                let mut unread = [0; 512];
                while self.waiting && self.client.read(&mut unread).await? > 0 {}
                Ok::<(), io::Error>(())
            };
            let _ = tokio::time::timeout(PATIENCE, told).await;
        }
    }
}
