//! GROUP BY key: a query that groups by a table's primary key may use its other columns (manual, section 7.2.3; source, parse_agg.c and
//! pg_constraint.c, `check_functional_grouping`). A view has no key: `SELECT tsvid, tsvtxtid FROM tipositver GROUP BY tsvid` becomes
//! `... GROUP BY tsvid, tipositver.tsvtxtid`.
//!
//! What is added depends on the key, which is in every grouping set, so no group changes. Only what the query uses outside
//! aggregates is added, so a query that the table would have refused is still refused, in the server's words. A column whose type
//! has no equality (json) cannot be grouped by: it is read by an aggregate that takes one of the group's equal values.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::Range;

use sqlparser::tokenizer::Token;

use super::columns::Meaning;
use super::policy::Entry;
use super::shown::{Exposed, Origin};
use super::splice::Edit;
use super::system::{Stand, private};
use super::work::Work;
use crate::sql::edit::closing;
use crate::sql::figure::OutputName;
use crate::sql::quote::ident;
use crate::sql::select::{Group, Select};
use crate::sql::{ScopeId, Shape, Span, UsePlace};

/// Aggregates of PostgreSQL 15 (manual, section 9.21), whose arguments need not be grouped by. One that is missing here costs an
/// additional column in GROUP BY, and changes nothing.
const AGGREGATES: &[&str] = &[
    "any_value",
    "array_agg",
    "avg",
    "bit_and",
    "bit_or",
    "bit_xor",
    "bool_and",
    "bool_or",
    "corr",
    "count",
    "covar_pop",
    "covar_samp",
    "every",
    "json_agg",
    "json_object_agg",
    "jsonb_agg",
    "jsonb_object_agg",
    "max",
    "min",
    "range_agg",
    "range_intersect_agg",
    "regr_avgx",
    "regr_avgy",
    "regr_count",
    "regr_intercept",
    "regr_r2",
    "regr_slope",
    "regr_sxx",
    "regr_sxy",
    "regr_syy",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "string_agg",
    "sum",
    "var_pop",
    "var_samp",
    "variance",
    "xmlagg",
];

/// Types without an equality for GROUP BY (manual, section 38.16, and `\dAc` on a server).
const WITHOUT_EQUALITY: &[&str] =
    &["json", "xml", "point", "line", "lseg", "box", "path", "polygon", "circle", "jsonpath", "txid_snapshot", "pg_snapshot"];

/// What a grouped query uses of a reference besides its key.
#[derive(Debug, Default)]
struct Used {
    columns: BTreeMap<usize, Shown>,
    system: BTreeSet<&'static str>,
    /// The item, if its row is used as a whole.
    row: Option<usize>,
    row_uses: Vec<usize>,
}

/// A column that is used.
#[derive(Debug)]
struct Shown {
    /// The item, and the column's name in FROM.
    item: usize,
    name: String,
    /// Where it is named.
    uses: Vec<usize>,
}

/// A grouped query.
struct Grouped<'s> {
    scope: ScopeId,
    select: &'s Select,
    /// References that are grouped by their key.
    keyed: HashSet<usize>,
    /// Columns that are themselves grouped by, perhaps only in some sets: in the others they are NULL.
    listed: HashSet<Origin>,
    /// The spans of aggregates, in the order of the text.
    aggregates: Vec<Span>,
}

