//! What outlives a process, in schema `esclusa` of the target database: modes with their history, and hits. All replicas share it;
//! a change of modes is announced by NOTIFY, and each replica then reads them again.

pub mod around;
pub mod calls;
pub mod counter;
pub mod cut_over;
pub mod felt;
pub mod found;
pub mod hits;
pub mod reason;
pub mod replica;
pub mod retention;
pub mod scanned;
pub mod spool;

use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::catalog::Database;
use crate::error::{Error, Result};
use crate::mode::Mode;
use crate::shadow::Taken;
use crate::sql::quote::literal;

/// The channel of NOTIFY for a change of modes.
pub const CHANNEL: &str = "esclusa_modes";

/// The result of a switch for one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModeChange {
    /// The legacy table.
    pub table: String,
    /// The mode it had, and since when; `None` when no mode was stored.
    pub before: Option<(Mode, String)>,
    /// Its new mode; `None` when it was not switched.
    pub after: Option<Mode>,
    /// What the switch means for this table, or why it was not switched.
    pub note: Option<String>,
}

/// All stored modes; empty before `schema apply`.
pub async fn modes(database: &Database) -> Result<HashMap<String, Mode>> {
    let there = database.one("looking for schema esclusa", "SELECT to_regclass('esclusa.mode') IS NOT NULL", &[]).await?;
    if !there.get::<_, bool>(0) {
        static TOLD: std::sync::Once = std::sync::Once::new();
        TOLD.call_once(|| {
            tracing::warn!(
                "the target database has no schema esclusa, so modes and hits are not stored; run `esclusa schema apply`"
            )
        });
        return Ok(HashMap::new());
    }
    let rows = database.query("reading the modes", "SELECT legacy_table, mode FROM esclusa.mode", &[]).await?;
    let mut modes = HashMap::new();
    for row in rows {
        let (table, mode): (String, String) = (row.get(0), row.get(1));
        let mode = mode.parse().map_err(|e| Error::refused(format!("esclusa.mode: {table}: {e}")))?;
        modes.insert(table, mode);
    }
    Ok(modes)
}

/// Stores the mode of tables, with who, when, from, to and why; the other replicas are notified when the caller's transaction
/// commits. Nothing is checked: `migrate/gate.rs` decides which table may have which mode.
pub async fn store_modes(db: &Database, tables: &[String], mode: Mode, who: &str, why: Option<&str>) -> Result<Vec<ModeChange>> {
    let mut changes = Vec::new();
    for table in tables {
        changes.push(store_mode(db, table, mode, who, why).await?);
    }
    announce(db).await?;
    Ok(changes)
}

/// Gives the change of modes, or of something they depend on, a number in the caller's transaction; replicas are notified when that
/// commits.
pub async fn announce(db: &Database) -> Result<()> {
    replica::advance(db).await?;
    db.batch("announcing a switch", &format!("NOTIFY {CHANNEL}")).await
}

/// Waits until a switch is in force on every replica. If one has not followed in time, each change gets a note that says so.
pub async fn behind(database: &Database, changes: &mut [ModeChange]) -> Result<()> {
    let late = replica::late(database).await?.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    if !late.is_empty() {
        tracing::warn!(%late, "a switch is not in force everywhere");
        for change in changes.iter_mut().filter(|c| c.after.is_some()) {
            change.note = Some(change.note.take().map_or_else(|| late.clone(), |note| format!("{note}; {late}")));
        }
    }
    Ok(())
}

/// The stored mode of a table and since when; locked until the caller's transaction ends.
pub async fn stored_mode(db: &Database, table: &str) -> Result<Option<(Mode, String)>> {
    let sql = "SELECT mode, to_char(changed_at, 'YYYY-MM-DD HH24:MI:SS') FROM esclusa.mode WHERE legacy_table = $1 FOR UPDATE";
    let stored = db.query("reading the mode", sql, &[&table]).await?;
    Ok(stored.first().and_then(|r| Some((r.get::<_, String>(0).parse().ok()?, r.get::<_, String>(1)))))
}

async fn store_mode(db: &Database, table: &str, mode: Mode, who: &str, why: Option<&str>) -> Result<ModeChange> {
    let before = stored_mode(db, table).await?;
    let sql = "INSERT INTO esclusa.mode (legacy_table, mode, reason, changed_by) VALUES ($1, $2, $3, $4)
               ON CONFLICT (legacy_table) DO UPDATE SET mode = excluded.mode, reason = excluded.reason,
               changed_by = excluded.changed_by, changed_at = excluded.changed_at";
    db.execute("storing the mode", sql, &[&table, &mode.name(), &why, &who]).await?;
    let sql = "INSERT INTO esclusa.mode_history (legacy_table, mode_before, mode_after, reason, changed_by) VALUES ($1, $2, $3, $4, $5)";
    let name = before.as_ref().map(|(m, _): &(Mode, String)| m.name());
    db.execute("keeping the switch", sql, &[&table, &name, &mode.name(), &why, &who]).await?;
    Ok(ModeChange { table: table.to_owned(), before, after: Some(mode), note: None })
}

/// Stores what mode shadow has found.
pub async fn write_shadow(database: &Database, instance: &str, (counts, differences): &Taken) -> Result<()> {
    let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    database
        .transaction("writing what mode shadow has found", async |db| {
            for ((table, fingerprint), count) in counts {
                let sql =
                    "INSERT INTO esclusa.shadow AS s (instance, legacy_table, fingerprint, equal, different, unsteady, skipped,
                               forwarded_us, rewritten_us)
                           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                           ON CONFLICT (instance, legacy_table, fingerprint) DO UPDATE SET equal = s.equal + excluded.equal,
                               different = s.different + excluded.different, unsteady = s.unsteady + excluded.unsteady,
                               skipped = s.skipped + excluded.skipped, forwarded_us = s.forwarded_us + excluded.forwarded_us,
                               rewritten_us = s.rewritten_us + excluded.rewritten_us, last_seen = clock_timestamp()";
                let (equal, different) = (number(count.equal), number(count.different));
                let (unsteady, skipped) = (number(count.unsteady), number(count.skipped));
                let (forwarded, rewritten) = (number(count.forwarded_us), number(count.rewritten_us));
                let params: crate::catalog::database::Params<'_> =
                    &[&instance, table, fingerprint, &equal, &different, &unsteady, &skipped, &forwarded, &rewritten];
                db.execute("writing a comparison", sql, params).await?;
            }
            for difference in differences {
                let sql =
                    "INSERT INTO esclusa.shadow_difference (found_at, instance, legacy_tables, fingerprint, statement, rewritten,
                               difference) VALUES (to_timestamp($1), $2, $3, $4, $5, $6, $7)";
                let at = seconds(difference.at);
                let params: crate::catalog::database::Params<'_> = &[
                    &at,
                    &instance,
                    &difference.tables,
                    &difference.fingerprint,
                    &difference.statement,
                    &difference.rewritten,
                    &difference.difference,
                ];
                db.execute("writing a difference", sql, params).await?;
            }
            Ok(())
        })
        .await
}

/// What a table's reads were compared with is gone or made anew: the statement that deletes their counts. Differences stay, to be
/// read.
pub fn forget_comparisons(table: &str) -> String {
    format!("DELETE FROM esclusa.shadow WHERE legacy_table = {};\n", literal(table))
}

fn seconds(at: SystemTime) -> f64 {
    at.duration_since(UNIX_EPOCH).map_or(0.0, |d| d.as_secs_f64())
}
