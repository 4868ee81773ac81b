//! Brings retired names back for the statements that touch them (`session/touch.rs`): the views are made in one transaction, whichever
//! proxy is first, and then this one takes a policy that has the name again. It is given up after `control.raise_timeout`, by this
//! process' own clock. Whoever retired the name is told: by the log, by a metric, by `report tombstones`.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::mpsc;

use super::policy;
use super::steering::Steering;
use crate::error::{Error, Result};
use crate::migrate::PINNED;
use crate::migrate::machine::NameStep;
use crate::migrate::name::{self, By};
use crate::relation::{Context, Relation};
use crate::session::touch::Touch;
use crate::telemetry;

/// Two transactions that change the same rights of a schema at one time: one of them is told so (PostgreSQL source, heapam.c), and tries again.
const CONFLICTS: [&str; 3] = ["XX000", "40P01", "40001"];
/// So often.
const TRIES: usize = 5;

/// Takes what is touched, each name on its own: one that is slow to come back keeps no other from it.
pub(super) async fn raise(steering: Arc<Steering>, mut touched: mpsc::Receiver<Touch>) {
    while let Some(touch) = touched.recv().await {
        let steering = steering.clone();
        tokio::spawn(async move { steering.raise(touch).await });
    }
}

impl Steering {
    async fn raise(&self, touch: Touch) {
        let (begun, patience) = (Instant::now(), self.shared.settings.load().control.raise_timeout);
        let slow = || Err(Error::io("bringing a retired name back", std::io::ErrorKind::TimedOut.into()));
        let raised = tokio::time::timeout(patience, self.raise_by_now(&touch)).await.unwrap_or_else(|_| slow());
        let (table, client, statement) = (touch.table.clone(), touch.client.clone(), touch.statement.clone());
        let took = begun.elapsed();
        match raised {
            Ok(is_first) => {
                touch.is_back();
                if is_first {
                    telemetry::count_by("esclusa_resurrections_total", "outcome", "back");
                    let (user, application, address) = (&client.user, &client.application, &client.address);
                    tracing::warn!(
                        table,
                        user,
                        application,
                        address,
                        statement,
                        ?took,
                        "a retired name was touched, and is back"
                    );
                }
            }
            Err(error) => {
                drop(touch);
                telemetry::count_by("esclusa_resurrections_total", "outcome", "lost");
                let (user, application) = (&client.user, &client.application);
                tracing::error!(%error, table, user, application, statement, ?took, "a retired name was touched, and could not be brought back: the client is told 42P01");
            }
        }
    }

    /// Whether this was what brought it back; another proxy may have been first.
    async fn raise_by_now(&self, touch: &Touch) -> Result<bool> {
        let settings = self.shared.settings.load_full();
        let rules = self.rules.load_full();
        let Some(rule) = rules.rules.get(&touch.table) else {
            return Err(Error::refused(format!("there is no rule for {}", touch.table)));
        };
        // A connection of its own: what else asks the database waits for nobody here.
        let Some(database) = policy::control_database(&settings).await? else {
            return Err(Error::usage("tombstones are in the target database: set control.url"));
        };
        database.batch("pinning the session", PINNED).await?;
        let relation = Relation::compile(rule, &Context::new(&settings));
        let client = &touch.client;
        let named = |text: &str| if text.is_empty() { "(unnamed)".to_owned() } else { text.to_owned() };
        let who = format!("{} from {} with {}", named(&client.user), named(&client.address), named(&client.application));
        let by = By { who: &who, reason: None, statement: Some(&touch.statement) };
        let mut tries = 0;
        let is_first = loop {
            tries += 1;
            match name::bring_back(&database, &relation, NameStep::Touch, by).await {
                Err(Error::Database { sqlstate, .. }) if tries < TRIES && CONFLICTS.contains(&&*sqlstate) => {}
                other => break other?,
            }
        };
        // Not what a switch waits for: the statement that waits here is one of those that it would wait for.
        self.refresh().await?;
        Ok(is_first)
    }
}
