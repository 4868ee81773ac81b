//! A table is moved while clients write it: no client sees an error, no row is lost or doubled, and the copy is kept however the process
//! ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use common::Bed;
use esclusa::migrate::migration::Migration;
use esclusa::migrate::online::{Progress, Told};
use esclusa::migrate::quiet::Pace;
use esclusa::migrate::{parity, schema};
use esclusa::relation::Relation;
use tokio::task::JoinHandle;
use tokio_postgres::NoTls;

/// A history without a key, with duplicates, holes in its blocks and rows that are wider than a page.
const TABLES: &str = "CREATE TABLE usuario (id numeric(10,0) PRIMARY KEY, nombre varchar(40), usu varchar(10), hora timestamp);
    INSERT INTO usuario SELECT i, 'usuario ' || i, 'app', timestamp '2026-03-05 10:00' FROM generate_series(1, 200) i;
    CREATE TABLE hisusuario (id numeric(10,0) NOT NULL, nombre varchar(40), nota text, usu varchar(10), hora timestamp);
    INSERT INTO hisusuario SELECT i % 5000, 'n' || i % 7, CASE WHEN i % 1000 = 0 THEN repeat(md5(i::text), 200) END, 'app',
        timestamp '2010-01-01' + (i % 900) * interval '1 hour' FROM generate_series(1, 30000) i;
    DELETE FROM hisusuario WHERE id % 3 = 0 AND nombre <> 'n1';
    CREATE INDEX hisusuario_id ON hisusuario (id, hora DESC);
";

/// A client that works until it is stopped, with the unexpected answers that it got.
struct Clients {
    stop: Arc<AtomicBool>,
    commits: Arc<AtomicU64>,
    /// Transactions that got 40001: a client that writes through a view, around the proxy, may meet a row that another one has just changed
    /// (`docs/differences.md`).
    repeated: Arc<AtomicU64>,
    tasks: Vec<JoinHandle<(Vec<String>, Duration)>>,
}

impl Clients {
    async fn new(bed: &Bed, texts: &'static [&'static str]) -> Clients {
        let mut clients = Clients { stop: Arc::default(), commits: Arc::default(), repeated: Arc::default(), tasks: Vec::new() };
        for (number, text) in texts.iter().enumerate() {
            let mut config = tokio_postgres::Config::new();
            config.host("127.0.0.1").port(common::server().await.port).user("postgres").dbname(bed.name());
            let (client, connection) = config.connect(NoTls).await.unwrap();
            tokio::spawn(connection);
            client.batch_execute("SET search_path = cf_quere_pro").await.unwrap();
            let (stop, commits, repeated) =
                (Arc::clone(&clients.stop), Arc::clone(&clients.commits), Arc::clone(&clients.repeated));
            clients.tasks.push(tokio::spawn(async move {
                let (mut errors, mut longest, mut turn) = (Vec::new(), Duration::ZERO, number);
                while !stop.load(Ordering::Relaxed) {
                    let begun = Instant::now();
                    turn = (turn * 31 + 17) % 9973;
                    let text = text.replace("{n}", &turn.to_string()).replace("{c}", &number.to_string());
                    match client.batch_execute(&text).await {
                        Ok(()) => _ = commits.fetch_add(1, Ordering::Relaxed),
                        Err(error)
                            if error
                                .as_db_error()
                                .is_some_and(|e| e.detail().is_some_and(|d| d.contains("a view cannot look at it again"))) =>
                        {
                            repeated.fetch_add(1, Ordering::Relaxed);
                            client.batch_execute("ROLLBACK").await.unwrap();
                        }
                        Err(error) => {
                            errors.push(format!("{text}: {:?}", error.as_db_error()));
                            let _ = client.batch_execute("ROLLBACK").await;
                        }
                    }
                    if !text.contains("pg_sleep") {
                        longest = longest.max(begun.elapsed());
                    }
                }
                (errors, longest)
            }));
        }
        clients
    }

    /// Ends them; none has seen an error.
    async fn end(self) -> Duration {
        self.stop.store(true, Ordering::Relaxed);
        let mut longest = Duration::ZERO;
        let (commits, repeated) = (self.commits.load(Ordering::Relaxed), self.repeated.load(Ordering::Relaxed));
        assert!(repeated * 20 <= commits, "{repeated} of {commits} transactions were told to repeat");
        for task in self.tasks {
            let (errors, stall) = task.await.unwrap();
            assert!(errors.is_empty(), "{} errors, the first: {}", errors.len(), errors[0]);
            longest = longest.max(stall);
        }
        longest
    }
}

