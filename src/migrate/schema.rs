//! `schema apply` and `schema check`: audit_log with its monthly partitions, domain_value, domain_value_link, the audit trigger's function and the
//! control schema. Apply is idempotent. Check builds the same objects under other names in a transaction that is rolled back, and compares: so
//! there is no second description of the schema that could become outdated.

use crate::catalog::Database;
use crate::config::Month;
use crate::error::Result;
use crate::relation::{Context, target};
use crate::sql::quote::{ident, literal, qualified};
use crate::table::ColumnType::Text;
use crate::table::{Cell, Table};

use super::object::LEFT;
use super::partition::{LIVE, Partitioner, end, months_ahead, partitions};
use super::{ARCHIVE, CONTROL, LEAVES, OWN_GRANTS, PINNED, first_form, foreign_key, month, number, object, partman, roles};

const CONTROL_SQL: &str = include_str!("sql/control.sql");
const TABLES_SQL: &str = include_str!("sql/tables.sql");
const AUDIT_SQL: &str = include_str!("sql/audit.sql");

/// Whoever waits for a lock has others wait behind it. This is shorter than `deadlock_timeout`: if a client and `schema apply` wait for each
/// other, it is not the client that fails.
const BRIEFLY: &str = "SET LOCAL lock_timeout = '500ms'";

fn rendered(template: &str, schema: &str, control: &str) -> String {
    template
        .replace("{schema}", &ident(schema))
        .replace("{control}", &ident(control))
        .replace("{leaf}", &ident(&format!("{control}_leaf")))
}

/// The SQL that creates what is missing, and replaces functions; without the months.
fn creation(context: &Context, control: &str) -> String {
    [CONTROL_SQL, TABLES_SQL, AUDIT_SQL].map(|template| rendered(template, &context.schema, control)).concat()
}

/// Creates what is missing, replaces functions, repairs moved tables, leaves data alone. Returns what was done, object by object; a state that
/// begins with [`object::LEFT`] needs the DBA.
pub async fn apply(database: &Database, context: &Context) -> Result<Table> {
    let mut done = Table::new(&[("object", Text), ("state", Text)]);
    database.batch("pinning the session", PINNED).await?;
    first_form::refuse(database, context).await?;
    let before = objects(database, &context.schema, CONTROL).await?;
    let partitioner = partitioner(database, context, &before).await?;
    let end = end(database, context).await?;
    database
        .transaction("applying the schema", async |db| {
            // Two `schema apply` at once wait for each other.
            db.batch("taking the schema lock", "SELECT pg_advisory_xact_lock(hashtext('esclusa schema'))").await?;
            db.batch("waiting briefly", BRIEFLY).await?;
            db.batch("making grants of its own", OWN_GRANTS).await?;
            build(db, context, partitioner, end).await?;
            roles::install(db, context).await?;
            roles::let_grant(db, &context.schema).await?;
            roles::carry_usage(db).await
        })
        .await?;
    let mut mended = object::mend::mend(database, &context.schema).await?;
    mended.extend(mend_constraints(database, context, partitioner, end).await?);
    for behind in number::catch_up(database, &context.schema).await? {
        mended.push(vec![format!("sequence {}", behind.sequence).into(), "mended: it was behind".into()]);
    }
    for object in objects(database, &context.schema, CONTROL).await? {
        let state = if before.iter().any(|o| o.name == object.name && o.kind == object.kind) { "was there" } else { "created" };
        let name = format!("{} {}", object.kind, object.name);
        if !mended.iter().any(|row| row[0].text() == name) {
            done.push(vec![name.into(), state.into()]);
        }
    }
    done.rows.extend(mended);
    let keeper = match partitioner {
        Partitioner::Own | Partitioner::OwnAfterPartman4 => {
            let why =
                partman::usable(database, context).await?.err().unwrap_or_else(|| "the partitions have its names".to_owned());
            format!("kept by esclusa schema apply, run by a timer: {why}")
        }
        // It counts months in the time zone of its session; a difference of an hour would be reported by the check.
        Partitioner::Partman4 | Partitioner::Partman5 => {
            format!("kept by pg_partman; run its maintenance with TimeZone {}", context.time_zone)
        }
    };
    done.push(vec!["partitions ahead".into(), keeper.into()]);
    Ok(done)
}

