//! Pure: compiled rules + a statement -> an outcome. No socket, no clock, no database: values in, values out, which is what makes
//! it testable by the hundred thousand statements.
//!
//! One file per statement family: `read` for references in FROM, `insert` with `conflict`, `update`, `delete`, `merge`, `copy`, `utility`;
//! `group`, `system` and `rowtype` for what a view has not; `returning`, `assign` and `expression` for what they share. `resolve` and
//! `columns` decide what a name is, `splice` puts the text together, `refuse` says no.

mod assign;
pub mod cache;
mod captured;
mod columns;
mod conflict;
mod constraint;
mod context;
mod copies;
mod copy;
mod delete;
mod expression;
mod group;
mod insert;
mod merge;
mod named;
mod net;
mod outcome;
pub mod prefilter;
mod read;
pub mod refuse;
mod resolve;
mod returning;
mod rowtype;
mod source;
pub mod splice;
pub mod story;
mod system;
mod update;
mod utility;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use sqlparser::tokenizer::Token;

use crate::catalog::{Catalog, KeyTables};
use crate::mode::{Mode, Readers};
use crate::relation::Relation;
use crate::sql::effect;
use crate::sql::{self, Lexed, Limits, Role, Shape, Span, Statement};
use context::Follower;
pub use named::Named;
pub use outcome::{Hit, HitOutcome, Outcome};
use prefilter::Prefilter;
use refuse::Refusal;
use splice::{Edit, splice};
pub use system::PRIVATE;
pub use update::VALUES_OF_SET;

