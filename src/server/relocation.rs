//! Where a table is after a cut-over, until the policy's facts include it.

use crate::catalog::read::{Limited, limited_anew};
use crate::control::cut_over::Moved;
use crate::migrate::gate::Candidate;
use crate::migrate::machine::Legacy;
use crate::migrate::state::TableState;
use crate::mode::Mode;
use crate::rewrite::Policy;

/// A table that has moved in a cut-over. To read all facts of a schema of 1,470 tables would take long while clients wait; of the
/// facts that were read before, only this has changed.
#[derive(Debug)]
pub(super) struct Relocation {
    pub(super) table: String,
    pub(super) moved: Moved,
    /// Roles with rights on less than its whole view.
    pub(super) limited: Limited,
}

impl Relocation {
    /// Whether the facts of a policy that knows this switch include the move.
    pub(super) fn is_known_by(&self, generation: i64) -> bool {
        self.moved.generation <= generation
    }

    /// The policy with the table at its new place.
    pub(super) fn of(&self, policy: Policy, default_mode: Mode) -> Policy {
        let Moved { is_there, mode, .. } = &self.moved;
        let legacy = if *is_there { Legacy::Archived } else { Legacy::Named };
        let state = TableState { leaf: *is_there, view: *is_there, stand_in: *is_there, legacy, ..TableState::default() };
        let candidate = Candidate { table: &self.table, is_retained: false, state: &state };
        let limited = limited_anew(policy.limited(), std::slice::from_ref(&self.table), &self.limited);
        policy.placing(&self.table, candidate.effective(mode.unwrap_or(default_mode)), *is_there).limiting(limited)
    }
}
