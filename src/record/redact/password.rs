//! Statements that set passwords of roles. Nothing of them is recorded: with the password's pseudonym a replay would lock out the role that it logs
//! in as. A comment replaces them, which a server answers with EmptyQueryResponse, so requests and answers still correspond.
//!
//! Elsewhere the word `password`, or one like it ([`SIGNS`], [`WORDS`]), is a sign of a secret: in a string (`EXECUTE '...'`, `dblink_exec`, a connection
//! string), or before one.

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

/// Whether these bytes may contain such a word: plain, written with escapes, or in pieces of a string.
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

/// Words that are a sign of a secret, wherever they are.
const SIGNS: [&str; 7] = ["password", "passwd", "passphrase", "api_key", "apikey", "credential", "contrase"];
/// The same, where they are no part of a longer word: not `secretaria`.
const WORDS: [&str; 2] = ["secret", "token"];

/// Whether these bytes contain such a word.
pub(super) fn mentions(bytes: &[u8]) -> bool {
    SIGNS.into_iter().any(|sign| places(bytes, sign).next().is_some())
        || WORDS.into_iter().any(|word| {
            let is_letter = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_alphabetic);
            places(bytes, word).any(|at| !is_letter(at.checked_sub(1)) && !is_letter(Some(at + word.len())))
        })
}

/// Where a word begins, in capitals or not.
fn places<'b>(bytes: &'b [u8], word: &'static str) -> impl Iterator<Item = usize> + 'b {
    let first = word.as_bytes()[0];
    let is_at =
        move |at: &usize| bytes.get(*at..at + word.len()).is_some_and(|found| found.eq_ignore_ascii_case(word.as_bytes()));
    memchr::memchr2_iter(first, first.to_ascii_uppercase(), bytes).filter(is_at)
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
    // `SET app.password = ...`, and ALTER DATABASE, ROLE and SYSTEM ... SET, CREATE FUNCTION ... SET; but not UPDATE, whose column a rule is about.
    let defines = word(range.start, "ALTER") || word(range.start, "CREATE");
    let sets = word(range.start, "SET") || defines && range.clone().any(|at| word(at, "SET"));
    range.clone().skip(1).any(|at| is_string(at) && (lexed.lexemes[at - 1].is("PASSWORD") || is_it(at - 1)))
        || sets && range.clone().any(is_it)
        || !words(lexed, range).is_empty()
        || body::texts(lexed, range).iter().flat_map(|text| body::words(text)).any(|word| mentions(word.as_bytes()))
}

/// Words that are the value of a setting in whose name the word is (`SET app.password TO hunter2`); not those of an UPDATE, which are columns.
pub(super) fn words(lexed: &Lexed<'_>, range: &Range<usize>) -> BTreeSet<usize> {
    let lexeme = |at: usize| lexed.lexemes.get(at).filter(|_| at < range.end);
    let is = |at: usize, words: &[&str]| lexeme(at).is_some_and(|l| l.is_any(words));
    let (mut out, mut is_update) = (BTreeSet::new(), false);
    for at in range.clone() {
        is_update = lexed.at_text(at) != ";" && (is_update || is(at, &["UPDATE", "MERGE"]));
        if is_update || !is(at, &["SET"]) {
            continue;
        }
        let from = at + 1 + usize::from(is(at + 1, &["LOCAL", "SESSION"]));
        let mut behind = from;
        while lexed.at_text(behind + 1) == "." && behind + 2 < range.end {
            behind += 2;
        }
        let is_it = |at: usize| lexeme(at).and_then(|l| l.name()).is_some_and(|name| mentions(name.as_bytes()));
        behind += 1;
        if !(from..behind).any(is_it) || !is(behind, &["TO"]) && lexed.at_text(behind) != "=" {
            continue;
        }
        loop {
            behind += 1;
            out.extend((lexeme(behind).is_some_and(|l| l.word().is_some()) && !is(behind, &["DEFAULT"])).then_some(behind));
            behind += 1;
            if lexeme(behind).is_none_or(|l| !l.is_comma()) {
                break;
            }
        }
    }
    out
}

/// Start-up options without the values of settings in whose name the word is (`-c app.password=hunter2`); each stays one word, as
/// backslashes make it (manual, section 55.7, StartupMessage; section 20.1.3).
pub(super) fn without_option_passwords(options: &str, hidden: impl Fn(&str) -> String) -> String {
    let mut is_escaped = false;
    let ends = |c: char| {
        let ends = c.is_ascii_whitespace() && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        ends
    };
    let one = |option: &str| {
        let (text, end) = option.split_at(option.trim_end_matches(|c: char| c.is_ascii_whitespace()).len());
        match text.split_once('=').filter(|_| mentions(text.replace('\\', "").as_bytes())) {
            Some((name, value)) => format!("{name}={}{end}", hidden(value)),
            None => option.to_owned(),
        }
    };
    options.split_inclusive(ends).map(one).collect()
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
    fn words_are_values_of_a_setting() {
        for (text, words) in [
            ("SET my.password TO hunter2", "hunter2"),
            ("SET LOCAL \"my\".\"the Password\" = hunter2, \"Hunter3\", 'x', 4", "hunter2 \"Hunter3\""),
            ("SET SESSION password = DEFAULT", ""),
            ("ALTER DATABASE a SET my.password TO hunter2", "hunter2"),
            ("ALTER SYSTEM SET my.password_file = hunter2", "hunter2"),
            ("CREATE FUNCTION f() RETURNS void LANGUAGE sql SET my.password TO hunter2 AS 'x'", "hunter2"),
            ("BEGIN UPDATE t SET a = b; SET my.password TO hunter2; END", "hunter2"),
            ("UPDATE t SET password = other, a = b", ""),
            ("INSERT INTO t VALUES (1) ON CONFLICT DO UPDATE SET password = excluded", ""),
            ("SET search_path TO password", ""),
            ("SET my.password", ""),
            ("SET", ""),
        ] {
            let lexed = Lexed::new(text).unwrap();
            let found = words_of(&lexed);
            assert_eq!(found, words, "{text}");
        }
        fn words_of(lexed: &Lexed<'_>) -> String {
            let found = super::words(lexed, &(0..lexed.lexemes.len()));
            found.into_iter().map(|at| lexed.at_text(at)).collect::<Vec<_>>().join(" ")
        }
    }

    #[test]
    fn options_keep_all_but_the_values() {
        let told = |options: &str| without_option_passwords(options, |value| "#".repeat(value.len()));
        for (options, kept) in [
            ("-c my.password=geheim -c a=b", "-c my.password=###### -c a=b"),
            ("--my.PassWord=geheim", "--my.PassWord=######"),
            ("-cmy.password=ge\\ heim  --b=c", "-cmy.password=########  --b=c"),
            ("-c my.pass\\word=geheim", "-c my.pass\\word=######"),
            ("-c search_path=a", "-c search_path=a"),
            ("", ""),
        ] {
            assert_eq!(told(options), kept);
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
