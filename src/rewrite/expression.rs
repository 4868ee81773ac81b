//! Expressions of writing statements: the leaf does not have the legacy columns, so each of their names is replaced by the
//! expression that reads the column from the target row. That expression is over the row itself and not over a joined sub-select:
//! an UPDATE that has waited for another one evaluates its WHERE and SET again on the new version of the row.
//!
//! Where it is not certain what a name is (in a sub-select over something whose columns are not known), the expression is put into
//! a scope in which the target row has its legacy columns, and PostgreSQL's own rules decide.

use sqlparser::tokenizer::Token;

use super::columns::SYSTEM_COLUMNS;
use super::policy::Entry;
use super::refuse::Refusal;
use super::resolve::Owner;
use super::splice::Edit;
use super::system::system_value;
use super::work::Work;
use crate::relation::Relation;
use crate::sql;
use crate::sql::quote::ident;
use crate::sql::template::Sql;
use crate::sql::{Dml, DmlKind, NameUse, Span, UsePlace};

/// What an expression is that is put into a scope of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sees {
    /// One value of the target row.
    Row,
    /// A query in parentheses over the target row, which may have several columns.
    Query,
    /// One value of the target row and of `excluded`.
    Conflict,
    /// A query in parentheses over both, which may have several columns.
    ConflictQuery,
}

impl Work<'_, '_> {
    /// Edits the names of the target's columns inside a span.
    pub(super) fn expression(&mut self, span: Span, dml: &Dml, entry: &Entry) {
        self.names_in(span, dml, entry, if dml.kind == DmlKind::Insert { Sees::Conflict } else { Sees::Row });
    }

    /// The same inside an item of RETURNING.
    pub(super) fn returned(&mut self, span: Span, dml: &Dml, entry: &Entry) {
        self.names_in(span, dml, entry, Sees::Row);
    }

    /// The same inside a query in parentheses that stands as a FROM item and may have several columns.
    pub(super) fn sub_query(&mut self, span: Span, dml: &Dml, entry: &Entry) {
        self.names_in(span, dml, entry, if dml.kind == DmlKind::Insert { Sees::ConflictQuery } else { Sees::Query });
    }

    fn names_in(&mut self, span: Span, dml: &Dml, entry: &Entry, sees: Sees) {
        let relation = &entry.relation;
        let row = self.row_name(dml);
        let in_scope = |work: &mut Self| match sees {
            Sees::Conflict => work.in_scope_of_conflict(span, dml, relation, &row),
            Sees::ConflictQuery => work.query_in_scope_of_conflict(span, relation, &row),
            Sees::Query => work.query_in_scope_of_row(span, dml, relation),
            Sees::Row => work.in_scope_of_row(span, dml, relation),
        };
        let mut replacements = Vec::new();
        let uses: Vec<NameUse> = self.uses_in(span).cloned().collect();
        for name_use in uses.iter().filter(|u| u.place == UsePlace::Expression || u.place == UsePlace::Star) {
            match self.excluded(name_use).map(|column| (column, relation.position(column))) {
                Some((_, Some(i))) => {
                    replacements.push(self.read_in_place(name_use, relation.read(i, Some("excluded"))));
                    continue;
                }
                Some(("", None)) if !self.has_odd_field(name_use, relation) => {
                    replacements.push(self.whole_row(name_use, relation, "excluded"));
                    continue;
                }
                // A column that it does not have, or a field: the server reports it.
                Some(_) => return in_scope(self),
                None => {}
            }
            match self.owner(name_use) {
                // Beside `excluded` an unqualified name is ambiguous, and the server reports it.
                Owner::Column { reference, .. }
                    if reference == dml.target
                        && matches!(sees, Sees::Conflict | Sees::ConflictQuery)
                        && name_use.name.0.len() == 1 =>
                {
                    return in_scope(self);
                }
                Owner::Column { reference, column } if reference == dml.target => match relation.position(&column) {
                    Some(_) if self.is_hidden(&row, name_use, dml) => return in_scope(self),
                    Some(i) => {
                        replacements.push(self.read_in_place(name_use, self.read_of_target(name_use, dml, relation, i)));
                    }
                    None if SYSTEM_COLUMNS.contains(&column.as_str()) => {
                        let read = system_value(relation, &format!("{}.", ident(&row)), &column);
                        replacements.push(self.read_in_place(name_use, read));
                    }
                    None => self.hide(relation, name_use),
                },
                Owner::Row { reference } if reference == dml.target => {
                    if self.has_odd_field(name_use, relation) {
                        return in_scope(self);
                    }
                    replacements.push(self.whole_row(name_use, relation, &row));
                }
                Owner::Other | Owner::Nowhere if self.is_system_of(name_use, dml) => {
                    // A bare name stays bare: if another item has a system column too, the server reports it.
                    let row = if name_use.name.0.len() > 1 { format!("{}.", ident(&row)) } else { String::new() };
                    let read = system_value(relation, &row, name_use.name.last());
                    replacements.push(self.read_in_place(name_use, read));
                }
                Owner::Nowhere => self.hide(relation, name_use),
                Owner::Other | Owner::Unknown if self.qualified_by_item(name_use, dml, entry).is_some() => {
                    replacements.extend(self.qualified_by_item(name_use, dml, entry));
                }
                Owner::Unknown if relation.position(name_use.name.last()).is_some() || name_use.name.last() == row => {
                    return in_scope(self);
                }
                _ => {}
            }
        }
        self.edits.append(&mut replacements);
    }

