//! The state machine of one legacy table: its states, and which step leads from one to the next. Pure. Whatever the migration does with a table, it
//! writes into the ledger by [`after`] (`ledger.rs`), in the transaction that does it. So a step that is not allowed here does not happen, whoever
//! asks for it and wherever a process was killed.
//!
//! The ledger says what was done; where a person has moved tables by hand, the catalog takes precedence ([`found`]).

use serde::{Deserialize, Serialize};

use super::ARCHIVE;

/// Where the legacy table is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Legacy {
    /// Under its own name.
    Named,
    /// In the archive.
    Archived,
    /// In neither place.
    #[default]
    Gone,
}

impl Legacy {
    /// As reports show it.
    pub fn name(self) -> &'static str {
        match self {
            Legacy::Named => "under its name",
            Legacy::Archived => ARCHIVE,
            Legacy::Gone => "gone",
        }
    }
}

/// The state of a legacy table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// The table has its name, and nothing has been done with it.
    Planned,
    /// Its rows are being copied, and a trigger carries changes.
    Copying,
    /// All of them are copied, with their indexes.
    Copied,
    /// The copy is proven; the trigger carries changes.
    Proven,
    /// Some sessions read the copy, and all write the table (`reads.rs`).
    Reads,
    /// The rows are in the new tables, a view has the name, and the archived table is kept up to date: it can come back.
    Moved,
    /// A person has signed for the proof.
    Signed,
    /// The archived table is gone; its dump is kept.
    Dropped,
    /// A retained history has its new columns.
    Improved,
}

/// A step of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Copying begins.
    Copy,
    /// Copying and indexing have ended.
    Copied,
    /// A proof holds.
    Prove,
    /// Sessions are chosen that read the copy.
    Choose,
    /// No session reads it any more, because a person said so.
    Withdraw,
    /// No session reads it any more, because a read gave different results from the copy and from the table.
    Differ,
    /// The copy is removed: a proof failed, the heap was rewritten, or a person said so.
    Abandon,
    /// The table steps aside for its view. A small one is copied and proven in the same transaction.
    Move,
    /// The table takes its name again.
    Return,
    /// A person signs for the proof.
    Sign,
    /// The archived table is dropped.
    Drop,
    /// The archived table is made again, from its dump and the present rows.
    Restore,
    /// A retained history gets its new columns.
    Improve,
}

/// All transitions. Any other is refused.
#[rustfmt::skip] // One line each: it is a table.
pub const TRANSITIONS: &[(State, Step, State)] = &[
    (State::Planned,  Step::Copy,    State::Copying),
    (State::Planned,  Step::Move,    State::Moved),
    (State::Planned,  Step::Improve, State::Improved),
    (State::Copying,  Step::Copied,  State::Copied),
    (State::Copying,  Step::Abandon, State::Planned),
    (State::Copied,   Step::Copied,  State::Copied),   // continued
    (State::Copied,   Step::Prove,   State::Proven),
    (State::Copied,   Step::Abandon, State::Planned),
    (State::Proven,   Step::Copied,  State::Copied),   // continued: it is proven again
    (State::Proven,   Step::Abandon, State::Planned),
    (State::Proven,   Step::Move,    State::Moved),
    (State::Proven,   Step::Choose,  State::Reads),
    (State::Reads,    Step::Choose,  State::Reads),    // others, or more of them
    (State::Reads,    Step::Prove,   State::Reads),    // again, before it moves
    (State::Reads,    Step::Withdraw, State::Proven),
    (State::Reads,    Step::Differ,  State::Copied),   // what was proven is in doubt
    (State::Reads,    Step::Move,    State::Moved),
    (State::Moved,    Step::Return,  State::Planned),
    (State::Moved,    Step::Sign,    State::Signed),
    (State::Signed,   Step::Sign,    State::Signed),   // again, by another person or after more time
    (State::Signed,   Step::Return,  State::Planned),
    (State::Signed,   Step::Drop,    State::Dropped),
    (State::Dropped,  Step::Restore, State::Moved),
    (State::Improved, Step::Improve, State::Improved), // a second run continues where the first one ended
];

/// The state after a step; `None` where the step is not allowed.
pub fn after(state: State, step: Step) -> Option<State> {
    TRANSITIONS.iter().find(|(from, by, _)| (*from, *by) == (state, step)).map(|(_, _, to)| *to)
}

/// The steps that a state allows.
pub fn steps(state: State) -> impl Iterator<Item = Step> {
    TRANSITIONS.iter().filter(move |(from, ..)| *from == state).map(|(_, step, _)| *step)
}

