//! Dropping archived tables, and bringing them back: the conditions of a drop, the dump that is proven, and a table that comes back as it was, with
//! everything written since.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

mod common;

use std::path::Path;
use std::time::Duration;

use common::{Bed, said, server};
use esclusa::config::Url;
use esclusa::migrate::condition::{self, Facts};
use esclusa::migrate::drop::{self, Dumping};
use esclusa::migrate::dump::{Dump, Server};
use esclusa::migrate::machine::State;
use esclusa::migrate::migration::Migration;
use esclusa::migrate::quiet::Pace;
use esclusa::migrate::signature::{self, Signed, Since};
use esclusa::migrate::{capture, ledger, parity, refill, schema};
use esclusa::relation::Relation;
use esclusa::rule::Rule;
use esclusa::sql::quote::qualified;

/// A history with everything that a table can have, and rows of which some are wider than a page.
const FULL: &str = "CREATE TABLE usuario (id numeric(10,0) PRIMARY KEY, nombre varchar(40));
    INSERT INTO usuario SELECT i, 'u' FROM generate_series(1, 50) i;
    CREATE SCHEMA \"Dos.Partes\"; CREATE SEQUENCE \"Dos.Partes\".\"El Orden\";
    CREATE TABLE hisusuario (id numeric(10,0) NOT NULL REFERENCES usuario, nombre varchar(40) DEFAULT 'x', nota text CHECK (nota <> 'no'),
        usu varchar(10), hora timestamp, orden bigint DEFAULT nextval('\"Dos.Partes\".\"El Orden\"'), \"Serie\" serial,
        CONSTRAINT hisusuario_pkey PRIMARY KEY (id, hora), CONSTRAINT \"un FK CONSTRAINT\" UNIQUE (id, hora, usu));
    INSERT INTO hisusuario SELECT i % 50 + 1, 'n' || i, CASE WHEN i % 3 = 0 THEN repeat(md5(i::text), 60 + i % 90) END, 'app',
        timestamp '2020-01-01' + i * interval '1 minute' FROM generate_series(1, 2000) i;
    CREATE INDEX hisusuario_parte ON hisusuario (nombre DESC NULLS LAST) WHERE nombre <> 'a;b INDEX ';
    CREATE INDEX \"un RULE o SEQUENCE mig_old\" ON hisusuario (nombre, usu);
    CREATE STATISTICS \"Dos.Partes\".de_dos (dependencies, mcv) ON nombre, usu FROM hisusuario; CREATE STATISTICS otra ON (lower(nombre)), id FROM hisusuario;
    ALTER STATISTICS otra SET STATISTICS 77;
    CREATE INDEX hisusuario_usu ON hisusuario (usu varchar_pattern_ops, hora);
    CREATE FUNCTION anota() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.nombre := coalesce(NEW.nombre, ''nadie''); RETURN NEW; END';
    CREATE TRIGGER antes BEFORE INSERT ON hisusuario FOR EACH ROW EXECUTE FUNCTION anota();
    COMMENT ON TABLE hisusuario IS E'historia\n\\\\de todos\n\\\\unrestrict x'; COMMENT ON COLUMN hisusuario.nota IS 'una nota';
    GRANT SELECT ON hisusuario TO PUBLIC; GRANT INSERT, UPDATE (nota) ON hisusuario TO pg_monitor WITH GRANT OPTION";

/// The definition of the table, without its rows.
const SHAPE: &str = "SELECT (SELECT string_agg(pg_get_indexdef(indexrelid), E'\\n' ORDER BY indexrelid::regclass::text) FROM pg_index WHERE indrelid = c.oid),
      (SELECT string_agg(conname || pg_get_constraintdef(k.oid), E'\\n' ORDER BY conname) FROM pg_constraint AS k WHERE conrelid = c.oid),
      (SELECT string_agg(tgname || tgenabled::text || pg_get_triggerdef(t.oid), E'\\n' ORDER BY tgname) FROM pg_trigger AS t WHERE tgrelid = c.oid AND NOT tgisinternal),
      (SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod) || attnotnull::text || coalesce(pg_get_expr(d.adbin, d.adrelid), ''), ', ' ORDER BY attnum)
       FROM pg_attribute LEFT JOIN pg_attrdef AS d ON d.adrelid = attrelid AND d.adnum = attnum WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped),
      relacl::text, (SELECT attacl::text FROM pg_attribute WHERE attrelid = c.oid AND attname = 'nota'), obj_description(c.oid, 'pg_class'),
      col_description(c.oid, 3), pg_get_userbyid(relowner), pg_get_serial_sequence('cf_quere_pro.hisusuario', 'Serie'),
      (SELECT string_agg(concat_ws(' ', pg_get_statisticsobjdef(s.oid), stxstattarget, pg_get_userbyid(stxowner)), E'\\n' ORDER BY stxname) FROM pg_statistic_ext AS s WHERE stxrelid = c.oid)
    FROM pg_class AS c WHERE oid = 'cf_quere_pro.hisusuario'::regclass";

