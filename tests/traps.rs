//! A test for every pitfall of the lossless model: values, time, structure, proof, views and rollback, the audit trigger, retained
//! tables. On a real PostgreSQL; the legacy table in the archive is the reference.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

mod common;
#[path = "traps/values.rs"]
mod values;
#[path = "traps/time.rs"]
mod time;
#[path = "traps/structure.rs"]
mod structure;
#[path = "traps/group.rs"]
mod group;
#[path = "traps/proof.rs"]
mod proof;
#[path = "traps/views.rs"]
mod views;
#[path = "traps/audit.rs"]
mod audit;
#[path = "traps/types.rs"]
mod types;
#[path = "traps/retained.rs"]
mod retained;
#[path = "traps/schema.rs"]
mod schema;
#[path = "traps/worked.rs"]
mod worked;
#[path = "traps/captured.rs"]
mod captured;
#[path = "traps/proxied.rs"]
mod proxied;
#[path = "traps/written.rs"]
mod written;
#[path = "traps/concurrent.rs"]
mod concurrent;
