//! The facts behind the verdicts, read from the target database, and the verdicts as a table.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use super::recorded::Asked;
use super::verdict::{Around, Calendar, Day, Judged, Language, Name, Seen, Trouble, judge};
use crate::catalog::Database;
use crate::config::Settings;
use crate::control;
use crate::error::Result;
use crate::migrate::state;
use crate::table::ColumnType::{Bool, Int, Text};
use crate::table::{Columns, Table};

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
    database.show_times_in(&asked.time_zone).await?;
    let modes = control::modes(database).await?;
    let states = state::states(database, &settings.rules.schema).await?;
    let mut seen = seen(database, asked).await?;
    let mut off: HashMap<String, Vec<(i64, i64)>> = HashMap::new();
    for row in database.query("reading when modes were off", OFF, &[]).await? {
        off.entry(row.get(0)).or_default().push((row.get(1), row.get(2)));
    }
    let tables = asked.tables.iter().filter(|table| asked.table.as_ref().is_none_or(|one| one == *table));
    let name = |table: &String| {
        let state = states.get(table).cloned().unwrap_or_default();
        let mode = modes.get(table).copied().unwrap_or(settings.rules.default_mode);
        let is_moved = state.was_moved() || state.improved;
        let (seen, off) = (seen.remove(table).unwrap_or_default(), off.remove(table).unwrap_or_default());
        Name { table: table.clone(), mode, is_moved, is_retired: state.retired, seen, off }
    };
    let names = tables.map(name).collect();
    Ok(judge(names, &days(database, asked).await?, &calendar(settings), language))
}

/// The calendar of the settings. Invalid dates were reported when the settings were read.
pub(super) fn calendar(settings: &Settings) -> Calendar {
    let date = |text: &String| text.split_once('-').and_then(|(month, day)| Some((month.parse().ok()?, day.parse().ok()?)));
    let days = settings.calendar.billing_cycle.as_secs() / Duration::from_secs(86_400).as_secs();
    Calendar {
        billing_days: i64::try_from(days).unwrap_or(i64::MAX).max(1),
        dates: settings.calendar.dates.iter().filter_map(date).collect(),
        regulatory: settings.calendar.regulatory.iter().cloned().collect::<BTreeSet<_>>(),
    }
}

