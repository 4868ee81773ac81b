//! Whether a statement of a text may run a function that changes the search path. The server is not asked between the statements of one message, so
//! it is told from tokens: by the names that a statement calls or uses, and by what the statements before it have left behind: a prepared
//! statement, a cursor, a function, a view. A function that runs where no statement names it (by a trigger, a default) is not found.

use std::collections::BTreeSet;
use std::ops::Range;

use sqlparser::tokenizer::Token;

use super::policy::Policy;
use crate::catalog::movers::Use;
use crate::sql::{Lexed, Lexeme};

/// First words of statements that run no function.
const AT_REST: [&str; 26] = [
    "SET",
    "RESET",
    "SHOW",
    "BEGIN",
    "START",
    "ROLLBACK",
    "ABORT",
    "SAVEPOINT",
    "RELEASE",
    "DROP",
    "COMMENT",
    "GRANT",
    "REVOKE",
    "CLOSE",
    "DEALLOCATE",
    "DISCARD",
    "LISTEN",
    "UNLISTEN",
    "NOTIFY",
    "LOCK",
    "TRUNCATE",
    "SECURITY",
    "CHECKPOINT",
    "LOAD",
    "REASSIGN",
    "IMPORT",
];
/// What may stand between CREATE and the kind of what is made.
const BEFORE_KIND: [&str; 10] =
    ["OR", "REPLACE", "GLOBAL", "LOCAL", "TEMP", "TEMPORARY", "UNLOGGED", "RECURSIVE", "TRUSTED", "PROCEDURAL"];
/// Kinds whose code runs when a statement names them; any other kind (a trigger, a rule, a cast, an operator) runs without its name.
const NAMED: [&str; 6] = ["FUNCTION", "PROCEDURE", "VIEW", "AGGREGATE", "DOMAIN", "TYPE"];
/// Kinds whose definition is run when they are made.
const RUN_AT_ONCE: [&str; 4] = ["TABLE", "MATERIALIZED", "INDEX", "UNIQUE"];

/// What the statements of a text leave behind that may change the search path when it runs.
#[derive(Debug)]
pub(super) struct Left<'p> {
    policy: &'p Policy,
    /// Names of prepared statements, cursors, functions, views, types.
    names: BTreeSet<String>,
    /// Something runs without being named.
    unnamed: bool,
    /// A cursor is read to its end when the transaction is committed.
    at_commit: bool,
}

impl<'p> Left<'p> {
    /// `behind`: earlier messages have left behind what may change the path, under a name that is not known here.
    pub(super) fn new(policy: &'p Policy, behind: bool) -> Self {
        Left { policy, names: BTreeSet::new(), unnamed: behind, at_commit: behind }
    }

    /// Whether no statement of a text can run such a function.
    pub(super) fn is_idle(&self, text: &str) -> bool {
        let found = self.policy.scan(text.as_bytes());
        !(self.unnamed || found.path || found.moves)
    }

    /// Whether a statement may change the search path by a function that it runs; what it leaves behind is remembered.
    pub(super) fn moves_path(&mut self, lexed: &Lexed<'_>, lexemes: &Range<usize>) -> bool {
        let all = &lexed.lexemes[lexemes.clone()];
        let Some(at) = all.iter().position(|l| !l.is_token(&Token::LParen)) else { return false };
        let (first, rest) = (&all[at], &all[at + 1..]);
        if first.is_any(&["COMMIT", "END"]) {
            return self.at_commit;
        }
        // PREPARE TRANSACTION ends a transaction.
        if first.is_any(&AT_REST) || first.is("PREPARE") && rest.first().is_some_and(|l| l.is("TRANSACTION")) {
            return false;
        }
        let text = lexed.slice(lexemes);
        let is_mover = self.uses(all, text);
        if first.is_any(&["PREPARE", "DECLARE"]) {
            let holds = rest.windows(2).any(|pair| pair[0].is("WITH") && pair[1].is("HOLD"));
            self.at_commit |= is_mover && first.is("DECLARE") && holds;
            self.names.extend(rest.first().and_then(Lexeme::name).filter(|_| is_mover));
            return false;
        }
        if !first.is("CREATE") {
            return is_mover || self.unnamed || first.is("DO") && self.speaks(text);
        }
        self.create(rest, text, is_mover)
    }

