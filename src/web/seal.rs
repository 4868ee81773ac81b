//! Security headers of every answer: no outside resources, no scripts, no frames, no caching.

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;

const SEALS: [(HeaderName, &str); 6] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "same-origin"),
    (header::CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Adds them to an answer.
pub(super) async fn seal(mut answer: Response) -> Response {
    for (name, value) in SEALS {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer
}
