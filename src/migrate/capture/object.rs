//! Trigger functions and triggers as they should be in the catalog: created, compared and repaired by one description.

use crate::catalog::Database;
use crate::error::Result;
use crate::sql::quote::{ident, literal, qualified};
use crate::table::Cell;

use super::super::CONTROL;

/// The longest name, in bytes (PostgreSQL source, `NAMEDATALEN`).
const LONGEST_NAME: usize = 63;

/// `prefix`, a legacy name and `suffix`, cut as the server would cut it, so that definitions compare equal to those in the catalog.
pub(super) fn name(prefix: &str, table: &str, suffix: &str) -> String {
    let room = LONGEST_NAME - prefix.len() - suffix.len();
    let end = (0..=table.len().min(room)).rev().find(|&i| table.is_char_boundary(i)).unwrap_or(0);
    format!("{prefix}{}{suffix}", &table[..end])
}

/// A function in the control schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Function {
    /// Its name.
    pub(super) name: String,
    /// Names and types of its parameters, in order; a trigger function has none.
    pub(super) parameters: Vec<(&'static str, &'static str)>,
    /// `trigger` or `void`.
    pub(super) returns: &'static str,
    /// Whether it runs with its owner's rights.
    pub(super) definer: bool,
    /// Its settings, as in `pg_proc.proconfig`.
    pub(super) settings: Vec<String>,
    /// Its body in PL/pgSQL.
    pub(super) body: String,
    /// Its owner.
    pub(super) owner: String,
}

/// A function found in the catalog, as far as it is described.
type Described = (bool, Vec<String>, String, String, bool);

impl Function {
    /// Its name with schema and parameter types, as `regprocedure` reads it.
    pub(super) fn signature(&self) -> String {
        let types: Vec<&str> = self.parameters.iter().map(|(_, t)| *t).collect();
        format!("{}({})", qualified(CONTROL, &self.name), types.join(", "))
    }

    /// The SQL that creates or replaces it and gives it to its owner; no other role may call it or use it in a trigger of its own.
    pub(super) fn creation(&self) -> String {
        let parameters: Vec<String> = self.parameters.iter().map(|(n, t)| format!("{} {t}", ident(n))).collect();
        let setting = |s: &String| match s.split_once('=') {
            // The path is a list, not one name with a comma in it.
            Some(("search_path", path)) => format!(" SET search_path = {path}"),
            Some((name, value)) => format!(" SET {name} = {}", literal(value)),
            None => String::new(),
        };
        format!(
            "CREATE OR REPLACE FUNCTION {}({}) RETURNS {} LANGUAGE plpgsql SECURITY {}{} AS {};\n\
             REVOKE ALL ON FUNCTION {signature} FROM PUBLIC;\nSELECT {CONTROL}.give({}::regprocedure, {});\n",
            qualified(CONTROL, &self.name),
            parameters.join(", "),
            self.returns,
            if self.definer { "DEFINER" } else { "INVOKER" },
            self.settings.iter().map(setting).collect::<String>(),
            literal(&self.body),
            literal(&self.signature()),
            literal(&self.owner),
            signature = self.signature(),
        )
    }

    async fn found(&self, database: &Database) -> Result<Option<Described>> {
        let sql = format!(
            "SELECT prosecdef, array_to_string(proconfig, E'\\n'), pg_get_userbyid(proowner), prosrc, \
             has_function_privilege('public', oid, 'EXECUTE') FROM pg_proc WHERE oid = to_regprocedure({})",
            literal(&self.signature())
        );
        let rows = database.text("looking for a function", &sql).await?;
        let found = |row: Vec<Option<String>>| {
            let mut cells = row.into_iter().map(Option::unwrap_or_default);
            let mut next = || cells.next().unwrap_or_default();
            (next() == "t", next().lines().map(str::to_owned).collect(), next(), next(), next() == "t")
        };
        Ok(rows.into_iter().next().map(found))
    }

    /// What is wrong with it, as a row of `schema check`.
    pub(super) async fn drift(&self, database: &Database) -> Result<Option<Vec<Cell>>> {
        let object = format!("function {}", self.signature());
        let row = |finding: &str, expected: &str, found: &str| {
            Some(vec![object.as_str().into(), finding.into(), expected.into(), found.into()])
        };
        let Some((definer, settings, owner, body, public)) = self.found(database).await? else {
            return Ok(row("missing", "", ""));
        };
        let security = |definer: bool| if definer { "SECURITY DEFINER" } else { "SECURITY INVOKER" };
        Ok(match () {
            () if owner != self.owner => row("owner differs", &self.owner, &owner),
            () if definer != self.definer => row("differs", security(self.definer), security(definer)),
            () if settings != self.settings => row("differs", &self.settings.join(", "), &settings.join(", ")),
            () if public => row("differs", "not for PUBLIC", "for PUBLIC"),
            () if body != self.body => row("differs", "the body for the present table", "another body"),
            () => None,
        })
    }

    /// Creates or repairs it.
    pub(super) async fn apply(&self, database: &Database) -> Result<()> {
        if self.drift(database).await?.is_none() {
            return Ok(());
        }
        database.batch(&format!("making {}", self.signature()), &self.creation()).await
    }

    /// Whether it exists.
    pub(super) async fn exists(&self, database: &Database) -> Result<bool> {
        Ok(self.found(database).await?.is_some())
    }

    /// The SQL that removes it.
    pub(super) fn removal(&self) -> String {
        format!("DROP FUNCTION {};", self.signature())
    }
}

