//! What `pg_stat_statements` says of legacy names: its entries count every call of a statement, however short, by user. If no proxy
//! has passed such a statement for a session that may have had that user, a count that grows is a use around the proxies.
//!
//! It knows neither address nor application. A statement inside a function is counted as a call of the function, if no user of the
//! proxies can have called it. Nothing can be said of esclusa's own role, nor of a table while the proxies pass statements that
//! name it and may have been that user's: that time is reported as not covered (`esclusa.around_blind`). An entry that is evicted
//! or reset before it is read is lost: all numbers are lower bounds.

use std::collections::{HashMap, HashSet};

use super::around::Sought;
use crate::catalog::Database;
use crate::error::Result;
use crate::relation::{CONTROL, LEAVES};

/// How many bytes of a statement are read.
const TEXT_BYTES: i32 = 64 << 10;
/// A portal may stay open for this many seconds after the execution that a proxy counts; the server counts it only when it closes.
const LOOKBACK: f64 = 600.0;

/// Where the entries are read from, and what they have.
#[derive(Debug, Clone)]
pub struct Source {
    /// The extension's schema, quoted.
    schema: String,
    /// Statements inside functions are marked (since version 1.9, PostgreSQL 14).
    has_toplevel: bool,
}

/// The extension in this database; or why it cannot be used.
pub async fn source(database: &Database) -> Result<std::result::Result<Source, &'static str>> {
    let sql = "SELECT quote_ident(n.nspname), EXISTS (SELECT FROM pg_attribute WHERE attrelid = v.oid AND attname = 'toplevel'),
                   has_schema_privilege(n.oid, 'USAGE'), coalesce(current_setting('pg_stat_statements.track', true), ''),
                   pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')
               FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace
                   JOIN pg_class AS v ON v.relnamespace = n.oid AND v.relname = 'pg_stat_statements' WHERE e.extname = 'pg_stat_statements'";
    let rows = database.query("looking for pg_stat_statements", sql, &[]).await?;
    let Some(row) = rows.first() else { return Ok(Err("it is not installed: CREATE EXTENSION pg_stat_statements")) };
    let (has_toplevel, track): (bool, String) = (row.get(1), row.get(3));
    Ok(match (row.get(2), row.get(4), track.as_str()) {
        (false, ..) => Err("the control role may not use its schema"),
        (_, false, _) => Err("the control role lacks pg_read_all_stats: run `esclusa roles`"),
        (.., "") => Err("it is not loaded: shared_preload_libraries"),
        (.., "none") => Err("it is switched off: pg_stat_statements.track"),
        (.., "all") if !has_toplevel => Err("it does not tell statements inside of functions: pg_stat_statements.track = top"),
        _ => Ok(Source { schema: row.get(0), has_toplevel }),
    })
}

/// An entry: user and statement.
pub type Key = (u32, i64);

impl Source {
    /// A query for the entries of this database other than esclusa's own, with or without their text.
    fn entries(&self, with_text: bool) -> String {
        let top = if self.has_toplevel { "AND s.toplevel" } else { "" };
        format!(
            "{}.pg_stat_statements({with_text}) AS s WHERE s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
                AND s.queryid IS NOT NULL {top}",
            self.schema
        )
    }

    /// The number of calls of each entry.
    pub async fn calls(&self, database: &Database, sought: &Sought) -> Result<HashMap<Key, i64>> {
        let sql = format!(
            "SELECT s.userid, s.queryid, sum(s.calls)::bigint FROM {}
                AND s.userid NOT IN (SELECT oid FROM pg_roles WHERE rolname IN (session_user, $1)) GROUP BY 1, 2",
            self.entries(false)
        );
        let rows = database.query("reading pg_stat_statements", &sql, &[&sought.shadow_user]).await?;
        Ok(rows.iter().map(|row| ((row.get(0), row.get(1)), row.get(2))).collect())
    }

    /// The user and text of these entries. Entries whose text the server has lost are left out.
    pub async fn texts(&self, database: &Database, keys: &[Key]) -> Result<Vec<(Key, String, String)>> {
        let (users, statements): (Vec<u32>, Vec<i64>) = keys.iter().copied().unzip();
        let sql = format!(
            "SELECT s.userid, s.queryid, pg_get_userbyid(s.userid)::text, left(min(s.query), {TEXT_BYTES}) FROM {}
                AND (s.userid, s.queryid) IN (SELECT * FROM unnest($1::oid[], $2::bigint[])) AND s.query IS NOT NULL GROUP BY 1, 2",
            self.entries(true)
        );
        let rows = database.query("reading statements of pg_stat_statements", &sql, &[&users, &statements]).await?;
        Ok(rows.iter().map(|row| ((row.get(0), row.get(1)), row.get(2), row.get(3))).collect())
    }
}

