//! pgjdbc with server-prepared statements, as an application's pool uses it, while its tables are migrated, switched and dropped.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use esclusa::mode::Mode;

use super::load::{Load, TABLES, bed};
use crate::common::SCHEMA;

/// Where Debian's libpostgresql-jdbc-java puts the driver.
const DRIVER: &str = "/usr/share/java/postgresql.jar";

#[tokio::test]
async fn pgjdbc_keeps_its_statements_through_the_whole_life_of_a_table() {
    let (bed, proxy) = bed().await;
    let url = format!("jdbc:postgresql://127.0.0.1:{}/{}?currentSchema={SCHEMA}&sslmode=disable", proxy.port(), bed.name());
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/toggle/Toggle.java");
    let mut java = Command::new("java");
    java.args(["-Xmx256m", "-XX:+UseSerialGC", "-cp", DRIVER, program, &url]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut java = java.spawn().expect("java runs (make deps installs it)");
    let mut load = Load::new();
    let lines = BufReader::new(java.stdout.take().unwrap()).lines();
    let counts: Vec<_> = (0..4).map(|_| load.count()).collect();
    let reader = std::thread::spawn(move || {
        let mut last = String::new();
        for line in lines.map_while(Result::ok) {
            if let Some(id) = line.parse::<usize>().ok().and_then(|id| id.checked_sub(20)) {
                counts[id].fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            }
            last = line;
        }
        last
    });
    load.go_on(2).await;
    for table in TABLES {
        bed.migrate(table).await.unwrap_or_else(|e| panic!("{table}: {e} {:?}", e.more()));
    }
    load.go_on(1).await;
    for mode in [Mode::Shadow, Mode::Rewrite, Mode::Observe, Mode::Rewrite] {
        proxy.set(&TABLES, mode).await;
        load.go_on(2).await;
    }
    bed.sql(&format!("DROP VIEW {SCHEMA}.tipocolor; DROP VIEW {SCHEMA}.hiscolor; DROP SCHEMA mig_old CASCADE")).await;
    load.go_on(4).await;
    drop(java.stdin.take());
    assert!(java.wait().unwrap().success());
    assert_eq!(reader.join().unwrap(), "end");
}
