//! A read of a copied table that stands alone outside a transaction, as long as the client has got nothing of its answer: where it fails it
//! is sent again as a read of the table itself, and the client sees that answer alone (`conversation/sent_again.rs`).
//!
//! It is a Query, or a stretch of the extended protocol about one statement that ends with Sync. What the client has sent of it is kept until
//! the first row or the end of the answer; until then nothing is sent behind it, and what is answered before that is held back. A client
//! that asks for answers in the middle of a stretch (Flush), or does anything else in it, gets them as they come.

use std::sync::Arc;

use super::statement::{NameId, Prepared};
use crate::traffic::Sqlstate;
use crate::wire::frame::cstr;
use crate::wire::tag::{about, client};

/// A Bind that is longer is not kept.
const LONGEST_BIND_BYTES: usize = 64 * 1024;

/// What may be sent again.
#[derive(Debug)]
pub struct Stretch {
    /// Tags and bodies, as the client has sent them.
    pub frames: Vec<(u8, Vec<u8>)>,
    /// The statement that it is about, once that is known.
    pub read: Option<Read>,
}

/// The statement of a stretch.
#[derive(Debug, Clone)]
pub struct Read {
    /// Its name, and that as the client writes it.
    pub name: (NameId, Box<[u8]>),
    /// As it was sent; of a Query, as if it had been prepared.
    pub held: Arc<Prepared>,
}

impl Stretch {
    fn has(&self, tag: u8) -> bool {
        self.frames.iter().any(|(t, _)| *t == tag)
    }

    /// Takes a frame, where what there is with it is still one read of one statement. `read` is what the frame is about.
    fn takes(&mut self, tag: u8, body: &[u8], read: Option<&Read>) -> bool {
        let is_of = |read: &Read| self.read.as_ref().is_none_or(|r| r.name == read.name);
        let fits = match tag {
            client::QUERY => self.frames.is_empty() && read.is_some(),
            client::PARSE => self.frames.is_empty() && read.is_some(),
            client::BIND => !self.has(client::BIND) && body.len() <= LONGEST_BIND_BYTES && read.is_some_and(is_of),
            client::DESCRIBE => {
                let is_whole = body.get(1..).and_then(cstr).is_some_and(|(_, rest)| rest.is_empty());
                let is_next = match body.first() {
                    Some(&about::STATEMENT) => !self.has(client::BIND) && read.is_some_and(is_of),
                    _ => self.has(client::BIND) && !self.has(client::EXECUTE),
                };
                is_whole && is_next
            }
            // Behind the name stands how many rows are wanted.
            client::EXECUTE => {
                self.has(client::BIND) && !self.has(client::EXECUTE) && cstr(body).is_some_and(|(_, rest)| rest.len() == 4)
            }
            _ => false,
        };
        if fits {
            self.frames.push((tag, body.to_vec()));
            self.read = self.read.take().or_else(|| read.cloned());
        }
        fits
    }
}

/// Where a read is that may be sent again.
#[derive(Debug, Default)]
enum Place {
    /// There is none.
    #[default]
    Nowhere,
    /// Some of its frames are sent; what is held back of the answer.
    Begun(Stretch, Vec<u8>),
    /// All of them are, and nothing behind; what is held back of the answer.
    Sent(Stretch, Vec<u8>),
    /// It failed with this before all of it was sent, and the server skips the rest; what the client would be told.
    Failed(Stretch, Vec<u8>, Sqlstate),
}

/// The room of a session.
#[derive(Debug, Default)]
pub struct Again {
    place: Place,
    /// The client stands between two stretches, outside a transaction.
    between: bool,
    /// What was held back of an answer that is not to be sent again any more.
    owed: Vec<u8>,
}

/// What becomes of a frame behind an error that the client has not been told.
#[derive(Debug)]
pub enum Behind {
    /// The server would skip it: it is kept with the others.
    Kept,
    /// It ends the stretch, which is sent again because of this.
    Ends(Stretch, Sqlstate),
    /// It does not belong to one read: the client is told.
    Told(Vec<u8>),
}

impl Again {
    /// Everything is answered, and no transaction is open.
    pub fn is_between(&mut self, between: bool) {
        self.between = between;
    }

