//! Real clients, each run directly and through the proxy, with equal output.
//!
//! A client's program is run in two ways. *Plain*: on one database, directly and through the proxy, with everything that a client can do with
//! PostgreSQL. *Legacy*: with names of tables that are gone, through the proxy on the consolidated database, against the same program on
//! the legacy tables; there are no views under those names, so that only the rewriting can answer. Both go through a proxy that watches
//! all tables of the plan. A client that is not installed fails its test: `make deps` installs it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

#[path = "clients/sides.rs"]
mod sides;

#[path = "clients/pgbench.rs"]
mod pgbench;

#[path = "clients/dump.rs"]
mod dump;

#[path = "clients/scripted.rs"]
mod scripted;

#[path = "clients/jdbc.rs"]
mod jdbc;

#[path = "clients/tokio_client.rs"]
mod tokio_client;

#[path = "clients/psql.rs"]
mod psql;
