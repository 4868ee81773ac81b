//! INSERT, UPDATE, DELETE and MERGE: the target is the first item of the scope, and the clauses are found by token.

use sqlparser::ast::{
    AssignmentTarget, Delete, FromTable, Ident, Insert, Merge, MergeAction, MergeUpdateKind, ObjectName, OnConflictAction,
    OnInsert, TableFactor, TableObject, TableWithJoins, Update, UpdateTableFromKind,
};
use sqlparser::tokenizer::TokenWithSpan;

use super::super::clause::{Arbiter, Clauses, DmlKind, clauses};
use super::super::edit::closing;
use super::super::shape::{Dml, Item, Role, ScopeId, UsePlace};
use super::{Walker, parts_of};

impl Walker<'_, '_> {
    pub(super) fn insert(&mut self, insert: &Insert, parent: Option<ScopeId>) {
        let TableObject::TableName(table) = &insert.table else {
            self.misread = Some("INSERT into something that is not a table");
            return;
        };
        let scope = self.new_scope(parent);
        let alias = insert.table_alias.as_ref().map(|a| (&a.alias, Vec::new()));
        let Some((target, end)) = self.target(table, alias, Role::Insert, scope) else { return };
        for column in &insert.columns {
            self.object(column, UsePlace::Column, scope);
        }
        if let Some(source) = &insert.source {
            self.query(source, parent);
        }
        if let Some(OnInsert::OnConflict(conflict)) = &insert.on {
            let inner = self.new_scope(parent);
            self.shape.scopes[inner].items = self.shape.scopes[scope].items.clone();
            self.shape.scopes[inner].steps = self.shape.scopes[scope].steps.clone();
            self.add_item(Item { name: "excluded".into(), ..Item::default() }, inner);
            self.node(&conflict.conflict_target, inner);
            if let OnConflictAction::DoUpdate(update) = &conflict.action {
                for assignment in &update.assignments {
                    self.assignment_target(&assignment.target, inner);
                    self.node(&assignment.value, inner);
                }
                self.node(&update.selection, inner);
            }
        }
        self.items(insert.returning.as_deref().unwrap_or_default(), scope);
        self.dml(DmlKind::Insert, &insert.insert_token.0, target, end, scope);
    }

    pub(super) fn update(&mut self, update: &Update, parent: Option<ScopeId>) {
        let scope = self.new_scope(parent);
        let TableFactor::Table { name, alias, .. } = &update.table.relation else {
            self.misread = Some("UPDATE of something that is not a table");
            return;
        };
        let Some((target, end)) = self.target(name, alias.as_ref().map(parts_of), Role::Update, scope) else { return };
        if let Some(UpdateTableFromKind::AfterSet(from) | UpdateTableFromKind::BeforeSet(from)) = &update.from {
            self.from(from, scope);
        }
        for assignment in &update.assignments {
            self.assignment_target(&assignment.target, scope);
            self.node(&assignment.value, scope);
        }
        self.node(&update.selection, scope);
        self.items(update.returning.as_deref().unwrap_or_default(), scope);
        self.dml(DmlKind::Update, &update.update_token.0, target, end, scope);
    }

    pub(super) fn delete(&mut self, delete: &Delete, parent: Option<ScopeId>) {
        let scope = self.new_scope(parent);
        let FromTable::WithFromKeyword(from) = &delete.from else {
            self.misread = Some("DELETE without FROM");
            return;
        };
        let [TableWithJoins { relation: TableFactor::Table { name, alias, .. }, joins }] = from.as_slice() else {
            self.misread = Some("DELETE from something that is not one table");
            return;
        };
        if !joins.is_empty() {
            self.misread = Some("DELETE from a join");
        }
        let Some((target, end)) = self.target(name, alias.as_ref().map(parts_of), Role::Delete, scope) else { return };
        self.from(delete.using.as_deref().unwrap_or_default(), scope);
        self.node(&delete.selection, scope);
        self.items(delete.returning.as_deref().unwrap_or_default(), scope);
        self.dml(DmlKind::Delete, &delete.delete_token.0, target, end, scope);
    }

