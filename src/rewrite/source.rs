//! The query that an INSERT takes its rows from: how many columns it has, from which item of its select list each comes, and what
//! is put around it so that they become the legacy columns.
//!
//! PostgreSQL reports too many or too few columns. With a list of aliases around it, surplus columns would be dropped silently, so
//! either their number is known here, or the server is made to check it (by a UNION with the right number of columns).

use std::ops::Range;

use sqlparser::tokenizer::Token;

use super::refuse::Refusal;
use super::splice::Edit;
use super::work::Work;
use crate::relation::Relation;
use crate::sql;
use crate::sql::clause::Insert;
use crate::sql::quote::ident;
use crate::sql::template::Sql;
use crate::sql::{Dml, Scope, UsePlace};

/// What the text of a query says about its columns.
#[derive(Debug, Default)]
pub(super) struct Outputs {
    /// For each column, the item of the select list that it comes from, without its alias; `None` where their number is not known.
    pub items: Option<Vec<Range<usize>>>,
    /// A string or a parameter alone has no type until it is assigned: no DISTINCT and no set operation has given it one.
    pub untyped: bool,
}

/// Words that end a select list; all but the first end a FROM list too.
pub(super) const LIST_ENDS: &[&str] =
    &["FROM", "WHERE", "GROUP", "HAVING", "WINDOW", "UNION", "INTERSECT", "EXCEPT", "ORDER", "LIMIT", "OFFSET", "FETCH", "FOR"];

impl Work<'_, '_> {
    /// What is known of the query of an INSERT.
    pub(super) fn outputs(&self, dml: &Dml, query: &Range<usize>) -> Outputs {
        let whole = self.unwrapped(query);
        let query = self.leftmost(&whole);
        let Some(list) = self.select_items(&query) else { return Outputs::default() };
        // The first scope that the query opens.
        let scope = &self.shape.scopes[(dml.scope + 1).min(self.shape.scopes.len() - 1)];
        let mut items = Some(Vec::with_capacity(list.len()));
        for item in list {
            let count = self.columns_of_item(&item, scope, &query);
            let item = if count == Some(1) { self.without_alias(&item) } else { item };
            items = items.zip(count).map(|(mut items, count)| {
                items.extend(std::iter::repeat_n(item, count));
                items
            });
        }
        let depth = self.lexed.lexemes[query.start].depth;
        let types = |l: &crate::sql::token::Lexeme| l.depth == depth && l.is_any(&["DISTINCT", "UNION", "INTERSECT", "EXCEPT"]);
        let distinct = self.lexed.lexemes[query.start + 1].is("DISTINCT");
        let typed =
            distinct || self.lexed.lexemes[query.clone()].windows(2).any(|w| types(&w[1]) && !w[0].is("IS") && !w[0].is("NOT"));
        Outputs { items, untyped: !typed && query == whole }
    }

    /// The first query of set operations that begin with a parenthesis: it gives the columns.
    fn leftmost(&self, query: &Range<usize>) -> Range<usize> {
        let mut first = query.clone();
        while self.lexed.lexemes[first.start].is_token(&Token::LParen) {
            let Some(closing) = crate::sql::edit::closing(self.lexed, first.start, first.end) else { return first };
            let inner = self.unwrapped(&(first.start..closing + 1));
            if inner.start == first.start {
                return inner;
            }
            first = inner;
        }
        first
    }

    /// The select list of a query that begins with SELECT.
    pub(super) fn select_items(&self, query: &Range<usize>) -> Option<Vec<Range<usize>>> {
        let lexemes = &self.lexed.lexemes;
        let mut start = query.start;
        if !lexemes[start].is("SELECT") {
            return None;
        }
        let depth = lexemes[start].depth;
        if start + 1 < query.end && lexemes[start + 1].is_any(&["DISTINCT", "ALL"]) {
            start += 1;
        }
        if start + 2 < query.end && lexemes[start + 1].is("ON") && lexemes[start + 2].is_token(&Token::LParen) {
            start = crate::sql::edit::closing(self.lexed, start + 2, query.end)?;
        }
        let is_end = |i: &usize| {
            lexemes[*i].depth == depth && lexemes[*i].is_any(LIST_ENDS) && !lexemes[*i - 1].is_any(&["DISTINCT", "WITHIN"])
        };
        let end = (start + 1..query.end).find(is_end).unwrap_or(query.end);
        let commas = (start + 1..end).filter(|&i| lexemes[i].depth == depth && lexemes[i].is_token(&Token::Comma));
        let bounds: Vec<usize> = std::iter::once(start).chain(commas).chain([end]).collect();
        Some(bounds.windows(2).map(|pair| pair[0] + 1..pair[1]).collect())
    }

