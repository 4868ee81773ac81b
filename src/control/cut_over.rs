//! A cut-over, as proxies and migration tell each other of it: one row in `esclusa.cut_over`, which only esclusa's own role can
//! write, so that nobody else can have statements held. NOTIFY wakes the proxies and carries no data. Each proxy holds the table,
//! waits until none of its sessions uses it, and adds its name to the row. When all have, the migration moves the table, and writes
//! into the row the number of the switch by which the proxies recognise the move.

use std::time::Duration;

use crate::catalog::Database;
use crate::error::{Error, Result};
use crate::mode::Mode;

/// The channel of NOTIFY that wakes the proxies.
pub const CHANNEL: &str = "esclusa_cut_over";

/// No proxy holds a table for longer, whatever is requested.
pub const MOST: Duration = Duration::from_secs(5);
/// Of a hold, the time in which the proxies learn that the table has moved. A move that would end later does not take place.
pub const FOLLOWING: Duration = Duration::from_millis(500);

/// A cut-over that is requested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestedCutOver {
    /// Its number.
    pub epoch: i64,
    /// The legacy table.
    pub table: String,
    /// How long the table may be held.
    pub hold: Duration,
    /// Set when it is over and the table has moved.
    pub moved: Option<Moved>,
}

/// Where a table is after a cut-over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The number of the switch with which it moved.
    pub generation: i64,
    /// True: its rows are in the new tables. False: the legacy table has its name again.
    pub is_there: bool,
    /// Its stored mode.
    pub mode: Option<Mode>,
}

/// Whether `schema apply` of this version has made the table.
pub async fn has_table(database: &Database) -> Result<bool> {
    let sql = "SELECT to_regclass('esclusa.cut_over') IS NOT NULL";
    Ok(database.one("looking for the table of cut-overs", sql, &[]).await?.get(0))
}

/// How long the row of a table that has moved is kept: a proxy that holds it must find it there, also where the run was killed and another one begins.
const REMEMBERED: &str = "10 s";

/// Asks all proxies to hold a table, and returns the number of the cut-over. There is one at a time, because a database has one run
/// at a time.
pub async fn ask(database: &Database, table: &str, hold: Duration) -> Result<i64> {
    let hold = i32::try_from(hold.as_millis()).unwrap_or(i32::MAX);
    let sql = format!(
        "WITH gone AS (DELETE FROM esclusa.cut_over WHERE generation IS NULL OR asked_at < clock_timestamp() - interval '{REMEMBERED}'), told AS (SELECT pg_notify('{CHANNEL}', '')) \
         INSERT INTO esclusa.cut_over (legacy_table, hold_ms) SELECT $1, $2 FROM told RETURNING epoch"
    );
    let none = ("SELECT 0::bigint", &[][..]);
    Ok(database.change("asking the proxies to hold a table", &sql, &[&table, &hold], none).await?.get(0))
}

/// The advisory lock that shows that a proxy takes part in cut-overs: the server releases it as soon as the proxy is killed.
const PRESENT: &str = "hashtext('esclusa cut_over')";

/// Takes that lock, for as long as this session lives.
pub async fn is_present(database: &Database, instance: &str) -> Result<()> {
    let sql = format!("SELECT pg_advisory_lock_shared({PRESENT}, hashtext($1))");
    database.execute("saying that cut-overs are heeded", &sql, &[&instance]).await.map(drop)
}

/// The proxies that take part in cut-overs, or gave a sign of life within this time.
pub async fn awaited(database: &Database, within: &str) -> Result<Vec<String>> {
    let sql = format!(
        "SELECT instance FROM esclusa.replica \
         WHERE seen_at > clock_timestamp() - $1::text::interval \
            OR EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 \
                         AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) \
                         AND classid::bigint = {PRESENT}::bigint & 4294967295 AND objid::bigint = hashtext(instance)::bigint & 4294967295) \
         ORDER BY 1"
    );
    Ok(database.query("asking which proxies serve", &sql, &[&within]).await?.iter().map(|row| row.get(0)).collect())
}

