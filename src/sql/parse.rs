//! From a text to its [`Script`]: tokenize once, split, peel, edit, parse, walk. Never panics, never overflows the stack, and takes
//! bounded time: what is too long, too deep or not understood is returned as [`Unparsed`] with the reason.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use sqlparser::ast::Statement as Tree;
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::keywords::Keyword;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token;

use super::edit::edit;
use super::shape::Shape;
use super::shim::shim;
use super::token::Lexed;
use super::types::types;
use super::unparsed::Unparsed;
use super::walk::walk;
use super::wrapper::peel;

/// Everything that one Query or Parse message says.
#[derive(Debug)]
pub struct Script<'t> {
    /// The text, cut into lexemes.
    pub lexed: Lexed<'t>,
    /// The statements in order; an empty one (`;;`) has no lexemes.
    pub statements: Vec<Statement>,
}

/// One statement of a script.
#[derive(Debug)]
pub struct Statement {
    /// Its lexemes, without the closing semicolon.
    pub lexemes: Range<usize>,
    /// What it names, or why that is not known.
    pub shape: Result<Shape, Unparsed>,
}

/// Bounds on what is read.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// A longer text is not parsed.
    pub text_bytes: usize,
    /// Brackets that are nested deeper are not parsed. The time grows with the length and with the depth; texts that are deep are read outside the
    /// event loop (`session/long_text.rs`).
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { text_bytes: 2 * 1024 * 1024, depth: 1000 }
    }
}

/// A tree can be as deep as the text has tokens (`a or a or a ...`), and is walked and dropped by recursion. The usual stack
/// suffices for so many tokens; for longer texts a larger one is used during the parse.
const TOKENS_ON_USUAL_STACK: usize = 1500;
/// The parser limits its recursion, but each level takes so much stack that a worker's is used up long before the limit. The usual
/// stack suffices for so many levels of brackets and CASE together.
const LEVELS_ON_USUAL_STACK: usize = 6;
/// The parser reads `a JOIN b JOIN c ... ON ... ON ...` by a recursion that it does not limit, with large stack frames. The usual
/// stack suffices for so many joins that wait for their condition.
const JOINS_ON_USUAL_STACK: usize = 8;
/// With more of them a text is not parsed: the larger stack suffices for these, and PostgreSQL's own not for many more.
const WAITING_JOINS: usize = 1000;
/// Operators and key words can each make the tree one level deeper; constants, names and commas cannot, and brackets have a bound of their
/// own ([`Limits::depth`]). A statement with more of them is not parsed; so a text that is long because of its data is read.
const DEEPENING_TOKENS: usize = 128 * 1024;
/// Enough for a tree of [`DEEPENING_TOKENS`] levels several times over. Only the pages that are used cost memory.
const LARGE_STACK_BYTES: usize = 512 * 1024 * 1024;

/// Levels of the parser's own recursion for one bracket: `EXISTS (SELECT` takes three, and CASE nests without brackets.
const RECURSIONS_PER_LEVEL: usize = 4;

/// Reads a text.
pub fn script<'t>(text: &'t str, limits: &Limits) -> Result<Script<'t>, Unparsed> {
    if text.len() > limits.text_bytes {
        return Err(Unparsed::TooLong(text.len()));
    }
    let lexed = catch(|| Lexed::new(text)).and_then(|r| r.map_err(|error| Unparsed::Tokens(error.message)))?;
    let ranges = lexed.statements();
    let statements = ranges.into_iter().map(|lexemes| Statement { shape: shape(&lexed, &lexemes, limits), lexemes }).collect();
    Ok(Script { lexed, statements })
}

fn catch<T>(work: impl FnOnce() -> T) -> Result<T, Unparsed> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| Unparsed::Panicked)
}

fn shape(lexed: &Lexed<'_>, range: &Range<usize>, limits: &Limits) -> Result<Shape, Unparsed> {
    let peeled = peel(lexed, range);
    let levels = lexed.lexemes[range.clone()].iter().map(|l| l.depth as usize).max().unwrap_or(0);
    if levels > limits.depth {
        return Err(Unparsed::TooDeep(levels));
    }
    let deepening = lexed.lexemes[range.clone()].iter().filter(|lexeme| may_deepen(&lexeme.token.token)).count();
    if deepening > DEEPENING_TOKENS {
        return Err(Unparsed::TooManyTokens(deepening));
    }
    let waiting = peeled.query.as_ref().map_or(0, |query| waiting_joins(lexed, query));
    let mut shape = match &peeled.query {
        None => Shape::default(),
        Some(_) if waiting > WAITING_JOINS => return Err(Unparsed::TooManyJoins(waiting)),
        Some(query) if is_deep(lexed, query, levels, waiting) => {
            catch(|| stacker::grow(LARGE_STACK_BYTES, || parse(lexed, query, limits)))??
        }
        Some(query) => catch(|| parse(lexed, query, limits))??,
    };
    for reference in peeled.references {
        let parts = reference.name.0.iter().map(|p| p.span.start);
        shape.explained.extend(parts.filter_map(|s| lexed.lexemes.binary_search_by_key(&s, |l| l.span.start).ok()));
        shape.references.push(reference);
    }
    let (types, lexemes) = types(lexed, range);
    shape.references.extend(types);
    shape.explained.extend(lexemes);
    shape.cursor = peeled.cursor;
    shape.constraints = peeled.constraints;
    shape.explained.extend(peeled.explained);
    shape.explained.sort_unstable();
    shape.explained.dedup();
    Ok(shape)
}

