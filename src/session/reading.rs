//! How the texts of a session are read: the client's encoding, and whether a backslash in a plain string is an escape. Both change
//! what the same bytes mean, so both are kept with every text, and it is parsed again only under the same ones.
//!
//! A text is converted to UTF-8 and to the syntax of `standard_conforming_strings = on`, rewritten, and converted back. A text that
//! the conversion there and back changes is not read.

use std::borrow::Cow;

use encoding_rs::Encoding;

use crate::sql::escape::{Added, conforming};

/// The settings under which a text is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// `None`: an encoding whose texts are not read.
    charset: Option<Charset>,
    conforming_strings: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Charset {
    Utf8,
    /// Each byte is a code point.
    Latin1,
    Other(&'static Encoding),
}

/// A text that can be read.
#[derive(Debug)]
pub struct Read<'t> {
    /// In UTF-8, and every string with backslashes as an E string.
    pub text: Cow<'t, str>,
    /// What the conversion has inserted.
    pub added: Added,
}

/// PostgreSQL's names (manual, table 24.3) of the encodings that are read. In all of them every ASCII byte is an ASCII character.
/// That is not so in SJIS, BIG5, GBK, UHC, GB18030 and JOHAB.
const CHARSETS: &[(&str, Charset)] = &[
    ("UTF8", Charset::Utf8),
    // No conversion: the bytes are in the server's encoding. They are read if they are UTF-8.
    ("SQL_ASCII", Charset::Utf8),
    ("LATIN1", Charset::Latin1),
    ("LATIN2", Charset::Other(encoding_rs::ISO_8859_2)),
    ("LATIN3", Charset::Other(encoding_rs::ISO_8859_3)),
    ("LATIN4", Charset::Other(encoding_rs::ISO_8859_4)),
    ("LATIN6", Charset::Other(encoding_rs::ISO_8859_10)),
    ("LATIN7", Charset::Other(encoding_rs::ISO_8859_13)),
    ("LATIN8", Charset::Other(encoding_rs::ISO_8859_14)),
    ("LATIN9", Charset::Other(encoding_rs::ISO_8859_15)),
    ("LATIN10", Charset::Other(encoding_rs::ISO_8859_16)),
    ("ISO_8859_5", Charset::Other(encoding_rs::ISO_8859_5)),
    ("ISO_8859_6", Charset::Other(encoding_rs::ISO_8859_6)),
    ("ISO_8859_7", Charset::Other(encoding_rs::ISO_8859_7)),
    ("ISO_8859_8", Charset::Other(encoding_rs::ISO_8859_8)),
    ("KOI8R", Charset::Other(encoding_rs::KOI8_R)),
    ("KOI8U", Charset::Other(encoding_rs::KOI8_U)),
    ("WIN866", Charset::Other(encoding_rs::IBM866)),
    ("WIN874", Charset::Other(encoding_rs::WINDOWS_874)),
    ("WIN1250", Charset::Other(encoding_rs::WINDOWS_1250)),
    ("WIN1251", Charset::Other(encoding_rs::WINDOWS_1251)),
    ("WIN1252", Charset::Other(encoding_rs::WINDOWS_1252)),
    ("WIN1253", Charset::Other(encoding_rs::WINDOWS_1253)),
    ("WIN1254", Charset::Other(encoding_rs::WINDOWS_1254)),
    ("WIN1255", Charset::Other(encoding_rs::WINDOWS_1255)),
    ("WIN1256", Charset::Other(encoding_rs::WINDOWS_1256)),
    ("WIN1257", Charset::Other(encoding_rs::WINDOWS_1257)),
    ("WIN1258", Charset::Other(encoding_rs::WINDOWS_1258)),
    ("EUC_JP", Charset::Other(encoding_rs::EUC_JP)),
    ("EUC_KR", Charset::Other(encoding_rs::EUC_KR)),
];

impl Default for Reading {
    fn default() -> Self {
        Reading { charset: Some(Charset::Utf8), conforming_strings: true }
    }
}

