//! The compatibility view that takes a legacy table's name: the relation's SELECT, and INSTEAD OF triggers that write the leaf with the relation's
//! expressions. It is a safety net for what does not pass the proxy: stored procedures, dynamic SQL, catalog look-ups, direct connections. The same
//! view exists in the control schema, whatever has the legacy name: rewritten reads name it.
//!
//! A statement on a table that had to wait for another transaction checks the row again by its own conditions (READ COMMITTED, manual section
//! 13.2.1). A trigger knows neither the conditions nor the expressions: if a row is not what the statement saw, and another transaction has changed
//! it, the statement fails with 40001, and nothing is lost.
//!
//! A statement that joins other rows to a row of the table writes it once, for the first of them (manual, UPDATE, "Notes"); the trigger is called for
//! each. So it leaves rows alone that its statement has written already: those of this transaction since the statement's first write.

use crate::catalog::Database;
use crate::error::Result;
use crate::relation::{CONTROL, LEAVES, Relation};
use crate::sql::quote::{ident, literal, qualified};
use crate::sql::template::Sql;

use super::{acl, roles};

/// The SQL that creates both views and their triggers; the legacy name must be free. The function behind them runs with the rights of the legacy
/// table's owner, who may write this one leaf; no other role may use it in a trigger of its own.
pub fn creation(relation: &Relation) -> String {
    written(relation, "CREATE")
}

/// The same where views with the same columns exist already, from the first form: their dependents and grants are kept.
pub fn replacement(relation: &Relation) -> String {
    written(relation, "CREATE OR REPLACE")
}

fn written(relation: &Relation, create: &str) -> String {
    let [legacy, own] = views(relation).map(|view| one(relation, create, &view));
    [function(relation), legacy, own].concat()
}

/// The SQL that creates the view that rewritten statements name, and the function behind both.
pub(super) fn own(relation: &Relation) -> String {
    [function(relation), one(relation, "CREATE", &relation.view())].concat()
}

/// The SQL that creates the view with the legacy name, where the other one exists.
pub(super) fn in_place(relation: &Relation) -> String {
    one(relation, "CREATE", &relation.legacy_table())
}

/// One of the two views, with its triggers.
fn one(relation: &Relation, create: &str, view: &str) -> String {
    let mut sql = format!("{create} VIEW {view} AS {};\n", relation.select_all());
    for column in &relation.columns {
        if let Some(default) = &column.default {
            sql.push_str(&format!("ALTER VIEW {view} ALTER COLUMN {} SET DEFAULT {default};\n", ident(&column.name)));
        }
    }
    sql.push_str(&format!(
        "{create} TRIGGER {} INSTEAD OF INSERT OR UPDATE OR DELETE ON {view} FOR EACH ROW EXECUTE FUNCTION {}();\n",
        ident(&format!("trg_write_{}", relation.table)),
        function_name(relation)
    ));
    sql.push_str(&format!(
        "{create} TRIGGER {} BEFORE UPDATE OR DELETE ON {view} FOR EACH STATEMENT EXECUTE FUNCTION {}();\n",
        ident(&format!("trg_seen_{}", relation.table)),
        qualified(CONTROL, "note_snapshot")
    ));
    sql
}

/// Replaces the function behind the views, for a relation that is written in a different way.
pub async fn replace(database: &Database, relation: &Relation) -> Result<()> {
    database.batch(&format!("replacing the function behind the views of {}", relation.table), &function(relation)).await
}

/// The function behind the views.
pub(super) fn function_name(relation: &Relation) -> String {
    qualified(CONTROL, &format!("write_{}", relation.table))
}

fn function(relation: &Relation) -> String {
    let name = function_name(relation);
    format!(
        "CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER \
         SET search_path = pg_catalog, pg_temp AS $esclusa$\n{}$esclusa$;\n\
         REVOKE ALL ON FUNCTION {name}() FROM PUBLIC;\n",
        body(relation)
    )
}

/// The compatibility view, and the one that rewritten reads name.
pub(super) fn views(relation: &Relation) -> [String; 2] {
    [relation.legacy_table(), relation.view()]
}

