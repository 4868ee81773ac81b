//! The name of a legacy table as a type: `NULL::tipositver` becomes `NULL::esclusa.tipositver`, which is the type of the rows that a
//! reference to it yields.

use super::splice::Edit;
use super::{Entry, Work};
use crate::relation::{CONTROL, Relation};
use crate::sql::quote::qualified;

/// The type of a relation's rows.
pub(super) fn row_type(relation: &Relation) -> String {
    if relation.is_retained() { relation.legacy_table() } else { qualified(CONTROL, &relation.table) }
}

impl Work<'_, '_> {
    pub(super) fn row_type(&mut self, index: usize, entry: &Entry) {
        self.edits.push(Edit::replace(self.shape.references[index].name.span(), row_type(&entry.relation)));
        self.notes.push(format!("{}: its row type is that of the view", entry.relation.table));
    }
}
