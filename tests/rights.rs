//! The rights matrix: roles that could or could not read, write, lock or copy a legacy table can or cannot do so after the move, through the proxy and
//! around it, with the same answers; and no role has a right on anything else that was made. "Before" is the original database, "after" the one
//! migrated by a role that is not a superuser. The same two databases show that plans use the same indexes as before (`plans`).
//!
//! `ESCLUSA_RIGHTS_TABLES=20` tests only every 20th table, for a quick check.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

mod common;
#[path = "rights/definer.rs"]
mod definer;
#[path = "rights/operations.rs"]
mod operations;
#[path = "rights/plans.rs"]
mod plans;

use std::collections::BTreeMap;

use common::real::access::{LATE, ROLES, Role};
use common::real::{LEGACY, Plot, Real, SCHEMA, TARGET};
use esclusa::catalog::Database;
use esclusa::config::{Address, Url};
use esclusa::rule::Rule;
use esclusa::server::Server;
use esclusa::sql::quote::{ident, literal};
use esclusa::twin::Client;
use operations::{Operation, operations};
use tokio::sync::OnceCell;

/// Where a statement is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    /// The legacy tables.
    Before,
    /// The migrated database through the proxy.
    Through,
    /// The migrated database directly: the views under the legacy names.
    Beside,
}

/// The allowed differences: side, operation, answer, reason.
const KNOWN: &[(Side, &str, &str, &str)] = &[
    (Side::Beside, "TRUNCATE", "<42809", "a view cannot be truncated"),
    (Side::Beside, "ANALYZE", "[ANALYZE]", "a view is passed over, before its columns are looked for"),
    (Side::Beside, "COPY TO", "<42809", "a view is no table to COPY TO"),
    (Side::Beside, "MERGE", "<0A000 cannot execute MERGE", "PostgreSQL 15 merges into no view"),
    (Side::Beside, "UPDATE all", "<23503", VIEW_BY_ROW),
    (Side::Through, "UPDATE all", "<23503", VIEW_BY_ROW),
    (Side::Through, "MERGE", "<0A000", "who has less than a whole table writes through the view"),
];

/// If a statement violates two constraints, the foreign key is reported before the key: a view's trigger writes row by row, and the server checks
/// foreign keys after each of them. Through the proxy this is so for roles that have less than the whole table.
const VIEW_BY_ROW: &str = "a view is written row by row";

struct World {
    real: Real,
    tables: Vec<Rule>,
}

/// The world with a proxy of one test: it lives in that test's runtime.
struct Stage {
    world: &'static World,
    proxy: Server,
}

async fn stage() -> Stage {
    let world = world().await;
    Stage { world, proxy: world.real.proxy().await }
}

/// Both databases, for all tests of this crate.
async fn world() -> &'static World {
    static WORLD: OnceCell<World> = OnceCell::const_new();
    let build = || async {
        let real = Real::build(&Plot::default()).await;
        for (table, outcome) in real.migrate().await {
            if let Err(error) = outcome {
                panic!("{table}: {error} {:?}", error.more());
            }
        }
        let every: usize = std::env::var("ESCLUSA_RIGHTS_TABLES").map_or(1, |n| n.parse().unwrap());
        let tables = real.moving().step_by(every).cloned().collect();
        World { real, tables }
    };
    WORLD.get_or_init(build).await
}

async fn client(address: &Address, database: &str, role: &Role) -> Client {
    let path = format!("{SCHEMA}, public");
    let parameters = [("user", role.login), ("database", database), ("search_path", &*path), ("TimeZone", "UTC")];
    let mut client = Client::connect(address, &parameters).await.unwrap();
    if let Some(becomes) = role.becomes {
        let answer = client.query(&format!("SET ROLE {becomes}")).await.unwrap();
        assert!(answer.error().is_none(), "{answer:?}");
    }
    client
}

impl World {
    fn server(&self) -> Address {
        Address::Tcp("127.0.0.1".into(), self.real.postgres.port)
    }

    /// The operations on each table, made from rows that the legacy database has.
    async fn work(&self) -> Vec<(String, Vec<Operation>)> {
        let db = self.real.postgres.connect(LEGACY).await.unwrap();
        let mut work = Vec::new();
        for rule in &self.tables {
            work.push((rule.table.clone(), operations(&db, rule).await));
        }
        work
    }
}

