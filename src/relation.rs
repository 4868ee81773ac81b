//! Rule -> legacy relation: the legacy columns in order, with their exact types, and for each the expression that yields it from
//! the new tables; and for each column of the new tables the expression that it is written with.
//!
//! This is the one value behind five uses: the rewriter's SELECT and its writes, the view with its triggers, the backfill, the
//! proof of parity and the registry. None of them writes an expression of its own, so they cannot disagree.
//!
//! Everything is SQL text over a row alias. A [`Field`] says how one column of the new table follows from a *typed legacy row*
//! `r`: in a backfill `r` is the legacy table, in an INSERT it is a sub-select of assigned values, in a trigger it is NEW.

pub mod access;
pub mod captured;
mod history;
mod link;
mod lookup;
mod retained;
pub mod value;

use access::{Access, TimeAccess};
use captured::Captured;

use crate::config::{Month, Settings};
use crate::rule::{Rule, Target};
use crate::sql::quote::{ident, literal, qualified};
use value::SqlType;

/// What a compilation needs besides the rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// The schema of the legacy tables and of those that replace them.
    pub schema: String,
    /// The zone in which legacy stamps are read for `al_changed_at`.
    pub time_zone: String,
    /// The first month with a partition of its own.
    pub first_month: Month,
    /// The month behind the last one: no backfilled row is indexed at or behind it, however far in the future its stamp lies.
    pub horizon: Month,
}

impl Context {
    /// From the settings.
    pub fn new(settings: &Settings) -> Self {
        Context {
            schema: settings.rules.schema.clone(),
            time_zone: settings.rules.time_zone.clone(),
            first_month: settings.audit.first_month,
            horizon: settings.audit.first_month.plus(settings.audit.months),
        }
    }
}

/// A legacy table as it lives on in the new tables.
#[derive(Debug, Clone)]
pub struct Relation {
    /// The legacy table's name.
    pub table: String,
    /// Its schema.
    pub schema: String,
    /// `history`, `lookup`, `link` or `retained`.
    pub kind: &'static str,
    /// The legacy columns in order.
    pub columns: Vec<Column>,
    /// The new table, without its schema.
    pub target: &'static str,
    /// Columns of the new table that tell this relation's rows from the others', with their values.
    pub discriminator: Vec<(&'static str, String)>,
    /// The other columns of the new table, in the order in which they are written.
    pub fields: Vec<Field>,
    /// The legacy key's columns.
    pub key: Vec<usize>,
    /// The key is the legacy table's PRIMARY KEY.
    pub primary: bool,
    /// How key text is made of the key's columns and which column of the new table holds it.
    pub key_field: Option<&'static str>,
    /// The constraint whose violation means a repeated key.
    pub unique: Option<Unique>,
    /// The column of the new table that keeps the heap's order.
    pub order: Option<&'static str>,
    /// Indexed columns of the new table that follow from legacy columns.
    pub accesses: Vec<Access>,
    /// The indexed time that follows from a legacy stamp.
    pub time: Option<TimeAccess>,
    /// How rows of the audit trigger become legacy rows, where the application does not write its history any more.
    pub captured: Option<Captured>,
}

/// A legacy column.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type.
    pub sql_type: SqlType,
    /// NOT NULL.
    pub not_null: bool,
    /// Its default's expression.
    pub default: Option<String>,
    /// Where its value lies.
    pub store: Store,
    /// Another relation in the same new table has a column of this name and another type.
    pub contested: bool,
}

/// Where a legacy column's value lies in the new table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// In a column of its own, read with a cast.
    Column(&'static str),
    /// In an image: a jsonb column, under the legacy name.
    Image(&'static str),
    /// In the column of the same name: the table is still there.
    Same,
}

/// A column of the new table that is written.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What an application's write puts there.
    pub write: Value,
    /// What the backfill puts there, where that differs.
    pub backfill: Option<Value>,
    /// When an UPDATE writes it.
    pub update: Change,
}

/// When an UPDATE writes a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Change {
    /// With the legacy columns that it follows from.
    #[default]
    Follows,
    /// With them, and only where one of them gets another value.
    Moves,
    /// Always.
    Always,
}

