//! What a session asks and does on its own, between the client's requests: questions about names, statements prepared anew. The
//! server's replies to it are kept from the client; an error of it takes the place of the error of the request that it stands
//! before.

use std::sync::Arc;
use std::sync::atomic::{Ordering, fence};
use std::time::Instant;

use super::reply::{sqlstate_of, without_place};
use super::{Conversation, Verdict};
use crate::rewrite::{NameContext, Outcome, Policy};
use crate::session::prepared::{self, Change, Held, How};
use crate::session::search_path::{self, Answers, Doubt};
use crate::session::step::{Info, NameId, Own, Step};
use crate::sql::Lexed;
use crate::sql::effect::Effect;
use crate::sql::escape::Added;
use crate::telemetry;
use crate::wire::error_response::ErrorFields;
use crate::wire::frame;

/// What becomes of a Query in whose place a request of our own has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lost {
    /// It is answered already.
    Drop,
    /// The server skips it: a Sync brings the ReadyForQuery that the client waits for.
    Sync,
}

impl Conversation {
    // --- names ---

    /// Makes sure that `names` is what the server will see. `Some` is what has to happen first.
    pub(super) fn settle(&mut self, query: bool) -> Option<Verdict> {
        if self.names.passing && !self.steps.is_empty() {
            // The transaction in which they were learned may end before this statement.
            self.doubt = Doubt::BOTH;
        }
        if !self.doubt.any() {
            return None;
        }
        if self.steps.awaits_ready() {
            return Some(Verdict::Wait);
        }
        if self.is_aborted() {
            return None;
        }
        let alone = self.steps.is_empty();
        let (frames, own) = search_path::question(self.doubt, query && alone);
        own.into_iter().for_each(|own| self.steps.push(Step::Own(own)));
        self.asking = Some((std::mem::take(&mut self.doubt), self.status != b'I' || !alone, Answers::default()));
        self.hold(query && alone);
        Some(Verdict::Before(frames))
    }

    /// An aborted transaction answers nothing; whatever comes now fails, or ends it.
    pub(super) fn is_aborted(&self) -> bool {
        self.status == b'E' && !self.steps.executes()
    }

    /// The next frame waits for the answers. A Sync of our own is the end of a stretch.
    fn hold(&mut self, sync: bool) {
        self.holding = true;
        if sync {
            self.prepared.end_stretch();
        }
    }

    /// The transaction that changed them has ended.
    pub(super) fn forget_passing_names(&mut self) {
        self.names = Arc::new(NameContext { passing: false, ..(*self.names).clone() });
        self.doubt = Doubt::BOTH;
    }

    fn conclude(&mut self) {
        let Some((asked, in_transaction, answers)) = self.asking.take() else { return };
        let changed = std::mem::take(&mut self.changed);
        let mut names = (*self.names).clone();
        names.passing = in_transaction && (changed || names.passing);
        if let Some(schemas) = answers.schemas() {
            names.search_path = schemas;
            names.role = answers.role().to_owned();
        }
        if asked.temporary {
            let policy = self.shared.policy.load();
            names.temporary = answers.temporary().into_iter().filter(|t| policy.knows(t)).collect();
            names.temporary.sort();
        }
        if names != *self.names {
            self.names = Arc::new(names);
        }
    }

    // --- statements ---

    /// All that has to be remembered about a text.
    pub(super) fn info(&self, policy: &Policy, text: &str, outcome: Arc<Outcome>, generation: u64, path: bool) -> Info {
        let mut info = Info {
            outcome,
            text: text.into(),
            reading: self.reading,
            added: Added::default(),
            generation,
            changes: Vec::new(),
            executes: Vec::new(),
            changes_names: Doubt::default(),
        };
        info.changes_names.path = path;
        let effects = info.outcome.clone();
        for (number, effect) in &effects.effects {
            self.add_effect(policy, &mut info, *number, effect);
        }
        info
    }

