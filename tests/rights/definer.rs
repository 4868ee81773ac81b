//! A function that runs with its owner's rights either sets its own search path, or names nothing that would be found through the caller's.

use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, Tokenizer, Word};

/// Key words that may stand before a parenthesis, and type names that the grammar itself takes for the server's (manual, 8.1; source,
/// gram.y, `SimpleTypename` and `func_expr_common_subexpr`).
const GRAMMAR: &[&str] = &[
    "ALL",
    "AND",
    "ANY",
    "ARRAY",
    "AS",
    "BIGINT",
    "BIT",
    "BOOLEAN",
    "CASE",
    "CAST",
    "CHARACTER",
    "COALESCE",
    "CONFLICT",
    "DOUBLE",
    "ELSE",
    "ELSIF",
    "EXCEPT",
    "EXISTS",
    "FROM",
    "IF",
    "IN",
    "INTEGER",
    "INTERVAL",
    "NOT",
    "NULLIF",
    "NUMERIC",
    "ON",
    "OPERATOR",
    "OR",
    "REAL",
    "ROW",
    "SELECT",
    "SET",
    "SMALLINT",
    "THEN",
    "TIME",
    "TIMESTAMP",
    "UNION",
    "USING",
    "VALUES",
    "WHEN",
    "WHERE",
];

/// What of a body the caller's search path would find: operators, functions and types that stand there without their schema.
pub(crate) fn of_the_caller(body: &str) -> Vec<String> {
    let tokens = Tokenizer::new(&PostgreSqlDialect {}, body).tokenize().unwrap();
    let tokens: Vec<Token> = tokens.into_iter().filter(|t| !matches!(t, Token::Whitespace(_))).collect();
    let grammar = |w: &Word| w.quote_style.is_none() && GRAMMAR.contains(&w.value.to_ascii_uppercase().as_str());
    let at = |i: usize| tokens.get(i).unwrap_or(&Token::EOF);
    let back = |i: usize, by: usize| i.checked_sub(by).map_or(&Token::EOF, at);
    let word = |t: &Token, keyword: Keyword| matches!(t, Token::Word(w) if w.keyword == keyword && w.quote_style.is_none());
    // A type's name is the grammar's, or has its schema before it.
    let bare_type = |i: usize| matches!(at(i), Token::Word(w) if !grammar(w) && *at(i + 1) != Token::Period);
    let (mut found, mut casts, mut sets, mut depth) = (Vec::new(), Vec::new(), Vec::new(), 0_usize);
    for (i, token) in tokens.iter().enumerate() {
        match token {
            Token::LParen => {
                depth += 1;
                if word(back(i, 1), Keyword::CAST) {
                    casts.push(depth);
                }
                // `AS m (a, b)` and `INTO t (a)` list columns.
                let listed = word(back(i, 2), Keyword::AS) || word(back(i, 2), Keyword::INTO) || *back(i, 2) == Token::Period;
                let listed = listed || (word(back(i, 1), Keyword::VARYING) && word(back(i, 2), Keyword::CHARACTER));
                match back(i, 1) {
                    Token::Word(w) if !grammar(w) && !listed => found.push(format!("{w}(")),
                    _ => {}
                }
            }
            Token::RParen => {
                casts.retain(|&d| d != depth);
                sets.retain(|&d| d < depth);
                depth -= 1;
            }
            Token::SemiColon => sets.clear(),
            Token::Word(w) if w.quote_style.is_none() => match w.keyword {
                Keyword::SET => sets.push(depth),
                Keyword::FROM | Keyword::WHERE => sets.retain(|&d| d != depth),
                Keyword::AS if casts.last() == Some(&depth) && bare_type(i + 1) => found.push(format!("AS {}", at(i + 1))),
                // Each of these asks for an operator of its own, by name.
                Keyword::IN
                | Keyword::LIKE
                | Keyword::BETWEEN
                | Keyword::DISTINCT
                | Keyword::NULLIF
                | Keyword::SIMILAR
                | Keyword::ILIKE => {
                    found.push(w.value.clone());
                }
                _ => {}
            },
            Token::DoubleColon if !bare_type(i + 1) => {}
            Token::DoubleColon => found.push(format!("::{}", at(i + 1))),
            // The target of SET is an assignment.
            Token::Eq if sets.last() == Some(&depth) && (word(back(i, 2), Keyword::SET) || *back(i, 2) == Token::Comma) => {}
            Token::Word(_) | Token::Number(..) | Token::SingleQuotedString(_) | Token::Comma | Token::Period => {}
            Token::LBracket | Token::RBracket | Token::EscapedStringLiteral(_) => {}
            // An operator: `n.*` and `OPERATOR(pg_catalog.*<>)` follow a dot.
            _ if *back(i, 1) == Token::Period => {}
            // `*<>` are two tokens here.
            _ if *back(i, 2) == Token::Period && *back(i, 1) == Token::Mul && *at(i + 1) == Token::RParen => {}
            other => found.push(other.to_string()),
        }
    }
    found
}

#[test]
fn a_name_without_its_schema_is_seen() {
    let clean = "BEGIN\n  IF TG_OP OPERATOR(pg_catalog.=) 'INSERT' THEN INSERT INTO k.p AS m (a, b) SELECT t.a, CAST((t.d)::pg_catalog.text AS numeric(5,0)) \
                 FROM new_rows AS t ON CONFLICT (a) DO UPDATE SET a = excluded.a, b = CASE WHEN ROW(m.a)::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(1) THEN 1 END; \
                 END IF; RETURN pg_catalog.lower('x'); END";
    assert_eq!(of_the_caller(clean), Vec::<String>::new());
    for (bad, told) in [
        ("SELECT 1 WHERE t.a = 1", "="),
        ("UPDATE k.p SET a = b = c", "="),
        ("UPDATE k.p SET a = 1 WHERE b = c", "="),
        ("SELECT a || b", "||"),
        ("SELECT lower(a)", "lower("),
        ("SELECT \"row\"(a)", "\"row\"("),
        ("SELECT a::date", "::date"),
        ("SELECT CAST(a AS date)", "AS date"),
        ("SELECT a IN (1)", "IN"),
        ("SELECT a IS DISTINCT FROM b", "DISTINCT"),
        ("SELECT -a", "-"),
        ("SELECT a *<> b", "*"),
        ("SELECT a -> 'x'", "->"),
    ] {
        assert!(of_the_caller(bad).iter().any(|f| f == told), "{bad}: {:?}", of_the_caller(bad));
    }
}
