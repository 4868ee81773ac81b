//! What a statement leaves behind in its session: prepared statements by name, the search path, temporary relations, the state of
//! the transaction. Read from tokens alone, because the parser does not know most of these statements.

use std::ops::Range;

use sqlparser::tokenizer::Token;

use super::cursor::Cursor;
use super::token::{Lexed, Literal, Span};

/// The schema of temporary relations. A search path that does not name it has it first (manual, section 20.11.1).
pub const TEMPORARY: &str = "pg_temp";

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
    /// SET search_path; `schemas` is `None` when the value is not in the text.
    SearchPath {
        /// For the transaction only.
        local: bool,
        /// The schemas as written, with `$user` unresolved.
        schemas: Option<Vec<String>>,
    },
    /// SET ROLE, SET SESSION AUTHORIZATION: this changes what `$user` stands for, and which schemas may be used.
    Role {
        /// For the transaction only.
        local: bool,
    },
    /// CREATE TABLE, VIEW, SEQUENCE; SELECT INTO.
    Create {
        /// The relation.
        target: Target,
        /// TEMPORARY.
        temporary: bool,
        /// ON COMMIT DROP.
        until_commit: bool,
    },
    /// DROP of relations.
    Drop(Vec<Target>),
    /// ALTER ... RENAME TO of a relation.
    Rename {
        /// The relation, by its old name.
        target: Target,
        /// Its new name.
        to: String,
    },
    /// ALTER ... SET SCHEMA of a relation.
    Move {
        /// The relation, by its old schema.
        target: Target,
        /// Its new schema.
        schema: String,
    },
    /// CREATE SCHEMA.
    CreateSchema(String),
    /// DROP SCHEMA.
    DropSchemas(Vec<String>),
    /// ALTER SCHEMA ... RENAME TO.
    RenameSchema {
        /// Its old name.
        from: String,
        /// Its new name.
        to: String,
    },
    /// Any other ALTER, an index, a type, a foreign schema: relations may have been made or dropped.
    Alter,
    /// A DO whose code has words of making or changing relations; which ones is not known.
    Code,
    /// DISCARD ALL: frees everything.
    DiscardAll,
    /// DISCARD TEMP.
    DiscardTemporary,
    /// BEGIN, START TRANSACTION.
    Begin,
    /// COMMIT, END.
    Commit,
    /// PREPARE TRANSACTION: settings stay; relations that were made are visible only after COMMIT PREPARED.
    PrepareTransaction,
    /// ROLLBACK, ABORT.
    Rollback,
    /// SAVEPOINT.
    Savepoint(String),
    /// ROLLBACK TO.
    RollbackTo(String),
    /// RELEASE.
    Release(String),
}

/// A relation as a statement names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The schema, if the name is qualified.
    pub schema: Option<String>,
    /// Its own name.
    pub name: String,
}

impl Effect {
    /// Whether relations are made, dropped, renamed or moved to another schema.
    pub fn is_of_relations(&self) -> bool {
        matches!(
            self,
            Effect::Create { .. } | Effect::Drop(_) | Effect::Rename { .. } | Effect::Move { .. } | Effect::Alter | Effect::Code
        ) || self.is_of_schemas()
    }

    /// Whether a temporary relation may be made or dropped. `by_path`: the search path may make a relation temporary without the
    /// word.
    pub fn may_be_of_temporary(&self, by_path: bool) -> bool {
        match self {
            Effect::Create { target, temporary, .. } => {
                *temporary || target.schema.as_ref().map_or(by_path, |schema| schema.starts_with(TEMPORARY))
            }
            effect => effect.is_of_relations() && !effect.is_of_schemas(),
        }
    }

    /// Whether a whole schema is made, dropped or renamed.
    pub fn is_of_schemas(&self) -> bool {
        matches!(self, Effect::CreateSchema(_) | Effect::DropSchemas(_) | Effect::RenameSchema { .. })
    }
}

/// The first words of statements that have an effect.
const VERBS: [&str; 22] = [
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
    "WITH",
    "IMPORT",
    "RELEASE",
];

