//! The real schema, with keys, foreign keys, views, functions and owners, moved by a role that is not a superuser: the rights of `esclusa roles`
//! are enough, missing rights are reported before any work, and grants follow the views afterwards.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

mod common;

use common::real::{self, Plot, Real, structure};
use common::{context, said, server};
use esclusa::catalog::Database;
use esclusa::config::{Partman, Url};
use esclusa::migrate::migration::Migration;
use esclusa::migrate::{self, refill, roles, schema};
use esclusa::relation::Context;
use esclusa::rule::RuleSet;
use esclusa::sql::quote::ident;
use esclusa::table::Cell;
use tokio::sync::OnceCell;

/// The fixture is what it claims to be, on the legacy side.
#[tokio::test]
async fn the_real_schema_is_real() {
    let admin = server_with_roles().await;
    admin.batch("a database", "CREATE DATABASE real_schema").await.unwrap();
    let db = server().await.connect("real_schema").await.unwrap();
    let plot = Plot { dependents: true, ..Plot::default() };
    let (catalog, rules) = real::load(&db, &plot).await;
    let count = async |sql: &str| -> i64 { db.one("counting", sql, &[]).await.unwrap().get(0) };
    let legacy: Vec<String> = rules.rules.keys().cloned().collect();
    let keys =
        count("SELECT count(*) FROM pg_constraint WHERE contype = 'p' AND connamespace = 'cf_quere_pro'::regnamespace").await;
    assert!(keys > 1000, "{keys} primary keys");
    let onto = "SELECT count(*) FROM pg_constraint AS k JOIN pg_class AS t ON t.oid = k.confrelid JOIN pg_class AS c ON c.oid = k.conrelid
                WHERE k.contype = 'f' AND t.relname = ANY ($1) AND NOT c.relname = ANY ($1)";
    let onto: i64 = db.one("counting", onto, &[&legacy]).await.unwrap().get(0);
    assert!(onto >= 24, "{onto} foreign keys onto look-ups, {} asked for", structure::ONTO_LOOKUPS);
    let lookups = "SELECT count(DISTINCT confrelid) FROM pg_constraint WHERE contype = 'f' AND confrelid IN
                   (SELECT oid FROM pg_class WHERE relname = ANY ($1))";
    assert!(db.one("counting", lookups, &[&legacy]).await.unwrap().get::<_, i64>(0) >= 20);
    let out = "SELECT count(*), count(*) FILTER (WHERE convalidated), count(*) FILTER (WHERE t.relname = ANY ($1)) FROM pg_constraint AS k
               JOIN pg_class AS c ON c.oid = k.conrelid JOIN pg_class AS t ON t.oid = k.confrelid WHERE k.contype = 'f' AND c.relname = ANY ($1)";
    let out = db.one("counting", out, &[&legacy]).await.unwrap();
    assert!(out.get::<_, i64>(0) >= 12 && out.get::<_, i64>(1) >= 8 && out.get::<_, i64>(2) >= 2, "{out:?}");
    for (what, least, sql) in [
        (
            "indexes",
            300,
            "SELECT count(*) FROM pg_index WHERE NOT indisunique AND indrelid::regclass::text LIKE 'cf_quere_pro.his%'",
        ),
        ("DESC NULLS LAST", 10, "SELECT count(*) FROM pg_indexes WHERE indexdef LIKE '%DESC NULLS LAST%'"),
        ("INCLUDE", 10, "SELECT count(*) FROM pg_indexes WHERE indexdef LIKE '%INCLUDE%'"),
        ("collations", 5, "SELECT count(*) FROM pg_indexes WHERE indexdef LIKE '%COLLATE \"C\")%'"),
        ("operator classes", 5, "SELECT count(*) FROM pg_indexes WHERE indexdef LIKE '%varchar_pattern_ops%'"),
        ("expressions", 5, "SELECT count(*) FROM pg_index WHERE indexprs IS NOT NULL"),
        ("predicates", 5, "SELECT count(*) FROM pg_index WHERE indpred IS NOT NULL"),
        ("checks", 5, "SELECT count(*) FROM pg_constraint WHERE contype = 'c' AND conname LIKE '%positivo'"),
        ("second unique keys", 5, "SELECT count(*) FROM pg_constraint WHERE contype = 'u' AND conname LIKE '%texto'"),
        ("views", 12, "SELECT count(*) FROM pg_views WHERE schemaname = 'cf_quere_pro'"),
        ("materialised views", 2, "SELECT count(*) FROM pg_matviews"),
        ("functions", 8, "SELECT count(*) FROM pg_proc WHERE pronamespace = 'cf_quere_pro'::regnamespace"),
        ("policies", 1, "SELECT count(*) FROM pg_policy"),
        ("computed columns", 2, "SELECT count(*) FROM pg_attribute WHERE attidentity <> '' OR attgenerated <> ''"),
        (
            "sequences",
            4,
            "SELECT count(*) FROM pg_attrdef WHERE pg_get_expr(adbin, adrelid) LIKE '%seq_%' AND adrelid::regclass::text LIKE '%tip%'",
        ),
        (
            "owners",
            2,
            "SELECT count(DISTINCT relowner) FROM pg_class WHERE relnamespace = 'cf_quere_pro'::regnamespace AND relkind = 'r'",
        ),
    ] {
        let found = count(sql).await;
        assert!(found >= least, "{found} {what}, not {least}");
    }
    let superusers = "SELECT count(*) FROM pg_class AS c JOIN pg_roles AS r ON r.oid = relowner
                      WHERE relnamespace = 'cf_quere_pro'::regnamespace AND relkind IN ('r', 'v', 'm', 'S') AND rolsuper";
    assert_eq!(count(superusers).await, 0);
    assert_eq!(catalog.tables.values().filter(|t| t.kind == 'r').count(), 1469);
    assert_eq!(rules.rules.len(), 220);
}

