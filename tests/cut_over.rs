//! A table moves, and comes back, while clients of two proxies work on it: no client ever sees an intermediate state; sessions that use it are
//! waited for and named; only esclusa can make proxies hold statements, and no hold lasts longer than its proxy's own clock allows.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use common::proxy::{Proxy, Raw, b, direct, e, p, s};
use common::{Bed, said};
use esclusa::control::cut_over;
use esclusa::migrate::migration::Migration;
use esclusa::migrate::quiet::Pace;
use esclusa::mode::Mode;

const TABLES: &str = "CREATE TABLE tipocuenta (id numeric(5,0) PRIMARY KEY, n integer NOT NULL DEFAULT 0);
    INSERT INTO tipocuenta VALUES (1, 0), (2, 0);
    CREATE TABLE tipootro (id numeric(5,0) PRIMARY KEY, n integer); INSERT INTO tipootro VALUES (1, 0);
    CREATE TABLE base (id numeric(5,0) PRIMARY KEY, n integer NOT NULL DEFAULT 0); INSERT INTO base VALUES (1, 0), (2, 0);
    CREATE TABLE hiscuenta (id numeric(5,0), n integer, usuario varchar(20), stamp timestamp);
    INSERT INTO hiscuenta VALUES (1, 0, 'app', '2026-03-05 10:00');
    DO $$ BEGIN CREATE ROLE escritora LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
    GRANT USAGE ON SCHEMA cf_quere_pro TO escritora;
    GRANT SELECT, INSERT, UPDATE, DELETE ON tipocuenta, tipootro, hiscuenta, base TO escritora";

async fn bed() -> Bed {
    let mut bed = Bed::new(TABLES).await;
    bed.kept = true;
    bed.lookup("tipocuenta", "id").await;
    bed.lookup("tipootro", "id").await;
    bed.history("hiscuenta", "id").await;
    bed
}

/// Moves a table as `esclusa migrate --rewrite` does.
async fn migration(bed: &Bed, patience: Duration) -> Migration<'_> {
    let migration = Migration::new(&bed.db, &bed.rules, bed.context.clone()).await.unwrap();
    let pace = Pace { patience, ..migration.pace };
    Migration { pace, mode: Some(Mode::Rewrite), ..migration }
}

async fn there(bed: &Bed, table: &str) {
    let migration = migration(bed, Duration::from_secs(60)).await;
    let run = migration.begin("there").await.unwrap();
    migration.table(run, &bed.rules.rules[table]).await.unwrap_or_else(|e| panic!("{table}: {}", said(&e)));
    migration.finish(run).await.unwrap();
}

async fn back(bed: &Bed, table: &str) {
    let migration = migration(bed, Duration::from_secs(60)).await;
    let run = migration.begin("back").await.unwrap();
    migration.back(run, &bed.rules.rules[table]).await.unwrap_or_else(|e| panic!("{table}: {}", said(&e)));
    migration.finish(run).await.unwrap();
}

/// Clients that contend for one row, in every way in which a statement can come.
struct Load {
    tasks: Vec<tokio::task::JoinHandle<Duration>>,
    stop: Arc<AtomicBool>,
    commits: Arc<AtomicU64>,
}