const ROWS: &str = "SELECT h::text FROM cf_quere_pro.hisusuario AS h ORDER BY 1";

async fn bed() -> Bed {
    let mut bed = Bed::new(FULL).await;
    bed.kept = true;
    let target = "{ base = 'usuario', user = 'usu', time = 'hora' }";
    bed.rule("hisusuario", "history", target, "{ columns = ['id'], base = ['id'] }").await;
    bed
}

/// A history of nothing but text beside its key, its user and its moment; its columns have these names.
async fn with_columns(names: &[&str]) -> Bed {
    let columns: Vec<String> = names.iter().map(|n| format!("\"{n}\" text")).collect();
    let mut bed = Bed::new(&format!(
        "CREATE TABLE usuario (id numeric(10,0) PRIMARY KEY); INSERT INTO usuario SELECT generate_series(1, 9);
        CREATE TABLE hisusuario (id numeric(10,0) NOT NULL, usu varchar(10), hora timestamp, {});
        INSERT INTO hisusuario (id, usu, hora) SELECT i % 9 + 1, 'app', timestamp '2026-03-01' + i * interval '1 hour' FROM generate_series(1, 60) i",
        columns.join(", ")
    ))
    .await;
    bed.kept = true;
    bed.rule("hisusuario", "history", "{ base = 'usuario', user = 'usu', time = 'hora' }", "{ columns = ['id'], base = ['id'] }")
        .await;
    bed
}

/// The rule of the one table.
fn rule(bed: &Bed) -> &Rule {
    bed.rules.rules.values().next().unwrap()
}

async fn migration(bed: &Bed) -> Migration<'_> {
    // The trigger stays with the archive, as was reported.
    Migration { accept: true, ..Migration::new(&bed.db, &bed.rules, bed.context.clone()).await.unwrap() }
}

async fn moved(bed: &Bed) {
    let migration = migration(bed).await;
    let run = migration.begin("migrate").await.unwrap();
    migration.table(run, rule(bed)).await.unwrap_or_else(|e| panic!("{}", said(&e)));
    migration.finish(run).await.unwrap();
}

async fn sign(bed: &Bed) -> Signed {
    let migration = migration(bed).await;
    let run = migration.begin("sign").await.unwrap();
    let signed = signature::sign(&migration, run, rule(bed), "Ana").await.unwrap_or_else(|e| panic!("{}", said(&e)));
    migration.finish(run).await.unwrap();
    signed
}

async fn target(bed: &Bed) -> Server {
    Server::new(&Url::new(format!("postgres://postgres@127.0.0.1:{}/{}", server().await.port, bed.name())), None)
}

async fn dropped(bed: &Bed, directory: &Path, observation: Duration) -> Result<Dump, String> {
    dropped_by_way_of(bed, directory, observation, None).await
}

async fn dropped_by_way_of(bed: &Bed, directory: &Path, observation: Duration, scratch: Option<&Server>) -> Result<Dump, String> {
    let migration = migration(bed).await;
    let run = migration.begin("drop").await.unwrap();
    let server = target(bed).await;
    let dumping = Dumping { server: &server, scratch, directory, observation };
    let done = drop::run(&migration, run, rule(bed), &dumping).await.map_err(|e| said(&e));
    migration.finish(run).await.unwrap();
    done
}

async fn restored(bed: &Bed, file: Option<&Path>) -> Result<i64, String> {
    let migration = migration(bed).await;
    let run = migration.begin("restore").await.unwrap();
    let done = drop::restore(&migration, run, rule(bed), file).await.map_err(|e| said(&e));
    migration.finish(run).await.unwrap();
    done
}

async fn back(bed: &Bed) {
    let migration = migration(bed).await;
    let run = migration.begin("back").await.unwrap();
    migration.back(run, rule(bed)).await.unwrap_or_else(|e| panic!("{}", said(&e)));
    migration.finish(run).await.unwrap();
}

async fn facts(bed: &Bed) -> Facts {
    condition::facts(&bed.db, &bed.context, &[rule(bed)], Duration::ZERO).await.unwrap().remove("hisusuario").unwrap()
}

async fn state(bed: &Bed) -> State {
    ledger::state(&bed.db, &bed.context, &rule(bed).table).await.unwrap()
}

async fn assert_kept(bed: &Bed) {
    let relation = Relation::compile(rule(bed), &bed.context);
    let parity = parity::kept(&bed.db, &relation, &qualified("mig_old", &rule(bed).table)).await.unwrap();
    assert!(parity.holds(), "{}", parity.failures());
}

/// What `esclusa schema apply` does about archives, and what it says of this one.
async fn applied(bed: &Bed) -> Vec<String> {
    applied_to(bed, &[]).await
}

