//! INSERT, UPDATE and DELETE on the legacy table, alone or in a CTE. The twin reads the table back afterwards.

use super::{Maker, Scope};
use crate::world::Class;
use esclusa::sql::quote::ident;
use esclusa::twin::compare::Rows;

impl Maker<'_> {
    pub(super) fn insert(&mut self) -> String {
        let source = &self.world.sources[self.focus];
        let all: Vec<usize> = (0..source.fields.len()).collect();
        let named = self.choices.chance(60);
        // The key and what must not be NULL are mostly given.
        let chosen: Vec<usize> = if named {
            let needed = |i: &usize| source.key.contains(i) || source.fields[*i].not_null || self.choices.chance(50);
            let some: Vec<usize> = all.iter().copied().filter(needed).collect();
            if some.is_empty() { all.clone() } else { some }
        } else {
            all
        };
        let names: Vec<&str> = chosen.iter().map(|&i| source.fields[i].name.as_str()).collect();
        let list = if named { format!(" ({})", names.join(", ")) } else { String::new() };
        let (head, alias) = self.target();
        let rows = match self.choices.below(10) {
            0..6 => {
                let count = 1 + self.choices.below(2);
                let rows: Vec<String> = (0..count).map(|_| self.new_row(&chosen)).collect();
                format!("VALUES {}", rows.join(", "))
            }
            6..9 => {
                self.any_row = true;
                let from = self.world.sources[self.focus].qualified();
                let scope = Scope { items: Vec::new(), ..self.scope_of(self.focus, "o") };
                let cells: Vec<String> = chosen.iter().map(|&i| self.changed(&scope, i)).collect();
                format!("SELECT {} FROM {from} AS o WHERE {}", cells.join(", "), self.one_key("o"))
            }
            _ => return self.finished(&format!("INSERT INTO {head} DEFAULT VALUES"), &alias, false),
        };
        let conflict = self.conflict(&alias, 25);
        self.finished(&format!("INSERT INTO {head}{list} {rows}{conflict}"), &alias, false)
    }

    pub(super) fn update(&mut self) -> String {
        let (head, alias, scope) = self.target_scope();
        let mut assigned: Vec<usize> = Vec::new();
        for _ in 0..1 + self.choices.below(3) {
            let i = self.choices.below(self.world.sources[self.focus].fields.len());
            if !assigned.contains(&i) {
                assigned.push(i);
            }
        }
        let names: Vec<String> = assigned.iter().map(|&i| self.world.sources[self.focus].fields[i].name.clone()).collect();
        let form = self.choices.below(4);
        let cell = |m: &mut Self, i: usize| {
            let value = m.changed(&scope, i);
            // The value of a sub-select has a type before it is assigned, and text has no assignment cast to a number.
            let type_name = &m.world.sources[m.focus].fields[i].type_name;
            if form == 3 { format!("({value})::{type_name}") } else { value }
        };
        let cells: Vec<String> = assigned.iter().map(|&i| cell(self, i)).collect();
        let set = match form {
            0..2 => names.iter().zip(&cells).map(|(n, c)| format!("{n} = {c}")).collect::<Vec<_>>().join(", "),
            2 => format!("({}) = ROW ({})", names.join(", "), cells.join(", ")),
            _ => format!("({}) = (SELECT {})", names.join(", "), cells.join(", ")),
        };
        self.any_row = true;
        let (from, link) = self.neighbour("FROM", &scope);
        let condition = self.narrow(&scope, &alias);
        self.finished(&format!("UPDATE {head} SET {set}{from} WHERE {link}{condition}"), &alias, !from.is_empty())
    }

    pub(super) fn delete(&mut self) -> String {
        let (head, alias, scope) = self.target_scope();
        let (using, link) = self.neighbour("USING", &scope);
        let condition = self.narrow(&scope, &alias);
        self.finished(&format!("DELETE FROM {head}{using} WHERE {link}{condition}"), &alias, !using.is_empty())
    }

    /// The target as written, and the name under which its columns are named.
    pub(super) fn target(&mut self) -> (String, String) {
        let source = &self.world.sources[self.focus];
        let (bare, qualified) = (ident(&source.name), source.qualified());
        match self.choices.below(5) {
            0..2 => (bare.clone(), bare),
            2 => (qualified, bare),
            _ => (format!("{qualified} AS z"), "z".to_owned()),
        }
    }

    /// The target as written, its name, and its columns.
    pub(super) fn target_scope(&mut self) -> (String, String, Scope) {
        let (head, alias) = self.target();
        let mut scope = self.scope_of(self.focus, &alias);
        // Bare names, which another item or a table of a sub-select may have too.
        if self.choices.chance(15) {
            let fields = &self.world.sources[self.focus].fields;
            scope.columns.iter_mut().zip(fields).for_each(|(column, field)| column.text.clone_from(&field.name));
        }
        (head, alias, scope)
    }

    /// Another table that decides which rows are changed, and never their new values: several of its rows may match one.
    fn neighbour(&mut self, keyword: &str, scope: &Scope) -> (String, String) {
        if !self.choices.chance(20) {
            return (String::new(), String::new());
        }
        let (text, inner) = if self.choices.chance(25) { self.named_table(self.focus) } else { self.one_table() };
        match self.link(&inner, scope) {
            Some(link) => (format!(" {keyword} {text}"), format!("{link} AND ")),
            None => (String::new(), String::new()),
        }
    }

    /// A condition that mostly matches one row.
    fn narrow(&mut self, scope: &Scope, alias: &str) -> String {
        if self.choices.chance(70) { self.one_key(alias) } else { self.condition(scope, 1) }
    }

    fn one_key(&mut self, alias: &str) -> String {
        let (scope, key) = (self.scope_of(self.focus, alias), self.key());
        self.has_key(&scope, &key)
    }

    fn new_row(&mut self, columns: &[usize]) -> String {
        let cells: Vec<String> = columns.iter().map(|&i| self.new_cell(i)).collect();
        format!("({})", cells.join(", "))
    }

    /// A value for a column of a new row.
    pub(super) fn new_cell(&mut self, column: usize) -> String {
        if self.choices.chance(8) {
            return "DEFAULT".to_owned();
        }
        match self.world.sources[self.focus].fields[column].class {
            Class::Other => "NULL".to_owned(),
            class => self.literal(class, Some((self.focus, column)), false),
        }
    }

    /// A new value for a column, from its old ones or from nothing.
    pub(super) fn changed(&mut self, scope: &Scope, column: usize) -> String {
        let visible = scope.columns[column].clone();
        match (self.choices.below(6), visible.class) {
            (0..2, Class::Other) => visible.text,
            (_, Class::Other) => "NULL".to_owned(),
            (0 | 1, class) => self.literal(class, visible.origin, false),
            (2, _) => visible.text,
            (3, Class::Number) => format!("{} + 1", visible.text),
            (3, Class::Text) => format!("{} || 'x'", visible.text),
            (3, Class::Stamp) => format!("{} + interval '1 day'", visible.text),
            (_, class) => self.expression(class, scope, 1),
        }
    }

    /// With RETURNING, or inside a CTE that is read. Which row of a `neighbour` matched first is not compared.
    pub(super) fn finished(&mut self, statement: &str, alias: &str, neighbour: bool) -> String {
        self.rows = Some(Rows::Unordered);
        let scope = self.scope_of(self.focus, alias);
        let all = if neighbour { format!("{alias}.*") } else { "*".to_owned() };
        match self.choices.below(14) {
            0..4 => statement.to_owned(),
            4 | 5 => format!("{statement} RETURNING {all}"),
            // The expanded row, and expressions that are not allowed here.
            6 => {
                let field = self.world.sources[self.focus].fields[self.choices.below(scope.columns.len())].name.clone();
                let item = match self.choices.below(4) {
                    0 => format!("({alias}).*"),
                    1 => format!("({alias}).{field}, count({alias})"),
                    2 => self.aggregate(&scope).0,
                    _ => format!("({alias}).{field}"),
                };
                format!("{statement} RETURNING {item}")
            }
            7..12 => {
                let (list, _) = self.select_list(&scope, None, 1);
                format!("{statement} RETURNING {}", if list == "*" { all } else { list })
            }
            _ => {
                let name = self.fresh("m");
                format!("WITH {name} AS ({statement} RETURNING {all}) SELECT * FROM {name}")
            }
        }
    }
}
