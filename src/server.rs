//! Sockets, threads, signals; wires everything together and decides nothing.
//!
//! Each worker is a thread with an event loop of its own, which sockets are handed to in turn: a session stays on one core, and no
//! work is stolen (12 to 14 microseconds of CPU a transaction, against 18 to 21 with work stealing).

pub mod policy;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{Mutex, mpsc, watch};
use tokio::task::LocalSet;

use crate::catalog::Database;
use crate::config::{Address, Settings};
use crate::console::Admin;
use crate::control::{self, Change};
use crate::error::{Error, Result};
use crate::mode::Mode;
use crate::session::{self, Connect, Shared};
use crate::telemetry;
use crate::wire::stream::Stream;

/// Sockets that may wait for a worker.
const HANDOVER: usize = 1024;

/// A running proxy.
#[derive(Debug)]
pub struct Server {
    /// Where clients connect; with the port that was chosen when 0 was asked for.
    pub address: Address,
    /// Where the console listens.
    pub console: Address,
    /// What the sessions share.
    pub shared: Arc<Shared>,
    steering: Arc<Steering>,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

/// What switches modes, reloads and stops.
#[derive(Debug)]
pub struct Steering {
    shared: Arc<Shared>,
    load: Box<Loader>,
    database: Mutex<Option<Database>>,
    stop: watch::Sender<bool>,
}

/// Reads the settings again, for a reload.
pub struct Loader(Box<dyn Fn() -> Result<Settings> + Send + Sync>);

impl Loader {
    /// A reader of settings.
    pub fn new(load: impl Fn() -> Result<Settings> + Send + Sync + 'static) -> Self {
        Loader(Box::new(load))
    }
}

impl std::fmt::Debug for Loader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Loader")
    }
}

/// The way to the server behind the proxy.
#[derive(Debug, Clone)]
struct Upstream {
    shared: Arc<Shared>,
}

impl Connect for Upstream {
    type Stream = Stream;
    async fn connect(&self) -> Result<Stream> {
        let settings = self.shared.settings.load_full();
        Stream::connect(&settings.upstream.address, settings.upstream.connect_timeout).await
    }
}

/// A socket on its way to a worker.
enum Accepted {
    Tcp(std::net::TcpStream, SocketAddr),
    Unix(std::os::unix::net::UnixStream),
}

impl Server {
    /// Loads rules, modes and catalog, and begins to listen.
    pub async fn start(load: Loader) -> Result<Server> {
        let settings = (load.0)()?;
        let database = policy::control_database(&settings).await?;
        let policy = policy::build(&settings, database.as_ref(), 1).await?;
        let shared = Arc::new(Shared::new(settings.clone(), policy));
        let (stop, stopped) = watch::channel(false);
        let steering = Arc::new(Steering { shared: shared.clone(), load: Box::new(load), database: Mutex::new(database), stop });
        let workers = workers(&settings, &shared)?;
        let (listener, address) = Listener::bind(&settings.listen.address).await?;
        let (console_listener, console) = Listener::bind(&settings.console.address).await?;
        let Listener::Tcp(console_listener) = console_listener else {
            return Err(Error::usage("console.address must be a host and a port"));
        };
        let mut tasks = vec![tokio::spawn(accept(listener, workers, shared.clone(), stopped.clone()))];
        tasks.push(tokio::spawn(crate::console::serve(console_listener, shared.clone(), steering.clone() as Arc<dyn Admin>)));
        tasks.push(tokio::spawn(flush(steering.clone(), stopped.clone())));
        tasks.push(tokio::spawn(follow(steering.clone(), stopped)));
        tracing::info!(%address, %console, upstream = %settings.upstream.address, "esclusa serves");
        Ok(Server { address, console, shared, steering, tasks })
    }

    /// Waits until the proxy is told to stop, by `SHUTDOWN` or by [`Server::stop`].
    pub async fn wait(&self) {
        let mut stopped = self.steering.stop.subscribe();
        let _ = stopped.wait_for(|s| *s).await;
    }

    /// What the console uses.
    pub fn admin(&self) -> Arc<dyn Admin> {
        self.steering.clone()
    }

