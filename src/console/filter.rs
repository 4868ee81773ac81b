//! `WHERE ... ORDER BY ... LIMIT`, the same behind every SHOW.
//!
//! All of it is checked when the command is read, so that a prepared command cannot fail later because of it. NULL comes last in
//! ascending order, as in PostgreSQL; `condition` reads WHERE.

use std::cmp::Ordering;

use super::condition::{self, Condition, compare, named_column};
use super::failure::Failure;
use super::lexer::TokenKind;
use super::parser::Parser;
use crate::error::sqlstate;
use crate::table::{Cell, ColumnType, Table};

/// What may follow a SHOW, for SHOW HELP.
pub(super) const SYNTAX: &str = "[WHERE ...] [ORDER BY ...] [LIMIT n]";

/// What the three dots in [`SYNTAX`] stand for, for SHOW HELP.
pub(super) const HELP: &str = "This list. Behind every SHOW: WHERE column = | <> | < | <= | > | >= | [NOT] LIKE literal, \
                               column [NOT] IN (literal, ...), column IS [NOT] NULL, joined by AND, OR, NOT and parentheses; \
                               ORDER BY column [DESC][, ...], LIMIT n.";

/// Which rows, in which order, and how many of them.
#[derive(Debug, Default)]
pub(super) struct Filter {
    condition: Option<Condition>,
    /// Columns, and whether the order is descending.
    order: Vec<(usize, bool)>,
    limit: Option<u64>,
}

impl Filter {
    /// Reads the rest of a SHOW.
    pub(super) fn parse(parser: &mut Parser<'_>, columns: &[(&str, ColumnType)]) -> Result<Filter, Failure> {
        let mut filter = Filter::default();
        let mut possible: &[&str] = &["WHERE", "ORDER BY", "LIMIT"];
        if parser.accept(&["WHERE"]) {
            possible = &["AND", "OR", "ORDER BY", "LIMIT"];
            filter.condition = Some(Condition::parse(parser, columns)?);
        }
        if parser.accept(&["ORDER"]) {
            possible = &[",", "ASC", "DESC", "LIMIT"];
            parser.one_of(&["BY"])?;
            loop {
                let (column, _) = named_column(parser, columns)?;
                let descending = parser.accept(&["DESC"]);
                if !descending {
                    parser.accept(&["ASC"]);
                }
                filter.order.push((column, descending));
                if !parser.accept_symbol(",") {
                    break;
                }
            }
        }
        if parser.accept(&["LIMIT"]) {
            possible = &[];
            filter.limit = Some(limit(parser)?);
        }
        parser.end(possible)?;
        Ok(filter)
    }

    /// The rows that meet the conditions, in order, as many as asked for.
    pub(super) fn apply(&self, mut table: Table) -> Table {
        if let Some(condition) = &self.condition {
            table.rows.retain(|row| condition.holds(row) == Some(true));
        }
        table.rows.sort_by(|a, b| {
            let by = |&(column, descending): &(usize, bool)| {
                let order = compare_nulls_last(&a[column], &b[column]);
                if descending { order.reverse() } else { order }
            };
            self.order.iter().map(by).find(|o| o.is_ne()).unwrap_or(Ordering::Equal)
        });
        if let Some(limit) = self.limit {
            table.rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        }
        table
    }
}

/// A whole number, also as a driver may write it: `('5'::int8)`.
fn limit(parser: &mut Parser<'_>) -> Result<u64, Failure> {
    if !matches!(parser.ahead(0), Some(TokenKind::Symbol("("))) {
        return parser.integer("a whole number");
    }
    let position = parser.position();
    let found = condition::value(parser, ColumnType::Int, condition::DEPTH)?;
    let whole = if let Cell::Int(n) = found { u64::try_from(n).ok() } else { None };
    whole.ok_or_else(|| {
        let message = format!("\"{}\" is not a whole number between 0 and {}", found.text(), u64::MAX);
        Failure::new(sqlstate::INVALID_TEXT_REPRESENTATION, message).position(position)
    })
}

