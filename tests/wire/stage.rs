//! One private server with two databases that a client cannot tell apart: `legacy` with two legacy tables, and `target`, made from it
//! by our own migration, with the tables dropped. In front of them are the proxies of the scripts.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use esclusa::catalog::Database;
use esclusa::config::document::Document;
use esclusa::config::{Address, Settings};
use esclusa::demo::postgres::{Options, Postgres};
use esclusa::error::Result;
use esclusa::migrate::migration::Migration;
use esclusa::migrate::schema;
use esclusa::mode::Mode;
use esclusa::relation;
use esclusa::rewrite::{Entry, Policy};
use esclusa::rule::{RuleSet, file};
use esclusa::server::{Loader, Server};
use esclusa::session::{self, Connect, PeerAddress};
use esclusa::wire::stream::{Link, Stream};
use esclusa::wire::tls::Acceptor;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream, ReadBuf};

use crate::common;

/// Longer than anything here takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The database with the legacy tables.
pub(crate) const LEGACY: &str = "wire_legacy";
/// The one without.
pub(crate) const TARGET: &str = "wire_target";

const TABLES: &str = "
CREATE SCHEMA cf_quere_pro;
SET search_path = cf_quere_pro, public;
CREATE TABLE tipocorreo (tipctipo numeric(5,0) NOT NULL, tipcdesctxtid numeric(10,0) NOT NULL, CONSTRAINT tipocorreo_pkey PRIMARY KEY (tipctipo));
INSERT INTO tipocorreo SELECT n, n * 100 FROM generate_series(1, 20) n;
CREATE TABLE histipooficina (htofid numeric(5,0) NOT NULL, htofdescri varchar(20) NOT NULL, htofhstusu varchar(10) NOT NULL,
  htofhsthora timestamp NOT NULL);
INSERT INTO histipooficina SELECT n, 'oficina ' || n, 'USR' || n, timestamp '2026-03-05 10:00' + n * interval '1 hour'
  FROM generate_series(1, 20) n;
CREATE TABLE plain (a int PRIMARY KEY, b text, c numeric(10,2));
INSERT INTO plain SELECT n, repeat(chr(96 + n), n), n * 1.5 FROM generate_series(1, 20) n;
CREATE FUNCTION noisy(n int) RETURNS int LANGUAGE plpgsql AS $$
  BEGIN FOR i IN 1..n LOOP RAISE NOTICE 'ruido %', i USING DETAIL = 'd', HINT = 'h'; END LOOP; RETURN n; END $$;
CREATE FUNCTION failing(n int) RETURNS int LANGUAGE plpgsql AS $$
  BEGIN IF n > 3 THEN RAISE EXCEPTION 'falla en %', n USING DETAIL = 'd', HINT = 'h', ERRCODE = 'P7777',
    COLUMN = 'c', CONSTRAINT = 'n', DATATYPE = 'd', TABLE = 't', SCHEMA = 's'; END IF; RETURN n; END $$;
CREATE FUNCTION nested(t text) RETURNS text LANGUAGE plpgsql AS $$ DECLARE r text; BEGIN EXECUTE t INTO r; RETURN r; END $$;
CREATE PROCEDURE call_me(INOUT n int) LANGUAGE plpgsql AS $$ BEGIN n := n + 1; COMMIT; END $$;
";

const RULES: &[(&str, &str)] = &[
    (
        "tipocorreo",
        "table = \"tipocorreo\"\nkind = \"lookup\"\ncolumns = [\n  { name = \"tipctipo\", type = \"numeric(5,0)\", null = false },\n  \
         { name = \"tipcdesctxtid\", type = \"numeric(10,0)\", null = false },\n]\n\
         [target]\ndomain = \"TIPO_CORREO\"\ntext_id = \"tipcdesctxtid\"\n\
         [key]\ncolumns = [\"tipctipo\"]\nbasis = \"constraint\"\nunique = \"tipocorreo_pkey\"\nprimary = [\"tipctipo\"]\n",
    ),
    (
        "histipooficina",
        "table = \"histipooficina\"\nkind = \"history\"\ncolumns = [\n  { name = \"htofid\", type = \"numeric(5,0)\", null = false },\n  \
         { name = \"htofdescri\", type = \"character varying(20)\", null = false },\n  \
         { name = \"htofhstusu\", type = \"character varying(10)\", null = false },\n  \
         { name = \"htofhsthora\", type = \"timestamp without time zone\", null = false },\n]\n\
         [target]\nbase = \"tipooficina\"\ntime = \"htofhsthora\"\nuser = \"htofhstusu\"\ncapture = \"application\"\n\
         [key]\ncolumns = [\"htofid\"]\nbasis = \"guess: own-id\"\n",
    ),
];

