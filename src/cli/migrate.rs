//! `esclusa migrate TABLE... | --wave W | --all`.

use std::cell::RefCell;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};

use super::call::{Call, user};
use super::rehearse::{Rehearsed, about};
use super::selection::Selection;
use super::terminal::{remark, say};
use super::turn::{Turn, cut_short, turn};
use crate::catalog::Database;
use crate::error::{Error, Result};
use crate::migrate::estimate::{Estimate, words};
use crate::migrate::migration::Migration;
use crate::migrate::online::{Progress, Throttle, Told};
use crate::migrate::quiet::Pace;
use crate::migrate::throttle::Limits;
use crate::migrate::{backfill, retain, roles};
use crate::mode::Mode;
use crate::relation::{Context, Relation};
use crate::rule::{Rule, RuleSet};
use crate::sql::quote::ident;
use crate::table::ColumnType::{Int, Text};
use crate::table::{Cell, Table};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  esclusa migrate histipooficina hisbarrio\n  esclusa migrate --wave W1-A --dry-run\n  esclusa migrate --wave W1-A --rewrite"
)]
pub(super) struct Migrate {
    #[command(flatten)]
    selection: Selection,
    /// Prints every statement of every step, with its locks, about how long it holds them, and its rows; changes nothing. Without a target
    /// database, only the statements that would move the rows.
    #[arg(long)]
    dry_run: bool,
    /// Moves tables although something that cannot move with them depends on them: that is reported and left behind.
    #[arg(long)]
    accept: bool,
    /// Puts each table into mode rewrite in the moment when it moves, so that clients of the proxies never use its view.
    #[arg(long)]
    rewrite: bool,
}

impl Migrate {
    /// The command for tables by name.
    pub(super) fn of(tables: Vec<String>, dry_run: bool, accept: bool) -> Self {
        Migrate { selection: Selection { tables, wave: None, all: false }, dry_run, accept, rewrite: false }
    }
}

pub(super) async fn run(call: Call, migrate: Migrate) -> Result<()> {
    let rules = call.rules()?;
    let chosen = migrate.selection.of(&rules)?;
    let context = Context::new(&call.settings);
    if migrate.dry_run {
        return match call.settings.control.url.is_empty() {
            true => chosen.into_iter().try_for_each(|rule| say(&statements(rule, &context))),
            false => rehearse(&call, &migrate, &rules, &chosen).await,
        };
    }
    let database = call.prepared_database().await?;
    roles::require(&database, &context, &rules).await?;
    let progress = Shown::new(&database, &context, chosen.iter().map(|rule| rule.table.as_str())).await?;
    let migration = Migration {
        accept: migrate.accept,
        pace: Pace::new(&call.settings),
        throttle: Throttle::new(Limits::new(&call.settings)),
        told: &progress,
        mode: migrate.rewrite.then_some(Mode::Rewrite),
        who: user(),
        ..Migration::new(&database, &rules, context).await?
    };
    let run = migration.begin(&std::env::args().skip(1).collect::<Vec<_>>().join(" ")).await?;
    let mut table = Table::new(&[("table", Text), ("state", Text), ("rows", Int), ("held_ms", Int), ("notes", Text)]);
    let (mut failed, mut is_cut) = (0, false);
    for rule in chosen {
        progress.bar.set_message(rule.table.clone());
        let ended = match turn(&database, &rule.table, migration.table(run, rule)).await? {
            Turn::Ended(ended) => ended,
            Turn::Cut(state, why) => {
                is_cut = true;
                table.push(left(rule.table.as_str(), state, why));
                break;
            }
        };
        match ended {
            Ok(outcome) => {
                let held = u64::try_from(outcome.held.as_millis()).unwrap_or(u64::MAX);
                let state = if outcome.parity.is_some() { "moved, parity proven" } else { "done" };
                let (rows, notes) = (outcome.rows.into(), outcome.notes.join("; ").into());
                table.push(vec![outcome.table.into(), state.into(), rows, held.into(), notes]);
            }
            Err(error @ Error::Io { .. }) => return Err(error),
            Err(error) => {
                failed += 1;
                table.push(left(rule.table.as_str(), "left as it was", error.in_one_line()));
            }
        }
        progress.finished(&rule.table);
    }
    progress.bar.finish_and_clear();
    if is_cut {
        call.print(&table)?;
        return Err(cut_short());
    }
    migration.finish(run).await?;
    for (name, faults) in migrate.selection.faulty(&rules) {
        failed += 1;
        table.push(left(name, "left as it was", faults));
    }
    call.print(&table)?;
    if failed > 0 {
        return Err(Error::refused(format!("{failed} tables were not migrated")));
    }
    Ok(())
}

