//! Lexemes with byte spans, and statements split at semicolons.
//!
//! `sqlparser` reports lines and characters; a splice needs bytes. The text is walked once to convert them. White space and
//! comments are dropped: they lie between the spans, and so every splice keeps them.

use std::ops::Range;

use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer, Word};

use super::comment::unglued;

/// A range of bytes in the client's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// From the start of one to the end of the other.
    pub fn to(self, other: Span) -> Span {
        Span { start: self.start, end: other.end }
    }

    /// The least span that holds both.
    pub fn hull(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// Whether `other` lies inside.
    pub fn contains(self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// The span as a range, for slicing.
    pub fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

/// A token other than white space, with its span.
#[derive(Debug, Clone)]
pub struct Lexeme {
    /// The token of `sqlparser`, with its line and column, which the parser needs.
    pub token: TokenWithSpan,
    /// Its bytes in the text.
    pub span: Span,
    /// The number of parentheses and brackets that are open before it.
    pub depth: u32,
}

impl Lexeme {
    /// The word, quoted or not.
    pub fn word(&self) -> Option<&Word> {
        match &self.token.token {
            Token::Word(w) => Some(w),
            _ => None,
        }
    }

    /// The identifier as PostgreSQL would read it: quoted as written, otherwise folded to lower case.
    pub fn name(&self) -> Option<String> {
        self.word().map(fold)
    }

    /// Whether it is this name, quoted or not.
    pub fn is_named(&self, name: &str) -> bool {
        self.word().is_some_and(|w| if w.quote_style.is_none() { w.value.eq_ignore_ascii_case(name) } else { w.value == name })
    }

    /// Whether it is this unquoted key word (given in upper case).
    pub fn is(&self, keyword: &str) -> bool {
        self.word().is_some_and(|w| w.quote_style.is_none() && w.value.eq_ignore_ascii_case(keyword))
    }

    /// Whether it is one of these unquoted key words.
    pub fn is_any(&self, keywords: &[&str]) -> bool {
        keywords.iter().any(|k| self.is(k))
    }

    /// Whether it is a string whose type depends on its context; `N'...'` has a type of its own.
    pub fn is_untyped_string(&self) -> bool {
        matches!(
            self.token.token,
            Token::SingleQuotedString(_)
                | Token::EscapedStringLiteral(_)
                | Token::DollarQuotedString(_)
                | Token::UnicodeStringLiteral(_)
        )
    }

    /// The number of a parameter: 1 for `$1`.
    pub fn parameter(&self) -> Option<usize> {
        match &self.token.token {
            Token::Placeholder(name) => name.strip_prefix('$')?.parse().ok(),
            _ => None,
        }
    }

    /// The value that a literal writes, if it is one.
    pub fn literal(&self) -> Option<Literal<'_>> {
        Some(match &self.token.token {
            Token::Number(text, _) => Literal::Number(text),
            Token::SingleQuotedString(text)
            | Token::EscapedStringLiteral(text)
            | Token::UnicodeStringLiteral(text)
            | Token::NationalStringLiteral(text) => Literal::Text(text),
            Token::DollarQuotedString(quoted) => Literal::Text(&quoted.value),
            Token::HexStringLiteral(digits) | Token::SingleQuotedByteStringLiteral(digits) => Literal::Bits(digits),
            _ => return None,
        })
    }

    /// Whether it is a comma.
    pub fn is_comma(&self) -> bool {
        self.is_token(&Token::Comma)
    }

    /// Whether it is the `::` of a cast.
    pub fn is_cast(&self) -> bool {
        self.is_token(&Token::DoubleColon)
    }

    /// Whether it is this punctuation.
    pub fn is_token(&self, token: &Token) -> bool {
        self.token.token == *token
    }
}

/// A literal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Literal<'l> {
    /// A number, as it is written.
    Number(&'l str),
    /// The value of a string.
    Text(&'l str),
    /// The digits of `X'...'` or `B'...'`.
    Bits(&'l str),
}

/// PostgreSQL's folding of an identifier (manual, section 4.1.1). Here only ASCII letters: the others depend on the locale, and
/// legacy names are ASCII.
pub fn fold(word: &Word) -> String {
    if word.quote_style.is_some() { word.value.clone() } else { word.value.to_ascii_lowercase() }
}

/// Why a text cannot be cut into lexemes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct LexError {
    /// The tokenizer's own sentence.
    pub message: String,
    /// The byte at which the token begins that has no end, or is none.
    pub at: usize,
}

/// The number of the character at a byte, from 1: how PostgreSQL's errors give a position (manual, section 55.8). Beyond the end it is that of
/// the end.
pub fn position(text: &str, byte: usize) -> usize {
    let byte = (0..=byte.min(text.len())).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0);
    text[..byte].chars().count() + 1
}

/// A text with its lexemes.
#[derive(Debug)]
pub struct Lexed<'t> {
    /// The client's text.
    pub text: &'t str,
    /// In order; no white space, no comments.
    pub lexemes: Vec<Lexeme>,
    /// For each lexeme the other end of its bracket, and the bracket around it: kept, because searching for them from every bracket
    /// of a nested text would take quadratic time.
    brackets: Vec<Bracket>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Bracket {
    /// For an opening one: the lexeme that closes it.
    close: Option<u32>,
    /// The innermost one that is open here.
    round: Option<u32>,
}

impl<'t> Lexed<'t> {
    /// Cuts a text into lexemes.
    pub fn new(text: &'t str) -> Result<Self, LexError> {
        let readable = unglued(text).map_err(|at| LexError { message: "the comment does not end".to_owned(), at })?;
        let mut tokens = Vec::new();
        let lexed = Tokenizer::new(&PostgreSqlDialect {}, &readable).tokenize_with_location_into_buf(&mut tokens);
        let mut locator = Locator { bytes: text.as_bytes(), at: 0, location: Location { line: 1, column: 1 } };
        if let Err(error) = lexed {
            // The error's own location may be the end of the text; what is wrong begins after the last good token.
            let at = tokens.last().map_or(0, |last| locator.advance(last.span.end));
            return Err(LexError { message: error.to_string(), at });
        }
        let mut lexemes = Vec::with_capacity(tokens.len() / 2 + 1);
        let mut depth = 0u32;
        for token in tokens {
            if matches!(token.token, Token::Whitespace(_) | Token::EOF) {
                continue;
            }
            let start = locator.advance(token.span.start);
            let end = locator.advance(token.span.end);
            if matches!(token.token, Token::RParen | Token::RBracket) {
                depth = depth.saturating_sub(1);
            }
            let opens = matches!(token.token, Token::LParen | Token::LBracket);
            lexemes.push(Lexeme { token, span: Span { start, end }, depth });
            depth += u32::from(opens);
        }
        join_unicode_identifiers(text, &mut lexemes);
        let brackets = brackets(&lexemes);
        Ok(Lexed { text, lexemes, brackets })
    }

    /// The lexeme that closes the parenthesis or bracket at `open`.
    pub fn closing(&self, open: usize) -> Option<usize> {
        self.brackets.get(open)?.close.map(|at| at as usize)
    }

    /// The innermost parenthesis or bracket that is open before a lexeme.
    pub fn opening(&self, at: usize) -> Option<usize> {
        self.brackets.get(at)?.round.map(|at| at as usize)
    }

    /// The text under a range of lexemes.
    pub fn slice(&self, lexemes: &Range<usize>) -> &'t str {
        self.span(lexemes).map_or("", |s| &self.text[s.range()])
    }

    /// The text of a lexeme; empty after the last.
    pub fn at_text(&self, at: usize) -> &'t str {
        self.lexemes.get(at).map_or("", |l| &self.text[l.span.range()])
    }

    /// The bytes under a range of lexemes; `None` for an empty range.
    pub fn span(&self, lexemes: &Range<usize>) -> Option<Span> {
        let first = self.lexemes.get(lexemes.start)?;
        let last = self.lexemes.get(lexemes.end.checked_sub(1)?)?;
        (lexemes.start < lexemes.end).then(|| first.span.to(last.span))
    }

    /// The lexeme that begins at a line and column of the parser's.
    pub fn at(&self, location: Location) -> Option<usize> {
        self.lexemes.binary_search_by(|l| l.token.span.start.cmp(&location)).ok()
    }

    /// The texts of the statements by their numbers; empty ones are not counted.
    pub fn texts(&self) -> Vec<&'t str> {
        self.statements().iter().filter(|range| !range.is_empty()).map(|range| self.slice(range)).collect()
    }

    /// Ranges of lexemes between semicolons. `CREATE FUNCTION ... BEGIN ATOMIC ... END` keeps its inner ones, and so do parentheses
    /// (`CREATE RULE ... DO (...; ...)`).
    pub fn statements(&self) -> Vec<Range<usize>> {
        let mut out = Vec::new();
        let (mut start, mut atomic) = (0, 0usize);
        for (i, lexeme) in self.lexemes.iter().enumerate() {
            let creates = self.lexemes[start].is("CREATE");
            let begins = creates && lexeme.is("ATOMIC") && i > start && self.lexemes[i - 1].is("BEGIN");
            if begins || atomic > 0 && lexeme.is("CASE") {
                atomic += 1;
            } else if atomic > 0 && lexeme.is("END") {
                atomic -= 1;
            } else if atomic == 0 && lexeme.depth == 0 && lexeme.is_token(&Token::SemiColon) {
                out.push(start..i);
                start = i + 1;
            }
            if start > i && start >= self.lexemes.len() {
                break;
            }
        }
        if start < self.lexemes.len() || out.is_empty() {
            out.push(start.min(self.lexemes.len())..self.lexemes.len());
        }
        out
    }
}

