//! The recorder of the process: what [`metrics`]' macros record, and reading it as numbers.
//!
//! Every series is known before the first event, so the map of them never changes, and what is recorded is added to atomic numbers: whoever
//! records waits for nobody, and whoever reads keeps nobody waiting. A distribution has its buckets since the start, as Prometheus' histograms
//! do, and the quantiles of the last minute for a person who looks.

use std::sync::Arc;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};
use std::time::{Duration, Instant};

use metrics::atomics::AtomicU64;
use metrics::{Counter, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit};

/// What is told of a distribution.
const QUANTILES: &[f64] = &[0.0, 0.5, 0.9, 0.95, 0.99, 0.999, 1.0];

/// Ends of the buckets, in seconds; behind the last comes one without an end.
const BOUNDS: [f64; 19] =
    [1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// The quantiles' classes, each a tenth wider than the one before, from a microsecond to three minutes.
const CLASSES: usize = 200;
const FIRST: f64 = 1e-6;
const RATIO: f64 = 1.1;

/// Observations of so long a time share their classes.
const SLICE: Duration = Duration::from_secs(20);

/// Slices that the quantiles are taken from.
const SLICES: u64 = 3;

/// What a metric is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// A distribution.
    Histogram,
}

/// A metric under one set of labels.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// The metric's name.
    pub name: String,
    /// Names and values.
    pub labels: Vec<(String, String)>,
    /// What it is now.
    pub reading: Reading,
}

/// What a series is at the moment.
#[derive(Debug, Clone, PartialEq)]
pub enum Reading {
    /// Of a counter or a gauge.
    Number(f64),
    /// Of a distribution.
    Distribution {
        /// Observations since the start.
        count: u64,
        /// Their sum.
        sum: f64,
        /// Ends of buckets, with how many observations since the start were not above them.
        buckets: Vec<(f64, u64)>,
        /// Quantiles of the last minute with their values; 0 when nothing was observed.
        quantiles: Vec<(f64, f64)>,
    },
}

/// Everything that was recorded.
#[derive(Debug)]
pub(super) struct Memory {
    cells: ahash::HashMap<Key, Cell>,
}

/// One series.
#[derive(Debug)]
enum Cell {
    Counter(Arc<AtomicU64>),
    /// The bits of a float.
    Gauge(Arc<AtomicU64>),
    Histogram(Arc<Distribution>),
}

impl Memory {
    /// With every series that there will be.
    pub(super) fn new(series: impl Iterator<Item = (Key, Kind)>) -> Self {
        let cell = |kind| match kind {
            Kind::Counter => Cell::Counter(Arc::default()),
            Kind::Gauge => Cell::Gauge(Arc::default()),
            Kind::Histogram => Cell::Histogram(Arc::new(Distribution::new(Instant::now()))),
        };
        Memory { cells: series.map(|(key, kind)| (key, cell(kind))).collect() }
    }

    /// Every series, by name and labels.
    pub(super) fn series(&self) -> Vec<Series> {
        let series = |(key, cell): (&Key, &Cell)| {
            let labels = key.labels().map(|label| (label.key().to_owned(), label.value().to_owned())).collect();
            let reading = match cell {
                Cell::Counter(counter) => Reading::Number(counter.load(Acquire) as f64),
                Cell::Gauge(gauge) => Reading::Number(f64::from_bits(gauge.load(Acquire))),
                Cell::Histogram(distribution) => distribution.reading(Instant::now()),
            };
            Series { name: key.name().to_owned(), labels, reading }
        };
        let mut all: Vec<Series> = self.cells.iter().map(series).collect();
        all.sort_by(|a, b| (&a.name, &a.labels).cmp(&(&b.name, &b.labels)));
        all
    }

    fn cell(&self, key: &Key) -> Option<&Cell> {
        let cell = self.cells.get(key);
        debug_assert!(cell.is_some(), "{key} is not in the table of metrics");
        cell
    }
}

