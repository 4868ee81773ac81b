//! `--dry-run` shows the statements of a run, and its locks: a rehearsal is compared with a watched run, statement by statement, and the
//! locks that it shows with those that the server granted.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

mod common;

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use common::{Bed, SCHEMA, said};
use esclusa::catalog::Database;
use esclusa::catalog::journal::{Journal, Manner, Noted};
use esclusa::config::Url;
use esclusa::migrate::drop::Dumping;
use esclusa::migrate::dump::Server;
use esclusa::migrate::machine::{NameStep, State};
use esclusa::migrate::migration::Migration;
use esclusa::migrate::name::{self, By};
use esclusa::migrate::quiet::Pace;
use esclusa::migrate::reads::Why;
use esclusa::migrate::rehearsal::lock::{self, Lock, Mode as LockMode};
use esclusa::migrate::rehearsal::{Keys, Rehearsal, cut, is_told, shape};
use esclusa::migrate::{self, PINNED, capture, condition, refill, schema, signature};
use esclusa::mode::{Mode, Readers};
use esclusa::relation::Relation;

/// A history with all that tables have; a look-up that foreign keys refer to; a junction. Each has dependents.
const TABLES: &str = "CREATE TABLE usuario (id numeric(10,0) PRIMARY KEY, nombre varchar(40));
    INSERT INTO usuario SELECT i, 'u' FROM generate_series(1, 50) i;
    CREATE TABLE hisusuario (id numeric(10,0) NOT NULL REFERENCES usuario, nombre varchar(40) DEFAULT 'x', nota text CHECK (nota <> 'no'),
        usu varchar(10), hora timestamp, CONSTRAINT hisusuario_pkey PRIMARY KEY (id, hora));
    INSERT INTO hisusuario SELECT i % 50 + 1, 'n' || i, NULL, 'app', timestamp '2020-01-01' + i * interval '1 minute' FROM generate_series(1, 20000) i;
    CREATE INDEX hisusuario_parte ON hisusuario (nombre DESC NULLS LAST) WHERE nombre <> 'a;b INDEX ';
    ALTER TABLE hisusuario CLUSTER ON hisusuario_pkey;
    CREATE VIEW resumen AS SELECT id, count(*) FROM hisusuario GROUP BY id;
    CREATE MATERIALIZED VIEW guardado AS SELECT id, max(hora) FROM hisusuario GROUP BY id; CREATE INDEX ON guardado (id);
    COMMENT ON TABLE hisusuario IS 'historia'; COMMENT ON COLUMN hisusuario.nota IS 'una nota';
    CREATE STATISTICS hisusuario_juntos ON id, usu FROM hisusuario;
    GRANT SELECT ON hisusuario TO PUBLIC; GRANT INSERT, UPDATE (nota) ON hisusuario TO pg_monitor WITH GRANT OPTION;
    CREATE TABLE tipocolor (id numeric(5,0) PRIMARY KEY, nombre varchar(20), orden serial);
    INSERT INTO tipocolor SELECT i, 'c' || i FROM generate_series(1, 30) i;
    CREATE TABLE coche (id int PRIMARY KEY, color numeric(5,0) REFERENCES tipocolor ON DELETE SET NULL);
    INSERT INTO coche SELECT i, i % 30 + 1 FROM generate_series(1, 300) i;
    CREATE VIEW colores AS SELECT c.id, t.nombre FROM coche c JOIN tipocolor t ON t.id = c.color;
    GRANT SELECT, UPDATE ON tipocolor TO pg_monitor;
    CREATE TABLE tipocolorcoche (color numeric(5,0) NOT NULL, coche numeric(5,0) NOT NULL, PRIMARY KEY (color, coche));
    INSERT INTO tipocolorcoche SELECT i, i + 1 FROM generate_series(1, 20) i;
    CREATE TABLE hisret (id numeric(5,0), x text, hora timestamp); INSERT INTO hisret SELECT i, 'x', now() FROM generate_series(1, 500) i;
    ANALYZE";

