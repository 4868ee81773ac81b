//! What the server's own counters say of legacy tables while the proxies send nothing that names them.
//!
//! A statement may scan a table once or a thousand times, and the two countings lag behind each other: they cannot be subtracted. Only
//! where the proxies are silent, and have been for a while before and behind, is a counter that grows a use that none of them has sent. It
//! tells that there is somebody, and not who: one that comes and goes between two samples, or a function or a trigger. What a foreign key
//! looks up is not counted, nor what is read while esclusa works on the table or a dump is taken. An index that is built by hand is. Nothing
//! is said of a table that has moved, for its rows are read and written by the proxies' own statements then, or of one whose statements a
//! proxy passes on uncounted.

use std::collections::HashMap;

use super::around::{Sought, UNKNOWN, Use};
use crate::catalog::Database;
use crate::error::Result;
use crate::relation::CONTROL;

/// A backend may tell its counts so many seconds late (PGSTAT_IDLE_INTERVAL, 10 s, and what it takes to notice).
pub const LATE: f64 = 15.0;
/// A proxy that does not write what it has recorded is waited for so many seconds longer than one that does: it may have been killed. What is
/// told then is not sure.
pub const PATIENCE: f64 = 20.0;

/// The counters of a legacy table at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Counts {
    /// Seconds since 1970, by the server's clock.
    pub at: f64,
    /// Statements that the proxies have recorded.
    pub hits: i64,
    /// Scans, by the server; 0 where foreign keys look it up.
    pub scans: i64,
    /// Rows written, by the server.
    pub writes: i64,
    /// Esclusa itself or a dump has been there.
    pub is_disturbed: bool,
    /// When the proxy that is furthest behind has last written what it had recorded.
    pub recorded: f64,
}

/// What is remembered of one table.
#[derive(Debug, Clone, Copy)]
struct Quiet {
    /// The proxies, and esclusa, have been silent since.
    since: f64,
    /// The counters when that had been so for long enough.
    base: Counts,
    /// When they began to grow.
    grown: Option<f64>,
}

/// The counters of all tables, on their way from one moment to the next.
#[derive(Debug, Default)]
pub struct Counters(HashMap<String, Quiet>);

/// What a moment says of a table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Step {
    /// Nothing: the proxies use it, or have until a moment ago.
    Blind,
    /// Nobody uses it, as far as is certain.
    Quiet,
    /// Somebody has.
    Used(Grown),
}

/// What none of the proxies has sent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grown {
    /// Scans.
    pub scans: i64,
    /// Rows written.
    pub writes: i64,
    /// When it was seen first.
    pub at: f64,
    /// Every proxy that was there has written what it has recorded.
    pub is_sure: bool,
}

impl Counters {
    /// Nothing that was read before is compared with what comes.
    pub fn forget(&mut self, table: &str) {
        self.0.remove(table);
    }

    /// The next moment of a table. `hold` is how long either side may be late.
    pub fn advance(&mut self, table: &str, now: Counts, hold: f64) -> Step {
        let anew = Quiet { since: now.at, base: now, grown: None };
        let quiet = self.0.entry(table.to_owned()).or_insert(anew);
        let base = quiet.base;
        if now.hits != base.hits || now.is_disturbed || now.scans < base.scans || now.writes < base.writes {
            *quiet = anew;
            return Step::Blind;
        }
        if now.at - quiet.since < hold {
            // What was sent before may still come to be counted.
            quiet.base = now;
            return Step::Blind;
        }
        let (scans, writes) = (now.scans - base.scans, now.writes - base.writes);
        if scans + writes == 0 {
            return Step::Quiet;
        }
        let at = *quiet.grown.get_or_insert(now.at);
        // What has grown the counters may still come to be recorded.
        let is_sure = now.recorded >= at + hold;
        if !is_sure && now.at < at + hold + PATIENCE {
            return Step::Quiet;
        }
        (quiet.base, quiet.grown) = (now, None);
        Step::Used(Grown { scans, writes, at, is_sure })
    }
}

/// When the proxy that is furthest behind has last written what it had recorded. One that was there ten minutes ago, and has neither said
/// farewell nor left its spool to another, may still have hits.
pub const RECORDED: &str = "SELECT coalesce(min(w.at), 'infinity') AS at FROM (SELECT coalesce((SELECT max(written_at) FROM esclusa.recorder AS w
    WHERE w.instance = r.instance), '-infinity') AS at FROM esclusa.replica AS r WHERE r.seen_at > clock_timestamp() - interval '10 min') AS w";

/// [`RECORDED`], in seconds since 1970; 0 where there is none.
pub async fn recorded(database: &Database) -> Result<f64> {
    let sql = format!(
        "SELECT CASE WHEN at IN ('infinity', '-infinity') THEN 0 ELSE extract(epoch FROM at) END::double precision FROM ({RECORDED}) AS r"
    );
    Ok(database.one("asking what has been recorded", &sql, &[]).await?.get(0))
}