    pub(super) fn merge(&mut self, merge: &Merge, parent: Option<ScopeId>) {
        let scope = self.new_scope(parent);
        let TableFactor::Table { name, alias, .. } = &merge.table else {
            self.misread = Some("MERGE into something that is not a table");
            return;
        };
        let Some((target, end)) = self.target(name, alias.as_ref().map(parts_of), Role::Merge, scope) else { return };
        self.table_factor(&merge.source, scope);
        self.node(&merge.on, scope);
        for clause in &merge.clauses {
            self.node(&clause.predicate, scope);
            match &clause.action {
                MergeAction::Insert(insert) => {
                    insert.columns.iter().for_each(|c| self.object(c, UsePlace::Column, scope));
                    self.node(&insert.kind, scope);
                }
                MergeAction::Update(update) => {
                    if let MergeUpdateKind::Set(assignments) = &update.kind {
                        for assignment in assignments {
                            self.assignment_target(&assignment.target, scope);
                            self.node(&assignment.value, scope);
                        }
                    }
                }
                _ => {}
            }
        }
        self.dml(DmlKind::Merge, &merge.merge_token.0, target, end, scope);
    }

    /// Makes the target of a writing statement the first item of its scope. Also returns the lexeme after name and alias.
    fn target(
        &mut self,
        name: &ObjectName,
        alias: Option<(&Ident, Vec<&Ident>)>,
        role: Role,
        scope: ScopeId,
    ) -> Option<(usize, usize)> {
        let before = self.shape.references.len();
        let last = self.relation(name, alias, role, scope)?;
        (self.shape.references.len() > before).then_some((before, last + 1))
    }

    fn dml(&mut self, kind: DmlKind, verb: &TokenWithSpan, target: usize, target_end: usize, scope: ScopeId) {
        let Some(start) = self.lexed.at(verb.span.start) else { return };
        let depth = self.lexed.lexemes[start].depth;
        let end = (start..self.range.end).find(|&i| self.lexed.lexemes[i].depth < depth).unwrap_or(self.range.end);
        let end = if self.lexed.lexemes.get(end.wrapping_sub(1)).is_some_and(|l| l.depth < depth) { end - 1 } else { end };
        let end = self.closing_of(start, end);
        match clauses(self.lexed, kind, &(start..end), target_end) {
            Some(clauses) => {
                // An arbiter cannot name another relation than the target: none of its words is one.
                if let Clauses::Insert(insert) = &clauses
                    && let Some(Arbiter::Columns { lexemes, predicate, .. }) = insert.on_conflict.as_ref().map(|c| &c.arbiter)
                {
                    self.shape.explained.extend(lexemes.clone().chain(predicate.clone().unwrap_or_default()));
                }
                self.shape.dml.push(Dml { kind, target, scope, lexemes: start..end, clauses });
            }
            None => self.misread = Some("the clauses of this statement could not be told apart"),
        }
    }

    /// The end of a statement in a CTE: the parenthesis that closes it, which has the depth outside the statement.
    fn closing_of(&self, start: usize, end: usize) -> usize {
        let depth = self.lexed.lexemes[start].depth;
        if depth == 0 {
            return end;
        }
        let open = self.lexed.opening(start).filter(|&open| open >= self.range.start);
        open.and_then(|open| closing(self.lexed, open, self.range.end)).unwrap_or(end)
    }

    fn assignment_target(&mut self, target: &AssignmentTarget, scope: ScopeId) {
        match target {
            AssignmentTarget::ColumnName(name) => self.object(name, UsePlace::Target, scope),
            AssignmentTarget::Tuple(names) => names.iter().for_each(|n| self.object(n, UsePlace::Target, scope)),
        }
    }
}
