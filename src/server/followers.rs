//! Follows changes that others make: switches on other replicas, and rights that are changed without the proxy.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use tokio::time::MissedTickBehavior;

use super::attempts::Attempts;
use super::facts::Since;
use super::policy;
use super::steering::Steering;
use crate::catalog::{Catalog, Database};
use crate::control::hits::HitRecorder;
use crate::control::{self, felt, replica};
use crate::error::{Error, Result};
use crate::session::activity::Doing;

impl Steering {
    /// Reports that this process serves, and which switch is in force here.
    pub(super) async fn acknowledge(&self, generation: i64) -> Result<()> {
        let settings = self.shared.settings.load_full();
        let mut database = self.database.lock().await;
        match policy::alive(&mut database, &settings).await? {
            Some(database) if generation > 0 => {
                let rules = self.rules_fingerprint.load(Ordering::Relaxed);
                let by = HitRecorder { recorder: &self.hit_writer.process(), instance: &self.instance };
                replica::acknowledge(database, by, generation, rules).await
            }
            _ => Ok(()),
        }
    }

    /// Registers this process before its first client comes, and reads what was switched meanwhile: from now on every switch waits
    /// for it.
    pub(super) async fn register(&self) {
        const PATIENCE: Duration = Duration::from_secs(5);
        let registered = async {
            let generation = match self.database.lock().await.as_ref() {
                Some(database) => replica::generation(database).await?,
                // The database was unreachable when this process began, and is followed when it is back.
                None => 0,
            };
            if generation > 0 {
                self.acknowledge(1).await?;
                self.refresh().await?;
            }
            Ok(())
        };
        let slow = || Err(Error::io("saying that this process serves", std::io::ErrorKind::TimedOut.into()));
        if let Err(error) = tokio::time::timeout(PATIENCE, registered).await.unwrap_or_else(|_| slow()) {
            tracing::warn!(%error, "a switch does not wait for this process before it has followed one");
        }
    }

    /// On a new connection no switch counts as followed: the database may be one that was restored from a backup, or a standby that lagged, where the
    /// number of the last switch is lower than the one known here, and counts other switches.
    async fn follow_anew(&self, database: &Database) -> Result<()> {
        self.followed.store(0, Ordering::Relaxed);
        if replica::generation(database).await? > 0 {
            replica::begins(database, &self.instance).await?;
        }
        Ok(())
    }

    /// Changes of roles, memberships, grants and functions are not announced, nor that a copied table has a new heap: if these differ
    /// from what the policy was made of, it is made anew.
    async fn follow_rights(&self, database: &Database) -> Result<()> {
        let schema = self.shared.settings.load().rules.schema.clone();
        let mut known = self.known.lock().await;
        if known.has_moved() {
            drop(known);
            return self.refresh().await;
        }
        let found = known.unannounced(database, &schema, Since::Anything).await?;
        drop(known);
        let decided = self.decided.load();
        let is_same =
            *decided.limited() == found.limited && *decided.readers() == found.readers && *decided.movers() == found.movers;
        match is_same {
            true => Ok(()),
            false => self.refresh().await,
        }
    }

    /// A relation with a legacy name may be made in another schema around this proxy, or rights on a schema changed: then sessions
    /// whose search path does not begin with the legacy schema ask again.
    async fn follow_others(&self, database: &Database, mark: &mut Option<(i64, i64)>) -> Result<()> {
        let (policy, schema) = (self.shared.policy.load_full(), self.shared.settings.load().rules.schema.clone());
        let tables = policy.entries().map(|entry| entry.relation.table.as_str());
        let names: Vec<&str> = tables.chain(policy.tombstones().iter().map(String::as_str)).collect();
        let found = Catalog::mark_of_others(database, &schema, &names).await?;
        if mark.replace(found) != Some(found) {
            self.shared.relations.fetch_add(1, Ordering::AcqRel);
        }
        Ok(())
    }

    /// Logs once which replicas serve with other rules: there the same statement may be rewritten otherwise.
    async fn compare_rules(&self, database: &Database, told: &mut Vec<String>) -> Result<()> {
        let others = replica::with_other_rules(database, self.rules_fingerprint.load(Ordering::Relaxed)).await?;
        if !others.is_empty() && others != *told {
            tracing::warn!(others = others.join(", "), "these proxies serve with other rules than this one: SHOW REPLICAS");
        }
        *told = others;
        Ok(())
    }

