//! The net below the parser: every word that equals a legacy name must have been explained. An unexplained one may be a relation
//! that the parser does not show; such a statement passes untouched, and is counted.

use sqlparser::tokenizer::Token;

use super::outcome::{Hit, HitOutcome, Outcome};
use super::work::Work;
use crate::sql::Role;
use crate::sql::token::Lexeme;
use crate::sql::utility::LIKE;

impl Work<'_, '_> {
    /// Counts legacy names that are not relations of the statement. True when a word was left unexplained.
    pub(super) fn mentions(&mut self, outcome: &mut Outcome) -> bool {
        let mut unclassified = false;
        let is_do = self.lexemes.clone().next().is_some_and(|first| self.lexed.lexemes[first].is("DO"));
        for i in self.lexemes.clone() {
            let lexeme = &self.lexed.lexemes[i];
            let is_known = |name: &String| self.policy.entry(name).is_some() || self.policy.tombstones.contains(name);
            let is_another = || self.is_qualified_by_another(i) || self.is_temporary(i);
            let is_unexplained = |_: &String| !self.shape.explains(i) && !is_another();
            if let Some(name) = lexeme.name().filter(is_known).filter(is_unexplained) {
                unclassified |= self.policy.entry(&name).is_some();
                outcome.touch(self.policy, &name);
                let operation = crate::sql::wrapper::operation(self.lexed, &self.lexemes, i);
                self.mention(name, operation, "a mention that could not be classified", outcome);
            }
            let string = lexeme.is_untyped_string() || matches!(lexeme.token.token, Token::NationalStringLiteral(_));
            if string {
                let names = self.policy.prefilter.names_in(self.text(lexeme.span));
                for name in names.into_iter().filter(|n| !self.policy.is_off(n)) {
                    // The string of DO is code that runs; any other string is a value.
                    if is_do {
                        outcome.touch(self.policy, &name);
                    }
                    self.mention(name, "mention", "a name in a string", outcome);
                }
            }
        }
        unclassified
    }

    /// Whether a word follows a dot and a name that is not the legacy schema's: `public.tipocorreo`, `alias.tipocorreo`.
    fn is_qualified_by_another(&self, word: usize) -> bool {
        let before = |by: usize| word.checked_sub(by).filter(|at| self.lexemes.contains(at)).map(|at| &self.lexed.lexemes[at]);
        let qualifier = before(2).filter(|_| before(1).is_some_and(|l| l.is_token(&Token::Period)));
        qualifier.and_then(Lexeme::name).is_some_and(|name| name != self.policy.schema)
    }

    /// Counts references to legacy tables whose rules have faults. They pass untouched, and the server answers as it can.
    pub(super) fn count_faulty(&self, outcome: &mut Outcome) {
        for reference in &self.shape.references {
            let table = reference.name.last();
            if self.policy.faulty.contains_key(table) && self.is_in_schema(&reference.name) {
                self.mention(table.to_owned(), reference.role.operation(), "its rule has faults", outcome);
            }
        }
    }

    /// Whether a word is the name of a temporary table that the statement makes: `CREATE TEMPORARY TABLE [IF NOT EXISTS] word`.
    /// It is no use of the legacy table, and may have the name of a tombstone: for any other the server says that the name is taken.
    fn is_temporary(&self, word: usize) -> bool {
        let lexemes = &self.lexed.lexemes;
        let start = self.lexemes.start;
        let mut at = word;
        let before = |at: usize, by: usize| at.checked_sub(by).filter(|at| *at >= start).map(|at| &lexemes[at]);
        if before(at, 1).is_some_and(|l| l.is_token(&Token::Period)) {
            at = at.saturating_sub(2);
        }
        if before(at, 1).is_some_and(|l| l.is("EXISTS")) {
            at = at.saturating_sub(3);
        }
        let is_temporary = before(at, 2).is_some_and(|l| l.is("TEMPORARY") || l.is("TEMP"));
        before(at, 1).is_some_and(|l| l.is("TABLE")) && is_temporary && lexemes.get(start).is_some_and(|l| l.is("CREATE"))
    }

    /// Counts references to tombstones. A statement that defines or drops one does not want it back.
    pub(super) fn count_tombstones(&self, outcome: &mut Outcome) {
        if self.policy.tombstones.is_empty() {
            return;
        }
        for reference in self.shape.references.iter().filter(|r| !matches!(r.role, Role::Define(operation) if operation != LIKE))
        {
            let table = reference.name.last();
            if self.policy.tombstones.contains(table) && self.is_in_schema(&reference.name) {
                outcome.touch(self.policy, table);
                let (statement, operation) = (self.number, reference.role.operation());
                if outcome.hit(Hit { statement, table: table.to_owned(), operation, outcome: HitOutcome::Forwarded }) {
                    outcome.notes.push(format!("{table}: its name is retired, and comes back with this statement"));
                }
            }
        }
    }

    fn mention(&self, table: String, operation: &'static str, what: &str, outcome: &mut Outcome) {
        let note = format!("{table}: {what}, left as it is");
        if outcome.hit(Hit { statement: self.number, table, operation, outcome: HitOutcome::Opaque }) {
            outcome.notes.push(note);
        }
    }
}
