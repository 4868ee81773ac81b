//! The server's frames: requests are answered in order, statements and portals are confirmed, errors are led back.

use std::sync::Arc;

use super::{Conversation, Run, ToClient};
use crate::rewrite::Outcome;
use crate::session::house::{House, Note};
use crate::session::lead_back::{self, Told, origin};
use crate::session::pipeline::{About, Query, Request, Transaction};
use crate::session::statement::{NameId, Prepared, PreparedChange, Statement, UNNAMED};
use crate::sql::escape::Added;
use crate::traffic::Sqlstate;
use crate::wire::error_response::{ErrorFields, field};
use crate::wire::frame::{self, cstr};
use crate::wire::tag::server;

/// The SQLSTATE for a connection that ended before the answer (manual, appendix A: connection_failure).
const CONNECTION_FAILURE: &[u8] = b"08006";

impl<H: House> Conversation<H> {
    /// Whether the server's next reply answers a request of our own.
    pub fn awaits_own_reply(&mut self) -> bool {
        matches!(self.pipeline.front(), Some(Request::Own(_)))
    }

    /// Whether a server frame's body is wanted.
    pub fn wants_reply(&mut self, tag: u8) -> bool {
        match tag {
            server::READY_FOR_QUERY | server::PARAMETER_STATUS | server::ERROR | server::COMMAND_COMPLETE => true,
            server::BACKEND_KEY_DATA => true,
            server::DATA_ROW => self.awaits_own_reply(),
            server::ROW_DESCRIPTION | server::PARAMETER_DESCRIPTION => self.again.is_going_on(),
            // A notice about a rewritten statement names the new tables; a notice about a request of our own is not for the client.
            server::NOTICE => self.awaits_own_reply() || self.addressed().is_some_and(|s| s.outcome.text.is_some()),
            server::AUTHENTICATION => self.hides_binding,
            _ => false,
        }
    }

    /// Decides about a server frame.
    pub fn from_server(&mut self, tag: u8, body: &[u8]) -> ToClient {
        match self.reply_to_read(tag, body) {
            Some(to_client) => to_client,
            None => self.reply(tag, body),
        }
    }

    /// The same, without regard to whether it answers a read that may be sent again.
    pub(super) fn reply(&mut self, tag: u8, body: &[u8]) -> ToClient {
        if let Some(to_client) = self.own_reply(tag, body) {
            return to_client;
        }
        match tag {
            server::PARSE_COMPLETE => self.parsed(),
            server::BIND_COMPLETE => self.bound(),
            server::CLOSE_COMPLETE => self.closed(),
            server::ROW_DESCRIPTION | server::NO_DATA => drop(self.pipeline.pop_if(|r| matches!(r, Request::Describe(_)))),
            server::COMMAND_COMPLETE | server::EMPTY_QUERY | server::PORTAL_SUSPENDED => self.completed(tag, body),
            server::COPY_IN => self.pipeline.copy_begins(),
            server::AUTHENTICATION if self.hides_binding => return without_binding(body),
            server::ERROR => return self.failed(&ErrorFields::parse(body)),
            server::NOTICE if !body.is_empty() => return self.noticed(body),
            server::PARAMETER_STATUS => self.parameter(body),
            server::BACKEND_KEY_DATA => self.house.has_key(body),
            server::READY_FOR_QUERY => self.ready(body),
            _ => {}
        }
        ToClient::Pass
    }

    /// The server has prepared, or closed, a statement.
    pub(super) fn confirm(&mut self, name: NameId, held: Option<Arc<Prepared>>) {
        if !self.prepared.confirm(name, held) {
            self.house.note(Note::PreparedOverflow);
        }
    }

    fn confirm_change(&mut self, change: &PreparedChange) {
        if !self.prepared.confirm_change(change) {
            self.house.note(Note::PreparedOverflow);
        }
    }

    fn parsed(&mut self) {
        if let Some(Request::Parse { name, held }) = self.pipeline.pop_if(|r| matches!(r, Request::Parse { .. })) {
            self.confirm(name, held);
        }
    }

    fn bound(&mut self) {
        let answered = self.pipeline.pop_if(|r| matches!(r, Request::Bind { .. }));
        if let Some(Request::Bind { portal, statement, sample, .. }) = answered {
            self.samples.bound(portal, sample);
            self.has_read_unnamed &= portal != UNNAMED;
            self.portals.confirm(portal, self.prepared.confirmed(statement).map(|held| held.statement.clone()));
        }
    }

    fn closed(&mut self) {
        match self.pipeline.pop_if(|r| matches!(r, Request::Close(_))) {
            Some(Request::Close(About::Portal(portal))) => {
                self.has_read_unnamed &= portal != UNNAMED;
                self.portals.confirm(portal, None);
            }
            Some(Request::Close(About::Statement(name))) => self.confirm(name, None),
            _ => {}
        }
    }

