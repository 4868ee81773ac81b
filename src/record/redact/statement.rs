//! Which literals and parameters of a statement are to be hidden. If a statement names something with a rule, even in a string, that is every value
//! except those whose column is known for certain and has no rule (`certain`), those of an INSERT's rows for columns without a rule, and numbers
//! that are not values of columns (`counted`). A needless pseudonym costs little; a missing one is a leak.
//!
//! What a function does with its arguments is not analysed: a rule can name the function.

use std::collections::BTreeSet;
use std::ops::Range;

use super::certain::certain;
use super::counted::counted;
use super::names::{Made, Names, QUERIES, is_value, name};
use super::{body, password};
use crate::sql::Lexed;
use crate::sql::token::{Lexeme, Literal};

/// What is replaced in the lines of a COPY.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Copy {
    /// Only matches of patterns.
    Patterns,
    /// Fields of lines in text format, by position; `None` is all of them.
    Fields(Option<Places>),
    /// The format is one whose values cannot be found.
    Unreadable,
}

/// The fields of a line that are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Places {
    /// From 0.
    pub(super) meant: BTreeSet<usize>,
    /// How many a line has.
    pub(super) count: usize,
}

impl Copy {
    /// What is done with the rows where they are one's or the other's.
    pub(super) fn either(one: Option<Copy>, other: Option<Copy>) -> Option<Copy> {
        let Some(one) = one else { return other };
        Some(match (one, other) {
            (one, None) => one,
            (Copy::Unreadable, _) | (_, Some(Copy::Unreadable)) => Copy::Unreadable,
            (Copy::Patterns, Some(copy)) | (copy, Some(Copy::Patterns)) => copy,
            (Copy::Fields(one), Some(Copy::Fields(other))) => Copy::Fields(one.filter(|one| other.as_ref() == Some(one))),
        })
    }
}

/// The parts of a statement that are to be hidden.
#[derive(Debug, Default)]
pub(super) struct Redactions {
    /// Literals and parameters.
    pub(super) values: BTreeSet<usize>,
    /// Strings with code, in which all values are hidden.
    pub(super) bodies: BTreeSet<usize>,
    /// Words that are values: of a setting.
    pub(super) words: BTreeSet<usize>,
    /// A rule applies to the statement.
    pub(super) is_about: bool,
}

/// Finds what is to be hidden in a statement. `made` are objects that the session has made from objects with a rule.
pub(super) fn found(lexed: &Lexed<'_>, range: &Range<usize>, names: &Names, made: &Made) -> Redactions {
    let lexemes = &lexed.lexemes[range.clone()];
    let mut named = BTreeSet::new();
    if !names.is_empty() {
        named.extend(lexemes.iter().filter_map(name));
        named.extend(body::texts(lexed, range).iter().flat_map(|text| body::words(text)));
    }
    // With an escape character of its own (`U&'d!0061ta' UESCAPE '!'`) a string can conceal any name, and so does a name that cannot be decoded.
    let is_hidden = !names.is_empty() && lexemes.iter().any(|l| l.is("UESCAPE"));
    let is_whole = is_hidden
        || made.is_anything
        || password::is_near(lexed, range)
        || named.iter().any(|name| names.tables.contains(name) || made.contains(name));
    let columns = columns_of(&named, names);
    if !is_whole && columns.is_empty() {
        return Redactions::default();
    }
    let mut values: BTreeSet<usize> = range.clone().filter(|at| is_value(&lexed.lexemes[*at])).collect();
    let mut kept = counted(lexed, range);
    if !is_whole {
        let known = certain(lexed, range, &columns, names).into_iter().chain(inserted(lexed, range, &columns));
        kept.extend(known.filter(|at| !says_more(lexed, *at, names)));
    }
    let (language, is_readable) = body::language(lexed, range);
    let mut bodies = body::strings(lexed, range);
    if !bodies.is_empty() {
        kept.extend(language);
    }
    bodies.retain(|at| is_readable && !body::is_piece(lexed, *at));
    values.retain(|at| !kept.contains(at) && !bodies.contains(at));
    Redactions { values, bodies, words: password::words(lexed, range), is_about: true }
}

/// Whether a string has more words than a name with a rule: it may be a statement.
fn says_more(lexed: &Lexed<'_>, at: usize, names: &Names) -> bool {
    let words: Vec<String> = body::texts(lexed, &(at..at + 1)).iter().flat_map(|text| body::words(text)).collect();
    words.len() > 1 && names.are_among(&words)
}

