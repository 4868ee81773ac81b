//! `schema apply` and `schema check`: audit_log with its monthly partitions, domain_value, domain_value_link, the audit trigger's
//! function and the control schema. Apply is idempotent. Check builds the same objects under another name in a transaction that
//! is rolled back, and compares: there is no second description of the schema that could be stale.

use crate::catalog::Database;
use crate::config::{Month, Setting};
use crate::error::{Error, Result};
use crate::relation::Context;
use crate::sql::quote::{ident, literal, qualified};
use crate::table::Table;

use super::{ARCHIVE, CONTROL, OWN_GRANTS, PINNED, partman, roles};

const CONTROL_SQL: &str = include_str!("sql/control.sql");
const TABLES_SQL: &str = include_str!("sql/tables.sql");
const AUDIT_SQL: &str = include_str!("sql/audit.sql");

/// What the audit trigger records, by month: the partition of audit_log that belongs to no legacy table.
pub const LIVE: &str = "audit_log_live";

/// Who makes partitions when time goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Partitioner {
    /// `esclusa schema apply`, run by a timer.
    Own,
    /// `esclusa schema apply` too, but pg_partman 4 made the first ones, and cannot be used any more: its names stay.
    OwnAfterPartman4,
    /// pg_partman 4, which knows a partition by its name: `audit_log_p2026_03`.
    Partman4,
    /// pg_partman 5, which knows a partition by its bounds.
    Partman5,
}

/// A partition of audit_log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partition {
    /// Its name.
    pub name: String,
    /// Its first instant as an SQL expression.
    pub from: String,
    /// The instant behind its last.
    pub to: String,
}

/// The monthly partitions of what the audit trigger records, up to and without `end`.
pub fn partitions(context: &Context, partitioner: Partitioner, end: Month) -> Vec<Partition> {
    let zone = literal(&context.time_zone);
    // A bound is evaluated once, when the partition is made: it is an instant, whatever the zone of who looks at it.
    let start = |m: Month| format!("(timestamp '{m}-01' AT TIME ZONE {zone})");
    // The plan's names; pg_partman 4 asks for those of the table that it keeps.
    let partmans = matches!(partitioner, Partitioner::Partman4 | Partitioner::OwnAfterPartman4);
    let stem = if partmans { format!("{LIVE}_p") } else { "audit_log_".into() };
    let monthly = (0..).map(|n| context.first_month.plus(n)).take_while(|m| *m < end).map(|month| Partition {
        name: format!("{stem}{:04}_{:02}", month.year, month.month),
        from: start(month),
        to: start(month.plus(1)),
    });
    monthly.collect()
}

/// How many months get a partition ahead.
fn months_ahead(context: &Context) -> usize {
    let count = |m: Month| i64::from(m.year) * 12 + i64::from(m.month);
    usize::try_from(count(context.horizon) - count(context.first_month)).unwrap_or(0)
}

/// The month behind the last one that has a partition by now: it moves on with the clock, as the horizon of a backfill does not.
pub async fn end(database: &Database, context: &Context) -> Result<Month> {
    let sql = format!("SELECT to_char(clock_timestamp() AT TIME ZONE {}, 'YYYY-MM')", literal(&context.time_zone));
    let today: String = database.one("asking for the month", &sql, &[]).await?.get(0);
    let today = Month::from_text(&today).map_err(Error::refused)?;
    Ok(context.horizon.max(today.plus(months_ahead(context))))
}

fn rendered(template: &str, schema: &str, control: &str) -> String {
    template.replace("{schema}", &ident(schema)).replace("{control}", &ident(control)).replace("{leaf}", &ident(&format!("{control}_leaf")))
}

/// The SQL that makes everything that is missing.
fn creation(context: &Context, control: &str, partitioner: Partitioner, end: Month) -> String {
    let mut sql = String::new();
    for template in [CONTROL_SQL, TABLES_SQL, AUDIT_SQL] {
        sql.push_str(&rendered(template, &context.schema, control));
    }
    let parent = qualified(&context.schema, LIVE);
    for partition in partitions(context, partitioner, end) {
        sql.push_str(&format!(
            "CREATE TABLE IF NOT EXISTS {} PARTITION OF {parent} FOR VALUES FROM ({}) TO ({});\n",
            qualified(&context.schema, &partition.name),
            partition.from,
            partition.to
        ));
    }
    let default = qualified(&context.schema, "audit_log_default");
    sql.push_str(&format!("CREATE TABLE IF NOT EXISTS {default} PARTITION OF {parent} DEFAULT;\n"));
    sql
}

