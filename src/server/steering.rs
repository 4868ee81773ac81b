//! What switches modes, reloads settings and rules, writes hits, and follows the switches of other replicas.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering, fence};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::{Mutex, watch};

use super::policy::Built;
use super::recording::Recording;
use super::{Loader, policy};
use crate::catalog::{Catalog, Database};
use crate::config::Settings;
use crate::console::Admin;
use crate::control::{self, Change, replica};
use crate::error::{Error, Fault, Faults, Result};
use crate::migrate::gate::{self, Named, Switch};
use crate::mode::Mode;
use crate::relation::CONTROL;
use crate::report::verdict::Language;
use crate::report::{Asked, Report};
use crate::rule::RuleSet;
use crate::session::Shared;
use crate::table::Table;
use crate::telemetry;
use crate::wire::tls::{Acceptor, Connector};

/// What the console and the background tasks of the server act on.
#[derive(Debug)]
pub struct Steering {
    /// What the sessions share.
    pub shared: Arc<Shared>,
    /// TLS towards the server.
    pub connector: ArcSwap<Connector>,
    load: Loader,
    /// The rules in force. Files are read by a reload alone: a switch must not fail over, or bring in, what somebody is writing there.
    rules: ArcSwap<RuleSet>,
    database: Mutex<Option<Database>>,
    stop: watch::Sender<bool>,
    /// Its name among the replicas.
    instance: String,
    recording: Recording,
}

impl Steering {
    /// Reads everything that serving needs. A rule with faults stops its own table and nothing else.
    pub(super) async fn new(load: Loader, settings: Settings, stop: watch::Sender<bool>) -> Result<Steering> {
        let (acceptor, connector) = tls(&settings)?;
        let database = policy::control_database(&settings).await?;
        let rules = RuleSet::load(&settings.rules.directory)?;
        for fault in &rules.faults().0 {
            tracing::warn!(%fault, "a rule has faults: its table is forwarded untouched");
        }
        let default_mode = settings.rules.default_mode;
        if database.is_none() && !matches!(default_mode, Mode::Off | Mode::Observe) {
            tracing::warn!(mode = %default_mode, "rules.default_mode is taken at its word: without control.url nobody knows what has been moved");
        }
        let built = policy::build(&settings, &rules, database.as_ref(), 1).await?;
        let shared = Arc::new(Shared::new(settings, built.policy));
        shared.standing.store(Arc::new(built.standing));
        shared.tls.store(Arc::new(acceptor));
        let (connector, rules) = (ArcSwap::from_pointee(connector), ArcSwap::from_pointee(rules));
        let instance = instance();
        let recording = Recording::begin(&shared.settings.load(), instance.clone())?;
        Ok(Steering { shared, connector, load, rules, database: Mutex::new(database), stop, instance, recording })
    }

    /// Builds the policy anew, from the rules in force, and modes and catalog as they are now.
    async fn refresh(&self) -> Result<()> {
        // Held until the policy is in force: what was read later may not be replaced by what was read before.
        let mut database = self.database.lock().await;
        let built = self.fresh_policy(&mut database, &self.shared.settings.load_full(), &self.rules.load_full()).await?;
        self.put_in_force(built);
        Ok(())
    }

    async fn fresh_policy(&self, database: &mut Option<Database>, settings: &Settings, rules: &RuleSet) -> Result<Built> {
        let database = policy::alive(database, settings).await?;
        let generation = self.shared.policy.load().generation + 1;
        policy::build(settings, rules, database.as_deref(), generation).await
    }

    fn put_in_force(&self, built: Built) {
        self.shared.standing.store(Arc::new(built.standing));
        self.shared.set_policy(built.policy);
    }

    /// Stores a switch, and waits until it is in force, here and on the other replicas.
    async fn switch(&self, store: impl AsyncFnOnce(&Database, &str) -> Result<Vec<Change>>) -> Result<Vec<Change>> {
        let settings = self.shared.settings.load_full();
        let mut changes = {
            let mut database = self.database.lock().await;
            match policy::alive(&mut database, &settings).await? {
                Some(database) => store(database, &settings.rules.schema).await?,
                None => return Err(Error::usage("modes are stored in the target database: set control.url")),
            }
        };
        self.follow_switch().await?;
        let mut database = self.database.lock().await;
        if let Some(database) = policy::alive(&mut database, &settings).await? {
            control::behind(database, &mut changes).await?;
        }
        Ok(changes)
    }

    /// Puts the modes that are stored in force, and says so when no statement is on its way that an older policy decided about.
    async fn follow_switch(&self) -> Result<()> {
        let settings = self.shared.settings.load_full();
        let alive = async || -> Result<i64> {
            match policy::alive(&mut *self.database.lock().await, &settings).await? {
                Some(database) => replica::generation(database).await,
                None => Ok(0),
            }
        };
        let generation = alive().await?;
        self.refresh().await?;
        self.let_land().await;
        self.acknowledge(generation).await
    }

