//! The web port, tested by clients that write raw bytes: machines' requests, access, and hostile clients.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

mod common;
#[path = "web/api.rs"]
mod api;
#[path = "web/client.rs"]
mod client;
#[path = "web/guests.rs"]
mod guests;
#[path = "web/hostile.rs"]
mod hostile;
#[path = "web/machines.rs"]
mod machines;
#[path = "web/markup.rs"]
mod markup;
#[path = "web/page.rs"]
mod page;
#[path = "web/switching.rs"]
mod switching;

use client::Port;
use common::Bed;
use common::proxy::Proxy;
use esclusa::config::{Address, Settings};

/// A free port for browsers and machines.
fn on_a_port(settings: &mut Settings) {
    esclusa::telemetry::install().unwrap();
    settings.web.address = Some(Address::Tcp("127.0.0.1".into(), 0));
}

/// A proxy with such a port, without a users file.
async fn site() -> (Bed, Proxy, Port) {
    let mut bed = Bed::new("CREATE TABLE tipocorreo (tipcid numeric(5,0) PRIMARY KEY, tipcdesc varchar(40))").await;
    bed.lookup("tipocorreo", "tipcid").await;
    let proxy = Proxy::start_with(&bed, on_a_port).await;
    let port = Port::of(proxy.server.web.as_ref());
    (bed, proxy, port)
}
