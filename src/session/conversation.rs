//! The state machine of a session: which frames it has to see, and what becomes of them. No input, no output, no waiting.
//!
//! Client frames are rewritten or passed ([`Conversation::from_client`]); server frames are passed, and only errors of rewritten statements
//! are changed ([`Conversation::from_server`]). The order of replies is the order of requests ([`Pipeline`]); names of statements and portals
//! are committed when the server confirms them, not when the client sends them.

mod asking;
mod from_client;
mod from_server;
mod holding;
mod own_replies;
mod prepared_anew;
mod sent_again;
mod shadow_samples;
mod statements;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::activity::Doing;
use super::again::Again;
use super::hold::Hold;
use super::house::{House, Run};
use super::in_flight::InFlight;
use super::names::Names;
use super::own_requests;
use super::peer::Peer;
use super::pipeline::{Pipeline, Request, Transaction};
use super::portals::Portals;
use super::predecessor::Predecessor;
use super::prepared::PreparedStatements;
use super::readiness::Turn;
use super::samples::Samples;
use super::statement::{NameId, Statement, UNNAMED};
use crate::rewrite::Hit;
use crate::traffic::{Client, Sqlstate};

/// How much of a client frame the conversation wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// The tag alone.
    Nothing,
    /// The names at the start of its body.
    Names,
    /// All of it.
    Body,
}

/// What becomes of a client frame.
#[derive(Debug, PartialEq, Eq)]
pub enum ToServer {
    /// It passes as it is.
    Pass,
    /// This is sent in its place.
    Replace(Vec<u8>),
    /// This is sent first; then the frame is shown again.
    First(Vec<u8>),
    /// It waits until the server has answered more, or until a hold of the proxy ends, and is then shown again.
    Wait,
    /// The server gets nothing; this goes to the client.
    Answer(Vec<u8>),
    /// This goes to the client; then the frame is shown again.
    Tell(Vec<u8>),
}

/// What becomes of a server frame.
#[derive(Debug, PartialEq, Eq)]
pub enum ToClient {
    /// It passes as it is.
    Pass,
    /// This is sent in its place.
    Replace(Vec<u8>),
    /// This is sent first; then the frame passes.
    First(Vec<u8>),
    /// The client gets nothing; this is sent to the server.
    Again(Vec<u8>),
    /// The client gets nothing: the frame answers a request of our own.
    Swallow,
}

/// What the house was last told that the session is doing.
#[derive(Debug, Default)]
struct Shown {
    /// `None` before the login is over.
    doing: Option<Doing>,
    /// The statement that it was told of names a legacy table.
    statement: bool,
}

/// One session's state.
#[derive(Debug)]
pub struct Conversation<H> {
    house: H,
    /// Who the client is, and whether its statements can be read.
    peer: Peer,
    /// The server's offer of channel binding is kept from the client.
    hides_binding: bool,
    /// What names of relations mean.
    names: Names,
    /// Requests that are not answered yet.
    pipeline: Pipeline,
    prepared: PreparedStatements,
    portals: Portals,
    samples: Samples,
    /// The read that is sent again if it fails.
    again: Again,
    /// What a switch waits for.
    in_flight: InFlight,
    /// Whether the client's next frame waits for requests of our own.
    turn: Turn,
    /// What is held back while the proxy is paused.
    hold: Hold,
    /// A statement waits for a retired name, or for the cut-over of a table.
    waits_for_name: bool,
    /// A statement waits until its long text is rewritten.
    waits_for_outcome: bool,
    /// It has named legacy tables since it last had no request and no transaction open.
    uses_tables: bool,
    /// Copied tables whose heap the open transaction has replaced (TRUNCATE and the like): it reads the legacy tables themselves,
    /// because the copies follow only at commit.
    rebuilt: Vec<String>,
    transaction: Transaction,
    /// The unnamed portal was read to its end, and is still there.
    has_read_unnamed: bool,
    /// What ran before in the transaction.
    predecessor: Predecessor,
    /// What reports have been told of it.
    shown: Shown,
    /// Hashes names of statements and portals.
    hasher: ahash::RandomState,
}

