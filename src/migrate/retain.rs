//! The improvement of a retained history: `hst_id` and `hst_operation`, a primary key, an index on key and time. No step rewrites the table or
//! holds a strong lock for longer than a catalog change: columns are nullable at first and have no volatile default, rows are numbered in batches,
//! NOT NULL is proven by a constraint validated beforehand, and indexes are built concurrently (PostgreSQL manual, ALTER TABLE, "Notes").
//!
//! In the end `hst_id` is GENERATED ALWAYS: an INSERT without a list of columns that has one value too many fails, as it did before, and does not
//! fill the new column in silence. An identity column cannot be added without rewriting the table, so until then the numbers come from a sequence.

use crate::catalog::{Database, Table};
use crate::error::Result;
use crate::relation::Context;
use crate::rule::{Rule, Target};
use crate::sql::quote::{ident, literal, qualified};

use super::roles;

/// Rows numbered in one transaction.
const BATCH_ROWS: u32 = 10_000;
/// If somebody holds the table longer than this, a step fails and nobody waits: the steps before it stay done, and a second run continues.
const LOCK_TIMEOUT: &str = "5s";

/// Improves one table. Every step may be repeated; returns the steps that had something to do.
pub async fn run(database: &Database, context: &Context, rule: &Rule, table: &Table) -> Result<Vec<String>> {
    let improvement = Improvement { database, context, rule, table, statements: Statements::new(context, rule) };
    let mut steps = Vec::new();
    if table.column("hst_id").is_none() {
        improvement.columns().await?;
        steps.push("columns hst_id and hst_operation added".into());
    }
    // With NOT NULL the sequence that numbers rows is gone.
    if !table.column("hst_id").is_some_and(|column| column.not_null) {
        steps.extend(improvement.number().await?);
    }
    if !table.keys.iter().any(|k| k.columns == ["hst_id"]) {
        steps.push(improvement.key().await?);
    }
    steps.extend(improvement.time_index().await?);
    Ok(steps)
}

/// The statements of an improvement, in order, as `--dry-run` prints them. Which of them have something to do is known only when they run.
pub fn script(context: &Context, rule: &Rule) -> String {
    let statements = Statements::new(context, rule);
    let kind = if rule.key.primary.is_empty() { IdKey::Primary } else { IdKey::Unique };
    let mut lines = vec![format!("CREATE SEQUENCE {}", statements.sequence), statements.columns(), statements.batch()];
    lines.extend(statements.not_null());
    lines.push(statements.index(&statements.key(kind), "UNIQUE INDEX", "hst_id"));
    lines.push(statements.take(kind));
    lines.extend(statements.time().map(|(index, columns)| statements.index(&index, "INDEX", &columns)));
    lines.into_iter().map(|line| format!("{line};\n")).collect()
}

/// The kind of constraint on `hst_id`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum IdKey {
    /// The primary key.
    Primary,
    /// Unique: the table has a primary key already.
    Unique,
}

/// The SQL of each step.
struct Statements<'s> {
    rule: &'s Rule,
    /// The table's name with its schema.
    name: String,
    /// Where the numbers come from until the column is an identity column, which has a sequence of its own.
    sequence: String,
    /// The constraint that proves NOT NULL beforehand.
    check: String,
}

impl<'s> Statements<'s> {
    fn new(context: &Context, rule: &'s Rule) -> Self {
        Statements {
            rule,
            name: qualified(&context.schema, &rule.table),
            sequence: qualified(&context.schema, &format!("{}_hst_number", rule.table)),
            check: ident(&format!("{}_hst_id_set", rule.table)),
        }
    }

    /// The number comes from a sequence that everybody may use: every role that may insert rows or some of their columns, now or after a later
    /// GRANT, needs it. As in audit_log, a row is the state before a change.
    fn columns(&self) -> String {
        let (name, sequence) = (&self.name, &self.sequence);
        format!(
            "GRANT USAGE ON SEQUENCE {sequence} TO PUBLIC; \
             ALTER TABLE {name} ADD COLUMN hst_id bigint, ADD COLUMN IF NOT EXISTS hst_operation char(1) DEFAULT 'U'; \
             ALTER TABLE {name} ALTER COLUMN hst_id SET DEFAULT nextval({}); ALTER SEQUENCE {sequence} OWNED BY {name}.hst_id",
            literal(sequence)
        )
    }

