//! Looks regularly who uses legacy tables without the proxies. Each proxy tells which server processes are its own, and what it does not count;
//! one of them, whose turn it is, looks (`control/around.rs`), waits until the others have told of that moment too, and writes what nobody
//! calls its own. What no sample shows the server may have counted (`around/tally.rs`).

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

/// A database that does not answer for so long is away.
const PATIENCE: Duration = Duration::from_secs(20);
/// Sessions that were seen wait so many seconds for the word of every proxy; then they are written as unsure.
const OPEN: f64 = 20.0;
/// Seconds before a sample that the next one looks at again.
const AGAIN: f64 = 1.0;
/// Seconds by which a sample may be late and still go on from the one before.
const GRACE: f64 = 1.0;
/// Somebody who was counted, and not seen, is looked for so often.
const OFTEN: Duration = Duration::from_millis(100);
/// Sessions that wait at the same time.
const WAITING: usize = 5000;
/// What one remembers having warned of.
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
            // Switched off, it lets another proxy look.
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

/// The last word of this proxy: its sessions were its own. Whoever is killed says nothing, and is waited for until it is taken for dead.
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
    /// It is this one that looks.
    has_turn: bool,
    /// Whoever was idle since before was looked at.
    since: f64,
    /// Sessions that wait for the word of every proxy.
    open: Vec<Session>,
    /// What the server counts.
    tally: Tally,
    /// Who was seen lately.
    people: People,
    /// What texts name, whatever the modes are; by the number of the policy.
    reading: Option<(u64, Policy)>,
    /// The hour, and who was warned of in it.
    hour: u64,
    warned: HashSet<(String, String, String, String)>,
    /// That this role does not see who it is was told.
    is_blind_told: bool,
    /// That there are no tables for it was told.
    is_homeless_told: bool,
}

impl Watch {
    /// Waits for the next look; meanwhile, where somebody was counted and not seen, looks for him often.
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
                // The next look tells why.
                Ok(Err(_)) | Err(_) => break,
            }
        }
        tokio::time::sleep_until(until).await;
    }

    async fn tick(&mut self, steering: &Steering, database: &mut Option<Database>, settings: &Settings) -> Result<()> {
        let fresh = database.as_ref().is_none_or(Database::is_closed);
        let Some(database) = policy::alive(database, settings).await? else { return Ok(()) };
        if fresh {
            // A lock of a connection that is gone is gone.
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
        // From the last sample on, what the looking itself takes included; a gap is none.
        let interval = settings.control.around_interval.as_secs_f64();
        let gap = now - (self.since + AGAIN);
        let time = if self.since > 0.0 && gap < 2.0 * interval + GRACE { gap } else { interval };
        // What ends between the question for the time and the answer is seen again.
        self.since = now - AGAIN;
        found::cover(database, time, sees_all).await?;
        self.wait_for_word(seen);
        let mut uses = self.judge(database, settings, &sought, now).await?;
        let Some((_, policy)) = &self.reading else { return Ok(()) };
        let view = View { policy, settings, sought: &sought, now };
        let counted = self.tally.read(database, &view, &self.people).await?;
        uses.extend(counted.uses);
        if !uses.is_empty() || counted.judged.is_some() {
            // By when they began: that is how those that were counted before are known.
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

    /// A session that waits already, busy with the same, waits once.
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

    /// What the proxies do not call their own.
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

    /// Once an hour for each who and table.
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

/// Says which server processes are ours. Where the server has none of a session that goes on, something stands between us and it that has
/// its own, or `control.url` leads elsewhere: then nobody's session can be told from ours.
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
