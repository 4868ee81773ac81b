//! A table as a part of a page: labels in the visitor's language, links to legacy tables, and a limited number of rows.

use askama::Template;

use super::frame::Frame;
use super::label;
use crate::table::{Cell, ColumnType, Table};

/// The most rows of a table on a page; the command line and the API have all of them.
const ROWS: usize = 100;
/// The most characters of a cell.
const CELL: usize = 1_000;

#[derive(Template)]
#[template(path = "grid.html")]
struct Grid<'f> {
    frame: &'f Frame,
    title: &'f str,
    caption: &'f str,
    heads: Vec<Head>,
    rows: Vec<Vec<Shown>>,
    left: usize,
}

struct Head {
    label: String,
    is_number: bool,
}

struct Shown {
    text: String,
    link: Option<String>,
    is_head: bool,
    is_number: bool,
    is_code: bool,
}

/// The table as HTML. `caption` says what it answers.
pub(super) fn grid(frame: &Frame, title: &str, caption: &str, table: &Table) -> String {
    let is_number = |at: usize| matches!(table.columns[at].column_type, ColumnType::Int | ColumnType::Float);
    let heads = table.columns.iter().enumerate();
    let heads = heads.map(|(at, column)| Head { label: label::of(&column.name, frame.language), is_number: is_number(at) });
    let shown = |(at, cell): (usize, &Cell)| {
        let name = table.columns[at].name.as_str();
        let text = text(frame, cell);
        let link = match name {
            _ if text.is_empty() => None,
            "table" => Some(frame.link_to_table(&text)),
            "report" => Some(frame.link(&format!("/reports/{text}"))),
            _ => None,
        };
        let is_number = is_number(at);
        let is_code = !is_number && !text.is_empty() && ["statement", "rewritten", "next", "difference"].contains(&name);
        Shown { link, is_head: at == 0 && !is_number && !text.is_empty(), is_number, is_code, text }
    };
    let rows = table.rows.iter().take(ROWS).map(|row| row.iter().enumerate().map(shown).collect());
    let left = table.rows.len().saturating_sub(ROWS);
    frame.part(&Grid { frame, title, caption, heads: heads.collect(), rows: rows.collect(), left })
}

/// A cell's text, cut where it is too long.
pub(super) fn text(frame: &Frame, cell: &Cell) -> String {
    let mut text = match cell {
        Cell::Bool(true) => frame.of("yes", "sí").to_owned(),
        Cell::Bool(false) => "no".to_owned(),
        cell => cell.text(),
    };
    if let Some((end, _)) = text.char_indices().nth(CELL) {
        text.truncate(end);
        text.push('…');
    }
    text
}