/// Makes what is missing, replaces functions, leaves data alone. Returns what was done, object by object.
pub async fn apply(database: &Database, context: &Context) -> Result<Table> {
    let mut done = Table::new(&["object", "state"]);
    database.batch("pinning the session", PINNED).await?;
    let before = objects(database, &context.schema, CONTROL).await?;
    let partitioner = partitioner(database, context, &before).await?;
    let end = end(database, context).await?;
    database
        .transaction("applying the schema", async |db| {
            // Two `schema apply` at once wait for each other.
            db.batch("taking the schema lock", "SELECT pg_advisory_xact_lock(hashtext('esclusa schema'))").await?;
            db.batch("making grants of its own", OWN_GRANTS).await?;
            let schemas =
                format!("CREATE SCHEMA IF NOT EXISTS {}; CREATE SCHEMA IF NOT EXISTS {ARCHIVE};", ident(&context.schema));
            db.batch("creating schemas", &schemas).await?;
            db.batch("creating tables", &creation(context, CONTROL, partitioner, end)).await?;
            if let Partitioner::Partman4 | Partitioner::Partman5 = partitioner {
                partman::register(db, context, partitioner, months_ahead(context)).await?;
            }
            roles::install(db, context).await?;
            roles::carry_usage(db, context).await
        })
        .await?;
    for object in objects(database, &context.schema, CONTROL).await? {
        let state = if before.iter().any(|o| o.name == object.name && o.kind == object.kind) { "was there" } else { "created" };
        done.push(vec![format!("{} {}", object.kind, object.name).into(), state.into()]);
    }
    let keeper = match partitioner {
        Partitioner::Own | Partitioner::OwnAfterPartman4 => {
            let why = partman::usable(database, context).await?.err().unwrap_or_else(|| "the partitions have its names".to_owned());
            format!("kept by esclusa schema apply, run by a timer: {why}")
        }
        // It counts months in the zone of its session; an hour's difference would be told by the check.
        Partitioner::Partman4 | Partitioner::Partman5 => {
            format!("kept by pg_partman; run its maintenance with TimeZone {}", context.time_zone)
        }
    };
    done.push(vec!["partitions ahead".into(), keeper.into()]);
    Ok(done)
}

/// pg_partman where it can be had; but partitions that stand under the plan's names stay under them.
async fn partitioner(database: &Database, context: &Context, existing: &[Object]) -> Result<Partitioner> {
    let version = partman::usable(database, context).await?.ok();
    let has = |p: Partitioner| {
        partitions(context, p, context.first_month.plus(1)).first().is_some_and(|p| existing.iter().any(|o| o.name == p.name))
    };
    Ok(match version.as_deref().and_then(|v| v.split('.').next()).and_then(|v| v.parse::<u32>().ok()) {
        _ if has(Partitioner::Own) && !has(Partitioner::Partman4) && version.as_deref().is_none_or(|v| v.starts_with('4')) => {
            Partitioner::Own
        }
        Some(4) => Partitioner::Partman4,
        Some(v) if v >= 5 => Partitioner::Partman5,
        _ if has(Partitioner::Partman4) => Partitioner::OwnAfterPartman4,
        _ => Partitioner::Own,
    })
}

/// A database object, described so that two of the same name can be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Object {
    kind: String,
    name: String,
    definition: String,
}

/// Tables with columns, constraints and indexes, and functions, of the new tables and of the control schema. Names of schemas
/// are replaced by marks, so that objects of different schemas compare equal.
async fn objects(database: &Database, schema: &str, control: &str) -> Result<Vec<Object>> {
    let names = "('audit_log','audit_log_live','domain_value','domain_value_link')";
    let sql = format!(
        "WITH rel AS (
           SELECT c.oid, c.relname::text AS name, pg_get_expr(c.relpartbound, c.oid) AS bound FROM pg_class c
           WHERE c.relnamespace = to_regnamespace({control}) AND c.relkind = 'r'
              OR c.relnamespace = to_regnamespace({schema}) AND (c.relname IN {names} OR c.relispartition
                 AND c.oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = to_regclass({schema} || '.audit_log_live'))
                 AND c.relkind = 'r'))
         SELECT 'table', name, (SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod)
                  || coalesce(' collate ' || (SELECT collname FROM pg_collation o, pg_type t
                       WHERE o.oid = a.attcollation AND t.oid = a.atttypid AND t.typcollation <> a.attcollation), '')
                  || CASE WHEN attnotnull THEN ' not null' ELSE '' END || CASE WHEN attidentity <> '' THEN ' identity' ELSE '' END
                  || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), ''), ', ' ORDER BY attnum)
                  FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
                  WHERE attrelid = rel.oid AND attnum > 0 AND NOT attisdropped) || coalesce(' ' || rel.bound, '') FROM rel
         UNION ALL SELECT 'constraint', rel.name || '.' || conname, pg_get_constraintdef(k.oid) FROM pg_constraint k JOIN rel ON k.conrelid = rel.oid
           WHERE rel.name NOT LIKE 'audit\\_log\\_%'
         UNION ALL SELECT 'index', c.relname, pg_get_indexdef(i.indexrelid) || CASE WHEN i.indisvalid THEN '' ELSE ' invalid' END FROM pg_index i JOIN rel ON i.indrelid = rel.oid JOIN pg_class c ON c.oid = i.indexrelid
           WHERE rel.name NOT LIKE 'audit\\_log\\_%'
         UNION ALL SELECT 'function', p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', pg_get_functiondef(p.oid)
             || CASE WHEN has_function_privilege('public', p.oid, 'EXECUTE') THEN '' ELSE 'not for PUBLIC' END
           FROM pg_proc p WHERE p.pronamespace = to_regnamespace({control}) AND p.proname !~ '^(write|audit|project)_' -- one a table
              OR p.pronamespace = to_regnamespace({schema}) AND p.proname = 'fn_audit_trigger'
         ORDER BY 1 DESC, 2",
        control = literal(&ident(control)),
        schema = literal(&ident(schema)),
    );
    let unnamed = |text: &str| {
        text.replace(&format!("{}.", ident(control)), "{control}.").replace(&format!("{}.", ident(schema)), "{schema}.")
    };
    let rows = database.text("reading the schema", &sql).await?;
    let object = |r: Vec<Option<String>>| {
        let mut cells = r.into_iter().map(Option::unwrap_or_default);
        let mut next = || cells.next().unwrap_or_default();
        Object { kind: next(), name: next(), definition: unnamed(&next()) }
    };
    Ok(rows.into_iter().map(object).collect())
}

