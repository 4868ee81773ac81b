//! A console command as tokens, with where each stands: those of `sql`, and the errors that PostgreSQL's own scanner would raise.

use std::ops::Range;

use super::failure::Failure;
use crate::error::sqlstate;
use crate::sql::plain::plain;
pub(super) use crate::sql::plain::{PlainToken as Token, TokenKind};
use crate::sql::token::{LexError, position};

/// Cuts a text into tokens.
pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, Failure> {
    let tokens = plain(text).map_err(|error| unterminated(text, &error))?;
    let is_symbol = |c: char| c.is_ascii_graphic();
    let odd = tokens.iter().find(|token| matches!(token.kind, TokenKind::Symbol(symbol) if !symbol.starts_with(is_symbol)));
    match odd {
        Some(token) => Err(near(text, token.span.start, "syntax error", &text[token.span.range()])),
        None => Ok(tokens),
    }
}

/// An error about a text from a byte on, and what of it is shown.
fn near(text: &str, at: usize, message: &str, shown: &str) -> Failure {
    let message = format!("{message} at or near \"{shown}\"");
    Failure::new(sqlstate::SYNTAX_ERROR, message).position(position(text, at))
}

/// The error for a token that does not end (source, scan.l).
fn unterminated(text: &str, error: &LexError) -> Failure {
    let rest = &text[error.at..];
    // `'`, perhaps after E, N, B, X or U&.
    let quote = rest.trim_start_matches(|c: char| c.is_ascii_alphabetic() || c == '&').chars().next();
    let (what, length) = match (rest.as_bytes(), quote) {
        ([b'/', b'*', ..], _) => ("unterminated comment", 40),
        ([b'$', ..], _) => ("unterminated dollar-quoted string", 40),
        (_, Some('"')) => ("unterminated quoted identifier", 40),
        (_, Some('\'')) => ("unterminated quoted string", 40),
        _ => ("syntax error", 1),
    };
    let shown: String = rest.chars().take(length).collect();
    near(text, error.at, what, &shown)
}

/// Ranges of tokens between semicolons; empty ones are left out.
pub(super) fn statements(tokens: &[Token<'_>]) -> Vec<Range<usize>> {
    let ends = (0..tokens.len()).filter(|i| tokens[*i].kind == TokenKind::Symbol(";")).chain([tokens.len()]);
    let mut start = 0;
    let ranges = ends.map(|end| std::mem::replace(&mut start, end + 1)..end);
    ranges.filter(|range| !range.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_ended_is_an_error_with_its_place() {
        for (text, message, at) in [
            ("ñ 'x", "unterminated quoted string at or near \"'x\"", 3),
            ("a E'x", "unterminated quoted string at or near \"E'x\"", 3),
            ("\"x", "unterminated quoted identifier at or near \"\"x\"", 1),
            ("a /* /* */", "unterminated comment at or near \"/* /* */\"", 3),
            ("a </* x", "unterminated comment at or near \"/* x\"", 4),
            ("$$x", "unterminated dollar-quoted string at or near \"$$x\"", 1),
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
        for text in ["$", "$é", "1.", "1e", "1e+", "é'", "/*", "-", "''", "\"\"", "1..2", "🦀$1", "'a'._b", "0x", "@-", "|&"]
        {
            let _ = tokens(text);
        }
    }
}
