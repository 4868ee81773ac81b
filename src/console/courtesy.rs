//! What drivers and tools send unasked: `SET extra_float_digits = 3`, `SHOW TRANSACTION ISOLATION LEVEL`, `SELECT 1`, `select
//! version()`, BEGIN and COMMIT. Each is answered so that psql, pgjdbc and other drivers continue, and none changes anything.
//!
//! The console is no database: a SELECT of more than constants is refused, and a transaction block undoes nothing.

use async_trait::async_trait;

use super::access::Access;
use super::failure::Failure;
use super::lexer::TokenKind;
use super::parameters::{PARAMETERS, SERVER_VERSION};
use super::parser::Parser;
use super::statement::{Action, Answer, Caller, Statement};
use crate::error::sqlstate;
use crate::table::{Cell, Column, ColumnType, Table};

/// Reads such a statement; `None` when the next words begin none, and the table of commands has to be asked.
pub(super) fn parse(parser: &mut Parser<'_>) -> Result<Option<Statement>, Failure> {
    let Some(word) = parser.word(0) else { return Ok(None) };
    Ok(match word.as_str() {
        "SELECT" => {
            parser.skip(1);
            Some(select(parser)?)
        }
        "SHOW" => parameter(parser),
        "SET" if is_parameter_setting(parser) => Some(done("SET")),
        "BEGIN" => Some(fixed("BEGIN", || Answer::Begin)),
        "START" if parser.is(&["START", "TRANSACTION"]) => Some(fixed("START TRANSACTION", || Answer::Begin)),
        "COMMIT" | "END" => Some(fixed("COMMIT", || Answer::End)),
        "ROLLBACK" if (1..4).any(|i| parser.word(i).as_deref() == Some("TO")) => Some(done("ROLLBACK")),
        "ROLLBACK" | "ABORT" => Some(fixed("ROLLBACK", || Answer::End)),
        "SAVEPOINT" => Some(done("SAVEPOINT")),
        "RELEASE" => Some(done("RELEASE")),
        "RESET" => Some(done("RESET")),
        "DISCARD" => Some(done("DISCARD ALL")),
        "DEALLOCATE" => Some(done("DEALLOCATE")),
        "UNLISTEN" => Some(done("UNLISTEN")),
        "CLOSE" if parser.is(&["CLOSE", "ALL"]) => Some(done("CLOSE CURSOR ALL")),
        _ => None,
    })
}

/// An answer that is always the same.
struct Fixed(fn() -> Answer);

#[async_trait]
impl Action for Fixed {
    async fn run(&self, _: &Caller<'_>) -> Result<Answer, Failure> {
        Ok((self.0)())
    }
}

fn fixed(tag: &'static str, answer: fn() -> Answer) -> Statement {
    Statement { name: tag, tag, access: Access::Reader, columns: Vec::new(), action: Box::new(Fixed(answer)) }
}

fn done(tag: &'static str) -> Statement {
    fixed(tag, || Answer::Done)
}

/// Whether this sets a parameter of PostgreSQL. It must look like one, so that a mistyped SET MODE is an error.
fn is_parameter_setting(parser: &Parser<'_>) -> bool {
    let scope = usize::from(parser.word(1).is_some_and(|w| w == "SESSION" || w == "LOCAL"));
    match (parser.word(1 + scope).as_deref(), parser.word(2 + scope).as_deref()) {
        (Some("CHARACTERISTICS"), Some("AS")) | (Some("TRANSACTION"), Some(_)) | (Some("TIME"), Some("ZONE")) => return true,
        (Some("NAMES"), _) => return matches!(parser.ahead(2 + scope), Some(TokenKind::Text(_))),
        (Some("MODE"), _) | (None, _) => return false,
        _ => {}
    }
    let dotted = matches!(parser.ahead(2 + scope), Some(TokenKind::Symbol(".")));
    let at = scope + if dotted { 4 } else { 2 };
    let assigns = matches!(parser.ahead(at), Some(TokenKind::Symbol("="))) || parser.word(at).as_deref() == Some("TO");
    assigns && parser.ahead(at + 1).is_some()
}

/// `SHOW` of a parameter.
fn parameter(parser: &mut Parser<'_>) -> Option<Statement> {
    let (name, words) = match parser.word(1)?.as_str() {
        "TRANSACTION" if parser.is(&["SHOW", "TRANSACTION", "ISOLATION", "LEVEL"]) => ("TRANSACTION_ISOLATION".to_owned(), 4),
        "TIME" if parser.is(&["SHOW", "TIME", "ZONE"]) => ("TIMEZONE".to_owned(), 3),
        name => (name.to_owned(), 2),
    };
    let (name, value, _) = PARAMETERS.iter().find(|(known, _, _)| known.eq_ignore_ascii_case(&name))?;
    if parser.ahead(words).is_some() {
        return None;
    }
    Some(constants("SHOW", vec![Item { name: (*name).to_owned(), column_type: ColumnType::Text, source: text(value) }]))
}

