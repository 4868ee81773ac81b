//! The program itself, that it can be killed, and clients that remember what they were answered.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use esclusa::config::Address;
use esclusa::twin::Client;
use esclusa::twin::answer::Reply;
use rustix::process::{Pid, Signal, kill_process};

/// A running `esclusa serve`.
pub(crate) struct Process {
    child: Child,
    log: Arc<Mutex<String>>,
    pub(crate) address: Address,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Process {
    /// Starts it in front of a database; returns when it serves.
    pub(crate) fn start(server: u16, database: &str, rules: &Path, spool: &Path, span: Duration) -> Process {
        Process::start_with(server, database, rules, spool, span, &[])
    }

    /// The same with more in its environment.
    pub(crate) fn start_with(
        server: u16,
        database: &str,
        rules: &Path,
        spool: &Path,
        span: Duration,
        more: &[(&str, &str)],
    ) -> Process {
        let mut command = Command::new(env!("CARGO_BIN_EXE_esclusa"));
        command.arg("serve");
        Process::start_by(command, server, database, rules, spool, span, more)
    }

    /// The same by another command, which becomes the program.
    pub(crate) fn start_by(
        mut command: Command,
        server: u16,
        database: &str,
        rules: &Path,
        spool: &Path,
        span: Duration,
        more: &[(&str, &str)],
    ) -> Process {
        let span = format!("{}ms", span.as_millis());
        let mut child = command
            .env("ESCLUSA_LISTEN_ADDRESS", "127.0.0.1:0")
            .env("ESCLUSA_CONSOLE_ADDRESS", "127.0.0.1:0")
            .env("ESCLUSA_UPSTREAM_ADDRESS", format!("127.0.0.1:{server}"))
            .env("ESCLUSA_RULES_DIRECTORY", rules)
            .env("ESCLUSA_CONTROL_URL", format!("postgres://postgres@127.0.0.1:{server}/{database}"))
            .env("ESCLUSA_CONTROL_SPOOL", spool)
            .env("ESCLUSA_CONTROL_SPOOL_INTERVAL", &span)
            .env("ESCLUSA_CONTROL_FLUSH_INTERVAL", &span)
            .env("ESCLUSA_LISTEN_DRAIN_TIMEOUT", "1s")
            .env("ESCLUSA_UPSTREAM_ACCEPT_TRUST", "true")
            .envs(more.iter().copied())
            .env_remove("RUST_LOG")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let (errors, lines) = (child.stderr.take().unwrap(), log.clone());
        std::thread::spawn(move || {
            for line in BufReader::new(errors).lines().map_while(Result::ok) {
                lines.lock().unwrap().push_str(&format!("{line}\n"));
            }
        });
        let mut process = Process { child, log, address: Address::Tcp("127.0.0.1".into(), 0) };
        let began = Instant::now();
        while !process.log().contains("esclusa serves") {
            assert!(
                process.child.try_wait().unwrap().is_none() && began.elapsed() < Duration::from_secs(60),
                "{}",
                process.log()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
        let port = process.log().split(" address=127.0.0.1:").nth(1).and_then(|t| t.split(' ').next()?.parse().ok()).unwrap();
        process.address = Address::Tcp("127.0.0.1".into(), port);
        process
    }

    /// What it has said.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// The process.
    #[allow(dead_code, reason = "tests/killed.rs has somebody else kill it")]
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// kill -9.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and its end.
    pub(crate) fn terminate(&mut self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
        let began = Instant::now();
        while self.child.try_wait().unwrap().is_none() {
            assert!(began.elapsed() < Duration::from_secs(60), "it does not end\n{}", self.log());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// What a client has done.
pub(crate) struct Done {
    pub(crate) sent: usize,
    pub(crate) answers: Vec<Instant>,
}

/// Sends statements on a legacy table until a moment, connecting anew as long as it can.
pub(crate) async fn client(address: Address, name: &str, until: tokio::time::Instant) -> Done {
    let mut done = Done { sent: 0, answers: Vec::new() };
    let parameters =
        [("user", "postgres"), ("application_name", name), ("database", "postgres"), ("search_path", "cf_quere_pro")];
    while tokio::time::Instant::now() < until {
        let Ok(mut client) = Client::connect(&address, &parameters).await else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        while tokio::time::Instant::now() < until {
            done.sent += 1;
            match client.query("SELECT count(*) FROM tipocorreo").await {
                Ok(answer) if answer.error().is_none() && matches!(answer.0.last(), Some(Reply::Ready(_))) => {
                    done.answers.push(Instant::now());
                }
                _ => break,
            }
        }
    }
    done
}
