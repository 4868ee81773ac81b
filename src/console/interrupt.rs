//! What ends a command that waits for others: its client has gone, or asks for it (Ctrl-C in psql, which sends a cancel request on another
//! connection). Commands that do not wait run to their end.

use std::os::fd::AsFd as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pgwire::messages::startup::SecretKey;
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::sync::Notify;

/// How often a client is looked for that has sent more than the command that waits.
const LOOKED: Duration = Duration::from_millis(100);

/// One connection's.
#[derive(Debug, Default)]
pub(super) struct Interrupt {
    cancelled: Notify,
    /// A second handle on the client's socket: while a command runs, nobody reads the first. None in memory.
    socket: Option<TcpStream>,
}

/// Why a command should wait no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// Its client asks for it.
    Cancelled,
    /// Its client has gone.
    Gone,
}

impl Interrupt {
    /// Of the client on a socket.
    pub(super) fn by(socket: &TcpStream) -> Interrupt {
        let second = socket.as_fd().try_clone_to_owned();
        let second = second.map(std::net::TcpStream::from).and_then(TcpStream::from_std);
        if let Err(error) = &second {
            tracing::warn!(%error, "a console client's going will not be seen while a command of its waits");
        }
        Interrupt { cancelled: Notify::new(), socket: second.ok() }
    }

    /// Returns when there is a cause.
    pub(super) async fn occurs(&self) -> Cause {
        tokio::select! {
            () = self.cancelled.notified() => Cause::Cancelled,
            () = self.goes() => Cause::Gone,
        }
    }

    async fn goes(&self) {
        let Some(socket) = &self.socket else { return std::future::pending().await };
        loop {
            match socket.ready(Interest::READABLE).await {
                Ok(ready) if !ready.is_read_closed() => tokio::time::sleep(LOOKED).await,
                _ => return,
            }
        }
    }
}

/// The commands that run, by what their clients were told in BackendKeyData.
#[derive(Debug, Default)]
pub(super) struct Waiting(Mutex<Vec<(i32, SecretKey, Arc<Interrupt>)>>);

impl Waiting {
    /// Lists a command until the result is dropped.
    pub(super) fn list(&self, process: i32, secret: SecretKey, interrupt: Arc<Interrupt>) -> Listed<'_> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((process, secret, interrupt.clone()));
        Listed { waiting: self, interrupt }
    }

    /// Cancels what a connection runs, if it runs something and the key is its own.
    pub(super) fn cancel(&self, process: i32, secret: &SecretKey) {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = waiting.iter().filter(|(p, s, _)| *p == process && s.eq_value(secret));
        // Nothing is kept for a command that comes later.
        found.for_each(|(.., interrupt)| interrupt.cancelled.notify_waiters());
    }
}

/// A command that runs.
pub(super) struct Listed<'w> {
    waiting: &'w Waiting,
    interrupt: Arc<Interrupt>,
}

impl Drop for Listed<'_> {
    fn drop(&mut self) {
        let mut waiting = self.waiting.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|(.., interrupt)| !Arc::ptr_eq(interrupt, &self.interrupt));
    }
}
