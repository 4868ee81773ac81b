//! Looks regularly for users of legacy tables around the proxies. Each proxy publishes which server processes are its own, and what
//! it does not count; one of them, which holds a lock, looks (`control/around.rs`), waits until the others have published about
//! that moment, and writes the sessions that belong to none. What no sample shows may be in the server's counters
//! (`around/tally.rs`).

mod functions;
mod people;
mod tally;
mod told;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use super::policy;
use super::steering::Steering;
use crate::catalog::Database;
use crate::config::Settings;
use crate::control::around::{self, Publication, Session, Sought, Use, Word};
use crate::control::found;
use crate::error::Result;
use crate::rewrite::Policy;
use crate::telemetry;
use people::People;
use tally::{Tally, View};
use told::told;

/// A database that does not answer for this long is treated as unreachable.
const PATIENCE: Duration = Duration::from_secs(20);
/// How many seconds sessions that were seen wait for the publications of all proxies; after that they are written as unsure.
const OPEN: f64 = 20.0;
/// How many seconds before a sample the next one looks at again.
const AGAIN: f64 = 1.0;
/// How many seconds late a sample may be and still continue the one before.
const GRACE: f64 = 1.0;
/// How often a user is looked for who was counted, and not seen.
const OFTEN: Duration = Duration::from_millis(100);
/// The most sessions that wait at the same time.
const WAITING: usize = 5000;
/// The most warnings that are remembered.
const WARNED: usize = 10_000;

/// Looks until the process ends.
pub(super) async fn look(steering: Arc<Steering>) {
    if steering.shared.settings.load().control.url.is_empty() {
        return;
    }
    let (mut database, mut watch) = (None, Watch::default());
    let mut told = String::new();
    loop {
        let settings = steering.shared.settings.load_full();
        let interval = settings.control.around_interval;
        if interval.is_zero() {
            // When it is turned off, another proxy may look.
            database = None;
            tokio::time::sleep(Duration::from_secs(1)).await;
            continue;
        }
        let looked = tokio::time::timeout(PATIENCE, watch.tick(&steering, &mut database, &settings)).await;
        let failure = match looked {
            Ok(Ok(())) => String::new(),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "the database does not answer".to_owned(),
        };
        if !failure.is_empty() {
            (database, watch.has_turn) = (None, false);
            if failure != told {
                tracing::warn!(error = failure, "who uses legacy tables around the proxies cannot be seen; trying again");
            }
        }
        told = failure;
        watch.pause(&mut database, interval.max(Duration::from_millis(50))).await;
    }
}

/// The last publication of this proxy: its sessions were its own. A proxy that is killed publishes nothing, and is waited for until
/// it is taken for dead.
pub(super) async fn leave(steering: &Steering) {
    let settings = steering.shared.settings.load_full();
    if settings.control.url.is_empty() || settings.control.around_interval.is_zero() {
        return;
    }
    let left = async {
        let Some(database) = policy::control_database(&settings).await? else { return Ok(()) };
        let (alive, ended) = steering.shared.processes();
        match around::has_tables(&database).await? {
            true => around::leave(&database, &steering.instance, &[alive, ended].concat()).await,
            false => Ok(()),
        }
    };
    match tokio::time::timeout(Duration::from_secs(5), left).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "which sessions were ours could not be told to the other proxies"),
        Err(_) => tracing::warn!("which sessions were ours could not be told to the other proxies in time"),
    }
}

/// What one proxy remembers between two looks.
#[derive(Default)]
struct Watch {
    /// Whether this proxy is the one that looks.
    has_turn: bool,
    /// Sessions that have been idle since before this time were seen by an earlier sample.
    since: f64,
    /// Sessions that wait for the publications of all proxies.
    open: Vec<Session>,
    /// What the server's counters say.
    tally: Tally,
    /// The sessions that were seen lately.
    people: People,
    /// A policy that finds out what texts name, whatever the modes are; and the number of the policy in force that it was made
    /// from.
    reading: Option<(u64, Policy)>,
    /// The hour, and the warnings in it.
    hour: u64,
    warned: HashSet<(String, String, String, String)>,
    /// It was logged that this role does not see other sessions' details.
    is_blind_told: bool,
    /// It was logged that the tables for it do not exist.
    is_homeless_told: bool,
}

