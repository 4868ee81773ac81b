//! Requests of machines: metrics, whether the process is alive, whether clients should be sent here; and the handover of the socket to a successor.

use std::time::Duration;

use esclusa::config::Address;
use esclusa::server::{Loader, Server, handover};
use esclusa::telemetry::{METRICS, MetricKind};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::client::Port;
use super::{on_a_port, site};
use crate::common::Bed;
use crate::common::proxy::Proxy;

#[tokio::test]
async fn every_metric_can_be_scraped() {
    let (bed, proxy, port) = site().await;
    let mut client = proxy.client(&bed).await;
    client.query("SELECT 'tipocorreo'").await;
    let answer = port.get("/metrics").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/plain; version=0.0.4; charset=utf-8"));
    for metric in METRICS {
        let kind = match metric.kind {
            MetricKind::Counter => "counter",
            MetricKind::Gauge => "gauge",
            MetricKind::Histogram => "histogram",
        };
        assert!(answer.body.contains(&format!("# TYPE {} {kind}\n", metric.name)), "{}", metric.name);
    }
    let samples: Vec<&str> = answer.body.lines().filter(|l| !l.starts_with('#')).collect();
    let value = |series: &str| {
        let found = samples.iter().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        found.unwrap_or_else(|| panic!("{series}: {}", answer.body)).parse::<f64>().unwrap()
    };
    for line in &samples {
        let (series, value) = line.rsplit_once(' ').unwrap();
        assert!(METRICS.iter().any(|m| series.starts_with(m.name)) && value.parse::<f64>().is_ok(), "{line}");
    }
    assert!(value("esclusa_clients") >= 1.0 && value("esclusa_statements_total{path=\"parsed\"}") >= 1.0);
    assert!(value("esclusa_rewrite_seconds_count") >= 1.0);
    assert_eq!(value("esclusa_rewrite_seconds_count"), value("esclusa_rewrite_seconds_bucket{le=\"+Inf\"}"));
}

#[tokio::test]
async fn it_is_ready_while_the_server_answers_and_it_does_not_end() {
    let upstream = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let there = upstream.local_addr().unwrap().port();
    let bed = Bed::new("").await;
    let proxy = Proxy::start_with(&bed, |settings| {
        on_a_port(settings);
        settings.upstream.address = Address::Tcp("127.0.0.1".into(), there);
    })
    .await;
    let port = Port::of(proxy.server.web.as_ref());
    assert_eq!((port.get("/healthz").await.status, port.get("/readyz").await.status), (200, 200));
    drop(upstream);
    let told = until(port, 503).await;
    assert_eq!(told, "the server does not answer\n", "and nothing about where it is");
    assert_eq!(port.get("/healthz").await.status, 200, "it is alive all the same");
    let _upstream = TcpListener::bind(("127.0.0.1", there)).await.unwrap();
    assert_eq!(until(port, 200).await, "ready\n");
}

/// A load balancer is warned of the end: while a transaction is open, the process says that it drains.
#[tokio::test]
async fn it_is_not_ready_while_it_drains() {
    let (bed, proxy, port) = site().await;
    let mut client = proxy.client(&bed).await;
    client.query("BEGIN").await;
    let ending = tokio::spawn(proxy.server.stop_within(Duration::from_secs(60)));
    assert_eq!(until(port, 503).await, "draining: this process ends\n");
    assert_eq!(port.get("/healthz").await.status, 200);
    client.query("COMMIT").await;
    drop(client);
    ending.await.unwrap();
    assert!(tokio::net::TcpStream::connect(("127.0.0.1", port.0)).await.is_err(), "nobody is left");
}

/// A connection that was accepted before the end, and speaks only after it has begun, is answered: nobody else could.
#[tokio::test]
async fn who_was_accepted_is_answered() {
    let (_bed, proxy, port) = site().await;
    let mut socket = port.connect().await;
    // Its own connection comes later, so the first one has been accepted.
    assert_eq!(port.get("/healthz").await.status, 200);
    let ending = tokio::spawn(proxy.server.stop());
    tokio::time::sleep(Duration::from_millis(500)).await;
    socket.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer:?}");
    ending.await.unwrap();
}

/// The body of /readyz once it has this status.
async fn until(port: Port, status: u16) -> String {
    for _ in 0..600 {
        let answer = port.get("/readyz").await;
        if answer.status == status {
            return answer.body;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("/readyz never answers {status}");
}

#[tokio::test]
async fn a_successor_takes_the_socket_over_and_nobody_is_refused() {
    let bed = Bed::new("").await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("handover");
    let mut kept = None;
    let first = Proxy::start_with(&bed, |settings| {
        on_a_port(settings);
        settings.listen.handover_socket = path.clone();
        kept = Some(settings.clone());
    })
    .await;
    let port = Port::of(first.server.web.as_ref());
    let (stop, mut stopped) = tokio::sync::watch::channel(false);
    let asking = tokio::spawn(async move {
        let mut asked = 0;
        while !*stopped.borrow_and_update() {
            assert_eq!(port.get("/healthz").await.status, 200);
            asked += 1;
        }
        asked
    });
    while !path.exists() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let from = path.clone();
    let inherited = tokio::task::spawn_blocking(move || handover::take(&from)).await.unwrap().unwrap();
    let settings = kept.unwrap();
    let second = Server::start_with(Loader::new(move || Ok(settings.clone())), inherited).await.unwrap();
    assert_eq!(Port::of(second.web.as_ref()).0, port.0);
    first.server.wait().await;
    first.server.stop().await;
    assert_eq!(port.get("/readyz").await.body, "ready\n", "the one that drains does not answer any more");
    stop.send(true).unwrap();
    assert!(asking.await.unwrap() > 0);
    second.stop().await;
}
