//! Roles and rights. The role of `control.url` need not be a superuser: `esclusa roles` prints one script that a superuser runs once, and
//! `schema apply` and `migrate` say what is missing before they begin. If the role is a superuser, `schema apply` creates everything itself.
//!
//! Rights are asked of the server, not deduced from a list of grants, because a role may have a right in many ways.

use crate::catalog::Database;
use crate::config::Partman;
use crate::error::{Error, Result};
use crate::relation::Context;
use crate::rule::{RuleSet, Target};
use crate::sql::quote::{ident, literal};

use super::foreign_key::KEYS;
use super::shadow_role;
use super::{ARCHIVE, CONTROL, LEAVES};

/// What a rehearsal believes of a right.
const YES: &str = "yes";
const NO: &str = "no";

/// Owns the audit trigger's function, may add rows to audit_log_live, and does not log in.
pub const AUDIT: &str = "esclusa_audit";

const SCRIPT: &str = include_str!("sql/roles.sql");
const PARTMAN: &str = include_str!("sql/roles_partman.sql");
const GRANTS: &str = include_str!("sql/grants.sql");
const DEPENDENTS: &str = include_str!("sql/dependents.sql");
const OWN_FAULTS: &str = include_str!("sql/own_faults.sql");
const OWN_RIGHTS: &str = include_str!("sql/own_rights.sql");
const OWN_GRANTS: &str = include_str!("sql/own_grants.sql");

/// The owners of the tables that a migration touches: name, whether a superuser, number of tables, which tables.
const OWNERS: &str = "
    SELECT r.rolname::text AS name, r.rolsuper AS is_superuser, count(*) AS tables, array_agg(c.oid) AS oids
    FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_roles AS r ON r.oid = c.relowner
    WHERE c.relkind IN ('r', 'p', 'v') AND (c.relnamespace = pg_catalog.to_regnamespace({schema_text}) AND c.relname = ANY ({tables})
        OR c.relnamespace = pg_catalog.to_regnamespace({leaf_text})
        OR c.oid IN (SELECT k.conrelid FROM pg_catalog.pg_constraint AS k JOIN pg_catalog.pg_class AS t ON t.oid = k.confrelid
                     WHERE k.contype = 'f' AND t.relnamespace = pg_catalog.to_regnamespace({schema_text}) AND t.relname = ANY ({tables})))
    GROUP BY 1, 2 ORDER BY 1";

/// A right or an object that the current role needs but does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// What, in words.
    pub what: String,
    /// The SQL that provides it, for a superuser.
    pub mend: String,
}

/// The legacy tables of the rules, and the tables that histories mirror: those whose owners matter.
pub fn tables(rules: &RuleSet) -> Vec<String> {
    let base = |target: &Target| target.history().and_then(|h| h.base.clone());
    let mut tables: Vec<String> =
        rules.rules.values().flat_map(|r| std::iter::once(r.table.clone()).chain(base(&r.target))).collect();
    tables.sort_unstable();
    tables.dedup();
    tables
}

/// The script of roles and grants for a control role that is not a superuser. `owner` gets the tables that now belong to a superuser.
pub fn script(context: &Context, role: &str, tables: &[String], owner: Option<&str>) -> String {
    let partman = if context.partman == Partman::Auto { PARTMAN } else { "" };
    SCRIPT
        .replace("{partman}", partman)
        .replace("{shadow_role}", &shadow(context))
        .replace("{grants}", GRANTS)
        .replace("{own_faults}", OWN_FAULTS)
        .replace("{own_rights}", OWN_RIGHTS)
        .replace("{owners}", &owners(context, tables))
        .replace("{dependents}", &dependents(context, tables))
        .replace("{role}", &ident(role))
        .replace("{role_text}", &literal(role))
        .replace("{owner_text}", &owner.map_or_else(|| "NULL::text".to_owned(), literal))
        .replace("{audit}", AUDIT)
        .replace("{archive}", ARCHIVE)
        .replace("{schema}", &ident(&context.schema))
        .replace("{schema_text}", &literal(&ident(&context.schema)))
        .replace("{control}", CONTROL)
        .replace("{leaf}", LEAVES)
        .replace("{key}", KEYS)
}

fn shadow(context: &Context) -> String {
    let role = &context.shadow_role;
    shadow_role::SCRIPT.replace("{shadow_text}", &literal(role)).replace("{shadow}", &ident(role))
}

fn owners(context: &Context, tables: &[String]) -> String {
    with_tables(OWNERS, context, tables)
}

