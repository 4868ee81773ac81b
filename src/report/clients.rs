//! Report `clients`: who is connected to the proxy. Clients of the console itself are not listed.

use std::time::SystemTime;

use crate::session::Shared;
use crate::table::ColumnType::{Int, Text};
use crate::table::{Cell, Columns, Table};

/// `statement`, without its literals, and `tables` are of the statement that runs, or ran last, where it names a legacy table.
pub(super) const CLIENTS: Columns = &[
    ("id", Int),
    ("database", Text),
    ("user", Text),
    ("application", Text),
    ("address", Text),
    ("port", Int),
    ("since", Text),
    ("server_pid", Int),
    ("state", Text),
    ("state_since", Text),
    ("tables", Text),
    ("statement", Text),
];

pub(super) fn clients(shared: &Shared) -> Table {
    // The rows are made under the map's own short locks, and ordered behind them.
    let rows = shared.clients.iter().map(|entry| {
        let (client, activity) = (entry.client.load(), &entry.activity);
        let (doing, state_since) = activity.doing();
        let statement = activity.statement();
        let mut tables: Vec<&str> = statement.iter().flat_map(|s| &s.hits).map(|hit| hit.table.as_str()).collect();
        tables.sort_unstable();
        tables.dedup();
        let text = statement.as_ref().and_then(|s| s.seen.as_ref()).map_or(Cell::Null, |seen| seen.text.as_ref().into());
        let cells: Vec<Cell> = vec![
            (*entry.key()).into(),
            client.database.as_str().into(),
            client.user.as_str().into(),
            client.application.as_str().into(),
            client.address.as_str().into(),
            entry.port.map_or(Cell::Null, |port| Cell::Int(port.into())),
            stamp(entry.since).into(),
            activity.process().map_or(Cell::Null, Cell::Int),
            doing.name().into(),
            stamp(state_since).into(),
            if tables.is_empty() { Cell::Null } else { tables.join(", ").into() },
            text,
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
    jiff::Timestamp::try_from(at).unwrap_or_default().strftime("%F %T+00").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

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
