//! The two sides on which a client's program is run, and the comparison of its output.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock};
use std::time::{Duration, Instant};

use esclusa::config::Address;
use esclusa::demo::stage::{APPLICATION, LEGACY, Plot, Stage, TARGET};
use esclusa::rewrite::HitOutcome;

/// A client that takes longer is considered hung.
const PATIENCE: Duration = Duration::from_secs(300);

/// The stage, and the runtime that it lives on: that of a test ends with the test.
struct Theatre {
    stage: Stage,
    runtime: tokio::runtime::Handle,
}

/// Nothing drops it: the server ends, and its directory goes, when the test process does.
static THEATRE: OnceLock<Theatre> = OnceLock::new();
/// The tests share databases, so they run one at a time.
static TURN: Mutex<()> = Mutex::new(());

fn theatre() -> &'static Theatre {
    THEATRE.get_or_init(|| {
        let (built, stage) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let mut plot = Plot::default();
            // Nothing may change the sizes and statistics that a client prints between its two runs.
            plot.server.settings = vec!["autovacuum = off".into()];
            let stage = runtime.block_on(Stage::build(&plot, &mut |_| ())).unwrap();
            built.send(Theatre { stage, runtime: runtime.handle().clone() }).unwrap();
            runtime.block_on(std::future::pending::<()>());
        });
        stage.recv().expect("the stage was not built")
    })
}

/// A turn on the stage.
pub(crate) struct Sides {
    theatre: &'static Theatre,
    _turn: MutexGuard<'static, ()>,
}

/// Where a client connects to.
#[derive(Debug, Clone)]
pub(crate) struct Side {
    /// Its name in a reported difference.
    pub(crate) name: &'static str,
    pub(crate) port: u16,
    /// The ports of both sides: the only thing that differs by nature, so it is removed from the output.
    pub(crate) ports: [u16; 2],
    pub(crate) database: &'static str,
    pub(crate) user: &'static str,
}

impl Sides {
    pub(crate) fn take() -> Sides {
        // A test that failed leaves the lock poisoned, not the stage.
        let turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        Sides { theatre: theatre(), _turn: turn }
    }

    pub(crate) fn stage(&self) -> &'static Stage {
        &self.theatre.stage
    }

    /// Runs a future on the stage's own runtime.
    pub(crate) fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.theatre.runtime.block_on(future)
    }

    fn ports(&self) -> [u16; 2] {
        let Address::Tcp(_, port) = self.stage().proxy.address else { panic!("the proxy listens on no port") };
        [self.stage().postgres.port, port]
    }

    /// One database, directly and through the proxy, as its superuser.
    pub(crate) fn plain(&self) -> [Side; 2] {
        let side = |name, port| Side { name, port, ports: self.ports(), database: TARGET, user: "postgres" };
        let [direct, proxied] = self.ports();
        [side("direct", direct), side("proxied", proxied)]
    }

    /// The legacy tables directly, and the consolidated ones through the proxy, as the application.
    pub(crate) fn legacy(&self) -> [Side; 2] {
        let side = |name, port, database| Side { name, port, ports: self.ports(), database, user: APPLICATION };
        let [direct, proxied] = self.ports();
        [side("direct", direct, LEGACY), side("proxied", proxied, TARGET)]
    }

    /// How many hits have been rewritten so far.
    pub(crate) fn rewritten(&self) -> u64 {
        let totals = self.stage().proxy.shared.traffic.totals();
        totals.iter().filter(|t| t.outcome == HitOutcome::Rewritten.name()).map(|t| t.count.hits).sum()
    }
}

/// Runs the same program on both sides, and compares the whole output. Returns it.
pub(crate) fn same(what: &str, sides: &[Side; 2], program: impl Fn() -> Run) -> Said {
    let [direct, proxied] = sides.each_ref().map(|side| program().on(side));
    compare(what, &direct, &proxied);
    direct
}

/// A program to be run.
pub(crate) struct Run {
    command: Command,
    input: Vec<u8>,
}

/// The result of a program.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Said {
    /// Its exit code.
    pub(crate) code: Option<i32>,
    pub(crate) output: String,
    pub(crate) errors: String,
}

impl Run {
    pub(crate) fn new(program: impl AsRef<std::ffi::OsStr>) -> Run {
        Run { command: Command::new(program), input: Vec::new() }
    }

    pub(crate) fn args<A: AsRef<std::ffi::OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Run {
        self.command.args(args);
        self
    }

