//! Repairs what [`super::check`] reports.

use crate::catalog::Database;
use crate::error::Result;
use crate::table::Cell;

use super::super::foreign_key::KEYS;
use super::super::{CONTROL, roles};
use super::drift::{Drift, Remedy};
use super::{adopt, check, grants};
use crate::relation::LEAVES;

/// A view is created first, then differences of its rights are reported: after as many rounds as there are such steps, nothing more changes.
const ROUNDS: usize = 4;

/// If a writer holds a table longer than this, one step of the repair fails, and nobody waits. It is shorter than `deadlock_timeout`: if both wait
/// for each other, it is not the client that fails.
const LOCK_TIMEOUT: &str = "500ms";

/// Repairs what can be repaired. Rows of `schema apply`: the object, and `mended`, or why not.
pub async fn mend(database: &Database, schema: &str) -> Result<Vec<Vec<Cell>>> {
    // In a rehearsal, the schema may not exist yet.
    let there = format!("SELECT to_regclass('{CONTROL}.run_table') IS NOT NULL");
    if database.is_rehearsal() && !database.one("looking for the ledger", &there, &[]).await?.get::<_, bool>(0) {
        return Ok(Vec::new());
    }
    adopt(database, schema).await?;
    let mut done: Vec<Vec<Cell>> = Vec::new();
    let mut failed: Vec<(Drift, String)> = Vec::new();
    for _ in 0..ROUNDS {
        let known = |drift: &Drift| failed.iter().any(|(d, _)| d == drift);
        let todo: Vec<Drift> = check(database, schema).await?.into_iter().filter(|d| !known(d)).collect();
        if todo.is_empty() {
            break;
        }
        for drift in todo {
            match remedy(database, schema, &drift).await {
                Ok(()) => done.push(vec![drift.object().into(), "mended".into()]),
                Err(why) => failed.push((drift, why)),
            }
        }
        // Another round would find the same again.
        if database.is_rehearsal() {
            return Ok(done);
        }
    }
    // A failed step may have been made up for by a later one.
    let left = check(database, schema).await?;
    for drift in left {
        let why = failed.iter().find(|(d, _)| *d == drift).map_or("", |(_, why)| why.as_str());
        done.retain(|row| row[0] != Cell::from(drift.object()));
        let state = format!("not mended: {}{}{why}", drift.finding, if why.is_empty() { "" } else { ": " });
        done.push(vec![drift.object().into(), state.into()]);
    }
    done.dedup();
    Ok(done)
}

/// Applies one remedy; an error says what prevented it.
async fn remedy(database: &Database, schema: &str, drift: &Drift) -> std::result::Result<(), String> {
    let context = format!("mending {}", drift.object());
    let done = match &drift.remedy {
        Remedy::None(why) => return Err(why.clone()),
        Remedy::Together(sql) => together(database, schema, drift, &context, sql).await,
        Remedy::View(creation) => view(database, schema, drift, &context, creation).await,
        Remedy::Concurrently(steps) => {
            let mut done = Ok(());
            for step in steps {
                if done.is_ok() {
                    done = database.batch(&context, step).await;
                }
            }
            done
        }
    };
    done.map_err(|error| std::iter::once(error.to_string()).chain(error.more()).collect::<Vec<_>>().join("; "))
}

/// The setting keeps the event trigger on grants from carrying half of a difference on.
const ALONE: &str = "SET LOCAL esclusa.carry_grants = 'off'";

async fn together(database: &Database, schema: &str, drift: &Drift, context: &str, sql: &str) -> Result<()> {
    in_place(database, schema, drift, context, async |db| db.batch(context, sql).await).await
}

/// In a transaction in which the owners of the table's parts may own what is created.
async fn in_place(
    database: &Database,
    schema: &str,
    drift: &Drift,
    context: &str,
    work: impl AsyncFnOnce(&Database) -> Result<()>,
) -> Result<()> {
    let work = async |db: &Database| {
        db.batch(context, &format!("SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'; {ALONE}")).await?;
        let sql = format!("SELECT DISTINCT definition FROM {CONTROL}.object WHERE kind = 'owner' AND legacy_table = $1");
        let owners = db.query(context, &sql, &[&drift.table]).await?;
        let owners: Vec<&str> = owners.iter().map(|r| r.get(0)).collect();
        roles::while_creating(db, &[schema, CONTROL, LEAVES, KEYS], &owners, work).await
    };
    database.transaction(context, work).await
}

/// A view is replaced in place, which keeps its dependents, or dropped and created again where its columns differ. Its rights are read before and
/// given again.
async fn view(database: &Database, schema: &str, drift: &Drift, context: &str, creation: &str) -> Result<()> {
    let work = async |db: &Database| {
        let rights = grants::of_view(db, schema, &drift.table, &drift.name).await?;
        if drift.finding != "missing" {
            db.batch(context, "SAVEPOINT replacing").await?;
            if db.batch(context, creation).await.is_ok() {
                return Ok(());
            }
            db.batch(context, &format!("ROLLBACK TO replacing; DROP VIEW {}", drift.name)).await?;
        }
        db.batch(context, creation).await?;
        db.batch(context, &super::triggers_of(db, &drift.table, &drift.name).await?).await?;
        db.batch(context, &rights).await
    };
    in_place(database, schema, drift, context, work).await
}
