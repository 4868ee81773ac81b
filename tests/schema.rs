//! The objects of moved tables: everything that a DBA may drop, alter or revoke is reported by `schema check` and mended by
//! `schema apply`, without a change to the rows.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

mod common;
#[path = "schema/first_form.rs"]
mod first_form;

use common::{Bed, SCHEMA, said};
use esclusa::config::Settings;
use esclusa::migrate::migration::Migration;
use esclusa::migrate::object::storage;
use esclusa::migrate::quiet::Pace;
use esclusa::migrate::{capture, refill, schema};
use esclusa::rule::{Capture, Rule, Target};
use esclusa::table::Table;

/// A history with two indexes and a stamp, a look-up, a junction; an owner and roles with rights of several kinds.
const LEGACY: &str = "
    SELECT pg_advisory_lock(1); DO $$ BEGIN CREATE ROLE keeper_owner; CREATE ROLE keeper_app; CREATE ROLE keeper_clerk; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$; SELECT pg_advisory_unlock(1);
    GRANT USAGE, CREATE ON SCHEMA cf_quere_pro TO keeper_owner;
    CREATE TABLE base (bid numeric(5,0) PRIMARY KEY, bname varchar(20));
    CREATE TABLE hisbase (hid numeric(5,0) NOT NULL, hname varchar(20) DEFAULT 'x', hstamp timestamp);
    CREATE INDEX hisbase_key ON hisbase (hid, hstamp DESC);
    CREATE UNIQUE INDEX hisbase_once ON hisbase (hid, hname, hstamp) WHERE hid > 100;
    INSERT INTO hisbase SELECT g % 10, 'n' || g, timestamp '2020-01-01' + g * interval '1 day' FROM generate_series(1, 200) AS g;
    CREATE TABLE color (cid numeric(3,0) PRIMARY KEY, cname varchar(10) NOT NULL);
    INSERT INTO color SELECT g, 'c' || g FROM generate_series(1, 9) AS g;
    CREATE TABLE pair (a numeric(3,0), b numeric(3,0), note text, PRIMARY KEY (a, b));
    INSERT INTO pair SELECT g, g + 1, 'p' FROM generate_series(1, 5) AS g;
    ALTER TABLE hisbase OWNER TO keeper_owner; ALTER TABLE color OWNER TO keeper_owner; ALTER TABLE pair OWNER TO keeper_owner;
    GRANT SELECT, INSERT, UPDATE, DELETE ON hisbase, color TO keeper_app;
    GRANT SELECT (hid), UPDATE (hname) ON hisbase TO keeper_clerk;
    GRANT SELECT ON color TO keeper_clerk WITH GRANT OPTION;";

async fn moved() -> Bed {
    let mut bed = Bed::new(LEGACY).await;
    bed.kept = true;
    let target = "{ base = 'base', time = 'hstamp' }";
    bed.rule("hisbase", "history", target, "{ columns = ['hid'], base = ['bid'] }").await;
    bed.lookup("color", "cid").await;
    let link = "{ type = 'PAIR', source_domain = 'A', source = ['a'], target_domain = 'B', target = ['b'] }";
    bed.rule("pair", "link", link, "{ columns = ['a', 'b'] }").await;
    bed.migrate_all().await;
    bed
}

fn lines(table: &Table) -> Vec<String> {
    let line = |row: &Vec<esclusa::table::Cell>| format!("{}: {}", row[1].text(), row[0].text());
    table.rows.iter().map(line).collect()
}

async fn check(bed: &Bed) -> Vec<String> {
    let mut drift = schema::check(&bed.db, &bed.context).await.unwrap_or_else(|e| panic!("{}", said(&e)));
    drift.rows.extend(capture::check(&bed.db, &bed.context, &bed.rules).await.unwrap());
    let mut lines = lines(&drift);
    lines.sort_unstable();
    lines.dedup();
    lines
}

async fn apply(bed: &Bed) -> Vec<String> {
    let done = schema::apply(&bed.db, &bed.context).await.unwrap_or_else(|e| panic!("{}", said(&e)));
    capture::mend(&bed.db, &bed.context, &bed.rules).await.unwrap();
    lines(&done).into_iter().filter(|l| !l.starts_with("was there: ") && !l.contains("partitions ahead")).collect()
}

