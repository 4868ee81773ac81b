//! Which row of the archive is which row of the leaf: by its number, where the place follows from it ([`Numbers`]), otherwise by a table of numbers
//! and places. The triggers that keep the archive up to date go by it (`keep.rs`), and the proof compares every row with that at its place
//! (`parity.rs`).

use crate::catalog::Database;
use crate::error::Result;
use crate::relation::{CONTROL, Relation};
use crate::sql::quote::{literal, qualified};

use super::foreign_key::bounded;
use super::number::Numbers;

/// What the name of the table of numbers and places begins with, before that of the legacy table.
pub(super) const KEPT: &str = "kept_";

/// The name of the table of numbers and places, without its schema.
pub(super) fn name(relation: &Relation) -> String {
    bounded(format!("{KEPT}{}", relation.table))
}

/// The table of numbers and places, for rows whose place does not follow from the number.
pub(super) fn table(relation: &Relation) -> String {
    qualified(CONTROL, &name(relation))
}

/// The name under which a rehearsal knows that no place follows from a number.
pub(super) fn known(relation: &Relation) -> String {
    format!("all places of {} are in a table", relation.table)
}

/// A row of the leaf with its place.
#[derive(Debug, Clone)]
pub(super) struct Placed {
    /// What is joined to the leaf, which has the alias `t`.
    pub join: String,
    /// The place of `t` in the archive; NULL where it has none.
    pub place: String,
}

/// How the rows of a moved table find their places; `None` where nothing is known of them.
pub(super) async fn of_rows(db: &Database, relation: &Relation) -> Result<Option<Placed>> {
    let (table, number) = (table(relation), format!("t.{}", relation.number()));
    let sql = format!(
        "SELECT first_number, rows_per_block, blocks FROM {CONTROL}.archive WHERE legacy_table = $1 AND to_regclass({}) IS NOT NULL",
        literal(&table)
    );
    let rows = db.query("looking at how rows find their places", &sql, &[&relation.table]).await?;
    let numbers = match db.believed(&known(relation)) {
        Some(_) => Some(None),
        None => rows
            .first()
            .map(|row| row.get::<_, Option<i64>>(0).map(|first| Numbers { first, per_block: row.get(1), blocks: row.get(2) })),
    };
    Ok(numbers.map(|numbers| {
        let followed = numbers.map_or_else(String::new, |numbers| format!(", {}", numbers.place(&number)));
        Placed { join: format!(" LEFT JOIN {table} AS k ON k.number = {number}"), place: format!("coalesce(k.at{followed})") }
    }))
}