fn body(relation: &Relation) -> String {
    let new = |i: usize| Sql::text(qualified("new", &relation.columns[i].name));
    let leaf = relation.rows();
    let all: Vec<usize> = (0..relation.columns.len()).collect();
    // A view has no NOT NULL: the trigger reports the error that the table would have reported.
    let nulls = relation.null_check(&all).map_or(String::new(), |check| format!("  PERFORM {};\n", check.fill(new).render()));
    let list = |items: Vec<String>| items.join(", ");
    let written = relation.insert();
    let columns = list(written.iter().map(|(column, _)| (*column).to_owned()).collect());
    let values = list(written.iter().map(|(_, value)| relation.of_row(value, "new")).collect());
    let set =
        relation.update(&all, "t").into_iter().map(|(column, value)| format!("{column} = {}", relation.of_row(&value, "new")));
    let (set, row) = (list(set.collect()), identity(relation));
    let first = "pg_catalog.set_config('esclusa.wrote_' || TG_RELID, esclusa_wrote::text, true)";
    let note = format!("IF esclusa_first IS NULL THEN PERFORM {first}; END IF;");
    let lost = format!(
        "IF NOT FOUND THEN\n      IF EXISTS (SELECT FROM {leaf} AS t WHERE {}) THEN PERFORM {}(); END IF;\n      RETURN NULL;\n    END IF;",
        changed_by_another(relation),
        qualified(CONTROL, "refuse_concurrent")
    );
    // The audit trigger has written the row already: what the application adds is checked and counted, but not stored.
    let (insert, refusal) = match relation.projection {
        Some(_) => (
            "NULL".to_owned(),
            format!(
                "  IF TG_OP <> 'INSERT' THEN\n    RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = {},\n      \
                 DETAIL = 'Its rows are what the audit trigger has recorded.';\n  END IF;\n",
                literal(&format!("permission denied for table {}", relation.table))
            ),
        ),
        None => (format!("INSERT INTO {leaf} ({columns}) VALUES ({values})"), String::new()),
    };
    let write = format!(
        "IF TG_OP = 'INSERT' THEN\n    {insert};\n  ELSE\n    \
         UPDATE {leaf} AS t SET {set} WHERE {row} RETURNING t.cmin::text::bigint INTO esclusa_wrote;\n    {lost}\n    {note}\n  \
         END IF;\n  "
    );
    format!(
        "DECLARE\n  esclusa_first bigint := nullif(pg_catalog.current_setting('esclusa.wrote_' || TG_RELID, true), '');\n  esclusa_wrote bigint;\n\
         {TOLD}BEGIN\n{refusal}  IF TG_OP = 'DELETE' THEN\n    DELETE FROM {leaf} AS t WHERE {row};\n    {lost}\n    \
         RETURN OLD;\n  END IF;\n{nulls}  {}RETURN NEW;\nEND ",
        if relation.projection.is_some() { write } else { without_values(relation, &write) }
    )
}

/// The variables of [`without_values`].
const TOLD: &str = "  esclusa_asker name := coalesce(nullif(pg_catalog.current_setting('role'), 'none'), session_user);\n  \
     esclusa_message text;\n  esclusa_schema text;\n  esclusa_table text;\n  esclusa_constraint text;\n";

/// The write, with an error about a repeated key that shows the key's values only to those who may read them, as PostgreSQL does (source, genam.c,
/// BuildIndexValueDescription): the function behind a view runs as the owner, who may read everything. Only for the others it costs a subtransaction.
fn without_values(relation: &Relation, write: &str) -> String {
    let column = |i: &usize| {
        format!("pg_catalog.has_column_privilege(esclusa_asker, TG_RELID, {}, 'SELECT')", literal(&relation.columns[*i].name))
    };
    let key = relation.leaf_unique().map(|unique| {
        let readable = relation.key.iter().map(column).collect::<Vec<_>>().join(" AND ");
        format!("      IF esclusa_constraint = {} AND {readable} THEN RAISE; END IF;\n", literal(&unique))
    });
    format!(
        "IF pg_catalog.has_table_privilege(esclusa_asker, TG_RELID, 'SELECT') THEN\n  {write}ELSE\n    BEGIN\n  {write}  \
         EXCEPTION WHEN unique_violation THEN\n      \
         GET STACKED DIAGNOSTICS esclusa_message = MESSAGE_TEXT, esclusa_schema = SCHEMA_NAME, esclusa_table = TABLE_NAME, \
         esclusa_constraint = CONSTRAINT_NAME;\n{}      \
         RAISE EXCEPTION USING ERRCODE = '23505', MESSAGE = esclusa_message, SCHEMA = esclusa_schema, TABLE = esclusa_table, \
         CONSTRAINT = esclusa_constraint;\n    END;\n  END IF;\n  ",
        key.unwrap_or_default()
    )
}

/// The condition of the row's key in the leaf.
fn key(relation: &Relation, row: &str) -> String {
    let Some(target) = relation.target() else { return "false".into() };
    let old = |i: usize| Sql::text(qualified("old", &relation.columns[i].name));
    let equal = |row: &str, name: &str| {
        let value = match &relation.home {
            Some(home) if home.target.discriminator == name => Some(literal(&home.value)),
            _ => relation.field(name).map(|value| value.fill(old).render()),
        };
        value.map(|value| format!("{row}.{name} = {value}"))
    };
    target.key.iter().filter_map(|name| equal(row, name)).collect::<Vec<_>>().join(" AND ")
}

/// Rows of the leaf that the statement has not written yet. A visible row of a transaction in progress is our own, and its command is numbered in
/// our transaction; what its own statement wrote has a number from the statement's first write on.
fn unwritten(row: &str) -> String {
    format!(
        "(esclusa_first IS NULL OR {row}.cmin::text::bigint < esclusa_first OR {}({row}.xmin, NULL))",
        qualified(CONTROL, "came_between")
    )
}

