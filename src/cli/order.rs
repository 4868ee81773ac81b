//! `esclusa order` and `esclusa order next`.

use super::call::Call;
use super::terminal::say;
use crate::error::{Error, Result};
use crate::report::Question;
use crate::report::order::{self, facts};
use crate::report::verdict::Language;
use crate::table::Format;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "`esclusa report waves` has the waves, beside those of the plan.\n\nExamples:\n  esclusa order\n  esclusa order next\n  \
    esclusa order --since 41d --table tipocorreo\n  esclusa order --format csv"
)]
pub(super) struct Order {
    /// One wave, with its gates and the commands to run.
    #[command(subcommand)]
    next: Option<Next>,
    /// Traffic counts from this time on: a date or time such as 2026-03-01, or an age such as 12h or 41d.
    #[arg(long, value_name = "WHEN", global = true)]
    since: Option<String>,
    /// Traffic counts up to this time.
    #[arg(long, value_name = "WHEN", global = true)]
    until: Option<String>,
    /// Only this legacy table.
    #[arg(long)]
    table: Option<String>,
    /// The language of sentences: en or es.
    #[arg(long, default_value = "en", global = true)]
    lang: Language,
}

#[derive(Debug, clap::Subcommand)]
enum Next {
    /// The next wave: its tables, its gates (met or not, and why), and the commands to type.
    Next,
}

pub(super) async fn run(call: Call, asked: Order) -> Result<()> {
    let database = call.prepared_database().await?;
    if !crate::control::hits::has_tables(&database).await? {
        return Err(Error::refused("the target database has no tables for hits: run `esclusa schema apply`"));
    }
    let (language, one) = (asked.lang, asked.table.as_deref());
    let question = Question { since: asked.since.clone(), until: asked.until.clone(), table: None, language };
    let about = question.asked(&database, &call.settings, Vec::new()).await?;
    let facts = facts::read(&database, &call.settings, &about, language).await?;
    if let Some(unknown) = one.filter(|one| facts.tables.iter().all(|t| t.judged.name.table != *one)) {
        return Err(Error::usage(format!("there is no rule for a table `{unknown}`")));
    }
    let planned = order::plan(&facts, language);
    if asked.next.is_some() {
        return call.print(&order::next(&facts, &planned, language));
    }
    call.print(&order::order(&facts, &planned, one, language))?;
    // CSV and JSON print only one table; `esclusa report basis` prints the other.
    if call.format == Format::Table {
        say(&format!("\n{}\n", language.of("It rests on:", "Se basa en:")))?;
        call.print(&order::basis(&facts, &planned, language))?;
    }
    Ok(())
}
