//! What statements are decided by: compiled rules, modes and catalog.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::prefilter::{self, Prefilter};
use crate::catalog::movers::{Movers, Moves};
use crate::catalog::{Catalog, KeyTables};
use crate::mode::{Mode, Readers};
use crate::relation::Relation;
use crate::sql::{Lexed, Lexeme, Limits};

/// Compiled rules, modes and catalog at one moment. A switch makes a new policy; statements that are being worked on keep theirs.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Increased by each switch: tells which policy a cached or prepared statement was rewritten under.
    pub generation: u64,
    /// The schema of the legacy tables.
    pub schema: String,
    /// The database of that schema; clients of other databases are not looked at.
    pub database: Option<String>,
    /// Bounds on the statements that are read.
    pub limits: Limits,
    pub(super) entries: HashMap<String, Entry>,
    pub(super) prefilter: Prefilter,
    /// The schema's tables with their columns, to find out which table a name belongs to.
    pub(super) catalog: Arc<Catalog>,
    /// The schema's views, which have no system columns.
    pub(super) views: HashSet<String>,
    /// Roles with rights on less than a whole legacy table: (role, table). They have no rights on its leaf, and write through the
    /// view. With an empty table: roles that may not use the schema, for which nothing is rewritten.
    pub(super) limited: HashSet<(String, String)>,
    /// Legacy tables whose rules have faults, and the faults: statements pass untouched, and are counted.
    pub(super) faulty: BTreeMap<String, String>,
    /// Tombstones: they are looked for, and nothing is rewritten.
    pub(super) tombstones: BTreeSet<String>,
    /// The key tables of leaves, with their constraints.
    pub(super) key_tables: KeyTables,
    /// Copied tables that some sessions read in their new form while everybody writes the legacy ones, and which sessions.
    pub(super) readers: BTreeMap<String, Readers>,
    /// Functions that may change what names mean.
    movers: Arc<Movers>,
}

/// A legacy table with its mode.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What it became.
    pub relation: Arc<Relation>,
    /// What is done with it now.
    pub mode: Mode,
}

impl Policy {
    /// A policy of these rules, modes and catalog. Tables in mode `off` are looked for too: a statement that names one may be
    /// prepared and run after a switch.
    pub fn new(generation: u64, schema: &str, entries: Vec<Entry>, catalog: Arc<Catalog>, limits: Limits) -> Self {
        let entries: HashMap<String, Entry> = entries.into_iter().map(|e| (e.relation.table.clone(), e)).collect();
        Policy {
            generation,
            schema: schema.to_owned(),
            database: None,
            limits,
            prefilter: Prefilter::new(entries.keys().map(String::as_str)),
            views: catalog.tables.values().filter(|t| t.kind == 'v').map(|t| t.name.clone()).collect(),
            catalog,
            limited: HashSet::new(),
            faulty: BTreeMap::new(),
            tombstones: BTreeSet::new(),
            key_tables: KeyTables::default(),
            readers: BTreeMap::new(),
            movers: Arc::default(),
            entries,
        }
    }

    /// Sets the database.
    #[must_use]
    pub fn within(mut self, database: Option<String>) -> Self {
        self.database = database;
        self
    }

    /// The same policy, with another mode for one table, and a view or a table under its name.
    #[must_use]
    pub fn placing(mut self, table: &str, mode: Mode, is_view: bool) -> Self {
        if let Some(entry) = self.entries.get_mut(table) {
            entry.mode = mode;
            match is_view {
                true => self.views.insert(table.to_owned()),
                false => self.views.remove(table),
            };
        }
        self
    }

    /// Sets the roles with rights on less than a whole legacy table: (role, table).
    #[must_use]
    pub fn limiting(mut self, limited: HashSet<(String, String)>) -> Self {
        self.limited = limited;
        self
    }

    /// The roles of [`Policy::limiting`].
    pub fn limited(&self) -> &HashSet<(String, String)> {
        &self.limited
    }

    /// Sets the legacy tables whose rules have faults, and the faults.
    #[must_use]
    pub fn with_faulty(mut self, faulty: BTreeMap<String, String>) -> Self {
        self.faulty = faulty;
        self.looking()
    }

    /// Sets the tombstones; none of them may have an entry.
    #[must_use]
    pub fn with_tombstones(mut self, tombstones: BTreeSet<String>) -> Self {
        self.tombstones = tombstones;
        self.looking()
    }

    /// Sets the key tables.
    #[must_use]
    pub fn keyed(mut self, key_tables: KeyTables) -> Self {
        self.key_tables = key_tables;
        self.looking()
    }

