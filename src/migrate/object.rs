//! What a moved table consists of: its leaf with indexes and constraints, both views with their triggers, the function behind them, owner and
//! grants; and its key table, if any, with foreign keys, triggers and functions. The legacy table, which could show what should exist, may be
//! dropped; so all of it is recorded in the control schema when the table is moved, as PostgreSQL prints it and as SQL that makes it again.
//! `schema check` compares the catalog with that record, and `schema apply` repairs what differs ([`mend`]).
//!
//! Rights are not recorded but compared with each other (`object/grants.rs`): a GRANT is not drift, but one that has not reached the leaf is.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::Database;
use crate::error::Result;
use crate::sql::quote::literal;

use super::foreign_key::KEYS;
use super::{ARCHIVE, CONTROL, LEAVES, name};

mod around;
mod drift;
mod grants;
pub mod mend;
pub mod storage;

use drift::Remedy;
pub use drift::{Drift, LEFT};

const DESCRIBE_SQL: &str = include_str!("sql/object.sql");
/// An object as it is, or as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Object {
    definition: String,
    creation: String,
    /// What else is wrong with it: `invalid`, `disabled`, `for PUBLIC`; only for objects that exist.
    state: String,
}

/// Legacy table, kind, name.
type Key = (String, String, String);

fn described(schema: &str, tables: &str) -> String {
    DESCRIBE_SQL
        .replace("{tables}", tables)
        .replace("{leaf_text}", &literal(LEAVES))
        .replace("{key_text}", &literal(KEYS))
        .replace("{control_text}", &literal(CONTROL))
        .replace("{archive_text}", &literal(ARCHIVE))
        .replace("{schema_text}", &literal(schema))
}

/// Records what a table consists of, in the caller's transaction: after its move, and after any intended change.
pub async fn record(database: &Database, schema: &str, table: &str) -> Result<()> {
    let table = literal(table);
    let sql = format!(
        "DELETE FROM {CONTROL}.object WHERE legacy_table = {table} AND kind <> 'storage'; \
         INSERT INTO {CONTROL}.object (legacy_table, kind, name, definition, creation) \
         SELECT t, kind, name, definition, creation FROM ({}) AS o WHERE kind <> 'rule'",
        described(schema, &format!("SELECT {table}"))
    );
    database.batch("recording what the table consists of", &sql).await?;
    grants::record(database, schema, &table).await
}

/// Whether that was recorded.
pub async fn is_recorded(database: &Database, table: &str) -> Result<bool> {
    let sql = format!("SELECT EXISTS (SELECT FROM {CONTROL}.object WHERE legacy_table = $1 AND kind <> 'storage')");
    Ok(database.one("looking for what the table consists of", &sql, &[&table]).await?.get(0))
}

/// The objects that keep an archive up to date (`migrate/keep.rs`), among a table's.
pub(super) const UPKEEP: &str = "(kind IN ('archive', 'guard') OR kind = 'trigger' AND name ~ '^esclusa_keep' OR kind IN ('function', 'owner') AND name ~ '^esclusa\\.\"?keep_')";

/// Records them again, after they were made anew.
pub async fn record_upkeep(database: &Database, schema: &str, table: &str) -> Result<()> {
    record_some(database, schema, &format!("SELECT {}", literal(table)), UPKEEP).await
}

/// Records the foreign keys of a table again, and those of the key tables that they lead to or come from: they are created again when the table
/// moves, and validated later.
pub async fn record_keys(database: &Database, schema: &str, table: &str) -> Result<()> {
    let key = literal(&crate::sql::quote::qualified(KEYS, table));
    let near = format!(
        "SELECT {} UNION SELECT c.relname::text FROM pg_constraint AS k JOIN pg_class AS c ON c.oid IN (k.conrelid, k.confrelid) \
         WHERE k.contype = 'f' AND to_regclass({key}) IN (k.conrelid, k.confrelid) AND c.relnamespace = to_regnamespace({}) AND c.relkind = 'r'",
        literal(table),
        literal(KEYS)
    );
    let own = "(kind IN ('foreign key', 'hold') OR kind = 'trigger' AND name LIKE '%ESCLUSA\\_hold\\_%')";
    record_some(database, schema, &near, own).await
}