/// What may follow the name of SELECT INTO, and is none itself.
const BEHIND_INTO: [&str; 13] =
    ["FROM", "WHERE", "GROUP", "HAVING", "WINDOW", "UNION", "INTERSECT", "EXCEPT", "ORDER", "LIMIT", "OFFSET", "FETCH", "FOR"];

/// Kinds of relations that CREATE, ALTER and DROP name; words like FOREIGN and MATERIALIZED may come before them.
const KINDS: [&str; 3] = ["TABLE", "VIEW", "SEQUENCE"];

/// Whether a text may affect prepared statements by name. Looks only at the first word of each statement; false is always right.
pub fn may_name_statements(text: &[u8]) -> bool {
    begins_with(text, &[b"PREPARE", b"EXECUTE", b"DEALLOCATE", b"DISCARD", b"EXPLAIN", b"CREATE"])
}

/// Whether a text has several statements, of which one may change what names of relations mean. Looks only at the first word of
/// each statement. False is always right except for SELECT INTO and for DO, which change no search path that is read here.
pub fn may_move_names(text: &[u8]) -> bool {
    memchr::memchr(b';', text).is_some() && begins_with(text, &[b"SET", b"RESET", b"CREATE", b"ALTER", b"DROP", b"IMPORT"])
}

/// Whether a text is one SET TRANSACTION, or one SET of a setting with that word, which names no relation. The server must not be asked for any before
/// it: behind whatever has taken a snapshot it fails (source, variable.c, check_XactIsoLevel).
pub fn sets_transaction(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    let text = text.strip_suffix(b";").unwrap_or(text);
    let mut words = text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let begins = |word: Option<&[u8]>, with: &[u8]| {
        word.and_then(|word| word.get(..with.len())).is_some_and(|word| word.eq_ignore_ascii_case(with))
    };
    let is_set = words.next().is_some_and(|verb| verb.eq_ignore_ascii_case(b"SET"));
    let mut about = words.next();
    if about.is_some_and(|word| word.eq_ignore_ascii_case(b"LOCAL") || word.eq_ignore_ascii_case(b"SESSION")) {
        about = words.next();
    }
    is_set && begins(about, b"TRANSACTION") && memchr::memchr(b';', text).is_none()
}

/// Whether a statement of a text may begin with one of these words.
fn begins_with(text: &[u8], verbs: &[&[u8]]) -> bool {
    let one = |statement: &[u8]| {
        let statement = statement.trim_ascii_start();
        // Behind a comment stands any verb.
        statement.starts_with(b"--")
            || statement.starts_with(b"/*")
            || verbs.iter().any(|v| statement.get(..v.len()).is_some_and(|word| word.eq_ignore_ascii_case(v)))
    };
    if memchr::memchr(b';', text).is_none() { one(text) } else { text.split(|b| *b == b';').any(one) }
}

/// The effects of a text, with the number of their statement. Empty statements are not counted, because the server does not answer
/// them.
pub fn effects(lexed: &Lexed<'_>) -> Vec<(usize, Effect)> {
    let statements = lexed.statements().into_iter().filter(|range| !range.is_empty());
    let numbered = |(number, range)| effects_of(lexed, &range).into_iter().map(move |effect| (number, effect));
    statements.enumerate().flat_map(numbered).collect()
}

/// The effects of one statement: mostly one or none; CREATE TABLE ... AS EXECUTE has two, and CREATE SCHEMA one for each relation
/// in it.
pub fn effects_of(lexed: &Lexed<'_>, range: &Range<usize>) -> Vec<Effect> {
    // Parentheses may stand around a query.
    let at = range.clone().find(|&i| !lexed.lexemes[i].is_token(&Token::LParen)).unwrap_or(range.end);
    let cursor = Cursor::new(lexed, &(at..range.end));
    let verb = cursor.lexeme(at).and_then(|first| VERBS.into_iter().find(|v| first.is(v))).unwrap_or_default();
    let mut effects = match verb {
        "EXPLAIN" => match cursor.analyzed(at + 1) {
            Some(explained) => return effects_of(lexed, &(explained..range.end)),
            None => cursor.execute().into_iter().collect(),
        },
        "CREATE" if cursor.is(at + 1, "SCHEMA") => cursor.create_schema(at + 2),
        "CREATE" => cursor.create(at).into_iter().chain(cursor.execute()).collect(),
        "SELECT" | "WITH" => cursor.select_into().into_iter().collect(),
        // What it says is run by EXECUTE.
        "PREPARE" => return cursor.effect(verb).into_iter().collect(),
        verb => cursor.effect(verb).into_iter().collect(),
    };
    effects.extend(cursor.set_config());
    effects
}

