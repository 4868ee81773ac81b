//! The client's requests that the server has not answered yet, in order. The server answers in that order, so a reply belongs to
//! the front of the queue.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use super::own_requests::OwnRequest;
use super::statement::{NameId, Prepared, Statement};
use crate::shadow::Sample;
use crate::traffic::Sqlstate;
use crate::wire::tag::status;

/// One request.
#[derive(Debug)]
pub enum Request {
    /// The start-up packet: answered by the first ReadyForQuery.
    Login,
    /// A simple query.
    Query(Query),
    /// Parse.
    Parse {
        /// The statement's name.
        name: NameId,
        /// The statement, if it names a legacy table.
        held: Option<Arc<Prepared>>,
    },
    /// Bind.
    Bind {
        /// The portal's name.
        portal: NameId,
        /// The statement's name.
        statement: NameId,
        /// The policy that decided about the statement; 0 when that has nothing to do with a legacy table.
        generation: u64,
        /// The read to be compared when the portal has been executed.
        sample: Option<Box<Sample>>,
    },
    /// Describe.
    Describe(About),
    /// Execute.
    Execute {
        /// The portal's name.
        portal: NameId,
        /// When it began, if it is timed.
        at: Option<Instant>,
        /// The number of rows asked for; 0 is all.
        limit: u32,
    },
    /// Close.
    Close(About),
    /// Sync.
    Sync,
    /// FunctionCall.
    Function,
    /// CopyData: never answered.
    CopyData,
    /// CopyDone or CopyFail: the server ignores Sync between the beginning of a COPY FROM STDIN and this.
    CopyEnd,
    /// A request of our own: its answer is kept from the client.
    Own(OwnRequest),
}

impl Request {
    /// Whether it is CopyData, CopyDone or CopyFail.
    fn is_of_copy(&self) -> bool {
        matches!(self, Request::CopyData | Request::CopyEnd)
    }
}

/// A simple query, and how far it is answered.
#[derive(Debug)]
pub struct Query {
    /// The text, if it names a legacy table.
    pub statement: Option<Arc<Statement>>,
    /// When it began, if it is timed.
    pub at: Option<Instant>,
    /// The sum of rows in its command tags so far.
    pub rows: u64,
    /// The rows of each of its statements that is answered, where several name legacy tables.
    pub each: Vec<u64>,
    /// The number of its statements that are answered.
    pub done: usize,
    /// The error of one of its statements.
    pub sqlstate: Sqlstate,
}

impl Query {
    /// A query that has just been sent.
    pub fn new(statement: Option<Arc<Statement>>, at: Option<Instant>) -> Self {
        Query { statement, at, rows: 0, each: Vec::new(), done: 0, sqlstate: Sqlstate::NONE }
    }
}

/// What a Describe or a Close is about.
#[derive(Debug, Clone, Copy)]
pub enum About {
    /// A prepared statement.
    Statement(NameId),
    /// A portal.
    Portal(NameId),
}

/// The transaction of a session, as reported by the last ReadyForQuery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transaction {
    /// None is open.
    None,
    /// One is open.
    Open,
    /// One is open and has failed: the server refuses everything until it ends.
    Failed,
}

impl Transaction {
    /// From the body of a ReadyForQuery.
    pub fn of(body: &[u8]) -> Self {
        match body.first() {
            Some(&status::IDLE) | None => Transaction::None,
            Some(&status::FAILED) => Transaction::Failed,
            Some(_) => Transaction::Open,
        }
    }
}

/// How many requests a client may have unanswered. The server sends answers only when 8 KiB have collected or a request demands
/// them (source, pqcomm.c, PQ_SEND_BUFFER_SIZE): that is some 1,600 of the shortest answers.
const MOST_UNANSWERED: usize = 16 * 1024;
/// The capacity that is kept when everything is answered.
const KEPT_REQUESTS: usize = 256;

/// The queue.
#[derive(Debug, Default)]
pub struct Pipeline {
    queue: VecDeque<Request>,
    /// After an error the server skips everything up to the next Sync, and answers none of it.
    discarding: bool,
    /// Something of the extended protocol was sent since the last Sync: the server is in a transaction, even if all of it is
    /// answered.
    in_stretch: bool,
    /// The server reads COPY FROM STDIN and its end has not been sent: it ignores Sync.
    copy_open: bool,
    /// The number of Syncs sent in that COPY after its last data; `None` where no data was sent. If a row of it was bad, each of
    /// them is answered.
    copy_syncs: Option<usize>,
    /// Flush was sent after the last request: its answer comes without a Sync.
    is_asked_for: bool,
}

impl Pipeline {
    /// The queue of a session that has sent its start-up packet.
    pub fn at_login() -> Self {
        Pipeline { queue: VecDeque::from([Request::Login]), ..Pipeline::default() }
    }

