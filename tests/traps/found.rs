//! Rows that a history's finders yield: every type, odd names, each form of query, as the legacy table itself answers.

use super::proxied::Proxied;
use crate::common::{Bed, SCHEMA};

/// A table whose columns are called as the rewriter's own aliases, of every family of types.
const WIDE: &str = r#"CREATE TABLE "ingresosCfdi_SAT" (
    key numeric(5,0) NOT NULL, found char(6), image varchar(10), given text, legacy boolean, r double precision, "Mixed Case" numeric(8,3),
    al_old_data real, al_record_key smallint, j date, t time, tz timetz, ts timestamp(0), n name, u uuid, b bpchar, big bigint, num numeric);
    INSERT INTO "ingresosCfdi_SAT" VALUES
      (1, 'a', 'b ', '', true, '-0', 1.5, 'NaN', -7, '-infinity', '24:00', '10:00+02', '2020-01-02 03:04:05 BC', 'un nombre', 
       'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'x  ', 9223372036854775807, 1.500),
      (1, '', '', ' ', false, 1e-300, 0, 'Infinity', 0, 'infinity', '00:00', '10:00', 'infinity', '', NULL, '', 0, 'NaN'),
      (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
      (3, 'ñandú', E'tab\t"q"', E'line\nline\\', true, 'NaN', -99999.999, 3.14159274, 32767, '0044-03-15 BC', '12:34:56.789', '00:00-12',
       '2020-06-07 08:09:10', 'ñ', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'y', -1, 1e40);"#;

/// Types that only the casts of the members read rightly.
const ODD: &str = "CREATE TABLE histraro (id numeric(5,0) NOT NULL, b bytea, m money, js json, jb jsonb, i interval, tz timestamptz,
      a integer[], ta text[], x xml, bits bit(3), rango int4range);
    INSERT INTO histraro VALUES
      (1, '\\x00ff', 12.34, '{\"a\": 1, \"a\": 2}', '{\"b\": null}', '1 mon -2 days', '2020-01-02 03:04:05+02', '{1,NULL}', '{\"a,b\",\"\"}',
       '<a/>', B'101', '[1,4)'),
      (1, '', -1, 'null', 'null', '0', 'infinity', '{}', NULL, NULL, NULL, 'empty'), (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);";

async fn alike(legacy: &str, table: &str, key: &str, forms: &[&str], found: usize) {
    let mut bed = Bed::new(legacy).await;
    let rule = bed.history(table, key).await;
    bed.migrate_all().await;
    let proxied = Proxied::new(&bed, &rule).await;
    let session = bed.session("postgres", &format!("SET search_path = {SCHEMA}")).await;
    let quoted = esclusa::sql::quote::ident(table);
    let mut by_finder = 0;
    for form in forms {
        let old = session.say(&form.replace("{t}", &format!("mig_old.{quoted}"))).await;
        let text = form.replace("{t}", &quoted);
        let new = proxied.say(&text).await;
        assert_eq!(old.replace("mig_old.", ""), new, "{form}");
        assert!(!new.starts_with("ERROR"), "{form}: {new}");
        by_finder += usize::from(["image_", "find_"].iter().any(|f| proxied.rewritten(&text).contains(f)));
    }
    assert_eq!(by_finder, found, "forms that a finder answers");
}

#[tokio::test]
async fn every_type_and_any_name() {
    let forms = [
        "SELECT * FROM {t} WHERE key = 1 ORDER BY given",
        "SELECT x.* FROM {t} x WHERE key IN (3, 2, 1, 1, 3) ORDER BY key, given",
        "SELECT key, found, image FROM {t} AS found WHERE found.key = 1 ORDER BY found.image",
        "SELECT given, legacy, r, \"Mixed Case\" FROM {t} image WHERE image.key IN (1, 3) ORDER BY 1, 2",
        "SELECT al_old_data, al_record_key, octet_length(found), octet_length(image), octet_length(b) FROM {t} WHERE key = 1 ORDER BY 2",
        "SELECT j, t, tz, ts, n, u, big, num, pg_typeof(ts), pg_typeof(n), pg_typeof(b) FROM {t} WHERE key = 1 ORDER BY j",
        "SELECT j, t, tz, ts, n, u, big, num, r, al_old_data FROM {t} WHERE key = 3",
        "SELECT count(*) FROM {t} WHERE key IN (1, 1, 2)",
        "SELECT 1 FROM {t} WHERE key = 1",
        "SELECT DISTINCT key FROM {t} WHERE key IN (1, 2, 1) ORDER BY 1",
        "SELECT x FROM {t} x WHERE key = 1 ORDER BY given",
        "SELECT to_json(x) FROM {t} x WHERE key = 3",
        "SELECT row_to_json(x), count(*) FROM {t} x WHERE key = 2 GROUP BY x",
        "SELECT (x).found FROM {t} x WHERE key = 3",
        "SELECT a, c FROM {t} AS x (a, b, c) WHERE a = 3",
        "SELECT v.k, (SELECT max(image) FROM {t} given WHERE given.key = v.k) FROM (VALUES (1), (4)) v (k) ORDER BY 1",
        "SELECT k FROM generate_series(1, 5) k WHERE EXISTS (SELECT FROM {t} WHERE key = k) ORDER BY 1",
        "SELECT k, x.found FROM generate_series(1, 5) k LEFT JOIN {t} x ON key = 3 AND k = key ORDER BY 1",
        "SELECT k, x.found FROM generate_series(1, 5) k, LATERAL (SELECT found FROM {t} WHERE key = k ORDER BY given LIMIT 1) x ORDER BY 1",
        "SELECT a.key, b.given FROM {t} a JOIN {t} b USING (key) WHERE key = 3 AND a.key = 3 AND b.key = 3",
        "SELECT key FROM {t} WHERE key = NULL",
        "SELECT key FROM {t} WHERE key = 99999999999",
        "SELECT key FROM {t} WHERE key = 1 AND found = 'a' AND image = 'b ' AND legacy",
        "SELECT found FROM {t} WHERE key = 1 UNION SELECT image FROM {t} WHERE key = 3 ORDER BY 1",
        "WITH found AS (SELECT key, image FROM {t} WHERE key = 1) SELECT * FROM found ORDER BY 2",
        "SELECT key, rank() OVER (ORDER BY given) FROM {t} WHERE key IN (1, 3) ORDER BY 2",
        "TABLE {t} ORDER BY key, given",
    ];
    alike(WIDE, "ingresosCfdi_SAT", "key", &forms, 21).await;
}

#[tokio::test]
async fn types_that_are_not_taken_apart_at_once() {
    let forms = [
        "SELECT * FROM {t} WHERE id = 2",
        "SELECT id, b, m, js, jb, i, tz, a, ta, x::text, bits, rango FROM {t} WHERE id = 1 ORDER BY m",
        "SELECT jb, js, jb IS NULL, js IS NULL FROM {t} WHERE id IN (1, 2, 2) ORDER BY m",
        "SELECT a, ta, i FROM {t} WHERE id = 1 ORDER BY m",
    ];
    alike(ODD, "histraro", "id", &forms, 4).await;
}
