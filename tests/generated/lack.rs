//! What works on a table and not on a view: columns that depend on a grouped key, system columns, samples; and the name of the row
//! type. System columns have other values on the two sides, so they are compared with each other and never shown.

use super::{Maker, Scope, Visible};
use crate::world::{Class, Source};
use esclusa::sql::quote::{ident, literal};
use esclusa::twin::compare::Rows;

impl Maker<'_> {
    /// A legacy table with a primary key: the one that the statement is about, or the next that has one.
    fn keyed_table(&mut self) -> usize {
        let all = self.world.legacy;
        let keyed = |t: &usize| self.world.sources[*t].constraint.is_some();
        (0..all).map(|n| (self.focus + n) % all).find(keyed).unwrap_or(self.focus)
    }

    /// `SELECT ... GROUP BY key`, in the forms in which a key can be named; now and then with a part of the key only, which is an error.
    pub(super) fn grouped_by_key(&mut self) -> String {
        let table = self.keyed_table();
        let (mut from, scope) = self.factor(table, &Scope::default());
        let mut others = Scope::default();
        if self.choices.chance(50) {
            let (text, inner) = self.one_table();
            if let Some(on) = self.link(&inner, &scope) {
                let join = self.pick(&["JOIN", "LEFT JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"]);
                from = format!("{from} {join} {text} ON {on}");
                others = inner;
            }
        }
        let key = self.world.sources[table].key.clone();
        let mut items = Vec::new();
        let mut groups = Vec::new();
        for (n, column) in key.iter().filter_map(|&i| scope.columns.get(i)).cloned().collect::<Vec<_>>().iter().enumerate() {
            if n > 0 && self.choices.chance(5) {
                continue;
            }
            groups.push(match self.choices.below(6) {
                0..2 => column.text.clone(),
                2 => format!("({})", column.text),
                3 => column.text.rsplit('.').next().unwrap_or(&column.text).to_owned(),
                4 => {
                    items.push(format!("{} AS key{n}", column.text));
                    format!("key{n}")
                }
                _ => {
                    items.push(column.text.clone());
                    items.len().to_string()
                }
            });
        }
        let visible = Scope { columns: scope.columns.clone(), ..scope.clone() };
        for _ in 0..1 + self.choices.below(3) {
            let item = self.dependent(&visible, &others);
            items.push(item);
        }
        let group = self.grouping(&groups, &scope);
        let having = match self.choices.below(5) {
            0 => format!(" HAVING {}", self.condition(&scope, 1)),
            1 => " HAVING count(*) < 100".to_owned(),
            _ => String::new(),
        };
        let condition = self.condition(&scope, 1);
        let condition = if self.choices.chance(60) { "true".to_owned() } else { condition };
        self.rows = Some(Rows::Unordered);
        let text = format!("SELECT {} FROM {from} WHERE {condition} GROUP BY {group}{having}", items.join(", "));
        match self.choices.below(6) {
            0 => format!("SELECT count(*) FROM ({text}) AS counted"),
            1 => format!("WITH kept AS ({text}) SELECT count(*) FROM kept"),
            _ => text,
        }
    }

    /// Expressions that are allowed on a row grouped by its key.
    fn dependent(&mut self, scope: &Scope, others: &Scope) -> String {
        let alias = scope.items.first().cloned();
        let class = self.pick(&scope.columns).class;
        let class = if class == Class::Other { Class::Text } else { class };
        match (self.choices.below(9), alias) {
            (0, Some(alias)) => format!("{alias}.*"),
            (1, Some(alias)) => alias,
            (2, Some(alias)) => format!("row_to_json({alias})::text"),
            (3, _) => "count(*)".to_owned(),
            (4, _) if !others.columns.is_empty() => format!("count({})", self.pick(&others.columns).text),
            (5, _) => self.aggregate(scope).0,
            (6, Some(alias)) => format!("({alias}).{}", self.bare_name(scope)),
            _ => self.expression(class, scope, 1),
        }
    }

    fn bare_name(&mut self, scope: &Scope) -> String {
        let column = self.pick(&scope.columns).text;
        column.rsplit('.').next().unwrap_or(&column).to_owned()
    }

    fn grouping(&mut self, key: &[String], scope: &Scope) -> String {
        let list = key.join(", ");
        let comparable: Vec<Visible> = scope.columns.iter().filter(|c| c.class != Class::Other).cloned().collect();
        if comparable.is_empty() {
            return list;
        }
        let other = self.pick(&comparable).text;
        match self.choices.below(9) {
            0 => format!("{list}, {other}"),
            1 => format!("{other}, {list}"),
            2 => format!("({list})"),
            3 => format!("DISTINCT {list}"),
            4 => format!("{list}, ROLLUP ({other})"),
            5 => format!("GROUPING SETS (({list}), ({list}, {other}))"),
            6 => format!("ROLLUP ({list})"),
            _ => list,
        }
    }

    /// A statement over system columns. Which of different rows comes first is not promised, so the first of equal rows is asked for.
    pub(super) fn system_columns(&mut self) -> String {
        self.parameters = None;
        self.rows = Some(Rows::Unordered);
        let source = self.world.sources[self.focus].clone();
        let (name, condition) = (source.qualified(), |m: &mut Self, alias: &str| {
            let scope = m.scope_of(m.focus, alias);
            m.condition(&scope, 1)
        });
        let column = self.pick(&["ctid", "ctid", "ctid", "xmin", "tableoid"]);
        match self.choices.below(11) {
            0 => format!("SELECT t.*, t.{column} IS NULL FROM {name} t WHERE {}", condition(self, "t")),
            1 => format!("SELECT *, {column} IS NULL AS n FROM {name}"),
            2 => format!("SELECT {column}, * FROM {name} t WHERE false"),
            3 => format!("SELECT t, row_to_json(t)::text, t.{column} IS NULL FROM {name} t WHERE {}", condition(self, "t")),
            4 => {
                let (text, scope) = self.one_table();
                let item = scope.items.first().cloned().unwrap_or_default();
                format!("SELECT *, t.{column} IS NULL FROM {name} t LEFT JOIN {text} ON false WHERE {item} IS NULL")
            }
            5 => format!("SELECT a.* FROM {name} a JOIN {name} b ON a.ctid = b.ctid WHERE {}", condition(self, "b")),
            6 => {
                format!(
                    "SELECT t.* FROM {name} t WHERE ctid IN (SELECT max(ctid) FROM {name} x WHERE {} GROUP BY x::text)",
                    condition(self, "x")
                )
            }
            7 => format!("SELECT count(*), count(DISTINCT ctid), count(t) FROM {name} t WHERE {}", condition(self, "t")),
            8 => format!(
                "DELETE FROM {name} WHERE ctid NOT IN (SELECT min(ctid) FROM {name} x WHERE {} GROUP BY x::text)",
                condition(self, "x")
            ),
            9 => self.without_duplicates(&source),
            _ => format!("SELECT * FROM {name} t TABLESAMPLE BERNOULLI (100) WHERE {}", condition(self, "t")),
        }
    }

    /// Deletes all but one of equal rows.
    fn without_duplicates(&mut self, source: &Source) -> String {
        let name = source.qualified();
        let all: Vec<&str> = source.fields.iter().map(|f| f.name.as_str()).collect();
        let last = all.last().copied().unwrap_or_default();
        match self.choices.below(3) {
            0 => format!(
                "DELETE FROM {name} WHERE ctid IN (SELECT ctid FROM (SELECT ctid, row_number() OVER (PARTITION BY {}) AS n \
                 FROM {name}) AS x WHERE n > 1)",
                all.join(", ")
            ),
            1 => format!("DELETE FROM {name} a USING {name} b WHERE a.ctid < b.ctid AND a::text = b::text"),
            _ => format!(
                "UPDATE {name} t SET {last} = t.{last} WHERE t.ctid = (SELECT max(x.ctid) FROM {name} x WHERE x.ctid = t.ctid) \
                 RETURNING *, t.ctid IS NULL"
            ),
        }
    }

    /// The name of a table as that of its row type, and expressions on a named row.
    pub(super) fn row_types(&mut self) -> String {
        self.parameters = None;
        self.rows = Some(Rows::Unordered);
        let source = self.world.sources[self.keyed_table()].clone();
        let bare = ident(&source.name);
        let name = if self.choices.chance(50) { source.qualified() } else { bare };
        let columns: Vec<String> = source.fields.iter().map(|f| f.name.clone()).collect();
        let column = self.pick(&columns);
        let order = columns.iter().map(|c| format!("t.{c}")).collect::<Vec<_>>().join(", ");
        let row = self.row_of(&source);
        match self.choices.below(10) {
            0 => format!("SELECT NULL::{name} IS NULL, (NULL::{name}).{column}"),
            1 => format!("SELECT {row}::{name}"),
            2 => format!("SELECT (CAST({row} AS {name})).*"),
            3 => format!("SELECT (lag(t) OVER (ORDER BY {order})).{column} FROM {name} t"),
            4 => format!("SELECT (array_agg(t ORDER BY {order}))[2].{column} FROM {name} t"),
            5 => format!("SELECT json_populate_record(t, '{{}}') FROM {name} t"),
            6 => format!("SELECT (json_populate_record(NULL::{name}, row_to_json(t))).* FROM {name} t"),
            7 => format!("SELECT t::{name} = t, ARRAY[t]::{name}[]::text FROM {name} t"),
            8 => format!("SELECT t FROM {name} t WHERE t = {row}::{name}"),
            _ => format!("SELECT (x).{column} FROM unnest(ARRAY[{row}]::{name}[]) AS x"),
        }
    }

    /// `ROW(...)` with a value for each column.
    fn row_of(&mut self, source: &Source) -> String {
        let value = |m: &mut Self, sample: &[Option<String>]| match sample {
            [] => "NULL".to_owned(),
            sample => m.pick(sample).map_or_else(|| "NULL".to_owned(), |v| literal(&v)),
        };
        let list: Vec<String> = source.fields.iter().map(|f| value(self, &f.values)).collect();
        format!("ROW({})", list.join(", "))
    }
}