    /// Appends a request that the client has sent.
    pub fn push(&mut self, request: Request) {
        if self.discarding {
            match request {
                Request::Sync => self.discarding = false,
                _ => return,
            }
        }
        if self.copy_open {
            match request {
                Request::Sync => {
                    self.copy_syncs = self.copy_syncs.map(|syncs| syncs + 1);
                    return;
                }
                Request::CopyData => {
                    self.copy_syncs = Some(0);
                    return;
                }
                Request::CopyEnd => {
                    self.copy_open = false;
                    return;
                }
                // During a COPY this message would end the connection: so the COPY has failed before it.
                _ => self.copy_failed(),
            }
        }
        match &request {
            Request::Login | Request::CopyData | Request::CopyEnd => {}
            request => self.in_stretch = !is_end(request),
        }
        self.is_asked_for = false;
        // Data and the end of a COPY that has already failed are ignored by the server.
        let ignored = self.queue.is_empty() && request.is_of_copy();
        let repeated = matches!((&request, self.queue.back()), (Request::CopyData, Some(Request::CopyData)));
        if !ignored && !repeated {
            self.queue.push_back(request);
        }
    }

    /// The COPY that was being read has failed.
    fn copy_failed(&mut self) {
        self.copy_open = false;
        for _ in 0..self.copy_syncs.take().unwrap_or(0) {
            self.queue.push_back(Request::Sync);
        }
    }

    /// The request that the next reply belongs to.
    pub fn front(&mut self) -> Option<&mut Request> {
        self.drop_copy();
        self.queue.front_mut()
    }

    /// Takes the front if it is what the reply answers.
    pub fn pop_if(&mut self, is: impl FnOnce(&Request) -> bool) -> Option<Request> {
        let fits = self.front().is_some_and(|request| is(request));
        fits.then(|| self.queue.pop_front()).flatten()
    }

    /// Drops data and the end of a failed COPY, which are never answered.
    fn drop_copy(&mut self) {
        while self.queue.front().is_some_and(Request::is_of_copy) {
            self.queue.pop_front();
        }
    }

    /// Whether so many requests are unanswered that the client has to wait. The server keeps back less than a buffer of answers
    /// (`MOST_UNANSWERED`), so some answers will come.
    pub fn is_full(&self) -> bool {
        self.queue.len() >= MOST_UNANSWERED
    }

    /// Flush is sent. Returns whether it is the first one after the last request.
    pub fn ask(&mut self) -> bool {
        !std::mem::replace(&mut self.is_asked_for, true)
    }

    /// Whether no request is left that will be answered.
    pub fn is_answered(&mut self) -> bool {
        self.front().is_none()
    }

    /// Whether a request that is sent now belongs to earlier ones: a Sync is still to come, or COPY data is being read.
    pub fn is_in_stretch(&self) -> bool {
        self.in_stretch || self.is_deaf()
    }

    /// Whether everything is answered.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Whether a ReadyForQuery is still to come.
    pub fn awaits_ready(&self) -> bool {
        self.queue.iter().any(is_end)
    }

    /// The number of unanswered requests that end with ReadyForQuery.
    pub fn ends(&self) -> usize {
        self.queue.iter().filter(|request| is_end(request)).count()
    }

    /// Whether an unanswered request runs a statement.
    pub fn executes(&self) -> bool {
        self.queue.iter().any(|request| matches!(request, Request::Execute { .. } | Request::Query(_)))
    }

    /// Whether the server reads nothing of what is sent now: it skips to the next Sync, or reads COPY data.
    pub fn is_deaf(&self) -> bool {
        self.discarding || self.copy_open
    }

    /// The oldest policy that decided about something unanswered; 0 when there is none.
    pub fn oldest_generation(&self) -> u64 {
        let generation = |request: &Request| match request {
            Request::Query(Query { statement: Some(statement), .. }) => statement.generation,
            Request::Parse { held: Some(held), .. } => held.statement.generation,
            Request::Bind { generation, .. } => *generation,
            _ => 0,
        };
        // No policy decided about what names no legacy table.
        self.queue.iter().map(generation).filter(|g| *g > 0).min().unwrap_or(0)
    }

    /// An error in the extended protocol: the server skips to the next Sync.
    pub fn skip_to_sync(&mut self) {
        while self.queue.front().is_some_and(|s| !matches!(s, Request::Sync | Request::Own(OwnRequest::Sync))) {
            self.queue.pop_front();
        }
        if self.copy_open {
            self.copy_failed();
        }
        self.discarding = self.queue.is_empty();
    }

    /// The first request is sent again; before its new answer come the remaining replies to the first attempt, up to a
    /// ReadyForQuery that is kept from the client.
    pub fn begins_again(&mut self) {
        while self.queue.front().is_some_and(|request| !is_end(request)) {
            self.queue.pop_front();
        }
        self.queue.pop_front();
        self.queue.push_front(Request::Own(OwnRequest::Sync));
        self.discarding = false;
    }

    /// The server has begun to read COPY data: it ignores every Sync before the end of the data (manual, section 55.2.6). A request
    /// after data and a Sync means that the client has seen the COPY fail: then that Sync is answered.
    pub fn copy_begins(&mut self) {
        let requests = std::mem::take(&mut self.queue);
        (self.copy_open, self.copy_syncs) = (true, None);
        for (n, request) in requests.into_iter().enumerate() {
            match n {
                0 => self.queue.push_back(request),
                _ if self.copy_open => self.push(request),
                _ => self.queue.push_back(request),
            }
        }
        // A Sync that was ignored has ended no stretch.
        self.in_stretch |= !self.queue.iter().any(is_end);
    }

