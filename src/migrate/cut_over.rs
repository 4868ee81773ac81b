//! The quiet moment in which a table changes its place, as the proxies see it: they hold statements that name it for the first time in their
//! transaction, and say when none of their sessions uses it (`control/cut_over.rs`). So nobody's statement waits for the table's lock in
//! the server, to meet there what stands under the name afterwards. Who comes around the proxies waits for the lock, as ever.

use std::cell::Cell;
use std::time::{Duration, Instant};

use crate::catalog::Database;
use crate::control::{cut_over, replica};
use crate::error::Result;

/// A proxy that cannot be seen to heed cut-overs is waited for as long as two of its heartbeats.
const SILENT: &str = "4 s";
/// Between two looks at which proxies have answered.
const LOOK: Duration = Duration::from_millis(2);

/// Which proxies have to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Those that can be seen to. One that was killed is not waited for; where it only has lost its way to the database, its clients meet the view.
    WhoeverServes,
    /// Also those that may have lost their way to the database, and still serve.
    WhoeverMayServe,
}

/// Behind the move, until the proxies know of it.
const FOLLOWING: Duration = Duration::from_millis(500);

/// A table's cut-over on the proxies that serve.
#[derive(Debug)]
pub struct CutOver {
    /// A connection of its own: the one that moves the table is in its transaction.
    database: Database,
    table: String,
    /// Proxies that have said nothing for longer, and cannot be seen, are not waited for.
    silent: &'static str,
    epoch: Cell<Option<i64>>,
}

impl CutOver {
    /// Prepared before anybody waits; `None` where no proxy serves.
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

    /// Has the proxies hold the table, and waits for so long until none of their sessions uses it. `moving` is how long the move may take
    /// then. The proxies on which somebody does, or that have not answered.
    pub async fn hold(&self, patience: Duration, moving: Duration) -> Result<Vec<String>> {
        // Each time anew: one may have been killed since.
        let proxies = cut_over::awaited(&self.database, self.silent).await?;
        let until = Instant::now() + patience;
        let epoch = cut_over::ask(&self.database, &self.table, patience + moving + FOLLOWING).await?;
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

    /// The table stays where it is: the proxies go on. Where they cannot be told, their own clocks tell them.
    pub async fn give_up(&self) {
        if let Some(epoch) = self.epoch.take() {
            let _ = cut_over::give_up(&self.database, epoch).await;
        }
    }
}
