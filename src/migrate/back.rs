//! The way back of one table: the archived legacy table, which has been kept up to date (`keep`), takes its name again, with all rows written since
//! it was moved, its indexes, keys, foreign keys, grants and dependent objects. One short transaction swaps the names, keeping others waiting as
//! little as the move did, and ends the rewriting of the name: no proxy sends a rewritten statement while that transaction runs, nor after it.

use std::rc::Rc;
use std::sync::Arc;

use crate::catalog::database::Params;
use crate::catalog::{Catalog, Database};
use crate::control;
use crate::error::{Error, Result};
use crate::mode::Mode;
use crate::relation::{CONTROL, Relation};
use crate::rule::Rule;
use crate::sql::quote::{ident, literal, qualified};

use super::attachments::Attachments;
use super::capture::Firing;
use super::cut_over::{Asked, CutOver};
use super::dependents::Dependents;
use super::foreign_key::bounded;
use super::foreign_key::key_table::restoring;
use super::ledger;
use super::machine::{self, NameStep, State, Step};
use super::migration::Migration;
use super::name::{self, By};
use super::quiet::{Locked, attempt};
use super::{ARCHIVE, acl, capture, dependents, keep, online, parity, view};

/// What was done with one table.
#[derive(Debug)]
pub struct Returned {
    /// Rows in the legacy table.
    pub rows: i64,
    /// What the reader should know.
    pub notes: Vec<String>,
}

/// Somebody has dropped the leaf with all that was built on it, the view and its triggers included. What is left is the archive, and nothing proves
/// that it has every change: a person decides.
pub(super) fn leaf_is_gone(relation: &Relation) -> Error {
    let archive = qualified(ARCHIVE, &relation.table);
    Error::Refused {
        message: format!("the leaf of {} is gone, with its rows", relation.table),
        detail: Some(format!("{archive} has the rows as they were then, unless triggers of the leaf were off before")),
        hint: Some(format!(
            "`{} ALTER TABLE {archive} SET SCHEMA {};` makes it the table again; enable those of its triggers that {CONTROL}.silenced lists; \
             then `esclusa migrate {}` moves it anew",
            keep::unguarding(&archive).trim_end(),
            ident(&relation.schema),
            relation.table
        )),
    }
}

