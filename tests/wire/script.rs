//! A script is what a client does, step by step; playing it over two ways gives two transcripts, which must be equal.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::LocalSet;

use crate::common;
use crate::frames;
use crate::stage::{PATIENCE, Socket, Way, stage};
use crate::transcript::{self, Leniency, Message};

/// One step.
#[derive(Debug, Clone)]
enum Act {
    /// Bytes go out.
    Send(Vec<u8>),
    /// A start-up packet with these parameters besides user and database; those that are named here go before.
    Startup(u32, Vec<(String, String)>),
    /// One raw byte comes: the answer to a request for encryption.
    Byte,
    /// Messages arrive until one with this tag has come this many times.
    Until(u8, usize),
    /// Messages come until the connection is closed.
    Eof,
    /// The client says that it will send no more.
    HalfClose,
    /// SQL on another connection, without a proxy; `{pid}` is the backend of this one.
    Elsewhere(String),
    /// A query on another connection becomes true.
    Wait(String),
    /// A cancel request with this connection's key, by the same way, until it is closed.
    Cancel,
}

impl Act {
    /// What it sends.
    fn bytes(&self) -> usize {
        if let Act::Send(bytes) = self { bytes.len() } else { 0 }
    }
}

/// The steps of a client.
#[derive(Debug, Clone)]
pub(crate) struct Script {
    name: String,
    acts: Vec<Act>,
    leniency: Leniency,
    /// Ways by which it is not played.
    without: Vec<Way>,
}

/// Begins a script with a log-in.
pub(crate) fn script(name: &str) -> Script {
    raw(name).startup(frames::V3_0, &[]).ready(1)
}

/// Begins a script with nothing.
pub(crate) fn raw(name: &str) -> Script {
    Script { name: name.to_owned(), acts: Vec::new(), leniency: Leniency::default(), without: Vec::new() }
}

impl Script {
    fn act(mut self, act: Act) -> Self {
        self.acts.push(act);
        self
    }
    pub(crate) fn startup(self, version: u32, parameters: &[(&str, &str)]) -> Self {
        let parameters = parameters.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        self.act(Act::Startup(version, parameters))
    }
    pub(crate) fn send(self, messages: &[Vec<u8>]) -> Self {
        self.act(Act::Send(messages.concat()))
    }
    pub(crate) fn query(self, sql: &str) -> Self {
        self.send(&[frames::query(sql)]).ready(1)
    }
    pub(crate) fn byte(self) -> Self {
        self.act(Act::Byte)
    }
    pub(crate) fn ready(self, times: usize) -> Self {
        self.until(b'Z', times)
    }
    pub(crate) fn until(self, tag: u8, times: usize) -> Self {
        self.act(Act::Until(tag, times))
    }
    pub(crate) fn eof(self) -> Self {
        self.act(Act::Eof)
    }
    pub(crate) fn half_close(self) -> Self {
        self.act(Act::HalfClose)
    }
    pub(crate) fn elsewhere(self, sql: &str) -> Self {
        self.act(Act::Elsewhere(sql.to_owned()))
    }
    pub(crate) fn wait(self, question: &str) -> Self {
        self.act(Act::Wait(question.to_owned()))
    }
    /// Waits until this connection's backend runs a statement with this text in it.
    pub(crate) fn wait_running(self, text: &str) -> Self {
        self.wait(&format!(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = {{pid}} AND state = 'active' AND query LIKE '%{text}%')"
        ))
    }
    pub(crate) fn cancel(self) -> Self {
        self.act(Act::Cancel)
    }
    /// Its statements are rewritten.
    pub(crate) fn rewritten(mut self) -> Self {
        self.leniency.rewritten = true;
        self
    }
    /// Its errors are the proxy's own, in the server's words.
    pub(crate) fn own_error(mut self) -> Self {
        self.leniency.own_error = true;
        self
    }
    /// The server is interrupted while data arrives.
    pub(crate) fn interrupted(mut self) -> Self {
        self.leniency.interrupted = true;
        self
    }
    /// Not played by this way.
    pub(crate) fn without(mut self, way: Way) -> Self {
        self.without.push(way);
        self
    }

    /// Plays it by one way.
    pub(crate) async fn play(&self, way: Way) -> Vec<String> {
        let mut player = Player {
            way,
            socket: stage().connect(way).await,
            bytes: Vec::new(),
            lines: Vec::new(),
            key: Vec::new(),
            leniency: self.leniency,
        };
        for act in &self.acts {
            // A long message goes byte by byte some ways, and tests beside this one want the processor too.
            let patience = PATIENCE + Duration::from_millis(act.bytes() as u64 / 10);
            let played = tokio::time::timeout(patience, player.act(act)).await;
            if played.is_err() {
                let told: String = format!("{act:?}").chars().take(200).collect();
                player.lines.push(format!("(nothing more came: {told})"));
                break;
            }
        }
        if !player.bytes.is_empty() {
            player.lines.push(format!("(half a message: {})", player.bytes.escape_ascii()));
        }
        player.lines
    }
}

