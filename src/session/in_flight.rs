//! What a switch of modes waits for: whether a statement that was decided about by an older policy is still unanswered.
//!
//! Each session has one number, which the barrier of a switch reads (`server/switchboard.rs`): the oldest policy by which something
//! unanswered was decided about, or 0. A policy is *announced* before it is looked at, so that a switch which comes in between does
//! not take the session for one without unanswered statements; the barrier does both in the opposite order. When the frame is
//! *decided* about, either a statement *departs* by that policy, or the announcement is taken back. When all is answered,
//! everything has *landed*.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering, fence};

use super::pipeline::Pipeline;

/// A session's side of the barrier.
#[derive(Debug)]
pub struct InFlight {
    /// [`super::shared::ClientInfo::flight`].
    oldest: Arc<AtomicU64>,
    /// `oldest` stands only for a frame that is being decided about.
    announced: bool,
}

impl InFlight {
    /// Nothing is on its way.
    pub fn new(oldest: Arc<AtomicU64>) -> Self {
        InFlight { oldest, announced: false }
    }

    /// This policy is in force. The one that is read after this call may be younger, but never older.
    pub fn announce(&mut self, generation: u64) {
        self.announced |= self.oldest.compare_exchange(0, generation, Ordering::SeqCst, Ordering::SeqCst).is_ok();
        fence(Ordering::SeqCst);
    }

    /// A statement that was decided about by this policy is sent; 0: no policy decided about it.
    pub fn departs(&mut self, generation: u64) {
        if generation > 0 && std::mem::take(&mut self.announced) {
            self.oldest.store(generation, Ordering::Relaxed);
        } else if generation > 0 {
            let _ = self.oldest.compare_exchange(0, generation, Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    /// The frame is decided about. A policy that was announced and by which nothing departed need not be waited for.
    pub fn decided(&mut self) {
        if std::mem::take(&mut self.announced) {
            self.oldest.store(0, Ordering::Relaxed);
        }
    }

    /// Something was answered: a switch that waits for statements of an older policy than the one in force may continue.
    pub fn landed(&self, pipeline: &Pipeline, in_force: impl FnOnce() -> u64) {
        let oldest = self.oldest.load(Ordering::Relaxed);
        if oldest == 0 {
            return;
        }
        if pipeline.is_empty() {
            self.oldest.store(0, Ordering::Relaxed);
        } else if oldest < in_force() {
            self.oldest.store(pipeline.oldest_generation(), Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::pipeline::Request;

    #[test]
    fn what_was_announced_and_did_not_depart_holds_nobody_up() {
        let seen = Arc::new(AtomicU64::new(0));
        let mut flight = InFlight::new(seen.clone());
        let oldest = || seen.load(Ordering::Relaxed);
        flight.announce(3);
        assert_eq!(oldest(), 3);
        flight.decided();
        assert_eq!(oldest(), 0);

        // The policy that is read may be younger than the announced one.
        flight.announce(3);
        flight.departs(4);
        flight.decided();
        assert_eq!(oldest(), 4);
        // A later announcement hides nothing that is older.
        flight.announce(5);
        flight.departs(5);
        flight.decided();
        assert_eq!(oldest(), 4);
    }

    #[test]
    fn what_is_answered_has_landed() {
        let seen = Arc::new(AtomicU64::new(0));
        let mut flight = InFlight::new(seen.clone());
        let mut pipeline = Pipeline::default();
        let bind = |generation| Request::Bind { portal: 0, statement: 0, generation, sample: None };
        flight.departs(4);
        pipeline.push(bind(5));
        // While the policy is in force nobody waits, and the queue is not searched.
        flight.landed(&pipeline, || 4);
        assert_eq!(seen.load(Ordering::Relaxed), 4);
        flight.landed(&pipeline, || 5);
        assert_eq!(seen.load(Ordering::Relaxed), 5);
        flight.landed(&Pipeline::default(), || 5);
        assert_eq!(seen.load(Ordering::Relaxed), 0);
    }
}
