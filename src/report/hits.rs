//! Report `hits`: how often each legacy table was touched since the start. What was counted before the start is in schema `esclusa`.

use crate::session::Shared;
use crate::table::ColumnType::{Float, Int, Text};
use crate::table::{Columns, Table};

pub(super) const HITS: Columns = &[
    ("table", Text),
    ("operation", Text),
    ("outcome", Text),
    ("hits", Int),
    ("rows", Int),
    ("errors", Int),
    ("avg_ms", Float),
    ("max_ms", Float),
];

/// Hits since the start by table, operation and outcome.
pub fn hits(shared: &Shared) -> Table {
    let mut table = Table::new(HITS);
    for total in shared.traffic.totals() {
        let count = &total.count;
        table.push(vec![
            total.table.into(),
            total.operation.into(),
            total.outcome.into(),
            count.hits.into(),
            count.rows.into(),
            total.errors.into(),
            count.average_ms().into(),
            count.max_ms().into(),
        ]);
    }
    table
}
