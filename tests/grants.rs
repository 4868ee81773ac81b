//! Grants follow the views: what is granted or revoked under either name of a moved table holds under both and, for whole tables, on its
//! leaf, exactly as on a table that was not moved; grants on other objects are not affected.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

mod common;

use common::{Bed, Session};
use esclusa::migrate::schema;

const ROLES: [&str; 4] = ["g_owner", "g_uno", "g_dos", "g_tres"];

/// A moved table made by hand: leaf and both views; and the same table unmoved, as the reference.
async fn moved(prefix: &str) -> (Bed, Vec<String>) {
    let roles: Vec<String> = ROLES.iter().map(|r| format!("{prefix}{r}")).collect();
    let create: String = roles.iter().map(|r| format!("CREATE ROLE {r} LOGIN;")).collect();
    let owner = &roles[0];
    let mut sql = format!(
        "{create} CREATE SCHEMA IF NOT EXISTS esclusa_leaf; GRANT USAGE ON SCHEMA cf_quere_pro, esclusa, esclusa_leaf TO PUBLIC;
         CREATE TABLE esclusa_leaf.\"Mi tabla\" (a int, b int); CREATE VIEW esclusa.\"Mi tabla\" AS SELECT a, b FROM esclusa_leaf.\"Mi tabla\";
         CREATE VIEW cf_quere_pro.\"Mi tabla\" AS SELECT a, b FROM esclusa_leaf.\"Mi tabla\";
         CREATE TABLE public.modelo (a int, b int); CREATE TABLE public.otra (a int);"
    );
    for table in ["esclusa_leaf.\"Mi tabla\"", "esclusa.\"Mi tabla\"", "cf_quere_pro.\"Mi tabla\"", "public.modelo"] {
        sql.push_str(&format!("ALTER TABLE {table} OWNER TO {owner};"));
    }
    (Bed::new(&sql).await, roles)
}

const RIGHTS: [&str; 7] = ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"];

/// All rights of all roles, with and without grant option, on the whole table and on each column.
async fn held(bed: &Bed, roles: &[String], table: &str, rights: &[&str], columns: bool) -> Vec<String> {
    let mut questions = Vec::new();
    for role in roles {
        for right in rights.iter().flat_map(|r| [(*r).to_owned(), format!("{r} WITH GRANT OPTION")]) {
            questions.push(format!("('{role} {right}', has_table_privilege('{role}', '{table}', '{right}'))"));
            if columns && !right.starts_with("DELETE") && !right.starts_with("TR") {
                for column in ["a", "b"] {
                    let has = format!("has_column_privilege('{role}', '{table}', '{column}', '{right}')");
                    questions.push(format!("('{role} {right} {column}', {has})"));
                }
            }
        }
    }
    bed.rows(&format!("SELECT what FROM (VALUES {}) AS v(what, has) WHERE has ORDER BY 1", questions.join(", "))).await
}

/// The next pseudo-random number: the same on every machine (Knuth's MMIX).
fn next(seed: &mut u64, below: usize) -> usize {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    usize::try_from(*seed >> 33).unwrap() % below
}

/// A statement with `{t}` for the table, by one of the roles.
fn statement(seed: &mut u64, roles: &[String]) -> String {
    let right = RIGHTS[next(seed, RIGHTS.len())];
    let right = match (right, next(seed, 5)) {
        ("DELETE" | "TRUNCATE" | "TRIGGER", _) | (_, 0 | 1) => right.to_owned(),
        (_, 2) => format!("{right} (a)"),
        (_, 3) => format!("{right} (a, b), DELETE"),
        _ => "ALL".to_owned(),
    };
    let whom = match next(seed, 6) {
        0 => "PUBLIC".to_owned(),
        n => roles[n % roles.len()].clone(),
    };
    match next(seed, 8) {
        0..4 => format!("GRANT {right} ON {{t}} TO {whom}"),
        4 if whom != "PUBLIC" => format!("GRANT {right} ON {{t}} TO {whom} WITH GRANT OPTION"),
        5 if whom != "PUBLIC" => format!("REVOKE GRANT OPTION FOR {right} ON {{t}} FROM {whom} CASCADE"),
        6 => format!("REVOKE {right} ON {{t}} FROM {whom}"),
        _ => format!("REVOKE {right} ON {{t}} FROM {whom} CASCADE"),
    }
}

