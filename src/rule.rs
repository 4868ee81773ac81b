//! What became of each legacy table: one TOML file per table under `rules/`, reviewed like code.
//!
//! A rule is complete in itself: it carries the legacy columns with their exact types, because after the drop no catalog has
//! them any more. Rule + nothing else compiles into a legacy relation.

pub mod check;
pub mod file;
pub mod generate;
pub mod kind;
pub mod plan;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub use kind::{Capture, History, Link, Lookup, Retained, Target};

use crate::catalog::{Column as CatalogColumn, Key as CatalogKey, Table};
use crate::error::{Fault, Faults};
use crate::sql::fingerprint::fingerprint;

/// What became of one legacy table.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Its name.
    pub table: String,
    /// The batch of the plan that moves it: `W1-A`, `S4-pure`.
    pub wave: String,
    /// The plan's task ids.
    pub tasks: Vec<String>,
    /// Who says so: the plan, or a proposal and on what ground.
    pub source: String,
    /// What the reviewer should know.
    pub note: String,
    /// The legacy columns in order.
    pub columns: Vec<Column>,
    /// What identifies a row.
    pub key: Key,
    /// Where it went.
    pub target: Target,
    /// The file it was read from; empty for a generated one.
    pub file: PathBuf,
    /// The lines of keys such as `target.base`, for faults found later.
    pub lines: Vec<(String, usize)>,
}

/// A legacy column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// As the catalog had it.
    pub column: CatalogColumn,
    /// The base table's column that a history column mirrors.
    pub base: Option<String>,
    /// Under `capture = "trigger"`: an SQL expression that takes the place of the base's column. `{column}` in it stands for the text
    /// of a base column's value.
    pub expression: Option<String>,
    /// The line in the rule file, 0 for a generated one.
    pub line: usize,
}

/// What identifies a legacy row, or at least narrows the search for it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Key {
    /// Legacy columns.
    pub columns: Vec<String>,
    /// How that is known: `constraint`, or `guess: ...`.
    pub basis: String,
    /// The legacy table's own constraint over these columns, whose name errors carry.
    pub unique: Option<String>,
    /// The columns of the legacy table's PRIMARY KEY, from which the other columns of a GROUP BY follow; a history's has its stamp among them.
    /// Empty where it has none, or one that is DEFERRABLE.
    pub primary: Vec<String>,
    /// The columns of a history's base table that hold the same key.
    pub base: Vec<String>,
}

impl Key {
    /// Whether the PRIMARY KEY is over these columns.
    pub fn is_primary(&self) -> bool {
        !self.primary.is_empty()
            && self.primary.len() == self.columns.len()
            && self.primary.iter().all(|c| self.columns.contains(c))
    }
}

impl Rule {
    /// A column's place in the legacy order.
    pub fn position(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|c| c.column.name == column)
    }

    /// The places of those columns that it has; names in a rule were checked when it was read.
    pub fn positions(&self, columns: &[String]) -> Vec<usize> {
        columns.iter().filter_map(|column| self.position(column)).collect()
    }

    /// A fault at the line of a key such as `target.base`.
    pub fn fault(&self, key: &str, message: impl Into<String>) -> Fault {
        let line = self.lines.iter().find(|(k, _)| k == key).map_or(0, |(_, line)| *line);
        Fault::at(&self.file, line, message)
    }

    /// The legacy table as a catalog would describe it, with the one key that the rule knows.
    pub fn legacy_table(&self) -> Table {
        let key =
            |name: &String| CatalogKey { name: name.clone(), primary: self.key.is_primary(), columns: self.key.columns.clone() };
        Table {
            name: self.table.clone(),
            kind: 'r',
            columns: self.columns.iter().map(|c| c.column.clone()).collect(),
            keys: self.key.unique.iter().map(key).collect(),
        }
    }
}

/// A rule that is not in force, because its file has faults.
#[derive(Debug, Clone, PartialEq)]
pub struct Faulty {
    /// The file.
    pub file: PathBuf,
    /// All that is wrong with it.
    pub faults: Faults,
}

