//! Takes counts from the workers to the database: they are frozen and put into the spool every `control.spool_interval`, and
//! written every `control.flush_interval`. Nothing is lost in between.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::policy;
use crate::catalog::Database;
use crate::config::Settings;
use crate::control::hits::{self, HitRecorder};
use crate::control::replica;
use crate::control::retention::{self, Retention};
use crate::control::spool::Spool;
use crate::error::{Error, Result};
use crate::telemetry;
use crate::traffic::Traffic;
use crate::traffic::batch::Batch;

/// If the database has not taken a batch by then, the connection is given up; the next one finds out whether the batch was written.
const PATIENCE: Duration = Duration::from_secs(20);

/// The counts of this process, on their way to the database.
#[derive(Debug)]
pub(super) struct HitWriter {
    /// Its own spool first, then those of processes that have died.
    spools: Arc<Mutex<Vec<Spool>>>,
    instance: String,
    /// Its own connection, so that a database that is slow to take hits delays no switch.
    database: tokio::sync::Mutex<Option<Database>>,
    /// A failure of the disk was logged.
    warned: AtomicBool,
}

impl HitWriter {
    /// Starts to record under a new UUID.
    pub(super) fn begin(settings: &Settings, instance: String) -> Result<HitWriter> {
        let control = &settings.control;
        if !control.url.is_empty() && control.spool.as_os_str().is_empty() {
            tracing::info!("control.spool is empty: hits are in memory until the database has them");
        }
        let uuid = std::fs::read_to_string("/proc/sys/kernel/random/uuid").map_err(|e| Error::io("asking for a UUID", e))?;
        let spool = Spool::begin(&control.spool, uuid.trim(), control.spool_bytes.0)?;
        let spools = Arc::new(Mutex::new(vec![spool]));
        Ok(HitWriter { spools, instance, database: tokio::sync::Mutex::new(None), warned: AtomicBool::new(false) })
    }

    /// The name of this process among those that share a spool directory.
    pub(super) fn process(&self) -> String {
        let spools = self.spools.lock().unwrap_or_else(PoisonError::into_inner);
        spools.first().map(|spool| spool.recorder.clone()).unwrap_or_default()
    }

    /// Puts what was counted since the last call into the spool.
    pub(super) async fn keep(&self, traffic: &Traffic, settings: &Settings, is_aside: bool) {
        let mut span = traffic.freeze();
        if is_aside {
            // While all statements pass unseen, a time without hits must not count as covered.
            span.covered.clear();
        }
        if settings.control.url.is_empty() {
            return;
        }
        let kept = self
            .with_spools(move |spools| {
                let Some(own) = spools.first_mut() else { return Ok((0, 0)) };
                own.keep(span)?;
                let folded = own.folded();
                Ok((folded, spools.iter().map(Spool::bytes).sum::<usize>()))
            })
            .await;
        match kept {
            Ok((folded, bytes)) => {
                self.warned.store(false, Ordering::Relaxed);
                telemetry::set("esclusa_spool_bytes", bytes as f64);
                telemetry::count_more("esclusa_hits_folded_total", folded);
            }
            Err(error) => {
                telemetry::count("esclusa_spool_failures_total");
                // A full disk is logged once, not every second.
                if !self.warned.swap(true, Ordering::Relaxed) {
                    tracing::warn!(%error, "hits could not be put into the spool, and are kept in memory");
                }
            }
        }
    }

    /// Writes what waits. What cannot be written stays in the spool.
    pub(super) async fn write(&self, settings: &Settings) -> Result<()> {
        // The last write, when the process ends, waits for one that is still going on.
        let mut connection = self.database.lock().await;
        let written = match policy::alive(&mut connection, settings).await? {
            Some(database) => self.write_all(database, settings).await,
            None => return Ok(()),
        };
        if written.is_err() {
            *connection = None;
        }
        written
    }

    async fn write_all(&self, database: &Database, settings: &Settings) -> Result<()> {
        if !hits::has_tables(database).await? {
            return Err(Error::refused("the target database has no tables for hits: run `esclusa schema apply`"));
        }
        for at in 0..self.take_over(settings.control.spool.clone()).await? {
            while let Some((recorder, batch)) = self.oldest(at).await? {
                let by = HitRecorder { recorder: &recorder, instance: &self.instance };
                let written = tokio::time::timeout(PATIENCE, hits::write(database, by, &batch)).await;
                let number = written.unwrap_or_else(|_| Err(Error::refused("the database does not take hits")))?;
                self.with_spools(move |spools| spools.get_mut(at).map_or(Ok(()), |spool| spool.written(number))).await?;
            }
            if at > 0 {
                self.died(database, at).await?;
            }
        }
        // The spools of dead processes are empty now.
        self.with_spools(|spools| spools.drain(1..).try_for_each(Spool::end)).await?;
        let control = &settings.control;
        let time_zone = settings.rules.time_zone.clone();
        let kept = Retention { hours: control.hours_kept, detail: control.detail_kept, totals: control.totals_kept, time_zone };
        retention::tidy(database, &kept).await.map(drop)
    }

    /// Takes over the spools of processes that have died; returns how many spools there are then.
    async fn take_over(&self, directory: PathBuf) -> Result<usize> {
        self.with_spools(move |spools| {
            if !directory.as_os_str().is_empty() {
                spools.extend(Spool::left_behind(&directory)?);
            }
            Ok(spools.len())
        })
        .await
    }

    /// The process of a spool that nobody holds has died: no switch waits for it any more; and when all that it has recorded is
    /// written, comparisons of counts do not either.
    async fn died(&self, database: &Database, at: usize) -> Result<()> {
        let recorder = self.with_spools(move |spools| Ok(spools.get(at).map(|s| s.recorder.clone()))).await?;
        match recorder {
            Some(recorder) => replica::died(database, &recorder).await,
            None => Ok(()),
        }
    }

    async fn oldest(&self, at: usize) -> Result<Option<(String, Batch)>> {
        self.with_spools(move |spools| {
            let Some(spool) = spools.get_mut(at) else { return Ok(None) };
            Ok(spool.oldest()?.map(|batch| (spool.recorder.clone(), batch)))
        })
        .await
    }

    /// The process ends: an empty spool leaves no file.
    pub(super) async fn end(&self) -> Result<()> {
        self.with_spools(|spools| spools.drain(..).try_for_each(Spool::end)).await
    }

    /// Runs work on the disk outside the event loop.
    async fn with_spools<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Vec<Spool>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let spools = self.spools.clone();
        let worked = tokio::task::spawn_blocking(move || work(&mut spools.lock().unwrap_or_else(PoisonError::into_inner)));
        worked.await.unwrap_or_else(|_| Err(Error::refused("the work on the spool has ended in a panic")))
    }
}
