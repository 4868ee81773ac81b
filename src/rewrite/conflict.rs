//! `INSERT INTO tipositver ... ON CONFLICT (tsvid) DO UPDATE SET tsvtxtid = excluded.tsvtxtid` becomes `... ON CONFLICT ON CONSTRAINT
//! tipositver_code_key DO UPDATE SET (dv_txtid) = (SELECT ... r.tsvtxtid ... FROM (VALUES ... excluded.dv_txtid ...) AS r(tsvtxtid))`.
//!
//! `excluded` has the columns of the new table, so its columns are read as those of the target row are. The legacy key becomes the
//! leaf's own constraint. Any other list of columns or expressions, and a predicate after it, becomes one of the expressions that
//! read them, and the server looks for the unique index that the leaf has taken over from the legacy table. It infers exactly what
//! it would have inferred there.

use std::ops::Range;

use sqlparser::tokenizer::Token;

use super::policy::Entry;
use super::refuse::Refusal;
use super::resolve::EXCLUDED;
use super::rowtype::row_value;
use super::splice::Edit;
use super::update::Assign;
use super::update::values_of;
use super::work::Work;
use crate::relation::Relation;
use crate::sql;
use crate::sql::clause::{Arbiter, OnConflict};
use crate::sql::quote::ident;
use crate::sql::template::Sql;
use crate::sql::{Dml, NamePart, Span};

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
            Arbiter::Columns { columns, lexemes, predicate } => {
                let span = self.span_of(lexemes);
                let place = |c| arbiter_column(relation, c, span.start);
                let named = match columns {
                    Some(columns) => Some(columns.iter().map(place).collect::<Result<Vec<_>, _>>()?),
                    None => self.plain_columns(lexemes, relation),
                };
                let sorted = |list: &[usize]| {
                    let mut list = list.to_vec();
                    list.sort_unstable();
                    list.dedup();
                    list
                };
                let is_key = unique.is_some() && named.is_some_and(|named| sorted(&named) == sorted(&relation.key));
                match predicate {
                    _ if !is_key => self.arbiter_names(lexemes, dml, relation),
                    None => self.edits.push(Edit::replace(span, inferred)),
                    // A constraint takes no predicate. The columns of the leaf's key do, and the server checks the predicate.
                    Some(_) => self.edits.push(Edit::replace(span, format!("({})", relation.leaf_key().join(", ")))),
                }
                if let Some(predicate) = predicate {
                    self.arbiter_names(predicate, dml, relation);
                }
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

    /// The columns of a list whose elements are plain columns, perhaps in parentheses, and perhaps with the operator class or
    /// collation that an index on the column has by default.
    fn plain_columns(&self, list: &Range<usize>, relation: &Relation) -> Option<Vec<usize>> {
        let lexemes = &self.lexed.lexemes;
        let depth = lexemes[list.start + 1].depth.min(lexemes[list.start].depth + 1);
        let commas =
            (list.start + 1..list.end - 1).filter(|&at| lexemes[at].depth == depth && lexemes[at].is_token(&Token::Comma));
        let bounds: Vec<usize> = std::iter::once(list.start).chain(commas).chain([list.end - 1]).collect();
        let column = |pair: &[usize]| {
            let all = pair[0] + 1..pair[1];
            let name = match lexemes[all.start].is_token(&Token::LParen) {
                true => all.start..self.lexed.closing(all.start)? + 1,
                false => all.start..all.start + 1,
            };
            let element = self.unwrapped(&name);
            let column = relation.position(&lexemes[element.start].name().filter(|_| element.len() == 1)?)?;
            self.is_own_order(name.end..all.end, &relation.columns[column].sql_type.name).then_some(column)
        };
        bounds.windows(2).map(column).collect()
    }

    /// Whether what follows an element of an arbiter (source, gram.y, index_elem_options) is the default of a key's index: the
    /// column's collation, and the operator class of its type.
    fn is_own_order(&self, options: Range<usize>, type_name: &str) -> bool {
        let lexemes = &self.lexed.lexemes;
        let mut words = options;
        let name = |words: &mut Range<usize>| {
            let schema = lexemes[words.clone()].get(1).is_some_and(|l| l.is_token(&Token::Period));
            if schema && lexemes[words.start].name()? != "pg_catalog" {
                return None;
            }
            words.start += if schema { 2 } else { 0 };
            let name = lexemes[words.clone()].first()?.name()?;
            words.start += 1;
            Some(name)
        };
        if lexemes[words.clone()].first().is_some_and(|l| l.is("COLLATE")) {
            words.start += 1;
            if name(&mut words).as_deref() != Some("default") || !is_collatable(type_name) {
                return false;
            }
        }
        if words.is_empty() {
            return true;
        }
        let class = name(&mut words);
        let parameters = words.is_empty() || lexemes[words.start].is_token(&Token::LParen);
        parameters && class.is_some_and(|class| own_classes(type_name).contains(&class.as_str()))
    }

    /// Edits the names in the elements of an arbiter, or in its predicate: only the target is visible there.
    fn arbiter_names(&mut self, lexemes: &Range<usize>, dml: &Dml, relation: &Relation) {
        let (all, row) = (&self.lexed.lexemes, self.row_name(dml));
        let is = |at: usize, token: &Token| all.get(at).is_some_and(|l| l.is_token(token));
        let mut at = lexemes.start;
        while at < lexemes.end {
            let first = at;
            at += 1;
            let Some(mut name) =
                all[first].name().filter(|_| !is(first - 1, &Token::Period) && !is(first - 1, &Token::DoubleColon))
            else {
                continue;
            };
            if name == row && is(at, &Token::Period) {
                let Some(column) = all.get(at + 1).and_then(|l| l.name()) else { continue };
                (name, at) = (column, at + 2);
            }
            if is(at, &Token::LParen) || is(at, &Token::Period) {
                continue;
            }
            let (span, place) = (self.span_of(&(first..at)), relation.position(&name));
            if let Some(column) = place {
                self.edits.push(Edit::replace(span, format!("({})", relation.read(column, None))));
            } else if name == row && at == first + 1 {
                let field = self.lexed.lexemes.get(at + 2).and_then(|l| l.name());
                let is_field = is(at, &Token::RParen) && is(at + 1, &Token::Period);
                if let Some(field) = field.filter(|field| is_field && relation.position(field).is_none()) {
                    let message = format!("column {row}.{field} does not exist");
                    self.fault.get_or_insert(Refusal::legacy("42703", message, Some(span.start)));
                }
                self.edits.push(Edit::replace(span, row_value(relation, None)));
            } else if relation.target().is_some_and(|t| t.columns.contains(&name.as_str())) {
                let refusal = Refusal::legacy("42703", format!("column \"{name}\" does not exist"), Some(span.start));
                self.fault.get_or_insert(refusal);
            }
        }
    }

    /// The same for a query in parentheses that stands as a FROM item.
    pub(super) fn query_in_scope_of_conflict(&mut self, span: Span, relation: &Relation, row: &str) {
        let alias = if row == "q" { "q_" } else { "q" };
        let columns = |row: &str| format!("(SELECT {}) AS {}", self.row_columns(relation, row), ident(row));
        let before = format!("(SELECT {alias}.* FROM {}, {}, LATERAL ", columns(row), columns(EXCLUDED));
        self.edits.push(Edit::wrap(span, before, format!(" AS {alias})")));
    }

    /// Puts an expression into a scope in which both rows have their legacy columns: an unqualified name is ambiguous there, as it
    /// was.
    pub(super) fn in_scope_of_conflict(&mut self, span: Span, dml: &Dml, relation: &Relation, row: &str) {
        let columns = |row: &str| format!("SELECT {}", self.row_columns(relation, row));
        let (target, excluded) = (columns(row), format!("({}) AS {}", columns(EXCLUDED), ident(EXCLUDED)));
        // As in `with_others`: VALUES allows no aggregates. The check is inside the sub-select in which both rows still have the leaf's columns.
        let check = match self.calls(span) {
            true => sql!(
                " WHERE true OR EXISTS (SELECT FROM ({}) AS {}, {}, LATERAL ({} ({})) AS esclusa_value)",
                &*target,
                ident(row),
                &*excluded,
                values_of(self.clause_of(span, dml)),
                Sql::client(span)
            ),
            false => Sql::default(),
        };
        self.edits.push(Edit::wrap(span, "(SELECT ", sql!(" FROM ({}{}) AS {}, {})", target, check, ident(row), excluded)));
    }
}

