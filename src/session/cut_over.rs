//! Cut-overs: a table is about to move or to come back (`migrate/run.rs`, `migrate/back.rs`). The migration waits until no session
//! of any proxy uses the table. Meanwhile a statement that names the table for the first time in its transaction is held here, and
//! it is decided about when the table is where the policy says, so no statement meets the table in between. A hold ends by this
//! process' own clock (`server/cut_over.rs`), even when the migration never answers.
//!
//! A transaction that has already named the table continues: the migration waits for its end.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::house::Held;
use crate::rewrite::Outcome;

/// The number of counters of users. Tables that share a counter are waited for together.
const PLACES: usize = 1024;

/// The hash of a table's name.
type TableId = u64;

/// A table that is held, and the sessions that wait for it.
#[derive(Debug)]
struct Moving {
    id: TableId,
    waiting: Vec<Arc<Notify>>,
}

/// The cut-overs of this process, and the number of sessions that use each table.
#[derive(Debug)]
pub struct CutOvers {
    /// Counters of sessions whose open transaction has named a table, or that have sent a statement which names it.
    users: Box<[AtomicU32]>,
    /// How many tables are held. Each statement that names a table for the first time reads this.
    held: AtomicUsize,
    moving: Mutex<Vec<Moving>>,
    hasher: ahash::RandomState,
}

impl Default for CutOvers {
    fn default() -> Self {
        CutOvers {
            users: (0..PLACES).map(|_| AtomicU32::new(0)).collect(),
            held: AtomicUsize::new(0),
            moving: Mutex::default(),
            hasher: ahash::RandomState::new(),
        }
    }
}

impl CutOvers {
    /// Holds a table from now on: a session that is not counted by a later [`CutOvers::users`] waits.
    pub fn begin(&self, table: &str) {
        let mut moving = lock(&self.moving);
        moving.push(Moving { id: self.id(table), waiting: Vec::new() });
        self.held.store(moving.len(), Ordering::SeqCst);
    }

    /// Whether a table is held.
    pub fn is_holding(&self) -> bool {
        self.held.load(Ordering::SeqCst) > 0
    }

    /// The number of sessions that use a table.
    pub fn users(&self, table: &str) -> u32 {
        self.place(self.id(table)).load(Ordering::SeqCst)
    }

    /// Ends the hold of a table and wakes the sessions that wait.
    pub fn end(&self, table: &str) {
        let id = self.id(table);
        let mut moving = lock(&self.moving);
        moving.extract_if(.., |m| m.id == id).flat_map(|m| m.waiting).for_each(|told| told.notify_one());
        self.held.store(moving.len(), Ordering::SeqCst);
    }

    fn leave(&self, id: TableId) {
        self.place(id).fetch_sub(1, Ordering::SeqCst);
    }

    fn id(&self, table: &str) -> TableId {
        self.hasher.hash_one(table)
    }

    fn place(&self, id: TableId) -> &AtomicU32 {
        #[expect(clippy::cast_possible_truncation, reason = "a remainder")]
        &self.users[(id % PLACES as u64) as usize]
    }
}

/// The tables that one session uses: those that its open transaction has named.
#[derive(Debug, Default)]
pub struct Uses(Mutex<Vec<TableId>>);

impl Uses {
    /// A statement names these tables. It waits if one of them is held and new to the transaction; the session is woken when the hold ends, or at once
    /// where a whole cut-over has come between the decision about the statement and this call: `is_decided` says whether it still holds.
    pub fn enters(&self, cut_overs: &CutOvers, outcome: &Outcome, told: &Arc<Notify>, is_decided: impl Fn() -> bool) -> Held {
        let mut used = lock(&self.0);
        let before = used.len();
        for hit in &outcome.hits {
            let id = cut_overs.id(&hit.table);
            if !used.contains(&id) {
                // A session counts first and then looks for a hold; whoever holds a table does it in the opposite order. So at
                // least one of the two sees the other.
                cut_overs.place(id).fetch_add(1, Ordering::SeqCst);
                used.push(id);
            }
        }
        if used.len() == before {
            return Held::GoesOn;
        }
        if cut_overs.held.load(Ordering::SeqCst) > 0 {
            let mut moving = lock(&cut_overs.moving);
            if let Some(held) = moving.iter_mut().find(|m| used[before..].contains(&m.id)) {
                if !held.waiting.iter().any(|waiting| Arc::ptr_eq(waiting, told)) {
                    held.waiting.push(told.clone());
                }
                drop(moving);
                used.drain(before..).for_each(|id| cut_overs.leave(id));
                return Held::Waits;
            }
        }
        // The policy changes before a hold ends: whoever no longer sees the hold sees the new policy.
        if is_decided() {
            return Held::GoesOn;
        }
        used.drain(before..).for_each(|id| cut_overs.leave(id));
        told.notify_one();
        Held::Waits
    }