impl Source {
    /// How many entries the server has evicted since its start; 0 where that is not known (before PostgreSQL 14).
    pub async fn evicted(&self, database: &Database) -> Result<i64> {
        if !self.has_toplevel {
            return Ok(0);
        }
        let sql = format!("SELECT dealloc FROM {}.pg_stat_statements_info", self.schema);
        Ok(database.one("asking what pg_stat_statements has thrown away", &sql, &[]).await?.get(0))
    }
}

/// Whether a statement is a look-up of the server's for a foreign key (ri_triggers.c): a deferred one is not inside another
/// statement.
pub fn is_of_a_key(text: &str) -> bool {
    let begins =
        ["SELECT 1 FROM ONLY ", "SELECT 1 FROM ", "DELETE FROM ONLY ", "UPDATE ONLY "].iter().any(|b| text.starts_with(b));
    begins && text.contains(" OPERATOR(pg_catalog.")
}

/// A statement that uses legacy tables.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CalledStatement {
    /// Its user.
    pub user: String,
    /// The text without literals.
    pub statement: String,
    /// The tables that it names.
    pub tables: Vec<String>,
    /// The tables that are named by functions it calls.
    pub through: Vec<String>,
}

/// Calls that are not judged yet.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Grown {
    /// A time at which they had not happened yet.
    from: f64,
    /// A time at which they had.
    to: f64,
    calls: i64,
}

#[derive(Debug, Clone)]
struct Entry {
    named: CalledStatement,
    /// The number when it was last read.
    calls: i64,
    grown: Option<Grown>,
    /// The number of new calls.
    more: i64,
}

/// Calls of a statement within a span of time.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The OID of the user.
    pub user_oid: u32,
    /// The statement.
    pub named: CalledStatement,
    /// A time at which they had not happened yet.
    pub from: f64,
    /// A time at which they had.
    pub to: f64,
    /// How many, at least.
    pub calls: i64,
}

/// What has been judged, to be stored.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgedCalls {
    /// The calls of each statement that names a legacy table.
    pub calls: Vec<(Key, i64)>,
    /// When the entries were last read.
    at: f64,
    /// The hash of the legacy tables that were looked for.
    tables: i64,
}

/// What is remembered of all entries.
#[derive(Debug, Default)]
pub struct Calls {
    /// Entries that name no legacy table.
    plain: HashSet<Key>,
    naming: HashMap<Key, Entry>,
    /// When the entries were last read; `None` if they never were.
    looked: Option<f64>,
    /// What another process has judged before.
    kept: HashMap<Key, i64>,
    /// The legacy tables that entries were searched for.
    tables: Vec<String>,
}

impl Calls {
    /// Continues from what another process has judged, and when. Starts anew if it looked for other tables.
    pub fn resume(kept: Option<(f64, HashMap<Key, i64>)>) -> Calls {
        let (looked, kept) = kept.map_or((None, HashMap::new()), |(at, kept)| (Some(at), kept));
        Calls { looked, kept, ..Calls::default() }
    }

    /// Looks for other legacy tables from now on: the present entries have not been searched for those.
    pub fn look_for(&mut self, tables: &[String]) {
        if self.tables != tables {
            if !self.tables.is_empty() {
                (self.looked, self.plain) = (None, HashSet::new());
                self.kept.clear();
                self.naming.clear();
            }
            self.tables = tables.to_vec();
        }
    }

    /// Those of these entries that are not known yet.
    pub fn unknown(&self, calls: &HashMap<Key, i64>) -> Vec<Key> {
        calls.keys().filter(|key| !self.plain.contains(key) && !self.naming.contains_key(key)).copied().collect()
    }

    /// Adds an entry with what it names. A new entry had no calls when the entries were last read.
    pub fn learn(&mut self, key: Key, named: CalledStatement, calls: i64) {
        if named.tables.is_empty() && named.through.is_empty() {
            self.plain.insert(key);
            return;
        }
        let judged = match (self.kept.remove(&key), self.looked) {
            (Some(kept), _) => kept,
            (None, Some(_)) => 0,
            (None, None) => calls,
        };
        self.naming.insert(key, Entry { named, calls: judged, grown: None, more: 0 });
    }

