//! Lets some sessions read a copied history in its new form while all write the legacy table: the copy's trigger carries changes in the client's
//! own transaction (`online/carry.rs`), so every session reads what it wrote. The choice of sessions is stored (`esclusa.reads`), and every proxy
//! follows it. The sessions read view `esclusa.<table>`, which shows the copy meanwhile.
//!
//! This ends when a person says so ([`withdraw`]), when a proxy has seen a read that gives different results from the copy and from the table
//! ([`differ`]), or when the table moves. The view itself checks, once per execution, that the heap is still the one that was copied, that name
//! and columns of the table are as they were, and that the reader may read it. Nor does a transaction read the copy whose snapshot is older: before the first session is chosen, such transactions
//! are waited for.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::catalog::Database;
use crate::control::{self, replica};
use crate::error::{Error, Result};
use crate::mode::Readers;
use crate::relation::{CONTROL, Context, Relation};
use crate::rule::Rule;
use crate::sql::quote::literal;

use super::ledger::{self, Entry};
use super::machine::{State, Step};
use super::migration::Migration;
use super::online::work::Work;
use super::quiet::{Locked, attempt};

/// Who asks for something, and why.
#[derive(Debug, Clone, Copy)]
pub struct Why<'w> {
    /// A person, or a command.
    pub who: &'w str,
    /// The reason given.
    pub reason: Option<&'w str>,
}

/// A table's name and columns, by the OID in column or literal `oid`. A view of a copy shows them as they were when sessions were chosen.
fn shape(oid: &str) -> String {
    format!(
        "(SELECT pg_catalog.md5(pg_catalog.concat_ws(' ', s.relnamespace, s.relname, (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', a.attnum, \
           a.attname, a.atttypid, a.atttypmod, a.attcollation), ',' ORDER BY a.attnum) FROM pg_catalog.pg_attribute AS a \
           WHERE a.attrelid OPERATOR(pg_catalog.=) s.oid AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped))) \
         FROM pg_catalog.pg_class AS s WHERE s.oid OPERATOR(pg_catalog.=) {oid})"
    )
}

/// The choices in force: of copied tables, where the copy matches the heap, the name and the columns, and the view exists.
fn chosen() -> String {
    format!(
        "
    SELECT r.legacy_table::text AS name, r.percent, r.applications, r.users, legacy.oid AS legacy, own.oid AS view
    FROM esclusa.reads AS r JOIN esclusa.copy AS c ON c.legacy_table = r.legacy_table
      JOIN pg_catalog.pg_namespace AS n ON n.nspname = $1
      JOIN pg_catalog.pg_class AS legacy ON legacy.relnamespace = n.oid AND legacy.relname = r.legacy_table
        AND legacy.relkind = 'r' AND pg_catalog.pg_relation_filenode(legacy.oid) = c.filenode
      JOIN pg_catalog.pg_class AS own ON own.relname = r.legacy_table AND own.relnamespace = pg_catalog.to_regnamespace('esclusa') AND own.relkind = 'v'
    WHERE (SELECT t.state FROM esclusa.run_table AS t WHERE t.legacy_table = r.legacy_table AND t.state IS NOT NULL
           ORDER BY t.number DESC LIMIT 1) = 'reads'
          AND r.shape = {}",
        shape("legacy.oid")
    )
}

/// Which sessions read which table in its new form.
pub async fn in_force(db: &Database, schema: &str) -> Result<BTreeMap<String, Readers>> {
    if !has_table(db).await? {
        return Ok(BTreeMap::new());
    }
    let rows = db.query("asking who reads copied tables", &chosen(), &[&schema]).await?;
    let readers = |row: &tokio_postgres::Row| Readers {
        percent: u8::try_from(row.get::<_, i16>(1)).unwrap_or(0),
        applications: row.get(2),
        users: row.get(3),
    };
    Ok(rows.iter().map(|row| (row.get(0), readers(row))).collect())
}

