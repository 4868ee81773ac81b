//! A quiet moment: a transaction that needs strong locks waits only so briefly that clients hardly notice, and tries again.
//!
//! A request for a conflicting lock makes all later requests queue behind it. So a wait lasts `migrate.lock_timeout`, and grows to at most five
//! times that where short ones have not helped. It is also shorter than `deadlock_timeout` (manual, section 20.12): if a client and this
//! transaction wait for each other, this one gives up first, and no client fails with 40P01 because of it. The holder of the lock is reported, and
//! left alone.
//!
//! Nor does the work keep others waiting long: a transaction that has held its locks for `migrate.hold` is rolled back, whatever it was doing.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::Poll;
use std::time::{Duration, Instant, SystemTime};

use crate::catalog::Database;
use crate::config::Settings;
use crate::control::cut_over;
use crate::error::{Error, Result};
use crate::sql::quote::literal;

use super::OWN_GRANTS;
use super::cut_over::CutOver;

/// How long a migration waits for those who use a table, and keeps them waiting.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// How long a lock is waited for at first; five times that at most.
    pub lock_timeout: Duration,
    /// How long others wait at most for a table that the migration has locked; a transaction that takes longer is rolled back.
    pub hold: Duration,
    /// If a table is not quiet for so long, it is left as it was.
    pub patience: Duration,
    /// About how long one transaction of copying takes.
    pub chunk: Duration,
    /// A table with more bytes is copied while it is written.
    pub online_above: u64,
}

impl Pace {
    /// From the settings.
    pub fn new(settings: &Settings) -> Self {
        let Settings { migrate, .. } = settings;
        Pace {
            lock_timeout: migrate.lock_timeout,
            hold: migrate.hold,
            patience: migrate.patience,
            chunk: migrate.chunk,
            online_above: migrate.online_above.0 as u64,
        }
    }
}

/// The pause between two attempts: the first, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(60), Duration::from_secs(1));

/// How often a transaction may be rolled back because others waited; each time it gets twice the time: on a slow machine a small table must be
/// movable too.
const LONGER: u32 = 4;

/// If the client of a transaction with strong locks is silent for so long, its connection is taken to be lost.
const DEAD_LINE: Duration = Duration::from_secs(2);

/// How often the holder of a table is reported.
const AGAIN: Duration = Duration::from_secs(5);

/// How long a session that is idle in a transaction may keep a snapshot when a table is locked.
const GIVEN_BACK: Duration = Duration::from_millis(25);

/// Sessions that keep a snapshot between statements, or may. `$1`: when they were first looked for; `$2` and `$3`: see [`Before`].
const SNAPSHOTS: &str = "SELECT format('%s%s (pid %s), which keeps a snapshot', a.usename, \
      CASE WHEN a.application_name <> '' THEN ' with ' || a.application_name ELSE '' END, a.pid), a.state LIKE 'idle%', a.pid, a.xact_start, clock_timestamp() \
    FROM pg_stat_activity AS a WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() \
      AND a.backend_type = 'client backend' AND NOT (a.application_name = 'esclusa' AND a.usename <> session_user) \
      AND a.backend_xmin IS NOT NULL AND a.xact_start IS DISTINCT FROM a.query_start \
      AND (a.state LIKE 'idle%' OR CASE WHEN a.query_start < $2 \
                                    THEN $1::timestamptz IS NULL OR a.query_start < $1 \
                                    ELSE (a.backend_xmin::text::bigint - $3 + 4294967296) % 4294967296 > 2147483648 END)";

const TAKEN_BACK: &str = "taken back, because others wait";

const IN_USE: &str = "it is in use";

/// A time by the server's clock, and the oldest transaction then open (its number without the epoch, as in `backend_xmin`).
#[derive(Debug, Clone, Copy)]
struct Before {
    at: SystemTime,
    oldest: i64,
}

/// A session that keeps a snapshot, or may.
#[derive(Debug)]
struct Snapshot {
    who: String,
    is_idle: bool,
    pid: i32,
    /// When its transaction began.
    since: Option<SystemTime>,
}

/// When a transaction locked its tables, so that others wait for it.
#[derive(Debug)]
pub struct Locked {
    since: Cell<Option<Instant>>,
    /// How long this attempt waits for a lock, and for the proxies.
    wait: Duration,
    /// How long the work may take.
    hold: Duration,
    /// Taken before anything was locked.
    before: Before,
    cut_over: RefCell<Option<Rc<CutOver>>>,
    /// Who stood in the way of an attempt by a snapshot.
    keepers: Rc<RefCell<Vec<Snapshot>>>,
    /// Proxies where the table is in use, or transactions that would not see its rows.
    busy: RefCell<Vec<String>>,
}

