//! What is attached to the table that a history mirrors: the audit trigger and, where the history's rule says `capture = "trigger"`, a second
//! trigger that writes the legacy row which the application would have written. When that table has itself become a look-up, both are attached to
//! the look-up's leaf, and make images in the legacy column names.
//!
//! The audit trigger runs as a role of its own (migrate/sql/audit.sql). The projection does not: it runs with the rights of the history's owner,
//! who owns the leaf that it writes. It is a separate trigger because, if the audit trigger called a function, the function's owner could change it
//! to run as the caller. Neither runs code of a client's types.
//!
//! Each function and trigger is described once (`expected`); creation, comparison and repair use that description.

use crate::catalog::{Catalog, Database};
use crate::error::Result;
use crate::relation::projection::PARAMETERS;
use crate::relation::{Context, Relation, Store};
use crate::rule::{Rule, RuleSet};
use crate::sql::quote::{ident, literal, qualified};
use crate::sql::template::Sql;
use crate::table::Cell;

use super::{CONTROL, PINNED};

mod object;
pub mod writer;

use object::{Function, Trigger, name};

/// Owns the audit trigger's functions, and may insert into audit_log (migrate/sql/audit.sql).
pub const AUDITOR: &str = "esclusa_audit";

/// The settings that images and the texts in them depend on, pinned; named as in `pg_proc.proconfig`.
const SETTINGS: [&str; 7] = [
    "search_path=pg_catalog, pg_temp",
    "extra_float_digits=1",
    "IntervalStyle=postgres",
    "bytea_output=hex",
    "DateStyle=ISO, MDY",
    "lc_monetary=C",
    "TimeZone=UTC",
];

/// What became of the trigger for one history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attached {
    /// On the base table; it may have been there already.
    Base(String),
    /// On the leaf of the look-up that the base has become.
    Domain(String),
    /// Its trigger is there, and disabled.
    Disabled {
        /// The trigger's name.
        trigger: String,
        /// Its table, qualified.
        table: String,
    },
    /// On no table, and why.
    No(String),
}

/// Whether triggers fire that are attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Firing {
    /// They do.
    Enabled,
    /// They are there, and disabled; so are those that were there already.
    Disabled,
}

/// Where a history's triggers belong.
enum TriggerTable {
    /// On the base table: its schema, its name, its key, and the column of the exploitation's id.
    Base { schema: String, table: String, keys: String, expid: String },
    /// On the leaf of the look-up that the base has become.
    Domain { relation: Box<Relation>, keys: String },
    /// On no table, and why.
    No(String),
}

/// The functions and triggers of one history.
#[derive(Debug, Default)]
pub struct Expected {
    functions: Vec<Function>,
    triggers: Vec<Trigger>,
    /// What must not exist: the projection of a history that the application writes.
    unwanted: Vec<(Trigger, [Function; 2])>,
}

/// Attaches the triggers for a history's base, if it mirrors one, and removes a projection that the rule no longer asks for: the rows that it has
/// written stay. `relation_of` yields the relation of a rule. An existing audit trigger, whatever its name, is left as it is: a second one would
/// record every change twice, and it may be disabled for a reason.
pub async fn attach(
    database: &Database,
    catalog: &Catalog,
    rules: &RuleSet,
    rule: &Rule,
    relation: &Relation,
    relation_of: &dyn Fn(&str) -> Option<Relation>,
    firing: Firing,
) -> Result<Attached> {
    let place = place(catalog, rules, rule, relation_of);
    let attached = match &place {
        TriggerTable::No(why) => return Ok(Attached::No(why.clone())),
        TriggerTable::Base { table, .. } => Attached::Base(table.clone()),
        TriggerTable::Domain { relation, .. } => Attached::Domain(relation.table.clone()),
    };
    let mut wanted = expected(database, &catalog.schema, &place, relation).await?;
    let (mut kept, mut disabling) = (Vec::new(), Vec::new());
    for trigger in &wanted.triggers {
        let there = trigger.found(database).await?;
        let disabled = there.iter().find(|t| !t.enabled).filter(|_| firing == Firing::Enabled);
        if let Some(disabled) = disabled {
            return Ok(Attached::Disabled { trigger: disabled.name.clone(), table: trigger.table.clone() });
        }
        disabling.extend(trigger.disabling(&there));
        kept.push(!there.is_empty());
    }
    let mut kept = kept.into_iter();
    wanted.triggers.retain(|_| !kept.next().unwrap_or(false));
    apply(database, &wanted).await?;
    for sql in disabling.iter().filter(|_| firing == Firing::Disabled) {
        database.batch("disabling an audit trigger", sql).await?;
    }
    Ok(attached)
}

