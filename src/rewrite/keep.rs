//! Which reads may run from a plan that the session keeps: parsing and planning is most of what a look-up costs. Numbers that something
//! is equal to, and strings that a key is equal to, become parameters; everything else stays as it is, so it must mean the same
//! whenever the plan is used.

use std::fmt::Write as _;

use sqlparser::tokenizer::Token;

use super::Work;
use crate::relation::value::{Comparable, SqlType};
use crate::sql::condition::{Comparator, Condition, Literal, Operand, Scalar};
use crate::sql::token::Lexeme;
use crate::sql::{Lexed, Role, Span, UsePlace};

/// Lists of every length would each need a plan of their own: one with more values keeps them.
const MOST_PARAMETERS: usize = 8;
/// More digits may be a number of another type than integer.
const INTEGER_DIGITS: usize = 9;
/// Words that a date or a stamp is made of when the statement is parsed (PostgreSQL manual, section 8.5.1.4).
const MOMENTS: [&str; 4] = ["now", "today", "tomorrow", "yesterday"];

/// A read whose plan may be kept.
#[derive(Debug, PartialEq, Eq)]
pub struct Keep {
    /// What stands behind PREPARE and a name: types and AS with the client's statement, parameters in it.
    pub statement: String,
    /// The parameters' values as text.
    pub values: Vec<String>,
    /// The same as a list of literals in parentheses; empty without parameters.
    pub list: String,
    /// It names legacy tables only. Any other name may come to mean a temporary table, and the plan would not notice.
    pub ours: bool,
}

/// A literal that a parameter may stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Parameter {
    span: Span,
    /// The type that PostgreSQL gives the literal there.
    type_name: &'static str,
}

/// A string that a key of text is compared with.
pub(super) fn text_key(text: &str, operand: &Operand, sql_type: &SqlType) -> Option<Parameter> {
    match operand {
        Operand::Scalar(Scalar::Literal(span, Literal::Text))
            if sql_type.comparable() == Some(Comparable::Text) && text[span.range()].starts_with('\'') =>
        {
            Some(Parameter { span: *span, type_name: sql_type.compared_type() })
        }
        _ => None,
    }
}

impl Work<'_, '_> {
    /// The statement with parameters; `None` if its plan must not be kept.
    ///
    /// Beside other tables nothing asks for all columns: a column that is added there would be an error then.
    pub(super) fn keep(&mut self) -> Option<Keep> {
        let lasts = |(i, lexeme): (usize, &Lexeme)| {
            lasts(lexeme) && self.lexed.lexemes.get(i + 1).is_none_or(|next| !hangs_together(lexeme, next))
        };
        let begins = self.lexed.lexemes.first().is_some_and(|l| l.is_any(&["SELECT", "WITH"]));
        let ours = (0..self.entries.len()).all(|i| self.shape.references[i].role == Role::Type || self.rewritten(i).is_some());
        let star = self.shape.scopes.iter().any(|s| s.star) || self.shape.uses.iter().any(|u| u.place == UsePlace::Star);
        if !begins || star && !ours || !self.only_reads() || !self.lexed.lexemes.iter().enumerate().all(lasts) {
            return None;
        }
        let mut parameters = std::mem::take(&mut self.text_keys);
        self.shape.restrictions.iter().for_each(|r| numbers(self.lexed, &r.condition, &mut parameters));
        parameters.sort_unstable();
        parameters.dedup();
        let keep = kept(self.lexed.text, &parameters, ours).or_else(|| kept(self.lexed.text, &[], ours))?;
        self.notes.push(match keep.values.len() {
            0 => "a session that sends it often keeps its plan".to_owned(),
            n => format!("a session that sends it often keeps its plan, with literals as parameters: {n}"),
        });
        Some(keep)
    }
}

/// Equal literals are one parameter: an expression of GROUP BY or DISTINCT has to stay equal to that of the select list. `None` for
/// too many of them.
fn kept(text: &str, parameters: &[Parameter], ours: bool) -> Option<Keep> {
    let mut values: Vec<(&str, String)> = Vec::new();
    let mut list: Vec<&str> = Vec::new();
    let mut statement = String::new();
    let mut from = 0;
    for Parameter { span, type_name } in parameters {
        let written = &text[span.range()];
        let value = (*type_name, plain(written));
        let number = values.iter().position(|v| *v == value).unwrap_or(values.len());
        if number == values.len() {
            values.push(value);
            list.push(written);
        }
        let _ = write!(statement, "{}${}", &text[from..span.start], number + 1);
        from = span.end;
    }
    let types = values.iter().map(|(type_name, _)| *type_name).collect();
    let in_parentheses = |list: Vec<&str>| if list.is_empty() { String::new() } else { format!(" ({})", list.join(", ")) };
    let keep = Keep {
        statement: format!("{} AS {statement}{}", in_parentheses(types), &text[from..]),
        list: in_parentheses(list),
        values: values.into_iter().map(|(_, value)| value).collect(),
        ours,
    };
    (keep.values.len() <= MOST_PARAMETERS).then_some(keep)
}

