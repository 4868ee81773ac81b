//! The audit trigger: what it writes, for whom, on base tables and on the leaf of a look-up; and how its absence is reported and mended.
//! What a client could do with types of his own is in `types.rs`.

use esclusa::migrate::capture;

use crate::common::{Bed, SCHEMA, Session};

/// One change as a reader of the audit sees it.
const SEEN: &str = "SELECT al_table_name, al_record_key, al_operation, al_old_data, al_new_data, al_changed_fields FROM cf_quere_pro.audit_log \
                    WHERE al_source = 'T' ORDER BY al_id";

/// A base table with its history; both are named by the test, because roles and rules are.
async fn captured(base: &str, history: &str, key: &[&str]) -> Bed {
    let mut bed = Bed::new(&format!("{base}; {history}")).await;
    history_of_base(&mut bed, key).await;
    bed
}

/// Rule and migration of `hisbase`, whose columns mirror those of `base`.
async fn history_of_base(bed: &mut Bed, key: &[&str]) {
    let own = format!("'{}'", key.iter().map(|k| format!("h{k}")).collect::<Vec<_>>().join("', '"));
    let base = format!("'{}'", key.join("', '"));
    bed.rule("hisbase", "history", "{ base = 'base' }", &format!("{{ columns = [{own}], base = [{base}] }}")).await;
    let rule = bed.rules.rules.get_mut("hisbase").unwrap();
    for column in &mut rule.columns {
        column.base = column.column.name.strip_prefix('h').map(str::to_owned);
    }
    let outcome = bed.migrate("hisbase").await.unwrap();
    assert!(outcome.notes.iter().any(|n| n.starts_with("audit trigger on")), "{:?}", outcome.notes);
}

async fn simple() -> Bed {
    captured(
        "CREATE TABLE base (id numeric(5,0) PRIMARY KEY, a numeric, c char(4), f float8)",
        "CREATE TABLE hisbase (hid numeric(5,0), ha numeric, hc char(4), hf float8); INSERT INTO hisbase VALUES (1, 2, 'old', 0)",
        &["id"],
    )
    .await
}

async fn drift(bed: &Bed) -> Vec<String> {
    let rows = capture::check(&bed.db, &bed.context, &bed.rules).await.unwrap();
    rows.iter().map(|row| row.iter().map(|c| c.text()).collect::<Vec<_>>().join("|")).collect()
}

async fn run(session: &Session, statements: &[&str]) {
    for statement in statements {
        let answer = session.say(statement).await;
        assert!(!answer.contains("ERROR"), "{statement}: {answer}");
    }
}

#[tokio::test]
async fn every_change_leaves_its_images() {
    let bed = simple().await;
    let session = bed.session("postgres", "SET search_path = cf_quere_pro").await;
    run(
        &session,
        &[
            "INSERT INTO base VALUES (1, 1.50, 'ab', 0)",
            "UPDATE base SET a = 1.5",
            "UPDATE base SET a = 1.5, c = 'ab  '",
            "UPDATE base SET id = 2, c = NULL",
            "UPDATE base SET f = '-0'",
            "DELETE FROM base",
            "TRUNCATE base",
        ],
    )
    .await;
    assert_eq!(
        bed.rows(SEEN).await,
        [
            r#"base|1|I|\N|{"a": 1.50, "c": "ab  ", "f": 0, "id": 1}|\N"#,
            // The scale alone is a change; the statement that changes nothing leaves nothing; a key is that of the row before.
            r#"base|1|U|{"a": 1.50, "c": "ab  ", "f": 0, "id": 1}|\N|{"a": {"new": 1.5, "old": 1.50}}"#,
            r#"base|1|U|{"a": 1.5, "c": "ab  ", "f": 0, "id": 1}|\N|{"c": {"new": null, "old": "ab  "}, "id": {"new": 2, "old": 1}}"#,
            // The sign of a float's zero has no place in jsonb; the change is there all the same.
            r#"base|2|U|{"a": 1.5, "c": null, "f": 0, "id": 2}|\N|{}"#,
            r#"base|2|D|{"a": 1.5, "c": null, "f": 0, "id": 2}|\N|\N"#,
            r#"base|∅|D|{"_truncate": true}|\N|\N"#,
        ]
    );
    // Rows of the trigger are separate from the history and not shown in it.
    assert_eq!(bed.rows("SELECT * FROM cf_quere_pro.hisbase").await, ["1|2|old |0"]);
    assert_eq!(bed.failed_checks("hisbase", "mig_old.hisbase").await, Vec::<&str>::new());
    assert_eq!(drift(&bed).await, Vec::<String>::new());
}

