//! Reads what a copy goes by, on a connection of its own whose statements end in time: a signal that does not answer is one that cannot be
//! read, and must not hold what waits for it.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::{Duration, Instant};

use super::{CHECKPOINTS_WITHIN, Felt, Limits, Signal, Signals};
use crate::catalog::Database;
use crate::control::felt::{self, Proxy};
use crate::error::Result;

/// What clients feel now is what they have felt for so long.
const NOW: Duration = Duration::from_secs(10);
/// A baseline is measured over so long: what the proxies have kept.
const BEFORE: Duration = Duration::from_secs(60);
/// WAL is measured over so long a time.
const WAL_WITHIN: Duration = Duration::from_secs(5);
/// A proxy tells every two seconds; one that has not for so long has missed two.
const LATE: Duration = Duration::from_secs(6);
/// A question that takes longer has failed, and so has its connection: the server may be gone without a word.
const PATIENCE: Duration = Duration::from_secs(2);

/// Positions in WAL and numbers of checkpoints, as they were read.
#[derive(Debug, Clone, Copy)]
struct Written {
    at: Instant,
    wal: u64,
    checkpoints: u64,
}

/// What was found when the copying began: what is lost is measured by it.
#[derive(Debug, Default)]
struct Before {
    baseline: Option<Duration>,
    proxies: HashSet<String>,
    standbys: HashSet<String>,
    sees_lag: bool,
}

/// Who reads signals, from the beginning of a copy to its end.
pub struct Watch {
    database: Option<Database>,
    limits: Limits,
    before: Before,
    written: VecDeque<Written>,
    /// Since when each signal has not been read.
    lost: HashMap<&'static str, Instant>,
    missing: HashMap<String, Instant>,
}

/// What is not gone by, and why: told at the beginning.
pub type Notes = Vec<String>;

impl Watch {
    /// Looks at everything once. `baseline` is that of a copy which is gone on with; `None` measures it.
    pub async fn begin(beside: &Database, limits: Limits, baseline: Option<Duration>) -> Result<(Watch, Notes)> {
        let mut watch = Watch {
            database: None,
            limits,
            before: Before::default(),
            written: VecDeque::new(),
            lost: HashMap::new(),
            missing: HashMap::new(),
        };
        let mut notes = Notes::new();
        watch.connect(beside).await?;
        let Some(database) = &watch.database else { return Ok((watch, notes)) };
        if limits.p99_percent > 0 {
            let proxies = felt::told(database).await?;
            let waits = felt::within(&proxies, BEFORE);
            let enough = waits.count() >= limits.p99_statements;
            watch.before.baseline = baseline.or_else(|| waits.quantile(0.99).filter(|_| enough));
            watch.before.proxies = alive(&proxies);
            notes.push(match watch.before.baseline {
                Some(p99) => {
                    format!("the clients' p99 before the copying is {:.1} ms", p99.as_secs_f64() * 1000.0)
                }
                None => format!(
                    "what the clients feel is not gone by: {} statements were answered in the last minute by {} proxies, and a p99 takes {}",
                    waits.count(),
                    watch.before.proxies.len(),
                    limits.p99_statements
                ),
            });
        }
        let standbys = standbys(database).await?;
        watch.before.sees_lag = standbys.is_some();
        if standbys.is_none() && !limits.lag.is_zero() {
            notes.push("the standbys' lag is not gone by: the role may not see it (pg_read_all_stats)".into());
        }
        watch.before.standbys = standbys.unwrap_or_default().into_keys().collect();
        watch.written.push_back(written(database).await?);
        Ok((watch, notes))
    }

    /// The clients' p99 without the copying.
    pub fn baseline(&self) -> Option<Duration> {
        self.before.baseline
    }

    /// Measures the baseline again, after a rest of [`Limits::p99_again`]; the copy's after-effects (checkpoints, queues) have the first third of
    /// it to end. `None`, and the baseline is what it was, where it cannot be read or there were too few statements.
    pub async fn measure(&mut self) -> Option<Duration> {
        let within = BEFORE.min(self.limits.p99_again * 2 / 3);
        let waits = felt::within(&self.ask(felt::told).await?, within);
        let enough = waits.count() >= self.limits.p99_statements;
        let measured = waits.quantile(0.99).filter(|_| enough)?;
        self.before.baseline = Some(measured);
        Some(measured)
    }

