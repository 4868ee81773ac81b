//! The admin console over the PostgreSQL protocol.

use std::future::Future;
use std::pin::Pin;

use crate::control::Change;
use crate::error::Result;
use crate::mode::Mode;

/// What the console may do to the running proxy. The server implements it; the console only speaks.
pub trait Admin: Send + Sync + 'static {
    /// Switches tables; all or nothing.
    fn set_modes<'a>(
        &'a self,
        tables: &'a [String],
        mode: Mode,
        who: &'a str,
        why: Option<&'a str>,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<Change>>> + Send + 'a>>;

    /// Reads settings and rules again; all or nothing.
    fn reload<'a>(&'a self) -> Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>;

    /// Ends the proxy, gracefully.
    fn shutdown(&self);
}

/// Serves the console.
pub async fn serve(
    listener: tokio::net::TcpListener,
    shared: std::sync::Arc<crate::session::Shared>,
    admin: std::sync::Arc<dyn Admin>,
) {
    let _ = (listener, shared, admin);
}
