//! A copy under load gives way to its clients: it waits while they wait longer than before, goes on when they do not, and stops when nobody
//! can tell it any more. What it waits for is told where the DBA looks.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

mod common;

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use common::Bed;
use common::proxy::Proxy;
use esclusa::config::Settings;
use esclusa::control::felt;
use esclusa::demo::postgres::{Options, Postgres};
use esclusa::migrate::condition;
use esclusa::migrate::migration::Migration;
use esclusa::migrate::online::{Progress, Throttle, Told};
use esclusa::migrate::quiet::Pace;
use esclusa::migrate::throttle::Limits;
use esclusa::rule::Rule;

const TABLES: &str = "CREATE TABLE usuario (id numeric(10,0) PRIMARY KEY, nombre varchar(40));
    INSERT INTO usuario SELECT i, 'usuario ' || i FROM generate_series(1, 200) i;
    CREATE TABLE hisusuario (id numeric(10,0) NOT NULL, nombre varchar(40), nota text, usu varchar(10), hora timestamp);
    INSERT INTO hisusuario SELECT i % 200 + 1, 'n' || i, repeat('x', 200), 'app', timestamp '2010-01-01' + i * interval '1 minute'
        FROM generate_series(1, 60000) i";

async fn bed() -> Bed {
    let mut bed = Bed::new(TABLES).await;
    bed.kept = true;
    let target = "{ base = 'usuario', user = 'usu', time = 'hora' }";
    bed.rule("hisusuario", "history", target, "{ columns = ['id'], base = ['id'] }").await;
    bed
}

/// One at a time: they share a server, and a standby is everybody's.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// Notes what it is told.
#[derive(Default)]
struct Ear(Mutex<Vec<String>>);

impl Told for Ear {
    fn progress(&self, progress: &Progress) {
        self.0.lock().unwrap().push(format!("{} {}/{}", progress.step, progress.done, progress.of));
    }

    fn word(&self, text: &str) {
        self.0.lock().unwrap().push(text.to_owned());
    }
}

impl Ear {
    fn has(&self, text: &str) -> bool {
        self.0.lock().unwrap().iter().any(|said| said.contains(text))
    }

    async fn hears(&self, text: &str) {
        let until = Instant::now() + Duration::from_secs(60);
        while !self.has(text) {
            assert!(Instant::now() < until, "nobody says {text:?}: {:#?}", self.0.lock().unwrap());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Clients of a proxy whose statements take so many milliseconds, until they are told otherwise.
struct Clients {
    sleep_ms: Arc<AtomicU64>,
}

impl Clients {
    async fn new(proxy: &Proxy, bed: &Bed) -> Clients {
        let clients = Clients { sleep_ms: Arc::new(AtomicU64::new(4)) };
        for _ in 0..3 {
            let (mut client, sleep) = (proxy.client(bed).await, Arc::clone(&clients.sleep_ms));
            tokio::spawn(async move {
                while sleep.load(Ordering::Relaxed) > 0 {
                    let statement = format!("SELECT pg_sleep(0.001 * {})", sleep.load(Ordering::Relaxed));
                    assert!(client.query(&statement).await.ends_with("ZI"));
                }
            });
        }
        clients
    }

    fn take(&self, ms: u64) {
        self.sleep_ms.store(ms, Ordering::Relaxed);
    }
}

/// Waits until what the proxies have told of the last seconds is like this.
async fn until_felt(bed: &Bed, seconds: u64, is: impl Fn(u64, Duration) -> bool) {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let waits = felt::within(&felt::told(&bed.db).await.unwrap(), Duration::from_secs(seconds));
        let p99 = waits.quantile(0.99).unwrap_or_default();
        if is(waits.count(), p99) {
            return;
        }
        assert!(Instant::now() < until, "{} waits, p99 {p99:?}", waits.count());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn limits() -> Limits {
    let settings = Settings::defaults().unwrap();
    // The machine has other work: what it does to the clients must not look like the slow statements.
    Limits { p99_percent: 800, p99_statements: 20, silence: Duration::from_secs(8), ..Limits::new(&settings) }
}

fn pace() -> Pace {
    Pace { chunk: Duration::from_millis(1), online_above: 0, ..Pace::new(&Settings::defaults().unwrap()) }
}

async fn migration<'m>(bed: &'m Bed, beside: &'m Bed, ear: &'m Ear) -> Migration<'m> {
    migration_within(limits(), bed, beside, ear).await
}

async fn migration_within<'m>(limits: Limits, bed: &'m Bed, beside: &'m Bed, ear: &'m Ear) -> Migration<'m> {
    let migration = Migration::new(&beside.db, &bed.rules, bed.context.clone()).await.unwrap();
    Migration { pace: pace(), throttle: Throttle::new(limits), told: ear, ..migration }
}

