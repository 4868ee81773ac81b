//! What a table needs when it moves is made ahead, in the transaction that moves it but before its locks: the leaf with its indexes, attached and empty,
//! the view that rewritten statements name, and the table of places. Nobody waits meanwhile, nobody sees it before the move is committed, and
//! nothing is left of an attempt that is rolled back.

use crate::catalog::Database;
use crate::error::{Error, Result};
use crate::relation::{CONTROL, Relation};

use super::{keep, leaf, place, roles, view};

/// What was made, and from what.
#[derive(Debug)]
pub(super) struct Ahead {
    /// The legacy table's indexes at that time.
    indexes: String,
    /// About indexes that cannot be carried.
    pub(super) notes: Vec<String>,
}

impl Ahead {
    /// Makes it for a table that nobody has locked yet, with `owner`, its owner at present.
    pub(super) async fn make(db: &Database, relation: &Relation, owner: &str) -> Result<Ahead> {
        let legacy = relation.legacy_table();
        let context = format!("making the leaf of {}", relation.table);
        let there = "SELECT to_regclass($1) IS NOT NULL";
        if db.one(&context, there, &[&relation.rows()]).await?.get(0) {
            return Err(Error::Refused {
                message: format!("{} exists already", relation.rows()),
                detail: Some("an earlier run left it, and filling it again would double every row".into()),
                hint: Some(format!("roll {} back first", relation.table)),
            });
        }
        db.batch(&context, &leaf::creation(relation)).await?;
        db.will_be(&relation.rows(), &legacy);
        let indexes = indexes(db, relation).await?;
        let notes = leaf::finish(db, relation, Some(&legacy)).await?;
        db.batch(&format!("making the view of {}", relation.table), &view::own(relation)).await?;
        db.batch(&format!("making the table of places of {}", relation.table), &keep::table_of_places(relation)).await?;
        let [leaf, own, function] = view::of_its_own(relation);
        roles::give(db, &[leaf, own, function, (format!("TABLE {}", place::table(relation)), CONTROL)], owner).await?;
        Ok(Ahead { indexes, notes })
    }

    /// When nobody can change the table any more: whether it still has the indexes that the leaf was made with.
    pub(super) async fn fits(&self, db: &Database, relation: &Relation) -> Result<bool> {
        Ok(indexes(db, relation).await? == self.indexes)
    }
}

/// The definitions of the legacy table's indexes.
async fn indexes(db: &Database, relation: &Relation) -> Result<String> {
    let sql = "SELECT coalesce(string_agg(pg_get_indexdef(indexrelid) || indisclustered, E'\\n' ORDER BY indexrelid), '') \
               FROM pg_index WHERE indrelid = to_regclass($1) AND indisvalid";
    Ok(db.one(&format!("looking at the indexes of {}", relation.table), sql, &[&relation.legacy_table()]).await?.get(0))
}
