//! What went wrong, in words for a page and with a status. As on the console, an error of a file or of the database is told whole: who is here may look.

use axum::http::StatusCode;

use crate::error::Error;
use crate::report::verdict::Language;

/// The lines of an error, as a terminal shows them.
pub(super) fn lines(error: &Error) -> String {
    std::iter::once(error.to_string()).chain(error.more()).collect::<Vec<_>>().join("\n")
}

/// Why what was recorded is not on the page.
pub(super) fn told(error: &Error, language: Language) -> Vec<String> {
    let what = language.of("What was recorded cannot be asked:", "No se puede consultar lo registrado:");
    vec![format!("{what} {}", lines(error))]
}

/// The status that tells a program what kind it is.
pub(super) fn status(error: &Error) -> StatusCode {
    match error {
        Error::Usage { .. } => StatusCode::BAD_REQUEST,
        Error::Refused { .. } | Error::Faults(_) => StatusCode::CONFLICT,
        Error::Database { .. } | Error::Io { .. } => StatusCode::SERVICE_UNAVAILABLE,
    }
}