/// All rows and all rights, which mending must not change.
const EVERYTHING: &str = "
    SELECT md5(string_agg(x, E'\\n' ORDER BY x)) FROM (
      SELECT h::text AS x FROM cf_quere_pro.hisbase AS h UNION ALL SELECT h::text FROM esclusa.hisbase AS h
      UNION ALL SELECT c::text FROM cf_quere_pro.color AS c UNION ALL SELECT c::text FROM esclusa.color AS c
      UNION ALL SELECT p::text FROM cf_quere_pro.pair AS p UNION ALL SELECT p::text FROM esclusa.pair AS p
      UNION ALL SELECT l::text FROM cf_quere_pro.audit_log AS l
      UNION ALL SELECT concat_ws(' ', c.oid::regclass, r.rolname, p.wanted, has_table_privilege(r.oid, c.oid, p.wanted),
                                 has_any_column_privilege(r.oid, c.oid, p.wanted), pg_get_userbyid(c.relowner))
        FROM pg_class AS c, pg_roles AS r, unnest('{SELECT,INSERT,UPDATE,REFERENCES}'::text[]) AS p(wanted)
        WHERE c.relname IN ('hisbase', 'color', 'pair') AND c.relnamespace::regnamespace::text <> 'mig_old' AND r.rolname LIKE 'keeper%') AS all_of_it";

