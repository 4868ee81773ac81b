//! deploy/ is correct: its paths and options exist, systemd accepts its units, the program serves on systemd's sockets and reports when it does,
//! the metrics and alerts are those of the program.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

#[path = "cli/program.rs"]
mod program;

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use esclusa::config::Settings;
use esclusa::demo::postgres::Postgres;
use esclusa::telemetry::{METRICS, MetricKind};
use program::{Running, command, esclusa, out, psql, root, said};

fn deploy(name: &str) -> PathBuf {
    root().join("deploy").join(name)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(deploy(name)).unwrap()
}

/// The values of a key of a unit.
fn values(unit: &str, key: &str) -> Vec<String> {
    text(unit).lines().filter_map(|l| l.strip_prefix(&format!("{key}="))).map(str::to_owned).collect()
}

/// The configuration of Prometheus in the README.
fn readme_of_prometheus() -> String {
    text("README.md").split("scrape_configs:").nth(1).unwrap().split("```").next().unwrap().to_owned()
}

fn units() -> Vec<String> {
    let entries = std::fs::read_dir(root().join("deploy")).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    entries.filter(|n| ["service", "socket", "timer"].iter().any(|e| n.ends_with(e))).collect()
}

fn production() -> Settings {
    Settings::load(Some(&root().join("config/production.toml")), &|_| None).unwrap_or_else(|f| panic!("{f}"))
}

#[test]
fn the_table_names_every_file_and_nothing_else() {
    let readme = text("README.md");
    let sources = readme.lines().filter(|l| l.starts_with("| `")).map(|l| l.split('|').nth(1).unwrap());
    let named: BTreeSet<&str> = sources.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect();
    for name in named.iter().filter(|n| !n.starts_with("target/")) {
        assert!(root().join(name).exists(), "{name}");
    }
    let files = std::fs::read_dir(root().join("deploy")).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    for file in files.filter(|f| f != "README.md") {
        assert!(named.contains(format!("deploy/{file}").as_str()), "{file} is not in the table");
    }
}

/// The units agree with the settings and with the program's options.
#[test]
fn units_and_settings_agree() {
    let settings = production();
    let web = settings.web.address.clone().unwrap();
    let sockets = [&settings.listen.address, &settings.console.address, &web].map(|address| address.to_string());
    assert_eq!(values("esclusa.socket", "ListenStream"), sockets, "clients first, then the console, then the web port");
    assert!(readme_of_prometheus().contains(&web.to_string()));
    let stop: u64 = values("esclusa.service", "TimeoutStopSec")[0].trim_end_matches('s').parse().unwrap();
    assert!(stop > settings.listen.drain_timeout.as_secs());
    let files: usize = values("esclusa.service", "LimitNOFILE")[0].parse().unwrap();
    assert!(files > 2 * settings.listen.max_clients + 100);
    let readme = text("README.md");
    let table: Vec<&str> = readme.lines().filter(|l| l.starts_with("| `")).collect();
    for place in ["/etc/esclusa/rules/", "/etc/esclusa/esclusa.toml", "/usr/bin/esclusa"] {
        assert!(table.iter().any(|l| l.contains(&format!("`{place}`"))), "{place}");
    }
    assert_eq!(settings.rules.directory, Path::new("/etc/esclusa/rules"));
    for unit in ["esclusa.service", "esclusa-schema.service"] {
        for start in values(unit, "ExecStart") {
            let words: Vec<&str> = start.split(' ').collect();
            assert_eq!(words[..3], ["/usr/bin/esclusa", "--config", "/etc/esclusa/esclusa.toml"]);
            // The program accepts these words, as its help shows.
            out(&mut esclusa(&[&words[3..], &["--help"]].concat()));
        }
        let credential = values(unit, "LoadCredential")[0].clone();
        assert_eq!(credential, format!("control.password:{}", settings.control.password_file.display()));
        assert_eq!(values(unit, "Environment"), ["ESCLUSA_CONTROL_PASSWORD_FILE=%d/control.password"]);
    }
    for line in readme.lines().filter(|l| l.starts_with("esclusa ")) {
        // Up to a redirection or a comment of the shell.
        let words: Vec<&str> = line.split_whitespace().skip(1).take_while(|w| ![">", "#", "|", "&&"].contains(w)).collect();
        out(&mut esclusa(&[&words[..], &["--help"]].concat()));
    }
}

/// systemd accepts every unit without a warning, where it is installed.
#[test]
fn systemd_takes_the_units() {
    if command("systemd-analyze", &["--version"]).output().is_err() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    for unit in units() {
        // The program is not installed here.
        let here = text(&unit).replace("/usr/bin/esclusa", env!("CARGO_BIN_EXE_esclusa"));
        std::fs::write(directory.path().join(&unit), here).unwrap();
    }
    for unit in units() {
        let path = directory.path().join(&unit).display().to_string();
        let verified = said(
            command("systemd-analyze", &["verify", "--man=no", &path])
                .env("SYSTEMD_UNIT_PATH", format!("{}:", directory.path().display())),
        );
        let ours: Vec<&str> = verified.err.lines().filter(|l| l.contains("esclusa")).collect();
        assert_eq!((verified.code, ours), (Some(0), Vec::new()), "{unit}: {}", verified.err);
    }
}

