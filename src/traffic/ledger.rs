//! Where a worker counts: a table of entries that are found by hash; counting in an existing entry allocates nothing.
//!
//! Totals are always kept. Details have a bound of bytes: a new one without room replaces the rarest of the next sixteen entries, whose hits
//! remain in the total, and notes how many of its own hits may have been lost like this before (after Space-Saving: Metwally, Agrawal, El
//! Abbadi, "Efficient Computation of Frequent and Top-k Elements in Data Streams", 2005; the rarest of sixteen and not of all, so that no
//! statement pays for a search).

use std::collections::HashMap;
use std::hash::{BuildHasher as _, Hash as _, Hasher as _};
use std::sync::Arc;

use hashbrown::HashTable;

use super::batch::{Batch, Count, DetailKey, Form, How, OTHERS, Statement, TotalKey, hour_of, name_of};
use super::execution::{Client, Execution, Sqlstate};
use super::latency::{self, CLASSES};
use super::together::{Pairs, Tables};
use crate::rewrite::{Hit, HitOutcome, NamedColumns, Outcome};
use crate::sql::fingerprint::Seen;

/// The most totals of one worker and span with their own application and error: a client can invent these without end.
const TOTALS: usize = 16 * 1024;
/// How many entries are compared to find a rare one.
const LOOKED_AT: usize = 16;

/// The counts of one worker, since they were last taken.
#[derive(Debug)]
pub(super) struct Ledger {
    hasher: ahash::RandomState,
    index: HashTable<usize>,
    entries: Vec<Entry>,
    totals: Vec<(Name, Count)>,
    total_of: HashMap<Name, usize, ahash::RandomState>,
    latencies: Vec<Latency>,
    latency_of: HashMap<(i64, Form), usize, ahash::RandomState>,
    pairs: Pairs,
    /// The estimated size of entries, latencies and pairs.
    bytes: usize,
    limit_bytes: usize,
    cursor: usize,
    /// The most hits of any entry that was replaced.
    missed: u64,
    folded: u64,
}

/// The key of a total, without the hour.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Name {
    table: Arc<str>,
    operation: &'static str,
    outcome: HitOutcome,
    sqlstate: Sqlstate,
    application: Arc<str>,
}

#[derive(Debug)]
struct Entry {
    hash: u64,
    total: usize,
    latency: Option<usize>,
    seen: Seen,
    named: Arc<[NamedColumns]>,
    client: Arc<Client>,
    /// The error as it was asked for, while `Name::application` may have become [`OTHERS`].
    sqlstate: Sqlstate,
    bytes: usize,
    count: Count,
    missed: u64,
}

#[derive(Debug)]
struct Latency {
    fingerprint: i64,
    form: Form,
    classes: Box<[u32; CLASSES]>,
}

impl Ledger {
    /// An empty ledger whose details may take so many bytes.
    pub(super) fn new(limit_bytes: usize) -> Self {
        Ledger {
            hasher: ahash::RandomState::new(),
            index: HashTable::new(),
            entries: Vec::new(),
            totals: Vec::new(),
            total_of: HashMap::default(),
            latencies: Vec::new(),
            latency_of: HashMap::default(),
            pairs: Pairs::default(),
            bytes: 0,
            limit_bytes,
            cursor: 0,
            missed: 0,
            folded: 0,
        }
    }

    /// Counts one execution of a statement.
    pub(super) fn count(&mut self, outcome: &Outcome, seen: &Seen, client: &Arc<Client>, execution: &Execution<'_>) {
        let us = execution.elapsed.map_or(0, |e| u64::try_from(e.as_micros()).unwrap_or(u64::MAX));
        let at = execution.at_us();
        let has_several = outcome.has_several();
        for (n, hit) in outcome.hits.iter().enumerate() {
            let Some((rows, sqlstate)) = execution.part(outcome, hit) else { continue };
            // How long each of several statements took is not known.
            let us = if has_several && n > 0 { 0 } else { us };
            let one = Count { hits: execution.hits, rows, total_us: us, max_us: us, first_us: at, last_us: at };
            let hash = self.hash(hit, seen, client, sqlstate);
            let (entries, totals) = (&self.entries, &self.totals);
            let found =
                self.index.find(hash, |&i| is_same(&entries[i], &totals[entries[i].total].0, hit, seen, client, sqlstate));
            let i = match found.copied() {
                Some(i) => i,
                None => match self.admit(hash, hit, outcome, seen, client, sqlstate) {
                    Ok(i) => i,
                    Err(total) => {
                        self.totals[total].1.add(&one);
                        self.folded += execution.hits;
                        continue;
                    }
                },
            };
            let entry = &mut self.entries[i];
            entry.count.add(&one);
            self.totals[entry.total].1.add(&one);
            // A statement's duration counts once, however many tables it names.
            let is_timed = n == 0 && execution.hits > 0 && execution.elapsed.is_some() && execution.sqlstate == Sqlstate::NONE;
            if let Some(latency) = entry.latency.filter(|_| is_timed) {
                let count = &mut self.latencies[latency].classes[usize::from(latency::class(us))];
                *count = count.saturating_add(1);
            }
        }
    }

