//! The scenarios that the design is based on: the swap and its rollback, what a view can and cannot do, and that a search by key
//! and time finds every row that it should, with an index, in one partition.

use crate::common::{Bed, Twin};

/// Objects that refer to a table's OID still read it in the archive; those that refer to its name read the view. The table comes back in
/// one transaction with everything that it had.
#[tokio::test]
async fn a_swap_and_its_undoing() {
    let mut bed = Bed::new(
        "CREATE TABLE hisx (a numeric(5,0) PRIMARY KEY, b text CHECK (b <> 'z'), n serial); CREATE INDEX hisx_b ON hisx (b);
         INSERT INTO hisx SELECT g, 'x' FROM generate_series(1, 1000) g; GRANT SELECT ON hisx TO PUBLIC;
         CREATE VIEW report AS SELECT count(*) AS n FROM hisx;
         CREATE FUNCTION f() RETURNS bigint LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT count(*) FROM cf_quere_pro.hisx); END';
         CREATE FUNCTION g() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM cf_quere_pro.hisx'",
    )
    .await;
    let shape = "SELECT (SELECT count(*) FROM pg_indexes WHERE tablename = 'hisx' AND schemaname = 'cf_quere_pro'), (SELECT count(*) FROM pg_constraint WHERE conrelid = t.oid), \
                 t.relacl, (SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ',' ORDER BY attnum) FROM pg_attribute \
                 WHERE attrelid = t.oid AND attnum > 0) FROM pg_class t WHERE relname = 'hisx' AND relkind = 'r' AND relnamespace = 'cf_quere_pro'::regnamespace";
    let before = bed.cell(shape).await;
    bed.history("hisx", "a").await;
    bed.migrate_all().await;
    bed.sql("INSERT INTO cf_quere_pro.hisx VALUES (2000, 'new')").await;
    assert_eq!(bed.cell("SELECT n, cf_quere_pro.f(), cf_quere_pro.g() FROM cf_quere_pro.report").await, "1001|1001|1001");
    bed.sql("BEGIN; DROP VIEW cf_quere_pro.report, cf_quere_pro.hisx; ALTER TABLE mig_old.hisx SET SCHEMA cf_quere_pro; COMMIT")
        .await;
    assert_eq!(bed.cell(shape).await, before);
    assert_eq!(bed.cell("SELECT cf_quere_pro.f(), cf_quere_pro.g()").await, "1000|1000");
    bed.sql("INSERT INTO cf_quere_pro.hisx VALUES (3000, 'after')").await;
    assert_eq!(bed.cell("SELECT n > 1001 FROM cf_quere_pro.hisx WHERE a = 3000").await, "t", "the sequence went on");
}

/// What a client sees of a view where it had a table: the same types, locks and errors, apart from what docs/differences.md lists.
#[tokio::test]
async fn what_a_view_can_and_cannot_do() {
    let mut bed = Bed::new(
        "CREATE TABLE hisv (id numeric(5,0), c char(4), v varchar(5), d date); INSERT INTO hisv VALUES (1, 'a', 'b', '2020-01-01');
         CREATE TABLE tipv (id numeric(5,0) PRIMARY KEY, c char(4), v varchar(5), d date); INSERT INTO tipv VALUES (1, 'a', 'b', '2020-01-01')",
    )
    .await;
    bed.history("hisv", "id").await;
    bed.lookup("tipv", "id").await;
    bed.migrate_all().await;
    let session = bed.session("postgres", "SELECT").await;
    for table in ["hisv", "tipv"] {
        let twin = Twin { session: &session, table };
        for statement in [
            "SELECT pg_typeof(id), pg_typeof(c), pg_typeof(v), pg_typeof(max(d)) FROM {t} GROUP BY 1, 2, 3",
            "SELECT id FROM {t} FOR UPDATE",
            "SELECT id FROM {t} FOR SHARE SKIP LOCKED",
            "INSERT INTO {t} VALUES (1.6, 'abcde')",
            "INSERT INTO {t} VALUES (123456)",
            "INSERT INTO {t} VALUES (2, NULL, 'abcdef')",
        ] {
            twin.same(statement).await;
        }
        for (statement, state) in
            [("TRUNCATE {t}", "42809"), ("SELECT ctid FROM {t}", "42703"), ("SELECT xmin FROM {t}", "42703")]
        {
            let answer = session.say(&statement.replace("{t}", &format!("cf_quere_pro.{table}"))).await;
            assert!(answer.starts_with(&format!("ERROR {state} ")), "{answer}");
        }
    }
}

