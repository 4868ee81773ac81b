//! Looks regularly who uses legacy tables without the proxies. Each proxy tells which server processes are its own; one of them, whose turn it
//! is, looks (`control/around.rs`), waits until the others have told of that moment too, and writes what nobody calls its own.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use super::policy;
use super::steering::Steering;
use crate::catalog::Database;
use crate::config::Settings;
use crate::control::around::{self, Session, Sought, Use, Word};
use crate::control::counter::{self, Counters};
use crate::error::Result;
use crate::rewrite::Policy;
use crate::scan;
use crate::sql::fingerprint::normalise;
use crate::telemetry;

/// A database that does not answer for so long is away.
const PATIENCE: Duration = Duration::from_secs(20);
/// Sessions that were seen wait so many seconds for the word of every proxy; then they are written as unsure.
const OPEN: f64 = 20.0;
/// The server's counters are read so many seconds apart.
const COUNTED: f64 = 5.0;
/// Bytes of a statement that are kept.
const STATEMENT_BYTES: usize = 1000;
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
        tokio::time::sleep(interval.max(Duration::from_millis(50))).await;
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
    counters: Counters,
    /// When it was asked for that.
    counted: f64,
    /// The hour, and who was warned of in it.
    hour: u64,
    warned: HashSet<(String, String, String, String)>,
    /// That this role does not see who it is was told.
    is_blind_told: bool,
}

impl Watch {
    async fn tick(&mut self, steering: &Steering, database: &mut Option<Database>, settings: &Settings) -> Result<()> {
        let fresh = database.as_ref().is_none_or(Database::is_closed);
        let Some(database) = policy::alive(database, settings).await? else { return Ok(()) };
        if fresh {
            // A lock of a connection that is gone is gone.
            self.has_turn = false;
        }
        if !around::has_tables(database).await? {
            return Ok(());
        }
        publish(steering, database).await?;
        if !self.has_turn {
            self.has_turn = around::takes_turn(database).await?;
            (self.since, self.open, self.counters) = (0.0, Vec::new(), Counters::default());
        }
        if self.has_turn { self.look(steering, database, settings).await } else { Ok(()) }
    }

    async fn look(&mut self, steering: &Steering, database: &Database, settings: &Settings) -> Result<()> {
        let policy = steering.shared.policy.load_full();
        let sought = Sought {
            schema: settings.rules.schema.clone(),
            tables: steering.rules.load().rules.keys().cloned().collect(),
            shadow_user: settings.shadow.user.clone(),
            since: self.since,
        };
        let now = around::moment(database).await?;
        let sees_all = around::sees_all(database).await?;
        if !sees_all && !std::mem::replace(&mut self.is_blind_told, true) {
            tracing::warn!(
                "the control role cannot see who uses legacy tables around the proxies: `esclusa roles` grants pg_read_all_stats"
            );
        }
        let seen = around::sample(database, &sought).await?;
        // What ends between the question for the time and the answer is seen again.
        self.since = now - 1.0;
        around::cover(database, settings.control.around_interval, sees_all).await?;
        let ambiguous = if seen.is_empty() { Vec::new() } else { around::ambiguous(database, &sought).await? };
        let mut uses = self.count(database, &sought, settings, now).await?;
        self.open.extend(seen.into_iter().filter(|session| !names(&policy, session, &ambiguous).is_empty()));
        if self.open.is_empty() && uses.is_empty() {
            return Ok(());
        }
        let questions: Vec<(i32, f64)> = self.open.iter().map(|session| (session.process, session.seen_at)).collect();
        let words = around::words(database, &questions).await?;
        let mut open = Vec::new();
        for (session, word) in std::mem::take(&mut self.open).into_iter().zip(words) {
            match word {
                Word::Ours => {}
                Word::Open if now - session.seen_at < OPEN => open.push(session),
                Word::Open | Word::Foreign => uses.extend(told(&policy, settings, &session, word, &ambiguous)),
            }
        }
        self.open = open;
        // By when they began: that is how those that were counted before are known.
        uses.sort_by(|a, b| a.began.total_cmp(&b.began));
        uses.dedup();
        telemetry::count_more("esclusa_around_total", around::write(database, &uses).await?);
        self.warn(now, &uses);
        Ok(())
    }

