//! The facts behind the order, read from the target database and the rules.

use std::collections::{BTreeMap, HashMap};

use super::model::{Basis, Facts, Legacy, Limits, Pair};
use crate::catalog::Database;
use crate::config::Settings;
use crate::error::Result;
use crate::migrate::attachments::dependents_of;
use crate::migrate::dependents::{Dependent, concerned};
use crate::migrate::{CONTROL, PINNED};
use crate::relation::Context;
use crate::report::overview;
use crate::report::recorded::Asked;
use crate::report::verdict::{self, Class, Judged, Language};
use crate::rule::{Capture, Rule, RuleSet};

/// Moves of fewer rows show the time that every move takes, those of more rows the rate.
const FEW_ROWS: i64 = 1_000;
const MANY_ROWS: i64 = 10_000;
/// Bytes of a row, where a table has never been analyzed.
const GUESSED_ROW_BYTES: u64 = 100;

/// What the catalog says of a table.
#[derive(Debug, Default)]
struct Size {
    rows: u64,
    is_guessed: bool,
}

/// Reads all facts. They cover every legacy table, even if only one was asked about.
pub async fn read(database: &Database, settings: &Settings, asked: &Asked, language: Language) -> Result<Facts> {
    let rules = RuleSet::load(&settings.rules.directory)?;
    database.batch("pinning the session", PINNED).await?;
    let tables: Vec<String> = rules.rules.keys().chain(rules.faulty.keys()).cloned().collect();
    let asked = Asked { table: None, tables, ..asked.clone() };
    let judged = overview::judged(database, settings, &asked, language).await?;
    let names: Vec<&str> = asked.tables.iter().map(String::as_str).collect();
    let sizes = sizes(database, &settings.rules.schema, &names).await?;
    let uses = uses(database, settings, &asked).await?;
    let mut hanging = hanging(database, &Context::new(settings), &rules, &names).await?;
    let one = |judged: Judged| {
        let table = judged.name.table.clone();
        let rule = rules.rules.get(&table);
        let history = rule.and_then(|rule| rule.target.history());
        Legacy {
            planned: rule.map(|rule| rule.wave.clone()).unwrap_or_default(),
            stays: rule.is_some_and(|rule| rule.target.stays()),
            base: history.and_then(|history| history.base.clone()),
            captured: history.is_some_and(|history| history.capture == Capture::Trigger),
            is_there: sizes.contains_key(&table),
            fault: rules.faulty.get(&table).map(|faulty| faulty.faults.to_string()),
            rows: sizes.get(&table).map_or(0, |size| size.rows),
            // Uses around the proxies count too.
            uses: uses.get(&table).map_or(0, |(uses, _)| *uses)
                + judged.name.seen.around.as_ref().map_or(0, |around| around.uses),
            writes: uses.get(&table).map_or(0, |(_, writes)| *writes),
            hanging: hanging.remove(&table).unwrap_or_default(),
            judged,
        }
    };
    let tables: Vec<Legacy> = judged.into_iter().map(one).collect();
    let (limits, measured) = limits(database, settings).await?;
    let mut basis = basis(database, settings, &asked, language).await?;
    basis.measured = measured;
    basis.guessed = tables.iter().filter(|t| sizes.get(t.table()).is_some_and(|size| size.is_guessed)).map(|_| 1).sum();
    let pairs = pairs(database, settings, &asked).await?;
    let keys = keys(database, &settings.rules.schema, &names).await?;
    Ok(Facts { tables, pairs, keys, limits, basis })
}

/// The rows of the tables that exist under their legacy names.
async fn sizes(database: &Database, schema: &str, names: &[&str]) -> Result<HashMap<String, Size>> {
    let sql = "SELECT relname::text, reltuples::double precision, coalesce(pg_relation_size(oid), 0) FROM pg_class
               WHERE relnamespace = to_regnamespace(quote_ident($1)) AND relname = ANY ($2::text[]) AND relkind IN ('r', 'p')";
    let rows = database.query("asking for sizes", sql, &[&schema, &names]).await?;
    let size = |tuples: f64, bytes: i64| {
        // A table that was never analyzed has -1 (manual, pg_class).
        let is_guessed = tuples < 0.0 && bytes > 0;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of rows is not negative")]
        let rows = if tuples < 0.0 { u64::try_from(bytes).unwrap_or(0) / GUESSED_ROW_BYTES } else { tuples.max(0.0) as u64 };
        Size { rows, is_guessed }
    };
    Ok(rows.iter().map(|row| (row.get(0), size(row.get(1), row.get(2)))).collect())
}

