//! Reports over what all proxies have recorded, in schema `esclusa`. Each is its columns and one query over three relations: `total`,
//! `detail` and `latencies` are `hit_total`, `hit` and `latency`, limited to what was asked for. Times are shown in the time zone of the settings.

use tokio::time::timeout;

use crate::catalog::Database;
use crate::catalog::database::Params;
use crate::error::{Error, Result};
use crate::report::verdict::Language;
use crate::table::ColumnType::{Bool, Float, Int, Text};
use crate::table::{Cell, Column, ColumnType, Columns, Table};

/// A report that takes longer is cancelled.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);

/// What a report is asked about.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// The beginning, as PostgreSQL reads a timestamptz.
    pub since: Option<String>,
    /// The end.
    pub until: Option<String>,
    /// One legacy table.
    pub table: Option<String>,
    /// The time zone of days and times.
    pub time_zone: String,
    /// The legacy tables that have a rule.
    pub tables: Vec<String>,
}

/// The limits; `$1` to `$3` are since, until and the table. The hour that contains a limit (or the day, where hours were added up to days) counts
/// as a whole, because nothing finer is stored.
const WITHIN: &str = "WITH asked AS (SELECT coalesce($1::text::timestamptz, '-infinity') AS since, coalesce($2::text::timestamptz, 'infinity') AS until,
        $3::text AS one),
    $TOTAL,
    detail AS (SELECT h.* FROM esclusa.hit AS h, asked WHERE bucket > since - interval '25 hours' AND bucket > since - hours * interval '1 hour' AND bucket < until AND (one IS NULL OR legacy_table = one)),
    latencies AS (SELECT l.* FROM esclusa.latency AS l, asked WHERE bucket > since - interval '25 hours' AND bucket > since - hours * interval '1 hour' AND bucket < until AND (one IS NULL
        OR fingerprint IN (SELECT fingerprint FROM esclusa.statement_table WHERE legacy_table = one)))";
/// Totals of a span of time.
const TOTAL: &str = "total AS (SELECT h.* FROM esclusa.hit_total AS h, asked WHERE bucket > since - interval '25 hours'
        AND bucket > since - hours * interval '1 hour' AND bucket < until AND (one IS NULL OR legacy_table = one)),
    by_time AS (SELECT bucket, hours, outcome, sqlstate <> '' AS failed, hits FROM total)";
/// For all time there are stored sums, because three years are ten million rows.
const TOTAL_EVER: &str = "total AS (SELECT h.* FROM esclusa.hit_sum AS h, asked WHERE one IS NULL OR legacy_table = one),
    by_time AS (SELECT h.bucket, h.hours, h.outcome, h.failed, h.hits FROM esclusa.hit_trend AS h, asked WHERE one IS NULL
        UNION ALL SELECT bucket, hours, outcome, sqlstate <> '', hits FROM esclusa.hit_total, asked WHERE legacy_table = one)";

pub(super) const USAGE: Columns = &[
    ("table", Text),
    ("hits", Int),
    ("rows", Int),
    ("forwarded", Int),
    ("rewritten", Int),
    ("opaque", Int),
    ("refused", Int),
    ("failed", Int),
    ("applications", Int),
    ("first_seen", Text),
    ("last_seen", Text),
];
pub(super) const USAGE_SQL: &str = "SELECT legacy_table, sum(hits)::bigint, sum(row_count)::bigint,
        coalesce(sum(hits) FILTER (WHERE outcome = 'forwarded'), 0)::bigint, coalesce(sum(hits) FILTER (WHERE outcome = 'rewritten'), 0)::bigint,
        coalesce(sum(hits) FILTER (WHERE outcome = 'opaque'), 0)::bigint, coalesce(sum(hits) FILTER (WHERE outcome = 'refused'), 0)::bigint,
        coalesce(sum(hits) FILTER (WHERE sqlstate <> ''), 0)::bigint, count(DISTINCT application_name),
        min(first_seen)::timestamptz(0)::text, max(last_seen)::timestamptz(0)::text
    FROM total GROUP BY 1 ORDER BY 2 DESC, 1";

