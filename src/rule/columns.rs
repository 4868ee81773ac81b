//! What a rule says of its legacy table, whatever its kind: columns, and what identifies a row.

use crate::catalog::Column as CatalogColumn;

/// A legacy column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// As the catalog had it.
    pub column: CatalogColumn,
    /// The base table's column that a history column mirrors.
    pub base: Option<String>,
    /// Under `capture = "trigger"`: an SQL expression in the place of the base's column. `{column}` in it stands for the value of a
    /// base column, as text.
    pub expression: Option<String>,
    /// The line in the rule file, 0 for a generated one.
    pub line: usize,
}

/// What identifies a legacy row, or at least narrows the search for it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Key {
    /// Legacy columns.
    pub columns: Vec<String>,
    /// How this is known: `constraint`, or `guess: ...`.
    pub basis: String,
    /// The name of the legacy table's own constraint on these columns, which errors show.
    pub unique: Option<String>,
    /// The columns of the legacy table's PRIMARY KEY, on which the other columns depend in a GROUP BY; a history's includes its
    /// stamp. Empty where there is no primary key, or it is DEFERRABLE.
    pub primary: Vec<String>,
    /// The columns of a history's base table with the same key.
    pub base: Vec<String>,
}

impl Key {
    /// Whether the PRIMARY KEY is on these columns.
    pub fn is_primary(&self) -> bool {
        !self.primary.is_empty()
            && self.primary.len() == self.columns.len()
            && self.primary.iter().all(|c| self.columns.contains(c))
    }
}