/// The recorded uses of each name.
async fn seen(database: &Database, asked: &Asked) -> Result<HashMap<String, Seen>> {
    // For all time there are stored sums.
    let total = match (&asked.since, &asked.until) {
        (None, None) => "SELECT * FROM esclusa.hit_sum WHERE $1::text IS NULL AND $2::text IS NULL",
        _ => {
            "SELECT * FROM esclusa.hit_total WHERE bucket > coalesce($1::text::timestamptz, '-infinity') - interval '25 hours'
                 AND bucket > coalesce($1::text::timestamptz, '-infinity') - hours * interval '1 hour'
                 AND bucket < coalesce($2::text::timestamptz, 'infinity')"
        }
    };
    let sql = &format!("WITH total AS ({total}),
               most AS (SELECT DISTINCT ON (legacy_table) legacy_table, application_name FROM (SELECT legacy_table, application_name,
                   sum(hits) AS hits FROM total GROUP BY 1, 2) AS s ORDER BY legacy_table, hits DESC, application_name),
               trouble AS (SELECT DISTINCT ON (legacy_table) legacy_table, application_name FROM (SELECT legacy_table, application_name,
                   sum(hits) AS hits FROM total WHERE outcome IN ('opaque', 'refused') GROUP BY 1, 2) AS s
                   ORDER BY legacy_table, hits DESC, application_name),
               -- What went to the legacy table before its statements were to be rewritten says nothing about now.
               switched AS (SELECT DISTINCT ON (legacy_table) legacy_table, CASE WHEN mode_after IN ('rewrite', 'refuse') THEN changed_at END AS at
                   FROM esclusa.mode_history ORDER BY legacy_table, id DESC)
               SELECT legacy_table, sum(hits)::bigint,
                   coalesce(sum(hits) FILTER (WHERE outcome = 'forwarded' AND last_seen > coalesce(switched.at, '-infinity')), 0)::bigint,
                   coalesce(sum(hits) FILTER (WHERE outcome = 'opaque'), 0)::bigint,
                   coalesce(sum(hits) FILTER (WHERE outcome = 'refused'), 0)::bigint,
                   (max(last_seen)::date - date '1970-01-01')::bigint, max(last_seen)::timestamptz(0)::text,
                   coalesce(nullif(max(most.application_name), ''), '(unnamed)'),
                   (max(last_seen) FILTER (WHERE outcome IN ('opaque', 'refused'))::date - date '1970-01-01')::bigint,
                   (max(last_seen) FILTER (WHERE outcome IN ('opaque', 'refused')))::timestamptz(0)::text,
                   coalesce(nullif(max(trouble.application_name), ''), '(unnamed)')
               FROM total JOIN most USING (legacy_table) LEFT JOIN trouble USING (legacy_table) LEFT JOIN switched USING (legacy_table) GROUP BY 1");
    let mut seen: HashMap<String, Seen> = HashMap::new();
    let count = |n: i64| u64::try_from(n).unwrap_or(0);
    for row in database.query("reading who uses what", sql, &[&asked.since, &asked.until]).await? {
        let trouble = row.get::<_, Option<i64>>(8).map(|last_day| Trouble { last_day, last: row.get(9), by: row.get(10) });
        let found = Seen {
            hits: count(row.get(1)),
            forwarded: count(row.get(2)),
            opaque: count(row.get(3)),
            refused: count(row.get(4)),
            different: 0,
            last_day: Some(row.get(5)),
            last: row.get(6),
            by: row.get(7),
            trouble,
            around: None,
        };
        seen.insert(row.get(0), found);
    }
    for row in database.query("reading what differed", DIFFERENT, &[&asked.since, &asked.until]).await? {
        let one = seen.entry(row.get(0)).or_default();
        one.different = count(row.get(1));
        let last = Trouble { last_day: row.get(2), last: row.get(3), by: SHADOW.to_owned() };
        if one.trouble.as_ref().is_none_or(|trouble| trouble.last_day < last.last_day) {
            one.trouble = Some(last);
        }
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

/// Differences found by mode shadow, and when it last compared that statement.
const DIFFERENT: &str = "SELECT legacy_table, sum(different)::bigint, (max(last_seen)::date - date '1970-01-01')::bigint,
        max(last_seen)::timestamptz(0)::text
    FROM esclusa.shadow WHERE different > 0 AND last_seen >= coalesce($1::text::timestamptz, '-infinity')
        AND last_seen < coalesce($2::text::timestamptz, 'infinity') GROUP BY 1";
/// The name under which these findings are shown.
const SHADOW: &str = "mode shadow";

/// Ranges of days on which the mode of a table was off for some time.
const OFF: &str = "SELECT legacy_table, (changed_at::date - date '1970-01-01')::bigint, (coalesce(until, clock_timestamp())::date - date '1970-01-01')::bigint
    FROM (SELECT legacy_table, mode_after, changed_at, lead(changed_at) OVER (PARTITION BY legacy_table ORDER BY id) AS until
        FROM esclusa.mode_history) AS h WHERE mode_after = 'off'";

/// Uses around the proxies: their number, and the last one. Sessions that may have been a proxy's own and dumps are left out. A use may have been
/// both sampled as a session and counted by the server; it is reported once.
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

/// Days on which no use can have been missed, in order.
pub(super) async fn days(database: &Database, asked: &Asked) -> Result<Vec<Day>> {
    let sql = "SELECT (day - date '1970-01-01')::bigint, extract(month FROM day)::int, extract(day FROM day)::int FROM esclusa.covered_day
               WHERE counts AND day >= coalesce($1::text::timestamptz, '-infinity')
                   AND day + 1 <= coalesce($2::text::timestamptz, 'infinity') ORDER BY 1";
    let number = |n: i32| u32::try_from(n).unwrap_or(0);
    let rows = database.query("reading what is covered", sql, &[&asked.since, &asked.until]).await?;
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
