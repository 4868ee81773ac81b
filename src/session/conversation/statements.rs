//! From a text to a [`Statement`]: what becomes of it, what it does to names and to prepared statements, what it executes.

use std::collections::HashSet;
use std::ops::ControlFlow::{Break, Continue};
use std::sync::Arc;

use super::Conversation;
use crate::catalog::movers::Moves;
use crate::rewrite::prefilter::Possible;
use crate::rewrite::{Hit, NameContext, Outcome, Policy};
use crate::session::house::{Held, House};
use crate::session::names::Doubt;
use crate::session::readiness::{NotYet, Readiness};
use crate::session::reading::Read;
use crate::session::samples;
use crate::session::statement::{ChangedNames, How, Prepared, PreparedChange, Protocol, Statement};
use crate::sql::effect::{Effect, TEMPORARY};
use crate::sql::{Lexed, effect};

impl<H: House> Conversation<H> {
    /// Decides about a text; `None` when it has nothing to do with a legacy table, nor with names. `types` is the end of a Parse:
    /// the number of declared parameter types, and the types.
    pub(super) fn read(&mut self, text: &[u8], types: &[u8], protocol: Protocol) -> Readiness<Option<Arc<Statement>>> {
        if !self.peer.is_target() {
            return Continue(None);
        }
        let (policy, reading) = (self.house.policy(), self.peer.reading());
        // In another encoding a legacy name may have other bytes.
        let read = (!reading.is_usual()).then(|| reading.read(text));
        let scanned = read.as_ref().and_then(Option::as_ref).map_or(text, |read| read.text.as_bytes());
        let found = policy.scan(scanned);
        let named = (!self.prepared.is_empty() || self.names.hide_tables()) && effect::may_name_statements(text);
        let rereading = self.peer.is_rereading();
        if !(found.legacy || found.path || found.reading || found.resets || found.moves || named) {
            return Continue(None);
        }
        if rereading && found.legacy && self.pipeline.awaits_ready() {
            return Break(NotYet::Wait);
        }
        let policy = if found.legacy || named { self.announced_policy() } else { policy };
        let Some(Read { text, added }) = read.unwrap_or_else(|| reading.read(text)).filter(|_| !rereading) else {
            if found.reading || found.resets {
                self.peer.may_reread(self.pipeline.ends());
            }
            let unread = if found.moves { Doubt::ALL } else { Doubt { path: found.path, ..Doubt::default() } };
            self.names.change(unread, self.pipeline.ends());
            return Continue(found.legacy.then(|| self.passes_unread(text)).flatten());
        };
        let read_by_server = !self.pipeline.is_deaf();
        let (outcome, generation) = if found.legacy {
            if read_by_server && !effect::sets_transaction(text.as_bytes()) {
                let moves = protocol == Protocol::Simple && effect::may_move_names(text.as_bytes());
                let effects = if moves { effects_of(&text) } else { Vec::new() };
                self.know_names(&policy, &effects)?;
            }
            let names = self.names_for(&policy, types);
            let names = if protocol == Protocol::Simple { self.with_left_behind(names, &text) } else { names };
            self.work_out(&policy, &names, &text)?;
            (self.house.outcome(&policy, &names, &text), policy.generation)
        } else {
            (Arc::new(Outcome { effects: effects_of(&text), ..Outcome::default() }), 0)
        };
        self.bring_back(&outcome)?;
        if outcome.text.as_ref().is_some_and(|new| reading.write(new).is_none()) {
            return Continue(self.passes_unread(text.as_bytes()));
        }
        let mut statement = Statement {
            added,
            changes_reading: found.reading,
            resets_reading: found.resets,
            ..self.statement(&policy, &text, outcome, generation, doubt_behind(&policy, &text, found))
        };
        for name in statement.executes.iter().filter(|_| read_by_server) {
            self.renew(self.name(name.as_bytes()), name.as_bytes(), protocol)?;
        }
        self.answer_for_executed(&mut statement);
        self.enter(&statement.outcome, policy.generation)?;
        Continue(Some(Arc::new(statement)))
    }

    /// What becomes of a text whose parameters have these declared types.
    pub(super) fn outcome(&self, policy: &Policy, text: &str, types: &[u8]) -> Arc<Outcome> {
        self.house.outcome(policy, &self.names_for(policy, types), text)
    }

    /// A long text is rewritten outside the event loop; its frame waits for that.
    pub(super) fn work_out(&mut self, policy: &Arc<Policy>, names: &Arc<NameContext>, text: &str) -> Readiness {
        self.waits_for_outcome = self.house.works_out(policy, names, text) == Held::Waits;
        if self.waits_for_outcome { Break(NotYet::Wait) } else { Continue(()) }
    }