    /// CREATE: what is made runs later, and some of it at once.
    fn create(&mut self, rest: &[Lexeme], text: &str, is_mover: bool) -> bool {
        let at = rest.iter().position(|l| !l.is_any(&BEFORE_KIND)).unwrap_or(0);
        let Some(kind) = rest.get(at) else { return false };
        let runs = kind.is_any(&RUN_AT_ONCE);
        let moves = match () {
            // The body of a function is a string, or follows RETURN or BEGIN ATOMIC; a search path that is SET for it is gone when it ends.
            () if kind.is_any(&["FUNCTION", "PROCEDURE"]) => {
                is_mover || calls_set_config(rest) || rest.iter().filter_map(text_of).any(|code| self.speaks(code))
            }
            () if kind.is("VIEW") => is_mover || calls_set_config(rest),
            () if runs => is_mover,
            // Others name a function and do not call it.
            () => self.speaks(text),
        };
        if !moves {
            return runs && self.unnamed;
        }
        match last_name(&rest[at + 1..]).filter(|_| kind.is_any(&NAMED)) {
            Some(name) => drop(self.names.insert(name)),
            None => self.unnamed = true,
        }
        runs
    }

    /// Whether a statement uses what may change the search path.
    fn uses(&self, all: &[Lexeme], text: &str) -> bool {
        self.calls(all)
            || self.policy.movers().operators().any(|operator| text.contains(operator))
            // `query_to_xml('select f()')`.
            || all.iter().filter_map(text_of).any(|code| self.calls_in(code))
    }

    /// Whether lexemes call such a function, or name a relation or a type that does.
    fn calls(&self, all: &[Lexeme]) -> bool {
        let is_one = |(i, lexeme): (usize, &Lexeme)| {
            let Some(name) = lexeme.name() else { return false };
            if self.names.contains(&name) {
                return true;
            }
            // An escape that is not decoded may stand for any name.
            if lexeme.is("UESCAPE") {
                return true;
            }
            let opens = all.get(i + 1).is_some_and(|next| next.is_token(&Token::LParen));
            // `t.f` calls a function of a row, where it has no such column.
            let is_field = || i > 0 && all[i - 1].is_token(&Token::Period);
            self.policy.movers().of(&name).filter(|moves| moves.path).is_some_and(|_| match self.policy.movers().use_of(&name) {
                Use::Named => true,
                Use::Called | Use::Operator => opens || is_field(),
            })
        };
        all.iter().enumerate().any(is_one)
    }

    fn calls_in(&self, code: &str) -> bool {
        let found = self.policy.scan(code.as_bytes());
        (found.moves || found.path || !self.names.is_empty())
            && Lexed::new(code).is_ok_and(|lexed| self.calls(&lexed.lexemes) || calls_set_config(&lexed.lexemes))
    }

    /// Whether code speaks of the search path, or calls what does.
    fn speaks(&self, code: &str) -> bool {
        let words: Vec<String> = code
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .filter(|word| !word.is_empty())
            .map(str::to_ascii_lowercase)
            .collect();
        let is = |at: usize, list: &[&str]| words.get(at).is_some_and(|word| list.contains(&word.as_str()));
        let sets = |at: usize| {
            let what = at + 1 + usize::from(is(at + 1, &["local", "session"]));
            is(at, &["set"]) && is(what, &["schema", "role", "authorization"])
        };
        let speaks = |at| {
            is(at, &["search_path", "set_config", "pg_settings", "discard"])
                || sets(at)
                || is(at, &["reset"]) && is(at + 1, &["all", "role", "session"])
                || self.names.contains(&words[at])
        };
        (0..words.len()).any(speaks) || self.policy.moves_of(code).path
    }
}

/// The last word of the dotted name with which lexemes begin.
fn last_name(all: &[Lexeme]) -> Option<String> {
    let dots = all.iter().skip(1).step_by(2).take_while(|l| l.is_token(&Token::Period)).count();
    all.get(2 * dots)?.name()
}

fn text_of(lexeme: &Lexeme) -> Option<&str> {
    match lexeme.literal() {
        Some(crate::sql::token::Literal::Text(text)) => Some(text),
        _ => None,
    }
}

fn calls_set_config(all: &[Lexeme]) -> bool {
    all.windows(2).any(|pair| pair[0].is_named("set_config") && pair[1].is_token(&Token::LParen))
}

#[cfg(test)]
mod tests {
    use super::super::tests::policy;
    use super::super::{HitOutcome, NameContext, rewrite};
    use crate::catalog::movers::{Movers, Moves, Use};

    /// What becomes of a legacy name behind a text.
    fn read(first: &str, left_behind: bool) -> Option<HitOutcome> {
        let path = Moves { path: true, ..Moves::default() };
        let movers =
            Movers::default().with("Mueve", path).with("mueve", path).with("corre", Moves { code: true, ..Moves::default() });
        let movers = movers.used("mira", Use::Named, path).used("===>", Use::Operator, path);
        let policy = policy().moved_by(std::sync::Arc::new(movers));
        let names = NameContext { left_behind, ..NameContext::with_path(&["cf_quere_pro"]) };
        let outcome = rewrite(&policy, &names, &format!("{first}; table tipocorreo"));
        outcome.hits.last().map(|hit| hit.outcome)
    }

