//! Code in strings: the bodies of DO and CREATE FUNCTION, and the strings that EXECUTE runs in them. The names in such code stay, and every value in
//! it is hidden, because the columns behind variables are not known here. Code that cannot be parsed is hidden like any other string.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::sql::Lexed;
use crate::sql::token::Literal;

/// Languages that are lexed like SQL.
const READABLE: &[&str] = &["sql", "plpgsql"];

/// The contents of a statement's strings; pieces that the server joins (`'a'`, a line feed, `'b'`) are one string.
pub(super) fn texts(lexed: &Lexed<'_>, range: &Range<usize>) -> Vec<String> {
    runs(lexed, range).into_iter().map(|(_, text)| text).collect()
}

/// The strings of a statement, each with its pieces.
pub(super) fn runs(lexed: &Lexed<'_>, range: &Range<usize>) -> Vec<(Range<usize>, String)> {
    let mut out: Vec<(Range<usize>, String)> = Vec::new();
    for at in range.clone() {
        let Some(Literal::Text(text)) = lexed.lexemes[at].literal() else { continue };
        match out.last_mut().filter(|(run, _)| run.end == at) {
            Some((run, before)) => {
                run.end = at + 1;
                before.push_str(text);
            }
            None => out.push((at..at + 1, text.to_owned())),
        }
    }
    out
}

fn is_string(lexed: &Lexed<'_>, at: usize) -> bool {
    matches!(lexed.lexemes.get(at).and_then(|l| l.literal()), Some(Literal::Text(_)))
}

/// Whether a string is one of several pieces: then a word need not end where the piece ends.
pub(super) fn is_piece(lexed: &Lexed<'_>, at: usize) -> bool {
    is_string(lexed, at + 1) || at > 0 && is_string(lexed, at - 1)
}

/// The words of a string, in lower case, including words written with escapes in strings within it.
pub(super) fn words(text: &str) -> Vec<String> {
    let is_of_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let mut words: Vec<String> = text.split(|c| !is_of_word(c)).filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
    if text.contains('\\')
        && let Ok(lexed) = Lexed::new(text)
    {
        words.extend(texts(&lexed, &(0..lexed.lexemes.len())).iter().flat_map(|text| self::words(text)));
    }
    words
}

/// The strings of a statement that are function bodies.
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

/// The language of a statement's bodies: the lexeme that names it, and whether its code can be parsed.
pub(super) fn language(lexed: &Lexed<'_>, range: &Range<usize>) -> (Option<usize>, bool) {
    let at = range.clone().skip(1).find(|at| lexed.lexemes[at - 1].is("LANGUAGE"));
    let Some(lexeme) = at.map(|at| &lexed.lexemes[at]) else { return (None, true) };
    let name = match lexeme.literal() {
        Some(Literal::Text(name)) => Some(name.to_lowercase()),
        _ => lexeme.name(),
    };
    (at, name.is_some_and(|name| READABLE.contains(&name.as_str())))
}

/// Whether a string in a body is code: the argument of EXECUTE, directly or as the format string of `format`.
pub(super) fn is_run(lexed: &Lexed<'_>, at: usize) -> bool {
    let before = |back: usize, word: &str| at >= back && lexed.lexemes[at - back].is(word);
    !is_piece(lexed, at) && (before(1, "EXECUTE") || before(2, "FORMAT") && before(3, "EXECUTE"))
}
