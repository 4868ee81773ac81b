//! The state machine of a session: which frames it wants to see, and what it does with them. No input, no output, no waiting.
//!
//! Client frames are rewritten or passed; server frames are passed, and only errors of rewritten statements are changed. The order
//! of replies is the order of requests ([`Steps`]); names of statements and portals are committed when the server confirms them,
//! not when the client sends them.

mod own;
mod reply;
mod sample;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Instant;

use super::Shared;
use super::prepared::{self, Held, How, Prepared};
use super::reading::{Read, Reading};
use super::search_path::{Answers, Doubt};
use super::step::{Info, NameId, Step, Steps};
use crate::rewrite::{NameContext, Outcome, Policy};
use crate::shadow::Sample;
use crate::sql::{Lexed, effect};
use crate::telemetry;
use crate::traffic::{Client, Sqlstate};
use crate::wire::frame::{self, cstr};

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

/// What becomes of a frame.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It passes as it is.
    Pass,
    /// This goes on instead.
    Replace(Vec<u8>),
    /// This goes first; then the frame is shown again.
    Before(Vec<u8>),
    /// It waits until the server has answered more, and is then shown again.
    Wait,
    /// Nothing goes on: it answers a question of our own.
    Swallow,
}

/// One session's state.
#[derive(Debug)]
pub struct Conversation {
    shared: Arc<Shared>,
    id: u64,
    /// [`super::ClientInfo::flight`].
    flight: Arc<AtomicU64>,
    /// `flight` stands for a frame that is being decided about, and for nothing else.
    announced: bool,
    client: Arc<Client>,
    steps: Steps,
    /// Statements and portals that touch legacy tables; all others are not remembered.
    prepared: Prepared,
    portals: HashMap<NameId, Arc<Info>, ahash::RandomState>,
    /// Portals on their way whose execution matters to what comes after.
    portals_ahead: HashMap<NameId, Arc<Info>, ahash::RandomState>,
    /// Portals whose statement is compared once it has been executed.
    samples: HashMap<NameId, Box<Sample>, ahash::RandomState>,
    /// Statements were prepared that read a table in mode shadow: parameters may be wanted.
    shadowing: bool,
    hasher: ahash::RandomState,
    names: Arc<NameContext>,
    /// Whether this session's statements are looked at: a client of the target database, no replication.
    target: bool,
    /// How they are read.
    reading: Reading,
    /// A statement on its way may change how the next ones are read.
    rereading: bool,
    /// It was told that this session's statements are not read.
    told_unread: bool,
    /// What is not known of `names`: the server is asked before the next statement that depends on it.
    doubt: Doubt,
    /// `doubt` comes from a statement of the client's, not from the login.
    changed: bool,
    /// A question on its way: what it asks, whether inside a transaction, what is answered.
    asking: Option<(Doubt, bool, Answers)>,
    /// A frame waits for answers to requests of our own.
    holding: bool,
    /// A request of our own has failed in the place of the Query that waits; what becomes of that one.
    lost: Option<own::Lost>,
    /// Transaction status of the last ReadyForQuery.
    status: u8,
    /// The server's offer of channel binding is kept from the client.
    hide_binding: bool,
}

impl Conversation {
    /// The state of a session whose start-up packet is on its way.
    pub fn new(shared: Arc<Shared>, id: u64, client: Client, replication: bool, flight: Arc<AtomicU64>) -> Self {
        let policy = shared.policy.load();
        let target = !replication && policy.database.as_ref().is_none_or(|d| *d == client.database);
        drop(policy);
        Conversation {
            shared,
            id,
            flight,
            announced: false,
            client: Arc::new(client),
            steps: Steps::at_login(),
            prepared: Prepared::default(),
            portals_ahead: HashMap::default(),
            portals: HashMap::default(),
            samples: HashMap::default(),
            shadowing: false,
            hasher: ahash::RandomState::new(),
            names: Arc::new(NameContext::with_path(&[])),
            target,
            reading: Reading::default(),
            rereading: false,
            told_unread: false,
            doubt: Doubt { path: target, temporary: false },
            changed: false,
            asking: None,
            holding: false,
            lost: None,
            status: b'I',
            hide_binding: false,
        }
    }

