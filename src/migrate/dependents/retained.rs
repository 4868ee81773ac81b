//! What the improvement of a retained history changes for others: its row type gets two columns, and numbering its rows is an UPDATE. Names in
//! functions and views are not rewritten, so what handles whole rows there sees the new columns.

use crate::catalog::Database;
use crate::error::Result;

use super::super::foreign_key::key_table::Leaf;
use super::found::{Dependent, Dependents, rows};
use super::others::ROW_TYPES;

/// Triggers and rules that act on an UPDATE of every row; an UPDATE OF other columns is none of `hst_id`. `R` fires only in a session that replays
/// (manual, ALTER TABLE, ENABLE REPLICA TRIGGER). Our own functions do not act on the number.
const ON_UPDATE: &str = "
    SELECT 'trigger', t.tgname FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE t.tgrelid = $1 AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND t.tgtype & 16 <> 0 AND cardinality(t.tgattr::int2[]) = 0 AND n.nspname <> $control
    UNION ALL SELECT 'rule', rulename FROM pg_rewrite WHERE ev_class = $1 AND ev_type = '2' AND ev_enabled IN ('O', 'A') ORDER BY 1, 2";

/// The function of a trigger that uses NEW or OLD as a whole; `RETURN NEW` and `NEW := f(NEW.x)` keep working.
const WHOLE_ROWS: &str = r"
    SELECT t.tgname, p.oid::regprocedure FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE t.tgrelid = $1 AND NOT t.tgisinternal AND t.tgenabled <> 'D' AND n.nspname <> $control
      AND (regexp_replace(p.prosrc, '\mreturn\s+(new|old)\M', '', 'gi') ~* '\m(new|old)\M\s*($|[^.[:alnum:]_$:=[:space:]]|:[^=]|\.\s*\*)'
        OR t.tgqual IS NOT NULL AND pg_get_triggerdef(t.oid) ~* '\m(new|old)\.\*') ORDER BY 1";

/// A function whose text handles rows of the table as a whole: a variable of its row type, a cast, LIKE.
const BODIES: &str = r"
    SELECT p.oid::regprocedure, p.prosrc ~* ('\m' || w.word || '\M\s*%\s*rowtype|::\s*(\w+\.)?\m' || w.word || '\M|\mlike\s+(\w+\.)?\m' || w.word
        || '\M|^\s*\w+\s+(\w+\.)?\m' || w.word || '\M\s*(\[\s*\]\s*)?(;|:=|=|default\M|not\M)|\mdeclare\s+\w+\s+(\w+\.)?\m' || w.word || '\M\s*(\[\s*\]\s*)?(;|:=|=|default\M)|;\s*\w+\s+(\w+\.)?\m' || w.word
        || '\M\s*(\[\s*\]\s*)?(;|:=|default\M)')
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang,
      LATERAL (SELECT regexp_replace($name, '(\W)', '\\\1', 'g') AS word) AS w
    WHERE n.nspname NOT IN ($control, 'pg_catalog', 'information_schema') AND l.lanname NOT IN ('c', 'internal') AND p.prosrc <> ''
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
      AND strpos(lower(p.prosrc), lower($name)) > 0 AND p.prosrc ~* ('(^|\W)' || w.word || '(\W|$)') ORDER BY p.oid";

/// What acts when the rows are numbered.
pub async fn on_numbering(database: &Database, leaf: &Leaf<'_>) -> Result<Dependents> {
    let mut all = Dependents::new("view");
    for row in rows(database, "triggers", ON_UPDATE, leaf).await? {
        let kind = if row[0] == "rule" { "rule" } else { "trigger" };
        all.found.push(Dependent::blocking(kind, &row[1], "it acts on the UPDATE that gives every row its hst_id", None));
    }
    Ok(all)
}

