//! Who the client is, and whether its statements can be read.

use std::sync::Arc;

use crate::traffic::Client;

/// The client of a session.
#[derive(Debug)]
pub struct Peer {
    client: Arc<Client>,
    /// Its statements concern us: it is a client of the target database, and not one of replication.
    is_target: bool,
    /// In its encoding every ASCII byte is an ASCII character.
    ascii_safe: bool,
    /// A backslash in a string is a backslash.
    conforming_strings: bool,
}

impl Peer {
    /// A client that has said who it is.
    pub fn new(client: Client, is_target: bool) -> Self {
        Peer { client: Arc::new(client), is_target, ascii_safe: true, conforming_strings: true }
    }

    /// Who it is.
    pub fn client(&self) -> &Arc<Client> {
        &self.client
    }

    /// Whether its statements are looked at.
    pub fn is_target(&self) -> bool {
        self.is_target
    }

    /// It says farewell: nothing more is asked of its server.
    pub fn leaves(&mut self) {
        self.is_target = false;
    }

    /// A text, if it can be read safely: with backslashes in strings, or in an encoding in which an ASCII byte can be half a letter, nobody
    /// could tell where a literal ends.
    pub fn legible<'t>(&self, text: &'t [u8]) -> Option<&'t str> {
        std::str::from_utf8(text).ok().filter(|_| self.ascii_safe && self.conforming_strings)
    }

    /// The server reports a parameter. True when the client has another name now.
    #[must_use]
    pub fn reported(&mut self, parameter: &[u8], value: &[u8]) -> bool {
        match parameter {
            b"client_encoding" => self.ascii_safe = is_ascii_safe(value),
            b"standard_conforming_strings" => self.conforming_strings = value == b"on",
            b"application_name" => {
                let application = String::from_utf8_lossy(value).into_owned();
                if application != self.client.application {
                    self.client = Arc::new(Client { application, ..(*self.client).clone() });
                    return true;
                }
            }
            _ => {}
        }
        false
    }
}

/// Encodings in which every ASCII byte is an ASCII character (PostgreSQL source, pg_wchar.h: those that may be used on a server,
/// and LATIN and Windows ones). SJIS, BIG5, GBK, UHC, GB18030 and JOHAB are not.
fn is_ascii_safe(encoding: &[u8]) -> bool {
    let name = encoding.to_ascii_uppercase();
    !matches!(name.as_slice(), b"SJIS" | b"SHIFT_JIS_2004" | b"BIG5" | b"GBK" | b"UHC" | b"GB18030" | b"JOHAB")
}