/// Attaches to the leaf of a moved look-up or junction what its histories need: the audit, and the projection into each moved history that the
/// trigger writes. Returns the names of these histories, in order.
pub async fn follow(
    database: &Database,
    catalog: &Catalog,
    rules: &RuleSet,
    moved: &Relation,
    relation_of: &dyn Fn(&str) -> Option<Relation>,
    firing: Firing,
) -> Result<Vec<String>> {
    let mut histories = Vec::new();
    for rule in rules.rules.values().filter(|r| r.target.history().is_some_and(|h| h.base.as_ref() == Some(&moved.table))) {
        let Some(relation) = relation_of(&rule.table) else { continue };
        if let Attached::Domain(_) = attach(database, catalog, rules, rule, &relation, relation_of, firing).await? {
            histories.push(rule.table.clone());
        }
    }
    Ok(histories)
}

fn place(catalog: &Catalog, rules: &RuleSet, rule: &Rule, relation_of: &dyn Fn(&str) -> Option<Relation>) -> TriggerTable {
    let Some(history) = rule.target.history() else { return TriggerTable::No("not a history".into()) };
    let Some(base) = &history.base else { return TriggerTable::No("an event log without a base table".into()) };
    if rule.columns.iter().all(|c| c.base.is_none()) {
        return TriggerTable::No(format!("an event log: no column mirrors {base}"));
    }
    let keys = rule.key.base.join(",");
    if let Some(relation) = relation_of(base).filter(|r| rules.rules.contains_key(base) && !r.is_retained())
        && catalog.tables.get(base).is_none_or(|t| t.kind != 'r')
    {
        return TriggerTable::Domain { relation: Box::new(relation), keys };
    }
    let Some(table) = catalog.tables.get(base).filter(|t| t.kind == 'r' || t.kind == 'p') else {
        return TriggerTable::No(format!("there is no table {base}"));
    };
    let missing: Vec<&String> = rule.key.base.iter().filter(|c| table.column(c).is_none()).collect();
    if rule.key.base.is_empty() || !missing.is_empty() {
        return TriggerTable::No(format!("the rule names no key of {base} that exists"));
    }
    let expid = table.columns.iter().find(|c| c.name.ends_with("expid") && c.type_name == "numeric(5,0)");
    let expid = expid.map_or_else(String::new, |c| c.name.clone());
    TriggerTable::Base { schema: catalog.schema.clone(), table: base.clone(), keys, expid }
}

/// What should be on a history's base, as the base is now.
async fn expected(database: &Database, schema: &str, place: &TriggerTable, history: &Relation) -> Result<Expected> {
    let mut wanted = match place {
        TriggerTable::No(_) => return Ok(Expected::default()),
        TriggerTable::Base { schema, table, keys, expid } => on_table(database, schema, table, [keys, expid]).await?,
        TriggerTable::Domain { relation, keys } => on_leaf(schema, relation, keys),
    };
    let (function, trigger) = projecting(place, history);
    let owner = format!(
        "SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = to_regclass({})",
        literal(&database.origin(&history.rows()))
    );
    // Without a leaf, there is nothing to project into yet, and no earlier projection to remove.
    if let Some(owner) = database.text("asking who owns the history", &owner).await?.concat().into_iter().next().flatten() {
        let function = Function { owner: owner.clone(), ..function };
        let row = row_function(history, owner);
        if history.projection.is_some() {
            wanted.functions.extend([row, function]);
            wanted.triggers.push(trigger);
        } else {
            wanted.unwanted.push((trigger, [function, row]));
        }
    }
    Ok(wanted)
}

