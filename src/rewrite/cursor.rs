//! Cursors: `DELETE FROM tipositver WHERE CURRENT OF c` becomes `DELETE FROM cf_quere_pro.domain_value AS tipositver USING (SELECT WHERE
//! esclusa.cursor_over('c', 'tipositver')) AS esclusa_cursor WHERE CURRENT OF c`.
//!
//! CURRENT OF stands alone in its WHERE, so no condition can say whose row it is; and to the server a cursor over one look-up is a
//! cursor over all of them. So a rewritten DECLARE says in a comment which legacy tables its rows are of, where that is certain, and
//! the function looks for it: without it the error is the one that the legacy table would have given.

use std::ops::Range;

use super::refuse::Refusal;
use super::source::LIST_ENDS;
use super::splice::Edit;
use super::{Entry, Work};
use crate::sql::clause::Clauses;
use crate::sql::quote::literal;
use crate::sql::{Dml, Span};

/// The name of the item that holds the check: none that a client uses.
const CHECK: &str = "esclusa_cursor";

impl Work<'_, '_> {
    /// WHERE CURRENT OF a cursor, whose three words are `condition`.
    pub(super) fn current_of(&mut self, dml: &Dml, entry: &Entry, condition: &Range<usize>) -> Result<(), Refusal> {
        let (clause, word) = match &dml.clauses {
            Clauses::Update(update) => (update.from.as_ref(), "FROM"),
            Clauses::Delete(delete) => (delete.using.as_ref(), "USING"),
            Clauses::Insert(_) | Clauses::Merge(_) => (None, ""),
        };
        let before = if clause.is_some() { "," } else { word };
        let cursor = self.lexed.lexemes[condition.start + 2].name().unwrap_or_default();
        // In front of WHERE.
        let end = self.lexed.lexemes[condition.start - 2].span.end;
        let space = if clause.is_some() { "" } else { " " };
        let check = format!("esclusa.cursor_over({}, {})", literal(&cursor), literal(&entry.relation.table));
        self.edits.push(Edit::insert(end, format!("{space}{before} (SELECT WHERE {check}) AS {CHECK}")));
        Ok(())
    }

    /// Says behind a DECLARE of which legacy tables a row of the cursor can be changed: those whose rows are the only ones of their
    /// new table that the query locks, or reads where it locks none. What a condition reads is not locked, and no cursor stands on it.
    pub(super) fn mark_cursor(&mut self) {
        let (Some(cursor), Some(span)) = (&self.shape.cursor, self.lexed.span(&self.lexemes)) else { return };
        let locked = self.locked_names();
        let visible = |i: usize| {
            let reference = &self.shape.references[i];
            reference.alias.as_ref().map_or_else(|| reference.name.last(), |a| &a.name)
        };
        let from = self.list_of_from();
        let listed = |i: usize| from.is_none_or(|from| from.contains(self.shape.references[i].span));
        let read = |&i: &usize| listed(i) && locked.as_ref().is_none_or(|names| names.iter().any(|n| n == visible(i)));
        let entries = (0..self.entries.len()).filter(read).filter_map(|i| self.rewritten(i));
        let relations: Vec<_> = entries.map(|e| &e.relation).filter(|r| !r.is_retained()).collect();
        let mut marks = String::new();
        for relation in &relations {
            let alone = relations.iter().filter(|r| r.target == relation.target).count() == 1;
            if alone && !cursor.contains(['*', '/']) && !relation.table.contains(['*', '/']) {
                marks.push_str(&format!(" /* esclusa: cursor {cursor} over {} */", relation.table));
            }
        }
        if !marks.is_empty() {
            self.edits.push(Edit::insert(span.end, marks));
        }
    }

    /// From FROM to the clause behind it, where the query is one SELECT without parentheses round it.
    fn list_of_from(&self) -> Option<Span> {
        const SET_OPERATIONS: &[&str] = &["UNION", "INTERSECT", "EXCEPT"];
        let lexemes = &self.lexed.lexemes[self.lexemes.clone()];
        let depth = lexemes.first()?.depth;
        let here = |i: usize, words: &[&str]| lexemes[i].depth == depth && lexemes[i].is_any(words);
        if (0..lexemes.len()).any(|i| here(i, SET_OPERATIONS)) {
            return None;
        }
        let from = (1..lexemes.len()).find(|&i| here(i, &["FROM"]) && !lexemes[i - 1].is("DISTINCT"))?;
        let end = (from + 1..lexemes.len()).find(|&i| here(i, &LIST_ENDS[1..])).unwrap_or(lexemes.len());
        Some(lexemes[from].span.to(lexemes[end - 1].span))
    }

    /// Whether rows may be written at this cursor's place. Then it must read every partition: a positioned write looks for its row in each of
    /// them, and PostgreSQL refuses it where the cursor's plan has left one out. One that sorts and locks nothing takes no such writes.
    pub(super) fn is_written_through(&self) -> bool {
        let lexemes = &self.lexed.lexemes[self.lexemes.clone()];
        let locks = lexemes.windows(2).any(|w| w[0].is("FOR") && w[1].is_any(&["UPDATE", "SHARE", "NO", "KEY"]));
        let sorts = lexemes.iter().any(|l| l.depth == lexemes[0].depth && l.is("ORDER"));
        self.shape.cursor.is_some() && (locks || !sorts)
    }

    /// The names behind FOR UPDATE OF, where there are any.
    fn locked_names(&self) -> Option<Vec<String>> {
        let lexemes = &self.lexed.lexemes;
        let locks = |&i: &usize| lexemes[i].is("OF") && lexemes[i - 1].is_any(&["UPDATE", "SHARE"]);
        let of = (self.lexemes.start + 1..self.lexemes.end).find(locks)?;
        Some(lexemes[of + 1..self.lexemes.end].iter().filter_map(|l| l.name()).collect())
    }
}
