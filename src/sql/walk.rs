//! Walks the parser's tree once and keeps what a rewriter needs: references, names in expressions, scopes, DML statements.
//!
//! Scopes are resolved here, as PostgreSQL does it: a CTE hides a table of its name, a sub-select sees the items of the queries
//! around it, LATERAL sees its neighbours. Which table's column a name is, is not decided here: that needs a catalog.

mod from;
mod write;

use std::collections::HashSet;
use std::ops::{ControlFlow, Range};

use sqlparser::ast::{
    AccessExpr, BinaryOperator, Distinct, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, ObjectName, OrderByKind,
    Query, Select, SelectItem, SelectItemQualifiedWildcardKind, SetExpr, Statement as Tree, TableAlias, Visit, Visitor,
};
use sqlparser::tokenizer::Token;

use super::edit::{Edited, closing};
use super::figure::{OutputName, output_name};
use super::name::{Name, NamePart, folded};
use super::select::select as parts;
use super::shape::{Alias, Item, NameUse, Reference, Role, Scope, ScopeId, Shape, UsePlace};
use super::token::{Lexed, Span};
use super::unparsed::Unparsed;

/// Collects what one parsed statement names. `range` holds the statement's lexemes.
pub fn walk(lexed: &Lexed<'_>, range: &Range<usize>, edited: &Edited, tree: &Tree) -> Result<Shape, Unparsed> {
    let mut walker =
        Walker { lexed, range, edited, shape: Shape::default(), ctes: Vec::new(), fields: HashSet::new(), misread: None };
    walker.shape.explained.extend(&edited.explained);
    walker.statement(tree, None);
    match walker.misread {
        Some(reason) => Err(Unparsed::Misread(reason)),
        None => Ok(walker.shape),
    }
}

struct Walker<'w, 't> {
    lexed: &'w Lexed<'t>,
    range: &'w Range<usize>,
    edited: &'w Edited,
    shape: Shape,
    /// CTEs that are visible, innermost last.
    ctes: Vec<Cte>,
    /// Lexemes that name a field of a composite value, as in `(t).a`: they are no columns.
    fields: HashSet<usize>,
    misread: Option<&'static str>,
}

/// What is known of a CTE.
struct Cte {
    name: String,
    /// The column names given to it.
    renamed: Vec<String>,
    columns: Option<Vec<String>>,
    /// The scope of its query; `None` inside a recursive one.
    body: Option<ScopeId>,
}

impl Walker<'_, '_> {
    fn new_scope(&mut self, parent: Option<ScopeId>) -> ScopeId {
        self.shape.scopes.push(Scope { parent, ..Scope::default() });
        self.shape.scopes.len() - 1
    }

    // --- statements ---

    /// Walks a statement, and returns the scope that names its columns.
    fn statement(&mut self, tree: &Tree, parent: Option<ScopeId>) -> ScopeId {
        // The scope of a writing statement itself is the first that it opens.
        let own = self.shape.scopes.len();
        match tree {
            Tree::Query(query) => return self.query(query, parent),
            Tree::Insert(insert) => self.insert(insert, parent),
            Tree::Update(update) => self.update(update, parent),
            Tree::Delete(delete) => self.delete(delete, parent),
            Tree::Merge(merge) => self.merge(merge, parent),
            _ => self.misread = Some("a statement of another kind than its first word says"),
        }
        if own < self.shape.scopes.len() { own } else { self.new_scope(parent) }
    }

    // --- queries ---

    /// Walks a query, and returns the scope of its ORDER BY.
    fn query(&mut self, query: &Query, parent: Option<ScopeId>) -> ScopeId {
        let visible = self.ctes.len();
        if let Some(with) = &query.with {
            if with.recursive {
                self.ctes.extend(with.cte_tables.iter().map(|c| cte_in_sight(&c.alias, &c.query, None)));
            }
            for (n, cte) in with.cte_tables.iter().enumerate() {
                self.explain(&cte.alias.name);
                cte.alias.columns.iter().for_each(|c| self.explain(&c.name));
                let body = self.query(&cte.query, parent);
                if with.recursive {
                    self.ctes[visible + n].body = Some(body);
                } else {
                    self.ctes.push(cte_in_sight(&cte.alias, &cte.query, Some(body)));
                }
            }
        }
        let scope = self.set_expr(&query.body, parent);
        if let Some(order_by) = &query.order_by
            && let OrderByKind::Expressions(list) = &order_by.kind
        {
            list.iter().for_each(|e| self.sorted(&e.expr, scope));
        }
        self.node(&query.limit_clause, scope);
        self.node(&query.fetch, scope);
        for lock in &query.locks {
            lock.of.iter().for_each(|name| self.object(name, UsePlace::LockOf, scope));
        }
        self.ctes.truncate(visible);
        scope
    }

