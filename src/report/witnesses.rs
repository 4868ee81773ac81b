//! What all witnesses say of every legacy table, side by side, with the amount of evidence, and where they disagree. Witnesses are what the proxies
//! recorded, uses seen around them, the server's counts, places where the name is written (`esclusa scan --record`), and bodies in the catalog.

use super::around::{DYNAMIC, form};
use super::order::facts;
use super::recorded::{self, Asked};
use super::verdict::Language;
use crate::catalog::Database;
use crate::config::Settings;
use crate::error::Result;
use crate::table::ColumnType::{Int, Text};
use crate::table::{Cell, Columns, Table};

pub(super) const WITNESSES: Columns = &[
    ("table", Text),
    ("finding", Text),
    ("proxy_hits", Int),
    ("proxy_hours", Int),
    ("around", Int),
    ("around_hours", Int),
    ("counter_hours", Int),
    ("calls_hours", Int),
    ("dumps", Int),
    ("scan", Int),
    ("scanned", Text),
    ("bodies", Int),
    ("dynamic_bodies", Int),
    ("last_by_proxy", Text),
    ("last_around", Text),
];

/// The recorded facts of a table, in the order of [`Told`].
const RECORDED: Columns = &[
    ("table", Text),
    ("hits", Int),
    ("proxy_hours", Int),
    ("around", Int),
    ("unsure", Int),
    ("around_hours", Int),
    ("hidden", Int),
    ("counter_hours", Int),
    ("calls_hours", Int),
    ("dumps", Int),
    ("scan", Int),
    ("scanned", Text),
    ("last_by_proxy", Text),
    ("last_around", Text),
];

/// For witnesses that count, hours are those in which they were read, less those in which they were blind to the table. A root that was scanned as
/// part of another one counts there.
const RECORDED_SQL: &str = ", name AS (SELECT DISTINCT n FROM asked, unnest($4::text[]) AS n WHERE one IS NULL OR n = one),
    through AS (SELECT legacy_table, sum(hits)::bigint AS hits, max(last_seen) AS last FROM total GROUP BY 1),
    seen AS (SELECT a.* FROM esclusa.around AS a, asked WHERE bucket >= since AND bucket < until AND (one IS NULL OR legacy_table = one)),
    of_user AS (SELECT legacy_table, certainty = 'unsure' AS is_unsure,
            greatest(sum(uses) FILTER (WHERE kind IN ('calls', 'function')), sum(uses) FILTER (WHERE kind NOT IN ('calls', 'function'))) AS uses
        FROM seen WHERE kind <> 'dump' GROUP BY 1, 2, user_name),
    beside AS (SELECT legacy_table, coalesce(sum(uses) FILTER (WHERE NOT is_unsure), 0)::bigint AS uses,
            coalesce(sum(uses) FILTER (WHERE is_unsure), 0)::bigint AS unsure FROM of_user GROUP BY 1),
    last AS (SELECT legacy_table, max(last_seen) FILTER (WHERE kind <> 'dump') AS last, coalesce(sum(uses) FILTER (WHERE kind = 'dump'), 0)::bigint AS dumps
        FROM seen GROUP BY 1),
    looked AS (SELECT coalesce(sum(least(covered_us, 3600000000)), 0) / 3600000000 AS hours, coalesce(sum(hidden), 0)::bigint AS hidden,
            coalesce(sum(least(counter_us, 3600000000)), 0) AS counter_us, coalesce(sum(least(calls_us, 3600000000)), 0) AS calls_us
        FROM esclusa.around_coverage, asked WHERE bucket >= since AND bucket < until),
    blind AS (SELECT legacy_table, coalesce(sum(blind_us) FILTER (WHERE witness = 'counter'), 0) AS counter_us,
            coalesce(sum(blind_us) FILTER (WHERE witness = 'calls'), 0) AS calls_us
        FROM esclusa.around_blind, asked WHERE bucket >= since AND bucket < until GROUP BY 1),
    recorded AS (SELECT coalesce(sum(us), 0) / 3600000000 AS hours FROM esclusa.covered_hour, asked WHERE bucket >= since AND bucket < until),
    scanned AS (SELECT s.* FROM esclusa.scan AS s WHERE NOT EXISTS (SELECT FROM esclusa.scan AS o WHERE starts_with(s.root, o.root || '/'))),
    written AS (SELECT legacy_table, sum(places)::bigint AS places FROM esclusa.scan_found JOIN scanned USING (root) GROUP BY 1)
    SELECT n, coalesce(t.hits, 0), round(recorded.hours)::bigint, coalesce(b.uses, 0), coalesce(b.unsure, 0), round(looked.hours)::bigint,
        looked.hidden, round(greatest(looked.counter_us - coalesce(d.counter_us, 0), 0) / 3600000000)::bigint,
        round(greatest(looked.calls_us - coalesce(d.calls_us, 0), 0) / 3600000000)::bigint, coalesce(l.dumps, 0),
        CASE WHEN EXISTS (SELECT FROM scanned) THEN coalesce(w.places, 0) END,
        (SELECT max(scanned_at)::timestamptz(0)::text FROM scanned), t.last::timestamptz(0)::text, l.last::timestamptz(0)::text
    FROM name LEFT JOIN through AS t ON t.legacy_table = n LEFT JOIN beside AS b ON b.legacy_table = n LEFT JOIN last AS l ON l.legacy_table = n
        LEFT JOIN blind AS d ON d.legacy_table = n LEFT JOIN written AS w ON w.legacy_table = n, looked, recorded";

/// What the witnesses say of one table.
#[derive(Debug, Clone, Default)]
struct Told {
    hits: i64,
    around: i64,
    unsure: i64,
    around_hours: i64,
    hidden: i64,
    scan: i64,
    bodies: i64,
    dynamic: i64,
}

