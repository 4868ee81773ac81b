//! What a switch of modes waits for: whether a statement that an older policy decided about is still on its way.
//!
//! One number a session, which the barrier of a switch reads (`server/switchboard.rs`): the oldest policy that decided about something
//! unanswered, 0 when there is none. A policy is *announced* before it is looked at: a switch that comes in between must not take the
//! session for one with nothing on its way. The barrier looks in the opposite order. When the frame is *decided* about, either a statement
//! has *departed* by that policy, or the announcement is taken back. When all is answered, everything has *landed*.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering, fence};

use super::pipeline::Pipeline;

/// A session's side of the barrier.
#[derive(Debug)]
pub struct InFlight {
    /// [`super::shared::ClientInfo::flight`].
    oldest: Arc<AtomicU64>,
    /// `oldest` stands for a frame that is being decided about, and for nothing else.
    announced: bool,
}

impl InFlight {
    /// Nothing is on its way.
    pub fn new(oldest: Arc<AtomicU64>) -> Self {
        InFlight { oldest, announced: false }
    }

    /// This is the policy in force just now. The one that is looked at after this may be a younger one, and never an older one.
    pub fn announce(&mut self, generation: u64) {
        self.announced |= self.oldest.compare_exchange(0, generation, Ordering::SeqCst, Ordering::SeqCst).is_ok();
        fence(Ordering::SeqCst);
    }

    /// A statement that this policy decided about is on its way; 0: one that no policy decided about.
    pub fn departs(&mut self, generation: u64) {
        if generation > 0 && std::mem::take(&mut self.announced) {
            self.oldest.store(generation, Ordering::Relaxed);
        } else if generation > 0 {
            let _ = self.oldest.compare_exchange(0, generation, Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    /// The frame is decided about. What was announced and did not depart, no switch has to wait for.
    pub fn decided(&mut self) {
        if std::mem::take(&mut self.announced) {
            self.oldest.store(0, Ordering::Relaxed);
        }
    }

    /// Something was answered: who waits for statements of an older policy than the one in force may go on.
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

        // The policy that was looked at may be younger than the announced one.
        flight.announce(3);
        flight.departs(4);
        flight.decided();
        assert_eq!(oldest(), 4);
        // What follows hides nothing that is older.
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
        // While the policy is in force nobody waits, and nothing is looked for.
        flight.landed(&pipeline, || 4);
        assert_eq!(seen.load(Ordering::Relaxed), 4);
        flight.landed(&pipeline, || 5);
        assert_eq!(seen.load(Ordering::Relaxed), 5);
        flight.landed(&Pipeline::default(), || 5);
        assert_eq!(seen.load(Ordering::Relaxed), 0);
    }
}
