//! What became of each legacy table: one TOML file per table under `rules/`, reviewed like code.
//!
//! A rule is complete: it has the legacy columns with their exact types, because after the drop no catalog has them any more. A
//! legacy relation is compiled from the rule alone.

pub mod check;
mod columns;
mod directory;
pub mod file;
pub mod generate;
mod kind;
mod origin;
pub mod plan;
mod section;
mod storage;
mod target;

use std::collections::BTreeMap;
use std::path::PathBuf;

pub use columns::{Column, Key};
pub use kind::history::{Capture, History};
pub use kind::link::Link;
pub use kind::lookup::Lookup;
pub use kind::retained::{ADDED, Retained};
pub use origin::Origin;
pub use target::Target;

use crate::catalog::{Key as CatalogKey, Table};
use crate::error::{Fault, Faults};

/// What became of one legacy table.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Its name.
    pub table: String,
    /// The wave of the plan that moves it: `W1-A`, `S4-pure`.
    pub wave: String,
    /// The plan's task ids.
    pub tasks: Vec<String>,
    /// Who decided this: the plan, or a proposal and its grounds.
    pub source: String,
    /// A note for the reviewer.
    pub note: String,
    /// The legacy columns in order.
    pub columns: Vec<Column>,
    /// What identifies a row.
    pub key: Key,
    /// What became of it.
    pub target: Target,
    /// The file that it was read from.
    pub origin: Origin,
}

impl Rule {
    /// The index of a column in the legacy order.
    pub fn position(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|c| c.column.name == column)
    }

    /// The indexes of these columns; names in a rule were checked when it was read.
    pub fn positions(&self, columns: &[String]) -> Vec<usize> {
        columns.iter().filter_map(|column| self.position(column)).collect()
    }

    /// A fault at the line of a key such as `target.base`.
    pub fn fault(&self, key: &str, message: impl Into<String>) -> Fault {
        self.origin.fault(key, message)
    }

    /// The legacy table as a catalog would describe it, with only the key that the rule has.
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

/// A rule that is not in force because its file has faults.
#[derive(Debug, Clone, PartialEq)]
pub struct Faulty {
    /// The file.
    pub file: PathBuf,
    /// All its faults.
    pub faults: Faults,
}

/// All rules by legacy table.
#[derive(Debug, Clone, Default)]
pub struct RuleSet {
    /// Rules in force, by legacy table.
    pub rules: BTreeMap<String, Rule>,
    /// Legacy tables whose rules have faults; none of them is in `rules`. If the file does not name its table, the file's name is
    /// used.
    pub faulty: BTreeMap<String, Faulty>,
}

impl RuleSet {
    /// Takes a rule out of force, because of this fault.
    pub(crate) fn stop(&mut self, table: &str, fault: Option<Fault>) {
        let file = self.rules.remove(table).map(|rule| rule.origin.file);
        let of = |fault: &Fault| fault.place.as_ref().map(|p| p.file.clone());
        let file = file.or_else(|| fault.as_ref().and_then(of)).unwrap_or_default();
        let faulty = self.faulty.entry(table.to_owned()).or_insert_with(|| Faulty { file, faults: Faults::default() });
        faulty.faults.0.extend(fault);
    }

    /// Puts back a rule that was in force and whose file now has faults. If another rule claims the same domain by now, both are
    /// faulty, and both are put back.
    pub fn keep(&mut self, rule: &Rule) {
        let is_its = |(table, faulty): (&String, &Faulty)| *table == rule.table || faulty.file == rule.origin.file;
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