/// A change to a correct database, and what the check reports, separated by bars.
const DRIFT: &[(&str, &str)] = &[
    ("DROP VIEW cf_quere_pro.hisbase", "missing: view cf_quere_pro.hisbase"),
    ("DROP VIEW esclusa.hisbase", "missing: view esclusa.hisbase"),
    (
        "CREATE OR REPLACE VIEW esclusa.color AS SELECT dv_code::numeric(3,0) AS cid, 'red'::varchar(10) AS cname FROM esclusa_leaf.color",
        "differs: view esclusa.color",
    ),
    (
        "DROP VIEW cf_quere_pro.pair; CREATE VIEW cf_quere_pro.pair AS SELECT 1 AS a; GRANT SELECT ON cf_quere_pro.pair TO keeper_owner",
        "differs: view cf_quere_pro.pair|missing: trigger trg_seen_pair on cf_quere_pro.pair|missing: trigger trg_write_pair on cf_quere_pro.pair|owner differs: owner cf_quere_pro.pair",
    ),
    ("ALTER VIEW cf_quere_pro.hisbase ALTER hname DROP DEFAULT", "differs: view cf_quere_pro.hisbase"),
    ("ALTER VIEW cf_quere_pro.hisbase SET (security_invoker = on)", "differs: view cf_quere_pro.hisbase"),
    ("ALTER VIEW esclusa.pair RENAME COLUMN note TO remark", "differs: view esclusa.pair"),
    ("DROP TRIGGER trg_write_color ON esclusa.color", "missing: trigger trg_write_color on esclusa.color"),
    ("DROP TRIGGER esclusa_guard ON mig_old.color", "missing: guard esclusa_guard on mig_old.color"),
    ("ALTER TABLE mig_old.hisbase DISABLE TRIGGER esclusa_guard", "disabled: guard esclusa_guard on mig_old.hisbase"),
    ("ALTER TABLE mig_old.color ENABLE ROW LEVEL SECURITY", "row security is on: archive mig_old.color"),
    (
        "CREATE TRIGGER again INSTEAD OF INSERT ON esclusa.color FOR EACH ROW EXECUTE FUNCTION esclusa.write_color()",
        "doubled: every change is written more than once: trigger again on esclusa.color",
    ),
    (
        "DROP TRIGGER trg_write_color ON esclusa.color; \
         CREATE TRIGGER trg_write_color INSTEAD OF INSERT ON esclusa.color FOR EACH ROW EXECUTE FUNCTION esclusa.write_color()",
        "differs: trigger trg_write_color on esclusa.color",
    ),
    ("ALTER FUNCTION esclusa.write_pair() SECURITY INVOKER", "differs: function esclusa.write_pair()"),
    ("GRANT EXECUTE ON FUNCTION esclusa.write_pair() TO PUBLIC", "for PUBLIC: function esclusa.write_pair()"),
    ("DROP INDEX esclusa_leaf.hisbase_key", "missing: index esclusa_leaf.hisbase_key"),
    (
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'esclusa_leaf.hisbase_key'::regclass",
        "invalid: index esclusa_leaf.hisbase_key",
    ),
    (
        "DROP INDEX esclusa_leaf.hisbase_once; CREATE INDEX hisbase_once ON esclusa_leaf.hisbase (al_id)",
        "differs: index esclusa_leaf.hisbase_once",
    ),
    (
        "ALTER TABLE esclusa_leaf.hisbase DROP CONSTRAINT hisbase_al_legacy_table_check",
        "missing: constraint hisbase_al_legacy_table_check on esclusa_leaf.hisbase",
    ),
    (
        "ALTER TABLE esclusa_leaf.hisbase DROP CONSTRAINT hisbase_al_table_name_check; \
         ALTER TABLE esclusa_leaf.hisbase ADD CONSTRAINT hisbase_al_table_name_check CHECK (al_table_name <> '') NOT VALID",
        "differs: constraint hisbase_al_table_name_check on esclusa_leaf.hisbase",
    ),
    ("ALTER TABLE cf_quere_pro.audit_log DETACH PARTITION esclusa_leaf.hisbase", "detached: partition esclusa_leaf.hisbase"),
    (
        "ALTER TABLE cf_quere_pro.domain_value DETACH PARTITION esclusa_leaf.color; ALTER TABLE esclusa_leaf.color DROP CONSTRAINT color_code_key",
        "detached: partition esclusa_leaf.color|missing: constraint color_code_key on esclusa_leaf.color",
    ),
    ("ALTER TABLE esclusa_leaf.pair OWNER TO postgres", "owner differs: owner esclusa_leaf.pair"),
    ("ALTER FUNCTION esclusa.write_pair() OWNER TO postgres", "owner differs: owner esclusa.write_pair()"),
    ("REVOKE UPDATE ON esclusa_leaf.color FROM keeper_app", "grants differ: grants esclusa_leaf.color"),
    ("GRANT DELETE ON esclusa_leaf.color TO keeper_clerk", "grants differ: grants esclusa_leaf.color"),
    ("GRANT SELECT (hname) ON esclusa.hisbase TO keeper_clerk", "grants differ: grants esclusa.hisbase"),
    ("GRANT SELECT (al_old_data) ON esclusa_leaf.hisbase TO keeper_clerk", "grants differ: grants esclusa_leaf.hisbase"),
    ("REVOKE GRANT OPTION FOR SELECT ON esclusa.color FROM keeper_clerk", "grants differ: grants esclusa.color"),
    ("REVOKE USAGE ON SEQUENCE cf_quere_pro.domain_value_dv_id_seq FROM PUBLIC", "differs: sequence domain_value_dv_id_seq"),
    ("DROP VIEW cf_quere_pro.color, esclusa.color", "missing: view cf_quere_pro.color|missing: view esclusa.color"),
    ("ALTER TABLE esclusa_leaf.color ENABLE ROW LEVEL SECURITY", "row security is on: table esclusa_leaf.color"),
    ("ALTER TABLE esclusa_leaf.hisbase FORCE ROW LEVEL SECURITY", "row security is on: table esclusa_leaf.hisbase"),
    (
        "ALTER TABLE esclusa_leaf.hisbase ALTER al_session_user DROP DEFAULT",
        "missing: default al_session_user on esclusa_leaf.hisbase",
    ),
    (
        "ALTER TABLE esclusa_leaf.hisbase ALTER al_session_user SET DEFAULT 'me'",
        "differs: default al_session_user on esclusa_leaf.hisbase",
    ),
    (
        "GRANT SELECT ON cf_quere_pro.audit_log, esclusa.hit TO PUBLIC",
        "open to PUBLIC: rights cf_quere_pro.audit_log|open to PUBLIC: rights esclusa.hit",
    ),
    ("ALTER TABLE esclusa_leaf.hisbase SET UNLOGGED", "a crash of the server would take its rows: logging esclusa_leaf.hisbase"),
    (
        "GRANT CREATE ON SCHEMA esclusa_leaf TO keeper_clerk; GRANT CREATE ON SCHEMA mig_old TO PUBLIC",
        "given to PUBLIC: rights SCHEMA mig_old|given to keeper_clerk: rights SCHEMA esclusa_leaf",
    ),
    (
        "GRANT EXECUTE ON FUNCTION esclusa.write_pair(), esclusa.keep_color() TO keeper_clerk",
        "given to keeper_clerk: rights FUNCTION esclusa.keep_color()|given to keeper_clerk: rights FUNCTION esclusa.write_pair()",
    ),
    (
        "REVOKE USAGE ON SCHEMA mig_old FROM keeper_owner; REVOKE INSERT ON mig_old.color FROM keeper_owner",
        "missing for keeper_owner: rights SCHEMA mig_old|missing for keeper_owner: rights mig_old.color",
    ),
    (
        "REVOKE SELECT, INSERT, UPDATE, DELETE ON esclusa_leaf.color FROM keeper_owner; REVOKE INSERT ON esclusa.kept_hisbase FROM keeper_owner",
        "missing for keeper_owner: rights esclusa.kept_hisbase|missing for keeper_owner: rights esclusa_leaf.color",
    ),
    (
        "REVOKE EXECUTE ON FUNCTION esclusa.record_key, esclusa.refuse_null FROM PUBLIC",
        "differs: function record_key(image jsonb, columns text[])|differs: function refuse_null(schema_name text, table_name text, names text[], places integer[], cells text[])",
    ),
];

