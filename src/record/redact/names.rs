//! The names in rules, and the words and values of a statement that are searched for them.

use std::collections::BTreeSet;

use crate::sql::token::Lexeme;

/// Words that a query begins with.
pub(super) const QUERIES: &[&str] = &["SELECT", "WITH", "VALUES", "TABLE"];

/// The names in rules.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Tables, views and functions whose values are all hidden.
    pub(super) tables: BTreeSet<String>,
    /// A column, and the table that the statement must name too. All in lower case: a quoted name in capitals matches too.
    pub(super) columns: Vec<(Option<String>, String)>,
}

impl Names {
    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.tables.is_empty() && self.columns.is_empty()
    }

    /// Whether one of these words is a table of a rule, or a column of a rule for all tables.
    pub(super) fn are_among(&self, words: &[String]) -> bool {
        let named = |word: &String| {
            self.tables.contains(word) || self.columns.iter().any(|(table, column)| table.as_ref().unwrap_or(column) == word)
        };
        words.iter().any(named)
    }
}

/// A name in lower case.
pub(super) fn name(lexeme: &Lexeme) -> Option<String> {
    lexeme.name().map(|name| name.to_lowercase())
}

/// Whether it is a literal or a parameter.
pub(super) fn is_value(lexeme: &Lexeme) -> bool {
    lexeme.parameter().is_some() || lexeme.literal().is_some()
}