    /// Whether to keep SCRAM-SHA-256-PLUS from the client.
    pub fn hide_channel_binding(&mut self, hide: bool) {
        self.hide_binding = hide;
    }

    /// Whether nothing is open: no request unanswered, no transaction.
    pub fn is_idle(&self) -> bool {
        self.steps.is_empty() && self.status == b'I'
    }

    /// Whether the login is over.
    pub fn is_logged_in(&mut self) -> bool {
        !matches!(self.steps.front(), Some(Step::Login))
    }

    // --- from the client ---

    /// How much of a client frame is wanted before it is shown to [`Conversation::from_client`].
    pub fn wants(&self, tag: u8, total: usize) -> Want {
        match tag {
            b'Q' | b'P' if total <= self.shared.settings.load().limits.statement_bytes.0 => Want::Body,
            b'B' if self.shadowing && total <= sample::LONGEST_BIND_BYTES => Want::Body,
            b'P' | b'B' | b'D' | b'C' | b'E' => Want::Names,
            _ => Want::Nothing,
        }
    }

    /// Takes note of a client frame. `body` is as much of it as was wanted.
    pub fn from_client(&mut self, tag: u8, body: &[u8], whole: bool) -> Verdict {
        if self.holding || self.steps.is_full() {
            return Verdict::Wait;
        }
        if let Some(lost) = self.lost.take() {
            return self.after_loss(lost);
        }
        let verdict = self.decide_frame(tag, body, whole);
        self.decided();
        verdict
    }

    fn decide_frame(&mut self, tag: u8, body: &[u8], whole: bool) -> Verdict {
        match tag {
            b'Q' => return self.query(body, whole),
            b'P' => return self.parse(body, whole),
            b'B' => {
                let (portal, rest) = cstr(body).unwrap_or_default();
                let (statement, rest) = cstr(rest).unwrap_or_default();
                return self.bind(portal, statement, whole.then_some(rest));
            }
            b'D' | b'C' => {
                let name = body.get(1..).and_then(cstr).map_or(&[][..], |(name, _)| name);
                let portal = body.first() == Some(&b'P');
                return if tag == b'D' { self.describe(name, portal) } else { self.close(name, portal) };
            }
            b'E' => {
                let portal = cstr(body).map_or(0, |(name, _)| self.name(name));
                self.execute(portal);
            }
            b'S' => {
                self.steps.push(Step::Sync);
                self.prepared.end_stretch();
            }
            b'F' => {
                self.steps.push(Step::Function);
                self.prepared.end_stretch();
            }
            b'c' | b'f' => self.steps.push(Step::CopyEnd),
            // Nothing is asked of a server that is told to go.
            b'X' => self.target = false,
            _ => {}
        }
        Verdict::Pass
    }

    fn bind(&mut self, portal_name: &[u8], name: &[u8], parameters: Option<&[u8]>) -> Verdict {
        let (portal, statement) = (self.name(portal_name), self.name(name));
        let mut generation = 0;
        let mut sample = None;
        if !self.prepared.is_empty() || !self.portals_ahead.is_empty() {
            self.current_policy();
            if let Some(verdict) = self.renew(statement, name, false) {
                return verdict;
            }
            let found = self.prepared.find(statement, || true);
            self.portals_ahead.remove(&portal);
            if let Some(found) = found {
                generation = found.held.info.generation;
                self.in_flight(generation);
                sample = parameters.and_then(|parameters| self.sample_of_portal(&found.held, parameters));
                if found.held.info.has_consequences() {
                    self.portals_ahead.insert(portal, found.held.info.clone());
                }
            }
        }
        self.steps.push(Step::Bind { portal, statement, generation, sample });
        Verdict::Pass
    }

    fn describe(&mut self, name: &[u8], portal: bool) -> Verdict {
        let id = self.name(name);
        if !portal
            && !self.prepared.is_empty()
            && let Some(verdict) = self.renew(id, name, false)
        {
            return verdict;
        }
        self.steps.push(Step::Describe { name: id, portal });
        Verdict::Pass
    }

