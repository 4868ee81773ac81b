//! The client's frames: statements are read and rewritten, names of statements and portals are followed.

use std::borrow::Cow;
use std::ops::ControlFlow::{Break, Continue};
use std::sync::Arc;

use super::{Conversation, ToServer, Want};
use crate::session::house::{House, Note};
use crate::session::names::Doubt;
use crate::session::pipeline::{About, Query, Request};
use crate::session::readiness::{NotYet, Readiness, Turn};
use crate::session::statement::{How, NameId, Prepared, Protocol, Statement, UNNAMED};
use crate::wire::frame::{self, cstr};
use crate::wire::tag::{about, client};

/// How many bytes of an unread text are searched for legacy names.
const UNREAD_BYTES: usize = 1024;

impl<H: House> Conversation<H> {
    /// How much of a client frame has to be there when it is shown to [`Conversation::from_client`].
    pub fn wants(&self, tag: u8, total: usize) -> Want {
        match tag {
            client::QUERY | client::PARSE if total <= self.house.statement_bytes() => Want::Body,
            client::BIND if self.samples.want_bind(total, self.may_send_again()) => Want::Body,
            client::QUERY
            | client::PARSE
            | client::BIND
            | client::DESCRIBE
            | client::CLOSE
            | client::EXECUTE
            | client::FUNCTION_CALL => Want::Names,
            _ => Want::Nothing,
        }
    }

    /// Decides about a client frame. `body` is as much of it as was wanted; `whole` tells whether that is all of it.
    pub fn from_client(&mut self, tag: u8, body: &[u8], whole: bool) -> ToServer {
        if matches!(self.turn, Turn::Held | Turn::Failed) || self.pipeline.is_full() || self.again.is_sent() {
            return ToServer::Wait;
        }
        if let Some(to_server) = self.behind_failure(tag, body, whole) {
            return to_server;
        }
        if self.turn == Turn::Client
            && let Some(to_server) = self.held_back(tag, body)
        {
            return to_server;
        }
        match std::mem::take(&mut self.turn) {
            Turn::Answered => return ToServer::Replace(Vec::new()),
            Turn::Skipped if tag == client::QUERY => return self.sync_instead(),
            // Anything but a Query is skipped by the server itself, up to the client's own Sync.
            Turn::Client | Turn::Held | Turn::Failed | Turn::Skipped => {}
        }
        let decision = self.decide(tag, body, whole);
        self.in_flight.decided();
        self.show();
        match decision {
            Continue(to_server) => {
                self.sends(tag, body, whole);
                to_server
            }
            Break(NotYet::First(frames)) => ToServer::First(frames),
            Break(NotYet::Wait) => ToServer::Wait,
        }
    }

    /// A Sync in the place of a Query that the server would skip.
    fn sync_instead(&mut self) -> ToServer {
        self.pipeline.push(Request::Sync);
        self.prepared.end_stretch();
        let mut out = Vec::with_capacity(frame::HEADER_BYTES);
        frame::write(&mut out, client::SYNC, &[]);
        ToServer::Replace(out)
    }

    fn decide(&mut self, tag: u8, body: &[u8], whole: bool) -> Readiness<ToServer> {
        match tag {
            client::QUERY => return self.query(body, whole),
            client::PARSE => return self.parse(body, whole),
            client::BIND => {
                let (portal, rest) = cstr(body).unwrap_or_default();
                let (statement, rest) = cstr(rest).unwrap_or_default();
                self.bind(portal, statement, whole.then_some(rest))?;
            }
            client::DESCRIBE => self.describe(body)?,
            client::CLOSE => self.close(body),
            client::EXECUTE => self.execute(body),
            client::SYNC => {
                self.pipeline.push(Request::Sync);
                self.prepared.end_stretch();
            }
            client::FUNCTION_CALL => {
                self.calls(body);
                self.pipeline.push(Request::Function);
                self.prepared.end_stretch();
            }
            client::FLUSH => drop(self.pipeline.ask()),
            client::COPY_DATA => self.pipeline.push(Request::CopyData),
            client::COPY_DONE | client::COPY_FAIL => self.pipeline.push(Request::CopyEnd),
            client::TERMINATE => self.peer.leaves(),
            _ => {}
        }
        Continue(ToServer::Pass)
    }