/// Copies within these limits: it waits for this reason, copies nothing meanwhile, and comes to its end when `mended` has been done.
async fn waits_until_mended(bed: &Bed, limits: Limits, reason: &str, mended: impl AsyncFn()) {
    let (ear, beside) = (Ear::default(), Bed::beside(bed).await);
    let migration = migration_within(limits, bed, &beside, &ear).await;
    let run = migration.begin("waits").await.unwrap();
    let watch = async {
        ear.hears("hisusuario waits: ").await;
        let why = gives_way(bed).await.unwrap();
        assert!(why.contains(reason), "{why}");
        let copied = bed.cell("SELECT next_block FROM esclusa.copy").await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(bed.cell("SELECT next_block FROM esclusa.copy").await, copied, "it goes on nevertheless");
        mended().await;
        ear.hears("hisusuario continues after").await;
        std::future::pending::<()>().await;
    };
    let outcome = tokio::select! {
        done = migration.table(run, rule(bed)) => done.unwrap_or_else(|e| panic!("{}", common::said(&e))),
        () = watch => unreachable!(),
    };
    assert!(outcome.parity.unwrap().holds());
    assert!(ear.has("hisusuario continues after"), "{:#?}", ear.0.lock().unwrap());
    migration.finish(run).await.unwrap();
}

fn rule(bed: &Bed) -> &Rule {
    &bed.rules.rules["hisusuario"]
}

/// What `esclusa status` has under `waits_for`.
async fn gives_way(bed: &Bed) -> Option<String> {
    let facts = condition::facts(&bed.db, &bed.context, &[rule(bed)], Duration::from_secs(3600)).await.unwrap();
    facts["hisusuario"].gives_way.clone()
}

/// The copy is begun, and its process is gone before the second chunk.
async fn begun(bed: &Bed) -> Ear {
    let (ear, beside) = (Ear::default(), Bed::beside(bed).await);
    let migration = migration(bed, &beside, &ear).await;
    let run = migration.begin("begun").await.unwrap();
    tokio::select! {
        done = migration.table(run, rule(bed)) => panic!("too fast: {done:?}"),
        () = ear.hears("copying 64/") => {}
    }
    drop(migration);
    ear
}

#[tokio::test]
async fn a_copy_waits_while_its_clients_wait_longer_than_before() {
    let _turn = TURN.lock().await;
    let bed = bed().await;
    let proxy = Proxy::start(&bed).await;
    let clients = Clients::new(&proxy, &bed).await;
    until_felt(&bed, 60, |waits, _| waits > 300).await;
    let first = begun(&bed).await;
    assert!(first.has("the clients' p99 before the copying is"), "{:#?}", first.0.lock().unwrap());
    // Slow from here on: a copy that is gone on with goes by what was before its first process.
    clients.take(400);
    until_felt(&bed, 10, |_, p99| p99 > Duration::from_millis(390)).await;
    let (ear, beside) = (Ear::default(), Bed::beside(&bed).await);
    let migration = migration(&bed, &beside, &ear).await;
    let run = migration.begin("slow").await.unwrap();
    let work = migration.table(run, rule(&bed));
    let watch = async {
        ear.hears("hisusuario waits: the clients' p99 is").await;
        let why = gives_way(&bed).await.unwrap();
        assert!(why.starts_with("the clients' p99 is") && why.contains("over 800 % of the"), "{why}");
        let copied = bed.cell("SELECT next_block FROM esclusa.copy").await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(bed.cell("SELECT next_block FROM esclusa.copy").await, copied, "it goes on nevertheless");
        clients.take(4);
        ear.hears("hisusuario continues after").await;
        std::future::pending::<()>().await;
    };
    let outcome = tokio::select! {
        done = work => done.unwrap_or_else(|e| panic!("{}", common::said(&e))),
        () = watch => unreachable!(),
    };
    clients.take(0);
    assert!(outcome.parity.unwrap().holds());
    assert!(ear.has("continues after"), "{:#?}", ear.0.lock().unwrap());
    proxy.server.stop().await;
    assert_eq!(bed.rows("SELECT instance FROM esclusa.felt").await, Vec::<String>::new(), "who leaves takes his readings along");
}

