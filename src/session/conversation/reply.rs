//! What the server says, frame by frame: requests are answered in order, statements and portals are confirmed, errors led back.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use super::{Conversation, Verdict};
use crate::rewrite::Outcome;
use crate::session::errors::{self, Told};
use crate::session::search_path::Doubt;
use crate::session::step::{Info, Step};
use crate::sql::escape::Added;
use crate::traffic::{Client, Execution, Sqlstate};
use crate::wire::error_response::ErrorFields;
use crate::wire::frame::{self, cstr};

impl Conversation {
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
            b'N' => self.awaits_own_reply() || self.addressed().is_some_and(|info| info.outcome.text.is_some()),
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
            b'N' if !body.is_empty() => return self.addressed().map_or(Verdict::Pass, |info| self.led_back(&info, tag, body)),
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
        if let Some(Step::Bind { portal, statement, sample, .. }) = self.steps.pop_if(|s| matches!(s, Step::Bind { .. })) {
            match sample {
                Some(sample) => drop(self.samples.insert(portal, sample)),
                None if self.samples.is_empty() => {}
                None => drop(self.samples.remove(&portal)),
            }
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
                    self.offer_portal(portal);
                    let info = self.portals.get(&portal).cloned();
                    if let Some(info) = &info {
                        self.count(info, at, done, Sqlstate::NONE);
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
            *failed = sqlstate_of(body);
        }
        // A Parse that fails has destroyed the unnamed statement first (source, postgres.c, exec_parse_message).
        if let Some(Step::Parse { name: 0, .. }) = self.steps.front() {
            self.prepared.confirm(0, None);
        }
        let info = self.addressed();
        if let Some(info) = info.as_ref().filter(|_| !in_query) {
            let at = match self.steps.front() {
                Some(Step::Execute { at, .. }) => *at,
                _ => None,
            };
            self.count(info, at, 0, sqlstate_of(body));
        }
        if !in_query && !self.steps.is_empty() {
            self.steps.skip_to_sync();
            self.own_skipped();
        }
        match info.map_or(Verdict::Pass, |info| self.led_back(&info, b'E', body)) {
            Verdict::Pass => self.led_back_from_view(body).or_else(|| self.led_back_from_keys(body)).unwrap_or(Verdict::Pass),
            verdict => verdict,
        }
    }

    /// An error or a notice with the names of the legacy tables.
    pub(super) fn led_back(&self, info: &Info, tag: u8, body: &[u8]) -> Verdict {
        if info.outcome.text.is_none() && info.outcome.rewritten.is_empty() {
            return Verdict::Pass;
        }
        self.told(&info.outcome, (&info.text, &info.added), tag, body).unwrap_or(Verdict::Pass)
    }

    /// An error that a foreign key of a moved table gave: any statement's, and that of a transaction's end.
    fn led_back_from_keys(&self, body: &[u8]) -> Option<Verdict> {
        let is_ours = self.target && self.shared.policy.load().has_key_tables() && errors::is_of_keys(body);
        is_ours.then(|| self.told(&Outcome::default(), ("", &Added::default()), b'E', body)).flatten()
    }

    /// What the client is told instead; `None` where it is that already.
    fn told(&self, outcome: &Outcome, (text, added): (&str, &Added), tag: u8, body: &[u8]) -> Option<Verdict> {
        let policy = self.shared.policy.load();
        let fields = ErrorFields::parse(body);
        let table = errors::leaf(&fields).filter(|table| !outcome.rewritten.iter().any(|r| r.table == *table));
        let reached = table.and_then(|table| policy.entry(table)).map(|entry| entry.relation.clone());
        let told = Told { outcome, text, added, schema: &policy.schema, reached: reached.as_deref() };
        errors::lead_back(fields, &told).map(|fields| Verdict::Replace(frame_of(&fields, tag)))
    }

    /// An error that a legacy table's view gave, in a function's body or before the table is switched.
    fn led_back_from_view(&self, body: &[u8]) -> Option<Verdict> {
        let table = errors::view(&ErrorFields::parse(body)).filter(|_| self.target)?;
        let relation = self.shared.policy.load().entry(&table)?.relation.clone();
        self.told(&Outcome { rewritten: vec![relation], ..Outcome::default() }, ("", &Added::default()), b'E', body)
    }

    /// The statement that the next reply belongs to, if it touches a legacy table.
    fn addressed(&mut self) -> Option<Arc<Info>> {
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

    pub(super) fn count(&self, info: &Info, at: Option<Instant>, rows: u64, sqlstate: Sqlstate) {
        // What the server says of the statement in the place of a refused one is not what the client is told.
        let refused = info.outcome.refusals.first().filter(|_| sqlstate != Sqlstate::NONE);
        let sqlstate = refused.map_or(sqlstate, |refusal| Sqlstate::new(refusal.error.sqlstate.as_bytes()));
        let execution = Execution { rows, sqlstate, elapsed: at.map(|at| at.elapsed()), at: SystemTime::now() };
        self.shared.traffic.count(&info.outcome, &self.client, execution);
    }

    fn parameter(&mut self, body: &[u8]) {
        let Some((name, rest)) = cstr(body) else { return };
        let Some((value, _)) = cstr(rest) else { return };
        match name {
            b"client_encoding" => self.reading.encode_as(value),
            b"standard_conforming_strings" => self.reading.conform(value == b"on"),
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
        if let Some(Step::Query { info, at, rows, failed, .. }) = self.steps.ready() {
            // A simple query destroys the unnamed statement (manual, section 55.2.3).
            self.prepared.confirm(0, None);
            if let Some(info) = info {
                self.count(&info, at, rows, failed);
                if failed == Sqlstate::NONE {
                    self.offer_query(&info);
                }
            }
        }
        self.in_status(body);
    }

    /// Takes note of a ReadyForQuery.
    pub(super) fn in_status(&mut self, body: &[u8]) {
        self.status = body.first().copied().unwrap_or(b'I');
        if self.status == b'I' {
            self.portals.clear();
            self.samples.clear();
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

/// The SQLSTATE of an error.
pub(super) fn sqlstate_of(body: &[u8]) -> Sqlstate {
    Sqlstate::new(ErrorFields::parse(body).get(b'C').unwrap_or_default())
}

/// An error whose place is none in the client's text.
pub(super) fn without_place(body: &[u8]) -> Vec<u8> {
    let mut fields = ErrorFields::parse(body);
    fields.remove(b'P');
    frame_of(&fields, b'E')
}

fn frame_of(fields: &ErrorFields, tag: u8) -> Vec<u8> {
    let mut out = Vec::new();
    fields.write(&mut out, tag);
    out
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
