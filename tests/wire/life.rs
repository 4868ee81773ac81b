//! The life of the process: limits, drain, reload, handover, inherited sockets, an upstream that is away.

use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::client::Client;
use crate::common;
use crate::fake::Fake;
use crate::frames::*;
use crate::process::{self, Proxy, eventually};
use crate::stage::{Way, stage};

const PLAIN: (&str, &str) = ("UPSTREAM_TLS", "disable");
const SHUTDOWN: &str = "terminating connection due to administrator command";

fn upstream() -> String {
    format!("127.0.0.1:{}", stage().postgres)
}

async fn log_in(proxy: &Proxy) -> Client {
    Client::log_in(proxy.address, "postgres", Way::Rewriting.database()).await
}

#[tokio::test]
async fn more_clients_than_max_clients_are_told() {
    let mut proxy = Proxy::start(&upstream(), &[("LISTEN_MAX_CLIENTS", "3")]);
    let log_in_packet = startup(V3_0, &[("user", "postgres"), ("database", "postgres")]);
    let mut first = Client::connect(proxy.address).await;
    first.send(&log_in_packet).await;
    let mut key = Vec::new();
    while let Some(message) = first.message().await.filter(|m| m.tag != b'Z') {
        if message.tag == b'K' {
            key = message.body;
        }
    }
    let others = [log_in(&proxy).await, log_in(&proxy).await];
    for encryption in [false, true] {
        let mut refused = Client::connect(proxy.address).await;
        if encryption {
            refused.send(&packet(TLS, b"")).await;
            assert_eq!(tokio::io::AsyncReadExt::read_u8(&mut refused.socket).await.unwrap(), b'N');
        }
        refused.send(&log_in_packet).await;
        let said = refused.until(b'Z').await;
        assert!(said.len() == 1 && said[0].contains("C53300 | Msorry, too many clients already"), "{said:?}");
    }
    // A cancel request does not count as a client: it matters most when all places are taken.
    first.send(&query("select pg_sleep(60)")).await;
    let pid = u32::from_be_bytes(*key.first_chunk().unwrap());
    let running = format!(
        "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = {pid} AND query LIKE '%pg_sleep%' AND state = 'active')"
    );
    common::wait_for(&stage().admin().await, &running).await;
    let mut cancel = Client::connect(proxy.address).await;
    cancel.send(&packet(CANCEL, &key)).await;
    assert_eq!(cancel.rest().await, b"");
    assert!(first.until(b'Z').await.iter().any(|l| l.contains("C57014")));
    // A place that is given back can be taken.
    let before = proxy.descriptors();
    drop(others);
    proxy.wait_for_descriptors(before - 4).await;
    assert_eq!(log_in(&proxy).await.value("select 1").await, "1");
    proxy.assert_sound();
}

/// Clients that have sent their start-up packet count, even before the server has let them in.
#[tokio::test]
async fn clients_that_log_in_count() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = silent.local_addr().unwrap().to_string();
    let mut proxy = Proxy::start(&address, &[("LISTEN_MAX_CLIENTS", "2"), PLAIN]);
    let mut waiting = Vec::new();
    for _ in 0..2 {
        let mut client = Client::connect(proxy.address).await;
        client.send(&startup(V3_0, &[("user", "ana")])).await;
        // The proxy has come here for it: its place is taken.
        waiting.push((silent.accept().await.unwrap(), client));
    }
    let mut refused = Client::connect(proxy.address).await;
    refused.send(&startup(V3_0, &[("user", "ana")])).await;
    assert!(refused.until(b'Z').await[0].contains("C53300"));
    proxy.assert_sound();
}

