//! Reads a recording.

use std::path::Path;

use super::event::{Event, Record};
use super::progress::Head;
use super::seal::{Ending, Key, Opener};
use crate::error::{Error, Result};

/// A recording, read up to its end.
#[derive(Debug)]
pub struct Recording {
    /// Its head.
    pub head: Head,
    /// All further events, in the order in which they were written.
    pub records: Vec<Record>,
    /// How the file ends.
    pub ending: Ending,
}

impl Recording {
    /// Reads a file. A changed file is an error; [`Recording::ending`] says whether it was cut off.
    pub fn read(path: &Path, key: &Key) -> Result<Recording> {
        let strange = || Error::usage(format!("{} was recorded by another version", path.display()));
        let mut opener = Opener::open(path, key)?;
        let (mut head, mut records) = (None, Vec::new());
        while let Some(block) = opener.block()? {
            let mut rest = block.as_slice();
            while !rest.is_empty() {
                match Record::read(&mut rest).ok_or_else(strange)? {
                    Record { event: Event::Head(json), .. } => head = Some(serde_json::from_slice(&json).map_err(|_| strange())?),
                    record => records.push(record),
                }
            }
        }
        let Some(head) = head else {
            let cut = std::io::Error::new(std::io::ErrorKind::UnexpectedEof, "nothing of it can be read");
            return Err(Error::io(format!("reading {}", path.display()), cut));
        };
        Ok(Recording { head, records, ending: opener.ending().unwrap_or(Ending::Truncated) })
    }

    /// The databases that its sessions used.
    pub fn databases(&self) -> Vec<Vec<u8>> {
        let find = |parameters: &[(Vec<u8>, Vec<u8>)], name: &[u8]| {
            parameters.iter().rfind(|(n, _)| n == name).map(|(_, value)| value.clone())
        };
        let of = |record: &Record| match &record.event {
            Event::Begins(parameters) => find(parameters, b"database").or_else(|| find(parameters, b"user")),
            _ => None,
        };
        self.records.iter().filter_map(of).collect()
    }
}
