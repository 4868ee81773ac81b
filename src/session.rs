//! One client's conversation with its own server connection, one to one.
//!
//! [`conversation`] is the state machine: pure, frames in, decisions out. [`relay`] moves bytes between two sockets and asks it.
//! [`login`] is what comes before. [`errors`] leads the server's errors back to what the client wrote. Only Query and Parse are read
//! as SQL; everything else passes by tag and length, streamed, never held.

pub mod conversation;
pub mod errors;
pub mod login;
pub mod prepared;
pub mod reading;
pub mod relay;
pub mod search_path;
pub mod step;

use std::collections::HashMap;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use dashmap::DashMap;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use crate::config::Settings;
use crate::error::Result;
use crate::migrate::state::State;
use crate::mode::Mode;
use crate::rewrite::Policy;
use crate::rewrite::cache::Cache;
use crate::shadow::Shadow;
use crate::telemetry;
use crate::traffic::{Client, Traffic};
use crate::wire::stream::Link;
use crate::wire::tls::Acceptor;

/// What all sessions share.
#[derive(Debug)]
pub struct Shared {
    /// As they were read at the start or at the last reload.
    pub settings: ArcSwap<Settings>,
    /// Rules, modes and catalog of this moment.
    pub policy: ArcSwap<Policy>,
    /// Where each legacy table stood when the policy was made; empty when no database was asked. For reports: nothing is decided by it.
    pub standing: ArcSwap<HashMap<String, Standing>>,
    /// Rewritten statements.
    pub cache: Cache,
    /// Counted hits.
    pub traffic: Traffic,
    /// Reads that run a second time.
    pub shadow: Shadow,
    /// TLS for clients, if it is offered.
    pub tls: ArcSwap<Option<Acceptor>>,
    /// Set when the proxy ends: sessions finish their transaction and close.
    pub draining: watch::Sender<bool>,
    /// Who is connected.
    pub clients: DashMap<u64, ClientInfo, ahash::RandomState>,
    next_id: AtomicU64,
    /// Places taken: clients that have said who they are, also while they log in.
    places: AtomicUsize,
}

/// Where a legacy table stands, and what is wanted of it.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The facts.
    pub state: State,
    /// The stored mode, or that of the settings; the one in force is the policy's.
    pub wanted: Mode,
}

/// A connected client, as `SHOW CLIENTS` lists it.
#[derive(Debug)]
pub struct ClientInfo {
    /// Who it is; replaced when it reports another application name.
    pub client: ArcSwap<Client>,
    /// Since when.
    pub since: SystemTime,
    /// Ends the session: `KILL`.
    pub kill: Arc<Notify>,
    /// The oldest policy that decided about a statement which is not yet answered; 0 when there is none.
    pub flight: Arc<AtomicU64>,
}

impl Shared {
    /// The state of a proxy that begins to serve.
    pub fn new(settings: Settings, policy: Policy) -> Self {
        let limits = &settings.limits;
        Shared {
            cache: Cache::new(limits.cache_entries, limits.cache_bytes.0),
            traffic: Traffic::new(limits.traffic_bytes.0),
            shadow: Shadow::default(),
            policy: ArcSwap::from_pointee(policy),
            standing: ArcSwap::default(),
            settings: ArcSwap::from_pointee(settings),
            tls: ArcSwap::from_pointee(None),
            draining: watch::Sender::new(false),
            clients: DashMap::default(),
            next_id: AtomicU64::new(1),
            places: AtomicUsize::new(0),
        }
    }

    /// Takes a place among `listen.max_clients`; `None` when there is none.
    pub fn admit(self: &Arc<Self>) -> Option<Place> {
        let limit = self.settings.load().listen.max_clients;
        let take = |taken: usize| (taken < limit).then(|| taken + 1);
        self.places.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).ok()?;
        telemetry::add("esclusa_clients", 1.0);
        Some(Place { shared: self.clone(), id: self.next_id.fetch_add(1, Ordering::Relaxed) })
    }

    /// Waits for the drain, and for the first moment at which it may end what begins now.
    pub async fn drained(&self) {
        let fresh_until = Instant::now() + FRESH;
        let mut draining = self.draining.subscribe();
        if draining.wait_for(|draining| *draining).await.is_ok() {
            tokio::time::sleep_until(fresh_until).await;
        }
    }

    /// Puts a new policy in force.
    pub fn set_policy(&self, policy: Policy) {
        telemetry::set("esclusa_rule_generation", policy.generation as f64);
        self.policy.store(Arc::new(policy));
    }
}

/// A client's place; given back when it is dropped, however its session ends.
#[derive(Debug)]
pub struct Place {
    shared: Arc<Shared>,
    id: u64,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.shared.clients.remove(&self.id);
        self.shared.places.fetch_sub(1, Ordering::Relaxed);
        telemetry::add("esclusa_clients", -1.0);
    }
}

/// A client that has just connected is about to say something: ending it then, in a drain, would look like a refusal.
const FRESH: Duration = Duration::from_secs(1);

/// Where the server is reached: how a session gets its server connection.
pub trait Connect {
    /// The stream that it yields.
    type Stream: Link;
    /// Connects anew.
    fn connect(&self) -> impl Future<Output = Result<Self::Stream>>;
}

/// Serves one client until it or its server is gone. Its login must be over at `deadline`.
pub async fn run<C: Link, U: Connect>(client: C, address: String, upstream: &U, shared: Arc<Shared>, deadline: Instant) {
    let login = tokio::select! {
        login = tokio::time::timeout_at(deadline, login::login(client, upstream, &shared)) => login,
        () = shared.drained() => return,
    };
    let login = match login {
        Ok(Ok(Some(login))) => login,
        Ok(Ok(None)) => return,
        Ok(Err(error)) => {
            tracing::info!(%address, %error, "a client could not be connected");
            return;
        }
        Err(_) => {
            tracing::info!(%address, "a client took longer to log in than listen.startup_timeout");
            return;
        }
    };
    let who = Client {
        database: login.startup.database(),
        user: login.startup.user(),
        application: login.startup.get("application_name").unwrap_or_default(),
        address,
    };
    let kill = Arc::new(Notify::new());
    let id = login.place.id;
    let info = ClientInfo {
        client: ArcSwap::from_pointee(who.clone()),
        since: SystemTime::now(),
        kill: kill.clone(),
        flight: Arc::default(),
    };
    let flight = info.flight.clone();
    shared.clients.insert(id, info);
    telemetry::count("esclusa_clients_total");
    // Channel binding needs TLS on the client's leg: an offer of it on a plain one makes libpq give up.
    let hide_binding = !login.client.is_encrypted() && login.server.is_encrypted();
    let mut conversation = conversation::Conversation::new(shared.clone(), id, who, login.startup.is_replication(), flight);
    conversation.hide_channel_binding(hide_binding);
    let mut relay = relay::Relay::new(login.client, login.server, conversation, login.leftover);
    let mut drained = pin!(shared.drained());
    loop {
        tokio::select! {
            biased;
            end = relay.run(deadline) => {
                tracing::debug!(?end, "a session ended");
                break;
            }
            () = kill.notified() => {
                relay.end_with_admin_shutdown().await;
                break;
            }
            // The drain may have begun while this client logged in.
            () = &mut drained, if !relay.is_draining() => relay.drain(),
        }
    }
}
