//! Who touched which legacy name, how and when: counted in memory, bounded, handed over in one piece to whoever writes it down.
//!
//! Only statements that name a legacy table come here, so that the rest of the traffic pays nothing for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use dashmap::DashMap;

use crate::rewrite::{Hit, HitOutcome};

/// Who is connected, as far as a hit remembers it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Client {
    /// The database.
    pub database: String,
    /// The role that logged in.
    pub user: String,
    /// `application_name`, as it was last reported.
    pub application: String,
    /// The IP address, or `local` for a Unix socket.
    pub address: String,
}

/// What is counted together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    /// The legacy table.
    pub table: Arc<str>,
    /// The statement without its literals.
    pub fingerprint: i64,
    /// `select`, `insert`, ..., `mention`.
    pub operation: &'static str,
    /// What was done.
    pub outcome: HitOutcome,
    /// By whom.
    pub client: Arc<Client>,
}

/// How often, how much, how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// Executions.
    pub hits: u64,
    /// Rows of their command tags.
    pub rows: u64,
    /// Those that failed.
    pub errors: u64,
    /// Microseconds from the statement's arrival to its last answer, summed up.
    pub total_us: u64,
    /// The longest.
    pub max_us: u64,
    /// The first.
    pub first: SystemTime,
    /// The last.
    pub last: SystemTime,
}

/// What was counted since the start for one table, operation and outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Total {
    /// The legacy table.
    pub table: Arc<str>,
    /// As in [`Key`].
    pub operation: &'static str,
    /// What was done.
    pub outcome: HitOutcome,
    /// Of all its hits.
    pub count: Count,
}

/// One finished execution.
#[derive(Debug, Clone, Copy)]
pub struct Execution {
    /// Rows of the command tag.
    pub rows: u64,
    /// Whether it ended with an error.
    pub failed: bool,
    /// How long it took.
    pub elapsed: Duration,
    /// When it ended.
    pub at: SystemTime,
}

/// Everything counted since the last call: hits, and the texts of their statements by fingerprint.
pub type Taken = (Vec<(Key, Count)>, Vec<(i64, Arc<str>)>);

/// A statement whose hits are counted.
#[derive(Debug, Clone)]
pub struct Seen {
    /// [`crate::sql::fingerprint::fingerprint`] of `text`.
    pub fingerprint: i64,
    /// Without literals.
    pub text: Arc<str>,
}

/// Counts since the last flush, and since the start.
#[derive(Debug)]
pub struct Traffic {
    counts: DashMap<Key, Count, ahash::RandomState>,
    /// Since the start, by table, operation and outcome: what the console shows without a database.
    totals: DashMap<(Arc<str>, &'static str, HitOutcome), Count, ahash::RandomState>,
    statements: DashMap<i64, Arc<str>, ahash::RandomState>,
    /// The distinct entries of this hour, which is how long a row of `esclusa.hit` lasts: so many rows an hour and no more come of a client that
    /// makes up statements.
    hour: AtomicU64,
    distinct: DashMap<u64, (), ahash::RandomState>,
    /// How many of them each user has.
    shares: DashMap<String, usize, ahash::RandomState>,
    hasher: ahash::RandomState,
    limit: usize,
    overflowed: AtomicU64,
}

/// Where hits go that no entry is left for.
const OTHERS: &str = "(others)";

impl Traffic {
    /// At most `limit` distinct entries an hour, and half of them for one user.
    pub fn new(limit: usize) -> Self {
        Traffic {
            counts: DashMap::default(),
            totals: DashMap::default(),
            statements: DashMap::default(),
            hour: AtomicU64::new(0),
            distinct: DashMap::default(),
            shares: DashMap::default(),
            hasher: ahash::RandomState::new(),
            limit: limit.max(1),
            overflowed: AtomicU64::new(0),
        }
    }

    /// Counts one execution of a statement.
    pub fn count(&self, hits: &[Hit], seen: &Seen, client: &Arc<Client>, execution: Execution) {
        for hit in hits {
            let table: Arc<str> = hit.table.as_str().into();
            add(
                &mut self.totals.entry((table.clone(), hit.operation, hit.outcome)).or_insert_with(|| zero(execution.at)),
                execution,
            );
            let mut key = Key {
                table,
                fingerprint: seen.fingerprint,
                operation: hit.operation,
                outcome: hit.outcome,
                client: client.clone(),
            };
            if self.has_room(&key, execution.at) {
                self.statements.entry(seen.fingerprint).or_insert_with(|| seen.text.clone());
            } else {
                self.overflowed.fetch_add(1, Ordering::Relaxed);
                let client = Client { application: OTHERS.into(), user: client.user.clone(), ..Client::default() };
                key = Key { fingerprint: 0, client: Arc::new(client), ..key };
            }
            add(&mut self.counts.entry(key).or_insert_with(|| zero(execution.at)), execution);
        }
    }

    /// Whether an entry is there, or may be made in this hour.
    fn has_room(&self, key: &Key, at: SystemTime) -> bool {
        if self.counts.contains_key(key) {
            return true;
        }
        let hour = at.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |d| d.as_secs() / 3600);
        if self.hour.swap(hour, Ordering::Relaxed) != hour {
            self.distinct.clear();
            self.shares.clear();
        }
        let hash = self.hasher.hash_one(key);
        if self.distinct.contains_key(&hash) {
            return true;
        }
        let mut share = self.shares.entry(key.client.user.clone()).or_default();
        let has_room = self.distinct.len() < self.limit && *share < self.limit.div_ceil(2);
        if has_room {
            *share += 1;
            self.distinct.insert(hash, ());
        }
        has_room
    }

