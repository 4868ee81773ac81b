//! One statement's lexemes, read by position: what stands at a position, where a word comes next, what lies between commas. The
//! files that read clauses, select lists, wrappings, utility statements or effects each add methods of their own.

use std::ops::Range;

use sqlparser::tokenizer::Token;

use super::edit::closing;
use super::name::{Name, NamePart};
use super::token::{Lexed, Lexeme};

/// Lexemes from one position to another. At a position beyond them there is no word and no token.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'s, 't> {
    pub(super) lexed: &'s Lexed<'t>,
    pub(super) start: usize,
    pub(super) end: usize,
    /// The depth of the first lexeme: deeper ones are in parentheses.
    pub(super) depth: u32,
}

impl<'s, 't> Cursor<'s, 't> {
    /// A cursor over a statement, or a part of one.
    pub(super) fn new(lexed: &'s Lexed<'t>, range: &Range<usize>) -> Self {
        let depth = lexed.lexemes.get(range.start).map_or(0, |l| l.depth);
        Cursor { lexed, start: range.start, end: range.end, depth }
    }

    /// The same cursor, with an earlier end.
    pub(super) fn until(self, end: usize) -> Self {
        Cursor { end, ..self }
    }

    /// The lexeme at a position.
    pub(super) fn lexeme(&self, at: usize) -> Option<&'s Lexeme> {
        self.lexed.lexemes.get(at).filter(|_| (self.start..self.end).contains(&at))
    }

    /// Whether an unquoted word stands there.
    pub(super) fn is(&self, at: usize, word: &str) -> bool {
        self.lexeme(at).is_some_and(|l| l.is(word))
    }

    /// Whether one of these unquoted words stands there.
    pub(super) fn is_any(&self, at: usize, words: &[&str]) -> bool {
        self.lexeme(at).is_some_and(|l| l.is_any(words))
    }

    /// Whether a token stands there.
    pub(super) fn is_token(&self, at: usize, token: &Token) -> bool {
        self.lexeme(at).is_some_and(|l| l.is_token(token))
    }

    /// The word there, folded as PostgreSQL folds a name.
    pub(super) fn name(&self, at: usize) -> Option<String> {
        self.lexeme(at)?.name()
    }

    /// The word there, with its span.
    pub(super) fn part(&self, at: usize) -> Option<NamePart> {
        let lexeme = self.lexeme(at)?;
        Some(NamePart { text: lexeme.name()?, span: lexeme.span })
    }

    /// A dotted name, and the position after it.
    pub(super) fn dotted(&self, at: usize) -> Option<(Name, usize)> {
        let mut parts = vec![self.part(at)?];
        let mut at = at + 1;
        while self.is_token(at, &Token::Period) {
            parts.push(self.part(at + 1)?);
            at += 2;
        }
        Some((Name(parts), at))
    }

    /// The parenthesis that closes the one at `open`.
    pub(super) fn closing(&self, open: usize) -> Option<usize> {
        closing(self.lexed, open, self.end)
    }

    /// The first position from `from` on, outside parentheses, that `test` accepts; otherwise the end.
    pub(super) fn find(&self, from: usize, test: impl Fn(usize) -> bool) -> usize {
        (from..self.end).find(|&i| self.lexed.lexemes[i].depth == self.depth && test(i)).unwrap_or(self.end)
    }

    /// The ranges between the commas of a range at this depth; one range, if there is no comma.
    pub(super) fn split(&self, range: Range<usize>, depth: u32) -> Vec<Range<usize>> {
        let mut out = Vec::new();
        let mut start = range.start;
        for i in range.clone() {
            if self.lexed.lexemes[i].depth == depth && self.is_token(i, &Token::Comma) {
                out.push(start..i);
                start = i + 1;
            }
        }
        out.push(start..range.end);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_sees_nothing_beyond_its_ends() {
        let lexed = Lexed::new("a, (b, c.d), \"e\" f").unwrap();
        let all = Cursor::new(&lexed, &(0..lexed.lexemes.len()));
        let inner = Cursor::new(&lexed, &(3..8));
        assert!(all.is(0, "A") && !inner.is(0, "a") && !all.until(0).is(0, "a") && !all.is(99, "a"));
        assert_eq!(inner.dotted(5).map(|(name, end)| (name.0.len(), end)), Some((2, 8)));
        assert_eq!((all.closing(2), all.until(8).closing(2)), (Some(8), None));
        assert_eq!(all.split(0..lexed.lexemes.len(), all.depth), [0..1, 2..9, 10..12]);
        assert_eq!(inner.split(3..8, inner.depth), [3..4, 5..8]);
        assert_eq!((all.name(10), all.is(10, "e")), (Some("e".to_owned()), false));
        assert_eq!((all.find(0, |i| all.is_token(i, &Token::Comma)), all.find(0, |i| all.is(i, "b"))), (1, 12));
    }
}
