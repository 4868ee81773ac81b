//! `esclusa verify TABLE... | --all`.

use super::{Call, Selection};
use crate::error::{Error, Result};
use crate::migrate::run::Migration;
use crate::relation::Context;
use crate::table::ColumnType::{Bool, Text};
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
    let database = call.prepared_database().await?;
    let migration = Migration::new(&database, &rules, Context::new(&call.settings)).await?;
    let mut table = Table::new(&[("table", Text), ("check", Text), ("passed", Bool), ("detail", Text)]);
    let (mut failed, mut unproven) = (0, 0);
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
            None => {
                unproven += 1;
                let detail = "there is no legacy table to compare with";
                table.push(vec![rule.table.as_str().into(), "legacy table".into(), false.into(), detail.into()]);
            }
        }
    }
    for (name, faults) in verify.selection.faulty(&rules) {
        unproven += 1;
        table.push(vec![name.into(), "rule".into(), false.into(), faults.into()]);
    }
    call.print(&table)?;
    match (failed, unproven) {
        (0, 0) => Ok(()),
        (0, _) => Err(Error::refused(format!("{unproven} tables could not be compared"))),
        _ => Err(Error::refused(format!("{failed} tables differ, {unproven} could not be compared"))),
    }
}
