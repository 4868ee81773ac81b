//! A legacy name that nobody uses any more can be *retired*: its view, the view that rewritten reads name, their triggers and the function behind
//! them are dropped. What remains is the leaf with its rows, and the name as a tombstone. The first statement through a proxy that names it brings
//! it back (`server/raising.rs`), made from the relation, with its owner, rights and comments.
//!
//! First the proxies are told; when no statement decided under an older policy is on its way any more, the views are dropped. So no client of a
//! proxy ever finds them gone. The steps are those of `machine.rs`, each in the transaction that makes it, in a separate ledger of names: the
//! ledger of tables (`ledger.rs`) belongs to the run that began last, but a touch can come at any time.

use std::collections::BTreeMap;

use crate::catalog::Database;
use crate::control;
use crate::error::{Error, Result};
use crate::mode::Mode;
use crate::relation::{CONTROL, Context, Relation};
use crate::sql::quote::literal;

use super::machine::{self, Name, NameStep};
use super::migration::Migration;
use super::quiet::{Locked, attempt};
use super::{OWN_GRANTS, acl, ledger, view};

/// Serialises the steps of names.
const ONE_AT_A_TIME: &str = "SELECT pg_advisory_xact_lock(hashtext('esclusa name'))";
/// The parts of a row's hash, beside the hash of the row before it.
const HASHED: &str =
    "pg_catalog.jsonb_build_array(legacy_table, step, done_by, reason, statement, rights, extract(epoch FROM done_at))";

/// Who does something with a name, and why.
#[derive(Debug, Clone, Copy)]
pub struct By<'b> {
    /// A person, or a client.
    pub who: &'b str,
    /// Why, as a person said it.
    pub reason: Option<&'b str>,
    /// The statement that named it, without its literals.
    pub statement: Option<&'b str>,
}

/// A name that is retired, or being retired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tombstone {
    /// Its state.
    pub name: Name,
    /// Who retired it, when, and why.
    pub why: String,
}

/// All tombstones, by table; empty before `schema apply`.
pub async fn tombstones(db: &Database) -> Result<BTreeMap<String, Tombstone>> {
    let context = "reading the tombstones";
    let there = format!("SELECT to_regclass('{CONTROL}.tombstone') IS NOT NULL");
    if !db.one(context, &there, &[]).await?.get::<_, bool>(0) {
        return Ok(BTreeMap::new());
    }
    let sql = format!(
        "SELECT legacy_table::text, buried_at IS NOT NULL, format('by %s on %s: %s', retired_by, coalesce(buried_at, retired_at)::timestamptz(0), reason) \
         FROM {CONTROL}.tombstone"
    );
    let rows = db.query(context, &sql, &[]).await?;
    let one = |row: &tokio_postgres::Row| {
        let name = if row.get(1) { Name::Tombstone } else { Name::Retiring };
        (row.get(0), Tombstone { name, why: row.get(2) })
    };
    Ok(rows.iter().map(one).collect())
}

/// Refuses if `schema apply` of this version has not been run.
pub async fn require(db: &Database) -> Result<()> {
    let there = format!("SELECT to_regclass('{CONTROL}.tombstone') IS NOT NULL");
    match db.one("looking for the tombstones", &there, &[]).await?.get(0) {
        true => Ok(()),
        false => Err(Error::Refused {
            message: "the target database has no table of tombstones".into(),
            detail: None,
            hint: Some("run `esclusa schema apply` first".into()),
        }),
    }
}

/// The state of a name.
pub async fn name(db: &Database, table: &str) -> Result<Name> {
    if db.believed(&retiring(table)).is_some() {
        return Ok(Name::Retiring);
    }
    Ok(tombstones(db).await?.get(table).map_or(Name::Served, |tombstone| tombstone.name))
}

/// The name under which a rehearsal knows a name that would be announced.
fn retiring(table: &str) -> String {
    format!("{table} is retiring")
}