    /// Numbers a batch of rows; repeated until none is without a number.
    fn batch(&self) -> String {
        let name = &self.name;
        format!(
            "UPDATE {name} SET hst_id = nextval({}) WHERE ctid = ANY (ARRAY(SELECT ctid FROM {name} WHERE hst_id IS NULL LIMIT {BATCH_ROWS}))",
            literal(&self.sequence)
        )
    }

    /// NOT NULL is required of new rows first, and then proven for the others while the table is in use.
    fn not_null(&self) -> [String; 2] {
        let (name, check) = (&self.name, &self.check);
        [
            format!(
                "ALTER TABLE {name} DROP CONSTRAINT IF EXISTS {check}; \
                 ALTER TABLE {name} ADD CONSTRAINT {check} CHECK (hst_id IS NOT NULL) NOT VALID"
            ),
            format!("ALTER TABLE {name} VALIDATE CONSTRAINT {check}"),
        ]
    }

    fn key(&self, kind: IdKey) -> String {
        format!("{}_hst_{}", self.rule.table, if kind == IdKey::Primary { "pkey" } else { "key" })
    }

    /// With the validated check, SET NOT NULL needs no scan. The identity's own sequence continues where the other one ended: nobody takes a
    /// number meanwhile, because nobody can insert a row.
    fn take(&self, kind: IdKey) -> String {
        let (name, sequence) = (&self.name, &self.sequence);
        format!(
            "{}; ALTER TABLE {name} ALTER COLUMN hst_id DROP DEFAULT; ALTER SEQUENCE {sequence} OWNED BY NONE; \
             ALTER TABLE {name} ALTER COLUMN hst_id ADD GENERATED ALWAYS AS IDENTITY; \
             SELECT setval(pg_get_serial_sequence({}, 'hst_id'), nextval({}), false); DROP SEQUENCE {sequence}",
            self.constrain(kind),
            literal(name),
            literal(sequence),
        )
    }

    /// The key alone, where the column has its identity and has lost its key.
    fn constrain(&self, kind: IdKey) -> String {
        let (name, check, key) = (&self.name, &self.check, ident(&self.key(kind)));
        let kind = if kind == IdKey::Primary { "PRIMARY KEY" } else { "UNIQUE" };
        format!(
            "ALTER TABLE {name} ALTER COLUMN hst_id SET NOT NULL; ALTER TABLE {name} DROP CONSTRAINT {check}; \
             ALTER TABLE {name} ADD CONSTRAINT {key} {kind} USING INDEX {key}"
        )
    }

    /// The index on key and time, where the rule knows both.
    fn time(&self) -> Option<(String, String)> {
        let Target::Retained(retained) = &self.rule.target else { return None };
        let time = retained.time.as_ref().filter(|_| !self.rule.key.columns.is_empty())?;
        let columns: Vec<String> = self.rule.key.columns.iter().map(|c| ident(c)).collect();
        Some((format!("{}_hst_time", self.rule.table), format!("{}, {} DESC", columns.join(", "), ident(time))))
    }

    fn index(&self, index: &str, kind: &str, columns: &str) -> String {
        format!("CREATE {kind} CONCURRENTLY {} ON {} ({columns})", ident(index), self.name)
    }
}

struct Improvement<'i> {
    database: &'i Database,
    context: &'i Context,
    rule: &'i Rule,
    table: &'i Table,
    statements: Statements<'i>,
}

