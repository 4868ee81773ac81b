//! What is held back of a client while the proxy is paused, and how it is answered when the client cancels it.
//!
//! Nothing has been decided about a statement that is held: the server and the session's other state know nothing of it. So a
//! cancelled statement leaves no trace: its frames are dropped and answered here, as the server would answer them.

/// Frames of the client's that are held back from the server.
#[derive(Debug, Default)]
pub struct Hold {
    /// The proxy is paused: a frame that begins something new waits.
    pub is_on: bool,
    /// The tag of the frame that waits for RESUME.
    pub waiting: Option<u8>,
    /// Whether the client has cancelled what waits.
    pub cancel: Cancel,
}

/// How far a cancelled statement has been answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cancel {
    /// No statement is cancelled.
    #[default]
    None,
    /// The statement that waits is to be answered by an error.
    Wanted,
    /// It was sent by the extended protocol: everything up to Sync is skipped, as after any error (manual, section 55.2.4).
    Skipping,
}