    fn set_expr(&mut self, body: &SetExpr, parent: Option<ScopeId>) -> ScopeId {
        match body {
            SetExpr::Select(select) => return self.select(select, parent),
            SetExpr::Query(query) => return self.query(query, parent),
            SetExpr::SetOperation { left, right, .. } => {
                let left = self.set_expr(left, parent);
                self.set_expr(right, parent);
                let scope = self.new_scope(parent);
                self.shape.scopes[scope].combined = Some(left);
                return scope;
            }
            SetExpr::Values(values) => {
                let scope = self.new_scope(parent);
                let names = value_names(values.rows.first().map_or(0, |row| row.content.len()));
                self.shape.scopes[scope].outputs = names.map(OutputName::Name).collect();
                values.rows.iter().for_each(|row| row.content.iter().for_each(|e| self.node(e, scope)));
                return scope;
            }
            SetExpr::Insert(s) | SetExpr::Update(s) | SetExpr::Delete(s) | SetExpr::Merge(s) => return self.statement(s, parent),
            SetExpr::Table(_) => self.misread = Some("TABLE in a place where it could not be read as SELECT"),
        }
        self.new_scope(parent)
    }

    fn select(&mut self, select: &Select, parent: Option<ScopeId>) -> ScopeId {
        let scope = self.new_scope(parent);
        let first = self.lexed.at(select.select_token.0.span.start);
        self.shape.scopes[scope].select = first.map(|first| Box::new(parts(self.lexed, self.range, first)));
        self.from(&select.from, scope);
        if let Some(Distinct::On(list)) = &select.distinct {
            list.iter().for_each(|e| self.sorted(e, scope));
        }
        self.items(&select.projection, scope);
        self.node(&select.selection, scope);
        self.node(&select.group_by, scope);
        self.node(&select.having, scope);
        self.node(&select.named_window, scope);
        if select.prewhere.is_some() || !select.lateral_views.is_empty() || select.qualify.is_some() || select.top.is_some() {
            self.misread = Some("a clause that PostgreSQL does not have");
        }
        scope
    }

