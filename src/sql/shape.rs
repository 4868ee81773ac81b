//! What a statement names, as plain values: references to relations, names in expressions, and the scopes in which names are looked
//! up.

use std::ops::Range;

use super::clause::{Clauses, DmlKind};
use super::figure::OutputName;
use super::name::Name;
use super::select::Select;
use super::token::Span;

/// What a statement does with a relation that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Reads it: FROM, JOIN, USING, TABLE.
    Read,
    /// INSERT INTO it.
    Insert,
    /// UPDATE it.
    Update,
    /// DELETE FROM it.
    Delete,
    /// MERGE INTO it.
    Merge,
    /// COPY it TO.
    CopyTo,
    /// COPY it FROM.
    CopyFrom,
    /// TRUNCATE it.
    Truncate,
    /// LOCK it.
    Lock,
    /// ANALYZE it.
    Analyze,
    /// VACUUM it, without FULL.
    Vacuum,
    /// Rewrite its files: VACUUM FULL, CLUSTER, REINDEX, with the name that reports use.
    Rebuild(&'static str),
    /// Names its row type.
    Type,
    /// Change its definition or rights: ALTER, DROP, COMMENT, CREATE INDEX, GRANT and similar.
    Define(&'static str),
}

impl Role {
    /// The operation as reports name it.
    pub fn operation(self) -> &'static str {
        match self {
            Role::Read => "select",
            Role::Insert => "insert",
            Role::Update => "update",
            Role::Delete => "delete",
            Role::Merge => "merge",
            Role::CopyTo => "copy to",
            Role::CopyFrom => "copy from",
            Role::Truncate => "truncate",
            Role::Lock => "lock",
            Role::Analyze => "analyze",
            Role::Vacuum => "vacuum",
            Role::Type => "type",
            Role::Rebuild(operation) | Role::Define(operation) => operation,
        }
    }
}

/// The alias of a FROM item or of a DML target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alias {
    /// Folded.
    pub name: String,
    /// The span of the name alone, without AS and column names.
    pub span: Span,
    /// Column names given with it, folded: `AS t(a, b)`.
    pub columns: Vec<String>,
}

/// A relation, named where PostgreSQL looks up a relation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// As written.
    pub name: Name,
    /// What the statement does with it.
    pub role: Role,
    /// Its alias, where it has one.
    pub alias: Option<Alias>,
    /// What a splice replaces: the name, with ONLY, parentheses and `*` around it, and TABLE before it.
    pub span: Span,
    /// It is written as `TABLE name`, which stands for a whole SELECT.
    pub table_command: bool,
    /// Its TABLESAMPLE, up to the end of REPEATABLE.
    pub sample: Option<Span>,
    /// The scope in whose FROM list it stands.
    pub scope: ScopeId,
}

impl Reference {
    /// A reference that is the name alone, without alias.
    pub(super) fn new(name: Name, role: Role) -> Self {
        let span = name.span();
        Reference { name, role, alias: None, span, table_command: false, sample: None, scope: 0 }
    }
}

/// An index into [`Shape::scopes`].
pub type ScopeId = usize;

/// One level of name look-up: the FROM items of a SELECT, or a DML target with its FROM or USING items.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// The scope in which a name is looked up that is not found here.
    pub parent: Option<ScopeId>,
    /// What is visible here, in order.
    pub items: Vec<Item>,
    /// The select list has `*` or `x.*`, or there is a NATURAL JOIN: all columns are used.
    pub star: bool,
    /// How the items are joined: operands come before their join.
    pub steps: Vec<Step>,
    /// Where the parts of its SELECT are, if it is one.
    pub select: Option<Box<Select>>,
    /// The names of the columns of its select list, RETURNING or VALUES.
    pub outputs: Vec<OutputName>,
    /// Bare names that are a whole item of ORDER BY or DISTINCT ON: there an output column takes precedence over one of FROM.
    pub sorted: Vec<Span>,
    /// For the scope of a set operation, its first SELECT: its ORDER BY can name only columns of that.
    pub combined: Option<ScopeId>,
}

/// A step in putting FROM together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// An item of the scope.
    Item(usize),
    /// A join of the results of the two steps before it.
    Join {
        /// Which rows it keeps.
        kind: JoinKind,
        /// The columns that it merges.
        merged: Merged,
        /// From the first to the last name of its right side and its ON. In this span the two sides are seen separately.
        inside: Option<Span>,
    },
}

/// Which side's rows a join keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinKind {
    /// Those that meet its condition.
    Inner,
    /// All of the left.
    Left,
    /// All of the right.
    Right,
    /// All of both.
    Full,
}

/// The columns that a join merges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Merged {
    /// None.
    Nothing,
    /// USING: these.
    Named(Vec<String>),
    /// NATURAL: those that both sides have.
    Common,
}

/// One visible FROM item.
#[derive(Debug, Clone, Default)]
pub struct Item {
    /// The name under which its columns can be qualified; empty for an unaliased sub-select or join.
    pub name: String,
    /// The reference, if it names a relation.
    pub reference: Option<usize>,
    /// Its column names, if they are known from the text alone (alias lists, sub-selects without `*`).
    pub columns: Option<Vec<String>>,
    /// The names that its alias gives its first columns.
    pub renamed: Vec<String>,
    /// The scope of its query, or of the join that has an alias.
    pub body: Option<ScopeId>,
}

/// Where a name stands that is not a relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsePlace {
    /// In an expression.
    Expression,
    /// `x.*` or `*` in a select list or RETURNING.
    Star,
    /// The column list of an INSERT or a COPY.
    Column,
    /// Left of `=` in SET.
    Target,
    /// JOIN ... USING (...).
    Using,
    /// FOR UPDATE OF.
    LockOf,
}

/// A column or a whole row, as named in an expression.
#[derive(Debug, Clone)]
pub struct NameUse {
    /// As written; for [`UsePlace::Star`] without the star.
    pub name: Name,
    /// The same with the star.
    pub span: Span,
    /// Where it stands.
    pub place: UsePlace,
    /// The scope in which it is looked up.
    pub scope: ScopeId,
}

/// An INSERT, UPDATE, DELETE or MERGE, at the top or in a CTE.
#[derive(Debug, Clone)]
pub struct Dml {
    /// Which kind of statement.
    pub kind: DmlKind,
    /// Its target, an index into [`Shape::references`].
    pub target: usize,
    /// The scope of its own expressions.
    pub scope: ScopeId,
    /// Its lexemes, from the verb on.
    pub lexemes: Range<usize>,
    /// Its parts.
    pub clauses: Clauses,
}

/// Everything that a statement names.
#[derive(Debug, Default)]
pub struct Shape {
    /// Relations, in the order of the text.
    pub references: Vec<Reference>,
    /// Other names that are looked up.
    pub uses: Vec<NameUse>,
    /// Look-up levels.
    pub scopes: Vec<Scope>,
    /// Writing statements.
    pub dml: Vec<Dml>,
    /// The cursor that DECLARE opens over the query, folded.
    pub cursor: Option<String>,
    /// The constraints that SET CONSTRAINTS names.
    pub constraints: Vec<Name>,
    /// Lexemes whose meaning is known: parts of references, of names, aliases, CTE names. Sorted. The net looks at all others.
    pub explained: Vec<usize>,
}

impl Shape {
    /// Whether a lexeme has been given a meaning.
    pub fn explains(&self, lexeme: usize) -> bool {
        self.explained.binary_search(&lexeme).is_ok()
    }
}
