//! What one connection remembers besides pgwire's own state: `connection` stores it, log-in and commands read it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use tokio::sync::OwnedSemaphorePermit;

use super::interrupt::Interrupt;

/// The state of one connection.
#[derive(Debug)]
pub(super) struct Conversation {
    /// The other end of the socket belongs to root or to the user that this process runs as.
    pub(super) is_own: bool,
    /// Its permit among the [`super::service::CLIENTS`] that are logged in.
    place: OnceLock<OwnedSemaphorePermit>,
    /// Ends a command that waits.
    pub(super) interrupt: Arc<Interrupt>,
    shutdown: AtomicBool,
}

impl Conversation {
    pub(super) fn new(is_own: bool, interrupt: Interrupt) -> Self {
        Conversation { is_own, place: OnceLock::new(), interrupt: Arc::new(interrupt), shutdown: AtomicBool::new(false) }
    }

    /// Keeps the permit until the connection ends.
    pub(super) fn take(&self, place: OwnedSemaphorePermit) {
        let _ = self.place.set(place);
    }

    /// The proxy is to end as soon as the client has its answer.
    pub(super) fn ask_for_shutdown(&self) {
        self.shutdown.store(true, Ordering::Relaxed);
    }

    /// Whether the client has asked for that; true only once.
    pub(super) fn take_shutdown(&self) -> bool {
        self.shutdown.swap(false, Ordering::Relaxed)
    }
}
