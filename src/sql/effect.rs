//! What a statement leaves behind in its session: prepared statements by name, the search path, temporary relations, the state of
//! the transaction. Read from tokens alone, because the parser is not asked about most of these statements.

use std::ops::Range;

use sqlparser::tokenizer::Token;

use super::cursor::Cursor;
use super::token::{Lexed, Span};

/// One statement's effect. Names are folded as PostgreSQL folds them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// PREPARE; `span` is the name's.
    Prepare {
        /// The statement's name.
        name: String,
        /// Where the name stands in the text.
        span: Span,
    },
    /// EXECUTE, also under EXPLAIN and CREATE TABLE ... AS.
    Execute(String),
    /// DEALLOCATE; `None` is ALL.
    Deallocate(Option<String>),
    /// SET search_path; `None` when the value cannot be told from the text.
    SearchPath {
        /// For the transaction only.
        local: bool,
        /// The schemas, as written.
        schemas: Option<Vec<String>>,
    },
    /// CREATE TEMPORARY TABLE, VIEW, SEQUENCE.
    CreateTemporary {
        /// The relation.
        name: String,
        /// ON COMMIT DROP.
        until_commit: bool,
    },
    /// DROP of relations, by their last names; words of the statement that are no names may be among them.
    Drop(Vec<String>),
    /// ALTER, and a DO that speaks of temporary tables: a relation may be there, have another name, or lie in another schema.
    Alter,
    /// DISCARD ALL; frees everything.
    DiscardAll,
    /// DISCARD TEMP.
    DiscardTemporary,
    /// BEGIN, START TRANSACTION.
    Begin,
    /// COMMIT, END, PREPARE TRANSACTION.
    Commit,
    /// ROLLBACK, ABORT.
    Rollback,
    /// SAVEPOINT.
    Savepoint(String),
    /// ROLLBACK TO.
    RollbackTo(String),
}

/// The verbs of statements that have an effect.
const VERBS: [&str; 19] = [
    "PREPARE",
    "EXECUTE",
    "DEALLOCATE",
    "SET",
    "RESET",
    "CREATE",
    "DROP",
    "ALTER",
    "DISCARD",
    "BEGIN",
    "START",
    "COMMIT",
    "END",
    "ROLLBACK",
    "ABORT",
    "SAVEPOINT",
    "EXPLAIN",
    "SELECT",
    "DO",
];

/// Whether a text may touch prepared statements by name. Looks at the first word of each statement only; a no is never wrong.
pub fn may_name_statements(text: &[u8]) -> bool {
    const VERBS: [&[u8]; 6] = [b"PREPARE", b"EXECUTE", b"DEALLOCATE", b"DISCARD", b"EXPLAIN", b"CREATE"];
    let one = |statement: &[u8]| {
        let statement = statement.trim_ascii_start();
        // Behind a comment stands any verb.
        statement.starts_with(b"--")
            || statement.starts_with(b"/*")
            || VERBS.iter().any(|v| statement.get(..v.len()).is_some_and(|word| word.eq_ignore_ascii_case(v)))
    };
    if memchr::memchr(b';', text).is_none() { one(text) } else { text.split(|b| *b == b';').any(one) }
}

/// The effects of a text, with the number of their statement. Empty statements are not counted: the server does not answer them.
pub fn effects(lexed: &Lexed<'_>) -> Vec<(usize, Effect)> {
    let statements = lexed.statements().into_iter().filter(|range| !range.is_empty());
    statements.enumerate().filter_map(|(number, range)| Some((number, effect(lexed, &range)?))).collect()
}

/// The effect of one statement.
pub fn effect(lexed: &Lexed<'_>, range: &Range<usize>) -> Option<Effect> {
    let cursor = Cursor::new(lexed, range);
    let at = range.start;
    let first = lexed.lexemes.get(at).filter(|_| range.contains(&at))?;
    let verb = VERBS.into_iter().find(|v| first.is(v))?;
    match verb {
        "PREPARE" if cursor.is(at + 1, "TRANSACTION") => Some(Effect::Commit),
        "PREPARE" => Some(Effect::Prepare { name: cursor.name(at + 1)?, span: lexed.lexemes[at + 1].span }),
        "EXECUTE" => cursor.name(at + 1).map(Effect::Execute),
        "EXPLAIN" => cursor.execute(),
        "DEALLOCATE" => {
            let at = if cursor.is(at + 1, "PREPARE") && cursor.name(at + 2).is_some() { at + 2 } else { at + 1 };
            Some(Effect::Deallocate(if cursor.is(at, "ALL") { None } else { Some(cursor.name(at)?) }))
        }
        "SET" => cursor.set(at + 1),
        "RESET" if cursor.is(at + 1, "SEARCH_PATH") || cursor.is(at + 1, "ALL") => {
            Some(Effect::SearchPath { local: false, schemas: None })
        }
        "DISCARD" if cursor.is(at + 1, "ALL") => Some(Effect::DiscardAll),
        "DISCARD" => (cursor.is(at + 1, "TEMP") || cursor.is(at + 1, "TEMPORARY")).then_some(Effect::DiscardTemporary),
        "BEGIN" | "START" => Some(Effect::Begin),
        "COMMIT" | "END" => Some(Effect::Commit),
        "ROLLBACK" | "ABORT" => Some(cursor.rollback(at + 1)),
        "SAVEPOINT" => cursor.name(at + 1).map(Effect::Savepoint),
        "CREATE" => cursor.create().or_else(|| cursor.execute()),
        "DROP" => cursor.drop(at + 1),
        "ALTER" => Some(Effect::Alter),
        "SELECT" => cursor.select_into().or_else(|| cursor.set_config()),
        "DO" => cursor.speaks_of("temp").then_some(Effect::Alter),
        _ => None,
    }
}