async fn bed() -> Bed {
    let mut bed = Bed::new(TABLES).await;
    bed.kept = true;
    let target = "{ base = 'usuario', user = 'usu', time = 'hora' }";
    bed.rule("hisusuario", "history", target, "{ columns = ['id'], base = ['id'] }").await;
    // So the base is audited after the move.
    let history = bed.rules.rules.get_mut("hisusuario").unwrap();
    history
        .columns
        .iter_mut()
        .filter(|c| ["id", "nombre"].contains(&&*c.column.name))
        .for_each(|c| c.base = Some(c.column.name.clone()));
    bed.lookup("tipocolor", "id").await;
    let link =
        "{ type = 'COLOR_COCHE', source_domain = 'COLOR', source = ['color'], target_domain = 'COCHE', target = ['coche'] }";
    bed.rule("tipocolorcoche", "link", link, "{ columns = ['color', 'coche'] }").await;
    bed.rule("hisret", "retained", "{ base = 'usuario', time = 'hora' }", "{ columns = ['id'] }").await;
    bed
}

/// The copy goes in many chunks, or there is none.
fn pace(online_above: u64) -> Pace {
    Pace {
        lock_timeout: Duration::from_secs(2),
        hold: Duration::from_secs(60),
        patience: Duration::from_secs(60),
        chunk: Duration::from_millis(20),
        online_above,
    }
}

/// A connection on which everything is noted.
async fn noting(bed: &Bed, manner: Manner) -> (Database, Arc<Journal>) {
    let own = Bed::beside(bed).await;
    own.db.batch("pinning the session", PINNED).await.unwrap();
    own.db.noting(manner).await.unwrap()
}

/// What is done with a table.
#[derive(Debug, Clone, Copy)]
enum Deed<'d> {
    Move(Option<Mode>),
    Read,
    Back,
    /// When the audit has been ended.
    BackUnaudited,
    /// With its dump in this directory.
    Drop(&'d Path),
    /// And back.
    Restore,
    Retire,
    Recall,
    /// Of an archive that has missed changes.
    Refill,
}

const BY: By<'_> = By { who: "test", reason: Some("to try it"), statement: None };

async fn done(bed: &Bed, manner: Manner, table: &str, deed: Deed<'_>, pace: Pace) -> Vec<Noted> {
    let (db, journal) = noting(bed, manner).await;
    let mode = if let Deed::Move(mode) = deed { mode } else { None };
    let new = Migration::new(&db, &bed.rules, bed.context.clone()).await.unwrap();
    let unaudited = matches!(deed, Deed::BackUnaudited);
    let migration = Migration { pace, mode, who: "test".into(), unaudited, ..new };
    let run = migration.begin("test").await.unwrap();
    let rule = &bed.rules.rules[table];
    let ended = match deed {
        Deed::Move(_) => migration.table(run, rule).await.map(drop),
        Deed::Read => {
            let readers = Readers { percent: 10, ..Readers::default() };
            migration.let_read(run, rule, &readers, Why { who: "test", reason: None }).await.map(drop)
        }
        Deed::Back | Deed::BackUnaudited => migration.back(run, rule).await.map(drop),
        Deed::Drop(directory) => {
            let url = format!("postgres://postgres@127.0.0.1:{}/{}", common::server().await.port, bed.name());
            let server = Server::new(&Url::new(url), None);
            let dumping = Dumping { server: &server, scratch: None, directory, observation: Duration::ZERO };
            migrate::drop::run(&migration, run, rule, &dumping).await.map(drop)
        }
        Deed::Restore => {
            let work = async {
                migrate::drop::restore(&migration, run, rule, None).await?;
                migration.back(run, rule).await.map(drop)
            };
            work.await
        }
        Deed::Retire => {
            let work = async {
                name::announce(&db, &bed.context, table, BY).await?;
                name::bury(&migration, &Relation::compile(rule, &bed.context), BY).await.map(drop)
            };
            work.await
        }
        Deed::Recall => {
            let relation = Relation::compile(rule, &bed.context);
            name::bring_back(&db, &relation, NameStep::Undo, BY).await.map(|is_done| assert!(is_done))
        }
        Deed::Refill => {
            let work = async {
                refill::mark(&db, &[]).await?;
                let done = refill::mend(&db, &bed.context, &bed.rules, &pace).await?;
                assert_eq!(done.len(), 1, "{done:?}");
                Ok(())
            };
            work.await
        }
    };
    ended.unwrap_or_else(|e| panic!("{manner:?} {table} {deed:?}: {}", said(&e)));
    migration.finish(run).await.unwrap();
    journal.take()
}

