//! The order of `esclusa off`, a file in the spool directory; and the files by which processes report that they have followed it.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::control::spool::Spool;
use crate::disk;
use crate::error::{Error, Result};

/// The name of the order's file.
const ORDER: &str = "off.json";

/// Who has told the proxies to step aside, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The user, on this machine.
    pub by: String,
    /// The reason, if one was given.
    pub reason: Option<String>,
    /// Since when: a timestamp of RFC 3339.
    pub since: String,
}

impl Order {
    /// The order that is in force in a spool directory, if there is one.
    pub fn given(directory: &Path) -> Result<Option<Order>> {
        if directory.as_os_str().is_empty() {
            return Ok(None);
        }
        let path = directory.join(ORDER);
        match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::io(format!("reading {}", path.display()), error)),
            // A file that was made by hand, or on a full disk, is an order too.
            Ok(text) => Ok(Some(serde_json::from_str(&text).unwrap_or_else(|_| Order {
                by: "somebody".into(),
                reason: None,
                since: "an unknown time".into(),
            }))),
        }
    }

    /// Writes the order. On a full disk it is an empty file, which needs no block: who has given it, and why, is then unknown.
    pub fn give(&self, directory: &Path) -> Result<()> {
        let path = directory.join(ORDER);
        let failed = |e: std::io::Error| Error::io(format!("writing {}", path.display()), e);
        std::fs::create_dir_all(directory).map_err(failed)?;
        let text = serde_json::to_string(self).map_err(|e| failed(e.into()))?;
        match disk::replace(&[(path.clone(), text)]) {
            Err(Error::Io { source, .. }) if [ErrorKind::StorageFull, ErrorKind::QuotaExceeded].contains(&source.kind()) => {
                std::fs::File::create(&path).map(drop).map_err(failed)
            }
            other => other,
        }
    }

    /// Removes the order, if there is one.
    pub fn take_back(directory: &Path) -> Result<()> {
        remove(&directory.join(ORDER))
    }
}

/// The processes that serve with this spool directory, and whether each has stepped aside.
pub fn processes(directory: &Path) -> Result<Vec<(String, bool)>> {
    let alive = Spool::alive(directory)?;
    Ok(alive.into_iter().map(|process| (process.clone(), aside(directory, &process).exists())).collect())
}

/// The file that a process keeps there while it has stepped aside.
pub(super) fn aside(directory: &Path, process: &str) -> PathBuf {
    directory.join(format!("{process}.off"))
}

/// Removes a file, if it is there.
pub(super) fn remove(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(Error::io(format!("removing {}", path.display()), error)),
        _ => Ok(()),
    }
}
