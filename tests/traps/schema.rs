//! `schema apply` and `schema check`: apply may be run repeatedly and concurrently, check reports every kind of drift and leaves no object,
//! and the partitions of coming months are made with pg_partman and without it.

use std::path::{Path, PathBuf};

use esclusa::config::Month;
use esclusa::demo::postgres::{self, Options, Postgres};
use esclusa::migrate::partition::{self, Partitioner};
use esclusa::migrate::schema;
use esclusa::table::Table;

use crate::common::{Bed, context, said, server};

/// Rows as lines, with the kind of finding first.
fn lines(table: &Table) -> Vec<String> {
    let line = |row: &Vec<esclusa::table::Cell>| format!("{}: {}", row[1].text(), row[0].text());
    table.rows.iter().map(line).collect()
}

async fn drift(bed: &Bed) -> Vec<String> {
    lines(&schema::check(&bed.db, &bed.context).await.unwrap_or_else(|e| panic!("{}", said(&e))))
}

#[tokio::test]
async fn apply_may_be_run_again() {
    let bed = Bed::new("SELECT").await;
    bed.sql("INSERT INTO cf_quere_pro.audit_log (al_table_name, al_record_key, al_operation, al_old_data, al_user_id) VALUES ('t', 'k', 'U', '{}', 'u')")
        .await;
    let everything = "SELECT md5(string_agg(x, '' ORDER BY x)) FROM (SELECT oid::text || relname || coalesce(relacl::text, '') || relfilenode AS x FROM pg_class \
                      WHERE relnamespace::regnamespace::text IN ('cf_quere_pro', 'esclusa', 'esclusa_leaf', 'partman')) AS c";
    let before = bed.cell(everything).await;
    for _ in 0..2 {
        let done = schema::apply(&bed.db, &bed.context).await.unwrap();
        let created: Vec<String> = lines(&done).into_iter().filter(|l| l.starts_with("created")).collect();
        assert_eq!(created, Vec::<String>::new());
    }
    assert_eq!(bed.cell(everything).await, before, "an object was made anew");
    assert_eq!(bed.cell("SELECT count(*) FROM cf_quere_pro.audit_log_live").await, "1");
    assert_eq!(drift(&bed).await, Vec::<String>::new());
}

/// Two at once, into an empty database: one makes everything, the other finds it.
#[tokio::test]
async fn two_at_once_do_not_disturb_each_other() {
    let admin = server().await.connect("postgres").await.unwrap();
    admin.batch("making a database", "CREATE DATABASE two_at_once").await.unwrap();
    let (one, two) = (server().await.connect("two_at_once").await.unwrap(), server().await.connect("two_at_once").await.unwrap());
    let context = context();
    let (one, two) = tokio::join!(schema::apply(&one, &context), schema::apply(&two, &context));
    for done in [one, two] {
        done.unwrap_or_else(|e| panic!("{}", said(&e)));
    }
    let database = server().await.connect("two_at_once").await.unwrap();
    assert_eq!(lines(&schema::check(&database, &context).await.unwrap()), Vec::<String>::new());
}

