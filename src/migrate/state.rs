//! The state of each legacy table: moved or not, by which run, what of it can be read, and where the legacy table itself is. The ledger says what
//! was done; the catalog says what exists now, and takes precedence.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::machine::Legacy;
use super::{ARCHIVE, CONTROL, LEAVES, name};
use crate::catalog::Database;
use crate::error::Result;
use crate::sql::quote::literal;

/// The facts about one legacy table.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TableState {
    /// The run that moved it, or improved it, last.
    pub run: Option<i64>,
    /// When that was, to the second, in the zone of the database.
    pub moved_at: Option<String>,
    /// Its rows have a leaf.
    pub leaf: bool,
    /// The view that rewritten statements name exists.
    pub view: bool,
    /// A view has the legacy name: it answers what is not rewritten.
    pub stand_in: bool,
    /// A retained history has its new columns.
    pub improved: bool,
    /// Where the legacy table is.
    pub legacy: Legacy,
    /// Its name is retired, or being retired.
    #[serde(default)]
    pub retired: bool,
}

impl TableState {
    /// Whether rewritten statements find rows.
    pub fn is_readable(&self) -> bool {
        self.leaf && self.view
    }

    /// Whether its rows are in the new tables and nowhere else that a client could write, so that rewritten statements miss none. A legacy table
    /// that has its name back is in charge again.
    pub fn is_moved(&self) -> bool {
        self.is_readable() && self.legacy != Legacy::Named
    }

    /// Whether it has been moved, and has not got its name back since.
    pub fn was_moved(&self) -> bool {
        self.legacy != Legacy::Named && (self.run.is_some() || self.is_readable() || self.retired)
    }
}

/// The facts about every table that has any. A name that is missing was never moved, and has no objects.
pub async fn states(database: &Database, schema: &str) -> Result<HashMap<String, TableState>> {
    let ledger = format!("{CONTROL}.run_table");
    let there: bool = database.one("looking for the ledger", "SELECT to_regclass($1) IS NOT NULL", &[&ledger]).await?.get(0);
    let rows = database.query("reading where legacy tables stand", &statement(there.then_some(&*ledger)), &[&schema]).await?;
    let mut states = HashMap::new();
    for row in rows {
        let legacy = match (row.get(6), row.get(7)) {
            (true, _) => Legacy::Named,
            (false, true) => Legacy::Archived,
            (false, false) => Legacy::Gone,
        };
        let state = TableState {
            run: row.get(1),
            moved_at: row.get(2),
            leaf: row.get(3),
            view: row.get(4),
            stand_in: row.get(5),
            improved: row.get(8),
            legacy,
            retired: false,
        };
        states.insert(row.get(0), state);
    }
    for table in name::tombstones(database).await?.into_keys() {
        states.entry(table).or_default().retired = true;
    }
    Ok(states)
}

/// One query for the catalog and the ledger. What counts as a leaf is on one line.
fn statement(ledger: Option<&str>) -> String {
    let ledger = ledger.map_or_else(
        || "SELECT NULL::text AS name, NULL::bigint AS run, NULL::timestamptz AS at WHERE false".to_owned(),
        |ledger| {
            format!(
                "SELECT name, CASE WHEN step IN ('migrate', 'retain') THEN run END AS run, at \
                 FROM (SELECT DISTINCT ON (legacy_table) legacy_table::text AS name, run_id AS run, step, finished_at AS at \
                       FROM {ledger} ORDER BY legacy_table, finished_at DESC) AS last"
            )
        },
    );
    let (control, leaves, archive) = (literal(CONTROL), literal(LEAVES), literal(ARCHIVE));
    format!(
        "WITH fact AS ( \
           SELECT c.relname::text AS name, \
             CASE WHEN to_regnamespace({leaves}) IS NULL THEN n.nspname = {control} AND c.relkind = 'v' \
                  ELSE n.nspname = {leaves} AND c.relkind IN ('r', 'p') AND c.relispartition END AS leaf, \
             n.nspname = {control} AND c.relkind = 'v' AS view, \
             n.nspname = $1 AND c.relkind = 'v' AS stand_in, \
             n.nspname = $1 AND c.relkind IN ('r', 'p') AS named, \
             n.nspname = {archive} AND c.relkind IN ('r', 'p') AS archived, \
             n.nspname = $1 AND EXISTS (SELECT FROM pg_catalog.pg_attribute a \
               WHERE a.attrelid = c.oid AND a.attname = 'hst_id' AND NOT a.attisdropped) AS improved \
           FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
           WHERE n.nspname IN ($1, {control}, {leaves}, {archive}) AND c.relkind IN ('r', 'p', 'v')), \
         ledger AS ({ledger}), \
         known AS (SELECT name, bool_or(leaf), bool_or(view), bool_or(stand_in), bool_or(named), bool_or(archived), bool_or(improved) \
           FROM fact GROUP BY name) \
         SELECT coalesce(k.name, l.name), l.run, (CASE WHEN l.run IS NOT NULL THEN l.at END)::timestamptz(0)::text, \
           coalesce(k.leaf, false), coalesce(k.view, false), coalesce(k.stand_in, false), coalesce(k.named, false), \
           coalesce(k.archived, false), coalesce(k.improved, false) \
         FROM known AS k (name, leaf, view, stand_in, named, archived, improved) FULL JOIN ledger AS l ON l.name = k.name"
    )
}
