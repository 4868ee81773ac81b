//! Whether a statement can run no code but PostgreSQL's and ours. It is run a second time under another role than its client's: a
//! client's own function, hidden in an operator, a cast, a view or an index, would run with that role's rights.
//!
//! What the statement names is locked before it is checked, so that nobody can exchange it; what it does not name cannot be reached
//! under the search path of the second run. A parent's partitions, and what views read, are checked with it.

use std::collections::BTreeMap;

use crate::catalog::Database;
use crate::error::Result;
use crate::relation::CONTROL;
use crate::sql::Named;
use crate::sql::quote::qualified;

/// Schemas whose objects are PostgreSQL's or ours.
const OURS: &str =
    "(SELECT oid FROM pg_catalog.pg_namespace WHERE nspname IN ('pg_catalog', 'esclusa', 'esclusa_leaf', 'esclusa_key'))";

/// Finds the schema of unqualified names: the first one of the path that has the name, after pg_catalog.
const PLACES: &str = "
    SELECT DISTINCT ON (c.relname) c.relname::text, n.nspname::text
    FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relname = ANY ($1::text[]) AND n.nspname = ANY (pg_catalog.array_prepend('pg_catalog'::text, $2::text[]))
    ORDER BY c.relname, pg_catalog.array_position(pg_catalog.array_prepend('pg_catalog'::text, $2::text[]), n.nspname::text)";

/// Finds which of these names (schema, dot, name) are tables or views.
const THERE: &str = "
    SELECT n.nspname::text, c.relname::text FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE (n.nspname || '.' || c.relname) = ANY ($1::text[]) AND c.relkind IN ('r', 'p', 'v')";

/// Finds the first object that is neither PostgreSQL's nor ours; no row if there is none. $1: relations as schema and name; $2:
/// qualifiers; $3: words. Indexes, CHECKs and extended statistics count, because the planner evaluates their constant parts.
const FOREIGN: &str = "
    WITH RECURSIVE reached(oid) AS (
      SELECT c.oid FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
      WHERE (n.nspname || '.' || c.relname) = ANY ($1::text[])
      UNION
      SELECT next.oid FROM reached AS r, LATERAL (
        SELECT d.refobjid FROM pg_catalog.pg_rewrite AS w JOIN pg_catalog.pg_depend AS d
          ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = 'pg_catalog.pg_class'::regclass
        WHERE w.ev_class = r.oid
        UNION ALL SELECT inhrelid FROM pg_catalog.pg_inherits WHERE inhparent = r.oid) AS next(oid)
    ), parts(classid, objid) AS (
      SELECT 'pg_catalog.pg_class'::regclass::oid, oid FROM reached
      UNION ALL SELECT 'pg_catalog.pg_class'::regclass, indexrelid FROM pg_catalog.pg_index JOIN reached ON indrelid = oid
      UNION ALL SELECT 'pg_catalog.pg_constraint'::regclass, c.oid FROM pg_catalog.pg_constraint AS c JOIN reached AS r ON conrelid = r.oid
      UNION ALL SELECT 'pg_catalog.pg_statistic_ext'::regclass, s.oid FROM pg_catalog.pg_statistic_ext AS s JOIN reached AS r ON stxrelid = r.oid
      UNION ALL SELECT 'pg_catalog.pg_rewrite'::regclass, w.oid FROM pg_catalog.pg_rewrite AS w JOIN reached AS r ON ev_class = r.oid
    )
    SELECT 'schema ' || nspname FROM pg_catalog.pg_namespace WHERE nspname = ANY ($2::text[]) AND oid NOT IN {ours}
    UNION ALL
    -- Functions that run a text as SQL, and those that do more than compute.
    SELECT 'function ' || p.proname FROM pg_catalog.pg_proc AS p
    WHERE p.proname = ANY ($3::text[]) AND p.pronamespace IN {ours} AND (p.provolatile = 'v' OR p.proname ~ '_to_xml')
    UNION ALL
    SELECT c.relname || CASE WHEN c.relrowsecurity THEN ', which has row security' ELSE ', which is no table and no view' END
    FROM pg_catalog.pg_class AS c JOIN reached AS r ON r.oid = c.oid
    WHERE (c.relkind NOT IN ('r', 'p', 'v') OR c.relrowsecurity) AND c.relnamespace <> 'pg_catalog'::regnamespace
    UNION ALL
    SELECT pg_catalog.pg_describe_object(d.refclassid, d.refobjid, 0)
    FROM parts AS p JOIN pg_catalog.pg_depend AS d ON d.classid = p.classid AND d.objid = p.objid
    LEFT JOIN pg_catalog.pg_proc AS f ON d.refclassid = 'pg_catalog.pg_proc'::regclass AND f.oid = d.refobjid
    LEFT JOIN pg_catalog.pg_operator AS o ON d.refclassid = 'pg_catalog.pg_operator'::regclass AND o.oid = d.refobjid
    LEFT JOIN pg_catalog.pg_type AS t ON d.refclassid = 'pg_catalog.pg_type'::regclass AND t.oid = d.refobjid
    WHERE coalesce(f.pronamespace, o.oprnamespace, CASE WHEN t.typtype <> 'c' THEN t.typnamespace END) NOT IN {ours}
    LIMIT 1";

/// The schemas of a statement's unqualified relations; and why it may not run, if it may not. The open transaction keeps locks on
/// what it names.
pub(super) async fn look(
    database: &Database,
    path: &[String],
    named: &[&Named],
) -> Result<(BTreeMap<String, String>, Option<String>)> {
    let relations = || named.iter().flat_map(|n| &n.relations);
    let bare: Vec<&str> = relations().filter(|(_, schema, _)| schema.is_none()).map(|(.., name)| name.as_str()).collect();
    let found = database.query("looking for relations", PLACES, &[&bare, &path]).await?;
    let schemas: BTreeMap<String, String> = found.iter().map(|row| (row.get(0), row.get(1))).collect();
    let place =
        |(_, schema, name): &(_, Option<String>, String)| Some((schema.as_ref().or(schemas.get(name))?.clone(), name.clone()));
    let places: Vec<(String, String)> = relations().filter_map(place).collect();
    let dotted: Vec<String> = places.iter().map(|(schema, name)| format!("{schema}.{name}")).collect();
    let there = database.query("looking for relations", THERE, &[&dotted]).await?;
    let there: Vec<(String, String)> = there.iter().map(|row| (row.get(0), row.get(1))).collect();
    // A relation that does not exist could be made before it is read. In our own schema nobody else can.
    if let Some((schema, name)) = places.iter().find(|place| place.0 != CONTROL && !there.contains(place)) {
        return Ok((schemas, Some(format!("there is no {}", qualified(schema, name)))));
    }
    let locks: Vec<String> = there.iter().filter(|(s, _)| s != "pg_catalog").map(|(s, n)| qualified(s, n)).collect();
    if !locks.is_empty() {
        database.batch("holding what is named", &format!("LOCK TABLE {} IN ACCESS SHARE MODE", locks.join(", "))).await?;
    }
    let (mut qualifiers, mut words) = (Vec::new(), Vec::new());
    named.iter().for_each(|n| {
        qualifiers.extend(&n.qualifiers);
        words.extend(&n.words);
    });
    let sql = FOREIGN.replace("{ours}", OURS);
    let foreign = database.query("looking for code of somebody else's", &sql, &[&dotted, &qualifiers, &words]).await?;
    Ok((schemas, foreign.first().map(|row| format!("it can reach {}", row.get::<_, String>(0)))))
}