/// The same with `--refill`.
async fn applied_to(bed: &Bed, named: &[String]) -> Vec<String> {
    refill::mark(&bed.db, named).await.unwrap();
    schema::apply(&bed.db, &bed.context).await.unwrap_or_else(|e| panic!("{}", said(&e)));
    capture::mend(&bed.db, &bed.context, &bed.rules).await.unwrap();
    let pace = Pace::new(&esclusa::config::Settings::defaults().unwrap());
    let done = refill::mend(&bed.db, &bed.context, &bed.rules, &pace).await.unwrap_or_else(|e| panic!("{}", said(&e)));
    done.iter().map(|row| format!("{}: {}", row[0].text(), row[1].text())).collect()
}

/// What `esclusa schema check` says.
async fn drift(bed: &Bed) -> Vec<String> {
    let mut found = schema::check(&bed.db, &bed.context).await.unwrap_or_else(|e| panic!("{}", said(&e))).rows;
    found.extend(refill::check(&bed.db).await.unwrap());
    found.iter().map(|row| row.iter().map(|c| c.text()).collect::<Vec<_>>().join(": ")).collect()
}

/// What makes an archive miss changes.
const MISSED: [&str; 10] = [
    "VACUUM FULL mig_old.hisusuario",
    "CLUSTER mig_old.hisusuario USING hisusuario_pkey",
    "ALTER TABLE mig_old.hisusuario SET UNLOGGED",
    "ALTER TABLE mig_old.hisusuario ALTER COLUMN usu TYPE varchar(60) USING usu || ''; ALTER TABLE mig_old.hisusuario ALTER COLUMN usu TYPE varchar(10)",
    "TRUNCATE mig_old.hisusuario",
    "ALTER TABLE esclusa_leaf.hisusuario DISABLE TRIGGER esclusa_keep",
    "ALTER TABLE esclusa_leaf.hisusuario ENABLE TRIGGER esclusa_keep_truncate",
    "DROP TRIGGER esclusa_keep ON esclusa_leaf.hisusuario",
    "DROP FUNCTION esclusa.keep_hisusuario() CASCADE",
    "CREATE OR REPLACE FUNCTION esclusa.keep_hisusuario() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
];

