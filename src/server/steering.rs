//! What the console and the background tasks of the server act on: the policy in force, what it is made of, and what is recorded.
//! `switchboard` switches modes, `reload` reads settings and rules again, `followers` follows the switches of other replicas.

use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::{Mutex, watch};

use super::facts::{Facts, Known, Since};
use super::hit_writer::HitWriter;
use super::loader::Loader;
use super::order::Order;
use super::policy::Built;
use super::relocation::Relocation;
use super::{policy, tls};
use crate::catalog::Database;
use crate::config::Settings;
use crate::control;
use crate::error::{Error, Faults, Result};
use crate::mode::Mode;
use crate::record::redact::Rules;
use crate::report::verdict::Judged;
use crate::report::{Asked, Question, Report, overview};
use crate::rewrite::Policy;
use crate::rule::{RuleSet, check};
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
    /// The rules in force. Only a reload reads the files: a switch must not fail because of a file that somebody is editing, nor
    /// put it in force.
    pub(super) rules: ArcSwap<RuleSet>,
    /// Of the rules in force: replicas compare it every two seconds.
    pub(super) rules_fingerprint: AtomicI64,
    /// The policy made of rules, modes and facts; it is in force unless the process has stepped aside.
    pub(super) decided: ArcSwap<Policy>,
    /// Whether `esclusa off` is in force. Locked while a policy is put in force, so that each number is used once.
    aside: std::sync::Mutex<bool>,
    /// What the policy is made of, to be used again while it has not changed.
    pub(super) known: Mutex<Known>,
    /// The facts that were last kept on disk.
    kept: Mutex<Option<Facts>>,
    pub(super) database: Mutex<Option<Database>>,
    pub(super) stop: watch::Sender<bool>,
    /// The last switch that the policy's facts include; `relocations` has later moves.
    pub(super) followed: AtomicI64,
    /// Tables that have moved since.
    relocations: std::sync::Mutex<Vec<Relocation>>,
    /// Its name among the replicas.
    pub(super) instance: String,
    pub(super) hit_writer: HitWriter,
    /// Why hits could not be written the last time; empty if they could.
    flush_failure: std::sync::Mutex<String>,
}

impl Steering {
    /// Reads everything that is needed to serve. A rule with faults stops its own table and no other.
    pub(super) async fn new(load: Loader, settings: Settings, stop: watch::Sender<bool>) -> Result<Steering> {
        let (acceptor, connector) = tls::of_both_legs(&settings)?;
        Rules::parse(&settings.record.redact)?;
        let rules = RuleSet::load(&settings.rules.directory)?;
        for fault in &rules.faults().0 {
            tracing::warn!(%fault, "a rule has faults: its table is forwarded untouched");
        }
        tell_regulatory(&rules, &settings);
        let default_mode = settings.rules.default_mode;
        if settings.control.url.is_empty() && !matches!(default_mode, Mode::Off | Mode::Observe) {
            tracing::warn!(mode = %default_mode, "rules.default_mode is taken at its word: without control.url nobody knows what has been moved");
        }
        let (database, facts, known) = first_facts(&settings).await?;
        let built = policy::build(&settings, &rules, &facts, 1);
        tell_differing(&built.differing);
        let is_aside = Order::given(&settings.control.spool)?.is_some();
        let in_force = if is_aside { built.policy.aside() } else { built.policy.clone() };
        let shared = Arc::new(Shared::new(settings, in_force));
        shared.standing.store(Arc::new(built.standing));
        shared.tls.store(Arc::new(acceptor));
        let rules_fingerprint = AtomicI64::new(rules.fingerprint());
        let (connector, rules) = (ArcSwap::from_pointee(connector), ArcSwap::from_pointee(rules));
        let (decided, aside) = (ArcSwap::from_pointee(built.policy), std::sync::Mutex::new(is_aside));
        let (known, kept, database) = (Mutex::new(known), Mutex::new(None), Mutex::new(database));
        let instance = instance();
        let hit_writer = HitWriter::begin(&shared.settings.load(), instance.clone())?;
        let flush_failure = std::sync::Mutex::default();
        Ok(Steering {
            flush_failure,
            shared,
            connector,
            load,
            rules,
            rules_fingerprint,
            decided,
            aside,
            known,
            kept,
            database,
            stop,
            followed: AtomicI64::new(0),
            relocations: std::sync::Mutex::default(),
            instance,
            hit_writer,
        })
    }

    /// Makes the policy anew, from the rules in force and the present modes and catalog.
    pub(super) async fn refresh(&self) -> Result<()> {
        // Locked until the policy is in force: what was read earlier must not replace what was read later.
        let mut database = self.database.lock().await;
        self.refresh_by(&mut database, 0, Since::Anything).await
    }

    /// The same, unless the policy in force knows this switch already: two tasks learn of each switch, and a new policy makes
    /// sessions decide about all their statements again.
    pub(super) async fn refresh_to(&self, generation: i64) -> Result<()> {
        self.hold_ends().await;
        let mut database = self.database.lock().await;
        if generation > 0 && self.followed.load(Ordering::Relaxed) >= generation {
            return Ok(());
        }
        let is_fresh = self.known.lock().await.is_fresh();
        match self.moves_until(generation).filter(|_| is_fresh) {
            Some(tables) => self.refresh_by(&mut database, generation, Since::Moves(&tables)).await,
            None => self.refresh_by(&mut database, generation, Since::Anything).await,
        }
    }

