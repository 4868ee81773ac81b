//! Where a table stands since a cut-over, as far as the policy does not know of it yet.

use std::collections::HashSet;

use crate::control::cut_over::Moved;
use crate::migrate::gate::Candidate;
use crate::migrate::machine::Legacy;
use crate::migrate::state::State;
use crate::mode::Mode;
use crate::rewrite::Policy;

/// A table that stands elsewhere since a cut-over. All facts of a schema of 1,470 tables are much to read while clients wait; of what was
/// read before, this alone has changed.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) table: String,
    pub(super) moved: Moved,
    /// Who may not read which view, by role and table.
    pub(super) limited: HashSet<(String, String)>,
}

impl Place {
    /// Whether a policy that knows of this switch knows of the place.
    pub(super) fn is_known_by(&self, generation: i64) -> bool {
        self.moved.generation <= generation
    }

    /// The policy with the table at its place.
    pub(super) fn of(&self, policy: Policy, default_mode: Mode) -> Policy {
        let Moved { is_there, mode, .. } = &self.moved;
        let legacy = if *is_there { Legacy::Archived } else { Legacy::Named };
        let state = State { leaf: *is_there, view: *is_there, stand_in: *is_there, legacy, ..State::default() };
        let candidate = Candidate { table: &self.table, is_retained: false, state: &state };
        policy.placing(&self.table, candidate.effective(mode.unwrap_or(default_mode)), *is_there).limiting(self.limited.clone())
    }
}