    /// The number of columns that an item yields.
    fn columns_of_item(&self, item: &Range<usize>, scope: &Scope, query: &Range<usize>) -> Option<usize> {
        let lexemes = &self.lexed.lexemes;
        if item.is_empty() {
            return None;
        }
        if !lexemes[item.end - 1].is_token(&Token::Mul) {
            return Some(1);
        }
        if item.len() == 1 {
            let merged = lexemes[query.clone()].iter().any(|l| l.is_any(&["NATURAL", "USING"]));
            return if merged { None } else { scope.items.iter().map(|i| self.column_count(i)).sum() };
        }
        let span = self.span_of(item);
        let name = self.shape.uses.iter().find(|u| u.place == UsePlace::Star && u.span == span)?.name.last();
        self.column_count(scope.items.iter().find(|i| i.name == name)?)
    }

    /// PostgreSQL's errors for too many and too few columns (source, analyze.c).
    pub(super) fn check_outputs(&self, insert: &Insert, given: &[usize], outputs: &Outputs) -> Result<(), Refusal> {
        let Some(items) = &outputs.items else { return Ok(()) };
        if let Some(extra) = items.get(given.len()) {
            let message = "INSERT has more expressions than target columns".to_owned();
            return Err(Refusal::legacy("42601", message, Some(self.span_of(&self.unwrapped(extra)).start)));
        }
        match insert.columns.as_ref().and_then(|(_, named)| named.get(items.len())) {
            Some(part) => {
                let message = "INSERT has more target columns than expressions".to_owned();
                Err(Refusal::legacy("42601", message, Some(part.span.start)))
            }
            None => Ok(()),
        }
    }

    /// The client's query, wrapped so that its columns are the legacy columns.
    pub(super) fn query(
        &mut self,
        query: &Range<usize>,
        outputs: &Outputs,
        given: &[usize],
        missing: &[usize],
        relation: &Relation,
    ) -> Sql {
        let name = |i: &usize| ident(&relation.columns[*i].name);
        let items = outputs.items.as_deref().unwrap_or_default();
        let untyped = |item: &&Range<usize>| outputs.untyped && self.is_untyped(item);
        let value = |(k, i): (usize, &usize)| {
            let (sql_type, read) = (&relation.columns[*i].sql_type, format!("s.{}", name(i)));
            let value = match items.get(k) {
                // PostgreSQL takes such an item out of the query too, so that a value that is too long fails even without rows.
                Some(item) if untyped(&item) => self.assignment(relation, *i, item),
                Some(item) => sql_type.assigned_by_type(read, &self.mark(relation, *i, item)),
                // An untyped value may come out of a star.
                None => sql_type.assigned(read),
            };
            sql!("{} AS {}", value, name(i))
        };
        let defaults = missing.iter().map(|i| sql!("{} AS {}", relation.default(*i), name(i)));
        let list = Sql::join(given.iter().enumerate().map(value).chain(defaults), ", ");
        let names: Vec<String> = given.iter().map(name).collect();
        let client = Sql::client(self.span_of(query));
        let rows = match outputs.items {
            Some(_) => client,
            None => {
                let width = vec!["NULL"; given.len()].join(", ");
                sql!("SELECT * FROM ({}) AS q UNION ALL SELECT {} WHERE false", client, width)
            }
        };
        // Functions are called once per row: without this the planner would copy a call to every place that uses its column.
        let lexemes = &self.lexed.lexemes[query.clone()];
        let calls = lexemes.windows(2).any(|w| w[0].word().is_some() && w[1].is_token(&Token::LParen));
        let once = if calls { " OFFSET 0" } else { "" };
        let out = sql!("SELECT {} FROM ({}) AS s({}){}", list, rows, names.join(", "), once);
        // In a sub-select a string or a parameter alone would become text.
        for (item, &column) in items.iter().zip(given).filter(|_| outputs.untyped) {
            if self.is_untyped(item) {
                let cast = format!(")::{}", relation.columns[column].sql_type.without_length(self.is_parameter(item)));
                self.edits.push(Edit::wrap(self.span_of(item), "(", cast));
            }
        }
        out
    }
}
