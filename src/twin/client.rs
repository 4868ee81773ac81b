//! A client that hides nothing: every reply comes back as the server sent it.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::answer::{Answer, Reply};
use super::login::Proof;
use crate::config::Address;
use crate::error::{Error, Result};
use crate::wire::error_response::ErrorFields;
use crate::wire::frame::{self, HEADER_BYTES};
use crate::wire::stream::Stream;

/// A server that is silent for this long has hung.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection to a server or to the proxy.
#[derive(Debug)]
pub struct Client {
    stream: Stream,
    buffer: Vec<u8>,
    /// The position up to which the buffer was parsed.
    at: usize,
    /// Parameters that the server has reported, the last value of each.
    pub parameters: Vec<(String, String)>,
    /// The key for a cancel request: the body of BackendKeyData.
    pub key: Vec<u8>,
    /// A server that is silent for this long has hung.
    pub patience: Duration,
}

/// How a statement is sent.
#[derive(Debug, Clone, Default)]
pub struct Extended {
    /// Declared parameter types; the server infers one that is 0 or missing.
    pub types: Vec<u32>,
    /// Parameter values as text.
    pub values: Vec<Option<String>>,
    /// The same values in binary, sent instead.
    pub images: Option<Vec<Option<Vec<u8>>>>,
    /// Ask for binary results.
    pub binary: bool,
}

impl Client {
    /// Connects and logs in with these start-up parameters, without a password.
    pub async fn connect(address: &Address, parameters: &[(&str, &str)]) -> Result<Client> {
        let stream = Stream::connect(address, PATIENCE, Duration::ZERO).await?;
        let parameters: Vec<_> = parameters.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
        Client::login(stream, &parameters, None).await
    }

    /// Logs in on an open connection.
    pub async fn login(stream: Stream, parameters: &[(&[u8], &[u8])], password: Option<&str>) -> Result<Client> {
        let (parameters_told, patience) = (Vec::new(), PATIENCE);
        let mut client = Client { stream, buffer: Vec::new(), at: 0, parameters: parameters_told, key: Vec::new(), patience };
        let strings = parameters.iter().flat_map(|(name, value)| [*name, &[0], *value, &[0]]).collect::<Vec<_>>().concat();
        let body = [&196_608_u32.to_be_bytes()[..], &strings, &[0]].concat();
        let mut packet = u32::try_from(body.len() + 4).unwrap_or(u32::MAX).to_be_bytes().to_vec();
        packet.extend(body);
        client.send(&packet).await?;
        let user = parameters.iter().find(|(name, _)| *name == b"user").map_or(&[][..], |(_, user)| *user);
        let mut proof = Proof::new(user, password);
        loop {
            match client.frame().await? {
                None => return Err(Error::io("logging in", std::io::ErrorKind::UnexpectedEof.into())),
                Some((b'R', body)) => {
                    if let Some(answer) = proof.answer(&body)? {
                        let mut out = Vec::new();
                        frame::write(&mut out, b'p', &[&answer]);
                        client.send(&out).await?;
                    }
                }
                Some((b'Z', _)) => return Ok(client),
                Some((b'E', body)) => {
                    let error = ErrorFields::parse(&body);
                    let text = |c| String::from_utf8_lossy(error.get(c).unwrap_or_default()).into_owned();
                    let (message, sqlstate) = (text(b'M'), text(b'C'));
                    return Err(Error::Database { context: "logging in".into(), message, detail: None, sqlstate });
                }
                Some((tag, body)) => drop(client.kept_aside(tag, &body)),
            }
        }
    }

    /// Whether a frame answers no request, such as ParameterStatus; its content is stored.
    fn kept_aside(&mut self, tag: u8, body: &[u8]) -> bool {
        match tag {
            b'S' => {
                let mut parts = body.split(|b| *b == 0).map(|p| String::from_utf8_lossy(p).into_owned());
                let (name, value) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
                self.parameters.retain(|(n, _)| *n != name);
                self.parameters.push((name, value));
            }
            b'K' => self.key = body.to_vec(),
            b'R' => {}
            _ => return false,
        }
        true
    }

    /// Sends bytes as they are.
    pub async fn send(&mut self, bytes: &[u8]) -> Result<()> {
        self.stream.write_all(bytes).await.map_err(|e| Error::io("sending to the server", e))
    }

    /// Reads replies up to ReadyForQuery, or to the end of the connection. A COPY FROM STDIN is answered with `copy_in` by
    /// [`Client::query_with`]; here it is left to the caller.
    pub async fn until_ready(&mut self) -> Result<Answer> {
        let mut answer = Answer::default();
        while let Some(reply) = self.reply().await? {
            let end = matches!(reply, Reply::Ready(_) | Reply::Copy('G', _));
            answer.0.push(reply);
            if end {
                break;
            }
        }
        Ok(answer)
    }

    /// The next reply; ParameterStatus is stored and not returned.
    pub async fn reply(&mut self) -> Result<Option<Reply>> {
        loop {
            let Some((tag, body)) = self.frame().await? else { return Ok(None) };
            if !self.kept_aside(tag, &body) {
                return Ok(Some(Reply::parse(tag, &body)));
            }
        }
    }