fn compare_nulls_last(a: &Cell, b: &Cell) -> Ordering {
    let null = |cell: &Cell| *cell == Cell::Null;
    null(a).cmp(&null(b)).then_with(|| if null(a) { Ordering::Equal } else { compare(a, b) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::lexer;

    const COLUMNS: &[(&str, ColumnType)] = &[("table", ColumnType::Text), ("hits", ColumnType::Int), ("ms", ColumnType::Float)];

    fn filtered(text: &str) -> Result<String, Failure> {
        let tokens = lexer::tokens(text).unwrap();
        let filter = Filter::parse(&mut Parser::new(text, &tokens), COLUMNS)?;
        let mut table = Table::new(COLUMNS);
        table.push(vec!["b".into(), Cell::Int(10), Cell::Float(1.5)]);
        table.push(vec!["a%".into(), Cell::Int(9), Cell::Null]);
        table.push(vec!["ñc".into(), Cell::Null, Cell::Float(-2.0)]);
        let rows = filter.apply(table).rows;
        Ok(rows.iter().map(|r| r[0].text()).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn rows_are_chosen_ordered_and_limited() {
        for (text, rows) in [
            ("", "b a% ñc"),
            ("where hits > 9", "b"),
            ("WHERE hits >= 9 AND hits <> 10", "a%"),
            ("WHERE hits < '9.5'", "a%"),
            ("WHERE \"table\" = 'b'", "b"),
            ("WHERE table LIKE '_c'", "ñc"),
            ("WHERE table LIKE 'a\\%'", "a%"),
            ("WHERE table LIKE '%'", "b a% ñc"),
            ("WHERE ms < -1", "ñc"),
            ("WHERE ms != 1.5", "ñc"),
            // pgjdbc writes parameters into a text like this.
            ("WHERE table LIKE ('%c%')", "ñc"),
            ("WHERE hits > ('9'::int8) AND table = (('b'))", "b"),
            ("WHERE ms < ('1.6'::double precision) LIMIT ('1'::int8)", "b"),
            ("WHERE hits IS NULL", "ñc"),
            ("WHERE hits IS NOT NULL AND (ms IS NULL OR ms > 7)", "a%"),
            ("WHERE table = 'b' OR hits < 10 AND ms > 0", "b"),
            ("WHERE (table = 'b' OR hits < 10) AND ms > 0", "b"),
            ("WHERE table = 'b' OR hits IS NULL ORDER BY table DESC", "ñc b"),
            ("WHERE table IN ('b', ('ñc')) AND NOT hits IS NULL", "b"),
            ("WHERE hits NOT IN (9)", "b"),
            ("WHERE table NOT LIKE '%c'", "b a%"),
            // NOT of unknown is unknown, not true.
            ("WHERE NOT hits = 9", "b"),
            ("WHERE NOT (hits = 9 AND ms = 1)", "b ñc"),
            ("WHERE NOT (hits = 9 OR ms > 5)", "b"),
            ("ORDER BY hits", "a% b ñc"),
            ("ORDER BY hits DESC, table", "ñc b a%"),
            ("ORDER BY ms ASC LIMIT 2", "ñc b"),
            ("LIMIT 0", ""),
        ] {
            assert_eq!(filtered(text).as_deref(), Ok(rows), "{text}");
        }
    }

    #[test]
    fn faults_are_told_with_their_place() {
        for (text, state, message, at) in [
            ("WHERE tabel = 'x'", "42703", "column \"tabel\" does not exist", 7),
            ("WHERE hits = 'x'", "22P02", "invalid input syntax for type bigint: \"x\"", 14),
            ("WHERE hits = ", "42601", "syntax error at end of input", 13),
            ("WHERE hits IS 3", "42601", "syntax error at or near \"3\"", 15),
            ("WHERE (hits = 3", "42601", "syntax error at end of input", 16),
            ("WHERE hits = 3)", "42601", "syntax error at or near \")\"", 15),
            ("WHERE hits NOT 3", "42601", "syntax error at or near \"3\"", 16),
            ("WHERE hits IN ()", "42601", "syntax error at or near \")\"", 16),
            ("WHERE hits = 3 OR", "42601", "syntax error at end of input", 18),
            ("LIMIT ('-1')", "22P02", "\"-1\" is not a whole number between 0 and 18446744073709551615", 7),
            ("WHERE hits = $1", "0A000", "a console command takes no parameters", 14),
            ("LIMIT -1", "42601", "syntax error at or near \"-\"", 7),
            ("LIMIT 1.5", "22P02", "\"1.5\" is not a whole number between 0 and 18446744073709551615", 7),
            ("ODRER BY hits", "42601", "syntax error at or near \"ODRER\"", 1),
            ("ORDER hits", "42601", "syntax error at or near \"hits\"", 7),
        ] {
            let failure = filtered(text).unwrap_err();
            assert_eq!(
                (failure.error.sqlstate, failure.error.message.as_str(), failure.at()),
                (state, message, Some(at)),
                "{text}"
            );
        }
        for text in [
            format!("WHERE {}hits = 3", "(".repeat(50_000)),
            format!("WHERE hits = {}3", "(".repeat(50_000)),
            format!("WHERE {} hits = 3", "NOT ".repeat(50_000)),
        ] {
            assert_eq!(filtered(&text).unwrap_err().error.sqlstate, "54000");
        }
        assert!(filtered("WHERE tabel = 'x'").unwrap_err().error.hint.unwrap().starts_with("Did you mean table? "));
        assert!(filtered("LIMT 3").unwrap_err().error.hint.unwrap().starts_with("Did you mean LIMIT? Possible here: WHERE"));
    }
}
