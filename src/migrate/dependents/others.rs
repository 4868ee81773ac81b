//! How other objects use the table: functions, columns of its row type, rules and policies of other tables, publications; and whatever else the
//! catalog knows to depend on it.

use crate::catalog::Database;
use crate::error::Result;
use crate::sql::quote::ident;

use super::super::foreign_key::key_table::Leaf;
use super::found::{Dependent, Dependents, foreign, rows, rows_of_any};

/// The table's row type and the type of arrays of it.
pub(super) const ROW_TYPES: &str =
    "(SELECT oid FROM pg_type WHERE typrelid = $1 UNION ALL SELECT typarray FROM pg_type WHERE typrelid = $1)";

/// The owner of relation `c`, where this role is no member of it.
const OWNER: &str = "CASE WHEN pg_has_role(c.relowner, 'USAGE') THEN '' ELSE quote_ident(pg_get_userbyid(c.relowner)) END";

pub(super) async fn find(database: &Database, leaf: &Leaf<'_>, all: &mut Dependents) -> Result<()> {
    functions(database, leaf, all).await?;
    aggregates(database, leaf, all).await?;
    rules(database, leaf, all).await?;
    policies(database, leaf, all).await?;
    rest(database, leaf, all).await
}

/// A body that was parsed when the function was created (BEGIN ATOMIC) is replaced in place. A function that returns rows of the table is dropped
/// and created again, if nothing depends on it. One that takes a row blocks: a rewritten statement's row is of another type.
async fn functions(database: &Database, leaf: &Leaf<'_>, all: &mut Dependents) -> Result<()> {
    let sql = format!(
        "SELECT p.oid::regprocedure, pg_get_functiondef(p.oid), \
             CASE p.prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END, \
             EXISTS (SELECT FROM unnest(coalesce(p.proallargtypes, p.proargtypes::oid[]), p.proargmodes) u (type, mode) \
                     WHERE u.type IN {ROW_TYPES} AND coalesce(u.mode, 'i') IN ('i', 'b', 'v')), \
             p.prorettype IN {ROW_TYPES} OR EXISTS (SELECT FROM unnest(p.proallargtypes) type WHERE type IN {ROW_TYPES}), \
             EXISTS (SELECT FROM pg_depend d WHERE d.refclassid = 'pg_proc'::regclass AND d.refobjid = p.oid AND d.deptype = 'n') \
                 OR EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'), \
             format('ALTER %s %s OWNER TO %I', CASE p.prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END, p.oid::regprocedure, pg_get_userbyid(p.proowner)), \
             coalesce((SELECT string_agg(format('GRANT EXECUTE ON ROUTINE %s TO %s%s', p.oid::regprocedure, \
                 CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END, \
                 CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END), E';\\n') FROM aclexplode(p.proacl) a), ''), \
             p.proacl IS NOT NULL, format('COMMENT ON ROUTINE %s IS %L', p.oid::regprocedure, obj_description(p.oid, 'pg_proc')), \
             obj_description(p.oid, 'pg_proc') IS NOT NULL, \
             CASE WHEN pg_has_role(p.proowner, 'USAGE') THEN '' ELSE quote_ident(pg_get_userbyid(p.proowner)) END \
         FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.prokind <> 'a' AND n.nspname <> $control AND EXISTS (SELECT FROM pg_depend d \
             WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND ((d.refclassid = 'pg_class'::regclass AND d.refobjid = $1) \
                OR (d.refclassid = 'pg_type'::regclass AND d.refobjid IN {ROW_TYPES}))) ORDER BY p.oid"
    );
    for row in rows(database, "functions", &sql, leaf).await? {
        let flag = |i: usize| row[i] == "t";
        let (name, definition, word) = (row[0].as_str(), row[1].as_str(), row[2].as_str());
        if !flag(3)
            && let Some(fate) = foreign(&row[11])
        {
            all.found.push(Dependent::blocking("function", name, &fate, Some(format!("{definition};\n"))));
            continue;
        }
        if !flag(3) && !flag(4) {
            let fate = "its body is parsed again, and it stays the same object";
            all.carry(Dependent::carried("function", name, fate, &format!("{definition};\n")), "");
            continue;
        }
        let mut script = format!("{definition};\n{};\n", row[6]);
        if flag(8) {
            script.push_str(&format!("REVOKE ALL ON ROUTINE {name} FROM PUBLIC;\n{}", row[7]));
            script.push_str(if row[7].is_empty() { "" } else { ";\n" });
        }
        if flag(10) {
            script.push_str(&format!("{};\n", row[9]));
        }
        let drop = format!("DROP {word} {name};\n");
        let fate = match (flag(3), flag(5)) {
            (true, _) => "it takes a row of the table, and a rewritten statement's row is of another type",
            (_, true) => "it returns rows of the table, and something else depends on it",
            _ => {
                let fate = format!("is dropped and made again, and returns rows of the {}", all.onto);
                all.carry(Dependent::carried("function", name, &fate, &script), &drop);
                continue;
            }
        };
        let script = Some(drop + &script);
        all.found.push(match flag(3) {
            true => Dependent::of_row_type("function", name, fate, script),
            false => Dependent::blocking("function", name, fate, script),
        });
    }
    Ok(())
}

