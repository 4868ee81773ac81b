//! The counts of a span of time, as they are written: exact totals, their details, latencies, statements, tables that were used
//! together, and the time that is covered. Batches can be added.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::latency::Class;

/// The seconds of an hour; counts are grouped by hour.
pub const HOUR: i64 = 3600;
/// Stands for all applications whose counts have no room of their own.
pub const OTHERS: &str = "(others)";

/// The beginning, in seconds, of the hour of a moment in microseconds.
pub(super) fn hour_of(us: i64) -> i64 {
    us.div_euclid(1_000_000 * HOUR) * HOUR
}

/// A name, cut as the server cuts it (source, pg_config_manual.h: NAMEDATALEN); a start-up packet may hold a longer one.
pub(super) fn name_of(text: &str) -> String {
    let end = (0..=text.len().min(63)).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0);
    text[..end].to_owned()
}

/// The key of counts that are always exact.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TotalKey {
    /// The beginning of the hour, in seconds since 1970.
    pub hour: i64,
    /// The legacy table.
    pub table: String,
    /// As in [`crate::rewrite::Hit`].
    pub operation: String,
    /// The word of [`crate::rewrite::HitOutcome::name`].
    pub outcome: String,
    /// The error that it ended with; empty for none.
    pub sqlstate: String,
    /// `application_name`.
    pub application: String,
}

/// The key of counts that are kept as far as there is room. The rest of a total is what its details do not have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DetailKey {
    /// The total that it is a part of.
    pub total: TotalKey,
    /// The statement.
    pub fingerprint: i64,
    /// The database.
    pub database: String,
    /// The role that logged in.
    pub user: String,
    /// The client's address.
    pub address: String,
    /// The place in the application, from the statement's comment.
    pub attribution: String,
}

/// Number, rows, durations and times of executions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Count {
    /// Executions.
    pub hits: u64,
    /// The sum of rows in their command tags.
    pub rows: u64,
    /// Microseconds from a statement's arrival to its last answer, summed up.
    pub total_us: u64,
    /// The longest duration, in microseconds.
    pub max_us: u64,
    /// The first one, in microseconds since 1970.
    pub first_us: i64,
    /// The last one, in microseconds since 1970.
    pub last_us: i64,
}

/// Counts within a total.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Detail {
    /// What was counted under its own name.
    pub count: Count,
    /// How many hits, at most, were counted only in the total, before there was room for this detail.
    pub missed: u64,
}

/// The form in which a statement was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Form {
    /// As the client wrote it, for the legacy tables.
    Legacy,
    /// Rewritten.
    Rewritten,
}

impl Form {
    /// Its word in reports.
    pub fn name(self) -> &'static str {
        match self {
            Form::Legacy => "legacy",
            Form::Rewritten => "rewritten",
        }
    }
}

/// What is stored of a statement besides its counts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Statement {
    /// Without literals.
    pub text: String,
    /// What is sent in its place, without literals, if it differs.
    pub rewritten: Option<String>,
    /// The columns that it names: table, columns, and whether it also uses all of them without naming them.
    pub named: Vec<(String, Vec<String>, bool)>,
}

/// How two tables were used together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum How {
    /// One statement names both.
    Statement,
    /// One of two consecutive statements in a transaction names the first, the other one the second.
    Transaction,
}

impl How {
    /// Its word in reports.
    pub fn name(self) -> &'static str {
        match self {
            How::Statement => "statement",
            How::Transaction => "transaction",
        }
    }
}

/// Two legacy tables that were used together; `first` is before `second` by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PairKey {
    /// The beginning of the hour, in seconds since 1970.
    pub hour: i64,
    /// One table.
    pub first: String,
    /// The other.
    pub second: String,
    /// How they were used together.
    pub how: How,
    /// `application_name`.
    pub application: String,
}

/// How often two tables were used together, and when last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PairCount {
    /// How often.
    pub times: u64,
    /// When last, in microseconds since 1970.
    pub last_us: i64,
}

impl PairCount {
    /// Adds the counts of another span.
    pub fn add(&mut self, other: &PairCount) {
        self.times = self.times.saturating_add(other.times);
        self.last_us = self.last_us.max(other.last_us);
    }
}

/// The hour, the statement and the form of a latency.
pub type LatencyKey = (i64, i64, Form);

