//! A PostgreSQL server of its own: a fresh cluster in a scratch directory on a free port, stopped and removed whatever happens.
//!
//! PostgreSQL refuses to run as root; as root the server runs as user `postgres` (or `nobody`). A watch beside it hangs on a pipe of
//! this process: when the process dies, however it dies, the pipe closes, the server ends, and its directory goes.

use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::catalog::Database;
use crate::config::Url;
use crate::error::{Error, Result};

/// A server that takes longer to start or stop has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running private server.
#[derive(Debug)]
pub struct Postgres {
    /// The port on 127.0.0.1.
    pub port: u16,
    /// The directory with the cluster, its log and its socket.
    pub directory: PathBuf,
    child: Child,
    watch: Child,
}

/// How the server is set up.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The port; a free one if none is given.
    pub port: Option<u16>,
    /// Lines for postgresql.conf.
    pub settings: Vec<String>,
    /// Where PostgreSQL's programs are; [`bin_directory`] if not given.
    pub programs: Option<PathBuf>,
    /// The port of the private server that it is to be a streaming standby of; without one it is a fresh cluster.
    pub standby_of: Option<u16>,
}

impl Postgres {
    /// Makes a cluster and starts it; returns when it answers. A free port may be taken by another before the server has it: then again.
    pub async fn start(options: &Options) -> Result<Postgres> {
        for _ in 0..3 {
            match Postgres::start_once(options).await {
                Err(error) if options.port.is_none() => tracing::debug!(%error, "once more"),
                started => return started,
            }
        }
        Postgres::start_once(options).await
    }