/// Compiled rules, modes and catalog at one moment. A switch makes a new one; statements that are being worked on keep theirs.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Counts the switches: what a cached or prepared statement was rewritten under.
    pub generation: u64,
    /// The schema of the legacy tables.
    pub schema: String,
    /// The database that it lies in; a client of another one is not looked at.
    pub database: Option<String>,
    /// How much of a statement is read.
    pub limits: Limits,
    entries: HashMap<String, Entry>,
    prefilter: Prefilter,
    /// Columns of the schema's other tables with their types, for telling whose a name is.
    columns: Arc<HashMap<String, Vec<(String, String)>>>,
    /// The schema's views, which have no system columns.
    views: HashSet<String>,
    /// Relations in other schemas that have a legacy name: (schema, name).
    shadows: HashSet<(String, String)>,
    /// Roles that have less than a whole legacy table: (role, table). They have no use of its leaf, and write through the view. Without a
    /// table: those that may not use the schema, for whom nothing is rewritten.
    limited: HashSet<(String, String)>,
    /// Legacy tables whose rules have faults, and what is wrong: forwarded untouched, and counted.
    faulty: BTreeMap<String, String>,
    /// Legacy names that are retired: looked for, and nothing else.
    tombstones: BTreeSet<String>,
    /// The key tables beside leaves, and their constraints.
    key_tables: KeyTables,
    /// Copied tables that some sessions read in their new form while everybody writes the legacy one, and which sessions.
    readers: BTreeMap<String, Readers>,
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
    /// Puts rules, modes and a catalog together. Tables in mode `off` are looked for too: a statement that names one may be kept
    /// prepared until it is switched.
    pub fn new(generation: u64, schema: &str, entries: Vec<Entry>, catalog: &Catalog, limits: Limits) -> Self {
        let entries: HashMap<String, Entry> = entries.into_iter().map(|e| (e.relation.table.clone(), e)).collect();
        let column = |c: &crate::catalog::Column| (c.name.clone(), c.type_name.clone());
        let columns = catalog.tables.values().map(|t| (t.name.clone(), t.columns.iter().map(column).collect()));
        Policy {
            generation,
            schema: schema.to_owned(),
            database: None,
            limits,
            prefilter: Prefilter::new(entries.keys().map(String::as_str)),
            columns: Arc::new(columns.collect()),
            views: catalog.tables.values().filter(|t| t.kind == 'v').map(|t| t.name.clone()).collect(),
            shadows: HashSet::new(),
            limited: HashSet::new(),
            faulty: BTreeMap::new(),
            tombstones: BTreeSet::new(),
            key_tables: KeyTables::default(),
            readers: BTreeMap::new(),
            entries,
        }
    }

    /// Names the database, and the relations of other schemas that a search path may find first.
    #[must_use]
    pub fn within(mut self, database: Option<String>, shadows: HashSet<(String, String)>) -> Self {
        self.database = database;
        self.shadows = shadows;
        self
    }

    /// One table has another mode, and a view has its name, or the table has it again.
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

    /// Names the roles that have less than a whole legacy table: (role, table).
    #[must_use]
    pub fn limiting(mut self, limited: HashSet<(String, String)>) -> Self {
        self.limited = limited;
        self
    }

    /// Whether these are the roles of [`Policy::limiting`].
    pub fn is_limiting(&self, limited: &HashSet<(String, String)>) -> bool {
        self.limited == *limited
    }

    /// Names the legacy tables whose rules have faults, each with what is wrong.
    #[must_use]
    pub fn with_faulty(mut self, faulty: BTreeMap<String, String>) -> Self {
        self.faulty = faulty;
        self.looking()
    }

    /// Names the legacy names that are retired; none of them has an entry.
    #[must_use]
    pub fn with_tombstones(mut self, tombstones: BTreeSet<String>) -> Self {
        self.tombstones = tombstones;
        self.looking()
    }

    /// Names the key tables.
    #[must_use]
    pub fn keyed(mut self, key_tables: KeyTables) -> Self {
        self.key_tables = key_tables;
        self.looking()
    }

    fn looking(mut self) -> Self {
        let names = self.entries.keys().chain(self.faulty.keys()).chain(&self.tombstones).map(String::as_str);
        self.prefilter = match self.key_tables.has_constraints() {
            true => Prefilter::with_constraints(names),
            false => Prefilter::new(names),
        };
        self
    }

    /// Legacy tables whose rules have faults, each with what is wrong.
    pub fn faulty(&self) -> &BTreeMap<String, String> {
        &self.faulty
    }

    /// Legacy names that are retired.
    pub fn tombstones(&self) -> &BTreeSet<String> {
        &self.tombstones
    }

    /// The policy as it would be if every table in mode shadow were switched to rewrite.
    #[must_use]
    pub fn switched(&self) -> Policy {
        let mut switched = self.clone();
        switched.entries.values_mut().filter(|e| e.mode == Mode::Shadow).for_each(|e| e.mode = Mode::Rewrite);
        switched
    }

    /// The policy that looks at no statement, for as long as `esclusa off` is in force. A retired name comes back all the same: nothing answers under it.
    #[must_use]
    pub fn aside(&self) -> Policy {
        let mut aside = self.clone();
        aside.entries.values_mut().for_each(|e| e.mode = Mode::Off);
        aside.readers.clear();
        aside
    }

    /// The policy that tells what a text names, whatever the modes are.
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
    pub fn scan(&self, text: &[u8]) -> prefilter::Found {
        self.prefilter.scan(text)
    }

    /// All entries.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }

    /// Whether there is a rule for a table, whatever its mode, and whether or not its name is retired.
    pub fn knows(&self, table: &str) -> bool {
        self.entries.contains_key(table) || self.tombstones.contains(table)
    }

    /// Whether key tables stand beside leaves: then any statement's error may come from one.
    pub fn has_key_tables(&self) -> bool {
        self.key_tables.has_constraints()
    }

    /// Whether a relation of the schema that has no rule is a view.
    fn is_view(&self, name: &str) -> bool {
        self.views.contains(name)
    }

    /// Whether a table has a rule and is not looked at.
    fn is_off(&self, table: &str) -> bool {
        self.entries.get(table).is_some_and(|e| e.mode == Mode::Off)
    }

    /// A legacy table that is looked at.
    pub fn entry(&self, table: &str) -> Option<&Entry> {
        self.entries.get(table).filter(|e| e.mode != Mode::Off)
    }
}

/// What a session's names mean, beyond the text of a statement.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NameContext {
    /// The effective search path, `$user` resolved.
    pub search_path: Vec<String>,
    /// Temporary relations of the session with a legacy name: they come before every schema.
    pub temporary: Vec<String>,
    /// The role whose rights are in force; empty where nobody has asked.
    pub role: String,
    /// Some of this was changed in the transaction that is open: its end may undo it.
    pub passing: bool,
    /// The parameters whose types the client has declared: they take none from where they stand.
    pub declared: Vec<usize>,
    /// Copied legacy tables that the session reads in their new form, and writes where they are.
    pub reads: Vec<String>,
}

impl NameContext {
    /// A context with this search path and no temporary tables.
    pub fn with_path(search_path: &[&str]) -> Self {
        let search_path = search_path.iter().map(|s| (*s).to_owned()).collect();
        NameContext {
            search_path,
            temporary: Vec::new(),
            role: String::new(),
            passing: false,
            declared: Vec::new(),
            reads: Vec::new(),
        }
    }
}