impl Cursor<'_, '_> {
    fn effect(&self, verb: &str) -> Option<Effect> {
        let (cursor, at) = (self, self.start);
        match verb {
            "PREPARE" if cursor.is(at + 1, "TRANSACTION") => Some(Effect::PrepareTransaction),
            "PREPARE" => Some(Effect::Prepare { name: cursor.name(at + 1)?, span: cursor.lexeme(at + 1)?.span }),
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
            "RESET" if cursor.is_any(at + 1, &["ROLE", "SESSION"]) => Some(Effect::Role { local: false }),
            "DISCARD" if cursor.is(at + 1, "ALL") => Some(Effect::DiscardAll),
            "DISCARD" => (cursor.is(at + 1, "TEMP") || cursor.is(at + 1, "TEMPORARY")).then_some(Effect::DiscardTemporary),
            "BEGIN" | "START" => Some(Effect::Begin),
            "COMMIT" | "END" => Some(Effect::Commit),
            "ROLLBACK" | "ABORT" => Some(cursor.rollback(at + 1)),
            "SAVEPOINT" => cursor.name(at + 1).map(Effect::Savepoint),
            "RELEASE" => cursor
                .name(if cursor.is(at + 1, "SAVEPOINT") && cursor.name(at + 2).is_some() { at + 2 } else { at + 1 })
                .map(Effect::Release),
            "DROP" => cursor.drop(at + 1),
            "ALTER" => Some(cursor.alter(at + 1).unwrap_or(Effect::Alter)),
            "IMPORT" => Some(Effect::Alter),
            "DO" => cursor.code(),
            _ => None,
        }
    }

    fn token(&self, at: usize) -> Option<&Token> {
        self.lexeme(at).map(|l| &l.token.token)
    }