/// How a script reaches the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// Without a proxy.
    Direct,
    /// Through a proxy whose tables are all in mode `off`.
    Off,
    /// Through a proxy that rewrites.
    Rewriting,
    /// The same, each write of the client one byte.
    Split,
    /// A session of the product between pipes of one byte: every message is split at every byte, in both directions.
    Bytes,
}

impl Way {
    /// All but the direct one.
    pub(crate) const PROXIED: [Way; 4] = [Way::Off, Way::Rewriting, Way::Split, Way::Bytes];

    /// The database that the script finds there.
    pub(crate) fn database(self) -> &'static str {
        if matches!(self, Way::Direct | Way::Off) { LEGACY } else { TARGET }
    }
}

/// What all scripts share.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) postgres: u16,
    off: Address,
    rewriting: Address,
    shared: Arc<session::Shared>,
}

/// The stage, on a runtime of its own that lives as long as the test process.
pub(crate) fn stage() -> &'static Stage {
    static STAGE: OnceLock<Stage> = OnceLock::new();
    STAGE.get_or_init(|| {
        let (sender, receiver) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                sender.send(build().await).unwrap();
                std::future::pending::<()>().await;
            });
        });
        receiver.recv().expect("the stage stands")
    })
}

/// Makes a database with the legacy tables, and one that is made from it by migration; the directory of the rules.
async fn databases(server: &Postgres, legacy: &str, target: &str) -> PathBuf {
    let admin = server.connect("postgres").await.unwrap();
    let sql = |database: String, text: String| async move {
        let database = server.connect(&database).await.unwrap();
        database.batch("setting the stage", &text).await.unwrap_or_else(|e| panic!("{e} {:?}", e.more()));
    };
    sql("postgres".into(), format!("CREATE DATABASE {legacy}")).await;
    sql(legacy.into(), TABLES.to_owned()).await;
    let unused = format!("SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = '{legacy}')");
    common::wait_for(&admin, &unused).await;
    sql("postgres".into(), format!("CREATE DATABASE {target} TEMPLATE {legacy}")).await;
    let rules = server.directory.join(format!("rules_of_{target}"));
    std::fs::create_dir(&rules).unwrap();
    write_rules(&rules);
    migrate(&server.connect(target).await.unwrap(), &rules).await;
    rules
}

/// A server of its own with such a pair of databases, and a proxy before it that rewrites.
pub(crate) async fn pair() -> (Postgres, Server) {
    let postgres = Postgres::start(&Options::default()).await.unwrap();
    let rules = databases(&postgres, LEGACY, TARGET).await;
    let proxy = rewriting(&postgres, &rules).await;
    (postgres, proxy)
}

async fn rewriting(server: &Postgres, rules: &Path) -> Server {
    let change = |s: &mut Settings| {
        s.rules.default_mode = Mode::Rewrite;
        s.control.url = server.url(TARGET);
    };
    start(server, settings(rules, change)).await
}

async fn build() -> Stage {
    let server = common::server().await;
    let rules = databases(server, LEGACY, TARGET).await;
    let off = start(server, settings(&rules, |s| s.rules.default_mode = Mode::Off)).await;
    let rewriting = rewriting(server, &rules).await;
    let shared = rewriting.shared.clone();
    let (off, rewriting) = (Box::leak(Box::new(off)), Box::leak(Box::new(rewriting)));
    Stage { postgres: server.port, off: off.address.clone(), rewriting: rewriting.address.clone(), shared }
}

/// Writes the rule files.
pub(crate) fn write_rules(directory: &Path) {
    for (table, text) in RULES {
        std::fs::write(directory.join(format!("{table}.toml")), text).unwrap();
    }
}

/// A policy that rewrites both tables, of no database.
pub(crate) fn policy() -> Policy {
    let context = relation::Context::new(&Settings::defaults().unwrap());
    let entry = |(_, text): &(&str, &str)| {
        let document = Document::parse("rule.toml".as_ref(), text).unwrap();
        let relation = relation::Relation::compile(&file::parse(&document).unwrap(), &context);
        Entry { relation: Arc::new(relation), mode: Mode::Rewrite }
    };
    Policy::new(1, "cf_quere_pro", RULES.iter().map(entry).collect(), Default::default(), Default::default())
}

async fn migrate(database: &Database, rules: &Path) {
    let rules = RuleSet::load(rules).unwrap();
    let context = relation::Context::new(&Settings::defaults().unwrap());
    schema::apply(database, &context).await.unwrap();
    let migration = Migration::new(database, &rules, context).await.unwrap();
    let run = migration.begin("test").await.unwrap();
    for rule in rules.rules.values() {
        migration.table(run, rule).await.unwrap_or_else(|e| panic!("{e} {:?}", e.more()));
    }
    let gone = "DROP VIEW cf_quere_pro.tipocorreo, cf_quere_pro.histipooficina; DROP SCHEMA mig_old CASCADE";
    database.batch("dropping", gone).await.unwrap_or_else(|e| panic!("{e} {:?}", e.more()));
}

