//! Outcomes by statement text, so that a text is rewritten once per generation and name context.
//!
//! There are two generations of entries: a full young one becomes the old one, and an entry that is found in the old one moves to
//! the young one. That keeps what is used, bounds entries and bytes, and needs no clock.

use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dashmap::DashMap;

use super::context::NameContext;
use super::outcome::Outcome;
use super::policy::Policy;
use super::rewrite;
use crate::sql::fingerprint::Seen;

/// A longer statement is rewritten each time, and not kept.
const LONGEST_KEPT_BYTES: usize = 64 * 1024;

type Map = DashMap<u64, Kept, ahash::RandomState>;

#[derive(Debug)]
struct Kept {
    /// The text itself: two texts with the same hash must not share an outcome.
    text: Box<str>,
    generation: u64,
    names: Arc<NameContext>,
    outcome: Arc<Outcome>,
}

/// The statement cache, shared by all sessions.
#[derive(Debug)]
pub struct Cache {
    young: arc_swap::ArcSwap<Map>,
    old: arc_swap::ArcSwap<Map>,
    hasher: ahash::RandomState,
    bytes: AtomicUsize,
    entry_limit: usize,
    byte_limit: usize,
}

impl Cache {
    /// A cache that keeps at most so many outcomes and so many bytes of texts.
    pub fn new(entry_limit: usize, byte_limit: usize) -> Self {
        let map = || arc_swap::ArcSwap::from_pointee(Map::default());
        Cache {
            young: map(),
            old: map(),
            hasher: ahash::RandomState::new(),
            bytes: AtomicUsize::new(0),
            entry_limit: entry_limit.max(2),
            byte_limit: byte_limit.max(2),
        }
    }

    /// The outcome for a text, rewritten now if it is not in the cache; and whether it was.
    pub fn outcome(&self, policy: &Policy, names: &Arc<NameContext>, text: &str) -> (Arc<Outcome>, bool) {
        if text.len() > LONGEST_KEPT_BYTES {
            return (fresh(policy, names, text), false);
        }
        let key = self.hasher.hash_one(Key(text, policy.generation, names));
        let same = |kept: &Kept| kept.generation == policy.generation && *kept.text == *text && kept.names == *names;
        let young = self.young.load();
        if let Some(kept) = young.get(&key).filter(|k| same(k)) {
            return (kept.outcome.clone(), true);
        }
        let old = self.old.load().get(&key).filter(|k| same(k)).map(|k| k.outcome.clone());
        let known = old.is_some();
        let outcome = old.unwrap_or_else(|| fresh(policy, names, text));
        let kept = Kept { text: text.into(), generation: policy.generation, names: names.clone(), outcome: outcome.clone() };
        let seen = outcome.seen.as_ref().map_or(0, Seen::bytes);
        let bytes = text.len() + outcome.text.as_ref().map_or(0, |t| t.len()) + seen;
        young.insert(key, kept);
        let total = self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if young.len() >= self.entry_limit / 2 || total >= self.byte_limit / 2 {
            self.bytes.store(0, Ordering::Relaxed);
            self.old.store(self.young.swap(Arc::new(Map::default())));
        }
        (outcome, known)
    }

    /// The number of outcomes kept.
    pub fn len(&self) -> usize {
        self.young.load().len() + self.old.load().len()
    }

    /// Whether nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The outcome of a text that is not kept. Its normalised form is computed once, for all the times that the statement is counted.
pub fn fresh(policy: &Policy, names: &NameContext, text: &str) -> Arc<Outcome> {
    let mut outcome = rewrite(policy, names, text);
    outcome.meets_view = outcome.text.is_none() && outcome.hits.iter().any(|hit| policy.is_view(&hit.table));
    outcome.seen = (!outcome.hits.is_empty()).then(|| Seen::of(text, outcome.text.as_deref()));
    Arc::new(outcome)
}

#[derive(Hash)]
struct Key<'k>(&'k str, u64, &'k NameContext);
