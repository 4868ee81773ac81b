//! Real conversations, kept to be sent again: what `esclusa record` keeps and `esclusa replay` reads.
//!
//! Whole sessions, from their login on, of a share of those that come, or of some users or applications. A session that is kept has a [`Tap`]: the
//! relay shows it each frame of the client's that goes on, and the moments of the answers; it copies them into a queue that is bounded in
//! bytes, and a thread of its own (`writer`) puts frames together, takes out what a rule says ([`redact`]), seals (`seal`) and writes. Nobody waits
//! for that thread: who finds the queue full is cut there, which the file says and a metric counts. A session that is not kept has no
//! tap, and pays a look at an `Option` for each frame.
//!
//! Not kept: anything of an authentication, the rows of answers, replication sessions, and sessions that were there before: what a session has
//! prepared and set is only known from its login on, so a pool's connections are kept from its next ones on.

pub mod event;
pub mod order;
mod progress;
mod pseudonym;
mod recorder;
mod recording;
pub mod redact;
mod seal;
pub mod status;
mod writer;

pub use progress::{Head, Shown};
pub use recorder::{Recorder, Tap};
pub use recording::Recording;
pub use seal::{Ending, Key};