/// An archive that was rewritten, or whose triggers were off, is filled from the leaf; then the table comes back with everything.
#[tokio::test]
async fn an_archive_that_missed_changes_is_filled_again() {
    let bed = bed().await;
    let was = bed.rows(SHAPE).await;
    moved(&bed).await;
    assert_eq!(applied(&bed).await, [""; 0]);
    let write = async |at: usize| {
        bed.sql(&format!(
            "INSERT INTO cf_quere_pro.hisusuario (id, nombre, usu, hora) VALUES ({at}, 'tarde', 'ana', timestamp '2026-01-01' + {at} * interval '1 s');
             UPDATE cf_quere_pro.hisusuario SET nota = repeat('w', 100 * {at}) WHERE id = 20 + {at} AND hora < '2020-01-02'; DELETE FROM cf_quere_pro.hisusuario WHERE id = 20 - {at}"
        ))
        .await;
    };
    for (at, change) in MISSED.iter().enumerate() {
        write(3 * at + 1).await;
        bed.sql(change).await;
        write(3 * at + 2).await;
        assert!(!facts(&bed).await.is_kept, "{change}");
        assert_eq!(refill::check(&bed.db).await.unwrap().len(), 1, "{change}");
        assert_eq!(applied(&bed).await, ["archive mig_old.hisusuario: mended: filled from the leaf"], "{change}");
        assert!(facts(&bed).await.is_kept && refill::check(&bed.db).await.unwrap().is_empty(), "{change}");
        assert_eq!(schema::check(&bed.db, &bed.context).await.unwrap().rows.len(), 0, "{change}");
        assert_kept(&bed).await;
        write(3 * at + 3).await;
        assert_kept(&bed).await;
    }
    // Nothing tells that triggers were off for a while, or that somebody wrote the archive.
    bed.sql("ALTER TABLE esclusa_leaf.hisusuario DISABLE TRIGGER esclusa_keep; DELETE FROM cf_quere_pro.hisusuario WHERE id = 44;
        ALTER TABLE esclusa_leaf.hisusuario ENABLE ALWAYS TRIGGER esclusa_keep; UPDATE mig_old.hisusuario SET nombre = 'falso' WHERE id = 45").await;
    assert_eq!(applied(&bed).await, [""; 0]);
    let refused = migration(&bed).await.back(0, rule(&bed)).await.unwrap_err();
    assert!(said(&refused).contains("`esclusa schema apply --refill hisusuario`"), "{}", said(&refused));
    assert!(said(&refill::mark(&bed.db, &["tipocorreo".into()]).await.unwrap_err()).contains("tipocorreo has no archive"));
    assert_eq!(applied_to(&bed, &["hisusuario".into()]).await.len(), 1);
    assert_kept(&bed).await;
    assert_eq!(drift(&bed).await, [""; 0]);
    let rows = bed.rows(ROWS).await;
    back(&bed).await;
    assert_eq!(bed.rows(SHAPE).await, was);
    assert_eq!(bed.rows(ROWS).await, rows);
}

/// What makes a row's number point to another row of the archive, or to none: the next write of that row changes what is there.
const MISPLACED: [&str; 4] = [
    "UPDATE esclusa_leaf.hisusuario SET al_id = al_id + 1000000 WHERE al_legacy_at = '2020-01-01 00:02'",
    "UPDATE esclusa_leaf.hisusuario SET al_id = -al_id WHERE al_legacy_at IN ('2020-01-01 00:03', '2020-01-01 00:53');
     UPDATE esclusa_leaf.hisusuario AS h SET al_id = -o.al_id FROM esclusa_leaf.hisusuario AS o WHERE h.al_id < 0 AND o.al_id < 0 AND h.al_id <> o.al_id",
    "DELETE FROM esclusa.kept_hisusuario WHERE number = (SELECT max(al_id) FROM esclusa_leaf.hisusuario)",
    "UPDATE esclusa.kept_hisusuario SET at = (SELECT ctid FROM mig_old.hisusuario WHERE id = 7 LIMIT 1)
     WHERE number = (SELECT max(al_id) FROM esclusa_leaf.hisusuario)",
];

/// The rows are the same on both sides, but not each at its place: the proof names it, and the archive is filled again.
#[tokio::test]
async fn a_row_that_is_at_another_place_is_found() {
    for online in [false, true] {
        let bed = bed().await;
        let pace = Pace { online_above: if online { 0 } else { u64::MAX }, ..migration(&bed).await.pace };
        let migration = Migration { pace, ..migration(&bed).await };
        let run = migration.begin("migrate").await.unwrap();
        migration.table(run, rule(&bed)).await.unwrap_or_else(|e| panic!("{}", said(&e)));
        migration.finish(run).await.unwrap();
        assert_kept(&bed).await;
        let relation = Relation::compile(rule(&bed), &bed.context);
        for (at, change) in MISPLACED.iter().enumerate() {
            bed.sql(&format!(
                "INSERT INTO cf_quere_pro.hisusuario (id, nombre, usu, hora) VALUES (9, 'tarde', 'ana', timestamp '2026-01-01' + {at} * interval '1 s')"
            ))
            .await;
            assert_kept(&bed).await;
            bed.sql(&format!(
                "ALTER TABLE esclusa_leaf.hisusuario DISABLE TRIGGER esclusa_keep; {change};
                 ALTER TABLE esclusa_leaf.hisusuario ENABLE ALWAYS TRIGGER esclusa_keep"
            ))
            .await;
            let found = parity::kept(&bed.db, &relation, "mig_old.hisusuario").await.unwrap();
            let failed: Vec<&str> = found.verdicts.iter().filter(|v| !v.passed).map(|v| v.check).collect();
            assert_eq!(failed, ["places"], "{change}: {}", found.failures());
            assert!(found.failures().contains("`esclusa schema apply --refill hisusuario`"), "{}", found.failures());
            assert_eq!(applied_to(&bed, &["hisusuario".into()]).await.len(), 1);
            assert_kept(&bed).await;
        }
    }
}

/// An archive that has other columns than the table had is not taken for filled.
#[tokio::test]
async fn an_archive_with_other_columns_is_not_mended() {
    let bed = bed().await;
    moved(&bed).await;
    bed.sql("ALTER TABLE mig_old.hisusuario ALTER COLUMN usu TYPE text").await;
    let done = applied_to(&bed, &["hisusuario".into()]).await;
    assert!(done[0].contains("not mended: it has missed changes") && done[0].contains("shape: "), "{done:?}");
    assert_eq!(refill::check(&bed.db).await.unwrap().len(), 1);
}

/// A transaction whose snapshot is older than the filling does not see where the rows are: its changes fail as if another one had made them.
#[tokio::test]
async fn an_older_snapshot_changes_nothing_beside_a_filled_archive() {
    let bed = bed().await;
    moved(&bed).await;
    for change in [
        "DELETE FROM cf_quere_pro.hisusuario WHERE id = 3",
        "UPDATE cf_quere_pro.hisusuario SET nota = 'x' WHERE id = 3",
        "TRUNCATE esclusa_leaf.hisusuario",
    ] {
        bed.sql("VACUUM FULL mig_old.hisusuario").await;
        let session = bed.session("postgres", "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1").await;
        assert_eq!(applied(&bed).await.len(), 1);
        let answer = session.say(change).await;
        assert!(answer.contains("40001"), "{change}: {answer}");
        session.say("ROLLBACK").await;
        assert_kept(&bed).await;
        bed.sql(&change.replace("= 3", "= 4")).await;
        assert_kept(&bed).await;
    }
}

/// From the table to its dump and back, with everything written meanwhile; and the ledger has the steps.
#[tokio::test]
async fn a_table_is_dropped_and_comes_back_with_what_was_written_since() {
    let (bed, directory) = (bed().await, tempfile::tempdir().unwrap());
    let was = bed.rows(SHAPE).await;
    assert_eq!(state(&bed).await, State::Planned);
    moved(&bed).await;
    assert_eq!(state(&bed).await, State::Moved);
    let refused = dropped(&bed, directory.path(), Duration::ZERO).await.unwrap_err();
    assert!(refused.contains("`drop` is not possible in that state"), "{refused}");
    sign(&bed).await;
    let early = dropped(&bed, directory.path(), Duration::from_secs(3600)).await.unwrap_err();
    assert!(early.contains("observed: moved for") && early.contains("recorded: 0 %"), "{early}");
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0, "nothing was dumped");

    bed.sql("INSERT INTO cf_quere_pro.hisusuario VALUES (7, 'tarde', NULL, 'ana', '2026-01-01'); DELETE FROM cf_quere_pro.hisusuario WHERE id = 9").await;
    let dump = dropped(&bed, directory.path(), Duration::ZERO).await.unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(dump.likeness.rows, 1961);
    assert_eq!((state(&bed).await, facts(&bed).await.moved_for), (State::Dropped, None));
    let gone =
        "SELECT to_regclass('mig_old.hisusuario') IS NULL AND NOT EXISTS (SELECT FROM pg_proc WHERE proname = 'keep_hisusuario')
        AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgname ~ '^esclusa_keep')";
    assert_eq!(bed.cell(gone).await, "t");
    assert_eq!(drift(&bed).await, [""; 0]);

    // Clients that use the name continue, in every way of using it.
    bed.sql("INSERT INTO cf_quere_pro.hisusuario (id, nombre, usu, hora) VALUES (8, 'despues', 'ana', '2026-02-01');
        UPDATE cf_quere_pro.hisusuario SET nota = repeat('w', 5000) WHERE id = 11; DELETE FROM cf_quere_pro.hisusuario WHERE id = 12").await;
    let rows = bed.rows(ROWS).await;
    assert_eq!(rows.len(), 1922);

    assert_eq!(restored(&bed, None).await.unwrap_or_else(|e| panic!("{e}")), 1922);
    assert_eq!(state(&bed).await, State::Moved);
    assert_kept(&bed).await;
    assert_eq!(drift(&bed).await, [""; 0]);
    // Small and wide rows are all there.
    bed.sql("UPDATE cf_quere_pro.hisusuario SET nombre = 'otro' WHERE id % 7 = 0; DELETE FROM cf_quere_pro.hisusuario WHERE id % 5 = 1").await;
    assert_kept(&bed).await;
    let rows = bed.rows(ROWS).await;
    back(&bed).await;
    assert_eq!(bed.rows(SHAPE).await, was);
    assert_eq!(bed.rows(ROWS).await, rows);
    assert_eq!(state(&bed).await, State::Planned);
    let steps = "SELECT step || ' ' || state FROM esclusa.run_table ORDER BY number";
    assert_eq!(
        bed.rows(steps).await,
        [
            "copy copying",
            "copied copied",
            "prove proven",
            "migrate moved",
            "sign signed",
            "drop dropped",
            "restore moved",
            "rollback planned"
        ]
    );
    assert_eq!(ledger::broken(&bed.db).await.unwrap(), (None, 8));
    // And again.
    moved(&bed).await;
    assert_kept(&bed).await;
}

