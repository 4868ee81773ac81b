//! Which statement with legacy names ran before in the same transaction: tables that one transaction uses one after the other are
//! used together.
//!
//! A stretch that is pipelined without BEGIN is one transaction too. ROLLBACK TO has the command tag of ROLLBACK and is taken for
//! it: at worst two tables are not counted as used together.

use std::sync::Arc;

use crate::rewrite::Outcome;

/// The last statement that ran in this transaction and names legacy tables.
#[derive(Debug, Default)]
pub struct Predecessor(Option<Arc<Outcome>>);

impl Predecessor {
    /// A statement has run. Returns the one before it, if there is one and it is another.
    pub fn followed_by(&mut self, outcome: &Arc<Outcome>) -> Option<Arc<Outcome>> {
        let is_same = self.0.as_ref().is_some_and(|before| Arc::ptr_eq(before, outcome));
        if is_same || outcome.hits.is_empty() { None } else { self.0.replace(outcome.clone()) }
    }

    /// The server has answered a command with this tag; `is_first`: it was the first of its text. A text is counted when all of it
    /// has ended, so a transaction that ends in the middle of it is noticed only at ReadyForQuery.
    pub fn completed(&mut self, tag: &[u8], is_first: bool) {
        let ends = || [&b"COMMIT"[..], b"ROLLBACK", b"PREPARE TRANSACTION"].iter().any(|end| tag.starts_with(end));
        if self.0.is_some() && is_first && ends() {
            self.0 = None;
        }
    }

    /// The server has reported that no transaction is open.
    pub fn transaction_ended(&mut self) {
        self.0 = None;
    }
}
