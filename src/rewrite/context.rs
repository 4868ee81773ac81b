//! How the meaning of names changes from statement to statement of one text. `SET search_path = a; SELECT * FROM t` is one message:
//! the server cannot be asked between its statements, so their effects on the search path and on temporary relations are followed
//! here. Where an effect is not known, names are in doubt, and a statement that depends on them is refused.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};

use super::policy::Policy;
use crate::sql::effect::{Effect, TEMPORARY, Target};

/// In a search path, the schema with the role's name.
const USER: &str = "$user";

/// What a session's names mean, beyond the text of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameContext {
    /// The search path as it is set, with `$user` resolved; it may contain schemas that do not exist.
    pub search_path: Vec<String>,
    /// Temporary relations of the session with a legacy name.
    pub temporary: Vec<String>,
    /// Other schemas that exist and may be used, each with its relations whose name the legacy schema has too. Only schemas that
    /// the path names before the legacy one are known.
    pub others: BTreeMap<String, BTreeSet<String>>,
    /// The role whose rights are in force; empty where it was not asked for.
    pub role: String,
    /// Some of this was changed in the open transaction, whose end may undo it.
    pub provisional: bool,
    /// The parameters with declared types: they take no type from their context.
    pub declared: Vec<usize>,
    /// Copied legacy tables that the session reads in their new form; it writes the legacy tables.
    pub reads: Vec<String>,
    /// The text executes a statement that an earlier message prepared, and that may change the search path.
    pub left_behind: bool,
}

/// Where a relation is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Namespace {
    /// In the schema of temporary relations.
    Temporary,
    /// In this schema.
    Schema(String),
}

/// What has to be known of schemas before a text can be decided about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Needed {
    /// The schemas of which the relations with legacy names have to be known.
    pub schemas: Vec<String>,
    /// Relations with any name have to be known, because one of them gets a legacy name in the text.
    pub whole: bool,
}

/// Asked for with every statement, for its place in the cache. Nearly always all lists but the search path are empty: an empty one costs
/// nothing here, where the derived hash would write a length for each.
impl Hash for NameContext {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let NameContext { search_path, temporary, others, role, provisional, declared, reads, left_behind } = self;
        let relations = others.iter().flat_map(|(schema, relations)| std::iter::once(schema).chain(relations));
        for name in search_path.iter().chain(temporary).chain(relations).chain(std::iter::once(role)).chain(reads) {
            state.write(name.as_bytes());
        }
        declared.iter().for_each(|parameter| state.write_usize(*parameter));
        state.write_u8(u8::from(*provisional) | u8::from(*left_behind) << 1);
    }
}

impl NameContext {
    /// A context with this search path and no temporary tables.
    pub fn with_path(search_path: &[&str]) -> Self {
        let search_path = search_path.iter().map(|s| (*s).to_owned()).collect();
        NameContext {
            search_path,
            temporary: Vec::new(),
            others: BTreeMap::new(),
            role: String::new(),
            provisional: false,
            declared: Vec::new(),
            reads: Vec::new(),
            left_behind: false,
        }
    }

    /// Where an unqualified name is found that the legacy schema has too.
    pub(super) fn namespace_of(&self, policy: &Policy, table: &str) -> Option<Namespace> {
        let is_temporary = self.temporary.iter().any(|t| t == table);
        if is_temporary && !self.search_path.iter().any(|schema| schema == TEMPORARY) {
            return Some(Namespace::Temporary);
        }
        let has = |schema: &&String| match schema.as_str() {
            TEMPORARY => is_temporary,
            schema => *schema == policy.schema || self.has(schema, table),
        };
        self.search_path.iter().find(has).map(|schema| Namespace::of(schema))
    }

    /// Whether another schema has a relation of this name, which the legacy schema has too.
    pub(super) fn has(&self, schema: &str, table: &str) -> bool {
        self.others.get(schema).is_some_and(|relations| relations.contains(table))
    }

