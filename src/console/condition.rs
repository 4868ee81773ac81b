//! The conditions behind WHERE: comparisons, LIKE, IN and IS NULL, joined by AND, OR, NOT and parentheses, as SQL reads them.
//!
//! Columns and literals are checked when the command is read. A value may stand in parentheses and be followed by a cast: pgjdbc
//! writes parameters into the text like this (`preferQueryMode=simple`). A comparison with NULL is neither true nor false, as in
//! SQL.

use std::cmp::Ordering;

use super::failure::{Failure, nearest};
use super::lexer::TokenKind;
use super::parser::Parser;
use crate::error::sqlstate;
use crate::table::{Cell, ColumnType};

/// Columns of an answer, by name and type.
type Columns<'c> = [(&'c str, ColumnType)];

/// How deeply parentheses and NOTs may be nested.
pub(super) const DEPTH: usize = 32;

/// What may stand behind a column.
const OPERATORS: &[&str] = &["=", "<>", "LIKE", "IN", "IS", "NOT", "<", "<=", ">", ">="];

/// A condition on a row.
#[derive(Debug)]
pub(super) enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Compares { column: usize, operator: &'static str, value: Cell },
    Like { column: usize, pattern: String },
    IsNull { column: usize },
}

impl Condition {
    /// Reads the longest condition that begins here.
    pub(super) fn parse(parser: &mut Parser<'_>, columns: &Columns<'_>) -> Result<Condition, Failure> {
        any(parser, columns, DEPTH)
    }

    /// Whether the row meets it; `None` when a NULL leaves that unknown.
    pub(super) fn holds(&self, row: &[Cell]) -> Option<bool> {
        let cell = |column: usize| row.get(column).filter(|cell| **cell != Cell::Null);
        match self {
            // One false condition makes AND false, whatever is unknown; one true condition makes OR true.
            Condition::All(all) => combined(all, row, false),
            Condition::Any(any) => combined(any, row, true),
            Condition::Not(one) => one.holds(row).map(|holds| !holds),
            Condition::IsNull { column } => Some(cell(*column).is_none()),
            Condition::Like { column, pattern } => cell(*column).map(|cell| like(&cell.text(), pattern)),
            Condition::Compares { column, operator, value } => {
                let order = compare(cell(*column)?, value);
                Some(match *operator {
                    "=" => order.is_eq(),
                    "<" => order.is_lt(),
                    "<=" => order.is_le(),
                    ">" => order.is_gt(),
                    ">=" => order.is_ge(),
                    _ => order.is_ne(),
                })
            }
        }
    }
}

/// The result is `by` if any condition is `by`; otherwise unknown if any is unknown; otherwise the opposite of `by`.
fn combined(conditions: &[Condition], row: &[Cell], by: bool) -> Option<bool> {
    let mut is_open = false;
    for condition in conditions {
        match condition.holds(row) {
            Some(holds) if holds == by => return Some(by),
            Some(_) => {}
            None => is_open = true,
        }
    }
    (!is_open).then_some(!by)
}

fn any(parser: &mut Parser<'_>, columns: &Columns<'_>, depth: usize) -> Result<Condition, Failure> {
    let mut found = vec![all(parser, columns, depth)?];
    while parser.accept(&["OR"]) {
        found.push(all(parser, columns, depth)?);
    }
    Ok(Condition::Any(found))
}

fn all(parser: &mut Parser<'_>, columns: &Columns<'_>, depth: usize) -> Result<Condition, Failure> {
    let mut found = vec![one(parser, columns, depth)?];
    while parser.accept(&["AND"]) {
        found.push(one(parser, columns, depth)?);
    }
    Ok(Condition::All(found))
}

fn one(parser: &mut Parser<'_>, columns: &Columns<'_>, depth: usize) -> Result<Condition, Failure> {
    let is_nested = parser.is(&["NOT"]) || matches!(parser.ahead(0), Some(TokenKind::Symbol("(")));
    let depth = if is_nested { deeper(parser, depth)? } else { depth };
    if parser.accept(&["NOT"]) {
        return Ok(Condition::Not(Box::new(one(parser, columns, depth)?)));
    }
    if parser.accept_symbol("(") {
        let inner = any(parser, columns, depth)?;
        closes(parser, &["AND", "OR", ")"])?;
        return Ok(inner);
    }
    of_column(parser, columns)
}

fn deeper(parser: &Parser<'_>, depth: usize) -> Result<usize, Failure> {
    let message = "conditions and values may stand in 32 parentheses at most";
    depth.checked_sub(1).ok_or_else(|| Failure::new(sqlstate::PROGRAM_LIMIT_EXCEEDED, message).position(parser.position()))
}

