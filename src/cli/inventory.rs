//! `esclusa inventory`: lists the legacy tables, beside the plan and the rules.

use std::time::Duration;

use super::call::Call;
use crate::error::Result;
use crate::migrate::inventory;
use crate::relation::Context;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "The number of rows is the server's estimate, as of the last ANALYZE or VACUUM.\n\nExamples:\n  esclusa inventory\n  esclusa inventory --sample 60 --format csv"
)]
pub(super) struct Inventory {
    /// Seconds between the two samples that the rate of changes is computed from.
    #[arg(long, default_value_t = 5, value_name = "SECONDS")]
    sample: u64,
}

pub(super) async fn run(call: Call, asked: Inventory) -> Result<()> {
    let rules = call.rules_if_any()?;
    let database = call.database().await?;
    let context = Context::new(&call.settings);
    call.print(&inventory::take(&database, &context, &rules, Duration::from_secs(asked.sample)).await?)
}
