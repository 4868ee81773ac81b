//! What ends a command that waits: its client has disconnected, or cancels it (Ctrl-C in psql sends a cancel request on another
//! connection). Commands that do not wait run to their end.

use std::os::fd::AsFd as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pgwire::messages::startup::SecretKey;
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::sync::Notify;

/// How often it is checked whether a client has disconnected that has sent more than the command that waits.
const LOOKED: Duration = Duration::from_millis(100);

/// The interrupt of one connection.
#[derive(Debug, Default)]
pub(super) struct Interrupt {
    cancelled: Notify,
    /// A second handle on the client's socket: while a command runs, nobody reads the first. None in tests, whose streams are in
    /// memory.
    socket: Option<TcpStream>,
}

/// Why a command should stop waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// Its client has sent a cancel request.
    Cancelled,
    /// Its client has disconnected.
    Gone,
}

impl Interrupt {
    /// The interrupt of the client on this socket.
    pub(super) fn by(socket: &TcpStream) -> Interrupt {
        let second = socket.as_fd().try_clone_to_owned();
        let second = second.map(std::net::TcpStream::from).and_then(TcpStream::from_std);
        if let Err(error) = &second {
            tracing::warn!(%error, "a console client's going will not be seen while a command of its waits");
        }
        Interrupt { cancelled: Notify::new(), socket: second.ok() }
    }

    /// Returns when there is a cause to stop.
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

/// The commands that run, by process number and secret of their clients' BackendKeyData.
#[derive(Debug, Default)]
pub(super) struct Waiting(Mutex<Vec<(i32, SecretKey, Arc<Interrupt>)>>);

impl Waiting {
    /// Lists a command; dropping the result takes it off the list.
    pub(super) fn list(&self, process: i32, secret: SecretKey, interrupt: Arc<Interrupt>) -> Listed<'_> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((process, secret, interrupt.clone()));
        Listed { waiting: self, interrupt }
    }

    /// Cancels the command that a connection runs, if there is one and the secret is right.
    pub(super) fn cancel(&self, process: i32, secret: &SecretKey) {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = waiting.iter().filter(|(p, s, _)| *p == process && s.eq_value(secret));
        // Only whoever waits now is woken: a later command of this connection is not cancelled.
        found.for_each(|(.., interrupt)| interrupt.cancelled.notify_waiters());
    }
}

/// A command that runs, until this is dropped.
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
