//! Utility statements: TRUNCATE, LOCK, ANALYZE, VACUUM, CLUSTER, REINDEX. The leaf is a table of its own, with the legacy owner, grants
//! and indexes, so it takes the place of the name, and everything else is the server's own.

use super::policy::Entry;
use super::refuse::Refusal;
use super::splice::Edit;
use super::update::column;
use super::work::Work;
use crate::relation::{KEYS, Relation};
use crate::sql::quote::qualified;
use crate::sql::{Part, Role};

impl Work<'_, '_> {
    /// A utility statement's reference.
    pub(super) fn utility(&mut self, index: usize, entry: &Entry) -> Result<(), Refusal> {
        let relation = &entry.relation;
        let reference = &self.shape.references[index];
        let at = reference.span.start;
        let (span, instead) = match reference.role {
            _ if relation.is_retained() => return Ok(()),
            // An event trigger carries it to the view under the legacy name, and to the leaf what holds for the whole table.
            Role::Define("grant" | "revoke") => (reference.span, relation.view()),
            Role::Define(operation) => return Err(Refusal::definition(relation, operation, at)),
            Role::Analyze | Role::Vacuum => {
                self.listed_columns(index, relation)?;
                (reference.span, relation.rows())
            }
            // A foreign key onto the legacy table leads to the key table: the server looks whether the tables that refer to it are named too,
            // and both have to be.
            Role::Truncate if self.policy.key_tables.has(&relation.table) => {
                (reference.span, format!("{}, {}", relation.rows(), qualified(KEYS, &relation.table)))
            }
            // An index that is named stays named: the leaf has it under the legacy name.
            Role::Rebuild("cluster") => (reference.name.span(), relation.rows()),
            _ => (reference.span, relation.rows()),
        };
        self.notes.push(format!("{}: {} goes to {instead}", relation.table, reference.role.operation()));
        self.edits.push(Edit::replace(span, instead));
        Ok(())
    }

    /// RESTART IDENTITY would restart what the client knows nothing of (the improvement's own sequence), or nothing at all. A sequence
    /// that fills a legacy column is the client's, and no table owns it any more.
    pub(super) fn keep_sequences(&mut self) -> Result<(), Refusal> {
        let Some(at) = self.lexemes.clone().find(|&i| self.lexed.lexemes[i].is("RESTART")) else { return Ok(()) };
        let draws = |r: &Relation| r.columns.iter().any(|c| c.default.as_ref().is_some_and(|d| d.contains("nextval(")));
        let span = self.lexed.span(&(at..at + 2)).unwrap_or(self.lexed.lexemes[at].span);
        let drawing = self.entries.iter().flatten().map(|e| &e.relation).find(|r| !r.is_retained() && draws(r));
        if let Some(relation) = drawing {
            return Err(Refusal::form(relation, "TRUNCATE ... RESTART IDENTITY of", span.start));
        }
        if self.entries.iter().all(Option::is_some) {
            self.edits.push(Edit::replace(span, ""));
        }
        Ok(())
    }

    /// The columns of `ANALYZE t (a, b)` must be there; which of them are read again, the server decides.
    fn listed_columns(&self, index: usize, relation: &Relation) -> Result<(), Refusal> {
        let reference = &self.shape.references[index];
        let (name, whole) = (reference.name.span(), reference.span);
        let behind = |l: &&crate::sql::token::Lexeme| l.span.start >= name.end && whole.contains(l.span);
        for lexeme in self.lexed.lexemes[self.lexemes.clone()].iter().filter(behind) {
            if let Some(text) = lexeme.name() {
                column(relation, &Part { text, span: lexeme.span })?;
            }
        }
        Ok(())
    }
}
