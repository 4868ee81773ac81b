//! A rule as TOML: read with all its faults and their lines, and written in the form of the files in `rules/`.

use std::fmt::Write as _;
use std::path::Path;

use super::kind::Field;
use super::section::Reader;
use super::target::KINDS;
use super::{Capture, Column, Key, Origin, Retained, Rule, Target};
use crate::catalog::Column as CatalogColumn;
use crate::config::document::{Document, Table, Value};
use crate::error::Faults;

/// Reads one rule file. Faults come with the rule's table: the one it names, or else the name of the file.
pub fn read(file: &Path) -> Result<Rule, (String, Faults)> {
    let stem = || file.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let document = Document::read(file).map_err(|faults| (stem(), faults))?;
    let named = match document.root.get("table").map(|e| &e.value) {
        Some(Value::Text(table)) if !table.is_empty() => Some(table.clone()),
        _ => None,
    };
    parse(&document).map_err(|faults| (named.unwrap_or_else(stem), faults))
}

/// Makes a rule of a parsed file.
pub fn parse(document: &Document) -> Result<Rule, Faults> {
    let mut reader = Reader::new(document);
    let top = &document.root;
    let none = Table::default();
    let section = |name: &str| match top.get(name).map(|e| &e.value) {
        Some(Value::Table(table)) => table,
        _ => &none,
    };
    let (target, key) = (section("target"), section("key"));
    let kind = reader.section(top, "").required("kind");
    let target_read = reader.target(&kind, target);
    let columns = reader.columns(top);
    let key_read = {
        let mut key = reader.section(key, "key");
        Key {
            columns: key.list("columns"),
            basis: key.text("basis").unwrap_or_default(),
            unique: key.text("unique"),
            primary: key.list("primary"),
            base: key.list("base"),
        }
    };
    let mut head = reader.section(top, "");
    let rule = Rule {
        table: head.required("table"),
        wave: head.text("wave").unwrap_or_default(),
        tasks: head.list("tasks"),
        source: head.text("source").unwrap_or_default(),
        note: head.text("note").unwrap_or_default(),
        columns,
        key: key_read,
        target: target_read,
        origin: Origin::default(),
    };
    for (table, section) in [(top, ""), (target, "target"), (key, "key")] {
        reader.unknown(table, section);
    }
    let rule = Rule { origin: Origin { file: document.file.clone(), lines: reader.lines }, ..rule };
    super::check::within(&rule, &mut reader.faults);
    reader.faults.or(rule)
}

impl Reader<'_> {
    fn columns(&mut self, top: &Table) -> Vec<Column> {
        let Some(entry) = self.section(top, "").entry("columns") else {
            self.faults.push(self.document.fault(1, "columns is missing"));
            return Vec::new();
        };
        let Value::List(items) = &entry.value else {
            self.faults.push(self.document.fault(entry.line, "columns: expected an array of tables"));
            return Vec::new();
        };
        items.iter().filter_map(|(line, item)| self.column(*line, item)).collect()
    }

    fn column(&mut self, line: usize, item: &Value) -> Option<Column> {
        let Value::Table(table) = item else {
            let message = format!("columns: expected a table in braces, found {}", item.kind());
            self.faults.push(self.document.fault(line, message));
            return None;
        };
        let null = match table.get("null").map(|e| &e.value) {
            None => true,
            Some(Value::Bool(null)) => *null,
            Some(other) => {
                self.faults.push(self.document.fault(line, format!("columns: null is true or false, not {}", other.kind())));
                true
            }
        };
        let known = ["name", "type", "null", "default", "base", "expression"];
        for entry in table.entries.iter().filter(|e| !known.contains(&e.key.as_str())) {
            let fault = self.document.fault(line, format!("columns: unknown key `{}`", entry.key));
            self.faults.push(fault.hint(format!("known keys: {}", known.join(", "))));
        }
        let table = Table { line, ..table.clone() };
        let mut section = self.section(&table, "columns");
        let column = CatalogColumn {
            name: section.required("name"),
            type_name: section.required("type"),
            not_null: !null,
            default: section.text("default"),
        };
        let (base, expression) = (section.text("base"), section.text("expression"));
        Some(Column { column, base, expression, line })
    }

    fn target(&mut self, kind: &str, table: &Table) -> Target {
        if let Some((_, read)) = KINDS.iter().find(|(name, _)| *name == kind) {
            return read(&mut self.section(table, "target"));
        }
        if !kind.is_empty() {
            let line = self.document.root.get("kind").map_or(0, |e| e.line);
            let known: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
            let fault = self.document.fault(line, format!("`{kind}` is no kind"));
            self.faults.push(fault.hint(format!("kinds: {}", known.join(", "))));
        }
        Target::Retained(Retained::default())
    }
}

