//! Which literals and parameters of a statement a rule is about. What cannot be told apart is taken along: a value too many that has a
//! pseudonym costs little, one too few is a leak.
//!
//! A statement is cut into the stretches between its key words and commas; in one that names the column every value is meant, and so is
//! every value in one that names nothing at all (`CASE correo WHEN 'x'`). The rows of an INSERT go by the places of its columns.
//! What a function does with its arguments is not looked at: a rule can name the function.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::sql::Lexed;
use crate::sql::keyword::is_name;
use crate::sql::token::Lexeme;

/// What is replaced in the lines of a COPY.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Copy {
    /// What a pattern matches.
    Patterns,
    /// Fields of lines in text format, by place; all of them where there is none.
    Fields(Option<BTreeSet<usize>>),
    /// It is in a format whose values cannot be found.
    Unreadable,
}

/// What rules name.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Tables, views and functions of which every value is meant.
    pub(super) tables: BTreeSet<String>,
    /// A column, and the table that the statement must name as well. All in lower case: what is quoted in capitals is meant too.
    pub(super) columns: Vec<(Option<String>, String)>,
}

/// A name, whatever its case.
fn name(lexeme: &Lexeme) -> Option<String> {
    lexeme.name().map(|name| name.to_lowercase())
}

/// The lexemes of a statement whose values are meant.
pub(super) fn meant(lexed: &Lexed<'_>, range: &Range<usize>, names: &Names) -> BTreeSet<usize> {
    let lexemes = &lexed.lexemes[range.clone()];
    let named: BTreeSet<String> = lexemes.iter().filter_map(name).collect();
    let values = || range.clone().filter(|at| is_value(&lexed.lexemes[*at]));
    if named.iter().any(|name| names.tables.contains(name)) {
        return values().filter(|at| !counts_rows(lexed, range, *at)).collect();
    }
    let columns = columns_of(&named, names);
    if columns.is_empty() {
        return BTreeSet::new();
    }
    let is_named = columns.iter().any(|column| named.contains(column));
    let mut out = BTreeSet::new();
    let rows = inserted(lexed, range, &columns, &mut out);
    for stretch in stretches(lexed, range) {
        let of_rows = rows.iter().any(|rows| rows.contains(&stretch.start));
        let names_column = lexed.lexemes[stretch.clone()].iter().filter_map(name).any(|name| columns.contains(&name));
        let names_nothing = is_named && !of_rows && !stretch.clone().any(|at| is_identifier(lexed, at));
        if names_column || names_nothing {
            out.extend(stretch.filter(|at| is_value(&lexed.lexemes[*at]) && !counts_rows(lexed, range, *at)));
        }
    }
    out
}

/// The columns that are meant in a statement with these words.
fn columns_of(named: &BTreeSet<String>, names: &Names) -> BTreeSet<String> {
    let here = |(table, column): &&(Option<String>, String)| named.contains(table.as_ref().unwrap_or(column));
    names.columns.iter().filter(here).map(|(_, column)| column.clone()).collect()
}

/// Whether it is a literal or a parameter.
fn is_value(lexeme: &Lexeme) -> bool {
    lexeme.parameter().is_some() || lexeme.literal().is_some()
}

/// A name of a column, a table or a function; no key word and no type of a literal or a cast.
fn is_identifier(lexed: &Lexed<'_>, at: usize) -> bool {
    let lexeme = &lexed.lexemes[at];
    let Some(word) = lexeme.word() else { return false };
    if word.quote_style.is_none() && (!is_name(&word.value) || lexeme.is_any(&["VALUES", "BETWEEN", "ESCAPE", "ROW", "EXISTS"])) {
        return false;
    }
    let is_cast = at > 0 && lexed.lexemes[at - 1].is_cast();
    let types_literal = lexed.lexemes.get(at + 1).is_some_and(|next| next.literal().is_some());
    !is_cast && !types_literal
}