/// Creates the whole schema, in the caller's transaction.
async fn build(db: &Database, context: &Context, partitioner: Partitioner, end: Month) -> Result<()> {
    let schemas = format!("CREATE SCHEMA IF NOT EXISTS {}; CREATE SCHEMA IF NOT EXISTS {ARCHIVE};", ident(&context.schema));
    db.batch("creating schemas", &schemas).await?;
    db.batch("creating schemas", foreign_key::SCHEMA_SQL).await?;
    let made = creation(context, CONTROL);
    db.batch("creating tables", &without_existing(&made, &indexes(db, context).await?)).await?;
    month::make(db, context, &partitions(context, partitioner, end)).await?;
    if let Partitioner::Partman4 | Partitioner::Partman5 = partitioner {
        partman::register(db, context, partitioner, months_ahead(context)).await?;
    }
    Ok(())
}

/// The names of the indexes that exist, as the files of SQL write them.
async fn indexes(db: &Database, context: &Context) -> Result<Vec<String>> {
    let sql = "SELECT relname::text FROM pg_class WHERE relkind IN ('i', 'I') AND relnamespace IN (to_regnamespace($1), to_regnamespace($2))";
    let rows = db.query("looking for indexes", sql, &[&ident(&context.schema), &CONTROL]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// The SQL without the statements that would create these indexes: even where it exists, CREATE INDEX IF NOT EXISTS locks the table and all its
/// partitions against writers. Each of them is a line.
fn without_existing(sql: &str, indexes: &[String]) -> String {
    let exists = |line: &str| {
        let rest =
            line.strip_prefix("CREATE INDEX IF NOT EXISTS ").or_else(|| line.strip_prefix("CREATE UNIQUE INDEX IF NOT EXISTS "));
        rest.and_then(|rest| rest.split_once(" ON ")).is_some_and(|(name, _)| indexes.iter().any(|index| index == name))
    };
    sql.split_inclusive('\n').filter(|line| !exists(line)).collect()
}

/// The same where none of the schema's tables exists.
pub(super) async fn build_anew(db: &Database, context: &Context) -> Result<()> {
    let partitioner = partitioner(db, context, &[]).await?;
    let end = end(db, context).await?;
    build(db, context, partitioner, end).await
}

/// Adds missing constraints; other differences are left to the DBA.
async fn mend_constraints(
    database: &Database,
    context: &Context,
    partitioner: Partitioner,
    end: Month,
) -> Result<Vec<Vec<Cell>>> {
    let expected = expected(database, context, partitioner, end).await?;
    let found = objects(database, &context.schema, CONTROL).await?;
    let (mut done, mut reasons) = (Vec::new(), Vec::new());
    let is_there = |kind: &str, name: &str| found.iter().any(|f| f.kind == kind && f.name == name);
    for object in expected.iter().filter(|e| e.kind == "constraint" && !is_there("constraint", &e.name)) {
        let Some((table, name)) = object.name.split_once('.') else { continue };
        // A table that a rehearsal has not made would have come with its constraints.
        if database.is_rehearsal() && !is_there("table", table) {
            continue;
        }
        let schema = if table_is_ours(table) { context.schema.as_str() } else { CONTROL };
        let sql = format!(
            "SET LOCAL lock_timeout = '5s'; ALTER TABLE {} ADD CONSTRAINT {} {}",
            qualified(schema, table),
            ident(name),
            object.definition.replace("{control}", &ident(CONTROL)).replace("{schema}", &ident(&context.schema))
        );
        let object = format!("{} {}", object.kind, object.name);
        match database.transaction("adding a constraint", async |db| db.batch("adding a constraint", &sql).await).await {
            Ok(()) => done.push(vec![object.into(), "mended".into()]),
            Err(error) => reasons.push((object, error.to_string())),
        }
    }
    for row in compared(&expected, &objects(database, &context.schema, CONTROL).await?, &context.schema) {
        let object = row[0].text();
        let why = reasons.iter().find(|(o, _)| *o == object).map_or(String::new(), |(_, why)| format!(": {why}"));
        done.push(vec![row[0].clone(), format!("{LEFT}{}{why}", row[1].text()).into()]);
    }
    let strays = month::strays(database, context).await?;
    if strays > 0 {
        done.push(vec![
            format!("table {}", month::DEFAULT).into(),
            format!("{LEFT}it holds {strays} rows of months without a partition").into(),
        ]);
    }
    Ok(done)
}

fn table_is_ours(table: &str) -> bool {
    table == LIVE || target::ALL.iter().any(|t| t.table == table)
}

/// pg_partman where it can be used; but existing partitions with the plan's names keep them.
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

/// A database object, described so that two with the same name can be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Object {
    kind: String,
    name: String,
    definition: String,
}

/// Tables with columns, constraints and indexes, and functions, of the new tables and of the control schema. Names of schemas are replaced by
/// placeholders, so that objects of different schemas compare equal.
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
         UNION ALL SELECT 'sequence', c.relname, format('%s from %s by %s%s%s', q.seqtypid::regtype, q.seqstart, q.seqincrement, CASE WHEN q.seqcycle THEN ' cycle' ELSE '' END,
             CASE WHEN EXISTS (SELECT FROM aclexplode(c.relacl) AS u WHERE u.grantee = 0 AND u.privilege_type = 'USAGE') THEN ' for PUBLIC' ELSE '' END)
           FROM pg_sequence q JOIN pg_class c ON c.oid = q.seqrelid
           WHERE c.relnamespace = to_regnamespace({schema}) AND c.relname IN ('audit_log_al_id_seq', 'domain_value_dv_id_seq', 'domain_value_link_dvl_id_seq')
         ORDER BY 1 DESC, 2",
        control = literal(&ident(control)),
        schema = literal(&ident(schema)),
    );
    let rows = database.text("reading the schema", &sql).await?;
    let object = |r: Vec<Option<String>>| {
        let mut cells = r.into_iter().map(Option::unwrap_or_default);
        let mut next = || cells.next().unwrap_or_default();
        Object { kind: next(), name: next(), definition: unnamed(&next(), schema) }
    };
    Ok(rows.into_iter().map(object).collect())
}

