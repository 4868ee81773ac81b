//! Memory: the cost of an idle connection, and that data in transit is never buffered as a whole.

use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::client::Client;
use crate::common;
use crate::fake::Fake;
use crate::frames::*;
use crate::process::Proxy;
use crate::stage::stage;
use crate::tls::{Authority, handshake};

/// Additional memory allowed while data is in transit.
const FLAT_KIB: usize = 8 * 1024;
const IDLE: usize = 10_000;
const IDLE_WITH_TLS: usize = 1000;

fn proxy() -> Proxy {
    Proxy::start(&format!("127.0.0.1:{}", stage().postgres), &[])
}

async fn log_in(proxy: &Proxy) -> Client {
    let mut client = Client::log_in(proxy.address, "postgres", "postgres").await;
    // Allocations that are made only once happen now.
    assert_eq!(client.value("select repeat('x', 100000) is not null").await, "t");
    client
}

/// Ten thousand idle clients: at most 20 KiB each and 300 MB together, and all of it comes back.
#[tokio::test]
async fn idle_connections() {
    let possible = IDLE.min(open_files().saturating_sub(2000) / 2);
    assert!(possible >= 1000, "this machine allows too few open files");
    let fake = Fake::start().await;
    let mut proxy = Proxy::start(&fake.address.to_string(), &[("LISTEN_MAX_CLIENTS", "20000"), ("UPSTREAM_TLS", "disable")]);
    let (before, descriptors) = (proxy.rss_kib(), proxy.descriptors());
    let mut clients = Vec::with_capacity(possible);
    while clients.len() < possible {
        let some = (0..100).map(|_| Client::log_in(proxy.address, "ana", "db"));
        clients.extend(futures_util::future::join_all(some).await);
    }
    // Each has been used once: buffers that are kept would be there now.
    for client in clients.chunks_mut(100) {
        futures_util::future::join_all(client.iter_mut().map(|c| c.query("select 1"))).await;
    }
    let after = proxy.rss_kib();
    let each = (after - before) as f64 / clients.len() as f64;
    println!("{} idle connections: {before} KiB, then {after} KiB, {each:.1} KiB each", clients.len());
    assert!(each <= 20.0, "{each:.1} KiB each");
    assert!(after <= 300 * 1024, "{after} KiB together");
    drop(clients);
    proxy.wait_for_descriptors(descriptors).await;
    proxy.assert_sound();
}

/// The same with TLS: a connection keeps its keys and what rustls needs for the next record.
#[tokio::test]
async fn idle_connections_with_tls() {
    let certificates = tempfile::tempdir().unwrap();
    let authority = Authority::new("the authority");
    authority.sign(certificates.path(), "proxy", &["127.0.0.1"], "the proxy");
    let file = |name: &str| certificates.path().join(name).display().to_string();
    let (certificate, key) = (file("proxy.crt"), file("proxy.key"));
    let fake = Fake::start().await;
    let settings = [("LISTEN_TLS", "required"), ("LISTEN_TLS_CERTIFICATE", &certificate), ("LISTEN_TLS_KEY", &key)];
    let upstream = [("LISTEN_MAX_CLIENTS", "20000"), ("UPSTREAM_TLS", "disable")];
    let mut proxy = Proxy::start(&fake.address.to_string(), &[settings.as_slice(), &upstream].concat());
    let connector = authority.connector(&[]);
    let (before, descriptors) = (proxy.rss_kib(), proxy.descriptors());
    let mut clients = Vec::with_capacity(IDLE_WITH_TLS);
    for _ in 0..IDLE_WITH_TLS {
        let mut plain = TcpStream::connect(proxy.address).await.unwrap();
        plain.write_all(&packet(TLS, b"")).await.unwrap();
        assert_eq!(plain.read_u8().await.unwrap(), b'S');
        let mut client = handshake(connector.clone(), plain).await.unwrap();
        client.write_all(&startup(V3_0, &[("user", "ana"), ("database", "db")])).await.unwrap();
        swallow(&mut client, 1).await;
        client.write_all(&query("select 1")).await.unwrap();
        swallow(&mut client, 1).await;
        clients.push(client);
    }
    let after = proxy.rss_kib();
    let each = (after - before) as f64 / clients.len() as f64;
    println!("{} idle connections with TLS: {before} KiB, then {after} KiB, {each:.1} KiB each", clients.len());
    assert!(each <= 20.0, "{each:.1} KiB each");
    drop(clients);
    proxy.wait_for_descriptors(descriptors).await;
    proxy.assert_sound();
}

/// A result of 300 MB for a client that does not read, and then does.
#[tokio::test]
async fn a_client_that_does_not_read() {
    let mut proxy = proxy();
    let mut client = log_in(&proxy).await;
    let before = proxy.rss_kib();
    client.send(&query("select repeat('x', 1000) from generate_series(1, 300000) -- unread")).await;
    let stuck = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE query LIKE '%-- unread' AND wait_event = 'ClientWrite')";
    common::wait_for(&stage().admin().await, stuck).await;
    assert_flat(&proxy, before, "while the client does not read");
    let bytes = swallow(&mut client.socket, 1).await;
    assert!(bytes > 300_000_000, "{bytes}");
    assert_flat(&proxy, before, "after a result of 300 MB");
    proxy.assert_sound();
}

