//! A console command -> tokens, with where each stands.
//!
//! The words, literals and comments of SQL, as far as the console's grammar and what drivers send need them. This is not the
//! lexer of the rewriter: a console command is no SQL, and `sql` keeps its parser's types to itself.

use std::ops::Range;

use super::failure::Failure;
use crate::error::sqlstate;

/// A piece of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// First byte in the client's text.
    pub(super) start: usize,
    /// One past the last.
    pub(super) end: usize,
}

/// What a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A key word or a name without quotes, as written.
    Word(String),
    /// `"A name"`, without its quotes.
    Quoted(String),
    /// `'a literal'`, without its quotes.
    Text(String),
    /// Digits, perhaps with a point and an exponent.
    Number(String),
    /// `$1`.
    Parameter,
    /// An operator or punctuation.
    Symbol(&'static str),
}

/// Longest first, so that `<=` is not read as `<`.
const SYMBOLS: &[&str] = &[
    "<=", ">=", "<>", "!=", "::", ",", ";", "(", ")", "=", "<", ">", ".", "*", "-", "+", "/", "%", "[", "]", "|", "~", "^", "&",
    "#", "@", "!", "?", ":", "{", "}", "\\", "`", "$",
];

/// The number of the character that begins at a byte, from 1.
pub(super) fn character(text: &str, byte: usize) -> usize {
    text.get(..byte).map_or(1, |before| before.chars().count() + 1)
}

/// Cuts a text into tokens.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Failure> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(next) = text[at..].chars().next() {
        let rest = &text[at..];
        if next.is_whitespace() {
            at += next.len_utf8();
            continue;
        }
        if rest.starts_with("--") {
            at += rest.find('\n').unwrap_or(rest.len());
            continue;
        }
        if rest.starts_with("/*") {
            at += comment(rest).ok_or_else(|| unterminated(text, at, "comment"))?;
            continue;
        }
        let (kind, length) = token(text, at, next)?;
        out.push(Token { kind, start: at, end: at + length });
        at += length;
    }
    Ok(out)
}

fn token(text: &str, at: usize, next: char) -> Result<(Kind, usize), Failure> {
    let rest = &text[at..];
    let run = |accept: fn(char) -> bool| rest.find(|c| !accept(c)).unwrap_or(rest.len());
    if next == '\'' {
        let (value, length) = quoted(rest, '\'').ok_or_else(|| unterminated(text, at, "quoted string"))?;
        return Ok((Kind::Text(value), length));
    }
    if next == '"' {
        let (value, length) = quoted(rest, '"').ok_or_else(|| unterminated(text, at, "quoted identifier"))?;
        return Ok((Kind::Quoted(value), length));
    }
    if next.is_alphabetic() || next == '_' {
        let length = run(|c| c.is_alphanumeric() || c == '_' || c == '$');
        return Ok((Kind::Word(rest[..length].to_owned()), length));
    }
    if next.is_ascii_digit() {
        let length = number(rest.as_bytes());
        return Ok((Kind::Number(rest[..length].to_owned()), length));
    }
    if next == '$' && rest[1..].starts_with(|c: char| c.is_ascii_digit()) {
        let digits = rest[1..].find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len() - 1);
        return Ok((Kind::Parameter, 1 + digits));
    }
    let symbol = SYMBOLS.iter().find(|s| rest.starts_with(**s));
    let symbol = symbol.ok_or_else(|| syntax(text, at, &format!("syntax error at or near \"{next}\"")))?;
    Ok((Kind::Symbol(symbol), symbol.len()))
}

/// The value between two quotes, a doubled one standing for itself, and the length with the quotes.
fn quoted(rest: &str, quote: char) -> Option<(String, usize)> {
    let mut value = String::new();
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((i, c)) = chars.next() {
        if c != quote {
            value.push(c);
        } else if chars.next_if(|(_, c)| *c == quote).is_some() {
            value.push(quote);
        } else {
            return Some((value, i + 1));
        }
    }
    None
}

