//! What a policy is made of besides rules and settings: facts that only the database knows. The last ones are kept in a file beside
//! the spool, so that a process that starts while the database is unreachable serves as the one before it did.

use std::collections::{BTreeMap, HashMap};
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::catalog::database::database_name;
use crate::catalog::key_tables::Places;
use crate::catalog::movers::Watched;
use crate::catalog::read::{Limited, Marks, limited_anew};
use crate::catalog::{Catalog, Database, KeyTables, Movers};
use crate::config::Settings;
use crate::control::{self, replica};
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
    pub(super) limited: Limited,
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
    pub(super) limited: Limited,
    pub(super) readers: BTreeMap<String, Readers>,
    pub(super) movers: Arc<Movers>,
}

/// What may have changed since the facts were read last.
#[derive(Debug, Clone, Copy)]
pub(super) enum Since<'a> {
    Anything,
    /// These tables have moved, and what is announced; of the rest, what was read last is good enough.
    Moves(&'a [String]),
}

/// What is not read as a whole again and again: the catalog, with the marks by which it is checked what of it has changed, rights, and functions.
#[derive(Debug, Default)]
pub struct Known {
    marks: Marks,
    catalog: Arc<Catalog>,
    limited: Limited,
    functions: Watched,
    movers: Arc<Movers>,
    /// When [`Since::Anything`] was read last.
    read_at: Option<Instant>,
    /// Since then, [`Since::Moves`] was read.
    has_moved: bool,
}

impl Known {
    /// Whether all was read so lately that after moves only these are to be read.
    pub(super) fn is_fresh(&self) -> bool {
        self.read_at.is_some_and(|at| at.elapsed() < replica::HEARTBEAT)
    }

    /// Whether only moves were read last: when there are no more, all is to be read.
    pub(super) fn has_moved(&self) -> bool {
        self.has_moved
    }

    pub(super) async fn unannounced(&mut self, database: &Database, schema: &str, since: Since<'_>) -> Result<Unannounced> {
        let readers = reads::in_force(database, schema).await?;
        match since {
            Since::Moves(tables) => {
                let now = Catalog::limited_some(database, CONTROL, tables).await?;
                self.limited = limited_anew(&self.limited, tables, &now);
            }
            Since::Anything => {
                self.limited = Catalog::limited(database, CONTROL).await?;
                self.movers = self.functions.look(database, &[CONTROL, LEAVES, KEYS]).await?;
            }
        }
        let mut limited = self.limited.clone();
        if !readers.is_empty() {
            limited.extend(reads::limited(database, schema).await?);
        }
        Ok(Unannounced { limited, readers, movers: self.movers.clone() })
    }

    /// The catalog of a schema. Only what has changed of it is read again: a switch changes only modes, a move a few relations, and a schema of 1,470
    /// tables takes long to read, on every replica.
    async fn catalog(&mut self, database: &Database, schema: &str, since: Since<'_>) -> Result<Arc<Catalog>> {
        let (marks, changed) = match since {
            // Their marks are as before, so later they are read once more.
            Since::Moves(tables) => (None, Some(tables.to_vec())),
            Since::Anything => {
                // Read before the catalog: a change in between is then noticed the next time.
                let marks = Catalog::marks(database, schema).await?;
                let changed = self.marks.changed(&marks);
                (Some(marks), changed)
            }
        };
        self.catalog = match changed.filter(|_| self.catalog.schema == schema) {
            Some(changed) if changed.is_empty() => return Ok(self.catalog.clone()),
            Some(changed) => {
                let mut catalog = (*self.catalog).clone();
                changed.iter().for_each(|name| drop(catalog.tables.remove(name)));
                catalog.tables.extend(Catalog::read_tables(database, schema, &changed).await?.tables);
                Arc::new(catalog)
            }
            None => Arc::new(Catalog::read(database, schema).await?),
        };
        self.marks = marks.unwrap_or_else(|| std::mem::take(&mut self.marks));
        telemetry::count("esclusa_catalog_reads_total");
        Ok(self.catalog.clone())
    }
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
    /// Asks the database. `known` is what was read last.
    pub async fn asked(settings: &Settings, database: &Database, known: &mut Known) -> Result<Facts> {
        Facts::asked_since(settings, database, known, Since::Anything).await
    }

    pub(super) async fn asked_since(
        settings: &Settings,
        database: &Database,
        known: &mut Known,
        since: Since<'_>,
    ) -> Result<Facts> {
        let (schema, begun) = (&settings.rules.schema, Instant::now());
        // Of a zone that the server does not know `doctor` complains; a proxy works all the same.
        if let Err(error) = database.show_times_in(&settings.rules.time_zone).await {
            tracing::debug!(%error, "times are shown in the server's zone");
        }
        let Unannounced { limited, readers, movers } = known.unannounced(database, schema, since).await?;
        let facts = Facts {
            catalog: known.catalog(database, schema, since).await?,
            modes: control::modes(database).await?,
            states: Some(state::states(database, schema).await?),
            limited,
            movers,
            readers,
            storage: storage::recorded(database, schema).await?,
            key_tables: KeyTables::read(database, Places { legacy: schema, keys: KEYS, functions: CONTROL }).await?,
        };
        match since {
            Since::Anything => (known.read_at, known.has_moved) = (Some(begun), false),
            Since::Moves(_) => known.has_moved = true,
        }
        Ok(facts)
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
        catalog.tables.insert("t".into(), Arc::new(Table { name: "t".into(), kind: 'v', ..Table::default() }));
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
