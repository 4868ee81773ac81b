//! Reports `tables` and `rules`: a row for every legacy table, with what it has become and its present state.

use std::collections::HashMap;

use crate::migrate::gate::Candidate;
use crate::rewrite::Entry;
use crate::session::{Shared, Standing};
use crate::table::ColumnType::{Bool, Int, Text};
use crate::table::{Cell, Columns, Table};

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

pub(super) const RULES: Columns =
    &[("table", Text), ("kind", Text), ("target", Text), ("leaf", Text), ("columns", Int), ("key_columns", Text)];

/// A row for every legacy table whose rule is in force, by name.
pub(super) fn by_table(shared: &Shared, columns: Columns, row: impl Fn(&Entry) -> Vec<Cell>) -> Table {
    let policy = shared.policy.load();
    let mut entries: Vec<&Entry> = policy.entries().collect();
    entries.sort_by(|a, b| a.relation.table.cmp(&b.relation.table));
    let mut table = Table::new(columns);
    entries.into_iter().for_each(|entry| table.push(row(entry)));
    table
}

pub(super) fn tables(shared: &Shared) -> Table {
    let mut hits: HashMap<String, u64> = HashMap::new();
    for total in shared.traffic.totals() {
        let sum = hits.entry(total.table).or_default();
        *sum = sum.saturating_add(total.count.hits);
    }
    let hits = |table: &str| Cell::from(hits.get(table).copied().unwrap_or(0));
    let standing = shared.standing.load();
    let mut table = by_table(shared, TABLES, |entry| {
        let relation = &entry.relation;
        let mut row: Vec<Cell> = vec![
            relation.table.as_str().into(),
            relation.kind.into(),
            relation.target_name().into(),
            entry.mode.name().into(),
            hits(&relation.table),
        ];
        row.extend(standing.get(&relation.table).map_or_else(|| [const { Cell::Null }; 5], |standing| facts(entry, standing)));
        row
    });
    for name in shared.policy.load().tombstones() {
        let mut row = vec![name.as_str().into(), Cell::Null, Cell::Null, "retired".into(), hits(name)];
        let moved = standing.get(name).map(|standing| &standing.state);
        let finding = "the name is retired: the first statement that names it brings it back";
        row.extend([
            true.into(),
            moved.and_then(|state| state.run).into(),
            moved.and_then(|state| state.moved_at.clone()).into(),
            moved.map(|state| state.legacy.name()).into(),
            finding.into(),
        ]);
        table.push(row);
    }
    for (name, faults) in shared.policy.load().faulty() {
        let finding = format!("forwarded untouched: {faults}");
        let mut row = vec![name.as_str().into(), Cell::Null, Cell::Null, Cell::Null, hits(name)];
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

pub(super) fn rules(shared: &Shared) -> Table {
    by_table(shared, RULES, |entry| {
        let relation = &entry.relation;
        let leaf = (!relation.is_retained()).then(|| relation.rows());
        let key: Vec<&str> = relation.key.iter().filter_map(|&i| Some(relation.columns.get(i)?.name.as_str())).collect();
        let key = (!key.is_empty()).then(|| key.join(", "));
        vec![
            relation.table.as_str().into(),
            relation.kind.into(),
            relation.target_name().into(),
            leaf.into(),
            relation.columns.len().into(),
            key.into(),
        ]
    })
}
