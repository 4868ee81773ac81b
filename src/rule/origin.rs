//! Where a rule was written, so that faults have file and line.

use std::path::PathBuf;

use crate::error::Fault;

/// A rule's file, and the lines of its keys.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Origin {
    /// The file it was read from; empty for a generated rule.
    pub file: PathBuf,
    /// The lines of keys such as `target.base`.
    pub lines: Vec<(String, usize)>,
}

impl Origin {
    /// A fault at the line of a key such as `target.base`.
    pub fn fault(&self, key: &str, message: impl Into<String>) -> Fault {
        let line = self.lines.iter().find(|(k, _)| k == key).map_or(0, |(_, line)| *line);
        self.fault_at(line, message)
    }

    /// A fault in a line, such as that of a column.
    pub fn fault_at(&self, line: usize, message: impl Into<String>) -> Fault {
        Fault::at(&self.file, line, message)
    }
}
