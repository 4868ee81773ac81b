//! What is left of a statement without what surrounds its query.

use std::ops::Range;

use super::name::Name;
use super::shape::Reference;

/// A statement without its wrapping.
#[derive(Debug, Default)]
pub struct Peeled {
    /// The query or DML statement inside; `None` for a statement in which no known form names relations.
    pub query: Option<Range<usize>>,
    /// Relations that the wrapping itself names.
    pub references: Vec<Reference>,
    /// Lexemes of the wrapping that are known to be no relations (cursor and statement names, column lists of COPY).
    pub explained: Vec<usize>,
    /// The cursor that DECLARE opens.
    pub cursor: Option<String>,
    /// The constraints that SET CONSTRAINTS names.
    pub constraints: Vec<Name>,
}