/// Objects that somebody else has made, or that only a superuser may change: reported, left as they are, and reported again.
const TOLD: &[(&str, &str, &str)] = &[
    (
        "CREATE RULE r AS ON INSERT TO esclusa_leaf.color DO INSTEAD NOTHING",
        "not ours: rule r on esclusa_leaf.color",
        "DROP RULE r ON esclusa_leaf.color",
    ),
    (
        "CREATE RULE r AS ON DELETE TO esclusa.color DO INSTEAD NOTHING",
        "not ours: rule r on esclusa.color",
        "DROP RULE r ON esclusa.color",
    ),
    (
        "CREATE FUNCTION public.away() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; \
         CREATE TRIGGER away BEFORE INSERT ON esclusa_leaf.hisbase FOR EACH ROW EXECUTE FUNCTION public.away()",
        "not ours: trigger away on esclusa_leaf.hisbase",
        "DROP FUNCTION public.away() CASCADE",
    ),
    (
        "CREATE VIEW public.mine WITH (security_barrier) AS SELECT * FROM cf_quere_pro.color WHERE cid < 5",
        "a security barrier over a moved table: barrier public.mine",
        "DROP VIEW public.mine",
    ),
    (
        "CREATE VIEW public.some AS SELECT * FROM cf_quere_pro.color WHERE cid < 5; \
         CREATE VIEW public.mine WITH (security_barrier = 1) AS SELECT cid FROM public.some",
        "a security barrier over a moved table: barrier public.mine",
        "DROP VIEW public.some CASCADE",
    ),
    (
        "ALTER EVENT TRIGGER esclusa_grants DISABLE",
        "disabled: event trigger esclusa_grants",
        "ALTER EVENT TRIGGER esclusa_grants ENABLE",
    ),
];

#[tokio::test]
async fn what_is_not_ours_is_told_and_left() {
    let bed = moved().await;
    for (change, expected, back) in TOLD {
        bed.sql(change).await;
        assert_eq!(check(&bed).await, [*expected], "{change}");
        let done = apply(&bed).await;
        // `apply` enables the event trigger where it may, as a superuser.
        let left = if expected.contains("event trigger") { vec![] } else { vec![(*expected).to_owned()] };
        assert_eq!(check(&bed).await, left, "{change}: {done:?}");
        bed.sql(back).await;
        assert_eq!(check(&bed).await, Vec::<String>::new(), "{change}: taken back");
    }
}

#[tokio::test]
async fn a_move_and_a_grant_are_no_drift() {
    let bed = moved().await;
    assert_eq!(check(&bed).await, Vec::<String>::new());
    assert_eq!(apply(&bed).await, Vec::<String>::new());
    // A right that is complete on all objects concerned.
    bed.sql("GRANT DELETE ON cf_quere_pro.color, esclusa.color, esclusa_leaf.color TO keeper_clerk").await;
    // One role becomes the owner of all objects of a table.
    bed.sql(
        "ALTER VIEW cf_quere_pro.pair OWNER TO postgres; ALTER VIEW esclusa.pair OWNER TO postgres; ALTER TABLE esclusa_leaf.pair OWNER TO postgres; \
         ALTER FUNCTION esclusa.write_pair() OWNER TO postgres; ALTER FUNCTION esclusa.keep_pair() OWNER TO postgres",
    )
    .await;
    assert_eq!(check(&bed).await, Vec::<String>::new());
    // A grant on the compatibility view alone is carried over by `apply`.
    bed.sql("SET esclusa.carry_grants = 'off'; GRANT INSERT, SELECT (hname) ON cf_quere_pro.hisbase TO keeper_clerk").await;
    assert_eq!(check(&bed).await, ["esclusa.hisbase", "esclusa_leaf.hisbase"].map(|o| format!("grants differ: grants {o}")));
    apply(&bed).await;
    assert_eq!(check(&bed).await, Vec::<String>::new());
    let may = "SELECT has_table_privilege('keeper_clerk', 'esclusa_leaf.hisbase', 'INSERT'), has_table_privilege('keeper_clerk', 'esclusa_leaf.hisbase', 'SELECT'), \
               has_column_privilege('keeper_clerk', 'esclusa.hisbase', 'hname', 'SELECT'), has_any_column_privilege('keeper_clerk', 'esclusa_leaf.hisbase', 'SELECT')";
    assert_eq!(bed.cell(may).await, "t|f|t|f");
}

