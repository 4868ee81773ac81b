//! A command that has been read: who may run it, the columns of its answer, and how it is run.
//!
//! Access is checked in [`Statement::run`] and nowhere else.

use async_trait::async_trait;

use super::access::Access;
use super::failure::Failure;
use super::interrupt::Interrupt;
use super::service::Console;
use crate::error::sqlstate;
use crate::table::{Column, Table};

/// What a command does. A prepared one runs more than once.
#[async_trait]
pub(super) trait Action: Send + Sync {
    async fn run(&self, caller: &Caller<'_>) -> Result<Answer, Failure>;
}

/// The client that runs a command.
pub(super) struct Caller<'c> {
    pub(super) console: &'c Console,
    pub(super) user: &'c str,
    pub(super) database: &'c str,
    /// The process number that the client was told in BackendKeyData.
    pub(super) process: i32,
    /// Ends a command that waits.
    pub(super) interrupt: &'c Interrupt,
}

/// What a command answers.
#[derive(Debug, PartialEq)]
pub(super) enum Answer {
    Rows(Table),
    Done,
    /// Done, except for what this failure says: it is sent as a warning.
    DoneBut(Failure),
    /// The answer to BEGIN; the console has no transactions.
    Begin,
    /// The answer to COMMIT or ROLLBACK.
    End,
    /// The proxy is to end once the client has its answer.
    Shutdown,
}

/// A command that has been read and checked.
pub(super) struct Statement {
    /// The command's name, for errors.
    pub(super) name: &'static str,
    /// The first word of CommandComplete.
    pub(super) tag: &'static str,
    pub(super) access: Access,
    /// Empty for a command that answers with its tag alone.
    pub(super) columns: Vec<Column>,
    pub(super) action: Box<dyn Action>,
}

impl std::fmt::Debug for Statement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Statement").field("name", &self.name).field("columns", &self.columns).finish_non_exhaustive()
    }
}

impl Statement {
    /// Runs it, if the caller may. The settings of this moment decide, so that RELOAD can take a right from a connected user.
    pub(super) async fn run(&self, caller: &Caller<'_>) -> Result<Answer, Failure> {
        let may = Access::of(caller.user, &caller.console.shared.settings.load());
        if may.is_none_or(|may| may < self.access) {
            let message = format!("permission denied for {}", self.name);
            let hint = match self.access {
                Access::Admin => "Users in console.admins of esclusa.toml may run it; those in console.readers may only look.",
                Access::Reader => "Users in console.admins and console.readers of esclusa.toml may run it.",
            };
            return Err(Failure::new(sqlstate::INSUFFICIENT_PRIVILEGE, message).with_hint(hint));
        }
        self.action.run(caller).await
    }
}