impl Stage {
    async fn session(&self, side: Side, role: &Role) -> Client {
        match side {
            Side::Before => client(&self.world.server(), LEGACY, role).await,
            Side::Through => client(&self.proxy.address, TARGET, role).await,
            Side::Beside => client(&self.world.server(), TARGET, role).await,
        }
    }

    /// Sends each operation in a transaction of its own that is rolled back; returns the answers in order.
    async fn play(&self, side: Side, role: &Role, work: &[(String, Vec<Operation>)]) -> Vec<String> {
        let mut session = self.session(side, role).await;
        let mut told = Vec::new();
        for operation in work.iter().flat_map(|(_, operations)| operations) {
            told.push(operation.play(&mut session).await);
        }
        told
    }

    /// The differences of a side from before, for one role; and how many operations succeeded before.
    async fn differences(&self, side: Side, role: &Role) -> (Vec<String>, usize, usize) {
        let work = self.world.work().await;
        let (before, after) = tokio::join!(self.play(Side::Before, role, &work), self.play(side, role, &work));
        let operations = work.iter().flat_map(|(table, operations)| operations.iter().map(move |o| (table, o)));
        let mut differences = Vec::new();
        let mut allowed = 0;
        for ((table, operation), (before, after)) in operations.zip(before.iter().zip(&after)) {
            let failed = |told: &str| told.contains('<');
            let known = |(s, name, told, _): &(Side, &str, &str, &str)| {
                *s == side && operation.name.starts_with(name) && after.contains(told)
            };
            let same = *before == seen(side, after) || KNOWN.iter().any(known);
            allowed += usize::from(!failed(before));
            if !same {
                differences.push(format!(
                    "{} as {} on {table}, {}\n  {}\n  before {before}\n  after  {after}",
                    operation.name,
                    role.kind,
                    if side == Side::Through { "through the proxy" } else { "beside it" },
                    operation.sql
                ));
            }
        }
        (differences, allowed, before.len())
    }
}

/// Beside the proxy the view is called a view, and the unique constraint has the leaf's name.
fn seen(side: Side, told: &str) -> String {
    match side {
        Side::Beside => {
            told.replace("permission denied for view ", "permission denied for table ").replace("_code_key\"", "_pkey\"")
        }
        _ => told.to_owned(),
    }
}

async fn matrix(side: Side) {
    let stage = stage().await;
    let (mut all, mut allowed, mut asked) = (Vec::new(), 0, 0);
    for role in &ROLES {
        let (differences, yes, of) = stage.differences(side, role).await;
        println!("{side:?} as {}: {of} statements, {yes} allowed before, {} differences", role.kind, differences.len());
        // Each role is allowed something and refused something, or the matrix says nothing about it.
        assert!(
            (yes < of || role.kind == "owner") && (yes > 0 || role.kind == "none" || role.kind == "not yet SET ROLE"),
            "{}: {yes} of {of}",
            role.kind
        );
        all.extend(differences);
        allowed += yes;
        asked += of;
    }
    assert!(all.is_empty(), "{} differences in {asked} statements ({allowed} allowed)\n{}", all.len(), summary(&all));
}

/// The first of each kind, and how many there are.
fn summary(differences: &[String]) -> String {
    let mut kinds: BTreeMap<&str, (usize, &String)> = BTreeMap::new();
    for difference in differences {
        let kind = difference.split(" on ").next().unwrap_or_default();
        kinds.entry(kind).or_insert((0, difference)).0 += 1;
    }
    kinds.values().map(|(count, first)| format!("{count} times {first}")).collect::<Vec<_>>().join("\n")
}

/// The matrix by itself, on the legacy side: a statement has the same answer twice.
#[tokio::test]
async fn the_matrix_is_steady() {
    let real = Real::build(&Plot::default()).await;
    let tables: Vec<Rule> = real.moving().step_by(9).cloned().collect();
    let db = real.postgres.connect(LEGACY).await.unwrap();
    let address = Address::Tcp("127.0.0.1".into(), real.postgres.port);
    for role in &ROLES {
        let (mut one, mut two) = (client(&address, LEGACY, role).await, client(&address, LEGACY, role).await);
        let (mut yes, mut no) = (0, 0);
        for rule in &tables {
            for operation in operations(&db, rule).await {
                let told = operation.play(&mut one).await;
                assert_eq!(told, operation.play(&mut two).await, "{}: {}", role.kind, operation.sql);
                if told.contains("<42") {
                    no += 1
                } else {
                    yes += 1
                }
                // An error of the statement itself would hide the check of rights, so there must be none except where the test is about who gets that error.
                assert!(
                    operation.sql.contains("nosuch")
                        || !["<42601", "<42703", "<42804", "<22P02", "<25P02"].iter().any(|s| told.contains(s)),
                    "{}: {told}",
                    operation.sql
                );
            }
        }
        println!("{}: {yes} allowed, {no} refused", role.kind);
        assert!(
            (no > 0 || role.kind == "owner") && (yes > 0 || ["none", "not yet SET ROLE"].contains(&role.kind)),
            "{}: {yes} allowed, {no} refused",
            role.kind
        );
    }
}

