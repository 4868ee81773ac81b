//! SHOW TABLES, HITS, SHADOW, DIFFERENCES, RULES, CONFIG and VERSION: what the proxy holds in memory, as it is. None of them asks a database.

use std::collections::HashMap;

use super::command::ColumnType::{self, Float, Int, Text};
use crate::rewrite::Entry;
use crate::session::Shared;
use crate::table::{Cell, Table};

type Columns = &'static [(&'static str, ColumnType)];

pub(super) const TABLES: Columns = &[("table", Text), ("kind", Text), ("target", Text), ("mode", Text), ("hits", Int)];

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

pub(super) const RULES: Columns =
    &[("table", Text), ("kind", Text), ("target", Text), ("discriminator", Text), ("columns", Int), ("key_columns", Text)];

pub(super) const CONFIG: Columns = &[("key", Text), ("value", Text), ("default", Text), ("help", Text)];

pub(super) const VERSION: Columns = &[("version", Text)];

/// An empty table with declared columns.
pub(super) fn table(columns: Columns) -> Table {
    Table::new(&columns.iter().map(|(name, _)| *name).collect::<Vec<_>>())
}

/// A row for every legacy table, by name.
pub(super) fn by_table(shared: &Shared, columns: Columns, row: impl Fn(&Entry) -> Vec<Cell>) -> Table {
    let policy = shared.policy.load();
    let mut entries: Vec<&Entry> = policy.entries().collect();
    entries.sort_by(|a, b| a.relation.table.cmp(&b.relation.table));
    let mut table = table(columns);
    entries.into_iter().for_each(|entry| table.push(row(entry)));
    table
}

/// Where a legacy table's rows lie: itself, for one that stays.
fn target(entry: &Entry) -> Cell {
    let relation = &entry.relation;
    relation.target_name().into()
}

pub(super) fn shadow(shared: &Shared) -> Table {
    shared.shadow.report()
}

pub(super) fn differences(shared: &Shared) -> Table {
    shared.shadow.differences()
}

pub(super) fn tables(shared: &Shared) -> Table {
    let mut hits: HashMap<String, i64> = HashMap::new();
    for row in shared.traffic.report().rows {
        if let (Some(name), Some(Cell::Int(count))) = (row.first(), row.get(3)) {
            let total = hits.entry(name.text()).or_default();
            *total = total.saturating_add(*count);
        }
    }
    by_table(shared, TABLES, |entry| {
        let relation = &entry.relation;
        let count = hits.get(&relation.table).copied().unwrap_or(0);
        vec![relation.table.as_str().into(), relation.kind.into(), target(entry), entry.mode.name().into(), count.into()]
    })
}

pub(super) fn hits(shared: &Shared) -> Table {
    shared.traffic.report()
}

pub(super) fn rules(shared: &Shared) -> Table {
    by_table(shared, RULES, |entry| {
        let relation = &entry.relation;
        let leaf = (!relation.is_retained()).then(|| relation.rows());
        let key: Vec<&str> = relation.key.iter().filter_map(|&i| Some(relation.columns.get(i)?.name.as_str())).collect();
        let key = (!key.is_empty()).then(|| key.join(", "));
        vec![
            relation.table.as_str().into(),
            relation.kind.into(),
            target(entry),
            leaf.into(),
            relation.columns.len().into(),
            key.into(),
        ]
    })
}

pub(super) fn config(shared: &Shared) -> Table {
    let mut table = table(CONFIG);
    for (key, value) in shared.settings.load().shown() {
        let name = format!("{}.{}", key.section, key.name);
        table.push(vec![name.into(), value.into(), key.default.into(), key.help.trim().into()]);
    }
    table
}

pub(super) fn version(_: &Shared) -> Table {
    let mut table = table(VERSION);
    table.push(vec![concat!("esclusa ", env!("CARGO_PKG_VERSION")).into()]);
    table
}