#[tokio::test]
async fn every_loss_is_told_and_mended() {
    let bed = moved().await;
    let everything = bed.cell(EVERYTHING).await;
    let session = bed.session("postgres", "SET allow_system_table_mods = on; SET esclusa.carry_grants = 'off'").await;
    for (change, expected) in DRIFT {
        let answer = session.say(change).await;
        assert!(!answer.starts_with("ERROR"), "{change}: {answer}");
        assert_eq!(check(&bed).await.join("|"), *expected, "{change}");
        let done = apply(&bed).await;
        assert!(done.iter().all(|l| l.starts_with("mended: ")), "{change}: {done:?}");
        assert_eq!(check(&bed).await, Vec::<String>::new(), "{change}: applied");
        assert_eq!(bed.cell(EVERYTHING).await, everything, "{change}: something else has changed");
    }
    bed.sql("REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA esclusa FROM PUBLIC").await;
    assert!(check(&bed).await.iter().all(|line| line.starts_with("differs: function ")));
    apply(&bed).await;
    assert_eq!(check(&bed).await, Vec::<String>::new());
    // The views write as before.
    for view in ["cf_quere_pro.color", "esclusa.color"] {
        bed.sql(&format!("INSERT INTO {view} VALUES (77, 'new'); UPDATE {view} SET cname = 'old' WHERE cid = 77; DELETE FROM {view} WHERE cid = 77")).await;
    }
    assert_eq!(bed.cell(EVERYTHING).await, everything);
}

/// PostgreSQL computes every column of every row before it sorts, unless a column is dear.
#[tokio::test]
async fn rows_are_sorted_without_what_is_read_from_their_images() {
    let bed = moved().await;
    bed.sql("INSERT INTO cf_quere_pro.hisbase SELECT i, 'n' || i, timestamp '2026-01-01' + i * interval '1 s' FROM generate_series(1000, 2000) i; ANALYZE esclusa_leaf.hisbase").await;
    for sql in [
        "SELECT * FROM cf_quere_pro.hisbase ORDER BY hname LIMIT 3",
        "SELECT hid, hname || 'x' FROM esclusa.hisbase ORDER BY hstamp DESC, hid LIMIT 3 OFFSET 20",
    ] {
        let plan = bed.rows(&format!("EXPLAIN (VERBOSE, COSTS off) {sql}")).await;
        let below = plan.iter().position(|line| line.contains("Sort Key")).unwrap_or_else(|| panic!("{plan:#?}"));
        let sorted = plan[..below].iter().rfind(|line| line.contains("Output:")).unwrap();
        let sorted_by = if sql.contains("BY hname") { "'hname'" } else { "'hid'" };
        assert!(sorted.matches("->>").count() == 1 && sorted.contains(sorted_by), "{sql}: {plan:#?}");
    }
}

/// REASSIGN OWNED, of which no event trigger is told, gives the tables to a role that never had a right on the archived ones.
#[tokio::test]
async fn a_new_owner_of_everything_gets_what_owners_need() {
    let bed = moved().await;
    bed.sql(
        "DO $$ BEGIN CREATE ROLE keeper_heir; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$; \
         GRANT USAGE ON SCHEMA cf_quere_pro TO keeper_heir; REASSIGN OWNED BY keeper_owner TO keeper_heir",
    )
    .await;
    let writes = "INSERT INTO cf_quere_pro.color VALUES (77, 'new'); UPDATE cf_quere_pro.color SET cname = 'old' WHERE cid = 77; \
        DELETE FROM cf_quere_pro.hisbase WHERE hid = 3; TRUNCATE esclusa_leaf.pair";
    let session = bed.session("postgres", "SELECT 1").await;
    assert!(session.say(writes).await.contains("42501"));
    assert_eq!(check(&bed).await, ["missing for keeper_heir: rights SCHEMA mig_old"]);
    apply(&bed).await;
    assert_eq!(check(&bed).await, Vec::<String>::new());
    let answer = session.say(writes).await;
    assert!(!answer.contains("ERROR"), "{answer}");
    assert_eq!(bed.cell("SELECT count(*) FROM mig_old.color WHERE cname = 'old'").await, "1");
}

