//! Numbers that are not values of columns: how many rows, which output column, how long a type is. They are kept, because another number would
//! change what the statement does: `LIMIT 1` is not `LIMIT 6`.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::sql::Lexed;
use crate::sql::token::{Lexeme, Literal};

/// Types with modifiers whose names are not names of functions too.
const TYPES: &[&str] =
    &["VARCHAR", "CHAR", "CHARACTER", "NCHAR", "NUMERIC", "DECIMAL", "DEC", "FLOAT", "BIT", "TIME", "TIMESTAMP", "INTERVAL"];
/// Key words that can follow a position in ORDER BY or GROUP BY.
#[rustfmt::skip]
const BEHIND: &[&str] = &[
    "ASC", "DESC", "NULLS", "LIMIT", "OFFSET", "FETCH", "HAVING", "ORDER", "WINDOW", "UNION", "EXCEPT", "INTERSECT", "FOR", "ROWS", "RANGE",
    "GROUPS",
];

/// The lexemes of a statement that are such numbers, or parameters for them.
pub(super) fn counted(lexed: &Lexed<'_>, range: &Range<usize>) -> BTreeSet<usize> {
    let mut out = BTreeSet::new();
    let is = |at: usize, words: &[&str]| range.contains(&at) && lexed.lexemes[at].is_any(words);
    if is(range.start, &["FETCH", "MOVE"]) {
        out.extend(range.clone().filter(|at| is_number(&lexed.lexemes[*at])));
    }
    // The bracket depth of the open ORDER BY or GROUP BY list.
    let mut by: Option<u32> = None;
    for at in range.clone() {
        let lexeme = &lexed.lexemes[at];
        let fetches = is(at, &["FIRST", "NEXT"]) && at > range.start && is(at - 1, &["FETCH"]);
        if fetches || lexeme.is_any(&["LIMIT", "OFFSET"]) {
            out.extend(rows(lexed, at + 1..range.end));
        }
        by = match by {
            _ if lexeme.is("BY") => Some(lexeme.depth),
            Some(depth) if lexeme.depth < depth || lexeme.depth == depth && lexeme.is_any(BEHIND) && !is_direction(lexeme) => {
                None
            }
            by => by,
        };
        let is_item = by == Some(lexeme.depth) && at > range.start && (is(at - 1, &["BY"]) || lexed.lexemes[at - 1].is_comma());
        if is_item && is_number(lexeme) && ends_item(lexed, at + 1, range.end) {
            out.insert(at);
        }
        if lexed.at_text(at) == "(" && at > range.start && is_type(lexed, range.start, at - 1) {
            out.extend(modifiers(lexed, at));
        }
    }
    out
}

fn is_direction(lexeme: &Lexeme) -> bool {
    lexeme.is_any(&["ASC", "DESC", "NULLS"])
}

fn is_number(lexeme: &Lexeme) -> bool {
    matches!(lexeme.literal(), Some(Literal::Number(_)))
}

fn ends_item(lexed: &Lexed<'_>, at: usize, end: usize) -> bool {
    at >= end || lexed.lexemes[at].is_comma() || lexed.at_text(at) == ")" || lexed.lexemes[at].is_any(BEHIND)
}

/// The values of `LIMIT 10`, `OFFSET ($1 + 5)`: expressions without names.
fn rows(lexed: &Lexed<'_>, behind: Range<usize>) -> Vec<usize> {
    let mut out = Vec::new();
    let Some(depth) = lexed.lexemes.get(behind.start).map(|l| l.depth) else { return out };
    for at in behind.clone() {
        let lexeme = &lexed.lexemes[at];
        let is_digits = matches!(lexeme.literal(), Some(Literal::Text(text)) if text.bytes().all(|b| b.is_ascii_digit()));
        let is_cast_to = at > behind.start && lexed.lexemes[at - 1].is_cast();
        if is_number(lexeme) || is_digits || lexeme.parameter().is_some() {
            out.push(at);
        } else if lexeme.depth < depth
            || !is_cast_to && !lexeme.is_cast() && !["(", ")", "+", "-", "*", "/"].contains(&lexed.at_text(at))
        {
            break;
        }
    }
    out
}

