//! References in FROM: `cf_quere_pro.tipocorreo t` becomes `(SELECT ... FROM cf_quere_pro.domain_value WHERE ...) t`.
//!
//! The sub-select yields the legacy columns under their names, in their order, with their types and modifiers, so that `*`, whole
//! rows, NATURAL JOIN and USING work; the planner flattens it. Columns that the statement cannot need are left out.

use super::pushdown::{Expression, Place, join};
use super::refuse::Refusal;
use super::resolve::Owner;
use super::splice::{Edit, Piece};
use super::{Entry, Work};
use crate::sql::quote::ident;
use crate::sql::{NameUse, Span, UsePlace};

/// Columns that every table has and no list shows (PostgreSQL manual, section 5.5).
const SYSTEM_COLUMNS: [&str; 6] = ["ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"];

/// For more keys than this a plan of their own pays.
const MOST_CALLS: usize = 50;

/// The rows of a history that have one of these keys, from its finder; one key may be given twice. `list` reads some columns out of
/// the rows' images.
fn found(finder: &str, list: Option<String>, keys: Vec<Expression>) -> Vec<Piece> {
    let text = |t: String| vec![Piece::Text(t)];
    let (list, alias) = match list {
        Some(list) => (list, "found(image)"),
        None if keys.len() == 1 => return [text(format!("{finder}(")), keys.concat(), text(")".into())].concat(),
        None => ("found.*".to_owned(), "found"),
    };
    if keys.len() == 1 {
        return [text(format!("(SELECT {list} FROM {finder}(")), keys.concat(), text(format!(") AS {alias})"))].concat();
    }
    let from = format!("(SELECT {list} FROM (SELECT DISTINCT key FROM unnest(ARRAY[");
    let to = format!("]::text[]) AS key) AS given, {finder}(given.key) AS {alias})");
    [text(from), join(keys, ", "), text(to)].concat()
}

impl Work<'_, '_> {
    pub(super) fn read(&mut self, index: usize, entry: &Entry) -> Result<(), Refusal> {
        let reference = &self.shape.references[index];
        let relation = &entry.relation;
        let all = self.needs_all(index);
        let system = self.system_columns(entry);
        if relation.is_retained() && (!all || self.names_improvement()) {
            self.notes.push(format!("{}: the statement names its columns, so it is left as it is", relation.table));
            return Ok(());
        }
        if all && !system.is_empty() && self.shape.scopes[reference.scope].star {
            return Err(Refusal::form(relation, &format!("{} beside * of", system[0]), reference.span.start));
        }
        // A table's row keeps the table's own names, whatever the alias says; a sub-select's has those of the alias.
        let renamed = reference.alias.as_ref().is_some_and(|a| !a.columns.is_empty());
        let whole = |u: &&NameUse| renamed && u.place == UsePlace::Expression && self.names_row(u, index);
        if let Some(row) = self.shape.uses.iter().find(whole) {
            return Err(Refusal::form(relation, "the whole row, with its columns renamed, of", row.span.start));
        }
        let pushed = self.pushed(index, entry, Place::Sub);
        let wanted = |i: usize| all || self.words.contains(&relation.columns[i].name);
        let alias = if reference.alias.is_none() { format!(" AS {}", ident(&relation.table)) } else { String::new() };
        let command = if reference.table_command { "SELECT * FROM " } else { "" };
        let callable = entry.finder && !pushed.lateral && system.is_empty() && self.may_call();
        if (1..=MOST_CALLS).contains(&pushed.keys.len()) && callable {
            // A row is taken apart as a whole, or only as far as it is needed.
            let some = (0..relation.columns.len()).any(|i| !wanted(i));
            let images = relation.image_finder().filter(|_| some);
            let list = images.is_some().then(|| relation.read_image(&wanted, "found.image"));
            let finder = images.unwrap_or_else(|| relation.finder());
            let pieces =
                [vec![Piece::Text(command.into())], found(&finder, list, pushed.keys), vec![Piece::Text(alias)]].concat();
            self.edits.push(Edit { span: reference.span, pieces });
            self.notes.push(format!("{}: found by {finder}, whose plan the session keeps", relation.table));
            return Ok(());
        }
        self.edits.extend(pushed.said.iter().map(|&span| Edit::replace(span, "true")));
        let lateral = if pushed.lateral { "LATERAL " } else { "" };
        self.edits.push(match reference.sample {
            None => {
                let select = format!("{command}{lateral}({}", relation.select(&wanted, &system, ""));
                let pieces = [vec![Piece::Text(select)], pushed.pieces, vec![Piece::Text(format!("){alias}"))]].concat();
                Edit { span: reference.span, pieces }
            }
            // The sample is taken from the new table: the clause moves from behind the alias into the sub-select.
            Some(sample) => {
                let select = relation.select(&wanted, &system, "\u{1}");
                let (before, after) = select.split_once('\u{1}').unwrap_or((&select, ""));
                let between = Span { start: reference.span.end, end: sample.start };
                let pieces = vec![
                    Piece::Text(format!("({before}")),
                    Piece::Client(sample),
                    Piece::Text(format!("{after}){alias}")),
                    Piece::Client(between),
                ];
                Edit { span: reference.span.to(sample), pieces }
            }
        });
        self.notes.push(format!("{}: read as {} rows of {}", relation.table, relation.kind, relation.target_table()));
        Ok(())
    }