/// How a field follows from a typed legacy row.
#[derive(Debug, Clone)]
pub enum Value {
    /// Not written: the new table's own default.
    Default,
    /// An expression: pieces of text, and legacy columns between them.
    Expression(Vec<Piece>),
    /// An image of these legacy columns.
    Image(Vec<usize>),
}

/// A piece of an expression.
#[derive(Debug, Clone)]
pub enum Piece {
    /// Text.
    Text(String),
    /// A legacy column.
    Column(usize),
}

/// A unique constraint of the new table that stands for one of the legacy table.
#[derive(Debug, Clone)]
pub struct Unique {
    /// The new table's constraint.
    pub target: &'static str,
    /// The legacy table's constraint, by its own name or by the name that PostgreSQL would have given.
    pub legacy: String,
    /// Whether the legacy table had it; otherwise only the new table asks for it.
    pub declared: bool,
}

impl Relation {
    /// Compiles a rule. Rules are checked when they are read, so this cannot fail.
    pub fn compile(rule: &Rule, context: &Context) -> Relation {
        let relation = match &rule.target {
            Target::History(history) => history::compile(rule, history, context),
            Target::Lookup(lookup) => lookup::compile(rule, lookup, context),
            Target::Link(link) => link::compile(rule, link, context),
            Target::Retained(_) => retained::compile(rule, context),
        };
        debug_assert_eq!(relation.columns.len(), rule.columns.len());
        relation
    }

    /// The new table with its schema.
    pub fn target_table(&self) -> String {
        qualified(&self.schema, self.target_name())
    }

    fn target_name(&self) -> &str {
        if self.is_retained() { &self.table } else { self.target }
    }

    /// The legacy table with its schema.
    pub fn legacy_table(&self) -> String {
        qualified(&self.schema, &self.table)
    }

    /// The empty table that takes statements which need a table of one's own: TRUNCATE, VACUUM FULL, CLUSTER, REINDEX.
    pub fn stand_in(&self) -> String {
        qualified("esclusa", &format!("stand_in_{}", self.table))
    }

    /// The index of [`Relation::stand_in`], without its schema.
    pub fn stand_in_index(&self) -> String {
        ident(&format!("stand_in_{}_pkey", self.table))
    }

    /// Whether the legacy table itself stays.
    pub fn is_retained(&self) -> bool {
        self.target.is_empty()
    }

    /// Whether a function finds its rows by key: where they lie in partitions.
    pub fn has_finder(&self) -> bool {
        self.target == "audit_log" && self.accesses.iter().any(|a| !a.legacy.is_empty())
    }

    /// The function that finds its rows by key.
    pub fn finder(&self) -> String {
        qualified("esclusa", &format!("find_{}", self.table))
    }

    /// The function that finds its rows' images by key, where these hold every legacy column.
    pub fn image_finder(&self) -> Option<String> {
        self.image_column().map(|_| qualified("esclusa", &format!("image_{}", self.table)))
    }