async fn server_with_roles() -> Database {
    static ROLES: OnceCell<()> = OnceCell::const_new();
    let admin = server().await.connect("postgres").await.unwrap();
    ROLES.get_or_init(|| async { admin.batch("roles", &real::access::roles()).await.unwrap() }).await;
    admin
}

/// A database with the real schema, and a role that may log in and nothing else.
async fn with_role(database: &str, role: &str) -> (Database, Database, RuleSet) {
    let admin = server_with_roles().await;
    admin.batch("a role", &format!("CREATE ROLE {} LOGIN", ident(role))).await.unwrap();
    admin.batch("a database", &format!("CREATE DATABASE {database}")).await.unwrap();
    let db = server().await.connect(database).await.unwrap();
    let (_, rules) = real::load(&db, &Plot::default()).await;
    let mut url = format!("host=127.0.0.1 port={} dbname={database} user=", server().await.port);
    url.push_str(&format!("'{}'", role.replace('\'', "\\'")));
    (db, Database::connect(&Url::new(url), None).await.unwrap(), rules)
}

/// The same with a role that has all rights it needs, where the schema is applied.
async fn with_mover(database: &str, role: &str) -> (Database, Database, RuleSet) {
    let (admin, control, rules) = with_role(database, role).await;
    admin.batch("the script", &roles::script(&context(), role, &roles::tables(&rules), None)).await.unwrap();
    schema::apply(&control, &context()).await.unwrap();
    control.batch("pinning the session", migrate::PINNED).await.unwrap();
    (admin, control, rules)
}

