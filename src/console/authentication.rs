//! Authentication for the console and the page: trust on loopback, or a password that is checked against the verifiers of
//! `console.users_file`, by SCRAM-SHA-256 where the client can. Failed attempts are counted here for both.
//!
//! The file is read again at every log-in, so that a user who is removed from it is refused at once; while the file has faults, its
//! last good state is used. The console speaks no TLS, so SCRAM with channel binding (-PLUS) is never offered.

use std::collections::HashMap;
use std::fmt::Debug;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use pgwire::api::auth::sasl::scram::{SCRAM_ITERATIONS, ScramAuth, ScramSecret, gen_salted_password};
use pgwire::api::auth::{AuthDriver, AuthSource, LoginInfo, Password, ServerParameterProvider};
use pgwire::api::{ClientInfo, METADATA_APPLICATION_NAME, METADATA_USER};
use pgwire::error::PgWireResult;
use tokio::net::TcpStream;

use super::attempts::{Attempt, Attempts};
use super::failure::Failure;
use super::parameters::PARAMETERS;
use super::users::{Users, Verifier};
use super::{encode, neighbour};
use crate::error::{Faults, sqlstate};
use crate::session::Shared;

/// Authenticates clients of the console and the page.
pub struct Authenticator {
    verifiers: Arc<Verifiers>,
    attempts: Arc<Attempts>,
    pub(super) scram: ScramAuth,
    pub(super) driver: AuthDriver<Parameters>,
}

impl Authenticator {
    /// The authenticator of a proxy.
    pub fn new(shared: Arc<Shared>) -> Self {
        let verifiers = Arc::new(Verifiers { shared, last: Mutex::default(), pepper: rand::random() });
        let scram = ScramAuth::new(verifiers.clone());
        Authenticator { scram, verifiers, attempts: Arc::default(), driver: AuthDriver::new(Parameters) }
    }

    /// Begins a log-in whose client has still to send something; `None` when too many of these wait.
    pub(super) async fn begin(&self, address: IpAddr) -> Option<Attempt> {
        self.attempts.begin(address).await
    }

    /// Begins a log-in of a client that has sent user and password.
    pub(crate) async fn begin_proof(&self, address: IpAddr) -> Attempt {
        self.attempts.begin_proof(address).await
    }

    /// Whether the other end of a socket belongs to root or to our own user. Asked only where no password is asked for.
    pub(crate) async fn is_own(&self, socket: &TcpStream) -> bool {
        match (socket.peer_addr(), socket.local_addr()) {
            (Ok(peer), Ok(local)) if self.is_trusting() => {
                tokio::task::spawn_blocking(move || neighbour::is_own(peer, local)).await.unwrap_or(false)
            }
            _ => false,
        }
    }

    /// Why a client is refused before a user or password is asked for; `None` when it is not.
    pub(crate) fn turns_away(&self, address: IpAddr, is_own: bool) -> Option<&'static str> {
        // The settings demand a users file for an address that is not loopback, but a reload can remove the file while the listener
        // keeps its address.
        match () {
            () if !self.is_trusting() => None,
            () if !address.to_canonical().is_loopback() => {
                Some("without console.users_file the console serves only this machine")
            }
            () if !is_own => Some("without console.users_file the console serves only root and the user that esclusa runs as"),
            () => None,
        }
    }

    /// Whether the password is the user's. It takes as long for a user who does not exist.
    pub(crate) async fn proves(&self, user: &str, password: String) -> Result<bool, Faults> {
        let secret = self.verifiers.last_good().await?.get(user).map_or_else(|| self.verifiers.made_up(user), secret);
        let derived = move || {
            let ScramSecret::Verifier { salt, iterations, stored_key, .. } = secret else { return false };
            let salted = gen_salted_password(&password, &salt, iterations);
            match ScramSecret::verifier_from_salted_password(Vec::new(), salted, iterations) {
                ScramSecret::Verifier { stored_key: own, .. } => own == stored_key,
                ScramSecret::SaltedPassword { .. } => false,
            }
        };
        // Thousands of hash rounds would block the event loop.
        Ok(tokio::task::spawn_blocking(derived).await.unwrap_or(false))
    }

    /// Whether clients are let in without a password.
    pub(crate) fn is_trusting(&self) -> bool {
        self.verifiers.is_trusting()
    }

    /// Reads the users file again, if there is one.
    pub(super) async fn reload(&self) -> Result<(), Faults> {
        if self.is_trusting() { Ok(()) } else { self.verifiers.load().await.map(|_| ()) }
    }
}

impl Debug for Authenticator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Authenticator")
    }
}

/// The parameters that a client is told after log-in.
pub(super) struct Parameters;

impl ServerParameterProvider for Parameters {
    fn server_parameters<C: ClientInfo>(&self, client: &C) -> Option<HashMap<String, String>> {
        let reported = PARAMETERS.iter().filter(|(_, _, reported)| *reported);
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
    /// The last good state, and the file from which it was read.
    last: Mutex<Option<(PathBuf, Arc<Users>)>>,
    /// From this, salts for users who do not exist are derived, the same at each attempt.
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

    /// Whether clients are let in without a password.
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

    /// The file as it is now, or its last good state.
    async fn last_good(&self) -> Result<Arc<Users>, Faults> {
        let faults = match self.load().await {
            Ok(users) => return Ok(users),
            Err(faults) => faults,
        };
        tracing::error!(%faults, "the console's users file has faults");
        let file = self.file();
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        last.filter(|(read, _)| *read == file).map(|(_, users)| users).ok_or(faults)
    }

    async fn current(&self) -> PgWireResult<Arc<Users>> {
        self.last_good().await.map_err(|_| {
            // The faults name a path: they belong in the log, and not to a client that has not logged in.
            let failure = Failure::new(sqlstate::CONFIG_FILE_ERROR, "the console's users file has faults");
            encode::fatal(failure.with_hint("See the log of esclusa."))
        })
    }

    /// A verifier that no password fits. A user who does not exist must look like one whose password is wrong.
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

fn secret(verifier: &Verifier) -> ScramSecret {
    let Verifier { iterations, salt, stored_key, server_key } = verifier.clone();
    ScramSecret::Verifier { salt, iterations, stored_key, server_key }
}

#[async_trait]
impl AuthSource for Verifiers {
    async fn get_password(&self, _: &LoginInfo) -> PgWireResult<Password> {
        // pgwire asks for a clear password here only for ways of authentication that the console does not offer: it has verifiers
        // alone.
        Err(encode::fatal(Failure::new(sqlstate::INVALID_AUTHORIZATION, "the console knows no passwords")))
    }

    async fn get_scram_secret(&self, login: &LoginInfo) -> PgWireResult<(ScramSecret, Option<()>)> {
        let user = login.user().unwrap_or_default();
        let secret = self.current().await?.get(user).map_or_else(|| self.made_up(user), secret);
        Ok((secret, None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_who_does_not_exist_has_a_salt_that_stays() {
        let shared = Arc::new(crate::report::tests::shared());
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