pub(super) const STATEMENTS: Columns = &[
    ("table", Text),
    ("hits", Int),
    ("missed", Int),
    ("rows", Int),
    ("failed", Int),
    ("average_ms", Float),
    ("applications", Text),
    ("last_seen", Text),
    ("statement", Text),
    ("rewritten", Text),
];
/// Hits without a recorded statement are the total less those with one.
pub(super) const STATEMENTS_SQL: &str =
    ", told AS (SELECT legacy_table, fingerprint, sum(hits)::bigint AS hits, sum(missed)::bigint AS missed,
            sum(row_count)::bigint AS rows, coalesce(sum(hits) FILTER (WHERE sqlstate <> ''), 0)::bigint AS failed,
            sum(total_us)::double precision / 1000 / greatest(sum(hits), 1) AS average,
            array_agg(DISTINCT application_name) AS applications, max(last_seen)::timestamptz(0)::text AS last
        FROM detail GROUP BY 1, 2)
    SELECT legacy_table, hits, missed, rows, failed, average::double precision, array_to_string(applications[1:8], ', ')
            || CASE WHEN cardinality(applications) > 8 THEN ' «and|y» ' || cardinality(applications) - 8 || ' «more|más»' ELSE '' END, last, s.text, s.rewritten
    FROM told LEFT JOIN esclusa.statement AS s USING (fingerprint)
    UNION ALL
    SELECT t.legacy_table, (t.hits - coalesce(d.hits, 0))::bigint, NULL, NULL, NULL, NULL, NULL, NULL, '(others)', NULL
    FROM (SELECT legacy_table, sum(hits) AS hits FROM total GROUP BY 1) AS t
        LEFT JOIN (SELECT legacy_table, sum(hits) AS hits FROM told GROUP BY 1) AS d USING (legacy_table)
    WHERE t.hits > coalesce(d.hits, 0)
    ORDER BY 2 DESC, 1, 9";

pub(super) const COLUMNS: Columns = &[("table", Text), ("column", Text), ("hits", Int), ("statements", Int), ("last_seen", Text)];
pub(super) const COLUMNS_SQL: &str =
    "SELECT d.legacy_table, c.name, sum(hits)::bigint, count(DISTINCT d.fingerprint), max(last_seen)::timestamptz(0)::text
    FROM detail AS d JOIN esclusa.statement_table AS t USING (fingerprint, legacy_table),
        LATERAL (SELECT unnest(t.columns) UNION ALL SELECT '*' WHERE t.star) AS c(name)
    GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2";

pub(super) const APPLICATIONS: Columns =
    &[("application", Text), ("hits", Int), ("tables", Int), ("forwarded", Int), ("failed", Int), ("last_seen", Text)];
pub(super) const APPLICATIONS_SQL: &str = "SELECT application_name, sum(hits)::bigint, count(DISTINCT legacy_table),
        coalesce(sum(hits) FILTER (WHERE outcome = 'forwarded'), 0)::bigint, coalesce(sum(hits) FILTER (WHERE sqlstate <> ''), 0)::bigint,
        max(last_seen)::timestamptz(0)::text FROM total GROUP BY 1 ORDER BY 2 DESC, 1";

pub(super) const PLACES: Columns =
    &[("application", Text), ("place", Text), ("hits", Int), ("tables", Text), ("last_seen", Text)];
pub(super) const PLACES_SQL: &str =
    "SELECT application_name, attribution, sum(hits)::bigint, string_agg(DISTINCT legacy_table, ', '),
        max(last_seen)::timestamptz(0)::text FROM detail WHERE attribution <> '' GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2";

pub(super) const USERS: Columns = &[("user", Text), ("database", Text), ("hits", Int), ("tables", Int), ("last_seen", Text)];
pub(super) const USERS_SQL: &str =
    "SELECT user_name, database_name, sum(hits)::bigint, count(DISTINCT legacy_table), max(last_seen)::timestamptz(0)::text
    FROM detail GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2";

pub(super) const ADDRESSES: Columns =
    &[("address", Text), ("user", Text), ("application", Text), ("hits", Int), ("tables", Int), ("last_seen", Text)];
pub(super) const ADDRESSES_SQL: &str =
    "SELECT client_address, user_name, application_name, sum(hits)::bigint, count(DISTINCT legacy_table),
        max(last_seen)::timestamptz(0)::text FROM detail GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2, 3";