    fn add_effect(&self, policy: &Policy, info: &mut Info, number: usize, effect: &Effect) {
        let temporary = info.generation > 0 || !self.names.temporary.is_empty();
        match effect {
            Effect::Prepare { name, .. } => {
                let id = self.name(name.as_bytes());
                let change = self.prepare_by_sql(policy, info, number).map_or(Change::Free(id), |held| Change::Hold(id, held));
                info.changes.push((number, change));
            }
            Effect::Deallocate(Some(name)) => info.changes.push((number, Change::Free(self.name(name.as_bytes())))),
            Effect::Deallocate(None) => info.changes.push((number, Change::FreeAll)),
            Effect::DiscardAll => {
                info.changes.push((number, Change::FreeAll));
                info.changes_names = Doubt::BOTH;
            }
            Effect::Execute(name) => {
                let id = self.name(name.as_bytes());
                let own = info.changes.iter().any(|(_, c)| matches!(c, Change::Hold(held, _) if *held == id));
                if !own {
                    info.executes.push(name.as_str().into());
                }
            }
            Effect::CreateTemporary { .. } | Effect::Drop(_) | Effect::Alter | Effect::DiscardTemporary => {
                info.changes_names.temporary |= temporary;
            }
            Effect::SearchPath { .. } => info.changes_names.path = true,
            Effect::Begin | Effect::Commit | Effect::Rollback | Effect::Savepoint(_) | Effect::RollbackTo(_) => {}
        }
    }

    /// What PREPARE makes, if it may name a legacy table.
    fn prepare_by_sql(&self, policy: &Policy, info: &Info, number: usize) -> Option<Arc<Held>> {
        let lexed = Lexed::new(&info.text).ok()?;
        let range = lexed.statements().into_iter().filter(|r| !r.is_empty()).nth(number)?;
        let text = lexed.slice(&range);
        if !policy.may_name(text.as_bytes()) {
            return None;
        }
        let outcome = self.decide(policy, text, &[]);
        let Some((_, Effect::Prepare { span, .. })) = outcome.effects.first().cloned() else { return None };
        // Beside a change of names in the same text it was prepared under others than are known now.
        let lost =
            info.outcome.effects.iter().any(|(_, e)| matches!(e, Effect::SearchPath { .. } | Effect::CreateTemporary { .. }));
        let info = self.info_of(text, outcome, policy.generation);
        Some(Arc::new(Held { info: Arc::new(info), how: How::Sql(span), names: self.names.clone(), lost }))
    }

    /// A statement whose effects do not matter any more.
    pub(super) fn info_of(&self, text: &str, outcome: Arc<Outcome>, generation: u64) -> Info {
        let (changes, executes) = (Vec::new(), Vec::new());
        Info {
            outcome,
            text: text.into(),
            reading: self.reading,
            added: Added::default(),
            generation,
            changes,
            executes,
            changes_names: Doubt::default(),
        }
    }

    /// What EXECUTE runs is its own: it counts, a switch waits for it, and its errors name the legacy tables.
    pub(super) fn answer_for_executed(&self, info: &mut Info) {
        let found = info.executes.iter().filter_map(|name| self.prepared.find(self.name(name.as_bytes()), || true));
        let executed: Vec<Arc<Info>> = found.map(|f| f.held.info.clone()).filter(|i| i.generation > 0).collect();
        let Some(first) = executed.first() else { return };
        let mut outcome = (*info.outcome).clone();
        if outcome.hits.is_empty() {
            outcome.seen = first.outcome.seen.clone();
        }
        for run in &executed {
            outcome.hits.extend(run.outcome.hits.iter().cloned());
            outcome.named.extend(run.outcome.named.iter().cloned());
            outcome.rewritten.extend(run.outcome.rewritten.iter().cloned());
            info.generation = if info.generation == 0 { run.generation } else { info.generation.min(run.generation) };
        }
        info.outcome = Arc::new(outcome);
    }

    /// Makes sure that a prepared statement is what its text means now. `Some` is what has to happen first.
    pub(super) fn renew(&mut self, id: NameId, name: &[u8], query: bool) -> Option<Verdict> {
        if self.steps.is_deaf() {
            return None;
        }
        let found = self.prepared.find(id, || self.steps.awaits_ready())?;
        let executes = &found.held.info.executes;
        for executed in executes.iter().filter(|e| e.as_bytes() != name) {
            let executed_id = self.name(executed.as_bytes());
            if let Some(verdict) = self.renew_one(executed_id, executed.as_bytes(), query) {
                return Some(verdict);
            }
        }
        self.renew_one(id, name, query)
    }

