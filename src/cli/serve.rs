//! `esclusa serve`.

use sd_notify::NotifyState;
use tokio::signal::unix::{SignalKind, signal};

use super::call::Call;
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::server::handover::Inherited;
use crate::server::{Loader, Server, handover, trust};

pub(super) async fn run(call: Call) -> Result<()> {
    crate::telemetry::install()?;
    let config = call.config.clone();
    let load = move || Ok(Settings::load(config.as_deref(), &|key| std::env::var(key).ok())?);
    raise_file_limit();
    match trust::require_proof(&call.settings).await {
        Err(refused @ Error::Refused { .. }) => return Err(refused),
        Err(error) => {
            tracing::warn!(%error, "it could not be found out whether the server asks for passwords; `esclusa check` tries again")
        }
        Ok(()) => {}
    }
    let inherited = match Inherited::from_systemd()? {
        Inherited { clients: None, .. } => handover::take(&call.settings.listen.handover_socket)?,
        activated => activated,
    };
    // Installed before the process reports that it is ready: an early reload signal must not end it.
    let hook = |kind| signal(kind).map_err(|e| Error::io("installing a signal handler", e));
    let (mut terminate, mut interrupt, mut hangup) =
        (hook(SignalKind::terminate())?, hook(SignalKind::interrupt())?, hook(SignalKind::hangup())?);
    let server = Server::start_with(Loader::new(load), inherited).await?;
    tell_systemd(NotifyState::Ready);
    loop {
        tokio::select! {
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            () = server.wait() => break,
            _ = hangup.recv() => match server.admin().reload().await {
                Ok(left) => tracing::info!(faults_in_rules = left.0.len(), "settings and rules were read again"),
                Err(error) => tracing::error!(%error, "nothing was changed: settings or rules have faults"),
            },
        }
    }
    tracing::info!("esclusa ends");
    tell_systemd(NotifyState::Stopping);
    server.stop().await;
    Ok(())
}

/// Tells systemd the state of this process (sd_notify(3)); does nothing without systemd.
fn tell_systemd(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(std::slice::from_ref(&state)) {
        tracing::warn!(%error, "systemd could not be told {state}");
    }
}

/// Every client needs two file descriptors; the usual soft limit of 1024 would suffice for about five hundred clients.
fn raise_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum }) {
        tracing::warn!(%error, "the limit of open files could not be raised");
    }
}
