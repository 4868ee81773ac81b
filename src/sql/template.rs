//! SQL as a value: text with holes for the columns of a legacy row, and with spans of a client's own text.
//!
//! A relation yields its expressions as such values (`dv_code` is written with `trim_scale((<tsvid>)::numeric)::text`), and each
//! user fills the holes: the rewriter with what the client wrote, a trigger with `new.tsvid`, the backfill with `r.tsvid`. The
//! columns that an expression depends on are taken from the value ([`Sql::columns`]) and never searched for in its text.

use std::collections::BTreeSet;

use super::token::Span;

/// A piece of SQL.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sql {
    parts: Vec<SqlPart>,
}

/// A part of a piece of SQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SqlPart {
    /// Generated text.
    Text(String),
    /// A hole: the value of the legacy column with this index.
    Column(usize),
    /// The client's text under a span inside the edit, with the edits inside it applied (`rewrite/splice.rs`).
    Client(Span),
    /// The client's text under a span anywhere, unchanged: a literal or a parameter that is needed twice.
    Copy(Span),
    /// The client's text under a span outside the edit, with the edits inside it applied: a FROM that is needed twice.
    Again(Span),
}

impl Sql {
    /// Generated text.
    pub fn text(text: impl Into<String>) -> Sql {
        Sql { parts: vec![SqlPart::Text(text.into())] }
    }

    /// A hole for a legacy column.
    pub fn column(place: usize) -> Sql {
        Sql { parts: vec![SqlPart::Column(place)] }
    }

    /// The client's text under a span.
    pub fn client(span: Span) -> Sql {
        Sql { parts: vec![SqlPart::Client(span)] }
    }

    /// The client's text under a span, a second time, unchanged.
    pub fn copy(span: Span) -> Sql {
        Sql { parts: vec![SqlPart::Copy(span)] }
    }

    /// The client's text under a span elsewhere, a second time, with the edits inside it applied.
    pub fn again(span: Span) -> Sql {
        Sql { parts: vec![SqlPart::Again(span)] }
    }

    /// A template with its arguments in the places of `{}`. See the macro [`sql!`](crate::sql!).
    pub fn compose(template: &str, arguments: impl IntoIterator<Item = Sql>) -> Sql {
        let mut out = Sql::default();
        let mut arguments = arguments.into_iter();
        let mut texts = template.split("{}");
        out.push(texts.next().unwrap_or_default());
        for text in texts {
            out.push(arguments.next().unwrap_or_default());
            out.push(text);
        }
        debug_assert!(arguments.next().is_none(), "a template has a place for each argument");
        out
    }

    /// Several of them, with a separator between.
    pub fn join(items: impl IntoIterator<Item = Sql>, separator: &str) -> Sql {
        let mut out = Sql::default();
        for (n, item) in items.into_iter().enumerate() {
            if n > 0 {
                out.push(separator);
            }
            out.push(item);
        }
        out
    }

    /// Appends.
    pub fn push(&mut self, other: impl Into<Sql>) {
        for part in other.into().parts {
            match (self.parts.last_mut(), part) {
                (Some(SqlPart::Text(end)), SqlPart::Text(text)) => end.push_str(&text),
                (_, SqlPart::Text(text)) if text.is_empty() => {}
                (_, part) => self.parts.push(part),
            }
        }
    }

    /// Its parts in order.
    pub fn parts(&self) -> &[SqlPart] {
        &self.parts
    }

    /// Whether it is empty.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The legacy columns that it depends on.
    pub fn columns(&self) -> BTreeSet<usize> {
        self.parts.iter().filter_map(|p| if let SqlPart::Column(i) = p { Some(*i) } else { None }).collect()
    }

    /// The same SQL with its holes filled.
    #[must_use]
    pub fn fill(&self, value: impl Fn(usize) -> Sql) -> Sql {
        let mut out = Sql::default();
        for part in &self.parts {
            match part {
                SqlPart::Column(place) => out.push(value(*place)),
                other => out.push(Sql { parts: vec![other.clone()] }),
            }
        }
        out
    }

    /// The text of an expression that has neither holes nor text of a client's.
    pub fn render(&self) -> String {
        let text = |part: &SqlPart| match part {
            SqlPart::Text(text) => text.clone(),
            SqlPart::Column(_) | SqlPart::Client(_) | SqlPart::Copy(_) | SqlPart::Again(_) => {
                debug_assert!(false, "only filled expressions of our own are rendered: {self:?}");
                String::new()
            }
        };
        self.parts.iter().map(text).collect()
    }
}

impl From<&str> for Sql {
    fn from(text: &str) -> Sql {
        if text.is_empty() { Sql::default() } else { Sql::text(text) }
    }
}

impl From<String> for Sql {
    fn from(text: String) -> Sql {
        if text.is_empty() { Sql::default() } else { Sql::text(text) }
    }
}

impl From<&String> for Sql {
    fn from(text: &String) -> Sql {
        Sql::from(text.as_str())
    }
}

impl From<&Sql> for Sql {
    fn from(other: &Sql) -> Sql {
        other.clone()
    }
}

/// `sql!("to_jsonb({})", value)`: a piece of SQL, with texts or other pieces in the places of `{}`.
#[macro_export]
macro_rules! sql {
    ($template:expr $(, $argument:expr)* $(,)?) => {
        $crate::sql::template::Sql::compose($template, [$($crate::sql::template::Sql::from($argument)),*])
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_are_filled_and_counted() {
        let key = sql!("f({}, {})", Sql::column(2), sql!("{} + 1", Sql::column(0)));
        assert_eq!(key.columns().into_iter().collect::<Vec<_>>(), [0, 2]);
        let filled = key.fill(|i| Sql::text(format!("r.c{i}")));
        assert_eq!(filled.render(), "f(r.c2, r.c0 + 1)");
        assert!(filled.columns().is_empty());
        assert_eq!(filled.parts().len(), 1);
    }

    #[test]
    fn a_clients_text_stays_a_span() {
        let span = Span { start: 3, end: 5 };
        let cast = sql!("({})::text", Sql::client(span));
        assert_eq!(cast.parts(), [SqlPart::Text("(".into()), SqlPart::Client(span), SqlPart::Text(")::text".into())]);
        assert_eq!(Sql::join([Sql::text("a"), Sql::text("b")], ", ").render(), "a, b");
        assert!(sql!("").is_empty());
    }
}
