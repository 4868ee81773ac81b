//! Values whose column is known for certain, in a statement to which a rule applies. The form is `column = value` and its like, alone between two
//! key words or commas; and the statement gives the column's name to nothing else: as an alias, in the column list of a sub-query or a CTE, or as a
//! table's name (which means its row). All other values are hidden.

use std::collections::BTreeSet;
use std::ops::Range;

use super::names::{Names, QUERIES, is_value, name};
use crate::sql::Lexed;
use crate::sql::keyword::is_name;
use crate::sql::token::Lexeme;

/// Key words that divide a statement into parts.
#[rustfmt::skip]
const WORDS: &[&str] = &[
    "SELECT", "FROM", "WHERE", "SET", "ON", "HAVING", "VALUES", "WHEN", "THEN", "ELSE", "RETURNING", "ORDER", "GROUP", "LIMIT", "OFFSET", "FETCH",
    "UNION", "EXCEPT", "INTERSECT", "USING", "AND", "OR", "JOIN", "INTO", "FOR", "WINDOW",
];
/// Key words after which an expression begins: a name there is not an alias.
#[rustfmt::skip]
const BEGINS: &[&str] = &[
    "WHERE", "AND", "OR", "NOT", "ON", "BY", "SET", "HAVING", "SELECT", "DISTINCT", "ALL", "WHEN", "THEN", "ELSE", "CASE", "IN", "LIKE", "ILIKE",
    "BETWEEN", "RETURNING", "ANY", "SOME", "VALUES", "EXISTS", "ARRAY", "IS", "LATERAL", "USING",
];
/// Key words after which tables follow, and those that end the list of tables.
const TABLES: &[&str] = &["FROM", "JOIN", "USING", "INTO", "UPDATE", "ONLY"];
#[rustfmt::skip]
const NO_TABLES: &[&str] = &[
    "SELECT", "WHERE", "ON", "SET", "HAVING", "RETURNING", "GROUP", "ORDER", "VALUES", "WHEN", "THEN", "AND", "OR", "LIMIT",
];
/// Types that can be written before a string.
const TYPED: &[&str] = &["DATE", "TIME", "TIMESTAMP", "TIMESTAMPTZ", "INTERVAL"];
const COMPARES: &[&str] = &["=", "<>", "!=", "<", ">", "<=", ">=", "~", "~*", "!~", "!~*", "~~", "~~*", "!~~", "!~~*"];

/// The lexemes of values whose column is known and not to be hidden.
pub(super) fn certain(lexed: &Lexed<'_>, range: &Range<usize>, columns: &BTreeSet<String>, names: &Names) -> BTreeSet<usize> {
    let mut taken = renamed(lexed, range, columns);
    taken.extend(columns.iter().cloned());
    taken.extend(names.columns.iter().filter_map(|(table, _)| table.clone()));
    let mut out = BTreeSet::new();
    for stretch in stretches(lexed, range) {
        out.extend(compared(lexed, &stretch, &taken).into_iter().flatten());
    }
    out
}

/// Divides a statement at its key words, and at commas outside of brackets that the part opens.
fn stretches(lexed: &Lexed<'_>, range: &Range<usize>) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let (mut start, mut between) = (range.start, false);
    for at in range.clone() {
        let lexeme = &lexed.lexemes[at];
        between |= lexeme.is("BETWEEN");
        let joins = between && lexeme.is("AND");
        let comma = lexeme.is_comma() && lexeme.depth <= lexed.lexemes[start].depth;
        if comma || lexeme.is_any(WORDS) && !joins {
            out.push(start..at);
            start = at + 1;
            if start >= range.end {
                return out;
            }
        }
        between &= !joins && start <= at;
    }
    out.push(start..range.end);
    out
}

/// The values of a part that compares one column with them; `None` for another form.
fn compared(lexed: &Lexed<'_>, stretch: &Range<usize>, taken: &BTreeSet<String>) -> Option<Vec<usize>> {
    let skipped = stretch.clone().take_while(|at| lexed.at_text(*at) == "(" || lexed.lexemes[*at].is("NOT")).count();
    let start = stretch.start + skipped;
    let depth = lexed.lexemes.get(start)?.depth;
    // The part ends at a bracket that was opened before it.
    let end = (start..stretch.end).find(|at| lexed.lexemes[*at].depth < depth).unwrap_or(stretch.end);
    let mut form = Form { lexed, at: start, end, values: Vec::new() };
    let column = match form.column() {
        Some(column) => {
            form.values_behind()?;
            column
        }
        None => {
            form.value()?;
            form.operator()?;
            form.column()?
        }
    };
    (form.at == form.end && !taken.contains(&column)).then_some(form.values)
}

/// The reading position in a part.
struct Form<'l, 't> {
    lexed: &'l Lexed<'t>,
    at: usize,
    end: usize,
    values: Vec<usize>,
}

impl Form<'_, '_> {
    /// Moves past a punctuation mark.
    fn mark(&mut self, marks: &[&str]) -> Option<()> {
        let is_there = self.at < self.end && marks.contains(&self.lexed.at_text(self.at));
        self.at += usize::from(is_there);
        is_there.then_some(())
    }

    /// Moves past a key word.
    fn word(&mut self, words: &[&str]) -> Option<()> {
        let is_there = self.at < self.end && self.lexed.lexemes[self.at].is_any(words);
        self.at += usize::from(is_there);
        is_there.then_some(())
    }

