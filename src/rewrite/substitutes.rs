//! What is written otherwise in a statement because a view lacks it; `system` and `group` find it out.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::shown::Origin;
use crate::sql::ScopeId;

/// What a sub-select over the table behind a view shows besides the legacy columns.
#[derive(Debug, Default)]
pub(super) struct Leaf {
    pub system: BTreeSet<&'static str>,
    /// The row, for names that mean it as a whole.
    pub row: bool,
}

/// What is written otherwise in a statement because a view lacks it.
#[derive(Debug, Default)]
pub(super) struct Substitutes {
    pub leaves: HashMap<usize, Leaf>,
    /// Names in expressions, by their index among the names, with their replacements.
    pub texts: BTreeMap<usize, String>,
    /// Columns that a grouped query reads by an aggregate.
    pub aggregated: HashSet<(ScopeId, Origin)>,
}
