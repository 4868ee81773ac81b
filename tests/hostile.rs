//! A role that means harm. It has operators and functions that look like PostgreSQL's own on its search path, types with casts of its own,
//! and every right that an application has: nothing of ours runs its code, and it can neither change, forge nor delete an audit row, nor
//! keep one from being written, nor stop the writing of another table.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

mod common;
#[path = "hostile/long.rs"]
mod long;
#[path = "hostile/names.rs"]
mod names;
#[path = "hostile/parameters.rs"]
mod parameters;
#[path = "hostile/reading.rs"]
mod reading;
#[path = "hostile/trap.rs"]
mod trap;

use common::proxy::{Proxy, Raw};
use common::{Bed, SCHEMA};
use esclusa::config::Address;
use esclusa::migrate::migration::Migration;
use esclusa::migrate::schema;
use esclusa::mode::Mode;
use esclusa::twin::Client;

const TABLES: &str = "
    CREATE TABLE cuenta (id numeric(5,0) PRIMARY KEY, n numeric(10,0), nombre varchar(20), hora timestamp, usuario varchar(10));
    CREATE TABLE otra (id numeric(5,0) PRIMARY KEY, n numeric(10,0));
    CREATE TABLE hiscuenta (hid numeric(5,0) NOT NULL, hn numeric(10,0), hnombre varchar(20), hhora timestamp, husuario varchar(10));
    CREATE INDEX hiscuenta_k ON hiscuenta (hid, hhora);
    CREATE TABLE hisotra (oid_ numeric(5,0) NOT NULL, on_ numeric(10,0));
    CREATE TABLE tipocuenta (id numeric(5,0) NOT NULL PRIMARY KEY, nombre varchar(20), letra char(3), n numeric(10,0));
    CREATE TABLE tipoletra (cod varchar(5) NOT NULL PRIMARY KEY, des varchar(30));
    CREATE TABLE histipoletra (hcod varchar(5), hdes varchar(30));
    INSERT INTO cuenta SELECT i, i * 10, 'c' || i, '2026-03-05 10:00', 'app' FROM generate_series(1, 3) i;
    INSERT INTO otra SELECT i, 0 FROM generate_series(1, 3) i;
    INSERT INTO hiscuenta SELECT i, i * 10, 'c' || i, '2026-03-05 10:00', 'app' FROM generate_series(1, 3) i;
    INSERT INTO hisotra VALUES (1, 1); INSERT INTO histipoletra VALUES ('a', 'antes');
    INSERT INTO tipocuenta SELECT i, 'tipo ' || i, 'x', i FROM generate_series(1, 4) i;
    INSERT INTO tipoletra VALUES ('a', 'letra a'), ('b', 'letra b');";

const MOVED: [&str; 5] = ["hiscuenta", "hisotra", "tipocuenta", "tipoletra", "histipoletra"];

/// The tables with an owner who does not log in and an application that may do everything with their rows; roles carry the test's name.
async fn legacy(test: &str, more: &str) -> Bed {
    let own = "cuenta, otra, hiscuenta, hisotra, tipocuenta, tipoletra, histipoletra";
    let owners: String = own.split(", ").map(|t| format!("ALTER TABLE {t} OWNER TO {test}_owner;")).collect();
    Bed::new(&format!(
        "DO $$ BEGIN CREATE ROLE {test}_owner; CREATE ROLE {test}_app LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
         {TABLES} {owners} GRANT USAGE, CREATE ON SCHEMA {SCHEMA} TO {test}_owner; GRANT USAGE ON SCHEMA {SCHEMA} TO {test}_app;
         GRANT ALL ON {own} TO {test}_app; {more}"
    ))
    .await
}

async fn rules(bed: &mut Bed) {
    for (table, base, key, own, prefix) in [
        ("hiscuenta", "cuenta", "id", "hid", "h"),
        ("hisotra", "otra", "id", "oid_", "o"),
        ("histipoletra", "tipoletra", "cod", "hcod", "h"),
    ] {
        bed.rule(table, "history", &format!("{{ base = '{base}' }}"), &format!("{{ columns = ['{own}'], base = ['{key}'] }}"))
            .await;
        for column in &mut bed.rules.rules.get_mut(table).unwrap().columns {
            column.base = column.column.name.strip_prefix(prefix).map(|c| c.trim_end_matches('_').to_owned());
        }
    }
    bed.lookup("tipocuenta", "id").await;
    bed.lookup("tipoletra", "cod").await;
}

