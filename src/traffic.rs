//! Which legacy names are used, by whom, how and when: counted in memory within a bound of bytes, frozen into batches, and each
//! batch written exactly once (`control/spool.rs`, `control/hits.rs`).
//!
//! Only statements that name a legacy table are counted here; all others cost one addition (`felt`). Each worker counts in a ledger
//! of its own. A reader exchanges the ledger for the empty one that it read last time, and then reads without a lock: a statement
//! never waits for a report.

pub mod batch;
mod execution;
pub mod felt;
pub mod latency;
mod ledger;
mod together;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use batch::{Batch, Count};
use execution::micros;
pub use execution::{Client, Execution, Sqlstate};
use ledger::Ledger;

use crate::rewrite::Outcome;
pub use crate::sql::fingerprint::Seen;

/// What was counted since the start for one table, operation and outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Total {
    /// The legacy table.
    pub table: String,
    /// As in [`crate::rewrite::Hit`].
    pub operation: String,
    /// What was done.
    pub outcome: String,
    /// The counts of all its hits.
    pub count: Count,
    /// The number of its hits that failed.
    pub errors: u64,
}

/// The counts of this process.
#[derive(Debug)]
pub struct Traffic {
    /// Where workers count: each thread has a ledger, which threads share only if there are more threads than ledgers.
    ledgers: Vec<Mutex<Ledger>>,
    collected: Mutex<Collected>,
    limit_bytes: usize,
}

/// What has been read from the ledgers.
#[derive(Debug)]
struct Collected {
    /// For each ledger the one that it will be exchanged for.
    spare: Vec<Ledger>,
    /// Counted since the last freeze.
    batch: Batch,
    since_us: i64,
    /// Counted since the start, by table, operation and outcome.
    totals: BTreeMap<(String, String, String), (Count, u64)>,
    folded: u64,
}

impl Traffic {
    /// Counts whose detail may take this many bytes between two freezes.
    pub fn new(limit_bytes: usize) -> Self {
        let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(16);
        // Each worker has two ledgers; the batch has as much as one.
        let ledger = || Ledger::new(limit_bytes / (2 * workers + 1));
        Traffic {
            ledgers: (0..workers).map(|_| Mutex::new(ledger())).collect(),
            collected: Mutex::new(Collected {
                spare: (0..workers).map(|_| ledger()).collect(),
                batch: Batch::default(),
                since_us: micros(SystemTime::now()),
                totals: BTreeMap::new(),
                folded: 0,
            }),
            limit_bytes: limit_bytes / (2 * workers + 1),
        }
    }

    /// Counts one execution of a statement that names legacy tables.
    pub fn count(&self, outcome: &Outcome, client: &Arc<Client>, execution: Execution<'_>) {
        let (Some(seen), false) = (&outcome.seen, outcome.hits.is_empty()) else { return };
        let mut ledger = lock(&self.ledgers[place() % self.ledgers.len()]);
        ledger.count(outcome, seen, client, &execution);
        if execution.hits > 0 {
            ledger.count_together(outcome, client, execution.at_us());
        }
    }

    /// Counts that a statement ran after another one in the same transaction; both name legacy tables.
    pub fn count_followed(&self, before: &Outcome, outcome: &Outcome, client: &Client, at: SystemTime) {
        lock(&self.ledgers[place() % self.ledgers.len()]).count_followed(before, outcome, client, micros(at));
    }

    /// Takes what was counted since the last call, with the span of time that it covers.
    pub fn freeze(&self) -> Batch {
        let mut collected = self.collect();
        let now = micros(SystemTime::now());
        let mut batch = std::mem::take(&mut collected.batch);
        batch.cover(collected.since_us, now);
        collected.since_us = now.max(collected.since_us);
        batch
    }

    /// Hits since the start, in the order of table, operation and outcome.
    pub fn totals(&self) -> Vec<Total> {
        let collected = self.collect();
        let total = |((table, operation, outcome), (count, errors)): (&(String, String, String), &(Count, u64))| Total {
            table: table.clone(),
            operation: operation.clone(),
            outcome: outcome.clone(),
            count: *count,
            errors: *errors,
        };
        collected.totals.iter().map(total).collect()
    }

