//! The way to the server behind the proxy: a socket, and TLS on it where the settings ask for it.

use crate::config::Upstream;
use crate::error::{Error, Result};
use crate::wire::stream::Stream;
use crate::wire::tls::Connector;

/// Connects. An error says with what.
pub(super) async fn connect(upstream: &Upstream, tls: &Connector) -> Result<Stream> {
    let stream = Stream::connect(&upstream.address, upstream.connect_timeout, upstream.connect_retry).await?;
    let secured = tokio::time::timeout(upstream.connect_timeout, stream.secure(&upstream.address, tls)).await;
    let slow = || Err(Error::io(format!("beginning TLS with {}", upstream.address), std::io::ErrorKind::TimedOut.into()));
    secured.unwrap_or_else(|_| slow())
}
