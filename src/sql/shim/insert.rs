//! INSERT: a query in parentheses without a list of columns, and ON CONFLICT after a select list.

use sqlparser::tokenizer::Token;

use super::super::keyword::is_reserved;
use super::{Shims, is_word};

impl Shims<'_> {
    /// `INSERT INTO t SELECT 1 ON CONFLICT`: the parser would take ON for the column's label.
    pub(super) fn conflict_after_list(&mut self) -> bool {
        if !(self.are(self.at, &["ON", "CONFLICT"]) && self.ends_select_list()) {
            return false;
        }
        self.put(Token::make_keyword("WHERE"));
        self.put(Token::make_keyword("TRUE"));
        self.keep();
        true
    }

    /// Whether the last query before here ends with its select list.
    fn ends_select_list(&self) -> bool {
        let mut depth = 0_usize;
        for token in self.out.tokens.iter().rev().map(|t| &t.token) {
            match token {
                Token::RParen => depth += 1,
                Token::LParen if depth == 0 => return false,
                Token::LParen => depth -= 1,
                Token::Word(word) if depth == 0 && word.quote_style.is_none() => {
                    let is = |words: &[&str]| words.iter().any(|w| word.value.eq_ignore_ascii_case(w));
                    if is(&["SELECT"]) {
                        return true;
                    }
                    if is(&["FROM", "WHERE", "GROUP", "HAVING", "WINDOW", "ORDER", "LIMIT", "OFFSET", "FETCH", "FOR", "VALUES"]) {
                        return false;
                    }
                }
                _ => {}
            }
        }
        false
    }

    /// Whether here begins the query of an INSERT without a list of columns, in parentheses; the parser knows only `(SELECT`.
    pub(super) fn inserts_query(&self) -> bool {
        let mut inner = self.at + 1;
        while self.is_token(inner, &Token::LParen) {
            inner += 1;
        }
        let mut before = self.out.tokens.iter().rev().map(|t| &t.token);
        // The target: a name of up to three parts, and an alias.
        let is_target = |t: &&Token| match t {
            Token::Word(word) => word.quote_style.is_some() || !is_reserved(&word.value) || word.value.eq_ignore_ascii_case("as"),
            t => **t == Token::Period,
        };
        let into = before.by_ref().take(8).find(|t| !is_target(t));
        let into = is_word(into, "INTO");
        self.is_any(inner, &["VALUES", "WITH", "SELECT"]) && into && is_word(before.next(), "INSERT")
    }

    /// With a list of columns before it the parser accepts any query.
    pub(super) fn columns_before_query(&mut self) -> bool {
        self.put(Token::LParen);
        self.put(Token::make_word("listed", None));
        self.put(Token::RParen);
        self.keep();
        true
    }
}
