//! A connection of esclusa's own, for reading catalogs and for the migration. Every error says what was being done.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_postgres::config::Host;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::{AsyncMessage, Client, Config, NoTls, Row, SimpleQueryMessage, Statement};

use super::journal::{Journal, Manner, Noted, without_row_lock};
use super::prepared::Prepared;
use crate::config::Url;
use crate::error::{Error, Result};
use crate::sql::quote::literal;

/// An open connection. It closes when dropped.
#[derive(Debug)]
pub struct Database {
    pub(super) client: Client,
    config: Config,
    /// Statements with parameters, which come again.
    prepared: Prepared,
    /// The numbers of the texts that were prepared for [`Database::text_about`].
    texts: Mutex<HashMap<Box<str>, usize>>,
    /// If set, the reason why no more statements may be sent.
    stopped: Mutex<Option<&'static str>>,
    /// The journal in which statements are noted, if there is one.
    journal: Option<Arc<Journal>>,
}

/// A parameter of a query.
pub type Param<'p> = &'p (dyn ToSql + Sync);
/// Parameters of a query.
pub type Params<'p> = &'p [Param<'p>];

impl Database {
    /// Connects. The password, if the URL has none, comes from `password`.
    pub async fn connect(url: &Url, password: Option<&str>) -> Result<Self> {
        Database::open(&config(url, password)?).await
    }

    async fn open(config: &Config) -> Result<Self> {
        let (client, connection) = config.connect(NoTls).await.map_err(|e| database_error(&connecting(config), &e))?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a control connection ended");
            }
        });
        let database = Database::of(client, config.clone());
        database.notice_a_dead_line().await;
        database.without_compilation().await?;
        Ok(database)
    }

    fn of(client: Client, config: Config) -> Self {
        let (prepared, texts, stopped) = (Prepared::default(), Mutex::default(), Mutex::default());
        Database { client, config, prepared, texts, stopped, journal: None }
    }

    /// Questions to the catalog are estimated to cost a hundred times what they do, and the server would compile them: seconds of a processor for
    /// milliseconds of work, in each process, whenever a table moves (manual, section 32.2).
    async fn without_compilation(&self) -> Result<()> {
        self.batch("switching compilation off", "SET jit = off").await
    }

    /// The server probes this connection when idle for ten seconds, and ends the session after a few failed probes; by default it would do so after
    /// two hours (manual, section 20.3.2), and keep its locks until then. A pooler in between may reject these settings; then the default stays.
    async fn notice_a_dead_line(&self) {
        let sql = "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3; SET tcp_user_timeout = 25000";
        if let Err(error) = self.batch("asking for keepalives", sql).await {
            tracing::debug!(%error, "a broken connection will be noticed later");
        }
    }

    /// From here on every statement fails before it is sent, for this reason; with `None` statements are sent again. A running statement is not affected.
    pub fn stop(&self, why: Option<&'static str>) {
        *self.stopped.lock().unwrap_or_else(PoisonError::into_inner) = why;
    }

    /// The client, or the reason why nothing may be sent.
    fn sending(&self) -> Result<&Client> {
        match *self.stopped.lock().unwrap_or_else(PoisonError::into_inner) {
            None => Ok(&self.client),
            Some(why) => Err(Error::refused(why)),
        }
    }

    /// The statement of a text. One with parameters is kept prepared; without any, names are part of the text, and it hardly comes again.
    async fn statement(&self, context: &str, sql: &str, params: Params<'_>) -> Result<Statement> {
        let client = self.sending()?;
        if let Some(statement) = self.prepared.get(sql) {
            return Ok(statement);
        }
        let statement = client.prepare(sql).await.map_err(|e| database_error(context, &e))?;
        if !params.is_empty() {
            self.prepared.keep(sql, statement.clone());
        }
        Ok(statement)
    }

    /// A statement whose result has other types since a table was changed is prepared anew when it comes again (source, plancache.c,
    /// RevalidateCachedQuery).
    fn failed(&self, context: &str, sql: &str, error: &tokio_postgres::Error) -> Error {
        if error.code() == Some(&SqlState::FEATURE_NOT_SUPPORTED) {
            self.prepared.forget(sql);
        }
        database_error(context, error)
    }

    /// Connects to the same database as another user. The URL's own password is never sent.
    pub async fn connect_as(url: &Url, user: &str, password: Option<&str>) -> Result<Self> {
        let mut config = config(url, password)?;
        config.user(user).password(password.unwrap_or_default());
        Database::open(&config).await
    }

    /// Connects and listens on a channel. The receiver yields once for every batch of notifications, and ends with the connection.
    pub async fn listen(url: &Url, password: Option<&str>, channel: &str) -> Result<(Self, mpsc::Receiver<()>)> {
        let config = config(url, password)?;
        let (client, mut connection) = config.connect(NoTls).await.map_err(|e| database_error(&connecting(&config), &e))?;
        let (sender, receiver) = mpsc::channel(1);
        tokio::spawn(async move {
            while let Some(Ok(message)) = std::future::poll_fn(|cx| connection.poll_message(cx)).await {
                if matches!(message, AsyncMessage::Notification(_)) {
                    // A notification that still waits in the channel covers this one too.
                    let _ = sender.try_send(());
                }
            }
        });
        let database = Database::of(client, config);
        database.notice_a_dead_line().await;
        database.without_compilation().await?;
        database.batch("listening for switches", &format!("LISTEN {channel}")).await?;
        Ok((database, receiver))
    }

    /// The server prints times in this zone for this connection.
    pub async fn show_times_in(&self, zone: &str) -> Result<()> {
        self.execute("choosing the zone", "SELECT set_config('TimeZone', $1, false)", &[&zone]).await.map(|_| ())
    }

    /// From here on, statements of this connection and of connections made by [`Database::beside`] are noted.
    pub async fn noting(mut self, manner: Manner) -> Result<(Self, Arc<Journal>)> {
        let journal = Arc::new(Journal::new(manner));
        self.journal = Some(journal.clone());
        self.hold_still().await?;
        Ok((self, journal))
    }

    /// In a rehearsal the server refuses statements that would change something, should one be sent by mistake.
    async fn hold_still(&self) -> Result<()> {
        match self.is_rehearsal() {
            true => {
                let sql = "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY";
                self.client.batch_execute(sql).await.map_err(|e| database_error("beginning a rehearsal", &e))
            }
            false => Ok(()),
        }
    }

    /// The journal of a rehearsal.
    fn rehearsal(&self) -> Option<&Journal> {
        self.journal.as_deref().filter(|journal| journal.is_rehearsal())
    }

    /// Whether statements that change something are noted but not sent.
    pub fn is_rehearsal(&self) -> bool {
        self.rehearsal().is_some()
    }

    /// See [`Journal::will_be`]; without a rehearsal the catalog has the relation.
    pub fn will_be(&self, relation: &str, origin: &str) {
        if let Some(journal) = self.rehearsal() {
            journal.will_be(relation, origin);
        }
    }

    /// The name under which the catalog has a relation: in a rehearsal, the relation that it would be made from.
    pub fn origin(&self, relation: &str) -> String {
        self.rehearsal().map_or_else(|| relation.to_owned(), |journal| journal.origin(relation))
    }

    /// See [`Journal::believe`]; without a rehearsal the server has the value.
    pub fn believe(&self, what: &str, value: &str) {
        if let Some(journal) = self.rehearsal() {
            journal.believe(what, value);
        }
    }

    /// A value that a rehearsal assumes by now.
    pub fn believed(&self, what: &str) -> Option<String> {
        self.rehearsal()?.believed(what)
    }

    fn note(&self, doing: &str, sql: &str, params: Params<'_>, is_question: bool) {
        if let Some(journal) = &self.journal {
            let parameters = params.iter().map(|p| format!("{p:?}")).collect();
            journal.note(Noted { doing: doing.to_owned(), sql: sql.to_owned(), parameters, is_question, locks: Vec::new() });
        }
    }

    /// Notes the locks that a watched transaction holds by now. A failed transaction cannot be asked.
    async fn look_at_locks(&self) {
        let Some(journal) = self.journal.as_deref().filter(|journal| !journal.is_rehearsal()) else { return };
        let sql = "SELECT DISTINCT format('%I.%I', n.nspname, c.relname), l.mode FROM pg_locks AS l JOIN pg_class AS c ON c.oid = l.relation \
                   JOIN pg_namespace AS n ON n.oid = c.relnamespace \
                   WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation' AND c.relkind NOT IN ('i', 'I', 'S') AND n.nspname !~ '^pg_|^information_schema$'";
        // Asked after every statement, so it is kept although it has no parameters.
        let known = match self.prepared.get(sql) {
            Some(statement) => Ok(statement),
            None => self.client.prepare(sql).await.inspect(|statement| self.prepared.keep(sql, statement.clone())),
        };
        if let Ok(statement) = known
            && let Ok(rows) = self.client.query(&statement, &[]).await
        {
            journal.locked(rows.iter().map(|row| (row.get(0), row.get(1))).collect());
        }
    }

    /// Rows of a query with parameters.
    pub async fn query(&self, context: &str, sql: &str, params: Params<'_>) -> Result<Vec<Row>> {
        self.note(context, sql, params, true);
        let sql = if self.is_rehearsal() { without_row_lock(sql) } else { sql };
        let statement = self.statement(context, sql, params).await?;
        let rows = self.sending()?.query(&statement, params).await.map_err(|e| self.failed(context, sql, &e))?;
        self.look_at_locks().await;
        Ok(rows)
    }

    /// The one row of a query.
    pub async fn one(&self, context: &str, sql: &str, params: Params<'_>) -> Result<Row> {
        self.note(context, sql, params, true);
        let statement = self.statement(context, sql, params).await?;
        let row = self.sending()?.query_one(&statement, params).await.map_err(|e| self.failed(context, sql, &e))?;
        self.look_at_locks().await;
        Ok(row)
    }

    /// The one row of a statement that changes something. A rehearsal runs the query `instead`.
    pub async fn change(&self, context: &str, sql: &str, params: Params<'_>, instead: (&str, Params<'_>)) -> Result<Row> {
        self.note(context, sql, params, false);
        let (sql, params) = if self.is_rehearsal() { instead } else { (sql, params) };
        let statement = self.statement(context, sql, params).await?;
        let row = self.sending()?.query_one(&statement, params).await.map_err(|e| self.failed(context, sql, &e))?;
        self.look_at_locks().await;
        Ok(row)
    }

    /// The number of rows that a statement with parameters affects; 1 in a rehearsal.
    pub async fn execute(&self, context: &str, sql: &str, params: Params<'_>) -> Result<u64> {
        self.note(context, sql, params, false);
        if self.is_rehearsal() {
            return Ok(1);
        }
        let statement = self.statement(context, sql, params).await?;
        let rows = self.sending()?.execute(&statement, params).await.map_err(|e| self.failed(context, sql, &e))?;
        self.look_at_locks().await;
        Ok(rows)
    }

    /// Several statements without parameters or results.
    pub async fn batch(&self, context: &str, sql: &str) -> Result<()> {
        if sql.is_empty() {
            return Ok(());
        }
        self.note(context, sql, &[], false);
        if self.is_rehearsal() {
            return Ok(());
        }
        self.sending()?.batch_execute(sql).await.map_err(|e| database_error(context, &e))?;
        // SET TRANSACTION may have to follow BEGIN directly, so nothing is asked in between.
        if sql != "BEGIN" {
            self.look_at_locks().await;
        }
        Ok(())
    }

    /// Runs work in a transaction: all of it, or nothing.
    pub async fn transaction<T>(&self, context: &str, work: impl AsyncFnOnce(&Database) -> Result<T>) -> Result<T> {
        self.batch(context, "BEGIN").await?;
        match work(self).await {
            Ok(value) => self.batch(context, "COMMIT").await.map(|()| value),
            Err(error) => {
                // The first error is the one to report; a connection that cannot roll back is rolled back by the server.
                let _ = self.batch(context, "ROLLBACK").await;
                Err(error)
            }
        }
    }

    /// Results as text, by the simple protocol.
    pub async fn text(&self, context: &str, sql: &str) -> Result<Vec<Vec<Option<String>>>> {
        self.note(context, sql, &[], true);
        let messages = self.sending()?.simple_query(sql).await.map_err(|e| database_error(context, &e))?;
        self.look_at_locks().await;
        let row = |m: SimpleQueryMessage| match m {
            SimpleQueryMessage::Row(r) => Some((0..r.len()).map(|i| r.get(i).map(str::to_owned)).collect()),
            _ => None,
        };
        Ok(messages.into_iter().filter_map(row).collect())
    }

    /// The same for a relation, which is `$1` in a text that is the same for every relation: it stays prepared, and gives its values as text all the
    /// same (manual, EXECUTE).
    pub async fn text_about(&self, context: &str, sql: &str, relation: &str) -> Result<Vec<Vec<Option<String>>>> {
        let texts = || self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        let known = texts().get(sql).copied();
        let number = known.unwrap_or_else(|| texts().len());
        if known.is_none() {
            self.text(context, &format!("PREPARE esclusa_{number} (regclass) AS {sql}")).await?;
            texts().insert(sql.into(), number);
        }
        self.text(context, &format!("EXECUTE esclusa_{number} ({})", literal(relation))).await
    }

    /// The same for objects that earlier statements have made. A rehearsal has not made them, and returns `instead`.
    pub async fn text_of_made(&self, context: &str, sql: &str, instead: &[&str]) -> Result<Vec<Vec<Option<String>>>> {
        if !self.is_rehearsal() {
            return self.text(context, sql).await;
        }
        self.note(context, sql, &[], true);
        Ok(instead.iter().map(|cell| vec![Some((*cell).to_owned())]).collect())
    }

    /// Sends rows in COPY's text format.
    pub async fn copy_in(&self, context: &str, sql: &str, rows: String) -> Result<u64> {
        use futures_util::SinkExt;
        self.note(context, sql, &[], false);
        if self.is_rehearsal() {
            return Ok(1);
        }
        let sink = self.sending()?.copy_in::<_, std::io::Cursor<Vec<u8>>>(sql).await.map_err(|e| database_error(context, &e))?;
        let mut sink = std::pin::pin!(sink);
        sink.send(std::io::Cursor::new(rows.into_bytes())).await.map_err(|e| database_error(context, &e))?;
        sink.finish().await.map_err(|e| database_error(context, &e))
    }

    /// Another connection like this one, whose names are PostgreSQL's own.
    pub async fn beside(&self) -> Result<Database> {
        let mut beside = Database::open(&self.config).await?.pinned().await?;
        beside.journal.clone_from(&self.journal);
        beside.hold_still().await?;
        Ok(beside)
    }

    /// The same without a journal: its statements are not part of a plan.
    pub async fn apart(&self) -> Result<Database> {
        Database::open(&self.config).await?.pinned().await
    }

    /// Unqualified names mean PostgreSQL's own objects from here on, whatever the search path of the database or of the role is: otherwise another
    /// user's function, in a schema before pg_catalog or with better-matching types, could run with this session's rights. Strings and names are
    /// written and read as here, whatever ALTER DATABASE or ALTER ROLE says.
    pub async fn pinned(self) -> Result<Database> {
        let sql = "SET search_path = pg_catalog, pg_temp; SET standard_conforming_strings = on; SET quote_all_identifiers = off; SET escape_string_warning = off";
        self.batch("pinning the session", sql).await?;
        Ok(self)
    }

    /// Whether the connection is gone.
    pub fn is_closed(&self) -> bool {
        self.client.is_closed()
    }
}

