//! The twin: the same SQL directly on the legacy tables and through the proxy on the consolidated ones, and everything that a client
//! can see compared. It is the judge of every rewrite; the demo's tour and the tests are made of it.

pub mod answer;
pub mod binary;
pub mod choice;
pub mod client;
pub mod compare;
pub mod generate;
pub mod hunt;
pub mod pair;
pub mod script;
pub mod world;

pub use answer::Answer;
pub use client::Client;
pub use pair::{Pair, Report};
