//! `DELETE FROM tipocorreo WHERE tipctipo = 3` becomes `DELETE FROM esclusa_leaf.tipocorreo AS tipocorreo WHERE (tipocorreo.dv_code)::numeric(5,0)
//! = 3`: the leaf in the place of the table, and the names of its columns by the expressions that read them.

use std::ops::Range;

use super::policy::Entry;
use super::refuse::Refusal;
use super::splice::Edit;
use super::work::Work;
use crate::sql::clause::{Clauses, Delete};
use crate::sql::{Dml, Span};

impl Work<'_, '_> {
    /// INSERT, UPDATE, DELETE or MERGE of a legacy table.
    pub(super) fn write(&mut self, dml: &Dml, entry: &Entry) -> Result<(), Refusal> {
        match &dml.clauses {
            clauses if entry.relation.is_retained() => {
                self.check_retained_width(dml, clauses, &entry.relation)?;
                self.whole_rows(dml, entry);
                self.returning(dml, entry)
            }
            Clauses::Insert(insert) if entry.relation.projection.is_some() => self.insert_captured(dml, insert, entry),
            _ if entry.relation.projection.is_some() => Err(Refusal::captured(&entry.relation)),
            _ if self.is_limited(entry) => {
                self.write_view(dml, entry);
                Ok(())
            }
            Clauses::Insert(insert) => self.insert(dml, insert, entry),
            Clauses::Update(update) => self.update(dml, update, entry),
            Clauses::Delete(delete) => self.delete(dml, delete, entry),
            Clauses::Merge(merge) => self.merge(dml, merge, entry),
        }
    }

    /// Replaces the table by the view, whose trigger does the rest.
    pub(super) fn write_view(&mut self, dml: &Dml, entry: &Entry) {
        let view = entry.relation.view();
        self.notes.push(format!("{}: written through {view}, for a role with less than a whole table", entry.relation.table));
        self.edits.push(Edit::replace(self.shape.references[dml.target].name.span(), view));
    }

    fn delete(&mut self, dml: &Dml, delete: &Delete, entry: &Entry) -> Result<(), Refusal> {
        self.edits.push(Edit::replace(self.shape.references[dml.target].span, self.target(dml, entry)));
        self.condition(dml, entry, delete.condition.as_ref());
        self.notes.push(format!("{}: deletes {} rows of {}", entry.relation.table, entry.relation.kind, entry.relation.rows()));
        self.returning(dml, entry)
    }

    /// Edits the client's condition. WHERE CURRENT OF names no column: the cursor is over the leaf too.
    pub(super) fn condition(&mut self, dml: &Dml, entry: &Entry, condition: Option<&Range<usize>>) {
        let Some((lexemes, span)) = condition.and_then(|c| Some((c, self.lexed.span(c)?))) else { return };
        let word = |at: usize| &self.lexed.lexemes[lexemes.start + at];
        let positioned = lexemes.len() >= 3 && word(0).is("CURRENT") && word(1).is("OF");
        if !positioned {
            self.expression(span, dml, entry);
        }
    }

    pub(super) fn span_of(&self, lexemes: &Range<usize>) -> Span {
        self.lexed.span(lexemes).unwrap_or(Span { start: 0, end: 0 })
    }
}
