//! `esclusa check`: settings were read when the program started; here rules are read and compared with the catalog: that of the database where one
//! is configured, otherwise the snapshot. With a database, tables whose mode cannot work in their state are reported too.

use super::call::Call;
use super::terminal::say;
use crate::catalog::{Catalog, Database};
use crate::control;
use crate::error::{Error, Fault, Faults, Result};
use crate::migrate::gate::Candidate;
use crate::migrate::object::storage;
use crate::migrate::state;
use crate::record::redact::Rules;
use crate::rule::{RuleSet, check};
use crate::server::{policy, trust};

pub(super) async fn run(call: Call) -> Result<()> {
    let directory = &call.settings.rules.directory;
    let rules = RuleSet::load(directory)?;
    let snapshot = directory.join("catalog.csv");
    let schema = &call.settings.rules.schema;
    let before = if snapshot.exists() { Some(Catalog::from_csv(schema, &snapshot)?) } else { None };
    let database = policy::control_database(&call.settings).await?;
    let now = match &database {
        Some(database) => Some(Catalog::read(database, schema).await?),
        None => None,
    };
    let (mut faults, source) = match (&now, &before) {
        (Some(now), _) => (check::against(&rules, now), "the database"),
        (None, Some(before)) => (check::against(&rules, before), "the snapshot catalog.csv"),
        (None, None) => (Faults::default(), "no catalog (set control.url, or run `esclusa rules generate`)"),
    };
    let catalogs: Vec<&Catalog> = now.iter().chain(&before).collect();
    if !catalogs.is_empty() {
        check::unknown_tables(&rules, &catalogs, &mut faults);
    }
    faults.extend(rules.faults());
    if let Err(found) = Rules::parse(&call.settings.record.redact) {
        faults.extend(found);
    }
    check::regulatory(&rules, &call.settings.calendar.regulatory, &mut faults);
    if let Err(Error::Refused { message, detail, hint }) = trust::require_proof(&call.settings).await {
        let message = detail.map_or_else(|| message.clone(), |detail| format!("{message}; {detail}"));
        faults.push(Fault::general(message).hint(hint.unwrap_or_default()));
    }
    if let Some(database) = &database {
        standing(&call, database, &rules, &mut faults).await?;
        let (storage, zone) = (storage::recorded(database, schema).await?, &call.settings.rules.time_zone);
        rules.rules.values().filter_map(|rule| storage::fault(&storage, rule, zone)).for_each(|fault| faults.push(fault));
        storage::without_rule(&storage, &rules).for_each(|(_, fault)| faults.push(fault));
    }
    if rules.rules.is_empty() && rules.faulty.is_empty() {
        faults.push(Fault::general(format!("there is no rule in {}", directory.display())).hint("run `esclusa rules generate`"));
    }
    match faults.or(()) {
        Ok(()) => say(&format!("{} rules and the settings have no fault; compared with {source}\n", rules.rules.len())),
        Err(faults) => Err(Error::refused(faults.to_string())),
    }
}

/// Reports tables whose mode does not fit their state, so that statements fail or reach the wrong table.
async fn standing(call: &Call, database: &Database, rules: &RuleSet, faults: &mut Faults) -> Result<()> {
    let (modes, states) = (control::modes(database).await?, state::states(database, &call.settings.rules.schema).await?);
    for rule in rules.rules.values() {
        let state = states.get(&rule.table).cloned().unwrap_or_default();
        let is_retained = rule.target.stays();
        let wanted = modes.get(&rule.table).copied().unwrap_or(call.settings.rules.default_mode);
        let candidate = Candidate { table: &rule.table, is_retained, state: &state };
        if let Some(fault) = candidate.fault(wanted) {
            let hint = format!("SHOW TABLES; `{}`, or SET MODE observe FOR {}", candidate.remedy(), rule.table);
            faults.push(Fault::general(format!("{}: {fault}", rule.table)).hint(hint));
        }
    }
    Ok(())
}
