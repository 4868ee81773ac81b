//! The first page: the headline, then every legacy name under its verdict, the most urgent first. Where the target database cannot be read, what
//! this proxy knows of each table.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::failure;
use super::frame::Frame;
use super::grid::grid;
use super::site::Site;
use crate::report::verdict::{Judged, headline};
use crate::report::{Question, Rows, find};
use crate::table::ColumnType::{Bool, Int, Text};
use crate::table::{Columns, Table};

const COLUMNS: Columns =
    &[("table", Text), ("reason", Text), ("hits", Int), ("covered_days", Int), ("mode", Text), ("moved", Bool), ("next", Text)];

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview<'f> {
    frame: &'f Frame,
    trouble: Vec<String>,
    answers: Vec<String>,
    groups: Vec<Group>,
}

struct Group {
    id: String,
    name: String,
    count: usize,
    grid: String,
}

pub(super) async fn overview(frame: Frame, State(site): State<Arc<Site>>) -> Response {
    let question = Question { language: frame.language, ..Question::default() };
    let page = match site.judged(&question).await {
        Ok(judged) => Overview {
            trouble: Vec::new(),
            answers: headline(&judged, frame.language),
            groups: groups(&frame, &judged),
            frame: &frame,
        },
        Err(error) => {
            let trouble = failure::told(&error, frame.language);
            Overview { trouble, answers: Vec::new(), groups: vec![live(&frame, &site)], frame: &frame }
        }
    };
    frame.page(StatusCode::OK, &page)
}

/// Verdicts come in order, the most urgent first.
fn groups(frame: &Frame, judged: &[Judged]) -> Vec<Group> {
    let of = |judged: &[Judged], at: usize| {
        let name = judged[0].verdict.name(frame.language);
        let mut table = Table::new(COLUMNS);
        for one in judged {
            let next = (!one.next.is_empty()).then_some(one.next.as_str());
            table.push(vec![
                one.name.table.as_str().into(),
                one.reason.as_str().into(),
                one.name.seen.hits.into(),
                one.covered_days.into(),
                one.name.mode.name().into(),
                one.name.is_moved.into(),
                next.into(),
            ]);
        }
        let caption = frame.of("The reason, and the next command.", "El motivo y el siguiente comando.");
        let grid = grid(frame, name, caption, &table);
        Group { id: format!("verdict-{at}"), name: name.to_owned(), count: judged.len(), grid }
    };
    judged.chunk_by(|a, b| a.verdict == b.verdict).enumerate().map(|(at, judged)| of(judged, at)).collect()
}

/// What this proxy knows by itself.
fn live(frame: &Frame, site: &Site) -> Group {
    let report = find("tables");
    let table = match report.map(|report| report.rows) {
        Some(Rows::Live(rows)) => rows(&site.shared),
        _ => Table::default(),
    };
    let name = frame.of("What this proxy knows since its start", "Lo que este proxy sabe desde su inicio");
    let caption = report.map_or("", |report| report.question(frame.language));
    Group { id: "live".to_owned(), name: name.to_owned(), count: table.rows.len(), grid: grid(frame, name, caption, &table) }
}