pub(super) const TREND: Columns = &[
    ("begin", Text),
    ("hours", Int),
    ("hits", Int),
    ("forwarded", Int),
    ("rewritten", Int),
    ("opaque", Int),
    ("refused", Int),
    ("failed", Int),
];
pub(super) const TREND_SQL: &str = "SELECT bucket::timestamptz(0)::text, hours::bigint, sum(hits)::bigint,
        coalesce(sum(hits) FILTER (WHERE outcome = 'forwarded'), 0)::bigint, coalesce(sum(hits) FILTER (WHERE outcome = 'rewritten'), 0)::bigint,
        coalesce(sum(hits) FILTER (WHERE outcome = 'opaque'), 0)::bigint, coalesce(sum(hits) FILTER (WHERE outcome = 'refused'), 0)::bigint,
        coalesce(sum(hits) FILTER (WHERE failed), 0)::bigint
    FROM by_time GROUP BY bucket, hours ORDER BY bucket DESC, hours";

pub(super) const OPAQUE: Columns =
    &[("table", Text), ("operation", Text), ("hits", Int), ("application", Text), ("last_seen", Text), ("statement", Text)];
pub(super) const OPAQUE_SQL: &str = "SELECT legacy_table, operation, sum(hits)::bigint, application_name, max(last_seen)::timestamptz(0)::text, s.text
    FROM detail LEFT JOIN esclusa.statement AS s USING (fingerprint) WHERE outcome = 'opaque' GROUP BY 1, 2, 4, 6 ORDER BY 3 DESC, 1, 2, 4, 6";

pub(super) const FAILURES: Columns = &[
    ("table", Text),
    ("outcome", Text),
    ("sqlstate", Text),
    ("hits", Int),
    ("application", Text),
    ("last_seen", Text),
    ("statement", Text),
];
pub(super) const FAILURES_SQL: &str =
    "SELECT legacy_table, outcome, sqlstate, sum(hits)::bigint, application_name, max(last_seen)::timestamptz(0)::text, s.text
    FROM detail LEFT JOIN esclusa.statement AS s USING (fingerprint) WHERE sqlstate <> '' OR outcome = 'refused'
    GROUP BY 1, 2, 3, 5, 7 ORDER BY 4 DESC, 1, 2, 3, 5, 7";

pub(super) const TOMBSTONES: Columns =
    &[("at", Text), ("table", Text), ("step", Text), ("by", Text), ("reason", Text), ("statement", Text)];
/// `announce` begins a retirement; `retire` follows, or a step that takes it back.
pub(super) const TOMBSTONES_SQL: &str = "SELECT done_at::timestamptz(0)::text, legacy_table::text, step, done_by, reason, statement
    FROM esclusa.name_step, asked WHERE done_at >= since AND done_at < until AND (one IS NULL OR legacy_table = one) AND step <> 'announce'
    ORDER BY number DESC";

pub(super) const COMPARISONS: Columns = &[
    ("table", Text),
    ("compared", Int),
    ("different", Int),
    ("unsteady", Int),
    ("skipped", Int),
    ("verdict", Text),
    ("statement", Text),
];
/// Fewer than 3,000 comparisons in total, or 20 of a statement, are not enough: even if none of 20 differs, up to one in seven executions may (95 % confidence).
pub(super) const COMPARISONS_SQL: &str = ", counted AS (SELECT legacy_table, fingerprint, sum(equal + different)::bigint AS compared,
            sum(different)::bigint AS different, sum(unsteady)::bigint AS unsteady, sum(skipped)::bigint AS skipped
        FROM esclusa.shadow, asked WHERE one IS NULL OR legacy_table = one GROUP BY 1, 2)
    SELECT legacy_table, compared, different, unsteady, skipped, CASE WHEN different > 0 THEN '«differs|difiere»'
            WHEN compared < 20 THEN '«not enough yet|aún no basta»: ' || compared || ' «of|de» 20'
            WHEN sum(compared) OVER () < 3000 THEN '«not enough yet|aún no basta»: ' || sum(compared) OVER () || ' «of 3000 in all|de 3000 en total»' ELSE '«equal|igual»' END, s.text
    FROM counted LEFT JOIN esclusa.statement AS s USING (fingerprint) ORDER BY different DESC, compared, 1, 7";

