//! Report `sessions`: who is connected to the proxy, what they do, since when, and by which rule. Clients of the console itself are not listed.

use std::time::SystemTime;

use jiff::tz::TimeZone;

use crate::rewrite::{Hit, Policy};
use crate::session::activity::Doing;
use crate::session::{ClientInfo, Shared};
use crate::table::ColumnType::{Int, Text};
use crate::table::{Cell, Columns, Table};

/// `statement` (without its literals), `tables` and `rule` are about the statement that runs, or ran last, if it names a legacy table; for a held
/// session, about the statement that waits and is not yet decided. Other statements are not read here: look them up on the server by `server_pid`.
pub(super) const SESSIONS: Columns = &[
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
    ("rule", Text),
    ("statement", Text),
];

pub(super) fn sessions(shared: &Shared) -> Table {
    let (policy, zone) = (shared.policy.load(), zone(&shared.settings.load().rules.time_zone));
    // The rows are made under the map's short locks, and sorted afterwards.
    let rows = shared.clients.iter().map(|entry| {
        let (client, activity) = (entry.client.load(), &entry.activity);
        let (doing, state_since) = activity.doing();
        let [tables, rule, statement] = statement(&entry, &policy);
        let cells: Vec<Cell> = vec![
            (*entry.key()).into(),
            client.database.as_str().into(),
            client.user.as_str().into(),
            client.application.as_str().into(),
            client.address.as_str().into(),
            entry.port.map_or(Cell::Null, |port| Cell::Int(port.into())),
            stamp(entry.since, &zone).into(),
            activity.process().map_or(Cell::Null, Cell::Int),
            doing.name().into(),
            stamp(state_since, &zone).into(),
            tables,
            rule,
            statement,
        ];
        (*entry.key(), cells)
    });
    let mut rows: Vec<(u64, Vec<Cell>)> = rows.collect();
    rows.sort_by_key(|(id, _)| *id);
    let mut table = Table::new(SESSIONS);
    rows.into_iter().for_each(|(_, row)| table.push(row));
    table
}

/// The tables, the rule and the text of the statement that a session runs or waits with.
fn statement(client: &ClientInfo, policy: &Policy) -> [Cell; 3] {
    let activity = &client.activity;
    if activity.doing().0 == Doing::Held
        && let Some(held) = activity.held()
    {
        return [listed(held.tables.clone()), Cell::Null, or_null(&held.text)];
    }
    let Some(outcome) = activity.statement() else { return [Cell::Null, Cell::Null, Cell::Null] };
    let tables = outcome.hits.iter().map(|hit| hit.table.clone()).collect();
    let rules = outcome.hits.iter().map(|hit| rule(hit, policy)).collect();
    let text = outcome.seen.as_ref().map_or(Cell::Null, |seen| or_null(&seen.text));
    [listed(tables), listed(rules), text]
}

/// What was done with a table, and the kind of its rule and its mode as they are now.
fn rule(hit: &Hit, policy: &Policy) -> String {
    let Hit { table, outcome, .. } = hit;
    match policy.entry(table) {
        Some(entry) => format!("{table} ({}, mode {}): {}", entry.relation.kind, entry.mode.name(), outcome.name()),
        None => format!("{table}: {}", outcome.name()),
    }
}

/// The names without duplicates, sorted.
fn listed(mut names: Vec<String>) -> Cell {
    names.sort_unstable();
    names.dedup();
    or_null(&names.join(", "))
}

fn or_null(text: &str) -> Cell {
    if text.is_empty() { Cell::Null } else { text.into() }
}

/// The zone that `rules.time_zone` names, or UTC where this machine does not know it: what is printed has its offset.
fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}

/// A moment as PostgreSQL prints a timestamptz: `2026-03-01 09:30:00-06`.
fn stamp(at: SystemTime, zone: &TimeZone) -> String {
    jiff::Timestamp::try_from(at).unwrap_or_default().to_zoned_datetime(zone.clone()).strftime("%F %T%:::z").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn moments_are_printed_as_postgresql_does() {
        let at = |seconds| stamp(UNIX_EPOCH + Duration::from_secs(seconds), &TimeZone::UTC);
        assert_eq!(at(0), "1970-01-01 00:00:00+00");
        assert_eq!(at(951_782_399), "2000-02-28 23:59:59+00");
        assert_eq!(at(951_782_400), "2000-02-29 00:00:00+00");
        assert_eq!(at(951_868_800), "2000-03-01 00:00:00+00");
        assert_eq!(at(1_798_761_599), "2026-12-31 23:59:59+00");
        assert_eq!(at(4_107_542_400), "2100-03-01 00:00:00+00");
        let fixed = |minutes: i32| TimeZone::fixed(jiff::tz::Offset::from_seconds(minutes * 60).unwrap());
        assert_eq!(stamp(UNIX_EPOCH, &fixed(-360)), "1969-12-31 18:00:00-06");
        assert_eq!(stamp(UNIX_EPOCH, &fixed(330)), "1970-01-01 05:30:00+05:30");
        assert_eq!(zone("no such zone"), TimeZone::UTC);
    }
}