/// Whether a type has a collation.
fn is_collatable(type_name: &str) -> bool {
    ["character", "bpchar", "text", "varchar"].iter().any(|t| type_name.starts_with(t))
}

/// All names of the B-tree operator class that an index on a column of this type has by default (source, pg_opclass.dat): inference
/// compares family and input type (plancat.c, infer_collation_opclass_match).
fn own_classes(type_name: &str) -> &'static [&'static str] {
    let (head, rest) = type_name.split_once('(').unwrap_or((type_name, ""));
    let tail = rest.split_once(')').map_or("", |(_, tail)| tail);
    match format!("{head}{tail}").as_str() {
        "numeric" => &["numeric_ops"],
        "smallint" => &["int2_ops"],
        "integer" => &["int4_ops"],
        "bigint" => &["int8_ops"],
        "real" => &["float4_ops"],
        "double precision" => &["float8_ops"],
        "character varying" | "text" => &["text_ops", "varchar_ops"],
        "character" | "bpchar" => &["bpchar_ops"],
        "date" => &["date_ops"],
        "timestamp without time zone" => &["timestamp_ops"],
        "timestamp with time zone" => &["timestamptz_ops"],
        "boolean" => &["bool_ops"],
        "uuid" => &["uuid_ops"],
        "bytea" => &["bytea_ops"],
        _ => &[],
    }
}

/// A column in the list of an arbiter: PostgreSQL looks it up like any column, but its error points at the list.
fn arbiter_column(relation: &Relation, part: &NamePart, list: usize) -> Result<usize, Refusal> {
    let missing = || Refusal::legacy("42703", format!("column \"{}\" does not exist", part.text), Some(list));
    relation.position(&part.text).ok_or_else(missing)
}
