//! Prepared statements, and what names mean, while tables are switched: step by step, and under load.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

mod common;
#[path = "toggle/faulty.rs"]
mod faulty;
#[path = "toggle/gate.rs"]
mod gate;
#[path = "toggle/jdbc.rs"]
mod jdbc;
#[path = "toggle/load.rs"]
mod load;
#[path = "toggle/names.rs"]
mod names;
#[path = "toggle/pause.rs"]
mod pause;
#[path = "toggle/random.rs"]
mod random;
#[path = "toggle/replicas.rs"]
mod replicas;
#[path = "toggle/shadow.rs"]
mod shadow;
#[path = "toggle/steps.rs"]
mod steps;