#[tokio::test]
async fn both_legs_are_kept_alive() {
    let mut proxy = Proxy::start(&upstream(), &[]);
    let client = log_in(&proxy).await;
    let ours = client.socket.local_addr().unwrap().port();
    let proxys = proxy.address.port();
    // proc(5), /proc/net/tcp: local and remote address, state 01 for established, timer 02 for keepalive.
    let inodes: Vec<String> = std::fs::read_dir(format!("/proc/{}/fd", proxy.pid()))
        .unwrap()
        .filter_map(|e| std::fs::read_link(e.unwrap().path()).ok())
        .filter_map(|l| Some(l.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned()))
        .collect();
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let lines = table.lines().skip(1).map(|l| l.split_whitespace().collect::<Vec<_>>());
    let established: Vec<Vec<&str>> = lines.filter(|l| l[3] == "01" && inodes.iter().any(|i| i == l[9])).collect();
    let port = |address: &str| u16::from_str_radix(address.rsplit(':').next().unwrap(), 16).unwrap();
    let client_leg = established.iter().find(|l| (port(l[1]), port(l[2])) == (proxys, ours));
    let server_leg = established.iter().find(|l| port(l[2]) == stage().postgres);
    for leg in [client_leg, server_leg] {
        let leg = leg.unwrap_or_else(|| panic!("a leg is missing in {established:?}"));
        assert!(leg[5].starts_with("02:"), "no keepalive timer: {leg:?}");
    }
    proxy.assert_sound();
}

/// SIGTERM: new clients are not let in, idle sessions get 57P01, transactions finish, hits are written, and the exit code is 0.
#[tokio::test]
async fn sigterm_drains() {
    let url = format!("postgres://postgres@127.0.0.1:{}/{}", stage().postgres, Way::Rewriting.database());
    let mut proxy =
        Proxy::start(&upstream(), &[("CONTROL_URL", &url), ("CONTROL_FLUSH_INTERVAL", "1h"), ("LISTEN_DRAIN_TIMEOUT", "1min")]);
    let (mut idle, mut open, mut busy) = (log_in(&proxy).await, log_in(&proxy).await, log_in(&proxy).await);
    open.query("begin").await;
    open.query("set application_name = 'drained'").await;
    assert_eq!(open.value("select count(*) from cf_quere_pro.tipocorreo").await, "20");
    busy.send(&query("select pg_sleep(1), 'done'")).await;
    let running = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE query LIKE '%''done''%' AND state = 'active' AND pid <> pg_backend_pid())";
    common::wait_for(&stage().admin().await, running).await;
    proxy.signal(Signal::TERM);
    let said = idle.until(b'Z').await;
    assert!(
        said.len() == 1 && said[0].contains("SFATAL") && said[0].contains("C57P01") && said[0].contains(SHUTDOWN),
        "{said:?}"
    );
    let refused = || async { tokio::net::TcpStream::connect(proxy.address).await.is_err() };
    let began = Instant::now();
    while !refused().await {
        assert!(began.elapsed() < crate::stage::PATIENCE, "it still accepts");
    }
    // The statement that runs and the transaction that is open finish, and only then their clients get 57P01.
    let said = busy.until(b'Z').await;
    assert!(said.iter().any(|l| l.contains("done")) && said.last().unwrap().ends_with("ReadyForQuery I"), "{said:?}");
    assert!(busy.until(b'Z').await[0].contains("C57P01"));
    assert_eq!(open.value("select 2").await, "2");
    assert!(proxy.is_alive());
    assert_eq!(open.query("commit").await, ["C CommandComplete COMMIT\\x00", "Z ReadyForQuery I"]);
    assert!(open.until(b'Z').await[0].contains("C57P01"));
    assert_eq!(open.rest().await, b"");
    assert_eq!(proxy.wait().code(), Some(0), "{}", proxy.log());
    let written =
        "SELECT count(*) = 1 FROM esclusa.hit WHERE legacy_table = 'tipocorreo' AND hits = 1 AND application_name = 'drained'";
    common::wait_for(&common::server().await.connect(Way::Rewriting.database()).await.unwrap(), written).await;
    assert!(!proxy.log().contains("panicked"));
}

/// A transaction that does not end is ended at the drain limit, and rolled back.
#[tokio::test]
async fn the_drain_has_a_limit() {
    let mut proxy = Proxy::start(&upstream(), &[("LISTEN_DRAIN_TIMEOUT", "100ms")]);
    let mut open = log_in(&proxy).await;
    open.query("begin; create table undrained (a int)").await;
    proxy.signal(Signal::TERM);
    assert!(open.until(b'Z').await[0].contains("C57P01"));
    assert_eq!(proxy.wait().code(), Some(0));
    let table = "SELECT to_regclass('undrained') IS NULL";
    common::wait_for(&common::server().await.connect(Way::Rewriting.database()).await.unwrap(), table).await;
}