    /// ReadyForQuery has come: takes the first request that it can answer. Requests before that were passed over by the server (a
    /// Sync in a COPY that failed at a moment which cannot be known from outside); if they were left in the queue, no later reply
    /// would match.
    pub fn ready(&mut self) -> Option<Request> {
        self.discarding = false;
        self.copy_open = false;
        let at = self.queue.iter().position(is_end)?;
        let request = self.queue.drain(..=at).next_back();
        self.drop_copy();
        self.in_stretch &= !self.queue.is_empty();
        if self.queue.is_empty() && self.queue.capacity() > KEPT_REQUESTS {
            self.queue.shrink_to(0);
        }
        request
    }
}

/// Whether ReadyForQuery answers it.
fn is_end(request: &Request) -> bool {
    matches!(request, Request::Login | Request::Query(_) | Request::Sync | Request::Function | Request::Own(OwnRequest::Sync))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::reading::Reading;

    fn kinds(pipeline: &Pipeline) -> String {
        let letter = |r: &Request| match r {
            Request::Login => 'L',
            Request::Query(_) => 'Q',
            Request::Parse { .. } => 'P',
            Request::Bind { .. } => 'B',
            Request::Describe(_) => 'D',
            Request::Execute { .. } => 'E',
            Request::Close(_) => 'C',
            Request::Sync => 'S',
            Request::Function => 'F',
            Request::CopyData => 'd',
            Request::CopyEnd => 'c',
            Request::Own(_) => 'o',
        };
        pipeline.queue.iter().map(letter).collect()
    }

    fn query(generation: u64) -> Request {
        let statement = Statement::new("SET search_path = x", Reading::default(), Arc::default(), generation);
        Request::Query(Query::new(Some(Arc::new(statement)), None))
    }

    fn execute() -> Request {
        Request::Execute { portal: 0, at: None, limit: 0 }
    }

    #[test]
    fn what_no_policy_decided_hides_nothing_that_one_did() {
        let bind = |generation| Request::Bind { portal: 0, statement: 0, generation, sample: None };
        let mut pipeline = Pipeline::default();
        for request in [bind(0), bind(7), bind(5), query(0)] {
            pipeline.push(request);
        }
        assert_eq!(pipeline.oldest_generation(), 5);
    }

    #[test]
    fn after_an_error_everything_up_to_sync_is_skipped() {
        let mut pipeline = Pipeline::default();
        pipeline.push(Request::Parse { name: 0, held: None });
        pipeline.push(Request::Query(Query::new(None, None)));
        pipeline.skip_to_sync();
        pipeline.push(execute());
        pipeline.push(Request::Sync);
        pipeline.push(execute());
        assert_eq!(kinds(&pipeline), "SE");
    }

    #[test]
    fn a_copy_in_swallows_syncs_before_its_end() {
        let mut pipeline = Pipeline::default();
        for request in [execute(), Request::Sync] {
            pipeline.push(request);
        }
        pipeline.copy_begins();
        pipeline.push(Request::Sync);
        pipeline.push(Request::CopyEnd);
        pipeline.push(Request::Sync);
        assert_eq!(kinds(&pipeline), "ES");
        let mut pipeline = Pipeline::default();
        for request in [execute(), Request::Sync, Request::CopyEnd, Request::Sync] {
            pipeline.push(request);
        }
        pipeline.copy_begins();
        assert_eq!(kinds(&pipeline), "ES");
    }

    #[test]
    fn a_sync_behind_bad_data_is_answered() {
        let parse = || Request::Parse { name: 0, held: None };
        // All is sent before the server answers anything.
        let mut pipeline = Pipeline::default();
        for request in [execute(), Request::CopyData, Request::CopyData, Request::Sync, parse(), Request::Sync] {
            pipeline.push(request);
        }
        assert_eq!(kinds(&pipeline), "EdSPS");
        pipeline.copy_begins();
        pipeline.skip_to_sync();
        assert_eq!(kinds(&pipeline), "SPS");
        // Each of several Syncs is answered.
        let mut pipeline = Pipeline::default();
        for request in [execute(), Request::CopyData, Request::Sync, Request::Sync, query(0)] {
            pipeline.push(request);
        }
        pipeline.copy_begins();
        assert_eq!(kinds(&pipeline), "ESSQ");
        // The error comes before the next request is sent, or after it.
        for error_first in [true, false] {
            let mut pipeline = Pipeline::default();
            pipeline.push(execute());
            pipeline.copy_begins();
            pipeline.push(Request::CopyData);
            pipeline.push(Request::Sync);
            if error_first {
                pipeline.skip_to_sync();
            }
            pipeline.push(parse());
            if !error_first {
                pipeline.skip_to_sync();
            }
            assert_eq!(kinds(&pipeline), "SP");
        }
    }
}
