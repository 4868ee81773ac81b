//! SQL text -> tokens, statements, references. Knows no legacy table, no catalog, no socket.
//!
//! `sqlparser` is the only parser here, and its tree never leaves this module: a [`Script`] is made of plain values with byte
//! spans into the client's own text. Nothing is ever printed back from a tree (printing changes literals and drops comments);
//! whoever rewrites splices into the text at these spans.
//!
//! The way of a text: [`token`] cuts it into lexemes and splits statements, which `cursor` reads by place; [`wrapper`] peels what stands round a query
//! (EXPLAIN, PREPARE, DECLARE, COPY, CREATE ... AS); [`edit`] takes out what the parser misreads (ONLY, TABLE t, locking
//! clauses); [`parse`] parses what is left, and once more with the help of [`shim`]; [`walk`] collects references, names and
//! scopes, with [`select`] and [`figure`]; `types` finds what names a type;
//! [`clause`] finds the parts of INSERT, UPDATE and DELETE.

mod attribution;
pub mod clause;
mod comment;
mod cursor;
pub mod edit;
pub mod effect;
pub mod escape;
pub mod figure;
pub mod fingerprint;
pub mod keyword;
pub mod named;
pub mod parse;
pub mod quote;
pub mod select;
pub mod shape;
pub mod shim;
pub mod template;
pub mod token;
mod types;
mod utility;
pub mod walk;
pub mod wrapper;

pub use named::Named;
pub use parse::{Limits, Unparsed, script};
pub use shape::{Alias, Dml, DmlKind, Item, Name, NameUse, Part, Reference, Role, Scope, ScopeId, Shape, UsePlace};
pub use token::{Lexed, Span};

/// Everything that one Query or Parse message says.
#[derive(Debug)]
pub struct Script<'t> {
    /// The text, cut into lexemes.
    pub lexed: Lexed<'t>,
    /// The statements in order; an empty one (`;;`) has no lexemes.
    pub statements: Vec<Statement>,
}

/// One statement of a script.
#[derive(Debug)]
pub struct Statement {
    /// Its lexemes, without the closing semicolon.
    pub lexemes: std::ops::Range<usize>,
    /// What it names, or why that is not known.
    pub shape: Result<Shape, Unparsed>,
}
