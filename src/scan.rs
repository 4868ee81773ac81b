//! Legacy names where they are written down: source trees, SQL files, logs of PostgreSQL, dumps of pg_stat_statements. The proxies see what was
//! used; what is written down may still be used in future.
//!
//! Each kind of file is cut into pieces of text, with the lines that they stand on (`code`, `markup`, `plain`, `log`); a piece that may name a
//! legacy table is read as the proxy reads statements or, where it is only a part of a statement, judged by the word before the name (`uses`). The
//! work is linear in the bytes, and no more than a bounded part of any file is in memory, however large, broken or hostile it is (`lines`). Links are not
//! followed. A statement that a program builds from names that it reads elsewhere is not found.

mod code;
mod lines;
mod log;
mod markup;
mod piece;
mod plain;
mod record;
mod uses;
mod walk;

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::{Path, PathBuf};

use crate::error::Result;
use crate::rewrite::Policy;
use crate::sql::Lexed;
use crate::sql::fingerprint::normalise;
use crate::table::ColumnType::{Int, Text};
use crate::table::{Columns, Table};
use lines::Lines;
use piece::Piece;
use uses::Use;

/// Columns of what was found.
pub const COLUMNS: Columns =
    &[("file", Text), ("line", Int), ("table", Text), ("operation", Text), ("source", Text), ("times", Int), ("statement", Text)];

/// A file with a NUL among its first bytes is binary; so many bytes are looked at.
const LOOKED_AT: usize = 8192;
/// A longer source file is read line by line.
const SOURCE_BYTES: u64 = 8 << 20;
/// The most distinct statements of a log that are counted separately.
const STATEMENTS: usize = 50_000;
/// Bytes of a statement that are shown.
const SHOWN_BYTES: usize = 1000;

/// How a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FileKind {
    Code,
    Page,
    Markup,
    Properties,
    Sql,
    Log,
    Records,
    JsonLog,
    Text,
}

/// What was found, and what could not be read.
#[derive(Debug, Default)]
pub struct Scanned {
    /// By file and line.
    pub found: Vec<Found>,
    /// Files that were read.
    pub files: usize,
    /// Files that are not text.
    pub binary: usize,
    /// Files and directories that could not be read, with why.
    pub unread: Vec<String>,
}

/// A legacy name at a place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// The file.
    pub file: String,
    /// The line of the name; for a repeated statement of a log or a script, the line of the first.
    pub line: u64,
    /// The legacy table.
    pub table: String,
    /// What the statement does with it; or `name` where only the name is written, `mapping` where a class is mapped to it, `mention` otherwise.
    pub operation: String,
    /// The kind of file: `java`, `xml`, `log` and so on.
    pub source: &'static str,
    /// How often.
    pub times: u64,
    /// The statement without its literals.
    pub statement: String,
}

/// Looks at all files below these paths.
pub fn scan(policy: &Policy, paths: &[PathBuf]) -> Result<Scanned> {
    let mut scanned = Scanned::default();
    let files = walk::files(paths, &mut scanned.unread)?;
    for path in files {
        let mut file = OfFile { policy, known: HashMap::new(), found: HashMap::new(), left: None };
        match file.read(&path) {
            Ok(true) => scanned.files += 1,
            Ok(false) => scanned.binary += 1,
            Err(error) => scanned.unread.push(format!("{}: {error}", path.display())),
        }
        let name = path.display().to_string();
        scanned.unread.extend(file.left.map(|left| format!("{name}: {left}")));
        let found = |((table, operation, source, _, statement), (line, times)): (Key, (u64, u64))| {
            let (file, operation) = (name.clone(), operation.to_owned());
            Found { file, line, table, operation, source, times, statement }
        };
        let mut of_file: Vec<Found> = file.found.into_iter().map(found).collect();
        of_file.sort();
        scanned.found.extend(of_file);
    }
    Ok(scanned)
}

/// The legacy tables that a statement works on, each with what it does there. A statement that was cut off at its end is judged by its words.
pub fn statement(policy: &Policy, text: &str, is_whole: bool) -> Vec<(String, &'static str)> {
    let uses = if is_whole { uses::of_statement(policy, text, false) } else { uses::of(policy, text, false) };
    uses.into_iter().filter(|found| found.operation != "mention").map(|found| (found.table, found.operation)).collect()
}

/// The same, only for tables that a whole statement names with their schema.
pub fn qualified(policy: &Policy, text: &str) -> Vec<(String, &'static str)> {
    let uses = uses::of_statement(policy, text, true);
    uses.into_iter().filter(|found| found.operation != "mention").map(|found| (found.table, found.operation)).collect()
}

/// The findings as a table; only those of one legacy table, if one is given.
pub fn table(scanned: &Scanned, one: Option<&str>) -> Table {
    let mut table = Table::new(COLUMNS);
    for found in scanned.found.iter().filter(|found| one.is_none_or(|one| one == found.table)) {
        table.push(vec![
            found.file.as_str().into(),
            found.line.into(),
            found.table.as_str().into(),
            found.operation.as_str().into(),
            found.source.into(),
            found.times.into(),
            found.statement.as_str().into(),
        ]);
    }
    table
}

/// Table, operation, source, line (0 where lines are added up), statement.
type Key = (String, &'static str, &'static str, u64, String);

