//! What a policy is made of besides rules and settings: facts that only the database knows. The last ones are kept in a file beside
//! the spool, so that a process that starts while the database is unreachable serves as the one before it did.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::catalog::database::database_name;
use crate::catalog::key_tables::Places;
use crate::catalog::movers::Watched;
use crate::catalog::read::Marks;
use crate::catalog::{Catalog, Database, KeyTables, Movers};
use crate::config::Settings;
use crate::control;
use crate::disk;
use crate::error::{Error, Result};
use crate::migrate::object::storage::{self, Storage};
use crate::migrate::reads;
use crate::migrate::state::{self, TableState};
use crate::mode::{Mode, Readers};
use crate::relation::{CONTROL, KEYS, LEAVES};
use crate::telemetry;

/// The file's name.
const FILE: &str = "facts.json";
const VERSION: u32 = 1;

/// What the database has told.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// The stored modes.
    pub(super) modes: HashMap<String, Mode>,
    /// Where each legacy table stands; `None` if no database was asked.
    pub(super) states: Option<HashMap<String, TableState>>,
    /// The legacy schema.
    pub(super) catalog: Arc<Catalog>,
    /// Roles with rights on less than a whole legacy table: (role, table).
    pub(super) limited: HashSet<(String, String)>,
    pub(super) key_tables: KeyTables,
    /// What the rules of moved tables said when they were moved.
    #[serde(default)]
    pub(super) storage: Storage,
    /// Functions that may change what names mean.
    #[serde(default)]
    pub(super) movers: Arc<Movers>,
    /// Copied tables that some sessions read in their new form, and which. Not kept in the file: a process that cannot ask reads
    /// the legacy tables.
    #[serde(skip)]
    pub(super) readers: BTreeMap<String, Readers>,
}

/// Facts that may change without being announced: roles, memberships and grants; the heap of a copied table; functions.
#[derive(Debug, PartialEq)]
pub(super) struct Unannounced {
    pub(super) limited: HashSet<(String, String)>,
    pub(super) readers: BTreeMap<String, Readers>,
    pub(super) movers: Arc<Movers>,
}

impl Unannounced {
    /// `watched` are the functions that were read last.
    pub(super) async fn asked(database: &Database, schema: &str, watched: &mut Watched) -> Result<Unannounced> {
        let readers = reads::in_force(database, schema).await?;
        let mut limited = Catalog::limited(database, CONTROL).await?;
        if !readers.is_empty() {
            limited.extend(reads::limited(database, schema).await?);
        }
        let movers = watched.look(database, &[CONTROL, LEAVES, KEYS]).await?;
        Ok(Unannounced { limited, readers, movers })
    }
}

/// A catalog, and the marks by which it is checked what of it has changed.
#[derive(Debug)]
pub struct Known {
    schema: String,
    marks: Marks,
    catalog: Arc<Catalog>,
    functions: Watched,
}

/// The file's contents.
#[derive(Serialize, Deserialize)]
struct Kept {
    version: u32,
    /// Facts of another database or schema are not used.
    database: Option<String>,
    schema: String,
    facts: Facts,
}

impl Facts {
    /// Asks the database. `known` is the catalog that was last read.
    pub async fn asked(settings: &Settings, database: &Database, known: &mut Option<Known>) -> Result<Facts> {
        let schema = &settings.rules.schema;
        // Of a zone that the server does not know `doctor` complains; a proxy works all the same.
        if let Err(error) = database.show_times_in(&settings.rules.time_zone).await {
            tracing::debug!(%error, "times are shown in the server's zone");
        }
        let mut functions = known.as_ref().map(|known| known.functions.clone()).unwrap_or_default();
        let Unannounced { limited, readers, movers } = Unannounced::asked(database, schema, &mut functions).await?;
        let catalog = catalog(database, schema, known).await?;
        if let Some(known) = known {
            known.functions = functions;
        }
        Ok(Facts {
            modes: control::modes(database).await?,
            states: Some(state::states(database, schema).await?),
            catalog,
            limited,
            movers,
            readers,
            storage: storage::recorded(database, schema).await?,
            key_tables: KeyTables::read(database, Places { legacy: schema, keys: KEYS, functions: CONTROL }).await?,
        })
    }

    /// The facts without a database: the snapshot of the catalog beside the rules, if there is one.
    pub fn unasked(settings: &Settings) -> Result<Facts> {
        let snapshot = settings.rules.directory.join("catalog.csv");
        let catalog = match snapshot.exists() {
            true => Arc::new(Catalog::from_csv(&settings.rules.schema, &snapshot)?),
            false => Arc::default(),
        };
        Ok(Facts { catalog, ..Facts::default() })
    }