fn brackets(lexemes: &[Lexeme]) -> Vec<Bracket> {
    let mut out = vec![Bracket::default(); lexemes.len()];
    let mut open: Vec<u32> = Vec::new();
    for (at, lexeme) in lexemes.iter().enumerate() {
        let Ok(number) = u32::try_from(at) else { break };
        if matches!(lexeme.token.token, Token::RParen | Token::RBracket)
            && let Some(opened) = open.pop()
        {
            out[opened as usize].close = Some(number);
        }
        out[at].round = open.last().copied();
        if matches!(lexeme.token.token, Token::LParen | Token::LBracket) {
            open.push(number);
        }
    }
    out
}

/// Follows the tokenizer's locations: lines, and characters since the last line feed.
struct Locator<'t> {
    bytes: &'t [u8],
    at: usize,
    location: Location,
}

impl Locator<'_> {
    fn advance(&mut self, to: Location) -> usize {
        while self.location < to && self.at < self.bytes.len() {
            if self.bytes[self.at] == b'\n' {
                self.location.line += 1;
                self.location.column = 1;
            } else {
                self.location.column += 1;
            }
            self.at += 1;
            while self.bytes.get(self.at).is_some_and(|b| b & 0xC0 == 0x80) {
                self.at += 1;
            }
        }
        self.at
    }
}

