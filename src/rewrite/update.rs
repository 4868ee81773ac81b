//! `UPDATE tipositver SET tsvtxtid = $1 WHERE tsvid = $2` becomes `UPDATE cf_quere_pro.domain_value AS tipositver SET (dv_txtid) =
//! (SELECT r.tsvtxtid FROM (SELECT ($1)::numeric(10,0) AS tsvtxtid) AS r) WHERE ...`.
//!
//! The inner sub-select holds the assigned values as typed legacy columns; the outer one makes of them the columns of the new
//! table, with the relation's own expressions. Both are evaluated on the target row.

use std::ops::Range;

use super::refuse::Refusal;
use super::splice::{Edit, Piece};
use super::{Entry, Work};
use crate::relation::Relation;
use crate::sql::clause::{AssignedValue, Cell, Update};
use crate::sql::quote::{ident, qualified};
use crate::sql::{Dml, Part};

/// The assignments of an UPDATE, in the order of the text.
struct Assigned {
    columns: Vec<usize>,
    /// The value of each, typed.
    values: Vec<Vec<Piece>>,
    /// Sub-selects that yield several columns at once.
    joins: Vec<Piece>,
}

/// How the new table's columns are assigned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Assign {
    /// All by one sub-select, which evaluates each value once.
    Together,
    /// Each by an expression of its own, which evaluates for itself the values that it is made of.
    Apart,
}

/// What stands for the new row in an expression that is to hold its values themselves: no name that a client uses.
const INLINED: &str = "esclusa new row";

impl Work<'_, '_> {
    pub(super) fn update(&mut self, dml: &Dml, update: &Update, entry: &Entry) -> Result<(), Refusal> {
        let relation = &entry.relation;
        self.edits.push(Edit::replace(self.shape.references[dml.target].span, self.target(dml, entry)));
        self.set_clause(dml, update, entry, Assign::Together)?;
        let end = update.from.as_ref().map_or(update.set.end, |f| f.end);
        self.condition(dml, entry, update.condition.as_ref(), Some(end))?;
        self.notes.push(format!("{}: updates {} rows of {}", relation.table, relation.kind, relation.target_table()));
        self.returning(dml, entry)
    }

    /// SET with its assignments, of an UPDATE, of ON CONFLICT DO UPDATE or of MERGE.
    pub(super) fn set_clause(&mut self, dml: &Dml, update: &Update, entry: &Entry, how: Assign) -> Result<(), Refusal> {
        let relation = &entry.relation;
        let row = self.row_name(dml);
        let set = self.span_of(&update.set);
        let at = self.edits.len();
        let assigned = self.assigned(dml, update, entry)?;
        let inlined = how == Assign::Apart && assigned.joins.is_empty();
        let new = if inlined { INLINED } else { self.new_row_name(dml) };
        let (fields, mut expressions): (Vec<_>, Vec<_>) = relation.update(&assigned.columns, &row, new).into_iter().unzip();
        let value = |i: usize| {
            if assigned.columns.contains(&i) { qualified(new, &relation.columns[i].name) } else { relation.read(i, Some(&row)) }
        };
        relation.check_first(&mut expressions, &assigned.columns, &value);
        let mut pieces = Vec::new();
        let mut select = |head: String| {
            pieces.push(Piece::Text(format!("{head} FROM (SELECT ")));
            for (n, (&column, value)) in assigned.columns.iter().zip(&assigned.values).enumerate() {
                pieces.extend((n > 0).then(|| Piece::Text(", ".into())));
                pieces.extend(value.iter().cloned());
                pieces.push(Piece::Text(format!(" AS {}", ident(&relation.columns[column].name))));
            }
            pieces.extend(assigned.joins.iter().cloned());
            pieces.push(Piece::Text(format!(") AS {new})")));
        };
        match how {
            Assign::Together => select(format!("SET ({}) = (SELECT {}", fields.join(", "), expressions.join(", "))),
            Assign::Apart if inlined => {
                for (n, (field, expression)) in fields.iter().zip(&expressions).enumerate() {
                    pieces.push(Piece::Text(format!("{} {field} = ", if n == 0 { "SET" } else { "," })));
                    pieces.extend(assigned.inlined(relation, expression));
                }
            }
            Assign::Apart => {
                for (n, (field, expression)) in fields.iter().zip(&expressions).enumerate() {
                    let before = if n == 0 { "SET" } else { "," };
                    select(format!("{before} {field} = (SELECT {expression}"));
                }
            }
        }
        // The outer edit goes before those of the values inside it.
        self.edits.insert(at, Edit { span: set, pieces });
        Ok(())
    }

    fn assigned(&mut self, dml: &Dml, update: &Update, entry: &Entry) -> Result<Assigned, Refusal> {
        let relation = &entry.relation;
        let mut out = Assigned { columns: Vec::new(), values: Vec::new(), joins: Vec::new() };
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
    fn cell(&mut self, cell: &Cell, column: usize, dml: &Dml, entry: &Entry) -> Vec<Piece> {
        let relation = &entry.relation;
        if cell.default {
            return vec![Piece::Text(relation.default(column))];
        }
        let (before, after) = self.assignment(relation, column, &cell.lexemes);
        let span = self.span_of(&cell.lexemes);
        self.expression(span, dml, entry);
        vec![Piece::Text(before), Piece::Client(span), Piece::Text(after)]
    }

    /// `(a, b) = (SELECT ...)`: no row means NULLs, as PostgreSQL has it; more than one is the server's own error.
    fn several(&mut self, query: &Range<usize>, columns: &[usize], n: usize, dml: &Dml, entry: &Entry, out: &mut Assigned) {
        let relation = &entry.relation;
        let alias = format!("q{n}");
        let items = self.select_items(&(query.start + 1..query.end - 1)).unwrap_or_default();
        for (k, &i) in columns.iter().enumerate() {
            let name = &relation.columns[i].name;
            let mark = self.mark(relation, i, items.get(k).unwrap_or(query));
            let value = relation.columns[i].sql_type.assigned_by_type(&qualified(&alias, name), &mark);
            out.values.push(vec![Piece::Text(value)]);
        }
        let names: Vec<String> = columns.iter().map(|&i| ident(&relation.columns[i].name)).collect();
        let span = self.span_of(query);
        let from = if out.joins.is_empty() { " FROM (SELECT) AS one" } else { "" };
        out.joins.push(Piece::Text(format!("{from} LEFT JOIN LATERAL ")));
        out.joins.push(Piece::Client(span));
        out.joins.push(Piece::Text(format!(" AS {alias}({}) ON true", names.join(", "))));
        self.sub_query(span, dml, entry);
    }
}

impl Assigned {
    /// An expression over the new row, with the values themselves in place of its columns.
    fn inlined(&self, relation: &Relation, expression: &str) -> Vec<Piece> {
        let mark = format!("{}.", ident(INLINED));
        let mut parts = expression.split(mark.as_str());
        let mut pieces = vec![Piece::Text(parts.next().unwrap_or_default().to_owned())];
        for part in parts {
            let named = self.columns.iter().zip(&self.values).map(|(&i, value)| (ident(&relation.columns[i].name), value));
            // One name may begin with another.
            let found = named.filter(|(name, _)| part.starts_with(name.as_str())).max_by_key(|(name, _)| name.len());
            let Some((name, value)) = found else { continue };
            pieces.push(Piece::Text("(".into()));
            pieces.extend(value.iter().cloned());
            pieces.push(Piece::Text(format!("){}", &part[name.len()..])));
        }
        pieces
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
