//! `UPDATE tipositver SET tsvtxtid = $1 WHERE tsvid = $2` becomes `UPDATE esclusa_leaf.tipositver AS tipositver SET (dv_txtid) =
//! (SELECT r.tsvtxtid FROM (SELECT ($1)::numeric(10,0) AS tsvtxtid) AS r) WHERE ...`.
//!
//! The inner sub-select holds the assigned values as typed legacy columns; the outer one makes of them the columns of the new
//! table, with the relation's own expressions. Both are evaluated on the target row.

use std::ops::Range;

use super::refuse::Refusal;
use super::splice::Edit;
use super::{Entry, Work};
use crate::relation::Relation;
use crate::sql;
use crate::sql::clause::{AssignedValue, Cell, Update};
use crate::sql::quote::{ident, qualified};
use crate::sql::template::Sql;
use crate::sql::{Dml, Part};

/// The assignments of an UPDATE, in the order of the text.
#[derive(Default)]
struct Assigned {
    columns: Vec<usize>,
    /// The value of each, typed.
    values: Vec<Sql>,
    /// Sub-selects that yield several columns at once.
    joins: Sql,
}

/// How the new table's columns are assigned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Assign {
    /// All by one sub-select, which evaluates each value once.
    Together,
    /// Each by an expression of its own, which evaluates for itself the values that it is made of.
    Apart,
}

impl Work<'_, '_> {
    pub(super) fn update(&mut self, dml: &Dml, update: &Update, entry: &Entry) -> Result<(), Refusal> {
        let relation = &entry.relation;
        self.edits.push(Edit::replace(self.shape.references[dml.target].span, self.target(dml, entry)));
        self.set_clause(dml, update, entry, Assign::Together)?;
        self.condition(dml, entry, update.condition.as_ref());
        self.notes.push(format!("{}: updates {} rows of {}", relation.table, relation.kind, relation.rows()));
        self.returning(dml, entry)
    }

    /// SET with its assignments, of an UPDATE, of ON CONFLICT DO UPDATE or of MERGE.
    pub(super) fn set_clause(&mut self, dml: &Dml, update: &Update, entry: &Entry, how: Assign) -> Result<(), Refusal> {
        let relation = &entry.relation;
        let row = self.row_name(dml);
        let at = self.edits.len();
        let assigned = self.assigned(dml, update, entry)?;
        let new = self.new_row_name(dml);
        let mut written = relation.update(&assigned.columns, &row);
        relation.check_first(&mut written, &assigned.columns);
        let old = |i: usize| Sql::text(relation.read(i, Some(&row)));
        let named = |i: usize| match assigned.columns.contains(&i) {
            true => Sql::text(qualified(new, &relation.columns[i].name)),
            false => old(i),
        };
        // The values themselves in the place of the new row's columns.
        let inlined = |i: usize| match assigned.columns.iter().position(|c| *c == i) {
            Some(k) => sql!("({})", &assigned.values[k]),
            None => old(i),
        };
        let select = |list: Sql| {
            let values = assigned.columns.iter().zip(&assigned.values);
            let values = values.map(|(&column, value)| sql!("{} AS {}", value, ident(&relation.columns[column].name)));
            sql!("(SELECT {} FROM (SELECT {}{}) AS {})", list, Sql::join(values, ", "), &assigned.joins, new)
        };
        let sql = match how {
            Assign::Together => {
                let fields: Vec<&str> = written.iter().map(|(field, _)| *field).collect();
                let list = Sql::join(written.iter().map(|(_, value)| value.fill(named)), ", ");
                sql!("SET ({}) = {}", fields.join(", "), select(list))
            }
            Assign::Apart => {
                let one = |(field, value): &(&str, Sql)| match assigned.joins.is_empty() {
                    true => sql!("{} = {}", *field, value.fill(inlined)),
                    false => sql!("{} = {}", *field, select(value.fill(named))),
                };
                sql!("SET {}", Sql::join(written.iter().map(one), ", "))
            }
        };
        // The outer edit goes before those of the values inside it.
        self.edits.insert(at, Edit::replace(self.span_of(&update.set), sql));
        Ok(())
    }

