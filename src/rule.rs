//! What became of each legacy table: one TOML file per table under `rules/`, reviewed like code.
//!
//! A rule is complete in itself: it carries the legacy columns with their exact types, because after the drop no catalog has
//! them any more. Rule + nothing else compiles into a legacy relation.

pub mod check;
pub mod file;
pub mod generate;
pub mod plan;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::catalog::{Column as CatalogColumn, Table};
use crate::error::{Fault, Faults};

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
    /// The columns of a history's base table that hold the same key.
    pub base: Vec<String>,
}

/// How a history's rows come about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Capture {
    /// The application writes its own history; the legacy relation is what it wrote.
    #[default]
    Application,
    /// The application's history logic is retired; rows come from the audit trigger's images.
    Trigger,
}

impl Capture {
    /// As rule files and commands say it.
    pub fn name(self) -> &'static str {
        match self {
            Capture::Application => "application",
            Capture::Trigger => "trigger",
        }
    }
}

impl std::str::FromStr for Capture {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = [Capture::Application, Capture::Trigger].into_iter().find(|c| c.name() == text);
        known.ok_or_else(|| format!("`{text}` is neither application nor trigger"))
    }
}

/// Where a legacy table went.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// A history in `audit_log`.
    History(History),
    /// A look-up in `domain_value`.
    Lookup(Lookup),
    /// A junction in `domain_value_link`.
    Link(Link),
    /// A history that stays a table and is improved.
    Retained(Retained),
}

impl Target {
    /// `history`, `lookup`, `link` or `retained`.
    pub fn kind(&self) -> &'static str {
        match self {
            Target::History(_) => "history",
            Target::Lookup(_) => "lookup",
            Target::Link(_) => "link",
            Target::Retained(_) => "retained",
        }
    }
}

/// A history that becomes rows of `audit_log`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct History {
    /// The table whose changes it records; `None` for an event log.
    pub base: Option<String>,
    /// The column with the time of the change.
    pub time: Option<String>,
    /// The column with the user.
    pub user: Option<String>,
    /// The column with the operation, where the history has one of its own.
    pub operation: Option<String>,
    /// The column with the exploitation's id.
    pub expid: Option<String>,
    /// How rows come about.
    pub capture: Capture,
}

/// A look-up that becomes rows of `domain_value`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Lookup {
    /// `dv_domain`.
    pub domain: String,
    /// The column that becomes `dv_txtid`.
    pub text_id: Option<String>,
    /// The column that becomes `dv_description`.
    pub description: Option<String>,
    /// The column projected to `dv_is_active`.
    pub active: Option<String>,
    /// The column projected to `dv_expid`.
    pub expid: Option<String>,
    /// The column projected to `dv_hstusu`.
    pub user: Option<String>,
    /// The column projected to `dv_hsthora`.
    pub time: Option<String>,
}

/// A junction that becomes rows of `domain_value_link`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Link {
    /// `dvl_link_type`.
    pub link_type: String,
    /// `dvl_source_domain`.
    pub source_domain: String,
    /// The columns of `dvl_source_code`.
    pub source: Vec<String>,
    /// `dvl_target_domain`.
    pub target_domain: String,
    /// The columns of `dvl_target_code`.
    pub target: Vec<String>,
}

/// A history that stays, with `hst_id` and `hst_operation` added.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Retained {
    /// The table whose changes it records.
    pub base: Option<String>,
    /// The column with the time of the change.
    pub time: Option<String>,
}

impl Rule {
    /// A column's place in the legacy order.
    pub fn position(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|c| c.column.name == column)
    }

    /// A fault at the line of a key such as `target.base`.
    pub fn fault(&self, key: &str, message: impl Into<String>) -> Fault {
        let line = self.lines.iter().find(|(k, _)| k == key).map_or(0, |(_, line)| *line);
        Fault::at(&self.file, line, message)
    }

    /// The legacy table as a catalog would describe it.
    pub fn legacy_table(&self) -> Table {
        Table {
            name: self.table.clone(),
            kind: 'r',
            columns: self.columns.iter().map(|c| c.column.clone()).collect(),
            keys: Vec::new(),
        }
    }
}

/// All rules by legacy table.
#[derive(Debug, Clone, Default)]
pub struct RuleSet {
    /// By legacy table.
    pub rules: BTreeMap<String, Rule>,
}

impl RuleSet {
    /// Reads every `*.toml` of a directory. Every fault of every file comes back at once.
    pub fn load(directory: &Path) -> Result<RuleSet, Faults> {
        let mut faults = Faults::default();
        let mut set = RuleSet::default();
        let entries = std::fs::read_dir(directory)
            .map_err(|e| Faults(vec![Fault::at(directory, 0, format!("the rule directory cannot be read: {e}"))]))?;
        let mut files: Vec<PathBuf> = entries.filter_map(|e| e.ok().map(|e| e.path())).collect();
        files.retain(|f| f.extension().is_some_and(|e| e == "toml"));
        files.sort();
        for file in files {
            match file::read(&file) {
                Ok(rule) => {
                    if let Some(other) = set.rules.get(&rule.table) {
                        let message = format!("a second rule for table {}; the first is {}", rule.table, other.file.display());
                        faults.push(rule.fault("table", message));
                    } else {
                        set.rules.insert(rule.table.clone(), rule);
                    }
                }
                Err(found) => faults.extend(found),
            }
        }
        check::between(&set, &mut faults);
        faults.or(set)
    }
}
