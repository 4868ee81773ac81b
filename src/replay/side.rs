//! One side of a replay: its address, and a session there, which does its jobs in order and reports their results.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::catalog::database::environment;
use crate::config::{Address, Url};
use crate::error::{Error, Result};
use crate::twin::answer::{Answer, Reply};
use crate::twin::client::{Client, Extended};
use crate::wire::frame;
use crate::wire::startup;
use crate::wire::stream::Stream;
use crate::wire::tag::client;
use crate::wire::tls::Connector;

/// The longest time for a login or a cancel request.
const PATIENCE: Duration = Duration::from_secs(30);
/// A server that is silent for this long has hung, whatever the driver has decided.
const SILENCE: Duration = Duration::from_secs(24 * 3600);

/// The address of a side, and how to connect to it.
#[derive(Debug)]
pub struct SideAddress {
    /// Host and port, or a socket.
    pub address: Address,
    user: Option<String>,
    password: Option<String>,
    database: Option<String>,
    tls: Connector,
}

impl SideAddress {
    /// Parses a connection string or URL. If it names no user or database, each session uses its recorded one.
    pub fn new(url: &Url, password: Option<&str>, tls: Connector) -> Result<SideAddress> {
        let parts = environment(url, password, None)?;
        let part = |name: &str| parts.iter().find(|(n, _)| *n == name).map(|(_, value)| value.clone());
        let host = part("PGHOST").unwrap_or_else(|| "localhost".into());
        let port = part("PGPORT").map_or(Ok(5432), |port| port.parse());
        let port = port.map_err(|_| Error::usage("a side must be exactly one host and one port"))?;
        let address = match host.starts_with('/') {
            true => Address::Unix(format!("{host}/.s.PGSQL.{port}").into()),
            false => Address::Tcp(host, port),
        };
        Ok(SideAddress { address, user: part("PGUSER"), password: part("PGPASSWORD"), database: part("PGDATABASE"), tls })
    }

    /// The database for all sessions, if the connection string names one.
    pub fn database(&self) -> Option<&str> {
        self.database.as_deref()
    }

    async fn stream(&self) -> Result<Stream> {
        let stream = Stream::connect(&self.address, PATIENCE, Duration::ZERO).await?;
        let slow = |_| Error::io(format!("beginning TLS with {}", self.address), std::io::ErrorKind::TimedOut.into());
        timeout(PATIENCE, stream.secure(&self.address, &self.tls)).await.map_err(slow)?
    }

    /// Logs in with the parameters of a recorded session.
    pub async fn connect(&self, recorded: &[(Vec<u8>, Vec<u8>)]) -> Result<Client> {
        let own = |name: &[u8]| match name {
            b"user" => self.user.as_deref(),
            b"database" => self.database.as_deref(),
            _ => None,
        };
        let find = |wanted: &[u8]| recorded.iter().rfind(|(name, _)| name == wanted).map(|(_, value)| value.as_slice());
        let user = own(b"user").map(str::as_bytes).or(find(b"user")).unwrap_or(b"postgres");
        let database = own(b"database").map(str::as_bytes).or(find(b"database")).unwrap_or(user);
        let others = recorded.iter().filter(|(name, _)| !matches!(name.as_slice(), b"user" | b"database"));
        let mut parameters: Vec<(&[u8], &[u8])> = vec![(b"user", user), (b"database", database)];
        // Protocol extensions are negotiated, which this client does not support.
        parameters.extend(others.filter(|(n, _)| !n.starts_with(b"_pq_.")).map(|(n, v)| (n.as_slice(), v.as_slice())));
        let login = Client::login(self.stream().await?, &parameters, self.password.as_deref());
        let slow = |_| Error::io(format!("logging in on {}", self.address), std::io::ErrorKind::TimedOut.into());
        let mut client = timeout(PATIENCE, login).await.map_err(slow)??;
        client.patience = SILENCE;
        Ok(client)
    }

    /// Sends a cancel request for a server process.
    pub async fn cancel(&self, key: &[u8]) -> Result<()> {
        let asked = async {
            let io = |e| Error::io("sending a cancel request", e);
            let mut stream = self.stream().await?;
            stream.write_all(&startup::cancel(key)).await.map_err(io)?;
            let mut nothing = [0; 8];
            while stream.read(&mut nothing).await.unwrap_or(0) > 0 {}
            Ok(())
        };
        let slow = |_| Error::io("sending a cancel request", std::io::ErrorKind::TimedOut.into());
        timeout(PATIENCE, asked).await.map_err(slow)?
    }
}

