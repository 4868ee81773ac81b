//! About how long a statement takes, from the number of its rows. Pure. The figures were measured on one machine (2 million rows of 94 bytes:
//! copied in 60 s, three indexes in 32 s, proven in 60 s, while clients worked); [`Pace`] adjusts them to this server, if the ledger has earlier
//! moves.

use std::collections::HashMap;
use std::time::Duration;

use super::lock::{Lock, Mode};
use crate::relation::CONTROL;

/// The time of a statement that processes no rows: the round trip, and a change of the catalog.
const EACH: Duration = Duration::from_micros(400);
/// The size of a block.
const BLOCK: i64 = 8192;
/// ANALYZE samples so many rows, whatever the size (manual, `default_statistics_target`).
const SAMPLED: i64 = 30_000;

/// Microseconds per row, by operation.
const COPIED: f64 = 30.0;
const INDEXED: f64 = 5.0;
const PROVEN: f64 = 15.0;
const CHANGED: f64 = 20.0;
const READ: f64 = 1.0;

/// How large a relation is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Size {
    /// Rows, as the server estimates.
    pub rows: i64,
    /// Bytes of its heap.
    pub bytes: i64,
}

/// Sizes of relations, by name as written.
pub type Sizes = HashMap<String, Size>;

/// This server's time for a move, relative to the machine that was measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace(f64);

impl Default for Pace {
    fn default() -> Self {
        Pace(1.0)
    }
}

impl Pace {
    /// From moves of so many rows in so much time. Too few rows say nothing.
    pub fn of(rows: i64, took: Duration) -> Self {
        let expected = (COPIED + 3.0 * INDEXED + 2.0 * PROVEN) * rows as f64 / 1_000_000.0;
        if rows < 100_000 { Pace::default() } else { Pace((took.as_secs_f64() / expected).clamp(0.05, 20.0)) }
    }
}

/// Rows that a statement processes; `None` if none.
pub fn rows(statement: &str, locks: &[Lock], sizes: &Sizes) -> Option<i64> {
    let per_row = a_row(statement)?;
    let own = format!("{CONTROL}.");
    let largest = locks.iter().filter(|(_, name)| !name.starts_with(&own)).filter_map(|(_, name)| sizes.get(name));
    let Some(size) = largest.max_by_key(|size| size.rows) else {
        // One row of our own tables.
        return locks.iter().any(|(mode, _)| *mode == Mode::RowExclusive).then_some(1);
    };
    let rows = match blocks(statement) {
        Some((from, to)) => {
            let all = (size.bytes / BLOCK).max(1);
            size.rows.saturating_mul((to.min(all) - from).max(0)) / all
        }
        None => size.rows,
    };
    Some(if per_row == READ && is(statement, "ANALYZE") { rows.min(SAMPLED) } else { rows })
}

/// How long it takes.
pub fn time(statement: &str, rows: Option<i64>, pace: Pace) -> Duration {
    let micros = a_row(statement).unwrap_or(0.0) * rows.unwrap_or(0).max(0) as f64 * pace.0;
    EACH + Duration::from_secs_f64(micros / 1_000_000.0)
}

fn is(statement: &str, word: &str) -> bool {
    statement.trim_start().get(..word.len()).is_some_and(|first| first.eq_ignore_ascii_case(word))
}

/// Microseconds per row; `None` for what processes no rows.
fn a_row(statement: &str) -> Option<f64> {
    let has = |words: &str| statement.contains(words);
    match () {
        () if is(statement, "INSERT") && has("SELECT") => Some(COPIED),
        () if is(statement, "INSERT") || is(statement, "UPDATE") || is(statement, "DELETE") || is(statement, "DO") => {
            Some(CHANGED)
        }
        () if is(statement, "SELECT") || is(statement, "WITH") => Some(PROVEN),
        () if is(statement, "CREATE INDEX") || is(statement, "CREATE UNIQUE INDEX") => Some(INDEXED),
        () if is(statement, "ALTER TABLE") && (has("PRIMARY KEY") || has(" UNIQUE ")) && !has("USING INDEX") => Some(INDEXED),
        () if has("VALIDATE CONSTRAINT") || is(statement, "ANALYZE") => Some(READ),
        () => None,
    }
}

/// The blocks of a heap that a statement covers: `'(from,0)'::tid` and `'(to,0)'::tid`.
fn blocks(statement: &str) -> Option<(i64, i64)> {
    let mut found = statement.split("'(").skip(1).filter_map(|rest| rest.split_once(",0)'::tid")?.0.parse::<i64>().ok());
    Some((found.next()?, found.next()?))
}

/// Whether it covers part of a heap, and others follow for the rest.
pub fn is_part(statement: &str) -> bool {
    blocks(statement).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_those_of_the_largest_relation_and_of_its_part() {
        let sizes = Sizes::from([
            ("s.t".to_owned(), Size { rows: 1000, bytes: 10 * BLOCK }),
            ("l.t".to_owned(), Size { rows: 10, bytes: 0 }),
        ]);
        let locks = [(Mode::RowExclusive, "l.t".to_owned()), (Mode::AccessShare, "s.t".to_owned())];
        let of = |statement: &str| rows(statement, &locks, &sizes);
        assert_eq!(of("INSERT INTO l.t SELECT a FROM s.t"), Some(1000));
        assert_eq!(
            of("INSERT INTO l.t SELECT a FROM s.t AS r WHERE r.ctid >= '(2,0)'::tid AND r.ctid < '(5,0)'::tid"),
            Some(300)
        );
        assert_eq!(
            of("INSERT INTO l.t SELECT a FROM s.t AS r WHERE r.ctid >= '(8,0)'::tid AND r.ctid < '(64,0)'::tid"),
            Some(200)
        );
        assert_eq!(of("ALTER TABLE s.t SET SCHEMA mig_old"), None);
        assert_eq!(
            rows("INSERT INTO esclusa.copy VALUES (1)", &[(Mode::RowExclusive, "esclusa.copy".to_owned())], &sizes),
            Some(1)
        );
        assert!(is_part("t.ctid >= '(2,0)'::tid AND t.ctid < '(5,0)'::tid") && !is_part("x"));
    }

    #[test]
    fn a_server_that_was_slower_is_slower() {
        assert_eq!(Pace::of(99_999, Duration::from_secs(9_999)), Pace::default());
        let slow = Pace::of(1_000_000, Duration::from_secs(150));
        let copy = "INSERT INTO l.t SELECT a FROM s.t";
        assert_eq!(time(copy, Some(1_000_000), Pace::default()).as_secs(), 30);
        assert_eq!(time(copy, Some(1_000_000), slow).as_secs(), 60);
        assert_eq!(time("COMMIT", None, slow), EACH);
    }
}
