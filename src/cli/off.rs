//! `esclusa off`: the emergency switch. It needs neither the database nor a password, only the right to write to the spool directory.

use std::time::Duration;

use super::call::{Call, user};
use super::terminal::remark;
use crate::control::reason;
use crate::error::{Error, Result};
use crate::server::order::{Order, processes};
use crate::table::ColumnType::Text;
use crate::table::Table;

/// A process looks for the order twenty times a second, and then waits up to 5 seconds for statements in flight.
const PATIENCE: Duration = Duration::from_secs(7);

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  esclusa off --reason 'ticket 4711'\n  esclusa off --undo")]
pub(super) struct Off {
    /// Ends it: the stored modes apply again.
    #[arg(long)]
    undo: bool,
    /// Why; written to the log.
    #[arg(long)]
    reason: Option<String>,
}

pub(super) async fn run(call: Call, off: Off) -> Result<()> {
    let directory = &call.settings.control.spool;
    if directory.as_os_str().is_empty() {
        return Err(Error::usage("control.spool is not set; through that directory the proxies of this machine are told"));
    }
    let reason = off.reason.as_deref().map(reason::checked).transpose().map_err(Error::usage)?.map(str::to_owned);
    if off.undo {
        Order::take_back(directory)?;
    } else {
        let by = user();
        let since = jiff::Timestamp::now().strftime("%FT%TZ").to_string();
        Order { by, reason, since }.give(directory)?;
        remark(
            "statements on moved tables are now answered by their views: reads as before, writes row by row; retained histories show the columns that were added",
        );
    }
    let wanted = !off.undo;
    let until = tokio::time::Instant::now() + PATIENCE;
    let found = loop {
        let found = processes(directory)?;
        if found.iter().all(|(_, aside)| *aside == wanted) || tokio::time::Instant::now() > until {
            break found;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    if found.is_empty() {
        remark(&format!(
            "no running process uses the spool {}; the order applies to those that start later",
            directory.display()
        ));
    }
    let late = found.iter().filter(|(_, aside)| *aside != wanted).count();
    let mut table = Table::new(&[("process", Text), ("statements", Text)]);
    for (process, aside) in found {
        table.push(vec![process.into(), if aside { "pass untouched" } else { "by their modes" }.into()]);
    }
    call.print(&table)?;
    match late {
        0 => Ok(()),
        late => Err(Error::refused(format!("{late} of the processes have not obeyed within {} s", PATIENCE.as_secs()))),
    }
}