    /// Says that this process serves, and which switch is in force here.
    async fn acknowledge(&self, generation: i64) -> Result<()> {
        let settings = self.shared.settings.load_full();
        let mut database = self.database.lock().await;
        match policy::alive(&mut database, &settings).await? {
            Some(database) if generation > 0 => replica::acknowledge(database, &self.instance, generation).await,
            _ => Ok(()),
        }
    }

    /// Roles, memberships and grants change without a word to anybody: where they are no longer what the policy was built on, it is built anew.
    async fn follow_rights(&self, database: &Database) -> Result<()> {
        let limited = Catalog::limited(database, CONTROL).await?;
        match self.shared.policy.load().is_limiting(&limited) {
            true => Ok(()),
            false => self.refresh().await,
        }
    }

    /// Nobody waits for this process any more.
    pub(super) async fn leave(&self) {
        let settings = self.shared.settings.load_full();
        let mut database = self.database.lock().await;
        let left = async {
            match policy::alive(&mut database, &settings).await? {
                Some(database) if replica::generation(database).await? > 0 => replica::leave(database, &self.instance).await,
                _ => Ok(()),
            }
        };
        if let Err(error) = left.await {
            tracing::warn!(%error, "the end of this process could not be noted; a switch will tell that it is silent");
        }
        if let Err(error) = self.recording.end().await {
            tracing::warn!(%error, "the spool could not be removed");
        }
    }

    /// The rule files as they are now, and the faults of those that were left out. A table whose rule has faults keeps the rule that is in
    /// force; one whose statements are rewritten keeps its rule, or nothing is reloaded.
    fn fresh_rules(&self, settings: &Settings) -> Result<(RuleSet, Faults), Faults> {
        let mut rules = RuleSet::load(&settings.rules.directory)?;
        let left = rules.faults();
        for rule in self.rules.load().rules.values() {
            rules.keep(rule);
        }
        let mut faults = Faults::default();
        let policy = self.shared.policy.load();
        for entry in policy.entries().filter(|e| e.mode == Mode::Rewrite) {
            let table = &entry.relation.table;
            if !rules.rules.contains_key(table) {
                let fault =
                    Fault::at(&settings.rules.directory, 0, format!("the rule of {table} is gone, and its mode is rewrite"));
                faults.push(fault.hint(format!("bring the file back, or switch the table first: SET MODE observe FOR {table}")));
            }
        }
        faults.or((rules, left))
    }

    /// Waits until no statement is on its way that an older policy decided about, so that who has switched a table may drop it. One
    /// that runs longer than this has its locks: whoever drops the table waits for it there.
    async fn let_land(&self) {
        const PATIENCE: Duration = Duration::from_secs(5);
        let generation = self.shared.policy.load().generation;
        let flies = |at: u64| at > 0 && at < generation;
        // The policy is in force; who announces an older one from here on sees it before deciding.
        fence(Ordering::SeqCst);
        let until = tokio::time::Instant::now() + PATIENCE;
        while self.shared.clients.iter().any(|c| flies(c.flight.load(Ordering::Relaxed))) {
            if tokio::time::Instant::now() > until {
                tracing::warn!("statements that were sent before the switch are still running");
                return;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
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

/// TLS of both legs, read from files: all faults at once.
fn tls(settings: &Settings) -> Result<(Option<Acceptor>, Connector)> {
    let acceptor = Acceptor::new(&settings.listen);
    let connector = Connector::new(&settings.upstream, acceptor.as_ref().ok().and_then(Option::as_ref));
    match (acceptor, connector) {
        (Ok(acceptor), Ok(connector)) => Ok((acceptor, connector)),
        (acceptor, connector) => {
            let mut faults = acceptor.err().unwrap_or_default();
            faults.extend(connector.err().unwrap_or_default());
            Err(faults.into())
        }
    }
}

/// A result, or `None` when it is faults, which are put to the others.
fn kept<T>(result: Result<T>, faults: &mut Faults) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Error::Faults(found)) => {
            faults.extend(found);
            Ok(None)
        }
        Err(other) => Err(other),
    }
}

/// What a running process cannot change: a restart or a handover can.
fn refuse_fixed(before: &Settings, after: &Settings) -> Result<(), Faults> {
    let mut faults = Faults::default();
    for key in before.differing(after).into_iter().filter(|k| k.restart) {
        let fault = Fault::general(format!("{}.{} cannot be changed by a reload", key.section, key.name));
        faults.push(fault.hint("restart, or start a new process that takes over (listen.handover_socket)"));
    }
    faults.or(())
}

impl Admin for Steering {
    fn set_modes<'a>(
        &'a self,
        tables: &'a [String],
        mode: Mode,
        who: &'a str,
        why: Option<&'a str>,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<Change>>> + Send + 'a>> {
        Box::pin(async move {
            let policy = self.shared.policy.load_full();
            let named = |table: &String| {
                let entry = policy.entries().find(|e| e.relation.table == *table);
                let entry = entry.ok_or_else(|| Error::usage(format!("there is no rule for a table \"{table}\"")))?;
                Ok((table.clone(), entry.relation.is_retained()))
            };
            let tables = tables.iter().map(named).collect::<Result<Vec<Named>>>()?;
            let shadow_role = &self.shared.settings.load_full().shadow.user;
            let switch = Switch { mode, shadow_role, who, why };
            self.switch(async |db, schema| gate::switch(db, schema, &tables, switch).await).await
        })
    }

