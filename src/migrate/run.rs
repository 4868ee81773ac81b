//! `migrate`: one legacy table at a time. A small one moves in one transaction: lock, move, prove, attach the audit trigger, give the name to the
//! view. A large history is copied and proven before (`online`), so that transaction only proves what has changed since. It waits for its locks as
//! `quiet` does. If anything fails, the table is left as it was.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::catalog::{Catalog, Database, Table};
use crate::control;
use crate::error::{Error, Result};
use crate::relation::Relation;
use crate::rule::{Rule, check};
use crate::sql::quote::qualified;

use super::ahead::Ahead;
use super::attachments::{Attachments, dependents_of, hanging, improving, naming};
use super::capture::{self, Firing, writer};
use super::copying::{Prepared, unproven};
use super::cut_over::{Asked, CutOver};
use super::dependents::{Dependent, Dependents};
use super::foreign_key::KEYS;
use super::foreign_key::key_table::KeyTable;
use super::ledger::{self, Entry};
use super::machine::{Name, State, Step};
use super::migration::Migration;
use super::online;
use super::parity::{self, CheckResult, Parity};
use super::quiet::{Locked, attempt, attempt_once};
use super::{ARCHIVE, CONTROL, LEAVES, OWN_GRANTS, backfill, gate, keep, leaf, name, object, reads, retain, roles, view};

/// How often a table that could not move is copied further at most, before it is left as it is.
const AGAIN: u32 = 3;

/// What was done with one table.
#[derive(Debug)]
pub struct TableRun {
    /// The legacy table.
    pub table: String,
    /// Rows moved.
    pub rows: u64,
    /// The proof; `None` when there was nothing to do.
    pub parity: Option<Parity>,
    /// Notes for the reader: the trigger, dependent objects, "already migrated".
    pub notes: Vec<String>,
    /// How long nobody else could use the table.
    pub held: Duration,
}