/// Records objects of some tables again: `tables` is a query, `own` the condition for an object.
async fn record_some(database: &Database, schema: &str, tables: &str, own: &str) -> Result<()> {
    let sql = format!(
        "DELETE FROM {CONTROL}.object WHERE legacy_table IN ({tables}) AND {own}; \
         INSERT INTO {CONTROL}.object (legacy_table, kind, name, definition, creation) \
         SELECT t, kind, name, definition, creation FROM ({}) AS o WHERE {own}",
        described(schema, tables)
    );
    database.batch("recording what tables consist of", &sql).await
}

/// Records tables that an earlier version moved without a record, if nothing of them is missing.
async fn adopt(database: &Database, schema: &str) -> Result<()> {
    let sql = format!(
        "SELECT DISTINCT legacy_table FROM {CONTROL}.run_table AS r \
         WHERE step = 'migrate' AND NOT EXISTS (SELECT FROM {CONTROL}.object AS o WHERE o.legacy_table = r.legacy_table AND o.kind <> 'storage') \
           AND to_regclass(format('%I.%I', {}, legacy_table)) IS NOT NULL AND to_regclass(format('%I.%I', {}, legacy_table)) IS NOT NULL \
           AND (SELECT relkind FROM pg_class WHERE oid = to_regclass(format('%I.%I', {}, legacy_table))) = 'v'",
        literal(LEAVES),
        literal(CONTROL),
        literal(schema),
    );
    for table in database.text("looking for tables without a record", &sql).await?.into_iter().flatten().flatten() {
        record(database, schema, &table).await?;
    }
    Ok(())
}

/// The recorded tables under whose name no table exists: one that was brought back is skipped.
fn moved(schema: &str) -> String {
    format!(
        "SELECT DISTINCT legacy_table::text FROM {CONTROL}.object WHERE NOT EXISTS (SELECT FROM pg_class \
         WHERE relname = legacy_table AND relnamespace = to_regnamespace({}) AND relkind IN ('r', 'p', 'f'))",
        literal(&crate::sql::quote::ident(schema))
    )
}

async fn objects(database: &Database, sql: &str) -> Result<BTreeMap<Key, Object>> {
    let rows = database.text("reading what moved tables consist of", sql).await?;
    let object = |row: Vec<Option<String>>| {
        let mut cells = row.into_iter().map(Option::unwrap_or_default);
        let mut next = || cells.next().unwrap_or_default();
        ((next(), next(), next()), Object { definition: next(), creation: next(), state: next() })
    };
    Ok(rows.into_iter().map(object).collect())
}

/// Whether `schema apply` has made the record.
async fn has_record(database: &Database) -> Result<bool> {
    let there = format!("SELECT to_regclass('{CONTROL}.object') IS NOT NULL");
    Ok(database.one("looking for the record", &there, &[]).await?.get(0))
}

/// Everything that differs between moved tables and their record; empty where nothing has been moved.
pub async fn check(database: &Database, schema: &str) -> Result<Vec<Drift>> {
    if !has_record(database).await? {
        return Ok(Vec::new());
    }
    let moved = moved(schema);
    let recorded = format!(
        "SELECT legacy_table, kind, name, definition, creation FROM {CONTROL}.object WHERE kind NOT IN ('grants', 'storage') AND legacy_table IN ({moved})"
    );
    let expected = objects(database, &recorded).await?;
    let found = objects(database, &described(schema, &moved)).await?;
    let retired = name::tombstones(database).await?;
    let gone: BTreeSet<&str> =
        expected.keys().filter(|key| key.1 == "table" && !found.contains_key(*key)).map(|key| key.0.as_str()).collect();
    let mut drift = Vec::new();
    for (key, object) in &expected {
        if gone.contains(key.0.as_str()) && key.1 != "table" {
            continue;
        }
        let difference = match (key.1.as_str(), found.get(key)) {
            // The views of a retired name were dropped on purpose, with the function behind them.
            ("view" | "function", None) if retired.contains_key(&key.0) && is_of_the_name(key) => None,
            ("owner", _) => owner(key, &expected, &found),
            ("key table", _) => key_table(database, key, &expected, &found).await?,
            (_, Some(now)) => difference(key, object, now),
            // A trigger of a view is created again with the view.
            ("trigger", None) if !found.contains_key(&on(key)) => None,
            // What belongs to a missing key table is created again with it; what was on a table that is gone is gone with it.
            (_, None) if key_table_of(key, &expected).is_some_and(|k| !found.contains_key(k)) => None,
            ("foreign key" | "hold" | "guard", None) if !stands(database, &key.2).await? => None,
            (_, None) => Some(missing(database, key, object).await?),
        };
        drift.extend(difference);
    }
    drift.extend(doubled(&expected, &found));
    drift.extend(strange(&expected, &found, &drift));
    // Rights are compared only once the owner is right.
    let unsettled: BTreeSet<String> = drift.iter().filter(|d| d.kind == "owner").map(|d| d.table.clone()).collect();
    drift.extend(grants::check(database, schema, &moved).await?.into_iter().filter(|d| !unsettled.contains(&d.table)));
    drift.retain(|d| !gone.contains(d.table.as_str()) || d.kind == "table");
    drift.extend(around::check(database, schema).await?);
    drift.sort_by_key(|d| order(&d.kind));
    Ok(drift)
}