    fn set_all_modes<'a>(
        &'a self,
        mode: Mode,
        who: &'a str,
        why: Option<&'a str>,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<Change>>> + Send + 'a>> {
        Box::pin(async move {
            let policy = self.shared.policy.load_full();
            let mut tables: Vec<Named> = policy.entries().map(|e| (e.relation.table.clone(), e.relation.is_retained())).collect();
            tables.sort();
            let shadow_role = &self.shared.settings.load_full().shadow.user;
            let switch = Switch { mode, shadow_role, who, why };
            self.switch(async |db, schema| gate::switch_all(db, schema, &tables, switch).await).await
        })
    }

    fn reload<'a>(&'a self) -> Pin<Box<dyn Future<Output = Result<Faults>> + Send + 'a>> {
        Box::pin(async move {
            let before = self.shared.settings.load_full();
            let mut faults = Faults::default();
            // Where the settings have faults, what they name is looked for at the places before: all faults at once.
            let read = kept(self.load.load(), &mut faults)?;
            let settings = read.unwrap_or_else(|| before.as_ref().clone());
            kept(refuse_fixed(&before, &settings).map_err(Error::from), &mut faults)?;
            let legs = kept(tls(&settings), &mut faults)?;
            let rules = kept(self.fresh_rules(&settings).map_err(Error::from), &mut faults)?;
            if let Some((_, left)) = rules.as_ref().filter(|_| !faults.is_empty()) {
                faults.extend(left.clone());
            }
            let (Some((acceptor, connector)), Some((rules, left))) = (legs, rules) else {
                return faults.or(Faults::default()).map_err(Error::from);
            };
            faults.or(())?;
            let mut database = self.database.lock().await;
            let built = self.fresh_policy(&mut database, &settings, &rules).await?;
            // All of it is good: from here on nothing can fail.
            self.rules.store(Arc::new(rules));
            self.shared.settings.store(Arc::new(settings));
            self.shared.tls.store(Arc::new(acceptor));
            self.connector.store(Arc::new(connector));
            self.put_in_force(built);
            for fault in &left.0 {
                tracing::warn!(%fault, "a rule with faults was left as it was");
            }
            Ok(left)
        })
    }

    fn recorded<'a>(&'a self, report: &'static Report) -> Pin<Box<dyn Future<Output = Result<Table>> + Send + 'a>> {
        Box::pin(async move {
            let settings = self.shared.settings.load_full();
            // A connection of its own: who looks delays neither a switch nor what is recorded.
            let Some(database) = policy::control_database(&settings).await? else {
                return Err(Error::usage("what was recorded is in the target database: set control.url"));
            };
            self.recording.keep(&self.shared.traffic, &settings).await;
            self.recording.write(&settings).await?;
            let tables = self.shared.policy.load().entries().map(|e| e.relation.table.clone()).collect();
            let asked = Asked { time_zone: settings.rules.time_zone.clone(), tables, ..Asked::default() };
            report.read(&database, &settings, &asked, Language::English).await
        })
    }

    fn shutdown(&self) {
        let _ = self.stop.send(true);
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

/// Follows switches that other replicas make, as long as a session lives: until the process ends. Whatever was announced while the
/// connection was gone is read when it is back.
pub(super) async fn follow(steering: Arc<Steering>) {
    loop {
        let settings = steering.shared.settings.load_full();
        if settings.control.url.is_empty() {
            return;
        }
        let listened = async {
            let password = policy::password(&settings)?;
            let (database, mut news) = Database::listen(&settings.control.url, password.as_deref(), control::CHANNEL).await?;
            loop {
                let generation = replica::generation(&database).await?;
                steering.follow_switch().await?;
                while let Err(_silence) = tokio::time::timeout(replica::HEARTBEAT, news.recv()).await.map(drop) {
                    steering.acknowledge(generation).await?;
                    steering.follow_rights(&database).await?;
                }
            }
        };
        let ended: Result<()> = listened.await;
        if let Err(error) = ended {
            tracing::warn!(%error, "switches of other replicas cannot be followed; trying again");
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}
