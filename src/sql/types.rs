//! Where types are named: after `::`, in CAST (... AS type), before a string (`type '...'`), in the column definitions of a
//! function in FROM, in the columns of CREATE TABLE and CREATE TYPE, after ADD COLUMN and TYPE of ALTER TABLE, in the parameters of
//! PREPARE. The name of a table is also that of its row type.
//!
//! Read by token, because the parser does not read definitions and does not report column definitions.

use std::ops::Range;

use sqlparser::tokenizer::Token;

use super::cursor::Cursor;
use super::name::Name;
use super::shape::{Reference, Role};
use super::token::Lexed;

/// References to possible row types, and the lexemes of their names. Types that the grammar names by words of its own are included.
pub(super) fn types(lexed: &Lexed<'_>, range: &Range<usize>) -> (Vec<Reference>, Vec<usize>) {
    let mut found = Types { cursor: Cursor::new(lexed, range), references: Vec::new(), lexemes: Vec::new() };
    for at in range.clone() {
        let lexeme = &lexed.lexemes[at];
        if lexeme.is_token(&Token::DoubleColon) {
            found.name(at + 1);
        } else if lexeme.is_token(&Token::LParen) && at > range.start {
            found.parenthesis(at);
        } else if (lexeme.is_untyped_string()) && at > range.start && lexed.lexemes[at - 1].word().is_some() {
            found.before_string(at);
        }
    }
    found.definition();
    (found.references, found.lexemes)
}

struct Types<'s, 't> {
    cursor: Cursor<'s, 't>,
    references: Vec<Reference>,
    lexemes: Vec<usize>,
}

/// Words that may stand before a string or a parenthesis and are no names.
const WORDS: &[&str] = &[
    "ALL",
    "AND",
    "ANY",
    "AS",
    "BETWEEN",
    "BY",
    "CASE",
    "DISTINCT",
    "ELSE",
    "ESCAPE",
    "EXCEPT",
    "EXISTS",
    "FILTER",
    "FROM",
    "GROUP",
    "HAVING",
    "ILIKE",
    "IN",
    "INTERSECT",
    "IS",
    "JOIN",
    "LATERAL",
    "LIKE",
    "LIMIT",
    "NOT",
    "OFFSET",
    "ON",
    "OR",
    "ORDER",
    "OVER",
    "PARTITION",
    "RANGE",
    "RETURNING",
    "ROWS",
    "SELECT",
    "SIMILAR",
    "SOME",
    "THEN",
    "UNION",
    "USING",
    "VALUES",
    "WHEN",
    "WHERE",
    "WITH",
];

impl Types<'_, '_> {
    /// A type's name begins at `at`. Returns the position after it.
    fn name(&mut self, at: usize) -> Option<usize> {
        let at = at + usize::from(self.cursor.is(at, "SETOF"));
        let (name, end) = self.cursor.dotted(at)?;
        self.add(name, at..end);
        Some(end)
    }

    fn add(&mut self, name: Name, lexemes: Range<usize>) {
        self.lexemes.extend(lexemes.filter(|&i| self.cursor.lexed.lexemes[i].word().is_some()));
        self.references.push(Reference::new(name, Role::Type));
    }

    /// `CAST (x AS type)`, and `f(x) AS t (a type, b type)`.
    fn parenthesis(&mut self, open: usize) {
        let lexemes = &self.cursor.lexed.lexemes;
        let Some(close) = self.cursor.closing(open) else { return };
        if self.cursor.is(open - 1, "CAST") {
            let depth = lexemes[open].depth + 1;
            if let Some(word) = (open + 1..close).find(|&i| lexemes[i].depth == depth && lexemes[i].is("AS")) {
                self.name(word + 1);
            }
            return;
        }
        let mut before = open - 1;
        if lexemes[before].word().is_some() && !self.cursor.is_any(before, WORDS) && before > self.cursor.start {
            before -= 1;
        }
        if lexemes[before].is("AS") && before > self.cursor.start {
            before -= 1;
        }
        let lists = before < open && lexemes[before].is_token(&Token::RParen) && !self.cursor.is_any(open + 1, WORDS);
        if lists && !self.writes(open, close) {
            self.columns(open, close);
        }
    }

    /// Whether parentheses hold a writing statement, as those of `WITH x (a, b) AS (UPDATE ...)`. Its first word may be a column's name too.
    fn writes(&self, open: usize, close: usize) -> bool {
        let lexemes = &self.cursor.lexed.lexemes;
        let depth = lexemes[open].depth + 1;
        self.cursor.is_any(open + 1, &["UPDATE", "DELETE", "INSERT", "MERGE"])
            && lexemes[open..close].iter().any(|l| l.depth == depth && l.is_any(&["SET", "FROM", "INTO"]))
    }

    /// `(a type, b type)`: an element of one word names no type.
    fn columns(&mut self, open: usize, close: usize) {
        let lexemes = &self.cursor.lexed.lexemes;
        let depth = lexemes[open].depth + 1;
        let elements = (open..close).filter(|&i| i == open || lexemes[i].depth == depth && lexemes[i].is_token(&Token::Comma));
        for at in elements.map(|i| i + 1).collect::<Vec<_>>() {
            if lexemes[at].word().is_some() && lexemes.get(at + 1).is_some_and(|l| l.word().is_some() && at + 1 < close) {
                self.name(at + 1);
            }
        }
    }

