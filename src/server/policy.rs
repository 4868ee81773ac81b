//! Makes a policy from rules and facts; and opens the connections to the target database.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use super::facts::Facts;
use crate::catalog::Database;
use crate::catalog::database::database_name;
use crate::config::Settings;
use crate::error::{Error, Faults, Result};
use crate::migrate::gate::Candidate;
use crate::migrate::object::storage;
use crate::migrate::shadow_role;
use crate::relation::{Context, Relation};
use crate::rewrite::{Entry, Policy};
use crate::rule::{Faulty, Rule, RuleSet};
use crate::session::Standing;
use crate::sql::Limits;

/// Opens the control connection, if one is configured.
pub async fn control_database(settings: &Settings) -> Result<Option<Database>> {
    if settings.control.url.is_empty() {
        return Ok(None);
    }
    Database::connect(&settings.control.url, password(settings)?.as_deref()).await?.pinned().await.map(Some)
}

/// Opens the connection of mode shadow, under its own role, if a database is configured. Refused if that role can do more than
/// read.
pub async fn shadow_database(settings: &Settings) -> Result<Option<Database>> {
    if settings.control.url.is_empty() {
        return Ok(None);
    }
    let (user, file) = (&settings.shadow.user, &settings.shadow.password_file);
    let password = secret("ESCLUSA_SHADOW_PASSWORD", file)?;
    let database = Database::connect_as(&settings.control.url, user, password.as_deref()).await?.pinned().await?;
    shadow_role::require(&database, user).await?;
    Ok(Some(database))
}

/// The control connection's password: from the environment, or from `control.password_file`.
pub fn password(settings: &Settings) -> Result<Option<String>> {
    secret("ESCLUSA_CONTROL_PASSWORD", &settings.control.password_file)
}

fn secret(variable: &str, file: &Path) -> Result<Option<String>> {
    if let Ok(password) = std::env::var(variable) {
        return Ok(Some(password));
    }
    if file.as_os_str().is_empty() {
        return Ok(None);
    }
    let text = std::fs::read_to_string(file).map_err(|e| Error::io(format!("reading {}", file.display()), e))?;
    Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
}

/// The control connection, opened again if it was lost.
pub async fn alive<'d>(database: &'d mut Option<Database>, settings: &Settings) -> Result<Option<&'d mut Database>> {
    if database.as_ref().is_some_and(Database::is_closed) {
        *database = None;
    }
    if database.is_none() {
        *database = control_database(settings).await?;
    }
    Ok(database.as_mut())
}

/// A policy, and where tables stood when its modes were decided.
#[derive(Debug)]
pub struct Built {
    /// The policy.
    pub policy: Policy,
    /// Where each legacy table stands; empty without a database.
    pub standing: HashMap<String, Standing>,
    /// Of rules that differ from those that their tables were moved with.
    pub differing: Faults,
}

/// The rules without those that differ from the rule that their table was moved with, and the faults of those, and of moved tables that
/// have no rule any more. A table without a rule in force is forwarded untouched, to the view that has its name: that one stores rows as the
/// move did.
pub fn as_moved<'r>(settings: &Settings, rules: &'r RuleSet, facts: &Facts) -> (Cow<'r, RuleSet>, Faults) {
    let (mut kept, mut faults) = (Cow::Borrowed(rules), Faults::default());
    for rule in rules.rules.values() {
        if let Some(fault) = storage::fault(&facts.storage, rule, &settings.rules.time_zone) {
            kept.to_mut().stop(&rule.table, Some(fault.clone()));
            faults.push(fault);
        }
    }
    storage::without_rule(&facts.storage, rules).for_each(|(_, fault)| faults.push(fault));
    (kept, faults)
}

/// Makes a policy from rules and facts. A mode that a table may not have, by the settings or as stored, is not put in force
/// (`migrate/gate.rs`). If no database was asked, every table has the default mode without a check.
pub fn build(settings: &Settings, rules: &RuleSet, facts: &Facts, generation: u64) -> Built {
    let schema = &settings.rules.schema;
    let (rules, differing) = as_moved(settings, rules, facts);
    let context = Context::new(settings);
    let mut standing = HashMap::new();
    let is_retired = |rule: &&Rule| facts.states.as_ref().and_then(|states| states.get(&rule.table)).is_some_and(|s| s.retired);
    let (buried, served): (Vec<&Rule>, Vec<&Rule>) = rules.rules.values().partition(is_retired);
    let tombstones = buried.iter().map(|rule| rule.table.clone()).collect();
    let wanted = |rule: &Rule| facts.modes.get(&rule.table).copied().unwrap_or(settings.rules.default_mode);
    for rule in &buried {
        let state = facts.states.as_ref().and_then(|states| states.get(&rule.table)).cloned().unwrap_or_default();
        standing.insert(rule.table.clone(), Standing { state, wanted: wanted(rule) });
    }
    let mut entry = |rule: &Rule| {
        let wanted = wanted(rule);
        let relation = Relation::compile(rule, &context);
        let mode = facts.states.as_ref().map_or(wanted, |states| {
            let state = states.get(&rule.table).cloned().unwrap_or_default();
            let candidate = Candidate { table: &rule.table, is_retained: relation.is_retained(), state: &state };
            let mode = candidate.effective(wanted);
            standing.insert(rule.table.clone(), Standing { state, wanted });
            mode
        });
        Entry { relation: Arc::new(relation), mode }
    };
    let entries = served.into_iter().map(&mut entry).collect();
    let limits = Limits { text_bytes: settings.limits.statement_bytes.0, ..Limits::default() };
    let told = |(table, faulty): (&String, &Faulty)| (table.clone(), faulty.faults.to_string());
    let faulty = rules.faulty.iter().map(told).collect();
    let policy =
        Policy::new(generation, schema, entries, facts.catalog.clone(), limits).with_faulty(faulty).with_tombstones(tombstones);
    let policy = policy.within(database_name(&settings.control.url));
    let policy = policy.read_by(facts.readers.clone()).moved_by(facts.movers.clone());
    Built { policy: policy.limiting(facts.limited.clone()).keyed(facts.key_tables.clone()), standing, differing }
}