/// Whether an object is dropped when a name is retired.
fn is_of_the_name((table, kind, name): &Key) -> bool {
    kind == "view" || *name == format!("{}()", crate::sql::quote::qualified(CONTROL, &format!("write_{table}")))
}

/// The key table that an object belongs to: one on it, or a foreign key that leads to it.
fn key_table_of<'e>(key: &Key, expected: &'e BTreeMap<Key, Object>) -> Option<&'e Key> {
    let (own, object) =
        expected.iter().find(|(k, _)| k.0 == key.0 && k.1 == "key table").map(|(k, _)| k).zip(expected.get(key))?;
    let on = key.2.ends_with(&format!(" on {}", own.2)) || key.1 == "owner" && key.2 == own.2;
    let over = key.1 == "index" && object.creation.contains(&format!(" ON {} ", own.2));
    (on || over || key.1 == "foreign key").then_some(own)
}

/// Whether the table that an object belongs to exists.
async fn stands(database: &Database, name: &str) -> Result<bool> {
    let relation = name.rsplit_once(" on ").map_or("", |(_, relation)| relation);
    Ok(database.one("looking for a table", "SELECT to_regclass($1) IS NOT NULL", &[&relation]).await?.get(0))
}

/// A key table that is missing, has other columns, or has other rows than the leaf, because somebody wrote one of them while the triggers were
/// disabled.
async fn key_table(
    database: &Database,
    key: &Key,
    expected: &BTreeMap<Key, Object>,
    found: &BTreeMap<Key, Object>,
) -> Result<Option<Drift>> {
    let made_again = |finding, wanted: &str, now: &str| Some(drift(key, finding, wanted, now, rebuild(key, expected)));
    let wanted = expected.get(key).map_or("", |o| o.definition.as_str());
    match found.get(key) {
        None => return Ok(made_again("missing", wanted, "")),
        Some(now) if now.definition != wanted => return Ok(made_again("differs", wanted, &now.definition)),
        Some(_) => {}
    }
    let compares = |name: &str| name.starts_with("esclusa.compare_") || name.starts_with("esclusa.\"compare_");
    let Some(function) = found.keys().find(|k| k.0 == key.0 && k.1 == "function" && compares(&k.2)) else { return Ok(None) };
    let sql = format!("SELECT {}", function.2);
    let differing: i64 = match database.one(&format!("comparing {}", key.2), &sql, &[]).await {
        Ok(row) => row.get(0),
        // A wrong owner or name is a finding of its own: once that is repaired, the rows can be compared.
        Err(error) => return Ok(Some(drift(key, "cannot be compared", "", &error.to_string(), Remedy::None(error.to_string())))),
    };
    let told = format!("{differing} rows that the other has not");
    Ok(if differing > 0 { made_again("rows differ", "the rows of the leaf", &told) } else { None })
}

