//! `esclusa verify TABLE... | --all`.

use std::path::{Path, PathBuf};

use super::call::Call;
use super::selection::{Selection, rule_of};
use crate::error::{Error, Result};
use crate::migrate::ledger;
use crate::migrate::machine::State;
use crate::migrate::migration::Migration;
use crate::migrate::signature::{self, Signed, Since};
use crate::relation::{Context, Relation};
use crate::table::ColumnType::{Bool, Text};
use crate::table::Table;

#[derive(Debug, clap::Args)]
#[command(mut_arg("tables", |a| a.required_unless_present_any(["wave", "all", "report"])))]
#[command(after_help = "Examples:\n  esclusa verify --all --format csv\n  esclusa verify --report w1a.json")]
pub(super) struct Verify {
    #[command(flatten)]
    selection: Selection,
    /// Compares a signed report with the ledger and the rows, and finds what was altered since.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["tables", "wave", "all"])]
    report: Option<PathBuf>,
}

pub(super) async fn run(call: Call, verify: Verify) -> Result<()> {
    if let Some(file) = &verify.report {
        return signed(&call, file).await;
    }
    let rules = call.rules()?;
    let chosen = verify.selection.of(&rules)?;
    let database = call.prepared_database().await?;
    let context = Context::new(&call.settings);
    let migration = Migration::new(&database, &rules, context.clone()).await?;
    let mut table = Table::new(&[("table", Text), ("check", Text), ("passed", Bool), ("detail", Text)]);
    let (mut failed, mut unproven) = (0, 0);
    for rule in chosen {
        // Whoever names a table expects a proof of it; all of them are verified at any time of the migration.
        if verify.selection.tables.is_empty() && ledger::state(&database, &context, &rule.table).await? == State::Planned {
            let detail = "it has not been moved: there is nothing to compare yet";
            table.push(vec![rule.table.as_str().into(), "comparison".into(), None::<bool>.into(), detail.into()]);
            continue;
        }
        match migration.verify(rule).await {
            // Without the connection the other tables cannot be compared either.
            Err(error) if database.is_closed() => return Err(error),
            Err(error) => {
                unproven += 1;
                let detail = error.in_one_line();
                table.push(vec![rule.table.as_str().into(), "comparison".into(), false.into(), detail.into()]);
            }
            Ok(Some(parity)) => {
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
            Ok(None) => {
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

/// Compares the rows with those that were signed for.
async fn signed(call: &Call, file: &Path) -> Result<()> {
    let text = std::fs::read_to_string(file).map_err(|e| Error::io(format!("reading {}", file.display()), e))?;
    let report: Vec<Signed> = serde_json::from_str(&text)
        .map_err(|e| Error::usage(format!("{} is not a report of `esclusa sign`: {e}", file.display())))?;
    if report.is_empty() {
        return Err(Error::usage(format!("{} contains no signed table", file.display())));
    }
    let rules = call.rules()?;
    let database = call.prepared_database().await?;
    let context = Context::new(&call.settings);
    // The checksums are over rows as the migration's sessions print them.
    Migration::new(&database, &rules, context.clone()).await?;
    let mut table = Table::new(&[("table", Text), ("signed_by", Text), ("as_signed", Bool), ("detail", Text)]);
    let mut altered = 0;
    for one in &report {
        let relation = Relation::compile(rule_of(&rules, &one.table)?, &context);
        let (same, detail) = match signature::since(&database, &relation, one).await? {
            Since::Same => (true, format!("{} rows are as they were", one.rows)),
            Since::Changed(then, now) if then == now => {
                (false, format!("{then} rows then and now, and not all of them are equal"))
            }
            Since::Changed(then, now) => (false, format!("{then} rows then, and {now} of them now")),
            Since::Unknown => (false, "the ledger does not have this signature".to_owned()),
            Since::Back => (false, "the table was brought back since".to_owned()),
        };
        altered += usize::from(!same);
        table.push(vec![one.table.as_str().into(), one.by.as_str().into(), same.into(), detail.into()]);
    }
    let (broken, steps) = ledger::broken(&database).await?;
    let chain = broken.map_or_else(
        || format!("the hash chain of {steps} steps is intact"),
        |n| format!("row {n} of esclusa.run_table was changed, or one before it is gone"),
    );
    altered += usize::from(broken.is_some());
    table.push(vec!["(the ledger)".into(), "".into(), broken.is_none().into(), chain.into()]);
    call.print(&table)?;
    match altered {
        0 => Ok(()),
        altered => Err(Error::refused(format!("{altered} lines of the report no longer hold"))),
    }
}