    /// Moves to the next moment, when every entry is known. Entries that are gone are forgotten.
    pub fn advance(&mut self, now: f64, calls: &HashMap<Key, i64>) {
        let from = self.looked.unwrap_or(now);
        self.plain.retain(|key| calls.contains_key(key));
        for (key, entry) in &mut self.naming {
            let found = calls.get(key).copied().unwrap_or(0);
            // If there are fewer than before, the entry was reset, or evicted and made anew.
            let more = if found < entry.calls { found } else { found - entry.calls };
            entry.calls = found;
            match &entry.grown {
                None if more > 0 => entry.grown = Some(Grown { from, to: now, calls: more }),
                None => {}
                Some(_) => entry.more += more,
            }
        }
        self.naming.retain(|key, entry| calls.contains_key(key) || entry.grown.is_some());
        self.kept.clear();
        self.looked = Some(now);
    }

    /// Whether calls wait to be judged.
    pub fn waits(&self) -> bool {
        self.naming.values().any(|entry| entry.grown.is_some())
    }

    /// Takes the calls that may be judged, which `may_be_judged` decides by the time at which they had happened.
    pub fn take(&mut self, now: f64, may_be_judged: impl Fn(f64) -> bool) -> Vec<Call> {
        let mut taken = Vec::new();
        for (key, entry) in &mut self.naming {
            let Some(Grown { from, to, calls }) = entry.grown.filter(|grown| may_be_judged(grown.to)) else { continue };
            taken.push(Call { user_oid: key.0, named: entry.named.clone(), from, to, calls });
            entry.grown = (entry.more > 0).then_some(Grown { from: to, to: now, calls: std::mem::take(&mut entry.more) });
        }
        taken.sort_by(|a, b| {
            (a.to, &a.named.user, &a.named.statement)
                .partial_cmp(&(b.to, &b.named.user, &b.named.statement))
                .unwrap_or(std::cmp::Ordering::Equal)
        });
        taken
    }

    /// What has been judged, for the next process; `None` before the first reading.
    pub fn judged(&self) -> Option<JudgedCalls> {
        let of = |entry: &Entry| (entry.calls - entry.more - entry.grown.map_or(0, |grown| grown.calls)).max(0);
        let calls = self.naming.iter().map(|(key, entry)| (*key, of(entry))).collect();
        Some(JudgedCalls { calls, at: self.looked?, tables: number(&self.tables) })
    }
}

/// A hash of these tables.
fn number(tables: &[String]) -> i64 {
    crate::sql::fingerprint::fingerprint(&tables.join(" "))
}

/// What an earlier process has judged, if it looked for the same tables.
pub async fn read(database: &Database, tables: &[String]) -> Result<Option<(f64, HashMap<Key, i64>)>> {
    let sql =
        format!("SELECT user_oid, query_id, calls, extract(epoch FROM seen_at)::double precision FROM {CONTROL}.around_calls");
    let rows = database.query("reading which calls have been judged", &sql, &[]).await?;
    let mut kept: HashMap<Key, (i64, f64)> = rows.iter().map(|r| ((r.get(0), r.get(1)), (r.get(2), r.get(3)))).collect();
    let looked = kept.remove(&(0, 0)).filter(|(known, _)| *known == number(tables));
    Ok(looked.map(|(_, at)| (at, kept.into_iter().map(|(key, (calls, _))| (key, calls)).collect())))
}

/// Stores what has been judged, in the caller's transaction.
pub async fn keep(database: &Database, judged: &JudgedCalls) -> Result<()> {
    let mut users: Vec<u32> = judged.calls.iter().map(|((user, _), _)| *user).collect();
    let mut statements: Vec<i64> = judged.calls.iter().map(|((_, statement), _)| *statement).collect();
    let mut calls: Vec<i64> = judged.calls.iter().map(|(_, calls)| *calls).collect();
    users.push(0);
    statements.push(0);
    calls.push(judged.tables);
    let sql = format!(
        "WITH judged AS (SELECT * FROM unnest($1::oid[], $2::bigint[], $3::bigint[]) AS j(u, q, n)),
         gone AS (DELETE FROM {CONTROL}.around_calls AS c WHERE NOT EXISTS (SELECT FROM judged WHERE (u, q) = (c.user_oid, c.query_id)))
         INSERT INTO {CONTROL}.around_calls AS c (user_oid, query_id, calls, seen_at) SELECT u, q, n, to_timestamp($4) FROM judged
         ON CONFLICT (user_oid, query_id) DO UPDATE SET calls = excluded.calls, seen_at = excluded.seen_at
         WHERE c.calls <> excluded.calls OR c.user_oid = 0"
    );
    database.execute("keeping which calls have been judged", &sql, &[&users, &statements, &calls, &judged.at]).await.map(drop)
}

