//! What one connection remembers besides pgwire's own state: `connection` puts it there, log-in and commands find it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use tokio::sync::OwnedSemaphorePermit;

use super::interrupt::Interrupt;

/// One connection's own.
#[derive(Debug)]
pub(super) struct Conversation {
    /// The other end of the socket belongs to root or to the user that this process runs as.
    pub(super) is_own: bool,
    /// Its place among those who are in.
    place: OnceLock<OwnedSemaphorePermit>,
    /// What can end a command that waits.
    pub(super) interrupt: Arc<Interrupt>,
    shutdown: AtomicBool,
}

impl Conversation {
    pub(super) fn new(is_own: bool, interrupt: Interrupt) -> Self {
        Conversation { is_own, place: OnceLock::new(), interrupt: Arc::new(interrupt), shutdown: AtomicBool::new(false) }
    }

    /// Holds a place until the connection ends.
    pub(super) fn take(&self, place: OwnedSemaphorePermit) {
        let _ = self.place.set(place);
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
