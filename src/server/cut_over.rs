//! This proxy's part in a cut-over: it holds the table for its sessions (`session/cut_over.rs`), reports when none of them uses it,
//! and lets them continue when the policy knows where the table is, when it has not moved, or when this process' own time limit is
//! over.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::attempts::Attempts;
use super::policy;
use super::relocation::Relocation;
use super::steering::Steering;
use crate::catalog::{Catalog, Database};
use crate::control::cut_over::{self, MOST, RequestedCutOver};
use crate::error::Result;
use crate::relation::CONTROL;
use crate::telemetry;

/// How often it is checked whether a table is still used.
const LOOK: Duration = Duration::from_millis(1);
/// How long a process whose hold has ended late may take to learn where the tables are.
const LATE: Duration = Duration::from_secs(1);

/// Takes part in cut-overs until the process ends. It has its own connection, so that it does not wait
/// for other work on the database, nor delay it.
pub(super) async fn heed(steering: Arc<Steering>) {
    let mut attempts = Attempts::new(&steering);
    while let Some(settings) = attempts.next().await {
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
                self.shared.hold_table(&asked.table);
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

    /// Holds a table until the cut-over or the time limit is over. If the table has moved at the last moment, its sessions continue when they know
    /// where it is.
    async fn hold(&self, database: &Database, news: &mut mpsc::Receiver<()>, asked: &RequestedCutOver) -> Result<()> {
        let begun = Instant::now();
        let until = begun + asked.hold.min(MOST);
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
            let is_over = Instant::now() >= until;
            if !heard && !is_over {
                continue;
            }
            if Instant::now() >= begun + MOST {
                // This process was stopped, or got no processor: the table may be elsewhere since long, and the row that said so is gone.
                tracing::warn!(table = asked.table, "a hold has ended late; reading where all tables are");
                return timeout(LATE, self.refresh()).await.unwrap_or(Ok(()));
            }
            // It may have moved just now, or the news may come late: sessions that do not know of it would look for its rows where they are no longer.
            let ended = timeout_at(begun + MOST, self.has_ended(database, asked)).await;
            if ended.unwrap_or(Ok(true))? || is_over {
                return Ok(());
            }
        }
    }

    /// Whether a cut-over has ended. If the table has moved, the policy knows it then.
    async fn has_ended(&self, database: &Database, asked: &RequestedCutOver) -> Result<bool> {
        match cut_over::found(database, asked.epoch).await? {
            None => Ok(true),
            Some(RequestedCutOver { moved: None, .. }) => Ok(false),
            Some(RequestedCutOver { moved: Some(moved), .. }) => {
                // Rights on the new view decide which roles' statements are rewritten.
                let view = std::slice::from_ref(&asked.table);
                let limited = Catalog::limited_some(database, CONTROL, view).await?;
                self.relocate(Relocation { table: asked.table.clone(), moved, limited });
                Ok(true)
            }
        }
    }
}
