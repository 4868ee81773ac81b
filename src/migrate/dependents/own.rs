//! What belongs to the table itself: constraints, triggers, rules, policies, comments, statistics.

use crate::catalog::Database;
use crate::error::Result;
use crate::sql::quote::{ident, literal, qualified};

use super::super::foreign_key::bounded;
use super::super::foreign_key::key_table::Leaf;
use super::super::{ARCHIVE, CONTROL, acl};
use super::found::{Dependent, Dependents, rows, rows_of_any};

/// The kind, a query for the names, and why it blocks.
const BLOCKING: &[(&str, &str, &str)] = &[
    (
        "partitioned table",
        "SELECT relname FROM pg_class WHERE oid = $1 AND relkind = 'p'",
        "a partitioned table keeps its rows in other tables",
    ),
    (
        "inheritance",
        "SELECT inhparent::regclass FROM pg_inherits WHERE inhrelid = $1 UNION ALL SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = $1",
        "the table shares rows or columns with it; run NO INHERIT or DETACH PARTITION first",
    ),
    (
        "typed table",
        "SELECT format_type(reloftype, NULL) FROM pg_class WHERE oid = $1 AND reloftype <> 0",
        "the table is of this type: run ALTER TABLE ... NOT OF first",
    ),
    (
        "row-level security",
        "SELECT relname FROM pg_class WHERE oid = $1 AND relrowsecurity",
        "a view has no row-level security: everybody would see all rows",
    ),
    (
        "policy",
        "SELECT polname FROM pg_policy WHERE polrelid = $1",
        "a view has no policies; while row-level security is off it does nothing, and can be dropped",
    ),
    (
        "trigger",
        "SELECT t.tgname FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_namespace n ON n.oid = p.pronamespace \
         WHERE t.tgrelid = $1 AND NOT t.tgisinternal AND n.nspname <> $control AND p.proname <> 'fn_audit_trigger' \
           AND (t.tgtype & 1 = 1 OR coalesce(t.tgoldtable, t.tgnewtable) IS NOT NULL)",
        "it reads rows of the table, but rows of the leaf are written",
    ),
    (
        "trigger",
        "SELECT t.tgname FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_namespace n ON n.oid = p.pronamespace \
         WHERE t.tgrelid = $1 AND NOT t.tgisinternal AND n.nspname <> $control AND p.proname <> 'fn_audit_trigger' \
           AND t.tgtype & 1 = 0 AND coalesce(t.tgoldtable, t.tgnewtable) IS NULL",
        "it fires once a statement on the table, but on the leaf once for each row that is written through the view",
    ),
    ("rule", "SELECT rulename FROM pg_rewrite WHERE ev_class = $1", "it does not act on statements that go to the leaf"),
    (
        "exclusion constraint",
        "SELECT conname FROM pg_constraint WHERE conrelid = $1 AND contype = 'x'",
        "it is not carried to the leaf",
    ),
    (
        "deferrable key",
        "SELECT conname FROM pg_constraint WHERE conrelid = $1 AND contype IN ('p', 'u') AND condeferrable",
        "the leaf's unique index is checked row by row",
    ),
    (
        "generated column",
        "SELECT attname FROM pg_attribute WHERE attrelid = $1 AND attgenerated <> '' AND NOT attisdropped",
        "the view does not compute it: run ALTER COLUMN ... DROP EXPRESSION first",
    ),
    (
        "collation",
        "SELECT a.attname FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid \
         WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped \
           AND (a.attcollation <> t.typcollation OR t.typtype <> 'd' AND t.typcollation NOT IN (0, 100) AND t.typname NOT IN ('name', '_name'))",
        "the view shows the column with the collation of its type: it is sorted and compared in another order",
    ),
    (
        "security label",
        "SELECT provider || ': ' || label FROM pg_seclabel WHERE classoid = 'pg_class'::regclass AND objoid = $1",
        "its provider decides what it means on a view",
    ),
];