    fn close(&mut self, name: &[u8], portal: bool) -> Verdict {
        let name = self.name(name);
        if portal {
            self.portals_ahead.remove(&name);
        } else {
            self.prepared.expect(name, None);
        }
        self.steps.push(Step::Close { name, portal });
        Verdict::Pass
    }

    fn execute(&mut self, portal: NameId) {
        let timed = !self.prepared.is_empty() || !self.portals.is_empty();
        let info = self.portals_ahead.get(&portal).or_else(|| self.portals.get(&portal));
        if let Some(info) = info.filter(|i| i.has_consequences()).cloned() {
            self.foresee(&info);
        }
        self.steps.push(Step::Execute { portal, at: timed.then(Instant::now) });
    }

    /// A statement is on its way that changes what later ones mean.
    fn foresee(&mut self, info: &Info) {
        self.changed |= info.changes_names.any();
        self.doubt = self.doubt.and(info.changes_names);
        info.changes.iter().for_each(|(_, change)| self.prepared.expect_change(change));
    }

    fn name(&self, bytes: &[u8]) -> NameId {
        // The server keeps no more of a name (source, prepare.c and portalmem.c: NAMEDATALEN).
        let kept = &bytes[..bytes.len().min(63)];
        if kept.is_empty() { 0 } else { self.hasher.hash_one(kept) | 1 }
    }

    fn query(&mut self, body: &[u8], whole: bool) -> Verdict {
        let readable = self.is_readable(whole);
        // Bytes behind the text make the server refuse the message: they must reach it.
        let text = cstr(body).filter(|(_, behind)| readable && behind.is_empty()).map(|(text, _)| text);
        let info = match text.map_or(Ok(None), |text| self.look_at(text, &[], true)) {
            Ok(info) => info.filter(|i| !i.outcome.is_plain() || i.has_consequences()),
            Err(verdict) => return verdict,
        };
        let rewritten = info.as_ref().and_then(|info| sent(info));
        let at = info.as_ref().map(|_| Instant::now());
        if let Some(info) = &info {
            self.foresee(info);
            self.in_flight(info.generation);
        }
        self.steps.push(Step::Query { info, at, rows: 0, done: 0, failed: Sqlstate::NONE });
        self.prepared.expect(0, None);
        self.prepared.end_stretch();
        match rewritten {
            Some(text) => {
                let mut out = Vec::with_capacity(text.len() + 6);
                frame::write(&mut out, b'Q', &[&text, &[0]]);
                Verdict::Replace(out)
            }
            None => Verdict::Pass,
        }
    }

    fn parse(&mut self, body: &[u8], whole: bool) -> Verdict {
        let Some((name, rest)) = cstr(body) else {
            self.steps.push(Step::Parse { name: 0, held: None });
            return Verdict::Pass;
        };
        let readable = self.is_readable(whole);
        let parts = cstr(rest).filter(|_| readable);
        let info = match parts.map_or(Ok(None), |(text, types)| self.look_at(text, types, false)) {
            Ok(info) => info,
            Err(verdict) => return verdict,
        };
        let id = self.name(name);
        let types = parts.map_or(&[][..], |(_, types)| types);
        let rewritten = info.as_ref().and_then(|info| sent(info));
        let held = info.map(|info| {
            self.in_flight(info.generation);
            Arc::new(Held { info, how: How::Protocol(types.into()), names: self.names.clone(), lost: false })
        });
        self.shadowing |= held.as_ref().is_some_and(|h| h.info.outcome.shadow);
        self.prepared.expect(id, held.clone());
        self.steps.push(Step::Parse { name: id, held });
        match rewritten {
            Some(text) => {
                let mut out = Vec::with_capacity(text.len() + body.len());
                frame::write(&mut out, b'P', &[name, &[0], &text, &[0], types]);
                Verdict::Replace(out)
            }
            None => Verdict::Pass,
        }
    }

    /// Whether a statement is short enough to be read; counts it when it is not.
    fn is_readable(&mut self, whole: bool) -> bool {
        if !whole && self.target {
            self.tell_unread();
        }
        whole
    }

