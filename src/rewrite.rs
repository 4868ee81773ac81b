//! Pure: compiled rules + a statement -> an outcome. No socket, no clock, no database, so that it can be tested with hundreds of
//! thousands of statements.
//!
//! `policy` is what statements are decided by, `context` what their names mean in a session, `work` one statement that is being
//! rewritten, and `outcome` what becomes of a text. One file per statement family: `read` for references in FROM, `insert` with
//! `conflict`, `update`, `delete`, `merge`, `copy`, `utility`; `group`, `system` and `rowtype` for what a view lacks; `returning`,
//! `assign` and `expression` for what these share. `resolve` and `columns` find out what a name is, `ambiguity` leaves to the
//! server what only the server knows, `splice` puts the text together, `refuse` makes the statement that fails in place of a
//! refused one.

mod ambiguity;
mod assign;
pub mod cache;
mod captured;
mod columns;
mod conflict;
mod constraint;
mod context;
mod copies;
mod copy;
mod delete;
mod expression;
mod group;
mod insert;
mod left;
mod merge;
mod named;
mod net;
mod outcome;
mod policy;
pub mod prefilter;
mod read;
pub mod refuse;
mod resolve;
mod returning;
mod rowtype;
mod shown;
mod source;
pub mod splice;
pub mod story;
mod substitutes;
mod system;
mod update;
mod utility;
mod work;

use sqlparser::tokenizer::Token;

use crate::mode::Mode;
use crate::sql::effect;
use crate::sql::{self, Role};
use context::Follower;
pub use context::{NameContext, Needed};
use left::Left;
pub use outcome::{Hit, HitOutcome, NamedColumns, Outcome};
pub use policy::{Entry, Policy};
use refuse::Refusal;
use splice::{Edit, splice};
pub use system::PRIVATE;
pub use update::{CLAUSES, values_of};
use work::Work;

/// Decides about the text of one Query or Parse.
pub fn rewrite(policy: &Policy, names: &NameContext, text: &str) -> Outcome {
    let outcome = decided(policy, names, text);
    let is_good = outcome.reads.is_empty() || outcome.refusals.is_empty() && outcome.text.is_some();
    // A statement that copies cannot answer reads the legacy tables.
    if is_good { outcome } else { decided(policy, &names.by_legacy_tables(), text) }
}

fn decided(policy: &Policy, names: &NameContext, text: &str) -> Outcome {
    let mut outcome = Outcome::default();
    let script = match sql::script(text, &policy.limits) {
        Ok(script) => script,
        Err(reason) => {
            outcome.opaque(policy, (0, text), &reason.to_string());
            return outcome;
        }
    };
    let mut edits = Vec::new();
    outcome.effects = effect::effects(&script.lexed);
    let mut follower = Follower::new(policy, names);
    let mut left = Left::new(policy, names.left_behind);
    let is_followed = script.statements.len() > 1 && !left.is_idle(text);
    // Numbered as the server counts them: empty statements are skipped.
    for (number, statement) in script.statements.iter().filter(|statement| !statement.lexemes.is_empty()).enumerate() {
        match Work::new(policy, follower.names(), follower.is_in_doubt(), &script.lexed, statement) {
            Some(Ok(mut work)) => {
                work.number = number;
                work.refused_before = outcome.refusals.len();
                work.decide(&mut outcome);
                edits.append(&mut work.edits);
            }
            Some(Err(reason)) => outcome.opaque(policy, (number, script.lexed.slice(&statement.lexemes)), &reason),
            None => {}
        }
        let text = script.lexed.slice(&statement.lexemes);
        let effects = (!outcome.effects.is_empty()).then(|| effect::effects_of(&script.lexed, &statement.lexemes));
        effects.iter().flatten().for_each(|effect| follower.follow(effect, text));
        if is_followed && left.moves_path(&script.lexed, &statement.lexemes) {
            follower.follow(&effect::Effect::SearchPath { local: false, schemas: None }, text);
        }
    }
    if !edits.is_empty() {
        match splice(text, edits) {
            Some(spliced) => {
                outcome.text = Some(spliced.text.into());
                outcome.map = spliced.map;
            }
            None => {
                outcome = Outcome { effects: outcome.effects, reads: outcome.reads, ..Outcome::default() };
                outcome.opaque(policy, (0, text), "the edits of this statement overlap");
            }
        }
    }
    outcome
}

