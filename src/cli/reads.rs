//! `esclusa reads TABLE... [--percent P] [--application NAME]... [--user NAME]...`: chooses which sessions read copied histories in their new form.

use super::call::{Call, user};
use super::rehearse::{Rehearsed, about};
use super::selection::Selection;
use super::terminal::remark;
use super::turn::{Turn, cut_short, turn};
use crate::control::{reason, replica};
use crate::error::{Error, Result};
use crate::migrate::migration::Migration;
use crate::migrate::online::{Progress, Throttle, Told};
use crate::migrate::quiet::Pace;
use crate::migrate::reads::Why;
use crate::migrate::throttle::Limits;
use crate::migrate::{roles, shadow_role};
use crate::mode::Readers;
use crate::relation::{Context, Relation};
use crate::rule::{Rule, RuleSet};
use crate::table::ColumnType::Text;
use crate::table::{Cell, Table};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Everybody goes on writing the legacy table, and reads what he wrote. What is chosen takes the place of what was chosen before; `--percent 0` alone \
    ends it. A read that differs ends it on every proxy.\n\nExamples:\n  esclusa reads hisusuario --percent 10\n  \
    esclusa reads hisusuario --percent 0 --application informes --reason 'its owner watches'\n  esclusa reads hisusuario --percent 0"
)]
pub(super) struct Reads {
    #[command(flatten)]
    selection: Selection,
    /// Percentage of all sessions; a session is chosen, or not, for its whole lifetime.
    #[arg(long, value_name = "P", value_parser = clap::value_parser!(u8).range(0..=100), required_unless_present_any = ["application", "user"])]
    percent: Option<u8>,
    /// Sessions of this application_name.
    #[arg(long, value_name = "NAME")]
    application: Vec<String>,
    /// Sessions that have logged in as this user.
    #[arg(long, value_name = "NAME")]
    user: Vec<String>,
    /// Why; the ledger keeps it.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Copies tables although something depends on them that cannot move with them.
    #[arg(long)]
    accept: bool,
    /// Prints every statement that would be sent, with its locks, about how long it holds them, and its rows; changes nothing.
    #[arg(long)]
    dry_run: bool,
}

impl Reads {
    fn readers(&self) -> Readers {
        let percent = self.percent.unwrap_or(0);
        Readers { percent, applications: self.application.clone(), users: self.user.clone() }
    }
}

pub(super) async fn run(call: Call, asked: Reads) -> Result<()> {
    let rules = call.rules()?;
    let chosen: Vec<&Rule> = asked.selection.of(&rules)?.into_iter().filter(|r| r.target.history().is_some()).collect();
    if chosen.is_empty() {
        return Err(Error::usage(
            "only a history that moves to audit_log is copied before it moves, and can be read in this way",
        ));
    }
    let readers = asked.readers();
    let why = asked.reason.as_deref().map(reason::checked).transpose().map_err(Error::usage)?;
    if asked.dry_run {
        return rehearse(&call, &asked, &rules, &chosen, why).await;
    }
    let database = call.prepared_database().await?;
    let context = Context::new(&call.settings);
    roles::require(&database, &context, &rules).await?;
    if readers != Readers::default() {
        // Without this role no difference could be found.
        shadow_role::require(&database, &call.settings.shadow.user).await?;
    }
    let migration = Migration {
        accept: asked.accept,
        pace: Pace::new(&call.settings),
        throttle: Throttle::new(Limits::new(&call.settings)),
        told: &Lines,
        ..Migration::new(&database, &rules, context).await?
    };
    let run = migration.begin(&std::env::args().skip(1).collect::<Vec<_>>().join(" ")).await?;
    let who = std::env::var("USER").unwrap_or_else(|_| "esclusa".into());
    let mut table = Table::new(&[("table", Text), ("state", Text), ("readers", Text), ("notes", Text)]);
    let (mut failed, mut is_cut) = (0, false);
    for rule in chosen {
        let work = choose(&migration, run, rule, &readers, Why { who: &who, reason: why });
        let row = match turn(&database, &rule.table, work).await? {
            Turn::Ended(Ok(row)) => row,
            Turn::Ended(Err(error @ Error::Io { .. })) => return Err(error),
            Turn::Ended(Err(error)) => {
                failed += 1;
                ["left as it was".to_owned(), String::new(), error.in_one_line()]
            }
            Turn::Cut(state, why) => {
                is_cut = true;
                [state.to_owned(), String::new(), why]
            }
        };
        table.push(std::iter::once(rule.table.as_str().into()).chain(row.map(Cell::from)).collect());
        if is_cut {
            call.print(&table)?;
            return Err(cut_short());
        }
    }
    migration.finish(run).await?;
    for late in replica::late(&database).await? {
        remark(&late.to_string());
    }
    call.print(&table)?;
    if failed > 0 { Err(Error::refused(format!("{failed} tables were left as they were"))) } else { Ok(()) }
}

/// What would be done, on a connection that changes nothing.
async fn rehearse(call: &Call, asked: &Reads, rules: &RuleSet, chosen: &[&Rule], why: Option<&str>) -> Result<()> {
    let rehearsal = call.rehearsal().await?;
    let (database, context) = (&rehearsal.database, Context::new(&call.settings));
    roles::require(database, &context, rules).await?;
    let new = Migration::new(database, rules, context.clone()).await?;
    let migration = Migration { accept: asked.accept, pace: Pace::new(&call.settings), ..new };
    let mut told = Rehearsed::new(call);
    let run = migration.begin("reads").await?;
    told.take(&rehearsal, "(the run): before the first table", None, Ok(Vec::new())).await?;
    let who = user();
    for rule in chosen {
        let room = rehearsal.room(&Relation::compile(rule, &context)).await?;
        rehearsal.forget();
        let ended = choose(&migration, run, rule, &asked.readers(), Why { who: &who, reason: why }).await;
        told.take(&rehearsal, &about(rule), room, ended.map(|[_, _, notes]| vec![notes])).await?;
    }
    migration.finish(run).await?;
    told.take(&rehearsal, "(the run): after the last table", None, Ok(Vec::new())).await?;
    told.end()
}

/// One table: the state of its copy, which sessions read it, and what the operator should know.
async fn choose(migration: &Migration<'_>, run: i64, rule: &Rule, readers: &Readers, why: Why<'_>) -> Result<[String; 3]> {
    if *readers == Readers::default() {
        let was_read = migration.let_nobody_read(run, rule, why).await?;
        let note = if was_read { "" } else { "nobody read it" };
        return Ok(["not read".to_owned(), String::new(), note.to_owned()]);
    }
    let notes = migration.let_read(run, rule, readers, why).await?;
    Ok(["read".to_owned(), readers.to_string(), notes.join("; ")])
}

/// Prints progress, one line each.
struct Lines;

impl Told for Lines {
    fn progress(&self, p: &Progress) {
        if p.done >= p.of {
            remark(&format!("{} {}: {} s", p.table, p.step, p.elapsed.as_secs()));
        }
    }

    fn word(&self, text: &str) {
        remark(text);
    }
}
