//! Tags and lengths (manual, section 55.7).

use super::tag::client;

/// A tag and a length field.
pub const HEADER_BYTES: usize = 5;
/// The longest frame that PostgreSQL itself accepts or sends (source, pqcomm.c and stringinfo.h: a palloc'd gigabyte).
pub const LONGEST_BYTES: usize = 0x3fff_ffff;

/// A frame's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The message type.
    pub tag: u8,
    /// The length of the whole frame in bytes, tag and length field included.
    pub total: usize,
}

/// Why five bytes are not a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// The length is below 4 or beyond [`LONGEST_BYTES`].
    #[error("invalid message length")]
    Length,
    /// No client sends this tag.
    #[error("invalid frontend message type {0}")]
    Tag(u8),
}

/// Reads the header at the start of `bytes`; `None` when it is not complete.
pub fn header(bytes: &[u8]) -> Option<Result<Header, Malformed>> {
    let (&tag, rest) = bytes.split_first()?;
    let length = u32::from_be_bytes(*rest.first_chunk::<4>()?) as usize;
    if !(4..=LONGEST_BYTES).contains(&length) {
        return Some(Err(Malformed::Length));
    }
    Some(Ok(Header { tag, total: length + 1 }))
}

/// Whether a client may send this tag after log-in.
pub fn is_frontend_tag(tag: u8) -> bool {
    matches!(
        tag,
        client::BIND
            | client::CLOSE
            | client::COPY_DATA
            | client::COPY_DONE
            | client::COPY_FAIL
            | client::DESCRIBE
            | client::EXECUTE
            | client::FLUSH
            | client::FUNCTION_CALL
            | client::PARSE
            | client::PASSWORD
            | client::QUERY
            | client::SYNC
            | client::TERMINATE
    )
}

/// Appends a frame.
pub fn write(out: &mut Vec<u8>, tag: u8, parts: &[&[u8]]) {
    let body: usize = parts.iter().map(|p| p.len()).sum();
    out.push(tag);
    // A body cannot exceed u32: it was read from a frame, or generated from one.
    out.extend_from_slice(&u32::try_from(body + 4).unwrap_or(u32::MAX).to_be_bytes());
    parts.iter().for_each(|p| out.extend_from_slice(p));
}

/// The bytes before the next zero byte, and those after it.
pub fn cstr(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = memchr::memchr(0, bytes)?;
    Some((&bytes[..end], &bytes[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers() {
        assert_eq!(header(b"Q\0\0\0"), None);
        assert_eq!(header(b"Q\0\0\0\x05x"), Some(Ok(Header { tag: b'Q', total: 6 })));
        assert_eq!(header(b"Q\0\0\0\x03"), Some(Err(Malformed::Length)));
        assert_eq!(header(b"Q\xff\xff\xff\xff"), Some(Err(Malformed::Length)));
    }

    #[test]
    fn frames_are_written_as_they_are_read() {
        let mut out = Vec::new();
        write(&mut out, b'P', &[b"s\0", b"select 1\0", &[0, 0]]);
        let head = header(&out).unwrap().unwrap();
        assert_eq!((head.tag, head.total), (b'P', out.len()));
        let (name, rest) = cstr(&out[HEADER_BYTES..]).unwrap();
        assert_eq!((name, cstr(rest).unwrap().0), (&b"s"[..], &b"select 1"[..]));
    }
}
