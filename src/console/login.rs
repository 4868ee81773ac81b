//! Who may connect: trust on loopback, or SCRAM-SHA-256 with the verifiers of `console.users_file`.
//!
//! The file is read again at every log-in, so that a user taken out of it is out at once; while it has faults, its last good
//! state counts. No certificate is ever configured, so that -PLUS is offered to nobody: the console speaks no TLS. Every
//! error is FATAL here: pgwire answers any other with ReadyForQuery, which would let the client in.

use std::collections::HashMap;
use std::fmt::Debug;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures_util::Sink;
use pgwire::api::auth::mechanism::AuthMechanismFactory as _;
use pgwire::api::auth::sasl::scram::{SCRAM_ITERATIONS, ScramAuth, ScramSecret};
use pgwire::api::auth::{
    AuthDriver, AuthOutcome, AuthSource, LoginInfo, Password, ServerParameterProvider, StartupHandler, protocol_negotiation,
    save_startup_parameters_to_metadata,
};
use pgwire::api::{ClientInfo, METADATA_APPLICATION_NAME, METADATA_DATABASE, METADATA_USER};
use pgwire::error::{PgWireError, PgWireResult};
use pgwire::messages::{PgWireBackendMessage, PgWireFrontendMessage};

use super::command::Access;
use super::connection::Conversation;
use super::failure::Failure;
use super::users::{Users, Verifier};
use super::{Console, courtesy, encode};
use crate::error::{Faults, sqlstate};
use crate::session::Shared;

/// What lets clients in.
pub(super) struct Gate {
    verifiers: Arc<Verifiers>,
    scram: ScramAuth,
    driver: AuthDriver<Parameters>,
}

impl Gate {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        let verifiers = Arc::new(Verifiers { shared, last: Mutex::default(), pepper: rand::random() });
        Gate { scram: ScramAuth::new(verifiers.clone()), verifiers, driver: AuthDriver::new(Parameters) }
    }

    /// Reads the users file again, if there is one.
    pub(super) async fn reload(&self) -> Result<(), Faults> {
        if self.verifiers.is_trusting() { Ok(()) } else { self.verifiers.load().await.map(|_| ()) }
    }
}

/// The parameters that a client is told when it is in.
struct Parameters;

impl ServerParameterProvider for Parameters {
    fn server_parameters<C: ClientInfo>(&self, client: &C) -> Option<HashMap<String, String>> {
        let reported = courtesy::PARAMETERS.iter().filter(|(_, _, reported)| *reported);
        let mut parameters: HashMap<String, String> = reported.map(|(n, v, _)| ((*n).to_owned(), (*v).to_owned())).collect();
        let mut own = |key: &str, name: &str| {
            let value = client.metadata().get(key).cloned().unwrap_or_default();
            parameters.insert(name.to_owned(), value);
        };
        own(METADATA_USER, "session_authorization");
        own(METADATA_APPLICATION_NAME, "application_name");
        Some(parameters)
    }
}

/// The users file.
struct Verifiers {
    shared: Arc<Shared>,
    /// The last good state, with the file that it was read from.
    last: Mutex<Option<(PathBuf, Arc<Users>)>>,
    /// Makes up salts for users who do not exist, the same at each attempt.
    pepper: [u8; 32],
}

impl Debug for Verifiers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Verifiers")
    }
}

impl Verifiers {
    fn file(&self) -> PathBuf {
        self.shared.settings.load().console.users_file.clone()
    }

    /// Whether no password is asked for.
    fn is_trusting(&self) -> bool {
        self.file().as_os_str().is_empty()
    }

    async fn load(&self) -> Result<Arc<Users>, Faults> {
        let file = self.file();
        let read = file.clone();
        let users = match tokio::task::spawn_blocking(move || Users::load(&read)).await {
            Ok(users) => Arc::new(users?),
            Err(error) => return Err(Faults(vec![crate::error::Fault::at(&file, 0, format!("cannot be read: {error}"))])),
        };
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some((file, users.clone()));
        Ok(users)
    }

    /// The file as it is, or its last good state.
    async fn current(&self) -> PgWireResult<Arc<Users>> {
        let faults = match self.load().await {
            Ok(users) => return Ok(users),
            Err(faults) => faults,
        };
        tracing::error!(%faults, "the console's users file has faults");
        let file = self.file();
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let last = last.filter(|(read, _)| *read == file).map(|(_, users)| users);
        last.ok_or_else(|| {
            // The faults name a path: they are for the log, not for whoever has not logged in.
            let failure = Failure::new(sqlstate::CONFIG_FILE_ERROR, "the console's users file has faults");
            encode::fatal(failure.with_hint("See the log of esclusa."))
        })
    }