pub(super) const READS: Columns = &[
    ("table", Text),
    ("state", Text),
    ("percent", Int),
    ("applications", Text),
    ("users", Text),
    ("at", Text),
    ("by", Text),
    ("reason", Text),
    ("reads", Int),
    ("failed", Int),
    ("sqlstates", Text),
    ("compared", Int),
    ("different", Int),
];
/// Before a table has moved, only these reads are rewritten, so rewritten hits are theirs. Hits of earlier copies are older than this copy.
pub(super) const READS_SQL: &str = "SELECT r.legacy_table,
        CASE WHEN t.state = 'reads' AND NOT EXISTS (SELECT FROM pg_class AS h WHERE h.relname = r.legacy_table AND pg_relation_filenode(h.oid) = c.filenode)
            THEN 'reads, «but the table answers: its copy does not fit it any more|pero responde la tabla: su copia ya no le corresponde»' ELSE t.state END, r.percent::bigint, array_to_string(r.applications, ', '), array_to_string(r.users, ', '),
        r.changed_at::timestamptz(0)::text, r.changed_by, r.reason, coalesce(h.hits, 0)::bigint, coalesce(h.failed, 0)::bigint, h.sqlstates,
        coalesce(s.compared, 0)::bigint, coalesce(s.different, 0)::bigint
    FROM esclusa.reads AS r LEFT JOIN esclusa.copy AS c USING (legacy_table) CROSS JOIN asked
        LEFT JOIN LATERAL (SELECT state FROM esclusa.run_table AS t WHERE t.legacy_table = r.legacy_table AND t.state IS NOT NULL ORDER BY t.number DESC LIMIT 1) AS t ON true
        LEFT JOIN LATERAL (SELECT sum(hits) AS hits, sum(hits) FILTER (WHERE sqlstate <> '') AS failed,
            string_agg(DISTINCT sqlstate, ', ') FILTER (WHERE sqlstate <> '') AS sqlstates FROM esclusa.hit_total AS h
            WHERE h.legacy_table = r.legacy_table AND outcome = 'rewritten' AND operation = 'select' AND bucket > coalesce(c.begun_at, '-infinity') - interval '25 hours'
              AND last_seen >= coalesce(c.begun_at, '-infinity') AND last_seen >= since AND bucket < until) AS h ON true
        LEFT JOIN LATERAL (SELECT sum(equal + different) AS compared, sum(different) AS different FROM esclusa.shadow AS s WHERE s.legacy_table = r.legacy_table) AS s ON true
    WHERE one IS NULL OR r.legacy_table = one ORDER BY 1";

pub(super) const LATENCY: Columns = &[
    ("legacy", Int),
    ("legacy_p50_ms", Float),
    ("legacy_p95_ms", Float),
    ("legacy_p99_ms", Float),
    ("rewritten", Int),
    ("rewritten_p50_ms", Float),
    ("rewritten_p95_ms", Float),
    ("rewritten_p99_ms", Float),
    ("verdict", Text),
    ("statement", Text),
];
/// The class of a quantile is the first at whose end the running total suffices; the middle of the class is shown (`traffic/latency.rs`).
pub(super) const LATENCY_SQL: &str = ", counted AS (SELECT fingerprint, form, class, sum(hits) AS hits FROM latencies GROUP BY 1, 2, 3),
    reached AS (SELECT *, sum(hits) OVER (PARTITION BY fingerprint, form ORDER BY class) AS below, sum(hits) OVER (PARTITION BY fingerprint, form) AS whole
        FROM counted),
    quantile AS (SELECT fingerprint, form, max(whole)::bigint AS hits, power(1.1, 0.5 + min(class) FILTER (WHERE below >= 0.5 * whole)) / 1000 AS p50,
            power(1.1, 0.5 + min(class) FILTER (WHERE below >= 0.95 * whole)) / 1000 AS p95,
            power(1.1, 0.5 + min(class) FILTER (WHERE below >= 0.99 * whole)) / 1000 AS p99 FROM reached GROUP BY 1, 2)
    SELECT l.hits, l.p50::double precision, l.p95::double precision, l.p99::double precision, r.hits, r.p50::double precision, r.p95::double precision,
        r.p99::double precision, CASE WHEN l.hits IS NULL THEN '«never ran on the legacy table|nunca corrió en la tabla heredada»' WHEN r.hits IS NULL THEN '«not rewritten yet|aún no reescrita»'
            WHEN l.hits < 100 OR r.hits < 100 THEN '«not enough yet: fewer than 100|aún no basta: menos de 100»'
            WHEN r.p50 <= 1.2 * l.p50 AND r.p95 <= 1.2 * l.p95 THEN '«within the plan''s 20 %|dentro del 20 % del plan»' ELSE '«slower than the plan''s 20 %|más lenta que el 20 % del plan»' END, s.text
    FROM (SELECT * FROM quantile WHERE form = 'legacy') AS l FULL JOIN (SELECT * FROM quantile WHERE form = 'rewritten') AS r USING (fingerprint)
        LEFT JOIN esclusa.statement AS s USING (fingerprint)
    ORDER BY coalesce(l.hits, 0) + coalesce(r.hits, 0) DESC, s.text";