/// The state of a legacy name, apart from where its table's rows are. That a name was unused for long is not a state but a verdict
/// (`report/verdict.rs`), which a single use undoes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Name {
    /// The table or its view answers under it.
    Served,
    /// The proxies hold statements that name it, and bring it back; around them, its views still answer.
    Retiring,
    /// The same, but nothing answers under it.
    Tombstone,
}

/// A step of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NameStep {
    /// A person retires it: the proxies are told.
    Announce,
    /// All proxies know, and the views are dropped.
    Bury,
    /// A statement through a proxy names it.
    Touch,
    /// A person undoes the retiring, or brings the table back.
    Undo,
}

/// All transitions of a name.
#[rustfmt::skip] // One line each: it is a table.
pub const NAME_TRANSITIONS: &[(Name, NameStep, Name)] = &[
    (Name::Served,    NameStep::Announce, Name::Retiring),
    (Name::Retiring,  NameStep::Announce, Name::Retiring), // continued
    (Name::Retiring,  NameStep::Bury,     Name::Tombstone),
    (Name::Retiring,  NameStep::Touch,    Name::Served),
    (Name::Retiring,  NameStep::Undo,     Name::Served),
    (Name::Tombstone, NameStep::Touch,    Name::Served),
    (Name::Tombstone, NameStep::Undo,     Name::Served),
];

/// The state of a name after a step; `None` where the step is not allowed.
pub fn name_after(name: Name, step: NameStep) -> Option<Name> {
    NAME_TRANSITIONS.iter().find(|(from, by, _)| (*from, *by) == (name, step)).map(|(_, _, to)| *to)
}

/// Whether the name of a table in this state may be retired: its rows are in the new tables, not under the name.
pub fn may_be_retired(state: State) -> bool {
    matches!(state, State::Moved | State::Signed | State::Dropped)
}

/// Whether a table may take a step while its name is in this state: it cannot take back a name that is a tombstone.
pub fn may_under(name: Name, step: Step) -> bool {
    name == Name::Served || step != Step::Return
}

/// The state of a table, from the ledger's last state and the place of the legacy table now.
pub fn found(ledger: Option<State>, legacy: Legacy, has_leaf: bool) -> State {
    match (ledger, legacy) {
        // Brought back by hand.
        (Some(State::Moved | State::Signed | State::Dropped) | None, Legacy::Named) => State::Planned,
        // Dropped by hand.
        (Some(State::Moved | State::Signed), Legacy::Gone) => State::Dropped,
        (None, Legacy::Gone) if has_leaf => State::Dropped,
        // Restored, or moved, by hand.
        (Some(State::Dropped), Legacy::Archived) => State::Moved,
        (None, Legacy::Archived) if has_leaf => State::Moved,
        (Some(state), _) => state,
        (None, _) => State::Planned,
    }
}

impl State {
    /// All states.
    pub const ALL: [State; 9] = [
        State::Planned,
        State::Copying,
        State::Copied,
        State::Proven,
        State::Reads,
        State::Moved,
        State::Signed,
        State::Dropped,
        State::Improved,
    ];

    /// Its name in the ledger.
    pub fn name(self) -> &'static str {
        match self {
            State::Planned => "planned",
            State::Copying => "copying",
            State::Copied => "copied",
            State::Proven => "proven",
            State::Reads => "reads",
            State::Moved => "moved",
            State::Signed => "signed",
            State::Dropped => "dropped",
            State::Improved => "improved",
        }
    }

    /// The state with a name.
    pub fn named(name: &str) -> Option<State> {
        State::ALL.into_iter().find(|state| state.name() == name)
    }
}

impl Name {
    /// Its name in reports.
    pub fn word(self) -> &'static str {
        match self {
            Name::Served => "served",
            Name::Retiring => "retiring",
            Name::Tombstone => "retired",
        }
    }
}

impl NameStep {
    /// Its name in the ledger of names.
    pub fn word(self) -> &'static str {
        match self {
            NameStep::Announce => "announce",
            NameStep::Bury => "retire",
            NameStep::Touch => "touch",
            NameStep::Undo => "undo",
        }
    }
}

