//! A proxy in front of a [`Bed`], and a client that writes frames and reads transcripts.

use std::path::PathBuf;

use esclusa::config::{Address, Settings};
use esclusa::mode::Mode;
use esclusa::rule::file;
use esclusa::server::{Loader, Server};
use esclusa::twin::Client;
use esclusa::twin::answer::{Answer, Reply};
use esclusa::wire::error_response::ErrorFields;
use esclusa::wire::frame;

use super::{Bed, SCHEMA, server};

/// A proxy, and where its rules are.
pub(crate) struct Proxy {
    pub(crate) server: Server,
    pub(crate) rules: PathBuf,
}

impl Proxy {
    /// Starts a proxy in front of a bed, with the bed's rules; every table in mode observe.
    pub(crate) async fn start(bed: &Bed) -> Proxy {
        Proxy::start_with(bed, |_| ()).await
    }

    /// The same with other settings.
    pub(crate) async fn start_with(bed: &Bed, change: impl FnOnce(&mut Settings)) -> Proxy {
        let postgres = server().await;
        let rules = postgres.directory.join(format!("rules-{}", bed.name()));
        std::fs::create_dir_all(&rules).unwrap();
        for rule in bed.rules.rules.values() {
            std::fs::write(rules.join(format!("{}.toml", rule.table)), file::print(rule)).unwrap();
        }
        let mut settings = Settings::defaults().unwrap();
        let local = |port| Address::Tcp("127.0.0.1".into(), port);
        settings.listen.address = local(0);
        settings.console.address = local(0);
        settings.listen.workers = 2;
        settings.upstream.address = local(postgres.port);
        settings.rules.directory = rules.clone();
        settings.control.url = postgres.url(bed.name());
        // Tests read tables directly, around the proxy: only tests/around.rs wants that to be reported.
        settings.control.around_interval = std::time::Duration::ZERO;
        change(&mut settings);
        let server = Server::start(Loader::new(move || Ok(settings.clone()))).await.unwrap();
        Proxy { server, rules }
    }

    /// Switches tables.
    pub(crate) async fn set(&self, tables: &[&str], mode: Mode) {
        let tables: Vec<String> = tables.iter().map(|t| (*t).to_owned()).collect();
        self.server.admin().set_modes(&tables, mode, "test", None).await.unwrap();
    }

    pub(crate) fn port(&self) -> u16 {
        let Address::Tcp(_, port) = &self.server.address else { panic!("the proxy listens on TCP") };
        *port
    }

    /// A client through the proxy.
    pub(crate) async fn client(&self, bed: &Bed) -> Raw {
        Raw::connect(&self.server.address, bed.name(), "postgres").await
    }

    /// A client of another user.
    pub(crate) async fn client_of(&self, bed: &Bed, user: &str) -> Raw {
        Raw::connect(&self.server.address, bed.name(), user).await
    }
}

/// A client directly at the server.
pub(crate) async fn direct(bed: &Bed) -> Raw {
    Raw::connect(&Address::Tcp("127.0.0.1".into(), server().await.port), bed.name(), "postgres").await
}

/// A client that writes frames and reads transcripts.
pub(crate) struct Raw(pub(crate) Client);

impl Raw {
    async fn connect(address: &Address, database: &str, user: &str) -> Raw {
        let path = format!("{SCHEMA}, public");
        let parameters = [("user", user), ("database", database), ("search_path", &*path), ("TimeZone", "UTC")];
        Raw(Client::connect(address, &parameters).await.unwrap())
    }

    /// Sends frames as one packet.
    pub(crate) async fn send(&mut self, frames: &[Vec<u8>]) {
        self.0.send(&frames.concat()).await.unwrap();
    }

    /// Replies up to so many ReadyForQuery, one letter or word each.
    pub(crate) async fn until_ready(&mut self, count: usize) -> String {
        let mut told = Vec::new();
        for _ in 0..count {
            let answer = self.0.until_ready().await.unwrap();
            assert!(matches!(answer.0.last(), Some(Reply::Ready(_))), "{told:?} {answer:?}");
            told.push(told_of(&answer));
        }
        told.join(" ")
    }

    /// Replies up to and including the first that reads like this.
    pub(crate) async fn until(&mut self, last: &str) -> String {
        let mut told = Vec::new();
        while told.last().is_none_or(|t| t != last) {
            let reply = self.0.reply().await.unwrap().unwrap_or_else(|| panic!("the connection ended behind {told:?}"));
            told.push(tell(&reply));
        }
        told.join(" ")
    }

