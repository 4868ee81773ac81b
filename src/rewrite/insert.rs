//! `INSERT INTO tipositver (tsvid, tsvtxtid) VALUES ($1, $2)` becomes `INSERT INTO cf_quere_pro.domain_value AS tipositver (dv_domain,
//! dv_code, ...) SELECT 'TIPO_SITVER', ... FROM (VALUES (($1)::numeric(5,0), ($2)::numeric(10,0))) AS r(tsvid, tsvtxtid)`.
//!
//! The inner rows are typed legacy rows: every value is cast as an assignment to its column casts it, a column that is not named
//! gets its legacy default. The outer SELECT makes the new table's columns of them, with the relation's own expressions.

use std::ops::Range;

use sqlparser::tokenizer::Token;

use super::refuse::Refusal;
use super::splice::{Edit, Piece};
use super::update::{assignment, column};
use super::{Entry, Work};
use crate::relation::Relation;
use crate::sql::clause::{Cell, Insert, Source};
use crate::sql::quote::{ident, qualified};
use crate::sql::{Dml, Span};

impl Work<'_, '_> {
    pub(super) fn insert(&mut self, dml: &Dml, insert: &Insert, entry: &Entry) -> Result<(), Refusal> {
        let relation = &entry.relation;
        let given = self.given_columns(insert, relation)?;
        let reference = &self.shape.references[dml.target];
        let row = self.row_name(dml);
        let (columns, expressions) = relation.insert("r", false);
        let head = format!(
            "{} AS {} ({}) SELECT {} FROM (",
            relation.target_table(),
            ident(&row),
            columns.join(", "),
            expressions.join(", ")
        );
        let mut pieces = vec![Piece::Text(head)];
        let missing: Vec<usize> = (0..relation.columns.len()).filter(|i| !given.contains(i)).collect();
        match &insert.source {
            Source::Values { rows, .. } => self.values(insert, rows, &given, &missing, relation, &mut pieces)?,
            Source::Query(query) => self.query(query, &given, &missing, relation, &mut pieces),
            Source::Defaults(_) => {
                let all: Vec<String> = (0..relation.columns.len()).map(|i| relation.default(i)).collect();
                pieces.push(Piece::Text(format!("VALUES ({})", all.join(", "))));
            }
        }
        let names: Vec<String> = given.iter().chain(&missing).map(|&i| ident(&relation.columns[i].name)).collect();
        let all: Vec<usize> = (0..relation.columns.len()).collect();
        let value = |i: usize| qualified("r", &relation.columns[i].name);
        let check = relation.null_check(&all, &value).map_or(String::new(), |c| format!(" WHERE {c}"));
        pieces.push(Piece::Text(format!(") AS r({}){check}", names.join(", "))));
        let end = self.span_of(insert.source.lexemes()).end;
        self.edits.push(Edit { span: Span { start: reference.span.start, end }, pieces });
        if let Some(conflict) = &insert.on_conflict {
            self.on_conflict(dml, conflict, entry)?;
        }
        self.notes.push(format!("{}: adds {} rows to {}", relation.table, relation.kind, relation.target_table()));
        self.returning(dml, entry)
    }

