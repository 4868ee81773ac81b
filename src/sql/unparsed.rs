//! What is not read, and why.

/// Why a statement's names are not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unparsed {
    /// Longer than [`Limits::text_bytes`](super::Limits::text_bytes).
    #[error("the text has {0} bytes, more than are parsed")]
    TooLong(usize),
    /// The text has no tokens that PostgreSQL would accept either, or some that the tokenizer does not know.
    #[error("the text cannot be cut into tokens: {0}")]
    Tokens(String),
    /// Nested deeper than [`Limits::depth`](super::Limits::depth): the parser would find it out late, and some of its forms not at all.
    #[error("{0} brackets are open at once, more than are parsed")]
    TooDeep(usize),
    /// More operators and key words than `DEEPENING_TOKENS`.
    #[error("{0} operators and key words, more than are parsed")]
    TooManyTokens(usize),
    /// More joins wait for their conditions than `WAITING_JOINS`.
    #[error("{0} joins wait for their conditions, more than are parsed")]
    TooManyJoins(usize),
    /// The parser does not know the form.
    #[error("{0}")]
    Syntax(String),
    /// A form that the parser is known to misread.
    #[error("{0}")]
    Misread(&'static str),
    /// The parser panicked.
    #[error("the parser failed on this text")]
    Panicked,
}