/// Key words of PL/pgSQL that SQL does not reserve, and the names of variables in our functions: each is also the name of a column.
#[tokio::test]
async fn columns_may_be_called_as_the_words_of_our_functions() {
    let names = [
        "begin",
        "by",
        "declare",
        "execute",
        "foreach",
        "if",
        "loop",
        "strict",
        "while",
        "place",
        "known",
        "number",
        "at",
        "old_image",
        "new_image",
        "k",
        "l",
        "r",
        "t",
        "new",
        "old",
        "tg_op",
    ];
    let (bed, directory) = (with_columns(&names).await, tempfile::tempdir().unwrap());
    let quoted: Vec<String> = names.iter().map(|n| format!("\"{n}\"")).collect();
    let set: Vec<String> = quoted.iter().map(|n| format!("{n} = 'cambiado'")).collect();
    let write = format!(
        "INSERT INTO cf_quere_pro.hisusuario (id, usu, hora, {}) VALUES (3, 'ana', '2026-05-01', {}); \
         UPDATE cf_quere_pro.hisusuario SET {} WHERE id = 5; DELETE FROM cf_quere_pro.hisusuario WHERE id = 7 AND usu = 'app'",
        quoted.join(", "),
        vec!["'dos'"; names.len()].join(", "),
        set.join(", ")
    );
    moved(&bed).await;
    bed.sql(&write).await;
    assert_kept(&bed).await;
    sign(&bed).await;
    dropped(&bed, directory.path(), Duration::ZERO).await.unwrap_or_else(|e| panic!("{e}"));
    bed.sql(&write).await;
    restored(&bed, None).await.unwrap_or_else(|e| panic!("{e}"));
    bed.sql(&write).await;
    assert_kept(&bed).await;
    let rows = bed.rows(ROWS).await;
    back(&bed).await;
    assert_eq!(bed.rows(ROWS).await, rows);
}

