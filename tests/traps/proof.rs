//! Proof: faults planted in the new tables, and the checks that catch them. Each check catches faults that all others miss.

use esclusa::migrate::parity;
use esclusa::relation::Relation;

use crate::common::{Bed, said};

const DATA: [&str; 3] = ["checksum", "multiset", "order"];
const ROWS: [&str; 4] = ["count", "checksum", "multiset", "order"];

/// A history, a look-up and a junction, migrated.
async fn migrated() -> Bed {
    let mut bed = Bed::new(
        "CREATE TABLE hisp (id numeric(5,0), c char(4), v bpchar, n numeric, hora timestamp, usu varchar(10), acc char(1), e numeric(5,0));
         INSERT INTO hisp VALUES (1, 'a', 'a  ', 1.50, '2020-01-01', 'ana', 'I', 7), (2, 'b', '', 2, '2020-01-02', 'eva', 'D', NULL),
           (2, 'b', '', 2, '2020-01-02', 'eva', 'D', NULL), (3, NULL, NULL, NULL, NULL, NULL, NULL, 0);
         CREATE TABLE tipp (cod varchar(10) NOT NULL PRIMARY KEY, txt numeric(10,0), d varchar(40), act char(1), usu varchar(10), hora timestamp);
         INSERT INTO tipp VALUES ('b', 1, 'x ', 'S', 'ana', '2020-01-01'), ('a', NULL, '', 'N', NULL, NULL);
         CREATE TABLE tipl (a numeric(5,0) NOT NULL, b char(2) NOT NULL, x text, PRIMARY KEY (a, b)); INSERT INTO tipl VALUES (2, 'x', ''), (1, 'y', NULL)",
    )
    .await;
    let target = "{ base = 'base', time = 'hora', user = 'usu', operation = 'acc', expid = 'e' }";
    bed.rule("hisp", "history", target, "{ columns = ['id', 'c'] }").await;
    let target = "{ domain = 'P', text_id = 'txt', description = 'd', active = 'act', user = 'usu', time = 'hora' }";
    bed.rule("tipp", "lookup", target, "{ columns = ['cod'] }").await;
    let target = "{ type = 'L', source_domain = 'A', source = ['a'], target_domain = 'B', target = ['b'] }";
    bed.rule("tipl", "link", target, "{ columns = ['a', 'b'] }").await;
    bed.migrate_all().await;
    bed
}

