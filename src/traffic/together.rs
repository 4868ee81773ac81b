//! Which legacy tables are used together: pairs of tables in one statement, or in two consecutive statements of a transaction.
//! Tables that are used together move together (`report/order.rs`).
//!
//! A statement with few tables counts each of their pairs. One with many (LOCK TABLE of half the schema) counts each table with its
//! neighbour by name: that connects them just as well, and its cost does not grow with the square. Counting a known pair allocates
//! nothing.

use std::sync::Arc;

use hashbrown::HashTable;

use super::batch::{Batch, How, OTHERS, PairCount, PairKey, hour_of, name_of};
use crate::rewrite::Hit;

/// How many tables of a statement are looked at.
const MOST_TABLES: usize = 64;
/// Up to so many tables, each of their pairs is counted; and up to the square of half of it, each pair of two statements.
const FEW_TABLES: usize = 6;
/// The most pairs of one worker and span with their own application.
const MOST_PAIRS: usize = 16 * 1024;

/// The legacy tables of a statement, in the order of their names, each once.
pub(super) struct Tables<'h> {
    hits: &'h [Hit],
    /// For each table the index of a hit.
    places: [u8; MOST_TABLES],
    count: usize,
}

impl<'h> Tables<'h> {
    /// The tables of these hits.
    pub(super) fn of(hits: &'h [Hit]) -> Tables<'h> {
        let mut tables = Tables { hits, places: [0; MOST_TABLES], count: 0 };
        for (place, hit) in (0..=u8::MAX).zip(hits) {
            let known = &tables.places[..tables.count];
            let Err(at) = known.binary_search_by(|place| tables.name(*place).cmp(&hit.table)) else { continue };
            if tables.count == MOST_TABLES {
                break;
            }
            tables.places.copy_within(at..tables.count, at + 1);
            tables.places[at] = place;
            tables.count += 1;
        }
        tables
    }

    fn name(&self, place: u8) -> &'h str {
        &self.hits[usize::from(place)].table
    }

    fn names(&self) -> impl Iterator<Item = &'h str> + '_ {
        self.places[..self.count].iter().map(|place| self.name(*place))
    }

    /// Calls `pair` for the pairs of one statement, each in the order of names.
    pub(super) fn within(&self, mut pair: impl FnMut(&str, &str)) {
        let reach = if self.count <= FEW_TABLES { FEW_TABLES } else { 1 };
        for (at, first) in self.names().enumerate() {
            self.names().skip(at + 1).take(reach).for_each(|second| pair(first, second));
        }
    }

    /// Calls `pair` for the pairs of two statements, each in the order of names.
    pub(super) fn with(&self, other: &Tables<'_>, mut pair: impl FnMut(&str, &str)) {
        let is_few = self.count * other.count <= FEW_TABLES * FEW_TABLES / 4;
        let reach = if is_few { FEW_TABLES * FEW_TABLES } else { 1 };
        for first in self.names().take(reach) {
            for second in other.names().take(reach) {
                match first.cmp(second) {
                    std::cmp::Ordering::Less => pair(first, second),
                    std::cmp::Ordering::Equal => {}
                    std::cmp::Ordering::Greater => pair(second, first),
                }
            }
        }
    }
}

/// The pairs that one worker has counted since they were last read.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    hasher: ahash::RandomState,
    index: HashTable<usize>,
    entries: Vec<Entry>,
    lost: u64,
}

#[derive(Debug)]
struct Entry {
    hash: u64,
    first: Arc<str>,
    second: Arc<str>,
    how: How,
    application: Arc<str>,
    count: PairCount,
}

impl Pairs {
    /// Counts a pair. A new one asks `room` for its bytes, and is counted as lost if there are none.
    pub(super) fn count(
        &mut self,
        (first, second): (&str, &str),
        how: How,
        application: &str,
        at_us: i64,
        mut room: impl FnMut(usize) -> bool,
    ) {
        let mut application = application;
        let mut hash = self.hash(first, second, how, application);
        let mut known = self.find(hash, first, second, how, application);
        if known.is_none() && self.entries.len() >= MOST_PAIRS {
            application = OTHERS;
            hash = self.hash(first, second, how, application);
            known = self.find(hash, first, second, how, application);
        }
        let at = match known {
            Some(at) => at,
            None if room(std::mem::size_of::<Entry>() + first.len() + second.len() + application.len() + 64) => {
                self.add(hash, first, second, how, application)
            }
            None => {
                self.lost += 1;
                return;
            }
        };
        let count = &mut self.entries[at].count;
        count.times += 1;
        count.last_us = at_us;
    }

