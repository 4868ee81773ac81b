//! What names mean in a session: its search path, the role whose rights are in force, its temporary relations. And which of these
//! are in doubt, so that the server has to be asked (`own_requests.rs`) before the next statement that depends on them.
//!
//! A relation with a legacy name in another schema matters only where the search path names that schema before the legacy one. With
//! the usual path, which begins with the legacy schema, other schemas are never asked about.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::catalog::movers::Moves;
use crate::rewrite::{NameContext, Needed, Policy};

/// What may be changed where no statement says so is asked for again after so long.
const OLD: Duration = Duration::from_secs(2);
/// So long after a function was made it is known what it changes: the functions of a database are looked at every two seconds.
const CLOSELY: Duration = Duration::from_secs(5);

/// What a session asks the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// The search path, as it is set.
    SearchPath,
    /// The role; `none` if none is set.
    Role,
    /// The user of the session.
    User,
    /// Names of temporary relations.
    Temporary,
    /// Schemas of the path that may be used, and the relations in them.
    Others,
}

/// What is not known about the names of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Doubt {
    /// The search path, and which of its schemas may be used.
    pub path: bool,
    /// Temporary relations with a legacy name.
    pub temporary: bool,
    /// Relations with a legacy name in other schemas.
    pub others: bool,
    /// Of those the text says that they are made or dropped: other sessions have to hear of it.
    pub untold: bool,
    /// What it leaves behind may do so without a name that is known: a cursor, a function that was made just now.
    pub later: bool,
}

impl Doubt {
    /// Nothing is known.
    pub const ALL: Doubt = Doubt { path: true, temporary: true, others: true, untold: false, later: false };

    /// What is not known behind functions that may change this.
    pub fn behind(moves: Moves) -> Doubt {
        let relations = moves.relations || moves.code;
        Doubt { path: moves.path || moves.code, temporary: relations, others: relations, ..Doubt::default() }
    }

    /// Whether anything is in doubt.
    pub fn any(self) -> bool {
        self.path || self.temporary || self.others
    }

    /// What is in doubt in either.
    pub fn and(self, other: Doubt) -> Doubt {
        Doubt {
            path: self.path || other.path,
            temporary: self.temporary || other.temporary,
            others: self.others || other.others,
            untold: self.untold || other.untold,
            later: self.later || other.later,
        }
    }
}

/// What the server has to be asked about names, in one go.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inquiry {
    /// The search path and the role.
    pub path: bool,
    /// The temporary relations.
    pub temporary: bool,
    /// The relations of these schemas.
    pub schemas: Vec<String>,
    /// Relations of every name are asked for, not only those with legacy names.
    pub whole: bool,
}

/// What a session's knowledge of other schemas is compared with.
#[derive(Debug, Clone, Copy)]
pub struct Moment<'m> {
    /// The rules in force.
    pub policy: &'m Policy,
    /// How often relations with legacy names were made or dropped in other schemas.
    pub relations: u64,
}

/// The names of a session.
#[derive(Debug)]
pub struct Names {
    /// As the server has last told them.
    known: Arc<NameContext>,
    /// What has to be asked before the next statement that depends on it.
    doubt: Doubt,
    /// The schemas whose relations are known.
    schemas: Vec<String>,
    /// Relations are known whatever their names are.
    whole: bool,
    /// The count of [`Moment`] when they were asked for.
    relations: u64,
    /// The same count at some moment that is not later than what the server saw when it answered.
    seen: u64,
    /// The same count before the open transaction began: its snapshot may be older than what was counted since.
    relations_before: u64,
    /// A statement of the client's has changed names in a transaction whose end may undo the change; the number of ReadyForQuery
    /// that come before it is known how that transaction ends. `None` where nothing can be undone.
    changed: Option<usize>,
    /// A statement has made or dropped relations, and other sessions have not been told.
    is_untold: bool,
    /// The questions that are on their way.
    asked: Option<Asked>,
    /// When the path was answered last.
    answered: Option<Instant>,
    /// Any statement may change them, since then.
    closely: Option<Instant>,
}

/// Questions that are on their way.
#[derive(Debug)]
struct Asked {
    about: Inquiry,
    /// They were asked inside a transaction, whose end may undo the answers.
    in_transaction: bool,
    relations: u64,
    answers: Answers,
}

impl Names {
    /// The names of a session that logs in. If its statements are not looked at, nothing is in doubt.
    pub fn at_login(are_wanted: bool) -> Self {
        let doubt = Doubt { path: are_wanted, ..Doubt::default() };
        Names {
            known: Arc::new(NameContext::with_path(&[])),
            doubt,
            schemas: Vec::new(),
            whole: false,
            relations: 0,
            seen: 0,
            relations_before: 0,
            changed: None,
            is_untold: false,
            asked: None,
            answered: None,
            closely: None,
        }
    }

