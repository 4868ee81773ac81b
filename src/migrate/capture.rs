//! The audit trigger on the table that a history mirrors. When that table itself has become a domain, a row trigger on the view
//! that took its name is impossible (PostgreSQL refuses it), so the trigger sits on `domain_value`, for rows of that domain, and
//! writes images in the legacy column names.

use crate::catalog::{Catalog, Database};
use crate::error::Result;
use crate::relation::{Context, Relation};
use crate::rule::{Rule, RuleSet, Target};
use crate::sql::quote::{ident, literal, qualified};
use crate::table::Cell;

use super::{CONTROL, PINNED};

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

/// Where a history's trigger belongs.
enum Place {
    /// On the base table, with these arguments of `fn_audit_trigger`.
    Base { table: String, keys: String, expid: String },
    /// On the new table, for the rows that the base became.
    Domain(Box<Relation>),
    /// Nowhere: why.
    No(String),
}

/// Attaches the trigger for a history's base, if it has one that it mirrors. `relation_of` yields the relation of a rule.
pub async fn attach(
    database: &Database,
    catalog: &Catalog,
    rules: &RuleSet,
    rule: &Rule,
    relation_of: &dyn Fn(&str) -> Option<Relation>,
) -> Result<Attached> {
    match place(catalog, rules, rule, relation_of) {
        Place::No(why) => Ok(Attached::No(why)),
        Place::Domain(relation) => on_domain(database, &relation, &rule.key.base).await,
        Place::Base { table, keys, expid } => on_base(database, &catalog.schema, &table, &keys, &expid).await,
    }
}

fn place(catalog: &Catalog, rules: &RuleSet, rule: &Rule, relation_of: &dyn Fn(&str) -> Option<Relation>) -> Place {
    let Target::History(history) = &rule.target else { return Place::No("not a history".into()) };
    let Some(base) = &history.base else { return Place::No("an event log without a base table".into()) };
    if rule.columns.iter().all(|c| c.base.is_none()) {
        return Place::No(format!("an event log: no column mirrors {base}"));
    }
    if let Some(relation) = relation_of(base).filter(|_| rules.rules.contains_key(base))
        && catalog.tables.get(base).is_none_or(|t| t.kind != 'r')
    {
        return Place::Domain(Box::new(relation));
    }
    let Some(table) = catalog.tables.get(base).filter(|t| t.kind == 'r' || t.kind == 'p') else {
        return Place::No(format!("there is no table {base}"));
    };
    let missing: Vec<&String> = rule.key.base.iter().filter(|c| table.column(c).is_none()).collect();
    if rule.key.base.is_empty() || !missing.is_empty() {
        return Place::No(format!("the rule names no key of {base} that exists"));
    }
    let expid = table.columns.iter().find(|c| c.name.ends_with("expid") && c.type_name == "numeric(5,0)");
    let expid = expid.map_or_else(String::new, |c| c.name.clone());
    Place::Base { table: base.clone(), keys: rule.key.base.join(","), expid }
}

/// The definitions of the triggers on a base table, as `pg_get_triggerdef` prints them.
fn definitions(schema: &str, base: &str, keys: &str, expid: &str) -> [String; 2] {
    let (table, function) = (qualified(schema, base), qualified(schema, "fn_audit_trigger"));
    let call = format!("EXECUTE FUNCTION {function}({}, {})", literal(keys), literal(expid));
    let name = format!("trg_audit_{base}");
    [
        format!("CREATE TRIGGER {} AFTER INSERT OR DELETE OR UPDATE ON {table} FOR EACH ROW {call}", ident(&name)),
        format!("CREATE TRIGGER {} AFTER TRUNCATE ON {table} FOR EACH STATEMENT {call}", ident(&format!("{name}_t"))),
    ]
}

/// A trigger as the catalog has it.
#[derive(Clone)]
struct Trigger {
    name: String,
    definition: String,
    enabled: bool,
    for_each_row: bool,
}

