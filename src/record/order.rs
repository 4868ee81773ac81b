//! `esclusa record start` and `stop`: the order to record is a file in `record.directory`, which the proxies of a machine share, so it needs neither
//! the database nor a password.

use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The order's file.
const ORDER: &str = "order.json";

/// Which sessions are recorded, for how long, and who ordered it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// When it was given, in milliseconds since 1970: it identifies the order.
    pub number: u64,
    /// Who gave it: a user of this machine.
    pub by: String,
    /// When it ends by itself, in milliseconds since 1970.
    pub until_ms: Option<u64>,
    /// The share of new sessions, from 0 to 1.
    pub share: f64,
    /// Only sessions of these users; empty means all.
    pub users: Vec<String>,
    /// Only sessions of these applications; empty means all.
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
            Err(error) => Err(unreadable(&path, error)),
            Ok(text) => match serde_json::from_str(&text) {
                Ok(order) => Ok(Some(order)),
                Err(error) => Err(Error::usage(format!("{} is not a valid order: {error}", path.display()))),
            },
        }
    }

    /// Gives the order.
    pub fn give(&self, directory: &Path) -> Result<()> {
        make(directory)?;
        let path = directory.join(ORDER);
        let text = serde_json::to_string(self).map_err(|e| Error::io(format!("writing {}", path.display()), e.into()))?;
        crate::disk::replace(&[(path, text)])
    }

    /// Takes the order back; false if there is none.
    pub fn take_back(directory: &Path) -> Result<bool> {
        let path = directory.join(ORDER);
        match std::fs::remove_file(&path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(unreadable(&path, error)),
        }
    }

    /// Whether its time is over.
    pub fn is_past(&self) -> bool {
        self.until_ms.is_some_and(|until| now_ms() >= until)
    }

    /// Whether it covers this user and application.
    pub(super) fn names(&self, user: &str, application: &str) -> bool {
        let is_among = |list: &[String], name: &str| list.is_empty() || list.iter().any(|n| n == name);
        is_among(&self.users, user) && is_among(&self.applications, application)
    }
}

/// The error of a file there that cannot be read or removed. Only one user has rights on these files, which the message says.
pub(super) fn unreadable(path: &Path, error: std::io::Error) -> Error {
    let own = "only its owner may use it, the user that `esclusa serve` runs as; run this as that user (sudo -u USER)";
    let told = match error.kind() {
        ErrorKind::PermissionDenied => std::io::Error::new(error.kind(), format!("permission denied: {own}")),
        _ => error,
    };
    Error::io(format!("reading {}", path.display()), told)
}

/// Creates the directory, accessible only to its owner, if it does not exist.
pub(super) fn make(directory: &Path) -> Result<()> {
    let made = std::fs::DirBuilder::new().mode(0o700).recursive(true).create(directory);
    made.map_err(|e| Error::io(format!("making {}", directory.display()), e))
}
