//! What a statement is: its text, what became of it, what it leaves behind in the session; and how it was prepared.

use std::borrow::Cow;
use std::sync::Arc;

use super::names::Doubt;
use super::reading::Reading;
use crate::rewrite::{NameContext, Outcome};
use crate::sql::Span;
use crate::sql::escape::Added;
use crate::traffic::Seen;

/// A name of a prepared statement or of a portal, as its hash: names are compared, never shown.
pub type NameId = u64;

/// The statement, or portal, without a name.
pub const UNNAMED: NameId = 0;

/// What a prepared statement takes beside its texts, about: its names, its hits, its map, its places in tables.
const OVERHEAD_BYTES: usize = 2048;

/// By which of its two protocols a client sends a statement (manual, sections 55.2.3 and 55.2.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// Query. It ends the stretch in which it stands, also when it fails.
    Simple,
    /// Parse, Bind, Execute, Sync.
    Extended,
}

/// A statement that has something to do with a legacy table, or with the names of statements or relations.
#[derive(Debug)]
pub struct Statement {
    /// What became of it.
    pub outcome: Arc<Outcome>,
    /// As the client wrote it, in UTF-8 ([`Reading`]).
    pub text: Box<str>,
    /// How it was read, and has to be sent.
    pub reading: Reading,
    /// What the reading has put into it.
    pub added: Added,
    /// The policy that decided; 0 when it has nothing to do with a legacy table.
    pub generation: u64,
    /// What it does to prepared statements by SQL, each with its statement's number.
    pub changes: Vec<(usize, Change)>,
    /// Statements that it executes by SQL.
    pub executes: Vec<Box<str>>,
    /// It may change what names mean.
    pub changes_names: Doubt,
    /// It may change how texts are read.
    pub changes_reading: bool,
    /// It brings that back to what it was at the login.
    pub resets_reading: bool,
}

impl Statement {
    /// A statement that leaves nothing behind.
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

    /// Whether running it matters to statements that come after it.
    pub fn has_consequences(&self) -> bool {
        !self.changes.is_empty() || self.changes_names.any() || self.changes_reading || self.resets_reading
    }

    /// Whether nothing has to be remembered about it.
    pub fn is_plain(&self) -> bool {
        self.outcome.is_plain() && !self.has_consequences()
    }

    /// The text that the server has got, in UTF-8.
    pub fn sent(&self) -> &str {
        self.outcome.text.as_deref().unwrap_or(&self.text)
    }

    /// What goes to the server in the place of the client's text; `None` where that goes itself.
    pub fn rewritten(&self) -> Option<Cow<'_, [u8]>> {
        self.reading.write(self.outcome.text.as_deref()?)
    }
}

/// A prepared statement.
#[derive(Debug)]
pub struct Prepared {
    /// The client's text and what became of it.
    pub statement: Arc<Statement>,
    /// How the client prepared it.
    pub how: How,
    /// What its names meant.
    pub names: Arc<NameContext>,
    /// Its name was freed to prepare it anew, and that failed: the server does not have it.
    pub lost: bool,
}

impl Prepared {
    /// What it takes in memory, about. What it shares with the cache of statements is counted as its own: the cache may have dropped it.
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

impl How {
    /// The count and list of parameter types that its Parse has declared; empty where there was none.
    pub fn types(&self) -> &[u8] {
        match self {
            How::Protocol(types) => types,
            How::Sql(_) => &[],
        }
    }
}

/// What a statement does to prepared ones by SQL.
#[derive(Debug, Clone)]
pub enum Change {
    /// PREPARE.
    Hold(NameId, Arc<Prepared>),
    /// DEALLOCATE, or PREPARE of what need not be remembered.
    Free(NameId),
    /// DEALLOCATE ALL, DISCARD ALL. The unnamed statement survives them (source, prepare.c, DropAllPreparedStatements).
    FreeAll,
}
