//! The state machine of a session: which frames it wants to see, and what it does with them. No input, no output, no waiting.
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
use super::peer::Peer;
use super::pipeline::{Pipeline, Request, Transaction};
use super::portals::Portals;
use super::predecessor::Predecessor;
use super::prepared::PreparedStatements;
use super::readiness::Turn;
use super::samples::Samples;
use super::statement::{NameId, Statement, UNNAMED};
use crate::rewrite::Hit;
use crate::traffic::Client;

/// How much of a client frame the conversation wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// The tag is enough.
    Nothing,
    /// The names at its start.
    Names,
    /// All of it.
    Body,
}

/// What becomes of a client frame.
#[derive(Debug, PartialEq, Eq)]
pub enum ToServer {
    /// It passes as it is.
    Pass,
    /// This goes on instead.
    Replace(Vec<u8>),
    /// This goes first; then the frame is shown again.
    First(Vec<u8>),
    /// It waits until the server has answered more, or the proxy goes on, and is then shown again.
    Wait,
    /// The server gets nothing of it; this goes to the client.
    Answer(Vec<u8>),
    /// This goes to the client; then the frame is shown again.
    Tell(Vec<u8>),
}

/// What becomes of a server frame.
#[derive(Debug, PartialEq, Eq)]
pub enum ToClient {
    /// It passes as it is.
    Pass,
    /// This goes on instead.
    Replace(Vec<u8>),
    /// This goes first; then the frame passes.
    First(Vec<u8>),
    /// Nothing goes on; the server gets this.
    Again(Vec<u8>),
    /// Nothing goes on: it answers a question of our own.
    Swallow,
}

/// What the house was told last of what the session does.
#[derive(Debug, Default)]
struct Shown {
    /// `None` before the login is over.
    doing: Option<Doing>,
    /// A statement that names a legacy table.
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
    /// What names mean.
    names: Names,
    /// What is asked and not answered.
    pipeline: Pipeline,
    prepared: PreparedStatements,
    portals: Portals,
    samples: Samples,
    /// What is sent again where it fails.
    again: Again,
    /// What a switch waits for.
    in_flight: InFlight,
    /// Whether the client's next frame waits for something of our own.
    turn: Turn,
    /// What is held back while the proxy is paused.
    hold: Hold,
    /// A statement waits for a retired name, or for a table that changes its place.
    waits_for_name: bool,
    /// A statement waits until its long text is worked out.
    waits_for_outcome: bool,
    /// It has named tables since it last had nothing open.
    uses_tables: bool,
    /// Copied tables whose rows the open transaction has moved to another heap: it reads them where they are, for the copy does not follow before
    /// the others see it.
    rebuilt: Vec<String>,
    transaction: Transaction,
    /// What ran before in it.
    predecessor: Predecessor,
    /// What others see of it.
    shown: Shown,
    /// Of names of statements and portals.
    hasher: ahash::RandomState,
}

impl<H: House> Conversation<H> {
    /// The state of a session whose start-up packet is on its way. `oldest` is what [`super::in_flight`] writes.
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
            predecessor: Predecessor::default(),
            shown: Shown::default(),
            hasher: ahash::RandomState::new(),
        }
    }

    /// Whether to keep SCRAM-SHA-256-PLUS from the client.
    pub fn hide_channel_binding(&mut self, hide: bool) {
        self.hides_binding = hide;
    }

    /// Whether nothing is open: no request unanswered, no transaction.
    pub fn is_idle(&self) -> bool {
        self.pipeline.is_empty() && self.transaction == Transaction::None
    }

    /// Whether the login is over.
    pub fn is_logged_in(&mut self) -> bool {
        !matches!(self.pipeline.front(), Some(Request::Login))
    }

    fn name(&self, bytes: &[u8]) -> NameId {
        // The server keeps no more of a name (source, prepare.c and portalmem.c: NAMEDATALEN).
        let kept = &bytes[..bytes.len().min(63)];
        if kept.is_empty() { UNNAMED } else { self.hasher.hash_one(kept) | 1 }
    }

    /// Shows what the session is doing, where that has changed.
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

    fn ran(&mut self, statement: &Statement, run: Run<'_>) {
        self.house.ran(&statement.outcome, self.peer.client(), run);
        if run.is_more {
            return;
        }
        if let Some(before) = self.predecessor.followed_by(&statement.outcome) {
            self.house.followed(&before, &statement.outcome, self.peer.client());
        }
    }
}
