//! The legacy schema of CEA Querétaro with seeded data, as AQUASIS would see it.

use crate::catalog::{Catalog, Database};
use crate::error::Result;
use crate::rule::plan::Plan;
use crate::sql::quote::{ident, qualified};

use super::data::{self, Sizes};

/// The 1,469 tables as publicly mapped.
pub const DDL: &str = include_str!("ddl.sql");

/// Loads tables and data into an empty database; returns the number of rows.
///
/// The public sources have no constraints. Look-ups and junctions get the primary keys that the plan implies, under PostgreSQL's
/// default names, because a look-up without a key would accept a repeated code.
pub async fn load(database: &Database, schema: &str, sizes: &Sizes) -> Result<usize> {
    database.batch("loading the legacy schema", DDL).await?;
    let catalog = Catalog::read(database, schema).await?;
    let plan = Plan::shipped();
    let mut rows = 0;
    for table in data::generate(&catalog, &plan, sizes) {
        let columns = table.columns.iter().map(|c| ident(c)).collect::<Vec<_>>().join(", ");
        let copy = format!("COPY {} ({columns}) FROM STDIN", qualified(schema, &table.table));
        rows += table.count;
        database.copy_in(&format!("loading {}", table.table), &copy, table.copy_text).await?;
    }
    database.batch("adding keys", &keys(schema, &catalog, &plan)).await?;
    database.batch("analyzing", "ANALYZE").await?;
    Ok(rows)
}

fn keys(schema: &str, catalog: &Catalog, plan: &Plan) -> String {
    let mut sql = String::new();
    for row in &plan.rows {
        let columns = match row.get("kind") {
            "lookup-pure" | "lookup-extended" => row.list("code_column"),
            "junction" => [row.list("link_source_column"), row.list("link_target_column")].concat(),
            _ => continue,
        };
        let name = row.get("table");
        if catalog.tables.contains_key(name) && !columns.is_empty() {
            let list = columns.iter().map(|c| ident(c)).collect::<Vec<_>>().join(", ");
            sql.push_str(&format!("ALTER TABLE {} ADD PRIMARY KEY ({list});\n", qualified(schema, name)));
        }
    }
    sql
}
