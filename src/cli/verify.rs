//! `esclusa verify TABLE... | --all`.

use super::{Call, Selection};
use crate::error::{Error, Result};
use crate::migrate::run::Migration;
use crate::relation::Context;
use crate::table::Table;

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  esclusa verify --all --format csv")]
pub(super) struct Verify {
    #[command(flatten)]
    selection: Selection,
}

pub(super) async fn run(call: Call, verify: Verify) -> Result<()> {
    let rules = call.rules()?;
    let chosen = verify.selection.of(&rules)?;
    let database = call.database().await?;
    let migration = Migration::new(&database, &rules, Context::new(&call.settings)).await?;
    let mut table = Table::new(&["table", "check", "passed", "detail"]);
    let mut failed = 0;
    for rule in chosen {
        match migration.verify(rule).await? {
            Some(parity) => {
                failed += usize::from(!parity.holds());
                for verdict in parity.verdicts {
                    table.push(vec![
                        rule.table.as_str().into(),
                        verdict.check.into(),
                        verdict.passed.into(),
                        verdict.detail.into(),
                    ]);
                }
            }
            None => table.push(vec![
                rule.table.as_str().into(),
                "legacy table".into(),
                false.into(),
                "there is none left to compare".into(),
            ]),
        }
    }
    call.print(&table);
    if failed > 0 {
        return Err(Error::refused(format!("{failed} tables differ")));
    }
    Ok(())
}
