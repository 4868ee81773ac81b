//! Finders: for each history a function that yields its rows by key text. Its plan is made once a session, and names only the
//! partitions that can hold rows of the table, so that a statement that is planned anew each time does not pay for all the others.

use std::collections::HashSet;

use crate::catalog::Database;
use crate::error::Result;
use crate::relation::Relation;

use super::CONTROL;

/// Makes the finder of a history that has just been moved.
pub async fn create(database: &Database, relation: &Relation) -> Result<()> {
    if !relation.has_finder() {
        return Ok(());
    }
    let sql = format!(
        "INSERT INTO {CONTROL}.finder (legacy_table, query, row_filter) VALUES ($1, $2, $3) \
         ON CONFLICT (legacy_table) DO UPDATE SET query = excluded.query, row_filter = excluded.row_filter"
    );
    let (query, filter) = (relation.select_found(), relation.filter(None));
    database.execute("storing the finder", &sql, &[&relation.table, &query, &filter]).await?;
    database.execute("making the finder", &format!("SELECT {CONTROL}.refresh_finder($1)"), &[&relation.table]).await?;
    Ok(())
}

/// Makes the finders anew that do not reach far enough any more; how many.
pub async fn refresh(database: &Database) -> Result<i64> {
    let sql = format!("SELECT {CONTROL}.refresh_finders()");
    Ok(database.one("making finders anew", &sql, &[]).await?.get(0))
}

/// The tables whose finders are there.
pub async fn known(database: &Database) -> Result<HashSet<String>> {
    let sql = "SELECT substr(proname, 6) FROM pg_proc WHERE pronamespace = to_regnamespace($1) AND proname LIKE 'find\\_%' \
               AND oidvectortypes(proargtypes) = 'text' \
               INTERSECT SELECT substr(proname, 7) FROM pg_proc WHERE pronamespace = to_regnamespace($1) AND proname LIKE 'image\\_%' \
               AND oidvectortypes(proargtypes) = 'text'";
    let rows = database.query("looking for finders", sql, &[&CONTROL]).await?;
    Ok(rows.iter().map(|r| r.get::<_, String>(0)).collect())
}
