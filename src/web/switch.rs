//! Switching modes from the page by a form (`mode_form.rs`). The checks are those of the console's SET MODE (`src/console/modes.rs`); in addition a
//! reason is required.
//!
//! Another site can make a browser send a form here, with its user's credentials. So a form counts only with the token that our page showed that
//! user, and only if the browser does not say that another site sent it.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Form, FromRequest as _, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use super::frame::Frame;
use super::section::Section;
use super::site::Site;
use super::{failure, list};
use crate::console;
use crate::control::reason;
use crate::mode::Mode;

/// A form that takes longer to arrive is rejected.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// What was sent.
#[derive(Debug, Deserialize)]
struct Sent {
    token: String,
    table: String,
    mode: String,
    reason: String,
}

/// POST /modes.
pub(super) async fn switch(frame: Frame, State(site): State<Arc<Site>>, request: Request) -> Response {
    let refused = |status, told: &str| {
        list::message(&frame, status, frame.of("Nothing was switched", "No se cambió nada"), vec![told.to_owned()], Vec::new())
    };
    if !frame.is_admin {
        let told = frame
            .of("Only users in console.admins may switch modes.", "Solo los usuarios de console.admins pueden cambiar modos.");
        return refused(StatusCode::FORBIDDEN, told);
    }
    if !is_same_site(request.headers()) {
        let told = frame.of("Another site has sent this form.", "Otro sitio envió este formulario.");
        return refused(StatusCode::FORBIDDEN, told);
    }
    let sent: Sent = match tokio::time::timeout(BODY_TIMEOUT, Form::from_request(request, &site)).await {
        Ok(Ok(Form(sent))) => sent,
        Ok(Err(rejection)) => {
            return refused(
                rejection.into_response().status(),
                frame.of("This form cannot be read.", "No se puede leer este formulario."),
            );
        }
        Err(_) => return refused(StatusCode::REQUEST_TIMEOUT, frame.of("The form did not arrive.", "El formulario no llegó.")),
    };
    if !site.tokens.proves(&frame.user, &sent.token) {
        let told = frame.of(
            "The form is not from this page, or is older than a restart of the proxy: load it again.",
            "El formulario no es de esta página o es anterior a un reinicio del proxy: cárguelo de nuevo.",
        );
        return refused(StatusCode::FORBIDDEN, told);
    }
    let Ok(reason) = reason::checked(&sent.reason) else {
        let told = frame.of(
            "A reason is needed: one line of at most 500 visible characters.",
            "Se necesita un motivo: una línea de a lo más 500 caracteres visibles.",
        );
        return refused(StatusCode::BAD_REQUEST, told);
    };
    match sent.mode.parse() {
        Ok(mode) => switched(&frame, &site, &sent.table, mode, reason).await,
        Err(told) => refused(StatusCode::BAD_REQUEST, &told),
    }
}

/// A page with what the switch changed, or why it did not.
async fn switched(frame: &Frame, site: &Site, table: &str, mode: Mode, reason: &str) -> Response {
    let one = [table.to_owned()];
    let tables = (!table.is_empty()).then_some(one.as_slice());
    let changes = console::switch_modes(&site.shared, site.admin.as_ref(), tables, mode, &frame.user, Some(reason)).await;
    match changes {
        Ok(changes) => {
            let title = frame.of("What has changed", "Lo que cambió");
            let section = Section::titled(frame, "changes", title, reason, &changes);
            list::message(frame, StatusCode::OK, frame.of("Switched", "Cambiado"), Vec::new(), vec![section])
        }
        Err(error) => {
            let title = frame.of("Nothing was switched", "No se cambió nada");
            list::message(frame, failure::status(&error), title, vec![failure::lines(&error)], Vec::new())
        }
    }
}

/// Whether the browser's headers do not show that the form comes from another site (Fetch Metadata, Sec-Fetch-Site; RFC 6454, Origin).
fn is_same_site(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let host = text(header::HOST.as_str()).unwrap_or_default();
    let origin = text(header::ORIGIN.as_str())
        .is_none_or(|origin| origin.split_once("://").is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host)));
    origin && text("sec-fetch-site").is_none_or(|site| site == "same-origin")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_site_sends_is_seen() {
        for (origin, fetch, expected) in [
            (None, None, true),
            (Some("http://localhost:6434"), Some("same-origin"), true),
            (Some("https://LOCALHOST:6434"), None, true),
            (Some("http://evil.example"), None, false),
            (Some("http://localhost:6434.evil.example"), None, false),
            (Some("null"), None, false),
            (None, Some("cross-site"), false),
            (None, Some("same-site"), false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, "localhost:6434".parse().unwrap());
            origin.map(|origin| headers.insert(header::ORIGIN, origin.parse().unwrap()));
            fetch.map(|site| headers.insert("sec-fetch-site", site.parse().unwrap()));
            assert_eq!(is_same_site(&headers), expected, "{origin:?} {fetch:?}");
        }
    }
}
