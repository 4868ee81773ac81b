//! What a session is doing, as reports and KILL see it: written by the session at each change, without a lock.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use arc_swap::ArcSwapOption;

use super::pipeline::Transaction;
use crate::rewrite::Outcome;

/// What a session is doing, in the words of `pg_stat_activity.state` (manual, table 28.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Doing {
    /// It has not logged in yet.
    LoggingIn,
    /// A request of the client's is not answered.
    Active,
    /// All is answered, and no transaction is open.
    Idle,
    /// All is answered, and a transaction is open.
    InTransaction,
    /// All is answered, and the open transaction has failed.
    Aborted,
    /// All is answered, no transaction is open, and the session is held until RESUME; or its client has connected during the pause
    /// and has no server connection yet.
    Paused,
    /// Nothing is unanswered by the server, and something that the client has sent waits for RESUME.
    Held,
}

impl Doing {
    const ALL: [Doing; 7] =
        [Doing::LoggingIn, Doing::Active, Doing::Idle, Doing::InTransaction, Doing::Aborted, Doing::Paused, Doing::Held];

    /// What a session with nothing unanswered is doing, by the state of its transaction.
    pub fn waiting(transaction: Transaction) -> Self {
        match transaction {
            Transaction::None => Doing::Idle,
            Transaction::Open => Doing::InTransaction,
            Transaction::Failed => Doing::Aborted,
        }
    }

    /// Whether it sends the server nothing before RESUME.
    pub fn is_paused(self) -> bool {
        matches!(self, Doing::Paused | Doing::Held)
    }

    /// The word of pg_stat_activity where it has one.
    pub fn name(self) -> &'static str {
        match self {
            Doing::LoggingIn => "logging in",
            Doing::Active => "active",
            Doing::Idle => "idle",
            Doing::InTransaction => "idle in transaction",
            Doing::Aborted => "idle in transaction (aborted)",
            Doing::Paused => "paused",
            Doing::Held => "held",
        }
    }

    fn of(byte: u8) -> Self {
        Doing::ALL.into_iter().find(|state| *state as u8 == byte).unwrap_or(Doing::LoggingIn)
    }
}

/// A statement that is held back, before anything has been decided about it.
#[derive(Debug)]
pub struct Waiting {
    /// Without its literals; empty where it cannot be read.
    pub text: String,
    /// The legacy tables that it names.
    pub tables: Vec<String>,
}

/// What one session is doing.
#[derive(Debug)]
pub struct Activity {
    doing: AtomicU8,
    /// Microseconds since 1970.
    changed_us: AtomicU64,
    /// The statement that is running, or ran last, if it names a legacy table.
    statement: ArcSwapOption<Outcome>,
    /// The statement that waits for RESUME.
    held: ArcSwapOption<Waiting>,
    /// The key of its server process, which a cancel request repeats (manual, section 55.7, BackendKeyData).
    key: OnceLock<Box<[u8]>>,
}

impl Activity {
    /// A session that connected at this moment and has not logged in.
    pub fn new(at: SystemTime) -> Self {
        let activity = Activity {
            doing: AtomicU8::new(Doing::LoggingIn as u8),
            changed_us: AtomicU64::new(0),
            statement: ArcSwapOption::empty(),
            held: ArcSwapOption::empty(),
            key: OnceLock::new(),
        };
        activity.changes_to(Doing::LoggingIn, at);
        activity
    }

    /// From now on it is doing this.
    pub fn changes_to(&self, doing: Doing, at: SystemTime) {
        let at = at.duration_since(UNIX_EPOCH).unwrap_or_default();
        self.changed_us.store(u64::try_from(at.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
        self.doing.store(doing as u8, Ordering::Relaxed);
    }

    /// What it is doing, and since when.
    pub fn doing(&self) -> (Doing, SystemTime) {
        let since = UNIX_EPOCH + Duration::from_micros(self.changed_us.load(Ordering::Relaxed));
        (Doing::of(self.doing.load(Ordering::Relaxed)), since)
    }

    /// A statement begins; `None` when it names no legacy table.
    pub fn runs(&self, statement: Option<Arc<Outcome>>) {
        self.statement.store(statement);
    }

    /// The statement that is running, or ran last, if it names a legacy table.
    pub fn statement(&self) -> Option<Arc<Outcome>> {
        self.statement.load_full()
    }

    /// A statement waits for RESUME; `None`: no statement waits any more.
    pub fn holds(&self, held: Option<Waiting>) {
        self.held.store(held.map(Arc::new));
    }

    /// The statement that waits for RESUME.
    pub fn held(&self) -> Option<Arc<Waiting>> {
        self.held.load_full()
    }

    /// The server has sent the key of its process; it does so once.
    pub fn has_key(&self, key: &[u8]) {
        let _ = self.key.set(key.into());
    }

    /// The key that a cancel request has to repeat.
    pub fn key(&self) -> Option<&[u8]> {
        self.key.get().map(AsRef::as_ref)
    }

    /// The number of the server process.
    pub fn process(&self) -> Option<i64> {
        Some(i64::from(u32::from_be_bytes(*self.key()?.first_chunk()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_shows_what_it_does_and_since_when() {
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        let activity = Activity::new(at(5));
        assert_eq!((activity.doing().0, activity.process()), (Doing::LoggingIn, None));
        assert_eq!(activity.doing().1, at(5));
        for (doing, seconds) in Doing::ALL.into_iter().zip(6..) {
            activity.changes_to(doing, at(seconds));
            assert_eq!(activity.doing(), (doing, at(seconds)));
        }
        activity.has_key(&[0, 0, 4, 0xd2, 1, 2, 3, 4]);
        activity.has_key(&[0; 8]);
        assert_eq!((activity.process(), activity.key().map(<[u8]>::len)), (Some(1234), Some(8)));
    }
}