/// The owners of what uses a legacy table and is made again when it moves: name, whether a superuser, which objects.
fn dependents(context: &Context, tables: &[String]) -> String {
    with_tables(DEPENDENTS, context, tables)
}

fn with_tables(query: &str, context: &Context, tables: &[String]) -> String {
    let names = tables.iter().map(|t| literal(t)).collect::<Vec<_>>();
    let lines = names.chunks(8).map(|c| c.join(", ")).collect::<Vec<_>>().join(",\n        ");
    query
        .replace("{schema_text}", &literal(&ident(&context.schema)))
        .replace("{leaf_text}", &literal(LEAVES))
        .replace("{control_text}", &literal(CONTROL))
        .replace("{tables}", &format!("ARRAY[{lines}]::pg_catalog.name[]"))
}

fn grants(context: &Context) -> String {
    GRANTS
        .replace("{own_faults}", OWN_FAULTS)
        .replace("{schema_text}", &literal(&ident(&context.schema)))
        .replace("{control}", CONTROL)
        .replace("{leaf}", LEAVES)
        .replace("{key}", KEYS)
        .replace("{archive}", ARCHIVE)
        .replace("{audit}", AUDIT)
}

/// A query for the rights on the new tables that no role should have: the object, its owner, the grantee, the rights.
pub(super) fn own_faults(schema: &str) -> String {
    OWN_FAULTS.replace("{schema_text}", &literal(&ident(schema))).replace("{audit}", AUDIT)
}

/// Lets whoever may grant rights on the tables of the legacy schema run GRANT ... ON ALL TABLES IN SCHEMA, which the new tables would refuse.
pub(super) async fn let_grant(database: &Database, schema: &str) -> Result<()> {
    let sql = OWN_GRANTS.replace("{schema_text}", &literal(&ident(schema)));
    database.batch("letting owners grant rights on all tables of the schema", &sql).await
}

/// Creates the audit role and the event trigger, if the current role is a superuser; schema `esclusa` must exist. Otherwise the script creates
/// them, and this does nothing.
pub async fn install(database: &Database, context: &Context) -> Result<()> {
    if !is_superuser(database).await? {
        return Ok(());
    }
    // Roles belong to the whole cluster: another database's `schema apply` may create it at this moment.
    let role = format!(
        "DO $$ BEGIN CREATE ROLE {AUDIT} NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$; \
         GRANT USAGE ON SCHEMA {} TO {AUDIT}",
        ident(&context.schema)
    );
    let there = "SELECT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = $1)";
    if !database.one("looking for the audit role", there, &[&AUDIT]).await?.get::<_, bool>(0) {
        database.batch("creating the audit role", &role).await?;
    }
    // Once it exists, it belongs to the administrator: a change is reported, not repaired.
    if !database.one("looking for the role of mode shadow", there, &[&context.shadow_role]).await?.get::<_, bool>(0) {
        database.batch("creating the role of mode shadow", &shadow(context)).await?;
    }
    database.batch("letting grants follow the views", &grants(context)).await?;
    database.believe(CARRIES, "made");
    Ok(())
}

/// What a rehearsal believes once the function that carries USAGE would be there.
const CARRIES: &str = "USAGE is carried";

/// Roles that may use the schema of the legacy tables may use those of the views and leaves.
pub async fn carry_usage(database: &Database) -> Result<()> {
    let doing = "granting USAGE on the schemas of the views";
    let there = format!("SELECT to_regprocedure('{CONTROL}.carry_usage()') IS NOT NULL");
    let is_there: bool = database.one(doing, &there, &[]).await?.get(0);
    if !is_there && database.believed(CARRIES).is_none() {
        return Ok(());
    }
    database.batch(doing, &format!("GRANT USAGE ON SCHEMA {CONTROL}, {LEAVES} TO {AUDIT}; SELECT {CONTROL}.carry_usage()")).await
}

/// Stops before any work if the current role lacks something, and says what.
pub async fn require(database: &Database, context: &Context, rules: &RuleSet) -> Result<()> {
    let missing = required(database, context, &tables(rules)).await?;
    if missing.is_empty() {
        return Ok(());
    }
    let role: String = database.one("asking for the role", "SELECT current_user::text", &[]).await?.get(0);
    Err(Error::Refused {
        message: format!("role {role} cannot run this command as it is"),
        detail: Some(missing.iter().map(|m| m.what.as_str()).collect::<Vec<_>>().join("; ")),
        hint: Some(
            "`esclusa roles --check` shows the statement that mends each; a superuser can also run all that `esclusa roles` prints".into(),
        ),
    })
}

