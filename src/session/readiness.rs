//! Whether a frame of the client's can be decided about now, or what has to happen first.

use std::ops::ControlFlow;

use super::pipeline::Pipeline;

/// What a decision came to, or why there is none yet. `?` leaves the decision there.
pub type Readiness<T = ()> = ControlFlow<NotYet, T>;

/// Why a frame is not decided about yet. It is shown again.
#[derive(Debug, PartialEq, Eq)]
pub enum NotYet {
    /// These frames of our own go first.
    First(Vec<u8>),
    /// The server must have answered more.
    Wait,
}

/// Whose turn it is, while requests of our own may stand between two of the client's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Turn {
    /// The client's next frame is decided about.
    #[default]
    Client,
    /// It waits until our own requests are answered.
    Held,
    /// One of them has failed, in the place of the Query that waits; the Sync behind them is still to be answered.
    Failed,
    /// That Query is answered, by the failure and its ReadyForQuery: it is dropped.
    Answered,
    /// The server would skip what waits. A Query brings its ReadyForQuery: a Sync goes in its place. Anything else goes, and is skipped.
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

    /// One of our own requests has failed; a Sync of our own stands behind it, or none.
    pub fn own_failed(&mut self, synced: bool) {
        if *self == Turn::Held {
            *self = if synced { Turn::Failed } else { Turn::Skipped };
        }
    }

    /// A request of the client's has failed, and the server skips our own behind it: nothing is left to wait for.
    pub fn own_skipped(&mut self) {
        if *self == Turn::Held {
            *self = Turn::Client;
        }
    }
}
