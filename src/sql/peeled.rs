//! What is left of a statement when what stands round its query is taken off.

use std::ops::Range;

use super::name::Name;
use super::shape::Reference;

/// A statement without its wrapping.
#[derive(Debug, Default)]
pub struct Peeled {
    /// The query or DML statement inside; `None` for a statement that names relations in no form that is known here.
    pub query: Option<Range<usize>>,
    /// Relations that the wrapping itself names.
    pub references: Vec<Reference>,
    /// Lexemes that the wrapping explains (cursor and statement names, column lists of COPY).
    pub explained: Vec<usize>,
    /// The cursor that DECLARE opens.
    pub cursor: Option<String>,
    /// The constraints that SET CONSTRAINTS names.
    pub constraints: Vec<Name>,
}
