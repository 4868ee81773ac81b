//! The statements of a connection, in order. A *rehearsal* notes every statement that would change something instead of sending it, and sends
//! queries as usual; so its plan is what a real run sends, because the same code makes both. A *watched* connection sends everything, and notes for
//! each statement the locks that the server granted.
//!
//! Some queries of a run are about objects that its earlier statements made. For those a rehearsal is given the answer: which relation one would be
//! made from ([`Journal::will_be`]), and which values would be known by then ([`Journal::believe`]).

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What is done with statements besides noting them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// Statements that change something are not sent.
    Rehearsed,
    /// All statements are sent, and their locks are noted.
    Watched,
}

/// A statement, or several in one text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted {
    /// The context, as in error messages.
    pub doing: String,
    /// The text.
    pub sql: String,
    /// Its parameters as text.
    pub parameters: Vec<String>,
    /// Whether it is a query that changes nothing.
    pub is_question: bool,
    /// Locks on relations that the transaction holds after the statement and did not hold before: relation and mode. Only in a transaction of a watched connection.
    pub locks: Vec<(String, String)>,
}

/// The notes of a connection and of those made by [`super::Database::beside`].
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

    /// Whether statements that change something are not sent.
    pub fn is_rehearsal(&self) -> bool {
        self.manner == Manner::Rehearsed
    }

    pub(super) fn note(&self, noted: Noted) {
        guard(&self.notes).push(noted);
    }

    /// Adds the locks that are new to the last statement of the transaction.
    pub(super) fn locked(&self, now: Vec<(String, String)>) {
        let mut notes = guard(&self.notes);
        let begun = notes.iter().rposition(|n| n.sql == "BEGIN").unwrap_or(0);
        let had: Vec<&(String, String)> = notes[begun..].iter().flat_map(|n| &n.locks).collect();
        let new: Vec<(String, String)> = now.into_iter().filter(|lock| !had.contains(&lock)).collect();
        if let Some(last) = notes.last_mut() {
            last.locks.extend(new);
        }
    }

    /// Takes all notes so far; afterwards the journal is empty, without assumed relations and values.
    pub fn take(&self) -> Vec<Noted> {
        guard(&self.origins).clear();
        guard(&self.beliefs).clear();
        std::mem::take(&mut guard(&self.notes))
    }

    /// Assumes that a relation (qualified) exists by now, with the owner, rights and rows of `origin`.
    pub fn will_be(&self, relation: &str, origin: &str) {
        let origin = self.origin(origin);
        guard(&self.origins).insert(relation.to_owned(), origin);
    }

    /// The relation in the catalog that this one is, or would be made from.
    pub fn origin(&self, relation: &str) -> String {
        guard(&self.origins).get(relation).cloned().unwrap_or_else(|| relation.to_owned())
    }

    /// Relations that are assumed to exist by now, with their origins.
    pub fn origins(&self) -> HashMap<String, String> {
        guard(&self.origins).clone()
    }

    /// Assumes a value that would be known by now.
    pub fn believe(&self, what: &str, value: &str) {
        guard(&self.beliefs).insert(what.to_owned(), value.to_owned());
    }

    /// An assumed value.
    pub fn believed(&self, what: &str) -> Option<String> {
        guard(&self.beliefs).get(what).cloned()
    }
}

fn guard<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A query without its row-locking clause: a rehearsal locks no rows.
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
