//! What a client, a server or a network can do wrong: that client gets the right answer, others are not affected, and nothing is left over.

use std::time::Duration;

use esclusa::telemetry::{self, Reading};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::client::Client;
use crate::fake::{Death, Fake};
use crate::frames::*;
use crate::process::{Proxy, eventually};
use crate::stage::{Way, stage};

/// A conversation with something of everything.
fn conversation(database: &str) -> Vec<u8> {
    [
        startup(V3_0, &[("user", "postgres"), ("database", database), ("application_name", "vanishing")]),
        query("create temp table v (a int, b text)"),
        query("begin"),
        query("copy v from stdin"),
        copy_data("1\tuno\n"),
        copy_done(),
        parse("s", "select a, $1::text from v where a = $2", &[]),
        describe(b'S', "s"),
        bind_text("p", "s", &["x", "1"]),
        execute("p", 1),
        sync(),
        query("select count(*) from cf_quere_pro.tipocorreo"),
        query("commit"),
        terminate(),
    ]
    .concat()
}

/// Clients that vanish at every byte, in order and at once: their backends end, and another session is not affected.
#[tokio::test]
async fn clients_that_vanish_at_every_byte() {
    let database = Way::Rewriting.database();
    let mut proxy = Proxy::start(&format!("127.0.0.1:{}", stage().postgres), &[]);
    let mut bystander = Client::log_in(proxy.address, "postgres", database).await;
    bystander.query("begin").await;
    let before = proxy.descriptors();
    let bytes = conversation(database);
    for (at, step) in (0..bytes.len()).zip(0u32..) {
        let mut client = Client::connect(proxy.address).await;
        client.send(&bytes[..at]).await;
        if step % 2 == 0 {
            client.reset()
        } else {
            drop(client)
        }
        if step % 50 == 0 {
            assert_eq!(bystander.value(&format!("select {at}")).await, at.to_string());
        }
    }
    proxy.wait_for_descriptors(before).await;
    let gone = "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'vanishing')";
    crate::common::wait_for(&stage().admin().await, gone).await;
    assert_eq!(bystander.query("commit").await.last().unwrap(), "Z ReadyForQuery I");
    proxy.assert_sound();
}

/// A client that leaves closes its backend at once, whatever it was doing; open transactions are rolled back.
#[tokio::test]
async fn a_client_that_leaves_is_rolled_back() {
    let mut proxy = Proxy::start(&format!("127.0.0.1:{}", stage().postgres), &[]);
    let mut client = Client::log_in(proxy.address, "postgres", "postgres").await;
    client.query("begin; create table left_behind (a int)").await;
    let pid = client.value("select pg_backend_pid()").await;
    drop(client);
    let gone =
        format!("SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = {pid}) AND to_regclass('left_behind') IS NULL");
    crate::common::wait_for(&stage().admin().await, &gone).await;
    proxy.assert_sound();
}

/// A server that dies after every byte: the client gets exactly the bytes that the server sent, and then the end.
#[tokio::test]
async fn servers_that_die_at_every_byte() {
    let fake = Fake::start().await;
    let mut proxy = Proxy::start(&fake.address.to_string(), &[("UPSTREAM_TLS", "disable")]);
    let mut bystander = Client::log_in(proxy.address, "ana", "db").await;
    let before = proxy.descriptors();
    let parts: [&[u8]; 5] = [
        &startup(V3_0, &[("user", "ana"), ("database", "db")]),
        &query("select 1"),
        &[parse("s", "set search_path = public", &[]), bind_text("", "s", &[]), execute("", 0), sync()].concat(),
        &query("select count(*) from cf_quere_pro.tipocorreo"),
        &query("select 2"),
    ];
    let all = talk(&proxy, &parts).await;
    assert!(all.len() > 150);
    for how in [Death::Close, Death::Reset] {
        // The proxy's own questions are answered too: the last byte for the client comes later.
        for bytes in 0..all.len() + 200 {
            fake.dies_after(bytes, how);
            let got = talk(&proxy, &parts).await;
            assert!(all.starts_with(&got), "{how:?} after {bytes}: {}", got.escape_ascii());
            eventually("the fake server has closed", || fake.open() == 1).await;
            let said = fake.visible();
            let lost = &said[got.len().min(said.len())..];
            assert!(how == Death::Reset || got == said, "after {bytes}: `{}` did not come", lost.escape_ascii());
        }
    }
    proxy.wait_for_descriptors(before).await;
    assert_eq!(bystander.value("select 1").await, "1");
    proxy.assert_sound();
}

/// Sends each part when the one before is answered; everything that came, to the end of the connection.
async fn talk(proxy: &Proxy, parts: &[&[u8]]) -> Vec<u8> {
    let mut client = Client::connect(proxy.address).await;
    let mut got = Vec::new();
    for part in parts {
        client.send(part).await;
        loop {
            let Some(message) = client.message().await else {
                got.extend(client.rest().await);
                return got;
            };
            got.extend(frame(message.tag, &[&message.body]));
            if message.tag == b'Z' {
                break;
            }
        }
    }
    client.socket.shutdown().await.unwrap();
    got.extend(client.rest().await);
    got
}

