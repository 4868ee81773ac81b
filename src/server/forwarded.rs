//! Who a client is that comes through a load balancer: what the balancer says by the PROXY protocol, if its address is trusted
//! (`listen.proxy_protocol_from`).
//!
//! From such an address the header is required, before TLS and before anything of PostgreSQL; from any other address it is not
//! read, and `session::login` refuses it. So a client cannot choose to be believed.

use crate::config::Network;
use crate::error::{ClientError, sqlstate};
use crate::session::PeerAddress;
use crate::session::login::tell;
use crate::telemetry;
use crate::wire::proxy_protocol::{self, Fault};
use crate::wire::stream::Stream;

/// Reads the header, and returns the stream with the client's address. `None` when the header is missing or malformed; the peer has
/// been told.
pub(super) async fn believe(mut stream: Stream, from: PeerAddress, believed: &[Network]) -> Option<(Stream, PeerAddress)> {
    // A peer on a Unix socket has no IP address.
    let is_believed = from.address.parse().is_ok_and(|address| believed.iter().any(|network| network.contains(address)));
    if !is_believed {
        return Some((stream, from));
    }
    let fault = match proxy_protocol::read(&mut stream).await {
        Ok(None) => return Some((stream, from)),
        Ok(Some(client)) => {
            return Some((stream, PeerAddress { address: client.ip().to_string(), port: Some(client.port()) }));
        }
        // A health check that only connects must not be logged every second.
        Err(Fault::Silent) => return None,
        Err(fault) => fault,
    };
    telemetry::count("esclusa_proxy_headers_refused_total");
    tracing::warn!(address = from.address, error = %fault, "a load balancer did not say who its client is; see listen.proxy_protocol_from");
    let told = ClientError::new(sqlstate::PROTOCOL_VIOLATION, "esclusa expects a PROXY protocol header of version 2 from this address")
        .detail(fault.to_string())
        .hint("HAProxy sends it with send-proxy-v2. The networks that must send it stand in listen.proxy_protocol_from in esclusa.toml.");
    tell(&mut stream, &told).await;
    None
}
