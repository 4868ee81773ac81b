//! Sockets, threads, signals; connects the other modules, and decides nothing itself.
//!
//! [`listen`] binds or inherits sockets and accepts, `worker` serves what was accepted, [`policy`] makes a policy of rules and
//! [`facts`], [`trust`] checks that the server asks for passwords, [`steering`] holds what is in force, `hit_writer` writes hits to
//! the database, `switchboard` switches modes, `pass_through` turns everything off by an [`order`], `reload` reads settings and
//! rules again, `followers` follows other replicas, `raising` brings tombstones back, `cut_over` holds a table that is about to
//! move, `around` looks for users of legacy tables around the proxies, `shadow` runs reads a second time, [`benchmark`] measures
//! them, `conversations` has sessions recorded, [`handover`] passes the sockets to a new process.

mod around;
mod attempts;
pub mod benchmark;
mod conversations;
mod cut_over;
pub mod facts;
mod followers;
mod forwarded;
pub mod handover;
mod harmless;
pub mod listen;
mod loader;
pub mod order;
mod pass_through;
mod relocation;
pub mod policy;
mod raising;
mod hit_writer;
mod reload;
mod shadow;
pub mod steering;
mod switchboard;
mod tls;
pub mod trust;
mod upstream;
mod worker;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use crate::config::Address;
use crate::console::{Admin, Authenticator};
use crate::error::Result;
use crate::session::Shared;
use crate::web::{self, Phase, Site};
use handover::Inherited;
use listen::Listener;
pub use loader::Loader;
use steering::Steering;

/// A running proxy.
#[derive(Debug)]
pub struct Server {
    /// Where clients connect, with the actual port if 0 was asked for.
    pub address: Address,
    /// Where the console listens.
    pub console: Address,
    /// Where the web port listens, if there is one.
    pub web: Option<Address>,
    /// What all sessions share.
    pub shared: Arc<Shared>,
    steering: Arc<Steering>,
    stop: watch::Sender<bool>,
    page: (watch::Sender<Phase>, Option<tokio::task::JoinHandle<()>>),
    tasks: Vec<tokio::task::JoinHandle<()>>,
    ended: mpsc::Receiver<()>,
}

impl Server {
    /// Loads rules, modes and catalog, and starts to listen.
    pub async fn start(load: Loader) -> Result<Server> {
        Server::start_with(load, Inherited::default()).await
    }

    /// The same, on sockets that another process or systemd has opened.
    pub async fn start_with(load: Loader, inherited: Inherited) -> Result<Server> {
        let settings = load.load()?;
        let stop = watch::Sender::new(false);
        let steering = Arc::new(Steering::new(load, settings.clone(), stop.clone()).await?);
        let shared = steering.shared.clone();
        let workers = worker::start(&settings, &steering)?;
        let (listener, address) = Listener::open(&settings.listen.address, inherited.clients).await?;
        let (console, console_address) = Listener::open_tcp("console", &settings.console.address, inherited.console).await?;
        let (web, web_address) = match &settings.web.address {
            Some(address) => Some(Listener::open_tcp("web", address, inherited.web).await?).unzip(),
            None => (None, None),
        };
        let handover = handover::Offer::new(&settings, &listener, [Some(&console), web.as_ref()])?;
        steering.register().await;
        let phase = watch::Sender::new(Phase::Open);
        let (admin, authenticator) = (steering.clone() as Arc<dyn Admin>, Arc::new(Authenticator::new(shared.clone())));
        let site = Arc::new(Site::new(shared.clone(), admin.clone(), authenticator.clone()));
        let mut tasks = vec![
            tokio::spawn(listen::accept(listener, workers.sockets, stop.subscribe())),
            tokio::spawn(crate::console::serve(console, shared.clone(), admin, authenticator)),
            tokio::spawn(steering::keep_regularly(steering.clone(), stop.subscribe())),
            tokio::spawn(steering::flush_regularly(steering.clone(), stop.subscribe())),
            tokio::spawn(shadow::run(steering.clone(), stop.subscribe())),
            tokio::spawn(followers::follow(steering.clone())),
            tokio::spawn(followers::beat(steering.clone())),
            tokio::spawn(cut_over::heed(steering.clone())),
            tokio::spawn(around::look(steering.clone())),
            tokio::spawn(conversations::follow(steering.clone(), steering.hit_writer.process(), stop.subscribe())),
            tokio::spawn(pass_through::follow(steering.clone(), steering.hit_writer.process(), stop.subscribe())),
        ];
        tasks.extend(shared.touches.asked().map(|touched| tokio::spawn(raising::raise(steering.clone(), touched))));
        let page = web.map(|listener| tokio::spawn(web::serve(listener, site, phase.subscribe())));
        tasks.extend(handover.map(|offer| tokio::spawn(offer.serve(stop.clone(), phase.clone()))));
        if let Some(predecessor) = inherited.predecessor {
            predecessor.we_serve()?;
        }
        if let Some(address) = &web_address {
            tracing::info!(%address, "browsers and machines are served");
            if !address.is_local() {
                tracing::warn!(%address, "passwords reach this port unencrypted: put a TLS proxy in front of it");
            }
        }
        tracing::info!(%address, console = %console_address, upstream = %settings.upstream.address, "esclusa serves");
        Ok(Server {
            address,
            console: console_address,
            web: web_address,
            page: (phase, page),
            shared,
            steering,
            stop,
            tasks,
            ended: workers.ended,
        })
    }

    /// Waits until the proxy is told to stop: by `SHUTDOWN`, by a successor, by [`Server::stop`].
    pub async fn wait(&self) {
        let mut stopped = self.stop.subscribe();
        let _ = stopped.wait_for(|s| *s).await;
    }

    /// What the console uses.
    pub fn admin(&self) -> Arc<dyn Admin> {
        self.steering.clone()
    }

    /// Stops accepting, lets transactions finish within `listen.drain_timeout`, ends the sessions, writes the hits.
    pub async fn stop(self) {
        let patience = self.shared.settings.load().listen.drain_timeout;
        self.stop_within(patience).await;
    }

    /// The same, with another limit of time.
    pub async fn stop_within(mut self, patience: Duration) {
        let _ = self.stop.send(true);
        let _ = self.shared.draining.send(true);
        // Clients that were accepted and have not logged in yet are waited for as well.
        if timeout(patience, self.ended.recv()).await.is_err() {
            self.shared.clients.iter().for_each(|c| c.kill());
            let _ = timeout(Duration::from_secs(5), self.ended.recv()).await;
        }
        conversations::end(&self.steering).await;
        self.steering.flush().await;
        let (phase, page) = self.page;
        let _ = phase.send(Phase::Closing);
        if let Some(mut page) = page
            && timeout(web::CLOSING_TIMEOUT, &mut page).await.is_err()
        {
            page.abort();
        }
        // After this returns, the addresses can be bound again.
        for task in self.tasks {
            task.abort();
            let _ = task.await;
        }
        around::leave(&self.steering).await;
        self.steering.leave().await;
    }
}
