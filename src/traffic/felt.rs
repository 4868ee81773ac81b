//! How long clients wait: from a request until nothing is unanswered, in every session, for every statement. A copy under load is
//! throttled by it (`migrate/throttle.rs`).
//!
//! Each wait is one addition to an atomic counter. Counters only grow: the difference of two readings is the distribution for the
//! time between, the readings of two proxies can be added, and a missing reading does no harm.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Each wait of up to this many microseconds has a class of its own; above that every doubling has [`PARTS`] classes, so that a
/// class is 3 % wide at most.
const EXACT: u64 = 64;
const PARTS: u64 = 32;
/// The last class begins at 19 hours.
const CLASSES: usize = 1024;

/// The number of a class.
pub type Class = i16;

/// The counters of this process.
#[derive(Debug)]
pub struct Felt {
    /// One array per worker, so that workers do not share cache lines.
    places: Vec<Box<[AtomicU64]>>,
}

impl Default for Felt {
    fn default() -> Self {
        let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(16);
        let place = || (0..CLASSES).map(|_| AtomicU64::new(0)).collect();
        Felt { places: (0..workers).map(|_| place()).collect() }
    }
}

impl Felt {
    /// Counts a client's wait.
    pub fn waited(&self, for_so_long: Duration) {
        let class = usize::try_from(class(for_so_long)).unwrap_or_default();
        self.places[super::place() % self.places.len()][class].fetch_add(1, Ordering::Relaxed);
    }

    /// All waits since the start of the process.
    pub fn reading(&self) -> Waits {
        let mut waits = Waits::default();
        for place in &self.places {
            for (class, count) in (0..).zip(place.iter().map(|count| count.load(Ordering::Relaxed))) {
                waits.add(class, count);
            }
        }
        waits
    }
}

/// Numbers of waits by class.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Waits(BTreeMap<Class, u64>);

impl Waits {
    /// Adds waits of one class.
    pub fn add(&mut self, class: Class, count: u64) {
        if count > 0 {
            *self.0.entry(class).or_default() += count;
        }
    }

    /// Adds all waits of another distribution.
    pub fn add_all(&mut self, other: &Waits) {
        other.0.iter().for_each(|(class, count)| self.add(*class, *count));
    }

    /// The waits since an earlier reading of the same process.
    pub fn since(&self, earlier: &Waits) -> Waits {
        let mut waits = Waits::default();
        for (class, count) in &self.0 {
            waits.add(*class, count.saturating_sub(earlier.0.get(class).copied().unwrap_or_default()));
        }
        waits
    }

    /// The number of waits.
    pub fn count(&self) -> u64 {
        self.0.values().sum()
    }

    /// The classes with their numbers.
    pub fn classes(&self) -> impl Iterator<Item = (Class, u64)> + '_ {
        self.0.iter().map(|(class, count)| (*class, *count))
    }

    /// The quantile `q` (0 to 1); `None` when there is no wait. Within a class, waits are taken as evenly spread.
    pub fn quantile(&self, q: f64) -> Option<Duration> {
        let rank = self.count() as f64 * q;
        let mut below = 0;
        let (class, count) = self.0.iter().find(|(_, count)| {
            below += **count;
            below as f64 >= rank
        })?;
        let (from, to) = (start(*class), start(class + 1));
        let share = (rank - (below - count) as f64) / *count as f64;
        Some(Duration::from_secs_f64((from as f64 + (to - from) as f64 * share) / 1e6))
    }
}

impl FromIterator<(Class, u64)> for Waits {
    fn from_iter<I: IntoIterator<Item = (Class, u64)>>(classes: I) -> Self {
        let mut waits = Waits::default();
        classes.into_iter().for_each(|(class, count)| waits.add(class, count));
        waits
    }
}

/// The class of a wait.
pub fn class(wait: Duration) -> Class {
    let us = u64::try_from(wait.as_micros()).unwrap_or(u64::MAX);
    let number = if us < EXACT {
        us
    } else {
        let doubling = u64::from(us.ilog2());
        EXACT + (doubling - 6) * PARTS + (us >> (doubling - 5)) % PARTS
    };
    Class::try_from(number.min(CLASSES as u64 - 1)).unwrap_or(Class::MAX)
}

/// The beginning of a class, in microseconds.
fn start(class: Class) -> u64 {
    let number = u64::try_from(class).unwrap_or_default();
    if number < EXACT {
        return number;
    }
    let (doubling, part) = ((number - EXACT) / PARTS + 6, (number - EXACT) % PARTS);
    (PARTS + part) << (doubling - 5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_told_within_a_thirtieth() {
        for us in [0, 1, 63, 64, 65, 127, 128, 1000, 52_341, 7_000_000, 3_600_000_000_u64] {
            let class = class(Duration::from_micros(us));
            let (from, to) = (start(class), start(class + 1));
            assert!(from <= us && us < to, "{us} is not between {from} and {to}");
            assert!((to - from) as f64 <= 1.0 + us as f64 / 30.0, "{us}: {from} to {to}");
        }
        assert_eq!(class(Duration::MAX), 1023);
        for class in 0..1023 {
            assert!(start(class) < start(class + 1), "{class}");
        }
    }

    #[test]
    fn quantiles_are_those_of_the_sorted_waits() {
        let waits: Waits = (1..=10_000_u64).map(|n| (class(Duration::from_micros(n * 100)), 1)).collect();
        for (q, ms) in [(0.5, 500.0), (0.95, 950.0), (0.99, 990.0)] {
            let told = waits.quantile(q).unwrap().as_secs_f64() * 1000.0;
            assert!((told / ms - 1.0).abs() < 0.005, "{q}: {told}");
        }
        assert_eq!(Waits::default().quantile(0.5), None);
    }

    #[test]
    fn two_readings_are_the_time_in_between() {
        let felt = Felt::default();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..100).for_each(|_| felt.waited(Duration::from_millis(5))));
            }
        });
        let before = felt.reading();
        (0..7).for_each(|_| felt.waited(Duration::from_secs(1)));
        let mut since = felt.reading().since(&before);
        assert_eq!((before.count(), since.count()), (400, 7));
        since.add_all(&before);
        assert_eq!(since, felt.reading());
        assert!(felt.reading().since(&felt.reading()).quantile(0.99).is_none());
    }
}