/// The same, moved, behind a proxy.
async fn moved(test: &str, more: &str) -> (Bed, Proxy) {
    let mut bed = legacy(test, more).await;
    rules(&mut bed).await;
    bed.migrate_all().await;
    let proxy = Proxy::start(&bed).await;
    proxy.set(&MOVED, Mode::Rewrite).await;
    (bed, proxy)
}

async fn client(address: &Address, bed: &Bed, user: &str, path: &str) -> Raw {
    let parameters = [("user", user), ("database", bed.name()), ("search_path", path), ("TimeZone", "UTC")];
    Raw(Client::connect(address, &parameters).await.unwrap())
}

async fn server() -> Address {
    Address::Tcp("127.0.0.1".into(), common::server().await.port)
}

/// The path before the server's own names, behind them, and behind the legacy schema.
const PATHS: [&str; 3] = ["trampa, pg_catalog, cf_quere_pro", "trampa, cf_quere_pro", "cf_quere_pro, public, trampa"];

/// What a client sends, none of which calls the traps on the legacy tables by itself.
const STATEMENTS: &[&str] = &[
    "SELECT * FROM tipocuenta",
    "SELECT id FROM tipocuenta",
    "SELECT * FROM tipoletra",
    "SELECT des FROM tipoletra t",
    "SELECT * FROM hiscuenta",
    "SELECT h FROM hiscuenta AS h",
    "SELECT count(*) FROM hiscuenta",
    "SELECT hnombre, hhora FROM hiscuenta LIMIT 1",
    "SELECT * FROM tipocuenta OFFSET 1 FOR UPDATE",
    "SELECT a.*, b.des FROM tipocuenta a CROSS JOIN tipoletra b",
    "TABLE hisotra",
    "WITH x AS (SELECT * FROM hiscuenta) SELECT hid FROM x",
    "INSERT INTO tipocuenta VALUES (7, 'siete', 'z', 1)",
    "INSERT INTO tipocuenta (id) VALUES (8) RETURNING *",
    "INSERT INTO tipocuenta VALUES (1, 'otra', 'z', 1) ON CONFLICT (id) DO NOTHING",
    "INSERT INTO tipocuenta VALUES (1, 'otra', 'z', 1) ON CONFLICT (id) DO UPDATE SET n = excluded.n",
    "INSERT INTO tipoletra VALUES ('c', 'letra c') RETURNING cod",
    "INSERT INTO tipoletra VALUES ('a', 'repetida')",
    "INSERT INTO tipoletra (des) VALUES ('sin código')",
    "INSERT INTO hiscuenta VALUES (4, 40, 'c4', '2026-03-06', 'app')",
    "INSERT INTO hiscuenta SELECT * FROM hiscuenta",
    "INSERT INTO hisotra DEFAULT VALUES",
    "INSERT INTO hiscuenta (hid, hnombre) VALUES (1, 'un nombre que no cabe en veinte')",
    "UPDATE tipocuenta SET n = 5",
    "UPDATE tipocuenta SET nombre = 'x', letra = 'y' RETURNING *",
    "UPDATE tipoletra SET des = 'y'",
    "UPDATE hiscuenta SET hn = 1, hhora = '2026-01-01'",
    "UPDATE hiscuenta SET hnombre = NULL RETURNING hid",
    "DELETE FROM tipocuenta",
    "DELETE FROM tipoletra RETURNING cod",
    "DELETE FROM hiscuenta",
    "TRUNCATE hiscuenta",
    "TRUNCATE tipocuenta, hisotra",
    "LOCK TABLE tipocuenta IN EXCLUSIVE MODE",
    "COPY tipocuenta TO STDOUT",
    "COPY (SELECT * FROM hiscuenta) TO STDOUT",
    "ANALYZE tipocuenta",
    "DECLARE c CURSOR FOR SELECT * FROM tipocuenta; FETCH 1 FROM c; UPDATE tipocuenta SET n = 3 WHERE CURRENT OF c",
    "PREPARE p AS INSERT INTO tipoletra VALUES ($1, $2); EXECUTE p('d', 'letra d')",
    "EXPLAIN (COSTS OFF) SELECT * FROM tipocuenta",
    // Tables that stay, with the audit trigger on them.
    "INSERT INTO cuenta VALUES (4, 40, 'c4', NULL, 'app')",
    "UPDATE cuenta SET nombre = 'otro', n = 7",
    "UPDATE cuenta SET nombre = NULL, hora = NULL",
    "UPDATE otra SET n = 8",
    "DELETE FROM cuenta",
    "TRUNCATE cuenta",
];