/// The first step: from now on, the proxies hold statements that name it. When [`control::replica::late`] says that all know, it is buried.
pub async fn announce(db: &Database, context: &Context, table: &str, by: By<'_>) -> Result<()> {
    let doing = format!("retiring {table}");
    db.transaction(&doing, async |db| {
        db.batch(&doing, ONE_AT_A_TIME).await?;
        let state = ledger::state(db, context, table).await?;
        if !machine::may_be_retired(state) {
            return Err(Error::Refused {
                message: format!("{table} is {}: its name cannot be retired", state.name()),
                detail: Some("what answers under it is the table itself".into()),
                hint: Some(format!("`esclusa status {table}` shows what leads there")),
            });
        }
        let now = name(db, table).await?;
        step(now, NameStep::Announce, table)?;
        let sql = format!(
            "INSERT INTO {CONTROL}.tombstone (legacy_table, retired_by, reason) VALUES ($1, $2, $3) ON CONFLICT (legacy_table) DO UPDATE \
             SET retired_by = excluded.retired_by, reason = excluded.reason, retired_at = excluded.retired_at"
        );
        db.execute(&doing, &sql, &[&table, &by.who, &by.reason.unwrap_or_default()]).await?;
        write(db, table, NameStep::Announce, by, &[]).await?;
        db.believe(&retiring(table), "yes");
        control::announce(db).await
    })
    .await
}

/// The second step: the views are dropped, and nothing answers under the name. Returns notes for the reader.
pub async fn bury(migration: &Migration<'_>, relation: &Relation, by: By<'_>) -> Result<Vec<String>> {
    let doing = format!("retiring {}", relation.table);
    let [legacy, own] = view::views(relation);
    let work = async |db: &Database, locked: &Locked| {
        locked.begins();
        db.batch(&doing, ONE_AT_A_TIME).await?;
        let table = &relation.table;
        let now = name(db, table).await?;
        if now == Name::Served {
            return Err(Error::Refused {
                message: format!("{table} was used while it was retired, and is served as before"),
                detail: None,
                hint: Some("`esclusa report tombstones` shows by whom".into()),
            });
        }
        step(now, NameStep::Bury, table)?;
        let strangers = hanging(db, relation).await?;
        if !strangers.is_empty() {
            return Err(Error::Refused {
                message: format!("something depends on the views of {table}"),
                detail: Some(strangers.join("; ")),
                hint: Some("drop it, or let it read the leaf".into()),
            });
        }
        let rights = rights(db, relation).await?;
        let sql = format!(
            "UPDATE {CONTROL}.tombstone SET buried_at = clock_timestamp(), owner = $2, rights = $3 WHERE legacy_table = $1"
        );
        db.execute(&doing, &sql, &[table, &rights.owner, &rights.statements]).await?;
        let gone = format!("DROP VIEW {legacy}, {own} RESTRICT; DROP FUNCTION {}() RESTRICT", view::function_name(relation));
        db.batch(&doing, &gone).await?;
        write(db, table, NameStep::Bury, by, &rights.statements).await?;
        // When the name comes back, it must answer: mode refuse would reject the very statement that brings it back.
        let mode = control::stored_mode(db, table).await?.map(|(mode, _)| mode);
        let note =
            (mode == Some(Mode::Refuse)).then(|| "its mode is now rewrite, so that it answers when it comes back".to_owned());
        if note.is_some() {
            control::store_modes(db, std::slice::from_ref(table), Mode::Rewrite, by.who, Some("retired")).await?;
        }
        control::announce(db).await?;
        Ok(note.into_iter().collect())
    };
    let told = |text: &str| migration.told.word(text);
    attempt(migration.database, &migration.pace, &doing, &[legacy.clone(), own.clone()], &told, work).await
}