    #[test]
    fn a_function_that_speaks_of_the_path_leaves_it_in_doubt() {
        for first in [
            "select otra.MUEVE('x')",
            "(select \"Mueve\"('x'))",
            "insert into x values (mueve('x'))",
            "explain analyze select mueve('x')",
            "call mueve('x')",
            "do $$ begin perform mueve('x'); end $$",
            "do $$ begin set local role x; end $$",
            "select U&\"m\\0075eve\"('x')",
            "select U&\"m!0075eve\" uescape '!' ('x')",
            "select t.mueve from x t",
            "create temp table a as select mueve('x')",
            "create table a as (with b as (select mueve('x')) table b)",
            "create materialized view a as select mueve('x')",
            "create index on a (mueve(b))",
            "select mueve('x') into a",
            "table mira",
            "select * from x join otra.mira using (y)",
            "select 'x'::mira",
            "select a ===> b from x",
            "select query_to_xml('select mueve(1)', true, true, '')",
            "alter table a add b text default mueve('x')",
            "copy (select mueve('x')) to stdout",
            "copy mira to stdout",
            "refresh materialized view mira",
        ] {
            assert_eq!(read(first, false), Some(HitOutcome::Refused), "{first}");
        }
        for first in [
            "select mueve from x",
            "select corre('x')",
            "select 'mueve'",
            "create function mueve(x text) returns int language sql as 'select 1'",
            "create function f() returns int language sql set search_path = x as 'select 1'; select f()",
            "create function f() returns int language sql as 'update a set b = 1 where role = 2'; select f()",
            "drop function mueve(text)",
            "comment on function mueve(text) is 'mueve()'",
            "grant select on mira to public",
            "prepare p as select mueve('x')",
            "prepare p as select mueve('x'); execute q",
            "declare c cursor for select mueve('x'); fetch all from d; commit",
            "declare c cursor for select mueve('x'); close c",
            "create view v as select mueve('x') as y; select 1",
            "create aggregate g(text) (sfunc = mueve, stype = text); select 1",
        ] {
            assert_eq!(read(first, false), Some(HitOutcome::Rewritten), "{first}");
        }
    }

    #[test]
    fn what_runs_later_leaves_it_in_doubt_then() {
        for (first, then) in [
            ("prepare p as select mueve('x')", "execute p"),
            ("prepare \"P 1\" as table mira", "explain analyze execute \"P 1\""),
            ("prepare p as select mueve('x')", "create temp table a as execute p"),
            ("declare c cursor for select mueve('x')", "fetch all from c"),
            ("declare c scroll cursor for table mira", "move c"),
            ("declare c cursor with hold for select mueve('x')", "commit"),
            ("create function f() returns int language sql as 'select mueve(''x'')'", "select f()"),
            (
                "create or replace function a.f() returns void language plpgsql as $$ begin set search_path = x; end $$",
                "call a.f()",
            ),
            ("create procedure f() language sql begin atomic select set_config('search_path', 'x', false); end", "call f()"),
            ("create function f() returns int language sql return mueve('x')", "create table a as select f()"),
            (
                "create function f() returns void language plpgsql as $$ begin reset role; end $$",
                "do $$ begin perform f(); end $$",
            ),
            ("create temp view v as select mueve('x') as y", "table v"),
            ("create view v as select set_config('search_path', 'x', false) as y", "select * from v"),
            ("create view v as table mira; create view w as table v", "insert into b table w"),
            ("create domain d as text check (mueve(value) is null)", "select 'x'::d"),
            ("create aggregate g(text) (sfunc = mueve, stype = text)", "select g(b) from x"),
            ("create operator === (leftarg = text, function = mueve)", "select 1 === 2"),
            ("create cast (a as b) with function mueve(a)", "select 1"),
            ("create trigger t before insert on b for each row execute function mueve('x')", "insert into b values (1)"),
            ("create rule r as on insert to b do also select mueve('x')", "insert into b values (1)"),
            ("create table b (a text default mueve('x'))", "insert into b values (1)"),
        ] {
            assert_eq!(read(&format!("{first}; {then}"), false), Some(HitOutcome::Refused), "{first}; {then}");
        }
    }

    #[test]
    fn what_earlier_messages_left_behind_runs_too() {
        for first in ["fetch all from c", "move c", "commit", "execute p", "select f()", "call f()", "insert into b values (1)"] {
            assert_eq!(read(first, true), Some(HitOutcome::Refused), "{first}");
            assert_eq!(read(first, false), Some(HitOutcome::Rewritten), "{first}");
        }
        assert_eq!(read("begin; set x = 1; savepoint s; close c", true), Some(HitOutcome::Rewritten));
    }
}