async fn hits(bed: &Bed) -> String {
    let hits = bed.cell("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM trampa.veces").await;
    bed.sql("SELECT setval('trampa.veces', 1, false)").await;
    hits
}

/// Runs one statement in a transaction that is rolled back; how often a trap was called.
async fn sprung(bed: &Bed, client: &mut Raw, statement: &str) -> (String, String) {
    assert_eq!(hits(bed).await, hits(bed).await);
    client.query("BEGIN").await;
    let told = client.query(statement).await;
    client.query("ROLLBACK").await;
    client.query("DEALLOCATE ALL").await;
    (told, hits(bed).await)
}

/// Where the legacy table's own statement runs no code of the trap, nothing of ours does, through the proxy and beside it.
#[tokio::test]
async fn no_trap_on_the_search_path_is_sprung() {
    let old = legacy("trap", trap::SQL).await;
    let (new, proxy) = moved("trap", trap::SQL).await;
    // The trap works: it is called where a client names what it imitates.
    for call in [
        "SELECT 'a'::varchar = 'a'::varchar",
        "SELECT rtrim('a'::varchar)",
        "SELECT now()",
        "SELECT 'a'::text",
        "SELECT '2026-01-01'::date",
    ] {
        let mut session = client(&server().await, &old, "trap_app", PATHS[0]).await;
        assert_ne!(sprung(&old, &mut session, call).await.1, "0", "{call}");
    }
    let (mut checked, mut own) = (0, Vec::new());
    for path in PATHS {
        let mut before = client(&server().await, &old, "trap_app", path).await;
        let mut through = client(&proxy.server.address, &new, "trap_app", path).await;
        let mut beside = client(&server().await, &new, "trap_app", path).await;
        for statement in STATEMENTS {
            let (legacy, sprung_by_itself) = sprung(&old, &mut before, statement).await;
            if sprung_by_itself != "0" {
                own.push(format!("{path}: {statement}"));
                continue;
            }
            let (told, found) = sprung(&new, &mut through, statement).await;
            assert_eq!(found, "0", "through the proxy, {path}: {statement}\n{told}");
            // A plan is another one; what a client asked of a relation is the same.
            if !statement.starts_with("EXPLAIN") {
                assert_eq!(sorted(&told), sorted(&legacy), "{path}: {statement}");
            }
            let (told, found) = sprung(&new, &mut beside, statement).await;
            assert_eq!(found, "0", "beside the proxy, {path}: {statement}\n{told}");
            checked += 1;
        }
    }
    assert!(
        checked > 2 * STATEMENTS.len() && own.len() < STATEMENTS.len() / 2,
        "{checked} checked; sprung by themselves: {own:#?}"
    );
}

fn sorted(told: &str) -> Vec<&str> {
    let mut words: Vec<&str> = told.split(' ').collect();
    words.sort_unstable();
    words
}

/// The path is set for the whole database: applying the schema, moving, proving, checking, capturing call no trap either.
#[tokio::test]
async fn the_migration_springs_no_trap() {
    let mut bed = legacy("path", trap::SQL).await;
    bed.kept = true;
    let name = bed.name().to_owned();
    bed.sql(&format!("ALTER DATABASE {name} SET search_path = {}", PATHS[0])).await;
    bed.db = common::server().await.connect(&name).await.unwrap();
    rules(&mut bed).await;
    let watch = Bed::beside(&bed).await;
    hits(&watch).await;
    schema::apply(&bed.db, &bed.context).await.unwrap();
    assert_eq!(hits(&watch).await, "0", "schema apply");
    bed.migrate_all().await;
    assert_eq!(hits(&watch).await, "0", "migrate");
    let migration = Migration::new(&bed.db, &bed.rules, bed.context.clone()).await.unwrap();
    for rule in bed.rules.rules.values() {
        assert!(migration.verify(rule).await.unwrap().unwrap().holds(), "{}", rule.table);
    }
    assert_eq!(hits(&watch).await, "0", "verify");
    schema::check(&bed.db, &bed.context).await.unwrap();
    assert_eq!(hits(&watch).await, "0", "schema check");
}

