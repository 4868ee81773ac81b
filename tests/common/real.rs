//! The public schema made realistic. The public map of `cf_quere_pro` has no key, no foreign key, no view, no function and one owner who
//! is a superuser; the real database has all of them. This adds what can make a migration fail to the demo's schema and data, in SQL that
//! depends on catalog, plan and seed alone, and moves it as a role that is not a superuser.
#![allow(dead_code, reason = "each test crate uses a part of it")]

pub(crate) mod access;
pub(crate) mod dependents;
pub(crate) mod structure;

use std::path::PathBuf;

use esclusa::catalog::{Catalog, Database};
use esclusa::config::{Address, Settings, Url};
use esclusa::demo::data::Sizes;
use esclusa::demo::legacy;
use esclusa::demo::postgres::{Options, Postgres};
use esclusa::error::Result;
use esclusa::migrate::gate::{self, Switch};
use esclusa::migrate::migration::Migration;
use esclusa::migrate::run::TableRun;
use esclusa::migrate::{roles, schema};
use esclusa::mode::Mode;
use esclusa::relation::Context;
use esclusa::rule::generate::generate;
use esclusa::rule::plan::Plan;
use esclusa::rule::{RuleSet, Target, file};
use esclusa::server::{Loader, Server};

/// The schema of the legacy tables.
pub(crate) const SCHEMA: &str = "cf_quere_pro";
/// The database as it was, and the one that is migrated.
pub(crate) const LEGACY: &str = "legacy";
pub(crate) const TARGET: &str = "target";
/// Owns nine tables in ten; does not log in.
pub(crate) const OWNER: &str = "real_owner";
/// Owns the others.
pub(crate) const OTHER_OWNER: &str = "real_other_owner";
/// The role of esclusa: neither a superuser nor an owner.
pub(crate) const CONTROL: &str = "real_control";

/// How the fixture is made.
#[derive(Debug, Clone)]
pub(crate) struct Plot {
    pub(crate) sizes: Sizes,
    /// Also what depends on legacy tables: views, functions, triggers, rules, policies, publications, computed columns. A migration may have
    /// to refuse tables whose dependents it cannot keep.
    pub(crate) dependents: bool,
}

impl Default for Plot {
    fn default() -> Plot {
        Plot { sizes: Sizes { rows: 24, base: 12, lookup: 12, ..Sizes::default() }, dependents: false }
    }
}

/// A server with the real schema twice.
pub(crate) struct Real {
    pub(crate) postgres: Postgres,
    pub(crate) context: Context,
    pub(crate) rules: RuleSet,
    /// The legacy tables before anything was moved.
    pub(crate) catalog: Catalog,
    pub(crate) directory: PathBuf,
}

/// Makes the real schema in an empty database, as a superuser.
pub(crate) async fn load(db: &Database, plot: &Plot) -> (Catalog, RuleSet) {
    legacy::load(db, SCHEMA, &plot.sizes).await.unwrap();
    let (catalog, rules) = known(db).await;
    run(db, "the structure", &structure::sql(&catalog, &rules, &filled(db).await)).await;
    if plot.dependents {
        run(db, "the dependents", &dependents::sql(&catalog, &rules)).await;
    }
    let (catalog, rules) = known(db).await;
    run(db, "owners and grants", &access::sql(&catalog, &rules)).await;
    run(db, "statistics", &["ANALYZE".into()]).await;
    known(db).await
}

async fn known(db: &Database) -> (Catalog, RuleSet) {
    let catalog = Catalog::read(db, SCHEMA).await.unwrap();
    let generated = generate(&catalog, &Plan::shipped()).rules;
    let rules = RuleSet { rules: generated.into_iter().map(|r| (r.table.clone(), r)).collect(), ..RuleSet::default() };
    (catalog, rules)
}

/// The tables that have rows.
async fn filled(db: &Database) -> Vec<String> {
    let sql = format!(
        "SELECT relname FROM pg_class WHERE relnamespace = '{SCHEMA}'::regnamespace AND relkind = 'r' AND reltuples > 0 ORDER BY 1"
    );
    db.text("looking for rows", &sql).await.unwrap().into_iter().flatten().flatten().collect()
}

