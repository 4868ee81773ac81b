//! What an error is about; and how positions and words in it are found and replaced.

use crate::relation::Relation;
use crate::rewrite::Outcome;
use crate::sql::escape::Added;
use crate::sql::token::position;
use crate::wire::error_response::{ErrorFields, field};

/// The statement that an error is about.
#[derive(Debug, Clone, Copy)]
pub struct Told<'t> {
    /// What became of the statement.
    pub outcome: &'t Outcome,
    /// The client's text in UTF-8, as it was read.
    pub text: &'t str,
    /// What the reading has inserted into it.
    pub added: &'t Added,
    /// The schema of the legacy tables.
    pub schema: &'t str,
    /// The legacy table whose leaf the error came from through a foreign key, if the statement does not name it.
    pub reached: Option<&'t Relation>,
}

impl Told<'_> {
    /// The position for an error: the number of the character, from 1, in the client's own text, that stands at this byte of the
    /// text as it was read.
    pub(super) fn place(&self, byte: usize) -> usize {
        position(self.text, byte) - self.added.before(byte)
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

/// Replaces text in these fields; works in every language of the server, because only names are replaced.
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
        assert_eq!(byte_of("ñandú x", 6), Some("ñandú ".len()));
    }
}