impl Migration<'_> {
    /// Migrates one table of any kind.
    pub async fn table(&self, run: i64, rule: &Rule) -> Result<TableRun> {
        let relation = Relation::compile(rule, &self.context);
        let catalog = self.catalog(rule).await?;
        let Some(table) = catalog.tables.get(&rule.table) else {
            let is_retired = name::name(self.database, &rule.table).await? != Name::Served;
            return Err(Error::Refused {
                message: format!("there is no table {}", relation.legacy_table()),
                detail: is_retired.then(|| "it has been moved, and its name is retired".into()),
                hint: is_retired.then(|| format!("`esclusa retire {} --undo --reason ...` brings the name back", rule.table)),
            });
        };
        if relation.is_retained() {
            return self.improve(run, rule, &relation, table).await;
        }
        if table.kind == 'v' {
            // A process that was killed right after the move has not done this.
            if !object::is_recorded(self.database, &rule.table).await? {
                self.analyse(&relation).await?;
                self.describe(rule).await?;
            }
            let notes = vec!["already migrated: a view has the name".into()];
            return Ok(TableRun { table: rule.table.clone(), rows: 0, parity: None, notes, held: Duration::ZERO });
        }
        self.refuse_stale_rule(rule, &catalog)?;
        let hanging = self.hanging(self.database, &relation, &relation.legacy_table()).await?;
        self.refuse_hanging(&relation, &hanging)?;
        let naming = naming(self.database, &relation, &relation.legacy_table()).await?;
        let locks = hanging.locks.join(";\n");
        let mut prepared = self.prepare(run, &relation).await?;
        let mut moved = self.cut_over(run, rule, &relation, &locks, prepared.as_ref()).await?;
        // Each time with what has changed in between: a small table that is copied after all, or an index that was made while the copy was proven.
        for _ in 0..AGAIN {
            if moved.is_some() {
                break;
            }
            let why = match prepared {
                None => "others would have to wait too long, so it is copied while it is written",
                Some(_) => "its indexes have changed since they were copied, so they are copied again",
            };
            self.told.word(&format!("{}: {why}", rule.table));
            prepared = Some(self.copy(run, &relation).await?);
            moved = self.cut_over(run, rule, &relation, &locks, prepared.as_ref()).await?;
        }
        let Some((mut outcome, validation)) = moved else {
            return Err(Error::refused(format!(
                "{}: its indexes change again and again, or others would have to wait too long",
                rule.table
            )));
        };
        outcome.notes.extend(naming.iter().map(Dependent::to_string));
        if prepared.is_none() {
            self.analyse(&relation).await?;
        }
        self.describe(rule).await?;
        let is_validated = !validation.is_empty();
        // This reads the referencing tables without blocking their writers. A failure is only noted: the table has been moved.
        for validate in validation {
            if let Err(error) = self.database.batch(&format!("validating a foreign key of {}", rule.table), &validate).await {
                outcome.notes.push(format!("a foreign key is not valid yet: {error} (`{validate}`)"));
            }
        }
        if is_validated {
            object::record_keys(self.database, &self.context.schema, &rule.table).await?;
        }
        Ok(outcome)
    }

    /// Improves a retained history.
    async fn improve(&self, run: i64, rule: &Rule, relation: &Relation, table: &Table) -> Result<TableRun> {
        let checked = match table.column("hst_id") {
            None => gate::improvement(self.database, &rule.table).await,
            Some(_) => Ok(()),
        };
        let (attachments, legacy) = (Attachments::new(relation), relation.legacy_table());
        let hanging = improving(self.database, &attachments.leaf(&legacy)).await?;
        // The rehearsal shows what would be done afterwards all the same.
        let (told, refused) = match (checked.and_then(|()| self.refuse_hanging(relation, &hanging)), self.database.is_rehearsal())
        {
            (Err(error @ Error::Refused { .. }), true) => (Vec::new(), Some(error)),
            (told, _) => (told?, None),
        };
        let mut notes = retain::run(self.database, &self.context, rule, table).await?;
        // A process that was killed after the work has not written the ledger.
        if !notes.is_empty() || ledger::state(self.database, &self.context, &rule.table).await? != State::Improved {
            let write = async |db: &Database| self.write(db, run, rule, Step::Improve, None).await;
            self.database.transaction("writing what was improved", write).await?;
        }
        notes.extend(told);
        let outcome = TableRun { table: rule.table.clone(), rows: 0, parity: None, notes, held: Duration::ZERO };
        refused.map_or(Ok(outcome), Err)
    }

    /// The catalog of the table and its base: all that a migration of one table needs.
    pub(super) async fn catalog(&self, rule: &Rule) -> Result<Catalog> {
        let base = rule.target.history().and_then(|h| h.base.clone());
        let tables: Vec<String> = std::iter::once(rule.table.clone()).chain(base).collect();
        Catalog::read_tables(self.database, &self.context.schema, &tables).await
    }

    /// The table may have changed since its rule was written: moving it by the old rule could lose a column.
    pub(super) fn refuse_stale_rule(&self, rule: &Rule, catalog: &Catalog) -> Result<()> {
        let faults = check::against_table(rule, catalog);
        match faults.0.iter().map(|f| f.message.as_str()).collect::<Vec<_>>().as_slice() {
            [] => Ok(()),
            faults => Err(Error::Refused {
                message: format!("the rule of {} does not fit the table", rule.table),
                detail: Some(faults.join("; ")),
                hint: Some("run `esclusa rules generate`, review what changed, and migrate again".into()),
            }),
        }
    }

    /// The one transaction in which the table steps aside, when nobody uses it. `None` if that would keep others waiting and the table can be
    /// copied first, or if its copy lacks an index.
    async fn cut_over(
        &self,
        run: i64,
        rule: &Rule,
        relation: &Relation,
        locks: &str,
        prepared: Option<&Prepared<'_>>,
    ) -> Result<Option<(TableRun, Vec<String>)>> {
        let context = format!("migrating {}", rule.table);
        let mut tables = vec![relation.legacy_table()];
        // The base before its history: the order in which an application writes them.
        let base = rule.target.history().and_then(|h| h.base.as_ref()).map(|b| qualified(&self.context.schema, b));
        tables.splice(0..0, base);
        tables.extend(prepared.map(|_| relation.rows()));
        let word = |text: &str| self.told.word(text);
        let proxies = CutOver::prepare(self.database, &rule.table, Asked::WhoeverServes).await?.map(Rc::new);
        let moving = Moving { run, rule, relation, locks, prepared, proxies, failed: Cell::new(false), lacks: Cell::new(false) };
        let since = Cell::new(Instant::now());
        let work = async |db: &Database, locked: &Locked| {
            let owner = owner(db, relation).await?;
            roles::while_creating(db, &[LEAVES, CONTROL, &self.context.schema], &[&owner], async |db| {
                let ahead = match prepared {
                    None => Some(Ahead::make(db, relation, &owner).await?),
                    Some(_) => None,
                };
                self.ask_ahead(db, locked, &moving).await?;
                since.set(Instant::now());
                self.in_quiet(db, locked, &moving, ahead.as_ref()).await
            })
            .await
        };
        let can_be_copied = prepared.is_none() && relation.target().is_some_and(|t| t.repeated.is_some());
        let mut moved = match can_be_copied {
            true => attempt_once(self.database, &self.pace, &context, &tables, &word, &work).await,
            false => attempt(self.database, &self.pace, &context, &tables, &word, work).await.map(Some),
        };
        if moving.lacks.get() {
            return Ok(None);
        }
        if let Ok(Some((outcome, _))) = &mut moved {
            outcome.held = since.get().elapsed();
        }
        if moving.failed.get() && prepared.is_some() {
            online::abandon(self.copying(run, relation)).await?;
        }
        moved.map_err(|error| gone_meanwhile(&context, error))
    }

    /// Asks what is asked under the lock: what stands in the way is found before anybody waits, and the server has the questions planned.
    async fn ask_ahead(&self, db: &Database, locked: &Locked, moving: &Moving<'_>) -> Result<()> {
        let Moving { rule, relation, .. } = *moving;
        self.refuse_stale_rule(rule, &self.catalog(rule).await?)?;
        let hanging = self.hanging(db, relation, &relation.legacy_table()).await?;
        self.refuse_hanging(relation, &hanging)?;
        locked.no_older_snapshot(db).await
    }

    /// Locks the table, and moves it.
    async fn in_quiet(
        &self,
        db: &Database,
        locked: &Locked,
        moving: &Moving<'_>,
        ahead: Option<&Ahead>,
    ) -> Result<(TableRun, Vec<String>)> {
        let Moving { rule, relation, prepared, .. } = *moving;
        let context = format!("migrating {}", rule.table);
        locked.begins();
        self.lock_base(db, rule).await?;
        // After the lock of the base: a client that has written the base goes on to the history, and must not be held in between.
        if let Some(proxies) = &moving.proxies {
            locked.quiet(proxies).await?;
        }
        db.batch(&context, moving.locks).await?;
        let catalog = self.lock(db, rule, relation, prepared.is_some()).await?;
        locked.no_old_snapshot(db).await?;
        if let Some(prepared) = prepared
            && prepared.copy.lacks_an_index(db).await?
        {
            moving.lacks.set(true);
            return Err(Error::refused(format!("{context}: its indexes have changed")));
        }
        if let Some(ahead) = ahead
            && !ahead.fits(db, relation).await?
        {
            return Err(locked.again("whoever has just changed its indexes".to_owned()));
        }
        let moved = self.move_table(db, moving, ahead, &catalog).await?;
        if let Some(parity) = moved.0.parity.as_ref().filter(|p| !p.holds()) {
            moving.failed.set(true);
            return Err(unproven(relation, parity));
        }
        // A snapshot taken during the move is as old as one from before it.
        locked.no_old_snapshot(db).await?;
        self.announce(db, rule).await?;
        locked.moved(db, true).await?;
        Ok(moved)
    }

    /// At the end of the transaction: from here on, the proxies follow the table's mode.
    async fn announce(&self, db: &Database, rule: &Rule) -> Result<()> {
        match self.mode {
            Some(mode) => {
                let table = std::slice::from_ref(&rule.table);
                control::store_modes(db, table, mode, &self.who, Some("migrate")).await.map(|_| ())
            }
            // The stored mode, or that of the settings, may have waited for the move.
            None => control::announce(db).await,
        }
    }

    async fn move_table(
        &self,
        db: &Database,
        moving: &Moving<'_>,
        ahead: Option<&Ahead>,
        catalog: &Catalog,
    ) -> Result<(TableRun, Vec<String>)> {
        let Moving { run, rule, relation, prepared, .. } = *moving;
        let legacy = relation.legacy_table();
        let entry = Entry { run, table: &rule.table, step: Step::Move, rows: None, detail: None };
        ledger::lock(db).await?;
        let next = ledger::place(db, &self.context, entry).await?;
        let hanging = self.hanging(db, relation, &legacy).await?;
        let mut notes = self.refuse_hanging(relation, &hanging)?;
        notes.extend(prepared.map(|p| &p.notes).into_iter().chain(ahead.map(|a| &a.notes)).flatten().cloned());
        let (rows, parity) = match prepared {
            Some(prepared) => {
                let parity = prepared.copy.hand_over(db, &prepared.parity).await?;
                (u64::try_from(parity.rows).unwrap_or(0), parity)
            }
            None => (backfill::run(db, relation, &legacy).await?, parity::check(db, relation, &legacy).await?),
        };
        if !parity.holds() {
            return Ok((
                TableRun { table: rule.table.clone(), rows, parity: Some(parity), notes, held: Duration::ZERO },
                Vec::new(),
            ));
        }
        parity::record(db, &parity).await?;
        let context = format!("carrying what depends on {}", rule.table);
        db.batch(&context, &hanging.before).await?;
        let owned = self.disown(db, relation).await?;
        let views = match ahead {
            Some(_) => view::in_place(relation),
            None => [reads::removal(db, relation).await?, view::creation(relation)].concat(),
        };
        let validation = self.swap(db, relation, &views, hanging.has_keys()).await?;
        db.batch(&context, &hanging.after).await?;
        notes.extend(self.capture(db, rule, relation, catalog).await?);
        let places = prepared.map_or(keep::Places::Order, |p| keep::Places::Numbers(p.copy.numbers()));
        keep::attach(db, relation, places).await?;
        object::storage::record(db, rule, &self.context.time_zone).await?;
        let detail = serde_json::json!({ "sequences": owned }).to_string();
        let entry = Entry { rows: i64::try_from(rows).ok(), detail: (!owned.is_empty()).then_some(&*detail), ..entry };
        ledger::write_as(db, entry, next).await?;
        Ok((TableRun { table: rule.table.clone(), rows, parity: Some(parity), notes, held: Duration::ZERO }, validation))
    }

    /// Locks the base of a history, so that nobody writes it.
    pub(super) async fn lock_base(&self, db: &Database, rule: &Rule) -> Result<()> {
        let context = format!("locking the base of {}", rule.table);
        let base = rule.target.history().and_then(|h| h.base.as_ref()).map(|b| qualified(&self.context.schema, b));
        if let Some(base) = base {
            let sql = "SELECT relkind IN ('r', 'p') FROM pg_class WHERE oid = to_regclass($1)";
            let rows = db.query(&context, sql, &[&base]).await?;
            if rows.first().is_some_and(|r| r.get(0)) {
                db.batch(&context, &format!("LOCK TABLE {base} IN SHARE ROW EXCLUSIVE MODE")).await?;
            }
        }
        Ok(())
    }

    /// Locks the table, and checks that it still matches its rule.
    async fn lock(&self, db: &Database, rule: &Rule, relation: &Relation, is_copied: bool) -> Result<Catalog> {
        let context = format!("locking {}", rule.table);
        // Readers of a copy hold locks on it: better to find out before the last proof than after it.
        let copy = if is_copied { format!(", {}", relation.rows()) } else { String::new() };
        db.batch(&context, &format!("LOCK TABLE {}{copy} IN ACCESS EXCLUSIVE MODE", relation.legacy_table())).await?;
        let catalog = self.catalog(rule).await?;
        self.refuse_stale_rule(rule, &catalog)?;
        Ok(catalog)
    }

    /// Gathers statistics of a leaf that was filled in the transaction that moved its table.
    async fn analyse(&self, relation: &Relation) -> Result<()> {
        self.database.batch(&format!("looking at the rows of {}", relation.table), &leaf::analysis(relation)).await
    }

    /// Records what the moved table consists of, after the move: it takes as long as the rest of it, and nobody needs to wait for it.
    async fn describe(&self, rule: &Rule) -> Result<()> {
        let context = format!("recording what {} consists of", rule.table);
        let record = async |db: &Database| {
            db.batch(&context, OWN_GRANTS).await?;
            object::record(db, &self.context.schema, &rule.table).await?;
            object::record_keys(db, &self.context.schema, &rule.table).await
        };
        self.database.transaction(&context, record).await
    }

    pub(super) async fn hanging(&self, db: &Database, relation: &Relation, legacy: &str) -> Result<Dependents> {
        hanging(db, relation, legacy).await
    }

    /// The key table beside the leaf, if foreign keys lead to or from the table; returns the statements that validate them after the move.
    async fn keys(&self, db: &Database, relation: &Relation, archived: &str) -> Result<Vec<String>> {
        let attachments = Attachments::new(relation);
        let Some(keys) = KeyTable::plan(db, &attachments.leaf(archived)).await? else { return Ok(Vec::new()) };
        let context = format!("keeping the foreign keys of {}", relation.table);
        roles::while_creating(db, &[KEYS, CONTROL], &[keys.owner()], async |db| db.batch(&context, &keys.creation()).await)
            .await?;
        Ok(keys.validation())
    }

    /// A sequence owned by a column would move with the table and be dropped with the archive, but the view's default still uses it. Returns the
    /// sequences with their columns, to be owned again when the table comes back.
    async fn disown(&self, db: &Database, relation: &Relation) -> Result<Vec<(String, String)>> {
        let context = format!("letting the sequences of {} go", relation.table);
        let sql = "SELECT d.objid::regclass::text, a.attname FROM pg_depend d JOIN pg_class c ON c.oid = d.objid \
                   JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid \
                   WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = to_regclass($1) AND d.deptype = 'a' \
                     AND d.classid = 'pg_class'::regclass AND c.relkind = 'S'";
        let owned = db.query(&context, sql, &[&relation.legacy_table()]).await?;
        let owned: Vec<(String, String)> = owned.iter().map(|r| (r.get(0), r.get(1))).collect();
        let disown: String = owned.iter().map(|(sequence, _)| format!("ALTER SEQUENCE {sequence} OWNED BY NONE;")).collect();
        if !disown.is_empty() {
            db.batch(&context, &disown).await?;
        }
        Ok(owned)
    }

    /// The table steps aside and the view takes its name, in the same transaction. `views` makes the views that do not exist yet.
    async fn swap(&self, db: &Database, relation: &Relation, views: &str, has_keys: bool) -> Result<Vec<String>> {
        let (legacy, archived) = (relation.legacy_table(), qualified(ARCHIVE, &relation.table));
        let context = format!("putting the view in place of {}", relation.table);
        db.batch(&context, &format!("ALTER TABLE {legacy} SET SCHEMA {ARCHIVE}")).await?;
        db.will_be(&archived, &legacy);
        db.batch(&context, views).await?;
        view::hand_over(db, relation, &archived).await?;
        if has_keys { self.keys(db, relation, &archived).await } else { Ok(Vec::new()) }
    }

    /// Attaches the audit trigger of a history's base; and, when a base becomes a domain, the trigger on its rows there.
    async fn capture(&self, db: &Database, rule: &Rule, relation: &Relation, catalog: &Catalog) -> Result<Vec<String>> {
        let mut after = catalog.clone();
        after.tables.remove(&rule.table);
        let mut notes = Vec::new();
        if relation.kind == "history" {
            let attached =
                capture::attach(db, &after, self.rules, rule, relation, &|t| self.relation(t), Firing::Enabled).await?;
            notes.extend(writer::notes(relation, attached)?);
        } else {
            let histories = capture::follow(db, &after, self.rules, relation, &|t| self.relation(t), Firing::Enabled).await?;
            notes.extend(histories.iter().map(|h| format!("audit trigger on the rows of domain {} for {h}", rule.table)));
        }
        Ok(notes)
    }

    /// What depends on a table, or on the views of one that has been moved.
    pub async fn dependents(&self, rule: &Rule) -> Result<Vec<Dependent>> {
        dependents_of(self.database, &self.context, rule).await
    }

    /// What depends on the table: notes about what is carried or let go; a refusal for what blocks, unless `--accept` was given.
    pub(super) fn refuse_hanging(&self, relation: &Relation, hanging: &Dependents) -> Result<Vec<String>> {
        let scripts: Vec<&str> = hanging.blocking().filter_map(|d| d.script.as_deref()).collect();
        let is_final = hanging.blocking().any(Dependent::is_final);
        if is_final || !self.accept && hanging.blocking().next().is_some() {
            let deed = match hanging.onto {
                "table" => ("brought back", "bring back"),
                _ if relation.is_retained() => ("improved", "improve"),
                _ => ("moved", "move"),
            };
            let script = if scripts.is_empty() {
                String::new()
            } else {
                format!("\nstatements to run by hand, where there are any:\n{}", scripts.join("\n"))
            };
            return Err(Error::Refused {
                message: format!("{} cannot be {} with everything that depends on it", relation.table, deed.0),
                detail: Some(hanging.blocking().map(Dependent::to_string).collect::<Vec<_>>().join("; ") + &script),
                hint: Some(match is_final {
                    true => "change or drop what blocks: --accept does not accept a foreign key that cannot be kept".to_owned(),
                    false => format!("change or drop what blocks, or {} the table all the same with --accept", deed.1),
                }),
            });
        }
        Ok(hanging.found.iter().map(Dependent::to_string).collect())
    }

    /// Where a legacy table's rows can still be compared: under its own name, or in the archive.
    pub async fn legacy_source(&self, rule: &Rule) -> Result<Option<String>> {
        for candidate in [qualified(&self.context.schema, &rule.table), qualified(ARCHIVE, &rule.table)] {
            let sql = "SELECT relkind::text FROM pg_class WHERE oid = to_regclass($1)";
            let rows = self.database.query("looking for the legacy table", sql, &[&candidate]).await?;
            if rows.first().is_some_and(|r| r.get::<_, String>(0) == "r") {
                return Ok(Some(candidate));
            }
        }
        Ok(None)
    }

    /// Refuses a rule that differs from the one that the table was moved with.
    pub(super) async fn require_storage(&self, rule: &Rule) -> Result<()> {
        object::storage::require(self.database, &self.context.schema, rule, &self.context.time_zone).await
    }

    /// Proves parity of one table outside a migration, and records it.
    pub async fn verify(&self, rule: &Rule) -> Result<Option<Parity>> {
        let relation = Relation::compile(rule, &self.context);
        let Some(source) = self.legacy_source(rule).await? else { return Ok(None) };
        let there = "SELECT to_regclass($1) IS NOT NULL";
        if !self.database.one("looking for the leaf", there, &[&relation.rows()]).await?.get::<_, bool>(0) {
            return Err(match source == qualified(ARCHIVE, &rule.table) {
                true => super::back::leaf_is_gone(&relation),
                false => Error::refused(format!("{} has not been moved", rule.table)),
            });
        }
        self.require_storage(rule).await?;
        let is_kept = keep::is_kept(self.database, &relation).await?;
        let parity = self
            .database
            .transaction(&format!("verifying {}", rule.table), async |db| {
                db.batch("taking a snapshot", "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ").await?;
                let mut parity = match is_kept {
                    true => parity::kept(db, &relation, &source).await?,
                    false => parity::check(db, &relation, &source).await?,
                };
                // Of an archive that no longer follows the leaf, the equal rows of today say nothing about tomorrow.
                if !is_kept && source == qualified(ARCHIVE, &rule.table) && keep::was_kept(db, &relation).await? {
                    let detail = "changes no longer reach the archive: triggers on the leaf are gone or off, or the archive was rewritten \
                                  (VACUUM FULL, CLUSTER); `esclusa schema apply` mends it";
                    parity.verdicts.push(CheckResult { check: "kept", passed: false, detail: detail.to_owned() });
                }
                parity::record(db, &parity).await?;
                Ok(parity)
            })
            .await?;
        Ok(Some(parity))
    }
}

