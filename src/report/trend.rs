//! Report `trend` by days, for a chart: days without a use are included.

use jiff::civil::Date;

use crate::table::{Cell, Table};

/// More days would not fit into a chart; the last ones are shown.
const DAYS: i64 = 400;

/// The uses of one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// As ISO 8601 writes it.
    pub date: String,
    /// Forwarded to the legacy table.
    pub forwarded: i64,
    /// Answered by the new tables.
    pub rewritten: i64,
    /// Not understood, or refused.
    pub attention: i64,
}

/// The days from the first use to the last, in order.
pub fn days(trend: &Table) -> Vec<Day> {
    let at = |name: &str| trend.columns.iter().position(|column| column.name == name);
    let number = |row: &[Cell], name: &str| match at(name).and_then(|at| row.get(at)) {
        Some(Cell::Int(number)) => *number,
        _ => 0,
    };
    let mut found: Vec<(Date, [i64; 3])> = Vec::new();
    for row in &trend.rows {
        let Some(Cell::Text(begin)) = at("begin").and_then(|at| row.get(at)) else { continue };
        let Some(date) = begin.get(..10).and_then(|text| text.parse().ok()) else { continue };
        found.push((date, [number(row, "forwarded"), number(row, "rewritten"), number(row, "opaque") + number(row, "refused")]));
    }
    let (Some(first), Some(last)) = (found.iter().map(|(date, _)| *date).min(), found.iter().map(|(date, _)| *date).max()) else {
        return Vec::new();
    };
    let first = last.checked_sub(jiff::Span::new().days(DAYS - 1)).map_or(first, |earliest| first.max(earliest));
    let sum = |date: Date, of: usize| found.iter().filter(|(d, _)| *d == date).map(|(_, counts)| counts[of]).sum();
    let days = first.series(jiff::Span::new().days(1)).take_while(|date| *date <= last);
    days.map(|date| Day { date: date.to_string(), forwarded: sum(date, 0), rewritten: sum(date, 1), attention: sum(date, 2) })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::ColumnType::{Int, Text};

    #[test]
    fn hours_are_put_together_and_days_without_a_use_are_there() {
        let mut trend = Table::new(&[("begin", Text), ("forwarded", Int), ("rewritten", Int), ("opaque", Int), ("refused", Int)]);
        let mut add = |begin: &str, counts: [i64; 4]| {
            trend.push(std::iter::once(begin.into()).chain(counts.map(Cell::Int)).collect());
        };
        add("2026-03-01 09:00:00-06", [1, 2, 3, 4]);
        add("2026-02-27 23:00:00-06", [5, 0, 0, 0]);
        add("2026-02-27 22:00:00-06", [1, 1, 0, 0]);
        add("not a moment", [9; 4]);
        let day = |date: &str, forwarded, rewritten, attention| Day { date: date.into(), forwarded, rewritten, attention };
        let expected = [day("2026-02-27", 6, 1, 0), day("2026-02-28", 0, 0, 0), day("2026-03-01", 1, 2, 7)];
        assert_eq!(days(&trend), expected);
        assert!(days(&Table::default()).is_empty());
    }
}
