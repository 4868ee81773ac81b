//! The relay side by side: pgbench -S against the server directly, through esclusa, through PgBouncer (session mode) and through HAProxy
//! (TCP mode), interleaved in one run, medians and ratios. Needs Debian's packages pgbouncer and haproxy, and the release binary.
//!
//! `cargo bench --bench relay -- [seconds per cell] [rounds] [clients,...] [protocols,...]`
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

use std::collections::BTreeMap;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use esclusa::demo::postgres::{Options, Postgres, bin_directory, free_port};
use esclusa::table::Table;

/// Ways to the server, in the order in which each round takes them.
const WAYS: [&str; 4] = ["direct", "esclusa", "pgbouncer", "haproxy"];

struct Proxy {
    child: Child,
    port: u16,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn main() {
    // `cargo bench` adds `--bench`.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let argument = |i: usize, default: &str| arguments.get(i).cloned().unwrap_or_else(|| default.to_owned());
    let seconds: u64 = argument(0, "3").parse().expect("seconds");
    let rounds: usize = argument(1, "5").parse().expect("rounds");
    let clients: Vec<usize> = argument(2, "1,16").split(',').map(|c| c.parse().expect("clients")).collect();
    let protocols = argument(3, "simple,prepared");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let postgres = Postgres::start(&Options::default()).await.expect("PostgreSQL");
        pgbench(postgres.port, &["-i", "-q", "-s", "10"]);
        let proxies = [("esclusa", esclusa(&postgres)), ("pgbouncer", pgbouncer(&postgres)), ("haproxy", haproxy(&postgres))];
        let port = |way: &str| proxies.iter().find(|(name, _)| *name == way).map_or(postgres.port, |(_, p)| p.port);
        let mut table =
            Table::new(&["protocol", "clients", "way", "tps", "min", "max", "of_direct", "of_pgbouncer", "of_haproxy"]);
        for protocol in protocols.split(',') {
            for &count in &clients {
                let mut found: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
                for _ in 0..rounds {
                    for way in WAYS {
                        found.entry(way).or_default().push(throughput(port(way), protocol, count, seconds));
                    }
                }
                let median = |way: &str| {
                    let mut all = found[way].clone();
                    all.sort_by(f64::total_cmp);
                    (all[all.len() / 2], all[0], all[all.len() - 1])
                };
                for way in WAYS {
                    let (tps, least, most) = median(way);
                    let mut row = vec![
                        protocol.into(),
                        count.into(),
                        way.into(),
                        tps.round().into(),
                        least.round().into(),
                        most.round().into(),
                    ];
                    row.extend(["direct", "pgbouncer", "haproxy"].map(|other| (tps / median(other).0).into()));
                    table.push(row);
                }
            }
        }
        print!("{}", table.aligned());
        drop(proxies);
    });
}

fn pgbench(port: u16, arguments: &[&str]) -> String {
    let output = Command::new(bin_directory().expect("PostgreSQL's programs").join("pgbench"))
        .args(["-h", "127.0.0.1", "-p", &port.to_string(), "-U", "postgres"])
        .args(arguments)
        .arg("postgres")
        .output()
        .expect("pgbench");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn throughput(port: u16, protocol: &str, clients: usize, seconds: u64) -> f64 {
    let (count, threads, time) = (clients.to_string(), clients.min(2).to_string(), seconds.to_string());
    let said = pgbench(port, &["-S", "-n", "-M", protocol, "-c", &count, "-j", &threads, "-T", &time]);
    let line = said.lines().find(|l| l.starts_with("tps = ")).expect("tps");
    line["tps = ".len()..].split(' ').next().and_then(|n| n.parse().ok()).expect("a number")
}

fn wait_for(port: u16) {
    let started = Instant::now();
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(started.elapsed() < Duration::from_secs(20), "nobody listens on {port}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn start(command: &mut Command, port: u16) -> Proxy {
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the proxy's program");
    wait_for(port);
    Proxy { child, port }
}

fn esclusa(postgres: &Postgres) -> Proxy {
    let (port, console) = (free_port().expect("a port"), free_port().expect("a port"));
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new(root.join("target/release/esclusa"));
    command
        .arg("serve")
        .env("ESCLUSA_LISTEN_ADDRESS", format!("127.0.0.1:{port}"))
        .env("ESCLUSA_CONSOLE_ADDRESS", format!("127.0.0.1:{console}"))
        .env("ESCLUSA_UPSTREAM_ADDRESS", format!("127.0.0.1:{}", postgres.port))
        .env("ESCLUSA_CONTROL_URL", postgres.url("postgres").secret())
        .env("ESCLUSA_RULES_DIRECTORY", root.join("rules"))
        .env("ESCLUSA_LOG_LEVEL", "warn");
    start(&mut command, port)
}

fn pgbouncer(postgres: &Postgres) -> Proxy {
    let port = free_port().expect("a port");
    let file = write(
        postgres,
        "pgbouncer.ini",
        &format!(
            "[databases]\n* = host=127.0.0.1 port={} user=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
         auth_type = any\npool_mode = session\nmax_client_conn = 200\ndefault_pool_size = 100\nlogfile = /dev/null\npidfile =\n\
         ignore_startup_parameters = extra_float_digits,search_path\n",
            postgres.port
        ),
    );
    // PgBouncer refuses to run as root.
    let owner = std::fs::metadata(&postgres.directory).expect("the scratch directory");
    let mut command = Command::new("/usr/sbin/pgbouncer");
    command.arg(file).uid(std::os::unix::fs::MetadataExt::uid(&owner)).gid(std::os::unix::fs::MetadataExt::gid(&owner));
    start(&mut command, port)
}

fn haproxy(postgres: &Postgres) -> Proxy {
    let port = free_port().expect("a port");
    let file = write(
        postgres,
        "haproxy.cfg",
        &format!(
            "global\n  maxconn 1000\ndefaults\n  mode tcp\n  timeout connect 5s\n  timeout client 1h\n  timeout server 1h\n\
         listen pg\n  bind 127.0.0.1:{port}\n  server s 127.0.0.1:{}\n",
            postgres.port
        ),
    );
    start(Command::new("/usr/sbin/haproxy").arg("-db").arg("-f").arg(file), port)
}

fn write(postgres: &Postgres, name: &str, text: &str) -> PathBuf {
    let path = postgres.directory.join(name);
    std::fs::write(&path, text).expect("a configuration file");
    path
}
