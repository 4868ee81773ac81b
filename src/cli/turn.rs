//! Work on one table of several: a command that is interrupted, or loses its connection, still ends with a report of what it did, including what is
//! known of the table that it was working on.

use tokio::signal::unix::{SignalKind, signal};

use crate::catalog::Database;
use crate::error::{Error, Result};

/// How the work on one table ended.
pub(super) enum Turn<T> {
    /// By itself.
    Ended(Result<T>),
    /// The command ends here: the state to print, and why.
    Cut(&'static str, String),
}

/// Does the work on one table, unless Ctrl-C, SIGTERM or the loss of the connection ends it.
pub(super) async fn turn<T>(database: &Database, table: &str, work: impl Future<Output = Result<T>>) -> Result<Turn<T>> {
    let heard = |kind| signal(kind).map_err(|e| Error::io("listening for signals", e));
    let (mut interrupt, mut terminate) = (heard(SignalKind::interrupt())?, heard(SignalKind::terminate())?);
    tokio::select! {
        ended = work => match ended {
            Err(error) if database.is_closed() => Ok(Turn::Cut("not known", format!(
                "the connection was lost: {}; `esclusa status {table}` shows the table's state, and the same command continues", error.in_one_line()
            ))),
            ended => Ok(Turn::Ended(ended)),
        },
        _ = interrupt.recv() => Ok(interrupted()),
        _ = terminate.recv() => Ok(interrupted()),
    }
}

/// The server rolls back what was not committed when the connection ends with the command.
fn interrupted<T>() -> Turn<T> {
    Turn::Cut("interrupted", "what was not finished is rolled back, what was copied is kept; the same command continues".into())
}

/// The error of a command that did not finish.
pub(super) fn cut_short() -> Error {
    Error::Refused {
        message: "the command did not finish".into(),
        detail: None,
        hint: Some("repeat it: finished tables are kept".into()),
    }
}