/// Uses and writes by table, without those of applications in migrate.reads_all.
async fn uses(database: &Database, settings: &Settings, asked: &Asked) -> Result<HashMap<String, (u64, u64)>> {
    // For all time there are stored sums.
    let total = match (&asked.since, &asked.until) {
        (None, None) => format!("{CONTROL}.hit_sum WHERE $1::text IS NULL AND $2::text IS NULL"),
        _ => format!(
            "{CONTROL}.hit_total WHERE bucket >= coalesce($1::text::timestamptz, '-infinity')
             AND bucket < coalesce($2::text::timestamptz, 'infinity')"
        ),
    };
    let sql = format!(
        "SELECT legacy_table, sum(hits)::bigint, coalesce(sum(hits) FILTER (WHERE operation IN
             ('insert', 'update', 'delete', 'merge', 'copy from', 'truncate')), 0)::bigint
         FROM {total} AND application_name <> ALL ($3::text[]) GROUP BY 1"
    );
    let ignored = &settings.migrate.reads_all;
    let rows = database.query("reading who reads and who writes", &sql, &[&asked.since, &asked.until, ignored]).await?;
    Ok(rows.iter().map(|row| (row.get(0), (count(row.get(1)), count(row.get(2))))).collect())
}

async fn pairs(database: &Database, settings: &Settings, asked: &Asked) -> Result<Vec<Pair>> {
    let sql = format!(
        "SELECT first_table, second_table, sum(times)::bigint FROM {CONTROL}.statement_pair
         WHERE bucket >= coalesce($1::text::timestamptz, '-infinity') AND bucket < coalesce($2::text::timestamptz, 'infinity')
             AND application_name <> ALL ($3::text[]) GROUP BY 1, 2 ORDER BY 1, 2"
    );
    let ignored = &settings.migrate.reads_all;
    let rows = database.query("reading what is used together", &sql, &[&asked.since, &asked.until, ignored]).await?;
    Ok(rows.iter().map(|row| Pair { first: row.get(0), second: row.get(1), times: count(row.get(2)) }).collect())
}

/// Foreign keys between these tables.
async fn keys(database: &Database, schema: &str, names: &[&str]) -> Result<Vec<(String, String)>> {
    let sql = "SELECT DISTINCT f.relname::text, p.relname::text FROM pg_constraint AS c JOIN pg_class AS f ON f.oid = c.conrelid
                   JOIN pg_class AS p ON p.oid = c.confrelid
               WHERE c.contype = 'f' AND c.conparentid = 0 AND f.relnamespace = to_regnamespace(quote_ident($1))
                   AND p.relnamespace = f.relnamespace AND f.relname = ANY ($2::text[]) AND p.relname = ANY ($2::text[]) ORDER BY 1, 2";
    let rows = database.query("reading foreign keys between legacy tables", sql, &[&schema, &names]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// The dependents of these tables, as far as they exist and are to move; those of other tables are not read.
pub async fn bodies(database: &Database, settings: &Settings, tables: &[String]) -> Result<BTreeMap<String, Vec<&'static str>>> {
    let rules = RuleSet::load(&settings.rules.directory)?;
    database.batch("pinning the session", PINNED).await?;
    let names: Vec<&str> = tables.iter().map(String::as_str).collect();
    let existing = sizes(database, &settings.rules.schema, &names).await?;
    let hanging = hanging(database, &Context::new(settings), &rules, &names).await?;
    let moves = |name: &String| rules.rules.get(name).is_some_and(|rule| !rule.target.stays());
    let kinds = |name: &String| hanging.get(name).map_or_else(Vec::new, |all| all.iter().map(|one| one.kind).collect());
    Ok(tables.iter().filter(|name| existing.contains_key(*name) && moves(name)).map(|name| (name.clone(), kinds(name))).collect())
}

/// The dependents of each table that is to move.
async fn hanging(
    database: &Database,
    context: &Context,
    rules: &RuleSet,
    names: &[&str],
) -> Result<BTreeMap<String, Vec<Dependent>>> {
    let mut hanging = BTreeMap::new();
    for table in concerned(database, &context.schema, names).await? {
        let moves = |rule: &&Rule| !rule.target.stays();
        if let Some(rule) = rules.rules.get(&table).filter(moves) {
            hanging.insert(table, dependents_of(database, context, rule).await?);
        }
    }
    Ok(hanging)
}

/// How long moves take, measured on complete moves: from the end of the table before in the same run to the table's own end. Without any, the rate
/// of the settings. Rounded, so that one more move changes little.
async fn limits(database: &Database, settings: &Settings) -> Result<(Limits, Option<(u64, u64)>)> {
    let sql = format!(
        "WITH step AS (SELECT t.step, t.row_count, extract(epoch FROM t.finished_at
                - coalesce(lag(t.finished_at) OVER (PARTITION BY t.run_id ORDER BY t.finished_at), r.started_at))::double precision AS seconds,
                EXISTS (SELECT FROM {CONTROL}.run_table AS c WHERE c.legacy_table = t.legacy_table AND c.step = 'copy'
                    AND c.run_id < t.run_id) AS is_gone_on_with
            FROM {CONTROL}.run_table AS t JOIN {CONTROL}.run AS r ON r.id = t.run_id WHERE t.step IN ('migrate', 'retain'))
         SELECT count(*) FILTER (WHERE row_count >= $2), coalesce(sum(row_count) FILTER (WHERE row_count >= $2), 0)::bigint,
             coalesce(sum(seconds) FILTER (WHERE row_count >= $2), 0)::double precision,
             percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) FILTER (WHERE row_count < $1)
         FROM step WHERE step = 'migrate' AND NOT is_gone_on_with"
    );
    let row = database.one("reading how long moves took", &sql, &[&FEW_ROWS, &MANY_ROWS]).await?;
    let (moves, rows, seconds, each): (i64, i64, f64, Option<f64>) = (row.get(0), row.get(1), row.get(2), row.get(3));
    let whole = |number: f64| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is not negative")]
        let whole = number.ceil().max(0.0) as u64;
        whole
    };
    #[expect(clippy::cast_precision_loss, reason = "a rate need not be exact")]
    let rate = (moves > 0 && seconds > 0.0).then(|| rounded(whole(rows as f64 / seconds)));
    let migrate = &settings.migrate;
    let limits = Limits {
        window: migrate.window.as_secs(),
        wave_tables: migrate.wave_tables,
        rows_per_second: rate.unwrap_or(u64::try_from(migrate.rows_per_second).unwrap_or(u64::MAX)),
        table_seconds: each.map_or(Limits::default().table_seconds, |each| whole(each).max(1)),
    };
    Ok((limits, rate.map(|_| (count(moves), count(rows)))))
}

