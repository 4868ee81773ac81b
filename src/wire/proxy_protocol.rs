//! The header of the PROXY protocol, version 2 (HAProxy's proxy-protocol.txt, section 2.2), which a load balancer sends before the
//! first byte of a client, with the client's real address.
//!
//! Exactly the header is read, and no byte after it. Other fields in it (TLVs) are skipped, without allocating anything for them.
//! Version 1, which is text, is recognised but not read. Whether a header is believed is decided elsewhere.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::io::{AsyncRead, AsyncReadExt as _};

/// No PostgreSQL packet begins like this: as a length it exceeds [`super::startup::LONGEST_BYTES`].
const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
/// The beginning of a header of version 1.
const TEXT: &[u8] = b"PROXY ";
/// Signature, version and command, family, length.
const FIXED_BYTES: usize = 16;
/// The longest rest that is accepted. Addresses have 216 bytes at most; TLVs of load balancers (names, a certificate's subject)
/// have some hundred.
pub const LONGEST_BYTES: usize = 4096;
const TCP4_BYTES: usize = 12;
const TCP6_BYTES: usize = 36;
const UNIX_BYTES: usize = 216;

/// Why no header could be read.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The connection was closed before the first byte, as by a probe that only connects.
    #[error("closed without a PROXY protocol header")]
    Silent,
    /// It was closed in the middle of the header.
    #[error("closed in the middle of a PROXY protocol header")]
    Cut,
    /// There is something else.
    #[error("no PROXY protocol header stands before what was sent")]
    Missing,
    /// A header of version 1.
    #[error("a PROXY protocol header of version 1 (text); only version 2 is read")]
    Text,
    /// A version that is not 2.
    #[error("a PROXY protocol header of version {0}; only version 2 is read")]
    Version(u8),
    /// Neither LOCAL nor PROXY.
    #[error("a PROXY protocol header with the unknown command {0}")]
    Command(u8),
    /// Neither a stream over IPv4, IPv6 or Unix sockets nor unspecified.
    #[error("a PROXY protocol header with the family 0x{0:02x}, which is no stream")]
    Family(u8),
    /// Too short for its addresses, or longer than [`LONGEST_BYTES`].
    #[error("a PROXY protocol header with a length of {0}, which cannot be")]
    Length(usize),
    /// The socket failed.
    #[error("reading a PROXY protocol header: {0}")]
    Io(#[from] std::io::Error),
}

/// Reads the header. `None` when the load balancer speaks for itself (LOCAL: a health check), or for a client without an IP
/// address: then the load balancer's own address is used.
pub async fn read<R: AsyncRead + Unpin>(stream: &mut R) -> Result<Option<SocketAddr>, Fault> {
    let mut fixed = [0; FIXED_BYTES];
    let mut have = 0;
    while have < FIXED_BYTES {
        let read = stream.read(&mut fixed[have..]).await?;
        have += read;
        let head = &fixed[..have];
        if head.is_empty() {
            return Err(Fault::Silent);
        }
        // A PostgreSQL packet can be shorter than a header: bytes that are no header are reported at the first difference, without
        // waiting for more.
        if !agree(head, &SIGNATURE) {
            return Err(if agree(head, TEXT) { Fault::Text } else { Fault::Missing });
        }
        if read == 0 {
            return Err(Fault::Cut);
        }
    }
    let [.., command, family, high, low] = fixed;
    let length = usize::from(u16::from_be_bytes([high, low]));
    let form = Form::of(command, family)?;
    if length > LONGEST_BYTES || length < form.bytes() {
        return Err(Fault::Length(length));
    }
    let mut addresses = [0; TCP6_BYTES];
    let known = form.bytes().min(TCP6_BYTES);
    exactly(stream, &mut addresses[..known]).await?;
    skip(stream, length - known).await?;
    Ok(form.source(&addresses))
}

/// Whether bytes from a client begin like a header of any version. Four bytes are enough to tell.
pub fn is_header(bytes: &[u8]) -> bool {
    bytes.len() >= 4 && (agree(bytes, &SIGNATURE) || agree(bytes, TEXT))
}