/// All rules by legacy table.
#[derive(Debug, Clone, Default)]
pub struct RuleSet {
    /// By legacy table.
    pub rules: BTreeMap<String, Rule>,
    /// Legacy tables whose rules have faults; none of them is among `rules`. Where the file does not even say which table it is about,
    /// its name is taken for the table's.
    pub faulty: BTreeMap<String, Faulty>,
}

impl RuleSet {
    /// A number that is equal for equal rules, whatever their files look like.
    pub fn fingerprint(&self) -> i64 {
        fingerprint(&self.rules.values().map(file::print).collect::<Vec<_>>().concat())
    }

    /// Reads every `*.toml` of a directory. A file with faults stops its own table and no other; only a directory that cannot be read is an
    /// error. Of two rules for one table, domain or link type none is in force: which of them is meant is not for us to say.
    pub fn load(directory: &Path) -> Result<RuleSet, Faults> {
        let mut set = RuleSet::default();
        let entries = std::fs::read_dir(directory)
            // The full path: whoever runs this elsewhere sees where it looked.
            .map_err(|e| {
                Faults(vec![Fault::at(
                    &std::path::absolute(directory).unwrap_or_else(|_| directory.to_owned()),
                    0,
                    format!("the rule directory cannot be read: {e}"),
                )])
            })?;
        let mut files: Vec<PathBuf> = entries.filter_map(|e| e.ok().map(|e| e.path())).collect();
        files.retain(|f| f.extension().is_some_and(|e| e == "toml"));
        files.sort();
        let mut repeated = Vec::new();
        for file in files {
            match file::read(&file) {
                Ok(rule) => {
                    if let Some(other) = set.rules.get(&rule.table) {
                        let message = format!("a second rule for table {}; the first is {}", rule.table, other.file.display());
                        repeated.push((rule.table.clone(), rule.fault("table", message)));
                    } else {
                        set.rules.insert(rule.table.clone(), rule);
                    }
                }
                Err((table, found)) => {
                    let faulty = set.faulty.entry(table).or_insert_with(|| Faulty { file, faults: Faults::default() });
                    faulty.faults.extend(found);
                }
            }
        }
        repeated.into_iter().for_each(|(table, fault)| set.stop(&table, Some(fault)));
        // A sound rule beside a faulty one for the same table.
        let doubted: Vec<String> = set.faulty.keys().filter(|t| set.rules.contains_key(*t)).cloned().collect();
        doubted.iter().for_each(|table| set.stop(table, None));
        for (tables, fault) in check::between(&set) {
            let mut fault = Some(fault);
            tables.iter().for_each(|table| set.stop(table, fault.take()));
        }
        Ok(set)
    }

    /// Takes a rule out of force.
    fn stop(&mut self, table: &str, fault: Option<Fault>) {
        let file = self.rules.remove(table).map(|rule| rule.file);
        let of = |fault: &Fault| fault.place.as_ref().map(|p| p.file.clone());
        let file = file.or_else(|| fault.as_ref().and_then(of)).unwrap_or_default();
        let faulty = self.faulty.entry(table.to_owned()).or_insert_with(|| Faulty { file, faults: Faults::default() });
        faulty.faults.0.extend(fault);
    }

    /// Keeps a rule that is in force, where the file that it was read from has faults now. It stands in the same way towards the others as
    /// it did; where another rule has taken its domain meanwhile, both are faulty, and both are kept.
    pub fn keep(&mut self, rule: &Rule) {
        let is_its = |(table, faulty): (&String, &Faulty)| *table == rule.table || faulty.file == rule.file;
        let named: Vec<String> = self.faulty.iter().filter(|f| is_its(*f)).map(|(table, _)| table.clone()).collect();
        if !named.is_empty() && !self.rules.contains_key(&rule.table) {
            named.iter().for_each(|table| drop(self.faulty.remove(table)));
            self.rules.insert(rule.table.clone(), rule.clone());
        }
    }

    /// The faults of all files, in the order of files and lines.
    pub fn faults(&self) -> Faults {
        let mut all: Vec<Fault> = self.faulty.values().flat_map(|f| f.faults.0.iter().cloned()).collect();
        all.sort();
        Faults(all)
    }
}