/// Clients that wait as long while nothing is copied do not wait because of the copy: it goes on, by what they wait now.
#[tokio::test]
async fn a_load_that_has_grown_does_not_hold_a_copy_for_ever() {
    let _turn = TURN.lock().await;
    let bed = bed().await;
    let proxy = Proxy::start(&bed).await;
    let clients = Clients::new(&proxy, &bed).await;
    until_felt(&bed, 60, |waits, _| waits > 300).await;
    begun(&bed).await;
    let first: i64 = bed.cell("SELECT baseline_us FROM esclusa.copy").await.parse().unwrap();
    clients.take(400);
    until_felt(&bed, 10, |_, p99| p99 > Duration::from_millis(390)).await;
    let again = Duration::from_secs(9);
    let (ear, beside) = (Ear::default(), Bed::beside(&bed).await);
    let migration = migration_within(Limits { p99_again: again, ..limits() }, &bed, &beside, &ear).await;
    // The copy is continued soon after it was begun, however long the machine took to make the clients slow.
    bed.sql("UPDATE esclusa.copy SET at = clock_timestamp()").await;
    let run = migration.begin("grown").await.unwrap();
    let begun = Instant::now();
    let outcome = {
        let mut work = std::pin::pin!(migration.table(run, rule(&bed)));
        tokio::select! {
            done = &mut work => panic!("it did not wait: {done:?}"),
            () = ear.hears("is the baseline from now on") => {}
        }
        assert!(begun.elapsed() >= again, "measured after {:?}", begun.elapsed());
        let second: i64 = bed.cell("SELECT baseline_us FROM esclusa.copy").await.parse().unwrap();
        assert!(first < 390_000 && second >= 390_000, "{first}, then {second}");
        work.await.unwrap_or_else(|e| panic!("{}", common::said(&e)))
    };
    clients.take(0);
    assert!(outcome.parity.unwrap().holds());
    assert!(ear.has("hisusuario waits: the clients' p99 is"), "{:#?}", ear.0.lock().unwrap());
    proxy.server.stop().await;
}

