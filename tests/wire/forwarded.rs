//! Clients behind a load balancer that speaks the PROXY protocol: each is shown and recorded with its own address, and no other machine can claim an
//! address. The balancer is 127.0.0.1; 127.0.0.2 is another machine.

use std::time::{Duration, Instant};

use esclusa::config::document::Value;
use esclusa::config::value::Setting as _;
use esclusa::config::{Network, OfferTls, Settings};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::client::Client;
use crate::common;
use crate::frames::*;
use crate::process::{Proxy, eventually};
use crate::stage::{Way, stage};
use crate::tls::{Secure, handshake, message, socket};
use crate::transcript::Leniency;

const BALANCERS: (&str, &str) = ("LISTEN_PROXY_PROTOCOL_FROM", "127.0.0.1/32, 2001:db8::/32");
const ELSEWHERE: &str = "127.0.0.2";
const CLIENT: &str = "203.0.113.9";

fn header(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
    let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
    [b"\r\n\r\n\0\r\nQUIT\n", &[command, family][..], &length, rest].concat()
}

/// The header of [`CLIENT`], port 54321, with a TLV behind it, as HAProxy sends one with `send-proxy-v2-ssl`.
fn of_client() -> Vec<u8> {
    header(0x21, 0x11, &[203, 0, 113, 9, 10, 0, 0, 1, 0xd4, 0x31, 0x19, 0x20, 0x20, 0, 5, 0, 0, 0, 0, 0])
}

fn of_client_v6() -> Vec<u8> {
    let address: std::net::Ipv6Addr = "2001:db8::9".parse().unwrap();
    header(0x21, 0x21, &[&address.octets()[..], &[0; 16], &[0, 80], &[0x19, 0x20]].concat())
}

fn log_in() -> Vec<u8> {
    startup(V3_0, &[("user", "postgres"), ("database", Way::Rewriting.database()), ("application_name", "behind")])
}

fn proxy(settings: &[(&str, &str)]) -> Proxy {
    Proxy::start(&format!("127.0.0.1:{}", stage().postgres), &[&[BALANCERS], settings].concat())
}

/// A session whose first bytes are these, and its key.
async fn session(proxy: &Proxy, own: &str, before: &[u8]) -> (Client, Vec<u8>) {
    let mut client = Client::connect_from(own, proxy.address).await;
    client.send(&[before, &log_in()].concat()).await;
    let mut key = Vec::new();
    while let Some(message) = client.message().await {
        match message.tag {
            b'K' => key = message.body,
            b'Z' => return (client, key),
            b'E' => panic!("{}", message.line(Leniency::default())),
            _ => {}
        }
    }
    panic!("closed before it was ready");
}

/// `SHOW SESSIONS`: address and port of each, and its number.
async fn shown(proxy: &Proxy) -> Vec<[String; 3]> {
    let mut console = Client::log_in(proxy.console, "esclusa", "esclusa").await;
    console.send(&query("SHOW SESSIONS")).await;
    let mut rows = Vec::new();
    while let Some(message) = console.message().await.filter(|m| m.tag != b'Z') {
        if message.tag != b'D' {
            continue;
        }
        let (mut cells, mut rest) = (Vec::new(), &message.body[2..]);
        while let Some((length, behind)) = rest.split_first_chunk::<4>() {
            let length = usize::try_from(i32::from_be_bytes(*length)).unwrap_or(0);
            cells.push(String::from_utf8_lossy(&behind[..length]).into_owned());
            rest = &behind[length..];
        }
        rows.push([cells[4].clone(), cells[5].clone(), cells[0].clone()]);
    }
    rows
}