    /// The columns that the statement gives values for: those it names, or as many as it has values for.
    fn given_columns(&self, insert: &Insert, relation: &Relation) -> Result<Vec<usize>, Refusal> {
        let Some((_, named)) = &insert.columns else {
            let count = match &insert.source {
                Source::Values { rows, .. } => rows.iter().map(Vec::len).max().unwrap_or(0),
                Source::Query(query) => self.width(query).unwrap_or(relation.columns.len()),
                Source::Defaults(_) => 0,
            };
            return Ok((0..count.min(relation.columns.len())).collect());
        };
        if let Some(first) = named.first().filter(|_| insert.indirect) {
            return Err(Refusal::form(relation, "assignment to a part of a column of", first.span.start));
        }
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

    /// How many columns a plain SELECT yields, where its text tells.
    fn width(&self, query: &Range<usize>) -> Option<usize> {
        let items = self.select_items(query)?;
        let star = |r: &Range<usize>| r.is_empty() || self.lexed.lexemes[r.end - 1].is_token(&Token::Mul);
        (!items.iter().any(star)).then_some(items.len())
    }

    /// The select list of a query that begins with SELECT.
    fn select_items(&self, query: &Range<usize>) -> Option<Vec<Range<usize>>> {
        let lexemes = &self.lexed.lexemes;
        if !lexemes[query.start].is("SELECT") || lexemes[query.start + 1].is_any(&["DISTINCT", "ALL"]) {
            return None;
        }
        let depth = lexemes[query.start].depth;
        let ends = [
            "FROM",
            "WHERE",
            "GROUP",
            "HAVING",
            "WINDOW",
            "UNION",
            "INTERSECT",
            "EXCEPT",
            "ORDER",
            "LIMIT",
            "OFFSET",
            "FETCH",
            "FOR",
        ];
        let is_end = |i: &usize| lexemes[*i].depth == depth && lexemes[*i].is_any(&ends) && !lexemes[*i - 1].is("DISTINCT");
        let end = (query.start + 1..query.end).find(is_end).unwrap_or(query.end);
        let commas = (query.start + 1..end).filter(|&i| lexemes[i].depth == depth && lexemes[i].is_token(&Token::Comma));
        let bounds: Vec<usize> = std::iter::once(query.start).chain(commas).chain([end]).collect();
        let out = bounds.windows(2).map(|pair| pair[0] + 1..pair[1]).collect();
        Some(out)
    }

    fn values(
        &mut self,
        insert: &Insert,
        rows: &[Vec<Cell>],
        given: &[usize],
        missing: &[usize],
        relation: &Relation,
        pieces: &mut Vec<Piece>,
    ) -> Result<(), Refusal> {
        for (n, cells) in rows.iter().enumerate() {
            if cells.len() != given.len() {
                return Err(self.wrong_width(cells, rows, given, insert));
            }
            pieces.push(Piece::Text(if n == 0 { "VALUES (" } else { ", (" }.into()));
            for (k, (cell, &column)) in cells.iter().zip(given).enumerate() {
                let comma = if k == 0 { "" } else { ", " };
                if cell.default {
                    pieces.push(Piece::Text(format!("{comma}{}", relation.default(column))));
                } else {
                    let (before, after) = assignment(relation, column);
                    pieces.push(Piece::Text(format!("{comma}{before}")));
                    pieces.push(Piece::Client(self.span_of(&cell.lexemes)));
                    pieces.push(Piece::Text(after));
                }
            }
            let defaults = missing.iter().map(|&i| relation.default(i)).collect::<Vec<_>>().join(", ");
            let comma = if given.is_empty() || defaults.is_empty() { "" } else { ", " };
            pieces.push(Piece::Text(format!("{comma}{defaults})")));
        }
        Ok(())
    }

    /// PostgreSQL's own words for a row that is too long, too short, or unlike the others (source, analyze.c).
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

    fn query(&mut self, query: &Range<usize>, given: &[usize], missing: &[usize], relation: &Relation, pieces: &mut Vec<Piece>) {
        let name = |i: &usize| ident(&relation.columns[*i].name);
        let value = |i: &usize| format!("{} AS {}", relation.columns[*i].sql_type.assigned(&format!("s.{}", name(i))), name(i));
        let default = |i: &usize| format!("{} AS {}", relation.default(*i), name(i));
        let list: Vec<String> = given.iter().map(value).chain(missing.iter().map(default)).collect();
        let names: Vec<String> = given.iter().map(name).collect();
        pieces.push(Piece::Text(format!("SELECT {} FROM (", list.join(", "))));
        pieces.push(Piece::Client(self.span_of(query)));
        pieces.push(Piece::Text(format!(") AS s({})", names.join(", "))));
        // A bare parameter in the list takes the column's type; in a sub-select it would become text.
        for (item, &column) in self.select_items(query).unwrap_or_default().iter().zip(given) {
            if item.len() == 1 && matches!(self.lexed.lexemes[item.start].token.token, Token::Placeholder(_)) {
                let span = self.lexed.lexemes[item.start].span;
                self.edits.push(Edit::wrap(span, "(", format!(")::{}", relation.columns[column].sql_type.name)));
            }
        }
    }
}
