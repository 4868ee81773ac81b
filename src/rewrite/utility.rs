//! Utility statements. TRUNCATE goes to the legacy table's stand-in in schema `esclusa`: an empty table with the legacy owner and the
//! legacy grants, whose trigger deletes this table's rows and no others. So the tag, the rights, CASCADE, other tables in the same
//! list and the rollback are the server's own. What writes files anew goes there too: the new table is not one client's to rewrite.
//!
//! LOCK takes the new table in the same mode. Every statement on the legacy table reads or writes the new one, so whatever the mode
//! kept out it keeps out still; that it also keeps out users of other legacy tables costs time and never a result.

use super::refuse::Refusal;
use super::splice::Edit;
use super::update::column;
use super::{Entry, Work};
use crate::relation::Relation;
use crate::sql::{Part, Role};

impl Work<'_, '_> {
    /// A utility statement's reference.
    pub(super) fn utility(&mut self, index: usize, entry: &Entry) -> Result<(), Refusal> {
        let relation = &entry.relation;
        let reference = &self.shape.references[index];
        let at = reference.span.start;
        let instead = match reference.role {
            _ if relation.is_retained() => return Ok(()),
            Role::Define(operation) => return Err(Refusal::definition(relation, operation, at)),
            Role::Truncate if relation.captured.is_some() => return Err(Refusal::captured(relation, "truncate", at)),
            Role::Lock => format!("ONLY {}", relation.target_table()),
            Role::Analyze | Role::Vacuum => {
                self.listed_columns(index, relation)?;
                // One history is a small part of the partitions, which autovacuum looks after.
                if relation.kind == "history" { relation.stand_in() } else { relation.target_table() }
            }
            // An index is named: the stand-in has one.
            Role::Rebuild("cluster") if reference.span != reference.name.span() => {
                format!("{} USING {}", relation.stand_in(), relation.stand_in_index())
            }
            _ => relation.stand_in(),
        };
        self.notes.push(format!("{}: {} goes to {instead}", relation.table, reference.role.operation()));
        self.edits.push(Edit::replace(reference.span, instead));
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
        if self.entries.iter().all(Option::is_some) && !self.edits.iter().any(|e| e.span == span) {
            self.edits.push(Edit::replace(span, ""));
        }
        Ok(())
    }

    /// The columns of `ANALYZE t (a, b)` must be there; which of them are read again is the server's business.
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
