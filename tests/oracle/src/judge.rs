//! One statement, judged: what `esclusa::sql` says of it against what PostgreSQL's grammar says.

use std::collections::BTreeSet;

use esclusa::rewrite::prefilter::Prefilter;
use esclusa::sql::quote::ident;
use esclusa::sql::{self, Limits, Reference, Role, Script, Shape};

use crate::grammar::{self, Kind, MARK, Read};

/// What became of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Every relation found, none invented, and the spliced text says the same but for the names.
    Right,
    /// It names no relation.
    Nameless,
    /// Not understood, or the net caught a name: it would pass untouched and be counted.
    Forwarded(String),
    /// Understood wrongly, and nothing noticed.
    Wrong(String),
}

/// Judges a statement.
pub fn judge(text: &str, read: &Read) -> Verdict {
    let names: BTreeSet<&str> = read.relations.iter().map(|r| r.name.as_str()).collect();
    if !names.is_empty() && !Prefilter::new(names.iter().copied()).may_name(text.as_bytes()) {
        return Verdict::Wrong("the prefilter says that no relation is named".into());
    }
    let script = match sql::script(text, &Limits::default()) {
        Ok(script) => script,
        Err(reason) if names.is_empty() => return nameless(reason.to_string()),
        Err(reason) => return Verdict::Forwarded(reason.to_string()),
    };
    let [statement] = script.statements.as_slice() else {
        return Verdict::Wrong(format!("{} statements where PostgreSQL sees one", script.statements.len()));
    };
    let shape = match &statement.shape {
        Ok(shape) => shape,
        Err(reason) if names.is_empty() => return nameless(reason.to_string()),
        Err(reason) => return Verdict::Forwarded(reason.to_string()),
    };
    let unexplained = |i: &usize| {
        let name = script.lexed.lexemes[*i].name();
        name.is_some_and(|n| names.contains(n.as_str())) && !shape.explains(*i)
    };
    if let Some(i) = statement.lexemes.clone().find(unexplained) {
        return Verdict::Forwarded(format!("the net: `{}`", &text[script.lexed.lexemes[i].span.range()]));
    }
    let ours: BTreeSet<(usize, &str)> = shape.references.iter().map(|r| (r.name.span().start, r.name.last())).collect();
    let theirs: BTreeSet<(usize, &str)> = read.relations.iter().map(|r| (r.at, r.name.as_str())).collect();
    if let Some((_, name)) = theirs.difference(&ours).next() {
        return Verdict::Wrong(format!("missed `{name}`"));
    }
    // PostgreSQL's tree has no relations for DROP, COMMENT and their like, only names of objects.
    if read.kind == Kind::Other {
        return if names.is_empty() { Verdict::Nameless } else { Verdict::Right };
    }
    if let Some((_, name)) = ours.difference(&theirs).next() {
        return Verdict::Wrong(format!("invented `{name}`"));
    }
    if names.is_empty() {
        return Verdict::Nameless;
    }
    let spliced = splice(&script, shape);
    match grammar::read(&spliced) {
        None => Verdict::Wrong(format!("spliced, it does not parse: {spliced}")),
        Some(other) if !read.same(&other) => Verdict::Wrong(format!("spliced, it says something else: {spliced}")),
        Some(_) => Verdict::Right,
    }
}

/// A statement without relations has nothing to be rewritten; that it was not understood costs nothing.
fn nameless(_reason: String) -> Verdict {
    Verdict::Nameless
}

/// Every reference replaced as the rewriter replaces it: a sub-select where it is read, another name elsewhere.
fn splice(script: &Script<'_>, shape: &Shape) -> String {
    let mut out = script.lexed.text.to_owned();
    let mut references: Vec<&Reference> = shape.references.iter().collect();
    references.sort_by_key(|r| std::cmp::Reverse(r.span.start));
    for reference in references {
        let name = ident(reference.name.last());
        let marked = format!("{MARK}.{name}");
        if reference.role == Role::Read && reference.sample.is_none() {
            let alias = if reference.alias.is_none() { format!(" AS {name}") } else { String::new() };
            let command = if reference.table_command { "SELECT * FROM " } else { "" };
            out.replace_range(reference.span.range(), &format!("{command}(SELECT * FROM {marked}){alias}"));
        } else {
            out.replace_range(reference.name.span().range(), &marked);
        }
    }
    out
}

/// The row of the table that a kind is counted in.
pub fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Dml => "DML",
        Kind::Wrapped => "wrapped",
        Kind::Utility => "lock, truncate",
        Kind::Other => "other",
    }
}
