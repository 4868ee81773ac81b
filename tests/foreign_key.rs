//! Foreign keys of legacy tables that have moved: the same statement on the original tables and on leaves with key tables, with every
//! action, match type, deferrability and direction; and two sessions, step by step, in every isolation level.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

mod common;
#[path = "foreign_key/bed.rs"]
mod bed;
#[path = "foreign_key/actions.rs"]
mod actions;
#[path = "foreign_key/isolation.rs"]
mod isolation;
#[path = "foreign_key/cases.rs"]
mod cases;
#[path = "foreign_key/drift.rs"]
mod drift;
#[path = "foreign_key/proxied.rs"]
mod proxied;