    fn query(&mut self, body: &[u8], whole: bool) -> Readiness<ToServer> {
        // With bytes after the text's end the server refuses the message: it has to get them.
        let text = cstr(body).filter(|(_, behind)| whole && behind.is_empty()).map(|(text, _)| text);
        let statement = match text {
            Some(text) => self.read(text, &[], Protocol::Simple)?.filter(|statement| !statement.is_plain()),
            None if !whole => self.passes_unread(body),
            None => None,
        };
        self.stands_alone(statement.as_ref())?;
        let rewritten = statement.as_ref().and_then(|s| s.rewritten().map(Cow::into_owned));
        self.runs(statement.as_ref());
        let at = statement.as_ref().map(|_| self.house.now());
        self.names.pass();
        if let Some(statement) = &statement {
            self.foresee(statement);
            self.in_flight.departs(statement.generation);
        }
        self.pipeline.push(Request::Query(Query::new(statement, at)));
        self.prepared.expect(UNNAMED, None);
        self.prepared.end_stretch();
        Continue(match rewritten {
            Some(text) => {
                let mut out = Vec::with_capacity(text.len() + 6);
                frame::write(&mut out, client::QUERY, &[&text, &[0]]);
                ToServer::Replace(out)
            }
            None => ToServer::Pass,
        })
    }

    fn parse(&mut self, body: &[u8], whole: bool) -> Readiness<ToServer> {
        let Some((name, rest)) = cstr(body) else {
            self.pipeline.push(Request::Parse { name: UNNAMED, held: None });
            return Continue(ToServer::Pass);
        };
        let parts = cstr(rest).filter(|_| whole);
        let statement = match parts {
            Some((text, types)) => self.read(text, types, Protocol::Extended)?,
            None if !whole => self.passes_unread(rest),
            None => None,
        };
        self.stands_alone(statement.as_ref())?;
        let id = self.name(name);
        let types = parts.map_or(&[][..], |(_, types)| types);
        let rewritten = statement.as_ref().and_then(|s| s.rewritten().map(Cow::into_owned));
        let held = statement.map(|statement| {
            self.in_flight.departs(statement.generation);
            self.samples.prepared(statement.outcome.shadow);
            Arc::new(Prepared { statement, how: How::Protocol(types.into()), names: self.names.known().clone(), lost: false })
        });
        self.prepared.expect(id, held.clone());
        self.pipeline.push(Request::Parse { name: id, held });
        Continue(match rewritten {
            Some(text) => {
                let mut out = Vec::with_capacity(text.len() + body.len());
                frame::write(&mut out, client::PARSE, &[name, &[0], &text, &[0], types]);
                ToServer::Replace(out)
            }
            None => ToServer::Pass,
        })
    }

    /// A statement that may name a legacy table passes unread: each is counted, and the first of a session is logged. Legacy names
    /// at its beginning are counted as hits of an opaque statement.
    pub(super) fn passes_unread(&mut self, text: &[u8]) -> Option<Arc<Statement>> {
        if !self.peer.is_target() {
            return None;
        }
        self.house.note(Note::Unread);
        if self.peer.is_first_unread() {
            self.house.note(Note::FirstUnread);
        }
        let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
        let begins = String::from_utf8_lossy(&text[..text.len().min(UNREAD_BYTES)]);
        let outcome = self.house.policy().unread(&begins);
        (!outcome.hits.is_empty()).then(|| Arc::new(Statement::new("", self.peer.reading(), Arc::new(outcome), 0)))
    }

