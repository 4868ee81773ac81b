//! `esclusa demo [--once] [--port N]`.

use super::call::Call;
use super::terminal::say;
use crate::demo::tour;
use crate::error::Result;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  esclusa demo\n  esclusa demo --once && echo equal")]
pub(super) struct Demo {
    /// Runs a scripted tour, prints what it proved, and exits non-zero if anything that a client saw differed.
    #[arg(long)]
    once: bool,
    /// The proxy's port; the console's and the page's are the next two.
    #[arg(long, default_value_t = 6432, value_parser = clap::value_parser!(u16).range(1..=65533))]
    port: u16,
}

pub(super) async fn run(_call: Call, demo: Demo) -> Result<()> {
    if demo.once { tour::once(&say).await } else { tour::stay(demo.port, &say).await }
}
