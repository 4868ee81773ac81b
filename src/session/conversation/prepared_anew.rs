//! A prepared statement that a switch or a change of names has made stale is prepared anew under its own name before it is used.

use std::ops::ControlFlow::{Break, Continue};
use std::sync::Arc;

use super::Conversation;
use crate::rewrite::Policy;
use crate::session::house::{House, Note};
use crate::session::own_requests;
use crate::session::readiness::{NotYet, Readiness};
use crate::session::statement::{How, NameId, Prepared, Protocol, Statement};

impl<H: House> Conversation<H> {
    /// Makes sure that a prepared statement, and those that it executes, are what their texts become under the present policy and
    /// names.
    pub(super) fn renew(&mut self, id: NameId, name: &[u8], protocol: Protocol) -> Readiness {
        if self.pipeline.is_deaf() {
            return Continue(());
        }
        let Some(found) = self.prepared.find(id, || self.pipeline.awaits_ready()) else { return Continue(()) };
        let executes = &found.held.statement.executes;
        for executed in executes.iter().map(|e| e.as_bytes()).filter(|e| *e != name) {
            self.renew_one(self.name(executed), executed, protocol)?;
        }
        self.renew_one(id, name, protocol)
    }

    fn renew_one(&mut self, id: NameId, name: &[u8], protocol: Protocol) -> Readiness {
        let Some(found) = self.prepared.find(id, || self.pipeline.awaits_ready()) else { return Continue(()) };
        let (held, policy) = (&found.held, self.house.policy());
        if held.statement.generation > 0 {
            self.choose(&policy);
        }
        if self.is_current(held, &policy) {
            return Continue(());
        }
        if !found.certain || self.pipeline.awaits_ready() {
            return Break(NotYet::Wait);
        }
        // In a failed transaction it fails as it is, with the error that it would always have got.
        if self.is_aborted() {
            return Continue(());
        }
        self.know_names(&policy, &[])?;
        self.work_out(&policy, &self.names_for(&policy, held.how.types()), &held.statement.text)?;
        let fresh = self.prepared_anew(held, &policy);
        self.bring_back(&fresh.statement.outcome)?;
        self.samples.prepared(fresh.statement.outcome.shadow);
        if fresh.statement.outcome.text == held.statement.outcome.text && !held.lost {
            self.prepared.replace(id, fresh);
            return Continue(());
        }
        // Its text names what the tables have become, and no table may move until the server has read it.
        self.enter(&fresh.statement.outcome, policy.generation)?;
        self.house.note(Note::PreparedAgain);
        let own = own_requests::again(id, name, &fresh);
        self.in_flight.departs(policy.generation);
        self.prepared.expect(id, Some(fresh));
        Break(match protocol {
            // A Query ends its stretch, also when it fails: it is sent only after this has succeeded.
            Protocol::Simple => self.send_and_hold(own),
            Protocol::Extended => self.send(own),
        })
    }

    /// Whether a statement is what its text becomes now, or names no legacy table.
    fn is_current(&self, held: &Prepared, policy: &Policy) -> bool {
        if held.statement.generation == 0 {
            return true;
        }
        // Under other settings the same bytes would mean something else: it stays what it was parsed as.
        if held.statement.reading != self.peer.reading() {
            return true;
        }
        let known = self.names.known();
        let same_names = Arc::ptr_eq(&held.names, known) || held.names == *known;
        let may_pass = self.names.are_provisional() && !self.pipeline.is_empty();
        let names_hold = same_names && !self.names_are_in_doubt(policy) && !self.names_are_old(policy) && !may_pass;
        held.statement.generation == policy.generation && names_hold && !held.lost
    }

    /// A statement decided about anew.
    fn prepared_anew(&self, held: &Prepared, policy: &Policy) -> Arc<Prepared> {
        let (before, names) = (&held.statement, self.names.known().clone());
        let outcome = self.outcome(policy, &before.text, held.how.types());
        let mut statement = match &held.how {
            How::Protocol(_) => self.statement(policy, &before.text, outcome, policy.generation, before.changes_names),
            How::Sql(_) => Statement {
                changes_names: before.changes_names,
                ..Statement::new(&before.text, before.reading, outcome, policy.generation)
            },
        };
        statement.added.clone_from(&before.added);
        (statement.changes_reading, statement.resets_reading) = (before.changes_reading, before.resets_reading);
        self.answer_for_executed(&mut statement);
        Arc::new(Prepared { statement: Arc::new(statement), how: held.how.clone(), names, lost: false })
    }
}
