//! One table of several: a command that is interrupted, or loses its connection, ends with a report of what it has done so far, and says of the
//! table in whose middle it was what is known.

use tokio::signal::unix::{SignalKind, signal};

use crate::catalog::Database;
use crate::error::{Error, Result};

/// How the work on one table ended.
pub(super) enum Turn<T> {
    /// By itself.
    Ended(Result<T>),
    /// With the command: the state to print, and why.
    Cut(&'static str, String),
}

/// Does the work on one table, until Ctrl-C, a request to end, or the end of the connection.
pub(super) async fn turn<T>(database: &Database, table: &str, work: impl Future<Output = Result<T>>) -> Result<Turn<T>> {
    let heard = |kind| signal(kind).map_err(|e| Error::io("listening for signals", e));
    let (mut interrupt, mut terminate) = (heard(SignalKind::interrupt())?, heard(SignalKind::terminate())?);
    tokio::select! {
        ended = work => match ended {
            Err(error) if database.is_closed() => Ok(Turn::Cut("not known", format!(
                "the connection was lost: {}; `esclusa status {table}` tells what became of it, and the same command goes on", error.in_one_line()
            ))),
            ended => Ok(Turn::Ended(ended)),
        },
        _ = interrupt.recv() => Ok(interrupted()),
        _ = terminate.recv() => Ok(interrupted()),
    }
}

/// The server takes back what was not committed, when the connection ends with the command.
fn interrupted<T>() -> Turn<T> {
    Turn::Cut("interrupted", "what was not finished is taken back, what was copied is kept; the same command goes on".into())
}

/// The error that a command which was cut ends with.
pub(super) fn cut_short() -> Error {
    Error::Refused {
        message: "the command has not come to its end".into(),
        detail: None,
        hint: Some("repeat it: what is done stays done".into()),
    }
}
