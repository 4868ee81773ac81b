//! A recording, read.

use std::path::Path;

use super::event::{Event, Record};
use super::progress::Head;
use super::seal::{Ending, Key, Opener};
use crate::error::{Error, Result};

/// A recording, read to its end.
#[derive(Debug)]
pub struct Recording {
    /// Its first record.
    pub head: Head,
    /// All that follows, in the order in which it was written.
    pub records: Vec<Record>,
    /// How it ends.
    pub ending: Ending,
}

impl Recording {
    /// Reads a file. What was changed is an error; what was cut off is told by [`Recording::ending`].
    pub fn read(path: &Path, key: &Key) -> Result<Recording> {
        let strange = || Error::usage(format!("{} holds a recording of another version", path.display()));
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

    /// The databases of its sessions.
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
