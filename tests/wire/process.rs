//! The program itself, as an operator starts it: one process, measured from outside.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Instant;

use rustix::process::{Pid, Signal, kill_process};

use crate::stage::{self, PATIENCE};

/// A running `esclusa serve`.
#[derive(Debug)]
pub(crate) struct Proxy {
    child: Child,
    log: Arc<Mutex<String>>,
    pub(crate) address: SocketAddr,
    pub(crate) console: SocketAddr,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The stage's rules, in a directory of this process.
pub(crate) fn rules() -> &'static Path {
    static RULES: OnceLock<PathBuf> = OnceLock::new();
    RULES.get_or_init(|| {
        let directory = scratch("rules");
        stage::write_rules(&directory);
        directory
    })
}

/// An empty directory of this process among the machine's temporary files.
pub(crate) fn scratch(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("wire-{}-{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(&directory).unwrap();
    directory
}

/// The command, before a server; every table is rewritten. Settings as in the environment, without the prefix.
pub(crate) fn command(upstream: &str, settings: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_esclusa"));
    command
        .arg("serve")
        .env("ESCLUSA_LISTEN_ADDRESS", "127.0.0.1:0")
        .env("ESCLUSA_CONSOLE_ADDRESS", "127.0.0.1:0")
        .env("ESCLUSA_UPSTREAM_ADDRESS", upstream)
        .env("ESCLUSA_UPSTREAM_ACCEPT_TRUST", "true")
        .env("ESCLUSA_RULES_DIRECTORY", rules())
        .env("ESCLUSA_RULES_DEFAULT_MODE", "rewrite")
        .env("ESCLUSA_LISTEN_WORKERS", "2")
        .env_remove("RUST_LOG")
        // The variables of these tests are not settings of the program.
        .env_remove("ESCLUSA_FUZZ_SECONDS")
        .env_remove("ESCLUSA_SOAK_SECONDS")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    for (name, value) in settings {
        command.env(format!("ESCLUSA_{name}"), value);
    }
    command
}

impl Proxy {
    /// Starts it; returns when it serves.
    pub(crate) fn start(upstream: &str, settings: &[(&str, &str)]) -> Proxy {
        Proxy::spawn(&mut command(upstream, settings))
    }

    /// Starts a command made by [`command`].
    pub(crate) fn spawn(command: &mut Command) -> Proxy {
        let mut child = command.spawn().expect("the program starts");
        let log = Arc::new(Mutex::new(String::new()));
        let (errors, lines) = (child.stderr.take().unwrap(), log.clone());
        std::thread::spawn(move || {
            for line in BufReader::new(errors).lines().map_while(Result::ok) {
                lines.lock().unwrap().push_str(&format!("{line}\n"));
            }
        });
        let nowhere: SocketAddr = "127.0.0.1:0".parse().unwrap();
        let mut proxy = Proxy { child, log, address: nowhere, console: nowhere };
        proxy.wait_until_logged("esclusa serves");
        let log = proxy.log();
        let served = log.lines().find(|l| l.contains("esclusa serves")).unwrap();
        let named = |key: &str| served.split_once(key)?.1.split(' ').next()?.parse().ok();
        proxy.address = named(" address=").unwrap_or(nowhere);
        proxy.console = named(" console=").expect("the console's address");
        proxy
    }

    /// Waits until a text is in the log.
    pub(crate) fn wait_until_logged(&mut self, text: &str) {
        let began = Instant::now();
        while !self.log().contains(text) {
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none() && began.elapsed() < PATIENCE, "{ended:?}; no `{text}` in\n{}", self.log());
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }

    /// What it has written to standard error.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for its end.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(began.elapsed() < PATIENCE * 2, "it does not end\n{}", self.log());
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }

    /// Whether it still runs.
    pub(crate) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Its id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Open file descriptors.
    pub(crate) fn descriptors(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).unwrap().count()
    }

    /// Memory in RAM, in KiB; a debug build's text is part of it.
    pub(crate) fn rss_kib(&self) -> usize {
        self.status("VmRSS:")
    }

    /// The most that it has ever had in RAM, in KiB.
    pub(crate) fn peak_rss_kib(&self) -> usize {
        self.status("VmHWM:")
    }

    fn status(&self, line: &str) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|l| l.strip_prefix(line)).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// Waits until no more than so many descriptors are open: every session has given back what it had.
    pub(crate) async fn wait_for_descriptors(&self, limit: usize) {
        eventually(&format!("no more than {limit} descriptors are open"), || self.descriptors() <= limit).await;
    }

    /// It has neither ended nor panicked.
    pub(crate) fn assert_sound(&mut self) {
        let log = self.log();
        assert!(self.is_alive() && !log.contains("panicked"), "{log}");
    }
}

/// Waits until something holds.
pub(crate) async fn eventually(what: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "waited in vain until {what}");
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}
