//! What a command is called with, and by whom.

use std::path::PathBuf;

use super::terminal::{remark, say, terminal_width};
use crate::catalog::Database;
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::rule::RuleSet;
use crate::server::policy;
use crate::table::{Format, Table};

/// What every command is given.
pub(super) struct Call {
    pub(super) settings: Settings,
    pub(super) config: Option<PathBuf>,
    pub(super) format: Format,
}

impl Call {
    /// The target database; an error where none is configured.
    pub(super) async fn database(&self) -> Result<Database> {
        let database = policy::control_database(&self.settings).await?;
        database.ok_or_else(|| Error::usage("this command needs the target database: set control.url, or ESCLUSA_CONTROL_URL"))
    }

    /// The target database; an error where `schema apply` has not been run in it.
    pub(super) async fn prepared_database(&self) -> Result<Database> {
        let database = self.database().await?;
        let sql = "SELECT to_regclass('esclusa.mode') IS NOT NULL AND to_regclass('esclusa.run') IS NOT NULL";
        if database.one("looking for schema esclusa", sql, &[]).await?.get(0) {
            return Ok(database);
        }
        Err(Error::Refused {
            message: "the target database has no schema esclusa".into(),
            detail: None,
            hint: Some("run `esclusa schema apply` first".into()),
        })
    }

    /// The rules without faults. The faults of the others are reported; they affect only their own tables.
    pub(super) fn rules(&self) -> Result<RuleSet> {
        let rules = RuleSet::load(&self.settings.rules.directory)?;
        for fault in &rules.faults().0 {
            remark(&format!("warning: {fault}"));
        }
        Ok(rules)
    }

    /// The same; an empty set where no rules have been generated yet.
    pub(super) fn rules_if_any(&self) -> Result<RuleSet> {
        if self.settings.rules.directory.is_dir() { self.rules() } else { Ok(RuleSet::default()) }
    }

    /// Prints rows in the requested format.
    pub(super) fn print(&self, table: &Table) -> Result<()> {
        match self.format {
            Format::Table => say(&table.within(terminal_width())),
            format => say(&table.print(format)),
        }
    }
}

/// The user of the machine, as named in ledgers and reports.
pub(super) fn user() -> String {
    let named = |variable| std::env::var(variable).ok().filter(|name| !name.is_empty());
    named("USER").or_else(|| named("LOGNAME")).unwrap_or_else(|| format!("uid {}", rustix::process::getuid().as_raw()))
}