/// Replaces names of schemas by placeholders: the scratch ones anywhere, the real ones before a dot or in quotes.
fn unnamed(text: &str, schema: &str) -> String {
    let leaves = format!("{SCRATCH_CONTROL}_leaf");
    let mut out = text.to_owned();
    for (scratch, real, mark) in
        [(leaves.as_str(), LEAVES, "{leaf}"), (SCRATCH_CONTROL, CONTROL, "{control}"), (SCRATCH, schema, "{schema}")]
    {
        out = out
            .replace(scratch, mark)
            .replace(&format!("{}.", ident(real)), &format!("{mark}."))
            .replace(&literal(real), &format!("'{mark}'"));
    }
    out
}

/// What differs between the schema and what it should be, including moved tables; empty when nothing does.
pub async fn check(database: &Database, context: &Context) -> Result<Table> {
    let mut drift = Table::new(&[("object", Text), ("finding", Text), ("expected", Text), ("found", Text)]);
    database.batch("pinning the session", PINNED).await?;
    if first_form::is(database, context).await? {
        let object = format!("table {}", target::AUDIT_LOG.table);
        let finding = "has the first form: `esclusa schema apply` converts it".to_owned();
        drift.push(vec![object.into(), finding.into(), "PARTITION BY LIST".into(), "PARTITION BY RANGE".into()]);
        return Ok(drift);
    }
    let real = objects(database, &context.schema, CONTROL).await?;
    if real.iter().all(|object| object.kind != "table") {
        let finding = "has no tables: `esclusa schema apply` creates these, and all that belongs to them".to_owned();
        drift.push(vec![format!("schema {CONTROL}").into(), finding.into(), "".into(), "".into()]);
        return Ok(drift);
    }
    let partitioner = partitioner(database, context, &real).await?;
    let end = end(database, context).await?;
    drift.rows.extend(compared(&expected(database, context, partitioner, end).await?, &real, &context.schema));
    let strays = month::strays(database, context).await?;
    if strays > 0 {
        drift.push(vec![format!("table {}", month::DEFAULT).into(), "holds rows".into(), "0".into(), strays.to_string().into()]);
    }
    for behind in number::behind(database, &context.schema).await? {
        let name = format!("sequence {}", behind.sequence);
        let expected = format!("{} or more", behind.greatest);
        drift.push(vec![
            name.into(),
            "is behind: it would give numbers again that rows already have".into(),
            expected.into(),
            behind.given.to_string().into(),
        ]);
    }
    drift.rows.extend(object::check(database, &context.schema).await?.iter().map(object::Drift::row));
    Ok(drift)
}

