//! A small value: named and typed columns, rows of cells. Every report and every console answer is one.
//!
//! It knows how to be printed as aligned text, CSV, JSON and HTML, and nothing about where its rows come from.

use std::fmt::Write as _;

/// One value of a report.
#[derive(Debug, Clone, PartialEq, PartialOrd)]
pub enum Cell {
    /// No value; shown empty.
    Null,
    /// A yes or a no.
    Bool(bool),
    /// A count.
    Int(i64),
    /// A measure.
    Float(f64),
    /// Anything else.
    Text(String),
}

impl Cell {
    /// The cell as plain text; empty for [`Cell::Null`].
    pub fn text(&self) -> String {
        match self {
            Cell::Null => String::new(),
            Cell::Bool(b) => (if *b { "yes" } else { "no" }).to_owned(),
            Cell::Int(i) => i.to_string(),
            Cell::Float(x) => format!("{x:.3}"),
            Cell::Text(s) => s.clone(),
        }
    }

    /// Whether the cell may stand in a column of this type.
    pub fn fits(&self, column_type: ColumnType) -> bool {
        matches!(
            (self, column_type),
            (Cell::Null, _)
                | (Cell::Text(_), ColumnType::Text)
                | (Cell::Int(_), ColumnType::Int)
                | (Cell::Float(_), ColumnType::Float)
                | (Cell::Bool(_), ColumnType::Bool)
        )
    }

    fn json(&self) -> serde_json::Value {
        match self {
            Cell::Null => serde_json::Value::Null,
            Cell::Bool(b) => (*b).into(),
            Cell::Int(i) => (*i).into(),
            Cell::Float(x) => (*x).into(),
            Cell::Text(s) => s.as_str().into(),
        }
    }
}

impl From<&str> for Cell {
    fn from(s: &str) -> Self {
        Cell::Text(s.to_owned())
    }
}
impl From<String> for Cell {
    fn from(s: String) -> Self {
        Cell::Text(s)
    }
}
impl From<bool> for Cell {
    fn from(b: bool) -> Self {
        Cell::Bool(b)
    }
}
impl From<i64> for Cell {
    fn from(i: i64) -> Self {
        Cell::Int(i)
    }
}
impl From<u64> for Cell {
    fn from(i: u64) -> Self {
        Cell::Int(i64::try_from(i).unwrap_or(i64::MAX))
    }
}
impl From<usize> for Cell {
    fn from(i: usize) -> Self {
        Cell::Int(i64::try_from(i).unwrap_or(i64::MAX))
    }
}
impl From<f64> for Cell {
    fn from(x: f64) -> Self {
        Cell::Float(x)
    }
}
impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Cell::Null, Into::into)
    }
}

/// How a table is printed: `--format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// Aligned text for a person.
    #[default]
    Table,
    /// RFC 4180, with a header line.
    Csv,
    /// An array of objects, one per row.
    Json,
}

impl std::str::FromStr for Format {
    type Err = String;
    fn from_str(s: &str) -> Result<Self, String> {
        match s {
            "table" => Ok(Format::Table),
            "csv" => Ok(Format::Csv),
            "json" => Ok(Format::Json),
            other => Err(format!("unknown format `{other}`; it is one of table, csv, json")),
        }
    }
}

/// The type of a column, known before there are rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// Anything else.
    Text,
    /// Counts.
    Int,
    /// Measures.
    Float,
    /// Yes or no.
    Bool,
}

impl ColumnType {
    /// As PostgreSQL names it.
    pub fn name(self) -> &'static str {
        match self {
            ColumnType::Text => "text",
            ColumnType::Int => "bigint",
            ColumnType::Float => "double precision",
            ColumnType::Bool => "boolean",
        }
    }

    fn is_number(self) -> bool {
        matches!(self, ColumnType::Int | ColumnType::Float)
    }
}

/// Columns as they are declared: names in snake_case, with the unit at the end where there is one (`total_ms`), and types.
pub type Columns = &'static [(&'static str, ColumnType)];

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name, as in [`Columns`].
    pub name: String,
    /// What its cells are.
    pub column_type: ColumnType,
}