/// Runs SQL in the legacy schema, each statement by itself; a failure shows it.
async fn run(db: &Database, what: &str, sql: &[String]) {
    db.batch(what, &format!("SET search_path = {SCHEMA}, public")).await.unwrap();
    for sql in sql {
        if let Err(error) = db.batch(what, sql).await {
            panic!("{error} {:?}\n{sql}", error.more());
        }
    }
    db.batch(what, "RESET search_path").await.unwrap();
}

impl Real {
    /// Both databases as the legacy system has them; the target with the roles that `esclusa roles` asks for.
    pub(crate) async fn build(plot: &Plot) -> Real {
        let options = Options { settings: vec!["max_locks_per_transaction = 2048".into()], ..Options::default() };
        let postgres = Postgres::start(&options).await.unwrap();
        let admin = postgres.connect("postgres").await.unwrap();
        admin.batch("creating roles", &access::roles()).await.unwrap();
        admin.batch("creating a database", &format!("CREATE DATABASE {LEGACY}")).await.unwrap();
        let db = postgres.connect(LEGACY).await.unwrap();
        let (catalog, rules) = load(&db, plot).await;
        drop(db);
        let unused = format!("SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = '{LEGACY}')");
        super::wait_for(&admin, &unused).await;
        admin.batch("copying the database", &format!("CREATE DATABASE {TARGET} TEMPLATE {LEGACY}")).await.unwrap();
        let directory = postgres.directory.join("rules");
        std::fs::create_dir_all(&directory).unwrap();
        for rule in rules.rules.values() {
            std::fs::write(directory.join(format!("{}.toml", rule.table)), file::print(rule)).unwrap();
        }
        let context = super::context();
        let script = roles::script(&context, CONTROL, &roles::tables(&rules), None);
        let real = Real { postgres, context, rules, catalog, directory };
        let target = real.postgres.connect(TARGET).await.unwrap();
        target.batch("the script of roles", &script).await.unwrap_or_else(|e| panic!("{e} {:?}\n{script}", e.more()));
        real
    }

    /// The URL of the target database for any role.
    pub(crate) fn url(&self, role: &str) -> Url {
        Url::new(format!("postgres://{role}@127.0.0.1:{}/{TARGET}", self.postgres.port))
    }

    /// Legacy tables that go: not the histories that stay.
    pub(crate) fn moving(&self) -> impl Iterator<Item = &esclusa::rule::Rule> {
        self.rules.rules.values().filter(|r| !matches!(r.target, Target::Retained(_)))
    }

    /// Applies the schema and moves every table, as the control role; nothing is refused silently.
    pub(crate) async fn migrate(&self) -> Vec<(String, Result<TableRun>)> {
        let db = Database::connect(&self.url(CONTROL), None).await.unwrap();
        let missing = roles::missing(&db, &self.context, &roles::tables(&self.rules)).await.unwrap();
        assert_eq!(missing, [], "the script gives all that is needed");
        schema::apply(&db, &self.context).await.unwrap_or_else(|e| panic!("{e} {:?}", e.more()));
        let retained: Vec<(String, bool)> = self
            .rules
            .rules
            .values()
            .filter(|r| matches!(r.target, Target::Retained(_)))
            .map(|r| (r.table.clone(), true))
            .collect();
        gate::switch(
            &db,
            SCHEMA,
            &retained,
            Switch { mode: Mode::Rewrite, shadow_role: "esclusa_shadow", who: "test", why: None },
        )
        .await
        .unwrap();
        let migration = Migration::new(&db, &self.rules, self.context.clone()).await.unwrap();
        let run = migration.begin("test").await.unwrap();
        let mut outcomes = Vec::new();
        for rule in self.rules.rules.values() {
            outcomes.push((rule.table.clone(), migration.table(run, rule).await));
        }
        migration.finish(run).await.unwrap();
        outcomes
    }

    /// A proxy in front of the target, every table rewritten.
    pub(crate) async fn proxy(&self) -> Server {
        let mut settings = Settings::defaults().unwrap();
        let local = |port| Address::Tcp("127.0.0.1".into(), port);
        settings.listen.address = local(0);
        settings.console.address = local(0);
        settings.listen.workers = 2;
        settings.upstream.address = local(self.postgres.port);
        settings.rules.directory = self.directory.clone();
        settings.control.url = self.url(CONTROL);
        let server = Server::start(Loader::new(move || Ok(settings.clone()))).await.unwrap();
        let tables: Vec<String> = self.rules.rules.keys().cloned().collect();
        server.admin().set_modes(&tables, Mode::Rewrite, "test", None).await.unwrap();
        server
    }
}