    /// The legacy schema.
    pub fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    /// Keeps them for the next start. Without a spool directory they are not kept.
    pub(super) fn keep(&self, settings: &Settings) -> Result<()> {
        let Some(path) = path(settings) else { return Ok(()) };
        let failed = |e| Error::io(format!("keeping what the database has told in {}", path.display()), e);
        let (database, schema) = (database_name(&settings.control.url), settings.rules.schema.clone());
        let kept = Kept { version: VERSION, database, schema, facts: self.clone() };
        std::fs::create_dir_all(&settings.control.spool).map_err(failed)?;
        let text = serde_json::to_string(&kept).map_err(|e| failed(e.into()))?;
        disk::replace(&[(path.clone(), text)])
    }

    /// The facts that were last kept, if they are of this database and schema.
    pub(super) fn kept(settings: &Settings) -> Result<Option<Facts>> {
        let Some(path) = path(settings) else { return Ok(None) };
        let failed = |e| Error::io(format!("reading {}", path.display()), e);
        let text = match std::fs::read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            read => read.map_err(failed)?,
        };
        let kept: Kept = serde_json::from_slice(&text).map_err(|e| failed(e.into()))?;
        let is_ours = kept.version == VERSION
            && kept.database == database_name(&settings.control.url)
            && kept.schema == settings.rules.schema;
        Ok(is_ours.then_some(kept.facts))
    }
}

fn path(settings: &Settings) -> Option<PathBuf> {
    let directory = &settings.control.spool;
    (!directory.as_os_str().is_empty()).then(|| directory.join(FILE))
}

/// The catalog of a schema. Only what has changed of it is read again: a switch changes only modes, a move a few relations, and a schema of 1,470
/// tables takes long to read, on every replica.
async fn catalog(database: &Database, schema: &str, known: &mut Option<Known>) -> Result<Arc<Catalog>> {
    // Read before the catalog: a change in between is then noticed the next time.
    let marks = Catalog::marks(database, schema).await?;
    let before = known.as_ref().filter(|known| known.schema == schema);
    let changed = before.and_then(|before| Some((before, before.marks.changed(&marks)?)));
    let catalog = match changed {
        Some((before, changed)) if changed.is_empty() => return Ok(before.catalog.clone()),
        Some((before, changed)) => {
            let mut catalog = (*before.catalog).clone();
            catalog.tables.retain(|name, _| changed.binary_search(name).is_err());
            catalog.tables.extend(Catalog::read_tables(database, schema, &changed).await?.tables);
            catalog
        }
        None => Catalog::read(database, schema).await?,
    };
    telemetry::count("esclusa_catalog_reads_total");
    let catalog = Arc::new(catalog);
    let functions = known.take().map(|known| known.functions).unwrap_or_default();
    *known = Some(Known { schema: schema.to_owned(), marks, catalog: catalog.clone(), functions });
    Ok(catalog)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Table;
    use crate::catalog::movers::Moves;

    #[test]
    fn facts_are_kept_for_the_same_database_and_schema() {
        let directory = tempfile::tempdir().unwrap();
        let mut settings = Settings::defaults().unwrap();
        settings.control.spool = directory.path().join("spool");
        assert_eq!(Facts::kept(&settings).unwrap(), None);
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        let mut catalog = Catalog { schema: "s".into(), ..Catalog::default() };
        catalog.tables.insert("t".into(), Table { name: "t".into(), kind: 'v', ..Table::default() });
        let facts = Facts {
            modes: [("t".to_owned(), Mode::Rewrite)].into(),
            states: Some([("t".to_owned(), TableState { run: Some(3), leaf: true, ..TableState::default() })].into()),
            catalog: Arc::new(catalog),
            limited: [pair("ana", "t")].into(),
            key_tables: KeyTables::default().with("s", "t_fkey", &[("esclusa_key", "t_fkey")]),
            movers: Arc::new(Movers::default().with("f", Moves { path: true, ..Moves::default() })),
            readers: BTreeMap::new(),
            storage: [pair("t", "kind = lookup")].into(),
        };
        facts.keep(&settings).unwrap();
        facts.keep(&settings).unwrap();
        assert_eq!(Facts::kept(&settings).unwrap().as_ref(), Some(&facts));
        assert_eq!(std::fs::read_dir(&settings.control.spool).unwrap().count(), 1, "nothing else is left there");
        settings.rules.schema = "another".into();
        assert_eq!(Facts::kept(&settings).unwrap(), None);
        std::fs::write(settings.control.spool.join(FILE), "{").unwrap();
        assert!(Facts::kept(&settings).is_err());
        // Without a spool directory they are not kept.
        settings.control.spool = PathBuf::new();
        facts.keep(&settings).unwrap();
        assert_eq!(Facts::kept(&settings).unwrap(), None);
    }
}