    /// What has to be known of schemas for a text with these effects: which relations hide the legacy tables, under each search
    /// path that it sets; and all relations of a path where relations of legacy names are made or moved.
    pub fn needed(&self, policy: &Policy, effects: &[(usize, Effect)]) -> Needed {
        if effects.is_empty() && self.search_path.first() == Some(&policy.schema) {
            return Needed::default();
        }
        let is_moving = effects.iter().any(|(_, effect)| policy.is_concerned(effect));
        let whole = effects.iter().any(|(_, effect)| matches!(effect, Effect::Rename { to, .. } if policy.knows(to)));
        let set = effects.iter().filter_map(|(_, effect)| match effect {
            Effect::SearchPath { schemas, .. } => schemas.as_deref().and_then(|schemas| self.resolved(schemas)),
            _ => None,
        });
        let renamed = effects.iter().filter_map(|(_, effect)| match effect {
            Effect::RenameSchema { from, .. } => Some(from.clone()),
            _ => None,
        });
        let mut schemas: Vec<String> = renamed.collect();
        for path in set.chain([self.search_path.clone()]) {
            let legacy = path.iter().position(|schema| *schema == policy.schema);
            let asked = if is_moving { path.len() } else { legacy.unwrap_or(0) };
            for schema in path.into_iter().take(asked) {
                let is_other = schema != policy.schema && !schema.starts_with("pg_");
                if is_other && !schemas.contains(&schema) {
                    schemas.push(schema);
                }
            }
        }
        Needed { schemas, whole }
    }

    /// A search path with the role in the place of `$user`; `None` where the role is not known.
    fn resolved(&self, schemas: &[String]) -> Option<Vec<String>> {
        let one = |schema: &String| match schema == USER {
            true => Some(self.role.clone()).filter(|role| !role.is_empty()),
            false => Some(schema.clone()),
        };
        schemas.iter().map(one).collect()
    }

    /// Where a relation is that a statement names; `None` where there is none.
    fn found(&self, policy: &Policy, target: &Target) -> Option<Namespace> {
        let Some(schema) = &target.schema else {
            return self.namespace_of(policy, &target.name).filter(|place| match place {
                Namespace::Schema(schema) if *schema == policy.schema => policy.has(&target.name),
                _ => true,
            });
        };
        Some(Namespace::of(schema))
    }

    /// Where a statement makes a relation: in the first schema of the path that exists (manual, section 5.9.3).
    fn made(&self, policy: &Policy, target: &Target) -> Option<Namespace> {
        let exists = |schema: &&String| {
            **schema == policy.schema || schema.as_str() == TEMPORARY || self.others.contains_key(schema.as_str())
        };
        target.schema.as_ref().or_else(|| self.search_path.iter().find(exists)).map(|schema| Namespace::of(schema))
    }

    fn add(&mut self, policy: &Policy, place: &Namespace, table: &str) {
        match place {
            Namespace::Temporary => self.temporary.push(table.to_owned()),
            Namespace::Schema(schema) if *schema == policy.schema => {}
            Namespace::Schema(schema) => drop(self.others.entry(schema.clone()).or_default().insert(table.to_owned())),
        }
    }

    fn remove(&mut self, place: &Namespace, table: &str) {
        match place {
            Namespace::Temporary => self.temporary.retain(|t| t != table),
            Namespace::Schema(schema) => drop(self.others.get_mut(schema).map(|relations| relations.remove(table))),
        }
    }

