//! The net under the parser: every word that equals a legacy name must have been given a meaning. What is left over may be a
//! relation that the parser does not show; such a statement is forwarded untouched and counted.

use sqlparser::tokenizer::Token;

use super::{Hit, HitOutcome, Outcome, Work};

impl Work<'_, '_> {
    /// Counts what is mentioned but not named as a relation. True when a word was left unexplained.
    pub(super) fn mentions(&mut self, outcome: &mut Outcome) -> bool {
        let mut unclassified = false;
        for i in self.lexemes.clone() {
            let lexeme = &self.lexed.lexemes[i];
            let word = lexeme.name().filter(|name| self.policy.entry(name).is_some());
            if let Some(name) = word.filter(|_| !self.shape.explains(i)) {
                unclassified = true;
                let operation = crate::sql::wrapper::operation(self.lexed, &self.lexemes, i);
                self.mention(name, operation, "a mention that could not be classified", outcome);
            }
            let string = lexeme.is_untyped_string() || matches!(lexeme.token.token, Token::NationalStringLiteral(_));
            if string {
                let names = self.policy.prefilter.names_in(self.text(lexeme.span));
                for name in names.iter().map(|n| n.to_ascii_lowercase()).filter(|n| !self.policy.is_off(n)) {
                    self.mention(name, "mention", "a name in a string", outcome);
                }
            }
        }
        unclassified
    }

    /// Counts references to legacy tables whose rules have faults. Nothing is done about them: the server answers as it can.
    pub(super) fn count_faulty(&self, outcome: &mut Outcome) {
        for reference in &self.shape.references {
            let table = reference.name.last();
            if self.policy.faulty.contains_key(table) && self.is_in_schema(&reference.name) {
                self.mention(table.to_owned(), reference.role.operation(), "its rule has faults", outcome);
            }
        }
    }

    fn mention(&self, table: String, operation: &'static str, what: &str, outcome: &mut Outcome) {
        let hit = Hit { table, operation, outcome: HitOutcome::Opaque };
        if !outcome.hits.contains(&hit) {
            outcome.notes.push(format!("{}: {what}, left as it is", hit.table));
            outcome.hits.push(hit);
        }
    }
}
