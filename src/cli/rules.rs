//! `esclusa rules generate | list | set | capture`.

use super::call::{Call, user};
use super::generate;
use super::rehearse::{Rehearsed, about};
use super::selection::rule_of;
use crate::catalog::Database;
use crate::config::document::Document;
use crate::control::{self, reason};
use crate::disk;
use crate::error::{Error, Result};
use crate::migrate::capture::writer;
use crate::migrate::gate::{self, Named, Switch};
use crate::mode::Mode;
use crate::relation::Context;
use crate::report;
use crate::rule::{Capture, Rule, RuleSet, file};
use crate::server::policy;
use crate::table::{ColumnType, Table};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Rules {
    /// Writes one rule file per legacy table from the catalog and the plan, and the catalog's snapshot beside them.
    Generate(generate::Generate),
    /// Lists the rules with the modes of their tables.
    List,
    /// Switches tables: off, observe, shadow, rewrite or refuse.
    Set {
        /// Legacy tables, followed by the mode.
        #[arg(required = true, num_args = 2.., value_name = "TABLE... MODE")]
        words: Vec<String>,
        /// Why; kept in the history of modes.
        #[arg(long)]
        reason: Option<String>,
    },
    /// Lets the audit trigger write histories that have been moved (trigger), or the application again (application).
    Capture {
        /// Histories, followed by the capture.
        #[arg(required = true, num_args = 2.., value_name = "TABLE... CAPTURE")]
        words: Vec<String>,
        /// Prints every statement that would be sent, with its locks; changes neither the database nor a rule file.
        #[arg(long)]
        dry_run: bool,
    },
}

pub(super) async fn run(call: Call, rules: Rules) -> Result<()> {
    match rules {
        Rules::Generate(options) => generate::run(call, options).await,
        Rules::List => list(call).await,
        Rules::Set { words, reason } => set(call, words, reason).await,
        Rules::Capture { words, dry_run } => capture(call, words, dry_run).await,
    }
}

async fn list(call: Call) -> Result<()> {
    let rules = call.rules()?;
    let modes = match policy::control_database(&call.settings).await? {
        Some(database) => control::modes(&database).await?,
        None => Default::default(),
    };
    let mut table = Table::new(&["table", "kind", "wave", "target", "key", "basis", "mode"].map(|name| (name, ColumnType::Text)));
    for rule in rules.rules.values() {
        let mode = modes.get(&rule.table).copied().unwrap_or(call.settings.rules.default_mode);
        table.push(vec![
            rule.table.as_str().into(),
            rule.target.kind().name().into(),
            rule.wave.as_str().into(),
            rule.target.kind().place().into(),
            rule.key.columns.join(", ").into(),
            rule.key.basis.as_str().into(),
            mode.name().into(),
        ]);
    }
    call.print(&table)
}

async fn set(call: Call, mut words: Vec<String>, reason: Option<String>) -> Result<()> {
    let mode: Mode = words.pop().unwrap_or_default().parse().map_err(Error::usage)?;
    let rules = call.rules()?;
    let named = |table: &String| {
        let rule = rule_of(&rules, table)?;
        Ok((rule.table.clone(), rule.target.stays()))
    };
    words.dedup();
    let tables = words.iter().map(named).collect::<Result<Vec<Named>>>()?;
    let database = call.prepared_database().await?;
    let who = user();
    let reason = reason.as_deref().map(reason::checked).transpose().map_err(Error::usage)?;
    let switch = Switch { mode, shadow_role: &call.settings.shadow.user, who: &who, why: reason };
    let mut changes = gate::switch(&database, &call.settings.rules.schema, &tables, switch).await?;
    control::behind(&database, &mut changes).await?;
    call.print(&report::changes(changes, |_| None))
}

/// Changes each table separately: first the database, then the rule file. The proxy follows when it reloads its rules.
async fn capture(call: Call, mut words: Vec<String>, dry_run: bool) -> Result<()> {
    let capture: Capture = words.pop().unwrap_or_default().parse().map_err(Error::usage)?;
    let rules = call.rules()?;
    let database = call.database().await?;
    let context = Context::new(&call.settings);
    if dry_run {
        return rehearse_capture(&call, database, &rules, &words, capture).await;
    }
    let mut table = Table::new(&["table", "capture", "note"].map(|name| (name, ColumnType::Text)));
    for name in words {
        let rule = rule_of(&rules, &name)?;
        let (text, changed) = with_capture(rule, capture)?;
        let notes = writer::change(&database, &context, &rules, &changed).await?;
        disk::replace(&[(rule.origin.file.clone(), text)])?;
        for note in notes.into_iter().chain([format!("{} was changed: reload the proxy", rule.origin.file.display())]) {
            table.push(vec![name.as_str().into(), capture.name().into(), note.into()]);
        }
    }
    call.print(&table)?;
    Ok(())
}

/// The rule file of a history with another capture, and its rule.
fn with_capture(rule: &Rule, capture: Capture) -> Result<(String, Rule)> {
    let text = std::fs::read_to_string(&rule.origin.file)
        .map_err(|e| Error::io(format!("reading {}", rule.origin.file.display()), e))?;
    let text = file::with_capture(&text, capture);
    let changed = file::parse(&Document::parse(&rule.origin.file, &text)?)?;
    Ok((text, changed))
}

async fn rehearse_capture(call: &Call, database: Database, rules: &RuleSet, words: &[String], capture: Capture) -> Result<()> {
    let rehearsal = call.rehearsal_on(database).await?;
    let mut told = Rehearsed::new(call);
    for name in words {
        let rule = rule_of(rules, name)?;
        let (_, changed) = with_capture(rule, capture)?;
        let ended = writer::change(&rehearsal.database, &Context::new(&call.settings), rules, &changed).await;
        told.take(&rehearsal, &about(rule), None, ended).await?;
    }
    told.end()
}
