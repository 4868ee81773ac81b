//! The error that a console client gets when a command fails: SQLSTATE, message, detail, hint, and position in the text.
//!
//! An [`Error`] of the rest of the program is converted variant by variant, so that only what is meant for the client reaches it.
//! [`super::encode`] writes a failure as a frame.

use crate::error::{ClientError, Error, sqlstate};

/// An error on its way to a console client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) error: ClientError,
    position: Option<usize>,
}

impl Failure {
    pub(super) fn new(sqlstate: &'static str, message: impl Into<String>) -> Self {
        Failure::of(ClientError::new(sqlstate, message))
    }

    fn of(error: ClientError) -> Self {
        Failure { error, position: None }
    }

    #[must_use]
    pub(super) fn with_detail(self, detail: impl Into<String>) -> Self {
        Failure { error: self.error.detail(detail), ..self }
    }

    #[must_use]
    pub(super) fn with_hint(self, hint: impl Into<String>) -> Self {
        Failure { error: self.error.hint(hint), ..self }
    }

    /// Sets the position: the number of a character in the client's text, from 1 (manual, section 55.8).
    #[must_use]
    pub(super) fn position(mut self, position: usize) -> Self {
        self.position = Some(position);
        self
    }

    /// The position, if one is set.
    pub(super) fn at(&self) -> Option<usize> {
        self.position
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let whole = error.to_string();
        match error {
            Error::Faults(faults) => {
                let message = match faults.0.len() {
                    1 => "there is a fault in the settings or rules; nothing was changed".to_owned(),
                    count => format!("there are {count} faults in the settings or rules; nothing was changed"),
                };
                Failure::new(sqlstate::CONFIG_FILE_ERROR, message)
                    .with_detail(whole)
                    .with_hint("Mend what the detail lists, then repeat the command.")
            }
            Error::Usage { message } => Failure::new(sqlstate::INVALID_PARAMETER_VALUE, message),
            Error::Refused { message, detail, hint } => {
                Failure::of(ClientError { detail, hint, ..ClientError::new(sqlstate::NOT_IN_PREREQUISITE_STATE, message) })
            }
            Error::Database { detail, sqlstate: state, .. } => {
                // With the database's own SQLSTATE the error would look as if the console had raised it.
                let state = (!state.is_empty()).then(|| format!("SQLSTATE {state} of the target database"));
                let parts: Vec<String> = detail.into_iter().chain(state).collect();
                let detail = (!parts.is_empty()).then(|| parts.join("\n"));
                Failure::of(ClientError { detail, ..ClientError::new(sqlstate::SYSTEM_ERROR, whole) })
                    .with_hint("See control.url in esclusa.toml, and the log of the target database.")
            }
            Error::Io { .. } => Failure::new(sqlstate::SYSTEM_ERROR, whole),
        }
    }
}

/// The candidate that a mistyped word probably means.
pub(super) fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let word = word.to_lowercase();
    // At most a third of the letters may be wrong: with more, unrelated words would be suggested.
    let limit = (word.chars().count() / 3).max(1);
    let near = candidates.into_iter().map(|c| (distance(&word, &c.to_lowercase()), c)).filter(|(d, _)| *d <= limit);
    near.min_by_key(|(d, _)| *d).map(|(_, candidate)| candidate)
}

/// The number of insertions, deletions, replacements and swaps of neighbours that lead from one word to the other.
fn distance(from: &str, to: &str) -> usize {
    // A much longer word is not compared, so that a text of a megabyte costs nothing here.
    let is_far = from.len() > 512 || from.chars().count().abs_diff(to.chars().count()) > 8;
    if is_far { usize::MAX } else { strsim::osa_distance(from, to) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_word_is_recognised() {
        let words = ["TABLES", "HITS", "MODES"];
        assert_eq!(nearest("tabels", words), Some("TABLES"));
        assert_eq!(nearest("mode", words), Some("MODES"));
        assert_eq!(nearest("servers", words), None);
        assert_eq!(nearest(&"x".repeat(1_000_000), words), None);
    }

    #[test]
    fn errors_keep_what_a_person_needs() {
        let error = Error::Refused { message: "no".into(), detail: Some("d".into()), hint: Some("h".into()) };
        let failure = Failure::from(error);
        assert_eq!(
            (failure.error.sqlstate, failure.error.detail, failure.error.hint),
            ("55000", Some("d".into()), Some("h".into()))
        );
        let error = Error::Database { context: "c".into(), message: "m".into(), detail: None, sqlstate: "42501".into() };
        let failure = Failure::from(error);
        assert_eq!((failure.error.sqlstate, failure.error.message), ("58000", "c: m".into()));
        assert_eq!(failure.error.detail.unwrap(), "SQLSTATE 42501 of the target database");
    }
}
