//! Brings tombstones back for the statements that touch them (`session/touch.rs`): whichever proxy is first makes the views in one
//! transaction, and then each takes a policy that has the name again. A name is given up after `control.raise_timeout` by this
//! process' own clock. Whoever retired it can see that it came back: in the log, in a metric, in `report tombstones`.

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

/// If two transactions change the same rights of a schema at the same time, one of them fails with one of these (PostgreSQL source,
/// heapam.c), and is tried again.
const CONFLICTS: [&str; 3] = ["XX000", "40P01", "40001"];
/// How often it is tried.
const TRIES: usize = 5;

/// Brings back what is touched, each name in its own task: a slow one does not delay the others.
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

    /// Brings the name back; returns whether this call did it, because another proxy may have been first.
    async fn raise_by_now(&self, touch: &Touch) -> Result<bool> {
        let settings = self.shared.settings.load_full();
        let rules = self.rules.load_full();
        let Some(rule) = rules.rules.get(&touch.table) else {
            return Err(Error::refused(format!("there is no rule for {}", touch.table)));
        };
        // Its own connection, so that other work on the database does not wait for it.
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
        // Without waiting for unanswered statements, as a switch does: the statement that waits for this is one of them.
        self.refresh().await?;
        Ok(is_first)
    }
}
