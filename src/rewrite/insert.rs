//! `INSERT INTO tipositver (tsvid, tsvtxtid) VALUES ($1, $2)` becomes `INSERT INTO esclusa_leaf.tipositver AS tipositver (dv_domain,
//! dv_code, ...) SELECT ... 'TIPO_SITVER' ... FROM (VALUES (($1)::numeric(5,0), ($2)::numeric(10,0))) AS r(tsvid, tsvtxtid)`.
//!
//! The inner rows are typed legacy rows: every value is cast as an assignment to its column casts it, a column that is not named
//! gets its legacy default. The outer SELECT makes the new table's columns of them, with the relation's own expressions.

use std::ops::Range;

use super::policy::Entry;
use super::refuse::Refusal;
use super::source::Outputs;
use super::splice::Edit;
use super::update::named_columns;
use super::work::Work;
use crate::relation::Relation;
use crate::sql;
use crate::sql::clause::{Action, Cell, Clauses, Insert, Source};
use crate::sql::keyword::is_name;
use crate::sql::quote::{ident, qualified};
use crate::sql::template::Sql;
use crate::sql::{Dml, Reference, Span};

impl Work<'_, '_> {
    pub(super) fn insert(&mut self, dml: &Dml, insert: &Insert, entry: &Entry) -> Result<(), Refusal> {
        let relation = &entry.relation;
        self.check_target(dml)?;
        let outputs = self.outputs(dml, insert.source.lexemes());
        let given = self.given_columns(insert, relation, &outputs)?;
        let reference = &self.shape.references[dml.target];
        let row = self.row_name(dml);
        let mut written = relation.insert();
        let all: Vec<usize> = (0..relation.columns.len()).collect();
        relation.check_first(&mut written, &all);
        let columns: Vec<&str> = written.iter().map(|(field, _)| *field).collect();
        let new = |i: usize| Sql::text(qualified("r", &relation.columns[i].name));
        let values = Sql::join(written.iter().map(|(_, value)| value.fill(new)), ", ");
        let mut out = sql!("{} AS {} ({}) SELECT {} FROM (", relation.rows(), ident(&row), columns.join(", "), values);
        let missing: Vec<usize> = (0..relation.columns.len()).filter(|i| !given.contains(i)).collect();
        match &insert.source {
            Source::Values { rows, .. } => out.push(self.values(insert, rows, &given, &missing, relation)?),
            Source::Query(query) => {
                self.check_outputs(insert, &given, &outputs)?;
                out.push(self.query(query, &outputs, &given, &missing, relation));
            }
            Source::Defaults(_) => {
                let defaults = all.iter().map(|&i| relation.default(i));
                out.push(sql!("VALUES ({})", Sql::join(defaults, ", ")));
            }
        }
        let listed: Vec<usize> = match &insert.source {
            Source::Query(_) => given.iter().chain(&missing).copied().collect(),
            Source::Values { .. } | Source::Defaults(_) => all,
        };
        let names: Vec<String> = listed.iter().map(|&i| ident(&relation.columns[i].name)).collect();
        out.push(format!(") AS r({})", names.join(", ")));
        let end = self.span_of(insert.source.lexemes()).end;
        self.edits.push(Edit::replace(Span { start: reference.span.start, end }, out));
        if let Some(conflict) = &insert.on_conflict {
            self.on_conflict(dml, conflict, entry)?;
        }
        self.notes.push(format!("{}: adds {} rows to {}", relation.table, relation.kind, relation.rows()));
        self.returning(dml, entry)
    }

    /// The splice replaces the name and what surrounds it, so what PostgreSQL does not allow there (an alias without AS or one that
    /// is reserved, ONLY) is refused here, in its words (source, gram.y, insert_target).
    fn check_target(&self, dml: &Dml) -> Result<(), Refusal> {
        let reference = &self.shape.references[dml.target];
        let error = |span: Span| {
            let message = format!("syntax error at or near \"{}\"", self.text(span));
            Err(Refusal::legacy("42601", message, Some(span.start)))
        };
        if reference.span != reference.name.span() {
            let marked =
                if reference.span.start < reference.name.span().start { reference.span.start } else { reference.span.end - 1 };
            let mark = self.lexed.lexemes.iter().find(|l| l.span.start <= marked && marked < l.span.end);
            return mark.map_or(Ok(()), |mark| error(mark.span));
        }
        let Some(alias) = &reference.alias else { return Ok(()) };
        let at = self.lexeme_at(alias.span.start).unwrap_or_default();
        let quoted = self.lexed.lexemes[at].word().is_some_and(|w| w.quote_style.is_some());
        let introduced = at > 0 && self.lexed.lexemes[at - 1].is("AS");
        if introduced && (quoted || is_name(self.text(alias.span))) { Ok(()) } else { error(alias.span) }
    }

    /// The columns that the statement gives values for: those it names, or as many as there are values.
    fn given_columns(&self, insert: &Insert, relation: &Relation, outputs: &Outputs) -> Result<Vec<usize>, Refusal> {
        let Some((_, named)) = &insert.columns else {
            let count = match &insert.source {
                Source::Values { rows, .. } => rows.iter().map(Vec::len).max().unwrap_or(0),
                Source::Query(_) => outputs.items.as_ref().map_or(relation.columns.len(), Vec::len),
                Source::Defaults(_) => 0,
            };
            return Ok((0..count.min(relation.columns.len())).collect());
        };
        if let Some(first) = named.first().filter(|_| insert.indirect) {
            return Err(Refusal::form(relation, "assignment to a part of a column of", first.span.start));
        }
        named_columns(relation, named)
    }

