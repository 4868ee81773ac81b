//! References in FROM: `cf_quere_pro.tipocorreo t` becomes `esclusa.tipocorreo t`, the view of the relation over its leaf. The view has the
//! legacy columns under their names, in their order, with their types and modifiers, and the rights of the legacy table; the planner makes
//! of it what it makes of a sub-select, and the leaf has the legacy table's indexes. Where a statement asks for what a view has not,
//! `system` puts a sub-select there.

use super::policy::Entry;
use super::refuse::Refusal;
use super::resolve::Owner;
use super::splice::Edit;
use super::system::Stand;
use super::work::Work;
use crate::relation::CONTROL;
use crate::rule::ADDED;
use crate::sql::template::Sql;
use crate::sql::{Name, NameUse, Span, UsePlace};

impl Work<'_, '_> {
    pub(super) fn read(&mut self, index: usize, entry: &Entry) -> Result<(), Refusal> {
        let reference = &self.shape.references[index];
        let relation = &entry.relation;
        match self.stands_for(index, entry) {
            Stand::Table => {
                self.notes.push(format!("{}: the statement names its columns, so it is left as it is", relation.table));
                return Ok(());
            }
            Stand::Leaf => self.edits.push(self.leaf(index, entry)),
            // A retained table has no view.
            Stand::View if relation.is_retained() => self.edits.push(self.leaf(index, entry)),
            Stand::View => self.edits.push(Edit::replace(reference.name.span(), relation.view())),
        }
        self.notes.push(format!("{}: read as {} rows of {}", relation.table, relation.kind, relation.rows()));
        Ok(())
    }

    /// Whether all columns of a reference may be needed: `*`, a whole row, NATURAL JOIN, renamed columns.
    pub(super) fn needs_all(&self, index: usize) -> bool {
        let reference = &self.shape.references[index];
        let renamed = reference.alias.as_ref().is_some_and(|a| !a.columns.is_empty());
        reference.table_command
            || renamed
            || self.shape.scopes[reference.scope].star
            || self.shape.uses.iter().any(|u| u.place == UsePlace::Star && self.is_row(u, index) || self.names_row(u, index))
    }

    fn is_row(&self, name_use: &NameUse, index: usize) -> bool {
        self.owner(name_use) == Owner::Row { reference: index }
    }

    /// Whether a bare name may be the whole row, also if another item with unknown columns may have it as a column.
    fn names_row(&self, name_use: &NameUse, index: usize) -> bool {
        let reference = &self.shape.references[index];
        let visible = reference.alias.as_ref().map_or(reference.name.last(), |a| &a.name);
        let [part] = name_use.name.0.as_slice() else { return false };
        part.text == visible && matches!(self.owner(name_use), Owner::Unknown) || self.is_row(name_use, index)
    }

    /// Whether a client names columns that the improvement added: such a client knows the table as it is now.
    pub(super) fn names_improvement(&self) -> bool {
        ADDED.iter().any(|column| self.words.contains(*column))
    }

    /// `cf_quere_pro.tipocorreo.tipctipo` gets the view's schema; or none, where a sub-select has replaced the table.
    pub(super) fn qualify(&mut self) {
        for name_use in &self.shape.uses {
            let tail = if name_use.place == UsePlace::Star { 1 } else { 2 };
            if name_use.name.0.len() <= tail {
                continue;
            }
            let (qualifier, name) =
                (&name_use.name.0[..=name_use.name.0.len() - tail], &name_use.name.0[name_use.name.0.len() - tail]);
            let schema = &qualifier[..qualifier.len() - 1];
            if self.misses_rewritten(&name.text, schema, name_use.scope) && !self.is_in_schema(&Name(qualifier.to_vec())) {
                let message = format!("invalid reference to FROM-clause entry for table \"{}\"", name.text);
                let mut refusal = Refusal::legacy("42P01", message, Some(name_use.span.start));
                refusal.error = refusal.error.hint(format!(
                    "There is an entry for table \"{}\", but it cannot be referenced from this part of the query.",
                    name.text
                ));
                self.fault.get_or_insert(refusal);
                continue;
            }
            let reference = match self.owner(name_use) {
                Owner::Column { reference, .. } | Owner::Row { reference } => reference,
                Owner::Other | Owner::Nowhere | Owner::Unknown => continue,
            };
            let written = self.shape.dml.iter().any(|d| d.target == reference);
            let (name, whole) = (self.shape.references[reference].name.span(), self.shape.references[reference].span);
            let Some(edit) = self.edits.iter().find(|e| e.span == name || e.span == whole) else { continue };
            let viewed = self.entries[reference].is_some_and(|e| edit.sql == Sql::text(e.relation.view()));
            if self.rewritten(reference).is_some() && (viewed || !written) {
                let schema = if viewed { format!("{CONTROL}.") } else { String::new() };
                let table = &name_use.name.0[name_use.name.0.len() - tail];
                let prefix = Span { start: name_use.name.span().start, end: table.span.start };
                self.edits.push(Edit::replace(prefix, schema));
            }
        }
    }
}
