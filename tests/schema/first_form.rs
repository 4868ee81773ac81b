//! A database of the first version is upgraded: all views, records and rights are kept, and what cannot be upgraded is left
//! as it was.

use esclusa::catalog::Database;
use esclusa::migrate::migration::Migration;
use esclusa::migrate::{capture, first_form, schema};
use esclusa::rule::{Capture, RuleSet, Target};

use crate::common::{context, said, server};

const FIXTURE: &str = include_str!("first_form.sql");
const MOVED: [&str; 6] = ["hisbarrio", "hisficherosborrados", "histipooficina", "tipooficina", "tipositver", "tipoviaaca"];

async fn first(name: &str) -> (Database, RuleSet) {
    let admin = server().await.connect("postgres").await.unwrap();
    for role in ["aqua_owner", "aqua_app", "aqua_reader"] {
        let make =
            format!("DO $$ BEGIN CREATE ROLE {role}; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$");
        admin.batch("making roles", &make).await.unwrap();
    }
    admin.batch("making a database", &format!("CREATE DATABASE {name}")).await.unwrap();
    let db = server().await.connect(name).await.unwrap();
    db.batch("loading the fixture", &format!("SET check_function_bodies = off; {FIXTURE}"))
        .await
        .unwrap_or_else(|e| panic!("{}", said(&e)));
    db.batch("loading the fixture", "RESET ALL").await.unwrap();
    let mut rules = RuleSet::load(concat!(env!("CARGO_MANIFEST_DIR"), "/rules").as_ref()).unwrap();
    let barrio = rules.rules.get_mut("hisbarrio").unwrap();
    let Target::History(history) = &mut barrio.target else { panic!("hisbarrio is a history") };
    history.capture = Capture::Trigger;
    (db, rules)
}

async fn lines(db: &Database, sql: &str) -> Vec<String> {
    let rows = db.text("test", sql).await.unwrap_or_else(|e| panic!("{}\n{sql}", said(&e)));
    rows.into_iter().map(|r| r.into_iter().map(|c| c.unwrap_or("\\N".into())).collect::<Vec<_>>().join("|")).collect()
}

/// What every view shows, and who may what with it.
async fn everything(db: &Database) -> Vec<String> {
    let mut out = Vec::new();
    for table in MOVED {
        out.extend(lines(db, &format!("SELECT '{table}', t::text FROM cf_quere_pro.{table} AS t ORDER BY 2")).await);
    }
    let rights = "SELECT c.relname, r.rolname, p, has_table_privilege(r.oid, c.oid, p), has_table_privilege(r.oid, c.oid, p || ' WITH GRANT OPTION'),
                    (SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0
                       AND has_column_privilege(r.oid, c.oid, attnum, 'SELECT'))
                  FROM pg_class AS c, pg_roles AS r, unnest('{SELECT,INSERT,UPDATE,DELETE}'::text[]) AS p
                  WHERE c.relkind = 'v' AND c.relnamespace = 'cf_quere_pro'::regnamespace AND r.rolname IN ('aqua_app', 'aqua_reader') ORDER BY 1, 2, 3";
    out.extend(lines(db, rights).await);
    out
}

async fn drift(db: &Database, rules: &RuleSet) -> Vec<String> {
    let mut drift = schema::check(db, &context()).await.unwrap_or_else(|e| panic!("{}", said(&e)));
    drift.rows.extend(capture::check(db, &context(), rules).await.unwrap());
    drift.rows.iter().map(|row| format!("{}: {}", row[1].text(), row[0].text())).collect()
}

