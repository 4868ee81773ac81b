//! Report `clients`: who is connected to the proxy. Clients of the console itself are not listed.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::session::Shared;
use crate::table::ColumnType::{Int, Text};
use crate::table::{Cell, Columns, Table};

pub(super) const CLIENTS: Columns =
    &[("id", Int), ("database", Text), ("user", Text), ("application", Text), ("address", Text), ("since", Text)];

pub(super) fn clients(shared: &Shared) -> Table {
    // The rows are made under the map's own short locks, and ordered behind them.
    let rows = shared.clients.iter().map(|entry| {
        let client = entry.client.load();
        let cells: Vec<Cell> = vec![
            (*entry.key()).into(),
            client.database.as_str().into(),
            client.user.as_str().into(),
            client.application.as_str().into(),
            client.address.as_str().into(),
            stamp(entry.since).into(),
        ];
        (*entry.key(), cells)
    });
    let mut rows: Vec<(u64, Vec<Cell>)> = rows.collect();
    rows.sort_by_key(|(id, _)| *id);
    let mut table = Table::new(CLIENTS);
    rows.into_iter().for_each(|(_, row)| table.push(row));
    table
}

/// A moment as PostgreSQL prints a timestamptz in UTC: `2026-03-01 09:30:00+00`.
fn stamp(at: SystemTime) -> String {
    let seconds = at.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // The Gregorian calendar repeats every 146,097 days; a year that begins in March has its leap day at the end
    // (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days).
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = era * 400 + year + carry;
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{of_month:02} {hour:02}:{minute:02}:{second:02}+00")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn moments_are_printed_as_postgresql_does() {
        let at = |seconds| stamp(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(0), "1970-01-01 00:00:00+00");
        assert_eq!(at(951_782_399), "2000-02-28 23:59:59+00");
        assert_eq!(at(951_782_400), "2000-02-29 00:00:00+00");
        assert_eq!(at(951_868_800), "2000-03-01 00:00:00+00");
        assert_eq!(at(1_798_761_599), "2026-12-31 23:59:59+00");
        assert_eq!(at(4_107_542_400), "2100-03-01 00:00:00+00");
    }
}
