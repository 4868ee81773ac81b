//! For `esclusa explain`: how each name of a text was understood, which relation it is and why, or why it is none. Computed anew
//! from the text, never while a client waits.

use super::context::{Follower, NameContext};
use super::policy::{Entry, Policy};
use super::work::Work;
use crate::sql::effect;
use crate::sql::token::position;
use crate::sql::{self, Name, Reference, Role, Span};

/// One line: its subject, and a sentence.
pub type Line = (&'static str, String);

/// The lines for a text.
pub fn story(policy: &Policy, names: &NameContext, text: &str) -> Vec<Line> {
    let script = match sql::script(text, &policy.limits) {
        Ok(script) => script,
        Err(reason) => return vec![("opaque", format!("nothing of the text was read: {reason}"))],
    };
    let mut out = Vec::new();
    let mut follower = Follower::new(policy, names);
    for (n, statement) in script.statements.iter().enumerate() {
        if script.statements.len() > 1 && !statement.lexemes.is_empty() {
            out.push(("statement", format!("{}: {}", n + 1, script.lexed.slice(&statement.lexemes))));
        }
        match Work::new(policy, follower.names(), follower.is_in_doubt(), &script.lexed, statement) {
            Some(Ok(work)) => work.tell(&mut out),
            Some(Err(reason)) => out.push(("opaque", format!("it may name a legacy table, and was not understood: {reason}"))),
            None => out.push(("prefilter", "no legacy name occurs: not even parsed".into())),
        }
        let text = script.lexed.slice(&statement.lexemes);
        effect::effects_of(&script.lexed, &statement.lexemes).iter().for_each(|effect| follower.follow(effect, text));
    }
    out
}

impl Work<'_, '_> {
    fn tell(&self, out: &mut Vec<Line>) {
        let mut others = Vec::new();
        for (reference, entry) in self.shape.references.iter().zip(&self.entries) {
            match entry {
                Some(entry) => out.push(("reference", self.legacy(reference, entry))),
                None if self.policy.faulty.contains_key(reference.name.last()) && self.is_in_schema(&reference.name) => {
                    out.push((
                        "faulty rule",
                        format!("{}: forwarded untouched, its rule has faults", self.place(reference.span)),
                    ));
                }
                // Types of PostgreSQL's own are left out.
                None if reference.role == Role::Type => {}
                None => match self.other(&reference.name) {
                    Some(why) => {
                        out.push(("other table", format!("{} is not the legacy table: {why}", self.place(reference.span))))
                    }
                    None => others.push(self.text(reference.name.span())),
                },
            }
        }
        if !others.is_empty() {
            others.dedup();
            out.push(("left alone", format!("{}: no rule has these names", others.join(", "))));
        }
        let relation = |span: Span| self.shape.references.iter().any(|r| r.name.span().contains(span));
        for i in self.lexemes.clone() {
            let lexeme = &self.lexed.lexemes[i];
            let watched = lexeme.name().is_some_and(|name| self.policy.entry(&name).is_some());
            if watched && !relation(lexeme.span) {
                out.push(self.word(i));
            }
        }
    }

    /// A sentence about a reference to a legacy table: its rule, and what became of it.
    fn legacy(&self, reference: &Reference, entry: &Entry) -> String {
        let relation = &entry.relation;
        let became = match relation.is_retained() {
            true => format!("kept and improved as {}", relation.rows()),
            false => format!("now rows of {}, in {}", relation.target_name(), relation.rows()),
        };
        let (operation, at) = (reference.role.operation(), self.place(reference.span));
        format!("{operation} of {at}: rule {} ({}), {became}; mode {}", relation.table, relation.kind, entry.mode)
    }

    /// Why a relation with a legacy name is another one; `None` when it has no legacy name.
    fn other(&self, name: &Name) -> Option<String> {
        let table = name.last();
        if !self.policy.knows(table) {
            return None;
        }
        if self.policy.entry(table).is_none() {
            return Some("its mode is off".into());
        }
        let schema = &self.policy.schema;
        Some(match (name.qualifier(), self.schema_of(table)) {
            (Some(other), _) if other != *schema => format!("it is in {other}, not in {schema}"),
            (Some(_), _) => "it is in another database".into(),
            (None, Some(other)) => format!("{other} comes before {schema} in the search path and has a relation of this name"),
            (None, None) if self.names.temporary.iter().any(|t| t == table) => "a temporary table of the session hides it".into(),
            (None, None) => format!("{schema} is not in the search path"),
        })
    }

    /// A line about a legacy name that is not a reference.
    fn word(&self, i: usize) -> Line {
        let at = self.place(self.lexed.lexemes[i].span);
        if self.shape.explains(i) {
            return ("no table", format!("{at} is a column, an alias, a CTE or a qualifier"));
        }
        ("opaque", format!("{at} could not be given a meaning, so nothing of this statement is touched"))
    }

    /// The text of a span and its position, counted as PostgreSQL counts.
    fn place(&self, span: Span) -> String {
        format!("`{}` at {}", self.text(span), position(self.lexed.text, span.start))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::config::Settings;
    use crate::mode::Mode;
    use crate::relation::{Context, Relation};
    use crate::rule::RuleSet;

    fn told(text: &str, names: &NameContext) -> Vec<String> {
        let settings = Settings::defaults().unwrap();
        let context = Context::new(&settings);
        let rules = RuleSet::load(concat!(env!("CARGO_MANIFEST_DIR"), "/rules").as_ref()).unwrap();
        let entry = |rule| Entry { relation: Arc::new(Relation::compile(rule, &context)), mode: Mode::Rewrite };
        let entries = rules.rules.values().map(entry).collect();
        let policy = Policy::new(1, &settings.rules.schema, entries, Arc::default(), Default::default());
        story(&policy, names, text).into_iter().map(|(what, line)| format!("{what}: {line}")).collect()
    }

    #[test]
    fn every_legacy_name_is_accounted_for() {
        let mut names = NameContext::with_path(&["cf_quere_pro", "public"]);
        let text = "select é.tipocorreo, t.* from tipocorreo t, contrato, x.tipocorreo as é";
        let lines = told(text, &names);
        assert_eq!(lines.len(), 4, "{lines:#?}");
        assert!(
            lines[0].starts_with("reference: select of `tipocorreo` at 31: rule tipocorreo (lookup), now rows of"),
            "{lines:#?}"
        );
        assert_eq!(lines[1], "other table: `x.tipocorreo` at 55 is not the legacy table: it is in x, not in cf_quere_pro");
        assert_eq!(lines[2], "left alone: contrato: no rule has these names");
        assert_eq!(lines[3], "no table: `tipocorreo` at 10 is a column, an alias, a CTE or a qualifier");
        names.temporary = vec!["tipocorreo".into()];
        assert!(told("table tipocorreo", &names)[0].ends_with("a temporary table of the session hides it"));
        let path = NameContext::with_path(&["public"]);
        let lines = told("select 1; set search_path = cf_quere_pro; select * from tipocorreo", &path);
        assert!(lines[1].starts_with("prefilter") && lines.last().unwrap().starts_with("reference"), "{lines:#?}");
    }
}