/// Nor does any command, nor a proxy that serves: each has sessions of its own.
#[tokio::test]
async fn no_command_springs_a_trap() {
    let mut bed = legacy("commands", trap::SQL).await;
    let name = bed.name().to_owned();
    rules(&mut bed).await;
    bed.kept = true;
    bed.migrate_all().await;
    bed.sql(&format!("ALTER DATABASE {name} SET search_path = {}", PATHS[0])).await;
    let watch = Bed::beside(&bed).await;
    let proxy = Proxy::start_with(&bed, |settings| settings.control.flush_interval = std::time::Duration::from_millis(50)).await;
    let mut client = proxy.client(&bed).await;
    hits(&watch).await;
    let table = bed.rules.rules.keys().next().unwrap().clone();
    client.query(&format!("SELECT count(*) FROM cf_quere_pro.{table}")).await;
    common::wait_for(&watch.db, "SELECT count(*) OPERATOR(pg_catalog.>) 0 FROM esclusa.hit_total").await;
    proxy.set(&[&table], Mode::Rewrite).await;
    assert_eq!(hits(&watch).await, "0", "serve");
    let directory = tempfile::tempdir().unwrap();
    let url = common::server().await.url(&name);
    for arguments in [
        "check",
        "status",
        "status --plan",
        "inventory --sample 0",
        "dependencies --all",
        "report",
        "report statements",
        "report list",
        "order",
        "order next",
        "doctor",
        "registry --directory DIR",
        "schema check",
        "roles --check",
        "rules list",
        "verify --all",
        "sign --all --by Ana",
        "drop --all --dry-run",
        "drop --all --dump DIR",
        "benchmark --runs 1",
        "retain --all",
        "rules set TABLE observe --reason x",
        "rollback --all",
        "migrate --all",
    ] {
        let words: Vec<String> = arguments
            .split(' ')
            .map(|word| word.replace("DIR", directory.path().to_str().unwrap()).replace("TABLE", &table))
            .collect();
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_esclusa"));
        command
            .args(&words)
            .env("ESCLUSA_CONTROL_URL", url.secret())
            .env("ESCLUSA_RULES_DIRECTORY", &proxy.rules)
            .env("ESCLUSA_MIGRATE_OBSERVATION", "0s");
        let said = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let told = format!("{}{}", String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
        assert_eq!(hits(&watch).await, "0", "{arguments}\n{told}");
        assert!(matches!(said.status.code(), Some(0 | 1)), "{arguments}\n{told}");
    }
}

/// A type of the client's own, whose cast to json is its own function: what the trigger serialises must not run it as somebody else.
#[tokio::test]
async fn a_cast_of_the_clients_own_is_not_run_by_the_trigger() {
    let more = "
        CREATE SCHEMA trampa; GRANT ALL ON SCHEMA trampa TO PUBLIC; CREATE SEQUENCE trampa.veces; GRANT ALL ON SEQUENCE trampa.veces TO PUBLIC;
        CREATE TABLE trampa.visto (quien text); GRANT ALL ON trampa.visto TO PUBLIC;
        CREATE TYPE trampa.cosa AS (a int);
        CREATE FUNCTION trampa.mala(trampa.cosa) RETURNS json LANGUAGE plpgsql AS $$
        BEGIN
          PERFORM pg_catalog.nextval('trampa.veces'); INSERT INTO trampa.visto VALUES (current_user);
          BEGIN ALTER ROLE cast_app SUPERUSER; EXCEPTION WHEN OTHERS THEN NULL; END;
          BEGIN DELETE FROM cf_quere_pro.audit_log; EXCEPTION WHEN OTHERS THEN NULL; END;
          RETURN '{}';
        END $$;
        CREATE CAST (trampa.cosa AS json) WITH FUNCTION trampa.mala(trampa.cosa);
        ALTER TABLE cuenta ADD COLUMN c trampa.cosa; ALTER TABLE tipocuenta ADD COLUMN c varchar(3); GRANT cast_owner TO cast_app;";
    let (bed, proxy) = moved("cast", more).await;
    let mut app = client(&proxy.server.address, &bed, "cast_app", "cf_quere_pro, trampa").await;
    for statement in
        ["UPDATE cuenta SET c = ROW(1)", "INSERT INTO cuenta (id, c) VALUES (9, ROW(2))", "DELETE FROM cuenta WHERE id = 9"]
    {
        assert!(app.query(statement).await.starts_with('['), "{statement}");
    }
    let audited = "SELECT count(*) FROM cf_quere_pro.audit_log WHERE al_source = 'T' AND al_table_name = 'cuenta'";
    assert_eq!(bed.cell(audited).await, "5");
    assert_eq!(bed.rows("SELECT DISTINCT quien FROM trampa.visto WHERE quien <> 'cast_app'").await, Vec::<String>::new());
    assert_eq!(bed.cell("SELECT rolsuper FROM pg_roles WHERE rolname = 'cast_app'").await, "f");
    assert_eq!(hits(&bed).await, "0");
}

/// What the application tries on the audit and on leaves, and the SQLSTATE that it gets. `{app}` is the role.
const FORGERIES: &[(&str, &str)] = &[
    ("SELECT * FROM cf_quere_pro.audit_log", "42501"),
    ("SELECT * FROM cf_quere_pro.audit_log_live", "42501"),
    ("UPDATE cf_quere_pro.audit_log SET al_user_id = 'otro'", "42501"),
    ("UPDATE cf_quere_pro.audit_log_live SET al_user_id = 'otro'", "42501"),
    ("DELETE FROM cf_quere_pro.audit_log_live", "42501"),
    ("TRUNCATE cf_quere_pro.audit_log", "42501"),
    ("LOCK cf_quere_pro.audit_log_live IN ACCESS SHARE MODE", "42501"),
    ("INSERT INTO cf_quere_pro.audit_log (al_table_name, al_record_key, al_operation, al_new_data, al_user_id) VALUES ('cuenta', '1', 'I', '{}', 'x')", "42501"),
    ("INSERT INTO cf_quere_pro.audit_log_live (al_table_name, al_record_key, al_operation, al_new_data, al_user_id) VALUES ('cuenta', '1', 'I', '{}', 'x')", "42501"),
    ("INSERT INTO cf_quere_pro.domain_value (dv_domain, dv_code) VALUES ('tipocuenta', '9')", "42501"),
    ("SELECT * FROM cf_quere_pro.domain_value", "42501"),
    ("DELETE FROM cf_quere_pro.domain_value_link", "42501"),
    // A row does not change its table.
    ("UPDATE esclusa_leaf.tipocuenta SET dv_domain = 'tipoletra'", "23514"),
    ("INSERT INTO esclusa_leaf.tipocuenta (dv_domain, dv_code) VALUES ('tipoletra', 'z')", "23514"),
    ("UPDATE esclusa_leaf.hiscuenta SET al_legacy_table = 'hisotra'", "23514"),
    ("UPDATE esclusa_leaf.hiscuenta SET al_legacy_table = '', al_source = 'T'", "23514"),
    ("UPDATE esclusa_leaf.hiscuenta SET al_source = 'T'", "23514"),
    ("UPDATE esclusa_leaf.hiscuenta SET al_table_name = 'otra'", "23514"),
    (
        "INSERT INTO esclusa_leaf.hiscuenta (al_table_name, al_record_key, al_operation, al_old_data, al_user_id, al_source, al_legacy_table)
         VALUES ('cuenta', '1', 'U', '{}', 'x', 'T', '')",
        "23514",
    ),
    // The functions that may write what it may not.
    ("CREATE TABLE mia (id int); CREATE TRIGGER x AFTER INSERT ON mia FOR EACH ROW EXECUTE FUNCTION cf_quere_pro.fn_audit_trigger('id')", "42501"),
    (
        "CREATE VIEW mia AS SELECT 1 AS id; CREATE TRIGGER x INSTEAD OF INSERT ON mia FOR EACH ROW EXECUTE FUNCTION esclusa.write_tipocuenta()",
        "42501",
    ),
    ("CREATE FUNCTION esclusa.assign_numeric(text) RETURNS numeric LANGUAGE sql AS 'SELECT 1'", "42501"),
    ("CREATE TABLE esclusa_leaf.mia (id int)", "42501"),
    ("ALTER TABLE cuenta DISABLE TRIGGER ALL", "42501"),
    ("DROP TRIGGER trg_audit_cuenta ON cuenta", "42501"),
    ("SET session_replication_role = replica", "42501"),
    ("SET ROLE esclusa_audit", "42501"),
    ("ALTER TABLE esclusa_leaf.hiscuenta DISABLE TRIGGER ALL", "42501"),
    ("ALTER EVENT TRIGGER esclusa_grants DISABLE", "42501"),
];

#[tokio::test]
async fn the_application_cannot_forge_change_or_delete_an_audit_row() {
    let (bed, proxy) = moved("forge", "CREATE SCHEMA suya; GRANT ALL ON SCHEMA suya TO PUBLIC").await;
    bed.sql("UPDATE cf_quere_pro.cuenta SET n = 1").await;
    let audit =
        "SELECT count(*), md5(string_agg(a::text, ',' ORDER BY al_id)) FROM cf_quere_pro.audit_log AS a WHERE al_source = 'T'";
    let before = bed.rows(audit).await;
    assert!(!before[0].starts_with("0|"), "{before:?}");
    for address in [server().await, proxy.server.address.clone()] {
        let mut app = client(&address, &bed, "forge_app", "suya, cf_quere_pro").await;
        for (statement, state) in FORGERIES {
            app.query("BEGIN").await;
            let told = app.query(statement).await;
            app.query("ROLLBACK").await;
            assert!(told.contains(&format!("<{state} ")), "{statement}\n{told}");
        }
        // The months, by their names.
        let months = bed
            .rows("SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'cf_quere_pro.audit_log_live'::regclass")
            .await;
        assert!(months.len() > 20, "{months:?}");
        for month in months {
            for statement in
                [format!("SELECT * FROM {month}"), format!("DELETE FROM {month}"), format!("INSERT INTO {month} DEFAULT VALUES")]
            {
                assert!(app.query(&statement).await.contains("<42501 "), "{statement}");
            }
        }
    }
    assert_eq!(bed.rows(audit).await, before);
}

/// Whoever writes a look-up that a history mirrors, in whatever way he may, is recorded; who he is he cannot choose.
#[tokio::test]
async fn every_way_to_write_is_recorded() {
    let (bed, proxy) = moved("ways", "").await;
    let recorded = "SELECT count(*), string_agg(DISTINCT al_session_user, ',') FROM cf_quere_pro.audit_log_live WHERE al_table_name = 'tipoletra'";
    for (address, statement, rows) in [
        (&proxy.server.address, "UPDATE tipoletra SET des = 'uno' WHERE cod = 'a'", 1),
        (&proxy.server.address, "INSERT INTO tipoletra VALUES ('n', 'nueva')", 1),
        (&proxy.server.address, "DELETE FROM tipoletra WHERE cod = 'n'", 1),
        (&server().await, "UPDATE cf_quere_pro.tipoletra SET des = 'dos' WHERE cod = 'a'", 1),
        (&server().await, "UPDATE esclusa.tipoletra SET des = 'tres' WHERE cod = 'a'", 1),
        (&server().await, "UPDATE esclusa_leaf.tipoletra SET dv_extra_json = '{\"des\": \"cuatro\"}' WHERE dv_code = 'a'", 1),
        (&server().await, "DELETE FROM esclusa_leaf.tipoletra WHERE dv_code = 'b'", 1),
        (&proxy.server.address, "TRUNCATE tipoletra", 1),
        (&server().await, "TRUNCATE esclusa_leaf.tipoletra", 1),
    ] {
        let before: i64 = bed.rows(recorded).await[0].split('|').next().unwrap().parse().unwrap();
        let mut app = client(address, &bed, "ways_app", "cf_quere_pro").await;
        app.query("SELECT set_config('app.current_user', 'el jefe', false)").await;
        let told = app.query(statement).await;
        assert!(!told.contains('<'), "{statement}: {told}");
        let after = bed.rows(recorded).await[0].clone();
        assert_eq!(after, format!("{}|ways_app", before + rows), "{statement}");
    }
}

/// Who locks one history, in whatever mode, stops neither the trigger of another table nor that of its own base.
#[tokio::test]
async fn a_lock_on_one_history_stops_nobody_elses_writing() {
    let (bed, proxy) = moved("lock", "").await;
    let mut one = client(&proxy.server.address, &bed, "lock_app", "cf_quere_pro").await;
    let mut two = client(&proxy.server.address, &bed, "lock_app", "cf_quere_pro").await;
    two.query("SET lock_timeout = '3s'").await;
    for lock in ["LOCK TABLE hiscuenta", "TRUNCATE hiscuenta", "LOCK TABLE tipocuenta IN EXCLUSIVE MODE", "DELETE FROM hiscuenta"]
    {
        one.query("BEGIN").await;
        assert!(one.query(lock).await.starts_with('['), "{lock}");
        for write in [
            "UPDATE otra SET n = n + 1",
            "UPDATE cuenta SET n = n + 1",
            "INSERT INTO hisotra VALUES (2, 2)",
            "UPDATE tipoletra SET des = 'z'",
        ] {
            let told = two.query(write).await;
            assert!(told.starts_with('['), "{lock} stops {write}: {told}");
        }
        one.query("ROLLBACK").await;
    }
}
