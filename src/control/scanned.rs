//! What `esclusa scan --record` has found, in schema `esclusa`: for each root (a file or directory of a machine), by legacy table,
//! operation and kind of source, the number of places and the first ones. No statement is kept. A root has no more rows than tables
//! times operations times kinds, however large it is.

use std::collections::BTreeMap;

use crate::catalog::Database;
use crate::error::{Error, Result};
use crate::relation::CONTROL;
use crate::scan::Scanned;

/// How many roots are kept; the one that was scanned longest ago is dropped first.
const ROOTS: i64 = 1000;

/// An error if the database lacks the table for it.
pub async fn require(database: &Database) -> Result<()> {
    let there = format!("SELECT to_regclass('{CONTROL}.scan_found') IS NOT NULL");
    match database.one("looking for the tables of scans", &there, &[]).await?.get(0) {
        true => Ok(()),
        false => Err(Error::refused("the target database has no tables for scans: run `esclusa schema apply`")),
    }
}

/// Replaces what is stored of a root, and of what lies below it.
pub async fn record(database: &Database, root: &str, by: &str, scanned: &Scanned) -> Result<()> {
    let mut places: BTreeMap<(&str, &str, &str), (i64, &str, i64)> = BTreeMap::new();
    for found in &scanned.found {
        let key = (found.table.as_str(), found.operation.as_str(), found.source);
        let line = i64::try_from(found.line).unwrap_or(i64::MAX);
        places.entry(key).or_insert((0, &found.file, line)).0 += 1;
    }
    let of = |column: fn(&(&str, &str, &str)) -> String| places.keys().map(column).collect::<Vec<String>>();
    let (tables, operations, sources) = (of(|k| k.0.into()), of(|k| k.1.into()), of(|k| k.2.into()));
    let counts: Vec<i64> = places.values().map(|(count, ..)| *count).collect();
    let (files, lines): (Vec<&str>, Vec<i64>) = places.values().map(|(_, file, line)| (*file, *line)).unzip();
    let (read, unread) = (number(scanned.files), number(scanned.unread.len()));
    database
        .transaction("recording a scan", async |db| {
            let sql = format!("DELETE FROM {CONTROL}.scan WHERE root = $1 OR starts_with(root, $1 || '/')");
            db.execute("forgetting what was scanned before", &sql, &[&root]).await?;
            let sql = format!("INSERT INTO {CONTROL}.scan (root, files, unread, scanned_by) VALUES ($1, $2, $3, $4)");
            db.execute("recording a scan", &sql, &[&root, &read, &unread, &by]).await?;
            let sql = format!(
                "INSERT INTO {CONTROL}.scan_found (root, legacy_table, operation, source, places, first_file, first_line)
                 SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::bigint[])"
            );
            db.execute("recording what was found", &sql, &[&root, &tables, &operations, &sources, &counts, &files, &lines]).await?;
            let sql = format!(
                "DELETE FROM {CONTROL}.scan WHERE root IN (SELECT root FROM {CONTROL}.scan ORDER BY scanned_at DESC OFFSET {ROOTS})"
            );
            db.execute("forgetting the oldest scans", &sql, &[]).await.map(drop)
        })
        .await
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
