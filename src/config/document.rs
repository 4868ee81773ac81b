//! A TOML file with the line of everything in it, so that each fault can say where. Settings and rule files are read with it.

use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::{Fault, Faults};

/// A parsed file.
#[derive(Debug)]
pub struct Document {
    /// The file's path as it was given.
    pub file: PathBuf,
    /// The top of the file.
    pub root: Table,
}

/// Keys and values in the order of the file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// The line it begins in, from 1.
    pub line: usize,
    /// Its entries.
    pub entries: Vec<Entry>,
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Without quotes.
    pub key: String,
    /// The key's line.
    pub line: usize,
    /// What it holds.
    pub value: Value,
}

/// What a key can hold.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A string.
    Text(String),
    /// An integer.
    Integer(i64),
    /// A number with a fraction.
    Float(f64),
    /// true or false.
    Bool(bool),
    /// An array; every element with its line.
    List(Vec<(usize, Value)>),
    /// A table.
    Table(Table),
    /// What no key accepts, in words: a date or time, or a number that is too large.
    Other(&'static str),
}

impl Value {
    /// For "expected ..., found ...".
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Text(_) => "a string",
            Value::Integer(_) => "an integer",
            Value::Float(_) => "a float",
            Value::Bool(_) => "a boolean",
            Value::List(_) => "an array",
            Value::Table(_) => "a table",
            Value::Other(what) => what,
        }
    }
}

impl Table {
    /// The entry of a key.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|e| e.key == key)
    }
}

impl Document {
    /// Reads and parses a file; syntax faults come back all at once.
    pub fn read(file: &Path) -> Result<Self, Faults> {
        let text = std::fs::read_to_string(file).map_err(|e| Faults(vec![Fault::at(file, 0, format!("cannot be read: {e}"))]))?;
        Document::parse(file, &text)
    }

    /// Parses a text as if it stood in `file`.
    pub fn parse(file: &Path, text: &str) -> Result<Self, Faults> {
        let lines = Lines(std::iter::once(0).chain(text.match_indices('\n').map(|(i, _)| i + 1)).collect());
        let (root, errors) = DeTable::parse_recoverable(text);
        let mut faults = Faults::default();
        for error in errors {
            let line = error.span().map_or(0, |s| lines.of(s.start));
            faults.push(Fault::at(file, line, error.message().trim().replace('\n', ", ")));
        }
        faults.or(Document { file: file.to_owned(), root: lines.table(root.get_ref(), 1) })
    }

    /// A fault in a line of this file.
    pub fn fault(&self, line: usize, message: impl Into<String>) -> Fault {
        Fault::at(&self.file, line, message)
    }

    /// `key` of `[section]`.
    pub fn entry(&self, section: &str, key: &str) -> Option<&Entry> {
        match &self.root.get(section)?.value {
            Value::Table(table) => table.get(key),
            _ => None,
        }
    }
}

/// Where each line begins.
struct Lines(Vec<usize>);

impl Lines {
    fn of(&self, offset: usize) -> usize {
        self.0.partition_point(|&start| start <= offset)
    }

    fn table(&self, table: &DeTable<'_>, line: usize) -> Table {
        let entry = |(key, value): (&Spanned<_>, &Spanned<DeValue<'_>>)| Entry {
            key: std::borrow::Cow::to_string(key.get_ref()),
            line: self.of(key.span().start),
            value: self.value(value),
        };
        let mut entries: Vec<Entry> = table.iter().map(entry).collect();
        entries.sort_by_key(|e| e.line);
        Table { line, entries }
    }

    fn value(&self, value: &Spanned<DeValue<'_>>) -> Value {
        let line = self.of(value.span().start);
        match value.get_ref() {
            DeValue::String(s) => Value::Text(s.to_string()),
            DeValue::Integer(i) => {
                i64::from_str_radix(i.as_str(), i.radix()).map_or(Value::Other("a number that is too large"), Value::Integer)
            }
            DeValue::Float(f) => f.as_str().parse().map_or(Value::Other("a number that is too large"), Value::Float),
            DeValue::Boolean(b) => Value::Bool(*b),
            DeValue::Datetime(_) => Value::Other("a date or time"),
            DeValue::Array(items) => Value::List(items.iter().map(|v| (self.of(v.span().start), self.value(v))).collect()),
            DeValue::Table(table) => Value::Table(self.table(table, line)),
        }
    }
}