#[tokio::test]
async fn what_is_missing_is_told_and_each_statement_mends_it() {
    let (admin, bare, rules) = with_role("real_missing", "Sólo \"lectura\"").await;
    let (context, tables) = (context(), roles::tables(&rules));
    // What everybody has by default is no fault, nor is its absence.
    let given = "ALTER DEFAULT PRIVILEGES FOR ROLE \"Sólo \"\"lectura\"\"\" GRANT SELECT, INSERT ON TABLES TO PUBLIC;
                 ALTER DEFAULT PRIVILEGES FOR ROLE \"Sólo \"\"lectura\"\"\" IN SCHEMA cf_quere_pro GRANT ALL ON SEQUENCES TO real_owner;
                 ALTER DEFAULT PRIVILEGES FOR ROLE \"Sólo \"\"lectura\"\"\" GRANT USAGE ON TYPES TO PUBLIC;
                 ALTER DEFAULT PRIVILEGES FOR ROLE \"Sólo \"\"lectura\"\"\" REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC";
    admin.batch("default privileges", given).await.unwrap();
    let error = roles::require(&bare, &context, &rules).await.unwrap_err();
    let said = said(&error);
    for part in [
        "role Sólo \"lectura\" cannot run this command as it is",
        "PUBLIC has INSERT, SELECT on new TABLES of \"Sólo \"\"lectura\"\"\" by default privileges",
        "real_owner has SELECT, UPDATE, USAGE on new SEQUENCES of \"Sólo \"\"lectura\"\"\" by default privileges in schema cf_quere_pro",
        "not a member of esclusa_audit",
        "no right to create schemas in database real_missing",
        "no right to use schema cf_quere_pro",
        "no right to create in schema cf_quere_pro, with grant option",
        "not a member of real_owner, owner of ",
        "not a member of real_other_owner, owner of ",
        "event trigger esclusa_grants, which carries grants to views and leaves, does not exist",
        "esclusa roles",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
    assert!(schema::apply(&bare, &context).await.is_err());
    let missing = roles::missing(&bare, &context, &tables).await.unwrap();
    assert_eq!(missing.len(), 9, "{missing:#?}");
    for (mended, one) in missing.iter().enumerate() {
        admin.batch(&one.what, &one.mend).await.unwrap_or_else(|e| panic!("{e} {:?}\n{}", e.more(), one.mend));
        assert_eq!(roles::missing(&bare, &context, &tables).await.unwrap(), missing[mended + 1..], "{}", one.what);
    }
    // Rights that were lost since.
    for (wrong, what) in [
        ("ALTER EVENT TRIGGER esclusa_grants DISABLE", "is disabled"),
        (
            "CREATE OR REPLACE FUNCTION esclusa.carry_grants(command text) RETURNS void LANGUAGE plpgsql AS 'BEGIN END'",
            "is of another version",
        ),
        ("ALTER FUNCTION esclusa.on_grant() OWNER TO real_owner", "calls a function of real_owner, who is no superuser"),
        ("ALTER SCHEMA esclusa OWNER TO postgres", "schema esclusa belongs to postgres"),
        ("ALTER TABLE cf_quere_pro.tipositver OWNER TO postgres", "1 tables belong to postgres, a superuser"),
        ("ALTER ROLE \"Sólo \"\"lectura\"\"\" NOINHERIT", "a member of real_owner, owner of "),
    ] {
        admin.batch("breaking it", wrong).await.unwrap();
        let missing = roles::missing(&bare, &context, &tables).await.unwrap();
        assert!(missing.iter().any(|m| m.what.contains(what)), "{what}\n{missing:#?}");
        for one in missing {
            admin.batch(&one.what, &one.mend.replace("<role>", "real_owner")).await.unwrap();
        }
        assert_eq!(roles::missing(&bare, &context, &tables).await.unwrap(), [], "{wrong}");
    }
    // A superuser lacks nothing.
    assert_eq!(roles::missing(&admin, &context, &tables).await.unwrap(), []);
}

#[tokio::test]
async fn the_script_gives_all_that_is_needed_and_may_be_run_again() {
    let (admin, control, rules) = with_role("real_script", "o'control").await;
    let (context, tables) = (context(), roles::tables(&rules));
    admin.batch("a superuser's table", "ALTER TABLE cf_quere_pro.hisbarrio OWNER TO postgres").await.unwrap();
    let script = roles::script(&context, "o'control", &tables, None);
    for _ in 0..2 {
        admin.batch("the script", &script).await.unwrap_or_else(|e| panic!("{e} {:?}", e.more()));
    }
    let missing = roles::missing(&control, &context, &tables).await.unwrap();
    assert!(matches!(missing.as_slice(), [one] if one.what.starts_with("1 tables belong to postgres")), "{missing:#?}");
    let script = roles::script(&context, "o'control", &tables, Some("El Dueño"));
    admin.batch("the script", &script).await.unwrap_or_else(|e| panic!("{e} {:?}", e.more()));
    assert_eq!(roles::missing(&control, &context, &tables).await.unwrap(), []);
    let attributes =
        "SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls FROM pg_roles WHERE rolname = $1";
    assert!(!control.one("its attributes", attributes, &[&"o'control"]).await.unwrap().get::<_, bool>(0));
    let error = admin.batch("for a superuser", &roles::script(&context, "postgres", &tables, None)).await.unwrap_err();
    assert!(said(&error).contains("postgres is a superuser"), "{}", said(&error));
    admin.batch("leaving its transaction", "ROLLBACK").await.unwrap();

    // It may create the schema itself; and a hint says who has to maintain pg_partman's partitions.
    for partman in [Partman::Never, Partman::Auto] {
        let context = Context { partman, ..context.clone() };
        let done = schema::apply(&control, &context).await.unwrap_or_else(|e| panic!("{e} {:?}", e.more()));
        let keeper = done.rows.last().unwrap()[1].text();
        let expected = if partman == Partman::Never { "audit.partman is never" } else { "the partitions have its names" };
        assert!(keeper.ends_with(expected), "{keeper}");
        assert_eq!(schema::check(&control, &context).await.unwrap().rows, Vec::<Vec<Cell>>::new());
    }
    // Rights on its own tables that somebody has revoked are named, and come back with the script.
    let revoked = r#"REVOKE SELECT ON cf_quere_pro.audit_log FROM "o'control"; REVOKE ALL ON ALL TABLES IN SCHEMA esclusa FROM "o'control""#;
    admin.batch("revoking", revoked).await.unwrap();
    let missing = roles::missing(&control, &context, &tables).await.unwrap();
    let what: Vec<&str> = missing.iter().map(|m| m.what.as_str()).collect();
    assert!(
        matches!(what[..], ["no SELECT on 1 of esclusa's own tables", all] if all.starts_with("no SELECT, INSERT, UPDATE, DELETE on ")),
        "{what:?}"
    );
    admin.batch("the script", &script).await.unwrap_or_else(|e| panic!("{e} {:?}", e.more()));
    assert_eq!(roles::missing(&control, &context, &tables).await.unwrap(), []);
    admin.batch("revoking", revoked).await.unwrap();
    for one in &missing {
        admin.batch(&one.what, &one.mend).await.unwrap();
    }
    assert_eq!(roles::missing(&control, &context, &tables).await.unwrap(), []);
    // No other role may create objects in the schema of shared functions.
    let open =
        "SELECT count(*) FROM pg_roles WHERE NOT rolsuper AND rolname <> $1 AND has_schema_privilege(oid, 'esclusa', 'CREATE')";
    assert_eq!(admin.one("who may create", open, &[&"o'control"]).await.unwrap().get::<_, i64>(0), 0);
}

/// Whatever uses a legacy table is made again when the table moves: its owner is asked for before, table by table, and the script has the grant.
#[tokio::test]
async fn the_owners_of_what_uses_a_table_are_asked_for() {
    let (admin, control, rules) = with_role("real_users", "user_mover").await;
    let (context, tables) = (context(), roles::tables(&rules));
    admin.batch("the script", &roles::script(&context, "user_mover", &tables, None)).await.unwrap();
    assert_eq!(roles::missing(&control, &context, &tables).await.unwrap(), []);
    schema::apply(&control, &context).await.unwrap();
    let made = "SET search_path = pg_catalog;
        CREATE ROLE user_views; CREATE ROLE user_matviews; CREATE ROLE user_functions; CREATE ROLE user_rules;
        CREATE VIEW public.v_o2 AS SELECT * FROM cf_quere_pro.tipositver; ALTER VIEW public.v_o2 OWNER TO user_views;
        CREATE MATERIALIZED VIEW public.m_o2 AS SELECT * FROM cf_quere_pro.tipositver; ALTER MATERIALIZED VIEW public.m_o2 OWNER TO user_matviews;
        CREATE VIEW public.vm_o2 AS SELECT * FROM public.m_o2; ALTER VIEW public.vm_o2 OWNER TO user_views;
        CREATE FUNCTION public.f_o2() RETURNS SETOF cf_quere_pro.tipositver LANGUAGE sql AS 'SELECT * FROM cf_quere_pro.tipositver';
        ALTER FUNCTION public.f_o2() OWNER TO user_functions;
        CREATE TABLE public.t_o2 (a int); CREATE RULE r_o2 AS ON INSERT TO public.t_o2 DO ALSO DELETE FROM cf_quere_pro.tipositver WHERE false;
        ALTER TABLE public.t_o2 OWNER TO user_rules;";
    admin.batch("what uses a table", made).await.unwrap_or_else(|e| panic!("{}", said(&e)));
    control.batch("pinning the session", migrate::PINNED).await.unwrap();
    let blocking = async || -> Vec<String> {
        let migration = Migration::new(&control, &rules, context.clone()).await.unwrap();
        let found = migration.dependents(&rules.rules["tipositver"]).await.unwrap();
        found.iter().filter(|d| d.blocks).map(|d| format!("{} {}: {}", d.kind, d.name, d.fate)).collect()
    };
    let told = blocking().await;
    for (object, owner) in [
        ("view public.v_o2", "user_views"),
        ("materialised view public.m_o2", "user_matviews"),
        ("view public.vm_o2", "user_views"),
        ("function public.f_o2()", "user_functions"),
        ("rule r_o2 on public.t_o2", "user_rules"),
    ] {
        let line = format!("{object}: it belongs to {owner}, ");
        assert!(told.iter().any(|t| t.starts_with(&line)), "{line}\n{told:#?}");
    }
    let missing = roles::missing(&control, &context, &tables).await.unwrap();
    let grants: Vec<&str> = missing.iter().map(|m| m.mend.as_str()).collect();
    let expected = ["user_functions", "user_matviews", "user_rules", "user_views"].map(|r| format!("GRANT {r} TO user_mover"));
    assert_eq!(grants, expected, "{missing:#?}");
    assert!(missing[3].what.contains("view public.v_o2, view public.vm_o2"), "{missing:#?}");
    admin.batch("the script", &roles::script(&context, "user_mover", &tables, None)).await.unwrap();
    assert_eq!(roles::missing(&control, &context, &tables).await.unwrap(), []);
    assert_eq!(blocking().await, Vec::<String>::new());
    // A superuser's is left to the administrator.
    admin.batch("a superuser's view", "ALTER VIEW public.v_o2 OWNER TO postgres").await.unwrap();
    assert!(blocking().await.iter().any(|t| t.starts_with("view public.v_o2: it belongs to postgres, ")));
    let missing = roles::missing(&control, &context, &tables).await.unwrap();
    assert!(
        matches!(missing.as_slice(), [one] if one.what.contains("view public.v_o2") && one.what.contains("a superuser")),
        "{missing:#?}"
    );
}

/// What could not be carried, and was left on the archived table by `--accept`, still reads every row, and cannot write one: nobody would see the
/// change.
#[tokio::test]
async fn what_was_left_on_the_archive_reads_and_does_not_write() {
    let (admin, control, rules) = with_mover("real_left", "left_mover").await;
    let context = context();
    let made = "CREATE ROLE leaver LOGIN; GRANT USAGE ON SCHEMA cf_quere_pro TO leaver; GRANT CREATE ON SCHEMA public TO leaver;
        DELETE FROM cf_quere_pro.tipositver; INSERT INTO cf_quere_pro.tipositver VALUES (1, 1), (2, 2);
        GRANT SELECT, INSERT, UPDATE, DELETE ON cf_quere_pro.tipositver TO leaver; SET ROLE leaver;
        CREATE VIEW public.l_view AS SELECT * FROM cf_quere_pro.tipositver; CREATE TABLE public.l_log (a int);
        CREATE RULE l_rule AS ON INSERT TO public.l_log DO ALSO DELETE FROM cf_quere_pro.tipositver;
        CREATE FUNCTION public.l_trigger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN UPDATE public.l_view SET tsvtxtid = 7; RETURN new; END';
        CREATE TABLE public.l_traced (a int); CREATE TRIGGER l_trigger BEFORE INSERT ON public.l_traced FOR EACH ROW EXECUTE FUNCTION public.l_trigger();
        RESET ROLE";
    admin.batch("what a stranger makes", made).await.unwrap_or_else(|e| panic!("{}", said(&e)));
    let rule = &rules.rules["tipositver"];
    let new = Migration::new(&control, &rules, context.clone()).await.unwrap();
    let migration = Migration { accept: true, ..new };
    let run = migration.begin("there").await.unwrap();
    migration.table(run, rule).await.unwrap_or_else(|e| panic!("{}", said(&e)));
    admin.batch("as the stranger", "SET ROLE leaver").await.unwrap();
    for sql in [
        "INSERT INTO public.l_view VALUES (3, 3)",
        "UPDATE public.l_view SET tsvtxtid = 9",
        "DELETE FROM public.l_view",
        "INSERT INTO public.l_log VALUES (1)",
        "INSERT INTO public.l_traced VALUES (1)",
    ] {
        let error = admin.batch(sql, sql).await.unwrap_err();
        assert!(said(&error).contains("the rows of table tipositver have been moved"), "{sql}: {}", said(&error));
    }
    let rows = "SELECT string_agg(tsvid || '=' || tsvtxtid, ' ' ORDER BY tsvid) FROM ";
    let read = async |from: &str| -> String { admin.one(from, &format!("{rows}{from}"), &[]).await.unwrap().get(0) };
    for (sql, expected) in [
        ("INSERT INTO cf_quere_pro.tipositver VALUES (3, 3)", "1=1 2=2 3=3"),
        ("UPDATE cf_quere_pro.tipositver SET tsvtxtid = 5 WHERE tsvid = 2", "1=1 2=5 3=3"),
        ("DELETE FROM cf_quere_pro.tipositver WHERE tsvid = 1", "2=5 3=3"),
    ] {
        admin.batch(sql, sql).await.unwrap();
        assert_eq!([read("public.l_view").await, read("cf_quere_pro.tipositver").await], [expected; 2], "{sql}");
    }
    admin.batch("as before", "RESET ROLE").await.unwrap();
    assert!(migration.verify(rule).await.unwrap().unwrap().holds());
    // The archive can be filled again, and the table come back; then they write it as before.
    let vacuum = "VACUUM FULL mig_old.tipositver";
    admin.batch(vacuum, vacuum).await.unwrap();
    let parity = migration.verify(rule).await.unwrap().unwrap();
    assert!(parity.failures().contains("changes no longer reach the archive"), "{}", parity.failures());
    refill::mark(&control, &[]).await.unwrap();
    let filled = refill::mend(&control, &context, &rules, &migration.pace).await.unwrap();
    assert!(filled[0][1].text().starts_with("mended"), "{filled:?}");
    assert!(migration.verify(rule).await.unwrap().unwrap().holds());
    migration.back(run, rule).await.unwrap_or_else(|e| panic!("{}", said(&e)));
    migration.finish(run).await.unwrap();
    admin.batch("as the stranger", "SET ROLE leaver; UPDATE public.l_view SET tsvtxtid = 8 WHERE tsvid = 3; INSERT INTO public.l_traced VALUES (1); RESET ROLE").await.unwrap();
    assert_eq!(read("cf_quere_pro.tipositver").await, "2=7 3=7");
}

/// What roles of which the control role is no member have made over a moved table goes on after its way back, with their own rights; only what has
/// the view's row type keeps the table from coming back, unless that is accepted.
#[tokio::test]
async fn what_strangers_made_meanwhile_does_not_stop_the_way_back() {
    let (admin, control, rules) = with_mover("real_strangers", "strange_mover").await;
    let context = context();
    let rule = &rules.rules["tipositver"];
    let back = async |accept: bool| {
        let new = Migration::new(&control, &rules, context.clone()).await.unwrap();
        let migration = Migration { accept, ..new };
        let run = migration.begin("back").await.unwrap();
        let returned = migration.back(run, rule).await;
        migration.finish(run).await.unwrap();
        returned.map(|returned| returned.notes.join("; "))
    };
    let there = async || {
        let migration = Migration::new(&control, &rules, context.clone()).await.unwrap();
        let run = migration.begin("there").await.unwrap();
        migration.table(run, rule).await.unwrap_or_else(|e| panic!("{}", said(&e)));
        migration.finish(run).await.unwrap();
    };
    admin
        .batch("a row", "INSERT INTO cf_quere_pro.tipositver SELECT 1, 1 WHERE NOT EXISTS (SELECT FROM cf_quere_pro.tipositver)")
        .await
        .unwrap();
    there().await;
    // By the view with the legacy name, as beside the proxy, and by its twin, as through the proxy.
    let made = "CREATE ROLE stranger LOGIN; CREATE ROLE guest; GRANT USAGE ON SCHEMA cf_quere_pro TO stranger; GRANT CREATE ON SCHEMA public TO stranger;
        GRANT SELECT, UPDATE ON cf_quere_pro.tipositver TO stranger; SET ROLE stranger;
        CREATE VIEW public.s_own AS SELECT * FROM esclusa.tipositver; CREATE VIEW public.s_legacy AS SELECT * FROM cf_quere_pro.tipositver;
        CREATE VIEW public.s_row AS SELECT t AS r, t.tsvid FROM esclusa.tipositver AS t;
        GRANT SELECT, UPDATE ON public.s_own TO guest;
        CREATE MATERIALIZED VIEW public.s_kept AS SELECT count(*) AS n FROM cf_quere_pro.tipositver;
        CREATE FUNCTION public.s_atomic() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM esclusa.tipositver; END;
        CREATE TABLE public.s_log (a int); CREATE RULE s_rule AS ON INSERT TO public.s_log DO ALSO UPDATE cf_quere_pro.tipositver SET tsvtxtid = 0 WHERE false;
        CREATE POLICY s_policy ON public.s_log USING (EXISTS (SELECT FROM esclusa.tipositver)); ALTER TABLE public.s_log ENABLE ROW LEVEL SECURITY;
        CREATE TABLE public.s_rows (a int, r esclusa.tipositver); RESET ROLE";
    admin.batch("what strangers make", made).await.unwrap_or_else(|e| panic!("{}", said(&e)));
    let refused = said(&back(false).await.unwrap_err());
    assert!(refused.contains("tipositver cannot be brought back with everything that depends on it"), "{refused}");
    assert!(
        refused.contains("detail: column r of table public.s_rows: its type is")
            && refused.contains("--accept")
            && !refused.contains("s_own"),
        "{refused}"
    );
    for turn in 0..3 {
        let notes = back(true).await.unwrap_or_else(|e| panic!("{turn}: {}", said(&e)));
        if turn == 0 {
            for object in [
                "view public.s_own",
                "view public.s_legacy",
                "view public.s_row",
                "view public.s_kept",
                "function public.s_atomic()",
                "rule s_rule on public.s_log",
            ] {
                assert!(notes.contains(&format!("{object}: stays")), "{object}: {notes}");
            }
        }
        let as_stranger = async |sql: &str| {
            admin.batch("the stranger's role", "SET ROLE stranger").await.unwrap();
            let told = admin.text(sql, sql).await;
            admin.batch("my own", "RESET ROLE").await.unwrap();
            told.map(|rows| rows.into_iter().flatten().flatten().collect::<Vec<_>>().join(" ")).map_err(|e| said(&e))
        };
        let rows = as_stranger("SELECT count(*) FROM cf_quere_pro.tipositver").await.unwrap();
        // Who may use the stranger's view needs no right on the table.
        let as_guest = "SET ROLE guest; UPDATE public.s_own SET tsvtxtid = tsvtxtid; SELECT count(*) FROM public.s_own";
        assert_eq!(admin.text("as a guest", as_guest).await.unwrap().concat(), [Some(rows.clone())], "{turn}");
        let refused = admin.text("as a guest", "SELECT count(*) FROM cf_quere_pro.tipositver").await;
        assert!(refused.is_err_and(|e| said(&e).contains("permission denied")), "{turn}");
        admin.batch("my own", "RESET ROLE").await.unwrap();
        for sql in [
            "SELECT count(*) FROM public.s_own",
            "SELECT count(*) FROM public.s_legacy",
            "SELECT count((r).tsvid) FROM public.s_row",
            "SELECT public.s_atomic()",
        ] {
            assert_eq!(as_stranger(sql).await.as_deref(), Ok(rows.as_str()), "{turn}: {sql}");
        }
        assert_eq!(
            as_stranger(
                "INSERT INTO public.s_log VALUES (1); REFRESH MATERIALIZED VIEW public.s_kept; SELECT n FROM public.s_kept"
            )
            .await,
            Ok(rows.clone()),
            "{turn}"
        );
        let written = format!("UPDATE public.s_own SET tsvtxtid = {turn}; SELECT DISTINCT tsvtxtid FROM cf_quere_pro.tipositver");
        assert_eq!(as_stranger(&written).await, Ok(turn.to_string()));
        // Rights on the table are rights on what uses it.
        admin.batch("a right less", "REVOKE SELECT, UPDATE ON cf_quere_pro.tipositver FROM stranger").await.unwrap();
        for sql in ["SELECT * FROM public.s_own", "UPDATE public.s_legacy SET tsvtxtid = 0", "SELECT public.s_atomic()"] {
            assert!(as_stranger(sql).await.unwrap_err().contains("permission denied"), "{turn}: {sql}");
        }
        admin.batch("and again", "GRANT SELECT, UPDATE ON cf_quere_pro.tipositver TO stranger").await.unwrap();
        there().await;
        assert_eq!(as_stranger(&written).await, Ok(turn.to_string()));
        assert_eq!(admin.text("as a guest", as_guest).await.unwrap().concat(), [Some(rows)], "{turn}");
        admin.batch("my own", "RESET ROLE").await.unwrap();
    }
    // When nothing needs the views any more, `schema check` names them, and `schema apply` drops them.
    let through = "SELECT count(*) FROM pg_class WHERE relnamespace = 'esclusa'::regnamespace AND relname ~ '^through_'";
    assert_ne!(admin.text("views that were kept", through).await.unwrap().concat(), [Some("0".to_owned())]);
    admin
        .batch("the stranger leaves", "DROP OWNED BY stranger CASCADE; DROP OWNED BY guest; DROP ROLE guest, stranger")
        .await
        .unwrap();
    schema::apply(&control, &context).await.unwrap_or_else(|e| panic!("{}", said(&e)));
    assert_eq!(admin.text("views that were kept", through).await.unwrap().concat(), [Some("0".to_owned())]);
}

/// An object is given to a role that may not create in its schema, and may not afterwards.
#[tokio::test]
async fn a_right_to_create_is_lent() {
    let (admin, control, rules) = with_role("real_lent", "lender").await;
    let script = roles::script(&context(), "lender", &roles::tables(&rules), None);
    admin.batch("the script", &script).await.unwrap();
    control.batch("a table", "CREATE TABLE esclusa.t (a int); CREATE TABLE cf_quere_pro.\"T t\" (a int)").await.unwrap();
    roles::give(&control, &[("TABLE esclusa.t".into(), "esclusa")], "real_owner").await.unwrap_or_else(|e| panic!("{e}"));
    // A role that had the right keeps it.
    for owner in ["real_owner", "real_other_owner"] {
        roles::give(&control, &[("TABLE cf_quere_pro.\"T t\"".into(), "cf_quere_pro")], owner)
            .await
            .unwrap_or_else(|e| panic!("{e}"));
    }
    let sql = "SELECT relname, pg_get_userbyid(relowner)::text FROM pg_class WHERE relname IN ('t', 'T t') AND relkind = 'r' ORDER BY 1";
    let owners: Vec<(String, String)> =
        control.query("owners", sql, &[]).await.unwrap().iter().map(|r| (r.get(0), r.get(1))).collect();
    assert_eq!(owners, [("T t".into(), "real_other_owner".into()), ("t".into(), "real_owner".into())]);
    let sql = "SELECT has_schema_privilege('real_owner', 'esclusa', 'CREATE'), has_schema_privilege('real_owner', 'cf_quere_pro', 'CREATE'),
                      has_schema_privilege('real_other_owner', 'cf_quere_pro', 'CREATE')";
    let row = control.one("rights", sql, &[]).await.unwrap();
    assert_eq!((row.get(0), row.get(1), row.get(2)), (false, false, true));
}

/// The 202 tables, moved by a role that is not a superuser and owns none of them.
#[tokio::test]
async fn all_tables_move_as_a_role_that_is_no_superuser() {
    let real = Real::build(&Plot::default()).await;
    let failed: Vec<String> = real
        .migrate()
        .await
        .into_iter()
        .filter_map(|(table, outcome)| outcome.err().map(|e| format!("{table}: {}", said(&e))))
        .collect();
    assert!(failed.is_empty(), "{} tables were not moved\n{}", failed.len(), failed.join("\n"));
    let db = real.postgres.connect(real::TARGET).await.unwrap();
    let sql = "SELECT count(*) FROM pg_class AS v JOIN pg_class AS old ON old.relname = v.relname AND old.relnamespace = 'mig_old'::regnamespace
               WHERE v.relnamespace = 'cf_quere_pro'::regnamespace AND v.relkind = 'v' AND v.relowner = old.relowner";
    assert_eq!(
        db.one("owners of views", sql, &[]).await.unwrap().get::<_, i64>(0),
        202,
        "each view belongs to the table's owner"
    );
    let sql = "SELECT count(*) FROM pg_class AS leaf JOIN pg_class AS old ON old.relname = leaf.relname AND old.relnamespace = 'mig_old'::regnamespace
               WHERE leaf.relnamespace = to_regnamespace('esclusa_leaf') AND leaf.relkind = 'r' AND leaf.relowner = old.relowner";
    assert_eq!(
        db.one("owners of leaves", sql, &[]).await.unwrap().get::<_, i64>(0),
        202,
        "each leaf belongs to the table's owner"
    );
}

/// The control role restores every lost object of a moved table, although it owns none of them; and no role keeps a right that was granted for that.
#[tokio::test]
async fn a_role_that_is_no_superuser_mends_what_was_lost() {
    let real = Real::build(&Plot::default()).await;
    let mut held = Vec::new();
    for (table, outcome) in real.migrate().await {
        held.push(outcome.unwrap_or_else(|e| panic!("{table}: {}", said(&e))).held);
    }
    held.sort_unstable();
    println!(
        "tables were held for {:?}, {:?}, {:?} (half of them, 99 of 100, the longest)",
        held[held.len() / 2],
        held[held.len() * 99 / 100],
        held[held.len() - 1]
    );
    let admin = real.postgres.connect(real::TARGET).await.unwrap();
    let control = Database::connect(&real.url(real::CONTROL), None).await.unwrap();
    assert_eq!(schema::check(&control, &real.context).await.unwrap().rows, Vec::<Vec<Cell>>::new());
    let creators = "SELECT string_agg(rolname || ' ' || nspname, ', ' ORDER BY rolname, nspname) FROM pg_roles, pg_namespace AS n WHERE NOT rolsuper
                    AND nspname IN ('cf_quere_pro', 'esclusa', 'esclusa_leaf', 'esclusa_key') AND has_schema_privilege(rolname, n.oid, 'CREATE')";
    let before: Option<String> = admin.one("who may create", creators, &[]).await.unwrap().get(0);
    // One of each kind, on three tables that have it: views, functions, triggers, indexes, constraints, owners, grants, key tables.
    let damages = "
      SELECT format('DROP VIEW %I.%I CASCADE', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'v' AND n.nspname IN ('esclusa', 'cf_quere_pro') AND c.relname IN ('tipcontmtr', 'tipofraude', 'histipooficina')
      UNION ALL SELECT format('DROP FUNCTION %s CASCADE', p.oid::regprocedure) FROM pg_proc p WHERE pronamespace = 'esclusa'::regnamespace
        AND proname ~ '^(write|audit|project|follow|lead|hold)_.*(tipositver|tipobonif)'
      UNION ALL (SELECT format('DROP INDEX %s', i.indexrelid::regclass) FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
        WHERE c.relnamespace = 'esclusa_leaf'::regnamespace AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid)
          AND NOT EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = i.indexrelid) ORDER BY 1 LIMIT 3)
      UNION ALL (SELECT format('ALTER TABLE %s OWNER TO postgres', oid::regclass) FROM pg_class
        WHERE relnamespace = 'esclusa_leaf'::regnamespace AND relkind = 'r' AND relname IN ('hisaccesos', 'tipocorreo'))
      UNION ALL (SELECT format('DROP TABLE %s CASCADE', oid::regclass) FROM pg_class WHERE relnamespace = to_regnamespace('esclusa_key') AND relkind = 'r' ORDER BY 1 LIMIT 2)
      UNION ALL (SELECT format('REVOKE ALL ON %s FROM PUBLIC, real_grants, real_group', oid::regclass) FROM pg_class
        WHERE relnamespace = 'esclusa_leaf'::regnamespace AND relkind = 'r' ORDER BY 1 LIMIT 5)";
    let damages: Vec<String> = admin.text("damages", damages).await.unwrap().into_iter().flatten().flatten().collect();
    assert!(damages.len() >= 15, "{damages:#?}");
    admin.batch("alone", "SET esclusa.carry_grants = 'off'").await.unwrap();
    for damage in &damages {
        // An object that was dropped together with an earlier one is gone.
        let _ = admin.batch("damaging", damage).await;
    }
    let told = schema::check(&control, &real.context).await.unwrap().rows;
    assert!(told.len() >= 15, "{told:#?}");
    let done = schema::apply(&control, &real.context).await.unwrap_or_else(|e| panic!("{}", said(&e)));
    let failed: Vec<String> = done
        .rows
        .iter()
        .filter(|r| r[1].text().starts_with("not mended"))
        .map(|r| format!("{}: {}", r[0].text(), r[1].text()))
        .collect();
    // The control role cannot change the owner of an object that a superuser has taken.
    let waits = |f: &String| f.contains("must be owner of") || f.contains("cannot be compared");
    assert!(failed.iter().all(waits), "{failed:#?}");
    for table in ["hisaccesos", "tipocorreo"] {
        let give = format!("ALTER TABLE esclusa_leaf.{table} OWNER TO (SELECT 1)");
        let owner: String = admin
            .one(
                "the owner",
                &format!("SELECT relowner::regrole::text FROM pg_class WHERE oid = 'mig_old.{table}'::regclass"),
                &[],
            )
            .await
            .unwrap()
            .get(0);
        admin.batch("giving back", &give.replace("(SELECT 1)", &owner)).await.unwrap();
    }
    schema::apply(&control, &real.context).await.unwrap_or_else(|e| panic!("{}", said(&e)));
    assert_eq!(schema::check(&control, &real.context).await.unwrap().rows, Vec::<Vec<Cell>>::new());
    assert_eq!(admin.one("who may create", creators, &[]).await.unwrap().get::<_, Option<String>>(0), before);
}