/// The length of a number: digits, a fraction, an exponent.
fn number(bytes: &[u8]) -> usize {
    let digits = |from: usize| from + bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let mut end = digits(0);
    if bytes.get(end) == Some(&b'.') {
        end = digits(end + 1);
    }
    if bytes.get(end).is_some_and(|b| b.eq_ignore_ascii_case(&b'e')) {
        let sign = usize::from(bytes.get(end + 1).is_some_and(|b| matches!(b, b'+' | b'-')));
        let exponent = digits((end + 1 + sign).min(bytes.len()));
        end = if exponent > end + 1 + sign { exponent } else { end };
    }
    end
}

/// The length of a comment, with those inside it.
fn comment(rest: &str) -> Option<usize> {
    let (mut depth, mut at) = (0usize, 0);
    let bytes = rest.as_bytes();
    while at + 1 < bytes.len() {
        match &bytes[at..at + 2] {
            b"/*" => (depth, at) = (depth + 1, at + 2),
            b"*/" => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

/// A syntax error at a byte.
pub(super) fn syntax(text: &str, at: usize, message: &str) -> Failure {
    Failure::new(sqlstate::SYNTAX_ERROR, message).position(character(text, at))
}

fn unterminated(text: &str, at: usize, what: &str) -> Failure {
    let shown: String = text[at..].chars().take(40).collect();
    syntax(text, at, &format!("unterminated {what} at or near \"{shown}\""))
}

/// Ranges of tokens between semicolons; empty ones are left out.
pub(super) fn statements(tokens: &[Token]) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut start = 0;
    for (i, token) in tokens.iter().enumerate() {
        if token.kind == Kind::Symbol(";") {
            out.push(start..i);
            start = i + 1;
        }
    }
    out.push(start..tokens.len());
    out.retain(|range| !range.is_empty());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_know_where_they_stand() {
        let text = "show é -- x;\n /* a /* b */ ; */ 'it''s' \"A\"\"b\" 1.5e3<>$12";
        let found: Vec<(Kind, &str)> = tokens(text).unwrap().into_iter().map(|t| (t.kind, &text[t.start..t.end])).collect();
        let kinds: Vec<Kind> = found.iter().map(|(k, _)| k.clone()).collect();
        let word = |w: &str| Kind::Word(w.into());
        let values = [Kind::Text("it's".into()), Kind::Quoted("A\"b".into()), Kind::Number("1.5e3".into())];
        assert_eq!(kinds[..2], [word("show"), word("é")]);
        assert_eq!(kinds[2..5], values);
        assert_eq!(kinds[5..], [Kind::Symbol("<>"), Kind::Parameter]);
        assert_eq!(found[2].1, "'it''s'");
    }

    #[test]
    fn what_is_not_ended_is_an_error_with_its_place() {
        for (text, message, at) in [
            ("ñ 'x", "unterminated quoted string at or near \"'x\"", 3),
            ("\"x", "unterminated quoted identifier at or near \"\"x\"", 1),
            ("a /* /* */", "unterminated comment at or near \"/* /* */\"", 3),
            ("a \u{7}", "syntax error at or near \"\u{7}\"", 3),
        ] {
            let failure = tokens(text).unwrap_err();
            assert_eq!((failure.error.message.as_str(), failure.at()), (message, Some(at)), "{text}");
        }
    }

    #[test]
    fn statements_are_split_outside_literals() {
        let split = |text| statements(&tokens(text).unwrap()).len();
        assert_eq!((split(""), split(" ;; "), split("a; b 'c;d' ;"), split("a")), (0, 0, 2, 1));
    }

    #[test]
    fn no_text_panics() {
        for text in ["$", "$é", "1.", "1e", "1e+", "é'", "/*", "-", "''", "\"\"", "1..2", "🦀$1"] {
            let _ = tokens(text);
        }
    }
}
