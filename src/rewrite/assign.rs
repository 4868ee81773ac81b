//! Assignment of a client's expression to a legacy column: with the casts of an assignment, and the errors of one.
//!
//! A string or a parameter by itself has no type; the column gives it one. Any other expression goes through a function of `esclusa`
//! that accepts what an assignment to the column's type accepts; for what it does not, the server finds no function, and the session
//! says instead what the legacy table would have said (`session/lead_back.rs`). The comment in the call says about which column and where.

use std::ops::Range;

use sqlparser::tokenizer::Token;

use super::Work;
use crate::relation::Relation;
use crate::sql::template::Sql;

impl Work<'_, '_> {
    /// A client's expression, cast as an assignment to a column casts it.
    pub(super) fn assignment(&self, relation: &Relation, column: usize, lexemes: &Range<usize>) -> Sql {
        let sql_type = &relation.columns[column].sql_type;
        let value = Sql::client(self.span_of(lexemes));
        // A number needs no function either: every type of numbers takes it.
        let number = matches!(self.lexed.lexemes[lexemes.start].token.token, Token::Number(..)) && lexemes.len() == 1;
        match self.is_untyped(lexemes) || number && sql_type.is_number() {
            true => sql_type.assigned(value),
            false => sql_type.assigned_by_type(value, &self.mark(relation, column, lexemes)),
        }
    }

    /// What an error about an expression's type must know: the column, and the byte of the client's text.
    pub(super) fn mark(&self, relation: &Relation, column: usize, lexemes: &Range<usize>) -> String {
        let inner = self.unwrapped(lexemes);
        // The parentheses round a query are part of it.
        let query = self.lexed.lexemes[inner.start].is_any(crate::sql::edit::QUERY_START);
        let inner = if query { lexemes.clone() } else { inner };
        format!("{}@{}", relation.columns[column].name, self.span_of(&inner).start)
    }

    /// Whether an expression is a string, a parameter or NULL, in whatever parentheses.
    pub(super) fn is_untyped(&self, lexemes: &Range<usize>) -> bool {
        let inner = self.unwrapped(lexemes);
        let lexeme = &self.lexed.lexemes[inner.start];
        let parameter = matches!(lexeme.token.token, Token::Placeholder(_));
        inner.len() == 1 && (parameter || lexeme.is_untyped_string() || lexeme.is("NULL"))
    }

    /// Whether an expression is a constant or a parameter, which it costs nothing to evaluate twice.
    pub(super) fn is_constant(&self, lexemes: &Range<usize>) -> bool {
        let number = lexemes.len() == 1 && matches!(self.lexed.lexemes[lexemes.start].token.token, Token::Number(..));
        number || self.is_untyped(lexemes)
    }

    /// Without the parentheses that stand round the whole.
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