/// The triggers of a relation that call a function of this name.
async fn triggers(database: &Database, table: &str, function: &str) -> Result<Vec<Trigger>> {
    let sql = format!(
        "SELECT tgname, pg_get_triggerdef(t.oid), tgenabled IN ('O', 'A'), tgtype & 1 = 1 FROM pg_trigger t JOIN pg_proc p ON p.oid = tgfoid \
         WHERE tgrelid = to_regclass({}) AND p.proname = {} AND NOT tgisinternal ORDER BY tgname",
        literal(table),
        literal(function)
    );
    let rows = database.text("looking for triggers", &sql).await?;
    let cell = |row: &[Option<String>], i: usize| row.get(i).cloned().flatten().unwrap_or_default();
    let trigger = |row: &Vec<Option<String>>| Trigger {
        name: cell(row, 0),
        definition: cell(row, 1),
        enabled: cell(row, 2) == "t",
        for_each_row: cell(row, 3) == "t",
    };
    Ok(rows.iter().map(trigger).collect())
}

/// A trigger that is there already, under whatever name, is left as it is: a second one would write every change twice.
async fn on_base(database: &Database, schema: &str, base: &str, keys: &str, expid: &str) -> Result<Attached> {
    let there = triggers(database, &qualified(schema, base), "fn_audit_trigger").await?;
    if let Some(disabled) = there.iter().find(|t| !t.enabled) {
        return Ok(Attached::No(format!("{} on {base} is disabled", disabled.name)));
    }
    let [row, truncate] = definitions(schema, base, keys, expid);
    for (definition, for_each_row) in [(row, true), (truncate, false)] {
        if !there.iter().any(|t| t.for_each_row == for_each_row) {
            database.batch(&format!("attaching the audit trigger to {base}"), &definition).await?;
        }
    }
    Ok(Attached::Base(base.to_owned()))
}

/// What keeps changes of migrated tables from being audited or written: triggers that are missing, disabled, doubled or changed. One row
/// each, in the columns of `schema check`. A table counts as migrated when a run says so and no table has its name.
pub async fn check(database: &Database, context: &Context, rules: &RuleSet) -> Result<Vec<Vec<Cell>>> {
    database.batch("pinning the session", PINNED).await?;
    let ledger = format!("{CONTROL}.run_table");
    let there = database.text("looking for the ledger", &format!("SELECT to_regclass('{ledger}')")).await?;
    if there.concat() == [None] {
        return Ok(Vec::new());
    }
    let migrated = format!("SELECT DISTINCT legacy_table FROM {ledger} WHERE step = 'migrate' ORDER BY 1");
    let migrated: Vec<String> = database.text("reading the ledger", &migrated).await?.into_iter().flatten().flatten().collect();
    let catalog = Catalog::read(database, &context.schema).await?;
    let gone = |table: &String| catalog.tables.get(table).is_none_or(|t| t.kind == 'v');
    let relation_of = |table: &str| rules.rules.get(table).map(|rule| Relation::compile(rule, context));
    let mut drift = Vec::new();
    for rule in migrated.iter().filter(|t| gone(t)).filter_map(|t| rules.rules.get(t)) {
        let view = catalog.tables.get(&rule.table).map(|t| qualified(&context.schema, &t.name));
        if let Some(view) = view {
            let found = triggers(database, &view, &format!("write_{}", rule.table)).await?;
            told(&mut drift, &format!("trg_write_{}", rule.table), &rule.table, None, &found);
        }
        match place(&catalog, rules, rule, &relation_of) {
            Place::No(_) => {}
            Place::Base { table, keys, expid } => {
                let found = triggers(database, &qualified(&context.schema, &table), "fn_audit_trigger").await?;
                let (rows, statements): (Vec<_>, Vec<_>) = found.into_iter().partition(|t| t.for_each_row);
                let name = format!("trg_audit_{table}");
                let [row, truncate] = definitions(&context.schema, &table, &keys, &expid);
                told(&mut drift, &name, &table, Some(&row), &rows);
                told(&mut drift, &format!("{name}_t"), &table, Some(&truncate), &statements);
            }
            Place::Domain(relation) => {
                let found = triggers(database, &relation.rows(), &format!("audit_{}", relation.table)).await?;
                for name in [format!("trg_audit_{}", relation.table), format!("trg_audit_{}_d", relation.table)] {
                    let own: Vec<Trigger> = found.iter().filter(|t| t.name == name).cloned().collect();
                    told(&mut drift, &name, &relation.table, None, &own);
                }
            }
        }
    }
    Ok(drift)
}

