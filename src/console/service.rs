//! What all connections of the console share. pgwire's handlers are implemented for it: the log-in in `login`, commands in `query`.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::admin::Admin;
use super::authentication::Authenticator;
use super::interrupt::Waiting;
use crate::session::Shared;

/// Clients that are logged in at the same time: people and their tools. Log-ins under way are bounded by `attempts`.
pub(super) const CLIENTS: usize = 64;

/// The console over one running proxy.
pub(super) struct Console {
    pub(super) shared: Arc<Shared>,
    pub(super) admin: Arc<dyn Admin>,
    pub(super) authenticator: Arc<Authenticator>,
    /// A permit for each client that may be logged in.
    pub(super) places: Arc<Semaphore>,
    /// Commands that run.
    pub(super) waiting: Waiting,
}

impl Console {
    pub(super) fn new(shared: Arc<Shared>, admin: Arc<dyn Admin>, authenticator: Arc<Authenticator>) -> Self {
        Console { authenticator, shared, admin, places: Arc::new(Semaphore::new(CLIENTS)), waiting: Waiting::default() }
    }
}
