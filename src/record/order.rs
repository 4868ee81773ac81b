//! `esclusa record start` and `stop`: the order is a file in `record.directory`, which the proxies of a machine share, so it needs neither the
//! database nor a password; and each process says there how far it is.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::Shown;
use crate::error::{Error, Result};

/// The order's file.
const ORDER: &str = "order.json";
/// What a process says; its name stands before it.
const STATUS: &str = ".status.json";
/// Who has said nothing for so long is gone.
const SILENT: Duration = Duration::from_secs(15);

/// What is to be kept, for how long, and by whose order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// When it was given, in milliseconds since 1970: it tells orders apart.
    pub number: u64,
    /// A user of this machine.
    pub by: String,
    /// When it ends by itself, in milliseconds since 1970.
    pub until_ms: Option<u64>,
    /// Of the sessions that come, from 0 to 1.
    pub share: f64,
    /// Only of these users; all where it is empty.
    pub users: Vec<String>,
    /// Only of these applications; all where it is empty.
    pub applications: Vec<String>,
}

/// Milliseconds since 1970.
pub fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| u64::try_from(d.as_millis()).unwrap_or(u64::MAX))
}

impl Order {
    /// The order that is in force.
    pub fn given(directory: &Path) -> Result<Option<Order>> {
        let path = directory.join(ORDER);
        match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::io(format!("reading {}", path.display()), error)),
            Ok(text) => match serde_json::from_str(&text) {
                Ok(order) => Ok(Some(order)),
                Err(error) => Err(Error::usage(format!("{} is no order: {error}", path.display()))),
            },
        }
    }

    /// Gives it.
    pub fn give(&self, directory: &Path) -> Result<()> {
        let path = directory.join(ORDER);
        let text = serde_json::to_string(self).map_err(|e| Error::io(format!("writing {}", path.display()), e.into()))?;
        crate::disk::replace(&[(path, text)])
    }

    /// Takes it back; false when there is none.
    pub fn take_back(directory: &Path) -> Result<bool> {
        let path = directory.join(ORDER);
        match std::fs::remove_file(&path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(Error::io(format!("removing {}", path.display()), error)),
        }
    }

    /// Whether it is over by itself.
    pub fn is_past(&self) -> bool {
        self.until_ms.is_some_and(|until| now_ms() >= until)
    }

    /// Whether it is about this user and application.
    pub(super) fn names(&self, user: &str, application: &str) -> bool {
        let is_among = |list: &[String], name: &str| list.is_empty() || list.iter().any(|n| n == name);
        is_among(&self.users, user) && is_among(&self.applications, application)
    }
}

/// What one process says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Its name, which files have in theirs.
    pub process: String,
    /// What it records, or has recorded last.
    pub recording: Option<Shown>,
    /// Why it does not follow the order.
    pub failure: Option<String>,
}

impl Status {
    /// Says it. It is told again and again, so no disk is waited for.
    pub fn tell(&self, directory: &Path) -> Result<()> {
        let path = Status::path(directory, &self.process);
        let failed = |e: std::io::Error| Error::io(format!("writing {}", path.display()), e);
        let text = serde_json::to_string(self).map_err(|e| failed(e.into()))?;
        let beside = path.with_extension("new");
        std::fs::write(&beside, text).and_then(|()| std::fs::rename(&beside, &path)).map_err(failed)
    }

    /// The process ends.
    pub fn forget(directory: &Path, process: &str) {
        let _ = std::fs::remove_file(Status::path(directory, process));
    }

    /// What all that are alive say.
    pub fn all(directory: &Path) -> Result<Vec<Status>> {
        let failed = |e| Error::io(format!("reading {}", directory.display()), e);
        let mut out = Vec::new();
        for entry in std::fs::read_dir(directory).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let is_status = entry.file_name().to_str().is_some_and(|name| name.ends_with(STATUS));
            let age = entry.metadata().and_then(|m| m.modified()).map(|at| at.elapsed().unwrap_or_default());
            if is_status && age.is_ok_and(|age| age < SILENT) {
                // One that is being replaced is there again at once.
                let text = std::fs::read_to_string(entry.path()).ok();
                out.extend(text.and_then(|text| serde_json::from_str::<Status>(&text).ok()));
            }
        }
        out.sort_by(|a, b| a.process.cmp(&b.process));
        Ok(out)
    }

    fn path(directory: &Path, process: &str) -> PathBuf {
        directory.join(format!("{process}{STATUS}"))
    }
}
