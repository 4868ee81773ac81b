//! pg_partman: whether it can create the months ahead, and its registration. If it cannot be used, `schema apply` creates them, and says why.

use crate::catalog::Database;
use crate::config::Partman;
use crate::error::Result;
use crate::relation::Context;
use crate::relation::target::LIVE_TIME;
use crate::sql::quote::literal;

use super::partition::{LIVE, Partitioner};

/// Its version, or why it cannot be used. It is not a trusted extension: only a superuser can install it, and using it takes rights on its tables,
/// which `esclusa roles` grants.
pub(super) async fn usable(database: &Database, context: &Context) -> Result<std::result::Result<String, String>> {
    if context.partman == Partman::Never {
        return Ok(Err("audit.partman is never".to_owned()));
    }
    let installed = "SELECT extversion, coalesce(has_schema_privilege(extnamespace, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') \
             AND has_table_privilege(c.oid, 'INSERT') AND has_table_privilege(c.oid, 'UPDATE'), false) \
         FROM pg_extension LEFT JOIN pg_class AS c ON c.relnamespace = extnamespace AND c.relname = 'part_config' WHERE extname = 'pg_partman'";
    if let Some(row) = database.query("looking for pg_partman", installed, &[]).await?.first() {
        let unusable = || "the control role has no rights on pg_partman's tables".to_owned();
        return Ok(if row.get(1) { Ok(row.get(0)) } else { Err(unusable()) });
    }
    let available = "SELECT (SELECT default_version FROM pg_available_extensions WHERE name = 'pg_partman'), \
         (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)";
    let row = database.one("looking for pg_partman", available, &[]).await?;
    Ok(match (row.get::<_, Option<String>>(0), row.get(1)) {
        (Some(version), true) => Ok(version),
        (Some(_), false) => Err("pg_partman is not installed in this database, and only a superuser can install it".to_owned()),
        (None, _) => Err("this server has no pg_partman".to_owned()),
    })
}

/// Hands the finished partition set to pg_partman, which creates the months ahead from then on.
pub(super) async fn register(db: &Database, context: &Context, partitioner: Partitioner, months: usize) -> Result<()> {
    let there = "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_partman')";
    if !db.one("looking for pg_partman", there, &[]).await?.get::<_, bool>(0) {
        let install = "CREATE SCHEMA IF NOT EXISTS partman; CREATE EXTENSION pg_partman SCHEMA partman";
        db.batch("installing pg_partman", install).await?;
    }
    let found = "SELECT extnamespace::regnamespace::text FROM pg_extension WHERE extname = 'pg_partman'";
    let found = db.text("finding pg_partman", found).await?.into_iter().flatten().flatten().next();
    let parent = format!("{}.{LIVE}", context.schema);
    let schema = found.clone().unwrap_or_else(|| "partman".to_owned());
    let registered = format!("SELECT count(*) FROM {schema}.part_config WHERE parent_table = {}", literal(&parent));
    // In a rehearsal, it may not be installed.
    let is_registered = match found {
        Some(_) => db.one("asking pg_partman", &registered, &[]).await?.get::<_, i64>(0) > 0,
        None => false,
    };
    if is_registered {
        return Ok(());
    }
    // create_parent() would make partitions of its own; the set is complete already, so it is registered as it stands.
    let (kind, columns, values) = match partitioner {
        Partitioner::Partman4 => ("native", ", datetime_string", ", 'YYYY_MM'"),
        _ => ("range", ", datetime_string", ", 'YYYY_MM'"),
    };
    let sql = format!(
        "INSERT INTO {schema}.part_config (parent_table, control, partition_type, partition_interval, premake, \
         automatic_maintenance, infinite_time_partitions{columns}) \
         VALUES ({}, '{LIVE_TIME}', '{kind}', '1 mon', {months}, 'on', true{values})",
        literal(&parent)
    );
    db.batch("registering audit_log_live with pg_partman", &sql).await
}