    fn renew_one(&mut self, id: NameId, name: &[u8], query: bool) -> Option<Verdict> {
        let found = self.prepared.find(id, || self.steps.awaits_ready())?;
        let (held, policy) = (&found.held, self.shared.policy.load_full());
        // One that names no legacy table.
        if held.info.generation == 0 {
            return None;
        }
        // The same bytes would say something else now.
        if held.info.reading != self.reading {
            return None;
        }
        let same_names = Arc::ptr_eq(&held.names, &self.names) || *held.names == *self.names;
        let passing = self.names.passing && !self.steps.is_empty();
        if held.info.generation == policy.generation && same_names && !held.lost && !self.doubt.any() && !passing {
            return None;
        }
        if !found.certain || self.steps.awaits_ready() {
            return Some(Verdict::Wait);
        }
        // It fails as it is, with the error that it always had there.
        if self.is_aborted() {
            return None;
        }
        if let Some(verdict) = self.settle(query) {
            return Some(verdict);
        }
        let types = if let How::Protocol(types) = &held.how { &types[..] } else { &[] };
        let outcome = self.decide(&policy, &held.info.text, types);
        self.shadowing |= outcome.shadow;
        let unchanged = outcome.text == held.info.outcome.text && !held.lost;
        let mut info = match &held.how {
            How::Protocol(_) => self.info(&policy, &held.info.text, outcome, policy.generation, held.info.changes_names.path),
            How::Sql(_) => self.info_of(&held.info.text, outcome, policy.generation),
        };
        self.answer_for_executed(&mut info);
        let fresh = Arc::new(Held { info: Arc::new(info), how: held.how.clone(), names: self.names.clone(), lost: false });
        if unchanged {
            self.prepared.renew(id, fresh);
            return None;
        }
        telemetry::count("esclusa_prepared_again_total");
        let (mut frames, own) = prepared::again(id, name, &fresh);
        let sync = query && self.steps.is_empty();
        own.into_iter().for_each(|own| self.steps.push(Step::Own(own)));
        self.in_flight(policy.generation);
        self.prepared.expect(id, Some(fresh));
        if query {
            // A Query ends what it stands in, also when it fails: it is not sent before this has gone well.
            if sync {
                frame::write(&mut frames, b'S', &[]);
                self.steps.push(Step::Own(Own::Sync));
            } else {
                frame::write(&mut frames, b'H', &[]);
            }
            self.hold(sync);
        }
        Some(Verdict::Before(frames))
    }

    // --- replies ---

    /// Takes a reply to a request of our own; `None` when it is the client's.
    pub(super) fn own_reply(&mut self, tag: u8, body: &[u8]) -> Option<Verdict> {
        let Some(Step::Own(own)) = self.steps.front() else { return None };
        match (tag, &*own) {
            // These come at any moment and belong to the client, but for what tells of our own statements.
            (b'S' | b'A', _) => return None,
            (b'N', _) => {
                let severity = ErrorFields::parse(body);
                let told = matches!(severity.get(b'V'), Some(b"DEBUG" | b"LOG" | b"INFO"));
                return Some(if told { Verdict::Swallow } else { Verdict::Pass });
            }
            (b'E', _) => return Some(self.own_failure(body)),
            (b'D', Own::Ask(question)) => {
                let question = *question;
                if let Some((_, _, answers)) = &mut self.asking {
                    answers.row(question, body);
                }
                return Some(Verdict::Swallow);
            }
            (b'C', Own::Ask(_)) | (b'3', Own::Asked | Own::Forget(_) | Own::Prepared) | (b'Z', Own::Sync) => {}
            (_, Own::Silent(by) | Own::Guard(by, _) | Own::Again(by, ..)) if tag == *by => {}
            _ => return None,
        }
        let Some(Step::Own(own)) = self.steps.pop_if(|_| true) else { return None };
        let synced = matches!(self.steps.front(), Some(Step::Own(Own::Sync)));
        match own {
            Own::Asked => {
                self.conclude();
                self.holding = synced;
            }
            Own::Prepared => self.holding = synced,
            Own::Forget(name) => self.prepared.forget(name),
            Own::Again(_, name, held) => self.prepared.confirm(name, Some(held)),
            Own::Sync => {
                self.holding = false;
                self.in_status(body);
                if self.lost.is_some() {
                    return Some(Verdict::Pass);
                }
            }
            Own::Silent(_) | Own::Ask(_) | Own::Guard(..) => {}
        }
        Some(Verdict::Swallow)
    }

