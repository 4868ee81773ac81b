//! `UPDATE tipositver SET tsvtxtid = $1 WHERE tsvid = $2` becomes `UPDATE esclusa_leaf.tipositver AS tipositver SET (dv_txtid) =
//! (SELECT ... r.tsvtxtid ... FROM (VALUES ... (($1)::numeric(10,0))) AS r(tsvtxtid)) WHERE ...`.
//!
//! The inner sub-select holds the assigned values as typed legacy columns; the outer one computes from them the columns of the new
//! table, with the relation's own expressions. Both are evaluated on the target row. It is VALUES and not SELECT because SET allows
//! no aggregates, window functions or set-returning functions, and neither does VALUES: the server refuses them, and the session
//! replaces VALUES by UPDATE in the error.

use std::ops::Range;

use sqlparser::tokenizer::Token;

use super::columns::SYSTEM_COLUMNS;
use super::policy::Entry;
use super::refuse::Refusal;
use super::splice::Edit;
use super::work::Work;
use crate::relation::Relation;
use crate::sql;
use crate::sql::clause::{AssignedValue, Cell, Update};
use crate::sql::quote::{ident, qualified};
use crate::sql::template::Sql;
use crate::sql::{Dml, NamePart};

/// The clauses whose expressions may be written as VALUES, in PostgreSQL's words (source, parse_expr.c, ParseExprKindName).
pub const CLAUSES: [&str; 6] = ["UPDATE", "WHERE", "RETURNING", "JOIN conditions", "MERGE WHEN conditions", "VALUES"];

/// The beginning of VALUES for an expression of a clause; the comment distinguishes it from a client's own VALUES, and names the clause.
pub fn values_of(clause: &str) -> String {
    format!("VALUES/*{clause}*/")
}

/// The assignments of an UPDATE, in the order of the text.
#[derive(Default)]
struct Assigned {
    columns: Vec<usize>,
    /// The value of each, typed.
    values: Vec<Sql>,
    /// Sub-selects that yield several columns at once.
    joins: Sql,
    /// Some value is more than a constant or a parameter.
    computed: bool,
}

impl Assigned {
    /// The columns with their values in the order of the table, in which PostgreSQL evaluates the columns of a new row.
    fn in_order(&self) -> impl Iterator<Item = (usize, &Sql)> {
        let mut pairs: Vec<(usize, &Sql)> = self.columns.iter().copied().zip(&self.values).collect();
        pairs.sort_by_key(|(column, _)| *column);
        pairs.into_iter()
    }

    /// Keeps the planner from copying a computed value to every place that uses it, and evaluating it at each.
    fn once(&self) -> &'static str {
        if self.computed { " OFFSET 0" } else { "" }
    }
}

