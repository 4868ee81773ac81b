//! Who owns the other end of a loopback socket. The kernel lists every TCP socket with its owner (proc(5), `/proc/net/tcp`);
//! without a users file the console uses this to check that a client is root or our own user, as it could with a Unix socket.

use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::MetadataExt as _;

/// Whether the other end of a socket is on this machine and belongs to root or to the user of this process. Reads files: not to be
/// called on an event loop.
pub(super) fn is_own(peer: SocketAddr, local: SocketAddr) -> bool {
    let own = std::fs::metadata("/proc/self").map(|process| process.uid()).ok();
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|file| std::fs::read_to_string(file).unwrap_or_default());
    let owner = tables.iter().find_map(|table| owner(table, peer, local));
    peer.ip().to_canonical().is_loopback() && owner.is_some_and(|uid| uid == 0 || Some(uid) == own)
}

/// The owner of the socket whose own end is `peer`, and whose other end is `local`.
fn owner(table: &str, peer: SocketAddr, local: SocketAddr) -> Option<u32> {
    table.lines().skip(1).find_map(|line| {
        let mut fields = line.split_ascii_whitespace().skip(1);
        let (own, other) = (end(fields.next()?)?, end(fields.next()?)?);
        let is_it = same(own, peer) && same(other, local);
        is_it.then(|| fields.nth(4)?.parse().ok()).flatten()
    })
}

fn same(one: SocketAddr, other: SocketAddr) -> bool {
    one.ip().to_canonical() == other.ip().to_canonical() && one.port() == other.port()
}

/// `0100007F:1921`: an address in words of four bytes, each in the machine's order, and a port.
fn end(text: &str) -> Option<SocketAddr> {
    let (address, port) = text.split_once(':')?;
    if !matches!(address.len(), 8 | 32) {
        return None;
    }
    let words = address.as_bytes().chunks(8).map(|word| u32::from_str_radix(std::str::from_utf8(word).ok()?, 16).ok());
    let bytes: Vec<u8> = words.map(|word| word.map(u32::to_ne_bytes)).collect::<Option<Vec<_>>>()?.concat();
    let ip = match <[u8; 4]>::try_from(bytes.as_slice()) {
        Ok(four) => IpAddr::from(four),
        Err(_) => IpAddr::from(<[u8; 16]>::try_from(bytes.as_slice()).ok()?),
    };
    Some(SocketAddr::new(ip, u16::from_str_radix(port, 16).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_of_a_socket_is_found_by_both_of_its_ends() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
             \x20  0: 0100007F:1921 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 1 1\n\
             \x20  1: 0100007F:C350 0100007F:1921 01 00000000:00000000 00:00000000 00000000  1001        0 2 1\n";
        let at = |text: &str| text.parse::<SocketAddr>().unwrap();
        if cfg!(target_endian = "little") {
            assert_eq!(owner(table, at("127.0.0.1:50000"), at("127.0.0.1:6433")), Some(1001));
            assert_eq!(owner(table, at("[::ffff:127.0.0.1]:50000"), at("127.0.0.1:6433")), Some(1001));
            assert_eq!(owner(table, at("127.0.0.1:50001"), at("127.0.0.1:6433")), None);
        }
        assert_eq!(owner("", at("127.0.0.1:50000"), at("127.0.0.1:6433")), None);
        assert!(end("zz").is_none() && end("0100007F").is_none() && end("01:1").is_none());
    }

    #[test]
    fn a_socket_of_this_process_is_its_own() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        assert!(is_own(client.local_addr().unwrap(), listener.local_addr().unwrap()));
        assert!(!is_own("127.0.0.1:1".parse().unwrap(), listener.local_addr().unwrap()));
    }
}