    /// A request of our own has failed: for the client it is the request behind it that did.
    fn own_failure(&mut self, body: &[u8]) -> Verdict {
        let held = match self.steps.front() {
            Some(Step::Own(Own::Guard(_, held) | Own::Again(_, _, held))) => Some(held.clone()),
            _ => None,
        };
        if let Some((asked, _, _)) = self.asking.take() {
            self.doubt = self.doubt.and(asked);
        }
        self.steps.skip_to_sync();
        if self.holding {
            let synced = matches!(self.steps.front(), Some(Step::Own(Own::Sync)));
            self.lost = Some(if synced { Lost::Drop } else { Lost::Sync });
            self.holding = synced;
        }
        let Some(held) = held else { return Verdict::Pass };
        self.count(&held.info, None::<Instant>, 0, sqlstate_of(body));
        match held.how {
            How::Protocol(_) => self.led_back(&held.info, b'E', body),
            // Its text is that of PREPARE; a position in there is none in the client's statement.
            How::Sql(_) => {
                let bare = without_place(body);
                match self.led_back(&held.info, b'E', &bare[frame::HEADER_BYTES..]) {
                    Verdict::Pass => Verdict::Replace(bare),
                    verdict => verdict,
                }
            }
        }
    }

    /// A request of the client's has failed: the server skips what stands behind it, our own requests too.
    pub(super) fn own_skipped(&mut self) {
        if let Some((asked, _, _)) = self.asking.take() {
            self.doubt = self.doubt.and(asked);
        }
        self.holding = false;
    }

    /// The frame that waited for something of our own that has failed.
    pub(super) fn after_loss(&mut self, lost: Lost) -> Verdict {
        let mut out = Vec::new();
        if lost == Lost::Sync {
            self.steps.push(Step::Sync);
            self.prepared.end_stretch();
            frame::write(&mut out, b'S', &[]);
        }
        Verdict::Replace(out)
    }

    // --- what is on its way ---

    /// The policy to decide by. It is announced before it is looked at: a switch that comes in between must not take the session for one
    /// with nothing on its way (`Steering::let_land` looks in the opposite order).
    pub(super) fn current_policy(&mut self) -> arc_swap::Guard<Arc<Policy>> {
        let generation = self.shared.policy.load().generation;
        self.announced |= self.flight.compare_exchange(0, generation, Ordering::SeqCst, Ordering::SeqCst).is_ok();
        fence(Ordering::SeqCst);
        self.shared.policy.load()
    }

    /// A statement that this policy decided about is on its way.
    pub(super) fn in_flight(&mut self, generation: u64) {
        if generation > 0 && std::mem::take(&mut self.announced) {
            self.flight.store(generation, Ordering::Relaxed);
        } else if generation > 0 {
            let _ = self.flight.compare_exchange(0, generation, Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    /// The frame is decided about: what was announced and is not on its way is none of a switch's business.
    pub(super) fn decided(&mut self) {
        if std::mem::take(&mut self.announced) {
            self.flight.store(0, Ordering::Relaxed);
        }
    }

    /// Something was answered: who waits for statements of an old policy may go on.
    pub(super) fn landed(&self) {
        let oldest = self.flight.load(Ordering::Relaxed);
        if oldest == 0 {
            return;
        }
        if self.steps.is_empty() {
            self.flight.store(0, Ordering::Relaxed);
        } else if oldest < self.shared.policy.load().generation {
            self.flight.store(self.steps.oldest_generation(), Ordering::Relaxed);
        }
    }
}
