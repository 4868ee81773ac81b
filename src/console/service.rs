//! What all connections of the console share. pgwire's handlers are written for it: `login` for the log-in, `query` for commands.

use std::sync::Arc;

use super::admin::Admin;
use super::gate::Gate;
use crate::session::Shared;

/// The console over one running proxy.
pub(super) struct Console {
    pub(super) shared: Arc<Shared>,
    pub(super) admin: Arc<dyn Admin>,
    pub(super) gate: Gate,
}

impl Console {
    pub(super) fn new(shared: Arc<Shared>, admin: Arc<dyn Admin>) -> Self {
        Console { gate: Gate::new(shared.clone()), shared, admin }
    }
}