async fn say(session: &Session, statement: &str, table: &str) -> String {
    session.say(&statement.replace("{t}", table)).await
}

/// Two hundred grants and revokes under either name, by the owner and by roles with the grant option.
#[tokio::test]
async fn whatever_is_granted_holds_under_both_names_and_on_the_leaf() {
    let (bed, roles) = moved("a_").await;
    let mut sessions = Vec::new();
    for role in &roles {
        sessions.push(bed.session(role, "SET client_min_messages = error").await);
    }
    let seed = std::env::var("ESCLUSA_GRANTS_SEED").map_or(42, |s| s.parse().unwrap());
    let (mut seed, mut granted, mut refused): (u64, usize, usize) = (seed, 0, 0);
    for _ in 0..200 {
        let who = [0, 0, 0, 1, 2, 3][next(&mut seed, 6)];
        let statement = statement(&mut seed, &roles);
        let name = ["esclusa.\"Mi tabla\"", "cf_quere_pro.\"Mi tabla\""][next(&mut seed, 2)];
        let model = say(&sessions[who], &statement, "public.modelo").await;
        let answer = say(&sessions[who], &statement, name).await;
        // A table has system columns, on which nobody but the owner may grant; if a GRANT names only those, the table gives a notice and a view does not. Nothing changes.
        let state = |answer: &str| answer.split(' ').take(2).map(str::to_owned).collect::<Vec<_>>();
        let silent = answer == "(0)" && model.starts_with("ERROR 42501 permission denied for column \"tableoid\"");
        assert!(silent || state(&model) == state(&answer), "{}: {statement}\n{model}\n{answer}", roles[who]);
        if model.starts_with("ERROR") {
            refused += 1
        } else {
            granted += 1
        }
        let right = held(&bed, &roles, "public.modelo", &RIGHTS, true).await;
        for view in ["esclusa.\"Mi tabla\"", "cf_quere_pro.\"Mi tabla\""] {
            assert_eq!(
                held(&bed, &roles, view, &RIGHTS, true).await,
                right,
                "{view} after {}: {statement} on {name}",
                roles[who]
            );
        }
        // Its owner keeps the rights that the views need.
        let others = &roles[1..];
        let right = held(&bed, others, "public.modelo", &RIGHTS[..5], false).await;
        assert_eq!(
            held(&bed, others, "esclusa_leaf.\"Mi tabla\"", &RIGHTS[..5], false).await,
            right,
            "leaf after {}: {statement}",
            roles[who]
        );
        assert_eq!(
            bed.cell(
                "SELECT count(*) FROM pg_attribute WHERE attrelid = 'esclusa_leaf.\"Mi tabla\"'::regclass AND attacl IS NOT NULL"
            )
            .await,
            "0"
        );
        assert_eq!(
            held(&bed, others, "esclusa_leaf.\"Mi tabla\"", &RIGHTS[5..], false).await,
            Vec::<String>::new(),
            "no use on a leaf"
        );
    }
    assert!(granted > 100 && refused > 2, "{granted} granted, {refused} refused: too one-sided to be a test");
}

/// A role that creates a relation under a free legacy name, and grants itself everything on it, gets no right on the leaf.
#[tokio::test]
async fn a_strangers_view_of_the_same_name_carries_nothing() {
    let (bed, roles) = moved("b_").await;
    bed.sql(&format!("DROP VIEW cf_quere_pro.\"Mi tabla\"; GRANT CREATE ON SCHEMA cf_quere_pro TO {}", roles[1])).await;
    let stranger = bed.session(&roles[1], "SET search_path = cf_quere_pro").await;
    assert_eq!(stranger.say("CREATE VIEW \"Mi tabla\" AS SELECT 1 AS a, 2 AS b").await, "(0)");
    assert_eq!(stranger.say(&format!("GRANT ALL ON \"Mi tabla\" TO {}, PUBLIC", roles[1])).await, "(0)");
    assert_eq!(held(&bed, &roles[1..], "esclusa_leaf.\"Mi tabla\"", &RIGHTS, false).await, Vec::<String>::new());
    assert_eq!(held(&bed, &roles[1..], "esclusa.\"Mi tabla\"", &RIGHTS, true).await, Vec::<String>::new());
    // Called by hand it has the caller's rights, so it can do nothing.
    assert!(stranger.say("SELECT esclusa.carry_grants('GRANT')").await.ends_with("(1)"));
    assert_eq!(held(&bed, &roles[1..], "esclusa_leaf.\"Mi tabla\"", &RIGHTS, false).await, Vec::<String>::new());
}