fn compared(expected: &[Object], real: &[Object], schema: &str) -> Vec<Vec<Cell>> {
    // Definitions are compared with marks in place of the names of the schemas, and shown with the names.
    let shown = |text: &str| text.replace("{schema}", schema).replace("{control}", CONTROL);
    let mut drift: Vec<Vec<Cell>> = Vec::new();
    for object in expected {
        let name = format!("{} {}", object.kind, object.name);
        match real.iter().find(|o| o.kind == object.kind && o.name == object.name) {
            None => drift.push(vec![name.into(), "missing".into(), shown(&object.definition).into(), "".into()]),
            Some(found) if found.definition != object.definition => {
                let (expected, found) = first_difference(&object.definition, &found.definition);
                drift.push(vec![name.into(), "differs".into(), shown(&expected).into(), shown(&found).into()]);
            }
            Some(_) => {}
        }
    }
    drift
}

/// The schema names under which the check builds.
const SCRATCH: &str = "esclusa_check";
const SCRATCH_CONTROL: &str = "esclusa_check_control";

/// The objects as `apply` creates them, built under scratch names and rolled back.
async fn expected(database: &Database, context: &Context, partitioner: Partitioner, end: Month) -> Result<Vec<Object>> {
    let scratch = Context { schema: SCRATCH.into(), ..context.clone() };
    // In a rehearsal too, they must really be built to be compared: a separate connection does it, is rolled back, and is not part of the plan.
    let apart = if database.is_rehearsal() { Some(database.apart().await?) } else { None };
    let database = apart.as_ref().unwrap_or(database);
    if apart.is_some() {
        database.batch("pinning the session", PINNED).await?;
    }
    database.batch("beginning the check", "BEGIN").await?;
    let made = async {
        database.batch("creating a scratch schema", &format!("CREATE SCHEMA {SCRATCH}")).await?;
        database.batch("creating scratch tables", &creation(&scratch, SCRATCH_CONTROL)).await?;
        let months = month::creation(&scratch, &partitions(&scratch, partitioner, end));
        database.batch("creating scratch months", &months).await?;
        objects(database, SCRATCH, SCRATCH_CONTROL).await
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
            shadow_role: "shadow".into(),
        };
        let all = partitions(&context, Partitioner::Own, context.horizon);
        assert_eq!(all.len(), 24);
        assert_eq!((all[0].name.as_str(), all[23].name.as_str()), ("audit_log_2026_03", "audit_log_2028_02"));
        assert_eq!(all[0].to, all[1].from);
        assert_eq!(partitions(&context, Partitioner::Partman4, context.horizon)[0].name, "audit_log_live_p2026_03");
    }
}
