//! A session of a replay on both sides, with its acts that are not over.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use super::compare::{self, Comparison};
use super::script::{Conversation, Stretch, What};
use super::side::{self, Job, Said, SideAddress, Told};
use crate::twin::answer::Answer;

/// A cancelled statement that has not ended after this time is given up.
const CANCELLED: Duration = Duration::from_secs(5);
/// A cancel request may come too early, so it is repeated after this time.
const CANCEL_AGAIN: Duration = Duration::from_millis(100);
/// The names of the sides.
const SIDES: [&str; 2] = ["left", "right"];

/// The outcome of one act.
#[derive(Debug)]
pub struct ActResult {
    /// The number of its session.
    pub session: usize,
    /// The number of the act.
    pub act: usize,
    /// The result of the comparison.
    pub verdict: Comparison,
    /// Its duration on each side.
    pub took: [Duration; 2],
}

/// A session on both sides.
pub(super) struct Session {
    number: usize,
    jobs: [mpsc::UnboundedSender<Job>; 2],
    tasks: [AbortHandle; 2],
    keys: [Vec<u8>; 2],
    /// Acts that are not over, in order; the sides work on the first.
    running: VecDeque<Running>,
    is_over: bool,
}

/// An act that has begun and is not over.
pub(super) struct Running {
    act: usize,
    /// When it was answered in the recording.
    pub(super) ends: u64,
    /// Since when both sides can work on it.
    pub(super) begun: Instant,
    said: [Option<Done>; 2],
    took: [Duration; 2],
    /// The answers and result of the first run, during a second one.
    first: Option<([Answer; 2], Comparison)>,
    cancelled: Option<Cancelled>,
}

/// What one side has reported.
enum Done {
    Answer(Answer),
    /// It has logged in, or left.
    Nothing,
    Gone(String),
}

struct Cancelled {
    since: Instant,
    sent: Instant,
    /// The sides on which it took too long; `None` for a cancel request of the recording.
    late: Option<[bool; 2]>,
}

impl Session {
    /// Logs in on both sides.
    pub(super) fn begin(
        places: &[Arc<SideAddress>; 2],
        conversation: &Conversation,
        number: usize,
        tell: &mpsc::UnboundedSender<Told>,
    ) -> Session {
        let one = |side: usize| side::begin(places[side].clone(), conversation.parameters.clone(), (number, side), tell.clone());
        let ((left, left_task), (right, right_task)) = (one(0), one(1));
        let (jobs, tasks) = ([left, right], [left_task, right_task]);
        Session { number, jobs, tasks, keys: [Vec::new(), Vec::new()], running: VecDeque::new(), is_over: false }
    }

    /// Begins an act, after those that are not over.
    pub(super) fn push(&mut self, act: usize, conversation: &Conversation) {
        let recorded = &conversation.acts[act];
        let job = || match &recorded.what {
            What::Stretch(stretch) => Some(Job::Ask(stretch.chunks.clone())),
            What::Leave => Some(Job::Leave),
            What::Login | What::Cancel => None,
        };
        self.running.push_back(Running {
            act,
            ends: recorded.ends,
            begun: Instant::now(),
            said: [None, None],
            took: [Duration::ZERO; 2],
            first: None,
            cancelled: None,
        });
        // A send fails only if that side has ended, which it reports itself.
        self.jobs.iter().for_each(|jobs| drop(job().map(|job| jobs.send(job))));
    }

    /// The acts that are not over.
    pub(super) fn running(&self) -> impl Iterator<Item = &Running> {
        self.running.iter()
    }

    /// Whether nothing can be sent any more: the session has left, or was lost on one side.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    /// Its server process on one side.
    pub(super) fn process(&self, side: usize) -> Option<i32> {
        self.keys[side].first_chunk().map(|process| i32::from_be_bytes(*process))
    }

    /// Whether one side is still working on the first act.
    pub(super) fn works(&self, side: usize) -> bool {
        self.running.front().is_some_and(|running| running.said[side].is_none())
    }

    /// Takes a report of one side about the first act that it has not finished.
    pub(super) fn take(&mut self, side: usize, what: Said) {
        let done = match what {
            Said::LoggedIn(key) => {
                self.keys[side] = key;
                Done::Nothing
            }
            Said::Left => Done::Nothing,
            Said::Answered(answer, took) => {
                let own = self.running.iter_mut().find(|running| running.said[side].is_none() && running.first.is_none());
                if let Some(running) = own {
                    running.took[side] = took;
                }
                Done::Answer(answer)
            }
            Said::Gone(why) => {
                let open = self.running.iter_mut().filter(|running| running.said[side].is_none());
                open.for_each(|running| running.said[side] = Some(Done::Gone(why.clone())));
                self.is_over = true;
                return;
            }
        };
        if let Some(running) = self.running.iter_mut().find(|running| running.said[side].is_none()) {
            running.said[side] = Some(done);
        }
    }

