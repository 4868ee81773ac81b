//! Rule -> legacy relation: the legacy columns in order, with their exact types; for each the expression that reads it from the new
//! tables; and for each column of the new tables the expression that it is written with.
//!
//! This is the one value behind five uses: the view that rewritten reads name together with the rewritten writes, the triggers of
//! the view, the backfill, the proof of parity and the registry. None of them has an expression of its own, so they cannot
//! disagree.
//!
//! A legacy table's rows are in a partition of their own, its *leaf*. A column is read by an expression over an alias of the leaf,
//! and written by SQL with holes for the columns of a *typed legacy row* ([`Sql`]): in a backfill that row is the legacy table's,
//! in an INSERT a sub-select of assigned values, in a trigger NEW.

mod compile;
mod history;
mod link;
mod lookup;
pub mod projection;
mod retained;
mod schemas;
pub mod target;
pub mod value;
pub mod write;

use crate::config::{Month, Partman, Settings};
use crate::rule::Rule;
use crate::sql;
use crate::sql::quote::{ident, qualified};
use crate::sql::template::Sql;
pub(crate) use schemas::control;
pub use schemas::{CONTROL, KEYS, LEAVES};
use target::Target;
use value::SqlType;

/// What compiling a rule needs besides the rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// The schema of the legacy tables and of the new ones.
    pub schema: String,
    /// The time zone in which legacy stamps are converted to `al_changed_at`.
    pub time_zone: String,
    /// The first month with a partition of its own.
    pub first_month: Month,
    /// The month after the last one whose partition is made at the beginning.
    pub horizon: Month,
    /// Whether pg_partman may make the partitions of later months.
    pub partman: Partman,
    /// The role under which mode shadow runs reads a second time.
    pub shadow_role: String,
}

impl Context {
    /// From the settings.
    pub fn new(settings: &Settings) -> Self {
        Context {
            schema: settings.rules.schema.clone(),
            time_zone: settings.rules.time_zone.clone(),
            first_month: settings.audit.first_month,
            horizon: settings.audit.first_month.plus(settings.audit.months),
            partman: settings.audit.partman,
            shadow_role: settings.shadow.user.clone(),
        }
    }
}

/// A legacy table as it is stored in the new tables.
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
    /// The new table of which its leaf is a partition, and the leaf's value of the discriminator; `None` where the table stays.
    pub home: Option<Home>,
    /// The other columns of the new table, in the order in which they are written.
    pub fields: Vec<Field>,
    /// The columns of the legacy key.
    pub key: Vec<usize>,
    /// The columns of the legacy table's PRIMARY KEY: a query that is grouped by them may use the others.
    pub primary: Vec<usize>,
    /// The legacy table's constraint on its key.
    pub unique: Option<Unique>,
    /// How changes that the audit trigger records become legacy rows, where the application no longer writes its history.
    pub projection: Option<Projection>,
}

/// Where the rows of a relation are stored.
#[derive(Debug, Clone)]
pub struct Home {
    /// The new table.
    pub target: &'static Target,
    /// The value of the discriminator in the leaf.
    pub value: String,
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
    /// The expression of its default.
    pub default: Option<String>,
    /// Where its value is stored.
    pub store: Store,
}

