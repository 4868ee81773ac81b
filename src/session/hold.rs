//! What is held back of a client while the proxy is paused, and what becomes of it when the client cancels it.
//!
//! What is held has not been decided about: nothing of it is known to the server, and none of the session's other rooms has heard of it. So a
//! cancelled statement leaves no trace: its frames are dropped and answered here, as the server would answer them.

/// Frames between the client and a server that is to get nothing new.
#[derive(Debug, Default)]
pub struct Hold {
    /// The proxy is paused: what begins something new waits.
    pub is_on: bool,
    /// The frame that waits because of that, by its tag.
    pub waiting: Option<u8>,
    /// What the client has cancelled, if it has.
    pub cancel: Cancel,
}

/// How far a cancelled statement is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cancel {
    /// None is.
    #[default]
    None,
    /// The statement that waits is to be answered by an error.
    Wanted,
    /// It was one of the extended protocol: everything up to Sync is skipped, as behind any error (manual, section 55.2.4).
    Skipping,
}