/// What a literal says: a string without its quotes, a number without leading zeros.
fn plain(written: &str) -> String {
    if let Some(string) = written.strip_prefix('\'').and_then(|w| w.strip_suffix('\'')) {
        return string.replace("''", "'");
    }
    let digits = written.trim_start_matches('0');
    if digits.is_empty() { "0".into() } else { digits.into() }
}

/// The numbers that a condition wants something to be equal to.
fn numbers(lexed: &Lexed<'_>, condition: &Condition, out: &mut Vec<Parameter>) {
    match condition {
        Condition::All(list) | Condition::Any(list) => list.iter().for_each(|c| numbers(lexed, c, out)),
        Condition::Compare { left, comparator: Comparator::Equal, right } => {
            for operand in [left, right] {
                if let Operand::Scalar(Scalar::Literal(span, Literal::Number)) = operand
                    && span.range().len() <= INTEGER_DIGITS
                    && lexed.text[span.range()].bytes().all(|b| b.is_ascii_digit())
                {
                    out.push(Parameter { span: *span, type_name: "integer" });
                }
            }
        }
        Condition::Compare { .. } | Condition::Other => {}
    }
}

/// Two strings behind each other are one; and whether `= NULL` is IS NULL is for a setting to say (`transform_null_equals`).
fn hangs_together(one: &Lexeme, next: &Lexeme) -> bool {
    let compared = |a: &Lexeme, b: &Lexeme| a.is_token(&Token::Eq) && b.is("NULL");
    one.is_untyped_string() && next.is_untyped_string() || compared(one, next) || compared(next, one)
}

/// Whether a token means the same tomorrow. The settings that decide how a string is read as a date are seen by the session.
fn lasts(lexeme: &Lexeme) -> bool {
    match &lexeme.token.token {
        Token::SingleQuotedString(value) => {
            let value = value.to_ascii_lowercase();
            !MOMENTS.iter().any(|m| value.contains(m))
        }
        // Names of objects that are looked up when the statement is parsed: regclass, regtype.
        Token::Word(word) => !word.value.get(..3).is_some_and(|w| w.eq_ignore_ascii_case("reg")),
        Token::Placeholder(_) => false,
        _ => !lexeme.is_untyped_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rewrite::{NameContext, rewrite, tests::policy};

    fn keep(text: &str) -> Option<std::sync::Arc<Keep>> {
        let outcome = rewrite(&policy(), &NameContext::with_path(&["cf_quere_pro"]), text);
        assert!(outcome.text.is_some(), "{text}: {:?}", outcome.notes);
        outcome.keep
    }

    #[test]
    fn numbers_become_parameters() {
        let one = keep("select 7, tipcid from tipocorreo t where tipcid = 7 and tipcid in (8, 9) order by 1").unwrap();
        let with = " (integer, integer, integer) AS select 7, tipcid from tipocorreo t where tipcid = $1 and tipcid in ($2, $3) order by 1";
        assert_eq!((one.statement.as_str(), one.list.as_str()), (with, " (7, 8, 9)"));
        assert_eq!(one.values, ["7", "8", "9"]);
        let none = keep("select * from tipocorreo where tipcid < 7 and tipcid = 12345678901").unwrap();
        assert_eq!(none.statement, " AS select * from tipocorreo where tipcid < 7 and tipcid = 12345678901");
        let many = keep("select * from tipocorreo where tipcid in (1, 2, 3, 4, 5, 6, 7, 8, 9)").unwrap();
        assert!(many.values.is_empty() && many.statement.ends_with("(1, 2, 3, 4, 5, 6, 7, 8, 9)"));
        let equal = keep("select * from tipocorreo where tipcid = 7 or tipcid = 007 or 8 = tipcid").unwrap();
        assert!(equal.statement.ends_with("where tipcid = $1 or tipcid = $1 or $2 = tipcid"), "{equal:?}");
        assert_eq!((equal.values.join(" ").as_str(), equal.list.as_str()), ("7 8", " (7, 8)"));
    }

    #[test]
    fn other_tables_may_be_hidden_later() {
        assert!(keep("select * from tipocorreo where tipcid = 7").unwrap().ours);
        assert!(!keep("select nombre, tipcid from tipocorreo join clientes on id = tipcid where id = 7").unwrap().ours);
    }

    #[test]
    fn what_changes_its_mind_or_locks_is_not_kept() {
        for text in [
            "select * from tipocorreo where tipcid = 7 and 'today' < 'x'",
            "select * from tipocorreo where tipcid = $1",
            "select * from tipocorreo where tipcid = 7 for update",
            "select * from tipocorreo where 'a'::regclass = 'b'::regclass",
            "select * from tipocorreo where tipcid = 7 and E'\\n' = ''",
            "select * from tipocorreo where tipcid = 7; select 1",
            "select * from tipocorreo where tipcid = 7 and null = tipcid",
            "; select * from tipocorreo where tipcid = 7",
            "select * from tipocorreo join clientes on true where tipcid = 7",
            "select c.*, tipcid from tipocorreo join clientes c on true where tipcid = 7",
            "delete from tipocorreo where tipcid = 7",
        ] {
            assert_eq!(keep(text), None, "{text}");
        }
    }
}
