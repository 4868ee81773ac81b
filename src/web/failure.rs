//! Errors as text for a page, with an HTTP status. As on the console, an error of a file or of the database is shown in full, because only users
//! with the right to look get here.

use axum::http::StatusCode;

use crate::error::Error;
use crate::report::verdict::Language;

/// The lines of an error, as a terminal shows them.
pub(super) fn lines(error: &Error) -> String {
    std::iter::once(error.to_string()).chain(error.more()).collect::<Vec<_>>().join("\n")
}

/// Why recorded data is missing on the page.
pub(super) fn told(error: &Error, language: Language) -> Vec<String> {
    let what = language.of("Recorded data cannot be read:", "No se pueden leer los datos registrados:");
    vec![format!("{what} {}", lines(error))]
}

/// The HTTP status for an error.
pub(super) fn status(error: &Error) -> StatusCode {
    match error {
        Error::Usage { .. } => StatusCode::BAD_REQUEST,
        Error::Refused { .. } | Error::Faults(_) => StatusCode::CONFLICT,
        Error::Database { .. } | Error::Io { .. } => StatusCode::SERVICE_UNAVAILABLE,
    }
}
