//! The first form of the database, in which all histories share the months of audit_log and all look-ups one table: whether it is present.
//! `passage` converts it into the second form.

pub mod passage;
mod proof;

use crate::catalog::Database;
use crate::error::{Error, Result};
use crate::relation::Context;
use crate::relation::target::AUDIT_LOG;
use crate::sql::quote::qualified;

/// Whether audit_log is partitioned by time, as the first form had it.
pub async fn is(database: &Database, context: &Context) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT FROM pg_partitioned_table WHERE partrelid = to_regclass($1) AND partstrat = 'r')";
    Ok(database.one("looking for the first form", sql, &[&qualified(&context.schema, AUDIT_LOG.table)]).await?.get(0))
}

/// Refuses everything but the conversion.
pub(super) async fn refuse(database: &Database, context: &Context) -> Result<()> {
    if !is(database, context).await? {
        return Ok(());
    }
    Err(Error::Refused {
        message: "the database still has the first form".into(),
        detail: Some(format!("{} is partitioned by time", AUDIT_LOG.table)),
        hint: Some("run `esclusa schema apply` with the rules of the tables that were moved".into()),
    })
}
