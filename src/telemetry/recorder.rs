//! The recorder of the process: stores what [`metrics`]' macros record, and returns it as numbers.
//!
//! Every series is known before the first event, so the map of them never changes, and recording is an addition to atomic numbers:
//! recording never waits, and reading delays nobody. A distribution has buckets since the start, as Prometheus' histograms do, and
//! quantiles of the last minute for people who look.

use std::sync::Arc;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};
use std::time::{Duration, Instant};

use metrics::atomics::AtomicU64;
use metrics::{Counter, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit};

/// The quantiles that a distribution reports.
const QUANTILES: &[f64] = &[0.0, 0.5, 0.9, 0.95, 0.99, 0.999, 1.0];

/// The upper ends of the buckets, in seconds; one more bucket without an end follows.
const BOUNDS: [f64; 19] =
    [1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// The number of classes for quantiles, each a tenth wider than the one before, from a microsecond to three minutes.
const CLASSES: usize = 200;
const FIRST: f64 = 1e-6;
const RATIO: f64 = 1.1;

/// Observations within this time share their classes.
const SLICE: Duration = Duration::from_secs(20);

/// The number of slices that quantiles are computed from.
const SLICES: u64 = 3;

/// What a metric is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricKind {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
    /// A distribution.
    Histogram,
}

/// A metric under one set of labels.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// The metric's name.
    pub name: String,
    /// The names and values of its labels.
    pub labels: Vec<(String, String)>,
    /// Its present value.
    pub reading: Reading,
}

/// The present value of a series.
#[derive(Debug, Clone, PartialEq)]
pub enum Reading {
    /// The value of a counter or a gauge.
    Number(f64),
    /// The values of a distribution.
    Distribution {
        /// Observations since the start.
        count: u64,
        /// Their sum.
        sum: f64,
        /// For each upper end of a bucket, the number of observations since the start that were not above it.
        buckets: Vec<(f64, u64)>,
        /// Quantiles of the last minute with their values; 0 when nothing was observed.
        quantiles: Vec<(f64, f64)>,
    },
}

/// All series.
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
    /// A recorder with every series that can exist.
    pub(super) fn new(series: impl Iterator<Item = (Key, MetricKind)>) -> Self {
        let cell = |kind| match kind {
            MetricKind::Counter => Cell::Counter(Arc::default()),
            MetricKind::Gauge => Cell::Gauge(Arc::default()),
            MetricKind::Histogram => Cell::Histogram(Arc::new(Distribution::new(Instant::now()))),
        };
        Memory { cells: series.map(|(key, kind)| (key, cell(kind))).collect() }
    }

    /// All series, by name and labels.
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

/// Units and help are those of the table of metrics, so the macros' own are ignored. What is not in the table is not recorded.
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
    /// Observations between the bound before and this one; the last are above all bounds.
    buckets: [AtomicU64; BOUNDS.len() + 1],
    /// One more than is read: the slice that is about to be used again is not read.
    slices: [Slice; SLICES as usize + 1],
}

#[derive(Debug)]
struct Slice {
    /// The number of the slice since the start; 0 for none.
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

    /// The number of the slice that contains a moment.
    fn number(&self, at: Instant) -> u64 {
        1 + at.saturating_duration_since(self.began).as_secs() / SLICE.as_secs()
    }

    fn record_at(&self, value: f64, at: Instant) {
        self.buckets[BOUNDS.partition_point(|bound| *bound < value)].fetch_add(1, Relaxed);
        let added = |sum: u64| Some((f64::from_bits(sum) + value).to_bits());
        // Tried again until it succeeds.
        let _ = self.sum.fetch_update(Relaxed, Relaxed, added);
        let number = self.number(at);
        let slice = &self.slices[(number % self.slices.len() as u64) as usize];
        let before = slice.number.load(Acquire);
        // The first to use a slice again empties it. An observation in that very moment may be lost for the quantiles; buckets lose
        // none.
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

/// The class of a value.
fn class(value: f64) -> usize {
    // A cast of a float saturates, and makes 0 of NaN.
    (((value / FIRST).ln() / RATIO.ln()) as usize).min(CLASSES - 1)
}

/// The middle of the class with this quantile.
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
            (labelled("y"), MetricKind::Counter),
            (labelled("x"), MetricKind::Counter),
            (gauge.clone(), MetricKind::Gauge),
            (distribution.clone(), MetricKind::Histogram),
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
        // The slice is used again, and its old content is gone.
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

    /// Reading waits for nobody, and nothing is lost.
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
