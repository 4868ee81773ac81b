//! The error message when the server refused a statement for a missing right (SQLSTATE 42501): which role lacks which right, and what grants it.

use crate::catalog::Database;
use crate::catalog::database::user_name;
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::migrate::roles;
use crate::relation::Context;
use crate::rule::RuleSet;
use crate::server::policy;

/// So many missing rights are listed; the others are counted.
const TOLD: usize = 5;

/// The error; if it was a missing right, what the role in control.url lacks.
pub(super) async fn explained(error: Error, settings: &Settings) -> Error {
    let Error::Database { context, message, sqlstate, .. } = &error else { return error };
    let Some(right) = (sqlstate == "42501").then(|| right(message)) else { return error };
    let role = user_name(&settings.control.url).unwrap_or_else(|| "of control.url".to_owned());
    let mut detail = format!("{context}: {message}");
    // If the full list cannot be read, the one missing right is still known.
    if let Ok(missing) = missing(settings).await.map(told)
        && !missing.is_empty()
    {
        detail += &format!("; in all it lacks: {missing}");
    }
    Error::Refused {
        message: format!("role {role} {right}"),
        detail: Some(detail),
        hint: Some(
            "`esclusa roles` prints the script that grants what esclusa's role needs, for a superuser; `esclusa roles --check` shows the statement for each"
                .into(),
        ),
    }
}

/// What a role lacks, according to the server's error message (source, aclchk.c, aclcheck_error).
fn right(message: &str) -> String {
    if let Some(schema) = message.strip_prefix("permission denied for schema ") {
        return format!("lacks USAGE on schema {schema}");
    }
    if let Some(what) = message.strip_prefix("permission denied for ") {
        return format!("lacks a right on {what}");
    }
    match message.strip_prefix("must be owner of ") {
        Some(what) => format!("is not a member of the owner of {what}"),
        None => format!("lacks a right: {message}"),
    }
}

async fn missing(settings: &Settings) -> Result<Vec<String>> {
    let Some(database) = policy::control_database(settings).await? else { return Ok(Vec::new()) };
    let rules = RuleSet::load(&settings.rules.directory).unwrap_or_default();
    let mut found = of_our_schema(&database).await?;
    let lacking = roles::missing(&database, &Context::new(settings), &roles::tables(&rules)).await?;
    found.extend(lacking.into_iter().map(|missing| missing.what));
    Ok(found)
}

/// Read from the catalog, which every role may read.
async fn of_our_schema(database: &Database) -> Result<Vec<String>> {
    let sql = "SELECT 'USAGE on schema esclusa' FROM pg_namespace WHERE nspname = 'esclusa' AND NOT has_schema_privilege(oid, 'USAGE') \
               UNION ALL SELECT format('SELECT on %s tables of schema esclusa', count(*)) FROM pg_class \
               WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'esclusa') AND relkind IN ('r', 'p') \
                 AND NOT has_table_privilege(oid, 'SELECT') HAVING count(*) > 0";
    Ok(database.text("looking at rights on schema esclusa", sql).await?.into_iter().flatten().flatten().collect())
}

fn told(missing: Vec<String>) -> String {
    let more = missing.len().saturating_sub(TOLD);
    let first = missing.into_iter().take(TOLD).collect::<Vec<_>>().join("; ");
    if more == 0 { first } else { format!("{first}; and {more} more") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_is_named() {
        for (message, expected) in [
            ("permission denied for schema esclusa", "lacks USAGE on schema esclusa"),
            ("permission denied for table run", "lacks a right on table run"),
            ("must be owner of table hisusuario", "is not a member of the owner of table hisusuario"),
            ("permission denied to create role", "lacks a right: permission denied to create role"),
        ] {
            assert_eq!(right(message), expected);
        }
        assert_eq!(told(["a", "b", "c", "d", "e", "f", "g"].map(String::from).to_vec()), "a; b; c; d; e; and 2 more");
    }
}
