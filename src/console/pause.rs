//! PAUSE and RESUME, as in PgBouncer, but always for all databases together.
//!
//! PAUSE answers when every client is held between two transactions. If it ends before that (its time is over, Ctrl-C, its client
//! disconnects), clients continue. Once it has answered, only RESUME ends the pause.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::failure::Failure;
use super::interrupt::Cause;
use super::parser::Parser;
use super::statement::{Action, Answer, Caller};
use crate::config::Setting as _;
use crate::error::sqlstate;
use crate::session::Shared;
use crate::session::activity::Doing;

pub(super) const SYNTAX: &str = "[TIMEOUT 'duration']";

/// How often it is checked whether all clients are held.
const LOOKED: Duration = Duration::from_millis(5);
/// An idle client is held as soon as its session task is woken. On a busy machine that may take this long, whatever the patience.
const WAKING: Duration = Duration::from_secs(2);
/// How many of the clients that a pause waits for are named in the error.
const NAMED: usize = 5;

pub(super) fn pause(parser: &mut Parser<'_>) -> Result<Box<dyn Action>, Failure> {
    if parser.accept(&["TIMEOUT"]) {
        let position = parser.position();
        let text = parser.literal("a duration such as '30s'")?;
        let wrong = |e| Failure::new(sqlstate::INVALID_PARAMETER_VALUE, e).position(position);
        let patience = Duration::from_text(&text).map_err(wrong)?;
        parser.end(&[])?;
        return Ok(Box::new(Pause { patience: Some(patience) }));
    }
    all_databases(parser, "PAUSE", &["TIMEOUT"])?;
    Ok(Box::new(Pause { patience: None }))
}

pub(super) fn resume(parser: &mut Parser<'_>) -> Result<Box<dyn Action>, Failure> {
    all_databases(parser, "RESUME", &[])?;
    Ok(Box::new(Resume))
}

/// PgBouncer takes a database's name here.
fn all_databases(parser: &mut Parser<'_>, command: &str, possible: &[&'static str]) -> Result<(), Failure> {
    if parser.end(possible).is_err() && parser.ahead(1).is_none() {
        let position = parser.position();
        if parser.name("a database").is_ok() {
            let message = format!("{command} is for the clients of all databases; it takes no name of one");
            return Err(Failure::new(sqlstate::FEATURE_NOT_SUPPORTED, message).position(position));
        }
    }
    parser.end(possible)
}

struct Pause {
    patience: Option<Duration>,
}

/// A pause that does not hold all clients yet; dropping it ends the pause.
struct Attempt<'s> {
    shared: &'s Shared,
    number: u64,
    holds: bool,
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if !self.holds && self.shared.end_pause(Some(self.number)) {
            tracing::warn!("the proxy is not paused: clients go on");
        }
    }
}

impl Attempt<'_> {
    /// Returns when all are held; false when RESUME has ended the pause.
    async fn holds_all(&self) -> bool {
        while self.shared.pause.is(self.number) {
            if self.shared.unpaused().is_empty() {
                return true;
            }
            tokio::time::sleep(LOOKED).await;
        }
        false
    }
}

#[async_trait]
impl Action for Pause {
    async fn run(&self, caller: &Caller<'_>) -> Result<Answer, Failure> {
        let shared: &Arc<Shared> = &caller.console.shared;
        let Some(number) = shared.begin_pause() else {
            let failure = Failure::new(sqlstate::NOT_IN_PREREQUISITE_STATE, "the proxy is paused already");
            return Err(failure.with_hint("RESUME lets clients go on."));
        };
        tracing::warn!(user = caller.user, "the console was told to pause the proxy");
        let mut attempt = Attempt { shared, number, holds: false };
        let patience = async {
            match self.patience {
                Some(patience) => runs_out(shared, patience).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            holds = attempt.holds_all() => {
                if !holds {
                    return Err(Failure::new(sqlstate::QUERY_CANCELED, "somebody has resumed the proxy before it was paused"));
                }
            }
            cause = caller.interrupt.occurs() => {
                let message = match cause {
                    Cause::Cancelled => "canceling statement due to user request",
                    Cause::Gone => "the client has gone",
                };
                return Err(Failure::new(sqlstate::QUERY_CANCELED, message).with_hint("Clients go on."));
            }
            () = patience => return Err(too_slow(shared)),
        }
        attempt.holds = true;
        tracing::warn!(user = caller.user, "the proxy is paused");
        Ok(Answer::Done)
    }
}

/// Returns when the patience is over and a client that is not idle is still not held.
async fn runs_out(shared: &Shared, patience: Duration) {
    tokio::time::sleep(patience).await;
    let until = tokio::time::Instant::now() + WAKING;
    while tokio::time::Instant::now() < until {
        // An idle client may have been held since the list was made.
        let does_something = |doing: Doing| doing != Doing::Idle && !doing.is_paused();
        if shared.unpaused().iter().any(|(_, client)| does_something(client.activity.doing().0)) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// The error, with some of the clients that were not held and what they do.
fn too_slow(shared: &Shared) -> Failure {
    let waited = shared.unpaused();
    let one = |(id, client): &(u64, Arc<crate::session::ClientInfo>)| {
        let who = client.client.load();
        format!("client {id} ({}@{}, {})", who.user, who.address, client.activity.doing().0.name())
    };
    let named: Vec<String> = waited.iter().take(NAMED).map(one).collect();
    let more = waited.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Failure::new(sqlstate::QUERY_CANCELED, "not every client has ended its transaction in time, and clients go on")
        .with_detail(format!("Waited for {}{more}.", named.join(", ")))
        .with_hint("SHOW SESSIONS WHERE state NOT IN ('paused', 'held') lists them while PAUSE waits; KILL ends one.")
}

struct Resume;

#[async_trait]
impl Action for Resume {
    async fn run(&self, caller: &Caller<'_>) -> Result<Answer, Failure> {
        if !caller.console.shared.end_pause(None) {
            return Err(Failure::new(sqlstate::NOT_IN_PREREQUISITE_STATE, "the proxy is not paused"));
        }
        tracing::warn!(user = caller.user, "the console was told to resume: clients go on");
        Ok(Answer::Done)
    }
}
