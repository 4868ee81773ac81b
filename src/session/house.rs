//! What a conversation asks and tells the proxy around it. So a conversation needs no clock, no socket and no counter of its own:
//! with fixed answers to these questions it yields the same frames every time (`tests/session.rs`).

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Instant;

use arc_swap::Guard;

use super::activity::Doing;
use crate::rewrite::{NameContext, Outcome, Policy};
use crate::shadow::Sample;
use crate::traffic::{Client, Sqlstate};

/// The proxy around a session.
pub trait House: Debug {
    /// The time, for the durations of statements.
    fn now(&self) -> Instant;
    /// Rules, modes and catalog of this moment.
    fn policy(&self) -> Guard<Arc<Policy>>;
    /// The longest frame, in bytes, whose statement is read.
    fn statement_bytes(&self) -> usize;
    /// Whether the outcome of a text is there or is found quickly. A long text is rewritten outside the event loop, and the session
    /// is woken at its end.
    fn works_out(&self, policy: &Arc<Policy>, names: &Arc<NameContext>, text: &str) -> Held;
    /// The client has cancelled the text that is being rewritten: its outcome is that error. False when it is there already.
    fn cancels_outcome(&self) -> bool;
    /// What becomes of a text, under these names and declared types of parameters.
    fn outcome(&self, policy: &Policy, names: &Arc<NameContext>, text: &str) -> Arc<Outcome>;
    /// A statement that touches legacy tables has run.
    fn ran(&self, outcome: &Outcome, client: &Arc<Client>, run: Run<'_>);
    /// It ran after another one in the same transaction, and both name legacy tables.
    fn followed(&self, before: &Outcome, outcome: &Outcome, client: &Arc<Client>);
    /// Counts this.
    fn note(&self, note: Note);
    /// The client has reported another application name.
    fn is_now(&self, client: &Arc<Client>);
    /// The session is doing this from now on.
    fn is_doing(&self, doing: Doing);
    /// A statement begins; `None` when it names no legacy table.
    fn runs(&self, statement: Option<&Arc<Outcome>>);
    /// A statement is held back, with its text where it can be read; `None` when none is any more.
    fn holds(&self, statement: Option<&str>);
    /// The server has sent the key of its process: the body of BackendKeyData.
    fn has_key(&self, key: &[u8]);
    /// Whether a statement that names tombstones is held until the names are back. Asked again when the session is woken, and a
    /// last time when the statement names none any more.
    fn touches(&self, outcome: &Outcome) -> Held;
    /// Whether a statement is held because a table that it names is being cut over. Asked again when the session is woken; when the
    /// answer is to go on, the session is counted as a user of its tables. `generation` is that of the policy by which the statement was decided about.
    fn enters(&self, outcome: &Outcome, generation: u64) -> Held;
    /// Whether a table is being cut over.
    fn is_moving(&self) -> bool;
    /// How often sessions have made or dropped relations with legacy names in other schemas.
    fn relations(&self) -> u64;
    /// This session has done so, and from now on others may see it.
    fn relations_changed(&self);
    /// No transaction is open and nothing is unanswered: the session uses no table any more.
    fn leaves(&self);
    /// Whether the next read of a table in mode shadow is to be compared.
    fn is_sampled(&self) -> bool;
    /// Offers a read for comparison.
    fn offer(&self, sample: Sample);
}

/// Whether a statement is held because of the tables that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// It waits until the session is woken.
    Waits,
    /// It is not held: nothing is in its way, or the wait was given up.
    GoesOn,
}

/// How a statement ran.
#[derive(Debug, Clone, Copy)]
pub struct Run<'r> {
    /// When it began, if it was timed.
    pub began: Option<Instant>,
    /// The sum of the row counts in its command tags.
    pub rows: u64,
    /// For a Query of several statements, the rows of each one that ended; the next one is the one that failed.
    pub each: &'r [u64],
    /// The error that it ended with.
    pub sqlstate: Sqlstate,
    /// The statement is counted already: these are further rows of it.
    pub is_more: bool,
}

impl Run<'_> {
    /// It ended with an error, or never began.
    pub fn failed(began: Option<Instant>, sqlstate: Sqlstate) -> Self {
        Run { began, rows: 0, each: &[], sqlstate, is_more: false }
    }
}

/// What is counted of a conversation besides hits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Note {
    /// A statement passed unread: it is too long, or in an encoding or syntax that is not read.
    Unread,
    /// It was the first of its session.
    FirstUnread,
    /// A prepared statement was prepared anew after a switch.
    PreparedAgain,
    /// A read of a table's copy failed with this SQLSTATE, and was sent again as a read of the table.
    AnsweredByTable(Sqlstate),
    /// There was no room to remember a prepared statement.
    PreparedOverflow,
}
