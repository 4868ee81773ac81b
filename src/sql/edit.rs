//! Removes from the token stream what `sqlparser` misreads. The client's text does not change: the remaining tokens keep their
//! positions, so that every span still points into the original.
//!
//! - `ONLY t`, `ONLY (t)` would become a table `only` with an alias, or a function. `t *` would be a product.
//! - `TABLE t` has no span inside a set operation: it is read as `SELECT * FROM t`.
//! - `FOR NO KEY UPDATE`, `FOR KEY SHARE`, `OF a, b` do not parse; a locking clause names only relations that FROM names too.
//! - `SELECT INTO x` without a select list would become a column INTO.
//! - `OVERRIDING ... VALUE`, `WHERE CURRENT OF c` and `(row).*` do not parse.

use std::collections::HashSet;
use std::ops::Range;

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan, Word};

use super::token::{Lexed, Lexeme};

/// A token stream for the parser, and what was removed from it.
#[derive(Debug, Default)]
pub struct Edited {
    /// What the parser sees.
    pub tokens: Vec<TokenWithSpan>,
    /// Lexemes `ONLY`, and the `*` after a table name, in order.
    pub table_marks: Vec<usize>,
    /// Lexemes `TABLE` that stand for `SELECT * FROM`, in order.
    pub table_commands: Vec<usize>,
    /// Words that were removed and are no relations: names after `FOR UPDATE OF` and `CURRENT OF`, and what a shim removed.
    pub explained: Vec<usize>,
}

