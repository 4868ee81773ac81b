//! RETURNING: each item yields what it would have yielded on the legacy table, with the same name and type.

use std::ops::Range;

use sqlparser::tokenizer::Token;

use super::policy::Entry;
use super::refuse::Refusal;
use super::resolve::Owner;
use super::shown::Exposed;
use super::splice::Edit;
use super::work::Work;
use crate::relation::Relation;
use crate::sql::figure::OutputName;
use crate::sql::quote::ident;
use crate::sql::shape::{Merged, Step};
use crate::sql::{Dml, NameUse};

/// The name of a column for which PostgreSQL finds none (source, parse_target.c, FigureColname).
const UNNAMED: &str = "?column?";

impl Work<'_, '_> {
    pub(super) fn returning(&mut self, dml: &Dml, entry: &Entry) -> Result<(), Refusal> {
        let Some(returning) = dml.clauses.returning() else { return Ok(()) };
        for (n, item) in returning.items.iter().enumerate() {
            self.returning_item(n, item, dml, entry)?;
        }
        Ok(())
    }

    fn returning_item(&mut self, n: usize, item: &Range<usize>, dml: &Dml, entry: &Entry) -> Result<(), Refusal> {
        let relation = &entry.relation;
        let row = self.row_name(dml);
        let expression = self.without_alias(item);
        let Some(span) = self.lexed.span(&expression) else { return Ok(()) };
        self.hide_all(span, dml, relation);
        if expression.len() == 1 && self.lexed.lexemes[expression.start].is_token(&Token::Mul) {
            let others = self.other_items(dml, entry)?;
            let all = self.all_columns(relation, &row);
            self.edits.push(Edit::replace(span, std::iter::once(all).chain(others).collect::<Vec<_>>().join(", ")));
            return Ok(());
        }
        // A label after a star is not allowed.
        if self.is_star_of(&expression, dml) {
            self.edits.push(Edit::replace(self.span_of(item), self.all_columns(relation, &row)));
            return Ok(());
        }
        if relation.is_retained() {
            let is_row = |u: &&NameUse| self.owner(u) == Owner::Row { reference: dml.target };
            let uses: Vec<NameUse> = self.uses_in(span).filter(is_row).cloned().collect();
            self.retained_rows(&uses, relation, &row);
            return Ok(());
        }
        // The expression that reads a column has another name than the column.
        let label = match self.shape.scopes[dml.scope].outputs.get(n) {
            _ if expression.end != item.end => Some(String::new()),
            Some(OutputName::Name(name)) if name == UNNAMED => Some(String::new()),
            Some(OutputName::Name(name)) => Some(format!(" AS {}", ident(name))),
            Some(OutputName::Star) => Some(String::new()),
            _ => None,
        };
        let Some(label) = label else { return self.returned_in_scope(&expression, dml, relation) };
        let at = self.edits.len();
        self.returned(span, dml, entry);
        if self.edits.len() > at && !label.is_empty() {
            // The outer edit comes before those inside it.
            self.edits.insert(at, Edit::wrap(span, "", label));
        }
        Ok(())
    }

    /// All columns of the target, in the order of `*`.
    fn all_columns(&self, relation: &Relation, row: &str) -> String {
        if !relation.is_retained() {
            return self.row_columns(relation, row);
        }
        let named = |i: usize| relation.read(i, Some(row));
        (0..relation.columns.len()).map(named).collect::<Vec<_>>().join(", ")
    }

    /// An item whose name is not known here: it is put into a scope with the legacy columns, and gets the name of the sub-select's
    /// only column, which PostgreSQL finds. A window function would be allowed there.
    fn returned_in_scope(&mut self, expression: &Range<usize>, dml: &Dml, relation: &Relation) -> Result<(), Refusal> {
        let span = self.span_of(expression);
        if let Some(call) = self.window_call(expression) {
            let message = "window functions are not allowed in RETURNING".to_owned();
            return Err(Refusal::legacy("42P20", message, Some(call)));
        }
        if self.uses_in(span).any(|u| self.may_be_target(u, dml)) {
            self.in_scope_of_row(span, dml, relation);
        }
        Ok(())
    }

