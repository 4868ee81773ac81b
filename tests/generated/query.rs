//! Queries: FROM lists with joins, select lists, groups, windows, set operations, CTEs.

use super::expression::one_scale;
use super::{Cte, Maker, Scope, Visible};
use crate::world::Class;
use esclusa::sql::quote::ident;
use esclusa::twin::compare::Rows;

/// The largest product of rows that a query may read.
const PRODUCT_ROWS: usize = 60_000;

/// The text of a query with its columns.
pub(super) struct Query {
    pub(super) text: String,
    /// Name and class of each column; `None` where a name is not known.
    pub(super) columns: Vec<(String, Class)>,
}

impl Maker<'_> {
    /// A statement that reads.
    pub(super) fn top_query(&mut self) -> String {
        let with = self.with_clause();
        if self.choices.chance(4) {
            let name = self.world.sources[self.focus].qualified();
            return format!("{with}TABLE {name}");
        }
        let plain = self.choices.chance(25);
        let query = if plain { self.plain_select() } else { self.query(None, &Scope::default(), 2) };
        let order = self.order(query.columns.len());
        let lock =
            if plain && self.choices.chance(20) { self.pick(&[" FOR UPDATE", " FOR SHARE", " FOR NO KEY UPDATE"]) } else { "" };
        format!("{with}{}{order}{lock}", query.text)
    }

    /// ORDER BY every column, so that the order is total; LIMIT only then.
    pub(super) fn order(&mut self, columns: usize) -> String {
        if !self.choices.chance(60) || columns == 0 {
            self.rows = Some(Rows::Unordered);
            return String::new();
        }
        // Before version 18 PostgreSQL takes a grouping column that WHERE holds constant for constant in the total's row too, and leaves
        // the sort out: there the order of the result depends on the plan despite ORDER BY.
        self.rows = Some(if self.grouping_sets { Rows::Unordered } else { Rows::Ordered });
        let direction = self.pick(&["", " DESC", " NULLS FIRST", " DESC NULLS LAST"]);
        let mut list: Vec<String> = (1..=columns).map(|n| n.to_string()).collect();
        list[0].push_str(direction);
        let limit = match self.choices.below(6) {
            _ if self.grouping_sets => String::new(),
            0..4 => String::new(),
            4 => format!(" LIMIT {}", self.choices.below(20)),
            _ => format!(" OFFSET {} ROWS FETCH NEXT {} ROWS ONLY", self.choices.below(5), 1 + self.choices.below(9)),
        };
        format!(" ORDER BY {}{limit}", list.join(", "))
    }

    /// `SELECT ... FROM t WHERE ...` on the legacy table, as most statements are.
    fn plain_select(&mut self) -> Query {
        let (from, scope) = self.factor(self.focus, &Scope::default());
        let condition = self.condition(&scope, 1);
        let (list, columns) = self.select_list(&scope, None, 1);
        Query { text: format!("SELECT {list} FROM {from} WHERE {condition}"), columns }
    }

    /// CTEs for the statement; their names are in scope from then on.
    pub(super) fn with_clause(&mut self) -> String {
        if !self.choices.chance(20) {
            return String::new();
        }
        let mut list = Vec::new();
        for _ in 0..1 + self.choices.below(2) {
            let query = self.query(Some(&[Class::Number, Class::Text]), &Scope::default(), 1);
            // Sometimes the CTE shadows the legacy table itself.
            let name = if self.choices.chance(20) { self.world.sources[self.focus].name.clone() } else { self.fresh("w") };
            let names: Vec<String> = (0..query.columns.len()).map(|n| format!("k{n}")).collect();
            let materialized = self.pick(&["", "", "MATERIALIZED ", "NOT MATERIALIZED "]);
            list.push(format!("{} ({}) AS {materialized}({})", ident(&name), names.join(", "), query.text));
            let columns = names.into_iter().zip(query.columns).map(|(n, (_, class))| (n, class)).collect();
            if self.ctes.iter().all(|c| c.name != name) {
                self.ctes.push(Cte { name, columns });
            } else {
                list.pop();
            }
        }
        format!("WITH {} ", list.join(", "))
    }

    /// A query; of these classes if they are given.
    pub(super) fn query(&mut self, wanted: Option<&[Class]>, outer: &Scope, depth: usize) -> Query {
        if depth == 0 || !self.choices.chance(15) {
            return self.select(wanted, outer, depth);
        }
        let operation = self.pick(&["UNION ALL", "UNION", "EXCEPT", "INTERSECT", "EXCEPT ALL"]);
        if self.choices.chance(20) {
            // With itself: every column keeps the type and modifier that it has.
            let both = self.select(wanted, outer, depth);
            return Query { text: format!("{0} {operation} {0}", both.text), columns: both.columns };
        }
        let alone = std::mem::replace(&mut self.combined, true);
        let first = self.select(wanted, outer, depth);
        let classes: Vec<Class> = first.columns.iter().map(|(_, class)| *class).collect();
        let second = self.select(Some(&classes), outer, depth - 1);
        self.combined = alone;
        Query { text: format!("{} {operation} {}", first.text, second.text), columns: first.columns }
    }

    /// A value for a select list.
    fn listed(&self, value: String, class: Class) -> String {
        match class {
            Class::Number if self.combined => one_scale(&value),
            // All with the same padding.
            Class::Text if self.combined => format!("({value})::text"),
            _ => value,
        }
    }

    fn select(&mut self, wanted: Option<&[Class]>, outer: &Scope, depth: usize) -> Query {
        let combined = std::mem::take(&mut self.combined);
        let (from, scope) = self.from(depth);
        self.combined = combined;
        let seen = scope.with(outer);
        let mut condition = self.condition(&seen, depth);
        if self.choices.chance(20) {
            condition = "true".to_owned();
        }
        match self.choices.below(10) {
            0..5 => {
                let (list, columns) = self.select_list(&scope, wanted, depth);
                Query { text: format!("SELECT {list} FROM {from} WHERE {condition}"), columns }
            }
            5 => {
                let (list, columns) = self.select_list(&scope, wanted, depth);
                Query { text: format!("SELECT DISTINCT {list} FROM {from} WHERE {condition}"), columns }
            }
            6 if wanted.is_none() => {
                let (window, class) = self.window(&scope);
                let first = self.expression(Class::Text, &scope, 1);
                let window = self.listed(window, class);
                let columns = vec![("v".to_owned(), Class::Text), ("w".to_owned(), class)];
                Query { text: format!("SELECT {first} AS v, {window} AS w FROM {from} WHERE {condition}"), columns }
            }
            _ => self.grouped(wanted, &scope, &from, &condition),
        }
    }

    /// SELECT with GROUP BY: keys and aggregates.
    fn grouped(&mut self, wanted: Option<&[Class]>, scope: &Scope, from: &str, condition: &str) -> Query {
        let comparable: Vec<Visible> = scope.columns.iter().filter(|c| c.class != Class::Other).cloned().collect();
        if comparable.is_empty() {
            let text = format!("SELECT count(*) AS n FROM {from} WHERE {condition}");
            return Query { text, columns: vec![("n".to_owned(), Class::Number)] }.padded(wanted);
        }
        let key = self.pick(&comparable);
        let mut columns = vec![("g".to_owned(), key.class)];
        let mut items = vec![format!("{} AS g", self.listed(key.text.clone(), key.class))];
        match wanted {
            None => {
                for n in 0..1 + self.choices.below(2) {
                    let (aggregate, class) = self.aggregate(scope);
                    items.push(format!("{} AS a{n}", self.listed(aggregate, class)));
                    columns.push((format!("a{n}"), class));
                }
            }
            Some(classes) => {
                (items, columns) = (Vec::new(), Vec::new());
                for (n, class) in classes.iter().enumerate() {
                    let value = self.expression(*class, scope, 0);
                    let name = format!("a{n}");
                    let item = if *class == Class::Truth { format!("bool_and({value})") } else { format!("max({value})") };
                    items.push(format!("{} AS {name}", self.listed(item, *class)));
                    columns.push((name, *class));
                }
            }
        }
        let group = match self.choices.below(5) {
            0..3 => key.text.clone(),
            3 => format!("ROLLUP ({})", key.text),
            _ => format!("GROUPING SETS (({}), ())", key.text),
        };
        self.grouping_sets |= group != key.text;
        let having = if self.choices.chance(25) { " HAVING count(*) > 1" } else { "" };
        let text = format!("SELECT {} FROM {from} WHERE {condition} GROUP BY {group}{having}", items.join(", "));
        Query { text, columns }
    }

    /// The select list; of these classes if they are given.
    pub(super) fn select_list(
        &mut self,
        scope: &Scope,
        wanted: Option<&[Class]>,
        depth: usize,
    ) -> (String, Vec<(String, Class)>) {
        let named = |n: usize, class: Class| (format!("c{n}"), class);
        if let Some(classes) = wanted {
            let items: Vec<String> = classes
                .iter()
                .enumerate()
                .map(|(n, class)| {
                    let value = self.expression(*class, scope, depth.min(1));
                    format!("{} AS c{n}", self.listed(value, *class))
                })
                .collect();
            let columns = classes.iter().enumerate().map(|(n, c)| named(n, *c)).collect();
            return (items.join(", "), columns);
        }
        match self.choices.below(8) {
            // A set operation needs as many columns on its other side, each of a class.
            0..=2 if self.combined => self.select_list(scope, Some(&[Class::Number, Class::Text]), depth),
            0 => ("*".to_owned(), scope.columns.iter().map(|c| (String::new(), c.class)).collect()),
            1 if !scope.items.is_empty() => {
                let item = self.pick(&scope.items);
                let prefix = format!("{item}.");
                let of_item = |c: &&Visible| c.text.starts_with(&prefix);
                let columns: Vec<_> = scope.columns.iter().filter(of_item).map(|c| (String::new(), c.class)).collect();
                if columns.is_empty() { ("*".to_owned(), Vec::new()) } else { (format!("{item}.*"), columns) }
            }
            2 if !scope.items.is_empty() => (self.pick(&scope.items), vec![(String::new(), Class::Other)]),
            _ => {
                let (mut items, mut columns) = (Vec::new(), Vec::new());
                for n in 0..1 + self.choices.below(4) {
                    let class = if scope.columns.is_empty() { Class::Number } else { self.pick(&scope.columns).class };
                    let class = if class == Class::Other { Class::Text } else { class };
                    let value = self.expression(class, scope, depth);
                    items.push(format!("{} AS c{n}", self.listed(value, class)));
                    columns.push(named(n, class));
                }
                (items.join(", "), columns)
            }
        }
    }

    // --- FROM ---

    /// One table with an alias of its own.
    pub(super) fn one_table(&mut self) -> (String, Scope) {
        let table = self.table();
        self.named_table(table)
    }

    /// This table, under an alias.
    pub(super) fn named_table(&mut self, table: usize) -> (String, Scope) {
        let alias = self.fresh("s");
        let text = format!("{} {alias}", self.table_name(table));
        (text, self.scope_of(table, &alias))
    }

    fn table_name(&mut self, table: usize) -> String {
        let source = &self.world.sources[table];
        let shadowed = self.ctes.iter().any(|c| c.name == source.name);
        match self.choices.below(8) {
            0..4 if !shadowed => ident(&source.name),
            4 if !shadowed => format!("ONLY {}", ident(&source.name)),
            5 if !shadowed && ident(&source.name) == source.name => source.name.to_uppercase(),
            6 => format!("\"{}\".\"{}\"", source.schema, source.name),
            _ => source.qualified(),
        }
    }

    pub(super) fn scope_of(&self, table: usize, alias: &str) -> Scope {
        let source = &self.world.sources[table];
        let column = |(i, f): (usize, &crate::world::Field)| Visible {
            text: format!("{alias}.{}", f.name),
            class: f.class,
            origin: Some((table, i)),
        };
        Scope {
            columns: source.fields.iter().enumerate().map(column).collect(),
            items: vec![alias.to_owned()],
            names: vec![alias.to_owned()],
        }
    }

    /// A table as a FROM item, with or without alias.
    pub(super) fn factor(&mut self, table: usize, taken: &Scope) -> (String, Scope) {
        let source = &self.world.sources[table];
        let bare = ident(&source.name);
        let form = self.choices.below(10);
        if form < 4 && !taken.names.contains(&bare) {
            let name = self.table_name(table);
            return (name, self.scope_of(table, &bare));
        }
        let alias = self.fresh("t");
        let name = self.table_name(table);
        if form == 9 {
            let mut scope = self.scope_of(table, &alias);
            let count = 1 + self.choices.below(scope.columns.len());
            let names: Vec<String> = (0..count).map(|n| format!("r{n}")).collect();
            for (column, name) in scope.columns.iter_mut().zip(&names) {
                column.text = format!("{alias}.{name}");
            }
            // Its whole row has the table's own names, which a sub-select cannot give it: refused.
            scope.items.clear();
            return (format!("{name} AS {alias} ({})", names.join(", ")), scope);
        }
        (format!("{name} AS {alias}"), self.scope_of(table, &alias))
    }

    /// A FROM list of one to three items.
    fn from(&mut self, depth: usize) -> (String, Scope) {
        let table = if self.choices.chance(85) { self.focus } else { self.table() };
        let (mut text, mut scope) = self.factor(table, &Scope::default());
        let mut rows = self.world.sources[table].rows.max(1);
        for _ in 0..[0, 0, 1, 1, 2][self.choices.below(5)] {
            let (item, inner, more) = self.joined(&scope, depth);
            let linked = self.link(&inner, &scope);
            let small = rows.saturating_mul(more) <= PRODUCT_ROWS;
            text = match (self.choices.below(9), linked) {
                (0..4, Some(on)) => format!("{text} JOIN {item} ON {on}"),
                (4 | 5, Some(on)) => format!("{text} LEFT JOIN {item} ON {on}"),
                (6, Some(on)) => format!("{text} RIGHT JOIN {item} ON {on}"),
                (7, Some(on)) => format!("{text} FULL JOIN {item} ON {on}"),
                (_, _) if small => format!("{text} CROSS JOIN {item}"),
                (_, Some(on)) => format!("{text} INNER JOIN {item} ON {on}"),
                (_, None) => break,
            };
            rows = rows.max(more);
            scope.columns.extend(inner.columns);
            scope.items.extend(inner.items);
            scope.names.extend(inner.names);
        }
        (text, scope)
    }

    /// Something to join: a table, a derived table, a CTE, VALUES. Also how many rows it has at most.
    fn joined(&mut self, taken: &Scope, depth: usize) -> (String, Scope, usize) {
        match self.choices.below(8) {
            5 if depth > 0 => {
                let alias = self.fresh("d");
                let query = self.query(Some(&[Class::Number, Class::Text, Class::Stamp]), &Scope::default(), depth - 1);
                (format!("({}) AS {alias}", query.text), plain_scope(&alias, &query.columns), 200)
            }
            6 if !self.ctes.is_empty() => {
                let cte = self.pick(&self.ctes.clone());
                let alias = self.fresh("e");
                (format!("{} AS {alias}", ident(&cte.name)), plain_scope(&alias, &cte.columns), 200)
            }
            7 => {
                let alias = self.fresh("v");
                let columns = [("n".to_owned(), Class::Number), ("x".to_owned(), Class::Text)];
                let cell = |m: &mut Self| {
                    let number = one_scale(&m.literal(Class::Number, None, true));
                    format!("({number}, {})", m.literal(Class::Text, None, true))
                };
                (format!("(VALUES {}, {}) AS {alias}(n, x)", cell(self), cell(self)), plain_scope(&alias, &columns), 2)
            }
            _ => {
                let table = self.table();
                let (text, scope) = self.factor(table, taken);
                (text, scope, self.world.sources[table].rows.max(1))
            }
        }
    }
}

impl Query {
    /// With NULLs for columns that are missing.
    fn padded(self, wanted: Option<&[Class]>) -> Query {
        let Some(classes) = wanted else { return self };
        let cast = |class: &Class| match class {
            Class::Number => "NULL::numeric",
            Class::Stamp => "NULL::timestamp",
            Class::Date => "NULL::date",
            Class::Truth => "NULL::boolean",
            Class::Text | Class::Other => "NULL::text",
        };
        let list: Vec<String> = classes.iter().enumerate().map(|(n, c)| format!("{} AS c{n}", cast(c))).collect();
        let columns = classes.iter().enumerate().map(|(n, c)| (format!("c{n}"), *c)).collect();
        Query { text: format!("SELECT {} FROM ({}) AS p", list.join(", "), self.text), columns }
    }
}

fn plain_scope(alias: &str, columns: &[(String, Class)]) -> Scope {
    let visible = |(name, class): &(String, Class)| Visible { text: format!("{alias}.{name}"), class: *class, origin: None };
    Scope { columns: columns.iter().map(visible).collect(), items: vec![alias.to_owned()], names: vec![alias.to_owned()] }
}
