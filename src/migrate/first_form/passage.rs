//! Converts a database of the first form, in which all histories share the months of audit_log and all look-ups one table, into the second form:
//! every moved table gets its leaf. It is one transaction, with proof: a table's view shows the same rows before and after, every stored row keeps
//! all its recorded columns, and where the legacy table still exists and nothing has been written since, parity holds. Only then are the old tables
//! dropped.

use crate::catalog::{Catalog, Database};
use crate::error::{Error, Result};
use crate::relation::target::{self, AUDIT_LOG, Target};
use crate::relation::{CONTROL, Context, Relation};
use crate::rule::{Rule, RuleSet};
use crate::sql::quote::{ident, literal, qualified};
use crate::sql::template::Sql;
use crate::table::{ColumnType, Table};

use super::super::partition::LIVE;
use super::super::{ARCHIVE, PINNED, capture, leaf, object, schema, view};
use super::proof;

/// The schema of the old tables within the transaction.
const ASIDE: &str = "esclusa_first";
const LOCK_TIMEOUT: &str = "5s";

/// Converts the database. One row per moved table, with its number of rows and notes for the reader.
pub async fn bring_over(database: &Database, context: &Context, rules: &RuleSet) -> Result<Table> {
    database.batch("pinning the session", PINNED).await?;
    database
        .transaction("converting the first form", async |db| {
            let passage = Passage { db, context, rules };
            let moved = passage.moved().await?;
            passage.refuse_what_would_be_lost(&moved).await?;
            passage.step_aside(&moved).await?;
            schema::build_anew(db, context).await?;
            passage.number_on().await?;
            passage.captured_rows().await?;
            let mut done = Table::new(&[("object", ColumnType::Text), ("state", ColumnType::Text)]);
            for (_, relation) in &moved {
                let state = passage.table(relation).await?;
                done.push(vec![format!("table {}", relation.table).into(), state.into()]);
            }
            passage.attach(&moved).await?;
            passage.record(&moved).await?;
            passage.drop_the_old(&moved).await?;
            Ok(done)
        })
        .await
}

struct Passage<'p> {
    db: &'p Database,
    context: &'p Context,
    rules: &'p RuleSet,
}

