//! What the server's own counters say of legacy tables while the proxies send nothing that names them.
//!
//! A statement may scan a table once or a thousand times, and the counters of server and proxies are late by different times: they
//! cannot be subtracted. Only if the proxies are silent, and were so for a while before and after, does a growing counter mean a
//! use that no proxy has sent. It shows that there is a user, but not which one: a session between two samples, a function, or a
//! trigger. Look-ups of foreign keys are not counted, nor reads while esclusa works on the table or a dump is running. The manual
//! creation of an index is. Nothing can be said of a moved table, whose rows the proxies' own statements read and write, nor of one
//! whose statements a proxy passes uncounted.

use std::collections::HashMap;

use super::around::{Sought, UNKNOWN, Use};
use crate::catalog::Database;
use crate::error::Result;
use crate::relation::CONTROL;

/// How many seconds late a backend may report its counters (PGSTAT_IDLE_INTERVAL, 10 s, and some time to notice).
pub const LATE: f64 = 15.0;
/// How many seconds longer a proxy is waited for that does not write what it has recorded, because it may have been killed. After
/// that, a use is reported as not sure.
pub const PATIENCE: f64 = 20.0;

/// The counters of a legacy table at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Counts {
    /// The time, in seconds since 1970 by the server's clock.
    pub at: f64,
    /// The number of statements that the proxies have recorded.
    pub hits: i64,
    /// The server's number of scans; 0 if foreign keys look up rows in it.
    pub scans: i64,
    /// The server's number of rows written.
    pub writes: i64,
    /// Esclusa itself or a dump has used the table.
    pub is_disturbed: bool,
    /// The time up to which every proxy has written what it has recorded.
    pub recorded: f64,
}

/// What is remembered of one table.
#[derive(Debug, Clone, Copy)]
struct Quiet {
    /// Since when proxies and esclusa have been silent.
    since: f64,
    /// The counters when that had been so for long enough.
    base: Counts,
    /// When they began to grow.
    grown: Option<f64>,
}

/// What is remembered of all tables.
#[derive(Debug, Default)]
pub struct Counters(HashMap<String, Quiet>);

/// What can be said of a table at a moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Step {
    /// Nothing: the proxies use it, or did until a moment ago.
    Blind,
    /// As far as is certain, nobody uses it.
    Quiet,
    /// It was used around the proxies.
    Used(Grown),
}

/// A use that no proxy has sent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grown {
    /// The number of scans.
    pub scans: i64,
    /// The number of rows written.
    pub writes: i64,
    /// When it was first seen.
    pub at: f64,
    /// Every proxy has written what it had recorded by then.
    pub is_sure: bool,
}

impl Counters {
    /// Earlier counters of the table are not compared with later ones.
    pub fn forget(&mut self, table: &str) {
        self.0.remove(table);
    }

    /// Moves a table to its next moment. `hold` is how late either side may report, in seconds.
    pub fn advance(&mut self, table: &str, now: Counts, hold: f64) -> Step {
        let anew = Quiet { since: now.at, base: now, grown: None };
        let quiet = self.0.entry(table.to_owned()).or_insert(anew);
        let base = quiet.base;
        if now.hits != base.hits || now.is_disturbed || now.scans < base.scans || now.writes < base.writes {
            *quiet = anew;
            return Step::Blind;
        }
        if now.at - quiet.since < hold {
            // The server may still count what was sent before.
            quiet.base = now;
            return Step::Blind;
        }
        let (scans, writes) = (now.scans - base.scans, now.writes - base.writes);
        if scans + writes == 0 {
            return Step::Quiet;
        }
        let at = *quiet.grown.get_or_insert(now.at);
        // The proxies may still record what has made the counters grow.
        let is_sure = now.recorded >= at + hold;
        if !is_sure && now.at < at + hold + PATIENCE {
            return Step::Quiet;
        }
        (quiet.base, quiet.grown) = (now, None);
        Step::Used(Grown { scans, writes, at, is_sure })
    }
}

/// The time up to which every proxy has written what it has recorded. A proxy that was there ten minutes ago, and has neither ended
/// in order nor had its spool taken over, may still have hits.
pub const RECORDED: &str = "SELECT coalesce(min(w.at), 'infinity') AS at FROM (SELECT coalesce((SELECT max(written_at) FROM esclusa.recorder AS w
    WHERE w.instance = r.instance), '-infinity') AS at FROM esclusa.replica AS r WHERE r.seen_at > clock_timestamp() - interval '10 min') AS w";

/// [`RECORDED`] in seconds since 1970; 0 where there is none.
pub async fn recorded(database: &Database) -> Result<f64> {
    let sql = format!(
        "SELECT CASE WHEN at IN ('infinity', '-infinity') THEN 0 ELSE extract(epoch FROM at) END::double precision FROM ({RECORDED}) AS r"
    );
    Ok(database.one("asking what has been recorded", &sql, &[]).await?.get(0))
}

/// The counters of those legacy tables that still exist.
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

/// As one use or more by an unknown user.
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
        // The proxies are active: what they sent may be counted late, and is theirs.
        assert_eq!(next(at(0.0, 5, 100)), Step::Blind);
        assert_eq!(next(at(10.0, 6, 100)), Step::Blind);
        assert_eq!(next(at(25.0, 6, 140)), Step::Blind);
        assert_eq!(next(at(40.0, 6, 140)), Step::Quiet);
        // It grows, and the proxies report nothing: told once, after the time that they may take.
        assert_eq!(next(at(50.0, 6, 143)), Step::Quiet);
        assert_eq!(next(at(70.0, 6, 143)), Step::Quiet);
        assert_eq!(next(at(75.0, 6, 143)), Step::Used(Grown { scans: 3, writes: 0, at: 50.0, is_sure: true }));
        assert_eq!(next(at(80.0, 6, 143)), Step::Quiet);
        // It grows, and then a proxy reports a statement of its own.
        assert_eq!(next(at(90.0, 6, 150)), Step::Quiet);
        assert_eq!(next(at(100.0, 7, 150)), Step::Blind);
        assert_eq!(next(at(200.0, 7, 150)), Step::Quiet);
        // A proxy does not write what it has: it is waited for, and then the use is not sure.
        let silent = |moment| Counts { recorded: 150.0, ..at(moment, 7, 160) };
        assert_eq!(next(silent(210.0)), Step::Quiet);
        assert_eq!(next(silent(249.0)), Step::Quiet);
        assert_eq!(next(silent(250.0)), Step::Used(Grown { scans: 10, writes: 0, at: 210.0, is_sure: false }));
        assert_eq!(next(silent(900.0)), Step::Quiet);
        // After counters were reset, or esclusa has used the table, counting begins anew.
        assert_eq!(next(at(910.0, 7, 0)), Step::Blind);
        assert_eq!(next(Counts { is_disturbed: true, ..at(1000.0, 7, 50) }), Step::Blind);
        assert_eq!(next(at(1010.0, 7, 60)), Step::Blind);
        assert_eq!(next(at(1100.0, 7, 60)), Step::Quiet);
        // What a proxy has passed uncounted is not compared.
        counters.forget("t");
        assert_eq!(counters.advance("t", at(1110.0, 7, 90), 20.0), Step::Blind);
    }
}
