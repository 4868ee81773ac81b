//! What one connection remembers besides pgwire's own state: `connection` puts it there, log-in and commands find it.

use std::sync::atomic::{AtomicBool, Ordering};

/// One connection's own.
#[derive(Debug)]
pub(super) struct Conversation {
    /// There is no place for this client: it is told so once it has said who it is.
    pub(super) is_surplus: bool,
    shutdown: AtomicBool,
}

impl Conversation {
    pub(super) fn new(is_surplus: bool) -> Self {
        Conversation { is_surplus, shutdown: AtomicBool::new(false) }
    }

    /// Has the proxy ended as soon as the client has its answer.
    pub(super) fn ask_for_shutdown(&self) {
        self.shutdown.store(true, Ordering::Relaxed);
    }

    /// Whether that was asked for; once.
    pub(super) fn take_shutdown(&self) -> bool {
        self.shutdown.swap(false, Ordering::Relaxed)
    }
}