/// What differs between the schema as it is and as it should be; no rows when nothing does.
pub async fn check(database: &Database, context: &Context) -> Result<Table> {
    let mut drift = Table::new(&["object", "finding", "expected", "found"]);
    database.batch("pinning the session", PINNED).await?;
    let real = objects(database, &context.schema, CONTROL).await?;
    let partitioner = partitioner(database, context, &real).await?;
    let expected = expected(database, context, partitioner).await?;
    for object in &expected {
        let name = format!("{} {}", object.kind, object.name);
        match real.iter().find(|o| o.kind == object.kind && o.name == object.name) {
            None => drift.push(vec![name.into(), "missing".into(), object.definition.as_str().into(), "".into()]),
            Some(found) if found.definition != object.definition => {
                let (expected, found) = first_difference(&object.definition, &found.definition);
                drift.push(vec![name.into(), "differs".into(), expected.into(), found.into()]);
            }
            Some(_) => {}
        }
    }
    if real.iter().any(|o| o.name == "audit_log_default") {
        let sql = format!("SELECT count(*) FROM {}", qualified(&context.schema, "audit_log_default"));
        let rows: i64 = database.one("watching the default partition", &sql, &[]).await?.get(0);
        if rows > 0 {
            drift.push(vec!["table audit_log_default".into(), "holds rows".into(), "0".into(), rows.into()]);
        }
    }
    Ok(drift)
}

/// The objects as `creation` makes them, built under scratch names and rolled back.
async fn expected(database: &Database, context: &Context, partitioner: Partitioner) -> Result<Vec<Object>> {
    let end = end(database, context).await?;
    let scratch = Context { schema: "esclusa_check".into(), ..context.clone() };
    let control = "esclusa_check_control";
    database.batch("beginning the check", "BEGIN").await?;
    let made = async {
        database.batch("creating a scratch schema", "CREATE SCHEMA esclusa_check").await?;
        database.batch("creating scratch tables", &creation(&scratch, control, partitioner, end)).await?;
        objects(database, &scratch.schema, control).await
    }
    .await;
    database.batch("ending the check", "ROLLBACK").await?;
    made
}

fn first_difference(expected: &str, found: &str) -> (String, String) {
    let same = expected.chars().zip(found.chars()).take_while(|(a, b)| a == b).count();
    let part = |text: &str| text.chars().skip(same.saturating_sub(20)).take(80).collect();
    (part(expected), part(found))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Partman;

    #[test]
    fn the_plans_months_get_the_plans_names() {
        let context = Context {
            schema: "s".into(),
            time_zone: "America/Mexico_City".into(),
            first_month: Month { year: 2026, month: 3 },
            horizon: Month { year: 2028, month: 3 },
            partman: Partman::Never,
        };
        let all = partitions(&context, Partitioner::Own, context.horizon);
        assert_eq!(all.len(), 24);
        assert_eq!((all[0].name.as_str(), all[23].name.as_str()), ("audit_log_2026_03", "audit_log_2028_02"));
        assert_eq!(all[0].to, all[1].from);
        assert_eq!(partitions(&context, Partitioner::Partman4, context.horizon)[0].name, "audit_log_live_p2026_03");
    }
}
