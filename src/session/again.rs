//! A read of a copied table that stands alone outside a transaction: if it fails before the client has got any of its answer, it is
//! sent again as a read of the legacy table, and the client sees only that answer (`conversation/sent_again.rs`).
//!
//! Such a read is a Query, or a stretch of the extended protocol that ends with Sync and is about one statement. The client's
//! frames are kept until the first row or the end of the answer. Until then nothing is sent behind them, and what the server
//! answers is held back. A client that asks for answers in the middle of a stretch (Flush), or does anything else in it, gets them
//! as they come, and the read is not sent again.

use std::sync::Arc;

use super::statement::{NameId, Prepared};
use crate::traffic::Sqlstate;
use crate::wire::frame::cstr;
use crate::wire::tag::{about, client};

/// A longer Bind is not kept.
const LONGEST_BIND_BYTES: usize = 64 * 1024;

/// What may be sent again.
#[derive(Debug)]
pub struct Stretch {
    /// Tags and bodies, as the client sent them.
    pub frames: Vec<(u8, Vec<u8>)>,
    /// Its statement, once a frame has named it.
    pub read: Option<Read>,
}

/// The statement of a stretch.
#[derive(Debug, Clone)]
pub struct Read {
    /// The statement's name, hashed and as the client wrote it.
    pub name: (NameId, Box<[u8]>),
    /// The statement as it was sent; a Query is kept as if it had been prepared.
    pub held: Arc<Prepared>,
}

impl Stretch {
    fn has(&self, tag: u8) -> bool {
        self.frames.iter().any(|(t, _)| *t == tag)
    }

    /// Adds a frame, if with it the stretch is still one read of one statement; otherwise returns false. `read` is the read that
    /// the frame is about.
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
            // After the portal's name comes the wanted number of rows.
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

/// How far the read is that may be sent again.
#[derive(Debug, Default)]
enum Sending {
    /// There is no such read.
    #[default]
    Nowhere,
    /// Some of its frames are sent; and the part of the answer that is held back.
    Begun(Stretch, Vec<u8>),
    /// All of its frames are sent, and nothing behind them; and the part of the answer that is held back.
    Sent(Stretch, Vec<u8>),
    /// It failed with this SQLSTATE before all of it was sent, and the server skips the rest; and what the client would have been
    /// told.
    Failed(Stretch, Vec<u8>, Sqlstate),
}

/// The read of this session that may be sent again.
#[derive(Debug, Default)]
pub struct Again {
    sending: Sending,
    /// The client is outside a transaction and between two stretches.
    between: bool,
    /// What was held back of a read that can no longer be sent again; the client gets it next.
    owed: Vec<u8>,
    /// The read was counted when it failed on the copy: sent again, it is still the client's one use of the table.
    counted: bool,
}

/// What to do with a frame that comes after an error which the client has not been told.
#[derive(Debug)]
pub enum Behind {
    /// The server would skip it: it is kept with the other frames.
    Kept,
    /// It ends the stretch, which is now sent again because of this SQLSTATE.
    Ends(Stretch, Sqlstate),
    /// The stretch is more than one read: the client is told the error.
    Told(Vec<u8>),
}

impl Again {
    /// Whether everything is answered and no transaction is open.
    pub fn is_between(&mut self, between: bool) {
        self.between = between;
        self.counted &= !between;
    }

    /// A statement is counted: that of a read which is then sent again is not counted a second time.
    pub fn counts(&mut self) {
        self.counted = self.is_going_on();
    }

    /// Whether the statement that has run is a read whose failure on the copy was counted.
    pub fn was_counted(&mut self) -> bool {
        !self.is_going_on() && std::mem::take(&mut self.counted)
    }

    /// Whether the next frame may begin a read, or belongs to one.
    pub fn is_wanted(&self) -> bool {
        self.between || matches!(self.sending, Sending::Begun(..) | Sending::Failed(..))
    }

    /// Whether all of a read is sent, so that nothing may be sent behind it before it is answered.
    pub fn is_sent(&self) -> bool {
        matches!(self.sending, Sending::Sent(..))
    }