/// How many files this process, and those that it starts, may have open: as root as many as the test wants.
fn open_files() -> usize {
    let wanted = Some(2 * IDLE as u64 + 5000);
    let hard = getrlimit(Resource::Nofile).maximum;
    let raised = setrlimit(Resource::Nofile, Rlimit { current: wanted, maximum: wanted });
    if raised.is_err() {
        setrlimit(Resource::Nofile, Rlimit { current: hard, maximum: hard }).unwrap();
    }
    getrlimit(Resource::Nofile).current.map_or(usize::MAX, |files| files as usize)
}

fn assert_flat(proxy: &Proxy, before: usize, when: &str) {
    let peak = proxy.peak_rss_kib();
    println!("{when}: {before} KiB before, {peak} KiB at most");
    assert!(peak <= before + FLAT_KIB, "{when}: {before} KiB before, {peak} KiB at most");
}

/// Reads up to so many ReadyForQuery; the bytes that came.
async fn swallow(socket: &mut (impl tokio::io::AsyncRead + Unpin), ready: usize) -> usize {
    let (mut total, mut left) = (0, ready);
    let mut chunk = vec![0; 256 * 1024];
    // Where the next header begins, and the bytes of it that have come.
    let (mut skip, mut header) = (0, Vec::new());
    while left > 0 {
        let n = tokio::time::timeout(Duration::from_secs(120), socket.read(&mut chunk)).await.expect("no deadlock").unwrap();
        assert!(n > 0, "closed after {total} bytes");
        total += n;
        let mut rest = &chunk[..n];
        while !rest.is_empty() {
            let skipped = skip.min(rest.len());
            skip -= skipped;
            rest = &rest[skipped..];
            let taken = rest.len().min(5 - header.len());
            header.extend_from_slice(&rest[..taken]);
            rest = &rest[taken..];
            if let [tag, length @ ..] = header.as_slice()
                && let Some(length) = length.first_chunk::<4>()
            {
                assert!(*tag != b'E', "an error among the answers");
                left -= usize::from(*tag == b'Z');
                skip = u32::from_be_bytes(*length) as usize - 4;
                header.clear();
            }
        }
    }
    total
}

/// Frames of 100 MB, each kind: a value, a Bind, a Query, a Parse, rows to COPY.
#[tokio::test]
async fn frames_of_a_hundred_megabytes() {
    const BYTES: usize = 100_000_000;
    let mut proxy = proxy();
    let mut client = log_in(&proxy).await;
    let before = proxy.rss_kib();
    client.send(&query(format!("select repeat('x', {BYTES})"))).await;
    assert!(swallow(&mut client.socket, 1).await > BYTES);
    assert_flat(&proxy, before, "a value");

    // One Bind with one value: the frame's head, the value in pieces, and the result's formats.
    client.send(&parse("", "select length($1)", &[17])).await;
    let head = [&b"\0\0\0\x01\0\x01\0\x01"[..], &(BYTES as u32).to_be_bytes()].concat();
    flood(&mut client, b'B', &head, BYTES, &[0, 0]).await;
    client.send(&[execute("", 0), sync()].concat()).await;
    assert_eq!(last_value(&mut client).await, BYTES.to_string());
    assert_flat(&proxy, before, "a Bind");

    flood(&mut client, b'Q', b"select length('", BYTES, b"')\0").await;
    assert_eq!(last_value(&mut client).await, BYTES.to_string());
    assert_flat(&proxy, before, "a Query");

    flood(&mut client, b'P', b"\0select length('", BYTES, b"')\0\0\0").await;
    client.send(&[bind_text("", "", &[]), execute("", 0), sync()].concat()).await;
    assert_eq!(last_value(&mut client).await, BYTES.to_string());
    assert_flat(&proxy, before, "a Parse");

    client.query("create temp table big (a text)").await;
    client.send(&query("copy big from stdin")).await;
    flood(&mut client, b'd', b"", BYTES, b"\n").await;
    client.send(&copy_done()).await;
    client.until(b'Z').await;
    assert_eq!(client.value("select length(a) from big").await, BYTES.to_string());
    assert_flat(&proxy, before, "rows to COPY");
    proxy.assert_sound();
}

/// Sends a frame of `head`, so many letters and `tail`, in pieces.
async fn flood(client: &mut Client, tag: u8, head: &[u8], letters: usize, tail: &[u8]) {
    let length = (4 + head.len() + letters + tail.len()) as u32;
    client.send(&[&[tag][..], &length.to_be_bytes(), head].concat()).await;
    let piece = vec![b'x'; 1_000_000];
    for at in (0..letters).step_by(piece.len()) {
        client.send(&piece[..piece.len().min(letters - at)]).await;
    }
    client.send(tail).await;
}