    /// `type '...'`: a name directly before a string.
    fn before_string(&mut self, string: usize) {
        let lexemes = &self.cursor.lexed.lexemes;
        let mut first = string - 1;
        while first >= self.cursor.start + 2 && lexemes[first - 1].is_token(&Token::Period) && lexemes[first - 2].word().is_some()
        {
            first -= 2;
        }
        // A type's name follows a token that cannot end an expression; otherwise the name is a label.
        let starts = first == self.cursor.start
            || lexemes[first - 1].word().is_none() && !lexemes[first - 1].is_token(&Token::RParen)
            || self.cursor.is_any(first - 1, WORDS) && !self.cursor.is(first - 1, "AS");
        if !self.cursor.is_any(string - 1, WORDS) && starts {
            self.name(first);
        }
    }

    /// CREATE TABLE, CREATE TYPE, ALTER TABLE, PREPARE.
    fn definition(&mut self) {
        let start = self.cursor.start;
        let lexemes = &self.cursor.lexed.lexemes;
        if self.cursor.is(start, "PREPARE") && self.cursor.is_token(start + 2, &Token::LParen) {
            let Some(close) = self.cursor.closing(start + 2) else { return };
            let depth = lexemes[start + 2].depth + 1;
            let comma = |&i: &usize| i == start + 2 || lexemes[i].depth == depth && lexemes[i].is_token(&Token::Comma);
            (start + 2..close).filter(comma).collect::<Vec<_>>().into_iter().for_each(|i| {
                self.name(i + 1);
            });
        } else if self.cursor.is(start, "CREATE") {
            let head = (start + 1..self.cursor.end).take(4).find(|&i| self.cursor.is_any(i, &["TABLE", "TYPE"]));
            let Some(mut at) = head.map(|i| i + 1) else { return };
            while self.cursor.is_any(at, &["IF", "NOT", "EXISTS"]) {
                at += 1;
            }
            let Some((_, end)) = self.cursor.dotted(at) else { return };
            let open = end + usize::from(self.cursor.is(end, "AS"));
            if self.cursor.is_token(open, &Token::LParen)
                && !self.cursor.is_any(open + 1, WORDS)
                && let Some(close) = self.cursor.closing(open)
            {
                self.defined(open, close);
            }
        } else if self.cursor.is(start, "ALTER") && self.cursor.is(start + 1, "TABLE") {
            for at in start + 2..self.cursor.end {
                if self.cursor.is(at, "TYPE") {
                    self.name(at + 1);
                } else if self.cursor.is(at, "ADD") && !self.cursor.is_any(at + 1, TABLE_ELEMENTS) {
                    let mut column = at + 1 + usize::from(self.cursor.is(at + 1, "COLUMN"));
                    while self.cursor.is_any(column, &["IF", "NOT", "EXISTS"]) {
                        column += 1;
                    }
                    self.name(column + 1);
                }
            }
        }
    }

    /// Column definitions, with constraints and LIKE between them.
    fn defined(&mut self, open: usize, close: usize) {
        let lexemes = &self.cursor.lexed.lexemes;
        let depth = lexemes[open].depth + 1;
        let starts = (open..close).filter(|&i| i == open || lexemes[i].depth == depth && lexemes[i].is_token(&Token::Comma));
        for at in starts.map(|i| i + 1).collect::<Vec<_>>() {
            if lexemes[at].word().is_some() && !self.cursor.is_any(at, TABLE_ELEMENTS) {
                self.name(at + 1);
            }
        }
    }
}

/// Words that begin an element of a table other than a column.
const TABLE_ELEMENTS: &[&str] = &["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN", "EXCLUDE", "LIKE"];

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let lexed = Lexed::new(text).unwrap();
        let (references, _) = types(&lexed, &(0..lexed.lexemes.len()));
        references.iter().map(|r| text[r.span.range()].to_owned()).filter(|n| n.contains("tip")).collect()
    }

    #[test]
    fn row_types_are_found() {
        let one = |text: &str| assert_eq!(found(text).len(), 1, "{text}: {:?}", found(text));
        one("select null::tip");
        one("select row(1, 2)::s.tip");
        one("select '{}'::tip[]");
        one("select cast(row(1, 'x') as tip) from tip");
        one("select cast((select cast(x as text)) as \"tip\")");
        one("select tip '(1,2)'");
        one("select a, s.tip '(1,2)' from x where b = 'tip'");
        one("select * from f(1) as t(a int, b tip)");
        one("select * from f(1) as (a tip, b int)");
        one("select * from f(1) as (update tip, b int)");
        one("select * from f(1) t(a s.tip[])");
        one("create temp table if not exists x (a int primary key, c tip, constraint tip unique (a))");
        one("create type x as (a tip)");
        one("alter table x add column if not exists c tip");
        one("alter table x alter c type tip using null");
        one("prepare p (int, tip) as select $2");
    }

    #[test]
    fn other_names_are_no_types() {
        for text in [
            "select tip from tip",
            "select a as tip, 'x' from x",
            "select a tip, 'x' from x",
            "select * from (select 1) as t(tip)",
            "select * from f() as tip(a, b)",
            "select 1 where a and (select tip from x)",
            "select count(*) filter (where tip is null)",
            "select a in (1) and (b tip)",
            "with w (a) as (select tip from x) select 1",
            "with w (a) as (update tip set a = 1 returning a) select 1",
            "with w (a) as materialized (delete from tip returning a), v (b) as (insert into tip default values returning b) select 1",
            "with w (a) as (merge into tip using x on true when matched then delete) select 1",
            "insert into x (a) values (tip)",
            "select x like 'tip' from tip",
            "create table x as (select tip from y)",
            "select tip('x')",
        ] {
            assert_eq!(found(text), Vec::<String>::new(), "{text}");
        }
    }
}