    fn items(&mut self, items: &[SelectItem], scope: ScopeId) {
        self.shape.scopes[scope].outputs.extend(items.iter().map(output_name));
        for item in items {
            match item {
                SelectItem::UnnamedExpr(expr) => self.node(expr, scope),
                SelectItem::ExprWithAlias { expr, alias } => {
                    self.node(expr, scope);
                    self.explain(alias);
                }
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                    self.object(name, UsePlace::Star, scope);
                }
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::Expr(expr), _) => self.node(expr, scope),
                SelectItem::Wildcard(_) => self.shape.scopes[scope].star = true,
                SelectItem::ExprWithAliases { .. } => self.misread = Some("an item with several aliases"),
            }
        }
    }

    /// A relation's name: a visible CTE, or a reference. Returns its last lexeme, alias included.
    fn relation(&mut self, name: &ObjectName, alias: Option<(&Ident, Vec<&Ident>)>, role: Role, scope: ScopeId) -> Option<usize> {
        let (name, first, last) = self.name(name)?;
        self.shape.explained.extend((first..=last).filter(|&i| self.lexed.lexemes[i].word().is_some()));
        let alias = alias.map(|(ident, columns)| {
            self.explain(ident);
            columns.iter().for_each(|c| self.explain(c));
            let at = self.lexed.at(ident.span.start).unwrap_or(last);
            let columns = columns.iter().map(|c| folded(c)).collect();
            (Alias { name: folded(ident), span: self.lexed.lexemes[at].span, columns }, at)
        });
        let mut end = alias.as_ref().map_or(last, |(_, at)| *at);
        let visible = alias.as_ref().map_or(name.last(), |(a, _)| &a.name).to_owned();
        let renamed = alias.as_ref().map(|(a, _)| a.columns.clone()).unwrap_or_default();
        if let Some(cte) = self.ctes.iter().rev().find(|c| role == Role::Read && name.0.len() == 1 && c.name == name.last()) {
            let columns = cte.columns.as_deref().and_then(|all| renamed_columns(&renamed, all));
            let renamed = if renamed.len() < cte.renamed.len() {
                renamed.iter().chain(&cte.renamed[renamed.len()..]).cloned().collect()
            } else {
                renamed
            };
            let item = Item { name: visible, columns, renamed, body: cte.body, ..Item::default() };
            self.add_item(item, scope);
            return Some(end);
        }
        let columns = Some(renamed.clone()).filter(|c| !c.is_empty());
        let (from, to) = self.marks(first, last);
        end = end.max(to);
        let table_command = from < first && self.edited.table_commands.binary_search(&from).is_ok();
        let span = self.lexed.lexemes[from].span.to(self.lexed.lexemes[to].span);
        let sample = self.sample(end + 1 + usize::from(!renamed.is_empty()) * self.column_list(end + 1));
        let reference = self.shape.references.len();
        self.add_item(Item { name: visible, reference: Some(reference), columns, renamed, ..Item::default() }, scope);
        let alias = alias.map(|(a, _)| a);
        self.shape.references.push(Reference { name, role, alias, span, table_command, sample, scope });
        Some(end)
    }

    /// The lexemes from TABLE, ONLY or an opening parenthesis, to the closing parenthesis or `*`.
    fn marks(&self, first: usize, last: usize) -> (usize, usize) {
        let marks = &self.edited.table_marks;
        let star = usize::from(marks.binary_search(&(last + 1)).is_ok());
        let before = |at: usize| at.checked_sub(1).filter(|b| self.range.contains(b));
        let marked = |at: usize| before(at).filter(|b| marks.binary_search(b).is_ok());
        let (from, to) = match (marked(first), before(first).and_then(marked)) {
            (Some(only), _) => (only, last + star),
            (None, Some(only)) => (only, last + 1),
            (None, None) => (first, last + star),
        };
        let command = before(from).filter(|b| self.edited.table_commands.binary_search(b).is_ok());
        (command.unwrap_or(from), to)
    }

    /// The number of lexemes in an alias's column list, if one begins at `at`.
    fn column_list(&self, at: usize) -> usize {
        let open = self.range.contains(&at) && self.lexed.lexemes[at].is_token(&Token::LParen);
        if open { closing(self.lexed, at, self.range.end).map_or(0, |close| close + 1 - at) } else { 0 }
    }

    fn sample(&self, at: usize) -> Option<Span> {
        let word = |i: usize, w: &str| self.range.contains(&i) && self.lexed.lexemes[i].is(w);
        if !word(at, "TABLESAMPLE") {
            return None;
        }
        let open = (at + 1..self.range.end).find(|&i| self.lexed.lexemes[i].is_token(&Token::LParen))?;
        let mut end = closing(self.lexed, open, self.range.end)?;
        if word(end + 1, "REPEATABLE") {
            end = closing(self.lexed, end + 2, self.range.end)?;
        }
        Some(self.lexed.lexemes[at].span.to(self.lexed.lexemes[end].span))
    }

    // --- names ---

    fn name(&mut self, name: &ObjectName) -> Option<(Name, usize, usize)> {
        let mut parts = Vec::with_capacity(name.0.len());
        let mut lexemes = Vec::with_capacity(name.0.len());
        for part in &name.0 {
            let ident = part.as_ident()?;
            let at = self.lexed.at(ident.span.start)?;
            parts.push(NamePart { text: folded(ident), span: self.lexed.lexemes[at].span });
            lexemes.push(at);
        }
        Some((Name(parts), *lexemes.first()?, *lexemes.last()?))
    }

    fn object(&mut self, name: &ObjectName, place: UsePlace, scope: ScopeId) {
        let idents: Vec<&Ident> = name.0.iter().filter_map(|p| p.as_ident()).collect();
        self.use_name(&idents, place, scope);
    }

    fn use_name(&mut self, idents: &[&Ident], place: UsePlace, scope: ScopeId) {
        let lexemes: Vec<usize> = idents.iter().filter_map(|i| self.lexed.at(i.span.start)).collect();
        if lexemes.len() != idents.len() || lexemes.is_empty() || self.fields.contains(&lexemes[0]) {
            return;
        }
        self.shape.explained.extend(&lexemes);
        let part = |(ident, &at): (&&Ident, &usize)| NamePart { text: folded(ident), span: self.lexed.lexemes[at].span };
        let name = Name(idents.iter().zip(&lexemes).map(part).collect());
        // The star of `t.* IS NULL` is hidden from the parser.
        let token = |behind: usize| self.lexed.lexemes.get(lexemes[lexemes.len() - 1] + behind).map(|l| &l.token.token);
        let star = matches!((token(1), token(2)), (Some(Token::Period), Some(Token::Mul)));
        let place = if star && place == UsePlace::Expression { UsePlace::Star } else { place };
        let last = lexemes[lexemes.len() - 1] + if place == UsePlace::Star { 2 } else { 0 };
        let span = name.span().to(self.lexed.lexemes.get(last).map_or(name.span(), |l| l.span));
        self.shape.uses.push(NameUse { name, span, place, scope });
    }

    fn explain(&mut self, ident: &Ident) {
        self.shape.explained.extend(self.lexed.at(ident.span.start));
    }

    /// An item of ORDER BY or DISTINCT ON.
    fn sorted(&mut self, expr: &Expr, scope: ScopeId) {
        if let Expr::Identifier(ident) = expr
            && let Some(at) = self.lexed.at(ident.span.start)
        {
            self.shape.scopes[scope].sorted.push(self.lexed.lexemes[at].span);
        }
        self.node(expr, scope);
    }

    /// Collects the names in a part of the tree with expressions; sub-selects get scopes of their own.
    fn node(&mut self, node: &impl Visit, scope: ScopeId) {
        let _ = node.visit(&mut Expressions { walker: self, scope, inside: 0 });
    }
}