/// Decides about one Query's or Parse's text.
pub fn rewrite(policy: &Policy, names: &NameContext, text: &str) -> Outcome {
    let outcome = decided(policy, names, text);
    let is_good = outcome.reads.is_empty() || outcome.refusals.is_empty() && outcome.text.is_some();
    // What has no new form is read where it always was.
    if is_good { outcome } else { decided(policy, &names.by_legacy_tables(), text) }
}

fn decided(policy: &Policy, names: &NameContext, text: &str) -> Outcome {
    let mut outcome = Outcome::default();
    let script = match sql::script(text, &policy.limits) {
        Ok(script) => script,
        Err(reason) => {
            outcome.opaque(policy, text, &reason.to_string());
            return outcome;
        }
    };
    let mut edits = Vec::new();
    outcome.effects = effect::effects(&script.lexed);
    let mut follower = Follower::new(policy, names);
    for statement in &script.statements {
        match Work::new(policy, &follower.names, &script.lexed, statement) {
            Some(Ok(mut work)) => {
                work.names_in_doubt = follower.in_doubt;
                work.decide(&mut outcome);
                edits.append(&mut work.edits);
            }
            Some(Err(reason)) => outcome.opaque(policy, script.lexed.slice(&statement.lexemes), &reason),
            None => {}
        }
        let effect = (!outcome.effects.is_empty()).then(|| effect::effect(&script.lexed, &statement.lexemes));
        if let Some(effect) = effect.flatten() {
            follower.follow(&effect);
        }
    }
    if !edits.is_empty() {
        match splice(text, edits) {
            Some(spliced) => {
                outcome.text = Some(spliced.text.into());
                outcome.map = spliced.map;
            }
            None => {
                outcome = Outcome { effects: outcome.effects, reads: outcome.reads, ..Outcome::default() };
                outcome.opaque(policy, text, "the edits of this statement overlap");
            }
        }
    }
    outcome
}

/// One statement being rewritten.
struct Work<'w, 't> {
    policy: &'w Policy,
    names: &'w NameContext,
    lexed: &'w Lexed<'t>,
    lexemes: std::ops::Range<usize>,
    shape: &'w Shape,
    /// The search path cannot be told: it was changed in the same text.
    names_in_doubt: bool,
    /// It only reads, so that it may read copied tables in their new form.
    reads_copies: bool,
    /// The entry of each reference that is a legacy table.
    entries: Vec<Option<&'w Entry>>,
    /// Every word of the statement, folded: a column that is not among them is not needed.
    words: HashSet<String>,
    edits: Vec<Edit>,
    notes: Vec<String>,
    /// What was found wrong while names were looked up.
    fault: Option<Refusal>,
    /// What FROM shows, found out once.
    memo: columns::Memo,
    /// What is said otherwise because a view is no table.
    substitutes: system::Substitutes,
}

impl<'w, 't> Work<'w, 't> {
    /// `None` when the statement has nothing to do with a legacy table; an error when it may have, but is not understood.
    fn new(
        policy: &'w Policy,
        names: &'w NameContext,
        lexed: &'w Lexed<'t>,
        statement: &'w Statement,
    ) -> Option<Result<Self, String>> {
        if !policy.may_name(lexed.slice(&statement.lexemes).as_bytes()) {
            return None;
        }
        let shape = match &statement.shape {
            Ok(shape) => shape,
            Err(reason) => return Some(Err(reason.to_string())),
        };
        let lexemes = statement.lexemes.clone();
        let words = lexed.lexemes[lexemes.clone()].iter().filter_map(|l| l.name()).collect();
        let mut work = Work {
            policy,
            names,
            lexed,
            lexemes,
            shape,
            names_in_doubt: false,
            reads_copies: false,
            entries: Vec::new(),
            words,
            edits: Vec::new(),
            notes: Vec::new(),
            fault: None,
            memo: columns::Memo::default(),
            substitutes: system::Substitutes::default(),
        };
        work.entries = shape.references.iter().map(|r| work.entry_of(&r.name)).collect();
        Some(Ok(work))
    }

