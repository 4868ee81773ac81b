//! Where the parts of a SELECT are, as ranges of lexemes: its list, FROM with WHERE, GROUP BY. As in [`super::clause`], the tokens
//! are used and not the parser's spans: at the SELECT's own depth these key words are reserved, so they begin clauses unless they
//! follow a dot or AS.

use std::ops::Range;

use sqlparser::tokenizer::Token;

use super::cursor::Cursor;
use super::token::Lexed;

/// The parts of a SELECT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Select {
    /// The items of the select list, each with its label.
    pub items: Vec<Range<usize>>,
    /// FROM and WHERE: what is evaluated before rows are grouped.
    pub source: Range<usize>,
    /// The elements of GROUP BY.
    pub group: Vec<Element>,
    /// All of it, up to the next part of a set operation or the closing parenthesis, including HAVING, WINDOW and ORDER BY.
    pub all: Range<usize>,
}

impl Select {
    /// The lexemes of the GROUP BY list.
    pub fn grouping(&self) -> Range<usize> {
        match (self.group.first(), self.group.last()) {
            (Some(first), Some(last)) => first.lexemes.start..last.lexemes.end,
            _ => self.source.end..self.source.end,
        }
    }
}

/// An element of GROUP BY.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// All of it.
    pub lexemes: Range<usize>,
    /// What it groups by.
    pub group: Group,
}

/// What rows are grouped by (manual, section 7.2.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Group {
    /// An expression, without parentheses round it.
    Item(Range<usize>),
    /// All of these: `(a, b)`.
    All(Vec<Group>),
    /// Each of these in turn: GROUPING SETS.
    Sets(Vec<Group>),
    /// Sets of which one is empty, so that no expression is in all of them: ROLLUP, CUBE, `()`.
    Optional(Vec<Group>),
}

const LIST_ENDS: &[&str] = &[
    "INTO",
    "FROM",
    "WHERE",
    "GROUP",
    "HAVING",
    "WINDOW",
    "UNION",
    "INTERSECT",
    "EXCEPT",
    "ORDER",
    "LIMIT",
    "OFFSET",
    "FETCH",
    "FOR",
    "RETURNING",
    "ON",
];
const SOURCE_ENDS: &[&str] =
    &["GROUP", "HAVING", "WINDOW", "UNION", "INTERSECT", "EXCEPT", "ORDER", "LIMIT", "OFFSET", "FETCH", "FOR", "RETURNING"];
const GROUP_ENDS: &[&str] =
    &["HAVING", "WINDOW", "UNION", "INTERSECT", "EXCEPT", "ORDER", "LIMIT", "OFFSET", "FETCH", "FOR", "RETURNING", "ON"];
const ENDS: &[&str] = &["UNION", "INTERSECT", "EXCEPT", "RETURNING"];

/// Finds the parts of the SELECT whose first word is at `start`; of `TABLE t` too, which has no list.
pub(super) fn select(lexed: &Lexed<'_>, range: &Range<usize>, start: usize) -> Select {
    let cursor = Cursor::new(lexed, &(start..range.end));
    let cursor = cursor.until(cursor.clause(start + 1, ENDS));
    let first = cursor.list_start(start + 1);
    let list = if cursor.is(start, "TABLE") { first..first } else { first..cursor.clause(first, LIST_ENDS) };
    let from = cursor.clause(list.end, &["FROM"]).min(cursor.clause(list.end, SOURCE_ENDS));
    let source = from..cursor.clause(from, SOURCE_ENDS);
    let group = if cursor.is(source.end, "GROUP") && cursor.is(source.end + 1, "BY") {
        let first = source.end + 2;
        let first = first + usize::from(cursor.is(first, "DISTINCT") || cursor.is(first, "ALL"));
        let elements = cursor.elements(first..cursor.clause(first, GROUP_ENDS));
        elements.into_iter().map(|lexemes| Element { group: cursor.group(&lexemes), lexemes }).collect()
    } else {
        Vec::new()
    };
    let items = if list.is_empty() { Vec::new() } else { cursor.elements(list) };
    Select { items, source, group, all: start..cursor.end }
}

impl Cursor<'_, '_> {
    /// The position after DISTINCT, DISTINCT ON (...) or ALL.
    fn list_start(&self, at: usize) -> usize {
        if self.is(at, "DISTINCT") && self.is(at + 1, "ON") && self.is_token(at + 2, &Token::LParen) {
            return self.closing(at + 2).map_or(at + 2, |close| close + 1);
        }
        at + usize::from(self.is(at, "DISTINCT") || self.is(at, "ALL"))
    }