/// A proxy that was killed leaves its line behind, and says nothing more.
#[tokio::test]
async fn a_signal_that_is_lost_stops_the_copy_and_what_was_copied_is_kept() {
    let _turn = TURN.lock().await;
    let bed = bed().await;
    bed.sql(
        "INSERT INTO esclusa.replica (instance, generation) VALUES ('killed:7', 1);
        INSERT INTO esclusa.felt (instance, slot, at, classes, counts, open_classes, open_counts)
        VALUES ('killed:7', 0, clock_timestamp() - interval '2 s', '{40,50}', '{1000,1000}', '{}', '{}'),
            ('killed:7', 1, clock_timestamp(), '{40,50}', '{2000,2000}', '{}', '{}')",
    )
    .await;
    begun(&bed).await;
    for (lose, what) in [
        (
            "UPDATE esclusa.felt SET at = clock_timestamp() - interval '6 s'",
            "what the clients of proxy killed:7 feel cannot be read for",
        ),
        ("BEGIN; LOCK TABLE esclusa.felt IN ACCESS EXCLUSIVE MODE", "what the clients feel cannot be read for"),
    ] {
        let (ear, beside, thief) = (Ear::default(), Bed::beside(&bed).await, Bed::beside(&bed).await);
        let migration = migration(&bed, &beside, &ear).await;
        let run = migration.begin("lost").await.unwrap();
        bed.sql("UPDATE esclusa.felt SET at = clock_timestamp()").await;
        let copied = bed.cell("SELECT next_block FROM esclusa.copy").await;
        let begun = Instant::now();
        let mut lost = false;
        let error = {
            let mut work = std::pin::pin!(migration.table(run, rule(&bed)));
            loop {
                tokio::select! {
                    done = &mut work => break done.unwrap_err(),
                    () = tokio::time::sleep(Duration::from_millis(1)), if !lost => {
                        if ear.has("the clients' p99 before") {
                            thief.sql(lose).await;
                            lost = true;
                        }
                    }
                }
            }
        };
        let said = common::said(&error);
        // On a slow machine the copying has come to its end before the signal is taken away, and the proving stops.
        assert!(said.contains("hisusuario was stopped") && said.contains(what) && said.contains("is kept"), "{said}");
        assert!(ear.has(&format!("hisusuario waits: {what}")), "{:#?}", ear.0.lock().unwrap());
        assert!((2..15).contains(&begun.elapsed().as_secs()), "stopped after {:?}", begun.elapsed());
        if lose.contains("LOCK") {
            thief.sql("COMMIT").await;
        }
        let why = gives_way(&bed).await.unwrap();
        assert!(why.starts_with("stopped: ") && why.contains(what), "{why}");
        let now: i64 = bed.cell("SELECT next_block FROM esclusa.copy").await.parse().unwrap();
        assert!(now >= copied.parse().unwrap() && now > 0, "what was copied is gone");
        migration.finish(run).await.unwrap();
    }
    // The proxy is known to be gone, though its line stands still: nobody waits for it, and it is said that nobody tells.
    bed.sql("UPDATE esclusa.felt SET at = at - interval '1 hour'").await;
    let (ear, beside) = (Ear::default(), Bed::beside(&bed).await);
    bed.sql("UPDATE esclusa.copy SET at = at - interval '1 hour'").await;
    let migration = migration(&bed, &beside, &ear).await;
    let run = migration.begin("alone").await.unwrap();
    let outcome = migration.table(run, rule(&bed)).await.unwrap_or_else(|e| panic!("{}", common::said(&e)));
    assert!(outcome.parity.unwrap().holds());
    assert!(ear.has("what the clients feel is not gone by"), "{:#?}", ear.0.lock().unwrap());
}
/// Whoever reads from a pipe sees how fast it is, what is left for the table and for all of them, and what is not gone by.
#[tokio::test]
async fn a_pipe_is_told_how_far_it_is() {
    let _turn = TURN.lock().await;
    let bed = bed().await;
    let rules = common::server().await.directory.join("rules-of-the-pipe");
    std::fs::create_dir_all(&rules).unwrap();
    std::fs::write(rules.join("hisusuario.toml"), esclusa::rule::file::print(rule(&bed))).unwrap();
    let url = format!("postgres://postgres@127.0.0.1:{}/{}", common::server().await.port, bed.name());
    let said = std::process::Command::new(env!("CARGO_BIN_EXE_esclusa"))
        .args(["migrate", "hisusuario"])
        .envs([
            ("ESCLUSA_CONTROL_URL", url.as_str()),
            ("ESCLUSA_MIGRATE_CHUNK", "50ms"),
            ("ESCLUSA_MIGRATE_P99_STATEMENTS", "70"),
        ])
        .env("ESCLUSA_RULES_DIRECTORY", &rules)
        .output()
        .unwrap();
    let lines = String::from_utf8(said.stderr).unwrap();
    assert!(said.status.success(), "{lines}");
    assert!(
        lines.contains("what the clients feel is not gone by: 0 statements were answered in the last minute by 0 proxies"),
        "{lines}"
    );
    for step in ["copying", "proving"] {
        let told = lines.lines().filter(|l| l.starts_with(&format!("hisusuario {step}: ")));
        let told: Vec<&str> = told.filter(|l| l.contains(" left for the table, ") && l.ends_with(" for all")).collect();
        assert!(told.len() > 2, "{step}: {lines}");
        assert!(step == "proving" || told.iter().all(|l| l.contains(" rows/s, ")), "{told:#?}");
    }
}

