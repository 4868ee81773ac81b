//! Log-ins that are under way, by the address that they come from: how many there may be, and what a failed one costs.
//!
//! An address has a few places. Who only holds one open loses it to the next who comes, so that silent connections keep nobody out; who has
//! failed keeps his until the delay is over, so that guessing is bounded by places and delay together, from however many connections. Places
//! of other addresses, and of those who are in, are untouched by it.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

/// Log-ins of one address at the same time.
const PLACES: usize = 8;
/// Log-ins of all addresses together.
pub(super) const TOTAL: usize = 256;
/// How long a failed log-in keeps its place: 8 places and 2 s are four guesses a second.
pub(crate) const PENALTY: Duration = Duration::from_secs(2);

/// The log-ins of all addresses.
#[derive(Debug, Default)]
pub(super) struct Attempts(Mutex<HashMap<IpAddr, Address>>);

#[derive(Debug, Default)]
struct Address {
    /// In the order in which they came.
    waiting: VecDeque<Arc<Notify>>,
    failed: usize,
}

/// One log-in that is under way; its place is free again when it is dropped.
#[derive(Debug)]
pub(crate) struct Attempt {
    attempts: Arc<Attempts>,
    address: IpAddr,
    evicted: Arc<Notify>,
    has_failed: bool,
}

impl Attempts {
    fn locked(&self) -> MutexGuard<'_, HashMap<IpAddr, Address>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a log-in; `None` where failed ones hold every place of the address, or there are too many addresses.
    pub(super) fn begin(self: &Arc<Self>, address: IpAddr) -> Option<Attempt> {
        let address = address.to_canonical();
        let mut all = self.locked();
        if !all.contains_key(&address) && all.len() >= TOTAL {
            return None;
        }
        let of_address = all.entry(address).or_default();
        if of_address.failed >= PLACES {
            return None;
        }
        if of_address.failed + of_address.waiting.len() >= PLACES
            && let Some(oldest) = of_address.waiting.pop_front()
        {
            oldest.notify_one();
        }
        let evicted = Arc::new(Notify::new());
        of_address.waiting.push_back(evicted.clone());
        Some(Attempt { attempts: self.clone(), address, evicted, has_failed: false })
    }
}

impl Attempt {
    /// Ends when another log-in has taken this one's place.
    pub(crate) async fn evicted(&self) {
        self.evicted.notified().await;
    }

    /// It has failed: nobody takes its place any more.
    pub(crate) fn fail(&mut self) {
        if !self.has_failed {
            self.leave();
            self.has_failed = true;
            self.attempts.locked().entry(self.address).or_default().failed += 1;
        }
    }

    fn leave(&self) {
        let mut all = self.attempts.locked();
        let Some(of_address) = all.get_mut(&self.address) else { return };
        if self.has_failed {
            of_address.failed = of_address.failed.saturating_sub(1);
        } else {
            of_address.waiting.retain(|other| !Arc::ptr_eq(other, &self.evicted));
        }
        if of_address.failed == 0 && of_address.waiting.is_empty() {
            all.remove(&self.address);
        }
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        self.leave();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    fn address(n: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, n])
    }

    #[test]
    fn silent_log_ins_keep_nobody_out_and_failed_ones_cost_their_place() {
        let attempts = Arc::new(Attempts::default());
        let mut begun: Vec<Attempt> = (0..PLACES).map(|_| attempts.begin(address(1)).unwrap()).collect();
        // The next one takes the oldest's place, and no other's.
        let next = attempts.begin(address(1)).unwrap();
        assert!(begun[0].evicted().now_or_never().is_some());
        assert!(begun[1].evicted().now_or_never().is_none() && next.evicted().now_or_never().is_none());
        // Those who have failed are not displaced; when they hold all places, the address waits, and no other does.
        begun.push(next);
        begun.remove(0);
        begun.iter_mut().for_each(Attempt::fail);
        assert!(attempts.begin(address(1)).is_none());
        assert!(attempts.begin(address(2)).is_some());
        drop(begun);
        assert!(attempts.begin(address(1)).is_some());
        assert!(attempts.locked().is_empty(), "what is over is forgotten");
    }

    #[test]
    fn addresses_are_bounded_and_one_is_one_however_it_is_written() {
        let attempts = Arc::new(Attempts::default());
        let held: Vec<Attempt> =
            (0..TOTAL).map(|n| attempts.begin(IpAddr::from([10, 0, (n / 256) as u8, (n % 256) as u8])).unwrap()).collect();
        assert!(attempts.begin(address(1)).is_none());
        assert!(attempts.begin("::ffff:10.0.0.1".parse().unwrap()).is_some());
        drop(held);
    }
}
