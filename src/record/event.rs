//! The events of a recording and their binary format: who logged in, what they sent, when they were answered. Nothing of an authentication; of an
//! answer only its time and its error, because a replay gets the rows from its two sides.

use std::fmt;

/// Something that happened in a recorded session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The head of the recording, a [`super::Head`] as JSON: the first event of a file.
    Head(Vec<u8>),
    /// A client logs in, with these start-up parameters.
    Begins(Vec<(Vec<u8>, Vec<u8>)>),
    /// The client has sent this: from the tap to the writer any piece of the stream, in the file whole frames.
    Sent(Vec<u8>),
    /// ReadyForQuery with its status, and the SQLSTATE of the first error since the previous ReadyForQuery.
    Answered(u8, Option<[u8; 5]>),
    /// The server waits for the rows of a COPY.
    CopyIn,
    /// A cancel request for the running statement.
    Cancelled,
    /// The rest of this session is not in the recording.
    Cut(Cut),
    /// The client or its server has ended the connection.
    Ends,
}

/// Why the recording of a session is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// The client sent faster than the disk could write.
    Queue,
    /// A frame is too long.
    Long,
    /// A redaction rule applies, and the frame cannot be parsed.
    Unredactable,
    /// The recording ended before the session.
    Stopped,
}

const CUTS: [Cut; 4] = [Cut::Queue, Cut::Long, Cut::Unredactable, Cut::Stopped];

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Cut::Queue => "the client sent faster than the disk could write",
            Cut::Long => "a frame is too long to be kept",
            Cut::Unredactable => "what was sent could not be redacted",
            Cut::Stopped => "the recording ended first",
        })
    }
}

/// An event with its session and its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The session's number in its file; 0 is the recording itself.
    pub session: u64,
    /// Microseconds since the recording began, by one clock for all sessions.
    pub at: u64,
    /// What happened.
    pub event: Event,
}

impl Record {
    /// Appends kind, session, time, length and body.
    pub fn write(&self, out: &mut Vec<u8>) {
        let mut body = Vec::new();
        let kind = match &self.event {
            Event::Head(json) => {
                body.extend_from_slice(json);
                0
            }
            Event::Begins(parameters) => {
                let strings = parameters.iter().flat_map(|(name, value)| [name.as_slice(), value.as_slice()]);
                for string in strings {
                    body.extend_from_slice(string);
                    body.push(0);
                }
                1
            }
            Event::Sent(frames) => {
                body.extend_from_slice(frames);
                2
            }
            Event::Answered(status, sqlstate) => {
                body.push(*status);
                body.extend(sqlstate.iter().flatten());
                3
            }
            Event::CopyIn => 4,
            Event::Cancelled => 5,
            Event::Cut(why) => {
                body.push(CUTS.iter().position(|cut| cut == why).unwrap_or_default() as u8);
                6
            }
            Event::Ends => 7,
        };
        out.push(kind);
        out.extend_from_slice(&self.session.to_be_bytes());
        out.extend_from_slice(&self.at.to_be_bytes());
        out.extend_from_slice(&(body.len() as u32).to_be_bytes());
        out.extend_from_slice(&body);
    }

    /// Takes the first one off; `None` if the bytes are not in this format.
    pub fn read(bytes: &mut &[u8]) -> Option<Record> {
        let (&kind, rest) = bytes.split_first()?;
        let (session, rest) = rest.split_first_chunk::<8>()?;
        let (at, rest) = rest.split_first_chunk::<8>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let (body, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        let event = match (kind, body) {
            (0, json) => Event::Head(json.to_vec()),
            (1, strings) => Event::Begins(pairs(strings)?),
            (2, frames) => Event::Sent(frames.to_vec()),
            (3, [status]) => Event::Answered(*status, None),
            (3, [status, sqlstate @ ..]) => Event::Answered(*status, Some(sqlstate.try_into().ok()?)),
            (4, []) => Event::CopyIn,
            (5, []) => Event::Cancelled,
            (6, [why]) => Event::Cut(*CUTS.get(usize::from(*why))?),
            (7, []) => Event::Ends,
            _ => return None,
        };
        *bytes = rest;
        Some(Record { session: u64::from_be_bytes(*session), at: u64::from_be_bytes(*at), event })
    }
}

/// Names and values, each ended by a zero.
fn pairs(bytes: &[u8]) -> Option<Vec<(Vec<u8>, Vec<u8>)>> {
    let mut strings = bytes.strip_suffix(&[0]).map_or_else(Vec::new, |b| b.split(|b| *b == 0).collect::<Vec<_>>()).into_iter();
    let mut out = Vec::new();
    while let Some(name) = strings.next() {
        out.push((name.to_vec(), strings.next()?.to_vec()));
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_back_as_they_were_written() {
        let events = [
            Event::Head(b"{}".to_vec()),
            Event::Begins(vec![(b"user".to_vec(), b"ana".to_vec()), (b"options".to_vec(), Vec::new())]),
            Event::Begins(Vec::new()),
            Event::Sent(b"Q\0\0\0\x05\0".to_vec()),
            Event::Answered(b'I', None),
            Event::Answered(b'E', Some(*b"42P01")),
            Event::CopyIn,
            Event::Cancelled,
            Event::Cut(Cut::Unredactable),
            Event::Ends,
        ];
        let all: Vec<Record> = events.into_iter().zip(7..).map(|(event, at)| Record { session: at * 3, at, event }).collect();
        let mut bytes = Vec::new();
        all.iter().for_each(|record| record.write(&mut bytes));
        let mut rest = bytes.as_slice();
        let read: Vec<Record> = std::iter::from_fn(|| Record::read(&mut rest)).collect();
        assert_eq!((read, rest.len()), (all, 0));
        for end in 1..21 {
            assert_eq!(Record::read(&mut &bytes[..end]), None);
        }
        assert_eq!(Record::read(&mut [9; 40].as_slice()), None);
    }
}
