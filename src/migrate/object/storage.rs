//! What the rule of a moved table said about where its values are stored, when it was moved. A rule that says something else since
//! is not in force for the proxy, and stops every command that would read or write the rows by it.

use std::collections::HashMap;

use crate::catalog::Database;
use crate::error::{Error, Fault, Result};
use crate::rule::{Rule, RuleSet};
use crate::sql::quote::literal;

use super::super::CONTROL;
use super::drift::{Drift, Remedy};

/// Legacy table -> what its rule said, a line for each fact.
pub type Storage = HashMap<String, String>;

/// What a rule says, with the setting that it depends on.
fn described(rule: &Rule, time_zone: &str) -> String {
    let mut lines = rule.storage();
    if rule.target.history().is_some() {
        lines.push(format!("rules.time_zone = {time_zone}"));
    }
    lines.join("\n")
}

/// Records it, in the transaction that moves the table: a rule may be edited right after it.
pub async fn record(database: &Database, rule: &Rule, time_zone: &str) -> Result<()> {
    let sql = format!(
        "INSERT INTO {CONTROL}.object (legacy_table, kind, name, definition, creation) VALUES ({0}, 'storage', {0}, {1}, '') \
         ON CONFLICT (legacy_table, kind, name) DO UPDATE SET definition = excluded.definition, recorded_at = clock_timestamp()",
        literal(&rule.table),
        literal(&described(rule, time_zone)),
    );
    database.batch("recording what the rule says", &sql).await
}

/// What was recorded of the tables that have been moved.
pub async fn recorded(database: &Database, schema: &str) -> Result<Storage> {
    if !super::has_record(database).await? {
        return Ok(Storage::new());
    }
    let sql = format!(
        "SELECT legacy_table::text, definition FROM {CONTROL}.object WHERE kind = 'storage' AND legacy_table IN ({})",
        super::moved(schema)
    );
    let rows = database.query("reading what rules said", &sql, &[]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// The first fact about which a rule differs from what was recorded: as recorded, and as it is. An empty text is a fact that one
/// of them has not.
fn difference(storage: &Storage, rule: &Rule, time_zone: &str) -> Option<(String, String)> {
    let (was, is) = (storage.get(&rule.table)?, described(rule, time_zone));
    if *was == is {
        return None;
    }
    let (was, is): (Vec<&str>, Vec<&str>) = (was.lines().collect(), is.lines().collect());
    let only = |lines: &[&str], others: &[&str]| {
        lines.iter().find(|line| !others.contains(*line)).map(|line| (*line).to_owned()).unwrap_or_default()
    };
    let (lost, new) = (only(&was, &is), only(&is, &was));
    Some(match lost.is_empty() && new.is_empty() {
        true => ("its columns in the order of the table".to_owned(), "another order".to_owned()),
        false => (lost, new),
    })
}

const HINT: &str = "put the rule back as it was; or roll the table back, change the rule, and move it again";

fn said(rule: &Rule, was: &str, is: &str) -> String {
    let or_nothing = |line: &str| if line.is_empty() { "nothing of it".to_owned() } else { format!("`{line}`") };
    format!(
        "{} was moved with a rule that said {}, and now it says {}: values would be stored where nobody looks for them",
        rule.table,
        or_nothing(was),
        or_nothing(is)
    )
}

/// The fault of a rule that differs from the one that its table was moved with.
pub fn fault(storage: &Storage, rule: &Rule, time_zone: &str) -> Option<Fault> {
    difference(storage, rule, time_zone).map(|(was, is)| rule.fault("target.kind", said(rule, &was, &is)).hint(HINT))
}

/// Tables that have been moved and have no rule any more, not even a faulty one, each with its fault.
pub fn without_rule<'s>(storage: &'s Storage, rules: &RuleSet) -> impl Iterator<Item = (&'s str, Fault)> {
    let lost = storage.keys().filter(|table| !rules.rules.contains_key(*table) && !rules.faulty.contains_key(*table));
    lost.map(|table| {
        let fault = Fault::general(format!(
            "{table} has been moved, and there is no rule for it: it is neither rewritten nor recorded, and cannot come back"
        ))
        .hint("put its rule file back as it was");
        (table.as_str(), fault)
    })
}

/// Refuses to read or write a moved table's rows by a rule that differs.
pub async fn require(database: &Database, schema: &str, rule: &Rule, time_zone: &str) -> Result<()> {
    match difference(&recorded(database, schema).await?, rule, time_zone) {
        None => Ok(()),
        Some((was, is)) => Err(Error::Refused { message: said(rule, &was, &is), detail: None, hint: Some(HINT.into()) }),
    }
}

/// The rules that differ, as rows of `schema check`.
pub async fn check(database: &Database, schema: &str, rules: &RuleSet, time_zone: &str) -> Result<Vec<Drift>> {
    let storage = recorded(database, schema).await?;
    let drift = |rule: &Rule| {
        let (expected, found) = difference(&storage, rule, time_zone)?;
        Some(Drift {
            table: rule.table.clone(),
            kind: "rule".into(),
            name: rule.table.clone(),
            finding: "differs from the rule that the table was moved with".into(),
            expected,
            found,
            remedy: Remedy::None(HINT.into()),
        })
    };
    let is_without = |table: &&String| !rules.rules.contains_key(*table) && !rules.faulty.contains_key(*table);
    let without = |table: &String| Drift {
        table: table.clone(),
        kind: "rule".into(),
        name: table.clone(),
        finding: "is gone, and its table has moved: its statements are not rewritten".into(),
        expected: "the rule that the table was moved with".into(),
        found: String::new(),
        remedy: Remedy::None("put the rule's file back".into()),
    };
    let mut gone: Vec<Drift> = storage.keys().filter(is_without).map(without).collect();
    gone.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(rules.rules.values().filter_map(drift).chain(gone).collect())
}