/// A proxy reads of the catalog what has changed, and knows all of it.
#[tokio::test]
async fn what_is_read_of_a_changed_catalog_is_all_that_has_changed() {
    let bed = moved().await;
    let settings = esclusa::config::Settings::defaults().unwrap();
    let mut known = esclusa::server::facts::Known::default();
    esclusa::server::facts::Facts::asked(&settings, &bed.db, &mut known).await.unwrap();
    for change in [
        "CREATE TABLE cf_quere_pro.nueva (a int, b text)",
        "ALTER TABLE cf_quere_pro.nueva ADD PRIMARY KEY (a)",
        "ALTER TABLE cf_quere_pro.nueva ALTER b SET DEFAULT 'x'",
        "ALTER TABLE cf_quere_pro.nueva ALTER b DROP DEFAULT",
        "ALTER TABLE cf_quere_pro.nueva RENAME TO otra; ALTER TABLE cf_quere_pro.otra RENAME b TO c",
        "ALTER TABLE cf_quere_pro.otra DROP CONSTRAINT nueva_pkey",
        "CREATE DOMAIN cf_quere_pro.codigo AS text DEFAULT 'y'; ALTER TABLE cf_quere_pro.otra ALTER c TYPE cf_quere_pro.codigo",
        "ALTER DOMAIN cf_quere_pro.codigo SET DEFAULT 'z'",
        "DROP TABLE cf_quere_pro.otra; CREATE VIEW cf_quere_pro.otra AS SELECT 1 AS d",
        "DROP VIEW cf_quere_pro.otra, cf_quere_pro.pair",
    ] {
        bed.sql(change).await;
        let facts = esclusa::server::facts::Facts::asked(&settings, &bed.db, &mut known).await.unwrap();
        let whole = esclusa::catalog::Catalog::read(&bed.db, "cf_quere_pro").await.unwrap();
        assert_eq!(**facts.catalog(), whole, "{change}");
    }
}

/// With nothing to do, it waits for nobody and keeps nobody waiting: not for a client that has written two moved tables, nor one that is about to.
#[tokio::test]
async fn a_schema_that_is_right_is_left_alone() {
    let bed = moved().await;
    let client = bed.session("postgres", "BEGIN; INSERT INTO cf_quere_pro.hisbase VALUES (201, 'held', '2026-01-01')").await;
    // Nor does it keep a processor busy with compiling its questions.
    assert_eq!(bed.cell("SHOW jit").await, "off");
    assert_eq!(apply(&bed).await, Vec::<String>::new());
    let other = Bed::beside(&bed).await;
    let (done, answer) =
        tokio::join!(apply(&other), client.say("UPDATE cf_quere_pro.color SET cname = 'held' WHERE cid = 1; COMMIT"));
    assert!(!answer.contains("ERROR"), "{answer}");
    assert_eq!(done, Vec::<String>::new());
    // A missing index of the parent needs the table, and gives up soon.
    bed.sql("DROP INDEX cf_quere_pro.idx_audit_log_user").await;
    let client = bed.session("postgres", "BEGIN; INSERT INTO cf_quere_pro.hisbase VALUES (202, 'held', '2026-01-01')").await;
    let refused = schema::apply(&bed.db, &bed.context).await.unwrap_err();
    assert!(said(&refused).contains("lock timeout"), "{}", said(&refused));
    client.say("COMMIT").await;
    apply(&bed).await;
    assert_eq!(check(&bed).await, Vec::<String>::new());
}

/// Drift that cannot be mended is reported, with the obstacle.
#[tokio::test]
async fn what_cannot_be_mended_is_said() {
    let bed = moved().await;
    bed.sql("DROP TABLE esclusa_leaf.color CASCADE; DROP INDEX esclusa_leaf.hisbase_once, mig_old.hisbase_once").await;
    bed.sql("INSERT INTO cf_quere_pro.hisbase VALUES (200, 'twice', '2021-01-01'), (200, 'twice', '2021-01-01')").await;
    let done = apply(&bed).await;
    assert!(done.iter().any(|l| l.starts_with("not mended: gone: the leaf is gone") && l.contains("mig_old.color")), "{done:?}");
    assert!(done.iter().any(|l| l.starts_with("not mended: ") && l.contains("could not create unique index")), "{done:?}");
    let drift = schema::check(&bed.db, &bed.context).await.unwrap();
    assert_eq!(lines(&drift), ["gone: table esclusa_leaf.color", "invalid: index esclusa_leaf.hisbase_once"]);
    // The cause removed, it is mended.
    bed.sql("DELETE FROM cf_quere_pro.hisbase WHERE hid = 200").await;
    apply(&bed).await;
    assert_eq!(lines(&schema::check(&bed.db, &bed.context).await.unwrap()), ["gone: table esclusa_leaf.color"]);
}

/// The legacy table may be dropped: neither check nor repair needs it.
#[tokio::test]
async fn the_archive_is_not_needed() {
    let bed = moved().await;
    let everything = bed.cell(EVERYTHING).await;
    bed.sql("ALTER TABLE mig_old.color ADD CHECK (cid > 0)").await;
    assert_eq!(check(&bed).await, ["differs: archive mig_old.color"]);
    bed.sql("DROP SCHEMA mig_old CASCADE; DROP INDEX esclusa_leaf.hisbase_key; DROP VIEW cf_quere_pro.hisbase").await;
    apply(&bed).await;
    // Only a backup has them.
    let gone = ["color", "hisbase", "pair"].map(|table| format!("gone: archive mig_old.{table}"));
    assert_eq!(check(&bed).await, gone);
    assert_eq!(bed.cell(EVERYTHING).await, everything);
}

