//! The compatibility view that takes a legacy table's name: the relation's SELECT, and INSTEAD OF triggers that write the leaf with the
//! relation's expressions. It is a safety net for what does not pass the proxy: stored procedures, dynamic SQL, catalog look-ups, a client
//! that connects to the server directly. The same view stands in the control schema, whatever has the legacy name: rewritten reads name it.
//!
//! A table that has waited for another transaction looks at the row anew, by the statement's own conditions (READ COMMITTED, manual section
//! 13.2.1). A trigger knows neither conditions nor expressions: where a row is not what the statement saw, and another transaction has
//! changed it, the statement ends with 40001, and nothing is lost.

use crate::catalog::Database;
use crate::error::Result;
use crate::relation::{CONTROL, LEAVES, Relation};
use crate::sql::quote::{ident, literal, qualified};
use crate::sql::template::Sql;

use super::roles;

/// The SQL that makes both views and their triggers; the legacy name must be free. The function behind them runs with the rights of the
/// legacy table's owner, who may write this one leaf, and nobody may set it on a view of his own.
pub fn creation(relation: &Relation) -> String {
    written(relation, "CREATE")
}

/// The same where views of the same columns stand already, from another form: whatever reads them, and who may, stays.
pub fn replacement(relation: &Relation) -> String {
    written(relation, "CREATE OR REPLACE")
}

fn written(relation: &Relation, create: &str) -> String {
    let mut sql = function(relation);
    for view in views(relation) {
        sql.push_str(&format!("{create} VIEW {view} AS {};\n", relation.select_all()));
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
    }
    sql
}

