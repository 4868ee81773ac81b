//! A quiet moment: a transaction that needs strong locks waits for nobody longer than a client notices, and tries again.
//!
//! Whoever asks for a lock that conflicts has everybody behind it wait too, so a wait is as short as `migrate.lock_timeout`, and grows to no
//! more than five times that where short ones have not helped. It is also shorter than `deadlock_timeout` (manual, section 20.12): where
//! a client waits for us and we for it, we give up first, and no client is ever told 40P01 because of us. Who held the lock is told, and
//! left alone.

use std::time::{Duration, Instant};

use crate::catalog::Database;
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::sql::quote::literal;

use super::OWN_GRANTS;

/// How patient a migration is with those who use a table, and they have to be with it.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// How long a lock is waited for at first; five times that at most.
    pub lock_timeout: Duration,
    /// A table that is never quiet for so long is left as it was.
    pub patience: Duration,
    /// One transaction of copying takes about so long.
    pub chunk: Duration,
    /// A table with more bytes is copied while it is written.
    pub online_above: u64,
}

impl Pace {
    /// From the settings.
    pub fn new(settings: &Settings) -> Self {
        let Settings { migrate, .. } = settings;
        Pace {
            lock_timeout: migrate.lock_timeout,
            patience: migrate.patience,
            chunk: migrate.chunk,
            online_above: migrate.online_above.0 as u64,
        }
    }
}

/// Between two attempts, at first and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(60), Duration::from_secs(1));

/// Runs work in one transaction, again and again until it gets its locks. `tables`, qualified, are those that it locks.
pub async fn attempt<T>(
    db: &Database,
    pace: &Pace,
    context: &str,
    tables: &[String],
    told: &dyn Fn(&str),
    work: impl AsyncFn(&Database) -> Result<T>,
) -> Result<T> {
    let begun = Instant::now();
    let mut pause = PAUSES.0;
    let mut wait = pace.lock_timeout;
    loop {
        let local = format!("SET LOCAL lock_timeout = {}; {OWN_GRANTS}", wait.as_millis());
        let tried = db
            .transaction(context, async |db| {
                db.batch(context, &local).await?;
                work(db).await
            })
            .await;
        match tried {
            Err(Error::Database { sqlstate, .. }) if sqlstate == "55P03" || sqlstate == "40P01" => {}
            other => return other,
        }
        let blockers = blockers(db, tables).await?;
        if begun.elapsed() >= pace.patience {
            return Err(Error::Refused {
                message: format!("{context}: no quiet moment in {} s", pace.patience.as_secs()),
                detail: Some(if blockers.is_empty() { "many short transactions follow each other".into() } else { blockers }),
                hint: Some("repeat it at a quieter hour, or end what holds the table; what was copied is kept".into()),
            });
        }
        if !blockers.is_empty() {
            told(&format!("{context}: waiting for {blockers}"));
        }
        // Not in step with whatever comes back at regular intervals.
        tokio::time::sleep(pause + pause.mul_f64(fraction(begun))).await;
        pause = (pause * 3 / 2).min(PAUSES.1);
        wait = (wait * 5 / 4).min(pace.lock_timeout * 5);
    }
}

/// Something between 0 and 1 that nobody can be in step with.
fn fraction(begun: Instant) -> f64 {
    f64::from(begun.elapsed().subsec_nanos() % 1_000_000) / 1_000_000.0
}

/// Who has used these tables in a transaction that is still open, the oldest first.
async fn blockers(db: &Database, tables: &[String]) -> Result<String> {
    let list = tables.iter().map(|t| format!("to_regclass({})", literal(t))).collect::<Vec<_>>().join(", ");
    let sql = format!(
        "SELECT string_agg(line, '; ') FROM (SELECT format('%s%s%s, %s, in a transaction for %s s (pid %s)', a.usename, \
             CASE WHEN a.application_name <> '' THEN ' with ' || a.application_name ELSE '' END, \
             coalesce(' from ' || host(a.client_addr), ''), a.state, round(extract(epoch FROM clock_timestamp() - a.xact_start)), a.pid) AS line \
         FROM pg_stat_activity AS a WHERE a.pid <> pg_backend_pid() AND a.xact_start < clock_timestamp() - interval '100 ms' \
           AND EXISTS (SELECT FROM pg_locks AS l WHERE l.pid = a.pid AND l.granted AND l.relation IN ({list})) \
         ORDER BY a.xact_start LIMIT 5) AS x"
    );
    Ok(db.text("looking for who holds the table", &sql).await?.into_iter().flatten().flatten().collect())
}