/// Whether the word before a parenthesis is a type, not a function.
fn is_type(lexed: &Lexed<'_>, start: usize, at: usize) -> bool {
    let lexeme = &lexed.lexemes[at];
    let before = at.checked_sub(1).filter(|before| *before >= start).map(|before| &lexed.lexemes[before]);
    let follows = |words: &[&str]| before.is_some_and(|l| l.is_any(words));
    lexeme.is_any(TYPES)
        || lexeme.is("VARYING") && follows(&["CHARACTER", "CHAR", "NCHAR", "BIT"])
        || lexeme.is("SECOND") && (follows(&["INTERVAL", "TO"]) || before.is_some_and(|l| l.literal().is_some()))
        || lexeme.word().is_some() && (follows(&["AS"]) || before.is_some_and(Lexeme::is_cast))
}

/// The numbers in a parenthesis that contains only numbers.
fn modifiers(lexed: &Lexed<'_>, open: usize) -> Vec<usize> {
    let inside = open + 1..lexed.closing(open).unwrap_or(open + 1);
    let is_one = |at: usize| is_number(&lexed.lexemes[at]);
    let joins = |at: usize| lexed.lexemes[at].is_comma() || lexed.at_text(at) == "-";
    if inside.clone().all(|at| is_one(at) || joins(at)) { inside.filter(|at| is_one(*at)).collect() } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_are_no_values_are_told_from_those_that_are() {
        for (text, kept) in [
            ("SELECT a FROM t WHERE a = 1 LIMIT 2 OFFSET 3", "2 3"),
            ("SELECT a FROM t LIMIT $1 OFFSET ($2 + 5)::bigint", "$1 $2 5"),
            ("SELECT a FROM t LIMIT '10'", "'10'"),
            ("SELECT a FROM t LIMIT (SELECT 7)", ""),
            ("SELECT a FROM t WHERE b IN (SELECT c FROM s LIMIT 1) AND d = 2", "1"),
            ("SELECT a FROM t OFFSET 1 ROWS FETCH FIRST 2 ROWS ONLY", "1 2"),
            ("SELECT a FROM t FETCH NEXT (3) ROWS WITH TIES", "3"),
            ("FETCH 3 FROM c", "3"),
            ("MOVE BACKWARD 2 IN c", "2"),
            ("SELECT a, b FROM t GROUP BY 1, 2 HAVING count(*) > 3 ORDER BY 2 DESC NULLS LAST, 1 LIMIT 4", "1 2 2 1 4"),
            ("SELECT a FROM t ORDER BY a = 1, coalesce(b, 2), 3 + 4, 5 IN (6), 7", "7"),
            ("SELECT sum(a) OVER (PARTITION BY 1 ORDER BY b), 2 FROM t", "1"),
            ("SELECT a::varchar(30), CAST(b AS numeric(10, 2)), c::numeric(5,-2), d::geometry(4326)", "30 10 2 5 2 4326"),
            ("SELECT timestamp(3) '2020-01-01', interval '1' second(2), a::character varying(9)", "3 2 9"),
            ("CREATE TABLE t (a char(3), b timestamp(0) with time zone DEFAULT f(8))", "3 0"),
            ("SELECT left(a, 3), f(4), second(5), varying(6)", ""),
        ] {
            let lexed = Lexed::new(text).unwrap();
            let found = counted(&lexed, &(0..lexed.lexemes.len()));
            let told: Vec<&str> = found.into_iter().map(|at| &text[lexed.lexemes[at].span.range()]).collect();
            assert_eq!(told.join(" "), kept, "{text}");
        }
    }
}