    /// What has grown the server's counters while the proxies were silent.
    async fn count(&mut self, database: &Database, sought: &Sought, settings: &Settings, now: f64) -> Result<Vec<Use>> {
        if now - self.counted < COUNTED {
            return Ok(Vec::new());
        }
        self.counted = now;
        let hold = counter::LATE + 2.0 * settings.control.flush_interval.as_secs_f64();
        let mut uses = Vec::new();
        for (table, counts) in counter::read(database, sought).await? {
            let grown = self.counters.advance(&table, counts, hold);
            uses.extend(grown.map(|grown| counter::told(table, grown, now)));
        }
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
    around::publish(database, &steering.instance, at, &[alive, ended].concat(), finding).await
}

/// The legacy tables that a session uses, each with whether its statement names it. A name that stands in another schema too may mean that,
/// unless the legacy table is locked.
fn names(policy: &Policy, session: &Session, ambiguous: &[String]) -> Vec<(String, bool)> {
    let works = |operation: &str| !matches!(operation, "vacuum" | "analyze" | "cluster" | "reindex" | "name");
    let named = scan::statement(policy, &session.text, session.is_whole);
    let mut names: Vec<(String, bool)> = Vec::new();
    for (table, operation) in named {
        let is_locked = session.locked.contains(&table);
        if works(operation) && (is_locked || !ambiguous.contains(&table)) && !names.iter().any(|(name, _)| *name == table) {
            names.push((table, true));
        }
    }
    for table in &session.locked {
        if !names.iter().any(|(name, _)| name == table) {
            names.push((table.clone(), false));
        }
    }
    names
}

/// What is written of a session.
fn told(policy: &Policy, settings: &Settings, session: &Session, word: Word, ambiguous: &[String]) -> Vec<Use> {
    // A dump reads whatever there is; one that writes is none, whatever it calls itself.
    let is_dump = session.reads_all || settings.migrate.reads_all.contains(&session.application) && is_read(&session.text);
    let certainty = match word {
        Word::Open | Word::Ours => "unsure",
        Word::Foreign if session.is_hidden => "hidden",
        Word::Foreign => "sure",
    };
    let statement = if session.is_hidden { String::new() } else { normalise(&session.text, STATEMENT_BYTES) };
    let used = |(table, is_named): (String, bool)| Use {
        table,
        kind: match is_named {
            _ if is_dump => "dump",
            true => "statement",
            false => "session",
        },
        certainty,
        statement: statement.clone(),
        began: if is_named { session.statement_began } else { session.began },
        last: session.last,
        user: session.user.clone(),
        address: session.address.clone(),
        application: session.application.clone(),
    };
    names(policy, session, ambiguous).into_iter().map(used).collect()
}

/// Whether a statement is one of those that a dump consists of.
fn is_read(text: &str) -> bool {
    let text = text.trim_start().to_ascii_uppercase();
    ["SELECT", "LOCK TABLE", "SET ", "DECLARE", "FETCH", "EXECUTE", "PREPARE"].iter().any(|word| text.starts_with(word))
        || text.starts_with("COPY") && text.contains(" TO STDOUT")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dump_reads() {
        for (text, reads) in [
            ("COPY cf.tipocolor (a, b) TO stdout;", true),
            ("LOCK TABLE cf.tipocolor IN ACCESS SHARE MODE", true),
            ("COPY cf.tipocolor FROM stdin", false),
            ("DELETE FROM tipocolor", false),
        ] {
            assert_eq!(is_read(text), reads, "{text}");
        }
    }
}
