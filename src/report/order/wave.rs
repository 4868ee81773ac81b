//! Waves: each cluster goes into the first wave that has room in its window. Silent clusters, those that are only read and those that are written
//! do not share a wave. A history moves with its base, if that is a legacy table, or after it.

use std::collections::BTreeMap;

use super::cluster::Cluster;
use super::held::Held;
use super::model::{Class, Legacy, Limits, Wave};

/// A cluster on its way into a wave.
struct Unit<'f> {
    tables: &'f Cluster<'f>,
    seconds: u64,
    class: Class,
    /// Clusters that contain the bases of its histories, and so move before it.
    behind: Vec<usize>,
    wave: Option<usize>,
}

/// The waves of all clusters that are not held back.
pub(super) fn waves<'f>(
    clusters: &'f [Cluster<'f>],
    moving: &BTreeMap<&'f str, &'f Legacy>,
    seconds: &BTreeMap<&'f str, u64>,
    held: &Held<'f>,
    limits: &Limits,
) -> Vec<Wave> {
    let is_held = |table: &&&str| held.get(**table).is_some_and(|list| list.iter().any(|h| h.holds));
    let free: Vec<&Cluster<'f>> = clusters.iter().filter(|c| c.iter().find(is_held).is_none()).collect();
    let unit = |(at, tables): (usize, &&'f Cluster<'f>)| {
        let bases = tables.iter().filter_map(|table| moving.get(table)?.base.as_deref());
        let behind = bases.filter_map(|base| free.iter().position(|c| c.contains(base))).filter(|other| *other != at);
        Unit {
            tables,
            seconds: tables.iter().filter_map(|table| seconds.get(table)).sum(),
            class: tables.iter().filter_map(|table| Some(moving.get(table)?.class())).max().unwrap_or(Class::Silent),
            behind: behind.collect(),
            wave: None,
        }
    };
    let mut units: Vec<Unit<'f>> = free.iter().enumerate().map(unit).collect();
    follow(&mut units);
    let mut turns: Vec<usize> = (0..units.len()).collect();
    turns.sort_by_key(|at| (units[*at].class, *at));
    let mut waves: Vec<Wave> = Vec::new();
    for at in turns {
        place(&mut waves, &mut units, at, &mut Vec::new(), limits);
    }
    waves.iter_mut().for_each(|wave| wave.tables.sort_unstable());
    waves
}

/// Places first the clusters that must move before this one, then the cluster. `waiting` are the clusters that wait for it; a cycle of bases is broken there.
fn place(waves: &mut Vec<Wave>, units: &mut [Unit<'_>], at: usize, waiting: &mut Vec<usize>, limits: &Limits) {
    if units[at].wave.is_some() || waiting.contains(&at) {
        return;
    }
    waiting.push(at);
    for base in units[at].behind.clone() {
        place(waves, units, base, waiting, limits);
    }
    waiting.pop();
    let earliest = units[at].behind.iter().filter_map(|base| units[*base].wave).max().unwrap_or(0);
    units[at].wave = Some(put(waves, &units[at], earliest, limits));
}

/// A cluster that moves after another one gets that one's class, if it is the later class.
fn follow(units: &mut [Unit<'_>]) {
    let mut has_changed = true;
    while has_changed {
        has_changed = false;
        for at in 0..units.len() {
            let class = units[at].behind.iter().map(|base| units[*base].class).max().unwrap_or(Class::Silent);
            if class > units[at].class {
                units[at].class = class;
                has_changed = true;
            }
        }
    }
}

/// Puts a cluster into the first wave of its class that has room, not before `earliest`.
fn put(waves: &mut Vec<Wave>, unit: &Unit<'_>, earliest: usize, limits: &Limits) -> usize {
    let fits = |wave: &Wave| {
        wave.class == unit.class
            && wave.tables.len() + unit.tables.len() <= limits.wave_tables
            && wave.seconds + unit.seconds <= limits.window
    };
    let at = waves.iter().enumerate().position(|(at, wave)| at >= earliest && fits(wave)).unwrap_or_else(|| {
        waves.push(Wave { tables: Vec::new(), clusters: 0, class: unit.class, seconds: 0 });
        waves.len() - 1
    });
    let wave = &mut waves[at];
    wave.tables.extend(unit.tables.iter().map(|table| (*table).to_owned()));
    wave.clusters += 1;
    wave.seconds += unit.seconds;
    at
}
