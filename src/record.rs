//! Recordings of real conversations: `esclusa record` writes them and `esclusa replay` reads them.
//!
//! Sessions are recorded as a whole, from their login on: a share of all new sessions, or those of some users or applications. A recorded session
//! has a [`Tap`]: the relay shows it each forwarded frame of the client, and the times of the answers. The tap copies them into a queue
//! that is bounded in bytes; a separate thread (`writer`) assembles frames, redacts values by the rules ([`redact`]), encrypts (`seal`) and writes.
//! No session waits for that thread: where the queue is full, the session's recording ends, which the file notes and a metric counts. A session
//! that is not recorded has no tap, which costs it one check of an `Option` per frame.
//!
//! Not recorded: authentication, the rows of answers, replication sessions, and sessions that began before the recording, because their prepared
//! statements and settings are not known. So a pool's sessions are recorded once it opens new connections.

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