/// How the new table's columns are assigned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Assign {
    /// All by one sub-select, which evaluates each value once.
    Together,
    /// Each by an expression of its own, which evaluates the values that it needs.
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

    /// Edits SET with its assignments: of an UPDATE, of ON CONFLICT DO UPDATE or of MERGE.
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
        // The values in the place of the new row's columns.
        let inlined = |i: usize| match assigned.columns.iter().position(|c| *c == i) {
            Some(k) => sql!("({})", &assigned.values[k]),
            None => old(i),
        };
        let select = |list: Sql| {
            let row = sql!(
                "({} ({}){})",
                values_of("UPDATE"),
                Sql::join(assigned.in_order().map(|(_, value)| value.clone()), ", "),
                assigned.once()
            );
            let names =
                assigned.in_order().map(|(column, _)| ident(&relation.columns[column].name)).collect::<Vec<_>>().join(", ");
            match assigned.joins.is_empty() {
                true => sql!("(SELECT {} FROM {} AS {}({}))", list, row, new, names),
                false => {
                    let from = sql!("{} CROSS JOIN LATERAL {} AS v({})", &assigned.joins, row, names);
                    sql!("(SELECT {} FROM (SELECT v.*{}) AS {})", list, from, new)
                }
            }
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
        // The outer edit comes before those of the values inside it.
        self.edits.insert(at, Edit::replace(self.span_of(&update.set), sql));
        Ok(())
    }

    fn assigned(&mut self, dml: &Dml, update: &Update, entry: &Entry) -> Result<Assigned, Refusal> {
        let relation = &entry.relation;
        let mut out = Assigned::default();
        for (n, assignment) in update.assignments.iter().enumerate() {
            let first = &assignment.targets[0];
            if assignment.indirect {
                column(relation, first)?;
                return Err(Refusal::form(relation, "assignment to a part of a column of", first.span.start));
            }
            if let Some(system) = assignment.targets.iter().find(|t| SYSTEM_COLUMNS.contains(&t.text.as_str())) {
                let message = format!("cannot assign to system column \"{}\"", system.text);
                return Err(Refusal::legacy("0A000", message, Some(system.span.start)));
            }
            let columns: Vec<usize> = assignment.targets.iter().map(|t| column(relation, t)).collect::<Result<_, _>>()?;
            let again = |(n, c): (usize, &usize)| out.columns.contains(c) || columns[..n].contains(c);
            if let Some(repeated) = columns.iter().enumerate().position(again) {
                let name = &assignment.targets[repeated];
                let message = format!("multiple assignments to same column \"{}\"", name.text);
                return Err(Refusal::legacy("42601", message, None));
            }
            match &assignment.value {
                AssignedValue::One(cell) => {
                    let value = self.cell(cell, columns[0], dml, entry, &mut out);
                    out.values.push(value);
                }
                AssignedValue::Row(cells) => self.row(cells, &columns, dml, entry, &mut out)?,
                AssignedValue::Query(query) => self.several(query, &columns, n, dml, entry, &mut out)?,
                AssignedValue::Other(value) => {
                    let message = "source for a multiple-column UPDATE item must be a sub-SELECT or ROW() expression".to_owned();
                    return Err(Refusal::legacy("0A000", message, Some(self.span_of(&self.unwrapped(value)).start)));
                }
            }
            out.columns.extend(columns);
        }
        Ok(out)
    }

    /// `(a, b) = (1, 2)`. A star of the target in it stands for the target's columns.
    fn row(&mut self, cells: &[Cell], columns: &[usize], dml: &Dml, entry: &Entry, out: &mut Assigned) -> Result<(), Refusal> {
        let relation = &entry.relation;
        let row = self.row_name(dml);
        let mut values: Vec<(&Cell, Option<usize>)> = Vec::with_capacity(columns.len());
        for cell in cells {
            match self.is_star_of(&cell.lexemes, dml) {
                true => values.extend((0..relation.columns.len()).map(|i| (cell, Some(i)))),
                false => values.push((cell, None)),
            }
        }
        if values.len() != columns.len() {
            let message = "number of columns does not match number of values".to_owned();
            return Err(Refusal::legacy("42601", message, Some(self.row_start(cells))));
        }
        for ((cell, read), column) in values.into_iter().zip(columns) {
            let value = match read {
                None => self.cell(cell, *column, dml, entry, out),
                Some(i) => {
                    let mark = self.mark(relation, *column, &cell.lexemes);
                    relation.columns[*column].sql_type.assigned_by_type(relation.read(i, Some(&row)), &mark)
                }
            };
            out.values.push(value);
        }
        Ok(())
    }

    /// One value, cast as an assignment to its column casts it.
    fn cell(&mut self, cell: &Cell, column: usize, dml: &Dml, entry: &Entry, out: &mut Assigned) -> Sql {
        let relation = &entry.relation;
        if cell.default {
            return relation.default(column);
        }
        out.computed |= !self.is_constant(&cell.lexemes);
        self.expression(self.span_of(&cell.lexemes), dml, entry);
        self.assignment(relation, column, &cell.lexemes)
    }

    /// `(a, b) = (SELECT ...)`: no row means NULLs, as in PostgreSQL; more than one is the server's own error.
    fn several(
        &mut self,
        query: &Range<usize>,
        columns: &[usize],
        n: usize,
        dml: &Dml,
        entry: &Entry,
        out: &mut Assigned,
    ) -> Result<(), Refusal> {
        let relation = &entry.relation;
        let alias = format!("q{n}");
        out.computed = true;
        let inner = query.start + 1..query.end - 1;
        let width = |item: &Range<usize>| match self.is_star_of(item, dml) {
            true => Some(relation.columns.len()),
            false => (!self.is_star(item)).then_some(1),
        };
        let items = self.select_items(&inner);
        let count: Option<usize> = items.as_ref().and_then(|items| items.iter().map(width).sum());
        let counted = count.is_some();
        let items = items.filter(|items| Some(items.len()) == count).unwrap_or_default();
        if count.is_some_and(|count| count != columns.len()) {
            let message = "number of columns does not match number of values".to_owned();
            return Err(Refusal::legacy("42601", message, Some(self.span_of(query).start)));
        }
        for (k, &i) in columns.iter().enumerate() {
            let name = &relation.columns[i].name;
            let mark = self.mark(relation, i, items.get(k).unwrap_or(query));
            out.values.push(relation.columns[i].sql_type.assigned_by_type(qualified(&alias, name), &mark));
        }
        let names: Vec<String> = columns.iter().map(|&i| ident(&relation.columns[i].name)).collect();
        let span = self.span_of(query);
        let from = if out.joins.is_empty() { " FROM (SELECT) AS one" } else { "" };
        // With a list of aliases the server would drop surplus columns silently; a UNION makes it check their number.
        let rows = match counted {
            true => Sql::client(span),
            false => {
                let width = vec!["NULL"; columns.len()].join(", ");
                sql!("(SELECT * FROM {} AS q UNION ALL SELECT {} WHERE false)", Sql::client(span), width)
            }
        };
        out.joins.push(sql!("{} LEFT JOIN LATERAL {} AS {}({}) ON true", from, rows, alias, names.join(", ")));
        self.sub_query(span, dml, entry);
        Ok(())
    }

    /// Where a row of values begins: at ROW, or at its parenthesis.
    fn row_start(&self, cells: &[Cell]) -> usize {
        let open = cells[0].lexemes.start.saturating_sub(1);
        let named = open > 0 && self.lexed.lexemes[open - 1].is("ROW");
        self.lexed.lexemes[open - usize::from(named)].span.start
    }

    fn is_star(&self, item: &Range<usize>) -> bool {
        item.end > item.start && self.lexed.lexemes[item.end - 1].is_token(&Token::Mul)
    }
}

/// The columns of a column list, each once.
pub(super) fn named_columns(relation: &Relation, named: &[NamePart]) -> Result<Vec<usize>, Refusal> {
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
pub(super) fn column(relation: &Relation, part: &NamePart) -> Result<usize, Refusal> {
    relation.position(&part.text).ok_or_else(|| {
        let message = format!("column \"{}\" of relation \"{}\" does not exist", part.text, relation.table);
        Refusal::legacy("42703", message, Some(part.span.start))
    })
}