impl Step {
    /// Its name in the ledger.
    pub fn name(self) -> &'static str {
        match self {
            Step::Copy => "copy",
            Step::Copied => "copied",
            Step::Prove => "prove",
            Step::Choose => "reads",
            Step::Withdraw => "withdraw",
            Step::Differ => "differ",
            Step::Abandon => "abandon",
            Step::Move => "migrate",
            Step::Return => "rollback",
            Step::Sign => "sign",
            Step::Drop => "drop",
            Step::Restore => "restore",
            Step::Improve => "retain",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const STEPS: [Step; 13] = [
        Step::Copy,
        Step::Copied,
        Step::Prove,
        Step::Choose,
        Step::Withdraw,
        Step::Differ,
        Step::Abandon,
        Step::Move,
        Step::Return,
        Step::Sign,
        Step::Drop,
        Step::Restore,
        Step::Improve,
    ];

    /// The state of one table. Rows are numbered in the order in which they were written.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
    struct World {
        ledger: State,
        /// What answers under the name: the table, or the leaf through its view.
        named: bool,
        name: Name,
        /// The views exist.
        views: bool,
        /// A proxy has not yet heard that the name is being retired, and still sends statements that name the view.
        deaf: bool,
        /// A proxy sends reads to the leaf: it has heard of a choice, but not yet of its end.
        reading: bool,
        /// A transaction is open whose snapshot does not see everything that was copied.
        old: bool,
        table: Option<u8>,
        leaf: Option<u8>,
        /// Rows that were confirmed to clients.
        written: u8,
        dumped: bool,
        signed: bool,
        /// The state that a controller in another process, whose run is no longer the last, still believes in.
        stale: Option<State>,
    }

    impl World {
        fn legacy(&self) -> Legacy {
            match (self.named, self.table) {
                (true, _) => Legacy::Named,
                (false, Some(_)) => Legacy::Archived,
                (false, None) => Legacy::Gone,
            }
        }

        /// A client writes one more row, to whatever has the name; triggers carry it to the other side, if there is one. Through a proxy that knows
        /// of a tombstone, the name comes back first.
        fn write(mut self) -> World {
            if !self.deaf
                && let Some(back) = self.name_step(NameStep::Touch)
            {
                self = back;
            }
            assert!(self.named || self.views, "a client is told that there is no such table: {self:?}");
            let row = self.written + 1;
            self.written = row;
            match self.named {
                true => self.table = self.table.map(|_| row),
                false => self.leaf = self.leaf.map(|_| row),
            }
            match self.named {
                true if matches!(self.ledger, State::Copied | State::Proven | State::Reads) => self.leaf = Some(row),
                false => self.table = self.table.map(|_| row),
                true => {}
            }
            self
        }

        /// The effect of a name's step when its transaction commits; `name.rs` asks the machine in the same way.
        fn name_step(mut self, step: NameStep) -> Option<World> {
            let next = name_after(self.name, step)?;
            match step {
                NameStep::Announce if !may_be_retired(found(Some(self.ledger), self.legacy(), self.leaf.is_some())) => {
                    return None;
                }
                NameStep::Announce => self.deaf = self.name == Name::Served,
                // `replica::late`: every proxy has the policy with the tombstone, and no statement decided under an older one is on its way.
                NameStep::Bury if self.deaf => return None,
                NameStep::Bury => self.views = false,
                NameStep::Touch | NameStep::Undo => (self.views, self.deaf) = (true, false),
            }
            self.name = next;
            Some(self)
        }

        /// The effect of a step when its transaction commits. It asks the machine first, as `ledger::write` does.
        fn step(mut self, step: Step) -> Option<World> {
            let state = found(Some(self.ledger), self.legacy(), self.leaf.is_some());
            let next = after(state, step).filter(|_| may_under(self.name, step))?;
            // `reads::withdraw` and, after a move, `replica::late`: before a table's leaf is dropped, no proxy reads it any more.
            if self.reading && matches!(step, Step::Abandon | Step::Return) {
                return None;
            }
            // `reads::wait_for_snapshots`.
            if self.old && step == Step::Choose {
                return None;
            }
            match step {
                Step::Copy => self.leaf = Some(0),
                Step::Copied | Step::Prove => self.leaf = self.table,
                Step::Choose | Step::Withdraw | Step::Differ => {}
                Step::Abandon => self.leaf = None,
                Step::Move => (self.leaf, self.named, self.views) = (self.table, false, true),
                Step::Return => (self.leaf, self.named, self.views) = (None, true, false),
                Step::Sign => self.signed = true,
                Step::Drop => (self.table, self.dumped) = (None, true),
                Step::Restore => self.table = self.leaf,
                Step::Improve => {}
            }
            if !matches!(next, State::Signed | State::Dropped) {
                self.signed = false;
            }
            self.ledger = next;
            Some(self)
        }

        fn check(&self) {
            let answers = if self.named { self.table } else { self.leaf };
            assert_eq!(answers, Some(self.written), "whoever asks by the name misses a row: {self:?}");
            assert!(!self.reading || self.leaf == Some(self.written), "who reads by the leaf misses a row: {self:?}");
            assert!(!(self.reading && self.old && self.named), "who has an old snapshot reads half of a copy: {self:?}");
            assert!(self.table.is_some() || self.dumped, "nothing is left of the table, and no dump: {self:?}");
            assert!(self.name == Name::Served || !self.named, "a table stands under a tombstone: {self:?}");
            assert_eq!(self.views, !self.named && self.name != Name::Tombstone, "views: {self:?}");
            if self.ledger == State::Dropped {
                assert!(self.signed, "dropped, and nobody had signed: {self:?}");
            }
            if matches!(self.ledger, State::Moved | State::Signed) && self.table.is_some() {
                assert_eq!(self.table, Some(self.written), "the way back would lose a row: {self:?}");
            }
        }
    }

    /// Explores every world that can be reached by any order of steps, writes, crashes (a step that is not committed has no effect), repeated steps
    /// (the answer to COMMIT was lost), manual changes of a DBA, and a second controller. No row is ever lost, and the way back never loses one.
    #[test]
    fn no_order_of_events_loses_a_row() {
        let first = World {
            ledger: State::Planned,
            named: true,
            name: Name::Served,
            views: false,
            deaf: false,
            reading: false,
            old: false,
            table: Some(0),
            leaf: None,
            written: 0,
            dumped: false,
            signed: false,
            stale: None,
        };
        let (mut seen, mut open) = (BTreeSet::new(), vec![first]);
        let mut states = BTreeSet::new();
        let mut used = BTreeSet::new();
        let mut names = BTreeSet::new();
        while let Some(world) = open.pop() {
            if !seen.insert(world) {
                continue;
            }
            world.check();
            states.insert(world.ledger);
            let mut reach = |next: World| open.push(next);
            if world.written < 6 {
                reach(world.write());
            }
            for step in STEPS {
                if let Some(next) = world.step(step) {
                    used.insert((world.ledger, step, next.ledger));
                    reach(World { stale: Some(world.ledger), ..next });
                    // The answer to COMMIT is lost, and the step is repeated.
                    if let Some(again) = next.step(step) {
                        reach(again);
                    }
                }
            }
            // A controller that was cut off does the next step that it believes in. The ledger refuses it, because its run is not the last one
            // (`ledger::write`); this is what it would do if it were not refused.
            if let Some(stale) = world.stale {
                for step in steps(stale) {
                    if let Some(next) = world.step(step) {
                        reach(World { stale: None, ..next });
                    }
                }
            }
            for step in [NameStep::Announce, NameStep::Bury, NameStep::Touch, NameStep::Undo] {
                if let Some(next) = world.name_step(step) {
                    names.insert((world.name, step, next.name));
                    reach(next);
                }
            }
            // A proxy hears that the name is being retired.
            reach(World { deaf: false, ..world });
            // A proxy hears of a choice, or of its end.
            reach(World { reading: world.ledger == State::Reads, ..world });
            // A transaction begins while rows are copied, and ends.
            reach(World { old: world.old || matches!(world.ledger, State::Planned | State::Copying), ..world });
            reach(World { old: false, ..world });
            // A DBA brings the archived table back by hand, though nobody should. The view with its name must be dropped first, and then no proxy
            // takes the name for a tombstone.
            if !world.named && world.table.is_some() && world.name == Name::Served {
                reach(World { named: true, leaf: None, views: false, reading: false, ..world });
            }
        }
        assert_eq!(states.len(), State::ALL.len(), "{states:?}");
        for transition in TRANSITIONS {
            assert!(used.contains(transition), "{transition:?} is never taken");
        }
        for transition in NAME_TRANSITIONS {
            assert!(names.contains(transition), "{transition:?} is never taken");
        }
        println!("{} worlds", seen.len());
    }

    #[test]
    fn what_is_not_in_the_table_is_refused() {
        assert_eq!(after(State::Moved, Step::Drop), None, "nobody has signed");
        assert_eq!(after(State::Planned, Step::Drop), None);
        assert_eq!(after(State::Copied, Step::Move), None, "it is not proven");
        assert_eq!(after(State::Copied, Step::Choose), None, "it is not proven");
        assert_eq!(after(State::Reads, Step::Abandon), None, "somebody reads the copy");
        assert_eq!(after(State::Dropped, Step::Return), None, "there is nothing to bring back before it is restored");
        let mut pairs: Vec<_> = TRANSITIONS.iter().map(|(from, step, _)| (from, step)).collect();
        pairs.sort_unstable();
        pairs.dedup();
        assert_eq!(pairs.len(), TRANSITIONS.len(), "a step leads to two states");
    }

    #[test]
    fn the_catalog_is_believed_where_hands_were_at_work() {
        assert_eq!(found(Some(State::Moved), Legacy::Named, false), State::Planned);
        assert_eq!(found(Some(State::Signed), Legacy::Gone, true), State::Dropped);
        assert_eq!(found(None, Legacy::Archived, true), State::Moved);
        assert_eq!(found(Some(State::Copying), Legacy::Named, false), State::Copying);
        for state in State::ALL {
            assert_eq!(State::named(state.name()), Some(state));
        }
    }
}
