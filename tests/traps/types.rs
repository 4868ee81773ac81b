//! A client's own types, with their own casts: `to_jsonb` calls a cast to json, so a role that may add a column could run code with the
//! rights of the audit trigger. No such code may run there, by whatever type, operation, isolation level or moment; and the role that the
//! trigger runs as may only insert audit rows.

use esclusa::catalog::Database;
use esclusa::config::Url;
use esclusa::migrate::capture;

use crate::common::{Bed, server};

/// Types, and casts of each to json, jsonb and text, which tell who runs them and try to forge an audit row.
const TYPES: &str = "
    CREATE TABLE {me}.ran (who text, what text); GRANT ALL ON {me}.ran TO PUBLIC; GRANT USAGE ON SCHEMA {me} TO PUBLIC;
    CREATE TYPE {me}.mood AS ENUM ('a', 'b'); CREATE TYPE {me}.pair AS (x int, m {me}.mood); CREATE DOMAIN {me}.dmood AS {me}.mood;
    CREATE DOMAIN {me}.number AS numeric CHECK (VALUE > 0); CREATE DOMAIN {me}.numbers AS {me}.number; CREATE TYPE {me}.moods AS RANGE (subtype = {me}.mood);
    CREATE FUNCTION {me}.evil(anyelement) RETURNS text LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO {me}.ran VALUES (current_user, pg_typeof($1));
      INSERT INTO cf_quere_pro.audit_log_live (al_table_name, al_record_key, al_operation, al_old_data, al_user_id) VALUES ('victim', '1', 'D', '{}', 'eva');
      RETURN '\"evil\"';
    EXCEPTION WHEN insufficient_privilege THEN INSERT INTO {me}.ran VALUES (current_user, pg_typeof($1)); RETURN '\"evil\"';
    END $$;
    DO $do$ DECLARE source text; target text; BEGIN
      FOREACH source IN ARRAY '{mood,pair,moods}'::text[] LOOP
        FOREACH target IN ARRAY '{json,jsonb,text}'::text[] LOOP
          EXECUTE format('CREATE FUNCTION {me}.to_%2$s({me}.%1$s) RETURNS %2$s LANGUAGE sql AS ''SELECT {me}.evil($1)::%2$s''', source, target);
          EXECUTE format('CREATE CAST ({me}.%1$s AS %2$s) WITH FUNCTION {me}.to_%2$s({me}.%1$s) AS IMPLICIT', source, target);
        END LOOP;
      END LOOP;
    END $do$";
const COLUMNS: &str = "ADD n text DEFAULT 'n', ADD m {me}.mood DEFAULT 'a', ADD ms {me}.mood[] DEFAULT '{a,b}', ADD p {me}.pair DEFAULT ROW(1, 'a'), \
    ADD d {me}.dmood DEFAULT 'b', ADD x {me}.number DEFAULT 2.50, ADD xx {me}.numbers DEFAULT 3.0, ADD r {me}.moods DEFAULT '[a,b]', \
    ADD ps {me}.pair[] DEFAULT ARRAY[ROW(1, 'a')::{me}.pair]";

/// A role that owns a table with the audit trigger, and types of its own in a schema of its own name.
async fn with_owner(me: &str, table: &str) -> Bed {
    let bed = Bed::new("SELECT").await;
    bed.sql(&format!(
        "CREATE ROLE {me} LOGIN; CREATE SCHEMA {me} AUTHORIZATION {me}; GRANT USAGE, CREATE ON SCHEMA cf_quere_pro TO {me}; \
         CREATE TABLE cf_quere_pro.{table} (id numeric(5,0), v numeric); ALTER TABLE cf_quere_pro.{table} OWNER TO {me}; \
         SET ROLE {me}; {}; RESET ROLE",
        TYPES.replace("{me}", me)
    ))
    .await;
    bed
}

/// The audit of the table, and the effects of a client's code.
async fn forged(bed: &Bed, me: &str) -> Vec<String> {
    let mut out = bed.rows(&format!("SELECT DISTINCT 'ran as ' || who FROM {me}.ran")).await;
    out.extend(
        bed.rows("SELECT DISTINCT 'forged ' || al_table_name FROM cf_quere_pro.audit_log WHERE al_table_name = 'victim'").await,
    );
    out
}

const RECORDED: &str = "SELECT al_operation, al_old_data, al_new_data, al_changed_fields FROM cf_quere_pro.audit_log WHERE al_source = 'T' ORDER BY al_id";

