//! SHOW TABLES, HITS, SHADOW, DIFFERENCES, RULES, CONFIG and VERSION: what the proxy holds in memory, as it is. None of them asks a database.

use std::collections::HashMap;

use super::command::ColumnType::{self, Bool, Float, Int, Text};
use crate::migrate::gate::Candidate;
use crate::rewrite::Entry;
use crate::session::{Shared, Standing};
use crate::table::{Cell, Table};

type Columns = &'static [(&'static str, ColumnType)];

pub(super) const TABLES: Columns = &[
    ("table", Text),
    ("kind", Text),
    ("target", Text),
    ("mode", Text),
    ("hits", Int),
    ("moved", Bool),
    ("run", Int),
    ("moved_at", Text),
    ("legacy", Text),
    ("finding", Text),
];

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
    &[("table", Text), ("kind", Text), ("target", Text), ("leaf", Text), ("columns", Int), ("key_columns", Text)];

pub(super) const CONFIG: Columns =
    &[("key", Text), ("value", Text), ("default", Text), ("restart", ColumnType::Bool), ("help", Text)];

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
    let standing = shared.standing.load();
    let mut table = by_table(shared, TABLES, |entry| {
        let relation = &entry.relation;
        let count = hits.get(&relation.table).copied().unwrap_or(0);
        let mut row: Vec<Cell> =
            vec![relation.table.as_str().into(), relation.kind.into(), target(entry), entry.mode.name().into(), count.into()];
        row.extend(standing.get(&relation.table).map_or_else(|| [const { Cell::Null }; 5], |standing| facts(entry, standing)));
        row
    });
    for (name, faults) in shared.policy.load().faulty() {
        let count = hits.get(name).copied().unwrap_or(0);
        let finding = format!("forwarded untouched: {faults}");
        let mut row = vec![name.as_str().into(), Cell::Null, Cell::Null, Cell::Null, count.into()];
        row.extend([Cell::Null, Cell::Null, Cell::Null, Cell::Null, finding.into()]);
        table.push(row);
    }
    table
}

/// Whether a table has been moved, by which run and when, where the legacy table is, and what is wrong.
fn facts(entry: &Entry, standing: &Standing) -> [Cell; 5] {
    let (state, relation) = (&standing.state, &entry.relation);
    let candidate = Candidate { table: &relation.table, is_retained: relation.is_retained(), state };
    let is_moved = if relation.is_retained() { state.improved } else { state.was_moved() };
    [
        is_moved.into(),
        state.run.into(),
        state.moved_at.clone().into(),
        state.legacy.name().into(),
        candidate.finding(standing.wanted).into(),
    ]
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
        table.push(vec![name.into(), value.into(), key.default.into(), Cell::Bool(key.restart), key.help.trim().into()]);
    }
    table
}

pub(super) fn version(_: &Shared) -> Table {
    let mut table = table(VERSION);
    table.push(vec![concat!("esclusa ", env!("CARGO_PKG_VERSION")).into()]);
    table
}
