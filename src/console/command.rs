//! The table of commands: name, syntax, help, who may, columns of the answer, and the function.
//!
//! A new command is a file (or a line in a file of its family) and a line here. SHOW HELP, the hints of syntax errors, Describe
//! and the check of access all come from that line; access is checked in [`Statement::run`] and nowhere else.

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;

use super::failure::Failure;
use super::filter::{self, Filter};
use super::lexer::{self, Token};
use super::parser::Parser;
use super::{Console, clients, courtesy, modes, overview, stats, steering};
use crate::config::Settings;
use crate::error::sqlstate;
use crate::session::Shared;
use crate::table::Table;

/// Who may run a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Access {
    /// Whoever may connect.
    Reader,
    /// Users in `console.admins`.
    Admin,
}

impl Access {
    /// What a user may, as the settings stand now; `None` for a user in neither list.
    pub(super) fn of(user: &str, settings: &Settings) -> Option<Access> {
        let listed = |users: &[String]| users.iter().any(|u| u == user);
        match () {
            () if listed(&settings.console.admins) => Some(Access::Admin),
            () if listed(&settings.console.readers) => Some(Access::Reader),
            () => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Access::Reader => "reader",
            Access::Admin => "admin",
        }
    }
}

/// The type of a column, known before the command runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ColumnType {
    Text,
    Int,
    Float,
    Bool,
}

impl ColumnType {
    /// As PostgreSQL names it.
    pub(super) fn name(self) -> &'static str {
        match self {
            ColumnType::Text => "text",
            ColumnType::Int => "bigint",
            ColumnType::Float => "double precision",
            ColumnType::Bool => "boolean",
        }
    }
}

/// A line of the table of commands.
pub(super) struct Command {
    /// The words that it begins with.
    name: &'static str,
    /// What follows them.
    syntax: &'static str,
    help: &'static str,
    access: Access,
    /// Empty for a command that answers with its tag alone.
    columns: &'static [(&'static str, ColumnType)],
    function: Function,
}

/// What a command does.
enum Function {
    /// Yields rows, which WHERE, ORDER BY and LIMIT then apply to.
    Show(fn(&Shared) -> Table),
    /// Reads what follows its name, to the end.
    Act(fn(&mut Parser<'_>) -> Result<Box<dyn Action>, Failure>),
}

/// A command that has been read and can run, once or many times.
#[async_trait]
pub(super) trait Action: Send + Sync {
    async fn run(&self, caller: &Caller<'_>) -> Result<Answer, Failure>;
}

/// Who asks.
pub(super) struct Caller<'c> {
    pub(super) console: &'c Console,
    pub(super) user: &'c str,
    pub(super) database: &'c str,
    /// What the client was told in BackendKeyData.
    pub(super) process: i32,
}

/// What a command answers.
#[derive(Debug, PartialEq)]
pub(super) enum Answer {
    Rows(Table),
    Done,
    /// Done, with something that was left out.
    DoneBut(Failure),
    /// A transaction block begins, for what that is worth here.
    Begin,
    /// It ends.
    End,
    /// The proxy is to end once the client has its answer.
    Shutdown,
}

const fn show(name: &'static str, help: &'static str, columns: Columns, rows: fn(&Shared) -> Table) -> Command {
    Command { name, syntax: filter::SYNTAX, help, access: Access::Reader, columns, function: Function::Show(rows) }
}

type Columns = &'static [(&'static str, ColumnType)];
type Reader = fn(&mut Parser<'_>) -> Result<Box<dyn Action>, Failure>;

const fn act(name: &'static str, syntax: &'static str, help: &'static str, columns: Columns, read: Reader) -> Command {
    Command { name, syntax, help, access: Access::Admin, columns, function: Function::Act(read) }
}

/// All commands.
#[rustfmt::skip] // One line each: it is a table.
const COMMANDS: &[Command] = &[
    show("SHOW HELP", filter::HELP, HELP, help),
    show("SHOW TABLES", "Every legacy table: what it became, its mode, its hits since the start, whether it was moved, and what is wrong with it.", overview::TABLES, overview::tables),
    show("SHOW HITS", "Hits since the start by table, operation and outcome.", overview::HITS, overview::hits),
    show("SHOW SHADOW", "Reads that ran a second time in mode shadow, by table: results and times.", overview::SHADOW, overview::shadow),
    show("SHOW DIFFERENCES", "The last reads whose rewritten form gave another result, the newest first.", overview::DIFFERENCES, overview::differences),
    show("SHOW CLIENTS", "Who is connected to the proxy.", clients::COLUMNS, clients::clients),
    show("SHOW RULES", "How each legacy table lies in the new ones.", overview::RULES, overview::rules),
    show("SHOW MODES", "The mode of every legacy table.", modes::COLUMNS, modes::modes),
    show("SHOW STATS", "Every metric with its value, as /metrics shows it too.", stats::COLUMNS, stats::stats),
    show("SHOW CONFIG", "Every setting in force, secrets hidden, and whether another value needs a restart.", overview::CONFIG, overview::config),
    show("SHOW VERSION", "The version of esclusa.", overview::VERSION, overview::version),
    act("SET MODE", modes::SET_SYNTAX, "Switches tables, all or none, at once and for all replicas; of ALL those that may have the mode, and tells of each.", modes::CHANGES, modes::set),
    act("ENABLE", modes::LIST_SYNTAX, "SET MODE rewrite.", modes::CHANGES, modes::enable),
    act("DISABLE", modes::LIST_SYNTAX, "SET MODE observe.", modes::CHANGES, modes::disable),
    act("RELOAD", "", "Reads settings, rules and modes again. Settings: all or nothing; a rule with faults stays as it was, and is told.", &[], steering::reload),
    act("KILL", "id", "Ends a client's session; SHOW CLIENTS lists them.", &[], steering::kill),
    act("SHUTDOWN", "", "Ends the proxy, gracefully.", &[], steering::shutdown),
];

const HELP: Columns = &[("command", ColumnType::Text), ("access", ColumnType::Text), ("help", ColumnType::Text)];

fn help(_: &Shared) -> Table {
    let mut table = Table::new(&["command", "access", "help"]);
    for command in COMMANDS {
        let syntax = format!("{} {}", command.name, command.syntax);
        table.push(vec![syntax.trim_end().into(), command.access.name().into(), command.help.into()]);
    }
    table
}

/// A command, read and checked.
pub(super) struct Statement {
    /// The command's name, for errors.
    pub(super) name: &'static str,
    /// The first word of CommandComplete.
    pub(super) tag: &'static str,
    pub(super) access: Access,
    pub(super) columns: Vec<(String, ColumnType)>,
    pub(super) action: Box<dyn Action>,
}

impl std::fmt::Debug for Statement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Statement").field("name", &self.name).field("columns", &self.columns).finish_non_exhaustive()
    }
}

