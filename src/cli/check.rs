//! `esclusa check`: settings were read when the program started; here rules are read, and held against the catalog: that of the
//! database where one is configured, otherwise the snapshot.

use super::Call;
use crate::catalog::Catalog;
use crate::error::{Fault, Result};
use crate::rule::check;
use crate::server::policy;

pub(super) async fn run(call: Call) -> Result<()> {
    let rules = call.rules()?;
    let snapshot = call.settings.rules.directory.join("catalog.csv");
    let schema = &call.settings.rules.schema;
    let (catalog, source) = match policy::control_database(&call.settings).await? {
        Some(database) => (Catalog::read(&database, schema).await?, "the database"),
        None if snapshot.exists() => (Catalog::from_csv(schema, &snapshot)?, "the snapshot catalog.csv"),
        None => (Catalog::default(), "no catalog (set control.url, or run `esclusa rules generate`)"),
    };
    let mut faults = check::against(&rules, &catalog);
    if rules.rules.is_empty() {
        let directory = call.settings.rules.directory.display();
        faults.push(Fault::general(format!("there is no rule in {directory}")).hint("run `esclusa rules generate`"));
    }
    faults.or(())?;
    println!("{} rules and the settings have no fault; compared with {source}", rules.rules.len());
    Ok(())
}