    /// What names mean in a text whose parameters have these declared types.
    pub(super) fn names_for(&self, policy: &Policy, types: &[u8]) -> Arc<NameContext> {
        // In a failed transaction the server cannot be asked. What a text does after the end of that transaction is decided with
        // unknown names.
        let known = self.names.known();
        if self.is_aborted() && self.names_are_in_doubt(policy) {
            return declaring(&Arc::new(NameContext { provisional: true, ..(**known).clone() }), types);
        }
        declaring(known, types)
    }

    /// The names for a text of several statements: whether a prepared statement of earlier messages may change them.
    fn with_left_behind(&self, names: Arc<NameContext>, text: &str) -> Arc<NameContext> {
        if memchr::memchr(b';', text.as_bytes()).is_none() {
            return names;
        }
        let moves = |(_, effect): &(usize, Effect)| match effect {
            Effect::Execute(name) => {
                let found = self.prepared.find(self.name(name.as_bytes()), || true);
                found.is_some_and(|found| found.held.statement.changes_names.path)
            }
            _ => false,
        };
        let executes = || !self.prepared.is_empty() && effect::may_name_statements(text.as_bytes());
        let left_behind = executes() && effects_of(text).iter().any(moves);
        if left_behind { Arc::new(NameContext { left_behind, ..(*names).clone() }) } else { names }
    }

    /// All that has to be remembered about a text. `doubt`: what it may change beside its effects.
    pub(super) fn statement(
        &self,
        policy: &Policy,
        text: &str,
        outcome: Arc<Outcome>,
        generation: u64,
        doubt: Doubt,
    ) -> Statement {
        let mut statement = Statement::new(text, self.peer.reading(), outcome.clone(), generation);
        statement.changes_names = doubt;
        // Each step is done once for the whole text: it may prepare and execute a hundred thousand statements.
        let prepares = outcome.effects.iter().any(|(_, effect)| matches!(effect, Effect::Prepare { .. }));
        let lexed = if prepares { Lexed::new(text).ok() } else { None };
        let parts = lexed.as_ref().map_or_else(Vec::new, |lexed| lexed.texts());
        let lost = outcome.effects.iter().any(|(_, effect)| changes_names(effect));
        let mut held = HashSet::new();
        for (number, effect) in &outcome.effects {
            match effect {
                Effect::Prepare { name, .. } => {
                    let id = self.name(name.as_bytes());
                    let prepared = parts.get(*number).and_then(|part| self.prepared_by_sql(policy, part, lost));
                    held.extend(prepared.is_some().then_some(id));
                    let change = prepared.map_or(PreparedChange::Free(id), |prepared| PreparedChange::Hold(id, prepared));
                    statement.changes.push((*number, change));
                }
                Effect::Execute(name) if !held.contains(&self.name(name.as_bytes())) => {
                    statement.executes.push(name.as_str().into());
                }
                Effect::Execute(_) => {}
                effect => self.add_effect(policy, &mut statement, *number, effect),
            }
        }
        statement
    }

    fn add_effect(&self, policy: &Policy, statement: &mut Statement, number: usize, effect: &Effect) {
        let temporary = statement.generation > 0 || self.names.hide_tables();
        match effect {
            Effect::Deallocate(Some(name)) => statement.changes.push((number, PreparedChange::Free(self.name(name.as_bytes())))),
            Effect::Deallocate(None) => statement.changes.push((number, PreparedChange::FreeAll)),
            Effect::DiscardAll => {
                statement.changes.push((number, PreparedChange::FreeAll));
                statement.changes_names.path = true;
                statement.changes_names.temporary = true;
            }
            Effect::SearchPath { .. } | Effect::Role { .. } => statement.changes_names.path = true,
            // Which relations its code makes is not read.
            Effect::Code => {
                (statement.changes_names.temporary, statement.changes_names.others) = (true, true);
                statement.changes_names.untold |= statement.generation > 0;
            }
            Effect::DiscardTemporary => statement.changes_names.temporary |= temporary,
            effect => {
                let in_temporary = self.names.known().search_path.iter().any(|schema| schema == TEMPORARY);
                statement.changes_names.temporary |= temporary && effect.may_be_of_temporary(in_temporary);
                // A text that names no legacy table makes or drops none, except by a schema that is created with its relations, or
                // dropped.
                let may_concern = statement.generation > 0 || effect.is_of_schemas();
                let is_concerned = may_concern && policy.is_concerned(effect);
                statement.changes_names.others |= is_concerned;
                statement.changes_names.untold |= is_concerned;
            }
        }
    }

