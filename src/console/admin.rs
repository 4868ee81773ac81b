//! What the console may have done: the server's part, which it only asks for.

use std::future::Future;
use std::pin::Pin;

use crate::control::Change;
use crate::error::{Faults, Result};
use crate::mode::Mode;
use crate::report::verdict::Judged;
use crate::report::{Question, Report};
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

    /// Reads reports from the target database, as of this moment; a table each.
    fn told<'a>(
        &'a self,
        reports: &'a [&'static Report],
        question: &'a Question,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<Table>>> + Send + 'a>>;

    /// What may become of each legacy name, by what is in the target database.
    fn judged<'a>(&'a self, question: &'a Question) -> Pin<Box<dyn Future<Output = Result<Vec<Judged>>> + Send + 'a>>;

    /// One report about everything.
    fn recorded<'a>(&'a self, report: &'static Report) -> Pin<Box<dyn Future<Output = Result<Table>> + Send + 'a>> {
        Box::pin(async move { Ok(self.told(&[report], &Question::default()).await?.pop().unwrap_or_default()) })
    }

    /// Asks the server to cancel what a process runs. `key` is the body of its BackendKeyData.
    fn cancel<'a>(&'a self, key: &'a [u8]) -> Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>;

    /// Why clients should not be sent here at this moment; empty where they can be served.
    fn obstacles<'a>(&'a self) -> Pin<Box<dyn Future<Output = Vec<String>> + Send + 'a>>;

    /// Ends the proxy, gracefully.
    fn shutdown(&self);
}
