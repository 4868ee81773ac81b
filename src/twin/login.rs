//! The client's part of password authentication (manual, section 55.2.1): cleartext, MD5, SCRAM-SHA-256 without channel binding.

use postgres_protocol::authentication::md5_hash;
use postgres_protocol::authentication::sasl::{ChannelBinding, SCRAM_SHA_256, ScramSha256};

use crate::error::{Error, Result};

/// The user, and the state of the login.
pub(super) struct Proof<'p> {
    user: &'p [u8],
    password: Option<&'p str>,
    scram: Option<ScramSha256>,
}

impl<'p> Proof<'p> {
    pub(super) fn new(user: &'p [u8], password: Option<&'p str>) -> Self {
        Proof { user, password, scram: None }
    }

    /// The answer to an Authentication message, if it asks for one.
    pub(super) fn answer(&mut self, body: &[u8]) -> Result<Option<Vec<u8>>> {
        let (kind, data) = body.split_first_chunk::<4>().ok_or_else(|| wrong("malformed message"))?;
        Ok(match u32::from_be_bytes(*kind) {
            0 => None,
            3 => Some([self.password()?.as_bytes(), &[0]].concat()),
            5 => {
                let salt = data.first_chunk().ok_or_else(|| wrong("message without a salt"))?;
                let hash = md5_hash(self.user, self.password()?.as_bytes(), *salt);
                Some([hash.as_bytes(), &[0]].concat())
            }
            10 => {
                let scram = self.scram.insert(ScramSha256::new(self.password()?.as_bytes(), ChannelBinding::unsupported()));
                let first = scram.message();
                let length = u32::try_from(first.len()).unwrap_or(u32::MAX).to_be_bytes();
                Some([SCRAM_SHA_256.as_bytes(), &[0], &length, first].concat())
            }
            11 => {
                let scram = self.scram()?;
                scram.update(data).map_err(|e| wrong(&e.to_string()))?;
                Some(scram.message().to_vec())
            }
            12 => {
                self.scram()?.finish(data).map_err(|e| wrong(&e.to_string()))?;
                None
            }
            other => return Err(wrong(&format!("kind {other} is not supported, only password, MD5, SCRAM-SHA-256"))),
        })
    }

    fn password(&self) -> Result<&'p str> {
        self.password.ok_or_else(|| wrong("it asks for a password, and none is given"))
    }

    fn scram(&mut self) -> Result<&mut ScramSha256> {
        self.scram.as_mut().ok_or_else(|| wrong("SCRAM continues without having begun"))
    }
}

fn wrong(what: &str) -> Error {
    Error::refused(format!("the server's authentication: {what}"))
}