/// The pattern of an application that writes its own history, in both orders, and every other way of changing rows. No two of them change the same
/// rows in different orders: the table itself would end in a deadlock then.
const TEXTS: &[&str] = &[
    "BEGIN; UPDATE usuario SET nombre = 'x{n}' WHERE id = {n} % 200 + 1; INSERT INTO hisusuario VALUES ({n}, 'c{c}', NULL, 'app', now()); COMMIT",
    "BEGIN; INSERT INTO hisusuario VALUES ({n} % 50, 'c{c}', 'z', 'app', now()); UPDATE usuario SET nombre = 'y{n}' WHERE id = {n} % 200 + 1; COMMIT",
    "BEGIN; SELECT * FROM hisusuario WHERE id = {n} % 500 + 500; UPDATE hisusuario SET nota = 'u{n}', id = id + 1000 WHERE id = {n} % 500 + 500; COMMIT",
    "BEGIN; DELETE FROM hisusuario WHERE id = {n} % 500 AND nombre = 'n3'; SAVEPOINT s; DELETE FROM hisusuario WHERE id = {n} % 400; ROLLBACK TO s; COMMIT",
    "BEGIN; INSERT INTO hisusuario SELECT {n}, 'lote', repeat('w', 3000), 'app', now() FROM generate_series(1, 5); UPDATE hisusuario SET nombre = 'lotes' WHERE nombre = 'lote' AND id = {n}; ROLLBACK",
    "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM usuario; SELECT pg_sleep(0.02); INSERT INTO hisusuario VALUES (70000 + {c}, 'rr', NULL, 'app', now()); DELETE FROM hisusuario WHERE id = 70000 + {c} AND random() < 0.5; COMMIT",
    "BEGIN; SELECT count(*) FROM hisusuario WHERE id = {n}; SELECT pg_sleep(0.1); COMMIT",
];

fn pace() -> Pace {
    Pace {
        lock_timeout: Duration::from_millis(50),
        hold: Duration::from_millis(250),
        patience: Duration::from_secs(60),
        chunk: Duration::from_millis(20),
        online_above: 0,
    }
}

/// Notes the progress messages.
#[derive(Default)]
struct Ear(std::sync::Mutex<Vec<String>>);

impl Told for Ear {
    fn progress(&self, progress: &Progress) {
        self.0.lock().unwrap().push(format!("{} {}/{}", progress.step, progress.done, progress.of));
    }

    fn word(&self, text: &str) {
        self.0.lock().unwrap().push(text.to_owned());
    }
}

async fn bed() -> Bed {
    let mut bed = Bed::new(TABLES).await;
    bed.kept = true;
    let key = "{ columns = ['id'], base = ['id'] }";
    let target = "{ base = 'usuario', user = 'usu', time = 'hora' }";
    bed.rule("hisusuario", "history", target, key).await;
    bed
}

#[tokio::test]
async fn a_history_moves_while_it_is_written() {
    let bed = bed().await;
    let clients = Clients::new(&bed, TEXTS).await;
    let ear = Ear::default();
    let migration =
        Migration { pace: pace(), told: &ear, ..Migration::new(&bed.db, &bed.rules, bed.context.clone()).await.unwrap() };
    let run = migration.begin("test").await.unwrap();
    let begun = Instant::now();
    let outcome = migration.table(run, &bed.rules.rules["hisusuario"]).await.unwrap_or_else(|e| panic!("{}", common::said(&e)));
    let took = begun.elapsed();
    migration.finish(run).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let commits = clients.commits.load(Ordering::Relaxed);
    let stall = clients.end().await;
    let said = ear.0.into_inner().unwrap();
    let chunks = said.iter().filter(|s| s.starts_with("copying")).count();
    println!("{took:?}, {chunks} chunks, {commits} commits, longest stall {stall:?}, {outcome:?}");
    assert!(chunks > 3, "{said:#?}");
    assert!(outcome.parity.unwrap().holds());
    assert!(commits > 100, "{commits} commits are no load");
    assert_same(&bed).await;
    let found = bed.rows("SELECT count(*) FROM esclusa.copy UNION ALL SELECT count(*) FROM pg_class WHERE relname ~ '^(carried|gone)_.*o$' UNION ALL SELECT count(*) FROM pg_trigger WHERE tgname = 'esclusa_carry'").await;
    assert_eq!(found, ["0", "0", "0"], "something is left");
}

