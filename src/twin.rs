//! The twin: the same SQL directly on the legacy tables and through the proxy on the consolidated ones, and everything that a client
//! can see compared. It is the judge of every rewrite; the demo's tour and the tests are made of it. Statements by a grammar are the tests' own
//! (`tests/generated.rs`).
//!
//! What `esclusa replay` needs of it, the client and how answers are compared, is part of every binary; scripts are not.

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