    /// Follows a statement that makes, drops or moves relations or schemas. `at` are the names under which it runs. False where its
    /// effect is not known.
    fn follow(&mut self, policy: &Policy, at: &NameContext, effect: &Effect) -> bool {
        match effect {
            Effect::Create { target, temporary: true, .. } => self.add(policy, &Namespace::Temporary, &target.name),
            Effect::Create { target, .. } => match at.made(policy, target) {
                Some(place) => self.add(policy, &place, &target.name),
                None => return !policy.knows(&target.name),
            },
            Effect::Drop(targets) => {
                for target in targets {
                    if let Some(place) = at.found(policy, target) {
                        self.remove(&place, &target.name);
                    }
                }
            }
            Effect::Rename { target, to } => {
                if let Some(place) = at.found(policy, target) {
                    self.remove(&place, &target.name);
                    self.add(policy, &place, to);
                }
            }
            Effect::Move { target, schema } => {
                if let Some(place) = at.found(policy, target) {
                    self.remove(&place, &target.name);
                    self.add(policy, &Namespace::of(schema), &target.name);
                }
            }
            Effect::CreateSchema(schema) => drop(self.others.entry(schema.clone()).or_default()),
            Effect::DropSchemas(schemas) => self.others.retain(|schema, _| !schemas.contains(schema)),
            Effect::RenameSchema { from, to } => {
                if let Some(relations) = self.others.remove(from) {
                    self.others.insert(to.clone(), relations);
                }
            }
            _ => {}
        }
        true
    }
}

impl Policy {
    /// Whether a statement may make, drop or move a relation with a name that the legacy schema has too, other than a temporary one.
    pub fn is_concerned(&self, effect: &Effect) -> bool {
        match effect {
            Effect::Create { target, temporary, .. } => !temporary && self.has(&target.name),
            Effect::Drop(targets) => targets.iter().any(|target| self.has(&target.name)),
            Effect::Rename { target, to } => self.has(&target.name) || self.has(to),
            Effect::Move { target, .. } => self.has(&target.name),
            effect => effect.is_of_relations(),
        }
    }
}

impl Namespace {
    fn of(schema: &str) -> Namespace {
        // Each session has its own, with a number that differs.
        if schema.starts_with(TEMPORARY) { Namespace::Temporary } else { Namespace::Schema(schema.to_owned()) }
    }
}

/// The names after some of a text's statements.
#[derive(Debug, Clone)]
struct NameState {
    /// What the session's names are now.
    names: NameContext,
    /// What is left after COMMIT: without LOCAL settings and relations that are dropped then; `None` where that is not known.
    after: Option<NameContext>,
    /// The search path is not known.
    path_in_doubt: bool,
    /// The role is not known, and so neither is `$user`.
    role_in_doubt: bool,
    /// It is not known which relations exist.
    relations_in_doubt: bool,
}

/// The names that the next statement sees.
pub(super) struct Follower<'f> {
    policy: &'f Policy,
    now: NameState,
    /// What ROLLBACK restores; `None` when an earlier message has changed it.
    before: Option<NameContext>,
    savepoints: Vec<(String, NameState)>,
}

impl<'f> Follower<'f> {
    pub(super) fn new(policy: &'f Policy, names: &NameContext) -> Self {
        let before = (!names.provisional).then(|| names.clone());
        let (names, after) = (names.clone(), before.clone());
        let now = NameState { names, after, path_in_doubt: false, role_in_doubt: false, relations_in_doubt: false };
        Follower { policy, now, before, savepoints: Vec::new() }
    }

    /// What the session's names are now.
    pub(super) fn names(&self) -> &NameContext {
        &self.now.names
    }

    /// Whether it is not known what an unqualified name means.
    pub(super) fn is_in_doubt(&self) -> bool {
        self.now.path_in_doubt || self.now.relations_in_doubt
    }

