//! A history in `audit_log`: the legacy row unchanged in `al_old_data`; and key, user and time in columns of their own, for
//! indexes.
//!
//! The stamp of the legacy row is stored unchanged and typed in `al_legacy_at`, so that it can be indexed and is read without JSON.
//! A date in the key is stored in `al_legacy_on` in the same way. `al_changed_at` is the point in time that follows from the stamp,
//! for auditors; `timestamp` -> `timestamptz` loses the hour of a DST gap, so it is never converted back.

use super::value::{NULL_KEY, SqlType};
use super::{Column, Context, Field, Home, Relation, Store, Value, projection, target};
use crate::rule::{Capture, History, Rule};
use crate::sql;
use crate::sql::quote::literal;
use crate::sql::template::Sql;

/// The image of the legacy row.
const IMAGE: &str = "al_old_data";

/// Compiles a history's rule.
pub(super) fn compile(rule: &Rule, history: &History, context: &Context) -> Relation {
    let place = |name: &Option<String>| name.as_ref().and_then(|n| rule.position(n));
    let type_of = |i: usize| SqlType::new(&rule.columns[i].column.type_name);
    let stamp = place(&history.time).filter(|&i| type_of(i).is_stamp());
    let key = rule.positions(&rule.key.columns);
    let typed = typed(stamp.into_iter().chain(key.iter().copied()), type_of);
    let columns = Column::all(rule, |i| match typed.iter().find(|(column, _)| *column == i) {
        Some((_, name)) if ["date", "timestamp without time zone"].contains(&type_of(i).name.as_str()) => Store::Typed(name),
        Some((_, name)) => Store::Column(name),
        None => Store::Image(IMAGE),
    });
    let field = |name, write| Field { name, write, backfill: None, always: false };
    let base = history.base.clone().unwrap_or_else(|| rule.table.clone());
    let mut fields = vec![
        field("al_table_name", Value::constant(&literal(&base))),
        field("al_record_key", Value::key_text(rule, &key, SqlType::key_text)),
        field("al_operation", place(&history.operation).map_or_else(|| Value::constant("'U'"), operation)),
        field(IMAGE, Value::Image((0..columns.len()).collect())),
        field("al_user_id", place(&history.user).map_or_else(|| Value::constant(NULL_KEY), user)),
        field(
            "al_changed_at",
            stamp.map_or_else(
                || Value::constant("pg_catalog.clock_timestamp()"),
                |i| Value::Expression(changed_at(&Sql::column(i), &type_of(i), context)),
            ),
        ),
        field("al_expid", place(&history.expid).map_or(Value::Default, |i| Value::Expression(Sql::column(i)))),
        Field { name: "al_source", write: Value::constant("'W'"), backfill: Some(Value::constant("'L'")), always: true },
        // The user who moves the rows is not the one who wrote them.
        Field { name: "al_session_user", write: Value::Default, backfill: Some(Value::constant("NULL")), always: false },
    ];
    fields.extend(typed.iter().map(|&(i, name)| field(name, Value::Expression(Sql::column(i)))));
    if stamp.is_none() {
        // The proof computes the field again, which is impossible with the time of the move: rows without a stamp get the earliest
        // time.
        fields.iter_mut().filter(|f| f.name == "al_changed_at").for_each(|f| {
            f.backfill = Some(Value::constant("'-infinity'::timestamptz"));
            f.write = Value::Default;
        });
    }
    Relation {
        table: rule.table.clone(),
        schema: context.schema.clone(),
        kind: "history",
        projection: (history.capture == Capture::Trigger).then(|| projection::compile(rule, history, context)),
        columns,
        home: Some(Home { target: &target::AUDIT_LOG, value: rule.table.clone() }),
        fields,
        key,
        primary: rule.positions(&rule.key.primary),
        unique: None,
    }
}

/// The columns that are also stored typed, because a date or time inside the image cannot be indexed: the stamp; and in what is
/// left of the two typed columns, the first column of the key with such a type. A `timestamptz` depends on settings of the session,
/// and is not among them.
fn typed(columns: impl Iterator<Item = usize>, type_of: impl Fn(usize) -> SqlType) -> Vec<(usize, &'static str)> {
    let mut taken: Vec<(usize, &'static str)> = Vec::new();
    for i in columns {
        let t = type_of(i);
        let name = match t.name == "date" {
            true => "al_legacy_on",
            false if t.is_stamp() && !t.has_zone() => "al_legacy_at",
            false => continue,
        };
        if taken.iter().all(|(column, other)| *column != i && *other != name) {
            taken.push((i, name));
        }
    }
    taken
}

/// The legacy operation flag, in the words that Spanish and English schemas use: alta, baja, eliminación, modificación.
fn operation(column: usize) -> Value {
    let first = sql!("pg_catalog.upper(pg_catalog.left(pg_catalog.btrim(({})::pg_catalog.text), 1))", Sql::column(column));
    let one_of = |letters: &str| sql!("{} OPERATOR(pg_catalog.=) ANY ('{}'::pg_catalog.text[])", &first, letters);
    Value::Expression(sql!("CASE WHEN {} THEN 'I' WHEN {} THEN 'D' ELSE 'U' END", one_of("{I,A}"), one_of("{D,B,E}")))
}

/// `al_user_id` is NOT NULL; the legacy user may be NULL or empty, and stays so in the image.
fn user(column: usize) -> Value {
    let name = sql!("pg_catalog.left(({})::pg_catalog.text, 63)", Sql::column(column));
    Value::Expression(sql!("CASE WHEN {} OPERATOR(pg_catalog.<>) '' THEN {} ELSE {} END", &name, &name, NULL_KEY))
}

/// The point in time of a stamp; for NULL the earliest one. In a DST gap it is off by at most an hour. A stamp is limited before it
/// is converted: the last hours of year 294276, dates up to year 5874897, and the very first day are outside the range of
/// `timestamptz`.
fn changed_at(stamp: &Sql, sql_type: &SqlType, context: &Context) -> Sql {
    if sql_type.has_zone() {
        return sql!("coalesce({}, '-infinity')", stamp);
    }
    let cut = |type_name: &str| {
        sql!(
            "CASE WHEN {} IS NULL THEN '-infinity' WHEN {} OPERATOR(pg_catalog.>) {} '294276-12-30' THEN 'infinity' \
             WHEN {} OPERATOR(pg_catalog.<) {} '4713-01-03 BC' THEN '-infinity' ELSE {} END",
            stamp,
            stamp,
            type_name,
            stamp,
            type_name,
            stamp
        )
    };
    let cut = if sql_type.name == "date" { sql!("({})::timestamp", cut("pg_catalog.date")) } else { cut("timestamp") };
    sql!("(({}) AT TIME ZONE {})", cut, literal(&context.time_zone))
}
