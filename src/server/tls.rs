//! TLS to clients and to the server, from the files that the settings name.

use crate::config::Settings;
use crate::error::Result;
use crate::wire::tls::{Acceptor, Connector};

/// The acceptor, if clients are offered TLS, and the connector; all faults at once.
pub(super) fn of_both_legs(settings: &Settings) -> Result<(Option<Acceptor>, Connector)> {
    let acceptor = Acceptor::new(&settings.listen);
    let connector = Connector::new(&settings.upstream, acceptor.as_ref().ok().and_then(Option::as_ref));
    match (acceptor, connector) {
        (Ok(acceptor), Ok(connector)) => Ok((acceptor, connector)),
        (acceptor, connector) => {
            let mut faults = acceptor.err().unwrap_or_default();
            faults.extend(connector.err().unwrap_or_default());
            Err(faults.into())
        }
    }
}