    fn add(&mut self, hash: u64, first: &str, second: &str, how: How, application: &str) -> usize {
        let count = PairCount::default();
        self.entries.push(Entry {
            hash,
            first: first.into(),
            second: second.into(),
            how,
            application: application.into(),
            count,
        });
        let (at, entries) = (self.entries.len() - 1, &self.entries);
        self.index.insert_unique(hash, at, |&at| entries[at].hash);
        at
    }

    fn hash(&self, first: &str, second: &str, how: How, application: &str) -> u64 {
        self.hasher.hash_one((first, second, how, application))
    }

    fn find(&self, hash: u64, first: &str, second: &str, how: How, application: &str) -> Option<usize> {
        let is_it = |entry: &Entry| {
            *entry.first == *first && *entry.second == *second && entry.how == how && *entry.application == *application
        };
        self.index.find(hash, |&at| is_it(&self.entries[at])).copied()
    }

    /// Adds all counts to a batch, and sets them to zero.
    pub(super) fn drain(&mut self, batch: &mut Batch) {
        batch.pairs_lost += std::mem::take(&mut self.lost);
        for entry in self.entries.iter_mut().filter(|entry| entry.count.times > 0) {
            let key = PairKey {
                hour: hour_of(entry.count.last_us),
                first: (*entry.first).to_owned(),
                second: (*entry.second).to_owned(),
                how: entry.how,
                application: name_of(&entry.application),
            };
            batch.together.entry(key).or_default().add(&std::mem::take(&mut entry.count));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rewrite::HitOutcome;

    fn hits(tables: &str) -> Vec<Hit> {
        let hit = |table: &str| Hit { statement: 0, table: table.into(), operation: "select", outcome: HitOutcome::Forwarded };
        tables.split_whitespace().map(hit).collect()
    }

    fn within(tables: &str) -> String {
        let mut told = Vec::new();
        Tables::of(&hits(tables)).within(|a, b| told.push(format!("{a}-{b}")));
        told.join(" ")
    }

    fn with(one: &str, other: &str) -> String {
        let mut told = Vec::new();
        Tables::of(&hits(one)).with(&Tables::of(&hits(other)), |a, b| told.push(format!("{a}-{b}")));
        told.join(" ")
    }

    #[test]
    fn every_pair_of_few_tables_is_one_in_the_order_of_names() {
        assert_eq!([within(""), within("a"), within("b a b a")], ["", "", "a-b"]);
        assert_eq!(within("c a b"), "a-b a-c b-c");
        assert_eq!(within("f e d c b a").split(' ').count(), 15);
        assert_eq!(within("g f e d c b a"), "a-b b-c c-d d-e e-f f-g");
        let many: Vec<String> = (0..200).map(|n| format!("t{n:03}")).collect();
        assert_eq!(within(&many.join(" ")).split(' ').count(), MOST_TABLES - 1);
    }

    #[test]
    fn two_statements_tie_their_tables() {
        assert_eq!([with("a", "a"), with("b", "a c"), with("", "a")], ["", "a-b b-c", ""]);
        assert_eq!(with("a b c", "d e f").split(' ').count(), 9);
        assert_eq!(with("a b c d", "e f g"), "a-e");
    }

    #[test]
    fn pairs_without_room_are_counted_as_lost() {
        let (mut pairs, mut batch) = (Pairs::default(), Batch::default());
        for n in 0..10 {
            pairs.count(("a", &format!("b{}", n % 5)), How::Statement, "x", 7_200_000_000 + n, |_| n < 3);
        }
        pairs.drain(&mut batch);
        assert_eq!((batch.together.values().map(|c| c.times).collect::<Vec<_>>(), batch.pairs_lost), (vec![2, 2, 2], 4));
        let (key, count) = batch.together.iter().next().unwrap();
        assert_eq!((key.hour, key.second.as_str(), count.last_us), (7200, "b0", 7_200_000_005));
        pairs.drain(&mut batch);
        assert_eq!(batch.together.values().map(|c| c.times).sum::<u64>(), 6);
    }

    #[test]
    fn applications_without_end_share_their_pairs() {
        let (mut pairs, mut batch) = (Pairs::default(), Batch::default());
        (0..20_000).for_each(|n| pairs.count(("a", "b"), How::Transaction, &format!("app {n}"), n, |_| true));
        pairs.drain(&mut batch);
        let others = batch.together.iter().find(|(key, _)| key.application == OTHERS).map(|(_, count)| count.times);
        assert_eq!((others, batch.together.len()), (Some(20_000 - 16 * 1024), 16 * 1024 + 1));
    }
}