/// Those of these proxies that have not reported the table as unused.
pub async fn missing(database: &Database, epoch: i64, proxies: &[String]) -> Result<Vec<String>> {
    let sql = "SELECT p FROM unnest($2::text[]) AS p WHERE NOT EXISTS (SELECT FROM esclusa.cut_over WHERE epoch = $1 AND p = ANY (quiet_on)) ORDER BY 1";
    Ok(database.query("waiting for the proxies", sql, &[&epoch, &proxies]).await?.iter().map(|row| row.get(0)).collect())
}

/// Notes that the table has moved there, or back. To be called at the end of the transaction of the move, after its switch is announced: the proxies
/// continue when they know that switch. False if they may continue without knowing it, because their hold is nearly over by the server's clock: the move
/// must then not be committed.
pub async fn moved(db: &Database, is_there: bool) -> Result<bool> {
    let sql = format!(
        "WITH told AS (SELECT pg_notify('{CHANNEL}', '')) \
         UPDATE esclusa.cut_over SET is_there = {is_there}, generation = (SELECT number FROM esclusa.generation) FROM told \
         WHERE epoch = (SELECT max(epoch) FROM esclusa.cut_over) AND clock_timestamp() < asked_at + make_interval(secs => (hold_ms - {}) / 1000.0)",
        FOLLOWING.as_millis()
    );
    Ok(db.execute("telling the proxies that a table has moved", &sql, &[]).await? > 0)
}

/// There was no move: the proxies continue at once.
pub async fn give_up(database: &Database, epoch: i64) -> Result<()> {
    let sql = format!(
        "WITH gone AS (DELETE FROM esclusa.cut_over WHERE epoch = $1 RETURNING 1) SELECT pg_notify('{CHANNEL}', '') FROM gone"
    );
    database.execute("telling the proxies that a table does not move", &sql, &[&epoch]).await.map(drop)
}

/// The cut-over that is requested. An old request, by a process that was killed, is ignored.
pub async fn asked(database: &Database) -> Result<Option<RequestedCutOver>> {
    one(database, "asked_at > clock_timestamp() - make_interval(secs => hold_ms / 1000.0)").await
}

/// The cut-over with this number, however old; `None` if it was given up.
pub async fn found(database: &Database, epoch: i64) -> Result<Option<RequestedCutOver>> {
    one(database, &format!("epoch = {epoch}")).await
}

async fn one(database: &Database, condition: &str) -> Result<Option<RequestedCutOver>> {
    let sql = format!(
        "SELECT epoch, legacy_table, hold_ms, c.generation, c.is_there, m.mode \
         FROM esclusa.cut_over AS c LEFT JOIN esclusa.mode AS m USING (legacy_table) WHERE {condition} \
         ORDER BY epoch DESC LIMIT 1"
    );
    let rows = database.query("asking for cut-overs", &sql, &[]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let mode = row.get::<_, Option<&str>>(5).map(str::parse).transpose();
    let mode = mode.map_err(|e| Error::refused(format!("esclusa.mode: {}: {e}", row.get::<_, &str>(1))))?;
    let moved = row.get::<_, Option<i64>>(3).map(|generation| Moved { generation, is_there: row.get(4), mode });
    let hold = Duration::from_millis(u64::try_from(row.get::<_, i32>(2)).unwrap_or(0));
    Ok(Some(RequestedCutOver { epoch: row.get(0), table: row.get(1), hold, moved }))
}

/// Reports that a proxy holds the table, and no session of it uses it.
pub async fn is_quiet(database: &Database, epoch: i64, instance: &str) -> Result<()> {
    let sql = "UPDATE esclusa.cut_over SET quiet_on = quiet_on || $2::text WHERE epoch = $1";
    database.execute("saying that a table is quiet", sql, &[&epoch, &instance]).await.map(drop)
}