pub(super) async fn find(database: &Database, leaf: &Leaf<'_>, all: &mut Dependents) -> Result<()> {
    // In one statement: it is asked again while others wait for the table.
    let by_others = format!(
        "SELECT format('%s%s to %s by %s', privilege, columns, role, pg_get_userbyid(grantor)) FROM ({}) AS r WHERE grantor <> owner",
        acl::rights("$1")
    );
    let granted = (
        "grant",
        by_others.as_str(),
        "on the view the table's owner grants it, and no longer this role: its REVOKE would change nothing",
    );
    let blocking: Vec<_> = BLOCKING.iter().copied().chain([granted]).collect();
    let each = blocking.iter().enumerate().map(|(i, (_, sql, _))| format!("SELECT {i}, x.name::text FROM ({sql}) AS x(name)"));
    let sql = each.collect::<Vec<_>>().join(" UNION ALL ") + " ORDER BY 1, 2";
    for row in rows_of_any(database, "what blocks the move", &sql, leaf).await? {
        let Some((kind, _, fate)) = row[0].parse::<usize>().ok().and_then(|i| blocking.get(i)) else { continue };
        all.found.push(Dependent::blocking(kind, &row[1], fate, None));
    }
    identities(database, leaf, all).await?;
    checks(database, leaf, all).await?;
    comments(database, leaf, all).await?;
    types(database, leaf, all).await?;
    statistics(database, leaf, all).await
}

/// Columns of types that the application has made, and may change.
async fn types(database: &Database, leaf: &Leaf<'_>, all: &mut Dependents) -> Result<()> {
    let sql = "SELECT a.attname, format_type(t.oid, NULL) FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid \
               WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped AND CASE t.typcategory WHEN 'A' THEN t.typelem ELSE t.oid END >= 16384 \
               ORDER BY a.attnum";
    for row in rows_of_any(database, "columns of other types", sql, leaf).await? {
        let fate = format!(
            "its values are kept as text: bring the table back before ALTER TYPE or ALTER DOMAIN {} renames or changes more than adding a value",
            row[1]
        );
        all.found.push(Dependent::noted("column of a type", &row[0], &fate));
    }
    Ok(())
}

async fn identities(database: &Database, leaf: &Leaf<'_>, all: &mut Dependents) -> Result<()> {
    let sql = "SELECT a.attname, s.objid::regclass, (SELECT last_value FROM pg_sequences q JOIN pg_class c ON c.relname = q.sequencename \
                   JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = q.schemaname WHERE c.oid = s.objid) \
               FROM pg_attribute a JOIN pg_depend s ON s.refobjid = a.attrelid AND s.refobjsubid = a.attnum AND s.deptype = 'i' \
                    AND s.classid = 'pg_class'::regclass AND s.refclassid = 'pg_class'::regclass \
               WHERE a.attrelid = $1 AND a.attidentity <> '' AND NOT a.attisdropped ORDER BY a.attnum";
    for row in rows_of_any(database, "identity columns", sql, leaf).await? {
        let (column, table) = (ident(&row[0]), leaf.legacy);
        let start = row[2].parse::<i64>().map_or(1, |last| last.saturating_add(1));
        let script = format!(
            "ALTER TABLE {table} ALTER COLUMN {column} DROP IDENTITY;\nCREATE SEQUENCE {sequence} START {start} OWNED BY {table}.{column};\n\
             GRANT USAGE ON SEQUENCE {sequence} TO PUBLIC; -- an identity column needs no right on its sequence, a default does\n\
             ALTER TABLE {table} ALTER COLUMN {column} SET DEFAULT pg_catalog.nextval({name}::pg_catalog.regclass);\n",
            sequence = row[1],
            name = literal(&row[1]),
        );
        let fate = "the view does not compute it; run this script before the move, and it is carried as an ordinary default";
        all.found.push(Dependent::blocking("identity column", row[0].clone(), fate, Some(script)));
    }
    Ok(())
}