/// A search by canonical key is by the index, and with literal bounds in one partition. Leading columns are a range of prefixes.
#[tokio::test]
async fn a_search_by_key_is_by_the_index_of_one_partition() {
    let mut bed = Bed::new(
        "CREATE TABLE hisk (e numeric(5,0), k char(4)); INSERT INTO hisk SELECT g % 7, 'c' || g % 900 FROM generate_series(1, 20000) g;
         CREATE TABLE hisc (k char(4)); INSERT INTO hisc SELECT 'c' || g % 900 FROM generate_series(1, 20000) g",
    )
    .await;
    bed.rule("hisk", "history", "{ base = 'base' }", "{ columns = ['e', 'k'] }").await;
    bed.history("hisc", "k").await;
    bed.migrate_all().await;
    bed.sql("VACUUM ANALYZE cf_quere_pro.audit_log").await;
    let bounds = "al_changed_at >= '-infinity' AND al_changed_at < '2026-03-01 00:00-06'";
    for (table, key, typed) in [
        ("hisc", "al_record_key = rtrim('c7  '::text, ' ')", "(al_old_data ->> 'k')::character(4) = 'c7'"),
        ("hisk", "al_record_key >= '[\"3\", ' AND al_record_key < '[\"3\"-'", "(al_old_data ->> 'e')::numeric(5,0) = 3"),
        (
            "hisk",
            "al_record_key = jsonb_build_array(trim_scale(3.0)::text, rtrim('c7  '::text, ' '))::text",
            "al_old_data @> '{\"e\": 3, \"k\": \"c7  \"}'",
        ),
    ] {
        let filter = format!("FROM cf_quere_pro.audit_log WHERE al_table_name = 'base' AND al_legacy_table = '{table}'");
        let plan = bed.rows(&format!("EXPLAIN (COSTS OFF) SELECT count(*) {filter} AND {key} AND {bounds}")).await.join("\n");
        assert!(
            plan.contains("Index") && plan.contains("al_record_key") && !plan.contains("Append") && !plan.contains("Seq Scan"),
            "{plan}"
        );
        let found = bed
            .cell(&format!("SELECT (SELECT count(*) {filter} AND {key} AND {bounds}), (SELECT count(*) {filter} AND {typed})"))
            .await;
        let (by_key, by_value) = found.split_once('|').unwrap();
        assert_eq!(by_key, by_value, "{key}");
        assert_ne!(by_key, "0", "{key}");
    }
}

/// The canonical key of a typed value is that of its image: what a search computes is what was stored.
#[tokio::test]
async fn the_key_of_a_value_is_the_key_of_its_image() {
    let bed = Bed::new("SELECT").await;
    for (value, key) in [
        ("7::numeric", "7"),
        ("7.0::numeric", "7"),
        ("7.50::numeric(6,2)", "7.5"),
        ("'1e3'::numeric", "1000"),
        ("'NaN'::numeric", "NaN"),
        ("'-Infinity'::numeric", "-Infinity"),
        ("-0.00::numeric", "0"),
        ("12::smallint", "12"),
        ("'ab  '::char(6)", "ab"),
        ("'  '::varchar", ""),
        ("' x '::text", " x"),
        ("NULL::text", "∅"),
    ] {
        let keys = format!(
            "SELECT esclusa.key_text(to_jsonb(x)), esclusa.record_key(to_jsonb(t), ARRAY['x']) FROM (SELECT {value} AS x) AS t"
        );
        let stored = bed.cell(&keys).await.replace("\\N", "∅");
        assert_eq!(stored, format!("{key}|{key}"), "{value}");
    }
}

/// Bounds on a stamp are widened by an hour *before* they are converted: then no row is lost at a change of the clock, without it some are.
#[tokio::test]
async fn bounds_on_a_stamp_need_an_hour_of_slack() {
    let bed = Bed::new("SELECT").await;
    let zone = "AT TIME ZONE 'America/Mexico_City'";
    // For every half hour x: the least instant of all stamps from x on, and the greatest of all before it.
    let sql = format!(
        "SELECT count(*) FILTER (WHERE least_from < x {zone}) > 0, count(*) FILTER (WHERE least_from < (x - interval '1 hour') {zone}), \
                count(*) FILTER (WHERE greatest_before >= x {zone}) > 0, count(*) FILTER (WHERE greatest_before >= (x + interval '1 hour') {zone}) \
         FROM (SELECT x, min(x {zone}) OVER (ORDER BY x DESC) AS least_from, \
                      max(x {zone}) OVER (ORDER BY x ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS greatest_before \
               FROM generate_series('1995-01-01'::timestamp, '2024-01-01', '30 minutes') AS x) AS w"
    );
    assert_eq!(bed.cell(&sql).await, "t|0|t|0");
}
