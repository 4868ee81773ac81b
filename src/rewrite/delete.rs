//! `DELETE FROM tipocorreo WHERE tipctipo = 3` becomes `DELETE FROM cf_quere_pro.domain_value AS tipocorreo WHERE
//! tipocorreo.dv_domain = 'TIPO_CORREO' AND (<tipctipo of the row> = 3)`.

use std::ops::Range;

use super::pushdown::Place;
use super::refuse::Refusal;
use super::splice::{Edit, Piece};
use super::{Entry, Work};
use crate::sql::clause::{Clauses, Delete};
use crate::sql::{Dml, Span};

impl Work<'_, '_> {
    /// INSERT, UPDATE or DELETE of a legacy table.
    pub(super) fn write(&mut self, dml: &Dml, entry: &Entry) -> Result<(), Refusal> {
        match &dml.clauses {
            _ if entry.relation.is_retained() => {
                self.whole_rows(dml, entry);
                self.returning(dml, entry)
            }
            _ if entry.relation.captured.is_some() => self.write_captured(dml, entry),
            Clauses::Insert(insert) => self.insert(dml, insert, entry),
            Clauses::Update(update) => self.update(dml, update, entry),
            Clauses::Delete(delete) => self.delete(dml, delete, entry),
            Clauses::Merge(merge) => self.merge(dml, merge, entry),
        }
    }

    fn delete(&mut self, dml: &Dml, delete: &Delete, entry: &Entry) -> Result<(), Refusal> {
        self.edits.push(Edit::replace(self.shape.references[dml.target].span, self.target(dml, entry)));
        let end = delete.using.as_ref().map(|u| u.end);
        self.condition(dml, entry, delete.condition.as_ref(), end)?;
        self.notes.push(format!(
            "{}: deletes {} rows of {}",
            entry.relation.table,
            entry.relation.kind,
            entry.relation.target_table()
        ));
        self.returning(dml, entry)
    }

    /// The client's condition behind the one that picks this table's rows. `clause_end` is the lexeme behind the last clause before
    /// WHERE, where there is one.
    pub(super) fn condition(
        &mut self,
        dml: &Dml,
        entry: &Entry,
        condition: Option<&Range<usize>>,
        clause_end: Option<usize>,
    ) -> Result<(), Refusal> {
        let filter = entry.relation.filter(Some(&self.row_name(dml)));
        let reference = &self.shape.references[dml.target];
        match condition.and_then(|c| Some((c, self.lexed.span(c)?))) {
            Some((lexemes, span)) => {
                let first = &self.lexed.lexemes[lexemes.start];
                if first.is("CURRENT") && lexemes.len() >= 3 && self.lexed.lexemes[lexemes.start + 1].is("OF") {
                    return self.current_of(dml, entry, lexemes);
                }
                // The edit of the condition is the outer one: push it before those of the names inside.
                let pushed = self.pushed(dml.target, entry, Place::Row(&self.row_name(dml)));
                let client = vec![Piece::Text(" AND (".into()), Piece::Client(span), Piece::Text(")".into())];
                let pieces = [vec![Piece::Text(filter)], pushed.pieces, client].concat();
                self.edits.push(Edit { span, pieces });
                self.expression(span, dml, entry);
            }
            None => {
                let alias_end = reference.alias.as_ref().map_or(reference.span.end, |a| a.span.end.max(reference.span.end));
                let end = clause_end.and_then(|e| self.lexed.lexemes.get(e - 1)).map_or(alias_end, |l| l.span.end);
                self.edits.push(Edit::insert(end, format!(" WHERE {filter}")));
            }
        }
        Ok(())
    }

    pub(super) fn span_of(&self, lexemes: &Range<usize>) -> Span {
        self.lexed.span(lexemes).unwrap_or(Span { start: 0, end: 0 })
    }
}
