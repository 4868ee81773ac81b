//! The state machine of a session: which frames it wants to see, and what it does with them. No input, no output, no waiting.
//!
//! Client frames are rewritten or passed; server frames are passed, and only errors of rewritten statements are changed. The order
//! of replies is the order of requests ([`Steps`]); names of statements and portals are committed when the server confirms them,
//! not when the client sends them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use super::step::{Info, NameId, Step, Steps};
use super::{Shared, errors, errors::Told, search_path};
use crate::rewrite::{NameContext, Policy};
use crate::sql::fingerprint;
use crate::telemetry;
use crate::traffic::{Client, Execution, Seen};
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
    /// Nothing goes on: it answers a question of our own.
    Swallow,
}

/// One session's state.
#[derive(Debug)]
pub struct Conversation {
    shared: Arc<Shared>,
    id: u64,
    client: Arc<Client>,
    steps: Steps,
    /// Statements and portals that touch legacy tables; all others are not remembered.
    statements: HashMap<NameId, Arc<Info>, ahash::RandomState>,
    portals: HashMap<NameId, Arc<Info>, ahash::RandomState>,
    /// Statements that may change the search path each time they run.
    path_setters: HashSet<NameId, ahash::RandomState>,
    hasher: ahash::RandomState,
    names: Arc<NameContext>,
    /// Whether this session's statements are looked at: a client of the target database, no replication, a client encoding and
    /// string syntax that can be read.
    target: bool,
    readable_encoding: bool,
    conforming_strings: bool,
    /// The search path may have changed: ask for it at the next quiet moment.
    ask_path: bool,
    /// A question of our own is on its way, asked in this transaction status; its ReadyForQuery stands for the one held back.
    asking: Option<u8>,
    /// Transaction status of the last ReadyForQuery.
    status: u8,
    /// Set in a transaction: its end may undo it.
    path_set_in_transaction: bool,
    /// The server's offer of channel binding is kept from the client.
    hide_binding: bool,
}

impl Conversation {
    /// The state of a session whose start-up packet is on its way.
    pub fn new(shared: Arc<Shared>, id: u64, client: Client, replication: bool) -> Self {
        let policy = shared.policy.load();
        let target = !replication && policy.database.as_ref().is_none_or(|d| *d == client.database);
        drop(policy);
        Conversation {
            shared,
            id,
            client: Arc::new(client),
            steps: Steps::at_login(),
            statements: HashMap::default(),
            portals: HashMap::default(),
            path_setters: HashSet::default(),
            hasher: ahash::RandomState::new(),
            names: Arc::new(NameContext::with_path(&[])),
            target,
            readable_encoding: true,
            conforming_strings: true,
            ask_path: target,
            asking: None,
            status: b'I',
            path_set_in_transaction: false,
            hide_binding: false,
        }
    }

    /// Whether to keep SCRAM-SHA-256-PLUS from the client.
    pub fn hide_channel_binding(&mut self, hide: bool) {
        self.hide_binding = hide;
    }

    /// Whether nothing is open: no request unanswered, no transaction.
    pub fn is_idle(&self) -> bool {
        self.steps.is_empty() && self.status == b'I' && self.asking.is_none()
    }

