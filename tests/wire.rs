//! No client can tell that the proxy is there: the same bytes go to the server directly and through the proxy, with rewriting off and
//! on, whole and split at every byte, and the transcripts are equal.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

mod common;

#[path = "wire/client.rs"]
mod client;
#[path = "wire/copy.rs"]
mod copy;
#[path = "wire/fake.rs"]
mod fake;
#[path = "wire/faults.rs"]
mod faults;
#[path = "wire/forwarded.rs"]
mod forwarded;
#[path = "wire/frames.rs"]
mod frames;
#[path = "wire/fuzz.rs"]
mod fuzz;
#[path = "wire/life.rs"]
mod life;
#[path = "wire/memory.rs"]
mod memory;
#[path = "wire/moments.rs"]
mod moments;
#[path = "wire/process.rs"]
mod process;
#[path = "wire/script.rs"]
mod script;
#[path = "wire/sequences.rs"]
mod sequences;
#[path = "wire/stage.rs"]
mod stage;
#[path = "wire/startup.rs"]
mod startup;
#[path = "wire/statements.rs"]
mod statements;
#[path = "wire/tls.rs"]
mod tls;
#[path = "wire/transcript.rs"]
mod transcript;