/// Numbers that would be assigned twice: the trigger that keeps the archive equal identifies rows by them.
#[tokio::test]
async fn a_sequence_that_was_set_back_is_set_on() {
    let bed = moved().await;
    assert_eq!(check(&bed).await, Vec::<String>::new());
    bed.sql(
        "SELECT setval('cf_quere_pro.audit_log_al_id_seq', (SELECT min(al_id) FROM esclusa_leaf.hisbase), false),
                setval('cf_quere_pro.domain_value_dv_id_seq', 1, false)",
    )
    .await;
    let expected = ["audit_log_al_id_seq", "domain_value_dv_id_seq"]
        .map(|name| format!("is behind: it would give numbers again that rows already have: sequence cf_quere_pro.{name}"));
    assert_eq!(check(&bed).await, expected);
    assert_eq!(
        apply(&bed).await,
        ["audit_log_al_id_seq", "domain_value_dv_id_seq"]
            .map(|name| format!("mended: it was behind: sequence cf_quere_pro.{name}"))
    );
    assert_eq!(check(&bed).await, Vec::<String>::new());
    bed.sql(
        "INSERT INTO cf_quere_pro.color VALUES (77, 'nuevo'); INSERT INTO cf_quere_pro.hisbase VALUES (7, 'n', '2026-01-01')",
    )
    .await;
    assert_eq!(check(&bed).await, Vec::<String>::new());
}

/// Each fact of a rule about stored rows is noticed when it changes after the move, and nothing else is.
#[tokio::test]
async fn a_rule_that_was_edited_after_the_move_is_told() {
    let mut bed = moved().await;
    let before = bed.rules.clone();
    let storage = async |bed: &Bed| {
        let drift = storage::check(&bed.db, SCHEMA, &bed.rules, &bed.context.time_zone).await.unwrap();
        drift.iter().map(|d| d.row().iter().map(|c| c.text().to_owned()).collect::<Vec<_>>().join(" | ")).collect::<Vec<_>>()
    };
    assert_eq!(storage(&bed).await, [""; 0]);
    type Edit = fn(&mut Rule);
    let differs = "differs from the rule that the table was moved with";
    let file = bed.rules.rules.remove("pair").unwrap();
    assert_eq!(
        storage(&bed).await,
        [
            "rule pair | is gone, and its table has moved: its statements are not rewritten | the rule that the table was moved with | "
        ]
    );
    bed.rules.rules.insert("pair".into(), file);
    let edits: [(&str, Edit, &str); 13] = [
        (
            "color",
            |r| r.columns[1].column.type_name = "character varying(5)".into(),
            "column cname character varying(10) NOT NULL | column cname character varying(5) NOT NULL",
        ),
        (
            "color",
            |r| r.columns[1].column.not_null = false,
            "column cname character varying(10) NOT NULL | column cname character varying(10)",
        ),
        (
            "color",
            |r| r.columns[1].column.default = Some("'x'".into()),
            "column cname character varying(10) NOT NULL | column cname character varying(10) NOT NULL DEFAULT 'x'",
        ),
        ("color", |r| r.columns.reverse(), "its columns in the order of the table | another order"),
        ("color", |r| drop(r.columns.pop()), "column cname character varying(10) NOT NULL | "),
        (
            "color",
            |r| {
                if let Target::Lookup(l) = &mut r.target {
                    l.domain = "HUE".into()
                }
            },
            "target.domain = color | target.domain = HUE",
        ),
        ("hisbase", |r| r.key.columns = vec!["hname".into()], "key.columns = hid | key.columns = hname"),
        (
            "hisbase",
            |r| {
                if let Target::History(h) = &mut r.target {
                    h.time = None
                }
            },
            "target.time = hstamp | target.time = -",
        ),
        (
            "hisbase",
            |r| {
                if let Target::History(h) = &mut r.target {
                    h.base = Some("color".into())
                }
            },
            "target.base = base | target.base = color",
        ),
        (
            "pair",
            |r| {
                if let Target::Link(l) = &mut r.target {
                    l.source_domain = "C".into()
                }
            },
            "target.source_domain = A | target.source_domain = C",
        ),
        (
            "pair",
            |r| {
                if let Target::Link(l) = &mut r.target {
                    std::mem::swap(&mut l.source, &mut l.target)
                }
            },
            "target.source = a | target.source = b",
        ),
        (
            "color",
            |r| {
                r.wave = "W9".into();
                r.note = "n".into();
                r.source = "s".into();
                r.tasks = vec!["t".into()]
            },
            "",
        ),
        (
            "hisbase",
            |r| {
                if let Target::History(h) = &mut r.target {
                    h.capture = Capture::Trigger
                }
            },
            "",
        ),
    ];
    for (table, edit, expected) in edits {
        edit(bed.rules.rules.get_mut(table).unwrap());
        let wanted = if expected.is_empty() { Vec::new() } else { vec![format!("rule {table} | {differs} | {expected}")] };
        assert_eq!(storage(&bed).await, wanted);
        bed.rules = before.clone();
    }
    // No command reads or writes the rows by it.
    if let Target::Lookup(l) = &mut bed.rules.rules.get_mut("color").unwrap().target {
        l.domain = "HUE".into();
    }
    let migration = Migration::new(&bed.db, &bed.rules, bed.context.clone()).await.unwrap();
    let rule = &bed.rules.rules["color"];
    let run = migration.begin("test").await.unwrap();
    let refused = [migration.verify(rule).await.unwrap_err(), migration.back(run, rule).await.unwrap_err()];
    for error in refused {
        assert!(said(&error).contains("color was moved with a rule that said `target.domain = color`"), "{}", said(&error));
    }
    drop(migration);
    // A table that has come back may have any rule.
    bed.rules = before.clone();
    let migration = Migration::new(&bed.db, &bed.rules, bed.context.clone()).await.unwrap();
    migration.back(run, &bed.rules.rules["color"]).await.unwrap();
    drop(migration);
    if let Target::Lookup(l) = &mut bed.rules.rules.get_mut("color").unwrap().target {
        l.domain = "HUE".into();
    }
    assert_eq!(storage(&bed).await, [""; 0]);
}

