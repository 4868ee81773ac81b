//! PostgreSQL's log, as text on standard error and as JSON: logged statements (`log_statement`, `log_min_duration_statement`, `auto_explain`), and
//! statements of errors. In English and in Spanish, depending on lc_messages.

use std::io::BufRead;

use super::lines::Lines;
use super::piece::{Piece, decoded};

/// A longer message is cut.
const MESSAGE_BYTES: usize = 1 << 20;
/// The severities after the prefix of a line (source, elog.c: error_severity).
const SEVERITIES: [&str; 11] = [
    "LOG:  ",
    "ERROR:  ",
    "FATAL:  ",
    "WARNING:  ",
    "NOTICE:  ",
    "DETAIL:  ",
    "HINT:  ",
    "CONTEXT:  ",
    "STATEMENT:  ",
    "SENTENCIA:  ",
    "PANIC:  ",
];

/// Whether a file begins like such a log.
pub(super) fn is_stderr(head: &[u8]) -> bool {
    let head = String::from_utf8_lossy(head);
    head.lines().take(20).any(|line| SEVERITIES.iter().any(|severity| line.contains(severity)))
}

/// Whether a file begins like a log in JSON.
pub(super) fn is_json(head: &[u8]) -> bool {
    head.starts_with(b"{\"timestamp\":")
}

/// A log as text: lines that begin with a tab continue the message before them.
pub(super) fn stderr<R: BufRead>(lines: &mut Lines<R>, each: &mut dyn FnMut(Piece, u64)) -> std::io::Result<()> {
    let mut message = String::new();
    let mut begin = 0;
    while let Some(line) = lines.next()? {
        let text = decoded(line.to_vec());
        let goes_on = text.starts_with('\t');
        let number = lines.number;
        if goes_on && !message.is_empty() {
            if message.len() < MESSAGE_BYTES {
                message.push('\n');
                message.push_str(&text[1..]);
            }
            continue;
        }
        statement_of_line(&message, begin, each);
        message = text;
        begin = number;
    }
    statement_of_line(&message, begin, each);
    Ok(())
}

fn statement_of_line(message: &str, line: u64, each: &mut dyn FnMut(Piece, u64)) {
    let found = SEVERITIES.iter().filter_map(|severity| Some((message.find(severity)?, *severity))).min();
    let Some((at, severity)) = found else { return };
    let said = &message[at + severity.len()..];
    match severity {
        "STATEMENT:  " | "SENTENCIA:  " => each(Piece::of("log", said, line), 1),
        _ => statement_of_message(said, line, "log", each),
    }
}

/// The statement of a message, if it has one.
pub(super) fn statement_of_message(message: &str, line: u64, source: &'static str, each: &mut dyn FnMut(Piece, u64)) {
    let said = message.trim_start();
    // "duration: 1.2 ms  statement: ..." (source, postgres.c: exec_simple_query)
    let said = ["duration: ", "duración: "]
        .iter()
        .find_map(|word| said.strip_prefix(word))
        .map_or(said, |rest| rest.find(" ms").map_or(rest, |end| rest[end + 3..].trim_start()));
    for head in ["statement: ", "sentencia: "] {
        if let Some(statement) = said.strip_prefix(head) {
            return each(Piece::of(source, statement, line), 1);
        }
    }
    // "execute <unnamed>: ..."; its parse and bind are logged before it and are the same statement, so they do not count.
    if ["execute ", "ejecutar ", "ejecute "].iter().any(|head| said.starts_with(head)) {
        if let Some(at) = said.find(": ") {
            each(Piece::of(source, &said[at + 2..], line), 1);
        }
        return;
    }
    // auto_explain: "plan:\nQuery Text: ...\nSeq Scan on ... (cost=..."
    if let Some(at) = said.find("Query Text: ") {
        let query = &said[at + "Query Text: ".len()..];
        let plan = query.find("(cost=").map_or(query.len(), |cost| query[..cost].rfind('\n').unwrap_or(cost));
        each(Piece::of(source, &query[..plan], line), 1);
    } else if let Some(at) = said.find("\"Query Text\": ") {
        let mut values = serde_json::Deserializer::from_str(&said[at + "\"Query Text\": ".len()..]).into_iter::<String>();
        if let Some(Ok(query)) = values.next() {
            each(Piece::of(source, &query, line), 1);
        }
    }
}

/// A log in JSON: one object per line.
pub(super) fn json<R: BufRead>(lines: &mut Lines<R>, each: &mut dyn FnMut(Piece, u64)) -> std::io::Result<()> {
    while let Some(line) = lines.next()? {
        let Ok(entry) = serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(line) else { continue };
        let text = |key: &str| entry.get(key).and_then(serde_json::Value::as_str);
        if let Some(statement) = text("statement") {
            each(Piece::of("log", statement, lines.number), 1);
        }
        text("message").into_iter().for_each(|message| statement_of_message(message, lines.number, "log", each));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(read: impl FnOnce(&mut dyn FnMut(Piece, u64))) -> Vec<String> {
        let mut told = Vec::new();
        read(&mut |piece, times| told.push(format!("{}:{times}:{}", piece.line(0), piece.text.trim())));
        told
    }

    #[test]
    fn statements_are_found_in_every_form() {
        let log = "2026-03-01 10:00:00 CST [7] u@d LOG:  statement: select 1\n\tfrom t\n\
                   2026 LOG:  duration: 1.25 ms  execute S_1: select 2\n2026 DETAIL:  parameters: $1 = '7'\n\
                   2026 ERROR:  relation \"t\" does not exist at character 15\n2026 STATEMENT:  select 3\n\
                   2026 LOG:  duration: 9.1 ms  plan:\n\tQuery Text: select 4\n\tfrom t\n\tSeq Scan on t  (cost=0.00..1.00 rows=1 width=4)\n\
                   2026 LOG:  duration: 9.1 ms  plan:\n\t{\n\t  \"Query Text\": \"select \\\"5\\\"\",\n\t  \"Plan\": {}\n\
                   2026 LOG:  duración: 1.0 ms  sentencia: select 6\n2026 SENTENCIA:  select 7\n2026 LOG:  checkpoint starting: time\n";
        assert!(is_stderr(log.as_bytes()));
        let expected = [
            "1:1:select 1\nfrom t",
            "3:1:select 2",
            "6:1:select 3",
            "7:1:select 4\nfrom t",
            "11:1:select \"5\"",
            "15:1:select 6",
            "16:1:select 7",
        ];
        assert_eq!(told(|each| stderr(&mut Lines::new(log.as_bytes()), each).unwrap()), expected);
        let log = "{\"timestamp\":\"x\",\"message\":\"statement: select 1\"}\nbroken\n{\"timestamp\":\"x\",\"statement\":\"select 2\",\"message\":\"no\"}\n";
        assert!(is_json(log.as_bytes()));
        assert_eq!(told(|each| json(&mut Lines::new(log.as_bytes()), each).unwrap()), ["1:1:select 1", "3:1:select 2"]);
    }
}
