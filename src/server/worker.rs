//! Workers: each is a thread with its own event loop, and gets sockets in turn. A session stays on one core, and there is no work
//! stealing (12 to 14 microseconds of CPU per transaction, against 18 to 21 with it).

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::forwarded;
use super::listen::Accepted;
use super::steering::Steering;
use super::upstream;
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::session::{self, Connect, Shared};
use crate::wire::stream::{Link as _, Stream};

/// How many sockets may wait for a worker.
const HANDOVER: usize = 1024;

/// The connection to the server behind the proxy.
#[derive(Debug)]
struct Upstream {
    steering: Arc<Steering>,
}

impl Connect for Upstream {
    type Stream = Stream;
    async fn connect(&self) -> Result<Stream> {
        let settings = self.steering.shared.settings.load_full();
        upstream::connect(&settings.upstream, &self.steering.connector.load_full()).await
    }
}

/// The running threads.
#[derive(Debug)]
pub(super) struct Workers {
    /// Where each gets its sockets from; when the senders are dropped, no more come.
    pub(super) sockets: Vec<mpsc::Sender<Accepted>>,
    /// Closed when all threads have ended: the last session is over and no socket can come.
    pub(super) ended: mpsc::Receiver<()>,
}

/// Starts the threads.
pub(super) fn start(settings: &Settings, steering: &Arc<Steering>) -> Result<Workers> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let count = if settings.listen.workers == 0 { cores } else { settings.listen.workers };
    let (running, ended) = mpsc::channel(1);
    let sockets = (0..count).map(|n| thread(n, steering.clone(), running.clone())).collect::<Result<_>>()?;
    Ok(Workers { sockets, ended })
}

fn thread(n: usize, steering: Arc<Steering>, running: mpsc::Sender<()>) -> Result<mpsc::Sender<Accepted>> {
    let failed = |e| Error::io("starting a worker", e);
    let (sender, receiver) = mpsc::channel(HANDOVER);
    let (started, start) = std::sync::mpsc::channel();
    let work = move || {
        // The runtime belongs to the thread that makes it.
        let runtime = tokio::runtime::LocalRuntime::new();
        let _ = started.send(runtime.as_ref().map(|_| ()).map_err(|e| e.kind().into()));
        if let Ok(runtime) = runtime {
            runtime.block_on(serve_all(receiver, steering));
        }
        drop(running);
    };
    std::thread::Builder::new().name(format!("worker-{n}")).spawn(work).map_err(failed)?;
    let silent = || Err(std::io::Error::other("the thread has ended"));
    start.recv().unwrap_or_else(|_| silent()).map_err(failed)?;
    Ok(sender)
}

async fn serve_all(mut sockets: mpsc::Receiver<Accepted>, steering: Arc<Steering>) {
    let mut sessions = JoinSet::new();
    loop {
        tokio::select! {
            socket = sockets.recv() => match socket {
                Some(socket) => drop(sessions.spawn_local(serve(socket, steering.clone()))),
                None => break,
            },
            Some(_) = sessions.join_next() => {}
        }
    }
    // No more sockets come; the sessions finish.
    while sessions.join_next().await.is_some() {}
}

async fn serve(socket: Accepted, steering: Arc<Steering>) {
    let shared = steering.shared.clone();
    let settings = shared.settings.load_full();
    let deadline = Instant::now() + settings.listen.startup_timeout;
    let (stream, from) = match socket.into_stream() {
        Ok(accepted) => accepted,
        Err(error) => return tracing::info!(%error, "a client's socket failed"),
    };
    let address = from.address.clone();
    let prepared = tokio::time::timeout_at(deadline, async {
        let Some((stream, from)) = forwarded::believe(stream, from, &settings.listen.proxy_protocol_from).await else {
            return Ok(None);
        };
        Ok(Some((encrypt_at_once(stream, &shared).await?, from)))
    });
    let prepared: Result<std::io::Result<_>, _> = tokio::select! {
        prepared = prepared => prepared,
        () = shared.drained() => return,
    };
    // Sessions live longer than the settings of one reload.
    drop(settings);
    match prepared {
        Ok(Ok(Some((stream, from)))) => session::run(stream, from, &Upstream { steering }, shared, deadline).await,
        Ok(Ok(None)) => {}
        Ok(Err(error)) => tracing::info!(address, %error, "a client's socket failed"),
        Err(_) => tracing::info!(address, "a client said nothing in time"),
    }
}

/// Begins TLS with a client that does not ask for it first. Like PostgreSQL 17, it requires that the client names the protocol in
/// its handshake (source, backend_startup.c).
async fn encrypt_at_once(stream: Stream, shared: &Shared) -> std::io::Result<Stream> {
    let tls = shared.tls.load_full();
    match tls.as_ref().as_ref() {
        Some(tls) if stream.begins_with_tls().await? => {
            let stream = stream.encrypt(tls).await?;
            if stream.names_protocol() { Ok(stream) } else { Err(std::io::ErrorKind::InvalidData.into()) }
        }
        _ => Ok(stream),
    }
}