    async fn frame(&mut self) -> Result<Option<(u8, Vec<u8>)>> {
        loop {
            let rest = &self.buffer[self.at..];
            if let Some(Ok(header)) = frame::header(rest)
                && rest.len() >= header.total
            {
                self.at += header.total;
                return Ok(Some((header.tag, rest[HEADER_BYTES..header.total].to_vec())));
            }
            self.buffer.drain(..self.at);
            self.at = 0;
            let read = tokio::time::timeout(self.patience, self.stream.read_buf(&mut self.buffer)).await;
            let io = |e| Error::io("reading from the server", e);
            match read {
                Ok(read) => {
                    if read.map_err(io)? == 0 {
                        return Ok(None);
                    }
                }
                Err(_) => return Err(io(std::io::ErrorKind::TimedOut.into())),
            }
        }
    }

    /// A simple query.
    pub async fn query(&mut self, text: &str) -> Result<Answer> {
        self.query_with(text, &[]).await
    }

    /// A simple query; a COPY FROM STDIN gets these bytes.
    pub async fn query_with(&mut self, text: &str, copy_in: &[u8]) -> Result<Answer> {
        let mut out = Vec::new();
        frame::write(&mut out, b'Q', &[text.as_bytes(), &[0]]);
        self.send(&out).await?;
        let mut answer = self.until_ready().await?;
        while let Some(Reply::Copy('G', _)) = answer.0.last() {
            let mut data = Vec::new();
            if !copy_in.is_empty() {
                frame::write(&mut data, b'd', &[copy_in]);
            }
            frame::write(&mut data, b'c', &[]);
            self.send(&data).await?;
            answer.0.extend(self.until_ready().await?.0);
        }
        Ok(answer)
    }

    /// Parse, Describe of the statement, Bind, Describe of the portal, Execute, Sync, in one packet.
    pub async fn extended(&mut self, text: &str, how: &Extended) -> Result<Answer> {
        let mut out = parse("", text, &how.types);
        frame::write(&mut out, b'D', &[b"S\0"]);
        out.extend(executed("", how));
        self.send(&out).await?;
        let mut answer = self.until_ready().await?;
        if let Some(Reply::Copy('G', _)) = answer.0.last() {
            let mut data = Vec::new();
            frame::write(&mut data, b'c', &[]);
            frame::write(&mut data, b'S', &[]);
            self.send(&data).await?;
            answer.0.extend(self.until_ready().await?.0);
        }
        Ok(answer)
    }

    /// Parse and Describe, without running the statement.
    pub async fn describe(&mut self, text: &str) -> Result<Answer> {
        self.prepare("", text).await
    }

    /// Parse under a name, and Describe.
    pub async fn prepare(&mut self, name: &str, text: &str) -> Result<Answer> {
        let mut out = parse(name, text, &[]);
        frame::write(&mut out, b'D', &[b"S", name.as_bytes(), &[0]]);
        frame::write(&mut out, b'S', &[]);
        self.send(&out).await?;
        self.until_ready().await
    }

    /// Bind, Describe of the portal, Execute, Sync, of a statement that was prepared under a name.
    pub async fn execute(&mut self, name: &str, how: &Extended) -> Result<Answer> {
        self.send(&executed(name, how)).await?;
        self.until_ready().await
    }

    /// Close of a statement that was prepared under a name.
    pub async fn close(&mut self, name: &str) -> Result<Answer> {
        let mut out = Vec::new();
        frame::write(&mut out, b'C', &[b"S", name.as_bytes(), &[0]]);
        frame::write(&mut out, b'S', &[]);
        self.send(&out).await?;
        self.until_ready().await
    }

    /// The types that the server infers for a statement's parameters; empty if it cannot be parsed.
    pub async fn parameter_types(&mut self, text: &str) -> Result<Vec<u32>> {
        let types = |r: &Reply| if let Reply::Parameters(types) = r { Some(types.clone()) } else { None };
        Ok(self.describe(text).await?.0.iter().find_map(types).unwrap_or_default())
    }
}

fn parse(name: &str, text: &str, types: &[u32]) -> Vec<u8> {
    let mut out = Vec::new();
    let count = u16::try_from(types.len()).unwrap_or(u16::MAX).to_be_bytes();
    let types: Vec<u8> = types.iter().flat_map(|t| t.to_be_bytes()).collect();
    frame::write(&mut out, b'P', &[name.as_bytes(), &[0], text.as_bytes(), &[0], &count, &types]);
    out
}

fn executed(name: &str, how: &Extended) -> Vec<u8> {
    let mut out = bind(name, how);
    frame::write(&mut out, b'D', &[b"P\0"]);
    frame::write(&mut out, b'E', &[&[0], &[0; 4]]);
    frame::write(&mut out, b'S', &[]);
    out
}

fn bind(name: &str, how: &Extended) -> Vec<u8> {
    let mut body = vec![0];
    body.extend(name.as_bytes());
    body.extend([0, 0, 1, 0, u8::from(how.images.is_some())]);
    let texts = || how.values.iter().map(|v| v.as_ref().map(|v| v.as_bytes().to_vec())).collect();
    let values: Vec<Option<Vec<u8>>> = how.images.clone().unwrap_or_else(texts);
    body.extend(u16::try_from(values.len()).unwrap_or(u16::MAX).to_be_bytes());
    for value in &values {
        match value {
            Some(value) => {
                body.extend(u32::try_from(value.len()).unwrap_or(u32::MAX).to_be_bytes());
                body.extend(value);
            }
            None => body.extend((-1_i32).to_be_bytes()),
        }
    }
    body.extend([0, 1, 0, u8::from(how.binary)]);
    let mut out = Vec::new();
    frame::write(&mut out, b'B', &[&body]);
    out
}
