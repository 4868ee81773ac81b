//! Creates the monthly partitions for what the audit trigger records, ahead of time. PostgreSQL refuses a partition while DEFAULT has rows of it,
//! so rows of a missing month are first moved out of DEFAULT, in the same transaction.

use crate::catalog::Database;
use crate::error::Result;
use crate::relation::Context;
use crate::relation::target::{AUDIT_LOG, LIVE_TIME};
use crate::sql::quote::{literal, qualified};

use super::partition::{LIVE, Partition};

/// The partition of rows without a month's partition.
pub const DEFAULT: &str = "audit_log_default";

/// The SQL that creates all of them, where none exists yet.
pub fn creation(context: &Context, partitions: &[Partition]) -> String {
    let month = |p: &Partition| partition_of(context, p);
    partitions.iter().map(month).collect::<String>() + &default_of(context)
}

fn partition_of(context: &Context, partition: &Partition) -> String {
    format!(
        "CREATE TABLE {} PARTITION OF {} FOR VALUES FROM ({}) TO ({});\n",
        qualified(&context.schema, &partition.name),
        qualified(&context.schema, LIVE),
        partition.from,
        partition.to
    )
}

fn default_of(context: &Context) -> String {
    format!("CREATE TABLE {} PARTITION OF {} DEFAULT;\n", qualified(&context.schema, DEFAULT), qualified(&context.schema, LIVE))
}

/// Creates the missing ones, in the caller's transaction. A detached one is attached again; rows of a missing month are moved from DEFAULT.
pub async fn make(db: &Database, context: &Context, partitions: &[Partition]) -> Result<()> {
    let parent = qualified(&context.schema, LIVE);
    if !is_part(db, context, AUDIT_LOG.table, LIVE).await? {
        let attach =
            format!("ALTER TABLE {} ATTACH PARTITION {parent} FOR VALUES IN ('')", qualified(&context.schema, AUDIT_LOG.table));
        db.batch("attaching the captured rows", &attach).await?;
    }
    let default = qualified(&context.schema, DEFAULT);
    let has_default = is_part(db, context, LIVE, DEFAULT).await?;
    for partition in partitions {
        if is_part(db, context, LIVE, &partition.name).await? {
            continue;
        }
        let name = qualified(&context.schema, &partition.name);
        let making = format!("making {}", partition.name);
        let within = format!("{LIVE_TIME} >= {} AND {LIVE_TIME} < {}", partition.from, partition.to);
        let stray = format!("SELECT EXISTS (SELECT FROM {default} WHERE {within})");
        let stray = has_default && db.one(&making, &stray, &[]).await?.get::<_, bool>(0);
        let detached = exists(db, &name).await?;
        if !stray && !detached {
            db.batch(&making, &partition_of(context, partition)).await?;
            continue;
        }
        if !detached {
            let like = format!(
                "CREATE TABLE {name} (LIKE {parent} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE INCLUDING COMPRESSION)"
            );
            db.batch(&making, &like).await?;
        }
        if stray {
            let columns = AUDIT_LOG.columns.join(", ");
            let moving = format!(
                "LOCK TABLE {default} IN ACCESS EXCLUSIVE MODE; \
                 WITH moved AS (DELETE FROM {default} WHERE {within} RETURNING {columns}) INSERT INTO {name} ({columns}) SELECT {columns} FROM moved"
            );
            db.batch(&making, &moving).await?;
        }
        let attach =
            format!("ALTER TABLE {parent} ATTACH PARTITION {name} FOR VALUES FROM ({}) TO ({})", partition.from, partition.to);
        db.batch(&making, &attach).await?;
    }
    if !has_default {
        let sql = match exists(db, &default).await? {
            true => format!("ALTER TABLE {parent} ATTACH PARTITION {default} DEFAULT"),
            false => default_of(context),
        };
        db.batch("making the default partition", &sql).await?;
    }
    Ok(())
}

async fn is_part(db: &Database, context: &Context, parent: &str, name: &str) -> Result<bool> {
    let sql = format!(
        "SELECT EXISTS (SELECT FROM pg_inherits WHERE inhparent = to_regclass({}) AND inhrelid = to_regclass({}))",
        literal(&qualified(&context.schema, parent)),
        literal(&qualified(&context.schema, name))
    );
    Ok(db.one("looking for a partition", &sql, &[]).await?.get(0))
}

async fn exists(db: &Database, name: &str) -> Result<bool> {
    Ok(db.one("looking for a table", "SELECT to_regclass($1) IS NOT NULL", &[&name]).await?.get(0))
}

/// The number of rows without a month's partition.
pub async fn strays(db: &Database, context: &Context) -> Result<i64> {
    let default = qualified(&context.schema, DEFAULT);
    if !exists(db, &default).await? {
        return Ok(0);
    }
    Ok(db.one("watching the default partition", &format!("SELECT count(*) FROM {default}"), &[]).await?.get(0))
}