    /// No transaction is open, and nothing is unanswered: the session uses no table.
    pub fn leaves(&self, cut_overs: &CutOvers) {
        lock(&self.0).drain(..).for_each(|id| cut_overs.leave(id));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rewrite::{Hit, HitOutcome};

    fn outcome(tables: &[&str]) -> Outcome {
        let hit =
            |table: &&str| Hit { statement: 0, table: (*table).to_owned(), operation: "select", outcome: HitOutcome::Forwarded };
        Outcome { hits: tables.iter().map(hit).collect(), ..Outcome::default() }
    }

    /// A whole cut-over has passed since the statement was decided about: it is asked again at once, and uses nothing until then.
    #[test]
    fn what_was_decided_too_early_is_decided_again() {
        let (cut_overs, uses, told) = (CutOvers::default(), Uses::default(), Arc::new(Notify::new()));
        cut_overs.begin("a");
        cut_overs.end("a");
        assert_eq!(uses.enters(&cut_overs, &outcome(&["a"]), &told, || false), Held::Waits);
        assert_eq!(cut_overs.users("a"), 0);
        let woken = std::pin::pin!(told.notified());
        assert!(woken.poll(&mut std::task::Context::from_waker(std::task::Waker::noop())).is_ready());
        assert_eq!(uses.enters(&cut_overs, &outcome(&["a"]), &told, || true), Held::GoesOn);
        assert_eq!(uses.enters(&cut_overs, &outcome(&["a"]), &told, || false), Held::GoesOn, "its transaction has named it");
    }

    #[test]
    fn a_first_use_waits_and_a_second_one_goes_on() {
        let cut_overs = CutOvers::default();
        let (one, two, told) = (Uses::default(), Uses::default(), Arc::new(Notify::new()));
        assert_eq!(one.enters(&cut_overs, &outcome(&["a", "a"]), &told, || true), Held::GoesOn);
        cut_overs.begin("a");
        assert_eq!(cut_overs.users("a"), 1);
        assert_eq!(one.enters(&cut_overs, &outcome(&["a", "b"]), &told, || true), Held::GoesOn, "its transaction has named it");
        assert_eq!(two.enters(&cut_overs, &outcome(&["b"]), &told, || true), Held::GoesOn, "another table");
        assert_eq!(two.enters(&cut_overs, &outcome(&["c", "a"]), &told, || true), Held::Waits);
        assert_eq!(two.enters(&cut_overs, &outcome(&["c", "a"]), &told, || true), Held::Waits, "asked again");
        assert_eq!((cut_overs.users("a"), cut_overs.users("b"), cut_overs.users("c")), (1, 2, 0), "who waits uses nothing");
        one.leaves(&cut_overs);
        assert_eq!((cut_overs.users("a"), cut_overs.users("b")), (0, 1));
        assert_eq!(one.enters(&cut_overs, &outcome(&["a"]), &told, || true), Held::Waits, "another transaction");
        cut_overs.end("a");
        let woken = std::pin::pin!(told.notified());
        assert!(woken.poll(&mut std::task::Context::from_waker(std::task::Waker::noop())).is_ready());
        assert_eq!(two.enters(&cut_overs, &outcome(&["c", "a"]), &told, || true), Held::GoesOn);
        assert_eq!(cut_overs.users("a"), 1);
    }

    /// Sessions come and go while a table is held: whenever the counter is 0, no session uses the table.
    #[test]
    fn nobody_slips_in() {
        use std::sync::atomic::AtomicBool;
        let (cut_overs, inside, stop) = (CutOvers::default(), AtomicU32::new(0), AtomicBool::new(false));
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    let (uses, told, outcome) = (Uses::default(), Arc::default(), outcome(&["a"]));
                    while !stop.load(Ordering::Relaxed) {
                        if uses.enters(&cut_overs, &outcome, &told, || true) == Held::GoesOn {
                            inside.fetch_add(1, Ordering::SeqCst);
                            std::hint::spin_loop();
                            inside.fetch_sub(1, Ordering::SeqCst);
                            uses.leaves(&cut_overs);
                        }
                    }
                });
            }
            for _ in 0..2000 {
                cut_overs.begin("a");
                while cut_overs.users("a") > 0 {
                    std::thread::yield_now();
                }
                assert_eq!(inside.load(Ordering::SeqCst), 0);
                cut_overs.end("a");
            }
            stop.store(true, Ordering::Relaxed);
        });
        assert_eq!(cut_overs.users("a"), 0);
    }
}
