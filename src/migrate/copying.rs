//! A history that is copied and proven before it moves (`online`), while clients write it.

use crate::error::{Error, Result};
use crate::relation::Relation;
use crate::rule::Rule;

use super::migration::Migration;
use super::online::{self, Online};
use super::parity::Parity;

/// A large history whose copy waits for the move.
pub(super) struct Prepared<'p> {
    pub(super) copy: Online<'p>,
    pub(super) notes: Vec<String>,
    pub(super) parity: Parity,
}

impl Migration<'_> {
    /// Copies a large history before anybody has to wait, or continues a copy that was begun.
    pub(super) async fn prepare<'p>(&'p self, run: i64, relation: &'p Relation) -> Result<Option<Prepared<'p>>> {
        let Some(_) = relation.target().and_then(|t| t.repeated) else { return Ok(None) };
        let size = "SELECT pg_relation_size(to_regclass($1))";
        let size: i64 = self.database.one("asking for the size", size, &[&relation.legacy_table()]).await?.get(0);
        let is_large = u64::try_from(size).unwrap_or(0) > self.pace.online_above;
        if !is_large && !online::is_begun(self.database, relation).await? {
            return Ok(None);
        }
        self.copy(run, relation).await.map(Some)
    }

    /// Copies and proves a history that stays in its place for now, so that it can be read. Notes are about indexes that cannot be carried.
    pub(super) async fn copied_and_proven(&self, run: i64, rule: &Rule) -> Result<Vec<String>> {
        let relation = Relation::compile(rule, &self.context);
        self.refuse_stale_rule(rule, &self.catalog(rule).await?)?;
        let hanging = self.hanging(self.database, &relation, &relation.legacy_table()).await?;
        self.refuse_hanging(&relation, &hanging)?;
        let Prepared { copy, notes, .. } = self.copy(run, &relation).await?;
        copy.settle().await?;
        Ok(notes)
    }

    /// Copies a history while it is written, and proves it. A copy that the server refuses to go on with is removed: what has failed here (a full disk, a
    /// value that cannot be converted) fails in the trigger too that carries every change into the copy, and with it the client's statement.
    pub(super) async fn copy<'p>(&'p self, run: i64, relation: &'p Relation) -> Result<Prepared<'p>> {
        let failed = match self.copy_and_prove(run, relation).await {
            Err(error) if is_lasting(&error) => error,
            other => return other,
        };
        let how = match online::abandon(self.copying(run, relation)).await {
            Ok(()) => "the copy was removed".to_owned(),
            Err(error) => format!(
                "the copy could not be removed ({error}), and clients that write the table may meet the same error until `esclusa rollback {}` has removed it",
                relation.table
            ),
        };
        let (message, why) = match failed {
            Error::Database { ref detail, ref sqlstate, .. } => {
                (failed.to_string(), detail.iter().cloned().chain([format!("SQLSTATE {sqlstate}"), how]).collect::<Vec<_>>())
            }
            other => (other.to_string(), vec![how]),
        };
        Err(Error::Refused {
            message,
            detail: Some(why.join("; ")),
            hint: Some("remove the cause, and give the command again: the table is copied from the beginning".into()),
        })
    }

    async fn copy_and_prove<'p>(&'p self, run: i64, relation: &'p Relation) -> Result<Prepared<'p>> {
        let mut copy = Online::begin(self.copying(run, relation)).await?;
        let notes = copy.copy().await?;
        let parity = copy.prove().await?;
        if !parity.holds() {
            // A wrong copy is not used any further.
            online::abandon(self.copying(run, relation)).await?;
            return Err(unproven(relation, &parity));
        }
        Ok(Prepared { copy, notes, parity })
    }
}

/// Whether the server has refused a statement for a reason that stays: not because a connection, a lock or a transaction was lost, or because an
/// administrator has stopped it (manual, appendix A: classes 08, 40, 55 and 57).
fn is_lasting(error: &Error) -> bool {
    matches!(error, Error::Database { sqlstate, .. } if !["", "08", "40", "55", "57"].contains(&sqlstate.get(..2).unwrap_or_default()))
}

pub(super) fn unproven(relation: &Relation, parity: &Parity) -> Error {
    Error::Refused {
        message: format!("{} did not pass its parity checks and was left as it was", relation.table),
        detail: Some(parity.failures()),
        hint: None,
    }
}