/// The statements of the output, without their numbers; rounds of a copy or of a proof only once.
fn told(noted: &[Noted]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for note in noted {
        let parts = cut(note, &Keys::default(), &HashMap::new());
        if !is_told(note, &parts) {
            continue;
        }
        for (statement, _) in parts {
            out.push(without_snapshots(&shape(&statement)));
            while let Some(round) =
                (1..=12).find(|&n| out.len() >= 2 * n && out[out.len() - n..] == out[out.len() - 2 * n..out.len() - n])
            {
                out.truncate(out.len() - round);
            }
        }
    }
    out
}

/// Removes the numbers of open transactions, which are not part of the statement.
fn without_snapshots(shape: &str) -> String {
    let mut parts = shape.split("'#:#:");
    let mut out = parts.next().unwrap().to_owned();
    for part in parts {
        out += "'#'";
        out += part.split_once('\'').unwrap().1;
    }
    out
}

fn assert_same(what: &str, rehearsed: &[Noted], watched: &[Noted]) {
    let (rehearsed, watched) = (told(rehearsed), told(watched));
    for (n, (one, other)) in rehearsed.iter().zip(&watched).enumerate() {
        assert_eq!(one, other, "{what}: statement {n}, behind {:#?}", &rehearsed[n.saturating_sub(3)..n]);
    }
    let (longer, at) = if rehearsed.len() > watched.len() { (&rehearsed, watched.len()) } else { (&watched, rehearsed.len()) };
    assert_eq!(rehearsed.len(), watched.len(), "{what}: the rest is {:#?}", &longer[at..]);
    assert!(rehearsed.len() > 10, "{what}: {rehearsed:#?}");
}

/// Maps every name of a moved table to the legacy table.
fn legacy(name: &str) -> String {
    name.replace("mig_old.", "cf_quere_pro.").replace("esclusa_aside_", "")
}

/// Each lock that the server granted is shown, and each that is shown was granted. Exempt are esclusa's own tables, of which foreign keys may lock
/// more, and objects made in the transaction. Returns the number of locks compared.
fn assert_locks(what: &str, watched: &[Noted], keys: &Keys, archived: &HashMap<String, String>) -> usize {
    let (mut claimed, mut given): (Vec<Lock>, Vec<Lock>) = Default::default();
    let mut made: BTreeSet<String> = BTreeSet::new();
    let mut is_open = false;
    let mut checked = 0;
    for note in watched {
        match note.sql.as_str() {
            "BEGIN" => {
                (claimed, given, is_open) = (Vec::new(), Vec::new(), true);
                continue;
            }
            "COMMIT" | "ROLLBACK" => {
                is_open = false;
                continue;
            }
            _ if !is_open => continue,
            _ => {}
        }
        let parts = cut(note, keys, archived);
        let now: Vec<Lock> = parts.iter().flat_map(|(_, locks)| locks.iter().map(|(m, n)| (*m, legacy(n)))).collect();
        claimed.extend(now.clone());
        let ours = ["esclusa.", "esclusa_leaf.", "esclusa_key."];
        made.extend(parts.iter().filter_map(|(statement, _)| lock::made(statement)));
        for (name, mode) in &note.locks {
            let mode = LockMode::of_server(mode).unwrap();
            given.push((mode, legacy(name)));
            let is_known = claimed.iter().any(|(m, n)| *n == legacy(name) && *m >= mode);
            // What the server looks up to print a view or a default is read as it answers a question.
            // What the server looks up to print a view or a default is read as it answers.
            let is_printed = mode == LockMode::AccessShare && (note.is_question || note.sql.contains("pg_get_viewdef"));
            let is_own = made.contains(name) || name.starts_with(ours[0]) || is_printed;
            assert!(is_known || is_own, "{what}: {mode} on {name} was not told of\n{}", note.sql);
            checked += usize::from(!is_own);
        }
        for (mode, name) in now {
            let is_given = given.iter().any(|(m, n)| *n == name && *m >= mode);
            assert!(is_given || is_let_off(&note.sql), "{what}: {mode} on {name} was not given\n{}\n{given:#?}", note.sql);
        }
    }
    checked
}