/// Units and help are those of the table of metrics: nobody else describes one. What is not in the table is not recorded.
impl Recorder for Memory {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        match self.cell(key) {
            Some(Cell::Counter(counter)) => counter.clone().into(),
            _ => Counter::noop(),
        }
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        match self.cell(key) {
            Some(Cell::Gauge(gauge)) => gauge.clone().into(),
            _ => Gauge::noop(),
        }
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        match self.cell(key) {
            Some(Cell::Histogram(distribution)) => distribution.clone().into(),
            _ => Histogram::noop(),
        }
    }
}

/// Durations, in seconds.
#[derive(Debug)]
struct Distribution {
    began: Instant,
    /// The bits of a float.
    sum: AtomicU64,
    /// How many were not above each bound, and above the one before; the last are above all of them.
    buckets: [AtomicU64; BOUNDS.len() + 1],
    /// One more than is read, so that the one that begins anew is not among them.
    slices: [Slice; SLICES as usize + 1],
}

#[derive(Debug)]
struct Slice {
    /// Which of all slices since the start it is; 0 is none.
    number: AtomicU64,
    classes: [AtomicU64; CLASSES],
}

impl HistogramFn for Distribution {
    fn record(&self, value: f64) {
        self.record_at(value, Instant::now());
    }
}

impl Distribution {
    fn new(began: Instant) -> Self {
        let zero = |_| AtomicU64::new(0);
        let slice = |_| Slice { number: zero(0), classes: std::array::from_fn(zero) };
        Distribution { began, sum: zero(0), buckets: std::array::from_fn(zero), slices: std::array::from_fn(slice) }
    }

    /// The number of the slice that a moment is in.
    fn number(&self, at: Instant) -> u64 {
        1 + at.saturating_duration_since(self.began).as_secs() / SLICE.as_secs()
    }

    fn record_at(&self, value: f64, at: Instant) {
        self.buckets[BOUNDS.partition_point(|bound| *bound < value)].fetch_add(1, Relaxed);
        let added = |sum: u64| Some((f64::from_bits(sum) + value).to_bits());
        // It is tried again until it succeeds.
        let _ = self.sum.fetch_update(Relaxed, Relaxed, added);
        let number = self.number(at);
        let slice = &self.slices[(number % self.slices.len() as u64) as usize];
        let before = slice.number.load(Acquire);
        // Who turns a slice empties it. Another who records in this very moment may lose an observation for the quantiles; buckets lose none.
        if before != number && slice.number.compare_exchange(before, number, AcqRel, Acquire).is_ok() {
            slice.classes.iter().for_each(|class| class.store(0, Relaxed));
        }
        slice.classes[class(value)].fetch_add(1, Relaxed);
    }

    fn reading(&self, now: Instant) -> Reading {
        let mut count = 0;
        let mut reached = self.buckets.iter().map(|bucket| {
            count += bucket.load(Relaxed);
            count
        });
        let buckets = BOUNDS.iter().copied().zip(reached.by_ref()).collect();
        reached.for_each(drop);
        let number = self.number(now);
        let mut classes = [0; CLASSES];
        for slice in self.slices.iter().filter(|s| (1..=number).contains(&s.number.load(Acquire))) {
            if number - slice.number.load(Acquire) < SLICES {
                classes.iter_mut().zip(&slice.classes).for_each(|(sum, class)| *sum += class.load(Relaxed));
            }
        }
        let quantiles = QUANTILES.iter().map(|&q| (q, quantile(&classes, q))).collect();
        Reading::Distribution { count, sum: f64::from_bits(self.sum.load(Relaxed)), buckets, quantiles }
    }
}

/// The class that a value is in.
fn class(value: f64) -> usize {
    // A cast of a float ends at the bounds of the integer, and of NaN is 0.
    (((value / FIRST).ln() / RATIO.ln()) as usize).min(CLASSES - 1)
}

