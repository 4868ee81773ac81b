//! Assigns a client's expression to a legacy column, with the casts and the errors of an assignment.
//!
//! A string or a parameter alone has no type: it takes that of the column. Any other expression goes through a function of
//! `esclusa` that accepts what an assignment to the column's type accepts. For another type the server finds no function; its error
//! is replaced by the one that the legacy table would have given (`session/lead_back.rs`). The comment in the call has the column
//! and the position for that.

use std::ops::Range;

use sqlparser::tokenizer::Token;

use super::work::Work;
use crate::relation::Relation;
use crate::sql::template::Sql;

impl Work<'_, '_> {
    /// A client's expression, cast as an assignment to a column casts it.
    pub(super) fn assignment(&self, relation: &Relation, column: usize, lexemes: &Range<usize>) -> Sql {
        let sql_type = &relation.columns[column].sql_type;
        let value = Sql::client(self.span_of(lexemes));
        // A number needs no function: every numeric type accepts it.
        let number = matches!(self.lexed.lexemes[lexemes.start].token.token, Token::Number(..)) && lexemes.len() == 1;
        match self.is_untyped(lexemes) || number && sql_type.is_number() {
            true if self.is_parameter(lexemes) => sql_type.assigned_parameter(value),
            true => sql_type.assigned(value),
            false if self.is_row_of_values(lexemes) => sql_type.assigned_row(value, &self.mark(relation, column, lexemes)),
            false => sql_type.assigned_by_type(value, &self.mark(relation, column, lexemes)),
        }
    }

    /// The comment for an error about an expression's type: the column, and the byte of the client's text.
    pub(super) fn mark(&self, relation: &Relation, column: usize, lexemes: &Range<usize>) -> String {
        let inner = self.unwrapped(lexemes);
        // The parentheses around a query are part of it.
        let query = self.lexed.lexemes[inner.start].is_any(crate::sql::edit::QUERY_START);
        let inner = if query { lexemes.clone() } else { self.without_opening(inner) };
        format!("{}@{}", relation.columns[column].name, self.span_of(&inner).start)
    }

    /// Whether an expression is a string, a parameter or NULL, in any number of parentheses.
    pub(super) fn is_untyped(&self, lexemes: &Range<usize>) -> bool {
        let inner = self.unwrapped(lexemes);
        let lexeme = &self.lexed.lexemes[inner.start];
        let parameter = || lexeme.parameter().is_some_and(|number| !self.is_declared(number));
        inner.len() == 1 && (parameter() || lexeme.is_untyped_string() || lexeme.is("NULL"))
    }

    /// Whether an expression is a constant or a parameter, which can be evaluated twice at no cost.
    pub(super) fn is_constant(&self, lexemes: &Range<usize>) -> bool {
        let number = lexemes.len() == 1 && matches!(self.lexed.lexemes[lexemes.start].token.token, Token::Number(..));
        number || self.is_parameter(lexemes) || self.is_untyped(lexemes)
    }

    /// Whether an expression is `ROW(1, 2)` or `(1, 2)`.
    fn is_row_of_values(&self, lexemes: &Range<usize>) -> bool {
        let inner = self.unwrapped(lexemes);
        let all = &self.lexed.lexemes[inner.clone()];
        let named = all[0].is("ROW") && all.len() > 1 && self.lexed.closing(inner.start + 1) == Some(inner.end - 1);
        named || all.iter().any(|l| l.depth == all[0].depth && l.is_token(&Token::Comma))
    }

    /// Whether an expression is a parameter, in any number of parentheses.
    pub(super) fn is_parameter(&self, lexemes: &Range<usize>) -> bool {
        let inner = self.unwrapped(lexemes);
        inner.len() == 1 && self.lexed.lexemes[inner.start].parameter().is_some()
    }

    /// Whether a parameter has a declared type: by Parse, or by the list of PREPARE.
    fn is_declared(&self, number: usize) -> bool {
        self.names.declared.contains(&number) || self.prepared_types().get(number - 1).is_some_and(|is_type| *is_type)
    }

    /// For each entry of the list of types in `PREPARE name (...) AS`, whether it is a type; `unknown` is not.
    fn prepared_types(&self) -> Vec<bool> {
        let lexemes = &self.lexed.lexemes[self.lexemes.clone()];
        let is_list =
            lexemes.first().is_some_and(|l| l.is("PREPARE")) && lexemes.get(2).is_some_and(|l| l.is_token(&Token::LParen));
        if !is_list {
            return Vec::new();
        }
        let inside =
            lexemes[3..].iter().take_while(|l| l.depth > 0 && !(l.depth == 1 && l.is_token(&Token::RParen))).collect::<Vec<_>>();
        let entries = inside.split(|l| l.depth == 1 && l.is_token(&Token::Comma));
        entries.map(|entry| !matches!(entry, [one] if one.is("UNKNOWN"))).collect()
    }

    /// The expression without the parentheses that it begins with, if they hold neither a query nor a row: an error's position is
    /// after them.
    fn without_opening(&self, lexemes: Range<usize>) -> Range<usize> {
        let all = &self.lexed.lexemes;
        let mut start = lexemes.start;
        while all[start].is_token(&Token::LParen) {
            let Some(close) = crate::sql::edit::closing(self.lexed, start, lexemes.end) else { break };
            let depth = all[start + 1].depth;
            let is_row = all[start..close].iter().any(|l| l.depth == depth && l.is_token(&Token::Comma));
            if is_row || all[start + 1].is_any(crate::sql::edit::QUERY_START) {
                break;
            }
            start += 1;
        }
        start..lexemes.end
    }

    /// The expression without parentheses around all of it.
    pub(super) fn unwrapped(&self, lexemes: &Range<usize>) -> Range<usize> {
        let mut inner = lexemes.clone();
        while inner.len() > 2
            && self.lexed.lexemes[inner.start].is_token(&Token::LParen)
            && crate::sql::edit::closing(self.lexed, inner.start, inner.end) == Some(inner.end - 1)
        {
            inner = inner.start + 1..inner.end - 1;
        }
        inner
    }
}