impl Cursor<'_, '_> {
    fn token(&self, at: usize) -> Option<&Token> {
        self.lexeme(at).map(|l| &l.token.token)
    }

    /// Whether a word stands anywhere in the statement: of a block of code nothing more is read.
    fn speaks_of(&self, word: &str) -> bool {
        let text = self.lexed.slice(&(self.start..self.end)).as_bytes();
        text.windows(word.len()).any(|w| w.eq_ignore_ascii_case(word.as_bytes()))
    }

    /// The place behind an unquoted word outside of parentheses.
    fn behind_word(&self, keyword: &str) -> Option<usize> {
        Some(self.find(self.start, |i| self.is(i, keyword))).filter(|at| *at < self.end).map(|at| at + 1)
    }

    fn execute(&self) -> Option<Effect> {
        self.name(self.behind_word("EXECUTE")?).map(Effect::Execute)
    }

    fn rollback(&self, at: usize) -> Effect {
        let at = if self.is(at, "WORK") || self.is(at, "TRANSACTION") { at + 1 } else { at };
        if !self.is(at, "TO") {
            return Effect::Rollback;
        }
        let at = if self.is(at + 1, "SAVEPOINT") && self.name(at + 2).is_some() { at + 2 } else { at + 1 };
        Effect::RollbackTo(self.name(at).unwrap_or_default())
    }

    /// `SET [SESSION | LOCAL] search_path { TO | = } ...`, `SET SCHEMA '...'`; roles matter where `$user` is in the path.
    fn set(&self, at: usize) -> Option<Effect> {
        let local = self.is(at, "LOCAL");
        let at = if local || self.is(at, "SESSION") { at + 1 } else { at };
        if self.is(at, "SCHEMA") {
            let schemas = match self.token(at + 1) {
                Some(Token::SingleQuotedString(schema)) => Some(vec![schema.clone()]),
                _ => None,
            };
            return Some(Effect::SearchPath { local, schemas });
        }
        if self.is(at, "ROLE") || self.is(at, "AUTHORIZATION") {
            return Some(Effect::SearchPath { local, schemas: None });
        }
        (self.name(at)? == "search_path").then(|| Effect::SearchPath { local, schemas: self.schemas(at + 2) })
    }

    /// The list behind `TO` or `=`; `None` for DEFAULT, FROM CURRENT and whatever else is no list of names and strings.
    fn schemas(&self, mut at: usize) -> Option<Vec<String>> {
        let mut schemas = Vec::new();
        loop {
            schemas.push(match self.token(at)? {
                Token::SingleQuotedString(schema) => schema.clone(),
                Token::Word(_) if !self.is(at, "DEFAULT") && !self.is(at, "CURRENT") => self.name(at)?,
                _ => return None,
            });
            // Of a name with `$user` in it nobody here knows the role.
            schemas.last().filter(|s| *s != "$user")?;
            match self.token(at + 1) {
                None => return Some(schemas),
                Some(Token::Comma) => at += 2,
                Some(_) => return None,
            }
        }
    }

    /// `set_config('search_path', ...)`: which value it gets is for the server to know.
    fn set_config(&self) -> Option<Effect> {
        let calls = |i: usize| self.is(i, "SET_CONFIG");
        (self.start..self.end).any(calls).then_some(Effect::SearchPath { local: false, schemas: None })
    }

    fn create(&self) -> Option<Effect> {
        let head = self.start + 1..self.end.min(self.start + 8);
        let kind = head.clone().find(|&i| self.is(i, "TABLE") || self.is(i, "VIEW") || self.is(i, "SEQUENCE"))?;
        let mut at = kind + 1;
        if self.is(at, "IF") {
            at += 3;
        }
        let temporary = (head.start..kind).any(|i| self.is(i, "TEMP") || self.is(i, "TEMPORARY"));
        let mut name = self.name(at)?;
        let qualified = self.token(at + 1) == Some(&Token::Period);
        if qualified && name.starts_with("pg_temp") {
            name = self.name(at + 2)?;
        } else if !temporary || qualified {
            return None;
        }
        Some(Effect::CreateTemporary { name, until_commit: self.drops_on_commit() })
    }

