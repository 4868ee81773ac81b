//! The frames of PostgreSQL's protocol (manual, chapter 55), as far as a relay reads them: tag and length of each, and the body of
//! a few. Knows no SQL; only `proxy_protocol`, `stream` and `tls` do input or output.
//!
//! pgwire's codec is not used for sessions: it copies every message, rejects some, and replaces bytes that are not UTF-8. The
//! console uses it.

pub mod error_response;
pub mod frame;
pub mod proxy_protocol;
pub mod startup;
pub mod stream;
pub mod tag;
pub mod tls;
