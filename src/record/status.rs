//! What each process that shares `record.directory` says there of its recording, and whether it lives.

use std::fs::File;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::order::make;
use super::progress::Shown;
use crate::error::{Error, Result};

/// What a process says; its name stands before it.
const STATUS: &str = ".status.json";
/// What a process holds locked there while it lives; its name stands before it.
const LOCK: &str = ".lock";

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

    /// What all that are alive say.
    pub fn all(directory: &Path) -> Result<Vec<Status>> {
        let mut out = Vec::new();
        for process in named(directory)?.into_iter().filter(|process| lives(directory, process)) {
            // One that is being replaced is there again at once.
            let text = std::fs::read_to_string(Status::path(directory, &process)).ok();
            out.extend(text.and_then(|text| serde_json::from_str::<Status>(&text).ok()));
        }
        Ok(out)
    }

    fn path(directory: &Path, process: &str) -> PathBuf {
        directory.join(format!("{process}{STATUS}"))
    }
}

/// A process that lives: others see it by a lock, which ends with it however it ends.
#[derive(Debug)]
pub struct Presence {
    directory: PathBuf,
    process: String,
    _lock: File,
}

impl Presence {
    /// From now on this process is there; what dead ones have said goes.
    pub fn begin(directory: &Path, process: &str) -> Result<Presence> {
        make(directory)?;
        for other in named(directory)?.into_iter().filter(|other| !lives(directory, other)) {
            forget(directory, &other);
        }
        let path = directory.join(format!("{process}{LOCK}"));
        let locked = File::create(&path).and_then(|file| file.try_lock().map_err(std::io::Error::from).map(|()| file));
        let lock = locked.map_err(|e| Error::io(format!("locking {}", path.display()), e))?;
        Ok(Presence { directory: directory.to_owned(), process: process.to_owned(), _lock: lock })
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        forget(&self.directory, &self.process);
    }
}

/// The processes that have been here, by name.
fn named(directory: &Path) -> Result<Vec<String>> {
    let listed = std::fs::read_dir(directory).map_err(|e| Error::io(format!("reading {}", directory.display()), e))?;
    let name = |entry: std::fs::DirEntry| Some(entry.file_name().to_str()?.strip_suffix(LOCK)?.to_owned());
    let mut names: Vec<String> = listed.filter_map(|entry| name(entry.ok()?)).collect();
    names.sort();
    Ok(names)
}

fn lives(directory: &Path, process: &str) -> bool {
    File::open(directory.join(format!("{process}{LOCK}"))).is_ok_and(|file| file.try_lock_shared().is_err())
}

fn forget(directory: &Path, process: &str) {
    let _ = std::fs::remove_file(Status::path(directory, process));
    let _ = std::fs::remove_file(directory.join(format!("{process}{LOCK}")));
}
