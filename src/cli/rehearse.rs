//! `--dry-run` of the commands that change the target database: each runs on a connection that changes nothing, and what it would have sent is printed.

use super::call::Call;
use super::terminal::say;
use crate::catalog::Database;
use crate::error::{Error, Result};
use crate::migrate::rehearsal::{Plan, Rehearsal, table};
use crate::rule::Rule;
use crate::table::Format;

/// What has been rehearsed so far.
pub(super) struct Rehearsed<'c> {
    call: &'c Call,
    plans: Vec<Plan>,
    refused: usize,
}

impl<'c> Rehearsed<'c> {
    pub(super) fn new(call: &'c Call) -> Self {
        Rehearsed { call, plans: Vec::new(), refused: 0 }
    }

    /// Takes the plan of what was done since the last call; on a terminal's table format it is printed at once.
    pub(super) async fn take(
        &mut self,
        rehearsal: &Rehearsal,
        about: &str,
        room: Option<String>,
        ended: Result<Vec<String>>,
    ) -> Result<()> {
        let mut plan = rehearsal.plan(about, ended).await?;
        plan.remarks.splice(0..0, room);
        self.refused += usize::from(plan.is_refused);
        if self.call.format == Format::Table {
            say(&plan.script())?;
        }
        self.plans.push(plan);
        Ok(())
    }

    /// Ends the rehearsal; an error (exit code 1) where something would be refused.
    pub(super) fn end(self) -> Result<()> {
        if self.call.format != Format::Table {
            say(&table(&self.plans).print(self.call.format))?;
        }
        match self.refused {
            0 => Ok(()),
            refused => Err(Error::refused(format!("{refused} tables would be left as they are"))),
        }
    }
}

impl Call {
    /// A connection that changes nothing.
    pub(super) async fn rehearsal(&self) -> Result<Rehearsal> {
        self.rehearsal_on(self.prepared_database().await?).await
    }

    /// The same on an open connection.
    pub(super) async fn rehearsal_on(&self, database: Database) -> Result<Rehearsal> {
        Rehearsal::begin(database, self.settings.migrate.chunk).await
    }
}

/// The name of a table in a printed plan.
pub(super) fn about(rule: &Rule) -> String {
    let wave = if rule.wave.is_empty() { String::new() } else { format!(", wave {}", rule.wave) };
    format!("{}: {}{wave}", rule.table, rule.target.kind().name())
}
