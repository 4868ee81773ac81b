//! A running recording: the order that it follows, its counts, and the messages to the thread that writes it.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::event::Record;
use super::order::Order;
use crate::telemetry;

/// The first record of a file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Head {
    /// When it began, in microseconds since 1970: a replay aligns the files of several proxies by it.
    pub began_us: u64,
    /// The order that it follows.
    pub order: Order,
    /// The redaction rules.
    pub redact: Vec<String>,
    /// The addresses of the recorded database, the proxy's and the server's: a replay never sends anything there.
    pub addresses: Vec<String>,
}

/// The state of a recording.
#[derive(Debug)]
pub(super) struct Progress {
    /// Its file.
    pub(super) file: PathBuf,
    /// The order that it follows.
    pub(super) order: Order,
    pub(super) sessions: AtomicU64,
    cut: AtomicU64,
    pub(super) bytes: AtomicU64,
    /// Why it ended.
    ended: Mutex<Option<String>>,
}

/// The state of a recording as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// The number of its order.
    pub number: u64,
    /// Its file.
    pub file: PathBuf,
    /// Number of recorded sessions.
    pub sessions: u64,
    /// How many of them were cut.
    pub cut: u64,
    /// Bytes in the file.
    pub bytes: u64,
    /// Why it ended; `None` while it runs.
    pub ended: Option<String>,
}

impl Progress {
    /// The state of a recording that begins.
    pub(super) fn new(file: PathBuf, order: Order) -> Self {
        let count = || AtomicU64::new(0);
        Progress { file, order, sessions: count(), cut: count(), bytes: count(), ended: Mutex::default() }
    }

    /// The state as it is shown.
    pub(super) fn shown(&self) -> Shown {
        Shown {
            number: self.order.number,
            file: self.file.clone(),
            sessions: self.sessions.load(Ordering::Relaxed),
            cut: self.cut.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
            ended: self.ended.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }

    /// Ends it; the first reason is kept.
    pub(super) fn ends(&self, why: impl Into<String>) {
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        ended.get_or_insert_with(|| why.into());
        telemetry::set("esclusa_recording", 0.0);
    }

    /// Ends it because writing failed. This replaces an earlier reason, because the file is incomplete whatever that was.
    pub(super) fn fails(&self, why: String) {
        *self.ended.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
        telemetry::set("esclusa_recording", 0.0);
    }

    /// Counts a session that is cut.
    pub(super) fn cut(&self) {
        self.cut.fetch_add(1, Ordering::Relaxed);
        telemetry::count("esclusa_record_cut_total");
    }
}

/// A message to the writing thread.
#[derive(Debug)]
pub(super) enum Message {
    Record(Record),
    Stop,
}
