//! Prepared statements that may name a legacy table, and how one is prepared anew when a switch has changed its text.
//!
//! The protocol's Parse and SQL's PREPARE share one namespace, and the client may use either to reach a statement (EXECUTE of a
//! parsed one, Bind of a PREPAREd one, DEALLOCATE). So a statement keeps its name on the server. In front of the Bind or
//! Describe that finds it stale go: Parse of the new text under a name of our own; Close; Parse under the client's name; Close of
//! ours. The first is a guard: inside an aborted transaction, or when the new text is refused, it fails, the server skips the
//! rest, and the old statement stays. What the guard has parsed keeps its locks, so that the second Parse finds the same tables.
//! Open portals survive all of it.

use std::collections::HashMap;
use std::sync::Arc;

use super::step::{Info, NameId, Own};
use crate::rewrite::NameContext;
use crate::sql::Span;
use crate::telemetry;
use crate::wire::frame;

/// The statement without a name.
const UNNAMED: NameId = 0;
/// What a session remembers of prepared statements, all that it holds for them counted. A statement beyond it stays as it was parsed.
const HELD_BYTES: usize = 16 * 1024 * 1024;
/// Statements and portal of our own; no client has these names.
const GUARD: &[u8] = b"esclusa guard\0";
const GUARD_SQL: &str = "\"esclusa guard of PREPARE\"";

/// What a statement takes beside its texts, about: its names, its hits, its map, its places in tables.
const OVERHEAD_BYTES: usize = 2048;

/// A prepared statement.
#[derive(Debug)]
pub struct Held {
    /// The client's text and what became of it.
    pub info: Arc<Info>,
    /// How the client prepared it.
    pub how: How,
    /// What its names meant.
    pub names: Arc<NameContext>,
    /// Its name was freed to prepare it anew, and that failed: the server does not have it.
    pub lost: bool,
}

impl Held {
    /// What it takes in memory, about. What it shares with the cache of statements is counted as its own: the cache may have dropped it.
    fn bytes(&self) -> usize {
        let sent = self.info.outcome.text.as_ref().map_or(0, |text| text.len());
        let rewritten = |seen: &crate::traffic::Seen| seen.rewritten.as_ref().map_or(0, |text| text.len());
        let seen = self.info.outcome.seen.as_ref().map_or(0, |seen| seen.text.len() + rewritten(seen));
        OVERHEAD_BYTES + self.info.text.len() + seen + sent
    }
}

/// How a statement was prepared.
#[derive(Debug, Clone)]
pub enum How {
    /// By Parse, with this count and list of parameter types.
    Protocol(Box<[u8]>),
    /// By PREPARE, with its name at this place of the text.
    Sql(Span),
}

/// What a statement does to prepared ones by SQL.
#[derive(Debug, Clone)]
pub enum Change {
    /// PREPARE.
    Hold(NameId, Arc<Held>),
    /// DEALLOCATE, or PREPARE of what need not be remembered.
    Free(NameId),
    /// DEALLOCATE ALL, DISCARD ALL. The unnamed statement survives them (source, prepare.c, DropAllPreparedStatements).
    FreeAll,
}

/// What a name will stand for when the server has come so far.
#[derive(Debug)]
struct Ahead {
    /// Counts what ends with ReadyForQuery: within one such stretch everything runs, or nothing after what failed.
    stretch: u64,
    held: Option<Arc<Held>>,
}

/// What a name stands for.
#[derive(Debug)]
pub struct Found {
    /// The statement.
    pub held: Arc<Held>,
    /// Whether that depends on what is still unanswered.
    pub certain: bool,
}

/// The prepared statements of a session that may name a legacy table.
#[derive(Debug, Default)]
pub struct Prepared {
    /// As the server has confirmed them.
    confirmed: HashMap<NameId, Arc<Held>, ahash::RandomState>,
    /// As what is on its way will make them.
    ahead: HashMap<NameId, Ahead, ahash::RandomState>,
    /// Everything is freed by something on its way; the stretch it is in.
    freed_in: Option<u64>,
    stretch: u64,
    bytes: usize,
}

