//! Errors, worded so that the reader knows what went wrong, where, why, and what to do.
//!
//! Two shapes. [`Faults`] is a list: settings and rule files are read to the end, and every fault is reported at once, each
//! with its file and line. [`Error`] is one failure of a running program; its variant decides the exit code.
//! What a *client* of the proxy may see is neither: it is a [`ClientError`], made on purpose and by hand,
//! so that an error's inner text (a path, a password in a URL) cannot reach a client by being printed.

use std::fmt;
use std::path::{Path, PathBuf};

/// The result of nearly every fallible function of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// SQLSTATE codes that esclusa itself raises (PostgreSQL manual, appendix A).
pub mod sqlstate {
    /// 08006: the server could not be reached, or went away.
    pub const CONNECTION_FAILURE: &str = "08006";
    /// 08P01: the client does not speak the protocol.
    pub const PROTOCOL_VIOLATION: &str = "08P01";
    /// 0A000: a statement that cannot be rewritten faithfully.
    pub const FEATURE_NOT_SUPPORTED: &str = "0A000";
    /// 22023: a console command was given a value that it does not accept.
    pub const INVALID_PARAMETER_VALUE: &str = "22023";
    /// 22P02: a console command compares a column with a value that is not of its type.
    pub const INVALID_TEXT_REPRESENTATION: &str = "22P02";
    /// 26000: the server does not know a prepared statement.
    pub const INVALID_SQL_STATEMENT_NAME: &str = "26000";
    /// 28000: the console does not know the user who connects.
    pub const INVALID_AUTHORIZATION: &str = "28000";
    /// 28P01: the console was given a wrong password.
    pub const INVALID_PASSWORD: &str = "28P01";
    /// 42501: the console user may look, but not change.
    pub const INSUFFICIENT_PRIVILEGE: &str = "42501";
    /// 42601: the console did not understand a command.
    pub const SYNTAX_ERROR: &str = "42601";
    /// 42703: a console command names a column that its answer does not have.
    pub const UNDEFINED_COLUMN: &str = "42703";
    /// 42704: a console command names a client that is not there.
    pub const UNDEFINED_OBJECT: &str = "42704";
    /// 42P01: a retired table in mode `refuse`; a console command that names no legacy table.
    pub const UNDEFINED_TABLE: &str = "42P01";
    /// 53300: more clients than `listen.max_clients`, or more than the console serves.
    pub const TOO_MANY_CONNECTIONS: &str = "53300";
    /// 54000: more commands in one text than the console runs.
    pub const PROGRAM_LIMIT_EXCEEDED: &str = "54000";
    /// 55000: a gate is not met.
    pub const NOT_IN_PREREQUISITE_STATE: &str = "55000";
    /// 57014: a console command was cancelled while it waited.
    pub const QUERY_CANCELED: &str = "57014";
    /// 57P01: the proxy shuts down, or an administrator ended the session.
    pub const ADMIN_SHUTDOWN: &str = "57P01";
    /// 58000: the target database, a file or a socket failed while a console command ran.
    pub const SYSTEM_ERROR: &str = "58000";
    /// F0000: settings, rules or the console's users file have faults.
    pub const CONFIG_FILE_ERROR: &str = "F0000";
    /// XX000: a fault of esclusa's own.
    pub const INTERNAL_ERROR: &str = "XX000";
}

/// What a client of the proxy or of the console is told. Each is written by hand, never made from another error's `Display`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientError {
    /// Five characters of the PostgreSQL manual's appendix A.
    pub sqlstate: &'static str,
    /// One sentence without a full stop, in the style of PostgreSQL's messages.
    pub message: String,
    /// More about this particular case.
    pub detail: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

impl ClientError {
    /// An error without detail and hint.
    pub fn new(sqlstate: &'static str, message: impl Into<String>) -> Self {
        ClientError { sqlstate, message: message.into(), detail: None, hint: None }
    }

    /// Adds more about this particular case.
    #[must_use]
    pub fn detail(self, detail: impl Into<String>) -> Self {
        ClientError { detail: Some(detail.into()), ..self }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        ClientError { hint: Some(hint.into()), ..self }
    }
}

/// A place in a file that a person edits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileLine {
    /// The file, as it was named.
    pub file: PathBuf,
    /// Counted from 1; 0 when the fault concerns the whole file.
    pub line: usize,
}

impl fmt::Display for FileLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 { write!(f, "{}", self.file.display()) } else { write!(f, "{}:{}", self.file.display(), self.line) }
    }
}

/// One thing that is wrong with what a person wrote.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// Where; `None` for a fault of the environment or of the catalog.
    pub place: Option<FileLine>,
    /// What is wrong.
    pub message: String,
    /// What to do, where that is not obvious.
    pub hint: Option<String>,
}