/// The leaf and its archive have the same rows.
async fn assert_same(bed: &Bed) {
    let relation = Relation::compile(&bed.rules.rules["hisusuario"], &bed.context);
    let parity = parity::kept(&bed.db, &relation, "mig_old.hisusuario").await.unwrap();
    assert!(parity.holds(), "{}", parity.failures());
}

/// Moved, rolled back and moved again while clients work: nothing is lost, and no client gets an error.
#[tokio::test]
async fn a_history_moves_back_with_what_was_written_since() {
    let bed = bed().await;
    let clients = Clients::new(&bed, TEXTS).await;
    let rule = &bed.rules.rules["hisusuario"];
    let migration = Migration { pace: pace(), ..Migration::new(&bed.db, &bed.rules, bed.context.clone()).await.unwrap() };
    let sum = "SELECT count(*) || ' ' || coalesce(sum(hashtext(h::text)), 0) FROM cf_quere_pro.hisusuario AS h";
    for turn in 0..2 {
        let run = migration.begin("there").await.unwrap();
        migration.table(run, rule).await.unwrap_or_else(|e| panic!("{turn}: {}", common::said(&e)));
        migration.finish(run).await.unwrap();
        tokio::time::sleep(Duration::from_millis(500)).await;
        let run = migration.begin("back").await.unwrap();
        let back = migration.back(run, rule).await.unwrap_or_else(|e| panic!("{turn}: {}", common::said(&e)));
        migration.finish(run).await.unwrap();
        assert!(back.notes.is_empty() && back.rows > 10_000, "{back:?}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let run = migration.begin("there").await.unwrap();
    migration.table(run, rule).await.unwrap_or_else(|e| panic!("{}", common::said(&e)));
    let stall = clients.end().await;
    println!("longest stall {stall:?}");
    assert_same(&bed).await;
    let before = bed.cell(sum).await;
    migration.back(run, rule).await.unwrap_or_else(|e| panic!("{}", common::said(&e)));
    assert_eq!(bed.cell(sum).await, before);
    let left = bed.rows("SELECT relname FROM pg_class WHERE relnamespace IN ('esclusa_leaf'::regnamespace, 'mig_old'::regnamespace) AND relkind <> 't'
        UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'esclusa'::regnamespace AND proname ~ 'hisusuario'
        UNION ALL SELECT name FROM esclusa.object UNION ALL SELECT tgname FROM pg_trigger WHERE tgrelid = 'cf_quere_pro.hisusuario'::regclass").await;
    assert_eq!(left, Vec::<String>::new(), "something is left");
}

/// The process that moves a table is killed again and again at arbitrary moments: the next one continues from the state it finds, and the result is
/// as if nothing had happened.
#[tokio::test]
async fn a_move_that_is_killed_is_gone_on_with() {
    let bed = bed().await;
    let clients = Clients::new(&bed, TEXTS).await;
    let beside = Bed::beside(&bed).await;
    let (mut kills, mut waits) = (0, [40_u64, 150, 400, 90, 700, 250, 1100, 60, 500, 1700].iter().cycle());
    let outcome = loop {
        let own = Bed::beside(&bed).await;
        let pid = own.cell("SELECT pg_backend_pid()").await;
        let migration = Migration { pace: pace(), ..Migration::new(&own.db, &bed.rules, bed.context.clone()).await.unwrap() };
        let run = migration.begin("killed").await.unwrap();
        let work = migration.table(run, &bed.rules.rules["hisusuario"]);
        // After some kills it may run to its end, because one step can take longer than the longest wait.
        let limit = Duration::from_millis(if kills < 10 { *waits.next().unwrap() } else { 120_000 });
        tokio::select! {
            done = work => break done.unwrap_or_else(|e| panic!("{}", common::said(&e))),
            () = tokio::time::sleep(limit) => {}
        }
        beside.sql(&format!("SELECT pg_terminate_backend({pid})")).await;
        common::wait_for(&beside.db, &format!("SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = {pid})")).await;
        kills += 1;
    };
    clients.end().await;
    println!("{kills} kills, {outcome:?}");
    assert!(kills > 3, "{kills} kills are few");
    // None if the last kill came just after the COMMIT.
    assert!(outcome.parity.is_none_or(|p| p.holds()));
    assert_same(&bed).await;
    let left = "SELECT count(*) FROM pg_index WHERE NOT indisvalid UNION ALL SELECT count(*) FROM esclusa.copy";
    assert_eq!(bed.rows(left).await, ["0", "0"]);
}

/// The table is rewritten during the copy: the copied blocks no longer match, and everything is copied again.
#[tokio::test]
async fn a_table_that_is_rewritten_is_copied_anew() {
    let bed = bed().await;
    let beside = Bed::beside(&bed).await;
    for change in [
        "VACUUM FULL cf_quere_pro.hisusuario",
        "TRUNCATE cf_quere_pro.hisusuario; INSERT INTO cf_quere_pro.hisusuario VALUES (1, 'after', NULL, 'app', now())",
    ] {
        let ear = Ear::default();
        let own = Bed::beside(&bed).await;
        let migration =
            Migration { pace: pace(), told: &ear, ..Migration::new(&own.db, &bed.rules, bed.context.clone()).await.unwrap() };
        let run = migration.begin("rewritten").await.unwrap();
        let work = migration.table(run, &bed.rules.rules["hisusuario"]);
        let half = async {
            while ear.0.lock().unwrap().iter().filter(|s| s.starts_with("copying")).count() < 3 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            beside.sql(change).await;
            std::future::pending::<()>().await;
        };
        tokio::select! {
            done = work => assert!(common::said(&done.unwrap_err()).contains("rewritten"), "{change}"),
            () = half => {}
        }
        migration.finish(run).await.unwrap();
    }
    let migration = Migration { pace: pace(), ..Migration::new(&bed.db, &bed.rules, bed.context.clone()).await.unwrap() };
    let run = migration.begin("at last").await.unwrap();
    let outcome = migration.table(run, &bed.rules.rules["hisusuario"]).await.unwrap();
    assert!(outcome.parity.unwrap().holds());
    assert_same(&bed).await;
    assert_eq!(bed.rows("SELECT nombre FROM cf_quere_pro.hisusuario").await, ["after"]);
}

/// A trigger that was disabled for a moment: the proof finds the changes that it missed, and the copy is dropped.
#[tokio::test]
async fn a_change_that_was_not_carried_is_seen() {
    for change in [
        "INSERT INTO cf_quere_pro.hisusuario VALUES (1, 'missed', NULL, 'app', now())",
        "DELETE FROM cf_quere_pro.hisusuario WHERE id = 7",
        "UPDATE cf_quere_pro.hisusuario SET nota = 'missed' WHERE id = 7",
    ] {
        let bed = bed().await;
        let beside = Bed::beside(&bed).await;
        let ear = Ear::default();
        let own = Bed::beside(&bed).await;
        let migration =
            Migration { pace: pace(), told: &ear, ..Migration::new(&own.db, &bed.rules, bed.context.clone()).await.unwrap() };
        let run = migration.begin("missed").await.unwrap();
        let work = migration.table(run, &bed.rules.rules["hisusuario"]);
        let missing = async {
            while !ear.0.lock().unwrap().iter().any(|s| s.starts_with("indexing")) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            beside
                .sql(&format!(
                    "BEGIN; ALTER TABLE cf_quere_pro.hisusuario DISABLE TRIGGER esclusa_carry; {change}; \
                 ALTER TABLE cf_quere_pro.hisusuario ENABLE ALWAYS TRIGGER esclusa_carry; COMMIT"
                ))
                .await;
            std::future::pending::<()>().await;
        };
        tokio::select! {
            done = work => assert!(common::said(&done.unwrap_err()).contains("parity"), "{change}"),
            () = missing => {}
        }
        let left = "SELECT count(*) FROM esclusa.copy UNION ALL SELECT count(*) FROM pg_trigger WHERE tgname = 'esclusa_carry'";
        assert_eq!(bed.rows(left).await, ["0", "0"], "{change}");
    }
}

/// The move by copying and the move in one transaction have the same result for a table with every feature: the same objects with the same
/// definitions, owners and grants; and a rollback restores the table as it was.
#[tokio::test]
async fn both_ways_end_alike() {
    const FULL: &str = "CREATE TABLE usuario (id numeric(10,0) PRIMARY KEY, nombre varchar(40));
        INSERT INTO usuario SELECT i, 'u' FROM generate_series(1, 50) i;
        CREATE TABLE hisusuario (id numeric(10,0) NOT NULL REFERENCES usuario, nombre varchar(40) DEFAULT 'x', nota text CHECK (nota <> 'no'),
            usu varchar(10), hora timestamp, CONSTRAINT hisusuario_pkey PRIMARY KEY (id, hora));
        INSERT INTO hisusuario SELECT i % 50 + 1, 'n' || i, NULL, 'app', timestamp '2020-01-01' + i * interval '1 minute' FROM generate_series(1, 3000) i;
        CREATE INDEX hisusuario_parte ON hisusuario (nombre DESC NULLS LAST) WHERE nombre <> 'a;b INDEX ';
        CREATE INDEX hisusuario_usu ON hisusuario (usu varchar_pattern_ops, hora); ALTER TABLE hisusuario CLUSTER ON hisusuario_usu;
        CREATE VIEW resumen AS SELECT id, count(*) FROM hisusuario GROUP BY id;
        COMMENT ON TABLE hisusuario IS 'historia'; COMMENT ON COLUMN hisusuario.nota IS 'una nota';
        CREATE STATISTICS hisusuario_juntos ON id, usu FROM hisusuario;
        GRANT SELECT ON hisusuario TO PUBLIC; GRANT INSERT, UPDATE (nota) ON hisusuario TO pg_monitor WITH GRANT OPTION";
    let objects =
        "SELECT kind, regexp_replace(name, '^(esclusa_number_hisusuario|hisusuario_pkey1) ', ''), definition FROM esclusa.object
        WHERE name !~ 'keep' ORDER BY 1, 2, 3";
    let indexes = "SELECT regexp_replace(pg_get_indexdef(indexrelid), '^(CREATE.*INDEX) \\S+', '\\1'), indisunique, indisprimary, indisclustered, indisvalid
        FROM pg_index WHERE indrelid = 'esclusa_leaf.hisusuario'::regclass ORDER BY 1";
    let before = "SELECT (SELECT string_agg(pg_get_indexdef(indexrelid) || indisclustered, E'\\n' ORDER BY indexrelid::regclass::text) FROM pg_index WHERE indrelid = c.oid),
          (SELECT string_agg(conname || pg_get_constraintdef(k.oid), E'\\n' ORDER BY conname) FROM pg_constraint AS k WHERE conrelid = c.oid),
          relacl::text, (SELECT attacl::text FROM pg_attribute WHERE attrelid = c.oid AND attname = 'nota'), obj_description(c.oid, 'pg_class'),
          pg_get_viewdef('cf_quere_pro.resumen'::regclass), (SELECT count(*) FROM pg_trigger WHERE tgrelid = c.oid AND NOT tgisinternal)
        FROM pg_class AS c WHERE oid = 'cf_quere_pro.hisusuario'::regclass";
    let mut made = Vec::new();
    for online_above in [0, u64::MAX] {
        let mut bed = Bed::new(FULL).await;
        bed.kept = true;
        let target = "{ base = 'usuario', user = 'usu', time = 'hora' }";
        bed.rule("hisusuario", "history", target, "{ columns = ['id'], base = ['id'] }").await;
        let was = bed.rows(before).await;
        let pace = Pace { online_above, ..pace() };
        let migration = Migration { pace, ..Migration::new(&bed.db, &bed.rules, bed.context.clone()).await.unwrap() };
        let run = migration.begin("both").await.unwrap();
        let rule = &bed.rules.rules["hisusuario"];
        let outcome = migration.table(run, rule).await.unwrap_or_else(|e| panic!("{}", common::said(&e)));
        assert!(outcome.parity.unwrap().holds());
        assert_eq!(schema::check(&bed.db, &bed.context).await.unwrap().rows.len(), 0);
        // Through the view: a repeated key, a broken CHECK and a missing row of the base are refused; accepted writes go to both.
        let session = bed.session("postgres", "SET search_path = cf_quere_pro").await;
        for (sql, code) in [
            ("INSERT INTO hisusuario SELECT * FROM hisusuario WHERE nombre = 'n7'", "ERROR 23505"),
            ("INSERT INTO hisusuario VALUES (1, 'z', 'no', 'app', now())", "ERROR 23514"),
            ("INSERT INTO hisusuario VALUES (999, 'z', NULL, 'app', now())", "ERROR 23503"),
            ("INSERT INTO hisusuario VALUES (1, 'z', 'si', 'app', '2030-01-01')", "(1)"),
            ("UPDATE hisusuario SET nota = 'otra' WHERE id = 2", "(60)"),
            ("DELETE FROM hisusuario WHERE id = 3", "(60)"),
        ] {
            assert!(session.say(sql).await.starts_with(code), "{online_above}: {sql}: {}", session.say(sql).await);
        }
        assert_same(&bed).await;
        made.push((bed.rows(objects).await, bed.rows(indexes).await, outcome.notes));
        migration.back(run, rule).await.unwrap_or_else(|e| panic!("{}", common::said(&e)));
        assert_eq!(bed.rows(before).await, was, "{online_above}");
        let found = bed.rows("SELECT count(*), count(*) FILTER (WHERE nota = 'otra'), count(*) FILTER (WHERE nombre = 'z') FROM cf_quere_pro.hisusuario").await;
        assert_eq!(found, ["2941|60|1"]);
    }
    assert_eq!(made[0], made[1]);
}

/// No client waits for a table longer than `migrate.hold`: a move that takes longer is undone completely, and a history is copied while it is written.
#[tokio::test]
async fn a_move_that_would_keep_others_waiting_is_taken_back() {
    let mut bed = bed().await;
    bed.sql("CREATE TABLE cf_quere_pro.tipocolor (id numeric(5,0) PRIMARY KEY, nombre varchar(20)); INSERT INTO cf_quere_pro.tipocolor VALUES (1, 'rojo')").await;
    bed.lookup("tipocolor", "id").await;
    let ear = Ear::default();
    let short =
        Pace { hold: Duration::from_millis(1), lock_timeout: Duration::from_millis(10), online_above: u64::MAX, ..pace() };
    let migration =
        Migration { pace: short, told: &ear, ..Migration::new(&bed.db, &bed.rules, bed.context.clone()).await.unwrap() };
    let run = migration.begin("short").await.unwrap();
    let refused = migration.table(run, &bed.rules.rules["tipocolor"]).await;
    let said_of_it = ear.0.lock().unwrap().join("\n");
    if let Err(error) = refused {
        assert!(common::said(&error).contains("others would have to wait too long"), "{}", common::said(&error));
        assert_eq!(said_of_it.matches("rolled back after").count(), 4, "{said_of_it}");
        let left = "SELECT relname FROM pg_class WHERE relname = 'tipocolor' AND relnamespace <> 'cf_quere_pro'::regnamespace
            UNION ALL SELECT step FROM esclusa.run_table UNION ALL SELECT name FROM esclusa.object UNION ALL SELECT relkind::text FROM pg_class
            WHERE oid = 'cf_quere_pro.tipocolor'::regclass AND relkind <> 'r'";
        assert_eq!(bed.rows(left).await, Vec::<String>::new(), "something is left");
    }
    // The history is moved by copying automatically; its last step is short, and gets the time that it needs.
    let pace = Pace { hold: Duration::from_millis(60), ..short };
    let migration = Migration { pace, told: &ear, ..migration };
    let outcome = migration.table(run, &bed.rules.rules["hisusuario"]).await.unwrap_or_else(|e| panic!("{}", common::said(&e)));
    assert!(outcome.parity.unwrap().holds());
    let told = ear.0.lock().unwrap().join("\n");
    assert!(told.contains("so it is copied while it is written") && told.contains("copying"), "{told}");
    assert_same(&bed).await;
    assert_eq!(bed.rows("SELECT count(*) FROM esclusa.copy").await, ["0"]);
}

/// Changes indexes of the table in the middle of its proof, once.
struct Hand {
    url: esclusa::config::Url,
    sql: std::sync::Mutex<Vec<&'static str>>,
    words: std::sync::Mutex<Vec<String>>,
}

impl Told for Hand {
    fn progress(&self, progress: &Progress) {
        let sql = if progress.step == "proving" { self.sql.lock().unwrap().pop() } else { None };
        let Some(sql) = sql else { return };
        let url = self.url.clone();
        let done = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                esclusa::catalog::Database::connect(&url, None).await.unwrap().batch(sql, sql).await.unwrap()
            });
        });
        done.join().unwrap();
    }

    fn word(&self, text: &str) {
        self.words.lock().unwrap().push(text.to_owned());
    }
}