    /// Where a window function of an item begins, if it is in no sub-query of the item: in the scope that the item is put into it
    /// would be allowed.
    fn window_call(&self, item: &Range<usize>) -> Option<usize> {
        let lexemes = &self.lexed.lexemes;
        let is_own = |mut at: usize| loop {
            match self.lexed.opening(at) {
                Some(open) if open >= item.start => match lexemes[open + 1].is_any(crate::sql::edit::QUERY_START) {
                    true => return false,
                    false => at = open,
                },
                _ => return true,
            }
        };
        let over = |&at: &usize| lexemes[at].is("OVER") && lexemes[at - 1].is_token(&Token::RParen) && is_own(at);
        let close = (item.start + 1..item.end).find(over)? - 1;
        let mut call = (item.start..close).rev().find(|&open| self.lexed.closing(open) == Some(close))?.checked_sub(1)?;
        while call >= item.start + 2 && lexemes[call - 1].is_token(&Token::Period) {
            call -= 2;
        }
        Some(lexemes[call].span.start)
    }

    fn may_be_target(&self, name_use: &NameUse, dml: &Dml) -> bool {
        match self.owner(name_use) {
            Owner::Column { reference, .. } | Owner::Row { reference } => reference == dml.target,
            Owner::Unknown => true,
            Owner::Other | Owner::Nowhere => self.is_system_of(name_use, dml),
        }
    }

    /// `*` includes the items of FROM or USING, in their order; columns that a join merges come first in it, and once.
    fn other_items(&self, dml: &Dml, entry: &Entry) -> Result<Vec<String>, Refusal> {
        let (scope, at) = (&self.shape.scopes[dml.scope], self.shape.references[dml.target].span.start);
        let merges = |step: &Step| matches!(step, Step::Join { merged, .. } if *merged != Merged::Nothing);
        if scope.steps.iter().any(merges) {
            return self.merged_items(dml, entry);
        }
        if scope.items[1..].iter().any(|i| i.name.is_empty()) {
            return Err(Refusal::form(&entry.relation, "RETURNING * beside an item without a name of", at));
        }
        let list = |(n, item): (usize, &crate::sql::Item)| {
            Ok(self.item_list(dml.scope, n + 1, at, true)?.unwrap_or_else(|| format!("{}.*", ident(&item.name))))
        };
        scope.items[1..].iter().enumerate().map(list).collect()
    }

    /// The columns of what FROM or USING shows, written out. A merged column is read on the side that it comes from, where it is a column of one
    /// side; otherwise by its bare name, which the target's leaf has not.
    fn merged_items(&self, dml: &Dml, entry: &Entry) -> Result<Vec<String>, Refusal> {
        let (scope, relation) = (&self.shape.scopes[dml.scope], &entry.relation);
        let refused = || {
            let at = self.shape.references[dml.target].span.start;
            Refusal::form(relation, "RETURNING * over a join that merges columns which are not known here, of", at)
        };
        // The target stands before all of them.
        let sources = self.sources(dml.scope);
        let shown = sources.get(1..).unwrap_or_default();
        if shown.iter().any(|source| !source.complete) {
            return Err(refused());
        }
        let columns = || shown.iter().flat_map(|source| &source.columns);
        let by_item = |item: usize, column: &str| {
            let name = scope.items.get(item).map(|item| &item.name).filter(|name| !name.is_empty())?;
            Some(format!("{}.{}", ident(name), ident(column)))
        };
        let text = |column: &Exposed| {
            if !column.merged {
                return by_item(column.item, &column.name);
            }
            let is_alone = columns().filter(|c| c.name == column.name).count() == 1;
            if is_alone && !(relation.is_retained() && relation.position(&column.name).is_some()) {
                return Some(ident(&column.name));
            }
            let origin = column.origin?;
            let item = scope.items.iter().position(|item| item.reference == Some(origin.reference))?;
            by_item(item, &column.name)
        };
        columns().map(|column| text(column).ok_or_else(refused)).collect()
    }

    /// The item without `AS name` or a bare label.
    pub(super) fn without_alias(&self, item: &Range<usize>) -> Range<usize> {
        let lexemes = &self.lexed.lexemes;
        if item.len() >= 3 && lexemes[item.end - 2].is("AS") && lexemes[item.end - 2].depth == lexemes[item.start].depth {
            return item.start..item.end - 2;
        }
        let last = item.end - 1;
        // The last word of `x::text` and of `s.x` is not a label.
        let behind = |token: &Token| last > item.start && lexemes[last - 1].is_token(token);
        let named = lexemes[last].word().is_some()
            && self.shape.explains(last)
            && !behind(&Token::DoubleColon)
            && !behind(&Token::Period);
        let used = self.ends_use(lexemes[last].span.end);
        if item.len() >= 2 && named && !used { item.start..last } else { item.clone() }
    }
}
