//! What a view lacks: system columns and TABLESAMPLE. A reference that needs one of these reads a sub-select over the table behind
//! the view, which shows them under names of their own, so that they take no part in `*`, NATURAL JOIN or USING:
//!
//! `SELECT t.*, ctid FROM tipositver t` becomes `SELECT t.tsvid, t.tsvtxtid, esclusa_ctid_0 AS ctid FROM (SELECT ..., ctid AS
//! esclusa_ctid_0 FROM esclusa_leaf.tipositver) t`.
//!
//! Every star over such a reference is written out, and its whole row is a column of its own, with the view's type: in an outer
//! join it is NULL where the row is missing.

use std::collections::HashSet;
use std::ops::Range;

use sqlparser::tokenizer::Token;

use super::columns::{Meaning, SYSTEM_COLUMNS};
use super::policy::Entry;
use super::refuse::Refusal;
use super::rowtype::row_type;
use super::shown::{Exposed, Origin};
use super::splice::Edit;
use super::work::Work;
use crate::relation::Relation;
use crate::sql;
use crate::sql::edit::QUERY_START;
use crate::sql::figure::OutputName;
use crate::sql::quote::{ident, literal};
use crate::sql::shape::{Merged, Step};
use crate::sql::template::Sql;
use crate::sql::{Dml, NameUse, Role, ScopeId, Span, UsePlace};

/// What takes the place of a reference in FROM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stand {
    /// The table itself, which is still there and shows what the legacy table showed.
    Table,
    /// The relation's view.
    View,
    /// A sub-select over the table behind the view: [`Work::leaf`].
    Leaf,
}

/// The beginning of the names in a rewritten statement for what the client sees under another name.
pub const PRIVATE: &str = "esclusa_";

/// The name under which a sub-select shows a system column or the row. It is unique in the statement.
pub(super) fn private(reference: usize, what: &str) -> String {
    format!("{PRIVATE}{what}_{reference}")
}

/// A column's value in any row of the group: they are all equal.
fn any_of(column: &str) -> String {
    format!("(pg_catalog.array_agg({column}))[1]")
}

/// The expression that reads a system column of a row. `tableoid` is that of the legacy name, if there is a relation under it.
pub(super) fn system_value(relation: &Relation, row: &str, column: &str) -> String {
    let own = format!("{row}{column}");
    if column != "tableoid" || relation.is_retained() {
        return own;
    }
    format!("COALESCE(pg_catalog.to_regclass({})::pg_catalog.oid, {own})", literal(&relation.legacy_table()))
}

impl Work<'_, '_> {
    /// What takes the place of a reference that is read. Call it only after [`Work::substitute`].
    pub(super) fn stands_for(&self, reference: usize, entry: &Entry) -> Stand {
        if self.substitutes.leaves.contains_key(&reference) {
            Stand::Leaf
        } else if self.left_alone(reference, entry) {
            Stand::Table
        } else {
            Stand::View
        }
    }

    /// Whether a retained table needs no edit, because it shows nothing that the legacy table did not show.
    fn left_alone(&self, reference: usize, entry: &Entry) -> bool {
        entry.relation.is_retained() && (!self.needs_all(reference) || self.names_improvement())
    }

    /// Finds out which references cannot be the view, and edits what the view lacks. Has to be called once, before any other edit,
    /// so that the others are inside these.
    pub(super) fn substitute(&mut self) -> Result<(), Refusal> {
        self.find_leaves()?;
        self.group_by_keys();
        if self.substitutes.leaves.is_empty() && self.substitutes.texts.is_empty() && self.substitutes.aggregated.is_empty() {
            return Ok(());
        }
        self.label();
        self.write_out_stars()?;
        let texts: Vec<Edit> =
            self.substitutes.texts.iter().map(|(&u, t)| Edit::replace(self.shape.uses[u].span, t.as_str())).collect();
        self.edits.extend(texts);
        Ok(())
    }

