//! The months of what the audit trigger records: which partitions should exist, their names, and who creates them.

use crate::catalog::Database;
use crate::config::{Month, Setting};
use crate::error::{Error, Result};
use crate::relation::Context;
use crate::sql::quote::literal;

/// What the audit trigger records, by month: the partition of audit_log that belongs to no legacy table.
pub const LIVE: &str = "audit_log_live";

/// Who creates partitions as time goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Partitioner {
    /// `esclusa schema apply`, run by a timer.
    Own,
    /// `esclusa schema apply` too, with the names of pg_partman 4, which made the first ones but can no longer be used.
    OwnAfterPartman4,
    /// pg_partman 4, which knows a partition by its name: `audit_log_p2026_03`.
    Partman4,
    /// pg_partman 5, which knows a partition by its bounds.
    Partman5,
}

/// A partition of audit_log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partition {
    /// Its name.
    pub name: String,
    /// Its first instant as an SQL expression.
    pub from: String,
    /// The first instant after it.
    pub to: String,
}

/// The monthly partitions of what the audit trigger records, up to but excluding `end`.
pub fn partitions(context: &Context, partitioner: Partitioner, end: Month) -> Vec<Partition> {
    let zone = literal(&context.time_zone);
    // A bound is evaluated once, when the partition is created: it is an instant, whatever a reader's time zone.
    let start = |m: Month| format!("(timestamp '{m}-01' AT TIME ZONE {zone})");
    // The plan's names, or those that pg_partman 4 requires in a table that it maintains.
    let partmans = matches!(partitioner, Partitioner::Partman4 | Partitioner::OwnAfterPartman4);
    let stem = if partmans { format!("{LIVE}_p") } else { "audit_log_".into() };
    let monthly = (0..).map(|n| context.first_month.plus(n)).take_while(|m| *m < end).map(|month| Partition {
        name: format!("{stem}{:04}_{:02}", month.year, month.month),
        from: start(month),
        to: start(month.plus(1)),
    });
    monthly.collect()
}

/// For how many months partitions are created ahead.
pub(super) fn months_ahead(context: &Context) -> usize {
    let count = |m: Month| i64::from(m.year) * 12 + i64::from(m.month);
    usize::try_from(count(context.horizon) - count(context.first_month)).unwrap_or(0)
}

/// The month after the last one that should have a partition now. It moves with the clock, unlike the horizon of a backfill.
pub async fn end(database: &Database, context: &Context) -> Result<Month> {
    let sql = format!("SELECT to_char(clock_timestamp() AT TIME ZONE {}, 'YYYY-MM')", literal(&context.time_zone));
    let today: String = database.one("asking for the month", &sql, &[]).await?.get(0);
    let today = Month::from_text(&today).map_err(Error::refused)?;
    Ok(context.horizon.max(today.plus(months_ahead(context))))
}
