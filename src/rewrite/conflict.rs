//! `INSERT INTO tipositver ... ON CONFLICT (tsvid) DO UPDATE SET tsvtxtid = excluded.tsvtxtid` becomes `... ON CONFLICT ON CONSTRAINT
//! tipositver_code_key DO UPDATE SET (dv_txtid) = (SELECT ... r.tsvtxtid ... FROM (VALUES ... excluded.dv_txtid ...) AS r(tsvtxtid))`.
//!
//! `excluded` has the columns of the new table, so a column of it is read as one of the target row is. The legacy key means the leaf's own
//! constraint. Any other list of columns or expressions becomes one of the expressions that read them, and the server looks for the
//! unique index that the leaf has taken over; what it would not have inferred on the legacy table it does not infer here either.

use super::refuse::Refusal;
use super::splice::Edit;
use super::update::Assign;
use super::{Entry, Work};
use crate::relation::Relation;
use crate::sql::clause::{Arbiter, OnConflict};
use crate::sql::quote::ident;
use crate::sql::{Dml, NameUse, Part, Role, Span};

/// The name under which ON CONFLICT shows the row that could not be added.
const EXCLUDED: &str = "excluded";

impl Work<'_, '_> {
    pub(super) fn on_conflict(&mut self, dml: &Dml, conflict: &OnConflict, entry: &Entry) -> Result<(), Refusal> {
        let relation = &entry.relation;
        // No client can mean a constraint that the legacy table did not have.
        let unique = relation.unique.as_ref().filter(|u| u.declared);
        let leaf_unique = relation.leaf_unique().unwrap_or_default();
        let inferred = format!("ON CONSTRAINT {}", ident(&leaf_unique));
        match &conflict.arbiter {
            Arbiter::Any if unique.is_none() && conflict.update.is_none() && !leaf_unique.is_empty() => {
                self.edits.push(Edit::replace(self.span_of(&conflict.lexemes), ""));
                return Ok(());
            }
            Arbiter::Any => {}
            Arbiter::Columns { columns: Some(columns), lexemes, predicate: None } => {
                let span = self.span_of(lexemes);
                let place = |c| arbiter_column(relation, c, span.start);
                let named = columns.iter().map(place).collect::<Result<Vec<_>, _>>()?;
                let sorted = |list: &[usize]| {
                    let mut list = list.to_vec();
                    list.sort_unstable();
                    list.dedup();
                    list
                };
                let arbiter = match unique {
                    Some(_) if sorted(&named) == sorted(&relation.key) => inferred,
                    _ => {
                        let read = |&i: &usize| format!("({})", relation.read(i, None));
                        format!("({})", named.iter().map(read).collect::<Vec<_>>().join(", "))
                    }
                };
                self.edits.push(Edit::replace(span, arbiter));
            }
            Arbiter::Columns { .. } => {
                let at = self.span_of(&conflict.lexemes).start;
                return Err(Refusal::form(relation, "ON CONFLICT on an expression or with a predicate of an INSERT into", at));
            }
            Arbiter::Constraint { name, lexemes } => match unique.filter(|u| u.legacy == name.text) {
                Some(_) => self.edits.push(Edit::replace(self.span_of(lexemes), inferred)),
                None => {
                    let message = format!("constraint \"{}\" for table \"{}\" does not exist", name.text, relation.table);
                    return Err(Refusal::legacy("42704", message, None));
                }
            },
        }
        if let Some(update) = &conflict.update {
            self.set_clause(dml, update, entry, Assign::Together)?;
            if let Some(condition) = update.condition.as_ref().and_then(|c| self.lexed.span(c)) {
                self.expression(condition, dml, entry);
            }
        }
        Ok(())
    }

    /// Whether a name is looked up in ON CONFLICT's `excluded`: the column, or an empty text for the whole row.
    pub(super) fn excluded<'u>(&self, name_use: &'u NameUse) -> Option<&'u str> {
        let (table, column) = match name_use.name.0.as_slice() {
            [table] => (table, ""),
            [table, column] => (table, column.text.as_str()),
            _ => return None,
        };
        if table.text != EXCLUDED {
            return None;
        }
        let mut at = Some(name_use.scope);
        while let Some(scope) = at.map(|s| &self.shape.scopes[s]) {
            if let Some(item) = scope.items.iter().find(|i| i.name == EXCLUDED) {
                let target = scope.items[0].reference.is_some_and(|r| self.shape.references[r].role == Role::Insert);
                return (target && item.reference.is_none()).then_some(column);
            }
            at = scope.parent;
        }
        None
    }

    /// An expression in which both rows have their legacy columns again: an unqualified name is ambiguous there, as it was.
    pub(super) fn in_scope_of_conflict(&mut self, span: Span, relation: &Relation, row: &str) {
        let item = |row: &str| format!("(SELECT {}) AS {}", self.row_columns(relation, row), ident(row));
        let behind = format!(" FROM {}, {})", item(row), item(EXCLUDED));
        self.edits.push(Edit::wrap(span, "(SELECT ", behind));
    }
}

/// As the list of an arbiter names it: PostgreSQL looks it up like any column, and its error points at the list.
fn arbiter_column(relation: &Relation, part: &Part, list: usize) -> Result<usize, Refusal> {
    let missing = || Refusal::legacy("42703", format!("column \"{}\" does not exist", part.text), Some(list));
    relation.position(&part.text).ok_or_else(missing)
}