pub(super) const REPLICAS: Columns =
    &[("process", Text), ("since", Text), ("seen", Text), ("follows", Bool), ("rules", Text), ("finding", Text)];
/// The rules that most replicas have are the ones that the others are compared with.
pub(super) const REPLICAS_SQL: &str =
    ", most AS (SELECT mode() WITHIN GROUP (ORDER BY rules) AS rules FROM esclusa.replica WHERE seen_at > clock_timestamp() - interval '60 s')
    SELECT instance, started_at::timestamptz(0)::text, seen_at::timestamptz(0)::text, generation = number, to_hex(r.rules),
        CASE WHEN seen_at <= clock_timestamp() - interval '60 s' THEN '«silent: killed, or without a way to the database|en silencio: terminado a la fuerza, o sin camino a la base de datos»'
             WHEN r.rules <> most.rules THEN '«its rules are not those of most others|sus reglas no son las de la mayoría»' END
    FROM esclusa.replica AS r, esclusa.generation, most ORDER BY 1";

pub(super) const SWITCHES: Columns =
    &[("table", Text), ("before", Text), ("after", Text), ("at", Text), ("by", Text), ("reason", Text)];
pub(super) const SWITCHES_SQL: &str = "SELECT legacy_table, mode_before, mode_after, changed_at::timestamptz(0)::text, changed_by, reason
    FROM esclusa.mode_history, asked WHERE changed_at >= since AND changed_at < until AND (one IS NULL OR legacy_table = one) ORDER BY id DESC";

pub(super) const COVERAGE: Columns =
    &[("day", Text), ("recorded_hours", Float), ("watched_hours", Float), ("recorders", Int), ("counts", Bool), ("why", Text)];
pub(super) const COVERAGE_SQL: &str =
    " SELECT day::text, (us / 3600000000.0)::double precision, (watched_us / 3600000000.0)::double precision, recorders, counts,
        replace(replace(replace(replace(why, 'not recorded as a whole', '«not recorded as a whole|no se registró completo»'),
            'nobody looked around the proxies all day', '«nobody looked around the proxies all day|nadie miró fuera de los proxies todo el día»'),
            'a span was lost by ', '«a span was lost by|perdió un lapso» '), 'not delivered yet by ', '«not delivered yet by|aún no lo entrega» ')
    FROM esclusa.covered_day, asked WHERE day + 1 > since AND day < until ORDER BY day DESC";

/// The rows of a query over what was recorded.
pub(super) async fn rows(database: &Database, columns: Columns, sql: &str, asked: &Asked, language: Language) -> Result<Table> {
    found(database, columns, &language.choose(sql), asked, &[&asked.since, &asked.until, &asked.table]).await
}

/// The same for a query with a list of legacy tables as `$4`.
pub(super) async fn rows_of(database: &Database, columns: Columns, sql: &str, asked: &Asked, tables: &[String]) -> Result<Table> {
    found(database, columns, sql, asked, &[&asked.since, &asked.until, &asked.table, &tables]).await
}

async fn found(database: &Database, columns: Columns, sql: &str, asked: &Asked, params: Params<'_>) -> Result<Table> {
    database.show_times_in(&asked.time_zone).await?;
    let total = if asked.since.is_none() && asked.until.is_none() { TOTAL_EVER } else { TOTAL };
    let sql = format!("{}{}{sql}", WITHIN.replace("$TOTAL", total), if sql.starts_with(',') { "" } else { " " });
    let asking = async { database.query("reading what was recorded", &sql, params).await };
    let slow = |_| Error::refused("the report takes more than a minute: ask for less, by --since or --table");
    let found = timeout(PATIENCE, asking).await.map_err(slow)??;
    let mut table = Table { columns: Column::all(columns), rows: Vec::with_capacity(found.len()) };
    for row in found {
        let cell = |(at, (_, column_type)): (usize, &(&str, ColumnType))| match column_type {
            ColumnType::Text => Cell::from(row.get::<_, Option<String>>(at)),
            ColumnType::Int => Cell::from(row.get::<_, Option<i64>>(at)),
            ColumnType::Float => Cell::from(row.get::<_, Option<f64>>(at)),
            ColumnType::Bool => Cell::from(row.get::<_, Option<bool>>(at)),
        };
        table.push(columns.iter().enumerate().map(cell).collect());
    }
    Ok(table)
}
