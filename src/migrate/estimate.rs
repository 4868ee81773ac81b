//! How long a run of moves goes on, from what it has done so far. Pure: sizes, shares and times in, times out.
//!
//! The time of a table goes with its bytes, beside something that every table takes. The three steps of a copy under load have fixed shares of
//! it, as they were measured; the speed is that of this run, with what it had to wait for.

use std::collections::HashMap;
use std::time::Duration;

use super::online::Progress;

/// What a table takes whatever its size, as bytes that could be copied in that time.
const EACH: f64 = 8.0 * 1024.0 * 1024.0;
/// Behind these shares of a table's time its copying, its indexing and its proof have ended; the rest is the move itself.
const STEPS: [(&str, f64); 3] = [("copying", 0.38), ("indexing", 0.59), ("proving", 0.99)];

/// Time that is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// For the table.
    pub table: Option<Duration>,
    /// For the whole run.
    pub all: Option<Duration>,
}

/// The work of a run, and how much of it is done.
#[derive(Debug)]
pub struct Estimate {
    costs: HashMap<String, f64>,
    /// Tables that are finished.
    finished: f64,
    /// What earlier processes had done of the tables that this one went on with.
    given: f64,
    current: Option<Current>,
}

#[derive(Debug)]
struct Current {
    table: String,
    /// Since the run began.
    began: Duration,
    /// The share of it that was there then.
    given: f64,
}

impl Estimate {
    /// Tables with the bytes of their heaps.
    pub fn new(tables: impl IntoIterator<Item = (String, u64)>) -> Self {
        let costs = tables.into_iter().map(|(table, bytes)| (table, EACH + bytes as f64)).collect();
        Estimate { costs, finished: 0.0, given: 0.0, current: None }
    }

    /// A table is over and done with, moved or not.
    pub fn finished(&mut self, table: &str) {
        self.finished += self.costs.get(table).copied().unwrap_or_default();
        self.current = None;
    }

    /// What is left when a table has come so far, `elapsed` after the run has begun.
    pub fn left(&mut self, progress: &Progress, elapsed: Duration) -> Left {
        let cost = self.costs.get(&progress.table).copied().unwrap_or(EACH);
        if self.current.as_ref().is_none_or(|current| current.table != progress.table) {
            let given = share(progress.step, progress.from, progress.of);
            self.given += given * cost;
            let began = elapsed.saturating_sub(progress.elapsed);
            self.current = Some(Current { table: progress.table.clone(), began, given });
        }
        let Some(current) = &self.current else { return Left { table: None, all: None } };
        let share = share(progress.step, progress.done, progress.of);
        let total: f64 = self.costs.values().sum();
        let done = self.finished + share * cost;
        Left {
            table: at_this_speed(elapsed.saturating_sub(current.began), share - current.given, 1.0 - share),
            all: at_this_speed(elapsed, done - self.given, total - done),
        }
    }
}

/// The share of a table's time that is behind it.
fn share(step: &str, done: i64, of: i64) -> f64 {
    let place = STEPS.iter().position(|(name, _)| *name == step).unwrap_or(0);
    let from = if place == 0 { 0.0 } else { STEPS[place - 1].1 };
    from + (STEPS[place].1 - from) * (done as f64 / of.max(1) as f64).clamp(0.0, 1.0)
}

fn at_this_speed(took: Duration, done: f64, left: f64) -> Option<Duration> {
    (done > 0.0 && !took.is_zero()).then(|| took.mul_f64((left / done).clamp(0.0, 1e6)))
}

/// As a person reads it.
pub fn words(left: Duration) -> String {
    match left.as_secs() {
        s if s < 100 => format!("{s} s"),
        s if s < 100 * 60 => format!("{} min", s.div_ceil(60)),
        s => format!("{} h {} min", s / 3600, s % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(table: &str, step: &'static str, from: i64, done: i64) -> Progress {
        Progress { step, table: table.into(), from, done, of: 1000, rows: 0, elapsed: Duration::ZERO }
    }

    fn seconds(left: Option<Duration>) -> f64 {
        left.unwrap().as_secs_f64()
    }

    /// A run in which everything goes at one speed: what is told at every moment behind the first tenth is what comes.
    #[test]
    fn at_an_even_speed_it_is_right_from_the_start() {
        let mut estimate = Estimate::new([("a".to_owned(), 92 << 20), ("b".to_owned(), 192 << 20)]);
        // 100 and 200 units: a second each.
        for (table, before, cost) in [("a", 0.0, 100.0), ("b", 100.0, 200.0)] {
            for (place, (step, _)) in STEPS.iter().enumerate() {
                for done in [100, 500, 999] {
                    let progress = at(table, step, 0, done);
                    let from = if place == 0 { 0.0 } else { STEPS[place - 1].1 };
                    let share = from + (STEPS[place].1 - from) * done as f64 / 1000.0;
                    if place == 0 && done == 100 {
                        // The first word of a table comes some time behind its beginning.
                        let elapsed = Duration::from_secs_f64(share * cost);
                        estimate.left(&Progress { elapsed, ..progress.clone() }, Duration::from_secs_f64(before + share * cost));
                    }
                    let left = estimate.left(&progress, Duration::from_secs_f64(before + share * cost));
                    assert!((seconds(left.table) - (1.0 - share) * cost).abs() < 0.01 * cost, "{progress:?}: {left:?}");
                    assert!((seconds(left.all) - (300.0 - before - share * cost)).abs() < 3.0, "{progress:?}: {left:?}");
                }
            }
            estimate.finished(table);
        }
    }

    #[test]
    fn what_another_process_has_done_is_not_this_ones_speed() {
        let mut estimate = Estimate::new([("a".to_owned(), 92 << 20)]);
        let one = Progress { elapsed: Duration::from_secs(1), ..at("a", "copying", 900, 901) };
        estimate.left(&one, Duration::from_secs(1));
        // A hundredth of the copying in ten seconds: the rest of it takes ninety, and what comes behind it 1,600.
        let left = estimate.left(&at("a", "copying", 900, 910), Duration::from_secs(10));
        assert!((1650.0..1800.0).contains(&seconds(left.table)), "{left:?}");
        assert_eq!(left.table, left.all);
    }

    #[test]
    fn nothing_done_tells_nothing() {
        let mut estimate = Estimate::new([("a".to_owned(), 1)]);
        assert_eq!(estimate.left(&at("a", "copying", 0, 0), Duration::from_secs(5)), Left { table: None, all: None });
        assert_eq!(
            [5, 99, 100, 5999, 6000, 7260].map(|s| words(Duration::from_secs(s))),
            ["5 s", "99 s", "2 min", "100 min", "1 h 40 min", "2 h 1 min"]
        );
    }
}
