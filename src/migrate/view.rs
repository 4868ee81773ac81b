//! The compatibility view that takes a legacy table's name: the relation's SELECT, and INSTEAD OF triggers that write the new
//! table with the relation's expressions. It is a safety net for what does not pass the proxy: stored procedures, dynamic SQL,
//! catalog look-ups, a client that connects to the server directly.

use crate::catalog::Database;
use crate::error::Result;
use crate::relation::Relation;
use crate::sql::quote::{ident, literal, qualified};

use super::CONTROL;

/// The SQL that makes the view and its triggers, under the legacy name, which must be free; and the same view in schema `esclusa`,
/// which COPY FROM is led to while the legacy name has no view. The function runs with its owner's rights: whoever could set it on a
/// view of his own could write the new table.
pub fn creation(relation: &Relation) -> String {
    let mut sql = function(relation);
    for view in views(relation) {
        sql.push_str(&format!("CREATE VIEW {view} AS {};\n", relation.select_all()));
        for column in &relation.columns {
            if let Some(default) = &column.default {
                sql.push_str(&format!("ALTER VIEW {view} ALTER COLUMN {} SET DEFAULT {default};\n", ident(&column.name)));
            }
        }
        sql.push_str(&format!(
            "CREATE TRIGGER {} INSTEAD OF INSERT OR UPDATE OR DELETE ON {view} FOR EACH ROW EXECUTE FUNCTION {}();\n",
            ident(&format!("trg_write_{}", relation.table)),
            function_name(relation)
        ));
    }
    sql
}

/// Makes the views that are there, and the function behind them, anew from a relation that yields other rows in the same columns.
pub async fn replace(database: &Database, relation: &Relation) -> Result<()> {
    let context = format!("making the view of {} anew", relation.table);
    database.batch(&context, &function(relation)).await?;
    for view in views(relation) {
        let sql = "SELECT to_regclass($1) IS NOT NULL";
        if database.one(&context, sql, &[&view]).await?.get(0) {
            database.batch(&context, &format!("CREATE OR REPLACE VIEW {view} AS {}", relation.select_all())).await?;
        }
    }
    Ok(())
}

fn function_name(relation: &Relation) -> String {
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

fn views(relation: &Relation) -> [String; 2] {
    [relation.legacy_table(), qualified(CONTROL, &relation.table)]
}

fn body(relation: &Relation) -> String {
    let (columns, expressions) = relation.insert("new", false);
    let target = relation.target_table();
    let all: Vec<usize> = (0..relation.columns.len()).collect();
    let set = relation.update(&all, "t", "new").into_iter().map(|(c, e)| format!("{c} = {e}")).collect::<Vec<_>>().join(", ");
    let new = |i: usize| qualified("new", &relation.columns[i].name);
    // A view has no NOT NULL: the trigger says what the table would have said.
    let nulls = relation.null_check(&all, &new).map_or(String::new(), |check| format!("  PERFORM {check};\n"));
    if relation.captured.is_some() {
        return captured(relation, &nulls);
    }
    let row = identity(relation);
    format!(
        "BEGIN\n  IF TG_OP = 'DELETE' THEN\n    DELETE FROM {target} AS t WHERE {row};\n    \
         IF NOT FOUND THEN RETURN NULL; END IF;\n    RETURN OLD;\n  END IF;\n{nulls}  \
         IF TG_OP = 'INSERT' THEN\n    INSERT INTO {target} ({}) VALUES ({});\n  ELSE\n    \
         UPDATE {target} AS t SET {set} WHERE {row};\n    IF NOT FOUND THEN RETURN NULL; END IF;\n  END IF;\n  RETURN NEW;\nEND ",
        columns.join(", "),
        expressions.join(", ")
    )
}

/// The audit trigger has written the row already: what the application adds is checked and counted.
fn captured(relation: &Relation, nulls: &str) -> String {
    format!(
        "BEGIN\n  IF TG_OP <> 'INSERT' THEN\n    RAISE EXCEPTION USING ERRCODE = '0A000', MESSAGE = \
         format('%s of \"%s\": its rows are those of the audit', TG_OP, {});\n  END IF;\n{nulls}  RETURN NEW;\nEND ",
        literal(&relation.table)
    )
}

/// The one row of the new table that OLD is. A history may hold duplicates; each call of the trigger takes the first that is
/// still there, so a statement over n equal rows touches n.
fn identity(relation: &Relation) -> String {
    let old = |i: usize| qualified("old", &relation.columns[i].name);
    let equal = |row: &str, names: &[&str]| {
        let one = |n: &&str| relation.field(n, &old).map(|e| format!(" AND {row}.{n} = {e}"));
        names.iter().filter_map(one).collect::<String>()
    };
    if relation.target != "audit_log" {
        return format!("{}{}", relation.filter(Some("t")), equal("t", &["dv_code", "dvl_source_code", "dvl_target_code"]));
    }
    // As text: to jsonb 1.5 and 1.50 are equal, and the wrong row of the two would be written.
    let image = relation.field("al_old_data", &old).map(|image| format!(" AND s.al_old_data::text = ({image})::text"));
    format!(
        "(t.al_id, t.al_changed_at) = (SELECT s.al_id, s.al_changed_at FROM {} AS s WHERE {}{}{} ORDER BY s.al_id LIMIT 1)",
        relation.target_table(),
        relation.filter(Some("s")),
        equal("s", &["al_record_key"]),
        image.unwrap_or_default()
    )
}

/// Gives the view the grants of the table and of its columns, and those who read or wrote the whole table the same right on the new
/// table, which the rewritten statements name. A right on some columns has no like there: such a role has the view.
pub async fn copy_grants(database: &Database, relation: &Relation, table: &str) -> Result<()> {
    let sql = format!(
        "SELECT CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END, a.privilege_type, g.columns, a.is_grantable
         FROM (SELECT coalesce(relacl, acldefault('r', relowner)) AS acl, '' AS columns FROM pg_class WHERE oid = {0}::regclass
               UNION ALL SELECT attacl, format(' (%I)', attname) FROM pg_attribute WHERE attrelid = {0}::regclass AND NOT attisdropped) AS g,
              aclexplode(g.acl) AS a",
        literal(table)
    );
    for row in database.text("reading grants", &sql).await? {
        let cell = |i: usize| row.get(i).cloned().flatten().unwrap_or_default();
        let (grantee, privilege, columns) = (cell(0), cell(1), cell(2));
        let option = if cell(3) == "t" { " WITH GRANT OPTION" } else { "" };
        let [view, copy] = views(relation);
        let mut grants = format!(
            "GRANT {privilege}{columns} ON {view} TO {grantee}{option}; GRANT {privilege}{columns} ON {copy} TO {grantee};"
        );
        if privilege == "TRUNCATE" {
            grants.push_str(&format!("GRANT TRUNCATE ON {} TO {grantee}{option};", relation.stand_in()));
        }
        if columns.is_empty() && ["SELECT", "INSERT", "UPDATE", "DELETE"].contains(&privilege.as_str()) {
            grants.push_str(&format!("GRANT {privilege} ON {} TO {grantee};", relation.target_table()));
        }
        database.batch("copying grants", &grants).await?;
    }
    Ok(())
}
