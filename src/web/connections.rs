//! Limits of the connections to the web port, and which connection is closed to make room.
//!
//! Idle connections cost a client nothing, so when all places are taken the oldest connection without a request in progress is closed: a client
//! that opens many idle connections keeps nobody out.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// The most connections of one address: a browser opens six, many browsers may share one gateway, and logins may have to wait for a place.
const OF_ADDRESS: usize = 128;
/// The most connections of all addresses.
const TOTAL: usize = 512;

/// All connections, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Connections(Mutex<VecDeque<Arc<Connection>>>);

#[derive(Debug)]
struct Connection {
    address: IpAddr,
    /// Requests in progress.
    busy: AtomicUsize,
    evicted: Notify,
}

/// A connection's place; it is free again when this is dropped.
#[derive(Debug)]
pub(super) struct Slot {
    connections: Arc<Connections>,
    connection: Arc<Connection>,
}

/// A request in progress.
#[derive(Debug)]
pub(super) struct Busy(Arc<Connection>);

impl Connections {
    fn locked(&self) -> MutexGuard<'_, VecDeque<Arc<Connection>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a connection; `None` if every connection that could make room has a request in progress.
    pub(super) fn begin(self: &Arc<Self>, address: IpAddr) -> Option<Slot> {
        let address = address.to_canonical();
        let mut all = self.locked();
        let of_address = all.iter().filter(|other| other.address == address).count() >= OF_ADDRESS;
        if of_address || all.len() >= TOTAL {
            let may_go =
                |other: &Arc<Connection>| (!of_address || other.address == address) && other.busy.load(Ordering::Acquire) == 0;
            let at = all.iter().position(may_go)?;
            if let Some(oldest) = all.remove(at) {
                oldest.evicted.notify_one();
            }
        }
        let connection = Arc::new(Connection { address, busy: AtomicUsize::new(0), evicted: Notify::new() });
        all.push_back(connection.clone());
        Some(Slot { connections: self.clone(), connection })
    }
}

impl Slot {
    /// A request begins; it ends when this is dropped.
    pub(super) fn busy(&self) -> Busy {
        self.connection.busy.fetch_add(1, Ordering::AcqRel);
        Busy(self.connection.clone())
    }

    /// Completes when the place has been given to another connection.
    pub(super) async fn evicted(&self) {
        self.connection.evicted.notified().await;
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.busy.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.connections.locked().retain(|other| !Arc::ptr_eq(other, &self.connection));
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    fn is_evicted(place: &Slot) -> bool {
        place.evicted().now_or_never().is_some()
    }

    #[test]
    fn silent_connections_make_room_and_busy_ones_do_not() {
        let connections = Arc::new(Connections::default());
        let one = |n: u8| connections.begin(IpAddr::from([192, 0, 2, n]));
        let mut held: Vec<Slot> = (0..OF_ADDRESS).map(|_| one(1).unwrap()).collect();
        let busy = held[0].busy();
        held.push(one(1).unwrap());
        assert!(!is_evicted(&held[0]) && is_evicted(&held[1]) && !is_evicted(&held[2]));
        let _all: Vec<Busy> = held[2..].iter().map(Slot::busy).collect();
        assert!(one(1).is_none(), "all others have a request under way");
        drop(busy);
        assert!(one(1).is_some() && is_evicted(&held[0]));
        assert!(one(2).is_some(), "another address has places of its own");
    }

    #[test]
    fn all_addresses_together_are_bounded() {
        let connections = Arc::new(Connections::default());
        let held: Vec<Slot> =
            (0..TOTAL).map(|n| connections.begin(IpAddr::from([10, 0, (n / 256) as u8, (n % 256) as u8])).unwrap()).collect();
        let next = connections.begin(IpAddr::from([192, 0, 2, 1])).unwrap();
        assert!(is_evicted(&held[0]) && connections.locked().len() == TOTAL);
        drop((held, next));
        assert!(connections.locked().is_empty(), "what is over is forgotten");
    }
}