/// `U&"d\0061t"` comes as three tokens, `U`, `&`, `"..."`, and five with `UESCAPE '!'`; PostgreSQL reads one identifier (manual, section 4.1.2.3).
/// One that cannot be decoded stays as it is: the statement then does not parse and passes untouched.
fn join_unicode_identifiers(text: &str, lexemes: &mut Vec<Lexeme>) {
    if !text.contains("&\"") {
        return;
    }
    let mut i = 0;
    while i + 2 < lexemes.len() {
        if let Some((joined, end)) = unicode_identifier(&lexemes[i..]) {
            lexemes.splice(i..i + end, [joined]);
        }
        i += 1;
    }
}

/// The identifier with which lexemes begin, and how many they are.
fn unicode_identifier(lexemes: &[Lexeme]) -> Option<(Lexeme, usize)> {
    let [u, amp, name, ..] = lexemes else { return None };
    let glued = u.span.end == amp.span.start && amp.span.end == name.span.start;
    let word = name.word().filter(|w| glued && u.is("U") && amp.is_token(&Token::Ampersand) && w.quote_style == Some('"'))?;
    let (escape, last) = match &lexemes[3..] {
        [uescape, character, ..] if uescape.is("UESCAPE") => match &character.token.token {
            Token::SingleQuotedString(one) => (one.chars().next().filter(|c| one.len() == c.len_utf8())?, character),
            _ => return None,
        },
        _ => ('\\', name),
    };
    let value = unescape(&word.value, escape)?;
    let mut joined = name.clone();
    joined.span = u.span.to(last.span);
    joined.token.span = sqlparser::tokenizer::Span { start: u.token.span.start, end: last.token.span.end };
    joined.token.token = Token::make_word(&value, Some('"'));
    Some((joined, if std::ptr::eq(last, name) { 3 } else { 5 }))
}

