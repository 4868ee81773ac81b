//! Statements that name a table and hold no query: TRUNCATE, LOCK, maintenance (ANALYZE, VACUUM, REINDEX, CLUSTER) and definitions
//! (ALTER, DROP, COMMENT, CREATE INDEX, GRANT); and SET CONSTRAINTS, which names constraints. Read by token: their grammars are
//! short, and the parser knows only parts of them.

use sqlparser::tokenizer::Token;

use super::cursor::Cursor;
use super::name::Name;
use super::peeled::Peeled;
use super::shape::{Reference, Role};

/// What CREATE TABLE ... (LIKE t) does with t, as reports call it.
pub const LIKE: &str = "create table";

/// Kinds of objects that are relations, as ALTER, DROP and COMMENT name them.
const RELATIONS: &[&str] = &["TABLE", "VIEW"];
/// Kinds of objects that belong to a relation, which is named after ON.
const ON_RELATION: &[&str] = &["CONSTRAINT", "TRIGGER", "RULE", "POLICY"];
/// What GRANT and REVOKE may name besides relations.
const NO_RELATION: &[&str] = &[
    "ALL",
    "DATABASE",
    "DOMAIN",
    "FOREIGN",
    "FUNCTION",
    "LANGUAGE",
    "LARGE",
    "PARAMETER",
    "PROCEDURE",
    "ROUTINE",
    "SCHEMA",
    "SEQUENCE",
    "TABLESPACE",
    "TYPE",
];

/// Adds the tables that a utility statement names.
pub(super) fn tables(cursor: &Cursor<'_, '_>, at: usize, out: &mut Peeled) {
    let first = |words: &[&str]| words.iter().any(|w| cursor.is(at, w));
    if first(&["TRUNCATE"]) {
        cursor.list(cursor.behind_words(at + 1, &["TABLE"]), Role::Truncate, out);
    } else if first(&["LOCK"]) {
        cursor.list(cursor.behind_words(at + 1, &["TABLE"]), Role::Lock, out);
    } else if first(&["ANALYZE", "ANALYSE"]) {
        cursor.list(cursor.behind_options(at + 1, &["VERBOSE"]), Role::Analyze, out);
    } else if first(&["VACUUM"]) {
        let table = cursor.behind_options(at + 1, &["FULL", "FREEZE", "VERBOSE", "ANALYZE", "ANALYSE"]);
        let full = (at..table).any(|i| cursor.is(i, "FULL"));
        cursor.list(table, if full { Role::Rebuild("vacuum full") } else { Role::Vacuum }, out);
    } else if first(&["REINDEX"]) {
        let kind = cursor.behind_options(at + 1, &[]);
        if cursor.is(kind, "TABLE") {
            cursor.list(cursor.behind_words(kind + 1, &["CONCURRENTLY"]), Role::Rebuild("reindex"), out);
        }
    } else if first(&["CLUSTER"]) {
        cursor.cluster(cursor.behind_options(at + 1, &["VERBOSE"]), out);
    } else if first(&["ALTER", "DROP", "COMMENT"]) {
        cursor.definition(at, out);
    } else if first(&["CREATE"]) {
        cursor.create_on(at, out);
    } else if first(&["GRANT", "REVOKE"]) {
        cursor.rights(at, out);
    } else if first(&["SET"]) && cursor.is(at + 1, "CONSTRAINTS") && !cursor.is(at + 2, "ALL") {
        cursor.constraints(at + 2, out);
    }
}

impl Cursor<'_, '_> {
    fn behind_words(&self, at: usize, words: &[&str]) -> usize {
        (at..self.end).find(|&i| !words.iter().any(|w| self.is(i, w))).unwrap_or(self.end)
    }

    /// The position after options in parentheses, or after these words.
    fn behind_options(&self, at: usize, words: &[&str]) -> usize {
        match self.is_token(at, &Token::LParen).then(|| self.closing(at)).flatten() {
            Some(close) => close + 1,
            None => self.behind_words(at, words),
        }
    }

    /// Tables separated by commas, with ONLY, parentheses, `*` and column lists.
    fn list(&self, at: usize, role: Role, out: &mut Peeled) {
        let mut at = at;
        loop {
            let first = at;
            at = self.behind_words(at, &["ONLY"]);
            let paren = self.is_token(at, &Token::LParen);
            let Some((name, mut next)) = self.dotted(if paren { at + 1 } else { at }) else { return };
            next += usize::from(paren && self.is_token(next, &Token::RParen));
            next += usize::from(self.is_token(next, &Token::Mul));
            if let Some(close) = self.is_token(next, &Token::LParen).then(|| self.closing(next)).flatten() {
                out.explained.extend(next + 1..close);
                next = close + 1;
            }
            self.refer(name, role, first..next, out);
            if !self.is_token(next, &Token::Comma) {
                return;
            }
            at = next + 1;
        }
    }