    /// Whether a word occurs anywhere in the statement. Of a block of code no more is read.
    fn speaks_of(&self, word: &str) -> bool {
        let text = self.lexed.slice(&(self.start..self.end));
        text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|w| w.eq_ignore_ascii_case(word))
    }

    /// The position after an unquoted word outside parentheses.
    fn behind_word(&self, keyword: &str) -> Option<usize> {
        Some(self.find(self.start, |i| self.is(i, keyword))).filter(|at| *at < self.end).map(|at| at + 1)
    }

    /// The server runs the code of DO; here only its words are looked at.
    fn code(&self) -> Option<Effect> {
        if ["search_path", "set_config"].iter().any(|word| self.speaks_of(word)) {
            return Some(Effect::SearchPath { local: false, schemas: None });
        }
        ["create", "alter", "drop", "temp", "temporary"].iter().any(|word| self.speaks_of(word)).then_some(Effect::Code)
    }

    /// The relation whose name begins there, and the position after it.
    fn target(&self, at: usize) -> Option<(Target, usize)> {
        let (name, end) = self.dotted(at)?;
        let mut parts = name.0.into_iter().map(|part| part.text).rev();
        Some((Target { name: parts.next()?, schema: parts.next() }, end))
    }

    /// The position after `IF EXISTS` or `IF NOT EXISTS`, if one of these is there.
    fn behind_if(&self, at: usize) -> usize {
        match (self.is(at, "IF"), self.is(at + 1, "NOT")) {
            (false, _) => at,
            (true, false) => at + 2,
            (true, true) => at + 3,
        }
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

    /// `SET [SESSION | LOCAL] search_path { TO | = } ...`, `SET SCHEMA '...'`; and roles, because of `$user` in the path.
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
            return Some(Effect::Role { local });
        }
        (self.name(at)? == "search_path").then(|| Effect::SearchPath { local, schemas: self.schemas(at + 2) })
    }

    /// The list after `TO` or `=`; `None` for DEFAULT, FROM CURRENT, and anything else that is no list of names and strings.
    fn schemas(&self, mut at: usize) -> Option<Vec<String>> {
        let mut schemas = Vec::new();
        loop {
            schemas.push(match self.token(at)? {
                Token::SingleQuotedString(schema) => schema.clone(),
                Token::Word(_) if !self.is(at, "DEFAULT") && !self.is(at, "CURRENT") => self.name(at)?,
                _ => return None,
            });
            match self.token(at + 1) {
                None => return Some(schemas),
                Some(Token::Comma) => at += 2,
                Some(_) => return None,
            }
        }
    }

    /// `set_config('search_path', ...)`, and UPDATE of `pg_settings`, which calls it: which value it gets is for the server to know.
    fn set_config(&self) -> Option<Effect> {
        let named = |name: &str| (self.start..self.end).any(|i| self.lexeme(i).is_some_and(|l| l.is_named(name)));
        let updates = || (self.start..self.end).any(|i| self.is(i, "UPDATE"));
        let sets = named("set_config") || named("pg_settings") && updates();
        sets.then_some(Effect::SearchPath { local: false, schemas: None })
    }

    /// Where the statement begins that EXPLAIN runs, because it says ANALYZE.
    fn analyzed(&self, at: usize) -> Option<usize> {
        if !self.is_token(at, &Token::LParen) || self.is_any(at + 1, &["SELECT", "WITH", "VALUES", "TABLE"]) {
            let analyzes = self.is_any(at, &["ANALYZE", "ANALYSE"]);
            return analyzes.then(|| at + 1 + usize::from(self.is(at + 1, "VERBOSE")));
        }
        let close = self.closing(at)?;
        let options = self.split(at + 1..close, self.depth + 1);
        let mut named = options.iter().filter(|option| {
            let name = self.name(option.start).unwrap_or_default();
            name == "analyze" || name == "analyse"
        });
        // Of several the last one holds (source, explain.c, ExplainQuery).
        let is_off = |option: &Range<usize>| match self.lexeme(option.start + 1).filter(|_| option.len() > 1) {
            Some(value) => match (value.name(), value.literal()) {
                (Some(word), _) => matches!(word.to_ascii_lowercase().as_str(), "false" | "off"),
                (_, Some(Literal::Number(text) | Literal::Text(text))) => {
                    matches!(text.to_ascii_lowercase().as_str(), "0" | "false" | "off")
                }
                _ => false,
            },
            None => false,
        };
        named.next_back().filter(|option| !is_off(option)).map(|_| close + 1)
    }

    /// `CREATE ... TABLE name`, and other statements that make a relation.
    fn create(&self, at: usize) -> Option<Effect> {
        const BEFORE: [&str; 9] =
            ["OR", "REPLACE", "GLOBAL", "LOCAL", "TEMP", "TEMPORARY", "UNLOGGED", "RECURSIVE", "MATERIALIZED"];
        let kind = self.find(at + 1, |i| !self.is_any(i, &BEFORE) && !self.is(i, "FOREIGN"));
        if !self.is_any(kind, &KINDS) {
            let makes_one = self.is_any(kind, &["UNIQUE", "INDEX", "TYPE"]);
            return makes_one.then_some(Effect::Alter);
        }
        let (target, _) = self.target(self.behind_if(kind + 1))?;
        let temporary = (at + 1..kind).any(|i| self.is_any(i, &["TEMP", "TEMPORARY"]));
        Some(Effect::Create { target, temporary, until_commit: self.drops_on_commit() })
    }

    /// `CREATE SCHEMA name`, and the relations that are made in it at once.
    fn create_schema(&self, at: usize) -> Vec<Effect> {
        let at = self.behind_if(at);
        let Some(schema) = self.name(if self.is(at, "AUTHORIZATION") { at + 1 } else { at }) else { return Vec::new() };
        let elements = (at..self.end).filter(|&i| self.is(i, "CREATE")).filter_map(|i| self.create(i));
        let within = elements.map(|element| match element {
            Effect::Create { target, temporary, until_commit } => {
                let target = Target { schema: target.schema.or(Some(schema.clone())), ..target };
                Effect::Create { target, temporary, until_commit }
            }
            other => other,
        });
        let mut effects = vec![Effect::CreateSchema(schema.clone())];
        effects.extend(within);
        effects
    }

    fn drops_on_commit(&self) -> bool {
        let commit = (self.start..self.end).find(|&i| self.is(i, "COMMIT") && self.is(i - 1, "ON"));
        commit.is_some_and(|i| self.is(i + 1, "DROP"))
    }

    /// `SELECT ... INTO name`.
    fn select_into(&self) -> Option<Effect> {
        // Behind WITH stands any statement that has it; behind AS it is a name.
        let is_other = |i: usize| self.is_any(i, &["INSERT", "MERGE", "AS"]) || self.is_token(i, &Token::Period);
        let at = (self.start + 1..self.end).find(|&i| self.is(i, "INTO") && !is_other(i - 1))? + 1;
        let word = at + usize::from(self.is_any(at, &["LOCAL", "GLOBAL"]) && self.is_any(at + 1, &["TEMP", "TEMPORARY"]));
        let temporary = self.is_any(word, &["TEMP", "TEMPORARY"]);
        let behind = if temporary || self.is(word, "UNLOGGED") { word + 1 } else { word };
        let name = behind + usize::from(self.is(behind, "TABLE"));
        // Each of these words but TABLE is a name too.
        let is_named = self.lexeme(name).is_some_and(|l| l.name().is_some() && !l.is_any(&BEHIND_INTO));
        let (target, _) = self.target(if is_named { name } else { at })?;
        Some(Effect::Create { target, temporary: temporary && is_named, until_commit: false })
    }

    fn drop(&self, at: usize) -> Option<Effect> {
        if self.is(at, "SCHEMA") {
            let targets = self.targets(self.behind_if(at + 1));
            return Some(Effect::DropSchemas(targets.into_iter().map(|target| target.name).collect()));
        }
        let kind = at + usize::from(self.is_any(at, &["MATERIALIZED", "FOREIGN"]));
        match self.is_any(kind, &KINDS) {
            true => Some(Effect::Drop(self.targets(self.behind_if(kind + 1)))),
            false => self.is_any(kind, &["INDEX", "TYPE", "OWNED", "EXTENSION"]).then_some(Effect::Alter),
        }
    }

    /// Names separated by commas.
    fn targets(&self, mut at: usize) -> Vec<Target> {
        let mut targets = Vec::new();
        while let Some((target, end)) = self.target(at) {
            targets.push(target);
            if !self.is_token(end, &Token::Comma) {
                break;
            }
            at = end + 1;
        }
        targets
    }

    /// `ALTER TABLE name RENAME TO ...`, `... SET SCHEMA ...`; `None` for what changes no name.
    fn alter(&self, at: usize) -> Option<Effect> {
        if self.is(at, "SCHEMA") {
            let from = self.name(at + 1)?;
            let to = self.name(at + 4).filter(|_| self.is(at + 2, "RENAME"))?;
            return Some(Effect::RenameSchema { from, to });
        }
        let kind = at + usize::from(self.is_any(at, &["MATERIALIZED", "FOREIGN"]));
        if !self.is_any(kind, &KINDS) {
            return None;
        }
        let at = self.behind_if(kind + 1);
        let (target, mut at) = self.target(at + usize::from(self.is(at, "ONLY")))?;
        at += usize::from(self.is_token(at, &Token::Mul));
        match (self.is(at, "RENAME") && self.is(at + 1, "TO"), self.is(at, "SET") && self.is(at + 1, "SCHEMA")) {
            (true, _) => Some(Effect::Rename { target, to: self.name(at + 2)? }),
            (_, true) => Some(Effect::Move { target, schema: self.name(at + 2)? }),
            _ => None,
        }
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

    fn target(name: &str) -> Target {
        let (schema, name) = name.split_once('.').map_or((None, name), |(schema, name)| (Some(schema.to_owned()), name));
        Target { schema, name: name.to_owned() }
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
        assert_eq!(of("explain analyze execute p(1)")[0].1, Effect::Execute("p".into()));
        let made = |temporary| Effect::Create { target: target("x"), temporary, until_commit: false };
        let run = || (0, Effect::Execute("p".into()));
        assert_eq!(of("create temp table x as execute p"), [(0, made(true)), run()]);
        assert_eq!(of("create table x as execute p"), [(0, made(false)), run()]);
    }

    #[test]
    fn the_search_path() {
        assert_eq!(of("set search_path = A, \"B c\", 'd'")[0].1, path(false, &["a", "B c", "d"]));
        assert_eq!(of("set local search_path to x")[0].1, path(true, &["x"]));
        assert_eq!(of("set session schema 'x'")[0].1, path(false, &["x"]));
        assert_eq!(of("set search_path = \"$user\", x")[0].1, path(false, &["$user", "x"]));
        assert_eq!(of("set local role r")[0].1, Effect::Role { local: true });
        for unknown in ["set search_path to default", "reset all", "do $$ begin set search_path = x; end $$"] {
            assert_eq!(of(unknown)[0].1, path(false, &[]), "{unknown}");
        }
        assert_eq!(of("select pg_catalog.set_config('search_path', 'x', false)")[0].1, path(false, &[]));
        for unknown in [
            "insert into x values (set_config('search_path', 'x', false))",
            "explain (verbose, analyze on) select \"set_config\"('search_path', 'x', true)",
            "copy (select set_config($1, $2, $3)) to stdout",
            "call p(set_config('a', 'x', false))",
            "update pg_settings set setting = 'x' where name = 'search_path'",
            "with x as (select 1) update pg_catalog.pg_settings set setting = 'x'",
        ] {
            assert_eq!(of(unknown)[0].1, path(false, &[]), "{unknown}");
        }
        assert!(of("set timezone = 'UTC'; select 1; update x set search_path = 1; select * from pg_settings").is_empty());
        assert!(
            of("prepare p as select set_config('search_path', 'x', false)")
                .iter()
                .all(|(_, e)| matches!(e, Effect::Prepare { .. }))
        );
    }

    #[test]
    fn relations_come_and_go() {
        let created = |name: &str, temporary, until_commit| Effect::Create { target: target(name), temporary, until_commit };
        let drops = |names: &[&str]| Effect::Drop(names.iter().map(|n| target(n)).collect());
        assert_eq!(of("create temp table if not exists T (a int) on commit drop")[0].1, created("t", true, true));
        assert_eq!(of("create or replace temporary view v as select 1")[0].1, created("v", true, false));
        assert_eq!(of("create table pg_temp.t (a int)")[0].1, created("pg_temp.t", false, false));
        assert_eq!(of("create unlogged table if not exists a.t (a int)")[0].1, created("a.t", false, false));
        assert_eq!(of("create materialized view a.t as select 1")[0].1, created("a.t", false, false));
        for words in ["temp", "temporary", "local temp", "local temporary", "global temp", "global temporary", "temp table"] {
            assert_eq!(of(&format!("select 1 as a into {words} t"))[0].1, created("t", true, false), "{words}");
            assert_eq!(of(&format!("(select 1 as a into {words} t from x)"))[0].1, created("t", true, false), "{words}");
        }
        for words in ["", "table", "unlogged", "unlogged table"] {
            assert_eq!(of(&format!("select 1 as a into {words} a.t from x"))[0].1, created("a.t", false, false), "{words}");
        }
        for name in ["temp", "local", "unlogged", "global"] {
            assert_eq!(of(&format!("select 1 as a into {name} from x"))[0].1, created(name, false, false), "{name}");
        }
        for words in ["local temp", "global temp", "local temporary", "global temporary"] {
            assert_eq!(of(&format!("create {words} table t (a int)"))[0].1, created("t", true, false), "{words}");
        }
        for words in ["analyze", "analyse verbose", "(analyze)", "(costs off, analyze true)", "(analyze off, analyze 1)"] {
            assert_eq!(
                of(&format!("explain {words} create temp table t as select 1"))[0].1,
                created("t", true, false),
                "{words}"
            );
            assert_eq!(of(&format!("explain {words} select 1 as a into a.t"))[0].1, created("a.t", false, false), "{words}");
        }
        for words in ["", "verbose", "(analyze off)", "(analyze 'false')", "(costs)", "(analyze, analyze 0)"] {
            assert_eq!(of(&format!("explain {words} create temp table t as select 1")), [], "{words}");
        }
        assert_eq!(of("with x as (select 1) (select * into temp t from x)")[0].1, created("t", true, false));
        assert_eq!(of("select 1 as into from x"), []);
        assert_eq!(of("with x as (select 1) select * into a.t from x")[0].1, created("a.t", false, false));
        assert_eq!(of("with x as (select 1) insert into a.t select * from x"), []);
        assert_eq!(of("drop table if exists pg_temp.t, u cascade")[0].1, drops(&["pg_temp.t", "u"]));
        assert_eq!(of("drop foreign table t")[0].1, drops(&["t"]));
        assert_eq!(of("create function f() returns table (a int) language sql as ''"), []);
        assert_eq!(of("create unique index t on u (table)")[0].1, Effect::Alter);
        assert_eq!(of("do $$ begin create TEMP table t (a int); end $$")[0].1, Effect::Code);
        assert_eq!(of("do $$ begin delete from t where temperatura > created; end $$"), []);
        let renamed = Effect::Rename { target: target("a.t"), to: "u".into() };
        assert_eq!(of("alter table if exists only a.t * rename to U")[0].1, renamed);
        assert_eq!(of("alter view t set schema B")[0].1, Effect::Move { target: target("t"), schema: "b".into() });
        assert_eq!(of("alter table t rename a to b")[0].1, Effect::Alter);
        assert_eq!(of("alter schema a rename to b")[0].1, Effect::RenameSchema { from: "a".into(), to: "b".into() });
        assert_eq!(of("drop schema if exists a, b cascade")[0].1, Effect::DropSchemas(vec!["a".into(), "b".into()]));
        assert_eq!(
            of("create schema a authorization x create table t (a int) create view b.v as select 1"),
            [(0, Effect::CreateSchema("a".into())), (0, created("a.t", false, false)), (0, created("b.v", false, false))]
        );
    }

    #[test]
    fn transactions() {
        let transaction =
            "begin; savepoint A; rollback to savepoint a; release a; rollback work; commit; prepare transaction 'x'";
        let kinds: Vec<Effect> = of(transaction).into_iter().map(|(_, e)| e).collect();
        let a = || "a".to_owned();
        assert_eq!(
            kinds,
            [
                Effect::Begin,
                Effect::Savepoint(a()),
                Effect::RollbackTo(a()),
                Effect::Release(a()),
                Effect::Rollback,
                Effect::Commit,
                Effect::PrepareTransaction
            ]
        );
    }

    #[test]
    fn most_texts_are_told_by_their_first_words() {
        assert!(
            may_name_statements(b" Execute p") && may_name_statements(b"select 1; deallocate p") && may_name_statements(b"/**/x")
        );
        for set in [" set\ttransaction isolation level serializable; ", "SET LOCAL transaction_isolation = 'serializable'"] {
            assert!(sets_transaction(set.as_bytes()));
        }
        for other in [
            "set transaction read only; select 1",
            "set constraints transaction deferred",
            "settle transaction",
            "set",
            "set local",
        ] {
            assert!(!sets_transaction(other.as_bytes()));
        }
        assert!(!may_name_statements(b"select 1") && !may_name_statements(b"update x set a = 1; select 'execute'"));
    }
}
