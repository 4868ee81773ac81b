//! FROM: tables, sub-selects, functions, and how they are joined.

use sqlparser::ast::{JoinConstraint, JoinOperator, ObjectName, TableAlias, TableFactor, TableWithJoins};

use super::super::name::folded;
use super::super::shape::{Item, JoinKind, Merged, Role, ScopeId, Step, UsePlace};
use super::super::token::Span;
use super::{Walker, output_names, parts_of, renamed_columns};

/// A name is looked up in all items of FROM, and a join's columns are gathered from all that it joins: without a bound the work
/// would be quadratic. No application joins so many items, and the server could not plan them either.
const MOST_ITEMS: usize = 300;

impl Walker<'_, '_> {
    pub(super) fn from(&mut self, from: &[TableWithJoins], scope: ScopeId) {
        from.iter().for_each(|item| self.table_with_joins(item, scope));
    }

    fn table_with_joins(&mut self, item: &TableWithJoins, scope: ScopeId) {
        self.table_factor(&item.relation, scope);
        for join in &item.joins {
            let uses = self.shape.uses.len();
            self.table_factor(&join.relation, scope);
            let kind = match &join.join_operator {
                JoinOperator::Left(_) | JoinOperator::LeftOuter(_) => JoinKind::Left,
                JoinOperator::Right(_) | JoinOperator::RightOuter(_) => JoinKind::Right,
                JoinOperator::FullOuter(_) => JoinKind::Full,
                _ => JoinKind::Inner,
            };
            let constraint = match &join.join_operator {
                JoinOperator::Join(c)
                | JoinOperator::Inner(c)
                | JoinOperator::Left(c)
                | JoinOperator::LeftOuter(c)
                | JoinOperator::Right(c)
                | JoinOperator::RightOuter(c)
                | JoinOperator::FullOuter(c)
                | JoinOperator::CrossJoin(c) => c,
                _ => {
                    self.misread = Some("a join that PostgreSQL does not have");
                    continue;
                }
            };
            let merged = match constraint {
                JoinConstraint::Using(names) => {
                    Merged::Named(names.iter().filter_map(|n| n.0.last()?.as_ident()).map(folded).collect())
                }
                JoinConstraint::Natural => Merged::Common,
                _ => Merged::Nothing,
            };
            match constraint {
                JoinConstraint::On(expr) => {
                    self.node(expr, scope);
                }
                JoinConstraint::Using(names) => {
                    for name in names {
                        self.object(name, UsePlace::Using, scope);
                    }
                    self.join_alias(names, scope);
                }
                JoinConstraint::Natural => self.shape.scopes[scope].star = true,
                JoinConstraint::None => {}
            }
            let inside = self.shape.uses[uses..].iter().map(|u| u.span).reduce(Span::hull);
            self.shape.scopes[scope].steps.push(Step::Join { kind, merged, inside });
        }
    }

    /// `USING (a, b) AS j`, which a shim removed: j has the merged columns, which count as columns of their own tables.
    fn join_alias(&mut self, names: &[ObjectName], scope: ScopeId) {
        let last = names.last().and_then(|n| n.0.last()?.as_ident()).and_then(|i| self.lexed.at(i.span.start));
        let word = |i: usize| self.lexed.lexemes.get(i).filter(|_| self.range.contains(&i));
        if let Some(alias) = last.filter(|l| word(l + 2).is_some_and(|w| w.is("AS"))).and_then(|l| word(l + 3)?.name()) {
            // `*` does not include it.
            self.shape.scopes[scope].items.push(Item { name: alias, columns: Some(Vec::new()), ..Item::default() });
        }
    }