    fn decide(&mut self, outcome: &mut Outcome) {
        if !self.shape.constraints.is_empty() {
            return self.set_constraints(outcome);
        }
        let unclassified = self.mentions(outcome);
        self.count_faulty(outcome);
        self.count_tombstones(outcome);
        let live: Vec<usize> = (0..self.entries.len()).filter(|&i| self.entries[i].is_some()).collect();
        if live.is_empty() {
            return;
        }
        let refused = live.iter().find_map(|&i| {
            let entry = self.entries[i]?;
            let reference = &self.shape.references[i];
            let depends = self.names_in_doubt && reference.name.0.len() == 1;
            match entry.mode {
                Mode::Rewrite | Mode::Refuse if depends => Some(Refusal::in_doubt(&entry.relation, reference.span.start)),
                Mode::Refuse => Some(Refusal::retired(&entry.relation, reference.span.start)),
                _ => None,
            }
        });
        self.reads_copies = !self.names.reads.is_empty() && !self.names_in_doubt && self.only_reads() && self.may_read_copies();
        outcome.shadow = live.iter().any(|&i| self.entries[i].is_some_and(|e| e.mode == Mode::Shadow)) && self.only_reads();
        // The server's own answer, about a name that this role may not look up, is that of the legacy table.
        let is_stranger = self.policy.limited.contains(&(self.names.role.clone(), String::new()));
        let rewrites = !is_stranger && live.iter().any(|&i| self.rewritten(i).is_some());
        // What the net caught may be a relation that the parser did not show: then nothing of the statement is touched.
        let result = match refused {
            Some(refusal) => Err(refusal),
            None if rewrites && !unclassified => self.edit_all(),
            None => Ok(()),
        };
        let opaque = unclassified && rewrites;
        if let Err(refusal) = &result {
            self.notes.push(format!("refused: {}", refusal.error.message));
            self.refuse(refusal.clone(), outcome);
        }
        for i in live {
            let Some(entry) = self.entries[i] else { continue };
            self.name_columns(i, entry, outcome);
            let done = match entry.mode {
                _ if result.is_err() => HitOutcome::Refused,
                _ if is_stranger || self.rewritten(i).is_none() => HitOutcome::Forwarded,
                Mode::Rewrite if opaque => HitOutcome::Opaque,
                _ if opaque => HitOutcome::Forwarded,
                _ => HitOutcome::Rewritten,
            };
            let reads_copy = entry.mode != Mode::Rewrite && matches!(done, HitOutcome::Rewritten | HitOutcome::Refused);
            if reads_copy && self.rewritten(i).is_some() && !outcome.reads.contains(&entry.relation.table) {
                outcome.reads.push(entry.relation.table.clone());
                outcome.shadow = true;
            }
            let hit =
                Hit { table: entry.relation.table.clone(), operation: self.shape.references[i].role.operation(), outcome: done };
            if done == HitOutcome::Rewritten && !outcome.rewritten.iter().any(|r| r.table == hit.table) {
                outcome.rewritten.push(entry.relation.clone());
            }
            if !outcome.hits.contains(&hit) {
                outcome.hits.push(hit);
            }
        }
        outcome.notes.append(&mut self.notes);
    }

    /// Whether this is all of the text, a query without locks, and may run a second time.
    fn only_reads(&self) -> bool {
        let words = ["UPDATE", "SHARE", "INTO", "NEXTVAL", "SETVAL", "PG_NOTIFY", "PG_SLEEP"];
        let lexemes = &self.lexed.lexemes[self.lexemes.clone()];
        lexemes.len() + 1 >= self.lexed.lexemes.len()
            && self.shape.dml.is_empty()
            && self.shape.references.iter().all(|r| matches!(r.role, Role::Read | Role::Type))
            && lexemes.first().is_some_and(|l| l.is_any(&["SELECT", "WITH", "TABLE", "VALUES"]) || l.is_token(&Token::LParen))
            && !lexemes.iter().any(|l| l.is_any(&words))
    }

    /// Whether the session's role has less than a whole legacy table: rights on some of its columns, or a right to change what it may
    /// not read. It then writes through the view, whose columns have these rights; the leaf has only those on the whole table.
    fn is_limited(&self, entry: &Entry) -> bool {
        let limited = &self.policy.limited;
        !limited.is_empty() && limited.contains(&(self.names.role.clone(), entry.relation.table.clone()))
    }

