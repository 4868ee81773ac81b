//! What the console and the background tasks of the server act on: the policy in force and what it is made of, and what is recorded. What
//! is done with it: `switchboard` switches modes, `reload` reads settings and rules anew, `followers` follows the switches of other replicas.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::{Mutex, watch};

use super::policy::{Built, Known};
use super::recording::Recording;
use super::{Loader, policy, tls};
use crate::catalog::Database;
use crate::config::Settings;
use crate::control;
use crate::error::{Error, Result};
use crate::mode::Mode;
use crate::report::verdict::Language;
use crate::report::{Asked, Report};
use crate::rule::RuleSet;
use crate::session::Shared;
use crate::table::Table;
use crate::telemetry;
use crate::wire::tls::Connector;

/// What the console and the background tasks of the server act on.
#[derive(Debug)]
pub struct Steering {
    /// What the sessions share.
    pub shared: Arc<Shared>,
    /// TLS towards the server.
    pub connector: ArcSwap<Connector>,
    pub(super) load: Loader,
    /// The rules in force. Files are read by a reload alone: a switch must not fail over, or bring in, what somebody is writing there.
    pub(super) rules: ArcSwap<RuleSet>,
    /// The catalog that the policy was built on, while it has not changed.
    catalog: Mutex<Option<Known>>,
    pub(super) database: Mutex<Option<Database>>,
    pub(super) stop: watch::Sender<bool>,
    /// Its name among the replicas.
    pub(super) instance: String,
    pub(super) recording: Recording,
}

impl Steering {
    /// Reads everything that serving needs. A rule with faults stops its own table and nothing else.
    pub(super) async fn new(load: Loader, settings: Settings, stop: watch::Sender<bool>) -> Result<Steering> {
        let (acceptor, connector) = tls::of_both_legs(&settings)?;
        let database = policy::control_database(&settings).await?;
        let rules = RuleSet::load(&settings.rules.directory)?;
        for fault in &rules.faults().0 {
            tracing::warn!(%fault, "a rule has faults: its table is forwarded untouched");
        }
        let default_mode = settings.rules.default_mode;
        if database.is_none() && !matches!(default_mode, Mode::Off | Mode::Observe) {
            tracing::warn!(mode = %default_mode, "rules.default_mode is taken at its word: without control.url nobody knows what has been moved");
        }
        let mut catalog = None;
        let built = policy::build(&settings, &rules, database.as_ref(), 1, &mut catalog).await?;
        let shared = Arc::new(Shared::new(settings, built.policy));
        shared.standing.store(Arc::new(built.standing));
        shared.tls.store(Arc::new(acceptor));
        let (connector, rules) = (ArcSwap::from_pointee(connector), ArcSwap::from_pointee(rules));
        let (catalog, database) = (Mutex::new(catalog), Mutex::new(database));
        let instance = instance();
        let recording = Recording::begin(&shared.settings.load(), instance.clone())?;
        Ok(Steering { shared, connector, load, rules, catalog, database, stop, instance, recording })
    }

    /// Builds the policy anew, from the rules in force, and modes and catalog as they are now.
    pub(super) async fn refresh(&self) -> Result<()> {
        // Held until the policy is in force: what was read later may not be replaced by what was read before.
        let mut database = self.database.lock().await;
        let built = self.fresh_policy(&mut database, &self.shared.settings.load_full(), &self.rules.load_full()).await?;
        self.put_in_force(built);
        Ok(())
    }

    /// A policy of these settings and rules, not yet in force.
    pub(super) async fn fresh_policy(
        &self,
        database: &mut Option<Database>,
        settings: &Settings,
        rules: &RuleSet,
    ) -> Result<Built> {
        let database = policy::alive(database, settings).await?;
        let generation = self.shared.policy.load().generation + 1;
        policy::build(settings, rules, database.as_deref(), generation, &mut *self.catalog.lock().await).await
    }

    pub(super) fn put_in_force(&self, built: Built) {
        self.shared.standing.store(Arc::new(built.standing));
        self.shared.set_policy(built.policy);
    }

    /// Puts counted hits into the spool, and takes them to the database; what cannot be written is kept.
    pub(super) async fn flush(&self) {
        let settings = self.shared.settings.load_full();
        self.flush_shadow(&mut *self.database.lock().await, &settings).await;
        self.keep().await;
        if let Err(error) = self.recording.write(&settings).await {
            tracing::warn!(%error, "hits could not be written and are kept");
            telemetry::count("esclusa_flush_failures_total");
        }
    }

    /// Puts counted hits into the spool.
    async fn keep(&self) {
        self.recording.keep(&self.shared.traffic, &self.shared.settings.load_full()).await;
    }

    /// A report of what all proxies have recorded, up to now.
    pub(super) async fn report(&self, report: &Report) -> Result<Table> {
        let settings = self.shared.settings.load_full();
        // A connection of its own: who looks delays neither a switch nor what is recorded.
        let Some(database) = policy::control_database(&settings).await? else {
            return Err(Error::usage("what was recorded is in the target database: set control.url"));
        };
        self.keep().await;
        self.recording.write(&settings).await?;
        let tables = self.shared.policy.load().entries().map(|e| e.relation.table.clone()).collect();
        let asked = Asked { time_zone: settings.rules.time_zone.clone(), tables, ..Asked::default() };
        report.read(&database, &settings, &asked, Language::English).await
    }

    /// Writes what mode shadow has found; what cannot be written is kept.
    async fn flush_shadow(&self, database: &mut Option<Database>, settings: &Settings) {
        let taken = self.shared.shadow.take();
        if taken.0.is_empty() && taken.1.is_empty() {
            return;
        }
        let written = async {
            match policy::alive(database, settings).await? {
                Some(database) => control::write_shadow(database, &self.instance, &taken).await,
                None => Ok(()),
            }
        };
        if let Err(error) = written.await {
            tracing::warn!(%error, "what mode shadow has found could not be written and is kept");
            telemetry::count("esclusa_flush_failures_total");
            self.shared.shadow.give_back(taken);
        }
    }
}

/// Host and process; a second proxy of one process, as tests have it, is told apart.
fn instance() -> String {
    static STARTED: AtomicU32 = AtomicU32::new(0);
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let process = format!("{}:{}", host.trim(), std::process::id());
    match STARTED.fetch_add(1, Ordering::Relaxed) {
        0 => process,
        more => format!("{process}/{more}"),
    }
}

/// Keeps hits every `control.spool_interval`, whatever the database does.
pub(super) async fn keep_regularly(steering: Arc<Steering>, mut stopped: watch::Receiver<bool>) {
    loop {
        let pause = steering.shared.settings.load().control.spool_interval.max(Duration::from_millis(50));
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = stopped.wait_for(|s| *s) => return,
        }
        steering.keep().await;
    }
}

/// Writes hits every `control.flush_interval`.
pub(super) async fn flush_regularly(steering: Arc<Steering>, mut stopped: watch::Receiver<bool>) {
    loop {
        let pause = steering.shared.settings.load().control.flush_interval.max(Duration::from_millis(50));
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = stopped.wait_for(|s| *s) => return,
        }
        steering.flush().await;
    }
}