    /// Sends frames with one Sync or Query among them, and reads the answer.
    pub(crate) async fn ask(&mut self, frames: &[Vec<u8>]) -> String {
        self.send(frames).await;
        self.until_ready(1).await
    }

    /// A simple query.
    pub(crate) async fn query(&mut self, text: &str) -> String {
        self.ask(&[q(text)]).await
    }
}

fn told_of(answer: &Answer) -> String {
    answer.0.iter().map(tell).collect::<Vec<_>>().join(" ")
}

/// Columns as `T`, rows as their cells, errors with SQLSTATE and message.
pub(crate) fn tell(reply: &Reply) -> String {
    let text = |cell: &Option<Vec<u8>>| cell.as_ref().map_or("null".into(), |c| String::from_utf8_lossy(c).into_owned());
    match reply {
        Reply::Columns(_) => "T".into(),
        Reply::Parameters(types) => format!("t{types:?}"),
        Reply::Row(cells) => format!("({})", cells.iter().map(text).collect::<Vec<_>>().join(",")),
        Reply::Complete(tag) => format!("[{tag}]"),
        Reply::Error(fields) => error(fields),
        Reply::Notice(fields) => format!("notice {}", error(fields)),
        Reply::Ready(status) => format!("Z{status}"),
        Reply::Copy(tag, _) | Reply::Other(tag) => tag.to_string(),
        Reply::CopyData(bytes) => String::from_utf8_lossy(bytes).into_owned(),
    }
}

fn error(fields: &ErrorFields) -> String {
    let text = |code| String::from_utf8_lossy(fields.get(code).unwrap_or_default()).into_owned();
    format!("<{} {}>", text(b'C'), text(b'M'))
}

fn of(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    frame::write(&mut out, tag, parts);
    out
}

/// Query.
pub(crate) fn q(text: &str) -> Vec<u8> {
    of(b'Q', &[text.as_bytes(), &[0]])
}

/// Parse, without parameter types.
pub(crate) fn p(name: &str, text: &str) -> Vec<u8> {
    p_typed(name, text, &[])
}

/// Parse with parameter types.
pub(crate) fn p_typed(name: &str, text: &str, types: &[u32]) -> Vec<u8> {
    let oids: Vec<u8> = types.iter().flat_map(|t| t.to_be_bytes()).collect();
    let count = u16::try_from(types.len()).unwrap().to_be_bytes();
    of(b'P', &[name.as_bytes(), &[0], text.as_bytes(), &[0], &count, &oids])
}

/// Bind of the unnamed portal, parameters and results as text.
pub(crate) fn b(statement: &str, values: &[&str]) -> Vec<u8> {
    b_to("", statement, values)
}

/// Bind of a named portal.
pub(crate) fn b_to(portal: &str, statement: &str, values: &[&str]) -> Vec<u8> {
    let mut body = [portal.as_bytes(), &[0], statement.as_bytes(), &[0, 0, 0]].concat();
    body.extend(u16::try_from(values.len()).unwrap().to_be_bytes());
    for value in values {
        body.extend(u32::try_from(value.len()).unwrap().to_be_bytes());
        body.extend(value.as_bytes());
    }
    body.extend([0, 0]);
    of(b'B', &[&body])
}

/// Describe of a statement.
pub(crate) fn d(statement: &str) -> Vec<u8> {
    of(b'D', &[b"S", statement.as_bytes(), &[0]])
}

/// Execute of the unnamed portal, all rows.
pub(crate) fn e() -> Vec<u8> {
    e_of("", 0)
}

/// Execute of a portal, so many rows.
pub(crate) fn e_of(portal: &str, rows: u32) -> Vec<u8> {
    of(b'E', &[portal.as_bytes(), &[0], &rows.to_be_bytes()])
}

/// Close of a statement.
pub(crate) fn c(statement: &str) -> Vec<u8> {
    of(b'C', &[b"S", statement.as_bytes(), &[0]])
}

/// Sync.
pub(crate) fn s() -> Vec<u8> {
    of(b'S', &[])
}

/// Flush.
pub(crate) fn h() -> Vec<u8> {
    of(b'H', &[])
}