    /// Whether the login is over.
    pub fn is_logged_in(&mut self) -> bool {
        !matches!(self.steps.front(), Some(Step::Login)) && self.asking.is_none()
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
        match tag {
            b'Q' => return self.query(body, whole),
            b'P' => return self.parse(body, whole),
            b'B' => {
                let (portal, rest) = cstr(body).unwrap_or_default();
                let (statement, _) = cstr(rest).unwrap_or_default();
                let (portal, statement) = (self.name(portal), self.name(statement));
                self.ask_path |= self.path_setters.contains(&statement);
                self.steps.push(Step::Bind { portal, statement });
            }
            b'D' | b'C' => {
                let name = body.get(1..).and_then(cstr).map_or(0, |(name, _)| self.name(name));
                let portal = body.first() == Some(&b'P');
                self.steps.push(if tag == b'D' { Step::Describe { name, portal } } else { Step::Close { name, portal } });
            }
            b'E' => {
                let portal = cstr(body).map_or(0, |(name, _)| self.name(name));
                let timed = !self.statements.is_empty() || !self.portals.is_empty() || !self.steps.is_empty();
                self.steps.push(Step::Execute { portal, at: timed.then(Instant::now) });
            }
            b'S' => self.steps.push(Step::Sync),
            b'F' => self.steps.push(Step::Function),
            b'c' | b'f' => self.steps.push(Step::CopyEnd),
            // Nothing is asked of a server that is told to go.
            b'X' => self.target = false,
            _ => {}
        }
        Verdict::Pass
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
        let (info, _) = text.map(|text| self.look_at(text)).unwrap_or_default();
        let at = info.as_ref().map(|_| Instant::now());
        let rewritten = info.as_ref().and_then(|i| i.outcome.text.clone());
        self.steps.push(Step::Query { info, at, rows: 0, failed: false });
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
            self.steps.push(Step::Parse { name: 0, info: None, sets_path: false });
            return Verdict::Pass;
        };
        let readable = self.is_readable(whole);
        let parts = cstr(rest).filter(|_| readable);
        let (info, sets_path) = parts.map(|(text, _)| self.look_at(text)).unwrap_or_default();
        let rewritten = info.as_ref().and_then(|i| i.outcome.text.clone());
        self.steps.push(Step::Parse { name: self.name(name), info, sets_path });
        match (rewritten, parts) {
            (Some(text), Some((_, types))) => {
                let mut out = Vec::with_capacity(text.len() + body.len());
                frame::write(&mut out, b'P', &[name, &[0], text.as_bytes(), &[0], types]);
                Verdict::Replace(out)
            }
            _ => Verdict::Pass,
        }
    }

    /// Whether a statement is short enough to be read; counts it when it is not.
    fn is_readable(&self, whole: bool) -> bool {
        if !whole && self.target {
            telemetry::count_by("esclusa_statements_total", "path", "unread");
        }
        whole
    }

    /// Decides about a statement's text: what is known of it, if it has to do with a legacy table, and whether it may change the search
    /// path.
    fn look_at(&mut self, text: &[u8]) -> (Option<Arc<Info>>, bool) {
        if !self.target {
            return (None, false);
        }
        let policy = self.shared.policy.load();
        let found = policy.scan(text);
        self.ask_path |= found.path;
        let info = if found.legacy { self.rewrite(text, &policy) } else { None };
        (info, found.path)
    }

    fn rewrite(&self, text: &[u8], policy: &Policy) -> Option<Arc<Info>> {
        // What cannot be read safely passes unread: backslashes in strings, encodings in which an ASCII byte can be half a letter.
        let text = std::str::from_utf8(text).ok().filter(|_| self.readable_encoding && self.conforming_strings);
        let Some(text) = text else {
            telemetry::count_by("esclusa_statements_total", "path", "unread");
            return None;
        };
        let begun = Instant::now();
        let (outcome, cached) = self.shared.cache.outcome(policy, &self.names, text);
        telemetry::count_by("esclusa_statements_total", "path", if cached { "cached" } else { "parsed" });
        if !cached {
            telemetry::took("esclusa_rewrite_seconds", begun.elapsed());
        }
        if outcome.is_plain() {
            return None;
        }
        let normalised = fingerprint::normalise(text, NORMALISED_BYTES);
        let seen = Seen { fingerprint: fingerprint::fingerprint(&normalised), text: normalised.into() };
        Some(Arc::new(Info { outcome, text: text.into(), seen }))
    }

    // --- from the server ---

    /// Whether a server frame's body is wanted.
    pub fn wants_reply(&mut self, tag: u8) -> bool {
        match tag {
            b'Z' | b'S' | b'E' | b'C' => true,
            b'D' => self.asking.is_some(),
            // A notice about a rewritten statement names the new tables; one about the proxy's own question is not the client's.
            b'N' => self.asking.is_some() || self.answered().is_some_and(|info| info.outcome.text.is_some()),
            b'R' => self.hide_binding,
            _ => false,
        }
    }

    /// Takes note of a server frame. `question` may be set to a frame that is sent to the server before anything else of the client.
    pub fn from_server(&mut self, tag: u8, body: &[u8], client_is_quiet: bool, question: &mut Option<Vec<u8>>) -> Verdict {
        if let Some(status) = self.asking {
            return self.answer(tag, body, status);
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
            b'Z' => return self.ready(body, client_is_quiet, question),
            _ => {}
        }
        Verdict::Pass
    }

    fn parsed(&mut self) {
        if let Some(Step::Parse { name, info, sets_path }) = self.steps.pop_if(|s| matches!(s, Step::Parse { .. })) {
            if sets_path {
                self.path_setters.insert(name);
            } else {
                self.path_setters.remove(&name);
            }
            match info {
                Some(info) => self.statements.insert(name, info),
                None => self.statements.remove(&name),
            };
        }
    }

    fn bound(&mut self) {
        if let Some(Step::Bind { portal, statement }) = self.steps.pop_if(|s| matches!(s, Step::Bind { .. })) {
            match self.statements.get(&statement) {
                Some(info) => self.portals.insert(portal, info.clone()),
                None => self.portals.remove(&portal),
            };
        }
    }

    fn closed(&mut self) {
        if let Some(Step::Close { name, portal }) = self.steps.pop_if(|s| matches!(s, Step::Close { .. })) {
            if portal {
                self.portals.remove(&name)
            } else {
                self.path_setters.remove(&name);
                self.statements.remove(&name)
            };
        }
    }

    fn completed(&mut self, tag: u8, body: &[u8]) {
        let done = rows_of(body);
        match self.steps.front() {
            Some(Step::Query { rows, .. }) => *rows += done,
            Some(Step::Execute { .. }) => {
                if let Some(Step::Execute { portal, at }) = self.steps.pop_if(|_| true)
                    && tag != b's'
                    && let Some(info) = self.portals.get(&portal).cloned()
                {
                    self.count(&info, at, done, false);
                }
            }
            _ => {}
        }
        if body.starts_with(b"DISCARD ALL") || body.starts_with(b"DEALLOCATE ALL") {
            self.statements.clear();
            self.path_setters.clear();
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
        }
        info.map_or(Verdict::Pass, |info| led_back(&info, b'E', body))
    }

    /// The statement that the next reply belongs to, if it touches a legacy table.
    fn answered(&mut self) -> Option<Arc<Info>> {
        match self.steps.front()? {
            Step::Query { info, .. } | Step::Parse { info, .. } => info.clone(),
            Step::Bind { statement, .. } => self.statements.get(statement).cloned(),
            Step::Describe { name, portal: false } => self.statements.get(name).cloned(),
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

    fn ready(&mut self, body: &[u8], client_is_quiet: bool, question: &mut Option<Vec<u8>>) -> Verdict {
        if let Some(Step::Query { info: Some(info), at, rows, failed }) = self.steps.ready() {
            self.count(&info, at, rows, failed);
        }
        let status = body.first().copied().unwrap_or(b'I');
        if status == b'I' {
            self.portals.clear();
            if std::mem::take(&mut self.path_set_in_transaction) {
                self.ask_path = true;
            }
        }
        self.status = status;
        if self.ask_path && self.target && status != b'E' && client_is_quiet && self.steps.is_empty() {
            self.ask_path = false;
            self.path_set_in_transaction = status == b'T';
            self.asking = Some(status);
            *question = Some(search_path::question(status));
            return Verdict::Swallow;
        }
        Verdict::Pass
    }

    /// The ReadyForQuery that waits for the answer to our own question, when no answer will come: the client's own statement was over.
    pub fn held_back(&mut self) -> Option<Vec<u8>> {
        self.asking.take().map(|status| vec![b'Z', 0, 0, 0, 5, status])
    }

    /// The server's answer to our own question: read, and not passed on, but for its ReadyForQuery.
    fn answer(&mut self, tag: u8, body: &[u8], status: u8) -> Verdict {
        match tag {
            b'D' => {
                if let Some(search_path) = search_path::schemas(body, status, &self.client.user)
                    && search_path != self.names.search_path
                {
                    self.names = Arc::new(NameContext { search_path, temporary: self.names.temporary.clone() });
                }
                Verdict::Swallow
            }
            b'Z' => {
                self.asking = None;
                self.status = body.first().copied().unwrap_or(status);
                Verdict::Pass
            }
            // These can come at any moment and belong to the client.
            b'S' => {
                self.parameter(body);
                Verdict::Pass
            }
            b'A' => Verdict::Pass,
            b'N' => match ErrorFields::parse(body).get(b'V') {
                // Asked for with client_min_messages: they tell of our own statement.
                Some(b"DEBUG" | b"LOG" | b"INFO") => Verdict::Swallow,
                _ => Verdict::Pass,
            },
            // What fails in a transaction aborts it (a cancel request that came late, a timeout): the client must know. Outside
            // of one it is nobody's loss, and asked again.
            b'E' => {
                let fatal = ErrorFields::parse(body).get(b'V') == Some(b"FATAL");
                self.ask_path = !fatal;
                if fatal && let Some(mut out) = self.held_back() {
                    frame::write(&mut out, b'E', &[body]);
                    return Verdict::Replace(out);
                }
                if status == b'I' { Verdict::Swallow } else { Verdict::Pass }
            }
            _ => Verdict::Swallow,
        }
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
