//! The order of moves: what moves with what, what holds it back, and which wave comes first. Pure: facts in, order out; `facts` reads the facts,
//! and `shown` makes tables of the order.
//!
//! Tables that are used together in a statement or a transaction, or joined by a foreign key, are a cluster and move together (`cluster`). What
//! holds one table back holds back its cluster and the histories of its tables. The rest goes into waves:
//! silent tables first, then those that are only read, then those that are written; each wave fits into the window (`wave`).
//!
//! The order is stable. It is based on classes and rounded numbers, not on exact counts, and ties are broken by name: a few more hits or facts in
//! another sequence change nothing, and when a wave has moved, the other waves stay as they were.

mod cluster;
pub mod facts;
mod held;
mod model;
mod next;
mod shown;
mod wave;

pub use model::{Basis, Class, Cut, Facts, HoldBack, Legacy, Limits, Order, Pair, Place, Placed, Wave};
pub use next::{NEXT, next};
pub use shown::{BASIS, ORDER, WAVES, basis, order, waves};

use std::collections::BTreeMap;

use super::verdict::Language;

/// Puts everything in order.
pub fn plan(facts: &Facts, language: Language) -> Order {
    let tables: BTreeMap<&str, &Legacy> = facts.tables.iter().map(|t| (t.table(), t)).collect();
    let moving: BTreeMap<&str, &Legacy> = tables.iter().filter(|(_, t)| !t.is_moved()).map(|(n, t)| (*n, *t)).collect();
    let seconds: BTreeMap<&str, u64> = moving.iter().map(|(name, t)| (*name, t.seconds(&facts.limits))).collect();
    let (clusters, cuts) = cluster::clusters(&seconds, facts);
    let mut held: BTreeMap<&str, Vec<HoldBack>> = moving.iter().map(|(name, table)| (*name, held::of(table, language))).collect();
    held::parted(&mut held, &cuts, language);
    held::spread(&mut held, &clusters, &moving, language);
    let waves = wave::waves(&clusters, &moving, &seconds, &held, &facts.limits);
    held::waiting(&mut held, &waves, &moving, language);
    let placed = |(name, table): (&&str, &&Legacy)| {
        let wave = waves.iter().position(|wave| wave.tables.iter().any(|t| t == name));
        let place = match wave {
            _ if table.is_moved() => Place::Moved,
            Some(at) => Place::Wave(at + 1),
            None => Place::Held,
        };
        let own = clusters.iter().find(|c| c.len() > 1 && c.contains(name));
        let cluster = own.and_then(|c| c.first()).map(|first| (*first).to_owned());
        let seconds = seconds.get(*name).copied().unwrap_or(0);
        ((*name).to_owned(), Placed { place, cluster, seconds, held: held.remove(*name).unwrap_or_default() })
    };
    let tables = tables.iter().map(placed).collect();
    Order { tables, waves, cuts }
}
