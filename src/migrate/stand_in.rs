//! The stand-in of a legacy table: an empty table in schema `esclusa` with the legacy owner and grants, for statements that need a
//! table of one's own. Its trigger makes TRUNCATE delete the rows of this legacy table, and no others.

use crate::catalog::Database;
use crate::error::Result;
use crate::relation::Relation;
use crate::sql::quote::{ident, literal, qualified};

use super::CONTROL;

/// The SQL that makes it. Writers are kept out until the end of the transaction, as TRUNCATE would keep them out: otherwise a row
/// that another session is adding would survive. The lock comes before the snapshot of the DELETE.
pub fn creation(relation: &Relation) -> String {
    let (table, target) = (relation.stand_in(), relation.target_table());
    let function = qualified(CONTROL, &format!("truncate_{}", relation.table));
    format!(
        "CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER \
         SET search_path = pg_catalog, pg_temp AS $esclusa$\nBEGIN\n  LOCK TABLE ONLY {target} IN SHARE ROW EXCLUSIVE MODE;\n  \
         DELETE FROM {target} AS t WHERE {};\n  RETURN NULL;\nEND $esclusa$;\n\
         REVOKE ALL ON FUNCTION {function}() FROM PUBLIC;\n\
         DROP TABLE IF EXISTS {table};\n\
         CREATE TABLE {table} (nothing integer CONSTRAINT {} PRIMARY KEY);\n\
         CREATE TRIGGER {} BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {function}();\n",
        relation.without_captured().filter(Some("t")),
        relation.stand_in_index(),
        ident(&format!("trg_truncate_{}", relation.table)),
    )
}

/// Gives it to the owner of the legacy table, where that is another role than the one that migrates.
pub async fn give_to_owner(database: &Database, relation: &Relation, table: &str) -> Result<()> {
    let sql = format!(
        "SELECT format('ALTER TABLE %s OWNER TO %I', {}, pg_get_userbyid(relowner)) FROM pg_class \
         WHERE oid = {}::regclass AND pg_get_userbyid(relowner) <> current_user",
        literal(&relation.stand_in()),
        literal(table)
    );
    for give in database.text("reading the owner", &sql).await?.into_iter().flatten().flatten() {
        database.batch("giving the stand-in to the table's owner", &give).await?;
    }
    Ok(())
}