    fn completed(&mut self, tag: u8, body: &[u8]) {
        let rows = rows_of(body);
        let mut number = 0;
        let statement = match self.pipeline.front() {
            Some(Request::Query(query)) => {
                query.rows += rows;
                if query.statement.as_ref().is_some_and(|statement| statement.outcome.has_several()) {
                    query.each.push(rows);
                }
                number = query.done;
                query.done += 1;
                query.statement.clone()
            }
            Some(Request::Execute { .. }) => self.executed(tag, rows),
            _ => None,
        };
        if let Some(statement) = statement {
            let own = statement.changes.iter().filter(|(n, _)| *n == number);
            own.for_each(|(_, change)| self.confirm_change(change));
        }
        self.predecessor.completed(body, number == 0);
        // What a transaction has made becomes visible to others at its commit, even in the middle of a Query of several statements.
        if body.starts_with(b"COMMIT PREPARED") || body.starts_with(b"COMMIT") && self.names.tell(false) {
            self.house.relations_changed();
        }
        // The tag of ROLLBACK TO is that of ROLLBACK.
        if self.names.are_provisional()
            && [&b"COMMIT"[..], b"ROLLBACK", b"PREPARE TRANSACTION"].iter().any(|end| body.starts_with(end))
        {
            self.names.doubt_all();
        }
    }

    /// An Execute is answered. Returns the statement, if it has run to its end.
    fn executed(&mut self, tag: u8, rows: u64) -> Option<Arc<Statement>> {
        let Request::Execute { portal, at, limit } = self.pipeline.pop_if(|_| true)? else { return None };
        let is_suspended = tag == server::PORTAL_SUSPENDED;
        self.has_read_unnamed |= portal == UNNAMED && !is_suspended;
        if !is_suspended {
            self.offer_portal(portal);
        }
        let statement = self.portals.open(portal).cloned()?;
        let is_more = self.portals.executed(portal, !is_suspended);
        let rows = if is_suspended { u64::from(limit) } else { rows };
        self.ran(&statement, Run { began: at, rows, each: &[], sqlstate: Sqlstate::NONE, is_more });
        (!is_suspended).then_some(statement)
    }

    /// The session has ended. A statement that was running may have run all the same: it is counted, with the error that came, if
    /// one did.
    pub fn ended(&mut self) {
        let Some(statement) = self.addressed() else { return };
        let (began, sqlstate) = match self.pipeline.front() {
            Some(Request::Query(query)) => (query.at, query.sqlstate),
            Some(Request::Execute { at, .. }) => (*at, Sqlstate::NONE),
            _ => return,
        };
        let sqlstate = if sqlstate == Sqlstate::NONE { Sqlstate::new(CONNECTION_FAILURE) } else { sqlstate };
        self.ran(&statement, Run::failed(began, sqlstate));
    }

    fn failed(&mut self, error: &ErrorFields) -> ToClient {
        let in_query = matches!(self.pipeline.front(), Some(Request::Query(_) | Request::Login | Request::Function));
        let (mut began, mut is_over, sqlstate) = (None, false, sqlstate_of(error));
        match self.pipeline.front() {
            Some(Request::Query(query)) => query.sqlstate = sqlstate,
            Some(Request::Execute { at, portal, .. }) => {
                began = *at;
                is_over = self.portals.is_at_end(*portal);
            }
            // A Parse that fails has destroyed the unnamed statement first (source, postgres.c, exec_parse_message).
            Some(Request::Parse { name: UNNAMED, .. }) => self.confirm(UNNAMED, None),
            _ => {}
        }
        let statement = self.addressed();
        if let Some(statement) = statement.as_ref().filter(|_| !in_query && !is_over) {
            self.ran(statement, Run::failed(began, sqlstate));
        }
        if !in_query && !self.pipeline.is_empty() {
            self.pipeline.skip_to_sync();
            self.own_skipped();
        }
        let told = statement.and_then(|statement| self.led_back(&statement, error));
        let told = told.or_else(|| self.led_back_from_view(error)).or_else(|| self.led_back_from_keys(error));
        told.map_or(ToClient::Pass, |told| ToClient::Replace(told.frame(server::ERROR)))
    }

    fn noticed(&mut self, body: &[u8]) -> ToClient {
        let told = self.addressed().and_then(|statement| self.led_back(&statement, &ErrorFields::parse(body)));
        told.map_or(ToClient::Pass, |told| ToClient::Replace(told.frame(server::NOTICE)))
    }

    /// An error or a notice with the names of the legacy tables; `None` where nothing has to be changed.
    pub(super) fn led_back(&self, statement: &Statement, error: &ErrorFields) -> Option<ErrorFields> {
        let concerned = statement.outcome.text.is_some() || !statement.outcome.rewritten.is_empty();
        concerned.then(|| self.told(&statement.outcome, (&statement.text, &statement.added), error)).flatten()
    }

    /// An error of a foreign key on a moved table's key table: any statement can cause it, and so can COMMIT.
    fn led_back_from_keys(&self, error: &ErrorFields) -> Option<ErrorFields> {
        let is_ours = self.peer.is_target() && self.house.policy().has_key_tables() && origin::is_of_keys(error);
        is_ours.then(|| self.told(&Outcome::default(), ("", &Added::default()), error)).flatten()
    }

