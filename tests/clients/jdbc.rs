//! pgjdbc, the driver that AQUASIS speaks through.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use esclusa::config::{Address, OfferTls, Settings, UseTls};
use esclusa::demo::postgres::{Options, Postgres};
use esclusa::server::{Loader, Server};

use crate::sides::{Run, Said, Side, Sides, file, same, scratch};

const RULES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/rules");
const DRIVER: &str = "/usr/share/java/postgresql.jar";

/// The compiled programs.
fn classes() -> PathBuf {
    static CLASSES: OnceLock<PathBuf> = OnceLock::new();
    let compile = || {
        assert!(PathBuf::from(DRIVER).exists(), "pgjdbc is missing; `make deps` installs it");
        let directory = scratch().join("classes");
        let mut sources: Vec<PathBuf> = std::fs::read_dir(file("java")).unwrap().map(|e| e.unwrap().path()).collect();
        sources.sort();
        let javac =
            Run::new("javac").args(["-Xlint:all", "-encoding", "UTF-8", "-cp", DRIVER, "-d"]).arg(&directory).args(&sources);
        let said = javac.run("compiling the Java programs");
        assert_eq!((said.code, said.errors.as_str()), (Some(0), ""), "{}", said.output);
        directory
    };
    CLASSES.get_or_init(compile).clone()
}

fn java(args: &[&str]) -> Run {
    let path = format!("{}:{DRIVER}", classes().display());
    let options = ["-Xmx512m", "-XX:TieredStopAtLevel=1", "-Duser.language=en", "-Dfile.encoding=UTF-8", "-cp", &path, "Main"];
    Run::new("java").args(options).args(args)
}

fn plain(topic: &str) -> Said {
    let sides = Sides::take();
    same(&format!("pgjdbc {topic}"), &sides.plain(), || java(&[topic]))
}

fn in_full(said: &Said, lines: usize) {
    assert_eq!((said.code, said.errors.as_str()), (Some(0), ""));
    assert!(said.output.lines().count() > lines, "it says too little:\n{}", said.output);
}

#[test]
fn jdbc_statements_by_every_setting() {
    in_full(&plain("statements"), 15_000);
}

#[test]
fn jdbc_catalog() {
    in_full(&plain("catalog"), 10_000);
}

#[test]
fn jdbc_copy_notifications_large_objects_cancel_xa() {
    in_full(&plain("extras"), 200);
}

#[test]
fn jdbc_on_tables_that_are_gone() {
    let sides = Sides::take();
    let before = sides.rewritten();
    in_full(&same("pgjdbc legacy", &sides.legacy(), || java(&["legacy"])), 10_000);
    let hits = sides.rewritten() - before;
    assert!(hits > 2000, "{hits} legacy names rewritten");
}

/// What Hibernate and awkward Java code send, prepared on the server, in several sessions at once.
#[test]
fn jdbc_corpora_prepared_on_the_server() {
    let sides = Sides::take();
    let before = sides.rewritten();
    let corpora = ["hibernate.sql", "awkward.sql"].map(|name| file("../twin/corpora").join(name).to_str().unwrap().to_owned());
    let said = same("pgjdbc corpus", &sides.legacy(), || java(&["corpus", RULES, &corpora[0], &corpora[1]]));
    in_full(&said, 1000);
    let hits = sides.rewritten() - before;
    assert!(hits > 2000, "{hits} legacy names rewritten");
}

/// Encryption and passwords, with a proxy that presents the server's own certificate.
#[test]
fn jdbc_logins() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let postgres = runtime.block_on(Postgres::start(&Options::default())).unwrap();
    let [certificate, key] = certificate(&postgres);
    let proxy = runtime.block_on(async {
        set_up_logins(&postgres, &certificate, &key).await;
        let settings = settings(&postgres, &certificate, &key);
        Server::start(Loader::new(move || Ok(settings.clone()))).await.unwrap()
    });
    let Address::Tcp(_, port) = proxy.address else { panic!("the proxy listens on no port") };
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = std::thread::spawn(move || {
        runtime.block_on(async {
            let _ = stopped.await;
            proxy.stop().await;
        });
    });
    let sides = [("direct", postgres.port), ("proxied", port)].map(|(name, own)| Side {
        name,
        port: own,
        ports: [postgres.port, port],
        database: "postgres",
        user: "postgres",
    });
    let authority = certificate.to_str().unwrap();
    let said = same("pgjdbc logins", &sides, || java(&["logins", authority]));
    stop.send(()).unwrap();
    serving.join().unwrap();
    in_full(&said, 200);
    for ends in ["client_scram String | 4MB", "password authentication failed", "08004", "77MB"] {
        assert!(said.output.contains(ends), "no login ends with {ends}:\n{}", said.output);
    }
}

/// A certificate that signs itself, and its key, as only the server's user may read it.
fn certificate(postgres: &Postgres) -> [PathBuf; 2] {
    let [certificate, key] = ["server.crt", "server.key"].map(|name| postgres.directory.join(name));
    let make = [
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "30",
        "-subj",
        "/CN=esclusa",
        "-addext",
        "subjectAltName=IP:127.0.0.1",
    ];
    let said = Run::new("openssl").args(make).arg("-out").arg(&certificate).arg("-keyout").arg(&key).run("making a certificate");
    assert_eq!(said.code, Some(0), "{}", said.errors);
    let owner = std::fs::metadata(&postgres.directory).unwrap();
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    chown(&key, Some(owner.uid()), Some(owner.gid())).unwrap();
    [certificate, key]
}

async fn set_up_logins(postgres: &Postgres, certificate: &Path, key: &Path) {
    let rules = "host all client_scram 127.0.0.1/32 scram-sha-256\nhost all client_md5 127.0.0.1/32 md5\n\
                 host all all 127.0.0.1/32 trust\nhost replication all 127.0.0.1/32 trust\n";
    std::fs::write(postgres.directory.join("data/pg_hba.conf"), rules).unwrap();
    let admin = postgres.connect("postgres").await.unwrap();
    for statement in [
        "CREATE ROLE client_scram LOGIN PASSWORD 's3cret'".to_owned(),
        "SET password_encryption = md5".to_owned(),
        "CREATE ROLE client_md5 LOGIN PASSWORD 's3cret'".to_owned(),
        format!("ALTER SYSTEM SET ssl_cert_file = '{}'", certificate.display()),
        format!("ALTER SYSTEM SET ssl_key_file = '{}'", key.display()),
        "ALTER SYSTEM SET ssl = on".to_owned(),
        "SELECT pg_reload_conf()".to_owned(),
    ] {
        admin.batch("setting up", &statement).await.unwrap();
    }
    let limit = Instant::now() + Duration::from_secs(60);
    loop {
        let fresh = postgres.connect("postgres").await.unwrap();
        if fresh.text("asking", "SHOW ssl").await.unwrap() == [[Some("on".to_owned())]] {
            return;
        }
        assert!(Instant::now() < limit, "the server does not offer TLS");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn settings(postgres: &Postgres, certificate: &Path, key: &Path) -> Settings {
    let mut settings = Settings::defaults().unwrap();
    let local = |port| Address::Tcp("127.0.0.1".into(), port);
    settings.listen.address = local(0);
    settings.listen.tls = OfferTls::Optional;
    settings.listen.tls_certificate = certificate.to_owned();
    settings.listen.tls_key = key.to_owned();
    settings.console.address = local(0);
    settings.upstream.address = local(postgres.port);
    settings.upstream.tls = UseTls::Prefer;
    settings.rules.directory = RULES.into();
    settings
}
