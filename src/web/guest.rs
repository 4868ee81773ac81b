//! Who sends a request: a user of the console's users file by HTTP Basic (RFC 7617) or, without that file, a local process that according to the
//! kernel runs as root or as our own user. Rights are those of the console's users in the settings.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::site::{Peer, Site};
use crate::console::{Access, PENALTY};

/// A user who may look.
#[derive(Debug)]
pub(super) struct Guest {
    pub(super) user: String,
    access: Access,
}

impl Guest {
    /// Whether modes may be switched.
    pub(super) fn is_admin(&self) -> bool {
        self.access == Access::Admin
    }
}

/// Why a request is rejected.
#[derive(Debug)]
pub(super) enum Refusal {
    /// User and password are missing or wrong.
    Unproven,
    /// No credentials would help.
    Forbidden(&'static str),
    /// The users file has faults. They are only in the log, because they name a path.
    Faulty,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Refusal::Unproven => {
                let ask = [(header::WWW_AUTHENTICATE, "Basic realm=\"esclusa\", charset=\"UTF-8\"")];
                (StatusCode::UNAUTHORIZED, ask, "a user of console.users_file and its password are needed\n").into_response()
            }
            Refusal::Forbidden(why) => (StatusCode::FORBIDDEN, format!("{why}\n")).into_response(),
            Refusal::Faulty => (StatusCode::SERVICE_UNAVAILABLE, "the console's users file has faults\n").into_response(),
        }
    }
}

impl FromRequestParts<Arc<Site>> for Guest {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, site: &Arc<Site>) -> Result<Guest, Refusal> {
        // Every connection has a peer (`src/web.rs`).
        let Some(peer) = parts.extensions.get::<Peer>().copied() else { return Err(Refusal::Unproven) };
        let user = match site.authenticator.is_trusting() {
            true => trusted(site, peer, &parts.headers)?,
            false => proven(site, peer, &parts.headers).await?,
        };
        let Some(access) = Access::of(&user, &site.shared.settings.load()) else {
            tracing::warn!(user, address = %peer.address, "a user may not use the web port");
            return Err(Refusal::Forbidden("console.admins and console.readers in esclusa.toml list who may use this"));
        };
        Ok(Guest { user, access })
    }
}

/// Without a users file: only local processes, and only if the request's Host is a local name (against DNS rebinding). The user name is the one
/// that was sent, as on the console, otherwise that of the first admin.
fn trusted(site: &Site, peer: Peer, headers: &HeaderMap) -> Result<String, Refusal> {
    if let Some(why) = site.authenticator.turns_away(peer.address.ip(), peer.is_own) {
        return Err(Refusal::Forbidden(why));
    }
    if !is_local(headers) {
        return Err(Refusal::Forbidden("without console.users_file this is served only under the name localhost"));
    }
    let first = || site.shared.settings.load().console.admins.first().cloned().unwrap_or_default();
    Ok(sent(headers).map_or_else(first, |(user, _)| user))
}

/// Whether the Host header names this machine by a local name.
fn is_local(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Checks name and password. A wrong password delays the answer, and occupies a place of its address, for as long as on the console, even if the
/// client does not wait. While all places are taken, the check waits for its turn.
async fn proven(site: &Site, peer: Peer, headers: &HeaderMap) -> Result<String, Refusal> {
    let (user, password) = sent(headers).ok_or(Refusal::Unproven)?;
    let mut attempt = site.authenticator.begin_proof(peer.address.ip()).await;
    let (authenticator, name) = (site.authenticator.clone(), user.clone());
    let looking = tokio::spawn(async move {
        let proved = authenticator.proves(&name, password).await;
        if matches!(proved, Ok(false)) {
            tracing::warn!(user = name, address = %peer.address, "a log-in to the web port failed");
            attempt.fail();
            tokio::time::sleep(PENALTY).await;
        }
        proved
    });
    match looking.await {
        Ok(Ok(true)) => Ok(user),
        Ok(Ok(false)) => Err(Refusal::Unproven),
        Ok(Err(_)) | Err(_) => Err(Refusal::Faulty),
    }
}

/// User and password of an Authorization header.
fn sent(headers: &HeaderMap) -> Option<(String, String)> {
    let (scheme, encoded) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let decoded = STANDARD.decode(encoded.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let text = String::from_utf8(decoded).ok()?;
    text.split_once(':').map(|(user, password)| (user.to_owned(), password.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[test]
    fn credentials_are_read_as_they_are_sent() {
        let basic = |text: &str| sent(&headers(header::AUTHORIZATION, text));
        let pair = |user: &str, password: &str| Some((user.to_owned(), password.to_owned()));
        assert_eq!(basic("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), pair("Aladdin", "open sesame"));
        assert_eq!(basic("basic dTphOmI="), pair("u", "a:b"));
        for bad in ["Bearer QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Basic", "Basic %%%", "Basic dQ==", "Basic /zo="] {
            assert_eq!(basic(bad), None, "{bad}");
        }
        assert_eq!(sent(&HeaderMap::new()), None);
    }

    #[test]
    fn only_names_of_this_machine_itself_are_local() {
        for (host, expected) in [
            ("localhost:6434", true),
            ("LOCALHOST", true),
            ("127.0.0.1:6434", true),
            ("[::1]:6434", true),
            ("127.0.0.1.evil.example:6434", false),
            ("evil.example", false),
            ("192.0.2.1:6434", false),
            ("", false),
        ] {
            assert_eq!(is_local(&headers(header::HOST, host)), expected, "{host}");
        }
        assert!(!is_local(&HeaderMap::new()));
    }
}