/// What is dropped, and what does nothing where there is nothing, has no lock any more; sequences are not looked at.
fn is_let_off(sql: &str) -> bool {
    ["DROP ", "IF EXISTS", "ALTER SEQUENCE", "DO $esclusa$", "INSTEAD OF", "last_value"].iter().any(|word| sql.contains(word))
}

/// A run, rehearsed and then done: the same statements, and no other locks.
async fn assert_told(bed: &Bed, table: &str, deed: Deed<'_>, pace: Pace) {
    let what = format!("{table} {deed:?} above {}", pace.online_above);
    let rehearsed = done(bed, Manner::Rehearsed, table, deed, pace).await;
    let left = "SELECT count(*) FROM esclusa.run WHERE finished_at IS NULL UNION ALL SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'";
    assert_eq!(bed.rows(left).await, ["0", "0"], "{what}: something was done");
    let keys = Keys::read(&Bed::beside(bed).await.db).await.unwrap();
    let watched = done(bed, Manner::Watched, table, deed, pace).await;
    assert_same(&what, &rehearsed, &watched);
    let archived = HashMap::from([(format!("mig_old.{table}"), format!("{SCHEMA}.{table}"))]);
    let checked = assert_locks(&what, &watched, &keys, &archived);
    // What a name that is retired stood for is gone when it is looked at.
    assert!(checked > 0 || matches!(deed, Deed::Retire), "{what}: no lock was held against the server's");
}

#[tokio::test]
async fn a_move_and_the_way_back_are_told_as_they_are_done() {
    let bed = bed().await;
    for (table, online_above) in
        [("tipocolor", u64::MAX), ("tipocolorcoche", u64::MAX), ("hisusuario", u64::MAX), ("hisusuario", 0)]
    {
        assert_told(&bed, table, Deed::Move(Some(Mode::Rewrite)), pace(online_above)).await;
        assert_eq!(schema::check(&bed.db, &bed.context).await.unwrap().rows.len(), 0);
        assert_told(&bed, table, Deed::Back, pace(online_above)).await;
    }
    // A second time, on the state that the first run has left.
    assert_told(&bed, "tipocolor", Deed::Move(None), pace(u64::MAX)).await;
}

#[tokio::test]
async fn reading_a_copy_and_what_follows_are_told_as_they_are_done() {
    let bed = bed().await;
    assert_told(&bed, "hisusuario", Deed::Read, pace(0)).await;
    // It continues with the existing copy.
    assert_told(&bed, "hisusuario", Deed::Move(None), pace(0)).await;
}

