//! What FROM shows of its items' columns, as values; `columns` finds it out.

use std::cell::{OnceCell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use crate::sql::{ScopeId, Span};

/// A column of a reference: its place among the relation's columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Origin {
    pub reference: usize,
    pub column: usize,
}

/// A column that an item of FROM shows.
#[derive(Debug, Clone)]
pub(super) struct Exposed {
    /// Under which name.
    pub name: String,
    /// The item of the scope by which it can be qualified.
    pub item: usize,
    /// The column of a reference that it is, and not an expression over one.
    pub origin: Option<Origin>,
    /// Its type, where it is known.
    pub type_name: Option<String>,
    /// It stands for those of both sides of a join, and only its bare name means it.
    pub merged: bool,
}

/// What FROM holds between two commas.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub columns: Vec<Exposed>,
    /// These are all that it has.
    pub complete: bool,
}

/// What was found out once.
#[derive(Debug, Default)]
pub(super) struct Memo {
    pub outputs: RefCell<HashMap<ScopeId, Option<Rc<Vec<String>>>>>,
    pub sources: RefCell<HashMap<ScopeId, Rc<Vec<Source>>>>,
    pub items: RefCell<HashMap<(ScopeId, usize), Rc<Shown>>>,
    /// The names that are certain of a select list.
    pub labels: RefCell<HashMap<ScopeId, HashSet<String>>>,
    /// Uses by where they stand.
    pub uses: OnceCell<HashMap<Span, usize>>,
    /// Uses in the order of the text.
    pub ordered: OnceCell<Vec<usize>>,
    /// Where uses end.
    pub ends: OnceCell<HashSet<usize>>,
}

/// The columns of an item.
#[derive(Debug)]
pub(super) struct Shown {
    pub columns: Vec<Exposed>,
    /// These are all that it has.
    pub complete: bool,
}
