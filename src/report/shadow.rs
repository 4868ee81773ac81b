//! Reports `shadow` and `differences`: what mode shadow has found since the start. Older findings are in schema `esclusa`.

use crate::session::Shared;
use crate::table::ColumnType::{Float, Int, Text};
use crate::table::{Columns, Table};

pub(super) const SHADOW: Columns = &[
    ("table", Text),
    ("equal", Int),
    ("different", Int),
    ("unsteady", Int),
    ("skipped", Int),
    ("forwarded_avg_ms", Float),
    ("rewritten_avg_ms", Float),
];

pub(super) const DIFFERENCES: Columns = &[("tables", Text), ("statement", Text), ("difference", Text), ("rewritten", Text)];

pub(super) fn shadow(shared: &Shared) -> Table {
    let mut table = Table::new(SHADOW);
    for (name, count) in shared.shadow.totals() {
        let [forwarded, rewritten] = count.averages_ms();
        table.push(vec![
            name.into(),
            count.equal.into(),
            count.different.into(),
            count.unsteady.into(),
            count.skipped.into(),
            forwarded.into(),
            rewritten.into(),
        ]);
    }
    table
}

pub(super) fn differences(shared: &Shared) -> Table {
    let mut table = Table::new(DIFFERENCES);
    for found in shared.shadow.differences() {
        let tables = found.tables.join(", ");
        table.push(vec![tables.into(), found.statement.into(), found.difference.into(), found.rewritten.into()]);
    }
    table
}