const BEFORE_TABLE: &[&str] = &["FROM", "JOIN", "UPDATE", "INTO", "USING", "TABLE", "LOCK", "TRUNCATE"];
/// The words that a query or a writing statement begins with.
pub const QUERY_START: &[&str] = &["SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "MERGE", "VALUES", "TABLE"];

/// Edits one statement's lexemes.
pub fn edit(lexed: &Lexed<'_>, range: &Range<usize>) -> Edited {
    let at = |i: usize| range.contains(&i).then(|| &lexed.lexemes[i]);
    let mut out = Edited::default();
    let mut skip_paren = HashSet::new();
    let mut i = range.start;
    while let Some(lexeme) = at(i) {
        let previous = i.checked_sub(1).and_then(at);
        if is_only(lexeme, previous, at(i + 1)) {
            out.table_marks.push(i);
            if at(i + 1).is_some_and(|l| l.is_token(&Token::LParen)) {
                skip_paren.insert(i + 1);
                skip_paren.extend(closing(lexed, i + 1, range.end));
            }
        } else if skip_paren.contains(&i) {
        } else if is_table_star(lexed, range, i) {
            out.table_marks.push(i);
        } else if lexeme.is("TABLE") && is_table_command(lexed, range, i) {
            out.table_commands.push(i);
            let span = lexeme.token.span;
            for token in [Token::make_keyword("SELECT"), Token::Mul, Token::make_keyword("FROM")] {
                out.tokens.push(TokenWithSpan { token, span });
            }
        } else if let Some(end) = locking_clause(lexed, range, i, &mut out.explained) {
            i = end;
            continue;
        } else if lexeme.is("CURRENT") && at(i + 1).is_some_and(|l| l.is("OF")) && at(i + 2).is_some() {
            out.explained.push(i + 2);
            out.tokens.push(TokenWithSpan { token: Token::make_keyword("TRUE"), span: lexeme.token.span });
            i += 3;
            continue;
        } else if is_row_expansion(lexed, range, i) {
            i += 2;
            continue;
        } else if let Some(end) = bare_into(lexed, range, i) {
            i = end;
            continue;
        } else if lexeme.is("OVERRIDING") && at(i + 2).is_some_and(|l| l.is("VALUE")) {
            i += 3;
            continue;
        } else if lexeme.is("GLOBAL") {
            // The parser would drop it as a word before JOIN; to PostgreSQL it is a name here.
            let token = Token::Word(Word { value: "global".into(), quote_style: None, keyword: Keyword::NoKeyword });
            out.tokens.push(TokenWithSpan { token, span: lexeme.token.span });
        } else {
            out.tokens.push(lexeme.token.clone());
        }
        i += 1;
    }
    out
}

/// The parenthesis that closes the one at `open`.
pub fn closing(lexed: &Lexed<'_>, open: usize, end: usize) -> Option<usize> {
    lexed.closing(open).filter(|&close| close < end && lexed.lexemes[close].is_token(&Token::RParen))
}

fn is_only(lexeme: &Lexeme, previous: Option<&Lexeme>, next: Option<&Lexeme>) -> bool {
    lexeme.is("ONLY")
        && previous.is_some_and(|p| p.is_any(BEFORE_TABLE) || p.is_token(&Token::Comma) || p.is_token(&Token::LParen))
        && next.is_some_and(|n| n.word().is_some() || n.is_token(&Token::LParen))
}

/// `(expression).*`, `(expression)[1].*`: the row's columns. Without `.*` the parser sees the row itself, which names the same
/// things.
fn is_row_expansion(lexed: &Lexed<'_>, range: &Range<usize>, i: usize) -> bool {
    let token = |at: usize, token: &Token| range.contains(&at) && lexed.lexemes[at].is_token(token);
    let value = i > range.start && (token(i - 1, &Token::RParen) || token(i - 1, &Token::RBracket));
    value && token(i, &Token::Period) && token(i + 1, &Token::Mul)
}

/// The end of `INTO [TEMPORARY] [TABLE] x` directly after SELECT: the parser would read INTO as a column. The name is left to the
/// net.
fn bare_into(lexed: &Lexed<'_>, range: &Range<usize>, i: usize) -> Option<usize> {
    let word = |at: usize, words: &[&str]| range.contains(&at) && lexed.lexemes[at].is_any(words);
    if !(word(i, &["INTO"]) && i > range.start && word(i - 1, &["SELECT", "ALL", "DISTINCT"])) {
        return None;
    }
    let mut at = i + 1;
    while word(at, &["TEMP", "TEMPORARY", "UNLOGGED", "LOCAL", "GLOBAL", "TABLE"]) {
        at += 1;
    }
    at += 1;
    while range.contains(&(at + 1)) && lexed.lexemes[at].is_token(&Token::Period) {
        at += 2;
    }
    Some(at)
}

/// `FROM t *`: a star after a name that follows FROM, JOIN or UPDATE of a query, with no operand after it.
fn is_table_star(lexed: &Lexed<'_>, range: &Range<usize>, i: usize) -> bool {
    let lexemes = &lexed.lexemes;
    if !lexemes[i].is_token(&Token::Mul) || i <= range.start || lexemes[i - 1].word().is_none() {
        return false;
    }
    let mut first = i - 1;
    while first >= range.start + 2 && lexemes[first - 1].is_token(&Token::Period) && lexemes[first - 2].word().is_some() {
        first -= 2;
    }
    let Some(before) = first.checked_sub(1).filter(|b| *b >= range.start) else { return false };
    let table = lexemes[before].is_any(&["FROM", "JOIN", "UPDATE"]) && in_query(lexed, range, before);
    let operand = range.contains(&(i + 1)) && matches!(lexemes[i + 1].token.token, Token::Number(..) | Token::LParen);
    table && !operand
}

/// Whether a lexeme belongs directly to a query, and not to the parentheses of `extract(year FROM x)` and similar functions.
fn in_query(lexed: &Lexed<'_>, range: &Range<usize>, i: usize) -> bool {
    let open = lexed.opening(i).filter(|&open| open >= range.start);
    open.is_none_or(|j| lexed.lexemes[j + 1].is_any(QUERY_START))
}

/// `TABLE t` as a query of its own. In other statements (ALTER TABLE, LOCK TABLE) the word only says the kind.
fn is_table_command(lexed: &Lexed<'_>, range: &Range<usize>, i: usize) -> bool {
    let first = &lexed.lexemes[range.start];
    let query = first.is_any(QUERY_START) || first.is_token(&Token::LParen);
    let noise = i > range.start && lexed.lexemes[i - 1].is_any(&["INTO", "TEMP", "TEMPORARY", "UNLOGGED"]);
    let named = range.contains(&(i + 1)) && (lexed.lexemes[i + 1].word().is_some());
    query && !noise && named
}

/// The end of a locking clause that begins at `i` (manual, SELECT, "The Locking Clause").
fn locking_clause(lexed: &Lexed<'_>, range: &Range<usize>, i: usize, names: &mut Vec<usize>) -> Option<usize> {
    let word = |at: usize, keyword: &str| range.contains(&at) && lexed.lexemes[at].is(keyword);
    if !word(i, "FOR") {
        return None;
    }
    let mut at = i + 1;
    if word(at, "NO") && word(at + 1, "KEY") && word(at + 2, "UPDATE") {
        at += 3;
    } else if word(at, "KEY") && word(at + 1, "SHARE") {
        at += 2;
    } else if word(at, "UPDATE") || word(at, "SHARE") {
        at += 1;
    } else {
        return None;
    }
    if word(at, "OF") {
        loop {
            at += 1;
            while range.contains(&at) && (lexed.lexemes[at].word().is_some() || lexed.lexemes[at].is_token(&Token::Period)) {
                if word(at, "NOWAIT") || word(at, "SKIP") || word(at, "FOR") {
                    break;
                }
                names.extend(lexed.lexemes[at].word().map(|_| at));
                at += 1;
            }
            if !(range.contains(&at) && lexed.lexemes[at].is_token(&Token::Comma)) {
                break;
            }
        }
    }
    if word(at, "NOWAIT") {
        at += 1;
    } else if word(at, "SKIP") && word(at + 1, "LOCKED") {
        at += 2;
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(text: &str) -> String {
        let lexed = Lexed::new(text).unwrap();
        let range = 0..lexed.lexemes.len();
        edit(&lexed, &range).tokens.iter().map(|t| t.token.to_string()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn table_marks_are_taken_out() {
        assert_eq!(edited("select * from only h x"), "select * from h x");
        assert_eq!(edited("select * from only (s.h)"), "select * from s . h");
        assert_eq!(edited("select a * b from h *, k"), "select a * b from h , k");
        assert_eq!(edited("select extract(year from a * 2) from h"), "select extract ( year from a * 2 ) from h");
    }

    #[test]
    fn table_commands_become_selects() {
        assert_eq!(edited("table h union table k"), "SELECT * FROM h union SELECT * FROM k");
        assert_eq!(edited("select 1 into temp table x"), "select 1 into temp table x");
    }

    #[test]
    fn locking_clauses_go() {
        assert_eq!(edited("select 1 from a, b for no key update of a, b skip locked for share"), "select 1 from a , b");
        assert_eq!(edited("select substring(x for 3) from a"), "select substring ( x for 3 ) from a");
    }
}