/// Everything counted in a span of time by one recorder.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Batch {
    /// The recorder's number of the first span in it; 0 while there is none.
    pub first: u64,
    /// The number of the last span.
    pub last: u64,
    /// The times that are covered, from and to, in microseconds since 1970, in order; adjacent ones are joined.
    pub covered: Vec<(i64, i64)>,
    /// Exact.
    #[serde(with = "pairs")]
    pub totals: BTreeMap<TotalKey, Count>,
    /// Details, as far as there was room.
    #[serde(with = "pairs")]
    pub details: BTreeMap<DetailKey, Detail>,
    /// Durations of executions without an error, by class.
    #[serde(with = "pairs")]
    pub latencies: BTreeMap<LatencyKey, BTreeMap<Class, u64>>,
    /// The statements that details name.
    pub statements: BTreeMap<i64, Statement>,
    /// Hits whose detail was dropped for lack of room.
    pub folded: u64,
    /// Tables that were used together. Spools of older versions have none.
    #[serde(with = "pairs", default)]
    pub together: BTreeMap<PairKey, PairCount>,
    /// Uses together that were not counted for lack of room.
    #[serde(default)]
    pub pairs_lost: u64,
}

impl Count {
    /// Adds the counts of another span.
    pub fn add(&mut self, other: &Count) {
        if *self == Count::default() {
            *self = *other;
            return;
        }
        self.hits += other.hits;
        self.rows = self.rows.saturating_add(other.rows);
        self.total_us = self.total_us.saturating_add(other.total_us);
        self.max_us = self.max_us.max(other.max_us);
        self.first_us = self.first_us.min(other.first_us);
        self.last_us = self.last_us.max(other.last_us);
    }

    /// The average duration of an execution, in milliseconds.
    pub fn average_ms(&self) -> f64 {
        self.total_us as f64 / 1000.0 / self.hits.max(1) as f64
    }

    /// The longest duration, in milliseconds.
    pub fn max_ms(&self) -> f64 {
        self.max_us as f64 / 1000.0
    }
}

impl DetailKey {
    /// Its size in memory, estimated.
    fn bytes(&self) -> usize {
        let texts = [&self.total.table, &self.total.application, &self.database, &self.user, &self.address, &self.attribution];
        texts.iter().map(|t| t.len()).sum::<usize>() + std::mem::size_of::<(DetailKey, Detail)>()
    }
}

impl Batch {
    /// Adds a later batch.
    pub fn add(&mut self, later: Batch) {
        self.first = if self.first == 0 { later.first } else { self.first };
        self.last = self.last.max(later.last);
        self.folded += later.folded;
        later.covered.into_iter().for_each(|(from, to)| self.cover(from, to));
        later.totals.into_iter().for_each(|(key, count)| self.totals.entry(key).or_default().add(&count));
        for (key, detail) in later.details {
            let sum = self.details.entry(key).or_default();
            sum.count.add(&detail.count);
            sum.missed += detail.missed;
        }
        for (key, classes) in later.latencies {
            let sum = self.latencies.entry(key).or_default();
            classes.into_iter().for_each(|(class, count)| *sum.entry(class).or_default() += count);
        }
        self.statements.extend(later.statements);
        later.together.into_iter().for_each(|(key, count)| self.together.entry(key).or_default().add(&count));
        self.pairs_lost += later.pairs_lost;
    }

    /// Notes that a span of time, later than all others, is covered; in microseconds since 1970.
    pub fn cover(&mut self, from_us: i64, to_us: i64) {
        match self.covered.last_mut() {
            Some((from, to)) if (*from..=*to).contains(&from_us) => *to = to_us.max(*to),
            _ if from_us < to_us => self.covered.push((from_us, to_us)),
            _ => {}
        }
    }

    /// The times that are covered, hour by hour: the hour in seconds, from, to.
    pub fn covered_hours(&self) -> Vec<(i64, i64, i64)> {
        let hour_us = HOUR * 1_000_000;
        let mut hours = Vec::new();
        for &(from, end) in &self.covered {
            let mut from = from;
            while from < end {
                let hour = from.div_euclid(hour_us);
                let to = end.min((hour + 1) * hour_us);
                hours.push((hour * HOUR, from, to));
                from = to;
            }
        }
        hours
    }

    /// Drops all details; the totals include them. Hits that lose theirs are counted. Pairs of tables are kept.
    pub fn fold(&mut self) {
        self.folded += self.details.values().map(|detail| detail.count.hits).sum::<u64>();
        self.details.clear();
        self.latencies.clear();
        self.statements.clear();
    }

    /// Merges the hours of each day: the last resort, when even the totals have no room.
    pub fn coarsen(&mut self) {
        self.fold();
        let day = |hour: i64| hour - hour.rem_euclid(24 * HOUR);
        let mut coarse = Batch { first: self.first, last: self.last, folded: self.folded, ..Batch::default() };
        for (key, count) in std::mem::take(&mut self.totals) {
            coarse.totals.entry(TotalKey { hour: day(key.hour), ..key }).or_default().add(&count);
        }
        for (key, count) in std::mem::take(&mut self.together) {
            coarse.together.entry(PairKey { hour: day(key.hour), ..key }).or_default().add(&count);
        }
        coarse.pairs_lost = self.pairs_lost;
        coarse.covered = std::mem::take(&mut self.covered);
        *self = coarse;
    }

