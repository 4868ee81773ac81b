//! What names mean from statement to statement of one text. `SET search_path = a; SELECT * FROM t` is one message: nobody can ask
//! the server between its statements, so what they do to the search path and to temporary relations is followed here. Where it
//! cannot be told, names are in doubt, and a statement that depends on them is refused and not guessed at.

use super::policy::Policy;
use crate::sql::effect::Effect;

/// What a session's names mean, beyond the text of a statement.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NameContext {
    /// The effective search path, `$user` resolved.
    pub search_path: Vec<String>,
    /// Temporary relations of the session with a legacy name: they come before every schema.
    pub temporary: Vec<String>,
    /// The role whose rights are in force; empty where nobody has asked.
    pub role: String,
    /// Some of this was changed in the transaction that is open: its end may undo it.
    pub passing: bool,
    /// The parameters whose types the client has declared: they take none from where they stand.
    pub declared: Vec<usize>,
    /// Copied legacy tables that the session reads in their new form, and writes where they are.
    pub reads: Vec<String>,
}

impl NameContext {
    /// A context with this search path and no temporary tables.
    pub fn with_path(search_path: &[&str]) -> Self {
        let search_path = search_path.iter().map(|s| (*s).to_owned()).collect();
        NameContext {
            search_path,
            temporary: Vec::new(),
            role: String::new(),
            passing: false,
            declared: Vec::new(),
            reads: Vec::new(),
        }
    }
}

/// The names that the next statement sees.
pub(super) struct Follower<'f> {
    policy: &'f Policy,
    /// What the session's names are now.
    pub(super) names: NameContext,
    /// The search path cannot be told.
    pub(super) in_doubt: bool,
    /// What ROLLBACK brings back; `None` when an earlier message has begun to change it.
    before: Option<NameContext>,
    /// What COMMIT leaves: without what is LOCAL and what is dropped then.
    after: Option<NameContext>,
    savepoints: Vec<(String, NameContext, bool)>,
}

impl<'f> Follower<'f> {
    pub(super) fn new(policy: &'f Policy, names: &NameContext) -> Self {
        let known = (!names.passing).then(|| names.clone());
        let (before, after) = (known.clone(), known);
        Follower { policy, names: names.clone(), in_doubt: false, before, after, savepoints: Vec::new() }
    }

    /// Takes note of a statement that will have run.
    pub(super) fn follow(&mut self, effect: &Effect) {
        match effect {
            Effect::SearchPath { local, schemas } => {
                self.in_doubt = schemas.is_none();
                if let Some(schemas) = schemas {
                    self.names.search_path.clone_from(schemas);
                }
                if !local {
                    let known = schemas.as_ref().zip(self.after.take());
                    self.after = known.map(|(path, after)| NameContext { search_path: path.clone(), ..after });
                }
            }
            Effect::CreateTemporary { name, until_commit } if self.policy.knows(name) => {
                self.names.temporary.push(name.clone());
                if let Some(after) = self.after.as_mut().filter(|_| !until_commit) {
                    after.temporary.push(name.clone());
                }
            }
            Effect::Drop(names) => {
                self.names.temporary.retain(|t| !names.contains(t));
                if let Some(after) = &mut self.after {
                    after.temporary.retain(|t| !names.contains(t));
                }
            }
            Effect::DiscardTemporary | Effect::DiscardAll => {
                self.in_doubt |= *effect == Effect::DiscardAll;
                self.names.temporary.clear();
                self.after = self.after.take().filter(|_| !self.in_doubt);
            }
            Effect::Commit => self.end(self.after.clone()),
            Effect::Rollback => self.end(self.before.clone()),
            Effect::Savepoint(name) => self.savepoints.push((name.clone(), self.names.clone(), self.in_doubt)),
            Effect::RollbackTo(name) => {
                self.after = None;
                match self.savepoints.iter().rev().find(|(n, ..)| n == name) {
                    Some((_, names, in_doubt)) => (self.names, self.in_doubt) = (names.clone(), *in_doubt),
                    // A savepoint of an earlier message: if nothing has changed since the transaction began, it changes nothing.
                    None => self.in_doubt |= self.before.as_ref() != Some(&self.names),
                }
            }
            Effect::CreateTemporary { .. }
            | Effect::Alter
            | Effect::Begin
            | Effect::Prepare { .. }
            | Effect::Execute(_)
            | Effect::Deallocate(_) => {}
        }
    }

    fn end(&mut self, names: Option<NameContext>) {
        self.in_doubt = names.is_none();
        self.names = names.unwrap_or_else(|| self.names.clone());
        self.names.passing = false;
        let known = (!self.in_doubt).then(|| self.names.clone());
        (self.before, self.after) = (known.clone(), known);
        self.savepoints.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::policy;
    use super::super::{HitOutcome, NameContext, rewrite};

    /// For each hit of a text what was done; `-` where there is none.
    fn hits(text: &str, passing: bool) -> String {
        let names = NameContext { passing, ..NameContext::with_path(&["cf_quere_pro"]) };
        let outcome = rewrite(&policy(), &names, text);
        outcome
            .hits
            .iter()
            .map(|h| match h.outcome {
                HitOutcome::Rewritten => 'w',
                HitOutcome::Refused => 'r',
                HitOutcome::Forwarded => 'f',
                HitOutcome::Opaque => 'o',
            })
            .collect()
    }

    #[test]
    fn the_search_path_is_followed_through_a_text() {
        assert_eq!(hits("set search_path = public; select * from tipocorreo", false), "");
        assert_eq!(hits("set search_path = public; select * from cf_quere_pro.tipocorreo", false), "w");
        assert_eq!(hits("set search_path = x; set schema 'cf_quere_pro'; select * from tipocorreo", false), "w");
        assert_eq!(hits("begin; set search_path = x; rollback; select * from tipocorreo", false), "w");
        assert_eq!(hits("begin; set search_path = x; commit; select * from tipocorreo", false), "");
        assert_eq!(hits("begin; set local search_path = x; commit; select * from tipocorreo", false), "w");
        assert_eq!(hits("begin; savepoint s; set search_path = x; rollback to s; select * from tipocorreo", false), "w");
    }

    #[test]
    fn what_cannot_be_told_is_refused() {
        assert_eq!(hits("reset search_path; select * from tipocorreo", false), "r");
        assert_eq!(hits("reset search_path; select * from cf_quere_pro.tipocorreo", false), "w");
        assert_eq!(hits("rollback; select * from tipocorreo", true), "r");
        assert_eq!(hits("rollback; select * from tipocorreo", false), "w");
    }

    #[test]
    fn temporary_relations_come_first() {
        assert_eq!(hits("create temp table tipocorreo (a int); select * from tipocorreo", false), "o");
        assert_eq!(hits("create temp table tipocorreo (a int); drop table tipocorreo; select * from tipocorreo", false), "ow");
        assert_eq!(
            hits("begin; create temp table tipocorreo (a int) on commit drop; commit; select * from tipocorreo", false),
            "ow"
        );
    }
}
