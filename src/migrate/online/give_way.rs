//! Decides between two chunks whether the next one may be copied. If not, the reason is reported, at once and then every few seconds;
//! `esclusa status` shows it too, from the copy's row in the control schema.

use std::time::{Duration, Instant};

use super::work::{Watched, Work};
use crate::error::{Error, Result};
use crate::migrate::CONTROL;
use crate::migrate::throttle::signals::{Notes, Watch};
use crate::migrate::throttle::{Permit, decide};

/// The signals are read at most this often.
const LOOKED_AT: Duration = Duration::from_secs(1);
/// How often a waiting copy reports.
const TOLD: Duration = Duration::from_secs(5);
/// When something was copied this recently, what clients feel now is not a baseline.
const STIRRED: Duration = Duration::from_secs(90);

/// Begins to watch the signals, before a table is copied or its copy is continued.
pub(super) async fn begin(work: Work<'_>) -> Result<()> {
    let mut watched = work.throttle.watch.lock().await;
    if watched.as_ref().is_some_and(|w| w.copied.elapsed() < STIRRED) {
        return Ok(());
    }
    let sql = format!(
        "SELECT CASE WHEN at > clock_timestamp() - $2::float8 * interval '1 s' THEN baseline_us END FROM {CONTROL}.copy WHERE legacy_table = $1"
    );
    let (context, table) = ("looking at the baseline", &work.relation.table);
    let stored = work.db.query(context, &sql, &[table, &STIRRED.as_secs_f64()]).await?;
    let stored: Option<i64> = stored.first().and_then(|row| row.get(0));
    let stored = stored.and_then(|us| u64::try_from(us).ok()).map(Duration::from_micros);
    let (watch, notes): (Watch, Notes) = Watch::begin(work.db, work.throttle.limits, stored).await?;
    notes.iter().for_each(|note| work.told.word(&format!("copying {table}: {note}")));
    keep_baseline(work, watch.baseline()).await?;
    *watched = Some(Watched { watch, copied: Instant::now(), last: None });
    Ok(())
}

/// Stores the baseline, for a process that continues the copy.
async fn keep_baseline(work: Work<'_>, baseline: Option<Duration>) -> Result<()> {
    let baseline = baseline.map(|b| i64::try_from(b.as_micros()).unwrap_or(i64::MAX));
    let sql = format!("UPDATE {CONTROL}.copy SET baseline_us = $2, baseline_at = clock_timestamp() WHERE legacy_table = $1");
    work.db.execute("keeping the baseline", &sql, &[&work.relation.table, &baseline]).await.map(drop)
}

/// Waits until the next chunk may be copied, and returns how long it waited. An error means that the copy has to stop.
pub(super) async fn give_way(work: Work<'_>, doing: &'static str) -> Result<Duration> {
    if work.db.is_rehearsal() {
        return Ok(Duration::ZERO);
    }
    let mut guard = work.throttle.watch.lock().await;
    let Some(watched) = guard.as_mut() else { return Ok(Duration::ZERO) };
    let (begun, mut told) = (Instant::now(), None::<Instant>);
    loop {
        let verdict = match &watched.last {
            Some((verdict, at)) if at.elapsed() < LOOKED_AT => verdict.clone(),
            _ => {
                let verdict = decide(&watched.watch.read(work.db).await, &work.throttle.limits);
                watched.last = Some((verdict.clone(), Instant::now()));
                verdict
            }
        };
        match verdict {
            Permit::Go => break,
            Permit::Wait(reason) => {
                if told.is_none_or(|at| at.elapsed() >= TOLD) {
                    told = Some(Instant::now());
                    work.told.word(&format!("{doing} {} waits: {reason}", work.relation.table));
                    note(work, Some(&reason.to_string())).await?;
                }
                tokio::time::sleep(LOOKED_AT).await;
            }
            Permit::Stop(reason) => {
                // The next command reports it again, and `status` shows it until then.
                note(work, Some(&format!("stopped: {reason}"))).await?;
                return Err(Error::Refused {
                    message: format!("{doing} {} was stopped: {reason}", work.relation.table),
                    detail: Some("it could be read when the copying began, and now its effect is unknown".into()),
                    hint: Some(
                        "what was copied is kept: repeat the command, which continues with the signals that can be read then"
                            .into(),
                    ),
                });
            }
        }
    }
    if told.is_some() {
        work.told.word(&format!("{doing} {} continues after {} s", work.relation.table, begun.elapsed().as_secs()));
        note(work, None).await?;
    }
    watched.copied = Instant::now();
    Ok(if told.is_some() { begun.elapsed() } else { Duration::ZERO })
}

/// Stores why the copy waits, for `status`.
async fn note(work: Work<'_>, why: Option<&str>) -> Result<()> {
    let sql = format!("UPDATE {CONTROL}.copy SET waits_for = $2, waits_at = clock_timestamp() WHERE legacy_table = $1");
    work.db.execute("noting why a copy waits", &sql, &[&work.relation.table, &why]).await.map(drop)
}
