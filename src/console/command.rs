//! The table of commands: name, syntax, help, required right, columns of the answer, and the function.
//!
//! Every report (`src/report.rs`) is a SHOW here by itself. Another command is a file (or a line in a file of its family) and a line in
//! [`ACTING`]. SHOW HELP, the hints of syntax errors, Describe and the check of access all come from a command's line.

use std::ops::Range;
use std::sync::{Arc, LazyLock};

use async_trait::async_trait;

use super::access::Access;
use super::failure::Failure;
use super::filter::{self, Filter};
use super::lexer::{self, Token};
use super::parser::Parser;
use super::statement::{Action, Answer, Caller, Statement};
use super::{courtesy, modes, pause, process};
use crate::report::{self, REPORTS, Report, Rows};
use crate::session::Shared;
use crate::table::ColumnType::Text;
use crate::table::{Column, Columns, Table};

/// A line of the table of commands.
struct Command {
    /// The words that it begins with.
    name: String,
    /// What follows them.
    syntax: &'static str,
    help: &'static str,
    access: Access,
    /// Empty for a command that answers with its tag alone.
    columns: Columns,
    function: Function,
}

/// What a command does.
#[derive(Clone, Copy)]
enum Function {
    /// Yields rows, to which WHERE, ORDER BY and LIMIT are then applied.
    Show(Shown),
    /// Reads what follows its name, to the end.
    Act(Reader),
}

/// Where the rows of a SHOW come from.
#[derive(Clone, Copy)]
enum Shown {
    /// From the memory of this process.
    Here(fn(&Shared) -> Table),
    /// From the target database.
    Recorded(&'static Report),
}

type Reader = fn(&mut Parser<'_>) -> Result<Box<dyn Action>, Failure>;

/// The commands that do something: words, syntax, help, columns of the answer, and what reads them. Admins may run them.
#[rustfmt::skip] // One line each: it is a table.
const ACTING: &[(&str, &str, &str, Columns, Reader)] = &[
    ("SET MODE", modes::SET_SYNTAX, "Switches tables, all or none, at once and for all replicas; of ALL those that may have the mode, and tells of each.", report::CHANGES, modes::set),
    ("ENABLE", modes::LIST_SYNTAX, "SET MODE rewrite.", report::CHANGES, modes::enable),
    ("DISABLE", modes::LIST_SYNTAX, "SET MODE observe.", report::CHANGES, modes::disable),
    ("RELOAD", "", "Reads settings, rules and modes again. Settings: all or nothing; a rule with faults stays as it was, and is told.", &[], process::reload),
    ("KILL", "id", "Cancels what a client runs, and ends its session; SHOW SESSIONS lists them.", &[], process::kill),
    ("PAUSE", pause::SYNTAX, "Holds every client where it has no transaction open, and answers when all are held; sent statements wait.", &[], pause::pause),
    ("RESUME", "", "Lets them go on.", &[], pause::resume),
    ("SHUTDOWN", "", "Ends the proxy, gracefully.", &[], process::shutdown),
];

/// PgBouncer's names for our reports: name, report, help.
const OTHER_NAMES: &[(&str, &str, &str)] = &[("clients", "sessions", "SHOW SESSIONS, as PgBouncer calls it.")];

/// The one table that is about the console itself.
static HELP: Report =
    Report { name: "help", question: filter::HELP, question_es: "", columns: HELP_COLUMNS, rows: Rows::Live(help) };

const HELP_COLUMNS: Columns = &[("command", Text), ("access", Text), ("help", Text)];

/// All commands: what can be shown, and what can be done.
static COMMANDS: LazyLock<Vec<Command>> = LazyLock::new(|| {
    let named = |report: &'static Report, name: &str, help: &'static str| Command {
        name: format!("SHOW {}", name.to_uppercase()),
        syntax: filter::SYNTAX,
        help,
        access: Access::Reader,
        columns: report.columns,
        function: Function::Show(match report.rows {
            Rows::Live(rows) => Shown::Here(rows),
            Rows::Recorded(_) | Rows::Witnesses | Rows::Verdicts | Rows::Order(_) => Shown::Recorded(report),
        }),
    };
    let act = |&(name, syntax, help, columns, read): &(&str, _, _, _, Reader)| Command {
        name: name.to_owned(),
        syntax,
        help,
        access: Access::Admin,
        columns,
        function: Function::Act(read),
    };
    let show = |report: &'static Report| named(report, report.name, report.question);
    let other = |&(name, report, help): &(&str, &str, &'static str)| Some(named(report::find(report)?, name, help));
    let shown = std::iter::once(&HELP).chain(REPORTS).map(show).chain(OTHER_NAMES.iter().filter_map(other));
    shown.chain(ACTING.iter().map(act)).collect()
});

fn help(_: &Shared) -> Table {
    let mut table = Table::new(HELP_COLUMNS);
    for command in COMMANDS.iter() {
        let syntax = format!("{} {}", command.name, command.syntax);
        table.push(vec![syntax.trim_end().into(), command.access.name().into(), command.help.into()]);
    }
    table
}

/// A SHOW with its filter.
struct Show {
    rows: Shown,
    filter: Filter,
}

#[async_trait]
impl Action for Show {
    async fn run(&self, caller: &Caller<'_>) -> Result<Answer, Failure> {
        let rows = match self.rows {
            Shown::Here(rows) => rows(&caller.console.shared),
            Shown::Recorded(report) => caller.console.admin.recorded(report).await?,
        };
        Ok(Answer::Rows(self.filter.apply(rows)))
    }
}

/// Reads all commands of a text. If one cannot be read, none is run, as in PostgreSQL.
pub(super) fn parse(text: &str) -> Result<Vec<Arc<Statement>>, Failure> {
    let tokens = lexer::tokens(text)?;
    let one = |range: Range<usize>| statement(text, &tokens[range]).map(Arc::new);
    lexer::statements(&tokens).into_iter().map(one).collect()
}

fn statement(text: &str, tokens: &[Token<'_>]) -> Result<Statement, Failure> {
    let mut parser = Parser::new(text, tokens);
    if let Some(statement) = courtesy::parse(&mut parser)? {
        return Ok(statement);
    }
    let command = find(&mut parser)?;
    let action: Box<dyn Action> = match command.function {
        Function::Show(rows) => Box::new(Show { rows, filter: Filter::parse(&mut parser, command.columns)? }),
        Function::Act(read) => read(&mut parser)?,
    };
    let name = command.name.as_str();
    let tag = name.split(' ').next().unwrap_or(name);
    Ok(Statement { name, tag, access: command.access, columns: Column::all(command.columns), action })
}

/// Finds the command whose name comes next, and skips the name.
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
        let shared = crate::report::tests::shared();
        assert_eq!(help(&shared).rows.len(), 1 + REPORTS.len() + OTHER_NAMES.len() + ACTING.len());
        for (i, a) in COMMANDS.iter().enumerate() {
            assert!(COMMANDS.iter().enumerate().all(|(j, b)| i == j || !b.name.starts_with(&a.name)), "{}", a.name);
        }
    }
}
