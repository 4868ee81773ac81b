//! This proxy's part in a cut-over: it holds the table for its sessions (`session/cut_over.rs`), reports when none of them uses it,
//! and lets them continue when the policy knows where the table is, when it has not moved, or when this process' own time limit is
//! over.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout_at};

use super::policy;
use super::relocation::Relocation;
use super::steering::Steering;
use crate::catalog::{Catalog, Database};
use crate::control::cut_over::{self, RequestedCutOver};
use crate::error::Result;
use crate::relation::CONTROL;
use crate::telemetry;

/// No table is held for longer, whatever is asked for.
const MOST: Duration = Duration::from_secs(2);
/// How often it is checked whether a table is still used.
const LOOK: Duration = Duration::from_millis(1);

/// Takes part in cut-overs until the process ends, or its connection is lost. It has its own connection, so that it does not wait
/// for other work on the database, nor delay it.
pub(super) async fn heed(steering: Arc<Steering>) {
    loop {
        let settings = steering.shared.settings.load_full();
        if settings.control.url.is_empty() {
            return;
        }
        let heeded = async {
            let password = policy::password(&settings)?;
            let (database, news) = Database::listen(&settings.control.url, password.as_deref(), cut_over::CHANNEL).await?;
            let database = database.pinned().await?;
            // What is reported here has no meaning after a crash.
            database.batch("saying when a table is quiet", "SET synchronous_commit = off").await?;
            cut_over::is_present(&database, &steering.instance).await?;
            steering.heed_all(&database, news).await
        };
        let ended: Result<()> = heeded.await;
        if let Err(error) = ended {
            tracing::debug!(%error, "cut-overs cannot be heeded; trying again");
        }
        sleep(Duration::from_millis(500)).await;
    }
}

impl Steering {
    /// Takes part until the connection is lost.
    async fn heed_all(&self, database: &Database, mut news: mpsc::Receiver<()>) -> Result<()> {
        let mut last = 0;
        while news.recv().await.is_some() {
            if !cut_over::has_table(database).await? {
                continue;
            }
            while let Some(asked) = cut_over::asked(database).await?.filter(|a| a.epoch > last && a.moved.is_none()) {
                last = asked.epoch;
                self.shared.cut_overs.begin(&asked.table);
                let begun = Instant::now();
                let held = self.hold(database, &mut news, &asked).await;
                self.shared.cut_overs.end(&asked.table);
                telemetry::took("esclusa_cut_over_seconds", begun.elapsed());
                tracing::debug!(table = asked.table, elapsed = ?begun.elapsed(), "a table was held");
                held?;
            }
            // Anybody can send NOTIFY: this limits how often it has an effect.
            sleep(LOOK).await;
        }
        Ok(())
    }

    /// Holds a table until the cut-over or the time limit is over.
    async fn hold(&self, database: &Database, news: &mut mpsc::Receiver<()>, asked: &RequestedCutOver) -> Result<()> {
        let until = Instant::now() + asked.hold.min(MOST);
        let mut is_told = false;
        loop {
            if !is_told && (self.is_aside() || self.shared.cut_overs.users(&asked.table) == 0) {
                is_told = true;
                // A database that does not answer must not hold the clients of this proxy.
                match timeout_at(until, cut_over::is_quiet(database, asked.epoch, &self.instance)).await {
                    Ok(told) => told?,
                    Err(_over) => return Ok(()),
                }
            }
            let heard = match is_told {
                true => timeout_at(until, news.recv()).await.is_ok(),
                false => {
                    sleep(LOOK).await;
                    news.try_recv().is_ok()
                }
            };
            if Instant::now() >= until {
                return Ok(());
            }
            if heard {
                let Ok(now) = timeout_at(until, cut_over::asked(database)).await else { return Ok(()) };
                match now?.filter(|now| now.epoch == asked.epoch) {
                    Some(RequestedCutOver { moved: None, .. }) => {}
                    Some(RequestedCutOver { moved: Some(moved), .. }) => {
                        // Rights on the new view decide which roles' statements are rewritten.
                        let Ok(limited) = timeout_at(until, Catalog::limited(database, CONTROL)).await else { return Ok(()) };
                        self.relocate(Relocation { table: asked.table.clone(), moved, limited: limited? });
                        return Ok(());
                    }
                    None => return Ok(()),
                }
            }
        }
    }
}
