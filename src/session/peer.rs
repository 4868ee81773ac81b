//! Who the client is, and how its statements are read.

use std::sync::Arc;

use super::reading::Reading;
use crate::traffic::Client;

/// The client of a session.
#[derive(Debug)]
pub struct Peer {
    client: Arc<Client>,
    /// Its statements are looked at: it is a client of the target database, and not one of replication.
    is_target: bool,
    /// How its texts are read, as the server last reported.
    reading: Reading,
    /// The same when the login was over: what RESET ALL brings back.
    first: Option<Reading>,
    /// A statement that is on its way may change that; the number of ReadyForQuery until it is known, because the server reports
    /// changed parameters only before ReadyForQuery (source, postgres.c, ReportChangedGUCOptions).
    rereading: usize,
    /// A statement of this session has passed unread.
    was_unread: bool,
}

impl Peer {
    /// A client that has sent its start-up packet.
    pub fn new(client: Client, is_target: bool) -> Self {
        let reading = Reading::default();
        Peer { client: Arc::new(client), is_target, reading, first: None, rereading: 0, was_unread: false }
    }

    /// The client.
    pub fn client(&self) -> &Arc<Client> {
        &self.client
    }

    /// Whether its statements are looked at.
    pub fn is_target(&self) -> bool {
        self.is_target
    }

    /// The client disconnects: its server is asked nothing more.
    pub fn leaves(&mut self) {
        self.is_target = false;
    }

    /// How its texts are read.
    pub fn reading(&self) -> Reading {
        self.reading
    }

    /// Whether they are read as at the login, as far as the server has told.
    pub fn reads_as_first(&self) -> bool {
        self.first == Some(self.reading)
    }

    /// A statement is sent that may change how the next ones are read; `behind` requests that end with ReadyForQuery come before
    /// its own.
    pub fn may_reread(&mut self, behind: usize) {
        self.rereading = behind + 1;
    }

    /// Whether it is not known yet how the next text is to be read.
    pub fn is_rereading(&self) -> bool {
        self.rereading > 0
    }

    /// ReadyForQuery has come.
    pub fn ready(&mut self, is_all_answered: bool) {
        self.first.get_or_insert(self.reading);
        self.rereading = if is_all_answered { 0 } else { self.rereading.saturating_sub(1) };
    }

    /// A statement passes unread; true for the first one of the session.
    #[must_use]
    pub fn is_first_unread(&mut self) -> bool {
        !std::mem::replace(&mut self.was_unread, true)
    }

    /// The server reports a parameter. True when it is the application name, and has changed.
    #[must_use]
    pub fn reported(&mut self, parameter: &[u8], value: &[u8]) -> bool {
        match parameter {
            b"client_encoding" => self.reading.encode_as(value),
            b"standard_conforming_strings" => self.reading.conform(value == b"on"),
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
