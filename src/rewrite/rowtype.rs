//! The name of a legacy table as a type: `NULL::tipositver` becomes `NULL::esclusa.tipositver`, which is the type of the rows that a
//! reference to it yields.

use std::ops::Range;

use sqlparser::tokenizer::Token;

use super::policy::Entry;
use super::resolve::Owner;
use super::source::LIST_ENDS;
use super::splice::Edit;
use super::work::Work;
use crate::relation::{CONTROL, Relation};
use crate::sql::edit::QUERY_START;
use crate::sql::quote::{ident, qualified};
use crate::sql::{Dml, NameUse, UsePlace};

/// The type of a relation's rows.
pub(super) fn row_type(relation: &Relation) -> String {
    if relation.is_retained() { relation.legacy_table() } else { qualified(CONTROL, &relation.table) }
}

/// The row of a leaf as a value of that type. It is an expression over the row's fields and not a sub-select, so that it can stand
/// wherever the row could (in an aggregate, before a field's name). COALESCE makes it one value to the server's eyes: a row that is
/// built on the left of `IN (SELECT ..)` is compared field by field with the sub-select's columns (parse_expr.c, transformSubLink).
/// The planner removes it (clauses.c, eval_const_expressions).
pub(super) fn row_value(relation: &Relation, row: Option<&str>) -> String {
    let fields: Vec<String> = (0..relation.columns.len()).map(|i| relation.read(i, row)).collect();
    format!("(COALESCE(ROW({})::{}))", fields.join(", "), row_type(relation))
}

impl Work<'_, '_> {
    /// A row of a leaf that is named as a whole; in a list, a star stands for its columns.
    pub(super) fn whole_row(&self, name_use: &NameUse, relation: &Relation, row: &str) -> Edit {
        let value = row_value(relation, Some(row));
        Edit::replace(name_use.span, if self.is_list(name_use) { format!("{value}.*") } else { value })
    }

    /// Whether a field of a row is named that is none of its columns: how the server reads that depends on the row being a table's.
    pub(super) fn has_odd_field(&self, name_use: &NameUse, relation: &Relation) -> bool {
        self.field(name_use).is_some_and(|name| relation.position(&name).is_none())
    }

    /// Rows of a retained table that are named as a whole are read without the columns that the improvement added.
    pub(super) fn retained_rows(&mut self, uses: &[NameUse], relation: &Relation, row: &str) {
        let columns: Vec<String> = (0..relation.columns.len()).map(|i| relation.read(i, Some(row))).collect();
        let columns = columns.join(", ");
        let name = ident(row);
        for name_use in uses {
            let edit = match self.expanded(name_use) {
                Some(expanded) => self.list_item(&expanded).map(|item| Edit::replace(self.span_of(&item), columns.as_str())),
                None if self.is_list(name_use) => Some(Edit::replace(name_use.span, columns.as_str())),
                // One of its fields is named, which the table's own row has.
                None if self.is_inside_field(name_use) => None,
                None => Some(Edit::replace(name_use.span, format!("(SELECT {name} FROM (SELECT {columns}) AS {name})"))),
            };
            self.edits.extend(edit);
        }
    }

    /// Whether lexemes mean all columns of a statement's target: `t.*`, `(t).*`.
    pub(super) fn is_star_of(&self, lexemes: &Range<usize>, dml: &Dml) -> bool {
        let lexemes = self.unwrapped(lexemes);
        let span = self.span_of(&lexemes);
        let is_all = |u: &NameUse| u.place == UsePlace::Star && u.span == span || self.expanded(u) == Some(lexemes.clone());
        self.uses_in(span).any(|u| is_all(u) && self.owner(u) == Owner::Row { reference: dml.target })
    }

    /// Whether a star stands for columns, and not for a row.
    pub(super) fn is_list(&self, name_use: &NameUse) -> bool {
        let Some(first) = self.lexeme_at(name_use.span.start).filter(|_| name_use.place == UsePlace::Star) else { return false };
        !self.is_argument(name_use) && self.list_item(&(first..first + 2 * name_use.name.0.len() + 1)).is_some()
    }

    /// The whole item, with parentheses around it, if lexemes are an item of a select list, of a row or of VALUES.
    fn list_item(&self, inner: &Range<usize>) -> Option<Range<usize>> {
        const BEFORE_LIST: &[&str] = &["SELECT", "DISTINCT", "ALL", "RETURNING"];
        let lexemes = &self.lexed.lexemes;
        let (mut start, mut end) = (inner.start, inner.end);
        let before = |start: usize| start.checked_sub(1).filter(|at| *at >= self.lexemes.start).map(|at| &lexemes[at]);
        let is_end = |at: usize| {
            let l = &lexemes[at];
            l.is_token(&Token::Comma) || l.is_token(&Token::RParen) || l.is("AS") || l.is("INTO") || l.is_any(LIST_ENDS)
        };
        while before(start)?.is_token(&Token::LParen) && end < self.lexemes.end && lexemes[end].is_token(&Token::RParen) {
            match before(start - 1) {
                Some(word) if word.is_any(&["ROW", "VALUES"]) => return Some(start..end),
                // A function's argument, or an item of IN.
                Some(word) if word.word().is_some() && !word.is_any(BEFORE_LIST) => return None,
                _ => (start, end) = (start - 1, end + 1),
            }
        }
        let begins = before(start)?;
        let is_begun = begins.is_token(&Token::LParen) || begins.is_token(&Token::Comma) || begins.is_any(BEFORE_LIST);
        (is_begun && (end >= self.lexemes.end || is_end(end))).then_some(start..end)
    }

    /// Whether a name is inside an expression of which a field is taken: `(coalesce(t)).a`.
    fn is_inside_field(&self, name_use: &NameUse) -> bool {
        let lexemes = &self.lexed.lexemes;
        let mut at = self.lexeme_at(name_use.span.start);
        while let Some(open) = at.and_then(|at| self.lexed.opening(at)).filter(|open| *open >= self.lexemes.start) {
            let behind = self.lexed.closing(open).and_then(|close| lexemes.get(close + 1));
            if behind.is_some_and(|l| l.is_token(&Token::Period)) {
                return true;
            }
            at = (!lexemes[open + 1].is_any(QUERY_START)).then_some(open);
        }
        false
    }

    pub(super) fn row_type(&mut self, index: usize, entry: &Entry) {
        self.edits.push(Edit::replace(self.shape.references[index].name.span(), row_type(&entry.relation)));
        self.notes.push(format!("{}: its row type is that of the view", entry.relation.table));
    }
}