async fn aggregates(database: &Database, leaf: &Leaf<'_>, all: &mut Dependents) -> Result<()> {
    let sql = format!(
        "SELECT DISTINCT p.oid::regprocedure::text FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid \
         WHERE p.prokind = 'a' AND d.refclassid = 'pg_type'::regclass AND d.refobjid IN {ROW_TYPES} ORDER BY 1"
    );
    for row in rows(database, "aggregates", &sql, leaf).await? {
        let fate = "it takes a row of the table, and a rewritten statement's row is of another type";
        all.found.push(Dependent::of_row_type("aggregate", &row[0], fate, None));
    }
    Ok(())
}

/// Rules of other tables that read or write this one.
async fn rules(database: &Database, leaf: &Leaf<'_>, all: &mut Dependents) -> Result<()> {
    let sql = format!(
        "SELECT format('%I on %s', r.rulename, r.ev_class::regclass), pg_get_ruledef(r.oid), {OWNER} FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class \
         WHERE r.rulename <> '_RETURN' AND r.ev_class <> $1 AND EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_rewrite'::regclass \
             AND d.objid = r.oid AND ((d.refclassid = 'pg_class'::regclass AND d.refobjid = $1) \
                OR (d.refclassid = 'pg_type'::regclass AND d.refobjid IN {ROW_TYPES}))) ORDER BY r.oid"
    );
    for row in rows(database, "rules", &sql, leaf).await? {
        let script = row[1].replacen("CREATE RULE", "CREATE OR REPLACE RULE", 1) + "\n";
        if let Some(fate) = foreign(&row[2]) {
            all.found.push(Dependent::blocking("rule", &row[0], &fate, Some(script)));
            continue;
        }
        let fate = format!("is made again, and reads or writes the {}", all.onto);
        all.carry(Dependent::carried("rule", &row[0], &fate, &script), "");
    }
    Ok(())
}

/// Policies of other tables that read this one.
async fn policies(database: &Database, leaf: &Leaf<'_>, all: &mut Dependents) -> Result<()> {
    let sql = format!(
        "SELECT p.polname, p.polrelid::regclass, pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid), {OWNER} \
         FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid WHERE p.polrelid <> $1 AND EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_policy'::regclass AND d.objid = p.oid \
             AND d.refclassid = 'pg_class'::regclass AND d.refobjid = $1) ORDER BY p.oid"
    );
    for row in rows(database, "policies", &sql, leaf).await? {
        let part = |word: &str, text: &str| if text.is_empty() { String::new() } else { format!(" {word} ({text})") };
        let script =
            format!("ALTER POLICY {} ON {}{}{};\n", ident(&row[0]), row[1], part("USING", &row[2]), part("WITH CHECK", &row[3]));
        let name = format!("{} on {}", row[0], row[1]);
        if let Some(fate) = foreign(&row[4]) {
            all.found.push(Dependent::blocking("policy", name, &fate, Some(script)));
            continue;
        }
        let fate = format!("is made again, and reads the {}", all.onto);
        all.carry(Dependent::carried("policy", name, &fate, &script), "");
    }
    Ok(())
}

