//! Estimates how long a run of moves will take, from what it has done so far. Pure: sizes, shares and times in, times out.
//!
//! The time for a table grows with its bytes, plus a constant. The three steps of a copy under load have fixed shares of it, as measured. The speed
//! is that of this run's recent past (`window`), counting only the time in which it worked. Steps that give way to clients (`GIVES_WAY`) are
//! expected to wait for the same share of their time as they did recently; building an index never waits.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use super::online::Progress;

/// The constant time per table, as bytes that could be copied in that time.
const EACH: f64 = 8.0 * 1024.0 * 1024.0;
/// The shares of a table's time at which copying, indexing and proof have ended; the rest is the move itself.
const STEPS: [(&str, f64); 3] = [("copying", 0.38), ("indexing", 0.59), ("proving", 0.99)];
/// Steps that wait while clients' statements take longer than before.
const GIVES_WAY: [&str; 2] = ["copying", "proving"];
/// Samples older than this many seconds, and older than the last third of the run, no longer count.
const LATELY: f64 = 300.0;

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
    /// Work of finished tables.
    finished: f64,
    /// Work that earlier processes had done for the tables that this one continues.
    given: f64,
    current: Option<Current>,
    /// Time waited in finished steps.
    waited: f64,
    samples: VecDeque<Sample>,
    /// The time of a step that gives way, divided by the time in which it works, as last observed.
    stretch: f64,
}

#[derive(Debug)]
struct Current {
    table: String,
    step: &'static str,
    /// Time waited in this step.
    waited: f64,
}

/// Where a run was at some moment.
#[derive(Debug, Clone, Copy, Default)]
struct Sample {
    /// Seconds since it began.
    at: f64,
    /// Work done by this run.
    done: f64,
    /// Of these seconds, those in which it waited for clients.
    waited: f64,
    /// Of these seconds, those spent in steps that give way.
    giving_way: f64,
}

/// Work that is left: in steps that give way, and in other steps.
#[derive(Debug, Clone, Copy)]
struct Work {
    giving_way: f64,
    other: f64,
}

impl Work {
    /// The work of a table that is left after a share of it.
    fn behind(share: f64, cost: f64) -> Work {
        let mut work = Work { giving_way: 0.0, other: 0.0 };
        let mut from = 0.0_f64;
        for (step, to) in STEPS.into_iter().chain([("moving", 1.0)]) {
            let left = (to - from.max(share)).max(0.0) * cost;
            if GIVES_WAY.contains(&step) {
                work.giving_way += left
            } else {
                work.other += left
            }
            from = to;
        }
        work
    }
}

impl Estimate {
    /// From the tables and the bytes of their heaps.
    pub fn new(tables: impl IntoIterator<Item = (String, u64)>) -> Self {
        let costs = tables.into_iter().map(|(table, bytes)| (table, EACH + bytes as f64)).collect();
        Estimate {
            costs,
            finished: 0.0,
            given: 0.0,
            current: None,
            waited: 0.0,
            samples: VecDeque::from([Sample::default()]),
            stretch: 1.0,
        }
    }

    /// A table is finished, moved or not, `elapsed` after the run began.
    pub fn finished(&mut self, table: &str, elapsed: Duration) {
        self.finished += self.costs.get(table).copied().unwrap_or_default();
        self.leave_step();
        self.sample(elapsed, self.finished - self.given, Duration::ZERO);
    }

    fn leave_step(&mut self) {
        self.waited += self.current.take().map_or(0.0, |current| current.waited);
    }

    /// What is left when a table has come so far, `elapsed` after the run began.
    pub fn left(&mut self, progress: &Progress, elapsed: Duration) -> Left {
        let cost = self.costs.get(&progress.table).copied().unwrap_or(EACH);
        if self.current.as_ref().is_none_or(|current| current.table != progress.table) {
            self.given += share(progress.step, progress.from, progress.of) * cost;
        }
        if self.current.as_ref().is_none_or(|current| current.table != progress.table || current.step != progress.step) {
            self.leave_step();
        }
        let waited = progress.waited.as_secs_f64();
        self.current = Some(Current { table: progress.table.clone(), step: progress.step, waited });
        let share = share(progress.step, progress.done, progress.of);
        let done = self.finished + share * cost;
        // Time before this step belongs to another step.
        let giving_way = if GIVES_WAY.contains(&progress.step) { progress.elapsed } else { Duration::ZERO };
        self.sample(elapsed, done - self.given, giving_way);
        let table = Work::behind(share, cost);
        // All tables that are not finished, without this one.
        let others = Work::behind(0.0, (self.costs.values().sum::<f64>() - self.finished - cost).max(0.0));
        let all = Work { giving_way: table.giving_way + others.giving_way, other: table.other + others.other };
        Left { table: self.time(table), all: self.time(all) }
    }

