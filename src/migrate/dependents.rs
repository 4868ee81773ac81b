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
use crate::error::{Error, Result};

use super::foreign_key::key_table::Leaf;
use super::foreign_key::read::foreign_keys;
use super::foreign_key::refusals;

/// Finds them while the table has its name. The leaf need not exist yet; `leaf.legacy` is the table. The session's search path must be the
/// migration's, so that what the server prints is qualified and means the same when it is run.
pub async fn find(database: &Database, leaf: &Leaf<'_>) -> Result<Dependents> {
    let mut all = Dependents::default();
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
    Ok(all)
}

/// The way back: what depends on the view is carried to the table, which takes the name again. `leaf.legacy` is the view. What clients created over
/// it through a proxy depends on `copy`, the view that rewritten statements name.
pub async fn back(database: &Database, leaf: &Leaf<'_>, copy: &str) -> Result<Dependents> {
    let mut all = Dependents::default();
    let named = [copy, leaf.legacy];
    views::find(database, leaf, named, &mut all).await?;
    views::find(database, &Leaf { legacy: copy, ..*leaf }, named, &mut all).await?;
    refuse_temporary(database, leaf, copy).await?;
    others::find(database, leaf, &mut all).await?;
    own::back(database, leaf, &mut all).await?;
    Ok(all)
}

/// Nobody can make another session's temporary view again: the error names the session that is in the way.
async fn refuse_temporary(database: &Database, leaf: &Leaf<'_>, copy: &str) -> Result<()> {
    let sql = "SELECT string_agg(DISTINCT format('%s of the session of %s (pid %s)', c.relname, a.usename, a.pid), ', ') \
               FROM pg_rewrite AS r JOIN pg_class AS c ON c.oid = r.ev_class JOIN pg_namespace AS n ON n.oid = c.relnamespace \
               JOIN pg_depend AS d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass \
               JOIN pg_stat_activity AS a ON a.pid = pg_stat_get_backend_pid(substr(n.nspname, 9)::integer) \
               WHERE d.refobjid = ANY ($1::text[]::regclass[]) AND c.oid <> d.refobjid AND n.nspname ~ '^pg_temp_[0-9]+$'";
    let relations: &[&str] = &[leaf.legacy, copy];
    match database.one("looking for temporary views", sql, &[&relations]).await?.get::<_, Option<String>>(0) {
        None => Ok(()),
        Some(views) => Err(Error::Refused {
            message: format!("{} cannot come back while a temporary view reads it", leaf.table),
            detail: Some(views),
            hint: Some("it ends with its session: wait for its end, or end it (`KILL` on the console)".into()),
        }),
    }
}
