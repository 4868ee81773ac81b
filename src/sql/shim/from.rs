//! FROM and GROUP BY: ROWS FROM, column definitions of functions, aliases of joins, grouping sets.

use sqlparser::tokenizer::Token;

use super::{Shims, is_word};

impl Shims<'_> {
    /// `ROWS FROM (f(a), g(b) AS (c int))` becomes a function with these functions as arguments, which names the same.
    pub(super) fn rows_from(&mut self) -> bool {
        if !(self.are(self.at, &["ROWS", "FROM"]) && self.is_token(self.at + 2, &Token::LParen)) {
            return false;
        }
        self.put(Token::make_word("rows_from", None));
        self.drop(self.at + 2)
    }

    /// `f(x) AS (a int, b text)`: columns and types. If no alias comes before the list, all of it is removed.
    pub(super) fn column_definitions(&mut self) -> bool {
        let definitions = self.is(self.at, "AS")
            && self.is_token(self.at + 1, &Token::LParen)
            && self.at > 0
            && self.is_token(self.at - 1, &Token::RParen)
            && self.is_name(self.at + 2)
            && self.is_name(self.at + 3);
        let query = self.is_any(self.at + 2, &["SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "VALUES", "TABLE"]);
        definitions && !query && self.drop_explained(self.behind(self.at + 1))
    }

    /// `JOIN t USING (a) AS j`: it is removed, and the walker reads the alias from the text.
    pub(super) fn join_alias(&mut self) -> bool {
        let open = self.open.last().map(|open| open.at);
        let using = open.is_some_and(|o| o > 0 && is_word(self.out.tokens.get(o - 1).map(|t| &t.token), "USING"));
        if !(using && self.is(self.at + 1, "AS") && self.is_name(self.at + 2)) {
            return false;
        }
        self.keep();
        self.drop(self.at + 2)
    }

    /// `GROUPING SETS (a, GROUPING SETS (b, c))` is `GROUPING SETS (a, b, c)`.
    pub(super) fn grouping_sets(&mut self) -> bool {
        let at = self.at;
        let inner = at >= 3
            && (self.is_token(at - 1, &Token::Comma) || self.is_token(at - 1, &Token::LParen))
            && self.are(at, &["GROUPING", "SETS"])
            && self.is_token(at + 2, &Token::LParen);
        if !(inner && self.groups) {
            return false;
        }
        self.dropped_closings.insert(self.behind(at + 2) - 1);
        self.drop(at + 3)
    }
}