    /// The column of the new table whose images hold every legacy column.
    fn image_column(&self) -> Option<&'static str> {
        let Store::Image(first) = self.columns.first()?.store else { return None };
        let same = self.columns.iter().all(|c| c.store == Store::Image(first));
        (same && self.captured.is_none()).then_some(first)
    }

    /// A legacy column's place.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|c| c.name == name)
    }

    /// The expression that reads a column. `row` is an alias of the new table, or nothing.
    pub fn read(&self, at: usize, row: Option<&str>) -> String {
        let column = &self.columns[at];
        let dot = row.map(|r| format!("{}.", ident(r))).unwrap_or_default();
        match column.store {
            Store::Column(name) => {
                let type_name = &column.sql_type.name;
                let shared = name != "dv_txtid" || type_name != "numeric(10,0)";
                format!("({})::{type_name}", self.guarded(column, name, shared, row))
            }
            Store::Image(name) => {
                let image = column.sql_type.from_image(&self.guarded(column, name, column.contested, row), &column.name);
                match &self.captured {
                    Some(c) => {
                        let base = self.discriminator.first().map_or("", |(_, base)| base);
                        let captured = format!("{dot}al_source = 'T' AND {dot}al_table_name = {}", literal(base));
                        format!("CASE WHEN {captured} THEN {} ELSE {image} END", c.read(at, &dot))
                    }
                    None => image,
                }
            }
            Store::Same => format!("{dot}{}", ident(&column.name)),
        }
    }

    /// A column of the new table; NULL in the rows of other relations where those may hold what cannot be cast. The planner may look at
    /// a value before it looks at the discriminator: below GROUPING SETS, or when a whole row is named, a cast counts as free.
    fn guarded(&self, column: &Column, name: &str, shared: bool, row: Option<&str>) -> String {
        let dot = row.map(|r| format!("{}.", ident(r))).unwrap_or_default();
        if shared && !column.sql_type.is_text() {
            format!("(CASE WHEN {} THEN {dot}{name} END)", self.filter(row))
        } else {
            format!("{dot}{name}")
        }
    }

    /// The condition that picks this relation's rows; `true` where the table is its own.
    pub fn filter(&self, row: Option<&str>) -> String {
        let dot = row.map(|r| format!("{}.", ident(r))).unwrap_or_default();
        let one = |(column, value): &(&str, String)| format!("{dot}{column} = {}", literal(value));
        match (&self.captured, self.discriminator.as_slice()) {
            (_, []) => "true".into(),
            (Some(captured), [base, ..]) => format!("{} AND {}", one(base), captured.filter(&self.table, &dot)),
            (None, all) => all.iter().map(one).collect::<Vec<_>>().join(" AND "),
        }
    }

    /// The relation without the audit trigger's rows: what was moved, and what was written through the proxy.
    #[must_use]
    pub fn without_captured(&self) -> Relation {
        Relation { captured: None, ..self.clone() }
    }

    /// The SELECT that yields the legacy rows: the columns that `wanted` accepts, then system columns; `sample` is a TABLESAMPLE
    /// clause for the new table.
    pub fn select(&self, wanted: &dyn Fn(usize) -> bool, system: &[&str], sample: &str) -> String {
        let read = |i: usize| match self.columns[i].store {
            Store::Same => self.read(i, None),
            _ => format!("{} AS {}", self.read(i, None), ident(&self.columns[i].name)),
        };
        let columns = (0..self.columns.len()).filter(|&i| wanted(i)).map(read);
        let list: Vec<String> = columns.chain(system.iter().map(|s| (*s).to_owned())).collect();
        let filter = if self.discriminator.is_empty() { String::new() } else { format!(" WHERE {}", self.filter(None)) };
        let space = if list.is_empty() { "" } else { " " };
        let blank = if sample.is_empty() { "" } else { " " };
        format!("SELECT{space}{} FROM {}{blank}{sample}{filter}", list.join(", "), self.target_table())
    }

    /// The SELECT of all columns: the body of the view, and what parity compares.
    pub fn select_all(&self) -> String {
        self.select(&|_| true, &[], "")
    }

    /// The same for a finder. An image is taken apart at once where that reads what the casts of its members read; the OFFSET keeps
    /// the planner from taking it apart once for each column.
    pub fn select_found(&self) -> String {
        let Some(image) = self.image_column().filter(|_| self.columns.iter().all(|c| c.sql_type.is_populated())) else {
            return self.select_all();
        };
        let columns: Vec<String> = self.columns.iter().map(|c| format!("(legacy.r).{}", ident(&c.name))).collect();
        format!(
            "SELECT {} FROM {}, LATERAL (SELECT jsonb_populate_record(NULL::{}, {image}) AS r OFFSET 0) AS legacy WHERE {}",
            columns.join(", "),
            self.target_table(),
            qualified("esclusa", &self.table),
            self.filter(None)
        )
    }

    /// The SELECT list that reads the columns which `wanted` accepts out of what [`Relation::image_finder`] yields.
    pub fn read_image(&self, wanted: &dyn Fn(usize) -> bool, image: &str) -> String {
        let read = |c: &Column| format!("{} AS {}", c.sql_type.from_image(image, &c.name), ident(&c.name));
        let columns = self.columns.iter().enumerate().filter(|(i, _)| wanted(*i)).map(|(_, c)| read(c));
        columns.collect::<Vec<_>>().join(", ")
    }

    /// The columns and expressions of an INSERT of one legacy row, typed as `row`'s columns are.
    pub fn insert(&self, row: &str, backfill: bool) -> (Vec<&'static str>, Vec<String>) {
        let fixed = self.discriminator.iter().map(|(column, value)| (*column, literal(value)));
        let written = self.fields.iter().filter_map(|field| {
            let value = field.backfill.as_ref().filter(|_| backfill).unwrap_or(&field.write);
            Some((field.name, self.render(value, &|i| qualified(row, &self.columns[i].name))?))
        });
        fixed.chain(written).unzip()
    }

    /// The assignments of an UPDATE that changes `changed`, whose new values are typed columns of `new`; the other columns keep
    /// what `row` holds.
    pub fn update(&self, changed: &[usize], row: &str, new: &str) -> Vec<(&'static str, String)> {
        let value = |i: usize| {
            if changed.contains(&i) { qualified(new, &self.columns[i].name) } else { self.read(i, Some(row)) }
        };
        let mut out = Vec::new();
        for field in &self.fields {
            let expression = match &field.write {
                Value::Image(columns) => {
                    let part: Vec<usize> = columns.iter().copied().filter(|c| changed.contains(c)).collect();
                    (!part.is_empty()).then(|| format!("{}.{} || {}", ident(row), field.name, self.image(&part, &value)))
                }
                Value::Expression(pieces) => {
                    let sources = || pieces.iter().filter_map(|p| if let Piece::Column(i) = p { Some(*i) } else { None });
                    let depends = sources().any(|i| changed.contains(&i));
                    (depends || field.update == Change::Always).then(|| {
                        let expression = render_pieces(pieces, &value);
                        let old = |i: usize| self.read(i, Some(row));
                        match sources().find(|i| changed.contains(i)).filter(|_| field.update == Change::Moves) {
                            Some(i) => format!(
                                "CASE WHEN {} IS NOT DISTINCT FROM {} THEN {}.{} ELSE {expression} END",
                                value(i),
                                old(i),
                                ident(row),
                                field.name
                            ),
                            None => expression,
                        }
                    })
                }
                Value::Default => None,
            };
            out.extend(expression.map(|e| (field.name, e)));
        }
        out
    }

    /// The expression of one field of a backfill, over whatever yields the legacy columns.
    pub fn field(&self, name: &str, column: &dyn Fn(usize) -> String) -> Option<String> {
        let field = self.fields.iter().find(|f| f.name == name)?;
        self.render(field.backfill.as_ref().unwrap_or(&field.write), column)
    }

    fn render(&self, value: &Value, column: &dyn Fn(usize) -> String) -> Option<String> {
        match value {
            Value::Default => None,
            Value::Expression(pieces) => Some(render_pieces(pieces, column)),
            Value::Image(columns) => Some(self.image(columns, column)),
        }
    }

    /// An image of some columns. A function takes at most 100 arguments, so long ones are built in parts.
    fn image(&self, columns: &[usize], value: &dyn Fn(usize) -> String) -> String {
        let pair = |&i: &usize| format!("{}, {}", literal(&self.columns[i].name), self.columns[i].sql_type.image(&value(i)));
        let part = |chunk: &[usize]| format!("jsonb_build_object({})", chunk.iter().map(pair).collect::<Vec<_>>().join(", "));
        if columns.is_empty() {
            return "'{}'::jsonb".into();
        }
        columns.chunks(45).map(part).collect::<Vec<_>>().join(" || ")
    }

    /// A condition that raises 23502, as the legacy table would, for the first NOT NULL column among `columns` whose value is NULL;
    /// `None` when there is no such column. `value` yields a column of the whole new row.
    pub fn null_check(&self, columns: &[usize], value: &dyn Fn(usize) -> String) -> Option<String> {
        let mut checked: Vec<usize> = columns.iter().copied().filter(|&i| self.columns[i].not_null).collect();
        checked.sort_unstable();
        if checked.is_empty() {
            return None;
        }
        let list = |items: Vec<String>| items.join(", ");
        Some(format!(
            "CASE WHEN ROW({}) IS NOT NULL THEN true ELSE esclusa.refuse_null({}, {}, ARRAY[{}], ARRAY[{}], ARRAY[{}]) END",
            list(checked.iter().map(|&i| value(i)).collect()),
            literal(&self.schema),
            literal(&self.table),
            list(checked.iter().map(|&i| literal(&self.columns[i].name)).collect()),
            list(checked.iter().map(|i| (i + 1).to_string()).collect()),
            list((0..self.columns.len()).map(|i| self.columns[i].sql_type.shown(&value(i))).collect()),
        ))
    }

    /// Has the first of a row's expressions evaluate these columns in their order, as the legacy table's INSERT or UPDATE does, and then
    /// look for NULLs: of several faults in one row the client is told the same, and of none in a row that its WHERE leaves out.
    pub fn check_first(&self, expressions: &mut [String], columns: &[usize], value: &dyn Fn(usize) -> String) {
        let Some(first) = expressions.first_mut() else { return };
        let mut ordered = columns.to_vec();
        ordered.sort_unstable();
        let counts = |part: &[usize]| format!("num_nulls({})", part.iter().map(|&i| value(i)).collect::<Vec<_>>().join(", "));
        // A function takes a hundred arguments.
        let all = ordered.chunks(90).map(counts).collect::<Vec<_>>().join(" + ");
        let conditions: Vec<String> =
            [(ordered.len() > 1).then(|| format!("{all} >= 0")), self.null_check(columns, value)].into_iter().flatten().collect();
        if !conditions.is_empty() {
            *first = format!("CASE WHEN {} THEN {first} END", conditions.join(" AND "));
        }
    }

    /// What a column gets that an INSERT does not name: its default, or a typed NULL.
    pub fn default(&self, column: usize) -> String {
        let column = &self.columns[column];
        match &column.default {
            Some(default) => column.sql_type.assigned(default),
            None => format!("NULL::{}", column.sql_type.name),
        }
    }
}

