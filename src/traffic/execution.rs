//! One execution of a statement, and its client, as far as they are counted.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::rewrite::{Hit, Outcome};

/// The client of a session, as far as hits remember it.
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
    /// No error.
    pub const NONE: Sqlstate = Sqlstate([0; 5]);
    /// One of several errors that were not kept apart.
    pub const ANY: Sqlstate = Sqlstate(*b"*****");

    /// Reads a code of five characters; anything else becomes [`Sqlstate::ANY`].
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
    /// 1; or 0 for further rows of an execution that is counted already.
    pub hits: u64,
    /// The sum of rows in its command tags.
    pub rows: u64,
    /// If several statements of the text name legacy tables, the rows of each one that ended without an error; the next one failed,
    /// and those after it did not run.
    pub each: &'e [u64],
    /// The error that it ended with.
    pub sqlstate: Sqlstate,
    /// Its duration, if it was timed.
    pub elapsed: Option<Duration>,
    /// When it ended.
    pub at: SystemTime,
}

impl Execution<'_> {
    /// The rows and the error of one statement's use of a table; `None` if there was no use: the statement did not begin, or only
    /// prepared.
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
