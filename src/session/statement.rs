//! What a statement is: its text, its outcome, and its effects on the session; and how it was prepared.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use super::names::Doubt;
use super::reading::Reading;
use crate::rewrite::{NameContext, Outcome};
use crate::sql::Span;
use crate::sql::escape::Added;
use crate::traffic::Seen;

/// The hash of a statement's or portal's name: names are only compared, never shown.
pub type NameId = u64;

/// The unnamed statement, or the unnamed portal.
pub const UNNAMED: NameId = 0;

/// The estimated memory of a prepared statement besides its texts: names, hits, position map, map entries.
const OVERHEAD_BYTES: usize = 2048;

/// The protocol by which a client sends a statement (manual, sections 55.2.3 and 55.2.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// Query. It ends the stretch that it belongs to, also when it fails.
    Simple,
    /// Parse, Bind, Execute, Sync.
    Extended,
}

/// A statement that has something to do with a legacy table, or with the names of statements or relations.
#[derive(Debug)]
pub struct Statement {
    /// What becomes of its text.
    pub outcome: Arc<Outcome>,
    /// The client's text, in UTF-8 ([`Reading`]).
    pub text: Box<str>,
    /// How the text was read, and how it has to be written back.
    pub reading: Reading,
    /// What the reading has inserted into the text.
    pub added: Added,
    /// The policy that decided about it; 0 when it has nothing to do with a legacy table.
    pub generation: u64,
    /// What it does to prepared statements by SQL, each with the number of the statement in the text.
    pub changes: Vec<(usize, PreparedChange)>,
    /// Names of the prepared statements that it executes by SQL.
    pub executes: Vec<Box<str>>,
    /// What it may change of the meaning of names.
    pub changes_names: Doubt,
    /// It may change how later texts are read.
    pub changes_reading: bool,
    /// It brings that back to what it was at the login.
    pub resets_reading: bool,
}

impl Statement {
    /// A statement without effects on the session.
    pub fn new(text: &str, reading: Reading, outcome: Arc<Outcome>, generation: u64) -> Self {
        Statement {
            outcome,
            text: text.into(),
            reading,
            added: Added::default(),
            generation,
            changes: Vec::new(),
            executes: Vec::new(),
            changes_names: Doubt::default(),
            changes_reading: false,
            resets_reading: false,
        }
    }

    /// Whether running it affects later statements.
    pub fn has_consequences(&self) -> bool {
        !self.changes.is_empty() || self.changes_names.any() || self.changes_reading || self.resets_reading
    }

    /// Whether nothing has to be remembered about it.
    pub fn is_plain(&self) -> bool {
        self.outcome.is_plain() && !self.has_consequences()
    }

    /// The text that the server gets, in UTF-8.
    pub fn sent(&self) -> &str {
        self.outcome.text.as_deref().unwrap_or(&self.text)
    }

    /// What is sent in the place of the client's text; `None` where the client's text is sent.
    pub fn rewritten(&self) -> Option<Cow<'_, [u8]>> {
        self.reading.write(self.outcome.text.as_deref()?)
    }
}

/// A prepared statement.
#[derive(Debug)]
pub struct Prepared {
    /// The client's text and its outcome.
    pub statement: Arc<Statement>,
    /// How the client prepared it.
    pub how: How,
    /// What names meant when it was decided about.
    pub names: Arc<NameContext>,
    /// It was closed to be prepared anew, and that failed: the server does not have it.
    pub lost: bool,
}

impl Prepared {
    /// Its estimated memory. What it shares with the cache is counted here too, because the cache may have dropped it.
    pub fn bytes(&self) -> usize {
        let outcome = &self.statement.outcome;
        let sent = outcome.text.as_ref().map_or(0, |text| text.len());
        OVERHEAD_BYTES + self.statement.text.len() + sent + outcome.seen.as_ref().map_or(0, Seen::bytes)
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

/// What a text has done so far to names of prepared statements, statement by statement.
#[derive(Debug, Default)]
pub struct ChangedNames {
    names: HashMap<NameId, Option<Arc<Prepared>>>,
    all_freed: bool,
}

impl ChangedNames {
    /// The next change.
    pub fn apply(&mut self, change: &PreparedChange) {
        match change {
            PreparedChange::Hold(name, held) => drop(self.names.insert(*name, Some(held.clone()))),
            PreparedChange::Free(name) => drop(self.names.insert(*name, None)),
            PreparedChange::FreeAll => {
                self.names.clear();
                self.all_freed = true;
            }
        }
    }

    /// What a name stands for by these changes; the outer `None` if there was none of this name, the inner one if it is free or its statement
    /// need not be remembered.
    pub fn get(&self, name: NameId) -> Option<Option<Arc<Prepared>>> {
        self.names.get(&name).cloned().or(self.all_freed.then_some(None))
    }
}

impl How {
    /// The parameter types that its Parse has declared, as a number and a list; empty for PREPARE.
    pub fn types(&self) -> &[u8] {
        match self {
            How::Protocol(types) => types,
            How::Sql(_) => &[],
        }
    }
}

/// What a text does to prepared statements by SQL.
#[derive(Debug, Clone)]
pub enum PreparedChange {
    /// PREPARE.
    Hold(NameId, Arc<Prepared>),
    /// DEALLOCATE, or PREPARE of what need not be remembered.
    Free(NameId),
    /// DEALLOCATE ALL, DISCARD ALL. The unnamed statement survives them (source, prepare.c, DropAllPreparedStatements).
    FreeAll,
}
