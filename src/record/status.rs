//! The status file of each process that shares `record.directory`: the state of its recording, and whether the process is alive.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::order::{make, unreadable};
use super::progress::Shown;
use crate::error::{Error, Result};

/// The suffix of a status file, after the name of its process.
const STATUS: &str = ".status.json";
/// The size of a status file, or a multiple: the space is reserved when the process begins, so that it can be overwritten when the disk is full.
const RESERVED: usize = 4096;
/// The failure shown for a process that is alive and has no readable status.
const SILENT: &str = "its status cannot be read: its disk may be full, or have failed; its log says more";
/// The suffix of the file that a process holds locked while it is alive, after its name.
const LOCK: &str = ".lock";

/// The status of one process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Its name, which is part of its files' names.
    pub process: String,
    /// Its current or last recording.
    pub recording: Option<Shown>,
    /// Why it does not follow the order.
    pub failure: Option<String>,
}

impl Status {
    /// Writes the status over the previous one. It is written again and again, so without waiting for the disk (no fsync). If that fails, the old
    /// status, which is no longer true, is removed.
    pub fn tell(&self, directory: &Path) -> Result<()> {
        let path = Status::path(directory, &self.process);
        let failed = |e: std::io::Error| Error::io(format!("writing {}", path.display()), e);
        let mut text = serde_json::to_vec(self).map_err(|e| failed(e.into()))?;
        text.resize(text.len().next_multiple_of(RESERVED), b' ');
        let opened = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
        let written = opened.and_then(|file| file.write_all_at(&text, 0).and_then(|()| file.set_len(text.len() as u64)));
        written.map_err(|error| {
            let _ = std::fs::remove_file(&path);
            failed(error)
        })
    }

    /// Whether the process is known only to be alive.
    pub fn is_silent(&self) -> bool {
        self.failure.as_deref() == Some(SILENT)
    }

    /// The statuses of all processes that are alive.
    pub fn all(directory: &Path) -> Result<Vec<Status>> {
        let alive = named(directory)?.into_iter().filter(|process| lives(directory, process));
        Ok(alive.map(|process| Status::of(directory, process)).collect())
    }

    /// Reads a status. One that is being written at this moment is read again a little later.
    fn of(directory: &Path, process: String) -> Status {
        for _ in 0..5 {
            let text = std::fs::read_to_string(Status::path(directory, &process)).ok();
            if let Some(status) = text.and_then(|text| serde_json::from_str(&text).ok()) {
                return status;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Status { process, recording: None, failure: Some(SILENT.into()) }
    }

    fn path(directory: &Path, process: &str) -> PathBuf {
        directory.join(format!("{process}{STATUS}"))
    }
}

/// The sign that a process is alive: a file lock, which ends with the process however it ends.
#[derive(Debug)]
pub struct Presence {
    directory: PathBuf,
    process: String,
    _lock: File,
}

impl Presence {
    /// Announces this process, and removes the files of dead ones.
    pub fn begin(directory: &Path, process: &str) -> Result<Presence> {
        make(directory)?;
        for other in named(directory)?.into_iter().filter(|other| !lives(directory, other)) {
            forget(directory, &other);
        }
        // The status comes before the lock, so that whoever sees the lock finds it. If the disk is full already there is none, which readers report.
        let nothing = Status { process: process.to_owned(), recording: None, failure: None };
        let _ = nothing.tell(directory);
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

/// The names of processes with files here, alive or dead.
fn named(directory: &Path) -> Result<Vec<String>> {
    let listed = std::fs::read_dir(directory).map_err(|e| unreadable(directory, e))?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt as _;

    #[test]
    fn a_status_is_told_where_there_is_no_space_left() {
        let directory = tempfile::tempdir().unwrap();
        let directory = directory.path();
        let _presence = Presence::begin(directory, "p").unwrap();
        let path = directory.join("p.status.json");
        let place = |path: &Path| std::fs::metadata(path).map(|m| (m.ino(), m.len(), m.blocks())).unwrap();
        let before = place(&path);
        let mut status = Status { process: "p".into(), recording: None, failure: Some("No space left on device".repeat(40)) };
        status.tell(directory).unwrap();
        assert_eq!((before, before.1), (place(&path), RESERVED as u64), "it takes no space that it had not before");
        assert_eq!(Status::all(directory).unwrap(), [status.clone()]);
        status.failure = None;
        status.tell(directory).unwrap();
        assert_eq!(Status::all(directory).unwrap(), [status.clone()]);
        // A status that cannot be written is an error, and the old one is removed.
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        assert!(status.tell(directory).is_err());
        let told = Status::all(directory).unwrap();
        assert!(
            told.len() == 1 && told[0].is_silent() && told[0].failure.as_ref().unwrap().contains("disk may be full"),
            "{told:?}"
        );
    }
}
