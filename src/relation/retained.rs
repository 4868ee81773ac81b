//! A history that stays a table. Its improvement adds `hst_id` and `hst_operation`; the relation is the table without them.

use super::{Column, Context, Relation, Store};
use crate::rule::Rule;

/// Compiles a retained history's rule.
pub(super) fn compile(rule: &Rule, context: &Context) -> Relation {
    Relation {
        table: rule.table.clone(),
        schema: context.schema.clone(),
        kind: "retained",
        columns: Column::all(rule, |_| Store::Same),
        home: None,
        fields: Vec::new(),
        key: rule.positions(&rule.key.columns),
        primary: rule.positions(&rule.key.primary),
        unique: None,
        projection: None,
    }
}
