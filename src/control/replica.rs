//! The replicas of the proxy, and the barrier of a switch: every proxy that serves has a row, in which it writes the number of the
//! last switch that is in force there, when no statement is unanswered that an older policy decided about. A switch waits for all
//! of them; only then may a table be dropped.

use std::time::Duration;

use super::hits::HitRecorder;
use crate::catalog::Database;
use crate::error::Result;

/// How often a replica shows that it is there, and looks for changed rights.
pub const HEARTBEAT: Duration = Duration::from_secs(2);
/// A replica that has been silent for longer is not waited for: it was killed, or cannot reach the database and learns of no
/// switch.
pub const SILENT: &str = "60 s";
/// How long a switch waits for the others: a little longer than each of them waits for its own statements.
const PATIENCE: Duration = Duration::from_secs(8);

/// The number of the last switch; 0 before `schema apply`. To be read before the modes: these are then at least as new.
pub async fn generation(database: &Database) -> Result<i64> {
    let there = "SELECT to_regclass('esclusa.generation') IS NOT NULL AND to_regclass('esclusa.replica') IS NOT NULL";
    if !database.one("looking for the replicas", there, &[]).await?.get::<_, bool>(0) {
        return Ok(0);
    }
    Ok(database.one("reading the number of the last switch", "SELECT number FROM esclusa.generation", &[]).await?.get(0))
}

/// Takes the next number, in the caller's transaction: switches wait for each other here, and a number becomes visible together
/// with its modes.
pub async fn advance(db: &Database) -> Result<()> {
    db.execute("numbering a switch", "UPDATE esclusa.generation SET number = number + 1", &[]).await.map(drop)
}

/// Notes that a replica serves, and which switch is in force there. Rows of replicas that were killed are deleted after some time,
/// except those with hits that were not written: their days are in doubt (`esclusa.covered_day`).
pub async fn acknowledge(database: &Database, by: HitRecorder<'_>, generation: i64, rules: i64) -> Result<()> {
    let sql = "WITH gone AS (DELETE FROM esclusa.replica AS r WHERE seen_at < clock_timestamp() - interval '1 day' AND instance <> $1
                   AND (recorder IS NULL OR EXISTS (SELECT FROM esclusa.recorder AS k
                       WHERE k.recorder = r.recorder AND k.written_at > r.seen_at - interval '1 minute')))
               INSERT INTO esclusa.replica AS r (instance, generation, rules, recorder) VALUES ($1, $2, $3, nullif($4::text, '')::uuid)
               ON CONFLICT (instance) DO UPDATE SET generation = greatest(r.generation, excluded.generation), seen_at = clock_timestamp(),
                   rules = excluded.rules, recorder = excluded.recorder";
    database.execute("acknowledging a switch", sql, &[&by.instance, &generation, &rules, &by.recorder]).await.map(drop)
}

/// The replica has followed no switch of this database yet: every switch waits for it.
pub async fn begins(database: &Database, instance: &str) -> Result<()> {
    let sql = "UPDATE esclusa.replica SET generation = 0, seen_at = clock_timestamp() WHERE instance = $1";
    database.execute("saying that this process follows anew", sql, &[&instance]).await.map(drop)
}

/// The replica still serves, whatever it waits for before it can follow the last switch.
pub async fn serves(database: &Database, instance: &str) -> Result<()> {
    let sql = "UPDATE esclusa.replica SET seen_at = clock_timestamp() WHERE instance = $1";
    database.execute("saying that this process serves", sql, &[&instance]).await.map(drop)
}

/// The replicas that serve with rules other than these.
pub async fn with_other_rules(database: &Database, rules: i64) -> Result<Vec<String>> {
    let sql = format!(
        "SELECT instance FROM esclusa.replica WHERE rules <> $1 AND seen_at > clock_timestamp() - interval '{SILENT}' ORDER BY 1"
    );
    let rows = database.query("comparing rules with the other replicas", &sql, &[&rules]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// The replica no longer serves.
pub async fn leave(database: &Database, instance: &str) -> Result<()> {
    database.execute("leaving", "DELETE FROM esclusa.replica WHERE instance = $1", &[&instance]).await.map(drop)
}

/// The process of a recorder is known to be dead: it is no longer waited for.
pub async fn died(database: &Database, recorder: &str) -> Result<()> {
    database
        .execute("noting that a proxy has died", "DELETE FROM esclusa.replica WHERE recorder = $1::text::uuid", &[&recorder])
        .await
        .map(drop)
}

/// A replica on which the last switch is not in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Late {
    /// Its instance.
    pub instance: String,
    /// Seconds since its last sign of life, if that is too long for one that serves.
    pub silent: Option<i64>,
}

impl std::fmt::Display for Late {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let instance = &self.instance;
        match self.silent {
            Some(seconds) => {
                write!(f, "{instance} has been silent for {seconds} s: if it still serves, it goes by the mode before")
            }
            None => {
                let patience = PATIENCE.as_secs();
                write!(f, "{instance} has not followed within {patience} s: its sessions may still go by the mode before")
            }
        }
    }
}

/// Waits until the last switch is in force on every replica. Returns those on which it is not.
pub async fn late(database: &Database) -> Result<Vec<Late>> {
    let number = generation(database).await?;
    let until = tokio::time::Instant::now() + PATIENCE;
    let behind = format!(
        "SELECT instance, clock_timestamp() - seen_at > interval '{SILENT}', extract(epoch FROM clock_timestamp() - seen_at)::bigint
         FROM esclusa.replica WHERE generation < $1 ORDER BY 1"
    );
    loop {
        let rows = match number {
            0 => Vec::new(),
            _ => database.query("waiting for the replicas", &behind, &[&number]).await?,
        };
        let is_over = tokio::time::Instant::now() > until;
        if is_over || rows.iter().all(|r| r.get(1)) {
            let late = |r: &tokio_postgres::Row| Late { instance: r.get(0), silent: r.get::<_, bool>(1).then(|| r.get(2)) };
            return Ok(rows.iter().map(late).collect());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
