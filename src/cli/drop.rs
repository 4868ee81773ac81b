//! `esclusa drop TABLE... | --wave W | --all --dump DIRECTORY`: drops archived tables, each once its conditions are met and its dump is checked.

use std::path::PathBuf;
use std::time::Duration;

use super::call::Call;
use super::rehearse::{Rehearsed, about};
use super::selection::Selection;
use super::turn::{Turn, cut_short, turn};
use crate::error::{Error, Result};
use crate::migrate::drop::{self, Dropped, Dumping};
use crate::migrate::dump::{self, Dump, Server};
use crate::migrate::migration::Migration;
use crate::migrate::quiet::Pace;
use crate::migrate::roles;
use crate::relation::Context;
use crate::rule::{Rule, RuleSet};
use crate::server::policy;
use crate::table::ColumnType::{Int, Text};
use crate::table::{Cell, Columns, Format, Table};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  esclusa drop --wave W1-A --dry-run\n  esclusa drop histipooficina --dump /var/backups/esclusa"
)]
pub(super) struct Drop {
    #[command(flatten)]
    selection: Selection,
    /// Where the dumps are kept, one per table. Each is restored and compared before its table is dropped.
    #[arg(long, value_name = "DIRECTORY", required_unless_present = "dry_run")]
    dump: Option<PathBuf>,
    /// Prints what each table waits for and, for those that may be dropped, every statement with its locks and rows; changes nothing.
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(call: Call, asked: Drop) -> Result<()> {
    let rules = call.rules()?;
    let chosen: Vec<&Rule> = asked.selection.of(&rules)?.into_iter().filter(|r| !r.target.stays()).collect();
    let Some(directory) = asked.dump.as_deref().filter(|_| !asked.dry_run) else {
        return rehearse(&call, &asked, &rules, &chosen).await;
    };
    let database = call.prepared_database().await?;
    let context = Context::new(&call.settings);
    let observation = call.settings.migrate.observation;
    roles::require(&database, &context, &rules).await?;
    let mut migration = Migration::new(&database, &rules, context).await?;
    migration.pace = Pace::new(&call.settings);
    let mut table = Table::new(COLUMNS);
    let (server, scratch) = servers(&call)?;
    let mut held = 0;
    let dumping = Dumping { server: &server, scratch: scratch.as_ref(), directory, observation };
    let run = migration.begin(&std::env::args().skip(1).collect::<Vec<_>>().join(" ")).await?;
    for rule in chosen {
        // The command may be given again after it was cut short.
        if let Some(dropped) = drop::dropped(&migration, &rule.table).await? {
            table.push(before(rule, dropped));
            continue;
        }
        match turn(&database, &rule.table, drop::run(&migration, run, rule, &dumping)).await? {
            Turn::Ended(Ok(dump)) => table.push(vec![
                rule.table.as_str().into(),
                "dropped".into(),
                dump.likeness.rows.into(),
                dump.file.display().to_string().into(),
                dump.sha256.into(),
                "the dump was restored and is equal".into(),
            ]),
            Turn::Ended(Err(error)) => {
                held += 1;
                table.push(row(rule, LEFT, error.in_one_line()));
            }
            Turn::Cut(state, why) => {
                table.push(row(rule, state, why));
                call.print(&table)?;
                return Err(cut_short());
            }
        }
    }
    migration.finish(run).await?;
    call.print(&table)?;
    match held {
        0 => Ok(()),
        held => Err(Error::refused(format!("{held} tables were not dropped"))),
    }
}

const LEFT: &str = "left as it was";

const COLUMNS: Columns = &[("table", Text), ("state", Text), ("rows", Int), ("dump", Text), ("sha256", Text), ("notes", Text)];

/// The server for pg_dump, and the one where dumps are restored.
fn servers(call: &Call) -> Result<(Server, Option<Server>)> {
    let server = Server::new(&call.settings.control.url, policy::password(&call.settings)?);
    let scratch = &call.settings.migrate.restore_url;
    Ok((server, (!scratch.is_empty()).then(|| Server::new(scratch, None))))
}

/// Prints what each table waits for, then what would be sent for those that may be dropped.
async fn rehearse(call: &Call, asked: &Drop, rules: &RuleSet, chosen: &[&Rule]) -> Result<()> {
    let rehearsal = call.rehearsal().await?;
    let context = Context::new(&call.settings);
    let observation = call.settings.migrate.observation;
    roles::require(&rehearsal.database, &context, rules).await?;
    let mut migration = Migration::new(&rehearsal.database, rules, context).await?;
    migration.pace = Pace::new(&call.settings);
    let (server, scratch) = servers(call)?;
    let directory = asked.dump.as_deref().unwrap_or("DIRECTORY".as_ref());
    let dumping = Dumping { server: &server, scratch: scratch.as_ref(), directory, observation };
    let (mut table, mut may, mut held) = (Table::new(COLUMNS), Vec::new(), 0);
    let mut told = Rehearsed::new(call);
    for &rule in chosen {
        if let Some(dropped) = drop::dropped(&migration, &rule.table).await? {
            table.push(before(rule, dropped));
            continue;
        }
        match looked_at(&migration, rule, scratch.as_ref(), observation).await {
            Ok(()) => {
                may.push(rule);
                table.push(foreseen(rule, "may be dropped", String::new()));
            }
            Err(error @ Error::Refused { .. }) => {
                held += 1;
                told.remark(&about(rule), format!("REFUSED as things stand: {}", error.in_one_line()), true);
                table.push(foreseen(rule, LEFT, error.in_one_line()));
            }
            Err(error) => return Err(error),
        }
    }
    if call.format == Format::Table {
        call.print(&table)?;
    }
    if !may.is_empty() {
        rehearsal.forget();
        let run = migration.begin("drop").await?;
        for rule in may {
            let dumped =
                |dump: Dump| vec![format!("first pg_dump writes {}, which is restored and compared", dump.file.display())];
            let ended = drop::run(&migration, run, rule, &dumping).await.map(dumped);
            told.take(&rehearsal, &about(rule), None, ended).await?;
        }
        migration.finish(run).await?;
        told.take(&rehearsal, "(the run): after the last table", None, Ok(Vec::new())).await?;
    }
    if call.format != Format::Table || held == 0 {
        return told.end();
    }
    match held {
        0 => Ok(()),
        held => Err(Error::refused(format!("{held} tables were not dropped"))),
    }
}

/// The same of one of which nothing was done yet: its rows are told with each statement.
fn foreseen(rule: &Rule, state: &str, why: String) -> Vec<Cell> {
    let mut cells = row(rule, state, why);
    cells[2] = Cell::Null;
    cells
}

/// The row of a table that an earlier run has dropped.
fn before(rule: &Rule, dropped: Dropped) -> Vec<Cell> {
    let text = |text: Option<String>| text.unwrap_or_default().into();
    let note = if dropped.dump.is_some() { "was dropped before" } else { "was not dropped by esclusa: there is no dump of it" };
    let rows = dropped.rows.map_or(Cell::Null, Cell::from);
    vec![rule.table.as_str().into(), "dropped".into(), rows, text(dropped.dump), text(dropped.sha256), note.into()]
}

/// The row of a table that was not dropped.
fn row(rule: &Rule, state: &str, why: String) -> Vec<Cell> {
    vec![rule.table.as_str().into(), state.into(), 0usize.into(), "".into(), "".into(), why.into()]
}

/// Whether a table may be dropped, by this command on this server.
async fn looked_at(migration: &Migration<'_>, rule: &Rule, scratch: Option<&Server>, observation: Duration) -> Result<()> {
    drop::refuse_unmet(rule, &drop::unmet(migration, rule, observation).await?)?;
    dump::ready(migration.database, scratch, &rule.table).await
}
