//! Reports about whoever does not come through the proxies, and what all witnesses say of a table beside each other.

use super::order::Facts;
use crate::table::ColumnType::{Int, Text};
use crate::table::{Columns, Table};

pub(super) const BODIES: Columns = &[("table", Text), ("kind", Text), ("object", Text), ("form", Text), ("fate", Text)];

/// Bodies in the catalog that name a legacy table: by the reader that a move goes by (`migrate/dependents.rs`).
pub(super) fn bodies(facts: &Facts, one: Option<&str>) -> Table {
    let mut table = Table::new(BODIES);
    for legacy in &facts.tables {
        let name = legacy.judged.name.table.as_str();
        if one.is_some_and(|one| one != name) {
            continue;
        }
        for body in &legacy.hanging {
            let form = match body.kind {
                "function text" => "static: looked up when it runs",
                "dynamic function" => "dynamic: it has EXECUTE, and may put more statements together",
                "function" | "aggregate" | "view" | "materialised view" | "trigger" | "rule" | "policy" => {
                    "static: known to the catalog"
                }
                _ => continue,
            };
            table.push(vec![name.into(), body.kind.into(), body.name.as_str().into(), form.into(), body.fate.as_str().into()]);
        }
    }
    table
}

pub(super) const AROUND: Columns = &[
    ("table", Text),
    ("user", Text),
    ("address", Text),
    ("application", Text),
    ("kind", Text),
    ("uses", Int),
    ("first_seen", Text),
    ("last_seen", Text),
    ("certainty", Text),
    ("statement", Text),
];
/// What was seen are samples: it was so often, or more often.
pub(super) const AROUND_SQL: &str = "SELECT legacy_table, user_name, client_address, coalesce(nullif(application_name, ''), '(unnamed)'), kind,
        sum(uses)::bigint, min(first_seen)::timestamptz(0)::text, max(last_seen)::timestamptz(0)::text,
        CASE WHEN kind = 'counter' AND certainty = 'sure'
                THEN 'counters grew while the proxies sent nothing that names it: somebody between two samples, a function or a trigger'
            WHEN kind IN ('counter', 'calls') AND certainty = 'unsure' THEN 'unsure: the server counted it, and a proxy has not written what it had recorded'
            WHEN kind = 'calls' AND certainty = 'likely'
                THEN 'user and statement are sure: pg_stat_statements counted it, and no proxy sent it; address and application are those of the only session of that user that was seen'
            WHEN kind = 'calls' THEN 'user and statement are sure: pg_stat_statements counted it, and no proxy sent it; it knows no address'
            WHEN certainty = 'sure' THEN 'sure: no session of any proxy'
            WHEN certainty = 'unsure' THEN 'unsure: a proxy has not told which sessions are its own'
            ELSE 'cannot see who: the control role lacks pg_read_all_stats (`esclusa roles`)' END,
        nullif((array_agg(statement ORDER BY last_seen DESC))[1], '')
    FROM esclusa.around, asked WHERE bucket >= since AND bucket < until AND (one IS NULL OR legacy_table = one)
    GROUP BY legacy_table, user_name, client_address, application_name, kind, certainty ORDER BY max(last_seen) DESC, 1, 2, 3, 4, 5";

pub(super) const WITNESSES: Columns = &[
    ("table", Text),
    ("finding", Text),
    ("proxy_hits", Int),
    ("proxy_hours", Int),
    ("around", Int),
    ("around_hours", Int),
    ("dumps", Int),
    ("last_by_proxy", Text),
    ("last_around", Text),
];
/// Where the proxies are silent and somebody comes around them, that is said first.
pub(super) const WITNESSES_SQL: &str = ", through AS (SELECT legacy_table, sum(hits)::bigint AS hits, max(last_seen) AS last FROM total GROUP BY 1),
    beside AS (SELECT legacy_table, coalesce(sum(uses) FILTER (WHERE kind <> 'dump' AND certainty <> 'unsure'), 0)::bigint AS uses,
            coalesce(sum(uses) FILTER (WHERE kind <> 'dump' AND certainty = 'unsure'), 0)::bigint AS unsure,
            coalesce(sum(uses) FILTER (WHERE kind = 'dump'), 0)::bigint AS dumps, max(last_seen) FILTER (WHERE kind <> 'dump') AS last
        FROM esclusa.around, asked WHERE bucket >= since AND bucket < until AND (one IS NULL OR legacy_table = one) GROUP BY 1),
    looked AS (SELECT coalesce(sum(least(covered_us, 3600000000)), 0) / 3600000000 AS hours, coalesce(sum(hidden), 0) AS hidden
        FROM esclusa.around_coverage, asked WHERE bucket >= since AND bucket < until),
    recorded AS (SELECT coalesce(sum(us), 0) / 3600000000 AS hours FROM (SELECT least(sum(covered_us), 3600000000) AS us
        FROM esclusa.coverage, asked WHERE bucket >= since AND bucket < until GROUP BY bucket) AS h)
    SELECT legacy_table, CASE WHEN coalesce(b.uses, 0) > 0 AND t.hits IS NULL THEN 'DISAGREE: the proxies saw nothing, and it is used around them'
            WHEN coalesce(b.uses, 0) > 0 THEN 'used through the proxies and around them'
            WHEN coalesce(b.unsure, 0) > 0 THEN 'unsure: a session that no proxy called its own, while one was silent'
            WHEN looked.hours < 1 THEN 'nobody has looked around the proxies for an hour yet'
            WHEN looked.hidden > 0 THEN 'used through the proxies; who comes around them was not always seen'
            ELSE 'used through the proxies alone' END,
        coalesce(t.hits, 0), round(recorded.hours)::bigint, coalesce(b.uses, 0), round(looked.hours)::bigint, coalesce(b.dumps, 0),
        t.last::timestamptz(0)::text, b.last::timestamptz(0)::text
    FROM through AS t FULL JOIN beside AS b USING (legacy_table), looked, recorded
    ORDER BY coalesce(b.uses, 0) > 0 AND t.hits IS NULL DESC, coalesce(b.uses, 0) DESC, 1";
