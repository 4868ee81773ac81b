//! SET MODE, ENABLE and DISABLE: they switch the modes of legacy tables.

use async_trait::async_trait;

use super::admin::Admin;
use super::failure::{Failure, nearest};
use super::parser::{Name, Parser};
use super::statement::{Action, Answer, Caller};
use crate::control::reason;
use crate::error::{Result, sqlstate};
use crate::mode::Mode;
use crate::report;
use crate::rewrite::Policy;
use crate::session::Shared;
use crate::sql::quote;
use crate::table::Table;

pub(super) const SET_SYNTAX: &str = "off | observe | shadow | rewrite | refuse FOR table[, ...] | ALL [BECAUSE 'text']";
pub(super) const LIST_SYNTAX: &str = "table[, ...] [BECAUSE 'text']";

/// A switch that has been read. Whether its tables are known is checked when it runs, because rules can be reloaded in between.
struct Switch {
    mode: Mode,
    /// `None` is ALL.
    tables: Option<Vec<TableName>>,
    why: Option<String>,
}

struct TableName {
    schema: Option<Name>,
    table: Name,
}

pub(super) fn set(parser: &mut Parser<'_>) -> Result<Box<dyn Action>, Failure> {
    let word = parser.one_of(&["OFF", "OBSERVE", "SHADOW", "REWRITE", "REFUSE"])?;
    let mode = word.parse().map_err(|e: String| Failure::new(sqlstate::SYNTAX_ERROR, e))?;
    parser.one_of(&["FOR"])?;
    let tables = if parser.accept(&["ALL"]) { None } else { Some(list(parser)?) };
    switch(parser, mode, tables)
}

pub(super) fn enable(parser: &mut Parser<'_>) -> Result<Box<dyn Action>, Failure> {
    let tables = list(parser)?;
    switch(parser, Mode::Rewrite, Some(tables))
}

pub(super) fn disable(parser: &mut Parser<'_>) -> Result<Box<dyn Action>, Failure> {
    let tables = list(parser)?;
    switch(parser, Mode::Observe, Some(tables))
}

fn list(parser: &mut Parser<'_>) -> Result<Vec<TableName>, Failure> {
    let mut tables = Vec::new();
    loop {
        let name = parser.name("a legacy table")?;
        tables.push(match parser.accept_symbol(".") {
            true => TableName { schema: Some(name), table: parser.name("a legacy table")? },
            false => TableName { schema: None, table: name },
        });
        if !parser.accept_symbol(",") {
            return Ok(tables);
        }
    }
}

fn switch(parser: &mut Parser<'_>, mode: Mode, tables: Option<Vec<TableName>>) -> Result<Box<dyn Action>, Failure> {
    let why = match parser.accept(&["BECAUSE"]) {
        true => {
            let position = parser.position();
            let wrong = |why| Failure::new(sqlstate::INVALID_PARAMETER_VALUE, why).position(position);
            let text = parser.literal("a reason in single quotes")?;
            Some(reason::checked(&text).map_err(wrong)?.to_owned())
        }
        false => None,
    };
    parser.end(match (&why, &tables) {
        (Some(_), _) => &[],
        (None, Some(_)) => &[",", "BECAUSE"],
        (None, None) => &["BECAUSE"],
    })?;
    Ok(Box::new(Switch { mode, tables, why }))
}

