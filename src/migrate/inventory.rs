//! The inventory of legacy tables (the plan's P2-S1-06, S3-09 and S4-09): which exist, how large they are, how often they change, and what the
//! rules do with them. It points out tables that match the plan's patterns without a rule, and rules without a table.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::catalog::Database;
use crate::error::Result;
use crate::relation::Context;
use crate::rule::plan::Plan;
use crate::rule::{Rule, RuleSet};
use crate::table::ColumnType::{Float, Int, Text};
use crate::table::{Cell, Table};

use super::ARCHIVE;
use super::machine::Legacy;
use super::state::{TableState, states};

/// Names that the plan takes for histories and look-ups.
const PATTERN: &str = "^(his|tipo|tip|estado|est)";

/// What the catalog says of a table. The number of rows is the server's estimate, and unknown before the first ANALYZE (manual, pg_class).
const SQL: &str = "
    SELECT c.relname::text, n.nspname::text, c.relkind::text, CASE WHEN c.reltuples >= 0 THEN c.reltuples::bigint END, pg_total_relation_size(c.oid),
      (SELECT count(*) FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
      (SELECT count(*) FROM pg_index AS i WHERE i.indrelid = c.oid),
      (SELECT string_agg(pg_get_constraintdef(k.oid), '; ' ORDER BY k.contype, k.conname) FROM pg_constraint AS k
       WHERE k.conrelid = c.oid AND k.contype IN ('p', 'u')),
      (SELECT count(*) FROM pg_constraint AS k WHERE k.conrelid = c.oid AND k.contype = 'f'),
      (SELECT count(*) FROM pg_constraint AS k WHERE k.confrelid = c.oid AND k.contype = 'f'),
      coalesce(s.n_tup_ins + s.n_tup_upd + s.n_tup_del, 0),
      pg_get_userbyid(c.relowner)::text
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace LEFT JOIN pg_stat_all_tables AS s ON s.relid = c.oid
    WHERE c.relkind IN ('r', 'p') AND (n.nspname = $1 OR n.nspname = $2) AND (c.relname ~ $3 OR c.relname = ANY ($4::text[]))
    ORDER BY 1";

/// One table of the catalog.
struct CatalogTable {
    schema: String,
    rows: Option<i64>,
    bytes: i64,
    columns: i64,
    indexes: i64,
    keys: Option<String>,
    outgoing: i64,
    incoming: i64,
    changes: i64,
    owner: String,
}

/// Columns of the inventory.
pub const COLUMNS: crate::table::Columns = &[
    ("table", Text),
    ("plan", Text),
    ("kind", Text),
    ("target", Text),
    ("base", Text),
    ("wave", Text),
    ("state", Text),
    ("rows", Int),
    ("bytes", Int),
    ("columns", Int),
    ("indexes", Int),
    ("keys", Text),
    ("foreign_keys_out", Int),
    ("foreign_keys_in", Int),
    ("changes_a_day", Float),
    ("owner", Text),
    ("finding", Text),
    ("justification", Text),
];

/// Takes the inventory. The rate of changes is computed from two samples of the server's counters, taken `apart` from each other.
pub async fn take(db: &Database, context: &Context, rules: &RuleSet, apart: Duration) -> Result<Table> {
    let first = find(db, context, rules).await?;
    tokio::time::sleep(apart).await;
    let second = find(db, context, rules).await?;
    let states = states(db, &context.schema).await?;
    let plan = Plan::shipped();
    let none = TableState::default();
    let mut names: Vec<&String> = second.keys().chain(rules.rules.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let mut table = Table::new(COLUMNS);
    for name in names {
        let (found, rule) = (second.get(name), rules.rules.get(name));
        let state = states.get(name).unwrap_or(&none);
        let rate = found.zip(first.get(name)).map(|(now, then)| per_day(now.changes - then.changes, apart));
        table.push(row(name, found, rule, state, rate, &plan));
    }
    Ok(table)
}

#[expect(clippy::cast_precision_loss, reason = "a rate is no exact number")]
fn per_day(changes: i64, apart: Duration) -> f64 {
    let days = apart.as_secs_f64().max(1.0) / 86_400.0;
    (changes.max(0) as f64 / days).round()
}

async fn find(db: &Database, context: &Context, rules: &RuleSet) -> Result<BTreeMap<String, CatalogTable>> {
    let known: Vec<&str> = rules.rules.keys().map(String::as_str).collect();
    let mut found = BTreeMap::new();
    db.batch("asking for fresh counters", "SELECT pg_stat_clear_snapshot()").await?;
    for row in db.query("taking the inventory", SQL, &[&context.schema, &ARCHIVE, &PATTERN, &known]).await? {
        let one = CatalogTable {
            schema: row.get(1),
            rows: row.get(3),
            bytes: row.get(4),
            columns: row.get(5),
            indexes: row.get(6),
            keys: row.get(7),
            outgoing: row.get(8),
            incoming: row.get(9),
            changes: row.get(10),
            owner: row.get(11),
        };
        // The table under its own name takes precedence over one in the archive.
        let name: String = row.get(0);
        if one.schema == context.schema || !found.contains_key(&name) {
            found.insert(name, one);
        }
    }
    Ok(found)
}

fn row(
    name: &str,
    found: Option<&CatalogTable>,
    rule: Option<&Rule>,
    state: &TableState,
    rate: Option<f64>,
    plan: &Plan,
) -> Vec<Cell> {
    let planned = plan.rows.iter().find(|r| r.get("table") == name);
    let number = |of: fn(&CatalogTable) -> i64| found.map_or(Cell::Null, |f| of(f).into());
    let text = |of: &dyn Fn(&Rule) -> String| rule.map(of).filter(|t| !t.is_empty());
    let finding = match (found, rule, planned) {
        (None, Some(_), _) if state.was_moved() => None,
        (None, Some(_), _) => Some("there is a rule, but no such table"),
        (Some(_), None, None) => Some("neither the plan nor a rule names it"),
        (Some(_), None, Some(_)) => Some("the plan names it, but no rule does"),
        _ => None,
    };
    let stands = match state {
        s if rule.is_some_and(|r| r.target.stays()) && s.improved => "improved",
        _ if rule.is_some_and(|r| r.target.stays()) => "as it was",
        s if s.legacy == Legacy::Gone && s.was_moved() => "moved, legacy table gone",
        s if s.was_moved() => "moved",
        _ => "as it was",
    };
    vec![
        name.into(),
        planned.map(|p| p.get("kind").to_owned()).filter(|t| !t.is_empty()).into(),
        text(&|r| r.target.kind().name().to_owned()).into(),
        text(&|r| r.target.kind().place()).into(),
        rule.and_then(|r| r.target.history()).and_then(|h| h.base.clone()).into(),
        text(&|r| r.wave.clone()).into(),
        stands.into(),
        found.and_then(|f| f.rows).map_or(Cell::Null, Cell::from),
        number(|f| f.bytes),
        number(|f| f.columns),
        number(|f| f.indexes),
        found.and_then(|f| f.keys.clone()).into(),
        number(|f| f.outgoing),
        number(|f| f.incoming),
        rate.map_or(Cell::Null, Cell::from),
        found.map(|f| f.owner.clone()).into(),
        finding.into(),
        text(&|r| [r.source.as_str(), r.note.as_str()].iter().filter(|t| !t.is_empty()).copied().collect::<Vec<_>>().join("; "))
            .into(),
    ]
}
