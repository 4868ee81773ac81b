//! `esclusa off`: on all processes that share a spool directory, every statement passes untouched at once, even if the database
//! does not answer. The order is a file there, so it also holds for a process that starts later, until it is removed. A process
//! that has followed it reports that by a file of its own, beside its spool.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::order::{Order, aside, remove};
use super::steering::Steering;
use crate::disk;
use crate::error::Result;

/// How often a process looks for the order.
const LOOKED: Duration = Duration::from_millis(50);

impl Steering {
    /// Steps aside, or comes back, as the order says, and waits until no statement is unanswered that was decided about before.
    async fn obey(&self, process: &str) -> Result<()> {
        let directory = self.shared.settings.load().control.spool.clone();
        let order = Order::given(&directory)?;
        if order.is_some() == self.is_aside() && aside(&directory, process).exists() == order.is_some() {
            return Ok(());
        }
        self.step_aside(order.is_some());
        self.let_land().await;
        let said = aside(&directory, process);
        match order {
            Some(Order { by, reason, since }) => {
                let reason = reason.unwrap_or_default();
                tracing::warn!(by, reason, since, "every statement passes untouched: `esclusa off --undo` ends it");
                disk::replace(&[(said, String::new())])
            }
            None => {
                tracing::warn!("statements are looked at again: `esclusa off` was undone");
                remove(&said)
            }
        }
    }
}

/// Looks for the order until the process ends. `process` is the name of its spool.
pub(super) async fn follow(steering: Arc<Steering>, process: String, mut stopped: watch::Receiver<bool>) {
    let directory = steering.shared.settings.load().control.spool.clone();
    if directory.as_os_str().is_empty() {
        return;
    }
    let mut told = false;
    loop {
        match steering.obey(&process).await {
            Ok(()) => told = false,
            Err(error) if !std::mem::replace(&mut told, true) => tracing::warn!(%error, "`esclusa off` could not be followed"),
            Err(_) => {}
        }
        tokio::select! {
            () = tokio::time::sleep(LOOKED) => {}
            _ = stopped.wait_for(|s| *s) => break,
        }
    }
    if let Err(error) = remove(&aside(&directory, &process)) {
        tracing::warn!(%error, "the end of this process could not be told to `esclusa off`");
    }
}
