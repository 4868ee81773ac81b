//! An HTTP/1.1 client that writes the given bytes unchanged, and reads one answer.

use std::time::Duration;

use esclusa::config::Address;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Longer than an answer takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Answer {
    /// The value of a header; empty where it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = |line: &'_ str| -> Option<usize> {
            let (key, _) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then_some(key.len() + 1)
        };
        self.head.lines().find_map(|line| Some(line[value(line)?..].trim())).unwrap_or_default()
    }
}

/// A web port.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Port(pub(crate) u16);

impl Port {
    pub(crate) fn of(address: Option<&Address>) -> Port {
        let Some(Address::Tcp(_, port)) = address else { panic!("the web port listens: {address:?}") };
        Port(*port)
    }

    pub(crate) async fn connect(self) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.0)).await.unwrap()
    }

    /// Sends bytes, and reads until the other side closes; `None` where it says nothing.
    pub(crate) async fn send(self, bytes: &[u8]) -> Option<Answer> {
        let mut socket = self.connect().await;
        // A server that refuses a long request may close before it has read all of it.
        let _ = socket.write_all(bytes).await;
        let mut read = Vec::new();
        let reading = async {
            let mut buffer = [0; 16 * 1024];
            while let Ok(n @ 1..) = socket.read(&mut buffer).await {
                read.extend_from_slice(&buffer[..n]);
            }
        };
        tokio::time::timeout(PATIENCE, reading).await.expect("an answer in time");
        let text = String::from_utf8(read).unwrap();
        let (head, body) = text.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Some(Answer { status, head: head.to_owned(), body: body.to_owned() })
    }

    /// GET with more header lines, each ended.
    pub(crate) async fn get_with(self, path: &str, headers: &str) -> Answer {
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost:{}\r\nConnection: close\r\n{headers}\r\n", self.0);
        self.send(request.as_bytes()).await.unwrap()
    }

    pub(crate) async fn get(self, path: &str) -> Answer {
        self.get_with(path, "").await
    }
}

/// The header line of HTTP Basic.
pub(crate) fn basic(user: &str, password: &str) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
    format!("Authorization: Basic {text}\r\n")
}
