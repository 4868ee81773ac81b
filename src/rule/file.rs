//! A rule as TOML: read with every fault and its line, written in the form that `rules/` holds.

use std::fmt::Write as _;
use std::path::Path;

use super::{Capture, Column, History, Key, Link, Lookup, Retained, Rule, Target};
use crate::catalog::Column as CatalogColumn;
use crate::config::document::{Document, Entry, Table, Value};
use crate::error::Faults;

/// Reads one rule file. Faults come with the table that the rule is about: the one it names, or else the file's own name.
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
    let mut reader = Reader { document, faults: Faults::default(), lines: Vec::new(), used: Vec::new() };
    let top = &document.root;
    let none = Table::default();
    let section = |name: &str| match top.get(name).map(|e| &e.value) {
        Some(Value::Table(table)) => table,
        _ => &none,
    };
    let (target, key) = (section("target"), section("key"));
    let kind = reader.required(top, "", "kind");
    let rule = Rule {
        table: reader.required(top, "", "table"),
        wave: reader.text(top, "", "wave").unwrap_or_default(),
        tasks: reader.list(top, "", "tasks"),
        source: reader.text(top, "", "source").unwrap_or_default(),
        note: reader.text(top, "", "note").unwrap_or_default(),
        columns: reader.columns(top),
        key: Key {
            columns: reader.list(key, "key", "columns"),
            basis: reader.text(key, "key", "basis").unwrap_or_default(),
            unique: reader.text(key, "key", "unique"),
            primary: reader.flag(key, "key", "primary"),
            base: reader.list(key, "key", "base"),
        },
        target: reader.target(&kind, target),
        file: document.file.clone(),
        lines: Vec::new(),
    };
    for (table, section) in [(top, ""), (target, "target"), (key, "key")] {
        reader.unknown(table, section);
    }
    let rule = Rule { lines: reader.lines, ..rule };
    super::check::within(&rule, &mut reader.faults);
    reader.faults.or(rule)
}

/// Reads keys of a table and remembers which were asked for.
struct Reader<'d> {
    document: &'d Document,
    faults: Faults,
    lines: Vec<(String, usize)>,
    used: Vec<String>,
}

impl Reader<'_> {
    fn entry<'t>(&mut self, table: &'t Table, section: &str, key: &str) -> Option<&'t Entry> {
        let path = path(section, key);
        self.used.push(path.clone());
        let entry = table.get(key)?;
        self.lines.push((path, entry.line));
        Some(entry)
    }

    fn text(&mut self, table: &Table, section: &str, key: &str) -> Option<String> {
        let entry = self.entry(table, section, key)?;
        match &entry.value {
            Value::Text(text) => Some(text.clone()),
            other => {
                let message = format!("{}: expected a string, found {}", path(section, key), other.kind());
                self.faults.push(self.document.fault(entry.line, message));
                None
            }
        }
    }

    fn flag(&mut self, table: &Table, section: &str, key: &str) -> bool {
        match self.entry(table, section, key).map(|e| (e.line, &e.value)) {
            None => false,
            Some((_, Value::Bool(flag))) => *flag,
            Some((line, other)) => {
                let message = format!("{}: expected true or false, found {}", path(section, key), other.kind());
                self.faults.push(self.document.fault(line, message));
                false
            }
        }
    }

    fn required(&mut self, table: &Table, section: &str, key: &str) -> String {
        let missing = table.get(key).is_none();
        if missing {
            self.faults.push(self.document.fault(table.line, format!("{} is missing", path(section, key))));
        }
        self.text(table, section, key).unwrap_or_default()
    }

    fn list(&mut self, table: &Table, section: &str, key: &str) -> Vec<String> {
        let Some(entry) = self.entry(table, section, key) else { return Vec::new() };
        let Value::List(items) = &entry.value else {
            let message = format!("{}: expected an array of strings, found {}", path(section, key), entry.value.kind());
            self.faults.push(self.document.fault(entry.line, message));
            return Vec::new();
        };
        let mut out = Vec::new();
        for (line, item) in items {
            match item {
                Value::Text(text) => out.push(text.clone()),
                other => {
                    let message = format!("{}: expected a string, found {}", path(section, key), other.kind());
                    self.faults.push(self.document.fault(*line, message));
                }
            }
        }
        out
    }

    fn columns(&mut self, top: &Table) -> Vec<Column> {
        let Some(entry) = self.entry(top, "", "columns") else {
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
        let column = CatalogColumn {
            name: self.required(&table, "columns", "name"),
            type_name: self.required(&table, "columns", "type"),
            not_null: !null,
            default: self.text(&table, "columns", "default"),
        };
        let (base, expression) = (self.text(&table, "columns", "base"), self.text(&table, "columns", "expression"));
        Some(Column { column, base, expression, line })
    }

    fn target(&mut self, kind: &str, table: &Table) -> Target {
        let section = "target";
        match kind {
            "lookup" => Target::Lookup(Lookup {
                domain: self.required(table, section, "domain"),
                text_id: self.text(table, section, "text_id"),
                description: self.text(table, section, "description"),
                active: self.text(table, section, "active"),
                expid: self.text(table, section, "expid"),
                user: self.text(table, section, "user"),
                time: self.text(table, section, "time"),
            }),
            "link" => Target::Link(Link {
                link_type: self.required(table, section, "type"),
                source_domain: self.required(table, section, "source_domain"),
                source: self.list(table, section, "source"),
                target_domain: self.required(table, section, "target_domain"),
                target: self.list(table, section, "target"),
            }),
            "retained" => {
                Target::Retained(Retained { base: self.text(table, section, "base"), time: self.text(table, section, "time") })
            }
            "history" => Target::History(History {
                base: self.text(table, section, "base"),
                time: self.text(table, section, "time"),
                user: self.text(table, section, "user"),
                operation: self.text(table, section, "operation"),
                expid: self.text(table, section, "expid"),
                capture: self.capture(table),
            }),
            other => {
                if !other.is_empty() {
                    let line = self.document.root.get("kind").map_or(0, |e| e.line);
                    let fault = self.document.fault(line, format!("`{other}` is no kind"));
                    self.faults.push(fault.hint("kinds: history, lookup, link, retained"));
                }
                Target::Retained(Retained::default())
            }
        }
    }

    fn capture(&mut self, table: &Table) -> Capture {
        let Some(text) = self.text(table, "target", "capture") else { return Capture::Application };
        text.parse().unwrap_or_else(|message| {
            let line = table.get("capture").map_or(0, |e| e.line);
            self.faults.push(self.document.fault(line, format!("target.capture: {message}")));
            Capture::Application
        })
    }

    fn unknown(&mut self, table: &Table, section: &str) {
        for entry in &table.entries {
            let name = path(section, &entry.key);
            let is_section = section.is_empty() && ["target", "key"].contains(&entry.key.as_str());
            if !is_section && !self.used.contains(&name) {
                self.faults.push(self.document.fault(entry.line, format!("unknown key `{name}`")));
            }
        }
    }
}

