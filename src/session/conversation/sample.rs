//! Reads of tables in mode shadow, as they are handed over to be run a second time.

use std::sync::Arc;

use super::Conversation;
use crate::session::prepared::{Held, How};
use crate::session::step::{Info, NameId};
use crate::shadow::{Parameter, Sample};

/// A Bind that is longer passes unread: its statement is not compared.
pub(super) const LONGEST_BIND_BYTES: usize = 64 * 1024;

impl Conversation {
    /// A Bind's statement with its parameters, if it is one of the sample.
    pub(super) fn sample_of_portal(&self, held: &Held, parameters: &[u8]) -> Option<Box<Sample>> {
        let How::Protocol(types) = &held.how else { return None };
        if !held.info.outcome.shadow || !self.is_sampled() {
            return None;
        }
        let types = types.get(2..)?.chunks_exact(4).map(|t| u32::from_be_bytes([t[0], t[1], t[2], t[3]])).collect();
        Some(Box::new(self.sample(&held.info, types, values(parameters)?)))
    }

    /// A statement of a portal was executed to its end.
    pub(super) fn offer_portal(&mut self, portal: NameId) {
        if !self.samples.is_empty()
            && let Some(sample) = self.samples.remove(&portal)
        {
            self.shared.shadow.offer(*sample);
        }
    }

    /// A simple query was executed.
    pub(super) fn offer_query(&self, info: &Arc<Info>) {
        if info.outcome.shadow && self.is_sampled() {
            self.shared.shadow.offer(self.sample(info, Vec::new(), Vec::new()));
        }
    }

    /// Temporary tables are the client's own: nobody else can read them.
    fn is_sampled(&self) -> bool {
        self.names.temporary.is_empty() && self.shared.shadow.is_sampled(self.shared.settings.load().shadow.every)
    }

    fn sample(&self, info: &Info, types: Vec<u32>, parameters: Vec<Parameter>) -> Sample {
        let mut tables: Vec<String> = info.outcome.hits.iter().map(|h| h.table.clone()).collect();
        tables.dedup();
        Sample {
            text: info.text.clone(),
            forwarded: info.outcome.text.clone().unwrap_or_else(|| info.text.as_ref().into()),
            fingerprint: info.outcome.seen.as_ref().map_or(0, |seen| seen.fingerprint),
            tables,
            types,
            parameters,
            names: self.names.clone(),
        }
    }
}

/// The parameters of a Bind (manual, section 55.7): a count and formats, a count and values.
fn values(body: &[u8]) -> Option<Vec<Parameter>> {
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
        // One code stands for all, none for text.
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
