//! A generated table, and its rows as text for COPY.

use super::values::Cell;
use crate::catalog::Table;

/// The rows of one table, ready for `COPY`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    /// The table's name, unquoted.
    pub table: String,
    /// All its columns in order, unquoted.
    pub columns: Vec<String>,
    /// Lines in COPY's text format, each ended by a newline, without the closing `\.`.
    pub copy_text: String,
    /// How many rows the text holds.
    pub count: usize,
}

/// The cells of a row, in the order of the columns.
pub(super) type Row = Vec<Cell>;

/// A table with its generated rows.
pub(super) struct Filled<'a> {
    pub(super) table: &'a Table,
    pub(super) rows: Vec<Row>,
    /// The columns with ids of texts; only look-ups have any.
    pub(super) text_columns: Vec<usize>,
}

impl<'a> Filled<'a> {
    pub(super) fn new(table: &'a Table, rows: Vec<Row>) -> Self {
        let text_columns = Vec::new();
        Self { table, rows, text_columns }
    }

    pub(super) fn name(&self) -> &'a str {
        &self.table.name
    }

    /// The ids of its texts, row by row.
    pub(super) fn text_ids(&self) -> impl Iterator<Item = &Cell> {
        let columns = &self.text_columns;
        self.rows.iter().flat_map(|row| columns.iter().filter_map(|&column| row.get(column)))
    }

    pub(super) fn copy_rows(&self) -> Rows {
        let mut copy_text = String::new();
        for row in &self.rows {
            for (position, cell) in row.iter().enumerate() {
                if position > 0 {
                    copy_text.push('\t');
                }
                push_copy_field(&mut copy_text, cell);
            }
            copy_text.push('\n');
        }
        let columns = self.table.columns.iter();
        Rows {
            table: self.table.name.clone(),
            columns: columns.map(|column| column.name.clone()).collect(),
            copy_text,
            count: self.rows.len(),
        }
    }
}

fn push_copy_field(copy_text: &mut String, cell: &Cell) {
    let Some(text) = cell else {
        copy_text.push_str("\\N");
        return;
    };
    for character in text.chars() {
        match character {
            '\\' => copy_text.push_str("\\\\"),
            '\t' => copy_text.push_str("\\t"),
            '\n' => copy_text.push_str("\\n"),
            '\r' => copy_text.push_str("\\r"),
            _ => copy_text.push(character),
        }
    }
}
