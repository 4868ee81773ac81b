//! Sends a script to both sides at once, in the recorded interleaving, and compares answer by answer.
//!
//! Acts are sent in the order in which they took effect when they were recorded ([`Script::order`]), each when those before it have ended or wait
//! for a lock. So both sides get the same order, and mostly nobody waits: a session that waited for a lock comes after the one that released it.
//!
//! Nothing is waited for without a limit. Where the order that the proxy saw is not quite the server's, an idle session may hold a lock that an
//! earlier act waits for: then the holder's next act is sent early, and that is counted. An act that takes longer than the patience is cancelled,
//! and reported; if that does not end it, the session is given up.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::script::{Script, What};
use super::session::{ActResult, Running, Session};
use super::side::{SideAddress, Told};
use crate::twin::client::Client;

/// How long an act that overlaps others is waited for, if it does not wait for a lock.
const OVERLAP: Duration = Duration::from_secs(1);
/// How often to look which sessions wait for locks.
const LOOKED: Duration = Duration::from_millis(10);

/// The pace at which a script is sent.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Acts also wait for their recorded time, this many times as fast; `None` is as fast as their order allows.
    pub speed: Option<f64>,
    /// The longest time that an act may take.
    pub patience: Duration,
}

/// Sends a script.
pub struct Driver<'s> {
    script: &'s Script,
    places: [Arc<SideAddress>; 2],
    pace: Pace,
    sessions: BTreeMap<usize, Session>,
    /// Sessions that are lost: their remaining acts are not sent.
    gone: BTreeSet<usize>,
    told: mpsc::UnboundedReceiver<Told>,
    tell: mpsc::UnboundedSender<Told>,
    /// On each side a connection that looks which sessions wait for locks.
    watchers: [Option<Client>; 2],
    /// Sessions that have waited for a lock since the last act ended, with the sessions that hold it.
    blocked: BTreeMap<usize, BTreeSet<usize>>,
    /// The next act of each session.
    next: Vec<usize>,
    looked: Instant,
    /// The outcomes of acts.
    pub outcomes: Vec<ActResult>,
    /// Number of stretches that were not sent because their session was lost.
    pub unsent: usize,
    /// Number of acts that were sent early, so that others could proceed.
    pub early: usize,
}

impl std::fmt::Debug for Driver<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Driver").field("outcomes", &self.outcomes.len()).finish_non_exhaustive()
    }
}

