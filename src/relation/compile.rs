//! Compiles a rule into a relation, according to its kind.

use super::{Context, Relation, history, link, lookup, retained};
use crate::rule::{Rule, Target};

impl Relation {
    /// Compiles a rule. Rules are checked when they are read, so this cannot fail.
    pub fn compile(rule: &Rule, context: &Context) -> Relation {
        let relation = match &rule.target {
            Target::History(history) => history::compile(rule, history, context),
            Target::Lookup(lookup) => lookup::compile(rule, lookup, context),
            Target::Link(link) => link::compile(rule, link, context),
            Target::Retained(_) => retained::compile(rule, context),
        };
        debug_assert_eq!(relation.columns.len(), rule.columns.len());
        relation
    }
}
