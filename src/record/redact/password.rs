//! Statements that set passwords of roles. Nothing of them is recorded: with the password's pseudonym a replay would lock out the role that it logs
//! in as. A comment replaces them, which a server answers with EmptyQueryResponse, so requests and answers still correspond.
//!
//! Elsewhere the word `password` is a sign of a secret: in a string (`EXECUTE '...'`, `dblink_exec`, a connection string), or before one.

use std::collections::BTreeSet;
use std::ops::Range;

use super::body;
use crate::sql::Lexed;
use crate::sql::token::Literal;

/// The comment that replaces such a statement.
pub const LEFT_OUT: &str = "/* esclusa left out a statement about a role's password */";

/// The text without such statements; `None` if it has none.
pub(super) fn without_role_passwords(text: &str) -> Option<String> {
    if !may_be_near(text.as_bytes()) && !text.to_ascii_lowercase().contains("valid") {
        return None;
    }
    let lexed = Lexed::new(text).ok()?;
    let (mut out, mut from) = (String::new(), 0);
    for range in lexed.statements().iter().filter(|range| sets(&lexed, range)) {
        let span = lexed.span(range)?;
        out.push_str(&text[from..span.start]);
        out.push_str(LEFT_OUT);
        from = span.end;
    }
    (from > 0).then(|| out + &text[from..])
}

/// Whether these bytes may contain the word: plain, written with escapes, or in pieces of a string.
pub(super) fn may_be_near(bytes: &[u8]) -> bool {
    let goes_on = |at: usize| {
        let behind = bytes[at + 1..].trim_ascii_start();
        let skipped = &bytes[at + 1..bytes.len() - behind.len()];
        skipped.contains(&b'\n') && behind.starts_with(b"'") || behind.starts_with(b"--")
    };
    mentions(bytes)
        || memchr::memchr(b'\\', bytes).is_some()
        || memchr::memmem::find(bytes, b"&\"").is_some()
        || memchr::memchr_iter(b'\'', bytes).any(goes_on)
}

/// Whether these bytes contain the word.
pub(super) fn mentions(bytes: &[u8]) -> bool {
    const WORD: &[u8] = b"password";
    memchr::memchr2_iter(b'p', b'P', bytes)
        .any(|at| bytes.get(at..at + WORD.len()).is_some_and(|word| word.eq_ignore_ascii_case(WORD)))
}

/// Whether a statement, or a body in it, sets a role's password or how long it is valid.
fn sets(lexed: &Lexed<'_>, range: &Range<usize>) -> bool {
    let lexemes = &lexed.lexemes[range.clone()];
    let word = |at: usize, words: &[&str]| lexemes.get(at).is_some_and(|l| l.is_any(words));
    if word(0, &["CREATE", "ALTER"]) && word(1, &["ROLE", "USER", "GROUP"]) && !word(2, &["MAPPING"]) {
        return lexemes.iter().skip(2).any(|l| l.is_any(&["PASSWORD", "VALID"]));
    }
    if body::strings(lexed, range).is_empty() {
        return false;
    }
    let words: BTreeSet<String> = body::texts(lexed, range).iter().flat_map(|text| body::words(text)).collect();
    let has = |any: &[&str]| any.iter().any(|word| words.contains(*word));
    has(&["create", "alter"]) && has(&["role", "user", "group"]) && (has(&["password"]) || has(&["valid"]) && has(&["until"]))
}

/// Whether a secret can be near: the word is before a string, in one, or in the name of a setting that is set.
pub(super) fn is_near(lexed: &Lexed<'_>, range: &Range<usize>) -> bool {
    let is_string = |at: usize| matches!(lexed.lexemes[at].literal(), Some(Literal::Text(_)));
    let is_it = |at: usize| lexed.lexemes[at].name().is_some_and(|name| mentions(name.as_bytes()));
    let word = |at: usize, word: &str| at < range.end && lexed.lexemes[at].is(word);
    // `SET app.password = ...`, and ALTER DATABASE, ROLE and SYSTEM ... SET; but not UPDATE, whose column a rule is about.
    let sets = word(range.start, "SET") || word(range.start, "ALTER") && range.clone().any(|at| word(at, "SET"));
    range.clone().skip(1).any(|at| is_string(at) && (lexed.lexemes[at - 1].is("PASSWORD") || is_it(at - 1)))
        || sets && range.clone().any(is_it)
        || body::texts(lexed, range).iter().flat_map(|text| body::words(text)).any(|word| mentions(word.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_about_passwords_of_roles_are_left_out() {
        for text in [
            "ALTER ROLE ana WITH Password 'x' LOGIN",
            "create user ana encrypted password 'x' valid until '2030-01-01'",
            "ALTER USER ana PASSWORD NULL",
            "CREATE GROUP g PASSWORD 'x'",
            "ALTER ROLE ana VALID UNTIL '2000-01-01'",
            "DO $$BEGIN EXECUTE 'create role y password ''x'''; END$$",
            "DO LANGUAGE plpgsql 'BEGIN ALTER ROLE y PASSWORD ''x''; END'",
            "DO 'BEGIN ALTER ROLE y pass'\n'word ''x''; END' -- in pieces",
            "DO $$BEGIN EXECUTE E'create role y p\\x61ssword ''x'''; END$$",
            "CREATE OR REPLACE FUNCTION f() RETURNS void LANGUAGE sql AS $f$ ALTER USER y PASSWORD 'x' $f$",
        ] {
            assert!(without_role_passwords(text).is_some_and(|kept| kept.starts_with(LEFT_OUT)), "{text}");
        }
        assert_eq!(
            without_role_passwords("SELECT 1; ALTER ROLE ana PASSWORD 'x' ; SELECT 'y'").unwrap(),
            format!("SELECT 1; {LEFT_OUT} ; SELECT 'y'")
        );
        for text in [
            "CREATE ROLE ana LOGIN",
            "ALTER ROLE ana SET search_path = 'x'",
            "DROP ROLE ana",
            "CREATE USER MAPPING FOR ana SERVER s OPTIONS (password 'x')",
            "SELECT password FROM users WHERE valid",
            "UPDATE users SET password = 'x'",
            "DO $$BEGIN UPDATE users SET password = 'x'; END$$",
            "SELECT 'unterminated password",
        ] {
            assert_eq!(without_role_passwords(text), None, "{text}");
        }
    }

    #[test]
    fn a_word_in_a_string_or_before_one_is_near() {
        let told = |text: &str| {
            let lexed = Lexed::new(text).unwrap();
            is_near(&lexed, &(0..lexed.lexemes.len()))
        };
        for text in [
            "SELECT dblink_exec('c', 'alter role x password ''y''')",
            "SELECT f(E'\\x50ASSWORD x', 'y')",
            "CREATE SUBSCRIPTION s CONNECTION 'host=x password=y' PUBLICATION p",
            "CREATE USER MAPPING FOR ana SERVER s OPTIONS (user 'a', password 'x')",
            "CREATE USER MAPPING FOR ana SERVER s OPTIONS (\"user\" 'a', \"password\" 'x')",
            "SET app.password = 'x'",
            "SET LOCAL \"app\".db_password TO 'x'",
            "ALTER DATABASE aqua SET app.password = 'x'",
            "ALTER ROLE ana IN DATABASE aqua SET app.\"Password\" TO x",
        ] {
            assert!(told(text), "{text}");
        }
        assert!(!told("SELECT 'x' FROM users WHERE password = 'y'"));
    }
}
