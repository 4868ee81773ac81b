//! What belongs to no single table: the event triggers that carry grants, the guards of the parents, and rights on shared objects that would be rights
//! on the rows of all tables; views of others that lose their WHERE over a moved table, and tables whose rows a crash would take.

use crate::catalog::Database;
use crate::error::Result;
use crate::sql::quote::{ident, literal};

use super::super::foreign_key::KEYS;
use super::super::foreign_key::key_table::{self, GUARD};
use super::super::{ARCHIVE, CONTROL, LEAVES, roles};
use super::drift::{Drift, Remedy};

/// Why a view with `security_barrier` over a moved table is not left as it is. Its conditions hold for SELECT; but PostgreSQL does not apply those
/// of a security barrier to UPDATE and DELETE where the view below has INSTEAD OF triggers.
const BARRIER: &str = "UPDATE and DELETE through it reach the rows that it hides: `ALTER VIEW ... RESET (security_barrier)`, or revoke UPDATE and DELETE on it";

pub(super) async fn check(database: &Database, schema: &str) -> Result<Vec<Drift>> {
    let sql = format!(
        "SELECT 'event trigger', w.name, CASE WHEN e.oid IS NULL THEN 'missing' ELSE 'disabled' END, 'enabled', '' \
         FROM (VALUES ('esclusa_grants'), ('esclusa_usage')) AS w(name) LEFT JOIN pg_event_trigger AS e ON evtname = w.name \
         WHERE (e.oid IS NULL OR evtenabled NOT IN ('O', 'A')) AND EXISTS (SELECT FROM {CONTROL}.object) \
         UNION ALL \
         SELECT DISTINCT 'guard', i.inhparent::regclass::text, 'missing', 'BEFORE INSERT OR UPDATE OR DELETE', '' \
         FROM pg_class AS key JOIN pg_class AS leaf ON leaf.relname = key.relname AND leaf.relnamespace = to_regnamespace({leaves}) \
              JOIN pg_inherits AS i ON i.inhrelid = leaf.oid \
         WHERE key.relnamespace = to_regnamespace({keys}) AND key.relkind = 'r' \
           AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = i.inhparent AND tgname = '{GUARD}' AND tgenabled IN ('O', 'A')) \
         UNION ALL \
         SELECT 'rights', c.oid::regclass::text, 'open to PUBLIC', '', string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type) \
         FROM pg_class AS c, aclexplode(c.relacl) AS a \
         WHERE a.grantee = 0 AND c.relkind IN ('r', 'p') AND (c.relnamespace IN (to_regnamespace({control}), to_regnamespace({keys})) \
           OR c.relnamespace = to_regnamespace({schema}) AND (c.relname IN ('audit_log', 'audit_log_live', 'domain_value', 'domain_value_link') \
              OR EXISTS (SELECT FROM pg_inherits WHERE inhrelid = c.oid AND inhparent = to_regclass({schema} || '.audit_log_live')))) \
           AND NOT (c.relnamespace = to_regnamespace({keys}) AND EXISTS (SELECT FROM pg_class AS v, aclexplode(v.relacl) AS g \
              WHERE v.relname = c.relname AND v.relnamespace = to_regnamespace({control}) AND g.grantee = 0 AND g.privilege_type = a.privilege_type)) \
         GROUP BY c.oid \
         UNION ALL \
         SELECT 'rights', format('SCHEMA %I', n.nspname), 'given to ' || CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END, '', 'CREATE' \
         FROM pg_namespace AS n, aclexplode(n.nspacl) AS a \
         WHERE n.oid IN (to_regnamespace({control}), to_regnamespace({leaves}), to_regnamespace({keys}), to_regnamespace({archive})) \
           AND a.privilege_type = 'CREATE' AND a.grantee <> n.nspowner \
         UNION ALL \
         SELECT 'logging', c.oid::regclass::text, 'a crash of the server would take its rows', 'LOGGED', 'UNLOGGED' \
         FROM pg_class AS c WHERE c.relkind = 'r' AND c.relpersistence = 'u' AND (c.relnamespace IN (to_regnamespace({leaves}), to_regnamespace({keys}), to_regnamespace({archive})) \
           OR c.oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = to_regclass({schema} || '.audit_log_live'))) \
         UNION ALL \
         (WITH RECURSIVE over (oid) AS ( \
            SELECT CASE WHEN kind = 'view' THEN to_regclass(name)::oid END FROM {CONTROL}.object WHERE kind = 'view' \
            UNION SELECT r.ev_class FROM over JOIN pg_depend AS d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = over.oid \
              AND d.classid = 'pg_rewrite'::regclass JOIN pg_rewrite AS r ON r.oid = d.objid) \
          SELECT 'barrier', c.oid::regclass::text, 'a security barrier over a moved table', '', 'security_barrier' \
          FROM over JOIN pg_class AS c ON c.oid = over.oid CROSS JOIN pg_options_to_table(c.reloptions) AS o \
          WHERE c.relkind = 'v' AND o.option_name = 'security_barrier' AND o.option_value::bool \
            AND pg_relation_is_updatable(c.oid, true) & 20 <> 0) \
         UNION ALL \
         SELECT 'rights', what, 'given to ' || role_name, '', rights FROM ({faults}) AS f WHERE role_name <> 'PUBLIC' OR what ~ '^SEQUENCE '",
        faults = roles::own_faults(schema),
        leaves = literal(LEAVES),
        keys = literal(KEYS),
        control = literal(CONTROL),
        archive = literal(ARCHIVE),
        schema = literal(&ident(schema)),
    );
    let told = database.text("looking around", &sql).await?.into_iter().map(|row| {
        let mut cells = row.into_iter().map(Option::unwrap_or_default);
        let mut next = || cells.next().unwrap_or_default();
        let (kind, name, finding, expected, found) = (next(), next(), next(), next(), next());
        let remedy = match kind.as_str() {
            "guard" => Remedy::Together(key_table::guard(&name)),
            "logging" => Remedy::Together(format!("ALTER TABLE {name} SET LOGGED")),
            "barrier" => Remedy::None(BARRIER.into()),
            "rights" => match finding.strip_prefix("given to ") {
                Some(role) => Remedy::Together(format!("REVOKE {found} ON {name} FROM {role} CASCADE")),
                None => Remedy::Together(format!("REVOKE ALL ON {name} FROM PUBLIC")),
            },
            _ => Remedy::None("only a superuser can do this: the script of `esclusa roles` creates and enables it".into()),
        };
        Drift { table: String::new(), kind, name, finding, expected, found, remedy }
    });
    Ok(told.collect())
}
