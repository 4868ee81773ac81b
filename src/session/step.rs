//! What the client has asked for and the server has not yet answered, in order. The server answers in that order, so the front of
//! the queue is what a reply belongs to.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use super::prepared::{Change, Held};
use super::reading::Reading;
use super::search_path::Doubt;
use crate::rewrite::Outcome;
use crate::shadow::Sample;
use crate::sql::escape::Added;
use crate::traffic::Sqlstate;

/// A statement or portal name, as its hash: names are compared, never shown. 0 is the unnamed one.
pub type NameId = u64;

/// A statement that has something to do with a legacy table, or with the names of statements or relations.
#[derive(Debug)]
pub struct Info {
    /// What became of it.
    pub outcome: Arc<Outcome>,
    /// As the client wrote it, in UTF-8 ([`Reading`]).
    pub text: Box<str>,
    /// How it was read, and has to be sent.
    pub reading: Reading,
    /// What the reading has put into it.
    pub added: Added,
    /// The policy that decided.
    pub generation: u64,
    /// What it does to prepared statements by SQL, each with its statement's number.
    pub changes: Vec<(usize, Change)>,
    /// Statements that it executes by SQL.
    pub executes: Vec<Box<str>>,
    /// It may change what names mean.
    pub changes_names: Doubt,
}

impl Info {
    /// Whether running it matters to statements that come after it.
    pub fn has_consequences(&self) -> bool {
        !self.changes.is_empty() || self.changes_names.any()
    }
}

/// One request.
#[derive(Debug)]
pub enum Step {
    /// The start-up packet: answered by the first ReadyForQuery.
    Login,
    /// A simple query.
    Query {
        /// Known, if it touches a legacy table.
        info: Option<Arc<Info>>,
        /// When it came, if it is timed.
        at: Option<Instant>,
        /// Rows of its command tags so far.
        rows: u64,
        /// Statements of it that are answered.
        done: usize,
        /// The error of one of its statements.
        failed: Sqlstate,
    },
    /// Parse.
    Parse {
        /// The statement's name.
        name: NameId,
        /// Known, if it touches a legacy table.
        held: Option<Arc<Held>>,
    },
    /// Bind.
    Bind {
        /// The portal's name.
        portal: NameId,
        /// The statement's name.
        statement: NameId,
        /// The policy that decided about the statement; 0 when it has nothing to do with a legacy table.
        generation: u64,
        /// To be compared once it has been executed.
        sample: Option<Box<Sample>>,
    },
    /// Describe of a statement or a portal.
    Describe {
        /// The portal or statement.
        name: NameId,
        /// Whether it is a portal.
        portal: bool,
    },
    /// Execute.
    Execute {
        /// The portal's name.
        portal: NameId,
        /// When it came, if it is timed.
        at: Option<Instant>,
    },
    /// Close of a statement or a portal.
    Close {
        /// Which.
        name: NameId,
        /// Whether it is a portal.
        portal: bool,
    },
    /// Sync.
    Sync,
    /// FunctionCall.
    Function,
    /// CopyDone or CopyFail: up to here a COPY FROM STDIN swallows Sync.
    CopyEnd,
    /// Not the client's: the answer is kept from it.
    Own(Own),
}

/// A request of the session's own.
#[derive(Debug)]
pub enum Own {
    /// Answered by this tag, which tells nothing.
    Silent(u8),
    /// Execute of a question: rows, then CommandComplete.
    Ask(Question),
    /// The Close that ends a question.
    Asked,
    /// Parse or Execute of a changed text under another name: whether it is good at all. Answered by this tag.
    Guard(u8, Arc<Held>),
    /// Close of a statement that is prepared anew.
    Forget(NameId),
    /// Parse or Execute of the changed text under the client's name. Answered by this tag.
    Again(u8, NameId, Arc<Held>),
    /// The Close that ends this.
    Prepared,
    /// Sync, where a Query follows.
    Sync,
}

