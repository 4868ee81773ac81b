//! Hostile or broken clients: each harms only itself.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::site;

#[tokio::test]
async fn what_is_no_request_is_refused() {
    let (_bed, _proxy, port) = site().await;
    let head = |first: &str, more: &str| format!("{first}\r\nHost: localhost\r\nConnection: close\r\n{more}\r\n");
    let long = "x".repeat(64 * 1024);
    for (request, status) in [
        (head("GET /metrics HTTP/1.1", &format!("X-Long: {long}\r\n")), 431),
        (head(&format!("GET /{long} HTTP/1.1"), ""), 431),
        (head("GET /metrics HTTP/1.1", &"A: b\r\n".repeat(100)), 431),
        (head("GET /metrics HTTP/9.9", ""), 400),
        (head("GET  /metrics", ""), 400),
        (head("G\u{7f}T /metrics HTTP/1.1", ""), 400),
        (head("GET /metrics HTTP/1.1", "Content-Length: 1\r\nContent-Length: 2\r\n"), 400),
        (head("GET /metrics HTTP/1.1", "no colon\r\n"), 400),
        (head("POST /metrics HTTP/1.1", "Content-Length: 0\r\n"), 405),
        (head("DELETE /healthz HTTP/1.1", ""), 405),
        ("\0\0\0\u{8}\u{4}".repeat(10), 400),
    ] {
        let answer = port.send(request.as_bytes()).await;
        assert_eq!(answer.as_ref().map(|a| a.status), Some(status), "{:?}: {answer:?}", &request[..40.min(request.len())]);
    }
    assert_eq!(port.get("/healthz").await.status, 200);
}

/// Nothing is read from a disk, so there is no path traversal; such requests get ordinary answers.
#[tokio::test]
async fn no_path_leads_out() {
    let (_bed, _proxy, port) = site().await;
    for path in [
        "/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/..%2f..%2fetc%2fpasswd",
        "//etc/passwd",
        "/metrics/../x",
        "/%00",
        "/%ff",
    ] {
        let answer = port.get(path).await;
        assert!(matches!(answer.status, 400 | 404) && !answer.body.contains("root:"), "{path}: {answer:?}");
    }
}

#[tokio::test]
async fn every_answer_is_sealed() {
    let (_bed, _proxy, port) = site().await;
    for path in ["/healthz", "/readyz", "/metrics", "/nothing"] {
        let answer = port.get(path).await;
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe"), "{path}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'") && policy.contains("base-uri 'none'"), "{path}: {policy}");
        for (name, value) in [("x-content-type-options", "nosniff"), ("cache-control", "no-store"), ("x-frame-options", "DENY")] {
            assert_eq!(answer.header(name), value, "{path}");
        }
    }
}

/// Many connections that send a byte now and then: others are served at once, and the slow are closed.
#[tokio::test]
async fn slow_clients_keep_nobody_out() {
    let (_bed, _proxy, port) = site().await;
    let mut slow = Vec::new();
    for _ in 0..200 {
        let mut socket = port.connect().await;
        // Those that made room for others are closed already.
        let _ = socket.write_all(b"GET /metrics HTTP/1.1\r\nHost: loc").await;
        slow.push(socket);
        if slow.len() % 50 == 0 {
            let begun = Instant::now();
            assert_eq!(port.get("/metrics").await.status, 200);
            assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
        }
    }
    let begun = Instant::now();
    for mut socket in slow {
        let mut nothing = [0; 1];
        let read = tokio::time::timeout(Duration::from_secs(30), socket.read(&mut nothing)).await;
        assert!(matches!(read.expect("a head that never ends is not waited for"), Ok(0) | Err(_)));
    }
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}

/// A connection may be used again, and is not kept for ever.
#[tokio::test]
async fn an_idle_connection_is_closed() {
    let (_bed, _proxy, port) = site().await;
    let mut socket = port.connect().await;
    for _ in 0..2 {
        socket.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
        let mut read = String::new();
        while !read.ends_with("alive\n") {
            let mut buffer = [0; 4096];
            let n = socket.read(&mut buffer).await.unwrap();
            assert!(n > 0, "closed behind {read}");
            read.push_str(std::str::from_utf8(&buffer[..n]).unwrap());
        }
        assert!(read.starts_with("HTTP/1.1 200"), "{read}");
    }
    let closed = tokio::time::timeout(Duration::from_secs(30), socket.read(&mut [0; 1])).await;
    assert!(matches!(closed.expect("it is closed"), Ok(0) | Err(_)));
}