/// A job of a session.
#[derive(Debug)]
pub enum Job {
    /// Send this, chunk by chunk.
    Ask(Vec<Vec<u8>>),
    /// Send this a second time, in a transaction or after a savepoint that is rolled back.
    Again(Vec<u8>),
    /// End the session.
    Leave,
}

/// The report of a session about a job.
#[derive(Debug)]
pub struct Told {
    /// The session.
    pub session: usize,
    /// 0 is left, 1 is right.
    pub side: usize,
    /// The report.
    pub what: Said,
}

/// What a session reports.
#[derive(Debug)]
pub enum Said {
    /// It has logged in; a cancel request needs this key.
    LoggedIn(Vec<u8>),
    /// It has received an answer, after this time.
    Answered(Answer, Duration),
    /// It has left.
    Left,
    /// It is lost, for this reason.
    Gone(String),
}

/// Begins a session. It gets its jobs by the returned sender, and ends when that is dropped.
pub fn begin(
    place: Arc<SideAddress>,
    parameters: Vec<(Vec<u8>, Vec<u8>)>,
    (session, side): (usize, usize),
    told: mpsc::UnboundedSender<Told>,
) -> (mpsc::UnboundedSender<Job>, tokio::task::AbortHandle) {
    let (sender, jobs) = mpsc::unbounded_channel();
    let task = tokio::spawn(async move {
        let say = |what| drop(told.send(Told { session, side, what }));
        if let Err(error) = work(&place, &parameters, jobs, say).await {
            say(Said::Gone(error.to_string()));
        }
    });
    (sender, task.abort_handle())
}

async fn work(
    place: &SideAddress,
    parameters: &[(Vec<u8>, Vec<u8>)],
    mut jobs: mpsc::UnboundedReceiver<Job>,
    say: impl Fn(Said),
) -> Result<()> {
    let mut connection = place.connect(parameters).await?;
    say(Said::LoggedIn(connection.key.clone()));
    while let Some(job) = jobs.recv().await {
        match job {
            Job::Ask(chunks) => {
                let begun = Instant::now();
                let answer = ask(&mut connection, &chunks).await?;
                say(Said::Answered(answer, begun.elapsed()));
            }
            Job::Again(frames) => {
                let is_open = command(&mut connection, "SAVEPOINT esclusa_again").await?;
                if !is_open {
                    command(&mut connection, "BEGIN").await?;
                }
                let answer = ask(&mut connection, &[frames]).await?;
                command(&mut connection, if is_open { "ROLLBACK TO esclusa_again" } else { "ROLLBACK" }).await?;
                if is_open {
                    command(&mut connection, "RELEASE esclusa_again").await?;
                }
                say(Said::Answered(answer, Duration::ZERO));
            }
            Job::Leave => {
                let mut out = Vec::new();
                frame::write(&mut out, client::TERMINATE, &[]);
                connection.send(&out).await?;
                // The server releases the locks before it closes the connection, so wait for that.
                while connection.reply().await.ok().flatten().is_some() {}
                say(Said::Left);
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Runs a command of our own as a named statement: a simple query would drop the session's unnamed statement. False if it failed.
async fn command(connection: &mut Client, text: &str) -> Result<bool> {
    const NAME: &str = "esclusa_again";
    let prepared = connection.prepare(NAME, text).await?.error().is_none();
    let ran = prepared && connection.execute(NAME, &Extended::default()).await?.error().is_none();
    connection.close(NAME).await?;
    Ok(ran)
}

/// Sends chunk by chunk, and reads up to ReadyForQuery.
async fn ask(connection: &mut Client, chunks: &[Vec<u8>]) -> Result<Answer> {
    let mut chunks = chunks.iter();
    let mut answer = Answer::default();
    if let Some(first) = chunks.next() {
        connection.send(first).await?;
    }
    loop {
        match connection.reply().await? {
            None => return Err(Error::refused(ended(&answer))),
            Some(reply @ Reply::Copy('G', _)) => {
                answer.0.push(reply);
                match chunks.next() {
                    Some(rows) => connection.send(rows).await?,
                    None => {
                        let mut out = Vec::new();
                        frame::write(&mut out, client::COPY_FAIL, &[b"no rows were recorded\0"]);
                        frame::write(&mut out, client::SYNC, &[]);
                        connection.send(&out).await?;
                    }
                }
            }
            Some(reply @ Reply::Ready(_)) => {
                answer.0.push(reply);
                return Ok(answer);
            }
            // Notifications arrive whenever another session commits.
            Some(Reply::Other('A')) => {}
            Some(reply) => answer.0.push(reply),
        }
    }
}

fn ended(answer: &Answer) -> String {
    let last = answer.0.last().map(|reply| format!(": {reply}")).unwrap_or_default();
    format!("the session has ended{last}")
}