/// Creates and repairs everything.
async fn apply(database: &Database, wanted: &Expected) -> Result<()> {
    for function in &wanted.functions {
        function.apply(database).await?;
    }
    for trigger in &wanted.triggers {
        trigger.apply(database).await?;
    }
    for (trigger, functions) in &wanted.unwanted {
        trigger.remove(database).await?;
        for function in functions {
            if function.exists(database).await? {
                database.batch("removing a projection", &function.removal()).await?;
            }
        }
    }
    Ok(())
}

/// The audit of a table: by a function compiled for its columns where possible, otherwise by the general function.
async fn on_table(database: &Database, schema: &str, table: &str, [keys, expid]: [&String; 2]) -> Result<Expected> {
    let (general, own) = (qualified(schema, "fn_audit_trigger"), name("audit_", table, ""));
    let at = literal(&database.origin(&qualified(schema, table)));
    let sql = format!(
        "SELECT {CONTROL}.compiled_audit(to_regclass({at}), {}, {}, {}), array_to_string({CONTROL}.compiled_settings(to_regclass({at})), E'\\n')",
        literal(keys),
        literal(expid),
        literal(table)
    );
    let mut cells = database.text("compiling the audit trigger", &sql).await?.concat().into_iter();
    let (body, settings) = (cells.next().flatten(), cells.next().flatten().unwrap_or_default());
    let settings = settings.lines().map(str::to_owned).collect();
    let functions: Vec<Function> = body.map(|body| Function { settings, ..audit_function(&own, body) }).into_iter().collect();
    let compiled = qualified(CONTROL, &own);
    let called = if functions.is_empty() { &general } else { &compiled };
    let call = format!("{called}({}, {}, {})", literal(keys), literal(expid), literal(table));
    let like = [general.clone(), compiled.clone()];
    let triggers = audit_triggers(&qualified(schema, table), table, &call, &like);
    Ok(Expected { functions, triggers, unwanted: Vec::new() })
}

fn audit_function(name: &str, body: String) -> Function {
    Function {
        name: name.to_owned(),
        parameters: Vec::new(),
        returns: "trigger",
        definer: true,
        settings: SETTINGS.map(str::to_owned).to_vec(),
        body,
        owner: AUDITOR.into(),
    }
}

/// The triggers that call one function: for the rows of a table, and for its TRUNCATE.
fn audit_triggers(table: &str, shown: &str, call: &str, like: &[String]) -> Vec<Trigger> {
    let trigger = |suffix: &str, events: &str, each: &str| {
        let name = name("trg_audit_", shown, suffix);
        Trigger {
            definition: format!(
                "CREATE TRIGGER {} AFTER {events} ON {table} FOR EACH {each} EXECUTE FUNCTION {call}",
                ident(&name)
            ),
            name,
            table: table.to_owned(),
            shown: shown.to_owned(),
            for_each_row: each == "ROW",
            like: like.to_vec(),
        }
    };
    vec![trigger("", "INSERT OR DELETE OR UPDATE", "ROW"), trigger("_t", "TRUNCATE", "STATEMENT")]
}

/// The audit of a look-up's or junction's leaf, in the legacy column names.
fn on_leaf(schema: &str, relation: &Relation, keys: &str) -> Expected {
    let own = name("audit_", &relation.table, "");
    let table = literal(&relation.table);
    let body = format!(
        "\nDECLARE\n  old_image jsonb;\n  new_image jsonb;\nBEGIN\n  IF TG_OP = 'TRUNCATE' THEN\n    \
         PERFORM {CONTROL}.audit('D', {table}, NULL, '{{\"_truncate\": true}}', NULL, NULL);\n    RETURN NULL;\n  END IF;\n{}  \
         PERFORM {CONTROL}.audit(left(TG_OP, 1), {table}, {}, old_image, new_image, NULL);\n  RETURN NULL;\nEND ",
        images(relation),
        literal(keys)
    );
    let call = format!("{}()", qualified(CONTROL, &own));
    // The general function would record the new table's columns.
    let like = [qualified(CONTROL, &own), qualified(schema, "fn_audit_trigger")];
    let triggers = audit_triggers(&relation.rows(), &relation.table, &call, &like);
    Expected { functions: vec![audit_function(&own, body)], triggers, unwanted: Vec::new() }
}

