//! A look-up in `domain_value`: the code in `dv_code`, text id and description in columns of their own, everything else unchanged
//! in `dv_extra_json` under its legacy name. The columns for activity, user and time are only copies: nothing is read from them.

use super::value::SqlType;
use super::{Column, Context, Field, Home, Relation, Store, Unique, Value, target};
use crate::rule::{Lookup, Rule};
use crate::sql;
use crate::sql::quote::literal;
use crate::sql::template::Sql;

/// Compiles a look-up's rule.
pub(super) fn compile(rule: &Rule, lookup: &Lookup, context: &Context) -> Relation {
    let key = rule.positions(&rule.key.columns);
    let place = |name: &Option<String>| name.as_ref().and_then(|n| rule.position(n));
    let type_of = |i: usize| SqlType::new(&rule.columns[i].column.type_name);
    let text_id = place(&lookup.text_id).filter(|&i| type_of(i).is_whole_number());
    let description = place(&lookup.description).filter(|&i| fits_description(&type_of(i)));
    let code = match key.as_slice() {
        [code] if type_of(*code).is_whole_number() && rule.columns[*code].column.not_null => Some(*code),
        _ => None,
    };
    let columns = Column::all(rule, |i| match Some(i) {
        i if i == code => Store::Column("dv_code"),
        i if i == text_id && i.is_some_and(|i| type_of(i).name == "numeric(10,0)") => Store::Typed("dv_txtid"),
        i if i == text_id => Store::Column("dv_txtid"),
        i if i == description => Store::Column("dv_description"),
        _ => Store::Image("dv_extra_json"),
    });
    let extra = (0..columns.len()).filter(|&i| columns[i].store == Store::Image("dv_extra_json")).collect();
    let copy = |i: Option<usize>| i.map_or(Value::Default, |i| Value::Expression(Sql::column(i)));
    let field = |name, write| Field { name, write, backfill: None, always: false };
    let fields = vec![
        field("dv_code", Value::key_text(rule, &key, SqlType::code_text)),
        field("dv_txtid", copy(text_id)),
        field("dv_description", copy(description)),
        // The order of the heap; rows that are added later come after it.
        Field {
            name: "dv_sort_order",
            write: Value::constant("extract(epoch FROM pg_catalog.clock_timestamp())::integer"),
            backfill: Some(Value::constant("pg_catalog.row_number() OVER (ORDER BY r.ctid)::integer")),
            always: false,
        },
        field("dv_is_active", place(&lookup.active).map_or(Value::Default, active)),
        field("dv_extra_json", Value::Image(extra)),
        field("dv_expid", copy(place(&lookup.expid).filter(|&i| type_of(i).is_whole_number()))),
        field(
            "dv_hstusu",
            place(&lookup.user).map_or(Value::Default, |i| {
                Value::Expression(sql!("pg_catalog.left(({})::pg_catalog.text, 63)", Sql::column(i)))
            }),
        ),
        field(
            "dv_hsthora",
            place(&lookup.time).filter(|&i| type_of(i).is_stamp()).map_or(Value::Default, |i| stamp(i, &type_of(i), context)),
        ),
    ];
    Relation {
        table: rule.table.clone(),
        schema: context.schema.clone(),
        kind: "lookup",
        columns,
        home: Some(Home { target: &target::DOMAIN_VALUE, value: lookup.domain.clone() }),
        fields,
        projection: None,
        key,
        primary: rule.positions(&rule.key.primary),
        unique: Some(Unique::new(rule)),
    }
}

/// Whether a column can be stored in `dv_description`, which is varchar(1000): longer texts and other types stay in the image.
fn fits_description(sql_type: &SqlType) -> bool {
    let length = sql_type.name.split_once('(').and_then(|(_, rest)| rest.trim_end_matches(')').parse::<u32>().ok());
    sql_type.is_collatable() && length.is_some_and(|n| n <= 1000)
}

fn active(column: usize) -> Value {
    Value::Expression(sql!("pg_catalog.left(({})::pg_catalog.text, 1)", Sql::column(column)))
}

fn stamp(column: usize, sql_type: &SqlType, context: &Context) -> Value {
    let value = Sql::column(column);
    if sql_type.has_zone() {
        return Value::Expression(value);
    }
    Value::Expression(sql!("(({})::timestamp AT TIME ZONE {})", value, literal(&context.time_zone)))
}
