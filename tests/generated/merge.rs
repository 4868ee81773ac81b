//! MERGE into the legacy table, and ON CONFLICT of an INSERT.

use super::keyed::Key;
use super::{Maker, Scope, Visible};
use esclusa::sql::quote::literal;
use esclusa::twin::compare::Rows;

impl Maker<'_> {
    /// ON CONFLICT, so many times of a hundred. Without a unique constraint most forms are errors.
    pub(super) fn conflict(&mut self, alias: &str, percent: usize) -> String {
        if !self.choices.chance(percent) {
            return String::new();
        }
        let source = &self.world.sources[self.focus];
        let key = source.key.iter().map(|&i| source.fields[i].name.as_str()).collect::<Vec<_>>().join(", ");
        let arbiter = match (self.choices.below(4), &source.constraint) {
            (3, Some(name)) => format!(" ON CONSTRAINT {name}"),
            (2, _) => {
                let field = &source.fields[self.choices.below(source.fields.len())].name;
                format!(" ({key}) WHERE {field} IS NOT NULL")
            }
            _ => format!(" ({key})"),
        };
        let nothing = if self.choices.chance(50) { arbiter.clone() } else { String::new() };
        if self.choices.below(5) < 2 || (source.constraint.is_none() && !self.choices.chance(10)) {
            return format!(" ON CONFLICT{nothing} DO NOTHING");
        }
        let (mut scope, excluded) = (self.scope_of(self.focus, alias), self.scope_of(self.focus, "excluded"));
        let mut assigned: Vec<usize> = Vec::new();
        let mut list = Vec::new();
        for _ in 0..1 + self.choices.below(3) {
            let i = self.choices.below(source.fields.len());
            if assigned.contains(&i) {
                continue;
            }
            assigned.push(i);
            let value = match self.choices.below(5) {
                0..3 => excluded.columns[i].text.clone(),
                3 => self.changed(&excluded, i),
                _ => self.changed(&scope, i),
            };
            list.push(format!("{} = {value}", source.fields[i].name));
        }
        scope.columns.extend(excluded.columns);
        let condition = if self.choices.chance(30) { format!(" WHERE {}", self.condition(&scope, 1)) } else { String::new() };
        format!(" ON CONFLICT{arbiter} DO UPDATE SET {}{condition}", list.join(", "))
    }

    pub(super) fn merge(&mut self) -> String {
        let key = self.key();
        self.merge_with(&key)
    }

    /// MERGE with a source that matches the rows of this key, and perhaps one more.
    pub(super) fn merge_with(&mut self, key: &Key) -> String {
        (self.rows, self.any_row) = (Some(Rows::Unordered), true);
        let source = &self.world.sources[self.focus];
        let (head, _, scope) = self.target_scope();
        let (using, from) = if self.choices.chance(30) { self.merge_table(key) } else { self.merge_values(key) };
        let pairs = source.key.iter().zip(&from.columns).filter_map(|(&i, s)| Some((scope.columns.get(i)?, s)));
        let equal = if self.choices.chance(20) { "IS NOT DISTINCT FROM" } else { "=" };
        let mut on: Vec<String> = pairs.map(|(t, s)| format!("{} {equal} {}", t.text, s.text)).collect();
        if self.choices.chance(15) {
            on.push(format!("{} IS NOT NULL", self.pick(&scope.columns).text));
        }
        let mut whens = String::new();
        let both = Scope { columns: [scope.columns.clone(), from.columns.clone()].concat(), ..scope.clone() };
        let count = 1 + self.choices.below(3);
        for n in 0..count {
            // A clause after one without a condition is never reached, which is an error.
            let narrowed = n + 1 < count;
            if self.choices.below(5) < 3 {
                let condition = if narrowed || self.choices.chance(30) {
                    format!(" AND {}", self.condition(&both, 1))
                } else {
                    String::new()
                };
                let action = match self.choices.below(6) {
                    0..4 => {
                        let column = self.choices.below(source.fields.len());
                        format!("UPDATE SET {} = {}", source.fields[column].name, self.merged(&scope, &from, column))
                    }
                    4 => "DELETE".to_owned(),
                    _ => "DO NOTHING".to_owned(),
                };
                whens.push_str(&format!(" WHEN MATCHED{condition} THEN {action}"));
            } else {
                let condition = if narrowed || self.choices.chance(20) {
                    format!(" AND {}", self.condition(&from, 0))
                } else {
                    String::new()
                };
                let action = if self.choices.chance(10) { "DO NOTHING".to_owned() } else { self.merge_insert(&from) };
                whens.push_str(&format!(" WHEN NOT MATCHED{condition} THEN {action}"));
            }
        }
        format!("MERGE INTO {head} USING {using} ON {}{whens}", on.join(" AND "))
    }

    /// Rows that are written out: the key's columns, typed, then a text.
    fn merge_values(&mut self, key: &Key) -> (String, Scope) {
        let source = &self.world.sources[self.focus];
        let alias = self.fresh("s");
        let mut rows = Vec::new();
        let keys = if self.choices.chance(40) { vec![key.clone(), self.key()] } else { vec![key.clone()] };
        for key in keys {
            let cell = |(&i, value): (&usize, &Option<String>)| {
                let value = value.as_deref().map_or_else(|| "NULL".to_owned(), literal);
                format!("{value}::{}", source.fields[i].type_name)
            };
            let cells: Vec<String> = source.key.iter().zip(&key).map(cell).collect();
            rows.push(format!("({})", cells.join(", ")));
        }
        let columns = source.key.iter().enumerate().map(|(n, &i)| Visible {
            text: format!("{alias}.k{n}"),
            class: source.fields[i].class,
            origin: Some((self.focus, i)),
        });
        let scope = Scope { columns: columns.collect(), items: vec![alias.clone()], names: vec![alias.clone()] };
        let names: Vec<String> = (0..source.key.len()).map(|n| format!("k{n}")).collect();
        (format!("(VALUES {}) AS {alias}({})", rows.join(", "), names.join(", ")), scope)
    }

    /// The same table's rows of the key, the key's columns first.
    fn merge_table(&mut self, key: &Key) -> (String, Scope) {
        let source = &self.world.sources[self.focus];
        let alias = self.fresh("s");
        let inner = self.scope_of(self.focus, "o");
        let condition = self.has_key(&inner, key);
        let rest: Vec<usize> = (0..source.fields.len()).filter(|i| !source.key.contains(i)).collect();
        let order: Vec<usize> = source.key.iter().copied().chain(rest).collect();
        let list: Vec<String> = order.iter().map(|&i| inner.columns[i].text.clone()).collect();
        let columns = order.iter().map(|&i| Visible {
            text: format!("{alias}.{}", source.fields[i].name),
            class: source.fields[i].class,
            origin: Some((self.focus, i)),
        });
        let scope = Scope { columns: columns.collect(), items: vec![alias.clone()], names: vec![alias.clone()] };
        (format!("(SELECT {} FROM {} AS o WHERE {condition}) AS {alias}", list.join(", "), source.qualified()), scope)
    }

    /// A value for a column of the matched row: its own, the source's, or a new one.
    fn merged(&mut self, scope: &Scope, from: &Scope, column: usize) -> String {
        let class = scope.columns[column].class;
        let alike: Vec<Visible> = from.of(class).into_iter().cloned().collect();
        if !alike.is_empty() && self.choices.chance(40) { self.pick(&alike).text } else { self.changed(scope, column) }
    }

    /// A row for NOT MATCHED. Its values may be evaluated more than once, so none of them calls a function.
    fn merge_insert(&mut self, from: &Scope) -> String {
        let source = &self.world.sources[self.focus];
        let mut cells = Vec::new();
        for i in 0..source.fields.len() {
            let known: Vec<Visible> = from.columns.iter().filter(|c| c.origin == Some((self.focus, i))).cloned().collect();
            let cell = if !known.is_empty() && !self.choices.chance(20) { known[0].text.clone() } else { self.new_cell(i) };
            cells.push(cell);
        }
        let named = self.choices.chance(50);
        let names = source.fields.iter().map(|f| f.name.as_str()).collect::<Vec<_>>().join(", ");
        let list = if named { format!(" ({names})") } else { String::new() };
        format!("INSERT{list} VALUES ({})", cells.join(", "))
    }
}