async fn last_value(client: &mut Client) -> String {
    let mut value = String::new();
    while let Some(message) = client.message().await {
        match message.tag {
            b'D' => value = String::from_utf8_lossy(&message.body[6..]).into_owned(),
            b'Z' => break,
            b'E' => panic!("{}", message.line(Default::default())),
            _ => {}
        }
    }
    value
}

/// The proxy must keep reading while it writes: on both sides, at any depth of the pipeline.
#[tokio::test]
async fn deep_pipelines_do_not_deadlock() {
    let mut proxy = proxy();
    let client = log_in(&proxy).await;
    let before = proxy.rss_kib();
    let one = [parse("", "select repeat('y', 5000), $1::text", &[]), bind_text("", "", &["x"]), execute("", 0)].concat();
    let socket = pipeline(client.socket, &one, 3000, &sync(), 1, 3000 * 5000).await;
    let padded = query(format!("select repeat('z', 40000) -- {}", "-".repeat(1450)));
    pipeline(socket, &padded, 20_000, &[], 20_000, 20_000 * 40_000).await;
    assert_flat(&proxy, before, "two deep pipelines");
    proxy.assert_sound();
}

/// A client that sends hundreds of thousands of the shortest requests before it reads one answer.
#[tokio::test]
async fn requests_without_end_are_not_remembered_without_end() {
    const TIMES: usize = 400_000;
    let mut proxy = proxy();
    let client = log_in(&proxy).await;
    let before = proxy.rss_kib();
    let (mut reader, mut writer) = client.socket.into_split();
    let write = tokio::spawn(async move {
        let some = sync().repeat(1000);
        for _ in 0..TIMES / 1000 {
            writer.write_all(&some).await.unwrap();
        }
        writer
    });
    // Nothing is read before both sides are blocked, or everything is sent.
    let stuck = || {
        let state = std::fs::read_to_string(format!("/proc/{}/io", proxy.pid())).unwrap();
        state.lines().next().unwrap().to_owned()
    };
    let mut last = String::new();
    while !write.is_finished() && last != stuck() {
        last = stuck();
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    swallow(&mut reader, TIMES).await;
    drop(write.await.unwrap());
    assert_flat(&proxy, before, "requests without end");
    proxy.assert_sound();
}

/// Sends `one` so often and then `last`, while it reads the answers.
async fn pipeline(socket: TcpStream, one: &[u8], times: usize, last: &[u8], ready: usize, least: usize) -> TcpStream {
    let (mut reader, mut writer) = socket.into_split();
    let write = async {
        for _ in 0..times {
            writer.write_all(one).await.unwrap();
        }
        writer.write_all(last).await.unwrap();
    };
    let (bytes, ()) = tokio::join!(swallow(&mut reader, ready), write);
    assert!(bytes > least, "{bytes}");
    reader.reunite(writer).unwrap()
}

/// Sessions of every kind for a while (`ESCLUSA_SOAK_SECONDS`): afterwards nothing of them is left.
#[tokio::test]
async fn soak() {
    let seconds = std::env::var("ESCLUSA_SOAK_SECONDS").map_or(3, |s| s.parse().expect("seconds"));
    let mut proxy = proxy();
    let descriptors = proxy.descriptors();
    let mut rounds = 0;
    let mut warm = 0;
    let began = Instant::now();
    while rounds < 6 || began.elapsed() < Duration::from_secs(seconds) {
        let sessions = (0..30).map(|n| session(&proxy, n));
        futures_util::future::join_all(sessions).await;
        rounds += 1;
        if rounds == 5 {
            warm = proxy.rss_kib();
        }
    }
    proxy.wait_for_descriptors(descriptors).await;
    let after = proxy.rss_kib();
    println!("{rounds} rounds of 30 sessions: {warm} KiB after the fifth, {after} KiB at the end");
    assert!(after <= warm + FLAT_KIB, "{rounds} rounds: {warm} KiB after the fifth, {after} KiB at the end");
    proxy.assert_sound();
}

/// A session that ends in one of several ways.
async fn session(proxy: &Proxy, n: usize) {
    let mut client = Client::log_in(proxy.address, "postgres", crate::stage::Way::Rewriting.database()).await;
    client.query("set search_path = cf_quere_pro").await;
    for i in 0..20 {
        assert_eq!(
            client.value(&format!("select count(*) from tipocorreo where tipctipo <> {}", n * 1000 + i + 100)).await,
            "20"
        );
        client.send(&[statement("select $1::text, repeat('x', 20000)", &["a"]), sync()].concat()).await;
        assert_eq!(client.until(b'Z').await.last().unwrap(), "Z ReadyForQuery I");
    }
    client.query("selec").await;
    match n % 4 {
        0 => client.send(&terminate()).await,
        1 => client.reset(),
        2 => client.send(&query("select repeat('x', 1000000) from generate_series(1, 10)")).await,
        _ => client.send(b"!!!!!!").await,
    }
}