    /// A verifier that no password fits. A user who does not exist must look as one with another password does.
    fn made_up(&self, user: &str) -> ScramSecret {
        let seed = |tag: &[u8]| [tag, &self.pepper, user.as_bytes()].concat();
        let derived = |tag: &[u8]| ScramSecret::verifier_from_salted_password(Vec::new(), seed(tag), SCRAM_ITERATIONS);
        let (ScramSecret::Verifier { stored_key: mut salt, .. }, mut secret) = (derived(b"salt"), derived(b"key")) else {
            return ScramSecret::SaltedPassword { salt: self.pepper[..16].to_vec(), salted_password: seed(b"key") };
        };
        salt.truncate(16);
        if let ScramSecret::Verifier { salt: empty, .. } = &mut secret {
            *empty = salt;
        }
        secret
    }
}

#[async_trait]
impl AuthSource for Verifiers {
    async fn get_password(&self, _: &LoginInfo) -> PgWireResult<Password> {
        // There are verifiers only; pgwire asks here for other ways to log in than ours.
        Err(encode::fatal(Failure::new(sqlstate::INVALID_AUTHORIZATION, "the console knows no passwords")))
    }

    async fn get_scram_secret(&self, login: &LoginInfo) -> PgWireResult<(ScramSecret, Option<()>)> {
        let user = login.user().unwrap_or_default();
        let secret = match self.current().await?.get(user).cloned() {
            Some(Verifier { iterations, salt, stored_key, server_key }) => {
                ScramSecret::Verifier { salt, iterations, stored_key, server_key }
            }
            None => self.made_up(user),
        };
        Ok((secret, None))
    }
}

fn unauthorised(message: impl Into<String>) -> PgWireError {
    encode::fatal(Failure::new(sqlstate::INVALID_AUTHORIZATION, message))
}

impl Console {
    /// What can be said before a password is asked for.
    fn admit<C: ClientInfo>(&self, client: &C) -> PgWireResult<()> {
        let conversation = client.session_extensions().get::<Conversation>();
        if conversation.is_some_and(|c| c.is_surplus) {
            let failure = Failure::new(sqlstate::TOO_MANY_CONNECTIONS, "sorry, too many clients of the console already");
            return Err(encode::fatal(failure));
        }
        if client.metadata().get(METADATA_USER).is_none_or(String::is_empty) {
            return Err(unauthorised("no PostgreSQL user name specified in startup packet"));
        }
        // The settings refuse an outside address without a users file; a reload can still take the file away while the listener
        // stays where it is.
        if self.gate.verifiers.is_trusting() && !client.socket_addr().ip().to_canonical().is_loopback() {
            return Err(unauthorised("without console.users_file the console serves only this machine"));
        }
        Ok(())
    }

    /// Whether the user, who is who they say, may use the console.
    fn authorise<C: ClientInfo>(&self, client: &C) -> PgWireResult<()> {
        let user = client.metadata().get(METADATA_USER).map(String::as_str).unwrap_or_default();
        if Access::of(user, &self.shared.settings.load()).is_some() {
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
                self.gate.driver.complete_authentication(client, final_message).await
            }
            Err(PgWireError::InvalidPassword(_)) => {
                // pgwire names the user of the SCRAM message, which libpq leaves empty.
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
                if self.gate.verifiers.is_trusting() {
                    self.authorise(client)?;
                    return self.gate.driver.complete_authentication(client, None).await;
                }
                let outcome = self.gate.driver.begin_authentication(client, self.gate.scram.create()).await;
                self.step(client, outcome).await
            }
            PgWireFrontendMessage::PasswordMessageFamily(message) => {
                let outcome = self.gate.driver.advance_authentication(client, message).await;
                self.step(client, outcome).await
            }
            _ => Err(encode::fatal(Failure::new(sqlstate::PROTOCOL_VIOLATION, "expected a password response"))),
        }
    }
}

/// The database that a client named; without one, its user's, as in PostgreSQL. Any name is accepted; `esclusa` is documented.
pub(super) fn database<C: ClientInfo>(client: &C) -> String {
    let metadata = client.metadata();
    metadata.get(METADATA_DATABASE).or_else(|| metadata.get(METADATA_USER)).cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_who_does_not_exist_has_a_salt_that_stays() {
        let shared = Arc::new(super::super::tests::shared());
        let verifiers = Verifiers { shared, last: Mutex::default(), pepper: [7; 32] };
        let salt = |user| match verifiers.made_up(user) {
            ScramSecret::Verifier { salt, iterations, stored_key, .. } => (salt, iterations, stored_key),
            ScramSecret::SaltedPassword { .. } => panic!(),
        };
        assert_eq!(salt("ana"), salt("ana"));
        assert_ne!(salt("ana").0, salt("bea").0);
        assert_eq!((salt("ana").0.len(), salt("ana").1), (16, 4096));
        assert_ne!(salt("ana").0[..], salt("ana").2[..16]);
    }
}
