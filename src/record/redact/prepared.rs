//! What is meant of the parameters of a session's prepared statements. Recording does not see each answer, only how a stretch up to ReadyForQuery ended, and
//! the server skips what stands behind an error; so a name stands for all that it may stand for, until a stretch that ended well has told which it is. A
//! name that is closed keeps what it stood for: a Bind of it fails, and its parameters are values all the same.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::statement::Copy;
use crate::wire::tag::client;

/// So many names of one session are remembered; the parameters of all others are hidden then.
const MOST_NAMES: usize = 10_000;
/// The server keeps no more of a name (source, prepare.c: NAMEDATALEN).
const NAME_BYTES: usize = 63;

/// What is meant of a statement.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Prepared {
    /// From 1; 0 stands for all of them.
    pub(super) parameters: BTreeSet<usize>,
    /// A rule is about the statement: what is made of its rows is meant too.
    pub(super) is_about: bool,
    pub(super) types: Vec<u32>,
    pub(super) copy: Option<Copy>,
}

impl Prepared {
    fn has_something(&self) -> bool {
        !self.parameters.is_empty() || self.copy.is_some() || self.is_about
    }

    /// It stands for one or the other; types are those of this one, if it has any.
    fn or_also(mut self, other: &Prepared) -> Prepared {
        self.parameters.extend(&other.parameters);
        self.is_about |= other.is_about;
        self.copy = Copy::either(self.copy, other.copy.clone());
        if self.types.is_empty() {
            self.types.clone_from(&other.types);
        }
        self
    }
}

/// The prepared statements of a session of which something is meant.
#[derive(Debug, Default)]
pub(super) struct Statements {
    /// What each name may stand for.
    named: HashMap<Vec<u8>, Prepared>,
    /// What SQL's PREPARE may have put under a name, whenever that ran.
    by_sql: HashMap<Vec<u8>, Prepared>,
    /// What a name stands for if the stretch of this number comes to a good end.
    fresh: HashMap<Vec<u8>, (u64, Prepared)>,
    /// Names for which a Close was sent behind their last Parse.
    closed: HashSet<Vec<u8>>,
    stretches: Stretches,
    /// There was no room for a name.
    is_full: bool,
}

impl Statements {
    pub(super) fn is_empty(&self) -> bool {
        self.named.is_empty() && self.by_sql.is_empty() && !self.is_full
    }

    /// A frame is sent; before it is looked at.
    pub(super) fn sends(&mut self, tag: u8) {
        self.stretches.sends(tag);
    }

    /// A Parse is sent.
    pub(super) fn parses(&mut self, name: &[u8], found: Prepared) {
        let name = kept(name);
        let stretch = self.stretches.ended;
        // The server refuses a name that is taken.
        let is_free = name.is_empty() || self.closed.remove(name);
        let before = self.named.get(name).filter(|_| !is_free).cloned();
        if remember(&mut self.named, name, &found) {
            let found = before.map_or(found.clone(), |before| found.or_also(&before));
            self.fresh.insert(name.to_vec(), (stretch, found));
        } else {
            self.is_full |= found.has_something();
        }
    }

    /// PREPARE is among what is sent.
    pub(super) fn prepares(&mut self, name: &[u8], found: &Prepared) {
        self.is_full |= !remember(&mut self.by_sql, kept(name), found) && found.has_something();
    }

    /// A Close is sent.
    pub(super) fn closes(&mut self, name: &[u8]) {
        self.fresh.remove(kept(name));
        if self.named.contains_key(kept(name)) {
            self.closed.insert(kept(name).to_vec());
        }
    }

    /// What is meant where a name is bound, or executed. In the stretch of its Parse it is what that has made: otherwise neither runs.
    pub(super) fn find(&self, name: &[u8]) -> Prepared {
        let name = kept(name);
        let fresh = self
            .fresh
            .get(name)
            .filter(|(stretch, _)| *stretch == self.stretches.ended && !self.stretches.is_unsure)
            .map(|(_, found)| found);
        let found = match fresh.or_else(|| self.named.get(name)) {
            Some(found) => found.clone(),
            None if self.is_full => {
                Prepared { parameters: [0].into(), is_about: true, types: Vec::new(), copy: Some(Copy::Unreadable) }
            }
            None => Prepared::default(),
        };
        match self.by_sql.get(name) {
            Some(other) => found.or_also(other),
            None => found,
        }
    }

    /// Which stretch is being sent.
    pub(super) fn stretch(&self) -> u64 {
        self.stretches.ended
    }

    /// The server waits for the rows of a COPY.
    pub(super) fn copy_begins(&mut self) {
        self.stretches.copy_begins();
    }

    /// ReadyForQuery; whether an error came since the last one. The number of the stretch that is over, where that is certain.
    pub(super) fn answered(&mut self, has_failed: bool) -> Option<u64> {
        let over = self.stretches.answered()?;
        let ended = self.fresh.extract_if(|_, (stretch, _)| *stretch <= over);
        for (name, (stretch, found)) in ended.collect::<Vec<_>>() {
            if stretch < over || has_failed {
                continue;
            }
            match found.has_something() {
                true => drop(self.named.insert(name, found)),
                false => drop(self.named.remove(&name)),
            }
        }
        Some(over)
    }
}

/// Adds what a name may stand for, if there is room, and anything to remember: of most statements there is nothing.
fn remember(names: &mut HashMap<Vec<u8>, Prepared>, name: &[u8], found: &Prepared) -> bool {
    if let Some(before) = names.get_mut(name) {
        *before = found.clone().or_also(before);
        return true;
    }
    let fits = found.has_something() && names.len() < MOST_NAMES;
    if fits {
        names.insert(name.to_vec(), found.clone());
    }
    fits
}

fn kept(name: &[u8]) -> &[u8] {
    &name[..name.len().min(NAME_BYTES)]
}

/// What a client sends up to one ReadyForQuery, by number, and which is answered. Where that cannot be told for certain, none is any more.
#[derive(Debug, Default)]
struct Stretches {
    /// Ends that were sent: the number of the stretch that is being sent.
    ended: u64,
    /// Of those, the ones that are not answered.
    open: u64,
    is_logged_in: bool,
    /// A COPY reads rows: the server passes over a Sync among them (manual, section 55.2.6).
    copies: bool,
    last: u8,
    is_unsure: bool,
}

impl Stretches {
    fn sends(&mut self, tag: u8) {
        self.last = tag;
        match tag {
            client::SYNC if self.copies => self.is_unsure = true,
            client::SYNC | client::QUERY | client::FUNCTION_CALL => {
                self.ended += 1;
                self.open += 1;
            }
            client::COPY_DONE | client::COPY_FAIL => self.copies = false,
            _ => {}
        }
    }

    fn copy_begins(&mut self) {
        self.copies = true;
        match (self.open, self.last) {
            // Sent behind the Execute of the COPY, and passed over.
            (1, client::SYNC) => self.open = 0,
            (0 | 1, _) => {}
            _ => self.is_unsure = true,
        }
    }

    fn answered(&mut self) -> Option<u64> {
        self.copies = false;
        if !std::mem::replace(&mut self.is_logged_in, true) {
            return None;
        }
        let open = self.open;
        self.is_unsure |= open == 0;
        self.open = open.saturating_sub(1);
        (open == 1 && !self.is_unsure).then(|| self.ended - 1)
    }
}