    async fn start_once(options: &Options) -> Result<Postgres> {
        let bin = options.programs.clone().map_or_else(bin_directory, Ok)?;
        let owner = owner()?;
        let scratch = Scratch::new(owner)?;
        let directory = scratch.0.clone();
        let data = directory.join("data");
        let run = |program: &str| {
            let mut command = Command::new(bin.join(program));
            command.current_dir(&directory).env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
            if let Some((uid, gid)) = owner {
                command.uid(uid).gid(gid);
            }
            command
        };
        if let Some(primary) = options.standby_of {
            let mut copy = run("pg_basebackup");
            copy.arg("-D").arg(&data).args(["-h", "127.0.0.1", "-U", "postgres", "-R", "-c", "fast", "--no-sync", "-p"]);
            succeed(copy.arg(primary.to_string()).output(), "pg_basebackup")?;
        } else {
            let mut initdb = run("initdb");
            initdb.arg("-D").arg(&data).args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]);
            succeed(initdb.output(), "initdb")?;
        }
        let port = match options.port {
            Some(port) => port,
            None => free_port()?,
        };
        let settings = format!(
            "\nlisten_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = '{}'\nfsync = off\nsynchronous_commit = off\n\
             full_page_writes = off\nmax_connections = 300\nshared_buffers = 256MB\nmax_wal_size = 4GB\nmax_locks_per_transaction = 512\n\
             max_prepared_transactions = 10\n{}\n",
            directory.display(),
            options.settings.join("\n")
        );
        let conf = data.join("postgresql.conf");
        let mut file =
            std::fs::OpenOptions::new().append(true).open(&conf).map_err(|e| Error::io("writing postgresql.conf", e))?;
        file.write_all(settings.as_bytes()).map_err(|e| Error::io("writing postgresql.conf", e))?;
        let log = std::fs::File::create(directory.join("log")).map_err(|e| Error::io("creating the server's log", e))?;
        let mut command = run("postgres");
        // A group of its own: Ctrl-C on the terminal is for us, who end the server when we end.
        command.arg("-D").arg(&data).stdout(Stdio::null()).stderr(log).process_group(0);
        let mut child = command.spawn().map_err(|e| Error::io("starting PostgreSQL", e))?;
        let watch = watch(child.id(), &directory).inspect_err(|_| {
            let _ = child.kill();
        })?;
        // From here on the watch removes the directory, whatever becomes of this process.
        scratch.keep();
        let mut server = Postgres { port, directory, child, watch };
        server.wait_until_ready().await?;
        Ok(server)
    }

    /// Asks by the socket in the server's own directory: on the port another server might answer.
    async fn wait_until_ready(&mut self) -> Result<()> {
        let started = Instant::now();
        let own = Url::new(format!("host={} port={} user=postgres dbname=postgres", self.directory.display(), self.port));
        while Database::connect(&own, None).await.is_err() {
            let ended = self.child.try_wait().map_err(|e| Error::io("waiting for PostgreSQL", e))?;
            if ended.is_some() || started.elapsed() > PATIENCE {
                let log = std::fs::read_to_string(self.directory.join("log")).unwrap_or_default();
                return Err(Error::Refused {
                    message: "the private PostgreSQL did not start".into(),
                    detail: Some(log),
                    hint: None,
                });
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// Connects as its superuser.
    pub async fn connect(&self, database: &str) -> Result<Database> {
        Database::connect(&self.url(database), None).await
    }

    /// The URL of a database for its superuser.
    pub fn url(&self, database: &str) -> Url {
        Url::new(format!("postgres://postgres@127.0.0.1:{}/{database}", self.port))
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.watch.stdin.take());
        let started = Instant::now();
        let running = |child: &mut Child| matches!(child.try_wait(), Ok(None));
        // Both are asked each time: the watch lasts until the server has been waited for.
        while (running(&mut self.child) | running(&mut self.watch)) && started.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// A process that waits for its pipe to close, then ends the server at once and throws the cluster away, with whatever was put beside it.
/// It gives up on a server that nobody waits for, once that is long dead.
fn watch(server: u32, directory: &Path) -> Result<Child> {
    let script = "cat >/dev/null; n=0; while kill -QUIT \"$0\" 2>/dev/null && [ $n -lt 600 ]; do sleep 0.05; n=$((n + 1)); done; rm -rf \"$1\"";
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", script, &server.to_string()]).arg(directory).current_dir("/").process_group(0);
    shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    shell.spawn().map_err(|e| Error::io("starting the watch over PostgreSQL", e))
}

/// A port that nobody listens on at this moment. If possible, one below those that the system itself gives to connections (Linux:
/// `net.ipv4.ip_local_port_range`, from 32768), so that no connection takes it before it is used.
pub fn free_port() -> Result<u16> {
    for _ in 0..100 {
        let port = 10_000 + rand::random::<u16>() % 22_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|e| Error::io("looking for a free port", e))?;
    listener.local_addr().map(|a| a.port()).map_err(|e| Error::io("looking for a free port", e))
}

/// Where PostgreSQL's programs are: `ESCLUSA_PG_BIN`, Debian's directory for version 15, or beside pg_config.
pub fn bin_directory() -> Result<PathBuf> {
    if let Some(bin) = std::env::var_os("ESCLUSA_PG_BIN") {
        return Ok(bin.into());
    }
    let debian = PathBuf::from("/usr/lib/postgresql/15/bin");
    if debian.join("initdb").exists() {
        return Ok(debian);
    }
    let output = succeed(Command::new("pg_config").arg("--bindir").output(), "pg_config")?;
    let bin = PathBuf::from(output.trim());
    if bin.join("initdb").exists() {
        return Ok(bin);
    }
    Err(Error::usage("PostgreSQL's server programs were not found; install postgresql-15, or set ESCLUSA_PG_BIN"))
}

fn succeed(output: std::io::Result<std::process::Output>, program: &str) -> Result<String> {
    let output = output.map_err(|e| Error::io(format!("running {program}"), e))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(Error::Refused { message: format!("{program} failed ({})", output.status), detail: Some(said), hint: None })
}

/// Uid and gid to run the server with; `None` when this process is no root.
fn owner() -> Result<Option<(u32, u32)>> {
    let root = std::fs::metadata("/proc/self").map(|m| std::os::unix::fs::MetadataExt::uid(&m) == 0).unwrap_or(false);
    if !root {
        return Ok(None);
    }
    let passwd = std::fs::read_to_string("/etc/passwd").map_err(|e| Error::io("reading /etc/passwd", e))?;
    let entry = |name: &str| {
        let line = passwd.lines().find(|l| l.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    let found = entry("postgres").or_else(|| entry("nobody"));
    found.map(Some).ok_or_else(|| Error::usage("PostgreSQL refuses to run as root, and there is no user postgres or nobody"))
}

/// A directory of our own that the server's user owns; it is removed unless it is kept.
struct Scratch(PathBuf);

impl Scratch {
    fn new(owner: Option<(u32, u32)>) -> Result<Scratch> {
        use std::sync::atomic::{AtomicU32, Ordering};
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("esclusa-pg-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let directory: PathBuf = Path::new("/tmp").join(name);
        let _ = std::fs::remove_dir_all(&directory);
        std::fs::create_dir(&directory).map_err(|e| Error::io(format!("creating {}", directory.display()), e))?;
        let scratch = Scratch(directory);
        if let Some((uid, gid)) = owner {
            std::os::unix::fs::chown(&scratch.0, Some(uid), Some(gid))
                .map_err(|e| Error::io("giving away the scratch directory", e))?;
        }
        Ok(scratch)
    }

    fn keep(mut self) {
        self.0 = PathBuf::new();
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if !self.0.as_os_str().is_empty() {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}
