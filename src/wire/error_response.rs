//! ErrorResponse and NoticeResponse as fields (manual, section 55.8). Values stay bytes, because a client's encoding need not be
//! UTF-8.

use super::frame;
use crate::error::ClientError;

/// Codes of fields (manual, section 55.8).
pub mod field {
    /// The constraint.
    pub const CONSTRAINT: u8 = b'n';
    /// DETAIL.
    pub const DETAIL: u8 = b'D';
    /// HINT.
    pub const HINT: u8 = b'H';
    /// The message, in the server's language.
    pub const MESSAGE: u8 = b'M';
    /// The position in the statement: the number of a character, from 1.
    pub const POSITION: u8 = b'P';
    /// The schema of the table.
    pub const SCHEMA: u8 = b's';
    /// The severity, in the server's language.
    pub const SEVERITY: u8 = b'S';
    /// The severity, in English.
    pub const SEVERITY_UNTRANSLATED: u8 = b'V';
    /// The SQLSTATE.
    pub const SQLSTATE: u8 = b'C';
    /// The table.
    pub const TABLE: u8 = b't';
    /// CONTEXT: the functions and statements that were running.
    pub const WHERE: u8 = b'W';
}

/// The fields of an error, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ErrorFields(pub Vec<(u8, Vec<u8>)>);

impl ErrorFields {
    /// Reads a body; a malformed field and what follows it are dropped.
    pub fn parse(mut body: &[u8]) -> Self {
        let mut fields = Vec::new();
        while let Some((&code, rest)) = body.split_first().filter(|(code, _)| **code != 0) {
            let Some((value, behind)) = frame::cstr(rest) else { break };
            fields.push((code, value.to_vec()));
            body = behind;
        }
        ErrorFields(fields)
    }

    /// An error of our own. `severity` is ERROR or FATAL.
    pub fn own(severity: &str, error: &ClientError) -> Self {
        let mut fields = vec![
            (field::SEVERITY, severity.as_bytes().to_vec()),
            (field::SEVERITY_UNTRANSLATED, severity.as_bytes().to_vec()),
            (field::SQLSTATE, error.sqlstate.as_bytes().to_vec()),
            (field::MESSAGE, error.message.as_bytes().to_vec()),
        ];
        fields.extend(error.detail.iter().map(|d| (field::DETAIL, d.as_bytes().to_vec())));
        fields.extend(error.hint.iter().map(|h| (field::HINT, h.as_bytes().to_vec())));
        ErrorFields(fields)
    }

    /// A field's value.
    pub fn get(&self, code: u8) -> Option<&[u8]> {
        self.0.iter().find(|(c, _)| *c == code).map(|(_, v)| v.as_slice())
    }

    /// Sets a field, in its place if it exists, otherwise at the end.
    pub fn set(&mut self, code: u8, value: impl Into<Vec<u8>>) {
        match self.0.iter_mut().find(|(c, _)| *c == code) {
            Some((_, old)) => *old = value.into(),
            None => self.0.push((code, value.into())),
        }
    }

    /// Removes a field.
    pub fn remove(&mut self, code: u8) {
        self.0.retain(|(c, _)| *c != code);
    }

    /// A field's value, if it is UTF-8.
    pub fn text(&self, code: u8) -> Option<&str> {
        std::str::from_utf8(self.get(code)?).ok()
    }

    /// Whether a field has this value.
    pub fn is(&self, code: u8, value: &str) -> bool {
        self.get(code) == Some(value.as_bytes())
    }

    /// The frame, with the tag of an ErrorResponse or of a NoticeResponse.
    pub fn frame(&self, tag: u8) -> Vec<u8> {
        let length = self.0.iter().map(|(_, v)| v.len() + 2).sum::<usize>() + 1;
        let mut body = Vec::with_capacity(length);
        for (code, value) in &self.0 {
            body.push(*code);
            body.extend_from_slice(value);
            body.push(0);
        }
        body.push(0);
        let mut out = Vec::with_capacity(frame::HEADER_BYTES + length);
        frame::write(&mut out, tag, &[&body]);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_back_in_order() {
        let body = b"SERROR\0C42P01\0Mno \xf1\0P15\0\0";
        let mut fields = ErrorFields::parse(body);
        assert_eq!(fields.get(b'M'), Some(&b"no \xf1"[..]));
        assert_eq!(&fields.frame(b'E')[5..], body);
        fields.set(b'P', *b"7");
        fields.remove(b'C');
        assert_eq!(fields.0.len(), 3);
    }
}