impl Column {
    /// All declared columns.
    pub fn all(declared: &[(&str, ColumnType)]) -> Vec<Column> {
        declared.iter().map(|(name, column_type)| Column { name: (*name).to_owned(), column_type: *column_type }).collect()
    }
}

/// Typed columns and their rows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// In the order in which they are shown.
    pub columns: Vec<Column>,
    /// Each as long as `columns`, its cells of their types.
    pub rows: Vec<Vec<Cell>>,
}

impl Table {
    /// An empty table with these columns.
    pub fn new(columns: &[(&str, ColumnType)]) -> Self {
        Table { columns: Column::all(columns), rows: Vec::new() }
    }

    /// Adds a row; a row of another length than the columns is padded or cut, so that no report can fail on it.
    pub fn push(&mut self, mut row: Vec<Cell>) {
        row.resize(self.columns.len(), Cell::Null);
        debug_assert!(
            row.iter().zip(&self.columns).all(|(cell, c)| cell.fits(c.column_type)),
            "{row:?} under {:?}",
            self.columns
        );
        self.rows.push(row);
    }

    /// The table without a column, for places where the column's value is known already; unchanged if it has no such column.
    #[must_use]
    pub fn without(mut self, column: &str) -> Self {
        if let Some(at) = self.columns.iter().position(|c| c.name == column) {
            self.columns.remove(at);
            self.rows.iter_mut().for_each(|row| drop(row.remove(at)));
        }
        self
    }

    /// In the requested format, ended by a line feed.
    pub fn print(&self, format: Format) -> String {
        match format {
            Format::Table => self.aligned(),
            Format::Csv => self.csv(),
            Format::Json => self.json(),
        }
    }

    /// Aligned text, numbers to the right.
    pub fn aligned(&self) -> String {
        self.within(None)
    }

