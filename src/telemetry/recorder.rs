//! The recorder of the process: what [`metrics`]' macros record, kept in metrics-util's registry, and read from it as numbers.
//!
//! A distribution keeps sum and count since the start, and the quantiles of the last minute, as Prometheus' own client libraries do for
//! a summary. Each observation goes into its sketch at once, so that nothing grows while nobody reads.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use metrics::atomics::AtomicU64;
use metrics::{Counter, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use metrics_util::registry::{Registry, Storage};
use metrics_util::storage::Summary;

/// What is told of a distribution.
const QUANTILES: &[f64] = &[0.0, 0.5, 0.9, 0.95, 0.99, 0.999, 1.0];

/// Observations of so long a time share a sketch.
const SLICE: Duration = Duration::from_secs(20);

/// Sketches that the quantiles are taken from.
const SLICES: usize = 3;

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
        /// Quantiles of the last minute with their values; 0 when nothing was observed.
        quantiles: Vec<(f64, f64)>,
    },
}

/// Everything that was recorded.
#[derive(Debug)]
pub(super) struct Memory {
    registry: Registry<Key, Store>,
}

impl Memory {
    pub(super) fn new() -> Self {
        Memory { registry: Registry::new(Store) }
    }

    /// Every series, by name and labels.
    pub(super) fn series(&self) -> Vec<Series> {
        let mut all = Vec::new();
        let mut add = |key: &Key, reading: Reading| {
            let labels = key.labels().map(|label| (label.key().to_owned(), label.value().to_owned())).collect();
            all.push(Series { name: key.name().to_owned(), labels, reading });
        };
        self.registry.visit_counters(|key, counter| add(key, Reading::Number(counter.load(Ordering::Acquire) as f64)));
        self.registry.visit_gauges(|key, gauge| add(key, Reading::Number(f64::from_bits(gauge.load(Ordering::Acquire)))));
        self.registry.visit_histograms(|key, distribution| add(key, distribution.reading(Instant::now())));
        all.sort_by(|a, b| (&a.name, &a.labels).cmp(&(&b.name, &b.labels)));
        all
    }
}

/// Units and help are those of the table of metrics: nobody else describes one.
impl Recorder for Memory {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        self.registry.get_or_create_counter(key, |counter| counter.clone().into())
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        self.registry.get_or_create_gauge(key, |gauge| gauge.clone().into())
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        self.registry.get_or_create_histogram(key, |distribution| distribution.clone().into())
    }
}

/// What the registry keeps for each kind of metric.
#[derive(Debug)]
struct Store;

impl Storage<Key> for Store {
    type Counter = Arc<AtomicU64>;
    type Gauge = Arc<AtomicU64>;
    type Histogram = Arc<Distribution>;

    fn counter(&self, _: &Key) -> Self::Counter {
        Arc::default()
    }

    fn gauge(&self, _: &Key) -> Self::Gauge {
        Arc::default()
    }

    fn histogram(&self, _: &Key) -> Self::Histogram {
        Arc::default()
    }
}

#[derive(Debug, Default)]
struct Distribution(Mutex<Observed>);

#[derive(Debug, Default)]
struct Observed {
    count: u64,
    sum: f64,
    /// When each begins, the newest first.
    slices: VecDeque<(Instant, Summary)>,
}

impl HistogramFn for Distribution {
    fn record(&self, value: f64) {
        self.record_at(value, Instant::now());
    }
}

impl Distribution {
    fn record_at(&self, value: f64, now: Instant) {
        let mut observed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        observed.count += 1;
        observed.sum += value;
        if observed.slices.front().is_none_or(|(began, _)| now.saturating_duration_since(*began) >= SLICE) {
            observed.slices.push_front((now, Summary::with_defaults()));
            observed.slices.truncate(SLICES);
        }
        if let Some((_, newest)) = observed.slices.front_mut() {
            newest.add(value);
        }
    }

    fn reading(&self, now: Instant) -> Reading {
        let observed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let window = SLICE * SLICES as u32;
        let mut recent = Summary::with_defaults();
        for (_, slice) in observed.slices.iter().filter(|(began, _)| now.saturating_duration_since(*began) < window) {
            // Sketches of the same parameters can always be merged.
            let _ = recent.merge(slice);
        }
        let quantiles = QUANTILES.iter().map(|&q| (q, recent.quantile(q).unwrap_or(0.0))).collect();
        Reading::Distribution { count: observed.count, sum: observed.sum, quantiles }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABOUT: Metadata<'static> = Metadata::new("test", metrics::Level::INFO, None);

    #[test]
    fn what_is_recorded_can_be_read() {
        let memory = Memory::new();
        let labelled = |value: &'static str| Key::from_parts("b", vec![metrics::Label::new("path", value)]);
        memory.register_counter(&labelled("y"), &ABOUT).increment(2);
        memory.register_counter(&labelled("x"), &ABOUT).increment(3);
        memory.register_counter(&labelled("x"), &ABOUT).increment(1);
        let gauge = memory.register_gauge(&Key::from_name("a"), &ABOUT);
        gauge.increment(5.0);
        gauge.decrement(1.5);
        memory.register_histogram(&Key::from_name("c"), &ABOUT).record(0.25);
        let series = memory.series();
        let told: Vec<(&str, usize)> = series.iter().map(|s| (s.name.as_str(), s.labels.len())).collect();
        assert_eq!(told, [("a", 0), ("b", 1), ("b", 1), ("c", 0)]);
        assert_eq!(series[..3].iter().map(|s| s.reading.clone()).collect::<Vec<_>>(), [3.5, 4.0, 2.0].map(Reading::Number));
        assert!(matches!(&series[3].reading, Reading::Distribution { count: 1, sum: 0.25, .. }));
    }

    #[test]
    fn quantiles_are_of_the_last_minute_and_sums_of_all_time() {
        let (distribution, began) = (Distribution::default(), Instant::now());
        let at = |seconds: u64| began + Duration::from_secs(seconds);
        let median = |reading: Reading| match reading {
            Reading::Distribution { count, sum, quantiles } => (count, sum, (quantiles[1].1 * 100.0).round() / 100.0),
            Reading::Number(_) => panic!(),
        };
        assert_eq!(median(distribution.reading(at(0))), (0, 0.0, 0.0));
        distribution.record_at(8.0, at(0));
        distribution.record_at(8.0, at(1));
        distribution.record_at(2.0, at(30));
        assert_eq!(median(distribution.reading(at(31))), (3, 18.0, 8.0));
        assert_eq!(median(distribution.reading(at(61))), (3, 18.0, 2.0));
        assert_eq!(median(distribution.reading(at(91))), (3, 18.0, 0.0));
        for second in 100..1_000 {
            distribution.record_at(1.0, at(second));
        }
        assert_eq!(distribution.0.lock().unwrap().slices.len(), SLICES);
    }
}