    /// The expression that reads a column, in the place of its name. A subscript after it would become part of the type that it is cast to.
    fn read_in_place(&self, name_use: &NameUse, read: impl Into<Sql>) -> Edit {
        let behind = self.lexed.lexemes.partition_point(|l| l.span.start < name_use.span.end);
        let subscript = self.lexed.lexemes.get(behind).is_some_and(|l| l.is_token(&Token::LBracket));
        let read = read.into();
        Edit::replace(name_use.span, if subscript { sql!("({})", read) } else { read })
    }

    /// Whether an item of a sub-query between the statement and a name in it has the target row's name: only bare names mean the target there.
    fn is_hidden(&self, row: &str, name_use: &NameUse, dml: &Dml) -> bool {
        let mut at = Some(name_use.scope);
        while let Some(scope) = at.filter(|scope| *scope != dml.scope) {
            if self.shape.scopes[scope].items.iter().any(|item| item.name == row) {
                return true;
            }
            at = self.shape.scopes[scope].parent;
        }
        false
    }

    /// The same for every name inside a span.
    pub(super) fn hide_all(&mut self, span: Span, dml: &Dml, relation: &Relation) {
        let uses: Vec<NameUse> = self.uses_in(span).filter(|u| u.place == UsePlace::Expression).cloned().collect();
        for name_use in &uses {
            match self.owner(name_use) {
                Owner::Nowhere => self.hide(relation, name_use),
                Owner::Column { reference, .. } if reference == dml.target => self.hide(relation, name_use),
                _ => {}
            }
        }
    }

    /// Refuses a column that the leaf has and the legacy table has not (with the words of parse_relation.c).
    fn hide(&mut self, relation: &Relation, name_use: &NameUse) {
        let name = name_use.name.last();
        if relation.target().is_some_and(|t| t.columns.contains(&name)) && relation.position(name).is_none() {
            let message = match name_use.name.qualifier() {
                Some(row) => format!("column {row}.{name} does not exist"),
                None => format!("column \"{name}\" does not exist"),
            };
            let refusal = Refusal::legacy("42703", message, Some(name_use.span.start));
            self.fault.get_or_insert(refusal);
        }
    }

    /// A retained history's row that is named as a whole outside RETURNING is read without the columns that the improvement added.
    pub(super) fn whole_rows(&mut self, dml: &Dml, entry: &Entry) {
        let (relation, row) = (&entry.relation, self.row_name(dml));
        let returned = dml.clauses.returning().and_then(|r| Some(r.items.first()?.start..r.items.last()?.end));
        let returned = returned.map(|r| self.span_of(&r));
        let statement = self.span_of(&dml.lexemes);
        let elsewhere = |span: Span| statement.contains(span) && !returned.is_some_and(|r| r.contains(span));
        let is_row = |u: &&NameUse| elsewhere(u.span) && self.owner(u) == Owner::Row { reference: dml.target };
        let uses: Vec<NameUse> = self.shape.uses.iter().filter(is_row).cloned().collect();
        self.retained_rows(&uses, relation, &row);
    }

