//! The twin runs the same SQL directly on the legacy tables and through the proxy on the consolidated ones, and compares everything that a client
//! can see. It decides whether a rewrite is right; the demo's tour and the tests use it. The statements that a grammar generates belong to the tests
//! (`tests/generated.rs`).
//!
//! The client and the comparison of answers, which `esclusa replay` needs, are part of every binary; scripts are not.

pub mod answer;
#[cfg(feature = "demo")]
pub mod binary;
pub mod client;
pub mod compare;
mod login;
#[cfg(feature = "demo")]
pub mod pair;
#[cfg(feature = "demo")]
pub mod script;

pub use answer::Answer;
pub use client::Client;
#[cfg(feature = "demo")]
pub use pair::{Pair, Report};