    /// The names as the server has last told them.
    pub fn known(&self) -> &Arc<NameContext> {
        &self.known
    }

    /// From now on the session reads the copies of these tables.
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
    pub fn are_provisional(&self) -> bool {
        self.known.provisional
    }

    /// What has to be asked before a text can be decided about that needs this; `None` where everything is known. The path is asked
    /// for first, and its schemas when it is known.
    pub fn lack(&self, now: Moment<'_>, needed: &Needed) -> Option<Inquiry> {
        let has = |schema: &String| self.schemas.contains(schema);
        let are_known = needed.schemas.is_empty() || !self.are_outdated(now) && needed.schemas.iter().all(has);
        let whole = needed.whole && !(self.whole && !self.doubt.temporary && are_known);
        let mut about = Inquiry { path: self.doubt.path, temporary: self.doubt.temporary || whole, whole, schemas: Vec::new() };
        if !self.doubt.path && (whole || !are_known) {
            about.schemas.clone_from(&needed.schemas);
        }
        (about.path || about.temporary || !about.schemas.is_empty()).then_some(about)
    }

    /// Whether relations in other schemas may have changed since they were asked for.
    fn are_outdated(&self, now: Moment<'_>) -> bool {
        self.doubt.others || self.relations != now.relations
    }

    /// Whether something has to be asked before the next statement.
    pub fn are_in_doubt(&self, now: Moment<'_>) -> bool {
        self.doubt.path || self.doubt.temporary || self.lack(now, &self.known.needed(now.policy, &[])).is_some()
    }

    /// A statement is sent that may change what these mean; `ends` is the number of ReadyForQuery that come before its own.
    pub fn change(&mut self, doubt: Doubt, ends: usize) {
        if doubt.any() {
            self.changed = Some(ends + 1);
            self.whole = false;
        }
        self.is_untold |= doubt.untold;
        self.doubt = self.doubt.and(Doubt { others: doubt.others || doubt.path, ..doubt });
    }

    /// From now on any statement may change these.
    pub fn follow_closely(&mut self, now: Instant) {
        self.closely = Some(now);
    }

    /// A statement is on its way that says nothing of names: it may change them all the same, where they are followed closely.
    pub fn pass(&mut self) {
        if self.closely.is_some() {
            self.doubt_all();
        }
    }

    /// Outside of a transaction, and a while after it began, they are followed closely no more.
    pub fn follow_loosely(&mut self, now: impl FnOnce() -> Instant) {
        self.closely = self.closely.filter(|since| now().duration_since(*since) < CLOSELY);
    }

    /// The search path may be another than was answered so long ago.
    pub fn are_old(&self, now: impl FnOnce() -> Instant) -> bool {
        !self.doubt.path && self.answered.is_none_or(|at| now().duration_since(at) >= OLD)
    }

    /// It is asked for again, for it is old.
    pub fn doubt_path(&mut self) {
        self.doubt.path = true;
    }

    /// A ReadyForQuery has come. Outside a transaction nothing can undo what was changed before it.
    pub fn ready(&mut self, in_transaction: bool, relations: u64) {
        self.changed = self.changed.map(|ends| ends.saturating_sub(1)).filter(|ends| *ends > 0 || in_transaction);
        if !in_transaction {
            self.relations_before = relations;
            self.doubt.others |= self.seen != self.relations;
        }
    }

    /// Whether other sessions have to be told now that relations were made or dropped, because from now on they may see them.
    pub fn tell(&mut self, is_over: bool) -> bool {
        let is_untold = self.is_untold;
        self.is_untold &= !(is_over && self.changed.is_none());
        is_untold
    }

    /// What is known may have been undone by the end of a transaction.
    pub fn doubt_all(&mut self) {
        self.doubt = Doubt::ALL;
        self.whole = false;
    }

    /// The transaction in which the names were learned has ended.
    pub fn transaction_ended(&mut self) {
        self.known = Arc::new(NameContext { provisional: false, ..(*self.known).clone() });
        self.doubt_all();
    }

    /// The server is asked this.
    pub fn ask(&mut self, about: Inquiry, in_transaction: bool, relations: u64) {
        self.doubt.path &= !about.path;
        self.doubt.temporary &= !about.temporary;
        self.doubt.others &= about.schemas.is_empty();
        self.asked = Some(Asked { about, in_transaction, relations, answers: Answers::default() });
    }