/// Indexes that are made, changed or dropped while the copy is proven are those of the leaf when the table has moved.
#[tokio::test]
async fn indexes_that_change_during_the_proof_are_carried() {
    let mut bed = bed().await;
    bed.sql("DELETE FROM cf_quere_pro.hisusuario; INSERT INTO cf_quere_pro.hisusuario SELECT i, 'n' || i, NULL, 'app', now() FROM generate_series(1, 3000) AS i;
             CREATE INDEX altered ON cf_quere_pro.hisusuario (nombre); CREATE INDEX dropped ON cf_quere_pro.hisusuario (nota)").await;
    bed.kept = true;
    let url = esclusa::config::Url::new(format!("postgres://postgres@127.0.0.1:{}/{}", common::server().await.port, bed.name()));
    // The last one first.
    let sql = vec![
        "CREATE INDEX added_later ON cf_quere_pro.hisusuario (usu)",
        "CREATE UNIQUE INDEX added ON cf_quere_pro.hisusuario (id); DROP INDEX cf_quere_pro.altered; \
         CREATE INDEX altered ON cf_quere_pro.hisusuario (nombre DESC); DROP INDEX cf_quere_pro.dropped",
    ];
    let hand = Hand { url, sql: sql.into(), words: std::sync::Mutex::default() };
    let migration =
        Migration { pace: pace(), told: &hand, ..Migration::new(&bed.db, &bed.rules, bed.context.clone()).await.unwrap() };
    let run = migration.begin("test").await.unwrap();
    migration.table(run, &bed.rules.rules["hisusuario"]).await.unwrap_or_else(|e| panic!("{}", common::said(&e)));
    migration.finish(run).await.unwrap();
    let told = hand.words.lock().unwrap().join("\n");
    assert_eq!(told.matches("its indexes have changed since they were copied").count(), 2, "{told}");
    let carried = "SELECT c.relname || CASE WHEN i.indisunique THEN ' unique' ELSE '' END || CASE WHEN i.indoption[0] = 0 THEN '' ELSE ' desc' END
        FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid WHERE i.indrelid = 'esclusa_leaf.hisusuario'::regclass
        AND c.relname !~ '^esclusa_' ORDER BY 1";
    assert_eq!(bed.rows(carried).await, ["added unique", "added_later", "altered desc", "hisusuario_id"]);
    assert_same(&bed).await;
}

/// What fails in the copy fails in the trigger too that carries a client's change into it: a full disk, for instance. The copy is removed at once.
#[tokio::test]
async fn a_copy_that_cannot_go_on_leaves_the_table_as_it_was() {
    let bed = bed().await;
    bed.sql(
        "CREATE FUNCTION public.full_disk() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
           IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands() WHERE object_identity = 'esclusa_leaf.hisusuario' AND command_tag = 'CREATE TABLE') THEN
             ALTER TABLE esclusa_leaf.hisusuario ADD CONSTRAINT no_space_left CHECK (al_id < 0);
           END IF;
         END $$;
         CREATE EVENT TRIGGER full_disk ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION public.full_disk()",
    )
    .await;
    let migration = Migration { pace: pace(), ..Migration::new(&bed.db, &bed.rules, bed.context.clone()).await.unwrap() };
    let run = migration.begin("full").await.unwrap();
    let error = common::said(&migration.table(run, &bed.rules.rules["hisusuario"]).await.unwrap_err());
    assert!(error.contains("no_space_left") && error.contains("SQLSTATE 23514; the copy was removed"), "{error}");
    bed.sql("INSERT INTO cf_quere_pro.hisusuario VALUES (1, 'after', NULL, 'app', now())").await;
    let left = "SELECT (SELECT count(*) FROM esclusa.copy), (SELECT count(*) FROM pg_trigger WHERE tgrelid = 'cf_quere_pro.hisusuario'::regclass), \
                to_regclass('esclusa_leaf.hisusuario') IS NULL";
    assert_eq!(bed.cell(left).await, "0|0|t");
    bed.sql("DROP EVENT TRIGGER full_disk").await;
    let outcome = migration.table(run, &bed.rules.rules["hisusuario"]).await.unwrap_or_else(|e| panic!("{}", common::said(&e)));
    assert!(outcome.parity.is_some_and(|p| p.holds()));
}
