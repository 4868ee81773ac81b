//! What is found to depend on a table, and how the catalog is asked for it.

use std::fmt;

use crate::catalog::Database;
use crate::error::Result;
use crate::sql::quote::literal;

use super::super::CONTROL;
use super::super::foreign_key::key_table::Leaf;

/// One object that depends on the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependent {
    /// `view`, `function`, `policy` and so on.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// What becomes of it.
    pub fate: String,
    /// Because of it, `migrate` refuses the table, or `rollback` its way back.
    pub blocks: bool,
    /// It has the table's row type, so that a row of the table no longer fits where the name means another relation.
    pub has_row_type: bool,
    /// SQL that makes it again on the view or the leaf: printed where it blocks, and run by the move where it does not.
    pub script: Option<String>,
}

impl Dependent {
    pub(super) fn carried(kind: &'static str, name: impl Into<String>, fate: &str, script: &str) -> Self {
        Dependent { script: Some(script.to_owned()), ..Self::noted(kind, name, fate) }
    }

    pub(super) fn noted(kind: &'static str, name: impl Into<String>, fate: &str) -> Self {
        Dependent { kind, name: name.into(), fate: fate.to_owned(), blocks: false, has_row_type: false, script: None }
    }

    /// One without which the leaf accepts rows that the table refuses.
    pub fn left_out(kind: &'static str, name: &str, why: &str) -> Self {
        Self::blocking(kind, name, &format!("it cannot be carried to the leaf, which would accept repeated values: {why}"), None)
    }

    pub(super) fn blocking(kind: &'static str, name: impl Into<String>, fate: &str, script: Option<String>) -> Self {
        Dependent { blocks: true, script, ..Self::noted(kind, name, fate) }
    }

    /// Whether it blocks even with `--accept`: what refers to the table through a foreign key would be broken, and not only left where it is.
    pub fn is_final(&self) -> bool {
        self.blocks && self.kind == FOREIGN_KEY
    }

    pub(super) fn of_row_type(kind: &'static str, name: impl Into<String>, fate: &str, script: Option<String>) -> Self {
        Dependent { has_row_type: true, ..Self::blocking(kind, name, fate, script) }
    }
}

/// The kind of a foreign key, in either direction.
pub(super) const FOREIGN_KEY: &str = "foreign key";

/// All that depends on a table, and the statements of the move.
#[derive(Debug)]
pub struct Dependents {
    /// What has the table's name afterwards: `view`, or `table` on the way back.
    pub onto: &'static str,
    /// In the order of the search: those of the table itself first.
    pub found: Vec<Dependent>,
    /// To be run before the table is locked, in the order in which readers lock: a reader holds a view when it asks for the table.
    pub locks: Vec<String>,
    /// To be run in the move's transaction while the table still has its name.
    pub before: String,
    /// To be run in it when the leaf is in place and the view has the name, its grants and its triggers.
    pub after: String,
    /// On the way back: to be run when the leaf is gone.
    pub last: String,
    /// On the way back: each view on which something depends that cannot be made again on the table, and what that is.
    pub through: Vec<(String, Vec<String>)>,
}

impl Dependents {
    /// None yet.
    pub(in crate::migrate) fn new(onto: &'static str) -> Self {
        let (found, locks, through) = (Vec::new(), Vec::new(), Vec::new());
        Dependents { onto, found, locks, before: String::new(), after: String::new(), last: String::new(), through }
    }

    /// Those for which `migrate` refuses the table.
    pub fn blocking(&self) -> impl Iterator<Item = &Dependent> {
        self.found.iter().filter(|d| d.blocks)
    }

    /// Whether foreign keys lead to or from the table.
    pub fn has_keys(&self) -> bool {
        self.found.iter().any(|d| d.kind == FOREIGN_KEY)
    }

    /// Adds one that the move carries, by `before` and its script.
    pub(super) fn carry(&mut self, dependent: Dependent, before: &str) {
        self.before.push_str(before);
        self.after.extend(dependent.script.iter().map(String::as_str));
        self.found.push(dependent);
    }
}

impl fmt::Display for Dependent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The server describes some objects with their kind.
        let kind = if self.name.starts_with(self.kind) { "" } else { self.kind };
        write!(f, "{}: {}", format!("{kind} {}", self.name).trim_start(), self.fate)
    }
}

/// Why an object of this role cannot be made again; nothing where the role is empty, because ours is a member.
pub(super) fn foreign(owner: &str) -> Option<String> {
    let why = format!(
        "it belongs to {owner}, and only a member of that role can make it again: `esclusa roles --check` prints the GRANT"
    );
    (!owner.is_empty()).then_some(why)
}

/// Rows of text; NULL becomes an empty string. `$1` is the table, `$name` its name, `$control` the name of our own schema.
pub(super) async fn rows(database: &Database, what: &str, sql: &str, leaf: &Leaf<'_>) -> Result<Vec<Vec<String>>> {
    // By the simple protocol: every value comes as text, whatever its type. Placeholders are replaced in one pass, because a table's name may
    // contain `$`.
    let table = format!("{}::pg_catalog.regclass", literal(leaf.legacy));
    let (name, control) = (literal(leaf.table), literal(CONTROL));
    let holes = [("1", &table), ("name", &name), ("control", &control)];
    let mut parts = sql.split('$');
    let mut sql = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match holes.iter().find_map(|(hole, value)| Some((value, part.strip_prefix(hole)?))) {
            Some((value, rest)) => sql.extend([value.as_str(), rest]),
            None => sql.extend(["$", part]),
        }
    }
    let found = database.text(&format!("looking for {what} of {}", leaf.table), &sql).await?;
    Ok(found.into_iter().map(|row| row.into_iter().map(Option::unwrap_or_default).collect()).collect())
}

/// The same for a text that has only `$1` and `$control`, and is asked for every table: it stays prepared, because others wait.
pub(super) async fn rows_of_any(database: &Database, what: &str, sql: &str, leaf: &Leaf<'_>) -> Result<Vec<Vec<String>>> {
    let sql = sql.replace("$control", &literal(CONTROL));
    let found = database.text_about(&format!("looking for {what} of {}", leaf.table), &sql, leaf.legacy).await?;
    Ok(found.into_iter().map(|row| row.into_iter().map(Option::unwrap_or_default).collect()).collect())
}