    /// Whether some frames of a read are sent, and not all.
    pub fn is_begun(&self) -> bool {
        matches!(self.sending, Sending::Begun(..))
    }

    /// Whether there is a read whose answer has not reached the client.
    pub fn is_going_on(&self) -> bool {
        matches!(self.sending, Sending::Begun(..) | Sending::Sent(..))
    }

    /// A frame of the client's is sent. `begins`: the session reads copies, so the frame may begin such a read; `read` is the read
    /// that the frame is about, if any.
    pub fn sends(&mut self, tag: u8, body: &[u8], begins: bool, read: Option<&Read>) {
        let is_first = std::mem::take(&mut self.between) && begins;
        let (mut stretch, held) = match std::mem::take(&mut self.sending) {
            Sending::Begun(stretch, held) => (stretch, held),
            Sending::Nowhere if is_first => (Stretch { frames: Vec::new(), read: None }, Vec::new()),
            other => {
                self.sending = other;
                return;
            }
        };
        self.sending = match tag {
            client::SYNC if stretch.read.is_some() => Sending::Sent(stretch, held),
            client::QUERY if stretch.takes(tag, body, read) => Sending::Sent(stretch, held),
            _ if tag != client::QUERY && stretch.takes(tag, body, read) => Sending::Begun(stretch, held),
            _ => {
                self.owed.extend(held);
                Sending::Nowhere
            }
        };
    }

    /// Holds back a frame of the answer.
    pub fn holds(&mut self, frame: &[u8]) {
        if let Sending::Begun(_, held) | Sending::Sent(_, held) = &mut self.sending {
            held.extend_from_slice(frame);
        }
    }

    /// The client gets part of the answer, so the read cannot be sent again. Returns what was held back, which goes first.
    pub fn is_answered(&mut self) -> Vec<u8> {
        self.counted &= !self.is_going_on();
        let mut held = std::mem::take(&mut self.owed);
        match std::mem::take(&mut self.sending) {
            Sending::Begun(_, more) | Sending::Sent(_, more) => held.extend(more),
            other => self.sending = other,
        }
        held
    }

    /// The read has failed, and all of it was sent: returns it.
    pub fn fails(&mut self) -> Option<Stretch> {
        match std::mem::take(&mut self.sending) {
            Sending::Sent(stretch, _) => Some(stretch),
            _ => None,
        }
    }

    /// The read has failed before all of it was sent; `error` is what the client would be told.
    pub fn fails_early(&mut self, error: &[u8], sqlstate: Sqlstate) {
        if let Sending::Begun(stretch, mut held) = std::mem::take(&mut self.sending) {
            held.extend_from_slice(error);
            self.sending = Sending::Failed(stretch, held, sqlstate);
        }
    }

    /// The read of which all frames are sent.
    pub fn sent(&self) -> Option<&Read> {
        match &self.sending {
            Sending::Sent(stretch, _) => stretch.read.as_ref(),
            _ => None,
        }
    }

    /// The read of which some frames are sent.
    pub fn begun(&self) -> Option<&Read> {
        match &self.sending {
            Sending::Begun(stretch, _) => stretch.read.as_ref(),
            _ => None,
        }
    }

    /// What to do with a frame after such a failure; `None` when there was none. `name` is that of the statement which the frame is
    /// about.
    pub fn behind(&mut self, tag: u8, body: &[u8], whole: bool, name: Option<NameId>) -> Option<Behind> {
        let (mut stretch, told, sqlstate) = match std::mem::take(&mut self.sending) {
            Sending::Failed(stretch, told, sqlstate) => (stretch, told, sqlstate),
            other => {
                self.sending = other;
                return None;
            }
        };
        if tag == client::SYNC {
            return Some(Behind::Ends(stretch, sqlstate));
        }
        let read = stretch.read.clone().filter(|read| name.is_none_or(|name| name == read.name.0));
        let is_read = tag != client::PARSE && (whole || tag != client::BIND);
        if is_read && stretch.takes(tag, body, read.as_ref()) {
            self.sending = Sending::Failed(stretch, told, sqlstate);
            return Some(Behind::Kept);
        }
        self.counted = false;
        Some(Behind::Told(told))
    }
}
