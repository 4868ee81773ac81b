//! What this server can and cannot do for a migration: a list of checks, each a question in SQL, with the finding in words and a remedy. It also
//! checks what SQL cannot ask: whether a session keeps its settings (behind a pooler it may not), whether notifications arrive, and whether
//! PostgreSQL's client programs are installed and new enough.

use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::process::Command;

use crate::catalog::Database;
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::sql::quote::literal;
use crate::table::ColumnType::Text;
use crate::table::{Columns, Table};

/// Columns of the result.
pub const COLUMNS: Columns = &[("check", Text), ("state", Text), ("found", Text), ("what_to_do", Text)];

/// The worst state, as the first column of a question returns it.
const FAULT: &str = "fault";

/// A question: it returns its state (`fine`, `note` or `fault`) and what was found. `$schema` is the legacy tables' schema, `$zone` the time zone
/// of the settings.
struct Check {
    name: &'static str,
    sql: &'static str,
    remedy: &'static str,
}

#[rustfmt::skip] // One check, one line.
const CHECKS: &[Check] = &[
    Check { name: "version", sql: "SELECT CASE WHEN v >= 130000 THEN 'fine' ELSE 'fault' END, current_setting('server_version') FROM (SELECT current_setting('server_version_num')::int) AS s(v)", remedy: "esclusa needs PostgreSQL 13 or newer" },
    Check { name: "primary", sql: "SELECT CASE WHEN pg_is_in_recovery() THEN 'fault' ELSE 'fine' END, CASE WHEN pg_is_in_recovery() THEN 'a standby: nothing can be written' ELSE 'it accepts writes' END", remedy: "name the primary in control.url and upstream.address" },
    Check { name: "writable", sql: "SELECT CASE WHEN current_setting('default_transaction_read_only')::bool THEN 'fault' ELSE 'fine' END, 'default_transaction_read_only is ' || current_setting('default_transaction_read_only')", remedy: "ALTER ROLE ... SET default_transaction_read_only = off" },
    Check { name: "encoding", sql: "SELECT CASE WHEN e = 'UTF8' THEN 'fine' WHEN e = 'SQL_ASCII' THEN 'note' ELSE 'fine' END, e FROM (SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()) AS d(e)", remedy: "SQL_ASCII stores bytes, not characters: jsonb refuses invalid text, and preflight names such rows" },
    Check { name: "collation \"C\"", sql: "SELECT CASE WHEN count(*) > 0 THEN 'fine' ELSE 'fault' END, count(*) || ' with that name' FROM pg_collation WHERE collname = 'C'", remedy: "the server lacks collation \"C\", by which keys are compared" },
    Check { name: "time zone", sql: "SELECT CASE WHEN EXISTS (SELECT FROM pg_timezone_names WHERE name = $zone) THEN 'fine' ELSE 'fault' END, $zone", remedy: "set rules.time_zone to a zone that the server knows" },
    Check { name: "schema of the legacy tables", sql: "SELECT CASE WHEN n > 0 THEN 'fine' ELSE 'fault' END, n || ' tables in ' || $schema FROM (SELECT count(*) FROM pg_class WHERE relnamespace = to_regnamespace($schema) AND relkind IN ('r', 'p')) AS c(n)", remedy: "set rules.schema, and let the role of control.url use it" },
    Check { name: "role", sql: "SELECT CASE WHEN rolsuper THEN 'note' WHEN rolbypassrls THEN 'note' ELSE 'fine' END, format('%s%s', rolname, CASE WHEN rolsuper THEN ', a superuser' WHEN rolbypassrls THEN ', exempt from row-level security' ELSE '' END) FROM pg_roles WHERE rolname = current_user", remedy: "`esclusa roles` prints the rights that a role without superuser needs" },
    Check { name: "triggers fire", sql: "SELECT CASE WHEN current_setting('session_replication_role') = 'origin' THEN 'fine' ELSE 'fault' END, 'session_replication_role is ' || current_setting('session_replication_role')", remedy: "with any other value, writes bypass the audit triggers: ALTER ROLE or DATABASE ... RESET session_replication_role" },
    Check { name: "sessions that write past triggers", sql: "SELECT CASE WHEN count(*) = 0 THEN 'fine' ELSE 'fault' END, coalesce(string_agg(coalesce(r.rolname, 'the database'), ', '), 'none by default') FROM pg_db_role_setting AS s LEFT JOIN pg_roles AS r ON r.oid = s.setrole, unnest(setconfig) AS c WHERE c ~ '^session_replication_role=(replica|local)'", remedy: "what they change is not audited and not carried while a table is copied" },
    Check { name: "deadlock_timeout", sql: "SELECT CASE WHEN s.setting::int > 250 THEN 'fine' ELSE 'note' END, s.setting || ' ms' FROM pg_settings AS s WHERE name = 'deadlock_timeout'", remedy: "above 250 ms, a migration never makes a client fail with 40P01 (deadlock)" },
    Check { name: "lock_timeout of roles", sql: "SELECT CASE WHEN count(*) = 0 THEN 'fine' ELSE 'note' END, coalesce(string_agg(format('%s: %s', coalesce(r.rolname, 'all'), c), ', '), 'none') FROM pg_db_role_setting AS s LEFT JOIN pg_roles AS r ON r.oid = s.setrole, unnest(setconfig) AS c WHERE c ~ '^lock_timeout=[1-9]'", remedy: "sessions with a lock_timeout below 250 ms may fail with 55P03 while a table moves" },
    Check { name: "prepared transactions", sql: "SELECT CASE WHEN count(*) = 0 THEN 'fine' ELSE 'fault' END, count(*) || coalesce(', the oldest since ' || min(prepared)::timestamptz(0), '') FROM pg_prepared_xacts WHERE database = current_database()", remedy: "a prepared transaction holds its locks until somebody ends it: COMMIT PREPARED or ROLLBACK PREPARED" },
    Check { name: "old transactions", sql: "SELECT CASE WHEN count(*) = 0 THEN 'fine' ELSE 'note' END, coalesce(string_agg(format('pid %s of %s since %s', pid, usename, xact_start::timestamptz(0)), ', '), 'none is older than 5 minutes') FROM pg_stat_activity WHERE xact_start < clock_timestamp() - interval '5 min' AND pid <> pg_backend_pid() AND backend_type = 'client backend'", remedy: "a table cannot move while such a transaction has used it" },
    Check { name: "publications", sql: "SELECT CASE WHEN count(*) = 0 THEN 'fine' ELSE 'note' END, coalesce(string_agg(DISTINCT pubname::text, ', '), 'none') FROM pg_publication_tables WHERE schemaname = $schema", remedy: "subscribers of a moved table receive no more changes: publish its leaf, or drop it from the publication" },
    Check { name: "defaults of Oracle's kind", sql: "SELECT CASE WHEN count(*) = 0 THEN 'fine' ELSE 'note' END, count(*) || ' columns' FROM pg_attrdef AS d JOIN pg_class AS c ON c.oid = d.adrelid WHERE c.relnamespace = to_regnamespace($schema) AND pg_get_expr(d.adbin, d.adrelid) ~ '(oracle|dbms_|orafce)\\.'", remedy: "keep the extension as long as the views, which have the same defaults" },
    Check { name: "event triggers", sql: "SELECT CASE WHEN EXISTS (SELECT FROM pg_event_trigger WHERE evtname ~ 'esclusa' AND evtenabled <> 'D') THEN 'fine' ELSE 'note' END, CASE WHEN EXISTS (SELECT FROM pg_event_trigger WHERE evtname ~ 'esclusa') THEN 'later grants follow the views' ELSE 'none of esclusa: a later GRANT on a view does not reach its leaf' END", remedy: "a superuser runs the script of `esclusa roles`; if the service allows no event triggers, each `schema apply` carries the grants" },
    Check { name: "pg_partman", sql: "SELECT 'fine', coalesce((SELECT 'version ' || extversion FROM pg_extension WHERE extname = 'pg_partman'), 'not installed: `esclusa schema apply`, run by a timer, makes the months ahead')", remedy: "" },
    Check { name: "rows in DEFAULT partitions", sql: "SELECT CASE WHEN count(*) = 0 THEN 'fine' ELSE 'fault' END, coalesce(string_agg(format('%s: about %s rows', c.oid::regclass, greatest(c.reltuples, s.n_live_tup)::bigint), ', '), 'none') FROM pg_class AS c JOIN pg_stat_all_tables AS s ON s.relid = c.oid WHERE c.relispartition AND pg_get_expr(c.relpartbound, c.oid) = 'DEFAULT' AND s.n_live_tup > 0 AND c.relname ~ '^audit_log'", remedy: "a month has no partition: run `esclusa schema apply`" },
    Check { name: "months ahead", sql: "SELECT CASE WHEN n IS NULL THEN 'note' WHEN n >= 2 THEN 'fine' ELSE 'fault' END, coalesce(n || ' months have a partition from now on', 'audit_log is not deployed yet') FROM (SELECT nullif(count(*), 0) FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid JOIN pg_class AS p ON p.oid = i.inhparent WHERE p.relname = 'audit_log_live' AND right(translate(c.relname, '_', ''), 6) >= to_char(clock_timestamp(), 'YYYYMM')) AS m(n)", remedy: "run `esclusa schema apply`, by a timer" },
    Check { name: "pg_stat_statements", sql: "SELECT CASE WHEN w = '' THEN 'fine' ELSE 'note' END, CASE WHEN w = '' THEN 'the proxies read it: it counts every statement around them, by user' ELSE w END FROM (SELECT CASE WHEN NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_stat_statements') THEN 'not installed in this database' WHEN current_setting('pg_stat_statements.track', true) IS NULL THEN 'installed, but not loaded' WHEN current_setting('pg_stat_statements.track') = 'none' THEN 'switched off' WHEN NOT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') THEN 'this role may not read it' ELSE '' END) AS s(w)", remedy: "without it, statements around the proxies that end between two samples are not named, and on moved tables none are: set shared_preload_libraries = 'pg_stat_statements', CREATE EXTENSION pg_stat_statements, and pg_read_all_stats (`esclusa roles`)" },
    Check { name: "room in transaction ids", sql: "SELECT CASE WHEN a < 1500000000 THEN 'fine' ELSE 'fault' END, a || ' of 2 billion since the oldest' FROM (SELECT max(age(datfrozenxid)) FROM pg_database) AS d(a)", remedy: "VACUUM (FREEZE) before a migration writes millions of rows" },
    Check { name: "slots that hold WAL", sql: "SELECT CASE WHEN count(*) = 0 THEN 'fine' ELSE 'note' END, coalesce(string_agg(slot_name, ', '), 'none') FROM pg_replication_slots WHERE NOT active", remedy: "an inactive slot keeps all WAL that a migration writes: the disk may fill" },
    Check { name: "room to restore dumps", sql: "SELECT CASE WHEN $restore OR rolcreatedb OR rolsuper THEN 'fine' ELSE 'note' END, CASE WHEN $restore THEN 'migrate.restore_url names the database' WHEN rolcreatedb OR rolsuper THEN 'a database is created for each' ELSE 'this role may not create a database' END FROM pg_roles WHERE rolname = current_user", remedy: "`esclusa drop` restores each dump to compare it: set migrate.restore_url to a scratch database, or let a superuser run ALTER ROLE ... CREATEDB" },
];

