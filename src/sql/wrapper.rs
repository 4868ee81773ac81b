//! What surrounds a query: EXPLAIN, PREPARE, DECLARE, CREATE ... AS, COPY (query). Peeled by token, because the parser knows only
//! some forms of each, and the query inside is the same in all of them. COPY itself names a table, and so do the statements of
//! `sql/utility.rs`.

use std::ops::Range;

use sqlparser::tokenizer::Token;

use super::cursor::Cursor;
use super::peeled::Peeled;
use super::shape::{Reference, Role};
use super::token::Lexed;
use super::utility;

const QUERY_START: &[&str] = &["SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "MERGE", "VALUES", "TABLE"];

/// Peels one statement.
pub fn peel(lexed: &Lexed<'_>, range: &Range<usize>) -> Peeled {
    let mut out = Peeled::default();
    let mut at = range.start;
    loop {
        let cursor = Cursor::new(lexed, range);
        let Some(first) = cursor.lexeme(at) else { return out };
        if first.is_any(QUERY_START) || first.is_token(&Token::LParen) {
            out.query = Some(at..range.end);
            return out;
        }
        let next = if first.is("EXPLAIN") {
            cursor.explain(at)
        } else if first.is("PREPARE") && !cursor.is(at + 1, "TRANSACTION") {
            out.explained.push(at + 1);
            cursor.behind(at, &["AS"])
        } else if first.is("DECLARE") {
            out.explained.push(at + 1);
            out.cursor = lexed.lexemes.get(at + 1).and_then(|l| l.name());
            cursor.behind(at, &["FOR"])
        } else if first.is("CREATE") {
            out.query = cursor.create_as(at, &mut out.explained);
            if out.query.is_none() {
                utility::tables(&cursor, at, &mut out);
            }
            return out;
        } else if first.is("COPY") {
            cursor.copy(at, &mut out);
            return out;
        } else {
            utility::tables(&cursor, at, &mut out);
            return out;
        };
        match next {
            Some(next) => at = next,
            None => return out,
        }
    }
}

/// For reports: what a statement without a query does with the name at lexeme `at`, by its verb, or by the word before the name in
/// CREATE TABLE. `mention` where neither tells.
pub fn operation(lexed: &Lexed<'_>, range: &Range<usize>, at: usize) -> &'static str {
    const VERBS: [(&str, &str); 12] = [
        ("ALTER", "alter"),
        ("DROP", "drop"),
        ("COMMENT", "comment"),
        ("GRANT", "grant"),
        ("REVOKE", "revoke"),
        ("VACUUM", "vacuum"),
        ("ANALYZE", "analyze"),
        ("ANALYSE", "analyze"),
        ("REINDEX", "reindex"),
        ("CLUSTER", "cluster"),
        ("REFRESH", "refresh"),
        ("SECURITY", "label"),
    ];
    const CREATED: [(&str, &str); 8] = [
        ("INDEX", "create index"),
        ("TRIGGER", "create trigger"),
        ("RULE", "create rule"),
        ("POLICY", "create policy"),
        ("STATISTICS", "create statistics"),
        ("PUBLICATION", "create publication"),
        ("TABLE", "create table"),
        ("VIEW", "create view"),
    ];
    let cursor = Cursor::new(lexed, range);
    let mut before = at;
    while before >= range.start + 2 && cursor.is_token(before - 1, &Token::Period) {
        before -= 2;
    }
    let previous = |words: &[&str]| before > range.start && lexed.lexemes[before - 1].is_any(words);
    if previous(&["REFERENCES"]) {
        return "references";
    }
    let verb = |list: &[(&str, &'static str)], i: usize| list.iter().find(|(word, _)| cursor.is(i, word)).map(|(_, name)| *name);
    if let Some(name) = verb(&VERBS, range.start) {
        return name;
    }
    let creates = cursor.is(range.start, "CREATE");
    let object = (range.start + 1..at).take(5).find_map(|i| verb(&CREATED, i));
    if creates && !previous(&["LIKE", "OF", "INHERITS"]) { object.unwrap_or("mention") } else { "mention" }
}

impl Cursor<'_, '_> {
    fn starts_query(&self, at: usize) -> bool {
        self.is_any(at, QUERY_START) || self.is_token(at, &Token::LParen)
    }

    fn explain(&self, at: usize) -> Option<usize> {
        let mut at = at + 1;
        if self.is_token(at, &Token::LParen) && !self.starts_query(at + 1) {
            at = self.closing(at)? + 1;
        }
        while self.is(at, "ANALYZE") || self.is(at, "ANALYSE") || self.is(at, "VERBOSE") {
            at += 1;
        }
        Some(at)
    }

    /// The position after the first of `keywords` at the statement's own depth.
    fn behind(&self, at: usize, keywords: &[&str]) -> Option<usize> {
        let depth = self.lexed.lexemes[at].depth;
        let found = |&i: &usize| self.lexed.lexemes[i].depth == depth && self.lexed.lexemes[i].is_any(keywords);
        (at + 1..self.end).find(found).map(|i| i + 1)
    }

    /// The query of CREATE TABLE AS, CREATE VIEW or CREATE MATERIALIZED VIEW, without the options after it.
    fn create_as(&self, at: usize, explained: &mut Vec<usize>) -> Option<Range<usize>> {
        let head = (at + 1..self.end).take(6);
        let creates = |i: usize| self.is(i, "TABLE") || self.is(i, "VIEW");
        let object = head.into_iter().find(|&i| creates(i))?;
        // In its query the view's own name is a CTE.
        if self.is(object - 1, "RECURSIVE") {
            return None;
        }
        let depth = self.lexed.lexemes[at].depth;
        let defines = |i: usize| self.lexed.lexemes[i].depth == depth && self.is(i, "AS") && self.starts_query(i + 1);
        let start = (at..self.end).find(|&i| defines(i))? + 1;
        let mut end = self.end;
        if self.is(end - 1, "DATA") {
            end -= if self.is(end - 2, "NO") { 3 } else { 2 };
        } else if self.is(end - 1, "OPTION") && self.is(end - 2, "CHECK") {
            end -= if self.is(end - 3, "WITH") { 3 } else { 4 };
        }
        // A temporary relation may have any name: it hides the legacy table from later statements, but not from its own query.
        if (at + 1..object).any(|i| self.is(i, "TEMP") || self.is(i, "TEMPORARY")) {
            let name = if self.is(object + 1, "IF") { object + 4 } else { object + 1 };
            explained.push(name);
        }
        (start < end).then_some(start..end)
    }

    fn copy(&self, at: usize, out: &mut Peeled) {
        let mut at = at + 1;
        if self.is_token(at, &Token::LParen) {
            out.query = self.closing(at).map(|close| at + 1..close);
            return;
        }
        if self.is(at, "BINARY") && !self.is(at + 1, "FROM") && !self.is(at + 1, "TO") {
            at += 1;
        }
        let Some((name, mut next)) = self.dotted(at) else { return };
        if self.is_token(next, &Token::LParen) {
            let Some(close) = self.closing(next) else { return };
            out.explained.extend(next + 1..close);
            next = close + 1;
        }
        let role = if self.is(next, "TO") { Role::CopyTo } else { Role::CopyFrom };
        out.references.push(Reference::new(name, role));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inner(text: &str) -> (Option<String>, Vec<String>) {
        let lexed = Lexed::new(text).unwrap();
        let peeled = peel(&lexed, &(0..lexed.lexemes.len()));
        let references = peeled.references.iter().map(|r| format!("{:?} {}", r.role, &text[r.span.range()])).collect();
        (peeled.query.map(|q| lexed.slice(&q).to_owned()), references)
    }

    #[test]
    fn wrappings_come_off() {
        let query = |text| inner(text).0;
        assert_eq!(query("explain (analyze, format json) select 1").as_deref(), Some("select 1"));
        assert_eq!(query("explain analyze verbose delete from h").as_deref(), Some("delete from h"));
        assert_eq!(query("declare c no scroll cursor with hold for table h").as_deref(), Some("table h"));
        assert_eq!(query("prepare p (numeric, text) as select $1").as_deref(), Some("select $1"));
        assert_eq!(query("create temp table x on commit drop as select 1 with no data").as_deref(), Some("select 1"));
        assert_eq!(query("create view v as select 1 with local check option").as_deref(), Some("select 1"));
        assert_eq!(query("copy (select 1) to stdout with csv").as_deref(), Some("select 1"));
        assert_eq!(query("create table x (a int)"), None);
        assert_eq!(query("set search_path = x"), None);
    }

    #[test]
    fn statements_of_definition_say_what_they_do() {
        let does = |text: &str| {
            let lexed = Lexed::new(text).unwrap();
            let at = lexed.lexemes.iter().rposition(|l| l.is("h")).unwrap();
            operation(&lexed, &(0..lexed.lexemes.len()), at)
        };
        assert_eq!(does("alter table only s.h add column a int"), "alter");
        assert_eq!(does("create unique index concurrently on s.h (a)"), "create index");
        assert_eq!(does("create table x (a int references s.h (b))"), "references");
        assert_eq!(does("alter table x add foreign key (a) references h"), "references");
        assert_eq!(does("create or replace trigger t after insert on h execute function f()"), "create trigger");
        assert_eq!(does("create table x (like h)"), "mention");
        assert_eq!(does("vacuum (analyze) h"), "vacuum");
        assert_eq!(does("select h"), "mention");
    }

    #[test]
    fn copy_names_its_table() {
        assert_eq!(inner("copy s.h (a, b) from stdin").1, ["CopyFrom s.h"]);
        assert_eq!(inner("copy h to stdout").1, ["CopyTo h"]);
    }
}