/// A CHECK refers to the table's columns, and the leaf has others. So its expression goes unchanged into a function whose parameters are named like
/// the columns; a `RETURN` body binds operators when it is created, so no search path matters, and the planner can inline it.
async fn checks(database: &Database, leaf: &Leaf<'_>, all: &mut Dependents) -> Result<()> {
    let sql = "SELECT c.oid, c.conname, pg_get_expr(c.conbin, c.conrelid), NOT c.convalidated, coalesce(0 >= ANY (c.conkey), false), \
                   obj_description(c.oid, 'pg_constraint'), coalesce(a.attname, ''), coalesce(format_type(a.atttypid, NULL), '') \
               FROM pg_constraint c LEFT JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey) \
               WHERE c.conrelid = $1 AND c.contype = 'c' ORDER BY c.oid, a.attnum";
    let found = rows_of_any(database, "check constraints", sql, leaf).await?;
    for columns in found.chunk_by(|a, b| a[0] == b[0]) {
        let [_, name, expression, not_valid, whole_row, comment, ..] = columns[0].as_slice() else { continue };
        if whole_row == "t" {
            let fate = "it reads the whole row or a system column, which the leaf does not have";
            all.found.push(Dependent::blocking("check constraint", name, fate, None));
            continue;
        }
        let columns: Vec<&Vec<String>> = columns.iter().filter(|c| !c[6].is_empty()).collect();
        let parameters = columns.iter().map(|c| format!("{} {}", ident(&c[6]), c[7])).collect::<Vec<_>>().join(", ");
        let arguments = |alias: &str| columns.iter().map(|c| (leaf.read)(&c[6], alias)).collect::<Vec<_>>().join(", ");
        let function = qualified(CONTROL, &bounded(format!("check_{}_{name}", leaf.table)));
        // A CHECK cannot give its row an alias, but the table's own name works as one.
        let row = ident(leaf.table);
        let mut script = format!(
            "CREATE FUNCTION {function}({parameters}) RETURNS boolean LANGUAGE sql RETURN ({expression});\n\
             COMMENT ON FUNCTION {function} IS {};\nALTER TABLE {} ADD CONSTRAINT {} CHECK ({function}({})){};\n",
            literal(&tag(leaf.table)),
            leaf.leaf,
            ident(name),
            arguments(&row),
            if not_valid == "t" { " NOT VALID" } else { "" },
        );
        if !comment.is_empty() {
            script.push_str(&format!("COMMENT ON CONSTRAINT {} ON {} IS {};\n", ident(name), leaf.leaf, literal(comment)));
        }
        let fate = "becomes a constraint of the leaf, under its name";
        all.carry(Dependent::carried("check constraint", name, fate, &script), "");
    }
    Ok(())
}

/// The comment that marks the function of a CHECK.
fn tag(table: &str) -> String {
    format!("esclusa: check of {table}")
}

/// The functions of checks are dropped when the leaf is gone; the comments move to the table.
pub(super) async fn back(database: &Database, leaf: &Leaf<'_>, all: &mut Dependents) -> Result<()> {
    let sql = format!(
        "SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace \
         WHERE n.nspname = $control AND obj_description(p.oid, 'pg_proc') = {}",
        literal(&tag(leaf.table))
    );
    for row in rows(database, "functions of checks", &sql, leaf).await? {
        all.last.push_str(&format!("DROP FUNCTION {};\n", row[0]));
    }
    comments_back(database, leaf, all).await
}

/// A comment may have come, changed or gone since the move.
async fn comments_back(database: &Database, leaf: &Leaf<'_>, all: &mut Dependents) -> Result<()> {
    let archive = qualified(ARCHIVE, leaf.table);
    if database.origin(&archive) != archive {
        // In a rehearsal it would be made from its dump, with its comments.
        return Ok(());
    }
    let archive = literal(&archive);
    let comment = "SELECT coalesce(a.attname, '') AS part, d.description FROM pg_description d \
                   LEFT JOIN pg_attribute a ON a.attrelid = d.objoid AND a.attnum = d.objsubid AND d.objsubid > 0 \
                   WHERE d.classoid = 'pg_class'::regclass AND d.objoid =";
    let sql = format!(
        "SELECT coalesce(now.part, old.part), coalesce(quote_literal(now.description), 'NULL') FROM ({comment} $1) AS now \
         FULL JOIN ({comment} to_regclass({archive})) AS old ON old.part = now.part WHERE now.description IS DISTINCT FROM old.description ORDER BY 1"
    );
    for row in rows(database, "comments", &sql, leaf).await? {
        let (table, column) = (view_name(leaf), &row[0]);
        let what = if column.is_empty() { format!("TABLE {table}") } else { format!("COLUMN {table}.{}", ident(column)) };
        all.after.push_str(&format!("COMMENT ON {what} IS {};\n", row[1]));
    }
    Ok(())
}

