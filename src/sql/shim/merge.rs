//! MERGE: a join as its source, and INSERT DEFAULT VALUES.

use sqlparser::tokenizer::Token;

use super::Shims;

impl Shims<'_> {
    /// Handles what the parser does not know of MERGE.
    pub(super) fn merge(&mut self) -> bool {
        if !self.merges {
            return false;
        }
        if self.are(self.at, &["DEFAULT", "VALUES"]) {
            for token in [Token::make_keyword("VALUES"), Token::LParen, Token::make_keyword("DEFAULT"), Token::RParen] {
                self.put(token);
            }
            return self.drop(self.at + 2);
        }
        self.merge_source()
    }

    /// `USING a JOIN b ON x ON y`: the join is put into parentheses.
    fn merge_source(&mut self) -> bool {
        if !self.is(self.at, "USING") {
            return false;
        }
        let Some(when) = self.find(self.at, |i| self.is(i, "WHEN")) else { return false };
        let joins = self.find(self.at, |i| self.is(i, "JOIN")).is_some_and(|join| join < when);
        let Some(on) = self.last_on(self.at, when).filter(|_| joins) else { return false };
        self.keep();
        self.put(Token::LParen);
        while self.at < on {
            if !self.construct() {
                self.keep();
            }
        }
        self.put(Token::RParen);
        true
    }

    fn last_on(&self, from: usize, end: usize) -> Option<usize> {
        let mut last = None;
        let mut at = from;
        while let Some(on) = self.find(at, |i| self.is(i, "ON")).filter(|on| *on < end) {
            last = Some(on);
            at = on + 1;
        }
        last
    }
}