/// The way back, for a client that touched it or a person; returns whether there was anything to bring back. Two at once wait for each other, and
/// the second finds it done.
pub async fn bring_back(db: &Database, relation: &Relation, by: NameStep, who: By<'_>) -> Result<bool> {
    let (table, doing) = (&relation.table, format!("bringing the name {} back", relation.table));
    db.transaction(&doing, async |db| {
        db.batch(&doing, &format!("SET LOCAL lock_timeout = '3s'; {OWN_GRANTS}; {ONE_AT_A_TIME}")).await?;
        let now = name(db, table).await?;
        if now == Name::Served {
            return Ok(false);
        }
        step(now, by, table)?;
        let sql = format!(
            "DELETE FROM {CONTROL}.tombstone WHERE legacy_table = $1 RETURNING coalesce(owner::text, ''), coalesce(rights, '{{}}'), \
               to_regclass($2) IS NULL, to_regclass($3) IS NOT NULL"
        );
        let as_it_is = format!(
            "SELECT coalesce(owner::text, ''), coalesce(rights, '{{}}'), to_regclass($2) IS NULL, to_regclass($3) IS NOT NULL \
             FROM {CONTROL}.tombstone WHERE legacy_table = $1"
        );
        let params: crate::catalog::database::Params<'_> = &[table, &relation.legacy_table(), &relation.rows()];
        let row = db.change(&doing, &sql, params, (&as_it_is, params)).await?;
        let (owner, rights): (String, Vec<String>) = (row.get(0), row.get(1));
        let (is_free, has_rows): (bool, bool) = (row.get(2), row.get(3));
        // Somebody may have created something under the name by hand: then that answers, as it does around the proxies.
        if now == Name::Tombstone && is_free {
            if !has_rows {
                return Err(Error::refused(format!("{doing}: {} is gone, and its rows with it", relation.rows())));
            }
            db.batch(&doing, &view::creation(relation)).await?;
            view::give(db, relation, &owner, &rights.join(";\n")).await?;
        }
        write(db, table, by, who, &[]).await?;
        control::announce(db).await?;
        Ok(true)
    })
    .await
}

fn step(now: Name, step: NameStep, table: &str) -> Result<Name> {
    machine::name_after(now, step).ok_or_else(|| Error::Refused {
        message: format!("the name {table} is {}: `{}` is not possible in that state", now.word(), step.word()),
        detail: None,
        hint: Some(format!("`esclusa status {table}` shows what it waits for")),
    })
}

async fn write(db: &Database, table: &str, step: NameStep, by: By<'_>, rights: &[String]) -> Result<()> {
    let sql = format!(
        "WITH last AS (SELECT hash FROM {CONTROL}.name_step ORDER BY number DESC LIMIT 1), \
         step AS (SELECT $1::text AS legacy_table, $2::text AS step, $3::text AS done_by, $4::text AS reason, $5::text AS statement, \
                    $6::text[] AS rights, clock_timestamp() AS done_at, coalesce((SELECT hash FROM last), ''::bytea) AS previous) \
         INSERT INTO {CONTROL}.name_step (legacy_table, step, done_by, reason, statement, rights, done_at, previous, hash) \
         SELECT *, sha256(previous || convert_to({HASHED}::text, 'UTF8')) FROM step"
    );
    let context = format!("writing the step {} of the name {table}", step.word());
    db.execute(&context, &sql, &[&table, &step.word(), &by.who, &by.reason, &by.statement, &rights]).await.map(drop)
}

/// The number of the first step whose hash does not match it and the step before.
pub async fn broken(db: &Database) -> Result<Option<i64>> {
    let there = format!("SELECT to_regclass('{CONTROL}.name_step') IS NOT NULL");
    if !db.one("looking for the ledger of names", &there, &[]).await?.get::<_, bool>(0) {
        return Ok(None);
    }
    let sql = format!(
        "SELECT min(number) FILTER (WHERE hash <> sha256(previous || convert_to({HASHED}::text, 'UTF8')) OR previous <> before) \
         FROM (SELECT *, coalesce(lag(hash) OVER (ORDER BY number), ''::bytea) AS before FROM {CONTROL}.name_step) AS s"
    );
    Ok(db.one("checking the ledger of names", &sql, &[]).await?.get(0))
}

/// The owner of the views, and the SQL that makes their rights and comments again.
#[derive(Debug)]
struct Rights {
    owner: String,
    statements: Vec<String>,
}

