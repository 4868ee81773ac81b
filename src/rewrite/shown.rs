//! Which columns FROM shows, as values; `columns` finds them out.

use std::cell::{OnceCell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use crate::sql::{ScopeId, Span};

/// A column of a reference, by its index among the relation's columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Origin {
    pub reference: usize,
    pub column: usize,
}

/// A column that an item of FROM shows.
#[derive(Debug, Clone)]
pub(super) struct Exposed {
    /// Its name there.
    pub name: String,
    /// The item of the scope with which it can be qualified.
    pub item: usize,
    /// The column of a reference that it is; `None` for an expression.
    pub origin: Option<Origin>,
    /// Its type, where it is known.
    pub type_name: Option<String>,
    /// It stands for the columns of both sides of a join, and only its bare name means it.
    pub merged: bool,
}

/// The items and columns of one element of FROM.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub columns: Vec<Exposed>,
    /// Its columns are all known.
    pub complete: bool,
}

/// Results that are computed once per statement.
#[derive(Debug, Default)]
pub(super) struct Memo {
    pub outputs: RefCell<HashMap<ScopeId, Option<Rc<Vec<String>>>>>,
    pub sources: RefCell<HashMap<ScopeId, Rc<Vec<Source>>>>,
    pub items: RefCell<HashMap<(ScopeId, usize), Rc<Shown>>>,
    /// The names that a select list certainly has.
    pub labels: RefCell<HashMap<ScopeId, HashSet<String>>>,
    /// Names in expressions, by span.
    pub uses: OnceCell<HashMap<Span, usize>>,
    /// Names in expressions, in the order of the text.
    pub ordered: OnceCell<Vec<usize>>,
    /// The bytes at which names end.
    pub ends: OnceCell<HashSet<usize>>,
}

/// The columns of an item.
#[derive(Debug)]
pub(super) struct Shown {
    pub columns: Vec<Exposed>,
    /// The columns are all known.
    pub complete: bool,
}
