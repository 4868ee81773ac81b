//! The twin: the same SQL directly on the legacy tables and through the proxy on the consolidated ones, and everything that a client
//! can see compared. It is the judge of every rewrite; the demo's tour and the tests are made of it. Statements by a grammar are the tests' own
//! (`tests/generated.rs`).

pub mod answer;
pub mod binary;
pub mod client;
pub mod compare;
pub mod pair;
pub mod script;

pub use answer::Answer;
pub use client::Client;
pub use pair::{Pair, Report};