/// Settings of a proxy before the server, on free ports.
pub(crate) fn settings(rules: &Path, change: impl FnOnce(&mut Settings)) -> Settings {
    let mut settings = Settings::defaults().unwrap();
    let local = |port| Address::Tcp("127.0.0.1".into(), port);
    (settings.listen.address, settings.console.address) = (local(0), local(0));
    settings.rules.directory = rules.to_owned();
    settings.listen.workers = 1;
    change(&mut settings);
    settings
}

async fn start(server: &Postgres, mut settings: Settings) -> Server {
    settings.upstream.address = Address::Tcp("127.0.0.1".into(), server.port);
    Server::start(Loader::new(move || Ok(settings.clone()))).await.unwrap()
}

/// Both halves of a connection, whatever it is.
pub(crate) trait Socket: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Socket for T {}

impl Stage {
    /// A superuser's connection, without a proxy.
    pub(crate) async fn admin(&self) -> Database {
        common::server().await.connect("postgres").await.unwrap()
    }

    /// A new connection. The proxy's own part of [`Way::Bytes`] runs in the calling test.
    pub(crate) async fn connect(&self, way: Way) -> Box<dyn Socket> {
        match way {
            Way::Direct => tcp(&Address::Tcp("127.0.0.1".into(), self.postgres)).await,
            Way::Off => tcp(&self.off).await,
            Way::Rewriting | Way::Split => tcp(&self.rewriting).await,
            Way::Bytes => {
                let (near, far) = tokio::io::duplex(1);
                let (shared, upstream) = (self.shared.clone(), Bytewise { port: self.postgres });
                let deadline = tokio::time::Instant::now() + PATIENCE;
                let session = async move {
                    session::run(Pipe(far), PeerAddress { address: "local".into(), port: None }, &upstream, shared, deadline)
                        .await
                };
                tokio::task::spawn_local(session);
                Box::new(near)
            }
        }
    }
}

/// A connection to an address.
pub(crate) async fn tcp(address: &Address) -> Box<dyn Socket> {
    let Address::Tcp(host, port) = address else { panic!("{address}") };
    let address: SocketAddr = format!("{host}:{port}").parse().unwrap();
    let socket = tokio::net::TcpStream::connect(address).await.unwrap();
    socket.set_nodelay(true).unwrap();
    Box::new(socket)
}

/// A pipe in memory as a leg of a session.
#[derive(Debug)]
pub(crate) struct Pipe(pub(crate) DuplexStream);

impl Link for Pipe {
    fn is_encrypted(&self) -> bool {
        false
    }
    fn can_encrypt(&self) -> bool {
        false
    }
    async fn encrypt(self, _: &Acceptor) -> std::io::Result<Self> {
        Err(std::io::ErrorKind::Unsupported.into())
    }
}

impl AsyncRead for Pipe {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

/// The real server behind a pipe of one byte.
#[derive(Debug)]
struct Bytewise {
    port: u16,
}

impl Connect for Bytewise {
    type Stream = Pipe;
    async fn connect(&self) -> Result<Pipe> {
        let address = Address::Tcp("127.0.0.1".into(), self.port);
        let server = Stream::connect(&address, PATIENCE, Duration::ZERO).await?;
        let (near, far) = tokio::io::duplex(1);
        tokio::task::spawn_local(carry(server, far));
        Ok(Pipe(near))
    }
}

/// Carries bytes both ways; a side that is gone takes the other with it, as a socket does.
async fn carry(server: Stream, pipe: DuplexStream) {
    let ((mut from_server, mut to_server), (mut from_pipe, mut to_pipe)) = (tokio::io::split(server), tokio::io::split(pipe));
    let up = async {
        let mut bytes = [0; 4096];
        loop {
            match from_pipe.read(&mut bytes).await {
                Ok(n) if n > 0 => to_server.write_all(&bytes[..n]).await.unwrap_or_default(),
                _ => break,
            }
        }
        let _ = to_server.shutdown().await;
    };
    let down = async {
        let mut bytes = [0; 4096];
        loop {
            match from_server.read(&mut bytes).await {
                Ok(n) if n > 0 => to_pipe.write_all(&bytes[..n]).await.unwrap_or_default(),
                _ => break,
            }
        }
        let _ = to_pipe.shutdown().await;
    };
    tokio::join!(up, down);
}
