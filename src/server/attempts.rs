//! Work over a connection of its own that goes on as long as the process: after a failure it begins again, on a new connection.

use std::sync::Arc;
use std::time::Duration;

use super::steering::Steering;
use crate::config::Settings;

/// How long after a failure the work begins again.
const PAUSE: Duration = Duration::from_millis(500);

/// The attempts at such a work.
#[derive(Debug)]
pub(super) struct Attempts<'s> {
    steering: &'s Steering,
    has_begun: bool,
}

impl<'s> Attempts<'s> {
    pub(super) fn new(steering: &'s Steering) -> Self {
        Attempts { steering, has_begun: false }
    }

    /// The settings to connect with; `None` if no database is configured.
    pub(super) async fn next(&mut self) -> Option<Arc<Settings>> {
        if std::mem::replace(&mut self.has_begun, true) {
            tokio::time::sleep(PAUSE).await;
        }
        let settings = self.steering.shared.settings.load_full();
        (!settings.control.url.is_empty()).then_some(settings)
    }
}