/// A key table is created again and filled from the leaf, with everything on it: changing its rows in place would make its foreign keys act on
/// other tables, and its triggers on the leaf.
fn rebuild(key: &Key, expected: &BTreeMap<Key, Object>) -> Remedy {
    let mut own: Vec<(&Key, &Object)> =
        expected.iter().filter(|(k, _)| k.1 != "owner" && key_table_of(k, expected) == Some(key)).collect();
    own.sort_by_key(|(k, _)| order(&k.1));
    let mut sql = format!("DROP TABLE IF EXISTS {} CASCADE;\n", key.2);
    // Foreign keys come last: they need an index, and the hold's trigger must be there first (it fires before theirs by its name).
    let keys = |k: &Key| k.1 == "foreign key";
    let first = expected.get(key).map(|table| &table.creation).into_iter();
    let rest =
        own.iter().filter(|(k, _)| !keys(k)).chain(own.iter().filter(|(k, _)| keys(k))).map(|(_, object)| &object.creation);
    sql.extend(first.chain(rest).map(|creation| format!("{creation};\n")));
    Remedy::Together(sql)
}

/// The order of dependencies: a trigger after its function and its view, a partition after its constraints.
fn order(kind: &str) -> usize {
    [
        "table",
        "function",
        "key table",
        "default",
        "constraint",
        "partition",
        "view",
        "trigger",
        "owner",
        "grants",
        "index",
        "foreign key",
        "hold",
        "archive",
        "guard",
    ]
    .iter()
    .position(|k| *k == kind)
    .unwrap_or(usize::MAX)
}

/// The key of the relation that a trigger is on: a view, the leaf or the key table.
fn on((table, _, name): &Key) -> Key {
    let relation = name.rsplit_once(" on ").map_or("", |(_, relation)| relation);
    let kind = match relation.split('.').next() {
        Some(LEAVES) => "table",
        Some(KEYS) => "key table",
        _ => "view",
    };
    (table.clone(), kind.into(), relation.into())
}

fn drift(key: &Key, finding: &str, expected: &str, found: &str, remedy: Remedy) -> Drift {
    let (table, kind, name) = key.clone();
    Drift { table, kind, name, finding: finding.into(), expected: expected.into(), found: found.into(), remedy }
}

async fn missing(database: &Database, key: &Key, object: &Object) -> Result<Drift> {
    let remedy = match key.1.as_str() {
        "table" => Remedy::None(gone(database, &key.0).await?),
        "archive" => Remedy::None(
            "somebody dropped, moved or renamed it: without it the table cannot come back, nor be dropped with a dump".into(),
        ),
        "index" => Remedy::Concurrently(vec![concurrently(&object.creation)]),
        "view" => Remedy::View(object.creation.clone()),
        _ => Remedy::Together(object.creation.clone()),
    };
    let finding = match key.1.as_str() {
        "table" | "archive" => "gone",
        "partition" => "detached",
        _ => "missing",
    };
    Ok(drift(key, finding, &object.definition, "", remedy))
}

/// What to say about a leaf that was dropped.
async fn gone(database: &Database, table: &str) -> Result<String> {
    let archived = crate::sql::quote::qualified(super::ARCHIVE, table);
    let sql = "SELECT to_regclass($1) IS NOT NULL";
    let there: bool = database.one("looking for the archived table", sql, &[&archived]).await?.get(0);
    Ok(match there {
        true => format!(
            "the leaf is gone with its rows; {archived} has them as they were then, and `esclusa verify {table}` prints the statements for the way out"
        ),
        false => "the leaf is gone with its rows; restore them from a backup".to_owned(),
    })
}

fn difference(key: &Key, expected: &Object, now: &Object) -> Option<Drift> {
    let (table, name) = (now.creation.as_str(), &key.2);
    // A foreign key that was recorded before it was valid has been validated since.
    let validated = key.1 == "foreign key" && expected.definition == format!("{} NOT VALID", now.definition);
    if (expected.definition == now.definition || validated) && now.state.is_empty() {
        return None;
    }
    let (finding, wanted, found) = match now.state.as_str() {
        "" => ("differs", expected.definition.as_str(), now.definition.as_str()),
        state => (state, "", state),
    };
    let relation = name.rsplit_once(" on ").map_or("", |(_, relation)| relation);
    let object = name.rsplit_once(" on ").map_or("", |(object, _)| object);
    let remedy = match key.1.as_str() {
        "partition" => Remedy::None(format!("it is attached differently ({table}): detach it, and apply again")),
        "index" if now.state == "invalid" && expected.definition == now.definition => {
            Remedy::Concurrently(vec![format!("REINDEX INDEX CONCURRENTLY {name}")])
        }
        "index" => Remedy::Concurrently(vec![format!("DROP INDEX CONCURRENTLY {name}"), concurrently(&expected.creation)]),
        "constraint" | "foreign key"
            if now.state.is_empty() && now.definition == format!("{} NOT VALID", expected.definition) =>
        {
            Remedy::Together(format!("ALTER TABLE {relation} VALIDATE CONSTRAINT {object}"))
        }
        "constraint" | "foreign key" => {
            Remedy::Together(format!("ALTER TABLE {relation} DROP CONSTRAINT {object}; {}", expected.creation))
        }
        "trigger" | "hold" | "guard" => Remedy::Together(format!("DROP TRIGGER {object} ON {relation}; {}", expected.creation)),
        "view" => Remedy::View(expected.creation.clone()),
        "archive" if now.state.is_empty() => {
            Remedy::None("somebody altered it: undo that, or the changes of the moved table no longer fit it".into())
        }
        _ => Remedy::Together(expected.creation.clone()),
    };
    Some(drift(key, finding, wanted, found, remedy))
}