    /// The same; if it would be wider than `width` characters, long cells are broken into lines.
    pub fn within(&self, width: Option<u16>) -> String {
        use comfy_table::{CellAlignment, ContentArrangement, presets};
        let mut out = comfy_table::Table::new();
        let arrangement = if width.is_some() { ContentArrangement::Dynamic } else { ContentArrangement::Disabled };
        out.load_preset(presets::NOTHING).set_content_arrangement(arrangement);
        if let Some(width) = width {
            out.set_width(width);
        }
        out.set_header(self.columns.iter().map(|c| c.name.as_str()));
        for row in &self.rows {
            out.add_row(row.iter().map(Cell::text));
        }
        for (column, Column { column_type, .. }) in out.column_iter_mut().zip(&self.columns) {
            column.set_padding((0, 2));
            if column_type.is_number() {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        let mut text: String = out.lines().fold(String::new(), |mut text, line| {
            let _ = writeln!(text, "{}", line.trim_end());
            text
        });
        if self.rows.is_empty() {
            text.push_str("(no rows)\n");
        }
        text
    }

    /// RFC 4180 with a header line. A text that a spreadsheet would take for a formula gets an apostrophe before it (OWASP, CSV Injection).
    pub fn csv(&self) -> String {
        let mut out = csv::Writer::from_writer(Vec::new());
        // Writing to a Vec cannot fail, and all records have the same length.
        let _ = out.write_record(self.columns.iter().map(|c| c.name.as_str()));
        for row in &self.rows {
            let _ = out.write_record(row.iter().map(for_a_spreadsheet));
        }
        String::from_utf8(out.into_inner().unwrap_or_default()).unwrap_or_default()
    }

    /// An array of objects, keys in column order.
    pub fn json(&self) -> String {
        let rows: Vec<serde_json::Value> = self
            .rows
            .iter()
            .map(|row| {
                let named = self.columns.iter().map(|c| c.name.clone()).zip(row.iter().map(Cell::json));
                named.collect::<serde_json::Map<_, _>>().into()
            })
            .collect();
        let mut text = serde_json::to_string_pretty(&rows).unwrap_or_else(|_| "[]".to_owned());
        text.push('\n');
        text
    }

    /// A `<table>` element; every cell is escaped.
    pub fn html(&self) -> String {
        let mut out = String::from("<table><thead><tr>");
        for column in &self.columns {
            let _ = write!(out, "<th>{}</th>", escaped(&column.name));
        }
        out.push_str("</tr></thead><tbody>");
        for row in &self.rows {
            out.push_str("<tr>");
            for (cell, column) in row.iter().zip(&self.columns) {
                let class = if column.column_type.is_number() { " class=\"n\"" } else { "" };
                let _ = write!(out, "<td{class}>{}</td>", escaped(&cell.text()));
            }
            out.push_str("</tr>");
        }
        out.push_str("</tbody></table>");
        out
    }
}

/// A cell that a spreadsheet shows as text and does not evaluate: names of clients and their statements may come from anybody.
fn for_a_spreadsheet(cell: &Cell) -> String {
    let text = cell.text();
    let is_formula =
        matches!(cell, Cell::Text(_)) && text.starts_with(['=', '+', '-', '@', '\t', '\r']) && text.parse::<f64>().is_err();
    if is_formula { format!("'{text}") } else { text }
}

/// A text as it may stand in HTML, in an element or in a quoted attribute.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // Not allowed in HTML.
            c if c.is_control() && !c.is_whitespace() => out.push(char::REPLACEMENT_CHARACTER),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Table {
        let mut t = Table::new(&[("table", ColumnType::Text), ("rows", ColumnType::Int)]);
        t.push(vec!["tipocorreo".into(), 12usize.into()]);
        t.push(vec!["his, \"x\"".into(), Cell::Null]);
        t
    }

    #[test]
    fn prints_in_all_formats() {
        assert_eq!(sample().aligned(), "table       rows\ntipocorreo    12\nhis, \"x\"\n");
        assert_eq!(sample().csv(), "table,rows\ntipocorreo,12\n\"his, \"\"x\"\"\",\n");
        assert!(sample().json().contains("\"rows\": 12"));
        assert!(sample().html().contains("<td>his, &quot;x&quot;</td>"));
    }

    #[test]
    fn no_text_of_a_csv_is_a_formula() {
        let csv = |cell: Cell| {
            let mut table = Table::new(&[("a", if matches!(cell, Cell::Int(_)) { ColumnType::Int } else { ColumnType::Text })]);
            table.push(vec![cell]);
            table.csv().strip_prefix("a\n").unwrap().trim_end_matches('\n').to_owned()
        };
        for text in ["=1+1", "=HYPERLINK(0)", "+1+cmd", "-2+3", "@SUM(1)", "\t=1"] {
            assert_eq!(csv(text.into()), format!("'{text}"), "{text}");
        }
        assert_eq!(csv("=A1,\"x\"".into()), "\"'=A1,\"\"x\"\"\"");
        assert_eq!(csv("\r=1".into()), "\"'\r=1\"");
        for text in ["a=1", "'=1", "-12.5", "select 1"] {
            assert_eq!(csv(text.into()), text);
        }
        assert_eq!(csv(Cell::Int(-7)), "-7");
    }

    #[test]
    fn a_table_is_fitted_to_a_terminal() {
        let mut table = sample();
        table.push(vec!["a name that is long, and has words".into(), 7usize.into()]);
        assert_eq!(table.within(Some(200)), table.aligned());
        let fitted = table.within(Some(30));
        assert!(fitted.lines().all(|line| line.chars().count() <= 30), "{fitted}");
        assert!(fitted.starts_with("table ") && fitted.lines().count() > 4, "{fitted}");
        assert!(["name", "long", "words"].iter().all(|word| fitted.contains(word)), "{fitted}");
    }

    #[test]
    fn a_column_can_be_left_out() {
        assert_eq!(sample().without("table").csv(), "rows\n12\n\"\"\n");
        assert_eq!(sample().without("nothing"), sample());
    }

    #[test]
    fn an_empty_table_says_so() {
        assert_eq!(Table::new(&[("a", ColumnType::Text)]).aligned(), "a\n(no rows)\n");
    }
}