    /// Stops accepting, ends the sessions, writes the hits.
    pub async fn stop(self) {
        let _ = self.steering.stop.send(true);
        self.shared.clients.iter().for_each(|c| c.kill.notify_one());
        let patience = tokio::time::Instant::now() + Duration::from_secs(5);
        while !self.shared.clients.is_empty() && tokio::time::Instant::now() < patience {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.steering.flush().await;
        self.tasks.iter().for_each(|t| t.abort());
    }
}

impl Admin for Steering {
    fn set_modes<'a>(
        &'a self,
        tables: &'a [String],
        mode: Mode,
        who: &'a str,
        why: Option<&'a str>,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<Vec<Change>>> + Send + 'a>> {
        Box::pin(async move {
            let policy = self.shared.policy.load_full();
            if let Some(unknown) = tables.iter().find(|t| !policy.knows(t)) {
                return Err(Error::usage(format!("there is no rule for a table \"{unknown}\"")));
            }
            let changes = {
                let mut database = self.database.lock().await;
                match policy::alive(&mut database, &self.shared.settings.load_full()).await? {
                    Some(database) => control::set_modes(database, tables, mode, who, why).await?,
                    None => return Err(Error::usage("modes are stored in the target database: set control.url")),
                }
            };
            self.refresh().await?;
            Ok(changes)
        })
    }

    fn reload<'a>(&'a self) -> std::pin::Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>> {
        Box::pin(async move {
            let settings = (self.load.0)()?;
            let previous = self.shared.settings.swap(Arc::new(settings));
            match self.refresh().await {
                Ok(()) => Ok(()),
                Err(error) => {
                    self.shared.settings.store(previous);
                    Err(error)
                }
            }
        })
    }

    fn shutdown(&self) {
        let _ = self.stop.send(true);
    }
}

impl Steering {
    /// Builds the policy anew, from rules, modes and catalog as they are now.
    async fn refresh(&self) -> Result<()> {
        let settings = self.shared.settings.load_full();
        let mut database = self.database.lock().await;
        let database = policy::alive(&mut database, &settings).await?;
        let generation = self.shared.policy.load().generation + 1;
        self.shared.set_policy(policy::build(&settings, database.as_deref(), generation).await?);
        Ok(())
    }

    /// Writes counted hits; what cannot be written is kept.
    async fn flush(&self) {
        let (counts, statements) = self.shared.traffic.take();
        if counts.is_empty() {
            return;
        }
        let settings = self.shared.settings.load_full();
        let written = async {
            let mut database = self.database.lock().await;
            match policy::alive(&mut database, &settings).await? {
                Some(database) => control::write_hits(database, &instance(), &counts, &statements).await,
                None => Ok(()),
            }
        };
        if let Err(error) = written.await {
            tracing::warn!(%error, "hits could not be written and are kept");
            telemetry::count("esclusa_flush_failures_total");
            self.shared.traffic.give_back((counts, statements));
        }
    }
}

/// This process among the replicas.
fn instance() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    format!("{}:{}", host.trim(), std::process::id())
}

/// A socket that is listened on.
enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Listener {
    async fn bind(address: &Address) -> Result<(Listener, Address)> {
        let context = || format!("listening on {address}");
        match address {
            Address::Tcp(host, port) => {
                let listener = TcpListener::bind((host.as_str(), *port)).await.map_err(|e| Error::io(context(), e))?;
                let port = listener.local_addr().map_err(|e| Error::io(context(), e))?.port();
                Ok((Listener::Tcp(listener), Address::Tcp(host.clone(), port)))
            }
            Address::Unix(path) => {
                // A socket file that nobody answers on is left over from a process that died.
                if std::os::unix::net::UnixStream::connect(path).is_err() {
                    let _ = std::fs::remove_file(path);
                }
                let listener = UnixListener::bind(path).map_err(|e| Error::io(context(), e))?;
                Ok((Listener::Unix(listener), address.clone()))
            }
        }
    }

    async fn accept(&self) -> std::io::Result<Accepted> {
        match self {
            Listener::Tcp(listener) => listener.accept().await.and_then(|(s, a)| Ok(Accepted::Tcp(s.into_std()?, a))),
            Listener::Unix(listener) => listener.accept().await.and_then(|(s, _)| Ok(Accepted::Unix(s.into_std()?))),
        }
    }
}

