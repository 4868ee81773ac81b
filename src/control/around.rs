//! Who uses legacy tables around the proxies: the server's view of other sessions, their locks and their last statements.
//!
//! A session counts as foreign when no proxy says that its server process is one of its own. Each proxy publishes its processes,
//! including those of sessions that have just ended; a session that was seen is judged when every proxy has published after that.
//! An `application_name`, an address or a user proves nothing: a client chooses the first, and may come from any address as any
//! user.
//!
//! These are samples: a session that ends between two of them is not seen, and a use that was counted once may have happened many
//! times.

use std::collections::HashSet;

use crate::catalog::Database;
use crate::error::Result;
use crate::relation::{CONTROL, LEAVES};

/// The advisory lock of the proxy that looks: only one does at a time, as long as its connection lives.
const LOOKING: &str = "hashtext('esclusa around')";
/// A proxy that has published this long after a sample has named all its sessions of that moment: it knows a process shortly after
/// it begins.
const KNOWN_AFTER: &str = "1 s";
/// The most sessions in one sample.
const SESSIONS: i64 = 500;

/// Whether `schema apply` has made the tables.
pub async fn has_tables(database: &Database) -> Result<bool> {
    let sql = "SELECT to_regclass('esclusa.around_calls') IS NOT NULL AND to_regclass('esclusa.proxy_process') IS NOT NULL";
    Ok(database.one("looking for the tables of what is seen around the proxies", sql, &[]).await?.get(0))
}

/// The server's clock. Has to be read before the sessions are listed that a publication names.
pub async fn moment(database: &Database) -> Result<f64> {
    let sql = "SELECT extract(epoch FROM clock_timestamp())::double precision";
    Ok(database.one("asking for the time", sql, &[]).await?.get(0))
}

/// Those of these processes that the server does not have.
pub async fn unknown(database: &Database, processes: &[i32]) -> Result<Vec<i32>> {
    let sql = "SELECT p FROM unnest($1::int[]) AS p WHERE NOT EXISTS (SELECT FROM pg_stat_activity AS a WHERE a.pid = p)";
    Ok(database.query("looking for our sessions", sql, &[&processes]).await?.iter().map(|row| row.get(0)).collect())
}

/// What a proxy publishes about itself.
#[derive(Debug, Clone)]
pub struct Publication<'p> {
    /// Its name among the replicas.
    pub instance: &'p str,
    /// The moment that this is true of.
    pub at: f64,
    /// Its server processes.
    pub processes: &'p [i32],
    /// Why it does not know them, if so.
    pub finding: Option<&'p str>,
    /// Legacy tables whose statements it has lately passed uncounted; [`ALL`] stands for all.
    pub uncounted: &'p [String],
    /// Users with a session through it lately.
    pub users: &'p [String],
}

/// Stands for every legacy table.
pub const ALL: &str = "*";

/// Publishes a proxy's server processes, and what it does not count.
pub async fn publish(database: &Database, said: Publication<'_>) -> Result<()> {
    let sql = "WITH gone AS (DELETE FROM esclusa.proxy_process WHERE published_at < clock_timestamp() - interval '1 hour' AND instance <> $1)
               INSERT INTO esclusa.proxy_process AS p (instance, processes, finding, published_at, uncounted, users)
               VALUES ($1, $2, $3, to_timestamp($4), $5, $6) ON CONFLICT (instance) DO UPDATE SET processes = excluded.processes,
                   finding = excluded.finding, has_ended = false, published_at = excluded.published_at, uncounted = excluded.uncounted,
                   users = excluded.users";
    let Publication { instance, at, processes, finding, uncounted, users } = said;
    let parameters: crate::catalog::database::Params<'_> = &[&instance, &processes, &finding, &at, &uncounted, &users];
    database.execute("telling which sessions are ours", sql, parameters).await.map(drop)
}

