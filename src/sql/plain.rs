//! A text as words, literals and symbols, for readers of a language that is written like SQL and is not SQL (`console`): the tokenizer's
//! tokens in types that have no grammar of SQL in them.

use super::token::{LexError, Lexed, Literal, Span};

/// A token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlainToken<'t> {
    /// What it is.
    pub kind: TokenKind<'t>,
    /// Its bytes in the text.
    pub span: Span,
}

/// What a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenKind<'t> {
    /// A key word or a name without quotes, as written.
    Word(&'t str),
    /// `"A name"`, without its quotes.
    Quoted(String),
    /// The value of a string.
    Text(String),
    /// A number without a sign, as written.
    Number(&'t str),
    /// `$1`.
    Parameter,
    /// One of [`PAIRS`], or one character that is none of the above; bit strings as they are written.
    Symbol(&'t str),
}

/// Symbols of two characters. An operator of more is cut into these and single characters: `>=-` is `>=` and `-`.
pub const PAIRS: [&str; 5] = ["<=", ">=", "<>", "!=", "::"];

/// Cuts a text into tokens, without white space and comments.
pub fn plain(text: &str) -> Result<Vec<PlainToken<'_>>, LexError> {
    let mut out = Vec::new();
    for lexeme in Lexed::new(text)?.lexemes {
        let (span, written) = (lexeme.span, &text[lexeme.span.range()]);
        let kind = match (lexeme.word(), lexeme.literal()) {
            (Some(word), _) if word.quote_style.is_some() => TokenKind::Quoted(word.value.clone()),
            (Some(_), _) => TokenKind::Word(written),
            (None, Some(Literal::Text(value))) => TokenKind::Text(value.to_owned()),
            (None, Some(Literal::Number(_))) => TokenKind::Number(written),
            (None, Some(Literal::Bits(_))) => TokenKind::Symbol(written),
            (None, None) if lexeme.parameter().is_some() => TokenKind::Parameter,
            (None, None) => {
                symbols(written, span.start, &mut out);
                continue;
            }
        };
        out.push(PlainToken { kind, span });
    }
    Ok(out)
}

fn symbols<'t>(mut written: &'t str, mut start: usize, out: &mut Vec<PlainToken<'t>>) {
    while let Some(first) = written.chars().next() {
        let length = if PAIRS.iter().any(|pair| written.starts_with(pair)) { 2 } else { first.len_utf8() };
        let (symbol, rest) = written.split_at(length);
        out.push(PlainToken { kind: TokenKind::Symbol(symbol), span: Span { start, end: start + length } });
        (written, start) = (rest, start + length);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_know_where_they_stand() {
        let text = "show é -- x;\n /* a /* b */ ; */ 'it''s' E'\\n' \"A\"\"b\" 1.5e3<>$12 a>=-1";
        let found = plain(text).unwrap();
        let kinds: Vec<TokenKind<'_>> = found.iter().map(|t| t.kind.clone()).collect();
        let (word, symbol) = (TokenKind::Word, TokenKind::Symbol);
        let text_of = |value: &str| TokenKind::Text(value.to_owned());
        let expected = [
            word("show"),
            word("é"),
            text_of("it's"),
            text_of("\n"),
            TokenKind::Quoted("A\"b".to_owned()),
            TokenKind::Number("1.5e3"),
            symbol("<>"),
            TokenKind::Parameter,
            word("a"),
            symbol(">="),
            symbol("-"),
            TokenKind::Number("1"),
        ];
        assert_eq!(kinds, expected);
        assert_eq!(&text[found[2].span.range()], "'it''s'");
        assert_eq!(&text[found[10].span.range()], "-");
    }
}
