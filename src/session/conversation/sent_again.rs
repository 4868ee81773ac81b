//! A read of a copied table that fails before the client has got any of its answer is sent again as a read of the legacy table.

use std::ops::ControlFlow::{Break, Continue};
use std::sync::Arc;

use super::from_server::sqlstate_of;
use super::statements::declaring;
use super::{Conversation, Run, ToClient, ToServer};
use crate::rewrite::NameContext;
use crate::session::again::{Behind, Read, Stretch};
use crate::session::house::{House, Note};
use crate::session::own_requests::OwnRequest;
use crate::session::pipeline::{Query, Request};
use crate::session::readiness::{NotYet, Readiness, Turn};
use crate::session::samples::{types, values};
use crate::session::statement::{How, Prepared, Statement, UNNAMED};
use crate::traffic::Sqlstate;
use crate::wire::error_response::{ErrorFields, field};
use crate::wire::frame::{self, cstr};
use crate::wire::tag::{about, client, server};

impl<H: House> Conversation<H> {
    /// Whether the parameters of a Bind are wanted because its read may be sent again.
    pub(super) fn may_send_again(&self) -> bool {
        self.again.is_wanted() && !self.names.known().reads.is_empty()
    }

    /// A read of a copy waits until everything before it is answered: only then is it known whether it stands alone.
    pub(super) fn stands_alone(&self, statement: Option<&Arc<Statement>>) -> Readiness {
        let reads = statement.is_some_and(|statement| !statement.outcome.reads.is_empty());
        if reads && self.pipeline.awaits_ready() { Break(NotYet::Wait) } else { Continue(()) }
    }

    /// Notes that a frame of the client's is sent.
    pub(super) fn sends(&mut self, tag: u8, body: &[u8], whole: bool) {
        if !self.again.is_wanted() {
            return;
        }
        let reads = !self.names.known().reads.is_empty();
        let is_whole = whole || matches!(tag, client::DESCRIBE | client::EXECUTE | client::SYNC);
        let read = if reads && is_whole { self.read_of(tag, body) } else { None };
        self.again.sends(tag, body, reads && is_whole, read.as_ref());
    }

    /// The read of a copy that a frame is about, if any.
    fn read_of(&mut self, tag: u8, body: &[u8]) -> Option<Read> {
        let name = match tag {
            client::QUERY => {
                let Some(Request::Query(Query { statement: Some(statement), .. })) = self.pipeline.front() else { return None };
                let (statement, names) = (statement.clone(), self.names.known().clone());
                let held = Prepared { statement, how: How::Protocol([0, 0].into()), names, lost: false };
                let reads = !held.statement.outcome.reads.is_empty();
                return reads.then(|| Read { name: (UNNAMED, Box::default()), held: Arc::new(held) });
            }
            client::PARSE => cstr(body)?.0,
            client::BIND => cstr(cstr(body)?.1)?.0,
            client::DESCRIBE if body.first() == Some(&about::STATEMENT) => cstr(&body[1..])?.0,
            _ => return None,
        };
        let id = self.name(name);
        let held = self.prepared.find(id, || true)?.held;
        (!held.statement.outcome.reads.is_empty()).then(|| Read { name: (id, name.into()), held })
    }

    /// What becomes of a frame of the client's after a failure that the client has not been told; `None` when there was none.
    pub(super) fn behind_failure(&mut self, tag: u8, body: &[u8], whole: bool) -> Option<ToServer> {
        if tag == client::TERMINATE {
            return None;
        }
        // A client that asks for answers in the middle of a stretch gets them, also those that are held back.
        if tag == client::FLUSH {
            let held = self.again.is_answered();
            if !held.is_empty() {
                return Some(ToServer::Tell(held));
            }
        }
        let name = match tag {
            client::BIND => cstr(body).and_then(|(_, rest)| cstr(rest)).map(|(name, _)| self.name(name)),
            client::DESCRIBE => cstr(body.get(1..)?).map(|(name, _)| self.name(name)),
            _ => None,
        };
        let name = name.filter(|_| tag != client::DESCRIBE || body.first() == Some(&about::STATEMENT));
        Some(match self.again.behind(tag, body, whole, name)? {
            Behind::Kept => ToServer::Replace(Vec::new()),
            Behind::Told(error) => ToServer::Answer(error),
            Behind::Ends(stretch, sqlstate) => {
                self.is_answered_by_table(&stretch, sqlstate);
                self.pipeline.push(Request::Sync);
                self.prepared.end_stretch();
                let mut out = Vec::with_capacity(256);
                frame::write(&mut out, client::SYNC, &[]);
                self.send_again(&stretch, &mut out);
                ToServer::Replace(out)
            }
        })
    }