    /// `giving_way` is how long the present step, if it gives way, has been running.
    fn sample(&mut self, elapsed: Duration, done: f64, giving_way: Duration) {
        let last = self.samples.back().copied().unwrap_or_default();
        let at = elapsed.as_secs_f64().max(last.at);
        let waited = (self.waited + self.current.as_ref().map_or(0.0, |c| c.waited)).max(last.waited);
        let giving_way = last.giving_way + giving_way.as_secs_f64().min(at - last.at).max(waited - last.waited);
        self.samples.push_back(Sample { at, done, waited, giving_way });
        // Keeps one sample older than the window, as its start.
        while self.samples.get(1).is_some_and(|second| second.at <= at - window(at)) {
            self.samples.pop_front();
        }
        let (Some(first), Some(last)) = (self.samples.front(), self.samples.back()) else { return };
        let (all, waited) = (last.giving_way - first.giving_way, last.waited - first.waited);
        if all > 0.0 {
            self.stretch = all / (all - waited).max(all / 1000.0);
        }
    }

    /// How long work takes at the recent speed.
    fn time(&self, work: Work) -> Option<Duration> {
        let (first, last) = (self.samples.front()?, self.samples.back()?);
        let (done, took) = (last.done - first.done, (last.at - first.at) - (last.waited - first.waited));
        let seconds = (work.giving_way * self.stretch + work.other) * took / done;
        (done > 0.0 && took > 0.0).then(|| Duration::from_secs_f64(seconds.clamp(0.0, 1e9)))
    }
}

/// Over how many of the last seconds the speed is measured, `at` seconds after the beginning.
fn window(at: f64) -> f64 {
    LATELY.max(at / 3.0)
}

/// The share of a table's time that has passed.
fn share(step: &str, done: i64, of: i64) -> f64 {
    let place = STEPS.iter().position(|(name, _)| *name == step).unwrap_or(0);
    let from = if place == 0 { 0.0 } else { STEPS[place - 1].1 };
    from + (STEPS[place].1 - from) * (done as f64 / of.max(1) as f64).clamp(0.0, 1.0)
}

