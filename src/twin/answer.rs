//! A server's answer to one request, as a client sees it.

use std::fmt;

use crate::wire::error_response::ErrorFields;
use crate::wire::frame::cstr;

/// One reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// The columns of a result.
    Columns(Vec<Column>),
    /// Types of a statement's parameters.
    Parameters(Vec<u32>),
    /// A row; NULL is `None`.
    Row(Vec<Option<Vec<u8>>>),
    /// A command tag.
    Complete(String),
    /// An error.
    Error(ErrorFields),
    /// A notice.
    Notice(ErrorFields),
    /// ReadyForQuery with the transaction status.
    Ready(char),
    /// COPY begins, with the tag of its direction and the column formats.
    Copy(char, Vec<u8>),
    /// A row of COPY.
    CopyData(Vec<u8>),
    /// Any other message, by its tag.
    Other(char),
}

/// A column of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: Vec<u8>,
    /// Its type.
    pub type_oid: u32,
    /// Bytes of a fixed-size type.
    pub type_size: i16,
    /// Its modifier: length, precision and scale.
    pub modifier: i32,
    /// 0 text, 1 binary.
    pub format: i16,
}

/// All replies, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer(pub Vec<Reply>);

impl Answer {
    /// The first error.
    pub fn error(&self) -> Option<&ErrorFields> {
        self.0.iter().find_map(|r| if let Reply::Error(e) = r { Some(e) } else { None })
    }

    /// The rows, as text.
    pub fn rows(&self) -> Vec<Vec<Option<String>>> {
        let text = |cell: &Option<Vec<u8>>| cell.as_ref().map(|c| String::from_utf8_lossy(c).into_owned());
        let row = |r: &Reply| if let Reply::Row(cells) = r { Some(cells.iter().map(text).collect()) } else { None };
        self.0.iter().filter_map(row).collect()
    }

    /// The command tags.
    pub fn tags(&self) -> Vec<&str> {
        self.0.iter().filter_map(|r| if let Reply::Complete(tag) = r { Some(tag.as_str()) } else { None }).collect()
    }
}

impl Reply {
    /// Parses a frame's body.
    pub fn parse(tag: u8, body: &[u8]) -> Reply {
        let text = |bytes: &[u8]| String::from_utf8_lossy(cstr(bytes).unwrap_or_default().0).into_owned();
        match tag {
            b'T' => Reply::Columns(columns(body)),
            b't' => Reply::Parameters(body.get(2..).unwrap_or_default().chunks_exact(4).map(|c| number(c) as u32).collect()),
            b'D' => Reply::Row(cells(body)),
            b'C' => Reply::Complete(text(body)),
            b'E' => Reply::Error(ErrorFields::parse(body)),
            b'N' => Reply::Notice(ErrorFields::parse(body)),
            b'Z' => Reply::Ready(body.first().copied().unwrap_or(b'?').into()),
            b'G' | b'H' | b'W' => Reply::Copy(tag.into(), body.to_vec()),
            b'd' => Reply::CopyData(body.to_vec()),
            other => Reply::Other(other.into()),
        }
    }
}

fn number(bytes: &[u8]) -> i64 {
    bytes.iter().fold(0_i64, |n, b| n << 8 | i64::from(*b))
}

fn columns(body: &[u8]) -> Vec<Column> {
    let mut out = Vec::new();
    let mut rest = body.get(2..).unwrap_or_default();
    while let Some((name, behind)) = cstr(rest) {
        let Some(fixed) = behind.get(..18) else { break };
        out.push(Column {
            name: name.to_vec(),
            type_oid: number(&fixed[6..10]) as u32,
            type_size: number(&fixed[10..12]) as u16 as i16,
            modifier: number(&fixed[12..16]) as u32 as i32,
            format: number(&fixed[16..18]) as i16,
        });
        rest = &behind[18..];
    }
    out
}

fn cells(body: &[u8]) -> Vec<Option<Vec<u8>>> {
    let mut out = Vec::new();
    let mut rest = body.get(2..).unwrap_or_default();
    while let Some(length) = rest.get(..4) {
        let length = number(length) as u32 as i32;
        rest = &rest[4..];
        let Ok(length) = usize::try_from(length) else {
            out.push(None);
            continue;
        };
        let Some(value) = rest.get(..length) else { break };
        out.push(Some(value.to_vec()));
        rest = &rest[length..];
    }
    out
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
        match self {
            Reply::Columns(columns) => {
                let one = |c: &Column| {
                    format!("{} {}({}) size {} format {}", text(&c.name), c.type_oid, c.modifier, c.type_size, c.format)
                };
                write!(f, "columns [{}]", columns.iter().map(one).collect::<Vec<_>>().join(", "))
            }
            Reply::Parameters(types) => write!(f, "parameters {types:?}"),
            Reply::Row(cells) => {
                let one = |c: &Option<Vec<u8>>| c.as_ref().map_or("NULL".to_owned(), |c| format!("{:?}", text(c)));
                write!(f, "row ({})", cells.iter().map(one).collect::<Vec<_>>().join(", "))
            }
            Reply::Complete(tag) => write!(f, "complete {tag}"),
            Reply::Error(fields) | Reply::Notice(fields) => {
                let what = if matches!(self, Reply::Error(_)) { "error" } else { "notice" };
                let one = |(code, value): &(u8, Vec<u8>)| format!("{}={:?}", char::from(*code), text(value));
                write!(f, "{what} {}", fields.0.iter().map(one).collect::<Vec<_>>().join(" "))
            }
            Reply::Ready(status) => write!(f, "ready {status}"),
            Reply::Copy(tag, formats) => write!(f, "copy {tag} {formats:?}"),
            Reply::CopyData(data) => write!(f, "copy data {:?}", text(data)),
            Reply::Other(tag) => write!(f, "{tag}"),
        }
    }
}