async fn is_superuser(database: &Database) -> Result<bool> {
    let sql = "SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user";
    Ok(database.one("asking for the role", sql, &[]).await?.get(0))
}

/// What must change about the current role before `schema apply` and before these tables are migrated: what it lacks, unless it is a superuser, who
/// creates what is missing; and what it would give to others.
pub async fn missing(database: &Database, context: &Context, tables: &[String]) -> Result<Vec<Missing>> {
    let mut missing = required(database, context, tables).await?;
    if !is_superuser(database).await? {
        missing.extend(of_dependents(database, context, tables).await?);
    }
    Ok(missing)
}

/// The same without what only tables with certain dependents need: for each of these, `dependents::find` says so.
async fn required(database: &Database, context: &Context, tables: &[String]) -> Result<Vec<Missing>> {
    let given = given_by_default(database, context).await?;
    if is_superuser(database).await? {
        return Ok(given);
    }
    let role: String = database.one("asking for the role", "SELECT current_user::text", &[]).await?.get(0);
    let mut missing = rights(database, context, &role).await?;
    missing.extend(given);
    missing.extend(membership(database, context, tables, &role).await?);
    missing.extend(foreign_objects(database, context, tables, &role).await?);
    missing.extend(own_rights(database, context, &role).await?);
    missing.extend(event_trigger(database, context, &role).await?);
    Ok(missing)
}

/// Rights that one question checks, and one statement grants.
async fn rights(database: &Database, context: &Context, role: &str) -> Result<Vec<Missing>> {
    let (schema, quoted) = (literal(&context.schema), ident(&context.schema));
    let role = ident(role);
    let name: String = database.one("asking for the database", "SELECT current_database()::text", &[]).await?.get(0);
    let on_database = |right: &str| format!("has_database_privilege(current_database(), '{right}')");
    let grant_on_database = |right: &str| format!("GRANT {right} ON DATABASE {} TO {role}", ident(&name));
    let in_schema = |right: &str| {
        let nobody = format!("NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = {schema})");
        format!("{nobody} OR has_schema_privilege({schema}, '{right}')")
    };
    let has_audit = format!("EXISTS (SELECT FROM pg_roles WHERE rolname = '{AUDIT}')");
    let is_audit = format!("(SELECT pg_has_role(oid, 'USAGE') FROM pg_roles WHERE rolname = '{AUDIT}') IS NOT FALSE");
    let questions = [
        (has_audit, format!("role {AUDIT} does not exist"), format!("CREATE ROLE {AUDIT} NOLOGIN; GRANT {AUDIT} TO {role}")),
        (
            is_audit,
            format!("not a member of {AUDIT}, or without its rights"),
            format!("GRANT {AUDIT} TO {role}; ALTER ROLE {role} INHERIT"),
        ),
        (on_database("CREATE"), format!("no right to create schemas in database {name}"), grant_on_database("CREATE")),
        (on_database("TEMPORARY"), format!("no right to temporary views in database {name}"), grant_on_database("TEMPORARY")),
        (
            in_schema("USAGE"),
            format!("no right to use schema {}", context.schema),
            format!("GRANT USAGE ON SCHEMA {quoted} TO {role}"),
        ),
        (
            in_schema("CREATE WITH GRANT OPTION"),
            format!("no right to create in schema {}, with grant option", context.schema),
            format!("GRANT CREATE ON SCHEMA {quoted} TO {role} WITH GRANT OPTION"),
        ),
    ];
    let sql = format!("SELECT {}", questions.each_ref().map(|(ask, ..)| format!("({ask})")).join(", "));
    let row = database.one("looking at the role's rights", &sql, &[]).await?;
    let lacking = questions.into_iter().enumerate().filter(|(i, _)| !row.get::<_, bool>(*i));
    Ok(lacking.map(|(_, (_, what, mend))| Missing { what, mend }).collect())
}