    /// The first of these key words at this depth; otherwise the end of the SELECT.
    fn clause(&self, from: usize, words: &[&str]) -> usize {
        let lexemes = &self.lexed.lexemes;
        for i in from..self.end {
            let lexeme = &lexemes[i];
            if lexeme.depth < self.depth {
                return i;
            }
            if lexeme.depth > self.depth || !lexeme.is_any(words) {
                continue;
            }
            let named = lexemes[i - 1].is_token(&Token::Period) || lexemes[i - 1].is("AS");
            let distinct = lexeme.is("FROM") && lexemes[i - 1].is("DISTINCT") && lexemes[i - 2].is_any(&["IS", "NOT"]);
            let within = lexeme.is("GROUP") && lexemes[i - 1].is("WITHIN");
            if !named && !distinct && !within {
                return i;
            }
        }
        self.end
    }

    /// The elements of a list.
    fn elements(&self, range: Range<usize>) -> Vec<Range<usize>> {
        let depth = self.lexed.lexemes.get(range.start).map(|l| l.depth);
        depth.map_or(Vec::new(), |depth| self.split(range, depth))
    }

    fn group(&self, element: &Range<usize>) -> Group {
        let closes = |open: usize| self.is_token(open, &Token::LParen) && self.closing(open) == Some(element.end - 1);
        let at = element.start;
        let all = |open: usize| self.elements(open + 1..element.end - 1).iter().map(|e| self.group(e)).collect();
        if element.is_empty() {
            Group::Optional(Vec::new())
        } else if (self.is(at, "ROLLUP") || self.is(at, "CUBE")) && closes(at + 1) {
            Group::Optional(all(at + 1))
        } else if self.is(at, "GROUPING") && self.is(at + 1, "SETS") && closes(at + 2) {
            Group::Sets(all(at + 2))
        } else if closes(at) && at + 2 == element.end {
            Group::Optional(Vec::new())
        } else if closes(at) && !self.lexed.lexemes[at + 1].is_any(&["SELECT", "WITH", "VALUES", "TABLE"]) {
            Group::All(all(at))
        } else {
            Group::Item(element.clone())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (Vec<String>, String, Vec<String>) {
        let lexed = Lexed::new(text).unwrap();
        let start = lexed.lexemes.iter().position(|l| l.is_any(&["SELECT", "TABLE"])).unwrap();
        let select = select(&lexed, &(0..lexed.lexemes.len()), start);
        let texts = |ranges: Vec<&Range<usize>>| ranges.into_iter().map(|r| lexed.slice(r).to_owned()).collect::<Vec<_>>();
        let group = texts(select.group.iter().map(|e| &e.lexemes).collect());
        (texts(select.items.iter().collect()), lexed.slice(&select.source).to_owned(), group)
    }

    #[test]
    fn parts_of_selects() {
        let (items, source, group) = parts(
            "select distinct on (a, b) a as from, t.group, b is distinct from c x from t, (select 1 group by 2) u \
             where a in (select 3 group by 4) group by distinct a, (b, c), rollup (d) having e order by f",
        );
        assert_eq!(items, ["a as from", "t.group", "b is distinct from c x"]);
        assert!(source.starts_with("from t,") && source.ends_with("group by 4)"));
        assert_eq!(group, ["a", "(b, c)", "rollup (d)"]);
        assert_eq!(parts("select a group by 1 union select b group by 2").2, ["1"]);
        assert_eq!(parts("insert into x select a from t group by a on conflict do nothing").2, ["a"]);
        assert_eq!(parts("select from t").0, Vec::<String>::new());
        assert_eq!(parts("(select a from t group by a)").2, ["a"]);
        assert_eq!(parts("select a into x from t group by all a"), (vec!["a".into()], "from t".into(), vec!["a".into()]));
        assert_eq!(parts("table t order by a").1, "");
        let (items, source, group) = parts("select mode() within group (order by a), b from t group by b, c having d");
        assert_eq!((items.len(), source.as_str(), group.as_slice()), (2, "from t", ["b".to_owned(), "c".to_owned()].as_slice()));
    }

    #[test]
    fn grouping_sets() {
        let text =
            "select 1 group by a, ((b)), (c, (d)), (), cube (e), grouping sets (f, (f, g), grouping sets ((f), ())), (select 1)";
        let lexed = Lexed::new(text).unwrap();
        let select = select(&lexed, &(0..lexed.lexemes.len()), 0);
        let shown: Vec<String> = select.group.iter().map(|e| shown(&lexed, &e.group)).collect();
        assert_eq!(shown, ["a", "b", "c+d", "-", "-e", "f|f+g|f|-", "(select 1)"]);
    }

    fn shown(lexed: &Lexed<'_>, group: &Group) -> String {
        let join = |groups: &[Group], by: &str| groups.iter().map(|g| shown(lexed, g)).collect::<Vec<_>>().join(by);
        match group {
            Group::Item(lexemes) => lexed.slice(lexemes).to_owned(),
            Group::All(groups) => join(groups, "+"),
            Group::Sets(groups) => join(groups, "|"),
            Group::Optional(groups) => format!("-{}", join(groups, "-")),
        }
    }
}