    fn drops_on_commit(&self) -> bool {
        let commit = (self.start..self.end).find(|&i| self.is(i, "COMMIT") && self.is(i - 1, "ON"));
        commit.is_some_and(|i| self.is(i + 1, "DROP"))
    }

    /// `SELECT ... INTO TEMP name`.
    fn select_into(&self) -> Option<Effect> {
        let mut at = self.behind_word("INTO")?;
        if !(self.is(at, "TEMP") || self.is(at, "TEMPORARY")) {
            return None;
        }
        at += 1;
        if self.is(at, "TABLE") {
            at += 1;
        }
        Some(Effect::CreateTemporary { name: self.name(at)?, until_commit: false })
    }

    fn drop(&self, at: usize) -> Option<Effect> {
        if !["TABLE", "VIEW", "SEQUENCE", "MATERIALIZED"].iter().any(|k| self.is(at, k)) {
            return None;
        }
        let names = at + 1..self.end;
        let last = |&i: &usize| self.token(i + 1).is_none_or(|t| *t != Token::Period);
        Some(Effect::Drop(names.filter(last).filter_map(|i| self.name(i)).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<(usize, Effect)> {
        effects(&Lexed::new(text).unwrap())
    }

    fn path(local: bool, schemas: &[&str]) -> Effect {
        let known = !schemas.is_empty();
        Effect::SearchPath { local, schemas: known.then(|| schemas.iter().map(|s| (*s).to_owned()).collect()) }
    }

    #[test]
    fn names_of_statements() {
        let found =
            of("prepare \"S 1\" (int) as select 1;; execute P(2); deallocate prepare p; deallocate all; deallocate prepare");
        let Effect::Prepare { name, span } = &found[0].1 else { panic!("{found:?}") };
        assert_eq!((name.as_str(), span.range()), ("S 1", 8..13));
        assert_eq!(found[1], (1, Effect::Execute("p".into())));
        assert_eq!(found[2], (2, Effect::Deallocate(Some("p".into()))));
        assert_eq!(found[3], (3, Effect::Deallocate(None)));
        assert_eq!(found[4], (4, Effect::Deallocate(Some("prepare".into()))));
        assert_eq!(of("explain (costs off) execute p(1)")[0].1, Effect::Execute("p".into()));
        assert_eq!(
            of("create temp table x as execute p")[0].1,
            Effect::CreateTemporary { name: "x".into(), until_commit: false }
        );
    }

    #[test]
    fn the_search_path() {
        assert_eq!(of("set search_path = A, \"B c\", 'd'")[0].1, path(false, &["a", "B c", "d"]));
        assert_eq!(of("set local search_path to x")[0].1, path(true, &["x"]));
        assert_eq!(of("set session schema 'x'")[0].1, path(false, &["x"]));
        for unknown in ["set search_path to default", "reset all", "set search_path = \"$user\", x", "set role r"] {
            assert_eq!(of(unknown)[0].1, path(false, &[]), "{unknown}");
        }
        assert_eq!(of("select pg_catalog.set_config('search_path', 'x', false)")[0].1, path(false, &[]));
        assert!(of("set timezone = 'UTC'; select 1; update x set search_path = 1").is_empty());
    }

    #[test]
    fn temporary_relations_and_transactions() {
        let created = |name: &str, until_commit| Effect::CreateTemporary { name: name.into(), until_commit };
        assert_eq!(of("create temp table if not exists T (a int) on commit drop")[0].1, created("t", true));
        assert_eq!(of("create or replace temporary view v as select 1")[0].1, created("v", false));
        assert_eq!(of("create table pg_temp.t (a int)")[0].1, created("t", false));
        assert_eq!(of("select 1 as a into temp t")[0].1, created("t", false));
        assert_eq!(
            of("drop table if exists pg_temp.t, u cascade")[0].1,
            Effect::Drop(["if", "exists", "t", "u", "cascade"].map(Into::into).into())
        );
        assert_eq!(of("create table t (a int)"), []);
        assert_eq!(of("do $$ begin create TEMP table t (a int); end $$")[0].1, Effect::Alter);
        assert_eq!(of("do $$ begin delete from t; end $$"), []);
        let transaction = "begin; savepoint A; rollback to savepoint a; rollback work; commit; prepare transaction 'x'";
        let kinds: Vec<Effect> = of(transaction).into_iter().map(|(_, e)| e).collect();
        let a = || "a".to_owned();
        assert_eq!(
            kinds,
            [Effect::Begin, Effect::Savepoint(a()), Effect::RollbackTo(a()), Effect::Rollback, Effect::Commit, Effect::Commit]
        );
    }

    #[test]
    fn most_texts_are_told_by_their_first_words() {
        assert!(
            may_name_statements(b" Execute p") && may_name_statements(b"select 1; deallocate p") && may_name_statements(b"/**/x")
        );
        assert!(!may_name_statements(b"select 1") && !may_name_statements(b"update x set a = 1; select 'execute'"));
    }
}