    /// Hits since the start for whose detail there was no room.
    pub fn folded(&self) -> u64 {
        self.collect().folded
    }

    /// Reads the ledgers.
    fn collect(&self) -> MutexGuard<'_, Collected> {
        let mut guard = lock(&self.collected);
        let collected = &mut *guard;
        let mut fresh = Batch::default();
        for (ledger, spare) in self.ledgers.iter().zip(&mut collected.spare) {
            std::mem::swap(&mut *lock(ledger), spare);
            spare.drain(&mut fresh);
        }
        for (key, count) in &fresh.totals {
            let name = (key.table.clone(), key.operation.clone(), key.outcome.clone());
            let (sum, errors) = collected.totals.entry(name).or_default();
            sum.add(count);
            *errors += if key.sqlstate.is_empty() { 0 } else { count.hits };
        }
        let folded = collected.batch.folded;
        collected.batch.add(fresh);
        collected.batch.fit(self.limit_bytes);
        collected.folded += collected.batch.folded - folded;
        guard
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The number of this thread.
fn place() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local!(static PLACE: Cell<usize> = const { Cell::new(usize::MAX) });
    PLACE.with(|place| {
        if place.get() == usize::MAX {
            place.set(NEXT.fetch_add(1, Ordering::Relaxed));
        }
        place.get()
    })
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;
    use crate::rewrite::{Hit, HitOutcome};

    fn outcome(table: &str, text: &str) -> Outcome {
        let hits = vec![Hit { statement: 0, table: table.into(), operation: "select", outcome: HitOutcome::Forwarded }];
        Outcome { hits, seen: Some(Seen::of(text, None)), ..Outcome::default() }
    }

    fn client(application: &str) -> Arc<Client> {
        Arc::new(Client { application: application.into(), ..Client::default() })
    }