/// The names under which the rows of what a rule is about can be reached from now on, wherever in a statement they are made: in one that
/// EXPLAIN runs, or that stands in a CREATE SCHEMA.
pub(super) fn makes(lexed: &Lexed<'_>, range: &Range<usize>) -> Vec<String> {
    made(lexed, range, |before| before.is_none_or(|l| !l.is_any(&["INSERT", "MERGE"])))
}

/// What may be made by code that a rule is about; there, what is written to as well. `None` where it runs statements that are put together, and may
/// make something by them.
pub(super) fn makes_by_code(text: &str) -> Option<Vec<String>> {
    let lexed = Lexed::new(text).ok()?;
    let all = 0..lexed.lexemes.len();
    let mut out = made(&lexed, &all, |_| true);
    let updated = all.clone().filter(|at| lexed.lexemes[*at].is("UPDATE"));
    out.extend(updated.filter_map(|at| relation(&lexed, &(at + 1..all.end))));
    for at in all.clone().filter(|at| lexed.lexemes[*at].is("EXECUTE")) {
        let formats = lexed.lexemes.get(at + 1).is_some_and(|l| l.is("FORMAT")) && lexed.at_text(at + 2) == "(";
        let run = if formats { at + 3 } else { at + 1 };
        let is_whole = body::is_run(&lexed, run) && lexed.at_text(run + 1) != "||";
        match lexed.lexemes.get(run).and_then(|l| l.literal()).filter(|_| is_whole) {
            Some(Literal::Text(inner)) if !(formats && inner.contains('%')) => out.extend(makes_by_code(inner)?),
            _ if lexed.lexemes.get(at + 1).is_some_and(|l| l.is_any(&["FUNCTION", "PROCEDURE", "ON"])) => {}
            _ if may_make(text) => return None,
            _ => {}
        }
    }
    Some(out)
}

/// Whether code can make, rename or fill a relation: by its words, in whatever language it is.
pub(super) fn may_make(text: &str) -> bool {
    body::words(text).iter().any(|word| ["create", "rename", "into"].contains(&word.as_str()))
}

fn made(lexed: &Lexed<'_>, range: &Range<usize>, reaches: impl Fn(Option<&Lexeme>) -> bool) -> Vec<String> {
    let mut out = Vec::new();
    for at in range.clone() {
        let lexeme = &lexed.lexemes[at];
        let behind = at..(at..range.end).find(|end| lexed.at_text(*end) == ";").unwrap_or(range.end);
        if lexeme.is_any(&["CREATE", "ALTER"]) {
            out.extend(makes_at(lexed, &behind));
        } else if lexeme.is("INTO") && reaches(at.checked_sub(1).filter(|at| *at >= range.start).map(|at| &lexed.lexemes[at])) {
            out.extend(relation(lexed, &(at + 1..behind.end)));
        }
    }
    out
}

/// The name of the relation that comes next, behind words such as `IF NOT EXISTS`, and without its schema.
fn relation(lexed: &Lexed<'_>, range: &Range<usize>) -> Option<String> {
    const SKIPPED: &[&str] =
        &["IF", "NOT", "EXISTS", "TEMP", "TEMPORARY", "LOCAL", "GLOBAL", "UNLOGGED", "TABLE", "ONLY", "VIEW", "STRICT"];
    let mut at = range.clone().find(|at| !lexed.lexemes[*at].is_any(SKIPPED))?;
    while at + 2 < range.end && lexed.at_text(at + 1) == "." {
        at += 2;
    }
    name(&lexed.lexemes[at])
}