impl<H: House> Conversation<H> {
    /// The state of a session whose start-up packet has been sent. `oldest` is written by [`super::in_flight`].
    pub fn new(house: H, client: Client, is_replication: bool, oldest: Arc<AtomicU64>) -> Self {
        let is_target = !is_replication && house.policy().database.as_ref().is_none_or(|d| *d == client.database);
        Conversation {
            house,
            peer: Peer::new(client, is_target),
            hides_binding: false,
            names: Names::at_login(is_target),
            pipeline: Pipeline::at_login(),
            prepared: PreparedStatements::default(),
            portals: Portals::default(),
            samples: Samples::default(),
            again: Again::default(),
            in_flight: InFlight::new(oldest),
            turn: Turn::default(),
            hold: Hold::default(),
            waits_for_name: false,
            waits_for_outcome: false,
            uses_tables: false,
            rebuilt: Vec::new(),
            transaction: Transaction::None,
            has_read_unnamed: false,
            predecessor: Predecessor::default(),
            shown: Shown::default(),
            hasher: ahash::RandomState::new(),
        }
    }

    /// Whether SCRAM-SHA-256-PLUS is to be removed from what the server offers.
    pub fn hide_channel_binding(&mut self, hide: bool) {
        self.hides_binding = hide;
    }

    /// Whether no request is unanswered and no transaction is open.
    pub fn is_idle(&self) -> bool {
        self.pipeline.is_empty() && self.transaction == Transaction::None
    }

    /// Whether a table is being cut over, and [`Conversation::lets_go`] may have something to send.
    pub fn is_to_let_go(&self) -> bool {
        self.has_read_unnamed && self.house.is_moving()
    }

    /// While a table is cut over: closes the unnamed portal if it was read to its end, between two requests in a transaction. A portal keeps its
    /// snapshot until it is closed, replaced, or its transaction ends (source, portalmem.c), and by a snapshot the server does not tell READ COMMITTED
    /// from REPEATABLE READ, which would not see the rows that are moved now. A client library binds anew for each statement.
    pub fn lets_go(&mut self) -> Option<Vec<u8>> {
        let is_between = self.pipeline.is_empty() && !self.pipeline.is_in_stretch() && self.turn == Turn::Client;
        if !self.is_to_let_go() || !is_between || self.transaction != Transaction::Open || self.again.is_sent() {
            return None;
        }
        self.has_read_unnamed = false;
        self.portals.confirm(UNNAMED, None);
        self.prepared.end_stretch();
        let own = own_requests::closing_unnamed_portal();
        own.requests.into_iter().for_each(|request| self.pipeline.push(Request::Own(request)));
        Some(own.frames)
    }

    /// Whether the login is over.
    pub fn is_logged_in(&mut self) -> bool {
        !matches!(self.pipeline.front(), Some(Request::Login))
    }

    fn name(&self, bytes: &[u8]) -> NameId {
        // PostgreSQL cuts longer names (source, prepare.c and portalmem.c: NAMEDATALEN).
        let kept = &bytes[..bytes.len().min(63)];
        if kept.is_empty() { UNNAMED } else { self.hasher.hash_one(kept) | 1 }
    }

    /// Tells the house what the session is doing, if that has changed.
    fn show(&mut self) {
        let is_waiting = self.pipeline.is_empty();
        let doing = match is_waiting {
            true if self.is_resting() && self.hold.waiting.is_some() => Doing::Held,
            true if self.is_resting() => Doing::Paused,
            true => Doing::waiting(self.transaction),
            false => Doing::Active,
        };
        if self.shown.doing != Some(doing) && self.is_logged_in() {
            self.shown.doing = Some(doing);
            self.house.is_doing(doing);
        }
    }

    /// A statement begins.
    fn runs(&mut self, statement: Option<&Arc<Statement>>) {
        let statement = statement.filter(|statement| statement.outcome.seen.is_some());
        if let Some(statement) = statement.filter(|_| !self.names.known().reads.is_empty()) {
            let rebuilds = |hit: &&Hit| matches!(hit.operation, "truncate" | "alter" | "cluster");
            let tables = statement.outcome.hits.iter().filter(rebuilds).map(|hit| hit.table.clone());
            self.rebuilt.extend(tables.filter(|table| self.names.known().reads.contains(table)));
        }
        if statement.is_some() || self.shown.statement {
            self.shown.statement = statement.is_some();
            self.house.runs(statement.map(|statement| &statement.outcome));
        }
    }

    /// A statement has run, or failed. One that the server refuses because its transaction has failed before has done nothing with a table, and
    /// is not counted: what its names mean could not be asked there.
    fn ran(&mut self, statement: &Statement, run: Run<'_>) {
        if run.sqlstate == Sqlstate::IN_FAILED_TRANSACTION {
            return;
        }
        if self.again.was_counted() {
            return;
        }
        self.again.counts();
        self.house.ran(&statement.outcome, self.peer.client(), run);
        if run.is_more {
            return;
        }
        if let Some(before) = self.predecessor.followed_by(&statement.outcome) {
            self.house.followed(&before, &statement.outcome, self.peer.client());
        }
    }
}
