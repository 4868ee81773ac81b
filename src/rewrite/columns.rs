//! Which columns FROM shows, and what a name in an expression is, as PostgreSQL looks it up (manual, sections 7.2 and 7.3; source,
//! parse_relation.c and parse_clause.c): USING and NATURAL merge columns, a join hides the system columns below it from bare names,
//! ORDER BY and GROUP BY may name a column of the select list.
//!
//! It goes further than [`super::resolve`]: it finds the column of the reference itself, also through a join with an alias.

use std::collections::HashSet;
use std::rc::Rc;

use sqlparser::tokenizer::Token;

use super::shown::{Exposed, Origin, Shown, Source};
use super::work::Work;
use crate::sql::figure::OutputName;
use crate::sql::shape::{JoinKind, Merged, Step};
use crate::sql::{Item, NameUse, Role, ScopeId, Span, UsePlace};

/// Columns that every table has and `*` does not show (PostgreSQL manual, section 5.5).
pub(super) const SYSTEM_COLUMNS: [&str; 6] = ["ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"];

/// The most columns that a list can have (source, htup_details.h, MaxTupleAttributeNumber); a longer one is treated as unknown.
const MOST_COLUMNS: usize = 1664;

/// What a name is.
#[derive(Debug, Clone)]
pub(super) enum Meaning {
    /// A column that an item of this scope shows.
    Column(ScopeId, Exposed),
    /// The row of an item of this scope.
    Row(ScopeId, usize),
    /// A system column of this reference.
    System(usize, &'static str),
    /// One of several columns: PostgreSQL reports that it is ambiguous.
    Ambiguous,
    /// A column of the select list.
    Output,
    /// Nothing that is known here.
    Other,
}

impl Work<'_, '_> {
    /// The items in FROM of a scope.
    pub(super) fn sources(&self, scope: ScopeId) -> Rc<Vec<Source>> {
        if let Some(known) = self.memo.sources.borrow().get(&scope) {
            return known.clone();
        }
        let mut stack: Vec<Source> = Vec::new();
        for step in &self.shape.scopes[scope].steps {
            match step {
                Step::Item(item) => {
                    let shown = self.item_columns(scope, *item);
                    stack.push(Source { columns: shown.columns.clone(), complete: shown.complete });
                }
                Step::Join { kind, merged, .. } => {
                    let (Some(right), Some(left)) = (stack.pop(), stack.pop()) else { continue };
                    stack.push(joined(left, right, *kind, merged));
                }
            }
        }
        let found = Rc::new(stack);
        self.memo.sources.borrow_mut().insert(scope, found.clone());
        found
    }

    /// The columns of one item.
    pub(super) fn item_columns(&self, scope: ScopeId, at: usize) -> Rc<Shown> {
        if let Some(known) = self.memo.items.borrow().get(&(scope, at)) {
            return known.clone();
        }
        let (columns, complete) = self.find_item_columns(scope, at);
        let shown = Rc::new(Shown { columns, complete });
        self.memo.items.borrow_mut().insert((scope, at), shown.clone());
        shown
    }

    /// The name with exactly this span.
    pub(super) fn use_at(&self, span: Span) -> Option<&NameUse> {
        let all = || self.shape.uses.iter().enumerate().rev().map(|(n, u)| (u.span, n)).collect();
        self.memo.uses.get_or_init(all).get(&span).map(|&n| &self.shape.uses[n])
    }

    /// The names inside a span, in the order of the text. Found by binary search, because a list asks for those of each item.
    pub(super) fn uses_in(&self, span: Span) -> impl Iterator<Item = &NameUse> {
        let uses = &self.shape.uses;
        let all = || {
            let mut all: Vec<usize> = (0..uses.len()).collect();
            all.sort_by_key(|&n| uses[n].span.start);
            all
        };
        let ordered = self.memo.ordered.get_or_init(all);
        let first = ordered.partition_point(|&n| uses[n].span.start < span.start);
        let inside = ordered[first..].iter().map(|&n| &uses[n]);
        inside.take_while(move |u| u.span.start < span.end).filter(move |u| span.contains(u.span))
    }

