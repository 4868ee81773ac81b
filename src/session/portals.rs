//! Portals whose statement has something to do with a legacy table or with names; others are not remembered.

use std::collections::HashMap;
use std::sync::Arc;

use super::statement::{NameId, Statement};

/// The portals of a session.
#[derive(Debug, Default)]
pub struct Portals {
    /// Portals that the server has confirmed.
    open: HashMap<NameId, Portal, ahash::RandomState>,
    /// Portals that are on their way, if their execution matters to what comes after it.
    ahead: HashMap<NameId, Arc<Statement>, ahash::RandomState>,
}

#[derive(Debug)]
struct Portal {
    statement: Arc<Statement>,
    /// It was executed and is counted: further Executes only add rows.
    is_counted: bool,
}

impl Portals {
    /// Whether no confirmed portal is remembered.
    pub fn none_is_open(&self) -> bool {
        self.open.is_empty()
    }

    /// Whether no portal is on its way.
    pub fn none_is_ahead(&self) -> bool {
        self.ahead.is_empty()
    }

    /// A portal that the server has confirmed.
    pub fn open(&self, portal: NameId) -> Option<&Arc<Statement>> {
        self.open.get(&portal).map(|portal| &portal.statement)
    }

    /// An Execute of a portal has given rows and stopped at its limit (`is_suspended`) or at the end. Returns whether the portal
    /// had given rows before. A portal that is read some rows at a time may never reach its end, and has to be counted all the
    /// same.
    pub fn gives_rows(&mut self, portal: NameId, is_suspended: bool) -> bool {
        self.open.get_mut(&portal).is_some_and(|portal| {
            let before = portal.is_counted;
            portal.is_counted |= is_suspended;
            before
        })
    }

    /// The statement that an Execute which is sent now will run.
    pub fn next(&self, portal: NameId) -> Option<&Arc<Statement>> {
        self.ahead.get(&portal).or_else(|| self.open(portal))
    }

    /// A Bind, or a Close (with no statement), is on its way.
    pub fn expect(&mut self, portal: NameId, statement: Option<&Arc<Statement>>) {
        match statement.filter(|s| s.has_consequences()) {
            Some(statement) => drop(self.ahead.insert(portal, statement.clone())),
            None => drop(self.ahead.remove(&portal)),
        }
    }

    /// The server has made, or closed, a portal.
    pub fn confirm(&mut self, portal: NameId, statement: Option<Arc<Statement>>) {
        match statement {
            Some(statement) => drop(self.open.insert(portal, Portal { statement, is_counted: false })),
            None => drop(self.open.remove(&portal)),
        }
    }

    /// The end of a transaction closes all.
    pub fn transaction_ended(&mut self) {
        self.open.clear();
    }

    /// Everything that was on its way is answered.
    pub fn all_answered(&mut self) {
        self.ahead.clear();
    }
}
