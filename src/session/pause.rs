//! PAUSE and RESUME: whether clients are held when all is answered and no transaction is open.
//!
//! A session that holds its client shows itself as [`super::activity::Doing::Paused`]; when all do, no client has anything running
//! on the server. A session is woken when a pause begins or ends and then keeps the state itself, so that frames need not look at
//! shared memory. A session first shows that it leaves the pause, and then looks whether the pause is over; `begin` first sets the
//! pause, and then (`fence`) lets the sessions be looked at. So after a RESUME that is directly followed by a PAUSE each session is
//! either held or seen and waited for.

use std::sync::atomic::{AtomicU64, Ordering, fence};

/// The pause that is in force.
#[derive(Debug, Default)]
pub struct Pause {
    /// The number of the pause in force; 0 when there is none.
    held: AtomicU64,
    /// The number of the last pause.
    last: AtomicU64,
}

impl Pause {
    /// Whether clients are held.
    pub fn is_held(&self) -> bool {
        self.held.load(Ordering::SeqCst) > 0
    }

    /// Whether the pause with this number is in force.
    pub fn is(&self, number: u64) -> bool {
        self.held.load(Ordering::SeqCst) == number
    }

    /// Lets a session's client continue, and then holds it if a pause is in force: in this order, so that no pause is missed.
    pub fn heed(&self, mut hold: impl FnMut(bool)) {
        hold(false);
        fence(Ordering::SeqCst);
        if self.is_held() {
            hold(true);
        }
    }

    /// Begins a pause and returns its number; `None` while there is one. Sessions that are looked at after this have seen the pause
    /// or are seen to be active.
    pub(super) fn begin(&self) -> Option<u64> {
        let number = self.last.fetch_add(1, Ordering::SeqCst) + 1;
        self.held.compare_exchange(0, number, Ordering::SeqCst, Ordering::SeqCst).ok()?;
        fence(Ordering::SeqCst);
        Some(number)
    }

    /// Ends the pause with this number, or any pause if none is given; false when there was none to end.
    pub(super) fn end(&self, number: Option<u64>) -> bool {
        let ends = |held: u64| (held > 0 && number.is_none_or(|n| n == held)).then_some(0);
        self.held.fetch_update(Ordering::SeqCst, Ordering::SeqCst, ends).is_ok()
    }
}
