//! esclusa: a PostgreSQL wire proxy that lets a legacy application keep its schema while the tables behind it are consolidated,
//! and the toolkit that does the consolidation. ARCHITECTURE.md describes the structure; each module says what it is for.
//!
//! The modules form layers: each may name only those above it in this list (checked by `tests/layers.rs`).

pub mod error;
pub mod disk;
pub mod mode;
pub mod table;
pub mod sql;
pub mod config;
pub mod telemetry;
pub mod wire;
pub mod catalog;
pub mod rule;
pub mod relation;
pub mod rewrite;
pub mod scan;
pub mod traffic;
pub mod shadow;
pub mod record;
pub mod control;
pub mod migrate;
pub mod session;
pub mod report;
pub mod console;
pub mod web;
pub mod server;
pub mod twin;
pub mod replay;
#[cfg(feature = "demo")]
pub mod demo;
pub mod cli;