impl<'w> Work<'w, '_> {
    /// Adds to every GROUP BY the columns that depend on its keys.
    pub(super) fn group_by_keys(&mut self) {
        let scopes = &self.shape.scopes;
        let grouped = |&s: &ScopeId| scopes[s].select.as_ref().is_some_and(|select| !select.group.is_empty());
        let grouped: Vec<ScopeId> = (0..scopes.len()).filter(grouped).collect();
        if grouped.is_empty() || !(0..self.entries.len()).any(|r| self.has_key_of_view(r)) {
            return;
        }
        let mut by_text: Vec<usize> = (0..self.shape.uses.len()).collect();
        by_text.sort_by_key(|&u| self.shape.uses[u].span.start);
        let mut by_scope: Vec<Vec<usize>> = vec![Vec::new(); self.shape.scopes.len()];
        self.shape.uses.iter().enumerate().for_each(|(n, u)| by_scope[u.scope].push(n));
        for scope in grouped {
            let Some(grouped) = self.grouped(scope) else { continue };
            let span = self.lexed.span(&grouped.select.all).unwrap_or(Span { start: 0, end: 0 });
            let from = by_text.partition_point(|&u| self.shape.uses[u].span.start < span.start);
            let inside = by_text[from..].iter().copied().take_while(|&u| self.shape.uses[u].span.start < span.end);
            // ORDER BY after a query in parentheses is outside its span.
            let uses: BTreeSet<usize> = inside.chain(by_scope[scope].iter().copied()).collect();
            self.group_by(&grouped, uses);
        }
    }

    /// Whether a reference reads a view in the place of a table with a primary key.
    fn has_key_of_view(&self, reference: usize) -> bool {
        let keyed = |e: &Entry| !e.relation.primary.is_empty();
        self.rewritten(reference).is_some_and(|e| keyed(e) && self.stands_for(reference, e) != Stand::Table)
    }

    /// What is known of a grouped query; `None` where it groups by no key.
    fn grouped(&self, scope: ScopeId) -> Option<Grouped<'w>> {
        let shape: &'w Shape = self.shape;
        let select = shape.scopes[scope].select.as_deref()?;
        let sources = self.sources(scope);
        let shown: HashSet<usize> = sources.iter().flat_map(|s| &s.columns).filter_map(|c| Some(c.origin?.reference)).collect();
        let candidates: Vec<usize> = shown.into_iter().filter(|&r| self.has_key_of_view(r)).collect();
        if candidates.is_empty() {
            return None;
        }
        let common: HashSet<Origin> = select.group.iter().flat_map(|e| self.common(scope, select, &e.group)).collect();
        let has_key = |reference: &usize| {
            let key = self.entries[*reference].map(|e| e.relation.primary.as_slice()).unwrap_or_default();
            key.iter().all(|&column| common.contains(&Origin { reference: *reference, column }))
        };
        let keyed: HashSet<usize> = candidates.into_iter().filter(has_key).collect();
        (!keyed.is_empty()).then(|| {
            let mut listed = HashSet::new();
            select.group.iter().for_each(|e| self.listed(scope, select, &e.group, &mut listed));
            Grouped { scope, select, keyed, listed, aggregates: self.aggregates(select) }
        })
    }

    /// The columns that are in every set of an element.
    fn common(&self, scope: ScopeId, select: &Select, group: &Group) -> HashSet<Origin> {
        match group {
            Group::Item(lexemes) => self.grouped_column(scope, select, lexemes).into_iter().collect(),
            Group::All(groups) => groups.iter().flat_map(|g| self.common(scope, select, g)).collect(),
            Group::Sets(groups) => {
                let sets = groups.iter().map(|g| self.common(scope, select, g));
                sets.reduce(|a, b| a.intersection(&b).copied().collect()).unwrap_or_default()
            }
            Group::Optional(_) => HashSet::new(),
        }
    }

    /// The columns that are in any set.
    fn listed(&self, scope: ScopeId, select: &Select, group: &Group, out: &mut HashSet<Origin>) {
        match group {
            Group::Item(lexemes) => out.extend(self.grouped_column(scope, select, lexemes)),
            Group::All(groups) | Group::Sets(groups) | Group::Optional(groups) => {
                groups.iter().for_each(|g| self.listed(scope, select, g, out));
            }
        }
    }

    /// The column that an item of GROUP BY is: by name, by position in the select list, or by a label in it.
    fn grouped_column(&self, scope: ScopeId, select: &Select, lexemes: &Range<usize>) -> Option<Origin> {
        if let [lexeme] = &self.lexed.lexemes[lexemes.clone()] {
            if let Token::Number(digits, _) = &lexeme.token.token {
                return self.output_origin(scope, &select.items, digits.parse().ok()?);
            }
            if let Some(name) = lexeme.name()
                && self.local(scope, &name, lexeme.span).is_none()
            {
                let named = |o: &OutputName| matches!(o, OutputName::Name(n) if *n == name);
                let output = self.shape.scopes[scope].outputs.iter().position(named)?;
                return self.column_at(scope, &self.without_alias(select.items.get(output)?));
            }
        }
        self.column_at(scope, lexemes)
    }

    /// The column that the nth column of the select list is.
    fn output_origin(&self, scope: ScopeId, items: &[Range<usize>], number: usize) -> Option<Origin> {
        let mut before = 0;
        for (n, output) in self.shape.scopes[scope].outputs.iter().enumerate() {
            let columns = if *output == OutputName::Star { Some(self.starred(scope, n)?) } else { None };
            let count = columns.as_ref().map_or(1, Vec::len);
            if number <= before + count {
                return match columns {
                    Some(columns) => columns.get(number.checked_sub(before + 1)?)?.origin,
                    None => self.column_at(scope, &self.without_alias(items.get(n)?)),
                };
            }
            before += count;
        }
        None
    }

    /// The column, if an expression is a column and nothing more.
    fn column_at(&self, scope: ScopeId, lexemes: &Range<usize>) -> Option<Origin> {
        let mut bare = lexemes.clone();
        while bare.len() > 2
            && self.lexed.lexemes[bare.start].is_token(&Token::LParen)
            && closing(self.lexed, bare.start, bare.end) == Some(bare.end - 1)
        {
            bare = bare.start + 1..bare.end - 1;
        }
        let span = self.lexed.span(&bare)?;
        let name_use = self.use_at(span).filter(|u| u.scope == scope && u.place == UsePlace::Expression)?;
        match self.named(name_use) {
            Meaning::Column(at, column) if at == scope => column.origin,
            _ => None,
        }
    }

    /// The calls of aggregates in a select, FILTER included.
    fn aggregates(&self, select: &Select) -> Vec<Span> {
        let lexemes = &self.lexed.lexemes;
        let mut out = Vec::new();
        for at in select.all.clone().filter(|i| !select.source.contains(i)) {
            let end = select.all.end;
            if !(lexemes[at].is_any(AGGREGATES) && at + 1 < end && lexemes[at + 1].is_token(&Token::LParen)) {
                continue;
            }
            let qualified = at >= 2 && lexemes[at - 1].is_token(&Token::Period) && !lexemes[at - 2].is("pg_catalog");
            let Some(mut close) = closing(self.lexed, at + 1, end) else { continue };
            if close + 2 < end && lexemes[close + 1].is("FILTER") {
                close = closing(self.lexed, close + 2, end).unwrap_or(close);
            }
            let nested = out.last().is_some_and(|outer: &Span| outer.contains(lexemes[at].span));
            if !qualified && !nested && !lexemes.get(close + 1).is_some_and(|l| l.is("OVER")) {
                out.push(lexemes[at].span.to(lexemes[close].span));
            }
        }
        out
    }

    /// Adds to one GROUP BY what the query uses.
    fn group_by(&mut self, grouped: &Grouped<'_>, uses: BTreeSet<usize>) {
        let mut used: BTreeMap<usize, Used> = BTreeMap::new();
        for at in uses {
            self.note_use(grouped, at, &mut used);
        }
        for (n, output) in self.shape.scopes[grouped.scope].outputs.iter().enumerate() {
            let bare = grouped.select.items.get(n).is_some_and(|i| i.len() == 1);
            if *output == OutputName::Star && bare {
                let sources = self.sources(grouped.scope);
                sources.iter().flat_map(|s| &s.columns).for_each(|c| note_column(grouped, c, None, &mut used));
            }
        }
        let Some(last) = grouped.select.group.last().and_then(|e| self.lexed.span(&e.lexemes)) else { return };
        let mut list = String::new();
        for (reference, used) in &used {
            self.added(grouped.scope, *reference, used, &mut list);
        }
        if !list.is_empty() {
            self.edits.push(Edit::wrap(last, "", list));
        }
    }

    /// Notes what a name outside aggregates uses of a reference that is grouped by its key.
    fn note_use(&self, grouped: &Grouped<'_>, at: usize, used: &mut BTreeMap<usize, Used>) {
        let name_use = &self.shape.uses[at];
        let within = |lexemes: &Range<usize>| self.lexed.span(lexemes).is_some_and(|s| s.contains(name_use.span));
        let aggregated = || {
            let behind = grouped.aggregates.partition_point(|s| s.start <= name_use.span.start);
            behind > 0 && grouped.aggregates[behind - 1].contains(name_use.span)
        };
        if within(&grouped.select.source) || within(&grouped.select.grouping()) || name_use.scope == grouped.scope && aggregated()
        {
            return;
        }
        match self.named(name_use) {
            Meaning::Column(scope, column) if scope == grouped.scope => note_column(grouped, &column, Some(at), used),
            Meaning::System(reference, column) if grouped.keyed.contains(&reference) => {
                used.entry(reference).or_default().system.insert(column);
            }
            Meaning::Row(scope, item) if scope == grouped.scope => {
                let star = self.is_list(name_use);
                let fields = self.is_taken_apart(name_use);
                if star || fields {
                    self.item_columns(scope, item).columns.iter().for_each(|c| note_column(grouped, c, None, used));
                } else if let Some(reference) = self.shape.scopes[scope].items[item].reference
                    && grouped.keyed.contains(&reference)
                {
                    let used = used.entry(reference).or_default();
                    used.row = Some(item);
                    used.row_uses.push(at);
                }
            }
            _ => {}
        }
    }

    /// Writes what is added for one reference. A column that cannot be grouped by is aggregated where it is used.
    fn added(&mut self, scope: ScopeId, reference: usize, used: &Used, list: &mut String) {
        let Some(entry) = self.entries[reference] else { return };
        let relation = entry.relation.clone();
        for (&column, shown) in &used.columns {
            let item = &self.shape.scopes[scope].items[shown.item];
            let text = format!("{}.{}", ident(&item.name), ident(&shown.name));
            if has_equality(&relation.columns[column].sql_type.name) {
                list.push_str(&format!(", {text}"));
            } else {
                self.aggregate_column(scope, Origin { reference, column }, &text, &shown.uses);
            }
        }
        for column in &used.system {
            list.push_str(&format!(", {}", private(reference, column)));
        }
        if let Some(item) = used.row {
            let row = self.row_text(scope, item);
            if relation.columns.iter().all(|c| has_equality(&c.sql_type.name)) {
                list.push_str(&format!(", {row}"));
            } else {
                self.aggregate_row(&row, &used.row_uses);
            }
        }
    }
}

/// Whether GROUP BY can compare values of a type. An array is like its elements.
fn has_equality(type_name: &str) -> bool {
    !WITHOUT_EQUALITY.contains(&type_name.trim_end_matches("[]"))
}

fn note_column(grouped: &Grouped<'_>, column: &Exposed, at: Option<usize>, used: &mut BTreeMap<usize, Used>) {
    let Some(origin) = column.origin.filter(|o| grouped.keyed.contains(&o.reference) && !grouped.listed.contains(o)) else {
        return;
    };
    let shown = || Shown { item: column.item, name: column.name.clone(), uses: Vec::new() };
    used.entry(origin.reference).or_default().columns.entry(origin.column).or_insert_with(shown).uses.extend(at);
}
