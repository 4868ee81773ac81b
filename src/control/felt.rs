//! How long clients wait, as published by each proxy with its heartbeat: the readings of its counters (`traffic/felt.rs`) of the
//! last minute. So a copy under load knows how it was before, without having to wait.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use super::replica::HEARTBEAT;
use crate::catalog::Database;
use crate::error::Result;
use crate::traffic::felt::{Class, Waits};

/// How many readings of a proxy are kept.
const SLOTS: u32 = 31;

/// A reading.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// Waits that have ended, since the process began.
    pub ended: Waits,
    /// Waits that go on, by their length so far.
    pub open: Waits,
}

/// What one proxy has published.
#[derive(Debug, Clone)]
pub struct Proxy {
    /// The time since its last sign of life.
    pub silent: Duration,
    /// Its readings by age, the youngest first; none from an older version that publishes none.
    pub readings: Vec<(Duration, Reading)>,
}

/// Whether `schema apply` of this version has made the table.
pub async fn has_table(database: &Database) -> Result<bool> {
    let sql = "SELECT to_regclass('esclusa.felt') IS NOT NULL";
    Ok(database.one("looking for the table of waits", sql, &[]).await?.get(0))
}

/// Publishes a reading, the process' `number`th.
pub async fn tell(database: &Database, instance: &str, number: u32, reading: &Reading) -> Result<()> {
    let context = "telling what clients feel";
    if number == 0 {
        // In a container the next process may have the same name, and its counters begin at 0.
        let sql = "DELETE FROM esclusa.felt WHERE instance = $1 OR at < clock_timestamp() - interval '1 day'";
        database.execute(context, sql, &[&instance]).await?;
    }
    let columns = |waits: &Waits| -> (Vec<Class>, Vec<i64>) {
        waits.classes().map(|(class, count)| (class, i64::try_from(count).unwrap_or(i64::MAX))).unzip()
    };
    let ((classes, counts), (open, unanswered)) = (columns(&reading.ended), columns(&reading.open));
    let slot = i16::try_from(number % SLOTS).unwrap_or_default();
    let sql = "INSERT INTO esclusa.felt (instance, slot, classes, counts, open_classes, open_counts) VALUES ($1, $2, $3, $4, $5, $6)
               ON CONFLICT (instance, slot) DO UPDATE SET at = clock_timestamp(), classes = excluded.classes, counts = excluded.counts,
               open_classes = excluded.open_classes, open_counts = excluded.open_counts";
    database.execute(context, sql, &[&instance, &slot, &classes, &counts, &open, &unanswered]).await.map(drop)
}

/// The process publishes nothing more.
pub async fn leave(database: &Database, instance: &str) -> Result<()> {
    database.execute("leaving", "DELETE FROM esclusa.felt WHERE instance = $1", &[&instance]).await.map(drop)
}

/// What the proxies that serve have published, by instance.
pub async fn told(database: &Database) -> Result<HashMap<String, Proxy>> {
    let sql = "SELECT r.instance, extract(epoch FROM clock_timestamp() - coalesce(max(f.at) OVER (PARTITION BY r.instance), r.seen_at))::float8,
                 extract(epoch FROM clock_timestamp() - f.at)::float8, f.classes, f.counts, f.open_classes, f.open_counts
               FROM esclusa.replica AS r LEFT JOIN esclusa.felt AS f ON f.instance = r.instance
               WHERE r.seen_at > clock_timestamp() - interval '60 s' ORDER BY f.at DESC";
    let seconds = |s: f64| Duration::from_secs_f64(s.clamp(0.0, 1e9));
    let mut proxies = HashMap::new();
    for row in database.query("asking what clients feel", sql, &[]).await? {
        let proxy =
            proxies.entry(row.get::<_, String>(0)).or_insert_with(|| Proxy { silent: seconds(row.get(1)), readings: Vec::new() });
        if let Some(age) = row.get::<_, Option<f64>>(2) {
            let waits = |classes: usize| -> Waits {
                let (classes, counts): (Vec<Class>, Vec<i64>) = (row.get(classes), row.get(classes + 1));
                classes.into_iter().zip(counts.into_iter().map(|n| u64::try_from(n).unwrap_or(0))).collect()
            };
            proxy.readings.push((seconds(age), Reading { ended: waits(3), open: waits(5) }));
        }
    }
    Ok(proxies)
}

/// The waits of all proxies that ended within this time up to now.
pub fn within(proxies: &HashMap<String, Proxy>, time: Duration) -> Waits {
    let mut all = Waits::default();
    for proxy in proxies.values() {
        let is_within = |(age, _): &&(Duration, Reading)| *age <= time + HEARTBEAT;
        let Some((_, last)) = proxy.readings.first().filter(is_within) else { continue };
        if let Some((_, first)) = proxy.readings.iter().take_while(is_within).last() {
            all.add_all(&last.ended.since(&first.ended));
        }
        all.add_all(&last.open);
    }
    all
}

/// Waits that go on, by their length so far.
pub fn open(waits: impl Iterator<Item = Duration>) -> Waits {
    let mut classes: BTreeMap<Class, u64> = BTreeMap::new();
    waits.for_each(|wait| *classes.entry(crate::traffic::felt::class(wait)).or_default() += 1);
    classes.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traffic::felt::class;

    fn reading(age: u64, short: u64, long: u64) -> (Duration, Reading) {
        let ended = [(class(Duration::from_millis(1)), short), (class(Duration::from_secs(1)), long)].into_iter().collect();
        (Duration::from_secs(age), Reading { ended, open: Waits::default() })
    }

    #[test]
    fn a_window_is_the_difference_of_two_readings_of_each_proxy() {
        let proxy = |readings| Proxy { silent: Duration::ZERO, readings };
        let mut proxies: HashMap<String, Proxy> = [
            ("a".to_owned(), proxy(vec![reading(1, 1000, 100), reading(3, 900, 100), reading(11, 500, 0), reading(21, 0, 0)])),
            ("b".to_owned(), proxy(vec![reading(0, 50, 0), reading(10, 20, 0)])),
            ("new".to_owned(), proxy(vec![reading(0, 70_000, 0)])),
            ("old version".to_owned(), proxy(Vec::new())),
            ("killed".to_owned(), proxy(vec![reading(90, 5_000, 0), reading(92, 0, 0)])),
        ]
        .into();
        assert_eq!(within(&proxies, Duration::from_secs(10)).count(), 500 + 100 + 30);
        assert_eq!(within(&proxies, Duration::from_secs(60)).count(), 1100 + 30);
        let waits = [1, 1, 9].map(Duration::from_secs);
        proxies.get_mut("b").unwrap().readings[0].1.open = open(waits.into_iter());
        proxies.get_mut("killed").unwrap().readings[0].1.open = open(waits.into_iter());
        assert_eq!(within(&proxies, Duration::from_secs(10)).count(), 630 + 3, "who waits still is counted, and is dead is not");
    }
}