    /// Names the functions that may change what names mean.
    #[must_use]
    pub fn moved_by(mut self, movers: Arc<Movers>) -> Self {
        self.movers = movers;
        self.looking()
    }

    fn looking(mut self) -> Self {
        let names = self.entries.keys().chain(self.faulty.keys()).chain(&self.tombstones).map(String::as_str);
        let more = prefilter::More { constraints: self.key_tables.has_constraints(), movers: self.movers.names().collect() };
        self.prefilter = Prefilter::with(names, &more);
        self
    }

    /// Functions that may change what names mean.
    pub fn movers(&self) -> &Arc<Movers> {
        &self.movers
    }

    /// What the functions may change whose names occur in a text, as words or between quotes.
    pub fn moves_of(&self, text: &str) -> Moves {
        let named = self.prefilter.movers_in(text).filter_map(|name| self.movers.of(name));
        named.fold(self.moves_of_escaped(text), Moves::and)
    }

    /// The same of names that are written with escapes: `U&"f\005fpath"`. One that cannot be read here may be any.
    fn moves_of_escaped(&self, text: &str) -> Moves {
        if !text.contains("&\"") {
            return Moves::default();
        }
        let all = || self.movers.names().filter_map(|name| self.movers.of(name)).fold(Moves::default(), Moves::and);
        let Ok(lexed) = Lexed::new(text) else { return all() };
        if lexed.lexemes.iter().any(|lexeme| lexeme.is("UESCAPE")) {
            return all();
        }
        let names = lexed.lexemes.iter().filter_map(Lexeme::name).filter_map(|name| self.movers.of(&name));
        names.fold(Moves::default(), Moves::and)
    }

    /// Legacy tables whose rules have faults, each with what is wrong.
    pub fn faulty(&self) -> &BTreeMap<String, String> {
        &self.faulty
    }

    /// Legacy names that are retired.
    pub fn tombstones(&self) -> &BTreeSet<String> {
        &self.tombstones
    }

    /// The policy as it would be if every table in mode shadow were in mode rewrite.
    #[must_use]
    pub fn with_shadow_rewritten(&self) -> Policy {
        let mut switched = self.clone();
        switched.entries.values_mut().filter(|e| e.mode == Mode::Shadow).for_each(|e| e.mode = Mode::Rewrite);
        switched
    }

    /// A policy that looks at no statement, for the time of `esclusa off`. Tombstones come back all the same, because otherwise
    /// nothing has their names.
    #[must_use]
    pub fn aside(&self) -> Policy {
        let mut aside = self.clone();
        aside.entries.values_mut().for_each(|e| e.mode = Mode::Off);
        aside.readers.clear();
        aside
    }

    /// A policy that finds out what a text names, whatever the modes are.
    #[must_use]
    pub fn observing(&self) -> Policy {
        let mut observing = self.clone();
        observing.entries.values_mut().for_each(|e| e.mode = Mode::Observe);
        observing.readers.clear();
        observing
    }

    /// Whether a text may name a legacy table.
    pub fn may_name(&self, text: &[u8]) -> bool {
        self.prefilter.may_name(text)
    }

    /// What a text may do.
    pub fn scan(&self, text: &[u8]) -> prefilter::Possible {
        self.prefilter.scan(text)
    }

    /// All entries.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }

    /// Whether a table has a rule, whatever its mode is, tombstones included.
    pub fn knows(&self, table: &str) -> bool {
        self.entries.contains_key(table) || self.tombstones.contains(table)
    }

    /// Whether the legacy schema has this name, with or without a rule.
    pub fn has(&self, table: &str) -> bool {
        self.knows(table) || self.catalog.tables.contains_key(table)
    }

    /// Whether there are key tables: then an error of any statement may come from one.
    pub fn has_key_tables(&self) -> bool {
        self.key_tables.has_constraints()
    }

    /// Whether a relation of the schema that has no rule is a view.
    pub(super) fn is_view(&self, name: &str) -> bool {
        self.views.contains(name)
    }

    /// Whether a table has a rule and is in mode `off`.
    pub(super) fn is_off(&self, table: &str) -> bool {
        self.entries.get(table).is_some_and(|e| e.mode == Mode::Off)
    }

    /// The entry of a legacy table that is looked at.
    pub fn entry(&self, table: &str) -> Option<&Entry> {
        self.entries.get(table).filter(|e| e.mode != Mode::Off)
    }
}
