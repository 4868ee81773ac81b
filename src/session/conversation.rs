//! The state machine of a session: which frames it wants to see, and what it does with them. No input, no output, no waiting.
//!
//! Client frames are rewritten or passed; server frames are passed, and only errors of rewritten statements are changed. The order
//! of replies is the order of requests ([`Steps`]); names of statements and portals are committed when the server confirms them,
//! not when the client sends them.

mod own;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Instant, SystemTime};

use super::prepared::{Held, How, Prepared};
use super::search_path::{Answers, Doubt};
use super::step::{Info, NameId, Step, Steps};
use super::{Shared, errors, errors::Told};
use crate::rewrite::{NameContext, Outcome, Policy};
use crate::sql::{Lexed, effect};
use crate::telemetry;
use crate::traffic::{Client, Execution};
use crate::wire::error_response::ErrorFields;
use crate::wire::frame::{self, cstr};

/// A longer normalised text is cut: it is for reading.
const NORMALISED_BYTES: usize = 2000;

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
    client: Arc<Client>,
    steps: Steps,
    /// Statements and portals that touch legacy tables; all others are not remembered.
    prepared: Prepared,
    portals: HashMap<NameId, Arc<Info>, ahash::RandomState>,
    /// Portals on their way whose execution matters to what comes after.
    portals_ahead: HashMap<NameId, Arc<Info>, ahash::RandomState>,
    hasher: ahash::RandomState,
    names: Arc<NameContext>,
    /// Whether this session's statements are looked at: a client of the target database, no replication, a client encoding and
    /// string syntax that can be read.
    target: bool,
    readable_encoding: bool,
    conforming_strings: bool,
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
            client: Arc::new(client),
            steps: Steps::at_login(),
            prepared: Prepared::default(),
            portals_ahead: HashMap::default(),
            portals: HashMap::default(),
            hasher: ahash::RandomState::new(),
            names: Arc::new(NameContext::with_path(&[])),
            target,
            readable_encoding: true,
            conforming_strings: true,
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
            b'P' | b'B' | b'D' | b'C' | b'E' => Want::Names,
            _ => Want::Nothing,
        }
    }

    /// Takes note of a client frame. `body` is as much of it as was wanted.
    pub fn from_client(&mut self, tag: u8, body: &[u8], whole: bool) -> Verdict {
        if self.holding {
            return Verdict::Wait;
        }
        if let Some(lost) = self.lost.take() {
            return self.after_loss(lost);
        }
        match tag {
            b'Q' => return self.query(body, whole),
            b'P' => return self.parse(body, whole),
            b'B' => {
                let (portal, rest) = cstr(body).unwrap_or_default();
                let (statement, _) = cstr(rest).unwrap_or_default();
                return self.bind(portal, statement);
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

    fn bind(&mut self, portal: &[u8], name: &[u8]) -> Verdict {
        let (portal, statement) = (self.name(portal), self.name(name));
        let mut generation = 0;
        if !self.prepared.is_empty() || !self.portals_ahead.is_empty() {
            if let Some(verdict) = self.renew(statement, name, false) {
                return verdict;
            }
            let found = self.prepared.find(statement, || true);
            self.portals_ahead.remove(&portal);
            if let Some(found) = found {
                generation = found.held.info.generation;
                self.in_flight(generation);
                if found.held.info.has_consequences() {
                    self.portals_ahead.insert(portal, found.held.info.clone());
                }
            }
        }
        self.steps.push(Step::Bind { portal, statement, generation });
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
        let timed = !self.prepared.is_empty() || !self.portals.is_empty() || !self.steps.is_empty();
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
        let info = match text.map_or(Ok(None), |text| self.look_at(text, true)) {
            Ok(info) => info.filter(|i| !i.outcome.is_plain() || i.has_consequences()),
            Err(verdict) => return verdict,
        };
        let at = info.as_ref().map(|_| Instant::now());
        if let Some(info) = &info {
            self.foresee(info);
            self.in_flight(info.generation);
        }
        let rewritten = info.as_ref().and_then(|i| i.outcome.text.clone());
        self.steps.push(Step::Query { info, at, rows: 0, done: 0, failed: false });
        self.prepared.expect(0, None);
        self.prepared.end_stretch();
        match rewritten {
            Some(text) => {
                let mut out = Vec::with_capacity(text.len() + 6);
                frame::write(&mut out, b'Q', &[text.as_bytes(), &[0]]);
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
        let info = match parts.map_or(Ok(None), |(text, _)| self.look_at(text, false)) {
            Ok(info) => info,
            Err(verdict) => return verdict,
        };
        let id = self.name(name);
        let types = parts.map_or(&[][..], |(_, types)| types);
        let held = info.map(|info| {
            self.in_flight(info.generation);
            Arc::new(Held { info, how: How::Protocol(types.into()), names: self.names.clone(), lost: false })
        });
        let rewritten = held.as_ref().and_then(|h| h.info.outcome.text.clone());
        self.prepared.expect(id, held.clone());
        self.steps.push(Step::Parse { name: id, held });
        match rewritten {
            Some(text) => {
                let mut out = Vec::with_capacity(text.len() + body.len());
                frame::write(&mut out, b'P', &[name, &[0], text.as_bytes(), &[0], types]);
                Verdict::Replace(out)
            }
            None => Verdict::Pass,
        }
    }

    /// Whether a statement is short enough to be read; counts it when it is not.
    fn is_readable(&self, whole: bool) -> bool {
        if !whole && self.target {
            telemetry::count_by("esclusa_statements_total", "path", "unread");
        }
        whole
    }

    /// Decides about a statement's text; `None` when it has nothing to do with a legacy table, nor with names. An error is what has to
    /// happen first.
    fn look_at(&mut self, text: &[u8], query: bool) -> Result<Option<Arc<Info>>, Verdict> {
        if !self.target {
            return Ok(None);
        }
        let policy = self.shared.policy.load();
        let found = policy.scan(text);
        let named = (!self.prepared.is_empty() || !self.names.temporary.is_empty()) && effect::may_name_statements(text);
        if !(found.legacy || found.path || named) {
            return Ok(None);
        }
        // What cannot be read safely passes unread: backslashes in strings, encodings in which an ASCII byte can be half a letter.
        let text = std::str::from_utf8(text).ok().filter(|_| self.readable_encoding && self.conforming_strings);
        let Some(text) = text else {
            self.doubt.path |= found.path;
            self.changed |= found.path;
            if found.legacy {
                telemetry::count_by("esclusa_statements_total", "path", "unread");
            }
            return Ok(None);
        };
        let read_by_server = !self.steps.is_deaf();
        let mut outcome = None;
        if found.legacy {
            if read_by_server && let Some(verdict) = self.settle(query) {
                return Err(verdict);
            }
            outcome = Some(self.decide(&policy, text));
        }
        let outcome = outcome.unwrap_or_else(|| {
            let effects = Lexed::new(text).map_or(Vec::new(), |lexed| effect::effects(&lexed));
            Arc::new(Outcome { effects, ..Outcome::default() })
        });
        let generation = if found.legacy { policy.generation } else { 0 };
        let info = self.info(&policy, text, outcome, generation, found.path);
        for name in info.executes.iter().filter(|_| read_by_server) {
            if let Some(verdict) = self.renew(self.name(name.as_bytes()), name.as_bytes(), query) {
                return Err(verdict);
            }
        }
        Ok(Some(Arc::new(info)))
    }

    /// What becomes of a text, from the cache or now.
    fn decide(&self, policy: &Policy, text: &str) -> Arc<Outcome> {
        let begun = Instant::now();
        let (outcome, cached) = self.shared.cache.outcome(policy, &self.names, text);
        telemetry::count_by("esclusa_statements_total", "path", if cached { "cached" } else { "parsed" });
        if !cached {
            telemetry::took("esclusa_rewrite_seconds", begun.elapsed());
        }
        outcome
    }

    // --- from the server ---

    /// Whether what the server says next answers a request of the session's own.
    pub fn awaits_own_reply(&mut self) -> bool {
        matches!(self.steps.front(), Some(Step::Own(_)))
    }

    /// Whether a server frame's body is wanted.
    pub fn wants_reply(&mut self, tag: u8) -> bool {
        match tag {
            b'Z' | b'S' | b'E' | b'C' => true,
            b'D' => self.awaits_own_reply(),
            // A notice about a rewritten statement names the new tables; one about the proxy's own question is not the client's.
            b'N' => self.awaits_own_reply() || self.answered().is_some_and(|info| info.outcome.text.is_some()),
            b'R' => self.hide_binding,
            _ => false,
        }
    }

    /// Takes note of a server frame.
    pub fn from_server(&mut self, tag: u8, body: &[u8]) -> Verdict {
        if let Some(verdict) = self.own_reply(tag, body) {
            return verdict;
        }
        match tag {
            b'1' => self.parsed(),
            b'2' => self.bound(),
            b'3' => self.closed(),
            b'T' | b'n' => drop(self.steps.pop_if(|s| matches!(s, Step::Describe { .. }))),
            b'C' | b'I' | b's' => self.completed(tag, body),
            b'G' => self.steps.copy_begins(),
            b'R' if self.hide_binding => return without_binding(body),
            b'E' => return self.failed(body),
            b'N' if !body.is_empty() => return self.answered().map_or(Verdict::Pass, |info| led_back(&info, tag, body)),
            b'S' => self.parameter(body),
            b'Z' => self.ready(body),
            _ => {}
        }
        Verdict::Pass
    }

    fn parsed(&mut self) {
        if let Some(Step::Parse { name, held }) = self.steps.pop_if(|s| matches!(s, Step::Parse { .. })) {
            self.prepared.confirm(name, held);
        }
    }

    fn bound(&mut self) {
        if let Some(Step::Bind { portal, statement, .. }) = self.steps.pop_if(|s| matches!(s, Step::Bind { .. })) {
            match self.prepared.confirmed(statement) {
                Some(held) => self.portals.insert(portal, held.info.clone()),
                None => self.portals.remove(&portal),
            };
        }
    }

    fn closed(&mut self) {
        if let Some(Step::Close { name, portal }) = self.steps.pop_if(|s| matches!(s, Step::Close { .. })) {
            if portal {
                self.portals.remove(&name);
            } else {
                self.prepared.confirm(name, None);
            }
        }
    }

    fn completed(&mut self, tag: u8, body: &[u8]) {
        let done = rows_of(body);
        let mut number = 0;
        let info = match self.steps.front() {
            Some(Step::Query { rows, done: statements, info, .. }) => {
                *rows += done;
                number = *statements;
                *statements += 1;
                info.clone()
            }
            Some(Step::Execute { .. }) => match self.steps.pop_if(|_| true) {
                Some(Step::Execute { portal, at }) if tag != b's' => {
                    let info = self.portals.get(&portal).cloned();
                    if let Some(info) = &info {
                        self.count(info, at, done, false);
                    }
                    info
                }
                _ => None,
            },
            _ => None,
        };
        if let Some(info) = info {
            let own = info.changes.iter().filter(|(n, _)| *n == number);
            own.for_each(|(_, change)| self.prepared.confirm_change(change));
        }
        // ROLLBACK TO is told as ROLLBACK is.
        if self.names.passing && [&b"COMMIT"[..], b"ROLLBACK", b"PREPARE TRANSACTION"].iter().any(|end| body.starts_with(end)) {
            self.doubt = Doubt::BOTH;
        }
    }

    fn failed(&mut self, body: &[u8]) -> Verdict {
        let in_query = matches!(self.steps.front(), Some(Step::Query { .. } | Step::Login | Step::Function));
        if let Some(Step::Query { failed, .. }) = self.steps.front() {
            *failed = true;
        }
        let info = self.answered();
        if let Some(info) = info.as_ref().filter(|_| !in_query) {
            let at = match self.steps.front() {
                Some(Step::Execute { at, .. }) => *at,
                _ => None,
            };
            self.count(info, at, 0, true);
        }
        if !in_query && !self.steps.is_empty() {
            self.steps.skip_to_sync();
            self.own_skipped();
        }
        info.map_or(Verdict::Pass, |info| led_back(&info, b'E', body))
    }

    /// The statement that the next reply belongs to, if it touches a legacy table.
    fn answered(&mut self) -> Option<Arc<Info>> {
        match self.steps.front()? {
            Step::Query { info, .. } => info.clone(),
            Step::Parse { held, .. } => held.as_ref().map(|h| h.info.clone()),
            Step::Bind { statement: name, .. } | Step::Describe { name, portal: false } => {
                self.prepared.confirmed(*name).map(|h| h.info.clone())
            }
            Step::Describe { name, portal: true } | Step::Execute { portal: name, .. } => self.portals.get(name).cloned(),
            _ => None,
        }
    }

    fn count(&self, info: &Info, at: Option<Instant>, rows: u64, failed: bool) {
        let elapsed = at.map_or(std::time::Duration::ZERO, |at| at.elapsed());
        let execution = Execution { rows, failed, elapsed, at: SystemTime::now() };
        self.shared.traffic.count(&info.outcome.hits, &info.seen, &self.client, execution);
    }

    fn parameter(&mut self, body: &[u8]) {
        let Some((name, rest)) = cstr(body) else { return };
        let Some((value, _)) = cstr(rest) else { return };
        match name {
            b"client_encoding" => self.readable_encoding = is_ascii_safe(value),
            b"standard_conforming_strings" => self.conforming_strings = value == b"on",
            b"application_name" => {
                let application = String::from_utf8_lossy(value).into_owned();
                if application != self.client.application {
                    self.client = Arc::new(Client { application, ..(*self.client).clone() });
                    if let Some(info) = self.shared.clients.get(&self.id) {
                        info.client.store(self.client.clone());
                    }
                }
            }
            _ => {}
        }
    }

    fn ready(&mut self, body: &[u8]) {
        if let Some(Step::Query { info: Some(info), at, rows, failed, .. }) = self.steps.ready() {
            self.count(&info, at, rows, failed);
        }
        self.in_status(body);
    }

    /// Takes note of a ReadyForQuery.
    fn in_status(&mut self, body: &[u8]) {
        self.status = body.first().copied().unwrap_or(b'I');
        if self.status == b'I' {
            self.portals.clear();
            if self.names.passing {
                self.forget_passing_names();
            }
        }
        if self.steps.is_empty() {
            self.prepared.settle();
            self.portals_ahead.clear();
        }
        self.landed();
    }
}

/// An error or a notice with the names of the legacy tables.
fn led_back(info: &Info, tag: u8, body: &[u8]) -> Verdict {
    if info.outcome.text.is_none() && info.outcome.rewritten.is_empty() {
        return Verdict::Pass;
    }
    match errors::lead_back(ErrorFields::parse(body), &Told { outcome: &info.outcome, text: &info.text }) {
        Some(fields) => {
            let mut out = Vec::with_capacity(body.len() + 5);
            fields.write(&mut out, tag);
            Verdict::Replace(out)
        }
        None => Verdict::Pass,
    }
}

/// AuthenticationSASL without the mechanisms that bind the channel (manual, section 55.3.1).
fn without_binding(body: &[u8]) -> Verdict {
    const SASL: [u8; 4] = [0, 0, 0, 10];
    let Some(list) = body.strip_prefix(&SASL) else { return Verdict::Pass };
    let kept: Vec<&[u8]> = list.split(|b| *b == 0).filter(|m| !m.is_empty() && !m.ends_with(b"-PLUS")).collect();
    let mut mechanisms = Vec::with_capacity(list.len());
    for mechanism in kept {
        mechanisms.extend_from_slice(mechanism);
        mechanisms.push(0);
    }
    mechanisms.push(0);
    let mut out = Vec::with_capacity(body.len() + 5);
    frame::write(&mut out, b'R', &[&SASL, &mechanisms]);
    Verdict::Replace(out)
}

/// The row count at the end of a command tag (`INSERT 0 3`, `SELECT 7`).
fn rows_of(body: &[u8]) -> u64 {
    let tag = body.split(|b| *b == 0).next().unwrap_or_default();
    let last = tag.rsplit(|b| *b == b' ').next().unwrap_or_default();
    std::str::from_utf8(last).ok().and_then(|n| n.parse().ok()).unwrap_or(0)
}

/// Encodings in which every ASCII byte is an ASCII character (PostgreSQL source, pg_wchar.h: those that may be used on a server,
/// and LATIN and Windows ones). SJIS, BIG5, GBK, UHC, GB18030 and JOHAB are not.
fn is_ascii_safe(encoding: &[u8]) -> bool {
    let name = encoding.to_ascii_uppercase();
    !matches!(name.as_slice(), b"SJIS" | b"SHIFT_JIS_2004" | b"BIG5" | b"GBK" | b"UHC" | b"GB18030" | b"JOHAB")
}