impl Statement {
    /// Runs it, if the caller may. The settings of this moment decide, so that RELOAD can take a right from a connected user.
    pub(super) async fn run(&self, caller: &Caller<'_>) -> Result<Answer, Failure> {
        let may = Access::of(caller.user, &caller.console.shared.settings.load());
        if may.is_none_or(|may| may < self.access) {
            let message = format!("permission denied for {}", self.name);
            let hint = match self.access {
                Access::Admin => "Users in console.admins of esclusa.toml may run it; those in console.readers may only look.",
                Access::Reader => "Users in console.admins and console.readers of esclusa.toml may run it.",
            };
            return Err(Failure::new(sqlstate::INSUFFICIENT_PRIVILEGE, message).with_hint(hint));
        }
        self.action.run(caller).await
    }
}

/// A SHOW with its filter.
struct Show {
    rows: fn(&Shared) -> Table,
    filter: Filter,
}

#[async_trait]
impl Action for Show {
    async fn run(&self, caller: &Caller<'_>) -> Result<Answer, Failure> {
        Ok(Answer::Rows(self.filter.apply((self.rows)(&caller.console.shared))))
    }
}

/// Reads all commands of a text. One that cannot be read makes the whole text fail, as in PostgreSQL: nothing has run by then.
pub(super) fn parse(text: &str) -> Result<Vec<Arc<Statement>>, Failure> {
    let tokens = lexer::tokens(text)?;
    let one = |range: Range<usize>| statement(text, &tokens[range]).map(Arc::new);
    lexer::statements(&tokens).into_iter().map(one).collect()
}

fn statement(text: &str, tokens: &[Token]) -> Result<Statement, Failure> {
    let mut parser = Parser::new(text, tokens);
    if let Some(statement) = courtesy::parse(&mut parser)? {
        return Ok(statement);
    }
    let command = find(&mut parser)?;
    let action: Box<dyn Action> = match command.function {
        Function::Show(rows) => Box::new(Show { rows, filter: Filter::parse(&mut parser, command.columns)? }),
        Function::Act(read) => read(&mut parser)?,
    };
    let columns = command.columns.iter().map(|(name, column_type)| ((*name).to_owned(), *column_type)).collect();
    let tag = command.name.split(' ').next().unwrap_or(command.name);
    Ok(Statement { name: command.name, tag, access: command.access, columns, action })
}

