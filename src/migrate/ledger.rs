//! The ledger of steps (`esclusa.run_table`): one row per step of a table, written in the transaction that makes the step, and only by the machine
//! (`machine.rs`). Its rows are chained by hash, so that a later change or removal is noticed; and only the run that began last may write, so that
//! a process that was cut off and comes back finds itself replaced.

use crate::catalog::Database;
use crate::error::{Error, Result};
use crate::relation::Context;
use crate::sql::quote::{ident, qualified};

use super::machine::{self, Legacy, State, Step};
use super::{ARCHIVE, CONTROL, LEAVES};

/// The parts of a row's hash, beside the hash of the row before it.
const HASHED: &str =
    "pg_catalog.jsonb_build_array(run_id, legacy_table, step, state, row_count, detail, extract(epoch FROM finished_at))";

/// A step to be written.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'e> {
    /// The run: it must be the one that began last.
    pub run: i64,
    /// The legacy table.
    pub table: &'e str,
    /// The step.
    pub step: Step,
    /// Rows that it affected.
    pub rows: Option<i64>,
    /// Evidence, as JSON.
    pub detail: Option<&'e str>,
}

/// The state of a table, according to the ledger and to the catalog.
pub async fn state(db: &Database, context: &Context, table: &str) -> Result<State> {
    if let Some(state) = db.believed(&state_of(table)).as_deref().and_then(State::named) {
        return Ok(state);
    }
    let kind = |name: &str| format!("(SELECT relkind IN ('r', 'p') FROM pg_class WHERE oid = to_regclass({name}))");
    let sql = format!(
        "SELECT (SELECT state FROM {CONTROL}.run_table WHERE legacy_table = $1 AND state IS NOT NULL ORDER BY number DESC LIMIT 1), \
         coalesce({}, false), coalesce({}, false), to_regclass($4) IS NOT NULL",
        kind("$2"),
        kind("$3"),
    );
    let [legacy, archived, leaf] = [&context.schema, ARCHIVE, LEAVES].map(|schema| qualified(schema, table));
    let row = db.one("asking where a table stands", &sql, &[&table, &legacy, &archived, &leaf]).await?;
    let legacy = match (row.get(1), row.get(2)) {
        (true, _) => Legacy::Named,
        (false, true) => Legacy::Archived,
        (false, false) => Legacy::Gone,
    };
    Ok(machine::found(row.get::<_, Option<&str>>(0).and_then(State::named), legacy, row.get(3)))
}

/// The name under which a rehearsal knows a table's state.
fn state_of(table: &str) -> String {
    format!("state of {table}")
}

/// Whether this is the last step of a table.
pub async fn is_last(db: &Database, table: &str, step: Step) -> Result<bool> {
    let sql = format!(
        "SELECT coalesce((SELECT step = $2 FROM {CONTROL}.run_table WHERE legacy_table = $1 AND state IS NOT NULL ORDER BY number DESC LIMIT 1), false)"
    );
    Ok(db.one("asking for the last step", &sql, &[&table, &step.name()]).await?.get(0))
}

/// Keeps everybody else from writing a step until the caller's transaction ends: what the caller finds still holds when it writes, and the chain of
/// hashes does not fork. A proxy writes steps too, under the present run (`reads.rs`).
pub async fn lock(db: &Database) -> Result<()> {
    // LOCK takes no snapshot: in REPEATABLE READ too, what is read afterwards is the ledger's end.
    db.batch("waiting for the ledger", &format!("LOCK TABLE {CONTROL}.run_table IN SHARE ROW EXCLUSIVE MODE")).await
}

/// The run that began last; `None` before the first.
pub async fn last_run(db: &Database) -> Result<Option<i64>> {
    let sql = format!("SELECT max(id) FROM {CONTROL}.run");
    Ok(db.one("asking for the last run", &sql, &[]).await?.get(0))
}

/// Writes a step, in the caller's transaction and before its work, so that the state it starts from is still the present one. A step that the state
/// does not allow is refused.
pub async fn write(db: &Database, context: &Context, entry: Entry<'_>) -> Result<State> {
    lock(db).await?;
    let state = state(db, context, entry.table).await?;
    let next = machine::after(state, entry.step).ok_or_else(|| refused(entry, state))?;
    write_as(db, entry, next).await?;
    Ok(next)
}

/// Writes a step that was checked before its work changed the catalog.
pub async fn write_as(db: &Database, entry: Entry<'_>, next: State) -> Result<()> {
    let sql = format!(
        "WITH last AS (SELECT hash FROM {CONTROL}.run_table WHERE hash IS NOT NULL ORDER BY number DESC LIMIT 1), \
         step AS (SELECT $1::bigint AS run_id, $2::text AS legacy_table, $3::text AS step, $4::text AS state, $5::bigint AS row_count, \
                    $6::text AS detail, clock_timestamp() AS finished_at, coalesce((SELECT hash FROM last), ''::bytea) AS previous) \
         INSERT INTO {CONTROL}.run_table (run_id, legacy_table, step, state, row_count, detail, finished_at, previous, hash) \
         SELECT *, sha256(previous || convert_to({HASHED}::text, 'UTF8')) FROM step \
         WHERE run_id = (SELECT max(id) FROM {CONTROL}.run)"
    );
    let Entry { run, table, step, rows, detail } = entry;
    let context = format!("writing the step {} of {table}", step.name());
    match db.execute(&context, &sql, &[&run, &table, &step.name(), &next.name(), &rows, &detail]).await? {
        1 => {
            db.believe(&state_of(table), next.name());
            Ok(())
        }
        _ => Err(Error::Refused {
            message: format!("{context}: another run has begun since, and this one must stop"),
            detail: Some(format!("this is run {run}")),
            hint: Some(format!("table {CONTROL}.run shows the command of the other run")),
        }),
    }
}

/// The state after a step, or an error where the step is not allowed. After [`lock`], this stays true until the caller's transaction ends.
pub async fn place(db: &Database, context: &Context, entry: Entry<'_>) -> Result<State> {
    let state = state(db, context, entry.table).await?;
    machine::after(state, entry.step).ok_or_else(|| refused(entry, state))
}

fn refused(entry: Entry<'_>, state: State) -> Error {
    let allowed: Vec<&str> = machine::steps(state).map(Step::name).collect();
    Error::Refused {
        message: format!("{} is {}: `{}` is not possible in that state", entry.table, state.name(), entry.step.name()),
        detail: Some(format!("possible steps now: {}", allowed.join(", "))),
        hint: Some(format!("`esclusa status {}` shows what it waits for", ident(entry.table))),
    }
}

/// The number of the first row whose hash does not match it and the row before, and how many rows there are.
pub async fn broken(db: &Database) -> Result<(Option<i64>, i64)> {
    let sql = format!(
        // A row with a state is believed, so it must have a hash.
        "SELECT min(number) FILTER (WHERE hash IS NULL OR hash <> sha256(previous || convert_to({HASHED}::text, 'UTF8')) OR previous <> before), \
           count(*) \
         FROM (SELECT *, coalesce(lag(hash) OVER (ORDER BY number), ''::bytea) AS before FROM {CONTROL}.run_table \
               WHERE hash IS NOT NULL OR state IS NOT NULL) AS r"
    );
    let row = db.one("checking the ledger", &sql, &[]).await?;
    Ok((row.get(0), row.get(1)))
}