fn config(url: &Url, password: Option<&str>) -> Result<Config> {
    let parsed = url.secret().parse::<Config>();
    let mut config = parsed.map_err(|e| Error::usage(format!("control.url (ESCLUSA_CONTROL_URL): {}", with_source(&e))))?;
    if config.get_password().is_none()
        && let Some(password) = password
    {
        config.password(password);
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(Duration::from_secs(10));
    }
    config.application_name("esclusa");
    Ok(config)
}

/// The context for an error, without the password.
fn connecting(config: &Config) -> String {
    let host = |h: &Host| match h {
        Host::Tcp(host) => host.clone(),
        Host::Unix(path) => path.display().to_string(),
    };
    let hosts = config.get_hosts().iter().map(host).collect::<Vec<_>>().join(", ");
    let port = config.get_ports().first().copied().unwrap_or(5432);
    let (user, name) = (config.get_user().unwrap_or_default(), config.get_dbname().or(config.get_user()).unwrap_or_default());
    format!("connecting to database {name} on {hosts}, port {port}, as {user}")
}

fn with_source(error: &tokio_postgres::Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}

/// The environment with which PostgreSQL's own programs connect to a URL, optionally to another database of that server (manual, section 34.15).
pub fn environment(url: &Url, password: Option<&str>, database: Option<&str>) -> Result<Vec<(&'static str, String)>> {
    let config = config(url, password)?;
    let host = |h: &Host| match h {
        Host::Tcp(host) => host.clone(),
        Host::Unix(path) => path.display().to_string(),
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let all = [
        ("PGHOST", config.get_hosts().iter().map(host).collect::<Vec<_>>().join(",")),
        ("PGPORT", config.get_ports().iter().map(u16::to_string).collect::<Vec<_>>().join(",")),
        ("PGUSER", config.get_user().unwrap_or_default().to_owned()),
        ("PGDATABASE", database.or(config.get_dbname()).unwrap_or_default().to_owned()),
        ("PGPASSWORD", config.get_password().map(text).unwrap_or_default()),
    ];
    Ok(all.into_iter().filter(|(_, value)| !value.is_empty()).collect())
}

/// The name of the database that a URL leads to.
pub fn database_name(url: &Url) -> Option<String> {
    let config: Config = url.secret().parse().ok()?;
    config.get_dbname().or(config.get_user()).map(str::to_owned)
}

/// The user that a URL names.
pub fn user_name(url: &Url) -> Option<String> {
    let config: Config = url.secret().parse().ok()?;
    config.get_user().map(str::to_owned)
}

pub(super) fn database_error(context: &str, error: &tokio_postgres::Error) -> Error {
    let context = context.to_owned();
    match error.as_db_error() {
        Some(db) => {
            let more = [db.detail(), db.hint(), db.where_()].into_iter().flatten().collect::<Vec<_>>().join("; ");
            let detail = (!more.is_empty()).then_some(more);
            Error::Database { context, message: db.message().to_owned(), detail, sqlstate: db.code().code().to_owned() }
        }
        None => Error::Database { context, message: with_source(error), detail: None, sqlstate: String::new() },
    }
}