    /// The entry of a reference that is to be rewritten.
    fn rewritten(&self, reference: usize) -> Option<&'w Entry> {
        self.entries[reference].filter(|e| e.mode == Mode::Rewrite || self.reads_copies && self.reads_copy_of(e))
    }

    /// Edits every reference and every writing statement.
    fn edit_all(&mut self) -> Result<(), Refusal> {
        self.substitute()?;
        let truncated = |i: usize| self.shape.references[i].role == Role::Truncate && self.rewritten(i).is_some();
        if (0..self.shape.references.len()).any(truncated) {
            self.keep_sequences()?;
        }
        for i in 0..self.shape.references.len() {
            let Some(entry) = self.rewritten(i) else { continue };
            match self.shape.references[i].role {
                Role::Read => self.read(i, entry)?,
                Role::Type => self.row_type(i, entry),
                Role::CopyTo => self.copy_to(i, entry)?,
                Role::CopyFrom => self.copy_from(i, entry),
                Role::Insert | Role::Update | Role::Delete | Role::Merge => {}
                Role::Truncate if entry.relation.projection.is_some() => return Err(Refusal::captured(&entry.relation)),
                Role::Truncate | Role::Lock | Role::Analyze | Role::Vacuum | Role::Rebuild(_) | Role::Define(_) => {
                    self.utility(i, entry)?
                }
            }
        }
        for dml in &self.shape.dml {
            let Some(entry) = self.rewritten(dml.target) else { continue };
            self.write(dml, entry)?;
        }
        self.qualify();
        self.fault.take().map_or(Ok(()), Err)
    }

    /// Replaces the whole statement by one that fails at the same place, whose error is then replaced by ours.
    fn refuse(&mut self, refusal: Refusal, outcome: &mut Outcome) {
        self.edits.clear();
        let Some(span) = self.lexed.span(&self.lexemes) else { return };
        let refusal = refusal.numbered(outcome.refusals.len());
        self.edits.push(Edit::replace(span, refusal.statement()));
        outcome.refusals.push(refusal);
    }

    fn text(&self, span: Span) -> &'t str {
        &self.lexed.text[span.range()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;
    use crate::config::document::Document;
    use crate::relation::Context;
    use crate::rule::file;

    /// One look-up, `tipocorreo`, in mode rewrite.
    pub(in crate::rewrite) fn policy() -> Policy {
        let rule = "table = \"tipocorreo\"\nkind = \"lookup\"\n\
                    columns = [{ name = \"tipcid\", type = \"numeric(5,0)\", null = false }]\n\
                    [target]\ndomain = \"TIPO_CORREO\"\n[key]\ncolumns = [\"tipcid\"]\n";
        let rule = file::parse(&Document::parse("r.toml".as_ref(), rule).unwrap()).unwrap();
        let relation = Arc::new(Relation::compile(&rule, &Context::new(&Settings::defaults().unwrap())));
        let entries = vec![Entry { relation, mode: Mode::Rewrite }];
        Policy::new(1, "cf_quere_pro", entries, &Catalog::default(), Limits::default())
    }

    #[test]
    fn a_tombstone_is_touched_by_who_would_use_it_and_by_nobody_else() {
        let policy = || Policy::new(1, "cf_quere_pro", Vec::new(), &Catalog::default(), Limits::default());
        let policy = policy().with_tombstones(["tipocorreo".to_owned()].into());
        let names = NameContext::with_path(&["cf_quere_pro", "public"]);
        for (text, touched) in [
            ("select * from tipocorreo", true),
            ("SELECT 1 FROM otra JOIN cf_quere_pro.TipoCorreo USING (id)", true),
            ("prepare p as insert into tipocorreo values ($1)", true),
            ("create view v as select * from tipocorreo", true),
            ("copy tipocorreo to stdout", true),
            ("do $$ begin perform 1 from tipocorreo; end $$", true),
            ("select * from tipocorreo where 'open", true),
            ("select * from public.tipocorreo", false),
            ("with tipocorreo as (select 1) select * from tipocorreo", false),
            ("select 'tipocorreo'", false),
            ("select relname from pg_class where relname = 'tipocorreo'", false),
            ("drop table if exists tipocorreo", false),
            ("create temporary table tipocorreo (x integer)", false),
            ("create local temp table if not exists tipocorreo as select 1", false),
            ("create table if not exists cf_quere_pro.tipocorreo (x integer)", true),
            ("create table tipocorreo as select 1", true),
            ("create unlogged table tipocorreo (x integer)", true),
            ("create view tipocorreo as select 1", true),
            ("create table otra (like tipocorreo)", true),
            // Not classified: a name that comes back for nothing does no harm.
            ("create table otra (tipocorreo integer)", true),
        ] {
            let outcome = rewrite(&policy, &names, text);
            assert_eq!(!outcome.tombstones.is_empty(), touched, "{text}: {outcome:?}");
            assert!(outcome.text.is_none(), "{text}");
            assert_eq!(rewrite(&policy.aside(), &names, text).tombstones, outcome.tombstones, "{text}");
        }
        assert!(policy.aside().may_name(b"select 1 from tipocorreo"), "one that is prepared now may be run later");
    }

    #[test]
    fn a_table_that_is_off_is_looked_for_and_left_alone() {
        let mut policy = policy();
        policy.entries.values_mut().for_each(|e| e.mode = Mode::Off);
        let outcome = rewrite(&policy, &NameContext::with_path(&["cf_quere_pro"]), "select 'tipocorreo' from tipocorreo");
        assert!(policy.may_name(b"select 1 from tipocorreo") && outcome.is_plain());
    }
}
