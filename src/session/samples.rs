//! Reads of tables in mode shadow that are not executed to their end yet.

use std::collections::HashMap;

use super::statement::NameId;
use crate::shadow::{Parameter, Sample};

/// A longer Bind passes unread: its statement is not compared.
const LONGEST_BIND_BYTES: usize = 64 * 1024;

/// The samples of a session.
#[derive(Debug, Default)]
pub struct Samples {
    /// The reads of portals, to be compared when they have been executed.
    by_portal: HashMap<NameId, Box<Sample>, ahash::RandomState>,
    /// A statement was prepared that reads a table in mode shadow: parameters of Binds are wanted.
    are_wanted: bool,
}

impl Samples {
    /// A statement was prepared; `shadow`: it reads a table in mode shadow.
    pub fn prepared(&mut self, shadow: bool) {
        self.are_wanted |= shadow;
    }

    /// Whether the parameters of a Bind of this length are wanted, for a comparison or for a read that may be sent again.
    pub fn want_bind(&self, total: usize, is_kept: bool) -> bool {
        (self.are_wanted || is_kept) && total <= LONGEST_BIND_BYTES
    }

    /// The server has made a portal.
    pub fn bound(&mut self, portal: NameId, sample: Option<Box<Sample>>) {
        match sample {
            Some(sample) => drop(self.by_portal.insert(portal, sample)),
            None if self.by_portal.is_empty() => {}
            None => drop(self.by_portal.remove(&portal)),
        }
    }

    /// A portal was executed to its end.
    pub fn executed(&mut self, portal: NameId) -> Option<Box<Sample>> {
        if self.by_portal.is_empty() { None } else { self.by_portal.remove(&portal) }
    }

    /// The end of a transaction closes all portals.
    pub fn transaction_ended(&mut self) {
        self.by_portal.clear();
    }
}

/// The parameter types of a Parse (manual, section 55.7): a number and OIDs.
pub fn types(body: &[u8]) -> Option<Vec<u32>> {
    Some(body.get(2..)?.chunks_exact(4).map(|t| u32::from_be_bytes([t[0], t[1], t[2], t[3]])).collect())
}

/// The numbers of the parameters to which a Parse gives a type (manual, section 55.7): 0 and `unknown` leave it open.
pub fn declared(body: &[u8]) -> Vec<usize> {
    const UNKNOWN: u32 = 705;
    let known = types(body).unwrap_or_default().into_iter().zip(1..).filter(|(oid, _)| ![0, UNKNOWN].contains(oid));
    known.map(|(_, number)| number).collect()
}

/// The parameters of a Bind (manual, section 55.7): a number and formats, a number and values.
pub fn values(body: &[u8]) -> Option<Vec<Parameter>> {
    let mut rest = body;
    let mut number = |bytes: usize| {
        let (head, tail) = rest.split_at_checked(bytes)?;
        rest = tail;
        Some(head)
    };
    let short = |bytes: &[u8]| bytes.iter().fold(0_usize, |n, b| n << 8 | usize::from(*b));
    let formats = (0..short(number(2)?)).map(|_| number(2).map(short)).collect::<Option<Vec<_>>>()?;
    let count = short(number(2)?);
    let mut out = Vec::with_capacity(count);
    for i in 0..count {
        // One code applies to all parameters, none means text.
        let binary = formats.get(if formats.len() == 1 { 0 } else { i }) == Some(&1);
        let length = number(4)?;
        let value = if length == [0xff; 4] { None } else { Some(number(short(length))?.to_vec()) };
        out.push(Parameter { binary, value });
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read_as_they_stand_in_a_bind() {
        let parameter = |binary, value: Option<&[u8]>| Parameter { binary, value: value.map(<[u8]>::to_vec) };
        let body = b"\0\x01\0\x01\0\x02\0\0\0\x02ab\xff\xff\xff\xff\0\0";
        assert_eq!(values(body).unwrap(), [parameter(true, Some(b"ab")), parameter(true, None)]);
        assert_eq!(values(b"\0\0\0\x01\0\0\0\0\0\0").unwrap(), [parameter(false, Some(b""))]);
        assert_eq!(values(b"\0\x02\0\0\0\x01\0\x01\0\0\0\x09x"), None);
    }
}
