//! A console on a free port, over a proxy's state with three legacy tables and a server that only notes its calls.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use esclusa::config::Settings;
use esclusa::config::document::Document;
use esclusa::console::{Admin, Authenticator};
use esclusa::control::ModeChange;
use esclusa::error::{Error, Fault, Faults, Result};
use esclusa::migrate::machine::Legacy;
use esclusa::migrate::state::TableState;
use esclusa::mode::Mode;
use esclusa::relation::{Context, Relation};
use esclusa::report::verdict::Judged;
use esclusa::report::{Question, Report};
use esclusa::rewrite::{Entry, Hit, HitOutcome, Outcome, Policy};
use esclusa::rule::file;
use esclusa::session::activity::Activity;
use esclusa::session::{ClientInfo, Shared, Standing};
use esclusa::table::Table;
use esclusa::traffic::{Client, Execution, Seen, Sqlstate};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// Longer than any step here takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

const RULES: &[&str] = &[
    "table = \"tipocorreo\"\nkind = \"lookup\"\ncolumns = [{ name = \"tipcid\", type = \"numeric(5,0)\", null = false }, \
     { name = \"tipcdesc\", type = \"character varying(40)\" }]\n\
     [target]\ndomain = \"TIPO_CORREO\"\ndescription = \"tipcdesc\"\n[key]\ncolumns = [\"tipcid\"]\n",
    "table = \"tipvalvula\"\nkind = \"lookup\"\ncolumns = [{ name = \"tvalcod\", type = \"character(4)\", null = false }]\n\
     [target]\ndomain = \"TIP_VALVULA\"\n[key]\ncolumns = [\"tvalcod\"]\n",
    "table = \"tipSAT\"\nkind = \"lookup\"\ncolumns = [{ name = \"c\", type = \"character(4)\", null = false }]\n\
     [target]\ndomain = \"TIP_SAT\"\n[key]\ncolumns = [\"c\"]\n",
];

/// A requested switch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) tables: Vec<String>,
    pub(crate) mode: Mode,
    pub(crate) who: String,
    pub(crate) why: Option<String>,
}

/// The server's part, which only notes its calls.
#[derive(Debug, Default)]
pub(crate) struct Fake {
    pub(crate) asked: Mutex<Vec<Asked>>,
    pub(crate) refuses: AtomicBool,
    /// A rule file has faults.
    pub(crate) faulty: AtomicBool,
    pub(crate) ended: AtomicBool,
    /// Keys of server processes.
    pub(crate) cancelled: Mutex<Vec<Vec<u8>>>,
}

impl Admin for Fake {
    fn set_modes<'a>(
        &'a self,
        tables: &'a [String],
        mode: Mode,
        who: &'a str,
        why: Option<&'a str>,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<ModeChange>>> + Send + 'a>> {
        Box::pin(async move {
            if self.refuses.load(Ordering::SeqCst) {
                let (detail, hint) = (Some("3 rows differ".to_owned()), Some("esclusa verify".to_owned()));
                return Err(Error::Refused { message: "parity does not hold".into(), detail, hint });
            }
            let asked = Asked { tables: tables.to_vec(), mode, who: who.to_owned(), why: why.map(str::to_owned) };
            self.asked.lock().unwrap().push(asked);
            let before = |t: &str| (t == "tipocorreo").then(|| (Mode::Shadow, "2026-03-01 10:00:00".to_owned()));
            let note = |t: &str| (t == "tipSAT").then(|| "the view answers".to_owned());
            let change = |t: &String| ModeChange { table: t.clone(), before: before(t), after: Some(mode), note: note(t) };
            Ok(tables.iter().map(change).collect())
        })
    }

