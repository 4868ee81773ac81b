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
    /// What is sent in its place; `None`: the text itself.
    pub text: Option<Arc<str>>,
    /// Maps positions of that text to the client's.
    pub map: PositionMap,
    /// The legacy names it has, and what was done: each once per statement, in their order.
    pub hits: Vec<Hit>,
    /// The statement that its hits are counted under; set if there are hits and the outcome comes from [`super::cache::Cache`].
    pub seen: Option<Seen>,
    /// For each legacy table, which columns it names.
    pub named: Vec<NamedColumns>,
    /// What was refused: the server's error for it is replaced.
    pub refusals: Vec<Refusal>,
    /// Relations that were rewritten: errors about the new tables are led back to them.
    pub rewritten: Vec<Arc<Relation>>,
    /// The decisions with their reasons, a line each, for `explain`.
    pub notes: Vec<String>,
    /// It passes as it is and reaches a view under a legacy name: its duration says nothing about the legacy table's speed.
    pub meets_view: bool,
    /// It is one statement that only reads, of a table in mode shadow or of a copy.
    pub shadow: bool,
    /// Copied tables of which it reads the copy, because its session was chosen for that.
    pub reads: Vec<String>,
    /// What its statements leave behind in the session, each with its number, in order.
    pub effects: Vec<(usize, Effect)>,
    /// Tombstones that it names, each once.
    pub tombstones: Vec<String>,
}

/// What a statement names of a legacy table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedColumns {
    /// The legacy table.
    pub table: String,
    /// Its columns whose names are words of the statement, in the table's order. A word that means another table's column of the
    /// same name counts too.
    pub columns: Vec<String>,
    /// It uses all columns without naming them: `*`, `TABLE t`, INSERT or COPY without a list of columns.
    pub star: bool,
}

/// A legacy name in a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The number of its statement in the text, from 0.
    pub statement: usize,
    /// The legacy table.
    pub table: String,
    /// `select`, `insert`, `update`, ...; `mention` for a name that is not a relation there or could not be classified.
    pub operation: &'static str,
    /// What was done.
    pub outcome: HitOutcome,
}

/// What was done with a legacy name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HitOutcome {
    /// Passed untouched, because of the table's mode.
    Forwarded,
    /// Rewritten.
    Rewritten,
    /// Refused.
    Refused,
    /// Passed untouched, because the statement was not understood.
    Opaque,
}

impl HitOutcome {
    /// The word for it in reports.
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
    /// The outcome of a statement that is not read, by its beginning.
    pub fn unread(&self, begins: &str) -> Outcome {
        let mut outcome = Outcome::default();
        outcome.opaque(self, (0, begins), "it is not read");
        outcome.seen = (!outcome.hits.is_empty()).then(|| Seen::of(begins, None));
        outcome
    }
}

impl Outcome {
    /// Of a statement that the client has cancelled before the server got it.
    pub fn cancelled() -> Self {
        let refusal = Refusal::cancelled();
        Outcome { text: Some(refusal.statement().into()), refusals: vec![refusal], ..Outcome::default() }
    }

    /// Counts legacy names in a text that is not understood and passes as it is.
    pub(super) fn opaque(&mut self, policy: &Policy, (number, text): (usize, &str), reason: &str) {
        for name in policy.prefilter.names_in(text).into_iter().filter(|n| !policy.is_off(n)) {
            let hit = Hit { statement: number, table: name, operation: "mention", outcome: HitOutcome::Opaque };
            self.notes.push(format!("{}: forwarded untouched, {reason}", hit.table));
            self.touch(policy, &hit.table);
            self.hits.push(hit);
        }
    }

    /// Adds a hit, if its statement does not have it yet; whether it was added.
    pub(super) fn hit(&mut self, hit: Hit) -> bool {
        let is_new = !self.hits.iter().rev().take_while(|other| other.statement == hit.statement).any(|other| *other == hit);
        if is_new {
            self.hits.push(hit);
        }
        is_new
    }

    /// Whether a statement of the text is PREPARE. It uses no table: each EXECUTE of it does.
    pub fn only_prepares(&self, statement: usize) -> bool {
        let found = self.effects.binary_search_by_key(&statement, |(number, _)| *number);
        found.is_ok_and(|at| matches!(self.effects[at].1, Effect::Prepare { .. }))
    }

    /// Whether several statements of the text name a legacy table, or a statement other than the first.
    pub fn has_several(&self) -> bool {
        self.hits.last().is_some_and(|hit| hit.statement > 0)
    }

    /// Adds a name to the tombstones, if it is one.
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