/// What a statement makes of a query or like a table, what it renames, and what it lets inherit, fire or rewrite.
fn makes_at(lexed: &Lexed<'_>, range: &Range<usize>) -> Vec<String> {
    let lexemes = &lexed.lexemes[range.clone()];
    let is = |at: usize, words: &[&str]| lexemes.get(at).is_some_and(|l| l.is_any(words));
    let position = |words: &[&str]| (0..lexemes.len()).find(|at| is(*at, words));
    let named = |from: usize| relation(lexed, &(range.start + from..range.end));
    let behind = |words: &[&str]| position(words).and_then(|at| named(at + 1));
    let kind = |kinds: &[&str]| (1..6).find(|at| is(*at, kinds));
    if is(0, &["ALTER"]) {
        // `RENAME [COLUMN] a TO b` gives a column another name: then the whole table is hidden.
        let renames = position(&["RENAME"]).map(|at| if is(at + 1, &["TO"]) { named(at + 2) } else { None });
        let joins = [behind(&["PARTITION"]), behind(&["INHERIT"])];
        let is_one = renames.is_some() || joins.iter().any(Option::is_some);
        let own = kind(&["TABLE", "VIEW", "FUNCTION", "PROCEDURE"]).and_then(|at| named(at + 1)).filter(|_| is_one);
        return [own, renames.flatten()].into_iter().chain(joins).flatten().collect();
    }
    if kind(&["RULE"]).is_some() {
        return behind(&["TO"]).into_iter().collect();
    }
    if kind(&["TRIGGER"]).is_some() {
        return behind(&["ON"]).into_iter().collect();
    }
    let is_of_it = position(&["AS", "ATOMIC", "RETURN", "LIKE", "INHERITS", "OF"]).is_some();
    let made = kind(&["VIEW", "TABLE", "FUNCTION", "PROCEDURE"]).filter(|_| is_of_it);
    made.and_then(|at| named(at + 1)).into_iter().collect()
}

/// The columns to be hidden in a statement with these words.
fn columns_of(named: &BTreeSet<String>, names: &Names) -> BTreeSet<String> {
    let here = |(table, column): &&(Option<String>, String)| named.contains(table.as_ref().unwrap_or(column));
    names.columns.iter().filter(here).map(|(_, column)| column.clone()).collect()
}

/// The values of an INSERT's rows for columns that are not to be hidden.
fn inserted(lexed: &Lexed<'_>, range: &Range<usize>, columns: &BTreeSet<String>) -> Vec<usize> {
    let names_one =
        |item: &Range<usize>| lexed.lexemes[item.clone()].iter().any(|l| name(l).is_some_and(|n| columns.contains(&n)));
    let mut out = Vec::new();
    for at in range.clone().filter(|at| lexed.lexemes[*at].is("INSERT")) {
        let stops =
            |at: &usize| lexed.closing(*at).is_some() || lexed.lexemes[*at].is_any(&["VALUES", "SELECT", "WITH", "DEFAULT"]);
        let open = (at + 1..range.end).find(stops).filter(|open| !starts_query(lexed, open + 1));
        let Some((open, close)) = open.and_then(|open| Some((open, lexed.closing(open)?))) else { continue };
        let meant: Vec<bool> = items(lexed, open, close).iter().map(names_one).collect();
        let Some(region) = values_behind(lexed, close + 1, range.end) else { continue };
        for (place, item) in rows(lexed, &region) {
            let reads = lexed.lexemes[item.clone()].iter().any(|l| l.is_any(QUERIES));
            if meant.get(place) == Some(&false) && !reads && !names_one(&item) {
                out.extend(item);
            }
        }
    }
    out
}

fn starts_query(lexed: &Lexed<'_>, at: usize) -> bool {
    lexed.lexemes.get(at).is_some_and(|l| l.is_any(QUERIES))
}

/// The position after `VALUES`, if that comes next.
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

/// The items of all rows, with their column positions.
fn rows(lexed: &Lexed<'_>, region: &Range<usize>) -> Vec<(usize, Range<usize>)> {
    let mut out = Vec::new();
    let mut open = region.start;
    while open < region.end
        && let Some(close) = lexed.closing(open)
    {
        out.extend(items(lexed, open, close).into_iter().enumerate());
        open = close + 2;
    }
    out
}

/// The items between the commas of a bracket.
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