    /// A table that is held has just moved, or will have in a moment: the task that heeds cut-overs reads where it is, and should not have to share the
    /// server with what is read here. Waits for that, but not long.
    async fn hold_ends(&self) {
        const PATIENCE: Duration = Duration::from_millis(50);
        let until = tokio::time::Instant::now() + PATIENCE;
        while self.shared.cut_overs.is_holding() && tokio::time::Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// The tables that have moved since the policy's facts were read, if moves are all that was announced up to this switch.
    fn moves_until(&self, generation: i64) -> Option<Vec<String>> {
        let followed = self.followed.load(Ordering::Relaxed);
        let relocations = self.relocations.lock().unwrap_or_else(PoisonError::into_inner);
        let of = |number: i64| relocations.iter().find(|place| place.moved.generation == number).map(|place| place.table.clone());
        if followed == 0 || generation <= followed {
            return None;
        }
        (followed + 1..=generation).map(of).collect()
    }

    async fn refresh_by(&self, database: &mut Option<Database>, generation: i64, since: Since<'_>) -> Result<()> {
        let built = self.fresh_policy(database, &self.shared.settings.load_full(), &self.rules.load_full(), since).await?;
        self.put_in_force(built, generation);
        Ok(())
    }

    /// A policy of these settings and rules, which is not put in force.
    async fn fresh_policy(
        &self,
        database: &mut Option<Database>,
        settings: &Settings,
        rules: &RuleSet,
        since: Since<'_>,
    ) -> Result<Built> {
        let facts = self.fresh_facts(database, settings, since).await?;
        let built = policy::build(settings, rules, &facts, 0);
        tell_differing(&built.differing);
        // While tables move, the file would be written several times a second, and for nothing: without a database no statement runs.
        if let Since::Anything = since {
            self.keep_facts(settings, facts).await;
        }
        Ok(built)
    }

    /// What the database tells now.
    pub(super) async fn fresh_facts(
        &self,
        database: &mut Option<Database>,
        settings: &Settings,
        since: Since<'_>,
    ) -> Result<Facts> {
        match policy::alive(database, settings).await? {
            Some(database) => Facts::asked_since(settings, database, &mut *self.known.lock().await, since).await,
            None => Facts::unasked(settings),
        }
    }

    /// Keeps new facts on disk. If the disk does not accept them, nothing else stops.
    pub(super) async fn keep_facts(&self, settings: &Settings, facts: Facts) {
        let mut kept = self.kept.lock().await;
        if facts.states.is_none() || kept.as_ref() == Some(&facts) {
            return;
        }
        let (settings, new) = (settings.clone(), facts.clone());
        let written = tokio::task::spawn_blocking(move || new.keep(&settings)).await;
        match written.unwrap_or_else(|_| Err(Error::refused("the work on the disk has ended in a panic"))) {
            Ok(()) => *kept = Some(facts),
            Err(error) => tracing::warn!(%error, "a process that starts while the database is away will not know of this"),
        }
    }

    /// Puts a policy in force with the next number; while the process has stepped aside, one that looks at no statement.
    /// `generation` is the last switch that its facts include.
    pub(super) fn put_in_force(&self, built: Built, generation: i64) {
        let aside = self.aside.lock().unwrap_or_else(PoisonError::into_inner);
        let followed = self.followed.fetch_max(generation, Ordering::Relaxed).max(generation);
        self.shared.standing.store(Arc::new(built.standing));
        let mut relocations = self.relocations.lock().unwrap_or_else(PoisonError::into_inner);
        relocations.retain(|place| !place.is_known_by(followed));
        let default_mode = self.shared.settings.load().rules.default_mode;
        let policy = relocations.iter().fold(built.policy, |policy, place| place.of(policy, default_mode));
        self.decided.store(Arc::new(policy));
        self.enforce(*aside);
    }

    /// A table has moved: this is in force at once. The facts are read again later; a reading that began before does not include
    /// the move.
    pub(super) fn relocate(&self, place: Relocation) {
        let aside = self.aside.lock().unwrap_or_else(PoisonError::into_inner);
        if place.is_known_by(self.followed.load(Ordering::Relaxed)) {
            return;
        }
        let policy = place.of((**self.decided.load()).clone(), self.shared.settings.load().rules.default_mode);
        self.relocations.lock().unwrap_or_else(PoisonError::into_inner).push(place);
        self.decided.store(Arc::new(policy));
        self.enforce(*aside);
    }

    /// Steps aside, or comes back.
    pub(super) fn step_aside(&self, aside: bool) {
        let mut is_aside = self.aside.lock().unwrap_or_else(PoisonError::into_inner);
        *is_aside = aside;
        self.enforce(aside);
    }

    /// Whether the process has stepped aside.
    pub(super) fn is_aside(&self) -> bool {
        *self.aside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enforce(&self, aside: bool) {
        let decided = self.decided.load();
        let mut policy = if aside { decided.aside() } else { (**decided).clone() };
        policy.generation = self.shared.policy.load().generation + 1;
        telemetry::set("esclusa_aside", f64::from(u8::from(aside)));
        self.shared.set_policy(policy);
    }

    /// Puts counted hits into the spool, and writes them to the database; what cannot be written stays.
    pub(super) async fn flush(&self) {
        let settings = self.shared.settings.load_full();
        self.flush_shadow(&mut *self.database.lock().await, &settings).await;
        self.keep().await;
        let failure = self.hit_writer.write(&settings).await.err();
        if let Some(error) = &failure {
            telemetry::count("esclusa_flush_failures_total");
            // The same failure is logged once, not every few seconds.
            if *self.flush_failure.lock().unwrap_or_else(PoisonError::into_inner) != error.to_string() {
                tracing::warn!(%error, "hits could not be written and are kept");
            }
        }
        *self.flush_failure.lock().unwrap_or_else(PoisonError::into_inner) = failure.map_or_else(String::new, |e| e.to_string());
    }

    /// Puts counted hits into the spool.
    async fn keep(&self) {
        self.hit_writer.keep(&self.shared.traffic, &self.shared.settings.load_full(), self.is_aside()).await;
    }

    /// Reports of what all proxies have recorded up to now.
    pub(super) async fn reports(&self, reports: &[&Report], question: &Question) -> Result<Vec<Table>> {
        let settings = self.shared.settings.load_full();
        let (database, asked) = self.recorded(&settings, question).await?;
        let mut tables = Vec::with_capacity(reports.len());
        for report in reports {
            tables.push(report.read(&database, &settings, &asked, question.language).await?);
        }
        Ok(tables)
    }

    /// The verdict on each legacy name.
    pub(super) async fn verdicts(&self, question: &Question) -> Result<Vec<Judged>> {
        let settings = self.shared.settings.load_full();
        let (database, asked) = self.recorded(&settings, question).await?;
        overview::judged(&database, &settings, &asked, question.language).await
    }

    /// A connection to the target database, which now has all that was recorded here; and what reports ask of it.
    async fn recorded(&self, settings: &Settings, question: &Question) -> Result<(Database, Asked)> {
        // Its own connection, so that a report delays neither a switch nor the writing of hits.
        let Some(database) = policy::control_database(settings).await? else {
            return Err(Error::usage("what was recorded is in the target database: set control.url"));
        };
        self.keep().await;
        self.hit_writer.write(settings).await?;
        let policy = self.shared.policy.load();
        let tables = policy.entries().map(|e| &e.relation.table).chain(policy.tombstones()).cloned().collect();
        let asked = question.asked(&database, settings, tables).await?;
        Ok((database, asked))
    }

    /// Writes what mode shadow has found; what cannot be written stays.
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

/// Warns of names in `calendar.regulatory` that have no rule.
pub(super) fn tell_regulatory(rules: &RuleSet, settings: &Settings) {
    let mut faults = Faults::default();
    check::regulatory(rules, &settings.calendar.regulatory, &mut faults);
    for fault in &faults.0 {
        tracing::warn!(%fault, "a name is not kept for a year");
    }
}

/// Says which rules differ from those that their tables were moved with.
fn tell_differing(faults: &Faults) {
    for fault in &faults.0 {
        tracing::warn!(%fault, "a rule is not in force: its table is forwarded untouched");
    }
}

/// The facts of the first policy. If the database is unreachable, those that the process before this one kept.
async fn first_facts(settings: &Settings) -> Result<(Option<Database>, Facts, Known)> {
    const PATIENCE: Duration = Duration::from_secs(10);
    let asked = async {
        let mut known = Known::default();
        let database = policy::control_database(settings).await?;
        let facts = match &database {
            Some(database) => Facts::asked(settings, database, &mut known).await?,
            None => Facts::unasked(settings)?,
        };
        Ok((database, facts, known))
    };
    let slow = || Err(Error::io("asking the target database for modes and catalog", std::io::ErrorKind::TimedOut.into()));
    let error: Error = match tokio::time::timeout(PATIENCE, asked).await.unwrap_or_else(|_| slow()) {
        Ok(asked) => return Ok(asked),
        Err(error) => error,
    };
    match Facts::kept(settings) {
        Ok(Some(facts)) => {
            tracing::error!(%error, "the target database cannot be asked: serving by the modes and the catalog that it told last");
            Ok((None, facts, Known::default()))
        }
        Ok(None) => Err(error),
        Err(unreadable) => {
            tracing::error!(error = %unreadable, "what the database told last cannot be read");
            Err(error)
        }
    }
}

/// The name of this machine.
pub fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// Host and process number; a second proxy in one process, as in tests, gets another name.
fn instance() -> String {
    static STARTED: AtomicU32 = AtomicU32::new(0);
    let process = format!("{}:{}", host(), std::process::id());
    match STARTED.fetch_add(1, Ordering::Relaxed) {
        0 => process,
        more => format!("{process}/{more}"),
    }
}

/// Puts hits into the spool every `control.spool_interval`, whatever the database does.
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