/// The archive is dropped, restored from its dump with the current rows, and gets its name back; the name is retired and restored.
#[tokio::test]
async fn the_end_and_the_way_back_from_it_are_told_as_they_are_done() {
    let bed = bed().await;
    let dumps = tempfile::tempdir().unwrap();
    // Under these no name is retired.
    bed.sql("DROP VIEW cf_quere_pro.colores, cf_quere_pro.resumen; DROP MATERIALIZED VIEW cf_quere_pro.guardado").await;
    for table in ["tipocolor", "hisusuario"] {
        bed.migrate(table).await.unwrap_or_else(|e| panic!("{}", said(&e)));
        assert_told(&bed, table, Deed::Retire, pace(0)).await;
        assert_told(&bed, table, Deed::Recall, pace(0)).await;
        bed.sql(&format!("VACUUM FULL mig_old.{table}")).await;
        assert_told(&bed, table, Deed::Refill, pace(0)).await;
        let migration = Migration::new(&bed.db, &bed.rules, bed.context.clone()).await.unwrap();
        let run = migration.begin("sign").await.unwrap();
        signature::sign(&migration, run, &bed.rules.rules[table], "Ana").await.unwrap_or_else(|e| panic!("{}", said(&e)));
        migration.finish(run).await.unwrap();
        assert_told(&bed, table, Deed::Drop(dumps.path()), pace(0)).await;
        let dumped = std::fs::read_dir(dumps.path()).unwrap().count();
        assert_told(&bed, table, Deed::Restore, pace(0)).await;
        assert_eq!(std::fs::read_dir(dumps.path()).unwrap().count(), dumped);
    }
}

