//! `/readyz`: whether clients should be sent here. `/healthz` shows by its answer only that the process is alive.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;

use super::site::Site;

/// 200, or 503 with a line for each obstacle.
pub(super) async fn ready(State(site): State<Arc<Site>>) -> (StatusCode, String) {
    let obstacles = site.obstacles().await;
    match obstacles.is_empty() {
        true => (StatusCode::OK, "ready\n".to_owned()),
        false => (StatusCode::SERVICE_UNAVAILABLE, obstacles.join("\n") + "\n"),
    }
}