    /// Whether a function may stand for the rows: they are neither locked nor pointed at by a cursor, and no view is made of them.
    fn may_call(&self) -> bool {
        let word = |w: &str| self.words.contains(w);
        !word("for") && !word("cursor") && !self.lexed.lexemes[self.lexemes.start].is("CREATE")
    }

    /// Whether every column of a reference may be needed: `*`, a whole row, NATURAL JOIN, renamed columns.
    pub(super) fn needs_all(&self, index: usize) -> bool {
        let reference = &self.shape.references[index];
        let renamed = reference.alias.as_ref().is_some_and(|a| !a.columns.is_empty());
        reference.table_command
            || renamed
            || self.shape.scopes[reference.scope].star
            || self.shape.uses.iter().any(|u| u.place == UsePlace::Star && self.is_row(u, index) || self.names_row(u, index))
    }

    fn is_row(&self, name_use: &NameUse, index: usize) -> bool {
        self.owner(name_use) == Owner::Row { reference: index }
    }

    /// Whether a bare name may be the whole row: also where another item, whose columns are not known, could have a column of it.
    fn names_row(&self, name_use: &NameUse, index: usize) -> bool {
        let reference = &self.shape.references[index];
        let visible = reference.alias.as_ref().map_or(reference.name.last(), |a| &a.name);
        let [part] = name_use.name.0.as_slice() else { return false };
        part.text == visible && matches!(self.owner(name_use), Owner::Unknown) || self.is_row(name_use, index)
    }

    fn system_columns(&self, entry: &Entry) -> Vec<&'static str> {
        let named = |c: &&str| self.words.contains(*c) && entry.relation.position(c).is_none();
        SYSTEM_COLUMNS.into_iter().filter(named).collect()
    }

    /// A client that names the columns which the improvement added knows the table as it is.
    fn names_improvement(&self) -> bool {
        self.words.contains("hst_id") || self.words.contains("hst_operation")
    }

    /// `cf_quere_pro.tipocorreo.tipctipo` loses its schema: the sub-select has an alias, and no schema.
    pub(super) fn unqualify(&mut self) {
        for name_use in &self.shape.uses {
            let tail = if name_use.place == UsePlace::Star { 1 } else { 2 };
            if name_use.name.0.len() <= tail {
                continue;
            }
            let reference = match self.owner(name_use) {
                Owner::Column { reference, .. } | Owner::Row { reference } => reference,
                Owner::Other | Owner::Unknown => continue,
            };
            let dml_target = self.shape.dml.iter().any(|d| d.target == reference);
            let spliced = self.edits.iter().any(|e| e.span == self.shape.references[reference].span);
            if self.rewritten(reference).is_some() && spliced && !dml_target {
                let table = &name_use.name.0[name_use.name.0.len() - tail];
                let prefix = Span { start: name_use.name.span().start, end: table.span.start };
                self.edits.push(Edit::replace(prefix, ""));
            }
        }
    }
}