/// The owner of one of a table's objects. If all of them were given to another role, that is not drift.
fn owner(key: &Key, expected: &BTreeMap<Key, Object>, found: &BTreeMap<Key, Object>) -> Option<Drift> {
    let now: Vec<&str> =
        found.iter().filter(|(k, _)| k.0 == key.0 && k.1 == "owner").map(|(_, object)| object.definition.as_str()).collect();
    let own = found.get(key)?;
    let recorded = expected.get(key)?;
    if own.definition == recorded.definition || now.iter().all(|o| *o == now[0]) {
        return None;
    }
    Some(drift(key, "owner differs", &recorded.definition, &own.definition, Remedy::Together(recorded.creation.clone())))
}

/// A second trigger that calls the function of a table's view would write every row twice.
fn doubled(expected: &BTreeMap<Key, Object>, found: &BTreeMap<Key, Object>) -> Vec<Drift> {
    let calls = |object: &Object| object.definition.rsplit_once(" EXECUTE FUNCTION ").map(|(_, call)| call.to_owned());
    let same = |key: &Key, object: &Object| {
        expected.iter().any(|(k, o)| k.1 == "trigger" && on(k) == on(key) && calls(o).is_some() && calls(o) == calls(object))
    };
    let second = found.iter().filter(|(key, object)| key.1 == "trigger" && !expected.contains_key(*key) && same(key, object));
    let told = second.filter_map(|(key, object)| {
        let (name, relation) = key.2.rsplit_once(" on ")?;
        let remedy = Remedy::Together(format!("DROP TRIGGER {name} ON {relation}"));
        Some(drift(key, "doubled: every change is written more than once", "", &object.definition, remedy))
    });
    told.collect()
}

/// Rules and triggers of others on a leaf or a view: they may turn a write into something else. They are reported, and left to whoever made them.
fn strange(expected: &BTreeMap<Key, Object>, found: &BTreeMap<Key, Object>, told: &[Drift]) -> Vec<Drift> {
    let known =
        |key: &Key| expected.contains_key(key) || told.iter().any(|d| (&d.table, &d.kind, &d.name) == (&key.0, &key.1, &key.2));
    let others = found.iter().filter(|(key, _)| ["rule", "trigger"].contains(&key.1.as_str()) && !known(key));
    let of = |(key, object): (&Key, &Object)| {
        let (name, relation) = key.2.rsplit_once(" on ").unwrap_or_default();
        let why = format!("somebody made it; `DROP {} {name} ON {relation}` removes it", key.1.to_uppercase());
        drift(key, "not ours", "", &object.definition, Remedy::None(why))
    };
    others.map(of).collect()
}

/// The same statement without a lock that blocks writers.
pub(super) fn concurrently(creation: &str) -> String {
    creation.replacen("INDEX ", "INDEX CONCURRENTLY ", 1)
}

/// The recorded SQL of a view's triggers.
async fn triggers_of(database: &Database, table: &str, view: &str) -> Result<String> {
    let sql = format!(
        "SELECT creation FROM {CONTROL}.object WHERE legacy_table = {} AND kind = 'trigger' AND right(name, length({1})) = {1}",
        literal(table),
        literal(&format!(" on {view}"))
    );
    let rows = database.text("reading the record of a view", &sql).await?;
    Ok(rows.into_iter().flatten().flatten().map(|creation| format!("{creation};\n")).collect())
}