    /// What PREPARE prepares, if that may name a legacy table or change what names mean. `lost`: the same text also changes names, so the
    /// statement was prepared under other names than those known now.
    fn prepared_by_sql(&self, policy: &Policy, text: &str, lost: bool) -> Option<Arc<Prepared>> {
        let found = policy.scan(text.as_bytes());
        let doubt = doubt_behind(policy, text, found);
        let (outcome, generation) = match (found.legacy, doubt.any()) {
            (true, _) => (self.outcome(policy, text, &[]), policy.generation),
            (false, true) => (Arc::new(Outcome { effects: effects_of(text), ..Outcome::default() }), 0),
            (false, false) => return None,
        };
        let Some((_, Effect::Prepare { span, .. })) = outcome.effects.first().cloned() else { return None };
        // Its effects happen at each EXECUTE of it, and not when it is prepared.
        let statement = Statement { changes_names: doubt, ..Statement::new(text, self.peer.reading(), outcome, generation) };
        Some(Arc::new(Prepared { statement: Arc::new(statement), how: How::Sql(span), names: self.names.known().clone(), lost }))
    }

    /// A statement that EXECUTE runs is treated as part of the text: its effects and hits count, a switch waits for it, and its
    /// errors are led back.
    pub(super) fn answer_for_executed(&self, statement: &mut Statement) {
        let mut executed: Vec<(usize, Arc<Statement>)> = Vec::new();
        let (own, changes) = (statement.outcome.clone(), statement.changes.clone());
        let (mut changed, mut changes) = (ChangedNames::default(), changes.iter().peekable());
        for (number, effect) in &own.effects {
            let Effect::Execute(name) = effect else { continue };
            let name = self.name(name.as_bytes());
            // What the text itself has prepared, or freed, before comes first.
            while let Some((_, change)) = changes.next_if(|(at, _)| at < number) {
                changed.apply(change);
            }
            let held = match changed.get(name) {
                Some(changed) => changed,
                None => self.prepared.find(name, || true).map(|found| found.held),
            };
            let Some(held) = held else { continue };
            let run = &held.statement;
            statement.changes_names = statement.changes_names.and(run.changes_names);
            if matches!(held.how, How::Protocol(_)) {
                statement.changes_reading |= run.changes_reading;
                statement.resets_reading |= run.resets_reading;
                run.changes.iter().for_each(|(_, change)| changed.apply(change));
                statement.changes.extend(run.changes.iter().map(|(_, change)| (*number, change.clone())));
            }
            if run.generation > 0 {
                executed.push((*number, run.clone()));
            }
        }
        let Some((_, first)) = executed.first() else { return };
        let mut outcome = (*statement.outcome).clone();
        if outcome.hits.is_empty() {
            outcome.seen.clone_from(&first.outcome.seen);
        }
        let mut told = HashSet::new();
        for (number, run) in &executed {
            outcome.hits.extend(run.outcome.hits.iter().map(|hit| Hit { statement: *number, ..hit.clone() }));
            // Once, also where the text executes it often.
            if told.insert(Arc::as_ptr(run)) {
                outcome.named.extend(run.outcome.named.iter().cloned());
                outcome.rewritten.extend(run.outcome.rewritten.iter().cloned());
            }
            let generation = if statement.generation == 0 { run.generation } else { statement.generation.min(run.generation) };
            statement.generation = generation;
        }
        outcome.hits.sort_by_key(|hit| hit.statement);
        statement.outcome = Arc::new(outcome);
    }
}

/// The same names in a text that declares these types of its parameters.
pub(super) fn declaring(names: &Arc<NameContext>, types: &[u8]) -> Arc<NameContext> {
    let declared = samples::declared(types);
    if declared.is_empty() { names.clone() } else { Arc::new(NameContext { declared, ..(**names).clone() }) }
}

/// Whether an effect changes what names of relations mean.
fn changes_names(effect: &Effect) -> bool {
    matches!(effect, Effect::SearchPath { .. } | Effect::Role { .. }) || effect.is_of_relations()
}

/// What is not known behind a text of which this was found.
fn doubt_behind(policy: &Policy, text: &str, found: Possible) -> Doubt {
    let moves = if found.moves { policy.moves_of(text) } else { Moves::default() };
    let doubt = Doubt { path: found.path, ..Doubt::default() }.and(Doubt::behind(moves));
    Doubt { later: doubt.any() && found.later, ..doubt }
}

fn effects_of(text: &str) -> Vec<(usize, Effect)> {
    Lexed::new(text).map_or(Vec::new(), |lexed| effect::effects(&lexed))
}
