//! The stage of the demo and of the twin: one private server with two databases. `legacy` holds the legacy tables; `target` was
//! made from it by our own migration, and the proxy is in front of it.

use std::path::PathBuf;

use super::data::Sizes;
use super::legacy;
use super::postgres::{Options, Postgres};
use crate::catalog::{Catalog, Database};
use crate::config::{Address, Month, Settings};
use crate::error::{Error, Result};
use crate::migrate::gate::{self, Switch};
use crate::migrate::migration::Migration;
use crate::migrate::run::TableRun;
use crate::migrate::schema;
use crate::mode::Mode;
use crate::relation::Context;
use crate::rule::plan::Plan;
use crate::rule::{RuleSet, file, generate};
use crate::server::handover::Inherited;
use crate::server::{Loader, Server};
use crate::twin::Pair;

/// The database with the legacy tables.
pub const LEGACY: &str = "legacy";
/// The database that was migrated.
pub const TARGET: &str = "aqua";
/// The role that AQUASIS logs in as: not a superuser, with grants on the legacy tables and nothing else.
pub const APPLICATION: &str = "aquasis";

/// How the stage is set up.
#[derive(Debug, Clone, Default)]
pub struct Plot {
    /// How much data.
    pub sizes: Sizes,
    /// Leave the views under the legacy names, and the legacy tables in the archive; otherwise both are dropped, so that only the
    /// rewriting can answer.
    pub views: bool,
    /// The proxy's port; a free one if none is given.
    pub port: Option<u16>,
    /// The server's options.
    pub server: Options,
    /// SQL that is run on the legacy tables before they are migrated.
    pub prologue: String,
    /// The first month with a partition of its own, if it differs from the settings'.
    pub first_month: Option<Month>,
}

/// A migrated database with its proxy.
#[derive(Debug)]
pub struct Stage {
    /// The private server.
    pub postgres: Postgres,
    /// The running proxy.
    pub proxy: Server,
    /// What the migration did, table by table.
    pub outcomes: Vec<TableRun>,
    /// Rows of the legacy data.
    pub rows: usize,
    /// Where the rules were written to.
    pub rules: PathBuf,
}

impl Stage {
    /// Starts a server, loads, migrates, starts the proxy, switches every table to rewrite. `tell` is called for each step.
    pub async fn build(plot: &Plot, tell: &mut dyn FnMut(&str)) -> Result<Stage> {
        // Before anything else, so that a port in use is reported at once.
        let sockets = plot.port.map_or_else(|| Ok(Inherited::default()), sockets)?;
        tell("starting a private PostgreSQL");
        let postgres = Postgres::start(&plot.server).await?;
        let (rows, rules, directory) = load(&postgres, plot, tell).await?;
        let mut settings = settings(&postgres, &directory, plot.port)?;
        settings.audit.first_month = plot.first_month.unwrap_or(settings.audit.first_month);
        let outcomes = migrate(&postgres, &rules, &settings, plot.views, tell).await?;
        tell("starting the proxy");
        let loaded = settings.clone();
        let proxy = Server::start_with(Loader::new(move || Ok(loaded.clone())), sockets).await?;
        let tables: Vec<String> = rules.rules.keys().cloned().collect();
        proxy.admin().set_modes(&tables, Mode::Rewrite, "esclusa demo", Some("the demo begins after the switch")).await?;
        Ok(Stage { postgres, proxy, outcomes, rows, rules: directory })
    }

    /// The address of the legacy server.
    pub fn direct(&self) -> Address {
        Address::Tcp("127.0.0.1".into(), self.postgres.port)
    }

    /// A session on each side, as AQUASIS connects.
    pub async fn pair(&self) -> Result<Pair> {
        let parameters = [
            ("user", APPLICATION),
            ("application_name", "AQUASIS"),
            ("search_path", "cf_quere_pro, public"),
            ("TimeZone", "America/Mexico_City"),
            ("extra_float_digits", "2"),
        ];
        Pair::connect((&self.direct(), LEGACY), (&self.proxy.address, TARGET), &parameters).await
    }

    /// Ends the proxy and the server.
    pub async fn strike(self) {
        self.proxy.stop().await;
    }
}

/// The proxy's socket, the console's and the page's, on this port and the next two.
fn sockets(port: u16) -> Result<Inherited> {
    let open = |port: u16| {
        let taken = |e| Error::io(format!("listening on 127.0.0.1:{port} (`--port` names another)"), e);
        std::net::TcpListener::bind(("127.0.0.1", port)).map(|l| Some(l.into())).map_err(taken)
    };
    Ok(Inherited { clients: open(port)?, console: open(port + 1)?, web: open(port + 2)?, predecessor: None })
}

