//! The packets before the first tagged frame (manual, sections 55.2.1 and 55.2.10 to 55.2.12): a length, a code, parameters.

/// The longest start-up packet that PostgreSQL accepts, its length field included (source, pqcomm.h, MAX_STARTUP_PACKET_LENGTH).
pub const LONGEST_BYTES: usize = 10_004;

const PROTOCOL_3_0: u32 = 196_608;
const CANCEL: u32 = 80_877_102;
const TLS: u32 = 80_877_103;
const GSS: u32 = 80_877_104;

/// A client's first packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum First {
    /// Asks for TLS; the same socket goes on.
    Tls,
    /// Asks for GSSAPI encryption; the same socket goes on.
    Gss,
    /// Asks the server to cancel a running statement.
    Cancel,
    /// Logs in, with any protocol version: the server answers for versions that it does not know.
    Startup(Startup),
}

/// A start-up message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Startup {
    /// Names and values in order; bytes, because their encoding is not known.
    pub parameters: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Startup {
    /// A parameter as text, if it is UTF-8. Of a name that is given twice the last value counts, as in the server.
    pub fn get(&self, name: &str) -> Option<String> {
        let found = self.parameters.iter().rfind(|(n, _)| n == name.as_bytes())?;
        Some(String::from_utf8_lossy(&found.1).into_owned())
    }

    /// The user who logs in.
    pub fn user(&self) -> String {
        self.get("user").unwrap_or_default()
    }

    /// The database; if none is named, that of the user's name.
    pub fn database(&self) -> String {
        self.get("database").unwrap_or_else(|| self.user())
    }

    /// Whether it asks for a replication connection, whose frames pass unread.
    pub fn is_replication(&self) -> bool {
        self.get("replication")
            .is_some_and(|v| !matches!(v.to_lowercase().as_str(), "" | "off" | "false" | "no" | "0" | "f" | "n"))
    }
}

/// A cancel request for a server process (manual, section 55.2.8). `key` is the body of its BackendKeyData.
pub fn cancel(key: &[u8]) -> Vec<u8> {
    [&(key.len() as u32 + 8).to_be_bytes()[..], &CANCEL.to_be_bytes(), key].concat()
}

/// The key in a cancel request.
pub fn cancelled(packet: &[u8]) -> Option<&[u8]> {
    packet.get(4..)?.strip_prefix(&CANCEL.to_be_bytes())
}

/// A start-up packet of protocol 3.0 with these parameters.
pub fn packet(parameters: &[(&str, &str)]) -> Vec<u8> {
    let strings = parameters.iter().flat_map(|(name, value)| [name.as_bytes(), &[0], value.as_bytes(), &[0]]);
    let body = [&PROTOCOL_3_0.to_be_bytes()[..], &strings.collect::<Vec<_>>().concat(), &[0]].concat();
    [&(body.len() as u32 + 4).to_be_bytes()[..], &body].concat()
}

/// The length of the packet at the start of `bytes`, including the length field; `None` when that is not there yet, an error when
/// it is not possible.
pub fn length(bytes: &[u8]) -> Option<Result<usize, ()>> {
    let length = u32::from_be_bytes(*bytes.first_chunk::<4>()?) as usize;
    Some(if (8..=LONGEST_BYTES).contains(&length) { Ok(length) } else { Err(()) })
}

/// Reads a complete packet.
pub fn parse(packet: &[u8]) -> Option<First> {
    let code = u32::from_be_bytes(*packet.get(4..)?.first_chunk::<4>()?);
    match code {
        CANCEL => return Some(First::Cancel),
        TLS => return Some(First::Tls),
        GSS => return Some(First::Gss),
        _ => {}
    }
    let mut parameters = Vec::new();
    let mut rest = &packet[8..];
    while let Some((name, behind)) = super::frame::cstr(rest).filter(|(name, _)| !name.is_empty()) {
        let (value, behind) = super::frame::cstr(behind)?;
        parameters.push((name.to_vec(), value.to_vec()));
        rest = behind;
    }
    Some(First::Startup(Startup { parameters }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(code: u32, body: &[u8]) -> Vec<u8> {
        let mut out = (8 + body.len() as u32).to_be_bytes().to_vec();
        out.extend(code.to_be_bytes());
        out.extend(body);
        out
    }

    #[test]
    fn packets() {
        assert_eq!(parse(&packet(TLS, b"")), Some(First::Tls));
        let body = b"user\0ana\0replication\0database\0options\0-c a=b\0\0";
        let Some(First::Startup(startup)) = parse(&packet(196_608, body)) else { panic!() };
        assert_eq!((startup.user(), startup.database(), startup.is_replication()), ("ana".into(), "ana".into(), true));
        let own = super::packet(&[("user", "ana"), ("database", "x")]);
        let Some(First::Startup(read)) = parse(&own) else { panic!() };
        assert_eq!((read.user(), read.database(), length(&own)), ("ana".into(), "x".into(), Some(Ok(own.len()))));
        assert_eq!(length(&[0, 0, 0, 7]), Some(Err(())));
        assert_eq!(length(&[0, 0, 0]), None);
    }
}