impl Told {
    /// Whether one witness says that the table is used or named, and another says that it is not.
    fn disagrees(&self) -> bool {
        self.hits == 0 && (self.around > 0 || self.scan + self.bodies + self.dynamic > 0)
    }

    fn finding(&self, language: Language) -> &'static str {
        let is_written = (self.scan > 0, self.bodies + self.dynamic > 0);
        match (self.hits > 0, self.around > 0, is_written) {
            (false, true, _) => language.of(
                "DISAGREE: the proxies saw no use, but it is used around them",
                "CONTRADICCIÓN: los proxies no vieron ningún uso, pero se usa sin pasar por ellos",
            ),
            (false, false, (true, true)) => language.of(
                "DISAGREE: no use was seen, but sources and bodies in the catalog name it",
                "CONTRADICCIÓN: no se vio ningún uso, pero la nombran fuentes y cuerpos del catálogo",
            ),
            (false, false, (true, false)) => language.of(
                "DISAGREE: no use was seen, but sources name it",
                "CONTRADICCIÓN: no se vio ningún uso, pero la nombran las fuentes",
            ),
            (false, false, (false, true)) => language.of(
                "DISAGREE: no use was seen, but bodies in the catalog name it",
                "CONTRADICCIÓN: no se vio ningún uso, pero la nombran cuerpos del catálogo",
            ),
            (true, true, _) => {
                language.of("used through the proxies and around them", "se usa por los proxies y sin pasar por ellos")
            }
            _ if self.unsure > 0 => language.of(
                "uncertain: a session that no proxy reported as its own, while one proxy did not report",
                "incierto: una sesión que ningún proxy declaró como suya, mientras uno no informaba",
            ),
            _ if self.around_hours < 1 => language.of(
                "uses around the proxies have been watched for less than an hour",
                "se ha observado fuera de los proxies menos de una hora",
            ),
            (true, ..) if self.hidden > 0 => language.of(
                "used through the proxies; uses around them were not always watched",
                "se usa por los proxies; no siempre se observó fuera de ellos",
            ),
            (true, ..) => language.of("used through the proxies only", "se usa solo por los proxies"),
            _ => language.of("no witness has seen it used", "ningún testigo la vio en uso"),
        }
    }
}

/// The rows: where witnesses disagree first.
pub(super) async fn read(database: &Database, settings: &Settings, asked: &Asked, language: Language) -> Result<Table> {
    let recorded = recorded::rows_of(database, RECORDED, RECORDED_SQL, asked, &asked.tables).await?;
    let bodies = facts::bodies(database, settings, &asked.tables).await?;
    let mut rows: Vec<(Told, Vec<Cell>)> = Vec::with_capacity(recorded.rows.len());
    for row in recorded.rows {
        let Ok([name, hits, hours, around, unsure, looked, hidden, counter, calls, dumps, scan, scanned, by_proxy, last]) =
            <[Cell; 14]>::try_from(row)
        else {
            continue;
        };
        let of = bodies.get(&name.text());
        let count = |is_dynamic: bool| {
            let kinds = of.map(|kinds| kinds.iter().filter(|kind| form(kind).is_some() && (**kind == DYNAMIC) == is_dynamic));
            kinds.map(|kinds| i64::try_from(kinds.count()).unwrap_or(i64::MAX))
        };
        let (fixed, dynamic) = (count(false), count(true));
        let told = Told {
            hits: number(&hits),
            around: number(&around),
            unsure: number(&unsure),
            around_hours: number(&looked),
            hidden: number(&hidden),
            scan: number(&scan),
            bodies: fixed.unwrap_or(0),
            dynamic: dynamic.unwrap_or(0),
        };
        let finding = told.finding(language).into();
        let cells = vec![
            name,
            finding,
            hits,
            hours,
            around,
            looked,
            counter,
            calls,
            dumps,
            scan,
            scanned,
            fixed.into(),
            dynamic.into(),
            by_proxy,
            last,
        ];
        rows.push((told, cells));
    }
    rows.sort_by_key(|(told, cells)| {
        (!told.disagrees(), std::cmp::Reverse(told.around), std::cmp::Reverse(told.hits), cells[0].text())
    });
    let mut table = Table::new(WITNESSES);
    rows.into_iter().for_each(|(_, cells)| table.push(cells));
    Ok(table)
}

fn number(cell: &Cell) -> i64 {
    if let Cell::Int(number) = cell { *number } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_witnesses_disagree_is_the_headline() {
        let covered = Told { around_hours: 5, ..Told::default() };
        for (told, finding, disagrees) in [
            (Told { around: 1, ..covered.clone() }, "DISAGREE: the proxies saw no use, but it is used around them", true),
            (Told { scan: 2, ..covered.clone() }, "DISAGREE: no use was seen, but sources name it", true),
            (Told { dynamic: 1, ..covered.clone() }, "DISAGREE: no use was seen, but bodies in the catalog name it", true),
            (Told { hits: 3, around: 1, scan: 2, ..covered.clone() }, "used through the proxies and around them", false),
            (Told { hits: 3, scan: 2, ..covered.clone() }, "used through the proxies only", false),
            (
                Told { hits: 3, hidden: 2, ..covered.clone() },
                "used through the proxies; uses around them were not always watched",
                false,
            ),
            (
                Told { unsure: 1, ..covered.clone() },
                "uncertain: a session that no proxy reported as its own, while one proxy did not report",
                false,
            ),
            (Told { hits: 3, ..Told::default() }, "uses around the proxies have been watched for less than an hour", false),
            (covered, "no witness has seen it used", false),
        ] {
            assert_eq!((told.finding(Language::English), told.disagrees()), (finding, disagrees), "{told:?}");
        }
    }
}
