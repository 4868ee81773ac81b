//! What a rule says of its legacy table, whatever became of it: columns, and what identifies a row.

use crate::catalog::Column as CatalogColumn;

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
