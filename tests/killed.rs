//! Every step of the state machine (`migrate::machine::TRANSITIONS`), with every fault at its commit: the command killed before and after it,
//! its answer lost, the server crashed, a proxy killed; meanwhile a client writes through two proxies. The same command, run again, always
//! succeeds: the state is the intended one, no row is lost or doubled, no object is left over, and the ledger is intact.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

mod common;
#[path = "recording/process.rs"]
#[allow(dead_code, reason = "the clients are of tests/recording.rs")]
mod process;
#[path = "killed/relay.rs"]
mod relay;
#[path = "killed/writer.rs"]
mod writer;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use common::{Bed, server};
use esclusa::catalog::Database;
use esclusa::error::Error;
use esclusa::migrate::ledger;
use esclusa::migrate::machine::{State, Step, TRANSITIONS};
use esclusa::rule::file;
use process::Process;
use relay::{Fault, Relay};
use writer::Writer;

const TABLE: &str = "hisusuario";
const TABLES: &str = "CREATE TABLE usuario (id numeric(10,0) PRIMARY KEY, nombre varchar(40));
    INSERT INTO usuario SELECT i, 'u' FROM generate_series(1, 50) i;
    CREATE TABLE hisusuario (id numeric(10,0) NOT NULL, nombre varchar(40), nota text, usu varchar(10), hora timestamp);
    INSERT INTO hisusuario SELECT i % 50 + 1, 'n' || i, repeat(md5(i::text), i % 9), 'app', timestamp '2020-01-01' + i * interval '1 minute'
        FROM generate_series(1, 1500) i;
    CREATE INDEX hisusuario_id ON hisusuario (id, hora DESC)";

/// One database with two proxies, and a relay between it and the commands.
struct Stage {
    bed: Bed,
    relay: Relay,
    proxies: Vec<Process>,
    writer: Writer,
    rules: PathBuf,
    dumps: tempfile::TempDir,
    spools: Vec<tempfile::TempDir>,
}

/// The output of a command that has ended.
struct Ended {
    code: Option<i32>,
    said: String,
}

/// The retained history for a fault: each fault needs its own, because an improvement is not undone.
fn retained(fault: Fault) -> String {
    format!("hisret{}", Fault::ALL.iter().position(|f| *f == fault).unwrap())
}

impl Stage {
    async fn new() -> Stage {
        let stays: Vec<String> = Fault::ALL.iter().map(|f| retained(*f)).collect();
        let ddl: Vec<String> = stays
            .iter()
            .map(|t| format!("; CREATE TABLE {t} (id numeric(5,0) NOT NULL, x text, hora timestamp); INSERT INTO {t} SELECT i, 'x', '2026-01-01' FROM generate_series(1, 90) i"))
            .collect();
        let mut bed = Bed::new(&format!("{TABLES}{}", ddl.concat())).await;
        bed.rule(TABLE, "history", "{ base = 'usuario', user = 'usu', time = 'hora' }", "{ columns = ['id'], base = ['id'] }")
            .await;
        for table in &stays {
            bed.rule(table, "retained", "{ time = 'hora' }", "{ columns = ['id'] }").await;
        }
        // Commits confirmed to a client must survive a crash of the server.
        bed.sql(&format!("ALTER DATABASE {} SET synchronous_commit = on", bed.name())).await;
        let rules = server().await.directory.join("rules-killed");
        std::fs::create_dir_all(&rules).unwrap();
        for rule in bed.rules.rules.values() {
            std::fs::write(rules.join(format!("{}.toml", rule.table)), file::print(rule)).unwrap();
        }
        let port = server().await.port;
        let relay = Relay::start(port).await;
        let spools: Vec<_> = (0..2).map(|_| tempfile::tempdir().unwrap()).collect();
        let second = Duration::from_secs(1);
        let proxies: Vec<_> = spools.iter().map(|s| Process::start(port, bed.name(), &rules, s.path(), second)).collect();
        let writer = Writer::start(bed.name(), &proxies);
        Stage { bed, relay, proxies, writer, rules, dumps: tempfile::tempdir().unwrap(), spools }
    }

