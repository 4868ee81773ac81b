//! SQL files, statement by statement; properties, line by line; and any other text.

use std::io::BufRead;

use super::lines::Lines;
use super::piece::{Piece, decoded};

/// Calls `each` with every line of a text of any size.
pub(super) fn lines<R: BufRead>(lines: &mut Lines<R>, each: &mut dyn FnMut(Piece)) -> std::io::Result<()> {
    while let Some(line) = lines.next()? {
        let text = decoded(line.to_vec());
        each(Piece::of("text", &text, lines.number));
    }
    Ok(())
}

/// The same of a text that is in memory.
pub(super) fn text(text: &str, each: &mut dyn FnMut(Piece)) {
    text.lines().zip(1..).for_each(|(line, number)| each(Piece::of("text", line, number)));
}

/// The values of a properties file (java.util.Properties): a line that ends with a backslash is continued.
pub(super) fn properties(text: &str, each: &mut dyn FnMut(Piece)) {
    let mut open: Option<Piece> = None;
    for (line, number) in text.lines().zip(1..) {
        let trimmed = line.trim_start();
        if open.is_none() && (trimmed.starts_with(['#', '!']) || trimmed.is_empty()) {
            continue;
        }
        let (part, goes_on) = match trimmed.strip_suffix('\\') {
            // The last backslash is escaped by the one before it.
            Some(part) if !part.ends_with('\\') => (part, true),
            _ => (trimmed, false),
        };
        match &mut open {
            Some(piece) => piece.add(part, number),
            None => {
                let value = part.find(['=', ':']).map_or(part, |at| part[at + 1..].trim_start());
                open = Some(Piece::of("properties", value, number));
            }
        }
        if !goes_on {
            open.take().into_iter().for_each(&mut *each);
        }
    }
    open.into_iter().for_each(each);
}

/// The statements of a file that psql reads: up to a `;` outside quotes and comments. psql's own commands and the rows of COPY FROM STDIN are
/// skipped. A dollar-quoted body is a part of its statement.
pub(super) fn statements(text: &str, each: &mut dyn FnMut(Piece)) {
    let bytes = text.as_bytes();
    let (mut at, mut begin, mut line, mut begin_line) = (0, 0, 1, 1);
    while at < bytes.len() {
        let rest = &text[at..];
        let is_empty = text[begin..at].trim().is_empty();
        let is_at_line = at == 0 || bytes[at - 1] == b'\n';
        let length = match bytes[at] {
            b'\\' if is_at_line && is_empty => rest.find('\n').unwrap_or(rest.len()),
            b'-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            b'/' if rest.starts_with("/*") => rest[2..].find("*/").map_or(rest.len(), |end| end + 4),
            quote @ (b'\'' | b'"') => bytes[at + 1..].iter().position(|b| *b == quote).map_or(rest.len(), |end| end + 2),
            b'$' => dollar_quoted(rest),
            b';' => {
                let statement = &text[begin..at];
                each(Piece::of("sql", statement, begin_line));
                let rows = if copies(statement) { rest.find("\n\\.").map_or(rest.len(), |end| end + 3) } else { 1 };
                line += rest.as_bytes()[..rows].iter().map(|b| u64::from(*b == b'\n')).sum::<u64>();
                at += rows;
                (begin, begin_line) = (at, line);
                continue;
            }
            _ => rest.chars().next().map_or(1, char::len_utf8),
        };
        if matches!(bytes[at], b'\\') && is_at_line && is_empty {
            (begin, begin_line) = (at + length, line);
        } else if is_empty && bytes[at].is_ascii_whitespace() {
            begin = at + 1;
            begin_line = line + u64::from(bytes[at] == b'\n');
        }
        line += bytes[at..at + length].iter().map(|b| u64::from(*b == b'\n')).sum::<u64>();
        at += length;
    }
    if !text[begin..].trim().is_empty() {
        each(Piece::of("sql", &text[begin..], begin_line));
    }
}

/// The length of a text between `$tag$` and `$tag$`; 1 if none begins here.
fn dollar_quoted(text: &str) -> usize {
    let Some(end) = text[1..].find('$') else { return 1 };
    let tag = &text[..end + 2];
    let is_tag = tag[1..tag.len() - 1].chars().all(|c| c.is_alphanumeric() || c == '_');
    if !is_tag {
        return 1;
    }
    text[tag.len()..].find(tag).map_or(text.len(), |end| end + 2 * tag.len())
}

/// Whether it is a COPY that is followed by its rows.
fn copies(statement: &str) -> bool {
    let mut words = statement.split_whitespace();
    let is = |word: Option<&str>, wanted: &str| word.is_some_and(|word| word.eq_ignore_ascii_case(wanted));
    is(words.next(), "COPY") && words.any(|word| word.eq_ignore_ascii_case("stdin"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(read: impl FnOnce(&mut dyn FnMut(Piece))) -> Vec<String> {
        let mut told = Vec::new();
        read(&mut |piece| told.push(format!("{}:{}", piece.line(0), piece.text.trim())));
        told
    }

    #[test]
    fn statements_end_where_psql_ends_them() {
        let sql = "\\set x 1\nselect ';' -- ;\n, \";\";\n\ncreate function f() as $x$ a; $$ b $x$;\ncopy t from stdin;\n1;2\n\\.\n/* ; */ select $1 'ñ';\nñ last";
        let found = told(|each| statements(sql, each));
        assert_eq!(
            found,
            [
                "2:select ';' -- ;\n, \";\"",
                "5:create function f() as $x$ a; $$ b $x$",
                "6:copy t from stdin",
                "9:/* ; */ select $1 'ñ'",
                "10:ñ last"
            ]
        );
        for (at, _) in sql.char_indices() {
            told(|each| statements(&sql[at..], each));
            told(|each| statements(&sql[..at], each));
        }
    }

    #[test]
    fn properties_go_on_behind_a_backslash() {
        let found = told(|each| properties("# no = 1\na.b = select \\\n  x\nc: y\\\\\nd=z\\", each));
        assert_eq!(found, ["2:select x", "4:y\\\\", "5:z"]);
    }
}
