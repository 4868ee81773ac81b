//! Functions whose bodies name legacy tables, and the statements that call them: such a statement does not name the table itself.
//!
//! Only the words of a body are looked at, so dynamic SQL counts too, if the names are written in it. Overloaded functions are
//! treated as one.

use std::collections::{BTreeMap, BTreeSet};

use crate::rewrite::Policy;
use crate::scan;
use crate::sql::Lexed;

/// How many texts are read before other tasks may run.
pub(super) const AT_A_TIME: usize = 50;

/// For each function the legacy tables that it names.
#[derive(Default)]
pub(super) struct Functions(BTreeMap<String, BTreeSet<String>>);

impl Functions {
    /// Of these functions (name, body) those that name a legacy table, or call one that does. Other tasks may run in between.
    pub(super) async fn of(policy: &Policy, bodies: Vec<(String, String)>) -> Functions {
        let mut functions = Functions::default();
        let mut calls: Vec<(String, BTreeSet<String>)> = Vec::with_capacity(bodies.len());
        for (at, (name, body)) in bodies.into_iter().enumerate() {
            let tables: BTreeSet<String> = scan::statement(policy, &body, false).into_iter().map(|(table, _)| table).collect();
            if !tables.is_empty() {
                functions.0.entry(name.clone()).or_default().extend(tables);
            }
            calls.push((name, called(&body)));
            if at % AT_A_TIME == 0 {
                tokio::task::yield_now().await;
            }
        }
        // Repeated until nothing changes: a chain of calls is not longer than the number of functions.
        for _ in 0..calls.len() {
            let mut has_grown = false;
            for (name, called) in &calls {
                let through = functions.tables(called);
                if !through.is_empty() {
                    let tables = functions.0.entry(name.clone()).or_default();
                    let before = tables.len();
                    tables.extend(through);
                    has_grown |= tables.len() > before;
                }
            }
            if !has_grown {
                break;
            }
        }
        functions
    }

    /// The legacy tables of the functions that a text calls.
    pub(super) fn called(&self, text: &str) -> BTreeSet<String> {
        if self.0.is_empty() { BTreeSet::new() } else { self.tables(&called(text)) }
    }

    fn tables(&self, functions: &BTreeSet<String>) -> BTreeSet<String> {
        functions.iter().filter_map(|name| self.0.get(name)).flatten().cloned().collect()
    }

    /// One line for each function.
    pub(super) fn lines(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|(name, tables)| format!("{name}>{}", tables.iter().map(String::as_str).collect::<Vec<_>>().join(",")))
    }
}

/// The names that are followed by a parenthesis.
fn called(text: &str) -> BTreeSet<String> {
    let Ok(lexed) = Lexed::new(text) else { return BTreeSet::new() };
    let calls = lexed.lexemes.windows(2).filter(|pair| &text[pair[1].span.range()] == "(");
    calls.filter_map(|pair| pair[0].name()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_parentheses_are_calls() {
        let of = |text: &str| called(text).into_iter().collect::<Vec<_>>().join(" ");
        assert_eq!(of("SELECT cf.Nightly (1), \"Odd\"(x) FROM t WHERE a IN (SELECT b) -- c()"), "Odd in nightly");
        assert_eq!(of("SELECT 'not closed"), "");
    }
}