/// Makes the function behind the views anew, from a relation that is written in another way.
pub async fn replace(database: &Database, relation: &Relation) -> Result<()> {
    database.batch(&format!("making the view of {} anew", relation.table), &function(relation)).await
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
    // A view has no NOT NULL: the trigger says what the table would have said.
    let nulls = relation.null_check(&all).map_or(String::new(), |check| format!("  PERFORM {};\n", check.fill(new).render()));
    let list = |items: Vec<String>| items.join(", ");
    let written = relation.insert(false);
    let columns = list(written.iter().map(|(column, _)| (*column).to_owned()).collect());
    let values = list(written.iter().map(|(_, value)| value.fill(new).render()).collect());
    let set = relation.update(&all, "t").into_iter().map(|(column, value)| format!("{column} = {}", value.fill(new).render()));
    let (set, row) = (list(set.collect()), identity(relation));
    let lost = format!(
        "IF NOT FOUND THEN\n      IF EXISTS (SELECT FROM {leaf} AS t WHERE {}) THEN PERFORM {}(); END IF;\n      RETURN NULL;\n    END IF;",
        changed_by_another(relation),
        qualified(CONTROL, "refuse_concurrent")
    );
    // The audit trigger has written the row already: what the application adds is checked and counted, and nothing is changed.
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
    format!(
        "BEGIN\n{refusal}  IF TG_OP = 'DELETE' THEN\n    DELETE FROM {leaf} AS t WHERE {row};\n    {lost}\n    \
         RETURN OLD;\n  END IF;\n{nulls}  \
         IF TG_OP = 'INSERT' THEN\n    {insert};\n  ELSE\n    \
         UPDATE {leaf} AS t SET {set} WHERE {row};\n    {lost}\n  END IF;\n  RETURN NEW;\nEND "
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

/// The one row of the leaf that OLD is, as long as it is what the statement saw. A history may hold duplicates; each call of the trigger
/// takes the first that is still there, so a statement over n equal rows touches n.
fn identity(relation: &Relation) -> String {
    let Some(target) = relation.target() else { return "false".into() };
    let old = |i: usize| Sql::text(qualified("old", &relation.columns[i].name));
    let Some((image, number)) = target.repeated else {
        let list = |value: &dyn Fn(usize) -> String| (0..relation.columns.len()).map(value).collect::<Vec<_>>().join(", ");
        let seen = list(&|i| old(i).render());
        // By image: 1.5 and 1.50 are not the same, and a json has no equality.
        return format!(
            "{} AND ROW({})::pg_catalog.record OPERATOR(pg_catalog.*=) ROW({seen})::pg_catalog.record",
            key(relation, "t"),
            list(&|i| relation.read(i, Some("t")))
        );
    };
    // As text: to jsonb 1.5 and 1.50 are equal, and the wrong row of the two would be written. Asked of the row itself too, which may
    // have changed while the statement waited for it.
    let same = relation.field(image).map(|value| value.fill(old).render()).unwrap_or_default();
    format!(
        "t.{number} = (SELECT s.{number} FROM {} AS s WHERE {} AND s.{image}::text = ({same})::text ORDER BY s.{number} LIMIT 1) \
         AND t.{image}::text = ({same})::text",
        relation.rows(),
        key(relation, "s"),
    )
}

/// Rows `t` of the leaf that another transaction has written since the statement began, where OLD may have become one of them: of a history
/// those of its key; of a look-up, which is small, any, because its key may be what has changed.
fn changed_by_another(relation: &Relation) -> String {
    let came = |seen: &str| format!("{}(t.xmin, {seen})", qualified(CONTROL, "came_between"));
    let seen = came("nullif(pg_catalog.current_setting('esclusa.seen_' || TG_RELID, true), '')::pg_catalog.pg_snapshot");
    let key = key(relation, "t");
    match relation.target().and_then(|t| t.repeated) {
        Some(_) => format!("{key} AND {seen}"),
        None => format!("{seen} OR {key} AND {}", came("NULL")),
    }
}

/// Gives the views, their function and the leaf to the owner of the legacy table, who owned the rows before; and the views all grants of
/// the table and of its columns, the leaf those on the whole table: rewritten writes name it. A right on some columns has no like there:
/// such a role has the view.
pub async fn hand_over(database: &Database, relation: &Relation, table: &str) -> Result<()> {
    let context = format!("giving the views of {} to its owner", relation.table);
    let owner = "SELECT pg_get_userbyid(relowner)::text FROM pg_class WHERE oid = to_regclass($1)";
    let table = database.origin(table);
    let owner: String = database.one(&context, owner, &[&table]).await?.get(0);
    let grants = grants(database, relation, &table).await?;
    give(database, relation, &owner, &grants).await
}

/// Gives the views, their function and the leaf to an owner, and on the views the rights that these statements grant, and no others.
pub async fn give(database: &Database, relation: &Relation, owner: &str, grants: &str) -> Result<()> {
    let context = format!("giving the views of {} to their owner", relation.table);
    let [view, copy] = views(relation);
    for (what, schema) in [
        (format!("TABLE {}", relation.rows()), LEAVES),
        (format!("VIEW {view}"), relation.schema.as_str()),
        (format!("VIEW {copy}"), CONTROL),
        (format!("FUNCTION {}()", function_name(relation)), CONTROL),
    ] {
        roles::give(database, &what, schema, owner).await?;
    }
    // An owner may have taken a right from himself.
    let bare = format!("REVOKE ALL ON {view}, {copy} FROM {};", ident(owner));
    database.batch(&context, &[&bare, grants].concat()).await
}

/// The statements that give what may be done with the table, on what has taken its place.
async fn grants(database: &Database, relation: &Relation, table: &str) -> Result<String> {
    let sql = format!(
        "SELECT CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END, a.privilege_type, g.columns, a.is_grantable
         FROM (SELECT coalesce(relacl, acldefault('r', relowner)) AS acl, '' AS columns FROM pg_class WHERE oid = {0}::regclass
               UNION ALL SELECT attacl, format(' (%I)', attname) FROM pg_attribute WHERE attrelid = {0}::regclass AND NOT attisdropped) AS g,
              aclexplode(g.acl) AS a",
        literal(table)
    );
    let mut grants = String::new();
    for row in database.text("reading grants", &sql).await? {
        let cell = |i: usize| row.get(i).cloned().flatten().unwrap_or_default();
        let (grantee, privilege, columns) = (cell(0), cell(1), cell(2));
        let option = if cell(3) == "t" { " WITH GRANT OPTION" } else { "" };
        let [view, copy] = views(relation);
        grants.push_str(&format!(
            "GRANT {privilege}{columns} ON {view} TO {grantee}{option}; GRANT {privilege}{columns} ON {copy} TO {grantee}{option};"
        ));
        if columns.is_empty() && ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE"].contains(&privilege.as_str()) {
            grants.push_str(&format!("GRANT {privilege} ON {} TO {grantee}{option};", relation.rows()));
        }
    }
    Ok(grants)
}
