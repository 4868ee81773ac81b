//! `WHERE ... ORDER BY ... LIMIT`, the same behind every SHOW.
//!
//! Columns and literals are checked when the command is read, so that a prepared command cannot fail on them later. NULL compares
//! with nothing, and comes last in ascending order, as in PostgreSQL.

use std::cmp::Ordering;

use super::failure::{Failure, nearest};
use super::lexer::Kind;
use super::parser::Parser;
use crate::error::sqlstate;
use crate::table::{Cell, ColumnType, Table};

/// What may follow a SHOW, for SHOW HELP.
pub(super) const SYNTAX: &str = "[WHERE ...] [ORDER BY ...] [LIMIT n]";

/// What stands for the points there.
pub(super) const HELP: &str = "This list. Behind every SHOW: WHERE column = | <> | LIKE | < | <= | > | >= literal [AND ...], \
                               ORDER BY column [DESC][, ...], LIMIT n.";

/// A row must meet all conditions.
#[derive(Debug, Default)]
pub(super) struct Filter {
    conditions: Vec<Condition>,
    /// Columns, and whether the order is descending.
    order: Vec<(usize, bool)>,
    limit: Option<u64>,
}

#[derive(Debug)]
struct Condition {
    column: usize,
    operator: &'static str,
    value: Cell,
}

impl Filter {
    /// Reads the rest of a SHOW.
    pub(super) fn parse(parser: &mut Parser<'_>, columns: &[(&str, ColumnType)]) -> Result<Filter, Failure> {
        let mut filter = Filter::default();
        let mut possible: &[&str] = &["WHERE", "ORDER BY", "LIMIT"];
        if parser.accept(&["WHERE"]) {
            possible = &["AND", "ORDER BY", "LIMIT"];
            filter.conditions.push(condition(parser, columns)?);
            while parser.accept(&["AND"]) {
                filter.conditions.push(condition(parser, columns)?);
            }
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
            filter.limit = Some(parser.integer("a whole number")?);
        }
        parser.end(possible)?;
        Ok(filter)
    }