/// The proof of an earlier move is not valid for a new copy, nor for a table that has come back.
#[tokio::test]
async fn a_status_shows_the_proof_of_what_there_is() {
    let bed = bed().await;
    let proof = async || {
        let rules = [&bed.rules.rules["hisusuario"]];
        let facts = condition::facts(&bed.db, &bed.context, &rules, Duration::ZERO).await.unwrap().remove("hisusuario").unwrap();
        let proven = condition::to_drop(&facts, Duration::ZERO).into_iter().find(|c| c.name == "proven").unwrap();
        (facts.state.unwrap(), proven.met, if proven.met { String::new() } else { proven.why })
    };
    let never = "it was never proven".to_owned();
    assert_eq!(proof().await, (State::Planned, false, never.clone()));
    for online_above in [u64::MAX, 0] {
        let migration =
            Migration { pace: pace(online_above), ..Migration::new(&bed.db, &bed.rules, bed.context.clone()).await.unwrap() };
        let run = migration.begin("test").await.unwrap();
        let rule = &bed.rules.rules["hisusuario"];
        migration.table(run, rule).await.unwrap_or_else(|e| panic!("{}", said(&e)));
        assert_eq!(proof().await, (State::Moved, true, String::new()));
        migration.back(run, rule).await.unwrap_or_else(|e| panic!("{}", said(&e)));
        assert_eq!(proof().await, (State::Planned, false, never.clone()));
        migration.finish(run).await.unwrap();
    }
    // A copy that a killed process has left in its middle, then one that is proven.
    bed.sql("INSERT INTO esclusa.run (command) VALUES ('copy'); INSERT INTO esclusa.run_table (run_id, legacy_table, step, state, previous, hash)
        SELECT max(id), 'hisusuario', 'copy', 'copying', '', '' FROM esclusa.run").await;
    assert_eq!(proof().await, (State::Copying, false, "what was copied is not proven yet".to_owned()));
    bed.sql("INSERT INTO esclusa.run_table (run_id, legacy_table, step, state, previous, hash) SELECT max(id), 'hisusuario', 'copied', 'copied', '', '' FROM esclusa.run;
        INSERT INTO esclusa.run_table (run_id, legacy_table, step, state, previous, hash) SELECT max(id), 'hisusuario', 'prove', 'proven', '', '' FROM esclusa.run")
        .await;
    assert_eq!(proof().await, (State::Proven, true, String::new()));
}

#[tokio::test]
async fn a_history_that_stays_is_told_as_it_is_done() {
    let bed = bed().await;
    let rehearsal = Rehearsal::begin(Bed::beside(&bed).await.db, Duration::from_secs(1)).await.unwrap();
    let migration = Migration::new(&rehearsal.database, &bed.rules, bed.context.clone()).await.unwrap();
    let planned = async || {
        rehearsal.forget();
        let ended = migration.table(1, &bed.rules.rules["hisret"]).await.map(|outcome| outcome.notes);
        rehearsal.plan("hisret: retained", ended).await.unwrap()
    };
    // It would be refused; what would be done otherwise is told all the same.
    let plan = planned().await;
    let refused =
        plan.remarks.len() == 1 && plan.remarks[0].starts_with("REFUSED as things stand: hisret is not in mode rewrite");
    assert!(plan.is_refused && refused && plan.lines.iter().any(|l| l.statement.contains("ADD COLUMN hst_id")), "{plan:#?}");
    assert!(bed.migrate_only("hisret").await.is_err());
    bed.set("hisret", Mode::Rewrite).await.unwrap();
    let plan = planned().await;
    assert!(!plan.is_refused && plan.remarks.contains(&"500 rows numbered".to_owned()), "{:?}", plan.remarks);
    // A run that was ended in the middle has numbered some.
    bed.sql("CREATE SEQUENCE cf_quere_pro.hisret_hst_number; ALTER TABLE cf_quere_pro.hisret ADD COLUMN hst_id bigint, ADD COLUMN hst_operation char(1) DEFAULT 'U';
        ALTER TABLE cf_quere_pro.hisret ALTER COLUMN hst_id SET DEFAULT nextval('cf_quere_pro.hisret_hst_number');
        UPDATE cf_quere_pro.hisret SET hst_id = nextval('cf_quere_pro.hisret_hst_number') WHERE id <= 400")
        .await;
    assert_eq!(planned().await.remarks[0], "100 rows numbered");
    assert_told(&bed, "hisret", Deed::Move(None), pace(0)).await;
    // Once more there is nothing to do, and nothing to write into the ledger.
    let plan = planned().await;
    let writes = plan.lines.iter().filter(|l| l.statement.contains("run_table")).count();
    assert_eq!((plan.is_refused, plan.remarks.len(), writes), (false, 0, 0), "{plan:#?}");
    let [rehearsed, watched] =
        [Manner::Rehearsed, Manner::Watched].map(|manner| done(&bed, manner, "hisret", Deed::Move(None), pace(0)));
    assert_eq!(told(&rehearsed.await), told(&watched.await));
}

/// The audit is ended, as by the levels 3 and 4 of `rollback`, or by hand, before a look-up comes back: it does not begin again on the table.
#[tokio::test]
async fn an_audit_that_was_ended_stays_ended_on_what_comes_back() {
    let mut bed = bed().await;
    bed.sql("CREATE TABLE cf_quere_pro.hiscolor (id numeric(5,0) NOT NULL, nombre varchar(20), usu varchar(10), hora timestamp)")
        .await;
    bed.rule("hiscolor", "history", "{ base = 'tipocolor', user = 'usu', time = 'hora' }", "{ columns = ['id'], base = ['id'] }")
        .await;
    let history = bed.rules.rules.get_mut("hiscolor").unwrap();
    history
        .columns
        .iter_mut()
        .filter(|c| ["id", "nombre"].contains(&&*c.column.name))
        .for_each(|c| c.base = Some(c.column.name.clone()));
    let firing = "SELECT tgrelid::regclass || ' ' || tgname || ' ' || tgenabled::text FROM pg_trigger WHERE NOT tgisinternal AND tgname LIKE 'trg_audit%'
        AND tgrelid IN (to_regclass('cf_quere_pro.tipocolor'), to_regclass('esclusa_leaf.tipocolor')) ORDER BY 1";
    let there = |enabled: char, table: &str| {
        ["trg_audit_tipocolor", "trg_audit_tipocolor_t"].map(|name| format!("{table} {name} {enabled}")).to_vec()
    };
    // The audit was on the table before it moved, and lies silenced in the archive; or was made on the leaf.
    for order in [["hiscolor", "tipocolor"], ["tipocolor", "hiscolor"]] {
        for (deed, disables) in [(Deed::BackUnaudited, true), (Deed::Back, true), (Deed::Back, false)] {
            for table in order {
                bed.migrate(table).await.unwrap_or_else(|e| panic!("{}", said(&e)));
            }
            assert_eq!(bed.rows(firing).await, there('O', "esclusa_leaf.tipocolor"), "{order:?} {deed:?}");
            if disables {
                capture::disable(&bed.db, &bed.context).await.unwrap();
            }
            assert_told(&bed, "tipocolor", deed, pace(u64::MAX)).await;
            let expected = there(if disables { 'D' } else { 'O' }, "cf_quere_pro.tipocolor");
            assert_eq!(bed.rows(firing).await, expected, "{order:?} {deed:?} {disables}");
            done(&bed, Manner::Watched, "hiscolor", deed, pace(u64::MAX)).await;
            assert_eq!(bed.rows(firing).await, expected, "{order:?} {deed:?} {disables}");
            bed.sql("DROP TRIGGER trg_audit_tipocolor ON cf_quere_pro.tipocolor; DROP TRIGGER trg_audit_tipocolor_t ON cf_quere_pro.tipocolor").await;
        }
    }
}

/// The schema, once more on a database that has it, with a month and an index of a moved table missing.
#[tokio::test]
async fn the_schema_is_told_as_it_is_applied() {
    let bed = bed().await;
    bed.migrate("tipocolor").await.unwrap();
    let last = "SELECT max(relname::text) FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = 'cf_quere_pro.audit_log_live'::regclass
        AND relname <> 'audit_log_default'";
    let last = bed.cell(last).await;
    bed.sql(&format!("DROP TABLE cf_quere_pro.{last}")).await;
    bed.sql("DROP TRIGGER trg_write_tipocolor ON esclusa.tipocolor").await;
    let mut noted = Vec::new();
    for manner in [Manner::Rehearsed, Manner::Watched] {
        let (db, journal) = noting(&bed, manner).await;
        schema::apply(&db, &bed.context).await.unwrap();
        capture::mend(&db, &bed.context, &bed.rules).await.unwrap();
        noted.push(journal.take());
    }
    let month = told(&noted[0])
        .iter()
        .filter(|s| s.starts_with("CREATE TABLE cf_quere_pro.audit_log_") && s.contains("#_# PARTITION OF"))
        .count();
    assert_eq!(month, 1);
    assert_same("schema apply", &noted[0], &without_check(&noted[1]));
}

/// The run builds the schema once more to compare, and takes it back; a rehearsal does that apart.
fn without_check(noted: &[Noted]) -> Vec<Noted> {
    let mut is_check = false;
    let keep = |n: &&Noted| {
        is_check |= n.doing == "beginning the check";
        let is_kept = !is_check;
        is_check &= n.doing != "ending the check";
        is_kept
    };
    noted.iter().filter(keep).cloned().collect()
}

/// The schema in a database that has nothing of esclusa's: constraints and the live partition come with their tables, and each month is told.
#[tokio::test]
async fn the_schema_is_told_where_there_is_nothing_yet() {
    let server = common::server().await;
    let admin = server.connect("postgres").await.unwrap();
    admin.batch("making a database", "CREATE DATABASE nothing_yet").await.unwrap();
    let context = common::context();
    let months = |statements: &[String]| {
        let is_month = |s: &&String| {
            s.starts_with("CREATE TABLE cf_quere_pro.audit_log_") && s.contains(" PARTITION OF cf_quere_pro.audit_log_live FOR ")
        };
        statements.iter().filter(is_month).cloned().collect::<Vec<String>>()
    };
    let rehearsal = Rehearsal::begin(server.connect("nothing_yet").await.unwrap(), Duration::from_secs(1)).await.unwrap();
    rehearsal.forget();
    let ended = schema::apply(&rehearsal.database, &context).await.map(|_| Vec::new());
    let plan = rehearsal.plan("schema", ended).await.unwrap();
    assert!(!plan.is_refused, "{:?}", plan.remarks);
    let lines: Vec<String> = plan.lines.iter().map(|line| line.statement.clone()).collect();
    let added: Vec<&String> = lines.iter().filter(|s| s.contains("ADD CONSTRAINT") || s.contains("ATTACH PARTITION")).collect();
    let planned = months(&lines);
    let mut noted = Vec::new();
    for manner in [Manner::Rehearsed, Manner::Watched] {
        let db = server.connect("nothing_yet").await.unwrap();
        db.batch("pinning the session", PINNED).await.unwrap();
        let (db, journal) = db.noting(manner).await.unwrap();
        schema::apply(&db, &context).await.unwrap();
        noted.push(journal.take());
    }
    let sent: Vec<String> = without_check(&noted[1])
        .iter()
        .flat_map(|n| cut(n, &Keys::default(), &HashMap::new()).into_iter().map(|(statement, _)| statement))
        .collect();
    assert!(added.iter().all(|s| sent.contains(s)), "{added:#?}");
    assert!(planned.len() >= 24 && plan.lines.iter().filter(|l| planned.contains(&l.statement)).all(|l| l.times == 1));
    assert_eq!(planned, months(&sent));
    // What a run asks of what it has made, pg_partman's tables among it, a rehearsal does not.
    let changes = |noted: Vec<Noted>| noted.into_iter().filter(|n| !n.is_question).collect::<Vec<_>>();
    assert_same("schema apply", &changes(noted.remove(0)), &changes(without_check(&noted[0])));
}

/// Nothing is changed, even by a query with side effects; and numbers of rows come from the catalog.
#[tokio::test]
async fn nothing_is_changed_and_a_plan_has_rows() {
    let bed = bed().await;
    let (db, _) = noting(&bed, Manner::Rehearsed).await;
    let error = db.text("test", "DELETE FROM cf_quere_pro.coche").await.unwrap_err();
    assert!(said(&error).contains("25006"), "{}", said(&error));

    let rehearsal = Rehearsal::begin(Bed::beside(&bed).await.db, Duration::from_secs(1)).await.unwrap();
    let migration =
        Migration { pace: pace(0), ..Migration::new(&rehearsal.database, &bed.rules, bed.context.clone()).await.unwrap() };
    let run = migration.begin("test").await.unwrap();
    rehearsal.forget();
    let ended = migration.table(run, &bed.rules.rules["hisusuario"]).await.map(|outcome| outcome.notes);
    let plan = rehearsal.plan("hisusuario: history", ended).await.unwrap();
    let copy = plan.lines.iter().find(|l| l.statement.starts_with("INSERT INTO esclusa_leaf.hisusuario (")).unwrap();
    // An estimate of the server's: autovacuum may come in between with one that is rounded.
    assert!(copy.rows.is_some_and(|rows| (19_990..=20_010).contains(&rows)) && copy.times == 1, "{copy:?}");
    let swap = plan.lines.iter().find(|l| l.statement.ends_with("SET SCHEMA mig_old")).unwrap();
    assert!(swap.rows.is_none() && swap.held < Duration::from_secs(2), "{swap:?}");
    assert!(plan.made.contains("esclusa_leaf.hisusuario") && !plan.made.contains("cf_quere_pro.usuario"));
    let script = plan.script();
    for part in [
        "LOCK TABLE cf_quere_pro.hisusuario IN SHARE ROW EXCLUSIVE MODE;\n--   SHARE ROW EXCLUSIVE on cf_quere_pro.hisusuario, held about ",
        "ACCESS EXCLUSIVE on esclusa_leaf.hisusuario (new), SHARE UPDATE EXCLUSIVE on cf_quere_pro.audit_log, held about ",
        "questions to the catalog and to esclusa's own tables: ACCESS SHARE",
    ] {
        assert!(script.contains(part), "{part}\n{script}");
    }

    // What would be refused is shown as refused, and the rest is not shown.
    bed.sql("CREATE FUNCTION cf_quere_pro.toma(x cf_quere_pro.hisusuario) RETURNS int LANGUAGE sql AS 'SELECT 1'").await;
    let ended = migration.table(run, &bed.rules.rules["hisusuario"]).await.map(|outcome| outcome.notes);
    let plan = rehearsal.plan("hisusuario: history", ended).await.unwrap();
    assert!(
        plan.is_refused && plan.remarks[0].starts_with("REFUSED as things stand: hisusuario cannot be moved"),
        "{:?}",
        plan.remarks
    );
    assert!(plan.lines.is_empty(), "{:#?}", plan.lines);
}