/// The command whose name is next, which is passed.
fn find(parser: &mut Parser<'_>) -> Result<&'static Command, Failure> {
    let mut candidates: Vec<(&Command, Vec<&'static str>)> = COMMANDS.iter().map(|c| (c, c.name.split(' ').collect())).collect();
    for depth in 0.. {
        if let Some((command, _)) = candidates.iter().find(|(_, words)| words.len() == depth) {
            return Ok(command);
        }
        let mut possible: Vec<&'static str> = candidates.iter().map(|(_, words)| words[depth]).collect();
        possible.dedup();
        let word = parser.one_of(&possible)?;
        candidates.retain(|(_, words)| words[depth] == word);
    }
    Err(parser.unexpected(&[]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(text: &str) -> Failure {
        parse(text).map(|s| format!("{s:?}")).unwrap_err()
    }

    #[test]
    fn commands_are_read_whatever_their_case() {
        for text in ["show tables", "SHOW\tTables ;", "set mode rewrite for tipocorreo", "/* x */ kill 7;;", "Show Version -- x"]
        {
            assert_eq!(parse(text).unwrap().len(), 1, "{text}");
        }
        let names = |text| parse(text).unwrap().iter().map(|s| s.name).collect::<Vec<_>>();
        assert_eq!(names("show modes; reload;; show hits"), ["SHOW MODES", "RELOAD", "SHOW HITS"]);
        assert!(parse(" ; -- nothing").unwrap().is_empty());
    }

    #[test]
    fn unknown_words_are_told_with_place_and_suggestion() {
        for (text, near, at, hint) in [
            ("SHOW TABELS", "\"TABELS\"", 6, "Did you mean TABLES? Possible here: HELP, TABLES,"),
            ("show version; shwo hits", "\"shwo\"", 15, "Did you mean SHOW? Possible here: SHOW, SET, ENABLE,"),
            ("SET MOED rewrite FOR x", "\"MOED\"", 5, "Did you mean MODE? Possible here: MODE."),
            ("SHOW", "end of input", 5, "Possible here: HELP,"),
            ("RELOAD now", "\"now\"", 8, "The command ends here."),
            ("SHOW TABLES LIKE 'x'", "\"LIKE\"", 13, "Possible here: WHERE,"),
            ("UPDATE x SET y = 1", "\"UPDATE\"", 1, "Possible here: SHOW,"),
        ] {
            let failure = failure(text);
            assert_eq!((failure.error.sqlstate, failure.at()), ("42601", Some(at)), "{text}");
            assert!(failure.error.message.ends_with(near), "{text}: {}", failure.error.message);
            assert!(failure.error.hint.as_ref().unwrap().starts_with(hint), "{text}: {:?}", failure.error.hint);
        }
    }

    #[test]
    fn help_lists_every_command_and_no_name_is_the_beginning_of_another() {
        let shared = super::super::tests::shared();
        assert_eq!(help(&shared).rows.len(), COMMANDS.len());
        for (i, a) in COMMANDS.iter().enumerate() {
            assert!(COMMANDS.iter().enumerate().all(|(j, b)| i == j || !b.name.starts_with(a.name)), "{}", a.name);
        }
    }

    #[test]
    fn every_show_has_the_columns_that_it_declares() {
        let shared = super::super::tests::shared();
        for command in COMMANDS {
            let Function::Show(rows) = command.function else { continue };
            let table = rows(&shared);
            assert_eq!(table.columns, command.columns.iter().map(|(n, _)| *n).collect::<Vec<_>>(), "{}", command.name);
            for (cell, (name, column_type)) in table.rows.iter().flat_map(|row| row.iter().zip(command.columns)) {
                let fits = matches!(
                    (cell, column_type),
                    (crate::table::Cell::Null, _)
                        | (crate::table::Cell::Text(_), ColumnType::Text)
                        | (crate::table::Cell::Int(_), ColumnType::Int)
                        | (crate::table::Cell::Float(_), ColumnType::Float)
                        | (crate::table::Cell::Bool(_), ColumnType::Bool)
                );
                assert!(fits, "{}.{name}: {cell:?}", command.name);
            }
        }
    }
}
