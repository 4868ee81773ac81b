//! The admin console over the PostgreSQL protocol: `psql -h 127.0.0.1 -p 6433 esclusa`, or any driver.
//!
//! pgwire speaks the protocol here, and only here. The way of a command: `guard` bounds the client's bytes, `connection` reads
//! message by message, `login` authenticates, `query` takes the text of a Query or Parse, `lexer` and `parser` read it, `command`
//! finds its line in the table of commands, `statement` checks the right and runs it, `encode` frames the answer. What can be shown
//! is the list of reports (`src/report.rs`); what can be done has one file per small family: `modes`, `process`, `pause`;
//! `courtesy` answers what drivers send unasked.
//!
//! The console changes nothing itself: it asks [`Admin`], which the server implements. It has no transactions: a change takes effect
//! when it is answered, and ROLLBACK does not take it back. It speaks no TLS: bind it to loopback or to a trusted network.

mod access;
mod admin;
mod attempts;
mod command;
mod condition;
mod connection;
mod conversation;
mod courtesy;
mod encode;
mod failure;
mod filter;
mod authentication;
mod guard;
mod interrupt;
mod lexer;
mod login;
mod modes;
mod neighbour;
mod parameters;
mod parser;
mod pause;
mod query;
mod service;
mod statement;
mod process;
pub mod users;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

pub(crate) use access::Access;
pub use admin::Admin;
pub(crate) use attempts::PENALTY;
pub use authentication::Authenticator;
use conversation::Conversation;
use interrupt::Interrupt;
pub(crate) use modes::switch_modes;
use service::Console;

use crate::session::Shared;
use crate::wire::stream::Stream;

/// Serves the console for as long as the future is polled; dropping it closes all connections of the console.
pub async fn serve(listener: TcpListener, shared: Arc<Shared>, admin: Arc<dyn Admin>, authenticator: Arc<Authenticator>) {
    let console = Arc::new(Console::new(shared, admin, authenticator));
    if let Err(faults) = console.authenticator.reload().await {
        tracing::error!(%faults, "the console's users file has faults: nobody can log in");
    }
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((socket, peer)) => drop(connections.spawn(connection(socket, peer, console.clone()))),
                Err(error) => {
                    // Most likely out of file descriptors: after a pause some connections may have ended.
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

async fn connection(socket: TcpStream, peer: SocketAddr, console: Arc<Console>) {
    let Some(attempt) = console.authenticator.begin(peer.ip()).await else {
        return tracing::warn!(%peer, "a console client was dropped: too many wait to log in");
    };
    let conversation = Conversation::new(console.authenticator.is_own(&socket).await, Interrupt::by(&socket));
    match Stream::tcp(socket) {
        Ok(stream) => connection::serve(stream, peer, conversation, console, attempt).await,
        Err(error) => tracing::info!(%peer, %error, "a console client's socket failed"),
    }
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;

    use super::*;
    use crate::control::ModeChange;
    use crate::error::{Error, Faults, Result};
    use crate::mode::Mode;
    use crate::report::verdict::Judged;
    use crate::report::{Question, Report};
    use crate::table::Table;

    /// A console whose proxy refuses every change.
    pub(super) fn console() -> Console {
        let shared = Arc::new(crate::report::tests::shared());
        Console::new(shared.clone(), Arc::new(Idle), Arc::new(Authenticator::new(shared)))
    }

    struct Idle;

    impl Admin for Idle {
        fn set_modes<'a>(
            &'a self,
            _: &'a [String],
            _: Mode,
            _: &'a str,
            _: Option<&'a str>,
        ) -> Pin<Box<dyn Future<Output = Result<Vec<ModeChange>>> + Send + 'a>> {
            Box::pin(async { Err(Error::refused("not here")) })
        }
        fn set_all_modes<'a>(
            &'a self,
            _: Mode,
            _: &'a str,
            _: Option<&'a str>,
        ) -> Pin<Box<dyn Future<Output = Result<Vec<ModeChange>>> + Send + 'a>> {
            Box::pin(async { Err(Error::refused("not here")) })
        }
        fn reload<'a>(&'a self) -> Pin<Box<dyn Future<Output = Result<Faults>> + Send + 'a>> {
            Box::pin(async { Err(Error::refused("not here")) })
        }
        fn cancel<'a>(&'a self, _: &'a [u8]) -> Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>> {
            Box::pin(async { Ok(()) })
        }

        fn told<'a>(
            &'a self,
            _: &'a [&'static Report],
            _: &'a Question,
        ) -> Pin<Box<dyn Future<Output = Result<Vec<Table>>> + Send + 'a>> {
            Box::pin(async { Err(Error::refused("not here")) })
        }
        fn judged<'a>(&'a self, _: &'a Question) -> Pin<Box<dyn Future<Output = Result<Vec<Judged>>> + Send + 'a>> {
            Box::pin(async { Err(Error::refused("not here")) })
        }
        fn obstacles<'a>(&'a self) -> Pin<Box<dyn Future<Output = Vec<String>> + Send + 'a>> {
            Box::pin(async { Vec::new() })
        }
        fn shutdown(&self) {}
    }
}
