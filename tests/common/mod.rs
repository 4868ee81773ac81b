//! Shared by the migration's tests: one private server per test crate, one database per test with the new tables in it, rules made from
//! the catalog, and sessions with answers in text.
#![allow(dead_code, reason = "each test crate uses a part of it")]

pub(crate) mod proxy;
pub(crate) mod real;

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use esclusa::catalog::{Catalog, Database};
use esclusa::config::Settings;
use esclusa::config::document::Document;
use esclusa::control::ModeChange;
use esclusa::demo::postgres::{Options, Postgres};
use esclusa::error::{Error, Result};
use esclusa::migrate::gate::{self, Switch};
use esclusa::migrate::migration::Migration;
use esclusa::migrate::parity::{self, Parity};
use esclusa::migrate::run::TableRun;
use esclusa::migrate::schema;
use esclusa::mode::Mode;
use esclusa::relation::{Context, Relation};
use esclusa::rule::{Rule, RuleSet, Target, file};
use tokio::sync::OnceCell;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

/// Where the legacy tables are.
pub(crate) const SCHEMA: &str = "cf_quere_pro";

/// The crate's server. Nothing drops it: it ends, and its directory goes, when the test process does.
static SERVER: OnceCell<Postgres> = OnceCell::const_new();
const TEMPLATE: &str = "with_schema";
/// Lines for its postgresql.conf, where a crate needs some: set before it is asked for.
pub(crate) static SETTINGS: std::sync::OnceLock<Vec<String>> = std::sync::OnceLock::new();

pub(crate) async fn server() -> &'static Postgres {
    let start = || async {
        let options = Options { settings: SETTINGS.get().cloned().unwrap_or_default(), ..Options::default() };
        let server = Postgres::start(&options).await.unwrap();
        let admin = server.connect("postgres").await.unwrap();
        admin.batch("making a template", &format!("CREATE DATABASE {TEMPLATE}")).await.unwrap();
        let template = server.connect(TEMPLATE).await.unwrap();
        schema::apply(&template, &context()).await.unwrap();
        drop(template);
        wait_for(&admin, &format!("SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = '{TEMPLATE}')")).await;
        server
    };
    SERVER.get_or_init(start).await
}

/// The log of the crate's server, once it runs.
pub(crate) fn server_log() -> std::path::PathBuf {
    SERVER.get().unwrap().directory.join("log")
}

