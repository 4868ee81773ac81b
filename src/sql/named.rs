//! What a statement names, to decide whether it may run a second time under another role: its relations with their spans, and every
//! word, because a word may be a function or a type in more places than could be listed.
//!
//! The second run has only `pg_catalog` in its search path: an unqualified function, operator, type or cast can only be
//! PostgreSQL's own. So relations have to be written with their schemas ([`Named::qualified`]), and everything else that is
//! qualified has to be checked ([`Named::qualifiers`]).

use std::collections::{BTreeMap, BTreeSet};

use sqlparser::tokenizer::Token;

use super::parse::{Limits, script};
use super::quote::qualified;
use super::shape::Role;
use super::token::{Lexed, Span};

/// What one statement names.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// Relations and row types, with the span of the name: `[schema.]name`.
    pub relations: Vec<(Span, Option<String>, String)>,
    /// Every identifier, folded.
    pub words: Vec<String>,
    /// Words before a dot that are not part of a relation's name: mostly aliases, perhaps schemas.
    pub qualifiers: Vec<String>,
}

impl Named {
    /// Reads one statement; the error says why it is not known what the statement names.
    pub fn of(text: &str, limits: &Limits) -> Result<Named, String> {
        let script = script(text, limits).map_err(|e| e.to_string())?;
        let [statement] = script.statements.as_slice() else { return Err("it is not one statement".into()) };
        let shape = statement.shape.as_ref().map_err(ToString::to_string)?;
        let mut named = Named::default();
        for reference in &shape.references {
            let name = match reference.name.0.as_slice() {
                [name] => (None, name.text.clone()),
                [schema, name] => (Some(schema.text.clone()), name.text.clone()),
                _ => return Err("a relation is named with its database".into()),
            };
            if !matches!(reference.role, Role::Read | Role::Type) {
                return Err(format!("it does more than read {}", name.1));
            }
            named.relations.push((reference.name.span(), name.0, name.1));
        }
        named.relations.sort_by_key(|(span, ..)| span.start);
        named.relations.dedup();
        named.collect_words(&script.lexed)?;
        Ok(named)
    }

    fn collect_words(&mut self, lexed: &Lexed<'_>) -> Result<(), String> {
        let (mut words, mut qualifiers) = (BTreeSet::new(), BTreeSet::new());
        for (i, lexeme) in lexed.lexemes.iter().enumerate() {
            if matches!(lexeme.token.token, Token::UnicodeStringLiteral(_)) || text_of(lexed, lexeme.span).starts_with("U&\"") {
                return Err("names in Unicode escapes are not read".into());
            }
            let Some(word) = lexeme.name() else { continue };
            let within = self.relations.iter().any(|(span, ..)| span.contains(lexeme.span));
            if !within && lexed.lexemes.get(i + 1).is_some_and(|next| next.is_token(&Token::Period)) {
                qualifiers.insert(word.clone());
            }
            words.insert(word);
        }
        (self.words, self.qualifiers) = (words.into_iter().collect(), qualifiers.into_iter().collect());
        Ok(())
    }

    /// The text with each relation qualified by the schema in which it was found. One that was not found stays: it is a CTE, or
    /// does not exist.
    pub fn qualified(&self, text: &str, schemas: &BTreeMap<String, String>) -> String {
        let (mut out, mut at) = (String::with_capacity(text.len() + 64), 0);
        for (span, schema, name) in &self.relations {
            let Some(schema) = schema.as_ref().or_else(|| schemas.get(name)).filter(|_| span.start >= at) else { continue };
            out.push_str(&text[at..span.start]);
            out.push_str(&qualified(schema, name));
            at = span.end;
        }
        out + &text[at..]
    }
}

fn text_of<'t>(lexed: &Lexed<'t>, span: Span) -> &'t str {
    lexed.text.get(span.range()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Result<Named, String> {
        Named::of(text, &Limits::default())
    }

    #[test]
    fn relations_are_qualified_and_nothing_else_is() {
        let schemas = BTreeMap::from([("t".to_owned(), "s".to_owned()), ("Ü".to_owned(), "my s".to_owned())]);
        let cases = [
            (
                "select t.a, f(t) from t where t.b in (select b from \"Ü\")",
                "select t.a, f(t) from s.t where t.b in (select b from \"my s\".\"Ü\")",
            ),
            ("with t as (select 1) select * from t", "with t as (select 1) select * from t"),
            ("select * from other.t, nowhere", "select * from other.t, nowhere"),
            ("select null::t from only t x", "select null::s.t from only s.t x"),
        ];
        for (text, expected) in cases {
            assert_eq!(named(text).unwrap().qualified(text, &schemas), expected, "{text}");
        }
    }

    #[test]
    fn a_qualifier_is_found_wherever_it_stands() {
        for text in [
            "select evil.f(1)",
            "select 1 operator(evil.+) 1",
            "select 1::evil.t",
            "select evil . t '1'",
            "select * from a where \"evil\".f(a.b) > 0",
            "select cast(1 as evil.t)",
        ] {
            let named = named(text);
            assert!(
                named.as_ref().map_or(true, |n| n.qualifiers.contains(&"evil".to_owned())
                    || n.relations.iter().any(|(_, schema, _)| schema.as_deref() == Some("evil"))),
                "{text}: {named:?}"
            );
        }
        let reads = named("select a.b, lower(c) from s.a").unwrap();
        assert_eq!(reads.qualifiers, ["a"]);
        assert!(["lower", "a", "c", "s"].iter().all(|w| reads.words.iter().any(|x| x == w)));
    }

    #[test]
    fn what_is_no_read_is_an_error() {
        for text in [
            "select 1; select 2",
            "insert into t values (1)",
            "with a as (delete from t returning 1) select * from a",
            "select U&\"d\\0061t\"(1)",
        ] {
            assert!(named(text).is_err(), "{text}");
        }
    }
}
