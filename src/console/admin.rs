//! What the console asks of the running proxy: a trait that the server implements.

use std::future::Future;
use std::pin::Pin;

use crate::control::ModeChange;
use crate::error::{Faults, Result};
use crate::mode::Mode;
use crate::report::verdict::Judged;
use crate::report::{Question, Report};
use crate::table::Table;

/// What the console asks of the running proxy. The server implements it, so that the console depends on no part of the server.
pub trait Admin: Send + Sync + 'static {
    /// Switches these tables: all of them, or none.
    fn set_modes<'a>(
        &'a self,
        tables: &'a [String],
        mode: Mode,
        who: &'a str,
        why: Option<&'a str>,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<ModeChange>>> + Send + 'a>>;

    /// Switches every table that may have the mode. Returns all tables; one that may not comes with the reason.
    fn set_all_modes<'a>(
        &'a self,
        mode: Mode,
        who: &'a str,
        why: Option<&'a str>,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<ModeChange>>> + Send + 'a>>;

    /// Reads settings and rules again. Settings are taken all or nothing; a rule with faults keeps its last good state. Returns the
    /// faults of rules.
    fn reload<'a>(&'a self) -> Pin<Box<dyn Future<Output = Result<Faults>> + Send + 'a>>;

    /// Reads reports from the target database, as of this moment; one table for each.
    fn told<'a>(
        &'a self,
        reports: &'a [&'static Report],
        question: &'a Question,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<Table>>> + Send + 'a>>;

    /// Whether each legacy name can be dropped, by what is recorded in the target database.
    fn judged<'a>(&'a self, question: &'a Question) -> Pin<Box<dyn Future<Output = Result<Vec<Judged>>> + Send + 'a>>;

    /// One report from the target database, without conditions.
    fn recorded<'a>(&'a self, report: &'static Report) -> Pin<Box<dyn Future<Output = Result<Table>> + Send + 'a>> {
        Box::pin(async move { Ok(self.told(&[report], &Question::default()).await?.pop().unwrap_or_default()) })
    }

    /// Asks PostgreSQL to cancel the statement that a server process runs. `key` is the body of its BackendKeyData.
    fn cancel<'a>(&'a self, key: &'a [u8]) -> Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>;

    /// Why clients should not be sent to this proxy now; empty when it can serve them.
    fn obstacles<'a>(&'a self) -> Pin<Box<dyn Future<Output = Vec<String>> + Send + 'a>>;

    /// Ends the proxy, gracefully.
    fn shutdown(&self);
}
