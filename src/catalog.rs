//! The tables of one schema as PostgreSQL has them: columns with exact types, NOT NULL, defaults, keys. Read from a server, or
//! from a snapshot file for commands that need no database.
//!
//! Only facts: what a table *means* is said by the rules.

pub mod database;
pub mod journal;
pub mod key_tables;
pub mod movers;
mod prepared;
pub mod raw;
pub mod read;
pub mod snapshot;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use database::Database;
pub use key_tables::KeyTables;
pub use movers::Movers;

/// The relations of one schema.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalog {
    /// Its name.
    pub schema: String,
    /// Its relations by name; shared, because after a move only a few of 1,470 are others.
    pub tables: BTreeMap<String, Arc<Table>>,
}

/// A table, partitioned table, view, materialized view or foreign table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// `pg_class.relkind`: r, p, v, m or f.
    pub kind: char,
    /// In the order of `attnum`, without dropped columns.
    pub columns: Vec<Column>,
    /// Primary key and unique constraints.
    pub keys: Vec<Key>,
}

/// A column.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// As `format_type` prints it: `numeric(10,0)`, `character varying(10)`, `bpchar`.
    pub type_name: String,
    /// `attnotnull`.
    pub not_null: bool,
    /// The default's expression, as `pg_get_expr` prints it.
    pub default: Option<String>,
}

/// A primary key or unique constraint.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// The constraint's name: what error messages name.
    pub name: String,
    /// PRIMARY KEY, not UNIQUE.
    pub primary: bool,
    /// Its columns in order.
    pub columns: Vec<String>,
}

impl Table {
    /// A column by name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|c| c.name == name)
    }

    /// The key over exactly these columns, in any order; a primary key before a unique one.
    pub fn key_over(&self, columns: &[String]) -> Option<&Key> {
        let same = |k: &&Key| k.columns.len() == columns.len() && k.columns.iter().all(|c| columns.contains(c));
        self.keys.iter().filter(same).max_by_key(|k| k.primary)
    }
}