impl Passage<'_> {
    async fn list(&self, context: &str, sql: &str) -> Result<Vec<String>> {
        Ok(self.db.text(context, sql).await?.into_iter().flatten().flatten().collect())
    }

    /// The tables that were moved, and were not brought back since.
    async fn moved(&self) -> Result<Vec<(Rule, Relation)>> {
        let sql = format!(
            "SELECT DISTINCT legacy_table FROM {CONTROL}.run_table WHERE step = 'migrate' AND NOT EXISTS (SELECT FROM pg_class \
             WHERE relname = legacy_table AND relnamespace = to_regnamespace({}) AND relkind IN ('r', 'p', 'f')) ORDER BY 1",
            literal(&ident(&self.context.schema))
        );
        let tables = self.list("reading the ledger", &sql).await?;
        let missing: Vec<&str> = tables.iter().filter(|t| !self.rules.rules.contains_key(*t)).map(String::as_str).collect();
        if !missing.is_empty() {
            return Err(Error::Refused {
                message: "there are no rules for tables that were moved".into(),
                detail: Some(missing.join(", ")),
                hint: Some("a leaf is built by its rule: restore the rule files by which they were moved".into()),
            });
        }
        let rules = tables.iter().filter_map(|t| self.rules.rules.get(t));
        Ok(rules.map(|rule| (rule.clone(), Relation::compile(rule, self.context))).collect())
    }

    /// Refuses where rows of no moved table, or other objects that read or refer to the old tables, would be lost with them.
    async fn refuse_what_would_be_lost(&self, moved: &[(Rule, Relation)]) -> Result<()> {
        let names = target::ALL.map(|t| qualified(&self.context.schema, t.table)).join(", ");
        let lock = format!("SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'; LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE");
        self.db.batch("locking the old tables", &lock).await?;
        let mut lost = Vec::new();
        for target in target::ALL {
            let values: Vec<String> = moved
                .iter()
                .filter_map(|(_, r)| r.home.as_ref())
                .filter(|h| h.target.table == target.table)
                .map(|h| literal(&h.value))
                .collect();
            let sql = format!(
                "SELECT format('%s rows of %s in {}', count(*), {1}) FROM {2} WHERE {1} <> ALL (ARRAY[{3}]::text[]) GROUP BY {1}",
                target.table,
                target.discriminator,
                qualified(&self.context.schema, target.table),
                values.join(", ")
            );
            lost.extend(self.list("looking for rows of no moved table", &sql).await?);
        }
        let own: Vec<String> = moved.iter().map(|(_, r)| literal(&r.table)).collect();
        let old = target::ALL.map(|t| format!("{}::regclass", literal(&qualified(&self.context.schema, t.table)))).join(", ");
        let sql = format!(
            "WITH old(oid) AS (SELECT relid FROM unnest(ARRAY[{old}]) AS r(o), pg_partition_tree(o) \
               UNION SELECT unnest(ARRAY[{old}])::oid) \
             SELECT DISTINCT pg_describe_object('pg_class'::regclass, r.ev_class, 0) FROM pg_depend AS d JOIN pg_rewrite AS r ON r.oid = d.objid \
             JOIN pg_class AS c ON c.oid = r.ev_class JOIN pg_namespace AS n ON n.oid = c.relnamespace \
             WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid IN (SELECT oid FROM old) \
               AND NOT (n.nspname IN ({0}, {1}) AND c.relname = ANY (ARRAY[{2}]::text[])) \
             UNION SELECT pg_describe_object('pg_constraint'::regclass, oid, 0) FROM pg_constraint WHERE contype = 'f' AND confrelid IN (SELECT oid FROM old)",
            literal(&self.context.schema),
            literal(CONTROL),
            own.join(", ")
        );
        lost.extend(self.list("looking for what reads the old tables", &sql).await?);
        if lost.is_empty() {
            return Ok(());
        }
        Err(Error::Refused {
            message: "the old tables have rows or dependents that belong to no moved table".into(),
            detail: Some(lost.join("; ")),
            hint: Some("save and remove them, run this again, and recreate them on the new tables".into()),
        })
    }

    /// Saves what each view shows, and renames the old tables so that the new ones can be created.
    async fn step_aside(&self, moved: &[(Rule, Relation)]) -> Result<()> {
        self.db.batch("making room", &format!("CREATE SCHEMA {ASIDE}")).await?;
        for (_, relation) in moved {
            let sql = format!("CREATE TABLE {} AS SELECT * FROM {}", shown(relation), relation.view());
            self.db.batch(&format!("keeping what {} shows", relation.table), &sql).await?;
        }
        let tables: Vec<String> = target::ALL.iter().map(|t| literal(&qualified(&self.context.schema, t.table))).collect();
        let sql = format!(
            "SELECT format('ALTER TABLE %s SET SCHEMA {ASIDE}', relid) FROM unnest(ARRAY[{0}]::regclass[]) AS r(o), pg_partition_tree(o) \
             UNION ALL SELECT format('ALTER TABLE %s SET SCHEMA {ASIDE}', o) FROM unnest(ARRAY[{0}]::regclass[]) AS r(o) \
             WHERE (SELECT relkind FROM pg_class WHERE oid = o) = 'r'",
            tables.join(", ")
        );
        for step in self.list("moving the old tables aside", &sql).await? {
            self.db.batch("moving the old tables aside", &step).await?;
        }
        let ledger = format!(
            "ALTER TABLE {CONTROL}.run_table DROP CONSTRAINT IF EXISTS run_table_pkey, ADD COLUMN number bigint GENERATED ALWAYS AS IDENTITY, \
             ADD COLUMN state text, ADD COLUMN detail text, ADD COLUMN previous bytea, ADD COLUMN hash bytea"
        );
        self.db.batch("giving the ledger its columns", &ledger).await?;
        self.forget_in_partman().await
    }

    /// pg_partman manages one partition set from now on: that of the captured rows.
    async fn forget_in_partman(&self) -> Result<()> {
        let sql = "SELECT format('DELETE FROM %I.part_config WHERE parent_table = %L', nspname, $1::text) FROM pg_extension JOIN pg_namespace AS n ON n.oid = extnamespace \
                   WHERE extname = 'pg_partman'";
        let parent = format!("{}.{}", self.context.schema, AUDIT_LOG.table);
        if let Some(row) = self.db.query("asking pg_partman", sql, &[&parent]).await?.first() {
            self.db.batch("telling pg_partman", &row.get::<_, String>(0)).await?;
        }
        Ok(())
    }

    /// New rows are numbered after the old ones.
    async fn number_on(&self) -> Result<()> {
        for target in target::ALL {
            let Some(sequence) = target.sequence else { continue };
            let sequence = literal(&qualified(&self.context.schema, sequence));
            let column = format!(
                "SELECT quote_ident(attname) FROM pg_attrdef AS e JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum \
                 JOIN pg_depend AS d ON d.classid = 'pg_attrdef'::regclass AND d.objid = e.oid AND d.refobjid = {sequence}::regclass \
                 WHERE adrelid = {}::regclass",
                literal(&qualified(&self.context.schema, target.table))
            );
            let old_columns = self.old_columns(target).await?;
            for column in self.list("numbering on", &column).await?.into_iter().filter(|c| old_columns.contains(c)) {
                let sql =
                    format!("SELECT setval({sequence}, (SELECT coalesce(max({column}), 0) + 1 FROM {}), false)", old(target));
                self.db.batch("numbering on", &sql).await?;
            }
        }
        Ok(())
    }

    async fn old_columns(&self, target: &Target) -> Result<Vec<String>> {
        let sql = format!(
            "SELECT attname FROM pg_attribute WHERE attrelid = {}::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
            literal(&old(target))
        );
        self.list("reading the old columns", &sql).await
    }

    /// Moves what the audit trigger has recorded into the months.
    async fn captured_rows(&self) -> Result<()> {
        let there = self.old_columns(&AUDIT_LOG).await?;
        let columns: Vec<&str> = AUDIT_LOG.columns.iter().copied().filter(|c| *c != AUDIT_LOG.discriminator).collect();
        // Not the present defaults: the role that moves a row is not the one that wrote it.
        let values = columns.iter().map(|c| if there.iter().any(|t| t == c) { format!("r.{c}") } else { "NULL".to_owned() });
        let sql = format!(
            "INSERT INTO {} ({}) SELECT {} FROM {} AS r WHERE r.{} IS NULL ORDER BY r.{}",
            qualified(&self.context.schema, LIVE),
            columns.join(", "),
            values.collect::<Vec<_>>().join(", "),
            old(&AUDIT_LOG),
            AUDIT_LOG.discriminator,
            AUDIT_LOG.order,
        );
        self.db.batch("moving what the trigger recorded", &sql).await?;
        let kept: Vec<&str> = columns.into_iter().filter(|c| there.iter().any(|t| t == c)).collect();
        let old = format!("{} WHERE {} IS NULL", old(&AUDIT_LOG), AUDIT_LOG.discriminator);
        proof::stored(self.db, "what the trigger recorded", &kept, &old, &qualified(&self.context.schema, LIVE)).await
    }

    /// Converts one table: its leaf, its views, its rights, and the proof.
    async fn table(&self, relation: &Relation) -> Result<String> {
        let (db, context) = (self.db, format!("bringing {} over", relation.table));
        let Some(home) = &relation.home else { return Ok("stays".into()) };
        let archived = qualified(ARCHIVE, &relation.table);
        let stands = db.one(&context, "SELECT to_regclass($1) IS NOT NULL", &[&archived]).await?.get::<_, bool>(0);
        let owner = self.owner(relation).await?;
        db.batch(&context, &leaf::creation(relation)).await?;
        let there = self.old_columns(home.target).await?;
        let rows = db.execute(&context, &copying(relation, home.target, &home.value, &there), &[]).await?;
        let mut notes = leaf::finish(db, relation, stands.then_some(archived.as_str())).await?;
        db.batch(&context, &leaf::analysis(relation)).await?;
        let dropping = format!(
            "DROP FUNCTION IF EXISTS {0}.{1}(text), {0}.{2}(text)",
            ident(CONTROL),
            ident(&format!("find_{}", relation.table)),
            ident(&format!("image_{}", relation.table))
        );
        db.batch(&context, &dropping).await?;
        db.batch(&context, &view::replacement(relation)).await?;
        let given = format!("ALTER VIEW {} OWNER TO {owner}", relation.legacy_table());
        db.batch(&context, &given).await?;
        view::hand_over(db, relation, &relation.legacy_table()).await?;
        if relation.projection.is_some() {
            let projected = db.execute(&context, &projecting(relation), &[]).await?;
            notes.push(format!("{projected} rows were written by the trigger"));
        }
        let kept: Vec<&str> =
            there.iter().map(String::as_str).filter(|c| *c != home.target.discriminator && !computed(home.target, c)).collect();
        let before = format!("{} WHERE {} = {}", old(home.target), home.target.discriminator, literal(&home.value));
        // Rows that the trigger wrote are also stored as captured rows, so they are left out.
        let after = match home.target.moved.filter(|_| relation.projection.is_some()) {
            Some((column, _)) => format!("{} WHERE {column} <> 'C'", relation.rows()),
            None => relation.rows(),
        };
        proof::stored(db, &relation.table, &kept, &before, &after).await?;
        proof::shown(db, relation, &shown(relation)).await?;
        if stands {
            notes.extend(proof::parity(db, relation, &shown(relation), &archived).await?);
        }
        if !stands {
            notes.push("no index came along: the legacy table is gone".into());
        }
        Ok([vec![format!("brought over, {rows} rows")], notes].concat().join("; "))
    }

    /// The owner of the legacy table: of the archived table, or of the view in its place.
    async fn owner(&self, relation: &Relation) -> Result<String> {
        let stand_in = qualified(CONTROL, &format!("stand_in_{}", relation.table));
        let sql = format!(
            "SELECT quote_ident(pg_get_userbyid(relowner)) FROM pg_class WHERE oid = coalesce(to_regclass({}), to_regclass({}), to_regclass({}))",
            literal(&qualified(ARCHIVE, &relation.table)),
            literal(&stand_in),
            literal(&relation.view())
        );
        Ok(self.list("asking who owned the table", &sql).await?.concat())
    }

    /// Attaches the triggers of the old tables, and those on bases, as in the second form.
    async fn attach(&self, moved: &[(Rule, Relation)]) -> Result<()> {
        let catalog = Catalog::read(self.db, &self.context.schema).await?;
        let of = |table: &str| self.rules.rules.get(table).map(|rule| Relation::compile(rule, self.context));
        for (rule, relation) in moved.iter().filter(|(_, relation)| relation.kind == "history") {
            capture::attach(self.db, &catalog, self.rules, rule, relation, &of, capture::Firing::Enabled).await?;
        }
        Ok(())
    }

    async fn record(&self, moved: &[(Rule, Relation)]) -> Result<()> {
        let run = format!(
            "INSERT INTO {CONTROL}.run (command, finished_at) VALUES ('schema apply: the first form converted', clock_timestamp()) RETURNING id"
        );
        let run: i64 = self.db.one("recording the run", &run, &[]).await?.get(0);
        for (rule, relation) in moved {
            object::record(self.db, &self.context.schema, &relation.table).await?;
            object::storage::record(self.db, rule, &self.context.time_zone).await?;
            let sql = format!(
                "INSERT INTO {CONTROL}.run_table (run_id, legacy_table, step, row_count) SELECT $1, {}, 'leaf', count(*) FROM {}",
                literal(&relation.table),
                relation.rows()
            );
            self.db.execute("recording the table", &sql, &[&run]).await?;
        }
        Ok(())
    }

    /// Drops the old tables, and what is no longer used. An unknown dependent object makes the drop fail.
    async fn drop_the_old(&self, moved: &[(Rule, Relation)]) -> Result<()> {
        let mut sql: String = target::ALL.iter().map(|t| format!("DROP TABLE {};\n", old(t))).collect();
        for (_, relation) in moved {
            let name = |prefix: &str| qualified(CONTROL, &format!("{prefix}{}", relation.table));
            sql.push_str(&format!(
                "DROP TABLE {}; DROP TABLE IF EXISTS {}; DROP FUNCTION IF EXISTS {}();\n",
                shown(relation),
                name("stand_in_"),
                name("truncate_")
            ));
        }
        sql.push_str(&format!(
            "DROP SCHEMA {ASIDE}; DROP FUNCTION IF EXISTS {CONTROL}.refresh_finders(), {CONTROL}.refresh_finder(text), {CONTROL}.finders_until(), \
             {CONTROL}.cursor_over(text, text), {CONTROL}.audit(text, text, text[], jsonb, jsonb, text); DROP TABLE IF EXISTS {CONTROL}.finder;"
        ));
        self.db.batch("dropping the old tables", &sql).await
    }
}