/// Whether they are equal up to the shorter one's length.
fn agree(bytes: &[u8], whole: &[u8]) -> bool {
    bytes.iter().zip(whole).all(|(a, b)| a == b)
}

async fn exactly<R: AsyncRead + Unpin>(stream: &mut R, bytes: &mut [u8]) -> Result<(), Fault> {
    match stream.read_exact(bytes).await {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Err(Fault::Cut),
        Err(error) => Err(error.into()),
    }
}

async fn skip<R: AsyncRead + Unpin>(stream: &mut R, mut bytes: usize) -> Result<(), Fault> {
    let mut unread = [0; 256];
    while bytes > 0 {
        let piece = bytes.min(unread.len());
        exactly(stream, &mut unread[..piece]).await?;
        bytes -= piece;
    }
    Ok(())
}

/// What follows the fixed part.
#[derive(Debug, Clone, Copy)]
enum Form {
    /// Nothing that is needed.
    Own,
    /// Two IPv4 addresses and two ports.
    Tcp4,
    /// Two IPv6 addresses and two ports.
    Tcp6,
    /// Two paths: the client has no IP address.
    Unix,
}

impl Form {
    fn of(command: u8, family: u8) -> Result<Form, Fault> {
        match (command >> 4, command & 0x0f, family) {
            (2, 0, _) | (2, 1, 0x00) => Ok(Form::Own),
            (2, 1, 0x11) => Ok(Form::Tcp4),
            (2, 1, 0x21) => Ok(Form::Tcp6),
            (2, 1, 0x31) => Ok(Form::Unix),
            (2, 1, family) => Err(Fault::Family(family)),
            (2, command, _) => Err(Fault::Command(command)),
            (version, ..) => Err(Fault::Version(version)),
        }
    }

    /// The length of its addresses.
    fn bytes(self) -> usize {
        match self {
            Form::Own => 0,
            Form::Tcp4 => TCP4_BYTES,
            Form::Tcp6 => TCP6_BYTES,
            Form::Unix => UNIX_BYTES,
        }
    }

    /// The client's address and port: the first ones.
    fn source(self, addresses: &[u8; TCP6_BYTES]) -> Option<SocketAddr> {
        let port = |at: usize| u16::from_be_bytes([addresses[at], addresses[at + 1]]);
        let (address, port) = match self {
            Form::Own | Form::Unix => return None,
            Form::Tcp4 => (Ipv4Addr::from(*addresses.first_chunk::<4>()?).into(), port(8)),
            Form::Tcp6 => (IpAddr::from(Ipv6Addr::from(*addresses.first_chunk::<16>()?)), port(32)),
        };
        // An IPv4 client of a load balancer that listens on IPv6 is shown as an IPv4 client.
        Some(SocketAddr::new(address.to_canonical(), port))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
        [&SIGNATURE[..], &[command, family], &length, rest].concat()
    }

    fn tcp4() -> Vec<u8> {
        header(0x21, 0x11, &[203, 0, 113, 9, 10, 0, 0, 1, 0xd4, 0x31, 0x19, 0x20])
    }

    fn tcp6(source: &str) -> Vec<u8> {
        let source: Ipv6Addr = source.parse().unwrap();
        header(0x21, 0x21, &[&source.octets()[..], &[0; 16], &[0, 80], &[0, 1]].concat())
    }

    /// What is read from these bytes, and how many are left.
    async fn of(bytes: &[u8]) -> (String, usize) {
        let mut rest = bytes;
        let told = match read(&mut rest).await {
            Ok(Some(source)) => source.to_string(),
            Ok(None) => "itself".to_owned(),
            Err(fault) => fault.to_string(),
        };
        (told, rest.len())
    }