    /// The rows that meet the conditions, in order, as many as asked for.
    pub(super) fn apply(&self, mut table: Table) -> Table {
        table.rows.retain(|row| self.conditions.iter().all(|c| row.get(c.column).is_some_and(|cell| c.holds(cell))));
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

/// A column of the answer, by its name.
fn named_column(parser: &mut Parser<'_>, columns: &[(&str, ColumnType)]) -> Result<(usize, ColumnType), Failure> {
    let written = parser.name("a column of the answer")?;
    let found = columns.iter().position(|(name, _)| *name == written.name);
    let Some(found) = found else {
        let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
        let meant = nearest(&written.name, names.iter().copied()).map(|n| format!("Did you mean {n}? ")).unwrap_or_default();
        let message = format!("column \"{}\" does not exist", written.name);
        let hint = format!("{meant}The columns are {}.", names.join(", "));
        return Err(Failure::new(sqlstate::UNDEFINED_COLUMN, message).position(written.position).with_hint(hint));
    };
    Ok((found, columns[found].1))
}

fn condition(parser: &mut Parser<'_>, columns: &[(&str, ColumnType)]) -> Result<Condition, Failure> {
    let (column, column_type) = named_column(parser, columns)?;
    if parser.accept(&["LIKE"]) {
        let pattern = parser.literal("a pattern in single quotes")?;
        return Ok(Condition { column, operator: "LIKE", value: Cell::Text(pattern) });
    }
    if matches!(parser.ahead(0), Some(Kind::Word(_))) {
        return Err(parser.unexpected(&["=", "<>", "LIKE", "<", "<=", ">", ">="]));
    }
    let operator = parser.operator(&["=", "<>", "!=", "<", "<=", ">", ">="])?;
    Ok(Condition { column, operator, value: value(parser, column_type)? })
}

/// A literal, as a value of the column's type.
fn value(parser: &mut Parser<'_>, column_type: ColumnType) -> Result<Cell, Failure> {
    let position = parser.position();
    let negative = parser.accept_symbol("-");
    let text = match parser.ahead(0) {
        Some(Kind::Number(digits)) => format!("{}{digits}", if negative { "-" } else { "" }),
        Some(Kind::Text(text)) if !negative => text.clone(),
        _ if !negative && (parser.is(&["TRUE"]) || parser.is(&["FALSE"])) => parser.word(0).unwrap_or_default(),
        _ => return Err(parser.unexpected(&["a number", "a text in single quotes", "TRUE", "FALSE"])),
    };
    let cell = match column_type {
        ColumnType::Text => Some(Cell::Text(text.clone())),
        ColumnType::Bool => boolean(&text).map(Cell::Bool),
        ColumnType::Int | ColumnType::Float => {
            let integer = text.trim().parse().ok().map(Cell::Int);
            integer.or_else(|| text.trim().parse::<f64>().ok().filter(|x| !x.is_nan()).map(Cell::Float))
        }
    };
    let cell = cell.ok_or_else(|| {
        let message = format!("invalid input syntax for type {}: \"{text}\"", column_type.name());
        Failure::new(sqlstate::INVALID_TEXT_REPRESENTATION, message).position(position)
    })?;
    parser.skip(1);
    Ok(cell)
}

fn boolean(text: &str) -> Option<bool> {
    match text.trim().to_lowercase().as_str() {
        "true" | "t" | "yes" | "on" | "1" => Some(true),
        "false" | "f" | "no" | "off" | "0" => Some(false),
        _ => None,
    }
}

impl Condition {
    fn holds(&self, cell: &Cell) -> bool {
        if *cell == Cell::Null {
            return false;
        }
        if let ("LIKE", Cell::Text(pattern)) = (self.operator, &self.value) {
            return like(&cell.text(), pattern);
        }
        let order = compare(cell, &self.value);
        match self.operator {
            "=" => order.is_eq(),
            "<" => order.is_lt(),
            "<=" => order.is_le(),
            ">" => order.is_gt(),
            ">=" => order.is_ge(),
            _ => order.is_ne(),
        }
    }
}

/// The order of two cells of one column.
fn compare(a: &Cell, b: &Cell) -> Ordering {
    match (a, b) {
        (Cell::Int(a), Cell::Int(b)) => a.cmp(b),
        (Cell::Float(a), Cell::Float(b)) => a.total_cmp(b),
        (Cell::Int(a), Cell::Float(b)) => (*a as f64).total_cmp(b),
        (Cell::Float(a), Cell::Int(b)) => a.total_cmp(&(*b as f64)),
        (Cell::Bool(a), Cell::Bool(b)) => a.cmp(b),
        (a, b) => a.text().cmp(&b.text()),
    }
}

fn compare_nulls_last(a: &Cell, b: &Cell) -> Ordering {
    let null = |cell: &Cell| *cell == Cell::Null;
    null(a).cmp(&null(b)).then_with(|| if null(a) { Ordering::Equal } else { compare(a, b) })
}

/// PostgreSQL's LIKE (manual, section 9.7.1): `%`, `_`, and a backslash that takes their meaning. Going back only to the last `%`
/// keeps it from growing exponentially.
fn like(text: &str, pattern: &str) -> bool {
    #[derive(PartialEq)]
    enum Piece {
        Any,
        One,
        This(char),
    }
    let mut pieces = Vec::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        pieces.push(match c {
            '%' => Piece::Any,
            '_' => Piece::One,
            '\\' => Piece::This(chars.next().unwrap_or('\\')),
            c => Piece::This(c),
        });
    }
    let text: Vec<char> = text.chars().collect();
    let (mut t, mut p, mut back) = (0, 0, None);
    while t < text.len() {
        match pieces.get(p) {
            Some(Piece::Any) => {
                back = Some((p, t));
                p += 1;
            }
            Some(Piece::One) => (t, p) = (t + 1, p + 1),
            Some(Piece::This(c)) if *c == text[t] => (t, p) = (t + 1, p + 1),
            _ => {
                let Some((any, from)) = back else { return false };
                back = Some((any, from + 1));
                (t, p) = (from + 1, any + 1);
            }
        }
    }
    pieces[p..].iter().all(|piece| *piece == Piece::Any)
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
            ("WHERE hits IS 3", "42601", "syntax error at or near \"IS\"", 12),
            ("WHERE hits = $1", "0A000", "a console command takes no parameters", 14),
            ("LIMIT -1", "42601", "syntax error at or near \"-\"", 7),
            ("LIMIT 1.5", "22P02", "\"1.5\" is no whole number between 0 and 18446744073709551615", 7),
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
        assert!(filtered("WHERE tabel = 'x'").unwrap_err().error.hint.unwrap().starts_with("Did you mean table? "));
        assert!(filtered("LIMT 3").unwrap_err().error.hint.unwrap().starts_with("Did you mean LIMIT? Possible here: WHERE"));
    }

    #[test]
    fn a_hostile_pattern_ends() {
        assert!(!like(&"a".repeat(200), &format!("{}b", "a%".repeat(500))));
    }
}
