//! Bare names in a writing statement with FROM, USING or a source: if a column of the target is also one of another item,
//! PostgreSQL says that the name is ambiguous (source, parse_relation.c, colNameToVar). An expression over the leaf's columns would
//! hide that; and the leaf's own columns would make names ambiguous that are not.
//!
//! Which columns the other items have is often not known here: those of a function, or of a table in another schema. So the server
//! decides: the name is repeated in a scope with the target's legacy column and the whole FROM, inside a branch that is never
//! taken. The planner drops that branch first, so that it is not run, and needs no rights.

use std::ops::Range;

use sqlparser::tokenizer::Token;

use super::policy::Entry;
use super::refuse::Refusal;
use super::resolve::Owner;
use super::splice::Edit;
use super::update::values_of;
use super::work::Work;
use crate::relation::Relation;
use crate::sql;
use crate::sql::clause::{Action, Clauses};
use crate::sql::keyword::is_reserved;
use crate::sql::quote::ident;
use crate::sql::template::Sql;
use crate::sql::{Dml, NameUse, Span, UsePlace};

/// How many bytes of FROM may be repeated for all names of a statement together; beyond that, only the first of several equal names
/// gets a copy.
const MOST_SAID_AGAIN: usize = 64 * 1024;

/// Whether another item of the statement has a column of this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shared {
    /// None has it.
    No,
    /// One whose columns are not known may have it.
    Perhaps,
    /// One has it.
    Yes,
}

impl Work<'_, '_> {
    /// The expression for a name that means a column of the target.
    pub(super) fn read_of_target(&self, name_use: &NameUse, dml: &Dml, relation: &Relation, column: usize) -> Sql {
        let row = self.row_name(dml);
        let (read, name) = (relation.read(column, Some(&row)), ident(&relation.columns[column].name));
        if name_use.name.0.len() > 1 {
            return read.into();
        }
        let client = Sql::client(name_use.span);
        match (self.shared(dml, name_use.name.last()), self.others(dml)) {
            (Shared::Yes, _) => {
                let read = read.as_str();
                sql!(
                    "(SELECT {} FROM (SELECT {} AS {}) AS a, (SELECT {} AS {}) AS b)",
                    client,
                    read,
                    name.as_str(),
                    read,
                    name.as_str()
                )
            }
            (Shared::Perhaps, Some(others)) if self.says_again(name_use, others) => {
                let item = sql!("(SELECT {} AS {}) AS {}", read.as_str(), name, ident(&row));
                sql!("(CASE WHEN false THEN (SELECT {} FROM {}, {}) ELSE {} END)", client, item, Sql::again(others), read)
            }
            _ => read.into(),
        }
    }

    /// What is appended to the columns of the target row in the scope that an expression is put into: the expression once more, in a scope with
    /// the other items if names may be ambiguous, and in VALUES if it calls functions, because VALUES allows no aggregates, window functions
    /// or sets. Nothing of it is run. `items` is the row in that scope; `query`: the expression is a query for FROM.
    pub(super) fn with_others(&self, span: Span, dml: &Dml, relation: &Relation, items: &str, query: bool) -> Sql {
        let is_shared = |u: &NameUse| {
            let bare = u.name.0.len() == 1 && u.place == UsePlace::Expression && relation.position(u.name.last()).is_some();
            bare && self.shared(dml, u.name.last()) != Shared::No
        };
        let others = self.others(dml).filter(|_| self.uses_in(span).any(is_shared)).map(Sql::again);
        let calls = !query && self.calls(span);
        if others.is_none() && !calls {
            return Sql::default();
        }
        let client = Sql::client(span);
        let others = others.map_or_else(Sql::default, |others| sql!(", {}", others));
        match (query, calls) {
            (true, _) => sql!(" WHERE true OR EXISTS (SELECT FROM {}{}, LATERAL {} AS esclusa_query)", items, others, client),
            (false, false) => sql!(" WHERE true OR EXISTS (SELECT {} FROM {}{})", client, items, others),
            (false, true) => sql!(
                " WHERE true OR EXISTS (SELECT FROM {}{}, LATERAL ({} ({})) AS esclusa_value)",
                items,
                others,
                values_of(self.clause_of(span, dml)),
                client
            ),
        }
    }

    /// Whether a function may be called inside a span.
    pub(super) fn calls(&self, span: Span) -> bool {
        let inside = self.lexed.lexemes.windows(2).filter(|pair| span.contains(pair[0].span));
        let mut names = inside.filter(|pair| pair[1].is_token(&Token::LParen)).filter_map(|pair| pair[0].word());
        names.any(|word| word.quote_style.is_some() || !is_reserved(&word.value))
    }

