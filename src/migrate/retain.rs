//! The improvement of a history that stays: `hst_id` and `hst_operation`, a primary key, an index on key and time. No step rewrites
//! the table or holds a strong lock for longer than a catalog change: columns come nullable and without a volatile default,
//! rows are numbered in batches, NOT NULL is proven by a constraint that was validated on the side, indexes are built
//! concurrently (PostgreSQL manual, ALTER TABLE, "Notes").

use crate::catalog::{Database, Table};
use crate::error::Result;
use crate::relation::Context;
use crate::rule::{Rule, Target};
use crate::sql::quote::{ident, literal, qualified};

/// Rows numbered in one transaction.
const BATCH_ROWS: u32 = 10_000;

/// Improves one table. Every step may be run again; returns the steps that had something to do.
pub async fn run(database: &Database, context: &Context, rule: &Rule, table: &Table) -> Result<Vec<String>> {
    let name = qualified(&context.schema, &rule.table);
    let mut steps = Vec::new();
    let sequence = format!("{}_hst_id_seq", rule.table);
    if table.column("hst_id").is_none() {
        let sql = format!(
            "SET lock_timeout = '5s'; BEGIN; \
             CREATE SEQUENCE IF NOT EXISTS {seq}; \
             ALTER TABLE {name} ADD COLUMN IF NOT EXISTS hst_id bigint, ADD COLUMN IF NOT EXISTS hst_operation char(1); \
             ALTER TABLE {name} ALTER COLUMN hst_id SET DEFAULT nextval({seq_name}); \
             ALTER SEQUENCE {seq} OWNED BY {name}.hst_id; COMMIT",
            seq = qualified(&context.schema, &sequence),
            seq_name = literal(&qualified(&context.schema, &sequence)),
        );
        database.batch(&format!("adding columns to {}", rule.table), &sql).await?;
        grant_sequence(database, &name, &qualified(&context.schema, &sequence)).await?;
        steps.push("columns hst_id and hst_operation added".into());
    }
    let batch = format!(
        "UPDATE {name} SET hst_id = nextval({}), hst_operation = coalesce(hst_operation, 'U') \
         WHERE ctid = ANY (ARRAY(SELECT ctid FROM {name} WHERE hst_id IS NULL LIMIT {BATCH_ROWS}))",
        literal(&qualified(&context.schema, &sequence))
    );
    let mut numbered = 0;
    loop {
        let rows = database.execute(&format!("numbering {}", rule.table), &batch, &[]).await?;
        numbered += rows;
        if rows == 0 {
            break;
        }
    }
    if numbered > 0 {
        steps.push(format!("{numbered} rows numbered"));
    }
    if !table.keys.iter().any(|k| k.columns == ["hst_id"]) {
        primary_key(database, context, rule, &name).await?;
        steps.push("primary key on hst_id".into());
    }
    if let Some(index) = time_index(database, context, rule, &name).await? {
        steps.push(index);
    }
    Ok(steps)
}

/// Whoever may insert into the table draws a number from its sequence with every row.
async fn grant_sequence(database: &Database, table: &str, sequence: &str) -> Result<()> {
    let sql = format!(
        "SELECT DISTINCT CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END
         FROM pg_class c, aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) AS a
         WHERE c.oid = {}::regclass AND a.privilege_type = 'INSERT'",
        literal(table)
    );
    for grantee in database.text("reading grants", &sql).await?.into_iter().flatten().flatten() {
        database.batch("granting the sequence", &format!("GRANT USAGE ON SEQUENCE {sequence} TO {grantee}")).await?;
    }
    Ok(())
}

async fn primary_key(database: &Database, context: &Context, rule: &Rule, name: &str) -> Result<()> {
    let (key, check) = (format!("{}_hst_pkey", rule.table), ident(&format!("{}_hst_id_set", rule.table)));
    let context_line = format!("making hst_id the key of {}", rule.table);
    // CONCURRENTLY cannot run in a block of statements: each goes alone.
    for sql in [
        format!("ALTER TABLE {name} DROP CONSTRAINT IF EXISTS {check}"),
        format!("ALTER TABLE {name} ADD CONSTRAINT {check} CHECK (hst_id IS NOT NULL) NOT VALID"),
        format!("ALTER TABLE {name} VALIDATE CONSTRAINT {check}"),
        format!("DROP INDEX CONCURRENTLY IF EXISTS {}", qualified(&context.schema, &key)),
        format!("CREATE UNIQUE INDEX CONCURRENTLY {} ON {name} (hst_id)", ident(&key)),
        // With the validated check, SET NOT NULL needs no scan.
        format!("ALTER TABLE {name} ALTER COLUMN hst_id SET NOT NULL"),
        format!("ALTER TABLE {name} DROP CONSTRAINT {check}"),
        format!("ALTER TABLE {name} ADD CONSTRAINT {0} PRIMARY KEY USING INDEX {0}", ident(&key)),
    ] {
        database.batch(&context_line, &sql).await?;
    }
    Ok(())
}

async fn time_index(database: &Database, context: &Context, rule: &Rule, name: &str) -> Result<Option<String>> {
    let Target::Retained(retained) = &rule.target else { return Ok(None) };
    let Some(time) = &retained.time else { return Ok(None) };
    if rule.key.columns.is_empty() {
        return Ok(None);
    }
    let index = format!("{}_hst_time", rule.table);
    let sql = "SELECT to_regclass($1)::text";
    let there: Option<String> = database.one("looking for the index", sql, &[&qualified(&context.schema, &index)]).await?.get(0);
    if there.is_some() {
        return Ok(None);
    }
    let columns: Vec<String> = rule.key.columns.iter().map(|c| ident(c)).collect();
    let sql = format!("CREATE INDEX CONCURRENTLY {} ON {name} ({}, {} DESC)", ident(&index), columns.join(", "), ident(time));
    database.batch(&format!("indexing {}", rule.table), &sql).await?;
    Ok(Some(format!("index {index}")))
}
