//! Names with dots, as written and as PostgreSQL folds them.

use sqlparser::ast::Ident;

use super::token::Span;

/// A piece of a dotted name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamePart {
    /// Folded as PostgreSQL folds it.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// A dotted name: `[catalog.][schema.]relation`, or `[schema.][table.]column`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Name(pub Vec<NamePart>);

impl Name {
    /// The last piece.
    pub fn last(&self) -> &str {
        self.0.last().map_or("", |p| &p.text)
    }

    /// The piece before the last.
    pub fn qualifier(&self) -> Option<&str> {
        self.0.len().checked_sub(2).map(|i| self.0[i].text.as_str())
    }

    /// From the first to the last piece.
    pub fn span(&self) -> Span {
        match (self.0.first(), self.0.last()) {
            (Some(a), Some(b)) => a.span.to(b.span),
            _ => Span { start: 0, end: 0 },
        }
    }
}

/// A word of the parser's tree as PostgreSQL folds it.
pub(super) fn folded(ident: &Ident) -> String {
    if ident.quote_style.is_some() { ident.value.clone() } else { ident.value.to_ascii_lowercase() }
}