async fn comments(database: &Database, leaf: &Leaf<'_>, all: &mut Dependents) -> Result<()> {
    let sql = "SELECT coalesce(a.attname, ''), d.description FROM pg_description d \
               LEFT JOIN pg_attribute a ON a.attrelid = d.objoid AND a.attnum = d.objsubid AND d.objsubid > 0 \
               WHERE d.classoid = 'pg_class'::regclass AND d.objoid = $1 ORDER BY d.objsubid";
    let view = view_name(leaf);
    for row in rows_of_any(database, "comments", sql, leaf).await? {
        let (name, what) = match row[0].as_str() {
            "" => (leaf.table.to_owned(), format!("VIEW {view}")),
            column => (format!("{}.{column}", leaf.table), format!("COLUMN {view}.{}", ident(column))),
        };
        let script = format!("COMMENT ON {what} IS {};\n", literal(&row[1]));
        all.carry(Dependent::carried("comment", name, "moves to the view", &script), "");
    }
    Ok(())
}

/// Extended statistics of columns become statistics of the expressions that read them; statistics of expressions are let go.
async fn statistics(database: &Database, leaf: &Leaf<'_>, all: &mut Dependents) -> Result<()> {
    let sql = "SELECT s.oid, s.stxname, s.stxexprs IS NOT NULL, \
                   (SELECT string_agg(CASE k WHEN 'd' THEN 'ndistinct' WHEN 'f' THEN 'dependencies' ELSE 'mcv' END, ', ') \
                    FROM unnest(s.stxkind) k WHERE k <> 'e'), s.stxstattarget, coalesce(a.attname, '') \
               FROM pg_statistic_ext s LEFT JOIN pg_attribute a ON a.attrelid = s.stxrelid AND a.attnum = ANY (s.stxkeys::int2[]) \
               WHERE s.stxrelid = $1 ORDER BY s.oid, a.attnum";
    let found = rows_of_any(database, "extended statistics", sql, leaf).await?;
    for columns in found.chunk_by(|a, b| a[0] == b[0]) {
        let [_, name, expressions, kinds, target, ..] = columns[0].as_slice() else { continue };
        if expressions == "t" {
            let fate = "they cover expressions over the table's columns, and are not carried; plans may differ";
            all.found.push(Dependent::noted("extended statistics", name, fate));
            continue;
        }
        let new = schema_of(leaf, name);
        let row = ident(leaf.table);
        let list = columns.iter().map(|c| format!("({})", (leaf.read)(&c[5], &row))).collect::<Vec<_>>().join(", ");
        let mut script = format!("CREATE STATISTICS {new} ({kinds}) ON {list} FROM {};\n", leaf.leaf);
        if target != "-1" {
            script.push_str(&format!("ALTER STATISTICS {new} SET STATISTICS {target};\n"));
        }
        all.carry(Dependent::carried("extended statistics", name, "become statistics of the leaf", &script), "");
    }
    Ok(())
}

/// A name in the leaf's schema.
fn schema_of(leaf: &Leaf<'_>, name: &str) -> String {
    let table = ident(leaf.table);
    match leaf.leaf.strip_suffix(&table) {
        Some(schema) => format!("{schema}{}", ident(name)),
        None => ident(name),
    }
}

/// The name that the view takes.
fn view_name(leaf: &Leaf<'_>) -> String {
    qualified(leaf.schema, leaf.table)
}
