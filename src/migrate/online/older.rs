//! What has to end before a copy is read: transactions that began before it was whole.

use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::sql::quote::literal;

use super::work::Work;

/// Waits until no transaction has a snapshot older than the copy: it would see only a part of it. And until none is open that may have written the table
/// before its rows were copied: what it has deleted is still in the copy.
pub(super) async fn wait(work: Work<'_>) -> Result<()> {
    const AGAIN: Duration = Duration::from_millis(50);
    const TOLD: Duration = Duration::from_secs(5);
    let Work { db, relation, pace, told, .. } = work;
    let context = format!("letting sessions read {}", relation.table);
    let now: String = db.one(&context, "SELECT pg_snapshot_xmax(pg_current_snapshot())::xid::text", &[]).await?.get(0);
    // Sessions of other databases, and the server's own processes, read no legacy table. A prepared transaction holds its locks without a session
    // (source, lock.c, GetLockStatusData).
    let sql = format!(
        "WITH writing AS (SELECT pid, virtualtransaction FROM pg_locks WHERE relation = {}::regclass AND granted) \
         SELECT string_agg(line, '; ') FROM (SELECT format('%s%s, in a transaction for %s s (pid %s)', usename, \
                   CASE WHEN application_name <> '' THEN ' with ' || application_name ELSE '' END, \
                   round(extract(epoch FROM clock_timestamp() - xact_start)), pid) AS line \
               FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid() \
                 AND (age(backend_xmin) > age($1::text::xid) OR age(backend_xid) > age($1::text::xid) AND pid IN (SELECT pid FROM writing)) \
               UNION ALL SELECT format('prepared transaction %L of %s', gid, owner) FROM pg_prepared_xacts WHERE database = current_database() \
                 AND age(transaction) > age($1::text::xid) AND '-1/' || transaction IN (SELECT virtualtransaction FROM writing) \
               LIMIT 5) AS x",
        literal(&relation.legacy_table())
    );
    let sql = sql.as_str();
    let (begun, mut last) = (Instant::now(), None::<Instant>);
    if db.is_rehearsal() {
        return db.text_of_made(&context, sql, &[]).await.map(drop);
    }
    loop {
        let Some(older) = db.one(&context, sql, &[&now]).await?.get::<_, Option<String>>(0) else { return Ok(()) };
        if begun.elapsed() >= pace.patience {
            return Err(Error::Refused {
                message: format!(
                    "{context}: transactions from before the copy are still open after {} s",
                    pace.patience.as_secs()
                ),
                detail: Some(older),
                hint: Some("repeat it when they have ended; what was copied and proven is kept".into()),
            });
        }
        if last.is_none_or(|at| at.elapsed() >= TOLD) {
            told.word(&format!("{context}: waiting for transactions from before the copy: {older}"));
            last = Some(Instant::now());
        }
        tokio::time::sleep(AGAIN).await;
    }
}
