//! One thing that a client says, or does, in a generated sequence: as bytes, and as a line of text that a person can play again.

use std::fmt;

use crate::frames;

/// A message of the client, or a pause in which it reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    Query(String),
    Parse {
        name: &'static str,
        text: String,
        types: Vec<u32>,
    },
    Bind {
        portal: &'static str,
        statement: &'static str,
        formats: Vec<u16>,
        values: Vec<Option<&'static str>>,
        results: Vec<u16>,
    },
    Describe(u8, &'static str),
    Execute(&'static str, u32),
    Close(u8, &'static str),
    Flush,
    Sync,
    CopyData(String),
    CopyDone,
    CopyFail,
    Call(u32, Vec<&'static str>),
    /// A body that the message of this type cannot have.
    Malformed(u8, &'static [u8]),
    /// It reads until nothing more comes.
    Wait,
}

impl Said {
    /// What goes over the wire; nothing for a pause.
    pub(super) fn bytes(&self) -> Vec<u8> {
        match self {
            Said::Query(text) => frames::query(text),
            Said::Parse { name, text, types } => frames::parse(name, text, types),
            Said::Bind { portal, statement, formats, values, results } => {
                let values: Vec<Option<&[u8]>> = values.iter().map(|v| v.map(str::as_bytes)).collect();
                frames::bind(portal, statement, formats, &values, results)
            }
            Said::Describe(what, name) => frames::describe(*what, name),
            Said::Execute(portal, rows) => frames::execute(portal, *rows),
            Said::Close(what, name) => frames::close(*what, name),
            Said::Flush => frames::flush(),
            Said::Sync => frames::sync(),
            Said::CopyData(data) => frames::copy_data(data),
            Said::CopyDone => frames::copy_done(),
            Said::CopyFail => frames::copy_fail("no"),
            Said::Call(oid, values) => frames::function_call(*oid, values),
            Said::Malformed(tag, body) => frames::frame(*tag, &[body]),
            Said::Wait => Vec::new(),
        }
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Said::Query(text) => write!(f, "Query {text:?}"),
            Said::Parse { name, text, types } if types.is_empty() => write!(f, "Parse {name:?} {text:?}"),
            Said::Parse { name, text, types } => write!(f, "Parse {name:?} {text:?} {types:?}"),
            Said::Bind { portal, statement, formats, values, results } => {
                write!(f, "Bind {portal:?} of {statement:?} {values:?}")?;
                if formats.is_empty() && results.is_empty() { Ok(()) } else { write!(f, " formats {formats:?} {results:?}") }
            }
            Said::Describe(what, name) => write!(f, "Describe {} {name:?}", char::from(*what)),
            Said::Execute(portal, rows) => write!(f, "Execute {portal:?} {rows}"),
            Said::Close(what, name) => write!(f, "Close {} {name:?}", char::from(*what)),
            Said::CopyData(data) => write!(f, "CopyData {data:?}"),
            Said::Call(oid, values) => write!(f, "FunctionCall {oid} {values:?}"),
            Said::Malformed(tag, body) => write!(f, "{} with {}", char::from(*tag), body.escape_ascii()),
            Said::Flush | Said::Sync | Said::CopyDone | Said::CopyFail | Said::Wait => write!(f, "{self:?}"),
        }
    }
}