    async fn connect(&mut self, beside: &Database) -> Result<()> {
        if self.database.as_ref().is_none_or(Database::is_closed) {
            let database = beside.beside().await?;
            let patience = format!("SET statement_timeout = {}", PATIENCE.as_millis() / 2);
            database.batch("watching what a copy goes by", &patience).await?;
            self.database = Some(database);
        }
        Ok(())
    }

    /// What there is now, when nothing has been copied for `rest`. A signal that fails is lost, and the others are read.
    pub async fn read(&mut self, beside: &Database, rest: Duration) -> Signals {
        // A connection that cannot be made loses all of them.
        let _ = tokio::time::timeout(PATIENCE, self.connect(beside)).await;
        let mut signals = Signals { rest, ..Signals::default() };
        self.read_felt(&mut signals).await;
        // The position in WAL first: by it a standby's lag is measured.
        self.read_written(&mut signals).await;
        self.read_lag(&mut signals).await;
        signals
    }

    async fn read_felt(&mut self, signals: &mut Signals) {
        let Some(baseline) = self.before.baseline.filter(|_| self.limits.p99_percent > 0) else { return };
        let told = self.ask(felt::told).await;
        // An empty answer is one of a table that was emptied.
        let told = told.filter(|told| telling(told).next().is_some() || !told.keys().any(|p| self.before.proxies.contains(p)));
        signals.felt = self.judged(
            "felt",
            told.as_ref().map(|told| {
                let waits = felt::within(told, NOW);
                let now = waits.quantile(0.99).filter(|_| waits.count() >= self.limits.p99_statements);
                Felt { baseline, now }
            }),
        );
        let late = |(name, proxy): (&String, &Proxy)| {
            (self.before.proxies.contains(name) && proxy.silent > LATE).then(|| (name.clone(), proxy.silent))
        };
        signals.silent_proxy = told.as_ref().and_then(|told| told.iter().filter_map(late).max_by_key(|(_, silent)| *silent));
        // One that has come since is watched from here on.
        self.before.proxies.extend(told.iter().flat_map(alive));
    }

    async fn read_lag(&mut self, signals: &mut Signals) {
        if !self.before.sees_lag || self.limits.lag.is_zero() {
            return;
        }
        let found = self.ask(standbys).await.flatten();
        let now = Instant::now();
        let lag = |standby: &Standby| standby.lag.max(behind(&self.written, standby.replayed, now));
        let furthest = found.as_ref().map(|found| found.values().map(lag).max().unwrap_or_default());
        signals.lag = self.judged("lag", furthest);
        let Some(found) = found else { return };
        self.missing.retain(|name, _| !found.contains_key(name));
        for gone in self.before.standbys.iter().filter(|name| !found.contains_key(*name)) {
            self.missing.entry(gone.clone()).or_insert(now);
        }
        signals.gone_standby =
            self.missing.iter().map(|(name, since)| (name.clone(), now - *since)).max_by_key(|(_, silence)| *silence);
    }

    async fn read_written(&mut self, signals: &mut Signals) {
        let Some(now) = self.ask(written).await else {
            signals.wal_per_second = self.judged("wal", None);
            signals.checkpoints = self.judged("checkpoints", None);
            return;
        };
        self.written.push_back(now);
        while self.written.front().is_some_and(|first| now.at - first.at > CHECKPOINTS_WITHIN) {
            self.written.pop_front();
        }
        let first = self.written.front().copied().unwrap_or(now);
        let recent = self.written.iter().find(|w| now.at - w.at <= WAL_WITHIN).copied().unwrap_or(now);
        let elapsed = (now.at - recent.at).as_secs_f64();
        let bytes = now.wal.saturating_sub(recent.wal) as f64;
        let rate = if elapsed >= 1.0 { (bytes / elapsed) as u64 } else { 0 };
        signals.wal_per_second = self.judged("wal", Some(rate));
        signals.checkpoints = self.judged("checkpoints", Some(now.checkpoints.saturating_sub(first.checkpoints)));
    }

    /// Asks the database; nothing where it does not answer well, or in time.
    async fn ask<T>(&mut self, question: impl AsyncFn(&Database) -> Result<T>) -> Option<T> {
        match tokio::time::timeout(PATIENCE, question(self.database.as_ref()?)).await {
            Ok(answer) => answer.inspect_err(|error| tracing::debug!(%error, "a signal cannot be read")).ok(),
            Err(_) => {
                self.database = None;
                None
            }
        }
    }

    /// What was read; or for how long it has not been.
    fn judged<T>(&mut self, name: &'static str, read: Option<T>) -> Signal<T> {
        match read {
            Some(value) => {
                self.lost.remove(name);
                Signal::Is(value)
            }
            None => Signal::Lost(self.lost.entry(name).or_insert_with(Instant::now).elapsed()),
        }
    }
}