impl TableName {
    /// The legacy table with this name.
    fn resolve(&self, policy: &Policy) -> Result<String, Failure> {
        if let Some(schema) = self.schema.as_ref().filter(|s| s.name != policy.schema) {
            let message = format!("there is no legacy table in schema \"{}\"", schema.name);
            let hint = format!("The legacy tables are in schema {}.", quote::ident(&policy.schema));
            return Err(Failure::new(sqlstate::UNDEFINED_TABLE, message).position(schema.position).with_hint(hint));
        }
        if policy.tombstones().contains(&self.table.name) {
            let message = format!("the name of table \"{}\" is retired", self.table.name);
            let failure = Failure::new(sqlstate::NOT_IN_PREREQUISITE_STATE, message).position(self.table.position);
            let command = format!("`esclusa retire --undo {}` brings it back.", quote::ident(&self.table.name));
            return Err(failure.with_hint(&command));
        }
        if policy.knows(&self.table.name) {
            return Ok(self.table.name.clone());
        }
        if policy.faulty().contains_key(&self.table.name) {
            let message = format!("the rule of table \"{}\" has faults", self.table.name);
            let failure = Failure::new(sqlstate::CONFIG_FILE_ERROR, message).position(self.table.position);
            return Err(failure.with_hint("SHOW TABLES tells them; mend the file, and RELOAD."));
        }
        let message = format!("there is no rule for a table \"{}\"", self.table.name);
        let meant = nearest(&self.table.name, policy.entries().map(|e| e.relation.table.as_str()));
        let meant = meant.map(|name| format!("Did you mean {}? ", quote::ident(name))).unwrap_or_default();
        let hint = format!("{meant}SHOW TABLES lists the legacy tables.");
        Err(Failure::new(sqlstate::UNDEFINED_TABLE, message).position(self.table.position).with_hint(hint))
    }
}

impl Switch {
    /// The tables of the command, each once, in its order.
    fn resolve(named: &[TableName], policy: &Policy) -> Result<Vec<String>, Failure> {
        let mut seen = std::collections::HashSet::new();
        let mut tables = Vec::new();
        for name in named {
            let table = name.resolve(policy)?;
            if seen.insert(table.clone()) {
                tables.push(table);
            }
        }
        Ok(tables)
    }
}

#[async_trait]
impl Action for Switch {
    async fn run(&self, caller: &Caller<'_>) -> Result<Answer, Failure> {
        let shared = &caller.console.shared;
        let resolved = self.tables.as_ref().map(|named| Self::resolve(named, &shared.policy.load())).transpose()?;
        let (admin, why) = (caller.console.admin.as_ref(), self.why.as_deref());
        Ok(Answer::Rows(switch_modes(shared, admin, resolved.as_deref(), self.mode, caller.user, why).await?))
    }
}

/// Switches tables, or all that may have the mode, and returns what has changed.
pub(crate) async fn switch_modes(
    shared: &Shared,
    admin: &dyn Admin,
    tables: Option<&[String]>,
    mode: Mode,
    user: &str,
    why: Option<&str>,
) -> Result<Table> {
    let policy = shared.policy.load_full();
    let changes = match tables {
        Some(tables) => admin.set_modes(tables, mode, user, why).await?,
        None => admin.set_all_modes(mode, user, why).await?,
    };
    let switched = changes.iter().filter(|c| c.after.is_some()).count();
    tracing::info!(user, %mode, tables = switched, why, "modes were switched");
    // Without a stored mode the table had the mode of the settings.
    let of_settings = |table: &str| policy.entries().find(|e| e.relation.table == table).map(|e| e.mode);
    Ok(report::changes(changes, of_settings))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::lexer;

    fn read(text: &str) -> Result<Vec<(Option<String>, String)>, Failure> {
        let tokens = lexer::tokens(text).unwrap();
        let mut parser = Parser::new(text, &tokens);
        let tables = list(&mut parser)?;
        Ok(tables.into_iter().map(|t| (t.schema.map(|s| s.name), t.table.name)).collect())
    }

    #[test]
    fn tables_are_named_as_in_postgresql() {
        let names = read("TipoCorreo, cf_quere_pro.tipo, \"CF\".\"x.Y\"").unwrap();
        let expected = [(None, "tipocorreo"), (Some("cf_quere_pro"), "tipo"), (Some("CF"), "x.Y")];
        assert_eq!(names, expected.map(|(s, t)| (s.map(str::to_owned), t.to_owned())));
        assert_eq!(read("a,").unwrap_err().error.message, "syntax error at end of input");
    }

    #[test]
    fn every_mode_can_be_set() {
        for mode in Mode::ALL {
            let text = format!("{mode} FOR ALL BECAUSE 'x'");
            let tokens = lexer::tokens(&text).unwrap();
            assert!(set(&mut Parser::new(&text, &tokens)).is_ok(), "{mode}");
            assert!(SET_SYNTAX.contains(mode.name()));
        }
    }
}