    /// Counts which tables a statement names together.
    pub(super) fn count_together(&mut self, outcome: &Outcome, client: &Client, at_us: i64) {
        if outcome.hits.len() > 1 {
            let Ledger { pairs, bytes, limit_bytes, .. } = self;
            Tables::of(&outcome.hits).within(|first, second| {
                let room = |more| take(bytes, *limit_bytes, more);
                pairs.count((first, second), How::Statement, &client.application, at_us, room);
            });
        }
    }

    /// Counts that a statement ran after another one in the same transaction.
    pub(super) fn count_followed(&mut self, before: &Outcome, outcome: &Outcome, client: &Client, at_us: i64) {
        let Ledger { pairs, bytes, limit_bytes, .. } = self;
        Tables::of(&before.hits).with(&Tables::of(&outcome.hits), |first, second| {
            let room = |more| take(bytes, *limit_bytes, more);
            pairs.count((first, second), How::Transaction, &client.application, at_us, room);
        });
    }

    fn hash(&self, hit: &Hit, seen: &Seen, client: &Client, sqlstate: Sqlstate) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        seen.fingerprint.hash(&mut hasher);
        (&*hit.table, hit.operation, hit.outcome).hash(&mut hasher);
        sqlstate.hash(&mut hasher);
        seen.attribution.hash(&mut hasher);
        client.hash(&mut hasher);
        hasher.finish()
    }

    /// Makes an entry; if there is no room for one, its total is returned.
    fn admit(
        &mut self,
        hash: u64,
        hit: &Hit,
        outcome: &Outcome,
        seen: &Seen,
        client: &Arc<Client>,
        sqlstate: Sqlstate,
    ) -> Result<usize, usize> {
        let total = self.total(hit, client, sqlstate);
        let texts = seen.text.len() + seen.rewritten.as_ref().map_or(0, |t| t.len()) + seen.attribution.len();
        let names = client.database.len() + client.user.len() + client.application.len() + client.address.len();
        let bytes = std::mem::size_of::<Entry>() + 2 * std::mem::size_of::<usize>() + texts + names;
        let place = if self.bytes + bytes > self.limit_bytes { Some(self.vacate().ok_or(total)?) } else { None };
        let latency = form(outcome).and_then(|form| self.latency(seen.fingerprint, form));
        let named = outcome.named.clone().into();
        let missed = place.map_or(0, |_| self.missed);
        let (seen, client, count) = (seen.clone(), client.clone(), Count::default());
        let entry = Entry { hash, total, latency, seen, named, client, sqlstate, bytes, count, missed };
        self.bytes += bytes;
        let i = place.unwrap_or(self.entries.len());
        if place.is_some() {
            self.entries[i] = entry
        } else {
            self.entries.push(entry)
        }
        let entries = &self.entries;
        self.index.insert_unique(hash, i, |&i| entries[i].hash);
        Ok(i)
    }

    /// Removes the rarest of the next entries, and returns its index.
    fn vacate(&mut self) -> Option<usize> {
        let length = self.entries.len();
        let looked_at = (0..LOOKED_AT.min(length)).map(|n| (self.cursor + n) % length);
        let rarest = looked_at.min_by_key(|&i| self.entries[i].count.hits)?;
        self.cursor = (self.cursor + LOOKED_AT) % length;
        let Entry { hash, bytes, count, missed, .. } = self.entries[rarest];
        if let Ok(known) = self.index.find_entry(hash, |&i| i == rarest) {
            known.remove();
        }
        self.bytes -= bytes;
        self.folded += count.hits;
        self.missed = self.missed.max(count.hits + missed);
        Some(rarest)
    }

    fn total(&mut self, hit: &Hit, client: &Client, sqlstate: Sqlstate) -> usize {
        let mut name = Name {
            table: hit.table.as_str().into(),
            operation: hit.operation,
            outcome: hit.outcome,
            sqlstate,
            application: client.application.as_str().into(),
        };
        if self.totals.len() >= TOTALS && !self.total_of.contains_key(&name) {
            let sqlstate = if sqlstate == Sqlstate::NONE { sqlstate } else { Sqlstate::ANY };
            name = Name { application: OTHERS.into(), sqlstate, ..name };
        }
        if let Some(&total) = self.total_of.get(&name) {
            return total;
        }
        self.totals.push((name.clone(), Count::default()));
        self.total_of.insert(name, self.totals.len() - 1);
        self.totals.len() - 1
    }

    fn latency(&mut self, fingerprint: i64, form: Form) -> Option<usize> {
        if let Some(&known) = self.latency_of.get(&(fingerprint, form)) {
            return Some(known);
        }
        let bytes = std::mem::size_of::<Latency>() + std::mem::size_of::<[u32; CLASSES]>();
        if self.bytes + bytes > self.limit_bytes {
            return None;
        }
        self.bytes += bytes;
        self.latencies.push(Latency { fingerprint, form, classes: Box::new([0; CLASSES]) });
        self.latency_of.insert((fingerprint, form), self.latencies.len() - 1);
        Some(self.latencies.len() - 1)
    }

    /// Adds all counts to a batch, and sets them to zero. Entries stay, unless most of them were not used any more.
    pub(super) fn drain(&mut self, batch: &mut Batch) {
        let mut drained = Batch { folded: std::mem::take(&mut self.folded), ..Batch::default() };
        for (name, count) in self.totals.iter_mut().filter(|(_, count)| count.hits > 0) {
            drained.totals.entry(name.key(count)).or_default().add(count);
            *count = Count::default();
        }
        let mut used = 0;
        for entry in self.entries.iter_mut().filter(|entry| entry.count.hits > 0) {
            used += 1;
            let detail = drained.details.entry(entry.key(&self.totals[entry.total].0)).or_default();
            detail.count.add(&entry.count);
            detail.missed += entry.missed;
            drained.statements.entry(entry.seen.fingerprint).or_insert_with(|| entry.statement());
            (entry.count, entry.missed) = (Count::default(), 0);
        }
        let hours: HashMap<i64, i64> = drained.details.keys().map(|key| (key.fingerprint, key.total.hour)).collect();
        for latency in &mut self.latencies {
            let classes = latency.classes.iter_mut().zip(0..=u8::MAX).filter(|(count, _)| **count > 0);
            let classes: std::collections::BTreeMap<_, _> =
                classes.map(|(count, class)| (class, u64::from(std::mem::take(count)))).collect();
            if let Some(hour) = hours.get(&latency.fingerprint).filter(|_| !classes.is_empty()) {
                drained.latencies.insert((*hour, latency.fingerprint, latency.form), classes);
            }
        }
        self.pairs.drain(&mut drained);
        batch.add(drained);
        self.missed = 0;
        if used * 2 < self.entries.len() || self.totals.len() >= TOTALS {
            *self = Ledger::new(self.limit_bytes);
        }
    }
}

