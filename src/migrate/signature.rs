//! Signing for a proof (the plan's P2-S2-08 and P2-S3-06): a person's name, the checks as they held at that moment, and two sums over the rows of
//! that moment, in the ledger. Computing the sums again, at any time, reveals whether any of those rows was changed or removed since; later rows
//! are not included.

use serde::{Deserialize, Serialize};

use crate::catalog::Database;
use crate::error::{Error, Result};
use crate::relation::Relation;
use crate::rule::Rule;

use super::CONTROL;
use super::ledger::{self, Entry};
use super::machine::Step;
use super::migration::Migration;
use super::parity::Parity;
use super::quiet::{Locked, attempt};

/// One table's part of a report that was signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    /// The legacy table.
    pub table: String,
    /// Who signed.
    pub by: String,
    /// Rows at that moment.
    pub rows: i64,
    /// The highest row number at that moment.
    pub upto: i64,
    /// Two sums of 64-bit hashes over those rows, as text: of the legacy table's columns, and of all columns of the leaf.
    pub sums: [String; 2],
    /// The checks, with what they found.
    pub checks: Vec<(String, String)>,
}

/// What became of a signed table since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Since {
    /// Every row of that moment is unchanged.
    Same,
    /// Some are not: the rows then, and how many of them remain unchanged.
    Changed(i64, i64),
    /// The ledger does not have this signature.
    Unknown,
    /// The table was brought back, and perhaps moved again: other rows have the numbers that were signed for.
    Back,
}

/// Proves a table once more and signs for it. A proof that does not hold cannot be signed.
pub async fn sign(migration: &Migration<'_>, run: i64, rule: &Rule, by: &str) -> Result<Signed> {
    let relation = Relation::compile(rule, &migration.context);
    let entry = Entry { run, table: &rule.table, step: Step::Sign, rows: None, detail: None };
    ledger::place(migration.database, &migration.context, entry).await?;
    let parity: Parity = migration
        .verify(rule)
        .await?
        .ok_or_else(|| Error::refused(format!("there is no legacy table to compare {} with", rule.table)))?;
    if !parity.holds() {
        return Err(Error::Refused {
            message: format!("{} is not proven, and nobody can sign for it", rule.table),
            detail: Some(parity.failures()),
            hint: Some("`esclusa verify` shows where".into()),
        });
    }
    let context = format!("signing for {}", rule.table);
    let upto = settled(migration, &relation, &context).await?;
    migration
        .database
        .transaction(&context, async |db| {
            db.batch(&context, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ").await?;
            ledger::lock(db).await?;
            let (rows, sums) = sums(db, &relation, upto).await?;
            let checks = parity.verdicts.iter().map(|v| (v.check.to_owned(), v.detail.clone())).collect();
            let signed = Signed { table: rule.table.clone(), by: by.to_owned(), rows, upto, sums, checks };
            let detail = serde_json::to_string(&signed).map_err(|e| Error::refused(e.to_string()))?;
            migration.write(db, run, rule, Step::Sign, Some(&detail)).await?;
            Ok(signed)
        })
        .await
}

/// Checks the rows of a signed table again.
pub async fn since(db: &Database, relation: &Relation, signed: &Signed) -> Result<Since> {
    let context = format!("looking at the signature of {}", signed.table);
    let detail = serde_json::to_string(signed).map_err(|e| Error::refused(e.to_string()))?;
    let known = format!(
        "SELECT EXISTS (SELECT FROM {CONTROL}.run_table WHERE legacy_table = $1 AND step = 'sign' AND detail::jsonb = $2::text::jsonb)"
    );
    if !db.one(&context, &known, &[&signed.table, &detail]).await?.get::<_, bool>(0) {
        return Ok(Since::Unknown);
    }
    // The numbers of rows that have moved again are others.
    let leaf = format!(
        "SELECT to_regclass($1) IS NOT NULL AND NOT EXISTS (SELECT FROM {CONTROL}.run_table AS signed JOIN {CONTROL}.run_table AS later USING (legacy_table) \
           WHERE legacy_table = $2 AND signed.step = 'sign' AND signed.detail::jsonb = $3::text::jsonb AND later.step = '{}' AND later.state IS NOT NULL \
             AND later.number > signed.number)",
        Step::Return.name()
    );
    if !db.one(&context, &leaf, &[&relation.rows(), &signed.table, &detail]).await?.get::<_, bool>(0) {
        return Ok(Since::Back);
    }
    let (rows, sums) = sums(db, relation, signed.upto).await?;
    Ok(if (rows, &sums) == (signed.rows, &signed.sums) { Since::Same } else { Since::Changed(signed.rows, rows) })
}

/// The highest row number at a moment when nobody was writing: a transaction that had drawn a smaller number has then ended. The lock is held for
/// this question only.
async fn settled(migration: &Migration<'_>, relation: &Relation, context: &str) -> Result<i64> {
    let leaf = relation.rows();
    let sql = format!("SELECT coalesce(max(t.{}), 0)::bigint FROM {leaf} AS t", relation.number());
    let work = async |db: &Database, locked: &Locked| {
        locked.begins();
        db.batch(context, &format!("LOCK TABLE {leaf} IN SHARE MODE")).await?;
        Ok(db.one(context, &sql, &[]).await?.get(0))
    };
    let told = |text: &str| migration.told.word(text);
    attempt(migration.database, &migration.pace, context, std::slice::from_ref(&leaf), &told, work).await
}

/// Rows up to a number, and two sums of 64-bit hashes.
async fn sums(db: &Database, relation: &Relation, upto: i64) -> Result<(i64, [String; 2])> {
    let columns: Vec<String> = (0..relation.columns.len()).map(|i| relation.read(i, Some("t"))).collect();
    let sum = |row: &str| format!("coalesce(sum(hashtextextended(({row})::text, 0)::numeric), 0)::text");
    let sql = format!(
        "SELECT count(*), {}, {} FROM {} AS t WHERE t.{} <= {upto}",
        sum(&format!("ROW({})", columns.join(", "))),
        sum("t.*"),
        relation.rows(),
        relation.number(),
    );
    let row = db.one(&format!("adding up {}", relation.table), &sql, &[]).await?;
    Ok((row.get(0), [row.get(1), row.get(2)]))
}
