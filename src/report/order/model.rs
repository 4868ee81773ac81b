//! The values of the order: facts about tables, and where each table is placed; with their classes and rounding.

use std::collections::BTreeMap;

use crate::migrate::dependents::Dependent;
use crate::report::verdict::{Class as DayClass, Judged, Language};

/// Everything that the order is computed from.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Every table that has a rule, with faults or without.
    pub tables: Vec<Legacy>,
    /// Tables that are used together.
    pub pairs: Vec<Pair>,
    /// Foreign keys between legacy tables: the referencing and the referenced.
    pub keys: Vec<(String, String)>,
    /// The limits of a wave.
    pub limits: Limits,
    /// The evidence and the assumptions.
    pub basis: Basis,
}

/// What is known of one legacy table.
#[derive(Debug, Clone)]
pub struct Legacy {
    /// Its recorded uses, and the verdict on it.
    pub judged: Judged,
    /// The plan's wave.
    pub planned: String,
    /// It is a retained table, which only gets new columns.
    pub stays: bool,
    /// The table whose changes it records.
    pub base: Option<String>,
    /// The audit trigger writes it, and not the application.
    pub captured: bool,
    /// Whether a table of that name exists.
    pub is_there: bool,
    /// What is wrong with its rule.
    pub fault: Option<String>,
    /// Its rows, as the server estimates them.
    pub rows: u64,
    /// Recorded uses, without those of applications in migrate.reads_all.
    pub uses: u64,
    /// Recorded writes.
    pub writes: u64,
    /// What depends on it.
    pub hanging: Vec<Dependent>,
}

/// Two tables that were used together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// One.
    pub first: String,
    /// The other.
    pub second: String,
    /// How often.
    pub times: u64,
}

/// The limits of a wave, and how long a move takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// The length of a window in seconds.
    pub window: u64,
    /// The most tables of a wave.
    pub wave_tables: usize,
    /// Rows that move in a second.
    pub rows_per_second: u64,
    /// Seconds that a table's move takes in any case, without its rows.
    pub table_seconds: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { window: 7200, wave_tables: 25, rows_per_second: 20_000, table_seconds: 1 }
    }
}

/// On how much traffic and on what assumptions the order is based.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Basis {
    /// The first and the last recorded hour, as they are shown.
    pub span: Option<(String, String)>,
    /// Hours that were recorded.
    pub hours: f64,
    /// Days that were recorded as a whole.
    pub whole_days: usize,
    /// Kinds of days that are among them.
    pub seen: Vec<DayClass>,
    /// Kinds of days that are missing, and are required before a silent name may go.
    pub unseen: Vec<DayClass>,
    /// Processes that recorded.
    pub recorders: u64,
    /// Hits.
    pub hits: u64,
    /// Distinct statements.
    pub statements: u64,
    /// Spans of time whose hits were lost.
    pub lost: u64,
    /// Uses together for which there was no memory.
    pub pairs_lost: u64,
    /// The number of moves that the rate was measured on, and their rows; `None` where the rate is the setting.
    pub measured: Option<(u64, u64)>,
    /// Applications whose pairs are ignored.
    pub ignored: Vec<String>,
    /// Tables whose rows are guessed from their size, because they were never analyzed.
    pub guessed: u64,
    /// Why proxies cannot be relied on: silent, behind, or with other rules.
    pub proxies: Vec<String>,
}

/// What holds a table back, or what should be known before it moves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldBack {
    /// In words.
    pub why: String,
    /// Whether it keeps the table out of the waves; otherwise it is only a remark.
    pub holds: bool,
}

/// How a table is used; the order of waves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// No use was seen.
    Silent,
    /// Only reads were seen.
    Read,
    /// Writes were seen.
    Written,
}

impl Class {
    /// Its name in reports.
    pub fn name(self, language: Language) -> &'static str {
        let (english, spanish) = match self {
            Class::Silent => ("silent", "sin uso"),
            Class::Read => ("only read", "sólo lectura"),
            Class::Written => ("written", "con escrituras"),
        };
        language.of(english, spanish)
    }
}

/// Where a table is in the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// It has been moved.
    Moved,
    /// In this wave, counted from 1.
    Wave(usize),
    /// Held back, in no wave.
    Held,
}

/// One table in the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Its place.
    pub place: Place,
    /// The first name of its cluster, where it is not alone.
    pub cluster: Option<String>,
    /// About how long its move takes.
    pub seconds: u64,
    /// What holds it back, and what should be known.
    pub held: Vec<HoldBack>,
}

/// A wave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wave {
    /// Its tables, by name.
    pub tables: Vec<String>,
    /// Clusters in it, of one table or more.
    pub clusters: usize,
    /// How its tables are used.
    pub class: Class,
    /// About how long it takes.
    pub seconds: u64,
}

/// A cluster that was too large, split at its weakest pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// One side's table.
    pub first: String,
    /// The other's.
    pub second: String,
    /// How often they were used together; 0 where only a foreign key joins them.
    pub times: u64,
}

/// The order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Order {
    /// Every table, by name.
    pub tables: BTreeMap<String, Placed>,
    /// The waves; the first is next.
    pub waves: Vec<Wave>,
    /// Where clusters were split.
    pub cuts: Vec<Cut>,
}

impl Legacy {
    /// Its name.
    pub(super) fn table(&self) -> &str {
        &self.judged.name.table
    }

    /// Whether its rows are in the new tables.
    pub(super) fn is_moved(&self) -> bool {
        self.judged.name.is_moved
    }

    /// How it is used.
    pub(super) fn class(&self) -> Class {
        match (self.uses, self.writes) {
            (0, _) => Class::Silent,
            (_, 0) => Class::Read,
            _ => Class::Written,
        }
    }

    /// About how long its move takes; a retained table moves no rows. Rounded, so that small growth changes nothing.
    pub(super) fn seconds(&self, limits: &Limits) -> u64 {
        let rows = if self.stays { 0 } else { self.rows };
        step(limits.table_seconds.saturating_add(rows.div_ceil(limits.rows_per_second.max(1))))
    }
}

/// The next of the preferred numbers (ISO 3, R10): each is about a quarter more than the one before.
fn step(number: u64) -> u64 {
    const STEPS: [u64; 10] = [10, 13, 16, 20, 25, 32, 40, 50, 64, 80];
    let mut scale = 1_u64;
    while scale.saturating_mul(10) <= number / 10 {
        scale *= 10;
    }
    match number {
        0..10 => number,
        _ => STEPS.iter().map(|s| s.saturating_mul(scale)).find(|s| *s >= number).unwrap_or(scale.saturating_mul(100)),
    }
}

#[cfg(test)]
mod tests {
    use super::step;

    #[test]
    fn steps_are_preferred_numbers() {
        let steps: Vec<u64> = [0, 1, 9, 10, 11, 14, 33, 79, 81, 100, 101, 130, 999, 1001, 7200].map(step).into();
        assert_eq!(steps, [0, 1, 9, 10, 13, 16, 40, 80, 100, 100, 130, 130, 1000, 1300, 8000]);
        let all: Vec<u64> = (0..100_000).map(step).collect();
        assert!(all.is_sorted() && all.iter().zip(0..).all(|(step, n)| *step >= n && *step <= n + n / 3 + 1));
        assert!(step(u64::MAX) > u64::MAX / 2);
    }
}
