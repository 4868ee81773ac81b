//! Moves bytes between a client and its server, frame by frame, in place.
//!
//! Both directions are polled in one task, each on its own: a write that waits stops only its own direction's reading. (A loop that
//! awaits a write to one side while it does not read the other deadlocks on 20,000 pipelined queries.) A frame that passes is
//! never copied and never held: contiguous bytes go out with one write, and a value of 100 MB flows through a small buffer.

use std::cell::Cell;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::Instant;

use super::conversation::{Conversation, Verdict, Want};
use crate::error::{ClientError, sqlstate};
use crate::wire::error_response::ErrorFields;
use crate::wire::frame::{self, HEADER_BYTES};

/// What a direction reads at once while little flows.
const SMALL_BYTES: usize = 8 * 1024;
/// What it reads at once while much flows.
const LARGE_BYTES: usize = 64 * 1024;
/// Names at the start of a frame that are waited for; longer ones are no names.
const NAMES_BYTES: usize = 1024;
/// Frames of the server that are held whole to be read (errors, tags, parameters); longer ones pass unread.
const REPLY_BYTES: usize = 1024 * 1024;

/// Which side a direction failed at.
enum Broken {
    Client(io::Error),
    Server,
}

thread_local! {
    /// The empty buffer of the direction that fell idle last, for the next one that is read. Thousands of idle connections hold no
    /// buffer, and a busy one does not ask the allocator for each message. A buffer's length is 0 here: nobody can see what was in it.
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Why a relay ended.
#[derive(Debug)]
pub enum End {
    /// The server closed, and everything it had sent was passed on.
    Server,
    /// A socket failed.
    Failed(io::Error),
    /// The login took too long.
    LoginTimeout,
    /// The proxy ends, and the session had nothing open.
    Drained,
}

/// Two sockets and what is on its way between them.
#[derive(Debug)]
pub struct Relay<C, S> {
    client: C,
    server: S,
    conversation: Conversation,
    to_server: Direction,
    to_client: Direction,
    /// The client sent something that is no frame: the server has been shown it, the rest is not read.
    poisoned: bool,
    /// A frame of the client's waits for answers of the server; nothing is read behind it.
    waiting: bool,
    /// Such an answer has come.
    answered: bool,
    /// The proxy ends: close at the first moment at which nothing is open.
    draining: bool,
    /// Passed when the login is over.
    logged_in: bool,
}

/// One direction's buffer.
#[derive(Debug, Default)]
struct Direction {
    /// Bytes read.
    buffer: Vec<u8>,
    /// Up to here they are gone.
    sent: usize,
    /// Up to here they may go.
    cleared: usize,
    /// So many bytes more of the frame that is being passed.
    passing: usize,
    /// Bytes that go before `buffer`: what was generated, and what stood before it.
    out: Vec<u8>,
    out_sent: usize,
    /// The other side has closed.
    finished: bool,
    shut: bool,
    /// The last read filled the buffer.
    busy: bool,
}

impl Direction {
    fn has_output(&self) -> bool {
        self.out_sent < self.out.len() || self.sent < self.cleared
    }

    /// Whether it stands between two frames with nothing of the next one read.
    fn is_quiet(&self) -> bool {
        self.passing == 0 && self.sent == self.buffer.len() && self.out_sent == self.out.len()
    }

    /// Writes what may go.
    fn poll_write<W: AsyncWrite + Unpin>(&mut self, cx: &mut Context<'_>, writer: &mut W) -> Poll<io::Result<()>> {
        while self.out_sent < self.out.len() {
            let n = ready!(Pin::new(&mut *writer).poll_write(cx, &self.out[self.out_sent..]))?;
            self.out_sent += wrote(n)?;
        }
        if !self.out.is_empty() {
            self.out.clear();
            self.out.shrink_to(SMALL_BYTES);
            self.out_sent = 0;
        }
        while self.sent < self.cleared {
            let n = ready!(Pin::new(&mut *writer).poll_write(cx, &self.buffer[self.sent..self.cleared]))?;
            self.sent += wrote(n)?;
        }
        Pin::new(writer).poll_flush(cx)
    }

    /// Reads more. What is gone makes room; an idle direction keeps no buffer.
    fn poll_read<R: AsyncRead + Unpin>(
        &mut self,
        cx: &mut Context<'_>,
        reader: &mut R,
        wanted: usize,
    ) -> Poll<io::Result<usize>> {
        if self.sent == self.buffer.len() {
            self.buffer.clear();
        } else if self.sent > 0 {
            self.buffer.drain(..self.sent);
        }
        self.cleared -= self.sent;
        self.sent = 0;
        let room = if self.busy { LARGE_BYTES } else { SMALL_BYTES };
        let least = wanted.max(room);
        if self.buffer.capacity() == 0 {
            self.buffer = SPARE.take();
        }
        if self.buffer.capacity() < least {
            self.buffer.reserve_exact(least - self.buffer.len());
        }
        let room = self.buffer.capacity() - self.buffer.len();
        let read = pin!(reader.read_buf(&mut self.buffer)).poll(cx);
        match read {
            Poll::Ready(Ok(n)) => {
                self.busy = n == room;
                Poll::Ready(Ok(n))
            }
            Poll::Ready(Err(e)) => Poll::Ready(Err(e)),
            Poll::Pending => {
                if self.buffer.is_empty() {
                    let spare = std::mem::take(&mut self.buffer);
                    if spare.capacity() <= LARGE_BYTES {
                        SPARE.set(spare);
                    }
                    self.busy = false;
                }
                Poll::Pending
            }
        }
    }

    /// Puts generated bytes in the place of the frame that begins at `cleared` and has `total` bytes.
    fn replace(&mut self, total: usize, bytes: &[u8]) {
        self.out.extend_from_slice(&self.buffer[self.sent..self.cleared]);
        self.out.extend_from_slice(bytes);
        self.cleared += total;
        self.sent = self.cleared;
    }

    /// Lets the next `total` bytes pass, whether they have been read or not.
    fn pass(&mut self, total: usize) {
        let here = total.min(self.buffer.len() - self.cleared);
        // Once something was generated, what follows it must follow it.
        if self.out_sent < self.out.len() {
            let end = self.cleared + here;
            self.out.extend_from_slice(&self.buffer[self.sent..end]);
            self.sent = end;
        }
        self.cleared += here;
        self.passing = total - here;
    }
}

fn wrote(n: usize) -> io::Result<usize> {
    if n == 0 { Err(io::ErrorKind::WriteZero.into()) } else { Ok(n) }
}

impl<C, S> Relay<C, S>
where
    C: AsyncRead + AsyncWrite + Unpin,
    S: AsyncRead + AsyncWrite + Unpin,
{
    /// A relay whose server has got the start-up packet. `leftover` is what the client had sent behind it.
    pub fn new(client: C, server: S, conversation: Conversation, leftover: Vec<u8>) -> Self {
        let to_server = Direction { buffer: leftover, ..Direction::default() };
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
        }
    }

    /// Runs until one side is gone. The login must be over at `deadline`. May be dropped and called again.
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

    /// From now on the session ends as soon as it has nothing open.
    pub fn drain(&mut self) {
        self.draining = true;
    }

    /// Whether [`Relay::drain`] was called.
    pub fn is_draining(&self) -> bool {
        self.draining
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
        // The client's direction may fail (it is gone) or end; the server's answer decides when all is over.
        if !self.to_server.shut
            && let Poll::Ready(ended) = self.poll_to_server(cx)
        {
            self.to_server.shut = true;
            // A server that takes no more may have said why: its last words are still to be read.
            if let Err(Broken::Client(error)) = ended {
                return Poll::Ready(End::Failed(error));
            }
        }
        match self.poll_to_client(cx) {
            Poll::Ready(Ok(())) => Poll::Ready(End::Server),
            Poll::Ready(Err(error)) => Poll::Ready(End::Failed(error)),
            Poll::Pending => {
                let quiet = self.to_server.is_quiet() && self.to_client.is_quiet() && self.conversation.is_idle();
                if self.draining && quiet { Poll::Ready(End::Drained) } else { Poll::Pending }
            }
        }
    }

    fn poll_to_server(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        let server = |_| Broken::Server;
        let mut wanted = self.walk_client();
        loop {
            ready!(self.to_server.poll_write(cx, &mut self.server)).map_err(server)?;
            // A client that does not read before it has written gets rid of some more than the frame that waits.
            let full = self.to_server.buffer.len() >= LARGE_BYTES;
            if self.waiting && (full || self.to_server.finished) {
                return Poll::Pending;
            }
            if self.to_server.finished {
                // Half a frame, if there is one, is the client's own: the server sees what a direct connection would show it.
                self.to_server.cleared = self.to_server.buffer.len();
                ready!(self.to_server.poll_write(cx, &mut self.server)).map_err(server)?;
                return Pin::new(&mut self.server).poll_shutdown(cx).map_err(server);
            }
            let n = ready!(self.to_server.poll_read(cx, &mut self.client, wanted)).map_err(Broken::Client)?;
            self.to_server.finished = n == 0;
            wanted = self.walk_client();
        }
    }

    /// Walks the client's frames as far as they are there; returns how many bytes the next one needs.
    fn walk_client(&mut self) -> usize {
        self.waiting = false;
        let dir = &mut self.to_server;
        loop {
            if self.poisoned {
                // What stands before it still goes; the rest is no message.
                dir.buffer.truncate(dir.cleared);
                return 0;
            }
            if dir.passing > 0 {
                dir.pass(dir.passing);
            }
            let rest = &dir.buffer[dir.cleared..];
            if dir.passing > 0 || rest.is_empty() {
                return 0;
            }
            let header = match frame::header(rest) {
                None => return HEADER_BYTES,
                Some(Ok(header)) if frame::is_frontend_tag(header.tag) => header,
                Some(_) => {
                    // The server says in its own words, at its own moment, that this is no message.
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
            match self.conversation.from_client(header.tag, body, want == Want::Body) {
                Verdict::Replace(bytes) => dir.replace(header.total, &bytes),
                Verdict::Before(bytes) => dir.replace(0, &bytes),
                Verdict::Wait => {
                    self.waiting = true;
                    return 0;
                }
                Verdict::Pass | Verdict::Swallow => dir.pass(header.total),
            }
        }
    }

    fn poll_to_client(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut wanted = 0;
        loop {
            ready!(self.to_client.poll_write(cx, &mut self.client))?;
            if self.to_client.finished {
                if self.conversation.awaits_own_reply() {
                    // What is left is half a reply that is not the client's.
                    self.to_client.buffer.truncate(self.to_client.cleared);
                }
                self.to_client.cleared = self.to_client.buffer.len();
                ready!(self.to_client.poll_write(cx, &mut self.client))?;
                return Pin::new(&mut self.client).poll_shutdown(cx);
            }
            // A reset is an end like any other: what came before it still goes to the client.
            let n = ready!(self.to_client.poll_read(cx, &mut self.server, wanted)).unwrap_or(0);
            self.to_client.finished = n == 0;
            wanted = self.walk_server();
        }
    }

    fn walk_server(&mut self) -> usize {
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
                // Not a frame: the server is no PostgreSQL, or speaks a protocol that is none of ours. Let the client judge.
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
            // What waits for an answer may go on.
            self.answered |= self.waiting;
            match self.conversation.from_server(header.tag, body) {
                Verdict::Replace(bytes) => dir.replace(header.total, &bytes),
                Verdict::Swallow if read || rest.len() >= header.total => dir.replace(header.total, &[]),
                // Too long to be an answer to a question of ours.
                Verdict::Pass | Verdict::Before(_) | Verdict::Wait | Verdict::Swallow => dir.pass(header.total),
            }
        }
    }

    /// Tells the client that an administrator ended the session, if it stands between two frames, and closes both sides.
    pub async fn end_with_admin_shutdown(&mut self) {
        const PATIENCE: Duration = Duration::from_secs(1);
        // A farewell lets the server end in order; it rolls back what is open either way.
        let between_frames = self.to_server.passing == 0 && !self.to_server.has_output();
        if between_frames {
            let _ = tokio::time::timeout(PATIENCE, self.server.write_all(b"X\0\0\0\x04")).await;
        }
        if self.to_client.passing == 0 {
            let mut out = Vec::new();
            let error = ClientError::new(sqlstate::ADMIN_SHUTDOWN, "terminating connection due to administrator command");
            ErrorFields::own("FATAL", &error).write(&mut out, b'E');
            let told = async {
                // What has begun to go must be whole first.
                poll_fn(|cx| self.to_client.poll_write(cx, &mut self.client)).await?;
                self.client.write_all(&out).await?;
                self.client.shutdown().await
            };
            let _ = tokio::time::timeout(PATIENCE, told).await;
        }
    }
}
