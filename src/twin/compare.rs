//! Two answers are equal when a client cannot tell them apart. What may differ is listed in docs/differences.md, and only that is
//! overlooked here: the table and number of a result column, the source file of an error, the order of rows where the client asked
//! for none, and whether an invalid value fails when the portal is bound (where the planner folds it) or when it is executed.

use std::borrow::Cow;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::answer::{Answer, Column, Reply};
use crate::shadow::compare::Row;
pub use crate::shadow::compare::Rows;
use crate::wire::error_response::ErrorFields;

/// The first difference in words; `None` when there is none.
pub fn difference(direct: &Answer, proxied: &Answer, rows: Rows) -> Option<String> {
    if direct == proxied {
        return None;
    }
    let (direct, proxied) = (failing(direct), failing(proxied));
    // Most answers are equal without the search for clock values, which is expensive.
    first(&parts(&direct, None), &parts(&proxied, None), rows)?;
    let clock = Clock::now();
    first(&parts(&direct, Some(&clock)), &parts(&proxied, Some(&clock)), rows)
}

/// A part of an answer: a block of rows, or another reply.
#[derive(Debug, PartialEq)]
enum AnswerPart {
    Rows(Vec<Row>),
    Reply(Reply),
}

fn first(direct: &[AnswerPart], proxied: &[AnswerPart], rows: Rows) -> Option<String> {
    let told = |part: Option<&AnswerPart>| match part {
        None => "nothing".to_owned(),
        Some(AnswerPart::Reply(reply)) => reply.to_string(),
        Some(AnswerPart::Rows(block)) => format!("{} rows", block.len()),
    };
    let row = |row: Option<&Row>| row.map_or("nothing".to_owned(), |row| Reply::Row(row.clone()).to_string());
    (0..direct.len().max(proxied.len())).find_map(|i| match (direct.get(i), proxied.get(i)) {
        (Some(AnswerPart::Rows(old)), Some(AnswerPart::Rows(new))) => {
            let found = rows.difference(old, new)?;
            let [old, new] = found.counts;
            let (missing, added) = (row(found.missing), row(found.added));
            Some(format!("part {}, {old} and {new} rows\n      direct: {missing}\n     proxied: {added}", i + 1))
        }
        (one, other) if one == other => None,
        (one, other) => Some(format!("part {}\n      direct: {}\n     proxied: {}", i + 1, told(one), told(other))),
    })
}

/// An answer whose portal failed, without what came between the portal's begin and the error.
fn failing(answer: &Answer) -> Cow<'_, Answer> {
    let bound = answer.0.iter().position(|r| *r == Reply::Other('2'));
    let failed = answer.0.iter().position(|r| matches!(r, Reply::Error(_)));
    match (bound, failed) {
        (Some(bound), Some(failed)) if bound < failed => Cow::Owned(Answer([&answer.0[..bound], &answer.0[failed..]].concat())),
        _ => Cow::Borrowed(answer),
    }
}

/// The parts of an answer that are compared; with a clock, its values are masked.
fn parts(answer: &Answer, clock: Option<&Clock>) -> Vec<AnswerPart> {
    let mut out: Vec<AnswerPart> = Vec::new();
    for reply in &answer.0 {
        let row = match reply {
            Reply::Row(cells) => match clock {
                Some(clock) => cells.iter().map(|c| c.as_deref().map(|c| clock.without(c))).collect(),
                None => cells.clone(),
            },
            Reply::CopyData(data) => vec![Some(data.clone())],
            other => {
                out.push(AnswerPart::Reply(match other {
                    Reply::Columns(columns) => Reply::Columns(columns.iter().map(column).collect()),
                    Reply::Error(fields) => Reply::Error(error(fields, clock)),
                    Reply::Notice(fields) => Reply::Notice(error(fields, clock)),
                    other => other.clone(),
                }));
                continue;
            }
        };
        match out.last_mut() {
            Some(AnswerPart::Rows(block)) => block.push(row),
            _ => out.push(AnswerPart::Rows(vec![row])),
        }
    }
    out
}

/// The two sides run one after the other, so a clock value of a moment ago equals one of now.
struct Clock {
    /// Since 1970.
    now: Duration,
    /// Yesterday, today and tomorrow as dates: a text may be in another time zone.
    days: [String; 3],
}

impl Clock {
    fn now() -> Clock {
        let now = Timestamp::now();
        let days = [-1, 0, 1].map(|days| (now + SignedDuration::from_hours(24 * days)).strftime("%F").to_string());
        Clock { now: now.duration_since(Timestamp::UNIX_EPOCH).unsigned_abs(), days }
    }

    /// Binary: microseconds since 2000.
    fn shows(&self, binary: &[u8]) -> bool {
        const RECENT: Duration = Duration::from_secs(3600);
        const ZONES: Duration = Duration::from_secs(14 * 3600);
        /// Seconds from 1970 to PostgreSQL's own epoch, 2000-01-01.
        const EPOCH: u64 = 946_684_800;
        let micros = binary.try_into().map(i64::from_be_bytes).ok().and_then(|m| u64::try_from(m).ok()).unwrap_or(0);
        let at = Duration::from_secs(EPOCH).saturating_add(Duration::from_micros(micros));
        at + ZONES + RECENT > self.now && at < self.now + ZONES + RECENT && micros % 1_000_000 != 0
    }