    fn bind(&mut self, portal_name: &[u8], name: &[u8], parameters: Option<&[u8]>) -> Readiness {
        let (portal, statement) = (self.name(portal_name), self.name(name));
        let mut generation = 0;
        let mut sample = None;
        let mut begins = None;
        if !self.prepared.is_empty() || !self.portals.none_is_ahead() {
            let decided = self.announce();
            self.renew(statement, name, Protocol::Extended)?;
            let found = self.prepared.find(statement, || true);
            self.stands_alone(found.as_ref().map(|found| &found.held.statement))?;
            if let Some(found) = &found {
                self.enter(&found.held.statement.outcome, decided)?;
            }
            self.portals.expect(portal, found.as_ref().map(|found| &found.held.statement));
            // SQL's FETCH runs a portal too, by its name.
            if !portal_name.is_empty() && found.as_ref().is_some_and(|found| found.held.statement.changes_names.any()) {
                self.names.follow_closely(self.house.now());
            }
            if let Some(found) = found {
                generation = found.held.statement.generation;
                self.in_flight.departs(generation);
                sample = parameters.and_then(|parameters| self.sample_of_bind(&found.held, parameters));
                begins = Some(found.held.statement.clone());
            }
        }
        self.runs(begins.as_ref());
        self.pipeline.push(Request::Bind { portal, statement, generation, sample });
        Continue(())
    }

    fn describe(&mut self, body: &[u8]) -> Readiness {
        let (described, name) = self.about(body);
        // Anything but a statement or a portal the server refuses (08P01).
        if let About::Statement(id) = described
            && body.first() == Some(&about::STATEMENT)
            && !self.prepared.is_empty()
        {
            self.renew(id, name, Protocol::Extended)?;
        }
        self.pipeline.push(Request::Describe(described));
        Continue(())
    }

    fn close(&mut self, body: &[u8]) {
        let (about, _) = self.about(body);
        match about {
            About::Portal(portal) => self.portals.expect(portal, None),
            About::Statement(name) => self.prepared.expect(name, None),
        }
        self.pipeline.push(Request::Close(about));
    }

    /// What a Describe or a Close is about, and the name in it.
    pub(super) fn about<'b>(&self, body: &'b [u8]) -> (About, &'b [u8]) {
        let name = body.get(1..).and_then(cstr).map_or(&[][..], |(name, _)| name);
        let id = self.name(name);
        (if body.first() == Some(&about::PORTAL) { About::Portal(id) } else { About::Statement(id) }, name)
    }

    pub(super) fn execute(&mut self, body: &[u8]) {
        let (name, rest) = cstr(body).unwrap_or_default();
        let portal: NameId = self.name(name);
        let limit = rest.first_chunk().map_or(0, |limit| u32::from_be_bytes(*limit));
        self.names.pass();
        let timed = !self.prepared.is_empty() || !self.portals.none_is_open();
        if let Some(statement) = self.portals.next(portal).filter(|s| s.has_consequences()).cloned() {
            self.foresee(&statement);
        }
        self.pipeline.push(Request::Execute { portal, at: timed.then(|| self.house.now()), limit });
    }

    /// A function is called by its number, with which its message begins: one that is no part of PostgreSQL may do anything.
    fn calls(&mut self, body: &[u8]) {
        const SET_CONFIG: u32 = 2078;
        const FIRST_NORMAL: u32 = 16384;
        let number = body.first_chunk().map_or(0, |number| u32::from_be_bytes(*number));
        if number == SET_CONFIG || number >= FIRST_NORMAL {
            self.names.change(Doubt::ALL, self.pipeline.ends());
        }
    }

    /// Notes that a statement is sent which changes what later ones mean.
    fn foresee(&mut self, statement: &Statement) {
        self.names.change(statement.changes_names, self.pipeline.ends());
        if statement.changes_names.later {
            self.names.follow_closely(self.house.now());
        }
        if statement.changes_reading || statement.resets_reading && !self.peer.reads_as_first() {
            self.peer.may_reread(self.pipeline.ends());
        }
        statement.changes.iter().for_each(|(_, change)| self.prepared.expect_change(change));
    }
}
