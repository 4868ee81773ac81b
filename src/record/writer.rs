//! The thread that writes a recording: it assembles each session's stream into whole frames, and frames into blocks.
//!
//! A block is written when it is full, and otherwise every second, so a killed process loses one second at most. A disk failure ends the recording
//! and has no other effect.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use super::event::{Cut, Event, Record};
use super::progress::{Head, Message, Progress};
use super::redact::{Redaction, SessionRedaction};
use super::seal::{Key, Sealer};
use crate::config;
use crate::error::{Error, Result};
use crate::telemetry;
use crate::wire::frame;

/// A block is written when it has this many bytes.
const BLOCK_BYTES: usize = 64 * 1024;
/// A block is written after this time at the latest.
const FLUSH: Duration = Duration::from_secs(1);
/// The longest frame that is recorded.
const FRAME_BYTES: usize = 4 * 1024 * 1024;

/// The state of the thread.
#[derive(Debug)]
pub(super) struct Writer {
    sealer: Sealer,
    redaction: Redaction,
    /// The maximum size of the file in bytes.
    max_bytes: u64,
    block: Vec<u8>,
    sessions: HashMap<u64, Session>,
    queued: Arc<AtomicUsize>,
    progress: Arc<Progress>,
}

/// An open session.
#[derive(Debug, Default)]
struct Session {
    /// The beginning of an incomplete frame.
    half: Vec<u8>,
    /// What redaction remembers of it.
    state: SessionRedaction,
    is_cut: bool,
}

impl Writer {
    /// Creates the file.
    pub(super) fn begin(
        settings: &config::Record,
        key: &Key,
        head: &Head,
        queued: Arc<AtomicUsize>,
        progress: Arc<Progress>,
    ) -> Result<Writer> {
        let redaction = Redaction::new(&settings.redact, key)?;
        let sealer = Sealer::create(&progress.file, key)?;
        let json = serde_json::to_vec(head).map_err(|e| Error::io("writing a recording", e.into()))?;
        let max_bytes = settings.max_bytes.0 as u64;
        let mut writer = Writer { sealer, redaction, max_bytes, block: Vec::new(), sessions: HashMap::new(), queued, progress };
        writer.put(&Record { session: 0, at: 0, event: Event::Head(json) });
        writer.flush(false)?;
        Ok(writer)
    }

    /// Runs until it is stopped or writing fails.
    pub(super) fn run(mut self, messages: &Receiver<Message>) {
        match self.work(messages).and_then(|()| self.end()) {
            Ok(()) => {}
            Err(error) => {
                tracing::error!(%error, "the recording ends: it cannot be written");
                telemetry::count("esclusa_record_failures_total");
                self.progress.fails(error.to_string());
            }
        }
    }

    /// Writes messages until it is stopped or the file is full.
    fn work(&mut self, messages: &Receiver<Message>) -> Result<()> {
        let mut due = Instant::now() + FLUSH;
        loop {
            match messages.recv_timeout(due.saturating_duration_since(Instant::now())) {
                Ok(Message::Record(record)) => self.take(record),
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return Ok(()),
                Err(RecvTimeoutError::Timeout) => {}
            }
            let now = Instant::now();
            if self.block.len() >= BLOCK_BYTES || now >= due {
                self.flush(false)?;
                due = now + FLUSH;
            }
            if self.sealer.bytes + self.block.len() as u64 >= self.max_bytes {
                self.progress.ends("record.max_bytes is reached");
                return Ok(());
            }
        }
    }

    fn take(&mut self, Record { session, at, event }: Record) {
        match event {
            Event::Begins(parameters) => {
                self.sessions.insert(session, Session::default());
                let parameters = self.redaction.startup(parameters);
                self.put(&Record { session, at, event: Event::Begins(parameters) });
            }
            Event::Sent(bytes) => {
                let Some(state) = self.sessions.get_mut(&session) else {
                    self.queued.fetch_sub(bytes.len(), Ordering::Relaxed);
                    return;
                };
                let frames = state.frames(&bytes, &self.queued);
                match frames.and_then(|frames| self.redaction.frames(&mut state.state, frames)) {
                    Ok(frames) if frames.is_empty() => {}
                    Ok(frames) => self.put(&Record { session, at, event: Event::Sent(frames) }),
                    Err(why) => self.cut(session, at, why),
                }
            }
            // The tap sends nothing after this.
            Event::Cut(why) => {
                self.cut(session, at, why);
                self.forget(session);
            }
            Event::Ends => {
                if self.sessions.get(&session).is_some_and(|s| !s.is_cut) {
                    self.put(&Record { session, at, event: Event::Ends });
                }
                self.forget(session);
            }
            other => {
                if self.sessions.get(&session).is_some_and(|s| !s.is_cut) {
                    self.put(&Record { session, at, event: other });
                }
            }
        }
    }

    /// Cuts a session. Sessions that the tap has cut are counted by the tap.
    fn cut(&mut self, session: u64, at: u64, why: Cut) {
        let Some(state) = self.sessions.get_mut(&session).filter(|state| !state.is_cut) else { return };
        state.is_cut = true;
        self.queued.fetch_sub(std::mem::take(&mut state.half).len(), Ordering::Relaxed);
        if why != Cut::Queue {
            self.progress.cut();
        }
        self.put(&Record { session, at, event: Event::Cut(why) });
    }

    fn forget(&mut self, session: u64) {
        if let Some(state) = self.sessions.remove(&session) {
            self.queued.fetch_sub(state.half.len(), Ordering::Relaxed);
        }
    }

    fn put(&mut self, record: &Record) {
        record.write(&mut self.block);
    }

    fn flush(&mut self, is_last: bool) -> Result<()> {
        if self.block.is_empty() && !is_last {
            return Ok(());
        }
        let before = self.sealer.bytes;
        self.sealer.block(&self.block, is_last)?;
        self.block.clear();
        self.progress.bytes.store(self.sealer.bytes, Ordering::Relaxed);
        telemetry::count_more("esclusa_record_bytes_total", self.sealer.bytes - before);
        Ok(())
    }

    /// Cuts the open sessions, and writes the last block.
    fn end(&mut self) -> Result<()> {
        let mut open: Vec<u64> = self.sessions.iter().filter(|(_, s)| !s.is_cut).map(|(session, _)| *session).collect();
        open.sort_unstable();
        for session in open {
            self.put(&Record { session, at: u64::MAX, event: Event::Cut(Cut::Stopped) });
        }
        self.flush(true)
    }
}

impl Session {
    /// Adds bytes, and returns the frames that they complete.
    fn frames(&mut self, bytes: &[u8], queued: &AtomicUsize) -> Result<Vec<u8>, Cut> {
        if self.is_cut {
            queued.fetch_sub(bytes.len(), Ordering::Relaxed);
            return Ok(Vec::new());
        }
        self.half.extend_from_slice(bytes);
        let mut end = 0;
        while let Some(Ok(header)) = frame::header(&self.half[end..]) {
            if header.total > FRAME_BYTES {
                return Err(Cut::Long);
            }
            if end + header.total > self.half.len() {
                break;
            }
            end += header.total;
        }
        let rest = self.half.split_off(end);
        queued.fetch_sub(end, Ordering::Relaxed);
        Ok(std::mem::replace(&mut self.half, rest))
    }
}
