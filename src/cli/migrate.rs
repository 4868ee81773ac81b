//! `esclusa migrate TABLE... | --wave W | --all`.

use indicatif::{ProgressBar, ProgressStyle};

use super::{Call, Selection, say};
use crate::error::{Error, Result};
use crate::migrate::run::Migration;
use crate::migrate::{backfill, roles};
use crate::relation::{Context, Relation};
use crate::table::ColumnType::{Int, Text};
use crate::table::Table;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  esclusa migrate histipooficina hisbarrio\n  esclusa migrate --wave W1-A --dry-run")]
pub(super) struct Migrate {
    #[command(flatten)]
    selection: Selection,
    /// Prints the statements that would move the rows, and touches nothing.
    #[arg(long)]
    dry_run: bool,
    /// Moves tables although something hangs on them that cannot come along: it is told, and left.
    #[arg(long)]
    accept: bool,
}

pub(super) async fn run(call: Call, migrate: Migrate) -> Result<()> {
    let rules = call.rules()?;
    let chosen = migrate.selection.of(&rules)?;
    let context = Context::new(&call.settings);
    if migrate.dry_run {
        for rule in chosen {
            let relation = Relation::compile(rule, &context);
            if rule.target.stays() {
                say(&format!("-- {}: stays; hst_id and hst_operation are added\n", rule.table))?;
            } else {
                say(&format!("-- {}\n{};\n\n", rule.table, backfill::statement(&relation, &relation.legacy_table())))?;
            }
        }
        return Ok(());
    }
    let database = call.prepared_database().await?;
    roles::require(&database, &context, &rules).await?;
    let migration = Migration { accept: migrate.accept, ..Migration::new(&database, &rules, context).await? };
    let run = migration.begin(&std::env::args().skip(1).collect::<Vec<_>>().join(" ")).await?;
    let style = ProgressStyle::with_template("{pos}/{len} tables, {per_sec}, {eta} left: {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    let progress = ProgressBar::new(chosen.len() as u64).with_style(style);
    let mut table = Table::new(&[("table", Text), ("state", Text), ("rows", Int), ("notes", Text)]);
    let mut failed = 0;
    for rule in chosen {
        progress.set_message(rule.table.clone());
        match migration.table(run, rule).await {
            Ok(outcome) => {
                let state = if outcome.parity.is_some() { "moved, parity proven" } else { "done" };
                table.push(vec![outcome.table.into(), state.into(), outcome.rows.into(), outcome.notes.join("; ").into()]);
            }
            Err(error @ Error::Io { .. }) => return Err(error),
            Err(error) => {
                failed += 1;
                let why = std::iter::once(error.to_string()).chain(error.more()).collect::<Vec<_>>().join("; ");
                table.push(vec![rule.table.as_str().into(), "left as it was".into(), 0usize.into(), why.into()]);
            }
        }
        progress.inc(1);
    }
    progress.finish_and_clear();
    migration.finish(run).await?;
    for (name, faults) in migrate.selection.faulty(&rules) {
        failed += 1;
        table.push(vec![name.into(), "left as it was".into(), 0usize.into(), faults.into()]);
    }
    call.print(&table)?;
    if failed > 0 {
        return Err(Error::refused(format!("{failed} tables were not migrated")));
    }
    Ok(())
}