fn unescape(value: &str, escape: char) -> Option<String> {
    // These cannot be told from the digits, or from the end (source, parser.c, check_uescapechar).
    if escape.is_ascii_hexdigit() || matches!(escape, '+' | '\'' | '"') || escape.is_ascii_whitespace() {
        return None;
    }
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.find(escape) {
        out.push_str(&rest[..at]);
        rest = &rest[at + escape.len_utf8()..];
        if let Some(behind) = rest.strip_prefix(escape) {
            out.push(escape);
            rest = behind;
            continue;
        }
        let digits = match rest.as_bytes().first()? {
            b'+' => rest.get(1..7)?,
            _ => rest.get(..4)?,
        };
        out.push(char::from_u32(u32::from_str_radix(digits, 16).ok()?)?);
        rest = &rest[if digits.len() == 6 { 7 } else { 4 }..];
    }
    out.push_str(rest);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&str> {
        let lexed = Lexed::new(text).unwrap();
        lexed.lexemes.iter().map(|l| &text[l.span.range()]).collect()
    }

    #[test]
    fn spans_are_bytes_whatever_the_characters() {
        assert_eq!(words("select é\r\n\t, 'año 😀' \"ñ\" -- x\n from t"), ["select", "é", ",", "'año 😀'", "\"ñ\"", "from", "t"]);
    }

    #[test]
    fn statements_are_split_at_semicolons_only_outside_atomic_bodies() {
        let text =
            "select 1; create function f() returns int begin atomic select case when true then 1 end; select 2; end; select 3";
        let lexed = Lexed::new(text).unwrap();
        let parts: Vec<_> = lexed.statements().iter().map(|r| lexed.slice(r)).collect();
        assert_eq!(parts.len(), 3, "{parts:?}");
        assert_eq!(parts[2], "select 3");
    }

    #[test]
    fn empty_texts_are_one_empty_statement() {
        assert_eq!(Lexed::new("").unwrap().statements(), std::slice::from_ref(&(0..0)));
        assert_eq!(Lexed::new("-- x").unwrap().statements(), std::slice::from_ref(&(0..0)));
        assert_eq!(Lexed::new(";").unwrap().statements(), std::slice::from_ref(&(0..0)));
    }

    #[test]
    fn positions_count_characters() {
        assert_eq!(position("ñandú x", "ñandú ".len()), 7);
        assert_eq!(position("ab", 99), 3);
    }

    #[test]
    fn an_error_has_the_place_at_which_the_token_begins() {
        for (text, at) in [("ñ 'x", 3), ("a /* /* */", 2), ("1 </* x", 3), ("a, $q$ b", 3), ("\"x", 0), ("select E'\\'", 7)] {
            assert_eq!(Lexed::new(text).unwrap_err().at, at, "{text}");
        }
    }

    #[test]
    fn unicode_identifiers_are_decoded() {
        let lexed = Lexed::new(r#"select * from U&"hiscontr\0061to" , u&"d\+000061""#).unwrap();
        let names: Vec<_> = lexed.lexemes.iter().filter_map(Lexeme::name).collect();
        assert_eq!(names, ["select", "from", "hiscontrato", "da"]);
        let text = r#"select u&"a!!\+0!0062" UESCAPE '!', U&"é\0063" uescape '\' from u&"x" uescape '0'"#;
        let lexed = Lexed::new(text).unwrap();
        assert_eq!(&text[lexed.lexemes[1].span.range()], r#"u&"a!!\+0!0062" UESCAPE '!'"#);
        let names: Vec<_> = lexed.lexemes.iter().filter_map(Lexeme::name).collect();
        // A digit cannot be the escape character.
        assert_eq!(names, ["select", r"a!\+0b", "éc", "from", "u", "x", "uescape"]);
    }
}
