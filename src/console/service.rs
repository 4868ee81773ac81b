//! What all connections of the console share. pgwire's handlers are written for it: `login` for the log-in, `query` for commands.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::admin::Admin;
use super::gate::Gate;
use super::interrupt::Waiting;
use crate::session::Shared;

/// Clients who are in at the same time: people and their tools. Those who are logging in have places of their own (`attempts`).
pub(super) const CLIENTS: usize = 64;

/// The console over one running proxy.
pub(super) struct Console {
    pub(super) shared: Arc<Shared>,
    pub(super) admin: Arc<dyn Admin>,
    pub(super) gate: Arc<Gate>,
    /// For those who are in.
    pub(super) places: Arc<Semaphore>,
    /// Commands that run.
    pub(super) waiting: Waiting,
}

impl Console {
    pub(super) fn new(shared: Arc<Shared>, admin: Arc<dyn Admin>, gate: Arc<Gate>) -> Self {
        Console { gate, shared, admin, places: Arc::new(Semaphore::new(CLIENTS)), waiting: Waiting::default() }
    }
}
