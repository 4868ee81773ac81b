//! Statements on the rows of one key, as an application sends most of them: reads, several statements one after another, cursors,
//! and statements that are prepared once and executed with one key after the other. The keys are those of the table's rows, all of
//! them equally often, and now and then one that no row has.

use super::{Maker, Scope};
use crate::world::Class;
use esclusa::sql::quote::{ident, literal};
use esclusa::twin::compare::Rows;

/// Executions of a prepared statement after the first: PostgreSQL considers a generic plan from the sixth on (manual, PREPARE).
const EXECUTIONS: usize = 7;

/// The values of a key's columns.
pub(super) type Key = Vec<Option<String>>;

impl Maker<'_> {
    /// A key of the table; rarely one that is made up.
    pub(super) fn key(&mut self) -> Key {
        let source = &self.world.sources[self.focus];
        if source.keys.is_empty() || self.choices.chance(8) {
            let columns = source.key.clone();
            return columns.iter().map(|&i| self.value(source.fields[i].class, None)).collect();
        }
        self.pick(&source.keys)
    }

    /// The condition that a row has this key, in one of the forms that a client writes; `scope` has the table's columns in order.
    pub(super) fn has_key(&mut self, scope: &Scope, key: &Key) -> String {
        let columns: Vec<String> =
            self.world.sources[self.focus].key.iter().filter_map(|&i| scope.columns.get(i)).map(|c| c.text.clone()).collect();
        let values: Vec<Option<String>> = key.iter().enumerate().map(|(n, v)| self.key_value(n, v.as_deref())).collect();
        if values.len() == columns.len() && values.iter().all(Option::is_some) {
            let (left, right) = (columns.join(", "), values.iter().flatten().cloned().collect::<Vec<_>>().join(", "));
            match self.choices.below(8) {
                6 => return format!("({left}) = ({right})"),
                7 => return format!("({left}) IN (({right}), ({right}))"),
                _ => {}
            }
        }
        let one = |m: &mut Self, column: &String, value: &Option<String>| match value {
            None => format!("{column} IS NULL"),
            Some(value) => match m.choices.below(8) {
                0..5 => format!("{column} = {value}"),
                5 => format!("{value} = {column}"),
                6 => format!("{column} IN ({value}, {value})"),
                _ => format!("{column} BETWEEN {value} AND {value}"),
            },
        };
        let parts: Vec<String> = columns.iter().zip(&values).map(|(c, v)| one(self, c, v)).collect();
        parts.join(" AND ")
    }

    /// A value of a key as it is written: in quotes, bare, or as a parameter.
    fn key_value(&mut self, column: usize, value: Option<&str>) -> Option<String> {
        let value = value?;
        if let Some(parameters) = &self.parameters {
            self.key_parameters.push((parameters.len(), column));
            return Some(self.parameter(Some(value.to_owned()), None));
        }
        let digits = !value.is_empty() && value.len() < 16 && value.bytes().all(|b| b.is_ascii_digit());
        Some(if digits && self.choices.chance(50) { value.to_owned() } else { literal(value) })
    }

    /// `SELECT ... WHERE key = ... [AND a range of stamps] [ORDER BY ... LIMIT ...]`.
    pub(super) fn keyed_read(&mut self) -> String {
        let key = self.key();
        let (from, scope) = self.factor(self.focus, &Scope::default());
        let mut condition = self.has_key(&scope, &key);
        let stamps: Vec<_> = scope.of(Class::Stamp).into_iter().chain(scope.of(Class::Date)).cloned().collect();
        if !stamps.is_empty() && self.choices.chance(35) {
            let stamp = self.pick(&stamps);
            let value = self.literal(stamp.class, stamp.origin, false);
            let operator = self.pick(&[">=", ">", "<", "<=", "="]);
            condition.push_str(&format!(" AND {} {operator} {value}", stamp.text));
        }
        if self.choices.chance(25) {
            condition.push_str(&format!(" AND {}", self.condition(&scope, 1)));
        }
        let lock = self.choices.chance(10);
        let keys = self.world.sources[self.focus].key.clone();
        let mine: Vec<_> = keys.iter().filter_map(|&i| scope.columns.get(i)).cloned().collect();
        // Rows that are equal in all selected columns may come in any order.
        let (list, columns) = if self.choices.chance(30) {
            (mine.iter().map(|c| c.text.clone()).collect::<Vec<_>>().join(", "), mine.len())
        } else {
            let (list, columns) = self.select_list(&scope, None, 1);
            (list, columns.len())
        };
        let order = self.order(columns);
        let lock = if lock { " FOR UPDATE" } else { "" };
        format!("SELECT {list} FROM {from} WHERE {condition}{order}{lock}")
    }

    /// Statements one after another in one transaction, on rows that the previous one has written.
    pub(super) fn batch(&mut self) -> String {
        self.parameters = None;
        let key = self.key();
        let mut texts = Vec::new();
        for _ in 0..2 + self.choices.below(4) {
            let text = match self.choices.below(9) {
                0 | 1 => self.row_with(&key),
                2..4 => self.keyed_update(&key),
                4 => self.keyed_delete(&key),
                5 => self.merge_with(&key),
                _ => {
                    let (from, scope) = self.factor(self.focus, &Scope::default());
                    let condition = self.has_key(&scope, &key);
                    let (list, columns) = self.select_list(&scope, None, 1);
                    let order = self.order(columns.len());
                    format!("SELECT {list} FROM {from} WHERE {condition}{order}")
                }
            };
            texts.push(text);
        }
        (self.rows, self.apart) = (Some(Rows::Unordered), true);
        texts.join("; ")
    }

    /// A new row with this key.
    fn row_with(&mut self, key: &Key) -> String {
        let source = &self.world.sources[self.focus];
        let columns: Vec<usize> = (0..source.fields.len()).collect();
        let (head, alias) = self.target();
        let cell = |m: &mut Self, i: usize| match source.key.iter().position(|k| *k == i) {
            Some(n) => key.get(n).and_then(|v| m.key_value(n, v.as_deref())).unwrap_or_else(|| "NULL".to_owned()),
            None => m.new_cell(i),
        };
        let cells: Vec<String> = columns.iter().map(|&i| cell(self, i)).collect();
        let conflict = self.conflict(&alias, 50);
        self.finished(&format!("INSERT INTO {head} VALUES ({}){conflict}", cells.join(", ")), &alias, false)
    }

    fn keyed_update(&mut self, key: &Key) -> String {
        let (head, alias, scope) = self.target_scope();
        let condition = self.has_key(&scope, key);
        let column = self.choices.below(scope.columns.len());
        let value = self.changed(&scope, column);
        let name = &self.world.sources[self.focus].fields[column].name;
        self.any_row = true;
        self.finished(&format!("UPDATE {head} SET {name} = {value} WHERE {condition}"), &alias, false)
    }

    fn keyed_delete(&mut self, key: &Key) -> String {
        let (head, alias, scope) = self.target_scope();
        let condition = self.has_key(&scope, key);
        self.finished(&format!("DELETE FROM {head} WHERE {condition}"), &alias, false)
    }

    /// A statement whose key is parameters, and the keys that it is executed with one after the other.
    pub(super) fn prepared(&mut self) -> String {
        self.parameters = Some(Vec::new());
        let key = self.key();
        let text = match self.choices.below(8) {
            0..5 => self.keyed_read(),
            5 => self.keyed_update(&key),
            6 => self.keyed_delete(&key),
            _ => self.row_with(&key),
        };
        let first = self.parameters.clone().unwrap_or_default();
        let places = self.key_parameters.clone();
        for _ in 0..EXECUTIONS {
            let mut values = first.clone();
            let other = self.key();
            for &(place, column) in &places {
                values[place] = other[column].clone();
            }
            self.again.push(values);
        }
        text
    }

    /// A cursor over rows in a total order; a FETCH of some rows, and a write at its position.
    pub(super) fn cursor(&mut self) -> String {
        self.parameters = None;
        let source = &self.world.sources[self.focus];
        let alias = if self.choices.chance(50) { self.fresh("t") } else { ident(&source.name) };
        let scope = self.scope_of(self.focus, &alias);
        let condition = if self.choices.chance(50) {
            let key = self.key();
            self.has_key(&scope, &key)
        } else {
            self.condition(&scope, 1)
        };
        let scrolls = self.choices.chance(30);
        let scroll = if scrolls { "SCROLL " } else { self.pick(&["", "NO SCROLL "]) };
        let hold = if self.choices.chance(15) { "WITH HOLD " } else { "" };
        let lock = if !scrolls && hold.is_empty() && self.choices.chance(60) { " FOR UPDATE" } else { "" };
        let order = (1..=source.fields.len()).map(|n| n.to_string()).collect::<Vec<_>>().join(", ");
        let mut texts = vec![format!(
            "DECLARE c {scroll}CURSOR {hold}FOR SELECT {alias}.* FROM {} AS {alias} WHERE {condition} ORDER BY {order}{lock}",
            source.qualified()
        )];
        for _ in 0..1 + self.choices.below(4) {
            let text = match self.choices.below(8) {
                0..3 => format!("FETCH {} FROM c", 1 + self.choices.below(4)),
                3 if scrolls => self.pick(&["FETCH LAST FROM c", "FETCH PRIOR FROM c", "FETCH ABSOLUTE 2 FROM c"]).to_owned(),
                4 => "MOVE 1 FROM c".to_owned(),
                5 if !lock.is_empty() => {
                    let (head, alias, scope) = self.target_scope();
                    let column = self.choices.below(scope.columns.len());
                    let value = self.changed(&scope, column);
                    let name = &self.world.sources[self.focus].fields[column].name;
                    self.finished(&format!("UPDATE {head} SET {name} = {value} WHERE CURRENT OF c"), &alias, false)
                }
                6 if !lock.is_empty() => {
                    let (head, alias, _) = self.target_scope();
                    self.finished(&format!("DELETE FROM {head} WHERE CURRENT OF c"), &alias, false)
                }
                _ => "FETCH c".to_owned(),
            };
            texts.push(text);
        }
        (self.rows, self.apart, self.any_row) = (Some(Rows::Ordered), true, true);
        texts.join("; ")
    }
}
