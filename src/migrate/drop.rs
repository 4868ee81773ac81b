//! The end of an archived table, and the way back from it (the plan's level 2). The table is dropped when every condition holds (`condition.rs`), a
//! person has signed, and its dump was restored and compared. It is rebuilt from the definitions in the dump and filled with the present rows:
//! nothing written since is lost.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;

use crate::catalog::Database;
use crate::error::{Error, Result};
use crate::relation::{CONTROL, Relation};
use crate::rule::Rule;
use crate::sql::quote::{literal, qualified};

use super::condition::{self, Condition};
use super::dump::{self, Dump, Server};
use super::keep::Places;
use super::ledger::{self, Entry};
use super::machine::{State, Step};
use super::migration::Migration;
use super::quiet::{Locked, attempt};
use super::{ARCHIVE, PINNED, keep, object, roles};

/// How dumps are made, and what must hold before the drop.
pub struct Dumping<'d> {
    /// The target database, for PostgreSQL's programs.
    pub server: &'d Server,
    /// Where dumps are restored to be compared.
    pub scratch: Option<&'d Server>,
    /// The directory of the dumps.
    pub directory: &'d Path,
    /// How long a moved table is observed.
    pub observation: Duration,
}

/// The conditions that are not met; empty where the table may be dropped.
pub async fn unmet(migration: &Migration<'_>, rule: &Rule, observation: Duration) -> Result<Vec<Condition>> {
    let mut facts = condition::facts(migration.database, &migration.context, &[rule], observation).await?;
    let facts = facts.remove(&rule.table).unwrap_or_default();
    Ok(condition::to_drop(&facts, observation).into_iter().filter(|c| !c.met).collect())
}

/// How a table that is dropped already was dropped. Nothing is known of one that was dropped by hand.
pub struct Dropped {
    /// The rows in its dump.
    pub rows: Option<i64>,
    /// The dump, where it was written.
    pub dump: Option<String>,
    /// Its SHA-256.
    pub sha256: Option<String>,
}

/// What the ledger says of a table that is dropped; `None` where it is not.
pub async fn dropped(migration: &Migration<'_>, table: &str) -> Result<Option<Dropped>> {
    if ledger::state(migration.database, &migration.context, table).await? != State::Dropped {
        return Ok(None);
    }
    let sql =
        format!("SELECT row_count, detail::jsonb ->> 'dump', detail::jsonb ->> 'sha256' FROM ({}) AS drop", last_drop(table));
    let rows = migration.database.query("looking for how it was dropped", &sql, &[]).await?;
    let nothing = Dropped { rows: None, dump: None, sha256: None };
    Ok(Some(rows.first().map_or(nothing, |r| Dropped { rows: r.get(0), dump: r.get(1), sha256: r.get(2) })))
}

/// The ledger's last entry of a drop that was done.
fn last_drop(table: &str) -> String {
    format!(
        "SELECT * FROM {CONTROL}.run_table WHERE legacy_table = {} AND step = 'drop' AND detail IS NOT NULL ORDER BY number DESC LIMIT 1",
        literal(table)
    )
}

/// Drops one archived table, and returns its dump, which the ledger records too.
pub async fn run(migration: &Migration<'_>, run: i64, rule: &Rule, dumping: &Dumping<'_>) -> Result<Dump> {
    let relation = Relation::compile(rule, &migration.context);
    let db = migration.database;
    let entry = Entry { run, table: &rule.table, step: Step::Drop, rows: None, detail: None };
    ledger::place(db, &migration.context, entry).await?;
    refuse_unmet(rule, &unmet(migration, rule, dumping.observation).await?)?;
    dump::ready(db, dumping.scratch, &rule.table).await?;
    // Proven now, because the signature may be old.
    match migration.verify(rule).await? {
        Some(parity) if parity.holds() => {}
        parity => {
            return Err(Error::Refused {
                message: format!("{} differs from its archive, and nothing is dropped", rule.table),
                detail: parity.map(|p| p.failures()),
                hint: Some("`esclusa verify` shows where".into()),
            });
        }
    }
    let dump = match db.is_rehearsal() {
        true => Dump::of_a_rehearsal(&rule.table, dumping.directory),
        false => dump::take(dumping.server, dumping.scratch, &rule.table, dumping.directory).await?,
    };
    let file = std::fs::canonicalize(&dump.file).unwrap_or_else(|_| dump.file.clone());
    let context = format!("dropping the archive of {}", rule.table);
    let (leaf, archive) = (relation.rows(), qualified(ARCHIVE, &rule.table));
    let work = async |db: &Database, locked: &Locked| {
        locked.begins();
        // In the order in which a client's statement locks them.
        db.batch(&context, &format!("LOCK TABLE {leaf}, {archive} IN ACCESS EXCLUSIVE MODE")).await?;
        if !keep::is_kept(db, &relation).await? {
            return Err(Error::refused(format!("{context}: its triggers were changed meanwhile")));
        }
        let statistics = dump::statistics(db, &rule.table).await?;
        let detail = json!({"dump": file, "sha256": dump.sha256, "bytes": dump.bytes, "rows": dump.likeness.rows, "statistics": statistics});
        let entry = Entry { rows: Some(dump.likeness.rows), detail: Some(&detail.to_string()), ..entry };
        ledger::write(db, &migration.context, entry).await?;
        let sql = format!("{}{}DROP TABLE {archive} RESTRICT", keep::detaching(&relation), keep::removal(&relation));
        db.batch(&context, &sql).await
    };
    let told = |text: &str| migration.told.word(text);
    attempt(db, &migration.pace, &context, &[leaf.clone(), archive.clone()], &told, work).await?;
    Ok(dump)
}