#[tokio::test]
async fn a_database_of_the_first_form_is_brought_over() {
    let (db, rules) = first("first_form").await;
    let captured = "SELECT al_id, al_table_name, al_record_key, al_operation, al_old_data::text, al_new_data::text, al_changed_fields::text, al_user_id, al_changed_at \
                    FROM cf_quere_pro.audit_log WHERE al_source = 'T' ORDER BY 1";
    let (before, recorded) = (everything(&db).await, lines(&db, captured).await);
    assert_eq!(recorded.len(), 12);
    let refused = schema::apply(&db, &context()).await.unwrap_err();
    assert!(said(&refused).contains("has the first form"), "{}", said(&refused));
    let drift_of_schema = schema::check(&db, &context()).await.unwrap();
    let told = format!("{}: {}", drift_of_schema.rows[0][1].text(), drift_of_schema.rows[0][0].text());
    assert_eq!(told, "has the first form: `esclusa schema apply` converts it: table audit_log");

    let done = first_form::passage::bring_over(&db, &context(), &rules).await.unwrap_or_else(|e| panic!("{}", said(&e)));
    let told: Vec<String> = done.rows.iter().map(|r| format!("{}: {}", r[0].text(), r[1].text())).collect();
    assert_eq!(
        told,
        [
            "table hisbarrio: brought over, 30 rows; 4 rows were written by the trigger; since the move 4 rows have come and 0 have gone",
            "table hisficherosborrados: brought over, 10 rows; since the move 1 rows have come and 0 have gone",
            "table histipooficina: brought over, 46 rows; since the move 5 rows have come and 6 have gone",
            "table tipooficina: brought over, 6 rows; since the move 2 rows have come and 2 have gone",
            "table tipositver: brought over, 3 rows",
            "table tipoviaaca: brought over, 3 rows",
        ]
    );
    assert!(!first_form::is(&db, &context()).await.unwrap());
    assert_eq!((everything(&db).await, lines(&db, captured).await), (before.clone(), recorded));
    for _ in 0..2 {
        schema::apply(&db, &context()).await.unwrap_or_else(|e| panic!("{}", said(&e)));
        capture::mend(&db, &context(), &rules).await.unwrap_or_else(|e| panic!("{}", said(&e)));
        // One recorded row has a stamp of the year 2200.
        assert_eq!(drift(&db, &rules).await, ["holds rows: table audit_log_default"]);
    }
    assert_eq!(everything(&db).await, before);
    let sources = "SELECT al_legacy_table, al_source, count(*), bool_and((al_legacy_table <> '') = (tableoid::regclass::text LIKE 'esclusa_leaf.%')) \
                   FROM cf_quere_pro.audit_log GROUP BY 1, 2 ORDER BY 1, 2";
    assert_eq!(
        lines(&db, sources).await,
        [
            "|T|12|t",
            "hisbarrio|C|4|t",
            "hisbarrio|L|30|t",
            "hisficherosborrados|L|9|t",
            "hisficherosborrados|W|1|t",
            "histipooficina|L|41|t",
            "histipooficina|W|5|t"
        ]
    );
    let indexes = "SELECT relname FROM pg_class WHERE relnamespace = 'esclusa_leaf'::regnamespace AND relname IN ('histipooficina_key', 'hisbarrio_stamp') ORDER BY 1";
    assert_eq!(lines(&db, indexes).await, ["hisbarrio_stamp", "histipooficina_key"]);
    let old = "SELECT relname FROM pg_class WHERE relname ~ '^(stand_in_|finder)' UNION SELECT proname FROM pg_proc WHERE proname ~ '^(find_|image_hi|truncate_|refresh_finder|cursor_over)' \
               UNION SELECT nspname FROM pg_namespace WHERE nspname = 'esclusa_first'";
    assert_eq!(lines(&db, old).await, Vec::<String>::new());
    let owners = "SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class WHERE relnamespace = 'esclusa_leaf'::regnamespace AND relkind = 'r'";
    assert_eq!(lines(&db, owners).await, ["aqua_owner"]);
    still_works(&db, &rules).await;
}

/// Writes through the views, the triggers on bases and on leaves, and parity of tables not written since the move.
async fn still_works(db: &Database, rules: &RuleSet) {
    let migration = Migration::new(db, rules, context()).await.unwrap();
    for table in ["tipositver", "tipoviaaca"] {
        let parity = migration.verify(&rules.rules[table]).await.unwrap().unwrap();
        assert!(parity.holds(), "{}", parity.failures());
    }
    let last = lines(db, "SELECT max(al_id) FROM cf_quere_pro.audit_log").await.concat();
    db.batch(
        "test",
        "SET search_path = cf_quere_pro; UPDATE tipooficina SET tofsnpresen = 'N' WHERE tofid = 3; UPDATE barrio SET barrnombre = 'Fin' WHERE barrid = 1; \
         INSERT INTO histipooficina SELECT * FROM histipooficina WHERE htofid = 2; RESET search_path",
    )
    .await
    .unwrap_or_else(|e| panic!("{}", said(&e)));
    let after = format!(
        "SELECT al_legacy_table, al_table_name, al_source, count(*) FROM cf_quere_pro.audit_log WHERE al_id > {last} AND al_source <> 'W' \
         GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
    );
    assert_eq!(lines(db, &after).await, ["|barrio|T|1", "|tipooficina|T|1", "hisbarrio|barrio|C|1"]);
}

/// Objects that would be lost are named, and everything stays as it was; the same when the proof fails.
#[tokio::test]
async fn what_cannot_be_brought_over_is_refused() {
    let (db, mut rules) = first("first_form_refused").await;
    let before = everything(&db).await;
    let barrio = rules.rules.remove("hisbarrio").unwrap();
    let refused = async |rules: &RuleSet| said(&first_form::passage::bring_over(&db, &context(), rules).await.unwrap_err());
    assert!(
        refused(&rules).await.contains("no rules for tables that were moved\ndetail: hisbarrio"),
        "{}",
        refused(&rules).await
    );
    rules.rules.insert("hisbarrio".into(), barrio);

    db.batch(
        "test",
        "INSERT INTO cf_quere_pro.domain_value (dv_domain, dv_code) VALUES ('OWN', '1'); CREATE VIEW public.auditor AS SELECT * FROM cf_quere_pro.audit_log",
    )
    .await
    .unwrap();
    let message = refused(&rules).await;
    assert!(message.contains("1 rows of OWN in domain_value") && message.contains("view public.auditor"), "{message}");
    db.batch("test", "DELETE FROM cf_quere_pro.domain_value WHERE dv_domain = 'OWN'; DROP VIEW public.auditor").await.unwrap();

    // A rule that reads a column from elsewhere than it was written.
    let Target::Lookup(lookup) = &mut rules.rules.get_mut("tipositver").unwrap().target else {
        panic!("tipositver is a look-up")
    };
    let text_id = lookup.text_id.take();
    let message = refused(&rules).await;
    assert!(message.contains("tipositver was not converted without loss"), "{message}");
    assert_eq!(everything(&db).await, before);
    assert!(first_form::is(&db, &context()).await.unwrap());
    let Target::Lookup(lookup) = &mut rules.rules.get_mut("tipositver").unwrap().target else {
        panic!("tipositver is a look-up")
    };
    lookup.text_id = text_id;
    first_form::passage::bring_over(&db, &context(), &rules).await.unwrap_or_else(|e| panic!("{}", said(&e)));
    assert_eq!(everything(&db).await, before);
}
