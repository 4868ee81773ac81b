//! A way to the database that a test can cut: before it, or exactly between a COMMIT of hits and its answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use esclusa::config::Url;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A relay on a port of its own.
pub(crate) struct Relay {
    port: u16,
    state: Arc<State>,
}

struct State {
    server: u16,
    /// Answers that are still to be cut off.
    to_cut: AtomicUsize,
    cuts: AtomicUsize,
    refuses: watch::Sender<bool>,
}

impl Relay {
    pub(crate) async fn start(server: u16) -> Relay {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State { server, to_cut: 0.into(), cuts: 0.into(), refuses: watch::Sender::new(false) });
        let shared = state.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(relay(client, shared.clone()));
            }
        });
        Relay { port, state }
    }

    /// The URL of a database behind it.
    pub(crate) fn url(&self, database: &str) -> Url {
        Url::new(format!("postgres://postgres@127.0.0.1:{}/{database}", self.port))
    }

    /// So many answers to a COMMIT of hits never arrive.
    pub(crate) fn cut_commits(&self, count: usize) {
        self.state.to_cut.store(count, Ordering::SeqCst);
    }

    /// Those that did not.
    pub(crate) fn cuts(&self) -> usize {
        self.state.cuts.load(Ordering::SeqCst)
    }

    /// Whether nobody gets through; who is, is cut off.
    pub(crate) fn refuse(&self, refuses: bool) {
        self.state.refuses.send_replace(refuses);
    }
}

async fn relay(mut client: TcpStream, state: Arc<State>) {
    let mut refuses = state.refuses.subscribe();
    if *refuses.borrow() {
        return;
    }
    let mut server = TcpStream::connect(("127.0.0.1", state.server)).await.unwrap();
    let (mut from_client, mut to_client) = client.split();
    let (mut from_server, mut to_server) = server.split();
    // Whether the transaction that is open writes hits. The recorder prepares its statements once a connection, so that a later
    // transaction sends a Bind of the statement and no text.
    let writes_hits = AtomicBool::new(false);
    let requests = async {
        let (mut bytes, mut hits) = (vec![0; 65_536], Hits::default());
        while let Ok(n @ 1..) = from_client.read(&mut bytes).await {
            writes_hits.fetch_or(hits.are_written_by(&bytes[..n]), Ordering::SeqCst);
            if to_server.write_all(&bytes[..n]).await.is_err() {
                break;
            }
        }
    };
    let answers = async {
        let mut bytes = vec![0; 65_536];
        while let Ok(n @ 1..) = from_server.read(&mut bytes).await {
            let committed = bytes[..n].windows(7).any(|w| w == b"COMMIT\0") && writes_hits.swap(false, Ordering::SeqCst);
            // Every second one, so that something gets through too.
            if committed && state.to_cut.load(Ordering::SeqCst) > 0 && state.cuts.load(Ordering::SeqCst).is_multiple_of(2) {
                state.cuts.fetch_add(1, Ordering::SeqCst);
                return;
            }
            if committed && state.to_cut.load(Ordering::SeqCst) > 0 {
                state.cuts.fetch_add(1, Ordering::SeqCst);
            }
            if to_client.write_all(&bytes[..n]).await.is_err() {
                break;
            }
        }
    };
    tokio::select! {
        () = requests => {}
        () = answers => {}
        _ = refuses.wait_for(|refuses| *refuses) => {}
    }
}

/// What a client sends, message by message, and its prepared statements that write hits.
#[derive(Default)]
struct Hits {
    /// The beginning of a message whose end has not arrived.
    rest: Vec<u8>,
    statements: Vec<Vec<u8>>,
}

impl Hits {
    /// Whether one of the messages that end in these bytes writes hits: a Bind of the prepared statement, or a text.
    fn are_written_by(&mut self, bytes: &[u8]) -> bool {
        self.rest.extend_from_slice(bytes);
        let mut written = false;
        loop {
            // The requests for encryption and the start-up message have no tag: they begin with the first byte of their length, a zero.
            let tag_length = usize::from(self.rest.first().is_some_and(|first| *first != 0));
            let length = self.rest.get(tag_length..tag_length + 4).map(|l| u32::from_be_bytes(l.try_into().unwrap()) as usize);
            let Some(end) = length.map(|l| tag_length + l).filter(|end| *end <= self.rest.len()) else { return written };
            let message: Vec<u8> = self.rest.drain(..end).collect();
            if tag_length == 1 {
                written |= self.writes(message[0], &message[5..]);
            }
        }
    }

    fn writes(&mut self, tag: u8, body: &[u8]) -> bool {
        let holds_insert = || body.windows(22).any(|w| w == b"INTO esclusa.hit_total");
        let mut names = body.split(|b| *b == 0);
        match tag {
            b'P' if holds_insert() => {
                self.statements.extend(names.next().map(<[u8]>::to_vec));
                false
            }
            b'B' => names.nth(1).is_some_and(|name| self.statements.iter().any(|s| s == name)),
            b'Q' => holds_insert(),
            _ => false,
        }
    }
}