/// Pairs of role and table, where the role may read only a part of the table, or not its view: such roles read the table itself.
pub async fn limited(db: &Database, schema: &str) -> Result<HashSet<(String, String)>> {
    if !has_table(db).await? {
        return Ok(HashSet::new());
    }
    let sql = format!(
        "SELECT r.rolname::text, c.name FROM ({}) AS c JOIN pg_catalog.pg_roles AS r ON NOT r.rolsuper \
         WHERE has_any_column_privilege(r.oid, c.legacy, 'SELECT') \
           AND NOT (has_table_privilege(r.oid, c.legacy, 'SELECT') AND has_table_privilege(r.oid, c.view, 'SELECT'))",
        chosen()
    );
    let rows = db.query("asking who may read copied tables", &sql, &[&schema]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// For every table with readers now or earlier: who reads the copy, or why nobody does any more, in words.
pub async fn told(db: &Database, schema: &str) -> Result<HashMap<String, String>> {
    if !has_table(db).await? {
        return Ok(HashMap::new());
    }
    let sql = "SELECT legacy_table::text, percent, applications, users, changed_at::timestamptz(0)::text, changed_by, reason FROM esclusa.reads";
    let in_force = in_force(db, schema).await?;
    let mut all = HashMap::new();
    for row in db.query("asking who reads copied tables", sql, &[]).await? {
        let table: String = row.get(0);
        let percent = u8::try_from(row.get::<_, i16>(1)).unwrap_or(0);
        let readers = Readers { percent, applications: row.get(2), users: row.get(3) };
        let (at, by, reason): (String, String, Option<String>) = (row.get(4), row.get(5), row.get(6));
        let reason = reason.map_or_else(String::new, |reason| format!(": {reason}"));
        let who = if readers == Readers::default() { "nobody".to_owned() } else { readers.to_string() };
        let is_idle = readers != Readers::default() && !in_force.contains_key(&table);
        let unfit = if is_idle { "; for now they read the table itself: its copy no longer matches it" } else { "" };
        all.insert(table, format!("{who}, since {at}, by {by}{reason}{unfit}"));
    }
    Ok(all)
}

/// A schema of an earlier version does not have this table.
async fn has_table(db: &Database) -> Result<bool> {
    let sql = "SELECT to_regclass('esclusa.reads') IS NOT NULL AND to_regclass('esclusa.copy') IS NOT NULL";
    Ok(db.one("looking for the readers of copied tables", sql, &[]).await?.get(0))
}

impl Migration<'_> {
    /// Lets sessions read a history in its new form; before that it is copied and proven, if it is not yet. Returns notes for the reader.
    pub async fn let_read(&self, run: i64, rule: &Rule, readers: &Readers, why: Why<'_>) -> Result<Vec<String>> {
        let relation = Relation::compile(rule, &self.context);
        self.refuse_unreadable(&relation).await?;
        let work = self.copying(run, &relation);
        let mut notes = Vec::new();
        let mut state = ledger::state(self.database, &self.context, &rule.table).await?;
        if state == State::Reads && !in_force(self.database, &self.context.schema).await?.contains_key(&rule.table) {
            // TRUNCATE, VACUUM FULL or the like have given the table a new heap: it is copied again.
            let reason = Some("its copy no longer matched it");
            withdraw(work, Why { reason, ..why }).await?;
            state = ledger::state(self.database, &self.context, &rule.table).await?;
        }
        if state != State::Reads {
            notes = self.copied_and_proven(run, rule).await?;
        }
        let context = format!("letting sessions read {}", rule.table);
        let choose = async |db: &Database, locked: &Locked| {
            locked.begins();
            let detail = detail(&serde_json::json!({ "readers": readers.to_string() }), why);
            let entry = Entry { run, table: &rule.table, step: Step::Choose, rows: None, detail: Some(&detail) };
            ledger::write(db, &self.context, entry).await?;
            make_view(db, &relation).await?;
            store(db, &rule.table, readers, why).await?;
            fit(db, &relation).await?;
            control::announce(db).await
        };
        let told = |text: &str| self.told.word(text);
        attempt(self.database, &self.pace, &context, &[relation.view()], &told, choose).await?;
        Ok(notes)
    }

    /// Ends the reading of a history in its new form, on every proxy. Returns false where nobody read it.
    pub async fn let_nobody_read(&self, run: i64, rule: &Rule, why: Why<'_>) -> Result<bool> {
        let relation = Relation::compile(rule, &self.context);
        withdraw(self.copying(run, &relation), why).await
    }

    /// Refuses tables that a view over a copy cannot show.
    async fn refuse_unreadable(&self, relation: &Relation) -> Result<()> {
        let table = &relation.table;
        if relation.target().is_none_or(|t| t.repeated.is_none()) {
            return Err(Error::Refused {
                message: format!("{table} moves without being copied first, so there is no copy to read"),
                detail: Some(format!("it is a {}; only histories that go to audit_log are copied", relation.kind)),
                hint: Some(format!(
                    "`esclusa migrate {table}` moves it in one short transaction, and `esclusa rollback {table}` brings it back"
                )),
            });
        }
        let sql = "SELECT relkind::text, relrowsecurity FROM pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass($1)";
        let rows = self.database.query("looking for the table", sql, &[&relation.legacy_table()]).await?;
        match rows.first().map(|row| (row.get::<_, String>(0), row.get::<_, bool>(1))) {
            Some((kind, false)) if kind == "r" => Ok(()),
            Some((_, true)) => Err(Error::refused(format!("{table} has row security, which a view of its copy would bypass"))),
            _ => Err(Error::refused(format!("{} is no longer a table: its readers need not be chosen", relation.legacy_table()))),
        }
    }
}

/// Stores who reads a table.
async fn store(db: &Database, table: &str, readers: &Readers, why: Why<'_>) -> Result<()> {
    let sql = "INSERT INTO esclusa.reads (legacy_table, percent, applications, users, reason, changed_by) VALUES ($1, $2, $3, $4, $5, $6)
               ON CONFLICT (legacy_table) DO UPDATE SET percent = excluded.percent, applications = excluded.applications,
               users = excluded.users, reason = excluded.reason, changed_by = excluded.changed_by, changed_at = excluded.changed_at";
    let percent = i16::from(readers.percent);
    let values: crate::catalog::database::Params<'_> =
        &[&table, &percent, &readers.applications, &readers.users, &why.reason, &why.who];
    db.execute("storing who reads the copy", sql, values).await.map(drop)
}

/// Stores the table's shape, by which it is noticed that the copy no longer has it.
async fn fit(db: &Database, relation: &Relation) -> Result<()> {
    let shape = shape(&format!("to_regclass({})", literal(&relation.legacy_table())));
    let sql = format!("UPDATE esclusa.reads SET shape = {shape} WHERE legacy_table = $1");
    db.execute("storing the shape of a copied table", &sql, &[&relation.table]).await.map(drop)
}

fn detail(evidence: &serde_json::Value, why: Why<'_>) -> String {
    let mut detail = evidence.clone();
    detail["by"] = why.who.into();
    if let Some(reason) = why.reason {
        detail["reason"] = reason.into();
    }
    detail.to_string()
}

/// The view that they read. The current role owns it, and every role that may read the whole table may read it.
async fn make_view(db: &Database, relation: &Relation) -> Result<()> {
    let context = format!("making the view of {}", relation.table);
    let legacy = relation.legacy_table();
    let facts =
        format!("SELECT t.oid, pg_relation_filenode(t.oid), {} FROM (SELECT $1::text::regclass::oid) AS t(oid)", shape("t.oid"));
    let row = db.one(&context, &facts, &[&legacy]).await?;
    let (oid, filenode, columns): (u32, u32, String) = (row.get(0), row.get(1), row.get(2));
    let view = relation.view();
    // OIDs instead of names: so the view does not depend on the table, which will move away.
    let sql = format!(
        "CREATE OR REPLACE VIEW {view} AS {} WHERE CASE WHEN pg_catalog.pg_relation_filenode({oid}::pg_catalog.oid) \
           OPERATOR(pg_catalog.=) {filenode}::pg_catalog.oid AND pg_catalog.has_table_privilege({oid}::pg_catalog.oid, 'SELECT') \
           AND {shape} OPERATOR(pg_catalog.=) {columns} \
         THEN true ELSE {CONTROL}.refuse_copy({oid}::pg_catalog.oid) END",
        relation.select_all(),
        shape = shape(&format!("{oid}::pg_catalog.oid")),
        columns = literal(&columns),
    );
    db.batch(&context, &sql).await?;
    let grants = format!(
        "SELECT format('GRANT SELECT ON {view} TO %s;', CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END) \
         FROM pg_class AS c, aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) AS a \
         WHERE c.oid = {oid} AND a.privilege_type = 'SELECT'"
    );
    let grants: String = db.text(&context, &grants).await?.into_iter().flatten().flatten().collect();
    if grants.is_empty() { Ok(()) } else { db.batch(&context, &grants).await }
}

/// The SQL that drops the view before the table's own views are created, and revokes the rights of all but the owner on the leaf.
pub(super) async fn removal(db: &Database, relation: &Relation) -> Result<String> {
    let leaf = relation.rows();
    let sql = format!(
        "SELECT format('REVOKE ALL ON {leaf} FROM %s;', CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END) \
         FROM pg_class AS c, aclexplode(c.relacl) AS a WHERE c.oid = to_regclass({}) AND a.grantee <> c.relowner",
        literal(&leaf)
    );
    let revoked: String = db.text("looking at the leaf's rights", &sql).await?.into_iter().flatten().flatten().collect();
    Ok(format!("DROP VIEW IF EXISTS {};{revoked}", relation.view()))
}

/// Ends the reading of the copy on every proxy, and drops the view. Returns false where there was nothing to end.
pub async fn withdraw(work: Work<'_>, why: Why<'_>) -> Result<bool> {
    let Work { db, context: place, run, relation, pace, told, .. } = work;
    let context = format!("letting nobody read the copy of {}", relation.table);
    let state = ledger::state(db, place, &relation.table).await?;
    // When the table has moved, the view is a different one.
    if !matches!(state, State::Copying | State::Copied | State::Proven | State::Reads) {
        return Ok(false);
    }
    let is_read = state == State::Reads;
    if is_read {
        let detail = detail(&serde_json::json!({}), why);
        let entry = Entry { run, table: &relation.table, step: Step::Withdraw, rows: None, detail: Some(&detail) };
        let write = async |db: &Database| {
            ledger::write(db, place, entry).await?;
            store(db, &relation.table, &Readers::default(), why).await?;
            control::announce(db).await
        };
        db.transaction(&context, write).await?;
    }
    let there = format!("SELECT to_regclass({}) IS NOT NULL", literal(&relation.view()));
    if !db.one(&context, &there, &[]).await?.get::<_, bool>(0) {
        return Ok(is_read);
    }
    // A proxy that has been silent for long serves no clients.
    if let Some(late) = replica::late(db).await?.into_iter().find(|late| late.silent.is_none()) {
        return Err(Error::Refused {
            message: format!("{context}: a proxy still reads it"),
            detail: Some(late.to_string()),
            hint: Some("end the proxy, or wait until it follows, then repeat the command".into()),
        });
    }
    let sql = removal(db, relation).await?;
    let take = async |db: &Database, locked: &Locked| {
        locked.begins();
        db.batch(&context, &sql).await
    };
    attempt(db, pace, &context, &[relation.view()], &|t| told.word(t), take).await?;
    Ok(true)
}

/// A read gave different results from the copy and from the table, twice: nobody reads the copy any more, and its proof is in doubt. Called by the
/// proxy that noticed; false where another was first, or nobody reads the copy.
pub async fn differ(db: &Database, place: &Context, table: &str, fingerprint: i64) -> Result<bool> {
    let context = format!("sending {table} back");
    let why =
        Why { who: "esclusa serve", reason: Some("a read gave a different result from the copy: esclusa report comparisons") };
    let send_back = async |db: &Database| {
        ledger::lock(db).await?;
        let Some(run) = ledger::last_run(db).await? else { return Ok(false) };
        if ledger::state(db, place, table).await? != State::Reads {
            return Ok(false);
        }
        let detail = detail(&serde_json::json!({ "fingerprint": fingerprint.to_string() }), why);
        let entry = Entry { run, table, step: Step::Differ, rows: None, detail: Some(&detail) };
        ledger::write(db, place, entry).await?;
        let sql = format!("UPDATE {CONTROL}.copy SET proven = NULL WHERE legacy_table = $1");
        db.execute(&context, &sql, &[&table]).await?;
        store(db, table, &Readers::default(), why).await?;
        control::announce(db).await?;
        Ok(true)
    };
    db.transaction(&context, send_back).await
}