/// With dependents a table is moved or refused, never half: a refused table stays as it was, and the message says which object would have been lost.
#[tokio::test]
async fn what_depends_on_a_table_is_kept_or_the_table_refused() {
    let real = Real::build(&Plot { dependents: true, ..Plot::default() }).await;
    let db = real.postgres.connect(real::TARGET).await.unwrap();
    let mut refused = Vec::new();
    for (table, outcome) in real.migrate().await {
        let Err(error) = outcome else { continue };
        assert!(real::dependents::DEPENDED_ON.iter().any(|(t, _)| *t == table), "{table}: {}", said(&error));
        let kind = format!("SELECT relkind = 'r' FROM pg_class WHERE oid = 'cf_quere_pro.{}'::regclass", ident(&table));
        assert!(db.one("is it still a table", &kind, &[]).await.unwrap().get::<_, bool>(0), "{table}");
        refused.push(format!("{table}: {}", said(&error)));
    }
    // A policy cannot be kept on rows that other names reach; a generated column is not generated in a view.
    for (table, word) in [("tipocorreo", "row"), ("tiposervicio", "identity"), ("tipogestcobro", "generated")] {
        let found = refused
            .iter()
            .find(|r| r.starts_with(&format!("{table}: ")))
            .unwrap_or_else(|| panic!("{table} was moved\n{refused:#?}"));
        assert!(found.to_lowercase().contains(word), "{found}");
    }
}
