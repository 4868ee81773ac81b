//! Puts generated text into the client's own, and keeps the map that translates an error's position.
//!
//! An [`Edit`] replaces a span: by generated text, and by spans of the client's text that stay or move. Edits nest: one that is
//! inside a moved span is applied there. What no edit covers stays byte by byte as it was.

use crate::sql;
use crate::sql::Span;
use crate::sql::template::{Sql, SqlPart};

/// A replacement of a span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The span that is replaced; an empty one for an insertion.
    pub span: Span,
    /// The SQL in its place.
    pub sql: Sql,
}

impl Edit {
    /// Replaces a span.
    pub fn replace(span: Span, sql: impl Into<Sql>) -> Edit {
        Edit { span, sql: sql.into() }
    }

    /// Inserts text between two tokens.
    pub fn insert(at: usize, sql: impl Into<Sql>) -> Edit {
        Edit::replace(Span { start: at, end: at }, sql)
    }

    /// Puts text before and after a span.
    pub fn wrap(span: Span, before: impl Into<Sql>, after: impl Into<Sql>) -> Edit {
        Edit { span, sql: sql!("{}{}{}", before.into(), Sql::client(span), after.into()) }
    }
}

/// A rewritten text with its map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spliced {
    /// What is sent to the server.
    pub text: String,
    /// Maps its positions to the client's text.
    pub map: PositionMap,
}

/// Maps a byte of the rewritten text to a byte of the client's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PositionMap {
    /// In the order of the rewritten text, without gaps.
    segments: Vec<Segment>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Segment {
    /// Where it begins in the rewritten text.
    at: usize,
    /// The span of the client's text that it comes from.
    from: Span,
    /// It has the same bytes as `from`. Otherwise it is generated, and every byte of it maps to the start of `from`.
    verbatim: bool,
}

impl PositionMap {
    /// The byte of the client's text for a byte of the rewritten text. Generated text maps to the start of what it replaces, so
    /// that an error in it points at the legacy name.
    pub fn to_client(&self, byte: usize) -> usize {
        let index = self.segments.partition_point(|s| s.at <= byte).saturating_sub(1);
        match self.segments.get(index) {
            Some(s) if s.verbatim => (s.from.start + (byte - s.at)).min(s.from.end),
            Some(s) => s.from.start,
            None => byte,
        }
    }
}

/// Applies edits to a text; `None` if edits overlap without nesting, which is a fault of the rewriter.
pub fn splice(text: &str, mut edits: Vec<Edit>) -> Option<Spliced> {
    // Outer edits come before inner ones; of two with the same span the first is the outer one.
    edits.sort_by_key(|e| (e.span.start, std::cmp::Reverse(e.span.end)));
    let mut splicer = Splicer { text, edits: &edits, out: String::with_capacity(text.len() * 2), segments: Vec::new() };
    splicer.client(Span { start: 0, end: text.len() }, 0, true)?;
    Some(Spliced { text: splicer.out, map: PositionMap { segments: splicer.segments } })
}

struct Splicer<'s> {
    text: &'s str,
    edits: &'s [Edit],
    out: String,
    segments: Vec<Segment>,
}

