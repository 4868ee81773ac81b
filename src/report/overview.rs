//! The facts behind the verdicts, read from the target database, and the verdicts as a table.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use super::recorded::Asked;
use super::verdict::{Around, Calendar, Day, Judged, Language, Name, Seen, judge};
use crate::catalog::Database;
use crate::config::Settings;
use crate::control;
use crate::error::Result;
use crate::migrate::state;
use crate::table::ColumnType::{Bool, Int, Text};
use crate::table::{Columns, Table};

/// Of a day's hours so much has to be recorded, in hundredths, for it to count: a restart of the proxies does not cost a day.
const WHOLE_DAY: i64 = 99;

pub(super) const VERDICTS: Columns = &[
    ("table", Text),
    ("verdict", Text),
    ("reason", Text),
    ("hits", Int),
    ("mode", Text),
    ("moved", Bool),
    ("covered_days", Int),
    ("next", Text),
];

/// Judges every legacy table that has a rule.
pub async fn judged(database: &Database, settings: &Settings, asked: &Asked, language: Language) -> Result<Vec<Judged>> {
    let zone = &asked.time_zone;
    database.execute("choosing the zone", "SELECT set_config('TimeZone', $1, false)", &[zone]).await?;
    let modes = control::modes(database).await?;
    let states = state::states(database, &settings.rules.schema).await?;
    let mut seen = seen(database, asked).await?;
    let tables = asked.tables.iter().filter(|table| asked.table.as_ref().is_none_or(|one| one == *table));
    let name = |table: &String| {
        let state = states.get(table).cloned().unwrap_or_default();
        let mode = modes.get(table).copied().unwrap_or(settings.rules.default_mode);
        let is_moved = state.was_moved() || state.improved;
        Name { table: table.clone(), mode, is_moved, seen: seen.remove(table).unwrap_or_default() }
    };
    let names = tables.map(name).collect();
    Ok(judge(names, &days(database, asked).await?, &calendar(settings), language))
}

/// The calendar of the settings. A date that is none was told when they were read.
pub(super) fn calendar(settings: &Settings) -> Calendar {
    let date = |text: &String| text.split_once('-').and_then(|(month, day)| Some((month.parse().ok()?, day.parse().ok()?)));
    let days = settings.calendar.billing_cycle.as_secs() / Duration::from_secs(86_400).as_secs();
    Calendar {
        billing_days: i64::try_from(days).unwrap_or(i64::MAX).max(1),
        dates: settings.calendar.dates.iter().filter_map(date).collect(),
        regulatory: settings.calendar.regulatory.iter().cloned().collect::<BTreeSet<_>>(),
    }
}

/// What was seen of each name.
async fn seen(database: &Database, asked: &Asked) -> Result<HashMap<String, Seen>> {
    let sql = "WITH total AS (SELECT * FROM esclusa.hit_total WHERE bucket >= coalesce($1::text::timestamptz, '-infinity')
                   AND bucket < coalesce($2::text::timestamptz, 'infinity')),
               most AS (SELECT DISTINCT ON (legacy_table) legacy_table, application_name FROM (SELECT legacy_table, application_name,
                   sum(hits) AS hits FROM total GROUP BY 1, 2) AS s ORDER BY legacy_table, hits DESC, application_name)
               SELECT legacy_table, sum(hits)::bigint, coalesce(sum(hits) FILTER (WHERE outcome = 'forwarded'), 0)::bigint,
                   coalesce(sum(hits) FILTER (WHERE outcome = 'opaque'), 0)::bigint,
                   coalesce(sum(hits) FILTER (WHERE outcome = 'refused'), 0)::bigint,
                   (max(last_seen)::date - date '1970-01-01')::bigint, max(last_seen)::timestamptz(0)::text,
                   coalesce(nullif(max(most.application_name), ''), '(unnamed)')
               FROM total JOIN most USING (legacy_table) GROUP BY 1";
    let mut seen: HashMap<String, Seen> = HashMap::new();
    let count = |n: i64| u64::try_from(n).unwrap_or(0);
    for row in database.query("reading who uses what", sql, &[&asked.since, &asked.until]).await? {
        let found = Seen {
            hits: count(row.get(1)),
            forwarded: count(row.get(2)),
            opaque: count(row.get(3)),
            refused: count(row.get(4)),
            different: 0,
            last_day: Some(row.get(5)),
            last: row.get(6),
            by: row.get(7),
            around: None,
        };
        seen.insert(row.get(0), found);
    }
    let sql = "SELECT legacy_table, sum(different)::bigint FROM esclusa.shadow GROUP BY 1 HAVING sum(different) > 0";
    for row in database.query("reading what differed", sql, &[]).await? {
        seen.entry(row.get(0)).or_default().different = count(row.get(1));
    }
    let rows = database.query("reading who was seen around the proxies", AROUND, &[&asked.since, &asked.until]).await?;
    for row in rows {
        let found = Around {
            uses: count(row.get(1)),
            user: row.get(2),
            address: row.get(3),
            application: row.get(4),
            last_day: row.get(5),
            last: row.get(6),
        };
        seen.entry(row.get(0)).or_default().around = Some(found);
    }
    Ok(seen)
}