/// Statements that compute the images of a leaf's row in the legacy column names, and return early where the two images are equal.
fn images(relation: &Relation) -> String {
    let image = |row: &str| {
        let pair = |i: usize| format!("{}, {}", literal(&relation.columns[i].name), member(relation, i, row));
        let parts: Vec<String> = (0..relation.columns.len()).map(pair).collect();
        parts.chunks(45).map(|c| format!("jsonb_build_object({})", c.join(", "))).collect::<Vec<_>>().join(" || ")
    };
    format!(
        "  IF TG_OP <> 'INSERT' THEN old_image := {}; END IF;\n  IF TG_OP <> 'DELETE' THEN new_image := {}; END IF;\n  \
         IF TG_OP = 'UPDATE' AND old_image::text = new_image::text THEN RETURN NULL; END IF;\n",
        image("old"),
        image("new")
    )
}

/// A legacy column's member of an image. A value whose type is not one of PostgreSQL's own is taken as the leaf stores it: a cast to such a type
/// may run code of whoever created the type.
fn member(relation: &Relation, column: usize, row: &str) -> String {
    let at = &relation.columns[column];
    if !at.sql_type.name.contains('.') {
        return at.sql_type.image(&Sql::text(relation.read(column, Some(row)))).render();
    }
    match at.store {
        Store::Image(image) => format!("{row}.{image} -> {}", literal(&at.name)),
        Store::Typed(stored) | Store::Column(stored) => format!("to_jsonb({row}.{stored})"),
        Store::Same => format!("to_jsonb(format('%s', {row}.{}))", ident(&at.name)),
    }
}

/// The trigger on the base that projects a change into a history, and its function, owned by the history's owner.
fn projecting(place: &TriggerTable, history: &Relation) -> (Function, Trigger) {
    let (table, shown, images) = match place {
        TriggerTable::Base { schema, table, .. } => {
            let image = |row: &str| format!("{CONTROL}.image({row}, TG_RELID)");
            let images = format!(
                "  IF TG_OP = 'UPDATE' THEN\n    IF OLD *= NEW THEN RETURN NULL; END IF;\n  END IF;\n  \
                 IF TG_OP = 'DELETE' THEN old_image := {}; ELSE new_image := {}; END IF;\n",
                image("OLD"),
                image("NEW")
            );
            (qualified(schema, table), table.as_str(), images)
        }
        TriggerTable::Domain { relation, .. } => (relation.rows(), relation.table.as_str(), images(relation)),
        TriggerTable::No(_) => (String::new(), "", String::new()),
    };
    let own = name("project_", &history.table, "");
    let body = format!(
        "\nDECLARE\n  old_image jsonb;\n  new_image jsonb;\nBEGIN\n{images}  \
         PERFORM {}(coalesce(new_image, old_image), left(TG_OP, 1),\n    \
         left(coalesce(nullif(current_setting('app.current_user', true), ''), session_user), 63), clock_timestamp());\n  RETURN NULL;\nEND ",
        qualified(CONTROL, &own)
    );
    let trigger_name = name("trg_project_", &history.table, "");
    let called = qualified(CONTROL, &own);
    let trigger = Trigger {
        definition: format!(
            "CREATE TRIGGER {} AFTER INSERT OR DELETE OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION {called}()",
            ident(&trigger_name)
        ),
        name: trigger_name,
        table,
        shown: shown.to_owned(),
        for_each_row: true,
        like: vec![called],
    };
    (audit_function(&own, body), trigger)
}

/// The function that writes the legacy row of one change into the history's leaf. It is given the image (of the row after INSERT or UPDATE, before
/// DELETE), the operation, the user and the time. It runs as its caller, which is the trigger function of the same name.
fn row_function(history: &Relation, owner: String) -> Function {
    let body = format!("\nBEGIN\n  {};\nEND ", history.projected().unwrap_or_else(|| "NULL".into()));
    let name = name("project_", &history.table, "");
    Function { parameters: PARAMETERS.to_vec(), returns: "void", definer: false, owner, ..audit_function(&name, body) }
}

