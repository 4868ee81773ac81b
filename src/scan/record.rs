//! CSV: PostgreSQL's log as CSV (manual, section "Error Reporting and Logging": csvlog), and dumps of pg_stat_statements with a header. A record
//! spans several lines while a quote is open; one longer than the bound is given up, and the next line begins a new record.

use std::io::BufRead;

use super::lines::Lines;
use super::log::statement_of_message;
use super::piece::{Piece, decoded};

/// The most bytes of a record.
const RECORD_BYTES: usize = 2 << 20;
/// Columns of csvlog: the message, and the statement that it is about.
const MESSAGE: usize = 13;
const QUERY: usize = 19;
/// The fewest columns of csvlog.
const LOG_COLUMNS: usize = 23;

/// The meaning of the columns.
enum Form {
    Log,
    /// The columns of the statement and of the number of calls.
    Statements(usize, Option<usize>),
}

/// Whether a file begins like one of them.
pub(super) fn is_known(head: &[u8]) -> bool {
    let head = String::from_utf8_lossy(head);
    let first = fields(head.lines().next().unwrap_or_default());
    form(&first).is_some()
}

fn form(first: &[String]) -> Option<Form> {
    let place = |name: &str| first.iter().position(|field| field == name);
    if let Some(query) = place("query").filter(|_| place("calls").is_some() || place("queryid").is_some()) {
        return Some(Form::Statements(query, place("calls")));
    }
    // The first field is a timestamp, the fourth a process id, and the twelfth a severity in capitals.
    let is_moment = first.first().is_some_and(|f| f.len() > 18 && f.as_bytes()[4] == b'-' && f.as_bytes()[10] == b' ');
    let is_log = is_moment && first.len() > 11 && first[3].bytes().all(|b| b.is_ascii_digit());
    is_log.then_some(Form::Log)
}

/// Calls `each` with every statement, and how often it ran.
pub(super) fn read<R: BufRead>(lines: &mut Lines<R>, each: &mut dyn FnMut(Piece, u64)) -> std::io::Result<()> {
    let mut of: Option<Form> = None;
    while let Some((record, line)) = record(lines)? {
        let fields = fields(&record);
        let is_first = of.is_none();
        match of.get_or_insert_with(|| form(&fields).unwrap_or(Form::Log)) {
            Form::Statements(..) if is_first => {}
            Form::Statements(query, calls) => {
                let times = calls.and_then(|calls| fields.get(calls)?.parse().ok()).unwrap_or(1);
                if let Some(query) = fields.get(*query) {
                    each(Piece::of("pg_stat_statements", query, line), times);
                }
            }
            Form::Log if fields.len() >= LOG_COLUMNS => {
                statement_of_message(&fields[MESSAGE], line, "log", each);
                if !fields[QUERY].is_empty() {
                    each(Piece::of("log", &fields[QUERY], line), 1);
                }
            }
            Form::Log => {}
        }
    }
    Ok(())
}

/// The next record and the line that it begins on.
fn record<R: BufRead>(lines: &mut Lines<R>) -> std::io::Result<Option<(String, u64)>> {
    let Some(first) = lines.next()? else { return Ok(None) };
    let mut bytes = first.to_vec();
    let begin = lines.number;
    let quotes = |line: &[u8]| line.iter().filter(|b| **b == b'"').count() % 2 == 1;
    let mut is_open = quotes(&bytes);
    while is_open {
        let Some(line) = lines.next()? else { break };
        if bytes.len() + line.len() > RECORD_BYTES {
            // An unclosed quote: the next line may begin a valid record.
            lines.again();
            break;
        }
        is_open ^= quotes(line);
        bytes.push(b'\n');
        bytes.extend_from_slice(line);
    }
    Ok(Some((decoded(bytes), begin)))
}

/// The fields of a record (RFC 4180).
fn fields(record: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut letters = record.chars().peekable();
    let mut is_quoted = false;
    while let Some(letter) = letters.next() {
        match letter {
            '"' if is_quoted && letters.next_if_eq(&'"').is_some() => fields.last_mut().into_iter().for_each(|f| f.push('"')),
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => fields.push(String::new()),
            _ => fields.last_mut().into_iter().for_each(|f| f.push(letter)),
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<String> {
        let mut told = Vec::new();
        read(&mut Lines::new(text.as_bytes()), &mut |piece, times| {
            told.push(format!("{}:{times}:{}", piece.line(0), piece.text))
        })
        .unwrap();
        told
    }

    #[test]
    fn both_forms_are_known() {
        let dump = "userid,queryid,query,calls\n1,7,\"select \"\"a\"\"\n from t, u\",41\n1,8,select 2,x\n";
        assert!(is_known(dump.as_bytes()));
        assert_eq!(told(dump), ["2:41:select \"a\"\n from t, u", "4:1:select 2"]);
        let line = |message: &str, query: &str| {
            format!(
                "2026-03-01 10:00:00.123 CST,\"u\",\"d\",77,\"1.2.3.4:5\",abc,1,\"SELECT\",2026-03-01 09:00:00 CST,3/4,0,LOG,00000,\"{message}\",,,,,,\"{query}\",15,,\"app\",\"client backend\",,0\n"
            )
        };
        let log = line("statement: select 1", "")
            + &line("no such \"\"t\"\"", "select\n2")
            + "garbage\n"
            + &line("statement: select 3", "");
        assert!(is_known(log.as_bytes()) && !is_known(b"a,b\n1,2\n"));
        assert_eq!(told(&log), ["1:1:select 1", "2:1:select\n2", "5:1:select 3"]);
    }

    #[test]
    fn a_quote_that_is_never_closed_does_not_take_the_rest() {
        let long = format!("query,calls\n\"open\n{}", "x\n".repeat(RECORD_BYTES)) + "select 9,3\n";
        assert!(told(&long).iter().any(|found| found.ends_with(":3:select 9")));
    }
}