struct Player {
    way: Way,
    socket: Box<dyn Socket>,
    bytes: Vec<u8>,
    lines: Vec<String>,
    /// The body of BackendKeyData.
    key: Vec<u8>,
    leniency: Leniency,
}

impl Player {
    async fn act(&mut self, act: &Act) {
        match act {
            Act::Send(bytes) => self.send(bytes).await,
            Act::Startup(version, given) => {
                let database = self.way.database();
                let given: Vec<(&str, &str)> = given.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
                let usual = [("user", "postgres"), ("database", database), ("search_path", "cf_quere_pro, public")];
                let usual = usual.into_iter().filter(|(n, _)| given.iter().all(|(g, _)| g != n));
                let parameters: Vec<(&str, &str)> = usual.chain(given.iter().copied()).collect();
                self.send(&frames::startup(*version, &parameters)).await;
            }
            Act::Byte => {
                let byte = self.socket.read_u8().await;
                self.lines.push(byte.map_or("(closed)".to_owned(), |b| format!("byte {}", char::from(b))));
            }
            Act::Until(tag, times) => {
                let mut left = *times;
                while left > 0 {
                    let Some(message) = self.message().await else { break };
                    left -= usize::from(message.tag == *tag);
                }
            }
            Act::Eof => while self.message().await.is_some() {},
            Act::HalfClose => drop(self.socket.shutdown().await),
            Act::Elsewhere(sql) => {
                let sql = self.filled(sql);
                stage().admin().await.batch("elsewhere", &sql).await.unwrap_or_else(|e| panic!("{e} {:?}\n{sql}", e.more()));
            }
            Act::Wait(question) => common::wait_for(&stage().admin().await, &self.filled(question)).await,
            Act::Cancel => {
                let mut other = stage().connect(self.way).await;
                other.write_all(&frames::packet(frames::CANCEL, &self.key)).await.unwrap();
                let mut rest = Vec::new();
                let ended = other.read_to_end(&mut rest).await.is_ok();
                self.lines.push(format!("(cancel request: {} bytes, ended {ended})", rest.len()));
            }
        }
    }

    async fn send(&mut self, bytes: &[u8]) {
        // A server that has closed already refuses; what it said is what counts.
        if self.way == Way::Split {
            for byte in bytes {
                let _ = self.socket.write_all(&[*byte]).await;
                let _ = self.socket.flush().await;
            }
        } else {
            let _ = self.socket.write_all(bytes).await;
        }
    }

    async fn message(&mut self) -> Option<Message> {
        loop {
            if let Some(message) = transcript::take_message(&mut self.bytes) {
                if message.tag == b'K' {
                    self.key.clone_from(&message.body);
                }
                self.lines.push(message.line(self.leniency));
                return Some(message);
            }
            // A reset and a regular end are the same to a client: the kernel chooses.
            if self.socket.read_buf(&mut self.bytes).await.unwrap_or(0) == 0 {
                self.lines.push("(closed)".to_owned());
                return None;
            }
        }
    }

    fn filled(&self, sql: &str) -> String {
        let pid = self.key.first_chunk::<4>().map_or(0, |k| u32::from_be_bytes(*k));
        sql.replace("{pid}", &pid.to_string()).replace("{database}", self.way.database())
    }
}

/// Plays scripts by every way and compares; all differences are shown at once.
pub(crate) fn compare(scripts: impl IntoIterator<Item = Script>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    LocalSet::new().block_on(&runtime, async {
        let mut differences = Vec::new();
        for script in scripts {
            let direct = script.play(Way::Direct).await;
            assert!(!direct.is_empty(), "{} shows nothing", script.name);
            assert!(
                !direct.iter().any(|l| l.starts_with("(nothing more")),
                "{}: the server itself\n{}",
                script.name,
                direct.join("\n")
            );
            for way in Way::PROXIED.into_iter().filter(|w| !script.without.contains(w)) {
                let other = script.play(way).await;
                differences.extend(transcript::difference(&script.name, &format!("{way:?}"), &direct, &other));
            }
        }
        assert!(differences.is_empty(), "{} differences\n{}", differences.len(), differences.join("\n"));
    });
}
