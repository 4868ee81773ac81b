//! A history in `audit_log`: the legacy row verbatim in `al_old_data`, with key, user and time beside it for the indexes.
//!
//! The stamp of the legacy row lives in the image and only there: `timestamp` -> `timestamptz` loses the hour of a DST gap.
//! `al_changed_at` is an index key. For a backfilled row it follows from the stamp; for a row written through the proxy it is the
//! clock, so that a month that is over never gains rows, or the beginning of time where the stamp is far from the clock.

use super::access::{Access, TimeAccess};
use super::captured;
use super::{Change, Context, Field, Relation, Store, Value, columns, constant, expression, key_text, positions};
use crate::rule::{Capture, History, Rule};
use crate::sql::quote::literal;

use super::value::SqlType;

/// Compiles a history's rule.
pub(super) fn compile(rule: &Rule, history: &History, context: &Context) -> Relation {
    let columns = columns(rule, |_| Store::Image("al_old_data"));
    let key = positions(rule, &rule.key.columns);
    let all = (0..columns.len()).collect();
    let place = |name: &Option<String>| name.as_ref().and_then(|n| rule.position(n));
    let stamp = place(&history.time).filter(|&i| columns[i].sql_type.is_stamp());
    let field = |name, write| Field { name, write, backfill: None, update: Change::Follows };
    let fields = vec![
        field("al_record_key", key_text(rule, &key, SqlType::key_text)),
        field("al_operation", place(&history.operation).map_or_else(|| constant("'U'"), operation)),
        field("al_old_data", Value::Image(all)),
        field("al_user_id", place(&history.user).map_or_else(|| constant("'∅'"), user)),
        Field {
            name: "al_changed_at",
            write: stamp.map_or(Value::Default, |i| written_at(i, &columns[i].sql_type, context)),
            backfill: Some(stamp.map_or_else(
                || constant("'-infinity'::timestamptz"),
                |i| expression(&[i], |m| changed_at(&m[0], &columns[i].sql_type, context)),
            )),
            update: Change::Moves,
        },
        field("al_expid", place(&history.expid).map_or(Value::Default, |i| expression(&[i], |m| m[0].clone()))),
        Field { name: "al_source", write: constant("'W'"), backfill: Some(constant("'L'")), update: Change::Always },
    ];
    let base = history.base.clone().unwrap_or_else(|| rule.table.clone());
    let captured = (history.capture == Capture::Trigger).then(|| captured::compile(rule, history, context));
    // The trigger's rows have the key of the row before an UPDATE, and the clock, which says nothing of a stamp that the application
    // sets: neither leads to what such a row reads as.
    let indexed = captured.is_none();
    Relation {
        table: rule.table.clone(),
        schema: context.schema.clone(),
        kind: "history",
        columns,
        target: "audit_log",
        discriminator: vec![("al_table_name", base), ("al_legacy_table", rule.table.clone())],
        fields,
        accesses: if indexed {
            vec![Access { column: "al_record_key", legacy: key.clone(), text: SqlType::key_text }]
        } else {
            Vec::new()
        },
        key,
        primary: super::is_primary(rule),
        key_field: Some("al_record_key"),
        unique: None,
        order: Some("al_id"),
        time: stamp.filter(|_| indexed).map(|legacy| TimeAccess {
            column: "al_changed_at",
            legacy,
            time_zone: context.time_zone.clone(),
            horizon: context.horizon,
        }),
        captured,
    }
}

/// The legacy's own operation flag, in the words that Spanish and English schemas use: alta, baja, eliminación, modificación.
fn operation(column: usize) -> Value {
    expression(&[column], |m| {
        let first = format!("upper(left(btrim(({})::text), 1))", m[0]);
        format!("CASE WHEN {first} IN ('I', 'A') THEN 'I' WHEN {first} IN ('D', 'B', 'E') THEN 'D' ELSE 'U' END")
    })
}

/// `al_user_id` is NOT NULL; the legacy user may be NULL or empty, and stays so in the image.
fn user(column: usize) -> Value {
    expression(&[column], |m| format!("coalesce(nullif(left(({})::text, 63), ''), '∅')", m[0]))
}

/// Monotone in the stamp, except in a DST gap, where it is off by at most an hour. NULL comes before everything, and what lies
/// behind the last partition is put at its end, so that the DEFAULT partition stays empty. A stamp is cut before it is converted:
/// the last hours of year 294276, and dates of year 5874897, are no `timestamptz` any more.
fn changed_at(stamp: &str, sql_type: &SqlType, context: &Context) -> String {
    let zone = literal(&context.time_zone);
    let last = format!("(timestamp '{}-01' - interval '1 microsecond')", context.horizon);
    let stamp = format!("coalesce({stamp}, '-infinity')");
    if sql_type.has_zone() {
        return format!("least({stamp}, {last} AT TIME ZONE {zone})");
    }
    let stamp = if sql_type.name == "date" { format!("least({stamp}, '{}-01')::timestamp", context.horizon) } else { stamp };
    format!("(least({stamp}, {last}) AT TIME ZONE {zone})")
}

/// The clock, where the stamp says the same to within a day; else the beginning of time. So a month that is over never gains rows,
/// and a range of stamps still is a range of this column and its one beginning.
fn written_at(stamp: usize, sql_type: &SqlType, context: &Context) -> Value {
    expression(&[stamp], |m| {
        format!(
            "CASE WHEN {} BETWEEN clock_timestamp() - interval '1 day' AND clock_timestamp() + interval '1 day' \
             THEN clock_timestamp() ELSE '-infinity'::timestamptz END",
            changed_at(&m[0], sql_type, context)
        )
    })
}