impl Prepared {
    /// Whether there is none, and none on its way.
    pub fn is_empty(&self) -> bool {
        self.confirmed.is_empty() && self.ahead.is_empty()
    }

    /// A confirmed statement.
    pub fn confirmed(&self, name: NameId) -> Option<&Arc<Held>> {
        self.confirmed.get(&name)
    }

    /// What a name will stand for. `pending` tells whether an earlier ReadyForQuery is still to come.
    pub fn find(&self, name: NameId, pending: impl FnOnce() -> bool) -> Option<Found> {
        let ahead = self.ahead.get(&name);
        let freed = self.freed_in == Some(self.stretch);
        match ahead {
            Some(ahead) if ahead.stretch == self.stretch => ahead.held.clone().map(|held| Found { held, certain: true }),
            _ if freed => None,
            _ if ahead.is_none() && self.freed_in.is_none() => {
                self.confirmed.get(&name).map(|held| Found { held: held.clone(), certain: true })
            }
            _ => {
                let certain = !pending();
                let held = ahead.and_then(|a| a.held.as_ref()).filter(|_| !certain).or_else(|| self.confirmed.get(&name));
                held.map(|held| Found { held: held.clone(), certain })
            }
        }
    }

    /// A request on its way will make a name stand for this.
    pub fn expect(&mut self, name: NameId, held: Option<Arc<Held>>) {
        // A name that stands for nothing here goes on standing for nothing: most statements leave no trace.
        if held.is_some() || self.confirmed.contains_key(&name) || self.ahead.contains_key(&name) {
            self.ahead.insert(name, Ahead { stretch: self.stretch, held });
        }
    }

    /// A statement by SQL is on its way.
    pub fn expect_change(&mut self, change: &Change) {
        match change {
            Change::Hold(name, held) => self.expect(*name, Some(held.clone())),
            Change::Free(name) => self.expect(*name, None),
            Change::FreeAll => {
                let unnamed = self.find(UNNAMED, || false).map(|found| found.held);
                self.ahead.clear();
                self.freed_in = Some(self.stretch);
                self.expect(UNNAMED, unnamed);
            }
        }
    }

    /// A request that ends with ReadyForQuery is on its way.
    pub fn end_stretch(&mut self) {
        self.stretch += 1;
    }

    /// Everything on its way is answered.
    pub fn settle(&mut self) {
        self.ahead.clear();
        self.freed_in = None;
    }

    /// The server has prepared a statement under a name.
    pub fn confirm(&mut self, name: NameId, held: Option<Arc<Held>>) {
        if let Some(before) = self.confirmed.remove(&name) {
            self.bytes = self.bytes.saturating_sub(before.bytes());
        }
        let Some(held) = held else { return };
        if self.bytes + held.bytes() > HELD_BYTES {
            telemetry::count("esclusa_prepared_overflow_total");
            return;
        }
        self.bytes += held.bytes();
        self.confirmed.insert(name, held);
    }

    /// A statement by SQL has run.
    pub fn confirm_change(&mut self, change: &Change) {
        match change {
            Change::Hold(name, held) => self.confirm(*name, Some(held.clone())),
            Change::Free(name) => self.confirm(*name, None),
            Change::FreeAll => {
                let unnamed = self.confirmed.get(&UNNAMED).cloned();
                self.confirmed.clear();
                self.bytes = 0;
                self.confirm(UNNAMED, unnamed);
            }
        }
    }

    /// The server has closed a statement to prepare it anew.
    pub fn forget(&mut self, name: NameId) {
        if let Some(held) = self.confirmed.get_mut(&name) {
            *held = lost(held);
        }
    }

    /// The same text was decided about again: nothing is to be done on the server.
    pub fn renew(&mut self, name: NameId, held: Arc<Held>) {
        match self.ahead.get_mut(&name) {
            Some(ahead) => ahead.held = Some(held),
            None => {
                self.bytes += held.bytes();
                let before = self.confirmed.insert(name, held);
                self.bytes = self.bytes.saturating_sub(before.map_or(0, |before| before.bytes()));
            }
        }
    }
}