/// Asks all questions. One that this server or this role cannot answer becomes a note.
pub async fn examine(db: &Database, settings: &Settings) -> Result<Table> {
    let mut table = Table::new(COLUMNS);
    let mut push = |name: &str, state: &str, found: String, remedy: &str| {
        let remedy = if state == "fine" { "" } else { remedy };
        table.push(vec![name.into(), state.into(), found.into(), Some(remedy).filter(|r| !r.is_empty()).into()]);
    };
    for check in CHECKS {
        let restore = if settings.migrate.restore_url.is_empty() { "false" } else { "true" };
        let sql =
            check.sql.replace("$schema", &literal(&settings.rules.schema)).replace("$zone", &literal(&settings.rules.time_zone));
        let sql = sql.replace("$restore", restore);
        match db.text(&format!("examining {}", check.name), &sql).await {
            Ok(rows) => {
                let mut cells = rows.into_iter().flatten().map(Option::unwrap_or_default);
                let (state, found) = (cells.next().unwrap_or_default(), cells.next().unwrap_or_default());
                push(check.name, &state, found, check.remedy);
            }
            Err(Error::Database { message, sqlstate, .. }) if !sqlstate.is_empty() => {
                push(check.name, "note", message, "this server or this role cannot answer this question")
            }
            Err(error) => return Err(error),
        }
    }
    let (state, found) = session(db).await?;
    push("a session of its own", state, found, "a pooler in transaction mode cannot be used for control.url or upstream.address");
    let (state, found) = clock(db).await?;
    push("clock", state, found, "times of hits and of the ledger differ by that: synchronise the clocks");
    for program in ["pg_dump", "pg_restore"] {
        let (state, found) = program_of(db, program).await?;
        push(
            program,
            state,
            found,
            "`esclusa drop` needs the client programs of the server's version or newer (Debian: postgresql-client)",
        );
    }
    Ok(table)
}