    /// `CLUSTER t USING index`, or the older `CLUSTER index ON t`.
    fn cluster(&self, at: usize, out: &mut Peeled) {
        let Some((name, next)) = self.dotted(at) else { return };
        if self.is(next, "ON")
            && let Some((table, end)) = self.dotted(next + 1)
        {
            return self.refer(table, Role::Rebuild("cluster"), at..end, out);
        }
        let end = if self.is(next, "USING") { self.dotted(next + 1).map_or(next, |(_, end)| end) } else { next };
        self.refer(name, Role::Rebuild("cluster"), at..end, out);
    }

    fn definition(&self, at: usize, out: &mut Peeled) {
        let comment = self.is(at, "COMMENT");
        let role = Role::Define(if comment {
            "comment"
        } else if self.is(at, "DROP") {
            "drop"
        } else {
            "alter"
        });
        let kind = at + 1 + usize::from(comment && self.is(at + 1, "ON"));
        let kind = self.behind_words(kind, &["MATERIALIZED", "FOREIGN"]);
        let is = |kinds: &[&str]| kinds.iter().any(|k| self.is(kind, k));
        if is(RELATIONS) {
            self.list(self.behind_words(kind + 1, &["IF", "EXISTS"]), role, out);
        } else if comment && self.is(kind, "COLUMN") {
            let Some((mut name, end)) = self.dotted(kind + 1) else { return };
            if name.0.len() > 1 {
                name.0.pop();
                self.refer(name, role, kind + 1..end, out);
            }
        } else if is(ON_RELATION) {
            let on = (kind + 1..self.end).find(|&i| self.is(i, "ON"));
            if let Some((name, end)) = on.and_then(|on| self.dotted(on + 1)) {
                self.refer(name, role, end - 1..end, out);
            }
        }
    }

    /// CREATE INDEX, TRIGGER, POLICY ... ON a table; CREATE RULE ... TO one.
    fn create_on(&self, at: usize, out: &mut Peeled) {
        let head = (at + 1..self.end).take(4);
        let Some((kind, operation)) = head.into_iter().find_map(|i| {
            let kinds =
                [("INDEX", "create index"), ("TRIGGER", "create trigger"), ("POLICY", "create policy"), ("RULE", "create rule")];
            kinds.iter().find(|(word, _)| self.is(i, word)).map(|(_, operation)| (i, *operation))
        }) else {
            return self.create_like(at, out);
        };
        // `CREATE TABLE rule (...)` names a table: only these words may come before the kind.
        let noise = ["UNIQUE", "CONSTRAINT", "OR", "REPLACE"];
        if self.behind_words(at + 1, &noise) != kind {
            return self.create_like(at, out);
        }
        let on = if operation == "create rule" { "TO" } else { "ON" };
        let Some(on) = (kind + 1..self.end).find(|&i| self.is(i, on)) else { return };
        let table = self.behind_words(on + 1, &["ONLY"]);
        if let Some((name, end)) = self.dotted(table) {
            self.refer(name, Role::Define(operation), table..end, out);
        }
    }

    /// `CREATE TABLE x (LIKE t INCLUDING DEFAULTS, ...)`.
    fn create_like(&self, at: usize, out: &mut Peeled) {
        let kind = self.behind_words(at + 1, &["GLOBAL", "LOCAL", "TEMP", "TEMPORARY", "UNLOGGED", "FOREIGN"]);
        let name = if self.is(kind + 1, "IF") { kind + 4 } else { kind + 1 };
        let Some((_, open)) = self.dotted(name).filter(|_| self.is(kind, "TABLE")) else { return };
        let Some(close) = self.is_token(open, &Token::LParen).then(|| self.closing(open)).flatten() else { return };
        for element in self.split(open + 1..close, self.lexed.lexemes[open].depth + 1) {
            if let Some((name, end)) = self.is(element.start, "LIKE").then(|| self.dotted(element.start + 1)).flatten() {
                self.refer(name, Role::Define(LIKE), element.start..end.max(element.end), out);
            }
        }
    }