/// The numbers of the parameters to which the end of a Parse gives a type (manual, section 55.7): neither 0 nor `unknown` is one.
pub fn declared(types: &[u8]) -> Vec<usize> {
    const UNKNOWN: u32 = 705;
    let oids = types.get(2..).unwrap_or_default().chunks_exact(4).map(|t| u32::from_be_bytes([t[0], t[1], t[2], t[3]]));
    oids.zip(1..).filter(|(oid, _)| ![0, UNKNOWN].contains(oid)).map(|(_, number)| number).collect()
}

/// A statement that the server does not have any more.
fn lost(held: &Arc<Held>) -> Arc<Held> {
    Arc::new(Held { info: held.info.clone(), how: held.how.clone(), names: held.names.clone(), lost: true })
}

/// The frames that prepare a statement anew under its name, and what answers them.
pub fn again(id: NameId, name: &[u8], held: &Arc<Held>) -> (Vec<u8>, Vec<Own>) {
    let text = held.info.outcome.text.as_deref().unwrap_or(&held.info.text);
    let wire = |text: &str| held.info.reading.write(text).unwrap_or_default().into_owned();
    let mut out = Vec::with_capacity(2 * text.len() + 256);
    let mut own = Vec::with_capacity(16);
    let close = |out: &mut Vec<u8>, own: &mut Vec<Own>, name: &[u8], answered: Own| {
        frame::write(out, b'C', &[b"S", name.strip_suffix(&[0]).unwrap_or(name), &[0]]);
        own.push(answered);
    };
    let silent = || Own::Silent(b'3');
    // One that failed half way has left its names behind.
    close(&mut out, &mut own, GUARD, silent());
    let refused = !held.info.outcome.refusals.is_empty();
    match &held.how {
        // In place of a refused PREPARE stands a statement that fails in Parse.
        How::Sql(_) if refused => {
            frame::write(&mut out, b'P', &[GUARD, &wire(text), &[0, 0, 0]]);
            own.push(Own::Guard(b'1', held.clone()));
        }
        How::Protocol(types) => {
            frame::write(&mut out, b'P', &[GUARD, &wire(text), &[0], types]);
            own.push(Own::Guard(b'1', held.clone()));
            close(&mut out, &mut own, name, Own::Forget(id));
            frame::write(&mut out, b'P', &[name, &[0], &wire(text), &[0], types]);
            own.push(Own::Again(b'1', id, held.clone()));
        }
        How::Sql(span) => {
            let guard_name = GUARD_SQL.trim_matches('"').as_bytes();
            close(&mut out, &mut own, guard_name, silent());
            let guard = [&text[..span.start], GUARD_SQL, &text[span.end..]].concat();
            execute(&mut out, &mut own, &wire(&guard), Own::Guard(b'C', held.clone()));
            close(&mut out, &mut own, name, Own::Forget(id));
            execute(&mut out, &mut own, &wire(text), Own::Again(b'C', id, held.clone()));
            close(&mut out, &mut own, guard_name, silent());
        }
    }
    close(&mut out, &mut own, GUARD, Own::Prepared);
    (out, own)
}

/// Runs a statement that returns no rows.
fn execute(out: &mut Vec<u8>, own: &mut Vec<Own>, text: &[u8], answered: Own) {
    frame::write(out, b'P', &[GUARD, text, &[0, 0, 0]]);
    frame::write(out, b'B', &[GUARD, GUARD, &[0; 6]]);
    frame::write(out, b'E', &[GUARD, &[0; 4]]);
    frame::write(out, b'C', &[b"P", GUARD]);
    frame::write(out, b'C', &[b"S", GUARD]);
    own.extend([Own::Silent(b'1'), Own::Silent(b'2'), answered, Own::Silent(b'3'), Own::Silent(b'3')]);
}