/// As text for people.
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
        let (elapsed, waited) = (Duration::ZERO, Duration::ZERO);
        Progress { step, table: table.into(), from, done, of: 1000, rows: 0, elapsed, waited }
    }

    fn seconds(left: Option<Duration>) -> f64 {
        left.unwrap().as_secs_f64()
    }

    /// At an even speed, every estimate after the first tenth is right.
    #[test]
    fn at_an_even_speed_it_is_right_from_the_start() {
        let mut estimate = Estimate::new([("a".to_owned(), 92 << 20), ("b".to_owned(), 192 << 20)]);
        // 100 and 200 units, one second each.
        for (table, before, cost) in [("a", 0.0, 100.0), ("b", 100.0, 200.0)] {
            for (place, (step, _)) in STEPS.iter().enumerate() {
                for done in [100, 500, 999] {
                    let progress = at(table, step, 0, done);
                    let from = if place == 0 { 0.0 } else { STEPS[place - 1].1 };
                    let share = from + (STEPS[place].1 - from) * done as f64 / 1000.0;
                    let left = estimate.left(&progress, Duration::from_secs_f64(before + share * cost));
                    assert!((seconds(left.table) - (1.0 - share) * cost).abs() < 0.01 * cost, "{progress:?}: {left:?}");
                    assert!((seconds(left.all) - (300.0 - before - share * cost)).abs() < 3.0, "{progress:?}: {left:?}");
                }
            }
            estimate.finished(table, Duration::from_secs_f64(before + cost));
        }
    }

    #[test]
    fn what_another_process_has_done_is_not_this_ones_speed() {
        let mut estimate = Estimate::new([("a".to_owned(), 92 << 20)]);
        estimate.left(&at("a", "copying", 900, 901), Duration::from_secs(1));
        // A hundredth of the copying takes ten seconds: the remaining copying takes ninety, and the later steps 1,600.
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

    /// A simulated run: how long each second of work waits, by the table and its step.
    struct Simulated {
        tables: &'static [(&'static str, f64)],
        /// For steps that give way, by the time in the run: how long it works, then how long it waits, in turn.
        pauses: fn(f64) -> (f64, f64),
    }

    impl Simulated {
        /// Every report of the run: its time, the progress, and the table; without progress, the table is finished.
        fn run(&self) -> Vec<(f64, Option<Progress>, &'static str)> {
            let (mut now, mut told) = (0.0_f64, Vec::new());
            for (table, cost) in self.tables {
                let mut from = 0.0;
                for (step, to) in STEPS {
                    let (work, begun, mut waited, mut since) = ((to - from) * cost, now, 0.0, 0.0);
                    let parts = if step == "indexing" { 3 } else { work.ceil() as i64 };
                    for part in 0..parts {
                        let takes = work / parts as f64;
                        let (works, waits) = (self.pauses)(now);
                        since += takes;
                        if GIVES_WAY.contains(&step) && waits > 0.0 && since >= works {
                            (now, waited, since) = (now + waits, waited + waits, 0.0);
                        }
                        // For an index, only its beginning is reported.
                        let done = (if step == "indexing" { part } else { part + 1 }) * 1000 / parts;
                        now += if step == "indexing" { 0.0 } else { takes };
                        let (elapsed, waited) = [now - begun, waited].map(Duration::from_secs_f64).into();
                        told.push((now, Some(Progress { elapsed, waited, ..at(table, step, 0, done) }), *table));
                        now += if step == "indexing" { takes } else { 0.0 };
                    }
                    from = to;
                }
                now += (1.0 - from) * cost;
                told.push((now, None, *table));
            }
            told
        }

        /// The largest relative error of the estimates made between two shares of the run.
        fn worst(&self, between: std::ops::Range<f64>) -> f64 {
            let mut estimate =
                Estimate::new(self.tables.iter().map(|(table, cost)| ((*table).to_owned(), (*cost as u64 - 8) << 20)));
            let told = self.run();
            let end = told.last().unwrap().0;
            let mut worst = 0.0_f64;
            for (now, progress, table) in told {
                match progress {
                    None => estimate.finished(table, Duration::from_secs_f64(now)),
                    Some(progress) => {
                        let left = estimate.left(&progress, Duration::from_secs_f64(now)).all;
                        if between.contains(&(now / end)) {
                            worst = worst.max((seconds(left) - (end - now)).abs() / (end - now));
                        }
                    }
                }
            }
            worst
        }
    }

    const TABLES: &[(&str, f64)] = &[("a", 1000.0), ("b", 600.0), ("c", 1400.0)];

    #[test]
    fn pauses_count_where_they_come_and_not_where_an_index_is_built() {
        let even: [fn(f64) -> (f64, f64); 4] = [|_| (1e9, 0.0), |_| (20.0, 20.0), |_| (30.0, 10.0), |_| (5.0, 25.0)];
        for pauses in even {
            let worst = Simulated { tables: TABLES, pauses }.worst(0.1..0.95);
            assert!(worst < 0.2, "{worst}");
        }
    }

    /// Clients begin to work in the middle of the run, which nobody can foresee; some minutes later the estimate is right.
    #[test]
    fn a_speed_of_before_is_forgotten() {
        let late = Simulated { tables: TABLES, pauses: |now| if now > 1500.0 { (10.0, 20.0) } else { (1e9, 0.0) } };
        let end = late.run().last().unwrap().0;
        let worst = late.worst((2600.0 / end)..0.95);
        assert!(worst < 0.2, "{worst} of {end}");
        // The average of the whole run would still be wrong then.
        let gone = Simulated { tables: TABLES, pauses: |now| if now < 1500.0 { (10.0, 20.0) } else { (1e9, 0.0) } };
        let end = gone.run().last().unwrap().0;
        let worst = gone.worst((2400.0 / end)..0.95);
        assert!(worst < 0.2, "{worst} of {end}");
    }
}
