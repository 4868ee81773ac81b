//! PAUSE and RESUME: whether clients are held where nothing is asked and no transaction is open.
//!
//! A session that holds its client shows itself as [`Doing::Paused`]; when all of them do, nothing of any client runs on the server. A
//! session is woken when the pause begins or ends and keeps that in its own state, so a frame costs it no look at anything shared. Who
//! leaves the pause says so first and looks again whether it is over, and who begins one looks at the sessions behind it (`fence`): a
//! RESUME with a PAUSE on its heels holds everybody, or is waited for.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::time::SystemTime;

use tokio::io::AsyncReadExt as _;

use super::activity::Doing;
use super::login::{Greeted, tell};
use super::shared::{ClientInfo, Shared};
use crate::error::{ClientError, sqlstate};
use crate::telemetry;
use crate::wire::stream::Link;

/// What a client may send behind its start-up packet while it waits.
const LEFTOVER_BYTES: usize = 8 * 1024;

/// The pause that is in force.
#[derive(Debug, Default)]
pub struct Pause {
    /// Its number; 0 when there is none.
    held: AtomicU64,
    /// The last number.
    last: AtomicU64,
}

impl Pause {
    /// Whether clients are held.
    pub fn is_held(&self) -> bool {
        self.held.load(Ordering::SeqCst) > 0
    }

    /// Whether this pause is the one in force.
    pub fn is(&self, number: u64) -> bool {
        self.held.load(Ordering::SeqCst) == number
    }

    /// Has a session hold its client, or let it go on, as it is now.
    pub fn heed(&self, mut hold: impl FnMut(bool)) {
        hold(false);
        fence(Ordering::SeqCst);
        if self.is_held() {
            hold(true);
        }
    }
}

impl Shared {
    /// Begins a pause and gives its number; `None` while there is one.
    pub fn begin_pause(&self) -> Option<u64> {
        let number = self.pause.last.fetch_add(1, Ordering::SeqCst) + 1;
        self.pause.held.compare_exchange(0, number, Ordering::SeqCst, Ordering::SeqCst).ok()?;
        fence(Ordering::SeqCst);
        telemetry::set("esclusa_paused", 1.0);
        self.wake_all();
        Some(number)
    }

    /// Ends the pause with this number, or whichever there is; false when there is none.
    pub fn end_pause(&self, number: Option<u64>) -> bool {
        let ends = |held: u64| (held > 0 && number.is_none_or(|n| n == held)).then_some(0);
        if self.pause.held.fetch_update(Ordering::SeqCst, Ordering::SeqCst, ends).is_err() {
            return false;
        }
        telemetry::set("esclusa_paused", 0.0);
        self.wake_all();
        true
    }

    /// Those who are in a transaction or a statement, or on their way in, by number: a pause waits for them.
    pub fn unpaused(&self) -> Vec<(u64, Arc<ClientInfo>)> {
        let clients = self.clients.iter().filter(|client| client.activity.doing().0 != Doing::Paused);
        let mut clients: Vec<_> = clients.map(|client| (*client.key(), client.value().clone())).collect();
        clients.sort_unstable_by_key(|(id, _)| *id);
        clients
    }

    fn wake_all(&self) {
        self.clients.iter().for_each(|client| client.told.notify_one());
    }
}

/// Lets a client go on to its server, once no pause is in force. False when it has gone, or was ended.
pub(super) async fn let_in<C: Link>(greeted: &mut Greeted<C>, info: &ClientInfo, shared: &Shared) -> bool {
    let mut drained = std::pin::pin!(shared.drained());
    loop {
        fence(Ordering::SeqCst);
        if !shared.pause.is_held() {
            return true;
        }
        info.activity.changes_to(Doing::Paused, SystemTime::now());
        let is_ended = tokio::select! {
            () = info.told.notified() => info.is_killed(),
            () = &mut drained => true,
            read = greeted.client.read_buf(&mut greeted.leftover), if greeted.leftover.len() < LEFTOVER_BYTES => match read {
                Ok(n) if n > 0 => false,
                _ => return false,
            },
        };
        if is_ended {
            let error = ClientError::new(sqlstate::ADMIN_SHUTDOWN, "terminating connection due to administrator command");
            tell(&mut greeted.client, &error).await;
            return false;
        }
        info.activity.changes_to(Doing::LoggingIn, SystemTime::now());
    }
}