impl Name {
    fn key(&self, count: &Count) -> TotalKey {
        TotalKey {
            hour: hour_of(count.last_us),
            table: (*self.table).to_owned(),
            operation: self.operation.to_owned(),
            outcome: self.outcome.name().to_owned(),
            sqlstate: self.sqlstate.text().to_owned(),
            application: name_of(&self.application),
        }
    }
}

impl Entry {
    fn key(&self, name: &Name) -> DetailKey {
        DetailKey {
            total: name.key(&self.count),
            fingerprint: self.seen.fingerprint,
            database: name_of(&self.client.database),
            user: name_of(&self.client.user),
            address: name_of(&self.client.address),
            attribution: (*self.seen.attribution).to_owned(),
        }
    }

    fn statement(&self) -> Statement {
        Statement {
            text: (*self.seen.text).to_owned(),
            rewritten: self.seen.rewritten.as_ref().map(|text| (**text).to_owned()),
            named: self.named.iter().map(|n| (n.table.clone(), n.columns.clone(), n.star)).collect(),
        }
    }
}

fn is_same(entry: &Entry, name: &Name, hit: &Hit, seen: &Seen, client: &Arc<Client>, sqlstate: Sqlstate) -> bool {
    entry.seen.fingerprint == seen.fingerprint
        && *name.table == *hit.table
        && name.operation == hit.operation
        && name.outcome == hit.outcome
        && entry.sqlstate == sqlstate
        && entry.seen.attribution == seen.attribution
        && (Arc::ptr_eq(&entry.client, client) || entry.client == *client)
}

/// Takes so many bytes, if there is room for them.
fn take(bytes: &mut usize, limit_bytes: usize, more: usize) -> bool {
    let fits = *bytes + more <= limit_bytes;
    *bytes += if fits { more } else { 0 };
    fits
}

/// The form in which a statement was sent, if it is one of the two that are compared.
fn form(outcome: &Outcome) -> Option<Form> {
    match (&outcome.text, outcome.meets_view) {
        (Some(_), _) => Some(Form::Rewritten),
        (None, false) => Some(Form::Legacy),
        (None, true) => None,
    }
}