/// What a session asks the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// The search path, as it was set.
    SearchPath,
    /// The role, `none` where none was set.
    Role,
    /// The user of the session.
    User,
    /// Names of temporary relations.
    Temporary,
}

/// Requests that a client may be ahead of its answers. Answers wait in the server until 8 KiB are together or somebody asks for them
/// (source, pqcomm.c, PQ_SEND_BUFFER_SIZE): some 1,600 of the shortest.
const MOST_UNANSWERED: usize = 16 * 1024;
/// Room that stays when everything is answered.
const KEPT_STEPS: usize = 256;

/// The queue.
#[derive(Debug, Default)]
pub struct Steps {
    queue: VecDeque<Step>,
    /// After an error the server skips everything up to the next Sync; what the client still sends is not answered.
    discarding: bool,
    /// COPY FROM STDIN is on and its end has not been sent: the server swallows Sync.
    copy_open: bool,
}

impl Steps {
    /// A queue that waits for the answer to the start-up packet.
    pub fn at_login() -> Self {
        Steps { queue: VecDeque::from([Step::Login]), ..Steps::default() }
    }

    /// Appends a request that the client has sent.
    pub fn push(&mut self, step: Step) {
        if self.discarding {
            match step {
                Step::Sync => self.discarding = false,
                _ => return,
            }
        }
        if self.copy_open {
            match step {
                Step::Sync => return,
                Step::CopyEnd => {
                    self.copy_open = false;
                    return;
                }
                _ => {}
            }
        }
        // The end of a COPY that nobody waits for any more is ignored by the server.
        if !(self.queue.is_empty() && matches!(step, Step::CopyEnd)) {
            self.queue.push_back(step);
        }
    }

    /// The request that the next reply belongs to.
    pub fn front(&mut self) -> Option<&mut Step> {
        self.drop_copy_ends();
        self.queue.front_mut()
    }

    /// The front, answered, if it is what the reply answers.
    pub fn pop_if(&mut self, is: impl FnOnce(&Step) -> bool) -> Option<Step> {
        let fits = self.front().is_some_and(|step| is(step));
        fits.then(|| self.queue.pop_front()).flatten()
    }

    /// The end of a COPY that failed before it was read is left over, and never answered.
    fn drop_copy_ends(&mut self) {
        while matches!(self.queue.front(), Some(Step::CopyEnd)) {
            self.queue.pop_front();
        }
    }

    /// Whether so much is unanswered that the client must wait. The server keeps back no more than a buffer of answers
    /// (`MOST_UNANSWERED`), so some will come.
    pub fn is_full(&self) -> bool {
        self.queue.len() >= MOST_UNANSWERED
    }

    /// Whether everything is answered.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Whether ReadyForQuery is still to come: what the client has sent before is not all answered.
    pub fn awaits_ready(&self) -> bool {
        self.queue.iter().any(is_end)
    }

    /// Whether a statement is to run before what is sent now.
    pub fn executes(&self) -> bool {
        self.queue.iter().any(|step| matches!(step, Step::Execute { .. } | Step::Query { .. }))
    }

    /// Whether the server reads nothing of what is sent now: it skips to the next Sync, or reads COPY data.
    pub fn is_deaf(&self) -> bool {
        self.discarding || self.copy_open
    }

    /// The oldest policy that decided about something unanswered; 0 when there is none.
    pub fn oldest_generation(&self) -> u64 {
        let generation = |step: &Step| match step {
            Step::Query { info: Some(info), .. } => info.generation,
            Step::Parse { held: Some(held), .. } => held.info.generation,
            Step::Bind { generation, .. } => *generation,
            _ => 0,
        };
        // What names no legacy table was decided by no policy.
        self.queue.iter().map(generation).filter(|g| *g > 0).min().unwrap_or(0)
    }

    /// An error in the extended protocol: the server skips to the next Sync.
    pub fn skip_to_sync(&mut self) {
        while self.queue.front().is_some_and(|s| !matches!(s, Step::Sync | Step::Own(Own::Sync))) {
            self.queue.pop_front();
        }
        self.discarding = self.queue.is_empty();
        self.copy_open = false;
    }