#[tokio::test]
async fn clients_are_shown_and_recorded_as_who_they_are() {
    let url = format!("postgres://postgres@127.0.0.1:{}/{}", stage().postgres, Way::Rewriting.database());
    let mut proxy = proxy(&[("CONTROL_URL", &url), ("CONTROL_FLUSH_INTERVAL", "100ms")]);
    let (mut behind, _) = session(&proxy, "127.0.0.1", &of_client()).await;
    let (mut behind_v6, _) = session(&proxy, "127.0.0.1", &of_client_v6()).await;
    let (mut check, _) = session(&proxy, "127.0.0.1", &header(0x20, 0, b"")).await;
    let (mut direct, _) = session(&proxy, ELSEWHERE, b"").await;
    for client in [&mut behind, &mut behind_v6, &mut check, &mut direct] {
        assert_eq!(client.value("select count(*) from cf_quere_pro.tipocorreo").await, "20");
    }
    let port = |client: &Client| client.socket.local_addr().unwrap().port().to_string();
    let rows = shown(&proxy).await;
    let who: Vec<[&str; 2]> = rows.iter().map(|[address, port, _]| [address.as_str(), port.as_str()]).collect();
    let (checks, directs) = (port(&check), port(&direct));
    assert_eq!(who, [[CLIENT, "54321"], ["2001:db8::9", "80"], ["127.0.0.1", &checks], [ELSEWHERE, &directs]]);
    let recorded = format!(
        "SELECT count(DISTINCT client_address) = 4 FROM esclusa.hit WHERE application_name = 'behind' AND client_address IN \
         ('{CLIENT}', '2001:db8::9', '127.0.0.1', '{ELSEWHERE}')"
    );
    common::wait_for(&common::server().await.connect(Way::Rewriting.database()).await.unwrap(), &recorded).await;
    // KILL finds it by that row.
    Client::log_in(proxy.console, "esclusa", "esclusa").await.query(&format!("KILL {}", rows[0][2])).await;
    assert!(behind.until(b'Z').await[0].contains("C57P01"));
    assert_eq!(direct.value("select 1").await, "1");
    proxy.assert_sound();
}

