//! What every step of a copy needs: the signals that it gives way to, and the receiver of progress reports.

use std::time::{Duration, Instant};

use crate::catalog::Database;
use crate::error::Result;
use crate::migrate::ledger::{self, Entry};
use crate::migrate::machine::{State, Step};
use crate::migrate::quiet::Pace;
use crate::migrate::throttle::signals::Watch;
use crate::migrate::throttle::{Limits, Permit};
use crate::relation::{Context, Relation};

/// The progress of a copy.
#[derive(Debug, Clone)]
pub struct Progress {
    /// The step: `copying`, `indexing`, `proving`.
    pub step: &'static str,
    /// The legacy table.
    pub table: String,
    /// Blocks of its heap that were done when this process began the step.
    pub from: i64,
    /// Blocks that are done.
    pub done: i64,
    /// All blocks.
    pub of: i64,
    /// Rows that this process has handled in this step.
    pub rows: u64,
    /// Time since this process began the step.
    pub elapsed: Duration,
    /// Of that, time waited for clients.
    pub waited: Duration,
}

/// Receives progress reports, and reports of what the work waits for.
pub trait Told {
    /// A step has advanced.
    fn progress(&self, progress: &Progress);
    /// A message in words.
    fn word(&self, text: &str);
}

/// Reports nothing.
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
    /// Schema, time zone, months.
    pub context: &'o Context,
    /// The run in the ledger.
    pub run: i64,
    /// The table.
    pub relation: &'o Relation,
    /// How long it keeps others waiting, and how long it waits itself.
    pub pace: &'o Pace,
    /// What it gives way to.
    pub throttle: &'o Throttle,
    /// Receives progress reports.
    pub told: &'o dyn Told,
}

impl Work<'_> {
    /// Writes a step of the copy.
    pub(super) async fn ledger(&self, step: Step, rows: Option<i64>) -> Result<State> {
        let entry = Entry { run: self.run, table: &self.relation.table, step, rows, detail: None };
        ledger::write(self.db, self.context, entry).await
    }
}

/// The limits and signals that the copies of one run obey.
pub struct Throttle {
    pub(super) limits: Limits,
    pub(super) watch: tokio::sync::Mutex<Option<Watched>>,
}

pub(super) struct Watched {
    pub(super) watch: Watch,
    /// When something was copied last.
    pub(super) copied: Instant,
    /// The last verdict, and when it was made.
    pub(super) last: Option<(Permit, Instant)>,
}

impl Throttle {
    /// With these limits.
    pub fn new(limits: Limits) -> Self {
        Throttle { limits, watch: tokio::sync::Mutex::default() }
    }
}
