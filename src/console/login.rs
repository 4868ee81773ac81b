//! Log-in: the authenticator checks who a client is, the settings list who may use the console.
//!
//! Every error is FATAL here: pgwire answers any other with ReadyForQuery, which would let the client in.

use std::fmt::Debug;

use async_trait::async_trait;
use futures_util::Sink;
use pgwire::api::auth::mechanism::AuthMechanismFactory as _;
use pgwire::api::auth::{AuthOutcome, StartupHandler, protocol_negotiation, save_startup_parameters_to_metadata};
use pgwire::api::{ClientInfo, METADATA_DATABASE, METADATA_USER};
use pgwire::error::{PgWireError, PgWireResult};
use pgwire::messages::{PgWireBackendMessage, PgWireFrontendMessage};

use super::access::Access;
use super::conversation::Conversation;
use super::encode;
use super::failure::Failure;
use super::service::Console;
use crate::error::sqlstate;

fn unauthorised(message: impl Into<String>) -> PgWireError {
    encode::fatal(Failure::new(sqlstate::INVALID_AUTHORIZATION, message))
}

impl Console {
    /// What can be refused before a password is asked for.
    fn admit<C: ClientInfo>(&self, client: &C) -> PgWireResult<()> {
        if client.metadata().get(METADATA_USER).is_none_or(String::is_empty) {
            return Err(unauthorised("no PostgreSQL user name specified in startup packet"));
        }
        let conversation = client.session_extensions().get::<Conversation>();
        let is_own = conversation.is_some_and(|c| c.is_own);
        self.authenticator.turns_away(client.socket_addr().ip(), is_own).map_or(Ok(()), |why| Err(unauthorised(why)))
    }

    /// Whether the authenticated user may use the console.
    fn authorise<C: ClientInfo>(&self, client: &C) -> PgWireResult<()> {
        let user = client.metadata().get(METADATA_USER).map(String::as_str).unwrap_or_default();
        if Access::of(user, &self.shared.settings.load()).is_some() {
            let Ok(place) = self.places.clone().try_acquire_owned() else {
                let failure = Failure::new(sqlstate::TOO_MANY_CONNECTIONS, "sorry, too many clients of the console already");
                return Err(encode::fatal(failure));
            };
            if let Some(conversation) = client.session_extensions().get::<Conversation>() {
                conversation.take(place);
            }
            tracing::info!(user, address = %client.socket_addr(), "a user is on the console");
            return Ok(());
        }
        tracing::warn!(user, address = %client.socket_addr(), "a user may not use the console");
        let failure = Failure::new(sqlstate::INVALID_AUTHORIZATION, format!("user \"{user}\" may not use the console"));
        Err(encode::fatal(failure.with_hint("console.admins and console.readers in esclusa.toml list who may.")))
    }

    async fn step<C>(&self, client: &mut C, outcome: PgWireResult<AuthOutcome>) -> PgWireResult<()>
    where
        C: ClientInfo + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        match outcome {
            Ok(AuthOutcome::InProgress) => Ok(()),
            Ok(AuthOutcome::Authenticated { final_message, .. }) => {
                self.authorise(client)?;
                self.authenticator.driver.complete_authentication(client, final_message).await
            }
            Err(PgWireError::InvalidPassword(_)) => {
                // The SCRAM message has a user name too, which libpq leaves empty and pgwire reports.
                let user = client.metadata().get(METADATA_USER).map(String::as_str).unwrap_or_default();
                tracing::warn!(user, address = %client.socket_addr(), "a log-in to the console failed");
                let message = format!("password authentication failed for user \"{user}\"");
                Err(encode::fatal(Failure::new(sqlstate::INVALID_PASSWORD, message)))
            }
            Err(error) => Err(error),
        }
    }
}

#[async_trait]
impl StartupHandler for Console {
    async fn on_startup<C>(&self, client: &mut C, message: PgWireFrontendMessage) -> PgWireResult<()>
    where
        C: ClientInfo + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        match message {
            PgWireFrontendMessage::Startup(ref startup) => {
                protocol_negotiation(client, startup).await?;
                save_startup_parameters_to_metadata(client, startup);
                self.admit(client)?;
                if self.authenticator.is_trusting() {
                    self.authorise(client)?;
                    return self.authenticator.driver.complete_authentication(client, None).await;
                }
                let outcome = self.authenticator.driver.begin_authentication(client, self.authenticator.scram.create()).await;
                self.step(client, outcome).await
            }
            PgWireFrontendMessage::PasswordMessageFamily(message) => {
                let outcome = self.authenticator.driver.advance_authentication(client, message).await;
                self.step(client, outcome).await
            }
            _ => Err(encode::fatal(Failure::new(sqlstate::PROTOCOL_VIOLATION, "expected a password response"))),
        }
    }
}

/// The database that a client named; without one, the user's name, as in PostgreSQL. Any name is accepted; `esclusa` is the
/// documented one.
pub(super) fn database<C: ClientInfo>(client: &C) -> String {
    let metadata = client.metadata();
    metadata.get(METADATA_DATABASE).or_else(|| metadata.get(METADATA_USER)).cloned().unwrap_or_default()
}
