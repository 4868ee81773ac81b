//! `esclusa benchmark [--queries FILE]`: times reads on the archived legacy tables and the same reads rewritten, and checks them against the plan's
//! limits.

use std::path::PathBuf;

use super::call::Call;
use super::terminal::remark;
use crate::error::{Error, Result};
use crate::server::benchmark::{self, Bench, COLUMNS, Case};
use crate::table::Table;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "It reads as the role of mode shadow (shadow.user), which can do nothing else.\n\nExamples:\n  esclusa benchmark\n  \
    esclusa benchmark --queries top20.sql --runs 200 --format csv"
)]
pub(super) struct Benchmark {
    /// Reads to measure, as SQL; without it, those that clients have sent most often, with values from the tables.
    #[arg(long, value_name = "FILE")]
    queries: Option<PathBuf>,
    /// How many of those most frequent reads.
    #[arg(long, default_value_t = 20)]
    top: u16,
    /// How often each form is run.
    #[arg(long, default_value_t = 50)]
    runs: u16,
}

pub(super) async fn run(call: Call, asked: Benchmark) -> Result<()> {
    let rules = call.rules()?;
    let control = call.prepared_database().await?;
    let cases: Vec<(Case, Option<String>)> = match &asked.queries {
        Some(file) => {
            let text = std::fs::read_to_string(file).map_err(|e| Error::io(format!("reading {}", file.display()), e))?;
            benchmark::of_file(&text)?.into_iter().map(|case| (case, None)).collect()
        }
        None => benchmark::of_traffic(&control, &call.settings.rules.schema, i64::from(asked.top)).await?,
    };
    if cases.is_empty() {
        return Err(Error::refused(
            "there is nothing to measure: no read on a legacy table was recorded, or the file contains none",
        ));
    }
    let bench = Bench::new(&control, &call.settings, &rules, usize::from(asked.runs)).await?;
    let (mut table, mut ratios) = (Table::new(COLUMNS), Vec::new());
    for (case, missing) in &cases {
        match missing {
            Some(why) => remark(&format!("not measured: {}: {why}", case.text)),
            None => ratios.extend(bench.measure(case, &mut table).await?),
        }
    }
    let passed = benchmark::conclude(&mut table, &ratios);
    call.print(&table)?;
    match passed {
        true => Ok(()),
        false => Err(Error::refused("not every read is within the plan's limits")),
    }
}
