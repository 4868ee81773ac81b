//! What the generator can name: the tables of both databases with their columns, and a few values of each column, so that
//! comparisons find rows.

use esclusa::catalog::Catalog;
use esclusa::error::Result;
use esclusa::sql::quote::{ident, qualified};
use esclusa::twin::Client;

/// A class of types that expressions treat alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Class {
    /// Exact numbers.
    Number,
    /// char, varchar, text.
    Text,
    /// timestamp, with and without zone.
    Stamp,
    /// date.
    Date,
    /// boolean.
    Truth,
    /// Anything else: only compared with itself.
    Other,
}

impl Class {
    /// The class of a type as `format_type` prints it.
    pub(crate) fn of(type_name: &str) -> Class {
        let bare = type_name.split('(').next().unwrap_or_default();
        match bare.trim_end() {
            "numeric" | "smallint" | "integer" | "bigint" => Class::Number,
            "character varying" | "character" | "bpchar" | "text" => Class::Text,
            "date" => Class::Date,
            "boolean" => Class::Truth,
            _ if bare.starts_with("timestamp") && !type_name.ends_with("[]") => Class::Stamp,
            _ => Class::Other,
        }
    }
}

/// A column.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    /// Its name as PostgreSQL must read it: quoted where needed.
    pub(crate) name: String,
    /// As `format_type` prints it.
    pub(crate) type_name: String,
    /// Its class.
    pub(crate) class: Class,
    /// NOT NULL.
    pub(crate) not_null: bool,
    /// Some of its values; NULL is `None`.
    pub(crate) values: Vec<Option<String>>,
}

/// A table with rows.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// Its bare name.
    pub(crate) name: String,
    /// Its schema.
    pub(crate) schema: String,
    /// It is a legacy table of the plan.
    pub(crate) legacy: bool,
    /// Its columns.
    pub(crate) fields: Vec<Field>,
    /// Its key's columns, or the first one.
    pub(crate) key: Vec<usize>,
    /// Its keys: the values of the key's columns in the rows that it has, each once.
    pub(crate) keys: Vec<Vec<Option<String>>>,
    /// The constraint that makes them unique.
    pub(crate) constraint: Option<String>,
    /// How many rows it has.
    pub(crate) rows: usize,
}

impl Source {
    /// The name with its schema.
    pub(crate) fn qualified(&self) -> String {
        qualified(&self.schema, &self.name)
    }
}

/// Every table that has rows, the consolidated ones first.
#[derive(Debug, Clone)]
pub(crate) struct World {
    /// The tables.
    pub(crate) sources: Vec<Source>,
    /// How many of them are legacy tables.
    pub(crate) legacy: usize,
}

/// Values of a column that are kept.
const SAMPLES: usize = 6;

/// Keys of a table that are kept: all, in the data of the tests.
const KEYS: usize = 5000;

impl World {
    /// Reads values through a session on the legacy database. `legacy` names the consolidated tables, each with its key's columns.
    pub(crate) async fn read(client: &mut Client, catalog: &Catalog, legacy: &[(String, Vec<usize>)]) -> Result<World> {
        let mut sources = Vec::new();
        for table in catalog.tables.values().filter(|t| t.kind == 'r') {
            let rule = legacy.iter().find(|(name, _)| *name == table.name);
            let name = qualified(&catalog.schema, &table.name);
            let counted = client.query(&format!("SELECT count(*) FROM {name}")).await?.rows();
            let rows = counted.first().and_then(|r| r[0].as_ref()?.parse().ok()).unwrap_or(0_usize);
            if rows == 0 && rule.is_none() {
                continue;
            }
            // Spread over the table, and the same on every run.
            let step = (rows / SAMPLES).max(1);
            let sampled =
                format!("SELECT * FROM (SELECT row_number() OVER () AS n, * FROM {name}) x WHERE n % {step} = 0 LIMIT {SAMPLES}");
            let samples = client.query(&sampled).await?.rows();
            let field = |(i, c): (usize, &esclusa::catalog::Column)| Field {
                name: ident(&c.name),
                type_name: c.type_name.clone(),
                class: Class::of(&c.type_name),
                not_null: c.not_null,
                values: samples.iter().map(|row| row[i + 1].clone()).collect(),
            };
            let place = |n: &String| table.columns.iter().position(|c| c.name == *n);
            let unique = table.keys.iter().find(|k| k.primary);
            let primary = unique.map(|k| k.columns.iter().filter_map(place).collect::<Vec<_>>());
            let key = rule.map(|(_, key)| key.clone()).or(primary).filter(|k| !k.is_empty()).unwrap_or_else(|| vec![0]);
            let list = key.iter().map(|&i| ident(&table.columns[i].name)).collect::<Vec<_>>().join(", ");
            let keys = format!("SELECT DISTINCT {list} FROM {name} ORDER BY {list} LIMIT {KEYS}");
            sources.push(Source {
                name: table.name.clone(),
                schema: catalog.schema.clone(),
                legacy: rule.is_some(),
                fields: table.columns.iter().enumerate().map(field).collect(),
                key,
                keys: client.query(&keys).await?.rows(),
                constraint: unique.map(|k| k.name.clone()),
                rows,
            });
        }
        sources.sort_by_key(|s| !s.legacy);
        let legacy = sources.iter().filter(|s| s.legacy).count();
        Ok(World { sources, legacy })
    }
}