    /// What becomes of a frame of the server's while a read may be sent again; `None` where it is treated like any other.
    pub(super) fn reply_to_read(&mut self, tag: u8, body: &[u8]) -> Option<ToClient> {
        match (self.again.is_sent(), tag) {
            (_, server::NOTICE | server::PARAMETER_STATUS | server::NOTIFICATION) => None,
            (is_sent, server::ERROR) if is_sent || self.again.is_begun() => self.read_failed(body, is_sent),
            (_, _) if self.awaits_own_reply() => None,
            _ if !self.again.is_going_on() => self.with_what_is_owed(tag, body),
            (_, server::PARSE_COMPLETE | server::BIND_COMPLETE | server::NO_DATA) => self.held_back_reply(tag, body),
            // A frame that is too long to be read cannot be held back.
            (_, server::ROW_DESCRIPTION | server::PARAMETER_DESCRIPTION) if !body.is_empty() => self.held_back_reply(tag, body),
            _ => self.with_what_is_owed(tag, body),
        }
    }

    fn with_what_is_owed(&mut self, tag: u8, body: &[u8]) -> Option<ToClient> {
        let held = self.again.is_answered();
        if held.is_empty() { None } else { Some(behind(held, self.reply(tag, body))) }
    }

    fn held_back_reply(&mut self, tag: u8, body: &[u8]) -> Option<ToClient> {
        let mut held = Vec::with_capacity(body.len() + frame::HEADER_BYTES);
        match self.reply(tag, body) {
            ToClient::Pass => frame::write(&mut held, tag, &[body]),
            ToClient::Replace(bytes) => held = bytes,
            other => return Some(other),
        }
        self.again.holds(&held);
        Some(ToClient::Swallow)
    }

    fn read_failed(&mut self, body: &[u8], is_sent: bool) -> Option<ToClient> {
        let error = ErrorFields::parse(body);
        let is_early = !is_sent && self.turn == Turn::Client && self.again.begun().is_some();
        if !may_be_answered(&error) || !is_sent && !is_early {
            let held = self.again.is_answered();
            return Some(behind(held, self.reply(server::ERROR, body)));
        }
        if is_early {
            let told = match self.reply(server::ERROR, body) {
                ToClient::Replace(bytes) => bytes,
                _ => error.frame(server::ERROR),
            };
            self.again.fails_early(&told, sqlstate_of(&error));
            return Some(ToClient::Swallow);
        }
        let began = match self.pipeline.front() {
            Some(Request::Query(query)) => query.at,
            Some(Request::Execute { at, .. }) => *at,
            _ => None,
        };
        let sqlstate = sqlstate_of(&error);
        let statement = self.again.sent()?.held.statement.clone();
        self.ran(&statement, Run::failed(began, sqlstate));
        let stretch = self.again.fails()?;
        self.is_answered_by_table(&stretch, sqlstate);
        self.names.unanswered();
        let mut out = Vec::with_capacity(256);
        self.send_again(&stretch, &mut out);
        Some(ToClient::Again(out))
    }

    /// Counts the failure, and offers the read for comparison: where the legacy table gives an answer, the copy differs.
    fn is_answered_by_table(&self, stretch: &Stretch, sqlstate: Sqlstate) {
        self.house.note(Note::AnsweredByTable(sqlstate));
        let Some(read) = stretch.read.as_ref().filter(|_| !self.names.hide_tables()) else { return };
        let How::Protocol(list) = &read.held.how else { return };
        let bind = stretch.frames.iter().find(|(tag, _)| *tag == client::BIND);
        let parameters = bind.and_then(|(_, body)| values(cstr(cstr(body)?.1)?.1));
        // Without its parameters it would be another statement.
        if read.held.statement.text.contains('$') && parameters.is_none() {
            return;
        }
        let types = types(list).unwrap_or_default();
        self.house.offer(self.sample(&read.held.statement, types, parameters.unwrap_or_default()));
    }