impl Fault {
    /// A fault in a line of a file.
    pub fn at(file: &Path, line: usize, message: impl Into<String>) -> Self {
        Fault { place: Some(FileLine { file: file.to_owned(), line }), message: message.into(), hint: None }
    }

    /// A fault that is not in a file.
    pub fn general(message: impl Into<String>) -> Self {
        Fault { place: None, message: message.into(), hint: None }
    }

    /// Adds what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.message)?;
        if let Some(hint) = &self.hint {
            write!(f, "\n    hint: {hint}")?;
        }
        Ok(())
    }
}

/// Every fault found in one reading, in the order of files and lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl Faults {
    /// Takes one more.
    pub fn push(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    /// Takes all of another reading.
    pub fn extend(&mut self, other: Faults) {
        self.0.extend(other.0);
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `Ok(value)` if nothing was found, otherwise all of it, sorted.
    pub fn or<T>(mut self, value: T) -> std::result::Result<T, Faults> {
        if self.is_empty() {
            return Ok(value);
        }
        self.0.sort();
        Err(self)
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, fault) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

/// One failure of a running command. The variant is the exit code's reason.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Settings or rules are wrong; all faults are listed.
    #[error("{0}")]
    Faults(#[from] Faults),
    /// The command was used wrongly.
    #[error("{message}")]
    Usage {
        /// What was wrong with the arguments.
        message: String,
    },
    /// A gate is not met, or two things that must be equal are not.
    #[error("{message}")]
    Refused {
        /// What was refused or differed.
        message: String,
        /// The facts that it was decided on.
        detail: Option<String>,
        /// What to do.
        hint: Option<String>,
    },
    /// The database answered with an error, or could not be asked.
    #[error("{context}: {message}")]
    Database {
        /// What esclusa was doing.
        context: String,
        /// The server's own words.
        message: String,
        /// The server's DETAIL and HINT, where it gave them.
        detail: Option<String>,
        /// SQLSTATE, empty when the connection failed.
        sqlstate: String,
    },
    /// A file, socket or process failed.
    #[error("{context}: {source}")]
    Io {
        /// What esclusa was doing, with the path or address.
        context: String,
        /// The operating system's answer.
        source: std::io::Error,
    },
}

impl Error {
    /// A gate that is not met.
    pub fn refused(message: impl Into<String>) -> Self {
        Error::Refused { message: message.into(), detail: None, hint: None }
    }

    /// An argument that the command does not accept.
    pub fn usage(message: impl Into<String>) -> Self {
        Error::Usage { message: message.into() }
    }

    /// A system call that failed while doing `context`.
    pub fn io(context: impl Into<String>, source: std::io::Error) -> Self {
        Error::Io { context: context.into(), source }
    }

    /// 0 is success; 1 differences or a gate; 2 usage or settings; 3 the database or the network.
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::Refused { .. } => 1,
            Error::Faults(_) | Error::Usage { .. } => 2,
            Error::Database { .. } | Error::Io { .. } => 3,
        }
    }

    /// The message with detail and hint in one line, for a cell of a table.
    pub fn in_one_line(&self) -> String {
        std::iter::once(self.to_string()).chain(self.more()).collect::<Vec<_>>().join("; ")
    }

    /// The lines printed under the message on a terminal.
    pub fn more(&self) -> Vec<String> {
        match self {
            Error::Refused { detail, hint, .. } => {
                let detail = detail.iter().map(|d| format!("detail: {d}"));
                detail.chain(hint.iter().map(|h| format!("hint: {h}"))).collect()
            }
            Error::Database { detail, sqlstate, .. } => {
                let state = (!sqlstate.is_empty()).then(|| format!("SQLSTATE {sqlstate}"));
                detail.iter().map(|d| format!("detail: {d}")).chain(state).collect()
            }
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_sorted_by_place_and_all_shown() {
        let mut faults = Faults::default();
        faults.push(Fault::at(Path::new("b.toml"), 3, "second"));
        faults.push(Fault::at(Path::new("a.toml"), 12, "first").hint("mend it"));
        let shown = faults.or(()).unwrap_err().to_string();
        assert_eq!(shown, "a.toml:12: first\n    hint: mend it\nb.toml:3: second");
    }

    #[test]
    fn exit_codes_follow_the_interface() {
        assert_eq!(Error::refused("x").exit_code(), 1);
        assert_eq!(Error::usage("x").exit_code(), 2);
        assert_eq!(Error::io("x", std::io::Error::other("y")).exit_code(), 3);
    }
}
