//! Mode `shadow`: a sample of a table's reads is run a second time, both as it is forwarded now and as it would be rewritten. The
//! results are kept here, in memory and within bounds; `server/shadow.rs` runs them.
//!
//! A client is never delayed: a sample that finds the queue full is dropped and counted.

pub mod compare;
pub mod shown;

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::mpsc;

use crate::rewrite::NameContext;
use crate::sql::quote::literal;

/// How many samples may wait to be run.
const QUEUE: usize = 64;
/// How many differences are kept to be shown; older ones are in schema `esclusa`.
const DIFFERENCES: usize = 200;
/// How many statements' counts may wait to be written.
const STATEMENTS: usize = 10_000;

/// A parameter as the client has sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Whether the value is in binary format.
    pub binary: bool,
    /// `None` is NULL.
    pub value: Option<Vec<u8>>,
}

/// A read that a client has made.
#[derive(Debug, Clone)]
pub struct Sample {
    /// The client's text.
    pub text: Box<str>,
    /// What was sent to the server.
    pub forwarded: Arc<str>,
    /// [`crate::sql::fingerprint::Seen::fingerprint`].
    pub fingerprint: i64,
    /// The legacy tables in it.
    pub tables: Vec<String>,
    /// Declared parameter types; 0, or none, leaves a type to the server.
    pub types: Vec<u32>,
    /// Parameters.
    pub parameters: Vec<Parameter>,
    /// What names meant in the session.
    pub names: Arc<NameContext>,
}

/// The result of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SampleResult {
    /// Both forms have the same columns and rows.
    Equal,
    /// They differ, and did so again in a second snapshot: how, and the first row that only one has.
    Different(String),
    /// The statement as it is forwarded has another result each time.
    Unsteady,
    /// It was not compared: both forms fail, the result is too large, or it would not be rewritten.
    Skipped(String),
}

/// How long each form took.
#[derive(Debug, Clone, Copy, Default)]
pub struct Took {
    /// The forwarded form.
    pub forwarded: Duration,
    /// Rewritten.
    pub rewritten: Duration,
}

/// The results for one table and statement.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// Samples with equal results.
    pub equal: u64,
    /// Samples that differ.
    pub different: u64,
    /// Samples of statements whose result differs each time.
    pub unsteady: u64,
    /// Samples that could not be compared.
    pub skipped: u64,
    /// Microseconds of the forwarded form, summed up over samples that were compared.
    pub forwarded_us: u64,
    /// Microseconds of the rewritten form.
    pub rewritten_us: u64,
}

/// A confirmed difference.
#[derive(Debug, Clone)]
pub struct Difference {
    /// When it was found.
    pub at: SystemTime,
    /// The legacy tables.
    pub tables: Vec<String>,
    /// Equal for statements that differ only in literals.
    pub fingerprint: i64,
    /// The client's text, followed by its parameters.
    pub statement: String,
    /// The rewritten text.
    pub rewritten: String,
    /// The first difference.
    pub difference: String,
}

/// Counts by table and statement, and differences, since the last call of [`Shadow::take`].
pub type Taken = (Vec<((String, i64), Count)>, Vec<Difference>);

/// The state of the comparison.
#[derive(Debug)]
pub struct Shadow {
    sender: mpsc::Sender<Sample>,
    receiver: Mutex<Option<mpsc::Receiver<Sample>>>,
    turn: AtomicU64,
    dropped: AtomicU64,
    found: Mutex<Results>,
}

#[derive(Debug, Default)]
struct Results {
    totals: BTreeMap<String, Count>,
    differences: VecDeque<Difference>,
    unwritten: BTreeMap<(String, i64), Count>,
    unwritten_differences: Vec<Difference>,
}

impl Default for Shadow {
    fn default() -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE);
        Shadow {
            sender,
            receiver: Mutex::new(Some(receiver)),
            turn: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            found: Mutex::default(),
        }
    }
}

impl Shadow {
    /// Whether the next read is to be compared: one in `every`, none if that is 0.
    pub fn is_sampled(&self, every: usize) -> bool {
        every > 0 && self.turn.fetch_add(1, Ordering::Relaxed).is_multiple_of(every as u64)
    }

