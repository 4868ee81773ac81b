//! Listening sockets, bound or inherited.

use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{mpsc, watch};

use crate::config::Address;
use crate::error::{Error, Result};
use crate::session::PeerAddress;
use crate::wire::stream::Stream;

/// A socket that is listened on.
#[derive(Debug)]
pub enum Listener {
    /// TCP.
    Tcp(TcpListener),
    /// A Unix socket.
    Unix(UnixListener),
}

/// A socket on its way to a worker.
#[derive(Debug)]
pub(super) enum Accepted {
    Tcp(std::net::TcpStream, SocketAddr),
    Unix(std::os::unix::net::UnixStream),
}

impl Listener {
    /// Takes an inherited socket, or binds a new one; also returns its actual address.
    pub async fn open(address: &Address, inherited: Option<OwnedFd>) -> Result<(Listener, Address)> {
        let io = |e| Error::io(format!("listening on {address}"), e);
        match (address, inherited) {
            (Address::Tcp(host, _), Some(fd)) => {
                let listener = std::net::TcpListener::from(fd);
                listener.set_nonblocking(true).map_err(io)?;
                let listener = TcpListener::from_std(listener).map_err(io)?;
                let port = listener.local_addr().map_err(io)?.port();
                Ok((Listener::Tcp(listener), Address::Tcp(host.clone(), port)))
            }
            (Address::Tcp(host, port), None) => {
                let listener = TcpListener::bind((host.as_str(), *port)).await.map_err(io)?;
                let port = listener.local_addr().map_err(io)?.port();
                Ok((Listener::Tcp(listener), Address::Tcp(host.clone(), port)))
            }
            (Address::Unix(_), Some(fd)) => {
                let listener = std::os::unix::net::UnixListener::from(fd);
                listener.set_nonblocking(true).map_err(io)?;
                Ok((Listener::Unix(UnixListener::from_std(listener).map_err(io)?), address.clone()))
            }
            (Address::Unix(path), None) => {
                remove_if_dead(path);
                Ok((Listener::Unix(UnixListener::bind(path).map_err(io)?), address.clone()))
            }
        }
    }

    /// The same for TCP only.
    pub(super) async fn open_tcp(name: &str, address: &Address, inherited: Option<OwnedFd>) -> Result<(TcpListener, Address)> {
        match Listener::open(address, inherited).await? {
            (Listener::Tcp(listener), address) => Ok((listener, address)),
            (Listener::Unix(_), _) => Err(Error::usage(format!("{name}.address must be a host and a port"))),
        }
    }

    /// A second handle on the same socket.
    pub(super) fn duplicate(&self) -> std::io::Result<OwnedFd> {
        match self {
            Listener::Tcp(listener) => listener.as_fd().try_clone_to_owned(),
            Listener::Unix(listener) => listener.as_fd().try_clone_to_owned(),
        }
    }

    async fn accept(&self) -> std::io::Result<Accepted> {
        match self {
            Listener::Tcp(listener) => listener.accept().await.and_then(|(s, a)| Ok(Accepted::Tcp(s.into_std()?, a))),
            Listener::Unix(listener) => listener.accept().await.and_then(|(s, _)| Ok(Accepted::Unix(s.into_std()?))),
        }
    }
}

/// Removes a socket file on which nobody answers, left by a process that died.
pub(super) fn remove_if_dead(path: &std::path::Path) {
    if std::os::unix::net::UnixStream::connect(path).is_err() {
        let _ = std::fs::remove_file(path);
    }
}

impl Accepted {
    /// The stream, and its peer.
    pub(super) fn into_stream(self) -> std::io::Result<(Stream, PeerAddress)> {
        match self {
            Accepted::Tcp(socket, address) => Ok((
                Stream::tcp(tokio::net::TcpStream::from_std(socket)?)?,
                PeerAddress { address: address.ip().to_string(), port: Some(address.port()) },
            )),
            Accepted::Unix(socket) => Ok((
                Stream::Unix(tokio::net::UnixStream::from_std(socket)?),
                PeerAddress { address: "local".to_owned(), port: None },
            )),
        }
    }
}

/// Accepts until the proxy ends, and hands each socket to the next worker.
pub(super) async fn accept(listener: Listener, workers: Vec<mpsc::Sender<Accepted>>, mut stopped: watch::Receiver<bool>) {
    let mut turn = 0;
    loop {
        let socket = tokio::select! {
            socket = listener.accept() => socket,
            _ = stopped.wait_for(|s| *s) => return,
        };
        match socket {
            Ok(socket) => {
                turn = (turn + 1) % workers.len();
                if workers[turn].send(socket).await.is_err() {
                    tracing::error!("a worker has ended; a client was dropped");
                }
            }
            Err(error) => {
                // Most likely there are no file descriptors left: a pause lets sessions end.
                tracing::warn!(%error, "a client could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}
