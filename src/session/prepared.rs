//! The prepared statements of a session that may name a legacy table: what each name stands for now, and what it will stand for
//! when all that was sent has run.
//!
//! The protocol's Parse and SQL's PREPARE share one set of names, and the client may mix them (EXECUTE of a parsed statement, Bind
//! of a prepared one, DEALLOCATE of either).

use std::collections::HashMap;
use std::sync::Arc;

use super::statement::{NameId, Prepared, PreparedChange, UNNAMED};

/// The most memory for the prepared statements of a session, with all that they refer to. A statement that finds no room stays as
/// it was parsed.
const HELD_BYTES: usize = 16 * 1024 * 1024;

/// What a name will stand for.
#[derive(Debug)]
struct Ahead {
    /// The number of the stretch: within one that ends with ReadyForQuery, either everything runs, or nothing after what failed.
    stretch: u64,
    held: Option<Arc<Prepared>>,
}

/// What a name stands for.
#[derive(Debug)]
pub struct Expected {
    /// The statement.
    pub held: Arc<Prepared>,
    /// False if it depends on requests that are not answered.
    pub certain: bool,
}

/// The prepared statements of a session that may name a legacy table.
#[derive(Debug, Default)]
pub struct PreparedStatements {
    /// Statements that the server has confirmed.
    confirmed: HashMap<NameId, Arc<Prepared>, ahash::RandomState>,
    /// What names will stand for when all that was sent has run.
    ahead: HashMap<NameId, Ahead, ahash::RandomState>,
    /// The stretch in which a request was sent that frees all statements.
    freed_in: Option<u64>,
    stretch: u64,
    bytes: usize,
}

impl PreparedStatements {
    /// Whether none is remembered, and none is on its way.
    pub fn is_empty(&self) -> bool {
        self.confirmed.is_empty() && self.ahead.is_empty()
    }

    /// A confirmed statement.
    pub fn confirmed(&self, name: NameId) -> Option<&Arc<Prepared>> {
        self.confirmed.get(&name)
    }

    /// What a name will stand for. `pending` tells whether an earlier ReadyForQuery is still to come.
    pub fn find(&self, name: NameId, pending: impl FnOnce() -> bool) -> Option<Expected> {
        let ahead = self.ahead.get(&name);
        let freed = self.freed_in == Some(self.stretch);
        match ahead {
            Some(ahead) if ahead.stretch == self.stretch => ahead.held.clone().map(|held| Expected { held, certain: true }),
            _ if freed => None,
            _ if ahead.is_none() && self.freed_in.is_none() => {
                self.confirmed.get(&name).map(|held| Expected { held: held.clone(), certain: true })
            }
            _ => {
                let certain = !pending();
                let held = ahead.and_then(|a| a.held.as_ref()).filter(|_| !certain).or_else(|| self.confirmed.get(&name));
                held.map(|held| Expected { held: held.clone(), certain })
            }
        }
    }

    /// A request is sent after which the name stands for this.
    pub fn expect(&mut self, name: NameId, held: Option<Arc<Prepared>>) {
        // Most statements have nothing to do with a legacy table: they are remembered only if they take the name of one that is
        // remembered.
        if held.is_some() || self.confirmed.contains_key(&name) || self.ahead.contains_key(&name) {
            self.ahead.insert(name, Ahead { stretch: self.stretch, held });
        }
    }

    /// A statement is sent that changes prepared statements by SQL.
    pub fn expect_change(&mut self, change: &PreparedChange) {
        match change {
            PreparedChange::Hold(name, held) => self.expect(*name, Some(held.clone())),
            PreparedChange::Free(name) => self.expect(*name, None),
            PreparedChange::FreeAll => {
                let unnamed = self.find(UNNAMED, || false).map(|found| found.held);
                self.ahead.clear();
                self.freed_in = Some(self.stretch);
                self.expect(UNNAMED, unnamed);
            }
        }
    }

    /// A request that ends with ReadyForQuery is sent.
    pub fn end_stretch(&mut self) {
        self.stretch += 1;
    }

    /// Everything that was on its way is answered.
    pub fn all_answered(&mut self) {
        self.ahead.clear();
        self.freed_in = None;
    }

    /// The server has prepared a statement under a name. False when there is no room to remember it: it stays as it was parsed.
    #[must_use]
    pub fn confirm(&mut self, name: NameId, held: Option<Arc<Prepared>>) -> bool {
        if let Some(before) = self.confirmed.remove(&name) {
            self.bytes = self.bytes.saturating_sub(before.bytes());
        }
        let Some(held) = held else { return true };
        let fits = self.bytes + held.bytes() <= HELD_BYTES;
        if fits {
            self.bytes += held.bytes();
            self.confirmed.insert(name, held);
        }
        fits
    }

    /// A statement that changes prepared statements by SQL has run. False as in [`PreparedStatements::confirm`].
    #[must_use]
    pub fn confirm_change(&mut self, change: &PreparedChange) -> bool {
        match change {
            PreparedChange::Hold(name, held) => self.confirm(*name, Some(held.clone())),
            PreparedChange::Free(name) => self.confirm(*name, None),
            PreparedChange::FreeAll => {
                let unnamed = self.confirmed.get(&UNNAMED).cloned();
                self.confirmed.clear();
                self.bytes = 0;
                self.confirm(UNNAMED, unnamed)
            }
        }
    }

    /// The server has closed a statement, to prepare it anew.
    pub fn forget(&mut self, name: NameId) {
        if let Some(held) = self.confirmed.get_mut(&name) {
            *held = lost(held);
        }
    }

    /// The same text was decided about again with the same result: nothing has to be done on the server.
    pub fn replace(&mut self, name: NameId, held: Arc<Prepared>) {
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

/// The statement, marked as one that the server no longer has.
fn lost(held: &Arc<Prepared>) -> Arc<Prepared> {
    Arc::new(Prepared { statement: held.statement.clone(), how: held.how.clone(), names: held.names.clone(), lost: true })
}
