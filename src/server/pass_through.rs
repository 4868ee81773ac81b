//! `esclusa off`: every statement passes untouched, at once, on the processes that share a spool directory, whatever the database does. The
//! order is a file there, so it holds for a process that starts later too, until it is taken back. A process that has carried it out
//! says so by a file of its own, beside its spool.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::steering::Steering;
use crate::control::spool::Spool;
use crate::disk;
use crate::error::{Error, Result};

/// The order's file.
const ORDER: &str = "off.json";
/// How often a process looks for it.
const LOOKED: Duration = Duration::from_millis(50);

/// Who has told the proxies to step aside, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// A user of this machine.
    pub by: String,
    /// Why.
    pub reason: Option<String>,
    /// When: a timestamp of RFC 3339.
    pub since: String,
}

impl Order {
    /// The order that is in force in a spool directory.
    pub fn given(directory: &Path) -> Result<Option<Order>> {
        if directory.as_os_str().is_empty() {
            return Ok(None);
        }
        let path = directory.join(ORDER);
        match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::io(format!("reading {}", path.display()), error)),
            // Somebody has made it by hand: it is an order all the same.
            Ok(text) => Ok(Some(serde_json::from_str(&text).unwrap_or_else(|_| Order {
                by: "somebody".into(),
                reason: None,
                since: "an unknown time".into(),
            }))),
        }
    }

    /// Gives it.
    pub fn give(&self, directory: &Path) -> Result<()> {
        let path = directory.join(ORDER);
        let failed = |e: std::io::Error| Error::io(format!("writing {}", path.display()), e);
        std::fs::create_dir_all(directory).map_err(failed)?;
        let text = serde_json::to_string(self).map_err(|e| failed(e.into()))?;
        disk::replace(&[(path.clone(), text)])
    }

    /// Takes it back, if there is one.
    pub fn take_back(directory: &Path) -> Result<()> {
        remove(&directory.join(ORDER))
    }
}

/// The processes that serve with this spool directory, and whether each has stepped aside.
pub fn processes(directory: &Path) -> Result<Vec<(String, bool)>> {
    let alive = Spool::alive(directory)?;
    Ok(alive.into_iter().map(|process| (process.clone(), aside(directory, &process).exists())).collect())
}

/// What a process puts there while it has stepped aside.
fn aside(directory: &Path, process: &str) -> PathBuf {
    directory.join(format!("{process}.off"))
}

fn remove(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(Error::io(format!("removing {}", path.display()), error)),
        _ => Ok(()),
    }
}

impl Steering {
    /// Steps aside, or comes back, as the file says; then no statement is on its way that was decided about before.
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

/// Looks for the order until the process ends. The name of the process is that of its spool.
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