async fn membership(database: &Database, context: &Context, tables: &[String], role: &str) -> Result<Vec<Missing>> {
    let sql = format!(
        "SELECT o.name, o.is_superuser, o.tables, pg_has_role(o.name::name, 'MEMBER'), \
           (SELECT string_agg('ALTER TABLE ' || t.oid::regclass::text || ' OWNER TO <role>', '; ') FROM unnest(o.oids) AS t(oid)) \
         FROM ({}) AS o WHERE o.is_superuser OR NOT pg_has_role(o.name::name, 'USAGE')",
        owners(context, tables)
    );
    let mut missing = Vec::new();
    for row in database.query("looking for the owners of the legacy tables", &sql, &[]).await? {
        let (owner, superuser, count, member): (String, bool, i64, bool) = (row.get(0), row.get(1), row.get(2), row.get(3));
        missing.push(match (superuser, member) {
            (true, _) => Missing {
                what: format!("{count} tables belong to {owner}, a superuser, of which it must not be a member"),
                mend: row.get(4),
            },
            (_, true) => Missing {
                what: format!("a member of {owner}, owner of {count} tables, without its rights"),
                mend: format!("ALTER ROLE {} INHERIT", ident(role)),
            },
            _ => Missing {
                what: format!("not a member of {owner}, owner of {count} tables"),
                mend: format!("GRANT {} TO {}", ident(&owner), ident(role)),
            },
        });
    }
    Ok(missing)
}

async fn of_dependents(database: &Database, context: &Context, tables: &[String]) -> Result<Vec<Missing>> {
    let sql = format!(
        "SELECT o.name, o.is_superuser, o.objects, quote_ident(current_user) FROM ({}) AS o WHERE o.is_superuser OR NOT pg_has_role(o.name::name, 'USAGE')",
        dependents(context, tables)
    );
    let rows = database.query("looking for the owners of what uses the legacy tables", &sql, &[]).await?;
    let missing = rows.into_iter().map(|row| {
        let (owner, superuser, objects, role): (String, bool, String, String) = (row.get(0), row.get(1), row.get(2), row.get(3));
        match superuser {
            true => Missing {
                what: format!("{objects}: in use of a legacy table, of {owner}, a superuser, of which it must not be a member"),
                mend: "-- give it to another role, or make it again by hand: `esclusa dependencies` prints the SQL".to_owned(),
            },
            false => Missing {
                what: format!("not a member of {owner}, owner of {objects}, which is made again when a legacy table moves"),
                mend: format!("GRANT {} TO {role}", ident(&owner)),
            },
        }
    });
    Ok(missing.collect())
}

/// Default privileges of the current role (manual, ALTER DEFAULT PRIVILEGES): others would get these rights on each view, leaf and partition that it
/// makes, and read or write what the legacy table keeps from them. What everybody has by PostgreSQL's own defaults is not meant.
async fn given_by_default(database: &Database, context: &Context) -> Result<Vec<Missing>> {
    let sql = "SELECT format('%s has %s on new %s of %s by default privileges%s', who, privileges, kind, owner, \
                        (SELECT format(' in schema %I', nspname) FROM pg_namespace WHERE oid = place)), \
                      format('ALTER DEFAULT PRIVILEGES FOR ROLE %s%s REVOKE ALL ON %s FROM %s', owner, \
                        (SELECT format(' IN SCHEMA %I', nspname) FROM pg_namespace WHERE oid = place), kind, who) \
               FROM (SELECT d.defaclrole::regrole::text AS owner, d.defaclnamespace AS place, string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type) AS privileges, \
                       CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS' WHEN 'T' THEN 'TYPES' ELSE 'SCHEMAS' END AS kind, \
                       CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END AS who \
                     FROM pg_default_acl AS d CROSS JOIN LATERAL aclexplode(d.defaclacl) AS a \
                     WHERE d.defaclrole = (SELECT oid FROM pg_roles WHERE rolname = current_user) AND a.grantee <> d.defaclrole \
                       AND (d.defaclnamespace = 0 OR d.defaclnamespace IN (SELECT oid FROM pg_namespace WHERE nspname = ANY ($1))) \
                       AND NOT (a.grantee = 0 AND (d.defaclobjtype, a.privilege_type) IN (('f', 'EXECUTE'), ('T', 'USAGE'))) \
                     GROUP BY d.oid, a.grantee) AS given ORDER BY 1";
    let schemas: [&str; 5] = [CONTROL, LEAVES, KEYS, ARCHIVE, &context.schema];
    let rows = database.query("looking for default privileges", sql, &[&&schemas[..]]).await?;
    Ok(rows.into_iter().map(|r| Missing { what: r.get(0), mend: r.get(1) }).collect())
}