/// Where the value of a legacy column is stored in the new table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// In a column of its own, of the legacy type.
    Typed(&'static str),
    /// In a column of its own with another type, read with a cast.
    Column(&'static str),
    /// In an image: a jsonb column, with the legacy name as key.
    Image(&'static str),
    /// In the column of the same name: the table itself stays.
    Same,
}

/// A column of the new table that is written.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Its value when an application writes a row.
    pub write: Value,
    /// Its value in the backfill, where that differs.
    pub backfill: Option<Value>,
    /// Every UPDATE writes it, whatever it changes.
    pub always: bool,
}

/// How a field is computed from a typed legacy row.
#[derive(Debug, Clone)]
pub enum Value {
    /// Not written: the new table's own default.
    Default,
    /// An expression with holes for legacy columns.
    Expression(Sql),
    /// An image of these legacy columns.
    Image(Vec<usize>),
}

/// How a recorded change becomes a legacy row.
#[derive(Debug, Clone)]
pub struct Projection {
    /// For each legacy column its typed value, an expression over the parameters `$1` to `$4`.
    pub columns: Vec<String>,
    /// Columns for which nothing is recorded: they are NULL.
    pub unknown: Vec<String>,
}

/// The legacy table's constraint on its key, for which the new table has one of its own.
#[derive(Debug, Clone)]
pub struct Unique {
    /// The name of the legacy constraint, or the one that PostgreSQL would have given it.
    pub legacy: String,
    /// Whether the legacy table had it; if not, only the new table demands it.
    pub declared: bool,
}

impl Relation {
    /// The new table that its rows moved to; `None` where the table stays.
    pub fn target(&self) -> Option<&'static Target> {
        self.home.as_ref().map(|h| h.target)
    }

    /// The name of that table for messages.
    pub fn target_name(&self) -> &str {
        self.target().map_or(self.table.as_str(), |t| t.table)
    }

    /// The table that has the rows: the leaf, or the legacy table itself where that stays.
    pub fn rows(&self) -> String {
        if self.is_retained() { self.legacy_table() } else { target::leaf(&self.table) }
    }

    /// The view that yields the legacy rows, whatever has the legacy name.
    pub fn view(&self) -> String {
        qualified(CONTROL, &self.table)
    }

    /// The legacy table with its schema.
    pub fn legacy_table(&self) -> String {
        qualified(&self.schema, &self.table)
    }

    /// Whether the legacy table itself stays.
    pub fn is_retained(&self) -> bool {
        self.home.is_none()
    }

    /// The name of the leaf's constraint on what must be unique in it, if there is one.
    pub fn leaf_unique(&self) -> Option<String> {
        self.target().filter(|t| !t.unique.is_empty()).map(|_| format!("{}_code_key", self.table))
    }

    /// The columns of that constraint; empty where there is none.
    pub fn leaf_key(&self) -> Vec<&'static str> {
        let of = |target: &'static Target| [&[target.discriminator], target.unique].concat();
        self.target().filter(|t| !t.unique.is_empty()).map(of).unwrap_or_default()
    }

    /// The column of the leaf with a number that differs for each row.
    pub fn number(&self) -> &'static str {
        self.target().and_then(|t| t.identity.last()).copied().unwrap_or_default()
    }

    /// Whether a field gets the same value from an application's write as from the backfill.
    pub fn is_written_as_moved(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.name == name && field.backfill.is_none() && !matches!(field.write, Value::Default))
    }

    /// An expression that is true if a row of the leaf has a value in every column that is NOT NULL; `None` where there is no such
    /// column. Only rows that the audit trigger writes into a history may lack one.
    pub fn wholeness(&self, row: &str) -> Option<String> {
        let read = |(i, column): (usize, &Column)| column.not_null.then(|| self.read(i, Some(row)));
        let values: Vec<String> = self.columns.iter().enumerate().filter_map(read).collect();
        (!values.is_empty()).then(|| format!("ROW({}) IS NOT NULL", values.join(", ")))
    }

    /// The index of a legacy column.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|c| c.name == name)
    }

    /// The expression that reads a column. `row` is an alias of the leaf, or `None`.
    pub fn read(&self, at: usize, row: Option<&str>) -> String {
        let column = &self.columns[at];
        let dot = row.map(|r| format!("{}.", ident(r))).unwrap_or_default();
        match column.store {
            Store::Typed(name) => format!("{dot}{name}"),
            Store::Column(name) => format!("({dot}{name})::{}", column.sql_type.cast()),
            Store::Image(name) => match self.target().and_then(|t| t.repeated) {
                // Histories are long. A look-up's rows are few, and often read by statements that are planned anew.
                Some((image, number)) if image == name => {
                    column.sql_type.from_dear_image(&format!("{dot}{image}"), &format!("{dot}{number}"), &column.name)
                }
                _ => column.sql_type.from_image(&format!("{dot}{name}"), &column.name),
            },
            Store::Same => format!("{dot}{}", ident(&column.name)),
        }
    }

    /// Whether the expression that reads a column can be in an index of the leaf: it must not depend on settings of the session.
    pub fn is_indexable(&self, at: usize) -> bool {
        let column = &self.columns[at];
        matches!(column.store, Store::Typed(_) | Store::Same | Store::Column(_)) || column.sql_type.is_indexable_in_image()
    }

    /// A select list of the columns that `wanted` accepts, under their legacy names.
    pub fn select_list(&self, wanted: &dyn Fn(usize) -> bool, row: Option<&str>) -> String {
        let read = |i: usize| match self.columns[i].store {
            Store::Same => self.read(i, row),
            _ => format!("{} AS {}", self.read(i, row), ident(&self.columns[i].name)),
        };
        (0..self.columns.len()).filter(|&i| wanted(i)).map(read).collect::<Vec<_>>().join(", ")
    }

    /// The SELECT of all columns: the body of the view, which parity compares too.
    pub fn select_all(&self) -> String {
        format!("SELECT {} FROM {}", self.select_list(&|_| true, None), self.rows())
    }

    /// The value of a column that an INSERT does not name: its default, or a typed NULL.
    pub fn default(&self, column: usize) -> Sql {
        let column = &self.columns[column];
        match &column.default {
            Some(default) => column.sql_type.assigned(default),
            None => sql!("NULL::{}", column.sql_type.cast()),
        }
    }
}

impl Value {
    /// A value that is the same for every row.
    fn constant(text: &str) -> Value {
        Value::Expression(Sql::text(text))
    }

    /// The key text of columns of a rule.
    fn key_text(rule: &Rule, key: &[usize], text: fn(&SqlType, &Sql) -> Sql) -> Value {
        let one = |&i: &usize| text(&SqlType::new(&rule.columns[i].column.type_name), &Sql::column(i));
        Value::Expression(value::composite(&key.iter().map(one).collect::<Vec<_>>()))
    }
}

impl Column {
    /// The columns of a rule, each stored where `store` says.
    fn all(rule: &Rule, store: impl Fn(usize) -> Store) -> Vec<Column> {
        let column = |(i, c): (usize, &crate::rule::Column)| Column {
            name: c.column.name.clone(),
            sql_type: SqlType::new(&c.column.type_name),
            not_null: c.column.not_null,
            default: c.column.default.clone(),
            store: store(i),
        };
        rule.columns.iter().enumerate().map(column).collect()
    }
}

impl Unique {
    /// The constraint on a rule's key.
    fn new(rule: &Rule) -> Unique {
        let conventional = format!("{}_pkey", rule.table);
        Unique { declared: rule.key.unique.is_some(), legacy: rule.key.unique.clone().unwrap_or(conventional) }
    }
}
