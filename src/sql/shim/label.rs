//! Aliases, labels and qualifiers that are key words to the parser but not to PostgreSQL.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, Word};

use super::super::keyword::{is_bare_label, is_name, is_reserved};
use super::{Shims, is_word};

/// Words that may follow an expression or a clause and mean something there.
const POSTFIX: &[&str] = &[
    "FIRST",
    "LAST",
    "UNKNOWN",
    "DOCUMENT",
    "NORMALIZED",
    "NFC",
    "NFD",
    "NFKC",
    "NFKD",
    "ROW",
    "ROWS",
    "ONLY",
    "LOCKED",
    "NOWAIT",
    "PRECEDING",
    "FOLLOWING",
    "OTHERS",
    "TIES",
    "ORDINALITY",
    "NOTHING",
    "VALUES",
    "UPDATE",
    "DELETE",
    "SHARE",
    "MATERIALIZED",
];
/// Words that may follow an item of a select list or of FROM.
const AFTER_ITEM: &[&str] = &[
    "FROM",
    "WHERE",
    "GROUP",
    "HAVING",
    "WINDOW",
    "ORDER",
    "LIMIT",
    "OFFSET",
    "FETCH",
    "FOR",
    "UNION",
    "INTERSECT",
    "EXCEPT",
    "ON",
    "USING",
    "JOIN",
    "INNER",
    "LEFT",
    "RIGHT",
    "FULL",
    "CROSS",
    "NATURAL",
    "SET",
    "RETURNING",
    "INTO",
    "WHEN",
];
/// Operators between two operands: directly before FROM they have no second operand, and are labels.
const OPERATORS: &[&str] = &["AND", "COLLATE", "ILIKE", "IN", "IS", "LIKE", "OR", "SIMILAR", "ANALYZE", "LATERAL", "SELECT"];

impl Shims<'_> {
    /// An alias, a label or a qualifier that is a key word to the parser but not to PostgreSQL: it becomes a plain word.
    pub(super) fn plain_name(&mut self) -> bool {
        let at = self.at;
        let Some(Token::Word(word)) = self.token(at) else { return false };
        if word.quote_style.is_some() || word.keyword == Keyword::NoKeyword {
            return false;
        }
        let ends_operand = |t: &Token| match t {
            Token::Word(w) => w.quote_style.is_some() || !is_reserved(&w.value),
            t => matches!(t, Token::RParen | Token::RBracket | Token::Number(..) | Token::SingleQuotedString(_)),
        };
        let ends_item = |t: &Token| match t {
            Token::Word(_) => AFTER_ITEM.iter().any(|w| is_word(Some(t), w)),
            t => matches!(t, Token::Comma | Token::RParen | Token::SemiColon | Token::EOF),
        };
        let label = at > 0 && self.is(at - 1, "AS") && !self.in_cast() && !self.is_token(at + 1, &Token::LParen);
        let qualifier = self.is_token(at + 1, &Token::Period) && !(at > 0 && self.is_token(at - 1, &Token::Period));
        let bare = at > 0
            && is_bare_label(&word.value)
            && (is_name(&word.value) || self.is_any(at, OPERATORS) && self.is(at + 1, "FROM"))
            && !POSTFIX.iter().any(|w| self.is(at, w))
            && self.token(at - 1).is_some_and(ends_operand)
            && self.token(at + 1).is_none_or(ends_item)
            && !self.begins_behind_with(at);
        if !(label || qualifier || bare) {
            return false;
        }
        self.put(Token::Word(Word { keyword: Keyword::NoKeyword, ..word.clone() }));
        self.drop(at + 1)
    }

    /// Whether a writing statement begins here, after the last CTE of its WITH: `WITH x AS (...) MERGE INTO`.
    fn begins_behind_with(&self, at: usize) -> bool {
        let begins = self.are(at, &["INSERT", "INTO"]) || self.are(at, &["MERGE", "INTO"]) || self.are(at, &["DELETE", "FROM"]);
        if !begins || !self.is_token(at - 1, &Token::RParen) {
            return false;
        }
        let open = (0..at - 1).rev().find(|&open| self.behind(open) == at);
        open.is_some_and(|open| open > 0 && self.is_any(open - 1, &["AS", "MATERIALIZED"]))
    }

    /// Whether the parenthesis that is open here belongs to CAST or a similar function, where a type follows AS.
    fn in_cast(&self) -> bool {
        let before = self.open.last().and_then(|open| self.out.tokens.get(open.at.checked_sub(1)?)).map(|t| &t.token);
        ["CAST", "TREAT", "XMLSERIALIZE"].iter().any(|w| is_word(before, w))
    }
}