/// A column of a SELECT without FROM.
struct Item {
    name: String,
    column_type: ColumnType,
    source: Source,
}

/// What its value is.
enum Source {
    Constant(Cell),
    User,
    Database,
    Process,
}

fn text(value: &str) -> Source {
    Source::Constant(Cell::Text(value.to_owned()))
}

fn constants(tag: &'static str, items: Vec<Item>) -> Statement {
    let columns = columns(&items);
    Statement { name: tag, tag, access: Access::Reader, columns, action: Box::new(Constants(items)) }
}

fn columns(items: &[Item]) -> Vec<Column> {
    items.iter().map(|i| Column { name: i.name.clone(), column_type: i.column_type }).collect()
}

struct Constants(Vec<Item>);

#[async_trait]
impl Action for Constants {
    async fn run(&self, caller: &Caller<'_>) -> Result<Answer, Failure> {
        let cell = |item: &Item| match &item.source {
            Source::Constant(cell) => cell.clone(),
            Source::User => caller.user.into(),
            Source::Database => caller.database.into(),
            Source::Process => i64::from(caller.process).into(),
        };
        Ok(Answer::Rows(Table { columns: columns(&self.0), rows: vec![self.0.iter().map(cell).collect()] }))
    }
}

fn select(parser: &mut Parser<'_>) -> Result<Statement, Failure> {
    let mut items = Vec::new();
    loop {
        let mut item = item(parser)?;
        while parser.accept_symbol("::") {
            // The value is sent as text with or without a cast, so its type is read and ignored.
            parser.name("a type").map_err(|_| no_database(parser))?;
        }
        let alias = match parser.ahead(0) {
            Some(TokenKind::Quoted(_)) => true,
            Some(TokenKind::Word(word)) => !word.eq_ignore_ascii_case("FROM"),
            _ => false,
        };
        if parser.accept(&["AS"]) || alias {
            item.name = parser.name("a name")?.name;
        }
        items.push(item);
        if !parser.accept_symbol(",") {
            break;
        }
    }
    parser
        .end(&[",", "AS"])
        .map_err(|failure| if parser.ahead(0) == Some(&TokenKind::Parameter) { failure } else { no_database(parser) })?;
    Ok(constants("SELECT", items))
}

fn item(parser: &mut Parser<'_>) -> Result<Item, Failure> {
    let unnamed = |column_type, cell| Item { name: "?column?".to_owned(), column_type, source: Source::Constant(cell) };
    let negative = parser.accept_symbol("-");
    let item = match parser.ahead(0) {
        Some(TokenKind::Number(digits)) => {
            let digits = format!("{}{digits}", if negative { "-" } else { "" });
            match digits.parse() {
                Ok(integer) => unnamed(ColumnType::Int, Cell::Int(integer)),
                Err(_) => unnamed(ColumnType::Float, Cell::Float(digits.parse().map_err(|_| no_database(parser))?)),
            }
        }
        Some(TokenKind::Text(text)) if !negative => unnamed(ColumnType::Text, Cell::Text(text.clone())),
        Some(TokenKind::Parameter) => return Err(parser.unexpected(&[])),
        Some(TokenKind::Word(_)) if !negative => return function(parser),
        _ => return Err(no_database(parser)),
    };
    parser.skip(1);
    Ok(item)
}

