//! `esclusa check`: settings were read when the program started; here rules are read, and held against the catalog: that of the
//! database where one is configured, otherwise the snapshot.

use super::{Call, say};
use crate::catalog::Catalog;
use crate::error::{Fault, Faults, Result};
use crate::rule::check;
use crate::server::policy;

pub(super) async fn run(call: Call) -> Result<()> {
    let rules = call.rules()?;
    let snapshot = call.settings.rules.directory.join("catalog.csv");
    let schema = &call.settings.rules.schema;
    let before = if snapshot.exists() { Some(Catalog::from_csv(schema, &snapshot)?) } else { None };
    let now = match policy::control_database(&call.settings).await? {
        Some(database) => Some(Catalog::read(&database, schema).await?),
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
    if rules.rules.is_empty() {
        let directory = call.settings.rules.directory.display();
        faults.push(Fault::general(format!("there is no rule in {directory}")).hint("run `esclusa rules generate`"));
    }
    faults.or(())?;
    say(&format!("{} rules and the settings have no fault; compared with {source}\n", rules.rules.len()))
}