#[tokio::test]
async fn rights_are_the_same_through_the_proxy() {
    matrix(Side::Through).await;
}

#[tokio::test]
async fn rights_are_the_same_beside_the_proxy() {
    matrix(Side::Beside).await;
}

/// The role that the catalog's functions are asked about: the one set by SET ROLE, or the login role.
fn effective(role: &Role) -> &'static str {
    role.becomes.unwrap_or(role.login)
}

const RIGHTS: [&str; 7] = ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"];

/// The rights that a role has on relations of some schemas, each as `schema.table right`; on columns too, where asked.
async fn rights(db: &Database, role: &str, relations: &str, columns: bool) -> Vec<String> {
    let any = if columns { "has_any_column_privilege" } else { "has_table_privilege" };
    let sql = format!(
        "SELECT n.nspname || '.' || c.relname || ' ' || r.name FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace,
                unnest(ARRAY['SELECT','INSERT','UPDATE','DELETE','TRUNCATE','REFERENCES','TRIGGER']) AS r(name)
         WHERE c.relkind IN ('r', 'p', 'v', 'm') AND ({relations}) AND has_schema_privilege({role}, n.oid, 'USAGE')
           AND CASE WHEN r.name IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES') THEN {any}({role}, c.oid, r.name)
                    ELSE has_table_privilege({role}, c.oid, r.name) END ORDER BY 1",
        role = literal(role)
    );
    db.text("asking for rights", &sql).await.unwrap().into_iter().flatten().flatten().collect()
}

/// On a leaf a role has the rights that it had on the whole legacy table, on the views these and its column rights; on our other objects none.
#[tokio::test]
async fn nobody_has_a_right_on_anything_else() {
    let stage = stage().await;
    let world = stage.world;
    let [before, after] = [LEGACY, TARGET].map(|name| async move { world.real.postgres.connect(name).await.unwrap() });
    let (before, after) = (before.await, after.await);
    let moving: Vec<String> = world.real.moving().map(|r| literal(&r.table)).collect();
    let legacy = format!("n.nspname = '{SCHEMA}' AND c.relname IN ({})", moving.join(", "));
    for role in ROLES.iter().map(effective).collect::<std::collections::BTreeSet<_>>() {
        let renamed = |rights: Vec<String>, from: &str, to: &str| -> Vec<String> {
            rights.into_iter().map(|r| r.replacen(&format!("{from}."), &format!("{to}."), 1)).collect()
        };
        let whole: Vec<String> = rights(&before, role, &legacy, false).await;
        let whole: Vec<String> = whole.into_iter().filter(|r| RIGHTS[..5].iter().any(|n| r.ends_with(n))).collect();
        let leaves = renamed(rights(&after, role, "n.nspname = 'esclusa_leaf'", false).await, "esclusa_leaf", SCHEMA);
        if role == "real_login" {
            // The owner owns the leaf: it has more than on the table only where it had revoked a right from itself.
            assert!(whole.iter().all(|r| leaves.contains(r)), "{role}");
        } else {
            assert_eq!(leaves, whole, "{role} on leaves");
            let columns = rights(&after, role, "n.nspname = 'esclusa_leaf'", true).await;
            assert_eq!(renamed(columns, "esclusa_leaf", SCHEMA), whole, "{role} on columns of leaves");
        }
        for columns in [false, true] {
            let table = rights(&before, role, &legacy, columns).await;
            for schema in [SCHEMA, "esclusa"] {
                let names = legacy.replacen(SCHEMA, schema, 1);
                assert_eq!(
                    renamed(rights(&after, role, &names, columns).await, schema, SCHEMA),
                    table,
                    "{role} on views of {schema}"
                );
            }
        }
        // The ledger, the parents, the months, the archive.
        let names = moving.join(", ");
        // The owner has rights on the positions of an archive's rows, because the trigger that keeps the archive up to date runs with the owner's rights.
        let ours = format!(
            "n.nspname = 'esclusa' AND c.relname NOT IN ({names}) AND NOT (c.relname ~ '^kept_' AND pg_has_role('{role}', c.relowner, 'USAGE')) OR n.nspname IN ('partman', 'mig_old')
             OR n.nspname = '{SCHEMA}' AND c.relname ~ '^(audit_log|domain_value)(_|$)'"
        );
        let held = rights(&after, role, &ours, true).await;
        let held: Vec<&String> = held.iter().filter(|r| role != "real_login" || !r.starts_with("mig_old.")).collect();
        assert!(held.is_empty(), "{role} has rights on what is nobody's\n{held:#?}");
        refused_in_fact(&stage, role).await;
    }
}

