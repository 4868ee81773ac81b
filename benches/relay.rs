//! The relay side by side: pgbench -S, a large result and COPY against the server directly, through esclusa, through PgBouncer (session
//! mode) and through HAProxy (TCP mode), interleaved in one run. Needs Debian's packages pgbouncer and haproxy, and the release binary.
//!
//! `cargo bench --bench relay -- [seconds per cell] [rounds] [clients,...] [protocols,...]`; the protocol `bulk` is the large transfers.
//!
//! Each figure is the median of the rounds. The ratios are medians of the ratios within one round, in which other load on the machine
//! affects both sides alike. `proxy_us` is the processor time that the proxy itself took for one transaction (for a MB of a large
//! transfer), which does not depend on the machine's load at all.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use esclusa::demo::postgres::{Options, Postgres, bin_directory, free_port};
use esclusa::table::ColumnType::{Float, Int, Text};
use esclusa::table::Table;

/// Ways to the server; each round begins with a different one.
const WAYS: [&str; 4] = ["direct", "esclusa", "pgbouncer", "haproxy"];
/// Rows of the large table, each of some hundred bytes.
const ROWS: usize = 1_000_000;

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

impl Proxy {
    /// Processor time so far, of all threads, in microseconds (proc(5): ticks of 10 ms in fields 14 and 15 of stat).
    fn processor_us(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).expect("the proxy runs");
        let fields = stat.rsplit(')').next().expect("fields").split_whitespace().skip(11).take(2);
        fields.map(|ticks| ticks.parse::<f64>().expect("ticks") * 10_000.0).sum()
    }
}

/// One measured run.
#[derive(Clone, Copy)]
struct Run {
    /// Transactions or MB a second.
    rate: f64,
    /// Transactions or MB.
    work: f64,
}

fn main() {
    // `cargo bench` adds `--bench`.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let argument = |i: usize, default: &str| arguments.get(i).cloned().unwrap_or_else(|| default.to_owned());
    let seconds: u64 = argument(0, "3").parse().expect("seconds");
    let rounds: usize = argument(1, "5").parse().expect("rounds");
    let clients: Vec<usize> = argument(2, "1,8,32").split(',').map(|c| c.parse().expect("clients")).collect();
    let protocols = argument(3, "simple,extended,prepared,bulk");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let postgres = runtime.block_on(Postgres::start(&Options::default())).expect("PostgreSQL");
    pgbench(postgres.port, &["-i", "-q", "-s", "10"]);
    let proxies = [("esclusa", esclusa(&postgres)), ("pgbouncer", pgbouncer(&postgres)), ("haproxy", haproxy(&postgres))];
    let mut table = Table::new(&[
        ("what", Text),
        ("clients", Int),
        ("way", Text),
        ("rate", Float),
        ("min", Float),
        ("max", Float),
        ("of_direct", Float),
        ("of_pgbouncer", Float),
        ("of_haproxy", Float),
        ("proxy_us", Float),
    ]);
    for protocol in protocols.split(',') {
        if protocol == "bulk" {
            prepare_bulk(postgres.port);
            for (what, run) in
                [("result MB/s", large_result as fn(u16) -> Run), ("COPY out MB/s", copy_out), ("COPY in MB/s", copy_in)]
            {
                cell(&mut table, &postgres, &proxies, what, 1, rounds, run);
            }
            continue;
        }
        for &count in &clients {
            let run = |port| transactions(port, protocol, count, seconds);
            cell(&mut table, &postgres, &proxies, protocol, count, rounds, run);
        }
    }
    print!("{}", table.aligned());
}