/// A trigger that should exist exactly once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trigger {
    /// Its name.
    pub(super) name: String,
    /// Its table, qualified.
    pub(super) table: String,
    /// Its table, as reports name it.
    pub(super) shown: String,
    /// For each row, or for each statement.
    pub(super) for_each_row: bool,
    /// Its definition, as `pg_get_triggerdef` prints it.
    pub(super) definition: String,
    /// The functions, qualified, of triggers that do the same work: there must be only one such trigger.
    pub(super) like: Vec<String>,
}

/// A trigger found in the catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Existing {
    /// Its name.
    pub(super) name: String,
    /// Its definition, as `pg_get_triggerdef` prints it.
    pub(super) definition: String,
    /// It fires for changes of applications.
    pub(super) enabled: bool,
}

impl Trigger {
    /// The triggers that do its work, whatever their names.
    pub(super) async fn found(&self, database: &Database) -> Result<Vec<Existing>> {
        let origin = database.origin(&self.table);
        // Those of an archive are disabled, and fire again when the table is back.
        let is_back = origin != self.table;
        let functions: Vec<String> =
            self.like.iter().map(|f| format!("to_regprocedure({})", literal(&format!("{f}()")))).collect();
        let sql = format!(
            "SELECT tgname, pg_get_triggerdef(t.oid), tgenabled IN ('O', 'A') \
             FROM pg_trigger t WHERE tgrelid = to_regclass({}) AND tgfoid = ANY (ARRAY[{}]::oid[]) AND NOT tgisinternal \
             AND tgtype & 1 = {} ORDER BY tgname",
            literal(&origin),
            functions.join(", "),
            i32::from(self.for_each_row)
        );
        let rows = database.text("looking for triggers", &sql).await?;
        let cell = |row: &[Option<String>], i: usize| row.get(i).cloned().flatten().unwrap_or_default();
        Ok(rows
            .iter()
            .map(|row| Existing { name: cell(row, 0), definition: cell(row, 1), enabled: is_back || cell(row, 2) == "t" })
            .collect())
    }

    /// What is wrong with it, as a row of `schema check`.
    pub(super) async fn drift(&self, database: &Database) -> Result<Option<Vec<Cell>>> {
        let object = format!("trigger {} on {}", self.name, self.shown);
        let row = |finding: &str, expected: &str, found: &str| {
            Some(vec![object.as_str().into(), finding.into(), expected.into(), found.into()])
        };
        Ok(match self.found(database).await?.as_slice() {
            [] => row("missing", &self.definition, ""),
            [one] if !one.enabled => row("disabled", "enabled", "disabled"),
            [one] if one.definition != self.definition => row("differs", &self.definition, &one.definition),
            [_] => None,
            several => {
                let names: Vec<&str> = several.iter().map(|t| t.name.as_str()).collect();
                row("doubled: every change is written more than once", &self.name, &names.join(", "))
            }
        })
    }

    /// Repairs it: one trigger of its kind remains, with this definition, enabled.
    pub(super) async fn apply(&self, database: &Database) -> Result<()> {
        let found = self.found(database).await?;
        let sql = match found.as_slice() {
            [one] if one.definition == self.definition && one.enabled => return Ok(()),
            [one] if one.definition == self.definition => {
                format!("ALTER TABLE {} ENABLE TRIGGER {};", self.table, ident(&one.name))
            }
            others => others.iter().map(|t| self.removal_of(&t.name)).collect::<String>() + &self.definition,
        };
        database.batch(&format!("attaching {} to {}", self.name, self.shown), &sql).await
    }

    fn removal_of(&self, name: &str) -> String {
        format!("DROP TRIGGER {} ON {};\n", ident(name), self.table)
    }

    /// Removes every trigger that does its work.
    pub(super) async fn remove(&self, database: &Database) -> Result<()> {
        let found = self.found(database).await?;
        let sql: String = found.iter().map(|t| self.removal_of(&t.name)).collect();
        if sql.is_empty() { Ok(()) } else { database.batch(&format!("removing {} from {}", self.name, self.shown), &sql).await }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_as_the_server_cuts_them() {
        assert_eq!(name("trg_audit_", "base", "_t"), "trg_audit_base_t");
        assert_eq!(name("audit_", &"a".repeat(60), ""), format!("audit_{}", "a".repeat(57)));
        // Whole characters, and the suffix stays: two triggers of one table keep two names.
        assert_eq!(name("audit_", &"ñ".repeat(30), "_t"), format!("audit_{}_t", "ñ".repeat(27)));
    }

    #[test]
    fn a_function_is_made_with_its_settings() {
        let function = Function {
            name: "audit_Base".into(),
            parameters: vec![],
            returns: "trigger",
            definer: true,
            settings: vec!["search_path=pg_catalog, pg_temp".into(), "DateStyle=ISO, MDY".into()],
            body: "BEGIN RETURN NULL; END".into(),
            owner: "esclusa_audit".into(),
        };
        assert_eq!(
            function.creation(),
            "CREATE OR REPLACE FUNCTION esclusa.\"audit_Base\"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER \
             SET search_path = pg_catalog, pg_temp SET DateStyle = 'ISO, MDY' AS 'BEGIN RETURN NULL; END';\n\
             REVOKE ALL ON FUNCTION esclusa.\"audit_Base\"() FROM PUBLIC;\n\
             SELECT esclusa.give('esclusa.\"audit_Base\"()'::regprocedure, 'esclusa_audit');\n"
        );
    }
}