/// Legacy tables whose statements some proxy has lately passed uncounted; [`ALL`] stands for all.
pub async fn uncounted(database: &Database) -> Result<Vec<String>> {
    let sql =
        "SELECT DISTINCT unnest(uncounted) FROM esclusa.proxy_process WHERE published_at > clock_timestamp() - interval '2 min'";
    Ok(database.query("asking what the proxies do not count", sql, &[]).await?.iter().map(|row| row.get(0)).collect())
}

/// The last publication of a proxy that ends: these were its processes, and there will be no more.
pub async fn leave(database: &Database, instance: &str, processes: &[i32]) -> Result<()> {
    let sql =
        "UPDATE esclusa.proxy_process SET processes = $2, has_ended = true, published_at = clock_timestamp() WHERE instance = $1";
    database.execute("telling which sessions were ours", sql, &[&instance, &processes]).await.map(drop)
}

/// Users with a session through any proxy lately.
pub async fn users(database: &Database) -> Result<HashSet<String>> {
    let sql =
        "SELECT DISTINCT unnest(users) FROM esclusa.proxy_process WHERE published_at > clock_timestamp() - interval '15 min'";
    Ok(database.query("asking who comes through the proxies", sql, &[]).await?.iter().map(|row| row.get(0)).collect())
}

/// Present sessions of these users that no proxy has published; only who they are is filled in.
pub async fn sessions_of(database: &Database, users: &[String]) -> Result<Vec<Session>> {
    let sql = "SELECT a.pid, extract(epoch FROM clock_timestamp())::double precision, a.usename::text,
                   coalesce(host(a.client_addr), CASE WHEN a.backend_type IS NULL THEN '' ELSE 'local' END), coalesce(a.application_name, ''),
                   a.backend_type IS NULL
               FROM pg_stat_activity AS a WHERE a.datname = current_database() AND a.usename = ANY ($1) AND a.pid <> pg_backend_pid()
                   AND NOT EXISTS (SELECT FROM esclusa.proxy_process AS p WHERE a.pid = ANY (p.processes)) LIMIT 100";
    let rows = database.query("looking who comes around the proxies", sql, &[&users]).await?;
    let session = |row: &tokio_postgres::Row| {
        let at: f64 = row.get(1);
        Session {
            process: row.get(0),
            seen_at: at,
            statement_began: at,
            began: at,
            last: at,
            user: row.get(2),
            address: row.get(3),
            application: row.get(4),
            text: String::new(),
            is_whole: true,
            locked: Vec::new(),
            reads_all: false,
            is_hidden: row.get(5),
        }
    };
    Ok(rows.iter().map(session).collect())
}

/// Whether this connection is the one that looks: it takes the lock if it is free.
pub async fn takes_turn(database: &Database) -> Result<bool> {
    let sql = format!("SELECT pg_try_advisory_lock({LOOKING})");
    Ok(database.one("asking whose turn it is to look around the proxies", &sql, &[]).await?.get(0))
}

/// Whether this role sees addresses and statements of other sessions.
pub async fn sees_all(database: &Database) -> Result<bool> {
    let sql = "SELECT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')";
    Ok(database.one("asking what this role may see", sql, &[]).await?.get(0))
}

/// A session that does not belong to esclusa, nor to a proxy as far as is known.
#[derive(Debug, Clone)]
pub struct Session {
    /// Its server process.
    pub process: i32,
    /// When it was seen, in seconds since 1970 by the server's clock, as all times here.
    pub seen_at: f64,
    /// When its statement began.
    pub statement_began: f64,
    /// When its transaction began; if none is open, its statement.
    pub began: f64,
    /// When it was last active.
    pub last: f64,
    /// Its user.
    pub user: String,
    /// Its address; `local` for a Unix socket, empty if this role may not see it.
    pub address: String,
    /// Its application name.
    pub application: String,
    /// The text of its present or last statement, as far as the server keeps it.
    pub text: String,
    /// Whether the text is complete.
    pub is_whole: bool,
    /// Legacy tables that it has locked.
    pub locked: Vec<String>,
    /// It only reads, and has locked all tables, as a dump does.
    pub reads_all: bool,
    /// This role may not see its details.
    pub is_hidden: bool,
}

