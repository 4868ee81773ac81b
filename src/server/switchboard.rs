//! Switches modes: a switch is stored, put in force, and finished when no statement is unanswered that an older policy decided
//! about.

use std::pin::Pin;
use std::sync::atomic::{Ordering, fence};
use std::time::Duration;

use super::steering::Steering;
use super::{policy, upstream};
use crate::catalog::Database;
use crate::console::Admin;
use crate::control::{self, ModeChange, replica};
use crate::error::{Error, Faults, Result};
use crate::migrate::gate::{self, Named, Switch};
use crate::mode::Mode;
use crate::report::verdict::Judged;
use crate::report::{Question, Report};
use crate::table::Table;
use crate::wire::stream::Stream;

impl Steering {
    /// Stores a switch, and waits until it is in force, here and on the other replicas.
    async fn switch(&self, store: impl AsyncFnOnce(&Database, &str) -> Result<Vec<ModeChange>>) -> Result<Vec<ModeChange>> {
        if self.is_aside() {
            return Err(Error::Refused {
                message: "every statement passes untouched: no mode is in force".into(),
                detail: Some("`esclusa off` was called on this proxy's machine".into()),
                hint: Some("`esclusa off --undo` there puts the stored modes in force again".into()),
            });
        }
        let settings = self.shared.settings.load_full();
        let mut changes = {
            let mut database = self.database.lock().await;
            match policy::alive(&mut database, &settings).await? {
                Some(database) => store(database, &settings.rules.schema).await?,
                None => return Err(Error::usage("modes are stored in the target database: set control.url")),
            }
        };
        self.follow_switch().await?;
        let mut database = self.database.lock().await;
        if let Some(database) = policy::alive(&mut database, &settings).await? {
            control::behind(database, &mut changes).await?;
        }
        Ok(changes)
    }

    /// Puts the stored modes in force, waits until no statement is unanswered that an older policy decided about, and reports it.
    pub(super) async fn follow_switch(&self) -> Result<()> {
        let settings = self.shared.settings.load_full();
        let alive = async || -> Result<i64> {
            match policy::alive(&mut *self.database.lock().await, &settings).await? {
                Some(database) => replica::generation(database).await,
                None => Ok(0),
            }
        };
        let generation = alive().await?;
        self.refresh_to(generation).await?;
        self.let_land().await;
        self.acknowledge(generation).await
    }

    /// Why no client should be sent here: the process ends, or the server does not answer. An unreachable target database is no
    /// reason: the process serves by its last facts.
    async fn obstacles(&self) -> Vec<String> {
        const PATIENCE: Duration = Duration::from_secs(2);
        let mut obstacles = Vec::new();
        if *self.stop.borrow() {
            obstacles.push("draining: this process ends".to_owned());
        }
        let address = self.shared.settings.load().upstream.address.clone();
        if let Err(error) = Stream::connect(&address, PATIENCE, Duration::ZERO).await {
            // Anybody may ask for this, and should not learn the server's address.
            tracing::debug!(%error, "not ready");
            obstacles.push("the server does not answer".to_owned());
        }
        obstacles
    }

    /// Waits until no statement is unanswered that an older policy decided about, so that a switched table may be dropped. A
    /// statement that runs longer than this wait holds locks, and DROP waits for those.
    pub(super) async fn let_land(&self) {
        const PATIENCE: Duration = Duration::from_secs(5);
        let generation = self.shared.policy.load().generation;
        let flies = |at: u64| at > 0 && at < generation;
        // The policy is in force; a session that announces an older one after this sees the new one before it decides.
        fence(Ordering::SeqCst);
        let until = tokio::time::Instant::now() + PATIENCE;
        while self.shared.clients.iter().any(|c| flies(c.flight.load(Ordering::Relaxed))) {
            if tokio::time::Instant::now() > until {
                tracing::warn!("statements that were sent before the switch are still running");
                return;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

impl Admin for Steering {
    fn set_modes<'a>(
        &'a self,
        tables: &'a [String],
        mode: Mode,
        who: &'a str,
        why: Option<&'a str>,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<ModeChange>>> + Send + 'a>> {
        Box::pin(async move {
            let policy = self.shared.policy.load_full();
            let named = |table: &String| {
                if policy.tombstones().contains(table) {
                    return Err(Error::Refused {
                        message: format!("the name of table \"{table}\" is retired"),
                        detail: None,
                        hint: Some(format!("`esclusa retire --undo {table}` brings it back")),
                    });
                }
                let entry = policy.entries().find(|e| e.relation.table == *table);
                let entry = entry.ok_or_else(|| Error::usage(format!("there is no rule for a table \"{table}\"")))?;
                Ok((table.clone(), entry.relation.is_retained()))
            };
            let tables = tables.iter().map(named).collect::<Result<Vec<Named>>>()?;
            let shadow_role = &self.shared.settings.load_full().shadow.user;
            let switch = Switch { mode, shadow_role, who, why };
            self.switch(async |db, schema| gate::switch(db, schema, &tables, switch).await).await
        })
    }

    fn set_all_modes<'a>(
        &'a self,
        mode: Mode,
        who: &'a str,
        why: Option<&'a str>,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<ModeChange>>> + Send + 'a>> {
        Box::pin(async move {
            let policy = self.shared.policy.load_full();
            let mut tables: Vec<Named> = policy.entries().map(|e| (e.relation.table.clone(), e.relation.is_retained())).collect();
            tables.sort();
            let shadow_role = &self.shared.settings.load_full().shadow.user;
            let switch = Switch { mode, shadow_role, who, why };
            self.switch(async |db, schema| gate::switch_all(db, schema, &tables, switch).await).await
        })
    }

    fn reload<'a>(&'a self) -> Pin<Box<dyn Future<Output = Result<Faults>> + Send + 'a>> {
        Box::pin(self.reload_all())
    }

    fn told<'a>(
        &'a self,
        reports: &'a [&'static Report],
        question: &'a Question,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<Table>>> + Send + 'a>> {
        Box::pin(self.reports(reports, question))
    }

    fn judged<'a>(&'a self, question: &'a Question) -> Pin<Box<dyn Future<Output = Result<Vec<Judged>>> + Send + 'a>> {
        Box::pin(self.verdicts(question))
    }

    fn cancel<'a>(&'a self, key: &'a [u8]) -> Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>> {
        Box::pin(upstream::cancel(self, key))
    }

    fn obstacles<'a>(&'a self) -> Pin<Box<dyn Future<Output = Vec<String>> + Send + 'a>> {
        Box::pin(self.obstacles())
    }

    fn shutdown(&self) {
        let _ = self.stop.send(true);
    }
}
