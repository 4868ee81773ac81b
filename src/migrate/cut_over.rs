//! The quiet moment in which a table changes its place, as the proxies see it: they hold statements that name it for the first time in their
//! transaction, and report when none of their sessions uses it (`control/cut_over.rs`). So no client's statement waits in the server for the
//! table's lock, and then finds another object under the name. Sessions around the proxies wait for the lock as usual.

use std::cell::Cell;
use std::time::{Duration, Instant};

use crate::catalog::Database;
use crate::control::{cut_over, replica};
use crate::error::Result;

/// A proxy that is not known to follow cut-overs is waited for as long as two of its heartbeats.
const SILENT: &str = "4 s";
/// Between two checks of which proxies have answered.
const LOOK: Duration = Duration::from_millis(2);

/// Which proxies have to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Those known to be serving. A killed proxy is not waited for; if it has only lost its connection to the database, its clients use the view.
    WhoeverServes,
    /// Also those that may have lost their connection to the database and still serve clients.
    WhoeverMayServe,
}

/// A table's cut-over on the proxies that serve clients.
#[derive(Debug)]
pub struct CutOver {
    /// A connection of its own: the one that moves the table is in a transaction.
    database: Database,
    table: String,
    /// A proxy that has been silent for longer, and cannot be seen, is not waited for.
    silent: &'static str,
    epoch: Cell<Option<i64>>,
}

impl CutOver {
    /// Prepares before anyone is made to wait; `None` where no proxy serves clients.
    pub async fn prepare(db: &Database, table: &str, asked: Asked) -> Result<Option<CutOver>> {
        if !cut_over::has_table(db).await? {
            return Ok(None);
        }
        let silent = if asked == Asked::WhoeverServes { SILENT } else { replica::SILENT };
        if cut_over::awaited(db, silent).await?.is_empty() {
            return Ok(None);
        }
        let database = db.beside().await?;
        database.batch("asking the proxies to hold a table", "SET synchronous_commit = off").await?;
        Ok(Some(CutOver { database, table: table.to_owned(), silent, epoch: Cell::new(None) }))
    }

    /// Has the proxies hold the table, and waits up to `patience` until none of their sessions uses it. `moving` is how long the move may take
    /// afterwards. Returns the proxies where it is still in use or that have not answered.
    pub async fn hold(&self, patience: Duration, moving: Duration) -> Result<Vec<String>> {
        // Read each time: a proxy may have been killed since.
        let proxies = cut_over::awaited(&self.database, self.silent).await?;
        let until = Instant::now() + patience;
        let epoch = cut_over::ask(&self.database, &self.table, patience + moving + cut_over::FOLLOWING).await?;
        if self.database.is_rehearsal() {
            return Ok(Vec::new());
        }
        self.epoch.set(Some(epoch));
        loop {
            let missing = cut_over::missing(&self.database, epoch, &proxies).await?;
            if missing.is_empty() || Instant::now() >= until {
                return Ok(missing);
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// The table stays where it is, and the proxies continue. Where they cannot be told, their own timeouts end the hold.
    pub async fn give_up(&self) {
        if let Some(epoch) = self.epoch.take() {
            let _ = cut_over::give_up(&self.database, epoch).await;
        }
    }
}