/// A client that does not read what it is sent does not delay the end, and gets no message in the middle of a row.
#[tokio::test]
async fn a_client_that_does_not_read_is_drained_too() {
    let mut proxy = Proxy::start(&upstream(), &[("LISTEN_DRAIN_TIMEOUT", "100ms")]);
    let mut client = log_in(&proxy).await;
    client.send(&query("select repeat('x', 1000000) from generate_series(1, 100)")).await;
    client.socket.readable().await.unwrap();
    proxy.signal(Signal::TERM);
    assert_eq!(proxy.wait().code(), Some(0));
    while let Some(message) = client.message().await {
        assert!(b"TD".contains(&message.tag), "{}", message.line(Default::default()));
    }
}

/// SIGHUP: everything is read again, all or nothing, and every fault is reported.
#[tokio::test]
async fn sighup_reloads_all_or_nothing() {
    let directory = process::scratch("reload");
    let rules = directory.join("rules");
    std::fs::create_dir(&rules).unwrap();
    crate::stage::write_rules(&rules);
    let file = directory.join("esclusa.toml");
    let settings = |more: &str| {
        let text = format!("[rules]\ndirectory = \"{}\"\ndefault_mode = \"rewrite\"\n[listen]\n{more}\n", rules.display());
        std::fs::write(&file, text).unwrap();
    };
    settings("max_clients = 7");
    let mut command = process::command(&upstream(), &[]);
    command.arg("--config").arg(&file).env_remove("ESCLUSA_RULES_DIRECTORY").env_remove("ESCLUSA_RULES_DEFAULT_MODE");
    let mut proxy = Proxy::spawn(&mut command);
    let mut client = log_in(&proxy).await;
    let legacy = "select count(*) from cf_quere_pro.tipocorreo";
    assert_eq!(client.value(legacy).await, "20");

    // Faults of the settings, of two rules and of TLS, all at once; nothing is changed.
    settings(
        "max_clients = \"many\"\nnonsense = 1\ntls = \"required\"\ntls_certificate = \"/nonexistent.crt\"\ntls_key = \"/nonexistent.key\"",
    );
    for (table, spoilt) in [("tipocorreo", "kind = \"riddle\""), ("histipooficina", "kind = \"history\"\nno_such_key = 1")] {
        let path = rules.join(format!("{table}.toml"));
        let text = std::fs::read_to_string(&path).unwrap();
        let kind = text.lines().find(|l| l.starts_with("kind")).unwrap().to_owned();
        std::fs::write(&path, text.replace(&kind, spoilt)).unwrap();
    }
    proxy.signal(Signal::HUP);
    proxy.wait_until_logged("nothing was changed");
    let log = proxy.log();
    for fault in [
        "esclusa.toml:5: listen.max_clients",
        "esclusa.toml:6: unknown key `nonsense`",
        "tipocorreo.toml:2",
        "histipooficina.toml:3",
    ] {
        assert!(log.contains(fault), "`{fault}` is not in\n{log}");
    }
    settings("max_clients = 7\ntls = \"required\"\ntls_certificate = \"/nonexistent.crt\"\ntls_key = \"/nonexistent.key\"");
    proxy.signal(Signal::HUP);
    proxy.wait_until_logged("/nonexistent.key");
    assert!(proxy.log().contains("/nonexistent.crt"));
    assert_eq!(client.value(legacy).await, "20");
    assert_eq!(log_in(&proxy).await.value(legacy).await, "20");

    // If only rules have faults, these stay as they were and are reported; the settings are loaded.
    settings("max_clients = 9");
    proxy.signal(Signal::HUP);
    proxy.wait_until_logged("faults_in_rules=4");
    assert!(proxy.log().contains("a rule with faults was left as it was"));
    assert_eq!(client.value(legacy).await, "20");
    assert_eq!(log_in(&proxy).await.value(legacy).await, "20");

    // A setting that a running process cannot change is refused, together with all others.
    crate::stage::write_rules(&rules);
    settings("max_clients = 1\nhandover_socket = \"/tmp/another\"");
    proxy.signal(Signal::HUP);
    proxy.wait_until_logged("listen.handover_socket cannot be changed by a reload");
    settings("max_clients = 1\n[limits]\ntraffic_bytes = \"9MiB\"\n[log]\nlevel = \"debug\"");
    proxy.signal(Signal::HUP);
    proxy.wait_until_logged("limits.traffic_bytes cannot be changed by a reload");
    assert!(proxy.log().contains("log.level cannot be changed by a reload"));
    assert_eq!(log_in(&proxy).await.value("select 1").await, "1");

    settings("max_clients = 1");
    // The message was logged before, so one more is waited for.
    let reloads = || proxy.log().matches("settings and rules were read again").count();
    let before = reloads();
    proxy.signal(Signal::HUP);
    let asked = std::time::Instant::now();
    while reloads() == before {
        assert!(asked.elapsed() < std::time::Duration::from_secs(30), "{}", proxy.log());
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert_eq!(client.value(legacy).await, "20");
    let mut refused = Client::connect(proxy.address).await;
    refused.send(&startup(V3_0, &[("user", "postgres")])).await;
    assert!(refused.until(b'Z').await[0].contains("C53300"));
    proxy.assert_sound();
}

/// A log that cannot be written does not end the process: statements still run.
#[tokio::test]
async fn a_full_disk_costs_the_log_and_nothing_else() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let address = SocketAddr::from(([127, 0, 0, 1], esclusa::demo::postgres::free_port().unwrap()));
    let mut command = process::command(&upstream(), &[PLAIN, ("LISTEN_ADDRESS", &address.to_string())]);
    let mut child = command.stderr(full).spawn().unwrap();
    let began = Instant::now();
    while std::net::TcpStream::connect(address).is_err() {
        assert!(child.try_wait().unwrap().is_none() && began.elapsed() < crate::stage::PATIENCE, "it does not serve");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut client = Client::log_in(address, "postgres", Way::Rewriting.database()).await;
    assert_eq!(client.value("select count(*) from cf_quere_pro.tipocorreo").await, "20");
    drop(client);
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

/// New processes take over one after another while clients come and go: not one connection is refused, not one statement lost.
#[tokio::test]
async fn a_new_process_takes_over_under_load() {
    let socket = process::scratch("handover").join("socket");
    let settings = [("LISTEN_HANDOVER_SOCKET", socket.to_str().unwrap()), ("LISTEN_DRAIN_TIMEOUT", "20s")];
    let mut serving = Proxy::start(&upstream(), &settings);
    let (address, console) = (serving.address, serving.console);
    let (done, count) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let load: Vec<_> = (0..4)
        .map(|_| {
            let (done, count) = (done.clone(), count.clone());
            tokio::spawn(async move {
                while !done.load(Ordering::Relaxed) {
                    let mut client = Client::log_in(address, "postgres", "postgres").await;
                    assert_eq!(client.value("select 41 + 1").await, "42");
                    client.send(&terminate()).await;
                    count.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    let mut open = Client::log_in(address, "postgres", "postgres").await;
    open.query("begin").await;
    for round in 0..3 {
        let so_far = count.load(Ordering::Relaxed);
        eventually("clients come and go", || count.load(Ordering::Relaxed) > so_far + 20).await;
        // Clients run in this thread: they must go on while the program starts and ends.
        let path = socket.clone();
        let starting = tokio::task::spawn_blocking(move || {
            Proxy::start(&upstream(), &[("LISTEN_HANDOVER_SOCKET", path.to_str().unwrap()), ("LISTEN_DRAIN_TIMEOUT", "20s")])
        });
        let mut next = starting.await.unwrap();
        assert_eq!((next.address, next.console), (address, console));
        if round == 0 {
            // A transaction of the old process stays open while the new one serves.
            assert_eq!(open.value("select 1").await, "1");
            assert!(serving.is_alive());
            open.query("commit").await;
        }
        let ended = tokio::task::spawn_blocking(move || (serving.wait().code(), serving.log())).await.unwrap();
        assert_eq!(ended.0, Some(0), "{}", ended.1);
        next.assert_sound();
        serving = next;
    }
    done.store(true, Ordering::Relaxed);
    for task in load {
        task.await.expect("no client met a closed door");
    }
    assert!(count.load(Ordering::Relaxed) > 60);
}

/// A successor that fails to start does not affect the serving process.
#[tokio::test]
async fn a_successor_that_fails_changes_nothing() {
    let socket = process::scratch("failed-handover").join("socket");
    let settings = [("LISTEN_HANDOVER_SOCKET", socket.to_str().unwrap())];
    let mut serving = Proxy::start(&upstream(), &settings);
    let failed = process::command(&upstream(), &[settings[0], ("RULES_DIRECTORY", "/nonexistent")]).output().unwrap();
    assert_eq!(failed.status.code(), Some(2), "{}", String::from_utf8_lossy(&failed.stderr));
    // A process that asks for the sockets and disconnects is not a successor either.
    drop(std::os::unix::net::UnixStream::connect(&socket).unwrap());
    assert_eq!(log_in(&serving).await.value("select 1").await, "1");
    let mut next = Proxy::start(&upstream(), &settings);
    assert_eq!(serving.wait().code(), Some(0));
    assert_eq!(log_in(&next).await.value("select 1").await, "1");
    next.assert_sound();
}

/// Socket activation: the process is given its sockets, as sd_listen_fds(3) says.
#[tokio::test]
async fn sockets_of_systemd() {
    let clients = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let console = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, console_address): (SocketAddr, SocketAddr) = (clients.local_addr().unwrap(), console.local_addr().unwrap());
    let inner = process::command(&upstream(), &[]);
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", "LISTEN_FDS=2 LISTEN_PID=$$ exec \"$0\" serve 3<&0 4<&1 0</dev/null 1>/dev/null"])
        .arg(inner.get_program());
    command.envs(inner.get_envs().filter_map(|(k, v)| Some((k, v?))));
    command.stdin(Stdio::from(OwnedFd::from(clients))).stdout(Stdio::from(OwnedFd::from(console))).stderr(Stdio::piped());
    // A client that comes before the process does waits in the socket's queue.
    let mut early = Client::connect(address).await;
    early.send(&startup(V3_0, &[("user", "postgres"), ("database", "postgres")])).await;
    let mut proxy = Proxy::spawn(&mut command);
    drop(command);
    assert_eq!((proxy.address, proxy.console), (address, console_address));
    assert_eq!(early.until(b'Z').await.last().unwrap(), "Z ReadyForQuery I");
    assert_eq!(log_in(&proxy).await.value("select 1").await, "1");
    proxy.signal(Signal::TERM);
    assert_eq!(proxy.wait().code(), Some(0));
}

#[tokio::test]
async fn an_upstream_that_is_away() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let packet = startup(V3_0, &[("user", "ana"), ("database", "db")]);
    for retry in [Duration::ZERO, Duration::from_millis(400)] {
        let proxy = Proxy::start(&free, &[("UPSTREAM_CONNECT_RETRY", &format!("{}ms", retry.as_millis()))]);
        let mut client = Client::connect(proxy.address).await;
        let began = Instant::now();
        client.send(&packet).await;
        let said = client.until(b'Z').await;
        assert!(said.len() == 1 && said[0].contains("SFATAL") && said[0].contains("C08006"), "{said:?}");
        assert!(
            said[0].contains("esclusa could not connect to the PostgreSQL server behind it") && said[0].contains(&free),
            "{said:?}"
        );
        assert!(began.elapsed() >= retry);
    }
    // Waiting clients are served when the server is available.
    let mut proxy = Proxy::start(&free, &[("UPSTREAM_CONNECT_RETRY", "25s"), PLAIN]);
    let mut client = Client::connect(proxy.address).await;
    client.send(&packet).await;
    let fake = Fake::start_on(&free).await;
    assert_eq!(client.until(b'Z').await.last().unwrap(), "Z ReadyForQuery I");
    assert_eq!(client.value("select 1").await, "1");
    drop(fake);
    proxy.assert_sound();
}

/// Directories in which a process must leave nothing behind.
#[test]
fn a_unix_socket_is_left_to_the_next_process() {
    let path = process::scratch("unix").join("s");
    let settings = [("LISTEN_ADDRESS", path.to_str().unwrap())];
    for _ in 0..2 {
        let mut proxy = Proxy::start(&upstream(), &settings);
        assert!(std::os::unix::net::UnixStream::connect(Path::new(&path)).is_ok());
        proxy.signal(Signal::KILL);
        proxy.wait();
    }
}