    /// Whether a name ends at this byte.
    pub(super) fn ends_use(&self, byte: usize) -> bool {
        self.memo.ends.get_or_init(|| self.shape.uses.iter().map(|u| u.span.end).collect()).contains(&byte)
    }

    fn find_item_columns(&self, scope: ScopeId, at: usize) -> (Vec<Exposed>, bool) {
        let item = &self.shape.scopes[scope].items[at];
        let plain = |name: &String| Exposed { name: name.clone(), item: at, origin: None, type_name: None, merged: false };
        let (mut columns, complete) = match (item.reference, &item.columns, item.body) {
            (Some(reference), ..) => self.reference_columns(reference, at),
            (None, Some(columns), _) => (columns.iter().map(plain).collect(), true),
            (None, None, Some(body)) if self.is_join(body) => {
                let sources = self.sources(body);
                let all = sources.iter().flat_map(|s| s.columns.iter().cloned());
                let shown: Vec<Exposed> = all.take(MOST_COLUMNS).map(|c| Exposed { item: at, merged: false, ..c }).collect();
                (shown, sources.iter().all(|s| s.complete))
            }
            (None, None, Some(body)) => match self.column_names(body) {
                Some(names) => (names.iter().map(plain).collect(), true),
                None => (Vec::new(), false),
            },
            (None, None, None) => (Vec::new(), false),
        };
        for (n, name) in item.renamed.iter().enumerate() {
            match columns.get_mut(n) {
                Some(column) => column.name.clone_from(name),
                None => columns.push(plain(name)),
            }
        }
        (columns, complete)
    }

    fn reference_columns(&self, reference: usize, item: usize) -> (Vec<Exposed>, bool) {
        let exposed = |(column, (name, type_name)): (usize, (&String, &String))| Exposed {
            name: name.clone(),
            item,
            origin: Some(Origin { reference, column }),
            type_name: Some(type_name.clone()),
            merged: false,
        };
        if let Some(entry) = self.entries[reference] {
            let columns = entry.relation.columns.iter().map(|c| (&c.name, &c.sql_type.name));
            return (columns.enumerate().map(exposed).collect(), true);
        }
        match self.catalog_columns(&self.shape.references[reference]) {
            Some(columns) => (columns.iter().map(|c| (&c.name, &c.type_name)).enumerate().map(exposed).collect(), true),
            None => (Vec::new(), false),
        }
    }

    /// Whether a scope is a join with an alias.
    pub(super) fn is_join(&self, scope: ScopeId) -> bool {
        let scope = &self.shape.scopes[scope];
        scope.select.is_none() && scope.combined.is_none() && scope.outputs.is_empty() && !scope.items.is_empty()
    }

    /// The names of a query's columns, if they are known.
    pub(super) fn column_names(&self, scope: ScopeId) -> Option<Rc<Vec<String>>> {
        if let Some(known) = self.memo.outputs.borrow().get(&scope) {
            return known.clone();
        }
        // Unknown while they are being found out: a query cannot consist of its own columns.
        self.memo.outputs.borrow_mut().insert(scope, None);
        let found = match self.shape.scopes[scope].combined {
            Some(left) => self.column_names(left),
            None => self.output_names(scope).map(Rc::new),
        };
        self.memo.outputs.borrow_mut().insert(scope, found.clone());
        found
    }

    fn output_names(&self, scope: ScopeId) -> Option<Vec<String>> {
        let mut names = Vec::new();
        for (n, output) in self.shape.scopes[scope].outputs.iter().enumerate() {
            match output {
                OutputName::Name(name) => names.push(name.clone()),
                OutputName::Unknown => return None,
                OutputName::Star => names.extend(self.starred(scope, n)?.into_iter().map(|c| c.name)),
            }
            if names.len() > MOST_COLUMNS {
                return None;
            }
        }
        Some(names)
    }