/// A file that is not the dump is refused, and so is a table that was not dropped; the table stays as it is.
#[tokio::test]
async fn only_its_own_dump_restores_a_table() {
    let (bed, directory) = (bed().await, tempfile::tempdir().unwrap());
    moved(&bed).await;
    let not_yet = restored(&bed, None).await.unwrap_err();
    assert!(not_yet.contains("`restore` is not possible in that state"), "{not_yet}");
    sign(&bed).await;
    let dump = dropped(&bed, directory.path(), Duration::ZERO).await.unwrap();
    let mut bytes = std::fs::read(&dump.file).unwrap();
    let kept = directory.path().join("elsewhere.dump");
    std::fs::rename(&dump.file, &kept).unwrap();
    let missing = restored(&bed, None).await.unwrap_err();
    assert!(missing.contains("No such file"), "{missing}");
    let endless = restored(&bed, Some("/dev/zero".as_ref())).await.unwrap_err();
    assert!(endless.contains("is not a file"), "{endless}");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let spoilt = directory.path().join("spoilt.dump");
    std::fs::write(&spoilt, bytes).unwrap();
    let refused = restored(&bed, Some(&spoilt)).await.unwrap_err();
    assert!(refused.contains("is not the dump that was made"), "{refused}");
    assert_eq!(
        (state(&bed).await, bed.cell("SELECT to_regclass('mig_old.hisusuario') IS NULL").await.as_str()),
        (State::Dropped, "t")
    );
    // A file next to it is somebody else's.
    let beside = kept.with_extension("list");
    std::fs::write(&beside, "mine").unwrap();
    assert_eq!(restored(&bed, Some(&kept)).await.unwrap(), 2000);
    assert_eq!(std::fs::read_to_string(&beside).unwrap(), "mine");
}

/// What a signature guarantees: a row that is altered later is found, rows that come later are not part of it, and neither the report nor the
/// ledger can be changed unnoticed.
#[tokio::test]
async fn a_row_that_was_altered_after_the_signature_is_found() {
    let bed = bed().await;
    moved(&bed).await;
    let signed = sign(&bed).await;
    let relation = Relation::compile(rule(&bed), &bed.context);
    let since = async |signed: &Signed| signature::since(&bed.db, &relation, signed).await.unwrap();
    assert_eq!(since(&signed).await, Since::Same);
    bed.sql("INSERT INTO cf_quere_pro.hisusuario VALUES (7, 'tarde', NULL, 'ana', '2026-01-01')").await;
    assert_eq!(since(&signed).await, Since::Same, "a row that came later");
    for (change, expected) in [
        ("UPDATE cf_quere_pro.hisusuario SET nombre = nombre || ' ' WHERE nombre = 'n77'", Since::Changed(2000, 2000)),
        ("DELETE FROM cf_quere_pro.hisusuario WHERE nombre = 'n78'", Since::Changed(2000, 1999)),
    ] {
        bed.sql("BEGIN").await;
        bed.sql(change).await;
        assert_eq!(since(&signed).await, expected, "{change}");
        bed.sql("ROLLBACK").await;
    }
    // Nor is a step without a hash accepted.
    bed.sql(
        "BEGIN; INSERT INTO esclusa.run_table (run_id, legacy_table, step, state) SELECT run_id, legacy_table, 'sign', 'signed' \
             FROM esclusa.run_table ORDER BY number DESC LIMIT 1",
    )
    .await;
    assert!(ledger::broken(&bed.db).await.unwrap().0.is_some());
    bed.sql("ROLLBACK").await;
    let forged = Signed { rows: 1999, ..signed.clone() };
    assert_eq!(since(&forged).await, Since::Unknown);
    for change in [
        "UPDATE esclusa.run_table SET detail = replace(detail, 'Ana', 'Eva') WHERE step = 'sign'",
        "UPDATE esclusa.run_table SET row_count = 1 WHERE step = 'migrate'",
        "DELETE FROM esclusa.run_table WHERE step = 'migrate'",
    ] {
        bed.sql("BEGIN").await;
        bed.sql(change).await;
        assert!(ledger::broken(&bed.db).await.unwrap().0.is_some(), "{change}");
        bed.sql("ROLLBACK").await;
    }
    assert_eq!(ledger::broken(&bed.db).await.unwrap().0, None);
}