/// A rate rounded down to two digits.
fn rounded(rate: u64) -> u64 {
    let mut scale = 1;
    while rate / scale >= 100 {
        scale *= 10;
    }
    (rate / scale * scale).max(1)
}

async fn basis(database: &Database, settings: &Settings, asked: &Asked, language: Language) -> Result<Basis> {
    let calendar = overview::calendar(settings);
    let days = overview::days(database, asked).await?;
    let covered = verdict::covered(&days.iter().collect::<Vec<_>>(), &calendar);
    let (seen, unseen): (Vec<Class>, Vec<Class>) =
        verdict::wanted(&calendar).into_iter().partition(|class| covered.contains(class));
    let sql = format!(
        "WITH hourly AS (SELECT bucket, us FROM {CONTROL}.covered_hour
             WHERE bucket >= coalesce($1::text::timestamptz, '-infinity') AND bucket < coalesce($2::text::timestamptz, 'infinity'))
         SELECT min(bucket)::timestamptz(0)::text, max(bucket)::timestamptz(0)::text, coalesce(sum(us) / 3600000000, 0)::double precision,
             (SELECT count(*) FROM {CONTROL}.recorder), (SELECT coalesce(sum(lost), 0)::bigint FROM {CONTROL}.recorder),
             (SELECT coalesce(sum(pairs_lost), 0)::bigint FROM {CONTROL}.recorder), (SELECT count(*) FROM {CONTROL}.statement),
             (SELECT coalesce(sum(hits), 0)::bigint FROM {CONTROL}.hit_trend
              WHERE bucket >= coalesce($1::text::timestamptz, '-infinity') AND bucket < coalesce($2::text::timestamptz, 'infinity'))
         FROM hourly"
    );
    let row = database.one("reading how much traffic was recorded", &sql, &[&asked.since, &asked.until]).await?;
    let span: (Option<String>, Option<String>) = (row.get(0), row.get(1));
    Ok(Basis {
        span: span.0.zip(span.1),
        hours: row.get(2),
        whole_days: days.len(),
        seen,
        unseen,
        recorders: count(row.get(3)),
        lost: count(row.get(4)),
        pairs_lost: count(row.get(5)),
        statements: count(row.get(6)),
        hits: count(row.get(7)),
        ignored: settings.migrate.reads_all.clone(),
        proxies: proxies(database, language).await?,
        ..Basis::default()
    })
}

/// Proxies that cannot be relied on, each with the reason.
async fn proxies(database: &Database, language: Language) -> Result<Vec<String>> {
    let sql = format!(
        "WITH most AS (SELECT mode() WITHIN GROUP (ORDER BY rules) AS rules FROM {CONTROL}.replica WHERE seen_at > clock_timestamp() - interval '60 s')
         SELECT instance || ': ' || CASE WHEN seen_at <= clock_timestamp() - interval '60 s' THEN '«silent|en silencio»' WHEN generation <> number THEN '«behind the last switch|sin el último cambio»'
             ELSE '«with other rules|con otras reglas»' END
         FROM {CONTROL}.replica AS r, {CONTROL}.generation, most
         WHERE seen_at <= clock_timestamp() - interval '60 s' OR generation <> number OR r.rules <> most.rules ORDER BY 1"
    );
    let rows = database.query("asking for proxies", &language.choose(&sql), &[]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

fn count(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}