    /// Replaces a reference by the table behind the view.
    pub(super) fn leaf(&self, reference: usize, entry: &Entry) -> Edit {
        let (of, relation) = (&self.shape.references[reference], &entry.relation);
        let read = |i: usize| format!("{} AS {}", relation.read(i, None), ident(&relation.columns[i].name));
        let mut list: Vec<String> = (0..relation.columns.len()).map(read).collect();
        if let Some(leaf) = self.substitutes.leaves.get(&reference) {
            let system = |c: &&str| format!("{} AS {}", system_value(relation, "", c), private(reference, c));
            list.extend(leaf.system.iter().map(system));
            list.extend(leaf.row.then(|| format!("{} AS {}", row_value(relation), private(reference, "row"))));
        }
        let alias = if of.alias.is_none() { format!(" AS {}", ident(&relation.table)) } else { String::new() };
        let command =
            if of.table_command { format!("SELECT {} FROM ", self.all_of(relation, &relation.table)) } else { String::new() };
        let before = format!("{command}(SELECT {} FROM {}", list.join(", "), relation.rows());
        match of.sample {
            None => Edit::replace(of.span, format!("{before}){alias}")),
            // The sample is taken from the table: the clause moves from after the alias into the sub-select.
            Some(sample) => {
                let between = Span { start: of.span.end, end: sample.start };
                let moved = sql!("{} {}){}{}", before, Sql::client(sample), alias, Sql::client(between));
                Edit::replace(of.span.to(sample), moved)
            }
        }
    }

    fn all_of(&self, relation: &Relation, name: &str) -> String {
        relation.columns.iter().map(|c| format!("{}.{}", ident(name), ident(&c.name))).collect::<Vec<_>>().join(", ")
    }

    // --- which references ---

    fn find_leaves(&mut self) -> Result<(), Refusal> {
        let view = |work: &Self, r: usize| {
            let read = work.shape.references[r].role == Role::Read;
            read && work.rewritten(r).is_some_and(|e| !work.left_alone(r, e))
        };
        for reference in (0..self.entries.len()).filter(|&r| view(self, r)).collect::<Vec<_>>() {
            if self.shape.references[reference].sample.is_some() {
                self.substitutes.leaves.entry(reference).or_default();
            }
        }
        if SYSTEM_COLUMNS.iter().any(|c| self.words.contains(*c)) {
            for (at, name_use) in self.shape.uses.iter().enumerate() {
                let column = SYSTEM_COLUMNS.contains(&name_use.name.last()) && name_use.place == UsePlace::Expression;
                match if column { self.named(name_use) } else { Meaning::Other } {
                    Meaning::System(reference, column) if view(self, reference) => {
                        self.substitutes.leaves.entry(reference).or_default().system.insert(column);
                        self.substitutes.texts.insert(at, private(reference, column));
                    }
                    Meaning::Ambiguous => {
                        let message = format!("column reference \"{}\" is ambiguous", name_use.name.last());
                        return Err(Refusal::legacy("42702", message, Some(name_use.span.start)));
                    }
                    Meaning::Other if column && name_use.name.0.len() == 1 => self.reached(name_use)?,
                    _ => {}
                }
            }
        }
        if !self.substitutes.leaves.is_empty() {
            self.find_rows();
        }
        Ok(())
    }

    /// PostgreSQL's error where a join hides a system column (source, parse_relation.c, `errorMissingColumn`).
    fn reached(&self, name_use: &NameUse) -> Result<(), Refusal> {
        let Some(table) = self.hidden_system(name_use) else { return Ok(()) };
        let name = name_use.name.last();
        let message = format!("column \"{name}\" does not exist");
        let hint = format!(
            "There is a column named \"{name}\" in table \"{table}\", but it cannot be referenced from this part of the query."
        );
        let mut refusal = Refusal::legacy("42703", message, Some(name_use.span.start));
        refusal.error = refusal.error.hint(hint);
        Err(refusal)
    }

    /// Finds names of whole rows of such references.
    fn find_rows(&mut self) {
        for (at, name_use) in self.shape.uses.iter().enumerate() {
            let Some(reference) = self.row_of(name_use) else { continue };
            let whole = match name_use.place {
                UsePlace::Expression => !self.is_taken_apart(name_use),
                UsePlace::Star => !self.is_list(name_use),
                _ => false,
            };
            if let Some(leaf) = self.substitutes.leaves.get_mut(&reference).filter(|_| whole) {
                leaf.row = true;
                self.substitutes.texts.insert(at, private(reference, "row"));
            }
        }
    }

