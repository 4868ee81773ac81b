//! Constructs that `sqlparser` does not know are removed, or replaced by something that it knows and that names the same relations.
//! Only a statement that did not parse comes here; the result is parsed once more.
//!
//! Nothing is removed that could name a relation: a removed word is marked as explained only where the grammar allows no relation
//! (a collation, an element's name, a column of a CTE); all other removed words are left to the net. As in [`super::edit`], the
//! remaining tokens keep their positions.

mod frame;
mod from;
mod insert;
mod label;
mod merge;
mod xml;

use std::collections::HashSet;

use sqlparser::tokenizer::{Location, Token, TokenWithSpan};

/// A token stream for the second try.
#[derive(Debug, Default)]
pub struct Shimmed {
    /// What the parser sees.
    pub tokens: Vec<TokenWithSpan>,
    /// Where removed words begin that are no relations.
    pub explained: Vec<Location>,
}

/// Applies every shim to one statement's tokens.
pub fn shim(tokens: &[TokenWithSpan]) -> Shimmed {
    let mut shims = Shims {
        tokens,
        at: 0,
        out: Shimmed::default(),
        depth: 0,
        set_depths: Vec::new(),
        xml_depths: Vec::new(),
        dropped_closings: HashSet::new(),
        doubled_closings: HashSet::new(),
        behind: behind_brackets(tokens),
        open: Vec::new(),
        merges: tokens.iter().any(|t| is_word(Some(&t.token), "MERGE")),
        groups: false,
    };
    while shims.at < tokens.len() {
        if !shims.construct() {
            shims.keep();
        }
    }
    shims.out
}

/// The words of SQL/XML functions whose arguments have a grammar of their own (manual, section 9.15).
const XML_FUNCTIONS: &[&str] = &[
    "XMLELEMENT",
    "XMLATTRIBUTES",
    "XMLFOREST",
    "XMLPARSE",
    "XMLSERIALIZE",
    "XMLROOT",
    "XMLPI",
    "XMLEXISTS",
    "XMLTABLE",
    "XMLNAMESPACES",
];
/// Operators that the parser takes before ANY and ALL.
const BEFORE_ANY: &[Token] = &[Token::Eq, Token::Neq, Token::Lt, Token::LtEq, Token::Gt, Token::GtEq];

struct Shims<'s> {
    tokens: &'s [TokenWithSpan],
    at: usize,
    out: Shimmed,
    depth: usize,
    /// Depths at which an assignment list is open, innermost last.
    set_depths: Vec<usize>,
    /// Depths inside the parentheses of an XML function.
    xml_depths: Vec<usize>,
    /// Closing parentheses whose opening ones were removed.
    dropped_closings: HashSet<usize>,
    /// Closing parentheses before which another one was inserted.
    doubled_closings: HashSet<usize>,
    /// For each opening parenthesis or bracket the position after the one that closes it; otherwise the end. This and the next
    /// fields are kept, because searching from every token would take quadratic time.
    behind: Vec<usize>,
    /// The parentheses that are open in the tokens kept so far, innermost last.
    open: Vec<Open>,
    /// There is a word MERGE.
    merges: bool,
    /// GROUPING SETS has been kept.
    groups: bool,
}

/// An open parenthesis.
struct Open {
    /// Its index among the tokens that were kept.
    at: usize,
    /// ROWS, RANGE or GROUPS occurs in it.
    frame: bool,
}

fn behind_brackets(tokens: &[TokenWithSpan]) -> Vec<usize> {
    let mut out = vec![tokens.len(); tokens.len()];
    let mut open = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match token.token {
            Token::LParen | Token::LBracket => open.push(at),
            Token::RParen | Token::RBracket => {
                if let Some(opened) = open.pop() {
                    out[opened] = at + 1;
                }
            }
            _ => {}
        }
    }
    out
}