    fn values(
        &self,
        insert: &Insert,
        rows: &[Vec<Cell>],
        given: &[usize],
        missing: &[usize],
        relation: &Relation,
    ) -> Result<Sql, Refusal> {
        let mut out = Sql::default();
        for (n, cells) in rows.iter().enumerate() {
            if cells.len() != given.len() {
                return Err(self.wrong_width(cells, rows, given, insert));
            }
            let value = |(cell, &column): (&Cell, &usize)| match cell.default {
                true => relation.default(column),
                false => self.assignment(relation, column, &cell.lexemes),
            };
            let defaults = missing.iter().map(|&i| relation.default(i));
            // PostgreSQL evaluates values in the order of the table's columns.
            let columns = given.iter().chain(missing).copied();
            let mut row: Vec<(usize, Sql)> = columns.zip(cells.iter().zip(given).map(value).chain(defaults)).collect();
            row.sort_by_key(|(column, _)| *column);
            let row = Sql::join(row.into_iter().map(|(_, value)| value), ", ");
            out.push(sql!("{}({})", if n == 0 { "VALUES " } else { ", " }, row));
        }
        // The planner would copy the values of a single row to every place that uses them, and evaluate them at each.
        let computed = |cell: &Cell| !cell.default && !self.is_constant(&cell.lexemes);
        if rows.len() == 1 && rows[0].iter().any(computed) {
            out.push(" OFFSET 0");
        }
        Ok(out)
    }

    /// A retained table has more columns than the client knows: without a list of columns one value too many would go into the next. Where only the
    /// server can count them, the next column, which takes no value, makes it an error; OVERRIDING would let it take one.
    pub(super) fn check_retained_width(&mut self, dml: &Dml, clauses: &Clauses, relation: &Relation) -> Result<(), Refusal> {
        let all: Vec<usize> = (0..relation.columns.len()).collect();
        match clauses {
            Clauses::Insert(insert) if insert.columns.is_none() => match &insert.source {
                Source::Values { rows, .. } => match rows.first().filter(|cells| cells.len() > all.len()) {
                    Some(cells) => Err(self.wrong_width(cells, rows, &all, insert)),
                    None => Ok(()),
                },
                Source::Query(query) => {
                    let outputs = self.outputs(dml, query);
                    if let Some(width) = self.table_width(query) {
                        return match width > all.len() {
                            true => {
                                let message = "INSERT has more expressions than target columns".into();
                                Err(Refusal::legacy("42601", message, None))
                            }
                            false => Ok(()),
                        };
                    }
                    match insert.overriding.as_ref().filter(|_| outputs.items.is_none()) {
                        Some(overriding) => self.take_overriding(overriding.clone(), relation),
                        None => self.check_outputs(insert, &all, &outputs),
                    }
                }
                Source::Defaults(_) => Ok(()),
            },
            Clauses::Merge(merge) => merge.whens.iter().try_for_each(|when| match &when.action {
                Action::Insert { columns: None, cells: Some(cells), .. } => self.check_width(&all, None, Some(cells)),
                _ => Ok(()),
            }),
            _ => Ok(()),
        }
    }

    /// The number of columns of `TABLE t`, where it is known.
    fn table_width(&self, query: &Range<usize>) -> Option<usize> {
        let query = self.unwrapped(query);
        let span = self.span_of(&query);
        let within = |(_, reference): &(usize, &Reference)| span.contains(reference.span);
        let mut tables = self.shape.references.iter().enumerate().filter(within);
        let (index, reference) = tables.next().filter(|_| self.lexed.lexemes[query.start].is("TABLE"))?;
        if tables.next().is_some() {
            return None;
        }
        match self.entries[index] {
            Some(entry) => Some(entry.relation.columns.len()),
            None => self.catalog_columns(reference).map(<[_]>::len),
        }
    }

    /// Takes OVERRIDING SYSTEM VALUE out of the statement: it means something only for an identity column of the client's own, whose error it then
    /// gets. Without OVERRIDING USER VALUE such a column would get other values, so this is refused.
    fn take_overriding(&mut self, overriding: Range<usize>, relation: &Relation) -> Result<(), Refusal> {
        let span = self.span_of(&overriding);
        if self.lexed.lexemes[overriding.start + 1].is("USER") {
            return Err(Refusal::form(
                relation,
                "OVERRIDING USER VALUE with a query whose columns are not known, into",
                span.start,
            ));
        }
        self.edits.push(Edit::replace(span, ""));
        Ok(())
    }

    /// PostgreSQL's error for a row that is too long, too short, or unlike the others (source, analyze.c).
    fn wrong_width(&self, cells: &[Cell], rows: &[Vec<Cell>], given: &[usize], insert: &Insert) -> Refusal {
        let at = |cell: Option<&Cell>| cell.map(|c| self.span_of(&c.lexemes).start);
        if rows.iter().any(|r| r.len() != rows[0].len()) {
            let odd = rows.iter().find(|r| r.len() != rows[0].len()).unwrap_or(&rows[0]);
            return Refusal::legacy("42601", "VALUES lists must all be the same length".into(), at(odd.first()));
        }
        if cells.len() > given.len() {
            return Refusal::legacy(
                "42601",
                "INSERT has more expressions than target columns".into(),
                at(cells.get(given.len())),
            );
        }
        let column = insert.columns.as_ref().and_then(|(_, named)| named.get(cells.len())).map(|part| part.span.start);
        Refusal::legacy("42601", "INSERT has more target columns than expressions".into(), column)
    }
}
