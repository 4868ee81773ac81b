//! The improvement of a history that stays: `hst_id` and `hst_operation`, a primary key, an index on key and time. No step rewrites
//! the table or holds a strong lock for longer than a catalog change: columns come nullable and without a volatile default,
//! rows are numbered in batches, NOT NULL is proven by a constraint that was validated on the side, indexes are built
//! concurrently (PostgreSQL manual, ALTER TABLE, "Notes").

use crate::catalog::{Database, Table};
use crate::error::Result;
use crate::relation::Context;
use crate::rule::{Rule, Target};
use crate::sql::quote::{ident, literal, qualified};

use super::roles;

/// Rows numbered in one transaction.
const BATCH_ROWS: u32 = 10_000;
/// Whoever holds the table longer than this makes a step fail, and nobody wait: the steps before it stay done, and a second run goes on.
const LOCK_TIMEOUT: &str = "5s";

/// Improves one table. Every step may be run again; returns the steps that had something to do.
pub async fn run(database: &Database, context: &Context, rule: &Rule, table: &Table) -> Result<Vec<String>> {
    let name = qualified(&context.schema, &rule.table);
    let improvement = Improvement { database, context, rule, table, name };
    let mut steps = Vec::new();
    if table.column("hst_id").is_none() {
        improvement.columns().await?;
        steps.push("columns hst_id and hst_operation added".into());
    }
    let numbered = improvement.number().await?;
    if numbered > 0 {
        steps.push(format!("{numbered} rows numbered"));
    }
    if !table.keys.iter().any(|k| k.columns == ["hst_id"]) {
        steps.push(improvement.key().await?);
    }
    steps.extend(improvement.time_index().await?);
    Ok(steps)
}

struct Improvement<'i> {
    database: &'i Database,
    context: &'i Context,
    rule: &'i Rule,
    table: &'i Table,
    /// The table's name with its schema.
    name: String,
}

impl Improvement<'_> {
    fn sequence(&self) -> String {
        qualified(&self.context.schema, &format!("{}_hst_id_seq", self.rule.table))
    }

    /// Catalog changes that must be made together, or not at all.
    async fn alter(&self, context: &str, sql: &str) -> Result<()> {
        let sql = format!("SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'; {sql}");
        self.database.transaction(context, async |db| db.batch(context, &sql).await).await
    }

    /// The number comes from a sequence that everybody may draw from: whoever may insert a row, today or after a later GRANT, into
    /// the table or into some of its columns, must be able to. A row is the state before a change, as those of audit_log are.
    async fn columns(&self) -> Result<()> {
        let (name, sequence) = (&self.name, self.sequence());
        let context = format!("adding columns to {}", self.rule.table);
        let owner = "SELECT pg_get_userbyid(relowner)::text FROM pg_class WHERE oid = to_regclass($1)";
        let owner: String = self.database.one(&context, owner, &[name]).await?.get(0);
        let made = "SELECT to_regclass($1) IS NOT NULL";
        if !self.database.one(&context, made, &[&sequence]).await?.get::<_, bool>(0) {
            // A column can only own a sequence of its table's owner.
            self.database
                .transaction(&context, async |db| {
                    db.batch(&context, &format!("CREATE SEQUENCE {sequence}")).await?;
                    roles::give(db, &format!("SEQUENCE {sequence}"), &self.context.schema, &owner).await
                })
                .await?;
        }
        let sql = format!(
            "GRANT USAGE ON SEQUENCE {sequence} TO PUBLIC; \
             ALTER TABLE {name} ADD COLUMN hst_id bigint, ADD COLUMN IF NOT EXISTS hst_operation char(1) DEFAULT 'U'; \
             ALTER TABLE {name} ALTER COLUMN hst_id SET DEFAULT nextval({}); ALTER SEQUENCE {sequence} OWNED BY {name}.hst_id",
            literal(&sequence)
        );
        self.alter(&context, &sql).await
    }

    async fn number(&self) -> Result<u64> {
        let name = &self.name;
        let batch = format!(
            "UPDATE {name} SET hst_id = nextval({}) WHERE ctid = ANY (ARRAY(SELECT ctid FROM {name} WHERE hst_id IS NULL LIMIT {BATCH_ROWS}))",
            literal(&self.sequence())
        );
        let mut numbered = 0;
        loop {
            let rows = self.database.execute(&format!("numbering {}", self.rule.table), &batch, &[]).await?;
            numbered += rows;
            if rows == 0 {
                return Ok(numbered);
            }
        }
    }

    /// A primary key; beside one that the table has already, a unique constraint.
    async fn key(&self) -> Result<String> {
        let name = &self.name;
        let (kind, suffix) = if self.table.keys.iter().any(|k| k.primary) { ("UNIQUE", "key") } else { ("PRIMARY KEY", "pkey") };
        let (key, check) = (format!("{}_hst_{suffix}", self.rule.table), ident(&format!("{}_hst_id_set", self.rule.table)));
        let context = format!("making hst_id the key of {}", self.rule.table);
        let set = format!(
            "ALTER TABLE {name} DROP CONSTRAINT IF EXISTS {check}; \
             ALTER TABLE {name} ADD CONSTRAINT {check} CHECK (hst_id IS NOT NULL) NOT VALID"
        );
        self.alter(&context, &set).await?;
        self.alter(&context, &format!("ALTER TABLE {name} VALIDATE CONSTRAINT {check}")).await?;
        self.index(&context, &key, "UNIQUE INDEX", "hst_id").await?;
        // With the validated check, SET NOT NULL needs no scan.
        let take = format!(
            "ALTER TABLE {name} ALTER COLUMN hst_id SET NOT NULL; ALTER TABLE {name} DROP CONSTRAINT {check}; \
             ALTER TABLE {name} ADD CONSTRAINT {0} {kind} USING INDEX {0}",
            ident(&key)
        );
        self.alter(&context, &take).await?;
        Ok(format!("{} on hst_id", kind.to_lowercase()))
    }

    async fn time_index(&self) -> Result<Option<String>> {
        let Target::Retained(retained) = &self.rule.target else { return Ok(None) };
        let Some(time) = retained.time.as_ref().filter(|_| !self.rule.key.columns.is_empty()) else { return Ok(None) };
        let index = format!("{}_hst_time", self.rule.table);
        let columns: Vec<String> = self.rule.key.columns.iter().map(|c| ident(c)).collect();
        let columns = format!("{}, {} DESC", columns.join(", "), ident(time));
        let made = self.index(&format!("indexing {}", self.rule.table), &index, "INDEX", &columns).await?;
        Ok(made.then(|| format!("index {index}")))
    }

    /// Builds an index without a lock that stops writers. One that an interrupted run left behind is invalid and built anew. Neither
    /// statement can run in a block of several.
    async fn index(&self, context: &str, index: &str, kind: &str, columns: &str) -> Result<bool> {
        let full = qualified(&self.context.schema, index);
        let valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1)";
        match self.database.query(context, valid, &[&full]).await?.first().map(|r| r.get::<_, bool>(0)) {
            Some(true) => return Ok(false),
            Some(false) => self.database.batch(context, &format!("DROP INDEX CONCURRENTLY {full}")).await?,
            None => {}
        }
        let create = format!("CREATE {kind} CONCURRENTLY {} ON {} ({columns})", ident(index), self.name);
        self.database.batch(context, &create).await.map(|()| true)
    }
}
