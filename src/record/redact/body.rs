//! Code in strings: the bodies of DO and CREATE FUNCTION, and what EXECUTE runs in them. Its names stay, and every value in it is hidden:
//! what a variable is compared with is not known here. What is no code that can be read is hidden as any other string.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::sql::Lexed;
use crate::sql::token::Literal;

/// Languages whose words are SQL's.
const READABLE: &[&str] = &["sql", "plpgsql"];

/// The words of a string, in lower case, with those that escapes hide in the strings within it.
pub(super) fn words(value: Literal<'_>) -> Vec<String> {
    let Literal::Text(text) = value else { return Vec::new() };
    let is_of_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let mut words: Vec<String> = text.split(|c| !is_of_word(c)).filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
    if text.contains('\\')
        && let Ok(lexed) = Lexed::new(text)
    {
        words.extend(lexed.lexemes.iter().filter_map(|l| l.literal()).flat_map(self::words));
    }
    words
}

/// The strings of a statement that are bodies.
pub(super) fn strings(lexed: &Lexed<'_>, range: &Range<usize>) -> BTreeSet<usize> {
    let word = |at: usize, words: &[&str]| range.len() > at && lexed.lexemes[range.start + at].is_any(words);
    let is_do = word(0, &["DO"]);
    let creates = word(0, &["CREATE"]) && (1..4).any(|at| word(at, &["FUNCTION", "PROCEDURE"]));
    let is_body = |at: &usize| {
        let before = at.checked_sub(1).map(|before| &lexed.lexemes[before]);
        let is_text = matches!(lexed.lexemes[*at].literal(), Some(Literal::Text(_)));
        is_text && before.is_some_and(|l| if creates { l.is("AS") } else { is_do && !l.is("LANGUAGE") })
    };
    range.clone().filter(is_body).collect()
}

/// The language of a statement's bodies: where it stands, and whether its code can be read.
pub(super) fn language(lexed: &Lexed<'_>, range: &Range<usize>) -> (Option<usize>, bool) {
    let at = range.clone().skip(1).find(|at| lexed.lexemes[at - 1].is("LANGUAGE"));
    let Some(lexeme) = at.map(|at| &lexed.lexemes[at]) else { return (None, true) };
    let name = match lexeme.literal() {
        Some(Literal::Text(name)) => Some(name.to_lowercase()),
        _ => lexeme.name(),
    };
    (at, name.is_some_and(|name| READABLE.contains(&name.as_str())))
}

/// Whether a string in a body is code: what EXECUTE runs, as it is or as the form of `format`.
pub(super) fn is_run(lexed: &Lexed<'_>, at: usize) -> bool {
    let before = |back: usize, word: &str| at >= back && lexed.lexemes[at - back].is(word);
    before(1, "EXECUTE") || before(2, "FORMAT") && before(3, "EXECUTE")
}
