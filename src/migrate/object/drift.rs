//! What is wrong with a moved table, and how it is repaired.

use crate::table::Cell;

/// The beginning of a state that `schema apply` cannot repair.
pub const LEFT: &str = "not mended: ";

/// What is wrong with an object of a moved table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    pub(super) table: String,
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) finding: String,
    pub(super) expected: String,
    pub(super) found: String,
    pub(super) remedy: Remedy,
}

/// How it is repaired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Remedy {
    /// Statements, in one transaction.
    Together(String),
    /// Statements that block nobody, and cannot run in a transaction.
    Concurrently(Vec<String>),
    /// A view is created again, with the rights that it had, or that its twin has.
    View(String),
    /// It cannot be repaired, and why.
    None(String),
}

impl Drift {
    /// Which object, as `schema check` names it.
    pub(super) fn object(&self) -> String {
        format!("{} {}", self.kind, self.name)
    }

    /// The legacy table.
    pub fn table(&self) -> &str {
        &self.table
    }

    /// A row of `schema apply`, for one that cannot be mended.
    pub fn left(&self) -> Vec<Cell> {
        let why = match &self.remedy {
            Remedy::None(why) => format!(": {why}"),
            _ => String::new(),
        };
        vec![self.object().into(), format!("{LEFT}{}{why}", self.finding).into()]
    }

    /// A row of `schema check`.
    pub fn row(&self) -> Vec<Cell> {
        [self.object().as_str(), &self.finding, &short(&self.expected), &short(&self.found)].map(Cell::from).to_vec()
    }
}

fn short(text: &str) -> String {
    text.chars().take(160).collect()
}
