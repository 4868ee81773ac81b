//! A report as a section of a page.

use super::frame::Frame;
use super::grid::grid;
use crate::report::Report;
use crate::table::Table;

/// A headed part of a page.
pub(super) struct Section {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) grid: String,
}

impl Section {
    /// Rows of a report, under its question.
    pub(super) fn of(frame: &Frame, report: &Report, table: &Table) -> Section {
        Section::titled(frame, report.name, title(frame, report.name), report.question(frame.language), table)
    }

    /// Rows under a title of their own.
    pub(super) fn titled(frame: &Frame, id: &str, title: &str, caption: &str, table: &Table) -> Section {
        Section { id: format!("section-{id}"), title: title.to_owned(), grid: grid(frame, title, caption, table) }
    }
}

/// What a report is called on a page.
fn title<'n>(frame: &Frame, name: &'n str) -> &'n str {
    match name {
        "order" => frame.of("The order", "El orden"),
        "next" => frame.of("The next wave", "La ola que sigue"),
        "waves" => frame.of("Waves", "Olas"),
        "basis" => frame.of("What it rests on", "En qué se basa"),
        "usage" => frame.of("By outcome", "Por resultado"),
        "statements" => frame.of("Statements, before and after", "Sentencias, antes y después"),
        "applications" => frame.of("Applications", "Aplicaciones"),
        "addresses" => frame.of("Who, and from where", "Quién y desde dónde"),
        "places" => frame.of("Places in the applications", "Lugares en las aplicaciones"),
        "failures" => frame.of("Refused or failed", "Rechazados o fallidos"),
        "opaque" => frame.of("Not understood", "No comprendidas"),
        "comparisons" => frame.of("Compared by mode shadow", "Comparadas por el modo shadow"),
        "latency" => frame.of("Latency before and after", "Latencia antes y después"),
        "switches" => frame.of("Switches", "Cambios de modo"),
        "shadow" => frame.of("Mode shadow by table, since the start", "Modo shadow por tabla, desde el inicio"),
        "differences" => frame.of("The last differences", "Las últimas diferencias"),
        "clients" => frame.of("Sessions", "Sesiones"),
        "modes" => frame.of("Modes", "Modos"),
        "replicas" => frame.of("Proxies", "Proxies"),
        other => other,
    }
}
