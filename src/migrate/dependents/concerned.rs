//! A quick look at all tables at once: which of them may have dependents at all? Only these are worth the full search, which asks some twenty
//! questions per table. Every table on which the full search finds something that blocks, or another object to report, is among those that this one
//! returns (`tests/order.rs`); objects that a table owns and takes along are not asked for.

use std::collections::BTreeSet;

use crate::catalog::Database;
use crate::error::Result;

use super::super::CONTROL;

/// `$1` is the schema, `$2` the tables, `$3` our own schema. A name with other than word characters is not searched for in functions' texts: its
/// table is taken to be named in one.
const SQL: &str = "
    WITH word AS (SELECT DISTINCT lower(m[1]) AS name FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
            JOIN pg_language AS l ON l.oid = p.prolang, LATERAL regexp_matches(p.prosrc, '\\w+', 'g') AS m
        WHERE n.nspname NOT IN ($3, 'pg_catalog', 'information_schema') AND l.lanname NOT IN ('c', 'internal')),
      legacy AS (SELECT * FROM pg_class WHERE relnamespace = to_regnamespace(quote_ident($1)) AND relname = ANY ($2::text[]) AND relkind IN ('r', 'p'))
    SELECT c.relname::text FROM legacy AS c
    WHERE c.relkind = 'p' OR c.relrowsecurity OR c.reloftype <> 0 OR c.relispartition OR c.relhassubclass OR c.relhasrules
      OR c.relname ~ '\\W' OR lower(c.relname) IN (SELECT name FROM word)
      OR EXISTS (SELECT FROM pg_inherits WHERE inhrelid = c.oid)
      OR EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid)
      OR EXISTS (SELECT FROM pg_trigger WHERE tgrelid = c.oid AND NOT tgisinternal)
      OR EXISTS (SELECT FROM pg_constraint WHERE conrelid = c.oid AND (contype IN ('f', 'x') OR condeferrable OR (contype = 'c' AND 0 >= ANY (conkey))))
      OR EXISTS (SELECT FROM pg_constraint WHERE confrelid = c.oid)
      OR EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND (attgenerated <> '' OR attidentity <> '') AND NOT attisdropped)
      OR EXISTS (SELECT FROM pg_seclabel WHERE classoid = 'pg_class'::regclass AND objoid = c.oid)
      OR EXISTS (SELECT FROM pg_publication WHERE puballtables)
      OR EXISTS (SELECT FROM pg_publication_rel WHERE prrelid = c.oid)
      OR EXISTS (SELECT FROM pg_publication_namespace WHERE pnnspid = c.relnamespace)
      OR EXISTS (SELECT FROM pg_subscription_rel WHERE srrelid = c.oid)
      OR EXISTS (SELECT FROM pg_depend WHERE refclassid = 'pg_class'::regclass AND refobjid = c.oid AND deptype = 'n')
      OR EXISTS (SELECT FROM pg_depend WHERE refclassid = 'pg_type'::regclass AND deptype = 'n'
           AND refobjid IN (SELECT oid FROM pg_type WHERE typrelid = c.oid UNION ALL SELECT typarray FROM pg_type WHERE typrelid = c.oid))
    ORDER BY 1";

/// The tables of a schema that may have dependents.
pub async fn concerned(database: &Database, schema: &str, tables: &[&str]) -> Result<BTreeSet<String>> {
    let rows = database.query("looking for what depends on tables", SQL, &[&schema, &tables, &CONTROL]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