async fn rights(db: &Database, relation: &Relation) -> Result<Rights> {
    let doing = format!("reading the rights on {}", relation.table);
    let [legacy, own] = view::views(relation);
    let sql = "SELECT pg_get_userbyid(relowner)::text FROM pg_class WHERE oid = to_regclass($1)";
    let owner = db.one(&doing, sql, &[&legacy]).await?.get(0);
    let mut statements = Vec::new();
    for view in [legacy, own] {
        let of = literal(&view);
        // The owner's rights too: it may have revoked one from itself, and `view::give` revokes all of them.
        let sql = format!(
            "SELECT format('GRANT %s%s ON %s TO %s%s', privilege, columns, {of}, role, CASE WHEN bool_or(option) THEN ' WITH GRANT OPTION' ELSE '' END) \
             FROM ({}) AS r GROUP BY privilege, columns, role \
             UNION ALL \
             SELECT format('COMMENT ON %s IS %L', CASE d.objsubid WHEN 0 THEN 'VIEW ' || {of} ELSE 'COLUMN ' || {of} || '.' || quote_ident(a.attname) END, d.description) \
             FROM pg_description AS d LEFT JOIN pg_attribute AS a ON a.attrelid = d.objoid AND a.attnum = d.objsubid AND d.objsubid > 0 \
             WHERE d.classoid = 'pg_class'::regclass AND d.objoid = {of}::regclass \
             UNION ALL \
             SELECT format('ALTER VIEW %s SET (%s)', {of}, array_to_string(reloptions, ', ')) FROM pg_class WHERE oid = {of}::regclass AND reloptions IS NOT NULL",
            acl::rights(&format!("{of}::regclass"))
        );
        statements.extend(db.text(&doing, &sql).await?.into_iter().flatten().flatten());
    }
    Ok(Rights { owner, statements })
}

/// What depends on the views, apart from their own parts: other views, functions with a parsed body, rules, triggers, policies.
pub async fn hanging(db: &Database, relation: &Relation) -> Result<Vec<String>> {
    let views = view::views(relation).map(|view| format!("to_regclass({})", literal(&view))).join(", ");
    let own = ["trg_write_", "trg_seen_"].map(|stem| literal(&format!("{stem}{}", relation.table))).join(", ");
    let sql = format!(
        "SELECT DISTINCT pg_describe_object(d.classid, d.objid, d.objsubid) FROM pg_depend AS d \
         WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid IN ({views}) AND d.deptype IN ('n', 'a') \
           AND NOT (d.classid = 'pg_attrdef'::regclass AND EXISTS (SELECT FROM pg_attrdef AS f WHERE f.oid = d.objid AND f.adrelid = d.refobjid)) \
           AND NOT (d.classid = 'pg_trigger'::regclass AND EXISTS (SELECT FROM pg_trigger AS t WHERE t.oid = d.objid AND t.tgname IN ({own}))) \
           AND NOT (d.classid = 'pg_rewrite'::regclass AND EXISTS (SELECT FROM pg_rewrite AS r WHERE r.oid = d.objid AND r.ev_class = d.refobjid AND r.rulename = '_RETURN')) \
         ORDER BY 1"
    );
    Ok(db.text("looking for what depends on a name", &sql).await?.into_iter().flatten().flatten().collect())
}

/// Functions whose text contains the name as a word: they look it up when they run, and no proxy sees that.
pub async fn bodies(db: &Database, relation: &Relation) -> Result<Vec<String>> {
    let sql = format!(
        "SELECT p.oid::regprocedure::text FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace \
         WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', {}) AND p.prosrc ~* ('\\m' || $1 || '\\M') ORDER BY 1",
        literal(CONTROL)
    );
    // Characters with a meaning in patterns are escaped.
    let word: String =
        relation.table.chars().flat_map(|c| if c.is_alphanumeric() || c == '_' { vec![c] } else { vec!['\\', c] }).collect();
    let rows = db.query("looking for functions that name it", &sql, &[&word]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
