//! A history that stays a table. Its improvement adds `hst_id` and `hst_operation`; the relation is the table without them.

use super::{Context, Relation, Store, columns, positions};
use crate::rule::Rule;

/// Compiles a retained history's rule.
pub(super) fn compile(rule: &Rule, context: &Context) -> Relation {
    Relation {
        table: rule.table.clone(),
        schema: context.schema.clone(),
        kind: "retained",
        columns: columns(rule, |_| Store::Same),
        home: None,
        fields: Vec::new(),
        key: positions(rule, &rule.key.columns),
        primary: positions(rule, &rule.key.primary),
        unique: None,
        projection: None,
    }
}
