//! Which columns of a legacy table a statement names: before a table is moved or dropped, it is asked which of them are still used.

use super::outcome::{NamedColumns, Outcome};
use super::policy::Entry;
use super::work::Work;
use crate::sql::{Role, UsePlace};

impl Work<'_, '_> {
    /// Adds the columns that a reference names to those that other references of the statement name of the same table.
    pub(super) fn name_columns(&self, reference: usize, entry: &Entry, outcome: &mut Outcome) {
        let table = &entry.relation.table;
        let star = self.has_star(reference);
        if let Some(named) = outcome.named.iter_mut().find(|n| n.table == *table) {
            named.star |= star;
            return;
        }
        let columns = entry.relation.columns.iter().filter(|c| self.words.contains(&c.name)).map(|c| c.name.clone());
        outcome.named.push(NamedColumns { table: table.clone(), columns: columns.collect(), star });
    }

    fn has_star(&self, reference: usize) -> bool {
        let reference = &self.shape.references[reference];
        let listed = || self.shape.uses.iter().any(|u| u.place == UsePlace::Column);
        match reference.role {
            Role::Read => {
                let name = reference.alias.as_ref().map_or(reference.name.last(), |alias| &alias.name);
                let is_named = || self.shape.uses.iter().any(|u| u.place == UsePlace::Star && u.name.last() == name);
                reference.table_command || self.shape.scopes.get(reference.scope).is_some_and(|s| s.star) || is_named()
            }
            Role::Insert | Role::CopyTo | Role::CopyFrom => !listed(),
            _ => false,
        }
    }
}