/// The proxies that tell what their clients feel.
fn telling(proxies: &HashMap<String, Proxy>) -> impl Iterator<Item = (&String, &Proxy)> {
    proxies.iter().filter(|(_, proxy)| !proxy.readings.is_empty())
}

/// Those of them that have just told something: one that was killed before is not missed.
fn alive(proxies: &HashMap<String, Proxy>) -> HashSet<String> {
    telling(proxies).filter(|(_, proxy)| proxy.silent <= LATE).map(|(name, _)| name.clone()).collect()
}

/// What `pg_stat_replication` shows of a standby.
#[derive(Debug, Clone, Copy)]
struct Standby {
    /// `replay_lag`, as the standby's last answer measured it. One that replays nothing sends no new measure: it stays small while the
    /// standby falls behind.
    lag: Duration,
    /// The position in WAL that it has reached; `None` before its first answer.
    replayed: Option<u64>,
}

/// How long ago, at the least, there was WAL that a standby has not replayed: since the first position behind its own that was read.
fn behind(written: &VecDeque<Written>, replayed: Option<u64>, now: Instant) -> Duration {
    let Some(replayed) = replayed else { return Duration::ZERO };
    written.iter().find(|position| position.wal > replayed).map_or(Duration::ZERO, |position| now - position.at)
}

/// The standbys; `None` where the role may not see them. Logical replication is among them, but not the workers that copy a table at
/// first, nor a base backup. What only receives WAL (`pg_receivewal`) replays nothing, and may tell only what it has written.
async fn standbys(database: &Database) -> Result<Option<HashMap<String, Standby>>> {
    let sql = "SELECT pg_has_role('pg_read_all_stats', 'USAGE') OR (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)";
    if !database.one("asking for standbys", sql, &[]).await?.get::<_, bool>(0) {
        return Ok(None);
    }
    let sql = "SELECT format('%s%s', coalesce(nullif(application_name, ''), '(unnamed)'), ' at ' || host(client_addr)),
                 coalesce(max(extract(epoch FROM replay_lag)), 0)::float8,
                 (min(coalesce(replay_lsn, flush_lsn, write_lsn)) - '0/0')::bigint
               FROM pg_stat_replication WHERE state IN ('streaming', 'catchup') AND application_name !~ '_sync_' GROUP BY 1";
    let rows = database.query("asking for the standbys' lag", sql, &[]).await?;
    let found = rows.iter().map(|row| {
        let lag = Duration::from_secs_f64(row.get::<_, f64>(1).clamp(0.0, 1e9));
        let replayed = row.get::<_, Option<i64>>(2).and_then(|position| u64::try_from(position).ok());
        (row.get(0), Standby { lag, replayed })
    });
    Ok(Some(found.collect()))
}

/// The position in WAL, and how many checkpoints were asked for (manual, tables 27.23 and 27.24: they have moved with PostgreSQL 17).
async fn written(database: &Database) -> Result<Written> {
    let context = "asking for WAL and checkpoints";
    let sql = "SELECT current_setting('server_version_num')::integer";
    let version: i32 = database.one(context, sql, &[]).await?.get(0);
    let checkpoints = if version >= 170_000 {
        "(SELECT num_requested FROM pg_stat_checkpointer)"
    } else {
        "(SELECT checkpoints_req FROM pg_stat_bgwriter)"
    };
    let sql = format!("SELECT (pg_current_wal_lsn() - '0/0')::bigint, {checkpoints}::bigint");
    let row = database.one(context, &sql, &[]).await?;
    let number = |n: i64| u64::try_from(n).unwrap_or(0);
    Ok(Written { at: Instant::now(), wal: number(row.get(0)), checkpoints: number(row.get(1)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standby_is_behind_since_the_first_position_that_it_has_not_reached() {
        let begun = Instant::now();
        let read = |second: u64, wal: u64| Written { at: begun + Duration::from_secs(second), wal, checkpoints: 0 };
        let written = VecDeque::from([read(0, 100), read(1, 200), read(2, 200), read(3, 300)]);
        let now = begun + Duration::from_secs(10);
        for (replayed, seconds) in
            [(Some(50), 10), (Some(100), 9), (Some(150), 9), (Some(200), 7), (Some(300), 0), (Some(400), 0), (None, 0)]
        {
            assert_eq!(behind(&written, replayed, now), Duration::from_secs(seconds), "{replayed:?}");
        }
    }
}