impl Locked {
    fn new(wait: Duration, hold: Duration, before: Before, keepers: Rc<RefCell<Vec<Snapshot>>>) -> Self {
        Locked { since: Cell::default(), wait, hold, before, keepers, cut_over: RefCell::default(), busy: RefCell::default() }
    }

    /// The transaction asks for its locks now.
    pub fn begins(&self) {
        self.since.set(Some(Instant::now()));
    }

    /// How long it has held them.
    pub fn held(&self) -> Duration {
        self.since.get().map_or(Duration::ZERO, |since| since.elapsed())
    }

    /// Waits until no session of a proxy uses the table, and keeps new ones from using it. If that takes too long: an error, and another attempt.
    pub async fn quiet(&self, cut_over: &Rc<CutOver>) -> Result<()> {
        self.cut_over.replace(Some(cut_over.clone()));
        // Afterwards, the lock on the table may take as long again.
        let busy = cut_over.hold(self.wait, self.hold + self.wait).await?;
        let is_quiet = busy.is_empty();
        self.busy.replace(busy.iter().map(|proxy| format!("sessions of proxy {proxy}, or the proxy does not answer")).collect());
        if is_quiet { Ok(()) } else { Err(Error::refused(IN_USE)) }
    }

    /// An error, and another attempt; `who` is what stood in its way.
    pub fn again(&self, who: String) -> Error {
        self.busy.replace(vec![who]);
        Error::refused(IN_USE)
    }

