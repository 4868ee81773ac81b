//! `esclusa serve`.

use tokio::signal::unix::{SignalKind, signal};

use super::Call;
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::server::listen::Inherited;
use crate::server::{Loader, Server, handover};

pub(super) async fn run(call: Call) -> Result<()> {
    crate::telemetry::install()?;
    let config = call.config.clone();
    let load = move || Ok(Settings::load(config.as_deref(), &|key| std::env::var(key).ok())?);
    raise_file_limit();
    let inherited = match Inherited::from_systemd()? {
        Inherited { clients: None, .. } => handover::take(&call.settings.listen.handover_socket)?,
        activated => activated,
    };
    let server = Server::start_with(Loader::new(load), inherited).await?;
    let hook = |kind| signal(kind).map_err(|e| Error::io("installing a signal handler", e));
    let (mut terminate, mut interrupt, mut hangup) =
        (hook(SignalKind::terminate())?, hook(SignalKind::interrupt())?, hook(SignalKind::hangup())?);
    loop {
        tokio::select! {
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            () = server.wait() => break,
            _ = hangup.recv() => match server.admin().reload().await {
                Ok(()) => tracing::info!("settings and rules were read again"),
                Err(error) => tracing::error!(%error, "nothing was changed: settings or rules have faults"),
            },
        }
    }
    tracing::info!("esclusa ends");
    server.stop().await;
    Ok(())
}

/// Every client takes two file descriptors; the usual soft limit of 1024 ends at five hundred of them.
fn raise_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum }) {
        tracing::warn!(%error, "the limit of open files could not be raised");
    }
}
