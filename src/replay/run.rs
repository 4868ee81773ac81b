//! Sends a script to both sides at once, in its own interleaving, and compares answer by answer.
//!
//! An act begins when every act has begun that had begun before it when it was recorded, and every act has ended that had ended. So
//! what waited for another session's lock waits again, and who released it does so again. Of two acts that overlapped then, the
//! first is waited for now, until it has ended or stands before a lock: both sides meet the same order. Nothing is waited for without a bound: an act
//! that takes longer than the patience is cancelled, and told; where that does not help the session is given up.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::script::{Script, What};
use super::session::{Outcome, Running, Session};
use super::side::{Place, Told};
use crate::error::Result;
use crate::twin::client::Client;

/// An act that runs beside others is waited for so long, where it stands before no lock.
const OVERLAP: Duration = Duration::from_secs(1);
/// How often is looked who stands before a lock.
const LOOKED: Duration = Duration::from_millis(10);

/// How a script is sent.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Acts wait for their time, so many times as fast as they were recorded; `None` is as fast as their order lets them.
    pub speed: Option<f64>,
    /// An act may take so long.
    pub patience: Duration,
}

/// Sends a script.
pub struct Driver<'s> {
    script: &'s Script,
    places: [Arc<Place>; 2],
    pace: Pace,
    sessions: BTreeMap<usize, Session>,
    /// Sessions that are no more: what follows of them is not sent.
    gone: BTreeSet<usize>,
    told: mpsc::UnboundedReceiver<Told>,
    tell: mpsc::UnboundedSender<Told>,
    /// On each side a connection that looks who stands before a lock.
    watchers: [Option<Client>; 2],
    /// Sessions that stand before one, since something has ended for the last time.
    blocked: BTreeSet<usize>,
    looked: Instant,
    /// What became of the acts.
    pub outcomes: Vec<Outcome>,
    /// Stretches that were not sent because their session was no more.
    pub unsent: usize,
}

impl std::fmt::Debug for Driver<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Driver").field("outcomes", &self.outcomes.len()).finish_non_exhaustive()
    }
}

impl<'s> Driver<'s> {
    /// One that has sent nothing yet.
    pub async fn new(script: &'s Script, places: [Arc<Place>; 2], pace: Pace) -> Result<Driver<'s>> {
        let parameters = script.conversations.first().map_or(&[][..], |c| c.parameters.as_slice());
        let watchers = [Some(places[0].connect(parameters).await?), Some(places[1].connect(parameters).await?)];
        let (tell, told) = mpsc::unbounded_channel();
        Ok(Driver {
            script,
            places,
            pace,
            sessions: BTreeMap::new(),
            gone: BTreeSet::new(),
            told,
            tell,
            watchers,
            blocked: BTreeSet::new(),
            looked: Instant::now(),
            outcomes: Vec::new(),
            unsent: 0,
        })
    }

    /// Sends everything; `progress` hears how many acts have begun.
    pub async fn run(&mut self, progress: impl Fn(usize)) {
        let begun = Instant::now();
        let first = self.script.order.first().map_or(0, |&(session, act)| self.begins(session, act));
        for (number, &(session, act)) in self.script.order.iter().enumerate() {
            progress(number);
            if let Some(speed) = self.pace.speed {
                let due = Duration::from_micros(self.begins(session, act) - first).div_f64(speed);
                while begun.elapsed() < due {
                    self.hear((due - begun.elapsed().min(due)).min(LOOKED)).await;
                }
            }
            self.wait_for_those_before(session, act).await;
            self.begin(session, act).await;
        }
        while self.sessions.values().any(|session| session.running().next().is_some()) {
            self.hear(LOOKED).await;
        }
        // Who was not told to leave goes with its connection.
        self.sessions.clear();
    }

    fn begins(&self, session: usize, act: usize) -> u64 {
        self.script.conversations[session].acts[act].begins
    }

    /// Waits until an act may begin.
    async fn wait_for_those_before(&mut self, session: usize, act: usize) {
        while self.is_held(session, self.begins(session, act)) {
            self.hear(LOOKED).await;
            self.look().await;
        }
    }

    /// Whether an act of a session, which had begun at this time, has to wait.
    fn is_held(&self, session: usize, begins: u64) -> bool {
        let holds = |of: usize, place: usize, running: &Running| {
            let is_free = self.pace.speed.is_some() || self.blocked.contains(&of) || running.begun.elapsed() > OVERLAP;
            running.ends <= begins || of != session && place == 0 && !is_free
        };
        self.sessions.iter().any(|(of, s)| s.running().enumerate().any(|(place, running)| holds(*of, place, running)))
    }

    /// Hears what the sides say, for so long at most, and hurries who is late.
    async fn hear(&mut self, most: Duration) {
        if let Ok(Some(Told { session, side, what })) = tokio::time::timeout(most, self.told.recv()).await
            && let Some(of) = self.sessions.get_mut(&session)
        {
            of.take(side, what);
            self.settle(session);
        }
        let numbers: Vec<usize> = self.sessions.keys().copied().collect();
        for number in numbers {
            if let Some(session) = self.sessions.get_mut(&number) {
                session.hurry(&self.places, self.pace.patience).await;
            }
            self.settle(number);
        }
    }

    fn settle(&mut self, number: usize) {
        let conversation = &self.script.conversations[number];
        let Some(session) = self.sessions.get_mut(&number) else { return };
        while let Some(outcome) = session.settle(conversation, self.pace.patience) {
            // Somebody may have got a lock by it.
            self.blocked.clear();
            self.outcomes.extend(outcome);
        }
        if session.is_gone() && session.running().next().is_none() {
            self.gone.insert(number);
            self.sessions.remove(&number);
        }
    }

    async fn begin(&mut self, number: usize, act: usize) {
        let conversation = &self.script.conversations[number];
        let what = &conversation.acts[act].what;
        if self.gone.contains(&number) {
            self.unsent += usize::from(matches!(what, What::Stretch(_)));
            return;
        }
        let session =
            self.sessions.entry(number).or_insert_with(|| Session::begin(&self.places, conversation, number, &self.tell));
        match what {
            What::Cancel => session.cancel(&self.places).await,
            _ => session.push(act, conversation),
        }
    }

    /// Looks who stands before a lock.
    async fn look(&mut self) {
        if self.looked.elapsed() < LOOKED {
            return;
        }
        self.looked = Instant::now();
        for side in 0..2 {
            let working: BTreeMap<i32, usize> =
                self.sessions.iter().filter_map(|(number, session)| Some((session.process(side)?, *number))).collect();
            let Some(watcher) = self.watchers[side].as_mut().filter(|_| !working.is_empty()) else { continue };
            let list = working.keys().map(i32::to_string).collect::<Vec<_>>().join(",");
            let sql = format!(
                "SELECT p FROM pg_catalog.unnest('{{{list}}}'::pg_catalog.int4[]) AS p \
                 WHERE pg_catalog.cardinality(pg_catalog.pg_blocking_pids(p)) > 0"
            );
            match tokio::time::timeout(OVERLAP, watcher.query(&sql)).await {
                Ok(Ok(answer)) => {
                    let blocked = answer.rows().into_iter().filter_map(|row| row.first()?.as_ref()?.parse::<i32>().ok());
                    self.blocked.extend(blocked.filter_map(|process| working.get(&process)));
                }
                // Without it overlapping acts are waited for by the clock alone.
                _ => self.watchers[side] = None,
            }
        }
    }
}