/// One change to a correct schema, and what the check reports, separated by bars. `{m}` is the partition of May 2026.
const DRIFT: &[(&str, &str)] = &[
    ("DROP INDEX idx_audit_log_user", "missing: index idx_audit_log_user"),
    (
        "DROP INDEX idx_domain_value_json; CREATE INDEX idx_domain_value_json ON domain_value (dv_txtid)",
        "differs: index idx_domain_value_json",
    ),
    (
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'idx_audit_log_fields'::regclass",
        "differs: index idx_audit_log_fields",
    ),
    ("DROP TABLE {m}", "missing: table {m}"),
    ("ALTER TABLE audit_log_live DETACH PARTITION {m}", "missing: table {m}"),
    (
        "ALTER TABLE audit_log_live DETACH PARTITION {m}; \
         ALTER TABLE audit_log_live ATTACH PARTITION {m} FOR VALUES FROM ('2026-05-01 06:00+00') TO ('2026-05-31 06:00+00')",
        "differs: table {m}",
    ),
    ("DROP TABLE audit_log_default", "missing: table audit_log_default"),
    ("ALTER TABLE domain_value DROP COLUMN dv_expid", "differs: table domain_value"),
    ("ALTER TABLE domain_value ADD COLUMN more text", "differs: table domain_value"),
    ("ALTER TABLE domain_value ALTER dv_description TYPE text", "differs: table domain_value"),
    (r#"ALTER TABLE domain_value ALTER dv_code TYPE varchar(100) COLLATE "POSIX""#, "differs: table domain_value"),
    ("ALTER TABLE domain_value ALTER dv_id DROP DEFAULT", "differs: table domain_value"),
    ("ALTER TABLE audit_log DETACH PARTITION audit_log_live", "differs: table audit_log_live"),
    ("ALTER SEQUENCE audit_log_al_id_seq INCREMENT 2", "differs: sequence audit_log_al_id_seq"),
    ("ALTER TABLE domain_value_link ALTER dvl_sort_order DROP DEFAULT", "differs: table domain_value_link"),
    ("ALTER TABLE domain_value_link ALTER dvl_sort_order DROP NOT NULL", "differs: table domain_value_link"),
    (
        "ALTER TABLE domain_value DROP CONSTRAINT uq_domain_value",
        "missing: constraint domain_value.uq_domain_value|missing: index uq_domain_value",
    ),
    (
        "ALTER TABLE domain_value DROP CONSTRAINT uq_domain_value; \
         ALTER TABLE domain_value ADD CONSTRAINT uq_domain_value UNIQUE (dv_domain, dv_code, dv_id)",
        "differs: constraint domain_value.uq_domain_value|differs: index uq_domain_value",
    ),
    ("DROP FUNCTION fn_audit_trigger()", "missing: function fn_audit_trigger()"),
    ("DROP TABLE esclusa.object", "missing: constraint object.object_pkey|missing: index object_pkey|missing: table object"),
    ("ALTER FUNCTION fn_audit_trigger() RESET search_path", "differs: function fn_audit_trigger()"),
    ("ALTER FUNCTION fn_audit_trigger() SECURITY INVOKER", "differs: function fn_audit_trigger()"),
    // A GRANT of it is taken back at once, unless the event trigger is off.
    (
        "SET esclusa.carry_grants = off; GRANT EXECUTE ON FUNCTION fn_audit_trigger() TO PUBLIC",
        "differs: function fn_audit_trigger()",
    ),
    (
        "SET esclusa.carry_grants = off; GRANT EXECUTE ON FUNCTION fn_audit_trigger() TO pg_monitor",
        "given to pg_monitor: rights FUNCTION cf_quere_pro.fn_audit_trigger()",
    ),
    (
        "CREATE OR REPLACE FUNCTION esclusa.key_text(v jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT v::text'",
        "differs: function key_text(v jsonb)",
    ),
    (
        "DROP TABLE esclusa.mode_history",
        "missing: constraint mode_history.mode_history_pkey|missing: index mode_history_pkey|missing: table mode_history",
    ),
    (
        "INSERT INTO audit_log (al_table_name, al_record_key, al_operation, al_old_data, al_user_id, al_changed_at) \
         VALUES ('t', 'k', 'U', '{}', 'u', '2200-01-01')",
        "holds rows: table audit_log_default",
    ),
];

/// Changes that `apply` undoes: what is missing is made or attached again, and functions are replaced. A changed definition of a table is left
/// to the DBA, as are data; and `apply` says so.
fn mended_by_apply(change: &str) -> bool {
    change.starts_with("DROP")
        || change.contains(" FUNCTION ")
        || change.ends_with("DROP CONSTRAINT uq_domain_value")
        || change.contains("DETACH PARTITION") && !change.contains("ATTACH PARTITION {m} FOR")
}

#[tokio::test]
async fn every_kind_of_drift_is_told() {
    for (change, expected) in DRIFT {
        let bed = Bed::new("SELECT").await;
        let partition =
            bed.cell("SELECT relname FROM pg_class WHERE relname ~ '^audit_log_(live_p)?2026_05$' AND relkind = 'r'").await;
        let session = bed.session("postgres", "SET search_path = cf_quere_pro; SET allow_system_table_mods = on").await;
        let answer = session.say(&change.replace("{m}", &partition)).await;
        assert!(!answer.starts_with("ERROR"), "{change}: {answer}");
        let mut found = drift(&bed).await;
        found.sort_unstable();
        assert_eq!(found.join("|"), expected.replace("{m}", &partition), "{change}");
        if mended_by_apply(change) && !change.contains("idx_domain_value_json") {
            schema::apply(&bed.db, &bed.context).await.unwrap_or_else(|e| panic!("{change}: {}", said(&e)));
            assert_eq!(drift(&bed).await, Vec::<String>::new(), "{change}: applied again");
            continue;
        }
        let done = schema::apply(&bed.db, &bed.context).await.unwrap_or_else(|e| panic!("{change}: {}", said(&e)));
        let left = done.rows.iter().filter(|row| row[1].text().starts_with(esclusa::migrate::object::LEFT)).count();
        assert_eq!(left, drift(&bed).await.len(), "{change}: {done:?}");
        assert!(left > 0 || change.contains("idx_domain_value_json"), "{change}");
    }
}

/// Settings of the session and the database are not drift, and the check leaves no object behind.
#[tokio::test]
async fn the_check_follows_no_setting_and_leaves_nothing() {
    let bed = Bed::new("SELECT").await;
    let objects = "SELECT count(*), (SELECT count(*) FROM pg_namespace), (SELECT count(*) FROM pg_proc) FROM pg_class";
    let before = bed.cell(objects).await;
    bed.sql(&format!(
        "ALTER DATABASE {0} SET search_path = cf_quere_pro, esclusa, public; ALTER DATABASE {0} SET timezone = 'Asia/Tokyo'; \
         ALTER DATABASE {0} SET datestyle = 'SQL, DMY'",
        bed.name()
    ))
    .await;
    let database = server().await.connect(bed.name()).await.unwrap();
    assert_eq!(lines(&schema::check(&database, &bed.context).await.unwrap()), Vec::<String>::new());
    assert_eq!(bed.cell(objects).await, before);
}

/// Months with their bounds in the rules' zone.
async fn months(bed: &Bed) -> Vec<String> {
    bed.rows(
        "SET timezone = 'America/Mexico_City'; SELECT regexp_replace(relname, '_live_p(\\d)', '_\\1'), pg_get_expr(relpartbound, oid) FROM pg_class \
         WHERE relname ~ '^audit_log_(live_p)?\\d' AND relispartition AND relkind = 'r' ORDER BY 1",
    )
    .await
}

/// The months that `apply` plans, with their bounds: those that pg_partman must make too.
async fn planned(bed: &Bed, end: Month) -> Vec<String> {
    let mut planned = Vec::new();
    for partition in &partition::partitions(&bed.context, Partitioner::Own, end) {
        let (from, to) = (&partition.from, &partition.to);
        let bounds = bed
            .cell(&format!("SET timezone = 'America/Mexico_City'; SELECT {from}::timestamptz || ' ' || {to}::timestamptz"))
            .await;
        let (from, to) = bounds.split_at(bounds.len() / 2);
        planned.push(format!("{}|FOR VALUES FROM ('{from}') TO ('{}')", partition.name, to.trim_start()));
    }
    planned
}

/// pg_partman continues where `apply` ended, with the same names and bounds. It counts months in the zone of its own session: in one
/// with daylight saving time the bounds are an hour off for half the year, and the check tells it.
#[tokio::test]
async fn partman_goes_on_with_our_partitions() {
    for zone in ["UTC", "America/Mexico_City", "Europe/Madrid"] {
        let mut bed = Bed::new("SELECT").await;
        if bed.cell("SELECT count(*) FROM pg_extension WHERE extname = 'pg_partman'").await == "0" {
            return; // This machine has no pg_partman; `a_server_without_partman` tests that case.
        }
        let before = months(&bed).await;
        assert_eq!(bed.rows("SELECT * FROM partman.check_default(false)").await, Vec::<String>::new());
        bed.sql("UPDATE partman.part_config SET premake = premake + 15").await;
        let session = bed.session("postgres", &format!("SET timezone = '{zone}'")).await;
        let answer = session.say("CALL partman.run_maintenance_proc()").await;
        assert!(!answer.contains("ERROR"), "{answer}");
        let after = months(&bed).await;
        assert!(after.len() > before.len() + 12, "{zone}: {after:?}");
        let plan = planned(&bed, bed.context.first_month.plus(after.len())).await;
        // All but the last of them, for the month may turn while the test runs.
        bed.context.horizon = bed.context.horizon.plus(after.len() - before.len() - 1);
        let told = drift(&bed).await;
        if zone == "Europe/Madrid" {
            assert!(!told.is_empty() && told.iter().all(|t| t.starts_with("differs: table audit_log_live_p")), "{told:?}");
            continue;
        }
        assert_eq!(after, plan, "{zone}");
        assert_eq!(told, Vec::<String>::new(), "{zone}");
        // A row of a month that pg_partman made finds its place.
        bed.sql(
            "INSERT INTO cf_quere_pro.audit_log (al_table_name, al_record_key, al_operation, al_old_data, al_user_id, al_changed_at) \
             SELECT 't', 'k', 'U', '{}', 'u', to_date(right(max(relname), 7), 'YYYY_MM') + 15 FROM pg_class \
             WHERE relname ~ '^audit_log_(live_p)?\\d' AND relkind = 'r'",
        )
        .await;
        assert_eq!(bed.cell("SELECT count(*) FROM cf_quere_pro.audit_log_default").await, "0");
    }
}

/// As time goes on, `apply` keeps so many months ahead of the clock: here the first month is long past.
#[tokio::test]
async fn months_are_made_ahead_of_the_clock() {
    let mut bed = Bed::new("SELECT").await;
    bed.sql("DROP SCHEMA cf_quere_pro CASCADE; DROP EXTENSION IF EXISTS pg_partman").await;
    bed.context.first_month = Month { year: 2024, month: 11 };
    bed.context.horizon = bed.context.first_month.plus(3);
    // A month may turn while the test runs.
    let ahead = "SELECT to_char(clock_timestamp() AT TIME ZONE 'America/Mexico_City' + interval '2 months', 'YYYY_MM')";
    let earliest = bed.cell(ahead).await;
    schema::apply(&bed.db, &bed.context).await.unwrap();
    let latest = bed.cell(ahead).await;
    let months = months(&bed).await;
    assert!(months[0].starts_with("audit_log_2024_11|FOR VALUES FROM ('2024-11-01 00:00:00-06')"), "{months:?}");
    let last = months.last().unwrap();
    assert!([earliest, latest].iter().any(|m| last.starts_with(&format!("audit_log_{m}|"))), "{last}");
    assert_eq!(drift(&bed).await, Vec::<String>::new());
}

/// A tree of PostgreSQL's programs and files without pg_partman. Programs find their files from where they lie themselves.
fn without_partman(root: &Path) -> PathBuf {
    let programs = postgres::bin_directory().unwrap();
    let inside = |path: &Path| root.join(path.strip_prefix("/").unwrap());
    let bin = inside(&programs);
    std::fs::create_dir_all(&bin).unwrap();
    for program in ["postgres", "initdb"] {
        std::fs::copy(programs.join(program), bin.join(program)).unwrap();
    }
    let shown = |what: &str| {
        let output = std::process::Command::new(programs.join("pg_config")).arg(what).output().unwrap();
        PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
    };
    let link = |from: &Path| {
        std::fs::create_dir_all(inside(from).parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(from, inside(from)).unwrap();
    };
    let entries = |directory: &Path| std::fs::read_dir(directory).unwrap().map(|e| e.unwrap().path()).collect::<Vec<_>>();
    let share = shown("--sharedir");
    let extensions = entries(&share.join("extension"));
    let others = entries(&share).into_iter().filter(|f| !f.ends_with("extension"));
    let partman = |f: &PathBuf| f.file_name().is_some_and(|n| n.to_string_lossy().starts_with("pg_partman"));
    others.chain(extensions.into_iter().filter(|f| !partman(f))).for_each(|f| link(&f));
    link(&shown("--pkglibdir"));
    bin
}

/// Without pg_partman the partitions have the plan's names, and `apply` creates them.
#[tokio::test]
async fn a_server_without_partman() {
    use std::os::unix::fs::PermissionsExt as _;
    let root = tempfile::tempdir().unwrap();
    // The server may run as another user.
    std::fs::set_permissions(root.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let programs = Some(without_partman(root.path()));
    let postgres = Postgres::start(&Options { programs, ..Options::default() }).await.unwrap();
    let database = postgres.connect("postgres").await.unwrap();
    let available = "SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_partman'";
    assert_eq!(database.text("test", available).await.unwrap(), [[Some("0".to_owned())]]);
    for _ in 0..2 {
        let done = schema::apply(&database, &context()).await.unwrap();
        let keeper = done.rows.last().unwrap();
        let expected = "kept by esclusa schema apply, run by a timer: this server has no pg_partman";
        assert_eq!((keeper[0].text(), keeper[1].text()), ("partitions ahead".into(), expected.into()));
        assert_eq!(lines(&schema::check(&database, &context()).await.unwrap()), Vec::<String>::new());
    }
    let names = "SELECT to_regclass('cf_quere_pro.audit_log_2026_03') IS NOT NULL AND to_regclass('cf_quere_pro.audit_log_live_p2026_03') IS NULL";
    assert_eq!(database.text("test", names).await.unwrap(), [[Some("t".to_owned())]]);
    // Rows of a month that is missing wait in DEFAULT: they come along when it is made.
    let row = "INSERT INTO cf_quere_pro.audit_log (al_table_name, al_record_key, al_operation, al_old_data, al_user_id, al_changed_at) \
               SELECT 't', g::text, 'U', '{}', 'u', timestamptz '2027-05-31 23:00-06' + g * interval '1 hour' FROM generate_series(0, 2) AS g";
    let month = "DROP TABLE cf_quere_pro.audit_log_2027_05, cf_quere_pro.audit_log_2027_06";
    database.batch("test", &format!("{month}; {row}")).await.unwrap();
    assert_eq!(
        lines(&schema::check(&database, &context()).await.unwrap()),
        ["missing: table audit_log_2027_05", "missing: table audit_log_2027_06", "holds rows: table audit_log_default"]
    );
    schema::apply(&database, &context()).await.unwrap();
    assert_eq!(lines(&schema::check(&database, &context()).await.unwrap()), Vec::<String>::new());
    let placed =
        "SELECT string_agg(tableoid::regclass || ' ' || al_record_key, ', ' ORDER BY al_record_key) FROM cf_quere_pro.audit_log";
    let names = "cf_quere_pro.audit_log_2027_05 0, cf_quere_pro.audit_log_2027_06 1, cf_quere_pro.audit_log_2027_06 2";
    assert_eq!(database.text("test", placed).await.unwrap(), [[Some(names.to_owned())]]);
    // A missing month is reported, and made again.
    database.batch("test", "DROP TABLE cf_quere_pro.audit_log_2028_01").await.unwrap();
    assert_eq!(lines(&schema::check(&database, &context()).await.unwrap()), ["missing: table audit_log_2028_01"]);
    schema::apply(&database, &context()).await.unwrap();
    assert_eq!(lines(&schema::check(&database, &context()).await.unwrap()), Vec::<String>::new());
}
