//! `esclusa rollback TABLE... | --wave W | --all`: the levels of the plan's section 8.

use std::path::PathBuf;

use super::call::{Call, user};
use super::rehearse::{Rehearsed, about};
use super::selection::Selection;
use super::terminal::{remark, say};
use super::turn::{Turn, cut_short, turn};
use crate::catalog::Database;
use crate::error::{Error, Result};
use crate::migrate::machine::{State, Step};
use crate::migrate::migration::Migration;
use crate::migrate::object::storage;
use crate::migrate::online::{Progress, Told};
use crate::migrate::quiet::Pace;
use crate::migrate::{capture, drop, ledger, roles};
use crate::relation::Context;
use crate::rule::{Rule, RuleSet};
use crate::table::ColumnType::{Int, Text};
use crate::table::{Cell, Table};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  esclusa rollback histipooficina\n  esclusa rollback --all --level 3")]
pub(super) struct Rollback {
    #[command(flatten)]
    selection: Selection,
    /// 1: the legacy tables get their names back. 2: dropped tables too, from their dumps and the present rows. 3: histories only, and the audit
    /// triggers stop. 4: everything. 3 and 4 also bring back dropped tables.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=4))]
    level: u8,
    /// At level 2: the dump of the one table, if it is no longer where the ledger says.
    #[arg(long, value_name = "FILE")]
    dump: Option<PathBuf>,
    /// Brings a table back although something has its row type, a function or a column, that will not take its rows any more.
    #[arg(long)]
    accept: bool,
    /// Prints every statement that would be sent, with its locks, about how long it holds them, and its rows; changes nothing. Without a target
    /// database, describes what would be done.
    #[arg(long)]
    dry_run: bool,
}

impl Rollback {
    /// Whether a table is made from its dump first. `None` if there is nothing to do, which with --wave or --all is not a failure.
    async fn is_made_first(&self, database: &Database, context: &Context, rule: &Rule) -> Result<Option<bool>> {
        let state = ledger::state(database, context, &rule.table).await?;
        // An earlier run may have ended between the two steps of level 2.
        let is_restored = state == State::Moved && ledger::is_last(database, &rule.table, Step::Restore).await?;
        if self.selection.tables.is_empty() && !(is_restored || has_work(state, self.level)) {
            return Ok(None);
        }
        Ok(Some(state == State::Dropped && self.level > 1))
    }
}

pub(super) async fn run(call: Call, rollback: Rollback) -> Result<()> {
    let rules = call.rules()?;
    let chosen = chosen(&rollback, &rules)?;
    if rollback.dump.is_some() && (rollback.level != 2 || chosen.len() != 1) {
        return Err(Error::usage("--dump names the dump of one table, at level 2"));
    }
    if rollback.dry_run {
        return match call.settings.control.url.is_empty() {
            true => told(&chosen, rollback.level),
            false => rehearse(&call, &rollback, &rules, &chosen).await,
        };
    }
    let database = call.prepared_database().await?;
    let context = Context::new(&call.settings);
    roles::require(&database, &context, &rules).await?;
    let new = Migration::new(&database, &rules, context.clone()).await?;
    let unaudited = rollback.level >= 3;
    let migration =
        Migration { pace: Pace::new(&call.settings), who: user(), told: &Words, unaudited, accept: rollback.accept, ..new };
    let run = migration.begin(&std::env::args().skip(1).collect::<Vec<_>>().join(" ")).await?;
    let mut table = Table::new(&[("table", Text), ("state", Text), ("rows", Int), ("notes", Text)]);
    let (mut failed, mut restored) = (0, Vec::new());
    for rule in chosen {
        let Some(is_dropped) = rollback.is_made_first(&database, &context, rule).await? else { continue };
        let work =
            async { if is_dropped { drop::restore(&migration, run, rule, rollback.dump.as_deref()).await } else { Ok(0) } };
        let done = match turn(&database, &rule.table, work).await? {
            Turn::Ended(done) => done,
            Turn::Cut(state, why) => return cut(&call, table, rule, state, why),
        };
        match done {
            Ok(_) => restored.push(rule),
            Err(error @ Error::Io { .. }) => return Err(error),
            Err(error) => {
                failed += 1;
                table.push(left(rule, &error));
            }
        }
    }
    for rule in restored {
        let ended = match turn(&database, &rule.table, migration.back(run, rule)).await? {
            Turn::Ended(ended) => ended,
            Turn::Cut(state, why) => return cut(&call, table, rule, state, why),
        };
        match ended {
            Ok(back) => {
                table.push(vec![rule.table.as_str().into(), "back".into(), Cell::Int(back.rows), back.notes.join("; ").into()]);
            }
            Err(error @ Error::Io { .. }) => return Err(error),
            Err(error) => {
                failed += 1;
                table.push(left(rule, &error));
            }
        }
    }
    if rollback.selection.all {
        let lost = lost(&database, &context, &rules).await?;
        failed += lost.len();
        table.rows.extend(lost);
    }
    // The rows of tables that stay moved are audited as before.
    if unaudited && failed == 0 {
        let triggers = capture::disable(&database, &context).await?;
        let row = |trigger: String| vec![trigger.into(), "audit trigger disabled".into(), 0usize.into(), "".into()];
        triggers.into_iter().for_each(|trigger| table.push(row(trigger)));
    }
    migration.finish(run).await?;
    call.print(&table)?;
    ended(failed, unaudited)
}