/// What would be done, on a connection that changes nothing; each table in its present state, not as the moves before it would leave things.
async fn rehearse(call: &Call, migrate: &Migrate, rules: &RuleSet, chosen: &[&Rule]) -> Result<()> {
    let rehearsal = call.rehearsal().await?;
    let context = Context::new(&call.settings);
    let database = &rehearsal.database;
    roles::require(database, &context, rules).await?;
    let migration = Migration {
        accept: migrate.accept,
        pace: Pace::new(&call.settings),
        mode: migrate.rewrite.then_some(Mode::Rewrite),
        who: user(),
        ..Migration::new(database, rules, context.clone()).await?
    };
    let mut told = Rehearsed::new(call);
    let run = migration.begin("migrate").await?;
    told.take(&rehearsal, "(the run): before the first table", None, Ok(Vec::new())).await?;
    for rule in chosen {
        let room = rehearsal.room(&Relation::compile(rule, &context)).await?;
        rehearsal.forget();
        let ended = migration.table(run, rule).await.map(|outcome| outcome.notes);
        told.take(&rehearsal, &about(rule), room, ended).await?;
    }
    migration.finish(run).await?;
    told.take(&rehearsal, "(the run): after the last table", None, Ok(Vec::new())).await?;
    told.end()
}

/// The statements that would move a table's rows, as far as they are known without a database.
fn statements(rule: &Rule, context: &Context) -> String {
    let relation = Relation::compile(rule, context);
    match rule.target.stays() {
        true => format!("-- {}: stays\n{}\n", rule.table, retain::script(context, rule)),
        false => format!("-- {}\n{}\n\n", rule.table, backfill::script(&relation, &relation.legacy_table())),
    }
}

/// The row of a table that was not moved.
fn left(name: &str, state: &str, why: String) -> Vec<Cell> {
    vec![name.into(), state.into(), 0usize.into(), 0usize.into(), why.into()]
}

/// Shows progress: a bar on a terminal, lines otherwise.
struct Shown {
    bar: ProgressBar,
    began: Instant,
    estimate: RefCell<Estimate>,
}

impl Shown {
    async fn new(database: &Database, context: &Context, tables: impl Iterator<Item = &str>) -> Result<Self> {
        let names: Vec<&str> = tables.collect();
        let sql = "SELECT c.relname::text, pg_relation_size(c.oid) FROM pg_class AS c \
                   WHERE c.relnamespace = to_regnamespace($1) AND c.relname = ANY ($2) AND c.relkind = 'r'";
        let schema = ident(&context.schema);
        let rows = database.query("asking for sizes", sql, &[&schema, &names]).await?;
        let sizes = rows.iter().map(|row| (row.get(0), u64::try_from(row.get::<_, i64>(1)).unwrap_or(0)));
        let style = ProgressStyle::with_template("{pos}/{len} tables, {elapsed}: {msg}");
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::new(names.len() as u64).with_style(style);
        Ok(Shown { bar, began: Instant::now(), estimate: RefCell::new(Estimate::new(sizes)) })
    }

    fn finished(&self, table: &str) {
        self.estimate.borrow_mut().finished(table, self.began.elapsed());
        self.bar.inc(1);
    }

    fn line(&self, text: String) {
        if self.bar.is_hidden() { remark(&text) } else { self.bar.set_message(text) }
    }
}

impl Told for Shown {
    fn progress(&self, p: &Progress) {
        let seconds = p.elapsed.as_secs_f64().max(0.001);
        #[expect(clippy::cast_precision_loss, reason = "a share and a speed")]
        let (share, speed) = (p.done as f64 / p.of.max(1) as f64, p.rows as f64 / seconds);
        let mut line = format!("{} {}: {:.0} %", p.table, p.step, share * 100.0);
        if p.rows > 0 {
            line += &format!(", {speed:.0} rows/s");
        }
        let left = self.estimate.borrow_mut().left(p, self.began.elapsed());
        if let (Some(table), Some(all)) = (left.table, left.all) {
            line += &format!(", {} left for the table, {} for all", words(table), words(all));
        }
        self.line(line);
    }

    fn word(&self, text: &str) {
        self.line(text.to_owned());
    }
}
