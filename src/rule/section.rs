//! Reads the tables of a rule file key by key; keeps which keys were asked for, their lines, and the faults.

use crate::config::document::{Document, Entry, Table, Value};
use crate::error::Faults;

/// Reads the tables of a file, and keeps which keys were asked for.
pub(super) struct Reader<'d> {
    pub(super) document: &'d Document,
    pub(super) faults: Faults,
    pub(super) lines: Vec<(String, usize)>,
    used: Vec<String>,
}

/// One table of a file, such as `[target]`. A bad value is a fault, and is read as if it were missing.
pub struct Section<'r, 't, 'd> {
    reader: &'r mut Reader<'d>,
    table: &'t Table,
    name: &'static str,
}

impl<'t> Section<'_, 't, '_> {
    /// The value of a key, of any type.
    pub(super) fn entry(&mut self, key: &str) -> Option<&'t Entry> {
        let path = path(self.name, key);
        self.reader.used.push(path.clone());
        let entry = self.table.get(key)?;
        self.reader.lines.push((path, entry.line));
        Some(entry)
    }

    fn fault(&mut self, line: usize, key: &str, message: &str) {
        let message = format!("{}: {message}", path(self.name, key));
        self.reader.faults.push(self.reader.document.fault(line, message));
    }

    /// A string, if it is there.
    pub(super) fn text(&mut self, key: &str) -> Option<String> {
        let entry = self.entry(key)?;
        match &entry.value {
            Value::Text(text) => Some(text.clone()),
            other => {
                self.fault(entry.line, key, &format!("expected a string, found {}", other.kind()));
                None
            }
        }
    }

    /// A string that must be one of a list of words.
    pub(super) fn parsed<T: std::str::FromStr<Err = String>>(&mut self, key: &str) -> Option<T> {
        let text = self.text(key)?;
        let line = self.table.get(key).map_or(0, |e| e.line);
        text.parse().map_err(|message: String| self.fault(line, key, &message)).ok()
    }

    /// A string that must be there.
    pub(super) fn required(&mut self, key: &str) -> String {
        if self.table.get(key).is_none() {
            let message = format!("{} is missing", path(self.name, key));
            self.reader.faults.push(self.reader.document.fault(self.table.line, message));
        }
        self.text(key).unwrap_or_default()
    }

    /// An array of strings; empty where the key is missing.
    pub(super) fn list(&mut self, key: &str) -> Vec<String> {
        let Some(entry) = self.entry(key) else { return Vec::new() };
        let Value::List(items) = &entry.value else {
            self.fault(entry.line, key, &format!("expected an array of strings, found {}", entry.value.kind()));
            return Vec::new();
        };
        let mut out = Vec::new();
        for (line, item) in items {
            match item {
                Value::Text(text) => out.push(text.clone()),
                other => self.fault(*line, key, &format!("expected a string, found {}", other.kind())),
            }
        }
        out
    }
}

impl<'d> Reader<'d> {
    pub(super) fn new(document: &'d Document) -> Self {
        Reader { document, faults: Faults::default(), lines: Vec::new(), used: Vec::new() }
    }

    /// Begins to read one of the tables.
    pub(super) fn section<'r, 't>(&'r mut self, table: &'t Table, name: &'static str) -> Section<'r, 't, 'd> {
        Section { reader: self, table, name }
    }

    /// Makes a fault of each key that was not asked for.
    pub(super) fn unknown(&mut self, table: &Table, section: &str) {
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