/// Rights on our own tables, which their owner has unless somebody has revoked them.
async fn own_rights(database: &Database, context: &Context, role: &str) -> Result<Vec<Missing>> {
    let sql = OWN_RIGHTS.replace("{schema_text}", &literal(&ident(&context.schema))).replace("{role_text}", &literal(role));
    let sql = format!(
        "SELECT rights, count(*), string_agg(name, ', ' ORDER BY name) FROM ({}) AS lacking GROUP BY rights ORDER BY 1",
        sql.replace("{control}", CONTROL)
    );
    let rows = database.query("looking at the rights on our own tables", &sql, &[]).await?;
    let missing = rows.iter().map(|row| {
        let (rights, count, tables): (&str, i64, &str) = (row.get(0), row.get(1), row.get(2));
        Missing {
            what: format!("no {rights} on {count} of esclusa's own tables"),
            mend: format!("GRANT {rights} ON TABLE {tables} TO {}", ident(role)),
        }
    });
    Ok(missing.collect())
}

/// Our schemas and tables, where another role made them. Some belong to the owner of a legacy table, whose triggers write them: of these roles,
/// `membership` tells that the role is no member.
async fn foreign_objects(database: &Database, context: &Context, tables: &[String], role: &str) -> Result<Vec<Missing>> {
    let (control, leaf, schema) = (literal(CONTROL), literal(LEAVES), literal(&context.schema));
    let sql = format!(
        "SELECT format('schema %I belongs to %s', nspname, pg_get_userbyid(nspowner)), format('ALTER SCHEMA %I OWNER TO %I', nspname, $1::text) \
         FROM pg_namespace WHERE nspname IN ({control}, {leaf}, {}) AND NOT pg_has_role(nspowner, 'USAGE') \
         UNION ALL SELECT format('table %I.%I belongs to %s', nspname, relname, pg_get_userbyid(relowner)), \
           format('ALTER TABLE %I.%I OWNER TO %I', nspname, relname, $1::text) \
         FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace \
         WHERE relkind IN ('r', 'p') AND NOT pg_has_role(relowner, 'USAGE') \
           AND NOT EXISTS (SELECT FROM ({owners}) AS o WHERE o.name = pg_get_userbyid(relowner) AND NOT o.is_superuser) \
           AND (nspname = {control} OR nspname = {schema} AND relname ~ '^(audit_log|domain_value)(_|$)') ORDER BY 1",
        literal(ARCHIVE),
        owners = owners(context, tables),
    );
    let rows = database.query("looking for tables that another role made", &sql, &[&role]).await?;
    Ok(rows.into_iter().map(|r| Missing { what: r.get(0), mend: r.get(1) }).collect())
}

/// Without it, a REVOKE on a view would not reach the leaf. It counts only with the functions of this version.
async fn event_trigger(database: &Database, context: &Context, role: &str) -> Result<Option<Missing>> {
    let wanted = grants(context);
    let bodies = ["$carry$", "$usage$", "$grant$", "$apart$", "$schema$"]
        .map(|mark| wanted.split(mark).nth(1).unwrap_or_default().to_owned());
    let sql = format!(
        "SELECT coalesce((SELECT CASE WHEN e.evtenabled NOT IN ('O', 'A') THEN 'is disabled' \
             WHEN NOT r.rolsuper THEN 'calls a function of ' || r.rolname || ', who is no superuser' \
             WHEN f.prosrc <> $3 OR f.pronamespace <> '{CONTROL}'::regnamespace \
               OR (SELECT c.prosrc FROM pg_proc AS c WHERE c.pronamespace = f.pronamespace AND c.proname = 'carry_grants') IS DISTINCT FROM $1 \
               OR (SELECT c.prosrc FROM pg_proc AS c WHERE c.pronamespace = f.pronamespace AND c.proname = 'carry_usage') IS DISTINCT FROM $2 \
               OR (SELECT c.prosrc FROM pg_proc AS c WHERE c.pronamespace = f.pronamespace AND c.proname = 'keep_apart') IS DISTINCT FROM $4 \
               OR (SELECT c.prosrc FROM pg_event_trigger AS u JOIN pg_proc AS c ON c.oid = u.evtfoid JOIN pg_roles AS o ON o.oid = c.proowner \
                   WHERE u.evtname = 'esclusa_usage' AND u.evtenabled IN ('O', 'A') AND o.rolsuper) IS DISTINCT FROM $5 \
             THEN 'is of another version' ELSE '' END \
           FROM pg_event_trigger AS e JOIN pg_proc AS f ON f.oid = e.evtfoid JOIN pg_roles AS r ON r.oid = f.proowner \
           WHERE e.evtname = 'esclusa_grants'), 'does not exist')"
    );
    let there = "SELECT to_regnamespace($1) IS NOT NULL";
    let found: String = match database.one("looking for schema esclusa", there, &[&CONTROL]).await?.get(0) {
        true => database
            .one("looking for the event trigger", &sql, &[&bodies[0], &bodies[1], &bodies[2], &bodies[3], &bodies[4]])
            .await?
            .get(0),
        false => "does not exist".to_owned(),
    };
    let what = format!("event trigger esclusa_grants, which carries grants to views and leaves, {found}");
    let mend = format!("CREATE SCHEMA IF NOT EXISTS {CONTROL} AUTHORIZATION {};\n{wanted}", ident(role));
    Ok((!found.is_empty()).then_some(Missing { what, mend }))
}

