//! Lexemes with byte spans, and statements split at semicolons.
//!
//! `sqlparser` counts lines and characters; a splice needs bytes. The conversion walks the text once. White space and
//! comments are dropped here: they lie between spans and so survive every splice untouched.

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

    /// For slicing.
    pub fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

/// A token that is no white space, with where it stands.
#[derive(Debug, Clone)]
pub struct Lexeme {
    /// As `sqlparser` sees it, with its own line and column (the parser wants them back).
    pub token: TokenWithSpan,
    /// Where it stands in the text.
    pub span: Span,
    /// Open parentheses and brackets before it.
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

    /// Whether it is a string that takes its type from where it stands; `N'...'` has one of its own.
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
    /// What a string stands for.
    Text(&'l str),
    /// The digits of `X'...'` or `B'...'`.
    Bits(&'l str),
}

/// PostgreSQL's folding of an identifier (manual, section 4.1.1): ASCII letters only; the rest depends on the locale and
/// never matters for legacy names, which are ASCII.
pub fn fold(word: &Word) -> String {
    if word.quote_style.is_some() { word.value.clone() } else { word.value.to_ascii_lowercase() }
}

/// A text with its lexemes.
#[derive(Debug)]
pub struct Lexed<'t> {
    /// The client's text.
    pub text: &'t str,
    /// In order; no white space, no comments.
    pub lexemes: Vec<Lexeme>,
    /// For each lexeme its bracket's other end, and the bracket round it: looked up, because looking for them from every bracket of a
    /// nested text would be quadratic.
    brackets: Vec<Bracket>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Bracket {
    /// Of an opening one: the lexeme that closes it.
    close: Option<u32>,
    /// The innermost that is open here.
    round: Option<u32>,
}

impl<'t> Lexed<'t> {
    /// Cuts a text into lexemes. The error is the tokenizer's own sentence.
    pub fn new(text: &'t str) -> Result<Self, String> {
        let readable = unglued(text);
        let tokens = Tokenizer::new(&PostgreSqlDialect {}, &readable).tokenize_with_location().map_err(|e| e.to_string())?;
        let mut cursor = Cursor { bytes: text.as_bytes(), at: 0, location: Location { line: 1, column: 1 } };
        let mut lexemes = Vec::with_capacity(tokens.len() / 2 + 1);
        let mut depth = 0u32;
        for token in tokens {
            if matches!(token.token, Token::Whitespace(_) | Token::EOF) {
                continue;
            }
            let start = cursor.advance(token.span.start);
            let end = cursor.advance(token.span.end);
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

    /// The text of a lexeme; empty behind the last.
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

    /// The text of a statement by its number; empty ones are not counted.
    pub fn statement(&self, number: usize) -> Option<&'t str> {
        let range = self.statements().into_iter().filter(|range| !range.is_empty()).nth(number)?;
        Some(self.slice(&range))
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

/// Walks from location to location, counting as the tokenizer counts: characters since the last line feed.
struct Cursor<'t> {
    bytes: &'t [u8],
    at: usize,
    location: Location,
}

impl Cursor<'_> {
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

/// `U&"d\0061t"` comes as three tokens, `U`, `&`, `"..."`; PostgreSQL reads one identifier (manual, section 4.1.2.3).
/// With a UESCAPE clause behind it the three are left alone: the statement then does not parse and passes untouched.
fn join_unicode_identifiers(text: &str, lexemes: &mut Vec<Lexeme>) {
    if !text.contains("&\"") {
        return;
    }
    let mut i = 0;
    while i + 2 < lexemes.len() {
        let (u, amp, name) = (&lexemes[i], &lexemes[i + 1], &lexemes[i + 2]);
        let glued = u.span.end == amp.span.start && amp.span.end == name.span.start;
        let escaped = lexemes.get(i + 3).is_some_and(|l| l.is("UESCAPE"));
        let quoted = name.word().filter(|w| w.quote_style == Some('"'));
        if let (true, true, false, true, Some(word)) = (glued, u.is("U"), escaped, amp.is_token(&Token::Ampersand), quoted)
            && let Some(value) = unescape(&word.value)
        {
            let mut joined = name.clone();
            joined.span = u.span.to(name.span);
            joined.token.span.start = u.token.span.start;
            joined.token.token = Token::make_word(&value, Some('"'));
            lexemes.splice(i..i + 3, [joined]);
        }
        i += 1;
    }
}

fn unescape(value: &str) -> Option<String> {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let digits = match rest.as_bytes().first()? {
            b'\\' => {
                out.push('\\');
                rest = &rest[1..];
                continue;
            }
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
    fn unicode_identifiers_are_decoded() {
        let lexed = Lexed::new(r#"select * from U&"hiscontr\0061to" , u&"d\+000061""#).unwrap();
        let names: Vec<_> = lexed.lexemes.iter().filter_map(Lexeme::name).collect();
        assert_eq!(names, ["select", "from", "hiscontrato", "da"]);
    }
}