/// The error, in words that help where an object that was to be carried was dropped after it was found.
fn gone_meanwhile(context: &str, error: Error) -> Error {
    match error {
        Error::Database { sqlstate, message, .. } if sqlstate == "42P01" => Error::Refused {
            message: format!("{context}: something that depends on it was dropped in that moment"),
            detail: Some(message),
            hint: Some("repeat it".into()),
        },
        other => other,
    }
}

/// The owner of a legacy table.
async fn owner(db: &Database, relation: &Relation) -> Result<String> {
    let sql = "SELECT pg_get_userbyid(relowner)::text FROM pg_class WHERE oid = to_regclass($1)";
    let rows = db.query(&format!("looking for the owner of {}", relation.table), sql, &[&relation.legacy_table()]).await?;
    let gone = || Error::refused(format!("there is no table {} any more", relation.legacy_table()));
    rows.first().map(|row| row.get(0)).ok_or_else(gone)
}

/// A table in its cut-over.
struct Moving<'m> {
    run: i64,
    rule: &'m Rule,
    relation: &'m Relation,
    /// To be run before the table is locked.
    locks: &'m str,
    prepared: Option<&'m Prepared<'m>>,
    proxies: Option<Rc<CutOver>>,
    /// Its rows did not pass their proof.
    failed: Cell<bool>,
    /// Its copy lacks an index.
    lacks: Cell<bool>,
}