/// Asks until the answer is true.
pub(crate) async fn wait_for(database: &Database, question: &str) {
    let limit = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while database.text("waiting", question).await.unwrap() != [[Some("t".to_owned())]] {
        assert!(std::time::Instant::now() < limit, "still not true: {question}");
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

/// Schema, zone and months of the default settings.
pub(crate) fn context() -> Context {
    Context::new(&Settings::defaults().unwrap())
}

/// A new database; `template` is empty or the one with the new tables.
async fn database(template: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("trap_{}", COUNT.fetch_add(1, Ordering::Relaxed));
    let admin = server().await.connect("postgres").await.unwrap();
    admin.batch("making a database", &format!("CREATE DATABASE {name} TEMPLATE {template}")).await.unwrap();
    name
}

/// A database with the new tables and a few legacy tables.
pub(crate) struct Bed {
    /// A superuser's connection, which migrates.
    pub(crate) db: Database,
    pub(crate) context: Context,
    pub(crate) rules: RuleSet,
    /// The archive of what is migrated is kept up to date, as it is for users. Otherwise it is separated from the leaf after the move.
    pub(crate) kept: bool,
    /// A table that is never quiet within this time is left as it was.
    pub(crate) patience: Duration,
    name: String,
}

impl Bed {
    /// Runs `legacy` in the schema of the legacy tables.
    pub(crate) async fn new(legacy: &str) -> Bed {
        let name = database(TEMPLATE).await;
        let db = server().await.connect(&name).await.unwrap();
        let bed = Bed { db, context: context(), rules: RuleSet::default(), kept: false, patience: Duration::from_secs(60), name };
        bed.sql(&format!("SET search_path = {SCHEMA}, public; {legacy}")).await;
        bed.sql("RESET search_path").await;
        bed
    }

    /// The rule of a table as the catalog has it now: `target` and `key` are TOML in braces.
    pub(crate) async fn rule(&mut self, table: &str, kind: &str, target: &str, key: &str) -> Rule {
        // With the search path of the migration's own session, so that types and defaults are qualified in the same way.
        self.sql("SET search_path = pg_catalog").await;
        let catalog = Catalog::read_tables(&self.db, SCHEMA, &[table.to_owned()]).await.unwrap();
        let columns: Vec<String> = catalog.tables[table]
            .columns
            .iter()
            .map(|c| {
                let default = c.default.as_ref().map_or(String::new(), |d| format!(", default = '''{d}'''"));
                format!("{{ name = '''{}''', type = '''{}''', null = {}{default} }}", c.name, c.type_name, !c.not_null)
            })
            .collect();
        let text = format!(
            "table = '''{table}'''\nkind = '{kind}'\ncolumns = [\n{}\n]\ntarget = {target}\nkey = {key}\n",
            columns.join(",\n")
        );
        let document = Document::parse("test.toml".as_ref(), &text).unwrap_or_else(|e| panic!("{e}\n{text}"));
        let mut rule = file::parse(&document).unwrap_or_else(|e| panic!("{e}\n{text}"));
        let constraint = catalog.tables[table].key_over(&rule.key.columns);
        rule.key.unique = constraint.map(|k| k.name.clone());
        rule.key.primary = catalog.tables[table].keys.iter().find(|k| k.primary).map_or_else(Vec::new, |k| k.columns.clone());
        self.rules.rules.insert(table.to_owned(), rule.clone());
        rule
    }

    /// A history with nothing but a key.
    pub(crate) async fn history(&mut self, table: &str, key: &str) -> Rule {
        self.rule(table, "history", "{ base = 'base' }", &format!("{{ columns = ['''{key}'''] }}")).await
    }

    /// A look-up with nothing but a code, in a domain of its own name.
    pub(crate) async fn lookup(&mut self, table: &str, code: &str) -> Rule {
        self.rule(table, "lookup", &format!("{{ domain = '''{table}''' }}"), &format!("{{ columns = ['''{code}'''] }}")).await
    }

    /// Stores a mode as an operator would.
    pub(crate) async fn set(&self, table: &str, mode: Mode) -> Result<Vec<ModeChange>> {
        let is_retained = matches!(self.rules.rules[table].target, Target::Retained(_));
        gate::switch(
            &self.db,
            SCHEMA,
            &[(table.to_owned(), is_retained)],
            Switch { mode, shadow_role: "esclusa_shadow", who: "test", why: None },
        )
        .await
    }

    /// Migrates one table; a history that stays is switched first, as `migrate` demands it.
    pub(crate) async fn migrate(&self, table: &str) -> Result<TableRun> {
        if matches!(self.rules.rules[table].target, Target::Retained(_)) {
            self.set(table, Mode::Rewrite).await?;
        }
        self.migrate_only(table).await
    }

    /// Migrates one table in the mode that it has.
    pub(crate) async fn migrate_only(&self, table: &str) -> Result<TableRun> {
        self.migrate_by(table, Migration::new(&self.db, &self.rules, self.context.clone()).await.unwrap()).await
    }

    /// Migrates one table; the loss of what cannot be kept is accepted.
    pub(crate) async fn migrate_accepting(&self, table: &str) -> Result<TableRun> {
        let migration = Migration::new(&self.db, &self.rules, self.context.clone()).await.unwrap();
        self.migrate_by(table, Migration { accept: true, ..migration }).await
    }

    async fn migrate_by(&self, table: &str, mut migration: Migration<'_>) -> Result<TableRun> {
        migration.pace.patience = self.patience;
        let run = migration.begin("test").await.unwrap();
        let outcome = migration.table(run, &self.rules.rules[table]).await;
        migration.finish(run).await.unwrap();
        if !self.kept && outcome.as_ref().is_ok_and(|o| o.parity.is_some()) {
            self.let_go(table).await;
        }
        outcome
    }

    /// From here on the archive is a second legacy table beside the leaf, which a test writes itself.
    async fn let_go(&self, table: &str) {
        let table = esclusa::sql::quote::ident(table);
        self.sql(&format!(
            "DROP TRIGGER esclusa_keep ON esclusa_leaf.{table}; DROP TRIGGER esclusa_keep_truncate ON esclusa_leaf.{table}; \
             DROP TRIGGER esclusa_guard ON mig_old.{table}; \
             ALTER TABLE mig_old.{table} ENABLE TRIGGER USER; DELETE FROM esclusa.object WHERE name ~ 'esclusa_(keep|guard)|[.]\"?keep_'"
        ))
        .await;
    }

    /// Migrates every table that has a rule; each with its proof.
    pub(crate) async fn migrate_all(&self) {
        for table in self.rules.rules.keys() {
            if let Err(error) = self.migrate(table).await {
                panic!("{table}: {error} {:?}", error.more());
            }
        }
    }

    /// The failed checks of a table whose legacy rows are `old`.
    pub(crate) async fn failed_checks(&self, table: &str, old: &str) -> Vec<&'static str> {
        let relation = Relation::compile(&self.rules.rules[table], &self.context);
        let Parity { verdicts, .. } = parity::check(&self.db, &relation, old).await.unwrap();
        verdicts.iter().filter(|v| !v.passed).map(|v| v.check).collect()
    }

    /// The database's name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Runs statements as the superuser.
    pub(crate) async fn sql(&self, sql: &str) {
        if let Err(error) = self.db.batch("test", sql).await {
            panic!("{error} {:?}\n{sql}", error.more());
        }
    }

    /// Rows, cells joined by a bar, NULL as `\N`.
    pub(crate) async fn rows(&self, sql: &str) -> Vec<String> {
        let rows = self.db.text("test", sql).await.unwrap_or_else(|e| panic!("{e} {:?}\n{sql}", e.more()));
        let line = |row: Vec<Option<String>>| row.iter().map(|c| c.as_deref().unwrap_or("\\N")).collect::<Vec<_>>().join("|");
        rows.into_iter().map(line).collect()
    }

    /// The one cell of a query.
    pub(crate) async fn cell(&self, sql: &str) -> String {
        self.rows(sql).await.concat()
    }

    /// Another superuser's connection to the same database, for watching.
    pub(crate) async fn beside(bed: &Bed) -> Bed {
        let db = server().await.connect(&bed.name).await.unwrap();
        Bed { db, context: context(), rules: RuleSet::default(), kept: bed.kept, patience: bed.patience, name: bed.name.clone() }
    }

    /// Another session with its own settings.
    pub(crate) async fn session(&self, user: &str, settings: &str) -> Session {
        let mut config = tokio_postgres::Config::new();
        config.host("127.0.0.1").port(server().await.port).user(user).dbname(&self.name);
        let (client, connection) = config.connect(NoTls).await.unwrap();
        tokio::spawn(connection);
        let session = Session { client };
        assert_eq!(session.say(settings).await.matches("ERROR").count(), 0, "{settings}");
        session
    }
}

/// An error as shown at the terminal: message, detail, hint.
pub(crate) fn said(error: &Error) -> String {
    std::iter::once(error.to_string()).chain(error.more()).collect::<Vec<_>>().join("\n")
}

/// A client of the server itself.
pub(crate) struct Session {
    client: Client,
}

impl Session {
    /// Everything that a client sees of a statement, in text.
    pub(crate) async fn say(&self, sql: &str) -> String {
        match self.client.simple_query(sql).await {
            Ok(messages) => messages.iter().filter_map(message).collect::<Vec<_>>().join("\n"),
            Err(error) => seen(&error),
        }
    }

    /// COPY FROM STDIN.
    pub(crate) async fn copy_in(&self, sql: &str, rows: &str) -> String {
        use futures_util::SinkExt as _;
        let sent = async {
            let sink = self.client.copy_in::<_, std::io::Cursor<Vec<u8>>>(sql).await?;
            let mut sink = std::pin::pin!(sink);
            sink.send(std::io::Cursor::new(rows.as_bytes().to_vec())).await?;
            sink.finish().await
        };
        sent.await.map_or_else(|error| seen(&error), |rows| format!("({rows})"))
    }
}

fn message(message: &SimpleQueryMessage) -> Option<String> {
    match message {
        SimpleQueryMessage::Row(row) => Some((0..row.len()).map(|i| row.get(i).unwrap_or("\\N")).collect::<Vec<_>>().join("|")),
        SimpleQueryMessage::CommandComplete(rows) => Some(format!("({rows})")),
        _ => None,
    }
}

/// SQLSTATE, message, the names that the error carries, and its detail.
fn seen(error: &tokio_postgres::Error) -> String {
    let db = error.as_db_error().unwrap_or_else(|| panic!("the connection failed: {error:?}"));
    let names = [db.schema(), db.table(), db.column(), db.constraint()];
    let names = names.iter().map(|n| n.unwrap_or("-")).collect::<Vec<_>>().join(" ");
    let detail = db.detail().map_or(String::new(), |d| format!(": {d}"));
    format!("ERROR {} {} [{names}]{detail}", db.code().code(), db.message())
}

/// A legacy table in the archive beside the view that took its name: the same statement on both, with `{t}` for the table.
pub(crate) struct Twin<'s> {
    pub(crate) session: &'s Session,
    pub(crate) table: &'s str,
}