impl Work<'_, '_> {
    fn decide(&mut self, outcome: &mut Outcome) {
        if !self.shape.constraints.is_empty() {
            return self.set_constraints(outcome);
        }
        let unclassified = self.mentions(outcome);
        self.count_faulty(outcome);
        self.count_tombstones(outcome);
        let live: Vec<usize> = (0..self.entries.len()).filter(|&i| self.entries[i].is_some()).collect();
        if live.is_empty() {
            return;
        }
        let refused = live.iter().find_map(|&i| {
            let entry = self.entries[i]?;
            let reference = &self.shape.references[i];
            let depends = self.names_in_doubt && reference.name.0.len() == 1;
            match entry.mode {
                Mode::Rewrite | Mode::Refuse if depends => Some(Refusal::in_doubt(&entry.relation, reference.span.start)),
                Mode::Refuse => Some(Refusal::retired(&entry.relation, reference.span.start)),
                _ => None,
            }
        });
        self.reads_copies = !self.names.reads.is_empty() && !self.names_in_doubt && self.only_reads() && self.may_read_copies();
        outcome.shadow = live.iter().any(|&i| self.entries[i].is_some_and(|e| e.mode == Mode::Shadow)) && self.only_reads();
        // A role that may not use the schema gets the server's own error about the legacy name.
        let is_stranger = self.policy.limited.contains(&(self.names.role.clone(), String::new()));
        let rewrites = !is_stranger && live.iter().any(|&i| self.rewritten(i).is_some());
        // A word that the net caught may be a relation that the parser did not show: then the whole statement passes untouched.
        let result = match refused {
            Some(refusal) => Err(refusal),
            None if rewrites && !unclassified => self.edit_all(),
            None => Ok(()),
        };
        let opaque = unclassified && rewrites;
        match &result {
            Ok(()) => outcome.refusals.append(&mut self.refused_within),
            Err(refusal) => {
                self.notes.push(format!("refused: {}", refusal.error.message));
                self.refuse(refusal.clone(), outcome);
            }
        }
        for i in live {
            let Some(entry) = self.entries[i] else { continue };
            self.name_columns(i, entry, outcome);
            let done = match entry.mode {
                _ if result.is_err() => HitOutcome::Refused,
                _ if is_stranger || self.rewritten(i).is_none() => HitOutcome::Forwarded,
                Mode::Rewrite if opaque => HitOutcome::Opaque,
                _ if opaque => HitOutcome::Forwarded,
                _ => HitOutcome::Rewritten,
            };
            let reads_copy = entry.mode != Mode::Rewrite && matches!(done, HitOutcome::Rewritten | HitOutcome::Refused);
            if reads_copy && self.rewritten(i).is_some() && !outcome.reads.contains(&entry.relation.table) {
                outcome.reads.push(entry.relation.table.clone());
                outcome.shadow = true;
            }
            let (table, operation) = (entry.relation.table.clone(), self.shape.references[i].role.operation());
            let hit = Hit { statement: self.number, table, operation, outcome: done };
            if done == HitOutcome::Rewritten && !outcome.rewritten.iter().any(|r| r.table == hit.table) {
                outcome.rewritten.push(entry.relation.clone());
            }
            outcome.hit(hit);
        }
        outcome.notes.append(&mut self.notes);
    }

    /// Whether this is all of the text, a query without locks, which may run a second time.
    fn only_reads(&self) -> bool {
        let words = ["UPDATE", "SHARE", "INTO", "NEXTVAL", "SETVAL", "PG_NOTIFY", "PG_SLEEP"];
        let lexemes = &self.lexed.lexemes[self.lexemes.clone()];
        lexemes.len() + 1 >= self.lexed.lexemes.len()
            && self.shape.dml.is_empty()
            && self.shape.references.iter().all(|r| matches!(r.role, Role::Read | Role::Type))
            && lexemes.first().is_some_and(|l| l.is_any(&["SELECT", "WITH", "TABLE", "VALUES"]) || l.is_token(&Token::LParen))
            && !lexemes.iter().any(|l| l.is_any(&words))
    }

    /// Edits every reference and every writing statement.
    fn edit_all(&mut self) -> Result<(), Refusal> {
        self.substitute()?;
        let truncated = |i: usize| self.shape.references[i].role == Role::Truncate && self.rewritten(i).is_some();
        if (0..self.shape.references.len()).any(truncated) {
            self.keep_sequences()?;
        }
        for i in 0..self.shape.references.len() {
            let Some(entry) = self.rewritten(i) else { continue };
            match self.shape.references[i].role {
                Role::Read => self.read(i, entry)?,
                Role::Type => self.row_type(i, entry),
                Role::CopyTo => self.copy_to(i, entry)?,
                Role::CopyFrom => self.copy_from(i, entry),
                Role::Insert | Role::Update | Role::Delete | Role::Merge => {}
                Role::Truncate if entry.relation.projection.is_some() => return Err(Refusal::captured(&entry.relation)),
                Role::Truncate | Role::Lock | Role::Analyze | Role::Vacuum | Role::Rebuild(_) | Role::Define(_) => {
                    self.utility(i, entry)?
                }
            }
        }
        for dml in &self.shape.dml {
            let Some(entry) = self.rewritten(dml.target) else { continue };
            self.write(dml, entry)?;
        }
        self.qualify();
        self.fault.take().map_or(Ok(()), Err)
    }

