//! The frames of PostgreSQL's protocol (manual, chapter 55), as far as a relay reads them: tag and length of each, the whole body of only a few.
//! Knows no SQL and does no input or output.
//!
//! pgwire's codec is not used here: it copies every message, rejects some and replaces bytes that are not UTF-8. It serves the
//! console.

pub mod error_response;
pub mod frame;
pub mod proxy_protocol;
pub mod startup;
pub mod stream;
pub mod tag;
pub mod tls;
