//! Statements that the server has prepared for a connection, by their texts: what is asked again is neither read nor planned again, which matters most
//! while others wait for a table. Those not used for the longest are let go, because some texts have names written into them and never come again.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tokio_postgres::Statement;

/// How many a connection keeps: more than a migration asks for one table.
const KEPT: usize = 150;

/// The statements of one connection.
#[derive(Debug, Default)]
pub(super) struct Prepared(Mutex<Recent<Statement>>);

impl Prepared {
    /// The statement of a text, if it is prepared.
    pub(super) fn get(&self, text: &str) -> Option<Statement> {
        self.with(|recent| recent.get(text))
    }

    /// Keeps a statement, for one that has not been used for longer.
    pub(super) fn keep(&self, text: &str, statement: Statement) {
        self.with(|recent| recent.keep(text, statement, KEPT));
    }

    /// Prepares a text anew when it comes again.
    pub(super) fn forget(&self, text: &str) {
        self.with(|recent| recent.by_text.remove(text));
    }

    fn with<R>(&self, work: impl FnOnce(&mut Recent<Statement>) -> R) -> R {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Values by texts, each with the number of its last use.
#[derive(Debug)]
struct Recent<V> {
    by_text: HashMap<Box<str>, (V, u64)>,
    uses: u64,
}

impl<V> Default for Recent<V> {
    fn default() -> Self {
        Recent { by_text: HashMap::new(), uses: 0 }
    }
}

impl<V: Clone> Recent<V> {
    fn get(&mut self, text: &str) -> Option<V> {
        let (value, used) = self.by_text.get_mut(text)?;
        self.uses += 1;
        *used = self.uses;
        Some(value.clone())
    }

    fn keep(&mut self, text: &str, value: V, most: usize) {
        if self.by_text.len() >= most {
            let oldest = self.by_text.iter().min_by_key(|(_, (_, used))| *used).map(|(text, _)| text.clone());
            oldest.and_then(|oldest| self.by_text.remove(&oldest));
        }
        self.uses += 1;
        self.by_text.insert(text.into(), (value, self.uses));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_used_for_the_longest_is_let_go() {
        let mut recent = Recent::default();
        recent.keep("a", 1, 2);
        recent.keep("b", 2, 2);
        assert_eq!(recent.get("a"), Some(1));
        recent.keep("c", 3, 2);
        assert_eq!((recent.get("a"), recent.get("b"), recent.get("c")), (Some(1), None, Some(3)));
        assert_eq!(recent.by_text.len(), 2);
    }
}