/// Who was seen around the proxies: in all, and the last of them. What may have been a proxy's own session accuses nobody, and a dump reads
/// whatever there is. What was seen of a user was counted of him too, and the other way round: it is told once.
const AROUND: &str =
    "WITH seen AS (SELECT * FROM esclusa.around WHERE kind <> 'dump' AND certainty <> 'unsure' AND bucket >= coalesce($1::text::timestamptz, '-infinity')
            AND bucket < coalesce($2::text::timestamptz, 'infinity')),
        counted AS (SELECT legacy_table, sum(uses)::bigint AS uses FROM (
            SELECT legacy_table, greatest(sum(uses) FILTER (WHERE kind IN ('calls', 'function')), sum(uses) FILTER (WHERE kind NOT IN ('calls', 'function'))) AS uses
            FROM seen GROUP BY legacy_table, user_name) AS u GROUP BY 1)
    SELECT DISTINCT ON (legacy_table) legacy_table, c.uses, user_name,
        client_address, application_name, (last_seen::date - date '1970-01-01')::bigint, last_seen::timestamptz(0)::text
    FROM seen JOIN counted AS c USING (legacy_table)
    ORDER BY legacy_table, kind = 'counter', last_seen DESC, user_name, client_address, application_name";

/// Days that were recorded as a whole, in order. A recorder that has lost a span leaves the days of its life in doubt.
pub(super) async fn days(database: &Database, asked: &Asked) -> Result<Vec<Day>> {
    let sql = "WITH hourly AS (SELECT bucket, least(sum(covered_us), 3600000000) AS us FROM esclusa.coverage
                   WHERE bucket >= coalesce($1::text::timestamptz, '-infinity') AND bucket < coalesce($2::text::timestamptz, 'infinity') GROUP BY 1)
               SELECT (d - date '1970-01-01')::bigint, extract(month FROM d)::int, extract(day FROM d)::int
               FROM (SELECT bucket::date AS d, sum(us) AS us FROM hourly GROUP BY 1) AS daily
               WHERE us * 100 >= $3::bigint * 1000000 * extract(epoch FROM (d + 1)::timestamptz - d::timestamptz)
                   AND NOT EXISTS (SELECT FROM esclusa.recorder WHERE lost > 0 AND d BETWEEN started_at::date AND written_at::date)
               ORDER BY 1";
    let number = |n: i32| u32::try_from(n).unwrap_or(0);
    let rows = database.query("reading what is covered", sql, &[&asked.since, &asked.until, &WHOLE_DAY]).await?;
    Ok(rows.iter().map(|r| Day { number: r.get(0), month: number(r.get(1)), day: number(r.get(2)) }).collect())
}

/// Verdicts as a table.
pub fn table(judged: &[Judged], language: Language) -> Table {
    let mut table = Table::new(VERDICTS);
    for one in judged {
        table.push(vec![
            one.name.table.as_str().into(),
            one.verdict.name(language).into(),
            one.reason.as_str().into(),
            one.name.seen.hits.into(),
            one.name.mode.name().into(),
            one.name.is_moved.into(),
            one.covered_days.into(),
            (!one.next.is_empty()).then_some(one.next.as_str()).into(),
        ]);
    }
    table
}
