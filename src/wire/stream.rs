//! The sockets of clients and servers: TCP, Unix and TLS, as one type.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::{client, server};

use super::tls::{ALPN, Acceptor, Connector};
use crate::config::{Address, UseTls};
use crate::error::{Error, Result};

/// After this idle time a connection is probed; it is closed after a few probes without an answer.
const KEEPALIVE: Duration = Duration::from_secs(60);
/// How long bytes may stay unacknowledged before the connection is closed (tcp(7), TCP_USER_TIMEOUT).
const UNACKNOWLEDGED: Duration = Duration::from_secs(30);
/// The packet with which a server is asked for TLS (manual, section 55.2.11).
const TLS_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// A connected socket.
#[derive(Debug)]
pub enum Stream {
    /// TCP, with TCP_NODELAY and keepalive.
    Tcp(TcpStream),
    /// A Unix socket.
    Unix(UnixStream),
    /// TLS with a client.
    TlsClient(Box<server::TlsStream<TcpStream>>),
    /// TLS with the server.
    TlsServer(Box<client::TlsStream<TcpStream>>),
}

/// The connection between proxy and client, or between proxy and server.
pub trait Link: AsyncRead + AsyncWrite + Unpin + Sized {
    /// Whether TLS is in use on it.
    fn is_encrypted(&self) -> bool;
    /// Whether TLS can be started on it: on TCP without TLS. PostgreSQL has no TLS on Unix sockets either.
    fn can_encrypt(&self) -> bool;
    /// Starts TLS with the client.
    fn encrypt(self, tls: &Acceptor) -> impl Future<Output = io::Result<Self>>;
}

impl Link for Stream {
    fn is_encrypted(&self) -> bool {
        matches!(self, Stream::TlsClient(_) | Stream::TlsServer(_))
    }

    fn can_encrypt(&self) -> bool {
        matches!(self, Stream::Tcp(_))
    }

    async fn encrypt(self, tls: &Acceptor) -> io::Result<Self> {
        match self {
            Stream::Tcp(socket) => tls.accept(socket).await.map(|s| Stream::TlsClient(Box::new(s))),
            _ => Err(io::ErrorKind::Unsupported.into()),
        }
    }
}

impl Stream {
    /// Connects to an address; tries again for `retry` while nobody answers there.
    pub async fn connect(address: &Address, patience: Duration, retry: Duration) -> Result<Stream> {
        let begun = Instant::now();
        loop {
            let connected = tokio::time::timeout(patience, async {
                match address {
                    Address::Tcp(host, port) => TcpStream::connect((host.as_str(), *port)).await.and_then(Stream::tcp),
                    Address::Unix(path) => UnixStream::connect(path).await.map(Stream::Unix),
                }
            });
            let slow = || Err(io::Error::new(io::ErrorKind::TimedOut, "no answer in time"));
            match connected.await.unwrap_or_else(|_| slow()) {
                Ok(stream) => return Ok(stream),
                Err(error) if begun.elapsed() >= retry => return Err(Error::io(format!("connecting to {address}"), error)),
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    /// Starts TLS with the server on a new connection, as far as the mode demands it.
    pub async fn secure(self, address: &Address, tls: &Connector) -> Result<Stream> {
        let (mut socket, host) = match (self, address) {
            (Stream::Tcp(socket), Address::Tcp(host, _)) if tls.mode != UseTls::Disable => (socket, host),
            (plain, _) => return Ok(plain),
        };
        let io = |e| Error::io(format!("asking {address} for TLS"), e);
        socket.write_all(&TLS_REQUEST).await.map_err(io)?;
        match socket.read_u8().await.map_err(io)? {
            b'S' => tls.connect(host, socket).await.map(|s| Stream::TlsServer(Box::new(s))),
            b'N' if tls.mode == UseTls::Prefer => Ok(Stream::Tcp(socket)),
            b'N' => Err(io(io::Error::other("the server does not offer TLS"))),
            _ => Err(io(io::Error::other("the server answered with an error; is it PostgreSQL?"))),
        }
    }

    /// Prepares an accepted or connected TCP socket. Without TCP_NODELAY a query takes 44 ms.
    pub fn tcp(socket: TcpStream) -> io::Result<Stream> {
        socket.set_nodelay(true)?;
        let keepalive = TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE / 6).with_retries(3);
        let raw = SockRef::from(&socket);
        raw.set_tcp_keepalive(&keepalive)?;
        raw.set_tcp_user_timeout(Some(UNACKNOWLEDGED))?;
        Ok(Stream::Tcp(socket))
    }

    /// Whether a client starts TLS directly, without asking first. Waits for its first byte.
    pub async fn begins_with_tls(&self) -> io::Result<bool> {
        const HANDSHAKE: u8 = 22;
        let mut first = [0];
        match self {
            Stream::Tcp(socket) => Ok(socket.peek(&mut first).await? == 1 && first[0] == HANDSHAKE),
            _ => Ok(false),
        }
    }

    /// Whether the client has named PostgreSQL's protocol (ALPN) in its TLS handshake.
    pub fn names_protocol(&self) -> bool {
        matches!(self, Stream::TlsClient(s) if s.get_ref().1.alpn_protocol() == Some(ALPN))
    }
}

macro_rules! either {
    ($self:ident, $stream:ident => $call:expr) => {
        match $self.get_mut() {
            Stream::Tcp($stream) => $call,
            Stream::Unix($stream) => $call,
            Stream::TlsClient($stream) => $call,
            Stream::TlsServer($stream) => $call,
        }
    };
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        either!(self, s => Pin::new(s).poll_read(cx, buf))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        either!(self, s => Pin::new(s).poll_write(cx, buf))
    }
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, s => Pin::new(s).poll_flush(cx))
    }
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, s => Pin::new(s).poll_shutdown(cx))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both connections are prepared by [`Stream::tcp`]; the kernel tells the options that are set.
    #[tokio::test]
    async fn sockets_are_watched_and_do_not_wait() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = Address::Tcp("127.0.0.1".into(), listener.local_addr().unwrap().port());
        let connected = Stream::connect(&address, KEEPALIVE, Duration::ZERO).await.unwrap();
        let accepted = Stream::tcp(listener.accept().await.unwrap().0).unwrap();
        for stream in [&connected, &accepted] {
            let Stream::Tcp(socket) = stream else { panic!("{stream:?}") };
            let raw = SockRef::from(socket);
            assert!(raw.tcp_nodelay().unwrap() && raw.keepalive().unwrap());
            assert_eq!(raw.tcp_keepalive_time().unwrap(), KEEPALIVE);
            assert_eq!(raw.tcp_user_timeout().unwrap(), Some(UNACKNOWLEDGED));
        }
    }
}