/// Socket activation (sd_listen_fds(3)) and the notification that systemd waits for (sd_notify(3)): a client that connects while no process
/// runs is served, and so is one that connects during a restart.
#[tokio::test]
async fn it_serves_on_sockets_of_systemd() {
    let postgres = Postgres::start(&Default::default()).await.unwrap();
    let (clients, console) = (TcpListener::bind("127.0.0.1:0").unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
    let web = socket2::Socket::from(TcpListener::bind("127.0.0.1:0").unwrap());
    let page = web.local_addr().unwrap().as_socket().unwrap();
    // Standard input and output are in use: this one is passed by its number.
    web.set_cloexec(false).unwrap();
    let ports = [&clients, &console].map(|l| l.local_addr().unwrap().port().to_string());
    let directory = tempfile::tempdir().unwrap();
    let notify = directory.path().join("notify");
    let manager = std::os::unix::net::UnixDatagram::bind(&notify).unwrap();
    manager.set_read_timeout(Some(program::PATIENCE)).unwrap();
    let word = || {
        let mut bytes = [0; 64];
        let n = manager.recv(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..n]).trim_end_matches('\n').to_owned()
    };
    // The shell hands its standard input and output on as descriptors 3 and 4, and behind them the third socket.
    let start = || {
        // bash, because its number may have two digits, which not every shell takes.
        let script = "exec 3<&0 4<&1 5<&$1; exec </dev/null >&2; LISTEN_PID=$$ LISTEN_FDS=3 exec \"$0\" serve";
        let mut shell = command("bash", &["-c", script, env!("CARGO_BIN_EXE_esclusa"), &web.as_raw_fd().to_string()]);
        shell.env("ESCLUSA_WEB_ADDRESS", "127.0.0.1:2");
        let taken = |l: &TcpListener| Stdio::from(OwnedFd::from(l.try_clone().unwrap()));
        shell.env("NOTIFY_SOCKET", &notify).env("ESCLUSA_UPSTREAM_ADDRESS", format!("127.0.0.1:{}", postgres.port));
        // Addresses that cannot be bound: so the sockets in use are those that were handed over.
        shell.env("ESCLUSA_LISTEN_ADDRESS", "192.0.2.1:1").stdin(taken(&clients));
        Running::start_with_output(shell.env("ESCLUSA_CONSOLE_ADDRESS", "127.0.0.1:1"), taken(&console))
    };
    let mut early =
        Running::start(&mut psql(&["-h", "127.0.0.1", "-p", &ports[0], "-U", "postgres", "-c", "SELECT 'early'", "postgres"]));
    let mut proxy = start();
    assert_eq!(word(), "READY=1");
    early.hears("early");
    assert_eq!(early.ends(), Some(0));
    let shown = out(&mut psql(&["-h", "127.0.0.1", "-p", &ports[1], "-U", "esclusa", "-c", "SHOW VERSION", "esclusa"]));
    assert!(shown.contains(env!("CARGO_PKG_VERSION")), "{shown}");
    assert!(alive(page), "the third socket is for browsers and machines");
    // A reload that comes at once does not end it.
    proxy.signal("HUP");
    proxy.hears("settings and rules were read again");
    proxy.signal("TERM");
    assert_eq!(word(), "STOPPING=1");
    assert_eq!(proxy.ends(), Some(0), "{}", proxy.heard);
    let mut during =
        Running::start(&mut psql(&["-h", "127.0.0.1", "-p", &ports[0], "-U", "postgres", "-c", "SELECT 'during'", "postgres"]));
    let mut successor = start();
    assert_eq!(word(), "READY=1");
    during.hears("during");
    successor.signal("TERM");
    assert_eq!(successor.ends(), Some(0), "{}", successor.heard);
}

/// The metrics that a text names, and the label values by which it selects series, exist in the program.
fn metrics_exist(text: &str) {
    esclusa::telemetry::install().unwrap();
    let series = esclusa::telemetry::series();
    for (at, _) in text.match_indices("esclusa_") {
        let rest = &text[at..];
        let name = &rest[..rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())];
        let metric = METRICS.iter().find(|m| {
            let suffixes = if m.kind == MetricKind::Histogram { ["_bucket", "_sum", "_count"].as_slice() } else { &[""] };
            suffixes.iter().any(|suffix| name.strip_suffix(suffix) == Some(m.name))
        });
        let metric = metric.unwrap_or_else(|| panic!("there is no metric {name}"));
        let selected = rest[name.len()..].strip_prefix('{').and_then(|s| s.split('}').next()).unwrap_or_default();
        let own = |(label, _): &(&str, &str)| !["instance", "job", "le"].contains(label);
        for (label, value) in selected.split(',').filter_map(|s| s.split_once('=')).filter(own) {
            let pair = (label.to_owned(), value.trim_matches(['"', '\\']).to_owned());
            let known = series.iter().any(|s| s.name == metric.name && s.labels.contains(&pair));
            assert!(known, "{name} has no series with {pair:?}");
        }
    }
}

