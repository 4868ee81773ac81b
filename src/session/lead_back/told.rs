//! What an error is about, and the places and words in it that are replaced.

use crate::relation::Relation;
use crate::rewrite::Outcome;
use crate::sql::escape::Added;
use crate::wire::error_response::{ErrorFields, field};

/// What an error is about.
#[derive(Debug, Clone, Copy)]
pub struct Told<'t> {
    /// What became of the statement.
    pub outcome: &'t Outcome,
    /// The client's text, as it was read.
    pub text: &'t str,
    /// What the reading has put into it.
    pub added: &'t Added,
    /// The schema of the legacy tables.
    pub schema: &'t str,
    /// The legacy table whose leaf it came from by way of a foreign key, where the statement did not name it.
    pub reached: Option<&'t Relation>,
}

impl Told<'_> {
    /// The number of the character of the client's own text that stands at a byte of the text as it was read, from 1: what an error's
    /// position says.
    pub(super) fn place(&self, byte: usize) -> usize {
        position_of(self.text, byte) - self.added.before(byte)
    }
}

/// The character at which an error stands, from 0. The field counts from 1 (manual, section 55.8).
pub(super) fn character(fields: &ErrorFields) -> Option<usize> {
    fields.text(field::POSITION)?.parse::<usize>().ok()?.checked_sub(1)
}

/// The byte at which a character of a text begins, from 0.
pub(super) fn byte_of(text: &str, character: usize) -> Option<usize> {
    Some(text.char_indices().nth(character)?.0)
}

/// The number of the character that begins at a byte, from 1.
fn position_of(text: &str, byte: usize) -> usize {
    let byte = (0..=byte.min(text.len())).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0);
    text[..byte].chars().count() + 1
}

/// Replaces text in some fields, in whatever language the rest is.
pub(super) fn replace(fields: &mut ErrorFields, codes: &[u8], from: &str, to: &str) {
    for &code in codes {
        if let Some(text) = fields.text(code).filter(|text| text.contains(from)) {
            let text = text.replace(from, to);
            fields.set(code, text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters() {
        assert_eq!(position_of("ñandú x", "ñandú ".len()), 7);
        assert_eq!(position_of("ab", 99), 3);
        assert_eq!(byte_of("ñandú x", 6), Some("ñandú ".len()));
    }
}