/// The same as tested on the catalog, tested on the server's behaviour.
async fn refused_in_fact(stage: &Stage, role: &str) {
    let Some(role) = ROLES.iter().find(|r| effective(r) == role) else { return };
    let mut session = stage.session(Side::Beside, role).await;
    let months = stage.world.real.postgres.connect(TARGET).await.unwrap();
    let sql = format!(
        "SELECT oid::regclass::text FROM pg_class WHERE relkind IN ('r', 'p') AND NOT (relname ~ '^kept_' AND pg_has_role('{}', relowner, 'USAGE')) AND (relnamespace = 'esclusa'::regnamespace
           OR relnamespace = '{SCHEMA}'::regnamespace AND relname ~ '^(audit_log|domain_value)(_|$)')",
        effective(role)
    );
    let tables: Vec<String> = months.text("our tables", &sql).await.unwrap().into_iter().flatten().flatten().collect();
    assert!(tables.len() > 30, "{tables:?}");
    for table in tables {
        for sql in [
            format!("SELECT 1 FROM {table}"),
            format!("DELETE FROM {table}"),
            format!("INSERT INTO {table} DEFAULT VALUES"),
            format!("TRUNCATE {table}"),
            format!("LOCK {table} IN ACCESS SHARE MODE"),
        ] {
            let answer = session.query(&format!("BEGIN; {sql}; ROLLBACK")).await.unwrap();
            let state = answer.error().map(|e| String::from_utf8_lossy(e.get(b'C').unwrap_or_default()).into_owned());
            assert_eq!(state.as_deref(), Some("42501"), "{} may {sql}", role.kind);
            session.query("ROLLBACK").await.unwrap();
        }
    }
}