    /// The reference whose row a name means.
    fn row_of(&self, name_use: &NameUse) -> Option<usize> {
        match self.named(name_use) {
            Meaning::Row(scope, item) => self.shape.scopes[scope].items[item].reference,
            _ => None,
        }
    }

    /// Whether a name is a system column of the row that a statement writes.
    pub(super) fn is_system_of(&self, name_use: &NameUse, dml: &Dml) -> bool {
        SYSTEM_COLUMNS.contains(&name_use.name.last())
            && matches!(self.named(name_use), Meaning::System(reference, _) if reference == dml.target)
    }

    /// Whether the sub-select of a reference shows more than the legacy columns: a star must not show these.
    fn shows_more(&self, reference: usize) -> bool {
        self.substitutes.leaves.get(&reference).is_some_and(|l| l.row || !l.system.is_empty())
    }

    // --- forms of a row ---

    /// `f(t.*)` is the row; in a select list, in ROW and in VALUES a star stands for the columns.
    pub(super) fn is_argument(&self, name_use: &NameUse) -> bool {
        const NO_FUNCTIONS: &[&str] =
            &["ROW", "VALUES", "IN", "ANY", "ALL", "SOME", "AND", "OR", "NOT", "ON", "WHERE", "SELECT", "BY"];
        let Some(first) = self.lexeme_at(name_use.span.start) else { return false };
        let lexemes = &self.lexed.lexemes;
        let Some(open) = self.lexed.opening(first).filter(|&o| o > self.lexemes.start && lexemes[o].is_token(&Token::LParen))
        else {
            return false;
        };
        lexemes[open - 1].word().is_some() && !lexemes[open - 1].is_any(NO_FUNCTIONS) && !lexemes[open + 1].is_any(QUERY_START)
    }

    /// Whether a name is written as `(t).a` or `(t).*`.
    pub(super) fn is_taken_apart(&self, name_use: &NameUse) -> bool {
        name_use.place == UsePlace::Expression
            && self.apart(name_use).is_some_and(|l| self.lexed.lexemes[l.end].is_token(&Token::Period))
    }

    /// The name after `(t).`.
    pub(super) fn field(&self, name_use: &NameUse) -> Option<String> {
        let apart = self.apart(name_use).filter(|_| self.is_taken_apart(name_use))?;
        self.lexed.lexemes.get(apart.end + 1)?.name()
    }

    /// All of `(t).*`, from the first parenthesis to the star.
    pub(super) fn expanded(&self, name_use: &NameUse) -> Option<Range<usize>> {
        let lexemes = &self.lexed.lexemes;
        let apart = self.apart(name_use).filter(|_| self.is_taken_apart(name_use))?;
        let star = lexemes.get(apart.end + 1)?;
        star.is_token(&Token::Mul).then_some(apart.start..apart.end + 2)
    }

    /// The parentheses around a name that are followed by a dot.
    fn apart(&self, name_use: &NameUse) -> Option<Range<usize>> {
        let lexemes = &self.lexed.lexemes;
        let first = self.lexeme_at(name_use.span.start)?;
        let (mut start, mut end) = (first, first + 2 * name_use.name.0.len() - 1);
        let round = |start: usize, end: usize| {
            start > self.lexemes.start
                && end < self.lexemes.end
                && lexemes[start - 1].is_token(&Token::LParen)
                && lexemes[end].is_token(&Token::RParen)
        };
        while round(start, end) {
            (start, end) = (start - 1, end + 1);
        }
        (start < first && end < self.lexemes.end).then_some(start..end)
    }

    pub(super) fn lexeme_at(&self, byte: usize) -> Option<usize> {
        self.lexed.lexemes.binary_search_by_key(&byte, |l| l.span.start).ok()
    }

    /// An item's row in GROUP BY or as an argument: a bare name might be read as a column.
    pub(super) fn row_text(&self, scope: ScopeId, item: usize) -> String {
        let item = &self.shape.scopes[scope].items[item];
        match item.reference.filter(|r| self.shows_more(*r)) {
            Some(reference) => private(reference, "row"),
            None => format!("{}.*", ident(&item.name)),
        }
    }

    // --- what stands for names ---