    /// The outcome of the first act, once both sides have reported. A read that differs is first run again.
    pub(super) fn settle(&mut self, conversation: &Conversation, patience: Duration) -> Option<Option<ActResult>> {
        let is_alone = self.running.len() == 1;
        let front = self.running.front_mut()?;
        if front.said.iter().any(Option::is_none) {
            return None;
        }
        let [left, right] = std::mem::take(&mut front.said).map(|said| said.unwrap_or(Done::Nothing));
        let verdict = match (&conversation.acts[front.act].what, left, right) {
            (What::Stretch(stretch), Done::Answer(left), Done::Answer(right)) => {
                match front.verdict(stretch, [left, right], is_alone, patience) {
                    Ok(verdict) => Some(verdict),
                    Err(again) => {
                        self.jobs.iter().for_each(|jobs| drop(jobs.send(Job::Again(again.clone()))));
                        return None;
                    }
                }
            }
            (_, Done::Gone(left), Done::Gone(right)) if left == right => {
                Some(Comparison::NotComparable(format!("on both sides: {left}")))
            }
            (_, Done::Gone(left), Done::Gone(right)) => Some(Comparison::Different(format!("left: {left}; right: {right}"))),
            (_, Done::Gone(why), _) => Some(Comparison::Different(format!("on the left side alone: {why}"))),
            (_, _, Done::Gone(why)) => Some(Comparison::Different(format!("on the right side alone: {why}"))),
            _ => None,
        };
        let over = self.running.pop_front()?;
        self.is_over |= matches!(conversation.acts[over.act].what, What::Leave);
        if let Some(next) = self.running.front_mut() {
            next.begun = Instant::now();
        }
        Some(verdict.map(|verdict| ActResult { session: self.number, act: over.act, verdict, took: over.took }))
    }

    /// Cancels the running act, because the recording has a cancel request here.
    pub(super) async fn cancel(&mut self, places: &[Arc<SideAddress>; 2]) {
        self.send_cancel(places, None).await;
    }

    async fn send_cancel(&mut self, places: &[Arc<SideAddress>; 2], late: Option<[bool; 2]>) {
        let Some(front) = self.running.front_mut() else { return };
        let now = Instant::now();
        let since = front.cancelled.as_ref().map_or(now, |cancelled| cancelled.since);
        let late = late.or(front.cancelled.as_ref().and_then(|cancelled| cancelled.late));
        front.cancelled = Some(Cancelled { since, sent: now, late });
        for ((place, key), said) in places.iter().zip(&self.keys).zip(&front.said) {
            if said.is_none() && !key.is_empty() {
                // A request that does not arrive is repeated.
                let _ = place.cancel(key).await;
            }
        }
    }

    /// Cancels an act that takes too long, and gives the session up if that does not end it.
    pub(super) async fn hurry(&mut self, places: &[Arc<SideAddress>; 2], patience: Duration) {
        let Some(front) = self.running.front() else { return };
        let late = front.begun.elapsed() > patience;
        match &front.cancelled {
            None if late => {
                let sides = [0, 1].map(|side| front.said[side].is_none());
                self.send_cancel(places, Some(sides)).await;
            }
            Some(cancelled) if late && cancelled.since.elapsed() > CANCELLED => {
                for side in 0..2 {
                    self.tasks[side].abort();
                    if self.running.front().is_some_and(|front| front.said[side].is_none()) {
                        self.take(
                            side,
                            Said::Gone(format!("no answer within {} s, nor to a cancel request", patience.as_secs())),
                        );
                    }
                }
                self.is_over = true;
            }
            Some(cancelled) if cancelled.sent.elapsed() > CANCEL_AGAIN => self.send_cancel(places, None).await,
            _ => {}
        }
    }
}

impl Running {
    /// Compares the answers; an `Err` is what has to be run again first.
    fn verdict(
        &mut self,
        stretch: &Stretch,
        answers: [Answer; 2],
        is_alone: bool,
        patience: Duration,
    ) -> Result<Comparison, Vec<u8>> {
        let [left, right] = &answers;
        if let Some(late) = self.cancelled.as_ref().and_then(|cancelled| cancelled.late) {
            let long = format!("took longer than {} s, and was cancelled", patience.as_secs());
            return Ok(match late {
                [true, true] => Comparison::NotComparable(format!("it {long}")),
                [is_left, _] => Comparison::Different(format!("on the {} side alone it {long}", SIDES[usize::from(!is_left)])),
            });
        }
        if let Some(([one, other], verdict)) = self.first.take() {
            return Ok(compare::compare_again(verdict, stretch, [&one, &other], [left, right]));
        }
        let verdict = compare::compare(stretch, left, right);
        if matches!(verdict, Comparison::Different(_)) && is_alone && compare::is_repeatable(stretch, [left, right]) {
            self.first = Some((answers, verdict));
            return Err(stretch.again());
        }
        Ok(verdict)
    }
}
