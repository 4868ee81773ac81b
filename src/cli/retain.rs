//! `esclusa retain TABLE... | --all`: improves the retained histories.

use super::call::Call;
use super::migrate;
use super::selection::Selection;
use super::terminal::remark;
use crate::error::Result;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "A table has to be in mode rewrite first, so that nobody sees its new columns.\n\nExamples:\n  esclusa retain --all --dry-run\n  esclusa retain hispoliza"
)]
pub(super) struct Retain {
    #[command(flatten)]
    selection: Selection,
    /// Prints the statements; changes nothing.
    #[arg(long)]
    dry_run: bool,
    /// Improves tables although triggers act on the numbering of their rows, or functions and views use their rows as a whole.
    #[arg(long)]
    accept: bool,
}

pub(super) async fn run(call: Call, retain: Retain) -> Result<()> {
    let rules = call.rules()?;
    let chosen = retain.selection.of(&rules)?;
    let is_named = !retain.selection.tables.is_empty();
    for rule in chosen.iter().filter(|rule| is_named && !rule.target.stays()) {
        remark(&format!("{} is not a retained table: `esclusa migrate` moves it", rule.table));
    }
    let tables: Vec<String> = chosen.iter().filter(|rule| rule.target.stays()).map(|rule| rule.table.clone()).collect();
    migrate::run(call, migrate::Migrate::of(tables, retain.dry_run, retain.accept)).await
}