    /// A column's name, without its qualifiers.
    fn column(&mut self) -> Option<String> {
        let begun = self.at;
        let found = self.path().filter(|_| self.lexed.lexemes.get(self.at).is_none_or(|l| l.literal().is_none()));
        if found.is_none() {
            self.at = begun;
        }
        self.casts();
        found
    }

    fn path(&mut self) -> Option<String> {
        loop {
            let word = self.lexed.lexemes.get(self.at).filter(|_| self.at < self.end)?.word()?;
            if word.quote_style.is_none() && !is_name(&word.value) {
                return None;
            }
            self.at += 1;
            if self.mark(&["."]).is_none() {
                return name(&self.lexed.lexemes[self.at - 1]);
            }
        }
    }

    fn casts(&mut self) {
        while self.mark(&["::"]).is_some() {
            self.at += 1;
            if self.at < self.end
                && self.lexed.at_text(self.at) == "("
                && let Some(close) = self.lexed.closing(self.at)
            {
                self.at = close + 1;
            }
            while self.mark(&["[", "]"]).is_some() {}
        }
    }

    fn value(&mut self) -> Option<()> {
        let _ = self.mark(&["-", "+"]);
        let _ = self.word(TYPED);
        let lexeme = self.lexed.lexemes.get(self.at).filter(|lexeme| self.at < self.end && is_value(lexeme));
        lexeme?;
        self.values.push(self.at);
        self.at += 1;
        self.casts();
        Some(())
    }

    fn operator(&mut self) -> Option<()> {
        self.mark(COMPARES).or_else(|| {
            let _ = self.word(&["NOT"]);
            self.word(&["LIKE", "ILIKE"])
        })
    }

    /// The values that a column is compared with.
    fn values_behind(&mut self) -> Option<()> {
        let begun = self.at;
        let _ = self.word(&["NOT"]);
        if self.word(&["BETWEEN"]).is_some() {
            self.value()?;
            self.word(&["AND"])?;
            return self.value();
        }
        if self.word(&["IN"]).is_some() {
            return self.list();
        }
        self.at = begun;
        self.operator()?;
        if self.word(&["ANY", "SOME", "ALL"]).is_some() { self.list() } else { self.value() }
    }

    fn list(&mut self) -> Option<()> {
        self.mark(&["("])?;
        self.value()?;
        while self.mark(&[","]).is_some() {
            self.value()?;
        }
        self.mark(&[")"])
    }
}

/// Names that a statement gives, or may give, to something, in lower case: a column of such a name can be another column.
fn renamed(lexed: &Lexed<'_>, range: &Range<usize>, columns: &BTreeSet<String>) -> BTreeSet<String> {
    let targets = target_lists(lexed, range);
    let mut out = BTreeSet::new();
    // For each depth of brackets: whether it is a list of tables, and whether it is a list of names.
    let mut state = vec![(false, false)];
    for at in range.clone() {
        let lexeme = &lexed.lexemes[at];
        let depth = lexeme.depth as usize;
        state.resize(depth + 1, (false, false));
        let before = at.checked_sub(1).filter(|before| *before >= range.start).map(|before| &lexed.lexemes[before]);
        let is_word = |lexeme: &Lexeme| lexeme.word().is_some() && !lexeme.is_any(BEGINS);
        if matches!(lexed.at_text(at), "(" | "[") {
            let is_query = lexed.lexemes.get(at + 1).is_some_and(|l| l.is_any(QUERIES));
            let lists = lexed.at_text(at) == "(" && !is_query && before.is_some_and(is_word) && !targets.contains(&at);
            let (tables, within) = state[depth];
            state.push((tables && !targets.contains(&at), within || lists));
            continue;
        }
        if lexeme.is_any(TABLES) {
            state[depth].0 = true;
        } else if lexeme.is_any(NO_TABLES) {
            state[depth].0 = false;
        }
        let Some(own) = name(lexeme) else { continue };
        let begins = before.is_none_or(|before| match before.word() {
            Some(_) => before.is_any(BEGINS) && !name(before).is_some_and(|name| columns.contains(&name)),
            None => !is_value(before) && !matches!(lexed.at_text(at - 1), ")" | "]"),
        });
        let next = |words: &[&str]| lexed.lexemes.get(at + 1).is_some_and(|l| l.is_any(words));
        let is_named = lexed.at_text(at + 1) == "("
            || next(&["AS"])
                && (lexed.at_text(at + 2) == "("
                    || lexed.lexemes.get(at + 2).is_some_and(|l| l.is_any(&["MATERIALIZED", "NOT"])));
        if !begins || is_named || state[depth].0 || state[depth].1 {
            out.insert(own);
        }
    }
    out
}

/// The lists of columns after `INSERT INTO t` and `ON CONFLICT`: the table's own columns.
fn target_lists(lexed: &Lexed<'_>, range: &Range<usize>) -> BTreeSet<usize> {
    let list = |at: usize| {
        let is_insert = lexed.lexemes[at].is("INSERT");
        if !is_insert && !lexed.lexemes[at].is("CONFLICT") {
            return None;
        }
        let name = |at: &usize| is_insert && (lexed.lexemes[*at].word().is_some() || lexed.at_text(*at) == ".");
        let open = (at + 1..range.end).find(|at| !name(at))?;
        (lexed.at_text(open) == "(").then_some(open)
    };
    range.clone().filter_map(list).collect()
}