/// Sequences are usable only by roles that may insert; no role may call SECURITY DEFINER functions; no role may create objects in our schemas.
#[tokio::test]
async fn nothing_is_open_to_public_beyond_need() {
    let world = world().await;
    let db = world.real.postgres.connect(TARGET).await.unwrap();
    let all =
        async |sql: &str| -> Vec<String> { db.text("looking", sql).await.unwrap().into_iter().flatten().flatten().collect() };
    let ours =
        format!("IN ('esclusa'::regnamespace, 'esclusa_leaf'::regnamespace, 'mig_old'::regnamespace, '{SCHEMA}'::regnamespace)");
    let definers = all(&format!(
        "SELECT p.oid::regprocedure || ' of ' || pg_get_userbyid(proowner) FROM pg_proc AS p JOIN pg_roles AS r ON r.oid = proowner
         WHERE pronamespace {ours} AND prosecdef AND (has_function_privilege('public', p.oid, 'EXECUTE') OR rolsuper OR rolname = '{}')
           AND NOT (p.proname = 'on_usage' AND prorettype = 'event_trigger'::regtype AND NOT has_function_privilege('public', p.oid, 'EXECUTE'))",
        common::real::CONTROL
    ))
    .await;
    assert_eq!(definers, Vec::<String>::new(), "run with another's rights, and open to all or too mighty");
    // A key table's function leaves the path as it is, for the triggers that a cascade fires.
    let unpinned = "prosecdef AND NOT coalesce(proconfig::text LIKE '%search_path=pg_catalog, pg_temp%', false)";
    let bodies = all(&format!("SELECT prosrc FROM pg_proc WHERE pronamespace {ours} AND {unpinned}")).await;
    assert!(!bodies.is_empty(), "no key table's function was looked at");
    let loose: Vec<_> =
        bodies.iter().map(|body| (definer::of_the_caller(body), body)).filter(|(found, _)| !found.is_empty()).collect();
    assert!(loose.is_empty(), "run with another's rights on the caller's search path: {:#?}", loose.first());
    let creators = all(
        "SELECT nspname || ': ' || rolname FROM pg_namespace, pg_roles AS r WHERE nspname IN ('esclusa', 'esclusa_leaf', 'mig_old')
         AND NOT rolsuper AND rolname <> 'real_control' AND has_schema_privilege(r.oid, pg_namespace.oid, 'CREATE')",
    )
    .await;
    assert_eq!(creators, Vec::<String>::new(), "create where everybody's functions are");
    let sequences = all(&format!(
        "SELECT c.oid::regclass || ' ' || p.name FROM pg_class AS c, unnest(ARRAY['SELECT', 'UPDATE']) AS p(name)
         WHERE relkind = 'S' AND (relnamespace = 'esclusa'::regnamespace OR relnamespace = '{SCHEMA}'::regnamespace
           AND relname IN ('audit_log_al_id_seq', 'domain_value_dv_id_seq', 'domain_value_link_dvl_id_seq')) AND has_sequence_privilege('real_public', c.oid, p.name)"
    ))
    .await;
    assert_eq!(sequences, Vec::<String>::new(), "sequences that can be read or set back");
    let open = all(
        "SELECT proname || '(' || pg_get_function_identity_arguments(p.oid) || ')' FROM pg_proc AS p WHERE pronamespace = 'esclusa'::regnamespace
         AND has_function_privilege('public', p.oid, 'EXECUTE') AND provolatile = 'v' ORDER BY 1",
    )
    .await;
    // What statements and views name, and what a GRANT runs; all of them with the caller's own rights.
    let known = [
        "carry_grants(",
        "carry_usage(",
        "keep_apart(",
        "has_own_types(",
        "image(",
        "refuse_null(",
        "refuse_concurrent(",
        "assign_",
        "check_",
    ];
    let unknown: Vec<&String> = open.iter().filter(|f| !known.iter().any(|k| f.starts_with(k))).collect();
    assert!(unknown.is_empty(), "volatile functions that PUBLIC may call: {unknown:#?}");
    let direct = Url::new(format!("postgres://real_public@127.0.0.1:{}/{TARGET}", world.real.postgres.port));
    let public = Database::connect(&direct, None).await.unwrap();
    let calls = all(
        "SELECT format('SELECT %s(%s)', p.oid::regproc, (SELECT string_agg('NULL::' || format_type(t, NULL), ', ') FROM unnest(proargtypes) AS t))
         FROM pg_proc AS p WHERE pronamespace = 'esclusa'::regnamespace AND NOT has_function_privilege('public', p.oid, 'EXECUTE')
           AND prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)",
    )
    .await;
    for call in calls {
        let error = public.batch("calling", &call).await.unwrap_err();
        assert!(error.to_string().contains("permission denied"), "{call}: {error}");
    }
}

/// A later GRANT or REVOKE by the owner, on the name that it always had, is in force through the proxy with the next statement.
#[tokio::test]
async fn a_later_grant_or_revoke_is_in_force_at_once() {
    let stage = stage().await;
    let owner = ROLES.iter().find(|r| r.kind == "owner").unwrap();
    let table = ident(&stage.world.tables[0].table);
    let say =
        async |client: &mut Client, sql: &str| client.query(sql).await.unwrap().error().map(|e| e.get(b'C').map(<[u8]>::to_vec));
    for side in [Side::Through, Side::Beside] {
        let (mut owner, mut user) = (stage.session(side, owner).await, stage.session(Side::Through, &LATE).await);
        let delete = format!("BEGIN; DELETE FROM {table}; ROLLBACK");
        for (sql, allowed) in [("GRANT DELETE ON {t} TO real_late", true), ("REVOKE DELETE ON {t} FROM real_late", false)] {
            assert_eq!(say(&mut owner, &sql.replace("{t}", &format!("{SCHEMA}.{table}"))).await, None, "{side:?}: {sql}");
            // Rows that are referenced stay; a role without the right to delete gets that error first.
            let state = say(&mut user, &delete).await.map(|s| String::from_utf8(s.unwrap_or_default()).unwrap());
            user.query("ROLLBACK").await.unwrap();
            assert!(state.as_deref().is_none_or(|s| s == "42501" || s == "23503"), "{state:?}");
            assert_eq!(state.as_deref() != Some("42501"), allowed, "{side:?} after {sql}: {state:?}");
        }
    }
}