impl Shims<'_> {
    fn token(&self, at: usize) -> Option<&Token> {
        self.tokens.get(at).map(|t| &t.token)
    }

    fn is(&self, at: usize, word: &str) -> bool {
        is_word(self.token(at), word)
    }

    fn is_any(&self, at: usize, words: &[&str]) -> bool {
        words.iter().any(|w| self.is(at, w))
    }

    fn are(&self, at: usize, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(n, w)| self.is(at + n, w))
    }

    fn is_token(&self, at: usize, token: &Token) -> bool {
        self.token(at) == Some(token)
    }

    fn is_name(&self, at: usize) -> bool {
        matches!(self.token(at), Some(Token::Word(_)))
    }

    /// The token after the parenthesis or bracket that closes the one at `open`.
    fn behind(&self, open: usize) -> usize {
        self.behind.get(open).copied().unwrap_or(self.tokens.len())
    }

    /// The first position at this depth, from `from` on, that `test` accepts; not beyond the closing parenthesis.
    fn find(&self, from: usize, test: impl Fn(usize) -> bool) -> Option<usize> {
        let mut at = from;
        while let Some(token) = self.token(at) {
            if test(at) {
                return Some(at);
            }
            match token {
                Token::LParen | Token::LBracket => at = self.behind(at),
                Token::RParen | Token::RBracket => return None,
                _ => at += 1,
            }
        }
        None
    }

    // --- what can be done with tokens ---

    fn keep(&mut self) {
        let token = &self.tokens[self.at];
        match token.token {
            Token::LParen | Token::LBracket => self.depth += 1,
            Token::RParen | Token::RBracket => {
                self.depth = self.depth.saturating_sub(1);
                leave(&mut self.set_depths, self.depth + 1);
                leave(&mut self.xml_depths, self.depth + 1);
            }
            _ => {}
        }
        if self.is(self.at, "SET") {
            leave(&mut self.set_depths, self.depth);
            self.set_depths.push(self.depth);
        } else if self.is_any(self.at, &["FROM", "WHERE", "RETURNING", "WHEN"]) {
            leave(&mut self.set_depths, self.depth);
        }
        self.out(token.clone());
        self.at += 1;
    }

    fn out(&mut self, token: TokenWithSpan) {
        match &token.token {
            Token::LParen => self.open.push(Open { at: self.out.tokens.len(), frame: false }),
            Token::RParen => drop(self.open.pop()),
            Token::Word(_) => {
                let is = |word| is_word(Some(&token.token), word);
                if let Some(open) = self.open.last_mut().filter(|_| is("ROWS") || is("RANGE") || is("GROUPS")) {
                    open.frame = true;
                }
                self.groups |= is("SETS") && is_word(self.out.tokens.last().map(|t| &t.token), "GROUPING");
            }
            _ => {}
        }
        self.out.tokens.push(token);
    }

    /// Removes everything up to `end`. Returns true, so that it can be a caller's last expression.
    fn drop(&mut self, end: usize) -> bool {
        self.at = end.min(self.tokens.len());
        true
    }

    /// The same for words that cannot be relations.
    fn drop_explained(&mut self, end: usize) -> bool {
        let words = self.tokens[self.at..end.min(self.tokens.len())].iter().filter(|t| matches!(t.token, Token::Word(_)));
        self.out.explained.extend(words.map(|t| t.span.start));
        self.drop(end)
    }

    /// Puts a token in the place of the one at `self.at`, which is not consumed yet.
    fn put(&mut self, token: Token) {
        let span = self.tokens[self.at.min(self.tokens.len() - 1)].span;
        self.out(TokenWithSpan { token, span });
    }

    // --- the constructs ---

    /// Handles a construct that begins here; false when there is none.
    fn construct(&mut self) -> bool {
        let at = self.at;
        match self.token(at) {
            Some(Token::LBracket) => return self.subscripted_target(),
            Some(Token::RParen) if self.dropped_closings.contains(&at) => return self.drop(at + 1),
            Some(Token::RParen) if self.doubled_closings.contains(&at) => self.put(Token::RParen),
            Some(Token::RParen) => return self.search_cycle() || self.join_alias(),
            Some(Token::Word(_)) => {}
            // `t.*::text`, `t.* IS NULL`, `t.* = u.*`: the row.
            Some(Token::Period) if self.is_token(at + 1, &Token::Mul) && self.compares(at + 2) => {
                return self.drop(at + 2);
            }
            Some(Token::LParen) if self.inserts_query() => return self.columns_before_query(),
            Some(_) => return self.any_of_query() || self.operator_any() || self.frame_bound(),
            None => return false,
        }
        if self.is_any(at, &["VARIADIC", "SYMMETRIC", "ASYMMETRIC"]) {
            return self.drop(at + 1);
        }
        if self.is(at, "COLLATE") && self.is_name(at + 1) {
            return self.drop_explained(self.dotted(at + 1));
        }
        if self.is_any(at, &["DISTINCT", "ALL"]) && at >= 2 && self.are(at - 2, &["GROUP", "BY"]) {
            return self.drop(at + 1);
        }
        self.small()
            || self.conflict_after_list()
            || self.plain_name()
            || self.frame_exclusion()
            || self.frame_bound()
            || self.conflict_target()
            || self.rows_from()
            || self.grouping_sets()
            || self.column_definitions()
            || self.xml()
            || self.order_using()
            || self.merge()
            || self.prefixed_operator()
    }

    /// Whether here is an operator, or another word that takes a value on its left.
    fn compares(&self, at: usize) -> bool {
        let operator = self.token(at).is_some_and(|t| BEFORE_ANY.contains(t) || *t == Token::DoubleColon);
        operator || self.is_any(at, &["IS", "IN", "NOT"])
    }

    /// The position after a dotted name.
    fn dotted(&self, first: usize) -> usize {
        let mut at = first + 1;
        while self.is_token(at, &Token::Period) && self.is_name(at + 1) {
            at += 2;
        }
        at
    }

    /// `SET a[1] = ...`, `INSERT INTO t (a[1:2])`: the subscripts are removed; the column that is written stays.
    fn subscripted_target(&mut self) -> bool {
        let mut end = self.behind(self.at);
        while self.is_token(end, &Token::LBracket) || self.is_token(end, &Token::Period) && self.is_name(end + 1) {
            end = if self.is_token(end, &Token::LBracket) { self.behind(end) } else { end + 2 };
        }
        let assigned = self.set_depths.contains(&self.depth) && self.is_token(end, &Token::Eq) && self.begins_assignment();
        let listed = self.is_token(end, &Token::Comma) || self.is_token(end, &Token::RParen);
        let inserted = listed && self.in_insert_list();
        if assigned || inserted { self.drop(end) } else { false }
    }

    /// Whether here follows a name after SET or a comma.
    fn begins_assignment(&self) -> bool {
        let mut tokens = self.out.tokens.iter().rev().map(|t| &t.token);
        loop {
            let (name, before) = (tokens.next(), tokens.next());
            if !matches!(name, Some(Token::Word(_))) {
                return false;
            }
            if before != Some(&Token::Period) {
                return before == Some(&Token::Comma) || is_word(before, "SET");
            }
        }
    }

    /// Whether the parenthesis that is open here lists the columns of an INSERT.
    fn in_insert_list(&self) -> bool {
        let open = self.open.last().map(|open| open.at);
        let behind_into = |open: usize| {
            let before = self.out.tokens[..open].iter().rev().take(6).map(|t| &t.token);
            before.take_while(|t| matches!(t, Token::Word(_) | Token::Period)).any(|t| is_word(Some(t), "INTO"))
        };
        open.is_some_and(behind_into)
    }

    /// `) SEARCH DEPTH FIRST BY a SET b CYCLE c SET d USING e` after a CTE: it names only columns of the CTE (manual, section
    /// 7.8.2).
    fn search_cycle(&mut self) -> bool {
        let mut end = self.at + 1;
        if self.is(end, "SEARCH") && self.is_any(end + 1, &["DEPTH", "BREADTH"]) && self.are(end + 2, &["FIRST", "BY"]) {
            let Some(set) = self.find(end, |i| self.is(i, "SET")) else { return false };
            end = set + 2;
        }
        if self.is(end, "CYCLE") && self.is_name(end + 1) {
            let Some(using) = self.find(end, |i| self.is(i, "USING")) else { return false };
            end = using + 2;
        }
        if end == self.at + 1 {
            return false;
        }
        self.keep();
        self.drop_explained(end)
    }

    /// `x @@ ANY (...)`: every operator becomes one that the parser accepts before ANY.
    fn operator_any(&mut self) -> bool {
        let operator = match self.token(self.at) {
            Some(Token::Word(_) | Token::LParen | Token::RParen | Token::Comma | Token::Number(..)) | None => false,
            Some(Token::LBracket | Token::RBracket | Token::Period | Token::DoubleColon | Token::SemiColon) => false,
            Some(token) => !BEFORE_ANY.contains(token),
        };
        let quantified = operator && self.is_any(self.at + 1, &["ANY", "ALL", "SOME"]);
        if !(quantified && self.is_token(self.at + 2, &Token::LParen)) {
            return false;
        }
        self.put(Token::Eq);
        self.drop(self.at + 1)
    }

    /// `= ANY ((SELECT 1) EXCEPT (SELECT 2))`: the parser reads a query that begins with a parenthesis only after IN.
    fn any_of_query(&mut self) -> bool {
        let operator = self.token(self.at).is_some_and(|t| BEFORE_ANY.contains(t));
        let quantified = operator && self.is_any(self.at + 1, &["ANY", "ALL", "SOME"]);
        let nested = self.is_token(self.at + 2, &Token::LParen) && self.is_token(self.at + 3, &Token::LParen);
        if !(quantified && nested && self.is_any(self.at + 4, &["SELECT", "WITH", "VALUES", "TABLE"])) {
            return false;
        }
        self.put(Token::make_keyword("IN"));
        self.drop(self.at + 2)
    }

    /// `ON CONFLICT (lower(a) COLLATE "C" text_ops) WHERE b > 0 DO ...`: expressions over the target's columns are removed. A plain
    /// list of columns stays, and names them.
    fn conflict_target(&mut self) -> bool {
        if !(self.is(self.at, "CONFLICT") && self.is_token(self.at + 1, &Token::LParen)) {
            return false;
        }
        let close = self.behind(self.at + 1);
        let named = |i: usize| if (i - self.at).is_multiple_of(2) { self.is_name(i) } else { self.is_token(i, &Token::Comma) };
        let plain = (self.at + 2..close - 1).all(named);
        let Some(action) = self.find(close, |i| self.is(i, "DO")) else { return false };
        self.keep();
        if plain {
            while self.at < close {
                self.keep();
            }
        }
        self.drop(action)
    }

    /// `ORDER BY a USING <` becomes an ascending order, which names the same.
    fn order_using(&mut self) -> bool {
        let operator = match self.token(self.at + 1) {
            Some(Token::LParen | Token::Word(_)) | None => false,
            Some(_) => self.is(self.at, "USING"),
        };
        operator && self.drop(self.at + 2)
    }

    /// Expressions where the parser accepts only numbers, and words with a grammar of their own.
    fn small(&mut self) -> bool {
        let at = self.at;
        let opens = |i: usize| self.is_token(i, &Token::LParen);
        if self.is(at, "ISNULL") || self.is(at, "NOTNULL") {
            self.put(Token::make_keyword("IS"));
            if self.is(at, "NOTNULL") {
                self.put(Token::make_keyword("NOT"));
            }
            self.put(Token::make_keyword("NULL"));
            return self.drop(at + 1);
        }
        if self.is_any(at, &["TRAILING", "LEADING", "BOTH"]) && at > 0 && opens(at - 1) {
            let end = if self.is(at + 1, "FROM") { at + 2 } else { at };
            return end > at && self.drop(end);
        }
        if self.is(at, "FROM") && at >= 2 && opens(at - 1) && self.is(at - 2, "TRIM") || self.is(at, "UESCAPE") {
            return self.drop(if self.is(at, "FROM") { at + 1 } else { at + 2 });
        }
        // `EXISTS (SELECT)`: a query without columns.
        if self.is(at, "SELECT") && self.is_token(at + 1, &Token::RParen) {
            self.keep();
            self.put(Token::Number("1".into(), false));
            return true;
        }
        if self.is(at, "COLLATION") && self.is(at + 1, "FOR") {
            self.keep();
            return self.drop(at + 2);
        }
        // Literals of types that the parser does not know: `inet '10.2.3.4'`.
        if self.is_type(at) && matches!(self.token(at + 1), Some(Token::SingleQuotedString(_))) {
            return self.drop(at + 1);
        }
        if self.is_any(at, &["ANY", "ALL", "SOME", "IN"]) && opens(at + 1) && self.is(at + 2, "VALUES") {
            self.doubled_closings.insert(self.behind(at + 1) - 1);
            self.keep();
            self.put(Token::LParen);
            return true;
        }
        if self.is(at, "IN") && opens(at + 1) && opens(at + 2) && self.is_any(at + 3, &["SELECT", "WITH", "VALUES"]) {
            return self.list_of_queries();
        }
        let sized = at >= 2 && (self.is(at - 2, "TABLESAMPLE") && opens(at) || self.is(at, "REPEATABLE") && opens(at + 1));
        if sized || self.is(at, "FETCH") && self.is_any(at + 1, &["FIRST", "NEXT"]) && opens(at + 2) {
            return self.number_in_parentheses();
        }
        false
    }

    /// `IN ((SELECT 1), (SELECT 2))` would be read as a sub-query in parentheses.
    fn list_of_queries(&mut self) -> bool {
        if !self.is_token(self.behind(self.at + 2), &Token::Comma) {
            return false;
        }
        self.keep();
        self.keep();
        self.put(Token::make_keyword("NULL"));
        self.put(Token::Comma);
        true
    }

    /// The size and seed of a sample, or a number of rows.
    fn number_in_parentheses(&mut self) -> bool {
        while !self.is_token(self.at, &Token::LParen) {
            self.keep();
        }
        let end = self.behind(self.at);
        let counts = self.at > 0 && self.is_any(self.at - 1, &["FIRST", "NEXT"]);
        if !counts {
            self.put(Token::LParen);
        }
        self.put(Token::Number("1".into(), false));
        if !counts {
            self.put(Token::RParen);
        }
        self.drop(end)
    }

    /// A word that is no key word.
    fn is_type(&self, at: usize) -> bool {
        matches!(self.token(at), Some(Token::Word(w)) if w.keyword == sqlparser::keywords::Keyword::NoKeyword)
    }

    /// `OPERATOR(pg_catalog.=)` where the parser does not expect one becomes the bare operator.
    fn prefixed_operator(&mut self) -> bool {
        if !(self.is(self.at, "OPERATOR") && self.is_token(self.at + 1, &Token::LParen)) {
            return false;
        }
        let end = self.behind(self.at + 1);
        self.put(Token::Plus);
        self.drop_explained(end)
    }
}