fn closes(parser: &mut Parser<'_>, possible: &[&str]) -> Result<(), Failure> {
    if parser.accept_symbol(")") { Ok(()) } else { Err(parser.unexpected(possible)) }
}

/// A column and its comparison.
fn of_column(parser: &mut Parser<'_>, columns: &Columns<'_>) -> Result<Condition, Failure> {
    let (column, column_type) = named_column(parser, columns)?;
    if parser.accept(&["IS"]) {
        let is_not = parser.accept(&["NOT"]);
        parser.one_of(if is_not { &["NULL"] } else { &["NULL", "NOT"] })?;
        return Ok(negated(is_not, Condition::IsNull { column }));
    }
    let is_not = parser.accept(&["NOT"]);
    if parser.accept(&["LIKE"]) {
        let pattern = value(parser, ColumnType::Text, DEPTH)?.text();
        return Ok(negated(is_not, Condition::Like { column, pattern }));
    }
    if parser.accept(&["IN"]) {
        return Ok(negated(is_not, one_of_values(parser, column, column_type)?));
    }
    if is_not {
        return Err(parser.unexpected(&["LIKE", "IN"]));
    }
    if matches!(parser.ahead(0), Some(TokenKind::Word(_))) {
        return Err(parser.unexpected(OPERATORS));
    }
    let operator = parser.operator(&["=", "<>", "!=", "<", "<=", ">", ">="])?;
    Ok(Condition::Compares { column, operator, value: value(parser, column_type, DEPTH)? })
}

fn negated(is_not: bool, condition: Condition) -> Condition {
    if is_not { Condition::Not(Box::new(condition)) } else { condition }
}

fn one_of_values(parser: &mut Parser<'_>, column: usize, column_type: ColumnType) -> Result<Condition, Failure> {
    if !parser.accept_symbol("(") {
        return Err(parser.unexpected(&["("]));
    }
    let mut found = Vec::new();
    loop {
        found.push(Condition::Compares { column, operator: "=", value: value(parser, column_type, DEPTH)? });
        if !parser.accept_symbol(",") {
            closes(parser, &[",", ")"])?;
            return Ok(Condition::Any(found));
        }
    }
}

/// A column of the answer, by its name.
pub(super) fn named_column(parser: &mut Parser<'_>, columns: &Columns<'_>) -> Result<(usize, ColumnType), Failure> {
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

/// A literal as a value of the column's type, perhaps in parentheses, perhaps with a cast. The cast is ignored: the column's type
/// is known.
pub(super) fn value(parser: &mut Parser<'_>, column_type: ColumnType, depth: usize) -> Result<Cell, Failure> {
    let found = if matches!(parser.ahead(0), Some(TokenKind::Symbol("("))) {
        let depth = deeper(parser, depth)?;
        parser.skip(1);
        let inner = value(parser, column_type, depth)?;
        closes(parser, &[")"])?;
        inner
    } else {
        literal(parser, column_type)?
    };
    while parser.accept_symbol("::") {
        let is_double = parser.is(&["DOUBLE", "PRECISION"]);
        parser.name("a type")?;
        parser.skip(usize::from(is_double));
    }
    Ok(found)
}

fn literal(parser: &mut Parser<'_>, column_type: ColumnType) -> Result<Cell, Failure> {
    let position = parser.position();
    let negative = parser.accept_symbol("-");
    let text = match parser.ahead(0) {
        Some(TokenKind::Number(digits)) => format!("{}{digits}", if negative { "-" } else { "" }),
        Some(TokenKind::Text(text)) if !negative => text.clone(),
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

/// The order of two cells of one column.
pub(super) fn compare(a: &Cell, b: &Cell) -> Ordering {
    match (a, b) {
        (Cell::Int(a), Cell::Int(b)) => a.cmp(b),
        (Cell::Float(a), Cell::Float(b)) => a.total_cmp(b),
        (Cell::Int(a), Cell::Float(b)) => (*a as f64).total_cmp(b),
        (Cell::Float(a), Cell::Int(b)) => a.total_cmp(&(*b as f64)),
        (Cell::Bool(a), Cell::Bool(b)) => a.cmp(b),
        (a, b) => a.text().cmp(&b.text()),
    }
}

/// PostgreSQL's LIKE (manual, section 9.7.1): `%`, `_`, and a backslash that makes the next character literal. Backtracking only to
/// the last `%` avoids exponential time.
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

    #[test]
    fn a_hostile_pattern_ends() {
        assert!(!like(&"a".repeat(200), &format!("{}b", "a%".repeat(500))));
    }
}