    pub(super) fn table_factor(&mut self, factor: &TableFactor, scope: ScopeId) {
        match factor {
            TableFactor::Table { name, alias, args: None, .. } if Self::is_value_function(name) => {
                self.function_item(alias.as_ref(), name.to_string().to_ascii_lowercase(), scope);
            }
            TableFactor::Table { name, alias, args: None, .. } => {
                self.relation(name, alias.as_ref().map(parts_of), Role::Read, scope);
            }
            TableFactor::Derived { lateral, subquery, alias, .. } => {
                let parent = if *lateral { Some(scope) } else { self.shape.scopes[scope].parent };
                let body = self.query(subquery, parent);
                self.item(alias.as_ref(), output_names(subquery), Some(body), scope);
            }
            TableFactor::NestedJoin { table_with_joins, alias: None } => self.table_with_joins(table_with_joins, scope),
            TableFactor::NestedJoin { table_with_joins, alias: Some(alias) } => {
                let inner = self.new_scope(self.shape.scopes[scope].parent);
                self.shape.scopes[inner].star = true;
                self.table_with_joins(table_with_joins, inner);
                self.item(Some(alias), None, Some(inner), scope);
            }
            TableFactor::Table { name, alias, args: Some(args), .. } => {
                name.0.iter().filter_map(|p| p.as_ident()).for_each(|i| self.explain(i));
                self.node(args, scope);
                let name = name.0.last().and_then(|p| p.as_ident()).map(folded).unwrap_or_default();
                self.function_item(alias.as_ref(), name, scope);
            }
            TableFactor::Function { name, args, alias, .. } => {
                name.0.iter().filter_map(|p| p.as_ident()).for_each(|i| self.explain(i));
                self.node(args, scope);
                let name = name.0.last().and_then(|p| p.as_ident()).map(folded).unwrap_or_default();
                self.function_item(alias.as_ref(), name, scope);
            }
            TableFactor::UNNEST { alias, array_exprs, .. } => {
                self.node(array_exprs, scope);
                self.function_item(alias.as_ref(), "unnest".into(), scope);
            }
            TableFactor::TableFunction { expr, alias } => {
                self.node(expr, scope);
                self.item(alias.as_ref(), None, None, scope);
            }
            TableFactor::XmlTable { alias, .. } | TableFactor::JsonTable { alias, .. } => {
                self.node(factor, scope);
                self.item(alias.as_ref(), None, None, scope);
            }
            _ => self.misread = Some("a FROM item that PostgreSQL does not have"),
        }
    }

    fn item(&mut self, alias: Option<&TableAlias>, columns: Option<Vec<String>>, body: Option<ScopeId>, scope: ScopeId) {
        let Some(alias) = alias else {
            self.add_item(Item { columns, body, ..Item::default() }, scope);
            return;
        };
        self.explain(&alias.name);
        alias.columns.iter().for_each(|c| self.explain(&c.name));
        let renamed: Vec<String> = alias.columns.iter().map(|c| folded(&c.name)).collect();
        let columns = columns.and_then(|all| renamed_columns(&renamed, &all));
        self.add_item(Item { name: folded(&alias.name), columns, renamed, body, ..Item::default() }, scope);
    }

    pub(super) fn add_item(&mut self, item: Item, scope: ScopeId) {
        if self.shape.scopes[scope].items.len() >= MOST_ITEMS {
            self.misread = Some("more items in FROM than are looked through");
            return;
        }
        let scope = &mut self.shape.scopes[scope];
        scope.steps.push(Step::Item(scope.items.len()));
        scope.items.push(item);
    }

    fn function_item(&mut self, alias: Option<&TableAlias>, name: String, scope: ScopeId) {
        match alias {
            Some(alias) => self.item(Some(alias), None, None, scope),
            None => self.add_item(Item { name, ..Item::default() }, scope),
        }
    }

    /// `FROM current_date`: a function without parentheses (PostgreSQL source, gram.y, func_expr_common_subexpr).
    fn is_value_function(name: &ObjectName) -> bool {
        const FUNCTIONS: [&str; 11] = [
            "current_date",
            "current_time",
            "current_timestamp",
            "localtime",
            "localtimestamp",
            "current_role",
            "current_user",
            "session_user",
            "user",
            "current_catalog",
            "current_schema",
        ];
        let [part] = name.0.as_slice() else { return false };
        part.as_ident().is_some_and(|i| i.quote_style.is_none() && FUNCTIONS.iter().any(|f| i.value.eq_ignore_ascii_case(f)))
    }
}