/// What is replaced in the lines after a COPY FROM STDIN; `None` for any other statement.
pub(super) fn copy(lexed: &Lexed<'_>, range: &Range<usize>, names: &Names, made: &Made) -> Option<Copy> {
    let lexemes = &lexed.lexemes[range.clone()];
    let from = lexemes.iter().position(|l| l.is("FROM")).filter(|_| lexemes.first().is_some_and(|l| l.is("COPY")))?;
    lexemes.get(from + 1).filter(|l| l.is("STDIN"))?;
    let is_plain = lexemes[from + 2..].iter().all(|l| l.is_any(&["WITH", "FORMAT", "TEXT"]) || l.word().is_none())
        && !lexemes[from + 2..].iter().any(|l| l.literal().is_some());
    let is_binary = lexemes.iter().any(|l| l.is("BINARY"));
    let named: BTreeSet<String> = lexemes[..from].iter().filter_map(name).collect();
    let whole = named.iter().any(|name| names.tables.contains(name) || made.contains(name));
    let columns = columns_of(&named, names);
    let list = (range.start + 1..range.start + from).find(|at| lexed.closing(*at).is_some());
    let places: Option<Places> = list.and_then(|open| Some((open, lexed.closing(open)?))).map(|(open, close)| {
        let is_meant =
            |item: &Range<usize>| lexed.lexemes[item.clone()].iter().any(|l| name(l).is_some_and(|n| columns.contains(&n)));
        let items = items(lexed, open, close);
        let meant = items.iter().enumerate().filter(|(_, item)| is_meant(item)).map(|(place, _)| place).collect();
        Places { meant, count: items.len() }
    });
    let is_about = whole || !columns.is_empty() && places.as_ref().is_none_or(|places| !places.meant.is_empty());
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

    /// The values to be hidden.
    fn told(text: &str) -> String {
        let lexed = Lexed::new(text).unwrap();
        let made = Made { names: ["vista".to_owned()].into(), is_anything: false };
        let all = lexed.statements().into_iter().flat_map(|range| {
            let found = found(&lexed, &range, &names(), &made);
            found.values.into_iter().chain(found.bodies).collect::<BTreeSet<_>>()
        });
        all.map(|at| lexed.at_text(at)).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_value_is_kept_where_its_column_is_known() {
        for (text, meant) in [
            ("SELECT id FROM usuario WHERE id = 7 AND correo = 'x' LIMIT 3", "'x'"),
            ("SELECT id, 'a' || correo FROM usuario u WHERE u.correo IN ($1, 'y') OR id IN (1, 2)", "'a' $1 'y'"),
            ("UPDATE usuario SET nombre = 'n', correo = $2, edad = -3 WHERE id = $3::int", "$2"),
            ("UPDATE usuario SET (nombre, correo) = ('n', 'c') WHERE id = 3", "'n' 'c'"),
            ("SELECT id FROM usuario WHERE id BETWEEN 1 AND 2 AND correo BETWEEN 'a' AND 'b' AND id = 3", "'a' 'b'"),
            ("SELECT CASE correo WHEN 'x' THEN nombre ELSE nombre END FROM usuario", "'x'"),
            ("SELECT id FROM usuario WHERE 'x' = (SELECT correo FROM usuario WHERE id = 1)", "'x'"),
            ("SELECT id FROM usuario u JOIN t ON t.id = 4 AND u.id = t.id WHERE (u.id = 5 OR NOT (6 <> u.edad)) FOR UPDATE", ""),
            ("SELECT id FROM usuario WHERE alta >= DATE '2020-01-01' AND id = ANY ($1::int[]) AND nombre NOT LIKE 'P%'", ""),
            ("SELECT id FROM usuario WHERE id IN (SELECT u FROM t WHERE a = 5 ORDER BY 1 LIMIT 2)", ""),
            ("WITH q AS (SELECT id FROM usuario WHERE edad > 5) SELECT id FROM q", ""),
            ("SELECT id FROM cliente WHERE correo = 'x'", ""),
            ("SELECT id FROM cliente WHERE rfc LIKE 'PE%' AND correo = 'x'", "'PE%'"),
            ("SELECT a FROM t WHERE \"RFC\" = 'x'", "'x'"),
            ("DELETE FROM secreto WHERE a = 1 AND b = $1", "1 $1"),
            ("SELECT secreto('x', 2); SELECT 'y'", "'x' 2"),
            ("SELECT a FROM vista WHERE a = 'x' LIMIT 1", "'x'"),
            ("SELECT a FROM t WHERE b = 'x'", ""),
        ] {
            assert_eq!(told(text), meant, "{text}");
        }
    }

    /// The column has another name there, or none: every S is a secret.
    #[test]
    fn a_value_is_meant_where_its_column_is_not_known() {
        for text in [
            "SELECT q.d FROM (SELECT correo d FROM usuario) q WHERE q.d = 'S'",
            "SELECT q.d FROM (SELECT correo AS d FROM usuario) AS q WHERE d IN ('S')",
            "SELECT q.d FROM (SELECT lower(correo) d FROM usuario) q WHERE 'S' = q.d",
            "SELECT d FROM (SELECT CASE WHEN true THEN correo END d FROM usuario) q WHERE d LIKE 'S'",
            "SELECT d FROM (SELECT correo \"d\" FROM usuario) q WHERE d BETWEEN 'S' AND 'S'",
            "SELECT d FROM (SELECT (correo) d FROM usuario) q WHERE d = 'S'",
            "SELECT e FROM (SELECT correo IS NULL d, correo::text e FROM usuario) q WHERE e = 'S'",
            "SELECT z FROM (SELECT rfc AS z FROM t) q WHERE z = 'S'",
            "WITH q (z) AS (SELECT rfc FROM t) SELECT z FROM q WHERE z IN ('S')",
            "WITH a AS (TABLE t), q (z) AS MATERIALIZED (SELECT rfc FROM a) SELECT z FROM q WHERE z = 'S'",
            "WITH q AS (SELECT rfc AS z FROM t) SELECT z FROM q WHERE z = 'S'",
            "WITH q AS (SELECT rfc FROM t) SELECT rfc FROM q WHERE q = 'S'",
            "WITH RECURSIVE q (z) AS (SELECT rfc FROM t UNION SELECT 'S') SELECT z FROM q",
            "SELECT a FROM usuario AS u (a, b, c) WHERE c = 'S'",
            "SELECT a FROM usuario u (a, b, c) WHERE u.c = 'S'",
            "SELECT a FROM usuario (a, b, c) WHERE usuario.c = 'S'",
            "SELECT a FROM (SELECT * FROM usuario) AS u (a, b) WHERE b = 'S'",
            "SELECT a FROM (usuario JOIN t USING (id)) AS u (a, b) WHERE b = 'S'",
            "MERGE INTO usuario u USING (VALUES ('S', 'S')) s (a, b) ON u.id = s.a WHEN MATCHED THEN UPDATE SET correo = s.b",
            "MERGE INTO usuario u USING (SELECT 'S' AS b) s ON u.id = s.a WHEN MATCHED THEN UPDATE SET correo = s.b",
            "UPDATE usuario SET correo = v.b FROM (VALUES ('S', 'S')) v (a, b) WHERE id = v.a",
            "SELECT nombre FROM usuario u WHERE u = row('S', 'S')",
            "SELECT nombre FROM usuario u WHERE u = 'S'",
            "SELECT nombre FROM usuario WHERE usuario = 'S'",
            "SELECT nombre FROM (SELECT usuario FROM usuario) q WHERE q.usuario = 'S'",
            "SELECT nombre FROM t, (SELECT usuario AS v FROM usuario) q WHERE v = 'S'",
            "SELECT rfc FROM a, (hisusuario CROSS JOIN b) WHERE hisusuario = 'S'",
            "SELECT nombre FROM usuario u WHERE (u.*) = ('S', 'S')",
            "SELECT nombre FROM usuario WHERE to_jsonb(usuario)->>'S' = 'S'",
            "SELECT nombre FROM usuario u WHERE to_jsonb(u) @> 'S'",
            "SELECT nombre FROM usuario WHERE usuario::text = 'S'",
            "SELECT correo FROM usuario UNION ALL SELECT 'S'",
            "SELECT correo FROM usuario EXCEPT VALUES ('S')",
            "SELECT nombre FROM usuario u JOIN (VALUES ('S')) v (k) ON u.correo = v.k",
            "SELECT nombre FROM usuario u WHERE EXISTS (SELECT 'S' INTERSECT SELECT u.correo)",
            "SELECT nombre FROM usuario, json_to_recordset('S') AS x (d text) WHERE d = 'S'",
            "SELECT nombre FROM usuario, ROWS FROM (f('S') AS (d text)) WHERE d = 'S'",
            "SELECT nombre FROM usuario, xmltable('S' PASSING correo COLUMNS d text PATH 'S') WHERE d = 'S'",
            "SELECT nombre FROM usuario WHERE correo IS DISTINCT FROM 'S'",
            "SELECT nombre FROM usuario WHERE substring(correo FROM 'S') = 'S'",
            "SELECT nombre FROM usuario WHERE id = 'S' COLLATE \"C\" || correo",
            "SELECT nombre FROM usuario WHERE correo = 'S'\n'S'",
            "INSERT INTO bitacora (a) SELECT 'S' FROM usuario",
            "INSERT INTO bitacora (a) VALUES ((SELECT 'S' FROM usuario))",
            "INSERT INTO bitacora VALUES ('S', (SELECT id FROM usuario))",
            "INSERT INTO usuario (id, correo) SELECT v.* FROM (VALUES ('S', 'S')) v",
            "COMMENT ON COLUMN usuario.correo IS 'S'",
            "ALTER TABLE usuario ALTER correo SET DEFAULT 'S'",
            "CREATE POLICY p ON usuario USING (current_setting('S') = 'S')",
            "SELECT f('S', usuario) FROM t",
            "SELECT a FROM t WHERE U&\"!0072fc\" UESCAPE '!' = 'S'",
            "SELECT a FROM t WHERE U&\"Sxyz\" UESCAPE 'S' = 'S'",
        ] {
            let meant = told(text);
            let all = text.matches("'S'").count();
            assert_eq!(meant, ["'S'"].repeat(all).join(" "), "{text}");
            // As parameters too.
            let bound = text.replace("'S'\n'S'", "$1 || $1").replace("'S'", "$1");
            assert_eq!(told(&bound), ["$1"].repeat(all).join(" "), "{bound}");
        }
    }

    #[test]
    fn code_in_strings_is_meant_as_code() {
        for (text, meant) in [
            ("DO $$ BEGIN UPDATE usuario SET correo = 'x'; END $$", "$$ BEGIN UPDATE usuario SET correo = 'x'; END $$"),
            ("DO LANGUAGE plpgsql $$ SELECT rfc $$", "$$ SELECT rfc $$"),
            ("CREATE FUNCTION f(a int DEFAULT 7) RETURNS int LANGUAGE 'sql' AS 'SELECT rfc'", "7 'SELECT rfc'"),
            ("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", ""),
            ("SELECT f('update usuario set correo = 1', 2)", "'update usuario set correo = 1' 2"),
            ("UPDATE consulta SET texto = 'select rfc', tabla = 'rfc' WHERE id = 2", "'select rfc'"),
            ("UPDATE consulta SET texto = 'la tabla usuario' WHERE id = 2", "'la tabla usuario'"),
            ("SELECT dblink_exec('c', 'alter role x password ''y''') LIMIT 1", "'c' 'alter role x password ''y'''"),
        ] {
            assert_eq!(told(text), meant, "{text}");
        }
    }

    #[test]
    fn what_is_made_of_it_has_a_name() {
        for (text, made) in [
            ("CREATE TEMP VIEW v AS SELECT 1", "v"),
            ("create or replace temporary recursive view v (a) as select 1", "v"),
            ("create table if not exists s.\"T\" as select 1", "t"),
            ("CREATE OR REPLACE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS 'x'", "f"),
            ("CREATE MATERIALIZED VIEW v AS SELECT 1", "v"),
            ("SELECT a INTO TEMP TABLE t FROM s", "t"),
            ("CREATE TEMP TABLE t AS EXECUTE p('x')", "t"),
            ("CREATE TABLE t (LIKE usuario INCLUDING ALL)", "t"),
            ("CREATE TABLE t () INHERITS (usuario)", "t"),
            ("CREATE TABLE t PARTITION OF usuario DEFAULT", "t"),
            ("ALTER TABLE usuario RENAME TO u2", "usuario u2"),
            ("ALTER TABLE IF EXISTS ONLY s.usuario RENAME COLUMN correo TO c", "usuario"),
            ("ALTER VIEW v RENAME correo TO c", "v"),
            ("ALTER TABLE usuario ATTACH PARTITION s.p DEFAULT", "usuario p"),
            ("ALTER TABLE hijo INHERIT usuario", "hijo usuario"),
            ("CREATE RULE r AS ON INSERT TO otra DO INSTEAD INSERT INTO usuario VALUES (new.a)", "otra"),
            ("CREATE TRIGGER t AFTER INSERT ON s.otra EXECUTE FUNCTION f()", "otra"),
            ("ALTER TABLE usuario ADD a int", ""),
            ("CREATE TABLE t (a int REFERENCES usuario)", ""),
            ("INSERT INTO t SELECT 1", ""),
            ("EXPLAIN (ANALYZE) CREATE TEMP TABLE t AS SELECT 1", "t"),
            ("EXPLAIN ANALYZE SELECT 1 INTO t FROM usuario", "t"),
            ("CREATE SCHEMA s CREATE VIEW v AS SELECT 1 CREATE TABLE u (LIKE usuario)", "v v u"),
            ("SELECT 1", ""),
        ] {
            let lexed = Lexed::new(text).unwrap();
            assert_eq!(makes(&lexed, &(0..lexed.lexemes.len())).join(" "), made, "{text}");
        }
    }

    #[test]
    fn what_code_makes_is_found_or_may_be_anything() {
        for (text, made) in [
            ("BEGIN CREATE TEMP TABLE t AS SELECT * FROM usuario; ALTER TABLE usuario RENAME TO u; END", Some("t usuario u")),
            (
                "BEGIN CREATE TABLE t (a text); INSERT INTO s.t SELECT a FROM usuario; UPDATE ONLY r SET a = 'INTO x'; END",
                Some("t r"),
            ),
            ("DECLARE v text; BEGIN SELECT a INTO STRICT v FROM usuario; END", Some("v")),
            (
                "BEGIN EXECUTE 'create table t as select * from usuario'; EXECUTE format('create view v as table usuario'); END",
                Some("t v"),
            ),
            ("BEGIN EXECUTE 'create table ' || 't' || ' as select * from usuario'; END", None),
            ("BEGIN EXECUTE format('create table %I as select * from usuario', 't'); END", None),
            ("BEGIN EXECUTE 'create table t' 'u'; EXECUTE q; END", None),
            ("BEGIN EXECUTE 'update usuario set a = ' || quote_literal('x'); END", Some("")),
            ("BEGIN CREATE TRIGGER a AFTER INSERT ON t EXECUTE FUNCTION f(); END", Some("t")),
            ("BEGIN 'unterminated", None),
        ] {
            assert_eq!(makes_by_code(text).map(|made| made.join(" ")).as_deref(), made, "{text}");
        }
    }

    #[test]
    fn rows_go_by_the_places_of_the_columns() {
        for (text, meant) in [
            ("INSERT INTO usuario (id, correo) VALUES (1, 'x'), ($1, lower('y'))", "'x' 'y'"),
            ("INSERT INTO usuario VALUES (1, 'x')", "1 'x'"),
            ("INSERT INTO usuario (id, nombre) VALUES (1, 'x') RETURNING correo", ""),
            ("INSERT INTO usuario (id, nombre) VALUES (1, (SELECT 'x'))", "'x'"),
            ("INSERT INTO usuario (id, correo) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET correo = 'z', n = 4", "$2 'z'"),
            ("INSERT INTO usuario (id, correo) SELECT 1, 'x' FROM t WHERE a = 2 LIMIT 1", "1 'x'"),
            ("MERGE INTO usuario u USING t ON u.id = t.id WHEN NOT MATCHED THEN INSERT (id, correo) VALUES (3, 'x')", "'x'"),
        ] {
            assert_eq!(told(text), meant, "{text}");
        }
    }

    #[test]
    fn copy_goes_by_its_columns_in_text_and_is_not_kept_otherwise() {
        let told = |text: &str| {
            let lexed = Lexed::new(text).unwrap();
            let made = Made { names: ["vista".to_owned()].into(), is_anything: false };
            copy(&lexed, &lexed.statements()[0], &names(), &made)
        };
        assert_eq!(
            told("COPY usuario (id, correo) FROM STDIN"),
            Some(Copy::Fields(Some(Places { meant: [1].into(), count: 2 })))
        );
        assert_eq!(told("COPY s.usuario FROM STDIN WITH (FORMAT text)"), Some(Copy::Fields(None)));
        assert_eq!(told("COPY secreto (a, b) FROM STDIN"), Some(Copy::Fields(None)));
        assert_eq!(told("COPY vista (a, b) FROM STDIN"), Some(Copy::Fields(None)));
        assert_eq!(told("COPY usuario (id, correo) FROM STDIN WITH (FORMAT csv)"), Some(Copy::Unreadable));
        assert_eq!(told("COPY usuario (id, correo) FROM STDIN DELIMITER '|'"), Some(Copy::Unreadable));
        assert_eq!(told("COPY usuario (id, nombre) FROM STDIN CSV"), Some(Copy::Patterns));
        assert_eq!(told("COPY t FROM STDIN (FORMAT binary)"), Some(Copy::Unreadable));
        assert_eq!(told("COPY usuario TO STDOUT"), None);
    }
}
