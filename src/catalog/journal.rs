//! What a connection was given to do, in order. A *rehearsal* notes every statement that would change something instead of sending it, and asks
//! the server only what it asks it anyway; so what it tells is what a real run sends, because the same code has made it. A connection that is
//! *watched* sends everything, and notes beside each statement the locks that the server gave it.
//!
//! Some questions of a run are about what its earlier statements have made. A rehearsal is told the answer: where a relation would come from
//! ([`Journal::will_be`]), and what would be known by then ([`Journal::believe`]).

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What is done with statements, beside noting them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// What changes something is not sent.
    Rehearsed,
    /// Everything is sent, and locks are looked at.
    Watched,
}

/// A statement, or several in one text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted {
    /// What was being done, as errors say it.
    pub doing: String,
    /// The text.
    pub sql: String,
    /// Its parameters, as they print; none where there are none.
    pub parameters: Vec<String>,
    /// It asks, and changes nothing.
    pub is_question: bool,
    /// Locks on relations that the transaction has behind it, and had not before: relation and mode; only where it was watched, in a transaction.
    pub locks: Vec<(String, String)>,
}

/// The notes of a connection and of those beside it.
#[derive(Debug)]
pub struct Journal {
    manner: Manner,
    notes: Mutex<Vec<Noted>>,
    origins: Mutex<HashMap<String, String>>,
    beliefs: Mutex<HashMap<String, String>>,
}

impl Journal {
    /// An empty one.
    pub fn new(manner: Manner) -> Self {
        Journal { manner, notes: Mutex::default(), origins: Mutex::default(), beliefs: Mutex::default() }
    }

    /// Whether what changes something is not sent.
    pub fn is_rehearsal(&self) -> bool {
        self.manner == Manner::Rehearsed
    }

    pub(super) fn note(&self, noted: Noted) {
        guard(&self.notes).push(noted);
    }

    /// Writes the locks that a transaction has now to its last statement, where they are new.
    pub(super) fn locked(&self, now: Vec<(String, String)>) {
        let mut notes = guard(&self.notes);
        let begun = notes.iter().rposition(|n| n.sql == "BEGIN").unwrap_or(0);
        let had: Vec<&(String, String)> = notes[begun..].iter().flat_map(|n| &n.locks).collect();
        let new: Vec<(String, String)> = now.into_iter().filter(|lock| !had.contains(&lock)).collect();
        if let Some(last) = notes.last_mut() {
            last.locks.extend(new);
        }
    }

    /// All notes so far; the journal is empty then, and knows nothing of what would be.
    pub fn take(&self) -> Vec<Noted> {
        guard(&self.origins).clear();
        guard(&self.beliefs).clear();
        std::mem::take(&mut guard(&self.notes))
    }

    /// A relation (qualified) would stand there by now, with what `origin` has: its owner, its rights, its rows.
    pub fn will_be(&self, relation: &str, origin: &str) {
        let origin = self.origin(origin);
        guard(&self.origins).insert(relation.to_owned(), origin);
    }

    /// Where the catalog has a relation, or what it would come from.
    pub fn origin(&self, relation: &str) -> String {
        guard(&self.origins).get(relation).cloned().unwrap_or_else(|| relation.to_owned())
    }

    /// Relations that would stand by now, with what they come from.
    pub fn origins(&self) -> HashMap<String, String> {
        guard(&self.origins).clone()
    }

    /// Something would be known by now.
    pub fn believe(&self, what: &str, value: &str) {
        guard(&self.beliefs).insert(what.to_owned(), value.to_owned());
    }

    /// What would be known.
    pub fn believed(&self, what: &str) -> Option<String> {
        guard(&self.beliefs).get(what).cloned()
    }
}

fn guard<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A question without what locks rows: a rehearsal locks none.
pub(super) fn without_row_lock(sql: &str) -> &str {
    sql.trim_end().strip_suffix("FOR UPDATE").unwrap_or(sql)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noted(sql: &str) -> Noted {
        Noted { doing: "x".into(), sql: sql.into(), parameters: Vec::new(), is_question: false, locks: Vec::new() }
    }

    #[test]
    fn a_lock_is_its_statements_that_took_it() {
        let journal = Journal::new(Manner::Watched);
        let lock = |mode: &str| ("s.t".to_owned(), mode.to_owned());
        journal.note(noted("BEGIN"));
        journal.note(noted("a"));
        journal.locked(vec![lock("AccessShareLock")]);
        journal.note(noted("b"));
        journal.locked(vec![lock("AccessShareLock"), lock("RowExclusiveLock")]);
        journal.note(noted("BEGIN"));
        journal.note(noted("c"));
        journal.locked(vec![lock("AccessShareLock")]);
        let locks: Vec<Vec<(String, String)>> = journal.take().into_iter().map(|n| n.locks).collect();
        assert_eq!(
            locks,
            [vec![], vec![lock("AccessShareLock")], vec![lock("RowExclusiveLock")], vec![], vec![lock("AccessShareLock")]]
        );
        assert!(journal.take().is_empty());
    }

    #[test]
    fn what_would_be_there_is_found_where_it_comes_from() {
        let journal = Journal::new(Manner::Rehearsed);
        journal.will_be("leaf.t", "s.t");
        journal.will_be("old.t", "leaf.t");
        assert_eq!(["leaf.t", "old.t", "s.u"].map(|r| journal.origin(r)), ["s.t", "s.t", "s.u"]);
        journal.believe("state t", "moved");
        assert_eq!(journal.believed("state t").as_deref(), Some("moved"));
        journal.take();
        assert_eq!((journal.origin("leaf.t"), journal.believed("state t")), ("leaf.t".to_owned(), None));
        assert_eq!(without_row_lock("SELECT 1 FROM t FOR UPDATE"), "SELECT 1 FROM t ");
    }
}