fn render_pieces(pieces: &[Piece], column: &dyn Fn(usize) -> String) -> String {
    let piece = |p: &Piece| match p {
        Piece::Text(text) => text.clone(),
        Piece::Column(i) => column(*i),
    };
    pieces.iter().map(piece).collect()
}

/// Builds expressions over legacy columns by letting a formatter see a placeholder per column.
fn expression(columns: &[usize], build: impl FnOnce(&[String]) -> String) -> Value {
    // A column's place is marked with a control character, which no generated expression holds otherwise.
    let marks: Vec<String> = (0..columns.len()).map(|i| format!("\u{1}{i}\u{1}")).collect();
    let text = build(&marks);
    let pieces = text.split('\u{1}').enumerate().filter_map(|(i, part)| match part.parse::<usize>() {
        Ok(mark) if i % 2 == 1 => Some(Piece::Column(columns[mark])),
        _ => (!part.is_empty()).then(|| Piece::Text(part.to_owned())),
    });
    Value::Expression(pieces.collect())
}

fn constant(text: &str) -> Value {
    Value::Expression(vec![Piece::Text(text.to_owned())])
}

/// The columns of a rule, each stored where `store` says.
fn columns(rule: &Rule, store: impl Fn(usize) -> Store) -> Vec<Column> {
    let column = |(i, c): (usize, &crate::rule::Column)| Column {
        name: c.column.name.clone(),
        sql_type: SqlType::new(&c.column.type_name),
        not_null: c.column.not_null,
        default: c.column.default.clone(),
        store: store(i),
        contested: c.contested,
    };
    rule.columns.iter().enumerate().map(column).collect()
}

/// Places of named columns; names were checked when the rule was read.
fn positions<'n>(rule: &Rule, names: impl IntoIterator<Item = &'n String>) -> Vec<usize> {
    names.into_iter().filter_map(|n| rule.position(n)).collect()
}

/// Key text over columns of a rule.
fn key_text(rule: &Rule, key: &[usize], text: fn(&SqlType, &str) -> String) -> Value {
    let types: Vec<SqlType> = key.iter().map(|&i| SqlType::new(&rule.columns[i].column.type_name)).collect();
    expression(key, |marks| value::composite(&marks.iter().zip(&types).map(|(m, t)| text(t, m)).collect::<Vec<_>>()))
}

/// Whether the legacy key is a PRIMARY KEY, as far as its constraint's name tells.
fn is_primary(rule: &Rule) -> bool {
    rule.key.unique.as_ref().is_some_and(|name| name.ends_with("_pkey"))
}

/// The name of the legacy key's constraint in error messages.
fn constraint_name(rule: &Rule) -> String {
    rule.key.unique.clone().unwrap_or_else(|| format!("{}_pkey", rule.table))
}
