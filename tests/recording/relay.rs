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
    // Whether the transaction that is open writes hits.
    let writes_hits = AtomicBool::new(false);
    let requests = async {
        let mut bytes = vec![0; 65_536];
        while let Ok(n @ 1..) = from_client.read(&mut bytes).await {
            let holds = |text: &[u8]| bytes[..n].windows(text.len()).any(|w| w == text);
            writes_hits.fetch_or(holds(b"INTO esclusa.hit_total"), Ordering::SeqCst);
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