    fn without(&self, cell: &[u8]) -> Vec<u8> {
        const TIMESTAMP_FIELD: [u8; 8] = [0, 0, 0x04, 0x5A, 0, 0, 0, 8];
        const TIMESTAMPTZ_FIELD: [u8; 8] = [0, 0, 0x04, 0xA0, 0, 0, 0, 8];
        if cell.len() < size_of::<i64>() {
            return cell.to_vec();
        }
        if self.shows(cell) {
            return b"now".to_vec();
        }
        let mut out = cell.to_vec();
        // A whole row in binary: before each field its type and length (PostgreSQL source, record_send).
        for head in [TIMESTAMP_FIELD, TIMESTAMPTZ_FIELD] {
            for at in memchr::memmem::find_iter(cell, &head).map(|at| at + head.len()) {
                if cell.get(at..at + 8).is_some_and(|c| self.shows(c)) {
                    out[at..at + 8].copy_from_slice(b"now     ");
                }
            }
        }
        // As text, also inside a whole row: only stamps with microseconds, which values written by hand do not have.
        for day in &self.days {
            let mut from = 0;
            while let Some(at) = memchr::memmem::find(&out[from..], day.as_bytes()).map(|at| from + at) {
                from = at + day.len();
                let clock = out.get(from..from + 10).is_some_and(|c| matches!(c[0], b' ' | b'T') && c[9] == b'.');
                if clock {
                    let digits = out[from + 10..].iter().take_while(|b| b.is_ascii_digit()).count();
                    out.splice(at..from + 10 + digits, *b"now");
                    from = at;
                }
            }
        }
        out
    }

    /// The same for stamps inside a longer text, such as the row that an error shows.
    fn without_inside(&self, text: &[u8]) -> Vec<u8> {
        let mut out = String::from_utf8_lossy(text).into_owned();
        for day in &self.days {
            while let Some(at) = out.find(day) {
                let length = out[at..].find(|c: char| !c.is_ascii_digit() && !" -:.".contains(c)).unwrap_or(out.len() - at);
                out.replace_range(at..at + length, "now");
            }
        }
        out.into_bytes()
    }
}

/// A whole row has the table's row type on one side and `record` on the other.
fn column(column: &Column) -> Column {
    const FIRST_USER_TYPE: u32 = 16384;
    const RECORD: u32 = 2249;
    let type_oid = if column.type_oid >= FIRST_USER_TYPE { RECORD } else { column.type_oid };
    Column { type_oid, ..column.clone() }
}

/// An error without the position in PostgreSQL's source that raised it.
fn error(fields: &ErrorFields, clock: Option<&Clock>) -> ErrorFields {
    let seen = fields.0.iter().filter(|(code, _)| !b"FLR".contains(code));
    let told = |value: &Vec<u8>| clock.map_or_else(|| value.clone(), |clock| clock.without_inside(value));
    let mut kept: Vec<(u8, Vec<u8>)> = seen.map(|(code, value)| (*code, told(value))).collect();
    kept.sort();
    ErrorFields(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(text: &str) -> Reply {
        Reply::Row(vec![Some(text.as_bytes().to_vec())])
    }

    #[test]
    fn rows_are_a_multiset_unless_an_order_was_asked_for() {
        let one = Answer(vec![row("a"), row("b"), row("a"), Reply::Ready('I')]);
        let two = Answer(vec![row("a"), row("a"), row("b"), Reply::Ready('I')]);
        let three = Answer(vec![row("a"), row("b"), row("b"), Reply::Ready('I')]);
        assert_eq!(difference(&one, &two, Rows::Unordered), None);
        assert!(difference(&one, &two, Rows::Ordered).is_some());
        assert!(difference(&one, &three, Rows::Unordered).is_some());
        assert_eq!(difference(&one, &three, Rows::Counted), None);
    }

    #[test]
    fn the_clock_is_no_difference() {
        let stamp = |fraction: &str| Timestamp::now().strftime(&format!("%F 10:00:00{fraction}")).to_string().into_bytes();
        assert_eq!(Clock::now().without(&stamp(".123456")), b"now");
        assert_eq!(Clock::now().without(&stamp("")), stamp(""));
        let row = [b"(1,\"", stamp(".123456").as_slice(), b"\",x)"].concat();
        assert_eq!(Clock::now().without(&row), b"(1,\"now\",x)");
        assert_eq!(Clock::now().without(b"2015-01-01 10:00:00.123456"), b"2015-01-01 10:00:00.123456");
        let micros = |seconds: u64| (seconds * 1_000_000 + 123_456).to_be_bytes();
        let field = |stamp: [u8; 8]| [&[0, 0, 0, 1, 0, 0, 0x04, 0x5A, 0, 0, 0, 8], stamp.as_slice()].concat();
        let clock = Timestamp::now().as_second().unsigned_abs() - 946_684_800;
        assert_eq!(Clock::now().without(&field(micros(clock))), field(*b"now     "));
        assert_eq!(Clock::now().without(&field(micros(0))), field(micros(0)));
    }

    #[test]
    fn an_error_may_come_at_bind_or_at_execute() {
        let error = || Reply::Error(ErrorFields(vec![(b'C', b"22001".to_vec())]));
        let bind = Answer(vec![Reply::Other('1'), error()]);
        let execute = Answer(vec![Reply::Other('1'), Reply::Other('2'), Reply::Other('n'), error()]);
        assert_eq!(difference(&bind, &execute, Rows::Ordered), None);
        let other = Answer(vec![Reply::Other('1'), Reply::Other('2'), Reply::Complete("UPDATE 1".into())]);
        assert!(difference(&bind, &other, Rows::Ordered).is_some());
    }

    #[test]
    fn what_is_missing_or_too_much_is_told() {
        let one = Answer(vec![row("a")]);
        assert!(difference(&one, &Answer::default(), Rows::Ordered).unwrap().contains("proxied: nothing"));
        assert!(difference(&Answer::default(), &one, Rows::Ordered).unwrap().contains("direct: nothing"));
    }
}