/// A key word with a value (`current_user`), or a function that tells something about the session.
fn function(parser: &mut Parser<'_>) -> Result<Item, Failure> {
    let qualified = parser.is(&["PG_CATALOG"]) && parser.ahead(1) == Some(&TokenKind::Symbol("."));
    let refused = no_database(parser);
    parser.skip(if qualified { 2 } else { 0 });
    let word = parser.word(0).ok_or_else(|| refused.clone())?;
    parser.skip(1);
    let (column_type, source) = match word.as_str() {
        "TRUE" | "FALSE" => (ColumnType::Bool, Source::Constant(Cell::Bool(word == "TRUE"))),
        "NULL" => (ColumnType::Text, Source::Constant(Cell::Null)),
        "CURRENT_USER" | "SESSION_USER" | "USER" | "CURRENT_ROLE" => (ColumnType::Text, Source::User),
        "CURRENT_DATABASE" | "CURRENT_CATALOG" => (ColumnType::Text, Source::Database),
        "CURRENT_SCHEMA" => (ColumnType::Text, text("public")),
        "VERSION" => (ColumnType::Text, text(&format!("PostgreSQL {SERVER_VERSION}, admin console"))),
        "PG_BACKEND_PID" => (ColumnType::Int, Source::Process),
        "PG_IS_IN_RECOVERY" => (ColumnType::Bool, Source::Constant(Cell::Bool(false))),
        "PG_ADVISORY_UNLOCK_ALL" => (ColumnType::Text, Source::Constant(Cell::Null)),
        "CURRENT_SETTING" => (ColumnType::Text, setting(parser).ok_or(refused)?),
        _ => return Err(refused),
    };
    if parser.accept_symbol("(") && !parser.accept_symbol(")") {
        return Err(no_database(parser));
    }
    let name = if matches!(word.as_str(), "TRUE" | "FALSE" | "NULL") { "?column?".to_owned() } else { word.to_lowercase() };
    Ok(Item { name, column_type, source })
}

/// `('name')` or `('name', true)` behind current_setting.
fn setting(parser: &mut Parser<'_>) -> Option<Source> {
    parser.accept_symbol("(").then_some(())?;
    let name = parser.literal("a parameter").ok()?;
    let missing_ok = parser.accept_symbol(",") && parser.accept(&["TRUE"]);
    parser.accept_symbol(")").then_some(())?;
    match PARAMETERS.iter().find(|(known, _, _)| known.eq_ignore_ascii_case(&name)) {
        Some((_, value, _)) => Some(text(value)),
        None => missing_ok.then_some(Source::Constant(Cell::Null)),
    }
}

fn no_database(parser: &Parser<'_>) -> Failure {
    Failure::new(sqlstate::FEATURE_NOT_SUPPORTED, "the console is no database: it can select only constants")
        .position(parser.position())
        .with_hint("SHOW HELP lists its commands.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::command;

    /// The names of the columns with which a text is answered.
    fn read(text: &str) -> Result<Vec<String>, Failure> {
        Ok(command::parse(text)?[0].columns.iter().map(|c| c.name.clone()).collect())
    }

    #[test]
    fn what_drivers_send_is_understood() {
        for text in [
            "SET extra_float_digits = 3",
            "SET application_name = 'DBeaver 24'",
            "set session characteristics as transaction isolation level read committed",
            "SET SESSION datestyle TO 'ISO'",
            "SET LOCAL a.b = 1",
            "SET NAMES 'UTF8'",
            "SET TIME ZONE 'UTC'",
            "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY",
            "START TRANSACTION",
            "COMMIT AND NO CHAIN",
            "ROLLBACK TO SAVEPOINT a",
            "DISCARD ALL",
            "DEALLOCATE ALL",
            "RESET ALL",
            "UNLISTEN *",
            "CLOSE ALL",
        ] {
            assert!(read(text).unwrap().is_empty(), "{text}");
        }
        for (text, columns) in [
            ("SHOW TRANSACTION ISOLATION LEVEL", "transaction_isolation"),
            ("show datestyle", "DateStyle"),
            ("SELECT 1", "?column?"),
            ("select version();", "version"),
            ("select pg_catalog.version() AS v", "v"),
            ("SELECT current_database(), current_schema(), session_user", "current_database current_schema session_user"),
            ("SELECT current_setting('server_version_num')::int/* x */", "current_setting"),
            ("SELECT -1.5, 'x'::text y, NULL, true \"T\"", "?column? y ?column? T"),
        ] {
            assert_eq!(read(text).unwrap().join(" "), columns, "{text}");
        }
    }

    #[test]
    fn what_is_no_courtesy_is_refused() {
        for (text, state, at) in [
            ("SELECT * FROM pg_catalog.pg_class", "0A000", 8),
            ("SELECT 1 FROM x", "0A000", 10),
            ("SELECT 1, foo()", "0A000", 11),
            ("SELECT $1", "0A000", 8),
            ("SELECT version(1)", "0A000", 16),
            ("SELECT", "0A000", 7),
            ("SET MODE = rewrite", "42601", 10),
            ("SET ROLE postgres", "42601", 5),
            ("SET application_name", "42601", 5),
            ("SHOW nonsense", "42601", 6),
        ] {
            let failure = read(text).unwrap_err();
            assert_eq!((failure.error.sqlstate, failure.at()), (state, Some(at)), "{text}");
        }
    }
}