    /// A grouped query reads a column by an aggregate, at these names and in every star.
    pub(super) fn aggregate_column(&mut self, scope: ScopeId, origin: Origin, column: &str, uses: &[usize]) {
        self.substitutes.aggregated.insert((scope, origin));
        let read = self.any_of_column(origin, column);
        uses.iter().for_each(|&at| {
            self.substitutes.texts.insert(at, read.clone());
        });
    }

    /// A column's value in any row of the group. Of arrays array_agg makes one with more dimensions, so they are collected as texts.
    fn any_of_column(&self, origin: Origin, column: &str) -> String {
        let entry = self.entries[origin.reference];
        match entry.map(|e| &e.relation.columns[origin.column].sql_type).filter(|t| t.name.ends_with("[]")) {
            Some(sql_type) => format!("({}::{})", any_of(&format!("({column})::pg_catalog.text")), sql_type.cast()),
            None => any_of(column),
        }
    }

    /// The same for a row.
    pub(super) fn aggregate_row(&mut self, row: &str, uses: &[usize]) {
        uses.iter().for_each(|&at| {
            self.substitutes.texts.insert(at, any_of(row));
        });
    }

    /// Items of a select list that had their name from what is now written otherwise get it as a label.
    fn label(&mut self) {
        let mut labels = Vec::new();
        let mut texts: Vec<(Span, &str)> =
            self.substitutes.texts.keys().map(|&u| (self.shape.uses[u].span, self.shape.uses[u].name.last())).collect();
        texts.sort_unstable_by_key(|(span, _)| span.start);
        for (scope, of) in self.shape.scopes.iter().enumerate().filter(|(_, s)| !s.outputs.is_empty()) {
            for (output, lexemes) in of.outputs.iter().zip(self.output_lexemes(scope)) {
                let (OutputName::Name(name), Some(span)) = (output, self.lexed.span(&lexemes)) else { continue };
                let from = texts.partition_point(|(s, _)| s.start < span.start);
                let mut inside = texts[from..].iter().take_while(|(s, _)| s.start < span.end);
                if inside.any(|(_, last)| last == name) && self.without_alias(&lexemes) == lexemes {
                    labels.push(Edit::wrap(span, "", format!(" AS {}", ident(name))));
                }
            }
        }
        self.edits.append(&mut labels);
    }

    // --- stars ---

    fn write_out_stars(&mut self) -> Result<(), Refusal> {
        let mut edits = Vec::new();
        for (scope, of) in self.shape.scopes.iter().enumerate().filter(|(_, s)| s.select.is_some()) {
            for (output, lexemes) in of.outputs.iter().zip(self.output_lexemes(scope)) {
                if *output == OutputName::Star && lexemes.len() == 1 {
                    let list = self.bare_star(scope, self.span_of(&lexemes))?;
                    edits.extend(list.map(|list| Edit::replace(self.span_of(&lexemes), list)));
                }
            }
        }
        let items: HashSet<Span> = (0..self.shape.scopes.len())
            .flat_map(|s| self.output_lexemes(s))
            .filter_map(|lexemes| self.lexed.span(&lexemes))
            .collect();
        for name_use in &self.shape.uses {
            let Meaning::Row(scope, item) = self.named(name_use) else { continue };
            let star = self.is_list(name_use);
            let apart = self.apart(name_use).filter(|l| {
                let tokens = &self.lexed.lexemes;
                let is = |at: usize, token: &Token| at < self.lexemes.end && tokens[at].is_token(token);
                name_use.place == UsePlace::Expression && is(l.end, &Token::Period) && is(l.end + 1, &Token::Mul)
            });
            let span = match apart {
                Some(lexemes) => self.span_of(&(lexemes.start..lexemes.end + 2)),
                None if star => name_use.span,
                None => continue,
            };
            let list = self.item_list(scope, item, name_use.span.start, items.contains(&span))?;
            edits.extend(list.map(|list| Edit::replace(span, list)));
        }
        self.edits.append(&mut edits);
        Ok(())
    }

