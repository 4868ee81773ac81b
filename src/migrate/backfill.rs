//! Moves the rows of one legacy table into its leaf, in the order of the heap.

use crate::catalog::Database;
use crate::error::{Error, Result};
use crate::relation::Relation;
use crate::sql::quote::qualified;
use crate::sql::template::Sql;

/// A scan of a whole table begins at its first block, and not where another one is: the rows come in the order of the heap, without being sorted.
const IN_ORDER: &str = "SET LOCAL synchronize_seqscans = off";

/// What moves all rows, in a transaction. `source` is the legacy table, in whatever schema it is now.
pub fn script(relation: &Relation, source: &str) -> String {
    format!("{IN_ORDER};\n{};", statement(relation, source))
}

fn statement(relation: &Relation, source: &str) -> String {
    let (columns, values): (Vec<&str>, Vec<String>) = relation.copy("r").into_iter().unzip();
    format!(
        "INSERT INTO {} ({})\nSELECT {}\nFROM ONLY {source} AS r",
        relation.rows(),
        columns.join(", "),
        values.join(",\n       ")
    )
}

/// Runs it; the caller holds the lock and the transaction.
pub async fn run(database: &Database, relation: &Relation, source: &str) -> Result<u64> {
    refuse_repeated_keys(database, relation, source).await?;
    let context = format!("moving {}", relation.table);
    database.batch(&context, IN_ORDER).await?;
    database.execute(&context, &statement(relation, source), &[]).await
}

/// Refuses a look-up with repeated codes: which of two rows to drop is the DBA's decision.
async fn refuse_repeated_keys(database: &Database, relation: &Relation, source: &str) -> Result<()> {
    let Some(target) = relation.target().filter(|t| !t.unique.is_empty()) else { return Ok(()) };
    let row = |i: usize| Sql::text(qualified("r", &relation.columns[i].name));
    let depends = |name: &&&str| relation.field(name).is_some_and(|value| !value.columns().is_empty());
    let codes = target.unique.iter().filter(depends).filter_map(|name| Some(relation.field(name)?.fill(row).render()));
    let sql = format!(
        "SELECT string_agg(code || ' (' || n || ' rows)', ', '), count(*) FROM (SELECT concat_ws(' -> ', {0}) AS code, count(*) AS n \
         FROM {source} AS r GROUP BY {0} HAVING count(*) > 1 ORDER BY 1 LIMIT 10) AS repeated",
        codes.collect::<Vec<_>>().join(", ")
    );
    let row = database.one("looking for repeated codes", &sql, &[]).await?;
    let found: Option<String> = row.get(0);
    match found {
        None => Ok(()),
        Some(codes) => Err(Error::Refused {
            message: format!("{} has repeated codes", relation.table),
            detail: Some(codes),
            hint: Some("correct the rows, or name the columns that make a code unique under [key] in the rule".into()),
        }),
    }
}
