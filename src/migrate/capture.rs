//! The audit trigger on the table that a history mirrors. When that table itself has become a domain, a row trigger on the view
//! that took its name is impossible (PostgreSQL refuses it), so the trigger sits on `domain_value`, for rows of that domain, and
//! writes images in the legacy column names.

use crate::catalog::{Catalog, Database};
use crate::error::Result;
use crate::relation::Relation;
use crate::rule::{Rule, RuleSet, Target};
use crate::sql::quote::{ident, literal, qualified};

use super::CONTROL;

/// What became of the trigger for one history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attached {
    /// On the base table, or it was there already.
    Base(String),
    /// On the new table, for the rows of the base's domain.
    Domain(String),
    /// None: why.
    No(String),
}

/// Attaches the trigger for a history's base, if it has one that it mirrors. `relations` yields the relation of a rule.
pub async fn attach(
    database: &Database,
    catalog: &Catalog,
    rules: &RuleSet,
    rule: &Rule,
    relation_of: &dyn Fn(&str) -> Option<Relation>,
) -> Result<Attached> {
    let Target::History(history) = &rule.target else { return Ok(Attached::No("not a history".into())) };
    let Some(base) = &history.base else { return Ok(Attached::No("an event log without a base table".into())) };
    if rule.columns.iter().all(|c| c.base.is_none()) {
        return Ok(Attached::No(format!("an event log: no column mirrors {base}")));
    }
    if let Some(relation) = relation_of(base).filter(|_| rules.rules.contains_key(base))
        && catalog.tables.get(base).is_none_or(|t| t.kind != 'r')
    {
        return on_domain(database, &relation, &rule.key.base).await;
    }
    let Some(table) = catalog.tables.get(base).filter(|t| t.kind == 'r' || t.kind == 'p') else {
        return Ok(Attached::No(format!("there is no table {base}")));
    };
    let missing: Vec<&String> = rule.key.base.iter().filter(|c| table.column(c).is_none()).collect();
    if rule.key.base.is_empty() || !missing.is_empty() {
        return Ok(Attached::No(format!("the rule names no key of {base} that exists")));
    }
    let expid = table.columns.iter().find(|c| c.name.ends_with("expid") && c.type_name == "numeric(5,0)");
    let expid = expid.map_or("", |c| c.name.as_str());
    on_base(database, &catalog.schema, base, &rule.key.base, expid).await
}

async fn on_base(database: &Database, schema: &str, base: &str, key: &[String], expid: &str) -> Result<Attached> {
    let (table, name) = (qualified(schema, base), format!("trg_audit_{base}"));
    let sql =
        format!("SELECT count(*) FROM pg_trigger WHERE tgrelid = {}::regclass AND tgname = {}", literal(&table), literal(&name));
    if database.one("looking for the audit trigger", &sql, &[]).await?.get::<_, i64>(0) == 0 {
        let function = qualified(schema, "fn_audit_trigger");
        let arguments = format!("{}, {}", literal(&key.join(",")), literal(expid));
        let sql = format!(
            "CREATE TRIGGER {0} AFTER INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {function}({arguments});\n\
             CREATE TRIGGER {1} AFTER TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {function}({arguments});",
            ident(&name),
            ident(&format!("{name}_t")),
        );
        database.batch(&format!("attaching the audit trigger to {base}"), &sql).await?;
    }
    Ok(Attached::Base(base.to_owned()))
}

/// A trigger on the new table that audits the rows of one look-up or junction.
pub async fn on_domain(database: &Database, relation: &Relation, key: &[String]) -> Result<Attached> {
    let image = |row: &str| {
        let pair = |i: usize| {
            let column = &relation.columns[i];
            format!("{}, {}", literal(&column.name), column.sql_type.image(&relation.read(i, Some(row))))
        };
        let parts: Vec<String> = (0..relation.columns.len()).map(pair).collect();
        parts.chunks(45).map(|c| format!("jsonb_build_object({})", c.join(", "))).collect::<Vec<_>>().join(" || ")
    };
    let function = qualified(CONTROL, &format!("audit_{}", relation.table));
    let keys = format!("ARRAY[{}]", key.iter().map(|k| literal(k)).collect::<Vec<_>>().join(", "));
    let name = ident(&format!("trg_audit_{}", relation.table));
    let delete_name = ident(&format!("trg_audit_{}_d", relation.table));
    let target = relation.target_table();
    let call = |operation: &str, old: &str, new: &str| {
        format!("PERFORM {CONTROL}.audit('{operation}', {}, {keys}, {old}, {new}, NULL);", literal(&relation.table))
    };
    let sql = format!(
        "CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER \
         SET search_path = pg_catalog, pg_temp SET extra_float_digits = 1 AS $esclusa$\nDECLARE old_image jsonb; new_image jsonb;\nBEGIN\n  \
         IF TG_OP <> 'INSERT' THEN old_image := {}; END IF;\n  IF TG_OP <> 'DELETE' THEN new_image := {}; END IF;\n  \
         IF TG_OP = 'INSERT' THEN {}\n  ELSIF TG_OP = 'DELETE' THEN {}\n  ELSIF old_image::text IS DISTINCT FROM new_image::text THEN {}\n  \
         END IF;\n  RETURN NULL;\nEND $esclusa$;\n\
         DROP TRIGGER IF EXISTS {name} ON {target}; DROP TRIGGER IF EXISTS {delete_name} ON {target};\n\
         CREATE TRIGGER {name} AFTER INSERT OR UPDATE ON {target} FOR EACH ROW WHEN ({}) EXECUTE FUNCTION {function}();\n\
         CREATE TRIGGER {delete_name} AFTER DELETE ON {target} FOR EACH ROW WHEN ({}) EXECUTE FUNCTION {function}();",
        image("old"),
        image("new"),
        call("I", "NULL", "new_image"),
        call("D", "old_image", "NULL"),
        call("U", "old_image", "new_image"),
        relation.filter(Some("new")),
        relation.filter(Some("old")),
    );
    database.batch(&format!("auditing domain rows of {}", relation.table), &sql).await?;
    Ok(Attached::Domain(relation.table.clone()))
}
