//! The port for browsers and machines, over HTTP: the page of who still needs what, with its switches; `/metrics` for Prometheus, `/healthz` and
//! `/readyz` for load balancers and process supervisors, `/api/reports` for programs.
//!
//! axum routes, hyper speaks the protocol. The way of a request: `connections` bounds the number of connections, hyper reads the head within limits
//! of time and size, `guest` identifies the user where that matters, and a handler answers with a text that is complete before its first byte is
//! sent. Users and rights are those of the console (`src/console/authentication.rs`). There is no TLS: bind it to loopback or to a trusted network, or put a
//! TLS proxy in front of it.

mod api;
mod chart;
mod connections;
mod failure;
mod frame;
mod grid;
mod guest;
mod health;
mod label;
mod legacy_table;
mod list;
mod mode_form;
mod overview;
mod seal;
mod section;
mod site;
mod switch;
mod token;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Router, middleware};
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::telemetry;
pub use api::reference;
use connections::{Connections, Slot};
use guest::Guest;
use site::Peer;
pub use site::Site;

/// A connection is closed when a request's head takes longer, or when it is idle for longer.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// A process that ends waits this long for requests in progress, and for the first request of a connection that was just accepted.
pub const CLOSING_TIMEOUT: Duration = HEAD_TIMEOUT;
/// The most bytes of a request's head: the first line and all headers.
const HEAD_BYTES: usize = 16 * 1024;
/// The most headers of a request.
const HEADERS: usize = 64;
/// The most bytes of a form.
const BODY_BYTES: usize = 16 * 1024;
/// The most time for a request: longer than any report may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(75);

/// How far the shutdown of this process has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// It serves, or drains and says so.
    Open,
    /// A successor has the listening socket and accepts new connections.
    Taken,
    /// It ends when the requests in progress have been answered.
    Closing,
}

/// Serves until the phase is [`Phase::Closing`] and all connections have ended.
pub async fn serve(listener: TcpListener, site: Arc<Site>, mut phase: watch::Receiver<Phase>) {
    let router = router(site.clone());
    let connections = Arc::new(Connections::default());
    let mut tasks = JoinSet::new();
    loop {
        if *phase.borrow() == Phase::Closing && tasks.is_empty() {
            return;
        }
        tokio::select! {
            accepted = listener.accept(), if *phase.borrow() == Phase::Open => match accepted {
                Ok((socket, address)) => match connections.begin(address.ip()) {
                    Some(place) => drop(tasks.spawn(connection(socket, address, site.clone(), router.clone(), place, phase.clone()))),
                    None => tracing::warn!(%address, "a connection to the web port was dropped: there are too many"),
                },
                Err(error) => {
                    // Most likely out of file descriptors: after a pause some connections may have ended.
                    tracing::warn!(%error, "a connection to the web port could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            Ok(()) = phase.changed() => {}
            Some(ended) = tasks.join_next() => {
                if let Err(error) = ended {
                    tracing::error!(%error, "a connection to the web port failed");
                }
            }
        }
    }
}

async fn connection(
    socket: TcpStream,
    address: SocketAddr,
    site: Arc<Site>,
    router: Router,
    place: Slot,
    mut phase: watch::Receiver<Phase>,
) {
    let peer = Peer { address, is_own: site.authenticator.is_own(&socket).await };
    let service = TowerToHyperService::new(router);
    let asked = AtomicBool::new(false);
    let ends = phase.clone();
    let answer = service_fn(|request: Request<hyper::body::Incoming>| {
        asked.store(true, Ordering::Relaxed);
        let busy = place.busy();
        let ends = ends.clone();
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(peer);
        let answered = service.call(request);
        async move {
            let answer = tokio::time::timeout(REQUEST_TIMEOUT, answered).await;
            drop(busy);
            let answer =
                answer.unwrap_or_else(|_| Ok((StatusCode::SERVICE_UNAVAILABLE, "this takes too long\n").into_response()));
            answer.map(|mut answer: Response| {
                if *ends.borrow() == Phase::Closing {
                    answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
                }
                answer
            })
        }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_buf_size(HEAD_BYTES).max_headers(HEADERS);
    let mut serving = std::pin::pin!(http.serve_connection(TokioIo::new(socket), answer));
    let mut closing = false;
    loop {
        tokio::select! {
            ended = serving.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(%address, %error, "a connection to the web port ended");
                }
                return;
            }
            () = place.evicted() => {
                tracing::debug!(%address, "a connection to the web port made room for another");
                return;
            }
            _ = phase.wait_for(|phase| *phase == Phase::Closing), if !closing => {
                closing = true;
                // hyper would close a connection that has sent nothing yet; but who was accepted is answered, and no second
                // process could do it.
                if asked.load(Ordering::Relaxed) {
                    serving.as_mut().graceful_shutdown();
                }
            }
        }
    }
}

fn router(site: Arc<Site>) -> Router {
    Router::new()
        .route("/", get(overview::overview))
        .route("/tables/{name}", get(legacy_table::legacy_table))
        .route("/order", get(list::order))
        .route("/differences", get(list::differences))
        .route("/sessions", get(list::sessions))
        .route("/modes", get(list::modes).post(switch::switch))
        .route("/reports", get(list::reports))
        .route("/reports/{name}", get(list::report))
        .route("/style.css", get(async || ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("web/style.css"))))
        .route("/healthz", get(async || "alive\n"))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(metrics))
        .route("/api/reports", get(api::list))
        .route("/api/reports/{name}", get(api::report))
        .fallback(async || (StatusCode::NOT_FOUND, "there is nothing here\n"))
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(middleware::map_response(seal::seal))
        .with_state(site)
}

/// Every metric, for users who may look at the console.
async fn metrics(_: Guest, State(_): State<Arc<Site>>) -> Response {
    ([(header::CONTENT_TYPE, telemetry::CONTENT_TYPE)], telemetry::exposition()).into_response()
}
