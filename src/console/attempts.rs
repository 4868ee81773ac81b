//! Log-ins that are under way, by the address that they come from: how many there may be, and what a failed one costs.
//!
//! Each address has a few places, and a log-in that finds none free waits in line: however many log in at once, the one with the
//! right password gets in. A log-in that has a place and sends nothing loses it after a moment to the next in line, so that silent
//! connections keep nobody out. A failed one keeps its place until the delay is over, so that places and delay together bound
//! guessing, from however many connections. Other addresses, and clients that have logged in, are not affected.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// Log-ins of one address at the same time.
const PLACES: usize = 8;
/// Addresses that log in at the same time.
pub(super) const TOTAL: usize = 256;
/// Connections of all addresses together that wait in line and have sent nothing yet.
const SILENT_LINE: usize = 512;
/// How long a log-in that waits for its client's bytes keeps its place when another one is in line.
const SILENCE: Duration = Duration::from_secs(1);
/// How long a failed log-in keeps its place: 8 places and 2 s are four guesses a second.
pub(crate) const PENALTY: Duration = Duration::from_secs(2);

/// What a log-in does with its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holding {
    /// It waits for its client's bytes since this moment: another log-in may take its place.
    Waits(Instant),
    /// The client has sent everything, and it is being checked.
    Proves,
    /// It has failed.
    Failed,
}

/// The log-ins of all addresses.
#[derive(Debug, Default)]
pub(super) struct Attempts(Mutex<HashMap<IpAddr, Address>>);

#[derive(Debug, Default)]
struct Address {
    /// Log-ins that have a place, in the order in which they got it.
    held: Vec<(Arc<Signals>, Holding)>,
    /// Log-ins that wait for a place, in the order in which they came.
    line: VecDeque<(Arc<Signals>, Holding)>,
}

/// What wakes one log-in.
#[derive(Debug, Default)]
struct Signals {
    /// It has a place.
    turn: Notify,
    /// It has lost its place.
    evicted: Notify,
}

/// One log-in that is under way; dropping it frees its place.
#[derive(Debug)]
pub(crate) struct Attempt {
    attempts: Arc<Attempts>,
    address: IpAddr,
    signals: Arc<Signals>,
}

impl Address {
    /// Gives free places, and those of silent log-ins, to the next in line.
    fn advance(&mut self) {
        while !self.line.is_empty() {
            if self.held.len() >= PLACES {
                let is_silent = |holding: &Holding| matches!(holding, Holding::Waits(since) if since.elapsed() >= SILENCE);
                let Some(at) = self.held.iter().position(|(_, holding)| is_silent(holding)) else { return };
                self.held.remove(at).0.evicted.notify_one();
            }
            let Some((signals, holding)) = self.line.pop_front() else { return };
            signals.turn.notify_one();
            let begins = if matches!(holding, Holding::Waits(_)) { Holding::Waits(Instant::now()) } else { holding };
            self.held.push((signals, begins));
        }
    }
}

impl Attempts {
    fn locked(&self) -> MutexGuard<'_, HashMap<IpAddr, Address>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a log-in whose client has still to send something, once a place is free; `None` when too many of these wait already.
    pub(super) async fn begin(self: &Arc<Self>, address: IpAddr) -> Option<Attempt> {
        let attempt = self.enters(address, Holding::Waits(Instant::now()))?;
        attempt.turn().await;
        Some(attempt)
    }

