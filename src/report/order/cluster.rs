//! Which tables move together: those that pairs and foreign keys join, directly or through others. A cluster too large for a wave is split at its
//! weakest pair, and its parts again if necessary.

use std::collections::{BTreeMap, BTreeSet};

use super::model::{Cut, Facts, Limits};

/// Tables that move together, by name.
pub(super) type Cluster<'f> = BTreeSet<&'f str>;

/// What joins two tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Join<'f> {
    /// A foreign key is as strong as any traffic; uses together count by their order of magnitude, so that a few more change nothing.
    strength: u32,
    first: &'f str,
    second: &'f str,
    times: u64,
}

/// The clusters of all tables that have not been moved, in the order of their first names, and where one was split.
pub(super) fn clusters<'f>(seconds: &BTreeMap<&'f str, u64>, facts: &'f Facts) -> (Vec<Cluster<'f>>, Vec<Cut>) {
    let joins = joins(seconds, facts);
    // A maximum spanning tree of each cluster: the strongest joins that hold it together. The cluster is split at the weakest join of the tree; all other joins between the two parts are no stronger.
    let mut whole = Parts::of(seconds.keys().copied());
    let tree: Vec<Join<'f>> = joins.into_iter().filter(|join| whole.unite(join.first, join.second)).collect();
    let mut open = whole.clusters();
    let (mut done, mut cuts) = (Vec::new(), Vec::new());
    while let Some(cluster) = open.pop() {
        let weakest = tree.iter().rev().find(|join| is_open(join, &cluster, &cuts));
        let Some(weakest) = weakest.filter(|_| is_too_large(&cluster, seconds, &facts.limits)) else {
            done.push(cluster);
            continue;
        };
        cuts.push(Cut { first: weakest.first.to_owned(), second: weakest.second.to_owned(), times: weakest.times });
        let mut parts = Parts::of(cluster.iter().copied());
        for join in tree.iter().filter(|join| is_open(join, &cluster, &cuts)) {
            parts.unite(join.first, join.second);
        }
        open.extend(parts.clusters());
    }
    done.sort();
    cuts.sort_by(|a, b| (&a.first, &a.second).cmp(&(&b.first, &b.second)));
    (done, cuts)
}

/// Whether a join holds tables of this cluster together and was not cut.
fn is_open(join: &Join<'_>, cluster: &Cluster<'_>, cuts: &[Cut]) -> bool {
    cluster.contains(join.first)
        && cluster.contains(join.second)
        && !cuts.iter().any(|c| c.first == join.first && c.second == join.second)
}

fn is_too_large(cluster: &Cluster<'_>, seconds: &BTreeMap<&str, u64>, limits: &Limits) -> bool {
    let needed: u64 = cluster.iter().filter_map(|table| seconds.get(table)).sum();
    cluster.len() > limits.wave_tables || needed > limits.window
}

/// What joins tables that have not been moved, the strongest first.
fn joins<'f>(seconds: &BTreeMap<&'f str, u64>, facts: &'f Facts) -> Vec<Join<'f>> {
    let mut found: BTreeMap<(&str, &str), (bool, u64)> = BTreeMap::new();
    let uses = facts.pairs.iter().map(|pair| (pair.first.as_str(), pair.second.as_str(), false, pair.times));
    let keys = facts.keys.iter().map(|(from, to)| (from.as_str(), to.as_str(), true, 0));
    for (one, other, is_key, times) in uses.chain(keys) {
        if one != other && seconds.contains_key(one) && seconds.contains_key(other) {
            let joined = found.entry((one.min(other), one.max(other))).or_default();
            *joined = (joined.0 || is_key, joined.1.saturating_add(times));
        }
    }
    let join = |((first, second), (is_key, times)): ((&'f str, &'f str), (bool, u64))| {
        let strength = if is_key { u32::MAX } else { times.max(1).ilog2() };
        Join { strength, first, second, times }
    };
    let mut joins: Vec<Join<'f>> = found.into_iter().map(join).collect();
    joins.sort_by(|a, b| b.strength.cmp(&a.strength).then((a.first, a.second).cmp(&(b.first, b.second))));
    joins
}

/// Disjoint sets of names (union-find, by the smaller name).
struct Parts<'f>(BTreeMap<&'f str, &'f str>);

impl<'f> Parts<'f> {
    fn of(names: impl Iterator<Item = &'f str>) -> Self {
        Parts(names.map(|name| (name, name)).collect())
    }

    fn root(&mut self, name: &'f str) -> &'f str {
        let up = self.0.get(name).copied().unwrap_or(name);
        if up == name {
            return name;
        }
        let root = self.root(up);
        self.0.insert(name, root);
        root
    }

    /// Joins two sets; false if they were one set already.
    fn unite(&mut self, one: &'f str, other: &'f str) -> bool {
        let (a, b) = (self.root(one), self.root(other));
        if a != b {
            self.0.insert(a.max(b), a.min(b));
        }
        a != b
    }

    fn clusters(mut self) -> Vec<Cluster<'f>> {
        let names: Vec<&str> = self.0.keys().copied().collect();
        let mut clusters: BTreeMap<&str, Cluster<'f>> = BTreeMap::new();
        for name in names {
            clusters.entry(self.root(name)).or_default().insert(name);
        }
        clusters.into_values().collect()
    }
}