/// What is looked for.
#[derive(Debug, Clone)]
pub struct Sought {
    /// The legacy schema.
    pub schema: String,
    /// The legacy tables.
    pub tables: Vec<String>,
    /// The role of mode shadow, which is esclusa's too.
    pub shadow_user: String,
    /// Sessions that have been idle since before this time were seen by an earlier sample.
    pub since: f64,
}

/// Returns the sessions that have locked a legacy table, its leaf or its archive, or have been active since the last sample.
///
/// Some locks name no user of the legacy table and are left out: that of a foreign key's look-up, which a write to the other table
/// causes; that of a leaf that was reached through the new table above it; and those of VACUUM and ANALYZE.
pub async fn sample(database: &Database, sought: &Sought) -> Result<Vec<Session>> {
    let sql = format!(
        "WITH place AS (SELECT c.oid, t.name, n.nspname IN ('{LEAVES}', 'mig_old') AS is_below,
                (SELECT inhparent FROM pg_inherits WHERE inhrelid = to_regclass(format('{LEAVES}.%I', t.name))) AS above
            FROM unnest($1::text[]) AS t(name) JOIN pg_class AS c ON c.relname = t.name JOIN pg_namespace AS n ON n.oid = c.relnamespace
            WHERE n.nspname IN ($2, '{CONTROL}', '{LEAVES}', 'mig_old') AND c.relkind IN ('r', 'v', 'p')),
         lock AS MATERIALIZED (SELECT pid, relation, mode FROM pg_locks WHERE locktype = 'relation' AND granted
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND mode <> 'ShareUpdateExclusiveLock'),
         held AS (SELECT l.pid, array_agg(DISTINCT p.name ORDER BY p.name) AS names, bool_and(l.mode = 'AccessShareLock') AS reads
            FROM lock AS l JOIN place AS p ON p.oid = l.relation
            WHERE NOT (l.mode = 'RowShareLock' AND EXISTS (SELECT FROM pg_constraint AS k WHERE k.contype = 'f' AND k.confrelid = l.relation))
              AND NOT (p.is_below AND EXISTS (SELECT FROM lock AS a WHERE a.pid = l.pid AND a.relation = p.above))
            GROUP BY 1)
         SELECT a.pid, extract(epoch FROM clock_timestamp())::double precision,
            extract(epoch FROM coalesce(a.query_start, a.xact_start, clock_timestamp()))::double precision,
            extract(epoch FROM coalesce(a.xact_start, a.query_start, clock_timestamp()))::double precision,
            extract(epoch FROM CASE WHEN h.pid IS NULL AND a.state LIKE 'idle%' THEN a.state_change ELSE clock_timestamp() END)::double precision,
            coalesce(a.usename, ''), coalesce(host(a.client_addr), CASE WHEN a.backend_type IS NULL THEN '' ELSE 'local' END),
            coalesce(a.application_name, ''), coalesce(a.query, ''),
            octet_length(a.query) < pg_size_bytes(current_setting('track_activity_query_size')) - 1, coalesce(h.names, '{{}}')::text[],
            h.reads AND cardinality(h.names) >= 10 AND cardinality(h.names) * 10 >= 9 * cardinality($1), a.backend_type IS NULL
         FROM pg_stat_activity AS a LEFT JOIN held AS h USING (pid)
         WHERE a.datname = current_database() AND a.usesysid IS NOT NULL AND a.pid <> pg_backend_pid()
            AND coalesce(a.backend_type, '') NOT IN ('autovacuum worker', 'parallel worker', 'walsender')
            AND NOT (a.application_name = 'esclusa' AND a.usename IN (session_user, $3))
            AND (h.pid IS NOT NULL OR a.state <> 'idle' OR a.state_change >= to_timestamp($4))
            AND NOT EXISTS (SELECT FROM {CONTROL}.proxy_process AS p WHERE a.pid = ANY (p.processes))
         ORDER BY h.pid IS NULL, a.pid LIMIT {SESSIONS}"
    );
    let parameters: crate::catalog::database::Params<'_> = &[&sought.tables, &sought.schema, &sought.shadow_user, &sought.since];
    let rows = database.query("looking around the proxies", &sql, parameters).await?;
    let session = |row: &tokio_postgres::Row| Session {
        process: row.get(0),
        seen_at: row.get(1),
        statement_began: row.get(2),
        began: row.get(3),
        last: row.get(4),
        user: row.get(5),
        address: row.get(6),
        application: row.get(7),
        text: row.get(8),
        is_whole: row.get::<_, Option<bool>>(9).unwrap_or(false),
        locked: row.get(10),
        reads_all: row.get::<_, Option<bool>>(11).unwrap_or(false),
        is_hidden: row.get(12),
    };
    Ok(rows.iter().map(session).collect())
}