    fn ran(code: Option<&[u8]>) -> Execution<'static> {
        let sqlstate = code.map_or(Sqlstate::NONE, Sqlstate::new);
        Execution {
            hits: 1,
            rows: 2,
            each: &[],
            sqlstate,
            elapsed: Some(Duration::from_micros(300)),
            at: UNIX_EPOCH + Duration::from_secs(7200),
        }
    }

    #[test]
    fn statements_of_one_text_are_counted_each() {
        let traffic = Traffic::new(32 << 20);
        let hit = |statement| Hit { statement, table: "a".into(), operation: "select", outcome: HitOutcome::Forwarded };
        let seen = Some(Seen::of("select 1 from a; select 2 from a; prepare p as select 3 from a; select 4 from a", None));
        let effects =
            vec![(2, crate::sql::effect::Effect::Prepare { name: "p".into(), span: crate::sql::Span { start: 0, end: 0 } })];
        let outcome = Outcome { hits: (0..4).map(hit).collect(), seen, effects, ..Outcome::default() };
        let rows = |code: Option<&[u8]>, each: &[u64]| {
            traffic.count(&outcome, &client("x"), Execution { each, ..ran(code) });
            let batch = traffic.freeze();
            let of = |failed: bool| batch.totals.iter().filter(move |(key, _)| key.sqlstate.is_empty() != failed);
            let sum = |failed| of(failed).fold((0, 0), |(hits, rows), (_, count)| (hits + count.hits, rows + count.rows));
            (sum(false), sum(true))
        };
        assert_eq!(rows(None, &[5, 7, 0, 2]), ((3, 14), (0, 0)), "PREPARE uses no table");
        assert_eq!(rows(Some(b"22012"), &[5]), ((1, 5), (1, 0)), "the second has failed, and the others were not begun");
        assert_eq!(rows(Some(b"42P05"), &[5, 7]), ((2, 12), (1, 0)), "a PREPARE that fails is told");
    }

    fn traffic_of(executions: &[(&str, &str, Option<&[u8]>)]) -> Traffic {
        let traffic = Traffic::new(32 << 20);
        for (table, text, code) in executions {
            traffic.count(&outcome(table, text), &client("a"), ran(*code));
        }
        traffic
    }

    fn details(batch: &Batch) -> u64 {
        batch.details.values().map(|d| d.count.hits).sum()
    }

    #[test]
    fn equal_hits_are_one_entry_and_known_ones_stay_so() {
        let traffic = traffic_of(&[
            ("a", "select 1", None),
            ("a", "select 2", None),
            ("a", "select x", None),
            ("b", "select 1", Some(b"42P01")),
        ]);
        assert_eq!(traffic.totals().len(), 2);
        let batch = traffic.freeze();
        assert_eq!((batch.totals.len(), batch.details.len(), batch.statements.len(), batch.hits()), (2, 3, 2, 4));
        let key = batch.totals.keys().nth(1).unwrap();
        assert_eq!((key.hour, key.sqlstate.as_str(), key.application.as_str()), (7200, "42P01", "a"));
        let mut latencies: Vec<u64> = batch.latencies.values().flat_map(|classes| classes.values().copied()).collect();
        latencies.sort_unstable();
        assert_eq!(latencies, [1, 2], "what failed has no latency, and what differs in a literal is one statement");
        assert_eq!(traffic.freeze().hits(), 0);
        for _ in 0..3 {
            traffic.count(&outcome("a", "select 1"), &client("a"), ran(None));
            assert_eq!(traffic.freeze().hits(), 1);
        }
        let total = &traffic.totals()[1];
        assert_eq!((total.table.as_str(), total.count.hits, total.errors), ("b", 1, 1));
    }

    #[test]
    fn what_has_no_room_stays_in_the_total() {
        let traffic = Traffic::new(64 * 1024);
        for n in 0..5000 {
            let text = format!("select column_{}", if n % 4 == 0 { 0 } else { n });
            traffic.count(&outcome("a", &text), &client("a"), ran(None));
        }
        let batch = traffic.freeze();
        assert_eq!((batch.hits(), batch.totals.len()), (5000, 1));
        assert_eq!(details(&batch) + batch.folded, 5000);
        assert_eq!(traffic.folded(), batch.folded);
        let (known, most) = (Seen::of("select column_0", None).fingerprint, batch.details.values().map(|d| d.count.hits).max());
        let frequent = batch.details.iter().find(|(key, _)| key.fingerprint == known).map(|(_, d)| *d).unwrap();
        assert_eq!(Some(frequent.count.hits), most, "what is frequent keeps its place");
        assert!(batch.details.values().all(|d| d.count.hits <= 1250 && d.count.hits + d.missed >= 1));
        assert!(frequent.count.hits <= 1250 && frequent.count.hits + frequent.missed >= 1250, "{frequent:?}");
    }

    #[test]
    fn applications_without_end_are_counted_together() {
        let traffic = Traffic::new(1 << 20);
        for n in 0..20_000 {
            traffic.count(&outcome("a", "select 1"), &client(&format!("app {n}")), ran(Some(b"22012")));
        }
        let batch = traffic.freeze();
        let others: u64 = batch.totals.iter().filter(|(key, _)| key.application == batch::OTHERS).map(|(_, c)| c.hits).sum();
        assert_eq!((batch.hits(), others), (20_000, 20_000 - 16 * 1024));
        assert_eq!(batch.hits(), details(&batch) + batch.folded);
    }

    #[test]
    fn threads_lose_nothing_while_somebody_reads() {
        let traffic = Traffic::new(32 << 20);
        let written = std::thread::scope(|scope| {
            let count = || (0..5000).for_each(|_| traffic.count(&outcome("a", "select 1"), &client("a"), ran(None)));
            let workers = [(); 4].map(|()| scope.spawn(count));
            let mut written = 0;
            while !workers.iter().all(std::thread::ScopedJoinHandle::is_finished) {
                traffic.totals();
                written += traffic.freeze().hits();
            }
            written
        });
        assert_eq!((written + traffic.freeze().hits(), traffic.totals()[0].count.hits), (20_000, 20_000));
    }
}