    fn set_all_modes<'a>(
        &'a self,
        mode: Mode,
        who: &'a str,
        why: Option<&'a str>,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<ModeChange>>> + Send + 'a>> {
        Box::pin(async move {
            let asked = Asked { tables: vec!["ALL".into()], mode, who: who.to_owned(), why: why.map(str::to_owned) };
            self.asked.lock().unwrap().push(asked);
            let held = |t: &str| (t == "tipvalvula").then(|| "not switched: it has not been moved".to_owned());
            let change = |t: &str| ModeChange {
                table: t.to_owned(),
                before: None,
                after: held(t).is_none().then_some(mode),
                note: held(t),
            };
            Ok(["tipSAT", "tipocorreo", "tipvalvula"].map(change).to_vec())
        })
    }

    fn obstacles<'a>(&'a self) -> Pin<Box<dyn Future<Output = Vec<String>> + Send + 'a>> {
        Box::pin(async { Vec::new() })
    }

    fn cancel<'a>(&'a self, key: &'a [u8]) -> Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>> {
        Box::pin(async move {
            self.cancelled.lock().unwrap().push(key.to_vec());
            match self.refuses.load(Ordering::SeqCst) {
                true => Err(Error::io("asking the server", std::io::ErrorKind::ConnectionRefused.into())),
                false => Ok(()),
            }
        })
    }

    fn told<'a>(
        &'a self,
        reports: &'a [&'static Report],
        _: &'a Question,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<Table>>> + Send + 'a>> {
        Box::pin(async move { Ok(reports.iter().map(|report| Table::new(report.columns)).collect()) })
    }

    fn judged<'a>(&'a self, _: &'a Question) -> Pin<Box<dyn Future<Output = Result<Vec<Judged>>> + Send + 'a>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn reload<'a>(&'a self) -> Pin<Box<dyn Future<Output = Result<Faults>> + Send + 'a>> {
        Box::pin(async move {
            if self.refuses.load(Ordering::SeqCst) {
                return Err(Error::Faults(Faults(vec![Fault::at("rules/x.toml".as_ref(), 3, "unknown key")])));
            }
            let left = self.faulty.load(Ordering::SeqCst).then(|| Fault::at("rules/y.toml".as_ref(), 2, "unknown key `odd`"));
            Ok(Faults(left.into_iter().collect()))
        })
    }

    fn shutdown(&self) {
        self.ended.store(true, Ordering::SeqCst);
    }
}