/// `LIMIT 10`: a number that is no value of a column.
fn counts_rows(lexed: &Lexed<'_>, range: &Range<usize>, at: usize) -> bool {
    let before = &lexed.lexemes[range.start..at];
    before.last().is_some_and(|l| l.is_any(&["LIMIT", "OFFSET"]))
        || before.last().is_some_and(|l| l.is_any(&["FIRST", "NEXT"])) && before.len() > 1 && before[before.len() - 2].is("FETCH")
}

/// Cuts a statement at its key words, and at commas that are in no bracket of the stretch.
fn stretches(lexed: &Lexed<'_>, range: &Range<usize>) -> Vec<Range<usize>> {
    const WORDS: &[&str] = &[
        "SELECT",
        "FROM",
        "WHERE",
        "SET",
        "ON",
        "HAVING",
        "VALUES",
        "WHEN",
        "THEN",
        "ELSE",
        "RETURNING",
        "ORDER",
        "GROUP",
        "LIMIT",
        "OFFSET",
        "FETCH",
        "UNION",
        "EXCEPT",
        "INTERSECT",
        "USING",
        "AND",
        "OR",
        "JOIN",
        "INTO",
    ];
    let mut out = Vec::new();
    let (mut start, mut between) = (range.start, false);
    for at in range.clone() {
        let lexeme = &lexed.lexemes[at];
        between |= lexeme.is("BETWEEN");
        let joins = between && lexeme.is("AND");
        let depth = lexed.lexemes[start].depth;
        let comma = lexeme.is_comma() && lexeme.depth <= depth;
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

/// Marks the values of an INSERT's rows by the places of its columns; yields where rows stand, whose values belong to nothing else.
fn inserted(lexed: &Lexed<'_>, range: &Range<usize>, columns: &BTreeSet<String>, out: &mut BTreeSet<usize>) -> Vec<Range<usize>> {
    let mut rows = Vec::new();
    for at in range.clone().filter(|at| lexed.lexemes[*at].is("INSERT")) {
        let mut next = at + 1;
        while next < range.end
            && !lexed.lexemes[next].is_any(&["VALUES", "SELECT", "WITH", "DEFAULT", "OVERRIDING", "TABLE"])
            && lexed.closing(next).is_none()
        {
            next += 1;
        }
        let list = lexed.closing(next).filter(|_| !starts_query(lexed, next + 1));
        let places: Option<BTreeSet<usize>> = list.map(|close| {
            let named = items(lexed, next, close);
            let is_meant =
                |item: &Range<usize>| lexed.lexemes[item.clone()].iter().any(|l| name(l).is_some_and(|n| columns.contains(&n)));
            named.iter().enumerate().filter(|(_, item)| is_meant(item)).map(|(place, _)| place).collect()
        });
        if places.as_ref().is_some_and(BTreeSet::is_empty) {
            // None of the columns is written; its rows belong to others.
            rows.extend(list.and_then(|close| values_behind(lexed, close + 1, range.end)));
            continue;
        }
        let behind = list.map_or(next, |close| close + 1);
        match values_behind(lexed, behind, range.end) {
            Some(region) => {
                mark_rows(lexed, &region, places.as_ref(), out);
                rows.push(region);
            }
            // The rows come from a query, in which nobody knows what becomes which column.
            None => out.extend((behind..range.end).filter(|at| is_value(&lexed.lexemes[*at]))),
        }
    }
    rows
}

fn starts_query(lexed: &Lexed<'_>, at: usize) -> bool {
    lexed.lexemes.get(at).is_some_and(|l| l.is_any(&["SELECT", "WITH", "VALUES", "TABLE"]))
}

/// Where the rows behind `VALUES` stand, if that comes next.
fn values_behind(lexed: &Lexed<'_>, from: usize, end: usize) -> Option<Range<usize>> {
    let skips = |at: &usize| lexed.lexemes[*at].is_any(&["OVERRIDING", "SYSTEM", "USER", "VALUE"]);
    let values = (from..end).find(|at| !skips(at)).filter(|at| lexed.lexemes[*at].is("VALUES"))?;
    let mut next = values + 1;
    while next < end
        && let Some(close) = lexed.closing(next)
    {
        next = close + 1;
        if lexed.lexemes.get(next).is_some_and(Lexeme::is_comma) {
            next += 1;
        }
    }
    Some(values + 1..next.min(end))
}

fn mark_rows(lexed: &Lexed<'_>, region: &Range<usize>, places: Option<&BTreeSet<usize>>, out: &mut BTreeSet<usize>) {
    let mut open = region.start;
    while open < region.end
        && let Some(close) = lexed.closing(open)
    {
        for (place, item) in items(lexed, open, close).into_iter().enumerate() {
            if places.is_none_or(|places| places.contains(&place)) {
                out.extend(item.filter(|at| is_value(&lexed.lexemes[*at])));
            }
        }
        open = close + 2;
    }
}

/// What stands between the commas of a bracket.
fn items(lexed: &Lexed<'_>, open: usize, close: usize) -> Vec<Range<usize>> {
    let depth = lexed.lexemes[open].depth + 1;
    let mut out = Vec::new();
    let mut start = open + 1;
    for at in open + 1..close {
        if lexed.lexemes[at].depth == depth && lexed.lexemes[at].is_comma() {
            out.push(start..at);
            start = at + 1;
        }
    }
    out.push(start..close);
    out
}

/// What becomes of the lines that follow a COPY FROM STDIN; `None` for any other statement.
pub(super) fn copy(lexed: &Lexed<'_>, range: &Range<usize>, names: &Names) -> Option<Copy> {
    let lexemes = &lexed.lexemes[range.clone()];
    let from = lexemes.iter().position(|l| l.is("FROM")).filter(|_| lexemes.first().is_some_and(|l| l.is("COPY")))?;
    lexemes.get(from + 1).filter(|l| l.is("STDIN"))?;
    let is_plain = lexemes[from + 2..].iter().all(|l| l.is_any(&["WITH", "FORMAT", "TEXT"]) || l.word().is_none())
        && !lexemes[from + 2..].iter().any(|l| l.literal().is_some());
    let is_binary = lexemes.iter().any(|l| l.is("BINARY"));
    let named: BTreeSet<String> = lexemes[..from].iter().filter_map(name).collect();
    let whole = named.iter().any(|name| names.tables.contains(name));
    let columns = columns_of(&named, names);
    let list = (range.start + 1..range.start + from).find(|at| lexed.closing(*at).is_some());
    let places: Option<BTreeSet<usize>> = list.and_then(|open| Some((open, lexed.closing(open)?))).map(|(open, close)| {
        let is_meant =
            |item: &Range<usize>| lexed.lexemes[item.clone()].iter().any(|l| name(l).is_some_and(|n| columns.contains(&n)));
        items(lexed, open, close).iter().enumerate().filter(|(_, item)| is_meant(item)).map(|(place, _)| place).collect()
    });
    let is_about = whole || !columns.is_empty() && places.as_ref().is_none_or(|places| !places.is_empty());
    Some(match (is_about, is_plain && !is_binary) {
        (false, _) if is_binary => Copy::Unreadable,
        (false, _) => Copy::Patterns,
        (true, false) => Copy::Unreadable,
        (true, true) => Copy::Fields(places.filter(|_| !whole)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        Names {
            tables: ["secreto".to_owned()].into(),
            columns: vec![(Some("usuario".into()), "correo".into()), (None, "rfc".into())],
        }
    }

    /// The values that are meant.
    fn told(text: &str) -> String {
        let lexed = Lexed::new(text).unwrap();
        let all = lexed.statements().into_iter().flat_map(|range| meant(&lexed, &range, &names()));
        all.map(|at| &text[lexed.lexemes[at].span.range()]).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_value_is_meant_by_the_stretch_that_it_stands_in() {
        for (text, meant) in [
            ("SELECT 1 FROM usuario WHERE id = 7 AND correo = 'x' LIMIT 3", "1 'x'"),
            ("SELECT id, 'a' || correo FROM usuario u WHERE u.correo IN ($1, 'y') OR id IN (1, 2)", "'a' $1 'y'"),
            ("UPDATE usuario SET nombre = 'n', correo = $2, edad = 3 WHERE id = $3", "$2"),
            ("UPDATE usuario SET (nombre, correo) = ('n', 'c') WHERE id = 3", "'n' 'c'"),
            ("SELECT id FROM usuario WHERE id BETWEEN 1 AND 2 AND correo BETWEEN 'a' AND 'b' AND id = 3", "'a' 'b'"),
            ("SELECT CASE correo WHEN 'x' THEN nombre ELSE nombre END FROM usuario", "'x'"),
            ("SELECT id FROM usuario WHERE 'x' = (SELECT correo FROM usuario WHERE id = 1)", "'x'"),
            ("SELECT id FROM cliente WHERE correo = 'x'", ""),
            ("SELECT id FROM cliente WHERE rfc LIKE 'PE%' AND correo = 'x'", "'PE%'"),
            ("SELECT a FROM t WHERE \"RFC\" = 'x'", "'x'"),
            ("DELETE FROM secreto WHERE a = 1 AND b = $1", "1 $1"),
            ("SELECT secreto('x', 2); SELECT 'y'", "'x' 2"),
        ] {
            assert_eq!(told(text), meant, "{text}");
        }
    }

    #[test]
    fn rows_go_by_the_places_of_the_columns() {
        for (text, meant) in [
            ("INSERT INTO usuario (id, correo) VALUES (1, 'x'), ($1, lower('y'))", "'x' 'y'"),
            ("INSERT INTO usuario VALUES (1, 'x')", "1 'x'"),
            ("INSERT INTO usuario (id, nombre) VALUES (1, 'x') RETURNING correo", ""),
            ("INSERT INTO usuario (id, correo) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET correo = 'z', n = 4", "$2 'z'"),
            ("INSERT INTO usuario (id, correo) SELECT 1, 'x' FROM t WHERE a = 2", "1 'x' 2"),
            ("MERGE INTO usuario u USING t ON u.id = t.id WHEN NOT MATCHED THEN INSERT (id, correo) VALUES (3, 'x')", "'x'"),
        ] {
            assert_eq!(told(text), meant, "{text}");
        }
    }

    #[test]
    fn copy_goes_by_its_columns_in_text_and_is_not_kept_otherwise() {
        let told = |text: &str| {
            let lexed = Lexed::new(text).unwrap();
            copy(&lexed, &lexed.statements()[0], &names())
        };
        assert_eq!(told("COPY usuario (id, correo) FROM STDIN"), Some(Copy::Fields(Some([1].into()))));
        assert_eq!(told("COPY s.usuario FROM STDIN WITH (FORMAT text)"), Some(Copy::Fields(None)));
        assert_eq!(told("COPY secreto (a, b) FROM STDIN"), Some(Copy::Fields(None)));
        assert_eq!(told("COPY usuario (id, correo) FROM STDIN WITH (FORMAT csv)"), Some(Copy::Unreadable));
        assert_eq!(told("COPY usuario (id, correo) FROM STDIN DELIMITER '|'"), Some(Copy::Unreadable));
        assert_eq!(told("COPY usuario (id, nombre) FROM STDIN CSV"), Some(Copy::Patterns));
        assert_eq!(told("COPY t FROM STDIN (FORMAT binary)"), Some(Copy::Unreadable));
        assert_eq!(told("COPY usuario TO STDOUT"), None);
    }
}