    #[tokio::test]
    async fn a_header_tells_the_client_and_takes_no_byte_more() {
        let tlv = [0x03, 0x00, 0x02, 0xab, 0xcd];
        let long = vec![7; LONGEST_BYTES - TCP4_BYTES];
        let with = |header: Vec<u8>, more: &[u8]| {
            let mut header = header;
            let length = u16::try_from(header.len() - FIXED_BYTES + more.len()).unwrap().to_be_bytes();
            header[14..16].copy_from_slice(&length);
            [&header, more].concat()
        };
        for (bytes, told) in [
            (tcp4(), "203.0.113.9:54321"),
            (with(tcp4(), &tlv), "203.0.113.9:54321"),
            (with(tcp4(), &long), "203.0.113.9:54321"),
            (tcp6("2001:db8::9"), "[2001:db8::9]:80"),
            (tcp6("::ffff:203.0.113.9"), "203.0.113.9:80"),
            (with(tcp6("2001:db8::9"), &tlv), "[2001:db8::9]:80"),
            (header(0x20, 0x00, b""), "itself"),
            (header(0x20, 0x11, &[1; 12]), "itself"),
            (header(0x20, 0xff, &[1; 5]), "itself"),
            (header(0x21, 0x00, &[1; 5]), "itself"),
            (header(0x21, 0x31, &[b'x'; 216]), "itself"),
        ] {
            let sent = [&bytes[..], b"\0\0\0\x08\x04\xd2\x16\x2f"].concat();
            assert_eq!(of(&sent).await, (told.to_owned(), 8), "{}", bytes.escape_ascii());
        }
    }

    #[tokio::test]
    async fn a_header_that_is_cut_at_any_byte_is_none() {
        for whole in [tcp4(), tcp6("2001:db8::9"), header(0x21, 0x31, &[b'x'; 216]), header(0x20, 0, &[1; 300])] {
            for cut in 1..whole.len() {
                assert_eq!(of(&whole[..cut]).await.0, "closed in the middle of a PROXY protocol header", "{cut}");
            }
            assert_eq!(of(b"").await.0, "closed without a PROXY protocol header");
            // A wrong byte in the signature is noticed when it comes, without waiting for more.
            for wrong in 0..SIGNATURE.len() {
                let mut bytes = whole.clone();
                bytes[wrong] ^= 1;
                let told = of(&bytes[..=wrong]).await.0;
                assert_eq!(told, "no PROXY protocol header stands before what was sent", "{wrong}");
            }
        }
    }

    #[tokio::test]
    async fn what_cannot_be_is_refused_before_it_is_read() {
        let claims = |command, family, length: u16| {
            [&SIGNATURE[..], &[command, family], &length.to_be_bytes(), &vec![0; usize::from(length)]].concat()
        };
        for (bytes, told) in [
            (claims(0x21, 0x11, 11), "a PROXY protocol header with a length of 11, which cannot be"),
            (claims(0x21, 0x21, 35), "a PROXY protocol header with a length of 35, which cannot be"),
            (claims(0x21, 0x31, 215), "a PROXY protocol header with a length of 215, which cannot be"),
            (claims(0x21, 0x11, 4097), "a PROXY protocol header with a length of 4097, which cannot be"),
            (claims(0x20, 0x00, 65_535), "a PROXY protocol header with a length of 65535, which cannot be"),
            (claims(0x21, 0x12, 12), "a PROXY protocol header with the family 0x12, which is no stream"),
            (claims(0x21, 0x41, 12), "a PROXY protocol header with the family 0x41, which is no stream"),
            (claims(0x22, 0x11, 12), "a PROXY protocol header with the unknown command 2"),
            (claims(0x31, 0x11, 12), "a PROXY protocol header of version 3; only version 2 is read"),
            (claims(0x01, 0x11, 12), "a PROXY protocol header of version 0; only version 2 is read"),
        ] {
            let length = bytes.len() - FIXED_BYTES;
            assert_eq!(of(&bytes).await, (told.to_owned(), length));
        }
        for text in ["P", "PROXY", "PROXY TCP4 203.0.113.9 10.0.0.1 54321 6432\r\n"] {
            assert_eq!(of(text.as_bytes()).await.0, "a PROXY protocol header of version 1 (text); only version 2 is read");
        }
    }

    #[test]
    fn a_header_is_told_from_a_packet() {
        assert!(is_header(&tcp4()) && is_header(&tcp4()[..4]) && is_header(b"PROX") && is_header(b"PROXY TCP4"));
        assert!(
            !is_header(&tcp4()[..3]) && !is_header(b"PROXIES") && !is_header(&super::super::startup::packet(&[("user", "ana")]))
        );
    }
}
