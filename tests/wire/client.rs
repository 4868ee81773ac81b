//! A client that sends raw bytes and reads whole messages, for tests that do not compare transcripts.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::frames::{self, V3_0};
use crate::stage::PATIENCE;
use crate::transcript::{Leniency, Message, take_message};

/// A connection.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) socket: TcpStream,
    bytes: Vec<u8>,
}

impl Client {
    /// Connects, and says nothing.
    pub(crate) async fn connect(address: SocketAddr) -> Client {
        Client::connect_from("0.0.0.0", address).await
    }

    /// The same from an address of this machine.
    pub(crate) async fn connect_from(own: &str, address: SocketAddr) -> Client {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind(format!("{own}:0").parse().unwrap()).unwrap();
        let socket = tokio::time::timeout(PATIENCE, socket.connect(address)).await.expect("in time").expect("not refused");
        socket.set_nodelay(true).unwrap();
        Client { socket, bytes: Vec::new() }
    }

    /// Logs in as a user of a database.
    pub(crate) async fn log_in(address: SocketAddr, user: &str, database: &str) -> Client {
        let mut client = Client::connect(address).await;
        client.send(&frames::startup(V3_0, &[("user", user), ("database", database)])).await;
        let said = client.until(b'Z').await;
        assert_eq!(said.last().map(String::as_str), Some("Z ReadyForQuery I"), "{said:?}");
        client
    }

    /// Sends bytes; a peer that has closed is not an error here.
    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        let _ = self.socket.write_all(bytes).await;
    }

    /// The next message; `None` when the connection is closed.
    pub(crate) async fn message(&mut self) -> Option<Message> {
        loop {
            if let Some(message) = take_message(&mut self.bytes) {
                return Some(message);
            }
            let read = tokio::time::timeout(PATIENCE, self.socket.read_buf(&mut self.bytes)).await;
            if read.expect("an answer in time").unwrap_or(0) == 0 {
                return None;
            }
        }
    }

    /// Messages as lines, up to one with this tag or to the end.
    pub(crate) async fn until(&mut self, tag: u8) -> Vec<String> {
        let mut lines = Vec::new();
        while let Some(message) = self.message().await {
            lines.push(message.line(Leniency::default()));
            if message.tag == tag {
                break;
            }
        }
        lines
    }

    /// Asks, and gives the messages of the answer.
    pub(crate) async fn query(&mut self, sql: &str) -> Vec<String> {
        self.send(&frames::query(sql)).await;
        self.until(b'Z').await
    }

    /// The first column of the only row of an answer.
    pub(crate) async fn value(&mut self, sql: &str) -> String {
        self.send(&frames::query(sql)).await;
        let mut value = None;
        while let Some(message) = self.message().await {
            match message.tag {
                b'D' => value = Some(String::from_utf8_lossy(&message.body[6..]).into_owned()),
                b'Z' => break,
                b'E' => panic!("{sql}: {}", message.line(Leniency::default())),
                _ => {}
            }
        }
        value.unwrap_or_else(|| panic!("{sql}: closed without a row"))
    }

    /// Everything until the connection is closed, as it comes.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        let mut bytes = std::mem::take(&mut self.bytes);
        let read = tokio::time::timeout(PATIENCE, self.socket.read_to_end(&mut bytes)).await;
        let _ = read.expect("closed in time");
        bytes
    }

    /// Ends the connection with RST instead of FIN.
    pub(crate) fn reset(self) {
        socket2::SockRef::from(&self.socket).set_linger(Some(Duration::ZERO)).unwrap();
    }
}