#[tokio::test]
async fn composite_keys_are_canonical() {
    let bed = captured(
        "CREATE TABLE base (k char(4), e numeric(5,0), s numeric(6,2), bexpid numeric(5,0), v text)",
        "CREATE TABLE hisbase (hk char(4), he numeric(5,0), hs numeric(6,2), hbexpid numeric(5,0), hv text)",
        &["k", "e", "s"],
    )
    .await;
    bed.sql(
        "INSERT INTO cf_quere_pro.base VALUES ('ab', 7, 1.50, 12, 'x'), (NULL, NULL, NULL, NULL, NULL), ('∅', -1, 0, -99999, '')",
    )
    .await;
    assert_eq!(
        bed.rows("SELECT al_record_key, al_expid FROM cf_quere_pro.audit_log ORDER BY al_id").await,
        [r#"["ab", "7", "1.5"]|12"#, r#"["∅", "∅", "∅"]|\N"#, r#"["∅", "-1", "0"]|-99999"#]
    );
}

/// The user that the application names, or the session's; never longer than the column. The session's number, where it is one.
#[tokio::test]
async fn the_user_is_the_one_that_was_named() {
    let bed = simple().await;
    bed.sql(
        "CREATE ROLE au_named LOGIN; GRANT USAGE ON SCHEMA cf_quere_pro TO au_named; GRANT ALL ON cf_quere_pro.base TO au_named",
    )
    .await;
    let session = bed.session("au_named", "SET search_path = cf_quere_pro").await;
    let long = "ñ".repeat(70);
    let named = format!("SELECT set_config('app.current_user', '{long}', false), set_config('app.sesid', '1234567890', false)");
    run(
        &session,
        &[
            "INSERT INTO base VALUES (1)",
            &named,
            "INSERT INTO base VALUES (2)",
            "SELECT set_config('app.current_user', '', false), set_config('app.sesid', '12345678901', false)",
            "INSERT INTO base VALUES (3)",
            "BEGIN; SELECT set_config('app.current_user', 'ana', true), set_config('app.sesid', 'x', true); INSERT INTO base VALUES (4); COMMIT",
            "INSERT INTO base VALUES (5)",
        ],
    )
    .await;
    // A role that the session takes on later does not hide who logged in.
    let other = bed.session("postgres", "SET ROLE au_named").await;
    run(&other, &["INSERT INTO cf_quere_pro.base VALUES (6)"]).await;
    let short = "ñ".repeat(63);
    assert_eq!(
        bed.rows("SELECT al_record_key, al_user_id, al_sesid FROM cf_quere_pro.audit_log WHERE al_source = 'T' ORDER BY al_id")
            .await,
        ["1|au_named|\\N", &format!("2|{short}|1234567890"), "3|au_named|\\N", "4|ana|\\N", "5|au_named|\\N", "6|postgres|\\N"]
    );
    // Whatever user the application names, the login role is recorded too; a history that the trigger writes is not among these rows.
    assert_eq!(
        bed.cell("SELECT string_agg(al_session_user, ',' ORDER BY al_id) FROM cf_quere_pro.audit_log WHERE al_source = 'T'")
            .await,
        "au_named,au_named,au_named,au_named,au_named,postgres"
    );
    assert_eq!(
        bed.cell("SELECT count(*) FROM cf_quere_pro.audit_log_live WHERE al_source = 'T' AND al_legacy_table = ''").await,
        "6"
    );
}

/// Changes of one transaction are ordered by the clock, not by the transaction's start time.
#[tokio::test]
async fn changes_of_a_transaction_have_an_order() {
    let bed = simple().await;
    bed.sql("INSERT INTO cf_quere_pro.base VALUES (1, 0); BEGIN; UPDATE cf_quere_pro.base SET a = 1; UPDATE cf_quere_pro.base SET a = 2; UPDATE cf_quere_pro.base SET a = 3; COMMIT").await;
    let ordered = "SELECT count(*), bool_and(later), bool_and(al_changed_at <= clock_timestamp()) FROM (SELECT al_changed_at, \
                   al_changed_at > coalesce(lag(al_changed_at) OVER (ORDER BY al_id), '-infinity') AS later \
                   FROM cf_quere_pro.audit_log WHERE al_source = 'T') AS x";
    assert_eq!(bed.cell(ordered).await, "4|t|t");
}

/// A role with rights on the base alone is audited, and can neither evade the audit, nor read it, nor write it by hand.
#[tokio::test]
async fn a_role_with_few_rights_is_audited() {
    let bed = simple().await;
    bed.sql("CREATE ROLE au_few LOGIN; GRANT USAGE ON SCHEMA cf_quere_pro TO au_few; GRANT ALL ON cf_quere_pro.base TO au_few; CREATE SCHEMA few AUTHORIZATION au_few").await;
    let session = bed.session("au_few", "SET extra_float_digits = -15; SET search_path = few, cf_quere_pro").await;
    run(
        &session,
        &[
            "CREATE TEMP TABLE audit_log (al_table_name text); CREATE TEMP TABLE jsonb_each (x int); CREATE TABLE few.audit_log (x int)",
            "CREATE FUNCTION few.to_jsonb(anyelement) RETURNS jsonb LANGUAGE sql AS 'SELECT NULL::jsonb'",
            "SET search_path = pg_temp, few, pg_catalog, cf_quere_pro",
            "INSERT INTO cf_quere_pro.base VALUES (1, 1, 'x', 0.1)",
            "UPDATE cf_quere_pro.base SET f = 1.0/3",
        ],
    )
    .await;
    assert_eq!(
        bed.rows(SEEN).await,
        [
            r#"base|1|I|\N|{"a": 1, "c": "x   ", "f": 0.1, "id": 1}|\N"#,
            r#"base|1|U|{"a": 1, "c": "x   ", "f": 0.1, "id": 1}|\N|{"f": {"new": 0.3333333333333333, "old": 0.1}}"#
        ]
    );
    for statement in [
        "SELECT * FROM cf_quere_pro.audit_log",
        "INSERT INTO cf_quere_pro.audit_log (al_table_name, al_record_key, al_operation, al_old_data, al_user_id) VALUES ('base', '1', 'D', '{}', 'eva')",
        "INSERT INTO cf_quere_pro.audit_log_live (al_table_name, al_record_key, al_operation, al_old_data, al_user_id) VALUES ('base', '1', 'D', '{}', 'eva')",
        "SELECT esclusa.audit('D', 'base', 'id', '{}', NULL, NULL)",
        "SELECT esclusa.give('esclusa.audit_base()', 'au_few')",
        "SET ROLE esclusa_audit",
        "CREATE TABLE few.base (id int); CREATE TRIGGER t AFTER INSERT ON few.base FOR EACH ROW EXECUTE FUNCTION esclusa.audit_base()",
        // A table of one's own with the trigger would forge the audit of another.
        "CREATE TABLE few.base (id int); CREATE TRIGGER t AFTER INSERT ON few.base FOR EACH ROW EXECUTE FUNCTION cf_quere_pro.fn_audit_trigger('id')",
        // So would a view of one's own with the trigger that writes for the legacy name.
        "CREATE VIEW few.v AS SELECT 1::numeric(5,0) hid, 1::numeric ha, ''::char(4) hc, 1::float8 hf; \
         CREATE TRIGGER t INSTEAD OF INSERT ON few.v FOR EACH ROW EXECUTE FUNCTION esclusa.write_hisbase()",
        "ALTER TABLE cf_quere_pro.base DISABLE TRIGGER ALL",
    ] {
        let answer = session.say(statement).await;
        assert!(answer.starts_with("ERROR 42501 "), "{statement}: {answer}");
    }
}

/// An audit that cannot be written fails the statement, and leaves nothing of it.
#[tokio::test]
async fn an_audit_that_fails_is_not_silent() {
    let bed = simple().await;
    bed.sql("ALTER TABLE cf_quere_pro.audit_log ADD CONSTRAINT nobody CHECK (al_user_id <> 'nadie') NOT VALID").await;
    // Without quotes it is a key word, and a syntax error.
    let session = bed.session("postgres", "SET app.\"current_user\" TO 'nadie'").await;
    let answer = session.say("INSERT INTO cf_quere_pro.base VALUES (1), (2)").await;
    assert!(answer.starts_with("ERROR 23514 "), "{answer}");
    assert_eq!(bed.cell("SELECT count(*) FROM cf_quere_pro.base").await, "0");
    assert!(session.say("SET app.current_user TO 'nadie'").await.starts_with("ERROR 42601 "));
}

/// A trigger that was set by hand with a key that does not exist, or none, never fails the application.
#[tokio::test]
async fn a_misnamed_key_does_not_fail_the_statement() {
    let bed = Bed::new(
        "CREATE TABLE sin (id int); CREATE TABLE vacio (id int); CREATE TABLE nombre (id int); CREATE TABLE largo (id int)",
    )
    .await;
    let long = format!("'id', '', '{}'", "x".repeat(70));
    for (table, arguments) in [("sin", ""), ("vacio", "''"), ("nombre", "'nada,id', 'otro'"), ("largo", long.as_str())] {
        bed.sql(&format!(
            "CREATE TRIGGER t AFTER INSERT ON {SCHEMA}.{table} FOR EACH ROW EXECUTE FUNCTION {SCHEMA}.fn_audit_trigger({arguments});
             INSERT INTO {SCHEMA}.{table} VALUES (7)"
        ))
        .await;
    }
    assert_eq!(
        bed.rows("SELECT al_table_name, al_record_key FROM cf_quere_pro.audit_log ORDER BY al_id").await,
        ["sin|∅", "vacio|∅", r#"nombre|["∅", "7"]"#, &format!("{}|7", "x".repeat(63))]
    );
}

/// The rows of a partition are rows of its table.
#[tokio::test]
async fn partitions_of_a_base_are_audited_as_one_table() {
    let bed = captured(
        "CREATE TABLE base (id numeric(5,0), a text) PARTITION BY LIST (id); CREATE TABLE una PARTITION OF base FOR VALUES IN (1); \
         CREATE TABLE otra PARTITION OF base DEFAULT",
        "CREATE TABLE hisbase (hid numeric(5,0), ha text)",
        &["id"],
    )
    .await;
    bed.sql("INSERT INTO cf_quere_pro.base VALUES (1, 'a'), (2, 'b'); UPDATE cf_quere_pro.base SET id = 3 WHERE id = 1; TRUNCATE cf_quere_pro.base")
        .await;
    assert_eq!(
        bed.rows("SELECT al_table_name, al_record_key, al_operation FROM cf_quere_pro.audit_log ORDER BY al_id").await,
        // PostgreSQL moves a row between partitions by a deletion and an insertion.
        ["base|1|I", "base|2|I", "base|1|D", "base|3|I", "base|∅|D"]
    );
}

/// Images do not depend on how the session prints values.
#[tokio::test]
async fn images_do_not_follow_the_session() {
    let bed = captured(
        "CREATE TABLE base (id int, t timestamptz, i interval, b bytea, f float4, m money, r daterange, d date)",
        "CREATE TABLE hisbase (hid int, ht timestamptz, hi interval, hb bytea, hf float4, hm text, hr daterange, hd date)",
        &["id"],
    )
    .await;
    let settings = [
        "SELECT",
        "SET timezone = 'Asia/Tokyo'; SET intervalstyle = 'sql_standard'; SET bytea_output = 'escape'; SET extra_float_digits = -3; SET datestyle = 'SQL, DMY'",
    ];
    for settings in settings {
        let session = bed.session("postgres", settings).await;
        run(&session, &["INSERT INTO cf_quere_pro.base VALUES (1, '2020-01-01 00:00+00', '1 day 2 hours', '\\x00ff', 0.1, '1234.5', '[2020-01-02,2020-02-03)', '2020-01-02')"]).await;
    }
    let images = bed.rows("SELECT DISTINCT al_new_data::text FROM cf_quere_pro.audit_log WHERE al_source = 'T'").await;
    assert_eq!(images.len(), 1, "{images:?}");
    assert!(images[0].contains("2020-01-01T00:00:00+00:00") && images[0].contains(r"\\x00ff"), "{images:?}");
}

/// The base of a history becomes a domain: its rows are still audited, under the legacy names, whichever of the two moves first.
#[tokio::test]
async fn rows_of_a_domain_are_audited_in_legacy_words() {
    for base_first in [true, false] {
        let mut bed = Bed::new(
            "CREATE TABLE base (id numeric(5,0) PRIMARY KEY, des varchar(20), act char(1), n numeric(6,2)); INSERT INTO base VALUES (1, 'uno', 'S', 1.50);
             CREATE TABLE otro (id numeric(5,0) PRIMARY KEY, x text);
             CREATE TABLE hisbase (hid numeric(5,0), hdes varchar(20), hact char(1), hn numeric(6,2)); INSERT INTO hisbase VALUES (9, 'x', 'N', 0)",
        )
        .await;
        bed.lookup("otro", "id").await;
        bed.rule("base", "lookup", "{ domain = 'BASE', description = 'des', active = 'act' }", "{ columns = ['id'] }").await;
        if base_first {
            bed.migrate("base").await.unwrap();
            history_of_base(&mut bed, &["id"]).await;
        } else {
            history_of_base(&mut bed, &["id"]).await;
            bed.migrate("base").await.unwrap();
        }
        bed.migrate("otro").await.unwrap();
        bed.sql("CREATE ROLE au_domain LOGIN").await;
        bed.sql(
            "GRANT USAGE ON SCHEMA cf_quere_pro TO au_domain; GRANT ALL ON cf_quere_pro.base, cf_quere_pro.otro TO au_domain; \
             GRANT TRUNCATE ON esclusa_leaf.base TO au_domain",
        )
        .await;
        let session = bed.session("au_domain", "SET search_path = cf_quere_pro").await;
        run(
            &session,
            &[
                "INSERT INTO base VALUES (2, 'dos', 'N', NULL)",
                "UPDATE base SET n = 1.5 WHERE id = 1",
                "UPDATE base SET des = des",
                "INSERT INTO otro VALUES (5, 'not audited')",
                "DELETE FROM base WHERE id = 2",
                "TRUNCATE esclusa_leaf.base",
            ],
        )
        .await;
        assert_eq!(
            bed.rows(SEEN).await,
            [
                r#"base|2|I|\N|{"n": null, "id": 2, "act": "N", "des": "dos"}|\N"#,
                r#"base|2|D|{"n": null, "id": 2, "act": "N", "des": "dos"}|\N|\N"#,
                r#"base|∅|D|{"_truncate": true}|\N|\N"#,
            ],
            "numeric(6,2) keeps its scale, so that 1.5 is no change"
        );
        assert_eq!(
            bed.cell("SELECT string_agg(DISTINCT al_user_id, ',') FROM cf_quere_pro.audit_log WHERE al_source = 'T'").await,
            "au_domain"
        );
        assert_eq!(drift(&bed).await, Vec::<String>::new());
        bed.sql(
            "ALTER TABLE esclusa_leaf.base DISABLE TRIGGER trg_audit_base; DROP TRIGGER trg_audit_base_t ON esclusa_leaf.base",
        )
        .await;
        assert_eq!(
            drift(&bed).await,
            [
                "trigger trg_audit_base on base|disabled|enabled|disabled",
                "trigger trg_audit_base_t on base|missing|CREATE TRIGGER trg_audit_base_t AFTER TRUNCATE ON esclusa_leaf.base \
                 FOR EACH STATEMENT EXECUTE FUNCTION esclusa.audit_base()|"
            ]
        );
        capture::mend(&bed.db, &bed.context, &bed.rules).await.unwrap();
        assert_eq!(drift(&bed).await, Vec::<String>::new());
        bed.sql("DROP OWNED BY au_domain; DROP ROLE au_domain").await;
    }
}

/// A trigger that is disabled, missing, duplicated or changed is reported, and so is its function; `schema apply` mends each.
#[tokio::test]
async fn triggers_that_do_not_do_their_work_are_told_and_mended() {
    let bed = simple().await;
    let call = "FOR EACH ROW EXECUTE FUNCTION esclusa.audit_base('id', '', 'base')";
    let right = format!("CREATE TRIGGER trg_audit_base AFTER INSERT OR DELETE OR UPDATE ON cf_quere_pro.base {call}");
    let general =
        "CREATE TRIGGER mine AFTER UPDATE ON cf_quere_pro.base FOR EACH ROW EXECUTE FUNCTION cf_quere_pro.fn_audit_trigger('id')";
    let doubled =
        "trigger trg_audit_base on base|doubled: every change is written more than once|trg_audit_base|mine, trg_audit_base";
    for (change, expected) in [
        (
            "ALTER TABLE cf_quere_pro.base DISABLE TRIGGER trg_audit_base",
            "trigger trg_audit_base on base|disabled|enabled|disabled".to_owned(),
        ),
        (
            "ALTER TABLE cf_quere_pro.base ENABLE REPLICA TRIGGER trg_audit_base_t",
            "trigger trg_audit_base_t on base|disabled|enabled|disabled".into(),
        ),
        ("DROP TRIGGER trg_audit_base ON cf_quere_pro.base", format!("trigger trg_audit_base on base|missing|{right}|")),
        (general, doubled.into()),
        (
            &format!("DROP TRIGGER trg_audit_base ON cf_quere_pro.base; {general}"),
            format!("trigger trg_audit_base on base|differs|{right}|{general}"),
        ),
        (
            "ALTER FUNCTION esclusa.audit_base() SECURITY INVOKER",
            "function esclusa.audit_base()|differs|SECURITY DEFINER|SECURITY INVOKER".into(),
        ),
        (
            "ALTER FUNCTION esclusa.audit_base() OWNER TO postgres",
            "function esclusa.audit_base()|owner differs|esclusa_audit|postgres".into(),
        ),
        (
            "GRANT EXECUTE ON FUNCTION esclusa.audit_base() TO PUBLIC",
            "function esclusa.audit_base()|differs|not for PUBLIC|for PUBLIC".into(),
        ),
        (
            "ALTER TABLE cf_quere_pro.base ADD nueva numeric",
            "function esclusa.audit_base()|differs|the body for the present table|another body".into(),
        ),
    ] {
        bed.sql(change).await;
        assert_eq!(drift(&bed).await, [expected], "{change}");
        capture::mend(&bed.db, &bed.context, &bed.rules).await.unwrap();
        assert_eq!(drift(&bed).await, Vec::<String>::new(), "{change}");
    }
    bed.sql("INSERT INTO cf_quere_pro.base (id) VALUES (1); UPDATE cf_quere_pro.base SET nueva = 1").await;
    assert_eq!(bed.cell("SELECT count(*) FROM cf_quere_pro.audit_log WHERE al_source = 'T'").await, "2");
}

/// The table changes, and the function written for it has not been made again yet: everything is recorded all the same.
#[tokio::test]
async fn a_changed_table_is_audited_before_its_function_knows() {
    let bed = simple().await;
    let session = bed.session("postgres", "SET search_path = cf_quere_pro").await;
    run(
        &session,
        &[
            "INSERT INTO base VALUES (1, 1, 'x', 0)",
            "ALTER TABLE base ADD nueva text DEFAULT 'a'",
            "UPDATE base SET nueva = 'b'",
            "ALTER TABLE base RENAME a TO importe",
            "UPDATE base SET importe = 1.0",
            "ALTER TABLE base DROP f",
            "UPDATE base SET c = 'y'",
            "ALTER TABLE base ALTER c TYPE text",
            "DELETE FROM base",
            "TRUNCATE base",
        ],
    )
    .await;
    assert_eq!(
        bed.rows(SEEN).await,
        [
            r#"base|1|I|\N|{"a": 1, "c": "x   ", "f": 0, "id": 1}|\N"#,
            r#"base|1|U|{"a": 1, "c": "x   ", "f": 0, "id": 1, "nueva": "a"}|\N|{"nueva": {"new": "b", "old": "a"}}"#,
            r#"base|1|U|{"c": "x   ", "f": 0, "id": 1, "nueva": "b", "importe": 1}|\N|{"importe": {"new": 1.0, "old": 1}}"#,
            r#"base|1|U|{"c": "x   ", "id": 1, "nueva": "b", "importe": 1.0}|\N|{"c": {"new": "y   ", "old": "x   "}}"#,
            r#"base|1|D|{"c": "y", "id": 1, "nueva": "b", "importe": 1.0}|\N|\N"#,
            r#"base|∅|D|{"_truncate": true}|\N|\N"#,
        ]
    );
}

/// Names with everything that could end a literal, a format or an identifier early.
#[tokio::test]
async fn names_do_not_get_out_of_the_function_that_is_written_for_a_table() {
    let base = r#"CREATE TABLE base ("i%s'd" numeric(5,0), "k""%1$s" char(4), "x%expid" numeric(5,0), "n'%" numeric)"#;
    let mut bed = Bed::new(&format!("{base}; CREATE TABLE hisbase (hid numeric(5,0), hk char(4))")).await;
    let rule = bed.rule("hisbase", "history", "{ base = 'base' }", "{ columns = ['hid'], base = ['x'] }").await;
    for (key, record) in [(vec!["i%s'd"], "1"), (vec!["i%s'd", "k\"%1$s"], r#"["1", "a"]"#)] {
        let mut rule = rule.clone();
        rule.key.base = key.into_iter().map(str::to_owned).collect();
        rule.columns[0].base = Some("i%s'd".into());
        bed.rules.rules.insert("hisbase".into(), rule);
        let relation = esclusa::relation::Relation::compile(&bed.rules.rules["hisbase"], &bed.context);
        let catalog = esclusa::catalog::Catalog::read(&bed.db, SCHEMA).await.unwrap();
        let rule = &bed.rules.rules["hisbase"];
        bed.sql("DROP TRIGGER IF EXISTS trg_audit_base ON cf_quere_pro.base; TRUNCATE cf_quere_pro.base; TRUNCATE cf_quere_pro.audit_log").await;
        capture::attach(&bed.db, &catalog, &bed.rules, rule, &relation, &|_| None, capture::Firing::Enabled).await.unwrap();
        assert_eq!(bed.cell("SELECT count(*) FROM pg_trigger t JOIN pg_proc p ON p.oid = tgfoid WHERE proname = 'audit_base' AND tgtype & 1 = 1").await, "1");
        bed.sql(r#"INSERT INTO cf_quere_pro.base VALUES (1, 'a', 12, 1.5); UPDATE cf_quere_pro.base SET "n'%" = 1.50; DELETE FROM cf_quere_pro.base"#).await;
        assert_eq!(
            bed.rows(
                "SELECT al_record_key, al_operation, al_expid, al_changed_fields FROM cf_quere_pro.audit_log ORDER BY al_id"
            )
            .await,
            [
                format!("{record}|I|12|\\N"),
                format!(r#"{record}|U|12|{{"n'%": {{"new": 1.50, "old": 1.5}}}}"#),
                format!("{record}|D|12|\\N")
            ]
        );
    }
}

/// The function that is written for a table and the general one record the same, for every type.
#[tokio::test]
async fn the_general_trigger_records_the_same() {
    let columns = "id int, n numeric, n2 numeric(6,2), c char(4), b bpchar, v varchar(9), t text, f float8, g float4, o boolean, d date, ts timestamp(0), \
                   tz timestamptz, i interval, y bytea, m money, j json, k jsonb, a numeric[], r tstzrange, u uuid, ti time, tt timetz, bt bit(3), \"pct%\" numeric";
    let bed = captured(
        &format!("CREATE TABLE base ({columns}); CREATE TABLE igual ({columns}); CREATE TRIGGER t AFTER INSERT OR UPDATE OR DELETE ON igual FOR EACH ROW \
                  EXECUTE FUNCTION fn_audit_trigger('id,c')"),
        "CREATE TABLE hisbase (hid int, hc char(4))",
        &["id", "c"],
    )
    .await;
    assert!(
        bed.cell("SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = 'trg_audit_base'")
            .await
            .contains("esclusa.audit_base('id,c'")
    );
    let sets = [
        "n = 1.50",
        "n = 1.5",
        "n2 = 1.5",
        "c = 'a'",
        "c = 'a  '",
        "b = 'a'",
        "b = 'a '",
        "v = 'Ñ'",
        "t = ''",
        "f = 0",
        "f = '-0'",
        "g = 0.1",
        "o = true",
        "d = '0001-01-01 BC'",
        "ts = 'infinity'",
        "tz = '2020-01-01 00:00+00'",
        "i = '1 day'",
        "i = '24 hours'",
        "y = '\\x00ff'",
        "m = '1.5'",
        "j = '{\"a\":1, \"a\":2}'",
        "j = '{\"a\":1,\"a\":2}'",
        "k = '1.0'",
        "k = '1.00'",
        "k = '\"1.00\"'",
        "k = 'null'",
        "k = NULL",
        "a = '{1.0}'",
        "a = '{1.00}'",
        "r = '[2020-01-01 00:00+00,)'",
        "u = '00000000-0000-0000-0000-000000000001'",
        "ti = '24:00'",
        "tt = '00:00+00'",
        "tt = '01:00+01'",
        "bt = '101'",
        "\"pct%\" = 1",
        "n = 'NaN', n2 = NULL, v = 'ñ', id = 2",
        "n = n",
    ];
    for settings in [
        "SELECT",
        "SET timezone = 'Asia/Tokyo'; SET intervalstyle = 'sql_standard'; SET bytea_output = 'escape'; SET extra_float_digits = -3; SET datestyle = 'SQL, DMY'",
    ] {
        let session = bed.session("postgres", settings).await;
        run(&session, &["SET search_path = cf_quere_pro"]).await;
        for table in ["base", "igual"] {
            run(&session, &[&format!("INSERT INTO {table} (id) VALUES (1)")]).await;
            for set in sets {
                run(&session, &[&format!("UPDATE {table} SET {set}")]).await;
            }
            run(&session, &[&format!("DELETE FROM {table}")]).await;
        }
    }
    let seen = |table: &str| {
        format!(
            "SELECT al_record_key, al_operation, al_old_data::text, al_new_data::text, al_changed_fields::text FROM cf_quere_pro.audit_log WHERE al_table_name = '{table}' AND al_source = 'T' ORDER BY al_id"
        )
    };
    let (compiled, general) = (bed.rows(&seen("base")).await, bed.rows(&seen("igual")).await);
    assert_eq!(compiled, general);
    // The images do not depend on the session, and only statements that changed nothing are missing.
    assert_eq!(compiled.len(), 2 * (sets.len() + 1) - 2);
    assert_eq!(compiled[..compiled.len() / 2], compiled[compiled.len() / 2..]);
}

#[tokio::test]
async fn a_migration_leaves_a_trigger_that_is_there() {
    let mut bed = Bed::new("CREATE TABLE base (id numeric(5,0), x text); CREATE TABLE hisbase (hid numeric(5,0), hx text)").await;
    bed.sql("CREATE TRIGGER mine AFTER INSERT OR UPDATE OR DELETE ON cf_quere_pro.base FOR EACH ROW EXECUTE FUNCTION cf_quere_pro.fn_audit_trigger('id')").await;
    history_of_base(&mut bed, &["id"]).await;
    bed.sql("INSERT INTO cf_quere_pro.base VALUES (1, 'a')").await;
    assert_eq!(bed.cell("SELECT count(*) FROM cf_quere_pro.audit_log WHERE al_source = 'T'").await, "1");
    // A second history of the same base finds the trigger disabled, and says so.
    bed.sql("ALTER TABLE cf_quere_pro.base DISABLE TRIGGER mine; CREATE TABLE cf_quere_pro.hisotra (LIKE mig_old.hisbase)").await;
    bed.rule("hisotra", "history", "{ base = 'base' }", "{ columns = ['hid'], base = ['id'] }").await;
    bed.rules.rules.get_mut("hisotra").unwrap().columns[0].base = Some("id".into());
    let outcome = bed.migrate("hisotra").await.unwrap();
    let told =
        "no audit trigger: mine on cf_quere_pro.base is disabled; `ALTER TABLE cf_quere_pro.base ENABLE TRIGGER mine` enables it";
    assert!(outcome.notes.contains(&told.to_owned()), "{:?}", outcome.notes);
}
