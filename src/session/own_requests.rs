//! Requests of the session's own, between the client's: frames that it sends, and whose answers it keeps from the client.
//!
//! **Questions** about names must leave no trace in the client's session. A simple Query would destroy the unnamed statement, so
//! they use the extended protocol, with statement and portal names of their own, which they close. Settings are asked for by SHOW,
//! which takes no snapshot: after a SELECT, SET TRANSACTION would fail (PostgreSQL source, variable.c, check_XactIsoLevel), and
//! REPEATABLE READ would see an older moment. Relations are asked for by a SELECT: temporary ones only after DDL, which has taken a
//! snapshot itself; those of other schemas only where the search path names one before the legacy schema, and then directly before
//! a statement that names a legacy table and takes a snapshot too, except LOCK TABLE. Operators are written with their schema,
//! because the search path may find others of the same name first.
//!
//! **A statement is prepared anew** when a switch has changed its text. It keeps its name on the server. Before the Bind or
//! Describe that needs it, these are sent: Parse of the new text under a name of our own; Close; Parse under the client's name;
//! Close of our own name. The first Parse is a guard: if the transaction has failed, or the new text is refused, it fails, the
//! server skips the rest, and the old statement stays. The guard's locks are kept, so the second Parse finds the same tables. Open
//! portals survive all of this.
//!
//! **The unnamed portal** of an open transaction is closed while a table is cut over, if it was read to its end
//! ([`Conversation::lets_go`](super::conversation::Conversation::lets_go)).

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::Arc;

use super::names::{Inquiry, Question};
use super::statement::{How, NameId, Prepared};
use crate::wire::frame;
use crate::wire::tag::{about, client, server};

/// Statement and portal of a question; no client has these names.
const QUESTION: &[u8] = b"esclusa question\0";
/// Statement and portal of a guard; no client has these names.
const GUARD: &[u8] = b"esclusa guard\0";
/// The name under which a guard is made by PREPARE.
const GUARD_SQL: &str = "\"esclusa guard of PREPARE\"";
/// The end of a Parse: no parameter types.
const NO_TYPES: &[u8] = &[0, 0];
/// The end of a Bind: no formats, no parameters.
const NO_PARAMETERS: &[u8] = &[0; 6];
/// The end of an Execute: all rows.
const ALL_ROWS: &[u8] = &[0; 4];

/// A request of the session's own.
#[derive(Debug)]
pub enum OwnRequest {
    /// Answered by one message with this tag, which has to be read no further.
    Silent(u8),
    /// Execute of a question: answered by rows, then CommandComplete.
    Ask(Question),
    /// The last Close of the questions.
    Asked,
    /// Parse or Execute of a new text under a name of our own, to see whether it succeeds. Answered by this tag.
    Guard(u8, Arc<Prepared>),
    /// Close of the client's statement, which is prepared anew.
    Forget(NameId),
    /// Parse or Execute of the new text under the client's name. Answered by this tag.
    Again(u8, NameId, Arc<Prepared>),
    /// The last Close of a statement that is prepared anew.
    PreparedAgain,
    /// A Sync between the client's stretches.
    Sync,
}

/// Frames and the requests in them, in the order in which they are sent.
#[derive(Debug, Default)]
pub struct OwnRequests {
    /// What is sent.
    pub frames: Vec<u8>,
    /// What the server will answer.
    pub requests: Vec<OwnRequest>,
}

impl OwnRequests {
    fn parse(&mut self, name: &[u8], text: &[u8], types: &[u8], answered: OwnRequest) {
        frame::write(&mut self.frames, client::PARSE, &[name, text, &[0], types]);
        self.requests.push(answered);
    }

    fn close(&mut self, kind: u8, name: &[u8], answered: OwnRequest) {
        frame::write(&mut self.frames, client::CLOSE, &[&[kind], name.strip_suffix(&[0]).unwrap_or(name), &[0]]);
        self.requests.push(answered);
    }

    fn close_silently(&mut self, kind: u8, name: &[u8]) {
        self.close(kind, name, OwnRequest::Silent(server::CLOSE_COMPLETE));
    }

    /// Parse, Bind and Execute; `name` ends with a zero byte.
    fn execute(&mut self, name: &[u8], text: &[u8], answered: OwnRequest) {
        self.parse(name, text, NO_TYPES, OwnRequest::Silent(server::PARSE_COMPLETE));
        frame::write(&mut self.frames, client::BIND, &[name, name, NO_PARAMETERS]);
        frame::write(&mut self.frames, client::EXECUTE, &[name, ALL_ROWS]);
        self.requests.extend([OwnRequest::Silent(server::BIND_COMPLETE), answered]);
    }

    /// Ends the requests: with Sync between the client's stretches; in the middle of a client's pipeline with Flush, which asks
    /// for the answers but does not end the stretch.
    pub fn end(&mut self, sync: bool) {
        frame::write(&mut self.frames, if sync { client::SYNC } else { client::FLUSH }, &[]);
        self.requests.extend(sync.then_some(OwnRequest::Sync));
    }
}

