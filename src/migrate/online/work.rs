//! What every step of a copy needs, what it gives way to, and who is told how far it is.

use std::time::{Duration, Instant};

use crate::catalog::Database;
use crate::error::Result;
use crate::migrate::ledger::{self, Entry};
use crate::migrate::machine::{State, Step};
use crate::migrate::quiet::Pace;
use crate::migrate::throttle::signals::Watch;
use crate::migrate::throttle::{Limits, Permit};
use crate::relation::{Context, Relation};

/// How far a copy is.
#[derive(Debug, Clone)]
pub struct Progress {
    /// What is being done: `copying`, `indexing`, `proving`.
    pub step: &'static str,
    /// The legacy table.
    pub table: String,
    /// Blocks of its heap that were done when this process began the step.
    pub from: i64,
    /// Blocks that are done.
    pub done: i64,
    /// All of them.
    pub of: i64,
    /// Rows of this step so far, by this process.
    pub rows: u64,
    /// Since this process began the step.
    pub elapsed: Duration,
    /// Of that, what it gave way to clients.
    pub waited: Duration,
}

/// Whoever wants to know how far it is, or what it waits for.
pub trait Told {
    /// A step has come further.
    fn progress(&self, progress: &Progress);
    /// Something in words.
    fn word(&self, text: &str);
}

/// Tells nobody.
#[derive(Debug)]
pub struct Silent;

impl Told for Silent {
    fn progress(&self, _: &Progress) {}
    fn word(&self, _: &str) {}
}

/// What every step of a copy needs.
#[derive(Clone, Copy)]
pub struct Work<'o> {
    /// The migration's connection.
    pub db: &'o Database,
    /// Schema, zone, months.
    pub context: &'o Context,
    /// The run in the ledger.
    pub run: i64,
    /// The table.
    pub relation: &'o Relation,
    /// How it gets on with those who use the table.
    pub pace: &'o Pace,
    /// What it gives way to.
    pub throttle: &'o Throttle,
    /// Who is told how far it is.
    pub told: &'o dyn Told,
}

impl Work<'_> {
    /// Writes a step of the copy.
    pub(super) async fn ledger(&self, step: Step, rows: Option<i64>) -> Result<State> {
        let entry = Entry { run: self.run, table: &self.relation.table, step, rows, detail: None };
        ledger::write(self.db, self.context, entry).await
    }
}

/// What the copies of one run go by.
pub struct Throttle {
    pub(super) limits: Limits,
    pub(super) watch: tokio::sync::Mutex<Option<Watched>>,
}

pub(super) struct Watched {
    pub(super) watch: Watch,
    /// When something was copied last.
    pub(super) copied: Instant,
    /// The last verdict, and when it was found.
    pub(super) last: Option<(Permit, Instant)>,
}

impl Throttle {
    /// By these limits.
    pub fn new(limits: Limits) -> Self {
        Throttle { limits, watch: tokio::sync::Mutex::default() }
    }
}