impl Migration<'_> {
    /// Brings a table back; its mode is `observe` afterwards.
    pub async fn back(&self, run: i64, rule: &Rule) -> Result<Returned> {
        let relation = Relation::compile(rule, &self.context);
        if relation.is_retained() {
            return Err(Error::refused(format!("{} was never moved: it is a history that stays", rule.table)));
        }
        if online::is_begun(self.database, &relation).await? {
            online::abandon(self.copying(run, &relation)).await?;
            let notes = vec!["it was being copied: the copy is gone, and the table is as it was".to_owned()];
            return Ok(Returned { rows: 0, notes });
        }
        if ledger::state(self.database, &self.context, &rule.table).await? == State::Planned {
            // A command that was killed may be repeated.
            let notes = vec!["nothing to bring back: the legacy table has its name".to_owned()];
            return Ok(Returned { rows: 0, notes });
        }
        self.require_storage(rule).await?;
        let mut notes = Vec::new();
        let by = By { who: "esclusa rollback", reason: Some("its table comes back"), statement: None };
        if name::bring_back(self.database, &relation, NameStep::Undo, by).await? {
            notes.push("its name was retired, and was restored first".to_owned());
        }
        self.refuse_lost(&relation).await?;
        let context = format!("bringing {} back", rule.table);
        let archive = qualified(ARCHIVE, &rule.table);
        self.told.word(&format!("comparing {} with its archive, before it comes back", rule.table));
        let proof = self.same_rows(&relation, &archive).await?;
        let tables = [relation.rows(), relation.legacy_table()];
        let word = |text: &str| self.told.word(text);
        // Dependent views are locked first: a reader holds the view before it asks for the table.
        let attachments = Attachments::new(&relation);
        let hanging = dependents::back(self.database, &attachments.leaf(&relation.legacy_table()), &relation.view()).await?;
        self.refuse_hanging(&relation, &hanging)?;
        let locks = hanging.locks;
        // A proxy that does not answer might still send statements rewritten for the leaf, which will be gone.
        let proxies = CutOver::prepare(self.database, &rule.table, Asked::WhoeverMayServe).await?.map(Rc::new);
        let work = async |db: &Database, locked: &Locked| {
            locked.begins();
            self.lock_base(db, rule).await?;
            if let Some(proxies) = &proxies {
                locked.quiet(proxies).await?;
            }
            db.batch(&context, &locks.join(";\n")).await?;
            let done = self.swap_back(db, run, rule, &relation).await?;
            control::store_modes(db, std::slice::from_ref(&rule.table), Mode::Observe, &self.who, Some("rollback")).await?;
            locked.moved(db, false).await?;
            Ok(done)
        };
        let (later, stayed) = attempt(self.database, &self.pace, &context, &tables, &word, work).await?;
        notes.extend(stayed);
        for validate in later {
            if let Err(error) = self.database.batch(&context, &validate).await {
                notes.push(format!("a foreign key is not valid yet: {error} (`{validate}`)"));
            }
        }
        Ok(Returned { rows: proof, notes })
    }

    /// Refuses unless the archive exists and every change since the move has reached it.
    async fn refuse_lost(&self, relation: &Relation) -> Result<()> {
        let refused = |detail: &str, hint: &str| {
            Err(Error::Refused {
                message: format!("{} cannot come back", relation.table),
                detail: Some(detail.to_owned()),
                hint: Some(hint.to_owned()),
            })
        };
        let kinds = "SELECT coalesce((SELECT relkind::text FROM pg_class WHERE oid = to_regclass($1)), ''), \
                     coalesce((SELECT relkind::text FROM pg_class WHERE oid = to_regclass($2)), ''), \
                     EXISTS (SELECT FROM esclusa.run_table WHERE legacy_table = $3 AND step = 'drop'), to_regclass($4) IS NOT NULL";
        let archive = self.database.origin(&qualified(ARCHIVE, &relation.table));
        let named: Params<'_> = &[&relation.legacy_table(), &archive, &relation.table, &relation.rows()];
        let row = self.database.one("looking for the legacy table", kinds, named).await?;
        match (row.get::<_, &str>(0), row.get::<_, &str>(1)) {
            ("r" | "p", _) => refused("the legacy table has its name", "there is nothing to bring back"),
            (_, "") if row.get(2) => {
                refused("its archive is gone", "`esclusa rollback --level 2` rebuilds it from its dump and the present rows")
            }
            (_, "") => refused(
                "its archive is gone, and was not dropped by esclusa: there is no dump of it",
                &format!(
                    "restore {archive} from a backup, and let `esclusa schema apply --refill {}` fill it from the leaf",
                    relation.table
                ),
            ),
            _ if !row.get::<_, bool>(3) => Err(leaf_is_gone(relation)),
            _ if !keep::is_kept(self.database, relation).await? => refused(
                "its archive has missed changes: the triggers on the leaf are gone or off, or the archive was rewritten (VACUUM FULL, CLUSTER)",
                "`esclusa schema apply` makes the triggers again, and fills the archive from the leaf",
            ),
            _ => Ok(()),
        }
    }

    /// Refuses unless the archive has the leaf's rows: the same transactions write both, so any one snapshot shows both alike.
    async fn same_rows(&self, relation: &Relation, archive: &str) -> Result<i64> {
        let context = format!("comparing {} with its archive", relation.table);
        let parity = self
            .database
            .transaction(&context, async |db| {
                db.batch(&context, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ").await?;
                parity::kept(db, relation, archive).await
            })
            .await?;
        match parity.holds() {
            true => Ok(parity.rows),
            false => Err(Error::Refused {
                message: format!("{} differs from its archive, and was left as it is", relation.table),
                detail: Some(parity.failures()),
                hint: Some(format!(
                    "`esclusa verify` shows where; if the leaf is right, `esclusa schema apply --refill {}` fills the archive from it",
                    relation.table
                )),
            }),
        }
    }

    /// Returns statements that validate foreign keys, to be run later, and notes for the reader.
    async fn swap_back(&self, db: &Database, run: i64, rule: &Rule, relation: &Relation) -> Result<(Vec<String>, Vec<String>)> {
        let context = format!("bringing {} back", rule.table);
        let (legacy, leaf) = (relation.legacy_table(), relation.rows());
        let (view, parent) =
            (relation.view(), relation.target().map(|t| qualified(&relation.schema, t.table)).unwrap_or_default());
        // In the order in which a client's statement locks them: it holds the view when it asks for the leaf.
        db.batch(&context, &format!("LOCK TABLE {legacy}, {view}, {leaf} IN ACCESS EXCLUSIVE MODE")).await?;
        if !machine::may_under(name::name(db, &rule.table).await?, Step::Return) {
            return Err(Error::refused(format!("{context}: its name is being retired")));
        }
        if !keep::is_kept(db, relation).await? {
            return Err(Error::refused(format!("{context}: its triggers were changed meanwhile")));
        }
        self.write(db, run, rule, Step::Return, None).await?;
        let attachments = Attachments::new(relation);
        let hanging = dependents::back(db, &attachments.leaf(&legacy), &view).await?;
        self.refuse_hanging(relation, &hanging)?;
        let (keys, later) = restoring(db, &attachments.leaf(&legacy)).await?;
        let archive = qualified(ARCHIVE, &rule.table);
        db.batch(&context, &hanging.before).await?;
        // An archive that would be rebuilt from its dump (in a rehearsal) has the rights and the columns of the view.
        let is_there = db.origin(&archive) == archive;
        let grants = self.grants_back(db, relation, if is_there { &archive } else { &legacy }).await?;
        // The view is dropped only once its dependents have been made again on the table.
        let aside = bounded(format!("esclusa_aside_{}", rule.table));
        let swap = format!(
            "ALTER VIEW {legacy} RENAME TO {};\nALTER TABLE {archive} SET SCHEMA {};\n",
            ident(&aside),
            ident(&relation.schema),
        );
        let aside = qualified(&relation.schema, &aside);
        let ends = views_end(db, relation, &hanging, &aside).await?;
        let owning = self.owning(db, relation).await?;
        db.batch(&context, &[swap, owning, keys, hanging.after].concat()).await?;
        if is_there {
            db.will_be(&legacy, &archive);
        }
        // Whoever has disabled the audit of the rows finds it disabled.
        let is_unaudited = self.unaudited || capture::is_disabled(db, &leaf).await?;
        let gone = format!(
            "{of_legacy}{of_copy}DROP FUNCTION {write}();\nALTER TABLE {parent} DETACH PARTITION {leaf};\nDROP TABLE {leaf};\n{}{}\n{}\nDELETE FROM {CONTROL}.object WHERE legacy_table = {table};\n{compared}",
            keep::removal(relation),
            keep::waking(relation),
            hanging.last,
            of_legacy = ends[0],
            of_copy = ends[1],
            write = view::function_name(relation),
            table = literal(&rule.table),
            compared = control::forget_comparisons(&rule.table),
        );
        db.batch(&context, &gone).await?;
        self.capture_back(db, rule, relation, if is_unaudited { Firing::Disabled } else { Firing::Enabled }).await?;
        // Last, because the owner may have revoked from itself what the statements before need.
        db.batch(&context, &grants).await?;
        Ok((later, hanging.through.into_iter().flat_map(|(_, stay)| stay).collect()))
    }

    /// The SQL that gives the table's columns the sequences back that they owned before the move, unless something else owns them now, or they
    /// belong to another role than the table, which PostgreSQL refuses.
    async fn owning(&self, db: &Database, relation: &Relation) -> Result<String> {
        let sql = format!(
            "SELECT format('ALTER SEQUENCE %s OWNED BY {table}.%I;', to_regclass(s.owned ->> 0), s.owned ->> 1) \
             FROM (SELECT detail::jsonb -> 'sequences' AS list FROM {CONTROL}.run_table WHERE legacy_table = {name} AND step = '{moved}' \
                   ORDER BY number DESC LIMIT 1) AS last, jsonb_array_elements(last.list) AS s(owned) \
             WHERE NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = to_regclass(s.owned ->> 0) AND deptype = 'a') \
               AND (SELECT relowner FROM pg_class WHERE oid = to_regclass(s.owned ->> 0)) = (SELECT relowner FROM pg_class WHERE oid = to_regclass({archive}))",
            table = relation.legacy_table(),
            name = literal(&relation.table),
            archive = literal(&db.origin(&qualified(ARCHIVE, &relation.table))),
            moved = Step::Move.name(),
        );
        let lines = db.text("reading which sequences the table owned", &sql).await?;
        Ok(lines.into_iter().flatten().flatten().collect())
    }

    /// The audit of a look-up's leaf moves back to the table; the projection of a history's base into its leaf ends.
    async fn capture_back(&self, db: &Database, rule: &Rule, relation: &Relation, firing: Firing) -> Result<()> {
        let base = rule.target.history().and_then(|h| h.base.clone());
        let tables: Vec<String> = std::iter::once(rule.table.clone()).chain(base).collect();
        let mut catalog = Catalog::read_tables(db, &self.context.schema, &tables).await?;
        if let Some(table) = catalog.tables.get_mut(&rule.table).filter(|_| db.is_rehearsal()) {
            // In a rehearsal it still is a view.
            Arc::make_mut(table).kind = 'r';
        }
        let of = |table: &str| self.rules.rules.get(table).map(|rule| Relation::compile(rule, &self.context));
        if rule.target.history().is_none() {
            return capture::follow(db, &catalog, self.rules, relation, &of, firing).await.map(|_| ());
        }
        let application = Rule { target: rule.target.clone().written_by_application(), ..rule.clone() };
        let relation = Relation::compile(&application, &self.context);
        capture::attach(db, &catalog, self.rules, &application, &relation, &of, firing).await.map(|_| ())
    }

    /// The SQL that gives the table the view's grants, which may have changed since, and its owner; `dependents` carries the comments. On the view the
    /// owner has granted everything. What others had granted on the table goes with what they had it from, and the owner grants it too: a REVOKE of
    /// the owner would not end it.
    async fn grants_back(&self, db: &Database, relation: &Relation, archive: &str) -> Result<String> {
        let rights = |table: &str| {
            format!(
                "SELECT role AS grantee, privilege || columns AS privilege, option, grantor <> owner AS by_others, grantee = owner AS own \
                 FROM ({}) AS r",
                acl::rights(&format!("{}::regclass", literal(table)))
            )
        };
        let (now, then) = (rights(&relation.legacy_table()), rights(archive));
        let table = relation.legacy_table();
        let change = format!(
            "WITH n AS (SELECT DISTINCT grantee, privilege, option FROM ({now}) AS n), found AS ({then}), mixed AS (SELECT bool_or(by_others) AS is FROM found), \
               t AS (SELECT grantee, privilege, option FROM found, mixed WHERE NOT mixed.is OR own) \
             SELECT DISTINCT format('REVOKE ALL ON {table} FROM %s CASCADE;', grantee) FROM found, mixed WHERE mixed.is AND NOT own AND NOT by_others \
             UNION ALL \
             SELECT format('REVOKE %s ON {table} FROM %s CASCADE;', privilege, grantee) FROM (SELECT * FROM t EXCEPT SELECT * FROM n) AS gone \
             UNION ALL \
             SELECT format('GRANT %s ON {table} TO %s%s;', privilege, grantee, CASE WHEN option THEN ' WITH GRANT OPTION' ELSE '' END) \
             FROM (SELECT * FROM n EXCEPT SELECT * FROM t) AS come"
        );
        let lines = db.text("reading grants", &change).await?;
        Ok(lines.into_iter().flatten().flatten().collect::<Vec<_>>().join("\n") + "\n")
    }
}