impl<'s> Driver<'s> {
    /// A driver that has sent nothing yet.
    pub async fn new(script: &'s Script, places: [Arc<SideAddress>; 2], pace: Pace) -> Driver<'s> {
        let parameters = script.conversations.first().map_or(&[][..], |c| c.parameters.as_slice());
        // A watcher that cannot log in is not reported: the sessions will report the same error.
        let watchers = [places[0].connect(parameters).await.ok(), places[1].connect(parameters).await.ok()];
        let (tell, told) = mpsc::unbounded_channel();
        Driver {
            script,
            places,
            pace,
            sessions: BTreeMap::new(),
            gone: BTreeSet::new(),
            told,
            tell,
            watchers,
            blocked: BTreeMap::new(),
            next: vec![0; script.conversations.len()],
            looked: Instant::now(),
            outcomes: Vec::new(),
            unsent: 0,
            early: 0,
        }
    }

    /// Sends everything; `progress` gets the number of acts that have begun.
    pub async fn run(&mut self, progress: impl Fn(usize)) {
        let begun = Instant::now();
        let first = self.script.order.iter().map(|&(session, act)| self.begins(session, act)).min().unwrap_or(0);
        for (number, &(session, act)) in self.script.order.iter().enumerate() {
            progress(number);
            if let Some(speed) = self.pace.speed {
                let due = Duration::from_micros(self.begins(session, act) - first).div_f64(speed);
                while begun.elapsed() < due {
                    self.hear((due - begun.elapsed().min(due)).min(LOOKED)).await;
                }
            }
            self.wait_for_those_before(session, act).await;
            if self.next[session] <= act {
                self.begin(session, act).await;
            }
        }
        while self.sessions.values().any(|session| session.running().next().is_some()) {
            self.hear(LOOKED).await;
        }
        // A session without a recorded farewell ends when its connection is dropped.
        self.sessions.clear();
    }

    fn begins(&self, session: usize, act: usize) -> u64 {
        self.script.conversations[session].acts[act].begins
    }

    /// Waits until an act may begin; it may meanwhile have been sent early.
    async fn wait_for_those_before(&mut self, session: usize, act: usize) {
        let begins = self.begins(session, act);
        while self.next[session] <= act && self.is_held(session, begins) {
            self.hear(LOOKED).await;
            self.look().await;
            if let Some(keeper) = self.who_keeps_others(begins) {
                self.early += 1;
                self.begin(keeper, self.next[keeper]).await;
                self.blocked.clear();
            }
        }
    }

    /// An idle session that holds a lock for which an act waits that had ended by this time when recorded.
    fn who_keeps_others(&self, begins: u64) -> Option<usize> {
        let is_late = |session: &Session| session.running().next().is_some_and(|running| running.ends <= begins);
        let late = self.sessions.iter().filter(|(_, session)| is_late(session)).map(|(number, _)| *number);
        let mut reached: BTreeSet<usize> = late.filter(|number| self.blocked.contains_key(number)).collect();
        // The holder may itself wait for others.
        let mut found: Vec<usize> = reached.iter().copied().collect();
        while let Some(number) = found.pop() {
            let keepers = self.blocked.get(&number).into_iter().flatten();
            found.extend(keepers.filter(|keeper| reached.insert(**keeper)));
        }
        let is_idle = |number: &usize| self.sessions.get(number).is_some_and(|session| session.running().next().is_none());
        let goes_on = |number: &usize| self.next[*number] < self.script.conversations[*number].acts.len();
        reached.into_iter().find(|number| is_idle(number) && goes_on(number))
    }

    /// Whether an act of a session, recorded as begun at this time, has to wait.
    fn is_held(&self, session: usize, begins: u64) -> bool {
        let holds = |of: usize, place: usize, running: &Running| {
            let is_free = self.blocked.contains_key(&of) || running.begun.elapsed() > OVERLAP;
            running.ends <= begins || of != session && place == 0 && !is_free
        };
        self.sessions.iter().any(|(of, s)| s.running().enumerate().any(|(place, running)| holds(*of, place, running)))
    }

    /// Takes reports of the sides, for this time at most, and cancels acts that are late.
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
            // A session may have got its lock by this.
            self.blocked.clear();
            self.outcomes.extend(outcome);
        }
        if session.is_over() && session.running().next().is_none() {
            self.gone.insert(number);
            self.sessions.remove(&number);
        }
    }

    async fn begin(&mut self, number: usize, act: usize) {
        self.next[number] = act + 1;
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

    fn works(&self, number: usize, side: usize) -> bool {
        self.sessions.get(&number).is_some_and(|session| session.works(side))
    }

    /// Looks which sessions wait for locks.
    async fn look(&mut self) {
        if self.looked.elapsed() < LOOKED {
            return;
        }
        self.looked = Instant::now();
        for side in 0..2 {
            let all: BTreeMap<i32, usize> =
                self.sessions.iter().filter_map(|(number, session)| Some((session.process(side)?, *number))).collect();
            let working: Vec<String> =
                all.iter().filter(|(_, number)| self.works(**number, side)).map(|(process, _)| process.to_string()).collect();
            let Some(watcher) = self.watchers[side].as_mut().filter(|_| !working.is_empty()) else { continue };
            let sql = format!(
                "SELECT p, b FROM pg_catalog.unnest('{{{}}}'::pg_catalog.int4[]) AS p, \
                 LATERAL pg_catalog.unnest(pg_catalog.pg_blocking_pids(p)) AS b",
                working.join(",")
            );
            match tokio::time::timeout(OVERLAP, watcher.query(&sql)).await {
                Ok(Ok(answer)) => {
                    for row in answer.rows() {
                        let process = |at: usize| row.get(at)?.as_ref()?.parse::<i32>().ok();
                        let Some(number) = process(0).and_then(|process| all.get(&process)) else { continue };
                        let keepers = self.blocked.entry(*number).or_default();
                        keepers.extend(process(1).and_then(|process| all.get(&process)));
                    }
                }
                // Without a watcher overlapping acts are waited for by the clock alone.
                _ => self.watchers[side] = None,
            }
        }
    }
}