    /// `(SELECT expression FROM (SELECT <legacy columns of the row>) AS name)`.
    pub(super) fn in_scope_of_row(&mut self, span: Span, dml: &Dml, relation: &Relation) {
        let row = self.row_name(dml);
        let columns = self.row_columns(relation, &row);
        let (system, mut inner) = self.system_in_scope(span, relation, &row);
        let row = ident(&row);
        let others = self.with_others(span, dml, relation, &format!("(SELECT {columns}) AS {row}{system}"), false);
        self.edits.push(Edit::wrap(span, "(SELECT ", sql!(" FROM (SELECT {}{}) AS {}{})", columns, others, row, system)));
        self.edits.append(&mut inner);
    }

    /// `(SELECT q.* FROM (SELECT <legacy columns of the row>) AS name, LATERAL (query) AS q)`.
    fn query_in_scope_of_row(&mut self, span: Span, dml: &Dml, relation: &Relation) {
        let row = self.row_name(dml);
        let alias = if row == "q" { "q_" } else { "q" };
        let columns = self.row_columns(relation, &row);
        let (system, mut inner) = self.system_in_scope(span, relation, &row);
        let row = ident(&row);
        let others = self.with_others(span, dml, relation, &format!("(SELECT {columns}) AS {row}{system}"), true);
        let before = sql!("(SELECT {}.* FROM (SELECT {}{}) AS {}{}, LATERAL ", alias, columns, others, row, system);
        self.edits.push(Edit::wrap(span, before, format!(" AS {alias})")));
        self.edits.append(&mut inner);
    }

    /// The system columns of the target row that are named inside a span, as an item beside the legacy columns, so that they are
    /// not part of the row; and the edits of their names.
    fn system_in_scope(&self, span: Span, relation: &Relation, row: &str) -> (String, Vec<Edit>) {
        let named = |u: &&NameUse| {
            SYSTEM_COLUMNS.contains(&u.name.last())
                && self.shape.dml.iter().any(|d| self.row_name(d) == row && self.is_system_of(u, d))
        };
        let uses: Vec<&NameUse> = self.uses_in(span).filter(named).collect();
        let mut columns: Vec<&str> = uses.iter().map(|u| u.name.last()).collect();
        columns.sort_unstable();
        columns.dedup();
        if columns.is_empty() {
            return (String::new(), Vec::new());
        }
        let edits = uses.iter().map(|u| Edit::replace(u.span, format!("esclusa_system.{}", u.name.last()))).collect();
        let row = format!("{}.", ident(row));
        let read = |c: &&str| format!("{} AS {c}", system_value(relation, &row, c));
        (format!(", (SELECT {}) AS esclusa_system", columns.iter().map(read).collect::<Vec<_>>().join(", ")), edits)
    }

    pub(super) fn row_columns(&self, relation: &Relation, row: &str) -> String {
        let read = |i: usize| format!("{} AS {}", relation.read(i, Some(row)), ident(&relation.columns[i].name));
        (0..relation.columns.len()).map(read).collect::<Vec<_>>().join(", ")
    }

    /// The name under which the target row is visible: its alias, or the legacy name, which the rewritten target gets as alias.
    pub(super) fn row_name(&self, dml: &Dml) -> String {
        let reference = &self.shape.references[dml.target];
        reference.alias.as_ref().map_or_else(|| reference.name.last().to_owned(), |a| a.name.clone())
    }

    /// A name for the sub-select with the new row that cannot be confused with the target row's.
    pub(super) fn new_row_name(&self, dml: &Dml) -> &'static str {
        if self.row_name(dml) == "r" { "r_" } else { "r" }
    }

    /// The target's name and alias in the rewritten statement.
    pub(super) fn target(&self, dml: &Dml, entry: &Entry) -> String {
        let reference = &self.shape.references[dml.target];
        let alias = if reference.alias.is_none() { format!(" AS {}", ident(&entry.relation.table)) } else { String::new() };
        format!("{}{alias}", entry.relation.rows())
    }
}
