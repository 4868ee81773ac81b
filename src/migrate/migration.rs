//! What a migration works with, and its run: begun and ended in the ledger, one at a time in a database. The steps on tables are methods, each in
//! its own file.

use std::time::{Duration, Instant};

use crate::catalog::Database;
use crate::config::Settings;
use crate::control;
use crate::error::{Error, Result};
use crate::mode::Mode;
use crate::relation::{Context, Relation};
use crate::rule::{Rule, RuleSet};

use super::ledger::{self, Entry};
use super::machine::Step;
use super::online::work::{Silent, Throttle, Told, Work};
use super::quiet::Pace;
use super::throttle::Limits;
use super::{CONTROL, PINNED};

/// The advisory lock of a run, held by its session.
const RUNNING: &str = "hashtext('esclusa migrate')";
/// How long to wait for the server to end the session of a killed run.
const ENDING: Duration = Duration::from_secs(3);

/// What a migration works with.
pub struct Migration<'m> {
    /// A connection with the rights of the tables' owner.
    pub database: &'m Database,
    /// All rules.
    pub rules: &'m RuleSet,
    /// Schema, time zone, months.
    pub context: Context,
    /// Tables are moved although something depends on them that cannot move with them.
    pub accept: bool,
    /// How long it keeps others waiting, and how long it waits itself.
    pub pace: Pace,
    /// What a copy under load gives way to.
    pub throttle: Throttle,
    /// Receives reports of progress.
    pub told: &'m dyn Told,
    /// The mode of a table from the moment when it moves; `None` keeps the stored mode.
    pub mode: Option<Mode>,
    /// Who is recorded as storing modes.
    pub who: String,
    /// The audit has been ended ([`super::capture::disable`]): what is made of it on a table that comes back is disabled there.
    pub unaudited: bool,
}

impl<'m> Migration<'m> {
    /// Prepares a connection for migrating.
    pub async fn new(database: &'m Database, rules: &'m RuleSet, context: Context) -> Result<Self> {
        database.batch("pinning the session", PINNED).await?;
        let settings = Settings::defaults()?;
        let (pace, throttle) = (Pace::new(&settings), Throttle::new(Limits::new(&settings)));
        Ok(Migration {
            database,
            rules,
            context,
            accept: false,
            pace,
            throttle,
            told: &Silent,
            mode: None,
            who: "somebody".into(),
            unaudited: false,
        })
    }

    /// A table's relation, where it has a rule.
    pub(super) fn relation(&self, table: &str) -> Option<Relation> {
        self.rules.rules.get(table).map(|rule| Relation::compile(rule, &self.context))
    }

    /// Begins a run in the ledger. A database has one at a time: a second one would find the first one's rows, and take them for a backfill to be
    /// rolled back.
    pub async fn begin(&self, command: &str) -> Result<i64> {
        let asked = Instant::now();
        let lock = format!("SELECT pg_try_advisory_lock({RUNNING})");
        while !self.database.change("beginning a run", &lock, &[], ("SELECT true", &[])).await?.get::<_, bool>(0) {
            if asked.elapsed() > ENDING {
                let who = format!(
                    "SELECT format('%s (pid %s), since %s: %s', a.usename, a.pid, r.started_at::timestamptz(0), r.command) \
                     FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid), \
                       (SELECT * FROM {CONTROL}.run WHERE finished_at IS NULL ORDER BY id DESC LIMIT 1) AS r \
                     WHERE l.locktype = 'advisory' AND l.granted AND l.objid::bigint = {RUNNING}::bigint & 4294967295 \
                       AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
                );
                let who = self.database.query("asking whose run it is", &who, &[]).await?;
                return Err(Error::Refused {
                    message: "another migration is running in this database".into(),
                    detail: who.first().map(|row| row.get(0)),
                    hint: Some("repeat this one when it has ended".into()),
                });
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let sql = format!("INSERT INTO {CONTROL}.run (command) VALUES ($1) RETURNING id");
        let next = format!("SELECT coalesce(max(id), 0) + 1 FROM {CONTROL}.run");
        Ok(self.database.change("beginning a run", &sql, &[&command], (&next, &[])).await?.get(0))
    }

    /// Ends a run in the ledger, and has the proxies read the states of the tables again.
    pub async fn finish(&self, run: i64) -> Result<()> {
        let sql = format!("UPDATE {CONTROL}.run SET finished_at = clock_timestamp() WHERE id = $1");
        self.database.execute("ending a run", &sql, &[&run]).await?;
        control::announce(self.database).await?;
        self.database.execute("ending a run", &format!("SELECT pg_advisory_unlock({RUNNING})"), &[]).await.map(|_| ())
    }

    /// Writes a step into the ledger.
    pub(super) async fn write(&self, db: &Database, run: i64, rule: &Rule, step: Step, detail: Option<&str>) -> Result<()> {
        ledger::write(db, &self.context, Entry { run, table: &rule.table, step, rows: None, detail }).await.map(|_| ())
    }

    /// What copying a table under load needs.
    pub(super) fn copying<'w>(&'w self, run: i64, relation: &'w Relation) -> Work<'w> {
        let Migration { database: db, context, pace, throttle, told, .. } = self;
        Work { db, context, run, relation, pace, throttle, told: *told }
    }
}
