//! RELOAD, KILL and SHUTDOWN: commands that answer with their tag alone.

use async_trait::async_trait;

use super::failure::Failure;
use super::parser::Parser;
use super::statement::{Action, Answer, Caller};
use crate::error::{Error, sqlstate};

pub(super) fn reload(parser: &mut Parser<'_>) -> Result<Box<dyn Action>, Failure> {
    parser.end(&[])?;
    Ok(Box::new(Reload))
}

struct Reload;

#[async_trait]
impl Action for Reload {
    async fn run(&self, caller: &Caller<'_>) -> Result<Answer, Failure> {
        let left = caller.console.admin.reload().await?;
        tracing::info!(user = caller.user, "settings and rules were reloaded from the console");
        // The users file belongs to the console: the server does not know it.
        caller.console.authenticator.reload().await.map_err(|faults| {
            let message =
                "settings and rules were reloaded, but the users file has faults and its last good state stays in force";
            Failure::new(sqlstate::CONFIG_FILE_ERROR, message).with_detail(Error::Faults(faults).to_string())
        })?;
        if left.is_empty() {
            return Ok(Answer::Done);
        }
        let message = "rules with faults were left as they were; all else was reloaded";
        Ok(Answer::DoneBut(Failure::new("01000", message).with_detail(left.to_string())))
    }
}

pub(super) fn kill(parser: &mut Parser<'_>) -> Result<Box<dyn Action>, Failure> {
    let position = parser.position();
    let id = parser.integer("the id of a client")?;
    parser.end(&[])?;
    Ok(Box::new(Kill { id, position }))
}

struct Kill {
    id: u64,
    position: usize,
}

#[async_trait]
impl Action for Kill {
    async fn run(&self, caller: &Caller<'_>) -> Result<Answer, Failure> {
        let shared = &caller.console.shared;
        // Cloned out of the map, so that the map is not locked while the session ends.
        let client = shared.clients.get(&self.id).map(|client| client.clone());
        let Some(client) = client else {
            let failure = Failure::new(sqlstate::UNDEFINED_OBJECT, format!("there is no client {}", self.id));
            return Err(failure.position(self.position).with_hint("SHOW SESSIONS lists them."));
        };
        // Without a cancel request the server process would run its statement to the end, and keep its locks.
        let cancelled = match client.activity.key() {
            Some(key) => caller.console.admin.cancel(key).await,
            None => Ok(()),
        };
        client.kill();
        tracing::info!(user = caller.user, client = self.id, "a session was ended from the console");
        let Err(error) = cancelled else { return Ok(Answer::Done) };
        let message = "the session was ended, but what it runs could not be cancelled: the server may run it to its end";
        Ok(Answer::DoneBut(Failure::new("01000", message).with_detail(error.to_string())))
    }
}

pub(super) fn shutdown(parser: &mut Parser<'_>) -> Result<Box<dyn Action>, Failure> {
    parser.end(&[])?;
    Ok(Box::new(Shutdown))
}

struct Shutdown;

#[async_trait]
impl Action for Shutdown {
    async fn run(&self, caller: &Caller<'_>) -> Result<Answer, Failure> {
        tracing::warn!(user = caller.user, "the console was told to end the proxy");
        Ok(Answer::Shutdown)
    }
}
