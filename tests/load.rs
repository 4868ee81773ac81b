//! All waves under load, as the DBA runs them: one command per wave, while clients read and write in transactions through three proxies and one
//! client bypasses them; then everything is rolled back, with what was written since, and moved again. No client sees an error, no row is lost or
//! doubled, every counter has counted every commit.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

mod common;
#[path = "load/clients.rs"]
mod clients;
#[path = "recording/process.rs"]
#[allow(dead_code, reason = "the clients are of tests/recording.rs")]
mod process;

use std::time::{Duration, Instant};

use clients::{Clients, Work};
use common::real::{CONTROL, Plot, Real, SCHEMA, TARGET};
use esclusa::catalog::Database;
use esclusa::demo::data::Sizes;
use esclusa::rule::Target;
use esclusa::sql::quote::qualified;
use process::Process;

/// A number from the environment: the full run is `make load ROWS=50000 CLIENTS=16`.
fn number(name: &str, otherwise: usize) -> usize {
    std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(otherwise)
}

/// Runs a command as the control role, which is not a superuser; it must succeed, or says what the proxies have said.
async fn run(real: &Real, proxies: &[Process], arguments: &[&str]) {
    let output = tokio::process::Command::new(env!("CARGO_BIN_EXE_esclusa"))
        .args(arguments)
        .env("ESCLUSA_RULES_DIRECTORY", &real.directory)
        .env("ESCLUSA_CONTROL_URL", real.url(CONTROL).secret())
        .env_remove("RUST_LOG")
        .output()
        .await
        .unwrap();
    let said = [&output.stdout, &output.stderr].map(|o| String::from_utf8_lossy(o)).join("");
    let logs = || proxies.iter().map(Process::log).collect::<Vec<_>>().join("\n");
    assert_eq!(output.status.code(), Some(0), "{arguments:?}\n{said}\n{}", logs());
}

/// Look-ups and histories that the clients can use: they need a number to count with, or a stamp that marks a row.
async fn works(real: &Real, db: &Database, count: usize) -> Vec<std::sync::Arc<Work>> {
    let (mut lookups, mut histories) = (Vec::new(), Vec::new());
    for rule in real.moving() {
        let table = qualified(SCHEMA, &rule.table);
        let rows = db.text("test", &format!("SELECT t::text FROM {table} AS t LIMIT 1")).await.unwrap();
        if rows.is_empty() {
            continue;
        }
        match &rule.target {
            Target::Lookup(_) => lookups.extend(Work::on_lookup(db, rule, &table).await),
            Target::History(_) => histories.extend(Work::on_history(db, rule, &table).await),
            _ => {}
        }
    }
    lookups.truncate(count / 2);
    histories.truncate(count - lookups.len());
    assert!(lookups.len() >= count / 4 && histories.len() >= count / 4, "{} and {}", lookups.len(), histories.len());
    lookups.into_iter().chain(histories).collect()
}

#[tokio::test]
#[ignore = "it takes minutes: make load"]
async fn all_waves_there_and_back_and_there_under_load() {
    let sizes = Sizes { rows: number("ROWS", 24), base: 12, lookup: 12, ..Sizes::default() };
    let real = Real::build(&Plot { sizes, ..Plot::default() }).await;
    let db = real.postgres.connect(TARGET).await.unwrap();
    run(&real, &[], &["schema", "apply"]).await;
    let works = works(&real, &db, 40).await;
    let spools: Vec<_> = (0..3).map(|_| tempfile::tempdir().unwrap()).collect();
    let second = Duration::from_secs(1);
    let proxies: Vec<_> =
        spools.iter().map(|spool| Process::start(real.postgres.port, TARGET, &real.directory, spool.path(), second)).collect();
    let pause = Duration::from_millis(number("PAUSE", 10) as u64);
    let clients = Clients::start(&works, number("CLIENTS", 8), pause, &proxies, real.postgres.port, TARGET).await;
    let mut waves: Vec<&str> = real.moving().map(|rule| rule.wave.as_str()).collect();
    waves.sort_unstable();
    waves.dedup();
    for turn in 0..2 {
        for wave in &waves {
            let begun = Instant::now();
            run(&real, &proxies, &["migrate", "--wave", wave, "--accept", "--rewrite"]).await;
            println!("turn {turn}, wave {wave}: {:?}, {}", begun.elapsed(), clients.told(begun));
        }
        run(&real, &proxies, &["verify", "--all"]).await;
        clients.check(&db, &works, "there").await;
        if turn == 0 {
            let begun = Instant::now();
            run(&real, &proxies, &["rollback", "--all"]).await;
            println!("back: {:?}, {}", begun.elapsed(), clients.told(begun));
            tokio::time::sleep(Duration::from_secs(1)).await;
            clients.check(&db, &works, "back").await;
        }
    }
    clients.end(&db, &works).await;
}
