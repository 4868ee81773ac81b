//! What becomes of a text: what is sent, what it touches, what it leaves behind.

use std::sync::Arc;

use super::policy::Policy;
use super::refuse::Refusal;
use super::splice::PositionMap;
use crate::relation::Relation;
use crate::sql::effect::Effect;
use crate::sql::fingerprint::Seen;

/// What becomes of a text.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// What is sent instead; `None`: the text as it is.
    pub text: Option<Arc<str>>,
    /// From its positions to the client's.
    pub map: PositionMap,
    /// Legacy names touched, and how: each once in a statement, statement by statement.
    pub hits: Vec<Hit>,
    /// What its hits are counted under; known where an outcome comes from [`super::cache::Cache`] and there are any.
    pub seen: Option<Seen>,
    /// The columns that it names of each legacy table.
    pub named: Vec<Named>,
    /// What was refused: the server's error for it is replaced.
    pub refusals: Vec<Refusal>,
    /// Relations that were rewritten: their errors carry the new tables' names and are mapped back.
    pub rewritten: Vec<Arc<Relation>>,
    /// Why, for `explain`: one line a decision.
    pub notes: Vec<String>,
    /// As it is, it reaches a view that has taken a legacy table's name: it says nothing about how fast the table was.
    pub meets_view: bool,
    /// It is one statement that only reads, and reads a table in mode shadow, or a copy.
    pub shadow: bool,
    /// Copied tables of which it reads the copy, because its session is one that was chosen to.
    pub reads: Vec<String>,
    /// What its statements leave behind in the session, each with its statement's number, in order.
    pub effects: Vec<(usize, Effect)>,
    /// Legacy names in it that are retired, each once.
    pub tombstones: Vec<String>,
}

/// What a statement names of a legacy table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The legacy table.
    pub table: String,
    /// Those of its columns whose names are words of the statement, in the table's order. A column that another table of the statement
    /// has too, under the same name, is among them.
    pub columns: Vec<String>,
    /// It asks for all of them without naming them: `*`, `TABLE t`, INSERT or COPY without a list of columns.
    pub star: bool,
}

/// A legacy name in a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The number of its statement in the text, from 0.
    pub statement: usize,
    /// The legacy table.
    pub table: String,
    /// `select`, `insert`, `update`, ...; `mention` for a name that is no relation or could not be classified.
    pub operation: &'static str,
    /// What was done.
    pub outcome: HitOutcome,
}

/// What was done with a legacy name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HitOutcome {
    /// Forwarded untouched, because of its mode.
    Forwarded,
    /// Rewritten.
    Rewritten,
    /// Refused.
    Refused,
    /// Forwarded untouched, because it was not understood.
    Opaque,
}

impl HitOutcome {
    /// As reports name it.
    pub fn name(self) -> &'static str {
        match self {
            HitOutcome::Forwarded => "forwarded",
            HitOutcome::Rewritten => "rewritten",
            HitOutcome::Refused => "refused",
            HitOutcome::Opaque => "opaque",
        }
    }
}

impl Policy {
    /// What is known of a statement that is not read, from how it begins.
    pub fn unread(&self, begins: &str) -> Outcome {
        let mut outcome = Outcome::default();
        outcome.opaque(self, (0, begins), "it is not read");
        outcome.seen = (!outcome.hits.is_empty()).then(|| Seen::of(begins, None));
        outcome
    }
}

impl Outcome {
    /// Legacy names in a text that is not understood, and passes as it is.
    pub(super) fn opaque(&mut self, policy: &Policy, (number, text): (usize, &str), reason: &str) {
        for name in policy.prefilter.names_in(text).into_iter().filter(|n| !policy.is_off(n)) {
            let hit = Hit { statement: number, table: name, operation: "mention", outcome: HitOutcome::Opaque };
            self.notes.push(format!("{}: forwarded untouched, {reason}", hit.table));
            self.touch(policy, &hit.table);
            self.hits.push(hit);
        }
    }

    /// Adds a hit that its statement has not yet; whether it is new.
    pub(super) fn hit(&mut self, hit: Hit) -> bool {
        let is_new = !self.hits.iter().rev().take_while(|other| other.statement == hit.statement).any(|other| *other == hit);
        if is_new {
            self.hits.push(hit);
        }
        is_new
    }

    /// Whether a statement of its text is PREPARE, which uses no table: each EXECUTE of it does.
    pub fn only_prepares(&self, statement: usize) -> bool {
        let found = self.effects.binary_search_by_key(&statement, |(number, _)| *number);
        found.is_ok_and(|at| matches!(self.effects[at].1, Effect::Prepare { .. }))
    }

    /// Whether more than one statement of its text names a legacy table, or one that is not the first.
    pub fn has_several(&self) -> bool {
        self.hits.last().is_some_and(|hit| hit.statement > 0)
    }

    /// Notes a name, if it is retired.
    pub(super) fn touch(&mut self, policy: &Policy, table: &str) {
        if policy.tombstones.contains(table) && !self.tombstones.iter().any(|t| t == table) {
            self.tombstones.push(table.to_owned());
        }
    }

    /// Whether anything has to be remembered about the statement.
    pub fn is_plain(&self) -> bool {
        self.text.is_none() && self.hits.is_empty()
    }
}
