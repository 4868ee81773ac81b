//! Why a statement is not read.

/// Why it is not known what a statement names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unparsed {
    /// Longer than [`Limits::text_bytes`](super::Limits::text_bytes).
    #[error("the text has {0} bytes, more than are parsed")]
    TooLong(usize),
    /// The text has no valid tokens, or some that the tokenizer does not know.
    #[error("the text cannot be cut into tokens: {0}")]
    Tokens(String),
    /// Nested deeper than [`Limits::depth`](super::Limits::depth): the parser would notice late, and in some forms never.
    #[error("{0} brackets are open at once, more than are parsed")]
    TooDeep(usize),
    /// More operators and key words than `DEEPENING_TOKENS`.
    #[error("{0} operators and key words, more than are parsed")]
    TooManyTokens(usize),
    /// More joins wait for their condition than `WAITING_JOINS`.
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