    /// Publishes how long clients wait. If that fails, only a copy under load lacks it: it is logged once.
    async fn tell_felt(&self, database: &Database, told: &mut Telling) -> Result<()> {
        if !felt::has_table(database).await? {
            return Ok(());
        }
        let now = SystemTime::now();
        let waiting = self.shared.clients.iter().filter_map(|client| match client.activity.doing() {
            (Doing::Active, since) => now.duration_since(since).ok(),
            _ => None,
        });
        let reading = felt::Reading { ended: self.shared.felt.reading(), open: felt::open(waiting) };
        let failed = felt::tell(database, &self.instance, told.number, &reading).await.err();
        told.number += u32::from(failed.is_none());
        if let Some(error) = failed.as_ref().filter(|_| !told.is_failing) {
            tracing::warn!(%error, "what clients feel cannot be told: a copy under load does not go by it");
        }
        told.is_failing = failed.is_some();
        Ok(())
    }

    /// This process is no longer waited for.
    pub(super) async fn leave(&self) {
        let settings = self.shared.settings.load_full();
        let mut database = self.database.lock().await;
        let left = async {
            match policy::alive(&mut database, &settings).await? {
                Some(database) if replica::generation(database).await? > 0 => {
                    if felt::has_table(database).await? {
                        felt::leave(database, &self.instance).await?;
                    }
                    replica::leave(database, &self.instance).await
                }
                _ => Ok(()),
            }
        };
        if let Err(error) = left.await {
            tracing::warn!(%error, "the end of this process could not be noted; a switch will tell that it is silent");
        }
        if let Err(error) = self.hit_writer.end().await {
            tracing::warn!(%error, "the spool could not be removed");
        }
    }
}

/// The state of publishing how long clients wait.
#[derive(Debug, Default)]
struct Telling {
    /// The number of readings published.
    number: u32,
    is_failing: bool,
}

/// Follows switches of other replicas until the process ends. After a lost connection, everything is read again.
pub(super) async fn follow(steering: Arc<Steering>) {
    let (mut told, mut mark) = (Vec::new(), None);
    let mut attempts = Attempts::new(&steering);
    while let Some(settings) = attempts.next().await {
        let listened = async {
            let (told, mark) = (&mut told, &mut mark);
            let password = policy::password(&settings)?;
            let (database, mut news) = Database::listen(&settings.control.url, password.as_deref(), control::CHANNEL).await?;
            let database = database.pinned().await?;
            steering.follow_anew(&database).await?;
            let mut generation = 0;
            loop {
                generation = not_before(generation, &database).await?;
                steering.follow_switch().await?;
                while let Err(_silence) = tokio::time::timeout(replica::HEARTBEAT, news.recv()).await.map(drop) {
                    not_before(generation, &database).await?;
                    steering.acknowledge(generation).await?;
                    steering.follow_rights(&database).await?;
                    steering.follow_others(&database, mark).await?;
                    if generation > 0 {
                        steering.compare_rules(&database, told).await?;
                    }
                }
            }
        };
        let ended: Result<()> = listened.await;
        if let Err(error) = ended {
            tracing::warn!(%error, "switches of other replicas cannot be followed; trying again");
        }
    }
}

/// The number of the last switch. An error if it has gone back: on a new connection, everything is followed anew.
async fn not_before(last: i64, database: &Database) -> Result<i64> {
    let generation = replica::generation(database).await?;
    if generation < last {
        return Err(Error::refused(format!("the number of the last switch was {last} and is {generation}")));
    }
    Ok(generation)
}

/// Says every two seconds that this process serves, and how long its clients wait, until the process ends. Over a connection of its
/// own: what follows a switch may wait for a lock or for the disk, and a copy under load stops when a proxy is silent.
pub(super) async fn beat(steering: Arc<Steering>) {
    let mut telling = Telling::default();
    let mut beats = tokio::time::interval(replica::HEARTBEAT);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut attempts = Attempts::new(&steering);
    while let Some(settings) = attempts.next().await {
        let told = async {
            let password = policy::password(&settings)?;
            let database = Database::connect(&settings.control.url, password.as_deref()).await?.pinned().await?;
            loop {
                beats.tick().await;
                if replica::generation(&database).await? > 0 {
                    replica::serves(&database, &steering.instance).await?;
                }
                steering.tell_felt(&database, &mut telling).await?;
            }
        };
        let ended: Result<()> = told.await;
        if let Err(error) = ended {
            // `follow` says so, once a try.
            tracing::debug!(%error, "that this process serves cannot be told; trying again");
        }
    }
}