/// The one row of the leaf that OLD is, if it is still what the statement saw. A history may hold duplicates; each call of the trigger takes the
/// first that still exists, so a statement over n equal rows affects n.
fn identity(relation: &Relation) -> String {
    let Some(target) = relation.target() else { return "false".into() };
    let old = |i: usize| Sql::text(qualified("old", &relation.columns[i].name));
    let Some((image, number)) = target.repeated else {
        let list = |value: &dyn Fn(usize) -> String| (0..relation.columns.len()).map(value).collect::<Vec<_>>().join(", ");
        let seen = list(&|i| old(i).render());
        // Compared as images: 1.5 and 1.50 differ, and json has no equality operator.
        return format!(
            "{} AND {} AND ROW({})::pg_catalog.record OPERATOR(pg_catalog.*=) ROW({seen})::pg_catalog.record",
            key(relation, "t"),
            unwritten("t"),
            list(&|i| relation.read(i, Some("t")))
        );
    };
    // Compared as text: as jsonb, 1.5 and 1.50 are equal, and the wrong row of the two could be written. The row itself is compared too, because it
    // may have changed while the statement waited for it.
    let same = relation.field(image).map(|value| value.fill(old).render()).unwrap_or_default();
    format!(
        "t.{number} = (SELECT s.{number} FROM {} AS s WHERE {} AND {} AND s.{image}::text = ({same})::text ORDER BY s.{number} LIMIT 1) \
         AND t.{image}::text = ({same})::text",
        relation.rows(),
        key(relation, "s"),
        unwritten("s"),
    )
}

/// Rows `t` of the leaf that another transaction has written since the statement began, and that OLD may have become: in a history, those with its
/// key; in a look-up, which is small, any row, because the key itself may have changed.
fn changed_by_another(relation: &Relation) -> String {
    let came = |seen: &str| format!("{}(t.xmin, {seen})", qualified(CONTROL, "came_between"));
    let seen = came("nullif(pg_catalog.current_setting('esclusa.seen_' || TG_RELID, true), '')::pg_catalog.pg_snapshot");
    let key = key(relation, "t");
    match relation.target().and_then(|t| t.repeated) {
        Some(_) => format!("{key} AND {seen}"),
        None => format!("{seen} OR {key} AND {}", came("NULL")),
    }
}

/// Gives the views, their function and the leaf to the owner of the legacy table; and all grants on the table and its columns to the views. The
/// leaf, which rewritten writes name, gets the grants on the whole table only: a role with rights on some columns uses the view.
pub async fn hand_over(database: &Database, relation: &Relation, table: &str) -> Result<()> {
    let context = format!("giving the views of {} to its owner", relation.table);
    let owner = "SELECT pg_get_userbyid(relowner)::text FROM pg_class WHERE oid = to_regclass($1)";
    let table = database.origin(table);
    let owner: String = database.one(&context, owner, &[&table]).await?.get(0);
    let grants = grants(database, relation, &table).await?;
    give(database, relation, &owner, &grants).await
}

/// Gives the views, their function and the leaf to an owner, and grants on the views exactly the rights of these statements.
pub async fn give(database: &Database, relation: &Relation, owner: &str, grants: &str) -> Result<()> {
    let context = format!("giving the views of {} to their owner", relation.table);
    let [view, copy] = views(relation);
    let [leaf, own, function] = of_its_own(relation);
    roles::give(database, &[leaf, (format!("VIEW {view}"), relation.schema.as_str()), own, function], owner).await?;
    // An owner may have revoked a right from itself.
    let bare = format!("REVOKE ALL ON {view}, {copy} FROM {};", ident(owner));
    database.batch(&context, &[&bare, grants].concat()).await
}

/// The leaf, the view that rewritten statements name, and the function behind both views, as [`roles::give`] takes them.
pub(super) fn of_its_own(relation: &Relation) -> [(String, &'static str); 3] {
    [
        (format!("TABLE {}", relation.rows()), LEAVES),
        (format!("VIEW {}", relation.view()), CONTROL),
        (format!("FUNCTION {}()", function_name(relation)), CONTROL),
    ]
}

/// The statements that grant the rights on the table on what has taken its place: few, because others wait.
async fn grants(database: &Database, relation: &Relation, table: &str) -> Result<String> {
    let sql = format!(
        "SELECT role, option, string_agg(privilege || columns, ', '), \
           string_agg(privilege, ', ') FILTER (WHERE columns = '' AND privilege IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE')) \
         FROM ({}) AS r GROUP BY role, option ORDER BY role, option",
        acl::rights(&format!("{}::regclass", literal(table)))
    );
    let mut grants = String::new();
    for row in database.text("reading grants", &sql).await? {
        let cell = |i: usize| row.get(i).cloned().flatten().unwrap_or_default();
        let to = format!("TO {}{}", cell(0), if cell(1) == "t" { " WITH GRANT OPTION" } else { "" });
        let [view, copy] = views(relation);
        grants.push_str(&format!("GRANT {} ON {view}, {copy} {to};\n", cell(2)));
        let of_rows = cell(3);
        if !of_rows.is_empty() {
            grants.push_str(&format!("GRANT {of_rows} ON {} {to};\n", relation.rows()));
        }
    }
    Ok(grants)
}