/// Starts the worker threads.
fn workers(settings: &Settings, shared: &Arc<Shared>) -> Result<Vec<mpsc::Sender<Accepted>>> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let count = if settings.listen.workers == 0 { cores } else { settings.listen.workers };
    (0..count).map(|n| worker(n, shared.clone())).collect()
}

fn worker(n: usize, shared: Arc<Shared>) -> Result<mpsc::Sender<Accepted>> {
    let (sender, mut receiver) = mpsc::channel::<Accepted>(HANDOVER);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|e| Error::io("starting a worker", e))?;
    let work = move || {
        let local = LocalSet::new();
        local.block_on(&runtime, async move {
            while let Some(socket) = receiver.recv().await {
                let shared = shared.clone();
                tokio::task::spawn_local(async move {
                    if let Err(error) = serve(socket, shared).await {
                        tracing::info!(%error, "a client's socket failed");
                    }
                });
            }
        });
    };
    std::thread::Builder::new().name(format!("worker-{n}")).spawn(work).map_err(|e| Error::io("starting a worker", e))?;
    Ok(sender)
}

async fn serve(socket: Accepted, shared: Arc<Shared>) -> std::io::Result<()> {
    let (stream, address) = match socket {
        Accepted::Tcp(socket, address) => (Stream::tcp(tokio::net::TcpStream::from_std(socket)?)?, address.ip().to_string()),
        Accepted::Unix(socket) => (Stream::Unix(tokio::net::UnixStream::from_std(socket)?), "local".to_owned()),
    };
    let upstream = Upstream { shared: shared.clone() };
    session::run(stream, address, &upstream, shared).await;
    Ok(())
}

async fn accept(
    listener: Listener,
    workers: Vec<mpsc::Sender<Accepted>>,
    shared: Arc<Shared>,
    mut stopped: watch::Receiver<bool>,
) {
    let mut turn = 0;
    loop {
        let socket = tokio::select! {
            socket = listener.accept() => socket,
            _ = stopped.wait_for(|s| *s) => return,
        };
        match socket {
            Ok(socket) if shared.clients.len() >= shared.settings.load().listen.max_clients => {
                telemetry::count("esclusa_clients_refused_total");
                tokio::spawn(session::login::refuse_too_many(socket.into_stream()));
            }
            Ok(socket) => {
                turn = (turn + 1) % workers.len();
                if workers[turn].send(socket).await.is_err() {
                    tracing::error!("a worker has ended; a client was dropped");
                }
            }
            Err(error) => {
                // Out of file descriptors, most likely: a pause lets sessions end.
                tracing::warn!(%error, "a client could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

impl Accepted {
    fn into_stream(self) -> std::io::Result<Stream> {
        match self {
            Accepted::Tcp(socket, _) => Stream::tcp(tokio::net::TcpStream::from_std(socket)?),
            Accepted::Unix(socket) => tokio::net::UnixStream::from_std(socket).map(Stream::Unix),
        }
    }
}

/// Writes hits every `control.flush_interval`.
async fn flush(steering: Arc<Steering>, mut stopped: watch::Receiver<bool>) {
    loop {
        let pause = steering.shared.settings.load().control.flush_interval.max(Duration::from_millis(50));
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = stopped.wait_for(|s| *s) => return,
        }
        steering.flush().await;
    }
}

/// Follows switches that other replicas make. Whatever was announced while the connection was gone is read when it is back.
async fn follow(steering: Arc<Steering>, mut stopped: watch::Receiver<bool>) {
    loop {
        let settings = steering.shared.settings.load_full();
        if settings.control.url.is_empty() {
            return;
        }
        let listened = async {
            let password = policy::password(&settings)?;
            let (_database, mut news) = Database::listen(&settings.control.url, password.as_deref(), control::CHANNEL).await?;
            steering.refresh().await?;
            while news.recv().await.is_some() {
                steering.refresh().await?;
            }
            Ok::<(), Error>(())
        };
        tokio::select! {
            ended = listened => {
                if let Err(error) = ended {
                    tracing::warn!(%error, "switches of other replicas cannot be followed; trying again");
                }
            }
            _ = stopped.wait_for(|s| *s) => return,
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}
