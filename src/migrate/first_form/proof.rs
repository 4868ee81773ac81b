//! The proof that nothing was lost in the conversion from the first form to the second. Rows are compared as text and as multisets, so 1.5 and 1.50
//! differ.

use crate::catalog::Database;
use crate::error::{Error, Result};
use crate::relation::Relation;
use crate::sql::quote::ident;

use super::super::parity;

/// How many rows one side has more often than the other, in both directions.
async fn difference(db: &Database, context: &str, old: &str, new: &str) -> Result<(i64, i64)> {
    let beyond = |a: &str, b: &str| format!("(SELECT count(*) FROM ({a} EXCEPT ALL {b}) AS x)");
    let row = db.one(context, &format!("SELECT {}, {}", beyond(old, new), beyond(new, old)), &[]).await?;
    Ok((row.get(0), row.get(1)))
}

fn refused(what: &str, (lost, extra): (i64, i64)) -> Error {
    Error::Refused {
        message: format!("{what} was not converted without loss, and nothing was changed"),
        detail: Some(format!("{lost} rows missing, {extra} extra")),
        hint: None,
    }
}

/// The stored rows are equal in all columns that are copied unchanged.
pub(super) async fn stored(db: &Database, what: &str, columns: &[&str], old: &str, new: &str) -> Result<()> {
    let row = format!("SELECT ROW({})::text FROM ", columns.join(", "));
    let context = format!("proving {what}");
    match difference(db, &context, &format!("{row}{old}"), &format!("{row}{new}")).await? {
        (0, 0) => Ok(()),
        found => Err(refused(&format!("{what} (as stored)"), found)),
    }
}

fn rows(relation: &Relation, table: &str) -> String {
    let columns: Vec<String> = relation.columns.iter().map(|c| ident(&c.name)).collect();
    format!("SELECT ROW({})::text FROM {table}", columns.join(", "))
}

/// Each view shows what the old one showed.
pub(super) async fn shown(db: &Database, relation: &Relation, before: &str) -> Result<()> {
    let context = format!("proving what {} shows", relation.table);
    for view in [relation.legacy_table(), relation.view()] {
        match difference(db, &context, &rows(relation, before), &rows(relation, &view)).await? {
            (0, 0) => {}
            found => return Err(refused(&relation.table, found)),
        }
    }
    Ok(())
}

/// Where nothing has been written since the move, parity with the legacy table must hold; only the order of rows that were written and rolled back
/// may differ.
pub(super) async fn parity(db: &Database, relation: &Relation, before: &str, archived: &str) -> Result<Option<String>> {
    let context = format!("comparing {} with its archive", relation.table);
    let (lost, extra) = difference(db, &context, &rows(relation, archived), &rows(relation, before)).await?;
    if (lost, extra) != (0, 0) {
        return Ok(Some(format!("since the move {extra} rows have come and {lost} have gone")));
    }
    let found = parity::check(db, relation, archived).await?;
    let failed: Vec<String> =
        found.verdicts.iter().filter(|v| !v.passed && v.check != "order").map(|v| format!("{}: {}", v.check, v.detail)).collect();
    if !failed.is_empty() {
        return Err(Error::Refused {
            message: format!("{} did not pass its parity checks, and everything was left as it was", relation.table),
            detail: Some(failed.join("; ")),
            hint: None,
        });
    }
    parity::record(db, &found).await?;
    Ok(None)
}
