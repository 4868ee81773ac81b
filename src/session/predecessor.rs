//! Which statement with legacy names ran before in this transaction: tables that a transaction uses one after the other are used together.
//!
//! A transaction is one to the client: what pipelining puts into one stretch without BEGIN is one too. ROLLBACK TO is told by the server
//! as ROLLBACK is, and taken for it: what stands before it is tied to what stands behind it by other transactions, or not at all.

use std::sync::Arc;

use crate::rewrite::Outcome;

/// What ran before.
#[derive(Debug, Default)]
pub struct Predecessor(Option<Arc<Outcome>>);

impl Predecessor {
    /// A statement has run; what it ran behind, if both touch legacy tables and are not the same.
    pub fn followed_by(&mut self, outcome: &Arc<Outcome>) -> Option<Arc<Outcome>> {
        let is_same = self.0.as_ref().is_some_and(|before| Arc::ptr_eq(before, outcome));
        if is_same || outcome.hits.is_empty() { None } else { self.0.replace(outcome.clone()) }
    }

    /// The server has answered a command with this tag, the first of its text or not. A text is counted when it has ended, so that what
    /// ends a transaction behind another statement of it ends it too late: ReadyForQuery tells it then.
    pub fn completed(&mut self, tag: &[u8], is_first: bool) {
        let ends = || [&b"COMMIT"[..], b"ROLLBACK", b"PREPARE TRANSACTION"].iter().any(|end| tag.starts_with(end));
        if self.0.is_some() && is_first && ends() {
            self.0 = None;
        }
    }

    /// The server has told that no transaction is open.
    pub fn transaction_ended(&mut self) {
        self.0 = None;
    }
}
