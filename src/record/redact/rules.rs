//! The operator's redaction rules: names of tables and columns, and patterns.

use std::collections::BTreeSet;

use regex_lite::Regex;

use super::names::Names;
use crate::error::{Fault, Faults};

/// `record.redact`, parsed.
#[derive(Debug, Default)]
pub struct Rules {
    pub(super) names: Names,
    pub(super) patterns: Vec<Regex>,
}

impl Rules {
    /// Parses the rules; returns every fault.
    pub fn parse(rules: &[String]) -> Result<Rules, Faults> {
        let mut out = Rules::default();
        let mut faults = Faults::default();
        for rule in rules {
            let is_name =
                |name: &str| !name.is_empty() && !name.contains(char::is_whitespace) && !name.contains(['*', '/', '\'', '"']);
            match (rule.strip_prefix('/').and_then(|r| r.strip_suffix('/')), rule.split_once('.')) {
                (Some(pattern), _) => match Regex::new(pattern) {
                    Ok(pattern) if !pattern.is_match("") => out.patterns.push(pattern),
                    Ok(_) => {
                        faults.push(Fault::general(format!("record.redact: `{rule}` matches the empty text, and so everything")))
                    }
                    Err(error) => faults.push(Fault::general(format!("record.redact: `{rule}`: {error}"))),
                },
                (None, Some(("*", column))) if is_name(column) => out.names.columns.push((None, column.to_lowercase())),
                (None, Some((table, column))) if is_name(table) && is_name(column) && !column.contains('.') => {
                    out.names.columns.push((Some(table.to_lowercase()), column.to_lowercase()));
                }
                (None, None) if is_name(rule) => drop(out.names.tables.insert(rule.to_lowercase())),
                _ => faults.push(
                    Fault::general(format!("record.redact: `{rule}` is not a valid rule"))
                        .hint("a rule is `table`, `table.column`, `*.column` or `/pattern/`, without a schema"),
                ),
            }
        }
        faults.or(out)
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.patterns.is_empty() && self.names.tables.is_empty() && self.names.columns.is_empty()
    }

    /// Whether a text that cannot be parsed as SQL contains a name of a rule, or of an object that the session has made.
    pub(super) fn may_name(&self, text: &str, made: &BTreeSet<String>) -> bool {
        let text = text.to_lowercase();
        let of_columns = self.names.columns.iter().flat_map(|(table, column)| [table.as_ref(), Some(column)]).flatten();
        self.names.tables.iter().chain(of_columns).chain(made).any(|name| text.contains(name))
    }
}
