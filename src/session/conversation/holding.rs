//! A paused proxy: which frames of the client's are held back; and how a statement that waits, for RESUME or for a name, is
//! answered when the client cancels it.

use super::{Conversation, ToServer};
use crate::error::{ClientError, sqlstate};
use crate::rewrite::Outcome;
use crate::session::hold::Cancel;
use crate::session::house::House;
use crate::session::pipeline::Transaction;
use crate::wire::error_response::ErrorFields;
use crate::wire::frame::{self, cstr};
use crate::wire::tag::{client, server, status};

impl<H: House> Conversation<H> {
    /// The proxy pauses (true), or resumes.
    pub fn hold(&mut self, held: bool) {
        self.hold.is_on = held;
        if !held {
            self.nothing_waits();
        }
        self.show();
    }

    /// Whether the session is held and at rest: the proxy is paused, nothing is unanswered, and no transaction is open.
    pub fn is_resting(&self) -> bool {
        self.hold.is_on && self.is_idle() && !self.pipeline.is_in_stretch()
    }

    /// The statement that waits is to be answered as a cancelled one when it is shown next; false when none waits.
    pub fn cancel_held(&mut self) -> bool {
        let is_held = self.is_resting() && self.hold.waiting.is_some_and(|tag| tag != client::SYNC);
        // In a transaction, or behind requests that are not answered, only the server can answer with the right error: it gets a
        // statement that fails. A wait for a name ends soon anyway.
        let waits = (self.waits_for_name || self.waits_for_outcome) && self.is_idle() && !self.pipeline.is_in_stretch();
        let is_statement = is_held || waits;
        if is_statement {
            self.hold.cancel = Cancel::Wanted;
        }
        is_statement || self.waits_for_outcome && self.house.cancels_outcome()
    }

    /// What becomes of a frame because of a pause or of a cancelled statement; `None` when it is to be decided about as usual.
    pub(super) fn held_back(&mut self, tag: u8, body: &[u8]) -> Option<ToServer> {
        match self.hold.cancel {
            Cancel::Skipping => return self.skipped(tag),
            Cancel::Wanted => return Some(self.cancelled(tag)),
            Cancel::None => {}
        }
        if !self.hold.is_on || !self.begins(tag) {
            return None;
        }
        if self.is_resting() {
            // All is answered, so the server has nothing to flush.
            if tag == client::FLUSH {
                return Some(ToServer::Replace(Vec::new()));
            }
            if self.hold.waiting != Some(tag) {
                self.hold.waiting = Some(tag);
                self.shows_held(tag, body);
                self.show();
            }
        }
        Some(ToServer::Wait)
    }

    /// Whether a frame begins something new. What belongs to an open transaction or to a begun statement passes; until a stretch is
    /// answered it is not known whether it leaves a transaction open.
    fn begins(&mut self, tag: u8) -> bool {
        let begins = !matches!(tag, client::TERMINATE | client::COPY_DATA | client::COPY_DONE | client::COPY_FAIL);
        let is_between = !self.pipeline.is_in_stretch() && self.is_logged_in();
        begins && is_between && (!self.pipeline.is_empty() || self.transaction == Transaction::None)
    }

    /// The error, in PostgreSQL's own words (source, postgres.c, ProcessInterrupts). No transaction is open where a statement
    /// waits.
    fn cancelled(&mut self, tag: u8) -> ToServer {
        let error = ClientError::new(sqlstate::QUERY_CANCELED, "canceling statement due to user request");
        let mut out = ErrorFields::own("ERROR", &error).frame(server::ERROR);
        let is_whole = matches!(tag, client::QUERY | client::FUNCTION_CALL);
        if is_whole {
            frame::write(&mut out, server::READY_FOR_QUERY, &[&[status::IDLE]]);
        }
        self.hold.cancel = if is_whole { Cancel::None } else { Cancel::Skipping };
        self.waits_for_outcome = false;
        if std::mem::take(&mut self.waits_for_name) {
            self.house.touches(&Outcome::default());
        }
        self.nothing_waits();
        self.show();
        ToServer::Answer(out)
    }

    /// What becomes of a frame that comes after an error of the extended protocol.
    fn skipped(&mut self, tag: u8) -> Option<ToServer> {
        match tag {
            client::TERMINATE => return None,
            client::SYNC => self.hold.cancel = Cancel::None,
            _ => return Some(ToServer::Replace(Vec::new())),
        }
        let mut out = Vec::with_capacity(frame::HEADER_BYTES + 1);
        frame::write(&mut out, server::READY_FOR_QUERY, &[&[status::IDLE]]);
        Some(ToServer::Answer(out))
    }

    fn nothing_waits(&mut self) {
        if self.hold.waiting.take().is_some() {
            self.house.holds(None);
        }
    }

    /// Tells the house what waits: its text, or that of the prepared statement that it is about, if that is remembered.
    fn shows_held(&mut self, tag: u8, body: &[u8]) {
        let text = match tag {
            client::QUERY => cstr(body).map(|(text, _)| text),
            client::PARSE => cstr(body).and_then(|(_, rest)| cstr(rest)).map(|(text, _)| text),
            client::BIND => {
                let name = cstr(body).and_then(|(_, rest)| cstr(rest)).map(|(name, _)| self.name(name));
                let held = name.and_then(|name| self.prepared.confirmed(name));
                return self.house.holds(Some(held.map_or("", |held| &held.statement.text)));
            }
            _ => None,
        };
        let read = text.filter(|_| self.peer.is_target()).and_then(|text| self.peer.reading().read(text));
        self.house.holds(Some(read.as_ref().map_or("", |read| &read.text)));
    }
}