/// A running console.
pub(crate) struct Console {
    pub(crate) address: SocketAddr,
    pub(crate) shared: Arc<Shared>,
    pub(crate) fake: Arc<Fake>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Console {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The state of a proxy whose console has these settings besides `admins = ["jefa"]` and `readers = ["lectora"]`.
pub(crate) fn shared(users_file: Option<&std::path::Path>) -> Shared {
    let file = users_file.map(|f| f.to_string_lossy().into_owned());
    let environment = |key: &str| match key {
        "ESCLUSA_CONSOLE_ADMINS" => Some("jefa".to_owned()),
        "ESCLUSA_RULES_TIME_ZONE" => Some("UTC".to_owned()),
        "ESCLUSA_CONSOLE_READERS" => Some("lectora".to_owned()),
        "ESCLUSA_CONSOLE_USERS_FILE" => file.clone(),
        "ESCLUSA_CONTROL_URL" => Some("postgres://u:geheim@h:5/db".to_owned()),
        _ => None,
    };
    let settings = Settings::load(None, &environment).unwrap();
    let context = Context::new(&settings);
    let entry = |text: &&str| {
        let document = Document::parse("rule.toml".as_ref(), text).unwrap();
        let relation = Relation::compile(&file::parse(&document).unwrap(), &context);
        Entry { relation: Arc::new(relation), mode: Mode::Observe }
    };
    let entries = RULES.iter().map(entry).collect();
    let policy = Policy::new(1, "cf_quere_pro", entries, Default::default(), Default::default());
    let odd = ("tipzeta".to_owned(), "rules/tipzeta.toml:3: unknown key `odd`".to_owned());
    let shared = Shared::new(settings, policy.with_faulty([odd].into()));
    let moved = TableState {
        run: Some(3),
        moved_at: Some("2026-03-01 10:00:00".into()),
        leaf: true,
        view: true,
        legacy: Legacy::Archived,
        ..TableState::default()
    };
    let stays = TableState { legacy: Legacy::Named, ..TableState::default() };
    let standing = |state, wanted| Standing { state, wanted };
    let known = [("tipSAT", standing(moved, Mode::Observe)), ("tipocorreo", standing(stays, Mode::Rewrite))];
    shared.standing.store(Arc::new(known.map(|(table, standing)| (table.to_owned(), standing)).into()));
    let hit = Hit { statement: 0, table: "tipocorreo".into(), operation: "select", outcome: HitOutcome::Forwarded };
    let client =
        Client { database: "aqua".into(), user: "aquasis".into(), application: "caja".into(), address: "10.0.0.7".into() };
    let outcome = Outcome { hits: vec![hit], seen: Some(Seen::of("select 1", None)), ..Outcome::default() };
    let elapsed = Some(Duration::from_micros(1500));
    let execution = Execution { hits: 1, rows: 2, each: &[], sqlstate: Sqlstate::NONE, elapsed, at: SystemTime::UNIX_EPOCH };
    shared.traffic.count(&outcome, &Arc::new(client.clone()), execution);
    let since = SystemTime::UNIX_EPOCH;
    let mut info = ClientInfo::new(client, Some(5100));
    (info.since, info.activity) = (since, Activity::new(since));
    info.activity.has_key(&[0, 0, 4, 210, 1, 2, 3, 4]);
    shared.clients.insert(7, Arc::new(info));
    shared
}

impl Console {
    /// Starts one, with or without a users file.
    pub(crate) async fn start(users_file: Option<&std::path::Path>) -> Console {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (shared, fake) = (Arc::new(shared(users_file)), Arc::new(Fake::default()));
        let task = tokio::spawn(esclusa::console::serve(
            listener,
            shared.clone(),
            fake.clone(),
            Arc::new(Authenticator::new(shared.clone())),
        ));
        Console { address, shared, fake, task }
    }

    /// Connects tokio-postgres.
    pub(crate) async fn connect(
        &self,
        user: &str,
        password: &str,
    ) -> std::result::Result<tokio_postgres::Client, tokio_postgres::Error> {
        let mut config = tokio_postgres::Config::new();
        config.host("127.0.0.1").port(self.address.port()).user(user).dbname("esclusa").application_name("test");
        if !password.is_empty() {
            config.password(password);
        }
        let (client, connection) = config.connect(tokio_postgres::NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }

    /// Runs the real psql; its exit code, output and errors.
    pub(crate) async fn psql(&self, user: &str, password: &str, args: &[&str]) -> (Option<i32>, String, String) {
        let mut command = std::process::Command::new("psql");
        command.args(["-X", "-w", "-h", "127.0.0.1", "-p", &self.address.port().to_string(), "-U", user, "esclusa"]);
        command.args(args).env("PGPASSWORD", password).env("PGCONNECT_TIMEOUT", "20");
        let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().expect("psql is installed");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    }

    /// Sends bytes, optionally closes the sending side, and reads the answer until the console closes.
    pub(crate) async fn exchange(&self, bytes: &[u8]) -> Vec<u8> {
        let exchanged = async {
            let mut socket = tokio::net::TcpStream::connect(self.address).await.unwrap();
            // A console that has closed already may reset the connection; what only its earlier output counts.
            let _ = socket.write_all(bytes).await;
            let _ = socket.shutdown().await;
            let mut out = Vec::new();
            let _ = socket.read_to_end(&mut out).await;
            out
        };
        tokio::time::timeout(PATIENCE, exchanged).await.expect("the console closes")
    }
}

/// Waits until something holds.
pub(crate) async fn eventually(what: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// A frame with a tag.
pub(crate) fn frame(tag: u8, body: &[u8]) -> Vec<u8> {
    [&[tag][..], &(body.len() as u32 + 4).to_be_bytes(), body].concat()
}

/// A packet before log-in.
pub(crate) fn packet(code: u32, body: &[u8]) -> Vec<u8> {
    [&(body.len() as u32 + 8).to_be_bytes()[..], &code.to_be_bytes(), body].concat()
}