impl Improvement<'_> {
    /// Catalog changes that must be made together or not at all.
    async fn alter(&self, context: &str, sql: &str) -> Result<()> {
        let sql = format!("SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'; {sql}");
        self.database.transaction(context, async |db| db.batch(context, &sql).await).await
    }

    async fn columns(&self) -> Result<()> {
        let (name, sequence) = (&self.statements.name, &self.statements.sequence);
        let context = format!("adding columns to {}", self.rule.table);
        let owner = "SELECT pg_get_userbyid(relowner)::text FROM pg_class WHERE oid = to_regclass($1)";
        let owner: String = self.database.one(&context, owner, &[name]).await?.get(0);
        let made = "SELECT to_regclass($1) IS NOT NULL";
        if !self.database.one(&context, made, &[sequence]).await?.get::<_, bool>(0) {
            // A sequence owned by a column must have the owner of its table.
            self.database
                .transaction(&context, async |db| {
                    db.batch(&context, &format!("CREATE SEQUENCE {sequence}")).await?;
                    roles::give(db, &[(format!("SEQUENCE {sequence}"), &self.context.schema)], &owner).await
                })
                .await?;
        }
        self.alter(&context, &self.statements.columns()).await
    }

    /// Numbers the rows that have none; what is told of it, if there were any.
    async fn number(&self) -> Result<Option<String>> {
        let (batch, context) = (self.statements.batch(), format!("numbering {}", self.rule.table));
        let mut numbered = 0;
        loop {
            let rows = self.database.execute(&context, &batch, &[]).await?;
            // A rehearsal would find rows for ever.
            if self.database.is_rehearsal() {
                return self.to_number(&context).await;
            }
            numbered += rows;
            if rows == 0 {
                return Ok((numbered > 0).then(|| format!("{numbered} rows numbered")));
            }
        }
    }

    /// The same of a rehearsal, in which no row has got its number. A run does not count them before, so that is no part of what is told.
    async fn to_number(&self, context: &str) -> Result<Option<String>> {
        let lacking = match self.table.column("hst_id") {
            Some(_) => " WHERE hst_id IS NULL",
            None => "",
        };
        let sql = format!("SELECT count(*) FROM {}{lacking}", self.statements.name);
        let rows: i64 = self.database.apart().await?.one(context, &sql, &[]).await?.get(0);
        Ok((rows > 0).then(|| format!("{rows} rows numbered")))
    }

    /// A primary key; beside one that the table has already, a unique constraint.
    async fn key(&self) -> Result<String> {
        let kind = if self.table.keys.iter().any(|k| k.primary) { IdKey::Unique } else { IdKey::Primary };
        let context = format!("making hst_id the key of {}", self.rule.table);
        for statement in self.statements.not_null() {
            self.alter(&context, &statement).await?;
        }
        self.index(&context, &self.statements.key(kind), "UNIQUE INDEX", "hst_id").await?;
        let has_identity = self.table.column("hst_id").is_some_and(|column| column.not_null);
        let sql = if has_identity { self.statements.constrain(kind) } else { self.statements.take(kind) };
        self.alter(&context, &sql).await?;
        Ok(if kind == IdKey::Primary { "primary key on hst_id" } else { "unique on hst_id" }.to_owned())
    }

    async fn time_index(&self) -> Result<Option<String>> {
        let Some((index, columns)) = self.statements.time() else { return Ok(None) };
        let made = self.index(&format!("indexing {}", self.rule.table), &index, "INDEX", &columns).await?;
        Ok(made.then(|| format!("index {index}")))
    }

    /// Builds an index without a lock that blocks writers. One that an interrupted run left behind is invalid, and built again. Neither statement
    /// can run in a batch of several.
    async fn index(&self, context: &str, index: &str, kind: &str, columns: &str) -> Result<bool> {
        let full = qualified(&self.context.schema, index);
        let valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1)";
        match self.database.query(context, valid, &[&full]).await?.first().map(|r| r.get::<_, bool>(0)) {
            Some(true) => return Ok(false),
            Some(false) => self.database.batch(context, &format!("DROP INDEX CONCURRENTLY {full}")).await?,
            None => {}
        }
        self.database.batch(context, &self.statements.index(index, kind, columns)).await.map(|()| true)
    }
}
