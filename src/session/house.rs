//! What a conversation asks of the house around it, and tells it. With this a conversation needs no clock, no socket and no counter of its
//! own: whoever answers these questions from fixed values gets the same frames every time (`tests/session.rs`).

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Instant;

use arc_swap::Guard;

use super::activity::Doing;
use crate::rewrite::{NameContext, Outcome, Policy};
use crate::shadow::Sample;
use crate::traffic::{Client, Sqlstate};

/// What a session is surrounded by.
pub trait House: Debug {
    /// The clock that statements are timed with.
    fn now(&self) -> Instant;
    /// Rules, modes and catalog of this moment.
    fn policy(&self) -> Guard<Arc<Policy>>;
    /// The longest statement that is read, in bytes of its frame.
    fn statement_bytes(&self) -> usize;
    /// Whether what becomes of a text is at hand or quickly found. A long text is worked out beside the event loop, and the session is woken when
    /// that is done.
    fn works_out(&self, policy: &Arc<Policy>, names: &Arc<NameContext>, text: &str) -> Held;
    /// What becomes of a text, under these names and declared types of parameters.
    fn outcome(&self, policy: &Policy, names: &Arc<NameContext>, text: &str) -> Arc<Outcome>;
    /// A statement that touches legacy tables has run.
    fn ran(&self, outcome: &Outcome, client: &Arc<Client>, run: Run<'_>);
    /// It ran behind another one in its transaction, and both touch legacy tables.
    fn followed(&self, before: &Outcome, outcome: &Outcome, client: &Arc<Client>);
    /// To be counted.
    fn note(&self, note: Note);
    /// The client calls itself otherwise.
    fn is_now(&self, client: &Arc<Client>);
    /// The session does something else from now on.
    fn is_doing(&self, doing: Doing);
    /// A statement begins; `None` when it names no legacy table.
    fn runs(&self, statement: Option<&Arc<Outcome>>);
    /// A statement waits for the proxy to go on, with its text where it can be read; `None` when none does any more.
    fn holds(&self, statement: Option<&str>);
    /// The server has told the key of its process: the body of BackendKeyData.
    fn has_key(&self, key: &[u8]);
    /// Whether a statement that names retired names is held until they are back. Asked again when the session is woken, and a last time
    /// when the statement names none any more.
    fn touches(&self, outcome: &Outcome) -> Held;
    /// Whether a statement is held because a table that it names is about to change its place. Asked again when the session is woken; when it
    /// goes on, the session uses its tables.
    fn enters(&self, outcome: &Outcome) -> Held;
    /// Counts what sessions have made or dropped under legacy names in other schemas.
    fn relations(&self) -> u64;
    /// This one has, and others may see it from now on.
    fn relations_changed(&self);
    /// No transaction is open and nothing is on its way: the session uses no table any more.
    fn leaves(&self);
    /// Whether the next read of a table in mode shadow is to be compared.
    fn is_sampled(&self) -> bool;
    /// A read to be compared.
    fn offer(&self, sample: Sample);
}

/// Whether a statement is held because of the tables that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// Until the session is woken.
    Waits,
    /// It goes on as it is: nothing is in its way, or what it waited for does not come.
    GoesOn,
}

/// How a statement ran.
#[derive(Debug, Clone, Copy)]
pub struct Run<'r> {
    /// When it came, if it was timed.
    pub began: Option<Instant>,
    /// Rows of its command tags.
    pub rows: u64,
    /// Rows of each of its statements that ended, where it is a Query of several; the next one is that which failed.
    pub each: &'r [u64],
    /// The error that it ended with.
    pub sqlstate: Sqlstate,
    /// It is counted already, and these are more of its rows.
    pub is_more: bool,
}

impl Run<'_> {
    /// It ended with an error, or was never begun.
    pub fn failed(began: Option<Instant>, sqlstate: Sqlstate) -> Self {
        Run { began, rows: 0, each: &[], sqlstate, is_more: false }
    }
}

/// What is counted of a conversation, beside hits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Note {
    /// A statement passed unread: it is too long, or in an encoding or syntax that is not read.
    Unread,
    /// That was the first of its session.
    FirstUnread,
    /// A prepared statement was prepared anew after a switch.
    PreparedAgain,
    /// A read failed by the copy of a table, with this, and was sent again as a read of the table.
    AnsweredByTable(Sqlstate),
    /// There was no room to remember a prepared statement.
    PreparedOverflow,
}