    /// The clause of a writing statement that an expression stands in, by PostgreSQL's word for it (source, parse_expr.c, ParseExprKindName).
    pub(super) fn clause_of(&self, span: Span, dml: &Dml) -> &'static str {
        let within = |lexemes: &Range<usize>| self.lexed.span(lexemes).is_some_and(|s| s.contains(span));
        if dml.clauses.returning().is_some_and(|r| r.items.iter().any(within)) {
            return "RETURNING";
        }
        match &dml.clauses {
            Clauses::Update(update) if within(&update.set) => "UPDATE",
            Clauses::Insert(insert)
                if insert.on_conflict.as_ref().is_some_and(|c| c.update.as_ref().is_some_and(|u| within(&u.set))) =>
            {
                "UPDATE"
            }
            Clauses::Merge(merge) if within(&merge.on) => "JOIN conditions",
            Clauses::Merge(merge) => merge
                .whens
                .iter()
                .map(|when| (when, &when.action))
                .find_map(|(when, action)| match action {
                    _ if when.condition.as_ref().is_some_and(within) => Some("MERGE WHEN conditions"),
                    Action::Update(update) if within(&update.set) => Some("UPDATE"),
                    Action::Insert { lexemes, .. } if within(lexemes) => Some("VALUES"),
                    _ => None,
                })
                .unwrap_or("WHERE"),
            _ => "WHERE",
        }
    }

    /// A bare name of another item's column that the leaf has too, but not the legacy table, is qualified with the item.
    pub(super) fn qualified_by_item(&self, name_use: &NameUse, dml: &Dml, entry: &Entry) -> Option<Edit> {
        let (relation, name) = (&entry.relation, name_use.name.last());
        let is_hidden = relation.target().is_some_and(|t| t.columns.contains(&name)) && relation.position(name).is_none();
        if !is_hidden || name_use.name.0.len() > 1 || name_use.place != UsePlace::Expression {
            return None;
        }
        let mut at = name_use.scope;
        while at != dml.scope {
            let scope = &self.shape.scopes[at];
            if scope.items.iter().any(|i| self.has_column(i, name) != Some(false)) {
                return None;
            }
            at = scope.parent?;
        }
        let mut may_have = self.shape.scopes[dml.scope].items.iter().skip(1).filter(|i| self.has_column(i, name) != Some(false));
        let item = may_have.next().filter(|i| !i.name.is_empty())?;
        may_have.next().is_none().then(|| Edit::insert(name_use.span.start, format!("{}.", ident(&item.name))))
    }

    /// Bare names of the target's columns where the target is not visible (source, parse_relation.c, errorMissingColumn).
    pub(super) fn out_of_sight(&mut self, span: Span, dml: &Dml, relation: &Relation) {
        let is_target = |u: &&NameUse| {
            let bare = u.name.0.len() == 1 && u.place == UsePlace::Expression && relation.position(u.name.last()).is_some();
            bare && matches!(self.owner(u), Owner::Column { reference, .. } if reference == dml.target)
        };
        let Some(name_use) = self.uses_in(span).find(is_target).filter(|u| self.shared(dml, u.name.last()) == Shared::No) else {
            return;
        };
        let name = name_use.name.last();
        let hint = format!(
            "There is a column named \"{name}\" in table \"{}\", but it cannot be referenced from this part of the query.",
            self.row_name(dml)
        );
        let mut refusal = Refusal::legacy("42703", format!("column \"{name}\" does not exist"), Some(name_use.span.start));
        refusal.error = refusal.error.hint(hint);
        self.fault.get_or_insert(refusal);
    }

    /// Whether an item besides the target has a column of this name.
    fn shared(&self, dml: &Dml, column: &str) -> Shared {
        let items = self.shape.scopes[dml.scope].items.iter().skip(1);
        items.fold(Shared::No, |so_far, item| match (so_far, self.has_column(item, column)) {
            (Shared::Yes, _) | (_, Some(true)) => Shared::Yes,
            (Shared::Perhaps, _) | (_, None) => Shared::Perhaps,
            (Shared::No, Some(false)) => Shared::No,
        })
    }

    /// The span of the items besides the target.
    fn others(&self, dml: &Dml) -> Option<Span> {
        let listed = match &dml.clauses {
            Clauses::Update(update) => update.from.as_ref().map(|from| from.start + 1..from.end),
            Clauses::Delete(delete) => delete.using.as_ref().map(|using| using.start + 1..using.end),
            Clauses::Merge(merge) => Some(merge.source.clone()),
            Clauses::Insert(_) => None,
        };
        self.lexed.span(&listed?)
    }

    /// Whether FROM is repeated for a name: for every name, or only for the first of equal ones where that would be too much.
    fn says_again(&self, name_use: &NameUse, others: Span) -> bool {
        let uses = &self.shape.uses;
        if uses.len().saturating_mul(others.end - others.start) <= MOST_SAID_AGAIN {
            return true;
        }
        let name = &name_use.name.0[0].text;
        let is_earlier = |u: &&NameUse| u.span.start < name_use.span.start && u.scope == name_use.scope;
        !uses.iter().filter(is_earlier).any(|u| u.name.0.len() == 1 && u.name.0[0].text == *name)
    }
}
