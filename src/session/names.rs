//! What a session's names mean: its search path, the role whose rights are in force, its temporary relations; and what of this is not
//! known any more, so that the server has to be asked (`own_requests.rs`) before the next statement that depends on it.

use std::sync::Arc;

use crate::rewrite::{NameContext, Policy};

/// What a session asks the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// The search path, as it was set.
    SearchPath,
    /// The role, `none` where none was set.
    Role,
    /// The user of the session.
    User,
    /// Names of temporary relations.
    Temporary,
}

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

/// The names of a session.
#[derive(Debug)]
pub struct Names {
    /// As the server has told them last.
    known: Arc<NameContext>,
    /// What has to be asked before the next statement that depends on it.
    doubt: Doubt,
    /// A statement of the client's has changed names since they were asked for; at the login nobody has.
    changed: bool,
    /// The question that is on its way.
    asked: Option<Asked>,
}

/// A question on its way.
#[derive(Debug)]
struct Asked {
    about: Doubt,
    /// Asked inside a transaction, whose end may undo what is answered.
    in_transaction: bool,
    answers: Answers,
}

impl Names {
    /// The names of a session that logs in. Of one whose statements are not looked at nothing is in doubt.
    pub fn at_login(are_wanted: bool) -> Self {
        let doubt = Doubt { path: are_wanted, temporary: false };
        Names { known: Arc::new(NameContext::with_path(&[])), doubt, changed: false, asked: None }
    }

    /// As the server has told them last.
    pub fn known(&self) -> &Arc<NameContext> {
        &self.known
    }

    /// The copied tables that the session reads in their new form are these from now on.
    pub fn choose(&mut self, reads: Vec<String>) {
        if reads != self.known.reads {
            self.known = Arc::new(NameContext { reads, ..(*self.known).clone() });
        }
    }

    /// Whether the session has temporary relations with a legacy name.
    pub fn hide_tables(&self) -> bool {
        !self.known.temporary.is_empty()
    }

    /// Whether the end of the open transaction may undo what is known.
    pub fn are_passing(&self) -> bool {
        self.known.passing
    }

    /// Whether something has to be asked.
    pub fn are_in_doubt(&self) -> bool {
        self.doubt.any()
    }

    /// A statement of the client's is on its way that may change these.
    pub fn change(&mut self, doubt: Doubt) {
        self.changed |= doubt.any();
        self.doubt = self.doubt.and(doubt);
    }

    /// What is known may have been undone by the end of a transaction.
    pub fn doubt_all(&mut self) {
        self.doubt = Doubt::BOTH;
    }

    /// The transaction in which they were learned has ended.
    pub fn transaction_ended(&mut self) {
        self.known = Arc::new(NameContext { passing: false, ..(*self.known).clone() });
        self.doubt = Doubt::BOTH;
    }

    /// The server is being asked; returns for what.
    pub fn ask(&mut self, in_transaction: bool) -> Doubt {
        let about = std::mem::take(&mut self.doubt);
        self.asked = Some(Asked { about, in_transaction, answers: Answers::default() });
        about
    }

    /// A row of an answer.
    pub fn answer(&mut self, question: Question, row: &[u8]) {
        if let Some(asked) = &mut self.asked {
            asked.answers.row(question, row);
        }
    }

    /// What was asked is not answered: it stays in doubt.
    pub fn unanswered(&mut self) {
        if let Some(asked) = self.asked.take() {
            self.doubt = self.doubt.and(asked.about);
        }
    }

    /// Everything that was asked is answered.
    pub fn answered(&mut self, policy: &Policy) {
        let Some(Asked { about, in_transaction, answers }) = self.asked.take() else { return };
        let changed = std::mem::take(&mut self.changed);
        let mut names = (*self.known).clone();
        names.passing = in_transaction && (changed || names.passing);
        if let Some(schemas) = answers.schemas() {
            names.search_path = schemas;
            names.role = answers.role().to_owned();
        }
        if about.temporary {
            names.temporary = answers.temporary.into_iter().filter(|t| policy.knows(t)).collect();
            names.temporary.sort();
        }
        if names != *self.known {
            self.known = Arc::new(names);
        }
    }
}

/// What the server has answered so far.
#[derive(Debug, Default)]
struct Answers {
    path: Option<String>,
    role: String,
    user: String,
    temporary: Vec<String>,
}

impl Answers {
    /// Takes note of a DataRow of one column.
    fn row(&mut self, question: Question, body: &[u8]) {
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
    fn role(&self) -> &str {
        if self.role == "none" { &self.user } else { &self.role }
    }

    /// The schemas that are searched; `None` when they were not asked for.
    fn schemas(&self) -> Option<Vec<String>> {
        self.path.as_ref().map(|path| setting(path, self.role()))
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