/// Nothing remains of a rolled back savepoint; grants made while the event trigger was off are carried over on request, as the legacy name has them.
#[tokio::test]
async fn what_differs_can_be_mended() {
    let (bed, roles) = moved("c_").await;
    let owner = bed.session(&roles[0], "SET client_min_messages = error").await;
    let leaf = "esclusa_leaf.\"Mi tabla\"";
    let script = format!(
        "BEGIN; SAVEPOINT s; GRANT SELECT ON cf_quere_pro.\"Mi tabla\" TO {0}; ROLLBACK TO s; GRANT DELETE ON esclusa.\"Mi tabla\" TO {0}; COMMIT",
        roles[1]
    );
    assert!(!owner.say(&script).await.contains("ERROR"));
    assert_eq!(held(&bed, &roles[1..], leaf, &RIGHTS, false).await, [format!("{} DELETE", roles[1])]);
    let off = format!(
        "SET esclusa.carry_grants = off; REVOKE ALL ON cf_quere_pro.\"Mi tabla\" FROM {0}; GRANT UPDATE ON cf_quere_pro.\"Mi tabla\" TO {0}",
        roles[1]
    );
    assert!(!owner.say(&off).await.contains("ERROR"));
    assert_eq!(held(&bed, &roles[1..], leaf, &RIGHTS, false).await, [format!("{} DELETE", roles[1])]);
    owner.say("RESET esclusa.carry_grants").await;
    assert_eq!(owner.say("SELECT esclusa.carry_grants('mend')").await, "\n(1)");
    for table in [leaf, "esclusa.\"Mi tabla\""] {
        assert_eq!(held(&bed, &roles[1..], table, &RIGHTS, false).await, [format!("{} UPDATE", roles[1])]);
    }
}

