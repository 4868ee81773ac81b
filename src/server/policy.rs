//! Puts a policy together: rule files, stored modes, and the catalog of the target database.

use std::collections::HashMap;
use std::sync::Arc;

use crate::catalog::database::database_name;
use crate::catalog::{Catalog, Database};
use crate::config::Settings;
use crate::control;
use crate::error::{Error, Result};
use crate::relation::{CONTROL, Context, Relation};
use crate::rewrite::{Entry, Policy};
use crate::rule::RuleSet;
use crate::sql::Limits;

/// The control connection, if one is configured.
pub async fn control_database(settings: &Settings) -> Result<Option<Database>> {
    if settings.control.url.is_empty() {
        return Ok(None);
    }
    Database::connect(&settings.control.url, password(settings)?.as_deref()).await.map(Some)
}

/// The control connection's password: from the environment, or from `control.password_file`.
pub fn password(settings: &Settings) -> Result<Option<String>> {
    if let Ok(password) = std::env::var("ESCLUSA_CONTROL_PASSWORD") {
        return Ok(Some(password));
    }
    let file = &settings.control.password_file;
    if file.as_os_str().is_empty() {
        return Ok(None);
    }
    let text = std::fs::read_to_string(file).map_err(|e| Error::io(format!("reading {}", file.display()), e))?;
    Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
}

/// The control connection, made anew if it is gone.
pub async fn alive<'d>(database: &'d mut Option<Database>, settings: &Settings) -> Result<Option<&'d mut Database>> {
    if database.as_ref().is_some_and(Database::is_closed) {
        *database = None;
    }
    if database.is_none() {
        *database = control_database(settings).await?;
    }
    Ok(database.as_mut())
}

/// Puts rules together with all that is read beside them. Without a database every table has the default mode, and the catalog is the
/// snapshot beside the rules, if there is one.
pub async fn build(settings: &Settings, rules: &RuleSet, database: Option<&Database>, generation: u64) -> Result<Policy> {
    let schema = &settings.rules.schema;
    let snapshot = settings.rules.directory.join("catalog.csv");
    let (modes, catalog, shadows, limited) = match database {
        Some(database) => {
            let names: Vec<String> = rules.rules.keys().cloned().collect();
            (
                control::modes(database).await?,
                Catalog::read(database, schema).await?,
                Catalog::shadows(database, schema, &names).await?,
                Catalog::limited(database, CONTROL).await?,
            )
        }
        None if snapshot.exists() => {
            (HashMap::new(), Catalog::from_csv(schema, &snapshot)?, Default::default(), Default::default())
        }
        None => Default::default(),
    };
    let context = Context::new(settings);
    let entry = |rule: &crate::rule::Rule| Entry {
        relation: Arc::new(Relation::compile(rule, &context)),
        mode: modes.get(&rule.table).copied().unwrap_or(settings.rules.default_mode),
    };
    let entries = rules.rules.values().map(entry).collect();
    let limits = Limits { text_bytes: settings.limits.statement_bytes.0, ..Limits::default() };
        let policy = Policy::new(generation, schema, entries, &catalog, limits);
    Ok(policy.within(database_name(&settings.control.url), shadows).limiting(limited))
}