impl Load {
    async fn start(bed: &Bed, proxies: &[&Proxy]) -> Load {
        let (stop, commits) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let mut tasks = Vec::new();
        for number in 0..8 {
            let mut client = proxies[number % proxies.len()].client_of(bed, "escritora").await;
            assert!(client.ask(&[p("u", "UPDATE tipocuenta SET n = n + 1 WHERE id = $1"), s()]).await.ends_with("ZI"));
            assert!(client.query("PREPARE u2 AS UPDATE tipocuenta SET n = n + 1 WHERE id = 1").await.ends_with("ZI"));
            let (stop, commits) = (stop.clone(), commits.clone());
            tasks.push(tokio::spawn(async move {
                let mut longest = Duration::ZERO;
                while !stop.load(Ordering::Relaxed) {
                    let begun = Instant::now();
                    let answers = Load::work(&mut client, number).await;
                    longest = longest.max(begun.elapsed());
                    assert!(!answers.contains('<') && answers.ends_with("ZI"), "{number}: {answers}");
                    commits.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                longest
            }));
        }
        Load { tasks, stop, commits }
    }

    /// One transaction, which counts once.
    async fn work(client: &mut Raw, number: usize) -> String {
        let mut all = String::new();
        match number % 4 {
            0 => {
                for text in [
                    "BEGIN",
                    "UPDATE base SET n = n + 1 WHERE id = 1",
                    "INSERT INTO hiscuenta VALUES (1, 1, 'app', '2026-03-05 11:00')",
                    "UPDATE tipocuenta SET n = n + 1 WHERE id = 1",
                    "COMMIT",
                ] {
                    all += &client.query(text).await;
                }
            }
            1 => all += &client.ask(&[b("u", &["1"]), e(), s()]).await,
            2 => all += &client.query("EXECUTE u2").await,
            _ => {
                all += &client.query("BEGIN; SELECT n FROM tipocuenta WHERE id = 1 FOR UPDATE").await;
                all += &client.query("UPDATE tipocuenta SET n = n + 1 WHERE id = 1; COMMIT").await;
            }
        }
        all
    }

    async fn end(self) -> (u64, Duration) {
        self.stop.store(true, Ordering::Relaxed);
        let mut longest = Duration::ZERO;
        for task in self.tasks {
            longest = longest.max(task.await.unwrap());
        }
        (self.commits.load(Ordering::Relaxed), longest)
    }
}

#[tokio::test]
async fn there_and_back_while_clients_contend_for_its_rows() {
    let bed = bed().await;
    let (one, other) = (Proxy::start(&bed).await, Proxy::start(&bed).await);
    let load = Load::start(&bed, &[&one, &other]).await;
    for turn in 0..3 {
        for table in ["tipocuenta", "hiscuenta"] {
            there(&bed, table).await;
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        let answer = one.client(&bed).await.query("EXPLAIN SELECT * FROM tipocuenta").await;
        assert!(answer.contains("on tipocuenta"), "{answer}");
        for table in ["tipocuenta", "hiscuenta"] {
            back(&bed, table).await;
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        assert_eq!(
            bed.cell("SELECT count(*) FROM pg_class WHERE relname IN ('tipocuenta', 'hiscuenta') AND relkind = 'v'").await,
            "0",
            "{turn}"
        );
    }
    let (commits, longest) = load.end().await;
    println!("{commits} transactions, the longest {longest:?}");
    assert_eq!(bed.cell("SELECT n FROM cf_quere_pro.tipocuenta WHERE id = 1").await, commits.to_string());
    let recorded = bed.cell("SELECT count(*) FROM cf_quere_pro.hiscuenta").await.parse::<u64>().unwrap();
    assert_eq!(bed.cell("SELECT n + 1 FROM cf_quere_pro.base WHERE id = 1").await, recorded.to_string());
    assert!(commits > 100, "{commits}");
}

#[tokio::test]
async fn who_is_on_the_table_is_waited_for_and_named() {
    let bed = bed().await;
    let proxy = Proxy::start(&bed).await;
    let (mut open, mut other) = (proxy.client(&bed).await, proxy.client(&bed).await);
    open.query("BEGIN").await;
    open.query("SELECT n FROM tipocuenta").await;
    let asked = Arc::new(AtomicBool::new(false));
    let reads = tokio::spawn({
        let asked = asked.clone();
        async move {
            let mut longest = Duration::ZERO;
            while !asked.load(Ordering::Relaxed) {
                let begun = Instant::now();
                let answer = other.query("SELECT n FROM tipocuenta WHERE id = 2").await;
                assert!(answer.contains("(0)"), "{answer}");
                longest = longest.max(begun.elapsed());
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            longest
        }
    });
    let migration = migration(&bed, Duration::from_secs(2)).await;
    let run = migration.begin("there").await.unwrap();
    let refused = migration.table(run, &bed.rules.rules["tipocuenta"]).await.unwrap_err();
    let why = said(&refused);
    assert!(why.contains("no quiet moment") && why.contains("idle in transaction") && why.contains("postgres"), "{why}");
    asked.store(true, Ordering::Relaxed);
    let longest = reads.await.unwrap();
    println!("{longest:?}");
    // The open transaction continues, and only its end was waited for.
    assert!(open.query("UPDATE tipocuenta SET n = 5 WHERE id = 1").await.contains("[UPDATE 1]"));
    assert!(open.query("COMMIT").await.ends_with("ZI"));
    migration.table(run, &bed.rules.rules["tipocuenta"]).await.unwrap();
    migration.finish(run).await.unwrap();
    assert!(open.query("SELECT n FROM tipocuenta WHERE id = 1").await.contains("(5)"));
}

#[tokio::test]
async fn a_hold_ends_by_the_proxys_own_clock() {
    let bed = bed().await;
    let proxy = Proxy::start(&bed).await;
    let mut client = proxy.client(&bed).await;
    assert!(client.query("SELECT 1 FROM tipocuenta WHERE id = 1").await.contains("(1)"));
    // The process that asked for it is killed.
    let epoch = cut_over::ask(&bed.db, "tipocuenta", Duration::from_millis(1500)).await.unwrap();
    let proxies = cut_over::awaited(&bed.db, "10 s").await.unwrap();
    while !cut_over::missing(&bed.db, epoch, &proxies).await.unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let begun = Instant::now();
    assert!(client.query("SELECT 1 FROM tipootro").await.contains("(1)"), "another table");
    assert!(begun.elapsed() < Duration::from_millis(1000), "{:?}", begun.elapsed());
    assert!(client.query("SELECT 1 FROM tipocuenta WHERE id = 1").await.contains("(1)"));
    let waited = begun.elapsed();
    assert!(waited > Duration::from_millis(100) && waited < Duration::from_secs(3), "{waited:?}");
    // It has no effect any more.
    let late = Proxy::start(&bed).await;
    bed.sql("NOTIFY esclusa_cut_over").await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    let begun = Instant::now();
    for proxy in [&proxy, &late] {
        assert!(proxy.client(&bed).await.query("SELECT 1 FROM tipocuenta WHERE id = 1").await.contains("(1)"));
    }
    assert!(begun.elapsed() < Duration::from_millis(1000), "{:?}", begun.elapsed());
    // However long a hold is requested for.
    cut_over::ask(&bed.db, "tipocuenta", Duration::from_secs(600)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let begun = Instant::now();
    assert!(client.query("SELECT 1 FROM tipocuenta WHERE id = 1").await.contains("(1)"));
    assert!(begun.elapsed() < cut_over::MOST + Duration::from_secs(3), "{:?}", begun.elapsed());
}

/// A move that would be committed when the proxies may continue already is not: they would look for its rows where they are no longer. One that was, by a
/// process that was then killed, is still known when the next one begins.
#[tokio::test]
async fn a_move_that_comes_too_late_does_not_take_place() {
    let bed = bed().await;
    for (hold, is_in_time) in [(cut_over::FOLLOWING + Duration::from_secs(5), true), (cut_over::FOLLOWING, false)] {
        let epoch = cut_over::ask(&bed.db, "tipocuenta", hold).await.unwrap();
        assert_eq!(cut_over::moved(&bed.db, true).await.unwrap(), is_in_time, "{hold:?}");
        let next = cut_over::ask(&bed.db, "tipootro", hold).await.unwrap();
        let found = cut_over::found(&bed.db, epoch).await.unwrap();
        assert_eq!(found.map(|found| found.moved.is_some()), is_in_time.then_some(true), "{hold:?}");
        assert_eq!(cut_over::asked(&bed.db).await.unwrap().map(|asked| asked.epoch), Some(next), "the newest one");
    }
}

#[tokio::test]
async fn nobody_but_esclusa_has_statements_held() {
    let bed = bed().await;
    let proxy = Proxy::start(&bed).await;
    let mut client = proxy.client_of(&bed, "escritora").await;
    for text in [
        "INSERT INTO esclusa.cut_over (legacy_table, hold_ms) VALUES ('tipocuenta', 2000)",
        "UPDATE esclusa.cut_over SET quiet_on = '{}'",
        "DELETE FROM esclusa.cut_over",
    ] {
        let answer = client.query(text).await;
        assert!(answer.contains("<42501"), "{text}: {answer}");
    }
    // A notification from anybody else has no effect.
    for _ in 0..200 {
        assert!(client.query("NOTIFY esclusa_cut_over").await.ends_with("ZI"));
    }
    let begun = Instant::now();
    assert!(client.query("SELECT 1 FROM tipocuenta WHERE id = 1").await.contains("(1)"));
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_proxy_that_does_not_answer_keeps_the_table_where_it_is() {
    let bed = bed().await;
    let _proxy = Proxy::start(&bed).await;
    bed.sql("INSERT INTO esclusa.replica (instance, generation) VALUES ('mute', 1000000)").await;
    let migration = migration(&bed, Duration::from_secs(1)).await;
    let run = migration.begin("there").await.unwrap();
    let why = said(&migration.table(run, &bed.rules.rules["tipootro"]).await.unwrap_err());
    assert!(why.contains("no quiet moment") && why.contains("sessions of proxy mute"), "{why}");
    assert!(direct(&bed).await.query("SELECT n FROM tipootro").await.contains("(0)"));
    // It was killed: after a while it is not waited for.
    bed.sql("UPDATE esclusa.replica SET seen_at = clock_timestamp() - interval '15 s' WHERE instance = 'mute'").await;
    migration.table(run, &bed.rules.rules["tipootro"]).await.unwrap_or_else(|e| panic!("{}", said(&e)));
    // Statements that it may still rewrite would fail after the table has come back.
    let why = said(&migration.back(run, &bed.rules.rules["tipootro"]).await.unwrap_err());
    assert!(why.contains("sessions of proxy mute"), "{why}");
    bed.sql("UPDATE esclusa.replica SET seen_at = clock_timestamp() - interval '90 s' WHERE instance = 'mute'").await;
    migration.back(run, &bed.rules.rules["tipootro"]).await.unwrap_or_else(|e| panic!("{}", said(&e)));
    migration.finish(run).await.unwrap();
}

/// Moved rows are newer than a snapshot that was taken before: a transaction with such a snapshot would find the table empty.
#[tokio::test]
async fn who_goes_by_an_old_snapshot_is_waited_for() {
    let bed = bed().await;
    let proxy = Proxy::start(&bed).await;
    for begin in ["BEGIN ISOLATION LEVEL REPEATABLE READ", "BEGIN ISOLATION LEVEL SERIALIZABLE"] {
        for around in [false, true] {
            let mut open = if around { direct(&bed).await } else { proxy.client(&bed).await };
            open.query(begin).await;
            open.query("SELECT count(*) FROM base").await;
            let migration = migration(&bed, Duration::from_secs(1)).await;
            let run = migration.begin("there").await.unwrap();
            for table in ["tipocuenta", "hiscuenta"] {
                let why = said(&migration.table(run, &bed.rules.rules[table]).await.unwrap_err());
                assert!(why.contains("which keeps a snapshot") && why.contains("postgres"), "{why}");
            }
            assert!(open.query("SELECT count(*) FROM tipocuenta").await.contains("(2)"), "{begin}");
            assert!(open.query("UPDATE tipocuenta SET n = n WHERE id = 1").await.contains("[UPDATE 1]"), "{begin}");
            open.query("COMMIT").await;
            migration.finish(run).await.unwrap();
        }
    }
    // Other sessions in the middle of a transaction have no such snapshot.
    let mut open = proxy.client(&bed).await;
    open.query("BEGIN; SELECT count(*) FROM base").await;
    open.query("SELECT count(*) FROM base").await;
    there(&bed, "tipocuenta").await;
    assert!(open.query("SELECT count(*) FROM tipocuenta").await.contains("(2)"));
}

/// A driver's sessions (JDBC, libpq) that think in a transaction of READ COMMITTED: the portal of their last statement keeps its snapshot. The proxy closes
/// it, so they stand in nobody's way however long they think; by the extended protocol too, REPEATABLE READ is waited for.
#[tokio::test]
async fn who_thinks_in_a_transaction_stands_in_nobodys_way() {
    let bed = bed().await;
    let proxies = [Proxy::start(&bed).await, Proxy::start(&bed).await];
    let ask = [p("", "SELECT n FROM base WHERE id = $1"), b("", &["1"]), e(), s()];
    let asks = async |proxy: &Proxy, begin: &str| {
        let mut open = proxy.client_of(&bed, "escritora").await;
        assert_eq!(open.ask(&[p("", begin), b("", &[]), e(), s()]).await, "1 2 [BEGIN] ZT");
        assert!(open.ask(&ask).await.ends_with("(0) [SELECT 1] ZT"));
        open
    };
    let kept = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'escritora' AND state = 'idle in transaction' AND backend_xmin IS NOT NULL";
    let mut thinking = Vec::new();
    for number in 0..4 {
        thinking.push(asks(&proxies[number % 2], "BEGIN").await);
    }
    assert_eq!(bed.cell(kept).await, "4", "they keep snapshots");
    // Others begin to think while a table is held.
    let (stop, mut busy) = (Arc::new(AtomicBool::new(false)), Vec::new());
    for number in 0..4 {
        let (mut client, stop, ask) = (proxies[number % 2].client_of(&bed, "escritora").await, stop.clone(), ask.clone());
        busy.push(tokio::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                client.query("BEGIN").await;
                for _ in 0..3 {
                    assert!(client.ask(&ask).await.ends_with("(0) [SELECT 1] ZT"));
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                client.query("COMMIT").await;
            }
        }));
    }
    for table in ["tipocuenta", "hiscuenta"] {
        there(&bed, table).await;
        back(&bed, table).await;
        there(&bed, table).await;
    }
    stop.store(true, Ordering::Relaxed);
    for client in busy {
        client.await.unwrap();
    }
    for mut open in thinking {
        assert!(open.ask(&ask).await.ends_with("(0) [SELECT 1] ZT"), "the transaction goes on");
        assert!(open.query("SELECT count(*) FROM tipocuenta; COMMIT").await.contains("(2)"));
    }
    let mut open = asks(&proxies[0], "BEGIN ISOLATION LEVEL REPEATABLE READ").await;
    let migration = migration(&bed, Duration::from_secs(1)).await;
    let run = migration.begin("there").await.unwrap();
    let why = said(&migration.table(run, &bed.rules.rules["tipootro"]).await.unwrap_err());
    assert!(why.contains("which keeps a snapshot") && why.contains("escritora"), "{why}");
    assert!(open.query("SELECT count(*) FROM tipootro; COMMIT").await.contains("(1)"));
}

/// One that is taken while the move waits for its lock is noticed too, although the server's view of sessions is as old as a transaction's first look at it.
#[tokio::test]
async fn a_snapshot_that_is_taken_late_is_waited_for() {
    let bed = bed().await;
    let (mut holder, mut late, mut looking) = (direct(&bed).await, direct(&bed).await, direct(&bed).await);
    holder.query("BEGIN; LOCK TABLE cf_quere_pro.tipocuenta IN SHARE MODE").await;
    let asked = "SELECT count(*) FROM pg_locks WHERE relation = 'cf_quere_pro.tipocuenta'::regclass AND NOT granted";
    let taken = async {
        while looking.query(asked).await.contains("(0)") {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        late.query("BEGIN ISOLATION LEVEL REPEATABLE READ").await;
        late.query("SELECT count(*) FROM base").await;
        holder.query("COMMIT").await
    };
    let migration = migration(&bed, Duration::from_secs(1)).await;
    let run = migration.begin("there").await.unwrap();
    let (moved, _) = tokio::join!(migration.table(run, &bed.rules.rules["tipocuenta"]), taken);
    let why = said(&moved.unwrap_err());
    assert!(why.contains("which keeps a snapshot"), "{why}");
    let answer = late.query("SELECT count(*) FROM tipocuenta").await;
    assert!(answer.contains("(2)"), "{answer}");
}

/// Leaf, views and table of places are made before the table is locked: what changes after that, and before the lock, is not lost.
#[tokio::test]
async fn what_changes_right_before_the_lock_is_carried() {
    let bed = bed().await;
    let asked = "SELECT count(*) FROM pg_locks WHERE relation = 'cf_quere_pro.tipocuenta'::regclass AND NOT granted";
    for (change, carried) in [
        ("CREATE INDEX nuevo ON tipocuenta (n)", "SELECT to_regclass('esclusa_leaf.nuevo') IS NOT NULL"),
        (
            "ALTER TABLE tipocuenta CLUSTER ON nuevo",
            "SELECT indisclustered FROM pg_index WHERE indexrelid = 'esclusa_leaf.nuevo'::regclass",
        ),
        ("DROP INDEX nuevo", "SELECT to_regclass('esclusa_leaf.nuevo') IS NULL"),
        ("INSERT INTO tipocuenta VALUES (3, 3)", "SELECT count(*) = 3 FROM esclusa.tipocuenta"),
        ("TRUNCATE tipocuenta", "SELECT count(*) = 0 FROM esclusa.tipocuenta"),
        ("GRANT SELECT ON tipocuenta TO PUBLIC", "SELECT has_table_privilege('pg_monitor', 'esclusa.tipocuenta', 'SELECT')"),
        (
            "ALTER TABLE tipocuenta ADD CONSTRAINT poco CHECK (n < 100)",
            "SELECT count(*) = 1 FROM pg_constraint WHERE conrelid = 'esclusa_leaf.tipocuenta'::regclass AND conname = 'poco'",
        ),
        (
            "COMMENT ON COLUMN tipocuenta.n IS 'cuántas'",
            "SELECT col_description('cf_quere_pro.tipocuenta'::regclass, 2) = 'cuántas'",
        ),
        (
            "ALTER TABLE tipocuenta OWNER TO escritora",
            "SELECT count(*) = 4 FROM pg_class WHERE relowner = 'escritora'::regrole AND relname IN ('tipocuenta', 'kept_tipocuenta') \
               AND relnamespace <> 'mig_old'::regnamespace",
        ),
    ] {
        let (mut other, mut looking) = (direct(&bed).await, direct(&bed).await);
        other.query("SET search_path = cf_quere_pro").await;
        let answer = other.query(&format!("BEGIN; LOCK TABLE tipocuenta IN SHARE MODE; {change}")).await;
        assert!(!answer.contains('<'), "{change}: {answer}");
        let release = async {
            while looking.query(asked).await.contains("(0)") {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            other.query("COMMIT").await
        };
        tokio::join!(there(&bed, "tipocuenta"), release);
        let answer = looking.query(carried).await;
        assert!(answer.contains("(t)"), "{change}: {answer}");
        let parity = migration(&bed, Duration::from_secs(1)).await.verify(&bed.rules.rules["tipocuenta"]).await.unwrap().unwrap();
        assert!(parity.holds(), "{change}: {}", parity.failures());
        back(&bed, "tipocuenta").await;
    }
}

/// A reader of a view holds a lock on the view when it asks for the table; a move of the table replaces the view.
#[tokio::test]
async fn readers_of_a_view_over_the_table_are_no_victims() {
    let bed = bed().await;
    bed.sql(
        "CREATE VIEW cf_quere_pro.v_cuenta AS SELECT id, n FROM cf_quere_pro.tipocuenta;
         CREATE VIEW cf_quere_pro.v_ambas AS SELECT c.n, o.n AS otro FROM cf_quere_pro.v_cuenta AS c JOIN cf_quere_pro.tipootro AS o USING (id);
         COMMENT ON VIEW cf_quere_pro.v_cuenta IS 'cuentas'; GRANT SELECT ON cf_quere_pro.v_cuenta, cf_quere_pro.v_ambas TO escritora",
    )
    .await;
    let proxy = Proxy::start(&bed).await;
    let stop = Arc::new(AtomicBool::new(false));
    let mut tasks = Vec::new();
    for number in 0..4 {
        let mut client = if number == 0 { direct(&bed).await } else { proxy.client_of(&bed, "escritora").await };
        let stop = stop.clone();
        tasks.push(tokio::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                let view = if number % 2 == 0 { "v_ambas" } else { "v_cuenta" };
                let answer = client.query(&format!("BEGIN; SELECT n FROM {view}; SELECT n FROM {view}; COMMIT")).await;
                assert!(answer.contains("(0)") && !answer.contains('<'), "{view}: {answer}");
            }
        }));
    }
    for _ in 0..4 {
        for table in ["tipocuenta", "tipootro"] {
            there(&bed, table).await;
        }
        for table in ["tipocuenta", "tipootro"] {
            back(&bed, table).await;
        }
    }
    stop.store(true, Ordering::Relaxed);
    for task in tasks {
        task.await.unwrap();
    }
}

/// A view that a client makes over a moved table, through a proxy, uses our view.
#[tokio::test]
async fn views_that_clients_made_meanwhile_come_back_with_the_table() {
    let bed = bed().await;
    let proxy = Proxy::start(&bed).await;
    bed.sql("COMMENT ON COLUMN cf_quere_pro.tipocuenta.id IS 'viejo'").await;
    there(&bed, "tipocuenta").await;
    let mut client = proxy.client(&bed).await;
    for text in [
        "CREATE VIEW v_nueva AS SELECT t.n, 'esclusa.tipocuenta' AS texto FROM tipocuenta AS t WHERE id = 1",
        "CREATE MATERIALIZED VIEW m_nueva AS SELECT count(*) FROM tipocuenta",
        "CREATE TEMP VIEW breve AS SELECT n FROM tipocuenta",
    ] {
        let answer = client.query(text).await;
        assert!(answer.ends_with("ZI") && !answer.contains('<'), "{text}: {answer}");
    }
    bed.sql("COMMENT ON COLUMN cf_quere_pro.tipocuenta.n IS 'nuevo'; COMMENT ON COLUMN cf_quere_pro.tipocuenta.id IS NULL").await;
    let migration = migration(&bed, Duration::from_secs(5)).await;
    let run = migration.begin("back").await.unwrap();
    let returned = migration.back(run, &bed.rules.rules["tipocuenta"]).await.unwrap_or_else(|e| panic!("{}", said(&e)));
    let comments = "SELECT concat_ws(' ', col_description(oid, 1), col_description(oid, 2)) FROM pg_class WHERE oid = 'cf_quere_pro.tipocuenta'::regclass";
    assert_eq!(bed.cell(comments).await, "nuevo");
    let notes = returned.notes.join("; ");
    let is_told = bed.cell("SELECT current_setting('server_version_num')::integer >= 160000").await == "t";
    let whose = if is_told { "it is temporary, of a session of postgres (pid " } else { "it is temporary)" };
    assert!(notes.contains("breve: stays") && notes.contains(whose), "{notes}");
    migration.finish(run).await.unwrap();
    assert!(client.query("UPDATE tipocuenta SET n = 7 WHERE id = 1").await.contains("[UPDATE 1]"));
    assert!(client.query("SELECT * FROM v_nueva").await.contains("(7,esclusa.tipocuenta)"));
    assert!(client.query("SELECT * FROM m_nueva").await.contains("(2)"));
    assert!(client.query("SELECT n FROM breve WHERE n = 7").await.contains("(7)"));
    let over = "SELECT count(*) FROM pg_depend AS d JOIN pg_rewrite AS r ON r.oid = d.objid WHERE d.refobjid = 'cf_quere_pro.tipocuenta'::regclass \
                AND r.ev_class IN ('cf_quere_pro.v_nueva'::regclass, 'cf_quere_pro.m_nueva'::regclass)";
    assert_ne!(bed.cell(over).await, "0");
    // And they move again.
    there(&bed, "tipocuenta").await;
    assert!(client.query("SELECT * FROM v_nueva").await.contains("(7,esclusa.tipocuenta)"));
    assert!(client.query("UPDATE tipocuenta SET n = 8 WHERE id = 1").await.contains("[UPDATE 1]"));
    assert!(client.query("SELECT n FROM breve WHERE n = 8").await.contains("(8)"));
}

/// A database that was restored from a backup, or a standby that lagged when it took over, numbers its next switch as one that the proxy has followed long
/// ago.
#[tokio::test]
async fn a_proxy_follows_a_database_whose_switches_have_gone_back() {
    let bed = bed().await;
    let proxy = Proxy::start(&bed).await;
    let mut client = proxy.client(&bed).await;
    there(&bed, "tipocuenta").await;
    there(&bed, "tipootro").await;
    assert!(client.query("SELECT n FROM tipocuenta WHERE id = 2").await.contains("(0)"));
    bed.sql("UPDATE esclusa.generation SET number = 1").await;
    common::wait_for(&bed.db, "SELECT bool_and(generation = 1) FROM esclusa.replica").await;
    for _ in 0..2 {
        back(&bed, "tipocuenta").await;
        let answer = client.query("SELECT n FROM tipocuenta WHERE id = 2").await;
        assert!(answer.contains("(0)"), "{answer}");
        there(&bed, "tipocuenta").await;
        let answer = client.query("UPDATE tipocuenta SET n = n WHERE id = 2").await;
        assert!(answer.contains("UPDATE 1"), "{answer}");
    }
    common::wait_for(&bed.db, "SELECT bool_and(r.generation = g.number) FROM esclusa.replica AS r, esclusa.generation AS g")
        .await;
}
