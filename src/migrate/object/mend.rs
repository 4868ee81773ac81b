//! Makes what [`super::check`] tells as it should be.

use crate::catalog::Database;
use crate::error::Result;
use crate::table::Cell;

use super::super::foreign_key::KEYS;
use super::super::{CONTROL, roles};
use super::drift::{Drift, Remedy};
use super::{adopt, check, grants};
use crate::relation::LEAVES;

/// A view is made first, then what is told of its rights: more rounds than there are such steps would change nothing.
const ROUNDS: usize = 4;

/// A writer that holds a table longer than this makes one step of mending fail, and nobody wait.
const LOCK_TIMEOUT: &str = "5s";

/// Mends what can be mended. Rows of `schema apply`: the object, and `mended`, or why not.
pub async fn mend(database: &Database, schema: &str) -> Result<Vec<Vec<Cell>>> {
    // In a rehearsal the schema may be there only on paper.
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
        // It would find the same again.
        if database.is_rehearsal() {
            return Ok(done);
        }
    }
    // Whatever failed may have been mended by a later step.
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

/// One remedy; or what stood against it.
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

/// The setting keeps what follows grants (an event trigger) from carrying half of a difference on.
const ALONE: &str = "SET LOCAL esclusa.carry_grants = 'off'";

async fn together(database: &Database, schema: &str, drift: &Drift, context: &str, sql: &str) -> Result<()> {
    in_place(database, schema, drift, context, async |db| db.batch(context, sql).await).await
}

/// In a transaction in which those to whom the parts of the table belong may own what is made.
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

/// A view is replaced where it stands, which keeps whatever reads it; and made again where it has other columns. Its rights are read
/// before, and are what they were.
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