    /// Drops the rarest details until the rest fits.
    pub fn fit(&mut self, bytes: usize) {
        let mut sizes: Vec<(u64, usize)> = self.details.iter().map(|(key, d)| (d.count.hits, key.bytes())).collect();
        let mut excess = sizes.iter().map(|(_, bytes)| bytes).sum::<usize>().saturating_sub(bytes);
        if excess == 0 {
            return;
        }
        sizes.sort_unstable();
        let given_up = |(hits, bytes): &(u64, usize)| {
            let goes = excess > 0;
            excess = excess.saturating_sub(*bytes);
            goes.then_some(*hits)
        };
        let rarest = sizes.iter().map_while(given_up).last().unwrap_or(0);
        self.details.retain(|_, detail| {
            let goes = detail.count.hits <= rarest;
            self.folded += if goes { detail.count.hits } else { 0 };
            !goes
        });
        self.forget_unused();
    }

    /// Drops statements and latencies that no detail names any more.
    fn forget_unused(&mut self) {
        let used: std::collections::BTreeSet<i64> = self.details.keys().map(|key| key.fingerprint).collect();
        self.statements.retain(|fingerprint, _| used.contains(fingerprint));
        self.latencies.retain(|(_, fingerprint, _), _| used.contains(fingerprint));
    }

    /// The same, with all texts escaped to ASCII: for a database whose encoding lacks a client's characters.
    pub fn ascii(self) -> Batch {
        let text = |t: String| if t.is_ascii() { t } else { t.escape_default().to_string() };
        let total = |k: TotalKey| TotalKey { application: text(k.application), table: text(k.table), ..k };
        let detail = |k: DetailKey| DetailKey {
            total: total(k.total),
            database: text(k.database),
            user: text(k.user),
            address: text(k.address),
            attribution: text(k.attribution),
            ..k
        };
        let named =
            |(table, columns, star): (String, Vec<String>, bool)| (text(table), columns.into_iter().map(text).collect(), star);
        let statement = |s: Statement| Statement {
            text: text(s.text),
            rewritten: s.rewritten.map(text),
            named: s.named.into_iter().map(named).collect(),
        };
        let mut out = Batch { first: self.first, last: self.last, folded: self.folded, ..Batch::default() };
        // Two names may become equal.
        self.totals.into_iter().for_each(|(k, count)| out.totals.entry(total(k)).or_default().add(&count));
        let details = self.details.into_iter().map(|(k, d)| Batch { details: [(detail(k), d)].into(), ..Batch::default() });
        details.for_each(|one| out.add(one));
        out.statements = self.statements.into_iter().map(|(k, s)| (k, statement(s))).collect();
        let pair = |k: PairKey| {
            // Escaped names may be in another order.
            let (one, other) = (text(k.first), text(k.second));
            let (first, second) = if one <= other { (one, other) } else { (other, one) };
            PairKey { first, second, application: text(k.application), ..k }
        };
        self.together.into_iter().for_each(|(k, count)| out.together.entry(pair(k)).or_default().add(&count));
        out.pairs_lost = self.pairs_lost;
        Batch { covered: self.covered, latencies: self.latencies, ..out }
    }

    /// Hits of all totals.
    pub fn hits(&self) -> u64 {
        self.totals.values().map(|count| count.hits).sum()
    }
}

/// A map as a list of pairs, because keys in JSON are strings.
mod pairs {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<K: Serialize, V: Serialize, S: Serializer>(map: &BTreeMap<K, V>, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(map)
    }