    pub(crate) fn arg(mut self, arg: impl AsRef<std::ffi::OsStr>) -> Run {
        self.command.arg(arg);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Run {
        self.command.env(name, value);
        self
    }

    pub(crate) fn directory(mut self, directory: &std::path::Path) -> Run {
        self.command.current_dir(directory);
        self
    }

    /// What it reads from its standard input.
    pub(crate) fn input(mut self, input: impl Into<Vec<u8>>) -> Run {
        self.input = input.into();
        self
    }

    /// Runs it with libpq's variables set for a side.
    pub(crate) fn on(mut self, side: &Side) -> Said {
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("PG")) {
            self.command.env_remove(name);
        }
        let home = scratch();
        self.command
            .env("PGHOST", "127.0.0.1")
            .env("PGPORT", side.port.to_string())
            .env("PGDATABASE", side.database)
            .env("PGUSER", side.user)
            .env("PGTZ", "America/Mexico_City")
            .env("PGOPTIONS", "-c search_path=cf_quere_pro,public")
            .env("PGAPPNAME", "a real client")
            .env("LC_ALL", "C.UTF-8")
            .env("HOME", &home);
        let mut said = self.run(&format!("on side {}", side.name));
        for stream in [&mut said.output, &mut said.errors] {
            *stream = side.ports.iter().fold(std::mem::take(stream), |text, port| text.replace(&port.to_string(), "<port>"));
        }
        said
    }

    /// Runs it as it is.
    pub(crate) fn run(mut self, why: &str) -> Said {
        let program = format!("{:?} {why}", self.command.get_program());
        let mut child = self
            .command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|e| panic!("{program} does not start ({e}); `make deps` installs what the tests need"));
        let mut stdin = child.stdin.take().unwrap();
        let input = std::mem::take(&mut self.input);
        let (done, ended) = std::sync::mpsc::channel::<()>();
        let id = rustix::process::Pid::from_child(&child);
        // The one limit on a client's time; it kills by the id of a child that has not been waited for, which is still its own.
        let watch = std::thread::spawn(move || {
            let begun = Instant::now();
            let late = ended.recv_timeout(PATIENCE) == Err(std::sync::mpsc::RecvTimeoutError::Timeout);
            if late {
                let _ = rustix::process::kill_process(id, rustix::process::Signal::KILL);
            }
            late.then(|| begun.elapsed())
        });
        // A program may end without reading everything.
        let feed = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let errors = std::thread::spawn(move || read(&mut err));
        let output = read(&mut out);
        let errors = errors.join().unwrap();
        let _ = done.send(());
        let late = watch.join().unwrap();
        let status = child.wait().unwrap();
        feed.join().unwrap();
        assert!(late.is_none(), "{program} did not end in {late:?}; it had printed:\n{output}\n{errors}");
        Said { code: status.code(), output, errors }
    }
}

fn read(from: &mut impl std::io::Read) -> String {
    let mut bytes = Vec::new();
    from.read_to_end(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A directory for this test process's files.
pub(crate) fn scratch() -> PathBuf {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    let make = || {
        let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("clients");
        std::fs::create_dir_all(&directory).unwrap();
        directory
    };
    DIRECTORY.get_or_init(make).clone()
}

/// A file of `tests/clients`.
pub(crate) fn file(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients")).join(name)
}

/// Panics at the first line that differs. Both outputs are kept beside the client's files for inspection.
pub(crate) fn compare(what: &str, direct: &Said, proxied: &Said) {
    let name: String = what.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).take(60).collect();
    for (side, said) in [("direct", direct), ("proxied", proxied)] {
        std::fs::write(scratch().join(format!("said-{name}.{side}")), format!("{}\n{}", said.output, said.errors)).unwrap();
    }
    let pairs = [("output", &direct.output, &proxied.output), ("errors", &direct.errors, &proxied.errors)];
    for (stream, direct, proxied) in pairs {
        if direct != proxied {
            panic!("{what}: {stream} differs\n{}", first_difference(direct, proxied));
        }
    }
    assert_eq!(direct.code, proxied.code, "{what}: exit codes differ");
}

/// The first line that differs, with its context on both sides.
pub(crate) fn first_difference(direct: &str, proxied: &str) -> String {
    const AROUND: usize = 12;
    let at = direct.lines().zip(proxied.lines()).take_while(|(d, p)| d == p).count();
    let side = |text: &str| {
        let lines = text.lines().enumerate().skip(at.saturating_sub(AROUND)).take(2 * AROUND);
        lines.map(|(n, line)| format!("{}{line}\n", if n == at { "> " } else { "  " })).collect::<String>()
    };
    let count = |text: &str| text.lines().count();
    format!(
        "line {} of {} and {}\n--- direct\n{}--- proxied\n{}",
        at + 1,
        count(direct),
        count(proxied),
        side(direct),
        side(proxied)
    )
}
