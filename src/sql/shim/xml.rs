//! SQL/XML: functions whose arguments have a grammar of their own become functions with plain arguments.

use sqlparser::tokenizer::Token;

use super::{Shims, XML_FUNCTIONS};

impl Shims<'_> {
    /// Handles the key words of SQL/XML inside the parentheses of its functions.
    pub(super) fn xml(&mut self) -> bool {
        let at = self.at;
        if self.is_any(at, XML_FUNCTIONS) && self.is_token(at + 1, &Token::LParen) {
            self.xml_depths.push(self.depth + 1);
            // Once its arguments are plain, it parses as any function.
            let table = self.is(at, "XMLTABLE");
            if table {
                self.put(Token::make_word("xml_table", None));
            }
            return table && self.drop(at + 1);
        }
        if self.is(at, "IS") && (self.is(at + 1, "DOCUMENT") || self.are(at + 1, &["NOT", "DOCUMENT"])) {
            let end = if self.is(at + 1, "NOT") { at + 3 } else { at + 2 };
            self.put(Token::make_keyword("IS"));
            self.put(Token::make_keyword("NULL"));
            return self.drop(end);
        }
        if !self.xml_depths.contains(&self.depth) {
            return false;
        }
        let first = at > 0 && self.is_token(at - 1, &Token::LParen);
        if first && self.is(at, "NAME") && self.is_name(at + 1) {
            return self.xml_name();
        }
        if first && self.is_any(at, &["DOCUMENT", "CONTENT"]) {
            return self.drop(at + 1);
        }
        if self.is_any(at, &["PRESERVE", "STRIP"]) && self.is(at + 1, "WHITESPACE") {
            return self.drop(at + 2);
        }
        if self.is(at, "AS") && self.is_name(at + 1) {
            // The label of an attribute, or the type of a serialization.
            let end = self.find(at, |i| self.is_token(i, &Token::Comma) || self.is_token(i, &Token::RParen));
            return end.is_some_and(|end| self.drop_explained(end));
        }
        if self.is(at, "PASSING") {
            self.put(Token::Comma);
            return self.drop(at + 1);
        }
        if self.is(at, "COLUMNS") {
            // Names and types are explained; what a default or a path names is left to the net.
            let end = self.find(at, |i| self.is_token(i, &Token::RParen));
            return end.is_some_and(|end| self.drop(end));
        }
        if self.is(at, "BY") && self.is_any(at + 1, &["REF", "VALUE"]) {
            return self.drop(at + 2);
        }
        let separate = at > 0 && self.is_token(at - 1, &Token::Comma);
        if separate && self.is(at, "VERSION") {
            if self.are(at + 1, &["NO", "VALUE"]) {
                self.put(Token::make_keyword("NULL"));
                return self.drop(at + 3);
            }
            return self.drop(at + 1);
        }
        if separate && self.is(at, "STANDALONE") {
            self.put(Token::make_keyword("NULL"));
            let end = self.find(at, |i| self.is_token(i, &Token::RParen));
            return end.is_some_and(|end| self.drop(end));
        }
        false
    }

    /// `NAME foo,` of an element or a processing instruction.
    fn xml_name(&mut self) -> bool {
        let mut end = self.at + 2;
        if self.is_token(end, &Token::Comma) {
            end += 1;
        } else {
            self.put(Token::make_keyword("NULL"));
        }
        self.drop_explained(end)
    }
}
