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
            Some(refusal) => Dependent::blocking(found::FOREIGN_KEY, name, &refusal.reason, None),
            None => Dependent::noted(found::FOREIGN_KEY, name, "moves to the key table beside the leaf"),
        });
    }
    if is_used(database, &[leaf.legacy]).await? {
        views::find(database, leaf, ["", ""], &mut all).await?;
        others::find(database, leaf, &mut all).await?;
    }
    others::replication(database, leaf, &mut all).await?;
    Ok(all)
}

/// Adds what only names the table in a text. It depends on nothing and is told to the reader, so it is not looked for while others wait.
pub async fn naming(database: &Database, leaf: &Leaf<'_>, all: &mut Dependents) -> Result<()> {
    others::bodies(database, leaf, all).await
}

/// The way back: what depends on the view is carried to the table, which takes the name again. `leaf.legacy` is the view. What clients created over
/// it through a proxy depends on `copy`, the view that rewritten statements name. What cannot be carried keeps its view, which from then on reads and
/// writes the table (`Dependents::through`); only what has the view's row type blocks.
pub async fn back(database: &Database, leaf: &Leaf<'_>, copy: &str) -> Result<Dependents> {
    let mut all = Dependents::new("table");
    let views = if is_used(database, &[leaf.legacy, copy]).await? { &[leaf.legacy, copy][..] } else { &[] };
    for &view in views {
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

/// Whether anything depends on one of these relations, or on its row type, beside what belongs to it. Nothing does on most of them, and others wait while
/// it is asked.
async fn is_used(database: &Database, relations: &[&str]) -> Result<bool> {
    let sql = "WITH v AS (SELECT to_regclass(name)::oid AS oid FROM unnest($1::text[]) AS name), \
                 used AS (SELECT 'pg_class'::regclass AS class, oid FROM v UNION ALL \
                          SELECT 'pg_type'::regclass, unnest(ARRAY[t.oid, t.typarray]) FROM v JOIN pg_type AS t ON t.typrelid = v.oid) \
               SELECT EXISTS (SELECT FROM used JOIN pg_depend AS d ON d.refclassid = used.class AND d.refobjid = used.oid AND d.deptype = 'n' \
                 WHERE NOT EXISTS (SELECT FROM pg_rewrite AS r JOIN v ON v.oid = r.ev_class WHERE d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid))";
    Ok(database.one("looking for dependents", sql, &[&relations]).await?.get(0))
}