impl Twin<'_> {
    fn sides(&self, sql: &str) -> [String; 2] {
        let table = esclusa::sql::quote::ident(self.table);
        [format!("mig_old.{table}"), format!("{SCHEMA}.{table}")].map(|t| sql.replace("{t}", &t))
    }

    /// Both answers are equal, in any order of rows; returns it.
    pub(crate) async fn same(&self, sql: &str) -> String {
        let [old, new] = self.sides(sql);
        let (old, mut answer) = (self.session.say(&old).await, self.session.say(&new).await);
        // Announced for writes through a view: where other transactions of the server end meanwhile, as those of the other tests do.
        for _ in 0..5 {
            if answer.starts_with("ERROR 40001") {
                answer = self.session.say(&new).await;
            }
        }
        let new = answer;
        let [old, new] = [sorted(&old.replace("mig_old", SCHEMA)), sorted(&new)];
        assert_eq!(old, new, "{}: {sql}", self.table);
        new
    }

    /// Both answers are equal, and so are the rows afterwards.
    pub(crate) async fn write(&self, sql: &str) -> String {
        let answer = self.same(sql).await;
        self.same("SELECT * FROM {t}").await;
        answer
    }
}

fn sorted(text: &str) -> String {
    let mut lines: Vec<&str> = text.split('\n').collect();
    lines.sort_unstable();
    lines.join("\n")
}