    /// Replaces the whole statement by one that fails at the same position; the session replaces its error by the refusal.
    fn refuse(&mut self, refusal: Refusal, outcome: &mut Outcome) {
        self.edits.clear();
        let Some(span) = self.lexed.span(&self.lexemes) else { return };
        let refusal = refusal.numbered(outcome.refusals.len());
        self.edits.push(Edit::replace(span, refusal.statement()));
        outcome.refusals.push(refusal);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::config::Settings;
    use crate::config::document::Document;
    use crate::relation::{Context, Relation};
    use crate::rule::file;
    use crate::sql::Limits;

    /// One look-up, `tipocorreo`, in mode rewrite.
    pub(in crate::rewrite) fn policy() -> Policy {
        let rule = "table = \"tipocorreo\"\nkind = \"lookup\"\n\
                    columns = [{ name = \"tipcid\", type = \"numeric(5,0)\", null = false }]\n\
                    [target]\ndomain = \"TIPO_CORREO\"\n[key]\ncolumns = [\"tipcid\"]\n";
        let rule = file::parse(&Document::parse("r.toml".as_ref(), rule).unwrap()).unwrap();
        let relation = Arc::new(Relation::compile(&rule, &Context::new(&Settings::defaults().unwrap())));
        let entries = vec![Entry { relation, mode: Mode::Rewrite }];
        Policy::new(1, "cf_quere_pro", entries, Arc::default(), Limits::default())
    }

    #[test]
    fn a_tombstone_is_touched_by_who_would_use_it_and_by_nobody_else() {
        let policy = || Policy::new(1, "cf_quere_pro", Vec::new(), Arc::default(), Limits::default());
        let policy = policy().with_tombstones(["tipocorreo".to_owned()].into());
        let names = NameContext::with_path(&["cf_quere_pro", "public"]);
        for (text, touched) in [
            ("select * from tipocorreo", true),
            ("SELECT 1 FROM otra JOIN cf_quere_pro.TipoCorreo USING (id)", true),
            ("prepare p as insert into tipocorreo values ($1)", true),
            ("create view v as select * from tipocorreo", true),
            ("copy tipocorreo to stdout", true),
            ("do $$ begin perform 1 from tipocorreo; end $$", true),
            ("select * from tipocorreo where 'open", true),
            ("select * from public.tipocorreo", false),
            ("with tipocorreo as (select 1) select * from tipocorreo", false),
            ("select 'tipocorreo'", false),
            ("select relname from pg_class where relname = 'tipocorreo'", false),
            ("drop table if exists tipocorreo", false),
            ("create temporary table tipocorreo (x integer)", false),
            ("create local temp table if not exists tipocorreo as select 1", false),
            ("create table if not exists cf_quere_pro.tipocorreo (x integer)", true),
            ("create table tipocorreo as select 1", true),
            ("create unlogged table tipocorreo (x integer)", true),
            ("create view tipocorreo as select 1", true),
            ("create table otra (like tipocorreo)", true),
            // Not classified: a name that is counted without need does no harm.
            ("create table otra (tipocorreo integer)", true),
        ] {
            let outcome = rewrite(&policy, &names, text);
            assert_eq!(!outcome.tombstones.is_empty(), touched, "{text}: {outcome:?}");
            assert!(outcome.text.is_none(), "{text}");
            assert_eq!(rewrite(&policy.aside(), &names, text).tombstones, outcome.tombstones, "{text}");
        }
        assert!(policy.aside().may_name(b"select 1 from tipocorreo"), "one that is prepared now may be run later");
    }

    #[test]
    fn a_table_that_is_off_is_looked_for_and_left_alone() {
        let mut policy = policy();
        policy.entries.values_mut().for_each(|e| e.mode = Mode::Off);
        let outcome = rewrite(&policy, &NameContext::with_path(&["cf_quere_pro"]), "select 'tipocorreo' from tipocorreo");
        assert!(policy.may_name(b"select 1 from tipocorreo") && outcome.is_plain());
    }
}