    /// Follows a statement: for the next ones it will have run.
    pub(super) fn follow(&mut self, effect: &Effect, text: &str) {
        match effect {
            Effect::SearchPath { local, schemas } => self.set_path(*local, schemas.as_deref()),
            Effect::Role { local } => {
                (self.now.path_in_doubt, self.now.role_in_doubt) = (true, true);
                self.now.after = self.now.after.take().filter(|_| *local);
            }
            Effect::DiscardTemporary => {
                self.now.names.temporary.clear();
                if let Some(after) = &mut self.now.after {
                    after.temporary.clear();
                }
            }
            Effect::DiscardAll => {
                (self.now.path_in_doubt, self.now.role_in_doubt) = (true, true);
                self.now.names.temporary.clear();
                self.now.after = None;
            }
            // The code is not read, so it may make any relation whose name occurs in it; other names are not looked for.
            Effect::Code => self.doubt_relations(self.policy.may_name(text.as_bytes())),
            Effect::Commit => self.end(self.now.after.clone()),
            Effect::PrepareTransaction => {
                let (after, before) = (self.now.after.clone(), self.before.as_ref());
                let left = |(after, before): (NameContext, &NameContext)| NameContext { others: before.others.clone(), ..after };
                self.end(after.zip(before).map(left));
            }
            Effect::Rollback => self.end(self.before.clone()),
            Effect::Savepoint(name) => self.savepoints.push((name.clone(), self.now.clone())),
            Effect::Release(name) => {
                let at = self.savepoints.iter().rposition(|(n, _)| n == name);
                self.savepoints.truncate(at.unwrap_or(self.savepoints.len()));
            }
            Effect::RollbackTo(name) => self.roll_back_to(name),
            effect if effect.is_of_relations() => self.follow_relations(effect),
            _ => {}
        }
    }

    fn set_path(&mut self, local: bool, schemas: Option<&[String]>) {
        let schemas = schemas.filter(|schemas| !self.now.role_in_doubt || !schemas.iter().any(|s| s == USER));
        let path = schemas.and_then(|schemas| self.now.names.resolved(schemas));
        self.now.path_in_doubt = path.is_none();
        if !local {
            let known = path.as_ref().zip(self.now.after.take());
            self.now.after = known.map(|(path, after)| NameContext { search_path: path.clone(), ..after });
        }
        if let Some(path) = path {
            self.now.names.search_path = path;
        }
    }

    fn follow_relations(&mut self, effect: &Effect) {
        let at = self.now.names.clone();
        // If the search path is not known, a relation without a schema may be anywhere.
        let is_somewhere = |target: &Target| self.now.path_in_doubt && target.schema.is_none() && self.policy.knows(&target.name);
        let is_lost = match effect {
            Effect::Create { temporary: true, .. } => false,
            Effect::Create { target, .. } | Effect::Move { target, .. } => is_somewhere(target),
            Effect::Drop(targets) => targets.iter().any(is_somewhere),
            Effect::Rename { target, to } => {
                self.now.path_in_doubt && target.schema.is_none() && (self.policy.knows(&target.name) || self.policy.knows(to))
            }
            _ => false,
        };
        let is_told = self.now.names.follow(self.policy, &at, effect);
        let until_commit = matches!(effect, Effect::Create { until_commit: true, .. });
        if let Some(after) = self.now.after.as_mut().filter(|_| !until_commit) {
            after.follow(self.policy, &at, effect);
        }
        self.doubt_relations(is_lost || !is_told);
    }

    fn doubt_relations(&mut self, doubt: bool) {
        self.now.relations_in_doubt |= doubt;
        self.now.after = self.now.after.take().filter(|_| !doubt);
    }

    fn roll_back_to(&mut self, name: &str) {
        let at = self.savepoints.iter().rposition(|(n, _)| n == name);
        if let Some(at) = at {
            self.now = self.savepoints[at].1.clone();
            self.savepoints.truncate(at + 1);
            return;
        }
        // A savepoint of an earlier message. If no earlier one has changed anything, it restores what this one began with.
        self.savepoints.clear();
        match &self.before {
            Some(before) => *self = Follower::new(self.policy, &before.clone()),
            None => (self.now.path_in_doubt, self.now.after) = (true, None),
        }
    }

