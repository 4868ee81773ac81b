//! A session of a replay on both sides, and what is on its way in it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use super::compare::{self, Comparison};
use super::script::{Conversation, Stretch, What};
use super::side::{self, Job, Said, SideAddress, Told};
use crate::twin::answer::Answer;

/// What was cancelled has ended by then, or never does.
const CANCELLED: Duration = Duration::from_secs(5);
/// A cancel request that came too early is sent again.
const CANCEL_AGAIN: Duration = Duration::from_millis(100);
/// The names of the sides.
const SIDES: [&str; 2] = ["left", "right"];

/// What became of one act.
#[derive(Debug)]
pub struct ActResult {
    /// Its session.
    pub session: usize,
    /// Its act.
    pub act: usize,
    /// How it compares.
    pub verdict: Comparison,
    /// How long it took on each side.
    pub took: [Duration; 2],
}

/// A session on both sides.
pub(super) struct Session {
    number: usize,
    jobs: [mpsc::UnboundedSender<Job>; 2],
    tasks: [AbortHandle; 2],
    keys: [Vec<u8>; 2],
    /// In order; the sides work on the first.
    running: VecDeque<Running>,
    is_over: bool,
}

/// An act that has begun and is not over.
pub(super) struct Running {
    act: usize,
    /// When it was answered, when it was recorded.
    pub(super) ends: u64,
    /// Since when both sides can work on it.
    pub(super) begun: Instant,
    said: [Option<Done>; 2],
    took: [Duration; 2],
    /// The answers of the first run, while there is a second.
    first: Option<([Answer; 2], Comparison)>,
    cancelled: Option<Cancelled>,
}

/// What one side has said.
enum Done {
    Answer(Answer),
    /// It has logged in, or left.
    Nothing,
    Gone(String),
}

struct Cancelled {
    since: Instant,
    sent: Instant,
    /// It took too long, on these sides. None where the recording has it.
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

    /// An act begins: behind those that are on their way.
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
        // One that has ended says so by itself.
        self.jobs.iter().for_each(|jobs| drop(job().map(|job| jobs.send(job))));
    }

    /// The acts that are on their way.
    pub(super) fn running(&self) -> impl Iterator<Item = &Running> {
        self.running.iter()
    }

    /// Whether nothing can be sent any more: it has left, or one side has lost it.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    /// Its server process on one side.
    pub(super) fn process(&self, side: usize) -> Option<i32> {
        self.keys[side].first_chunk().map(|process| i32::from_be_bytes(*process))
    }

    /// Whether one side works on something.
    pub(super) fn works(&self, side: usize) -> bool {
        self.running.front().is_some_and(|running| running.said[side].is_none())
    }

    /// One side has said something about the first act on its way there.
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

    /// What became of the first act, once both sides have said so. A read that differs is run again first.
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

    /// Cancels what runs, because the recording has it.
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
                // One that does not get there is sent again.
                let _ = place.cancel(key).await;
            }
        }
    }

    /// Cancels what takes too long, and gives up what goes on all the same.
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
    /// How the answers compare; an error is what is to be sent once more before that is known.
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