/// Writes a rule in the form that [`read`] reads and people review.
pub fn print(rule: &Rule) -> String {
    let mut out = String::new();
    let mut line = |text: String| {
        out.push_str(&text);
        out.push('\n');
    };
    line(format!("# {}: {}.", rule.table, rule.target.kind().summary()));
    line(format!("table = {}", quoted(&rule.table)));
    line(format!("kind = {}", quoted(rule.target.kind().name())));
    line(format!("wave = {}", quoted(&rule.wave)));
    line(format!("tasks = {}", array(&rule.tasks)));
    line(format!("source = {}", quoted(&rule.source)));
    if !rule.note.is_empty() {
        line(format!("note = {}", quoted(&rule.note)));
    }
    line("columns = [".into());
    let width = rule.columns.iter().map(|c| c.column.name.len()).max().unwrap_or(0);
    for column in &rule.columns {
        line(format!("  {},", printed_column(column, width)));
    }
    line("]".into());
    line(String::new());
    line("[target]".into());
    for (key, field) in rule.target.kind().fields() {
        match field {
            Field::Text(Some(text)) | Field::Column(Some(text)) => line(format!("{key} = {}", quoted(text))),
            Field::Columns(columns) => line(format!("{key} = {}", array(columns))),
            Field::Text(None) | Field::Column(None) => {}
        }
    }
    line(String::new());
    line("[key]".into());
    line(format!("columns = {}", array(&rule.key.columns)));
    line(format!("basis = {}", quoted(&rule.key.basis)));
    if let Some(unique) = &rule.key.unique {
        line(format!("unique = {}", quoted(unique)));
    }
    if !rule.key.primary.is_empty() {
        line(format!("primary = {}", array(&rule.key.primary)));
    }
    if !rule.key.base.is_empty() {
        line(format!("base = {}", array(&rule.key.base)));
    }
    out
}

/// A rule file's text with another capture under `[target]`; all else stays as it was written, comments included.
pub fn with_capture(text: &str, capture: Capture) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    let mut in_target = false;
    for line in text.lines() {
        let key = line.split('=').next().unwrap_or_default().trim();
        if line.starts_with('[') {
            in_target = key == "[target]";
        }
        if in_target && key == "capture" {
            continue;
        }
        out.push_str(line);
        out.push('\n');
        if line.starts_with('[') && in_target {
            out.push_str(&format!("capture = {}\n", quoted(capture.name())));
        }
    }
    out
}

fn printed_column(column: &Column, width: usize) -> String {
    let c = &column.column;
    let name = quoted(&c.name) + ",";
    let mut text = format!("{{ name = {name:<w$} type = {}, null = {}", quoted(&c.type_name), !c.not_null, w = width + 3);
    if let Some(default) = &c.default {
        let _ = write!(text, ", default = {}", quoted(default));
    }
    if let Some(base) = &column.base {
        let _ = write!(text, ", base = {}", quoted(base));
    }
    if let Some(expression) = &column.expression {
        let _ = write!(text, ", expression = {}", quoted(expression));
    }
    text + " }"
}

fn array(items: &[String]) -> String {
    format!("[{}]", items.iter().map(|i| quoted(i)).collect::<Vec<_>>().join(", "))
}

/// A TOML basic string.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capture_changes_its_lines_and_no_others() {
        let text = "# A remark.\ntable = \"hisx\"\nkind = \"history\"\ncolumns = [{ name = \"id\", type = \"numeric(5,0)\", null = false, base = \"id\", \
                    expression = \"{id} || '\\\"'\" }]\n[target]\nbase = \"x\"\ncapture = \"application\"\n# Another.\n[key]\ncolumns = [\"id\"]\nbase = [\"id\"]\n";
        let changed = with_capture(text, Capture::Trigger);
        assert_eq!(
            changed,
            text.replace(
                "[target]\nbase = \"x\"\ncapture = \"application\"\n",
                "[target]\ncapture = \"trigger\"\nbase = \"x\"\n"
            )
        );
        let rule = |text: &str| parse(&Document::parse("r.toml".as_ref(), text).unwrap()).unwrap();
        let read = rule(&changed);
        assert_eq!(read.columns[0].expression.as_deref(), Some("{id} || '\"'"));
        // A printed rule reads back as the same rule.
        let printed = rule(&print(&read));
        assert_eq!((printed.target, &printed.columns[0].expression), (read.target, &read.columns[0].expression));
        let back = with_capture(&changed, Capture::Application);
        assert_eq!(rule(&back).target, rule(text).target);
    }
}
