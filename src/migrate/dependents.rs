//! What depends on a legacy table, and what becomes of it when the table steps aside for its view.
//!
//! PostgreSQL ties objects to each other by OID: a view over the table would silently read the moved table. So everything that the catalog knows to
//! depend on the table is found before the move, and falls into one of three groups: *carried*, by statements that the move runs before and after
//! the swap; *let go*, with a note, where that changes nobody's results; or *blocking*: `migrate` refuses the table unless run with `--accept`.
//! Where one exists, the script that makes the object again comes with it.

mod concerned;
mod found;
mod others;
mod own;
pub mod retained;
mod views;

pub use concerned::concerned;
pub use found::{Dependent, Dependents};

use crate::catalog::Database;
use crate::error::Result;

use super::foreign_key::key_table::Leaf;
use super::foreign_key::read::foreign_keys;
use super::foreign_key::refusals;

/// Finds them while the table has its name. The leaf need not exist yet; `leaf.legacy` is the table. The session's search path must be the
/// migration's, so that what the server prints is qualified and means the same when it is run.
pub async fn find(database: &Database, leaf: &Leaf<'_>) -> Result<Dependents> {
    let mut all = Dependents::new("view");
    own::find(database, leaf, &mut all).await?;
    let keys = foreign_keys(database, leaf.legacy).await?;
    let refused = refusals(&keys, leaf.schema, leaf.table, leaf.rows());
    for key in &keys {
        let name = format!("constraint \"{}\" on table \"{}\"", key.name, key.referencing.table);
        all.found.push(match refused.iter().find(|r| r.name == name) {
            Some(refusal) => Dependent::blocking("foreign key", name, &refusal.reason, None),
            None => Dependent::noted("foreign key", name, "moves to the key table beside the leaf"),
        });
    }
    views::find(database, leaf, ["", ""], &mut all).await?;
    others::find(database, leaf, &mut all).await?;
    others::bodies(database, leaf, &mut all).await?;
    Ok(all)
}

/// The way back: what depends on the view is carried to the table, which takes the name again. `leaf.legacy` is the view. What clients created over
/// it through a proxy depends on `copy`, the view that rewritten statements name. What cannot be carried keeps its view, which from then on reads and
/// writes the table (`Dependents::through`); only what has the view's row type blocks.
pub async fn back(database: &Database, leaf: &Leaf<'_>, copy: &str) -> Result<Dependents> {
    let mut all = Dependents::new("table");
    for view in [leaf.legacy, copy] {
        let (of_view, before) = (Leaf { legacy: view, ..*leaf }, all.found.len());
        views::find(database, &of_view, [copy, leaf.legacy], &mut all).await?;
        others::find(database, &of_view, &mut all).await?;
        let mut stays = Vec::new();
        for found in all.found[before..].iter_mut().filter(|found| found.blocks) {
            found.blocks = found.has_row_type;
            if !found.has_row_type {
                found.fate = format!("stays, and uses the table through a view that is kept for it ({})", found.fate);
            }
            stays.push(found.to_string());
        }
        if !stays.is_empty() {
            all.through.push((view.to_owned(), stays));
        }
    }
    own::back(database, leaf, &mut all).await?;
    Ok(all)
}