/// Legacy names that a relation of another schema has too: without a schema, a statement may mean that one.
pub async fn ambiguous(database: &Database, sought: &Sought) -> Result<Vec<String>> {
    let sql = format!(
        "SELECT DISTINCT c.relname::text FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
         WHERE c.relname = ANY ($1) AND c.relkind IN ('r', 'v', 'p', 'm', 'f') AND n.nspname NOT IN ($2, '{CONTROL}', '{LEAVES}', 'mig_old')"
    );
    let rows = database.query("looking for names that stand twice", &sql, &[&sought.tables, &sought.schema]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// What the proxies say of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// It belongs to a proxy.
    Ours,
    /// It belongs to none of them.
    Foreign,
    /// A proxy has not published since, or does not know its processes.
    Open,
}

/// What the proxies say of these sessions: process, and when it was seen.
pub async fn words(database: &Database, seen: &[(i32, f64)]) -> Result<Vec<Word>> {
    let (processes, moments): (Vec<i32>, Vec<f64>) = seen.iter().copied().unzip();
    let sql = format!(
        "SELECT EXISTS (SELECT FROM {CONTROL}.proxy_process AS p WHERE s.process = ANY (p.processes)),
            EXISTS (SELECT FROM {CONTROL}.replica AS r LEFT JOIN {CONTROL}.proxy_process AS p USING (instance)
                WHERE r.seen_at > clock_timestamp() - interval '60 s'
                  AND (p.published_at IS NULL OR p.finding IS NOT NULL OR p.published_at < to_timestamp(s.at) + interval '{KNOWN_AFTER}'))
         FROM unnest($1::int[], $2::double precision[]) WITH ORDINALITY AS s(process, at, n) ORDER BY s.n"
    );
    let word = |row: &tokio_postgres::Row| match (row.get(0), row.get(1)) {
        (true, _) => Word::Ours,
        (false, false) => Word::Foreign,
        (false, true) => Word::Open,
    };
    let rows = database.query("asking the proxies whose sessions these are", &sql, &[&processes, &moments]).await?;
    Ok(rows.iter().map(word).collect())
}

/// Stands for an unknown user, address or application.
pub const UNKNOWN: &str = "(unknown)";

/// A use of a legacy table around the proxies.
#[derive(Debug, Clone, PartialEq)]
pub struct Use {
    /// The table.
    pub table: String,
    /// `statement` if its text names the table, `session` if only a lock shows the use, `dump`; `counter` and `calls` if the server
    /// counted it, `function` if the server counted a call of a function that names the table.
    pub kind: &'static str,
    /// `sure`; `likely` if user and statement are certain, and address and application are inferred; `unsure` if some proxy has not
    /// said that it is not its own; `hidden` if this role may not see whose it is.
    pub certainty: &'static str,
    /// How often, at least.
    pub times: i64,
    /// The statement without its literals.
    pub statement: String,
    /// When the statement, or the transaction, began: uses with the same beginning are the same.
    pub began: f64,
    /// When it was last active.
    pub last: f64,
    /// Its user.
    pub user: String,
    /// Its address.
    pub address: String,
    /// Its application name.
    pub application: String,
}
