//! Functions whose bodies name legacy tables, and the statements that call them: such a statement names no table itself.
//!
//! A body is read by its words, so that SQL that it puts together counts too, as far as the names stand in it. Functions of one name are one.

use std::collections::{BTreeMap, BTreeSet};

use crate::rewrite::Policy;
use crate::scan;
use crate::sql::Lexed;

/// The legacy tables that functions name, by the functions' names.
#[derive(Default)]
pub(super) struct Functions(BTreeMap<String, BTreeSet<String>>);

impl Functions {
    /// Of these functions, name and body, those that name a legacy table, or call one that does.
    pub(super) fn of(policy: &Policy, bodies: Vec<(String, String)>) -> Functions {
        let mut named: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (name, body) in &bodies {
            let tables: BTreeSet<String> = scan::statement(policy, body, false).into_iter().map(|(table, _)| table).collect();
            if !tables.is_empty() {
                named.entry(name.clone()).or_default().extend(tables);
            }
        }
        let mut functions = Functions(named);
        // Until nothing is new: a chain is no longer than there are functions.
        for _ in 0..bodies.len() {
            let mut has_grown = false;
            for (name, body) in &bodies {
                let called = functions.called(body);
                if !called.is_empty() {
                    let tables = functions.0.entry(name.clone()).or_default();
                    let before = tables.len();
                    tables.extend(called);
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
        let mut tables = BTreeSet::new();
        let Ok(lexed) = Lexed::new(text) else { return tables };
        for pair in lexed.lexemes.windows(2).filter(|pair| !self.0.is_empty() && &text[pair[1].span.range()] == "(") {
            if let Some(of) = pair[0].name().and_then(|name| self.0.get(&name)) {
                tables.extend(of.iter().cloned());
            }
        }
        tables
    }

    /// One line for each.
    pub(super) fn lines(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|(name, tables)| format!("{name}>{}", tables.iter().map(String::as_str).collect::<Vec<_>>().join(",")))
    }
}
