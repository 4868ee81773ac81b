//! A fake server with as much of the protocol as the tests need, which can become silent or die after any byte.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::frames::frame;

/// How a connection ends when its bytes are used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Death {
    /// In order: FIN.
    Close,
    /// At once: RST.
    Reset,
}

/// A scripted server on loopback.
#[derive(Debug)]
pub(crate) struct Fake {
    pub(crate) address: SocketAddr,
    state: Arc<State>,
    task: tokio::task::JoinHandle<()>,
}

#[derive(Debug)]
struct State {
    /// Bytes that the next connections may send.
    budget: AtomicUsize,
    reset: AtomicUsize,
    open: AtomicUsize,
    /// What the last connection has said, without answers to the proxy's own question.
    visible: std::sync::Mutex<Vec<u8>>,
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Fake {
    /// Listens; connections live until the peer leaves.
    pub(crate) async fn start() -> Fake {
        Fake::start_on("127.0.0.1:0").await
    }

    /// The same at an address.
    pub(crate) async fn start_on(address: &str) -> Fake {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            budget: AtomicUsize::new(usize::MAX),
            reset: AtomicUsize::new(0),
            open: AtomicUsize::new(0),
            visible: Default::default(),
        });
        let shared = state.clone();
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let state = shared.clone();
                tokio::spawn(async move {
                    state.open.fetch_add(1, Ordering::SeqCst);
                    // Its bytes must have left when it dies.
                    socket.set_nodelay(true).unwrap();
                    let linger = (state.reset.load(Ordering::SeqCst) > 0).then_some(Duration::ZERO);
                    socket2::SockRef::from(&socket).set_linger(linger).unwrap();
                    let budget = state.budget.load(Ordering::SeqCst);
                    let mut talk = Talk::new(socket, budget);
                    let _ = talk.run().await;
                    *state.visible.lock().unwrap() = std::mem::take(&mut talk.visible);
                    drop(talk);
                    state.open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        Fake { address, state, task }
    }

    /// From now on a connection dies after it has said so many bytes.
    pub(crate) fn dies_after(&self, bytes: usize, how: Death) {
        self.state.budget.store(bytes, Ordering::SeqCst);
        self.state.reset.store(usize::from(how == Death::Reset), Ordering::SeqCst);
    }

    /// Connections that are open now.
    pub(crate) fn open(&self) -> usize {
        self.state.open.load(Ordering::SeqCst)
    }

    /// What the connection that ended last had said, without answers to the proxy's own question.
    pub(crate) fn visible(&self) -> Vec<u8> {
        self.state.visible.lock().unwrap().clone()
    }
}

/// One conversation of the fake server.
pub(crate) struct Talk<S> {
    socket: S,
    budget: usize,
    /// Said so far, as far as it was for the client.
    pub(crate) visible: Vec<u8>,
}

/// Names that only the proxy's own question has.
const OWN: &[u8] = b"esclusa question";

impl<S: AsyncRead + AsyncWrite + Unpin> Talk<S> {
    pub(crate) fn new(socket: S, budget: usize) -> Self {
        Talk { socket, budget, visible: Vec::new() }
    }

    async fn say(&mut self, bytes: &[u8], own: bool) -> std::io::Result<()> {
        let now = bytes.len().min(self.budget);
        self.budget -= now;
        self.socket.write_all(&bytes[..now]).await?;
        if !own {
            self.visible.extend_from_slice(&bytes[..now]);
        }
        if now < bytes.len() { Err(std::io::ErrorKind::BrokenPipe.into()) } else { Ok(()) }
    }

    /// Talks until the peer leaves or the bytes are used up.
    pub(crate) async fn run(&mut self) -> std::io::Result<()> {
        let length = self.socket.read_u32().await? as usize;
        let mut startup = vec![0; length - 4];
        self.socket.read_exact(&mut startup).await?;
        if startup.starts_with(&crate::frames::CANCEL.to_be_bytes()) {
            return Ok(());
        }
        self.say(&log_in(), false).await?;
        let mut own = false;
        let mut body = Vec::new();
        loop {
            let tag = self.socket.read_u8().await?;
            let length = self.socket.read_u32().await? as usize - 4;
            body.resize(length, 0);
            self.socket.read_exact(&mut body).await?;
            own |= memchr::memmem::find(&body, OWN).is_some();
            match tag {
                b'Q' => self.say(&[row(b"1"), complete("SELECT 1"), ready()].concat(), false).await?,
                b'P' => self.say(&frame(b'1', &[]), own).await?,
                b'B' => self.say(&frame(b'2', &[]), own).await?,
                b'D' => self.say(&frame(b'n', &[]), own).await?,
                b'E' if own => self.say(&[row(b"public"), complete("SELECT 1")].concat(), true).await?,
                b'E' => self.say(&[row(b"1"), complete("SELECT 1")].concat(), false).await?,
                b'C' => self.say(&frame(b'3', &[]), own).await?,
                // The message that was held back replaces this one.
                b'S' => self.say(&ready(), std::mem::take(&mut own)).await?,
                b'X' => return Ok(()),
                _ => {}
            }
        }
    }
}

/// A server's messages to a client that logs in without a password.
pub(crate) fn log_in() -> Vec<u8> {
    [
        frame(b'R', &[&[0; 4]]),
        frame(b'S', &[b"client_encoding\0UTF8\0"]),
        frame(b'S', &[b"server_version\x0015.0\0"]),
        frame(b'K', &[&[0, 0, 0, 7, 1, 2, 3, 4]]),
        ready(),
    ]
    .concat()
}

/// A row of one column, without its description.
pub(crate) fn row(value: &[u8]) -> Vec<u8> {
    frame(b'D', &[&1u16.to_be_bytes(), &(value.len() as u32).to_be_bytes(), value])
}

pub(crate) fn complete(tag: &str) -> Vec<u8> {
    frame(b'C', &[tag.as_bytes(), &[0]])
}

pub(crate) fn ready() -> Vec<u8> {
    frame(b'Z', &[b"I"])
}