/// The middle of the class that a quantile is in.
fn quantile(classes: &[u64; CLASSES], quantile: f64) -> f64 {
    let wanted = ((classes.iter().sum::<u64>() as f64 * quantile).ceil() as u64).max(1);
    let mut reached = 0;
    let class = classes.iter().position(|count| {
        reached += count;
        reached >= wanted
    });
    class.map_or(0.0, |class| FIRST * RATIO.powf(class as f64 + 0.5))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABOUT: Metadata<'static> = Metadata::new("test", metrics::Level::INFO, None);

    #[test]
    fn what_is_recorded_can_be_read() {
        let labelled = |value: &'static str| Key::from_parts("b", vec![metrics::Label::new("path", value)]);
        let (gauge, distribution) = (Key::from_name("a"), Key::from_name("c"));
        let known = [
            (labelled("y"), Kind::Counter),
            (labelled("x"), Kind::Counter),
            (gauge.clone(), Kind::Gauge),
            (distribution.clone(), Kind::Histogram),
        ];
        let memory = Memory::new(known.into_iter());
        memory.register_counter(&labelled("y"), &ABOUT).increment(2);
        memory.register_counter(&labelled("x"), &ABOUT).increment(3);
        memory.register_counter(&labelled("x"), &ABOUT).increment(1);
        let gauge = memory.register_gauge(&gauge, &ABOUT);
        gauge.increment(5.0);
        gauge.decrement(1.5);
        memory.register_histogram(&distribution, &ABOUT).record(0.25);
        let series = memory.series();
        let told: Vec<(&str, usize)> = series.iter().map(|s| (s.name.as_str(), s.labels.len())).collect();
        assert_eq!(told, [("a", 0), ("b", 1), ("b", 1), ("c", 0)]);
        assert_eq!(series[..3].iter().map(|s| s.reading.clone()).collect::<Vec<_>>(), [3.5, 4.0, 2.0].map(Reading::Number));
        assert!(matches!(&series[3].reading, Reading::Distribution { count: 1, sum: 0.25, .. }));
    }

    #[test]
    fn quantiles_are_of_the_last_minute_and_sums_of_all_time() {
        let began = Instant::now();
        let distribution = Distribution::new(began);
        let at = |seconds: u64| began + Duration::from_secs(seconds);
        let median = |reading: Reading| match reading {
            Reading::Distribution { count, sum, quantiles, .. } => (count, sum, quantiles[1].1),
            Reading::Number(_) => panic!(),
        };
        let about = |reading: Reading, count: u64, sum: f64, middle: f64| {
            let told = median(reading);
            assert!((told.0, told.1) == (count, sum) && (told.2 - middle).abs() <= 0.05 * middle, "{told:?}, not {middle}");
        };
        about(distribution.reading(at(0)), 0, 0.0, 0.0);
        distribution.record_at(8.0, at(0));
        distribution.record_at(8.0, at(1));
        distribution.record_at(2.0, at(30));
        about(distribution.reading(at(31)), 3, 18.0, 8.0);
        about(distribution.reading(at(61)), 3, 18.0, 2.0);
        about(distribution.reading(at(91)), 3, 18.0, 0.0);
        // A slice is used again, and what was in it is gone.
        distribution.record_at(0.004, at(95));
        about(distribution.reading(at(100)), 4, 18.004, 0.004);
    }

    #[test]
    fn buckets_add_up_and_every_value_has_one() {
        let distribution = Distribution::new(Instant::now());
        for value in [0.0, 1e-9, 1e-5, 2e-5, 0.3, 10.0, 11.0, 1e9, f64::INFINITY, -1.0] {
            distribution.record(value);
        }
        let Reading::Distribution { count, buckets, .. } = distribution.reading(Instant::now()) else { panic!() };
        let at = |bound: f64| buckets.iter().find(|(b, _)| *b == bound).unwrap().1;
        assert_eq!((count, at(1e-5), at(2.5e-5), at(0.25), at(0.5), at(10.0)), (10, 4, 5, 5, 6, 7));
    }

    /// Whoever reads waits for nobody, and nothing is lost.
    #[test]
    fn threads_record_while_another_reads() {
        let distribution = Distribution::new(Instant::now());
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..10_000).for_each(|_| distribution.record(0.5)));
            }
            scope.spawn(|| (0..100).for_each(|_| drop(distribution.reading(Instant::now()))));
        });
        let Reading::Distribution { count, sum, .. } = distribution.reading(Instant::now()) else { panic!() };
        assert_eq!((count, sum), (40_000, 20_000.0));
    }
}
