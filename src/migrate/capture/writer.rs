//! Changes who writes a history that has been moved: the application, or the audit trigger of its base. The function behind the view is replaced
//! according to the changed rule; the rows stay as they are.

use crate::catalog::{Catalog, Database};
use crate::error::{Error, Result};
use crate::relation::{Context, Relation};
use crate::rule::{Capture, Rule, RuleSet};
use crate::sql::quote::ident;

use super::{Attached, Firing, attach};
use crate::migrate::{PINNED, object, view};

/// Puts a changed rule into force, in one transaction; returns notes for the reader. `rule` is not yet the one in `rules`.
pub async fn change(database: &Database, context: &Context, rules: &RuleSet, rule: &Rule) -> Result<Vec<String>> {
    // What is recorded is printed with names as this session's search path shows them.
    database.batch("pinning the session", PINNED).await?;
    let relation = Relation::compile(rule, context);
    let Some(history) = rule.target.history() else {
        return Err(Error::refused(format!("{} is not a history", rule.table)));
    };
    let tables: Vec<String> = std::iter::once(rule.table.clone()).chain(history.base.clone()).collect();
    let catalog = Catalog::read_tables(database, &context.schema, &tables).await?;
    if catalog.tables.get(&rule.table).is_some_and(|t| t.kind == 'r') {
        return Err(Error::refused(format!("{} has not been moved yet: its rule decides when it moves", rule.table)));
    }
    object::storage::require(database, &context.schema, rule, &context.time_zone).await?;
    let line = format!("switching the capture of {}", rule.table);
    let work = async |db: &Database| {
        let of = |table: &str| rules.rules.get(table).map(|rule| Relation::compile(rule, context));
        let attached = attach(db, &catalog, rules, rule, &relation, &of, Firing::Enabled).await?;
        let told = match history.capture {
            Capture::Application => vec!["the rows that the trigger has written stay in the history".to_owned()],
            Capture::Trigger => notes(&relation, attached)?,
        };
        view::replace(db, &relation).await?;
        object::record(db, &context.schema, &rule.table).await?;
        Ok(told)
    };
    database.transaction(&line, work).await
}

/// Notes about the trigger. An error where the trigger should write the history and there can be none: nothing would write it.
pub fn notes(relation: &Relation, attached: Attached) -> Result<Vec<String>> {
    let unknown = relation.projection.as_ref().map_or(&[][..], |c| &c.unknown);
    let mut notes = match attached {
        Attached::Base(base) => vec![format!("audit trigger on {base}")],
        Attached::Domain(base) => vec![format!("audit trigger on the rows of domain {base}")],
        Attached::Disabled { trigger, table } => {
            let enables = format!("`ALTER TABLE {table} ENABLE TRIGGER {}`", ident(&trigger));
            if relation.projection.is_some() {
                return Err(Error::Refused {
                    message: format!("nothing would write {}", relation.table),
                    detail: Some(format!("its rule says capture = \"trigger\", and {trigger} on {table} is disabled")),
                    hint: Some(format!("{enables} enables it; `esclusa rollback --level 3` and 4 disable all of them")),
                });
            }
            vec![format!("no audit trigger: {trigger} on {table} is disabled; {enables} enables it")]
        }
        Attached::No(why) if relation.projection.is_some() => {
            return Err(Error::Refused {
                message: format!("nothing would write {}", relation.table),
                detail: Some(format!("its rule says capture = \"trigger\", which is impossible: {why}")),
                hint: Some("set capture = \"application\", or correct target.base and key.base in the rule".into()),
            });
        }
        Attached::No(why) => vec![format!("no audit trigger: {why}")],
    };
    if !unknown.is_empty() {
        notes.push(format!("NULL in the trigger's rows, because the base has no such column: {}", unknown.join(", ")));
    }
    Ok(notes)
}
