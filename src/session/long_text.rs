//! A long text is rewritten outside the event loop, so that the other sessions of its worker do not wait for it; and so is one whose brackets are
//! nested deeply, for the time to read it grows with its depth too.
//!
//! While a text is read, this takes some two hundred times its size in memory. All sessions together may therefore have texts
//! of at most `IN_HAND_BYTES` in hand; the others wait for their turn.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinHandle;

use super::house::Held;
use crate::rewrite::cache::fresh;
use crate::rewrite::{NameContext, Outcome, Policy};
use crate::sql::Lexed;
use crate::sql::effect::Effect;

/// Longer texts are rewritten outside the event loop: a shorter one takes a few milliseconds.
pub const LONG_BYTES: usize = 64 * 1024;
/// How many bytes of text all sessions of the process may have in hand together; a longer text is in hand alone.
const IN_HAND_BYTES: usize = 2 * 1024 * 1024;
/// The unit in which these bytes are counted.
const UNIT_BYTES: usize = 1024;

/// A text whose brackets are nested deeper is rewritten outside the event loop too.
const DEEP_LEVELS: usize = 100;
/// At most so many deep texts are in hand together.
const DEEP_AT_ONCE: usize = 2;

/// Whether a text is rewritten outside the event loop.
fn is_long(text: &str) -> bool {
    text.len() > LONG_BYTES || is_deep(text)
}

/// Parentheses in strings and comments count too: what matters is that no deep text is overlooked.
fn is_deep(text: &str) -> bool {
    // Every level has an end.
    if text.len() <= 2 * DEEP_LEVELS {
        return false;
    }
    let (mut depth, mut deepest) = (0_usize, 0);
    for at in memchr::memchr2_iter(b'(', b')', text.as_bytes()) {
        depth = if text.as_bytes()[at] == b'(' { depth + 1 } else { depth.saturating_sub(1) };
        deepest = deepest.max(depth);
    }
    deepest > DEEP_LEVELS || memchr::memchr_iter(b'[', text.as_bytes()).count() > DEEP_LEVELS
}

/// The bytes that are still free for texts in hand.
#[derive(Debug)]
pub struct Turns(Arc<Semaphore>);

impl Default for Turns {
    fn default() -> Self {
        Turns(Arc::new(Semaphore::new(IN_HAND_BYTES / UNIT_BYTES)))
    }
}

/// The outcomes of a text and of the statements that it prepares, each with its text.
type Outcomes = Vec<(Arc<str>, Arc<Outcome>)>;

/// A text that is being rewritten, or has been.
#[derive(Debug)]
struct Work {
    text: Arc<str>,
    names: Arc<NameContext>,
    generation: u64,
    done: Arc<OnceLock<Outcomes>>,
    /// The client has cancelled it: this outcome serves once.
    is_cancelled: bool,
    task: JoinHandle<()>,
}

impl Work {
    fn is_about(&self, policy: &Policy, names: &NameContext, text: &str) -> bool {
        self.generation == policy.generation && *self.names == *names && *self.text == *text
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        // Its session no longer waits for it. If it has begun on its thread, it runs to its end there.
        self.task.abort();
    }
}

/// The last long text of a session.
#[derive(Debug, Default)]
pub struct LongText {
    work: Mutex<Option<Work>>,
    /// There is one; most sessions never have any. Only the session itself changes it.
    is_there: AtomicBool,
}

impl LongText {
    fn work(&self) -> MutexGuard<'_, Option<Work>> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the outcome of a text is there or is found quickly. If not, rewriting begins, and `told` is woken at its end.
    pub fn works_out(
        &self,
        turns: &Turns,
        policy: &Arc<Policy>,
        names: &Arc<NameContext>,
        text: &str,
        told: &Arc<Notify>,
    ) -> Held {
        if !is_long(text) {
            if self.is_there.swap(false, Ordering::Relaxed) {
                *self.work() = None;
            }
            return Held::GoesOn;
        }
        self.is_there.store(true, Ordering::Relaxed);
        let mut work = self.work();
        match &*work {
            Some(work) if work.is_about(policy, names, text) => {
                if work.done.get().is_some() {
                    Held::GoesOn
                } else {
                    Held::Waits
                }
            }
            _ => {
                *work = Some(begin(turns, policy, names, text, told));
                Held::Waits
            }
        }
    }

    /// The client has cancelled the text that is being rewritten: it becomes a statement that fails. False when none is.
    pub fn cancel(&self) -> bool {
        let mut work = self.work();
        let Some(work) = work.as_mut().filter(|work| work.done.get().is_none()) else { return false };
        // What the task finds, should it have begun, is nobody's.
        work.done = Arc::new(OnceLock::from(vec![(work.text.clone(), Arc::new(Outcome::cancelled()))]));
        work.is_cancelled = true;
        true
    }

    /// The outcome of the last long text, or of a statement that it prepares.
    pub fn outcome(&self, policy: &Policy, names: &NameContext, text: &str) -> Option<Arc<Outcome>> {
        if !self.is_there.load(Ordering::Relaxed) {
            return None;
        }
        let mut last = self.work();
        let work = last.as_ref().filter(|work| work.generation == policy.generation && *work.names == *names)?;
        let (_, outcome) = work.done.get()?.iter().find(|(of, _)| **of == *text)?;
        let outcome = outcome.clone();
        if work.is_cancelled {
            *last = None;
        }
        Some(outcome)
    }
}

fn begin(turns: &Turns, policy: &Arc<Policy>, names: &Arc<NameContext>, text: &str, told: &Arc<Notify>) -> Work {
    let (text, done): (Arc<str>, Arc<OnceLock<Outcomes>>) = (text.into(), Arc::default());
    let all = IN_HAND_BYTES / UNIT_BYTES;
    let units = text.len().div_ceil(UNIT_BYTES).max(if is_deep(&text) { all / DEEP_AT_ONCE } else { 1 }).min(all);
    let (turns, told, generation) = (turns.0.clone(), told.clone(), policy.generation);
    let (policy, of, by, found) = (policy.clone(), text.clone(), names.clone(), done.clone());
    let task = tokio::spawn(async move {
        let turn = turns.acquire_many(u32::try_from(units).unwrap_or(u32::MAX)).await;
        let worked = tokio::task::spawn_blocking(move || outcomes(&policy, &by, &of)).await;
        // If this failed, the text is rewritten where its outcome is asked for.
        let _ = found.set(worked.unwrap_or_default());
        drop(turn);
        told.notify_one();
    });
    Work { text, names: names.clone(), generation, done, is_cancelled: false, task }
}

fn outcomes(policy: &Policy, names: &NameContext, text: &Arc<str>) -> Outcomes {
    let whole = fresh(policy, names, text);
    let prepares = whole.effects.iter().filter(|(_, effect)| matches!(effect, Effect::Prepare { .. }));
    let numbers: Vec<usize> = prepares.map(|(number, _)| *number).collect();
    let mut outcomes = vec![(text.clone(), whole)];
    if !numbers.is_empty()
        && let Ok(lexed) = Lexed::new(text)
    {
        let texts = lexed.texts();
        for prepared in numbers.into_iter().filter_map(|number| texts.get(number)) {
            outcomes.push(((*prepared).into(), fresh(policy, names, prepared)));
        }
    }
    outcomes
}