    /// The columns that a star in a select list or in RETURNING stands for.
    pub(super) fn starred(&self, scope: ScopeId, output: usize) -> Option<Vec<Exposed>> {
        let item = self.output_lexemes(scope).get(output).cloned();
        match item.as_ref().and_then(|item| self.star_of(scope, item)) {
            Some((scope, item)) => {
                let shown = self.item_columns(scope, item);
                shown.complete.then(|| shown.columns.clone())
            }
            // `TABLE t` has no list; a bare star shows all columns.
            None if item.is_none_or(|i| i.len() == 1) => {
                let sources = self.sources(scope);
                let all = || sources.iter().flat_map(|s| s.columns.iter().cloned());
                (sources.iter().all(|s| s.complete) && all().count() <= MOST_COLUMNS).then(|| all().collect())
            }
            None => None,
        }
    }

    /// The item that `x.*` in a select list names.
    fn star_of(&self, scope: ScopeId, item: &std::ops::Range<usize>) -> Option<(ScopeId, usize)> {
        let span = self.lexed.span(item)?;
        let name_use = self.use_at(span).filter(|u| u.place == UsePlace::Star && u.scope == scope)?;
        self.item_of(name_use.name.last(), name_use.name.0.len() > 1, scope)
    }

    /// The items of a select list or of RETURNING, as lexemes.
    pub(super) fn output_lexemes(&self, scope: ScopeId) -> Vec<std::ops::Range<usize>> {
        if let Some(select) = &self.shape.scopes[scope].select {
            return select.items.clone();
        }
        let dml = self.shape.dml.iter().find(|d| d.scope == scope);
        dml.and_then(|d| d.clauses.returning()).map(|r| r.items.clone()).unwrap_or_default()
    }

    /// The visible item with this name. A name with a schema finds only items without an alias.
    pub(super) fn item_of(&self, name: &str, qualified: bool, scope: ScopeId) -> Option<(ScopeId, usize)> {
        let mut at = Some(scope);
        while let Some(scope) = at {
            let matches = |item: &Item| {
                let bare = item.reference.is_some_and(|r| self.shape.references[r].alias.is_none());
                item.name == name && (!qualified || bare)
            };
            if let Some(item) = self.shape.scopes[scope].items.iter().position(matches) {
                return Some((scope, item));
            }
            at = self.shape.scopes[scope].parent;
        }
        None
    }

    /// What a name in an expression is.
    pub(super) fn named(&self, name_use: &NameUse) -> Meaning {
        let parts = &name_use.name.0;
        match (parts.as_slice(), name_use.place) {
            ([.., table], UsePlace::Star) => match self.item_of(&table.text, parts.len() > 1, name_use.scope) {
                Some((scope, item)) => Meaning::Row(scope, item),
                None => Meaning::Other,
            },
            ([_], UsePlace::Expression) => self.bare(name_use),
            ([.., table, column], UsePlace::Expression) => {
                let Some((scope, at)) = self.item_of(&table.text, parts.len() > 2, name_use.scope) else { return Meaning::Other };
                let shown = self.item_columns(scope, at).columns.iter().find(|c| c.name == column.text).cloned();
                let item = &self.shape.scopes[scope].items[at];
                match shown.map(|column| Meaning::Column(scope, column)) {
                    Some(column) => column,
                    None => {
                        item.reference.zip(system_column(&column.text)).map_or(Meaning::Other, |(r, c)| Meaning::System(r, c))
                    }
                }
            }
            _ => Meaning::Other,
        }
    }

    /// What a name without a table before it is.
    fn bare(&self, name_use: &NameUse) -> Meaning {
        let own = &self.shape.scopes[name_use.scope];
        let name = name_use.name.last();
        let labelled = || self.outputs_have(name_use.scope, name);
        if own.sorted.contains(&name_use.span) && labelled() {
            return Meaning::Output;
        }
        let mut at = Some(name_use.scope);
        while let Some(scope) = at {
            if self.shape.scopes[scope].combined.is_some() {
                return Meaning::Output;
            }
            match self.local(scope, name, name_use.span) {
                Some(named) => return named,
                // GROUP BY looks for a column of FROM, then for one of the select list, then for one of the surrounding query.
                None if scope == name_use.scope && self.is_grouped(name_use) && labelled() => return Meaning::Output,
                None => {}
            }
            if let Some(item) = self.shape.scopes[scope].items.iter().position(|i| i.name == name) {
                return Meaning::Row(scope, item);
            }
            at = self.shape.scopes[scope].parent;
        }
        Meaning::Other
    }

