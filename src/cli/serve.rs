//! `esclusa serve`.

use tokio::signal::unix::{SignalKind, signal};

use super::Call;
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::server::{Loader, Server};

pub(super) async fn run(call: Call) -> Result<()> {
    crate::telemetry::install()?;
    let config = call.config.clone();
    let load = move || Ok(Settings::load(config.as_deref(), &|key| std::env::var(key).ok())?);
    let server = Server::start(Loader::new(load)).await?;
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