    /// An error (and another attempt) if there is a transaction that keeps one snapshot, has not used the table yet, and would not see the rows
    /// that are moved now (manual, section 13.6: a rewritten table appears empty to it). Only such transactions have a snapshot between statements;
    /// so a running statement is waited for until it is known.
    ///
    /// For a statement that began after the first attempt (`before`), it is known at once: a new snapshot does not show transactions as open that
    /// had ended by then. Waiting for it would be wrong, because it may be waiting for this one.
    ///
    /// The comparisons of mode shadow, which run as another role, follow each other without a pause on a busy proxy, and are not waited for: one that
    /// has not used the table yet finds the same by both of its forms.
    ///
    /// A session that is idle in a transaction of READ COMMITTED keeps the snapshot of a portal too. Proxies give it back while they hold a table
    /// (`session/conversation.rs`), and sessions go on by themselves: they are given a moment.
    pub async fn no_old_snapshot(&self, db: &Database) -> Result<()> {
        if db.is_rehearsal() {
            // In a rehearsal, present snapshots do not matter.
            return db.text_of_made("looking for old snapshots", SNAPSHOTS, &[]).await.map(drop);
        }
        let begun = Instant::now();
        let mut since: Option<SystemTime> = None;
        loop {
            let (kept, now) = self.snapshots(db, since).await?;
            if kept.is_empty() {
                return Ok(());
            }
            let patience = if kept.iter().any(|kept| kept.is_idle) { GIVEN_BACK.min(self.wait) } else { self.wait };
            if begun.elapsed() >= patience {
                let who = kept.iter().map(|kept| kept.who.as_str()).collect::<Vec<_>>().join(", ");
                self.keepers.replace(kept);
                return Err(self.again(who));
            }
            since = since.or(now);
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// An error (and another attempt) if one of those who stood in the way of the last attempt by their snapshot still do: before anybody has to wait.
    pub async fn no_older_snapshot(&self, db: &Database) -> Result<()> {
        if db.is_rehearsal() {
            return self.no_old_snapshot(db).await;
        }
        let (kept, _) = self.snapshots(db, None).await?;
        let before = self.keepers.borrow();
        let is_still = |kept: &&Snapshot| before.iter().any(|b| (b.pid, b.since) == (kept.pid, kept.since));
        match kept.iter().find(is_still) {
            Some(kept) => Err(self.again(kept.who.clone())),
            None => Ok(()),
        }
    }

    /// Who keeps one, and the time.
    async fn snapshots(&self, db: &Database, since: Option<SystemTime>) -> Result<(Vec<Snapshot>, Option<SystemTime>)> {
        // Within a transaction the server answers as it did the first time (source, backend_status.c, pgstat_read_current_status).
        db.text("looking anew", "SELECT pg_stat_clear_snapshot()").await?;
        let rows = db.query("looking for old snapshots", SNAPSHOTS, &[&since, &self.before.at, &self.before.oldest]).await?;
        let kept = rows.iter().map(|row| Snapshot { who: row.get(0), is_idle: row.get(1), pid: row.get(2), since: row.get(3) });
        Ok((kept.collect(), rows.first().map(|row| row.get(4))))
    }

    /// At the end of the transaction: the proxies follow the move. An error (and another attempt) if they would not hold the table until they know.
    pub async fn moved(&self, db: &Database, is_there: bool) -> Result<()> {
        if self.cut_over.borrow().is_none() || cut_over::moved(db, is_there).await? {
            return Ok(());
        }
        Err(self.again("the proxies, which had to continue before it was done".to_owned()))
    }

    /// After a transaction that failed: the proxies continue. Returns those where the table was in use, if that was the reason.
    async fn gives_up(&self) -> Vec<String> {
        let cut_over = self.cut_over.take();
        if let Some(cut_over) = cut_over {
            cut_over.give_up().await;
        }
        self.busy.take()
    }
}

/// Runs work in one transaction, repeatedly, until it gets its locks and finishes in time. `tables`, qualified, are those that it locks.
pub async fn attempt<T>(
    db: &Database,
    pace: &Pace,
    context: &str,
    tables: &[String],
    told: &dyn Fn(&str),
    work: impl AsyncFn(&Database, &Locked) -> Result<T>,
) -> Result<T> {
    let mut pace = *pace;
    for _ in 0..LONGER {
        match attempt_once(db, &pace, context, tables, told, &work).await? {
            Some(done) => return Ok(done),
            None => {
                told(&format!("{context}: rolled back after {} ms, because others wait", pace.hold.as_millis()));
                pace.hold *= 2;
            }
        }
    }
    Err(Error::Refused {
        message: format!("{context}: others would have to wait too long"),
        detail: Some(format!("it was rolled back after {} ms", (pace.hold / 2).as_millis())),
        hint: Some("raise migrate.hold, or repeat it at a quieter hour".into()),
    })
}

/// The same, but `None` where it has held its locks for too long: nothing has changed then.
pub async fn attempt_once<T>(
    db: &Database,
    pace: &Pace,
    context: &str,
    tables: &[String],
    told: &dyn Fn(&str),
    work: &impl AsyncFn(&Database, &Locked) -> Result<T>,
) -> Result<Option<T>> {
    let begun = Instant::now();
    let mut pause = PAUSES.0;
    let (mut told_at, mut before) = (None, None);
    let keepers = Rc::<RefCell<Vec<Snapshot>>>::default();
    let mut wait = pace.lock_timeout;
    // While this lasts, the proxies hold the table.
    let hold = |wait: Duration| pace.hold.min(cut_over::MOST.saturating_sub(cut_over::FOLLOWING + 2 * wait));
    loop {
        // A connection that breaks while others wait must not keep them waiting until the server notices. A question that was asked ahead keeps its
        // plan: it is about one relation, whichever that is.
        let local = format!(
            "SET LOCAL lock_timeout = {}; SET LOCAL idle_in_transaction_session_timeout = {}; \
             SET LOCAL plan_cache_mode = force_generic_plan; {OWN_GRANTS}",
            wait.as_millis(),
            DEAD_LINE.as_millis()
        );

        let now =
            "SELECT pg_backend_pid(), clock_timestamp(), pg_snapshot_xmin(pg_current_snapshot())::text::bigint % 4294967296";
        let now = db.one(context, now, &[]).await?;
        let pid: i32 = now.get(0);
        let before = *before.get_or_insert(Before { at: now.get(1), oldest: now.get(2) });
        let (locked, is_over) = (Locked::new(wait, hold(wait), before, keepers.clone()), Cell::new(false));
        let tried = db
            .transaction(context, async |db| {
                db.batch(context, &local).await?;
                within(db, pid, hold(wait) + 2 * wait, &locked, &is_over, work(db, &locked)).await
            })
            .await;
        let busy = if tried.is_err() { locked.gives_up().await } else { Vec::new() };
        if is_over.get() {
            return Ok(None);
        }
        match tried {
            Err(_) if !busy.is_empty() => {}
            Err(Error::Database { sqlstate, .. }) if sqlstate == "55P03" || sqlstate == "40P01" => {}
            other => return other.map(Some),
        }
        let mut blockers = blockers(db, tables).await?;
        for busy in busy {
            blockers = if blockers.is_empty() { busy } else { format!("{busy}; {blockers}") };
        }
        if begun.elapsed() >= pace.patience {
            return Err(Error::Refused {
                message: format!("{context}: no quiet moment in {} s", pace.patience.as_secs()),
                detail: Some(if blockers.is_empty() { "many short transactions follow each other".into() } else { blockers }),
                hint: Some("repeat it at a quieter hour, or end what holds the table; what was copied is kept".into()),
            });
        }
        if !blockers.is_empty() && told_at.is_none_or(|at: Instant| at.elapsed() > AGAIN) {
            told_at = Some(Instant::now());
            told(&format!("{context}: waiting for {blockers}"));
        }
        // With a random part, so as not to be in step with periodic statements of others.
        tokio::time::sleep(pause + pause.mul_f64(fraction(begun))).await;
        pause = (pause * 3 / 2).min(PAUSES.1);
        wait = (wait * 5 / 4).min(pace.lock_timeout * 5);
    }
}

/// Runs work, and stops it when it has held its locks for too long: nothing more of it is sent, and the server's running statement is cancelled, so
/// that it fails and ROLLBACK follows. It is cancelled by SQL from another session, not by a cancel request, which has no reply and might arrive
/// during ROLLBACK. On a slow connection the cancel may come before the statement does, so it is repeated.
async fn within<T>(
    db: &Database,
    pid: i32,
    limit: Duration,
    locked: &Locked,
    is_over: &Cell<bool>,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    if db.is_rehearsal() {
        return work.await;
    }
    let tick = || tokio::time::sleep(Duration::from_millis(10));
    let is_cancelling = Cell::new(false);
    let watch = async {
        // Connecting is slow on some networks, so it begins before it is needed.
        while locked.held() <= limit / 2 {
            tick().await;
        }
        let mut beside = db.beside().await.ok();
        while locked.held() <= limit {
            tick().await;
        }
        is_over.set(true);
        db.stop(Some(TAKEN_BACK));
        loop {
            match &beside {
                // If it cannot be cancelled, it ends by itself: nothing more is sent after it.
                Some(other) => {
                    is_cancelling.set(true);
                    let cancel = "SELECT pg_cancel_backend($1)";
                    let _ = other.execute("stopping a statement that keeps others waiting", cancel, &[&pid]).await;
                    is_cancelling.set(false);
                }
                None => beside = db.beside().await.ok(),
            }
            tick().await;
        }
    };
    let mut watch = std::pin::pin!(watch);
    let done = tokio::select! {
        biased;
        done = work => done,
        never = &mut watch => never,
    };
    // A cancel under way could hit the next statement, so its end is waited for. A server process ignores a signal that arrives before it reads its
    // next command (source, postgres.c, PostgresMain).
    let cancelled = std::future::poll_fn(|context| match is_cancelling.get() && watch.as_mut().poll(context).is_pending() {
        true if is_cancelling.get() => Poll::Pending,
        _ => Poll::Ready(()),
    });
    let _ = tokio::time::timeout(DEAD_LINE, cancelled).await;
    db.stop(None);
    // Its last statement may have finished all the same.
    if is_over.get() { Err(Error::refused(TAKEN_BACK)) } else { done }
}

/// A number between 0 and 1 that changes too quickly to be in step with anything.
fn fraction(begun: Instant) -> f64 {
    f64::from(begun.elapsed().subsec_nanos() % 1_000_000) / 1_000_000.0
}

/// Who has used these tables in a transaction that is still open, the oldest first. A prepared transaction holds its locks without a
/// session; the lock on its own number tells which of them are its.
async fn blockers(db: &Database, tables: &[String]) -> Result<String> {
    let list = tables.iter().map(|t| format!("to_regclass({})", literal(t))).collect::<Vec<_>>().join(", ");
    let sql = format!(
        "WITH holding AS (SELECT pid, virtualtransaction FROM pg_locks WHERE granted AND relation IN ({list})) \
         SELECT string_agg(line, '; ') FROM (SELECT format('%s%s%s%s, in a transaction for %s s (pid %s)', coalesce(a.usename::text, a.backend_type), \
             CASE WHEN a.application_name <> '' THEN ' with ' || a.application_name ELSE '' END, \
             coalesce(' from ' || host(a.client_addr), ''), coalesce(', ' || a.state, ''), round(extract(epoch FROM clock_timestamp() - a.xact_start)), a.pid) AS line, a.xact_start AS since \
         FROM pg_stat_activity AS a WHERE a.pid <> pg_backend_pid() AND a.xact_start < clock_timestamp() - interval '100 ms' \
           AND a.pid IN (SELECT pid FROM holding) \
         UNION ALL SELECT format('prepared transaction %L of %s, for %s s', gid, owner, round(extract(epoch FROM clock_timestamp() - prepared))), prepared \
         FROM pg_prepared_xacts WHERE database = current_database() AND EXISTS (SELECT FROM pg_locks AS l JOIN holding AS h USING (virtualtransaction) \
           WHERE l.transactionid = transaction AND l.pid IS NULL AND h.pid IS NULL) \
         ORDER BY since LIMIT 5) AS x"
    );
    Ok(db.text("looking for who holds the table", &sql).await?.into_iter().flatten().flatten().collect())
}