fn text(question: Question, inquiry: &Inquiry) -> Cow<'static, str> {
    match question {
        Question::SearchPath => "SHOW search_path".into(),
        Question::Role => "SHOW role".into(),
        Question::User => "SHOW session_authorization".into(),
        Question::Temporary => "SELECT relname FROM pg_catalog.pg_class \
             WHERE relnamespace OPERATOR(pg_catalog.=) pg_catalog.pg_my_temp_schema() AND relkind OPERATOR(pg_catalog.<>) 'i'"
            .into(),
        // PostgreSQL skips schemas of the path that may not be used (source, namespace.c, recomputeNamespacePath).
        Question::Others => {
            let schemas: Vec<String> = inquiry.schemas.iter().map(|schema| escaped(schema)).collect();
            format!(
                "SELECT n.nspname, c.relname FROM pg_catalog.pg_namespace n \
                 LEFT JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid \
                 WHERE n.nspname OPERATOR(pg_catalog.=) ANY (ARRAY[{}]::pg_catalog.name[]) \
                 AND pg_catalog.has_schema_privilege(n.oid, 'USAGE'::pg_catalog.text)",
                schemas.join(", ")
            )
            .into()
        }
    }
}

/// A literal that means the same under every encoding and string syntax of a session.
fn escaped(text: &str) -> String {
    let mut out = String::from("E'");
    for letter in text.chars() {
        match letter {
            '\'' => out.push_str("''"),
            '\\' => out.push_str("\\\\"),
            ' '..='~' => out.push(letter),
            _ => drop(write!(out, "\\U{:08X}", u32::from(letter))),
        }
    }
    out.push('\'');
    out
}

/// The requests that ask for this.
pub fn questions(inquiry: &Inquiry) -> OwnRequests {
    let mut own = OwnRequests { frames: Vec::with_capacity(512), requests: Vec::with_capacity(24) };
    let mut asked = Vec::with_capacity(4);
    if inquiry.path {
        asked.extend([Question::SearchPath, Question::Role, Question::User]);
    }
    if inquiry.temporary {
        asked.push(Question::Temporary);
    }
    if !inquiry.schemas.is_empty() {
        asked.push(Question::Others);
    }
    let close = |own: &mut OwnRequests| {
        own.close_silently(about::PORTAL, QUESTION);
        own.close_silently(about::STATEMENT, QUESTION);
    };
    // Earlier questions that failed may have left statement and portal open.
    close(&mut own);
    for question in asked {
        own.execute(QUESTION, text(question, inquiry).as_bytes(), OwnRequest::Ask(question));
        close(&mut own);
    }
    own.close(about::STATEMENT, QUESTION, OwnRequest::Asked);
    own
}

/// The requests that close the unnamed portal, between two stretches of the client's.
pub fn closing_unnamed_portal() -> OwnRequests {
    let mut own = OwnRequests::default();
    own.close_silently(about::PORTAL, b"");
    own.end(true);
    own
}

/// The requests that prepare a statement anew under its name.
pub fn again(id: NameId, name: &[u8], held: &Arc<Prepared>) -> OwnRequests {
    let text = held.statement.sent();
    let wire = |text: &str| held.statement.reading.write(text).unwrap_or_default().into_owned();
    let mut own = OwnRequests { frames: Vec::with_capacity(2 * text.len() + 256), requests: Vec::with_capacity(16) };
    // An earlier attempt that failed may have left its statement open.
    own.close_silently(about::STATEMENT, GUARD);
    let refused = !held.statement.outcome.refusals.is_empty();
    match &held.how {
        // A refused PREPARE is replaced by a statement that fails in Parse.
        How::Sql(_) if refused => {
            own.parse(GUARD, &wire(text), NO_TYPES, OwnRequest::Guard(server::PARSE_COMPLETE, held.clone()));
        }
        How::Protocol(types) => {
            own.parse(GUARD, &wire(text), types, OwnRequest::Guard(server::PARSE_COMPLETE, held.clone()));
            own.close(about::STATEMENT, name, OwnRequest::Forget(id));
            let zero_ended = [name, &[0]].concat();
            own.parse(&zero_ended, &wire(text), types, OwnRequest::Again(server::PARSE_COMPLETE, id, held.clone()));
        }
        How::Sql(span) => {
            let guard_name = GUARD_SQL.trim_matches('"').as_bytes();
            own.close_silently(about::STATEMENT, guard_name);
            let guard = [&text[..span.start], GUARD_SQL, &text[span.end..]].concat();
            run(&mut own, &wire(&guard), OwnRequest::Guard(server::COMMAND_COMPLETE, held.clone()));
            own.close(about::STATEMENT, name, OwnRequest::Forget(id));
            run(&mut own, &wire(text), OwnRequest::Again(server::COMMAND_COMPLETE, id, held.clone()));
            own.close_silently(about::STATEMENT, guard_name);
        }
    }
    own.close(about::STATEMENT, GUARD, OwnRequest::PreparedAgain);
    own
}

/// Runs a statement that returns no rows, and closes its statement and portal.
fn run(own: &mut OwnRequests, text: &[u8], answered: OwnRequest) {
    own.execute(GUARD, text, answered);
    own.close_silently(about::PORTAL, GUARD);
    own.close_silently(about::STATEMENT, GUARD);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_has_no_letter_that_a_setting_changes() {
        assert_eq!(escaped("a \"b"), "E'a \"b'");
        assert_eq!(escaped("o'\\\u{f1}"), "E'o''\\\\\\U000000F1'");
    }
}