/// However its bytes come, and for a cancel request too, which has no place and no line in SHOW SESSIONS.
#[tokio::test]
async fn a_header_may_come_in_pieces_and_before_a_cancel_request() {
    let mut proxy = proxy(&[]);
    let mut slow = Client::connect(proxy.address).await;
    for byte in [of_client(), log_in()].concat() {
        slow.send(&[byte]).await;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(slow.until(b'Z').await.last().unwrap(), "Z ReadyForQuery I");
    let (mut busy, key) = session(&proxy, "127.0.0.1", &of_client()).await;
    busy.send(&query("select pg_sleep(60)")).await;
    let pid = u32::from_be_bytes(*key.first_chunk().unwrap());
    let running = format!(
        "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = {pid} AND query LIKE '%pg_sleep%' AND state = 'active')"
    );
    common::wait_for(&stage().admin().await, &running).await;
    let mut cancel = Client::connect(proxy.address).await;
    cancel.send(&[of_client(), packet(CANCEL, &key)].concat()).await;
    assert_eq!(cancel.rest().await, b"");
    assert!(busy.until(b'Z').await.iter().any(|l| l.contains("C57014")));
    proxy.assert_sound();
}

/// A header of somebody else, of any version, a second header, and none at all: each is refused with the reason, and affects no other client.
#[tokio::test]
async fn only_balancers_are_believed_and_they_must_speak() {
    let mut proxy = proxy(&[]);
    let (mut neighbour, _) = session(&proxy, "127.0.0.1", &of_client()).await;
    let text = b"PROXY TCP4 203.0.113.9 10.0.0.1 54321 6432\r\n";
    let (not_accepted, expected) =
        ("a PROXY protocol header is not accepted here", "esclusa expects a PROXY protocol header of version 2");
    for (own, before, told) in [
        (ELSEWHERE, of_client(), not_accepted),
        (ELSEWHERE, header(0x20, 0, b""), not_accepted),
        (ELSEWHERE, text.to_vec(), not_accepted),
        ("127.0.0.1", [of_client(), of_client()].concat(), not_accepted),
        ("127.0.0.1", [of_client(), text.to_vec()].concat(), not_accepted),
        ("127.0.0.1", [header(0x20, 0, b""), of_client()].concat(), not_accepted),
        ("127.0.0.1", text.to_vec(), expected),
        ("127.0.0.1", Vec::new(), expected),
        ("127.0.0.1", packet(TLS, b""), expected),
        ("127.0.0.1", header(0x21, 0x12, &[0; 12]), expected),
        ("127.0.0.1", header(0x21, 0x11, &[0; 11]), expected),
        ("127.0.0.1", header(0x21, 0x11, &[0; 5000]), expected),
        ("127.0.0.1", header(0x2f, 0x11, &[0; 12]), expected),
    ] {
        let mut client = Client::connect_from(own, proxy.address).await;
        client.send(&[&before[..], &log_in()].concat()).await;
        let said = client.until(b'Z').await;
        let as_told = said.len() == 1 && said[0].contains("SFATAL") && said[0].contains("C08P01") && said[0].contains(told);
        assert!(as_told, "{own} {}: {said:?}", before.escape_ascii());
        assert_eq!(neighbour.value("select 1").await, "1");
    }
    // The last session of those is gone; only the neighbour is there.
    assert_eq!(shown(&proxy).await.len(), 1);
    let log = proxy.log();
    assert!(log.contains("address=127.0.0.2 error=it sent a PROXY protocol header"), "{log}");
    // The second header's sender is named as the first one names it.
    assert!(log.contains("address=203.0.113.9 error=it sent a PROXY protocol header"), "{log}");
    assert!(log.contains("a load balancer did not say who its client is"), "{log}");
    // A probe that only connects says nothing in the log; nor does one that leaves behind its own header.
    // Our own log-in on the console may be read from its output only now.
    let lines = |log: &str| log.lines().filter(|line| !line.contains("is on the console")).count();
    let before = lines(&log);
    drop(Client::connect(proxy.address).await);
    let mut probe = Client::connect(proxy.address).await;
    probe.send(&header(0x20, 0, b"")).await;
    probe.socket.shutdown().await.unwrap();
    assert_eq!(probe.rest().await, b"");
    assert_eq!(neighbour.value("select 1").await, "1");
    assert_eq!(lines(&proxy.log()), before, "{}", proxy.log());
    proxy.assert_sound();
}

#[tokio::test]
async fn a_slow_header_is_cut_at_the_startup_timeout() {
    let mut proxy = proxy(&[("LISTEN_STARTUP_TIMEOUT", "300ms")]);
    let before = proxy.descriptors();
    let began = Instant::now();
    for (cut, family) in [(0, 0x11), (1, 0x11), (15, 0x11), (20, 0x11), (3000, 0)] {
        let mut client = Client::connect(proxy.address).await;
        let whole = header(0x21, family, &[0; 4000]);
        client.send(&whole[..cut]).await;
        assert_eq!(client.rest().await, b"", "{cut}");
    }
    assert!((Duration::from_millis(1500)..Duration::from_secs(20)).contains(&began.elapsed()), "{:?}", began.elapsed());
    eventually("each is logged", || proxy.log().matches("a client said nothing in time").count() == 5).await;
    proxy.wait_for_descriptors(before).await;
    proxy.assert_sound();
}

/// The header comes before TLS, whichever way TLS begins; a second one inside is refused.
#[tokio::test]
async fn a_header_stands_before_tls() {
    let secure = Secure::start().await;
    let believe = |settings: &mut Settings| {
        settings.listen.proxy_protocol_from =
            Vec::<Network>::from_toml(&Value::List(vec![(1, Value::Text("127.0.0.0/8".into()))])).unwrap();
        secure.shows(settings, OfferTls::Required, "proxy");
    };
    let proxy = secure.proxy(believe).await;
    let log_in = startup(V3_0, &[("user", "postgres"), ("database", "postgres")]);
    for asks in [true, false] {
        for twice in [false, true] {
            let mut plain = TcpStream::connect(socket(&proxy.address)).await.unwrap();
            plain.write_all(&of_client()).await.unwrap();
            if asks {
                plain.write_all(&packet(TLS, b"")).await.unwrap();
                assert_eq!(tokio::io::AsyncReadExt::read_u8(&mut plain).await.unwrap(), b'S');
            }
            let protocols: &[&[u8]] = if asks { &[] } else { &[b"postgresql"] };
            let mut stream = handshake(secure.authority.connector(protocols), plain).await.unwrap();
            let second = if twice { of_client() } else { Vec::new() };
            stream.write_all(&[second, log_in.clone()].concat()).await.unwrap();
            let told = message(&mut stream).await.line(Leniency::default());
            if twice {
                assert!(told.contains("C08P01") && told.contains("not accepted here"), "{told}");
                continue;
            }
            assert_eq!(told, "R Authentication 0");
            let who = || proxy.shared.clients.iter().map(|c| (c.client.load().address.clone(), c.port)).collect::<Vec<_>>();
            eventually("it is shown", || who() == [(CLIENT.to_owned(), Some(54_321))]).await;
            drop(stream);
            eventually("it is gone", || who().is_empty()).await;
        }
    }
}