/// The counters of the legacy tables that stand.
pub async fn read(database: &Database, sought: &Sought) -> Result<Vec<(String, Counts)>> {
    let sql = format!(
        "WITH recorded AS ({RECORDED}),
         hits AS (SELECT legacy_table, sum(hits)::bigint AS hits FROM {CONTROL}.hit_sum WHERE legacy_table = ANY ($1) GROUP BY 1),
         busy AS (SELECT EXISTS (SELECT FROM {CONTROL}.run WHERE finished_at IS NULL AND started_at > clock_timestamp() - interval '1 day') AS moves)
         SELECT s.relname::text, extract(epoch FROM clock_timestamp())::double precision, coalesce(h.hits, 0),
            CASE WHEN EXISTS (SELECT FROM pg_constraint AS k WHERE k.contype = 'f' AND k.confrelid = s.relid) THEN 0
                 ELSE s.seq_scan + coalesce(s.idx_scan, 0) END,
            s.n_tup_ins + s.n_tup_upd + s.n_tup_del,
            busy.moves OR EXISTS (SELECT FROM {CONTROL}.run_table AS t WHERE t.legacy_table = s.relname AND t.finished_at > clock_timestamp() - interval '1 min')
              OR EXISTS (SELECT FROM {CONTROL}.parity AS p WHERE p.legacy_table = s.relname AND p.checked_at > clock_timestamp() - interval '1 min')
              OR EXISTS (SELECT FROM {CONTROL}.around AS d WHERE d.legacy_table = s.relname AND d.kind = 'dump' AND d.last_seen > clock_timestamp() - interval '1 min')
              OR EXISTS (SELECT FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid) WHERE l.relation = s.relid AND a.application_name = 'esclusa'
                AND a.usename IN (session_user, $3)),
            CASE WHEN recorded.at IN ('infinity', '-infinity') THEN 0 ELSE extract(epoch FROM recorded.at) END::double precision
         FROM pg_stat_user_tables AS s LEFT JOIN hits AS h ON h.legacy_table = s.relname, recorded, busy
         WHERE s.schemaname = $2 AND s.relname = ANY ($1)"
    );
    let rows = database
        .query("reading the counters of the legacy tables", &sql, &[&sought.tables, &sought.schema, &sought.shadow_user])
        .await?;
    let counts = |row: &tokio_postgres::Row| Counts {
        at: row.get(1),
        hits: row.get(2),
        scans: row.get(3),
        writes: row.get(4),
        is_disturbed: row.get(5),
        recorded: row.get(6),
    };
    Ok(rows.iter().map(|row| (row.get(0), counts(row))).collect())
}

/// As a use by nobody who is known: at least one.
pub fn told(table: String, grown: Grown, now: f64) -> Use {
    Use {
        table,
        kind: "counter",
        certainty: if grown.is_sure { "sure" } else { "unsure" },
        times: 1,
        statement: format!("({} scans, {} rows written)", grown.scans, grown.writes),
        began: grown.at,
        last: now,
        user: UNKNOWN.into(),
        address: UNKNOWN.into(),
        application: UNKNOWN.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(at: f64, hits: i64, scans: i64) -> Counts {
        Counts { at, hits, scans, recorded: at - 5.0, ..Counts::default() }
    }

    #[test]
    fn only_what_grows_in_silence_is_told() {
        let mut counters = Counters::default();
        let mut next = |now: Counts| counters.advance("t", now, 20.0);
        // The proxies are busy; what they sent is counted late, and is theirs.
        assert_eq!(next(at(0.0, 5, 100)), Step::Blind);
        assert_eq!(next(at(10.0, 6, 100)), Step::Blind);
        assert_eq!(next(at(25.0, 6, 140)), Step::Blind);
        assert_eq!(next(at(40.0, 6, 140)), Step::Quiet);
        // It grows, and the proxies have nothing to say for it: told once, when they have had the time.
        assert_eq!(next(at(50.0, 6, 143)), Step::Quiet);
        assert_eq!(next(at(70.0, 6, 143)), Step::Quiet);
        assert_eq!(next(at(75.0, 6, 143)), Step::Used(Grown { scans: 3, writes: 0, at: 50.0, is_sure: true }));
        assert_eq!(next(at(80.0, 6, 143)), Step::Quiet);
        // It grows, and then a proxy says that it was its own.
        assert_eq!(next(at(90.0, 6, 150)), Step::Quiet);
        assert_eq!(next(at(100.0, 7, 150)), Step::Blind);
        assert_eq!(next(at(200.0, 7, 150)), Step::Quiet);
        // A proxy does not write what it has: it is waited for, and what is told then is not sure.
        let silent = |moment| Counts { recorded: 150.0, ..at(moment, 7, 160) };
        assert_eq!(next(silent(210.0)), Step::Quiet);
        assert_eq!(next(silent(249.0)), Step::Quiet);
        assert_eq!(next(silent(250.0)), Step::Used(Grown { scans: 10, writes: 0, at: 210.0, is_sure: false }));
        assert_eq!(next(silent(900.0)), Step::Quiet);
        // Counters that were reset, or esclusa at work, begin anew.
        assert_eq!(next(at(910.0, 7, 0)), Step::Blind);
        assert_eq!(next(Counts { is_disturbed: true, ..at(1000.0, 7, 50) }), Step::Blind);
        assert_eq!(next(at(1010.0, 7, 60)), Step::Blind);
        assert_eq!(next(at(1100.0, 7, 60)), Step::Quiet);
        // What a proxy has passed on uncounted is not compared.
        counters.forget("t");
        assert_eq!(counters.advance("t", at(1110.0, 7, 90), 20.0), Step::Blind);
    }
}