    /// Takes everything counted since the last call.
    pub fn take(&self) -> Taken {
        let mut counts = Vec::with_capacity(self.counts.len());
        self.counts.retain(|key, count| {
            counts.push((key.clone(), *count));
            false
        });
        let mut statements = Vec::new();
        self.statements.retain(|fingerprint, text| {
            statements.push((*fingerprint, text.clone()));
            false
        });
        (counts, statements)
    }

    /// Puts back what could not be written; it is added to what has come since.
    pub fn give_back(&self, (counts, statements): Taken) {
        for (key, count) in counts {
            self.counts.entry(key).and_modify(|c| merge(c, &count)).or_insert(count);
        }
        for (fingerprint, text) in statements {
            self.statements.entry(fingerprint).or_insert(text);
        }
    }

    /// Hits that had no entry of their own.
    pub fn overflowed(&self) -> u64 {
        self.overflowed.load(Ordering::Relaxed)
    }

    /// Hits since the start, in the order of table, operation and outcome.
    pub fn totals(&self) -> Vec<Total> {
        let copied = self.totals.iter().map(|entry| (entry.key().clone(), *entry.value()));
        let total = |((table, operation, outcome), count)| Total { table, operation, outcome, count };
        let mut totals: Vec<Total> = copied.map(total).collect();
        totals.sort_by(|a, b| (&a.table, a.operation, a.outcome).cmp(&(&b.table, b.operation, b.outcome)));
        totals
    }
}

impl Count {
    /// Milliseconds of one execution, on average.
    pub fn average_ms(&self) -> f64 {
        self.total_us as f64 / 1000.0 / self.hits.max(1) as f64
    }

    /// Milliseconds of the longest.
    pub fn max_ms(&self) -> f64 {
        self.max_us as f64 / 1000.0
    }
}

fn zero(at: SystemTime) -> Count {
    Count { hits: 0, rows: 0, errors: 0, total_us: 0, max_us: 0, first: at, last: at }
}

fn add(count: &mut Count, execution: Execution) {
    let us = u64::try_from(execution.elapsed.as_micros()).unwrap_or(u64::MAX);
    count.hits += 1;
    count.rows = count.rows.saturating_add(execution.rows);
    count.errors += u64::from(execution.failed);
    count.total_us = count.total_us.saturating_add(us);
    count.max_us = count.max_us.max(us);
    count.last = count.last.max(execution.at);
}

fn merge(count: &mut Count, other: &Count) {
    count.hits += other.hits;
    count.rows = count.rows.saturating_add(other.rows);
    count.errors += other.errors;
    count.total_us = count.total_us.saturating_add(other.total_us);
    count.max_us = count.max_us.max(other.max_us);
    count.first = count.first.min(other.first);
    count.last = count.last.max(other.last);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn traffic_of(limit: usize, tables: &[&str]) -> Traffic {
        let traffic = Traffic::new(limit);
        let client = Arc::new(Client { user: "aquasis".into(), ..Client::default() });
        for table in tables {
            let hit = Hit { table: (*table).into(), operation: "select", outcome: HitOutcome::Rewritten };
            let seen = Seen { fingerprint: 7, text: "select ?".into() };
            let elapsed = Duration::from_micros(300);
            traffic.count(&[hit], &seen, &client, Execution { rows: 2, failed: false, elapsed, at: SystemTime::UNIX_EPOCH });
        }
        traffic
    }

    #[test]
    fn equal_hits_are_one_entry() {
        let traffic = traffic_of(10, &["a", "a", "b"]);
        let (mut counts, statements) = traffic.take();
        counts.sort_by(|x, y| x.0.table.cmp(&y.0.table));
        assert_eq!((counts.len(), counts[0].1.hits, counts[0].1.rows, statements.len()), (2, 2, 4, 1));
        assert!(traffic.take().0.is_empty());
        traffic.give_back((counts, statements));
        assert_eq!(traffic.take().0.len(), 2);
    }

    #[test]
    fn what_has_no_room_is_counted_together() {
        let traffic = traffic_of(4, &["a", "b", "c", "c"]);
        let others: Vec<_> = traffic.take().0.into_iter().filter(|(k, _)| k.client.application == OTHERS).collect();
        assert_eq!((others.len(), others[0].1.hits, traffic.overflowed()), (1, 2, 2));
        assert_eq!(&*others[0].0.client.user, "aquasis");
    }

    /// Many flushes make no room; another user has his own; the next hour is a new one.
    #[test]
    fn a_user_who_makes_up_statements_fills_his_half_of_an_hour() {
        let traffic = Traffic::new(10);
        let hit = Hit { table: "t".into(), operation: "select", outcome: HitOutcome::Forwarded };
        let count = |user: &str, fingerprint: i64, hour: u64| {
            let client = Arc::new(Client { user: user.into(), ..Client::default() });
            let at = SystemTime::UNIX_EPOCH + Duration::from_secs(3600 * hour);
            let execution = Execution { rows: 0, failed: true, elapsed: Duration::ZERO, at };
            traffic.count(std::slice::from_ref(&hit), &Seen { fingerprint, text: "x".into() }, &client, execution);
        };
        let taken = || {
            let (counts, statements) = traffic.take();
            (counts.len(), statements.len())
        };
        (1..=100).for_each(|n| count("mallory", n, 1));
        assert_eq!(taken(), (6, 5), "five of his own, and the others");
        (1..=100).for_each(|n| count("mallory", n, 1));
        assert_eq!(taken(), (6, 5));
        (200..=300).for_each(|n| count("mallory", n, 1));
        assert_eq!(taken(), (1, 0));
        count("aquasis", 1, 1);
        assert_eq!(taken(), (1, 1));
        (200..=300).for_each(|n| count("mallory", n, 2));
        assert_eq!(taken(), (6, 5));
    }
}
