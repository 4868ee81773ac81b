//! Operation in emergencies: a proxy starts while the database is not available, and one command lets every statement pass untouched.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

mod common;
#[path = "recording/relay.rs"]
#[allow(dead_code, reason = "what tests of recording cut off is of no use here")]
mod relay;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use common::Bed;
use common::proxy::{Proxy, b, e, p, s};
use esclusa::config::Settings;
use esclusa::mode::Mode;
use esclusa::server::{Loader, Server};
use relay::Relay;

/// A look-up that was moved and is rewritten; no view answers under its name.
async fn bed() -> Bed {
    let mut bed = Bed::new(
        "CREATE TABLE tipocolor (id numeric(5,0) NOT NULL PRIMARY KEY, nombre varchar(20));
         INSERT INTO tipocolor VALUES (1, 'rojo'), (2, 'verde'), (3, 'azul');",
    )
    .await;
    bed.lookup("tipocolor", "id").await;
    bed.migrate_all().await;
    bed
}

fn change<'c>(relay: &'c Relay, bed: &'c Bed, spool: &'c Path) -> impl Fn(&mut Settings) + 'c {
    move |settings| {
        settings.control.url = relay.url(bed.name());
        settings.control.spool = spool.to_owned();
        settings.control.spool_interval = Duration::from_millis(50);
        settings.control.flush_interval = Duration::from_millis(50);
    }
}

fn mode(proxy: &Proxy) -> Mode {
    proxy.server.shared.policy.load().entries().next().unwrap().mode
}

