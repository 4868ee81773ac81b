//! A legacy table's page: its verdict, who uses it and by which statements, how that changes, its mode with its history, and what is next.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::chart::chart;
use super::frame::Frame;
use super::mode_form::form;
use super::section::Section;
use super::site::Site;
use super::{failure, grid, label, list};
use crate::report::trend::days;
use crate::report::verdict::Judged;
use crate::report::{Question, Report, Rows, find};
use crate::table::{Cell, Table};

/// The reports shown for a table, in this order; the trend is a chart.
const TOLD: [&str; 10] =
    ["order", "trend", "usage", "statements", "addresses", "places", "failures", "comparisons", "latency", "switches"];

#[derive(Template)]
#[template(path = "legacy_table.html")]
struct Page<'f> {
    frame: &'f Frame,
    name: &'f str,
    trouble: Vec<String>,
    verdict: Option<VerdictText>,
    facts: Vec<Fact>,
    chart: Option<String>,
    form: String,
    sections: Vec<Section>,
}

struct VerdictText {
    name: &'static str,
    reason: String,
    next: String,
}

struct Fact {
    label: String,
    text: String,
}

pub(super) async fn legacy_table(frame: Frame, State(site): State<Arc<Site>>, Path(name): Path<String>) -> Response {
    let Some(live) = live(&site, &name) else {
        let told = frame.of("There is no rule for a table of this name.", "No hay regla para una tabla con este nombre.");
        return list::message(&frame, StatusCode::NOT_FOUND, &name, vec![told.to_owned()], Vec::new());
    };
    let question = Question { table: Some(name.clone()), language: frame.language, ..Question::default() };
    let reports: Vec<&'static Report> = TOLD.iter().filter_map(|name| find(name)).collect();
    let mut page = Page {
        frame: &frame,
        name: &name,
        trouble: Vec::new(),
        verdict: None,
        facts: facts(&frame, &live),
        chart: None,
        form: form(&frame, &site, Some(&name), mode(&live).as_deref()),
        sections: Vec::new(),
    };
    let recorded = async { Ok((site.judged(&question).await?, site.told(&reports, &question).await?)) };
    match recorded.await {
        Ok((judged, tables)) => {
            page.verdict = judged.into_iter().next().map(|judged| verdict(&frame, judged));
            for (report, table) in reports.iter().zip(tables) {
                match report.name {
                    "trend" => page.chart = chart(&frame, &name, &days(&table)),
                    _ if table.rows.is_empty() => {}
                    _ => page.sections.push(Section::of(&frame, report, &table.without("table"))),
                }
            }
        }
        Err(error) => page.trouble = failure::told(&error, frame.language),
    }
    frame.page(StatusCode::OK, &page)
}

fn verdict(frame: &Frame, judged: Judged) -> VerdictText {
    VerdictText { name: judged.verdict.name(frame.language), reason: judged.reason, next: judged.next }
}

/// The table's row in report `tables`; `None` where no rule has the name.
fn live(site: &Site, name: &str) -> Option<Table> {
    let Rows::Live(rows) = find("tables")?.rows else { return None };
    let mut table = rows(&site.shared);
    table.rows.retain(|row| matches!(row.first(), Some(Cell::Text(of)) if of == name));
    (!table.rows.is_empty()).then_some(table)
}

/// The mode in force; none for a table whose rule has faults.
fn mode(live: &Table) -> Option<String> {
    let at = live.columns.iter().position(|column| column.name == "mode")?;
    live.rows.first()?.get(at).map(Cell::text).filter(|mode| !mode.is_empty())
}

fn facts(frame: &Frame, live: &Table) -> Vec<Fact> {
    let row = live.rows.iter().flatten().zip(&live.columns).skip(1);
    let told = row.filter(|(cell, column)| **cell != Cell::Null && column.name != "mode");
    told.map(|(cell, column)| Fact { label: label::of(&column.name, frame.language), text: grid::text(frame, cell) }).collect()
}
