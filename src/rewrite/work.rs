//! One statement that is being rewritten. What is done with it are methods, each in the file of its family.

use std::collections::HashSet;

use super::context::NameContext;
use super::policy::{Entry, Policy};
use super::refuse::Refusal;
use super::shown::Memo;
use super::splice::Edit;
use super::substitutes::Substitutes;
use crate::mode::Mode;
use crate::sql::{Lexed, Shape, Span, Statement};

/// One statement being rewritten.
pub(super) struct Work<'w, 't> {
    pub(super) policy: &'w Policy,
    pub(super) names: &'w NameContext,
    pub(super) lexed: &'w Lexed<'t>,
    pub(super) lexemes: std::ops::Range<usize>,
    /// Its number in the text, from 0.
    pub(super) number: usize,
    pub(super) shape: &'w Shape,
    /// It is not known what unqualified names mean, because the same text changes that.
    pub(super) names_in_doubt: bool,
    /// It only reads, so it may read copied tables in their new form.
    pub(super) reads_copies: bool,
    /// The entry of each reference that is a legacy table.
    pub(super) entries: Vec<Option<&'w Entry>>,
    /// Every word of the statement, folded: a column that is not among them is not needed by name.
    pub(super) words: HashSet<String>,
    pub(super) edits: Vec<Edit>,
    pub(super) notes: Vec<String>,
    /// The first fault that was found while names were looked up.
    pub(super) fault: Option<Refusal>,
    /// The number of earlier refusals of the text: those of this statement are numbered after them.
    pub(super) refused_before: usize,
    /// Refusals that the server raises only if the rest of the statement has no error.
    pub(super) refused_within: Vec<Refusal>,
    /// What FROM shows, computed once.
    pub(super) memo: Memo,
    /// What is written otherwise because a view lacks it.
    pub(super) substitutes: Substitutes,
}

impl<'w, 't> Work<'w, 't> {
    /// `None` when the statement has nothing to do with a legacy table; an error when it may have, but is not understood.
    pub(super) fn new(
        policy: &'w Policy,
        names: &'w NameContext,
        names_in_doubt: bool,
        lexed: &'w Lexed<'t>,
        statement: &'w Statement,
    ) -> Option<Result<Self, String>> {
        if !policy.may_name(lexed.slice(&statement.lexemes).as_bytes()) {
            return None;
        }
        let shape = match &statement.shape {
            Ok(shape) => shape,
            Err(reason) => return Some(Err(reason.to_string())),
        };
        let lexemes = statement.lexemes.clone();
        let words = lexed.lexemes[lexemes.clone()].iter().filter_map(|l| l.name()).collect();
        let mut work = Work {
            policy,
            names,
            lexed,
            lexemes,
            number: 0,
            shape,
            names_in_doubt,
            reads_copies: false,
            entries: Vec::new(),
            words,
            edits: Vec::new(),
            notes: Vec::new(),
            fault: None,
            refused_before: 0,
            refused_within: Vec::new(),
            memo: Memo::default(),
            substitutes: Substitutes::default(),
        };
        work.entries = shape.references.iter().map(|r| work.entry_of(&r.name)).collect();
        Some(Ok(work))
    }

    /// Whether the session's role has rights on less than a whole legacy table: on some of its columns, or to change what it may
    /// not read. It then writes through the view, whose columns have these rights; the leaf has only rights on the whole table.
    pub(super) fn is_limited(&self, entry: &Entry) -> bool {
        let limited = &self.policy.limited;
        !limited.is_empty() && limited.contains(&(self.names.role.clone(), entry.relation.table.clone()))
    }

    /// The entry of a reference that has to be rewritten.
    pub(super) fn rewritten(&self, reference: usize) -> Option<&'w Entry> {
        self.entries[reference].filter(|e| e.mode == Mode::Rewrite || self.reads_copies && self.reads_copy_of(e))
    }

    /// The client's text of a span.
    pub(super) fn text(&self, span: Span) -> &'t str {
        &self.lexed.text[span.range()]
    }
}