/// What becomes of the two views on the way back: each is dropped, or, where something still depends on it, reads and writes the table from now on. It
/// keeps its owner and its grants, so that whoever uses what depends on it needs no right on the table, as before the move; a REVOKE on the table takes the
/// right on it too (`sql/grants.sql`). It is then a view like those of clients, and later moves carry it as they carry those. `aside` is the name that the
/// one with the table's name has by then.
async fn views_end(db: &Database, relation: &Relation, hanging: &Dependents, aside: &str) -> Result<[String; 2]> {
    let (legacy, view) = (relation.legacy_table(), relation.view());
    let row = db.one("looking at the views", "SELECT to_regclass($1)::oid, to_regclass($2)::oid", &[&legacy, &view]).await?;
    let end = |found_as: &str, now: &str, schema: &str, oid: Option<u32>| {
        if !hanging.through.iter().any(|(view, _)| view == found_as) {
            return format!("DROP VIEW {now};\n");
        }
        let trigger = |what: &str| format!("DROP TRIGGER {} ON {now};\n", ident(&format!("trg_{what}_{}", relation.table)));
        let columns = relation.columns.iter().map(|column| ident(&column.name)).collect::<Vec<_>>().join(", ");
        let name = bounded(format!("through_{}_{}", oid.unwrap_or_default(), relation.table));
        let renamed = ident(&name);
        let moved = match schema == CONTROL {
            true => String::new(),
            false => format!("ALTER VIEW {} SET SCHEMA {CONTROL};\n", qualified(schema, &name)),
        };
        format!(
            "{}{}CREATE OR REPLACE VIEW {now} AS SELECT {columns} FROM {legacy};\n\
             ALTER VIEW {now} RENAME TO {renamed};\n{moved}",
            trigger("write"),
            trigger("seen"),
        )
    };
    Ok([end(&legacy, aside, &relation.schema, row.get(0)), end(&view, &view, CONTROL, row.get(1))])
}
