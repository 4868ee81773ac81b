//! One execution of a statement, and whose it is, as far as they are counted.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::rewrite::{Hit, Outcome};

/// Who is connected, as far as a hit remembers it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Client {
    /// The database.
    pub database: String,
    /// The role that logged in.
    pub user: String,
    /// `application_name`, as it was last reported.
    pub application: String,
    /// The IP address, or `local` for a Unix socket.
    pub address: String,
}

/// The error that an execution ended with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sqlstate([u8; 5]);

impl Sqlstate {
    /// It ended well.
    pub const NONE: Sqlstate = Sqlstate([0; 5]);
    /// One of several, which could not all be told apart.
    pub const ANY: Sqlstate = Sqlstate(*b"*****");

    /// The server refuses everything until the end of the transaction (manual, appendix A: in_failed_sql_transaction).
    pub const IN_FAILED_TRANSACTION: Sqlstate = Sqlstate(*b"25P02");

    /// A code of five characters; anything else is some error.
    pub fn new(code: &[u8]) -> Self {
        let code = code.try_into().ok().filter(|code: &[u8; 5]| code.iter().all(u8::is_ascii_alphanumeric));
        code.map_or(Sqlstate::ANY, Sqlstate)
    }

    /// The code; empty for [`Sqlstate::NONE`].
    pub fn text(&self) -> &str {
        if *self == Sqlstate::NONE { "" } else { std::str::from_utf8(&self.0).unwrap_or_default() }
    }
}

/// One finished execution.
#[derive(Debug, Clone, Copy)]
pub struct Execution<'e> {
    /// 1; 0 for more rows of one that is counted.
    pub hits: u64,
    /// Rows of the command tags.
    pub rows: u64,
    /// Rows of each statement that ended well, where several of one text name legacy tables; the next one is that which failed, and none
    /// behind it ran.
    pub each: &'e [u64],
    /// The error that it ended with.
    pub sqlstate: Sqlstate,
    /// How long it took, where that is known.
    pub elapsed: Option<Duration>,
    /// When it ended.
    pub at: SystemTime,
}

impl Execution<'_> {
    /// Rows and error of what a statement of the text did with one table; `None` where it did nothing: it was not begun, or only prepared.
    pub fn part(&self, outcome: &Outcome, hit: &Hit) -> Option<(u64, Sqlstate)> {
        let ended = self.each.get(hit.statement).copied();
        let (rows, sqlstate) = match ended {
            _ if !outcome.has_several() => (self.rows, self.sqlstate),
            Some(rows) => (rows, Sqlstate::NONE),
            None if self.sqlstate != Sqlstate::NONE && hit.statement > self.each.len() => return None,
            None => (0, self.sqlstate),
        };
        (sqlstate != Sqlstate::NONE || !outcome.only_prepares(hit.statement)).then_some((rows, sqlstate))
    }

    /// When it ended, in microseconds since 1970.
    pub(super) fn at_us(&self) -> i64 {
        micros(self.at)
    }
}

/// Microseconds since 1970.
pub(super) fn micros(at: SystemTime) -> i64 {
    at.duration_since(UNIX_EPOCH).map_or(0, |d| i64::try_from(d.as_micros()).unwrap_or(i64::MAX))
}
