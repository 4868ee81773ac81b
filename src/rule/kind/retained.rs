//! A history that stays a table.

use super::super::section::Section;
use super::{Field, Kind};

/// The columns that the improvement adds.
pub const ADDED: [&str; 2] = ["hst_id", "hst_operation"];

/// A history that stays, with `hst_id` and `hst_operation` added.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Retained {
    /// The table whose changes it records.
    pub base: Option<String>,
    /// The column with the time of the change.
    pub time: Option<String>,
}

impl Kind for Retained {
    fn read(section: &mut Section<'_, '_, '_>) -> Retained {
        Retained { base: section.text("base"), time: section.text("time") }
    }

    fn name(&self) -> &'static str {
        "retained"
    }

    fn summary(&self) -> String {
        "history that stays a table, with hst_id and hst_operation added".to_owned()
    }

    fn place(&self) -> String {
        "stays".to_owned()
    }

    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        vec![("base", Field::Text(self.base.as_deref())), ("time", Field::Column(self.time.as_deref()))]
    }

    fn base(&self) -> Option<&str> {
        self.base.as_deref()
    }
}
