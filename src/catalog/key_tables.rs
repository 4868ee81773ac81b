//! The key tables that carry the foreign keys of moved tables, as far as rewriting needs them: which tables have one, and where a constraint is now
//! that clients still name by its legacy name.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::database::Database;
use crate::error::Result;

/// Constraints of key tables, and all others of the same names, because a search path may find them first; and, of deferrable foreign keys, the
/// triggers that lock a referenced row. `$1` is the legacy schema, `$2` that of the key tables, `$3` that of the
/// triggers' functions.
const CONSTRAINTS: &str = "
WITH held AS (
  SELECT convert_from(substr(t.tgargs, 1, length(t.tgargs) - 1), getdatabaseencoding())::name AS name, n.nspname, c.conname
  FROM pg_trigger t JOIN pg_constraint c ON c.oid = t.tgconstraint AND c.contype = 't' JOIN pg_namespace n ON n.oid = c.connamespace
  JOIN pg_proc p ON p.oid = t.tgfoid
  WHERE p.pronamespace = to_regnamespace(quote_ident($3)) AND p.proname LIKE 'hold\\_%' AND t.tgparentid = 0
), known AS (
  SELECT conname FROM pg_constraint WHERE connamespace = to_regnamespace(quote_ident($2)) AND contype IN ('f', 'u')
  UNION SELECT name FROM held
)
SELECT DISTINCT c.conname::text, CASE n.nspname WHEN $2 THEN $1 ELSE n.nspname::text END, false AS is_hold, n.nspname::text, c.conname::text
FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace WHERE c.conname IN (SELECT conname FROM known)
UNION
SELECT name::text, CASE nspname WHEN $2 THEN $1 ELSE nspname::text END, true, nspname::text, conname::text FROM held
ORDER BY 1, 2, 3, 4, 5";

/// The schemas involved.
#[derive(Debug, Clone, Copy)]
pub struct Places<'p> {
    /// The legacy tables.
    pub legacy: &'p str,
    /// The key tables.
    pub keys: &'p str,
    /// The functions of their triggers.
    pub functions: &'p str,
}

/// What is known of key tables.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyTables {
    /// Legacy tables that have one.
    tables: HashSet<String>,
    /// By the schema and name under which a client knows a constraint: the schemas and names of the constraints that replace it.
    constraints: HashMap<String, HashMap<String, Vec<(String, String)>>>,
}

impl KeyTables {
    /// Reads them; empty where the schema does not exist.
    pub async fn read(database: &Database, places: Places<'_>) -> Result<KeyTables> {
        let sql = "SELECT relname::text FROM pg_class WHERE relnamespace = to_regnamespace(quote_ident($1)) AND relkind = 'r'";
        let rows = database.query("looking for key tables", sql, &[&places.keys]).await?;
        let mut found = KeyTables { tables: rows.iter().map(|r| r.get(0)).collect(), ..KeyTables::default() };
        if found.tables.is_empty() {
            return Ok(found);
        }
        let params: [&(dyn tokio_postgres::types::ToSql + Sync); 3] = [&places.legacy, &places.keys, &places.functions];
        for row in database.query("looking for constraints of key tables", CONSTRAINTS, &params).await? {
            let of_schema = found.constraints.entry(row.get(1)).or_default();
            of_schema.entry(row.get(0)).or_default().push((row.get(3), row.get(4)));
        }
        Ok(found)
    }

    /// Adds the replacement of a constraint, without a database.
    #[must_use]
    pub fn with(mut self, schema: &str, name: &str, replacements: &[(&str, &str)]) -> KeyTables {
        let pair = |(schema, name): &(&str, &str)| ((*schema).to_owned(), (*name).to_owned());
        let of_schema = self.constraints.entry(schema.to_owned()).or_default();
        of_schema.insert(name.to_owned(), replacements.iter().map(pair).collect());
        self
    }

    /// Whether a legacy table has one.
    pub fn has(&self, table: &str) -> bool {
        self.tables.contains(table)
    }

    /// Whether a constraint has to be looked up at all.
    pub fn has_constraints(&self) -> bool {
        !self.constraints.is_empty()
    }

    /// The replacements of a constraint that a client names in this schema; `None` if it is unknown.
    pub fn constraint(&self, schema: &str, name: &str) -> Option<&[(String, String)]> {
        self.constraints.get(schema)?.get(name).map(Vec::as_slice)
    }
}