/// Measures one cell by every way, and adds its rows.
fn cell(
    table: &mut Table,
    postgres: &Postgres,
    proxies: &[(&'static str, Proxy)],
    what: &str,
    clients: usize,
    rounds: usize,
    run: impl Fn(u16) -> Run,
) {
    let mut rates: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    let mut costs: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for round in 0..rounds {
        for turn in 0..WAYS.len() {
            let way = WAYS[(round + turn) % WAYS.len()];
            let proxy = proxies.iter().find(|(name, _)| *name == way).map(|(_, proxy)| proxy);
            let before = proxy.map_or(0.0, Proxy::processor_us);
            let done = run(proxy.map_or(postgres.port, |p| p.port));
            rates.entry(way).or_default().push(done.rate);
            costs.entry(way).or_default().push((proxy.map_or(0.0, Proxy::processor_us) - before) / done.work);
        }
    }
    for way in WAYS {
        let of = |other: &str| median(rates[way].iter().zip(&rates[other]).map(|(a, b)| a / b));
        let most = rates[way].iter().copied().fold(0.0, f64::max);
        let least = rates[way].iter().copied().fold(f64::MAX, f64::min);
        let mut row = vec![what.into(), clients.into(), way.into()];
        row.extend([median(rates[way].iter().copied()), least, most].map(|rate| rate.round().into()));
        row.extend(["direct", "pgbouncer", "haproxy"].map(|other| of(other).into()));
        row.push(median(costs[way].iter().copied()).into());
        table.push(row);
    }
    eprintln!("{what}, {clients} clients: done");
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut all: Vec<f64> = values.collect();
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
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

fn transactions(port: u16, protocol: &str, clients: usize, seconds: u64) -> Run {
    let (count, threads, time) = (clients.to_string(), clients.min(2).to_string(), seconds.to_string());
    let said = pgbench(port, &["-S", "-n", "-M", protocol, "-c", &count, "-j", &threads, "-T", &time]);
    let number = |head: &str| {
        let line = said.lines().find(|l| l.starts_with(head)).unwrap_or_else(|| panic!("no `{head}` in\n{said}"));
        line[head.len()..].split([' ', '/']).next().and_then(|n| n.parse().ok()).expect("a number")
    };
    Run { rate: number("tps = "), work: number("number of transactions actually processed: ") }
}

/// A raw connection, so that a driver's work on the rows is not part of the figure.
struct Connection {
    socket: TcpStream,
}

impl Connection {
    fn new(port: u16) -> Connection {
        let socket = TcpStream::connect(("127.0.0.1", port)).expect("a connection");
        socket.set_nodelay(true).expect("a socket");
        let mut connection = Connection { socket };
        let body = b"\0\x03\0\0user\0postgres\0database\0postgres\0\0";
        connection.socket.write_all(&[&(body.len() as u32 + 4).to_be_bytes()[..], body].concat()).expect("a log-in");
        connection.read_until(b'Z');
        connection
    }

    fn send(&mut self, tag: u8, body: &[u8]) {
        let length = (body.len() as u32 + 4).to_be_bytes();
        self.socket.write_all(&[&[tag][..], &length, body].concat()).expect("a peer that reads");
    }

    /// Reads messages up to one with this tag; the bytes that came.
    fn read_until(&mut self, tag: u8) -> usize {
        let mut chunk = vec![0; 256 * 1024];
        let (mut total, mut skip, mut header) = (0, 0, Vec::new());
        loop {
            let n = self.socket.read(&mut chunk).expect("bytes");
            assert!(n > 0, "closed after {total} bytes");
            total += n;
            let mut rest = &chunk[..n];
            while !rest.is_empty() {
                let skipped = skip.min(rest.len());
                (skip, rest) = (skip - skipped, &rest[skipped..]);
                let taken = rest.len().min(5 - header.len());
                header.extend_from_slice(&rest[..taken]);
                rest = &rest[taken..];
                if let [found, length @ ..] = header.as_slice()
                    && let Some(length) = length.first_chunk::<4>()
                {
                    assert!(*found != b'E', "an error came");
                    let end = *found == tag;
                    skip = u32::from_be_bytes(*length) as usize - 4;
                    header.clear();
                    if end && skip <= rest.len() {
                        return total;
                    }
                }
            }
        }
    }

    /// A query with everything that it answers, timed.
    fn timed(&mut self, sql: &str) -> Run {
        let began = Instant::now();
        self.send(b'Q', &[sql.as_bytes(), &[0]].concat());
        megabytes(self.read_until(b'Z'), began)
    }
}

fn megabytes(bytes: usize, began: Instant) -> Run {
    let work = bytes as f64 / 1e6;
    Run { rate: work / began.elapsed().as_secs_f64(), work }
}

fn prepare_bulk(port: u16) {
    let mut connection = Connection::new(port);
    connection.timed(&format!(
        "CREATE UNLOGGED TABLE large AS SELECT n AS id, md5(n::text) AS a, md5((-n)::text) AS b, n * 1.5 AS c FROM generate_series(1, {ROWS}) n"
    ));
    connection.timed("CREATE UNLOGGED TABLE received (id text)");
    connection.timed("VACUUM (FREEZE, ANALYZE) large");
}

fn large_result(port: u16) -> Run {
    Connection::new(port).timed("SELECT * FROM large")
}

fn copy_out(port: u16) -> Run {
    Connection::new(port).timed("COPY large TO STDOUT")
}

fn copy_in(port: u16) -> Run {
    let mut connection = Connection::new(port);
    connection.timed("TRUNCATE received");
    let rows = [&[b'x'; 199][..], b"\n"].concat().repeat(40);
    let began = Instant::now();
    connection.send(b'Q', b"COPY received FROM STDIN\0");
    connection.read_until(b'G');
    let messages = 100 * ROWS / rows.len();
    for _ in 0..messages {
        connection.send(b'd', &rows);
    }
    connection.send(b'c', b"");
    connection.read_until(b'Z');
    megabytes(messages * rows.len(), began)
}

fn wait_for(port: u16) {
    let started = Instant::now();
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(started.elapsed() < Duration::from_secs(20), "nobody listens on {port}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn start(command: &mut Command, port: u16) -> Proxy {
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().expect("the proxy's program");
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
        .env("ESCLUSA_UPSTREAM_ACCEPT_TRUST", "true")
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
    command.arg("-q").arg(file).uid(std::os::unix::fs::MetadataExt::uid(&owner)).gid(std::os::unix::fs::MetadataExt::gid(&owner));
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
