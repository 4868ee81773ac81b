//! What a legacy table becomes: its kind. Each kind has a file here with what its rule's `[target]` holds, and one in `relation`
//! with what that means for its rows. Another kind needs these two files, a variant with its arm in `Target::kind` and a line in
//! `KINDS` of `rule/target.rs`, and an arm in `Relation::compile`.

pub(super) mod history;
pub(super) mod link;
pub(super) mod lookup;
pub(super) mod retained;

use super::columns::{Column, Key};
use super::origin::Origin;
use super::section::Section;
use crate::error::Faults;

/// What differs between kinds.
pub trait Kind {
    /// Reads its `[target]`.
    fn read(section: &mut Section<'_, '_, '_>) -> Self
    where
        Self: Sized;
    /// Its name in rule files and commands: `history`, `lookup`, `link` or `retained`.
    fn name(&self) -> &'static str;
    /// What the table was and is, as a sentence for the head of its rule file.
    fn summary(&self) -> String;
    /// The new table, and the part of it that has these rows.
    fn place(&self) -> String;
    /// The keys of `[target]` in the order in which they are written.
    fn fields(&self) -> Vec<(&'static str, Field<'_>)>;
    /// The table whose changes it records, if any.
    fn base(&self) -> Option<&str> {
        None
    }
    /// What the rule claims for itself and no other rule may claim, in words, and the key that says it.
    fn claim(&self) -> Option<(String, &'static str)> {
        None
    }
    /// Adds faults other than names that are no columns.
    fn check(&self, _columns: &[Column], _key: &Key, _origin: &Origin, _faults: &mut Faults) {}
}

/// A value of a key of `[target]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field<'k> {
    /// Any text.
    Text(Option<&'k str>),
    /// A column of the legacy table.
    Column(Option<&'k str>),
    /// Columns of the legacy table.
    Columns(&'k [String]),
}

impl<'k> Field<'k> {
    /// The columns of the legacy table that the value names.
    pub fn columns(self) -> Vec<&'k str> {
        match self {
            Field::Text(_) => Vec::new(),
            Field::Column(column) => column.into_iter().collect(),
            Field::Columns(columns) => columns.iter().map(String::as_str).collect(),
        }
    }
}
