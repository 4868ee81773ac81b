//! Pages that are reports one below the other: differences, sessions, modes, and any report by its name.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::failure;
use super::frame::Frame;
use super::mode_form::form;
use super::section::Section;
use super::site::Site;
use crate::report::{Question, REPORTS, Report, Rows, find};
use crate::table::ColumnType::Text;
use crate::table::Table;

#[derive(Template)]
#[template(path = "list.html")]
struct Page<'f> {
    frame: &'f Frame,
    title: &'f str,
    trouble: Vec<String>,
    form: Option<String>,
    sections: Vec<Section>,
}

impl<'f> Page<'f> {
    fn new(frame: &'f Frame, title: &'f str) -> Self {
        Page { frame, title, trouble: Vec::new(), form: None, sections: Vec::new() }
    }

    /// Adds reports; where one cannot be read, the others are still shown.
    async fn add(&mut self, site: &Site, names: &[&str]) {
        for report in names.iter().filter_map(|name| find(name)) {
            match rows(self.frame, site, report).await {
                Ok(table) => self.sections.push(Section::of(self.frame, report, &table)),
                Err(error) => self.trouble.extend(failure::told(&error, self.frame.language)),
            }
        }
    }
}

async fn rows(frame: &Frame, site: &Site, report: &'static Report) -> crate::error::Result<Table> {
    let question = Question { language: frame.language, ..Question::default() };
    match report.rows {
        Rows::Live(rows) => Ok(rows(&site.shared)),
        Rows::Recorded(_) | Rows::Witnesses | Rows::Verdicts | Rows::Order(_) => {
            Ok(site.told(&[report], &question).await?.pop().unwrap_or_default())
        }
    }
}

/// A page with one message.
pub(super) fn message(frame: &Frame, status: StatusCode, title: &str, trouble: Vec<String>, sections: Vec<Section>) -> Response {
    frame.page(status, &Page { trouble, sections, ..Page::new(frame, title) })
}

pub(super) async fn differences(frame: Frame, State(site): State<Arc<Site>>) -> Response {
    let title = frame.of("What mode shadow has found", "Lo que encontró el modo shadow");
    let mut page = Page::new(&frame, title);
    page.add(&site, &["differences", "shadow", "comparisons"]).await;
    frame.page(StatusCode::OK, &page)
}

pub(super) async fn order(frame: Frame, State(site): State<Arc<Site>>) -> Response {
    let mut page =
        Page::new(&frame, frame.of("What moves next, and what holds the rest back", "Qué se mueve ahora y qué retiene al resto"));
    page.add(&site, &["next", "waves", "order", "basis"]).await;
    frame.page(StatusCode::OK, &page)
}

pub(super) async fn sessions(frame: Frame, State(site): State<Arc<Site>>) -> Response {
    let mut page = Page::new(&frame, frame.of("Who is connected to this proxy", "Quién está conectado a este proxy"));
    page.add(&site, &["sessions", "replicas"]).await;
    frame.page(StatusCode::OK, &page)
}

pub(super) async fn modes(frame: Frame, State(site): State<Arc<Site>>) -> Response {
    let mut page = Page::new(&frame, frame.of("Modes", "Modos"));
    page.add(&site, &["modes", "switches"]).await;
    page.form = Some(form(&frame, &site, None, None));
    frame.page(StatusCode::OK, &page)
}

/// The list of reports.
pub(super) async fn reports(frame: Frame) -> Response {
    let title = frame.of("Reports", "Reportes");
    let mut table = Table::new(&[("report", Text), ("question", Text)]);
    REPORTS.iter().for_each(|report| table.push(vec![report.name.into(), report.question(frame.language).into()]));
    let caption =
        frame.of("Programs find each of them under /api/reports.", "Los programas encuentran cada uno en /api/reports.");
    let section = Section::titled(&frame, "reports", frame.of("All reports", "Todos los reportes"), caption, &table);
    frame.page(StatusCode::OK, &Page { sections: vec![section], ..Page::new(&frame, title) })
}

/// One report.
pub(super) async fn report(frame: Frame, State(site): State<Arc<Site>>, Path(name): Path<String>) -> Response {
    let Some(report) = find(&name) else {
        let told = frame.of("There is no report of this name.", "No hay reporte con este nombre.").to_owned();
        return message(&frame, StatusCode::NOT_FOUND, &name, vec![told], Vec::new());
    };
    let mut page = Page::new(&frame, report.name);
    page.add(&site, &[report.name]).await;
    frame.page(StatusCode::OK, &page)
}