    /// Writes all frames of a read once more, for the legacy table. What the server still sends for the first attempt ends with a
    /// ReadyForQuery that is not passed on.
    fn send_again(&mut self, stretch: &Stretch, out: &mut Vec<u8>) {
        let Some(read) = &stretch.read else { return };
        self.pipeline.begins_again();
        let held = self.by_table(&read.held);
        let statement = held.statement.clone();
        let text = statement.reading.write(statement.sent()).unwrap_or_default().into_owned();
        let (id, name) = (read.name.0, &read.name.1);
        let is_parsed = stretch.frames.iter().any(|(tag, _)| *tag == client::PARSE);
        if !matches!(stretch.frames.first(), Some((client::QUERY, _))) {
            frame::write(out, client::CLOSE, &[&[about::STATEMENT], name, &[0]]);
            self.pipeline.push(Request::Own(OwnRequest::Forget(id)));
            if !is_parsed {
                self.parse_again(&held, name, &text, out);
                self.pipeline.push(Request::Own(OwnRequest::Again(server::PARSE_COMPLETE, id, held.clone())));
            }
            self.prepared.expect(id, Some(held.clone()));
        }
        for (tag, body) in &stretch.frames {
            match *tag {
                client::QUERY => {
                    frame::write(out, client::QUERY, &[&text, &[0]]);
                    let at = Some(self.house.now());
                    self.pipeline.push(Request::Query(Query::new(Some(statement.clone()), at)));
                    self.prepared.expect(UNNAMED, None);
                    self.prepared.end_stretch();
                    self.runs(Some(&statement));
                    return;
                }
                client::PARSE => {
                    self.parse_again(&held, name, &text, out);
                    self.pipeline.push(Request::Parse { name: id, held: Some(held.clone()) });
                    continue;
                }
                client::BIND => {
                    let portal = self.name(cstr(body).map_or(&[][..], |(portal, _)| portal));
                    self.portals.expect(portal, Some(&statement));
                    let generation = statement.generation;
                    self.pipeline.push(Request::Bind { portal, statement: id, generation, sample: None });
                    self.runs(Some(&statement));
                }
                client::DESCRIBE => {
                    let (what, _) = self.about(body);
                    self.pipeline.push(Request::Describe(what));
                }
                _ => self.execute(body),
            }
            frame::write(out, *tag, &[body]);
        }
        frame::write(out, client::SYNC, &[]);
        self.pipeline.push(Request::Sync);
        self.prepared.end_stretch();
    }

    fn parse_again(&self, held: &Prepared, name: &[u8], text: &[u8], out: &mut Vec<u8>) {
        let types = if let How::Protocol(types) = &held.how { &types[..] } else { &[0, 0] };
        frame::write(out, client::PARSE, &[name, &[0], text, &[0], types]);
    }

    /// The statement as it is in a session that reads no copy.
    fn by_table(&self, held: &Prepared) -> Arc<Prepared> {
        let (before, policy) = (&held.statement, self.house.policy());
        let names: Arc<NameContext> = Arc::new(self.names.known().by_legacy_tables());
        let outcome = self.house.outcome(&policy, &declaring(&names, held.how.types()), &before.text);
        let mut statement = Statement::new(&before.text, before.reading, outcome, policy.generation);
        statement.added.clone_from(&before.added);
        Arc::new(Prepared { statement: Arc::new(statement), how: held.how.clone(), names, lost: false })
    }
}

/// Whether the legacy table may give an answer where the copy gave this error. A client that was cancelled, or whose connection is
/// being ended, has to be told so (manual, appendix A, class 57).
fn may_be_answered(error: &ErrorFields) -> bool {
    let is_fatal = matches!(error.get(field::SEVERITY_UNTRANSLATED), Some(b"FATAL" | b"PANIC"));
    !is_fatal && !error.get(field::SQLSTATE).is_some_and(|code| code.starts_with(b"57"))
}

/// What was held back, followed by this reply.
fn behind(mut held: Vec<u8>, reply: ToClient) -> ToClient {
    match reply {
        _ if held.is_empty() => reply,
        ToClient::Pass => ToClient::First(held),
        ToClient::Replace(bytes) => {
            held.extend_from_slice(&bytes);
            ToClient::Replace(held)
        }
        ToClient::Swallow => ToClient::Replace(held),
        other => other,
    }
}
