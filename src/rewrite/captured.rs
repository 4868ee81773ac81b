//! INSERTs into a history under `capture = "trigger"`. The audit trigger has already recorded the change and written it into the
//! history, so the application's own INSERT is answered, checked and counted by the relation's view, and adds no row.

use super::policy::Entry;
use super::refuse::Refusal;
use super::splice::Edit;
use super::work::Work;
use crate::sql::Dml;
use crate::sql::clause::{Arbiter, Insert};

impl Work<'_, '_> {
    pub(super) fn insert_captured(&mut self, dml: &Dml, insert: &Insert, entry: &Entry) -> Result<(), Refusal> {
        let relation = &entry.relation;
        self.edits.push(Edit::replace(self.shape.references[dml.target].name.span(), relation.view()));
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