/// Gives objects to a role: each the kind and the name, as ALTER takes them, and its schema. The new owner must be able to create in the schema
/// (manual, ALTER TABLE, "Notes"), and keeps that right only during this change: in a schema with functions that everybody calls, a role that may
/// create could put its own functions in their place.
pub async fn give(database: &Database, objects: &[(String, &str)], owner: &str) -> Result<()> {
    let schemas: Vec<&str> = objects.iter().map(|(_, schema)| *schema).collect();
    let to = ident(owner);
    let all: String = objects.iter().map(|(what, _)| format!("ALTER {what} OWNER TO {to};\n")).collect();
    let context = format!("giving objects to {owner}");
    while_creating(database, &schemas, &[owner], async |database| database.batch(&context, &all).await).await
}

/// Does work that gives objects in some schemas to roles, which may create there only meanwhile.
pub async fn while_creating<T>(
    database: &Database,
    schemas: &[&str],
    owners: &[&str],
    work: impl AsyncFnOnce(&Database) -> Result<T>,
) -> Result<T> {
    let context = format!("letting {} create", owners.join(", "));
    let sql =
        "SELECT DISTINCT format('CREATE ON SCHEMA %I', s), quote_ident(o) FROM unnest($1::text[]) AS o, unnest($2::text[]) AS s
               WHERE o <> current_user AND to_regrole(quote_ident(o)) IS NOT NULL AND to_regnamespace(quote_ident(s)) IS NOT NULL
                 AND NOT has_schema_privilege(o::name, s, 'CREATE')";
    // While a rehearsal has only noted the GRANT, it is believed.
    let granted = |(right, owner): &(String, String)| format!("{owner} has {right}");
    let rows = database.query(&context, sql, &[&owners, &schemas]).await?;
    let mut lacking: Vec<(String, String)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    lacking.retain(|lacks| database.believed(&granted(lacks)).as_deref() != Some(YES));
    let change = |verb: &str, word: &str| -> String {
        lacking.iter().map(|(right, owner)| format!("{verb} {right} {word} {owner};")).collect()
    };
    let believe = |now: &str| lacking.iter().for_each(|lacks| database.believe(&granted(lacks), now));
    database.batch(&context, &change("GRANT", "TO")).await?;
    believe(YES);
    let done = work(database).await?;
    database.batch(&context, &change("REVOKE", "FROM")).await?;
    believe(NO);
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;

    fn context(schema: &str) -> Context {
        Context { schema: schema.to_owned(), ..Context::new(&Settings::defaults().unwrap()) }
    }

    #[test]
    fn every_name_in_the_script_is_quoted_and_no_mark_is_left() {
        let script = script(&context("Mi esquema"), "o'role \"x\"", &["dual".into(), "it's".into()], Some("Due ño"));
        for part in ["\"Mi esquema\"", "'o''role \"x\"'", "\"o'role \"\"x\"\"\"", "'it''s'", "'Due ño'"] {
            assert!(script.contains(part), "{part}\n{script}");
        }
        for mark in [
            "{role",
            "{schema",
            "{control",
            "{leaf",
            "{audit",
            "{archive",
            "{owner",
            "{tables",
            "{grants",
            "{partman",
            "{own_faults",
            "{dependents",
            "{control_text",
        ] {
            assert!(!script.contains(mark), "{mark}\n{script}");
        }
    }

    #[test]
    fn without_pg_partman_nothing_is_said_of_it() {
        let never = Context { partman: Partman::Never, ..context("s") };
        assert!(!script(&never, "r", &[], None).contains("pg_partman';"));
        assert!(script(&context("s"), "r", &[], None).contains("CREATE EXTENSION pg_partman"));
    }
}