fn ended(failed: usize, unaudited: bool) -> Result<()> {
    match failed {
        0 => Ok(()),
        _ if unaudited => Err(Error::refused(format!("{failed} tables were not brought back, so no audit trigger was disabled"))),
        _ => Err(Error::refused(format!("{failed} tables were not brought back"))),
    }
}

/// Writes to standard error what is being done or waited for.
struct Words;

impl Told for Words {
    fn progress(&self, _: &Progress) {}

    fn word(&self, text: &str) {
        remark(text);
    }
}

/// The command ends in the middle of a table; the report has what it did.
fn cut(call: &Call, mut table: Table, rule: &Rule, state: &str, why: String) -> Result<()> {
    table.push(vec![rule.table.as_str().into(), state.into(), 0usize.into(), why.into()]);
    call.print(&table)?;
    Err(cut_short())
}

/// What would be done, on a connection that changes nothing.
async fn rehearse(call: &Call, rollback: &Rollback, rules: &RuleSet, chosen: &[&Rule]) -> Result<()> {
    let rehearsal = call.rehearsal().await?;
    let (database, context) = (&rehearsal.database, Context::new(&call.settings));
    roles::require(database, &context, rules).await?;
    let new = Migration::new(database, rules, context.clone()).await?;
    let unaudited = rollback.level >= 3;
    let accept = rollback.accept;
    let migration = Migration { pace: Pace::new(&call.settings), who: user(), unaudited, accept, ..new };
    let mut told = Rehearsed::new(call);
    let run = migration.begin("rollback").await?;
    told.take(&rehearsal, "(the run): before the first table", None, Ok(Vec::new())).await?;
    for rule in chosen {
        let Some(is_dropped) = rollback.is_made_first(database, &context, rule).await? else { continue };
        let work = async {
            if is_dropped {
                drop::restore(&migration, run, rule, rollback.dump.as_deref()).await?;
            }
            migration.back(run, rule).await.map(|back| back.notes)
        };
        let ended = work.await;
        told.take(&rehearsal, &about(rule), None, ended).await?;
    }
    let disabled = if unaudited { capture::disable(database, &context).await? } else { Vec::new() };
    migration.finish(run).await?;
    told.take(&rehearsal, "(the run): after the last table", None, Ok(disabled)).await?;
    told.end()
}

/// What would be done, in words.
fn told(chosen: &[&Rule], level: u8) -> Result<()> {
    for rule in chosen {
        let made = match level {
            2 => "the archive is made from its dump and filled, while writers wait; ",
            3 | 4 => "where it was dropped, the archive is made from its dump and filled, while writers wait; ",
            _ => "",
        };
        say(&format!(
            "-- {}: {made}the proxies hold it; the archive takes its name, mode observe; view, leaf and triggers go\n",
            rule.table
        ))?;
    }
    Ok(())
}

/// The rows of moved tables that cannot come back, because they have no rule any more.
async fn lost(database: &Database, context: &Context, rules: &RuleSet) -> Result<Vec<Vec<Cell>>> {
    let storage = storage::recorded(database, &context.schema).await?;
    let lost = storage::without_rule(&storage, rules);
    Ok(lost.map(|(name, fault)| vec![name.into(), "left as it was".into(), 0usize.into(), fault.message.into()]).collect())
}

fn left(rule: &Rule, error: &Error) -> Vec<Cell> {
    vec![rule.table.as_str().into(), "left as it was".into(), 0usize.into(), error.in_one_line().into()]
}

/// Whether a level has something to do with a table in this state. For a dropped table, level 1 reports that level 2 is needed.
fn has_work(state: State, level: u8) -> bool {
    match state {
        State::Planned | State::Improved => false,
        State::Dropped => true,
        _ => level != 2,
    }
}

/// The tables that the level is for; says why others that were named are left as they are.
fn chosen<'r>(rollback: &Rollback, rules: &'r RuleSet) -> Result<Vec<&'r Rule>> {
    let (chosen, others): (Vec<&Rule>, Vec<&Rule>) =
        rollback.selection.of(rules)?.into_iter().partition(|r| concerns(r, rollback.level));
    for rule in others.iter().filter(|_| !rollback.selection.tables.is_empty()) {
        remark(&format!("{}: {}", rule.table, unconcerned(rule)));
    }
    Ok(chosen)
}

/// Why a table that was asked for is left as it is.
fn unconcerned(rule: &Rule) -> &'static str {
    match rule.target.stays() {
        true => "it is retained, and has kept its rows and its name: there is nothing to bring back",
        false => "it is not a history, and level 3 is for histories: it is left as it is",
    }
}

fn concerns(rule: &Rule, level: u8) -> bool {
    !rule.target.stays() && (level != 3 || rule.target.history().is_some())
}
