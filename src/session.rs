//! One client's conversation with its own server connection, one to one.
//!
//! [`conversation`] is the state machine: pure, frames in, decisions out; all that it needs from outside it asks of a
//! [`house::House`]. [`relay`] moves bytes between two sockets and asks the conversation what to do with each frame. [`login`] is
//! what comes before. [`lead_back`] changes the server's errors so that they speak of what the client wrote. Only Query and Parse
//! are read as SQL; everything else passes by tag and length, streamed, never held.
//!
//! The conversation's state has one file for each thing that is followed: [`pipeline`] requests that are not answered yet,
//! [`names`] what names of relations mean, [`prepared`] and [`portals`] what names of statements and portals stand for,
//! [`readiness`] whose turn it is, [`in_flight`] what a switch waits for, [`touch`] statements that wait for a retired name,
//! [`pause`] whether all sessions are held, [`hold`] what waits while they are, [`samples`] reads that mode shadow compares,
//! [`again`] the read of a copied table that may be sent again, [`predecessor`] what ran before in the transaction, [`activity`]
//! what reports see of the session, [`peer`] who the client is, and [`reading`] how its texts are read.

pub mod activity;
pub mod again;
pub mod conversation;
pub mod cut_over;
pub mod hold;
pub mod house;
pub mod in_flight;
pub mod lead_back;
pub mod login;
pub mod long_text;
pub mod names;
pub mod own_requests;
pub mod pause;
pub mod peer;
pub mod pipeline;
pub mod portals;
pub mod predecessor;
pub mod prepared;
pub mod readiness;
pub mod reading;
pub mod relay;
pub mod samples;
pub mod shared;
pub mod statement;
pub mod touch;

use std::pin::pin;
use std::sync::Arc;

use tokio::time::Instant;
use tokio::time::error::Elapsed;

use crate::error::Result;
use crate::telemetry;
use crate::traffic::Client;
use crate::wire::stream::Link;
use conversation::Conversation;
pub use login::Connect;
use relay::Relay;
use shared::Seat;
pub use shared::{ClientInfo, Shared, Standing};

/// Where a client has connected from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerAddress {
    /// An IP address, or `local` for a Unix socket.
    pub address: String,
    /// Its port there; `None` on a Unix socket.
    pub port: Option<u16>,
}

/// Serves one client until the client or its server is gone. The log-in must be over at `deadline`; while the proxy is paused, that
/// clock stops.
pub async fn run<C: Link, U: Connect>(client: C, from: PeerAddress, upstream: &U, shared: Arc<Shared>, deadline: Instant) {
    let PeerAddress { address, port } = from;
    let greeted = tokio::select! {
        greeted = tokio::time::timeout_at(deadline, login::greet(client, upstream, &shared)) => greeted,
        () = shared.drained() => return,
    };
    let Some(Some(mut greeted)) = in_time(greeted, &address) else { return };
    let who = Client {
        database: greeted.startup.database(),
        user: greeted.startup.user(),
        application: greeted.startup.get("application_name").unwrap_or_default(),
        address,
    };
    let info = Arc::new(ClientInfo::new(who.clone(), port));
    shared.clients.insert(greeted.place.id, info.clone());
    let came = Instant::now();
    if !login::let_in(&mut greeted, &info, &shared).await {
        return;
    }
    let deadline = deadline + came.elapsed();
    let connected = tokio::select! {
        server = tokio::time::timeout_at(deadline, login::connect(&mut greeted, upstream)) => Some(server),
        () = shared.drained() => None,
    };
    let Some(server) = connected else { return login::tell_end(&mut greeted.client).await };
    let Some(server) = in_time(server, &who.address) else { return };
    telemetry::count("esclusa_clients_total");
    // Channel binding needs TLS between client and proxy: libpq gives up when it is offered without TLS.
    let hide_binding = !greeted.client.is_encrypted() && server.is_encrypted();
    let house = Seat::new(shared.clone(), info.clone());
    let mut conversation = Conversation::new(house, who, greeted.startup.is_replication(), info.flight.clone());
    conversation.hide_channel_binding(hide_binding);
    let mut relay = Relay::new(greeted.client, server, conversation, greeted.leftover);
    relay.record(shared.record.tap(greeted.place.id, &greeted.startup));
    let mut drained = pin!(shared.drained());
    shared.pause.heed(|held| relay.hold(held));
    loop {
        tokio::select! {
            biased;
            end = relay.run(deadline) => {
                tracing::debug!(?end, "a session ended");
                break;
            }
            () = info.told.notified() => {
                if info.is_killed() {
                    relay.end_with_admin_shutdown().await;
                    break;
                }
                info.answer_cancels(|| relay.cancel_held());
                shared.pause.heed(|held| relay.hold(held));
                relay.let_go();
            }
            // The drain may have begun while this client was logging in.
            () = &mut drained, if !relay.is_draining() => relay.drain(),
        }
    }
    relay.ended();
}

/// The result of a step of the log-in; `None` when it failed or took too long, which is logged.
fn in_time<T>(step: Result<Result<T>, Elapsed>, address: &str) -> Option<T> {
    match step {
        Ok(Ok(done)) => return Some(done),
        Ok(Err(error)) => tracing::info!(%address, %error, "a client could not be connected"),
        Err(_) => tracing::info!(%address, "a client took longer to log in than listen.startup_timeout"),
    }
    None
}