/// `{first}` and `{last}` are the identities of the table's first and last row.
#[tokio::test]
async fn planted_faults_are_caught() {
    let bed = migrated().await;
    let audit = |set: &str| format!("UPDATE cf_quere_pro.audit_log SET {set} WHERE al_id = {{first}}");
    let domain = |set: &str| format!("UPDATE cf_quere_pro.domain_value SET {set} WHERE dv_code = 'b'");
    let link = |set: &str| format!("UPDATE cf_quere_pro.domain_value_link SET {set} WHERE dvl_source_code = '2'");
    let image = |value: &str| audit(&format!("al_old_data = al_old_data || '{value}'"));
    let swap = "UPDATE cf_quere_pro.audit_log t SET (al_record_key, al_old_data, al_changed_at, al_legacy_at, al_user_id, al_operation, al_expid) = (SELECT al_record_key, al_old_data, al_changed_at, al_legacy_at,
                  al_user_id, al_operation, al_expid FROM cf_quere_pro.audit_log s WHERE s.al_id = CASE t.al_id WHEN {first} THEN {last} ELSE {first} END) WHERE al_id IN ({first}, {last})";
    let copied = "al_table_name, al_record_key, al_operation, al_old_data, al_user_id, al_changed_at, al_legacy_at, al_expid, al_source, al_legacy_table";
    let doubled = format!(
        "INSERT INTO cf_quere_pro.audit_log ({copied}) SELECT {copied} FROM cf_quere_pro.audit_log WHERE al_id = {{first}}"
    );
    let faults: Vec<(&str, &str, String, &[&str])> = vec![
        ("nothing", "hisp", "SELECT".into(), &[]),
        ("wrong key column", "hisp", audit("al_record_key = '[\"1\", \"b\"]'"), &["key column"]),
        ("key with padding", "hisp", audit("al_record_key = '[\"1\", \"a   \"]'"), &["key column"]),
        ("wrong time column", "hisp", audit("al_changed_at = al_changed_at + interval '1 microsecond'"), &["time column"]),
        (
            "time of a NULL stamp",
            "hisp",
            "UPDATE cf_quere_pro.audit_log SET al_changed_at = '1970-01-01' WHERE al_id = {last}".into(),
            &["time column"],
        ),
        (
            "wrong typed stamp",
            "hisp",
            audit("al_legacy_at = al_legacy_at + interval '1 microsecond'"),
            &["checksum", "multiset", "order", "time column"],
        ),
        ("lost padding", "hisp", image(r#"{"v": "a"}"#), &DATA),
        ("lost scale", "hisp", image(r#"{"n": 1.5}"#), &DATA),
        (
            "NULL for empty",
            "hisp",
            "UPDATE cf_quere_pro.audit_log SET al_old_data = al_old_data || '{\"v\": null}' WHERE al_record_key LIKE '%2%'"
                .into(),
            &DATA,
        ),
        ("a column lost", "hisp", audit("al_old_data = al_old_data - 'n'"), &DATA),
        ("swapped rows", "hisp", swap.into(), &["order"]),
        ("missing row", "hisp", "DELETE FROM cf_quere_pro.audit_log WHERE al_id = {first}".into(), &ROWS),
        ("extra duplicate", "hisp", doubled.clone(), &ROWS),
        ("one for another", "hisp", format!("{doubled}; DELETE FROM cf_quere_pro.audit_log WHERE al_id = {{last}}"), &DATA),
        ("wrong user", "hisp", audit("al_user_id = 'eva'"), &["derived columns"]),
        ("wrong operation", "hisp", audit("al_operation = 'U'"), &["derived columns"]),
        ("wrong exploitation", "hisp", audit("al_expid = NULL"), &["derived columns"]),
        ("wrong code", "tipp", domain("dv_code = 'c'"), &["key column"]),
        ("changed order", "tipp", domain("dv_sort_order = 9"), &["order"]),
        ("missing row", "tipp", "DELETE FROM cf_quere_pro.domain_value WHERE dv_code = 'b'".into(), &ROWS),
        ("text id of another", "tipp", domain("dv_txtid = 2"), &DATA),
        ("description trimmed", "tipp", domain("dv_description = rtrim(dv_description)"), &DATA),
        ("wrong activity", "tipp", domain("dv_is_active = 'N'"), &["derived columns"]),
        ("wrong hour", "tipp", domain("dv_hsthora = dv_hsthora + interval '1 hour'"), &["derived columns"]),
        ("wrong target", "tipl", link("dvl_target_code = 'z'"), &["key column"]),
        ("wrong source", "tipl", link("dvl_source_code = '5'"), &DATA),
        ("changed order", "tipl", link("dvl_sort_order = 9"), &["order"]),
        ("lost extra", "tipl", link("dvl_extra_json = dvl_extra_json - 'x'"), &DATA),
    ];
    let identity = |f: &'static str| format!("SELECT {f}(al_id) FROM cf_quere_pro.audit_log");
    let (first, last) = (bed.cell(&identity("min")).await, bed.cell(&identity("max")).await);
    for (name, table, fault, expected) in faults {
        bed.sql("BEGIN").await;
        bed.sql(&fault.replace("{first}", &first).replace("{last}", &last)).await;
        let failed = bed.failed_checks(table, &format!("mig_old.{table}")).await;
        bed.sql("ROLLBACK").await;
        // The order check hashes the rows, so it joins in when data differ; a key that is read from its column changes with it.
        assert_eq!(failed, expected, "{table}: {name}");
    }
}

/// A rule that gives another type, name or order of columns.
#[tokio::test]
async fn the_shape_is_checked() {
    let mut bed = migrated().await;
    let good = bed.rules.rules["hisp"].clone();
    let type_of = |name: &str| {
        let mut rule = good.clone();
        rule.columns[0].column.type_name = name.into();
        rule
    };
    let mut swapped = good.clone();
    swapped.columns.swap(4, 5);
    for (name, rule, expected) in [
        ("wider number", type_of("numeric(6,0)"), &["shape"][..]),
        ("no modifier", type_of("numeric"), &["shape"]),
        ("text for a number", type_of("text"), &["shape"]),
        ("another order", swapped, &["shape", "checksum", "multiset", "order"]),
    ] {
        bed.rules.rules.insert("hisp".into(), rule);
        // Wrong columns on the legacy side would be an error; the prover names them, so only their order can differ.
        let failed = bed.failed_checks("hisp", "mig_old.hisp").await;
        assert_eq!(failed[0], "shape", "{name}");
        assert!(failed.iter().all(|f| expected.contains(f)), "{name}: {failed:?}");
    }
}

/// A table that fails the proof stays as it was, and the reason is reported.
#[tokio::test]
async fn a_table_that_fails_its_proof_stays() {
    let mut bed =
        Bed::new("CREATE TABLE hisfar (id numeric(5,0), f double precision); INSERT INTO hisfar VALUES (1, 0.5), (2, -0.0)")
            .await;
    bed.rule("hisfar", "history", "{ base = 'base' }", "{ columns = ['id'] }").await;
    let exact = |body: &str| {
        format!(
            "CREATE OR REPLACE FUNCTION esclusa.exact_text(double precision) RETURNS text LANGUAGE sql IMMUTABLE STRICT \
             PARALLEL SAFE SET extra_float_digits = 1 AS '{body}'"
        )
    };
    // One value is lost in the move, and nothing else is wrong.
    bed.sql(&exact("SELECT round($1)::text")).await;
    let error = said(&bed.migrate("hisfar").await.unwrap_err());
    let expected =
        "hisfar did not pass its parity checks and was left as it was\ndetail: checksum: different; multiset: 1 missing";
    assert!(error.starts_with(expected), "{error}");
    let state = "SELECT count(*), (SELECT relkind FROM pg_class WHERE oid = 'cf_quere_pro.hisfar'::regclass), to_regclass('mig_old.hisfar'), \
                 (SELECT count(*) FROM cf_quere_pro.hisfar), EXISTS (SELECT FROM esclusa.parity) FROM cf_quere_pro.audit_log";
    assert_eq!(bed.cell(state).await, "0|r|\\N|2|f");
    bed.sql(&exact("SELECT $1::text")).await;
    // The number of verdicts depends on how the table is moved, and so on how busy the machine is.
    bed.migrate_all().await;
    assert_eq!(bed.cell(state).await, "2|v|mig_old.hisfar|2|t");
}

/// The verdicts of a migration and of every later proof are kept.
#[tokio::test]
async fn verdicts_are_recorded() {
    let bed = migrated().await;
    bed.sql("DELETE FROM cf_quere_pro.tipp WHERE cod = 'a'").await;
    let migration = esclusa::migrate::migration::Migration::new(&bed.db, &bed.rules, bed.context.clone()).await.unwrap();
    let parity = migration.verify(&bed.rules.rules["tipp"]).await.unwrap().unwrap();
    assert!(
        parity.failures().starts_with("count: 2 legacy, 1 new; checksum: different; multiset: 1 missing (a,,\"\",N,,), 0 extra"),
        "{}",
        parity.failures()
    );
    let kept = "SELECT count(*), count(*) FILTER (WHERE NOT passed), bool_and(row_count = 2) FROM esclusa.parity WHERE legacy_table = 'tipp'";
    // One of them says that the archive is no longer kept up to date.
    assert_eq!(bed.cell(kept).await, "17|5|t");
    bed.sql("DROP TABLE mig_old.tipp").await;
    assert!(migration.verify(&bed.rules.rules["tipp"]).await.unwrap().is_none(), "nothing is left to compare");
}

/// Faults in rows written after the move, and in rows that clients do not see.
#[tokio::test]
async fn the_proof_sees_what_was_written_since() {
    let mut bed = Bed::new("CREATE TABLE hisfar (a numeric(5,0), b text NOT NULL, t timestamp); INSERT INTO hisfar SELECT g, 'b' || g, '2026-01-01' FROM generate_series(1, 5) g").await;
    bed.kept = true;
    let rule = bed.rule("hisfar", "history", "{ base = 'base', time = 't' }", "{ columns = ['a'] }").await;
    bed.migrate("hisfar").await.unwrap_or_else(|e| panic!("{}", said(&e)));
    bed.sql("INSERT INTO cf_quere_pro.hisfar VALUES (9, 'b9', '2026-02-01')").await;
    let relation = Relation::compile(&rule, &bed.context);
    let sound = parity::kept(&bed.db, &relation, "mig_old.hisfar").await.unwrap();
    assert!(sound.holds(), "{}", sound.failures());
    let columns = "al_table_name, al_record_key, al_operation, al_old_data, al_user_id, al_changed_at, al_source, al_legacy_table, al_legacy_at";
    for (fault, expected) in [
        ("UPDATE esclusa_leaf.hisfar SET al_record_key = 'nobody' WHERE al_source = 'W'".to_owned(), &["key column"][..]),
        ("UPDATE esclusa_leaf.hisfar SET al_changed_at = '1999-01-01' WHERE al_source = 'W'".to_owned(), &["time column"]),
        (
            "UPDATE esclusa_leaf.hisfar SET al_source = 'W', al_record_key = 'nobody' WHERE al_record_key = '1'".to_owned(),
            &["key column"],
        ),
        (
            format!(
                "INSERT INTO esclusa_leaf.hisfar ({columns}) SELECT {} FROM esclusa_leaf.hisfar WHERE al_record_key = '2'",
                columns.replace("al_old_data", "al_old_data - 'b'")
            ),
            &["count", "checksum", "multiset", "places"],
        ),
        ("ALTER TABLE cf_quere_pro.audit_log DETACH PARTITION esclusa_leaf.hisfar".to_owned(), &["leaf"]),
    ] {
        bed.sql("BEGIN; ALTER TABLE esclusa_leaf.hisfar DISABLE TRIGGER USER").await;
        bed.sql(&fault).await;
        bed.sql("ALTER TABLE esclusa_leaf.hisfar ENABLE ALWAYS TRIGGER esclusa_keep; ALTER TABLE esclusa_leaf.hisfar ENABLE ALWAYS TRIGGER esclusa_keep_truncate").await;
        let parity = parity::kept(&bed.db, &relation, "mig_old.hisfar").await.unwrap();
        let failed: Vec<_> = parity.verdicts.iter().filter(|v| !v.passed).map(|v| v.check).collect();
        assert_eq!(failed, expected, "{fault}: {}", parity.failures());
        bed.sql("ROLLBACK").await;
    }
}