/// A session that is still writing when somebody signs has drawn its number before rows that exist already: its row comes later, and is not part of the proof.
#[tokio::test]
async fn nobody_signs_for_rows_that_are_not_there_yet() {
    let bed = bed().await;
    let early = migration(&bed).await;
    let run = early.begin("early").await.unwrap();
    let refused = signature::sign(&early, run, rule(&bed), "Ana").await.unwrap_err();
    assert!(said(&refused).contains("`sign` is not possible in that state"), "{}", said(&refused));
    early.finish(run).await.unwrap();
    moved(&bed).await;
    let slow = Bed::beside(&bed).await;
    slow.sql("BEGIN; INSERT INTO cf_quere_pro.hisusuario VALUES (7, 'lento', NULL, 'ana', '2026-01-01')").await;
    bed.sql("INSERT INTO cf_quere_pro.hisusuario VALUES (8, 'rapido', NULL, 'ana', '2026-01-01')").await;
    let (signed, ()) = tokio::join!(sign(&bed), async {
        tokio::time::sleep(Duration::from_millis(700)).await;
        slow.sql("COMMIT").await;
    });
    let relation = Relation::compile(rule(&bed), &bed.context);
    assert_eq!(signature::since(&bed.db, &relation, &signed).await.unwrap(), Since::Same);
    assert_eq!(bed.cell("SELECT count(*) FROM cf_quere_pro.hisusuario WHERE nombre IN ('lento', 'rapido')").await, "2");
}

/// A name that a path, a list file of `pg_restore` and a pattern of `pg_dump` each interpret differently.
#[tokio::test]
async fn a_table_of_any_name_is_dropped_and_comes_back() {
    let name = "../His.TRIGGER mig_old \"x\" $1*";
    let quoted = qualified("cf_quere_pro", name);
    let mut bed = Bed::new(&format!(
        "CREATE TABLE {quoted} (id numeric(10,0) NOT NULL, hora timestamp); INSERT INTO {quoted} SELECT i, '2026-03-01' FROM generate_series(1, 30) i"
    ))
    .await;
    bed.kept = true;
    bed.rule(name, "history", "{ time = 'hora' }", "{ columns = ['id'] }").await;
    let directory = tempfile::tempdir().unwrap();
    moved(&bed).await;
    sign(&bed).await;
    let dump = dropped(&bed, directory.path(), Duration::ZERO).await.unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(dump.file.parent(), Some(directory.path()));
    bed.sql(&format!("DELETE FROM {quoted} WHERE id < 11")).await;
    assert_eq!(restored(&bed, None).await.unwrap_or_else(|e| panic!("{e}")), 20);
    assert_kept(&bed).await;
}

/// Objects that a new database lacks are named before anything is dumped, and a scratch database that has them is accepted.
#[tokio::test]
async fn a_table_of_types_of_its_own_needs_a_scratch_database_that_has_them() {
    let mut bed = Bed::new(
        "CREATE TYPE estado AS ENUM ('a', 'b'); CREATE DOMAIN corto AS text CHECK (length(value) < 9);
        CREATE FUNCTION menor(text) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT pg_catalog.lower($1)';
        CREATE TABLE hisusuario (id numeric(10,0) NOT NULL, hora timestamp, e estado DEFAULT 'b', d corto);
        CREATE INDEX por_menor ON hisusuario (menor(d)); INSERT INTO hisusuario SELECT i, '2026-03-01', 'a', 'D' FROM generate_series(1, 30) i",
    )
    .await;
    bed.kept = true;
    bed.rule("hisusuario", "history", "{ time = 'hora' }", "{ columns = ['id'] }").await;
    let directory = tempfile::tempdir().unwrap();
    moved(&bed).await;
    sign(&bed).await;
    let refused = dropped(&bed, directory.path(), Duration::ZERO).await.unwrap_err();
    for needed in
        ["type cf_quere_pro.estado", "type cf_quere_pro.corto", "function cf_quere_pro.menor(text)", "migrate.restore_url"]
    {
        assert!(refused.contains(needed), "{needed}: {refused}");
    }
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0, "nothing was dumped");
    let name = format!("{}_scratch", bed.name());
    bed.sql(&format!("CREATE DATABASE {name}")).await;
    let scratch = Server::new(&Url::new(format!("postgres://postgres@127.0.0.1:{}/{name}", server().await.port)), None);
    let there = scratch.connect().await.unwrap();
    let types = "CREATE SCHEMA cf_quere_pro; CREATE TYPE cf_quere_pro.estado AS ENUM ('a', 'b'); CREATE DOMAIN cf_quere_pro.corto AS text;
        CREATE FUNCTION cf_quere_pro.menor(text) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT pg_catalog.lower($1)'";
    there.batch("test", types).await.unwrap();
    dropped_by_way_of(&bed, directory.path(), Duration::ZERO, Some(&scratch)).await.unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(restored(&bed, None).await.unwrap_or_else(|e| panic!("{e}")), 30);
}

