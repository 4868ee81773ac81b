//! Stores uses around the proxies in schema `esclusa`, each once, and how much of the time the witnesses covered.

use std::collections::HashMap;
use std::time::Duration;

use super::around::Use;
use super::calls;
use crate::catalog::Database;
use crate::error::Result;
use crate::relation::CONTROL;

/// The most rows of one hour with names of their own: a client chooses its application name, and could choose a new one each time.
const ROWS: i64 = 5000;

/// Stores uses, each once: one that began no later than the last one that was counted is the same, or began together with it.
/// Returns how many were new.
///
/// What has been judged of pg_stat_statements is stored in the same transaction, so that it is judged once.
pub async fn write(database: &Database, uses: &[Use], judged: Option<&calls::JudgedCalls>) -> Result<u64> {
    let sql = format!(
        "WITH use AS (SELECT $1::text AS name, $2::text AS who, $3::text AS address, $4::text AS application, $5::text AS kind,
                $6::text AS certainty, $7::text AS statement, to_timestamp($8) AS last, to_timestamp($9) AS began,
                date_trunc('hour', to_timestamp($9)) AS bucket),
         hour AS (SELECT count(*) >= {ROWS} AS is_full FROM {CONTROL}.around AS a JOIN use USING (bucket)),
         named AS (SELECT use.*, CASE WHEN is_full THEN '(others)' ELSE address END AS place,
                CASE WHEN is_full THEN '(others)' ELSE application END AS client FROM use, hour),
         known AS (SELECT FROM {CONTROL}.around AS a JOIN named AS n ON (a.bucket, a.legacy_table, a.user_name, a.client_address,
                a.application_name, a.kind, a.certainty) = (n.bucket, name, who, place, client, n.kind, n.certainty)
            WHERE a.last_began >= n.began),
         put AS (INSERT INTO {CONTROL}.around AS a (bucket, legacy_table, user_name, client_address, application_name, kind, certainty,
                uses, statement, last_began, first_seen, last_seen)
            SELECT bucket, name, who, place, client, kind, certainty, $10, statement, began, began, greatest(last, began) FROM named
            ON CONFLICT (bucket, legacy_table, user_name, client_address, application_name, kind, certainty) DO UPDATE SET
                uses = a.uses + excluded.uses * (excluded.last_began > a.last_began)::int, statement = coalesce(nullif(excluded.statement, ''), a.statement),
                last_began = greatest(a.last_began, excluded.last_began), last_seen = greatest(a.last_seen, excluded.last_seen)
            RETURNING 1)
         SELECT CASE WHEN EXISTS (SELECT FROM known) THEN 0 ELSE $10 END FROM put"
    );
    database
        .transaction("writing what was seen around the proxies", async |db| {
            if let Some(judged) = judged {
                calls::keep(db, judged).await?;
            }
            let mut new = 0;
            for used in uses {
                let parameters: crate::catalog::database::Params<'_> = &[
                    &used.table,
                    &used.user,
                    &used.address,
                    &used.application,
                    &used.kind,
                    &used.certainty,
                    &used.statement,
                    &used.last,
                    &used.began,
                    &used.times,
                ];
                let more: i64 = db.one("writing a use around the proxies", &sql, parameters).await?.get(0);
                new += u64::try_from(more).unwrap_or(0);
            }
            Ok(new)
        })
        .await
}

/// Notes that a sample was taken, which covers so many seconds.
pub async fn cover(database: &Database, time: f64, sees_all: bool) -> Result<()> {
    let sql = "INSERT INTO esclusa.around_coverage AS c (bucket, samples, covered_us, hidden)
               VALUES (date_trunc('hour', clock_timestamp()), 1, $1, $2) ON CONFLICT (bucket) DO UPDATE
               SET samples = c.samples + 1, covered_us = c.covered_us + excluded.covered_us, hidden = c.hidden + excluded.hidden";
    database.execute("noting that somebody looked", sql, &[&micros(time), &i64::from(!sees_all)]).await.map(drop)
}

/// For how many seconds the server's counters were read, and for how many of these they said nothing of a table.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Covered {
    /// Seconds for the counters of tables.
    pub counter: f64,
    /// Seconds for pg_stat_statements.
    pub calls: f64,
    /// Seconds by witness (`counter` or `calls`) and table.
    pub blind: HashMap<(&'static str, String), f64>,
}

/// Adds these to the present hour.
pub async fn cover_counts(database: &Database, covered: &Covered) -> Result<()> {
    let sql =
        "WITH covered AS (INSERT INTO esclusa.around_coverage AS c (bucket, samples, covered_us, hidden, counter_us, calls_us)
                   VALUES (date_trunc('hour', clock_timestamp()), 0, 0, 0, $1, $2) ON CONFLICT (bucket) DO UPDATE
                   SET counter_us = c.counter_us + excluded.counter_us, calls_us = c.calls_us + excluded.calls_us)
               INSERT INTO esclusa.around_blind AS b (bucket, witness, legacy_table, blind_us)
               SELECT date_trunc('hour', clock_timestamp()), * FROM unnest($3::text[], $4::text[], $5::bigint[])
               ON CONFLICT (bucket, witness, legacy_table) DO UPDATE SET blind_us = b.blind_us + excluded.blind_us";
    let (witnesses, tables): (Vec<&str>, Vec<&str>) =
        covered.blind.keys().map(|(witness, table)| (*witness, table.as_str())).unzip();
    let blind: Vec<i64> = covered.blind.values().copied().map(micros).collect();
    let parameters: crate::catalog::database::Params<'_> =
        &[&micros(covered.counter), &micros(covered.calls), &witnesses, &tables, &blind];
    database.execute("noting what the counters covered", sql, parameters).await.map(drop)
}

fn micros(seconds: f64) -> i64 {
    i64::try_from(Duration::try_from_secs_f64(seconds).unwrap_or_default().as_micros()).unwrap_or(i64::MAX)
}
