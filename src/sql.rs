//! SQL text -> tokens, statements, references. Knows no legacy table, no catalog, no socket.
//!
//! `sqlparser` is the only parser here, and its tree never leaves this module: a [`Script`] is made of plain values with byte
//! spans into the client's own text. Nothing is ever printed back from a tree (printing changes literals and drops comments);
//! whoever rewrites splices into the text at these spans.
//!
//! The way of a text: [`token`] cuts it into lexemes and splits statements, which `cursor` then reads by position; [`wrapper`]
//! peels off what surrounds a query (EXPLAIN, PREPARE, DECLARE, COPY, CREATE ... AS); [`edit`] takes out what the parser misreads
//! (ONLY, TABLE t, locking clauses); [`parse`] parses what is left, and if that fails once more with the help of [`shim`]; [`walk`]
//! collects references, names and scopes, with [`select`] and [`figure`]; `types` finds names of types; [`clause`] finds the parts
//! of INSERT, UPDATE, DELETE and MERGE.

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
mod name;
pub mod named;
pub mod parse;
pub mod peeled;
pub mod plain;
pub mod quote;
pub mod select;
pub mod shape;
pub mod shim;
pub mod template;
pub mod token;
mod types;
mod unparsed;
pub mod utility;
pub mod walk;
pub mod wrapper;

pub use clause::DmlKind;
pub use name::{Name, NamePart};
pub use named::Named;
pub use parse::{Limits, Script, Statement, script};
pub use shape::{Alias, Dml, Item, NameUse, Reference, Role, Scope, ScopeId, Shape, UsePlace};
pub use token::{Lexed, Lexeme, Span};
pub use unparsed::Unparsed;
