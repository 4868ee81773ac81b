//! What the console may have done: the server's part, which it only asks for.

use std::future::Future;
use std::pin::Pin;

use crate::control::Change;
use crate::error::{Faults, Result};
use crate::mode::Mode;
use crate::report::Report;
use crate::table::Table;

/// What the console may do to the running proxy. The server implements it; the console only speaks.
pub trait Admin: Send + Sync + 'static {
    /// Switches tables; all or nothing.
    fn set_modes<'a>(
        &'a self,
        tables: &'a [String],
        mode: Mode,
        who: &'a str,
        why: Option<&'a str>,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<Change>>> + Send + 'a>>;

    /// Switches every table that may have the mode; the answer has all of them.
    fn set_all_modes<'a>(
        &'a self,
        mode: Mode,
        who: &'a str,
        why: Option<&'a str>,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<Change>>> + Send + 'a>>;

    /// Reads settings and rules again: the settings all or nothing; a rule with faults stays as it was. Yields these faults.
    fn reload<'a>(&'a self) -> Pin<Box<dyn Future<Output = Result<Faults>> + Send + 'a>>;

    /// Reads a report from the target database.
    fn recorded<'a>(&'a self, report: &'static Report) -> Pin<Box<dyn Future<Output = Result<Table>> + Send + 'a>>;

    /// Asks the server to cancel what a process runs. `key` is the body of its BackendKeyData.
    fn cancel<'a>(&'a self, key: &'a [u8]) -> Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>;

    /// Why clients should not be sent here at this moment; empty where they can be served.
    fn obstacles<'a>(&'a self) -> Pin<Box<dyn Future<Output = Vec<String>> + Send + 'a>>;

    /// Ends the proxy, gracefully.
    fn shutdown(&self);
}