/// Visits the expressions of one scope. Sub-selects are walked with scopes of their own and skipped here.
struct Expressions<'e, 'w, 't> {
    walker: &'e mut Walker<'w, 't>,
    scope: ScopeId,
    inside: usize,
}

impl Visitor for Expressions<'_, '_, '_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        if self.inside == 0 {
            self.walker.query(query, Some(self.scope));
        }
        self.inside += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &Query) -> ControlFlow<()> {
        self.inside -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if self.inside > 0 {
            return ControlFlow::Continue(());
        }
        match expr {
            Expr::Identifier(ident) => {
                self.walker.use_name(&[ident], UsePlace::Expression, self.scope);
            }
            Expr::CompoundIdentifier(idents) => {
                self.walker.use_name(&idents.iter().collect::<Vec<_>>(), UsePlace::Expression, self.scope);
            }
            // `f(name := value)`: the argument's name is no column.
            Expr::BinaryOp { left, op: BinaryOperator::Assignment, .. } => {
                if let Expr::Identifier(name) = left.as_ref() {
                    self.walker.explain(name);
                    self.walker.fields.extend(self.walker.lexed.at(name.span.start));
                }
            }
            Expr::QualifiedWildcard(name, _) => self.walker.object(name, UsePlace::Star, self.scope),
            Expr::Function(function) => {
                function.name.0.iter().filter_map(|p| p.as_ident()).for_each(|i| self.walker.explain(i));
                let arguments = if let FunctionArguments::List(list) = &function.args { list.args.as_slice() } else { &[] };
                for argument in arguments {
                    // `f(name => value)`: the argument's name is no column.
                    if let FunctionArg::ExprNamed { name: Expr::Identifier(name), .. } = argument {
                        self.walker.explain(name);
                        self.walker.fields.extend(self.walker.lexed.at(name.span.start));
                    }
                    if let FunctionArg::Unnamed(FunctionArgExpr::QualifiedWildcard(name)) = argument {
                        self.walker.object(name, UsePlace::Star, self.scope);
                    }
                }
            }
            Expr::CompoundFieldAccess { root, access_chain } => {
                // `t.a[1].f`: what stands before the first subscript is one name (source, gram.y, makeColumnRef).
                let before = access_chain.iter().take_while(|a| matches!(a, AccessExpr::Dot(Expr::Identifier(_)))).count();
                if let (Expr::Identifier(root), 1..) = (root.as_ref(), before) {
                    let mut named = vec![root];
                    named.extend(access_chain[..before].iter().filter_map(|access| match access {
                        AccessExpr::Dot(Expr::Identifier(field)) => Some(field),
                        _ => None,
                    }));
                    self.walker.use_name(&named, UsePlace::Expression, self.scope);
                    self.walker.fields.extend(self.walker.lexed.at(root.span.start));
                }
                for access in access_chain {
                    if let AccessExpr::Dot(Expr::Identifier(field)) = access {
                        self.walker.explain(field);
                        self.walker.fields.extend(self.walker.lexed.at(field.span.start));
                    }
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

fn parts_of(alias: &TableAlias) -> (&Ident, Vec<&Ident>) {
    (&alias.name, alias.columns.iter().map(|c| &c.name).collect())
}

/// What is known of a CTE, before or after its query has been walked.
fn cte_in_sight(alias: &TableAlias, query: &Query, body: Option<ScopeId>) -> Cte {
    let renamed: Vec<String> = alias.columns.iter().map(|c| folded(&c.name)).collect();
    let columns = output_names(query).and_then(|all| renamed_columns(&renamed, &all));
    Cte { name: folded(&alias.name), renamed, columns, body }
}

/// The columns when an alias renames the first of them; `None` when it names more than there are.
fn renamed_columns(renamed: &[String], all: &[String]) -> Option<Vec<String>> {
    let rest = all.get(renamed.len()..)?;
    Some(renamed.iter().chain(rest).cloned().collect())
}

/// The names that PostgreSQL gives the columns of VALUES (manual, section 7.7).
fn value_names(count: usize) -> impl Iterator<Item = String> {
    (1..=count).map(|n| format!("column{n}"))
}

/// The column names of a sub-select, if the text alone tells all of them.
fn output_names(query: &Query) -> Option<Vec<String>> {
    body_names(&query.body)
}

fn body_names(body: &SetExpr) -> Option<Vec<String>> {
    let select = match body {
        SetExpr::Select(select) => select,
        SetExpr::Query(query) => return output_names(query),
        SetExpr::SetOperation { left, .. } => return body_names(left),
        SetExpr::Values(values) => return values.rows.first().map(|row| value_names(row.content.len()).collect()),
        _ => return None,
    };
    let name = |item: &SelectItem| if let OutputName::Name(name) = output_name(item) { Some(name) } else { None };
    select.projection.iter().map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Limits, script};

    /// References and name uses as text, to keep expectations short.
    fn names(text: &str) -> (Vec<String>, Vec<String>) {
        let script = script(text, &Limits::default()).unwrap();
        let shape = script.statements[0].shape.as_ref().unwrap_or_else(|e| panic!("{text}: {e}"));
        let references = shape.references.iter().map(|r| format!("{} {}", r.role.operation(), &text[r.span.range()])).collect();
        let uses = shape.uses.iter().map(|u| format!("{}@{}", &text[u.span.range()], u.scope)).collect();
        (references, uses)
    }

    #[test]
    fn references_of_selects() {
        assert_eq!(
            names("select * from s.a x, only b, only (c) y join d * on x.i = y.j").0,
            ["select s.a", "select only b", "select only (c)", "select d *",]
        );
        assert_eq!(names("table a union table s.b").0, ["select table a", "select table s.b"]);
        assert_eq!(names("select (select 1 from a), array(select 2 from b) from c where exists (select from d)").0.len(), 4);
        assert_eq!(names("select 1 from f(1), a, lateral g(a.x) h").0, ["select a"]);
    }

    #[test]
    fn a_cte_shadows_a_table_only_where_it_is_in_sight() {
        assert_eq!(names("with a as (select * from a) select * from a, s.a").0, ["select a", "select s.a"]);
        assert_eq!(names("with recursive a as (select * from a) select * from a").0, Vec::<String>::new());
        assert_eq!(names("select * from (with a as (select 1) select * from a) x, a").0, ["select a"]);
    }

    #[test]
    fn writing_statements() {
        assert_eq!(names("insert into a as t (x) select y from b returning t.x").0, ["insert a", "select b"]);
        assert_eq!(names("update only a t set x = 1 from b where t.y = b.z").0, ["update only a", "select b"]);
        assert_eq!(names("delete from a using b where a.x = b.x").0, ["delete a", "select b"]);
        assert_eq!(names("with m as (delete from a returning *) insert into b select * from m").0, ["delete a", "insert b"]);
        let text = "with m as (delete from a where x = 1 returning *) select * from m where y = 2";
        let script = script(text, &Limits::default()).unwrap();
        let dml = &script.statements[0].shape.as_ref().unwrap().dml[0];
        assert_eq!(script.lexed.slice(&dml.lexemes), "delete from a where x = 1 returning *");
    }

    #[test]
    fn names_know_their_scope() {
        let (_, uses) = names("select a.x from a where y in (select z from b where b.w = a.v)");
        assert_eq!(uses, ["a.x@0", "y@0", "z@1", "b.w@1", "a.v@1"]);
        assert_eq!(names("select (t).f, (t).g.h from t").1, ["t@0", "t@0"]);
    }

    #[test]
    fn samples_and_aliases() {
        let text = "select * from a as x (p, q) tablesample bernoulli (10) repeatable (5)";
        let script = script(text, &Limits::default()).unwrap();
        let reference = &script.statements[0].shape.as_ref().unwrap().references[0];
        assert_eq!(&text[reference.sample.unwrap().range()], "tablesample bernoulli (10) repeatable (5)");
        assert_eq!(reference.alias.as_ref().unwrap().columns, ["p", "q"]);
    }

    #[test]
    fn select_into_without_a_list_makes_a_table() {
        assert_eq!(names("select into temp table s.x from t").0, ["select t"]);
        let script = script("select into x from t", &Limits::default()).unwrap();
        assert!(!script.statements[0].shape.as_ref().unwrap().explains(2));
    }
}