    fn rights(&self, at: usize, out: &mut Peeled) {
        let depth = self.lexed.lexemes[at].depth;
        let on = (at + 1..self.end).find(|&i| self.is(i, "ON") && self.lexed.lexemes[i].depth == depth);
        let Some(on) = on.filter(|&on| !NO_RELATION.iter().any(|w| self.is(on + 1, w))) else { return };
        let operation = if self.is(at, "GRANT") { "grant" } else { "revoke" };
        self.list(self.behind_words(on + 1, &["TABLE"]), Role::Define(operation), out);
    }

    /// Names separated by commas.
    fn constraints(&self, at: usize, out: &mut Peeled) {
        let mut at = at;
        while let Some((name, next)) = self.dotted(at) {
            out.explained.extend(at..next);
            out.constraints.push(name);
            if !self.is_token(next, &Token::Comma) {
                return;
            }
            at = next + 1;
        }
    }

    fn refer(&self, name: Name, role: Role, lexemes: std::ops::Range<usize>, out: &mut Peeled) {
        if let Some(span) = self.lexed.span(&lexemes) {
            out.references.push(Reference { span, ..Reference::new(name, role) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::token::Lexed;
    use super::super::wrapper::peel;

    fn named(text: &str) -> Vec<String> {
        let lexed = Lexed::new(text).unwrap();
        let peeled = peel(&lexed, &(0..lexed.lexemes.len()));
        assert!(peeled.query.is_none(), "{text}");
        peeled.references.iter().map(|r| format!("{} {} {}", r.role.operation(), r.name.last(), &text[r.span.range()])).collect()
    }

    #[test]
    fn tables_of_utility_statements() {
        assert_eq!(named("truncate table only h, s.k * cascade"), ["truncate h only h", "truncate k s.k *"]);
        assert_eq!(named("truncate h restart identity"), ["truncate h h"]);
        assert_eq!(named("lock h, only (k) in share mode nowait"), ["lock h h", "lock k only (k)"]);
        assert_eq!(named("analyze verbose h (a, b), s.k"), ["analyze h h (a, b)", "analyze k s.k"]);
        assert_eq!(named("vacuum (analyze, full) h"), ["vacuum full h h"]);
        assert_eq!(named("vacuum freeze verbose h, k"), ["vacuum h h", "vacuum k k"]);
        assert_eq!(named("reindex (verbose) table concurrently h"), ["reindex h h"]);
        assert_eq!(named("reindex index h"), Vec::<String>::new());
        assert_eq!(named("cluster verbose h using i"), ["cluster h h using i"]);
        assert_eq!(named("cluster i on s.h"), ["cluster h i on s.h"]);
        assert_eq!(named("analyze"), Vec::<String>::new());
    }

    #[test]
    fn constraints_of_set_constraints() {
        let named = |text: &str| {
            let lexed = Lexed::new(text).unwrap();
            let peeled = peel(&lexed, &(0..lexed.lexemes.len()));
            peeled.constraints.iter().map(|n| text[n.span().range()].to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(named("set constraints A, s.\"b c\" , d.s.e deferred"), ["A", "s.\"b c\"", "d.s.e"]);
        assert_eq!(named("set constraints all immediate"), Vec::<String>::new());
        assert_eq!(named("set constraints = 1"), Vec::<String>::new());
    }

    #[test]
    fn tables_of_definitions() {
        assert_eq!(named("alter table if exists only s.h add x int"), ["alter h only s.h"]);
        assert_eq!(named("drop table h, k cascade"), ["drop h h", "drop k k"]);
        assert_eq!(named("drop trigger x on s.h"), ["drop h h"]);
        assert_eq!(named("comment on table h is 'x'"), ["comment h h"]);
        assert_eq!(named("comment on column s.h.a is 'x'"), ["comment h s.h.a"]);
        assert_eq!(named("create unique index concurrently if not exists i on only h (a)"), ["create index h h"]);
        assert_eq!(named("create rule r as on insert to h do nothing"), ["create rule h h"]);
        assert_eq!(named("create table rule (on_ int)"), Vec::<String>::new());
        assert_eq!(
            named(
                "create temp table if not exists s.x (a int, like h including defaults excluding all, LIKE s.k) on commit drop"
            ),
            ["create table h like h including defaults excluding all", "create table k LIKE s.k"]
        );
        assert_eq!(named("create table like_ (a text check (a like h))"), Vec::<String>::new());
        assert_eq!(named("create table rule (like h)"), ["create table h like h"]);
        assert_eq!(named("grant select (a), update on h, k to public"), ["grant h h", "grant k k"]);
        assert_eq!(named("revoke all on schema h from public"), Vec::<String>::new());
    }
}