/// The table of places is dropped, or an archive is no longer listed: the archive is filled from the leaf, and the table can come back.
#[tokio::test]
async fn an_archive_whose_places_are_lost_is_filled() {
    let bed = moved().await;
    let pace = Pace::new(&Settings::defaults().unwrap());
    let filled = async || {
        let done = refill::mend(&bed.db, &bed.context, &bed.rules, &pace).await.unwrap();
        done.iter().map(|row| format!("{}: {}", row[0].text(), row[1].text())).collect::<Vec<_>>()
    };
    let expected = ["archive mig_old.color: mended: filled from the leaf"];
    bed.sql("DROP TABLE esclusa.kept_color").await;
    assert_eq!(refill::check(&bed.db).await.unwrap().len(), 1);
    refill::mark(&bed.db, &[]).await.unwrap();
    assert_eq!(filled().await, expected);
    bed.sql("UPDATE cf_quere_pro.color SET cname = 'seen' WHERE cid = 1").await;
    bed.sql("DELETE FROM esclusa.archive WHERE legacy_table = 'color'").await;
    refill::mark(&bed.db, &["color".to_owned()]).await.unwrap();
    assert_eq!(filled().await, expected);
    let error = refill::mark(&bed.db, &["base".to_owned()]).await.unwrap_err();
    assert!(said(&error).contains("base has no archive"), "{}", said(&error));
    let migration = Migration::new(&bed.db, &bed.rules, bed.context.clone()).await.unwrap();
    let run = migration.begin("back").await.unwrap();
    migration.back(run, &bed.rules.rules["color"]).await.unwrap_or_else(|e| panic!("{}", said(&e)));
    assert_eq!(bed.cell("SELECT cname FROM cf_quere_pro.color WHERE cid = 1").await, "seen");
}

/// Somebody drops the leaf with everything on it: the archive has the rows, and the statements are printed that make it the table again.
#[tokio::test]
async fn a_leaf_that_was_dropped_has_a_way_out() {
    let bed = moved().await;
    bed.sql("UPDATE cf_quere_pro.color SET cname = 'seen' WHERE cid = 1; DROP TABLE esclusa_leaf.color CASCADE").await;
    let migration = Migration::new(&bed.db, &bed.rules, bed.context.clone()).await.unwrap();
    let rule = &bed.rules.rules["color"];
    let run = migration.begin("back").await.unwrap();
    for error in [migration.back(run, rule).await.map(drop).unwrap_err(), migration.verify(rule).await.map(drop).unwrap_err()] {
        let said = said(&error);
        assert!(said.starts_with("the leaf of color is gone, with its rows"), "{said}");
        assert!(said.contains("ALTER TABLE mig_old.color SET SCHEMA cf_quere_pro"), "{said}");
    }
    bed.sql("DROP TRIGGER IF EXISTS esclusa_guard ON mig_old.color; ALTER TABLE mig_old.color SET SCHEMA cf_quere_pro").await;
    migration.table(run, rule).await.unwrap_or_else(|e| panic!("{}", said(&e)));
    assert_eq!(bed.cell("SELECT cname FROM cf_quere_pro.color WHERE cid = 1").await, "seen");
}
