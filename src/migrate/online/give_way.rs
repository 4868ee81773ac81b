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

/// Begins to watch the signals, before a table is copied or its copy is continued.
pub(super) async fn begin(work: Work<'_>) -> Result<()> {
    let mut watched = work.throttle.watch.lock().await;
    let limits = &work.throttle.limits;
    if watched.as_ref().is_some_and(|w| !limits.is_rested(w.copied.elapsed())) {
        return Ok(());
    }
    let sql = format!(
        "SELECT baseline_us, extract(epoch FROM clock_timestamp() - at)::float8 FROM {CONTROL}.copy WHERE legacy_table = $1"
    );
    let (context, table) = ("looking at the baseline", &work.relation.table);
    let stored = work.db.query(context, &sql, &[table]).await?;
    let stored = stored.first().and_then(|row| {
        let rest = Duration::from_secs_f64(row.get::<_, f64>(1).clamp(0.0, 1e9));
        let baseline = u64::try_from(row.get::<_, Option<i64>>(0)?).ok()?;
        (!limits.is_rested(rest)).then_some(Duration::from_micros(baseline))
    });
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
    let mut resting = begun;
    loop {
        let verdict = match &watched.last {
            Some((verdict, at)) if at.elapsed() < LOOKED_AT => verdict.clone(),
            _ => {
                let verdict = decide(&watched.watch.read(work.db, resting.elapsed()).await, &work.throttle.limits);
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
            Permit::Measure(reason) => {
                if let Some(p99) = watched.watch.measure().await {
                    let rest = resting.elapsed().as_secs();
                    work.told.word(&format!(
                        "{doing} {}: {reason}, and nothing was copied for {rest} s: {:.1} ms is the baseline from now on",
                        work.relation.table,
                        p99.as_secs_f64() * 1000.0
                    ));
                    keep_baseline(work, Some(p99)).await?;
                }
                (resting, watched.last) = (Instant::now(), None);
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
