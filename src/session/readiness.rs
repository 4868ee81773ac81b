//! Whether a frame of the client's can be decided about now; otherwise, what has to happen first.

use std::ops::ControlFlow;

use super::pipeline::Pipeline;

/// The result of a decision, or why there is none yet. `?` returns the latter early.
pub type Readiness<T = ()> = ControlFlow<NotYet, T>;

/// Why a frame cannot be decided about yet. It will be shown again.
#[derive(Debug, PartialEq, Eq)]
pub enum NotYet {
    /// These frames of our own are sent first.
    First(Vec<u8>),
    /// The server must have answered more.
    Wait,
}

/// Whose turn it is, when requests of our own may be sent between two of the client's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Turn {
    /// The client's next frame can be decided about.
    #[default]
    Client,
    /// The frame waits until our own requests are answered.
    Held,
    /// One of our requests has failed, in the place of the Query that waits; the Sync after them is not answered yet.
    Failed,
    /// The client has been told that the Query failed, and has its ReadyForQuery: the Query is dropped.
    Answered,
    /// The server would skip the frame that waits. A Query is replaced by a Sync, because it ends with ReadyForQuery. Any other
    /// frame is sent, and skipped.
    Skipped,
}

impl Turn {
    /// One of our own requests is answered. While the client's frame is held nothing else is sent, so they were the last.
    pub fn own_answered(&mut self, pipeline: &Pipeline) {
        match self {
            Turn::Held if pipeline.is_empty() => *self = Turn::Client,
            Turn::Failed if pipeline.is_empty() => *self = Turn::Answered,
            _ => {}
        }
    }

    /// One of our own requests has failed; `synced`: a Sync of our own follows it.
    pub fn own_failed(&mut self, synced: bool) {
        if *self == Turn::Held {
            *self = if synced { Turn::Failed } else { Turn::Skipped };
        }
    }

    /// A request of the client's has failed, and the server skips our own behind it: there is nothing to wait for.
    pub fn own_skipped(&mut self) {
        if *self == Turn::Held {
            *self = Turn::Client;
        }
    }
}