#[tokio::test]
async fn no_cast_of_a_client_runs_in_the_audit() {
    let me = "ty_owner";
    let bed = with_owner(me, "base").await;
    bed.sql(
        "CREATE TRIGGER t AFTER INSERT OR UPDATE OR DELETE ON cf_quere_pro.base FOR EACH ROW EXECUTE FUNCTION cf_quere_pro.fn_audit_trigger('id', '', 'base')",
    )
    .await;
    // The row type itself has such casts too.
    let casts = "CREATE FUNCTION {me}.row_json(cf_quere_pro.base) RETURNS json LANGUAGE sql AS 'SELECT {me}.evil($1)::json'; \
                 CREATE CAST (cf_quere_pro.base AS json) WITH FUNCTION {me}.row_json(cf_quere_pro.base) AS IMPLICIT; \
                 CREATE FUNCTION {me}.row_text(cf_quere_pro.base) RETURNS text LANGUAGE sql AS 'SELECT {me}.evil($1)'; \
                 CREATE CAST (cf_quere_pro.base AS text) WITH FUNCTION {me}.row_text(cf_quere_pro.base) AS IMPLICIT";
    let client = bed.session(me, &casts.replace("{me}", me)).await;
    for statement in [
        "INSERT INTO cf_quere_pro.base VALUES (1, 1.5)",
        &format!("ALTER TABLE cf_quere_pro.base {}", COLUMNS.replace("{me}", me)),
        "UPDATE cf_quere_pro.base SET v = 2",
        "UPDATE cf_quere_pro.base SET m = 'b', p = ROW(NULL, NULL), d = NULL, x = 2.5, ps = NULL",
        "INSERT INTO cf_quere_pro.base (id) VALUES (2)",
        "DELETE FROM cf_quere_pro.base WHERE id = 1",
    ] {
        let answer = client.say(statement).await;
        assert!(!answer.contains("ERROR"), "{statement}: {answer}");
    }
    assert_eq!(forged(&bed, me).await, Vec::<String>::new());
    let all = r#""d": "b", "m": "a", "n": "n", "p": "(1,a)", "r": "[a,b]", "#;
    let rest = r#""x": 2.50, "id": 1, "ms": "{a,b}", "ps": "{\"(1,a)\"}", "xx": 3.0}"#;
    assert_eq!(
        bed.rows(RECORDED).await,
        [
            r#"I|\N|{"v": 1.5, "id": 1}|\N"#.to_owned(),
            format!(r#"U|{{{all}"v": 1.5, {rest}|\N|{{"v": {{"new": 2, "old": 1.5}}}}"#),
            format!(
                r#"U|{{{all}"v": 2, {rest}|\N|{{"d": {{"new": null, "old": "b"}}, "m": {{"new": "b", "old": "a"}}, "p": {{"new": "(,)", "old": "(1,a)"}}, "x": {{"new": 2.5, "old": 2.50}}, "ps": {{"new": null, "old": "{{\"(1,a)\"}}"}}}}"#
            ),
            format!(r#"I|\N|{{{all}"v": null, {}|\N"#, rest.replace("\"id\": 1", "\"id\": 2")),
            r#"D|{"d": null, "m": "b", "n": "n", "p": "(,)", "r": "[a,b]", "v": 2, "x": 2.5, "id": 1, "ms": "{a,b}", "ps": null, "xx": 3.0}|\N|\N"#.to_owned(),
        ]
    );
    // The casts do run when called by hand, with the client's own rights.
    assert_eq!(client.say("SELECT to_jsonb(b) IS NOT NULL FROM cf_quere_pro.base b").await, "t\n(1)");
    assert_eq!(forged(&bed, me).await, ["ran as ty_owner"]);
}

/// The function that was written for a table meets a column that it does not know, of a type that it must not touch.
#[tokio::test]
async fn nor_in_a_function_that_was_written_for_the_table_before() {
    let me = "ty_before";
    let mut bed = with_owner(me, "base").await;
    bed.sql("CREATE TABLE cf_quere_pro.hisbase (hid numeric(5,0), hv numeric)").await;
    bed.rule("hisbase", "history", "{ base = 'base' }", "{ columns = ['hid'], base = ['id'] }").await;
    let rule = bed.rules.rules.get_mut("hisbase").unwrap();
    rule.columns.iter_mut().for_each(|c| c.base = c.column.name.strip_prefix('h').map(str::to_owned));
    bed.migrate("hisbase").await.unwrap();
    let client = bed.session(me, "INSERT INTO cf_quere_pro.base VALUES (1, 1.5)").await;
    for statement in [
        format!("ALTER TABLE cf_quere_pro.base {}", COLUMNS.replace("{me}", me)),
        "UPDATE cf_quere_pro.base SET v = 2".into(),
        // A column that it knows, with another type and a default of it.
        format!("ALTER TABLE cf_quere_pro.base ALTER v TYPE {me}.mood USING 'a'"),
        "UPDATE cf_quere_pro.base SET v = 'b'".into(),
        "DELETE FROM cf_quere_pro.base".into(),
    ] {
        let answer = client.say(&statement).await;
        assert!(!answer.contains("ERROR"), "{statement}: {answer}");
    }
    assert_eq!(forged(&bed, me).await, Vec::<String>::new());
    assert_eq!(
        bed.rows("SELECT al_operation, al_changed_fields FROM cf_quere_pro.audit_log WHERE al_source = 'T' ORDER BY al_id").await,
        ["I|\\N", r#"U|{"v": {"new": 2, "old": 1.5}}"#, r#"U|{"v": {"new": "b", "old": "a"}}"#, "D|\\N"]
    );
    // Made again, it calls the general function, which handles the type.
    capture::mend(&bed.db, &bed.context, &bed.rules).await.unwrap();
    client.say("INSERT INTO cf_quere_pro.base (id, v) VALUES (3, 'a')").await;
    assert_eq!(forged(&bed, me).await, Vec::<String>::new());
    assert_eq!(bed.cell("SELECT al_new_data ->> 'v' FROM cf_quere_pro.audit_log ORDER BY al_id DESC LIMIT 1").await, "a");
}

/// A transaction that keeps its snapshot reads a catalog that is older than the rows it is given.
#[tokio::test]
async fn nor_in_a_transaction_that_keeps_its_snapshot() {
    for (number, change, write) in [
        (0, "ALTER TABLE cf_quere_pro.base ADD m {me}.mood DEFAULT 'a'", "UPDATE cf_quere_pro.base SET v = 2"),
        (1, "ALTER TABLE cf_quere_pro.base ALTER v TYPE {me}.mood USING 'a'", "INSERT INTO cf_quere_pro.base VALUES (2, 'b')"),
        (2, "ALTER TABLE cf_quere_pro.base DROP v, ADD m {me}.mood DEFAULT 'a'", "DELETE FROM cf_quere_pro.base"),
    ] {
        for (kind, trigger) in [("general", "cf_quere_pro.fn_audit_trigger"), ("compiled", "esclusa.audit_base")] {
            for level in ["REPEATABLE READ", "SERIALIZABLE"] {
                let me = format!("ty_{}_{kind}_{number}", level[..4].to_lowercase());
                let bed = with_owner(&me, "base").await;
                let body = bed.cell("SELECT esclusa.compiled_audit('cf_quere_pro.base', 'id', '', 'base')").await;
                bed.sql(&format!(
                    "CREATE FUNCTION esclusa.audit_base() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body${body}$body$;
                     SELECT esclusa.give('esclusa.audit_base()', 'esclusa_audit');
                     CREATE TRIGGER t AFTER INSERT OR UPDATE OR DELETE ON cf_quere_pro.base FOR EACH ROW EXECUTE FUNCTION {trigger}('id', '', 'base');
                     INSERT INTO cf_quere_pro.base VALUES (1, 1.5)"
                ))
                .await;
                let client = bed.session(&me, &format!("BEGIN ISOLATION LEVEL {level}; SELECT count(*) FROM pg_class")).await;
                bed.sql(&format!("SET ROLE {me}; {}; RESET ROLE", change.replace("{me}", &me))).await;
                let answer = client.say(write).await;
                assert_eq!(answer, "(1)", "{level} {kind}: {change}");
                client.say("COMMIT").await;
                assert_eq!(forged(&bed, &me).await, Vec::<String>::new(), "{level} {kind}: {change}");
                assert_eq!(
                    bed.cell("SELECT count(*) FROM cf_quere_pro.audit_log WHERE al_source = 'T'").await,
                    "2",
                    "{level} {kind}"
                );
            }
        }
    }
}

/// The role inserts what the trigger records, and can do nothing else; nobody is a member of it that has not been made one.
#[tokio::test]
async fn the_role_of_the_trigger_may_do_one_thing() {
    let bed = Bed::new("CREATE TABLE una (id int)").await;
    assert_eq!(
        bed.rows(
            "SELECT c.oid::regclass, string_agg(p, ',' ORDER BY p) FROM pg_class c, unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) p \
             WHERE relkind IN ('r', 'p', 'v') AND relnamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema') \
             AND has_table_privilege('esclusa_audit', c.oid, p) GROUP BY 1"
        )
        .await,
        ["cf_quere_pro.audit_log_live|INSERT"]
    );
    assert_eq!(
        bed.rows(
            "SELECT nspname FROM pg_namespace WHERE has_schema_privilege('esclusa_audit', oid, 'CREATE') AND nspname !~ '^pg_'"
        )
        .await,
        Vec::<String>::new()
    );
    assert_eq!(
        bed.cell("SELECT concat(rolcanlogin, rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, rolreplication) FROM pg_roles WHERE rolname = 'esclusa_audit'").await,
        "ffffff"
    );
    assert_eq!(bed.cell("SELECT count(*) FROM pg_auth_members WHERE member = 'esclusa_audit'::regrole").await, "0");
    // All functions that run with its rights belong to it, and no other role may call them. No role may call the event trigger's function.
    assert_eq!(
        bed.rows(
            "SELECT oid::regproc, pg_get_userbyid(proowner), has_function_privilege('public', oid, 'EXECUTE') FROM pg_proc \
             WHERE prosecdef AND proname <> 'on_usage' AND pronamespace::regnamespace::text IN ('esclusa', 'cf_quere_pro') ORDER BY 1"
        )
        .await,
        ["cf_quere_pro.fn_audit_trigger|esclusa_audit|f"]
    );
}

/// A control role that is not a superuser creates and recreates everything as a member of the role, and leaves no right behind.
#[tokio::test]
async fn a_control_role_without_much_power_makes_the_trigger() {
    Bed::new("SELECT").await; // which makes the role
    let admin = server().await.connect("postgres").await.unwrap();
    admin.batch("a role", "CREATE ROLE ty_control LOGIN; GRANT esclusa_audit TO ty_control").await.unwrap();
    admin.batch("a database", "CREATE DATABASE ty_control OWNER ty_control").await.unwrap();
    let url = Url::new(format!("postgres://ty_control@127.0.0.1:{}/ty_control", server().await.port));
    let control = Database::connect(&url, None).await.unwrap();
    let templates = ["control", "tables", "audit"]
        .map(|t| std::fs::read_to_string(format!("{}/src/migrate/sql/{t}.sql", env!("CARGO_MANIFEST_DIR"))).unwrap());
    let sql =
        templates.concat().replace("{schema}", "cf_quere_pro").replace("{control}", "esclusa").replace("{leaf}", "esclusa_leaf");
    control.batch("a schema", "CREATE SCHEMA cf_quere_pro").await.unwrap();
    for _ in 0..2 {
        control.transaction("applying", async |db| db.batch("applying", &sql).await).await.unwrap();
        let left = "SELECT pg_get_userbyid(proowner), has_schema_privilege('esclusa_audit', 'cf_quere_pro', 'CREATE'), \
                    has_schema_privilege('esclusa_audit', 'esclusa', 'CREATE') FROM pg_proc WHERE proname = 'fn_audit_trigger'";
        let row: Vec<String> = control.text("test", left).await.unwrap().concat().into_iter().flatten().collect();
        assert_eq!(row, ["esclusa_audit", "f", "f"]);
    }
    control
        .batch(
            "test",
            "CREATE TABLE cf_quere_pro.audit_log_default PARTITION OF cf_quere_pro.audit_log_live DEFAULT; \
             CREATE TABLE cf_quere_pro.una (id int); CREATE TRIGGER t AFTER INSERT ON cf_quere_pro.una FOR EACH ROW EXECUTE FUNCTION cf_quere_pro.fn_audit_trigger('id'); \
             INSERT INTO cf_quere_pro.una VALUES (1)",
        )
        .await
        .unwrap();
    let seen = control.text("test", "SELECT al_table_name, al_user_id FROM cf_quere_pro.audit_log").await.unwrap().concat();
    assert_eq!(seen.into_iter().flatten().collect::<Vec<_>>(), ["una", "ty_control"]);
}
