//! Puts a policy together: rule files, stored modes, and the catalog of the target database.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use crate::catalog::database::database_name;
use crate::catalog::key_tables::Places;
use crate::catalog::read::Mark;
use crate::catalog::{Catalog, Database, KeyTables};
use crate::config::Settings;
use crate::control;
use crate::error::{Error, Result};
use crate::migrate::gate::Candidate;
use crate::migrate::{shadow_role, state};
use crate::relation::{CONTROL, Context, KEYS, Relation};
use crate::rewrite::{Entry, Policy};
use crate::rule::{Faulty, Rule, RuleSet};
use crate::session::Standing;
use crate::sql::Limits;
use crate::telemetry;

/// The control connection, if one is configured.
pub async fn control_database(settings: &Settings) -> Result<Option<Database>> {
    if settings.control.url.is_empty() {
        return Ok(None);
    }
    Database::connect(&settings.control.url, password(settings)?.as_deref()).await.map(Some)
}

/// The side's connection of mode shadow, as its own role, if a database is configured. Refused while that role could do more than read.
pub async fn shadow_database(settings: &Settings) -> Result<Option<Database>> {
    if settings.control.url.is_empty() {
        return Ok(None);
    }
    let (user, file) = (&settings.shadow.user, &settings.shadow.password_file);
    let password = secret("ESCLUSA_SHADOW_PASSWORD", file)?;
    let database = Database::connect_as(&settings.control.url, user, password.as_deref()).await?;
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

/// A policy, and the facts that its modes were decided on.
#[derive(Debug)]
pub struct Built {
    /// The policy.
    pub policy: Policy,
    /// Where each legacy table stands; empty without a database.
    pub standing: HashMap<String, Standing>,
}

/// A catalog, and by what it is known to be the same still.
#[derive(Debug)]
pub struct Known {
    schema: String,
    mark: Mark,
    catalog: Arc<Catalog>,
}

impl Known {
    /// The catalog.
    pub fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }
}

/// The catalog of a schema. It is read again only where it has changed: a switch changes modes, and a schema of 1,470 tables is much to read
/// for each of them, on every replica.
async fn catalog(database: &Database, schema: &str, known: &mut Option<Known>) -> Result<Arc<Catalog>> {
    // Before the catalog: what changes in between is seen the next time.
    let mark = Catalog::mark(database, schema).await?;
    if let Some(known) = known.as_ref().filter(|known| known.schema == schema && known.mark == mark) {
        return Ok(known.catalog.clone());
    }
    telemetry::count("esclusa_catalog_reads_total");
    let catalog = Arc::new(Catalog::read(database, schema).await?);
    *known = Some(Known { schema: schema.to_owned(), mark, catalog: catalog.clone() });
    Ok(catalog)
}

/// Puts rules together with all that is read beside them. A mode that a table may not have, by the settings or by what is stored, is not
/// in force (`migrate/gate.rs`). Without a database every table has the default mode, which is taken at its word, and the catalog is the
/// snapshot beside the rules, if there is one. `known` is the catalog that was read last.
pub async fn build(
    settings: &Settings,
    rules: &RuleSet,
    database: Option<&Database>,
    generation: u64,
    known: &mut Option<Known>,
) -> Result<Built> {
    let schema = &settings.rules.schema;
    let snapshot = settings.rules.directory.join("catalog.csv");
    let (modes, states, catalog, shadows, limited, key_tables) = match database {
        Some(database) => {
            let names: Vec<String> = rules.rules.keys().cloned().collect();
            (
                control::modes(database).await?,
                Some(state::states(database, schema).await?),
                catalog(database, schema, known).await?,
                Catalog::shadows(database, schema, &names).await?,
                Catalog::limited(database, CONTROL).await?,
                KeyTables::read(database, Places { legacy: schema, keys: KEYS, functions: CONTROL }).await?,
            )
        }
        None if snapshot.exists() => {
            let catalog = Arc::new(Catalog::from_csv(schema, &snapshot)?);
            (HashMap::new(), None, catalog, Default::default(), Default::default(), KeyTables::default())
        }
        None => Default::default(),
    };
    let context = Context::new(settings);
    let mut standing = HashMap::new();
    let mut entry = |rule: &Rule| {
        let wanted = modes.get(&rule.table).copied().unwrap_or(settings.rules.default_mode);
        let relation = Relation::compile(rule, &context);
        let mode = states.as_ref().map_or(wanted, |states| {
            let state = states.get(&rule.table).cloned().unwrap_or_default();
            let candidate = Candidate { table: &rule.table, is_retained: relation.is_retained(), state: &state };
            let mode = candidate.effective(wanted);
            standing.insert(rule.table.clone(), Standing { state, wanted });
            mode
        });
        Entry { relation: Arc::new(relation), mode }
    };
    let entries = rules.rules.values().map(&mut entry).collect();
    let limits = Limits { text_bytes: settings.limits.statement_bytes.0, ..Limits::default() };
    let told = |(table, faulty): (&String, &Faulty)| (table.clone(), faulty.faults.to_string());
    let faulty = rules.faulty.iter().map(told).collect();
    let policy = Policy::new(generation, schema, entries, &catalog, limits).with_faulty(faulty);
    let policy = policy.within(database_name(&settings.control.url), shadows).limiting(limited).keyed(key_tables);
    Ok(Built { policy, standing })
}