/// Whether a web port says that its process is alive.
fn alive(page: std::net::SocketAddr) -> bool {
    let mut socket = std::net::TcpStream::connect(page).unwrap();
    std::io::Write::write_all(&mut socket, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    std::io::read_to_string(socket).unwrap().ends_with("alive\n")
}

#[test]
fn alerts_are_about_metrics_that_exist() {
    let alerts = text("alerts.yml");
    let expressions: Vec<&str> = alerts.lines().filter_map(|l| l.trim().strip_prefix("expr: ")).collect();
    assert_eq!(expressions.len(), alerts.matches("- alert: ").count());
    for expression in expressions {
        metrics_exist(expression);
        let others = ["up{job=\"esclusa\"}", "node_systemd_unit_state{name=\"esclusa-schema.service\""];
        assert!(expression.contains("esclusa_") || others.iter().any(|o| expression.starts_with(o)), "{expression}");
    }
    let settings = production();
    assert!(alerts.contains(&format!("esclusa_clients > {}", settings.listen.max_clients * 8 / 10)));
    assert!(alerts.contains(&format!("esclusa_spool_bytes > {}", settings.control.spool_bytes.0 / 2)));
    assert!(readme_of_prometheus().contains("job_name: esclusa\n"), "the job of EsclusaSilent");
}

/// The dashboard shows every metric, and none that does not exist; its panels have a title, a description, and do not overlap.
#[test]
fn the_dashboard_is_about_metrics_that_exist() {
    let dashboard: serde_json::Value = serde_json::from_str(&text("grafana.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let mut asked = String::new();
    let mut taken = BTreeSet::new();
    for panel in panels {
        let place = |key: &str| panel["gridPos"][key].as_u64().unwrap();
        for (x, y) in
            (place("x")..place("x") + place("w")).flat_map(|x| (place("y")..place("y") + place("h")).map(move |y| (x, y)))
        {
            assert!(x < 24 && taken.insert((x, y)), "{} lies on another panel", panel["title"]);
        }
        assert!(["title", "description"].iter().all(|key| !panel[*key].as_str().unwrap().is_empty()));
        for target in panel["targets"].as_array().unwrap() {
            let expression = target["expr"].as_str().unwrap();
            assert!(expression.contains("esclusa_") || expression.contains("up{job=\"esclusa\""), "{expression}");
            asked.push_str(expression);
            asked.push('\n');
        }
    }
    asked.push_str(dashboard["annotations"]["list"][0]["expr"].as_str().unwrap());
    metrics_exist(&asked);
    for metric in METRICS {
        assert!(asked.contains(metric.name), "no panel shows {}", metric.name);
    }
    // Every expression is one that Prometheus reads.
    if let Some(promtool) = promtool() {
        let rules = asked.lines().enumerate().map(|(n, e)| format!("  - record: r{n}\n    expr: '{}'\n", written(e)));
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), format!("groups:\n- name: all\n  rules:\n{}", rules.collect::<String>())).unwrap();
        out(&mut command(&promtool, &["check", "rules", "--lint=none", &file.path().display().to_string()]));
    }
}

/// An expression as Grafana sends it.
fn written(expression: &str) -> String {
    expression.replace("$__rate_interval", "1m").replace("$instance", ".*").replace('\'', "''")
}

/// `make test` unpacks it.
fn promtool() -> Option<PathBuf> {
    let unpacked = root().join("target/debian/usr/bin/promtool");
    let promtool = if unpacked.exists() { unpacked } else { PathBuf::from("promtool") };
    command(&promtool, &["--version"]).output().is_ok().then_some(promtool)
}

/// Every alert fires when it should, and only then, tested by promtool. Without promtool only the names are tested.
#[test]
fn alerts_fire_when_they_should() {
    let Some(promtool) = promtool() else { return };
    let directory = tempfile::tempdir().unwrap();
    for name in ["alerts.yml", "alerts_test.yml"] {
        std::fs::copy(deploy(name), directory.path().join(name)).unwrap();
    }
    out(command(&promtool, &["check", "rules", "alerts.yml"]).current_dir(directory.path()));
    out(command(&promtool, &["test", "rules", "alerts_test.yml"]).current_dir(directory.path()));
    let (alerts, tests) = (text("alerts.yml"), text("alerts_test.yml"));
    for alert in alerts.lines().filter_map(|l| l.trim().strip_prefix("- alert: ")) {
        assert!(tests.contains(&format!("alertname: {alert}\n")), "{alert} has no test");
    }
}