/// A table whose proof fails is neither signed nor dropped; nor is a table that an object depends on.
#[tokio::test]
async fn what_is_not_proven_or_still_read_stays() {
    let (bed, directory) = (bed().await, tempfile::tempdir().unwrap());
    moved(&bed).await;
    sign(&bed).await;
    bed.sql("CREATE VIEW cf_quere_pro.lee AS SELECT id FROM mig_old.hisusuario").await;
    let read = dropped(&bed, directory.path(), Duration::ZERO).await.unwrap_err();
    assert!(read.contains("free: ") && read.contains("lee"), "{read}");
    bed.sql("DROP VIEW cf_quere_pro.lee").await;
    bed.sql("INSERT INTO esclusa.hit_total VALUES (date_trunc('hour', now()), 1, 'hisusuario', 'select', 'opaque', '', 'x', 2, 0, 0, 0, now(), clock_timestamp())").await;
    let opaque = dropped(&bed, directory.path(), Duration::ZERO).await.unwrap_err();
    assert!(opaque.contains("understood: 2 statements"), "{opaque}");
    bed.sql("DELETE FROM esclusa.hit_total; UPDATE mig_old.hisusuario SET nombre = 'falso' WHERE nombre = 'n5'").await;
    let wrong = dropped(&bed, directory.path(), Duration::ZERO).await.unwrap_err();
    assert!(wrong.contains("differs from its archive"), "{wrong}");
    assert_eq!(bed.cell("SELECT to_regclass('mig_old.hisusuario') IS NOT NULL").await, "t");
    assert_eq!(state(&bed).await, State::Signed);
}

/// A run that lost its connection and connects again finds that another run has taken over.
#[tokio::test]
async fn only_the_last_run_writes_into_the_ledger() {
    let bed = bed().await;
    let first = migration(&bed).await;
    let run = first.begin("first").await.unwrap();
    first.finish(run).await.unwrap();
    let later = Bed::beside(&bed).await;
    let second = migration(&later).await;
    let _newer = second.begin("second").await.unwrap();
    let refused = first.table(run, rule(&bed)).await.unwrap_err();
    assert!(said(&refused).contains("another run has begun since"), "{}", said(&refused));
    assert_eq!(bed.cell("SELECT relkind FROM pg_class WHERE oid = 'cf_quere_pro.hisusuario'::regclass").await, "r");
}

/// Killed wherever it is, the table is either there with its name on the way back, or dropped with a dump that was proven.
#[tokio::test]
async fn a_drop_that_is_killed_leaves_all_or_nothing() {
    let (bed, directory) = (bed().await, tempfile::tempdir().unwrap());
    moved(&bed).await;
    sign(&bed).await;
    let mut last = None;
    for wait in [5_u64, 40, 120, 250, 400, 700, 1000, 60_000] {
        // The server notices only after a moment that the killed run is gone, and until then its scratch database is somebody's.
        common::wait_for(
            &bed.db,
            "SELECT NOT EXISTS (SELECT FROM pg_database AS d JOIN pg_stat_activity AS a ON a.pid = substring(d.datname FROM 'esclusa_restore_([0-9]+)$')::int)",
        )
        .await;
        let own = Bed::beside(&bed).await;
        let migration = Migration { accept: true, ..Migration::new(&own.db, &bed.rules, bed.context.clone()).await.unwrap() };
        let run = migration.begin("killed").await.unwrap();
        let server = target(&bed).await;
        let dumping = Dumping { server: &server, scratch: None, directory: directory.path(), observation: Duration::ZERO };
        let work = drop::run(&migration, run, rule(&bed), &dumping);
        let ended = tokio::time::timeout(Duration::from_millis(wait), work).await;
        last = ended.as_ref().ok().and_then(|e| e.as_ref().err()).map(said);
        drop(migration);
        let is_there = bed.cell("SELECT to_regclass('mig_old.hisusuario') IS NOT NULL").await == "t";
        let state = state(&bed).await;
        assert_eq!(state, if is_there { State::Signed } else { State::Dropped }, "{wait} ms: {ended:?}");
        if !is_there {
            // The scratch databases of killed runs are removed by the next run.
            let left = bed
                .rows(
                    "SELECT datname FROM pg_database WHERE datname ~ 'esclusa_restore' AND NOT EXISTS \
                (SELECT FROM pg_stat_activity AS a WHERE a.pid = substring(datname FROM '[0-9]+$')::int)",
                )
                .await;
            assert_eq!(left, Vec::<String>::new());
            return;
        }
        assert_kept(&bed).await;
        drop(own);
        // Wait until the sessions of the killed run have ended: only then are their objects orphans.
        common::wait_for(
            &bed.db,
            "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid())",
        )
        .await;
    }
    panic!("it never came to its end: {last:?}");
}
