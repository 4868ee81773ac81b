//! The rewriter's own output, read by PostgreSQL's grammar: it parses, and names no table that is gone.

use std::path::Path;
use std::sync::Arc;

use esclusa::catalog::Catalog;
use esclusa::config::Settings;
use esclusa::mode::Mode;
use esclusa::relation::{Context, Relation};
use esclusa::rewrite::{Entry, NameContext, Policy, rewrite};
use esclusa::rule::RuleSet;
use esclusa::sql::Limits;

use crate::grammar;

/// The shipped rules, every table in mode `rewrite`.
pub fn policy(rules: &Path) -> esclusa::error::Result<Policy> {
    let settings = Settings::defaults()?;
    let context = Context::new(&settings);
    let entry = |rule| Entry { relation: Arc::new(Relation::compile(rule, &context)), mode: Mode::Rewrite, finder: false };
    let entries = RuleSet::load(rules)?.rules.values().map(entry).collect();
    let catalog = Catalog::from_csv(&settings.rules.schema, &rules.join("catalog.csv"))?;
    Ok(Policy::new(1, &settings.rules.schema, entries, catalog.into(), Limits::default()))
}

/// What became of the statements that name a legacy table.
#[derive(Debug, Default)]
pub struct Count {
    /// Rewritten.
    pub rewritten: usize,
    /// Answered with a refusal.
    pub refused: usize,
    /// Forwarded as they are: counted as opaque, or rightly left alone.
    pub untouched: usize,
}

/// Judges one statement; what is wrong with its rewritten text.
pub fn judge(policy: &Policy, text: &str, count: &mut Count) -> Option<String> {
    let names = NameContext::with_path(&[&policy.schema, "public"]);
    let outcome = rewrite(policy, &names, text);
    let Some(new) = outcome.text.as_deref() else {
        count.untouched += usize::from(!outcome.hits.is_empty());
        return None;
    };
    if !outcome.refusals.is_empty() {
        count.refused += 1;
        return None;
    }
    count.rewritten += 1;
    let Some(read) = grammar::read(new) else { return Some(format!("rewritten, it does not parse: {new}")) };
    let gone = |name: &str| policy.entry(name).is_some_and(|e| !e.relation.is_retained());
    let legacy = |r: &&grammar::Relation| gone(&r.name) && (r.schema.is_empty() || r.schema == policy.schema);
    read.relations.iter().find(legacy).map(|r| format!("rewritten, it still names `{}`: {new}", r.name))
}