/// A standby that was there and is gone is a lag that nobody can read; one that was never there is none.
#[tokio::test]
async fn a_standby_that_goes_stops_the_copy() {
    let _turn = TURN.lock().await;
    let bed = bed().await;
    let (directory, port) = (tempfile::tempdir().unwrap(), common::server().await.port.to_string());
    let mut standby = std::process::Command::new("pg_receivewal")
        .args(["-h", "127.0.0.1", "-p", &port, "-U", "postgres", "--no-loop", "-D"])
        .arg(directory.path())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    common::wait_for(&bed.db, "SELECT count(*) = 1 FROM pg_stat_replication WHERE state = 'streaming'").await;
    let (ear, beside) = (Ear::default(), Bed::beside(&bed).await);
    let migration = migration(&bed, &beside, &ear).await;
    let run = migration.begin("standby").await.unwrap();
    let begun = Instant::now();
    let leaves = async {
        ear.hears("copying 64/").await;
        standby.kill().unwrap();
        standby.wait().unwrap();
        std::future::pending::<()>().await;
    };
    let error = tokio::select! {
        done = migration.table(run, rule(&bed)) => done.unwrap_err(),
        () = leaves => unreachable!(),
    };
    let told = common::said(&error);
    assert!(told.contains("the lag of standby pg_receivewal at 127.0.0.1 cannot be read for 8 s"), "{told}");
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    migration.finish(run).await.unwrap();
    // It is known to be gone, and the copy goes on from where it was.
    let (ear, beside) = (Ear::default(), Bed::beside(&bed).await);
    let again = self::migration(&bed, &beside, &ear).await;
    let run = again.begin("again").await.unwrap();
    assert!(again.table(run, rule(&bed)).await.unwrap().parity.unwrap().holds());
}

/// A standby that receives WAL and replays none, as one does whose queries hold it up: its `replay_lag` stays what it was before.
#[tokio::test]
async fn a_copy_waits_for_a_standby_that_replays_nothing() {
    let _turn = TURN.lock().await;
    let bed = bed().await;
    let options = Options { standby_of: Some(common::server().await.port), ..Options::default() };
    let standby = Postgres::start(&options).await.unwrap();
    let there = standby.connect("postgres").await.unwrap();
    common::wait_for(&bed.db, "SELECT count(*) = 1 FROM pg_stat_replication WHERE state = 'streaming'").await;
    there.batch("test", "SELECT pg_wal_replay_pause()").await.unwrap();
    let limits = Limits { lag: Duration::from_secs(1), ..limits() };
    waits_until_mended(&bed, limits, "s behind, over 1 s", async || {
        there.batch("test", "SELECT pg_wal_replay_resume()").await.unwrap();
    })
    .await;
}

/// Other sessions write WAL faster than the setting allows all of them together.
#[tokio::test]
async fn a_copy_waits_while_too_much_wal_is_written() {
    let _turn = TURN.lock().await;
    let bed = bed().await;
    let writes = Arc::new(AtomicU64::new(1));
    let (other, until) = (Bed::beside(&bed).await, Arc::clone(&writes));
    let writer = tokio::spawn(async move {
        while until.load(Ordering::Relaxed) > 0 {
            other.sql("SELECT pg_logical_emit_message(false, 'test', repeat('x', 4000000))").await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    let limits = Limits { wal_per_second: 16 << 20, ..limits() };
    waits_until_mended(&bed, limits, "of WAL are written in a second, over 16 MiB", async || writes.store(0, Ordering::Relaxed))
        .await;
    writer.await.unwrap();
}

/// Checkpoints that were requested count for five minutes: nothing mends that sooner.
#[tokio::test]
async fn a_copy_waits_when_checkpoints_come_too_often() {
    let _turn = TURN.lock().await;
    let bed = bed().await;
    let (ear, beside) = (Ear::default(), Bed::beside(&bed).await);
    let migration = migration_within(Limits { checkpoints: 1, ..limits() }, &bed, &beside, &ear).await;
    let run = migration.begin("checkpoints").await.unwrap();
    let often = async {
        ear.hears("copying 64/").await;
        bed.sql("CHECKPOINT").await;
        bed.sql("CHECKPOINT").await;
        ear.hears("hisusuario waits: ").await;
        let why = gives_way(&bed).await.unwrap();
        assert!(why.contains(" 2 checkpoints") && why.ends_with("over 1"), "{why}");
    };
    tokio::select! {
        done = migration.table(run, rule(&bed)) => panic!("it did not wait: {done:?}"),
        () = often => {}
    }
}
