//! Report `modes`, and the table that every switch of modes answers with, on the console and on the command line.

use super::legacy_tables::by_table;
use crate::control::ModeChange;
use crate::mode::Mode;
use crate::session::Shared;
use crate::table::ColumnType::Text;
use crate::table::{Columns, Table};

pub(super) const MODES: Columns = &[("table", Text), ("mode", Text)];

/// The answer of a switch: the mode before, since when, the mode now, and a note: which tables answer now, or why the mode was not changed.
pub const CHANGES: Columns = &[("table", Text), ("before", Text), ("since", Text), ("now", Text), ("note", Text)];

pub(super) fn modes(shared: &Shared) -> Table {
    by_table(shared, MODES, |entry| vec![entry.relation.table.as_str().into(), entry.mode.name().into()])
}

/// The answer of a switch as a table. `unstored` gives the mode of a table for which none was stored, as far as the caller knows it.
pub fn changes(changes: Vec<ModeChange>, unstored: impl Fn(&str) -> Option<Mode>) -> Table {
    let mut table = Table::new(CHANGES);
    for change in changes {
        let (before, since) = match change.before {
            Some((mode, since)) => (Some(mode), Some(since)),
            None => (unstored(&change.table), None),
        };
        let now = change.after.or(before).map(Mode::name);
        table.push(vec![change.table.into(), before.map(Mode::name).into(), since.into(), now.into(), change.note.into()]);
    }
    table
}