/// Publications and subscriptions: of tables only.
pub(super) async fn replication(database: &Database, leaf: &Leaf<'_>, all: &mut Dependents) -> Result<()> {
    let sql = "SELECT 'publication', p.pubname, 'for this table' FROM pg_publication p JOIN pg_publication_rel r ON r.prpubid = p.oid WHERE r.prrelid = $1
         UNION ALL SELECT 'publication', p.pubname, 'for its schema' FROM pg_publication p JOIN pg_publication_namespace s ON s.pnpubid = p.oid \
             JOIN pg_class c ON c.relnamespace = s.pnnspid WHERE c.oid = $1 AND c.relkind = 'r'
         UNION ALL SELECT 'publication', p.pubname, 'for all tables' FROM pg_publication p, pg_class c WHERE p.puballtables AND c.oid = $1 AND c.relkind = 'r'
         UNION ALL SELECT 'subscription', s.subname, '' FROM pg_subscription s JOIN pg_subscription_rel r ON r.srsubid = s.oid WHERE r.srrelid = $1";
    for row in rows_of_any(database, "publications", sql, leaf).await? {
        if row[0] == "subscription" {
            let fate = "it writes the table, which has moved";
            all.found.push(Dependent::blocking("subscription", &row[1], fate, None));
            continue;
        }
        let fate = format!("it is {}; a subscriber has no table like the leaf, and misses every later change", row[2]);
        let script = (row[2] == "for this table").then(|| {
            format!(
                "ALTER PUBLICATION {0} DROP TABLE {1};\n-- on the subscriber: a table like the leaf; then\nALTER PUBLICATION {0} ADD TABLE {2};\n",
                ident(&row[1]),
                leaf.legacy,
                leaf.leaf
            )
        });
        all.found.push(Dependent::blocking("publication", &row[1], &fate, script));
    }
    Ok(())
}

/// Columns of its row type, and all that no other question here has found.
async fn rest(database: &Database, leaf: &Leaf<'_>, all: &mut Dependents) -> Result<()> {
    let sql = format!(
        "SELECT DISTINCT CASE WHEN d.classid = 'pg_class'::regclass AND d.objsubid > 0 THEN 'column' ELSE 'other' END, \
             pg_describe_object(d.classid, d.objid, d.objsubid) \
         FROM pg_depend d LEFT JOIN pg_class c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid \
         WHERE ((d.refclassid = 'pg_class'::regclass AND d.refobjid = $1) OR (d.refclassid = 'pg_type'::regclass AND d.refobjid IN {ROW_TYPES})) \
             AND d.classid NOT IN ('pg_rewrite'::regclass, 'pg_proc'::regclass, 'pg_policy'::regclass, 'pg_publication_rel'::regclass, \
                 'pg_constraint'::regclass, 'pg_trigger'::regclass, 'pg_attrdef'::regclass, 'pg_statistic_ext'::regclass) \
             AND d.deptype = 'n' AND (c.oid IS NULL OR (c.oid <> $1 AND c.relkind NOT IN ('v', 'm', 'i', 'I', 't'))) \
             AND NOT EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = d.objid AND d.classid = 'pg_class'::regclass AND i.inhparent = $1) ORDER BY 1, 2"
    );
    for row in rows(database, "other dependents", &sql, leaf).await? {
        let (kind, fate) = match row[0].as_str() {
            "column" => ("column", "its type is the table's row type, and stays that of what had the name before"),
            _ => ("other", "it will still refer to what had the name before"),
        };
        all.found.push(Dependent::of_row_type(kind, &row[1], fate, None));
    }
    Ok(())
}

/// Bodies stored as text: names in them are looked up when they run, and then find the view.
pub(super) async fn bodies(database: &Database, leaf: &Leaf<'_>, all: &mut Dependents) -> Result<()> {
    // Our own functions, two for each moved table, have megabytes of text: they are left out before any text is looked at.
    let sql = "WITH p AS MATERIALIZED (SELECT oid, prosrc FROM pg_proc WHERE prosqlbody IS NULL \
               AND pronamespace NOT IN (SELECT oid FROM pg_namespace WHERE nspname IN ($control, 'pg_catalog', 'information_schema')) \
               AND prolang NOT IN (SELECT oid FROM pg_language WHERE lanname IN ('c', 'internal'))) \
             SELECT p.oid::regprocedure, p.prosrc ~* '\\mEXECUTE\\M' FROM p \
             WHERE NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e') \
             AND strpos(lower(p.prosrc), lower($name)) > 0 AND p.prosrc ~* ('(^|\\W)' || regexp_replace($name, '(\\W)', '\\\\\\1', 'g') || '(\\W|$)') ORDER BY p.oid";
    for row in rows(database, "functions that name it", sql, leaf).await? {
        let fate =
            "its body names the table, and will find the view, which allows no ON CONFLICT, no TRUNCATE, no system columns";
        // SQL that it assembles at run time cannot be read here.
        let kind = if row[1] == "t" { "dynamic function" } else { "function text" };
        all.found.push(Dependent::noted(kind, &row[0], fate));
    }
    Ok(())
}