    /// Hands a sample over; drops it when too many wait.
    pub fn offer(&self, sample: Sample) {
        if self.sender.try_send(sample).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The receiver of samples; the second call gets `None`.
    pub fn samples(&self) -> Option<mpsc::Receiver<Sample>> {
        self.receiver.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The number of samples that were dropped because too many waited.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    fn found(&self) -> MutexGuard<'_, Results> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the result of a comparison.
    pub fn keep(&self, sample: &Sample, rewritten: &str, verdict: &SampleResult, took: Took) {
        let mut found = self.found();
        for table in &sample.tables {
            add(found.totals.entry(table.clone()).or_default(), verdict, took);
            let key = (table.clone(), sample.fingerprint);
            if found.unwritten.len() < STATEMENTS || found.unwritten.contains_key(&key) {
                add(found.unwritten.entry(key).or_default(), verdict, took);
            }
        }
        if let SampleResult::Different(difference) = verdict {
            let difference = Difference {
                at: SystemTime::now(),
                tables: sample.tables.clone(),
                fingerprint: sample.fingerprint,
                statement: told(sample),
                rewritten: rewritten.to_owned(),
                difference: difference.clone(),
            };
            if found.unwritten_differences.len() < DIFFERENCES {
                found.unwritten_differences.push(difference.clone());
            }
            found.differences.push_back(difference);
            if found.differences.len() > DIFFERENCES {
                found.differences.pop_front();
            }
        }
    }

    /// Takes what has not been written yet.
    pub fn take(&self) -> Taken {
        let mut found = self.found();
        let counts = std::mem::take(&mut found.unwritten).into_iter().collect();
        (counts, std::mem::take(&mut found.unwritten_differences))
    }

    /// Puts back what could not be written.
    pub fn give_back(&self, (counts, differences): Taken) {
        let mut found = self.found();
        for (key, count) in counts {
            merge(found.unwritten.entry(key).or_default(), &count);
        }
        let room = DIFFERENCES.saturating_sub(found.unwritten_differences.len());
        found.unwritten_differences.extend(differences.into_iter().take(room));
    }

    /// What was compared since the start, by table.
    pub fn totals(&self) -> Vec<(String, Count)> {
        self.found().totals.iter().map(|(table, count)| (table.clone(), *count)).collect()
    }

    /// The last differences, the newest first.
    pub fn differences(&self) -> Vec<Difference> {
        self.found().differences.iter().rev().cloned().collect()
    }
}

impl Count {
    /// The average milliseconds of the forwarded and of the rewritten form, over the samples that were compared.
    pub fn averages_ms(&self) -> [f64; 2] {
        let compared = (self.equal + self.different).max(1) as f64;
        [self.forwarded_us, self.rewritten_us].map(|us| us as f64 / 1000.0 / compared)
    }
}

/// The text, and those parameters that can be shown.
fn told(sample: &Sample) -> String {
    let mut out = sample.text.to_string();
    for (i, parameter) in sample.parameters.iter().enumerate() {
        let value = match &parameter.value {
            None => "NULL".to_owned(),
            Some(bytes) if parameter.binary => match sample.types.get(i) {
                Some(oid) if *oid != 0 => shown::value(*oid, bytes),
                // The server has chosen the type, which is not known here.
                _ => shown::bytes(bytes),
            },
            Some(bytes) => literal(&String::from_utf8_lossy(bytes)),
        };
        out.push_str(&format!("{} ${} = {value}", if i == 0 { " --" } else { "," }, i + 1));
    }
    out
}

fn add(count: &mut Count, verdict: &SampleResult, took: Took) {
    match verdict {
        SampleResult::Equal => count.equal += 1,
        SampleResult::Different(_) => count.different += 1,
        SampleResult::Unsteady => count.unsteady += 1,
        SampleResult::Skipped(_) => count.skipped += 1,
    }
    if matches!(verdict, SampleResult::Equal | SampleResult::Different(_)) {
        let us = |d: Duration| u64::try_from(d.as_micros()).unwrap_or(u64::MAX);
        count.forwarded_us = count.forwarded_us.saturating_add(us(took.forwarded));
        count.rewritten_us = count.rewritten_us.saturating_add(us(took.rewritten));
    }
}

fn merge(count: &mut Count, other: &Count) {
    count.equal += other.equal;
    count.different += other.different;
    count.unsteady += other.unsteady;
    count.skipped += other.skipped;
    count.forwarded_us = count.forwarded_us.saturating_add(other.forwarded_us);
    count.rewritten_us = count.rewritten_us.saturating_add(other.rewritten_us);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Sample {
        Sample {
            text: "select * from t where a = $1".into(),
            forwarded: "select 1".into(),
            fingerprint: 7,
            tables: vec!["t".into()],
            types: vec![0, 0, 23],
            parameters: vec![
                Parameter { binary: true, value: Some(vec![0, 255]) },
                Parameter { binary: false, value: None },
                Parameter { binary: true, value: Some(vec![0, 0, 0, 7]) },
            ],
            names: Arc::new(NameContext::with_path(&["x"])),
        }
    }

    #[test]
    fn one_in_so_many_is_sampled_and_what_has_no_room_is_dropped() {
        let shadow = Shadow::default();
        assert_eq!((0..9).filter(|_| shadow.is_sampled(3)).count(), 3);
        assert!(!shadow.is_sampled(0));
        for _ in 0..QUEUE + 5 {
            shadow.offer(sample());
        }
        assert_eq!(shadow.dropped(), 5);
    }

    #[test]
    fn what_was_found_is_kept_until_it_is_written() {
        let shadow = Shadow::default();
        let took = Took { forwarded: Duration::from_millis(2), rewritten: Duration::from_millis(4) };
        shadow.keep(&sample(), "select 2", &SampleResult::Equal, took);
        shadow.keep(&sample(), "select 2", &SampleResult::Different("one row less".into()), took);
        shadow.keep(&sample(), "select 2", &SampleResult::Skipped("both fail".into()), took);
        let taken = shadow.take();
        assert_eq!(
            taken.0[0].1,
            Count { equal: 1, different: 1, unsteady: 0, skipped: 1, forwarded_us: 4000, rewritten_us: 8000 }
        );
        assert_eq!(taken.1[0].statement, "select * from t where a = $1 -- $1 = '\\x00ff', $2 = NULL, $3 = 7");
        assert!(shadow.take().0.is_empty());
        shadow.give_back(taken);
        assert_eq!((shadow.take().1.len(), shadow.differences().len(), shadow.totals().len()), (1, 1, 1));
        assert_eq!(shadow.totals()[0].1.averages_ms(), [2.0, 4.0]);
    }
}
