//! A junction in `domain_value_link`: the two ends as codes, all columns that a code does not give back verbatim in
//! `dvl_extra_json`. An end of several columns is a JSON array of texts.

use super::access::Access;
use super::value::SqlType;
use super::{Change, Context, Field, Relation, Store, Unique, Value, columns, constant, constraint_name, key_text, positions};
use crate::rule::{Link, Rule};
use crate::sql::quote::literal;

/// Compiles a junction's rule.
pub(super) fn compile(rule: &Rule, link: &Link, context: &Context) -> Relation {
    let (source, target) = (positions(rule, &link.source), positions(rule, &link.target));
    let readable = |end: &[usize]| match end {
        [one] => {
            let column = &rule.columns[*one].column;
            (SqlType::new(&column.type_name).is_whole_number() && column.not_null).then_some(*one)
        }
        _ => None,
    };
    let (source_column, target_column) = (readable(&source), readable(&target));
    let columns = columns(rule, |i| match Some(i) {
        i if i == source_column => Store::Column("dvl_source_code"),
        i if i == target_column => Store::Column("dvl_target_code"),
        _ => Store::Image("dvl_extra_json"),
    });
    let extra = (0..columns.len()).filter(|&i| columns[i].store == Store::Image("dvl_extra_json")).collect();
    let field = |name, write| Field { name, write, backfill: None, update: Change::Follows };
    let fields = vec![
        field("dvl_source_domain", constant(&literal(&link.source_domain))),
        field("dvl_source_code", key_text(rule, &source, SqlType::code_text)),
        field("dvl_target_domain", constant(&literal(&link.target_domain))),
        field("dvl_target_code", key_text(rule, &target, SqlType::code_text)),
        Field {
            name: "dvl_sort_order",
            write: constant("extract(epoch FROM clock_timestamp())::integer"),
            backfill: Some(constant("row_number() OVER (ORDER BY r.ctid)::integer")),
            update: Change::Follows,
        },
        field("dvl_extra_json", Value::Image(extra)),
    ];
    Relation {
        table: rule.table.clone(),
        schema: context.schema.clone(),
        kind: "link",
        columns,
        target: "domain_value_link",
        discriminator: vec![("dvl_link_type", link.link_type.clone())],
        fields,
        key: positions(rule, &rule.key.columns),
        primary: super::is_primary(rule),
        key_field: None,
        unique: Some(Unique {
            target: "domain_value_link_pkey",
            legacy: constraint_name(rule),
            declared: rule.key.unique.is_some(),
        }),
        order: Some("dvl_sort_order"),
        accesses: vec![
            Access { column: "dvl_source_code", legacy: source, text: SqlType::code_text },
            Access { column: "dvl_target_code", legacy: target, text: SqlType::code_text },
        ],
        time: None,
        captured: None,
    }
}
