//! Plans that the session keeps for the client: a read that is sent again and again, with other keys in its text, is prepared under a
//! name of our own, with the keys as parameters, and from then on that statement is run in its place. To the client it is the same:
//! rows, columns, command tag and errors are those of its text.
//!
//! The prepared statement is one like those of the client's own making by PREPARE: what a switch, a change of names, DEALLOCATE ALL
//! or DISCARD ALL means for these it means for it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use super::{Conversation, Verdict};
use crate::error::sqlstate;
use crate::rewrite::keep::Keep;
use crate::session::prepared::{Held, How, Ready};
use crate::session::step::{Info, NameId};
use crate::sql::Span;
use crate::telemetry;
use crate::wire::error_response::ErrorFields;
use crate::wire::frame;

/// What their names begin with.
const PREFIX: &str = "esclusa kept ";
/// Uses before a plan is kept, as with pgjdbc's prepareThreshold.
const USES: u32 = 5;
/// Settings that decide what a text means when the statement is parsed; the server reports each change of them.
const STYLES: [&[u8]; 4] = [b"client_encoding", b"DateStyle", b"IntervalStyle", b"TimeZone"];

/// What is known of statements whose plan may be kept.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// Uses of a statement since it was prepared last, or failed.
    uses: HashMap<NameId, u32, ahash::RandomState>,
    /// The values of [`STYLES`], as hashes.
    styles: [u64; STYLES.len()],
    /// A statement of the protocol was made an EXECUTE: what is bound to it is bound to the kept one.
    bound: bool,
    /// The session may have made a temporary relation: a name of another table may mean it.
    pub(super) temporary: bool,
}

impl Kept {
    /// Whether a Bind may concern a kept statement.
    pub(super) fn is_bound(&self) -> bool {
        self.bound
    }

    /// A statement of the protocol runs a kept one.
    pub(super) fn binds(&mut self) {
        self.bound = true;
    }
}

impl Conversation {
    /// The kept statement that may be run in the place of a client's, if there is one. An error is what has to happen first.
    pub(super) fn kept(&mut self, info: &Info, query: bool) -> Result<Option<Ready>, Verdict> {
        // What is on its way may change a setting, or the names.
        let keep = info.outcome.keep.as_ref().filter(|keep| keep.ours || !self.kept.temporary);
        let Some(keep) = keep.filter(|_| self.steps.is_empty() && !self.is_aborted()) else { return Ok(None) };
        let (name, id) = self.kept_name(keep);
        let known = self.prepared.confirmed(id).map(|held| (held.info.text.ends_with(&keep.statement), held.lost));
        match known {
            // Another statement of the same hash.
            Some((false, _)) => return Ok(None),
            Some((true, false)) => {}
            _ if !self.is_due(id) => return Ok(None),
            _ => {
                let text = format!("PREPARE \"{name}\"{}", keep.statement);
                let how = How::Sql(Span { start: "PREPARE ".len(), end: "PREPARE \"\"".len() + name.len() });
                let fresh = self.info_of(&text, Arc::default(), info.generation);
                let held = Held { info: Arc::new(fresh), how, names: self.names.clone(), lost: true, runs: None };
                self.prepared.confirm(id, Some(Arc::new(held)));
                telemetry::count("esclusa_plans_kept_total");
            }
        }
        if let Some(verdict) = self.renew(id, name.as_bytes(), query) {
            return Err(verdict);
        }
        let ready = self.prepared.confirmed(id).is_some_and(|held| !held.lost);
        Ok(ready.then(|| Ready { name, keep: keep.clone() }))
    }

    fn kept_name(&self, keep: &Keep) -> (String, NameId) {
        let hash = self.hasher.hash_one((&keep.statement, &self.kept.styles));
        let name = format!("{PREFIX}{hash:016x}");
        let id = self.name(name.as_bytes());
        (name, id)
    }

    /// A Bind of the kept statement in the place of one that is an EXECUTE of it: its portal is that of a query, with the snapshot of
    /// Bind and rows that are made when they are asked for. `behind` is what stands behind the names.
    pub(super) fn bind_kept(&self, ready: &Ready, portal: &[u8], behind: &[u8]) -> Option<Verdict> {
        let kept = self.prepared.find(self.name(ready.name.as_bytes()), || true)?;
        let results = results(behind).filter(|_| kept.certain && !kept.held.lost)?;
        let mut out = Vec::new();
        ready.bind(&mut out, portal, results);
        Some(Verdict::Replace(out))
    }