    /// Begins a log-in whose client has sent everything, once a place is free. The caller bounds how many of these there are.
    pub(super) async fn begin_proof(self: &Arc<Self>, address: IpAddr) -> Attempt {
        const AGAIN: Duration = Duration::from_millis(50);
        loop {
            if let Some(attempt) = self.enters(address, Holding::Proves) {
                attempt.turn().await;
                return attempt;
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// Joins the line. `None` when there are too many addresses, or too many log-ins that have sent nothing.
    fn enters(self: &Arc<Self>, address: IpAddr, holding: Holding) -> Option<Attempt> {
        let address = address.to_canonical();
        let mut all = self.locked();
        let is_silent = |(_, holding): &&(Arc<Signals>, Holding)| matches!(holding, Holding::Waits(_));
        let silent = || all.values().flat_map(|address| &address.line).filter(is_silent).count();
        let is_full = matches!(holding, Holding::Waits(_)) && silent() >= SILENT_LINE;
        if is_full || (!all.contains_key(&address) && all.len() >= TOTAL) {
            return None;
        }
        let signals = Arc::new(Signals::default());
        let of_address = all.entry(address).or_default();
        of_address.line.push_back((signals.clone(), holding));
        of_address.advance();
        Some(Attempt { attempts: self.clone(), address, signals })
    }
}

impl Attempt {
    /// Returns when it has a place.
    async fn turn(&self) {
        loop {
            tokio::select! {
                () = self.signals.turn.notified() => return,
                () = tokio::time::sleep(SILENCE) => {
                    // Another log-in may have become silent for too long in the meantime.
                    self.attempts.locked().entry(self.address).or_default().advance();
                }
            }
        }
    }

    /// Returns when another log-in has taken its place.
    pub(crate) async fn evicted(&self) {
        self.signals.evicted.notified().await;
    }

    /// It has failed: until this is dropped, nobody takes its place.
    pub(crate) fn fail(&mut self) {
        let mut all = self.attempts.locked();
        let of_address = all.entry(self.address).or_default();
        of_address.held.retain(|(signals, _)| !Arc::ptr_eq(signals, &self.signals));
        of_address.held.push((self.signals.clone(), Holding::Failed));
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        let mut all = self.attempts.locked();
        let Some(of_address) = all.get_mut(&self.address) else { return };
        of_address.held.retain(|(signals, _)| !Arc::ptr_eq(signals, &self.signals));
        of_address.line.retain(|(signals, _)| !Arc::ptr_eq(signals, &self.signals));
        of_address.advance();
        if of_address.held.is_empty() && of_address.line.is_empty() {
            all.remove(&self.address);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    fn address(n: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, n])
    }

    fn now(attempts: &Arc<Attempts>, n: u8) -> Option<Attempt> {
        attempts.begin(address(n)).now_or_never().flatten()
    }

    #[tokio::test(start_paused = true)]
    async fn silent_log_ins_lose_their_place_to_the_line_after_a_moment() {
        let attempts = Arc::new(Attempts::default());
        let begun: Vec<Attempt> = (0..PLACES).map(|_| now(&attempts, 1).unwrap()).collect();
        let came = Instant::now();
        // A client that has just connected may be about to send something: its place is not taken at once.
        let next = attempts.begin(address(1)).await.unwrap();
        assert_eq!(came.elapsed(), SILENCE);
        assert!(begun[0].evicted().now_or_never().is_some());
        assert!(begun[1].evicted().now_or_never().is_none() && next.evicted().now_or_never().is_none());
        assert!(now(&attempts, 2).is_some(), "another address has places of its own");
        drop((begun, next));
        assert!(attempts.locked().is_empty(), "what is over is forgotten");
    }

    #[tokio::test(start_paused = true)]
    async fn who_proves_displaces_nobody_and_is_not_displaced_and_failed_ones_cost_their_place() {
        let attempts = Arc::new(Attempts::default());
        let mut proving = Vec::new();
        for _ in 0..PLACES {
            proving.push(attempts.begin_proof(address(1)).await);
        }
        let (one, two) = (tokio::spawn(later(&attempts)), tokio::spawn(later(&attempts)));
        tokio::time::sleep(SILENCE * 5).await;
        assert!(!one.is_finished() && !two.is_finished());
        assert!(proving.iter().all(|attempt| attempt.evicted().now_or_never().is_none()));
        proving.iter_mut().for_each(Attempt::fail);
        tokio::time::sleep(SILENCE * 5).await;
        assert!(!one.is_finished(), "failed ones keep theirs");
        // In the order in which they came.
        proving.pop();
        let first = one.await.unwrap();
        assert!(!two.is_finished());
        drop(first);
        drop(two.await.unwrap());
        drop(proving);
        assert!(attempts.locked().is_empty(), "what is over is forgotten");
    }

    fn later(attempts: &Arc<Attempts>) -> impl Future<Output = Attempt> + use<> {
        let attempts = attempts.clone();
        async move { attempts.begin_proof(address(1)).await }
    }

    #[tokio::test(start_paused = true)]
    async fn who_leaves_the_line_holds_nobody_up() {
        let attempts = Arc::new(Attempts::default());
        let mut held = Vec::new();
        for _ in 0..PLACES {
            held.push(attempts.begin_proof(address(1)).await);
        }
        let given_up = tokio::spawn(later(&attempts));
        let next = tokio::spawn(later(&attempts));
        tokio::time::sleep(SILENCE).await;
        given_up.abort();
        let _ = given_up.await;
        held.pop();
        drop(tokio::time::timeout(SILENCE, next).await.unwrap().unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn addresses_are_bounded_and_one_is_one_however_it_is_written() {
        let attempts = Arc::new(Attempts::default());
        let mut held = Vec::new();
        for n in 0..TOTAL {
            held.push(attempts.begin(IpAddr::from([10, 0, (n / 256) as u8, (n % 256) as u8])).await.unwrap());
        }
        assert!(attempts.begin(address(1)).await.is_none());
        assert!(attempts.begin("::ffff:10.0.0.1".parse().unwrap()).await.is_some());
        let waits = tokio::spawn(later(&attempts));
        tokio::time::sleep(SILENCE).await;
        assert!(!waits.is_finished(), "who has said everything waits for a place");
        drop(held);
        waits.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn those_who_wait_without_a_word_are_bounded() {
        let attempts = Arc::new(Attempts::default());
        let held: Vec<Attempt> = (0..PLACES).map(|_| now(&attempts, 1).unwrap()).collect();
        let mut line: Vec<_> =
            (0..SILENT_LINE).map(|_| attempts.enters(address(1), Holding::Waits(Instant::now())).unwrap()).collect();
        assert!(attempts.begin(address(1)).await.is_none());
        line.pop();
        assert!(attempts.enters(address(1), Holding::Waits(Instant::now())).is_some());
        drop((held, line));
        assert!(attempts.locked().is_empty());
    }
}