    pub(super) fn deserialize<'d, K, V, D>(from: D) -> Result<BTreeMap<K, V>, D::Error>
    where
        K: Deserialize<'d> + Ord,
        V: Deserialize<'d>,
        D: Deserializer<'d>,
    {
        Ok(Vec::<(K, V)>::deserialize(from)?.into_iter().collect())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// `hits` executions of a statement in an hour, in the batch with this number.
    pub(crate) fn batch(number: u64, hour: i64, fingerprint: i64, hits: u64) -> Batch {
        let total = TotalKey {
            hour,
            table: "tipocorreo".into(),
            operation: "select".into(),
            outcome: "rewritten".into(),
            sqlstate: String::new(),
            application: "AQUASIS".into(),
        };
        let at = hour * 1_000_000;
        let count = Count { hits, rows: 2 * hits, total_us: 10 * hits, max_us: 10, first_us: at, last_us: at };
        let key = DetailKey {
            total: total.clone(),
            fingerprint,
            database: "aqua".into(),
            user: "ana".into(),
            address: "10.0.0.7".into(),
            attribution: String::new(),
        };
        Batch {
            first: number,
            last: number,
            covered: vec![(hour * 1_000_000, (hour + 1) * 1_000_000)],
            totals: [(total, count)].into(),
            details: [(key, Detail { count, missed: 0 })].into(),
            latencies: [((hour, fingerprint, Form::Legacy), [(24, hits)].into())].into(),
            statements: [(fingerprint, Statement { text: "select ñ".into(), ..Statement::default() })].into(),
            together: [(pair(hour), PairCount { times: hits, last_us: at })].into(),
            ..Batch::default()
        }
    }

    fn pair(hour: i64) -> PairKey {
        let (first, second) = ("tipocorreo".into(), "tipotalla".into());
        PairKey { hour, first, second, how: How::Statement, application: "AQUASIS ñ".into() }
    }

    fn times(batch: &Batch) -> u64 {
        batch.together.values().map(|count| count.times).sum()
    }

    fn details(batch: &Batch) -> u64 {
        batch.details.values().map(|d| d.count.hits).sum()
    }

    #[test]
    fn batches_add_up_and_survive_being_written() {
        let mut sum = batch(3, 0, 1, 5);
        sum.add(batch(4, 0, 1, 2));
        sum.add(batch(5, 3600, 2, 1));
        assert_eq!((sum.first, sum.last, sum.totals.len(), sum.details.len(), sum.hits(), details(&sum)), (3, 5, 2, 2, 8, 8));
        assert_eq!(sum.latencies[&(0, 1, Form::Legacy)][&24], 7);
        assert_eq!((sum.together.len(), sum.together[&pair(0)]), (2, PairCount { times: 7, last_us: 0 }));
        let written = serde_json::to_vec(&sum).unwrap();
        assert_eq!(serde_json::from_slice::<Batch>(&written).unwrap(), sum);
    }

    #[test]
    fn a_spool_of_before_knows_no_pairs_and_is_read() {
        let mut old = serde_json::to_value(batch(3, 0, 1, 5)).unwrap();
        let fields = old.as_object_mut().unwrap();
        assert!(fields.remove("together").is_some() && fields.remove("pairs_lost").is_some());
        assert_eq!(serde_json::from_value::<Batch>(old).unwrap(), Batch { together: BTreeMap::new(), ..batch(3, 0, 1, 5) });
    }

    #[test]
    fn folding_gives_up_detail_and_no_hit() {
        let mut sum = batch(1, 0, 1, 5);
        (2..100).for_each(|n| sum.add(batch(n, 0, i64::try_from(n).unwrap(), 1)));
        let whole = sum.clone();
        sum.fit(2000);
        assert!(sum.details.len() < 10 && sum.details.keys().any(|k| k.fingerprint == 1), "{}", sum.details.len());
        assert_eq!((sum.hits(), details(&sum), sum.folded, &sum.totals), (103, 5, 98, &whole.totals));
        sum.add(batch(100, 7200, 1, 4));
        sum.coarsen();
        assert_eq!((sum.totals.len(), sum.hits(), sum.details.len(), sum.statements.len(), sum.folded), (1, 107, 0, 0, 107));
        assert_eq!(sum.covered, [(0, 1_000_000), (7_200_000_000, 7_201_000_000)]);
        assert_eq!((sum.together.len(), times(&sum)), (1, 107), "pairs are no detail");
    }

    #[test]
    fn texts_become_ascii_and_nothing_is_lost() {
        let mut sum = batch(1, 0, 1, 5);
        let mut other = batch(2, 0, 1, 7);
        other.totals =
            std::mem::take(&mut other.totals).into_iter().map(|(k, c)| (TotalKey { application: "ñ".into(), ..k }, c)).collect();
        sum.add(other);
        let plain = sum.ascii();
        assert_eq!((plain.hits(), details(&plain), plain.statements[&1].text.as_str()), (12, 12, "select \\u{f1}"));
        assert_eq!(times(&plain), 12);
        assert!(serde_json::to_string(&plain).unwrap().is_ascii());
    }

    #[test]
    fn time_is_covered_hour_by_hour() {
        let mut batch = Batch::default();
        batch.cover(3_599_000_000, 7_000_000_000);
        batch.cover(7_000_000_000, 7_200_500_000);
        batch.cover(7_200_500_000, 7_200_500_000);
        assert_eq!(
            batch.covered_hours(),
            [(0, 3_599_000_000, 3_600_000_000), (3600, 3_600_000_000, 7_200_000_000), (7200, 7_200_000_000, 7_200_500_000)]
        );
        // In between nothing was recorded.
        batch.cover(7_300_000_000, 7_400_000_000);
        assert_eq!(batch.covered, [(3_599_000_000, 7_200_500_000), (7_300_000_000, 7_400_000_000)]);
    }
}