    /// A row of the answer to this question.
    pub fn answer(&mut self, question: Question, row: &[u8]) {
        if let Some(asked) = &mut self.asked {
            asked.answers.row(question, row);
        }
    }

    /// The questions will not be answered: what they were about stays in doubt.
    pub fn unanswered(&mut self) {
        if let Some(Asked { about, .. }) = self.asked.take() {
            let others = !about.schemas.is_empty();
            let doubt = Doubt { path: about.path, temporary: about.temporary, others, ..Doubt::default() };
            self.doubt = self.doubt.and(doubt);
        }
    }

    /// All questions are answered.
    pub fn answered(&mut self, policy: &Policy, now: Instant) {
        let Some(Asked { about, in_transaction, relations, answers }) = self.asked.take() else { return };
        let mut names = (*self.known).clone();
        names.provisional = in_transaction && (self.changed.is_some() || names.provisional);
        if let Some(schemas) = answers.schemas() {
            self.answered = Some(now);
            names.search_path = schemas;
            names.role = answers.role().to_owned();
            if names.needed(policy, &[]).schemas.is_empty() {
                // With the usual path all sessions have the same names, so that they share the cached rewrites.
                names.others.clear();
                self.schemas.clear();
            }
        }
        if about.temporary {
            names.temporary = answers.temporary.into_iter().filter(|t| about.whole || policy.knows(t)).collect();
            names.temporary.sort();
        }
        if !about.schemas.is_empty() {
            let kept = |relation: &String| about.whole || policy.has(relation);
            let others = answers.others.into_iter();
            names.others = others.map(|(schema, all)| (schema, all.into_iter().filter(kept).collect())).collect();
            // Inside a transaction the server may have looked at a moment before the question.
            self.relations = relations;
            self.seen = if in_transaction { self.relations_before } else { relations };
            self.schemas = about.schemas;
        }
        self.whole = about.whole;
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
    others: BTreeMap<String, Vec<String>>,
}

impl Answers {
    /// Reads a DataRow: the number of columns, and for each its length and text.
    fn row(&mut self, question: Question, body: &[u8]) {
        let mut columns = columns(body);
        let text = columns.next().flatten().unwrap_or_default();
        match question {
            Question::SearchPath => self.path = Some(text),
            Question::Role => self.role = text,
            Question::User => self.user = text,
            Question::Temporary => self.temporary.push(text),
            // A schema without such relations comes in a row without a name.
            Question::Others => self.others.entry(text).or_default().extend(columns.next().flatten()),
        }
    }

    /// The role whose rights are in force. Without SET ROLE the setting is `none` (PostgreSQL source, variable.c, show_role).
    fn role(&self) -> &str {
        if self.role == "none" { &self.user } else { &self.role }
    }

    /// The schemas of the path that may be used; `None` when they were not asked for.
    fn schemas(&self) -> Option<Vec<String>> {
        self.path.as_ref().map(|path| setting(path, self.role()))
    }
}

/// The columns of a DataRow; NULL is `None`.
fn columns(body: &[u8]) -> impl Iterator<Item = Option<String>> {
    let mut rest = body.get(2..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (length, behind) = rest.split_first_chunk::<4>()?;
        let Ok(length) = usize::try_from(i32::from_be_bytes(*length)) else {
            rest = behind;
            return Some(None);
        };
        let text = behind.get(..length)?;
        rest = &behind[length..];
        Some(Some(String::from_utf8_lossy(text).into_owned()))
    })
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
    fn what_a_schema_has_is_read_by_its_columns() {
        let mut answers = Answers::default();
        answers.row(Question::Others, b"\0\x02\0\0\0\x01a\0\0\0\x02\xc3\xb1");
        answers.row(Question::Others, b"\0\x02\0\0\0\x01b\xff\xff\xff\xff");
        answers.row(Question::Others, b"\0\x02\0\0\0\x01a\0\0\0\x01c");
        let told: Vec<_> = answers.others.into_iter().collect();
        assert_eq!(told, [("a".to_owned(), vec!["\u{f1}".to_owned(), "c".into()]), ("b".to_owned(), Vec::new())]);
    }

    #[test]
    fn a_change_is_settled_when_its_transaction_is_over() {
        let mut names = Names::at_login(false);
        let path = Doubt { path: true, ..Doubt::default() };
        names.change(path, 0);
        names.ready(true, 0);
        assert!(names.changed.is_some(), "its transaction is open");
        names.ready(false, 0);
        assert!(names.changed.is_none());
        // A ReadyForQuery of an earlier request says nothing about this one.
        names.change(path, 1);
        names.ready(false, 0);
        assert!(names.changed.is_some());
        names.ready(false, 0);
        assert!(names.changed.is_none());
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