/// Whether a token may make the tree one level deeper.
fn may_deepen(token: &Token) -> bool {
    match token {
        Token::Word(word) => word.quote_style.is_none() && word.keyword != Keyword::NoKeyword,
        Token::Number(..) | Token::SingleQuotedString(_) | Token::Placeholder(_) => false,
        Token::Comma | Token::Period | Token::LParen | Token::RParen | Token::LBracket | Token::RBracket => false,
        _ => true,
    }
}

/// Whether a statement needs a larger stack.
fn is_deep(lexed: &Lexed<'_>, query: &Range<usize>, brackets: usize, waiting: usize) -> bool {
    let lexemes = &lexed.lexemes[query.clone()];
    let cases = || lexemes.iter().filter(|l| l.is("CASE")).count();
    lexemes.len() > TOKENS_ON_USUAL_STACK || waiting > JOINS_ON_USUAL_STACK || brackets + cases() > LEVELS_ON_USUAL_STACK
}

/// The largest number of joins that wait for their conditions at one place of a statement: a bound on the parser's recursion.
fn waiting_joins(lexed: &Lexed<'_>, query: &Range<usize>) -> usize {
    let (mut waiting, mut most) = (0_usize, 0);
    // CROSS and NATURAL joins have no condition; a kind of join may stand between NATURAL and JOIN.
    let mut unconditional = false;
    for lexeme in &lexed.lexemes[query.clone()] {
        if lexeme.is("JOIN") {
            waiting += usize::from(!unconditional);
            most = most.max(waiting);
        } else if lexeme.is_any(&["ON", "USING"]) {
            waiting = waiting.saturating_sub(1);
        }
        unconditional =
            lexeme.is_any(&["CROSS", "NATURAL"]) || unconditional && lexeme.is_any(&["INNER", "LEFT", "RIGHT", "FULL", "OUTER"]);
    }
    most
}

fn parse(lexed: &Lexed<'_>, range: &Range<usize>, limits: &Limits) -> Result<Shape, Unparsed> {
    let mut edited = edit(lexed, range);
    let tree = match tree(edited.tokens.clone(), limits) {
        Ok(tree) => tree,
        Err(first) => {
            let shimmed = shim(&edited.tokens);
            if shimmed.tokens.len() == edited.tokens.len() && shimmed.tokens == edited.tokens {
                return Err(first);
            }
            edited.explained.extend(shimmed.explained.into_iter().filter_map(|at| lexed.at(at)));
            tree(shimmed.tokens, limits)?
        }
    };
    walk(lexed, range, &edited, &tree)
}

fn tree(tokens: Vec<sqlparser::tokenizer::TokenWithSpan>, limits: &Limits) -> Result<Tree, Unparsed> {
    let dialect = PostgreSqlDialect {};
    let mut parser =
        Parser::new(&dialect).with_recursion_limit(limits.depth * RECURSIONS_PER_LEVEL).with_tokens_with_locations(tokens);
    let tree = parser.parse_statement().map_err(|e| Unparsed::Syntax(e.to_string()))?;
    match parser.peek_token().token {
        Token::EOF => Ok(tree),
        other => Err(Unparsed::Syntax(format!("the parser stopped at `{other}`"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deep_and_long_texts_neither_overflow_nor_hang() {
        let limits = Limits::default();
        let chain = format!("select * from t where {}", "a = 1 or ".repeat(27_000) + "b");
        assert!(script(&chain, &limits).is_ok());
        let unions = "select 1 union ".repeat(15_000) + "select 1";
        assert!(script(&unions, &limits).is_ok());
        let joins = |n: usize| format!("select 1 from a{}{}", " join b".repeat(n), " on true".repeat(n));
        assert!(script(&joins(200), &limits).unwrap().statements[0].shape.is_ok());
        assert_eq!(
            script(&joins(16_000), &limits).unwrap().statements[0].shape.as_ref().unwrap_err(),
            &Unparsed::TooManyJoins(16_000)
        );
        let parens = format!("select {}1{}", "(".repeat(5_000), ")".repeat(5_000));
        assert!(script(&parens, &limits).unwrap().statements[0].shape.is_err());
        let long = limits.text_bytes + 1;
        assert_eq!(script(&"x".repeat(long), &limits).unwrap_err(), Unparsed::TooLong(long));
    }
}