fn path(section: &str, key: &str) -> String {
    if section.is_empty() { key.to_owned() } else { format!("{section}.{key}") }
}

/// Writes a rule in the form that [`read`] takes and a person reviews.
pub fn print(rule: &Rule) -> String {
    let mut out = String::new();
    let mut line = |text: String| {
        out.push_str(&text);
        out.push('\n');
    };
    line(format!("# {}", summary(rule)));
    line(format!("table = {}", quoted(&rule.table)));
    line(format!("kind = {}", quoted(rule.target.kind())));
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
    for (key, value) in target_fields(&rule.target) {
        line(format!("{key} = {value}"));
    }
    line(String::new());
    line("[key]".into());
    line(format!("columns = {}", array(&rule.key.columns)));
    line(format!("basis = {}", quoted(&rule.key.basis)));
    if let Some(unique) = &rule.key.unique {
        line(format!("unique = {}", quoted(unique)));
    }
    if rule.key.primary {
        line("primary = true".into());
    }
    if !rule.key.base.is_empty() {
        line(format!("base = {}", array(&rule.key.base)));
    }
    out
}

/// A rule file's text with another capture under `[target]`; everything else, remarks included, stays as it was written.
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

fn summary(rule: &Rule) -> String {
    match &rule.target {
        Target::History(h) => match &h.base {
            Some(base) => format!("{}: history of {base}, now rows of audit_log.", rule.table),
            None => format!("{}: event log without a base table, now rows of audit_log.", rule.table),
        },
        Target::Lookup(l) => format!("{}: look-up, now domain {} of domain_value.", rule.table, l.domain),
        Target::Link(l) => format!("{}: junction, now type {} of domain_value_link.", rule.table, l.link_type),
        Target::Retained(_) => format!("{}: history that stays a table, with hst_id and hst_operation added.", rule.table),
    }
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

fn target_fields(target: &Target) -> Vec<(&'static str, String)> {
    let one = |key, value: &Option<String>| value.as_ref().map(|v| (key, quoted(v)));
    match target {
        Target::History(h) => {
            let fields = [one("base", &h.base), one("time", &h.time), one("user", &h.user), one("operation", &h.operation)];
            let tail = [one("expid", &h.expid), Some(("capture", quoted(h.capture.name())))];
            fields.into_iter().chain(tail).flatten().collect()
        }
        Target::Lookup(l) => {
            let fields = [one("text_id", &l.text_id), one("description", &l.description), one("active", &l.active)];
            let tail = [one("expid", &l.expid), one("user", &l.user), one("time", &l.time)];
            std::iter::once(("domain", quoted(&l.domain))).chain(fields.into_iter().chain(tail).flatten()).collect()
        }
        Target::Link(l) => vec![
            ("type", quoted(&l.link_type)),
            ("source_domain", quoted(&l.source_domain)),
            ("source", array(&l.source)),
            ("target_domain", quoted(&l.target_domain)),
            ("target", array(&l.target)),
        ],
        Target::Retained(r) => [one("base", &r.base), one("time", &r.time)].into_iter().flatten().collect(),
    }
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
        // What is printed reads back.
        let printed = rule(&print(&read));
        assert_eq!((printed.target, &printed.columns[0].expression), (read.target, &read.columns[0].expression));
        let back = with_capture(&changed, Capture::Application);
        assert_eq!(rule(&back).target, rule(text).target);
    }
}