    fn assigned(&mut self, dml: &Dml, update: &Update, entry: &Entry) -> Result<Assigned, Refusal> {
        let relation = &entry.relation;
        let mut out = Assigned::default();
        for (n, assignment) in update.assignments.iter().enumerate() {
            let first = &assignment.targets[0];
            if assignment.indirect {
                return Err(Refusal::form(relation, "assignment to a part of a column of", first.span.start));
            }
            let columns: Vec<usize> = assignment.targets.iter().map(|t| column(relation, t)).collect::<Result<_, _>>()?;
            if let Some(repeated) = columns.iter().position(|c| out.columns.contains(c)) {
                let name = &assignment.targets[repeated];
                let message = format!("multiple assignments to same column \"{}\"", name.text);
                return Err(Refusal::legacy("42601", message, None));
            }
            match &assignment.value {
                AssignedValue::One(cell) => out.values.push(self.cell(cell, columns[0], dml, entry)),
                AssignedValue::Row(cells) => {
                    if cells.len() != columns.len() {
                        let message = "number of columns does not match number of values".to_owned();
                        return Err(Refusal::legacy("42601", message, Some(first.span.start)));
                    }
                    for (cell, column) in cells.iter().zip(&columns) {
                        out.values.push(self.cell(cell, *column, dml, entry));
                    }
                }
                AssignedValue::Query(query) => self.several(query, &columns, n, dml, entry, &mut out),
            }
            out.columns.extend(columns);
        }
        Ok(out)
    }

    /// One value, cast as an assignment to its column casts it.
    fn cell(&mut self, cell: &Cell, column: usize, dml: &Dml, entry: &Entry) -> Sql {
        let relation = &entry.relation;
        if cell.default {
            return relation.default(column);
        }
        self.expression(self.span_of(&cell.lexemes), dml, entry);
        self.assignment(relation, column, &cell.lexemes)
    }

    /// `(a, b) = (SELECT ...)`: no row means NULLs, as PostgreSQL has it; more than one is the server's own error.
    fn several(&mut self, query: &Range<usize>, columns: &[usize], n: usize, dml: &Dml, entry: &Entry, out: &mut Assigned) {
        let relation = &entry.relation;
        let alias = format!("q{n}");
        let items = self.select_items(&(query.start + 1..query.end - 1)).unwrap_or_default();
        for (k, &i) in columns.iter().enumerate() {
            let name = &relation.columns[i].name;
            let mark = self.mark(relation, i, items.get(k).unwrap_or(query));
            out.values.push(relation.columns[i].sql_type.assigned_by_type(qualified(&alias, name), &mark));
        }
        let names: Vec<String> = columns.iter().map(|&i| ident(&relation.columns[i].name)).collect();
        let span = self.span_of(query);
        let from = if out.joins.is_empty() { " FROM (SELECT) AS one" } else { "" };
        out.joins.push(sql!("{} LEFT JOIN LATERAL {} AS {}({}) ON true", from, Sql::client(span), alias, names.join(", ")));
        self.sub_query(span, dml, entry);
    }
}

/// The columns of a column list, each once.
pub(super) fn named_columns(relation: &Relation, named: &[Part]) -> Result<Vec<usize>, Refusal> {
    let mut out = Vec::with_capacity(named.len());
    for part in named {
        let i = column(relation, part)?;
        if out.contains(&i) {
            let message = format!("column \"{}\" specified more than once", part.text);
            return Err(Refusal::legacy("42701", message, Some(part.span.start)));
        }
        out.push(i);
    }
    Ok(out)
}

/// A column of the legacy table, or the error that the table itself would give.
pub(super) fn column(relation: &Relation, part: &Part) -> Result<usize, Refusal> {
    relation.position(&part.text).ok_or_else(|| {
        let message = format!("column \"{}\" of relation \"{}\" does not exist", part.text, relation.table);
        Refusal::legacy("42703", message, Some(part.span.start))
    })
}
