//! Moves the rows of one legacy table into its new table, in the order of the heap.

use crate::catalog::Database;
use crate::error::{Error, Result};
use crate::relation::Relation;
use crate::sql::quote::qualified;

/// The statement that moves all rows. `source` is the legacy table, under whatever schema it stands now.
pub fn statement(relation: &Relation, source: &str) -> String {
    let (columns, expressions) = relation.insert("r", true);
    format!(
        "INSERT INTO {} ({})\nSELECT {}\nFROM {source} AS r ORDER BY r.ctid",
        relation.target_table(),
        columns.join(", "),
        expressions.join(",\n       ")
    )
}

/// Runs it; the caller holds the lock and the transaction.
pub async fn run(database: &Database, relation: &Relation, source: &str) -> Result<u64> {
    let there = format!("SELECT count(*) FROM {} WHERE {}", relation.target_table(), relation.filter(None));
    let rows: i64 = database.one("looking for rows of an earlier run", &there, &[]).await?.get(0);
    if rows > 0 {
        return Err(Error::Refused {
            message: format!("{} already has {rows} rows of {}", relation.target, relation.table),
            detail: Some("a backfill beside them would double every row".into()),
            hint: Some(format!("roll {} back first", relation.table)),
        });
    }
    refuse_repeated_keys(database, relation, source).await?;
    database.execute(&format!("moving {}", relation.table), &statement(relation, source), &[]).await
}

/// A look-up whose codes repeat is the DBA's decision: dropping one of two rows in silence is not ours to take.
async fn refuse_repeated_keys(database: &Database, relation: &Relation, source: &str) -> Result<()> {
    let Some(unique) = &relation.unique else { return Ok(()) };
    let fields = if unique.target == "uq_domain_value" { &["dv_code"][..] } else { &["dvl_source_code", "dvl_target_code"] };
    let column = |i: usize| qualified("r", &relation.columns[i].name);
    let codes: Vec<String> = fields.iter().filter_map(|f| relation.field(f, &column)).collect();
    let sql = format!(
        "SELECT string_agg(code || ' (' || n || ' rows)', ', '), count(*) FROM (SELECT concat_ws(' -> ', {0}) AS code, count(*) AS n \
         FROM {source} AS r GROUP BY {0} HAVING count(*) > 1 ORDER BY 1 LIMIT 10) AS repeated",
        codes.join(", ")
    );
    let row = database.one("looking for repeated codes", &sql, &[]).await?;
    let found: Option<String> = row.get(0);
    match found {
        None => Ok(()),
        Some(codes) => Err(Error::Refused {
            message: format!("{} has repeated codes", relation.table),
            detail: Some(codes),
            hint: Some("mend the rows, or name the columns that make a code unique under [key] in the rule".into()),
        }),
    }
}
