//! ErrorResponse and NoticeResponse as fields (manual, section 55.8). Values stay bytes: a client's encoding need not be UTF-8.

use super::frame;
use crate::error::ClientError;

/// The fields of an error, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ErrorFields(pub Vec<(u8, Vec<u8>)>);

impl ErrorFields {
    /// Reads a body; what is behind a malformed field is dropped.
    pub fn parse(mut body: &[u8]) -> Self {
        let mut fields = Vec::new();
        while let Some((&code, rest)) = body.split_first().filter(|(code, _)| **code != 0) {
            let Some((value, behind)) = frame::cstr(rest) else { break };
            fields.push((code, value.to_vec()));
            body = behind;
        }
        ErrorFields(fields)
    }

    /// An error of esclusa's own. `severity` is ERROR or FATAL.
    pub fn own(severity: &str, error: &ClientError) -> Self {
        let mut fields = vec![
            (b'S', severity.as_bytes().to_vec()),
            (b'V', severity.as_bytes().to_vec()),
            (b'C', error.sqlstate.as_bytes().to_vec()),
            (b'M', error.message.as_bytes().to_vec()),
        ];
        fields.extend(error.detail.iter().map(|d| (b'D', d.as_bytes().to_vec())));
        fields.extend(error.hint.iter().map(|h| (b'H', h.as_bytes().to_vec())));
        ErrorFields(fields)
    }

    /// A field's value.
    pub fn get(&self, code: u8) -> Option<&[u8]> {
        self.0.iter().find(|(c, _)| *c == code).map(|(_, v)| v.as_slice())
    }

    /// Sets a field, in its old place if it has one.
    pub fn set(&mut self, code: u8, value: impl Into<Vec<u8>>) {
        match self.0.iter_mut().find(|(c, _)| *c == code) {
            Some((_, old)) => *old = value.into(),
            None => self.0.push((code, value.into())),
        }
    }

    /// Takes a field out.
    pub fn remove(&mut self, code: u8) {
        self.0.retain(|(c, _)| *c != code);
    }

    /// Appends the frame: `E` for an error, `N` for a notice.
    pub fn write(&self, out: &mut Vec<u8>, tag: u8) {
        let mut body = Vec::with_capacity(self.0.iter().map(|(_, v)| v.len() + 2).sum::<usize>() + 1);
        for (code, value) in &self.0 {
            body.push(*code);
            body.extend_from_slice(value);
            body.push(0);
        }
        body.push(0);
        frame::write(out, tag, &[&body]);
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
        let mut out = Vec::new();
        fields.write(&mut out, b'E');
        assert_eq!(&out[5..], body);
        fields.set(b'P', *b"7");
        fields.remove(b'C');
        assert_eq!(fields.0.len(), 3);
    }
}
