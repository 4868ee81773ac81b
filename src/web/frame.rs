//! What surrounds every page: language, user, and links to the other pages. Templates are askama's, in `templates/`: they are compiled in and
//! escape everything except other templates.

use std::sync::Arc;

use askama::Template;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::guest::{Guest, Refusal};
use super::site::Site;
use crate::report::verdict::Language;

/// A page's surroundings.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) language: Language,
    /// Whether the address chooses the language; then every link keeps it.
    is_chosen: bool,
    path: String,
    pub(super) user: String,
    /// May switch modes.
    pub(super) is_admin: bool,
}

/// A page in the list of pages.
pub(super) struct PageLink {
    pub(super) path: &'static str,
    pub(super) name: &'static str,
}

impl Frame {
    /// The text in the visitor's language.
    pub(super) fn of<'t>(&self, english: &'t str, spanish: &'t str) -> &'t str {
        self.language.of(english, spanish)
    }

    /// The address of a page.
    pub(super) fn link(&self, path: &str) -> String {
        if self.is_chosen { format!("{path}?lang={}", self.language.tag()) } else { path.to_owned() }
    }

    /// The address of a legacy table's page.
    pub(super) fn link_to_table(&self, table: &str) -> String {
        self.link(&format!("/tables/{}", escaped(table)))
    }

    pub(super) fn places(&self) -> [PageLink; 6] {
        let place = |path, english, spanish| PageLink { path, name: self.of(english, spanish) };
        [
            place("/", "Overview", "Resumen"),
            place("/order", "Order", "Orden"),
            place("/differences", "Differences", "Diferencias"),
            place("/sessions", "Sessions", "Sesiones"),
            place("/modes", "Modes", "Modos"),
            place("/reports", "Reports", "Reportes"),
        ]
    }

    pub(super) fn is_at(&self, path: &str) -> bool {
        self.path == path
    }

    pub(super) fn other(&self) -> Language {
        if self.language == Language::English { Language::Spanish } else { Language::English }
    }

    pub(super) fn in_the_other_language(&self) -> String {
        format!("{}?lang={}", self.path, self.other().tag())
    }

    pub(super) fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }

    /// A page.
    pub(super) fn page(&self, status: StatusCode, page: &impl Template) -> Response {
        let headers = [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CONTENT_LANGUAGE, self.language.tag())];
        match page.render() {
            Ok(text) => (status, headers, text).into_response(),
            Err(error) => {
                tracing::error!(%error, "a page could not be written");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }

    /// A part of a page as HTML, already escaped.
    pub(super) fn part(&self, part: &impl Template) -> String {
        part.render().unwrap_or_default()
    }
}

impl FromRequestParts<Arc<Site>> for Frame {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, site: &Arc<Site>) -> Result<Frame, Refusal> {
        let guest = Guest::from_request_parts(parts, site).await?;
        let asked = parts.uri.query().unwrap_or_default().split('&').find_map(|pair| pair.strip_prefix("lang="));
        let chosen = asked.and_then(|tag| tag.parse().ok());
        let accepted = parts.headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        Ok(Frame {
            language: chosen.unwrap_or_else(|| preferred(accepted)),
            is_chosen: chosen.is_some(),
            path: parts.uri.path().to_owned(),
            is_admin: guest.is_admin(),
            user: guest.user,
        })
    }
}

/// The preferred language of an Accept-Language header (RFC 9110, 12.5.4); English where neither is named.
fn preferred(accepted: &str) -> Language {
    let mut best = (0.0, Language::English);
    for range in accepted.split(',') {
        let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
        let weight = parameters.trim().strip_prefix("q=").map_or(1.0, |q| q.parse().unwrap_or(0.0));
        let primary = tag.trim().split('-').next().unwrap_or_default().to_ascii_lowercase();
        if let Ok(language) = primary.parse()
            && weight > best.0
        {
            best = (weight, language);
        }
    }
    best.1
}

/// A name as a part of a path (RFC 3986, 3.3).
fn escaped(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_the_one_that_is_liked_best() {
        for (accepted, expected) in [
            ("", "en"),
            ("es-MX,es;q=0.9,en;q=0.8", "es"),
            ("en;q=0.5, ES ; q=0.6", "es"),
            ("en;q=0.5,ES;q=0.6", "es"),
            ("fr,de", "en"),
            ("fr, es;q=0.1", "es"),
            ("es;q=x", "en"),
            ("estonian", "en"),
        ] {
            assert_eq!(preferred(accepted).tag(), expected, "{accepted}");
        }
    }

    #[test]
    fn a_name_cannot_leave_its_part_of_the_path() {
        assert_eq!(escaped("tipoÑ/../?#<\"x y"), "tipo%C3%91%2F..%2F%3F%23%3C%22x%20y");
    }
}