    /// What a bare star stands for; `None` where it may stay.
    fn bare_star(&self, scope: ScopeId, at: Span) -> Result<Option<String>, Refusal> {
        let sources = self.sources(scope);
        let items =
            || self.shape.scopes[scope].steps.iter().filter_map(|s| if let Step::Item(item) = s { Some(*item) } else { None });
        if !items().any(|item| self.is_touched(scope, item)) {
            return Ok(None);
        }
        let merges = |s: &Step| matches!(s, Step::Join { merged, .. } if *merged != Merged::Nothing);
        if !self.shape.scopes[scope].steps.iter().any(merges) {
            let list = |item: usize| {
                let name = ident(&self.shape.scopes[scope].items[item].name);
                Ok(self.item_list(scope, item, at.start, true)?.unwrap_or_else(|| format!("{name}.*")))
            };
            return items().map(list).collect::<Result<Vec<_>, Refusal>>().map(|l| Some(l.join(", ")));
        }
        let columns = || sources.iter().flat_map(|s| &s.columns);
        let twice = |c: &Exposed| c.merged && columns().filter(|other| other.name == c.name).count() > 1;
        if sources.iter().any(|s| !s.complete) || columns().any(twice) {
            return Err(self.no_star(scope, at));
        }
        let text = |c: &Exposed| if c.merged { ident(&c.name) } else { self.column_text(scope, c, true) };
        Ok(Some(columns().map(text).collect::<Vec<_>>().join(", ")))
    }

    fn no_star(&self, scope: ScopeId, at: Span) -> Refusal {
        let entries = self.shape.scopes[scope].items.iter().filter_map(|i| self.rewritten(i.reference?));
        let any = entries.into_iter().next().or_else(|| (0..self.entries.len()).find_map(|r| self.rewritten(r)));
        let form = "a system column beside * over a join of";
        match any {
            Some(entry) => Refusal::form(&entry.relation, form, at.start),
            None => Refusal::legacy("0A000", format!("{form} unknown columns"), Some(at.start)),
        }
    }

    /// Whether a star over an item would not show what the legacy table's star shows.
    fn is_touched(&self, scope: ScopeId, at: usize) -> bool {
        let item = &self.shape.scopes[scope].items[at];
        let more = item.reference.is_some_and(|r| self.shows_more(r));
        let below = item.body.is_some_and(|body| {
            item.columns.is_none() && self.is_join(body) && {
                (0..self.shape.scopes[body].items.len()).any(|inner| self.is_touched(body, inner))
            }
        });
        let aggregates = self.substitutes.aggregated.iter().any(|(s, _)| *s == scope)
            && self
                .item_columns(scope, at)
                .columns
                .iter()
                .any(|c| c.origin.is_some_and(|o| self.substitutes.aggregated.contains(&(scope, o))));
        more || below || aggregates
    }

    /// The columns of an item's star, written out, with labels if it is in a select list; `None` where the star may stay.
    pub(super) fn item_list(&self, scope: ScopeId, item: usize, at: usize, labels: bool) -> Result<Option<String>, Refusal> {
        if !self.is_touched(scope, item) {
            return Ok(None);
        }
        let shown = self.item_columns(scope, item);
        let (columns, complete) = (&shown.columns, shown.complete);
        let names: HashSet<&String> = columns.iter().map(|c| &c.name).collect();
        // If a join with an alias has two columns of one name, neither can be named.
        if !complete || names.len() < columns.len() {
            return Err(self.no_star(scope, Span { start: at, end: at }));
        }
        Ok(Some(columns.iter().map(|c| self.column_text(scope, c, labels)).collect::<Vec<_>>().join(", ")))
    }

    fn column_text(&self, scope: ScopeId, column: &Exposed, labels: bool) -> String {
        let text = format!("{}.{}", ident(&self.shape.scopes[scope].items[column.item].name), ident(&column.name));
        match column.origin.filter(|o| self.substitutes.aggregated.contains(&(scope, *o))) {
            Some(origin) if labels => format!("{} AS {}", self.any_of_column(origin, &text), ident(&column.name)),
            Some(origin) => self.any_of_column(origin, &text),
            None => text,
        }
    }
}

/// The legacy row as a value of the view's type. A retained table has no view: its row has no named type.
fn row_value(relation: &Relation) -> String {
    let columns: Vec<String> = (0..relation.columns.len()).map(|i| relation.read(i, None)).collect();
    if relation.is_retained() {
        return format!("(SELECT legacy FROM (SELECT {}) AS legacy)", columns.join(", "));
    }
    format!("ROW({})::{}", columns.join(", "), row_type(relation))
}