/// The refusal of a table that waits for something.
pub fn refuse_unmet(rule: &Rule, unmet: &[Condition]) -> Result<()> {
    if unmet.is_empty() {
        return Ok(());
    }
    Err(Error::Refused {
        message: format!("{} may not be dropped yet", rule.table),
        detail: Some(unmet.iter().map(|c| format!("{}: {}", c.name, c.why)).collect::<Vec<_>>().join("; ")),
        hint: Some(format!("`esclusa status {}` shows what it waits for", rule.table)),
    })
}

/// Makes the archived table again, and returns the number of its rows. `file` is the dump, where it is no longer at the path in the ledger.
pub async fn restore(migration: &Migration<'_>, run: i64, rule: &Rule, file: Option<&Path>) -> Result<i64> {
    let relation = Relation::compile(rule, &migration.context);
    let db = migration.database;
    let entry = Entry { run, table: &rule.table, step: Step::Restore, rows: None, detail: None };
    ledger::place(db, &migration.context, entry).await?;
    let file = dumped(db, rule, file).await?;
    let [before, behind] = dump::script(&file, &rule.table).await?;
    let context = format!("restoring {}", rule.table);
    let (leaf, archive) = (relation.rows(), qualified(ARCHIVE, &rule.table));
    let work = async |db: &Database, _: &Locked| {
        // Readers continue; a writer waits until the archive receives its changes.
        db.batch(&context, &format!("LOCK TABLE {leaf} IN SHARE ROW EXCLUSIVE MODE")).await?;
        ledger::lock(db).await?;
        let next = ledger::place(db, &migration.context, entry).await?;
        // The script gives the table to its owner, who may create in the archive's schema only during this work.
        let owner = "SELECT pg_get_userbyid(relowner)::text FROM pg_class WHERE oid = to_regclass($1)";
        let owner: String = db.one(&context, owner, &[&leaf]).await?.get(0);
        roles::while_creating(db, &[ARCHIVE], &[&owner], async |db| {
            db.batch(&context, &before).await?;
            db.will_be(&archive, &leaf);
            db.batch(&context, PINNED).await
        })
        .await?;
        db.batch(&context, &behind).await?;
        let statistics = statistics(db, rule).await?;
        roles::while_creating(db, &[&relation.schema], &[&owner], async |db| db.batch(&context, &statistics).await).await?;
        db.batch(&context, PINNED).await?;
        db.batch(&context, &keep::as_they_fired(&relation, &archive)).await?;
        keep::attach(db, &relation, Places::Fill).await?;
        object::record_upkeep(db, &relation.schema, &rule.table).await?;
        let rows = db.text_of_made(&context, &format!("SELECT count(*) FROM {archive}"), &["0"]).await?;
        let rows = rows.into_iter().flatten().flatten().next().and_then(|n| n.parse().ok()).unwrap_or(0);
        ledger::write_as(db, Entry { rows: Some(rows), ..entry }, next).await?;
        Ok(rows)
    };
    let told = |text: &str| migration.told.word(text);
    let restored = attempt(db, &migration.pace, &context, std::slice::from_ref(&leaf), &told, work).await;
    // Settings of the dump's script outlive a failed transaction.
    db.batch(&context, PINNED).await?;
    restored
}

/// The SQL for the extended statistics that the dropped table had.
async fn statistics(db: &Database, rule: &Rule) -> Result<String> {
    let sql = format!(
        "SELECT s || ';' FROM (SELECT detail::jsonb -> 'statistics' AS list FROM ({}) AS drop) AS last, jsonb_array_elements_text(last.list) AS s",
        last_drop(&rule.table)
    );
    Ok(db.text("looking for extended statistics", &sql).await?.into_iter().flatten().flatten().collect())
}

/// The dump of a dropped table, checked by its hash.
async fn dumped(db: &Database, rule: &Rule, file: Option<&Path>) -> Result<PathBuf> {
    let sql = format!("SELECT detail::jsonb ->> 'dump', detail::jsonb ->> 'sha256' FROM ({}) AS drop", last_drop(&rule.table));
    let found = db.text("looking for the dump", &sql).await?;
    let [Some(written), Some(sha256)] = found.first().map_or(&[][..], Vec::as_slice) else {
        return Err(Error::Refused {
            message: format!("{} was not dropped by esclusa", rule.table),
            detail: Some("the ledger has no dump of it".into()),
            hint: None,
        });
    };
    let file = file.map_or_else(|| PathBuf::from(written), Path::to_owned);
    let (is, _) = dump::digest(&file)?;
    if is == *sha256 {
        return Ok(file);
    }
    Err(Error::Refused {
        message: format!("{} is not the dump that was made when {} was dropped", file.display(), rule.table),
        detail: Some(format!("its SHA-256 is {is}, and was {sha256}")),
        hint: Some("name the right one by --dump".into()),
    })
}