/// Whether any check found a fault.
pub fn has_fault(table: &Table) -> bool {
    table.rows.iter().any(|row| row.get(1).is_some_and(|cell| cell.text() == FAULT))
}

/// Whether a setting made in a session holds for its next transaction, in the same server process.
async fn session(db: &Database) -> Result<(&'static str, String)> {
    let doing = "examining the session";
    let mut seen = Vec::new();
    db.batch(doing, "SELECT set_config('esclusa.examined', 'yes', false)").await?;
    for _ in 0..3 {
        let row = db.one(doing, "SELECT pg_backend_pid(), current_setting('esclusa.examined', true)", &[]).await?;
        seen.push((row.get::<_, i32>(0), row.get::<_, Option<String>>(1)));
    }
    let same = seen.iter().all(|one| *one == seen[0]) && seen[0].1.as_deref() == Some("yes");
    Ok(match same {
        true => ("fine", "it keeps its settings".to_owned()),
        false => (FAULT, "statements of one session run in several server sessions, or its settings are lost".to_owned()),
    })
}

/// The difference between the server's clock and this machine's.
async fn clock(db: &Database) -> Result<(&'static str, String)> {
    let asked = Instant::now();
    let there: f64 = db.one("examining the clock", "SELECT extract(epoch FROM clock_timestamp())::float8", &[]).await?.get(0);
    let here = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    let off = (there - (here - asked.elapsed().as_secs_f64() / 2.0)).abs();
    Ok((if off < 2.0 { "fine" } else { "note" }, format!("{off:.1} s from this machine's")))
}

/// The major version of one of PostgreSQL's programs.
async fn program_of(db: &Database, name: &str) -> Result<(&'static str, String)> {
    let server: i32 =
        db.one("examining programs", "SELECT current_setting('server_version_num')::int / 10000", &[]).await?.get(0);
    let asked = Command::new(name).arg("--version").stdin(Stdio::null()).kill_on_drop(true).output();
    let Ok(Ok(said)) = tokio::time::timeout(Duration::from_secs(10), asked).await else {
        return Ok(("note", "not on this machine".to_owned()));
    };
    let text = String::from_utf8_lossy(&said.stdout).trim().to_owned();
    let major = text.split_whitespace().find_map(|word| word.split('.').next()?.parse::<i32>().ok());
    Ok((if major.is_some_and(|major| major >= server) { "fine" } else { "note" }, text))
}