/// What the proxies have passed under legacy names, by table and user, with the time at which an increase was seen. The user is
/// empty where there was no room for a detail.
#[derive(Debug, Default)]
pub struct Passed(HashMap<(String, String), (i64, f64)>);

impl Passed {
    /// Reads it again. For what is found the first time, its own time is used. A retained table keeps its name when its statements
    /// are rewritten.
    pub async fn read(&mut self, database: &Database, tables: &[String], retained: &[String], now: f64) -> Result<()> {
        // Hours that were merged into days are older.
        let since = "date_trunc('hour', clock_timestamp()) - interval '3 hours'";
        let passed = "legacy_table = ANY ($1) AND (outcome IN ('forwarded', 'opaque') OR outcome = 'rewritten' AND legacy_table = ANY ($2))";
        let sql = format!(
            "WITH named AS (SELECT legacy_table, user_name, sum(hits)::bigint AS hits, max(last_seen) AS last FROM {CONTROL}.hit
                WHERE bucket >= {since} AND {passed} GROUP BY 1, 2),
             every AS (SELECT legacy_table, sum(hits)::bigint AS hits, max(last_seen) AS last FROM {CONTROL}.hit_total
                WHERE bucket >= {since} AND {passed} GROUP BY 1)
             SELECT legacy_table::text, user_name, hits, extract(epoch FROM last)::double precision FROM named
             UNION ALL SELECT e.legacy_table::text, '', e.hits - coalesce(sum(n.hits), 0)::bigint, extract(epoch FROM e.last)::double precision
             FROM every AS e LEFT JOIN named AS n USING (legacy_table) GROUP BY 1, e.hits, e.last HAVING e.hits > coalesce(sum(n.hits), 0)"
        );
        let rows = database.query("reading what the proxies passed on", &sql, &[&tables, &retained]).await?;
        for row in rows {
            let (key, hits, last): (_, i64, f64) = ((row.get(0), row.get(1)), row.get(2), row.get(3));
            let state = self.0.entry(key).or_insert((hits, last));
            if hits > state.0 || last > state.1 {
                state.1 = now;
            }
            state.0 = hits;
        }
        self.0.retain(|_, (_, last)| now - *last < 4.0 * 3600.0);
        Ok(())
    }

    /// Users for whom statements on a table were passed since this time, or shortly before it.
    pub fn users(&self, table: &str, since: f64) -> impl Iterator<Item = &str> {
        let lately = move |((name, _), (_, last)): &(&(String, String), &(i64, f64))| name == table && *last >= since - LOOKBACK;
        self.0.iter().filter(lately).map(|((_, user), _)| user.as_str())
    }
}

