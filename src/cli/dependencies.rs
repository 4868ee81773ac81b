//! `esclusa dependencies TABLE... | --wave W | --all`: what depends on tables that have not been moved or improved yet, and what becomes of it.

use super::call::Call;
use super::selection::Selection;
use crate::error::Result;
use crate::migrate::migration::Migration;
use crate::relation::Context;
use crate::table::ColumnType::{Bool, Text};
use crate::table::Table;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  esclusa dependencies --wave W1-A\n  esclusa dependencies --all --format json")]
pub(super) struct Dependencies {
    #[command(flatten)]
    selection: Selection,
}

pub(super) async fn run(call: Call, asked: Dependencies) -> Result<()> {
    let rules = call.rules()?;
    let chosen = asked.selection.of(&rules)?;
    let database = call.database().await?;
    let migration = Migration::new(&database, &rules, Context::new(&call.settings)).await?;
    let mut table = Table::new(&[
        ("table", Text),
        ("kind", Text),
        ("object", Text),
        ("blocks", Bool),
        ("what_becomes_of_it", Text),
        ("script", Text),
    ]);
    for rule in chosen {
        for found in migration.dependents(rule).await? {
            table.push(vec![
                rule.table.as_str().into(),
                found.kind.into(),
                found.name.into(),
                found.blocks.into(),
                found.fate.into(),
                found.script.map(|s| s.trim().to_owned()).into(),
            ]);
        }
    }
    call.print(&table)
}