impl Watch {
    /// Waits for the next look; meanwhile, looks often for users who were counted and not seen.
    async fn pause(&mut self, database: &mut Option<Database>, interval: Duration) {
        let until = tokio::time::Instant::now() + interval;
        let wanted = if self.has_turn { self.tally.wanted(self.since) } else { Vec::new() };
        let Some(database) = database.as_ref().filter(|_| !wanted.is_empty() && interval > OFTEN) else {
            return tokio::time::sleep_until(until).await;
        };
        while tokio::time::Instant::now() + OFTEN < until {
            tokio::time::sleep(OFTEN).await;
            match tokio::time::timeout(PATIENCE, around::sessions_of(database, &wanted)).await {
                Ok(Ok(seen)) => self.wait_for_word(seen),
                // The next look reports the error.
                Ok(Err(_)) | Err(_) => break,
            }
        }
        tokio::time::sleep_until(until).await;
    }

    async fn tick(&mut self, steering: &Steering, database: &mut Option<Database>, settings: &Settings) -> Result<()> {
        let fresh = database.as_ref().is_none_or(Database::is_closed);
        let Some(database) = policy::alive(database, settings).await? else { return Ok(()) };
        if fresh {
            // A lost connection has lost its lock.
            self.has_turn = false;
        }
        if !around::has_tables(database).await? {
            if !std::mem::replace(&mut self.is_homeless_told, true) {
                tracing::warn!("nobody looks who uses legacy tables around the proxies: run `esclusa schema apply`");
            }
            return Ok(());
        }
        publish(steering, database).await?;
        if !self.has_turn {
            self.has_turn = around::takes_turn(database).await?;
            (self.since, self.open, self.tally) = (0.0, Vec::new(), Tally::default());
        }
        if self.has_turn { self.look(steering, database, settings).await } else { Ok(()) }
    }

    async fn look(&mut self, steering: &Steering, database: &Database, settings: &Settings) -> Result<()> {
        let policy = steering.shared.policy.load_full();
        if self.reading.as_ref().is_none_or(|(number, _)| *number != policy.generation) {
            self.reading = Some((policy.generation, policy.observing()));
        }
        let mut sought = Sought {
            schema: settings.rules.schema.clone(),
            tables: steering.rules.load().rules.keys().cloned().collect(),
            shadow_user: settings.shadow.user.clone(),
            since: self.since,
        };
        sought.tables.sort_unstable();
        let now = around::moment(database).await?;
        let sees_all = self.sees_all(database).await?;
        let seen = around::sample(database, &sought).await?;
        // Covered is the time since the last sample, including that of the look itself, unless there was a gap.
        let interval = settings.control.around_interval.as_secs_f64();
        let gap = now - (self.since + AGAIN);
        let time = if self.since > 0.0 && gap < 2.0 * interval + GRACE { gap } else { interval };
        // Sessions that end between the reading of the clock and the sample are looked at again.
        self.since = now - AGAIN;
        found::cover(database, time, sees_all).await?;
        self.wait_for_word(seen);
        let mut uses = self.judge(database, settings, &sought, now).await?;
        let Some((_, policy)) = &self.reading else { return Ok(()) };
        let view = View { policy, settings, sought: &sought, now };
        let counted = self.tally.read(database, &view, &self.people).await?;
        uses.extend(counted.uses);
        if !uses.is_empty() || counted.judged.is_some() {
            // Sorted by beginning, because that tells which ones were counted before.
            uses.sort_by(|a, b| a.began.total_cmp(&b.began));
            uses.dedup();
            telemetry::count_more("esclusa_around_total", found::write(database, &uses, counted.judged.as_ref()).await?);
        }
        self.warn(now, &uses);
        Ok(())
    }

