//! The built program, run as a user runs it.
#![allow(dead_code, reason = "each test crate uses what it needs")]

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use esclusa::demo::postgres;

/// Longer than a program takes here for its longest step, on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(900);
/// Longer than it takes until a change is visible.
const SOON: Duration = Duration::from_secs(60);

/// The project's own directory.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A program with its arguments, without anything of esclusa's in the environment, in the project's directory.
pub(crate) fn command(program: impl AsRef<std::ffi::OsStr>, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root()).stdin(Stdio::null()).env_remove("RUST_LOG").env("USER", "tester");
    for (key, _) in std::env::vars_os().filter(|(k, _)| k.to_string_lossy().starts_with("ESCLUSA_") && k != "ESCLUSA_PG_BIN") {
        command.env_remove(key);
    }
    command
}

/// `esclusa` with its arguments.
pub(crate) fn esclusa(arguments: &[&str]) -> Command {
    let mut command = command(env!("CARGO_BIN_EXE_esclusa"), arguments);
    // The private servers of the tests use trust authentication.
    command.env("ESCLUSA_UPSTREAM_ACCEPT_TRUST", "true");
    command
}

/// psql with its arguments: unaligned rows only, the first error ends it.
pub(crate) fn psql(arguments: &[&str]) -> Command {
    let mut all = vec!["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"];
    all.extend(arguments);
    command(postgres::bin_directory().unwrap().join("psql"), &all)
}

/// The output and exit code of a program.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs a command to its end.
pub(crate) fn said(command: &mut Command) -> Said {
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Said { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
}

/// Runs a command that must succeed; its standard output.
pub(crate) fn out(command: &mut Command) -> String {
    let said = said(command);
    assert_eq!(said.code, Some(0), "{command:?}\n{}{}", said.out, said.err);
    said.out
}

/// A running program; it is killed when dropped.
pub(crate) struct Running {
    child: Child,
    lines: mpsc::Receiver<String>,
    /// Its output so far.
    pub(crate) heard: String,
}

impl Running {
    /// Starts it, and listens to both of its outputs.
    pub(crate) fn start(command: &mut Command) -> Running {
        Running::start_with_output(command, Stdio::piped())
    }

    /// The same, with another standard output.
    pub(crate) fn start_with_output(command: &mut Command, output: Stdio) -> Running {
        let mut child = command.stdout(output).stderr(Stdio::piped()).spawn().unwrap();
        let (sender, lines) = mpsc::channel();
        let mut outputs: Vec<Box<dyn std::io::Read + Send>> = vec![Box::new(child.stderr.take().unwrap())];
        outputs.extend(child.stdout.take().map(|o| Box::new(o) as Box<dyn std::io::Read + Send>));
        for output in outputs {
            let sender = sender.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    let _ = sender.send(line);
                }
            });
        }
        Running { child, lines, heard: String::new() }
    }

    /// Waits for a line that holds `what`; returns it.
    pub(crate) fn hears(&mut self, what: &str) -> String {
        let until = Instant::now() + PATIENCE;
        loop {
            let line = self.lines.recv_timeout(until.saturating_duration_since(Instant::now()));
            let line = line.unwrap_or_else(|e| panic!("no line with `{what}`: {e}\n{}", self.heard));
            self.heard.push_str(&line);
            self.heard.push('\n');
            if line.contains(what) {
                return line;
            }
        }
    }

    /// The process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        out(&mut command("sh", &["-c", &format!("kill -{name} {}", self.id())]));
    }

    /// Waits for its end; its exit code.
    pub(crate) fn ends(&mut self) -> Option<i32> {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                self.heard.extend(self.lines.try_iter().map(|l| l + "\n"));
                return status.code();
            }
            assert!(Instant::now() < until, "still running\n{}", self.heard);
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until a condition holds.
pub(crate) fn until(what: &str, condition: impl Fn() -> bool) {
    let limit = Instant::now() + SOON;
    while !condition() {
        assert!(Instant::now() < limit, "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Processes whose command line holds `what`.
pub(crate) fn processes(what: &str) -> Vec<String> {
    let entries = std::fs::read_dir("/proc").unwrap().filter_map(|e| e.ok().map(|e| e.path()));
    let line = |path: PathBuf| {
        let mut text = Vec::new();
        std::fs::File::open(path.join("cmdline")).ok()?.read_to_end(&mut text).ok()?;
        Some(String::from_utf8_lossy(&text).replace('\0', " "))
    };
    entries.filter_map(line).filter(|l| l.contains(what)).collect()
}

/// Three such ports.
pub(crate) fn three_ports() -> u16 {
    loop {
        let port = two_ports();
        if port < u16::MAX - 1 && std::net::TcpListener::bind(("127.0.0.1", port + 2)).is_ok() {
            return port;
        }
    }
}

/// Two ports beside each other that nobody listens on at this moment.
pub(crate) fn two_ports() -> u16 {
    loop {
        let port = postgres::free_port().unwrap();
        if port < u16::MAX && std::net::TcpListener::bind(("127.0.0.1", port + 1)).is_ok() {
            return port;
        }
    }
}
