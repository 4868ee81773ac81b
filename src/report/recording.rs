//! Report `recording`: what this process records of conversations, or recorded last (`esclusa record`).

use crate::session::Shared;
use crate::table::ColumnType::{Int, Text};
use crate::table::{Columns, Table};

pub(super) const RECORDING: Columns =
    &[("state", Text), ("sessions", Int), ("cut", Int), ("bytes", Int), ("file", Text), ("why", Text)];

pub(super) fn recording(shared: &Shared) -> Table {
    let mut table = Table::new(RECORDING);
    if let Some(shown) = shared.record.shown() {
        let state = if shown.ended.is_some() { "has ended" } else { "records" };
        table.push(vec![
            state.into(),
            shown.sessions.into(),
            shown.cut.into(),
            shown.bytes.into(),
            shown.file.display().to_string().into(),
            shown.ended.into(),
        ]);
    }
    table
}