/// The work on one file.
struct OfFile<'p> {
    policy: &'p Policy,
    /// What statements of a log do, by their text without literals; cached because logs repeat themselves.
    known: HashMap<String, Vec<Use>>,
    /// The first line, and how often.
    found: HashMap<Key, (u64, u64)>,
    /// Which part of it was not read.
    left: Option<String>,
}

impl OfFile<'_> {
    /// Reads a file; false if it is not text.
    fn read(&mut self, path: &Path) -> std::io::Result<bool> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        let mut head = Vec::new();
        (&mut file).take(LOOKED_AT as u64).read_to_end(&mut head)?;
        let is_wide = head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]);
        if head.contains(&0) && !is_wide {
            return Ok(false);
        }
        let kind = kind(path, &head);
        let is_streamed =
            matches!(kind, FileKind::Log | FileKind::Records | FileKind::JsonLog | FileKind::Text) || length > SOURCE_BYTES;
        if is_streamed && !is_wide {
            let mut lines = Lines::new(BufReader::with_capacity(1 << 16, head.as_slice().chain(file)));
            match kind {
                FileKind::Log => log::stderr(&mut lines, &mut |piece, times| self.repeated(&piece, times))?,
                FileKind::Records => record::read(&mut lines, &mut |piece, times| self.repeated(&piece, times))?,
                FileKind::JsonLog => log::json(&mut lines, &mut |piece, times| self.repeated(&piece, times))?,
                _ => plain::lines(&mut lines, &mut |piece| self.once(&piece))?,
            }
            self.left = lines.cut.map(|n| format!("line {n} is longer than {} bytes; its rest was not read", lines::LINE_BYTES));
            return Ok(true);
        }
        let mut bytes = head;
        file.take(SOURCE_BYTES).read_to_end(&mut bytes)?;
        if length > bytes.len() as u64 {
            self.left = Some(format!("only the first {} of {length} bytes were read", bytes.len()));
        }
        let text = piece::decoded(bytes);
        if !self.policy.may_name(text.as_bytes()) && kind != FileKind::Code && kind != FileKind::Page {
            return Ok(true);
        }
        if kind == FileKind::Sql {
            // A dump as INSERTs repeats itself like a log.
            plain::statements(&text, &mut |piece| self.repeated(&piece, 1));
            return Ok(true);
        }
        let mut each = |piece: Piece| self.once(&piece);
        match kind {
            FileKind::Code => code::pieces(&text, 1, "java", &mut each),
            FileKind::Page => markup::page(&text, &mut each),
            FileKind::Markup => markup::pieces(&text, "xml", &mut each),
            FileKind::Properties => plain::properties(&text, &mut each),
            _ => plain::text(&text, &mut each),
        }
        Ok(true)
    }

    /// A piece of a source: each of its places is reported.
    fn once(&mut self, piece: &Piece) {
        let uses = uses::of(self.policy, &piece.text, piece.mapping);
        if uses.is_empty() {
            return;
        }
        let statement = shown(&piece.text);
        for found in uses {
            let line = piece.line(found.at);
            let key = (found.table, found.operation, piece.source, line, statement.clone());
            self.found.entry(key).or_insert((line, 0)).1 += 1;
        }
    }

    /// A statement of a log or a script: repetitions are counted.
    fn repeated(&mut self, piece: &Piece, times: u64) {
        if !self.policy.may_name(piece.text.as_bytes()) {
            return;
        }
        let statement = shown(&piece.text);
        if !self.known.contains_key(&statement) && self.known.len() < STATEMENTS {
            self.known.insert(statement.clone(), uses::of(self.policy, &piece.text, false));
        }
        let (uses, statement) = match self.known.get(&statement) {
            Some(uses) => (uses.clone(), statement),
            None => (uses::of(self.policy, &piece.text, false), "(others)".to_owned()),
        };
        for found in uses {
            let key = (found.table, found.operation, piece.source, 0, statement.clone());
            // The place of the first is kept.
            self.found.entry(key).or_insert((piece.line(found.at), 0)).1 += times;
        }
    }
}

/// The statement without its literals. If a literal is not closed, so that literals cannot be told apart from the rest, the text ends before the first.
fn shown(text: &str) -> String {
    let end = if Lexed::new(text).is_ok() { text.len() } else { text.find(['\'', '"', '$']).unwrap_or(text.len()) };
    normalise(&text[..end], SHOWN_BYTES)
}

/// The kind of a file by its name or, where the name does not tell, by its first bytes.
fn kind(path: &Path, head: &[u8]) -> FileKind {
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    match extension.as_str() {
        "java" | "kt" | "groovy" | "scala" => FileKind::Code,
        "jsp" | "jspx" | "jspf" | "tag" => FileKind::Page,
        "xml" | "xhtml" | "jrxml" | "html" | "htm" | "wsdl" | "xsl" => FileKind::Markup,
        "properties" => FileKind::Properties,
        "sql" | "psql" | "pgsql" | "ddl" | "dml" | "prc" | "fnc" | "trg" => FileKind::Sql,
        _ if record::is_known(head) => FileKind::Records,
        _ if log::is_json(head) => FileKind::JsonLog,
        _ if log::is_stderr(head) => FileKind::Log,
        _ => FileKind::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn no_value_is_shown() {
        assert_eq!(shown("SELECT a FROM t WHERE b = 'x' AND c = 7"), "select a from t where b = ? and c = ?");
        assert_eq!(shown("SELECT a FROM t WHERE b = 'secret"), "select a from t where b =");
    }
}
