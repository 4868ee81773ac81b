//! `esclusa sign TABLE... | --wave W | --all --by NAME`: a person signs for the proof; the report to sign, as JSON and HTML.

use std::path::PathBuf;

use super::call::Call;
use super::selection::Selection;
use super::turn::{Turn, cut_short, turn};
use crate::disk;
use crate::error::{Error, Result};
use crate::migrate::migration::Migration;
use crate::migrate::signature::{self, Signed};
use crate::relation::Context;
use crate::report::page::{Section, page};
use crate::report::verdict::Language;
use crate::rule::Rule;
use crate::table::ColumnType::{Int, Text};
use crate::table::Table;

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  esclusa sign --wave W1-A --by 'Ana López, DBA Lead' --report w1a.json --html w1a.html\n  \
    esclusa verify --report w1a.json")]
pub(super) struct Sign {
    #[command(flatten)]
    selection: Selection,
    /// Who signs.
    #[arg(long, value_name = "NAME")]
    by: String,
    /// Writes what was signed; with this file `esclusa verify --report` finds rows that were altered later.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Writes the same for people.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

pub(super) async fn run(call: Call, sign: Sign) -> Result<()> {
    let by = sign.by.trim();
    if by.is_empty() {
        return Err(Error::usage("--by needs the name of whoever signs"));
    }
    if sign.report.is_some() && sign.report == sign.html {
        return Err(Error::usage("--report and --html name the same file"));
    }
    // Checked before signing: otherwise the ledger could have a signature whose report cannot be written.
    for file in sign.report.iter().chain(&sign.html) {
        let directory = file.parent().filter(|d| !d.as_os_str().is_empty()).unwrap_or(".".as_ref());
        std::fs::read_dir(directory).map_err(|e| Error::io(format!("writing {}", file.display()), e))?;
    }
    let rules = call.rules()?;
    let chosen: Vec<&Rule> = sign.selection.of(&rules)?.into_iter().filter(|r| !r.target.stays()).collect();
    let database = call.prepared_database().await?;
    let migration = Migration::new(&database, &rules, Context::new(&call.settings)).await?;
    let run = migration.begin(&std::env::args().skip(1).collect::<Vec<_>>().join(" ")).await?;
    let (mut signed, mut refused): (Vec<Signed>, usize) = (Vec::new(), 0);
    let mut table = Table::new(&[("table", Text), ("signed_by", Text), ("rows", Int), ("notes", Text)]);
    for rule in chosen {
        let ended = match turn(&database, &rule.table, signature::sign(&migration, run, rule, by)).await? {
            Turn::Ended(ended) => ended,
            Turn::Cut(state, why) => {
                // Left out of the report; signing again makes a report of all tables.
                table.push(vec![rule.table.as_str().into(), state.into(), 0usize.into(), why.into()]);
                call.print(&table)?;
                return Err(cut_short());
            }
        };
        match ended {
            Ok(one) => {
                table.push(vec![one.table.as_str().into(), by.into(), one.rows.into(), "every check holds".into()]);
                signed.push(one);
            }
            Err(error @ Error::Refused { .. }) => {
                refused += 1;
                table.push(vec![rule.table.as_str().into(), "nobody".into(), 0usize.into(), error.in_one_line().into()]);
            }
            Err(error) => return Err(error),
        }
    }
    migration.finish(run).await?;
    let at: String = database.one("asking for the time", "SELECT clock_timestamp()::timestamptz(0)::text", &[]).await?.get(0);
    let mut files = Vec::new();
    if let Some(file) = &sign.report {
        let text = serde_json::to_string_pretty(&signed).map_err(|e| Error::refused(e.to_string()))?;
        files.push((file.clone(), text + "\n"));
    }
    if let Some(file) = &sign.html {
        files.push((file.clone(), paper(&signed, by, &at)));
    }
    disk::replace(&files)?;
    call.print(&table)?;
    match refused {
        0 => Ok(()),
        refused => Err(Error::refused(format!("{refused} tables were not signed"))),
    }
}

/// The report as a page that can be printed.
fn paper(signed: &[Signed], by: &str, at: &str) -> String {
    let mut table = Table::new(&[("table", Text), ("rows", Int), ("check", Text), ("found", Text), ("sums", Text)]);
    for one in signed {
        for (check, found) in &one.checks {
            let sums = if check == "shape" { one.sums.join(" ") } else { String::new() };
            table.push(vec![
                one.table.as_str().into(),
                one.rows.into(),
                check.as_str().into(),
                found.as_str().into(),
                sums.into(),
            ]);
        }
    }
    let rows: i64 = signed.iter().map(|s| s.rows).sum();
    let headline =
        [format!("{} tables with {rows} rows are proven, row by row.", signed.len()), format!("Signed by {by}, {at}.")];
    let section = Section {
        title: "Integrity".into(),
        question: "Do the new tables have every row of the legacy tables, and no other?".into(),
        table,
        whole: true,
    };
    page("Integrity report", &headline, vec![section], at, Language::English)
}
