//! A junction in `domain_value_link`: its two ends as codes; columns that cannot be read back exactly from a code in
//! `dvl_extra_json`. An end of several columns is a JSON array of texts.

use super::value::SqlType;
use super::{Column, Context, Field, Home, Relation, Store, Unique, Value, target};
use crate::rule::{Link, Rule};
use crate::sql::quote::literal;

/// Compiles a junction's rule.
pub(super) fn compile(rule: &Rule, link: &Link, context: &Context) -> Relation {
    let (source, goal) = (rule.positions(&link.source), rule.positions(&link.target));
    let readable = |end: &[usize]| match end {
        [one] => {
            let column = &rule.columns[*one].column;
            (SqlType::new(&column.type_name).is_whole_number() && column.not_null).then_some(*one)
        }
        _ => None,
    };
    let (source_column, target_column) = (readable(&source), readable(&goal));
    let columns = Column::all(rule, |i| match Some(i) {
        i if i == source_column => Store::Column("dvl_source_code"),
        i if i == target_column => Store::Column("dvl_target_code"),
        _ => Store::Image("dvl_extra_json"),
    });
    let extra = (0..columns.len()).filter(|&i| columns[i].store == Store::Image("dvl_extra_json")).collect();
    let field = |name, write| Field { name, write, backfill: None, always: false };
    let fields = vec![
        field("dvl_source_domain", Value::constant(&literal(&link.source_domain))),
        field("dvl_source_code", Value::key_text(rule, &source, SqlType::code_text)),
        field("dvl_target_domain", Value::constant(&literal(&link.target_domain))),
        field("dvl_target_code", Value::key_text(rule, &goal, SqlType::code_text)),
        Field {
            name: "dvl_sort_order",
            write: Value::constant("extract(epoch FROM pg_catalog.clock_timestamp())::integer"),
            backfill: Some(Value::constant("pg_catalog.row_number() OVER (ORDER BY r.ctid)::integer")),
            always: false,
        },
        field("dvl_extra_json", Value::Image(extra)),
    ];
    Relation {
        table: rule.table.clone(),
        schema: context.schema.clone(),
        kind: "link",
        columns,
        home: Some(Home { target: &target::DOMAIN_VALUE_LINK, value: link.link_type.clone() }),
        fields,
        projection: None,
        key: rule.positions(&rule.key.columns),
        primary: rule.positions(&rule.key.primary),
        unique: Some(Unique::new(rule)),
    }
}