/// The histories that have been moved, with the place of their triggers. A table counts as moved when a run says so and no table has its name.
async fn moved<'r>(
    database: &Database,
    context: &Context,
    rules: &'r RuleSet,
) -> Result<(Catalog, Vec<(&'r Rule, TriggerTable, Relation)>)> {
    database.batch("pinning the session", PINNED).await?;
    let catalog = Catalog::read(database, &context.schema).await?;
    let ledger = format!("{CONTROL}.run_table");
    let there = database.text("looking for the ledger", &format!("SELECT to_regclass('{ledger}')")).await?;
    if there.concat() == [None] {
        return Ok((catalog, Vec::new()));
    }
    let moved = format!("SELECT DISTINCT legacy_table FROM {ledger} WHERE step = 'migrate' ORDER BY 1");
    let moved: Vec<String> = database.text("reading the ledger", &moved).await?.into_iter().flatten().flatten().collect();
    let gone = |table: &String| catalog.tables.get(table).is_none_or(|t| t.kind == 'v');
    let relation_of = |table: &str| rules.rules.get(table).map(|rule| Relation::compile(rule, context));
    let found = moved.iter().filter(|t| gone(t)).filter_map(|t| rules.rules.get(t));
    let found = found.map(|rule| (rule, place(&catalog, rules, rule, &relation_of), Relation::compile(rule, context))).collect();
    Ok((catalog, found))
}

/// What keeps changes of moved tables from being audited or written: missing, disabled, doubled or changed triggers, and their functions. One row
/// each, in the columns of `schema check`.
pub async fn check(database: &Database, context: &Context, rules: &RuleSet) -> Result<Vec<Vec<Cell>>> {
    let (_, moved) = moved(database, context, rules).await?;
    let mut drift = Vec::new();
    for (_, place, relation) in &moved {
        let wanted = expected(database, &context.schema, place, relation).await?;
        for function in &wanted.functions {
            drift.extend(function.drift(database).await?);
        }
        for trigger in &wanted.triggers {
            drift.extend(trigger.drift(database).await?);
        }
        for (trigger, _) in &wanted.unwanted {
            if !trigger.found(database).await?.is_empty() {
                let object = format!("trigger {} on {}", trigger.name, trigger.shown);
                drift.push(
                    [object.as_str(), "writes the history, though the rule says capture = \"application\"", "", ""]
                        .map(Cell::from)
                        .to_vec(),
                );
            }
        }
    }
    Ok(drift)
}

/// Repairs what [`check`] reports of the audit's triggers and functions. The triggers of views are created with their views.
pub async fn mend(database: &Database, context: &Context, rules: &RuleSet) -> Result<()> {
    let (_, moved) = moved(database, context, rules).await?;
    for (_, place, relation) in &moved {
        let wanted = expected(database, &context.schema, place, relation).await?;
        database
            .transaction(&format!("mending the triggers for {}", relation.table), async |db| apply(db, &wanted).await)
            .await?;
    }
    Ok(())
}

/// Whether a trigger of the audit on a leaf is disabled.
pub async fn is_disabled(database: &Database, leaf: &str) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT FROM pg_trigger AS t JOIN pg_proc AS p ON p.oid = t.tgfoid \
               WHERE t.tgrelid = to_regclass($1) AND NOT t.tgisinternal AND t.tgenabled = 'D' \
                 AND p.pronamespace = to_regnamespace($2) AND p.proname ~ '^(audit|project)_')";
    Ok(database.one("looking for audit triggers", sql, &[&leaf, &CONTROL]).await?.get(0))
}

/// Disables every audit trigger and returns their names; what they have recorded stays.
pub async fn disable(database: &Database, context: &Context) -> Result<Vec<String>> {
    let sql = format!(
        "SELECT format('%I on %s', t.tgname, t.tgrelid::regclass), format('ALTER TABLE %s DISABLE TRIGGER %I', t.tgrelid::regclass, t.tgname) \
         FROM pg_trigger AS t JOIN pg_proc AS p ON p.oid = t.tgfoid \
         WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND t.tgenabled <> 'D' AND (p.pronamespace = to_regnamespace({}) AND p.proname ~ '^(audit|project)_' \
           OR p.pronamespace = to_regnamespace({}) AND p.proname = 'fn_audit_trigger') ORDER BY 1",
        literal(CONTROL),
        literal(&ident(&context.schema))
    );
    let mut disabled = Vec::new();
    for row in database.query("looking for audit triggers", &sql, &[]).await? {
        database.batch("disabling an audit trigger", row.get(1)).await?;
        disabled.push(row.get(0));
    }
    Ok(disabled)
}