/// Neither damage in our own schemas nor a hostile search path affects a GRANT on other objects.
#[tokio::test]
async fn other_grants_are_left_alone() {
    let (bed, roles) = moved("d_").await;
    bed.sql(&format!("ALTER TABLE public.otra OWNER TO {}", roles[1])).await;
    bed.sql("CREATE SCHEMA trampa; GRANT ALL ON SCHEMA trampa TO PUBLIC; CREATE SEQUENCE trampa.veces; GRANT ALL ON SEQUENCE trampa.veces TO PUBLIC;
             CREATE FUNCTION trampa.aclexplode(aclitem[]) RETURNS TABLE (grantor oid, grantee oid, privilege_type text, is_grantable boolean)
             LANGUAGE plpgsql AS $$ BEGIN PERFORM nextval('trampa.veces'); END $$;
             CREATE FUNCTION trampa.quote_ident(name) RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM nextval('trampa.veces'); RETURN 'x'; END $$").await;
    let one = bed.session(&roles[1], "SET search_path = trampa, pg_catalog, public").await;
    // The views differ, and this role may not mend that.
    bed.sql(&format!(
        "SET esclusa.carry_grants = off; GRANT SELECT ON cf_quere_pro.\"Mi tabla\" TO {}; RESET esclusa.carry_grants",
        roles[2]
    ))
    .await;
    for sql in ["GRANT SELECT ON otra TO PUBLIC", "REVOKE SELECT ON otra FROM PUBLIC"] {
        assert_eq!(one.say(sql).await, "(0)");
    }
    assert_eq!(held(&bed, &roles[2..3], "esclusa_leaf.\"Mi tabla\"", &RIGHTS, false).await, Vec::<String>::new());
    // Our function is broken: a GRANT on another table still works.
    bed.sql("CREATE OR REPLACE FUNCTION esclusa.carry_grants(command text) RETURNS void LANGUAGE plpgsql AS 'BEGIN RAISE division_by_zero; END'").await;
    assert_eq!(one.say("GRANT SELECT ON otra TO PUBLIC").await, "(0)");
    bed.sql("DROP SCHEMA esclusa_leaf CASCADE").await;
    assert_eq!(one.say("REVOKE SELECT ON otra FROM PUBLIC").await, "(0)");
    assert_eq!(bed.cell("SELECT is_called FROM trampa.veces").await, "f");
}

/// The rights of all roles but the owners on the new tables, their sequences and their trigger's function.
async fn on_ours(bed: &Bed) -> Vec<String> {
    bed.rows(
        "SELECT c.relname || ' ' || a.grantee::regrole::text || ' ' || a.privilege_type FROM pg_class AS c, aclexplode(c.relacl) AS a \
         WHERE c.relnamespace = 'cf_quere_pro'::regnamespace AND c.relname ~ '^(audit_log|domain_value)' AND a.grantee NOT IN (0, c.relowner) \
           AND a.grantee <> 'esclusa_audit'::regrole \
         UNION ALL SELECT p.proname || ' ' || a.grantee::regrole::text FROM pg_proc AS p, aclexplode(p.proacl) AS a \
         WHERE p.proname = 'fn_audit_trigger' AND a.grantee <> p.proowner ORDER BY 1",
    )
    .await
}

/// GRANT ... ON ALL TABLES IN SCHEMA gives rights on the legacy tables, whoever runs it, and none on the tables that stand beside them.
#[tokio::test]
async fn a_grant_on_all_tables_gives_no_right_on_the_new_ones() {
    let (bed, roles) = moved("f_").await;
    bed.sql(&format!("GRANT USAGE, CREATE ON SCHEMA cf_quere_pro TO {0}; ALTER TABLE public.otra SET SCHEMA cf_quere_pro; ALTER TABLE cf_quere_pro.otra OWNER TO {0}", roles[0])).await;
    schema::apply(&bed.db, &bed.context).await.unwrap();
    let owners = on_ours(&bed).await;
    assert!(owners.len() > 20 && owners.iter().all(|o| o.ends_with(&format!(" {} REFERENCES", roles[0]))), "{owners:?}");
    let owner = bed.session(&roles[0], "SET client_min_messages = error").await;
    for right in ["SELECT", "ALL"] {
        // It owns every other table of the schema.
        assert_eq!(owner.say(&format!("GRANT {right} ON ALL TABLES IN SCHEMA cf_quere_pro TO {}", roles[1])).await, "(0)");
        assert_eq!(owner.say("GRANT USAGE ON ALL SEQUENCES IN SCHEMA cf_quere_pro TO PUBLIC").await, "(0)");
    }
    assert_eq!(bed.cell(&format!("SELECT has_table_privilege('{0}', 'cf_quere_pro.otra', 'SELECT') AND has_table_privilege('{0}', 'cf_quere_pro.\"Mi tabla\"', 'DELETE')", roles[1])).await, "t");
    assert_eq!(on_ours(&bed).await, owners);
    // A superuser's grant would reach them.
    for what in ["TABLES", "SEQUENCES", "FUNCTIONS", "ROUTINES"] {
        for right in ["ALL", if what == "TABLES" { "SELECT" } else { "ALL" }] {
            bed.sql(&format!(
                "GRANT {right} ON ALL {what} IN SCHEMA cf_quere_pro TO {}, {} WITH GRANT OPTION",
                roles[0], roles[2]
            ))
            .await;
            // The owner's right is gone or there, but never more.
            let left: Vec<String> = on_ours(&bed).await.into_iter().filter(|o| !owners.contains(o)).collect();
            assert_eq!(left, Vec::<String>::new(), "{right} on all {what}");
        }
    }
    assert_eq!(bed.cell(&format!("SELECT has_table_privilege('{}', 'cf_quere_pro.otra', 'SELECT')", roles[2])).await, "t");
    bed.sql("GRANT SELECT ON ALL TABLES IN SCHEMA cf_quere_pro TO PUBLIC; REVOKE SELECT ON ALL TABLES IN SCHEMA cf_quere_pro FROM PUBLIC").await;
    assert_eq!(drift(&bed).await, Vec::<String>::new());
    // By name, a right may be given.
    bed.sql(&format!("GRANT SELECT ON cf_quere_pro.audit_log TO {}", roles[2])).await;
    assert_eq!(drift(&bed).await, Vec::<String>::new());
    // Where the trigger did not see it, or default privileges gave it: it is told, and mended.
    let unseen = format!(
        "SET esclusa.carry_grants = off; GRANT ALL ON ALL TABLES IN SCHEMA cf_quere_pro TO {0}; GRANT ALL ON ALL SEQUENCES IN SCHEMA cf_quere_pro TO {0}; \
         GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA cf_quere_pro TO {0}; \
         REVOKE ALL ON cf_quere_pro.\"Mi tabla\" FROM {0}; RESET esclusa.carry_grants",
        roles[3]
    );
    bed.sql(&unseen).await;
    let told = drift(&bed).await;
    assert!(told.len() > 20 && told.iter().all(|line| line.contains(&format!("given to {}", roles[3]))), "{told:?}");
    schema::apply(&bed.db, &bed.context).await.unwrap();
    assert_eq!(drift(&bed).await, Vec::<String>::new());
    // The other role was given the grant option on a legacy table.
    let left: Vec<String> = on_ours(&bed).await.into_iter().filter(|o| !o.ends_with(" REFERENCES")).collect();
    assert_eq!(left, [format!("audit_log {} SELECT", roles[2])]);
}

async fn drift(bed: &Bed) -> Vec<String> {
    let drift = schema::check(&bed.db, &bed.context).await.unwrap();
    drift.rows.iter().map(|row| format!("{}: {}", row[1].text(), row[0].text())).collect()
}

/// The right to use the schemas of the views comes from their owner: it goes with DROP OWNED, whoever granted it on the legacy schema, and whoever
/// runs DROP OWNED.
#[tokio::test]
async fn a_role_that_may_use_the_schema_can_be_dropped() {
    let (bed, roles) = moved("h_").await;
    let owner = &roles[0];
    bed.sql(&format!("REVOKE USAGE ON SCHEMA cf_quere_pro FROM PUBLIC; ALTER SCHEMA cf_quere_pro OWNER TO {owner}; ALTER ROLE {owner} CREATEROLE; GRANT {} TO {owner}", roles[2])).await;
    schema::apply(&bed.db, &bed.context).await.unwrap();
    let session = bed.session(owner, "SET client_min_messages = error").await;
    let uses = async |role: &str| {
        bed.cell(&format!("SELECT concat_ws(' ', has_schema_privilege('{role}', 'cf_quere_pro', 'USAGE'), has_schema_privilege('{role}', 'esclusa', 'USAGE'), has_schema_privilege('{role}', 'esclusa_leaf', 'USAGE'))")).await
    };
    for role in [&roles[1], &roles[2]] {
        assert_eq!(session.say(&format!("GRANT USAGE ON SCHEMA cf_quere_pro TO {role} WITH GRANT OPTION")).await, "(0)");
        assert_eq!(session.say(&format!("GRANT SELECT ON cf_quere_pro.\"Mi tabla\" TO {role}")).await, "(0)");
        assert_eq!(uses(role).await, "t t t");
    }
    let second = bed.session(&roles[1], "SET client_min_messages = error").await;
    assert_eq!(second.say(&format!("GRANT USAGE ON SCHEMA cf_quere_pro TO {}", roles[3])).await, "(0)");
    assert_eq!(uses(&roles[3]).await, "t t t");
    assert_eq!(second.say(&format!("REVOKE USAGE ON SCHEMA cf_quere_pro FROM {}", roles[3])).await, "(0)");
    assert_eq!(uses(&roles[3]).await, "f f f");
    // What an earlier version granted in another way.
    bed.sql(&format!("SET esclusa.carry_grants = off; GRANT USAGE ON SCHEMA esclusa, esclusa_leaf TO {owner} WITH GRANT OPTION; REVOKE USAGE ON SCHEMA esclusa, esclusa_leaf FROM {0}; SET ROLE {owner}; GRANT USAGE ON SCHEMA esclusa, esclusa_leaf TO {0}; RESET ROLE; RESET esclusa.carry_grants", roles[1])).await;
    schema::apply(&bed.db, &bed.context).await.unwrap();
    assert_eq!(uses(&roles[1]).await, "t t t");
    drop(second);
    bed.sql(&format!("DROP OWNED BY {0}; DROP ROLE {0}", roles[1])).await;
    assert_eq!(session.say(&format!("DROP OWNED BY {0}", roles[2])).await, "(0)");
    assert_eq!(session.say(&format!("DROP ROLE {0}", roles[2])).await, "(0)");
}