/// An old table under its temporary name.
fn old(target: &Target) -> String {
    qualified(ASIDE, target.table)
}

/// What a table's view showed.
fn shown(relation: &Relation) -> String {
    qualified(ASIDE, &format!("rows_{}", relation.table))
}

/// The parity check of columns that follow from the stamp: in the first form, rows far from the clock had no true instant.
const OF_THE_STAMP: &str = "time column";

fn computed(target: &Target, column: &str) -> bool {
    target.repeated.is_some() && target.derived.iter().any(|(check, names)| *check == OF_THE_STAMP && names.contains(&column))
}

/// The statement that fills a leaf from the old table: all columns are kept, except those that follow from the stamp.
fn copying(relation: &Relation, target: &Target, value: &str, there: &[String]) -> String {
    let image = target.repeated.map(|(image, _)| image);
    let read = |i: usize| {
        let column = &relation.columns[i];
        Sql::text(image.map_or_else(String::new, |image| column.sql_type.from_image(&format!("r.{image}"), &column.name)))
    };
    let written = |column: &str| {
        let is_there = there.iter().any(|c| c == column);
        let field = relation.field(column);
        match (field, target.moved) {
            _ if column == target.discriminator => literal(value),
            // Without a stamp column the time is the clock's, unless the row was moved.
            (Some(field), Some((moved, by))) if computed(target, column) && field.columns().is_empty() && is_there => {
                format!("CASE WHEN r.{moved} = {} THEN {} ELSE r.{column} END", literal(by), field.render())
            }
            (Some(field), _) if computed(target, column) || !is_there => field.fill(read).render(),
            _ if is_there => format!("r.{column}"),
            _ => "NULL".to_owned(),
        }
    };
    // Identity columns that did not exist before are numbered by their default.
    let numbered = |column: &&&str| target.identity.contains(*column) && !there.iter().any(|c| c == **column);
    let columns: Vec<&str> = target.columns.iter().filter(|c| !numbered(c)).copied().collect();
    let values: Vec<String> = columns.iter().map(|column| written(column)).collect();
    format!(
        "INSERT INTO {} ({}) SELECT {} FROM {} AS r WHERE r.{} = {} ORDER BY r.{}",
        relation.rows(),
        columns.join(", "),
        values.join(", "),
        old(target),
        target.discriminator,
        literal(value),
        target.order
    )
}

/// The statement that writes the rows which the view made from the trigger's records and the leaf lacks: the second form stores them as rows.
fn projecting(relation: &Relation) -> String {
    let value = |i: usize| Sql::text(format!("(o.v).{}", ident(&relation.columns[i].name)));
    let source = relation.target().and_then(|t| t.moved).map_or("", |(column, _)| column);
    let written = relation.insert();
    let columns: Vec<&str> = written.iter().map(|(column, _)| *column).collect();
    let values: Vec<String> =
        written.iter().map(|(column, v)| if *column == source { "'C'".to_owned() } else { v.fill(value).render() }).collect();
    // A separate alias for each: inside the subquery, a column of the outer query would hide the row.
    let numbered = |table: &str, at: &str| {
        format!("(SELECT {at} AS v, {at}::text AS row, row_number() OVER (PARTITION BY {at}::text) AS n FROM {table} AS {at})")
    };
    format!(
        "INSERT INTO {} ({}) SELECT {} FROM {} AS o WHERE NOT EXISTS (SELECT FROM {} AS l WHERE (l.row, l.n) = (o.row, o.n))",
        relation.rows(),
        columns.join(", "),
        values.join(", "),
        numbered(&shown(relation), "before"),
        numbered(&relation.view(), "after")
    )
}
