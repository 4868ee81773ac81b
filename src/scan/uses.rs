//! What a piece of text does with legacy tables: read as the proxy reads statements or, where it is only a part of one, judged by the word before a name.

use std::collections::BTreeMap;

use crate::rewrite::{NameContext, Policy, rewrite};

/// A longer text is not read as a statement.
const STATEMENT_BYTES: usize = 256 << 10;
/// Words with which a statement begins.
const BEGINNINGS: [&str; 24] = [
    "SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "MERGE", "TRUNCATE", "CREATE", "ALTER", "DROP", "LOCK", "COPY", "DO",
    "BEGIN", "DECLARE", "EXPLAIN", "ANALYZE", "VACUUM", "COMMENT", "GRANT", "REVOKE", "TABLE", "PREPARE", "REINDEX",
];

/// A legacy table in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Use {
    pub(super) table: String,
    pub(super) operation: &'static str,
    /// Where its name occurs first.
    pub(super) at: usize,
}

/// The legacy tables of a text that is a whole statement; only those that are named with their schema, where that is asked for.
pub(super) fn of_statement(policy: &Policy, text: &str, are_qualified: bool) -> Vec<Use> {
    let path: &[&str] = if are_qualified { &[] } else { &[policy.schema.as_str(), "public"] };
    if policy.may_name(text.as_bytes()) { worked_on(policy, text, &places(policy, text), path) } else { Vec::new() }
}

fn places(policy: &Policy, text: &str) -> BTreeMap<String, usize> {
    let mut places = BTreeMap::new();
    for (at, word) in words(text) {
        let name = word.to_ascii_lowercase();
        if policy.knows(&name) {
            places.entry(name).or_insert(at);
        }
    }
    places
}

/// The legacy tables of a text.
pub(super) fn of(policy: &Policy, text: &str, mapping: bool) -> Vec<Use> {
    if !policy.may_name(text.as_bytes()) {
        return Vec::new();
    }
    let places = places(policy, text);
    if places.is_empty() {
        return Vec::new();
    }
    if let [(table, at)] = places.iter().collect::<Vec<_>>()[..]
        && words(text).all(|(_, word)| word.eq_ignore_ascii_case(table) || word.eq_ignore_ascii_case(&policy.schema))
    {
        let operation = if mapping { "mapping" } else { "name" };
        return vec![Use { table: table.clone(), operation, at: *at }];
    }
    let mut uses = statement(policy, text, &places);
    for (table, at) in places {
        if !uses.iter().any(|u| u.table == table) {
            let operation = if mapping { "mapping" } else { before(text, at) };
            uses.push(Use { table, operation, at });
        }
    }
    uses
}

/// What the text does if it is a whole statement.
fn statement(policy: &Policy, text: &str, places: &BTreeMap<String, usize>) -> Vec<Use> {
    let first = words(text).next().map_or("", |(_, word)| word);
    if text.len() > STATEMENT_BYTES || !BEGINNINGS.iter().any(|word| word.eq_ignore_ascii_case(first)) {
        return Vec::new();
    }
    worked_on(policy, &without_parameters(text), places, &[policy.schema.as_str(), "public"])
}

fn worked_on(policy: &Policy, text: &str, places: &BTreeMap<String, usize>, path: &[&str]) -> Vec<Use> {
    let names = NameContext::with_path(path);
    let outcome = rewrite(policy, &names, text);
    let mut uses: Vec<Use> = Vec::new();
    for hit in outcome.hits.iter().filter(|hit| hit.operation != "mention") {
        if let Some(at) = places.get(&hit.table)
            && !uses.iter().any(|u| u.table == hit.table && u.operation == hit.operation)
        {
            uses.push(Use { table: hit.table.clone(), operation: hit.operation, at: *at });
        }
    }
    uses
}

/// What the words before a name say.
fn before(text: &str, at: usize) -> &'static str {
    let mut rest = text[..at].trim_end_matches(['"', '`', '\'', '[']);
    // Skips the name of a schema, even one that the program builds.
    while let Some(qualified) = rest.strip_suffix('.') {
        rest = qualified.trim_end_matches(|c: char| !c.is_whitespace());
    }
    let mut words = rest.rsplit(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty());
    let mut upper = || words.next().map(str::to_ascii_uppercase).unwrap_or_default();
    // Beyond these characters, words say nothing about the name.
    if rest.trim_end().ends_with([',', ';', ')', '=']) {
        return "mention";
    }
    match (upper().as_str(), upper().as_str()) {
        ("FROM", "DELETE") => "delete",
        ("FROM" | "JOIN", _) => "select",
        ("INTO", _) => "insert",
        ("UPDATE", _) => "update",
        ("TABLE" | "ONLY" | "EXISTS", "TRUNCATE") | ("TRUNCATE", _) => "truncate",
        ("TABLE", "ALTER") => "alter",
        ("TABLE", "DROP") | ("EXISTS", _) => "drop",
        ("TABLE", "CREATE") => "create table",
        _ => "mention",
    }
}

/// The words of a text with their places.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_of_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let mut at = 0;
    std::iter::from_fn(move || {
        let begin = at + text[at..].find(is_of_word)?;
        let end = text[begin..].find(|c| !is_of_word(c)).map_or(text.len(), |length| begin + length);
        at = end;
        Some((begin, &text[begin..end]))
    })
}

/// Parameters as Java writes them (`?`, `:name`, `#{name}`, `${name}`) become NULL, which is valid wherever a value is.
fn without_parameters(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    let mut quote = None;
    let mut last = ' ';
    while let Some(letter) = letters.next() {
        let next = letters.peek().copied();
        match letter {
            '\'' | '"' if quote == Some(letter) => quote = None,
            '\'' | '"' if quote.is_none() => quote = Some(letter),
            '?' if quote.is_none() => {
                out.push_str("NULL");
                // JPA numbers its parameters.
                while letters.next_if(char::is_ascii_digit).is_some() {}
                last = '?';
                continue;
            }
            ':' if quote.is_none() && last != ':' && next.is_some_and(|c| c.is_alphabetic() || c == '_') => {
                while letters.next_if(|c| c.is_alphanumeric() || *c == '_' || *c == '.').is_some() {}
                out.push_str("NULL");
                last = '?';
                continue;
            }
            '#' | '$' if quote.is_none() && next == Some('{') => {
                while letters.next_if(|c| *c != '}').is_some() {}
                letters.next();
                out.push_str("NULL");
                last = '?';
                continue;
            }
            _ => {}
        }
        out.push(letter);
        last = letter;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_values() {
        assert_eq!(
            without_parameters("a = ?1 AND b = :x.y AND c::int = #{z} AND d = '?:x' AND e IN (?, ?)"),
            "a = NULL AND b = NULL AND c::int = NULL AND d = '?:x' AND e IN (NULL, NULL)"
        );
    }

    #[test]
    fn the_word_before_a_name_tells() {
        let of = |text: &str| before(text, text.find("tipo").unwrap_or(0));
        for (text, operation) in [
            (" FROM tipo WHERE", "select"),
            ("delete from cf.tipo", "delete"),
            ("left join \"tipo\" t", "select"),
            ("insert into ? . tipo", "insert"),
            ("INTO x.tipo (", "insert"),
            ("UPDATE tipo SET", "update"),
            ("truncate table tipo", "truncate"),
            ("drop table if exists tipo", "drop"),
            ("a, tipo", "mention"),
            ("tipo", "mention"),
        ] {
            assert_eq!(of(text), operation, "{text}");
        }
    }
}