/// Invalid bytes before and after the login end that session only.
#[tokio::test]
async fn garbage_ends_one_session() {
    let mut proxy = Proxy::start(&format!("127.0.0.1:{}", stage().postgres), &[]);
    let mut bystander = Client::log_in(proxy.address, "postgres", "postgres").await;
    let before = proxy.descriptors();
    let first: [&[u8]; 6] = [
        &[0; 64],
        &[0xff; 64],
        b"GET / HTTP/1.0\r\n\r\n",
        &[22, 3, 1, 0, 5, 1, 0, 0, 1, 0],
        b"\0\0\0\x08\x04\xd2\x16\x2f\x16\x03",
        &[0, 0, 0x27, 0x14],
    ];
    for bytes in first {
        let mut client = Client::connect(proxy.address).await;
        client.send(bytes).await;
        let _ = client.socket.shutdown().await;
        client.rest().await;
    }
    for bytes in [&b"Q\xff\xff\xff\xff"[..], b"P\0\0\0\x02", b"\0\0\0\0\0\0\0", &[0xff; 100_000], &query("x")[..3]] {
        let mut client = Client::log_in(proxy.address, "postgres", "postgres").await;
        client.send(bytes).await;
        let _ = client.socket.shutdown().await;
        client.rest().await;
    }
    proxy.wait_for_descriptors(before).await;
    assert_eq!(bystander.value("select 7").await, "7");
    proxy.assert_sound();
}

/// A client that stops in the middle of its log-in is closed, and one that is slow but in time is served.
#[tokio::test]
async fn slow_and_half_open_clients() {
    let fake = Fake::start().await;
    let mut proxy = Proxy::start(&fake.address.to_string(), &[("LISTEN_STARTUP_TIMEOUT", "1s"), ("UPSTREAM_TLS", "disable")]);
    let before = proxy.descriptors();
    let packet = startup(V3_0, &[("user", "ana"), ("database", "db")]);
    let mut stuck = Vec::new();
    for at in [0, 3, 4, 8, packet.len() - 1] {
        let mut client = Client::connect(proxy.address).await;
        client.send(&packet[..at]).await;
        stuck.push(client);
    }
    // The same for a server that becomes silent in the middle of the login.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut other =
        Proxy::start(&silent.local_addr().unwrap().to_string(), &[("LISTEN_STARTUP_TIMEOUT", "1s"), ("UPSTREAM_TLS", "disable")]);
    let mut waiting = Client::connect(other.address).await;
    waiting.send(&packet).await;
    assert_eq!(waiting.rest().await, b"");
    for mut client in stuck {
        assert_eq!(client.rest().await, b"");
    }
    proxy.wait_for_descriptors(before).await;
    let mut slow = Client::connect(proxy.address).await;
    for byte in &packet {
        slow.send(&[*byte]).await;
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert_eq!(slow.until(b'Z').await.last().unwrap(), "Z ReadyForQuery I");
    proxy.assert_sound();
    other.assert_sound();
}

/// GSSAPI encryption is declined, where Debian's server would begin it: relayed, it would make the session unreadable. The same socket continues,
/// and a refused kind of encryption lets the other be asked for again (PostgreSQL source, postmaster.c, ProcessStartupPacket).
#[tokio::test]
async fn gss_encryption_is_declined() {
    let mut proxy = Proxy::start(&format!("127.0.0.1:{}", stage().postgres), &[]);
    let mut client = Client::connect(proxy.address).await;
    for code in [GSS, TLS, GSS, TLS] {
        client.send(&packet(code, b"")).await;
        assert_eq!(client.socket.read_u8().await.unwrap(), b'N');
    }
    client.send(&startup(V3_0, &[("user", "postgres"), ("database", "postgres")])).await;
    assert_eq!(client.until(b'Z').await.last().unwrap(), "Z ReadyForQuery I");
    for (requests, complaint) in [
        (
            vec![packet(GSS, b""), startup(V3_0, &[("user", "postgres")])],
            "received unencrypted data after GSSAPI encryption request",
        ),
        (vec![packet(GSS, b""), packet(GSS, b"")], "received unencrypted data after GSSAPI encryption request"),
    ] {
        let mut client = Client::connect(proxy.address).await;
        client.send(&requests.concat()).await;
        assert_eq!(client.socket.read_u8().await.unwrap(), b'N');
        let said = client.until(b'Z').await;
        assert!(said.len() == 1 && said[0].contains("C08P01") && said[0].contains(complaint), "{said:?}");
    }
    let mut client = Client::connect(proxy.address).await;
    for _ in 0..2 {
        client.send(&packet(GSS, b"")).await;
        if client.socket.read_u8().await.unwrap() == b'E' {
            break;
        }
    }
    let rest = client.rest().await;
    assert!(rest.escape_ascii().to_string().contains("unsupported frontend protocol 1234.5680"), "{}", rest.escape_ascii());
    proxy.assert_sound();
}

/// A statement beyond `limits.statement_bytes` passes unread, whatever it names, and is counted.
#[tokio::test]
async fn statements_over_the_limit_are_counted() {
    telemetry::install().unwrap();
    let unread = || {
        let path = [("path".to_owned(), "unread".to_owned())];
        let all = telemetry::series();
        let found = all.into_iter().find(|s| s.name == "esclusa_statements_total" && s.labels == path);
        match found.map(|s| s.reading) {
            Some(Reading::Number(count)) => count as u64,
            other => {
                assert_eq!(other, None);
                0
            }
        }
    };
    let before = unread();
    let mut socket = stage().connect(Way::Rewriting).await;
    let sql = format!("select count(*) from cf_quere_pro.tipocorreo -- {}", "x".repeat(3_000_000));
    let log_in = startup(V3_0, &[("user", "postgres"), ("database", Way::Rewriting.database())]);
    socket.write_all(&[log_in, query(&sql), parse("", &sql, &[]), sync(), terminate()].concat()).await.unwrap();
    let mut said = Vec::new();
    tokio::time::timeout(crate::stage::PATIENCE, socket.read_to_end(&mut said)).await.expect("answered in time").unwrap();
    // Forwarded unread, the name of a dropped table gets the server's error.
    assert_eq!(said.escape_ascii().to_string().matches("C42P01").count(), 2);
    assert!(unread() >= before + 2);
}
