//! esclusa: a PostgreSQL wire proxy that lets a legacy application keep its schema while the tables behind it are consolidated,
//! and the toolkit that does the consolidation. ARCHITECTURE.md draws the house; each module says what it is for.
//!
//! The modules stand in layers: each may name only those above it in this list (`tests/layers.rs` holds the arrows).

pub mod catalog;
pub mod config;
pub mod console;
pub mod control;
pub mod error;
pub mod migrate;
pub mod mode;
pub mod relation;
pub mod rewrite;
pub mod rule;
pub mod server;
pub mod twin;
pub mod demo;
pub mod session;
pub mod sql;
pub mod table;
pub mod telemetry;
pub mod traffic;
pub mod wire;
