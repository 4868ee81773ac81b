//! `esclusa report [NAME]`.

use std::path::PathBuf;

use super::call::Call;
use super::terminal::say;
use crate::catalog::Database;
use crate::error::{Error, Result};
use crate::report::page::{Section, page};
use crate::report::verdict::{Language, headline};
use crate::report::{Asked, Planned, Question, REPORTS, Report as Listed, Rows, find, order, overview};
use crate::table::Format;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Without NAME: the answers, and the verdict on every legacy name. `--help` of the list: esclusa report list\n\nExamples:\n  \
    esclusa report\n  esclusa report statements --since 7d --table tipocorreo\n  esclusa report --html report.html --lang es\n  \
    esclusa report usage --format csv"
)]
pub(super) struct Report {
    /// The report's name; `list` lists all reports.
    name: Option<String>,
    /// Only what was recorded from this time on: a date or time such as 2026-03-01, or an age such as 12h or 41d.
    #[arg(long, value_name = "WHEN")]
    since: Option<String>,
    /// Only what was recorded up to this time.
    #[arg(long, value_name = "WHEN")]
    until: Option<String>,
    /// Only this legacy table.
    #[arg(long)]
    table: Option<String>,
    /// The language of sentences: en or es.
    #[arg(long, default_value = "en")]
    lang: Language,
    /// Writes all reports as one HTML file.
    #[arg(long, value_name = "FILE", conflicts_with = "name")]
    html: Option<PathBuf>,
}

pub(super) async fn run(call: Call, report: Report) -> Result<()> {
    let recorded = || REPORTS.iter().filter(|r| r.is_recorded());
    if report.name.as_deref() == Some("list") {
        let mut list =
            crate::table::Table::new(&[("report", crate::table::ColumnType::Text), ("question", crate::table::ColumnType::Text)]);
        recorded().for_each(|r| list.push(vec![r.name.into(), r.question.into()]));
        return call.print(&list);
    }
    let unknown = |name: &String| {
        let names: Vec<&str> = recorded().map(|r| r.name).collect();
        Error::usage(format!("there is no report `{name}`; there are {}", names.join(", ")))
    };
    let named = report.name.as_ref().map(|name| find(name).ok_or_else(|| unknown(name))).transpose()?;
    let database = call.prepared_database().await?;
    if !crate::control::hits::has_tables(&database).await? {
        return Err(Error::refused("the target database has no tables for hits: run `esclusa schema apply`"));
    }
    let rules = call.rules_if_any()?;
    let Report { since, until, table, .. } = &report;
    let question = Question { since: since.clone(), until: until.clone(), table: table.clone(), language: report.lang };
    let asked = question.asked(&database, &call.settings, rules.rules.keys().cloned().collect()).await?;
    match (named, &report.html) {
        (Some(named), _) => call.print(&named.read(&database, &call.settings, &asked, report.lang).await?),
        (None, Some(file)) => {
            let text = html(&call, &database, &asked, report.lang).await?;
            std::fs::write(file, text).map_err(|e| Error::io(format!("writing {}", file.display()), e))
        }
        (None, None) => overview_of(&call, &database, &asked, report.lang).await,
    }
}

/// The headline, then the verdicts; CSV and JSON have the verdicts only.
async fn overview_of(call: &Call, database: &Database, asked: &Asked, language: Language) -> Result<()> {
    let judged = overview::judged(database, &call.settings, asked, language).await?;
    if call.format == Format::Table {
        say(&format!("{}\n\n", headline(&judged, language).join("\n")))?;
    }
    call.print(&overview::table(&judged, language))
}

async fn html(call: &Call, database: &Database, asked: &Asked, language: Language) -> Result<String> {
    let judged = overview::judged(database, &call.settings, asked, language).await?;
    let facts = order::facts::read(database, &call.settings, asked, language).await?;
    let order = order::plan(&facts, language);
    let planned = Planned { facts: &facts, order: &order, one: asked.table.as_deref(), language };
    let mut sections = Vec::new();
    for listed in REPORTS.iter().filter(|r| r.is_recorded()) {
        // Facts that several reports use are read once.
        let (table, whole) = match listed.rows {
            Rows::Verdicts => (overview::table(&judged, language), true),
            Rows::Order(rows) => (rows(&planned), true),
            Rows::Live(_) | Rows::Recorded(_) | Rows::Witnesses => {
                (listed.read(database, &call.settings, asked, language).await?, false)
            }
        };
        sections.push(Section { title: listed.name.to_owned(), question: question(listed, language), table, whole });
    }
    let at: String = database.one("asking for the time", "SELECT clock_timestamp()::timestamptz(0)::text", &[]).await?.get(0);
    let title = language.of("Who still needs which legacy name", "Quién usa aún cada tabla heredada");
    Ok(page(title, &headline(&judged, language), sections, &at, language))
}

fn question(report: &Listed, language: Language) -> String {
    report.question(language).to_owned()
}