    /// Whether a name is a whole element of GROUP BY in its scope.
    fn is_grouped(&self, name_use: &NameUse) -> bool {
        let Some(select) = &self.shape.scopes[name_use.scope].select else { return false };
        let list = select.grouping();
        let Some(span) = self.lexed.span(&list).filter(|s| s.contains(name_use.span)) else { return false };
        let before = self.lexed.lexemes[list.clone()].partition_point(|l| l.span.start < name_use.span.start) + list.start;
        let opens = |i: usize| self.lexed.lexemes[i].is_token(&Token::Comma) || self.lexed.lexemes[i].is_token(&Token::LParen);
        let closes = |i: usize| self.lexed.lexemes[i].is_token(&Token::Comma) || self.lexed.lexemes[i].is_token(&Token::RParen);
        (name_use.span.start == span.start || opens(before - 1)) && (name_use.span.end == span.end || closes(before + 1))
    }

    /// Whether a select list certainly has a column of this name, whatever its stars show.
    pub(super) fn outputs_have(&self, scope: ScopeId, name: &str) -> bool {
        let mut memo = self.memo.labels.borrow_mut();
        let outputs = &self.shape.scopes[self.shape.scopes[scope].combined.unwrap_or(scope)].outputs;
        let name_of = |o: &OutputName| if let OutputName::Name(name) = o { Some(name.clone()) } else { None };
        memo.entry(scope).or_insert_with(|| outputs.iter().filter_map(name_of).collect()).contains(name)
    }

    /// What a bare name at this position is among the items of one scope.
    pub(super) fn local(&self, scope: ScopeId, name: &str, at: Span) -> Option<Meaning> {
        let sources = self.sources(scope);
        let mut found = sources.iter().flat_map(|s| &s.columns).filter(|c| c.name == name);
        let system = system_column(name).and_then(|column| self.local_system(scope, column, at));
        match (found.next(), system) {
            (None, system) => system,
            (Some(_), Some(_)) => Some(Meaning::Ambiguous),
            // Two of them are ambiguous too, and the server says so.
            (Some(column), None) => {
                Some(if found.next().is_some() { Meaning::Other } else { Meaning::Column(scope, column.clone()) })
            }
        }
    }

    /// The reference in a scope whose system column a bare name is. A join hides what is below it, but not from its own ON.
    fn local_system(&self, scope: ScopeId, column: &'static str, at: Span) -> Option<Meaning> {
        let mut seen: Vec<Option<usize>> = Vec::new();
        for step in &self.shape.scopes[scope].steps {
            match step {
                Step::Item(item) => seen.push(Some(*item)),
                Step::Join { inside, .. } if inside.is_some_and(|inside| inside.contains(at)) => {
                    seen.drain(..seen.len().saturating_sub(2));
                    break;
                }
                Step::Join { .. } => {
                    seen.truncate(seen.len().saturating_sub(2));
                    seen.push(None);
                }
            }
        }
        // An alias may give this name to a column of the item.
        let own = |item: &usize| self.item_columns(scope, *item).columns.iter().any(|c| c.name == column);
        let plain = seen.into_iter().flatten().filter(|item| !own(item));
        // Inside FROM only the items before the name are visible.
        let inside =
            self.shape.scopes[scope].select.as_ref().and_then(|s| self.lexed.span(&s.source)).is_some_and(|s| s.contains(at));
        let items = plain.filter_map(|item| self.shape.scopes[scope].items[item].reference);
        let items = items.filter(|&r| !inside || self.shape.references[r].span.start < at.start);
        let (known, unknown): (Vec<usize>, Vec<usize>) =
            items.filter(|&r| self.may_have_system(r)).partition(|&r| self.is_known(r));
        match (known.as_slice(), unknown.as_slice()) {
            ([one], _) | ([], [one, ..]) => Some(Meaning::System(*one, column)),
            ([], []) => None,
            _ => Some(Meaning::Ambiguous),
        }
    }