    fn end(&mut self, names: Option<NameContext>) {
        let in_doubt = names.is_none();
        let mut names = names.unwrap_or_else(|| self.now.names.clone());
        names.provisional = false;
        let known = (!in_doubt).then(|| names.clone());
        self.before.clone_from(&known);
        self.now =
            NameState { names, after: known, path_in_doubt: in_doubt, role_in_doubt: in_doubt, relations_in_doubt: in_doubt };
        self.savepoints.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::policy;
    use super::super::{HitOutcome, NameContext, rewrite};

    /// What was done for each hit of a text; `-` where there is none.
    fn hits(text: &str, provisional: bool) -> String {
        done(text, &NameContext { provisional, ..NameContext::with_path(&["cf_quere_pro"]) })
    }

    fn done(text: &str, names: &NameContext) -> String {
        let outcome = rewrite(&policy(), names, text);
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
        // Also where the earlier path does not include the legacy schema: the later one may.
        let elsewhere = NameContext { provisional: true, ..NameContext::with_path(&["x"]) };
        assert_eq!(done("rollback; select * from tipocorreo", &elsewhere), "r");
        assert_eq!(done("reset search_path; select * from tipocorreo", &elsewhere), "r");
        assert_eq!(done("rollback; select * from x.tipocorreo", &elsewhere), "");
    }

    #[test]
    fn a_savepoint_brings_back_what_commit_would_leave() {
        let deleted = "delete from tipocorreo";
        assert_eq!(hits(&format!("savepoint s; {deleted}; rollback to s; commit; {deleted}"), false), "ww");
        assert_eq!(hits(&format!("rollback to s; commit; {deleted}"), false), "w");
        assert_eq!(hits(&format!("rollback to s; commit; {deleted}"), true), "r");
        assert_eq!(hits(&format!("savepoint s; set search_path = x; release s; commit; {deleted}"), false), "");
        let twice = "savepoint s; set search_path = x; savepoint s; set search_path = cf_quere_pro; release s; rollback to s";
        assert_eq!(hits(&format!("{twice}; {deleted}"), false), "w");
        assert_eq!(hits(&format!("begin; commit and chain; rollback and chain; {deleted}"), false), "w");
        assert_eq!(hits(&format!("prepare transaction 'x'; {deleted}"), false), "w");
        assert_eq!(hits(&format!("do $$ begin perform 1; end $$; commit; {deleted}"), false), "w");
    }

    /// Two other schemas, and one that does not exist.
    fn before(path: &[&str], relations: &[(&str, &str)]) -> NameContext {
        let mut names = NameContext::with_path(path);
        names.role = "ana".into();
        for schema in ["public", "ana"] {
            names.others.entry(schema.into()).or_default();
        }
        for (schema, relation) in relations {
            names.others.entry((*schema).into()).or_default().insert((*relation).into());
        }
        names
    }

    #[test]
    fn the_first_schema_that_has_a_relation_has_it() {
        let (both, there) = (["public", "cf_quere_pro"], [("public", "tipocorreo")]);
        let read = "select * from tipocorreo";
        assert_eq!(done(read, &before(&both, &there)), "");
        assert_eq!(done(read, &before(&both, &[])), "w");
        assert_eq!(done(read, &before(&["cf_quere_pro", "public"], &there)), "w");
        assert_eq!(done("select * from cf_quere_pro.tipocorreo, public.tipocorreo", &before(&both, &there)), "w");
        // A temporary relation hides less where the path names its schema last.
        let mut names = before(&["cf_quere_pro", "pg_temp"], &[]);
        names.temporary.push("tipocorreo".into());
        assert_eq!(done(read, &names), "w");
        names.search_path = vec!["pg_temp".into(), "cf_quere_pro".into()];
        assert_eq!(done(read, &names), "");
        assert_eq!(done("set search_path = cf_quere_pro, pg_temp; table tipocorreo", &names), "w");
        assert_eq!(
            done("set search_path = \"$user\", cf_quere_pro; table tipocorreo", &before(&both, &[("ana", "tipocorreo")])),
            ""
        );
        assert_eq!(done("set role leo; set search_path = \"$user\", cf_quere_pro; table tipocorreo", &before(&both, &[])), "r");
    }

    #[test]
    fn relations_are_followed_through_a_text() {
        let both = ["nowhere", "public", "cf_quere_pro"];
        let (none, there) = (before(&both, &[]), before(&both, &[("public", "tipocorreo"), ("public", "zz")]));
        let read = |first: &str, names: &NameContext| done(&format!("{first}; select * from tipocorreo"), names);
        // A relation that is made, dropped or moved is counted as a mention, if its name is a legacy one; not one that is temporary, or is named with another schema.
        assert_eq!(read("create table tipocorreo (a int)", &none), "o");
        assert_eq!(read("create table ana.tipocorreo (a int)", &none), "w");
        assert_eq!(read("begin; create table tipocorreo (a int); rollback", &none), "ow");
        assert_eq!(read("begin; create table tipocorreo (a int); prepare transaction 'x'", &none), "ow");
        assert_eq!(read("select 1 as a into tipocorreo", &none), "o");
        assert_eq!(read("drop table tipocorreo", &there), "w");
        assert_eq!(read("drop table public.tipocorreo", &there), "w");
        assert_eq!(read("savepoint s; drop table tipocorreo; rollback to s", &there), "");
        assert_eq!(read("alter table tipocorreo rename to y", &there), "w");
        assert_eq!(read("alter table tipocorreo set schema ana", &there), "w");
        assert_eq!(read("alter table zz rename to tipocorreo", &before(&both, &[("public", "zz")])), "o");
        assert_eq!(read("alter table ana.tipocorreo set schema public", &before(&both, &[("ana", "tipocorreo")])), "");
        assert_eq!(read("alter schema public rename to other", &there), "w");
        assert_eq!(read("drop schema public cascade", &there), "w");
        assert_eq!(read("create schema nowhere; create table tipocorreo (a int); drop table public.tipocorreo", &there), "o");
        assert_eq!(read("create temp table zz (a int); alter table zz rename to tipocorreo", &none), "o");
        assert_eq!(read("create temp table tipocorreo (a int); drop table pg_temp.tipocorreo", &there), "");
        assert_eq!(read("create temp table tipocorreo (a int); drop table public.tipocorreo", &there), "");
    }

    #[test]
    fn what_code_makes_is_not_guessed_at() {
        let names = before(&["public", "cf_quere_pro"], &[]);
        assert_eq!(done("do $$ begin create table tipocorreo (a int); end $$; select * from tipocorreo", &names), "or");
        assert_eq!(done("do $$ begin create table x (a int); end $$; select * from tipocorreo", &names), "w");
    }

    #[test]
    fn what_has_to_be_known_of_other_schemas() {
        let needed = |path: &[&str], text: &str| {
            let effects = crate::sql::effect::effects(&crate::sql::Lexed::new(text).unwrap());
            let needed = before(path, &[]).needed(&policy(), &effects);
            (needed.schemas.join(" "), needed.whole)
        };
        let usual = ["cf_quere_pro", "public"];
        assert_eq!(needed(&usual, "select 1"), (String::new(), false));
        assert_eq!(needed(&["public"], "select 1"), (String::new(), false));
        assert_eq!(needed(&["a", "pg_temp", "cf_quere_pro", "b"], "select 1"), ("a".into(), false));
        assert_eq!(needed(&usual, "set search_path = \"$user\", cf_quere_pro"), ("ana".into(), false));
        assert_eq!(needed(&usual, "create table tipocorreo (a int)"), ("public".into(), false));
        assert_eq!(needed(&usual, "create table x (a int)"), (String::new(), false));
        assert_eq!(needed(&usual, "alter table x rename to tipocorreo"), ("public".into(), true));
    }

    #[test]
    fn temporary_relations_come_first() {
        assert_eq!(hits("create temp table tipocorreo (a int); select * from tipocorreo", false), "");
        assert_eq!(hits("create temp table tipocorreo (a int); drop table tipocorreo; select * from tipocorreo", false), "w");
        assert_eq!(
            hits("begin; create temp table tipocorreo (a int) on commit drop; commit; select * from tipocorreo", false),
            "w"
        );
    }
}
