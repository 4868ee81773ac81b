//! Follows `esclusa record`: looks for its order, starts and ends the recording of this process, and reports how far it is.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::steering::Steering;
use crate::error::{Error, Result};
use crate::record::order::Order;
use crate::record::status::{Presence, Status};

/// How often it looks for the order.
const LOOKED: Duration = Duration::from_millis(100);

/// Looks until the process ends. `process` is its name among those that share the directory.
pub(super) async fn follow(steering: Arc<Steering>, process: String, mut stopped: watch::Receiver<bool>) {
    let directory = steering.shared.settings.load().record.directory.clone();
    if directory.as_os_str().is_empty() {
        return;
    }
    let _presence = match Presence::begin(&directory, &process) {
        Ok(presence) => presence,
        Err(error) => return tracing::error!(%error, "`esclusa record` cannot be followed"),
    };
    let mut told: Option<Status> = None;
    let mut failure: Option<String> = None;
    loop {
        let failed = obey(&steering, &process).await.err().map(|e| e.in_one_line());
        if let Some(error) = failed.as_ref().filter(|error| failure.as_ref() != Some(error)) {
            tracing::warn!(error, "`esclusa record` is not followed");
        }
        failure = failed;
        let status = Status { process: process.clone(), recording: steering.shared.record.shown(), failure: failure.clone() };
        if told.as_ref() != Some(&status) {
            // With a full disk it is tried again.
            told = match status.tell(&directory) {
                Ok(()) => Some(status),
                Err(error) if told.is_some() => {
                    tracing::warn!(%error, "`esclusa record status` cannot be told how far the recording is");
                    None
                }
                Err(_) => None,
            };
        }
        tokio::select! {
            () = tokio::time::sleep(LOOKED) => {}
            _ = stopped.wait_for(|s| *s) => break,
        }
    }
}

/// Starts or ends recording, as the order says. An order is followed once: a recording that has ended does not start again.
async fn obey(steering: &Arc<Steering>, process: &str) -> Result<()> {
    let settings = steering.shared.settings.load_full();
    let order = Order::given(&settings.record.directory)?.filter(|order| !order.is_past());
    let record = &steering.shared.record;
    let following = record.following();
    match (following, order) {
        (Some((own, is_over)), order) if is_over || order.as_ref().is_none_or(|order| order.number != own.number) => {
            let why = if own.is_past() { "its time is over" } else { "it was stopped" };
            stop(steering, why).await
        }
        (None, Some(order)) if record.shown().is_none_or(|shown| shown.number != order.number) => {
            let (steering, process) = (steering.clone(), process.to_owned());
            beside(move || {
                steering.shared.record.start(&settings, order.clone(), &process)?;
                tracing::warn!(by = order.by, share = order.share, "conversations are recorded: `esclusa record stop` ends it");
                Ok(())
            })
            .await
        }
        _ => Ok(()),
    }
}

async fn stop(steering: &Arc<Steering>, why: &'static str) -> Result<()> {
    let steering = steering.clone();
    beside(move || {
        steering.shared.record.stop(why);
        let ended = steering.shared.record.shown().and_then(|shown| shown.ended).unwrap_or_default();
        tracing::warn!(why = ended, "conversations are not recorded any more");
        Ok(())
    })
    .await
}

/// The process ends: completes what it has recorded.
pub(super) async fn end(steering: &Arc<Steering>) {
    if steering.shared.record.is_on()
        && let Err(error) = stop(steering, "the process has ended").await
    {
        tracing::warn!(%error, "a recording has no end");
    }
}

/// Runs work on a disk outside the event loop.
async fn beside(work: impl FnOnce() -> Result<()> + Send + 'static) -> Result<()> {
    let worked = tokio::task::spawn_blocking(work).await;
    worked.unwrap_or_else(|_| Err(Error::refused("the work on the disk has ended in a panic")))
}