impl Splicer<'_> {
    /// Writes the client's text under a span. `first` is the first edit that may apply inside it. An insertion at its very end
    /// belongs to what follows, unless this is the whole text.
    fn client(&mut self, span: Span, first: usize, whole: bool) -> Option<()> {
        let mut at = span.start;
        let mut i = first;
        while let Some(edit) = self.edits.get(i) {
            if edit.span.start < span.start {
                i += 1;
                continue;
            }
            if edit.span.start > span.end || edit.span.start == span.end && !whole {
                break;
            }
            if edit.span.start < at || edit.span.end > span.end {
                return None;
            }
            self.verbatim(Span { start: at, end: edit.span.start });
            for part in edit.sql.parts() {
                match part {
                    SqlPart::Text(text) => self.generated(text, edit.span),
                    SqlPart::Copy(from) => self.verbatim(*from),
                    SqlPart::Client(inner) if edit.span.contains(*inner) => self.client(*inner, i + 1, false)?,
                    SqlPart::Again(other) if !other.contains(edit.span) => {
                        let first = self.edits.partition_point(|e| e.span.start < other.start);
                        self.client(*other, first, false)?;
                    }
                    // A span from outside, or a hole that was not filled: a fault of the rewriter.
                    SqlPart::Client(_) | SqlPart::Again(_) | SqlPart::Column(_) => return None,
                }
            }
            at = edit.span.end;
            // Edits inside this one were applied where it moved them, or were dropped with what it replaced.
            let (start, end) = (edit.span.start, edit.span.end);
            i += 1;
            while self.edits.get(i).is_some_and(|e| e.span.start < end && e.span.start >= start && e.span.end <= end) {
                i += 1;
            }
        }
        self.verbatim(Span { start: at, end: span.end });
        Some(())
    }

    fn verbatim(&mut self, from: Span) {
        if from.start < from.end {
            let goes_on = self.segments.last().is_some_and(|s| s.verbatim && s.from.end == from.start);
            if !goes_on {
                self.part(&self.text[from.range()], Span { start: from.start, end: from.start });
            }
            self.segments.push(Segment { at: self.out.len(), from, verbatim: true });
            self.out.push_str(&self.text[from.range()]);
        }
    }

    fn generated(&mut self, text: &str, from: Span) {
        if !text.is_empty() {
            self.part(text, from);
            self.segments.push(Segment { at: self.out.len(), from, verbatim: false });
            self.out.push_str(text);
        }
    }

    /// Separates two words that are now next to each other: `from"t"where` needed no spaces.
    fn part(&mut self, next: &str, from: Span) {
        let word = |c: char| c.is_alphanumeric() || c == '_' || c == '$' || !c.is_ascii();
        if self.out.ends_with(word) && next.starts_with(word) {
            self.segments.push(Segment { at: self.out.len(), from, verbatim: false });
            self.out.push(' ');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(text: &str, part: &str) -> Span {
        let start = text.find(part).unwrap();
        Span { start, end: start + part.len() }
    }

    #[test]
    fn edits_nest_and_positions_lead_back() {
        let text = "select a from t where b = c";
        let (table, last) = (Span { start: 14, end: 15 }, Span { start: text.len() - 1, end: text.len() });
        let outer = Edit::wrap(span(text, "b = c"), "(SELECT ", " FROM x)");
        let edits = vec![outer, Edit::replace(last, "long"), Edit::replace(table, "(SELECT 1) AS t")];
        let spliced = splice(text, edits).unwrap();
        assert_eq!(spliced.text, "select a from (SELECT 1) AS t where (SELECT b = long FROM x)");
        let back = |part: &str| spliced.map.to_client(spliced.text.find(part).unwrap());
        assert_eq!(back("SELECT 1"), 14);
        assert_eq!(back("b = "), text.find("b = c").unwrap());
        assert_eq!(back("long"), text.rfind('c').unwrap());
        assert_eq!(back("where"), text.find("where").unwrap());
    }

    #[test]
    fn two_edits_of_one_span_nest_in_their_order() {
        let text = "x";
        let span = Span { start: 0, end: 1 };
        let spliced = splice(text, vec![Edit::wrap(span, "a(", ")"), Edit::wrap(span, "b(", ")")]).unwrap();
        assert_eq!(spliced.text, "a(b(x))");
    }

    #[test]
    fn moved_text_keeps_its_edits_and_its_positions() {
        let text = "set a = 1, b = 2";
        let (one, two) = (span(text, "1"), span(text, "2"));
        let whole = Edit::replace(Span { start: 0, end: text.len() }, sql!("{} then {}", Sql::client(two), Sql::client(one)));
        let spliced = splice(text, vec![whole, Edit::replace(one, "one")]).unwrap();
        assert_eq!(spliced.text, "2 then one");
        assert_eq!(spliced.map.to_client(0), two.start);
        assert_eq!(spliced.map.to_client(8), one.start);
    }

    #[test]
    fn a_text_that_is_said_again_is_rewritten_there_too() {
        let text = "from t where a";
        let (table, name) = (span(text, "t"), span(text, "a"));
        let again = Edit::replace(name, sql!("({} of {})", Sql::client(name), Sql::again(table)));
        let spliced = splice(text, vec![again.clone(), Edit::replace(table, "v")]).unwrap();
        assert_eq!(spliced.text, "from v where (a of v)");
        assert_eq!(spliced.map.to_client(spliced.text.find("a of").unwrap()), name.start);
        let inside = Edit::replace(name, Sql::again(Span { start: 0, end: text.len() }));
        assert_eq!(splice(text, vec![inside]), None, "what is said again cannot hold itself");
    }

    #[test]
    fn words_stay_apart() {
        let text = "update\"t\"set a=1";
        let spliced = splice(text, vec![Edit::replace(span(text, "\"t\""), "new")]).unwrap();
        assert_eq!(spliced.text, "update new set a=1");
        assert_eq!(spliced.map.to_client(spliced.text.find("set").unwrap()), text.find("set").unwrap());
        let text = "select\"s\".t.a";
        assert_eq!(splice(text, vec![Edit::replace(span(text, "\"s\"."), "")]).unwrap().text, "select t.a");
        assert_eq!(splice("ab", vec![Edit::replace(Span { start: 1, end: 1 }, "")]).unwrap().text, "ab");
    }

    #[test]
    fn insertions_at_the_end_are_not_lost() {
        assert_eq!(splice("ab)", vec![Edit::insert(3, "c"), Edit::insert(1, "-")]).unwrap().text, "a-b)c");
    }
}
