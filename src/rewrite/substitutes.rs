//! What a statement says otherwise because a view is no table, while it is found out; `system` and `group` do that.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::shown::Origin;
use crate::sql::ScopeId;

/// What a sub-select over the table behind a view shows beside the legacy columns.
#[derive(Debug, Default)]
pub(super) struct Leaf {
    pub system: BTreeSet<&'static str>,
    /// The row, for those who name it as a whole.
    pub row: bool,
}

/// What is said otherwise in a statement because a view is no table.
#[derive(Debug, Default)]
pub(super) struct Substitutes {
    pub leaves: HashMap<usize, Leaf>,
    /// Names in expressions, by their place among the uses, with what stands for each.
    pub texts: BTreeMap<usize, String>,
    /// Columns that a grouped query reads by an aggregate.
    pub aggregated: HashSet<(ScopeId, Origin)>,
}