    /// Whether the next frame may begin a read, or belongs to one.
    pub fn is_wanted(&self) -> bool {
        self.between || matches!(self.place, Place::Begun(..) | Place::Failed(..))
    }

    /// Whether nothing may be sent before more is answered.
    pub fn is_sent(&self) -> bool {
        matches!(self.place, Place::Sent(..))
    }

    /// Whether some frames of a read are sent, and not all.
    pub fn is_begun(&self) -> bool {
        matches!(self.place, Place::Begun(..))
    }

    /// Whether there is a read of whose answer the client has got nothing.
    pub fn is_going_on(&self) -> bool {
        matches!(self.place, Place::Begun(..) | Place::Sent(..))
    }

    /// A frame of the client's is on its way. `begins`: the session reads copies, so that it may begin a read; `read` is the read that it is
    /// about, if it is one.
    pub fn sends(&mut self, tag: u8, body: &[u8], begins: bool, read: Option<&Read>) {
        let is_first = std::mem::take(&mut self.between) && begins;
        let (mut stretch, held) = match std::mem::take(&mut self.place) {
            Place::Begun(stretch, held) => (stretch, held),
            Place::Nowhere if is_first => (Stretch { frames: Vec::new(), read: None }, Vec::new()),
            other => {
                self.place = other;
                return;
            }
        };
        self.place = match tag {
            client::SYNC if stretch.read.is_some() => Place::Sent(stretch, held),
            client::QUERY if stretch.takes(tag, body, read) => Place::Sent(stretch, held),
            _ if tag != client::QUERY && stretch.takes(tag, body, read) => Place::Begun(stretch, held),
            _ => {
                self.owed.extend(held);
                Place::Nowhere
            }
        };
    }

    /// A frame of an answer is held back.
    pub fn holds(&mut self, frame: &[u8]) {
        if let Place::Begun(_, held) | Place::Sent(_, held) = &mut self.place {
            held.extend_from_slice(frame);
        }
    }

    /// The client gets something of the answer: it cannot be sent again. What was held back goes before.
    pub fn is_answered(&mut self) -> Vec<u8> {
        let mut held = std::mem::take(&mut self.owed);
        match std::mem::take(&mut self.place) {
            Place::Begun(_, more) | Place::Sent(_, more) => held.extend(more),
            other => self.place = other,
        }
        held
    }

    /// It has failed, with all of it sent.
    pub fn fails(&mut self) -> Option<Stretch> {
        match std::mem::take(&mut self.place) {
            Place::Sent(stretch, _) => Some(stretch),
            _ => None,
        }
    }

    /// It has failed before all of it was sent; the error, as the client would be told.
    pub fn fails_early(&mut self, error: &[u8], sqlstate: Sqlstate) {
        if let Place::Begun(stretch, mut held) = std::mem::take(&mut self.place) {
            held.extend_from_slice(error);
            self.place = Place::Failed(stretch, held, sqlstate);
        }
    }

    /// The read that is begun.
    pub fn begun(&self) -> Option<&Read> {
        match &self.place {
            Place::Begun(stretch, _) => stretch.read.as_ref(),
            _ => None,
        }
    }

    /// A frame behind such a failure; `None` where there is none. `name` is the statement's that it is about.
    pub fn behind(&mut self, tag: u8, body: &[u8], whole: bool, name: Option<NameId>) -> Option<Behind> {
        let (mut stretch, told, sqlstate) = match std::mem::take(&mut self.place) {
            Place::Failed(stretch, told, sqlstate) => (stretch, told, sqlstate),
            other => {
                self.place = other;
                return None;
            }
        };
        if tag == client::SYNC {
            return Some(Behind::Ends(stretch, sqlstate));
        }
        let read = stretch.read.clone().filter(|read| name.is_none_or(|name| name == read.name.0));
        let is_read = tag != client::PARSE && (whole || tag != client::BIND);
        if is_read && stretch.takes(tag, body, read.as_ref()) {
            self.place = Place::Failed(stretch, told, sqlstate);
            return Some(Behind::Kept);
        }
        Some(Behind::Told(told))
    }
}