    /// An error that was raised behind a legacy table's view: in a function's body, or before the table is switched.
    fn led_back_from_view(&self, error: &ErrorFields) -> Option<ErrorFields> {
        let table = origin::view(error).filter(|_| self.peer.is_target())?;
        let relation = self.house.policy().entry(&table)?.relation.clone();
        self.told(&Outcome { rewritten: vec![relation], ..Outcome::default() }, ("", &Added::default()), error)
    }

    fn told(&self, outcome: &Outcome, (text, added): (&str, &Added), error: &ErrorFields) -> Option<ErrorFields> {
        let policy = self.house.policy();
        let table = origin::leaf(error).filter(|table| !outcome.rewritten.iter().any(|r| r.table == *table));
        let reached = table.and_then(|table| policy.entry(table)).map(|entry| entry.relation.as_ref());
        lead_back::lead_back(error, &Told { outcome, text, added, schema: &policy.schema, reached })
    }

    /// The statement that the server's next reply belongs to, if it names a legacy table.
    fn addressed(&mut self) -> Option<Arc<Statement>> {
        match self.pipeline.front()? {
            Request::Query(query) => query.statement.clone(),
            Request::Parse { held, .. } => held.as_ref().map(|held| held.statement.clone()),
            Request::Bind { statement: name, .. } | Request::Describe(About::Statement(name)) => {
                self.prepared.confirmed(*name).map(|held| held.statement.clone())
            }
            Request::Describe(About::Portal(portal)) | Request::Execute { portal, .. } => self.portals.open(*portal).cloned(),
            _ => None,
        }
    }

    fn parameter(&mut self, body: &[u8]) {
        let Some((name, rest)) = cstr(body) else { return };
        let Some((value, _)) = cstr(rest) else { return };
        if self.peer.reported(name, value) {
            self.house.is_now(self.peer.client());
        }
    }

    fn ready(&mut self, body: &[u8]) {
        if let Some(Request::Query(Query { statement, at, rows, each, sqlstate, .. })) = self.pipeline.ready() {
            // A simple query destroys the unnamed statement and portal (manual, section 55.2.3).
            self.confirm(UNNAMED, None);
            self.has_read_unnamed = false;
            if let Some(statement) = statement {
                self.ran(&statement, Run { began: at, rows, each: &each, sqlstate, is_more: false });
                if sqlstate == Sqlstate::NONE {
                    self.offer_query(&statement);
                }
            }
        }
        self.in_transaction(Transaction::of(body));
    }

    /// Notes the state of the transaction that a ReadyForQuery reports.
    pub(super) fn in_transaction(&mut self, transaction: Transaction) {
        self.transaction = transaction;
        self.has_read_unnamed &= transaction == Transaction::Open;
        self.names.ready(transaction != Transaction::None, self.house.relations());
        if transaction == Transaction::None {
            if self.names.tell(true) {
                self.house.relations_changed();
            }
            self.names.follow_loosely(|| self.house.now());
            self.portals.transaction_ended();
            self.samples.transaction_ended();
            self.predecessor.transaction_ended();
            if self.names.are_provisional() {
                self.names.transaction_ended();
            }
        }
        self.peer.ready(self.pipeline.is_empty());
        if self.pipeline.is_empty() {
            self.prepared.all_answered();
            self.portals.all_answered();
            if transaction == Transaction::None {
                self.rebuilt.clear();
                if std::mem::take(&mut self.uses_tables) {
                    self.house.leaves();
                }
            }
        }
        self.again.is_between(transaction == Transaction::None && self.pipeline.is_empty());
        self.in_flight.landed(&self.pipeline, || self.house.policy().generation);
        self.show();
    }
}

/// The SQLSTATE of an error.
pub(super) fn sqlstate_of(error: &ErrorFields) -> Sqlstate {
    Sqlstate::new(error.get(field::SQLSTATE).unwrap_or_default())
}

/// AuthenticationSASL without the mechanisms with channel binding (manual, section 55.3.1).
fn without_binding(body: &[u8]) -> ToClient {
    const SASL: [u8; 4] = [0, 0, 0, 10];
    let Some(list) = body.strip_prefix(&SASL) else { return ToClient::Pass };
    let kept: Vec<&[u8]> = list.split(|b| *b == 0).filter(|m| !m.is_empty() && !m.ends_with(b"-PLUS")).collect();
    let mut mechanisms = Vec::with_capacity(list.len());
    for mechanism in kept {
        mechanisms.extend_from_slice(mechanism);
        mechanisms.push(0);
    }
    mechanisms.push(0);
    let mut out = Vec::with_capacity(body.len() + frame::HEADER_BYTES);
    frame::write(&mut out, server::AUTHENTICATION, &[&SASL, &mechanisms]);
    ToClient::Replace(out)
}

/// The row count at the end of a command tag (`INSERT 0 3`, `SELECT 7`).
fn rows_of(body: &[u8]) -> u64 {
    let tag = body.split(|b| *b == 0).next().unwrap_or_default();
    let last = tag.rsplit(|b| *b == b' ').next().unwrap_or_default();
    std::str::from_utf8(last).ok().and_then(|n| n.parse().ok()).unwrap_or(0)
}
