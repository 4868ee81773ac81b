//! Writes to a history under `capture = "trigger"`. The audit trigger has recorded the change already, so what the application's own
//! INSERT says is answered, checked and counted by the view in schema `esclusa`, and added nowhere. The rows themselves are the
//! audit's: nobody changes them under the legacy name.

use super::refuse::Refusal;
use super::splice::Edit;
use super::{Entry, Work};
use crate::sql::Dml;
use crate::sql::clause::{Arbiter, Clauses, Insert};
use crate::sql::quote::{ident, qualified};

impl Work<'_, '_> {
    pub(super) fn write_captured(&mut self, dml: &Dml, entry: &Entry) -> Result<(), Refusal> {
        let reference = &self.shape.references[dml.target];
        match &dml.clauses {
            Clauses::Insert(insert) => self.insert_captured(dml, insert, entry),
            _ => Err(Refusal::captured(&entry.relation, reference.role.operation(), reference.span.start)),
        }
    }

    fn insert_captured(&mut self, dml: &Dml, insert: &Insert, entry: &Entry) -> Result<(), Refusal> {
        let relation = &entry.relation;
        let reference = &self.shape.references[dml.target];
        let alias = if reference.alias.is_none() { format!(" AS {}", ident(&relation.table)) } else { String::new() };
        let view = qualified("esclusa", &relation.table);
        self.edits.push(Edit::replace(reference.span, format!("{view}{alias}")));
        // No history has a constraint that a row could meet.
        if let Some(conflict) = &insert.on_conflict {
            match &conflict.arbiter {
                Arbiter::Any if conflict.update.is_none() => {
                    self.edits.push(Edit::replace(self.span_of(&conflict.lexemes), ""));
                }
                Arbiter::Any => {}
                Arbiter::Columns { .. } => {
                    let message = "there is no unique or exclusion constraint matching the ON CONFLICT specification";
                    return Err(Refusal::legacy("42P10", message.to_owned(), None));
                }
                Arbiter::Constraint { name, .. } => {
                    let message = format!("constraint \"{}\" for table \"{}\" does not exist", name.text, relation.table);
                    return Err(Refusal::legacy("42704", message, None));
                }
            }
        }
        self.notes.push(format!("{}: counted and not added, the audit trigger has it already", relation.table));
        Ok(())
    }
}
