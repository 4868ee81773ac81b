//! The questions that a session asks on its own: what its search path is, and which temporary relations it has.
//!
//! They must leave no trace in the client's session. A simple Query would destroy the unnamed statement, so they go by the extended
//! protocol under names of their own, which they free. The setting is asked for by SHOW, which takes no snapshot: after a SELECT,
//! SET TRANSACTION would fail (PostgreSQL source, variable.c, check_XactIsoLevel), and REPEATABLE READ would see an older moment.
//! Temporary relations are asked for only after DDL, which has taken a snapshot itself.

use super::step::{Own, Question};
use crate::wire::frame;

/// Statement and portal; no client has these names.
const NAME: &[u8] = b"esclusa question\0";

/// What is not known about a session's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Doubt {
    /// The search path.
    pub path: bool,
    /// Temporary relations with a legacy name.
    pub temporary: bool,
}

impl Doubt {
    /// Nothing is known.
    pub const BOTH: Doubt = Doubt { path: true, temporary: true };

    /// Whether there is anything to ask.
    pub fn any(self) -> bool {
        self.path || self.temporary
    }

    /// Both doubts.
    pub fn and(self, other: Doubt) -> Doubt {
        Doubt { path: self.path || other.path, temporary: self.temporary || other.temporary }
    }
}

fn text(question: Question) -> &'static [u8] {
    match question {
        Question::SearchPath => b"SHOW search_path\0",
        Question::Role => b"SHOW role\0",
        Question::User => b"SHOW session_authorization\0",
        Question::Temporary => {
            b"SELECT relname FROM pg_catalog.pg_class WHERE relnamespace = pg_catalog.pg_my_temp_schema() AND relkind <> 'i'\0"
        }
    }
}

/// The frames, and what answers them. A question of its own ends with Sync; one in the middle of a client's pipeline must not.
pub(super) fn question(doubt: Doubt, sync: bool) -> (Vec<u8>, Vec<Own>) {
    let mut out = Vec::with_capacity(512);
    let mut own = Vec::with_capacity(24);
    let close = |out: &mut Vec<u8>, own: &mut Vec<Own>| {
        frame::write(out, b'C', &[b"P", NAME]);
        frame::write(out, b'C', &[b"S", NAME]);
        own.extend([Own::Silent(b'3'), Own::Silent(b'3')]);
    };
    let mut questions = Vec::with_capacity(4);
    if doubt.path {
        questions.extend([Question::SearchPath, Question::Role, Question::User]);
    }
    if doubt.temporary {
        questions.push(Question::Temporary);
    }
    // One that failed half way has left its names behind.
    close(&mut out, &mut own);
    for asked in questions {
        frame::write(&mut out, b'P', &[NAME, text(asked), &[0, 0]]);
        frame::write(&mut out, b'B', &[NAME, NAME, &[0; 6]]);
        frame::write(&mut out, b'E', &[NAME, &[0; 4]]);
        own.extend([Own::Silent(b'1'), Own::Silent(b'2'), Own::Ask(asked)]);
        close(&mut out, &mut own);
    }
    own.push(Own::Asked);
    frame::write(&mut out, b'C', &[b"S", NAME]);
    if sync {
        frame::write(&mut out, b'S', &[]);
        own.push(Own::Sync);
    } else {
        frame::write(&mut out, b'H', &[]);
    }
    (out, own)
}

/// What the server has answered so far.
#[derive(Debug, Default)]
pub(super) struct Answers {
    path: Option<String>,
    role: String,
    user: String,
    temporary: Vec<String>,
}

impl Answers {
    /// Takes note of a DataRow of one column.
    pub(super) fn row(&mut self, question: Question, body: &[u8]) {
        // A count, a length, the text.
        let text = String::from_utf8_lossy(body.get(6..).unwrap_or_default()).into_owned();
        match question {
            Question::SearchPath => self.path = Some(text),
            Question::Role => self.role = text,
            Question::User => self.user = text,
            Question::Temporary => self.temporary.push(text),
        }
    }

    /// The role whose rights are in force. Without SET ROLE the setting is `none` (PostgreSQL source, variable.c, show_role).
    pub(super) fn role(&self) -> &str {
        if self.role == "none" { &self.user } else { &self.role }
    }

    /// The schemas that are searched; `None` when they were not asked for.
    pub(super) fn schemas(&self) -> Option<Vec<String>> {
        self.path.as_ref().map(|path| setting(path, self.role()))
    }

    /// Temporary relations.
    pub(super) fn temporary(self) -> Vec<String> {
        self.temporary
    }
}

/// Splits a list of identifiers (PostgreSQL source, varlena.c, SplitIdentifierString).
fn setting(text: &str, user: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let mut name = String::new();
        if let Some(quoted) = rest.strip_prefix('"') {
            let mut letters = quoted.char_indices().peekable();
            let mut end = quoted.len();
            while let Some((at, letter)) = letters.next() {
                match letter {
                    '"' if letters.next_if(|(_, next)| *next == '"').is_some() => name.push('"'),
                    '"' => {
                        end = at + 1;
                        break;
                    }
                    _ => name.push(letter),
                }
            }
            rest = &quoted[end..];
        } else {
            let end = rest.find([',', ' ']).unwrap_or(rest.len());
            name = rest[..end].to_lowercase();
            rest = &rest[end..];
        }
        out.push(if name == "$user" { user.to_owned() } else { name });
        rest = rest.trim_start().strip_prefix(',').unwrap_or_default().trim_start();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_split_as_postgresql_does() {
        assert_eq!(setting("\"$user\", public", "ana"), ["ana", "public"]);
        assert_eq!(setting(" Cf_Quere_Pro ,\"a, \"\"b\"", "ana"), ["cf_quere_pro", "a, \"b"]);
        assert_eq!(setting("", "ana"), [""; 0]);
        assert_eq!(setting("\"open", "ana"), ["open"]);
    }

    #[test]
    fn a_role_that_was_set_is_whom_user_stands_for() {
        let mut answers = Answers::default();
        assert_eq!(answers.schemas(), None);
        answers.row(Question::SearchPath, b"\0\x01\0\0\0\x07\"$user\"");
        answers.row(Question::Role, b"\0\x01\0\0\0\x04none");
        answers.row(Question::User, b"\0\x01\0\0\0\x03ana");
        assert_eq!(answers.schemas().unwrap(), ["ana"]);
        answers.row(Question::Role, b"\0\x01\0\0\0\x03leo");
        assert_eq!(answers.schemas().unwrap(), ["leo"]);
    }
}