    /// The server has begun to read COPY data: it swallows every Sync before the data's end (manual, section 55.2.6).
    pub fn copy_begins(&mut self) {
        let mut ended = false;
        let mut first = true;
        self.queue.retain(|step| {
            let keep = first || ended || !matches!(step, Step::Sync | Step::CopyEnd);
            first = false;
            ended |= matches!(step, Step::CopyEnd);
            keep
        });
        self.copy_open = !ended;
    }

    /// ReadyForQuery: answers the first request that one can answer. What stands before it the server has passed over (a Sync in a
    /// COPY that failed at a moment that nobody outside can tell); without this the queue would never fit again.
    pub fn ready(&mut self) -> Option<Step> {
        self.discarding = false;
        self.copy_open = false;
        let at = self.queue.iter().position(is_end)?;
        let step = self.queue.drain(..=at).next_back();
        self.drop_copy_ends();
        if self.queue.is_empty() && self.queue.capacity() > KEPT_STEPS {
            self.queue.shrink_to(0);
        }
        step
    }
}

/// Whether ReadyForQuery answers it.
fn is_end(step: &Step) -> bool {
    matches!(step, Step::Login | Step::Query { .. } | Step::Sync | Step::Function | Step::Own(Own::Sync))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(steps: &Steps) -> String {
        let letter = |s: &Step| match s {
            Step::Login => 'L',
            Step::Query { .. } => 'Q',
            Step::Parse { .. } => 'P',
            Step::Bind { .. } => 'B',
            Step::Describe { .. } => 'D',
            Step::Execute { .. } => 'E',
            Step::Close { .. } => 'C',
            Step::Sync => 'S',
            Step::Function => 'F',
            Step::CopyEnd => 'c',
            Step::Own(_) => 'o',
        };
        steps.queue.iter().map(letter).collect()
    }

    fn info(generation: u64) -> Step {
        let info = Info {
            outcome: Arc::default(),
            text: "SET search_path = x".into(),
            reading: Reading::default(),
            added: Added::default(),
            generation,
            changes: Vec::new(),
            executes: Vec::new(),
            changes_names: Doubt::default(),
        };
        Step::Query { info: Some(Arc::new(info)), at: None, rows: 0, done: 0, failed: Sqlstate::NONE }
    }

    fn execute() -> Step {
        Step::Execute { portal: 0, at: None }
    }

    #[test]
    fn what_no_policy_decided_hides_nothing_that_one_did() {
        let bind = |generation| Step::Bind { portal: 0, statement: 0, generation, sample: None };
        let mut steps = Steps::default();
        for step in [bind(0), bind(7), bind(5), info(0)] {
            steps.push(step);
        }
        assert_eq!(steps.oldest_generation(), 5);
    }

    #[test]
    fn after_an_error_everything_up_to_sync_is_skipped() {
        let mut steps = Steps::default();
        steps.push(Step::Parse { name: 0, held: None });
        steps.push(Step::Query { info: None, at: None, rows: 0, done: 0, failed: Sqlstate::NONE });
        steps.skip_to_sync();
        steps.push(execute());
        steps.push(Step::Sync);
        steps.push(execute());
        assert_eq!(kinds(&steps), "SE");
    }

    #[test]
    fn a_copy_in_swallows_syncs_before_its_end() {
        let mut steps = Steps::default();
        for step in [execute(), Step::Sync] {
            steps.push(step);
        }
        steps.copy_begins();
        steps.push(Step::Sync);
        steps.push(Step::CopyEnd);
        steps.push(Step::Sync);
        assert_eq!(kinds(&steps), "ES");
        let mut steps = Steps::default();
        for step in [execute(), Step::Sync, Step::CopyEnd, Step::Sync] {
            steps.push(step);
        }
        steps.copy_begins();
        assert_eq!(kinds(&steps), "ES");
    }
}