/// Removes the depths from `depth` on; they are in ascending order.
fn leave(depths: &mut Vec<usize>, depth: usize) {
    while depths.last().is_some_and(|d| *d >= depth) {
        depths.pop();
    }
}

fn is_word(token: Option<&Token>, word: &str) -> bool {
    matches!(token, Some(Token::Word(w)) if w.quote_style.is_none() && w.value.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::super::{Limits, Role, script};

    /// The references of a text that only parses with a shim.
    fn references(text: &str) -> String {
        let script = script(text, &Limits::default()).unwrap();
        let shape = script.statements[0].shape.as_ref().unwrap_or_else(|e| panic!("{text}: {e}"));
        let relations = shape.references.iter().filter(|r| r.role != Role::Type);
        relations.map(|r| &text[r.name.span().range()]).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn every_construct_names_what_it_named() {
        for (text, expected) in [
            (
                "with recursive c as (select i from h union all select i from c) search depth first by i set o cycle i set y using p select * from c",
                "h",
            ),
            ("with recursive c as (select i from h) cycle i set y to 1 default 0 using p select * from c, k", "h k"),
            ("select f(variadic array(select a from h)) from k", "k h"),
            ("select sum(a) over (order by b rows between 1 preceding and current row exclude ties) from h", "h"),
            ("select sum(a) over (order by b range between '1 day'::interval preceding and f(2) following) from h", "h"),
            (
                "select xmlelement(name foo, xmlattributes(a as b), xmlforest(c as d)), xmlserialize(content x as text) from h",
                "h",
            ),
            (
                "select xmlroot(x, version no value, standalone yes) from h where xmlexists('/a' passing by ref x) and x is document",
                "h",
            ),
            ("select t.* from h, lateral xmltable('/r' passing h.x columns a int path '@a' default 1, b for ordinality) t", "h"),
            ("select j.a from h join k using (a) as j where j.a = 1", "h k"),
            ("select * from f(1) as (a int, b text), h", "h"),
            ("select * from rows from (f(1), g(2) as (a int)) with ordinality as x, h", "h"),
            ("select 1 from h where a between symmetric 2 and 1", "h"),
            ("select 1 from h group by distinct rollup (a), cube (b)", "h"),
            ("select 1 from h group by grouping sets ((), grouping sets ((a), grouping sets (b)))", "h"),
            ("update h set a[1] = 2, b[1:2].c = 3, d = e[2] where f[1] = 1", "h"),
            ("insert into h (a[1], b.c, d) select a[1], b from k", "h k"),
            ("insert into h select 1, (select a from k) on conflict do nothing", "h k"),
            ("insert into h (a) select 1 union select 2 on conflict (a) do update set a = 2 returning *", "h"),
            ("insert into h (values (1, 2)) union all select 1, a from k", "h k"),
            ("insert into h as x ((with w as (select 1) table k)) returning *", "h k"),
            ("with w as (select 1) insert into h (((values (1))) union (select a from k)) on conflict do nothing", "h k"),
            ("select a::text collate \"C\", b from h order by c::text collate pg_catalog.\"default\"", "h"),
            ("insert into h values (1) on conflict (lower(a) collate \"C\" text_ops) where b > 1 do update set c = 1", "h"),
            ("insert into h values (1) on conflict (a, b) where b do nothing", "h"),
            ("select a @@ any ('{1}') from h where b not in (values (1), (2)) and c in ((select 1 from k), (select 2))", "h k"),
            ("select * from h order by a using <, b using operator(pg_catalog.>)", "h"),
            ("select inet '10.0.0.1' + a, collation for (b), trim(trailing from c) from h where d isnull and e notnull", "h"),
            ("select h.*::text from h tablesample system (h.a) repeatable (1 + 1) fetch first (2 + 1) rows with ties", "h"),
            ("merge into h using k join l on k.a = l.a on h.a = k.a when not matched then insert default values", "h k l"),
            ("with w as (select 1) merge into h using k join l on k.a = l.a on h.a = k.a when matched then delete", "h k l"),
            ("with w as materialized (select 1) insert into h select a from k order by a using <", "h k"),
            ("with w as (select 1) delete from h where a @@ any ('{1}') and (select 1) between symmetric 2 and 1", "h"),
        ] {
            assert_eq!(references(text), expected, "{text}");
        }
    }

    #[test]
    fn a_word_before_a_string_that_went_is_a_type() {
        let text = "select watched '(1)' + 1 from h";
        let script = script(text, &Limits::default()).unwrap();
        let references = &script.statements[0].shape.as_ref().unwrap().references;
        assert!(references.iter().any(|r| r.role == Role::Type && r.name.last() == "watched"));
    }

    #[test]
    fn subscripts_of_values_stay() {
        let script = script("update h set a[1] = b[i] where c isnull", &Limits::default()).unwrap();
        let uses = &script.statements[0].shape.as_ref().unwrap().uses;
        assert!(uses.iter().any(|u| u.name.last() == "i"));
    }
}