    /// A statement that may name a legacy table passes unread: counted each time, told once a session.
    fn tell_unread(&mut self) {
        telemetry::count_by("esclusa_statements_total", "path", "unread");
        if !std::mem::replace(&mut self.told_unread, true) {
            let Client { user, application, address, .. } = &*self.client;
            tracing::warn!(
                user,
                application,
                address,
                "statements of this session pass unread: too long, or in an encoding or syntax that is not read"
            );
        }
    }

    /// Decides about a statement's text; `None` when it has nothing to do with a legacy table, nor with names. An error is what has to
    /// happen first.
    fn look_at(&mut self, text: &[u8], types: &[u8], query: bool) -> Result<Option<Arc<Info>>, Verdict> {
        if !self.target {
            return Ok(None);
        }
        let policy = self.shared.policy.load();
        // In another encoding a legacy name may have other bytes.
        let read = (!self.reading.is_usual()).then(|| self.reading.read(text));
        let scanned = read.as_ref().and_then(Option::as_ref).map_or(text, |read| read.text.as_bytes());
        let found = policy.scan(scanned);
        let named = (!self.prepared.is_empty() || !self.names.temporary.is_empty()) && effect::may_name_statements(text);
        if self.rereading && self.steps.is_empty() {
            self.rereading = false;
        }
        if !(found.legacy || found.path || found.reading || named) {
            return Ok(None);
        }
        if self.rereading && found.legacy && self.steps.awaits_ready() {
            return Err(Verdict::Wait);
        }
        let policy = if found.legacy || named { self.current_policy() } else { policy };
        let read = read.unwrap_or_else(|| self.reading.read(text)).filter(|_| !self.rereading);
        self.rereading |= found.reading;
        // What cannot be read safely passes unread.
        let Some(Read { text, added }) = read else {
            self.doubt.path |= found.path;
            self.changed |= found.path;
            if found.legacy {
                self.tell_unread();
            }
            return Ok(None);
        };
        let read_by_server = !self.steps.is_deaf();
        let mut outcome = None;
        if found.legacy {
            if read_by_server && let Some(verdict) = self.settle(query) {
                return Err(verdict);
            }
            let decided = self.decide(&policy, &text, types);
            if decided.text.as_ref().is_some_and(|new| self.reading.write(new).is_none()) {
                self.tell_unread();
                return Ok(None);
            }
            outcome = Some(decided);
        }
        let outcome = outcome.unwrap_or_else(|| {
            let effects = Lexed::new(&text).map_or(Vec::new(), |lexed| effect::effects(&lexed));
            Arc::new(Outcome { effects, ..Outcome::default() })
        });
        let generation = if found.legacy { policy.generation } else { 0 };
        let mut info = Info { added, ..self.info(&policy, &text, outcome, generation, found.path) };
        for name in info.executes.iter().filter(|_| read_by_server) {
            if let Some(verdict) = self.renew(self.name(name.as_bytes()), name.as_bytes(), query) {
                return Err(verdict);
            }
        }
        self.answer_for_executed(&mut info);
        Ok(Some(Arc::new(info)))
    }

    /// What becomes of a text, from the cache or now. `types` is the end of a Parse: how many types of parameters are declared, and which.
    fn decide(&self, policy: &Policy, text: &str, types: &[u8]) -> Arc<Outcome> {
        let begun = Instant::now();
        let declared = prepared::declared(types);
        let names =
            if declared.is_empty() { self.names.clone() } else { Arc::new(NameContext { declared, ..(*self.names).clone() }) };
        let (outcome, cached) = self.shared.cache.outcome(policy, &names, text);
        telemetry::count_by("esclusa_statements_total", "path", if cached { "cached" } else { "parsed" });
        if !cached {
            telemetry::took("esclusa_rewrite_seconds", begun.elapsed());
        }
        outcome
    }
}

/// The rewritten text, as it goes to the server.
fn sent(info: &Info) -> Option<Vec<u8>> {
    let text = info.outcome.text.as_deref()?;
    info.reading.write(text).map(std::borrow::Cow::into_owned)
}