/// What acts when the rows are numbered, and what handles rows as a whole.
pub async fn find(database: &Database, leaf: &Leaf<'_>) -> Result<Dependents> {
    let mut all = on_numbering(database, leaf).await?;
    for row in rows(database, "triggers that use whole rows", WHOLE_ROWS, leaf).await? {
        let fate = format!("its function {} uses NEW or OLD as a whole, which has hst_id and hst_operation then", row[1]);
        all.found.push(Dependent::blocking("trigger", &row[0], &fate, None));
    }
    typed(database, leaf, &mut all).await?;
    published(database, leaf, &mut all).await?;
    for row in rows(database, "functions that name it", BODIES, leaf).await? {
        all.found.push(match row[1] == "t" {
            true => Dependent::blocking(
                "function text",
                &row[0],
                "its body has a row of the table as a whole, which has hst_id and hst_operation then: INSERT ... VALUES (r.*) fails with 428C9",
                None,
            ),
            false => Dependent::noted("function text", &row[0], "its body names the table: SELECT * there has hst_id and hst_operation then"),
        });
    }
    Ok(all)
}

/// What the catalog knows to use the row type: functions, aggregates, operators, casts, domains, columns, views.
async fn typed(database: &Database, leaf: &Leaf<'_>, all: &mut Dependents) -> Result<()> {
    let sql = format!(
        "SELECT 'function', p.oid::regprocedure::text, CASE WHEN EXISTS (SELECT FROM unnest(coalesce(p.proallargtypes, p.proargtypes::oid[]), p.proargmodes) u (type, mode) \
                 WHERE u.type IN {ROW_TYPES} AND coalesce(u.mode, 'i') IN ('i', 'b', 'v')) \
             THEN 'it takes a row of the table, and a rewritten statement''s row is of another type' \
             ELSE 'it returns rows of the table, which have hst_id and hst_operation then' END \
         FROM pg_proc p WHERE p.prorettype IN {ROW_TYPES} OR EXISTS (SELECT FROM unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) type WHERE type IN {ROW_TYPES}) \
         UNION ALL SELECT CASE WHEN c.relkind IN ('v', 'm') THEN 'view' ELSE 'column' END, format('%s.%I', c.oid::regclass, a.attname), \
             'it has rows of the table, with hst_id and hst_operation then' \
         FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE a.atttypid IN {ROW_TYPES} AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'c') \
         UNION ALL SELECT 'view', c.oid::regclass::text, 'it uses the row type of the table, which has hst_id and hst_operation then' \
         FROM pg_rewrite w JOIN pg_class c ON c.oid = w.ev_class WHERE w.ev_class <> $1 AND EXISTS (SELECT FROM pg_depend d \
             WHERE d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = 'pg_type'::regclass AND d.refobjid IN {ROW_TYPES}) \
             AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.atttypid IN {ROW_TYPES}) \
         UNION ALL SELECT 'other', pg_describe_object(d.classid, d.objid, d.objsubid), 'it uses the row type of the table, which has hst_id and hst_operation then' \
         FROM pg_depend d WHERE d.refclassid = 'pg_type'::regclass AND d.refobjid IN {ROW_TYPES} AND d.deptype = 'n' \
             AND d.classid NOT IN ('pg_proc'::regclass, 'pg_rewrite'::regclass, 'pg_class'::regclass) ORDER BY 1, 2"
    );
    for row in rows(database, "users of its row type", &sql, leaf).await? {
        let kinds = ["function", "view", "column"];
        let kind = kinds.into_iter().find(|kind| *kind == row[0]).unwrap_or("other");
        all.found.push(Dependent::blocking(kind, &row[1], &row[2], None));
    }
    Ok(())
}

/// A subscriber's table lacks the new columns: replication stops (manual, section 31.1).
async fn published(database: &Database, leaf: &Leaf<'_>, all: &mut Dependents) -> Result<()> {
    let sql = "SELECT p.pubname FROM pg_publication p JOIN pg_publication_tables t ON t.pubname = p.pubname \
               JOIN pg_class c ON c.oid = $1 JOIN pg_namespace n ON n.oid = c.relnamespace \
               WHERE t.schemaname = n.nspname AND t.tablename = c.relname ORDER BY 1";
    for row in rows(database, "publications", sql, leaf).await? {
        let fate = "a subscriber's table lacks hst_id and hst_operation, so replication stops: add them there first";
        all.found.push(Dependent::blocking("publication", &row[0], fate, None));
    }
    Ok(())
}