    /// Counts a use of a statement without a kept plan; whether the time has come to keep one.
    fn is_due(&mut self, id: NameId) -> bool {
        let limit = self.shared.settings.load().limits.kept_plans;
        if self.kept.uses.len() >= limit && !self.kept.uses.contains_key(&id) {
            self.kept.uses.retain(|id, _| self.prepared.confirmed(*id).is_some());
        }
        let full = self.kept.uses.len() >= limit;
        let uses = match self.kept.uses.entry(id) {
            Entry::Occupied(uses) => uses.into_mut(),
            Entry::Vacant(_) if full => return false,
            Entry::Vacant(free) => free.insert(0),
        };
        *uses = (*uses + 1) % USES;
        *uses == 0
    }

    /// An error of a statement whose plan may be kept. One that fails again and again is not prepared: a PREPARE would fail in its
    /// place, with places in a text that is not the client's.
    ///
    /// A kept plan is given up that cannot be used any more: freed where nobody saw it, in a function; or analysed anew because
    /// something that it names has changed, with an error or for another result. Tells whether the error's place is one in the text of
    /// PREPARE.
    pub(super) fn keep_error(&mut self, info: &Info, body: &[u8]) -> bool {
        let Some(keep) = &info.outcome.keep else { return false };
        let (_, id) = self.kept_name(keep);
        if let Some(uses) = self.kept.uses.get_mut(&id) {
            *uses = 0;
        }
        let fields = ErrorFields::parse(body);
        let gone = [sqlstate::INVALID_SQL_STATEMENT_NAME, sqlstate::FEATURE_NOT_SUPPORTED];
        let placed = fields.get(b'P').is_some();
        if !placed && !gone.iter().any(|code| fields.get(b'C') == Some(code.as_bytes())) {
            return false;
        }
        let kept = self.prepared.confirmed(id).is_some_and(|held| !held.lost);
        self.prepared.confirm(id, None);
        // The unnamed statement may be an EXECUTE of it: that one is parsed again.
        self.prepared.forget(0);
        kept && placed
    }

    /// Takes note of a reported setting.
    pub(super) fn keep_style(&mut self, name: &[u8], value: &[u8]) {
        if let Some(place) = STYLES.iter().position(|s| *s == name) {
            self.kept.styles[place] = self.hasher.hash_one(value);
        }
    }
}

/// The formats of the results, as they stand in a Bind without parameters (manual, section 55.7).
fn results(behind: &[u8]) -> Option<&[u8]> {
    let (formats, rest) = behind.split_first_chunk()?;
    let (parameters, results) = rest.get(2 * usize::from(u16::from_be_bytes(*formats))..)?.split_first_chunk()?;
    (*parameters == [0, 0]).then_some(results)
}

impl Ready {
    /// As SQL: for Parse, whose statement keeps its own name.
    pub(super) fn execute(&self) -> String {
        format!("EXECUTE \"{}\"{}", self.name, self.keep.list)
    }

    /// As frames in the place of a Query. Their answers are those of the Query but for BindComplete and CloseComplete, and like a
    /// Query they leave neither an unnamed portal nor an unnamed statement behind (manual, section 55.2.3), the latter also when they
    /// fail.
    pub(super) fn frames(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(128);
        frame::write(&mut out, b'C', &[b"S\0"]);
        self.bind(&mut out, &[], &[0, 0]);
        frame::write(&mut out, b'D', &[b"P\0"]);
        frame::write(&mut out, b'E', &[&[0; 5]]);
        frame::write(&mut out, b'C', &[b"P\0"]);
        frame::write(&mut out, b'S', &[]);
        out
    }

    /// A Bind of a portal to it: all parameters as text.
    fn bind(&self, out: &mut Vec<u8>, portal: &[u8], results: &[u8]) {
        let mut values = (self.keep.values.len() as u16).to_be_bytes().to_vec();
        for value in &self.keep.values {
            values.extend_from_slice(&(value.len() as u32).to_be_bytes());
            values.extend_from_slice(value.as_bytes());
        }
        frame::write(out, b'B', &[portal, &[0], self.name.as_bytes(), &[0, 0, 0], &values, results]);
    }
}
