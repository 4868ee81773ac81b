//! A statement without its literals: reports group by it, and statements are stored only in this form.

use std::sync::Arc;

use sqlparser::tokenizer::Token;

use super::attribution::attribution;
use super::token::{Lexed, Lexeme};

/// A longer normalised text is cut: it is only for reading.
const NORMALISED_BYTES: usize = 2000;

/// A statement as reports know it.
#[derive(Debug, Clone)]
pub struct Seen {
    /// [`fingerprint`] of `text`.
    pub fingerprint: i64,
    /// The statement without literals.
    pub text: Arc<str>,
    /// What is sent in its place, without literals; `None` where that is the text itself.
    pub rewritten: Option<Arc<str>>,
    /// Where in the application it comes from, if a comment in it says so; otherwise empty.
    pub attribution: Arc<str>,
}

impl Seen {
    /// A statement and the text that is sent in its place; at most 2,000 bytes of each are kept.
    pub fn of(text: &str, rewritten: Option<&str>) -> Self {
        let normalised = normalise(text, NORMALISED_BYTES);
        Seen {
            fingerprint: fingerprint(&normalised),
            text: normalised.into(),
            rewritten: rewritten.map(|text| normalise(text, NORMALISED_BYTES).into()),
            attribution: attribution(text).unwrap_or_default().into(),
        }
    }

    /// The memory that its texts take.
    pub fn bytes(&self) -> usize {
        self.text.len() + self.rewritten.as_ref().map_or(0, |text| text.len()) + self.attribution.len()
    }
}

/// The text with every literal replaced by `?`, white space and comments folded, unquoted words in lower case, and lists of
/// literals (`IN (1, 2, 3)`, rows of VALUES) shortened to one, so that statements that differ only in values become equal. At most
/// `limit` bytes.
pub fn normalise(text: &str, limit: usize) -> String {
    let Ok(lexed) = Lexed::new(text) else { return until_quoted(text, limit) };
    // In `'O'HARA'` the literal has ended too early, and the next quote begins one of what is SQL.
    let follows =
        |pair: &[Lexeme]| pair[0].span.end == pair[1].span.start && is_quoted(&pair[0].token.token) && pair[1].word().is_some();
    if lexed.lexemes.windows(2).any(follows) {
        return until_quoted(text, limit);
    }
    let mut out = String::with_capacity(text.len().min(limit + 64));
    let mut end = 0;
    // After a literal the next one belongs to the same list. A comma after it is written only when something else follows.
    let (mut list, mut comma) = (false, false);
    for lexeme in &lexed.lexemes {
        let token = &lexeme.token.token;
        let value = is_literal(token);
        if list && (value || *token == Token::Comma && !comma) {
            comma = !value;
            end = lexeme.span.end;
            continue;
        }
        if std::mem::take(&mut comma) {
            out.push(',');
        }
        if lexeme.span.start > end && !out.is_empty() {
            out.push(' ');
        }
        end = lexeme.span.end;
        list = value;
        if value {
            out.push('?');
        } else {
            match lexeme.word() {
                Some(word) if word.quote_style.is_none() => out.push_str(&word.value.to_lowercase()),
                _ => out.push_str(&text[lexeme.span.range()]),
            }
        }
        if out.len() > limit {
            break;
        }
    }
    cut(out, limit)
}

/// A text in which a literal or a comment has no end, or which was cut: where its literals are is not known from the first quote on (`'O'HARA'`), so
/// that only what comes before it is kept.
fn until_quoted(text: &str, limit: usize) -> String {
    let bytes = text.as_bytes();
    let opens = |at: &usize| match bytes[*at] {
        b'\'' | b'"' => true,
        b'$' => !bytes.get(at + 1).is_some_and(u8::is_ascii_digit),
        b'-' | b'/' => matches!(&bytes[*at..], [b'-', b'-', ..] | [b'/', b'*', ..]),
        _ => false,
    };
    let end = (0..bytes.len()).find(opens).unwrap_or(0);
    let before = if Lexed::new(&text[..end]).is_ok() { normalise(&text[..end], limit) } else { String::new() };
    if before.ends_with('…') { before } else { format!("{before} ?…").trim_start().to_owned() }
}

/// FNV-1a of the normalised text: small, stable between processes and versions, good enough to group by.
pub fn fingerprint(normalised: &str) -> i64 {
    let hash = normalised.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
    i64::from_ne_bytes(hash.to_ne_bytes())
}

fn cut(mut text: String, limit: usize) -> String {
    if text.len() > limit {
        let at = (0..=limit).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0);
        text.truncate(at);
        text.push('…');
    }
    text
}

fn is_literal(token: &Token) -> bool {
    matches!(token, Token::Number(..)) || is_quoted(token)
}

fn is_quoted(token: &Token) -> bool {
    matches!(
        token,
        Token::SingleQuotedString(_)
            | Token::EscapedStringLiteral(_)
            | Token::UnicodeStringLiteral(_)
            | Token::NationalStringLiteral(_)
            | Token::HexStringLiteral(_)
            | Token::SingleQuotedByteStringLiteral(_)
            | Token::DollarQuotedString(_)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where quotes do not pair, no text after the first one may be taken for SQL.
    #[test]
    fn nothing_is_kept_from_the_first_quote_on_where_quotes_do_not_pair() {
        for (text, kept) in [
            ("INSERT INTO t VALUES (1, 'JOSE O'HARA', 'S')", "insert into t values (? ?…"),
            ("INSERT INTO t VALUES (12, 'CURP PERJ", "insert into t values (? ?…"),
            ("SELECT * FROM t WHERE a = $1 AND $q$ RFC PEJU and b = 4", "select * from t where a = $1 and ?…"),
            ("SELECT a /* of JUAN", "select a ?…"),
            ("SELECT \"JUAN, a FROM t WHERE b = 'x'", "select ?…"),
            ("SELECT E'a\\' OR b = 'secret", "select e ?…"),
            ("INSERT INTO t VALUES ('O'HARA', 'D'ANGELO')", "insert into t values ( ?…"),
            ("'", "?…"),
        ] {
            assert_eq!(normalise(text, 500), kept);
        }
        assert_eq!(normalise("SELECT aaaa, bbbb FROM t WHERE a = 'x", 8), "select a…");
    }

    #[test]
    fn literals_and_spaces_go() {
        let one = normalise("SELECT  *\n FROM \"T\" WHERE a = 'secret' -- x\n AND b IN (1,2, 3) and c = $1", 500);
        assert_eq!(one, "select * from \"T\" where a = ? and b in (?) and c = $1");
        assert_eq!(normalise("values (9,'es', now(),'x', 2,f(3), 4,)", 500), "values (?, now(),?,f(?), ?,)");
        assert_eq!(normalise("select $$secret$$, E'se\\'cret', 0x1F", 500), "select ?");
        assert_eq!(fingerprint(&one), fingerprint(&normalise("select * from \"T\" where a = 'y' and b in (7) and c = $1", 500)));
    }

    #[test]
    fn long_texts_are_cut_at_a_character() {
        assert_eq!(normalise("select ñññññ", 9), "select ñ…");
    }
}