async fn load(postgres: &Postgres, plot: &Plot, tell: &mut dyn FnMut(&str)) -> Result<(usize, RuleSet, PathBuf)> {
    tell("loading the legacy schema with data");
    let admin = postgres.connect("postgres").await?;
    admin.batch("creating databases", &format!("CREATE ROLE {APPLICATION} LOGIN")).await?;
    admin.batch("creating databases", &format!("CREATE DATABASE {LEGACY}")).await?;
    let database = postgres.connect(LEGACY).await?;
    let schema = Settings::defaults()?.rules.schema;
    let rows = legacy::load(&database, &schema, &plot.sizes).await?;
    database.batch("setting the scene", &format!("SET search_path = {schema}; {}; RESET search_path", plot.prologue)).await?;
    let grants = format!(
        "GRANT USAGE ON SCHEMA {schema} TO {APPLICATION}; GRANT ALL ON ALL TABLES IN SCHEMA {schema} TO {APPLICATION};
         GRANT ALL ON ALL SEQUENCES IN SCHEMA {schema} TO {APPLICATION}; GRANT CREATE ON SCHEMA {schema} TO {APPLICATION}"
    );
    database.batch("granting", &grants).await?;
    tell("generating the rules");
    let catalog = Catalog::read(&database, &schema).await?;
    drop(database);
    let rules = generate::generate(&catalog, &Plan::shipped()).rules;
    let directory = postgres.directory.join("rules");
    std::fs::create_dir_all(&directory).map_err(|e| Error::io("creating the rule directory", e))?;
    for rule in &rules {
        let path = directory.join(format!("{}.toml", rule.table));
        std::fs::write(&path, file::print(rule)).map_err(|e| Error::io(format!("writing {}", path.display()), e))?;
    }
    wait_until_unused(&admin, LEGACY).await?;
    admin.batch("copying the database", &format!("CREATE DATABASE {TARGET} TEMPLATE {LEGACY}")).await?;
    Ok((rows, RuleSet::load(&directory)?, directory))
}

/// Waits until a database has no sessions, as a template must: sessions that were closed a moment ago may still be ending.
async fn wait_until_unused(admin: &Database, database: &str) -> Result<()> {
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = $1";
    for _ in 0..500 {
        if admin.one("waiting for sessions to end", sql, &[&database]).await?.get::<_, i64>(0) == 0 {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    Err(Error::refused(format!("sessions of database {database} do not end")))
}

fn settings(postgres: &Postgres, rules: &std::path::Path, port: Option<u16>) -> Result<Settings> {
    let mut settings = Settings::defaults()?;
    let local = |port| Address::Tcp("127.0.0.1".into(), port);
    settings.listen.drain_timeout = std::time::Duration::from_secs(1);
    settings.listen.address = local(port.unwrap_or(0));
    settings.console.address = local(port.map_or(0, |p| p + 1));
    settings.web.address = port.map(|p| local(p + 2));
    settings.upstream.address = local(postgres.port);
    settings.rules.directory = rules.to_owned();
    settings.control.url = postgres.url(TARGET);
    settings.control.flush_interval = std::time::Duration::from_millis(500);
    Ok(settings)
}

async fn migrate(
    postgres: &Postgres,
    rules: &RuleSet,
    settings: &Settings,
    views: bool,
    tell: &mut dyn FnMut(&str),
) -> Result<Vec<TableRun>> {
    tell("deploying the new tables");
    let database = postgres.connect(TARGET).await?;
    let context = Context::new(settings);
    schema::apply(&database, &context).await?;
    tell("migrating 202 tables, each with its proof of parity; improving 18");
    let migration = Migration::new(&database, rules, context).await?;
    // Histories that stay are rewritten before they get their columns.
    let retained = rules.rules.values().filter(|r| r.target.stays()).map(|r| (r.table.clone(), true));
    let switch =
        Switch { mode: Mode::Rewrite, shadow_role: "esclusa_shadow", who: "esclusa demo", why: Some("two columns are added") };
    gate::switch(&database, &settings.rules.schema, &retained.collect::<Vec<_>>(), switch).await?;
    let run = migration.begin("demo").await?;
    let mut outcomes = Vec::new();
    for rule in rules.rules.values() {
        outcomes.push(migration.table(run, rule).await?);
    }
    migration.finish(run).await?;
    if !views {
        let replaced = rules.rules.values().filter(|r| !r.target.stays());
        let drops: String = replaced.map(|r| format!("DROP VIEW {}.{};\n", settings.rules.schema, r.table)).collect();
        database.batch("dropping views", &drops).await?;
        database.batch("dropping the archive", "DROP SCHEMA mig_old CASCADE").await?;
    }
    database.batch("analyzing", "ANALYZE").await?;
    Ok(outcomes)
}