/// What is wrong with the triggers that should be one, of this definition.
fn told(drift: &mut Vec<Vec<Cell>>, name: &str, table: &str, definition: Option<&str>, found: &[Trigger]) {
    let object = format!("trigger {name} on {table}");
    let mut push = |finding: &str, expected: &str, found: &str| {
        drift.push(vec![object.as_str().into(), finding.into(), expected.into(), found.into()]);
    };
    match found {
        [] => push("missing", definition.unwrap_or_default(), ""),
        [one] if !one.enabled => push("disabled", "enabled", "disabled"),
        [one] => definition.filter(|d| *d != one.definition).into_iter().for_each(|d| push("differs", d, &one.definition)),
        [_, _, ..] => {
            let names: Vec<&str> = found.iter().map(|t| t.name.as_str()).collect();
            push("doubled: every change is written more than once", name, &names.join(", "));
        }
    }
}

/// A trigger on the new table that audits the rows of one look-up or junction.
pub async fn on_domain(database: &Database, relation: &Relation, key: &[String]) -> Result<Attached> {
    let image = |row: &str| {
        let pair = |i: usize| {
            let column = &relation.columns[i];
            let value = crate::sql::template::Sql::text(relation.read(i, Some(row)));
            format!("{}, {}", literal(&column.name), column.sql_type.image(&value).render())
        };
        let parts: Vec<String> = (0..relation.columns.len()).map(pair).collect();
        parts.chunks(45).map(|c| format!("jsonb_build_object({})", c.join(", "))).collect::<Vec<_>>().join(" || ")
    };
    let function = qualified(CONTROL, &format!("audit_{}", relation.table));
    let keys = format!("ARRAY[{}]", key.iter().map(|k| literal(k)).collect::<Vec<_>>().join(", "));
    let name = ident(&format!("trg_audit_{}", relation.table));
    let delete_name = ident(&format!("trg_audit_{}_d", relation.table));
    let target = relation.rows();
    let call = |operation: &str, old: &str, new: &str| {
        format!("PERFORM {CONTROL}.audit('{operation}', {}, {keys}, {old}, {new}, NULL);", literal(&relation.table))
    };
    let sql = format!(
        "CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER \
         SET search_path = pg_catalog, pg_temp SET extra_float_digits = 1 AS $esclusa$\nDECLARE old_image jsonb; new_image jsonb;\nBEGIN\n  \
         IF TG_OP <> 'INSERT' THEN old_image := {}; END IF;\n  IF TG_OP <> 'DELETE' THEN new_image := {}; END IF;\n  \
         IF TG_OP = 'INSERT' THEN {}\n  ELSIF TG_OP = 'DELETE' THEN {}\n  ELSIF old_image::text IS DISTINCT FROM new_image::text THEN {}\n  \
         END IF;\n  RETURN NULL;\nEND $esclusa$;\n\
         REVOKE ALL ON FUNCTION {function}() FROM PUBLIC;\n\
         DROP TRIGGER IF EXISTS {name} ON {target}; DROP TRIGGER IF EXISTS {delete_name} ON {target};\n\
         CREATE TRIGGER {name} AFTER INSERT OR UPDATE ON {target} FOR EACH ROW EXECUTE FUNCTION {function}();\n\
         CREATE TRIGGER {delete_name} AFTER DELETE ON {target} FOR EACH ROW EXECUTE FUNCTION {function}();",
        image("old"),
        image("new"),
        call("I", "NULL", "new_image"),
        call("D", "old_image", "NULL"),
        call("U", "old_image", "new_image"),
    );
    database.batch(&format!("auditing domain rows of {}", relation.table), &sql).await?;
    Ok(Attached::Domain(relation.table.clone()))
}
