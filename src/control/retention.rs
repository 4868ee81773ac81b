//! Ageing of hits: hours become days, then details are deleted, then totals. One proxy does it for all, once an hour.

use std::time::Duration;

use crate::catalog::Database;
use crate::error::Result;

/// How long hits are kept, and in which form.
#[derive(Debug, Clone)]
pub struct Retention {
    /// By hour.
    pub hours: Duration,
    /// By statement and client.
    pub detail: Duration,
    /// At all.
    pub totals: Duration,
    /// The time zone of the days.
    pub time_zone: String,
}

/// For each table of hits its key, its counts and their sums.
const TABLES: [(&str, &str, &str, &str); 5] = [
    ("hit_trend", "outcome, failed", "hits", "sum(hits)"),
    ("hit_total", "legacy_table, operation, outcome, sqlstate, application_name", COUNTS, SUMS),
    (
        "hit",
        "legacy_table, operation, outcome, sqlstate, application_name, fingerprint, database_name, user_name, client_address, attribution",
        "missed, hits, row_count, total_us, max_us, first_seen, last_seen",
        "sum(missed), sum(hits), sum(row_count), sum(total_us), max(max_us), min(first_seen), max(last_seen)",
    ),
    ("latency", "fingerprint, form, class", "hits", "sum(hits)"),
    ("statement_pair", "first_table, second_table, how, application_name", "times, last_seen", "sum(times), max(last_seen)"),
];
const COUNTS: &str = "hits, row_count, total_us, max_us, first_seen, last_seen";
const SUMS: &str = "sum(hits), sum(row_count), sum(total_us), max(max_us), min(first_seen), max(last_seen)";

/// Does what is due, if no proxy has within the last hour. Returns whether it did.
pub async fn tidy(database: &Database, retention: &Retention) -> Result<bool> {
    database
        .transaction("tidying hits", async |db| {
            let turn =
                "UPDATE esclusa.tidied SET tidied_at = clock_timestamp() WHERE tidied_at < clock_timestamp() - interval '1 hour'";
            if db.execute("taking a turn at tidying hits", turn, &[]).await? == 0 {
                return Ok(false);
            }
            for (table, key, counts, sums) in TABLES {
                db.execute(
                    "putting hours into days",
                    &into_days(table, key, counts, sums),
                    &[&seconds(retention.hours), &retention.time_zone],
                )
                .await?;
            }
            let forget = |table: &str, column: &str| {
                format!("DELETE FROM esclusa.{table} WHERE {column} < clock_timestamp() - interval '1 second' * $1")
            };
            let (detail, totals) = (seconds(retention.detail), seconds(retention.totals));
            for (table, column, age) in [
                ("hit", "bucket", detail),
                ("latency", "bucket", detail),
                ("hit_total", "bucket", totals),
                ("hit_trend", "bucket", totals),
                ("statement_pair", "bucket", totals),
                ("coverage", "bucket", totals),
                ("around", "bucket", detail),
                ("around_coverage", "bucket", totals),
                ("around_blind", "bucket", totals),
                // A recorder's spool, which may hold spans that the database has, is not older.
                ("recorder", "written_at", totals),
            ] {
                db.execute("forgetting old hits", &forget(table, column), &[&age]).await?;
            }
            let unused = "DELETE FROM esclusa.statement AS s WHERE first_seen < clock_timestamp() - interval '1 second' * $1
                          AND NOT EXISTS (SELECT FROM esclusa.hit AS h WHERE h.fingerprint = s.fingerprint)";
            db.execute("forgetting statements", unused, &[&detail]).await?;
            let unused = "DELETE FROM esclusa.statement_table AS t
                          WHERE NOT EXISTS (SELECT FROM esclusa.statement AS s WHERE s.fingerprint = t.fingerprint)";
            db.execute("forgetting what statements name", unused, &[]).await?;
            Ok(true)
        })
        .await
}

/// Merges the hours of days that are old enough into rows of those days. Hours that arrive later from a spool are merged the next
/// time.
fn into_days(table: &str, key: &str, counts: &str, sums: &str) -> String {
    let adds = counts.split(", ").map(|c| match c {
        "max_us" | "last_seen" => format!("{c} = greatest(h.{c}, excluded.{c})"),
        "first_seen" => format!("{c} = least(h.{c}, excluded.{c})"),
        _ => format!("{c} = h.{c} + excluded.{c}"),
    });
    let adds = adds.collect::<Vec<_>>().join(", ");
    format!(
        "WITH old AS (DELETE FROM esclusa.{table} WHERE hours = 1
             AND bucket < date_trunc('day', clock_timestamp() - interval '1 second' * $1, $2) RETURNING *)
         INSERT INTO esclusa.{table} AS h (bucket, hours, {key}, {counts})
         SELECT date_trunc('day', bucket, $2), 24, {key}, {sums} FROM old GROUP BY 1, {key} ORDER BY 1, {key}
         ON CONFLICT (bucket, hours, {key}) DO UPDATE SET {adds}"
    )
}

fn seconds(duration: Duration) -> f64 {
    duration.as_secs_f64()
}
