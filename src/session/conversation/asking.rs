//! What has to happen before a statement is decided about: the policy is announced, and the server is asked what names mean.

use std::ops::ControlFlow::{Break, Continue};
use std::sync::Arc;

use arc_swap::Guard;

use super::Conversation;
use crate::mode::Readers;
use crate::rewrite::{Outcome, Policy};
use crate::session::house::{Held, House};
use crate::session::names::Moment;
use crate::session::own_requests::{self, OwnRequests};
use crate::session::pipeline::{Request, Transaction};
use crate::session::readiness::{NotYet, Readiness, Turn};
use crate::sql::effect::Effect;
use crate::wire::frame;
use crate::wire::tag::client;

impl<H: House> Conversation<H> {
    /// Announces the policy in force, before it is looked at; returns its generation.
    pub(super) fn announce(&mut self) -> u64 {
        let generation = self.house.policy().generation;
        self.in_flight.announce(generation);
        generation
    }

    /// The policy to decide by, which has been announced.
    pub(super) fn announced_policy(&mut self) -> Guard<Arc<Policy>> {
        self.announce();
        let policy = self.house.policy();
        self.choose(&policy);
        policy
    }

    /// Chooses which copied tables this session reads in their new form. A session's choice for a table stays the same as long as
    /// it lives.
    pub(super) fn choose(&mut self, policy: &Policy) {
        if policy.readers().is_empty() && self.names.known().reads.is_empty() {
            return;
        }
        let client = self.peer.client();
        let lot = |table: &String| u8::try_from(self.hasher.hash_one(table) % 100).unwrap_or_default();
        let is_chosen = |(table, readers): &(&String, &Readers)| {
            !self.rebuilt.contains(table) && readers.have(lot(table), &client.user, &client.application)
        };
        let chosen = policy.readers().iter().filter(is_chosen);
        let reads = chosen.map(|(table, _)| table.clone()).collect();
        self.names.choose(reads);
    }

    /// Whether the server would have to be asked what names mean.
    pub(super) fn names_are_in_doubt(&self, policy: &Policy) -> bool {
        self.names.are_in_doubt(Moment { policy, relations: self.house.relations() })
    }

    /// Whether the search path may have been changed by now where no statement says so. A transaction that has failed changes nothing.
    pub(super) fn names_are_old(&self, policy: &Policy) -> bool {
        policy.movers().are_hidden() && !self.is_aborted() && self.names.are_old(|| self.house.now())
    }

    /// Makes sure that names are known as the server will resolve them in a text with these effects.
    pub(super) fn know_names(&mut self, policy: &Policy, effects: &[(usize, Effect)]) -> Readiness {
        if self.names.are_provisional() && !self.pipeline.is_empty() {
            // The transaction in which the names were learned may end before this statement.
            self.names.doubt_all();
        }
        if self.names_are_old(policy) {
            self.names.doubt_path();
        }
        let relations = self.house.relations();
        let needed = self.names.known().needed(policy, effects);
        let Some(about) = self.names.lack(Moment { policy, relations }, &needed) else { return Continue(()) };
        if self.pipeline.awaits_ready() {
            return Break(NotYet::Wait);
        }
        if self.is_aborted() {
            return Continue(());
        }
        // Within a stretch the server is in a transaction, even when everything is answered.
        let alone = self.pipeline.is_empty() && !self.pipeline.is_in_stretch();
        let own = own_requests::questions(&about);
        self.names.ask(about, self.transaction != Transaction::None || !alone, relations);
        Break(self.send_and_hold(own))
    }

    /// A statement that names a tombstone waits until the name is back, or until the wait is given up. In a failed transaction it
    /// fails anyway, and what the server skips uses no name.
    pub(super) fn bring_back(&mut self, outcome: &Outcome) -> Readiness {
        if outcome.tombstones.is_empty() {
            // The name that was waited for is back: if it is named again later, that is a new touch.
            if std::mem::take(&mut self.waits_for_name) {
                self.house.touches(outcome);
            }
            return Continue(());
        }
        if self.pipeline.is_deaf() {
            return Continue(());
        }
        if self.pipeline.awaits_ready() {
            return Break(NotYet::Wait);
        }
        // If something before it in the same stretch fails, the server skips this statement, and no name is used.
        if !self.pipeline.is_answered() {
            let mut flush = Vec::with_capacity(frame::HEADER_BYTES);
            frame::write(&mut flush, client::FLUSH, &[]);
            return Break(if self.pipeline.ask() { NotYet::First(flush) } else { NotYet::Wait });
        }
        let ends = |effect: &Effect| {
            matches!(effect, Effect::Commit | Effect::PrepareTransaction | Effect::Rollback | Effect::RollbackTo(_))
        };
        let is_lost = self.is_aborted() && !outcome.effects.iter().any(|(_, effect)| ends(effect));
        self.waits_for_name = !is_lost && self.house.touches(outcome) == Held::Waits;
        if self.waits_for_name { Break(NotYet::Wait) } else { Continue(()) }
    }

    /// A statement that names a table whose cut-over is under way waits, unless its transaction has named the table before; so does one that was
    /// decided about by a policy that is no longer in force, and is decided about anew. What the server skips uses no table.
    pub(super) fn enter(&mut self, outcome: &Outcome, generation: u64) -> Readiness {
        if outcome.hits.is_empty() || self.pipeline.is_deaf() || self.is_aborted() {
            return Continue(());
        }
        self.waits_for_name = self.house.enters(outcome, generation) == Held::Waits;
        self.uses_tables |= !self.waits_for_name;
        if self.waits_for_name { Break(NotYet::Wait) } else { Continue(()) }
    }

    /// Whether the transaction has failed: whatever comes now fails, or ends it.
    pub(super) fn is_aborted(&self) -> bool {
        self.transaction == Transaction::Failed && !self.pipeline.executes()
    }

    /// Sends requests of our own before the frame that is decided about.
    pub(super) fn send(&mut self, own: OwnRequests) -> NotYet {
        own.requests.into_iter().for_each(|request| self.pipeline.push(Request::Own(request)));
        NotYet::First(own.frames)
    }

    /// The same, and the frame waits for their answers. Between the client's stretches our requests are a stretch of their own
    /// and end with Sync: VACUUM and its like may not follow anything that ran in theirs (PostgreSQL source, xact.c,
    /// PreventInTransactionBlock). In the middle of a client's pipeline they must not end its stretch.
    pub(super) fn send_and_hold(&mut self, mut own: OwnRequests) -> NotYet {
        let sync = self.pipeline.is_empty() && !self.pipeline.is_in_stretch();
        own.end(sync);
        if sync {
            self.prepared.end_stretch();
        }
        self.turn = Turn::Held;
        self.send(own)
    }
}
