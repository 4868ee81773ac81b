//! The admin console over the PostgreSQL protocol: `psql -h 127.0.0.1 -p 6433 esclusa`, or any driver.
//!
//! pgwire speaks the protocol here, and only here. The way of a command: `guard` bounds the client's bytes, `connection` takes
//! message by message, `login` lets in, `query` hands texts on, `lexer` and `parser` read them, `command` finds their line
//! in the table of commands, checks the right and runs it, `encode` frames the answer. One file per command or small family does
//! the work: `overview`, `clients`, `modes`, `stats`, `steering`; `courtesy` is for what drivers say on their own.
//!
//! The console changes nothing itself: it asks [`Admin`], which the server implements. It has no transactions: a change takes effect
//! when it is answered, and ROLLBACK does not take it back. It speaks no TLS: bind it to loopback or to a trusted network.

mod clients;
mod command;
mod connection;
mod courtesy;
mod encode;
mod failure;
mod filter;
mod guard;
mod lexer;
mod login;
mod modes;
mod overview;
mod parser;
mod query;
mod stats;
mod steering;
pub mod users;

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

use crate::control::Change;
use crate::error::{Faults, Result};
use crate::mode::Mode;
use crate::session::Shared;
use crate::wire::stream::Stream;

/// Clients at the same time: people and their tools.
const CLIENTS: usize = 64;

/// Clients beyond them who are told so; further ones are closed without a word.
const SURPLUS_CLIENTS: usize = 16;

/// What the console may do to the running proxy. The server implements it; the console only speaks.
pub trait Admin: Send + Sync + 'static {
    /// Switches tables; all or nothing.
    fn set_modes<'a>(
        &'a self,
        tables: &'a [String],
        mode: Mode,
        who: &'a str,
        why: Option<&'a str>,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<Change>>> + Send + 'a>>;

    /// Switches every table that may have the mode; the answer has all of them.
    fn set_all_modes<'a>(
        &'a self,
        mode: Mode,
        who: &'a str,
        why: Option<&'a str>,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<Change>>> + Send + 'a>>;

    /// Reads settings and rules again: the settings all or nothing; a rule with faults stays as it was. Yields these faults.
    fn reload<'a>(&'a self) -> Pin<Box<dyn Future<Output = Result<Faults>> + Send + 'a>>;

    /// Ends the proxy, gracefully.
    fn shutdown(&self);
}

/// What all connections of the console share.
struct Console {
    shared: Arc<Shared>,
    admin: Arc<dyn Admin>,
    gate: login::Gate,
}

impl Console {
    fn new(shared: Arc<Shared>, admin: Arc<dyn Admin>) -> Self {
        Console { gate: login::Gate::new(shared.clone()), shared, admin }
    }
}

/// Serves the console, for as long as the future is polled; its connections end with it.
pub async fn serve(listener: TcpListener, shared: Arc<Shared>, admin: Arc<dyn Admin>) {
    let console = Arc::new(Console::new(shared, admin));
    if let Err(faults) = console.gate.reload().await {
        tracing::error!(%faults, "the console's users file has faults: nobody can log in");
    }
    let places = Arc::new(Semaphore::new(CLIENTS));
    let surplus = Arc::new(Semaphore::new(SURPLUS_CLIENTS));
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((socket, peer)) => {
                    let place = places.clone().try_acquire_owned().map(|place| (place, false));
                    let place = place.or_else(|_| surplus.clone().try_acquire_owned().map(|place| (place, true)));
                    let Ok((place, is_surplus)) = place else {
                        tracing::warn!(%peer, "a console client was dropped: there are too many");
                        continue;
                    };
                    connections.spawn(connection(socket, peer, console.clone(), place, is_surplus));
                }
                Err(error) => {
                    // Out of file descriptors, most likely: a pause lets connections end.
                    tracing::warn!(%error, "a console client could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            Some(ended) = connections.join_next() => {
                if let Err(error) = ended {
                    tracing::error!(%error, "a connection of the console failed");
                }
            }
        }
    }
}

async fn connection(socket: TcpStream, peer: SocketAddr, console: Arc<Console>, place: OwnedSemaphorePermit, is_surplus: bool) {
    match Stream::tcp(socket) {
        Ok(stream) => connection::serve(stream, peer, console, is_surplus).await,
        Err(error) => tracing::info!(%peer, %error, "a console client's socket failed"),
    }
    drop(place);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;
    use crate::error::Error;
    use crate::rewrite::{Entry, Policy};
    use crate::rule::file;

    /// A proxy's state with two legacy tables.
    pub(super) fn shared() -> Shared {
        let settings = Settings::defaults().unwrap();
        let context = crate::relation::Context::new(&settings);
        let entry = |text: &str| {
            let document = crate::config::document::Document::parse("r.toml".as_ref(), text).unwrap();
            let relation = crate::relation::Relation::compile(&file::parse(&document).unwrap(), &context);
            Entry { relation: Arc::new(relation), mode: Mode::Observe }
        };
        let rule = |table: &str, domain: &str| {
            entry(&format!(
                "table = \"{table}\"\nkind = \"lookup\"\ncolumns = [{{ name = \"c\", type = \"character(4)\", null = false }}]\n\
                 [target]\ndomain = \"{domain}\"\n[key]\ncolumns = [\"c\"]\n"
            ))
        };
        let entries = vec![rule("tipvalvula", "TIP_VALVULA"), rule("tipocorreo", "TIPO_CORREO")];
        let policy = Policy::new(1, "cf_quere_pro", entries, &Default::default(), Default::default());
        Shared::new(settings, policy)
    }

    /// A console whose proxy refuses every change.
    pub(super) fn console() -> Console {
        Console::new(Arc::new(shared()), Arc::new(Idle))
    }

    struct Idle;

    impl Admin for Idle {
        fn set_modes<'a>(
            &'a self,
            _: &'a [String],
            _: Mode,
            _: &'a str,
            _: Option<&'a str>,
        ) -> Pin<Box<dyn Future<Output = Result<Vec<Change>>> + Send + 'a>> {
            Box::pin(async { Err(Error::refused("not here")) })
        }
        fn set_all_modes<'a>(
            &'a self,
            _: Mode,
            _: &'a str,
            _: Option<&'a str>,
        ) -> Pin<Box<dyn Future<Output = Result<Vec<Change>>> + Send + 'a>> {
            Box::pin(async { Err(Error::refused("not here")) })
        }
        fn reload<'a>(&'a self) -> Pin<Box<dyn Future<Output = Result<Faults>> + Send + 'a>> {
            Box::pin(async { Err(Error::refused("not here")) })
        }
        fn shutdown(&self) {}
    }
}