    /// Runs a command to its end, or to its death.
    async fn run(&self, arguments: &[&str], is_large: bool) -> Ended {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_esclusa"));
        command
            .args(arguments)
            .env("ESCLUSA_RULES_DIRECTORY", &self.rules)
            .env("ESCLUSA_CONTROL_URL", format!("postgres://postgres@127.0.0.1:{}/{}", self.relay.port, self.bed.name()))
            .env("ESCLUSA_MIGRATE_ONLINE_ABOVE", if is_large { "0B" } else { "1GiB" })
            .env("ESCLUSA_MIGRATE_OBSERVATION", "0s")
            .env("ESCLUSA_MIGRATE_PATIENCE", "60s")
            // The effect on clients' latency is tested elsewhere (`tests/throttle.rs`).
            .env("ESCLUSA_MIGRATE_P99_PERCENT", "0")
            .env_remove("RUST_LOG")
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped());
        let child = command.spawn().unwrap();
        self.relay.hits(child.id().unwrap());
        let output = tokio::time::timeout(Duration::from_secs(120), child.wait_with_output());
        let output = output.await.unwrap_or_else(|_| panic!("{arguments:?} does not end")).unwrap();
        let said = [&output.stdout, &output.stderr].map(|o| String::from_utf8_lossy(o)).join("");
        assert!(!said.contains("panicked"), "{said}");
        Ended { code: output.status.code(), said }
    }

    /// Runs a command that must succeed.
    async fn done(&self, arguments: &[&str], is_large: bool) {
        let ended = self.run(arguments, is_large).await;
        assert_eq!(ended.code, Some(0), "{arguments:?}\n{}", ended.said);
    }

    /// Waits until the server answers, which may be recovering.
    async fn database(&self) -> Database {
        let begun = Instant::now();
        loop {
            match server().await.connect(self.bed.name()).await {
                Ok(database) => return database,
                Err(error) => assert!(begun.elapsed() < Duration::from_secs(60), "{error}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The state of a table. A crashing server may drop a connection that was made a moment before.
    async fn state(&self, table: &str) -> State {
        let begun = Instant::now();
        loop {
            match ledger::state(&self.database().await, &self.bed.context, table).await {
                Ok(state) => return state,
                Err(error) => {
                    let is_lost =
                        matches!(&error, Error::Database { sqlstate, .. } if sqlstate.is_empty() || sqlstate.starts_with("57P"));
                    assert!(is_lost && begun.elapsed() < Duration::from_secs(60), "{error}");
                }
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The command that makes a step from a state.
    fn command(&self, step: Step, table: &str) -> Vec<String> {
        let words: &[&str] = match step {
            Step::Copy | Step::Copied | Step::Prove | Step::Move => &["migrate", table],
            Step::Choose => &["reads", table, "--percent", "100"],
            Step::Withdraw => &["reads", table, "--percent", "0"],
            Step::Differ => panic!("no command's: a proxy makes it"),
            Step::Abandon | Step::Return => &["rollback", table],
            Step::Sign => &["sign", table, "--by", "Ana"],
            Step::Drop => &["drop", table, "--dump", self.dumps.path().to_str().unwrap()],
            Step::Restore => &["rollback", table, "--level", "2"],
            Step::Improve => &["retain", table],
        };
        words.iter().map(|w| (*w).to_owned()).collect()
    }

    /// Brings the table into a state. States in the middle of a copy are reached by killing a command that passes through them.
    async fn reach(&self, wanted: State) {
        for _ in 0..8 {
            let state = self.state(TABLE).await;
            if state == wanted {
                return;
            }
            let until = match wanted {
                State::Copying => Some(Step::Copied),
                State::Copied => Some(Step::Prove),
                State::Proven => Some(Step::Move),
                _ => None,
            };
            match (state, wanted, until) {
                (State::Planned, _, Some(step)) => {
                    self.relay.plan(TABLE, step, Fault::KilledBefore, None);
                    let ended = self.run(&["migrate", TABLE], true).await;
                    assert!(self.relay.has_happened(), "the step was not made\n{}", ended.said);
                    self.settled().await;
                }
                (State::Planned, State::Reads, _) => self.done(&["reads", TABLE, "--percent", "100"], true).await,
                (State::Planned, ..) => self.done(&["migrate", TABLE], false).await,
                (State::Moved, State::Signed | State::Dropped, _) => self.done(&["sign", TABLE, "--by", "Ana"], true).await,
                (State::Signed, State::Dropped, _) => {
                    self.done(&["drop", TABLE, "--dump", self.dumps.path().to_str().unwrap()], true).await
                }
                (State::Dropped, ..) => self.done(&["rollback", TABLE, "--level", "2"], true).await,
                _ => self.done(&["rollback", TABLE], true).await,
            }
        }
        panic!("{wanted:?} is not reached from {:?}", self.state(TABLE).await);
    }

    /// Waits until the session of a killed command has ended; the server may be about to crash.
    async fn settled(&self) {
        let free = "SELECT NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid::bigint = hashtext('esclusa migrate')::bigint & 4294967295)";
        let begun = Instant::now();
        while !matches!(self.database().await.text("test", free).await.as_deref(), Ok([row]) if row[0].as_deref() == Some("t")) {
            assert!(begun.elapsed() < Duration::from_secs(60), "the command's session does not end");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// One step with one fault; then the same command until it succeeds.
    async fn fails_and_ends_right(&mut self, (from, step, to): (State, Step, State), fault: Fault) {
        let case = format!("{from:?} --{step:?}--> {to:?}, {fault:?}");
        let table = if step == Step::Improve { retained(fault) } else { TABLE.to_owned() };
        if step == Step::Improve {
            self.improvable(&table, from).await;
        } else {
            self.reach(from).await;
        }
        let words = self.command(step, &table);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        // A small table moves in one transaction.
        let is_large = !(from == State::Planned && step == Step::Move);
        self.relay.plan(&table, step, fault, Some(self.proxies[0].id()));
        let ended = self.run(&words, is_large).await;
        assert!(self.relay.has_happened(), "{case}: the step was not made\n{}", ended.said);
        match fault {
            Fault::KilledBefore | Fault::KilledBehind => assert_eq!(ended.code, None, "{case}"),
            Fault::Interrupted => {
                assert!(ended.code == Some(1) && ended.said.contains("interrupted"), "{case}: {:?}\n{}", ended.code, ended.said);
            }
            Fault::Proxy => {
                // After the table is restored every proxy has to stop rewriting the name: a proxy that has not answered since might still rewrite it.
                // So it has before a copy goes that it might read.
                let waits = matches!(step, Step::Restore | Step::Withdraw | Step::Abandon);
                let is_waited_for = waits && ended.said.contains("has not followed");
                assert!(ended.code == Some(0) || is_waited_for, "{case}\n{}", ended.said);
                self.restart_proxy().await;
            }
            Fault::AnswerLost | Fault::ServerBefore | Fault::ServerBehind => {
                // A crash takes a moment until every connection is gone.
                tokio::time::sleep(Duration::from_millis(if fault == Fault::AnswerLost { 0 } else { 100 })).await;
                assert!(ended.code.is_some_and(|c| c > 0), "{case}: {:?}\n{}", ended.code, ended.said);
                // The output must not say that the table was left as it was.
                assert!(!ended.said.contains("left as it was"), "{case}\n{}", ended.said);
                assert!(ended.said.contains("not known"), "{case}\n{}", ended.said);
            }
        }
        self.settled().await;
        // It may be reported as already done or as done now. A command's objection to a state that is already reached is not a fault.
        for attempt in 0.. {
            let goal = goal(step);
            if self.state(&table).await == goal && !self.is_left_in_the_middle(&table, goal).await {
                break;
            }
            assert!(attempt < 3, "{case}: not {goal:?} but {:?}", self.state(&table).await);
            let ended = self.run(&words, is_large).await;
            assert!(ended.code == Some(0) || attempt < 2, "{case}\n{}", ended.said);
        }
        self.check(&case).await;
    }

    /// The step that a proxy makes: a proxy that reaches the database through the relay sees a read that differs, and meets the fault. Whatever the
    /// result, the next proxy that sees such a read ends the reading of copies.
    async fn differs_and_ends_right(&mut self, fault: Fault) {
        let case = format!("Reads --Differ--> Copied, {fault:?}");
        self.reach(State::Reads).await;
        let plant = "UPDATE esclusa_leaf.hisusuario SET al_old_data = jsonb_set(al_old_data, '{nombre}', '\"otro\"') WHERE al_old_data ->> 'nombre' = 'n7'";
        self.database().await.batch("test", plant).await.unwrap();
        for attempt in 0.. {
            let spool = tempfile::tempdir().unwrap();
            let url = format!("postgres://postgres@127.0.0.1:{}/{}", self.relay.port, self.bed.name());
            let (name, rules, at) = (self.bed.name().to_owned(), self.rules.clone(), spool.path().to_owned());
            let port = server().await.port;
            // A separate thread waits for it, while the relay serves it.
            let start = move || {
                let more = [("ESCLUSA_CONTROL_URL", url.as_str()), ("ESCLUSA_SHADOW_EVERY", "1")];
                Process::start_with(port, &name, &rules, &at, Duration::from_secs(1), &more)
            };
            let mut proxy = tokio::task::spawn_blocking(start).await.unwrap();
            if attempt == 0 {
                self.relay.plan(TABLE, Step::Differ, fault, Some(self.proxies[0].id()));
                self.relay.hits(proxy.id());
            }
            let begun = Instant::now();
            while self.state(TABLE).await == State::Reads && begun.elapsed() < Duration::from_secs(8) {
                // It, or the server, may be gone.
                let parameters = [("user", "postgres"), ("database", self.bed.name()), ("search_path", "cf_quere_pro")];
                if let Ok(mut client) = esclusa::twin::Client::connect(&proxy.address, &parameters).await {
                    let _ = client.query("SELECT count(*) FROM hisusuario WHERE nombre = 'n7'").await;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            assert!(attempt > 0 || self.relay.has_happened(), "{case}: the step was not made\n{}", proxy.log());
            proxy.kill();
            // It has died, and its exit status was not collected.
            let gone = format!("DELETE FROM esclusa.replica WHERE instance LIKE '%:{}'", proxy.id());
            // The server may be about to crash.
            while self.database().await.batch("test", &gone).await.is_err() {
                assert!(begun.elapsed() < Duration::from_secs(60), "{case}: the server does not answer");
            }
            if self.state(TABLE).await == State::Copied {
                break;
            }
            assert!(attempt < 2, "{case}: it is not sent back");
        }
        if fault == Fault::Proxy {
            self.restart_proxy().await;
        }
        self.check(&case).await;
        self.done(&["rollback", TABLE], true).await;
    }

    /// A retained history, before and after its improvement; after it, something is left to do.
    async fn improvable(&self, table: &str, from: State) {
        if from == State::Planned {
            return self.done(&["rules", "set", table, "rewrite"], true).await;
        }
        self.database().await.batch("test", &format!("DROP INDEX cf_quere_pro.{table}_hst_time")).await.unwrap();
    }

    /// An improvement writes its step after the work: finished work is recognised by the columns.
    /// When no session reads a copy any more, its view is dropped after the step.
    async fn is_left_in_the_middle(&self, table: &str, state: State) -> bool {
        let sql = match state {
            State::Proven => format!("SELECT to_regclass('esclusa.{table}') IS NOT NULL"),
            _ => format!("SELECT to_regclass('cf_quere_pro.{table}_hst_time') IS NULL AND '{table}' <> '{TABLE}'"),
        };
        self.database().await.text("test", &sql).await.unwrap() == [[Some("t".to_owned())]]
    }

    async fn restart_proxy(&mut self) {
        let port = server().await.port;
        let started = Process::start(port, self.bed.name(), &self.rules, self.spools[0].path(), Duration::from_secs(1));
        self.writer.use_instead(0, &started);
        self.proxies[0] = started;
        // It has taken over the spool of the killed proxy, so no switch waits for that any more.
        common::wait_for(&self.database().await, "SELECT count(*) = 2 FROM esclusa.replica").await;
    }

    /// Checks rows, ledger, and left-over objects.
    async fn check(&self, case: &str) {
        let database = self.database().await;
        assert_eq!(ledger::broken(&database).await.unwrap().0, None, "{case}: the ledger is broken");
        self.writer.check(&database, case).await;
        let state = self.state(TABLE).await;
        let left = "SELECT concat_ws(' ', (SELECT count(*) FROM esclusa.copy), (SELECT count(*) FROM pg_class WHERE relnamespace = 'esclusa_leaf'::regnamespace AND relkind = 'r'),
            (SELECT count(*) FROM pg_trigger WHERE tgname ~ '^esclusa' AND tgrelid = to_regclass('cf_quere_pro.hisusuario') AND to_regclass('mig_old.hisusuario') IS NULL),
            (SELECT count(*) FROM pg_database WHERE datname ~ 'esclusa_restore'))";
        let left = database.text("test", left).await.unwrap().into_iter().flatten().flatten().collect::<String>();
        let expected = match state {
            State::Planned => "0 0 0 0",
            State::Copied | State::Proven | State::Reads => "1 1 1 0",
            State::Moved | State::Signed | State::Dropped => "0 1 0 0",
            state => panic!("{case}: ended in {state:?}"),
        };
        assert_eq!(left, expected, "{case}: {state:?}");
        let files: Vec<_> =
            std::fs::read_dir(self.dumps.path()).unwrap().map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
        assert!(files.iter().all(|f| !f.starts_with('.')), "{case}: {files:?}");
    }
}

/// The state after the command of a step without a fault.
fn goal(step: Step) -> State {
    match step {
        Step::Copy | Step::Copied | Step::Prove | Step::Move => State::Moved,
        Step::Abandon | Step::Return | Step::Restore => State::Planned,
        Step::Choose => State::Reads,
        Step::Withdraw => State::Proven,
        Step::Differ => State::Copied,
        Step::Sign => State::Signed,
        Step::Drop => State::Dropped,
        Step::Improve => State::Improved,
    }
}

#[tokio::test]
async fn every_fault_at_every_step_ends_right() {
    let mut stage = Stage::new().await;
    let only = std::env::var("KILLED").unwrap_or_default();
    let mut cases = 0;
    for transition in TRANSITIONS {
        for fault in Fault::ALL {
            let begun = Instant::now();
            if !format!("{transition:?} {fault:?}").contains(&only) {
                continue;
            }
            match transition.1 {
                Step::Differ => stage.differs_and_ends_right(fault).await,
                _ => stage.fails_and_ends_right(*transition, fault).await,
            }
            println!("{transition:?} {fault:?}: {} ms", begun.elapsed().as_millis());
            cases += 1;
        }
    }
    let written = stage.writer.end().await;
    println!("{cases} cases, {written} rows written meanwhile");
    assert!(cases == TRANSITIONS.len() * Fault::ALL.len() || !only.is_empty());
}

/// On a slow connection a move cannot be done within the allowed waiting time: it is rolled back, and no client has waited longer than promised.
#[tokio::test]
async fn nobody_waits_for_a_slow_line() {
    let mut bed = Bed::new(TABLES).await;
    bed.rule(TABLE, "history", "{ base = 'usuario', user = 'usu', time = 'hora' }", "{ columns = ['id'], base = ['id'] }").await;
    let rules = tempfile::tempdir().unwrap();
    std::fs::write(rules.path().join("hisusuario.toml"), file::print(&bed.rules.rules[TABLE])).unwrap();
    let delay = Duration::from_millis(100);
    let relay = Relay::start_slow(server().await.port, delay).await;
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_esclusa"));
    command
        .args(["migrate", TABLE])
        .env("ESCLUSA_RULES_DIRECTORY", rules.path())
        .env("ESCLUSA_CONTROL_URL", format!("postgres://postgres@127.0.0.1:{}/{}", relay.port, bed.name()))
        .env("ESCLUSA_MIGRATE_HOLD", "100ms")
        .env_remove("RUST_LOG");
    let mut ended = tokio::spawn(command.output());
    let mut longest = Duration::ZERO;
    let output = loop {
        let begun = Instant::now();
        bed.sql("INSERT INTO cf_quere_pro.hisusuario VALUES (1, 'w', NULL, 'ana', clock_timestamp())").await;
        longest = longest.max(begun.elapsed());
        tokio::select! {
            output = &mut ended => break output.unwrap().unwrap(),
            () = tokio::time::sleep(Duration::from_millis(5)) => {}
        }
    };
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success() && said.contains("others would have to wait too long"), "{said}");
    assert_eq!(bed.cell("SELECT relkind FROM pg_class WHERE oid = 'cf_quere_pro.hisusuario'::regclass").await, "r");
    // Its last try may take 0.8 s, and its statements would take more than 5 s.
    println!("longest stall {longest:?}");
    assert!(longest < Duration::from_secs(3), "{longest:?}");
}