/// The functions of this database with a body in some language, except the server's and esclusa's: name and body.
pub async fn functions(database: &Database) -> Result<Vec<(String, String)>> {
    let sql = format!(
        "SELECT p.proname::text, coalesce(pg_get_function_sqlbody(p.oid), p.prosrc) FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
            JOIN pg_language AS l ON l.oid = p.prolang
         WHERE p.prokind IN ('f', 'p') AND l.lanname NOT IN ('internal', 'c') AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)
            AND n.nspname NOT IN ('pg_catalog', 'information_schema', '{CONTROL}', '{LEAVES}', 'mig_old') ORDER BY 1, p.oid"
    );
    let has_bodies = "SELECT to_regproc('pg_catalog.pg_get_function_sqlbody') IS NOT NULL";
    let sql = match database.one("asking for bodies of functions", has_bodies, &[]).await?.get(0) {
        true => sql,
        // Before PostgreSQL 14.
        false => sql.replace("coalesce(pg_get_function_sqlbody(p.oid), p.prosrc)", "p.prosrc"),
    };
    let rows = database.query("reading bodies of functions", &sql, &[]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// Which of these users may act as which of the other roles, or are the same.
pub async fn may_be(database: &Database, users: &HashSet<String>, others: &HashSet<u32>) -> Result<HashSet<(String, u32)>> {
    let (users, others): (Vec<&String>, Vec<&u32>) = (users.iter().collect(), others.iter().collect());
    let sql = "SELECT r.rolname::text, o FROM pg_roles AS r CROSS JOIN unnest($2::oid[]) AS o
               WHERE r.rolname = ANY ($1) AND (r.oid = o OR r.rolsuper OR pg_has_role(r.oid, o, 'MEMBER'))";
    let rows = database.query("asking which roles may be whose", sql, &[&users, &others]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: Key = (10, 7);

    fn named() -> CalledStatement {
        CalledStatement {
            user: "report".into(),
            statement: "select ? from t".into(),
            tables: vec!["t".into()],
            ..CalledStatement::default()
        }
    }

    fn taken(calls: &mut Calls, now: f64) -> Vec<(f64, f64, i64)> {
        calls.take(now, |to| to + 10.0 <= now).iter().map(|call| (call.from, call.to, call.calls)).collect()
    }

    fn kept(calls: &Calls) -> Vec<(Key, i64)> {
        calls.judged().map(|judged| judged.calls).unwrap_or_default()
    }

    #[test]
    fn calls_are_taken_once_and_only_those_behind_the_first_look() {
        let mut calls = Calls::default();
        let at = |n: i64| HashMap::from([(KEY, n), ((10, 8), 99)]);
        assert_eq!(calls.unknown(&at(5)).len(), 2);
        calls.learn(KEY, named(), 5);
        calls.learn((10, 8), CalledStatement::default(), 99);
        calls.advance(100.0, &at(5));
        assert!(calls.unknown(&at(5)).is_empty() && !calls.waits(), "nobody knows when those were called");
        calls.advance(105.0, &at(7));
        calls.advance(110.0, &at(9));
        assert_eq!(taken(&mut calls, 110.0), []);
        assert_eq!(kept(&calls), [(KEY, 5)]);
        assert_eq!(taken(&mut calls, 115.0), [(100.0, 105.0, 2)]);
        assert_eq!(taken(&mut calls, 130.0), [(105.0, 115.0, 2)]);
        assert_eq!(kept(&calls), [(KEY, 9)]);
        // Reset, or evicted and made anew: at least so many calls.
        calls.advance(135.0, &at(3));
        assert_eq!(taken(&mut calls, 150.0), [(110.0, 135.0, 3)]);
        calls.advance(155.0, &HashMap::new());
        assert!(!calls.waits() && kept(&calls).is_empty());
        // An entry that is new, or there again, was not there before.
        calls.learn(KEY, named(), 4);
        calls.advance(160.0, &at(4));
        assert_eq!(taken(&mut calls, 170.0), [(155.0, 160.0, 4)]);
    }

    #[test]
    fn another_process_goes_on_where_one_has_left_off() {
        let mut calls = Calls::resume(Some((50.0, HashMap::from([(KEY, 5)]))));
        calls.look_for(&["t".into()]);
        calls.learn(KEY, named(), 8);
        calls.learn((10, 9), named(), 2);
        calls.advance(100.0, &HashMap::from([(KEY, 8), ((10, 9), 2)]));
        let mut all = taken(&mut calls, 120.0);
        all.sort_by_key(|call| call.2);
        assert_eq!(all, [(50.0, 100.0, 2), (50.0, 100.0, 3)]);
        // For other tables, calls of present entries may be older.
        calls.look_for(&["t".into(), "u".into()]);
        calls.learn(KEY, named(), 11);
        calls.advance(130.0, &HashMap::from([(KEY, 11)]));
        assert!(!calls.waits());
    }

    #[test]
    fn the_servers_own_look_ups_are_known() {
        for (text, is) in [
            (r#"SELECT 1 FROM ONLY "cf"."tipotalla" x WHERE "ttid" OPERATOR(pg_catalog.=) $1 FOR KEY SHARE OF x"#, true),
            (r#"DELETE FROM ONLY "cf"."tipotalla" WHERE $1 OPERATOR(pg_catalog.=) "ttid""#, true),
            ("SELECT 1 FROM ONLY cf.tipotalla", false),
            ("SELECT a FROM tipotalla WHERE b OPERATOR(pg_catalog.=) $1", false),
        ] {
            assert_eq!(is_of_a_key(text), is, "{text}");
        }
    }
}
