//! Utility statements: TRUNCATE, LOCK, ANALYZE, VACUUM, CLUSTER, REINDEX. The leaf is a table of its own, with the legacy owner,
//! grants and indexes, so its name replaces the legacy one, and everything else is left to the server.

use sqlparser::tokenizer::Token;

use super::policy::Entry;
use super::refuse::Refusal;
use super::splice::Edit;
use super::work::Work;
use crate::relation::{Column, KEYS, Relation};
use crate::sql::quote::{ident, qualified};
use crate::sql::utility::LIKE;
use crate::sql::{Lexeme, Role};

impl Work<'_, '_> {
    /// A utility statement's reference.
    pub(super) fn utility(&mut self, index: usize, entry: &Entry) -> Result<(), Refusal> {
        let relation = &entry.relation;
        let reference = &self.shape.references[index];
        let at = reference.span.start;
        let (span, instead) = match reference.role {
            Role::Define(LIKE) if relation.is_retained() => (reference.span, self.like_retained(index, relation)),
            Role::Define(LIKE) => (reference.name.span(), relation.view()),
            _ if relation.is_retained() => return Ok(()),
            // An event trigger repeats it for the view under the legacy name, and for the leaf what concerns the whole table.
            Role::Define("grant" | "revoke") => (reference.span, relation.view()),
            Role::Define(operation) => return Err(Refusal::definition(relation, operation, at)),
            Role::Analyze | Role::Vacuum | Role::Rebuild("vacuum full") => {
                let list = self.column_list(index, relation).map_or_else(String::new, |column| format!(" ({column})"));
                (reference.span, format!("{}{list}", relation.rows()))
            }
            // A foreign key to the legacy table refers to the key table: the server checks that all referring tables are named too,
            // and both tables have to be.
            Role::Truncate if self.policy.key_tables.has(&relation.table) => {
                (reference.span, format!("{}, {}", relation.rows(), qualified(KEYS, &relation.table)))
            }
            // The name of an index stays: the leaf has the index under its legacy name.
            Role::Rebuild("cluster") => (reference.name.span(), relation.rows()),
            _ => (reference.span, relation.rows()),
        };
        self.notes.push(format!("{}: {} goes to {instead}", relation.table, reference.role.operation()));
        self.edits.push(Edit::replace(span, instead));
        Ok(())
    }

    /// The columns of a retained history that CREATE TABLE ... (LIKE t) copies: those that the client knows.
    fn like_retained(&self, index: usize, relation: &Relation) -> String {
        let reference = &self.shape.references[index];
        let is_option = |l: &&Lexeme| l.span.start >= reference.name.span().end && reference.span.contains(l.span);
        let options: Vec<&Lexeme> = self.lexed.lexemes[self.lexemes.clone()].iter().filter(is_option).collect();
        let mut has_defaults = false;
        for option in options.chunks(2) {
            match option {
                [including, of] if including.is("INCLUDING") && of.is("DEFAULTS") => has_defaults = true,
                [excluding, of] if excluding.is("EXCLUDING") => has_defaults &= !of.is_any(&["DEFAULTS", "ALL"]),
                // Indexes and constraints can be copied by LIKE alone, and then with the columns of the improvement.
                [_, ..] => return self.text(reference.span).to_owned(),
                [] => {}
            }
        }
        let one = |column: &Column| {
            let null = if column.not_null { " NOT NULL" } else { "" };
            let default = column.default.as_ref().filter(|_| has_defaults).map_or_else(String::new, |d| format!(" DEFAULT {d}"));
            format!("{} {}{default}{null}", ident(&column.name), column.sql_type.cast())
        };
        relation.columns.iter().map(one).collect::<Vec<_>>().join(", ")
    }

    /// RESTART IDENTITY would restart a sequence that the client does not know (the improvement's own), or none at all. A sequence
    /// that fills a legacy column belongs to the client, and is no longer owned by a table.
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

    /// What replaces the columns of `ANALYZE t (a, b)`, which must exist, each once (source, analyze.c, do_analyze_rel): all
    /// columns of the leaf are analyzed. The server checks the columns only if the role may do this and the table is not locked; so
    /// for a fault it gets a column that does not exist.
    fn column_list(&mut self, index: usize, relation: &Relation) -> Option<String> {
        let reference = &self.shape.references[index];
        let (name, whole) = (reference.name.span(), reference.span);
        let behind = |l: &&Lexeme| l.span.start >= name.end && whole.contains(l.span);
        let listed: Vec<String> =
            self.lexed.lexemes[self.lexemes.clone()].iter().filter(behind).filter_map(|l| l.name()).collect();
        let told = |(n, name): (usize, &String)| match relation.position(name) {
            None => Some(("42703", format!("column \"{name}\" of relation \"{}\" does not exist", relation.table))),
            Some(_) if listed[..n].contains(name) => {
                Some(("42701", format!("column \"{name}\" of relation \"{}\" appears more than once", relation.table)))
            }
            Some(_) => None,
        };
        if let Some((sqlstate, message)) = listed.iter().enumerate().find_map(told) {
            let number = self.refused_before + self.refused_within.len();
            let refusal = Refusal::legacy(sqlstate, message, None).numbered(number);
            let column = refusal.column();
            self.refused_within.push(refusal);
            return Some(column);
        }
        // VACUUM allows a list only with ANALYZE, and reports that before it looks at anything.
        let said = !listed.is_empty() && reference.role != Role::Analyze && !self.analyzes(index);
        said.then(|| relation.target().and_then(|t| t.columns.first()).map(|c| (*c).to_owned())).flatten()
    }

    /// Whether VACUUM's options say ANALYZE.
    fn analyzes(&self, index: usize) -> bool {
        let before = self.shape.references[index].name.span().start;
        let lexemes = &self.lexed.lexemes[self.lexemes.clone()];
        let Some(at) = lexemes.iter().take_while(|l| l.span.start < before).position(|l| l.is_any(&["ANALYZE", "ANALYSE"]))
        else {
            return false;
        };
        !lexemes[at + 1].is_any(&["FALSE", "OFF"]) && lexemes[at + 1].token.token != Token::Number("0".into(), false)
    }
}
