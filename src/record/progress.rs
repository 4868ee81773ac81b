//! A recording that goes on: what it follows, how far it is, and what is on the way to the thread that writes it.

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
    /// When it began, in microseconds since 1970: files of several proxies are read together by it.
    pub began_us: u64,
    /// The order that it follows.
    pub order: Order,
    /// The rules of redaction.
    pub redact: Vec<String>,
    /// Where clients reached the database: proxy and server. Nothing is ever sent there again.
    pub addresses: Vec<String>,
}

/// How far a recording is.
#[derive(Debug)]
pub(super) struct Progress {
    /// Where it is written.
    pub(super) file: PathBuf,
    /// What it follows.
    pub(super) order: Order,
    pub(super) sessions: AtomicU64,
    cut: AtomicU64,
    pub(super) bytes: AtomicU64,
    /// Why it is over.
    ended: Mutex<Option<String>>,
}

/// The same, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// The number of its order.
    pub number: u64,
    /// Where it is written.
    pub file: PathBuf,
    /// Sessions that were kept.
    pub sessions: u64,
    /// Those of them that are cut.
    pub cut: u64,
    /// What is in the file.
    pub bytes: u64,
    /// Why it is over; `None` while it goes on.
    pub ended: Option<String>,
}

impl Progress {
    /// Of a recording that begins.
    pub(super) fn new(file: PathBuf, order: Order) -> Self {
        let count = || AtomicU64::new(0);
        Progress { file, order, sessions: count(), cut: count(), bytes: count(), ended: Mutex::default() }
    }

    /// The same, as it is shown.
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

    /// The first reason counts.
    pub(super) fn ends(&self, why: impl Into<String>) {
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        ended.get_or_insert_with(|| why.into());
        telemetry::set("esclusa_recording", 0.0);
    }

    /// It cannot be written: whoever has ended it before has not got what was asked for.
    pub(super) fn fails(&self, why: String) {
        *self.ended.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
        telemetry::set("esclusa_recording", 0.0);
    }

    /// A session is cut.
    pub(super) fn cut(&self) {
        self.cut.fetch_add(1, Ordering::Relaxed);
        telemetry::count("esclusa_record_cut_total");
    }
}

/// What the writing thread gets.
#[derive(Debug)]
pub(super) enum Message {
    Record(Record),
    Stop,
}
