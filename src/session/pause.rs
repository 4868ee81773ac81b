//! PAUSE and RESUME: whether clients are held where nothing is asked and no transaction is open.
//!
//! A session that holds its client shows itself as [`super::activity::Doing::Paused`]; when all of them do, nothing of any client runs on the server. A
//! session is woken when the pause begins or ends and keeps that in its own state, so a frame costs it no look at anything shared. Who
//! leaves the pause says so first and looks again whether it is over, and who begins one looks at the sessions behind it (`fence`): a
//! RESUME with a PAUSE on its heels holds everybody, or is waited for.

use std::sync::atomic::{AtomicU64, Ordering, fence};

/// The pause that is in force.
#[derive(Debug, Default)]
pub struct Pause {
    /// Its number; 0 when there is none.
    held: AtomicU64,
    /// The last number.
    last: AtomicU64,
}

impl Pause {
    /// Whether clients are held.
    pub fn is_held(&self) -> bool {
        self.held.load(Ordering::SeqCst) > 0
    }

    /// Whether this pause is the one in force.
    pub fn is(&self, number: u64) -> bool {
        self.held.load(Ordering::SeqCst) == number
    }

    /// Has a session hold its client, or let it go on, as it is now.
    pub fn heed(&self, mut hold: impl FnMut(bool)) {
        hold(false);
        fence(Ordering::SeqCst);
        if self.is_held() {
            hold(true);
        }
    }

    /// Begins a pause and gives its number; `None` while there is one. Who is looked at after this is looked at behind it.
    pub(super) fn begin(&self) -> Option<u64> {
        let number = self.last.fetch_add(1, Ordering::SeqCst) + 1;
        self.held.compare_exchange(0, number, Ordering::SeqCst, Ordering::SeqCst).ok()?;
        fence(Ordering::SeqCst);
        Some(number)
    }

    /// Ends the pause with this number, or whichever there is; false when there is none.
    pub(super) fn end(&self, number: Option<u64>) -> bool {
        let ends = |held: u64| (held > 0 && number.is_none_or(|n| n == held)).then_some(0);
        self.held.fetch_update(Ordering::SeqCst, Ordering::SeqCst, ends).is_ok()
    }
}