    /// The name of a table with a system column that this bare name does not reach; `None` where something else may have the name.
    pub(super) fn hidden_system(&self, name_use: &NameUse) -> Option<&str> {
        let mut hidden = None;
        let mut at = Some(name_use.scope);
        while let Some(scope) = at {
            if self.sources(scope).iter().any(|s| !s.complete) {
                return None;
            }
            let has = |i: &&Item| i.reference.is_some_and(|r| self.may_have_system(r) && self.is_known(r));
            hidden = hidden.or_else(|| self.shape.scopes[scope].items.iter().find(has).map(|i| i.name.as_str()));
            at = self.shape.scopes[scope].parent;
        }
        hidden
    }

    /// Whether it is known if a reference is a table or a view.
    fn is_known(&self, reference: usize) -> bool {
        self.entries[reference].is_some() || self.catalog_columns(&self.shape.references[reference]).is_some()
    }

    /// Whether a reference has system columns: a view has none.
    fn may_have_system(&self, reference: usize) -> bool {
        let of = &self.shape.references[reference];
        of.role != Role::Type
            && (self.entries[reference].is_some() || !self.policy.is_view(of.name.last()) || !self.is_known(reference))
    }
}

/// A system column of this name.
pub(super) fn system_column(name: &str) -> Option<&'static str> {
    SYSTEM_COLUMNS.into_iter().find(|c| *c == name)
}

/// What a join shows: the merged columns, then the rest of the left side, then the rest of the right.
fn joined(left: Source, right: Source, kind: JoinKind, merged: &Merged) -> Source {
    let common = |name: &String| left.columns.iter().any(|c| c.name == *name) && right.columns.iter().any(|c| c.name == *name);
    let names: Vec<String> = match merged {
        Merged::Nothing => Vec::new(),
        Merged::Named(names) => names.clone(),
        Merged::Common => left.columns.iter().map(|c| c.name.clone()).filter(common).collect(),
    };
    let complete = left.complete && right.complete;
    let find = |side: &Source, name: &String| side.columns.iter().find(|c| c.name == *name).cloned();
    let mut columns: Vec<Exposed> = Vec::with_capacity(left.columns.len() + right.columns.len());
    for name in &names {
        let merged = match (find(&left, name), find(&right, name)) {
            (Some(l), Some(r)) => merge(&l, &r, kind),
            // The other side is not known: either it has the column, or the server reports that it has not.
            (Some(one), None) | (None, Some(one)) => Exposed { merged: true, ..one },
            (None, None) => continue,
        };
        columns.push(merged);
    }
    let names: HashSet<String> = names.into_iter().collect();
    let rest = left.columns.into_iter().chain(right.columns).filter(|c| !names.contains(&c.name));
    columns.extend(rest);
    Source { columns, complete }
}

/// A merged column is that of the side whose rows are all kept, if it need not be cast (source, parse_clause.c,
/// `buildMergedJoinVar`).
fn merge(left: &Exposed, right: &Exposed, kind: JoinKind) -> Exposed {
    let (l, r) = (left.type_name.as_deref(), right.type_name.as_deref());
    let bare = |t: Option<&str>| t.map(|t| t.split('(').next().unwrap_or(t).trim_end().to_owned());
    let same = l == r || l.is_none() || r.is_none();
    // If the type modifiers differ, the merged column has none, and a side without a modifier needs no cast.
    let keeps = |t: Option<&str>| same || bare(l) == bare(r) && t.is_some_and(|t| !t.contains('('));
    let origin = match kind {
        JoinKind::Inner if keeps(l) => left.origin,
        JoinKind::Inner if keeps(r) => right.origin,
        JoinKind::Left if keeps(l) => left.origin,
        JoinKind::Right if keeps(r) => right.origin,
        _ => None,
    };
    let type_name = if same { left.type_name.clone() } else { bare(l).filter(|b| Some(b) == bare(r).as_ref()) };
    Exposed { origin, type_name, merged: true, ..left.clone() }
}