    async fn sees_all(&mut self, database: &Database) -> Result<bool> {
        let sees_all = around::sees_all(database).await?;
        if !sees_all && !std::mem::replace(&mut self.is_blind_told, true) {
            tracing::warn!(
                "the control role cannot see who uses legacy tables around the proxies: `esclusa roles` grants pg_read_all_stats"
            );
        }
        Ok(sees_all)
    }

    /// Adds sessions; one that waits already with the same statement is not added.
    fn wait_for_word(&mut self, seen: Vec<Session>) {
        for session in seen {
            let same = |other: &Session| {
                (other.process, &other.user, &other.application, &other.text, &other.locked)
                    == (session.process, &session.user, &session.application, &session.text, &session.locked)
                    && (other.statement_began == session.statement_began || session.text.is_empty())
            };
            if self.open.len() < WAITING && !self.open.iter().any(same) {
                self.open.push(session);
            }
        }
    }

    /// The sessions and uses that the proxies do not claim.
    async fn judge(&mut self, database: &Database, settings: &Settings, sought: &Sought, now: f64) -> Result<Vec<Use>> {
        self.people.forget(now);
        let mut uses = Vec::new();
        let Some((_, policy)) = self.reading.as_ref().filter(|_| !self.open.is_empty()) else { return Ok(uses) };
        let ambiguous = around::ambiguous(database, sought).await?;
        let questions: Vec<(i32, f64)> = self.open.iter().map(|session| (session.process, session.seen_at)).collect();
        let words = around::words(database, &questions).await?;
        let mut open = Vec::new();
        for (session, word) in std::mem::take(&mut self.open).into_iter().zip(words) {
            match word {
                Word::Ours => {}
                Word::Open if now - session.seen_at < OPEN => open.push(session),
                Word::Open | Word::Foreign => {
                    if word == Word::Foreign {
                        self.people.saw(&session);
                    }
                    uses.extend(told(policy, settings, &session, word, &ambiguous));
                }
            }
        }
        self.open = open;
        Ok(uses)
    }

    /// Logs a warning once an hour for each user and table.
    fn warn(&mut self, now: f64, uses: &[Use]) {
        let hour = Duration::from_secs_f64(now.max(0.0)).as_secs() / 3600;
        if hour != self.hour || self.warned.len() > WARNED {
            (self.hour, self.warned) = (hour, HashSet::new());
        }
        for used in uses.iter().filter(|used| used.kind != "dump") {
            let Use { table, user, address, application, certainty, .. } = used;
            if self.warned.insert((table.clone(), user.clone(), address.clone(), application.clone())) {
                tracing::warn!(
                    table,
                    user,
                    address,
                    application,
                    certainty,
                    "a legacy table is used around the proxies: SHOW AROUND"
                );
            }
        }
    }
}

/// Publishes our server processes. If the server lacks the process of a live session, there is a pooler with processes of its own
/// between us and the server, or `control.url` names another server: then foreign sessions cannot be told from ours.
async fn publish(steering: &Steering, database: &Database) -> Result<()> {
    let at = around::moment(database).await?;
    let (alive, ended) = steering.shared.processes();
    let unknown = around::unknown(database, &alive).await?;
    let (still, _) = steering.shared.processes();
    let strange = unknown.iter().any(|process| still.contains(process));
    let finding = strange.then_some("the server of control.url does not know the server processes of our sessions");
    let (processes, uncounted, users) = ([alive, ended].concat(), steering.shared.uncounted(), steering.shared.users());
    let instance = &steering.instance;
    let said = Publication { instance, at, processes: &processes, finding, uncounted: &uncounted, users: &users };
    around::publish(database, said).await
}
