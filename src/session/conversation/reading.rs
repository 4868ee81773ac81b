//! From a text to a [`Statement`]: what becomes of it, what it does to names and to prepared statements, what it executes.

use std::ops::ControlFlow::Continue;
use std::sync::Arc;

use super::Conversation;
use crate::rewrite::{Outcome, Policy};
use crate::session::house::{House, Note};
use crate::session::names::Doubt;
use crate::session::readiness::Readiness;
use crate::session::statement::{Change, How, Prepared, Protocol, Statement};
use crate::sql::effect::Effect;
use crate::sql::{Lexed, effect};

impl<H: House> Conversation<H> {
    /// Decides about a text; `None` when it has nothing to do with a legacy table, nor with names.
    pub(super) fn read(&mut self, text: &[u8], protocol: Protocol) -> Readiness<Option<Arc<Statement>>> {
        if !self.peer.is_target() {
            return Continue(None);
        }
        let policy = self.house.policy();
        let found = policy.scan(text);
        let named = (!self.prepared.is_empty() || self.names.hide_tables()) && effect::may_name_statements(text);
        if !(found.legacy || found.path || named) {
            return Continue(None);
        }
        let policy = if found.legacy || named { self.announced_policy() } else { policy };
        let Some(text) = self.peer.legible(text) else {
            self.names.change(Doubt { path: found.path, temporary: false });
            if found.legacy {
                self.house.note(Note::Unread);
            }
            return Continue(None);
        };
        let read_by_server = !self.pipeline.is_deaf();
        let (outcome, generation) = if found.legacy {
            if read_by_server {
                self.know_names(protocol)?;
            }
            (self.house.outcome(&policy, self.names.known(), text), policy.generation)
        } else {
            let effects = Lexed::new(text).map_or(Vec::new(), |lexed| effect::effects(&lexed));
            (Arc::new(Outcome { effects, ..Outcome::default() }), 0)
        };
        let mut statement = self.statement(&policy, text, outcome, generation, found.path);
        for name in statement.executes.iter().filter(|_| read_by_server) {
            self.renew(self.name(name.as_bytes()), name.as_bytes(), protocol)?;
        }
        self.answer_for_executed(&mut statement);
        Continue(Some(Arc::new(statement)))
    }

    /// All that has to be remembered about a text. `path`: it may change the search path.
    pub(super) fn statement(&self, policy: &Policy, text: &str, outcome: Arc<Outcome>, generation: u64, path: bool) -> Statement {
        let mut statement = Statement::new(text, outcome.clone(), generation);
        statement.changes_names.path = path;
        for (number, effect) in &outcome.effects {
            self.add_effect(policy, &mut statement, *number, effect);
        }
        statement
    }

    fn add_effect(&self, policy: &Policy, statement: &mut Statement, number: usize, effect: &Effect) {
        let temporary = statement.generation > 0 || self.names.hide_tables();
        match effect {
            Effect::Prepare { name, .. } => {
                let id = self.name(name.as_bytes());
                let held = self.prepared_by_sql(policy, statement, number);
                statement.changes.push((number, held.map_or(Change::Free(id), |held| Change::Hold(id, held))));
            }
            Effect::Deallocate(Some(name)) => statement.changes.push((number, Change::Free(self.name(name.as_bytes())))),
            Effect::Deallocate(None) => statement.changes.push((number, Change::FreeAll)),
            Effect::DiscardAll => {
                statement.changes.push((number, Change::FreeAll));
                statement.changes_names = Doubt::BOTH;
            }
            Effect::Execute(name) => {
                let id = self.name(name.as_bytes());
                let own = statement.changes.iter().any(|(_, c)| matches!(c, Change::Hold(held, _) if *held == id));
                if !own {
                    statement.executes.push(name.as_str().into());
                }
            }
            Effect::CreateTemporary { .. } | Effect::Drop(_) | Effect::Alter | Effect::DiscardTemporary => {
                statement.changes_names.temporary |= temporary;
            }
            Effect::SearchPath { .. } => statement.changes_names.path = true,
            Effect::Begin | Effect::Commit | Effect::Rollback | Effect::Savepoint(_) | Effect::RollbackTo(_) => {}
        }
    }

    /// What PREPARE makes, if it may name a legacy table.
    fn prepared_by_sql(&self, policy: &Policy, statement: &Statement, number: usize) -> Option<Arc<Prepared>> {
        let lexed = Lexed::new(&statement.text).ok()?;
        let range = lexed.statements().into_iter().filter(|r| !r.is_empty()).nth(number)?;
        let text = lexed.slice(&range);
        if !policy.may_name(text.as_bytes()) {
            return None;
        }
        let outcome = self.house.outcome(policy, self.names.known(), text);
        let Some((_, Effect::Prepare { span, .. })) = outcome.effects.first().cloned() else { return None };
        // Beside a change of names in the same text it was prepared under others than are known now.
        let changes_names = |e: &Effect| matches!(e, Effect::SearchPath { .. } | Effect::CreateTemporary { .. });
        let lost = statement.outcome.effects.iter().any(|(_, effect)| changes_names(effect));
        // Its own effects come with each EXECUTE of it, and do not matter to what holds it.
        let statement = Arc::new(Statement::new(text, outcome, policy.generation));
        Some(Arc::new(Prepared { statement, how: How::Sql(span), names: self.names.known().clone(), lost }))
    }

    /// What EXECUTE runs is its own: it counts, a switch waits for it, and its errors name the legacy tables.
    pub(super) fn answer_for_executed(&self, statement: &mut Statement) {
        let found = statement.executes.iter().filter_map(|name| self.prepared.find(self.name(name.as_bytes()), || true));
        let executed: Vec<Arc<Statement>> = found.map(|f| f.held.statement.clone()).filter(|s| s.generation > 0).collect();
        let Some(first) = executed.first() else { return };
        let mut outcome = (*statement.outcome).clone();
        if outcome.hits.is_empty() {
            outcome.seen.clone_from(&first.outcome.seen);
        }
        for run in &executed {
            outcome.hits.extend(run.outcome.hits.iter().cloned());
            outcome.rewritten.extend(run.outcome.rewritten.iter().cloned());
            let generation = if statement.generation == 0 { run.generation } else { statement.generation.min(run.generation) };
            statement.generation = generation;
        }
        statement.outcome = Arc::new(outcome);
    }
}