async fn until(proxy: &Proxy, expected: Mode) {
    let began = Instant::now();
    while mode(proxy) != expected {
        assert!(began.elapsed() < Duration::from_secs(20), "it is in mode {}", mode(proxy));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// `esclusa off`: its exit code, standard output and standard error.
async fn off(spool: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_esclusa"));
    command.arg("off").args(arguments).env("ESCLUSA_CONTROL_SPOOL", spool).env("USER", "ana");
    let said = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (said.status.code(), text(said.stdout), text(said.stderr))
}

const READ: &str = "SELECT nombre FROM tipocolor WHERE id = 2";

#[tokio::test]
async fn a_proxy_that_starts_while_the_database_is_away_serves_as_the_one_before_it() {
    let (bed, spool) = (bed().await, tempfile::tempdir().unwrap());
    let relay = Relay::start(common::server().await.port).await;
    let change = change(&relay, &bed, spool.path());
    relay.refuse(true);
    let mut settings = Settings::defaults().unwrap();
    settings.rules.directory = spool.path().to_owned();
    change(&mut settings);
    let first = Server::start(Loader::new(move || Ok(settings.clone()))).await;
    assert!(first.is_err(), "nobody has told it anything yet");
    relay.refuse(false);

    let proxy = Proxy::start_with(&bed, &change).await;
    proxy.set(&["tipocolor"], Mode::Rewrite).await;
    bed.sql(&format!("DROP VIEW {}.tipocolor", common::SCHEMA)).await;
    assert_eq!(proxy.client(&bed).await.query(READ).await, "T (verde) [SELECT 1] ZI");
    proxy.server.stop().await;

    relay.refuse(true);
    let proxy = Proxy::start_with(&bed, &change).await;
    assert_eq!(mode(&proxy), Mode::Rewrite);
    assert_eq!(proxy.client(&bed).await.query(READ).await, "T (verde) [SELECT 1] ZI");
    assert!(proxy.server.admin().set_modes(&["tipocolor".into()], Mode::Observe, "test", None).await.is_err());
    // It follows as soon as it can ask.
    bed.sql("UPDATE esclusa.mode SET mode = 'observe'; UPDATE esclusa.generation SET number = number + 1").await;
    relay.refuse(false);
    until(&proxy, Mode::Observe).await;
    proxy.server.stop().await;
}

#[tokio::test]
async fn one_word_lets_every_statement_pass_and_another_brings_the_modes_back() {
    let (bed, spool) = (bed().await, tempfile::tempdir().unwrap());
    let relay = Relay::start(common::server().await.port).await;
    let change = change(&relay, &bed, spool.path());
    let proxies = [Proxy::start_with(&bed, &change).await, Proxy::start_with(&bed, &change).await];
    proxies[0].set(&["tipocolor"], Mode::Rewrite).await;
    until(&proxies[1], Mode::Rewrite).await;
    let mut client = proxies[0].client(&bed).await;
    client.ask(&[p("s", READ), s()]).await;
    let held = "SELECT statement LIKE '%esclusa.tipocolor%' FROM pg_prepared_statements WHERE name = 's'";
    assert_eq!(client.query(held).await, "T (t) [SELECT 1] ZI");

    // The database is not available, and nothing here needs it.
    relay.refuse(true);
    let (code, told, remarks) = off(spool.path(), &["--reason", "ticket 4711"]).await;
    assert_eq!((code, told.matches("pass untouched").count()), (Some(0), 2), "{told}{remarks}");
    assert_eq!(proxies.each_ref().map(mode), [Mode::Off; 2], "it has waited for both");
    assert_eq!(client.ask(&[b("s", &[]), e(), s()]).await, "2 (verde) [SELECT 1] ZI");
    assert_eq!(client.query(held).await, "T (f) [SELECT 1] ZI");
    let refused = proxies[0].server.admin().set_modes(&["tipocolor".into()], Mode::Observe, "test", None).await.unwrap_err();
    assert_eq!(refused.to_string(), "every statement passes untouched: no mode is in force");
    let (code, told, _) = off(spool.path(), &[]).await;
    assert_eq!((code, told.matches("pass untouched").count()), (Some(0), 2), "again is no mistake");

    // It also applies to a process that starts, and modes from the database do not end it.
    relay.refuse(false);
    let third = Proxy::start_with(&bed, &change).await;
    assert_eq!(mode(&third), Mode::Off);
    bed.sql("UPDATE esclusa.generation SET number = number + 1; NOTIFY esclusa").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(proxies.each_ref().map(mode), [Mode::Off; 2]);

    relay.refuse(true);
    let (code, told, _) = off(spool.path(), &["--undo"]).await;
    assert_eq!((code, told.matches("by their modes").count()), (Some(0), 3), "{told}");
    assert_eq!(proxies.each_ref().map(mode), [Mode::Rewrite; 2]);
    assert_eq!(mode(&third), Mode::Rewrite);
    assert_eq!(client.ask(&[b("s", &[]), e(), s()]).await, "2 (verde) [SELECT 1] ZI");
    assert_eq!(client.query(held).await, "T (t) [SELECT 1] ZI");
    let (code, _, _) = off(spool.path(), &["--undo"]).await;
    assert_eq!(code, Some(0));
    relay.refuse(false);
    for proxy in proxies.into_iter().chain([third]) {
        proxy.server.stop().await;
    }
    let names = std::fs::read_dir(spool.path()).unwrap().map(|file| file.unwrap().file_name());
    assert_eq!(names.collect::<Vec<_>>(), ["facts.json"]);

    let (code, told, remarks) = off(spool.path(), &[]).await;
    assert!(code == Some(0) && !told.contains("untouched") && remarks.contains("no running process uses"), "{told}{remarks}");
    assert_eq!(off(Path::new(""), &[]).await.0, Some(2), "without a spool there is no way to tell anybody");
}

#[tokio::test]
async fn what_keeps_hits_from_the_database_is_told_once() {
    let bed = Bed::new("CREATE TABLE tipocolor (id numeric(5,0) NOT NULL PRIMARY KEY, nombre varchar(20))").await;
    let spool = tempfile::tempdir().unwrap();
    bed.sql("DROP SCHEMA esclusa CASCADE").await;
    let port = common::server().await.port;
    let log = spool.path().join("log");
    let mut child = Command::new(env!("CARGO_BIN_EXE_esclusa"))
        .arg("serve")
        .env("ESCLUSA_LISTEN_ADDRESS", "127.0.0.1:0")
        .env("ESCLUSA_CONSOLE_ADDRESS", "127.0.0.1:0")
        .env("ESCLUSA_UPSTREAM_ADDRESS", format!("127.0.0.1:{port}"))
        .env("ESCLUSA_UPSTREAM_ACCEPT_TRUST", "true")
        .env("ESCLUSA_RULES_DIRECTORY", concat!(env!("CARGO_MANIFEST_DIR"), "/rules"))
        .env("ESCLUSA_CONTROL_URL", format!("postgres://postgres@127.0.0.1:{port}/{}", bed.name()))
        .env("ESCLUSA_CONTROL_FLUSH_INTERVAL", "50ms")
        .env_remove("RUST_LOG")
        .stderr(std::fs::File::create(&log).unwrap())
        .spawn()
        .unwrap();
    let said = || std::fs::read_to_string(&log).unwrap();
    let began = Instant::now();
    while !said().contains("hits could not be written") {
        assert!(began.elapsed() < Duration::from_secs(30), "{}", said());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tokio::time::sleep(Duration::from_millis(600)).await;
    child.kill().unwrap();
    child.wait().unwrap();
    for once in ["no schema esclusa", "hits could not be written"] {
        assert_eq!(said().matches(once).count(), 1, "{}", said());
    }
}