impl Reading {
    /// The server has reported another `client_encoding`.
    pub fn encode_as(&mut self, name: &[u8]) {
        let known = CHARSETS.iter().find(|(known, _)| known.as_bytes().eq_ignore_ascii_case(name));
        self.charset = known.map(|(_, charset)| *charset);
    }

    /// The server has reported another `standard_conforming_strings`.
    pub fn conform(&mut self, on: bool) {
        self.conforming_strings = on;
    }

    /// Whether a text is its bytes without any conversion, if they are UTF-8.
    pub fn is_usual(self) -> bool {
        self == Reading::default()
    }

    /// Reads a text; `None` where its meaning is not certain.
    pub fn read(self, bytes: &[u8]) -> Option<Read<'_>> {
        let text = match self.charset? {
            Charset::Utf8 => Cow::Borrowed(std::str::from_utf8(bytes).ok()?),
            _ if bytes.is_ascii() => Cow::Borrowed(std::str::from_utf8(bytes).ok()?),
            Charset::Latin1 => Cow::Owned(bytes.iter().map(|b| char::from(*b)).collect()),
            Charset::Other(encoding) => {
                let text = encoding.decode_without_bom_handling_and_without_replacement(bytes)?;
                if *self.write(&text)? != *bytes {
                    return None;
                }
                text
            }
        };
        if self.conforming_strings || memchr::memchr(b'\\', bytes).is_none() {
            return Some(Read { text, added: Added::default() });
        }
        let (text, added) = conforming(&text)?;
        Some(Read { text: Cow::Owned(text), added })
    }

    /// Converts a text back, as the client would have sent it; `None` where its encoding lacks a character.
    pub fn write(self, text: &str) -> Option<Cow<'_, [u8]>> {
        match self.charset? {
            Charset::Utf8 => Some(Cow::Borrowed(text.as_bytes())),
            _ if text.is_ascii() => Some(Cow::Borrowed(text.as_bytes())),
            Charset::Latin1 => text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect::<Option<Vec<u8>>>().map(Cow::Owned),
            Charset::Other(encoding) => {
                let (bytes, _, has_errors) = encoding.encode(text);
                (!has_errors).then_some(bytes)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(encoding: &str, on: bool) -> Reading {
        let mut reading = Reading::default();
        reading.encode_as(encoding.as_bytes());
        reading.conform(on);
        reading
    }

    #[test]
    fn what_is_read_comes_back_byte_for_byte() {
        let all: Vec<u8> = (b' '..=b'~').chain(0xa1..=0xff).collect();
        for (name, charset) in CHARSETS.iter().filter(|(_, c)| *c != Charset::Utf8) {
            let reading = reading(name, true);
            for byte in &all {
                let pair = [*byte, b'\''];
                if let Some(read) = reading.read(&pair) {
                    assert!(read.text.ends_with('\''), "{name} {charset:?} {byte:x}");
                    assert_eq!(&*reading.write(&read.text).unwrap(), &pair);
                }
            }
        }
        assert_eq!(reading("LATIN1", true).read(b"'\xd102'").unwrap().text, "'Ñ02'");
        assert_eq!(reading("WIN1252", true).read(b"'\x80'").unwrap().text, "'€'");
        assert_eq!(reading("EUC_JP", true).read(b"'\xc6\xfc'").unwrap().text, "'日'");
        assert!(reading("LATIN1", true).write("€").is_none() && reading("UTF8", true).read(b"\xd1").is_none());
        assert!(reading("SJIS", true).read(b"select 1").is_none() && !reading("LATIN1", true).is_usual());
    }

    #[test]
    fn backslashes_are_read_under_the_setting_that_is_in_force() {
        assert_eq!(reading("UTF8", true).read(br"select 'a\'").unwrap().text, r"select 'a\'");
        assert_eq!(reading("UTF8", false).read(br"select 'a\'b'").unwrap().text, r"select E'a\'b'");
        assert_eq!(reading("UTF8", false).read(b"select 'a'").unwrap().text, "select 'a'");
    }
}
