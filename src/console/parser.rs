//! A parser for one command: a position in its tokens, with methods that take what comes next.
//!
//! Anything unexpected becomes 42601 with the position and a hint that lists what is possible there, the nearest word first.

use super::failure::{Failure, nearest};
use super::lexer::{Token, TokenKind};
use crate::error::sqlstate;
use crate::sql::token::position;

/// Reads one command from its first token to its last.
#[derive(Debug)]
pub(super) struct Parser<'t> {
    /// The whole text that the client sent: positions count from its beginning.
    text: &'t str,
    tokens: &'t [Token<'t>],
    at: usize,
}

/// A name as it was written, with its position for an error that is found later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    /// Folded to lower case unless it was quoted.
    pub(super) name: String,
    /// The character at which it begins, from 1.
    pub(super) position: usize,
}

impl<'t> Parser<'t> {
    pub(super) fn new(text: &'t str, tokens: &'t [Token<'t>]) -> Self {
        Parser { text, tokens, at: 0 }
    }

    /// The token that comes `by` tokens after the next one.
    pub(super) fn ahead(&self, by: usize) -> Option<&'t TokenKind<'t>> {
        self.tokens.get(self.at + by).map(|t| &t.kind)
    }

    /// The word that comes `by` tokens after the next one, in upper case.
    pub(super) fn word(&self, by: usize) -> Option<String> {
        match self.ahead(by) {
            Some(TokenKind::Word(word)) => Some(word.to_uppercase()),
            _ => None,
        }
    }

    /// Whether the next tokens are these words.
    pub(super) fn is(&self, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(i, w)| self.word(i).as_deref() == Some(w))
    }

    /// Skips tokens.
    pub(super) fn skip(&mut self, by: usize) {
        self.at = (self.at + by).min(self.tokens.len());
    }

    /// Takes these words, if they are next.
    pub(super) fn accept(&mut self, words: &[&str]) -> bool {
        let found = self.is(words);
        if found {
            self.skip(words.len());
        }
        found
    }

    /// Takes punctuation, if it is next.
    pub(super) fn accept_symbol(&mut self, symbol: &str) -> bool {
        let found = matches!(self.ahead(0), Some(TokenKind::Symbol(s)) if *s == symbol);
        self.skip(usize::from(found));
        found
    }

    /// Takes one of these words and says which.
    pub(super) fn one_of(&mut self, words: &[&'static str]) -> Result<&'static str, Failure> {
        let found = words.iter().find(|w| self.is(&[w]));
        let found = *found.ok_or_else(|| self.unexpected(words))?;
        self.skip(1);
        Ok(found)
    }

    /// Takes one of these operators and says which.
    pub(super) fn operator(&mut self, symbols: &[&'static str]) -> Result<&'static str, Failure> {
        let found = symbols.iter().find(|s| matches!(self.ahead(0), Some(TokenKind::Symbol(found)) if found == *s));
        let found = *found.ok_or_else(|| self.unexpected(symbols))?;
        self.skip(1);
        Ok(found)
    }

    /// Takes a name, quoted or not. `what` says for the hint what it is the name of.
    pub(super) fn name(&mut self, what: &'static str) -> Result<Name, Failure> {
        let position = self.position();
        let name = match self.ahead(0) {
            Some(TokenKind::Word(word)) => word.to_ascii_lowercase(),
            Some(TokenKind::Quoted(name)) => name.clone(),
            _ => return Err(self.unexpected(&[what])),
        };
        self.skip(1);
        Ok(Name { name, position })
    }

    /// Takes a literal in quotes.
    pub(super) fn literal(&mut self, what: &'static str) -> Result<String, Failure> {
        let Some(TokenKind::Text(text)) = self.ahead(0) else { return Err(self.unexpected(&[what])) };
        self.skip(1);
        Ok(text.clone())
    }

    /// Takes a whole number.
    pub(super) fn integer(&mut self, what: &'static str) -> Result<u64, Failure> {
        let Some(TokenKind::Number(digits)) = self.ahead(0) else { return Err(self.unexpected(&[what])) };
        let number = digits.parse().map_err(|_| {
            let message = format!("\"{digits}\" is not a whole number between 0 and {}", u64::MAX);
            Failure::new(sqlstate::INVALID_TEXT_REPRESENTATION, message).position(self.position())
        })?;
        self.skip(1);
        Ok(number)
    }

    /// Checks that no token is left. `possible` is what could have stood here.
    pub(super) fn end(&self, possible: &[&str]) -> Result<(), Failure> {
        if self.at == self.tokens.len() { Ok(()) } else { Err(self.unexpected(possible)) }
    }

    /// The number of the character at which the next token begins; after the last one, at which the command ends.
    pub(super) fn position(&self) -> usize {
        let byte = self.tokens.get(self.at).map(|t| t.span.start).or_else(|| self.tokens.last().map(|t| t.span.end));
        position(self.text, byte.unwrap_or(self.text.len()))
    }

    /// The error for an unexpected token: 42601, with what is possible here.
    pub(super) fn unexpected(&self, possible: &[&str]) -> Failure {
        let Some(token) = self.tokens.get(self.at) else {
            let failure = Failure::new(sqlstate::SYNTAX_ERROR, "syntax error at end of input").position(self.position());
            return explained(failure, None, possible);
        };
        if token.kind == TokenKind::Parameter {
            return Failure::new(sqlstate::FEATURE_NOT_SUPPORTED, "a console command takes no parameters")
                .position(self.position())
                .with_hint("Write the value itself into the command.");
        }
        let shown: String = self.text[token.span.range()].chars().take(64).collect();
        let failure = Failure::new(sqlstate::SYNTAX_ERROR, format!("syntax error at or near \"{shown}\""));
        let written = if let TokenKind::Word(word) = token.kind { Some(word) } else { None };
        explained(failure.position(self.position()), written, possible)
    }
}

/// Adds the hint: "Did you mean", then "Possible here".
fn explained(failure: Failure, written: Option<&str>, possible: &[&str]) -> Failure {
    if possible.is_empty() {
        return failure.with_hint("The command ends here. SHOW HELP lists all commands.");
    }
    let meant = written.and_then(|word| nearest(word, possible.iter().copied()));
    let meant = meant.map(|word| format!("Did you mean {word}? ")).unwrap_or_default();
    failure.with_hint(format!("{meant}Possible here: {}. SHOW HELP lists all commands.", possible.join(", ")))
}
