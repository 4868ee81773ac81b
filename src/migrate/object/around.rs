//! What belongs to no single table: the event triggers that carry grants, the guards of the parents, and rights on shared objects that would be rights
//! on the rows of all tables; views of others that lose their WHERE over a moved table, views that were kept and serve nobody, and tables whose rows a
//! crash would take.

use crate::catalog::Database;
use crate::error::Result;
use crate::sql::quote::{ident, literal};

use super::super::foreign_key::KEYS;
use super::super::foreign_key::key_table::{self, GUARD};
use super::super::{ARCHIVE, CONTROL, LEAVES, roles};
use super::drift::{Drift, Remedy};

const AROUND: &str = include_str!("../sql/around.sql");

/// Why a view with `security_barrier` over a moved table is not left as it is. Its conditions hold for SELECT; but PostgreSQL does not apply those
/// of a security barrier to UPDATE and DELETE where the view below has INSTEAD OF triggers.
const BARRIER: &str = "UPDATE and DELETE through it reach the rows that it hides: `ALTER VIEW ... RESET (security_barrier)`, or revoke UPDATE and DELETE on it";

pub(super) async fn check(database: &Database, schema: &str) -> Result<Vec<Drift>> {
    let sql = AROUND
        .replace("{faults}", &roles::own_faults(schema))
        .replace("{guard}", GUARD)
        .replace("{leaf_text}", &literal(LEAVES))
        .replace("{key_text}", &literal(KEYS))
        .replace("{control}", CONTROL)
        .replace("{control_text}", &literal(CONTROL))
        .replace("{archive_text}", &literal(ARCHIVE))
        .replace("{schema_text}", &literal(&ident(schema)));
    let told = database.text("looking around", &sql).await?.into_iter().map(|row| {
        let mut cells = row.into_iter().map(Option::unwrap_or_default);
        let mut next = || cells.next().unwrap_or_default();
        let (kind, name, finding, expected, found) = (next(), next(), next(), next(), next());
        let remedy = match kind.as_str() {
            "guard" => Remedy::Together(key_table::guard(&name)),
            "kept view" => Remedy::Together(format!("DROP VIEW {name}")),
            "logging" => Remedy::Together(format!("ALTER TABLE {name} SET LOGGED")),
            "barrier" => Remedy::None(BARRIER.into()),
            "rights" if let Some(owner) = finding.strip_prefix("missing for ") => {
                Remedy::Together(format!("GRANT {expected} ON {name} TO {owner}"))
            }
            "rights" => match finding.strip_prefix("given to ") {
                Some(role) => Remedy::Together(format!("REVOKE {found} ON {name} FROM {role} CASCADE")),
                None => Remedy::Together(format!("REVOKE ALL ON {name} FROM PUBLIC")),
            },
            _ => Remedy::None("only a superuser can do this: the script of `esclusa roles` creates and enables it".into()),
        };
        Drift { table: String::new(), kind, name, finding, expected, found, remedy }
    });
    Ok(told.collect())
}
